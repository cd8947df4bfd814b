//! With what is a leg placed? What every leg has in common, and the originates of callees, of agents and of others.

use alloc::string::{String, ToString};
use alloc::sync::Arc;

use super::dial_string::Frame;
use crate::agent::AgentRules;
use crate::call::variables::{Draft, Variables};
use crate::call::{CallRequest, Dossier, TransferRequest};
use crate::campaign::CampaignRules;
use crate::carrier::{CarrierRules, Route};
use crate::command::Originate;
use crate::flow::{Destination, TransferRules};
use crate::words::{CampaignId, Leg, Micros, SessionId, Span};

/// How much longer Asterisk's own time-out is than ours: it starts at the dial, ours at the ringing.
const BACKSTOP: Span = Span::secs(5);

/// How much longer than everything we allow a leg may live in Asterisk if nobody is left to end it.
pub(super) const ORPHAN: Span = Span::secs(60);

/// The longest that a seated agent's leg may live: a day and a night.
const SHIFT: Span = Span::secs(24 * 3_600);

/// Where Asterisk sends a redirected call (SIP 302): nowhere, since that number has passed no gate.
pub(super) const FORWARD_CONTEXT: &str = "trunk-inbound";

/// How much of a lead's text a header of its call takes.
const MOST_IN_HEADER: usize = 128;

/// How many variables an agent's leg or one to somebody else has at most beyond the carrier's own.
const OURS: usize = 11;

/// What the variable of a lead's attribute begins with.
pub(super) const ATTRIBUTE: &str = "LEAD_";

pub(super) fn codec(route: &Route) -> Option<String> {
    match route {
        Route::Trunk { .. } | Route::Sip { .. } | Route::Dahdi { .. } => None,
        Route::Local { codec, .. } => Some(codec.clone()),
    }
}

pub(super) fn set_shared(draft: &mut Draft, campaign: CampaignId, call_type: &str, life: Span) {
    draft.set_number("CAMPAIGN_ID", u64::from(campaign.0));
    draft.set("CALL_TYPE", call_type);
    draft.set_number("TIMEOUT(absolute)", life.ceil_secs());
}

/// The request of a leg to somebody whom a callee is to be put through to: through a carrier, or to an endpoint of the PBX.
pub(crate) fn transfer_request(
    campaign: &CampaignRules,
    carrier: Option<&CarrierRules>,
    call: &Dossier,
    (to, rules): (&Destination, &TransferRules),
    caller_id: Option<String>,
    now: Micros,
) -> TransferRequest {
    let (prefix, endpoint, number) = match (carrier, to) {
        (Some(carrier), Destination::Number(number)) => {
            let prefix = [carrier.prefix.as_ref(), campaign.prefix.as_ref()].concat();
            let frame = Arc::new(Frame::of(&carrier.route, &prefix));
            (prefix, frame.around(*number).to_string(), Some(*number))
        }
        (None, Destination::Endpoint(endpoint)) => (String::new(), endpoint.clone(), None),
        (None, Destination::Number(_)) | (Some(_), Destination::Endpoint(_)) => {
            unreachable!("a number goes through a carrier, and an endpoint through none")
        }
    };
    TransferRequest {
        attempt: call.request.attempt,
        ordinal: call.others,
        campaign: campaign.id,
        lead: call.request.lead,
        number,
        carrier: carrier.map(|carrier| carrier.id),
        variables: transfer_variables(campaign, carrier, call, rules, &endpoint),
        endpoint,
        codec: carrier.and_then(|carrier| codec(&carrier.route)),
        caller_id,
        prefix,
        ring_timeout_ms: rules.ring_timeout.0 / 1_000,
        created: now,
    }
}

fn transfer_variables(
    campaign: &CampaignRules,
    carrier: Option<&CarrierRules>,
    call: &Dossier,
    rules: &TransferRules,
    endpoint: &str,
) -> Variables {
    let life = campaign.setup_timeout + rules.longest_leg() + ORPHAN;
    let mut draft = Draft::for_about(OURS);
    set_shared(&mut draft, campaign.id, "transfer", life);
    draft.set_number("ATTEMPT_ID", call.request.attempt.0);
    draft.set_number("LEAD_ID", call.request.lead.0);
    draft.set("FORWARD_CONTEXT", FORWARD_CONTEXT);
    if let Some(account) = &campaign.account {
        draft.set("CHANNEL(accountcode)", account);
    }
    if let Some(carrier) = carrier {
        draft.set_number("CARRIER_ID", u64::from(carrier.id.0));
        draft.set("CARRIER_NAME", &carrier.name);
        for (name, value) in &carrier.variables {
            draft.set(name, value);
        }
    }
    // Only a channel of PJSIP's has headers of this kind.
    if rules.screen_pop && endpoint.starts_with("PJSIP/") {
        draft.set_number("PJSIP_HEADER(add,P-CallRequest-ID)", call.request.attempt.0);
        draft.set_number("PJSIP_HEADER(add,P-Contact-ID)", call.request.lead.0);
        if let Some(reference) = call.attribute("transfer_ref") {
            draft.set("PJSIP_HEADER(add,P-Contact-Transfer-Ref)", &in_one_line(&reference));
        }
    }
    draft.finish()
}

