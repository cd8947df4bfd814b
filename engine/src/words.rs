//! The words everything else is said in: time, ids, numbers, legs.
//!
//! Nothing in here decides. Every id is a newtype so that a queue item can never stand where a lead is meant.

mod label;
mod signature;

use alloc::string::String;
use core::fmt;
use core::num::NonZeroU64;
use core::ops::{Add, Sub};

pub use label::{BadLabel, Label};
pub use signature::{BadSignature, Signature};

/// A moment: microseconds since 1970-01-01 00:00 UTC, never running backwards within one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Micros(pub u64);

/// A length of time in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Span(pub u64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole milliseconds.
    pub const fn millis(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// A span of whole seconds.
    pub const fn secs(s: u64) -> Self {
        Self(s * 1_000_000)
    }

    /// The span in seconds, rounded up: what Asterisk takes where it takes seconds.
    pub const fn ceil_secs(self) -> u64 {
        self.0.div_ceil(1_000_000)
    }
}

impl Micros {
    /// The time from `earlier` to this moment, zero if it is not earlier.
    #[inline]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// The first of two moments that each may be none, or of what comes at them. It is asked several times in each event, so no
/// list is made of the two.
#[inline]
pub(crate) fn first_of<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(core::cmp::Ord::min(one, other)),
        (one, other) => one.or(other),
    }
}

impl Add<Span> for Micros {
    type Output = Self;
    #[inline]
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Micros {
    type Output = Self;
    #[inline]
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for $inner {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

ids! {
    /// A campaign: one list of rules, one pool of agents, one drop figure.
    CampaignId(u32);
    /// A carrier: one way out of the house.
    CarrierId(u32);
    /// A pool of caller ids.
    PoolId(u32);
    /// An agent: the person, whether at work or not.
    AgentId(u32);
    /// A lead: the person to be called.
    LeadId(u64);
    /// A queue item: one lead's place in one campaign.
    QueueId(u64);
    /// An attempt: one time that one queue item is dialled, over however many carriers. Never used twice.
    AttemptId(u64);
    /// An agent's session: one leg to an agent's phone, from the call to it until it ends. Never used twice.
    SessionId(u64);
    /// A command that was given out; its answer carries the same id.
    RequestId(u64);
    /// Something an operator asked; the reply carries the same id.
    AskId(u64);
}

/// Why a text is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadNumber {
    /// Nothing, or nothing but a plus sign.
    Empty,
    /// Fewer than three digits.
    TooShort,
    /// More than the fifteen digits of E.164.
    TooLong,
    /// A character that is neither a digit nor a leading plus sign.
    NotADigit(char),
}

impl fmt::Display for BadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no digits; a number has 3 to 15 of them"),
            Self::TooShort => f.write_str("too short; a number has at least 3 digits"),
            Self::TooLong => f.write_str("too long; E.164 allows at most 15 digits"),
            Self::NotADigit(c) => {
                write!(f, "{c:?} is not a digit; write digits only, with + in front if you like")
            }
        }
    }
}

impl core::error::Error for BadNumber {}

/// A telephone number: 3 to 15 digits and nothing else, so that it can stand in a dial string as it is.
///
/// This is the canonical form that live numbers, limits and do-not-call lists compare; prefixes are put in front
/// of it at the very last (`call::originate`) and never stored in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(
    /// Its digits with a one in front, so that the zeros count that a number may begin with.
    NonZeroU64,
);

impl Number {
    /// Reads a number: an optional `+`, then 3 to 15 digits.
    ///
    /// # Errors
    /// [`BadNumber`] says what is wrong; nothing is ever stripped or guessed.
    pub fn parse(text: &str) -> Result<Self, BadNumber> {
        let text = text.strip_prefix('+').unwrap_or(text);
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
            let other = text[at..].chars().next();
            return Err(BadNumber::NotADigit(other.expect("what is no digit begins at a whole character")));
        }
        match text.len() {
            0 => Err(BadNumber::Empty),
            1 | 2 => Err(BadNumber::TooShort),
            3..=15 => {
                let digits = text.bytes().fold(1, |n, b| n * 10 + u64::from(b - b'0'));
                Ok(Self(NonZeroU64::new(digits).expect("it began with a one")))
            }
            _ => Err(BadNumber::TooLong),
        }
    }
}

impl Number {
    /// The value of its first `length` digits, where it has so many.
    pub(crate) fn beginning(self, length: u8) -> Option<u64> {
        let length = u32::from(length);
        let left_out = self.0.ilog10().checked_sub(length)?;
        Some(self.0.get() / 10_u64.pow(left_out) - 10_u64.pow(length))
    }

