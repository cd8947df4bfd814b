//! What somebody writes down to be read before a call.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Characters that a note may have.
const LONGEST: usize = 2_000;

/// A text of at most 2,000 characters in lines. Of control characters it has the ends of lines and tabs alone: a terminal
/// obeys others, and PostgreSQL keeps no NUL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

/// A note that is too long, or has a character that it may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadNote {
    /// So many characters.
    TooLong(usize),
    /// That one.
    Control(char),
}

impl fmt::Display for BadNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLong(characters) => {
                write!(f, "the note has {characters} characters: {LONGEST} are kept")
            }
            Self::Control(character) => write!(
                f,
                "the note has the control character U+{:04X}: of these only ends of lines and tabs belong there",
                u32::from(character)
            ),
        }
    }
}

impl std::error::Error for BadNote {}

impl TryFrom<String> for Note {
    type Error = BadNote;
    fn try_from(text: String) -> Result<Self, BadNote> {
        let characters = text.chars().count();
        if characters > LONGEST {
            return Err(BadNote::TooLong(characters));
        }
        let bad = text.chars().find(|&c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        bad.map_or(Ok(Self(text)), |bad| Err(BadNote::Control(bad)))
    }
}

impl FromStr for Note {
    type Err = BadNote;
    fn from_str(text: &str) -> Result<Self, BadNote> {
        text.to_owned().try_into()
    }
}

impl From<Note> for String {
    fn from(note: Note) -> Self {
        note.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_has_ends_of_lines_and_tabs_and_no_other_control_character() {
        for right in ["", "ask for Eve", "ünï\r\n\tcode 🦀"] {
            assert_eq!(Note::from_str(right).map(String::from), Ok(right.to_owned()));
        }
        for (wrong, bad) in [("a\0b", '\0'), ("\u{1b}[2J", '\u{1b}'), ("\u{85}", '\u{85}')] {
            assert_eq!(Note::from_str(wrong), Err(BadNote::Control(bad)));
        }
        let long = "ü".repeat(2_001);
        assert_eq!(Note::from_str(&long), Err(BadNote::TooLong(2_001)));
        assert_eq!(BadNote::TooLong(2_001).to_string(), "the note has 2001 characters: 2000 are kept");
        assert_eq!(
            BadNote::Control('\0').to_string(),
            "the note has the control character U+0000: of these only ends of lines and tabs belong there"
        );
    }
}
