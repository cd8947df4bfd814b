//! Who talks? Agents, their legs and what they want.
//!
//! An agent's state is never stored: it follows from what the agent wants, from the leg and from the call they are
//! engaged in, so there is no state to be stuck in.

mod pool;

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

pub(crate) use pool::{Agents, Before, Reach, Turn};

use crate::lead::QueueItem;
use crate::pacing::{Busy, Work};
use crate::words::{AgentId, AttemptId, CampaignId, Leg, Micros, SessionId, Span};

/// What the house decides about an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AgentRules {
    /// The id that every row and channel carries.
    pub id: AgentId,
    /// The name that operators use.
    pub name: String,
    /// The campaign they work for.
    pub campaign: CampaignId,
    /// Their phone's dial string, such as `PJSIP/agent-1`.
    pub endpoint: String,
    /// When their phone is called.
    pub seat: Seat,
    /// How long their phone may ring; 1 s to 120 s.
    pub ring_timeout: Span,
    /// After so many rings in a row that they do not pick up they are paused and their phone is left alone; 1 to 100.
    #[cfg_attr(feature = "serde", serde(default = "three"))]
    pub missed_rings: u8,
}

/// What journals mean that were written before it could be chosen.
#[cfg(feature = "serde")]
const fn three() -> u8 {
    3
}

/// When an agent's phone is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Seat {
    /// Once, at log-in; the leg then waits in the holding bridge between conversations.
    NailedUp,
    /// Before each conversation, and ahead of the customer; the leg ends with the conversation.
    PerCall,
}

/// Why an agent takes no calls, in the house's own codes: 1 to 32 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct PauseCode(String);

/// A text that cannot be a [`PauseCode`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPauseCode(String);

impl fmt::Display for BadPauseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no pause code: use 1 to 32 printable characters, such as `lunch`", self.0)
    }
}

impl core::error::Error for BadPauseCode {}

impl TryFrom<String> for PauseCode {
    type Error = BadPauseCode;
    fn try_from(code: String) -> Result<Self, BadPauseCode> {
        let fits = (1..=32).contains(&code.chars().count()) && !code.chars().any(char::is_control);
        if fits { Ok(Self(code)) } else { Err(BadPauseCode(code)) }
    }
}

impl From<PauseCode> for String {
    fn from(code: PauseCode) -> Self {
        code.0
    }
}

impl PauseCode {
    /// The code of whoever did not pick up their phone so often that they take no calls until they say otherwise.
    #[must_use]
    pub fn missed_ring() -> Self {
        Self(String::from("missed-ring"))
    }
}

impl fmt::Display for PauseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Rings that an agent has not picked up since the last one that they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Missed {
    /// How many.
    pub in_a_row: u8,
    /// When the last was given up.
    pub last: Micros,
}

/// An agent's state as operators know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum AgentState {
    /// Not at work.
    Offline,
    /// At work, takes no calls.
    Paused,
    /// Waits for a call.
    Ready,
    /// Looks at a lead that is not dialled yet.
    Previewing,
    /// Chosen for a call that is not joined yet.
    Reserved,
    /// Their own phone is being called.
    Ringing,
    /// Talks.
    OnCall,
    /// Finishes the last call's work.
    WrapUp,
}

impl AgentState {
    /// All of them, in the order of screens.
    pub const ALL: [Self; 8] = [
        Self::Offline,
        Self::Paused,
        Self::Ready,
        Self::Previewing,
        Self::Reserved,
        Self::Ringing,
        Self::OnCall,
        Self::WrapUp,
    ];

    /// As it is written down. Whoever is chosen for a call goes on waiting for it: which call that is, and until when, is
    /// written with the call.
    #[must_use]
    pub const fn on_record(self) -> Self {
        if matches!(self, Self::Reserved) { Self::Ready } else { self }
    }

