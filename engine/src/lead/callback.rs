//! What was agreed with the callee?

use crate::call::CallResult;
use crate::lead::Fate;
use crate::words::{AgentId, Micros};

/// A call that was agreed on. It goes ahead of other leads, and the cap on attempts does not count against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Callback {
    /// For when.
    pub at: Micros,
    /// With whom; anybody may call where there is none.
    pub agent: Option<AgentId>,
}

impl Callback {
    /// Whether it is still to be made after an attempt to make it that ended so: nobody was reached, and the lead is tried again.
    /// Its moment is then that of the retry. Where no carrier took the call, it is also kept with a lead that has come to its
    /// end by that, since another round may be asked for.
    pub(crate) const fn outlasts(result: CallResult, technical: bool, fate: Fate) -> bool {
        !result.reached() && (matches!(fate, Fate::Retry(_)) || technical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::WhyExhausted;

    #[test]
    fn what_was_agreed_on_is_kept_until_somebody_was_reached_or_the_lead_has_come_to_its_end() {
        let (retry, used_up) = (Fate::Retry(Micros(1)), Fate::Exhausted(WhyExhausted::Cap));
        for (result, technical, fate, kept) in [
            (CallResult::Busy, false, retry, true),
            (CallResult::Machine, false, retry, true),
            (CallResult::Dropped, false, retry, true),
            (CallResult::NoAnswer, false, used_up, false),
            (CallResult::Connected, false, retry, false),
            (CallResult::Incomplete, false, retry, false),
            (CallResult::Connected, false, Fate::Completed, false),
            (CallResult::Connected, false, Fate::Awaits { until: Micros(1) }, false),
            (CallResult::Congestion, true, retry, true),
            (CallResult::Congestion, true, Fate::Exhausted(WhyExhausted::Technical), true),
        ] {
            assert_eq!(Callback::outlasts(result, technical, fate), kept, "{result} {fate:?}");
        }
    }
}
