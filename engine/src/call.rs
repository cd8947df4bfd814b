//! What happened? Attempts, their outcome and the variables they were placed with.

mod attempt;
mod conference;
mod debt;
mod dial_string;
mod dossier;
mod leaving;
mod originate;
mod outcome;
mod so_far;
mod transfer;
mod variables;
mod way;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use attempt::{
    Answered, Attempt, Closing, Detecting, Due, Handed, Placing, Saving, Talking, Waiting,
};

pub(crate) use conference::{Music, Rooms, Visit, VisitStage};

pub use debt::{Debt, Disposed, Said};
pub use dial_string::DialString;
pub(crate) use dossier::{Dossier, Rules, Soothing};
pub(crate) use leaving::Leaving;

pub(crate) use originate::{agent_originate, customer_originate, transfer_originate, transfer_request};

pub use outcome::{Act, CallResult, Ending, Phase};

pub use so_far::{CallSoFar, HoldSoFar};

pub use transfer::{AskedBy, TransferLog, TransferRequest, TransferTimes, TransferWay};

pub(crate) use transfer::{Handover, Held, Next, Other, Stage as TransferStage, Transfer, Transfers};

pub use variables::Variables;
pub(crate) use way::Way;

use crate::amd::AmdLog;
use crate::digits::Digits;
use crate::event::{Failure, Times};
use crate::flow::FlowLog;
use crate::lead::{Callback, Fate, Past};
use crate::recording::TakeLog;
use crate::roster::Roster;
use crate::window::Window;
use crate::words::{
    AgentId, AttemptId, CampaignId, CarrierId, Cause, LeadId, Leg, Micros, Number, QueueId, Span, TechCause,
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
    /// The lead's other numbers, in the order in which their turn comes after this one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub alternates: Vec<Number>,
    /// Which attempt on the queue item this is, from 1.
    pub nth: u32,
    /// What the attempts before mean for the next.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Past::is_blank"))]
    pub past: Past,
    /// The call that was agreed on, where this is one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub callback: Option<Callback>,
    /// The carrier.
    pub carrier: CarrierId,
    /// The agent who was reserved for it beforehand, if any.
    pub agent: Option<AgentId>,
    /// The dial string.
    pub endpoint: DialString,
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
    /// The keys to be sent after the answer, before anybody is talked to. Those to be sent before it are a variable.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub digits: Option<Digits>,
    /// Every channel variable.
    pub variables: Variables,
    /// It is not to be placed if the number was dropped after that moment, since no agent is reserved for it; `None` where
    /// that does not matter.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub undropped_since: Option<Micros>,
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
    /// The number to dial next, where it is another one: also of what has come to its end, should it be given another round.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub next_number: Option<Number>,
    /// What its attempts so far mean for the next.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Past::is_blank"))]
    pub past: Past,
    /// Whether this was to be a call that had been agreed on, which is still to be made: with the retry, where there is one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub promised: bool,
    /// The callee's way through the call flow, where they came into one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub flow: Option<Box<FlowLog>>,
    /// What was recorded of the conversation, in order.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub recordings: Vec<TakeLog>,
    /// Everybody whom the callee was, or was to be, put through to, in order.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub transfers: Vec<TransferLog>,
    /// Who was taken to have answered, where that was asked.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub amd: Option<Box<AmdLog>>,
    /// How long the callee was on hold.
    #[cfg_attr(feature = "serde", serde(default))]
    pub held: Span,
}

/// All attempts that have no durable record yet, and what follows from them.
///
/// Live numbers and counts are kept beside the attempts for speed; [`Calls::audit`] holds them against a recount.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    open: Window<Place>,
    numbers: BTreeMap<Number, AttemptId>,
    /// Numbers that were barred on a call until it is written down, and how often that was.
    barred: BTreeMap<Number, u32>,
    counts: Roster<CampaignId, Counts>,
    /// Whoever may be joined with an agent as soon as one is free, by the campaign and the moment of the message.
    line: BTreeSet<(CampaignId, Micros, AttemptId)>,
}

/// An open attempt's place, and as what it is counted.
#[derive(Debug, Clone)]
struct Place {
    number: Number,
    campaign: CampaignId,
    stage: Stage,
    /// Only taken out for the length of a step.
    attempt: Option<Attempt>,
}

/// How far an attempt has come, as pacing and screens see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Saved, placed, ringing, or perhaps a machine, with an agent reserved for it.
    Reserved,
    /// The same, for whoever will be free.
    InFlight,
    /// Answered, and nobody there yet.
    Waiting,
    Talking,
    /// Left by their agent to somebody else.
    Handed,
    /// In the call flow, being joined, hearing the message, ending or being written down.
    Other,
}

