//! What can be asked of a campaign or an agent, in the words of addresses and commands. Server and client share them.

use engine::Wish;
use engine::agent::PauseCode;
use engine::words::{AgentId, CampaignId};
use serde::{Deserialize, Serialize};

/// What can be asked of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignVerb {
    /// Start or resume it.
    Start,
    /// No new calls; can be resumed.
    Pause,
    /// No new calls; stopped when the live ones have finished.
    Drain,
    /// No new calls; ringing ones are given up.
    Stop,
    /// New or changed leads may be there.
    LeadsAdded,
}

impl CampaignVerb {
    const ALL: [Self; 5] = [Self::Start, Self::Pause, Self::Drain, Self::Stop, Self::LeadsAdded];

    /// As in an address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Drain => "drain",
            Self::Stop => "stop",
            Self::LeadsAdded => "leads-added",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }

    pub(super) const fn wish(self, campaign: CampaignId) -> Wish {
        match self {
            Self::Start => Wish::Start(campaign),
            Self::Pause => Wish::Pause(campaign),
            Self::Drain => Wish::Drain(campaign),
            Self::Stop => Wish::Stop(campaign),
            Self::LeadsAdded => Wish::LeadsAdded(campaign),
        }
    }
}

/// What can be asked of, or for, an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentVerb {
    /// Comes to work.
    LogIn,
    /// Leaves, after the call if there is one.
    LogOut,
    /// Takes no calls from the next one on, and why.
    Pause(PauseCode),
    /// Takes calls again, or ends the wrap-up.
    Ready,
}

/// The body that goes with [`AgentVerb::Pause`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseBody {
    pub(crate) code: PauseCode,
}

impl AgentVerb {
    /// As in an address.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LogIn => "login",
            Self::LogOut => "logout",
            Self::Pause(_) => "pause",
            Self::Ready => "ready",
        }
    }

    /// The verb of that name; `body` is read where one belongs to it. `None` where there is no such verb.
    pub(super) fn parse(name: &str, body: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        match name {
            "login" => Some(Ok(Self::LogIn)),
            "logout" => Some(Ok(Self::LogOut)),
            "pause" => {
                let body = serde_json::from_slice::<PauseBody>(body);
                Some(body.map(|body| Self::Pause(body.code)))
            }
            "ready" => Some(Ok(Self::Ready)),
            _ => None,
        }
    }

    pub(super) fn wish(self, agent: AgentId) -> Wish {
        match self {
            Self::LogIn => Wish::LogIn(agent),
            Self::LogOut => Wish::LogOut(agent),
            Self::Pause(code) => Wish::PauseAgent { agent, code },
            Self::Ready => Wish::ReadyAgent(agent),
        }
    }
}
