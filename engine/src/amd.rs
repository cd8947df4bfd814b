//! Who has answered, a person or a machine? What is heard of them decides, and what follows is the campaign's choice.
//!
//! Either the PBX listens before an agent is joined ([`Detection::Gate`]), or the agent is joined at once and a [`Judge`]
//! listens meanwhile ([`Detection::Parallel`]): it is told when the callee talks and when they are silent, and the agent
//! is taken back from a machine. Detection is sometimes wrong, and a person who is taken for a machine is dropped:
//! [`AmdRules::false_positives`] says what share of a drop each machine counts as.

mod judge;

use alloc::string::String;

pub use judge::{Judge, JudgeRules};

use crate::words::{Micros, Milli, Span};

/// What a campaign wants to be told of who answers, and what is to be done then.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AmdRules {
    /// Who listens, and when.
    pub detection: Detection,
    /// What becomes of whom.
    pub policies: Policies,
    /// What is left on answering machines; needed where a policy is [`Policy::Message`].
    pub message: Option<MachineMessage>,
    /// What share of those who are taken for machines and not connected may be persons, in thousandths: an upper limit, as
    /// a review of recorded calls has shown it. Each counts as so much of a drop (`F` in the formula of Ofcom's
    /// consultation of 2010).
    pub false_positives: Milli,
}

/// Who listens, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Detection {
    /// The PBX does, before an agent is joined.
    Gate {
        /// How long its verdict may take; 1 s to 30 s. After that nobody is sure.
        patience: Span,
    },
    /// The engine does, after an agent is joined.
    Parallel(JudgeRules),
}

/// Who is taken to have answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Verdict {
    /// A person.
    Human,
    /// An answering machine.
    Machine,
    /// Either.
    NotSure,
    /// A fax; only a PBX that knows their tones says so.
    Fax,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum VerdictCause {
    /// A short greeting, and then silence: they wait for an answer.
    ShortGreeting,
    /// The greeting was long.
    LongGreeting,
    /// It had many words.
    ManyWords,
    /// It had a word that was too long.
    LongWord,
    /// Nothing was said to begin with.
    InitialSilence,
    /// All the time for listening had passed.
    TooLong,
    /// No sound came at all.
    NoAudio,
    /// The tone of a fax.
    FaxTone,
    /// The PBX could not listen.
    NotDetected,
    /// The PBX gave no verdict in time, or what a verdict would go by was missed.
    NoVerdict,
    /// The PBX gave a reason that is not known here.
    Other,
}

/// What becomes of whoever has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Policy {
    /// They are led to the call flow or to an agent, as without detection.
    Connect,
    /// They are hung up on.
    HangUp,
    /// The message is left after the tone, and then they are hung up on.
    Message,
}

/// What becomes of whom. A person, or one who may be one, who is not connected is a drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Policies {
    /// Of persons.
    pub human: Policy,
    /// Of answering machines.
    pub machine: Policy,
    /// Of those who may be either.
    pub not_sure: Policy,
    /// Of faxes.
    pub fax: Policy,
}

/// What is left on answering machines, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MachineMessage {
    /// The sound, such as `sound:ringmaster/voicemail`.
    pub sound: String,
    /// It begins when there has been silence for so long, which is after the machine's greeting and its tone; 500 ms to
    /// 10 s. The pause before a tone should be shorter.
    pub after_silence: Span,
    /// How long such a silence is waited for; 1 s to 120 s. Then nothing is left.
    pub patience: Span,
}

/// What was heard and what came of it, as the record keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AmdLog {
    /// Who listened.
    pub by: Listener,
    /// Who was taken to have answered.
    pub verdict: Verdict,
    /// Why.
    pub cause: VerdictCause,
    /// How long after the answer that was decided, in milliseconds.
    pub after_ms: u64,
    /// What was to become of them.
    pub policy: Policy,
    /// How long after the answer the message for machines began, in milliseconds, where it did.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub message_after_ms: Option<u64>,
    /// What the call counts as of a drop, in thousandths, since a person may have been taken for a machine.
    #[cfg_attr(feature = "serde", serde(default))]
    pub drop_share: u32,
}

/// Who listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Listener {
    /// The PBX, before an agent.
    Gate,
    /// The engine, beside an agent.
    Parallel,
}

impl AmdRules {
    /// Whether nobody is joined before there is a verdict.
    pub const fn is_gate(&self) -> bool {
        matches!(self.detection, Detection::Gate { .. })
    }

    /// What is talk, and what is silence.
    pub(crate) fn ear(&self) -> JudgeRules {
        match self.detection {
            Detection::Parallel(rules) => rules,
            Detection::Gate { .. } => JudgeRules::default(),
        }
    }

    /// What is written down of a verdict that is given now.
    pub(crate) fn log(
        &self,
        verdict: Verdict,
        cause: VerdictCause,
        answered: Option<Micros>,
        now: Micros,
    ) -> AmdLog {
        let after = answered.map_or(Span::ZERO, |answered| now.since(answered));
        AmdLog {
            by: if self.is_gate() { Listener::Gate } else { Listener::Parallel },
            verdict,
            cause,
            after_ms: after.0 / 1_000,
            policy: self.policies.of(verdict),
            message_after_ms: None,
            drop_share: 0,
        }
    }
}

impl Policies {
    /// What becomes of whoever is taken for this.
    pub const fn of(&self, verdict: Verdict) -> Policy {
        match verdict {
            Verdict::Human => self.human,
            Verdict::Machine => self.machine,
            Verdict::NotSure => self.not_sure,
            Verdict::Fax => self.fax,
        }
    }

    /// Each with the name that operators know it by.
    pub const fn named(&self) -> [(&'static str, Policy); 4] {
        [("human", self.human), ("machine", self.machine), ("not_sure", self.not_sure), ("fax", self.fax)]
    }
}

impl Policy {
    /// As written and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::HangUp => "hang_up",
            Self::Message => "message",
        }
    }
}

impl Verdict {
    /// As stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Machine => "machine",
            Self::NotSure => "not_sure",
            Self::Fax => "fax",
        }
    }
}

impl VerdictCause {
    /// As stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShortGreeting => "short_greeting",
            Self::LongGreeting => "long_greeting",
            Self::ManyWords => "many_words",
            Self::LongWord => "long_word",
            Self::InitialSilence => "initial_silence",
            Self::TooLong => "too_long",
            Self::NoAudio => "no_audio",
            Self::FaxTone => "fax_tone",
            Self::NotDetected => "not_detected",
            Self::NoVerdict => "no_verdict",
            Self::Other => "other",
        }
    }
}

impl Listener {
    /// As stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Parallel => "parallel",
        }
    }
}
