//! What the callee does with a call.

use engine::words::{Micros, Span};

use crate::draw::{Law, Purpose, Stream};

/// The people who are called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Callees {
    pub(crate) answer_rate: AnswerRate,
    pub(crate) answer: Law,
    pub(crate) busy: f64,
    pub(crate) busy_after: Law,
    pub(crate) machine: f64,
    pub(crate) machine_after: Law,
    pub(crate) ring_out: Law,
}

/// The share of dials that a person answers, over the day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AnswerRate {
    /// From each hour on, the share beside it; the first hour is 0.
    Steps(Vec<(f64, f64)>),
    /// `mean + swing * sin(2 pi t / period)`, hours.
    Sine { mean: f64, swing: f64, period: f64 },
}

/// What a callee does, and how long after the dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    Answers(Span),
    IsBusy(Span),
    /// Rings out, or a machine takes it that the carrier knows as one: it ends unanswered.
    EndsUnanswered(Span),
}

impl AnswerRate {
    fn at(&self, into_day: Span) -> f64 {
        let hour = into_day.0 as f64 / 3.6e9;
        match self {
            Self::Steps(steps) => {
                let step = steps.iter().rev().find(|(from, _)| *from <= hour);
                step.map_or(0.0, |(_, share)| *share)
            }
            Self::Sine { mean, swing, period } => {
                mean + swing * libm::sin(2.0 * core::f64::consts::PI * hour / period)
            }
        }
    }
}

impl Callees {
    /// The reaction of a lead to its `nth` call, `into_day` after the opening.
    pub(crate) fn react(&self, seed: u64, lead: u64, nth: u32, opened: Micros, now: Micros) -> Reaction {
        let mut stream = Stream::of(seed, Purpose::Callee, lead, u64::from(nth));
        let answered = self.answer_rate.at(now.since(opened));
        let lot = stream.unit();
        if lot < answered {
            Reaction::Answers(stream.span(&self.answer))
        } else if lot < answered + self.busy {
            Reaction::IsBusy(stream.span(&self.busy_after))
        } else if lot < answered + self.busy + self.machine * (1.0 - answered) {
            Reaction::EndsUnanswered(stream.span(&self.machine_after))
        } else {
            Reaction::EndsUnanswered(stream.span(&self.ring_out))
        }
    }
}
