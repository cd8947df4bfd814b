//! Rooms in which callees hear each other: the rules of a visit, and what can come of one.

use core::ops::RangeInclusive;

use super::Target;
use crate::words::{Key, Label, Span};

/// How many may be in a room.
pub const GUESTS: RangeInclusive<u32> = 2..=100;
/// How long a callee may stay in a room.
pub const STAY: RangeInclusive<Span> = Span::secs(1)..=Span::secs(4 * 3_600);

/// How a callee visits a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConferenceRules {
    /// The room. Whoever is sent to a room of that name meets there, whichever campaign, flow and node they come from.
    pub room: Label,
    /// How many may be in it, this callee among them: [`GUESTS`].
    pub most: u32,
    /// How long they may stay: [`STAY`].
    pub longest: Span,
    /// The key by which they leave. Others mean nothing.
    pub leave: Key,
    /// Whether they hear music while they are there alone.
    pub music: bool,
    /// Whether a beep tells those who are there that they come.
    pub beep: bool,
}

/// What came of a visit to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ConferenceEnd {
    /// The callee left by the key.
    Left,
    /// They had stayed as long as they may.
    Over,
    /// There was no place for them.
    Full,
    /// There is no room, or they did not come in, or it was taken from under them.
    Failed,
}

impl ConferenceEnd {
    /// All of them, in the order of the file.
    pub const ALL: [Self; 4] = [Self::Left, Self::Over, Self::Full, Self::Failed];

    /// As the file names the way, and as shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Over => "over",
            Self::Full => "full",
            Self::Failed => "failed",
        }
    }
}

/// Where each end of a visit leads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConferenceWays {
    /// They left by the key.
    pub left: Target,
    /// They had stayed as long as they may.
    pub over: Target,
    /// There was no place for them.
    pub full: Target,
    /// There is no room, or they did not come in.
    pub failed: Target,
}

impl ConferenceWays {
    /// Where an end leads.
    #[must_use]
    pub const fn of(&self, end: ConferenceEnd) -> &Target {
        match end {
            ConferenceEnd::Left => &self.left,
            ConferenceEnd::Over => &self.over,
            ConferenceEnd::Full => &self.full,
            ConferenceEnd::Failed => &self.failed,
        }
    }
}
