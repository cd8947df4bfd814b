//! The order of things: by time, and at the same time by insertion.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use engine::words::Micros;

/// What is going to happen. Nothing is ever taken out but the next: what has become stale is told by whoever hears it.
///
/// Only the order is kept in the heap; what it is the order of stays in its place until its turn comes.
#[derive(Debug, Clone)]
pub(crate) struct Queue<T> {
    /// The time in the upper half, below it the insertion, and in the lowest bits the place.
    order: BinaryHeap<Reverse<u128>>,
    places: Vec<Option<T>>,
    /// Places where nothing is.
    free: Vec<u32>,
    inserted: u64,
}

/// Bits of a key that tell the place: room for sixteen million things at a time, and for a million million insertions.
const PLACE_BITS: u32 = 24;

impl<T> Queue<T> {
    pub(crate) const fn new() -> Self {
        Self { order: BinaryHeap::new(), places: Vec::new(), free: Vec::new(), inserted: 0 }
    }

    /// It will happen at that moment, after everything that was said before to happen then.
    pub(crate) fn push(&mut self, at: Micros, what: T) {
        let place = self.free.pop().unwrap_or_else(|| self.one_more());
        self.places[place as usize] = Some(what);
        let insertion = (self.inserted << PLACE_BITS) | u64::from(place);
        self.inserted += 1;
        self.order.push(Reverse((u128::from(at.0) << 64) | u128::from(insertion)));
    }

    fn one_more(&mut self) -> u32 {
        let place = u32::try_from(self.places.len()).ok().filter(|&place| place < 1 << PLACE_BITS);
        self.places.push(None);
        place.expect("a world has fewer things ahead of it than a key has places")
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Micros> {
        self.order.peek().map(|&Reverse(key)| moment_of(key))
    }

    /// The next thing.
    pub(crate) fn pop(&mut self) -> Option<(Micros, T)> {
        let Reverse(key) = self.order.pop()?;
        let place = key as u32 & ((1 << PLACE_BITS) - 1);
        self.free.push(place);
        let what = self.places[place as usize].take().expect("a place is filled until its turn comes");
        Some((moment_of(key), what))
    }
}

const fn moment_of(key: u128) -> Micros {
    Micros((key >> 64) as u64)
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
