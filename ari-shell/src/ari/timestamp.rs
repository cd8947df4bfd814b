//! Asterisk's notation of time.
//!
//! `2026-11-22T21:37:29.752+0000` is ISO 8601 but not RFC 3339 (the zone lacks its colon), so the usual parsers refuse
//! it.

/// A moment by Asterisk's clock: microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads `2026-11-22T21:37:29.752+0000`. The zone may also be `Z` or have a colon, the fraction may be absent or
    /// of any length (digits beyond the microsecond are cut off). `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_at_checked(10)?;
        let time = time.strip_prefix('T')?;
        let zone_at = time.find(['+', '-', 'Z'])?;
        let (clock, zone) = time.split_at(zone_at);
        let seconds = days(date)? * 86_400 + seconds_of_day(clock.get(..8)?)? - zone_offset(zone)?;
        Some(Self(seconds * 1_000_000 + fraction(clock.get(8..)?)?))
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date `YYYY-MM-DD`.
fn days(date: &str) -> Option<i64> {
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days_before_month = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    let index = usize::try_from(month).ok()?;
    let (start, end) = (*days_before_month.get(index.checked_sub(1)?)?, *days_before_month.get(index)?);
    let leap_day = i64::from(leap);
    if day < 1 || day > end - start + if month == 2 { leap_day } else { 0 } {
        return None;
    }
    let leap_day_passed = if month > 2 { leap_day } else { 0 };
    let last = year - 1;
    let leap_days = last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400);
    const DAYS_TO_1970: i64 = 719_162;
    Some(last * 365 + leap_days + start + leap_day_passed + day - 1 - DAYS_TO_1970)
}

/// Seconds since midnight of `HH:MM:SS`. A leap second counts as the first second of the next minute.
fn seconds_of_day(clock: &str) -> Option<i64> {
    let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

/// Microseconds of `.752`, or of nothing.
fn fraction(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix('.').filter(|digits| !digits.is_empty())?;
    let whole = number(digits.get(..digits.len().min(6))?)?;
    let missing = 6_u32.saturating_sub(u32::try_from(digits.len()).ok()?);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then_some(whole * 10_i64.pow(missing))
}

/// Seconds east of Greenwich of `+hhmm`, `+hh:mm` or `Z`.
fn zone_offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let digits = digits.replacen(':', "", 1);
    let (hours, minutes) = digits.split_at_checked(2).filter(|_| digits.len() == 4)?;
    let seconds = number(hours)? * 3600 + number(minutes)? * 60;
    Some(if sign == "-" { -seconds } else { seconds })
}

/// Three numbers of exactly these widths.
fn fields(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut values = [0; 3];
    for (value, width) in values.iter_mut().zip(widths) {
        *value = number(parts.next().filter(|part| part.len() == width)?)?;
    }
    parts.next().is_none().then_some(values)
}

/// An unsigned number; `parse` alone would take a sign.
fn number(digits: &str) -> Option<i64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        Timestamp::parse(text).map(|timestamp| timestamp.0)
    }

    #[test]
    fn asterisks_notation_and_its_relatives_are_read() {
        let moment = Some(1_795_383_449_752_000);
        assert_eq!(micros("2026-11-22T21:37:29.752+0000"), moment);
        assert_eq!(micros("2026-11-22T21:37:29.752Z"), moment);
        assert_eq!(micros("2026-11-22T21:37:29.752000999+00:00"), moment);
        assert_eq!(micros("2026-11-22T22:37:29.752+0100"), moment);
        assert_eq!(micros("2026-11-22T18:07:29.752-0330"), moment);
        assert_eq!(micros("1970-01-01T00:00:00+0000"), Some(0));
        assert_eq!(micros("1969-12-31T23:59:59.5+0000"), Some(-500_000));
        assert_eq!(micros("2000-02-29T00:00:00Z"), Some(951_782_400_000_000));
        assert_eq!(micros("2024-12-31T23:59:60Z"), Some(1_735_689_600_000_000));
        assert_eq!(micros("0001-01-01T00:00:00Z"), Some(-62_135_596_800_000_000));
        assert_eq!(micros("9999-12-31T23:59:59Z"), Some(253_402_300_799_000_000));
    }

    #[test]
    fn what_is_no_time_is_none() {
        let wrong = [
            "",
            "now",
            "2026-11-22",
            "2026-11-22T21:37:29",
            "2026-11-22 21:37:29Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-11-00T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T21:60:00Z",
            "2026-11-22T21:37:61Z",
            "2026-11-22T21:37:29.Z",
            "2026-11-22T21:37:29.7x2Z",
            "2026-11-22T21:37:29.+000",
            "2026-11-22T21:37:29+00",
            "2026-11-22T21:37:29+00000",
            "2026-11-22T21:37:29+0x00",
            "2026-11-22T+1:37:29Z",
            "+026-11-22T21:37:29Z",
            "2026-1\u{e4}-2T21:37:29Z",
            "2026-11-22T21:37:\u{e4}9Z",
            "2026-11-22T21:37:29.\u{e4}\u{e4}\u{e4}\u{e4}Z",
            "2026-11-22T21:37:29+\u{e4}\u{e4}",
            "2026-11-22T21:37:29+0\u{e4}0",
        ];
        for text in wrong {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[-0-9TZ:.+ä]{0,32}|\\PC{0,40}") {
            let _ = Timestamp::parse(&text);
        }

        #[test]
        fn later_days_have_greater_timestamps(days_since_epoch in 0_i64..1_000_000) {
            let (date, next) = (civil(days_since_epoch), civil(days_since_epoch + 1));
            let at = |date: &str| micros(&format!("{date}T00:00:00Z")).expect("a date");
            assert_eq!(at(&next) - at(&date), 86_400_000_000, "{date} {next}");
        }
    }

    /// The slow and obvious calendar: count the years and months off.
    fn civil(mut day: i64) -> String {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let mut year = 1970;
        while day >= 365 + i64::from(leap(year)) {
            day -= 365 + i64::from(leap(year));
            year += 1;
        }
        let february = 28 + i64::from(leap(year));
        let mut month = 1;
        for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
            if day < length {
                break;
            }
            day -= length;
            month += 1;
        }
        format!("{year:04}-{month:02}-{:02}", day + 1)
    }
}
