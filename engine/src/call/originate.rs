//! With what is a call placed? The one builder of dial strings and channel variables, for customers' and agents' legs.

use alloc::string::String;

use crate::agent::AgentRules;
use crate::amd::Detection;
use crate::call::variables::{Draft, Variables};
use crate::call::{CallRequest, Dossier, TransferRequest};
use crate::campaign::CampaignRules;
use crate::carrier::{CarrierRules, Route};
use crate::command::Originate;
use crate::flow::{Destination, TransferRules};
use crate::lead::QueueItem;
use crate::words::{AttemptId, CampaignId, Leg, Micros, Number, SessionId, Span};

/// How much longer Asterisk's own time-out is than ours: it starts at the dial, ours at the ringing.
const BACKSTOP: Span = Span::secs(5);

/// How much longer than everything we allow a leg may live in Asterisk if nobody is left to end it.
const ORPHAN: Span = Span::secs(60);

/// The longest that a seated agent's leg may live: a day and a night.
const SHIFT: Span = Span::secs(24 * 3_600);

/// Where Asterisk sends a redirected call (SIP 302): nowhere, since that number has passed no gate.
const FORWARD_CONTEXT: &str = "trunk-inbound";

/// What the dialplan sends as soon as the far end sends early media.
const DIGITS_BEFORE_ANSWER: &str = "DIGITS_BEFORE_ANSWER";
/// How much of a lead's text a header of its call takes.
const MOST_IN_HEADER: usize = 128;

/// How many variables a leg has at most beyond the lead's and the carrier's own.
const OURS: usize = 11;

/// What the variable of a lead's attribute begins with.
pub(super) const ATTRIBUTE: &str = "LEAD_";

/// The call request of one try.
pub(crate) fn call_request(
    campaign: &CampaignRules,
    carrier: &CarrierRules,
    item: &QueueItem,
    caller_id: Option<String>,
    try_of: (AttemptId, u8),
    agent: Option<crate::words::AgentId>,
    now: Micros,
) -> CallRequest {
    let (attempt, ordinal) = try_of;
    let prefix = [carrier.prefix.as_ref(), campaign.prefix.as_ref()].concat();
    let ring_timeout = carrier.ring_timeout.unwrap_or(campaign.ring_timeout);
    CallRequest {
        attempt,
        ordinal,
        campaign: campaign.id,
        queue: item.id,
        lead: item.lead,
        number: item.number,
        alternates: item.alternates.clone(),
        nth: item.attempts + 1,
        past: item.past.clone(),
        callback: item.callback,
        carrier: carrier.id,
        agent,
        endpoint: dial_string(&carrier.route, &prefix, item.number),
        codec: codec(&carrier.route),
        caller_id,
        prefix,
        account: campaign.account.clone(),
        ring_timeout_ms: ring_timeout.0 / 1_000,
        digits: campaign.digits.or(&carrier.digits).after_answer,
        variables: customer_variables(campaign, carrier, item, attempt, ring_timeout),
        undropped_since: (agent.is_none() && campaign.repeat_after_drop > Span::ZERO)
            .then(|| now - campaign.repeat_after_drop),
        created: now,
    }
}

/// The number with its prefix, made into a dial string. The number is digits and the prefix is keys, by their types,
/// so nothing in them can reach another endpoint.
fn dial_string(route: &Route, prefix: &str, number: Number) -> String {
    let mut buffer = itoa::Buffer::new();
    let number = number.text(&mut buffer);
    match route {
        Route::Trunk { endpoint } => ["PJSIP/", prefix, number, "@", endpoint].concat(),
        Route::Sip { peer } => ["SIP/", prefix, number, "@", peer].concat(),
        Route::Dahdi { group } => ["DAHDI/", group, "/", prefix, number].concat(),
        Route::Local { context, .. } => ["Local/", prefix, number, "@", context, "/n"].concat(),
    }
}

