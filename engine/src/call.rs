//! What happened? Attempts, their outcome and the variables they were placed with.

mod attempt;
mod outcome;
mod vars;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use attempt::{
    Answered, Attempt, Closing, Dossier, Due, Placing, Rules, Saving, Talking, Waiting,
};

pub use outcome::{Act, CallResult, Ending, Phase};

pub(crate) use vars::{agent_originate, call_request, customer_originate};

use crate::event::{Failure, Times};
use crate::lead::Fate;
use crate::window::Window;
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
    /// The codec of the leg, where the endpoint does not settle it by itself.
    pub codec: Option<String>,
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

/// All attempts that have no durable record yet, and what follows from them.
///
/// Live numbers and counts are kept beside the attempts for speed; [`Calls::audit`] holds them against a recount.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls {
    attempts: Window<Attempt>,
    numbers: BTreeMap<Number, AttemptId>,
    counts: BTreeMap<CampaignId, Counts>,
}

/// One campaign's attempts by how far they have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// All without a durable record.
    pub(crate) open: u32,
    /// Saved, placed or ringing, with or without a reserved agent.
    pub(crate) in_flight: u32,
    /// Of these, without a reserved agent.
    pub(crate) unreserved: u32,
    /// Answered, and nobody there yet.
    pub(crate) waiting: u32,
    /// Talking.
    pub(crate) talking: u32,
}

impl Counts {
    fn of(attempt: &Attempt) -> Self {
        let reserved = attempt.agent().is_some();
        let waiting = matches!(attempt, Attempt::Answered(_) | Attempt::Waiting(_)) && !reserved;
        Self {
            open: 1,
            in_flight: u32::from(attempt.is_in_flight()),
            unreserved: u32::from(attempt.is_in_flight() && !reserved),
            waiting: u32::from(waiting),
            talking: u32::from(matches!(attempt, Attempt::Talking(_))),
        }
    }

    fn zip(self, other: Self, op: impl Fn(u32, u32) -> u32) -> Self {
        Self {
            open: op(self.open, other.open),
            in_flight: op(self.in_flight, other.in_flight),
            unreserved: op(self.unreserved, other.unreserved),
            waiting: op(self.waiting, other.waiting),
            talking: op(self.talking, other.talking),
        }
    }
}

impl Calls {
    /// Puts an attempt in its place, new or after a step.
    pub(crate) fn put(&mut self, id: AttemptId, attempt: Attempt) {
        let (campaign, number) = (attempt.campaign(), attempt.number());
        let counts = self.counts.entry(campaign).or_default();
        *counts = counts.zip(Counts::of(&attempt), |kept, more| kept + more);
        let before = self.numbers.insert(number, id);
        assert!(before.is_none_or(|before| before == id), "two live attempts on one number");
        let before = self.attempts.insert(id.0, attempt);
        assert!(before.is_none(), "an attempt was put back twice");
    }

    /// Takes an attempt out, for its next step or for good.
    pub(crate) fn take(&mut self, id: AttemptId) -> Option<Attempt> {
        let attempt = self.attempts.remove(id.0)?;
        let counts = self.counts.entry(attempt.campaign()).or_default();
        *counts = counts.zip(Counts::of(&attempt), |kept, less| {
            kept.checked_sub(less).expect("an attempt was taken out of a count it was not in")
        });
        self.numbers.remove(&attempt.number());
        Some(attempt)
    }

    pub(crate) fn get(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.get(id.0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (AttemptId, &Attempt)> {
        self.attempts.iter().map(|(id, attempt)| (AttemptId(id), attempt))
    }

    /// Whether a number is on a live call.
    pub(crate) fn is_live(&self, number: Number) -> bool {
        self.numbers.contains_key(&number)
    }

    pub(crate) fn counts(&self, campaign: CampaignId) -> Counts {
        self.counts.get(&campaign).copied().unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Channels in use on each carrier, counted from the attempts.
    pub(crate) fn channels(&self) -> BTreeMap<CarrierId, u32> {
        let mut channels = BTreeMap::new();
        for (_, attempt) in self.attempts.iter().filter(|(_, attempt)| attempt.holds_channel()) {
            if let Some(call) = attempt.call() {
                *channels.entry(call.request.carrier).or_default() += 1;
            }
        }
        channels
    }

    /// Holds what is kept for speed against a recount.
    pub(crate) fn audit(&self) {
        let mut counts: BTreeMap<CampaignId, Counts> = BTreeMap::new();
        for (_, attempt) in self.attempts.iter() {
            let count = counts.entry(attempt.campaign()).or_default();
            *count = count.zip(Counts::of(attempt), |kept, more| kept + more);
        }
        for (&campaign, &kept) in &self.counts {
            assert_eq!(
                kept,
                counts.get(&campaign).copied().unwrap_or_default(),
                "counts of {campaign} have drifted"
            );
        }
        assert_eq!(self.numbers.len(), self.attempts.len(), "each open attempt holds exactly one number");
    }
}
