//! The model's agenda: what happens later, in order of time and then of insertion.

use std::collections::BTreeMap;

/// Tasks by due time; tasks due at the same time come out in the order in which they went in.
#[derive(Debug, Clone)]
pub(super) struct Schedule<T> {
    tasks: BTreeMap<(u64, u64), T>,
    inserted: u64,
}

impl<T> Schedule<T> {
    pub(super) fn new() -> Self {
        Self {
            tasks: BTreeMap::new(),
            inserted: 0,
        }
    }

    pub(super) fn add(&mut self, at: u64, task: T) {
        self.tasks.insert((at, self.inserted), task);
        self.inserted += 1;
    }

    /// When the earliest task is due.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.tasks.keys().next().map(|(at, _)| *at)
    }

    /// Takes the earliest task out if it is due at `now`, together with its own time.
    pub(super) fn pop_due(&mut self, now: u64) -> Option<(u64, T)> {
        if self.next_at()? > now {
            return None;
        }
        self.tasks.pop_first().map(|((at, _), task)| (at, task))
    }

    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }
}
