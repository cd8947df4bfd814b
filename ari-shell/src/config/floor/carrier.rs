//! `[[carrier]]`

use engine::campaign::RING_FLOOR;
use engine::carrier::Route;
use engine::words::{Prefix, Span};

use super::caller_ids::{Pools, shown};
use super::digits;
use crate::config::section::Section;
use crate::config::{Carrier, texts};

pub(super) fn read(name: Option<String>, mut section: Section<'_>, pools: &Pools) -> Option<Carrier> {
    let route = route(&mut section);
    let weight = section.whole("weight", 1..=1_000).unwrap_or(1);
    let channels = section.whole("channels", 1..=100_000).unwrap_or(30);
    let calls_per_second = section.whole("calls_per_second", 1..=10_000).unwrap_or(5);
    let prefix = prefix(&mut section);
    let (caller_id, caller_ids) = shown(&mut section, pools);
    let ring_timeout = section.span("ring_timeout", RING_FLOOR..=Span::secs(120));
    let (digits, before_answer) = digits::read(&mut section);
    let variables = section.table("variables").pairs(texts::variable, texts::plain);
    let failures_to_rest = section.whole("failures_to_rest", 1..=1_000).unwrap_or(5);
    let rest = section.span("rest", Span::secs(1)..=Span::secs(3_600)).unwrap_or(Span::secs(60));
    let least_answered = section.whole("least_answered", 1..=99);
    let answered_over = section.whole("answered_over", 20..=10_000).unwrap_or(200);
    let straight = !matches!(route, Some(Route::Local { .. }) | None);
    if let Some(place) = before_answer.filter(|_| straight) {
        section.problem(
            &place,
            "digits_before_answer",
            "goes with local only: before an answer Asterisk sends keys only from the dialplan",
        );
    }
    section.finish();
    Some(Carrier {
        name: name?,
        route: route?,
        weight,
        channels,
        calls_per_second,
        prefix,
        caller_id,
        caller_ids,
        ring_timeout,
        digits,
        variables,
        failures_to_rest,
        rest,
        least_answered,
        answered_over,
    })
}

/// What a Local leg speaks unless told otherwise: what telephone networks speak.
const CODEC: &str = "ulaw";

/// The ways out, of which a carrier has exactly one.
const ROUTES: [&str; 4] = ["trunk", "sip", "dahdi", "local"];

fn route(section: &mut Section<'_>) -> Option<Route> {
    let given: Vec<_> = ROUTES.into_iter().filter(|key| section.has(key)).collect();
    let places: Vec<_> = given.iter().map(|key| section.place(key)).collect();
    let trunk = section.text("trunk", texts::part).map(|endpoint| Route::Trunk { endpoint });
    let sip = section.text("sip", texts::part).map(|peer| Route::Sip { peer });
    let dahdi = section.text("dahdi", texts::dahdi).map(|group| Route::Dahdi { group });
    let context = section.text("local", texts::part);
    let codec_place = section.place("codec");
    let codec = section.text("codec", texts::part);
    let others = given.first().is_some_and(|first| *first != "local");
    if others && codec.is_some() {
        let problem = "goes with local only; a trunk's codecs are those that Asterisk has for it";
        section.problem(&codec_place, "codec", problem);
    }
    let codec = codec.unwrap_or_else(|| CODEC.to_owned());
    let local = context.map(|context| Route::Local { context, codec });
    match given[..] {
        [] => {
            let help = "name a PJSIP endpoint, or a peer by sip, a group of lines by dahdi, a dialplan context by local";
            section.missing("trunk", help);
            None
        }
        [_] => [trunk, sip, dahdi, local].into_iter().flatten().next(),
        [first, second, ..] => {
            let problem = format!(
                "is given beside {first}; keep one: trunk dials a PJSIP endpoint, sip a peer of the older driver, \
                 dahdi a line, local goes through the dialplan"
            );
            section.problem(&places[1], second, problem);
            None
        }
    }
}

pub(super) fn prefix(section: &mut Section<'_>) -> Prefix {
    section
        .text("prefix", |text| Prefix::try_from(text.to_owned()).map_err(|e| e.to_string()))
        .unwrap_or_default()
}
