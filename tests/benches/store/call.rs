//! An answered call, as the engine would have it written down.

use engine::Times;
use engine::call::{CallRequest, Ending, Phase, Record, Try};
use engine::lead::{Fate, Past, QueueItem};
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, Cause, Micros, TechCause};

const CREATED: Micros = Micros(1_800_000_000_000_000);

/// The intent to dial an item; its attempt has the item's own number.
pub(super) fn request(campaign: CampaignId, item: &QueueItem) -> CallRequest {
    let variables = [
        ("CAMPAIGN_ID", campaign.to_string()),
        ("CALL_TYPE", "customer".to_owned()),
        ("TIMEOUT(absolute)", "7305".to_owned()),
        ("QUEUE_ID", item.id.to_string()),
        ("CARRIER_ID", "1".to_owned()),
        ("CARRIER_NAME", "trunk".to_owned()),
        ("ATTEMPT_ID", item.id.to_string()),
        ("LEAD_ID", item.lead.to_string()),
    ];
    CallRequest {
        attempt: AttemptId(item.id.0),
        ordinal: 1,
        campaign,
        queue: item.id,
        lead: item.lead,
        number: item.number,
        alternates: Vec::new(),
        nth: 1,
        past: Past::default(),
        callback: None,
        carrier: CarrierId(1),
        agent: None,
        codec: None,
        endpoint: format!("PJSIP/{}@trunk", item.number).into(),
        caller_id: Some("15550001111".to_owned()),
        prefix: String::new(),
        account: None,
        ring_timeout_ms: 25_000,
        digits: None,
        variables: variables.into_iter().collect(),
        undropped_since: None,
        created: CREATED,
    }
}

/// Answered after five seconds.
pub(super) fn answered(call: &CallRequest) -> Times {
    let after = |seconds: u64| Some(Micros(call.created.0 + seconds * 1_000_000));
    Times { created: call.created, placed: after(0), rang: after(1), answered: after(5), ..Times::default() }
}

/// And with an agent at once.
pub(super) fn talked(call: &CallRequest) -> Times {
    Times { bridged: answered(call).answered, ..answered(call) }
}

/// The end of it, a minute later.
pub(super) fn record(call: &CallRequest, agent: AgentId) -> Record {
    let ending = Ending {
        phase: Phase::Bridged,
        act: None,
        cause: Some(Cause(16)),
        tech: Some(TechCause(200)),
        unplaced: None,
    };
    let last = Try {
        ordinal: 1,
        carrier: call.carrier,
        cause: ending.cause,
        tech: ending.tech,
        unplaced: ending.unplaced,
    };
    Record {
        attempt: call.attempt,
        campaign: call.campaign,
        queue: call.queue,
        lead: call.lead,
        number: call.number,
        nth: call.nth,
        carrier: call.carrier,
        agent: Some(agent),
        result: ending.result(),
        ending,
        tries: vec![last],
        times: Times { ended: Some(Micros(call.created.0 + 65_000_000)), ..talked(call) },
        held: engine::words::Span::ZERO,
        fate: Fate::Completed,
        next_number: None,
        past: Past::default(),
        promised: false,
        flow: None,
        recordings: vec![],
        transfers: Vec::new(),
        amd: None,
    }
}
