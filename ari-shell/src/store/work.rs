//! The commands that are the database's.

use std::sync::Arc;

use engine::agent::{AgentState, Missed, PauseCode};
use engine::call::{CallRequest, CallSoFar, Disposed, Record, TransferRequest};
use engine::campaign::CampaignState;
use engine::pacing::Paced;
use engine::words::{
    AgentId, AttemptId, CampaignId, Micros, Node, Number, QueueId, RequestId, SessionId, Signature,
};
use engine::{Command, TextMessage};

use super::callback::Patience;
use super::claim;
use super::dialect::Dialect;
use super::outbox::Subscriptions;
use crate::clock::Clock;
use crate::instance::Instance;

/// One command for the database, and the name of its answer.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request: RequestId,
    pub(crate) work: Work,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Work {
    /// With what the shared hopper offers of it.
    Fetch(claim::Claim, Vec<QueueId>),
    Release {
        items: Vec<QueueId>,
        not_before: Micros,
        skipped_by: Option<AgentId>,
    },
    Save(Arc<CallRequest>),
    Note(AttemptNote),
    Record(Arc<Record>),
    Dispose(Arc<Disposed>),
    /// A number, and on which list it is put where that is not the house's own.
    OptOut(Number, Option<String>),
    Transfer(Arc<TransferRequest>),
    Text(Arc<TextMessage>),
    Agent(AgentNote),
    Campaign(CampaignNote),
}

/// How a campaign stands.
#[derive(Debug)]
pub(crate) struct CampaignNote {
    pub(crate) campaign: CampaignId,
    pub(crate) state: CampaignState,
    pub(crate) began: Option<Micros>,
    pub(crate) closes_at: Option<Micros>,
    pub(crate) paced: Option<Paced>,
}

/// How far an attempt has come.
#[derive(Debug)]
pub(crate) struct AttemptNote {
    pub(crate) attempt: AttemptId,
    pub(crate) so_far: Box<CallSoFar>,
}

/// How an agent stands.
#[derive(Debug)]
pub(crate) struct AgentNote {
    pub(crate) agent: AgentId,
    pub(crate) session: Option<SessionId>,
    pub(crate) state: AgentState,
    pub(crate) since: Micros,
    pub(crate) paused: Option<PauseCode>,
    pub(crate) leaves: bool,
    pub(crate) missed: Option<Missed>,
}

impl AgentNote {
    /// Whether they talk to somebody, on a leg that lives.
    pub(crate) fn is_in_conversation(&self) -> bool {
        self.state == AgentState::OnCall && self.session.is_some()
    }

    /// Whether an earlier note has told of this state: the same one still, or away again.
    pub(crate) fn is_in_the_state_of(&self, earlier: &Self) -> bool {
        self.state == earlier.state && (self.since == earlier.since || self.state == AgentState::Offline)
    }

    /// The code of the pause that they are in, not of one that only begins after their call.
    pub(crate) fn pause_code(&self) -> Option<&PauseCode> {
        self.paused.as_ref().filter(|_| self.state == AgentState::Paused)
    }
}

/// What every job is done with.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) dialect: Dialect,
    pub(crate) node: Node,
    /// How it signs what it makes on its PBX.
    pub(crate) signature: Signature,
    pub(crate) clock: Clock,
    /// Who is told of calls.
    pub(crate) sinks: Subscriptions,
    pub(crate) patience: Patience,
    pub(crate) instance: Instance,
}

impl TryFrom<Command> for Job {
    /// A command that is not for the database, as it came.
    type Error = Box<Command>;

    fn try_from(command: Command) -> Result<Self, Box<Command>> {
        let (request, work) = match command {
            Command::Fetch { request, campaign, count, cap } => {
                (request, Work::Fetch(claim::Claim { campaign, count, cap }, Vec::new()))
            }
            Command::Release { request, not_before, items, skipped_by } => {
                (request, Work::Release { items, not_before, skipped_by })
            }
            Command::Save { request, call } => (request, Work::Save(call)),
            Command::Note { request, attempt, so_far } => {
                (request, Work::Note(AttemptNote { attempt, so_far }))
            }
            Command::Record { request, record } => (request, Work::Record(record)),
            Command::Dispose { request, disposed } => (request, Work::Dispose(disposed)),
            Command::OptOut { request, number, list } => (request, Work::OptOut(number, list)),
            Command::SendText { request, text } => (request, Work::Text(text)),
            Command::SaveTransfer { request, transfer } => (request, Work::Transfer(transfer)),
            Command::NoteAgent { request, agent, session, state, since, paused, leaves, missed } => {
                (request, Work::Agent(AgentNote { agent, session, state, since, paused, leaves, missed }))
            }
            Command::NoteCampaign { request, campaign, state, began, closes_at, paced } => {
                (request, Work::Campaign(CampaignNote { campaign, state, began, closes_at, paced }))
            }
            other @ (Command::Originate { .. }
            | Command::HangUp { .. }
            | Command::Join { .. }
            | Command::Hold { .. }
            | Command::SetAside { .. }
            | Command::Mute { .. }
            | Command::Play { .. }
            | Command::Detect { .. }
            | Command::Listen { .. }
            | Command::StopListening { .. }
            | Command::StopPlaying { .. }
            | Command::FindPlayback { .. }
            | Command::StartRecording { .. }
            | Command::StopRecording { .. }
            | Command::FindRecording { .. }
            | Command::SendDigits { .. }
            | Command::BeginTake { .. }
            | Command::PauseTake { .. }
            | Command::EndTake { .. }
            | Command::Calm { .. }
            | Command::Hush { .. }
            | Command::PutThrough { .. }
            | Command::Confer { .. }
            | Command::TakeOut { .. }
            | Command::Announce { .. }
            | Command::DropBridge { .. }
            | Command::Survey { .. }
            | Command::Look { .. }
            | Command::FindMedia { .. }
            | Command::Reply { .. }) => return Err(Box::new(other)),
        };
        Ok(Self { request, work })
    }
}
