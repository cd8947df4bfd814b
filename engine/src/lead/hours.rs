//! At which hours may be dialled? Windows by the clocks of a place, and when they open next.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::words::{Micros, Span};
use crate::zone::Zone;

const MINUTE: u64 = 60_000_000;
const MINUTES_A_DAY: u16 = 24 * 60;

/// How far ahead an opening is looked for. What does not open within it is looked at again after it.
const HORIZON: Span = Span::secs(31 * 86_400);

/// How far an open stretch is followed: what is open for longer is looked at again then.
const FOLLOWED: Span = Span::secs(86_400);

/// Hours that are closed for so long have ended: what comes then is another shift.
const SHIFT_BREAK: Span = Span::secs(4 * 3_600);

/// The hours of a week, and of the days that have their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hours {
    /// The windows that begin on each weekday, Monday first; closed on a day without any.
    pub week: [Vec<OpenWindow>; 7],
    /// The days that have their own windows, or none, in place of their weekday's: days from 1970-01-01, each once. Such a
    /// window ends by midnight, and one that comes over midnight from the day before does not reach into such a day.
    pub holidays: Vec<(i32, Vec<OpenWindow>)>,
}

/// From one minute of a day to another, not included, by the clocks of a place. Minutes that clocks show twice count
/// twice, those that they leave out do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OpenWindow {
    /// Minutes after midnight, 0 to 1,439.
    pub from: u16,
    /// Minutes after midnight, 1 to 1,440, other than `from`; less than it where the window ends on the next day.
    pub to: u16,
}

impl OpenWindow {
    /// Whether it ends on the next day.
    const fn is_over_midnight(self) -> bool {
        self.to < self.from
    }

    /// What is wrong with it, if anything.
    fn check(self) -> Result<(), String> {
        let Self { from, to } = self;
        if from >= MINUTES_A_DAY || to > MINUTES_A_DAY {
            return Err(alloc::format!("{self} is beyond the day: it has minutes 00:00 to 24:00"));
        }
        if from == to {
            return Err(alloc::format!("{self} ends where it begins; for a whole day write 00:00-24:00"));
        }
        Ok(())
    }
}

impl fmt::Display for OpenWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl Hours {
    /// Whether they are hours at all.
    ///
    /// # Errors
    /// What is wrong with the first window that is none.
    pub fn check(&self) -> Result<(), String> {
        let holidays = || self.holidays.iter().flat_map(|(_, windows)| windows);
        self.week.iter().flatten().chain(holidays()).try_for_each(|window| window.check())?;
        match holidays().find(|window| window.is_over_midnight()) {
            Some(window) => Err(alloc::format!("{window} is a holiday's and ends on the next day")),
            None => Ok(()),
        }
    }
}

/// Hours at work: the minutes of each day that are open, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timetable {
    week: [Vec<OpenWindow>; 7],
    /// The same after a holiday, whose windows stand in place of its weekday's with what these have after midnight.
    after_holiday: [Vec<OpenWindow>; 7],
    holidays: BTreeMap<i64, Vec<OpenWindow>>,
}

impl From<&Hours> for Timetable {
    /// Windows over midnight are cut in two there.
    fn from(hours: &Hours) -> Self {
        let [mut week, mut after_holiday]: [[Vec<OpenWindow>; 7]; 2] = Default::default();
        for (day, windows) in hours.week.iter().enumerate() {
            for &OpenWindow { from, to } in windows {
                let until = if from < to { to } else { MINUTES_A_DAY };
                week[day].push(OpenWindow { from, to: until });
                after_holiday[day].push(OpenWindow { from, to: until });
                if to < from {
                    week[(day + 1) % 7].push(OpenWindow { from: 0, to });
                }
            }
        }
        let holidays = hours.holidays.iter().map(|(day, windows)| (i64::from(*day), windows.clone()));
        let mut table = Self { week, after_holiday, holidays: holidays.collect() };
        let ordinary = table.week.iter_mut().chain(&mut table.after_holiday);
        for windows in ordinary.chain(table.holidays.values_mut()) {
            windows.sort_by_key(|window| window.from);
        }
        table
    }
}

/// What clocks show, and until when they go on without being changed.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// Days from 1970-01-01.
    day: i64,
    /// Microseconds of that day.
    time: u64,
    until: Micros,
}

