//! What a budget has counted, held against a recount of the raw moments by a calendar library.

use alloc::vec::Vec;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::WindowSpan;
use super::*;

const ZONES: [&str; 7] = [
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Pacific/Kiritimati",
];

const SPANS: [WindowSpan; 4] = [
    WindowSpan::Day,
    WindowSpan::Month,
    WindowSpan::Block(Span::secs(30 * 86_400)),
    WindowSpan::Block(Span::secs(86_400)),
];

/// So long after the answer nobody has come.
const DEADLINE: Span = Span::secs(2);

/// Somebody answers.
#[derive(Debug, Clone, Copy)]
struct Answer {
    /// So many seconds after the one before.
    after: u64,
    is_dropped: bool,
    /// Whether the process dies after it, and how long it is gone.
    down: Option<u64>,
}

fn answer() -> impl Strategy<Value = Answer> {
    // Mostly within a shift, at times the next day, rarely the next month.
    let after = prop_oneof![8 => 0..1_800_u64, 3 => 20_000..100_000_u64, 1 => 500_000..4_000_000_u64];
    let down = proptest::option::weighted(0.2, prop_oneof![3 => 0..60_u64, 1 => 10_000..200_000_u64]);
    (after, proptest::bool::weighted(0.2), down).prop_map(|(after, is_dropped, down)| Answer {
        after,
        is_dropped,
        down,
    })
}

fn budget(zone: &Zone, began: Micros) -> Budget {
    let windows = SPANS.map(|span| DropWindow { limit: Milli(30), span });
    Budget::new(&windows, zone.clone(), began)
}

/// What a database would count since the windows' first moments.
fn counts(raw: &[(Micros, bool)], zone: &Zone, began: Micros, now: Micros) -> Vec<WindowCount> {
    let since = SPANS.map(|span| span.around(now, began, zone).0);
    let count = |since| {
        let within = || raw.iter().filter(move |(at, _)| *at >= since);
        let drops = within().filter(|(_, is_dropped)| *is_dropped).count() as u64;
        WindowCount { since, answers: within().count() as u64, drops, doubtful: Milli(0) }
    };
    since.map(count).to_vec()
}

/// Which window a moment lies in, by the calendar.
fn name(span: WindowSpan, at: Micros, began: Micros, zone: &TimeZone) -> (i64, i64) {
    let timestamp = Timestamp::from_microsecond(i64::try_from(at.0).expect("now")).expect("now");
    let local: DateTime = zone.to_datetime(timestamp);
    match span {
        WindowSpan::Day => (local.year().into(), local.day_of_year().into()),
        WindowSpan::Month => (local.year().into(), local.month().into()),
        WindowSpan::Block(length) => (0, i64::try_from((at.0 - began.0) / length.0).expect("few")),
    }
}

fn counted(budget: &Budget) -> Vec<(u64, u64)> {
    budget.windows.iter().map(|window| (window.answers, window.drops)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn windows_count_what_a_calendar_counts_and_restarts_change_nothing(
        zone in proptest::sample::select(&ZONES[..]),
        // Around the changes of clocks in both hemispheres, 2026 and 2027.
        began in prop_oneof![1_772_000_000..1_775_500_000_u64, 1_791_000_000..1_794_000_000_u64,
            1_767_225_600..1_798_761_600_u64],
        answers in vec(answer(), 1..120),
    ) {
        let began = Micros(began * 1_000_000);
        let (calendar, zone) = (
            TimeZoneDatabase::bundled().get(zone).expect("a zone"),
            Zone::named(zone).expect("the same zone"),
        );
        let (mut whole, mut broken) = (budget(&zone, began), budget(&zone, began));
        let (mut now, mut raw, mut of) = (began, Vec::new(), Vec::new());
        for Answer { after, is_dropped, down } in answers {
            now = now + Span::secs(after);
            let at = now;
            raw.push((at, is_dropped));
            of.push(SPANS.map(|span| name(span, at, began, &calendar)));
            whole.answered(at, at);
            broken.answered(at, at);
            if is_dropped {
                now = now + DEADLINE;
                for budget in [&mut whole, &mut broken] {
                    budget.follow(now);
                    budget.dropped(at);
                }
            }
            if let Some(down) = down {
                now = now + Span::secs(down);
                broken = budget(&zone, now);
                broken.begins(began);
                broken.goes_on(&counts(&raw, &zone, began, now));
                whole.follow(now);
            }
            prop_assert_eq!(counted(&whole), counted(&broken));
            prop_assert_eq!(whole.tokens(now), broken.tokens(now));
            for (nth, counted) in counted(&whole).into_iter().enumerate() {
                let present = name(SPANS[nth], now, began, &calendar);
                let of_it = || raw.iter().zip(&of).filter(|(_, names)| names[nth] == present);
                let drops = of_it().filter(|((_, is_dropped), _)| *is_dropped).count() as u64;
                prop_assert_eq!(counted, (of_it().count() as u64, drops), "{:?}", SPANS[nth]);
            }
        }
    }
}