    /// As stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Paused => "paused",
            Self::Ready => "ready",
            Self::Previewing => "previewing",
            Self::Reserved => "reserved",
            Self::Ringing => "ringing",
            Self::OnCall => "on_call",
            Self::WrapUp => "wrap_up",
        }
    }
}

impl fmt::Display for AgentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How long the PBX may take to do what we asked of an agent's leg before it is looked at.
const SECOND_LOOK: Span = Span::secs(2);

/// How long a phone that was called for one conversation is kept while no call comes about.
const IDLE: Span = Span::secs(10);

/// How often, and how far apart, a phone is called again that was lost through no doing of its agent.
const RECALLS: u8 = 3;
const RECALL_AFTER: Span = Span::secs(5);

/// What an agent wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Intent {
    Away,
    Pause(PauseCode),
    Work,
}

/// An agent's leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phone {
    /// No leg; with `recall` one is to be made at that moment, or may be from then on where it is made for each conversation.
    None { recall: Option<Micros> },
    /// Being called.
    Calling { session: SessionId, hang_up_at: Micros },
    /// Under our command. `held`: in the holding bridge, as the PBX has told.
    Seated { session: SessionId, held: bool, look_at: Micros },
    /// Being hung up.
    Leaving { session: SessionId, look_at: Micros },
}

/// What an agent is engaged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engagement {
    Free,
    /// Looks at the lead in [`Agent::lead`].
    Previewing {
        until: Micros,
    },
    Reserved(AttemptId),
    OnCall(AttemptId),
    /// `of` is the call that they are to say something of, where they are.
    WrapUp {
        until: Micros,
        of: Option<AttemptId>,
    },
}

/// One agent.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) rules: AgentRules,
    pub(crate) intent: Intent,
    pub(crate) phone: Phone,
    pub(crate) engagement: Engagement,
    /// The lead that they look at, where they do.
    pub(crate) lead: Option<Box<QueueItem>>,
    /// What they have asked for while calls in the air might still need them, and get as soon as none does.
    pub(crate) leaving: Option<Intent>,
    /// Whether it is the closing floor that sends them home, which says nothing of the next one.
    pub(crate) is_sent_home: bool,
    /// Whether they are not to be heard.
    pub(crate) mute: Mute,
    /// The rings that they have not picked up of late.
    pub(crate) missed: Option<Missed>,
    recalls: u8,
    /// The state that is shown, and since when.
    shown: (AgentState, Micros),
    /// Since when the state that is written down has been the same.
    recorded_since: Micros,
    noted: Option<Note>,
}

/// Whether an agent's leg is muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mute {
    /// Whether it is, or may be.
    pub(crate) on: bool,
    /// Whether the PBX is being asked to change that.
    pub(crate) asked: bool,
    /// Whether only an earlier process knows, which may have muted them: they are heard again, also in a call.
    pub(crate) unsure: bool,
    /// Whether the PBX was asked last and did not say that it was done.
    pub(crate) doubted: bool,
}

/// What was last written down about an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) session: Option<SessionId>,
    pub(crate) state: AgentState,
    pub(crate) since: Micros,
    pub(crate) paused: Option<PauseCode>,
    pub(crate) leaves: bool,
    pub(crate) missed: Option<Missed>,
}

/// How a leg was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Nobody hung it up: the phone is called again, a few times.
    Accident,
    /// We hung it up, or its conversation is over.
    Ours,
    /// The agent hung it up, and so has gone.
    Theirs,
    /// The agent did not pick it up.
    Missed,
}

/// What an agent waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AgentDue {
    RingTimeout,
    Recall,
    WrapUpOver,
    /// They have looked at a lead for as long as they may.
    PreviewOver,
    SecondLook,
    /// Called for a conversation that does not come about.
    IdleOver,
}

