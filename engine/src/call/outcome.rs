//! From what happened to one result: a total function, and the only one.
//!
//! The causes are those measured on Asterisk 22 for a call placed with an application, straight to a trunk (where the
//! SIP response shows as `tech`) and through a Local channel (where only the Q.850 cause comes through).

use core::fmt;

use crate::event::Failure;
use crate::words::{Cause, TechCause};

/// The one result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CallResult {
    /// Callee and agent talked.
    Connected,
    /// The callee went through the call flow to its aim.
    Completed,
    /// The callee, or a machine, heard something of the call flow, and it did not come to its aim.
    Incomplete,
    /// It rang, or did not even ring, and nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The call was turned away: declined, unwanted, or redirected elsewhere.
    Rejected,
    /// No way through: the network or the carrier had no room.
    Congestion,
    /// There is no such number.
    BadNumber,
    /// Answered, and no agent came: a drop.
    Dropped,
    /// Answered, and the callee hung up before an agent came; not where a call flow had come to its aim before.
    HungUpWaiting,
    /// Taken for an answering machine, and dealt with as the campaign has it.
    Machine,
    /// Taken for a fax, likewise.
    Fax,
    /// Something of ours or of the carrier's did not work.
    Technical,
    /// Nobody can tell: it was lost from sight.
    Unknown,
}

impl CallResult {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 14] = [
        Self::Connected,
        Self::Completed,
        Self::Incomplete,
        Self::NoAnswer,
        Self::Busy,
        Self::Rejected,
        Self::Congestion,
        Self::BadNumber,
        Self::Dropped,
        Self::HungUpWaiting,
        Self::Machine,
        Self::Fax,
        Self::Technical,
        Self::Unknown,
    ];

    /// Whether it says something about the callee, and not only about the way there.
    pub(crate) const fn is_the_callees(self) -> bool {
        match self {
            Self::Connected | Self::NoAnswer | Self::Busy | Self::Rejected | Self::BadNumber => true,
            Self::Completed | Self::Incomplete | Self::Dropped | Self::HungUpWaiting => true,
            Self::Machine | Self::Fax => true,
            Self::Congestion | Self::Technical | Self::Unknown => false,
        }
    }

    /// As stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Rejected => "rejected",
            Self::Congestion => "congestion",
            Self::BadNumber => "bad_number",
            Self::Dropped => "dropped",
            Self::HungUpWaiting => "hung_up_waiting",
            Self::Machine => "machine",
            Self::Fax => "fax",
            Self::Technical => "technical",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the lead has been reached and is done with, unless a rule wants a call that has not come to its aim to be
    /// made again.
    pub const fn reached(self) -> bool {
        matches!(self, Self::Connected | Self::Completed | Self::Incomplete)
    }

    /// Whether somebody answered, or something that was not told from a person.
    pub const fn answered(self) -> bool {
        self.reached() || matches!(self, Self::Dropped | Self::HungUpWaiting)
    }
}

impl fmt::Display for CallResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far an attempt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Phase {
    /// Given to the PBX, or about to be.
    Placed,
    /// Rang, or sent early media.
    Alerting,
    /// Answered.
    Answered,
    /// Taken for an answering machine.
    Machine,
    /// Taken for a fax.
    Fax,
    /// In the call flow.
    InFlow,
    /// In the call flow, which had come to its aim.
    FlowComplete,
    /// Joined with an agent.
    Bridged,
}

/// What we did ourselves to end it. Recorded before it is done, since the PBX makes our own time-out look like a
/// refusal from the far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Act {
    /// It alerted for the whole ring time-out.
    RingTimeout,
    /// It did not alert within the set-up time-out.
    SetupTimeout,
    /// Nobody was free to talk.
    NoAgent,
    /// The call flow was over: it had come to an end, or to one of its caps.
    FlowOver,
    /// Who answered was not to be connected, by what answering machine detection took them for.
    Screened,
    /// The message for answering machines had been left.
    MessageLeft,
    /// A sound of the call flow could not be played.
    NoSound,
    /// The process that led the callee through the call flow has ended, and nobody knows where they were.
    FlowLost,
    /// The agent hung up, or their leg failed.
    AgentEnded,
    /// The conversation reached its limit.
    TalkLimit,
    /// Whoever the agent had handed the callee over to has hung up, or their time was over.
    TransferOver,
    /// An operator ended it.
    Operator,
    /// The event stream was gone for too long while it rang, so an answer could not have been served.
    LinkLost,
    /// The PBX followed a redirection to a number that had passed no gate.
    Forwarded,
}

/// How an attempt ended, raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ending {
    /// How far it had come.
    pub phase: Phase,
    /// What we did to end it, if we did.
    pub act: Option<Act>,
    /// Q.850 cause; `None` where the end was never told, only found out.
    pub cause: Option<Cause>,
    /// SIP response, where one is known.
    pub tech: Option<TechCause>,
    /// Why the PBX did not place it, where it did not.
    pub unplaced: Option<Failure>,
}

