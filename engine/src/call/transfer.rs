//! What happened to whom callees are put through to? Each is a leg of its own, with a name, a carrier and an end of its own;
//! what becomes of it changes nothing of what becomes of the callee.
//!
//! ```text
//! Saving → Placing → Ringing → Answered → Whispering → Deciding → Willing → Joining → Talking
//! every one of them ──→ Leaving → (gone)
//! ```
//! A leg that is not placed yet and is not wanted any more is `Unwanted`: it goes with the answer of the database.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a leg that a fact does not concern stays as it is, whatever stages are added"
)]

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::attempt::SECOND_LOOK;
use crate::call::{CallResult, Ending, Lines, Phase, Variables};
use crate::event::Failure;
use crate::flow::{Destination, TransferEnd, TransferRules, WHISPER_LIMIT};
use crate::words::{
    AgentId, AttemptId, Bridge, CampaignId, CarrierId, Cause, Key, LeadId, Leg, Micros, Number, Span,
    TechCause,
};

/// How long an answered leg may take to come under our command.
const ENTER_PATIENCE: Span = Span::secs(5);

/// How long the end of a leg may be on its way when a whisper broke off.
const LAST_WORD: Span = Span::millis(500);

/// How long whatever is in the way of a join may take to get out of it, and how long the join itself.
const JOIN_PATIENCE: Span = Span::secs(1);

/// Everything that one leg was placed with: stored before it is dialled, once, and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TransferRequest {
    /// The attempt whose callee is to be put through.
    pub attempt: AttemptId,
    /// Which of the attempt's legs to others, from 1; a further carrier makes a further one.
    pub ordinal: u16,
    /// The campaign.
    pub campaign: CampaignId,
    /// The lead.
    pub lead: LeadId,
    /// The number, without any prefix; `None` for an endpoint of the PBX.
    pub number: Option<Number>,
    /// The carrier; `None` for an endpoint of the PBX.
    pub carrier: Option<CarrierId>,
    /// The dial string.
    pub endpoint: String,
    /// The codec of the leg, where the endpoint does not settle it by itself.
    pub codec: Option<String>,
    /// The caller id shown.
    pub caller_id: Option<String>,
    /// The prefix as dialled, campaign's and carrier's together.
    pub prefix: String,
    /// The ring time-out in milliseconds, counted from ringing.
    pub ring_timeout_ms: u64,
    /// Every channel variable.
    pub variables: Variables,
    /// When it was decided on.
    pub created: Micros,
}

impl TransferRequest {
    /// The leg.
    #[must_use]
    pub const fn leg(&self) -> Leg {
        Leg::Transfer { attempt: self.attempt, ordinal: self.ordinal }
    }
}

/// The moments of one leg, each as the engine learned of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TransferTimes {
    /// When it was decided on.
    pub created: Micros,
    /// When it was given to the PBX.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub placed: Option<Micros>,
    /// When it began to ring.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub rang: Option<Micros>,
    /// When it was answered.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub answered: Option<Micros>,
    /// When it and the callee, or the agent who called it in, were both in their bridge.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub joined: Option<Micros>,
    /// When it was over: gone, or told to go.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub ended: Option<Micros>,
}

/// How somebody takes part whom an agent has called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TransferWay {
    /// The callee was handed over to them unannounced.
    Transfer,
    /// They talk with the agent, while the callee is on hold.
    Consultation,
    /// They have talked, or were to talk, with the agent, who has left the callee to them.
    Completed,
    /// All three talk with each other.
    Conference,
}

impl TransferWay {
    /// As stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Consultation => "consultation",
            Self::Completed => "completed",
            Self::Conference => "conference",
        }
    }
}

/// Who asked for a leg, where an agent did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AskedBy {
    /// The agent.
    pub agent: AgentId,
    /// Their name.
    pub name: String,
    /// The name under which the campaign knows whom they called.
    pub to: String,
    /// How that one took part in the end.
    pub way: TransferWay,
}

