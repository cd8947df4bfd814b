//! What agents say of their calls. Whoever has talked in a campaign with dispositions owes one: until it is given the lead
//! is nobody's, and where none comes in time the campaign's default is written.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Engine;
use super::wishes::Granted;
use crate::Command;
use crate::agent::{Agent, Engagement, Intent};
use crate::call::{Attempt, CallResult, Debt, Disposed, Dossier, Phase, Said};
use crate::command::Denial;
use crate::deadline::Wake;
use crate::event::Outcome;
use crate::lead::{Barred, Callback, Disposition, Dispositions, Ended, Fate, Meaning, WhyExhausted};
use crate::pending::Purpose;
use crate::view::DebtView;
use crate::words::{AgentId, AskId, AttemptId, CampaignId, Number};

/// A call that is over and has no durable disposition yet.
#[derive(Debug, Clone)]
pub(super) struct Owing {
    pub(super) debt: Debt,
    /// What has been said, from then on for good.
    said: Option<Said>,
    /// Whether the call's record is durable; the disposition is written after it.
    recorded: bool,
    /// What is written down, once that is decided, and whether it is on its way to the database.
    decided: Option<Arc<Disposed>>,
    sent: bool,
    /// Whether the number was barred meanwhile.
    pub(super) barred: bool,
    /// Who is to be told that it is durable.
    asker: Option<AskId>,
}

impl Owing {
    /// Whether it is settled but for being written.
    pub(super) const fn is_said(&self) -> bool {
        self.said.is_some()
    }

    pub(super) fn view(&self, set: Option<&Dispositions>) -> DebtView {
        let Debt { attempt, queue, lead, number, ended, until, .. } = self.debt;
        let codes = set.map_or_else(Vec::new, codes);
        DebtView { attempt, item: queue, lead, number, ended, until, codes }
    }
}

fn codes(set: &Dispositions) -> Vec<String> {
    set.list.iter().map(|disposition| disposition.code.clone()).collect()
}

impl Engine {
    /// What the agent of a call that is over has to say of it, if anything.
    pub(super) fn debt_of(&self, call: &Dossier, ended: &Ended) -> Option<Debt> {
        let rules = &self.campaign(call.request.campaign).rules;
        if rules.dispositions.is_none() || ended.result != CallResult::Connected {
            return None;
        }
        call.debt(ended, self.now + rules.longest_wrap_up())
    }

    /// A call is over of which something is to be said, or was said while it went on. `barred` says whether its number was
    /// barred by then.
    pub(super) fn owe(&mut self, mut debt: Debt, asker: Option<AskId>, barred: bool) {
        let (id, until, said) = (debt.attempt, debt.until, debt.said.take().map(|said| *said));
        self.deadlines.set(Wake::Debt(id), said.is_none().then_some(until));
        if said.as_ref().is_some_and(|said| self.bars(debt.campaign, said)) {
            self.calls.bar(debt.number);
        }
        let owing = Owing { debt, said, recorded: false, decided: None, sent: false, barred, asker };
        self.debts.insert(id, owing);
    }

    /// An earlier process left a call of which nothing is written. An agent who is configured no longer never will, and
    /// the default is written in time.
    pub(super) fn reopen_debt(&mut self, debt: Debt) {
        let (id, agent, now) = (debt.attempt, debt.agent, self.now);
        if self.set_of(debt.campaign).is_none() || self.debts.contains_key(&id) {
            return self.count_stray("reopened: a debt of no campaign's, or twice");
        }
        let until = core::cmp::Ord::max(debt.until, now);
        let said = self.said_before(debt.campaign, debt.said);
        self.owe(Debt { until, said, ..debt }, None, false);
        self.recorded_debt(id);
        self.collect(agent);
    }

    /// Whoever is at work and free, and owes what is demanded of them, is in wrap-up until they have said it.
    pub(super) fn collect(&mut self, id: AgentId) {
        let is_free = |agent: &Agent| agent.engagement == Engagement::Free && agent.intent != Intent::Away;
        if let Some(work) = self.demanded_of(id).filter(|_| self.agents.get(id).is_some_and(is_free)) {
            self.agent(id, |agent| agent.engagement = work);
        }
    }

