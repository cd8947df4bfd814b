//! What happened? Attempts, their outcome and the variables they were placed with.

mod attempt;
mod outcome;
mod vars;

use alloc::string::String;
use alloc::vec::Vec;

pub use outcome::{Act, CallResult, Ending, Phase};

use crate::event::{Failure, Times};
use crate::lead::Fate;
use crate::words::{
    AgentId, AttemptId, CampaignId, CarrierId, Cause, LeadId, Leg, Micros, Number, QueueId, TechCause,
};

/// Everything that one try was placed with: stored before it is dialled, once, and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CallRequest {
    /// The attempt.
    pub attempt: AttemptId,
    /// Which try of it, from 1; a further carrier makes a further try.
    pub ordinal: u8,
    /// The campaign.
    pub campaign: CampaignId,
    /// The queue item.
    pub queue: QueueId,
    /// The lead.
    pub lead: LeadId,
    /// The canonical number, without any prefix.
    pub number: Number,
    /// Which attempt on the queue item this is, from 1.
    pub nth: u32,
    /// The carrier.
    pub carrier: CarrierId,
    /// The agent who was reserved for it beforehand, if any.
    pub agent: Option<AgentId>,
    /// The dial string.
    pub endpoint: String,
    /// The caller id shown.
    pub caller_id: Option<String>,
    /// The prefix as dialled, campaign's and carrier's together.
    pub prefix: String,
    /// The account.
    pub account: Option<String>,
    /// The ring time-out in milliseconds, counted from ringing.
    pub ring_timeout_ms: u64,
    /// Every channel variable.
    pub variables: Vec<(String, String)>,
    /// When the gate let this try pass.
    pub created: Micros,
}

impl CallRequest {
    /// The leg of this try.
    pub const fn leg(&self) -> Leg {
        Leg::Customer { attempt: self.attempt, ordinal: self.ordinal }
    }
}

/// One carrier's part in an attempt, once it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Try {
    /// Which try, from 1.
    pub ordinal: u8,
    /// The carrier.
    pub carrier: CarrierId,
    /// Raw Q.850 cause; `None` where none was ever told.
    pub cause: Option<Cause>,
    /// Raw SIP response.
    pub tech: Option<TechCause>,
    /// Why the PBX would not place it, where it would not.
    pub unplaced: Option<Failure>,
}

/// The one record of an attempt: what the call log keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Record {
    /// The attempt.
    pub attempt: AttemptId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The queue item.
    pub queue: QueueId,
    /// The lead.
    pub lead: LeadId,
    /// The canonical number.
    pub number: Number,
    /// Which attempt on the queue item it was, from 1.
    pub nth: u32,
    /// The carrier of the last try.
    pub carrier: CarrierId,
    /// The agent who talked, or who was joined last.
    pub agent: Option<AgentId>,
    /// The one result.
    pub result: CallResult,
    /// How it ended, raw.
    pub ending: Ending,
    /// All tries, in order.
    pub tries: Vec<Try>,
    /// All moments.
    pub times: Times,
    /// What becomes of the queue item.
    pub fate: Fate,
}
