//! Keys that are sent to a callee, with pauses among them.

use alloc::string::String;
use core::fmt;

use crate::words::{Key, Span};

/// How long each key sounds.
pub const TONE: Span = Span::millis(100);

/// How long it is silent between two keys.
pub const GAP: Span = Span::millis(100);

/// The most that may be written.
const LONGEST: usize = 40;

/// How long it may take to send.
const MOST_TIME: Span = Span::secs(20);

/// Keys to be sent: `0` to `9`, `*`, `#`, `A` to `D`, with `w` for a pause of half a second and `W` for one of a second.
/// At least one key, 40 characters and 20 s at most.
///
/// A comma, which modems and mobile telephones take for a pause of two seconds, is read as `WW`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Digits(String);

/// Why a text is no [`Digits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadDigits {
    /// A character that is neither a key nor a pause.
    NoKey(char),
    /// Nothing but pauses, or nothing at all.
    NoKeys,
    /// More than may be written.
    TooLong,
    /// It would take too long.
    TooSlow,
}

impl fmt::Display for BadDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey(c) => write!(
                f,
                "{c:?} is neither a key nor a pause: use 0-9, *, #, A-D, w for half a second, W for one or a comma for two"
            ),
            Self::NoKeys => f.write_str("no key among them: use 0-9, *, #, A-D"),
            Self::TooLong => write!(f, "more than {LONGEST} keys and pauses"),
            Self::TooSlow => write!(f, "takes longer than {} s to send", MOST_TIME.ceil_secs()),
        }
    }
}

impl core::error::Error for BadDigits {}

impl TryFrom<String> for Digits {
    type Error = BadDigits;
    fn try_from(text: String) -> Result<Self, BadDigits> {
        let keys = text.replace(',', "WW");
        if let Some(c) = keys.chars().find(|&c| !is_pause(c) && Key::try_from(c).is_err()) {
            return Err(BadDigits::NoKey(c));
        }
        if keys.chars().all(is_pause) {
            return Err(BadDigits::NoKeys);
        }
        if keys.len() > LONGEST {
            return Err(BadDigits::TooLong);
        }
        let digits = Self(keys);
        if digits.takes() > MOST_TIME { Err(BadDigits::TooSlow) } else { Ok(digits) }
    }
}

impl From<Digits> for String {
    fn from(digits: Digits) -> Self {
        digits.0
    }
}

impl Digits {
    /// As the PBX takes them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How long it takes to send them.
    #[must_use]
    pub fn takes(&self) -> Span {
        let each = |c: char| match c {
            'w' => Span::millis(500),
            'W' => Span::secs(1),
            _ => TONE + GAP,
        };
        self.0.chars().map(each).fold(Span::ZERO, |sum, span| sum + span)
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What keys a call is sent, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct QueuedDigits {
    /// As soon as the far end sends early media: only where the call goes through the dialplan, since Asterisk sends nothing
    /// on a channel of ours that nobody has answered.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub before_answer: Option<Digits>,
    /// As soon as the call is answered, before an agent is joined, a call flow begins or a message plays.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub after_answer: Option<Digits>,
}

impl QueuedDigits {
    /// A campaign's digits, unless the carrier has its own.
    pub(crate) fn or(&self, carrier: &Self) -> Self {
        let choose =
            |own: &Option<Digits>, carrier: &Option<Digits>| carrier.as_ref().or(own.as_ref()).cloned();
        Self {
            before_answer: choose(&self.before_answer, &carrier.before_answer),
            after_answer: choose(&self.after_answer, &carrier.after_answer),
        }
    }
}

const fn is_pause(c: char) -> bool {
    matches!(c, 'w' | 'W')
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn keys_and_pauses_are_read_and_nothing_else_is() {
        for (text, expected) in [
            ("1", Ok(("1", 200))),
            ("ww1234#", Ok(("ww1234#", 2_000))),
            (",*7", Ok(("WW*7", 2_400))),
            ("AWD", Ok(("AWD", 1_400))),
            ("", Err(BadDigits::NoKeys)),
            ("wW,", Err(BadDigits::NoKeys)),
            ("12 34", Err(BadDigits::NoKey(' '))),
            ("a", Err(BadDigits::NoKey('a'))),
            ("1)&System(x", Err(BadDigits::NoKey(')'))),
            ("1:2", Err(BadDigits::NoKey(':'))),
            ("٣", Err(BadDigits::NoKey('٣'))),
            (&"1".repeat(41), Err(BadDigits::TooLong)),
            ("1WWWWWWWWWWWWWWWWWWWW", Err(BadDigits::TooSlow)),
        ] {
            let read = Digits::try_from(String::from(text));
            let read = read.as_ref().map(|digits| (digits.as_str(), digits.takes().0 / 1_000));
            assert_eq!(read, expected.as_ref().map(|&(text, ms)| (text, ms)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        let told = ["1x", "ww", &"1".repeat(99), "W,,,,,,,,,,1"]
            .map(|text| Digits::try_from(String::from(text)).map_err(|bad| bad.to_string()));
        insta::assert_debug_snapshot!(told, @r#"
        [
            Err(
                "'x' is neither a key nor a pause: use 0-9, *, #, A-D, w for half a second, W for one or a comma for two",
            ),
            Err(
                "no key among them: use 0-9, *, #, A-D",
            ),
            Err(
                "more than 40 keys and pauses",
            ),
            Err(
                "takes longer than 20 s to send",
            ),
        ]
        "#);
    }
}
