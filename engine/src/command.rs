//! What is to be done: the only way anything leaves the engine.
//!
//! Every name is an imperative. All but [`Command::Reply`] carry a [`RequestId`] and are answered by exactly one
//! [`Event::Settled`](crate::Event::Settled); where the shell falls silent the engine settles it itself.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::agent::{AgentState, Missed, PauseCode};
use crate::call::{CallRequest, CallSoFar, DialString, Disposed, Record, TransferRequest, Variables};
use crate::campaign::CampaignState;
use crate::digits::Digits;
use crate::flow::Meanwhile;
use crate::gate::Reason;
use crate::pacing::{Paced, UnfitChange};
use crate::recording::{Format, NotNow, TakeId};
use crate::words::{
    AgentId, AskId, AttemptId, Bridge, CampaignId, Label, LeadId, Leg, Micros, Number, QueueId, RequestId,
    SessionId, Span,
};

/// One imperative.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Command {
    /// Claim up to `count` due queue items. Answer: [`Outcome::Fetched`](crate::Outcome::Fetched).
    Fetch {
        /// Names the answer.
        request: RequestId,
        /// Whose items.
        campaign: CampaignId,
        /// At most so many.
        count: u32,
        /// Only items that have had fewer attempts than this: the campaign's shared cap.
        cap: u32,
    },
    /// Give claimed queue items back as they were, though not to be claimed again too soon.
    Release {
        /// Names the answer.
        request: RequestId,
        /// They are not due before that moment.
        not_before: Micros,
        /// The items.
        items: Vec<QueueId>,
        /// Who looked at them and skipped them, where that is why.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        skipped_by: Option<AgentId>,
    },
    /// Write an intent durably, and answer only then. Answers: `Done`, `Refused`, `Failed(Database)`.
    Save {
        /// Names the answer.
        request: RequestId,
        /// The whole call request; stored once and never changed.
        call: Arc<CallRequest>,
    },
    /// Write down how far an attempt has come, so that a later process can take it up.
    Note {
        /// Names the answer.
        request: RequestId,
        /// Which attempt.
        attempt: AttemptId,
        /// How far that is. Boxed, so that every command is small to hand on.
        #[cfg_attr(feature = "serde", serde(flatten))]
        so_far: Box<CallSoFar>,
    },
    /// Write the one record of an attempt, and with it the fate of the queue item.
    Record {
        /// Names the answer.
        request: RequestId,
        /// The record.
        record: Arc<Record>,
    },
    /// Write what came of a call whose record is written, and with it the fate of the queue item that the record left open.
    Dispose {
        /// Names the answer.
        request: RequestId,
        /// What is to be written.
        disposed: Arc<Disposed>,
    },
    /// Write down how an agent stands.
    NoteAgent {
        /// Names the answer.
        request: RequestId,
        /// Who.
        agent: AgentId,
        /// The leg's session, where there is a leg.
        session: Option<SessionId>,
        /// As shown to operators, but that whoever is chosen for a call is still [`AgentState::Ready`]: they wait for it, and
        /// the call itself says whom it is for.
        state: AgentState,
        /// Since when.
        since: Micros,
        /// The pause code that will hold after the call, where one was asked for.
        paused: Option<PauseCode>,
        /// Whether they have logged out, and are gone as soon as nothing keeps them any more.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
        leaves: bool,
        /// The rings that they have not picked up of late.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        missed: Option<Missed>,
    },
    /// Write down how a campaign stands.
    NoteCampaign {
        /// Names the answer.
        request: RequestId,
        /// Which campaign.
        campaign: CampaignId,
        /// Its state.
        state: CampaignState,
        /// When it first ran, if it has.
        began: Option<Micros>,
        /// When it is to pause by itself.
        closes_at: Option<Micros>,
        /// What was changed of its pacing.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        paced: Option<Paced>,
    },
    /// Place a call to a customer or an agent.
    Originate {
        /// Names the answer.
        request: RequestId,
        /// What to place.
        originate: Box<Originate>,
    },
    /// End a leg.
    HangUp {
        /// Names the answer.
        request: RequestId,
        /// Which leg.
        leg: Leg,
    },
    /// Make a conversation's bridge and put both legs into it with one request.
    Join {
        /// Names the answer.
        request: RequestId,
        /// Whose conversation.
        attempt: AttemptId,
        /// The customer's leg.
        customer: Leg,
        /// The agent's leg.
        agent: Leg,
        /// What the customer hears until then, which is ended first.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Meanwhile::is_silence"))]
        meanwhile: Meanwhile,
    },
    /// Put an agent's leg into the holding bridge, making that bridge if need be.
    Hold {
        /// Names the answer.
        request: RequestId,
        /// The agent's leg.
        leg: Leg,
    },
    /// Put a callee on hold where they are, or take them off it: they hear music, and neither side hears the other.
    SetAside {
        /// Names the answer.
        request: RequestId,
        /// The customer's leg.
        leg: Leg,
        /// Whether they are to be on hold.
        on: bool,
    },
    /// Let an agent not be heard, or be heard again.
    Mute {
        /// Names the answer.
        request: RequestId,
        /// The agent's leg.
        leg: Leg,
        /// Whether they are not to be heard.
        on: bool,
    },
    /// Play sounds to a leg.
    Play {
        /// Names the answer.
        request: RequestId,
        /// The attempt, which names the playback.
        attempt: AttemptId,
        /// Which of the attempt's; 0 is the message for whom no agent came.
        #[cfg_attr(feature = "serde", serde(default))]
        nth: u16,
        /// The leg.
        leg: Leg,
        /// The media, such as `sound:ringmaster/safe-harbour`, separated by commas where there are several.
        media: String,
    },
    /// Have the PBX find out whether a person or a machine has answered. The leg is not under our command until
    /// [`LegNews::Judged`](crate::LegNews::Judged).
    Detect {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
    },
    /// Tell from now on when a leg talks and when it is silent.
    Listen {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
        /// The silence that ends talk.
        silence: Span,
        /// How loud talk is: the mean of its samples, of 32,768.
        level: u32,
    },
    /// Do not tell that any more.
    StopListening {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
    },
    /// Stop a playback.
    StopPlaying {
        /// Names the answer.
        request: RequestId,
        /// The attempt.
        attempt: AttemptId,
        /// Which of its playbacks.
        nth: u16,
    },
    /// Say whether a playback goes on. Answers: `Done` where it does, or `Failed(Gone)` where it has come to its end.
    FindPlayback {
        /// Names the answer.
        request: RequestId,
        /// The attempt.
        attempt: AttemptId,
        /// Which of its playbacks.
        nth: u16,
    },
    /// Record what is said on a leg.
    StartRecording {
        /// Names the answer.
        request: RequestId,
        /// The attempt, which names the recording.
        attempt: AttemptId,
        /// Which of the attempt's, from 1.
        nth: u16,
        /// The leg.
        leg: Leg,
        /// The longest it may be.
        longest: Span,
        /// The silence that ends it.
        silence: Span,
        /// Whether a beep tells where it begins.
        beep: bool,
    },
    /// End a recording and keep it.
    StopRecording {
        /// Names the answer.
        request: RequestId,
        /// The attempt.
        attempt: AttemptId,
        /// Which of its recordings.
        nth: u16,
    },
    /// Find a recording that was made. Answers: `Done` where it has come to its end and is kept, `Failed(WrongState)` where it goes
    /// on, or `Failed(Gone)` where there is none.
    FindRecording {
        /// Names the answer.
        request: RequestId,
        /// The attempt.
        attempt: AttemptId,
        /// Which of its recordings.
        nth: u16,
    },
    /// Record what is said on a callee's leg and to it, whatever bridge it is in, until that leg ends. Answers: `Done`, or
    /// `Failed(Exists)` where a channel of that name listens already.
    BeginTake {
        /// Names the answer.
        request: RequestId,
        /// The take, which names the recording.
        take: TakeId,
        /// Whether what is said and what is heard are kept apart.
        stereo: bool,
        /// How it is written.
        format: Format,
    },
    /// Write silence into a take in place of what is said, or what is said again.
    PauseTake {
        /// Names the answer.
        request: RequestId,
        /// The take.
        take: TakeId,
        /// Whether it has two tracks.
        stereo: bool,
        /// Whether it is to be silent.
        paused: bool,
    },
    /// End a take and keep it.
    EndTake {
        /// Names the answer.
        request: RequestId,
        /// The take.
        take: TakeId,
        /// Whether it has two tracks.
        stereo: bool,
    },
    /// Send keys to a leg, one after the other.
    SendDigits {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
        /// The keys.
        digits: Digits,
    },
    /// Put a callee's number on a do-not-call list, as they have asked for on the phone.
    OptOut {
        /// Names the answer.
        request: RequestId,
        /// The number.
        number: Number,
        /// The list; the house's own, which every campaign keeps to, where none is named.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        list: Option<String>,
    },
    /// Write down durably whom a callee is to be put through to, and answer only then. Answers: `Done`, `Refused(DoNotCall)`,
    /// `Failed`.
    SaveTransfer {
        /// Names the answer.
        request: RequestId,
        /// The whole request of the leg; stored once and never changed.
        transfer: Arc<TransferRequest>,
    },
    /// Let a leg hear something until further notice.
    Calm {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
        /// What.
        meanwhile: Meanwhile,
    },
    /// End what a leg hears until further notice.
    Hush {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
        /// What it hears.
        meanwhile: Meanwhile,
    },
    /// Put a callee and whom they are put through to into a bridge, with what the callee hears meanwhile ended before. Into
    /// the bridge of their conversation only the other is put, since everybody else is there already.
    PutThrough {
        /// Names the answer.
        request: RequestId,
        /// The callee's leg.
        customer: Leg,
        /// The other's leg, which is one of [`Leg::Transfer`].
        other: Leg,
        /// The bridge: that of the other leg's name, or that of the conversation.
        bridge: Bridge,
        /// What the callee hears.
        meanwhile: Meanwhile,
    },
    /// Put a leg into the bridge of a room, making that bridge if need be.
    Confer {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
        /// The bridge, which is one of [`Bridge::Conference`].
        bridge: Bridge,
        /// The room, as people name it.
        room: Label,
    },
    /// Take a leg out of the bridge of a room, back under our command.
    TakeOut {
        /// Names the answer.
        request: RequestId,
        /// The leg.
        leg: Leg,
        /// The bridge.
        bridge: Bridge,
        /// Whether nobody else is in it, so that it goes down.
        last: bool,
    },
    /// Play sounds to everybody who is in a bridge.
    Announce {
        /// Names the answer.
        request: RequestId,
        /// The bridge.
        bridge: Bridge,
        /// The media, such as `sound:beep`.
        media: String,
    },
    /// Tell whoever is told of such things that a text is to go out, and answer only when that is durable.
    SendText {
        /// Names the answer.
        request: RequestId,
        /// The text, with whom it is for. The same one twice is one.
        text: Arc<TextMessage>,
    },
    /// Take a bridge down; legs that are still in it are not hung up.
    DropBridge {
        /// Names the answer.
        request: RequestId,
        /// Which bridge.
        bridge: Bridge,
    },
    /// List all legs and bridges of ours. Answer: [`Outcome::Surveyed`](crate::Outcome::Surveyed).
    Survey {
        /// Names the answer.
        request: RequestId,
    },
    /// Look at one leg. Answer: [`Outcome::Looked`](crate::Outcome::Looked).
    Look {
        /// Names the answer.
        request: RequestId,
        /// Which leg.
        leg: Leg,
    },
    /// See whether the PBX has a sound. Answers: `Done`, or `Failed(Gone)` where it has not.
    FindMedia {
        /// Names the answer.
        request: RequestId,
        /// The media, such as `sound:ringmaster/safe-harbour`.
        media: String,
    },
    /// Answer an [`Event::Asked`](crate::Event::Asked).
    Reply {
        /// The question's id.
        ask: AskId,
        /// Granted, or why not.
        answer: Result<(), Denial>,
    },
}

