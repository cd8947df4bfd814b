//! Channel variables: names and values, in the order in which they are set.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::words::{AttemptId, LeadId, QueueId};

/// Channel variables, in the order in which they are set.
///
/// A call has a dozen of them, most of which all calls of its campaign through its carrier have in common. They never
/// change, so what is common is one text that all these calls share, and what is a call's own is written out only where
/// somebody reads it.
#[derive(Clone, Default)]
pub struct Variables {
    ids: Option<Ids>,
    own: Option<Arc<Text>>,
    common: Option<Arc<Text>>,
}

/// By what a callee's leg is known.
#[derive(Clone, Copy)]
pub(super) struct Ids {
    pub(super) queue: QueueId,
    pub(super) attempt: AttemptId,
    pub(super) lead: LeadId,
}

impl Ids {
    fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let Self { queue, attempt, lead } = self;
        let named = [("QUEUE_ID", queue.0), ("ATTEMPT_ID", attempt.0), ("LEAD_ID", lead.0)];
        named.into_iter().map(|(name, id)| (name, Cow::Owned(id.to_string())))
    }
}

/// Names and values, one behind the other, and where each of them ends.
#[derive(Debug)]
pub(super) struct Text {
    written: String,
    ends: Vec<usize>,
}

impl Text {
    fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let Self { written, ends } = self;
        let end_of = |index: usize| if index == 0 { 0 } else { ends[index - 1] };
        (0..ends.len() / 2).map(move |nth| {
            let (name, value) = (2 * nth, 2 * nth + 1);
            (&written[end_of(name)..ends[name]], Cow::Borrowed(&written[ends[name]..ends[value]]))
        })
    }
}

impl Variables {
    /// Those of a call: its ids, what else is its own, and what it has in common with others.
    pub(super) const fn of(ids: Ids, own: Option<Arc<Text>>, common: Arc<Text>) -> Self {
        Self { ids: Some(ids), own, common: Some(common) }
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let ids = self.ids.iter().flat_map(Ids::iter);
        ids.chain([&self.own, &self.common].into_iter().flatten().flat_map(|text| text.iter()))
    }
}

impl PartialEq for Variables {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Variables {}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let mut draft = Draft::for_about(0);
        variables.into_iter().for_each(|(name, value)| draft.set(name.as_ref(), value.as_ref()));
        draft.finish()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Variables {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Variables {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let variables = <Vec<(String, String)> as serde::Deserialize>::deserialize(deserializer)?;
        Ok(variables.into_iter().collect())
    }
}

/// How long a name and its value are together, more or less.
const USUAL_LENGTH: usize = 24;

/// Variables that are being set.
pub(super) struct Draft(Text);

impl Draft {
    /// None so far, and room for about so many.
    pub(super) fn for_about(count: usize) -> Self {
        let written = String::with_capacity(count * USUAL_LENGTH);
        Self(Text { written, ends: Vec::with_capacity(count * 2) })
    }

    /// Sets one more.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.write(name);
        self.write(value);
    }

    /// Sets one more whose value is a number.
    pub(super) fn set_number(&mut self, name: &str, value: u64) {
        self.write(name);
        self.write(itoa::Buffer::new().format(value));
    }

    /// Sets one more whose name begins with a prefix.
    pub(super) fn set_prefixed(&mut self, prefix: &str, name: &str, value: &str) {
        self.0.written.push_str(prefix);
        self.set(name, value);
    }

    fn write(&mut self, text: &str) {
        self.0.written.push_str(text);
        self.0.ends.push(self.0.written.len());
    }

    /// What a call has for itself alone.
    pub(super) fn finish(self) -> Variables {
        Variables { own: Some(self.shared()), ..Variables::default() }
    }

    /// What several calls can have.
    pub(super) fn shared(self) -> Arc<Text> {
        Arc::new(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_back_as_they_were_set() {
        for set in [&[][..], &[("A", "1")], &[("A", ""), ("LEAD_ünï", "=;\n\"x\""), ("A", "2")]] {
            let variables: Variables = set.iter().copied().collect();
            let set: Vec<_> = set.iter().map(|&(name, value)| (name, Cow::Borrowed(value))).collect();
            assert_eq!(variables.iter().collect::<Vec<_>>(), set);
        }
    }

    #[test]
    fn where_a_name_ends_tells_two_lists_apart() {
        let one: Variables = [("AB", "C")].into_iter().collect();
        let other: Variables = [("A", "BC")].into_iter().collect();
        assert_ne!(one, other);
    }
}
