//! The hours of the house.

use engine::words::Micros;
use serde::Deserialize;

use super::{Checked, Count, Hour, Hours, Opening, Seconds, WindowDays, ZoneName};
use crate::world;

/// 14 November 2023, 22:13:20 UTC.
const OPENING: Micros = Micros(1_700_000_000_000_000);

/// The days to simulate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { days = 20, hours = 8 }")]
pub struct Shift {
    /// How many days.
    pub days: Count,
    /// How long each is.
    pub hours: Hours,
    /// When the first day of each window opens, by the clocks of the campaign's zone, such as `2026-03-28 18:00`, and not while
    /// they are set forward; at some moment that matters to nobody, if left out.
    pub opens: Option<Opening>,
    /// So many days in a row, opening every 24 hours, make one drop window and are played on one engine, which keeps
    /// what it has learnt; each window begins from nothing. The last one may be shorter.
    #[serde(default = "one_day")]
    pub window_days: WindowDays,
    /// No new call is placed in the last seconds before closing, so that whoever answers still finds somebody.
    #[serde(default = "forty_seconds")]
    pub last_calls: Seconds,
    /// When everybody who talks hangs up at once.
    #[serde(default)]
    pub fire_alarms: Vec<Hour>,
}

const fn one_day() -> WindowDays {
    WindowDays(1)
}

const fn forty_seconds() -> Seconds {
    Seconds(40.0)
}

impl Shift {
    /// `zone` is that of the campaign.
    pub(super) fn check(&self, zone: &ZoneName) -> Checked {
        let wrong = |field: &str, problem| Err((format!("shift.{field}"), problem));
        if self.window_days.0 > 1 && self.hours.0 > 23.0 {
            let problem = format!("{} leave no night between the days of a window; at most 23", self.hours);
            return wrong("hours", problem);
        }
        if self.last_calls.0 >= self.hours.0 * 3_600.0 {
            return wrong("last_calls", format!("{} s are the whole day", self.last_calls));
        }
        if let Some(Err(problem)) = self.opens.map(|opens| opens.check(zone)) {
            return wrong("opens", problem);
        }
        let mut alarms = (1..).zip(&self.fire_alarms);
        if let Some((nth, late)) = alarms.find(|(_, alarm)| alarm.0 >= self.hours.0) {
            let problem = format!("{late} is after closing time, which is hour {}", self.hours);
            return wrong(&format!("fire_alarms.{nth}"), problem);
        }
        Ok(())
    }

    pub(super) fn hours(&self, zone: &ZoneName) -> world::Hours {
        world::Hours {
            opens: self.opens.map_or(OPENING, |opens| opens.in_zone(zone)),
            open: self.hours.span(),
            last_calls: self.last_calls.span(),
            fire_alarms: self.fire_alarms.iter().map(|hour| hour.span()).collect(),
        }
    }
}
