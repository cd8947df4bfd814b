//! Which commands are unanswered? Each gets exactly one answer: success, failure, or silence made into a failure.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::call::Other;
use crate::command::TextMessage;
use crate::recording::TakeId;
use crate::window::Window;
use crate::words::{
    AgentId, AskId, AttemptId, Bridge, CampaignId, Leg, Micros, Number, QueueId, RequestId, SessionId,
    first_of,
};

/// What a command was for, and so who wants its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    Fetch {
        campaign: CampaignId,
        count: u32,
    },
    Release {
        items: Vec<QueueId>,
        not_before: Micros,
        skipped_by: Option<AgentId>,
        again: bool,
    },
    Save(AttemptId),
    Note(AttemptId),
    /// A note with what an agent has said, who waits for it to be durable.
    Said(AttemptId),
    Record(AttemptId),
    Dispose(AttemptId),
    NoteAgent(AgentId),
    NoteCampaign(CampaignId),
    Originate(Leg),
    HangUp(Leg),
    Join(AttemptId),
    Hold(Leg),
    SetAside {
        attempt: AttemptId,
        on: bool,
        ask: Option<AskId>,
    },
    Mute {
        agent: AgentId,
        session: SessionId,
        on: bool,
        ask: Option<AskId>,
    },
    Play(AttemptId, u16),
    StopPlaying,
    /// Whether a sound goes on, which is known to have begun or not.
    FindPlayback {
        leg: Leg,
        nth: u16,
        begun: bool,
    },
    Detect(AttemptId),
    Listen,
    StartRecording(AttemptId, u16),
    StopRecording,
    FindRecording(AttemptId, u16),
    SendDigits(AttemptId, Option<AskId>),
    BeginTake(TakeId, Option<AskId>),
    PauseTake {
        take: TakeId,
        paused: bool,
        ask: Option<AskId>,
    },
    EndTake(TakeId, Option<AskId>),
    OptOut(OptOut),
    SendText(Arc<TextMessage>),
    SaveTransfer(Other),
    Calm(AttemptId),
    Hush(AttemptId),
    Whisper(Other),
    PutThrough(Other),
    Confer(AttemptId, Bridge),
    TakeOut(AttemptId, Bridge),
    Announce,
    DropBridge(Bridge),
    Survey {
        sent: Micros,
        after_gap: bool,
    },
    Look {
        leg: Leg,
        missed: bool,
    },
    FindMedia(CampaignId),
}

/// A number that nobody is to call any more, and on which list it is put where that is not the house's own.
pub(crate) type OptOut = (Number, Option<String>);

impl Purpose {
    /// Whether the database answers; else the PBX does.
    pub(crate) const fn is_for_database(&self) -> bool {
        match self {
            Self::Fetch { .. }
            | Self::Release { .. }
            | Self::Save(_)
            | Self::Note(_)
            | Self::Said(_)
            | Self::Record(_)
            | Self::Dispose(_)
            | Self::NoteAgent(_)
            | Self::NoteCampaign(_)
            | Self::SaveTransfer(_)
            | Self::SendText(_)
            | Self::OptOut(_) => true,
            Self::Originate(_)
            | Self::HangUp(_)
            | Self::Join(_)
            | Self::Hold(_)
            | Self::SetAside { .. }
            | Self::Mute { .. }
            | Self::Play(..)
            | Self::StopPlaying
            | Self::FindPlayback { .. }
            | Self::Detect(_)
            | Self::Listen
            | Self::StartRecording(..)
            | Self::StopRecording
            | Self::FindRecording(..)
            | Self::SendDigits(..)
            | Self::BeginTake(..)
            | Self::PauseTake { .. }
            | Self::EndTake(..)
            | Self::Calm(_)
            | Self::Hush(_)
            | Self::Whisper(_)
            | Self::PutThrough(_)
            | Self::Confer(..)
            | Self::TakeOut(..)
            | Self::Announce
            | Self::DropBridge(_)
            | Self::Survey { .. }
            | Self::Look { .. }
            | Self::FindMedia(_) => false,
        }
    }
}

/// The unanswered commands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending {
    given: u64,
    open: Window<Purpose>,
    database: Line,
    pbx: Line,
    /// Fetches that were given up for silent: what they claimed may still come.
    overdue: BTreeMap<RequestId, CampaignId>,
}

/// The commands that wait for one answerer's word, and until when. Since its patience never changes, whoever was asked
/// first is overdue first. The first one is open; those behind it may be answered already.
type Line = VecDeque<(Micros, RequestId)>;

/// How many silent fetches are remembered.
const OVERDUE: usize = 64;

impl Pending {
    /// Opens a request whose answer is awaited until a moment, no earlier than that of the one before.
    pub(crate) fn open(&mut self, purpose: Purpose, until: Micros) -> RequestId {
        self.given += 1;
        let request = RequestId(self.given);
        self.line(&purpose).push_back((until, request));
        self.open.insert(request.0, purpose);
        request
    }

    /// Closes a request; `None` if it was closed before.
    pub(crate) fn close(&mut self, request: RequestId) -> Option<Purpose> {
        let purpose = self.open.remove(request.0)?;
        let Self { open, database, pbx, .. } = self;
        let line = if purpose.is_for_database() { database } else { pbx };
        if line.front().is_some_and(|&(_, first)| first == request) {
            line.pop_front();
            while line.front().is_some_and(|&(_, next)| open.get(next.0).is_none()) {
                line.pop_front();
            }
        }
        Some(purpose)
    }

    fn line(&mut self, purpose: &Purpose) -> &mut Line {
        if purpose.is_for_database() { &mut self.database } else { &mut self.pbx }
    }

    /// Whose silence ends patience first, and when.
    pub(crate) fn next_overdue(&self) -> Option<(Micros, RequestId)> {
        first_of(self.database.front(), self.pbx.front()).copied()
    }

    /// When that is.
    pub(crate) fn next_at(&self) -> Option<Micros> {
        let first = |line: &Line| line.front().map(|&(at, _)| at);
        [&self.database, &self.pbx].into_iter().filter_map(first).min()
    }

    /// A request is about to be closed for silence. A fetch is remembered.
    pub(crate) fn overdue(&mut self, request: RequestId) {
        if let Some(Purpose::Fetch { campaign, .. }) = self.open.get(request.0) {
            self.overdue.insert(request, *campaign);
            if self.overdue.len() > OVERDUE {
                self.overdue.pop_first();
            }
        }
    }

    /// Whose silent fetch that was, the first time it is asked.
    pub(crate) fn close_overdue(&mut self, request: RequestId) -> Option<CampaignId> {
        self.overdue.remove(&request)
    }

    /// Whether leads are being given back. Looks through all that is unanswered.
    pub(crate) fn gives_back(&self) -> bool {
        self.open.iter().any(|(_, purpose)| matches!(purpose, Purpose::Release { .. }))
    }

    /// Whether a command that was for this is unanswered. Looks through all that are.
    pub(crate) fn is_open(&self, purpose: &Purpose) -> bool {
        self.open.iter().any(|(_, open)| open == purpose)
    }

    /// Whether nothing is unanswered.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}
