//! Openings against a calendar that looks at every minute.

use alloc::vec::Vec;
use core::cell::OnceCell;
use core::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _};
use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::*;
use crate::zone::Zone;

/// Both hemispheres, half hours and quarters, changes by half an hour and at midnight, either side of the date line.
const ZONES: [&str; 14] = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Beirut",
];

/// How many minutes from the present one on the calendar looks at: a day and a night, so that a change of clocks and the
/// windows after it are among them.
const SEARCHED: u64 = 26 * 60;

/// One clock and its hours, twice: as the engine has them, and as the calendar reads them.
#[derive(Debug, Clone)]
struct Clock {
    zone: &'static str,
    hours: Hours,
}

type Holiday = (Date, Vec<OpenWindow>);

impl Clock {
    fn calendar(&self) -> TimeZone {
        TimeZoneDatabase::bundled().get(self.zone).expect("a zone of the database")
    }

    fn holidays(&self) -> Vec<Holiday> {
        let date =
            |day: i32| Date::constant(1970, 1, 1).checked_add(day.days()).expect("within the calendar");
        self.hours.holidays.iter().map(|(day, windows)| (date(*day), windows.clone())).collect()
    }

    /// Whether that moment is open, by its date and time alone.
    fn is_open(&self, calendar: &TimeZone, holidays: &[Holiday], at: Micros) -> bool {
        let at = Timestamp::from_microsecond(i64::try_from(at.0).expect("before 2100")).expect("the same");
        let shown = calendar.to_datetime(at);
        let minute = u16::try_from(shown.hour()).expect("an hour") * 60
            + u16::try_from(shown.minute()).expect("a minute");
        let weekday =
            |date: Date| usize::try_from(date.weekday().to_monday_zero_offset()).expect("a weekday");
        if let Some((_, windows)) = holidays.iter().find(|(holiday, _)| *holiday == shown.date()) {
            return windows.iter().any(|window| (window.from..window.to).contains(&minute));
        }
        let yesterday = shown.date().yesterday().expect("within the calendar");
        let today = self.hours.week[weekday(shown.date())].iter().any(|window| {
            if window.from < window.to {
                (window.from..window.to).contains(&minute)
            } else {
                minute >= window.from
            }
        });
        // The evening of a holiday is the holiday's, and so is the night after it.
        let late = |window: &&OpenWindow| {
            window.to < window.from && !holidays.iter().any(|(holiday, _)| *holiday == yesterday)
        };
        today || self.hours.week[weekday(yesterday)].iter().filter(late).any(|window| minute < window.to)
    }
}

fn minutes(of: RangeInclusive<u16>) -> impl Strategy<Value = u16> {
    // Quarters of hours are where clocks are changed.
    prop_oneof![of.clone(), of.prop_map(|minute| minute / 15 * 15)]
}

fn windows() -> impl Strategy<Value = OpenWindow> {
    let any = (minutes(0..=1_439), minutes(1..=1_440)).prop_map(|(from, to)| OpenWindow { from, to });
    any.prop_filter("it ends where it begins", |window| window.from != window.to)
}

fn day() -> impl Strategy<Value = Vec<OpenWindow>> {
    prop_oneof![3 => vec_of(windows(), 0..3), 1 => Just(alloc::vec![OpenWindow { from: 0, to: 1_440 }])]
}

fn clocks(near: i32) -> impl Strategy<Value = Clock> {
    let whole =
        |windows: Vec<OpenWindow>| windows.into_iter().filter(|window| window.from < window.to).collect();
    let holidays = vec_of((near - 1..near + 4, day().prop_map(whole)), 0..3);
    let week = proptest::array::uniform7(day());
    (select(&ZONES[..]), week, holidays).prop_map(|(zone, week, mut holidays)| {
        holidays.sort_by_key(|(day, _)| *day);
        holidays.dedup_by_key(|(day, _)| *day);
        Clock { zone, hours: Hours { week, holidays } }
    })
}

/// When clocks of these zones are changed, from 2026 to 2029, in seconds since 1970.
fn changes() -> Vec<u64> {
    let offsets = ZONES.iter().flat_map(|zone| Vec::from(Zone::named(zone).expect("a zone")));
    let changes = offsets.map(|offset| offset.from.0 / 1_000_000);
    changes.filter(|change| (1_770_000_000..1_890_000_000).contains(change)).collect()
}

/// Some clocks, a moment that is often near a change of theirs, and how long something takes.
fn cases() -> impl Strategy<Value = (Vec<Clock>, Micros, Span)> {
    let changes = (select(changes()), 0..172_800_u64).prop_map(|(change, offset)| change + offset - 86_400);
    let seconds = prop_oneof![changes, 1_770_000_000..1_900_000_000_u64];
    seconds.prop_flat_map(|seconds| {
        let day = i32::try_from(seconds / 86_400).expect("a day");
        let length = 1..400_u64;
        (vec_of(clocks(day), 1..3), Just(Micros(seconds * 1_000_000)), length.prop_map(Span::secs))
    })
}

/// Which minutes are open by every clock, each found out when it is asked for: they are looked at one by one, which takes
/// its time.
struct Calendar<'a> {
    clocks: Vec<(&'a Clock, TimeZone, Vec<Holiday>)>,
    /// The first minute, since 1970, and what is known of those from it on.
    first: u64,
    known: Vec<OnceCell<bool>>,
}