    /// An agent's work after a call is over, unless they are at work and something is demanded of them of another. In one step:
    /// whoever is ready for a moment is given the next callee in it.
    pub(super) fn end_work(&mut self, id: AgentId) {
        let demanded = self.demanded_of(id);
        self.agent(id, |agent| {
            let work = demanded.filter(|_| agent.intent != Intent::Away);
            agent.engagement = work.unwrap_or(Engagement::Free);
        });
    }

    /// The work of which an agent still has to say something that is demanded of them.
    fn demanded_of(&self, id: AgentId) -> Option<Engagement> {
        let next = self.debts.values().find(|owing| {
            owing.debt.agent == id && owing.said.is_none() && self.demands(owing.debt.campaign)
        });
        let Debt { attempt, until, .. } = next?.debt;
        (until > self.now).then_some(Engagement::WrapUp { until, of: Some(attempt) })
    }

    /// Whether a campaign's agents stay in wrap-up until they have said something.
    fn demands(&self, campaign: CampaignId) -> bool {
        self.set_of(campaign).is_some_and(|set| set.demanded_within.is_some())
    }

    fn set_of(&self, campaign: CampaignId) -> Option<&Arc<Dispositions>> {
        self.campaigns.get(campaign).and_then(|campaign| campaign.rules.dispositions.as_ref())
    }

    /// The call that an agent has to say something of before they are ready again.
    pub(super) fn owes_first(&self, id: AgentId) -> Option<AttemptId> {
        let agent = self.agents.get(id)?;
        let Engagement::WrapUp { of: Some(of), .. } = agent.engagement else { return None };
        let campaign = match self.debts.get(&of) {
            Some(owing) => owing.debt.campaign,
            None => self.calls.get(of)?.campaign(),
        };
        self.demands(campaign).then_some(of)
    }

    /// An agent says what came of a call.
    pub(super) fn dispose(
        &mut self,
        ask: AskId,
        agent: AgentId,
        attempt: Option<AttemptId>,
        said: Said,
    ) -> Result<Granted, Denial> {
        self.agents.get(agent).ok_or(Denial::NoSuchAgent)?;
        let id = attempt.or_else(|| self.spoken_of(agent)).ok_or(Denial::NothingOwed)?;
        if self.debts.contains_key(&id) {
            self.pay(ask, agent, id, said)
        } else {
            self.say(ask, agent, id, said)
        }
    }

    /// The call that an agent is on or has just been on, or else the first that they owe a disposition for.
    fn spoken_of(&self, id: AgentId) -> Option<AttemptId> {
        let engaged = match self.agents.get(id)?.engagement {
            Engagement::OnCall(attempt) | Engagement::WrapUp { of: Some(attempt), .. } => Some(attempt),
            Engagement::Free
            | Engagement::Previewing { .. }
            | Engagement::Reserved(_)
            | Engagement::WrapUp { of: None, .. } => None,
        };
        let owed = |owing: &&Owing| owing.debt.agent == id && owing.said.is_none();
        engaged.or_else(|| self.debts.values().find(owed).map(|owing| owing.debt.attempt))
    }

    /// Of a call that is over. Granted as soon as it is durable.
    fn pay(&mut self, ask: AskId, agent: AgentId, id: AttemptId, said: Said) -> Result<Granted, Denial> {
        let owing = self.debts.get(&id).expect("it was found there");
        if owing.debt.agent != agent {
            return Err(Denial::NothingOwed);
        }
        if owing.said.is_some() {
            return Err(Denial::SaidAlready);
        }
        self.can_be_said(owing.debt.campaign, &said)?;
        let owing = self.debts.get_mut(&id).expect("it was found there");
        owing.asker = Some(ask);
        self.settle_debt(id, said);
        Ok(Granted::Later)
    }

    /// Of a call that goes on, or that is being ended. It is noted, and granted when that is durable; what it leads to is written
    /// when the call is over, but that nobody is to call them any more at once.
    fn say(&mut self, ask: AskId, agent: AgentId, id: AttemptId, said: Said) -> Result<Granted, Denial> {
        let attempt = self.calls.get(id).filter(|attempt| attempt.phase() == Some(Phase::Bridged));
        let call = attempt.and_then(Attempt::call).filter(|call| call.agent == Some(agent));
        let call = call.ok_or(Denial::NothingOwed)?;
        if call.said.is_some() {
            return Err(Denial::SaidAlready);
        }
        let (campaign, number) = (call.request.campaign, call.request.number);
        let disposition = self.can_be_said(campaign, &said)?.clone();
        self.hears_enough(id);
        let call = self.dossier(id);
        (call.said, call.asker) = (Some(said.into()), Some(ask));
        self.note(id);
        if let Meaning::DoNotCall { list } = disposition.meaning {
            self.opt_out(campaign, (number, list));
        }
        self.end_wrap_up_of(agent, id);
        Ok(Granted::Later)
    }

