//! When is it midnight? Days and months as the clocks of a campaign's zone tell them.
//!
//! The engine has neither a clock nor a list of zones: it is given the offsets of one zone from UTC as plain numbers, and
//! counts days and months of the Gregorian calendar by them.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::words::Micros;

const DAY: i128 = 86_400_000_000;

/// Days from 1 March of the year 0 to 1 January 1970, and days and months of the 400 years after which the calendar
/// repeats itself.
const TO_1970: i64 = 719_468;
const CYCLE_DAYS: i64 = 146_097;
const CYCLE_MONTHS: i64 = 4_800;

/// The largest offset: a whole day. The largest in use are 14 hours.
const LARGEST: u32 = 86_400;

/// How a zone's clocks differ from UTC: at least one offset, the first of which holds for all time before the second.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<Offset>", into = "Vec<Offset>"))]
pub struct Zone(Vec<Offset>);

/// From some moment on, clocks are ahead of UTC by so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Offset {
    /// From when on.
    pub from: Micros,
    /// By how many seconds; negative west of Greenwich. At most a day either way.
    pub ahead: i32,
}

/// Offsets that are no zone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadZone {
    /// There is none.
    Empty,
    /// They are not in the order of their moments, each once.
    Unsorted(Micros),
    /// Clocks are more than a day ahead or behind.
    TooFar(i32),
}

impl fmt::Display for BadZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a zone has at least one offset from UTC"),
            Self::Unsorted(from) => {
                write!(f, "the offset from {} µs on does not come after the one before it", from.0)
            }
            Self::TooFar(ahead) => {
                write!(f, "an offset of {ahead} s is not between -{LARGEST} and {LARGEST} s")
            }
        }
    }
}

impl core::error::Error for BadZone {}

impl TryFrom<Vec<Offset>> for Zone {
    type Error = BadZone;
    fn try_from(offsets: Vec<Offset>) -> Result<Self, BadZone> {
        if offsets.is_empty() {
            return Err(BadZone::Empty);
        }
        if let Some(pair) = offsets.windows(2).find(|pair| pair[0].from >= pair[1].from) {
            return Err(BadZone::Unsorted(pair[1].from));
        }
        match offsets.iter().find(|offset| offset.ahead.unsigned_abs() > LARGEST) {
            Some(offset) => Err(BadZone::TooFar(offset.ahead)),
            None => Ok(Self(offsets)),
        }
    }
}

impl From<Zone> for Vec<Offset> {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}

/// UTC.
impl Default for Zone {
    fn default() -> Self {
        Self(vec![Offset { from: Micros(0), ahead: 0 }])
    }
}

impl Zone {
    /// The local day that a moment lies in: its first moment and that of the next day. It has 23 or 25 hours where clocks
    /// are changed in it.
    pub fn day(&self, at: Micros) -> (Micros, Micros) {
        let day = self.day_of(at);
        (self.begin_of(day), self.begin_of(day + 1))
    }

    /// The same of the calendar month.
    pub fn month(&self, at: Micros) -> (Micros, Micros) {
        let month = month_of(self.day_of(at));
        (self.begin_of(first_day_of(month)), self.begin_of(first_day_of(month + 1)))
    }

    /// How far clocks are ahead of UTC at that moment, in microseconds, and until when.
    pub(crate) fn ahead(&self, at: Micros) -> (i64, Micros) {
        let next = self.0.partition_point(|offset| offset.from <= at);
        let until = self.0.get(next).map_or(Micros(u64::MAX), |next| next.from);
        (i64::from(self.0[next.saturating_sub(1)].ahead) * 1_000_000, until)
    }

    /// The local date as days from 1970-01-01. It never runs backwards, though clocks may be set back over midnight.
    fn day_of(&self, at: Micros) -> i64 {
        let holds = self.0.partition_point(|offset| offset.from <= at).saturating_sub(1);
        let day = self.0[holds].day_at(at);
        if self.begin_of(day + 1) <= at { day + 1 } else { day }
    }

    /// The first moment at which clocks show this day or a later one. A day that a zone leaves out, when it crosses the
    /// date line, begins and ends at one moment.
    fn begin_of(&self, day: i64) -> Micros {
        let until = self.0.iter().skip(1).map(|next| next.from).chain([Micros(u64::MAX)]);
        let midnight = |(nth, offset): (usize, &Offset)| {
            let midnight = offset.midnight(day);
            if nth == 0 { midnight } else { core::cmp::Ord::max(midnight, offset.from) }
        };
        let mut midnights = self.0.iter().enumerate().map(midnight).zip(until);
        midnights
            .find(|&(midnight, until)| midnight < until)
            .map_or(Micros(u64::MAX), |(midnight, _)| midnight)
    }
}

