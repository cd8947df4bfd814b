//! Moments and lengths of time for people to read.

use engine::words::{Micros, Span};
use jiff::civil::{Date, Time};

use crate::ari::Timestamp;

/// Such as `2023-11-14 22:13:20.000 UTC`.
pub(crate) fn utc(at: Micros) -> String {
    timestamp(at).strftime("%F %T%.3f UTC").to_string()
}

/// Such as `2023-11-14T22:13:20.123456Z`, for programs.
pub(crate) fn iso(at: Micros) -> String {
    timestamp(at).strftime("%FT%T%.6fZ").to_string()
}

/// Reads `2023-11-14`, `2023-11-14 22:13` or `2023-11-14T22:13:20Z`; always UTC, whether it says so or not.
pub(crate) fn parse(text: &str) -> Option<Micros> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_at_checked(10)?;
    let clock = match time.strip_prefix(['T', ' ']) {
        None if time.is_empty() => "00:00:00".to_owned(),
        Some(clock) if clock.len() == 5 => format!("{clock}:00"),
        Some(clock) => clock.to_owned(),
        None => return None,
    };
    let Timestamp(micros) = Timestamp::parse(&format!("{date}T{clock}Z"))?;
    u64::try_from(micros).ok().map(Micros)
}

/// Reads `2026-11-23`, and in no other form that a calendar might take.
pub(crate) fn date(text: &str) -> Option<Date> {
    has_form(text, "dddd-dd-dd").then(|| text.parse().ok()).flatten()
}

/// Reads `17:30` or `17:30:15`, likewise.
pub(crate) fn time_of_day(text: &str) -> Option<Time> {
    (has_form(text, "dd:dd") || has_form(text, "dd:dd:dd")).then(|| text.parse().ok()).flatten()
}

/// Whether a text is as long as its form, has digits where that has a `d`, and the same elsewhere.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(byte, form): (u8, u8)| if form == b'd' { byte.is_ascii_digit() } else { byte == form };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}

/// A moment for the calendar; one beyond it is the last it has.
pub(crate) fn timestamp(at: Micros) -> jiff::Timestamp {
    let at = i64::try_from(at.0).ok().and_then(|at| jiff::Timestamp::from_microsecond(at).ok());
    at.unwrap_or(jiff::Timestamp::MAX)
}

/// A moment of the calendar; `None` for one before 1970.
pub(crate) fn micros(at: jiff::Timestamp) -> Option<Micros> {
    u64::try_from(at.as_microsecond()).ok().map(Micros)
}

/// Such as `12.345 s`.
pub(crate) fn seconds(span: Span) -> String {
    format!("{}.{:03} s", span.0 / 1_000_000, span.0 / 1_000 % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_as_its_date_and_time() {
        for (secs, shown) in [
            (0, "1970-01-01 00:00:00.000 UTC"),
            (951_782_400, "2000-02-29 00:00:00.000 UTC"),
            (951_868_800, "2000-03-01 00:00:00.000 UTC"),
            (1_700_000_000, "2023-11-14 22:13:20.000 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59.000 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00.000 UTC"),
        ] {
            assert_eq!(utc(Micros(secs * 1_000_000)), shown);
        }
        assert_eq!(utc(Micros(1_234_567)), "1970-01-01 00:00:01.234 UTC");
        assert_eq!(iso(Micros(1_234_567)), "1970-01-01T00:00:01.234567Z");
        assert_eq!(seconds(Span(61_234_567)), "61.234 s");
    }

    #[test]
    fn a_date_has_one_form_and_so_have_times_of_a_day() {
        assert_eq!(date("2026-02-28"), Some(Date::constant(2026, 2, 28)));
        for text in [
            "20260228",
            "2026-0228",
            "2026-2-28",
            "2026-02-29",
            "2026-W09-6",
            "2026-02-28T00:00",
            "-002026-02-28",
            "",
        ] {
            assert_eq!(date(text), None, "{text:?}");
        }
        assert_eq!(time_of_day("17:30"), Some(Time::constant(17, 30, 0, 0)));
        assert_eq!(time_of_day("00:00:09"), Some(Time::constant(0, 0, 9, 0)));
        for text in ["1730", "17", "7:30", "24:00", "17:30:00.5", "17:3000", ""] {
            assert_eq!(time_of_day(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_moment_is_read_with_or_without_its_time_and_always_as_utc() {
        let secs = |text| parse(text).map(|at| at.0 / 1_000_000);
        for text in ["2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-14T22:13:20.000"] {
            assert_eq!(secs(text), Some(1_700_000_000), "{text}");
        }
        assert_eq!(secs("2023-11-14 22:13"), Some(1_699_999_980));
        assert_eq!(secs("2023-11-14"), Some(1_699_920_000));
        for text in ["", "today", "2023-11-31", "2023-11-14 25:00", "2023-11-14T22:13:20+01:00", "1969-12-31"]
        {
            assert_eq!(secs(text), None, "{text:?}");
        }
    }
}
