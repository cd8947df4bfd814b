//! What has happened: the only way anything reaches the engine.
//!
//! Every name is a past fact. A command's answer comes back as [`Event::Settled`] with the command's own id;
//! if none comes, the engine's own deadline makes the silence into one.

use alloc::string::String;
use alloc::vec::Vec;

use crate::agent::{Missed, PauseCode};
use crate::amd::{Verdict, VerdictCause};
use crate::call::{CallRequest, CallSoFar, Debt};
use crate::campaign::CampaignState;
use crate::digits::Digits;
use crate::lead::{Barred, Callback, QueueItem};
use crate::pacing::{Paced, PacingChange, WindowCount};
use crate::recording::{TakeId, Track};
use crate::words::{
    AgentId, AskId, AttemptId, Bridge, CampaignId, CarrierId, Cause, Key, Leg, Micros, QueueId, RequestId,
    SessionId, Span, TechCause,
};

/// One fact.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Event {
    /// The database told what an earlier process left open. Comes once, before the first [`Event::LinkUp`].
    Reopened {
        /// Attempts that were saved and have no record yet.
        attempts: Vec<OpenAttempt>,
        /// Agents' sessions that have not ended.
        sessions: Vec<OpenSession>,
        /// How campaigns stood. One that ran goes on as soon as its message has been found again.
        campaigns: Vec<OpenCampaign>,
        /// Which caller ids were shown and when, in the order of time, as far back as a limit on them looks.
        #[cfg_attr(feature = "serde", serde(default))]
        shown: Vec<(String, Micros)>,
        /// What agents still have to say of calls that are over.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
        debts: Vec<Debt>,
    },
    /// The event stream from the PBX stands; nothing that happened while it was down will be told.
    LinkUp,
    /// The event stream from the PBX is gone.
    LinkLost,
    /// A leg did something.
    Leg {
        /// Which leg.
        leg: Leg,
        /// What it did.
        news: LegNews,
    },
    /// A command was answered.
    Settled {
        /// The command's id.
        request: RequestId,
        /// What came of it.
        outcome: Outcome,
    },
    /// An operator, an agent or the interface of the shell asked for something; a [`Command::Reply`] follows.
    ///
    /// [`Command::Reply`]: crate::Command::Reply
    Asked {
        /// Names the reply.
        ask: AskId,
        /// What is asked.
        wish: Wish,
    },
    /// A carrier's endpoint was seen to go out of or come back into service.
    Carrier {
        /// Which carrier.
        carrier: CarrierId,
        /// Whether it can be used.
        reachable: bool,
    },
    /// The PBX's interface for managers (AMI) answers again, or does not any more. Comes only where it is to be watched,
    /// and only when it has changed; it is taken to answer until then.
    Manager {
        /// Whether it answers.
        answers: bool,
    },
    /// The PBX said something that concerns nobody here: a foreign channel, an unknown type, a broken message.
    Foreign {
        /// The kind, counted in the view.
        kind: String,
        /// The leg that it seems to be about, where it could not be read: how that stands is asked for, since it may have been told
        /// that it rings, was answered, is in its bridge or is gone.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        leg: Option<Leg>,
    },
    /// Time has passed; nothing else is known.
    Woke,
}