/// What is on record of one leg.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TransferLog {
    /// Which of the attempt's legs to others, from 1.
    pub ordinal: u16,
    /// Who asked for it; none where a call flow did.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub by: Option<AskedBy>,
    /// The dial string.
    pub endpoint: String,
    /// The carrier; none for an endpoint of the PBX.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub carrier: Option<CarrierId>,
    /// The caller id shown.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub caller_id: Option<String>,
    /// What came of it; `None` where the callee was gone before anything did.
    pub end: Option<TransferEnd>,
    /// Raw Q.850 cause; `None` where we ended it, or none was ever told.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub cause: Option<Cause>,
    /// Raw SIP response.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub tech: Option<TechCause>,
    /// Why it was not placed, where it was not.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub unplaced: Option<Failure>,
    /// Whether the number is on a do-not-call list, which kept it from being placed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub barred: bool,
    /// Its moments.
    pub times: TransferTimes,
}

impl TransferLog {
    /// Whoever is on the line still is let go at that moment.
    pub(crate) fn let_go(mut self, now: Micros) -> Self {
        self.times.ended.get_or_insert(now);
        self
    }

    /// What came of it, in a word.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self.end {
            Some(end) => end.name(),
            None => "cancelled",
        }
    }
}

/// A callee who is being put through, as their attempt sees it.
#[derive(Debug, Clone)]
pub(crate) struct Handover {
    pub(crate) rules: Arc<TransferRules>,
    /// Who asked for it; nobody where a call flow did.
    pub(crate) by: Option<AskedBy>,
    pub(crate) to: Destination,
    /// The leg that is called, or was called last; 0 before the first.
    pub(crate) ordinal: u16,
    /// The carriers that were tried.
    pub(crate) tried: Vec<CarrierId>,
    /// Until when a call flow waits for a carrier with room.
    pub(crate) way_by: Micros,
    pub(crate) held: Held,
    /// Whether what they hear meanwhile was asked for and may not have begun.
    pub(crate) is_unheard: bool,
    /// What has come of it, as soon as that is known. The callee goes on when nothing holds them any more.
    pub(crate) end: Option<TransferEnd>,
}

impl Handover {
    /// Whether what the callee hears meanwhile can be asked for: it was not, or may not have begun.
    pub(crate) fn may_be_calmed(&self) -> bool {
        self.held == Held::Not || (self.held == Held::Calmed && self.is_unheard)
    }

    /// One that has only just been asked for.
    pub(crate) const fn new(
        rules: Arc<TransferRules>,
        to: Destination,
        by: Option<AskedBy>,
        way_by: Micros,
    ) -> Self {
        Self {
            rules,
            by,
            to,
            ordinal: 0,
            tried: Vec::new(),
            way_by,
            held: Held::Not,
            is_unheard: false,
            end: None,
        }
    }

    /// How whom an agent has called takes part.
    pub(crate) fn way(&self) -> Option<TransferWay> {
        self.by.as_ref().map(|by| by.way)
    }

    /// Whether the agent waits for, or talks with, somebody else while the callee is on hold.
    pub(crate) fn is_consultation(&self) -> bool {
        self.way() == Some(TransferWay::Consultation)
    }

    /// The bridge of that leg. Whom an agent has called comes into that of the conversation.
    pub(crate) fn bridge(&self, (attempt, ordinal): Other) -> Bridge {
        match self.by {
            Some(_) => Bridge::Conversation(attempt),
            None => Bridge::Transfer { attempt, ordinal },
        }
    }
}

/// What holds a callee who is being put through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// Nothing.
    Not,
    /// What they hear meanwhile has been asked for.
    Calming,
    /// They hear it.
    Calmed,
    /// They are in the bridge, or may be.
    Bridged,
    /// The end of either has been asked for.
    Released,
}

/// One leg.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) request: Arc<TransferRequest>,
    pub(crate) rules: Arc<TransferRules>,
    setup: Span,
    pub(crate) times: TransferTimes,
    /// What the far end is said to have responded, where the dialplan told it.
    pub(crate) response: Option<TechCause>,
    pub(crate) stage: Stage,
}

