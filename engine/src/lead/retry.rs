//! When is a lead tried again, and on which of its numbers? Per result, under one cap that all results share.
//!
//! An attempt that never alerted and says nothing about the callee is charged to a budget of its own: a carrier's outage
//! must not use up a lead. Both budgets are bounded, so no lead is dialled for ever.

use alloc::collections::BTreeMap;

use crate::call::CallResult;
use crate::lead::{Fate, Past, WhyExhausted};
use crate::words::{Micros, Milli, Number, Span};

/// A campaign's rules for trying again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RetryRules {
    /// Most attempts on one queue item, whatever their results were mixed of, technical failures aside; 1 to 100.
    pub cap: u32,
    /// Most technical failures on one queue item beside the cap; 1 to 100.
    #[cfg_attr(feature = "serde", serde(default = "usual_technical_cap"))]
    pub technical_cap: u32,
    /// So many times in a row a number must be said not to exist before it is never dialled again; 1 to 9. Carriers say it
    /// of numbers that merely did not answer, too.
    #[cfg_attr(feature = "serde", serde(default = "usual_bad_after"))]
    pub bad_after: u32,
    /// The rule of each result; a result without one is not retried.
    pub by_result: BTreeMap<CallResult, RetryRule>,
    /// The rule of a call that a person answered and that did not come to its aim; without one every conversation does.
    #[cfg_attr(feature = "serde", serde(default))]
    pub completion: Option<CompletionRule>,
}

/// One result's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RetryRule {
    /// Retry after this result as long as the queue item has had no more than so many attempts of the budget that this one
    /// is charged to; 0 to 99.
    pub up_to: u32,
    /// How long after the end of the attempt; 1 s to 90 days.
    pub delay: Span,
    /// How the delay grows; without it each is as long as the first.
    #[cfg_attr(feature = "serde", serde(default))]
    pub growth: Option<Growth>,
    /// Whether the lead's next number is dialled then, where it has one.
    #[cfg_attr(feature = "serde", serde(default))]
    pub next_number: bool,
}

/// How a delay grows from attempt to attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Growth {
    /// Each delay is so many thousandths of the one before; 1,000 to 10,000.
    pub factor: Milli,
    /// And never longer than this; the first delay to 90 days.
    pub at_most: Span,
}

/// When a conversation has to be had again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CompletionRule {
    /// A conversation shorter than this has not come to its aim; up to 1 h. Zero: each has that an agent takes part in.
    pub least_talk: Span,
    /// How often and how soon it is tried again.
    pub rule: RetryRule,
}

/// A queue item as one attempt found it.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    /// Which attempt on the queue item this was, from 1, technical failures among them.
    pub nth: u32,
    /// The number that was dialled.
    pub number: Number,
    /// The lead's other numbers, in the order in which their turn comes.
    pub alternates: &'a [Number],
    /// What the attempts before mean for the next.
    pub past: &'a Past,
}

/// How an attempt ended, as far as trying again goes by it. There is one for each attempt, made when its last leg to the
/// callee is gone: what agents' legs do has no part in it.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// Its one result.
    pub result: CallResult,
    /// Whether it never alerted and says nothing about the callee.
    pub technical: bool,
    /// How long callee and agent talked.
    pub talked: Span,
    /// Whether the call came to its aim, as far as it had another than to be talked.
    pub completed: bool,
    /// When.
    pub at: Micros,
}

/// What becomes of a queue item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether and when it is tried again.
    pub fate: Fate,
    /// The number to dial next, where it is another one: also of what has come to its end, should it be given another round.
    pub next_number: Option<Number>,
    /// What its attempts so far mean for the next.
    pub past: Past,
}

#[cfg(feature = "serde")]
const fn usual_technical_cap() -> u32 {
    TECHNICAL_CAP
}

#[cfg(feature = "serde")]
const fn usual_bad_after() -> u32 {
    BAD_AFTER
}

const TECHNICAL_CAP: u32 = 10;
const BAD_AFTER: u32 = 2;

impl Default for RetryRules {
    /// Busy lines soon, silent ones later, numbers that are said not to exist once more; trouble of ours or of a carrier's
    /// shortly, and then ever later; the reached and the lost never.
    fn default() -> Self {
        let fixed = |up_to, minutes: u64| RetryRule::fixed(up_to, Span::secs(minutes * 60));
        let growth = Some(Growth { factor: Milli(2_000), at_most: Span::secs(3_600) });
        let trouble = RetryRule { growth, ..fixed(9, 5) };
        Self {
            cap: 5,
            technical_cap: TECHNICAL_CAP,
            bad_after: BAD_AFTER,
            by_result: BTreeMap::from([
                (CallResult::NoAnswer, fixed(3, 60)),
                (CallResult::Busy, fixed(4, 10)),
                (CallResult::BadNumber, RetryRule { next_number: true, ..fixed(4, 60) }),
                (CallResult::Congestion, trouble),
                (CallResult::Technical, trouble),
            ]),
            completion: None,
        }
    }
}

