//! What may be dialled next, and when? Queue items, the hopper that holds them ready, the hours at which callees may be
//! called, and the rules for trying again.

mod calendar;
mod callback;
mod disposition;
mod geography;
mod hopper;
mod hours;
mod past;
mod retry;
mod suppression;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub(crate) use calendar::Calendar;
pub use callback::Callback;
pub use disposition::{Disposition, Dispositions, Meaning};
pub(crate) use geography::Atlas;
pub use geography::{Area, Geography, Jurisdiction, Place};
pub(crate) use hopper::Hopper;
pub use hours::{Hours, OpenWindow};
pub use past::Past;
pub use retry::{Attempted, CompletionRule, Decision, Ended, Growth, RetryRule, RetryRules};
pub use suppression::{BadBarred, Barred};

use crate::words::{LeadId, Micros, Number, QueueId};

/// One lead's place in one campaign, claimed for this engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct QueueItem {
    /// Its id.
    pub id: QueueId,
    /// The person.
    pub lead: LeadId,
    /// The number to dial.
    pub number: Number,
    /// The lead's other numbers, in the order in which their turn comes after this one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub alternates: Vec<Number>,
    /// Attempts made so far, technical failures among them.
    pub attempts: u32,
    /// What they mean for the next ones.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Past::is_blank"))]
    pub past: Past,
    /// The call that was agreed on, where one was.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub callback: Option<Callback>,
    /// What to know before that call.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub note: Option<String>,
    /// The lead's attributes, in the order imported; each becomes a channel variable.
    pub attributes: Vec<(String, String)>,
    /// The zone that the lead is in, by its IANA name, where that is known; otherwise the number tells where it may be.
    #[cfg_attr(feature = "serde", serde(default))]
    pub zone: Option<String>,
    /// When the number was last dropped, by whichever campaign and node, as of the claim.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub dropped: Option<Micros>,
}

impl QueueItem {
    /// Attempts that count against the shared cap.
    pub(crate) const fn charged(&self) -> u32 {
        self.past.charged(self.attempts)
    }
}

/// What becomes of a queue item after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Fate {
    /// It may be tried again from then on.
    Retry(Micros),
    /// Its agent has still to say what came of the call, which decides; until then it is not dialled.
    Awaits {
        /// When it is decided without them.
        until: Micros,
    },
    /// It was reached; it is never dialled again.
    Completed,
    /// It is never dialled again.
    Exhausted(WhyExhausted),
}

/// Why a queue item is not tried again although nobody was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum WhyExhausted {
    /// The shared cap on attempts is reached.
    Cap,
    /// So is the budget of technical failures.
    Technical,
    /// Each of the lead's numbers was said not to exist, often enough, or by an agent to be nobody's.
    BadNumber,
    /// The result's own rule has no retry left, or never had one.
    Rule,
    /// The number was barred while the call was under way.
    DoNotCall,
}

impl fmt::Display for WhyExhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cap => "cap",
            Self::Technical => "technical",
            Self::BadNumber => "bad_number",
            Self::Rule => "rule",
            Self::DoNotCall => "do_not_call",
        })
    }
}
