//! `campaign.amd`, `campaign.machines` and `campaign.amd_conf`: how persons are told from machines.

use std::sync::Arc;

use engine::amd::{AmdRules, Detection, JudgeRules, MachineMessage, Policies, Policy};
use engine::words::{Milli, Span};
use serde::Deserialize;
use statrs::distribution::{Beta, ContinuousCDF as _};

use super::bare::named;
use super::{Checked, Level, Millis, Persons, Reviewed, Seconds, Words};
use crate::amd;

/// What share of machines may be persons, as long as nobody has listened to enough of them: as in the dialer.
const UNREVIEWED: Milli = Milli(50);
/// How sure it has to be that the share is no greater than what is counted.
const CERTAIN: f64 = 0.95;
/// What is left on machines.
const SOUND: &str = "sound:voicemail";

/// Who tells persons from machines, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Amd {
    /// Nobody: agents do.
    #[default]
    Off,
    /// Asterisk's `AMD()`, before an agent is joined.
    Gate,
    /// The dialer, beside an agent who is joined at once and taken back from a machine.
    Parallel,
}

named!(Amd, "\"off\", \"gate\" or \"parallel\"");

/// What becomes of whom, and by what they are told from each other: as `[campaign.machines]` of the dialer has it, with
/// times in seconds. What belongs to another `amd` than the campaign's lies idle, so that one scenario can be played with
/// each.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { machine = \"message\" }")]
pub struct Machines {
    /// What becomes of persons; they are connected, if left out.
    pub human: Option<Fate>,
    /// Of machines; they are hung up on, if left out.
    pub machine: Option<Fate>,
    /// Of whoever may be either; they are connected, if left out.
    pub not_sure: Option<Fate>,
    /// Of faxes, of which there are none here.
    pub fax: Option<Fate>,
    /// The silence after which the message is left; 0.5 to 10 s, and 2 s if left out.
    pub after_silence: Option<Seconds>,
    /// How long such a silence is waited for; 1 to 120 s, and 45 s if left out.
    pub silence_within: Option<Seconds>,
    /// With `gate`: how long the verdict may take; 1 to 30 s, and 8 s if left out.
    pub verdict_within: Option<Seconds>,
    /// With `parallel`: who says nothing for so long is a machine; 0.5 to 10 s.
    pub initial_silence: Option<Seconds>,
    /// With `parallel`: who talks longer is a machine; 0.2 to 10 s.
    pub greeting: Option<Seconds>,
    /// With `parallel`: who has said less and is silent for so long is a person; 0.1 to 5 s.
    pub after_greeting_silence: Option<Seconds>,
    /// With `parallel`: after so long nobody is sure; 1 to 30 s.
    pub total: Option<Seconds>,
    /// How many calls of machines have been listened to.
    pub reviewed: Option<Reviewed>,
    /// How many of these were persons.
    pub persons: Option<Persons>,
}

/// What becomes of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Fate {
    /// They are led to an agent.
    Connect,
    /// They are hung up on.
    HangUp,
    /// They are left a message after the tone.
    Message,
}

named!(Fate, "\"connect\", \"hang_up\" or \"message\"");

/// With `gate`: what stands in Asterisk's `amd.conf`, in milliseconds as there; what is left out is as the dialer's
/// dialplan ships it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table such as { greeting = 2100 }")]
pub struct AmdConf {
    /// Who says nothing for so long is a machine.
    pub initial_silence: Millis,
    /// Who talks for so long, pauses aside, is a machine.
    pub greeting: Millis,
    /// Who has said less and is silent for so long is a person.
    pub after_greeting_silence: Millis,
    /// After so long nobody is sure.
    pub total_analysis_time: Millis,
    /// What is shorter is no word.
    pub min_word_length: Millis,
    /// The silence between two words.
    pub between_words_silence: Millis,
    /// Who says so many words is a machine.
    pub maximum_number_of_words: Words,
    /// A word that is so long is a machine's.
    pub maximum_word_length: Millis,
    /// What is quieter is silence.
    pub silence_threshold: Level,
}

impl Default for AmdConf {
    fn default() -> Self {
        Self {
            initial_silence: Millis(2_500),
            greeting: Millis(2_100),
            after_greeting_silence: Millis(800),
            total_analysis_time: Millis(5_000),
            min_word_length: Millis(100),
            between_words_silence: Millis(50),
            maximum_number_of_words: Words(5),
            maximum_word_length: Millis(5_000),
            silence_threshold: Level(256),
        }
    }
}

impl AmdConf {
    pub(super) fn parameters(&self) -> amd::AmdConf {
        amd::AmdConf {
            initial_silence: self.initial_silence.span(),
            greeting: self.greeting.span(),
            after_greeting_silence: self.after_greeting_silence.span(),
            total_analysis_time: self.total_analysis_time.span(),
            min_word_length: self.min_word_length.span(),
            between_words_silence: self.between_words_silence.span(),
            maximum_word_length: self.maximum_word_length.span(),
            maximum_number_of_words: self.maximum_number_of_words.0,
            silence_threshold: self.silence_threshold.0,
        }
    }
}

