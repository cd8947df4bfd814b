//! The far end's own log: what really reached the callees, for tests to hold the dialler's records against.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One INVITE as its receiver saw it. Times are microseconds of the model's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The number as dialled, prefix included; for an agent's phone its endpoint name.
    pub number: String,
    /// The trunk, dialplan context or endpoint that it came through.
    pub via: String,
    /// The channel id on the PBX.
    pub channel: String,
    /// The caller id number that was shown.
    pub caller: String,
    /// The variables of the originate request.
    pub variables: BTreeMap<String, String>,
    /// When the INVITE was sent.
    pub placed_at: u64,
    /// When it first rang.
    pub ringing_at: Option<u64>,
    /// When it was answered.
    pub answered_at: Option<u64>,
    /// When the first sound was played to it, music on hold and talk aside.
    pub sound_at: Option<u64>,
    /// When it was over.
    pub ended_at: Option<u64>,
    /// The final SIP status: 200 answered, 487 cancelled, else the refusal; none while it is open, and none ever from
    /// a callee who does not reply at all.
    pub status: Option<u16>,
    /// Who ended it.
    pub ended_by: Option<Side>,
    /// The digits that the PBX sent to the callee.
    pub digits: String,
}

/// One of the two sides of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The PBX: it cancelled, sent the BYE, or crashed.
    Pbx,
    /// The callee: it refused or sent the BYE.
    Callee,
}

impl Invite {
    /// It is over; `status` is the final one if none came before.
    pub(super) fn end(&mut self, now: u64, status: Option<u16>, side: Side) {
        self.ended_at = Some(now);
        self.status = self.status.or(status);
        self.ended_by = Some(side);
    }
}
