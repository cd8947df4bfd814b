//! One attempt, one type per state: each holds only what is valid in it, and each step consumes the last.
//!
//! ```text
//! Saving → Placing → Ringing → Answered → Waiting → Joining → Talking ─┐
//!             │          │         └─────────┴──→ Telling ─────────────┤ far end hangs up
//!             └──────────┴─────── we end it: Ending ───────────────────┴→ Closing → (gone)
//! ```
//! Where keys are to be sent, `Keying` comes after Answered. Where the PBX tells persons from machines, `Detecting` comes
//! next. Where the campaign has a call flow, `Flowing` comes before Waiting, and again after a wait in vain. From a machine
//! it goes on to `Leaving`, be it from Detecting, Waiting, Joining or Talking. An agent who hands their callee over leaves
//! them in `Handed`, from where they come back to Waiting if nothing comes of it.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an attempt or answer that a fact does not concern stays as it is, whatever states are added"
)]

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Leaving;
use super::dossier::{Dossier, Soothed, Soothing};
use crate::call::{Act, CallRequest, Ending, Phase, Record, Try};
use crate::digits::Digits;
use crate::event::Failure;
use crate::flow::{Action, CallFlow, Input, Meanwhile, Run};
use crate::lead::Decision;
use crate::words::{AgentId, CampaignId, Cause, Leg, Micros, Number, Signature, Span, TechCause};

/// How long a command to end something may take before it is looked at again.
pub(super) const SECOND_LOOK: Span = Span::secs(2);

/// How long two legs may take into their bridge, and how little time they get where the message is almost due.
const JOIN_PATIENCE: Span = Span::secs(1);
const JOIN_LAST_CHANCE: Span = Span::millis(200);

/// How long it may take after a restart to find out with whom an answered callee is.
const FOUND_WITHIN: Span = Span::secs(1);

/// How long the message may play before it is cut.
const MESSAGE_LIMIT: Span = Span::secs(60);

/// How often in a row a callee may be offered to an agent.
const JOINS: u8 = 3;

/// How long a callee in a call flow's queue is offered to nobody after that.
const JOINS_AGAIN: Span = Span::secs(5);

/// The intent is on its way to the database.
#[derive(Debug, Clone)]
pub(crate) struct Saving {
    pub(crate) call: Box<Dossier>,
    /// The try before, where this is a further one.
    before: Option<Arc<CallRequest>>,
}

/// Given to the PBX; the far end does not alert yet.
#[derive(Debug, Clone)]
pub(crate) struct Placing {
    pub(crate) call: Box<Dossier>,
    give_up_at: Micros,
}

/// The far end alerts.
#[derive(Debug, Clone)]
pub(crate) struct Ringing {
    pub(crate) call: Box<Dossier>,
    hang_up_at: Micros,
    /// Why it will be ended then.
    act: Act,
}

/// Answered; the PBX has not yet put the channel under our command.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) call: Box<Dossier>,
    message_at: Micros,
}

/// Answered, and on the PBX's own way to a verdict on who it is.
#[derive(Debug, Clone)]
pub(crate) struct Detecting {
    pub(crate) call: Box<Dossier>,
    give_up_at: Micros,
}

/// Answered, ours, and being sent the keys that lead to whoever is meant.
#[derive(Debug, Clone)]
pub(crate) struct Keying {
    pub(crate) call: Box<Dossier>,
    sent_at: Micros,
}

/// Answered, ours, and on the way through the call flow.
#[derive(Debug, Clone)]
pub(crate) struct Flowing {
    pub(crate) call: Box<Dossier>,
}

/// Answered, ours, and nobody to talk to yet.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) call: Box<Dossier>,
    pub(crate) message_at: Micros,
}

/// On the way into one bridge with an agent.
#[derive(Debug, Clone)]
pub(crate) struct Joining {
    pub(crate) call: Box<Dossier>,
    pub(crate) agent: AgentId,
    agent_in: bool,
    message_at: Micros,
    give_up_at: Micros,
}

/// Talks with an agent.
#[derive(Debug, Clone)]
pub(crate) struct Talking {
    pub(crate) call: Box<Dossier>,
    pub(crate) agent: AgentId,
    limit_at: Micros,
}