    /// The number as it is dialled, written into a buffer.
    pub(crate) fn text(self, buffer: &mut itoa::Buffer) -> &str {
        &buffer.format(self.0.get())[1..]
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut itoa::Buffer::new()))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({self})")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// One leg of a call, named before it exists.
///
/// The name goes out as the channel's id, so an event can always be led back to its leg, also by a process that
/// was not there when the leg was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Leg {
    /// The leg to the callee; every carrier that is tried gets a leg of its own.
    Customer {
        /// The attempt it belongs to.
        attempt: AttemptId,
        /// Which try of the attempt, from 1.
        ordinal: u8,
    },
    /// The leg to an agent's phone.
    Agent {
        /// Whose phone.
        agent: AgentId,
        /// Which session.
        session: SessionId,
    },
    /// The leg to somebody whom the callee is put through to.
    Transfer {
        /// The attempt whose callee it is.
        attempt: AttemptId,
        /// Which of the attempt's, from 1; a further carrier makes a further one.
        ordinal: u16,
    },
}

/// A bridge that we make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Bridge {
    /// Where seated agents wait, with music; nobody hears anybody.
    Hold,
    /// One conversation; made fresh for each attempt and never used again.
    Conversation(AttemptId),
    /// A callee and whom they were put through to, under the name of that leg.
    Transfer {
        /// The attempt.
        attempt: AttemptId,
        /// Which of its legs to others.
        ordinal: u16,
    },
    /// Those who are in a room together, from when it is opened until the last of them has left; opened again, it is another
    /// one.
    Conference {
        /// The attempt whose callee opened it.
        attempt: AttemptId,
        /// Which of the attempt's visits to a room did, from 1.
        ordinal: u16,
    },
}

/// Playbacks from this number on are those to whom a callee is put through, one for each leg; those before are the callee's.
pub const WHISPERS: u16 = 0x8000;

/// The name of this dialer among several on one Asterisk: 1 to 16 lower-case letters, digits or dashes.
///
/// It begins every channel and bridge id, see [`Signature`], so that what is ours can be told from what is not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Node(String);

/// A text that cannot be a [`Node`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadNode(String);

impl fmt::Display for BadNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no node name: use 1 to 16 lower-case letters, digits or dashes", self.0)
    }
}

impl core::error::Error for BadNode {}

impl TryFrom<String> for Node {
    type Error = BadNode;
    fn try_from(name: String) -> Result<Self, BadNode> {
        let fits = (1..=16).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(name)) } else { Err(BadNode(name)) }
    }
}

impl From<Node> for String {
    fn from(node: Node) -> Self {
        node.0
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A ratio in thousandths: 1,500 is 1.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Milli(pub u32);

/// A Q.850 hang-up cause as Asterisk reports it; 0 is "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cause(pub u16);

/// The channel technology's own cause: for SIP the response code. Not proof of a response: Asterisk makes one up
/// from [`Cause`] where none came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TechCause(pub u16);

/// A prefix that is dialled in front of a number: up to 15 of the keys `0`-`9`, `*` and `#`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Prefix(String);

/// A text that cannot be a [`Prefix`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPrefix(String);

impl fmt::Display for BadPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no dial prefix: use up to 15 of 0-9, * and #", self.0)
    }
}

impl core::error::Error for BadPrefix {}

impl TryFrom<String> for Prefix {
    type Error = BadPrefix;
    fn try_from(keys: String) -> Result<Self, BadPrefix> {
        let fits = keys.len() <= 15 && keys.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#');
        if fits { Ok(Self(keys)) } else { Err(BadPrefix(keys)) }
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.0
    }
}

impl AsRef<str> for Prefix {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key of a telephone: `0` to `9`, `*`, `#`, and `A` to `D` which few telephones have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "char", into = "char"))]
pub struct Key(char);

/// A character that is no [`Key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadKey(char);

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no key: use 0-9, *, # or A-D", self.0)
    }
}

impl core::error::Error for BadKey {}

impl Key {
    /// The key that ends an answer.
    pub const POUND: Self = Self('#');

    /// Its digit, where it has one.
    pub const fn digit(self) -> Option<u32> {
        self.0.to_digit(10)
    }
}

impl TryFrom<char> for Key {
    type Error = BadKey;
    fn try_from(key: char) -> Result<Self, BadKey> {
        match key {
            '0'..='9' | '*' | '#' | 'A'..='D' => Ok(Self(key)),
            other => Err(BadKey(other)),
        }
    }
}

impl From<Key> for char {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_number_is_three_to_fifteen_digits_and_nothing_else() {
        for (text, expected) in [
            ("+15551234567", Ok("15551234567")),
            ("007", Ok("007")),
            ("", Err(BadNumber::Empty)),
            ("+", Err(BadNumber::Empty)),
            ("12", Err(BadNumber::TooShort)),
            ("1234567890123456", Err(BadNumber::TooLong)),
            ("1000@evil", Err(BadNumber::NotADigit('@'))),
            ("100&SIP/x", Err(BadNumber::NotADigit('&'))),
            ("100;x", Err(BadNumber::NotADigit(';'))),
            ("١٢٣٤", Err(BadNumber::NotADigit('١'))),
        ] {
            assert_eq!(Number::parse(text).map(|n| n.to_string()), expected.map(String::from), "{text}");
        }
    }
}