/// What a leg did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LegNews {
    /// The far end sent early media, and no ringing yet (SIP 183). Counts as alerting.
    Progressed,
    /// The far end rings (SIP 180).
    Rang,
    /// The far end answered; the channel is up.
    Answered,
    /// The channel came under our command (`StasisStart`); only now can it be bridged or played to.
    Entered,
    /// The PBX followed a redirection (SIP 302) to a number that passed no gate.
    Forwarded,
    /// It entered a bridge.
    Joined(Bridge),
    /// It left a bridge.
    Parted(Bridge),
    /// A sound to it has come to its end, or could not be played.
    Played {
        /// Which playback of the attempt; 0 is the message for whom no agent came.
        #[cfg_attr(feature = "serde", serde(default))]
        nth: u16,
        /// False where the PBX could not play it to the end, a hang-up in mid-message among the reasons.
        whole: bool,
    },
    /// A key was pressed on it.
    Pressed(Key),
    /// Answering machine detection on the PBX has come to a verdict, and the channel is under our command again.
    Judged {
        /// Who it takes to have answered.
        verdict: Verdict,
        /// Why.
        cause: VerdictCause,
        /// How long the callee had been silent by then, as far as that is told.
        silence: Span,
    },
    /// Talk, or another sound, begins on it.
    TalkBegan,
    /// The talk has given way to silence.
    TalkEnded {
        /// How long the talk was, without the silence that shows its end.
        lasted: Span,
    },
    /// A recording of it has come to its end.
    Recorded {
        /// Which recording of the attempt, from 1.
        nth: u16,
        /// Whether there is a recording.
        whole: bool,
        /// How long it is.
        length: Span,
    },
    /// A take of the conversation has begun, or one of its tracks.
    TakeBegan {
        /// Which take of the attempt, from 1.
        nth: u16,
    },
    /// A track of a take has ended.
    TakeEnded {
        /// Which take of the attempt, from 1.
        nth: u16,
        /// Which track.
        track: Track,
        /// Whether it was written to its end.
        whole: bool,
    },
    /// The dialplan, which dialled the far end for it, tells by which SIP response that refused; its end is told next.
    Responded(TechCause),
    /// It is gone.
    Ended {
        /// Q.850 cause.
        cause: Cause,
        /// SIP response, where the channel technology knows one.
        tech: Option<TechCause>,
    },
}

impl LegNews {
    /// Whether it shows that a call has come through to somebody's phone.
    pub(crate) const fn comes_through(self) -> bool {
        matches!(self, Self::Progressed | Self::Rang | Self::Answered | Self::Entered)
    }
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not done, or perhaps not.
    Failed(Failure),
    /// [`Command::Save`] was refused by what only the database can know.
    ///
    /// [`Command::Save`]: crate::Command::Save
    Refused(SaveRefusal),
    /// Answer to [`Command::Fetch`].
    ///
    /// [`Command::Fetch`]: crate::Command::Fetch
    Fetched {
        /// The queue items that are now claimed for this engine, in dialling order.
        items: Vec<QueueItem>,
        /// Where fewer came than were asked for: when the next one will be due, if any ever will.
        next_due: Option<Micros>,
        /// When the next call that was agreed on will be due, if any is agreed on and not claimed.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        next_callback: Option<Micros>,
    },
    /// Answer to [`Command::Survey`]: what is there, as of some moment after the command.
    ///
    /// [`Command::Survey`]: crate::Command::Survey
    Surveyed {
        /// Our legs that exist.
        legs: Vec<SeenLeg>,
        /// Our bridges that exist.
        bridges: Vec<Bridge>,
        /// The tracks that our channels listen for.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
        takes: Vec<SeenTake>,
    },
    /// Answer to [`Command::Look`]: the leg as it is, or `None` if there is none.
    ///
    /// [`Command::Look`]: crate::Command::Look
    Looked(Option<SeenLeg>),
}

impl Outcome {
    /// Whether it was not done, for certain.
    pub(crate) const fn is_undone(&self) -> bool {
        matches!(self, Self::Failed(failure) if !failure.leaves_it_open())
    }

    /// Whether it was done, and there is nothing else to be told.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}

/// Why a command was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Failure {
    /// What it was about no longer exists. Expected while things are torn down.
    Gone,
    /// The leg is not, or not yet, under our command.
    NotOurs,
    /// The leg is in a state that does not allow it, such as not answered.
    WrongState,
    /// Something of that name exists already.
    Exists,
    /// The PBX could not make the channel: unknown endpoint, no contact, endpoint out of service. No call was made.
    Unavailable,
    /// The request was not sent. Nothing happened.
    NotSent,
    /// The request was sent and no answer came. It may have happened.
    OutcomeUnknown,
    /// The database could not do it. Nothing was written.
    Database,
    /// The PBX refused for another reason.
    Rejected,
    /// Nothing at all came back before the engine's deadline.
    Silence,
}

impl Failure {
    /// Whether what was asked for may have been done all the same.
    pub(crate) const fn leaves_it_open(self) -> bool {
        matches!(self, Self::OutcomeUnknown | Self::Silence)
    }

    /// Whether an originate that has failed so has made no leg. A request that the PBX does not know at all has not either.
    pub(crate) const fn has_placed_nothing(self) -> bool {
        matches!(self, Self::Unavailable | Self::NotSent | Self::Rejected | Self::Gone)
    }
}

