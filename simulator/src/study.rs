//! Answers for people: many days of a scenario, and what they show together.

pub mod calendar;
pub mod confusion;
pub mod design;
pub mod experiment;
pub mod figure;
pub mod interval;
pub mod mistaken;
pub mod record;
pub mod report;
pub mod surroundings;

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rayon::prelude::*;

use crate::scenario::Scenario;
use crate::world::Floor;
use crate::world::ledger::QUARTER;

pub use crate::world::Traffic;
pub use crate::world::ledger::{Answered, BIN, Bin, Course, Day, Detection, Judged, Tally};

/// What the days of a scenario have shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Each day, in order.
    pub days: Vec<Day>,
    /// So many of them in a row make a window, which knows nothing of the others; the last may be shorter.
    pub window_days: usize,
    /// Share of the agents' time that was conversation or the work after it, over all days.
    pub utilisation: f64,
    /// Drops per answer, over all days.
    pub drop_rate: f64,
    /// The worst day's drops per answer.
    pub worst_day: f64,
    /// The worst window's drops per answer.
    pub worst_window: f64,
    /// Days on which more than 3 % of the answers were dropped.
    pub days_over_3_percent: u64,
    /// How long an agent waited for a call at the median, in seconds.
    pub wait_p50_s: f64,
    /// The same of the longest tenth.
    pub wait_p90_s: f64,
    /// All waits, in milliseconds.
    pub waits: Histogram<u32>,
    /// How long a day is, in seconds: nobody waits longer.
    pub day_s: f64,
    /// The courses of all days, added up.
    pub course: Course,
}

/// Plays the days of a scenario, each window with a seed of its own that follows from `seed`. `done` hears of each day
/// that is over, in no order; the study itself does not depend on how many run at once.
#[must_use]
pub fn run(scenario: &Scenario, seed: u64, done: impl Fn() + Sync) -> Study {
    let world = scenario.world();
    let (days, window) = (scenario.shift.days.0, scenario.shift.window_days.0);
    let windows: Vec<Vec<Day>> = (0..days.div_ceil(window))
        .into_par_iter()
        .map(|nth| {
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(u64::from(nth));
            let mut played = Vec::new();
            Floor::play(&world, seed, window.min(days - nth * window), |day| {
                played.push(day);
                done();
            });
            played
        })
        .collect();
    Study::of(windows, 3_600.0 * scenario.shift.hours.0)
}

/// What is written in the course of the first day of a scenario: what a report of that day is counted from.
#[must_use]
pub fn traffic(scenario: &Scenario, seed: u64) -> Traffic {
    Floor::watch(&scenario.world(), seed)
}

impl Study {
    fn of(windows: Vec<Vec<Day>>, day_s: f64) -> Self {
        let window_days = windows[0].len();
        let worst_window = windows.iter().map(|window| drop_rate(window)).fold(0.0, f64::max);
        let days: Vec<Day> = windows.into_iter().flatten().collect();
        let sum = |of: fn(&Day) -> f64| days.iter().map(of).sum::<f64>();
        let answers = sum(|day| day.answers as f64);
        let mut waits = Histogram::<u32>::new_from(&days[0].waits);
        let mut course = Course::default();
        for day in &days {
            waits += &day.waits;
            course.add(&day.course);
        }
        let wait = |share| wait_s(&waits, share, day_s);
        Self {
            utilisation: sum(|day| day.busy_s) / sum(|day| day.staffed_s),
            drop_rate: if answers > 0.0 { sum(|day| day.drops as f64) / answers } else { 0.0 },
            worst_day: days.iter().map(Day::drop_rate).fold(0.0, f64::max),
            worst_window,
            days_over_3_percent: days.iter().map(|day| u64::from(day.drops * 100 > day.answers * 3)).sum(),
            wait_p50_s: wait(0.5),
            wait_p90_s: wait(0.9),
            waits,
            day_s,
            course,
            window_days,
            days,
        }
    }

    /// The days of each window.
    pub fn windows(&self) -> impl ExactSizeIterator<Item = &[Day]> {
        self.days.chunks(self.window_days)
    }

    /// Days with more drops per answer than this limit allows.
    #[must_use]
    pub fn days_over(&self, limit: f64) -> usize {
        self.days.iter().filter(|day| is_over(day.drop_rate(), limit)).count()
    }

    /// The same of windows.
    #[must_use]
    pub fn windows_over(&self, limit: f64) -> usize {
        self.windows().filter(|window| is_over(drop_rate(window), limit)).count()
    }

    /// Answers and drops of each window by the local date of the answer.
    ///
    /// # Panics
    /// Where a window lies beyond the calendar, which no scenario's does.
    #[must_use]
    pub fn dates(&self, zone: &TimeZone) -> Vec<BTreeMap<Date, Answered>> {
        let date = |quarter: u64| {
            let second = i64::try_from(quarter * QUARTER.0 / 1_000_000).expect("before 2100");
            zone.to_datetime(Timestamp::from_second(second).expect("the same")).date()
        };
        let dates = |window: &[Day]| {
            let mut dates: BTreeMap<Date, Answered> = BTreeMap::new();
            for (&quarter, counted) in window.iter().flat_map(|day| &day.quarters) {
                let sum = dates.entry(date(quarter)).or_default();
                sum.answers += counted.answers;
                sum.drops += counted.drops;
            }
            dates
        };
        self.windows().map(dates).collect()
    }

    /// Whether its callees are heard, so that persons can be told from machines.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.days[0].detection.is_some()
    }

    /// Of each window whose list came to its end, the days until it did.
    pub(crate) fn until_lists_ended(&self) -> impl Iterator<Item = &[Day]> {
        self.windows().filter_map(|window| {
            let last = window.iter().position(|day| day.list_ended_s.is_some())?;
            Some(&window[..=last])
        })
    }

    /// Whether any window's list came to its end.
    #[must_use]
    pub fn has_lists_that_ended(&self) -> bool {
        self.until_lists_ended().next().is_some()
    }

    /// How long it took, of all days, to judge those of one kind, in milliseconds.
    ///
    /// # Panics
    /// Where callees are not heard.
    #[must_use]
    pub fn verdicts(&self, kind: fn(&Detection) -> &Judged) -> Histogram<u32> {
        let mut days = self.days.iter().filter_map(|day| day.detection.as_ref()).map(|of| &kind(of).after);
        let first = days.next().expect("callees are heard").clone();
        days.fold(first, |mut all, day| {
            all += day;
            all
        })
    }

    /// The wait, in seconds, that this share of all waits does not exceed, where anybody waited; rounded up by 1 % at most, and
    /// not beyond the length of a day.
    #[must_use]
    pub fn wait_s(&self, share: f64) -> Option<f64> {
        (!self.waits.is_empty()).then(|| wait_s(&self.waits, share, self.day_s))
    }
}

fn wait_s(waits: &Histogram<u32>, share: f64, day_s: f64) -> f64 {
    (waits.value_at_quantile(share) as f64 / 1_000.0).min(day_s)
}

/// Drops per answer, of days that count together; 0 where nobody answered.
#[must_use]
pub fn drop_rate(days: &[Day]) -> f64 {
    let sum = |of: fn(&Day) -> u64| days.iter().map(of).sum::<u64>() as f64;
    sum(|day| day.drops) / sum(|day| day.answers).max(1.0)
}

fn is_over(drop_rate: f64, limit: f64) -> bool {
    // A quotient of whole numbers may miss the limit by the last bit.
    drop_rate > limit + 1e-12
}

#[cfg(test)]
mod tests;
