//! The house that the bench measures: one campaign, two carriers, agents with nailed-up phones.

use engine::Config;
use engine::agent::{AgentRules, Seat};
use engine::campaign::CampaignRules;
use engine::carrier::{CarrierRules, Route};
use engine::digits::QueuedDigits;
use engine::lead::{Geography, RetryRules};
use engine::pacing::Pacing;
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, Prefix, SessionId, Signature, Span};
use engine::zone::Zone;

pub(crate) const CAMPAIGN: CampaignId = CampaignId(1);

pub(crate) fn config(agents: u64, pacing: Pacing) -> Config {
    let agents = u32::try_from(agents).expect("a floor's worth of agents");
    let campaign = CampaignRules {
        id: CAMPAIGN,
        name: "spring".to_owned(),
        pacing,
        zone: Zone::default(),
        hours: None,
        callee_hours: None,
        law: false,
        carriers: vec![CarrierId(1), CarrierId(2)],
        caller_id: Some("15550009999".to_owned()),
        caller_ids: None,
        prefix: Prefix::default(),
        account: None,
        setup_timeout: Span::secs(10),
        ring_timeout: Span::secs(25),
        talk_limit: Span::secs(1_800),
        message_within: Span::millis(1_500),
        greeting: Span::ZERO,
        message: Some("sound:sorry".to_owned()),
        wrap_up: Span::secs(20),
        retry: RetryRules::default(),
        callback_patience: Span::ZERO,
        repeat_after_drop: Span::secs(259_200),
        hopper_size: Some(1_000),
        flow: None,
        amd: None,
        digits: QueuedDigits::default(),
        recording: None,
        dispositions: None,
        transfers: std::collections::BTreeMap::new(),
    };
    Config {
        signature: Signature::try_from("rm1".to_owned()).expect("a signature"),
        campaigns: vec![campaign],
        carriers: [1, 2].map(carrier).to_vec(),
        caller_ids: Vec::new(),
        agents: (1..=agents).map(agent).collect(),
        pause_codes: vec![],
        geography: Geography::default(),
        next_attempt: AttemptId(1),
        next_session: SessionId(1),
        pbx_patience: Span::secs(3),
        database_patience: Span::secs(5),
        survey_every: Span::secs(60),
    }
}

fn carrier(id: u32) -> CarrierRules {
    CarrierRules {
        id: CarrierId(id),
        name: format!("trunk-{id}"),
        route: Route::Trunk { endpoint: format!("trunk-{id}") },
        weight: 1,
        channels: 10_000,
        calls_per_second: 1_000,
        prefix: Prefix::default(),
        caller_id: None,
        caller_ids: None,
        ring_timeout: None,
        digits: QueuedDigits::default(),
        variables: Vec::new(),
        failures_to_rest: 100,
        rest: Span::secs(30),
    }
}

fn agent(id: u32) -> AgentRules {
    AgentRules {
        id: AgentId(id),
        name: format!("agent-{id}"),
        campaign: CAMPAIGN,
        endpoint: format!("PJSIP/agent-{id}"),
        seat: Seat::NailedUp,
        ring_timeout: Span::secs(20),
        missed_rings: 3,
    }
}
