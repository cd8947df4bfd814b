//! Asterisk's way of writing a time: milliseconds, and an offset without a colon.

/// Microseconds in a millisecond.
pub(super) const MILLI: u64 = 1_000;
/// Microseconds in a second.
pub(super) const SECOND: u64 = 1_000_000;

const DAY: u64 = 86_400 * SECOND;

/// A `*_ms` figure of a configuration or fault in the model's microseconds.
pub(super) fn micros(ms: u64) -> u64 {
    ms.saturating_mul(MILLI)
}

/// `unix` microseconds as `2026-11-22T21:37:29.752+0000`. Strict RFC 3339 parsers reject that form, and a
/// client of Asterisk has to live with it.
pub(super) fn timestamp(unix: u64) -> String {
    let (year, month, day) = date(unix / DAY);
    let millis = unix % DAY / MILLI;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}+0000")
}

/// Year, month and day of a day number, counted from 1970-01-01.
fn date(mut days: u64) -> (u64, usize, u64) {
    let mut year = 1970;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_asterisk_writes_them() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000+0000");
        assert_eq!(
            timestamp(951_827_696_007_999),
            "2000-02-29T12:34:56.007+0000"
        );
        assert_eq!(
            timestamp(1_795_383_449_752_000),
            "2026-11-22T21:37:29.752+0000"
        );
        assert_eq!(
            timestamp(1_767_225_599_000_000),
            "2025-12-31T23:59:59.000+0000"
        );
    }
}
