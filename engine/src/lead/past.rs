//! What do a queue item's attempts so far mean for the next ones?

use alloc::string::String;
use alloc::vec::Vec;

use super::retry::Ended;
use crate::call::CallResult;
use crate::words::Number;

/// What a queue item's attempts so far mean for the next ones. It is durable, and blank for most leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Past {
    /// How many of the attempts of this round were technical failures, which the cap does not count.
    pub technical: u32,
    /// How many attempts were made before the lead was last given another round: neither budget counts them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub recycled: u32,
    /// Which of the lead's numbers were said not to exist when last dialled, and how often in a row.
    pub bad: Vec<(Number, u32)>,
    /// The caller id that is to be shown again.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub caller_id: Option<String>,
}

impl Past {
    /// Whether there is nothing to remember.
    pub const fn is_blank(&self) -> bool {
        self.technical == 0 && self.recycled == 0 && self.bad.is_empty() && self.caller_id.is_none()
    }

    /// How many of so many attempts count against the cap.
    pub const fn charged(&self, attempts: u32) -> u32 {
        attempts.saturating_sub(self.technical + self.recycled)
    }

    /// How often in a row a number was said not to exist.
    pub fn times_bad(&self, number: Number) -> u32 {
        self.bad.iter().find(|(bad, _)| *bad == number).map_or(0, |&(_, times)| times)
    }

    /// The same after one attempt more on a number.
    pub(super) fn after(&self, number: Number, ended: &Ended) -> Self {
        let mut past = self.clone();
        match ended.result {
            CallResult::BadNumber => past.count_bad(number),
            // Nothing was heard of the number.
            CallResult::Unknown => {}
            _ if ended.technical => past.technical += 1,
            CallResult::Connected
            | CallResult::Completed
            | CallResult::Incomplete
            | CallResult::NoAnswer
            | CallResult::Busy
            | CallResult::Rejected
            | CallResult::Congestion
            | CallResult::Dropped
            | CallResult::HungUpWaiting
            | CallResult::Machine
            | CallResult::Fax
            | CallResult::Technical => past.bad.retain(|(bad, _)| *bad != number),
        }
        past
    }

    /// A number is known not to be the lead's, as if it had been said so many times not to exist.
    pub(super) fn is_bad(&mut self, number: Number, times: u32) {
        self.bad.retain(|(bad, _)| *bad != number);
        self.bad.push((number, times));
    }

    fn count_bad(&mut self, number: Number) {
        match self.bad.iter_mut().find(|(bad, _)| *bad == number) {
            Some((_, times)) => *times += 1,
            None => self.bad.push((number, 1)),
        }
    }
}