    /// What was said of a call that goes on outlives this process.
    pub(super) fn said_for_good(&mut self, id: AttemptId) {
        let Some(mut attempt) = self.take(id) else { return };
        let asker = attempt.call_mut().and_then(|call| call.asker.take());
        self.put(id, attempt);
        self.granted(asker);
    }

    /// What an earlier process was told of a call that goes on still holds, where it still can be said.
    pub(super) fn said_before(&self, campaign: CampaignId, said: Option<Box<Said>>) -> Option<Box<Said>> {
        said.filter(|said| self.can_be_said(campaign, said).is_ok())
    }

    /// Whoever waited for what they have said to be durable is told that it is granted.
    pub(super) fn granted(&mut self, asker: Option<AskId>) {
        if let Some(ask) = asker {
            self.reply(ask, None);
        }
    }

    /// Somebody else talks with the callee now, and whoever talks with them last says what came of the call. Only that
    /// nobody is to call them any more stands.
    pub(super) fn take_back_what_was_said(&mut self, call: &mut Dossier) {
        let campaign = call.request.campaign;
        call.said.take_if(|said| !self.bars(campaign, said));
        self.granted(call.asker.take());
    }

    /// The disposition of that code, where it goes with what else was said.
    fn can_be_said(&self, campaign: CampaignId, said: &Said) -> Result<&Disposition, Denial> {
        let set = self.set_of(campaign).ok_or(Denial::NothingOwed)?;
        let disposition = set.find(&said.code).ok_or_else(|| Denial::NoSuchDisposition(codes(set)))?;
        match (&disposition.meaning, said.callback) {
            (Meaning::Callback, None) => Err(Denial::NoMoment),
            (Meaning::Callback, Some(Callback { agent: Some(id), .. })) => {
                let agent = self.agents.get(id).ok_or(Denial::NoSuchAgent)?;
                if agent.rules.campaign == campaign { Ok(disposition) } else { Err(Denial::NotTheirs) }
            }
            (Meaning::Callback, Some(_)) | (_, None) => Ok(disposition),
            (_, Some(_)) => Err(Denial::NoCallback),
        }
    }

    /// It is said, for good: the agent is free, and it is written as soon as the record is.
    fn settle_debt(&mut self, id: AttemptId, said: Said) {
        let Debt { agent, campaign, number, .. } =
            self.debts.get(&id).expect("only what is owed is settled").debt;
        let set = self.set_of(campaign).expect("only where there are dispositions one is owed");
        let disposition = set.find(&said.code).expect("it was found when it was said").clone();
        if self.bars(campaign, &said) {
            self.calls.bar(number);
        }
        self.debts.get_mut(&id).expect("it was found there").said = Some(said);
        self.deadlines.set(Wake::Debt(id), None);
        if let Meaning::DoNotCall { list } = &disposition.meaning {
            self.bar_on(list.as_deref(), campaign, number);
        }
        self.end_wrap_up_of(agent, id);
        self.write_disposition(id);
    }

    /// Whether it was said that nobody is to call the number any more.
    fn bars(&self, campaign: CampaignId, said: &Said) -> bool {
        let disposition = self.set_of(campaign).and_then(|set| set.find(&said.code));
        disposition.is_some_and(|said| matches!(said.meaning, Meaning::DoNotCall { .. }))
    }

    /// Nobody dials a number any more that goes on a do-not-call list: nobody of the house, or nobody of the campaign where it is
    /// another one than the house's own.
    pub(super) fn bar_on(&mut self, list: Option<&str>, campaign: CampaignId, number: Number) {
        let campaigns: Vec<CampaignId> =
            if list.is_some() { [campaign].into() } else { self.campaigns.keys().collect() };
        self.bar(&Barred::Number(number), &campaigns);
    }