impl Shown {
    fn by(zone: &Zone, at: Micros) -> Self {
        let (ahead, until) = zone.ahead(at);
        let local = i64::try_from(at.0).unwrap_or(i64::MAX).saturating_add(ahead);
        let day = i64::from(MINUTES_A_DAY) * 60_000_000;
        Self { day: local.div_euclid(day), time: local.rem_euclid(day).unsigned_abs(), until }
    }

    /// When clocks will show that minute of the day, or are changed before.
    fn comes(self, at: Micros, minute: u16) -> Micros {
        let then = at + Span(u64::from(minute) * MINUTE - self.time);
        core::cmp::Ord::min(then, self.until)
    }
}

impl Timetable {
    fn windows(&self, day: i64) -> &[OpenWindow] {
        // 1 January 1970 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).expect("less than seven");
        let is_after_holiday = self.holidays.contains_key(&(day - 1));
        let ordinary = if is_after_holiday { &self.after_holiday } else { &self.week };
        self.holidays.get(&day).unwrap_or(&ordinary[weekday])
    }

    /// The first open moment from `at` on, before `limit`.
    fn opens(&self, zone: &Zone, mut at: Micros, limit: Micros) -> Option<Micros> {
        while at < limit {
            let shown = Shown::by(zone, at);
            let windows = self.windows(shown.day);
            let next = windows.iter().find(|window| u64::from(window.to) * MINUTE > shown.time);
            if next.is_some_and(|window| u64::from(window.from) * MINUTE <= shown.time) {
                return Some(at);
            }
            at = shown.comes(at, next.map_or(MINUTES_A_DAY, |window| window.from));
        }
        None
    }

    /// When the shift ends that `at` lies in: the first moment from then on that nothing opens again soon after. `None` where
    /// there is none within a day.
    pub(crate) fn shift_ends(&self, zone: &Zone, mut at: Micros) -> Option<Micros> {
        let limit = at + FOLLOWED;
        loop {
            let closed = self.closes(zone, at, limit);
            if closed >= limit {
                return None;
            }
            match self.opens(zone, closed, closed + SHIFT_BREAK) {
                Some(opened) => at = opened,
                None => return Some(closed),
            }
        }
    }

    /// The first closed moment from `at` on, or some open one from `limit` on.
    fn closes(&self, zone: &Zone, mut at: Micros, limit: Micros) -> Micros {
        while at < limit {
            let shown = Shown::by(zone, at);
            let open = |window: &&OpenWindow| {
                let minutes = u64::from(window.from)..u64::from(window.to);
                minutes.contains(&(shown.time / MINUTE))
            };
            let Some(window) = self.windows(shown.day).iter().find(open) else { return at };
            at = shown.comes(at, window.to);
        }
        at
    }
}

/// What is known of some hours for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Open until that moment at least.
    Open(Micros),
    /// Nothing may be begun before that moment.
    Closed(Micros),
}

impl Standing {
    /// To be found out.
    pub(crate) const UNKNOWN: Self = Self::Closed(Micros(0));

    /// How all of `clocks` together stand at `now` for something that takes `length`: it must be over while they are
    /// still open.
    pub(crate) fn at(now: Micros, length: Span, clocks: &[(&Zone, &Timetable)]) -> Self {
        let limit = now + HORIZON;
        let mut from = now;
        while from < limit {
            let opens = |from, (zone, table): &(&Zone, &Timetable)| table.opens(zone, from, limit);
            let Some(opened) = clocks.iter().try_fold(from, opens) else { break };
            let closes = |(zone, table): &(&Zone, &Timetable)| table.closes(zone, opened, opened + FOLLOWED);
            let closed = clocks.iter().map(closes).min().unwrap_or(limit);
            if closed > opened + length {
                return if opened == now { Self::Open(closed) } else { Self::Closed(opened) };
            }
            // Where not all are open, that which is closed is where to go on from.
            from = core::cmp::Ord::max(opened, closed);
        }
        Self::Closed(limit)
    }

    /// Whether it may be begun at `now`, or when at the earliest; `None` where that has to be found out anew.
    pub(crate) fn may_begin(self, now: Micros, length: Span) -> Option<Result<(), Micros>> {
        match self {
            Self::Open(until) if now + length < until => Some(Ok(())),
            Self::Closed(until) if now < until => Some(Err(until)),
            Self::Open(_) | Self::Closed(_) => None,
        }
    }
}

#[cfg(all(test, feature = "zones"))]
mod tests;
