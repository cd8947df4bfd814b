//! What an agent has somebody else do: take the callee over, advise the agent while the callee is on hold, or talk with both.
//! Everybody is in the bridge of the conversation: whoever is on hold there hears music and is not heard.
//!
//! Whoever hangs up, the others go on as far as they can. When the other does, callee and agent are together again. When the
//! agent does, the callee is left to the other where that one has answered; else they come back, as from a transfer of which
//! nothing has come: to an agent who is ready, or to the message. They have talked with a person, and so are no drop.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an attempt that a fact does not concern stays as it is, whatever states are added"
)]

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;

use super::Engine;
use super::transfers::destination;
use super::wishes::Granted;
use crate::Command;
use crate::call::{Act, Answered, AskedBy, Attempt, Dossier, Handed, Held, Talking, Transfer, TransferWay};
use crate::command::Denial;
use crate::event::{SeenLeg, TransferWish};
use crate::flow::{Destination, Meanwhile, TransferEnd, TransferRules};
use crate::pending::Purpose;
use crate::view::ConsultView;
use crate::words::{AgentId, AskId, AttemptId, Bridge, Leg};

impl Engine {
    /// An agent wants somebody else to take part in their call, or not any more.
    pub(super) fn wish_of_transfer(
        &mut self,
        ask: AskId,
        agent: AgentId,
        wish: TransferWish,
    ) -> Result<Granted, Denial> {
        let id = self.call_of(agent)?;
        match wish {
            TransferWish::Transfer(to) => self.transfer(id, agent, to),
            TransferWish::Consult(to) => self.consult(ask, id, agent, to),
            TransferWish::Complete => self.complete_transfer(id),
            TransferWish::Join => self.join_conference(id),
            TransferWish::Back => self.back_to_callee(id),
        }
    }

    /// The agent is done with the call at once; the callee hears something until the other has answered.
    fn transfer(&mut self, id: AttemptId, agent: AgentId, to: String) -> Result<Granted, Denial> {
        let (rules, whom) = self.may_call_in(id, &to)?;
        let Some(Attempt::Talking(talking)) = self.take(id) else {
            unreachable!("it was found to talk just now");
        };
        self.leave_callee(id, talking);
        let by = self.asked_by(agent, to, TransferWay::Transfer);
        self.begin_handover(id, rules, whom, Some(by));
        self.call_other(id);
        Ok(Granted::Now)
    }

    /// The callee is put on hold first, so that they hear nothing of what is said.
    fn consult(&mut self, ask: AskId, id: AttemptId, agent: AgentId, to: String) -> Result<Granted, Denial> {
        let (rules, whom) = self.may_call_in(id, &to)?;
        let hold = self.dossier(id).hold;
        if hold.asked {
            return Err(Denial::UnderWay);
        }
        let by = self.asked_by(agent, to, TransferWay::Consultation);
        self.begin_handover(id, rules, whom, Some(by));
        if hold.is_certain() {
            self.call_other(id);
            return Ok(Granted::Now);
        }
        self.give_hold(id, true, Some(ask));
        Ok(Granted::Later)
    }

    /// The PBX has answered that a callee is on hold, or not: only then somebody is called for whom that was asked.
    pub(super) fn consultation_begins(&mut self, id: AttemptId, is_on_hold: bool) {
        let waits =
            self.handover(id).is_some_and(|handover| handover.is_consultation() && handover.ordinal == 0);
        if !waits {
            return;
        }
        if is_on_hold {
            self.call_other(id);
        } else {
            self.dossier(id).handover = None;
            self.end_hold(id);
        }
    }

    /// The agent leaves the callee to the other.
    fn complete_transfer(&mut self, id: AttemptId) -> Result<Granted, Denial> {
        self.talks_with_other(id)?;
        let Some(Attempt::Talking(talking)) = self.take(id) else {
            unreachable!("whoever consults talks");
        };
        self.leave_callee(id, talking);
        self.end_hold(id);
        Ok(Granted::Now)
    }

    /// All three talk with each other.
    fn join_conference(&mut self, id: AttemptId) -> Result<Granted, Denial> {
        self.talks_with_other(id)?;
        self.goes_on_as(id, TransferWay::Conference);
        self.end_hold(id);
        Ok(Granted::Now)
    }