/// A text that can stand in a header: what would end the line, or what no header takes, is left out.
fn in_one_line(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(MOST_IN_HEADER).collect()
}

/// The originate of a leg to somebody whom a callee is to be put through to: the stored request, and nothing that is not in
/// it.
pub(crate) fn transfer_originate(request: &TransferRequest, setup_timeout: Span) -> Originate {
    let timeout = setup_timeout + Span::millis(request.ring_timeout_ms) + BACKSTOP;
    Originate {
        leg: request.leg(),
        endpoint: request.endpoint.clone().into(),
        codec: request.codec.clone(),
        caller_id: request.caller_id.clone(),
        timeout_secs: whole_secs(timeout),
        variables: request.variables.clone(),
    }
}

/// The originate of a customer's leg: the stored call request, and nothing that is not in it.
pub(crate) fn customer_originate(request: &CallRequest, setup_timeout: Span) -> Originate {
    let timeout = setup_timeout + Span::millis(request.ring_timeout_ms) + BACKSTOP;
    Originate {
        leg: request.leg(),
        endpoint: request.endpoint.clone(),
        codec: request.codec.clone(),
        caller_id: request.caller_id.clone(),
        timeout_secs: whole_secs(timeout),
        variables: request.variables.clone(),
    }
}

/// The originate of an agent's leg.
pub(crate) fn agent_originate(agent: &AgentRules, session: SessionId) -> Originate {
    let mut draft = Draft::for_about(OURS);
    set_shared(&mut draft, agent.campaign, "agent", SHIFT);
    draft.set_number("AGENT_ID", u64::from(agent.id.0));
    draft.set("FORWARD_CONTEXT", FORWARD_CONTEXT);
    Originate {
        leg: Leg::Agent { agent: agent.id, session },
        endpoint: agent.endpoint.clone().into(),
        codec: None,
        caller_id: None,
        timeout_secs: whole_secs(agent.ring_timeout + BACKSTOP),
        variables: draft.finish(),
    }
}

