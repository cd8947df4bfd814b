//! How far has it come? What is noted of an attempt while it goes on, and told again to the process after one that died.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Said, TransferLog};
use crate::amd::AmdLog;
use crate::event::Times;
use crate::flow::FlowLog;
use crate::recording::Takes;
use crate::words::{AgentId, Micros, Span};

/// How far an attempt has come: whatever of its one record would be lost with the process.
///
/// What goes on just now is told as it is on record if nobody hears any more of the call.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CallSoFar {
    /// Its moments.
    pub times: Times,
    /// Whom the callee is joined with.
    pub agent: Option<AgentId>,
    /// What has been recorded of their conversation.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub takes: Option<Box<Takes>>,
    /// What its agent has said of it already.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub said: Option<Box<Said>>,
    /// Their way through the call flow.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub flow: Option<Box<FlowLog>>,
    /// Whoever was called for the callee. One that is not over has no end yet.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub transfers: Vec<TransferLog>,
    /// How long the callee has been on hold, if they ever were.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub hold: Option<HoldSoFar>,
    /// Who is taken to have answered, once there is a verdict.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub amd: Option<Box<AmdLog>>,
}

/// How long a callee has been on hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HoldSoFar {
    /// Since when, where they are.
    pub since: Option<Micros>,
    /// How long they were before that.
    pub total: Span,
}
