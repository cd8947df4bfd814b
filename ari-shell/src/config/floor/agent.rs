//! `[[agent]]`

use engine::agent::Seat;
use engine::words::Span;

use super::Names;
use crate::config::section::Section;
use crate::config::{Agent, Campaign, texts};

/// `names` has every campaign; `campaigns` only those that could be read.
pub(super) fn read(
    name: Option<String>,
    mut section: Section<'_>,
    names: &Names,
    campaigns: &[Campaign],
) -> Option<Agent> {
    let campaign = section.required("campaign", "name the campaign they work for", |text| {
        names.check(text).map(|()| text.to_owned())
    });
    let endpoint = if section.has("endpoint") {
        section.text("endpoint", texts::endpoint)
    } else {
        default_endpoint(&mut section, name.as_deref())
    };
    let place = section.place("seat");
    let seat = section.text("seat", seat).unwrap_or(Seat::NailedUp);
    let works_for = campaigns.iter().find(|known| campaign.as_ref() == Some(&known.name));
    if seat == Seat::PerCall && works_for.is_some_and(|campaign| !campaign.pacing.reserves()) {
        let problem = "\"per-call\" calls the phone ahead of the customer, so the campaign must reserve its agents: write \"nailed-up\", or give the campaign mode = \"progressive\" or \"preview\"";
        section.problem(&place, "seat", problem);
    }
    let ring_timeout =
        section.span("ring_timeout", Span::secs(1)..=Span::secs(120)).unwrap_or(Span::secs(20));
    let missed_rings = section.whole("missed_rings", 1..=100).and_then(|rings| u8::try_from(rings).ok());
    section.finish();
    Some(Agent {
        name: name?,
        campaign: campaign?,
        endpoint: endpoint?,
        seat,
        ring_timeout,
        missed_rings: missed_rings.unwrap_or(3),
    })
}

/// `PJSIP/` and the name, where a name may stand there.
fn default_endpoint(section: &mut Section<'_>, name: Option<&str>) -> Option<String> {
    // Asked for, so that an unknown key's message lists it.
    section.take("endpoint");
    let name = name?;
    let endpoint = texts::endpoint(&format!("PJSIP/{name}"));
    if endpoint.is_err() {
        section.missing(
            "endpoint",
            "the name cannot stand in a dial string, so write the phone's, such as PJSIP/agent-1",
        );
    }
    endpoint.ok()
}

fn seat(text: &str) -> Result<Seat, String> {
    match text {
        "nailed-up" => Ok(Seat::NailedUp),
        "per-call" => Ok(Seat::PerCall),
        other => Err(format!("{other:?} must be \"nailed-up\" or \"per-call\"")),
    }
}
