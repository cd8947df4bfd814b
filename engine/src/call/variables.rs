//! Channel variables: names and values, in the order in which they are set.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Channel variables, in the order in which they are set.
///
/// A call has a dozen of them. They never change, and the stored request and the originate have the same ones; so they
/// are one text that both share, and not two strings for each variable and for each of the two.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Variables(Arc<Text>);

/// All names and values, one behind the other, and where each of them ends.
#[derive(PartialEq, Eq, Default)]
struct Text {
    written: String,
    ends: Vec<usize>,
}

impl Variables {
    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let Text { written, ends } = &*self.0;
        let end_of = |index: usize| if index == 0 { 0 } else { ends[index - 1] };
        (0..ends.len() / 2).map(move |nth| {
            let (name, value) = (2 * nth, 2 * nth + 1);
            (&written[end_of(name)..ends[name]], &written[ends[name]..ends[value]])
        })
    }
}

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

    pub(super) fn finish(self) -> Variables {
        Variables(Arc::new(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_back_as_they_were_set() {
        for set in [&[][..], &[("A", "1")], &[("A", ""), ("LEAD_ünï", "=;\n\"x\""), ("A", "2")]] {
            let variables: Variables = set.iter().copied().collect();
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
