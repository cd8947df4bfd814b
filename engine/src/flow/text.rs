//! Texts with tags, such as `Hello {first_name}`, and what is spoken of them with the PBX's own sounds.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{CallFlow, NodeKind};
use crate::words::Number;

/// The tag of the callee's own number.
const NUMBER: &str = "number";
/// What the tag of an answer begins with, before the name of the node where it was given.
const ANSWER: &str = "answer.";
/// How many letters of a lead's go into a text in place of one tag.
const MOST_OF_LEAD: usize = 160;
/// How many letters a text may have before its tags are replaced.
pub const TEXT_LENGTH: core::ops::RangeInclusive<u32> = 1..=1_000;
/// How many digits or letters are spoken at a time.
const MOST_SPOKEN: usize = 40;
/// The greatest number that the PBX speaks as one has so many digits.
const MOST_IN_NUMBER: usize = 9;

/// A text in which tags stand for what is known of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Text(pub Vec<Piece>);

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Piece {
    /// As it stands.
    Plain(String),
    /// The callee's number: `{number}`.
    Number,
    /// The last answer that did at a node of that name: `{answer.pin}`.
    Answer(String),
    /// An attribute of the lead's, which the flow says that it takes: `{first_name}`.
    Attribute(String),
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadText {
    /// A brace that nothing closes, or a tag without a name.
    Brace,
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("has a { that is no tag: write tags such as {first_name}, and no other braces")
    }
}

impl Text {
    /// Reads a text with its tags.
    ///
    /// # Errors
    /// [`BadText`] where braces are no tags.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, tagged) = rest.split_at(at);
            let (tag, after) =
                tagged.strip_prefix('{').and_then(|tagged| tagged.split_once('}')).ok_or(BadText::Brace)?;
            if tag.is_empty() || tag.contains('{') {
                return Err(BadText::Brace);
            }
            if !before.is_empty() {
                pieces.push(Piece::Plain(before.into()));
            }
            pieces.push(Piece::tagged(tag));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.into()));
        }
        Ok(Self(pieces))
    }

    /// How many letters it has as it is written, its tags aside.
    pub(super) fn letters(&self) -> u32 {
        let plain = |piece: &Piece| if let Piece::Plain(text) = piece { text.chars().count() } else { 1 };
        u32::try_from(self.0.iter().map(plain).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// What is wrong with its tags in that flow.
    pub(super) fn unknown_tag(&self, flow: &CallFlow) -> Option<String> {
        self.0.iter().find_map(|piece| match piece {
            Piece::Plain(_) | Piece::Number => None,
            Piece::Answer(node) if flow.asks_at(node) => None,
            Piece::Answer(node) => Some(alloc::format!("there is no node {node:?} that asks something")),
            Piece::Attribute(name) if flow.takes(name) => None,
            Piece::Attribute(name) => Some(alloc::format!(
                "{{{name}}} is no tag of this flow: use {{number}}, {{answer.NODE}}, or name the attribute of leads in `attributes`"
            )),
        })
    }
}

impl Piece {
    fn tagged(tag: &str) -> Self {
        match (tag, tag.strip_prefix(ANSWER)) {
            (NUMBER, _) => Self::Number,
            (_, Some(node)) => Self::Answer(node.into()),
            (_, None) => Self::Attribute(tag.into()),
        }
    }
}

/// One thing that is said with the PBX's own sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Spoken {
    /// How.
    pub how: SpokenAs,
    /// What.
    pub text: Text,
}

impl Spoken {
    /// The sounds that it takes.
    pub(super) fn sounds(&self) -> impl Iterator<Item = &str> {
        let own = match (self.how, self.text.0.as_slice()) {
            (SpokenAs::Sound, [Piece::Plain(name)]) => Some(name.as_str()),
            _ => None,
        };
        own.into_iter().chain(self.how.sounds().iter().copied())
    }
}

/// How something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum SpokenAs {
    /// A sound by its whole name, such as `sound:ringmaster/balance`, which has no tags.
    Sound,
    /// Digit by digit.
    Digits,
    /// As a number: forty-two.
    Number,
    /// Letter by letter, digits among them.
    Characters,
}