    /// The agent need not stay in wrap-up for that call; for another one they may have to.
    pub(super) fn end_wrap_up_of(&mut self, id: AgentId, attempt: AttemptId) {
        let of = Some(attempt);
        let waits = self.agents.get(id).is_some_and(
            |agent| matches!(agent.engagement, Engagement::WrapUp { of: theirs, .. } if theirs == of),
        );
        if waits {
            self.end_work(id);
            self.leave_if_away(id);
        }
    }

    /// Nobody has said anything in time, or what was said is to be written again.
    pub(super) fn debt_due(&mut self, id: AttemptId) {
        let Some(owing) = self.debts.get(&id) else { return };
        if owing.is_said() {
            return self.write_disposition(id);
        }
        let set = self.set_of(owing.debt.campaign).expect("only where there are dispositions one is owed");
        let code = set.default.clone();
        let at = self.now;
        self.settle_debt(id, Said { code, by_agent: false, at, callback: None, note: None });
    }

    /// The record of a call of which something is owed is durable.
    pub(super) fn recorded_debt(&mut self, id: AttemptId) {
        if let Some(owing) = self.debts.get_mut(&id) {
            owing.recorded = true;
            self.write_disposition(id);
        }
    }

    fn write_disposition(&mut self, id: AttemptId) {
        let Some(owing) = self.debts.get(&id).filter(|owing| owing.recorded && !owing.sent) else { return };
        let decided = owing.decided.clone().or_else(|| self.decide(owing).map(Arc::new));
        let Some(disposed) = decided else { return };
        let owing = self.debts.get_mut(&id).expect("it was found there");
        (owing.decided, owing.sent) = (Some(Arc::clone(&disposed)), true);
        self.give(Purpose::Dispose(id), |request| Command::Dispose { request, disposed });
    }

    /// What is written down, once something has been said. Decided once: part of it may be durable although nobody knows.
    fn decide(&self, owing: &Owing) -> Option<Disposed> {
        let Owing { debt, said: Some(said), .. } = owing else { return None };
        let rules = &self.campaign(debt.campaign).rules;
        let set = rules.dispositions.as_ref().expect("only where there are dispositions one is owed");
        let disposition = set.find(&said.code).expect("it was found when it was said");
        let callback = said.callback.map(|callback| callback.at);
        let mut decision = disposition.decide(&rules.retry, debt.attempted(), &debt.ended(), callback);
        if owing.barred && callback.is_none() && matches!(decision.fate, Fate::Retry(_)) {
            decision.fate = Fate::Exhausted(WhyExhausted::DoNotCall);
            decision.next_number = None;
        }
        let list = match &disposition.meaning {
            Meaning::DoNotCall { list } => Some(list.clone()),
            Meaning::Open | Meaning::Completed | Meaning::Callback | Meaning::Unworkable => None,
        };
        let result = if disposition.human { CallResult::Connected } else { CallResult::NoAnswer };
        let promised = debt.agreed && callback.is_none() && Callback::outlasts(result, false, decision.fate);
        Some(said.of(debt, decision, promised, list))
    }

    /// A disposition is durable, or has to be written again.
    pub(super) fn disposed(&mut self, id: AttemptId, outcome: &Outcome) {
        if !outcome.is_done() {
            let again_at = self.write_again_at();
            self.debts.get_mut(&id).expect("what is being written is not forgotten").sent = false;
            return self.deadlines.set(Wake::Debt(id), Some(again_at));
        }
        let owing = self.debts.remove(&id).expect("what is being written is not forgotten");
        let campaign = owing.debt.campaign;
        if owing.said.as_ref().is_some_and(|said| self.bars(campaign, said)) {
            self.calls.is_written(owing.debt.number);
        }
        if let Some(disposed) = owing.decided {
            match (disposed.callback, disposed.fate) {
                (Some(callback), _) => self.waits_again(campaign, disposed.queue, callback.at, true),
                (None, Fate::Retry(at)) => {
                    self.waits_again(campaign, disposed.queue, at, disposed.promised);
                }
                (None, Fate::Awaits { .. } | Fate::Completed | Fate::Exhausted(_)) => {}
            }
        }
        self.dialable = true;
        self.granted(owing.asker);
    }
}
