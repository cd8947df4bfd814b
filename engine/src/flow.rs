//! What does an answered callee hear, and where does each of their answers lead? A call flow, as data.
//!
//! A flow is a graph of named nodes, of which the first is where every call begins. Each way out of a node is written
//! down: a key, a time-out, an answer that does not do, a recording that came to nothing. Nothing "stays" at a node by
//! itself, and what leads nowhere hangs up because it says so ([`Target::HangUp`]).
//!
//! [`CallFlow::faults`] says what is wrong with one before anybody is called; [`Run`] takes one callee through it.

mod check;
mod conference;
mod log;
mod run;
mod text;
mod transfer;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

pub use check::Fault;
pub use conference::{ConferenceEnd, ConferenceRules, ConferenceWays, GUESTS, STAY};
pub use log::{FlowEnd, FlowLog, Step, StepOutcome};
pub use run::{Action, Input, Run};
pub use text::{BadText, Known, Piece, Spoken, SpokenAs, TEXT_LENGTH, Text};
pub use transfer::{
    ACCEPT_WITHIN, Accept, Destination, Meanwhile, ShownCaller, TRANSFER_RING, TRANSFER_TALK, TransferEnd,
    TransferRules,
};

pub(crate) use transfer::WHISPER_LIMIT;

use crate::pacing::Pacing;
use crate::words::{Key, Span};

/// How many nodes a call may pass in all.
pub const MOST_STEPS: RangeInclusive<u32> = 1..=1_000;
/// How long a call may be in the flow, the wait for an agent aside.
pub const MOST_TIME: RangeInclusive<Span> = Span::secs(10)..=Span::secs(3_600);
/// How often a call may come to the same node.
pub const MOST_VISITS: RangeInclusive<u32> = 1..=100;
/// How often a question is asked again.
pub const RETRIES: RangeInclusive<u32> = 0..=9;
/// How long a key is waited for.
pub const KEY_WAIT: RangeInclusive<Span> = Span::millis(500)..=Span::secs(60);
/// How many keys an answer may have.
pub const DIGITS: RangeInclusive<u32> = 1..=20;
/// The best mark that may be asked for.
pub const BEST_MARK: RangeInclusive<u32> = 2..=99;
/// How long a recording may be.
pub const RECORDING: RangeInclusive<Span> = Span::secs(1)..=Span::secs(600);
/// How long a silence ends a recording.
pub const SILENCE: RangeInclusive<Span> = Span::secs(1)..=Span::secs(60);
/// How long an agent is waited for.
pub const AGENT_WAIT: RangeInclusive<Span> = Span::secs(1)..=Span::secs(600);

/// The tone by which Asterisk tells where a recording begins, without which there is none, and by which we tell those in a room
/// that somebody comes.
pub(crate) const BEEP: &str = "sound:beep";

/// A call flow. Once an engine has it, it does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CallFlow {
    /// The name that people use.
    pub name: String,
    /// A digest of its content, by which a record tells which edition of the flow the call went through.
    pub edition: String,
    /// How many nodes a call may pass in all: [`MOST_STEPS`].
    pub most_steps: u32,
    /// How long a call may be in the flow: [`MOST_TIME`].
    pub most_time: Span,
    /// The attributes of its leads that its texts take, by name.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub attributes: Vec<String>,
    /// The nodes, at least one; calls begin at the first.
    pub nodes: Vec<Node>,
}

/// One place in a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Node {
    /// Its name, once in the flow.
    pub name: String,
    /// How often a call may come here: [`MOST_VISITS`].
    pub most_visits: u32,
    /// Whether a call that has passed it has come to its aim. Where no node says so, the end of the flow is the aim.
    pub completes: bool,
    /// What happens here.
    pub kind: NodeKind,
}

/// Sounds that are played one after the other, such as `sound:ringmaster/welcome`.
pub type Sounds = Vec<String>;

/// Where a way out of a node leads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Target {
    /// To a node.
    Node(String),
    /// We hang up.
    HangUp,
}