/// Left by their agent to somebody else, who is called for them or talks with them.
#[derive(Debug, Clone)]
pub(crate) struct Handed {
    pub(crate) call: Box<Dossier>,
    since: Micros,
}

/// Hears the message that no agent is free.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    pub(crate) call: Box<Dossier>,
    cut_at: Micros,
}

/// We are ending it; the PBX has not said yet that it is gone.
#[derive(Debug, Clone)]
pub(crate) struct EndingCall {
    pub(crate) call: Box<Dossier>,
    pub(crate) act: Act,
    phase: Phase,
    look_at: Micros,
}

/// It is over; its record is on the way to the database.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    pub(crate) record: Arc<Record>,
    /// When to send the record again, where it could not be written.
    pub(crate) again_at: Option<Micros>,
}

/// An attempt in whichever state it is.
#[derive(Debug, Clone)]
pub(crate) enum Attempt {
    Saving(Saving),
    Placing(Placing),
    Ringing(Ringing),
    Answered(Answered),
    Keying(Keying),
    Detecting(Detecting),
    Flowing(Flowing),
    Waiting(Waiting),
    Joining(Joining),
    Talking(Talking),
    Handed(Handed),
    Telling(Telling),
    Leaving(Leaving),
    Ending(EndingCall),
    Closing(Closing),
}

/// From when a deadline counts. What an earlier process has noted may be yet to come, where the clock was set back since,
/// and nobody is to wait until then.
fn no_later(at: Micros, now: Micros) -> Micros {
    Ord::min(at, now)
}

impl Saving {
    /// A first try.
    pub(crate) const fn new(call: Box<Dossier>) -> Self {
        Self { call, before: None }
    }

    /// The intent was not written: an attempt that has had a try is where it was after that one, and this is how the
    /// try ended.
    pub(crate) fn undone(mut self) -> Result<(Placing, Try), Self> {
        let Some(before) = self.before.take() else { return Err(self) };
        self.call.request = before;
        let last = self.call.tries.pop().expect("a try before left its mark");
        let give_up_at = self.call.times.placed.unwrap_or(self.call.times.created);
        Ok((Placing { call: self.call, give_up_at }, last))
    }

    /// The intent is durable and the originate is on its way.
    pub(crate) fn placed(mut self, now: Micros) -> Placing {
        self.call.times.placed = Some(now);
        let give_up_at = now + self.call.rules.setup;
        Placing { call: self.call, give_up_at }
    }
}

impl Placing {
    /// Taken up again from before a restart.
    pub(crate) fn adopted(call: Box<Dossier>, now: Micros) -> Self {
        let give_up_at = now + call.rules.setup;
        Self { call, give_up_at }
    }

    /// The far end alerts: the ring deadline is ours from here on.
    pub(crate) fn alerted(mut self, now: Micros) -> Ringing {
        let rang = *self.call.times.rang.get_or_insert(now);
        let hang_up_at = no_later(rang, now) + self.call.ring_timeout();
        Ringing { call: self.call, hang_up_at, act: Act::RingTimeout }
    }

    pub(crate) fn answered(self, now: Micros) -> Answered {
        Answered::new(self.call, now)
    }

    /// Another carrier gets its try; the attempt stays the same.
    pub(crate) fn try_again(mut self, ending: &Ending, request: CallRequest) -> Saving {
        self.call.end_try(ending.cause, ending.tech, ending.unplaced);
        let before = core::mem::replace(&mut self.call.request, Arc::new(request));
        Saving { call: self.call, before: Some(before) }
    }
}

impl Ringing {
    pub(crate) fn answered(self, now: Micros) -> Answered {
        Answered::new(self.call, now)
    }

    /// Ends at the floor of 15 s of ringing instead of at its own time-out, or at once where that has passed.
    pub(crate) fn give_up_soon(mut self, now: Micros) -> Self {
        let rang = self.call.times.rang.unwrap_or(now);
        let floor = rang + crate::campaign::RING_FLOOR;
        if floor < self.hang_up_at {
            self.hang_up_at = floor;
            self.act = Act::Operator;
        }
        self
    }
}

