//! What do all calls of a campaign through one of its carriers have in common? From that, and from the lead, comes the request
//! of each.

use alloc::string::String;
use alloc::sync::Arc;

use super::dial_string::Frame;
use super::originate::{ATTRIBUTE, FORWARD_CONTEXT, ORPHAN, codec, set_shared};
use super::variables::{Draft, Ids, Text, Variables};
use crate::amd::Detection;
use crate::call::CallRequest;
use crate::campaign::CampaignRules;
use crate::carrier::CarrierRules;
use crate::digits::Digits;
use crate::lead::QueueItem;
use crate::words::{AgentId, AttemptId, CampaignId, CarrierId, Micros, Span};

/// What the dialplan sends as soon as the far end sends early media.
const DIGITS_BEFORE_ANSWER: &str = "DIGITS_BEFORE_ANSWER";

/// How many variables a way has at most beyond the carrier's own.
const OURS: usize = 9;

/// A campaign's way through one carrier.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    campaign: CampaignId,
    carrier: CarrierId,
    frame: Arc<Frame>,
    codec: Option<String>,
    prefix: String,
    account: Option<String>,
    ring_timeout: Span,
    digits: Option<Digits>,
    variables: Arc<Text>,
    /// How long a number that was dropped waits for an agent to be reserved.
    held_after_drop: Span,
}

impl Way {
    /// A carrier's own rules go before the campaign's, and its prefix outermost.
    pub(crate) fn new(campaign: &CampaignRules, carrier: &CarrierRules) -> Self {
        let prefix = [carrier.prefix.as_ref(), campaign.prefix.as_ref()].concat();
        let ring_timeout = carrier.ring_timeout.unwrap_or(campaign.ring_timeout);
        Self {
            campaign: campaign.id,
            carrier: carrier.id,
            frame: Arc::new(Frame::of(&carrier.route, &prefix)),
            codec: codec(&carrier.route),
            prefix,
            account: campaign.account.clone(),
            ring_timeout,
            digits: campaign.digits.or(&carrier.digits).after_answer,
            variables: variables(campaign, carrier, ring_timeout),
            held_after_drop: campaign.repeat_after_drop,
        }
    }

    /// The call request of one try.
    pub(crate) fn request(
        &self,
        item: &QueueItem,
        caller_id: Option<String>,
        (attempt, ordinal): (AttemptId, u8),
        agent: Option<AgentId>,
        now: Micros,
    ) -> CallRequest {
        let ids = Ids { queue: item.id, attempt, lead: item.lead };
        CallRequest {
            attempt,
            ordinal,
            campaign: self.campaign,
            queue: item.id,
            lead: item.lead,
            number: item.number,
            alternates: item.alternates.clone(),
            nth: item.attempts + 1,
            past: item.past.clone(),
            callback: item.callback,
            carrier: self.carrier,
            agent,
            endpoint: self.frame.around(item.number),
            codec: self.codec.clone(),
            caller_id,
            prefix: self.prefix.clone(),
            account: self.account.clone(),
            ring_timeout_ms: self.ring_timeout.0 / 1_000,
            digits: self.digits.clone(),
            variables: Variables::of(ids, attributes(item), Arc::clone(&self.variables)),
            undropped_since: (agent.is_none() && self.held_after_drop > Span::ZERO)
                .then(|| now - self.held_after_drop),
            created: now,
        }
    }
}

/// What is known of the lead besides its ids.
fn attributes(item: &QueueItem) -> Option<Arc<Text>> {
    if item.attributes.is_empty() {
        return None;
    }
    let mut draft = Draft::for_about(item.attributes.len());
    for (name, value) in &item.attributes {
        draft.set_prefixed(ATTRIBUTE, name, value);
    }
    Some(draft.shared())
}

fn variables(campaign: &CampaignRules, carrier: &CarrierRules, ring_timeout: Span) -> Arc<Text> {
    let in_flow = campaign.flow.as_ref().map_or(Span::ZERO, |flow| flow.longest());
    let handed_over = campaign.transfers.values().map(|rules| rules.longest_leg()).max();
    let handed_over = handed_over.map_or(Span::ZERO, |longest| campaign.setup_timeout + longest);
    let life = campaign.setup_timeout + ring_timeout + in_flow + campaign.talk_limit + handed_over + ORPHAN;
    let mut draft = Draft::for_about(OURS + carrier.variables.len());
    set_shared(&mut draft, campaign.id, "customer", life);
    draft.set_number("CARRIER_ID", u64::from(carrier.id.0));
    draft.set("CARRIER_NAME", &carrier.name);
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
    for (name, value) in &carrier.variables {
        draft.set(name, value);
    }
    draft.shared()
}
