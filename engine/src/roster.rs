//! What is configured once and then only changes its state: campaigns, carriers, agents, each under its id.

use alloc::vec::Vec;

/// A map whose keys are all known when it is made: a list in the order of the keys.
///
/// It is asked several times in every event. A list is searched in half the time that a tree takes, if at all, and a place
/// that cannot move needs no taking out and putting back.
#[derive(Debug, Clone)]
pub(crate) struct Roster<K, T> {
    entries: Vec<(K, T)>,
}

impl<K: Copy + Ord + Into<u32>, T> Roster<K, T> {
    /// A roster of entries in any order, each key once.
    pub(crate) fn new(entries: impl Iterator<Item = (K, T)>) -> Self {
        let mut entries: Vec<(K, T)> = entries.collect();
        entries.sort_by_key(|&(key, _)| key);
        assert!(entries.is_sorted_by(|a, b| a.0 < b.0), "a configuration that was checked has each id once");
        Self { entries }
    }

    pub(crate) fn get(&self, key: K) -> Option<&T> {
        self.place(key).map(|place| &self.entries[place].1)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.place(key).map(|place| &mut self.entries[place].1)
    }

    /// All keys, in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = K> + '_ {
        self.entries.iter().map(|&(key, _)| key)
    }

    /// All entries, in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> + Clone {
        self.entries.iter().map(|(_, value)| value)
    }

    fn place(&self, key: K) -> Option<usize> {
        let first: u32 = self.entries.first()?.0.into();
        // Ids are mostly given out in a row, and then nothing is searched.
        let in_a_row = key.into().wrapping_sub(first) as usize;
        match self.entries.get(in_a_row) {
            Some((there, _)) if *there == key => Some(in_a_row),
            _ => self.entries.binary_search_by_key(&key, |&(key, _)| key).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::words::AgentId;

    #[test]
    fn everybody_is_found_under_their_id_whether_ids_are_in_a_row_or_not() {
        for ids in [&[][..], &[7], &[1, 2, 3, 4], &[3, 5, 6, 9, u32::MAX]] {
            let roster = Roster::new(ids.iter().rev().map(|&id| (AgentId(id), id)));
            let found: Vec<u32> =
                (0..12).chain([u32::MAX]).filter_map(|id| roster.get(AgentId(id)).copied()).collect();
            assert_eq!(found, ids);
        }
    }
}
