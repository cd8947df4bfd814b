//! What somebody writes down to be read before a call.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text of lines. Of control characters it has the ends of lines and tabs alone: a terminal obeys others, and PostgreSQL
/// keeps no NUL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

/// A note with a character that it may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadNote(char);

impl fmt::Display for BadNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = u32::from(self.0);
        write!(
            f,
            "the note has the control character U+{code:04X}: of these only ends of lines and tabs belong there"
        )
    }
}

impl std::error::Error for BadNote {}

impl TryFrom<String> for Note {
    type Error = BadNote;
    fn try_from(text: String) -> Result<Self, BadNote> {
        let bad = text.chars().find(|&c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        bad.map_or(Ok(Self(text)), |bad| Err(BadNote(bad)))
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
            assert_eq!(Note::from_str(wrong), Err(BadNote(bad)));
        }
        let told = BadNote('\0').to_string();
        assert_eq!(
            told,
            "the note has the control character U+0000: of these only ends of lines and tabs belong there"
        );
    }
}
