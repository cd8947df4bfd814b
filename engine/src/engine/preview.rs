//! Preview: a lead is shown to a ready agent, who then has it dialled or skips it. It is dialled through the same gate as any
//! other, at the moment of dialling, with that agent reserved for it.

use alloc::vec::Vec;

use super::Engine;
use super::dialling::NUMBER_BUSY;
use crate::agent::Engagement;
use crate::command::Denial;
use crate::gate::{self, Closed, Reason};
use crate::lead::QueueItem;
use crate::pacing::{Pacing, PreviewEnd, PreviewRules};
use crate::words::{AgentId, CampaignId, Micros, Span};

impl Engine {
    /// A lead that the gate has let pass: it is dialled, or shown to its agent first.
    pub(super) fn offer(&mut self, id: CampaignId, item: QueueItem, agent: Option<AgentId>) {
        match (self.preview_rules(id), agent) {
            (Some(rules), Some(agent)) => {
                let until = self.now + rules.time_limit;
                self.agent(agent, |agent| agent.preview(item, until));
            }
            (_, agent) => self.launch(id, item, agent),
        }
    }

    /// The lead that an agent looks at is dialled. Where the campaign may not dial at all just now they go on looking at it;
    /// where the lead may not be dialled it is taken from them.
    pub(super) fn accept(&mut self, id: AgentId) -> Result<(), Denial> {
        let campaign = self.previews_for(id)?;
        if let Err(refusal) = self.gate().opens_at_all(self.campaign(campaign)) {
            self.refuse(campaign, refusal);
            return Err(Denial::NotNow(refusal.reason));
        }
        let Self { campaigns, agents, calls, now, .. } = self;
        let rules = campaigns.get_mut(campaign).expect("campaigns are checked when the engine is made");
        let lead = agents.get(id).and_then(|agent| agent.lead.as_deref()).expect("they look at one");
        match gate::open_to(rules, calls, *now, lead) {
            Ok(()) => {
                let lead = lead.clone();
                self.launch(campaign, lead, Some(id));
                Ok(())
            }
            Err(closed) => Err(Denial::NotNow(self.take_away(id, campaign, closed))),
        }
    }

    /// The lead that an agent looks at may not be dialled now: it goes back until it may.
    fn take_away(&mut self, id: AgentId, campaign: CampaignId, closed: Closed) -> Reason {
        let lead = self.end_preview(id).expect("they look at one");
        match closed {
            Closed::Until(opens_at) => {
                self.put_off(campaign, alloc::vec![(opens_at, lead)]);
                Reason::OutsideHours
            }
            Closed::For(reason) => {
                self.campaign_mut(campaign).refused(reason);
                self.come_again(campaign, core::iter::once((self.now + NUMBER_BUSY, lead)));
                reason
            }
        }
    }

    /// The agent does not want the lead that they look at.
    pub(super) fn skip(&mut self, id: AgentId) -> Result<(), Denial> {
        let campaign = self.previews_for(id)?;
        match self.preview_rules(campaign) {
            Some(rules) if rules.may_skip => {
                self.skip_lead(id, campaign, rules.rest);
                Ok(())
            }
            Some(_) | None => Err(Denial::NoSkipping),
        }
    }

    /// An agent has looked at a lead for as long as they may. One that cannot be dialled just now goes back, unless a moment is all
    /// that is in the way: they go on looking at it until then, and not from the beginning.
    pub(super) fn preview_over(&mut self, id: AgentId) {
        let Ok(campaign) = self.previews_for(id) else { return };
        match self.preview_rules(campaign) {
            Some(PreviewRules { then: PreviewEnd::Skip, rest, .. }) => self.skip_lead(id, campaign, rest),
            Some(PreviewRules { then: PreviewEnd::Dial, .. }) | None => match self.in_a_moment(campaign) {
                Some(until) => self.agent(id, |agent| agent.engagement = Engagement::Previewing { until }),
                None if self.accept(id).is_err() => self.withdraw(id),
                None => {}
            },
        }
    }

    /// When a campaign may dial that may not only since its carriers have had their calls for this second.
    fn in_a_moment(&self, campaign: CampaignId) -> Option<Micros> {
        let refusal = self.gate().opens_at_all(self.campaign(campaign)).err()?;
        refusal.again.filter(|&at| refusal.reason == Reason::CarrierRate && at > self.now)
    }

    fn skip_lead(&mut self, id: AgentId, campaign: CampaignId, rest: Span) {
        let Some(lead) = self.end_preview(id) else { return };
        let again = self.now + rest;
        self.campaign_mut(campaign).skipped += 1;
        self.give_back((alloc::vec![lead.id], again, Some(id)), false);
        self.due_again(campaign, again, lead.callback.is_some());
    }

    /// The lead that an agent looks at, if they do, goes back to where it came from.
    pub(super) fn withdraw(&mut self, id: AgentId) {
        let Ok(campaign) = self.previews_for(id) else { return };
        if let Some(lead) = self.end_preview(id) {
            self.goes_back(campaign, lead);
        }
    }

    /// A lead that nobody looks at any more.
    pub(super) fn goes_back(&mut self, campaign: CampaignId, lead: QueueItem) {
        let now = self.now;
        if self.takes_leads(campaign) {
            self.campaign_mut(campaign).hopper.put_back(now, lead);
        } else {
            self.release(alloc::vec![lead.id]);
        }
    }

    /// Such leads of a campaign are looked at no more, and go back to the database.
    pub(super) fn withdraw_all(&mut self, campaign: CampaignId, such: impl Fn(&QueueItem) -> bool) {
        let theirs = self.agents.previewing(campaign);
        let agents: Vec<AgentId> = theirs.filter_map(|(agent, lead)| such(lead).then_some(agent)).collect();
        for id in agents {
            let lead = self.end_preview(id).expect("they look at one");
            // It may be asked for again, if only to come to its end.
            self.supplied(campaign, self.now);
            self.release(alloc::vec![lead.id]);
        }
    }

    fn end_preview(&mut self, id: AgentId) -> Option<QueueItem> {
        let (mut lead, now) = (None, self.now);
        self.agent(id, |agent| lead = agent.end_preview(now));
        lead
    }

    /// Whose lead an agent looks at.
    fn previews_for(&self, id: AgentId) -> Result<CampaignId, Denial> {
        let agent = self.agents.get(id).ok_or(Denial::NoSuchAgent)?;
        if agent.lead.is_some() { Ok(agent.rules.campaign) } else { Err(Denial::NoPreview) }
    }

    fn preview_rules(&self, id: CampaignId) -> Option<PreviewRules> {
        match self.campaign(id).rules.pacing {
            Pacing::Preview(rules) => Some(rules),
            Pacing::Progressive
            | Pacing::Ratio { .. }
            | Pacing::Predictive(_)
            | Pacing::Broadcast { .. }
            | Pacing::Allotted => None,
        }
    }
}
