//! What is on record of a call's way through a flow.

use alloc::string::String;
use alloc::vec::Vec;

use super::{ConferenceEnd, TransferEnd};
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
    /// The call ended before an agent came.
    HungUpWaiting,
    /// What was to be said is not known, or cannot be said.
    Missing,
    /// A text was sent off.
    Texted,
    /// They were put through, and talked.
    Transferred,
    /// Whom they were to be put through to was busy.
    Busy,
    /// Did not answer.
    NoAnswer,
    /// Would not take the call.
    Declined,
    /// Could not be reached; or the room could not be entered.
    Failed,
    /// They left the room by its key.
    Left,
    /// They had stayed in the room as long as they may.
    StayOver,
    /// There was no place in the room.
    Full,
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
            Self::HungUpWaiting => "hung_up_waiting",
            Self::Missing => "missing",
            Self::Texted => "texted",
            Self::Transferred => "transferred",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::Failed => "failed",
            Self::Left => "left",
            Self::StayOver => "stay_over",
            Self::Full => "full",
            Self::Cut => "cut",
        }
    }

    /// Whether the node did what it is there for.
    pub(super) const fn is_as_hoped(self) -> bool {
        match self {
            Self::Said | Self::Answered | Self::Recorded | Self::OptedOut => true,
            Self::Agent | Self::Transferred | Self::Texted | Self::Left | Self::StayOver => true,
            Self::Invalid | Self::Timeout | Self::NotRecorded | Self::Cut => false,
            Self::Nobody | Self::HungUpWaiting => false,
            Self::Busy | Self::NoAnswer | Self::Declined | Self::Failed | Self::Full | Self::Missing => false,
        }
    }
}

impl From<TransferEnd> for StepOutcome {
    fn from(end: TransferEnd) -> Self {
        match end {
            TransferEnd::Answered => Self::Transferred,
            TransferEnd::Busy => Self::Busy,
            TransferEnd::NoAnswer => Self::NoAnswer,
            TransferEnd::Declined => Self::Declined,
            TransferEnd::Failed => Self::Failed,
        }
    }
}

impl From<ConferenceEnd> for StepOutcome {
    fn from(end: ConferenceEnd) -> Self {
        match end {
            ConferenceEnd::Left => Self::Left,
            ConferenceEnd::Over => Self::StayOver,
            ConferenceEnd::Full => Self::Full,
            ConferenceEnd::Failed => Self::Failed,
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
    /// How long it is, in milliseconds; not known where the call ended in it, or where its end was missed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub recorded_ms: Option<u64>,
    /// How long the callee was in a room here, in milliseconds; `None` where they came into none.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub stayed_ms: Option<u64>,
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

impl FlowLog {
    /// An agent has come for whom the callee waited when it was noted.
    pub(crate) fn agent_came(&mut self) {
        let waits = |step: &&mut Step| step.outcome == StepOutcome::HungUpWaiting;
        if let Some(last) = self.steps.last_mut().filter(waits) {
            (last.outcome, self.end) = (StepOutcome::Agent, FlowEnd::Agent);
        }
    }
}