    /// The other is let go, and callee and agent are together again.
    fn back_to_callee(&mut self, id: AttemptId) -> Result<Granted, Denial> {
        self.handover(id).ok_or(Denial::ConsultsNobody)?;
        self.call_off(id);
        self.end_hold(id);
        Ok(Granted::Now)
    }

    /// The agent's leg is gone while somebody else is called, or on the line.
    pub(super) fn agent_has_left(&mut self, id: AttemptId, talking: Talking) {
        self.leave_callee(id, talking);
        match self.other_of(id).map(|other| (other.is_answered(), other.talks())) {
            // They will talk as soon as the other is through with what they are told.
            Some((true, false)) => {}
            Some((true, true)) => self.end_hold(id),
            Some((false, _)) | None => {
                self.call_off(id);
                if let Some(Attempt::Handed(handed)) = self.take(id) {
                    self.come_back(id, handed);
                }
            }
        }
    }

    /// Callee, agent and other, as far as they are on the line, are together now.
    pub(super) fn came_in(&mut self, id: AttemptId) {
        let Some(handover) = self.handover(id).filter(|handover| handover.by.is_some()) else { return };
        // What the callee heard until then was ended before.
        handover.held = Held::Not;
        if let Some(Attempt::Handed(_)) = self.calls.get(id) {
            self.end_hold(id);
        }
    }

    /// A callee who was on hold when they were handed over, and is not any more, hears something else while they wait.
    pub(super) fn calm_again(&mut self, id: AttemptId) {
        let is_handed = matches!(self.calls.get(id), Some(Attempt::Handed(_)));
        if is_handed && self.other_of(id).is_some_and(Transfer::is_awaited) {
            self.calm(id);
        }
    }

    /// Whoever the agent had called has gone, or never came.
    pub(super) fn other_has_left(&mut self, id: AttemptId, attempt: Attempt, end: TransferEnd) {
        match attempt {
            handed @ Attempt::Handed(_) if end == TransferEnd::Answered => {
                self.end(id, handed, Act::TransferOver);
            }
            Attempt::Handed(handed) => self.come_back(id, handed),
            together => {
                self.put(id, together);
                self.end_hold(id);
            }
        }
    }

    /// A callee who was handed over in vain wants an agent again.
    fn come_back(&mut self, id: AttemptId, handed: Handed) {
        let waiting = handed.comes_back(self.now);
        self.find_agent(id, waiting);
        self.end_hold(id);
    }

    /// The agent is done with the call, which goes on without them.
    fn leave_callee(&mut self, id: AttemptId, mut talking: Talking) {
        if let Some(handover) = talking.call.handover.as_deref_mut()
            && let Some(by) = &mut handover.by
        {
            by.way = TransferWay::Completed;
        }
        // A hold that was to end goes on until somebody else is there.
        talking.call.hold.ends = false;
        let (agent, is_with_another) = (talking.agent, talking.call.handover.is_some());
        if self.engaged_with(agent) == Some(id) {
            self.wrap_up(agent, &talking.call);
        }
        self.put(id, Attempt::Handed(talking.leaves(self.now)));
        if is_with_another {
            self.note(id);
        }
    }

    fn goes_on_as(&mut self, id: AttemptId, way: TransferWay) {
        if let Some(by) = self.handover(id).and_then(|handover| handover.by.as_mut()) {
            by.way = way;
        }
        self.note(id);
    }

    /// Lets go of whoever is called, or talks, for a callee who is there.
    fn call_off(&mut self, id: AttemptId) {
        if let Some(mut attempt) = self.take(id) {
            self.forsake(&mut attempt);
            self.put(id, attempt);
            self.note(id);
        }
    }

    /// The rules by which somebody may be called for a callee just now, and whom they name for this lead. The agent has found
    /// that a person is on the line: nobody listens for a machine any more.
    fn may_call_in(&mut self, id: AttemptId, to: &str) -> Result<(Arc<TransferRules>, Destination), Denial> {
        let Some(Attempt::Talking(talking)) = self.calls.get(id) else { return Err(Denial::NoSuchAttempt) };
        if talking.call.handover.is_some() {
            return Err(Denial::Consults);
        }
        let destinations = &self.campaign(talking.call.request.campaign).rules.transfers;
        let rules = destinations.get(to).cloned();
        let rules = rules.ok_or_else(|| Denial::NoSuchDestination(destinations.keys().cloned().collect()))?;
        let own = rules.to_attribute.clone().unwrap_or_default();
        let whom = destination(&rules, &talking.call).ok_or(Denial::NoNumber(own))?;
        let way = match whom {
            Destination::Number(_) => {
                self.gate().way_out(self.campaign(talking.call.request.campaign), &rules)
            }
            Destination::Endpoint(_) => self.gate().lines_work(),
        };
        way.map_err(|refusal| Denial::NotNow(refusal.reason))?;
        self.hears_enough(id);
        Ok((rules, whom))
    }

