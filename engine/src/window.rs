//! What is kept under ids that are given out in order: attempts, commands, their deadlines.

use alloc::collections::VecDeque;

/// How many empty places are kept beyond those that are filled.
const SLACK: usize = 64;

/// A map for keys that come in rising order and live for a while: a key's place is its distance from the first one.
///
/// A tree would do the same in logarithmic time with a search through several nodes. Here a place that was emptied is
/// found and filled again without moving anything, which is what a step of an attempt does. Gaps between keys cost
/// nothing: where the distance does not lead to the key, a binary search does.
#[derive(Debug, Clone)]
pub(crate) struct Window<T> {
    places: VecDeque<(u64, Option<T>)>,
    filled: usize,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { places: VecDeque::new(), filled: 0 }
    }
}

impl<T> Window<T> {
    /// How many keys are there.
    pub(crate) const fn len(&self) -> usize {
        self.filled
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        let place = self.place(key).ok()?;
        self.places.get(place)?.1.as_ref()
    }

    /// Puts a value under its key, and gives back what was there before.
    pub(crate) fn insert(&mut self, key: u64, value: T) -> Option<T> {
        let before = match self.place(key) {
            Ok(place) => self.places[place].1.replace(value),
            Err(place) => {
                self.places.insert(place, (key, Some(value)));
                None
            }
        };
        self.filled += usize::from(before.is_none());
        before
    }

    /// Takes out what is under a key.
    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        let place = self.place(key).ok()?;
        let value = self.places[place].1.take()?;
        self.filled -= 1;
        if self.places.len() > self.filled * 2 + SLACK {
            self.places.retain(|(_, value)| value.is_some());
        }
        Some(value)
    }

    /// All that is there, by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.places.iter().filter_map(|(key, value)| Some((*key, value.as_ref()?)))
    }

    /// Where a key is, or where it would have to be put.
    fn place(&self, key: u64) -> Result<usize, usize> {
        let (Some(&(first, _)), Some(&(last, _))) = (self.places.front(), self.places.back()) else {
            return Err(0);
        };
        if key > last {
            return Err(self.places.len());
        }
        let distance = usize::try_from(key.wrapping_sub(first)).unwrap_or(usize::MAX);
        match self.places.get(distance) {
            Some(&(there, _)) if there == key => Ok(distance),
            _ => self.places.binary_search_by_key(&key, |&(key, _)| key),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use super::*;

    proptest::proptest! {
        #[test]
        fn it_holds_what_a_tree_would_hold(steps in proptest::collection::vec((0..400_u64, 0..3_u8), 0..1_500)) {
            let (mut window, mut tree) = (Window::default(), BTreeMap::new());
            for (value, (key, step)) in steps.into_iter().enumerate() {
                match step {
                    0 => proptest::prop_assert_eq!(window.remove(key), tree.remove(&key)),
                    _ => proptest::prop_assert_eq!(window.insert(key, value), tree.insert(key, value)),
                }
                proptest::prop_assert_eq!(window.get(key), tree.get(&key));
                proptest::prop_assert_eq!(window.len(), tree.len());
            }
            let held: Vec<_> = window.iter().map(|(key, &value)| (key, value)).collect();
            proptest::prop_assert_eq!(held, tree.into_iter().collect::<Vec<_>>());
        }
    }
}
