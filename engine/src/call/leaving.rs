//! A callee who was taken for a machine, and is to be left a message when it has fallen silent.

use alloc::boxed::Box;

use super::{Dossier, Due};
use crate::amd::MachineMessage;
use crate::words::{Micros, Span};

/// How long the message on an answering machine may play before it is cut.
const MACHINE_MESSAGE_LIMIT: Span = Span::secs(180);

/// Taken for a machine: waits for it to fall silent, and then leaves a message.
#[derive(Debug, Clone)]
pub(crate) struct Leaving {
    pub(crate) call: Box<Dossier>,
    /// Since when the machine has been silent, as far as it is.
    quiet_since: Option<Micros>,
    /// The silence that is waited for.
    after_silence: Span,
    give_up_at: Micros,
    /// Whether the message plays.
    plays: bool,
}

impl Leaving {
    /// The machine is listened to from now on; it has been silent since that moment, or talks.
    pub(crate) fn new(
        mut call: Box<Dossier>,
        quiet_since: Option<Micros>,
        rules: &MachineMessage,
        now: Micros,
    ) -> Self {
        call.judge = None;
        let MachineMessage { after_silence, patience, .. } = *rules;
        Self { call, quiet_since, after_silence, give_up_at: now + patience, plays: false }
    }

    /// It talks, or has been silent since then. Once the message plays, nobody listens any more.
    pub(crate) fn hears(&mut self, quiet_since: Option<Micros>) {
        self.quiet_since = quiet_since;
    }

    /// The silence has lasted: the message is on its way.
    pub(crate) fn begins(&mut self, now: Micros) {
        self.plays = true;
        self.give_up_at = now + MACHINE_MESSAGE_LIMIT;
        let answered = self.call.times.answered.unwrap_or(now);
        if let Some(amd) = &mut self.call.amd {
            amd.message_after_ms = Some(now.since(answered).0 / 1_000);
        }
    }

    /// Whether the message plays.
    pub(crate) const fn plays(&self) -> bool {
        self.plays
    }

    /// When to look at it again, and for what.
    pub(super) fn due(&self) -> (Micros, Due) {
        // Asterisk never ends a sound that is asked for while the channel is leaving its bridge, nor the channel itself.
        let may_begin = !self.plays && !self.call.customer_in;
        let begins = self.quiet_since.filter(|_| may_begin).map(|since| since + self.after_silence);
        match begins.filter(|at| *at <= self.give_up_at) {
            Some(at) => (at, Due::MachineQuiet),
            None => (self.give_up_at, Due::MachineOver),
        }
    }
}