/// What happens at a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum NodeKind {
    /// Something is said; keys mean nothing meanwhile.
    Play {
        /// What.
        sounds: Sounds,
        /// Where it goes on.
        next: Target,
    },
    /// Something is said with the PBX's own sounds; keys mean nothing meanwhile.
    Say {
        /// What, one after the other.
        parts: Vec<Spoken>,
        /// Where it goes on.
        next: Target,
        /// Where it leads that something of it is not known or cannot be said; then nothing is.
        missing: Target,
    },
    /// A text goes out to the callee's number, by whoever is told of such things; the call goes on at once.
    Sms {
        /// The text: [`TEXT_LENGTH`].
        text: Text,
        /// Where it goes on.
        next: Target,
    },
    /// One key is asked for, and each leads somewhere.
    Menu {
        /// The question.
        ask: Ask,
        /// The keys that do, each once.
        keys: Vec<(Key, Target)>,
    },
    /// A mark is asked for, from 1 on.
    Rating {
        /// The question.
        ask: Ask,
        /// The best mark: [`BEST_MARK`]. Where it has two digits, a mark of one is ended by `#` or by waiting.
        best: u32,
        /// Where every mark leads.
        next: Target,
    },
    /// Digits are asked for; `#` ends them.
    Digits {
        /// The question.
        ask: Ask,
        /// The fewest that do: [`DIGITS`].
        least: u32,
        /// With so many the answer ends by itself: [`DIGITS`], no fewer than the fewest.
        most: u32,
        /// Where an answer leads.
        next: Target,
    },
    /// What the callee says is recorded; `#` ends it.
    Record {
        /// What is said before.
        sounds: Sounds,
        /// The longest it may be: [`RECORDING`].
        longest: Span,
        /// The silence that ends it: [`SILENCE`].
        silence: Span,
        /// Whether a beep tells where it begins.
        beep: bool,
        /// Where a recording leads.
        next: Target,
        /// Where it leads that there is none.
        failed: Target,
    },
    /// The callee's number goes on the house's do-not-call list, before anything else happens.
    DoNotCall {
        /// What is said then.
        sounds: Sounds,
        /// Where it goes on.
        next: Target,
    },
    /// The callee waits for an agent of the campaign. The conversation is the end of the flow.
    Queue {
        /// What is said before.
        sounds: Sounds,
        /// How long an agent is waited for: [`AGENT_WAIT`].
        wait: Span,
        /// What they hear meanwhile.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Meanwhile::is_silence"))]
        meanwhile: Meanwhile,
        /// Where it leads that nobody came.
        nobody: Target,
    },
    /// Somebody else is called, and the callee is put through to them. When they have talked the callee goes on in the flow.
    Transfer {
        /// What is said before.
        sounds: Sounds,
        /// How.
        rules: Arc<TransferRules>,
        /// Where each end of it leads.
        ways: TransferWays,
    },
    /// The callee goes to a room, in which all hear each other who are there. When they have left it they go on in the flow.
    Conference {
        /// What is said before.
        sounds: Sounds,
        /// How.
        rules: ConferenceRules,
        /// Where each end of the visit leads.
        ways: ConferenceWays,
    },
    /// We hang up.
    HangUp {
        /// What is said before.
        sounds: Sounds,
    },
}

/// Where each end of a transfer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TransferWays {
    /// They talked, and the other has hung up.
    pub answered: Target,
    /// Their line was busy.
    pub busy: Target,
    /// They did not answer in time.
    pub no_answer: Target,
    /// They would not take the call.
    pub declined: Target,
    /// There was no way to them.
    pub failed: Target,
}

impl TransferWays {
    /// Where an end leads.
    #[must_use]
    pub const fn of(&self, end: TransferEnd) -> &Target {
        match end {
            TransferEnd::Answered => &self.answered,
            TransferEnd::Busy => &self.busy,
            TransferEnd::NoAnswer => &self.no_answer,
            TransferEnd::Declined => &self.declined,
            TransferEnd::Failed => &self.failed,
        }
    }
}

/// A question, and what is done where it is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ask {
    /// The question.
    pub sounds: Sounds,
    /// What is said before the question is asked again.
    pub again: Sounds,
    /// How often it is asked again: [`RETRIES`]. It is asked once more than that at most, never more.
    pub retries: u32,
    /// How long the first key is waited for after the question: [`KEY_WAIT`].
    pub first_key: Span,
    /// How long each further key is waited for: [`KEY_WAIT`].
    pub next_key: Span,
    /// Whether a key may come before the question is over.
    pub barge_in: bool,
    /// Where it leads that the last answer did not do.
    pub invalid: Target,
    /// Where it leads that no key came at last.
    pub timeout: Target,
}

impl CallFlow {
    /// Every sound in it, in order, each once.
    #[must_use]
    pub fn sounds(&self) -> Vec<&str> {
        let mut all = Vec::new();
        for sound in self.nodes.iter().flat_map(|node| node.kind.sounds()) {
            if !all.contains(&sound) {
                all.push(sound);
            }
        }
        all
    }

