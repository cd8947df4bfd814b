//! What goes wrong.

use serde::Deserialize;

use super::{Checked, Hour, Probability, Seconds, Shift, Time};
use crate::world;

/// The trouble of each day. Whatever it is, at closing time it is over, and everything must come to rest.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { events = { lost = 0.001 } }")]
pub struct Faults {
    /// From when on shares hold.
    #[serde(default)]
    pub from: Hour,
    /// Until when; until closing time if left out.
    pub until: Option<Hour>,
    /// With what the exchange tells of its legs.
    #[serde(default)]
    pub events: Mishaps,
    /// With what the exchange is told to do.
    #[serde(default)]
    pub exchange: Mishaps,
    /// With what the database is told to do.
    #[serde(default)]
    pub database: Mishaps,
    /// When the dialer's process dies and a new one takes over.
    #[serde(default)]
    pub restarts: Vec<Restart>,
    /// When the dialer's clock runs on all at once.
    #[serde(default)]
    pub clock_jumps: Vec<ClockJump>,
}

/// What may befall a message.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { lost = 0.001 }")]
pub struct Mishaps {
    /// Share of events that never come, or of commands that are not carried out and answered with a failure.
    #[serde(default)]
    pub lost: Probability,
    /// Share of events that come twice; only `events` may have it, since commands never do.
    #[serde(default)]
    pub doubled: Probability,
    /// Some come late, and so behind others that were sent after them.
    pub late: Option<Delay>,
}

/// How many come late, and by how much.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { share = 0.01, by = { fixed = 0.5 } }")]
pub struct Delay {
    /// Their share.
    pub share: Probability,
    /// By how much.
    pub by: Time,
}

/// The dialer's process dies, whatever rings.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { at = 1.3, down = 3 }")]
pub struct Restart {
    /// When.
    pub at: Hour,
    /// After how long a new one takes over from what the database holds.
    pub down: Seconds,
}

impl Restart {
    /// When the new one takes over, in hours.
    fn over_at(&self) -> f64 {
        self.at.0 + self.down.0 / 3_600.0
    }
}

/// The dialer's clock runs on all at once.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { at = 0.8, by = 10 }")]
pub struct ClockJump {
    /// When.
    pub at: Hour,
    /// By how much.
    pub by: Seconds,
}

impl Faults {
    pub(super) fn check(&self, shift: &Shift) -> Checked {
        let wrong = |field: &str, problem| Err((format!("faults.{field}"), problem));
        if self.from.0 >= shift.hours.0 {
            let problem = format!("{} is after closing time, which is hour {}", self.from, shift.hours);
            return wrong("from", problem);
        }
        if let Some(until) = self.until
            && until.0 <= self.from.0
        {
            return wrong("until", format!("ends at hour {until}, before it starts at {}", self.from));
        }
        for (field, mishaps) in
            [("events", &self.events), ("exchange", &self.exchange), ("database", &self.database)]
        {
            mishaps.check(&format!("faults.{field}"))?;
        }
        for (field, mishaps) in [("exchange", &self.exchange), ("database", &self.database)] {
            if mishaps.doubled.0 > 0.0 {
                let problem = "what is asked for never comes twice: only `events` can be doubled".to_owned();
                return wrong(&format!("{field}.doubled"), problem);
            }
        }
        let last_calls = shift.hours.0 - shift.last_calls.0 / 3_600.0;
        for (nth, restart) in (1..).zip(&self.restarts) {
            if restart.over_at() >= last_calls {
                let problem = format!("it is not over before the last calls, at hour {last_calls:.3}");
                return wrong(&format!("restarts.{nth}.at"), problem);
            }
            let is_down = |other: &&Restart| (other.at.0..=other.over_at()).contains(&restart.at.0);
            if self.restarts[..nth - 1].iter().chain(&self.restarts[nth..]).any(|other| is_down(&other)) {
                let problem = "the process is down then already, by another restart".to_owned();
                return wrong(&format!("restarts.{nth}.at"), problem);
            }
        }
        for (nth, jump) in (1..).zip(&self.clock_jumps) {
            if jump.at.0 >= shift.hours.0 {
                let problem = format!("{} is after closing time, which is hour {}", jump.at, shift.hours);
                return wrong(&format!("clock_jumps.{nth}.at"), problem);
            }
        }
        Ok(())
    }

    pub(super) fn trouble(&self) -> world::Faults {
        let restart = |restart: &Restart| world::Restart { at: restart.at.span(), down: restart.down.span() };
        let jump = |jump: &ClockJump| world::ClockJump { at: jump.at.span(), by: jump.by.span() };
        world::Faults {
            from: self.from.span(),
            until: self.until.map(Hour::span),
            events: self.events.mishaps(),
            exchange: self.exchange.mishaps(),
            database: self.database.mishaps(),
            restarts: self.restarts.iter().map(restart).collect(),
            clock_jumps: self.clock_jumps.iter().map(jump).collect(),
        }
    }
}

impl Mishaps {
    fn check(&self, at: &str) -> Checked {
        let late = self.late.as_ref().map_or(0.0, |late| late.share.0);
        if self.lost.0 + self.doubled.0 + late > 1.0 {
            return Err((at.to_owned(), "lost, doubled and late are more than 1 together".to_owned()));
        }
        self.late.as_ref().map_or(Ok(()), |late| late.by.check(&format!("{at}.late.by")))
    }

    fn mishaps(&self) -> world::Mishaps {
        world::Mishaps {
            lost: self.lost.0,
            doubled: self.doubled.0,
            late: self.late.as_ref().map(|late| world::Delay { share: late.share.0, by: late.by.law() }),
        }
    }
}