impl Command {
    /// The id under which it is answered; a reply is an answer itself.
    #[must_use]
    pub const fn request(&self) -> Option<RequestId> {
        match self {
            Self::Fetch { request, .. }
            | Self::Release { request, .. }
            | Self::Save { request, .. }
            | Self::Note { request, .. }
            | Self::Record { request, .. }
            | Self::Dispose { request, .. }
            | Self::NoteAgent { request, .. }
            | Self::NoteCampaign { request, .. }
            | Self::Originate { request, .. }
            | Self::HangUp { request, .. }
            | Self::Join { request, .. }
            | Self::Hold { request, .. }
            | Self::SetAside { request, .. }
            | Self::Mute { request, .. }
            | Self::Play { request, .. }
            | Self::Detect { request, .. }
            | Self::Listen { request, .. }
            | Self::StopListening { request, .. }
            | Self::StopPlaying { request, .. }
            | Self::FindPlayback { request, .. }
            | Self::StartRecording { request, .. }
            | Self::StopRecording { request, .. }
            | Self::FindRecording { request, .. }
            | Self::SendDigits { request, .. }
            | Self::BeginTake { request, .. }
            | Self::PauseTake { request, .. }
            | Self::EndTake { request, .. }
            | Self::OptOut { request, .. }
            | Self::SendText { request, .. }
            | Self::SaveTransfer { request, .. }
            | Self::Calm { request, .. }
            | Self::Hush { request, .. }
            | Self::PutThrough { request, .. }
            | Self::Confer { request, .. }
            | Self::TakeOut { request, .. }
            | Self::Announce { request, .. }
            | Self::DropBridge { request, .. }
            | Self::Survey { request }
            | Self::Look { request, .. }
            | Self::FindMedia { request, .. } => Some(*request),
            Self::Reply { .. } => None,
        }
    }
}

