//! What is kept under ids that are given out in order: attempts, commands, their deadlines.

use alloc::collections::{BTreeMap, VecDeque};

/// How many places in a row may be empty: of keys that were passed over, or beyond those that are filled.
const SLACK: usize = 64;

/// How many places are kept for each that is filled.
const SPREAD: usize = 8;

/// A map for keys that come in rising order and live for a while: a key's place is its distance from the first one, so
/// nothing is searched.
///
/// What outlives most of what came after it, and what comes far out of order, lies in a tree beside it. So the window
/// is never much wider than what it holds, however long a single call may last.
#[derive(Debug, Clone)]
pub(crate) struct Window<T> {
    /// The key of the first place. It only rises.
    first: u64,
    places: VecDeque<Option<T>>,
    filled: usize,
    /// Everything below `first`.
    elders: BTreeMap<u64, T>,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { first: 0, places: VecDeque::new(), filled: 0, elders: BTreeMap::new() }
    }
}

impl<T> Window<T> {
    /// How many keys are there.
    pub(crate) fn len(&self) -> usize {
        self.filled + self.elders.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        match self.place(key) {
            Some(place) => self.places.get(place)?.as_ref(),
            None => self.elders.get(&key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        match self.place(key) {
            Some(place) => self.places.get_mut(place)?.as_mut(),
            None => self.elders.get_mut(&key),
        }
    }

    /// Puts a value under its key, and gives back what was there before.
    pub(crate) fn insert(&mut self, key: u64, value: T) -> Option<T> {
        let Some(place) = self.place(key) else { return self.elders.insert(key, value) };
        if let Some(passed_over) = place.checked_sub(self.places.len()) {
            self.append(key, passed_over, value);
            return None;
        }
        let before = self.places[place].replace(value);
        self.filled += usize::from(before.is_none());
        before
    }

    /// Takes out what is under a key.
    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        let Some(place) = self.place(key) else { return self.elders.remove(&key) };
        let value = if place == 0 { self.remove_first()? } else { self.places.get_mut(place)?.take()? };
        self.filled -= 1;
        if self.is_wide() {
            self.narrow();
        }
        Some(value)
    }

    /// All that is there, by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let places = (self.first..).zip(&self.places);
        let placed = places.filter_map(|(key, value)| Some((key, value.as_ref()?)));
        self.elders.iter().map(|(&key, value)| (key, value)).chain(placed)
    }

    /// Where a key's place is or would be; `None` for an elder.
    fn place(&self, key: u64) -> Option<usize> {
        let distance = key.checked_sub(self.first)?;
        Some(usize::try_from(distance).unwrap_or(usize::MAX))
    }

    /// Takes out what is in the first place, and its place with it. Mostly it is what is taken out: whatever came first.
    fn remove_first(&mut self) -> Option<T> {
        let value = self.places.pop_front()?;
        self.first += 1;
        self.leave_empty();
        value
    }

    /// Puts a value behind all others.
    fn append(&mut self, key: u64, passed_over: usize, value: T) {
        // Mostly no key is passed over, and then the window gets no wider than it was for what it holds.
        if passed_over > 0 {
            self.pass_over(key, passed_over);
        }
        self.places.push_back(Some(value));
        self.filled += 1;
        if passed_over > 0 && self.is_wide() {
            self.narrow();
        }
    }

    /// Leaves places empty before that of a key. Where it is far ahead of all others, the window begins anew.
    fn pass_over(&mut self, key: u64, passed_over: usize) {
        if passed_over > SLACK {
            while !self.places.is_empty() {
                self.leave_first();
            }
        }
        if self.places.is_empty() {
            self.first = key;
        } else {
            self.places.extend(core::iter::repeat_with(|| None).take(passed_over));
        }
    }

    fn is_wide(&self) -> bool {
        self.places.len() > self.filled * SPREAD + SLACK
    }

    /// Gives up empty places at the front.
    fn leave_empty(&mut self) {
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.first += 1;
        }
    }

    /// Gives up the oldest of a window that has become much wider than what it holds, and empty places at the front.
    fn narrow(&mut self) {
        while self.is_wide() {
            self.leave_first();
        }
        self.leave_empty();
    }

    fn leave_first(&mut self) {
        if let Some(elder) = self.places.pop_front().flatten() {
            self.filled -= 1;
            self.elders.insert(self.first, elder);
        }
        self.first += 1;
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use super::*;

    proptest::proptest! {
        /// Keys rise from step to step as they do in life; one in twenty is far ahead or long past.
        #[test]
        fn it_holds_what_a_tree_would_hold(
            steps in proptest::collection::vec((0..200_u64, 0..3_u8, 0..20_u8), 0..1_500)
        ) {
            let (mut window, mut tree) = (Window::default(), BTreeMap::new());
            for (value, (near, step, far)) in (0..).zip(steps) {
                let key = value / 2 + if far == 0 { near * 40 } else { near };
                match step {
                    0 => proptest::prop_assert_eq!(window.remove(key), tree.remove(&key)),
                    _ => proptest::prop_assert_eq!(window.insert(key, value), tree.insert(key, value)),
                }
                proptest::prop_assert_eq!(window.get(key), tree.get(&key));
                proptest::prop_assert_eq!(window.get_mut(key), tree.get_mut(&key));
                proptest::prop_assert_eq!(window.len(), tree.len());
                proptest::prop_assert!(window.places.len() <= window.len() * SPREAD + SLACK);
            }
            let held: Vec<_> = window.iter().map(|(key, &value)| (key, value)).collect();
            proptest::prop_assert_eq!(held, tree.into_iter().collect::<Vec<_>>());
        }
    }
}
