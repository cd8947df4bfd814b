//! May this carrier take one more? Channels at a time, and calls in any one second.

use alloc::collections::VecDeque;

use crate::words::{Micros, Span};

const SECOND: Span = Span::secs(1);

/// The calls of the last second: never more than the limit in any second, wherever it begins.
///
/// A call leaves when its intent is durable. How long that takes is the database's affair, so an intent counts as if it left
/// now for as long as it is not known.
#[derive(Debug, Clone)]
pub(crate) struct Rate {
    limit: usize,
    placed: VecDeque<Micros>,
    intended: usize,
}

impl Rate {
    /// At most `limit` calls in any second.
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit: limit as usize, placed: VecDeque::new(), intended: 0 }
    }

    /// When the next call may be intended: `now`, or later, and not before that moment.
    pub(crate) fn free_at(&self, now: Micros) -> Micros {
        let Some(oldest_that_counts) = (self.placed.len() + self.intended).checked_sub(self.limit) else {
            return now;
        };
        let placed = self.placed.get(oldest_that_counts).copied().unwrap_or(now);
        core::cmp::Ord::max(now, placed + SECOND)
    }

    /// How many are to be placed.
    pub(crate) const fn intended(&self) -> usize {
        self.intended
    }

    /// One more call is to be placed.
    pub(crate) fn intend(&mut self, now: Micros) {
        assert!(self.free_at(now) <= now, "a call passed the gate above the carrier's rate");
        self.intended += 1;
    }

    /// One of those leaves now.
    pub(crate) fn place(&mut self, now: Micros) {
        self.forgo();
        while self.placed.front().is_some_and(|&placed| placed + SECOND <= now) {
            self.placed.pop_front();
        }
        self.placed.push_back(now);
    }

    /// One of those does not leave.
    pub(crate) fn forgo(&mut self) {
        self.intended = self.intended.checked_sub(1).expect("only what was intended leaves or stays");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_wherever_it_begins_holds_more_than_the_limit() {
        let mut rate = Rate::new(3);
        let mut placed = alloc::vec::Vec::new();
        let mut now = Micros(0);
        while placed.len() < 40 {
            now = core::cmp::Ord::max(rate.free_at(now), now + Span::millis(70));
            rate.intend(now);
            rate.place(now);
            placed.push(now);
        }
        for window in placed.windows(4) {
            assert!(window[3].since(window[0]) >= SECOND, "{window:?}");
        }
        assert_eq!(placed[3].since(placed[0]), SECOND, "and no call waits longer than it must");
    }
}
