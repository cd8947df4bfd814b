//! When is a lead tried again? Per result, under one cap that all results share.

use alloc::collections::BTreeMap;

use crate::call::CallResult;
use crate::lead::{Fate, WhyExhausted};
use crate::words::{Micros, Span};

/// A campaign's rules for trying again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RetryRules {
    /// Most attempts on one queue item, whatever their results were mixed of; 1 to 100.
    pub cap: u32,
    /// The rule of each result; a result without one is not retried.
    pub by_result: BTreeMap<CallResult, RetryRule>,
}

/// One result's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RetryRule {
    /// Retry after this result as long as the queue item has had no more than so many attempts; 0 to 99.
    pub up_to: u32,
    /// How long after the end of the attempt; 1 s to 90 days.
    pub delay: Span,
}

impl Default for RetryRules {
    /// Busy lines soon, silent ones later, trouble of ours or of a carrier's shortly; the reached, the lost and the
    /// wrong numbers never.
    fn default() -> Self {
        let rule = |up_to, minutes: u64| RetryRule { up_to, delay: Span::secs(minutes * 60) };
        Self {
            cap: 5,
            by_result: BTreeMap::from([
                (CallResult::NoAnswer, rule(3, 60)),
                (CallResult::Busy, rule(4, 10)),
                (CallResult::Congestion, rule(4, 5)),
                (CallResult::Technical, rule(4, 5)),
            ]),
        }
    }
}

impl RetryRules {
    /// The fate of a queue item whose `nth` attempt (from 1) ended with `result` at `ended`. Decided once per attempt.
    pub fn fate(&self, result: CallResult, nth: u32, ended: Micros) -> Fate {
        if result.reached() {
            return Fate::Completed;
        }
        match self.by_result.get(&result) {
            Some(rule) if nth <= rule.up_to && nth < self.cap => Fate::Retry(ended + rule.delay),
            Some(rule) if nth <= rule.up_to => Fate::Exhausted(WhyExhausted::Cap),
            Some(_) | None => Fate::Exhausted(WhyExhausted::Rule),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_result_has_its_own_rule_and_all_share_one_cap() {
        let rules = RetryRules { cap: 4, ..RetryRules::default() };
        let ended = Micros(0);
        let hour = Fate::Retry(ended + Span::secs(3_600));
        for (result, nth, expected) in [
            (CallResult::NoAnswer, 1, hour),
            (CallResult::NoAnswer, 3, hour),
            (CallResult::NoAnswer, 4, Fate::Exhausted(WhyExhausted::Rule)),
            (CallResult::Busy, 3, Fate::Retry(ended + Span::secs(600))),
            (CallResult::Busy, 4, Fate::Exhausted(WhyExhausted::Cap)),
            (CallResult::BadNumber, 1, Fate::Exhausted(WhyExhausted::Rule)),
            (CallResult::Unknown, 1, Fate::Exhausted(WhyExhausted::Rule)),
            (CallResult::Connected, 1, Fate::Completed),
        ] {
            assert_eq!(rules.fate(result, nth, ended), expected, "{result} after attempt {nth}");
        }
    }
}
