//! What callees did.

use std::collections::BTreeMap;

use engine::call::CallResult;
use engine::words::{Micros, Span};

use super::read::Call;

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Callees {
    pub(super) answers: u64,
    pub(super) drops: u64,
    pub(super) hung_up: u64,
    /// From the dial to a person's answer.
    pub(super) answer: Vec<Span>,
    /// The same to the end of calls to busy lines, and to what is no number.
    pub(super) busy: Vec<Span>,
    /// And of those to machines that were known as such.
    pub(super) machine: Vec<Span>,
    /// And of those that nobody answered.
    pub(super) ring_out: Vec<Span>,
    /// How long those who answered have waited for an agent, all together.
    waited: Span,
    /// Calls that failed on the way, or were lost from sight.
    pub(super) failed: u64,
    /// Each call that came to a callee: when it was placed, and whether somebody answered.
    dials: Vec<(Micros, bool)>,
}

/// A part of the day in which as many answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// In whole hours since the opening.
    pub(super) hour: u64,
    dials: u64,
    answers: u64,
}

impl Step {
    /// Dials at least that say how many answer: the share of a hundred is a few points off.
    const ENOUGH: u64 = 100;

    pub(super) fn rate(self) -> f64 {
        if self.dials == 0 { 0.0 } else { self.answers as f64 / self.dials as f64 }
    }
}

impl Callees {
    /// Nobody waits for longer than `patience`: by then a message has been played to them.
    pub(super) fn of(calls: &[Call], patience: Span) -> Self {
        let mut callees = Self::default();
        calls.iter().for_each(|call| callees.add(call, patience));
        callees
    }

    fn add(&mut self, call: &Call, patience: Span) {
        let answered = call.result.answered();
        match call.result {
            CallResult::Connected
            | CallResult::Completed
            | CallResult::Incomplete
            | CallResult::Dropped
            | CallResult::HungUpWaiting => {
                self.answers += 1;
                self.drops += u64::from(call.result == CallResult::Dropped);
                self.hung_up += u64::from(call.result == CallResult::HungUpWaiting);
                self.answer.extend(call.answered);
                self.waited.0 += call.waited.unwrap_or_default().min(patience).0;
            }
            CallResult::Busy | CallResult::Rejected | CallResult::BadNumber => self.busy.extend(call.lasted),
            CallResult::Machine | CallResult::Fax => self.machine.extend(call.lasted),
            CallResult::NoAnswer => self.ring_out.extend(call.lasted),
            CallResult::Congestion | CallResult::Technical | CallResult::Unknown => {
                self.failed += 1;
                return;
            }
        }
        self.dials.push((call.placed, answered));
    }

    /// Calls that came to their callees.
    pub(super) fn dials(&self) -> u64 {
        self.dials.len() as u64
    }

    /// The share of all dials that were busy.
    pub(super) fn busy_share(&self) -> f64 {
        self.busy.len() as f64 / self.dials.len() as f64
    }

    /// The share that machines took of those that no person answered.
    pub(super) fn machine_share(&self) -> f64 {
        self.machine.len() as f64 / (self.dials.len() as f64 - self.answers as f64).max(1.0)
    }

    /// How long they would have waited until they hung up, in the mean, if that did not depend on how long they had waited
    /// already: all waiting over those who hung up, which holds although most were served before. `None` if nobody has.
    pub(super) fn patience(&self) -> Option<Span> {
        self.waited.0.checked_div(self.hung_up).map(Span)
    }

    /// How many answered, hour by hour. An hour with too few dials counts with the one before.
    pub(super) fn answer_rate(&self, opens: Micros) -> Vec<Step> {
        const HOUR: u64 = Span::secs(3_600).0;
        let mut hours: BTreeMap<u64, (u64, u64)> = BTreeMap::from([(0, (0, 0))]);
        for &(placed, answered) in &self.dials {
            let (dials, answers) = hours.entry(placed.since(opens).0 / HOUR).or_default();
            *dials += 1;
            *answers += u64::from(answered);
        }
        let mut steps: Vec<Step> = Vec::new();
        for (hour, (dials, answers)) in hours {
            match steps.last_mut() {
                Some(last) if last.dials.min(dials) < Step::ENOUGH => {
                    last.dials += dials;
                    last.answers += answers;
                }
                Some(_) | None => steps.push(Step { hour, dials, answers }),
            }
        }
        steps
    }
}