/// What a leg is at, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its request is on the way to the database.
    Saving,
    /// The same, and nobody wants it any more.
    Unwanted,
    Placing {
        until: Micros,
    },
    Ringing {
        until: Micros,
    },
    /// Answered, and not under our command yet.
    Answered {
        until: Micros,
    },
    /// Is told who is coming.
    Whispering {
        until: Micros,
    },
    /// Has been told, and is to press the key.
    Deciding {
        until: Micros,
    },
    /// Will take the callee, as soon as nothing is in the way.
    Willing {
        until: Micros,
    },
    Joining {
        until: Micros,
        callee_in: bool,
        other_in: bool,
    },
    Talking {
        until: Micros,
    },
    /// Told to go; to be looked at then, if it has not gone.
    Leaving {
        until: Micros,
    },
}

/// What follows of something that a leg did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Nothing,
    /// They are to be told.
    Whisper,
    /// What they are told is to stop.
    Hush,
    /// Both are to be put into their bridge.
    Join,
}

impl Transfer {
    pub(crate) fn new(request: TransferRequest, rules: Arc<TransferRules>, setup: Span) -> Self {
        let times = TransferTimes { created: request.created, ..TransferTimes::default() };
        Self { request: Arc::new(request), rules, setup, times, response: None, stage: Stage::Saving }
    }

    /// When to look at it again.
    pub(crate) const fn due(&self) -> Option<Micros> {
        match self.stage {
            Stage::Saving | Stage::Unwanted => None,
            Stage::Placing { until }
            | Stage::Ringing { until }
            | Stage::Answered { until }
            | Stage::Whispering { until }
            | Stage::Deciding { until }
            | Stage::Willing { until }
            | Stage::Joining { until, .. }
            | Stage::Talking { until }
            | Stage::Leaving { until } => Some(until),
        }
    }

    /// Whether it rings or may ring: an answer would need somebody who listens.
    pub(crate) const fn is_unanswered(&self) -> bool {
        matches!(self.stage, Stage::Placing { .. } | Stage::Ringing { .. })
    }

    /// Given to the PBX.
    pub(crate) fn placed(&mut self, now: Micros) {
        self.times.placed = Some(now);
        self.stage = Stage::Placing { until: now + self.setup };
    }

    /// It rings: the deadline is ours from here on.
    pub(crate) fn rang(&mut self, now: Micros) {
        if let Stage::Placing { .. } = self.stage {
            self.times.rang = Some(now);
            self.stage = Stage::Ringing { until: now + self.rules.ring_timeout };
        }
    }

    pub(crate) fn answered(&mut self, now: Micros) {
        if self.is_unanswered() {
            self.times.answered = Some(now);
            self.stage = Stage::Answered { until: now + ENTER_PATIENCE };
        }
    }

    /// It is under our command. With it comes the answer, if that was not heard before.
    pub(crate) fn entered(&mut self, now: Micros) -> Next {
        self.answered(now);
        match self.stage {
            Stage::Answered { .. } if !self.rules.whisper.is_empty() => {
                self.stage = Stage::Whispering { until: now + WHISPER_LIMIT };
                Next::Whisper
            }
            Stage::Answered { .. } => self.was_told(now),
            _ => Next::Nothing,
        }
    }

    /// The whisper is over. One that broke off is what a hang-up looks like, too, which is heard of at once then.
    pub(crate) fn has_heard(&mut self, whole: bool, now: Micros) -> Next {
        match self.stage {
            Stage::Whispering { .. } if whole => self.was_told(now),
            Stage::Whispering { .. } => {
                self.stage = Stage::Whispering { until: now + LAST_WORD };
                Next::Nothing
            }
            Stage::Willing { .. } => Next::Join,
            _ => Next::Nothing,
        }
    }

    fn was_told(&mut self, now: Micros) -> Next {
        let Some(accept) = self.rules.accept else { return self.is_willing(now, Next::Join) };
        self.stage = Stage::Deciding { until: now + accept.within };
        Next::Nothing
    }

    fn is_willing(&mut self, now: Micros, next: Next) -> Next {
        self.stage = Stage::Willing { until: now + JOIN_PATIENCE };
        next
    }

    pub(crate) fn pressed(&mut self, key: Key, now: Micros) -> Next {
        let accepts = self.rules.accept.is_some_and(|accept| accept.key == key);
        match self.stage {
            Stage::Whispering { .. } if accepts => self.is_willing(now, Next::Hush),
            Stage::Deciding { .. } if accepts => self.is_willing(now, Next::Join),
            _ => Next::Nothing,
        }
    }