impl Agent {
    fn new(rules: AgentRules, now: Micros) -> Self {
        Self {
            rules,
            intent: Intent::Away,
            phone: Phone::None { recall: None },
            engagement: Engagement::Free,
            lead: None,
            leaving: None,
            is_sent_home: false,
            mute: Mute::default(),
            missed: None,
            recalls: 0,
            shown: (AgentState::Offline, now),
            recorded_since: now,
            noted: None,
        }
    }

    /// As operators know it. A function of intent, leg and engagement, and of nothing else.
    pub(crate) fn state(&self) -> AgentState {
        match (&self.engagement, &self.intent, self.phone) {
            (Engagement::OnCall(_), _, _) => AgentState::OnCall,
            (Engagement::Reserved(_), _, _) => AgentState::Reserved,
            // Whoever has gone home owes what they owe, and is gone.
            (Engagement::WrapUp { of: Some(_), .. }, Intent::Away, Phone::None { .. }) => AgentState::Offline,
            (Engagement::WrapUp { .. }, _, _) => AgentState::WrapUp,
            (Engagement::Previewing { .. }, _, _) => AgentState::Previewing,
            (Engagement::Free, _, Phone::Calling { .. }) => AgentState::Ringing,
            (Engagement::Free, Intent::Away, _) => AgentState::Offline,
            (Engagement::Free, Intent::Pause(_), _) => AgentState::Paused,
            (Engagement::Free, Intent::Work, phone) if self.is_placed(phone) => AgentState::Ready,
            (Engagement::Free, Intent::Work, _) => AgentState::Ringing,
        }
    }

    /// Whether the leg is where a ready agent's leg belongs.
    const fn is_placed(&self, phone: Phone) -> bool {
        match (phone, self.rules.seat) {
            // Nobody would hear them, or not any moment now.
            (Phone::Seated { .. }, _) if self.mute.on || self.mute.asked => false,
            (Phone::Seated { held, .. }, _) => held,
            (Phone::None { recall: None }, Seat::PerCall) => true,
            (Phone::None { .. } | Phone::Calling { .. } | Phone::Leaving { .. }, _) => false,
        }
    }

    /// Whether they are on a call or in its work and mean to take another.
    fn is_returning(&self) -> bool {
        self.busy().is_some()
    }

    /// Whether their phone is being called for a conversation, or was picked up just now and is not where it belongs yet.
    fn is_summoned(&self) -> bool {
        self.rules.seat == Seat::PerCall
            && match self.phone {
                Phone::Calling { .. } => true,
                Phone::Seated { held, .. } => {
                    !held && self.engagement == Engagement::Free && self.intent == Intent::Work
                }
                Phone::None { .. } | Phone::Leaving { .. } => false,
            }
    }

    /// The code of the pause that they are in, or that begins after their call.
    pub(crate) const fn pause_code(&self) -> Option<&PauseCode> {
        match (&self.leaving, &self.intent) {
            (Some(Intent::Pause(code)), _) | (None, Intent::Pause(code)) => Some(code),
            (Some(Intent::Away | Intent::Work), _) | (None, Intent::Away | Intent::Work) => None,
        }
    }

    /// Whether they have logged out and go home as soon as nothing keeps them any more: neither their call nor its work, nor a
    /// call that may yet need them.
    pub(crate) fn is_going_home(&self) -> bool {
        let is_to_go = *self.leaving.as_ref().unwrap_or(&self.intent) == Intent::Away;
        is_to_go && !self.is_sent_home && self.shown.0 != AgentState::Offline
    }

    /// The state that is shown, and since when.
    pub(crate) const fn shown(&self) -> (AgentState, Micros) {
        self.shown
    }

    /// Brings what is shown and written down in line with what they have become.
    fn stand(&mut self, now: Micros) {
        let (state, was) = (self.state(), self.shown.0);
        if state != was {
            self.shown = (state, now);
        }
        if state.on_record() != was.on_record() {
            self.recorded_since = now;
        }
    }

