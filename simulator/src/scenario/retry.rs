//! When a lead is tried again.

use engine::call::CallResult;
use engine::lead::RetryRules;
use serde::Deserialize;

use super::{Attempts, Retries, Wait};

/// The rules for trying again, as in the dialer's own configuration; a result that is left out is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { cap = 3, busy = { up_to = 2, delay = 300 } }")]
#[expect(missing_docs, reason = "each result is named as the dialer names it")]
pub struct Retry {
    /// Most attempts on one lead; the dialer's own five, if left out.
    #[serde(default = "usual_cap")]
    pub cap: Attempts,
    pub no_answer: Option<RetryRule>,
    pub busy: Option<RetryRule>,
    pub rejected: Option<RetryRule>,
    pub congestion: Option<RetryRule>,
    pub bad_number: Option<RetryRule>,
    pub dropped: Option<RetryRule>,
    pub hung_up_waiting: Option<RetryRule>,
    pub technical: Option<RetryRule>,
    pub unknown: Option<RetryRule>,
}

/// One result's rule.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { up_to = 2, delay = 300 }")]
pub struct RetryRule {
    /// As long as the lead has had no more than so many attempts.
    pub up_to: Retries,
    /// How long after the end of the attempt, in seconds.
    pub delay: Wait,
}

fn usual_cap() -> Attempts {
    Attempts(RetryRules::default().cap)
}

impl Default for Retry {
    /// Nobody is tried again.
    fn default() -> Self {
        Self {
            cap: Attempts(1),
            no_answer: None,
            busy: None,
            rejected: None,
            congestion: None,
            bad_number: None,
            dropped: None,
            hung_up_waiting: None,
            technical: None,
            unknown: None,
        }
    }
}

impl Retry {
    fn by_result(&self) -> impl Iterator<Item = (CallResult, RetryRule)> {
        [
            (CallResult::NoAnswer, self.no_answer),
            (CallResult::Busy, self.busy),
            (CallResult::Rejected, self.rejected),
            (CallResult::Congestion, self.congestion),
            (CallResult::BadNumber, self.bad_number),
            (CallResult::Dropped, self.dropped),
            (CallResult::HungUpWaiting, self.hung_up_waiting),
            (CallResult::Technical, self.technical),
            (CallResult::Unknown, self.unknown),
        ]
        .into_iter()
        .filter_map(|(result, rule)| Some((result, rule?)))
    }

    pub(super) fn rules(&self) -> RetryRules {
        let rule = |rule: RetryRule| engine::lead::RetryRule::fixed(rule.up_to.0, rule.delay.span());
        RetryRules {
            cap: self.cap.0,
            by_result: self.by_result().map(|(result, of)| (result, rule(of))).collect(),
            ..RetryRules::default()
        }
    }
}
