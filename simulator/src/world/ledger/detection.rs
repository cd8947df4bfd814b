//! Who has answered, a person or a machine, and whom they were taken for.

use engine::amd::{AmdLog, Verdict};
use engine::words::Span;
use hdrhistogram::Histogram;
use serde::Serialize;

/// What came of telling persons from machines. Each call that was answered is in one of the two.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detection {
    /// Persons.
    pub persons: Judged,
    /// Machines that nobody could tell from them before they were heard.
    pub machines: Judged,
    /// Of the machines, those that were kept from agents, or that agents were taken back from: they are no answers.
    pub screened: u64,
    /// Of the persons, those who were hung up on or left a message as if they were machines. They count as drops.
    pub false_positives: u64,
    /// Of the persons, those joined with an agent in time, and not taken from them again.
    pub connects: u64,
    /// Agents' time in conversations with machines and in the work after these, in seconds.
    pub machine_s: f64,
}

/// Whom those of one kind were taken for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// Persons.
    pub human: u64,
    /// Machines.
    pub machine: u64,
    /// Either.
    pub not_sure: u64,
    /// Nobody had judged by the end of the call.
    pub no_verdict: u64,
    /// How long after the answer that was decided, in milliseconds.
    #[serde(skip)]
    pub after: Histogram<u32>,
}

impl Detection {
    pub(crate) fn new() -> Self {
        Self {
            persons: Judged::new(),
            machines: Judged::new(),
            screened: 0,
            false_positives: 0,
            connects: 0,
            machine_s: 0.0,
        }
    }

    /// A call that was answered is over, with this verdict if there was one.
    pub(crate) fn judged(&mut self, machine: bool, log: Option<&AmdLog>) {
        let of_kind = if machine { &mut self.machines } else { &mut self.persons };
        of_kind.count(log);
    }

    /// An agent has spent so long with a machine.
    pub(crate) fn wasted(&mut self, span: Span) {
        self.machine_s += super::seconds(span);
    }
}

impl Judged {
    fn new() -> Self {
        let after = Histogram::new_with_bounds(1, 60_000, 3).expect("a minute in milliseconds, three digits");
        Self { human: 0, machine: 0, not_sure: 0, no_verdict: 0, after }
    }

    /// All of that kind.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.human + self.machine + self.not_sure + self.no_verdict
    }

    fn count(&mut self, log: Option<&AmdLog>) {
        match log.map(|log| log.verdict) {
            None => self.no_verdict += 1,
            Some(Verdict::Human) => self.human += 1,
            Some(Verdict::Machine | Verdict::Fax) => self.machine += 1,
            Some(Verdict::NotSure) => self.not_sure += 1,
        }
        if let Some(log) = log {
            self.after.saturating_record(log.after_ms.max(1));
        }
    }
}
