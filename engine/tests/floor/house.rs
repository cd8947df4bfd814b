//! What the house decides in the tests: one campaign, one carrier, and as many agents as are named.

use engine::Config;
use engine::agent::{AgentRules, Seat};
use engine::campaign::CampaignRules;
use engine::carrier::{CarrierRules, Route};
use engine::lead::{Geography, RetryRules};
use engine::pacing::{Pacing, PreviewEnd, PreviewRules};
use engine::words::{
    AgentId, AttemptId, CampaignId, CarrierId, Micros, Milli, Node, Prefix, SessionId, Span,
};
use engine::zone::Zone;

/// When every test begins.
pub(crate) const OPENING: Micros = Micros(1_700_000_000_000_000);

/// The campaign.
pub(crate) const SPRING: CampaignId = CampaignId(1);

/// The agents by name; their ids are their places here, from 1.
pub(crate) const NAMES: [&str; 3] = ["ann", "bob", "cid"];

/// One progressive campaign over one carrier, with agents who hold the line all day.
pub(crate) fn progressive(agents: &[&str]) -> Config {
    Config {
        node: Node::try_from("rm1".to_owned()).expect("a node name"),
        campaigns: vec![campaign(SPRING, "spring", Pacing::Progressive)],
        carriers: vec![carrier(1, "trunk-a")],
        caller_ids: Vec::new(),
        agents: agents.iter().map(|name| agent(name, Seat::NailedUp)).collect(),
        geography: Geography::default(),
        next_attempt: AttemptId(1),
        next_session: SessionId(1),
        pbx_patience: Span::secs(3),
        database_patience: Span::secs(5),
        survey_every: Span::secs(60),
    }
}

/// The same with so many lines (in thousandths) for each ready agent.
pub(crate) fn ratio(level: u32, agents: &[&str]) -> Config {
    ahead(Pacing::Ratio { level: Milli(level) }, agents)
}

/// The same with a pacing that dials ahead of the agents, and a message for whom nobody can talk to.
pub(crate) fn ahead(pacing: Pacing, agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.campaigns[0].pacing = pacing;
    config.campaigns[0].message = Some("sound:sorry".to_owned());
    config
}

/// One that shows its leads for ten seconds before they are dialled.
pub(crate) fn preview(agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.campaigns[0].pacing = Pacing::Preview(PreviewRules {
        time_limit: Span::secs(10),
        then: PreviewEnd::Dial,
        may_skip: true,
        rest: Span::secs(600),
    });
    config
}

/// The progressive one with phones that are called for each conversation.
pub(crate) fn per_call(agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.agents = agents.iter().map(|name| agent(name, Seat::PerCall)).collect();
    config
}

/// The progressive one with a second carrier.
pub(crate) fn two_carriers(agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.carriers.push(carrier(2, "trunk-b"));
    config.campaigns[0].carriers = vec![CarrierId(1), CarrierId(2)];
    config
}

pub(crate) fn campaign(id: CampaignId, name: &str, pacing: Pacing) -> CampaignRules {
    CampaignRules {
        id,
        name: name.to_owned(),
        pacing,
        zone: Zone::default(),
        hours: None,
        callee_hours: None,
        law: false,
        carriers: vec![CarrierId(1)],
        caller_id: None,
        caller_ids: None,
        prefix: Prefix::default(),
        account: None,
        setup_timeout: Span::secs(10),
        ring_timeout: Span::secs(25),
        talk_limit: Span::secs(1_800),
        message_within: Span::millis(1_500),
        greeting: Span::ZERO,
        message: None,
        wrap_up: Span::secs(20),
        retry: RetryRules::default(),
        callback_patience: Span::secs(600),
        repeat_after_drop: Span::ZERO,
        hopper_size: Some(4),
    }
}

pub(crate) fn carrier(id: u32, endpoint: &str) -> CarrierRules {
    CarrierRules {
        id: CarrierId(id),
        name: endpoint.to_owned(),
        route: Route::Trunk { endpoint: endpoint.to_owned() },
        weight: 1,
        channels: 10,
        calls_per_second: 10,
        prefix: Prefix::default(),
        caller_id: None,
        caller_ids: None,
        ring_timeout: None,
        variables: Vec::new(),
        failures_to_rest: 3,
        rest: Span::secs(30),
    }
}

fn agent(name: &str, seat: Seat) -> AgentRules {
    AgentRules {
        id: id_of(name),
        name: name.to_owned(),
        campaign: SPRING,
        endpoint: format!("PJSIP/{name}"),
        seat,
        ring_timeout: Span::secs(20),
    }
}

/// The id of an agent.
pub(crate) fn id_of(name: &str) -> AgentId {
    let place = NAMES.iter().position(|known| *known == name).expect("an agent of the house");
    AgentId(u32::try_from(place + 1).expect("few agents"))
}

/// The name of an agent.
pub(crate) fn name_of(id: AgentId) -> &'static str {
    NAMES.get((id.0 as usize).wrapping_sub(1)).copied().unwrap_or("nobody")
}