impl Detecting {
    /// There is a verdict, and the callee is to be connected. Whoever has greeted us so long ago must be talked to, or told
    /// that nobody can, within the time that is left of `within`.
    pub(crate) fn connects(self, silence: Span, within: Span, now: Micros) -> Answered {
        Answered { call: self.call, message_at: now - silence + within }
    }
}

impl Answered {
    fn new(mut call: Box<Dossier>, now: Micros) -> Self {
        let answered = *call.times.answered.get_or_insert(now);
        let message_at = no_later(answered, now) + call.rules.message_within;
        Self { call, message_at }
    }

    /// Whoever talked with them is gone, and they are to be ended.
    pub(crate) const fn alone(call: Box<Dossier>, now: Micros) -> Self {
        Self { call, message_at: now }
    }

    /// The keys that are to be sent before anybody is talked to, unless an earlier process may have sent them.
    pub(crate) fn keys(&self) -> Option<&Digits> {
        self.call.request.digits.as_ref().filter(|_| !self.call.is_interrupted)
    }

    /// The channel is under our command, and keys are on their way that take so long.
    pub(crate) fn sends(self, takes: Span, now: Micros) -> Keying {
        Keying { call: self.call, sent_at: now + takes }
    }

    /// The channel is under our command.
    pub(crate) fn entered(self) -> Waiting {
        Waiting { call: self.call, message_at: self.message_at }
    }

    /// The PBX is to find out who it is.
    pub(crate) fn detects(self, give_up_at: Micros) -> Detecting {
        Detecting { call: self.call, give_up_at }
    }

    /// The channel is under our command, and a call flow is to be gone through.
    pub(crate) fn enters(mut self, flow: Arc<CallFlow>, now: Micros) -> Flowing {
        let known = self.call.known_to(&flow);
        self.call.flow = Some(Box::new(Run::new(flow, known, now)));
        Flowing { call: self.call }
    }

    /// The same, where an earlier process has led the callee through it. If they had passed a node, that is on record.
    pub(crate) fn was_led(self, flow: Arc<CallFlow>, now: Micros) -> Flowing {
        let answered = self.call.times.answered.unwrap_or(now);
        if self.call.flow_before.is_none() {
            self.enters(flow, answered)
        } else {
            Flowing { call: self.call }
        }
    }

    /// Whoever was in a call flow before a restart is in it until they are let go.
    fn phase(&self) -> Phase {
        match self.call.answered_by() {
            Phase::Answered if self.call.flow_before.is_some() => self.call.in_flow(),
            phase => phase,
        }
    }

    /// Taken up again from before a restart. Whether they talk already is still to be found out.
    pub(crate) fn adopted(call: Box<Dossier>, now: Micros) -> Self {
        let answered = Self::new(call, now);
        Self { message_at: Ord::max(answered.message_at, now + FOUND_WITHIN), ..answered }
    }
}

impl Keying {
    /// All keys are sent: whoever is meant is taken to answer now.
    pub(crate) fn sent(self, now: Micros) -> Answered {
        let message_at = now + self.call.rules.message_within;
        Answered { call: self.call, message_at }
    }
}

impl Flowing {
    /// Something happened: what is to be done, and whether there is more to be kept of the way now.
    pub(crate) fn hears(&mut self, now: Micros, input: Input) -> (Vec<Action>, bool) {
        let run = self.run_mut();
        let before = run.length();
        let actions = run.step(now, input);
        (actions, run.length() > before)
    }

    /// An agent is wanted, at the latest in so much time.
    pub(crate) fn queues(mut self, wait: Span, meanwhile: Meanwhile, now: Micros) -> Waiting {
        let until = now + wait;
        let soothed = Soothed { meanwhile, until, stage: Soothing::Begins, is_unheard: false };
        self.call.soothed = Some(soothed).filter(|_| !meanwhile.is_silence());
        Waiting { call: self.call, message_at: until }
    }

    /// The callee hears something now, or could not be given anything to hear, and is in the line of those who wait.
    pub(crate) fn joins_line(mut self, is_heard: bool) -> Result<Waiting, Self> {
        match &mut self.call.soothed {
            Some(soothed) if soothed.stage == Soothing::Begins => {
                (soothed.stage, soothed.is_unheard) = (Soothing::Sounds, !is_heard);
                Ok(Waiting { message_at: soothed.until, call: self.call })
            }
            Some(_) | None => Err(self),
        }
    }

