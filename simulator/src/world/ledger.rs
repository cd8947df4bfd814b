//! What a day has shown.

mod course;

use engine::words::{Micros, Span};
use hdrhistogram::Histogram;
use serde::Serialize;

pub use course::{BIN, Bin, Course, Tally};

/// The figures of one day, all of them counts and sums, so that days can be added up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// Calls placed.
    pub dials: u64,
    /// Of these, answered by a person.
    pub answers: u64,
    /// Of these, joined with an agent.
    pub connects: u64,
    /// Of the answers, those without an agent in time.
    pub drops: u64,
    /// Agents' time at work, in seconds.
    pub staffed_s: f64,
    /// Of this, conversations and the work after them.
    pub busy_s: f64,
    /// Of this, conversations.
    pub talk_s: f64,
    /// Agents' time of waiting for a call, in seconds.
    pub idle_s: f64,
    /// Most calls at one time, conversations included.
    pub most_lines: u32,
    /// Events that the engine heard.
    pub events: u64,
    /// How long agents waited between calls, in milliseconds.
    #[serde(skip)]
    pub waits: Histogram<u32>,
    /// What went on from one five minutes to the next.
    #[serde(skip)]
    pub course: Course,
}

impl Day {
    pub(crate) fn new() -> Self {
        Self {
            dials: 0,
            answers: 0,
            connects: 0,
            drops: 0,
            staffed_s: 0.0,
            busy_s: 0.0,
            talk_s: 0.0,
            idle_s: 0.0,
            most_lines: 0,
            events: 0,
            waits: Histogram::new_with_bounds(1, 86_400_000, 2).expect("a day in milliseconds, two digits"),
            course: Course::default(),
        }
    }

    /// Share of the agents' time that was conversation or the work after it.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.busy_s / self.staffed_s
    }

    /// Drops per answer; 0 where nobody answered.
    #[must_use]
    pub fn drop_rate(&self) -> f64 {
        if self.answers == 0 { 0.0 } else { self.drops as f64 / self.answers as f64 }
    }

    /// The house opens, with so many agents at work until it closes.
    pub(crate) fn opens(&mut self, opening: Micros, closing: Micros, agents: u32) {
        self.staffed_s = f64::from(agents) * seconds(closing.since(opening));
        self.course.opens(opening, closing);
    }

    /// A call is placed.
    pub(crate) fn placed(&mut self, now: Micros) {
        self.dials += 1;
        self.course.placed(now);
    }

    /// A person answers.
    pub(crate) fn answered(&mut self, now: Micros) {
        self.answers += 1;
        self.course.answered(now);
    }

    /// An answer has found no agent in time.
    pub(crate) fn dropped(&mut self, now: Micros) {
        self.drops += 1;
        self.course.dropped(now);
    }

    /// A call has ended, which a person had answered, or not.
    pub(crate) fn ended(&mut self, now: Micros, answered: bool) {
        self.course.ended(now, answered);
    }

    /// An agent waited from `since` until `now`.
    pub(crate) fn waited(&mut self, since: Micros, now: Micros) {
        self.waits.saturating_record(now.since(since).0.div_euclid(1_000).max(1));
        self.idle_s += seconds(now.since(since));
        self.course.waited(since, now);
    }

    /// An agent is busy from now on: a conversation, then its work. Only what lies before the end of the day counts.
    pub(crate) fn busy(&mut self, now: Micros, talk: Span, work: Span, closing: Micros) {
        let within = |span| seconds((now + span).min(closing).since(now.min(closing)));
        self.talk_s += within(talk);
        self.busy_s += within(talk + work);
        self.course.worked(now, now + talk + work);
    }

    /// The house closes.
    pub(crate) fn closes(&mut self) {
        self.course.closes();
        self.most_lines = u32::try_from(self.course.lines.most()).expect("lines are few");
    }
}

/// In seconds.
pub(crate) fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}