impl Stage {
    fn of(attempt: &Attempt) -> Self {
        let is_reserved = || attempt.agent().is_some();
        match attempt {
            Attempt::Saving(_) | Attempt::Placing(_) | Attempt::Ringing(_) | Attempt::Detecting(_) => {
                if is_reserved() {
                    Self::Reserved
                } else {
                    Self::InFlight
                }
            }
            Attempt::Answered(_) | Attempt::Keying(_) if is_reserved() => Self::Other,
            Attempt::Answered(_) | Attempt::Keying(_) | Attempt::Waiting(_) => Self::Waiting,
            Attempt::Talking(_) => Self::Talking,
            Attempt::Handed(_) => Self::Handed,
            Attempt::Flowing(_)
            | Attempt::Joining(_)
            | Attempt::Telling(_)
            | Attempt::Leaving(_)
            | Attempt::Ending(_)
            | Attempt::Closing(_) => Self::Other,
        }
    }
}

/// One campaign's attempts by stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts([u32; 6]);

impl Counts {
    /// All without a durable record.
    pub(crate) fn open(self) -> u32 {
        self.0.iter().sum()
    }

    /// Saved, placed or ringing, with or without a reserved agent.
    pub(crate) const fn in_flight(self) -> u32 {
        self.at(Stage::Reserved) + self.at(Stage::InFlight)
    }

    /// Saved, placed or ringing, without a reserved agent.
    pub(crate) const fn unreserved(self) -> u32 {
        self.at(Stage::InFlight)
    }

    /// Answered, and nobody there yet.
    pub(crate) const fn waiting(self) -> u32 {
        self.at(Stage::Waiting)
    }

    /// Talking.
    pub(crate) const fn talking(self) -> u32 {
        self.at(Stage::Talking)
    }

    /// Left by their agents to somebody else.
    pub(crate) const fn handed(self) -> u32 {
        self.at(Stage::Handed)
    }

    const fn at(self, stage: Stage) -> u32 {
        self.0[stage as usize]
    }

    const fn enter(&mut self, stage: Stage) {
        self.0[stage as usize] += 1;
    }

    fn leave(&mut self, stage: Stage) {
        let count = &mut self.0[stage as usize];
        *count = count.checked_sub(1).expect("an attempt left a stage that it was not counted at");
    }
}

impl Calls {
    /// None so far, in a house with these campaigns.
    pub(crate) fn new(campaigns: impl Iterator<Item = CampaignId>) -> Self {
        Self {
            open: Window::default(),
            numbers: BTreeMap::new(),
            barred: BTreeMap::new(),
            counts: Roster::new(campaigns.map(|id| (id, Counts::default()))),
            line: BTreeSet::new(),
        }
    }

    /// Puts an attempt in its place, new or after a step.
    pub(crate) fn put(&mut self, id: AttemptId, attempt: Attempt) {
        if let Some(turn) = turn_of(id, &attempt) {
            self.line.insert(turn);
        }
        let Some(place) = self.open.get_mut(id.0) else { return self.open(id, attempt) };
        let stage = Stage::of(&attempt);
        if stage != place.stage {
            let counts = counts_of(&mut self.counts, place.campaign);
            counts.leave(place.stage);
            counts.enter(stage);
            place.stage = stage;
        }
        let before = place.attempt.replace(attempt);
        assert!(before.is_none(), "an attempt was put back twice");
    }

    fn open(&mut self, id: AttemptId, attempt: Attempt) {
        let (campaign, number, stage) = (attempt.campaign(), attempt.number(), Stage::of(&attempt));
        counts_of(&mut self.counts, campaign).enter(stage);
        let before = self.numbers.insert(number, id);
        assert!(before.is_none(), "two live attempts on one number");
        self.open.insert(id.0, Place { number, campaign, stage, attempt: Some(attempt) });
    }

    /// Takes an attempt out for its next step. After it, it is put back or closed.
    pub(crate) fn take(&mut self, id: AttemptId) -> Option<Attempt> {
        let attempt = self.open.get_mut(id.0)?.attempt.take()?;
        if let Some(turn) = turn_of(id, &attempt) {
            self.line.remove(&turn);
        }
        Some(attempt)
    }

    /// Which of a campaign's callees is to be joined with the next free agent: whoever would hear the message first.
    pub(crate) fn first_waiting(&self, campaign: CampaignId) -> Option<AttemptId> {
        // It is asked whenever an agent has changed, and mostly nobody waits.
        if self.line.is_empty() {
            return None;
        }
        let mut turns = self.line.range((campaign, Micros(0), AttemptId(0))..);
        turns.next().filter(|(theirs, ..)| *theirs == campaign).map(|&(_, _, id)| id)
    }

    /// An attempt that was taken out is over for good.
    pub(crate) fn close(&mut self, id: AttemptId) {
        let Place { number, campaign, stage, attempt } =
            self.open.remove(id.0).expect("an attempt is closed once");
        assert!(attempt.is_none(), "only an attempt that was taken out is closed");
        counts_of(&mut self.counts, campaign).leave(stage);
        self.numbers.remove(&number);
    }