impl Ending {
    /// The one result. Total: every combination has an answer.
    pub const fn result(&self) -> CallResult {
        match self.phase {
            Phase::Bridged => CallResult::Connected,
            Phase::FlowComplete => CallResult::Completed,
            Phase::InFlow => self.incomplete(),
            Phase::Machine => CallResult::Machine,
            Phase::Fax => CallResult::Fax,
            Phase::Answered => self.unattended(),
            Phase::Placed | Phase::Alerting => self.unanswered(),
        }
    }

    /// Whether the carrier, not the callee, is to blame: the next carrier may have better luck. A call that the PBX was
    /// not asked for, or refused for reasons of its own, says nothing about the carrier.
    pub const fn is_trunk_failure(&self) -> bool {
        matches!(self.phase, Phase::Placed)
            && self.act.is_none()
            && matches!(self.unplaced, None | Some(Failure::Unavailable))
            && matches!(self.result(), CallResult::Congestion | CallResult::Technical)
    }

    /// Whether the PBX did not want it, for a reason that lies with what it was asked for and not with the carrier: it would say the
    /// same of the next such call.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.unplaced, Some(Failure::Rejected | Failure::Gone))
    }

    /// Whether the next carrier may have better luck.
    pub const fn may_go_elsewhere(&self) -> bool {
        self.is_trunk_failure() || self.is_refusal()
    }

    /// Whether it came to nothing before it alerted, and through no doing of the callee's.
    pub const fn is_technical(&self) -> bool {
        matches!(self.phase, Phase::Placed)
            && matches!(self.result(), CallResult::Congestion | CallResult::Technical)
    }

    const fn incomplete(&self) -> CallResult {
        match self.act {
            Some(Act::NoSound) => CallResult::Technical,
            Some(_) | None => CallResult::Incomplete,
        }
    }

    const fn unattended(&self) -> CallResult {
        match (self.act, self.cause) {
            (Some(_), _) => CallResult::Dropped,
            (None, Some(_)) => CallResult::HungUpWaiting,
            (None, None) => CallResult::Unknown,
        }
    }

    const fn unanswered(&self) -> CallResult {
        match (self.act, self.unplaced, self.cause) {
            (Some(Act::LinkLost), _, _) => CallResult::Technical,
            (Some(Act::Forwarded), _, _) => CallResult::Rejected,
            (Some(_), _, _) => CallResult::NoAnswer,
            (None, Some(Failure::OutcomeUnknown | Failure::Silence), _) | (None, None, None) => {
                CallResult::Unknown
            }
            (None, Some(_), _) => CallResult::Technical,
            (None, None, Some(cause)) if self.was_declined(cause) => CallResult::Rejected,
            (None, None, Some(cause)) => match self.tech {
                Some(tech) => by_sip(tech, cause),
                None => by_q850(cause),
            },
        }
    }

    /// Whether what the trunk says to refuse us came when a phone had rung already: then it is the callee's exchange that says
    /// so of a callee who declines, as Asterisk itself does.
    const fn was_declined(&self, cause: Cause) -> bool {
        matches!(self.phase, Phase::Alerting)
            && match self.tech {
                Some(tech) => tech.0 == FORBIDDEN,
                None => cause.0 == FACILITY_REJECTED,
            }
    }
}

/// How a trunk refuses us: by SIP, and as our dialplan passes it on.
const FORBIDDEN: u16 = 403;
const FACILITY_REJECTED: u16 = 29;

/// SIP responses (RFC 3261 §21, RFC 8197 for 607, RFC 8688 for 608). What is not listed goes by its Q.850 cause.
const fn by_sip(tech: TechCause, cause: Cause) -> CallResult {
    match tech.0 {
        300..=399 | 603 | 607 | 608 => CallResult::Rejected,
        404 | 410 | 414 | 416 | 484 | 485 | 604 => CallResult::BadNumber,
        408 | 480 | 487 => CallResult::NoAnswer,
        486 | 600 => CallResult::Busy,
        500 | 502 | 503 | 504 | 580 => CallResult::Congestion,
        // 403 among them, where it has not rung: who may not call, with this number shown or to that country, is told so by
        // the trunk.
        400..=499 | 501 | 505 | 513 | 606 => CallResult::Technical,
        _ => by_q850(cause),
    }
}

/// Q.850 causes (ITU-T Q.850 §2.2.7), and the numbers that our dialplan passes on where SIP says more than Q.850 can.
const fn by_q850(cause: Cause) -> CallResult {
    match cause.0 {
        1 | 2 | 22 | 28 => CallResult::BadNumber,
        17 => CallResult::Busy,
        16 | 18 | 19 | 20 | 31 => CallResult::NoAnswer,
        21 | 23 | 24 | 55 | 57 | 87 => CallResult::Rejected,
        3 | 25..=27 | 34 | 38 | 39..=49 | 102 => CallResult::Congestion,
        0 => CallResult::Unknown,
        _ => CallResult::Technical,
    }
}
