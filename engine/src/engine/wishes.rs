//! What people ask, and what they are told.

use alloc::vec::Vec;

use super::{Engine, Link};
use crate::Command;
use crate::agent::{Agent, AgentState, Engagement, Intent, PauseCode, Phone};
use crate::call::{Act, Attempt, Said};
use crate::campaign::CampaignState;
use crate::command::Denial;
use crate::deadline::Wake;
use crate::event::Wish;
use crate::lead::{Barred, Callback};
use crate::pacing::PacingChange;
use crate::words::{AgentId, AskId, AttemptId, CampaignId, Micros, Span};

impl Engine {
    /// Somebody asked for something; they get exactly one reply.
    pub(super) fn asked(&mut self, ask: AskId, wish: Wish) {
        let answer = match wish {
            Wish::Start(campaign) => match self.start(ask, campaign) {
                Ok(Granted::Later) => return,
                Ok(Granted::Now) => Ok(()),
                Err(denial) => Err(denial),
            },
            Wish::Dispose { agent, attempt, code, callback, note } => {
                let callback =
                    callback.map(|callback| Callback { at: Ord::max(callback.at, self.now), ..callback });
                let said = Said { code, by_agent: true, at: self.now, callback, note };
                match self.dispose(ask, agent, attempt, said) {
                    Ok(Granted::Later) => return,
                    Ok(Granted::Now) => Ok(()),
                    Err(denial) => Err(denial),
                }
            }
            Wish::Pause(campaign) => self.pause(campaign),
            Wish::Drain(campaign) => self.drain(campaign),
            Wish::Stop(campaign) => self.stop(campaign),
            Wish::CloseAt { campaign, at } => self.close_at(campaign, at),
            Wish::Pace { campaign, change } => self.pace(campaign, change),
            Wish::LeadsAdded(campaign) => self.leads_added(campaign),
            Wish::DoNotCall { barred, campaigns } => {
                self.bar(&barred, &campaigns);
                Ok(())
            }
            Wish::CallBack { campaign, item, at } => self.agreed(campaign, item, at),
            Wish::CallOff { campaign, item } => self.called_off(campaign, item),
            Wish::Allot { campaign, dials } => self.allot(campaign, dials),
            Wish::LogIn(agent) => self.log_in(agent),
            Wish::LogOut(agent) => self.log_out(agent),
            Wish::PauseAgent { agent, code } => self.pause_agent(agent, code),
            Wish::ReadyAgent(agent) => self.ready_agent(agent),
            Wish::HoldCallee { agent, on } => match self.hold_callee(ask, agent, on) {
                Ok(Granted::Later) => return,
                Ok(Granted::Now) => Ok(()),
                Err(denial) => Err(denial),
            },
            Wish::Mute { agent, on } => match self.mute_agent(ask, agent, on) {
                Ok(Granted::Later) => return,
                Ok(Granted::Now) => Ok(()),
                Err(denial) => Err(denial),
            },
            Wish::Transfer { agent, wish } => match self.wish_of_transfer(ask, agent, wish) {
                Ok(Granted::Later) => return,
                Ok(Granted::Now) => Ok(()),
                Err(denial) => Err(denial),
            },
            Wish::AcceptLead(agent) => self.accept(agent),
            Wish::SkipLead(agent) => self.skip(agent),
            Wish::HangUp(attempt) => self.end_by_operator(attempt),
            Wish::SendDigits { attempt, digits } => match self.wish_of_digits(ask, attempt, digits) {
                Ok(()) => return,
                Err(denial) => Err(denial),
            },
            Wish::Record { attempt, wish } => match self.wish_of_recording(ask, attempt, wish) {
                Ok(()) => return,
                Err(denial) => Err(denial),
            },
            Wish::CloseFloor => self.close_floor(),
        };
        self.reply(ask, answer.err());
    }

    pub(super) fn reply(&mut self, ask: AskId, denial: Option<Denial>) {
        let answer = denial.map_or(Ok(()), Err);
        self.commands.push_back(Command::Reply { ask, answer });
    }