fn codec(route: &Route) -> Option<String> {
    match route {
        Route::Trunk { .. } | Route::Sip { .. } | Route::Dahdi { .. } => None,
        Route::Local { codec, .. } => Some(codec.clone()),
    }
}

fn customer_variables(
    campaign: &CampaignRules,
    carrier: &CarrierRules,
    item: &QueueItem,
    attempt: AttemptId,
    ring_timeout: Span,
) -> Variables {
    let in_flow = campaign.flow.as_ref().map_or(Span::ZERO, |flow| flow.longest());
    let handed_over = campaign.transfers.values().map(|rules| rules.longest_leg()).max();
    let handed_over = handed_over.map_or(Span::ZERO, |longest| campaign.setup_timeout + longest);
    let life = campaign.setup_timeout + ring_timeout + in_flow + campaign.talk_limit + handed_over + ORPHAN;
    let mut draft = Draft::for_about(OURS + item.attributes.len() + carrier.variables.len());
    set_shared(&mut draft, campaign.id, "customer", life);
    draft.set_number("QUEUE_ID", item.id.0);
    draft.set_number("CARRIER_ID", u64::from(carrier.id.0));
    draft.set("CARRIER_NAME", &carrier.name);
    draft.set_number("ATTEMPT_ID", attempt.0);
    draft.set_number("LEAD_ID", item.lead.0);
    draft.set("FORWARD_CONTEXT", FORWARD_CONTEXT);
    if let Some(Detection::Parallel(rules)) = campaign.amd.as_ref().map(|amd| amd.detection) {
        let silence_ms = rules.talk_silence.0 / 1_000;
        draft.set("TALK_DETECT(set)", &alloc::format!("{silence_ms},{}", rules.talk_level));
    }
    if let Some(digits) = campaign.digits.or(&carrier.digits).before_answer {
        draft.set(DIGITS_BEFORE_ANSWER, digits.as_str());
    }
    if let Some(account) = &campaign.account {
        draft.set("CHANNEL(accountcode)", account);
    }
    for (name, value) in &item.attributes {
        draft.set_prefixed(ATTRIBUTE, name, value);
    }
    for (name, value) in &carrier.variables {
        draft.set(name, value);
    }
    draft.finish()
}

fn set_shared(draft: &mut Draft, campaign: CampaignId, call_type: &str, life: Span) {
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
            let endpoint = dial_string(&carrier.route, &prefix, *number);
            (prefix, endpoint, Some(*number))
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
            draft.set("PJSIP_HEADER(add,P-Contact-Transfer-Ref)", &in_one_line(reference));
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
        endpoint: request.endpoint.clone(),
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
    Originate {
        leg: Leg::Agent { agent: agent.id, session },
        endpoint: agent.endpoint.clone(),
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
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;
    use crate::agent::Seat;
    use crate::lead::RetryRules;
    use crate::pacing::Pacing;
    use crate::words::{AgentId, CarrierId, LeadId, Number, Prefix, QueueId};

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
        call_request(campaign, carrier, item, caller_id, try_of, None, Micros(5))
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
        CAMPAIGN_ID=3
        CALL_TYPE=customer
        TIMEOUT(absolute)=1896
        QUEUE_ID=7
        CARRIER_ID=2
        CARRIER_NAME=trunk-a
        ATTEMPT_ID=42
        LEAD_ID=8
        FORWARD_CONTEXT=trunk-inbound
        CHANNEL(accountcode)=acme
        LEAD_FIRST_NAME=Ann
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
        CAMPAIGN_ID=3
        CALL_TYPE=customer
        TIMEOUT(absolute)=1910
        QUEUE_ID=7
        CARRIER_ID=2
        CARRIER_NAME=trunk-a
        ATTEMPT_ID=42
        LEAD_ID=8
        FORWARD_CONTEXT=trunk-inbound
        LEAD_FIRST_NAME=Ann
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
            assert_eq!(request.endpoint, dialled);
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
        ");
    }
}
