//! Keys that are sent to callees: by themselves after the answer, or as somebody asks while they talk.

use super::Engine;
use crate::Command;
use crate::call::{Answered, Attempt};
use crate::command::Denial;
use crate::digits::Digits;
use crate::event::Outcome;
use crate::pending::Purpose;
use crate::words::{AskId, AttemptId};

impl Engine {
    /// The callee has answered, and what answers wants keys before it lets anybody through.
    pub(super) fn send_keys(&mut self, id: AttemptId, answered: Answered, digits: Digits) {
        let leg = answered.call.request.leg();
        let keying = answered.sends(digits.takes(), self.now);
        self.put(id, Attempt::Keying(keying));
        self.give(Purpose::SendDigits(id, None), |request| Command::SendDigits { request, leg, digits });
    }

    /// The keys have had their time.
    pub(super) fn keys_sent(&mut self, id: AttemptId, attempt: Attempt) {
        let Attempt::Keying(keying) = attempt else { return self.put(id, attempt) };
        let answered = keying.sent(self.now);
        if self.receive(id, answered) {
            self.note(id);
        }
    }

    /// Somebody wants keys to be sent to whom an agent talks with. They are told when the PBX has taken them.
    pub(super) fn wish_of_digits(&mut self, ask: AskId, id: AttemptId, digits: Digits) -> Result<(), Denial> {
        let attempt = self.calls.get(id).ok_or(Denial::NoSuchAttempt)?;
        let Attempt::Talking(talking) = attempt else { return Err(Denial::NotTalking) };
        let leg = talking.call.request.leg();
        let purpose = Purpose::SendDigits(id, Some(ask));
        self.give(purpose, |request| Command::SendDigits { request, leg, digits });
        Ok(())
    }

    /// The PBX has answered. Keys that could not be sent are not waited for: whoever answers is there all the same. Those of which
    /// nobody can tell have their time.
    pub(super) fn digits_answered(&mut self, id: AttemptId, ask: Option<AskId>, outcome: &Outcome) {
        if let Some(ask) = ask {
            return self.reply(ask, (!outcome.is_done()).then_some(Denial::NotDone));
        }
        if !outcome.is_undone() {
            return;
        }
        if let Some(attempt) = self.take(id) {
            self.keys_sent(id, attempt);
        }
    }
}
