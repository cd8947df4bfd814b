//! Who talks.

use serde::Deserialize;

use super::time::{each_later, law, profile};
use super::{Checked, Count, Hour, PREVIEW_LIMIT, Scale, Time};
use crate::world::{self, Group};

/// The longest work after a conversation, in seconds: by then the dialer ends it.
const LONGEST_WORK: f64 = 3_600.0;

/// A group of agents.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { count = 10, talk = { exponential = { mean = 90 } } }"
)]
pub struct Agents {
    /// How many.
    pub count: Count,
    /// How long a conversation lasts; more than no time.
    pub talk: Time,
    /// From each hour on, what conversations are multiplied with.
    #[serde(default)]
    pub talk_scale: Scale,
    /// How long its work lasts afterwards, an hour at most. With a fixed time, the same for all groups, the dialer ends it,
    /// and so knows when; otherwise the agent.
    pub wrap_up: Option<Time>,
    /// When their shift begins.
    #[serde(default)]
    pub from: Hour,
    /// How long after that each of them logs in; all at once if left out.
    pub log_in: Option<Time>,
    /// When it ends; closing time if left out.
    pub until: Option<Hour>,
    /// How long after that each of them logs out, after their call if they have one; all at once if left out.
    pub log_out: Option<Time>,
    /// How long they look at a lead before they have it dialled, ten minutes at most, where the campaign shows leads first; no
    /// time if left out.
    pub preview: Option<Time>,
    /// Breaks at a time of the day.
    #[serde(default)]
    pub breaks: Vec<Break>,
    /// Breaks at any time.
    pub pauses: Option<Pauses>,
    /// Each agent's own shift, where `from`, `until` and `breaks` are not the same for all: then these are left out. Of more
    /// agents than there are shifts the next has the first again; of fewer the last shifts are nobody's.
    #[serde(default)]
    pub shifts: Vec<OwnShift>,
}

/// The shift of one agent.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { from = 0.5, until = 8 }")]
pub struct OwnShift {
    /// When it begins.
    #[serde(default)]
    pub from: Hour,
    /// When it ends; closing time if left out.
    pub until: Option<Hour>,
    /// The breaks in it.
    #[serde(default)]
    pub breaks: Vec<Break>,
}

/// A break at a time of the day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { at = 1, lasts = { fixed = 300 } }")]
pub struct Break {
    /// When, within the shift.
    pub at: Hour,
    /// How long after that each of them goes; all at once if left out.
    pub within: Option<Time>,
    /// How long it lasts.
    pub lasts: Time,
}

/// Breaks at any time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { every = { exponential = { mean = 1800 } }, lasts = { fixed = 60 } }"
)]
pub struct Pauses {
    /// How long from the end of one to the next, as planned: one that falls into a call begins after it.
    pub every: Time,
    /// How long it lasts.
    pub lasts: Time,
}

impl Agents {
    /// `at` is where the group stands in the file, `closing` the hour of closing time.
    pub(super) fn check(&self, at: &str, closing: f64) -> Checked {
        let wrong = |field: &str, problem| Err((format!("{at}.{field}"), problem));
        for (field, time) in self.times() {
            time.check(&format!("{at}.{field}"))?;
        }
        each_later(&format!("{at}.talk_scale"), self.talk_scale.iter().map(|(hour, _)| hour.0))?;
        if let Some(work) = self.wrap_up.as_ref().map(Time::reach).filter(|work| *work > LONGEST_WORK) {
            return wrong(
                "wrap_up",
                format!("{work} s are longer than the hour after which the dialer ends it"),
            );
        }
        let preview = self.preview.as_ref().map(Time::reach);
        if let Some(looks) = preview.filter(|looks| *looks * 1e6 > PREVIEW_LIMIT.0 as f64) {
            return wrong(
                "preview",
                format!("{looks} s are longer than the ten minutes after which the dialer dials the lead"),
            );
        }
        if self.talk.is_nothing() {
            return wrong("talk", "is no time at all: give more than 0 s".to_owned());
        }
        if self.pauses.as_ref().is_some_and(|pauses| pauses.every.is_nothing()) {
            return wrong("pauses.every", "leaves no time between one pause and the next".to_owned());
        }
        self.check_shifts(at, closing)
    }