    /// What keeps them from the next call, where they mean to take one.
    fn busy(&self) -> Option<Busy> {
        let since = self.shown.1;
        match self.engagement {
            _ if self.intent != Intent::Work => None,
            Engagement::Free => None,
            Engagement::Previewing { .. } | Engagement::Reserved(_) | Engagement::OnCall(_) => {
                Some(Busy { since, with: Work::Talk })
            }
            Engagement::WrapUp { until, .. } => Some(Busy { since, with: Work::WrapUp { until } }),
        }
    }

    /// The session of the leg, where there is one.
    pub(crate) const fn session(&self) -> Option<SessionId> {
        match self.phone {
            Phone::None { .. } => None,
            Phone::Calling { session, .. }
            | Phone::Seated { session, .. }
            | Phone::Leaving { session, .. } => Some(session),
        }
    }

    /// The leg, where there is one.
    pub(crate) fn leg(&self) -> Option<Leg> {
        self.session().map(|session| Leg::Agent { agent: self.rules.id, session })
    }

    /// Whether the leg is under our command.
    pub(crate) const fn is_seated(&self) -> bool {
        matches!(self.phone, Phone::Seated { .. })
    }

    /// How they are reached.
    pub(crate) const fn reach(&self) -> Reach {
        if self.is_seated() { Reach::AtHand } else { Reach::ByPhone }
    }

    /// Whether the phone began to be called at that moment or later.
    pub(crate) fn is_called_since(&self, moment: Micros) -> bool {
        match self.phone {
            Phone::Calling { hang_up_at, .. } => hang_up_at - self.rules.ring_timeout >= moment,
            Phone::None { .. } | Phone::Seated { .. } | Phone::Leaving { .. } => false,
        }
    }

    /// The phone is being called.
    pub(crate) fn call(&mut self, session: SessionId, now: Micros) {
        self.phone = Phone::Calling { session, hang_up_at: now + self.rules.ring_timeout };
    }

    /// The leg is under our command, or is to go back to the holding bridge.
    pub(crate) fn seat(&mut self, session: SessionId, now: Micros) {
        self.recalls = RECALLS;
        self.mute = Mute::default();
        self.missed = None;
        self.phone = Phone::Seated { session, held: false, look_at: now + SECOND_LOOK };
    }

    /// The leg is taken up from an earlier process.
    pub(crate) fn adopt(&mut self, session: SessionId, now: Micros) {
        self.seat(session, now);
        self.mute = Mute { on: true, asked: false, unsure: true, doubted: false };
    }

    /// The leg that was taken up is not picked up yet, and rings.
    pub(crate) fn still_rings(&mut self, session: SessionId, now: Micros) {
        self.mute = Mute::default();
        self.call(session, now);
    }

    /// The leg entered or left the holding bridge.
    pub(crate) fn held(&mut self, is_held: bool, now: Micros) {
        if let Phone::Seated { held, look_at, .. } = &mut self.phone {
            *held = is_held;
            *look_at = now + SECOND_LOOK;
        }
    }

    /// The leg is being hung up.
    pub(crate) fn leave(&mut self, now: Micros) {
        if let Some(session) = self.session() {
            self.phone = Phone::Leaving { session, look_at: now + SECOND_LOOK };
        }
    }

    /// Another second look is due later.
    pub(crate) fn look_later(&mut self, now: Micros) {
        if let Phone::Seated { look_at, .. } | Phone::Leaving { look_at, .. } = &mut self.phone {
            *look_at = now + SECOND_LOOK;
        }
    }

    /// Goes where they have asked to go, if they have. Each code has a pause of its own.
    pub(crate) fn go(&mut self, now: Micros) {
        if let Some(intent) = self.leaving.take() {
            if self.shown.0 == AgentState::Paused && intent != self.intent {
                self.shown.1 = now;
                self.recorded_since = now;
            }
            self.intent = intent;
        }
    }

