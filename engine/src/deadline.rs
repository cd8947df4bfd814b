//! When must somebody look again?
use crate::words::{AgentId, AttemptId, CampaignId, RequestId};

/// Why the engine wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Wake {
    /// An attempt's own deadline: set-up, ringing, message, talk limit, or a second look at an end.
    Attempt(AttemptId),
    /// An agent's: phone ringing, wrap-up, a second look at a leg.
    Agent(AgentId),
    /// A command's answer is overdue.
    Answer(RequestId),
    /// A campaign may fetch or dial again.
    Campaign(CampaignId),
    /// The event stream has been gone too long for ringing calls to go on.
    Link,
    /// It is time to compare with what the PBX holds.
    Survey,
    /// The breaker may be tried.
    Breaker,
}