    fn start(&mut self, ask: AskId, id: CampaignId) -> Result<Granted, Denial> {
        if self.closing {
            return Err(Denial::Closing);
        }
        let connected = self.link == Link::Ready;
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        match campaign.state {
            CampaignState::Running => return Ok(Granted::Now),
            CampaignState::Starting => return Err(Denial::CampaignIs(CampaignState::Starting)),
            CampaignState::Ready
            | CampaignState::Paused
            | CampaignState::Draining
            | CampaignState::Stopped
            | CampaignState::Completed => {}
        }
        let has_sounds = !campaign.rules.sounds().is_empty();
        if has_sounds && !connected {
            return Err(Denial::MessageUnchecked);
        }
        campaign.hopper.supplied(self.now);
        campaign.started_at = self.now;
        // Whoever starts it after its closing time means it.
        campaign.closes_at = campaign.closes_at.filter(|&at| at > self.now);
        if !has_sounds {
            self.set_campaign(id, CampaignState::Running);
            return Ok(Granted::Now);
        }
        campaign.starting_for = Some(ask);
        self.set_campaign(id, CampaignState::Starting);
        self.find_messages();
        Ok(Granted::Later)
    }

    pub(super) fn pause(&mut self, id: CampaignId) -> Result<(), Denial> {
        self.halt(id, CampaignState::Paused, &[CampaignState::Running, CampaignState::Starting])
    }

    fn close_at(&mut self, id: CampaignId, at: Option<Micros>) -> Result<(), Denial> {
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        campaign.closes_at = at;
        self.note_campaign(id);
        if let Some(at) = at {
            self.deadlines.no_later(Wake::Campaign(id), core::cmp::Ord::max(at, self.now + Span(1)));
        }
        Ok(())
    }

    fn pace(&mut self, id: CampaignId, change: Option<PacingChange>) -> Result<(), Denial> {
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        campaign.paces(change, self.now).map_err(Denial::PaceUnfit)?;
        self.note_campaign(id);
        self.dialable = true;
        Ok(())
    }

    fn drain(&mut self, id: CampaignId) -> Result<(), Denial> {
        let from = [CampaignState::Running, CampaignState::Starting, CampaignState::Paused];
        self.halt(id, CampaignState::Draining, &from)
    }

    fn stop(&mut self, id: CampaignId) -> Result<(), Denial> {
        let from = [
            CampaignState::Running,
            CampaignState::Starting,
            CampaignState::Paused,
            CampaignState::Draining,
            CampaignState::Ready,
            CampaignState::Completed,
        ];
        self.halt(id, CampaignState::Stopped, &from)?;
        self.give_up_ringing(id);
        Ok(())
    }

    /// No new calls from now on, and the hopper's leads go back.
    fn halt(&mut self, id: CampaignId, to: CampaignState, from: &[CampaignState]) -> Result<(), Denial> {
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        if campaign.state == to {
            return Ok(());
        }
        if !from.contains(&campaign.state) {
            return Err(Denial::CampaignIs(campaign.state));
        }
        let items = campaign.hopper.empty();
        let starting = campaign.starting_for.take();
        self.release(items);
        self.set_campaign(id, to);
        self.withdraw_all(id, |_| true);
        if let Some(ask) = starting {
            self.reply(ask, Some(Denial::CampaignIs(to)));
        }
        Ok(())
    }

    /// What rings is given up, but nothing before it has rung for 15 s.
    fn give_up_ringing(&mut self, id: CampaignId) {
        let ringing = |(attempt, state): (AttemptId, &Attempt)| {
            (state.campaign() == id && matches!(state, Attempt::Ringing(_))).then_some(attempt)
        };
        let attempts: Vec<AttemptId> = self.calls.iter().filter_map(ringing).collect();
        for attempt in attempts {
            if let Some(Attempt::Ringing(ringing)) = self.take(attempt) {
                self.put(attempt, Attempt::Ringing(ringing.give_up_soon(self.now)));
            }
        }
    }

    pub(super) fn leads_added(&mut self, id: CampaignId) -> Result<(), Denial> {
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        campaign.hopper.supplied(self.now);
        self.dialable = true;
        self.has_leads_again(id);
        Ok(())
    }

    /// Nobody of these numbers is dialled any more: what is held ready goes back, and what is being saved or may yet be tried
    /// through another carrier stays in the house.
    pub(super) fn bar(&mut self, barred: &Barred, campaigns: &[CampaignId]) {
        for id in campaigns {
            if let Some(campaign) = self.campaigns.get_mut(*id) {
                let items = campaign.hopper.take_out(|lead| barred.has(lead.number));
                // They come to their ends when they are asked for again.
                if !items.is_empty() {
                    self.supplied(*id, self.now);
                }
                self.release(items);
                self.withdraw_all(*id, |lead| barred.has(lead.number));
            }
        }
        let theirs = |(id, attempt): (AttemptId, &Attempt)| {
            let request = &attempt.call()?.request;
            (barred.has(request.number) && campaigns.contains(&request.campaign)).then_some(id)
        };
        let attempts: Vec<AttemptId> = self.calls.iter().filter_map(theirs).collect();
        for id in attempts {
            let mut attempt = self.take(id).expect("it was there just now");
            attempt.call_mut().expect("it was not closing").barred = true;
            self.put(id, attempt);
        }
        for owing in self.debts.values_mut() {
            owing.barred |= barred.has(owing.debt.number) && campaigns.contains(&owing.debt.campaign);
        }
    }