    /// The join has been asked for; whoever is in the bridge already need not come into it.
    pub(crate) fn joins(&mut self, callee_in: bool, now: Micros) {
        self.stage = Stage::Joining { until: now + JOIN_PATIENCE, callee_in, other_in: false };
    }

    /// Nobody can tell yet whether the join has worked.
    pub(crate) fn puts_joining_off(&mut self, now: Micros) {
        if let Stage::Joining { until, .. } = &mut self.stage {
            *until = now + JOIN_PATIENCE;
        }
    }

    /// A leg entered or left their bridge; says whether both are in it from now on.
    pub(crate) fn moved(&mut self, leg: Leg, is_in: bool, now: Micros) -> bool {
        let Stage::Joining { callee_in, other_in, .. } = &mut self.stage else { return false };
        match leg {
            Leg::Customer { .. } => *callee_in = is_in,
            Leg::Transfer { .. } => *other_in = is_in,
            Leg::Agent { .. } => {}
        }
        let whole = *callee_in && *other_in;
        if whole {
            self.times.joined = Some(now);
            self.stage = Stage::Talking { until: now + self.rules.longest };
        }
        whole
    }

    /// It is to go; says whether it must be told.
    pub(crate) fn leaves(&mut self, now: Micros) -> bool {
        self.times.ended.get_or_insert(now);
        match self.stage {
            Stage::Saving | Stage::Unwanted => {
                self.stage = Stage::Unwanted;
                false
            }
            Stage::Leaving { .. } => false,
            _ => {
                self.look_later(now);
                true
            }
        }
    }

    /// It was told to go, and has not gone.
    pub(crate) fn look_later(&mut self, now: Micros) {
        self.stage = Stage::Leaving { until: now + SECOND_LOOK };
    }

    /// What comes of it, where nothing more happens than that its time is up.
    pub(crate) const fn overdue(&self) -> TransferEnd {
        match self.stage {
            Stage::Placing { .. } | Stage::Ringing { .. } => TransferEnd::NoAnswer,
            Stage::Deciding { .. } => TransferEnd::Declined,
            Stage::Talking { .. } => TransferEnd::Answered,
            _ => TransferEnd::Failed,
        }
    }

    /// What came of it where it ended by itself: with these causes, or unplaced.
    pub(crate) fn ended(&self, ending: &Ending) -> TransferEnd {
        match self.stage {
            Stage::Saving | Stage::Placing { .. } | Stage::Ringing { .. } => match ending.result() {
                CallResult::Busy => TransferEnd::Busy,
                CallResult::NoAnswer => TransferEnd::NoAnswer,
                CallResult::Rejected => TransferEnd::Declined,
                _ => TransferEnd::Failed,
            },
            Stage::Whispering { .. } | Stage::Deciding { .. } => TransferEnd::Declined,
            Stage::Talking { .. } => TransferEnd::Answered,
            _ => TransferEnd::Failed,
        }
    }

    /// How it would be said to have ended if it ended now.
    pub(crate) const fn ending(
        &self,
        cause: Option<Cause>,
        tech: Option<TechCause>,
        unplaced: Option<Failure>,
    ) -> Ending {
        let phase = match self.stage {
            Stage::Saving | Stage::Unwanted | Stage::Placing { .. } => Phase::Placed,
            Stage::Ringing { .. } => Phase::Alerting,
            _ => Phase::Answered,
        };
        Ending { phase, act: None, cause, tech, unplaced }
    }

    /// What is on record of it.
    pub(crate) fn log(&self, end: Option<TransferEnd>, ending: Option<&Ending>, now: Micros) -> TransferLog {
        let TransferRequest { ordinal, endpoint, carrier, caller_id, .. } = &*self.request;
        TransferLog {
            ordinal: *ordinal,
            by: None,
            endpoint: endpoint.clone(),
            carrier: *carrier,
            caller_id: caller_id.clone(),
            end,
            cause: ending.and_then(|ending| ending.cause),
            tech: ending.and_then(|ending| ending.tech),
            unplaced: ending.and_then(|ending| ending.unplaced),
            barred: false,
            times: TransferTimes { ended: Some(now), ..self.times },
        }
    }

