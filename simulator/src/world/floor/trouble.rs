//! What goes wrong: messages that are lost, late or doubled, a process that dies, a clock that jumps.

use engine::words::{AttemptId, Leg, Micros, Span};
use engine::{Command, Denial, Event, Failure, LegNews, Outcome};

use super::{Callee, Floor, Happening, Order, next_session, request, started};
use crate::world::faults::{Mishaps, Passage};

impl Floor<'_> {
    pub(super) fn plan_trouble(&mut self) {
        for restart in &self.world.faults.restarts {
            self.queue.push(self.opening + restart.at, Happening::Dies(restart.down));
        }
        for jump in &self.world.faults.clock_jumps {
            self.queue.push(self.opening + jump.at, Happening::ClockJumps(jump.by));
        }
    }

    /// The exchange tells what a leg does, if anybody listens.
    pub(super) fn tell(&mut self, leg: Leg, news: LegNews) {
        if self.back_at.is_some() {
            return;
        }
        let event = Event::Leg { leg, news };
        match self.passage(&self.world.faults.events) {
            Passage::Sound => self.hear(event),
            Passage::Lost => {}
            Passage::Doubled => {
                self.hear(event.clone());
                self.hear(event);
            }
            Passage::Late(by) => {
                self.queue.push(self.now + by, Happening::Hears(Box::new(event), self.process));
            }
        }
    }

    /// A command on its way to whoever carries it out.
    pub(super) fn obey(&mut self, command: &Command) {
        if let Command::Reply { answer, .. } = command {
            // A lead may be gone from an agent who has looked at it, such as at closing time.
            let gone = matches!(answer, Err(Denial::NoPreview | Denial::NotNow(_)));
            return assert!(answer.is_ok() || gone || self.troubled, "asked for what cannot be: {answer:?}");
        }
        let callee = self.callee_of(command);
        let process = self.process;
        let (mishaps, failure) = if is_for_database(command) {
            (&self.world.faults.database, Failure::Database)
        } else {
            (&self.world.faults.exchange, Failure::NotSent)
        };
        match self.passage(mishaps) {
            Passage::Sound | Passage::Doubled => self.carry_out(command, callee, process),
            Passage::Lost => self.settle(request(command), Outcome::Failed(failure), process),
            Passage::Late(by) => {
                let order = Box::new(Order { command: command.clone(), callee, process });
                self.queue.push(self.now + by, Happening::Does(order));
            }
        }
    }

    /// An order that was under way for some time. What a dead process has written is there before a new one asks for it,
    /// or is never written.
    pub(super) fn arrives(&mut self, Order { command, callee, process }: Order) {
        let too_late = process != self.process && self.back_at.is_none();
        if !(too_late && is_for_database(&command)) {
            self.carry_out(&command, callee, process);
        }
    }

    /// Whom an originate is to call, as it was saved before.
    fn callee_of(&self, command: &Command) -> Option<Callee> {
        let Command::Originate { originate, .. } = command else { return None };
        let Leg::Customer { attempt, ordinal } = originate.leg else { return None };
        let request = self.database.request(attempt).expect("an attempt is saved before it is dialled");
        assert_eq!(request.ordinal, ordinal, "each try is saved before it is dialled");
        Some(Callee { lead: request.lead.0, nth: request.nth, carrier: request.carrier })
    }

    /// What befalls the next message.
    fn passage(&mut self, mishaps: &Mishaps) -> Passage {
        if self.troubled { self.mishap(mishaps) } else { Passage::Sound }
    }

    /// The same where anything may go wrong: kept out of the way of the many messages of all other days.
    #[cold]
    fn mishap(&mut self, mishaps: &Mishaps) -> Passage {
        let into_day = self.now.since(self.opening);
        if *mishaps == Mishaps::default() || !self.world.faults.hold(into_day, self.world.hours.open) {
            return Passage::Sound;
        }
        self.messages += 1;
        mishaps.befall(self.seed, self.messages)
    }

    /// The process dies with everything in its memory. What it has asked for is done all the same.
    pub(super) fn dies(&mut self, down: Span) {
        let back_at = self.now + down;
        self.at_once.clear();
        self.process += 1;
        self.back_at = Some(back_at);
        self.queue.push(back_at, Happening::ComesBack);
    }

    /// A new process takes over from what the database holds.
    pub(super) fn comes_back(&mut self) {
        let clock = self.now + self.ahead;
        self.config.next_attempt = AttemptId(self.database.last_attempt().0 + 1);
        self.config.next_session = next_session(&self.config);
        self.back_at = None;
        self.engine = started(&self.config, self.seed, clock);
        let reopened = self.database.reopen(clock, &self.config.campaigns[0]);
        self.hear(reopened);
        self.hear(Event::LinkUp);
    }

    /// When the engine wants to be woken, by the world's clock.
    pub(super) fn engine_due(&self) -> Option<Micros> {
        if self.back_at.is_some() {
            return None;
        }
        self.engine.poll_timeout().map(|(at, _)| (at - self.ahead).max(self.now))
    }
}

const fn is_for_database(command: &Command) -> bool {
    match command {
        Command::Fetch { .. }
        | Command::Release { .. }
        | Command::Save { .. }
        | Command::Note { .. }
        | Command::Record { .. }
        | Command::Dispose { .. }
        | Command::NoteAgent { .. }
        | Command::NoteCampaign { .. }
        | Command::SaveTransfer { .. }
        | Command::SendText { .. }
        | Command::OptOut { .. } => true,
        Command::Originate { .. }
        | Command::HangUp { .. }
        | Command::Join { .. }
        | Command::Hold { .. }
        | Command::SetAside { .. }
        | Command::Mute { .. }
        | Command::Play { .. }
        | Command::Detect { .. }
        | Command::Listen { .. }
        | Command::StopListening { .. }
        | Command::StopPlaying { .. }
        | Command::FindPlayback { .. }
        | Command::StartRecording { .. }
        | Command::StopRecording { .. }
        | Command::FindRecording { .. }
        | Command::SendDigits { .. }
        | Command::BeginTake { .. }
        | Command::PauseTake { .. }
        | Command::EndTake { .. }
        | Command::Calm { .. }
        | Command::Hush { .. }
        | Command::PutThrough { .. }
        | Command::Confer { .. }
        | Command::TakeOut { .. }
        | Command::Announce { .. }
        | Command::DropBridge { .. }
        | Command::Survey { .. }
        | Command::Look { .. }
        | Command::FindMedia { .. }
        | Command::Reply { .. } => false,
    }
}
