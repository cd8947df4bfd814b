//! Callees of a call flow who wait for an agent, and what they hear meanwhile. They are in the line of those who wait only while
//! it sounds: what has been asked for and not answered would begin in the bridge with the agent.

use super::Engine;
use crate::Command;
use crate::call::{Attempt, Soothing, Waiting};
use crate::deadline::Wake;
use crate::event::Outcome;
use crate::flow::{Input, Meanwhile};
use crate::pending::Purpose;
use crate::words::{AttemptId, Span};

impl Engine {
    /// The callee wants an agent. Where one is there, they hear nothing before.
    pub(super) fn queue_for_agent(&mut self, id: AttemptId, wait: Span, meanwhile: Meanwhile) {
        let Some(Attempt::Flowing(flowing)) = self.take(id) else {
            unreachable!("whoever asks for an agent is in a flow");
        };
        if self.find_agent(id, flowing.queues(wait, meanwhile, self.now)) {
            self.note(id);
        } else {
            self.soothe(id);
        }
    }

    /// A callee who waits is to hear what they are to hear meanwhile, if anything.
    pub(super) fn soothe(&mut self, id: AttemptId) {
        self.ask_of_waiting(id, Soothing::Begins);
    }

    /// No agent came: the flow goes on when what the callee hears has ended.
    pub(super) fn wakes_from_waiting(&mut self, id: AttemptId, waiting: Waiting) {
        let hears = waiting.call.soothed.is_some();
        self.put(id, Attempt::Waiting(waiting));
        if hears {
            self.ask_of_waiting(id, Soothing::Ends);
        } else {
            self.nobody_has_come(id);
        }
    }

    fn ask_of_waiting(&mut self, id: AttemptId, stage: Soothing) {
        let waiting = match self.take(id) {
            Some(Attempt::Waiting(waiting)) => waiting,
            Some(other) => return self.put(id, other),
            None => return,
        };
        let leg = waiting.call.request.leg();
        match waiting.leaves_line(stage) {
            Err(waiting) => self.put(id, Attempt::Waiting(waiting)),
            Ok((flowing, meanwhile)) => {
                self.put(id, Attempt::Flowing(flowing));
                if stage == Soothing::Ends {
                    self.give(Purpose::Hush(id), |request| Command::Hush { request, leg, meanwhile });
                } else {
                    self.give(Purpose::Calm(id), |request| Command::Calm { request, leg, meanwhile });
                }
            }
        }
    }

    /// The PBX has answered that a callee who waits hears something, or not. Either way they are in the line from now on; what they
    /// do not hear is begun once more with the next survey, which comes soon.
    pub(super) fn soothed(&mut self, id: AttemptId, outcome: &Outcome) {
        let flowing = match self.take(id) {
            Some(Attempt::Flowing(flowing)) => flowing,
            Some(other) => return self.put(id, other),
            None => return,
        };
        let joined = flowing.joins_line(outcome.is_done());
        if joined.is_ok() && !outcome.is_done() {
            self.deadlines.no_later(Wake::Survey, self.soon());
        }
        match joined {
            Ok(waiting) if !waiting.may_join() => self.put(id, Attempt::Waiting(waiting)),
            Ok(waiting) => {
                if self.find_agent(id, waiting) {
                    self.note(id);
                }
            }
            Err(flowing) => self.put(id, Attempt::Flowing(flowing)),
        }
    }

    /// The PBX has answered that it ended what a callee hears who has waited in vain. Whatever it says, the flow goes on.
    pub(super) fn roused(&mut self, id: AttemptId, outcome: &Outcome) {
        let Some(call) = self.calls.dossier_mut(id) else { return };
        let Some(soothed) = call.soothed.filter(|soothed| soothed.stage == Soothing::Ends) else { return };
        call.lingers = (!outcome.is_done()).then_some(soothed.meanwhile);
        self.nobody_has_come(id);
    }

    fn nobody_has_come(&mut self, id: AttemptId) {
        let Some(mut attempt) = self.take(id) else { return };
        if let Some(call) = attempt.call_mut() {
            call.soothed = None;
        }
        if let Attempt::Waiting(waiting) = attempt {
            attempt = waiting.goes_on().map_or_else(Attempt::Waiting, Attempt::Flowing);
        }
        self.flow_hears(id, attempt, Input::NobodyCame);
    }
}