impl<'a> Calendar<'a> {
    fn new(clocks: &'a [Clock], first: u64) -> Self {
        let clocks = clocks.iter().map(|clock| (clock, clock.calendar(), clock.holidays())).collect();
        Self { clocks, first, known: (0..SEARCHED + 10).map(|_| OnceCell::new()).collect() }
    }

    fn is_open(&self, minute: u64) -> bool {
        let at = Micros(minute * MINUTE);
        *self.known[usize::try_from(minute - self.first).expect("a minute")].get_or_init(|| {
            self.clocks.iter().all(|(clock, zone, holidays)| clock.is_open(zone, holidays, at))
        })
    }

    /// Whether all is open from `begin` on until that `length` is over.
    fn fits(&self, begin: Micros, length: Span) -> bool {
        (begin.0 / MINUTE..=(begin + length).0 / MINUTE).all(|minute| self.is_open(minute))
    }
}

/// What may begin is over while every clock is still within its windows, and what may not begin may not because one of
/// them would be over; nothing could begin before the opening that is told.
#[test]
fn a_call_fits_into_the_windows_of_every_clock() {
    // A zone takes its time to be read from the database.
    let zones: BTreeMap<&str, Zone> =
        ZONES.iter().map(|zone| (*zone, Zone::named(zone).expect("the same zone"))).collect();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) };
    TestRunner::new(config)
        .run(&cases(), |case| fits_as_told(&zones, &case))
        .unwrap_or_else(|failure| panic!("{failure}"));
}

fn fits_as_told(
    zones: &BTreeMap<&str, Zone>,
    case: &(Vec<Clock>, Micros, Span),
) -> Result<(), TestCaseError> {
    let (clocks, now, length) = (&case.0, case.1, case.2);
    let tables: Vec<Timetable> = clocks.iter().map(|clock| Timetable::from(&clock.hours)).collect();
    let pairs: Vec<(&Zone, &Timetable)> =
        clocks.iter().map(|clock| &zones[clock.zone]).zip(&tables).collect();
    // Clocks and windows go by whole minutes.
    let first = now.0 / MINUTE;
    let calendar = Calendar::new(clocks, first);
    let fits = |begin: Micros| calendar.fits(begin, length);

    let standing = Standing::at(now, length, &pairs);
    match standing.may_begin(now, length).expect("it is known now") {
        Ok(()) => prop_assert!(fits(now), "open, but not to the end"),
        Err(opens) => {
            prop_assert!(opens > now && !fits(now), "closed, but open to the end");
            let searched = core::cmp::Ord::min(opens.0 / MINUTE, first + SEARCHED);
            for minute in first + 1..searched {
                prop_assert!(!fits(Micros(minute * MINUTE)), "it could begin before {opens:?}");
            }
            prop_assert!(opens.0 / MINUTE >= first + SEARCHED || fits(opens), "it could not begin then");
        }
    }
    if let Standing::Open(until) = standing {
        let last = core::cmp::Ord::min(until.0 - 1 - length.0, (first + SEARCHED) * MINUTE);
        prop_assert!(fits(Micros(last)), "open until a moment that is too late");
    }
    Ok(())
}

#[test]
fn windows_over_midnight_belong_to_the_evening_but_not_to_a_holiday_after_it() {
    let mut hours = Hours::default();
    // Fridays from 22:00 to 02:00. 1970-01-02 was a Friday; the Saturday a week later is a holiday.
    hours.week[4] = alloc::vec![OpenWindow { from: 1_320, to: 120 }];
    hours.holidays = alloc::vec![(9, Vec::new())];
    let (zone, table) = (Zone::default(), Timetable::from(&hours));
    let hour = |hour: u64| Micros(hour * 3_600_000_000);
    let at = |now| Standing::at(now, Span::secs(60), &[(&zone, &table)]);
    assert_eq!(at(hour(0)), Standing::Closed(hour(24 + 22)));
    assert_eq!(at(hour(24 + 23)), Standing::Open(hour(48 + 2)));
    assert_eq!(at(hour(8 * 24 + 23)), Standing::Open(hour(9 * 24)));
    let never = Timetable::from(&Hours::default());
    assert_eq!(Standing::at(hour(0), Span::secs(60), &[(&zone, &never)]), Standing::Closed(hour(31 * 24)));
}

#[test]
fn a_shift_ends_at_night_and_not_at_noon_and_where_nothing_ever_closes_not_at_all() {
    let clock = |hour: u64| Micros((86_400 + hour * 3_600) * 1_000_000);
    for (windows, hour, ends) in [
        (&[(9, 17)][..], 10, Some(17)),
        (&[(9, 12), (13, 17)], 10, Some(17)),
        (&[(9, 12), (13, 17)], 14, Some(17)),
        (&[(6, 9), (16, 20)], 7, Some(9)),
        (&[(22, 6)], 23, Some(30)),
        (&[(0, 24)], 10, None),
    ] {
        let window = |&(from, to): &(u16, u16)| OpenWindow { from: from * 60, to: to * 60 };
        let day: Vec<OpenWindow> = windows.iter().map(window).collect();
        let hours = Hours { week: core::array::from_fn(|_| day.clone()), holidays: Vec::new() };
        let shift_ends = Timetable::from(&hours).shift_ends(&Zone::default(), clock(hour));
        assert_eq!(shift_ends, ends.map(clock), "{windows:?} at {hour}");
    }
}