impl Offset {
    fn micros(self) -> i128 {
        i128::from(self.ahead) * 1_000_000
    }

    fn day_at(self, at: Micros) -> i64 {
        i64::try_from((i128::from(at.0) + self.micros()).div_euclid(DAY))
            .expect("2^64 µs are 213 million days")
    }

    /// When these clocks strike the beginning of that day.
    fn midnight(self, day: i64) -> Micros {
        let at = i128::from(day) * DAY - self.micros();
        Micros(u64::try_from(at.max(0)).unwrap_or(u64::MAX))
    }
}

/// The month that a day lies in, counted from January of the year 0.
fn month_of(day: i64) -> i64 {
    let mut month = (day + TO_1970) * CYCLE_MONTHS / CYCLE_DAYS + 2;
    while first_day_of(month) > day {
        month -= 1;
    }
    while first_day_of(month + 1) <= day {
        month += 1;
    }
    month
}

/// The first day of a month, as days from 1970-01-01.
///
/// Years are taken to begin in March, so that a leap day is their last: then a month begins 153/5 days after the one
/// before, rounded.
fn first_day_of(month: i64) -> i64 {
    let (year, month) = ((month - 2).div_euclid(12), (month - 2).rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 - TO_1970
}

#[cfg(feature = "zones")]
mod named;
#[cfg(feature = "zones")]
pub use named::{edition, names};

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: u64) -> Micros {
        Micros(hour * 3_600_000_000)
    }

    fn zone(offsets: &[(u64, i32)]) -> Result<Zone, BadZone> {
        let offset = |&(from, hours): &(u64, i32)| Offset { from: hour(from), ahead: hours * 3_600 };
        Zone::try_from(offsets.iter().map(offset).collect::<Vec<_>>())
    }

    #[test]
    fn months_have_their_lengths() {
        for (day, month, length) in [
            (0, 1970 * 12, 31),
            (11_016, 2000 * 12 + 1, 29),
            (20_423, 2025 * 12 + 11, 31),
            (20_512, 2026 * 12 + 1, 28),
            (47_540, 2100 * 12 + 1, 28),
            (-1, 1969 * 12 + 11, 31),
        ] {
            assert_eq!(month_of(day), month, "{day}");
            assert_eq!(first_day_of(month + 1) - first_day_of(month), length, "{day}");
        }
    }

    #[test]
    fn clocks_that_are_set_back_over_midnight_do_not_bring_a_day_back() {
        // At 24:00 of the first day they show 23:00 again; a day later they are set back at 00:30, which is 23:30.
        let zone = zone(&[(0, 0), (24, -1)]).expect("a zone");
        assert_eq!(zone.day(hour(23)), (hour(0), hour(25)));
        assert_eq!(zone.day(hour(24)), (hour(0), hour(25)));
        assert_eq!(zone.day(hour(25)), (hour(25), hour(49)));
        let half_past = Micros(hour(24).0 + 1_800_000_000);
        let offsets = [Offset { from: Micros(0), ahead: 0 }, Offset { from: half_past, ahead: -3_600 }];
        let zone = Zone::try_from(offsets.to_vec()).expect("a zone");
        assert_eq!(zone.day(half_past), (hour(24), hour(49)), "it has begun already");
    }

    #[test]
    fn a_day_that_is_left_out_at_the_date_line_has_no_moment() {
        // After the first day of 24 h comes the third, which clocks are a day ahead to show.
        let zone = zone(&[(0, 0), (24, 24)]).expect("a zone");
        assert_eq!(zone.day(hour(23)), (hour(0), hour(24)));
        assert_eq!(zone.day(hour(24)), (hour(24), hour(48)));
        assert_eq!((zone.begin_of(1), zone.begin_of(2)), (hour(24), hour(24)));
    }

    #[test]
    fn what_are_no_offsets_of_a_zone_is_told() {
        let told = |offsets: &[(u64, i32)]| zone(offsets).map_err(|bad| alloc::format!("{bad}"));
        assert_eq!(told(&[]), Err("a zone has at least one offset from UTC".into()));
        let unsorted = "the offset from 3600000000 µs on does not come after the one before it";
        assert_eq!(told(&[(1, 0), (1, 1)]), Err(unsorted.into()));
        assert_eq!(told(&[(0, 25)]), Err("an offset of 90000 s is not between -86400 and 86400 s".into()));
    }
}
