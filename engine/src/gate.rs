//! May *this* one be dialled *now*? The only door to a dial.
use core::fmt;

/// Why a dial did not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reason {
    /// The campaign is not running.
    NotRunning,
    /// The event stream from the PBX is down, or what it holds has not been compared yet.
    PbxAway,
    /// Errors from the PBX or the database opened the breaker.
    Breaker,
    /// Nobody is ready, or every ready agent has a line in the air already.
    NoAgents,
    /// No lead is due.
    NoLeads,
    /// The number is on a live call.
    NumberLive,
    /// The queue item has had all its attempts.
    CapReached,
    /// Every carrier of the campaign is out of service.
    CarriersDown,
    /// Every carrier has all its channels in use.
    CarriersFull,
    /// Every carrier has had its calls for this second.
    CarrierRate,
    /// The campaign dials ahead of its agents and has no message for an answer that nobody can take.
    NoMessage,
}

impl Reason {
    /// As counted and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRunning => "not_running",
            Self::PbxAway => "pbx_away",
            Self::Breaker => "breaker",
            Self::NoAgents => "no_agents",
            Self::NoLeads => "no_leads",
            Self::NumberLive => "number_live",
            Self::CapReached => "cap_reached",
            Self::CarriersDown => "carriers_down",
            Self::CarriersFull => "carriers_full",
            Self::CarrierRate => "carrier_rate",
            Self::NoMessage => "no_message",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