    /// Looks at a lead until then.
    pub(crate) fn preview(&mut self, lead: QueueItem, until: Micros) {
        self.engagement = Engagement::Previewing { until };
        self.lead = Some(Box::new(lead));
    }

    /// Looks at no lead any more; gives the one that they looked at. The phone that they have for it is not idle yet.
    pub(crate) fn end_preview(&mut self, now: Micros) -> Option<QueueItem> {
        let lead = self.lead.take()?;
        self.engagement = Engagement::Free;
        self.look_later(now);
        Some(*lead)
    }

    /// The leg is gone.
    pub(crate) fn lost(&mut self, loss: Loss, now: Micros) {
        self.go(now);
        match loss {
            // A phone that keeps being lost is of no use to anybody: the agent has to see to it and log in again.
            Loss::Accident if self.recalls == 0 => self.intent = Intent::Away,
            Loss::Accident => self.recalls -= 1,
            Loss::Ours => {}
            Loss::Theirs => self.intent = Intent::Away,
            Loss::Missed => self.misses(now),
        }
        self.mute = Mute::default();
        let comes_back = match self.rules.seat {
            Seat::NailedUp => true,
            // Nor is a phone that cannot be had called in a rush where the next lead waits for it already.
            Seat::PerCall => loss == Loss::Accident,
        };
        let wanted = comes_back && self.intent != Intent::Away && !self.is_left_alone();
        self.phone = Phone::None { recall: wanted.then(|| now + RECALL_AFTER) };
    }

    /// Has not picked up the phone. Whoever has not too often takes no calls until they say that they are there again.
    pub(crate) fn misses(&mut self, now: Micros) {
        let before = self.missed.map_or(0, |missed| missed.in_a_row);
        self.missed = Some(Missed { in_a_row: before.saturating_add(1), last: now });
        if self.is_left_alone() && self.intent == Intent::Work {
            self.intent = Intent::Pause(PauseCode::missed_ring());
        }
    }

    /// Whether they have missed so many rings that their phone is not called by itself any more.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.missed.is_some_and(|missed| missed.in_a_row >= self.rules.missed_rings)
    }

    /// Comes to work, or back to it.
    pub(crate) fn work(&mut self) {
        self.intent = Intent::Work;
        self.leaving = None;
        self.is_sent_home = false;
        self.missed = None;
        self.recalls = RECALLS;
    }

    /// When to look at it again, and for what.
    pub(crate) fn due(&self) -> Option<(Micros, AgentDue)> {
        let phone = match self.phone {
            Phone::None { recall } => recall.map(|at| (at, AgentDue::Recall)),
            Phone::Calling { hang_up_at, .. } => Some((hang_up_at, AgentDue::RingTimeout)),
            Phone::Seated { held, look_at, .. }
                if (!held || self.mute.on) && self.engagement_allows_hold() =>
            {
                Some((look_at, AgentDue::SecondLook))
            }
            Phone::Seated { look_at, .. } if self.is_idle_per_call() => {
                Some((look_at + IDLE, AgentDue::IdleOver))
            }
            Phone::Seated { .. } => None,
            Phone::Leaving { look_at, .. } => Some((look_at, AgentDue::SecondLook)),
        };
        let engagement = match self.engagement {
            Engagement::Previewing { until } => Some((until, AgentDue::PreviewOver)),
            Engagement::WrapUp { until, .. } => Some((until, AgentDue::WrapUpOver)),
            Engagement::Free | Engagement::Reserved(_) | Engagement::OnCall(_) => None,
        };
        [phone, engagement].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn is_idle_per_call(&self) -> bool {
        self.rules.seat == Seat::PerCall && self.engagement == Engagement::Free
    }

    const fn engagement_allows_hold(&self) -> bool {
        match self.engagement {
            Engagement::Free | Engagement::Previewing { .. } | Engagement::WrapUp { .. } => true,
            Engagement::Reserved(_) | Engagement::OnCall(_) => false,
        }
    }
}