/// Why the database would not have an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SaveRefusal {
    /// The number is on a live call somewhere in the house.
    NumberLive,
    /// The queue item is no longer ours: ended, removed or claimed by another.
    NotClaimed,
    /// The number is on a do-not-call list of the campaign, or not on its allow-list. The queue item has come to its end.
    DoNotCall,
    /// A do-not-call list that the campaign has to keep to is older than it may be, or was never imported.
    RegistryTooOld,
    /// The number was dropped after [`CallRequest::undropped_since`], which the claim may not have known.
    Dropped {
        /// When, last.
        at: Micros,
    },
    /// The number has been called as often as it may be.
    TooOften {
        /// Until when.
        until: Micros,
    },
}

/// A leg of ours as the PBX shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SeenLeg {
    /// Which leg.
    pub leg: Leg,
    /// Whether it is up.
    pub up: bool,
    /// Whether its far end rings.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub rings: bool,
    /// The bridge of ours that it is in.
    pub bridge: Option<Bridge>,
}

/// One track of a take as the PBX shows it: a channel that listens for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SeenTake {
    /// Which take.
    pub take: TakeId,
    /// Which of its tracks.
    pub track: Track,
}

/// An attempt that an earlier process saved and did not close.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OpenAttempt {
    /// What was saved before the last try.
    pub request: CallRequest,
    /// What was noted last.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub so_far: CallSoFar,
    /// How many legs to others were written down for it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub others: u16,
}

/// The moments of one attempt, each as the engine learned of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Times {
    /// When the gate let it pass.
    pub created: Micros,
    /// When the last try was given to the PBX.
    pub placed: Option<Micros>,
    /// When the far end began to ring or to send early media.
    pub rang: Option<Micros>,
    /// When it was answered.
    pub answered: Option<Micros>,
    /// When callee and agent were both in the bridge.
    pub bridged: Option<Micros>,
    /// When the message for a call without an agent was asked to start.
    pub message: Option<Micros>,
    /// When the last leg to the callee was gone.
    pub ended: Option<Micros>,
}

/// An agent's session that an earlier process left open.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OpenSession {
    /// Whose.
    pub agent: AgentId,
    /// The leg's session; `None` where the agent is at work and has no leg just now.
    pub session: Option<SessionId>,
    /// The pause code, where the agent is paused or will be after their call.
    pub paused: Option<PauseCode>,
    /// Whether they have logged out, and were only kept by a call or its work.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub leaves: bool,
    /// The rings that they have not picked up of late.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub missed: Option<Missed>,
}

/// A campaign as an earlier process left it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OpenCampaign {
    /// Which campaign.
    pub id: CampaignId,
    /// How it stood.
    pub state: CampaignState,
    /// When it first ran, if it ever has.
    pub began: Option<Micros>,
    /// When it is to pause by itself; a moment that has passed meanwhile is now.
    pub closes_at: Option<Micros>,
    /// What was changed of its pacing. It is forgotten where the campaign is configured otherwise by now.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub paced: Option<Paced>,
    /// What its drop windows have counted, in the order of its rules: see [`CampaignRules::windows`].
    ///
    /// [`CampaignRules::windows`]: crate::campaign::CampaignRules::windows
    pub counts: Vec<WindowCount>,
}

/// What is wanted of the recording of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RecordingWish {
    /// It begins.
    Start,
    /// It ends, and is kept.
    Stop,
    /// Silence is recorded in place of what is said, such as the number of a card.
    Pause,
    /// What is said is recorded again.
    Resume,
}

/// What an agent wants who is on a call. Whoever is to take the callee, or to come in, goes by the name that the campaign has
/// for them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TransferWish {
    /// To hand the callee over and be done with the call, whoever answers.
    Transfer(String),
    /// To talk with somebody while the callee is on hold.
    Consult(String),
    /// To leave the callee to whoever is on the line, and be done with the call.
    Complete,
    /// To have all three talk with each other.
    Join,
    /// To go on with the callee alone: the other is hung up on, or not called any more.
    Back,
}

