//! What a station saw of its calls: the outside witness of what Asterisk did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::message::{self, Message};

/// One side of a call as the station sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The station itself.
    Here,
    /// Asterisk.
    There,
}

/// What was seen of one call. A repeated INVITE is not a new call.
#[derive(Debug, Clone)]
pub struct CallLog {
    /// The Call-ID header.
    pub call_id: String,
    /// The user part of the address that was called.
    pub number: String,
    /// The user part of From: the caller id.
    pub caller: String,
    /// All headers of the INVITE, in order.
    pub headers: Vec<(String, String)>,
    /// When the INVITE came.
    pub invited_at: Instant,
    /// How often the INVITE came again.
    pub retransmissions: u32,
    /// When 180 was sent.
    pub ringing_at: Option<Instant>,
    /// When 183 was sent.
    pub early_media_at: Option<Instant>,
    /// When 200 was sent.
    pub answered_at: Option<Instant>,
    /// When its ACK came.
    pub acked_at: Option<Instant>,
    /// When CANCEL came.
    pub cancelled_at: Option<Instant>,
    /// Who sent BYE first, and when.
    pub bye: Option<(Side, Instant)>,
    /// When it was over for the station: refused, cancelled, or ended by BYE.
    pub ended_at: Option<Instant>,
    /// The final response sent: 200, a refusal, or 487 after CANCEL.
    pub final_code: Option<u16>,
    /// For each phone whose pattern was heard: when its first packet came.
    pub phones_heard: BTreeMap<u16, Instant>,
    /// When the first packet came that was neither silence nor a phone's pattern.
    pub sound_at: Option<Instant>,
    /// The keys that came (RFC 4733), in order.
    pub keys: String,
    /// RTP packets that came.
    pub packets: u32,
    /// The payloads that came, in order, where the conduct asked to keep them.
    pub heard: Vec<u8>,
}

impl CallLog {
    /// From sending 200 to the first packet with a phone's pattern: how long a callee waits for an agent.
    #[must_use]
    pub fn answer_to_agent(&self) -> Option<Duration> {
        let first = self.phones_heard.values().min()?;
        Some(first.saturating_duration_since(self.answered_at?))
    }

    /// Whether no dialog is left: refused, cancelled or ended by BYE.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.bye.is_some() || self.final_code.is_some_and(|code| code >= 300)
    }

    pub(super) fn new(invite: &Message, number: String) -> Self {
        let header = |name| invite.header(name).unwrap_or_default();
        Self {
            call_id: header("Call-ID").to_owned(),
            number,
            caller: message::user_of(header("From")).unwrap_or_default().to_owned(),
            headers: invite.headers.clone(),
            invited_at: Instant::now(),
            retransmissions: 0,
            ringing_at: None,
            early_media_at: None,
            answered_at: None,
            acked_at: None,
            cancelled_at: None,
            bye: None,
            ended_at: None,
            final_code: None,
            phones_heard: BTreeMap::new(),
            sound_at: None,
            keys: String::new(),
            packets: 0,
            heard: Vec::new(),
        }
    }
}

/// The log that a station writes and its owner reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<CallLog>>>);

impl Log {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<CallLog>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
