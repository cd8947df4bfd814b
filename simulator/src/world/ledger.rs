//! What a day has shown.

use engine::words::{Micros, Span};
use hdrhistogram::Histogram;
use serde::Serialize;

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
    /// Most calls at one time, conversations included.
    pub most_lines: u32,
    /// Events that the engine heard.
    pub events: u64,
    /// How long agents waited between calls, in milliseconds.
    #[serde(skip)]
    pub waits: Histogram<u32>,
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
            most_lines: 0,
            events: 0,
            waits: Histogram::new_with_bounds(1, 86_400_000, 2).expect("a day in milliseconds, two digits"),
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

    /// An agent waited from `since` until `now`.
    pub(crate) fn waited(&mut self, since: Micros, now: Micros) {
        self.waits.saturating_record(now.since(since).0.div_euclid(1_000).max(1));
    }

    /// An agent is busy for so long, of which only what lies before the end of the day counts.
    pub(crate) fn busy(&mut self, now: Micros, work: Span, closing: Micros) {
        self.busy_s += seconds((now + work).min(closing).since(now.min(closing)));
    }
}

/// In seconds.
pub(crate) fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}
