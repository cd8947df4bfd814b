//! `type = "transfer"`

use std::sync::Arc;

use engine::flow::{
    ACCEPT_WITHIN, Accept, Destination, Meanwhile, NodeKind, ShownCaller, TRANSFER_RING, TRANSFER_TALK,
    Target, TransferRules, TransferWays,
};
use engine::words::{Number, Span};

use super::{key, sounds, target, to};
use crate::config::section::Section;
use crate::config::texts;

pub(super) fn read(section: &mut Section<'_>) -> Option<NodeKind> {
    let said = sounds(section, "sounds");
    let rules = rules(section);
    let ways = ways(section);
    Some(NodeKind::Transfer { sounds: said?, rules: Arc::new(rules?), ways: ways? })
}

/// To whom, and how: what an agent's transfer has in common with a node.
pub(in crate::config) fn rules(section: &mut Section<'_>) -> Option<TransferRules> {
    let to = destination(section);
    let to_attribute = section.text("to_attribute", texts::part);
    let caller_id = section.text("caller_id", caller_id);
    let ring_timeout = section.span("ring_timeout", TRANSFER_RING);
    let meanwhile = section.text("meanwhile", meanwhile);
    let whisper = sounds(section, "whisper");
    let accept = accept(section);
    let longest = section.span("longest", TRANSFER_TALK);
    let screen_pop = section.flag("screen_pop");
    Some(TransferRules {
        to: to?,
        to_attribute,
        caller_id: caller_id.unwrap_or(ShownCaller::Campaign),
        ring_timeout: ring_timeout.unwrap_or(Span::secs(25)),
        meanwhile: meanwhile.unwrap_or(Meanwhile::Music),
        whisper: whisper?,
        accept,
        longest: longest.unwrap_or(Span::secs(3_600)),
        screen_pop: screen_pop.unwrap_or(false),
    })
}

/// `to`, a number, or `endpoint`, a dial string of the PBX.
fn destination(section: &mut Section<'_>) -> Option<Destination> {
    let place = section.place("endpoint");
    let (has_number, has_endpoint) = (section.has("to"), section.has("endpoint"));
    let number = section.text("to", |text| Number::parse(text).map_err(|bad| format!("{text:?}: {bad}")));
    let endpoint = section.text("endpoint", texts::endpoint);
    match (has_number, has_endpoint) {
        (true, true) => {
            section.problem(&place, "endpoint", "goes without `to`: give one of them");
            None
        }
        (false, false) => {
            let help = "give the number, such as 15551234567, or an endpoint = \"PJSIP/reception\"";
            section.missing("to", help);
            None
        }
        _ => number.map(Destination::Number).or_else(|| endpoint.map(Destination::Endpoint)),
    }
}

fn caller_id(text: &str) -> Result<ShownCaller, String> {
    match text {
        "campaign" => Ok(ShownCaller::Campaign),
        "callee" => Ok(ShownCaller::Callee),
        own => texts::caller_id(own)
            .map(ShownCaller::Own)
            .map_err(|problem| format!("{problem}; or \"campaign\", or \"callee\"")),
    }
}

fn meanwhile(text: &str) -> Result<Meanwhile, String> {
    match text {
        "music" => Ok(Meanwhile::Music),
        "ringback" => Ok(Meanwhile::Ringback),
        "silence" => Ok(Meanwhile::Silence),
        other => Err(format!("{other:?} must be \"music\", \"ringback\" or \"silence\"")),
    }
}

/// The key, and how long it is waited for.
fn accept(section: &mut Section<'_>) -> Option<Accept> {
    let place = section.place("accept_within");
    let (has_key, has_time) = (section.has("accept"), section.has("accept_within"));
    let pressed = section.text("accept", key);
    let within = section.span("accept_within", ACCEPT_WITHIN).unwrap_or(Span::secs(10));
    if has_time && !has_key {
        section.problem(&place, "accept_within", "belongs to `accept`, the key that takes the call");
    }
    pressed.map(|key| Accept { key, within })
}

/// Each end has a way of its own, or the one for all others.
fn ways(section: &mut Section<'_>) -> Option<TransferWays> {
    let has_others = section.has("otherwise");
    let others = section.text("otherwise", |text| texts::part(text).map(|name| to(&name)));
    let mut way = |key: &'static str| -> Option<Target> {
        if has_others && !section.has(key) { others.clone() } else { target(section, key) }
    };
    let (answered, busy) = (way("answered"), way("busy"));
    let (no_answer, declined, failed) = (way("no_answer"), way("declined"), way("failed"));
    Some(TransferWays {
        answered: answered?,
        busy: busy?,
        no_answer: no_answer?,
        declined: declined?,
        failed: failed?,
    })
}
