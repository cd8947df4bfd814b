//! The order of things: by time, and at the same time by insertion.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use engine::words::Micros;

/// What is going to happen. Nothing is ever taken out but the next: what has become stale is told by whoever hears it.
#[derive(Debug, Clone)]
pub(crate) struct Queue<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    inserted: u64,
}

/// Ordered by its key alone: the time in the upper half, the insertion in the lower.
#[derive(Debug, Clone)]
struct Entry<T> {
    key: u128,
    what: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { heap: BinaryHeap::new(), inserted: 0 }
    }

    /// It will happen at that moment, after everything that was said before to happen then.
    pub(crate) fn push(&mut self, at: Micros, what: T) {
        let key = (u128::from(at.0) << 64) | u128::from(self.inserted);
        self.inserted += 1;
        self.heap.push(Reverse(Entry { key, what }));
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Micros> {
        self.heap.peek().map(|Reverse(entry)| entry.at())
    }

    /// The next thing.
    pub(crate) fn pop(&mut self) -> Option<(Micros, T)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at(), entry.what))
    }
}

impl<T> Entry<T> {
    fn at(&self) -> Micros {
        Micros(u64::try_from(self.key >> 64).expect("the upper half is 64 bits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_by_time_and_at_one_time_in_the_order_they_were_said() {
        let mut queue = Queue::new();
        for (at, what) in [(5, "late"), (3, "first"), (3, "second"), (1, "early"), (3, "third")] {
            queue.push(Micros(at), what);
        }
        assert_eq!(queue.next_at(), Some(Micros(1)));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(at, what)| (at.0, what)).collect();
        assert_eq!(order, [(1, "early"), (3, "first"), (3, "second"), (3, "third"), (5, "late")]);
    }
}
