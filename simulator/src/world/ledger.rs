//! What a day has shown.

mod course;
mod detection;

use std::collections::BTreeMap;

use engine::words::{Micros, Span};
use hdrhistogram::Histogram;
use serde::Serialize;

pub use course::{BIN, Bin, Course, Tally};
pub use detection::{Detection, Judged};

use super::crew::Doing;

/// A quarter of an hour.
pub(crate) const QUARTER: Span = Span::secs(900);

/// The figures of one day, all of them counts and sums, so that days can be added up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// Calls placed.
    pub dials: u64,
    /// Of these, failed at the carrier.
    pub failures: u64,
    /// Of the dials, answered by a person, or by a machine that nobody can tell from one.
    pub answers: u64,
    /// Of the answers, those by a machine.
    pub machines: u64,
    /// Of the answers, joined with an agent in time.
    pub connects: u64,
    /// Of the answers, those without an agent in time.
    pub drops: u64,
    /// The highest that drops per answer have been at any moment of this day, both counted since its window of days began.
    pub worst_moment: f64,
    /// Of the drops, those of a machine.
    pub machine_drops: u64,
    /// Of the answers, those who hung up before their time for an agent was over.
    pub hang_ups: u64,
    /// Agents' time at work, in seconds.
    pub staffed_s: f64,
    /// Of this, conversations and the work after them.
    pub busy_s: f64,
    /// Of this, conversations.
    pub talk_s: f64,
    /// Agents' time of waiting for a call, in seconds.
    pub idle_s: f64,
    /// Most calls at one time, conversations included, while the house is open.
    pub most_lines: u32,
    /// Events that the engine heard.
    pub events: u64,
    /// How long after the opening the list had come to its end, in seconds, where it had: from then on nobody is dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_ended_s: Option<f64>,
    /// How long agents waited between calls, in milliseconds.
    #[serde(skip)]
    pub waits: Histogram<u32>,
    /// What went on from one five minutes to the next.
    #[serde(skip)]
    pub course: Course,
    /// Answers and drops by the quarter of an hour of the answer, counted from 1970: clocks everywhere differ from UTC by
    /// whole quarters, so that they can be added up to the days of any zone.
    #[serde(skip)]
    pub quarters: BTreeMap<u64, Answered>,
    /// What the window had come to before this day.
    #[serde(skip)]
    pub before: Answered,
    /// Who was told from whom, in a scenario whose callees can be heard. Machines that were kept from agents are no answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detection: Option<Detection>,
}

/// How many people have answered, and how many of them nobody had time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answered {
    /// Those who have answered.
    pub answers: u64,
    /// Those of them whom nobody had time for.
    pub drops: u64,
}

impl Answered {
    /// Drops per answer; 0 where nobody answered.
    pub(crate) fn drop_rate(self) -> f64 {
        if self.answers == 0 { 0.0 } else { self.drops as f64 / self.answers as f64 }
    }
}

impl Day {
    /// A day of which nothing is known yet, in a window that has come to so much.
    pub(crate) fn new(before: Answered) -> Self {
        Self {
            dials: 0,
            failures: 0,
            answers: 0,
            machines: 0,
            connects: 0,
            drops: 0,
            worst_moment: before.drop_rate(),
            machine_drops: 0,
            hang_ups: 0,
            staffed_s: 0.0,
            busy_s: 0.0,
            talk_s: 0.0,
            idle_s: 0.0,
            most_lines: 0,
            events: 0,
            list_ended_s: None,
            waits: Histogram::new_with_bounds(1, 86_400_000, 2).expect("a day in milliseconds, two digits"),
            course: Course::default(),
            quarters: BTreeMap::new(),
            before,
            detection: None,
        }
    }

    /// What its window has come to with it.
    pub(crate) const fn and_before(&self) -> Answered {
        Answered { answers: self.before.answers + self.answers, drops: self.before.drops + self.drops }
    }

