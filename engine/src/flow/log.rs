//! What is on record of a call's way through a flow.

use alloc::string::String;
use alloc::vec::Vec;

use crate::words::Micros;

/// How a call left the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum FlowEnd {
    /// It came to an end of the flow.
    Done,
    /// An agent took over.
    Agent,
    /// The call ended in it: the callee hung up, or somebody hung up on them.
    HungUp,
    /// A sound could not be played.
    NoSound,
    /// It passed as many nodes as a call may.
    TooManySteps,
    /// It came to one node as often as a call may.
    TooManyVisits,
    /// It was in the flow as long as a call may be.
    TooLong,
}

impl FlowEnd {
    /// As shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Agent => "agent",
            Self::HungUp => "hung_up",
            Self::NoSound => "no_sound",
            Self::TooManySteps => "too_many_steps",
            Self::TooManyVisits => "too_many_visits",
            Self::TooLong => "too_long",
        }
    }
}

/// What came of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum StepOutcome {
    /// It was said.
    Said,
    /// It was answered.
    Answered,
    /// The last answer did not do.
    Invalid,
    /// No key came at last.
    Timeout,
    /// There is a recording.
    Recorded,
    /// There is no recording.
    NotRecorded,
    /// The number is barred.
    OptedOut,
    /// An agent came.
    Agent,
    /// No agent came.
    Nobody,
    /// The call ended in it.
    Cut,
}

impl StepOutcome {
    /// As shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Answered => "answered",
            Self::Invalid => "invalid",
            Self::Timeout => "timeout",
            Self::Recorded => "recorded",
            Self::NotRecorded => "not_recorded",
            Self::OptedOut => "opted_out",
            Self::Agent => "agent",
            Self::Nobody => "nobody",
            Self::Cut => "cut",
        }
    }

    /// Whether the node did what it is there for.
    pub(super) const fn is_as_hoped(self) -> bool {
        match self {
            Self::Said | Self::Answered | Self::Recorded | Self::OptedOut | Self::Agent => true,
            Self::Invalid | Self::Timeout | Self::NotRecorded | Self::Nobody | Self::Cut => false,
        }
    }
}

/// One node that a call passed, or ended in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// The node.
    pub node: String,
    /// When the call came there.
    pub at: Micros,
    /// What came of it.
    pub outcome: StepOutcome,
    /// The keys of the last answer, also of one that did not do.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub keys: String,
    /// The name of the recording that was made here.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub recording: Option<String>,
    /// How long it is, in milliseconds; not known where the call ended in it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub recorded_ms: Option<u64>,
}

/// What is on record of a call's way through a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FlowLog {
    /// The flow's name.
    pub flow: String,
    /// The edition of the flow that it went through.
    pub edition: String,
    /// How it left.
    pub end: FlowEnd,
    /// Whether it came to its aim.
    pub complete: bool,
    /// The nodes in the order in which they were passed.
    pub steps: Vec<Step>,
}
