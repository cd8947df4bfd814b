//! Callees who are put on hold, and agents who are not to be heard. Either is in force once the PBX has said so, and at most
//! one wish for each is under way at a time.

use super::Engine;
use super::wishes::Granted;
use crate::Command;
use crate::agent::{Agent, Engagement, Mute};
use crate::call::{Attempt, Dossier};
use crate::command::Denial;
use crate::deadline::Wake;
use crate::event::{Failure, Outcome};
use crate::pending::Purpose;
use crate::words::{AgentId, AskId, AttemptId, Leg, SessionId};

impl Engine {
    /// Puts the callee of an agent's call on hold, or takes them off it.
    pub(super) fn hold_callee(&mut self, ask: AskId, agent: AgentId, on: bool) -> Result<Granted, Denial> {
        let id = self.call_of(agent)?;
        let Some(attempt @ Attempt::Talking(_)) = self.calls.get(id) else {
            return Err(Denial::NoSuchAttempt);
        };
        let call = attempt.call().expect("whoever talks has a call");
        if call.handover.is_some() {
            return Err(Denial::Consults);
        }
        if call.hold.asked {
            return Err(Denial::UnderWay);
        }
        if !call.hold.unsure && call.hold.since.is_some() == on {
            return Ok(Granted::Now);
        }
        if on {
            // Nothing that they say is told from now on.
            self.hears_enough(id);
        }
        self.give_hold(id, on, Some(ask));
        Ok(Granted::Later)
    }

    /// Takes off hold whoever is to be off it. After a restart nobody knows who was on hold: whoever talks is heard and hears.
    pub(super) fn take_off_hold(&mut self, id: AttemptId) {
        let is_to_end = |call: &&Dossier| call.hold.is_to_end();
        if self.calls.get(id).and_then(Attempt::call).filter(is_to_end).is_some() {
            self.give_hold(id, false, None);
        }
    }

    /// A callee who is on hold, or may be, is taken off it at the next chance, and again until they are.
    pub(super) fn end_hold(&mut self, id: AttemptId) {
        let Some(call) = self.calls.dossier_mut(id) else { return };
        call.hold.ends |= call.hold.is_possible();
        self.take_off_hold(id);
    }

    pub(super) fn give_hold(&mut self, id: AttemptId, on: bool, ask: Option<AskId>) {
        let mut attempt = self.take(id).expect("it was looked up before");
        let call = attempt.call_mut().expect("whoever talks has a call");
        call.hold.asked = true;
        call.hold.ends &= !on;
        let leg = call.request.leg();
        self.put(id, attempt);
        self.give(Purpose::SetAside { attempt: id, on, ask }, |request| Command::SetAside {
            request,
            leg,
            on,
        });
    }

    /// The PBX has answered. Where nobody can tell what it did, either may be asked for again.
    pub(super) fn set_aside(&mut self, id: AttemptId, on: bool, ask: Option<AskId>, outcome: &Outcome) {
        let now = self.now;
        let (mut is_there, mut is_new) = (false, false);
        if let Some(mut attempt) = self.take(id) {
            if let Some(call) = attempt.call_mut() {
                call.hold.asked = false;
                call.hold.unsure = !outcome.is_done();
                if outcome.is_done() {
                    // After a restart everybody is taken off hold, most of whom were not on it.
                    is_new = on || call.hold.since.is_some();
                    call.hold.set(on, now);
                    call.hold.ends &= on;
                }
                is_there = true;
            }
            self.put(id, attempt);
        }
        if is_new {
            self.note(id);
        }
        if on {
            self.consultation_begins(id, outcome.is_done());
        }
        self.end_hold_again(id, on);
        self.calm_again(id);
        if let Some(ask) = ask {
            self.reply(ask, denied(is_there, outcome));
        }
    }