    /// Either all have the same, or each has its own.
    fn check_shifts(&self, at: &str, closing: f64) -> Checked {
        let common = self.common_shift();
        if self.shifts.is_empty() {
            return common.check(at, closing);
        }
        if common != OwnShift::default() {
            let problem = "each has its own `from`, `until` and `breaks`: leave out those of all".to_owned();
            return Err((format!("{at}.shifts"), problem));
        }
        let check = |(nth, own): (u32, &OwnShift)| own.check(&format!("{at}.shifts.{nth}"), closing);
        (1..).zip(&self.shifts).try_for_each(check)
    }

    /// What all have alike.
    pub(super) fn common_shift(&self) -> OwnShift {
        OwnShift { from: self.from, until: self.until, breaks: self.breaks.clone() }
    }

    fn times(&self) -> impl Iterator<Item = (String, &Time)> {
        let own = [
            ("talk", Some(&self.talk)),
            ("wrap_up", self.wrap_up.as_ref()),
            ("log_in", self.log_in.as_ref()),
            ("log_out", self.log_out.as_ref()),
            ("preview", self.preview.as_ref()),
        ];
        let breaks = |at: String, breaks| {
            (1..).zip(breaks).flat_map(move |(nth, one): (u32, &Break)| {
                let part = |field, time| (format!("{at}breaks.{nth}.{field}"), time);
                [part("within", one.within.as_ref()), part("lasts", Some(&one.lasts))]
            })
        };
        let own_breaks = (1..).zip(&self.shifts);
        let own_breaks = own_breaks.flat_map(move |(nth, own)| breaks(format!("shifts.{nth}."), &own.breaks));
        let pauses = self.pauses.iter().flat_map(|pauses| {
            [("pauses.every", Some(&pauses.every)), ("pauses.lasts", Some(&pauses.lasts))]
        });
        own.into_iter()
            .chain(pauses)
            .map(|(field, time)| (field.to_owned(), time))
            .chain(breaks(String::new(), &self.breaks))
            .chain(own_breaks)
            .filter_map(|(field, time)| Some((field, time?)))
    }

    /// The group as the world has it: several, where each agent has a shift of their own.
    pub(super) fn crew(&self) -> Vec<Group> {
        if self.shifts.is_empty() {
            return vec![self.group(self.count.0, &self.common_shift())];
        }
        let shifts = self.shifts.iter().cycle().take(self.count.0 as usize);
        shifts.map(|own| self.group(1, own)).collect()
    }

    fn group(&self, agents: u32, shift: &OwnShift) -> Group {
        let one = |one: &Break| world::Break {
            at: one.at.span(),
            within: law(one.within.as_ref()),
            lasts: one.lasts.law(),
        };
        let pauses = |pauses: &Pauses| world::Pauses { every: pauses.every.law(), lasts: pauses.lasts.law() };
        Group {
            agents,
            talk: self.talk.law(),
            talk_scale: profile(&self.talk_scale),
            wrap_up: law(self.wrap_up.as_ref()),
            from: shift.from.span(),
            log_in: law(self.log_in.as_ref()),
            until: shift.until.map(Hour::span),
            log_out: law(self.log_out.as_ref()),
            preview: law(self.preview.as_ref()),
            breaks: shift.breaks.iter().map(one).collect(),
            pauses: self.pauses.as_ref().map(pauses),
        }
    }
}

impl OwnShift {
    /// `at` is where its fields stand in the file.
    fn check(&self, at: &str, closing: f64) -> Checked {
        let wrong = |field: &str, problem| Err((format!("{at}.{field}"), problem));
        if self.from.0 >= closing {
            return wrong("from", format!("{} is after closing time, which is hour {closing}", self.from));
        }
        if let Some(until) = self.until
            && until.0 <= self.from.0
        {
            let problem = format!("the shift ends at hour {until}, before it starts at {}", self.from);
            return wrong("until", problem);
        }
        self.check_breaks(at, closing)
    }

    /// Nobody is there to take a break outside the shift.
    fn check_breaks(&self, at: &str, closing: f64) -> Checked {
        for (nth, Break { at: hour, .. }) in (1..).zip(&self.breaks) {
            let problem = match self.until {
                _ if hour.0 >= closing => format!("{hour} is after closing time, which is hour {closing}"),
                Some(until) if *hour >= until => {
                    format!("{hour} is after the shift, which ends at hour {until}")
                }
                _ if *hour < self.from => {
                    format!("{hour} is before the shift, which begins at hour {}", self.from)
                }
                _ => continue,
            };
            return Err((format!("{at}.breaks.{nth}.at"), problem));
        }
        Ok(())
    }
}