impl SpokenAs {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sound, Self::Digits, Self::Number, Self::Characters];

    /// As ARI names the kind of media.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Digits => "digits",
            Self::Number => "number",
            Self::Characters => "characters",
        }
    }

    /// Whether the PBX says that so.
    fn says(self, value: &str) -> bool {
        let fits = |most: usize, each: fn(char) -> bool| {
            (1..=most).contains(&value.len()) && value.chars().all(each)
        };
        match self {
            Self::Sound => true,
            Self::Digits => fits(MOST_SPOKEN, |c| c.is_ascii_digit()),
            Self::Number => fits(MOST_IN_NUMBER, |c| c.is_ascii_digit()),
            Self::Characters => fits(MOST_SPOKEN, |c| c.is_ascii_alphanumeric()),
        }
    }

    /// The sounds of the PBX's own that it takes.
    pub(super) fn sounds(self) -> &'static [&'static str] {
        match self {
            Self::Sound => &[],
            Self::Digits => &DIGITS,
            Self::Number => &NUMBERS,
            Self::Characters => &LETTERS,
        }
    }
}

/// Some of each kind: where these are, the others are, too.
const DIGITS: [&str; 2] = ["sound:digits/0", "sound:digits/9"];
const NUMBERS: [&str; 4] = ["sound:digits/0", "sound:digits/9", "sound:digits/19", "sound:digits/90"];
const LETTERS: [&str; 4] = ["sound:digits/0", "sound:digits/9", "sound:letters/a", "sound:letters/z"];

/// What is known of a call, in the words of its texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The callee's number.
    pub number: Option<Number>,
    /// The lead's attributes that the flow takes.
    pub attributes: Vec<(String, String)>,
}

impl Known {
    fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A text with its tags replaced: nothing for what is not known, and no more than so much of what a lead has.
    pub(super) fn fill<'a>(&'a self, text: &'a Text, answer: impl Fn(&str) -> Option<&'a str>) -> String {
        let mut filled = String::new();
        for piece in &text.0 {
            match piece {
                Piece::Plain(plain) => filled.push_str(plain),
                Piece::Number => filled.extend(self.number.map(|number| alloc::format!("{number}"))),
                Piece::Answer(node) => filled.extend(answer(node)),
                Piece::Attribute(name) => {
                    let value = self.attribute(name).unwrap_or_default();
                    filled.extend(value.chars().filter(|c| !c.is_control()).take(MOST_OF_LEAD));
                }
            }
        }
        filled
    }

    /// The media that say all of it; `None` where one of them cannot be said.
    pub(super) fn speak<'a>(
        &'a self,
        parts: &'a [Spoken],
        answer: impl Fn(&str) -> Option<&'a str> + Copy,
    ) -> Option<Vec<String>> {
        let say = |part: &'a Spoken| {
            let value = self.fill(&part.text, answer);
            match part.how {
                SpokenAs::Sound => Some(value),
                how @ (SpokenAs::Digits | SpokenAs::Number | SpokenAs::Characters) => {
                    how.says(&value).then(|| alloc::format!("{}:{value}", how.name()))
                }
            }
        };
        parts.iter().map(say).collect()
    }
}

impl CallFlow {
    /// Whether it takes that attribute of its leads.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.attributes.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    fn asks_at(&self, node: &str) -> bool {
        let asks = |kind: &NodeKind| {
            matches!(kind, NodeKind::Menu { .. } | NodeKind::Rating { .. } | NodeKind::Digits { .. })
        };
        self.position(node).is_some_and(|index| asks(&self.nodes[index].kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_stand_for_what_is_known_and_other_braces_are_refused() {
        let known = Known {
            number: Number::parse("15550001").ok(),
            attributes: alloc::vec![("FIRST_NAME".into(), "Ann\r\n".into())],
        };
        let text = Text::parse("Hello {first_name}, {number} {answer.pin}{city}!").expect("tags");
        let filled = known.fill(&text, |node| (node == "pin").then_some("42"));
        assert_eq!(filled, "Hello Ann, 15550001 42!");
        for wrong in ["{", "}", "a {b", "{}", "{a{b}}"] {
            assert_eq!(Text::parse(wrong), Err(BadText::Brace), "{wrong}");
        }
    }

    #[test]
    fn only_what_the_pbx_can_say_is_said() {
        let said = |how, value: &str| {
            let text = Text(alloc::vec![Piece::Plain(value.into())]);
            Known::default().speak(&[Spoken { how, text }], |_| None).map(|media| media.concat())
        };
        assert_eq!(said(SpokenAs::Digits, "0042").as_deref(), Some("digits:0042"));
        assert_eq!(said(SpokenAs::Number, "42").as_deref(), Some("number:42"));
        assert_eq!(said(SpokenAs::Characters, "AB7").as_deref(), Some("characters:AB7"));
        for (how, value) in [
            (SpokenAs::Digits, ""),
            (SpokenAs::Digits, "1,sound:x"),
            (SpokenAs::Number, "1234567890"),
            (SpokenAs::Characters, "a b"),
        ] {
            assert_eq!(said(how, value), None, "{value}");
        }
    }
}
