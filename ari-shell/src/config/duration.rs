//! Lengths of time as people write them: `20s`, `150ms`, `1h30m`, `90d`.

use engine::words::Span;

/// The units, largest first, with their length in microseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)];

/// Reads one or more whole numbers, each with its unit; `None` where the text is anything else.
pub(crate) fn parse(text: &str) -> Option<Span> {
    let mut rest = text.trim();
    let mut total = 0_u64;
    loop {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after, |c| c.is_ascii_alphabetic());
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let part = number.parse::<u64>().ok()?.checked_mul(*length)?;
        total = total.checked_add(part)?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(Span(total));
        }
    }
}

/// The span as [`parse`] reads it; what is less than a millisecond is not shown.
pub(crate) fn show(span: Span) -> String {
    let mut rest = span.0;
    let mut text = String::new();
    for (unit, length) in UNITS {
        if rest >= length {
            text += &format!("{}{unit}", rest / length);
            rest %= length;
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_whole_numbers_each_with_its_unit() {
        for (text, expected) in [
            ("20s", Some(Span::secs(20))),
            ("150ms", Some(Span::millis(150))),
            ("1h30m", Some(Span::secs(5_400))),
            (" 1h 30m ", Some(Span::secs(5_400))),
            ("90d", Some(Span::secs(90 * 86_400))),
            ("0s", Some(Span::ZERO)),
            ("", None),
            ("20", None),
            ("s", None),
            ("1.5s", None),
            ("-1s", None),
            ("20 s", None),
            ("20S", None),
            ("1y", None),
            ("٣s", None),
            ("99999999999999999999s", None),
            ("9999999999999d", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_shown_as_it_is_read() {
        for (span, expected) in [
            (Span::ZERO, "0s"),
            (Span::millis(1_500), "1s500ms"),
            (Span::secs(120), "2m"),
            (Span::secs(86_400), "1d"),
        ] {
            assert_eq!(show(span), expected);
            assert_eq!(parse(expected), Some(span));
        }
    }
}