    /// Share of the agents' time that was conversation or the work after it.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.busy_s / self.staffed_s
    }

    /// Drops per answer; 0 where nobody answered.
    #[must_use]
    pub fn drop_rate(&self) -> f64 {
        Answered { answers: self.answers, drops: self.drops }.drop_rate()
    }

    /// The house opens, with so many calls still on a line, and so many of them ringing.
    pub(crate) fn opens(&mut self, opening: Micros, closing: Micros, lines: u32, ringing: u32) {
        self.course.opens(opening, closing, lines, ringing);
    }

    /// A call is placed.
    pub(crate) fn placed(&mut self, now: Micros) {
        self.dials += 1;
        self.course.placed(now);
    }

    /// A person answers, or a machine that nobody can tell from one.
    pub(crate) fn answered(&mut self, now: Micros, machine: bool) {
        self.answers += 1;
        self.machines += u64::from(machine);
        self.quarter(now).answers += 1;
        self.course.answered(now);
    }

    /// Nobody had time for somebody, or for a machine, that answered at that moment.
    pub(crate) fn dropped(&mut self, answered: Micros, now: Micros, machine: bool) {
        self.drops += 1;
        self.worst_moment = self.worst_moment.max(self.and_before().drop_rate());
        self.quarter(answered).drops += 1;
        self.machine_drops += u64::from(machine);
        self.course.dropped(now);
    }

    /// An agent comes in time.
    pub(crate) fn connected(&mut self, machine: bool) {
        self.connects += 1;
        if let Some(detection) = self.detection.as_mut().filter(|_| !machine) {
            detection.connects += 1;
        }
    }

    /// An agent who had come in time is taken back. Whoever answered before midnight belongs to a day that is over, and
    /// this one may have nobody yet.
    pub(crate) fn parted(&mut self, machine: bool) {
        self.connects = self.connects.saturating_sub(1);
        if let Some(detection) = self.detection.as_mut().filter(|_| !machine) {
            detection.connects = detection.connects.saturating_sub(1);
        }
    }

    /// Whoever answered at that moment was taken for a machine, and is not to be connected. If it is one it is no answer; a
    /// person is dropped.
    pub(crate) fn screened(&mut self, answered: Micros, now: Micros, machine: bool) {
        if machine {
            self.answers = self.answers.saturating_sub(1);
            self.machines = self.machines.saturating_sub(1);
            let quarter = self.quarter(answered);
            quarter.answers = quarter.answers.saturating_sub(1);
            self.course.was_a_machine(answered);
            self.worst_moment = self.worst_moment.max(self.and_before().drop_rate());
        } else {
            self.dropped(answered, now, false);
        }
        let detection = self.detection.as_mut().expect("only who is heard is taken for a machine");
        detection.screened += u64::from(machine);
        detection.false_positives += u64::from(!machine);
    }

    fn quarter(&mut self, answered: Micros) -> &mut Answered {
        self.quarters.entry(answered.0 / QUARTER.0).or_default()
    }

    /// A call has ended, which had been answered, or not.
    pub(crate) fn ended(&mut self, now: Micros, answered: bool) {
        self.course.ended(now, answered);
    }

    /// Every lead has come to its end, so long after the opening.
    pub(crate) fn list_ended(&mut self, into_day: Span) {
        self.list_ended_s.get_or_insert(seconds(into_day));
    }

    /// An agent waited from `since` until `now`.
    pub(crate) fn waited(&mut self, since: Micros, now: Micros) {
        self.waits.saturating_record(now.since(since).0.div_euclid(1_000).max(1));
    }

    /// An agent at work has spent some time.
    pub(crate) fn spent(&mut self, doing: Doing, since: Micros, now: Micros) {
        let span = seconds(now.since(since));
        self.staffed_s += span;
        match doing {
            Doing::Waits => self.idle_s += span,
            Doing::Talks => {
                self.talk_s += span;
                self.busy_s += span;
            }
            Doing::WrapsUp => self.busy_s += span,
        }
        match doing {
            Doing::Waits => self.course.waited(since, now),
            Doing::Talks | Doing::WrapsUp => self.course.worked(since, now),
        }
    }

    /// The house closes.
    pub(crate) fn closes(&mut self) {
        self.course.closes();
        self.most_lines = u32::try_from(self.course.lines.most()).expect("lines are few");
    }
}

/// In seconds.
fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}
