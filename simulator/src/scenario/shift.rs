//! The hours of the house.

use serde::Deserialize;

use super::{Checked, Count, Hour, Hours, Seconds, WindowDays};
use crate::world;

/// The days to simulate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// How many days.
    pub days: Count,
    /// How long each is.
    pub hours: Hours,
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
    pub(super) fn check(&self) -> Checked {
        let wrong = |field: &str, problem| Err((format!("shift.{field}"), problem));
        if self.window_days.0 > 1 && self.hours.0 > 23.0 {
            let problem = format!("{} leave no night between the days of a window; at most 23", self.hours.0);
            return wrong("hours", problem);
        }
        if self.last_calls.0 >= self.hours.0 * 3_600.0 {
            return wrong("last_calls", format!("{} s are the whole day", self.last_calls.0));
        }
        if let Some(late) = self.fire_alarms.iter().find(|alarm| alarm.0 >= self.hours.0) {
            let problem = format!("{} is after closing time, which is hour {}", late.0, self.hours.0);
            return wrong("fire_alarms", problem);
        }
        Ok(())
    }

    pub(super) fn hours(&self) -> world::Hours {
        world::Hours {
            open: self.hours.span(),
            last_calls: self.last_calls.span(),
            fire_alarms: self.fire_alarms.iter().map(|hour| hour.span()).collect(),
        }
    }
}