    fn run_mut(&mut self) -> &mut Run {
        self.call.flow.as_mut().expect("whoever is in a flow has a way through it")
    }

    fn due(&self) -> Option<(Micros, Due)> {
        let own = self.call.flow.as_ref().and_then(|run| run.due()).map(|at| (at, Due::Flow));
        // Mostly they are in no room.
        let Some(room) = self.call.visit.as_ref().and_then(|visit| visit.due()) else { return own };
        Some(own.filter(|(at, _)| *at < room).unwrap_or((room, Due::Room)))
    }
}

impl Waiting {
    /// What the callee is to hear from now on or no more; they are out of the line until they do.
    pub(crate) fn leaves_line(mut self, stage: Soothing) -> Result<(Flowing, Meanwhile), Self> {
        match &mut self.call.soothed {
            Some(soothed) => {
                soothed.stage = stage;
                let meanwhile = soothed.meanwhile;
                Ok((Flowing { call: self.call }, meanwhile))
            }
            None => Err(self),
        }
    }

    /// Whether the callee was to hear something that may not have begun.
    pub(crate) fn may_hear_nothing(&self) -> bool {
        self.call.soothed.is_some_and(|soothed| soothed.is_unheard)
    }

    /// What the callee hears, if anything, which a join has to end.
    pub(crate) fn hears(&self) -> Meanwhile {
        self.call.soothed.map(|soothed| soothed.meanwhile).or(self.call.lingers).unwrap_or(Meanwhile::Silence)
    }

    /// No agent came whom the call flow has asked for.
    pub(crate) fn goes_on(self) -> Result<Flowing, Self> {
        if self.call.wants_agent_in_flow() { Ok(Flowing { call: self.call }) } else { Err(self) }
    }

    /// An agent was chosen.
    pub(crate) fn join(mut self, agent: AgentId, now: Micros) -> Joining {
        if !self.call.has_talked() {
            self.call.agent = Some(agent);
        }
        self.call.bridge = true;
        Joining {
            call: self.call,
            agent,
            agent_in: false,
            message_at: self.message_at,
            give_up_at: Ord::min(now + JOIN_PATIENCE, Ord::max(self.message_at, now + JOIN_LAST_CHANCE)),
        }
    }

    /// Whether one more agent may be tried.
    pub(crate) fn may_join(&self) -> bool {
        self.call.joins < JOINS
    }

    /// Whoever could not be joined has rested: agents may be tried again.
    pub(crate) fn rested(mut self) -> Self {
        (self.call.joins, self.call.rests_until) = (0, None);
        self
    }

    fn due(&self) -> (Micros, Due) {
        let rests_until = self.call.rests_until.filter(|&until| until < self.message_at);
        rests_until.map_or((self.message_at, Due::Message), |until| (until, Due::Rested))
    }

    /// Nobody came in time: the message is on its way.
    pub(crate) fn told(mut self, now: Micros) -> Telling {
        self.call.judge = None;
        // Neither a machine nor whoever has talked with an agent is dropped, and so has no moment at which they were but from
        // before.
        if !self.call.has_talked() && !self.call.is_machine() {
            self.call.times.message = Some(now);
        }
        Telling { call: self.call, cut_at: now + MESSAGE_LIMIT }
    }
}

impl Joining {
    /// Whether both are in the bridge.
    pub(crate) const fn is_whole(&self) -> bool {
        self.call.customer_in && self.agent_in
    }

    /// Both are in the bridge.
    pub(crate) fn whole(mut self, now: Micros) -> Talking {
        let first = self.call.times.bridged.is_none();
        let bridged = *self.call.times.bridged.get_or_insert(now);
        self.call.agent = Some(self.agent);
        (self.call.soothed, self.call.lingers) = (None, None);
        if let Some(run) = self.call.flow.as_mut().filter(|_| first) {
            let left = run.step(now, Input::AgentJoined);
            assert!(left.is_empty(), "whoever waits for an agent hears and says nothing else");
        }
        if let Some(log) = self.call.flow_before.as_mut().filter(|_| first) {
            log.agent_came();
        }
        let limit_at = self.call.talks_until(bridged);
        Talking { call: self.call, agent: self.agent, limit_at }
    }