    /// What is on record of it if nobody hears any more of it but that it is over.
    pub(crate) fn log_so_far(&self, by: Option<AskedBy>) -> TransferLog {
        let end = self.talks().then_some(TransferEnd::Answered);
        TransferLog { by, times: self.times, ..self.log(end, None, self.times.created) }
    }

    /// Whether it has come through to a phone.
    pub(crate) const fn came_through(&self) -> bool {
        self.times.rang.is_some() || self.is_answered()
    }

    /// Whether they have answered.
    pub(crate) const fn is_answered(&self) -> bool {
        self.times.answered.is_some()
    }

    /// Whether a callee waits for them.
    pub(crate) const fn is_awaited(&self) -> bool {
        match self.stage {
            Stage::Placing { .. }
            | Stage::Ringing { .. }
            | Stage::Answered { .. }
            | Stage::Whispering { .. }
            | Stage::Deciding { .. } => true,
            // Before that it is not said yet what the callee hears, and after that they hear each other.
            Stage::Saving
            | Stage::Unwanted
            | Stage::Willing { .. }
            | Stage::Joining { .. }
            | Stage::Talking { .. }
            | Stage::Leaving { .. } => false,
        }
    }

    /// Whether they talk.
    pub(crate) const fn talks(&self) -> bool {
        matches!(self.stage, Stage::Talking { .. })
    }
}

/// The name of a leg among all.
pub(crate) type Other = (AttemptId, u16);

/// All legs to others that are not gone, and the callees for whom none could be called yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transfers {
    legs: BTreeMap<Other, Transfer>,
    waiting: BTreeSet<AttemptId>,
}

impl Transfers {
    pub(crate) fn get(&self, id: Other) -> Option<&Transfer> {
        self.legs.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: Other) -> Option<&mut Transfer> {
        self.legs.get_mut(&id)
    }

    pub(crate) fn add(&mut self, transfer: Transfer) {
        let id = (transfer.request.attempt, transfer.request.ordinal);
        let before = self.legs.insert(id, transfer);
        assert!(before.is_none(), "each leg of an attempt has a number of its own");
    }

    pub(crate) fn remove(&mut self, id: Other) -> Option<Transfer> {
        self.legs.remove(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Other, &Transfer)> {
        self.legs.iter().map(|(id, transfer)| (*id, transfer))
    }

    /// Whether no leg is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    /// A callee waits for a carrier with room.
    pub(crate) fn waits(&mut self, id: AttemptId) {
        self.waiting.insert(id);
    }

    /// They do not, or not any more; says whether they did.
    pub(crate) fn waits_no_more(&mut self, id: AttemptId) -> bool {
        self.waiting.remove(&id)
    }

    /// The callees who wait for a carrier with room, whoever was called first first.
    pub(crate) fn waiting(&self) -> Vec<AttemptId> {
        self.waiting.iter().copied().collect()
    }

    /// Holds those who wait against a recount: everybody whom a call flow puts through, of which nothing has come yet, and for
    /// whom there is no leg.
    ///
    /// # Panics
    /// If they have drifted.
    pub(crate) fn audit<'a>(&self, handovers: impl Iterator<Item = (AttemptId, &'a Handover)>) {
        let waits = |(id, handover): &(AttemptId, &Handover)| {
            let is_open = handover.by.is_none() && handover.end.is_none();
            is_open && !self.legs.contains_key(&(*id, handover.ordinal))
        };
        let counted: BTreeSet<AttemptId> = handovers.filter(waits).map(|(id, _)| id).collect();
        assert_eq!(self.waiting, counted, "who waits for a carrier has drifted");
    }

    /// What is in use of each carrier, added to what is known of.
    pub(crate) fn count_lines(&self, lines: &mut BTreeMap<CarrierId, Lines>) {
        for transfer in self.legs.values() {
            let Some(carrier) = transfer.request.carrier else { continue };
            let is_intended = matches!(transfer.stage, Stage::Saving | Stage::Unwanted);
            lines.entry(carrier).or_default().count(is_intended);
        }
    }
}
