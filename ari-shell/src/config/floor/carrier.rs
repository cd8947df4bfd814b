//! `[[carrier]]`

use engine::campaign::RING_FLOOR;
use engine::carrier::Route;
use engine::words::{Prefix, Span};

use crate::config::section::Section;
use crate::config::{Carrier, texts};

pub(super) fn read(name: Option<String>, mut section: Section<'_>) -> Option<Carrier> {
    let route = route(&mut section);
    let weight = section.whole("weight", 1..=1_000).unwrap_or(1);
    let channels = section.whole("channels", 1..=100_000).unwrap_or(30);
    let calls_per_second = section.whole("calls_per_second", 1..=10_000).unwrap_or(5);
    let prefix = prefix(&mut section);
    let caller_id = section.text("caller_id", texts::caller_id);
    let ring_timeout = section.span("ring_timeout", RING_FLOOR..=Span::secs(120));
    let variables = section.table("variables").pairs(texts::variable, texts::plain);
    let failures_to_rest = section.whole("failures_to_rest", 1..=1_000).unwrap_or(5);
    let rest = section.span("rest", Span::secs(1)..=Span::secs(3_600)).unwrap_or(Span::secs(60));
    section.finish();
    Some(Carrier {
        name: name?,
        route: route?,
        weight,
        channels,
        calls_per_second,
        prefix,
        caller_id,
        ring_timeout,
        variables,
        failures_to_rest,
        rest,
    })
}

/// What a Local leg speaks unless told otherwise: what telephone networks speak.
const CODEC: &str = "ulaw";

/// Exactly one of `trunk` and `local`.
fn route(section: &mut Section<'_>) -> Option<Route> {
    let given = (section.has("trunk"), section.has("local"));
    let second = section.place("local");
    let trunk = section.text("trunk", texts::part);
    let local = section.text("local", texts::part);
    let codec_place = section.place("codec");
    let codec = section.text("codec", texts::part);
    if given.0 && codec.is_some() {
        let problem = "goes with local only; a trunk's codecs are those of its PJSIP endpoint";
        section.problem(&codec_place, "codec", problem);
    }
    match given {
        (true, false) => Some(Route::Trunk { endpoint: trunk? }),
        (false, true) => {
            Some(Route::Local { context: local?, codec: codec.unwrap_or_else(|| CODEC.to_owned()) })
        }
        (true, true) => {
            let problem = "is given beside trunk; keep one: trunk dials the PJSIP endpoint, local goes through the dialplan";
            section.problem(&second, "local", problem);
            None
        }
        (false, false) => {
            section.missing("trunk", "name a PJSIP endpoint, or a dialplan context by local");
            None
        }
    }
}

pub(super) fn prefix(section: &mut Section<'_>) -> Prefix {
    section
        .text("prefix", |text| Prefix::try_from(text.to_owned()).map_err(|e| e.to_string()))
        .unwrap_or_default()
}