    /// Nobody can tell yet whether it has worked.
    pub(crate) fn put_off(self, now: Micros) -> Self {
        Self { give_up_at: now + JOIN_PATIENCE, ..self }
    }

    /// It did not work; the callee waits for another, under the deadline that was running anyway. In a call flow that may be
    /// minutes, so after a rest they are offered again.
    pub(crate) fn failed(mut self, now: Micros) -> Waiting {
        self.call.joins += 1;
        self.call.rests_until = (self.call.joins >= JOINS).then_some(now + JOINS_AGAIN);
        Waiting { call: self.call, message_at: self.message_at }
    }
}

impl Talking {
    /// Taken up again from before a restart.
    pub(crate) fn adopted(call: Box<Dossier>, agent: AgentId, bridged: Micros, now: Micros) -> Self {
        let limit_at = call.talks_until(no_later(bridged, now));
        Self { call, agent, limit_at }
    }

    /// Whether a list that was asked for then has the conversation: what began since is not in it.
    pub(crate) fn is_listed(&self, asked: Micros) -> bool {
        self.call.times.bridged.is_some_and(|bridged| bridged < asked)
    }

    /// The agent leaves the callee to somebody else.
    pub(crate) fn leaves(self, now: Micros) -> Handed {
        Handed { call: self.call, since: now }
    }
}

impl Handed {
    /// Nothing came of it: an agent is wanted again, as soon as after an answer.
    pub(crate) fn comes_back(mut self, now: Micros) -> Waiting {
        (self.call.joins, self.call.rests_until) = (0, None);
        self.call.elsewhere = self.call.elsewhere + now.since(self.since);
        let message_at = now + self.call.rules.message_within;
        Waiting { call: self.call, message_at }
    }
}

impl EndingCall {
    /// It was answered after all while we were ending it: an answer that nobody took.
    pub(crate) fn answered(mut self, now: Micros) -> Self {
        self.call.times.answered.get_or_insert(now);
        self.phase = core::cmp::Ord::max(self.phase, Phase::Answered);
        self
    }
}

impl Closing {
    /// The record could not be written.
    pub(crate) fn not_written(mut self, again_at: Micros) -> Self {
        self.again_at = Some(again_at);
        self
    }
}

/// What an attempt waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    SetupTimeout,
    RingOver(Act),
    /// Answered, never put under our command, and the message is due.
    NeverEntered,
    /// The keys are sent.
    KeysSent,
    /// Something in the call flow is over or overdue.
    Flow,
    /// What was waited for in a room has not come.
    Room,
    Message,
    /// Whoever waits in a call flow, and could not be joined, may be offered to agents again.
    Rested,
    JoinTimeout,
    TalkLimit,
    MessageCut,
    /// The PBX has not told who it is.
    NoVerdict,
    /// The judge has something to say.
    Verdict,
    /// The machine has been silent for long enough.
    MachineQuiet,
    /// It was waited for, or the message has played, for too long.
    MachineOver,
    SecondLook,
    RecordAgain,
}

impl Attempt {
    /// The attempt's dossier; one that is closing has none any more.
    pub(crate) fn call(&self) -> Option<&Dossier> {
        match self {
            Self::Saving(Saving { call, .. })
            | Self::Placing(Placing { call, .. })
            | Self::Ringing(Ringing { call, .. })
            | Self::Answered(Answered { call, .. })
            | Self::Keying(Keying { call, .. })
            | Self::Detecting(Detecting { call, .. })
            | Self::Leaving(Leaving { call, .. })
            | Self::Flowing(Flowing { call })
            | Self::Waiting(Waiting { call, .. })
            | Self::Joining(Joining { call, .. })
            | Self::Talking(Talking { call, .. })
            | Self::Handed(Handed { call, .. })
            | Self::Telling(Telling { call, .. })
            | Self::Ending(EndingCall { call, .. }) => Some(call),
            Self::Closing(_) => None,
        }
    }

