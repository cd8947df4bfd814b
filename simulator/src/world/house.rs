//! What the house has decided, as the engine is told of it.

use std::sync::Arc;

use engine::Config;
use engine::agent::{AgentRules, Seat};
use engine::amd::{AmdRules, Detection};
use engine::campaign::CampaignRules;
use engine::digits::QueuedDigits;
use engine::lead::{Geography, RetryRules};
use engine::pacing::Pacing;
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, Prefix, SessionId, Signature, Span};
use engine::zone::Zone;

use super::World;
use crate::amd::AmdConf;
use crate::baseline;
use crate::draw::Law;

/// The one campaign.
pub(crate) const CAMPAIGN: CampaignId = CampaignId(1);

/// How long the dialer waits for the first ring, and then for an answer.
pub(crate) const SETUP_LIMIT: Span = Span::secs(30);
pub(crate) const RING_LIMIT: Span = Span::secs(120);

/// Where agents end their work themselves, the engine's own end of it must not come first.
const OWN_TIME: Span = Span::secs(3_600);

/// What the house has decided.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct House {
    pub(crate) pacing: Pacing,
    pub(crate) zone: Zone,
    /// Who allots the dials, where the engine is not to pace itself.
    pub(crate) baseline: Option<baseline::Rules>,
    pub(crate) greeting: Span,
    pub(crate) answer_within: Span,
    pub(crate) retry: RetryRules,
    /// How long after a drop a number is dialled only with an agent reserved for it.
    pub(crate) repeat_after_drop: Span,
    /// How persons are told from machines, where they are; and what Asterisk goes by, where it does so.
    pub(crate) amd: Option<Arc<AmdRules>>,
    pub(crate) amd_conf: AmdConf,
}

impl House {
    /// Who listens to callees, and when, where persons are told from machines.
    pub(crate) fn detection(&self) -> Option<Detection> {
        self.amd.as_ref().map(|amd| amd.detection)
    }
}

impl World {
    /// The engine's configuration.
    pub(crate) fn config(&self) -> Config {
        let ids = (1..).map(CarrierId);
        let agents: u32 = self.crew.iter().map(|group| group.agents).sum();
        Config {
            signature: Signature::try_from("sim".to_owned()).expect("a signature"),
            campaigns: vec![self.campaign()],
            carriers: ids.zip(&self.carriers).map(|(id, carrier)| carrier.rules(id)).collect(),
            caller_ids: Vec::new(),
            agents: (1..=agents).map(agent).collect(),
            pause_codes: vec![],
            geography: Geography::default(),
            next_attempt: AttemptId(1),
            next_session: SessionId(1),
            pbx_patience: Span::secs(3),
            database_patience: Span::secs(5),
            // Where nothing is ever lost there is nothing to be found.
            survey_every: if self.faults.any() { Span::secs(60) } else { Span::secs(3_600) },
        }
    }

    fn campaign(&self) -> CampaignRules {
        CampaignRules {
            id: CAMPAIGN,
            name: "simulated".to_owned(),
            pacing: self.house.pacing.clone(),
            zone: self.house.zone.clone(),
            hours: None,
            callee_hours: None,
            law: false,
            carriers: (1..).map(CarrierId).zip(&self.carriers).map(|(id, _)| id).collect(),
            caller_id: None,
            caller_ids: None,
            prefix: Prefix::default(),
            account: None,
            setup_timeout: SETUP_LIMIT,
            ring_timeout: RING_LIMIT,
            talk_limit: Span::secs(24 * 3_600),
            message_within: self.house.answer_within,
            greeting: self.house.greeting,
            message: Some("sound:message".to_owned()),
            wrap_up: self.timed_wrap_up().unwrap_or(OWN_TIME),
            retry: self.house.retry.clone(),
            callback_patience: Span::ZERO,
            repeat_after_drop: self.house.repeat_after_drop,
            hopper_size: Some(200),
            flow: None,
            amd: self.house.amd.clone(),
            digits: QueuedDigits::default(),
            recording: None,
            dispositions: None,
            transfers: std::collections::BTreeMap::new(),
        }
    }

    /// How long the work after a conversation takes, where that is the same for everybody.
    pub(crate) fn timed_wrap_up(&self) -> Option<Span> {
        let first = &self.crew[0].wrap_up;
        match first {
            Law::Fixed { seconds } if self.crew.iter().all(|group| group.wrap_up == *first) => {
                Some(Span((seconds * 1e6) as u64))
            }
            Law::Fixed { .. }
            | Law::Uniform { .. }
            | Law::Exponential { .. }
            | Law::Gamma { .. }
            | Law::Lognormal { .. }
            | Law::Mixture { .. }
            | Law::OneOf { .. } => None,
        }
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
