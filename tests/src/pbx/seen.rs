//! One call as its receiver saw it, in the model or on the wire.

use std::time::{Duration, Instant};

use simulator::pbx::Invite;

use crate::lab::CallLog;

/// One call as the far end saw it. Moments are counted from a beginning that all calls of one PBX share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialled {
    /// The number as it came over the wire.
    pub number: String,
    /// The number shown as the caller's.
    pub caller: String,
    /// When it came.
    pub placed: Duration,
    /// When it rang.
    pub rang: Option<Duration>,
    /// When it was answered.
    pub answered: Option<Duration>,
    /// When the first sound came that was neither silence nor an agent.
    pub sound: Option<Duration>,
    /// The keys that came from the dialer, in order.
    pub keys: String,
    /// When it was over.
    pub ended: Option<Duration>,
    /// The final response: 200, a refusal, 487 where it was cancelled; `None` where none was ever sent.
    pub response: Option<u16>,
    /// From the answer to the first sound of an agent, where one was heard. Only a real far end can hear.
    pub answer_to_agent: Option<Duration>,
    /// Whether it is over.
    pub over: bool,
}

impl Dialled {
    pub(super) fn in_the_model(invite: &Invite) -> Self {
        Self {
            number: invite.number.clone(),
            caller: invite.caller.clone(),
            placed: Duration::from_micros(invite.placed_at),
            rang: invite.ringing_at.map(Duration::from_micros),
            answered: invite.answered_at.map(Duration::from_micros),
            sound: invite.sound_at.map(Duration::from_micros),
            keys: invite.digits.clone(),
            ended: invite.ended_at.map(Duration::from_micros),
            response: invite.status,
            answer_to_agent: None,
            over: invite.ended_at.is_some(),
        }
    }

    pub(super) fn on_the_wire(call: &CallLog, beginning: Instant) -> Self {
        let since = |moment: Instant| moment.saturating_duration_since(beginning);
        Self {
            number: call.number.clone(),
            caller: call.caller.clone(),
            placed: since(call.invited_at),
            rang: call.ringing_at.map(since),
            answered: call.answered_at.map(since),
            sound: call.sound_at.map(since),
            keys: call.keys.clone(),
            ended: call.ended_at.map(since),
            response: call.final_code,
            answer_to_agent: call.answer_to_agent(),
            over: call.is_over(),
        }
    }
}
