//! What happened to one attempt, or to one lead: everything that is stored, on one screen.

mod obstacles;
mod read;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use engine::Times;
use engine::call::{CallRequest, HoldSoFar, Record, TransferLog, TransferRequest};
use engine::flow::FlowLog;
use engine::recording::TakeLog;
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, LeadId, Micros, Number, QueueId};
use serde::Serialize;

pub use obstacles::{Judge, Obstacle, Rules};
pub use read::explain;

use crate::store::{Minute, StoreError};

/// What is to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// One attempt.
    Attempt(AttemptId),
    /// One lead, in every campaign that has it.
    Lead(LeadId),
    /// Every lead with this number, and every attempt on it.
    Number(Number),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Explanation {
    /// To [`Question::Attempt`].
    Attempt(Box<AttemptCard>),
    /// To [`Question::Lead`] and [`Question::Number`].
    Lead(LeadCard),
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttemptCard {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its campaign's name.
    pub campaign: Option<String>,
    /// Its carrier's name: that of the last try.
    pub carrier: Option<String>,
    /// The name of the agent whom the callee was joined with.
    pub agent: Option<String>,
    /// Its queue item as it is now.
    pub item: Option<ItemCard>,
    /// How far it came, where it has no record.
    pub open: Option<OpenCard>,
    /// What each try was placed with, as stored before it was dialled.
    pub requests: Vec<CallRequest>,
    /// Its one record, once it has ended.
    pub record: Option<Record>,
    /// Where its recording is.
    pub recording: Option<String>,
    /// What was said of it, in a campaign whose agents say something.
    pub disposition: Option<SaidCard>,
    /// What those are called whom requests and record have by their ids.
    pub names: Names,
}

/// The names of agents and carriers, of those that have one still.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Names {
    /// Those of agents.
    pub agents: BTreeMap<AgentId, String>,
    /// Those of carriers.
    pub carriers: BTreeMap<CarrierId, String>,
}

impl Names {
    /// The name, or else the id.
    fn agent(&self, id: AgentId) -> String {
        self.agents.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
    }

    fn carrier(&self, id: CarrierId) -> String {
        self.carriers.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
    }
}

/// What an agent has said of a call, or has still to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SaidCard {
    /// The agent's name.
    pub agent: Option<String>,
    /// The code; none where it is still owed.
    pub code: Option<String>,
    /// Whether the agent has said it; else it was written by default.
    pub said: bool,
    /// When it was given.
    pub given_at: Option<Micros>,
    /// When it is given by default.
    pub owed_until: Micros,
}

/// An attempt without a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenCard {
    /// The node that dialled it.
    pub node: String,
    /// The callee's channel.
    pub channel: Option<String>,
    /// The conversation's bridge.
    pub bridge: Option<String>,
    /// Its moments so far.
    pub times: Times,
    /// What is recorded of the conversation so far. A take that has begun and whose length is not known goes on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recordings: Vec<TakeLog>,
    /// Since when the take that goes on is silent, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_since: Option<Micros>,
    /// The callee's way through the call flow, as it would be on record if nobody heard any more of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<Box<FlowLog>>,
    /// How long the callee has been on hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldSoFar>,
    /// The legs to others that were decided on so far, as stored before they were dialled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<TransferRequest>,
    /// What has come of them, as far as it was noted. One that is not over has no end yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub came_of_transfers: Vec<TransferLog>,
    /// Whether it was given up since it could not be read back after a restart.
    pub given_up: bool,
}

/// A queue item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemCard {
    /// Its id.
    pub id: QueueId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// The campaign's name.
    pub campaign_name: Option<String>,
    /// The lead.
    pub lead: LeadId,
    /// The number.
    pub number: String,
    /// `waiting`, `claimed`, `open`, `completed` or `exhausted`.
    pub state: String,
    /// When it is due, where it waits.
    pub due: Micros,
    /// The call that was agreed on, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackCard>,
    /// Attempts made.
    pub attempts: u64,
    /// The last call's result, or `bad_row` where the row was set aside.
    pub last_result: Option<String>,
    /// The node that holds it.
    pub claimed_by: Option<String>,
    /// What stands in its way, where that has been looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacles: Option<Vec<Obstacle>>,
    /// What is wrong with the number that is dialled next, where that has been looked for and it is not in use as far as is known
    /// here. It is dialled all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_in_use: Option<String>,
    /// What its campaign was like at another moment than now, on each node, where that was asked for: the minute of that moment, or
    /// the last before it of which anything is kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub minutes: Vec<Minute>,
}

/// A call that was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallbackCard {
    /// For when.
    pub at: Micros,
    /// The agent's id; anybody may call where there is none.
    pub agent: Option<AgentId>,
    /// The agent's name.
    pub agent_name: Option<String>,
    /// What to know before the call.
    pub note: Option<String>,
}

/// One lead, or all leads of one number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadCard {
    /// The leads.
    pub leads: Vec<Lead>,
    /// Their places in campaigns.
    pub items: Vec<ItemCard>,
    /// All attempts on them that have ended, oldest first.
    pub records: Vec<Record>,
    /// Attempts on them without a record.
    pub open: Vec<AttemptId>,
    /// How often agents looked at them and did not have them dialled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skips: Vec<Skip>,
    /// The moment by which it is told what stands in their way, where it is not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Micros>,
}

/// An agent looked at a lead and skipped it, or looked at it for too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skip {
    /// The queue item.
    pub item: QueueId,
    /// The agent's name.
    pub agent: String,
    /// When.
    pub at: Micros,
}

/// A lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// The canonical number.
    pub number: String,
    /// Its further numbers, in the order to be tried.
    pub further: Vec<String>,
    /// The list it is in.
    pub list: Option<String>,
    /// The zone where the callee lives.
    pub zone: Option<String>,
    /// The id it has elsewhere.
    pub external_id: Option<String>,
    /// When its number was last dropped, by whichever campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Micros>,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
}

/// There is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// Nothing of that id or number is stored.
    #[error("no {0} is stored")]
    Nothing(String),
    /// The database failed, or a row cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
