//! Short names that the PBX is given as they stand.

use alloc::string::String;
use core::fmt;

/// How long a label may be.
const MOST: usize = 32;

/// A short name that the PBX is given as it stands, such as that of a room or of a class of music: 1 to 32 letters, digits,
/// `-` or `_`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Label {
    /// Its letters, and zeros behind them.
    letters: [u8; MOST],
}

/// A text that cannot be a [`Label`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLabel(String);

impl fmt::Display for BadLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot be used as a name here: write 1 to {MOST} letters, digits, - or _", self.0)
    }
}

impl core::error::Error for BadLabel {}

impl Label {
    /// Reads one.
    ///
    /// # Errors
    /// [`BadLabel`] where the PBX could not be given it as it stands.
    pub fn parse(text: &str) -> Result<Self, BadLabel> {
        let fits = (1..=MOST).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !fits {
            return Err(BadLabel(text.into()));
        }
        let mut letters = [0; MOST];
        letters[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { letters })
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.letters.iter().position(|letter| *letter == 0).unwrap_or(MOST);
        core::str::from_utf8(&self.letters[..length]).expect("letters, digits, - and _ only")
    }
}

impl TryFrom<String> for Label {
    type Error = BadLabel;
    fn try_from(text: String) -> Result<Self, BadLabel> {
        Self::parse(&text)
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.as_str().into()
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_letters_digits_dashes_and_underscores() {
        for text in ["a", "Sales-Room_2", "0123456789abcdef0123456789ABCDEF"] {
            assert_eq!(Label::parse(text).as_ref().map(Label::as_str), Ok(text));
        }
        for text in ["", "two words", "caf\u{e9}", "a/b", "0123456789abcdef0123456789ABCDEFx"] {
            assert_eq!(Label::parse(text), Err(BadLabel(text.into())));
        }
    }
}