    /// Whether a campaign with that pacing can have it. A pacing that counts on an agent for each answer cannot: its calls
    /// would be in the flow meanwhile.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn suits(&self, pacing: &Pacing) -> Result<(), &'static str> {
        let wants_agents = self.nodes.iter().any(|node| matches!(node.kind, NodeKind::Queue { .. }));
        match pacing {
            Pacing::Broadcast { .. } => Ok(()),
            Pacing::Progressive | Pacing::Preview(_) if wants_agents => Ok(()),
            Pacing::Progressive | Pacing::Preview(_) => Err(
                "asks for no agent, and this mode reserves one for each call: use mode = \"broadcast\", or a queue",
            ),
            Pacing::Ratio { .. } | Pacing::Predictive(_) | Pacing::Allotted => Err(
                "goes with mode = \"progressive\", \"preview\" or \"broadcast\": this mode counts on an agent for each answer",
            ),
        }
    }

    /// How long a call may be in it at most, the hands of others among it: no rule, only how long a leg may live whom nobody
    /// ends.
    pub(crate) fn longest(&self) -> Span {
        let elsewhere = |node: &Node| {
            let once = match &node.kind {
                NodeKind::Queue { wait, .. } => *wait,
                // The leg, and the wait for a carrier before it.
                NodeKind::Transfer { rules, .. } => rules.ring_timeout + rules.longest_leg(),
                NodeKind::Conference { rules, .. } => rules.longest,
                NodeKind::Play { .. }
                | NodeKind::Say { .. }
                | NodeKind::Sms { .. }
                | NodeKind::Menu { .. }
                | NodeKind::Rating { .. }
                | NodeKind::Digits { .. }
                | NodeKind::Record { .. }
                | NodeKind::DoNotCall { .. }
                | NodeKind::HangUp { .. } => return Span::ZERO,
            };
            Span(once.0.saturating_mul(u64::from(node.most_visits)))
        };
        self.nodes.iter().map(elsewhere).fold(self.most_time, |all, one| all + one)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }
}

/// One way out of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way<'a> {
    /// As the file names it, such as `next` or `keys.1`.
    pub field: String,
    /// Where it leads.
    pub target: &'a Target,
    /// Whether it takes a callee who does something; the others are taken of a machine or of silence as well.
    pub needs_callee: bool,
}

impl NodeKind {
    /// As the file names it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Play { .. } => "play",
            Self::Say { .. } => "say",
            Self::Sms { .. } => "sms",
            Self::Menu { .. } => "menu",
            Self::Rating { .. } => "rating",
            Self::Digits { .. } => "digits",
            Self::Record { .. } => "record",
            Self::DoNotCall { .. } => "do_not_call",
            Self::Queue { .. } => "queue",
            Self::Transfer { .. } => "transfer",
            Self::Conference { .. } => "conference",
            Self::HangUp { .. } => "hang_up",
        }
    }

    /// All ways out, in the order of the file.
    #[must_use]
    pub fn ways(&self) -> Vec<Way<'_>> {
        let way = |field: &str, target, needs_callee| Way { field: field.into(), target, needs_callee };
        match self {
            Self::Play { next, .. } | Self::Sms { next, .. } | Self::DoNotCall { next, .. } => {
                alloc::vec![way("next", next, false)]
            }
            Self::Say { next, missing, .. } => {
                alloc::vec![way("next", next, false), way("missing", missing, false)]
            }
            Self::Menu { ask, keys } => {
                let keys = keys.iter().map(|(key, target)| way(&alloc::format!("keys.{key}"), target, true));
                keys.chain(ask.ways()).collect()
            }
            Self::Rating { ask, next, .. } | Self::Digits { ask, next, .. } => {
                core::iter::once(way("next", next, true)).chain(ask.ways()).collect()
            }
            Self::Record { next, failed, .. } => {
                alloc::vec![way("next", next, false), way("failed", failed, false)]
            }
            Self::Queue { nobody, .. } => alloc::vec![way("nobody", nobody, false)],
            Self::Transfer { ways, .. } => {
                TransferEnd::ALL.map(|end| way(end.name(), ways.of(end), false)).into()
            }
            Self::Conference { ways, .. } => {
                let by_key = |end| end == ConferenceEnd::Left;
                ConferenceEnd::ALL.map(|end| way(end.name(), ways.of(end), by_key(end))).into()
            }
            Self::HangUp { .. } => Vec::new(),
        }
    }

    /// All that may be played here, in order.
    pub fn sounds(&self) -> impl Iterator<Item = &str> {
        let beeps = matches!(
            self,
            Self::Record { beep: true, .. }
                | Self::Conference { rules: ConferenceRules { beep: true, .. }, .. }
        );
        let beep = beeps.then_some(BEEP);
        let (own, again): (&[String], &[String]) = match self {
            Self::Menu { ask, .. } | Self::Rating { ask, .. } | Self::Digits { ask, .. } => {
                (&ask.sounds, &ask.again)
            }
            Self::Play { sounds, .. }
            | Self::Record { sounds, .. }
            | Self::DoNotCall { sounds, .. }
            | Self::Queue { sounds, .. }
            | Self::Conference { sounds, .. }
            | Self::HangUp { sounds } => (sounds, &[]),
            Self::Transfer { sounds, rules, .. } => (sounds, &rules.whisper),
            Self::Say { .. } | Self::Sms { .. } => (&[], &[]),
        };
        let parts: &[Spoken] = if let Self::Say { parts, .. } = self { parts } else { &[] };
        let spoken = parts.iter().flat_map(Spoken::sounds);
        own.iter().chain(again).map(String::as_str).chain(beep).chain(spoken)
    }
}

impl Ask {
    fn ways(&self) -> [Way<'_>; 2] {
        [("invalid", &self.invalid, true), ("timeout", &self.timeout, false)]
            .map(|(field, target, needs_callee)| Way { field: field.into(), target, needs_callee })
    }
}

#[cfg(test)]
mod tests;