    /// The same, to write into.
    pub(crate) fn call_mut(&mut self) -> Option<&mut Dossier> {
        match self {
            Self::Saving(Saving { call, .. })
            | Self::Placing(Placing { call, .. })
            | Self::Ringing(Ringing { call, .. })
            | Self::Answered(Answered { call, .. })
            | Self::Keying(Keying { call, .. })
            | Self::Detecting(Detecting { call, .. })
            | Self::Leaving(Leaving { call, .. })
            | Self::Flowing(Flowing { call })
            | Self::Waiting(Waiting { call, .. })
            | Self::Joining(Joining { call, .. })
            | Self::Talking(Talking { call, .. })
            | Self::Handed(Handed { call, .. })
            | Self::Telling(Telling { call, .. })
            | Self::Ending(EndingCall { call, .. }) => Some(call),
            Self::Closing(_) => None,
        }
    }

    /// A leg entered or left the conversation's bridge. An agent who was tried before is not the one who is awaited.
    pub(crate) fn moved(&mut self, leg: Leg, is_in: bool) {
        match (leg, self) {
            (Leg::Customer { .. }, attempt) => {
                if let Some(call) = attempt.call_mut() {
                    call.customer_in = is_in;
                }
            }
            (Leg::Agent { agent, .. }, Self::Joining(joining)) if joining.agent == agent => {
                joining.agent_in = is_in;
            }
            (Leg::Agent { .. } | Leg::Transfer { .. }, _) => {}
        }
    }

    /// How far it has come; `None` before it is placed and after its end.
    pub(crate) fn phase(&self) -> Option<Phase> {
        match self {
            Self::Placing(_) => Some(Phase::Placed),
            Self::Ringing(_) => Some(Phase::Alerting),
            Self::Answered(answered) => Some(answered.phase()),
            Self::Keying(_) | Self::Detecting(_) | Self::Telling(_) | Self::Leaving(_) => {
                self.call().map(Dossier::answered_by)
            }
            Self::Waiting(_) | Self::Joining(_) => self.call().map(Dossier::waits_in),
            Self::Flowing(flowing) => Some(flowing.call.in_flow()),
            Self::Talking(_) | Self::Handed(_) => Some(Phase::Bridged),
            Self::Ending(ending) => Some(ending.phase),
            Self::Saving(_) | Self::Closing(_) => None,
        }
    }

    /// The agent who belongs to it: reserved beforehand, being joined, or talking.
    pub(crate) fn agent(&self) -> Option<AgentId> {
        match self {
            Self::Saving(_)
            | Self::Placing(_)
            | Self::Ringing(_)
            | Self::Answered(_)
            | Self::Keying(_)
            | Self::Detecting(_)
            | Self::Flowing(_) => self.call().and_then(|call| call.reserved),
            Self::Joining(joining) => Some(joining.agent),
            Self::Talking(talking) => Some(talking.agent),
            Self::Handed(_)
            | Self::Waiting(_)
            | Self::Telling(_)
            | Self::Leaving(_)
            | Self::Ending(_)
            | Self::Closing(_) => None,
        }
    }

    pub(crate) fn number(&self) -> Number {
        match self {
            Self::Closing(closing) => closing.record.number,
            other => other.dossier().request.number,
        }
    }

    pub(crate) fn campaign(&self) -> CampaignId {
        match self {
            Self::Closing(closing) => closing.record.campaign,
            other => other.dossier().request.campaign,
        }
    }

    fn dossier(&self) -> &Dossier {
        self.call().expect("only a closing attempt has no dossier")
    }

    /// When to look at it again, and for what.
    pub(crate) fn due(&self) -> Option<(Micros, Due)> {
        let own = self.own_due();
        // Mostly nobody listens.
        let Some(judge) = self.call().and_then(|call| call.judge.as_deref()) else { return own };
        let verdict = (judge.due(), Due::Verdict);
        Some(own.filter(|(at, _)| *at < verdict.0).unwrap_or(verdict))
    }