/// What somebody asks of the engine.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Wish {
    /// Start or resume a campaign. Its message is looked for first.
    Start(CampaignId),
    /// No new calls; live ones finish; can be resumed.
    Pause(CampaignId),
    /// No new calls; when the live ones have finished the campaign is stopped.
    Drain(CampaignId),
    /// No new calls; ringing ones are given up, though never before their 15 s of ringing.
    Stop(CampaignId),
    /// The campaign is to dial until that moment and then to pause by itself, also in another process; `None` takes it
    /// back. Predictive pacing spends its budget of drops by then.
    CloseAt {
        /// Which campaign.
        campaign: CampaignId,
        /// When; a moment that has passed is now.
        at: Option<Micros>,
    },
    /// The campaign is to dial with that change of its pacing from now on, also in another process for as long as it is configured
    /// like this; `None` takes it back. Nothing that has been learnt or counted is forgotten: where a limit is lowered, the drops of
    /// the window so far count against it.
    Pace {
        /// Which campaign.
        campaign: CampaignId,
        /// What is changed of what is configured, in place of every earlier change.
        change: Option<PacingChange>,
    },
    /// New or changed leads may be there.
    LeadsAdded(CampaignId),
    /// Numbers are not to be called any more, which is durable already: what is held ready or saved of them is not dialled.
    /// Calls that are under way go on.
    DoNotCall {
        /// The numbers.
        barred: Barred,
        /// For whom; one that is not configured here means nothing.
        campaigns: Vec<CampaignId>,
    },
    /// A callback was written down for a queue item.
    CallBack {
        /// Its campaign.
        campaign: CampaignId,
        /// Which item.
        item: QueueId,
        /// For when.
        at: Micros,
    },
    /// What was agreed on for a queue item is off, which is durable already: what is held ready of it is out of date. A call that is
    /// under way goes on.
    CallOff {
        /// Its campaign.
        campaign: CampaignId,
        /// Which item.
        item: QueueId,
    },
    /// So many dials for a campaign that paces by [`Pacing::Allotted`]. They are used as the gate lets them pass; what is
    /// not used lapses at the next allotment, and only then.
    ///
    /// [`Pacing::Allotted`]: crate::pacing::Pacing::Allotted
    Allot {
        /// Which campaign.
        campaign: CampaignId,
        /// How many, in place of whatever is left.
        dials: u32,
    },
    /// An agent comes to work and is ready as soon as the seat stands.
    LogIn(AgentId),
    /// An agent leaves, after the call if there is one.
    LogOut(AgentId),
    /// No calls for this agent from the next one on.
    PauseAgent {
        /// Who.
        agent: AgentId,
        /// Why, in the house's own codes.
        code: PauseCode,
    },
    /// An agent takes calls again, or ends the wrap-up.
    ReadyAgent(AgentId),
    /// An agent says what came of a call: of the one that they are on, or of one that is over. It is granted once it is
    /// durable.
    Dispose {
        /// Who.
        agent: AgentId,
        /// Of which call; where none is named, of the one that they are on, or else of the first that they owe it for.
        attempt: Option<AttemptId>,
        /// The code of the disposition.
        code: String,
        /// The call that was agreed on, where the disposition means that one is.
        callback: Option<Callback>,
        /// What to know before that call.
        note: Option<String>,
    },
    /// The callee of an agent's call is put on hold, or taken off it: they hear music, and neither hears the other.
    HoldCallee {
        /// Who.
        agent: AgentId,
        /// Whether they are to be on hold.
        on: bool,
    },
    /// An agent is not to be heard in their call, or to be heard again.
    Mute {
        /// Who.
        agent: AgentId,
        /// Whether they are not to be heard.
        on: bool,
    },
    /// An agent hands the callee of their call over, or brings somebody in.
    Transfer {
        /// Who.
        agent: AgentId,
        /// What they want.
        wish: TransferWish,
    },
    /// The lead that an agent looks at is dialled.
    AcceptLead(AgentId),
    /// It is not, and rests; another one is shown.
    SkipLead(AgentId),
    /// End a live attempt.
    HangUp(AttemptId),
    /// Send keys to a callee who talks with an agent.
    SendDigits {
        /// Which attempt.
        attempt: AttemptId,
        /// The keys.
        digits: Digits,
    },
    /// Record a conversation, or do not.
    Record {
        /// Whose.
        attempt: AttemptId,
        /// What is wanted.
        wish: RecordingWish,
    },
    /// Close the floor: no new calls, live ones finish, agents are logged out, nothing is left in the PBX.
    CloseFloor,
}
