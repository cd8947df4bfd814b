//! Which commands are unanswered? Each gets exactly one answer: success, failure, or silence made into a failure.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::window::Window;
use crate::words::{AgentId, AttemptId, Bridge, CampaignId, Leg, Micros, QueueId, RequestId};

/// What a command was for, and so who wants its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    Fetch { campaign: CampaignId, count: u32 },
    Release { items: Vec<QueueId>, not_before: Micros },
    Save(AttemptId),
    Note,
    Record(AttemptId),
    NoteAgent(AgentId),
    NoteCampaign(CampaignId),
    Originate(Leg),
    HangUp(Leg),
    Join(AttemptId),
    Hold(Leg),
    Play(AttemptId),
    DropBridge(Bridge),
    Survey { sent: Micros, after_gap: bool },
    Look(Leg),
    FindMedia(CampaignId),
}

impl Purpose {
    /// Whether the database answers; else the PBX does.
    pub(crate) const fn is_for_database(&self) -> bool {
        match self {
            Self::Fetch { .. }
            | Self::Release { .. }
            | Self::Save(_)
            | Self::Note
            | Self::Record(_)
            | Self::NoteAgent(_)
            | Self::NoteCampaign(_) => true,
            Self::Originate(_)
            | Self::HangUp(_)
            | Self::Join(_)
            | Self::Hold(_)
            | Self::Play(_)
            | Self::DropBridge(_)
            | Self::Survey { .. }
            | Self::Look(_)
            | Self::FindMedia(_) => false,
        }
    }
}

/// The unanswered commands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending {
    given: u64,
    open: Window<Purpose>,
    /// Fetches that were given up for silent: what they claimed may still come.
    overdue: BTreeMap<RequestId, CampaignId>,
}

/// How many silent fetches are remembered.
const OVERDUE: usize = 64;

impl Pending {
    /// Opens a request.
    pub(crate) fn open(&mut self, purpose: Purpose) -> RequestId {
        self.given += 1;
        let request = RequestId(self.given);
        self.open.insert(request.0, purpose);
        request
    }

    /// Closes a request; `None` if it was closed before.
    pub(crate) fn close(&mut self, request: RequestId) -> Option<Purpose> {
        self.open.remove(request.0)
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

    /// Whether nothing is unanswered.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}