    fn own_due(&self) -> Option<(Micros, Due)> {
        match self {
            // Whoever is called, or talks, for a callee who is handed over has deadlines of their own.
            Self::Saving(_) | Self::Handed(_) => None,
            Self::Placing(placing) => Some((placing.give_up_at, Due::SetupTimeout)),
            Self::Ringing(ringing) => Some((ringing.hang_up_at, Due::RingOver(ringing.act))),
            Self::Answered(answered) => Some((answered.message_at, Due::NeverEntered)),
            Self::Keying(keying) => Some((keying.sent_at, Due::KeysSent)),
            Self::Detecting(detecting) => Some((detecting.give_up_at, Due::NoVerdict)),
            Self::Flowing(flowing) => flowing.due(),
            Self::Waiting(waiting) => Some(waiting.due()),
            Self::Joining(joining) => Some((joining.give_up_at, Due::JoinTimeout)),
            Self::Talking(talking) => Some((talking.limit_at, Due::TalkLimit)),
            Self::Telling(telling) => Some((telling.cut_at, Due::MessageCut)),
            Self::Leaving(leaving) => Some(leaving.due()),
            Self::Ending(ending) => Some((ending.look_at, Due::SecondLook)),
            Self::Closing(closing) => closing.again_at.map(|at| (at, Due::RecordAgain)),
        }
    }

    /// We end it. Asked again of one that is ending already, it only waits anew for the answer.
    pub(crate) fn end(self, act: Act, now: Micros) -> Self {
        let look_at = now + SECOND_LOOK;
        match self {
            Self::Ending(ending) => Self::Ending(EndingCall { look_at, ..ending }),
            unplaced @ (Self::Saving(_) | Self::Closing(_)) => unplaced,
            placed => {
                let phase = placed.phase().expect("what is placed and not over has a phase");
                let mut call = placed.into_call();
                call.judge = None;
                Self::Ending(EndingCall { call, act, phase, look_at })
            }
        }
    }

    /// What it keeps through all its states.
    pub(crate) fn into_call(self) -> Box<Dossier> {
        match self {
            Self::Saving(Saving { call, .. })
            | Self::Placing(Placing { call, .. })
            | Self::Ringing(Ringing { call, .. })
            | Self::Answered(Answered { call, .. })
            | Self::Keying(Keying { call, .. })
            | Self::Detecting(Detecting { call, .. })
            | Self::Leaving(Leaving { call, .. })
            | Self::Flowing(Flowing { call })
            | Self::Waiting(Waiting { call, .. })
            | Self::Joining(Joining { call, .. })
            | Self::Talking(Talking { call, .. })
            | Self::Handed(Handed { call, .. })
            | Self::Telling(Telling { call, .. })
            | Self::Ending(EndingCall { call, .. }) => call,
            Self::Closing(_) => unreachable!("only a closing attempt has no dossier"),
        }
    }

    /// How it would be said to have ended if it ended now with these causes.
    pub(crate) fn ending(
        &self,
        cause: Option<Cause>,
        tech: Option<TechCause>,
        unplaced: Option<Failure>,
    ) -> Ending {
        let act = match self {
            Self::Ending(ending) => Some(ending.act),
            // The callee may hang up while they hear the message; they were dropped all the same.
            Self::Telling(_) => Some(Act::NoAgent),
            Self::Saving(_)
            | Self::Placing(_)
            | Self::Ringing(_)
            | Self::Answered(_)
            | Self::Keying(_)
            | Self::Detecting(_)
            | Self::Flowing(_)
            | Self::Waiting(_)
            | Self::Joining(_)
            | Self::Talking(_)
            | Self::Handed(_)
            | Self::Leaving(_)
            | Self::Closing(_) => None,
        };
        Ending { phase: self.phase().unwrap_or(Phase::Placed), act, cause, tech, unplaced }
    }

    /// It is over: the one record.
    pub(crate) fn close(
        self,
        ending: Ending,
        decision: Decision,
        signature: &Signature,
        now: Micros,
    ) -> Closing {
        if let Self::Closing(closing) = self {
            return closing;
        }
        let mut call = self.into_call();
        call.times.ended = Some(now);
        call.hold.set(false, now);
        if let Some(run) = &mut call.flow {
            // What sounds or records has ended with the leg.
            run.step(now, Input::HungUp);
        }
        if let Some(takes) = &mut call.takes {
            takes.hung_up(now);
        }
        call.end_try(ending.cause, ending.tech, ending.unplaced);
        Closing { record: Arc::new(call.record(ending, decision, signature)), again_at: None }
    }
}
