//! `amd` and `[campaign.machines]`: whether and how persons are told from machines.

use std::sync::Arc;

use engine::amd::{AmdRules, Detection, JudgeRules, MachineMessage, Policies, Policy};
use engine::words::{Milli, Span};
use statrs::distribution::{Beta, ContinuousCDF as _};

use crate::config::section::Section;
use crate::config::texts;

/// So many calls of machines have to be listened to before it is known how many of them were persons.
const ENOUGH_REVIEWED: u32 = 300;
/// What share of machines may be persons, as long as nobody has listened to enough of them.
const UNREVIEWED: Milli = Milli(50);
/// How sure it has to be that the share is no greater than what is counted.
const CERTAIN: f64 = 0.95;

/// How `amd` is written.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Off,
    Gate,
    Parallel,
}

/// The keys that belong to one mode alone.
const KEYS_OF_MODES: [(&str, Mode, &str); 5] = [
    ("verdict_within", Mode::Gate, "gate"),
    ("initial_silence", Mode::Parallel, "parallel"),
    ("greeting", Mode::Parallel, "parallel"),
    ("after_greeting_silence", Mode::Parallel, "parallel"),
    ("total", Mode::Parallel, "parallel"),
];

pub(super) fn read(campaign: &mut Section<'_>, has_flow: bool) -> Option<Arc<AmdRules>> {
    let (given, place) = (campaign.has("amd"), campaign.place("amd"));
    let mode = campaign.text("amd", |text| match text {
        "off" => Ok(Mode::Off),
        "gate" => Ok(Mode::Gate),
        "parallel" => Ok(Mode::Parallel),
        other => Err(format!("{other:?} must be \"off\", \"gate\" or \"parallel\"")),
    });
    let has_machines = campaign.has("machines");
    let mut section = campaign.table("machines");
    if mode == Some(Mode::Parallel) && has_flow {
        let problem = "\"parallel\" joins an agent at once and so does not go with a `flow`: write \"gate\"";
        campaign.problem(&place, "amd", problem);
    }
    match mode {
        Some(Mode::Off) | None => {
            if has_machines && (!given || mode.is_some()) {
                campaign.problem(section.origin(), "machines", "goes with amd = \"gate\" or \"parallel\"");
            }
            None
        }
        Some(mode) => {
            let rules = rules(&mut section, mode);
            section.finish();
            rules.map(Arc::new)
        }
    }
}

fn rules(section: &mut Section<'_>, mode: Mode) -> Option<AmdRules> {
    for (key, owner, name) in KEYS_OF_MODES {
        if owner != mode && section.has(key) {
            section.problem(&section.place(key), key, format!("belongs to amd = {name:?}"));
        }
    }
    let detection = detection(section, mode);
    let policies = policies(section, mode);
    let message = message(section);
    if message.is_none() && policies.named().iter().any(|(_, policy)| *policy == Policy::Message) {
        section.missing("message", "give the sound that is to be left, such as sound:ringmaster/voicemail");
    }
    let false_positives = false_positives(section);
    Some(AmdRules { detection, policies, message, false_positives: false_positives? })
}

fn detection(section: &mut Section<'_>, mode: Mode) -> Detection {
    let patience = section.span("verdict_within", Span::secs(1)..=Span::secs(30));
    let mut span = |key, least, most| section.span(key, Span::millis(least)..=Span::millis(most));
    let initial_silence = span("initial_silence", 500, 10_000);
    let greeting = span("greeting", 200, 10_000);
    let after_greeting_silence = span("after_greeting_silence", 100, 5_000);
    let total = span("total", 1_000, 30_000);
    if mode == Mode::Gate {
        return Detection::Gate { patience: patience.unwrap_or(Span::secs(8)) };
    }
    let usual = JudgeRules::default();
    Detection::Parallel(JudgeRules {
        initial_silence: initial_silence.unwrap_or(usual.initial_silence),
        greeting: greeting.unwrap_or(usual.greeting),
        after_greeting_silence: after_greeting_silence.unwrap_or(usual.after_greeting_silence),
        total: total.unwrap_or(usual.total),
        ..usual
    })
}