    /// Whoever is to be off hold, and was only just put on it, is taken off at once; where that has failed, with the next
    /// survey.
    fn end_hold_again(&mut self, id: AttemptId, was_on: bool) {
        let ends = |call: &&Dossier| call.hold.ends && !call.hold.asked;
        if self.calls.get(id).and_then(Attempt::call).filter(ends).is_none() {
            return;
        }
        if was_on {
            self.take_off_hold(id);
        } else {
            self.deadlines.no_later(Wake::Survey, self.soon());
        }
    }

    /// Lets an agent not be heard in their call, or be heard again.
    pub(super) fn mute_agent(&mut self, ask: AskId, id: AgentId, on: bool) -> Result<Granted, Denial> {
        self.call_of(id)?;
        let agent = self.agents.get(id).expect("whoever is on a call is configured");
        if agent.mute.asked {
            return Err(Denial::UnderWay);
        }
        if !agent.mute.unsure && !agent.mute.doubted && agent.mute.on == on {
            return Ok(Granted::Now);
        }
        self.give_mute(id, on, Some(ask));
        Ok(Granted::Later)
    }

    /// Whoever was not to be heard in a call is heard in the next one: until the PBX has said so there is none. Whoever may
    /// have been muted by an earlier process is heard at once.
    pub(super) fn unmute(&mut self, id: AgentId) {
        let is_free = |agent: &&Agent| {
            let Mute { on, asked, unsure, .. } = agent.mute;
            on && !asked && (unsure || !matches!(agent.engagement, Engagement::OnCall(_)))
        };
        if self.agents.get(id).filter(is_free).is_some() {
            self.give_mute(id, false, None);
        }
    }

    fn give_mute(&mut self, id: AgentId, on: bool, ask: Option<AskId>) {
        let Some(session) = self.agents.get(id).and_then(Agent::session) else { return };
        let now = self.now;
        self.agent(id, |agent| {
            agent.mute.asked = true;
            agent.look_later(now);
        });
        let leg = Leg::Agent { agent: id, session };
        let purpose = Purpose::Mute { agent: id, session, on, ask };
        self.give(purpose, |request| Command::Mute { request, leg, on });
    }

    /// The PBX has answered. Who may or may not be heard counts as not heard, is unmuted after the call, and may ask for either
    /// again.
    pub(super) fn muted(
        &mut self,
        (id, session): (AgentId, SessionId),
        on: bool,
        ask: Option<AskId>,
        outcome: &Outcome,
    ) {
        let is_theirs = self.agents.get(id).and_then(Agent::session) == Some(session);
        let now = self.now;
        if is_theirs {
            let unsent = matches!(outcome, Outcome::Failed(Failure::NotSent | Failure::Gone));
            self.agent(id, |agent| {
                agent.mute.asked = false;
                agent.mute.doubted = !outcome.is_done();
                agent.mute.unsure &= !outcome.is_done();
                agent.mute.on = if outcome.is_done() { on } else { agent.mute.on || (on && !unsent) };
                agent.look_later(now);
            });
            // A failure is tried again by the second look; what was asked for too late is taken back at once.
            if outcome.is_done() {
                self.unmute(id);
            }
        }
        if let Some(ask) = ask {
            self.reply(ask, denied(is_theirs, outcome));
        }
    }

    /// The call that an agent is on.
    pub(super) fn call_of(&self, id: AgentId) -> Result<AttemptId, Denial> {
        let agent = self.agents.get(id).ok_or(Denial::NoSuchAgent)?;
        match agent.engagement {
            Engagement::OnCall(attempt) => Ok(attempt),
            Engagement::Free
            | Engagement::Previewing { .. }
            | Engagement::Reserved(_)
            | Engagement::WrapUp { .. } => Err(Denial::AgentIs(agent.state())),
        }
    }
}

/// What whoever asked is told: whether it is about a call that is still there, and was done.
fn denied(is_there: bool, outcome: &Outcome) -> Option<Denial> {
    match (is_there, outcome.is_done()) {
        (false, _) => Some(Denial::NoSuchAttempt),
        (true, true) => None,
        (true, false) => Some(Denial::NotDone),
    }
}
