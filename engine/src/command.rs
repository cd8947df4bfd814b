//! What is to be done: the only way anything leaves the engine.
//!
//! Every name is an imperative. All but [`Command::Reply`] carry a [`RequestId`] and are answered by exactly one
//! [`Event::Settled`](crate::Event::Settled); where the shell falls silent the engine settles it itself.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::agent::{AgentState, PauseCode};
use crate::call::{CallRequest, Record, Variables};
use crate::campaign::CampaignState;
use crate::event::Times;
use crate::gate::Reason;
use crate::words::{
    AgentId, AskId, AttemptId, Bridge, CampaignId, Leg, Micros, Number, QueueId, RequestId, SessionId, Span,
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
        /// Its moments so far.
        times: Times,
        /// Whom the callee is joined with.
        agent: Option<AgentId>,
    },
    /// Write the one record of an attempt, and with it the fate of the queue item.
    Record {
        /// Names the answer.
        request: RequestId,
        /// The record.
        record: Arc<Record>,
    },
    /// Write down how an agent stands.
    NoteAgent {
        /// Names the answer.
        request: RequestId,
        /// Who.
        agent: AgentId,
        /// The leg's session, where there is a leg.
        session: Option<SessionId>,
        /// As shown to operators.
        state: AgentState,
        /// Since when.
        since: Micros,
        /// The pause code that will hold after the call, where one was asked for.
        paused: Option<PauseCode>,
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
    },
    /// Put an agent's leg into the holding bridge, making that bridge if need be.
    Hold {
        /// Names the answer.
        request: RequestId,
        /// The agent's leg.
        leg: Leg,
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
    /// Stop a playback.
    StopPlaying {
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
    /// Put a callee's number on the house's do-not-call list, as they have asked for on the phone.
    OptOut {
        /// Names the answer.
        request: RequestId,
        /// The number.
        number: Number,
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

/// One call to place: the one form that customers' and agents' legs share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Originate {
    /// The leg, whose name becomes the channel's id.
    pub leg: Leg,
    /// The dial string, such as `PJSIP/15551234567@trunk-a`.
    pub endpoint: String,
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
    /// The agent is in a state that does not allow it.
    AgentIs(AgentState),
    /// The agent looks at no lead.
    NoPreview,
    /// The campaign's agents may not skip leads.
    NoSkipping,
    /// The gate does not let the lead pass just now.
    NotNow(Reason),
    /// The floor is closing.
    Closing,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchCampaign => f.write_str("no such campaign; `campaign list` shows those configured"),
            Self::NoSuchAgent => f.write_str("no such agent; `agent list` shows those configured"),
            Self::NoSuchAttempt => f.write_str("no such live attempt; it has ended or never was"),
            Self::MessageMissing(media) => write!(
                f,
                "the PBX has no {media}: put the sound file there, or change the campaign's `message` or call flow; nothing was dialled"
            ),
            Self::MessageUnchecked => f.write_str(
                "the PBX could not be asked whether it has the campaign's sounds; try again once it is connected",
            ),
            Self::CampaignIs(state) => write!(f, "the campaign is {state}"),
            Self::PacesItself => f.write_str("the campaign's own pacing decides how many calls it places"),
            Self::AgentIs(state) => write!(f, "the agent is {state}"),
            Self::NoPreview => f.write_str("the agent looks at no lead just now"),
            Self::NoSkipping => f.write_str("the campaign does not let its agents skip leads"),
            Self::NotNow(reason) => write!(f, "it may not be dialled just now: {reason}"),
            Self::Closing => f.write_str("the floor is closing"),
        }
    }
}
