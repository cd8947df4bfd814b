//! Calls that were agreed on: each at its time, through the same gate, and with the agent it was agreed with.

use super::Engine;
use crate::agent::{AgentState, Reach};
use crate::campaign::CampaignState;
use crate::command::Denial;
use crate::deadline::Wake;
use crate::gate;
use crate::lead::QueueItem;
use crate::words::{AgentId, CampaignId, Micros, QueueId, Span};

impl Engine {
    /// Somebody wrote down a callback: what the hopper holds of the lead is out of date.
    pub(super) fn agreed(&mut self, id: CampaignId, item: QueueId, at: Micros) -> Result<(), Denial> {
        let now = self.now;
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        campaign.hopper.agreed(item, at);
        if campaign.state == CampaignState::Completed && !self.closing {
            self.set_campaign(id, CampaignState::Running);
        }
        self.deadlines.no_later(Wake::Campaign(id), core::cmp::Ord::max(at, now + Span(1)));
        self.dialable = true;
        Ok(())
    }

    /// Dials for agents what they themselves have agreed on, as far as they are ready and can be spared.
    pub(super) fn call_back(&mut self, id: CampaignId) {
        if !self.campaign(id).hopper.has_promises() {
            return;
        }
        let Self { campaigns, agents, now, .. } = self;
        let campaign = campaigns.get_mut(id).expect("campaigns are checked when the engine is made");
        let works_here = |agent| agents.get(agent).is_some_and(|agent| agent.rules.campaign == id);
        let patience = campaign.rules.callback_patience;
        if let Some(next) = campaign.hopper.release_promises(*now, patience, works_here) {
            self.deadlines.no_later(Wake::Campaign(id), next);
        }
        while let Some((item, agent)) = self.next_promise(id) {
            self.launch(id, item, Some(agent));
        }
        // Whose phone has to be called first is called.
        while self.may_keep_promises(id)
            && let Some((_, agent)) = self.promise_of(id, Reach::ByPhone)
        {
            self.call_agent(agent);
        }
    }

    /// Whether a call may be placed for an agent, whatever pacing says.
    fn may_keep_promises(&mut self, id: CampaignId) -> bool {
        match self.gate().opens_at_all(self.campaign(id)) {
            Ok(()) => self.can_spare_one(id),
            Err(refusal) => self.refuse(id, refusal),
        }
    }

    /// The first of the promised calls whose agent is at hand.
    fn next_promise(&mut self, id: CampaignId) -> Option<(QueueItem, AgentId)> {
        if !self.may_keep_promises(id) {
            return None;
        }
        let (item, agent) = self.promise_of(id, Reach::AtHand)?;
        let Self { campaigns, calls, .. } = self;
        let campaign = campaigns.get_mut(id)?;
        let item = campaign.hopper.keep_promise(item)?;
        match gate::open_to(&campaign.rules, calls, &item) {
            Ok(()) => {
                campaign.reason = None;
                Some((item, agent))
            }
            Err(reason) => {
                campaign.refused(reason);
                None
            }
        }
    }

    /// The first promise of a ready agent who is reached like this, and whose callee is on no live call.
    fn promise_of(&self, id: CampaignId, reach: Reach) -> Option<(QueueId, AgentId)> {
        let is_ready = |agent: AgentId| {
            let agent = self.agents.get(agent);
            agent.is_some_and(|agent| {
                agent.state() == AgentState::Ready && agent.leaving.is_none() && agent.reach() == reach
            })
        };
        let mut promises = self.campaign(id).hopper.promises();
        let (item, agent) =
            promises.find(|(item, agent)| is_ready(*agent) && !self.calls.is_live(item.number))?;
        Some((item.id, agent))
    }
}
