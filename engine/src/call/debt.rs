//! What does an agent still have to say of a call, and what have they said?

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::call::CallResult;
use crate::lead::{Attempted, Callback, Decision, Ended, Fate, Past};
use crate::words::{AgentId, AttemptId, CampaignId, LeadId, Micros, Number, QueueId, Span};

/// A call that is over and of which it is not written what came of it, though its agent has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Debt {
    /// The attempt.
    pub attempt: AttemptId,
    /// The campaign.
    pub campaign: CampaignId,
    /// Who owes it.
    pub agent: AgentId,
    /// The queue item.
    pub queue: QueueId,
    /// The lead.
    pub lead: LeadId,
    /// The number that was dialled.
    pub number: Number,
    /// The lead's other numbers, in the order in which their turn comes.
    pub alternates: Vec<Number>,
    /// Which attempt on the queue item it was, from 1.
    pub nth: u32,
    /// What the attempts before mean for the next.
    pub past: Past,
    /// Whether it was a call that had been agreed on.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub agreed: bool,
    /// How long callee and agent talked.
    pub talked: Span,
    /// When the call was over.
    pub ended: Micros,
    /// When the campaign's default disposition is written.
    pub until: Micros,
    /// What the agent has said while the call went on.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub said: Option<Box<Said>>,
}

impl Debt {
    /// The queue item as the attempt found it.
    pub(crate) fn attempted(&self) -> Attempted<'_> {
        Attempted { nth: self.nth, number: self.number, alternates: &self.alternates, past: &self.past }
    }

    /// How the call ended.
    pub(crate) const fn ended(&self) -> Ended {
        Ended {
            result: CallResult::Connected,
            technical: false,
            talked: self.talked,
            completed: true,
            at: self.ended,
        }
    }
}

/// What is written down of a call's disposition: once, and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Disposed {
    /// The attempt.
    pub attempt: AttemptId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The queue item.
    pub queue: QueueId,
    /// The number that was dialled.
    pub number: Number,
    /// Who talked.
    pub agent: AgentId,
    /// The code of the disposition.
    pub code: String,
    /// Whether the agent has said it, or nobody has in time.
    pub said: bool,
    /// When.
    pub at: Micros,
    /// What becomes of the queue item.
    pub fate: Fate,
    /// The number to dial next, where it is another one: also of what has come to its end, should it be given another round.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub next_number: Option<Number>,
    /// What its attempts so far mean for the next.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Past::is_blank"))]
    pub past: Past,
    /// The call that was agreed on.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub callback: Option<Callback>,
    /// Whether the call was one that had been agreed on, nobody was talked to, and it is still to be made: with the retry.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub promised: bool,
    /// What to know of it, in the agent's words.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub note: Option<String>,
    /// Whether the number is put on a do-not-call list with it.
    pub bars: bool,
    /// On which; on the house's own where none is named.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub list: Option<String>,
}

/// What has been said of a call, by the agent or by nobody in time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Said {
    /// The code of the disposition.
    pub code: String,
    /// Whether the agent has said it, or nobody has in time.
    pub by_agent: bool,
    /// When.
    pub at: Micros,
    /// The call that was agreed on.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub callback: Option<Callback>,
    /// What to know before that call.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub note: Option<String>,
}

impl Said {
    /// As it is written down, with what it decides. `promised`: what was agreed on before is still to be done.
    pub(crate) fn of(
        &self,
        debt: &Debt,
        decision: Decision,
        promised: bool,
        list: Option<Option<String>>,
    ) -> Disposed {
        Disposed {
            attempt: debt.attempt,
            campaign: debt.campaign,
            queue: debt.queue,
            number: debt.number,
            agent: debt.agent,
            code: self.code.clone(),
            said: self.by_agent,
            at: self.at,
            fate: decision.fate,
            next_number: decision.next_number,
            past: decision.past,
            callback: self.callback,
            promised,
            note: self.note.clone(),
            bars: list.is_some(),
            list: list.flatten(),
        }
    }
}
