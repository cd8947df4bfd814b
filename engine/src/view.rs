//! What screens may see: a snapshot, and nothing that could be changed.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::agent::{AgentState, PauseCode};
use crate::call::{CallResult, TransferLog, TransferTimes, TransferWay};
use crate::campaign::CampaignState;
use crate::gate::Reason;
use crate::lead::Callback;
use crate::pacing::{Pace, Pacing, WindowCount};
use crate::words::{AgentId, AttemptId, CampaignId, CarrierId, LeadId, Micros, Number, QueueId};

/// The whole floor at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct View {
    /// Whether the event stream stands and the PBX has been compared.
    pub pbx: bool,
    /// Until when the breaker is open, if it is.
    pub breaker_until: Option<Micros>,
    /// All campaigns, by id.
    pub campaigns: Vec<CampaignView>,
    /// All agents, by id.
    pub agents: Vec<AgentView>,
    /// All carriers, by id.
    pub carriers: Vec<CarrierView>,
    /// Attempts since the engine began.
    pub opened: u64,
    /// Of these, attempts whose record is durably written.
    pub closed: u64,
    /// Events that came too late, twice or for nobody, by kind.
    pub stray: BTreeMap<String, u64>,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CampaignView {
    /// Its id.
    pub id: CampaignId,
    /// Its state.
    pub state: CampaignState,
    /// When it is to pause by itself.
    pub closes_at: Option<Micros>,
    /// How it keeps its lines just now.
    pub pacing: Pacing,
    /// How it is configured to, where that was changed since.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub configured: Option<Pacing>,
    /// Why it does not dial just now, if it does not.
    pub reason: Option<Reason>,
    /// When it may dial again, where its own hours or its callees' keep it from dialling.
    pub opens_at: Option<Micros>,
    /// Queue items held ready.
    pub hopper: u32,
    /// Attempts saved, placed or ringing.
    pub in_flight: u32,
    /// Callees who wait for an agent.
    pub waiting: u32,
    /// Conversations.
    pub talking: u32,
    /// Callees whom their agents have handed over to somebody else.
    #[cfg_attr(feature = "serde", serde(default))]
    pub handed: u32,
    /// Leads that its agents have skipped, or that were skipped since they looked at them too long.
    #[cfg_attr(feature = "serde", serde(default))]
    pub skipped: u64,
    /// How often each reason kept the campaign from dialling.
    pub refusals: BTreeMap<Reason, u64>,
    /// Attempts since the engine began whose record is durably written, by what they came to.
    #[cfg_attr(feature = "serde", serde(default))]
    pub results: BTreeMap<CallResult, u64>,
    /// What its drop windows have counted, in the order of its rules; none where it is held to no limit. A window that is
    /// over is shown until the campaign dials or somebody answers in the next one.
    pub windows: Vec<WindowCount>,
    /// How far ahead of its agents it dials and why, as of the last time that it could have; `None` where its pacing does
    /// not look ahead.
    pub pace: Option<Pace>,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AgentView {
    /// Their id.
    pub id: AgentId,
    /// Their state.
    pub state: AgentState,
    /// Since when.
    pub since: Micros,
    /// Whether they have asked to pause or to go home and are kept until the calls in the air have found somebody.
    pub leaving: bool,
    /// Whether they have logged out and go home once their call, its work or whatever keeps them is over.
    #[cfg_attr(feature = "serde", serde(default))]
    pub logs_out: bool,
    /// The code of the pause that they are in, or that begins once their call, or whatever keeps them, is over.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub pause_code: Option<PauseCode>,
    /// Whose call they are on.
    pub attempt: Option<AttemptId>,
    /// What was agreed on with the callee of their call.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub agreed: Option<AgreedView>,
    /// Since when the callee of their call is on hold.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub held: Option<Micros>,
    /// Whether they are not to be heard.
    #[cfg_attr(feature = "serde", serde(default))]
    pub muted: bool,
    /// How many rings they have not picked up since the last one that they did.
    #[cfg_attr(feature = "serde", serde(default))]
    pub missed_rings: u8,
    /// Whom they have called in, or are calling.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub consults: Option<ConsultView>,
    /// What came of those whom they, or others before them, have called in during their call.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub transfers: Vec<TransferLog>,
    /// The calls that are over and of which they have still to say what came of them, oldest first.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub owes: Vec<DebtView>,
    /// The lead that they look at before it is dialled.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub preview: Option<PreviewView>,
}

/// Somebody whom an agent has called in, or is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConsultView {
    /// Their name in the campaign's configuration.
    pub to: String,
    /// How they take part.
    pub way: TransferWay,
    /// The moments of their leg; `None` until it is decided on.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub times: Option<TransferTimes>,
}

/// A call of which an agent has still to say what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DebtView {
    /// The attempt.
    pub attempt: AttemptId,
    /// The queue item.
    pub item: QueueId,
    /// The lead.
    pub lead: LeadId,
    /// The number that was dialled.
    pub number: Number,
    /// When the call was over.
    pub ended: Micros,
    /// When the campaign's default disposition is written.
    pub until: Micros,
    /// The codes that may be said.
    pub codes: Vec<String>,
}

/// A lead that an agent looks at before it is dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PreviewView {
    /// The queue item.
    pub item: QueueId,
    /// The lead.
    pub lead: LeadId,
    /// The number to be dialled.
    pub number: Number,
    /// Attempts made so far.
    pub attempts: u32,
    /// The lead's attributes, in the order imported.
    pub attributes: Vec<(String, String)>,
    /// What was agreed on with the lead.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub agreed: Option<AgreedView>,
    /// When the campaign's own rule decides, unless the agent does.
    pub until: Micros,
}

/// A call that was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AgreedView {
    /// For when.
    pub at: Micros,
    /// What to know before it. Of a call that an earlier process has placed nobody knows.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub note: Option<String>,
}

impl AgreedView {
    /// As it is known of a lead, or of the call that it led to.
    pub(crate) fn of(callback: Option<Callback>, note: Option<&String>) -> Option<Self> {
        callback.map(|Callback { at, .. }| Self { at, note: note.cloned() })
    }
}

/// A carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CarrierView {
    /// Its id.
    pub id: CarrierId,
    /// Whether it is in the rotation.
    pub healthy: bool,
    /// Calls of ours on it.
    pub channels: u32,
}
