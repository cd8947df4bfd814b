//! What the house decides in the tests: one campaign, one carrier, and as many agents as are named.

use engine::Config;
use engine::agent::{AgentRules, Seat};
use engine::campaign::CampaignRules;
use engine::carrier::{CarrierRules, Route};
use engine::flow::{Ask, CallFlow, Node as FlowNode, NodeKind, Target};
use engine::lead::{Geography, RetryRules};
use engine::pacing::{Pacing, PreviewEnd, PreviewRules};
use engine::words::{
    AgentId, AttemptId, CampaignId, CarrierId, Key, Micros, Milli, Node, Prefix, SessionId, Span,
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
        hopper_size: 4,
        flow: None,
    }
}

/// A flow with a node of each kind: 1 asks for a word, 2 for an agent, 3 for a mark and a word, 4 for digits, and 9 bars the
/// number.
pub(crate) fn survey() -> CallFlow {
    survey_saying(|name| format!("sound:{name}"))
}

/// The same with the sound that each node plays.
pub(crate) fn survey_saying(sound: impl Fn(&str) -> String) -> CallFlow {
    let sounds = |name: &str| vec![sound(name)];
    let to = |name: &str| Target::Node(name.to_owned());
    let key = |key| Key::try_from(key).expect("a key");
    let ask = |name: &str| Ask {
        sounds: sounds(name),
        again: vec![],
        retries: 1,
        first_key: Span::secs(3),
        next_key: Span::secs(1),
        barge_in: true,
        invalid: to("bye"),
        timeout: Target::HangUp,
    };
    let keys = [('1', "word"), ('2', "agent"), ('3', "mark"), ('4', "digits"), ('9', "stop")];
    let keys = keys.map(|(pressed, name)| (key(pressed), to(name))).to_vec();
    let word = NodeKind::Record {
        sounds: sounds("word"),
        longest: Span::secs(10),
        silence: Span::secs(2),
        beep: true,
        next: to("thanks"),
        failed: to("bye"),
    };
    let queue = NodeKind::Queue { sounds: vec![], wait: Span::secs(5), nobody: to("thanks") };
    let nodes = [
        ("menu", NodeKind::Menu { ask: ask("menu"), keys }),
        ("mark", NodeKind::Rating { ask: ask("mark"), best: 3, next: to("word") }),
        ("digits", NodeKind::Digits { ask: ask("digits"), least: 1, most: 2, next: to("thanks") }),
        ("word", word),
        ("agent", queue),
        ("stop", NodeKind::DoNotCall { sounds: sounds("stopped"), next: Target::HangUp }),
        ("thanks", NodeKind::Play { sounds: sounds("thanks"), next: to("bye") }),
        ("bye", NodeKind::HangUp { sounds: vec![] }),
    ];
    let node = |(name, kind): (&str, NodeKind)| FlowNode {
        name: name.to_owned(),
        most_visits: 3,
        completes: false,
        kind,
    };
    CallFlow {
        name: "survey".to_owned(),
        edition: "first".to_owned(),
        most_steps: 20,
        most_time: Span::secs(60),
        nodes: nodes.map(node).to_vec(),
    }
}

/// Lets a survey begin with the word, and go on to the menu: few callees come so far otherwise.
pub(crate) fn record_first(survey: &mut CallFlow) {
    survey.nodes.sort_by_key(|node| node.name != "word");
    if let NodeKind::Record { next, sounds, .. } = &mut survey.nodes[0].kind {
        *next = Target::Node("menu".to_owned());
        sounds.clear();
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