    /// How many of a campaign's callees wait for an agent whom their call flow wants.
    pub(crate) fn waiting_in_flow(&self, campaign: CampaignId) -> u32 {
        let theirs = self.line.range((campaign, Micros(0), AttemptId(0))..);
        let theirs = theirs.take_while(|(whose, ..)| *whose == campaign);
        let wanted = |id| self.get(id).and_then(Attempt::call).is_some_and(Dossier::wants_agent_in_flow);
        u32::try_from(theirs.filter(|&&(_, _, id)| wanted(id)).count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, id: AttemptId) -> Option<&Attempt> {
        self.open.get(id.0)?.attempt.as_ref()
    }

    /// What an attempt keeps through all its states, to write into. Nothing in it moves the attempt.
    pub(crate) fn dossier_mut(&mut self, id: AttemptId) -> Option<&mut Dossier> {
        self.open.get_mut(id.0)?.attempt.as_mut()?.call_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (AttemptId, &Attempt)> {
        self.open.iter().filter_map(|(id, place)| Some((AttemptId(id), place.attempt.as_ref()?)))
    }

    /// Every callee's visit to a room, with its attempt.
    pub(crate) fn visits(&self) -> impl Iterator<Item = (AttemptId, &Visit)> {
        self.iter().filter_map(|(id, attempt)| Some((id, attempt.call()?.visit.as_deref()?)))
    }

    /// How every callee is put through who is, with its attempt.
    pub(crate) fn handovers(&self) -> impl Iterator<Item = (AttemptId, &Handover)> {
        self.iter().filter_map(|(id, attempt)| Some((id, attempt.call()?.handover.as_deref()?)))
    }

    /// Whether a number is on a live call, or was barred on one and no list has it yet.
    pub(crate) fn is_live(&self, number: Number) -> bool {
        self.numbers.contains_key(&number) || self.barred.contains_key(&number)
    }

    /// Somebody on a call has said that nobody is to call the number any more.
    pub(crate) fn bar(&mut self, number: Number) {
        *self.barred.entry(number).or_default() += 1;
    }

    /// That is written down, so that the database keeps to it.
    pub(crate) fn is_written(&mut self, number: Number) {
        let times = self.barred.get_mut(&number).expect("only what was barred is written down");
        *times -= 1;
        if *times == 0 {
            self.barred.remove(&number);
        }
    }

    pub(crate) fn counts(&self, campaign: CampaignId) -> Counts {
        *self.counts.get(campaign).expect("campaigns are checked when the engine is made")
    }

    /// How many attempts are open.
    pub(crate) fn len(&self) -> u64 {
        self.open.len() as u64
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Holds what is kept for speed against a recount. Gives what the recount finds in use of each carrier.
    pub(crate) fn audit(&self) -> BTreeMap<CarrierId, Lines> {
        let mut lines: BTreeMap<CarrierId, Lines> = BTreeMap::new();
        let mut counts = Roster::new(self.counts.keys().map(|id| (id, Counts::default())));
        let mut line = BTreeSet::new();
        for (id, place) in self.open.iter() {
            let attempt = place.attempt.as_ref().expect("an attempt that was taken out is put back");
            let stage = Stage::of(attempt);
            assert_eq!(place.stage, stage, "attempt {id} is counted at a stage that it is not at");
            counts_of(&mut counts, place.campaign).enter(stage);
            line.extend(turn_of(AttemptId(id), attempt));
            // One that is closing has given its channel back, and its dossier is closed.
            if let Some(call) = attempt.call() {
                let is_intended = matches!(attempt, Attempt::Saving(_));
                lines.entry(call.request.carrier).or_default().count(is_intended);
            }
        }
        assert_eq!(self.line, line, "the line of those who wait has drifted");
        for (campaign, kept) in self.counts.iter() {
            assert_eq!(Some(kept), counts.get(campaign), "counts of {campaign} have drifted");
        }
        assert_eq!(self.numbers.len(), self.open.len(), "each open attempt holds exactly one number");
        lines
    }
}

/// What calls have in use of one carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lines {
    pub(crate) channels: u32,
    /// Those of calls of which it is not known yet whether they leave the house.
    pub(crate) intended: usize,
}

impl Lines {
    /// One more call has a line.
    pub(crate) fn count(&mut self, is_intended: bool) {
        self.channels += 1;
        self.intended += usize::from(is_intended);
    }
}

/// The place of a callee in the line of those who wait, if they do.
fn turn_of(id: AttemptId, attempt: &Attempt) -> Option<(CampaignId, Micros, AttemptId)> {
    let Attempt::Waiting(waiting) = attempt else { return None };
    waiting.may_join().then(|| (attempt.campaign(), waiting.message_at, id))
}

fn counts_of(counts: &mut Roster<CampaignId, Counts>, campaign: CampaignId) -> &mut Counts {
    counts.get_mut(campaign).expect("campaigns are checked when the engine is made")
}
