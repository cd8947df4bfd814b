//! Calls with an agent reserved for them, whatever the pacing: those that were agreed on, each at its time and with the agent it
//! was agreed with, and numbers that were dropped of late. Through the same gate as all others.

use alloc::vec::Vec;

use super::Engine;
use crate::agent::{AgentState, Reach};
use crate::campaign::Campaign;
use crate::command::Denial;
use crate::deadline::Wake;
use crate::gate::{self, Closed, Reason};
use crate::lead::{Calendar, QueueItem};
use crate::words::{AgentId, CampaignId, Micros, QueueId, Span};

/// How long a lead is left alone that would wait for an agent among more than are held ready.
const AGENTS_AGAIN: Span = Span::secs(600);

impl Engine {
    /// Somebody wrote down a callback: what the hopper holds of the lead is out of date.
    pub(super) fn agreed(&mut self, id: CampaignId, item: QueueId, at: Micros) -> Result<(), Denial> {
        let now = self.now;
        self.is_out_of_date(id, item)?;
        self.campaign_mut(id).hopper.calls_back(at);
        self.has_leads_again(id);
        self.deadlines.no_later(Wake::Campaign(id), core::cmp::Ord::max(at, now + Span(1)));
        self.dialable = true;
        Ok(())
    }

    /// Somebody took back what was agreed on for a lead: what the hopper holds of it is out of date. It may wait as any other now.
    pub(super) fn called_off(&mut self, id: CampaignId, item: QueueId) -> Result<(), Denial> {
        self.is_out_of_date(id, item)?;
        self.leads_added(id)
    }

    /// What is held of a lead is out of date. It goes back all the same: where it was claimed after that was written down, and before it
    /// was told, nobody else would ever give it back.
    fn is_out_of_date(&mut self, id: CampaignId, item: QueueId) -> Result<(), Denial> {
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        let is_it = |lead: &QueueItem| lead.id == item;
        let held = campaign.hopper.take_out(is_it);
        self.release(held);
        self.withdraw_all(id, is_it);
        Ok(())
    }

    /// A lead that was called waits again until then: for a call that was agreed on, or as any other.
    pub(super) fn waits_again(&mut self, id: CampaignId, item: QueueId, at: Micros, agreed: bool) {
        if agreed {
            self.agreed(id, item, at).expect("a call's campaign is configured");
        } else {
            self.supplied(id, at);
        }
    }

    /// Dials what an agent has to be reserved for, as far as agents are ready and can be spared.
    pub(super) fn call_back(&mut self, id: CampaignId) {
        if !self.campaign(id).hopper.has_some_for_agents() {
            return;
        }
        self.settle(id);
        while let Some((item, agent)) = self.next_for_agent(id, Reach::AtHand) {
            self.offer(id, item, Some(agent));
        }
        // Whose phone has to be called first is called.
        while let Some((item, agent)) = self.next_for_agent(id, Reach::ByPhone) {
            let now = self.now;
            self.campaign_mut(id).hopper.put_back(now, item);
            self.call_agent(agent);
        }
    }

    /// Whoever need not wait for an agent any more does not, and of those who were dropped no more wait than would be held ready
    /// otherwise: none where nobody works for the campaign.
    fn settle(&mut self, id: CampaignId) {
        let Self { campaigns, agents, now, .. } = self;
        let now = *now;
        let campaign = campaigns.get_mut(id).expect("campaigns are checked when the engine is made");
        let works_here = |agent| agents.get(agent).is_some_and(|agent| agent.rules.campaign == id);
        if campaign.hopper.settles_at().is_some_and(|at| at <= now) {
            let Campaign { hopper, calendar, started_at, rules, .. } = campaign;
            hopper.settle(now, |item| {
                let callback = item.callback.filter(|callback| callback.agent.is_some_and(works_here))?;
                let opens_at = |hours: &Calendar| hours.opens_to(callback.at, item);
                let could_be_made = calendar.as_deref().map_or(callback.at, opens_at);
                Some(core::cmp::Ord::max(could_be_made, *started_at) + rules.callback_patience)
            });
            let staffed = agents.ids().any(works_here);
            let places = if staffed { campaign.hopper.level(now) as usize } else { 0 };
            let latest = if staffed { now + AGENTS_AGAIN } else { Micros(u64::MAX) };
            let surplus = campaign.hopper.take_surplus(places);
            if !surplus.is_empty() {
                campaign.refused(Reason::AfterDrop);
            }
            let again = |(until, item)| (core::cmp::Ord::min(until, latest), item);
            self.come_again(id, surplus.into_iter().map(again));
        }
        if let Some(at) = self.campaign(id).hopper.settles_at() {
            self.deadlines.no_later(Wake::Campaign(id), at);
        }
    }

    /// Whether a call may be placed for an agent, whatever pacing says.
    fn may_reserve(&mut self, id: CampaignId) -> bool {
        match self.gate().opens_at_all(self.campaign(id)) {
            Ok(()) => self.spares_one(id),
            Err(refusal) => self.refuse(id, refusal),
        }
    }

    /// Whether pacing spares a ready agent for such a call.
    fn spares_one(&self, id: CampaignId) -> bool {
        let counts = self.calls.counts(id);
        let taken = counts.in_flight() - counts.unreserved();
        self.campaign(id).pacer.spares_one(self.now, self.gate().pool(id), taken)
    }

    /// The first of these calls that may be made now and whose agent is reached like this.
    fn next_for_agent(&mut self, id: CampaignId, reach: Reach) -> Option<(QueueItem, AgentId)> {
        let mut later = Vec::new();
        let next = loop {
            if !self.may_reserve(id) {
                break None;
            }
            let Some((item, agent)) = self.first_for_agent(id, reach) else { break None };
            let Self { campaigns, calls, now, .. } = self;
            let campaign = campaigns.get_mut(id).expect("campaigns are checked when the engine is made");
            let item = campaign.hopper.take_for_agent(item).expect("it was found there");
            match gate::open_to(campaign, calls, *now, &item) {
                Ok(()) => {
                    campaign.reason = None;
                    break Some((item, agent));
                }
                Err(Closed::For(reason)) => campaign.refused(reason),
                Err(Closed::Until(opens_at)) => later.push((opens_at, item)),
            }
        };
        self.put_off(id, later);
        next
    }

    /// The first of these calls whose agent is ready and reached like this, and whose callee is on no live call.
    fn first_for_agent(&self, id: CampaignId, reach: Reach) -> Option<(QueueId, AgentId)> {
        let is_ready = |agent: &AgentId| {
            let agent = self.agents.get(*agent);
            agent.is_some_and(|agent| {
                agent.state() == AgentState::Ready && agent.leaving.is_none() && agent.reach() == reach
            })
        };
        let anybody = self.agents.free(id).find(|turn| turn.reach == reach).map(|turn| turn.agent);
        self.campaign(id).hopper.for_agents().find_map(|(item, agent)| {
            let agent = agent.map_or(anybody, |agent| Some(agent).filter(is_ready))?;
            (!self.calls.is_live(item.number)).then_some((item.id, agent))
        })
    }
}