/// A text that is to go out to a callee.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TextMessage {
    /// The attempt that it is sent from.
    pub attempt: AttemptId,
    /// Which text of the attempt, from 1.
    pub nth: u16,
    /// The campaign.
    pub campaign: CampaignId,
    /// The lead.
    pub lead: LeadId,
    /// To whom.
    pub number: Number,
    /// The text.
    pub text: String,
}

/// One call to place: the one form that customers' and agents' legs share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Originate {
    /// The leg, whose name becomes the channel's id.
    pub leg: Leg,
    /// The dial string, such as `PJSIP/15551234567@trunk-a`.
    pub endpoint: DialString,
    /// The caller id to show; `None` leaves it to the endpoint.
    pub caller_id: Option<String>,
    /// Asterisk's own time-out in whole seconds. A backstop: the engine's deadline comes first.
    pub timeout_secs: u32,
    /// The codec of the leg, where the endpoint does not settle it by itself.
    pub codec: Option<String>,
    /// Channel variables in the order given.
    pub variables: Variables,
}

/// Why a wish was not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Denial {
    /// There is no such campaign in the configuration.
    NoSuchCampaign,
    /// There is no such agent in the configuration.
    NoSuchAgent,
    /// There is no such attempt, or it has ended.
    NoSuchAttempt,
    /// The PBX does not have one of the campaign's sounds.
    MessageMissing(String),
    /// The PBX could not be asked for the campaign's sounds.
    MessageUnchecked,
    /// The campaign is in a state that does not allow it.
    CampaignIs(CampaignState),
    /// Nothing can be allotted to the campaign: its own pacing decides.
    PacesItself,
    /// That cannot be changed of the campaign's pacing while it dials.
    PaceUnfit(UnfitChange),
    /// The agent is in a state that does not allow it.
    AgentIs(AgentState),
    /// The last wish of that kind is still being carried out.
    UnderWay,
    /// The PBX did not do it, or nobody can tell.
    NotDone,
    /// The house has no such pause code; it has these.
    NoSuchPauseCode(Vec<PauseCode>),
    /// The agent has first to say what came of a call.
    Owes(AttemptId),
    /// The agent has no call to say anything of.
    NothingOwed,
    /// It was said already what came of that call.
    SaidAlready,
    /// The campaign has no such disposition; it has these.
    NoSuchDisposition(Vec<String>),
    /// The disposition means that a call is agreed on, and nobody has said for when.
    NoMoment,
    /// The disposition does not mean that a call is agreed on, and somebody has said for when.
    NoCallback,
    /// The agent is to make a call that is agreed on for a campaign that they do not work for any more.
    NotTheirs,
    /// The campaign has nobody of that name to hand a callee over to; it has these.
    NoSuchDestination(Vec<String>),
    /// What the lead has in that attribute, in place of the destination's number, is none.
    NoNumber(String),
    /// Somebody else is being called already, or talks with the agent.
    Consults,
    /// Nobody else is being called.
    ConsultsNobody,
    /// Whoever is being called does not talk with the agent yet.
    NobodyThereYet,
    /// The agent looks at no lead.
    NoPreview,
    /// The campaign's agents may not skip leads.
    NoSkipping,
    /// The gate does not let the lead pass just now.
    NotNow(Reason),
    /// The campaign's conversations are not recorded.
    NotRecorded,
    /// The campaign's conversations are recorded as a whole.
    RecordsAll,
    /// Callee and agent do not talk with each other.
    NotTalking,
    /// It is recorded already, or paused already.
    RecordedAlready,
    /// Nothing is recorded just now, or it is not paused.
    NothingRecorded,
    /// The call was recorded as often as one call can be.
    TakesUsedUp,
    /// The floor is closing.
    Closing,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchCampaign => f.write_str("no such campaign; `campaign list` shows those configured"),
            Self::NoSuchAgent => f.write_str("no such agent; `agent list` shows those configured"),
            Self::NoSuchAttempt => f.write_str("no such live attempt; it has ended or never was"),
            Self::MessageMissing(media) if media.starts_with("recording:") => write!(
                f,
                "the PBX does not record {}: it needs res_stasis_recording, res_stasis_snoop, the format's module and its folder for recordings; nothing was dialled",
                media.trim_start_matches("recording:")
            ),
            Self::MessageMissing(media) => write!(
                f,
                "the PBX has no {media}: put the sound file there, or change the campaign's `message` or call flow; nothing was dialled"
            ),
            Self::MessageUnchecked => f.write_str(
                "the PBX could not be asked whether it has the campaign's sounds; try again once it is connected",
            ),
            Self::CampaignIs(state) => write!(f, "the campaign is {state}"),
            Self::PacesItself => f.write_str("the campaign's own pacing decides how many calls it places"),
            Self::PaceUnfit(unfit) => unfit.fmt(f),
            Self::AgentIs(state) => write!(f, "the agent is {state}"),
            Self::UnderWay => f.write_str("the last wish of that kind is still being carried out; ask again"),
            Self::NotDone => f.write_str("the PBX did not do it, or nobody can tell; ask again"),
            Self::NoSuchPauseCode(codes) => {
                let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
                write!(f, "there is no such pause code; there are {}", codes.join(", "))
            }
            Self::Owes(attempt) => {
                write!(f, "the agent has first to say what came of attempt {attempt}: `agent dispose`")
            }
            Self::NothingOwed => f.write_str("the agent has no such call to say anything of"),
            Self::SaidAlready => f.write_str("it was said already what came of that call"),
            Self::NoSuchDisposition(codes) => {
                write!(f, "the campaign has no such disposition; it has {}", codes.join(", "))
            }
            Self::NoMoment => f.write_str("the disposition agrees on another call: say for when"),
            Self::NoCallback => f.write_str("the disposition agrees on no other call: leave its time out"),
            Self::NotTheirs => f.write_str(
                "the agent does not work for the call's campaign any more: leave `mine` out, and anybody there may call",
            ),
            Self::NoSuchDestination(names) if names.is_empty() => {
                f.write_str("the campaign has nobody to hand a callee over to; give it [[campaign.transfers]]")
            }
            Self::NoSuchDestination(names) => {
                write!(f, "the campaign has nobody of that name to hand a callee over to; it has {}", names.join(", "))
            }
            Self::NoNumber(attribute) => {
                write!(f, "what the lead has in {attribute:?} is no number that can be called")
            }
            Self::Consults => f.write_str(
                "somebody else is being called or talks with the agent already; complete, join or go back first",
            ),
            Self::ConsultsNobody => f.write_str("nobody else is being called; `consult` somebody first"),
            Self::NobodyThereYet => f.write_str("whoever is being called does not talk with the agent yet"),
            Self::NoPreview => f.write_str("the agent looks at no lead just now"),
            Self::NoSkipping => f.write_str("the campaign does not let its agents skip leads"),
            Self::NotNow(reason) => write!(f, "it may not be dialled just now: {reason}"),
            Self::NotRecorded => f.write_str(
                "the campaign's conversations are not recorded; give it `recording = \"on_demand\"` or \"all\"",
            ),
            Self::RecordsAll => {
                f.write_str("the campaign records its conversations as a whole; pause the recording instead")
            }
            Self::NotTalking => f.write_str("callee and agent do not talk with each other just now"),
            Self::RecordedAlready => f.write_str("it is recorded already, or paused already"),
            Self::NothingRecorded => f.write_str("nothing is recorded just now, or it is not paused"),
            Self::TakesUsedUp => f.write_str("the call was recorded as often as one call can be"),
            Self::Closing => f.write_str("the floor is closing"),
        }
    }
}

impl From<NotNow> for Denial {
    fn from(why: NotNow) -> Self {
        match why {
            NotNow::Already => Self::RecordedAlready,
            NotNow::Nothing => Self::NothingRecorded,
            NotNow::UnderWay => Self::UnderWay,
            NotNow::UsedUp => Self::TakesUsedUp,
        }
    }
}