impl Machines {
    /// Whether its fields go together with each other and with the campaign's `amd`.
    pub(super) fn check(&self, amd: Amd) -> Checked {
        let wrong = |field: &str, problem| Err((format!("campaign.machines.{field}"), problem));
        for (field, seconds, least, most) in self.times() {
            if let Some(Seconds(seconds)) = seconds
                && !(least..=most).contains(&seconds)
            {
                return wrong(field, format!("{seconds} s is not between {least} and {most} s"));
            }
        }
        let is_left = |fate: Option<Fate>| fate.is_some_and(|fate| fate != Fate::Connect);
        for (field, fate) in [("human", self.human), ("not_sure", self.not_sure)] {
            if amd == Amd::Parallel && is_left(fate) {
                let problem = "an agent talks with them by then: only \"connect\" goes with \"parallel\"";
                return wrong(field, problem.to_owned());
            }
        }
        match (self.reviewed, self.persons) {
            (Some(reviewed), Some(persons)) if persons.0 > reviewed.0 => {
                wrong("persons", format!("are more than the {} that were reviewed", reviewed.0))
            }
            (Some(_), None) => wrong("reviewed", "goes with `persons`".to_owned()),
            (None, Some(_)) => wrong("persons", "goes with `reviewed`".to_owned()),
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }

    fn times(&self) -> [(&'static str, Option<Seconds>, f64, f64); 7] {
        [
            ("after_silence", self.after_silence, 0.5, 10.0),
            ("silence_within", self.silence_within, 1.0, 120.0),
            ("verdict_within", self.verdict_within, 1.0, 30.0),
            ("initial_silence", self.initial_silence, 0.5, 10.0),
            ("greeting", self.greeting, 0.2, 10.0),
            ("after_greeting_silence", self.after_greeting_silence, 0.1, 5.0),
            ("total", self.total, 1.0, 30.0),
        ]
    }

    /// As the engine is told of it; nothing where nobody listens.
    pub(super) fn rules(&self, amd: Amd) -> Option<Arc<AmdRules>> {
        let span = |given: Option<Seconds>, usual: Span| given.map_or(usual, Seconds::span);
        let usual = JudgeRules::default();
        let detection = match amd {
            Amd::Off => return None,
            Amd::Gate => Detection::Gate { patience: span(self.verdict_within, Span::secs(8)) },
            Amd::Parallel => Detection::Parallel(JudgeRules {
                initial_silence: span(self.initial_silence, usual.initial_silence),
                greeting: span(self.greeting, usual.greeting),
                after_greeting_silence: span(self.after_greeting_silence, usual.after_greeting_silence),
                total: span(self.total, usual.total),
                ..usual
            }),
        };
        let policy = |fate: Option<Fate>, usual| fate.map_or(usual, Fate::policy);
        Some(Arc::new(AmdRules {
            detection,
            policies: Policies {
                human: policy(self.human, Policy::Connect),
                machine: policy(self.machine, Policy::HangUp),
                not_sure: policy(self.not_sure, Policy::Connect),
                fax: policy(self.fax, Policy::HangUp),
            },
            message: Some(MachineMessage {
                sound: SOUND.to_owned(),
                after_silence: span(self.after_silence, Span::secs(2)),
                patience: span(self.silence_within, Span::secs(45)),
            }),
            false_positives: self.false_positives(),
        }))
    }

    /// The share of machines that may be persons.
    fn false_positives(&self) -> Milli {
        match (self.reviewed, self.persons) {
            (Some(reviewed), Some(persons)) => at_most(persons.0, reviewed.0),
            _ => UNREVIEWED,
        }
    }
}

impl Fate {
    const fn policy(self) -> Policy {
        match self {
            Self::Connect => Policy::Connect,
            Self::HangUp => Policy::HangUp,
            Self::Message => Policy::Message,
        }
    }
}

/// The smallest share, in whole thousandths, that so few persons among so many rule out (the upper limit of Clopper and
/// Pearson, one-sided).
fn at_most(persons: u32, reviewed: u32) -> Milli {
    if persons >= reviewed {
        return Milli(1_000);
    }
    let shape = Beta::new(f64::from(persons + 1), f64::from(reviewed - persons)).expect("both are positive");
    Milli(libm::ceil(1_000.0 * shape.inverse_cdf(CERTAIN)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_persons_among_many_machines_rule_out_a_greater_share() {
        // Computed with exact fractions, as the dialer's own.
        for (persons, reviewed, limit) in
            [(0, 300, 10), (0, 3_000, 1), (3, 300, 26), (15, 300, 76), (7, 1_000, 14), (300, 300, 1_000)]
        {
            assert_eq!(at_most(persons, reviewed), Milli(limit), "{persons} of {reviewed}");
        }
    }

    #[test]
    fn what_is_left_out_is_as_in_the_dialplan_that_ships() {
        let shipped = include_str!("../../../dialplan/amd.conf");
        let said: String = shipped.lines().filter(|line| line.contains(" = ")).collect::<Vec<_>>().join("\n");
        let read: AmdConf = toml::from_str(&said).expect("all its parameters are known");
        assert_eq!(read, AmdConf::default());
        assert_eq!(said.lines().count(), 9, "each of them stands there");
    }
}