fn whole_secs(span: Span) -> u32 {
    u32::try_from(span.ceil_secs()).expect("time-outs are checked when the engine is made")
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;
    use crate::agent::Seat;
    use crate::call::Way;
    use crate::lead::{QueueItem, RetryRules};
    use crate::pacing::Pacing;
    use crate::words::{AgentId, AttemptId, CarrierId, LeadId, Number, Prefix, QueueId};

    fn prefix(keys: &str) -> Prefix {
        Prefix::try_from(keys.to_string()).expect("a prefix")
    }

    fn campaign() -> CampaignRules {
        CampaignRules {
            id: CampaignId(3),
            name: "spring".to_string(),
            pacing: Pacing::Progressive,
            zone: crate::zone::Zone::default(),
            hours: None,
            callee_hours: None,
            law: false,
            carriers: Vec::new(),
            caller_id: Some("15550009999".to_string()),
            caller_ids: None,
            prefix: prefix("9"),
            account: Some("acme".to_string()),
            setup_timeout: Span::secs(10),
            ring_timeout: Span::millis(25_500),
            talk_limit: Span::secs(1_800),
            message_within: Span::secs(2),
            greeting: Span::ZERO,
            message: None,
            wrap_up: Span::ZERO,
            retry: RetryRules::default(),
            callback_patience: Span::ZERO,
            repeat_after_drop: Span::ZERO,
            hopper_size: Some(10),
            flow: None,
            amd: None,
            digits: crate::digits::QueuedDigits::default(),
            recording: None,
            dispositions: None,
            transfers: alloc::collections::BTreeMap::new(),
        }
    }

    fn carrier(route: Route) -> CarrierRules {
        CarrierRules {
            id: CarrierId(2),
            name: "trunk-a".to_string(),
            route,
            weight: 1,
            channels: 1,
            calls_per_second: 1,
            prefix: Prefix::default(),
            caller_id: None,
            caller_ids: None,
            ring_timeout: None,
            digits: crate::digits::QueuedDigits::default(),
            variables: Vec::new(),
            failures_to_rest: 1,
            rest: Span::secs(1),
        }
    }

    fn item() -> QueueItem {
        QueueItem {
            id: QueueId(7),
            lead: LeadId(8),
            number: Number::parse("+15551234567").expect("a number"),
            alternates: Vec::new(),
            attempts: 1,
            past: crate::lead::Past::default(),
            callback: None,
            note: None,
            attributes: alloc::vec![("FIRST_NAME".to_string(), "Ann".to_string())],
            zone: None,
            dropped: None,
        }
    }

    fn requested(
        campaign: &CampaignRules,
        carrier: &CarrierRules,
        item: &QueueItem,
        try_of: (AttemptId, u8),
    ) -> CallRequest {
        let caller_id = carrier.caller_id.clone().or_else(|| campaign.caller_id.clone());
        Way::new(campaign, carrier).request(item, caller_id, try_of, None, Micros(5))
    }

    fn shown(originate: &Originate) -> String {
        let variables: Vec<String> =
            originate.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let caller_id = originate.caller_id.as_deref().unwrap_or("-");
        let (endpoint, timeout) = (&originate.endpoint, originate.timeout_secs);
        format!("{endpoint} from {caller_id}, {timeout} s\n{}", variables.join("\n"))
    }

    #[test]
    fn a_call_straight_to_a_trunk_carries_everything_by_name() {
        let carrier = carrier(Route::Trunk { endpoint: "trunk-a".to_string() });
        let request = requested(&campaign(), &carrier, &item(), (AttemptId(42), 1));
        assert_eq!((request.nth, request.ring_timeout_ms, request.created), (2, 25_500, Micros(5)));
        insta::assert_snapshot!(shown(&customer_originate(&request, Span::secs(10))), @"
        PJSIP/915551234567@trunk-a from 15550009999, 41 s
        QUEUE_ID=7
        ATTEMPT_ID=42
        LEAD_ID=8
        LEAD_FIRST_NAME=Ann
        CAMPAIGN_ID=3
        CALL_TYPE=customer
        TIMEOUT(absolute)=1896
        CARRIER_ID=2
        CARRIER_NAME=trunk-a
        FORWARD_CONTEXT=trunk-inbound
        CHANNEL(accountcode)=acme
        ");
    }

    #[test]
    fn a_carriers_own_rules_go_before_the_campaigns_and_its_prefix_outermost() {
        let mut carrier =
            carrier(Route::Local { context: "from-campaign".to_string(), codec: "ulaw".to_string() });
        carrier.prefix = prefix("00*");
        carrier.caller_id = Some("4420000000".to_string());
        carrier.ring_timeout = Some(Span::secs(40));
        carrier.variables = alloc::vec![("TRUNK".to_string(), "b".to_string())];
        let campaign = CampaignRules { account: None, ..campaign() };
        let request = requested(&campaign, &carrier, &item(), (AttemptId(42), 2));
        assert_eq!((request.prefix.as_str(), request.ring_timeout_ms), ("00*9", 40_000));
        insta::assert_snapshot!(shown(&customer_originate(&request, Span::secs(10))), @"
        Local/00*915551234567@from-campaign/n from 4420000000, 55 s
        QUEUE_ID=7
        ATTEMPT_ID=42
        LEAD_ID=8
        LEAD_FIRST_NAME=Ann
        CAMPAIGN_ID=3
        CALL_TYPE=customer
        TIMEOUT(absolute)=1910
        CARRIER_ID=2
        CARRIER_NAME=trunk-a
        FORWARD_CONTEXT=trunk-inbound
        TRUNK=b
        ");
    }

    #[test]
    fn each_kind_of_route_has_its_own_dial_string() {
        let text = |text: &str| text.to_string();
        for (route, dialled) in [
            (Route::Trunk { endpoint: text("a") }, "PJSIP/0915551234567@a"),
            (Route::Sip { peer: text("a") }, "SIP/0915551234567@a"),
            (Route::Dahdi { group: text("g1") }, "DAHDI/g1/0915551234567"),
            (Route::Local { context: text("a"), codec: text("ulaw") }, "Local/0915551234567@a/n"),
        ] {
            let carrier = CarrierRules { prefix: prefix("0"), ..carrier(route) };
            let request = requested(&campaign(), &carrier, &item(), (AttemptId(42), 1));
            assert_eq!(request.endpoint.to_string(), dialled);
        }
    }

    #[test]
    fn an_agents_leg_says_whose_it_is_and_lasts_a_shift() {
        let agent = AgentRules {
            id: AgentId(7),
            name: "ann".to_string(),
            campaign: CampaignId(3),
            endpoint: "PJSIP/agent-7".to_string(),
            seat: Seat::NailedUp,
            ring_timeout: Span::secs(20),
            missed_rings: 3,
        };
        insta::assert_snapshot!(shown(&agent_originate(&agent, SessionId(9))), @"
        PJSIP/agent-7 from -, 25 s
        CAMPAIGN_ID=3
        CALL_TYPE=agent
        TIMEOUT(absolute)=86400
        AGENT_ID=7
        FORWARD_CONTEXT=trunk-inbound
        ");
    }
}