/// What becomes of whom. Whom an agent talks to already can only be left to them.
fn policies(section: &mut Section<'_>, mode: Mode) -> Policies {
    let mut policy = |key: &'static str, usual| {
        let place = section.place(key);
        let policy = section.text(key, |text| match text {
            "connect" => Ok(Policy::Connect),
            "hang_up" => Ok(Policy::HangUp),
            "message" => Ok(Policy::Message),
            other => Err(format!("{other:?} must be \"connect\", \"hang_up\" or \"message\"")),
        });
        let is_talked_to = mode == Mode::Parallel && matches!(key, "human" | "not_sure");
        if is_talked_to && policy.is_some_and(|policy| policy != Policy::Connect) {
            let problem =
                "with amd = \"parallel\" an agent talks with them by then: only \"connect\" goes with it";
            section.problem(&place, key, problem);
        }
        policy.unwrap_or(usual)
    };
    Policies {
        human: policy("human", Policy::Connect),
        machine: policy("machine", Policy::HangUp),
        not_sure: policy("not_sure", Policy::Connect),
        fax: policy("fax", Policy::HangUp),
    }
}

/// What is left on machines.
fn message(section: &mut Section<'_>) -> Option<MachineMessage> {
    let sound = section.text("message", texts::sound);
    let after_silence = section.span("after_silence", Span::millis(500)..=Span::secs(10));
    let patience = section.span("silence_within", Span::secs(1)..=Span::secs(120));
    Some(MachineMessage {
        sound: sound?,
        after_silence: after_silence.unwrap_or(Span::secs(2)),
        patience: patience.unwrap_or(Span::secs(45)),
    })
}

/// `reviewed` machines were listened to, and `persons` of them were persons.
fn false_positives(section: &mut Section<'_>) -> Option<Milli> {
    let (is_reviewed, place) = (section.has("reviewed"), section.place("persons"));
    let has_persons = section.has("persons");
    let reviewed = section.whole("reviewed", ENOUGH_REVIEWED..=100_000);
    let persons = section.whole("persons", 0..=100_000);
    match (reviewed, persons) {
        (Some(reviewed), Some(persons)) if persons > reviewed => {
            section.problem(&place, "persons", format!("are more than the {reviewed} that were reviewed"));
            None
        }
        (Some(reviewed), Some(persons)) => Some(at_most(persons, reviewed)),
        (None, None) if !is_reviewed && !has_persons => Some(UNREVIEWED),
        _ => {
            if is_reviewed != has_persons {
                let problem = "goes with the other of `reviewed` and `persons`: so many calls of machines that were \
                               listened to, and how many of them were persons";
                let key = if is_reviewed { "reviewed" } else { "persons" };
                section.problem(section.origin(), key, problem);
            }
            None
        }
    }
}

/// The smallest share, in whole thousandths, that so few persons among so many rule out (the upper limit of Clopper and
/// Pearson, one-sided).
fn at_most(persons: u32, reviewed: u32) -> Milli {
    if persons >= reviewed {
        return Milli(1_000);
    }
    let share = Beta::new(f64::from(persons + 1), f64::from(reviewed - persons)).expect("both are positive");
    Milli((1_000.0 * share.inverse_cdf(CERTAIN)).ceil() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_persons_among_many_machines_rule_out_a_greater_share() {
        // Computed with exact fractions.
        for (persons, reviewed, limit) in
            [(0, 300, 10), (0, 3_000, 1), (3, 300, 26), (15, 300, 76), (7, 1_000, 14), (300, 300, 1_000)]
        {
            assert_eq!(at_most(persons, reviewed), Milli(limit), "{persons} of {reviewed}");
        }
    }
}