    fn allot(&mut self, id: CampaignId, dials: u32) -> Result<(), Denial> {
        let campaign = self.campaigns.get_mut(id).ok_or(Denial::NoSuchCampaign)?;
        if !campaign.pacer.allot(dials) {
            return Err(Denial::PacesItself);
        }
        self.dialable = true;
        Ok(())
    }

    fn log_in(&mut self, id: AgentId) -> Result<(), Denial> {
        if self.closing {
            return Err(Denial::Closing);
        }
        let agent = self.agents.get(id).ok_or(Denial::NoSuchAgent)?;
        // Whoever is kept for a call that may need them has not gone yet, and need not.
        if agent.intent != Intent::Away && agent.leaving != Some(Intent::Away) {
            return Ok(());
        }
        self.agent(id, Agent::work);
        self.collect(id);
        self.call_in(id);
        Ok(())
    }

    fn log_out(&mut self, id: AgentId) -> Result<(), Denial> {
        self.agents.get(id).ok_or(Denial::NoSuchAgent)?;
        self.excuse(id, Intent::Away);
        self.agent(id, |agent| {
            if agent.intent == Intent::Away && matches!(agent.phone, Phone::None { .. }) {
                agent.phone = Phone::None { recall: None };
            }
        });
        self.leave_if_away(id);
        Ok(())
    }

    fn pause_agent(&mut self, id: AgentId, code: PauseCode) -> Result<(), Denial> {
        self.at_work(id)?;
        let codes = &self.config.pause_codes;
        if !codes.is_empty() && !codes.contains(&code) {
            return Err(Denial::NoSuchPauseCode(codes.clone()));
        }
        self.excuse(id, Intent::Pause(code));
        self.ring_no_longer(id);
        Ok(())
    }

    fn ready_agent(&mut self, id: AgentId) -> Result<(), Denial> {
        self.at_work(id)?;
        if let Some(attempt) = self.owes_first(id) {
            return Err(Denial::Owes(attempt));
        }
        self.agent(id, |agent| {
            agent.work();
            if matches!(agent.engagement, Engagement::WrapUp { .. }) {
                agent.engagement = Engagement::Free;
            }
        });
        self.call_in(id);
        Ok(())
    }

    /// An agent who changes what they do must be there, in a house that does not send everybody home.
    fn at_work(&self, id: AgentId) -> Result<(), Denial> {
        if self.closing {
            return Err(Denial::Closing);
        }
        match self.agents.get(id).map(|agent| &agent.intent) {
            None => Err(Denial::NoSuchAgent),
            Some(Intent::Away) => Err(Denial::AgentIs(AgentState::Offline)),
            Some(Intent::Pause(_) | Intent::Work) => Ok(()),
        }
    }

    fn end_by_operator(&mut self, id: AttemptId) -> Result<(), Denial> {
        match self.take(id) {
            None => Err(Denial::NoSuchAttempt),
            Some(Attempt::Ringing(ringing)) => {
                self.put(id, Attempt::Ringing(ringing.give_up_soon(self.now)));
                Ok(())
            }
            Some(attempt @ (Attempt::Saving(_) | Attempt::Closing(_))) => {
                self.put(id, attempt);
                Err(Denial::NoSuchAttempt)
            }
            Some(attempt) => {
                self.end(id, attempt, Act::Operator);
                Ok(())
            }
        }
    }

    /// No new calls anywhere; campaigns keep their state for the next start; agents go home after their call.
    fn close_floor(&mut self) -> Result<(), Denial> {
        self.closing = true;
        let ids: Vec<CampaignId> = self.campaigns.keys().collect();
        for id in ids {
            let items = self.campaign_mut(id).hopper.empty();
            self.release(items);
            self.give_up_ringing(id);
        }
        let agents: Vec<AgentId> = self.agents.ids().collect();
        for id in agents {
            self.agent(id, |agent| agent.is_sent_home = !agent.is_going_home());
            self.log_out(id)?;
        }
        Ok(())
    }
}

/// How a wish was granted.
pub(super) enum Granted {
    Now,
    /// Somebody else is being asked, and the reply comes with their answer.
    Later,
}