    /// An agent has decided something about a callee, who is a person by that: nobody listens for a machine any more.
    pub(super) fn hears_enough(&mut self, id: AttemptId) {
        let call = self.dossier(id);
        if call.judge.take().is_some() {
            let leg = call.request.leg();
            self.give(Purpose::Listen, |request| Command::StopListening { request, leg });
        }
    }

    fn asked_by(&self, agent: AgentId, to: String, way: TransferWay) -> AskedBy {
        let name = self.agents.get(agent).map(|agent| agent.rules.name.clone()).unwrap_or_default();
        AskedBy { agent, name, to, way }
    }

    fn talks_with_other(&mut self, id: AttemptId) -> Result<(), Denial> {
        self.handover(id).ok_or(Denial::ConsultsNobody)?;
        let talks = self.other_of(id).is_some_and(Transfer::talks);
        if talks { Ok(()) } else { Err(Denial::NobodyThereYet) }
    }

    /// The leg that is called, or talks, for a callee.
    fn other_of(&self, id: AttemptId) -> Option<&Transfer> {
        let handover = self.calls.get(id)?.call()?.handover.as_deref()?;
        self.transfers.get((id, handover.ordinal))
    }

    /// Whom the agent of a call has called in, as shown.
    pub(super) fn consult_view(&self, call: &Dossier) -> Option<ConsultView> {
        let handover = call.handover.as_deref()?;
        let AskedBy { to, way, .. } = handover.by.clone()?;
        let other = self.transfers.get((call.request.attempt, handover.ordinal));
        Some(ConsultView { to, way, times: other.map(|other| other.times) })
    }

    /// After a restart nobody knows whether the agent of a conversation had handed the callee over: the bridge tells. Whoever
    /// was called for the callee is nobody's any more, and the callee comes back.
    pub(super) fn find_who_is_alone(
        &mut self,
        id: AttemptId,
        seen: &BTreeMap<Leg, SeenLeg>,
        partners: &BTreeMap<AttemptId, AgentId>,
    ) {
        let Some(call) = self.calls.dossier_mut(id).filter(|call| call.may_be_alone) else { return };
        call.may_be_alone = false;
        let leg = call.request.leg();
        let Some(mut attempt) = self.take(id) else { return };
        let is_in = seen.get(&leg).is_some_and(|seen| seen.bridge == Some(Bridge::Conversation(id)));
        attempt.moved(leg, is_in);
        match attempt {
            Attempt::Talking(talking) if partners.get(&id) != Some(&talking.agent) => {
                self.give_back_agent(id, &talking, partners);
                self.put(id, Attempt::Answered(Answered::adopted(talking.call, self.now)));
            }
            other => self.put(id, other),
        }
        // What an earlier process let the callee hear; the end of a hold ends music.
        let meanwhile = Meanwhile::Ringback;
        self.give(Purpose::Hush(id), |request| Command::Hush { request, leg, meanwhile });
    }

    /// An agent who is not with a callee any more is with another, or in the work after the call.
    fn give_back_agent(&mut self, id: AttemptId, talking: &Talking, partners: &BTreeMap<AttemptId, AgentId>) {
        let agent = talking.agent;
        if self.engaged_with(agent) != Some(id) {
            return;
        }
        let talks = |(other, theirs): (&AttemptId, &AgentId)| {
            let is_theirs = |attempt: &Attempt| attempt.agent() == Some(agent);
            (*theirs == agent && self.calls.get(*other).is_some_and(is_theirs)).then_some(*other)
        };
        match partners.iter().find_map(talks) {
            Some(other) => self.engage(agent, other),
            None => self.wrap_up(agent, &talking.call),
        }
    }
}
