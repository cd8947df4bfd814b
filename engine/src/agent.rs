//! Who talks? Agents, their legs and what they want.
//!
//! An agent's state is never stored: it follows from what the agent wants, from the leg and from the call they are
//! engaged in, so there is no state to be stuck in.

use alloc::string::String;
use core::fmt;

use crate::words::{AgentId, CampaignId, Span};

/// What the house decides about an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AgentRules {
    /// The id that every row and channel carries.
    pub id: AgentId,
    /// The name that operators use.
    pub name: String,
    /// The campaign they work for.
    pub campaign: CampaignId,
    /// Their phone's dial string, such as `PJSIP/agent-1`.
    pub endpoint: String,
    /// When their phone is called.
    pub seat: Seat,
    /// How long their phone may ring; 1 s to 120 s.
    pub ring_timeout: Span,
}

/// When an agent's phone is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Seat {
    /// Once, at log-in; the leg then waits in the holding bridge between conversations.
    NailedUp,
    /// Before each conversation, and ahead of the customer; the leg ends with the conversation.
    PerCall,
}

/// Why an agent takes no calls, in the house's own codes: 1 to 32 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct PauseCode(String);

/// A text that cannot be a [`PauseCode`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPauseCode(String);

impl fmt::Display for BadPauseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no pause code: use 1 to 32 printable characters, such as `lunch`", self.0)
    }
}

impl core::error::Error for BadPauseCode {}

impl TryFrom<String> for PauseCode {
    type Error = BadPauseCode;
    fn try_from(code: String) -> Result<Self, BadPauseCode> {
        let fits = (1..=32).contains(&code.chars().count()) && !code.chars().any(char::is_control);
        if fits { Ok(Self(code)) } else { Err(BadPauseCode(code)) }
    }
}

impl From<PauseCode> for String {
    fn from(code: PauseCode) -> Self {
        code.0
    }
}

impl fmt::Display for PauseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An agent's state as operators know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum AgentState {
    /// Not at work.
    Offline,
    /// At work, takes no calls.
    Paused,
    /// Waits for a call.
    Ready,
    /// Chosen for a call that is not joined yet.
    Reserved,
    /// Their own phone is being called.
    Ringing,
    /// Talks.
    OnCall,
    /// Finishes the last call's work.
    WrapUp,
}

impl AgentState {
    /// As stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Paused => "paused",
            Self::Ready => "ready",
            Self::Reserved => "reserved",
            Self::Ringing => "ringing",
            Self::OnCall => "on_call",
            Self::WrapUp => "wrap_up",
        }
    }
}

impl fmt::Display for AgentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