impl RetryRule {
    /// The same number again, each time after the same delay.
    pub const fn fixed(up_to: u32, delay: Span) -> Self {
        Self { up_to, delay, growth: None, next_number: false }
    }

    /// The delay after the `nth` attempt of its budget, from 1.
    pub fn delay_after(&self, nth: u32) -> Span {
        let Some(Growth { factor, at_most }) = self.growth else { return self.delay };
        let mut delay = self.delay;
        for _ in 1..nth {
            if delay >= at_most {
                break;
            }
            delay = Span(delay.0.saturating_mul(u64::from(factor.0)) / 1_000);
        }
        core::cmp::Ord::min(delay, at_most)
    }
}

impl RetryRules {
    /// What becomes of a queue item after an attempt. Decided once per attempt.
    pub fn decide(&self, made: Attempted<'_>, ended: &Ended) -> Decision {
        self.decide_by(self.rule_for(ended), made, ended)
    }

    /// The same by that rule, under the cap that all share.
    pub(super) fn decide_by(&self, rule: Option<&RetryRule>, made: Attempted<'_>, ended: &Ended) -> Decision {
        let past = made.past.after(made.number, ended);
        let fate = match rule {
            Some(rule) => self.fate(rule, made.nth, &past, ended),
            None => Fate::Exhausted(WhyExhausted::Rule),
        };
        match fate {
            Fate::Exhausted(_) if ended.result.reached() => {
                Decision { fate: Fate::Completed, next_number: None, past }
            }
            // Whoever came to their end unreached may be given another round, which begins with that number.
            Fate::Retry(_) | Fate::Exhausted(_) => {
                self.on_a_number(made, fate, past, rule.is_some_and(|rule| rule.next_number))
            }
            Fate::Awaits { .. } | Fate::Completed => Decision { fate, next_number: None, past },
        }
    }

    /// What becomes of a queue item whose number is known not to be its lead's: another of the lead's numbers has its turn,
    /// as soon as one has after a number that does not exist.
    pub(super) fn without_number(&self, made: Attempted<'_>, ended: &Ended) -> Decision {
        let mut past = made.past.after(made.number, ended);
        past.is_bad(made.number, self.bad_after);
        let delay = self.by_result.get(&CallResult::BadNumber).map_or(Span::ZERO, |rule| rule.delay);
        let fate = if past.charged(made.nth) >= self.cap {
            Fate::Exhausted(WhyExhausted::Cap)
        } else {
            Fate::Retry(ended.at + delay)
        };
        self.on_a_number(made, fate, past, true)
    }

    /// The rule of a result. Whoever was never talked to has no call to complete.
    fn rule_for(&self, ended: &Ended) -> Option<&RetryRule> {
        if !ended.result.reached() {
            return self.by_result.get(&ended.result);
        }
        let completion = self.completion.as_ref()?;
        let is_complete = ended.completed && ended.talked >= completion.least_talk;
        (!is_complete).then_some(&completion.rule)
    }

    fn fate(&self, rule: &RetryRule, nth: u32, past: &Past, ended: &Ended) -> Fate {
        let (made, budget, used_up) = if ended.technical {
            (past.technical, self.technical_cap, WhyExhausted::Technical)
        } else {
            (past.charged(nth), self.cap, WhyExhausted::Cap)
        };
        if made > rule.up_to {
            Fate::Exhausted(WhyExhausted::Rule)
        } else if made >= budget {
            Fate::Exhausted(used_up)
        } else {
            Fate::Retry(ended.at + rule.delay_after(made))
        }
    }

    /// The number whose turn it is: never one that is known not to exist. `moves_on` to the lead's next where there is one.
    fn on_a_number(&self, made: Attempted<'_>, fate: Fate, past: Past, moves_on: bool) -> Decision {
        let exists = |number: &Number| past.times_bad(*number) < self.bad_after;
        let same = exists(&made.number).then_some(made.number);
        let other = made.alternates.iter().copied().find(exists);
        let number = if moves_on { other.or(same) } else { same.or(other) };
        match number {
            Some(number) => {
                let next_number = (number != made.number).then_some(number);
                Decision { fate, next_number, past }
            }
            None => Decision { fate: Fate::Exhausted(WhyExhausted::BadNumber), next_number: None, past },
        }
    }
}

#[cfg(test)]
mod tests;
