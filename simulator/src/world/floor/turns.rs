//! What agents do: they come, take breaks, finish their work and go.

use engine::Wish;
use engine::agent::{AgentState, PauseCode};
use engine::words::{AgentId, Micros, Span};

use super::calls::place;
use super::{Floor, Happening};
use crate::draw::{Purpose, Stream};
use crate::world::crew::{Ask, Seat, Turn};
use crate::world::ledger::Day;

/// How long an agent waits who was told that a lead cannot be dialled just now, or whose dialer still takes them to be at work.
const ASKS_AGAIN: Span = Span::secs(1);

impl Floor<'_> {
    /// What everybody is going to do today. Whoever comes at the opening is there before the campaign starts.
    pub(super) fn plan_turns(&mut self) {
        for agent in self.agents() {
            let group = &self.world.crew[self.groups[place(agent)]];
            for (into_day, turn) in group.plan(self.seed, agent.0, self.nth) {
                let at = self.opening + into_day;
                if at == self.now {
                    self.turn(agent, turn, self.nth);
                } else if at < self.closing {
                    self.queue.push(at, Happening::Turn(agent, turn, self.nth));
                }
            }
        }
    }

    /// An agent's turn, unless the day that it was planned for is over.
    pub(super) fn turn(&mut self, agent: AgentId, turn: Turn, day: u32) {
        if day != self.nth || self.now >= self.closing {
            return;
        }
        if let Some(back_at) = self.back_at {
            return self.queue.push(back_at, Happening::Turn(agent, turn, day));
        }
        match turn {
            Turn::Comes => self.does(agent, Seat::comes),
            Turn::Goes => self.does(agent, Seat::goes),
            Turn::Breaks(lasts) => self.does(agent, |seat, now, day| seat.breaks(lasts, now, day)),
            Turn::Pauses => self.pauses(agent),
            Turn::Returns => self.does(agent, Seat::returns),
        }
    }

    /// The dialer says how an agent stands: whoever has asked to leave may be kept until then, since a call in the air might
    /// need them. None needs whom it takes to be at the work after a call, also where they are through with it.
    pub(super) fn stands(&mut self, agent: AgentId, state: AgentState) {
        if !matches!(state, AgentState::Paused | AgentState::Offline | AgentState::WrapUp) {
            return;
        }
        let seat = &mut self.seats[place(agent)];
        let (waits, talk) = (seat.waits_for_calls(), seat.talks);
        if let Some(until) = seat.is_let_go(self.now, &mut self.day) {
            self.queue.push(until, Happening::Turn(agent, Turn::Returns, self.nth));
        } else if state == AgentState::WrapUp && waits && self.own_time {
            self.queue.push(self.now + ASKS_AGAIN, Happening::SaysReady(agent, talk));
        }
    }

    /// An agent has done their work before the dialer has heard that there is any, and sees that it takes them to be at it.
    pub(super) fn says_ready(&mut self, agent: AgentId, talk: u64) {
        if let Some(back_at) = self.back_at {
            return self.queue.push(back_at, Happening::SaysReady(agent, talk));
        }
        let seat = &self.seats[place(agent)];
        if seat.talks == talk && seat.waits_for_calls() {
            self.ask(Wish::ReadyAgent(agent));
        }
    }

    /// A break that comes at any time, and when the next one comes.
    fn pauses(&mut self, agent: AgentId) {
        let group = &self.world.crew[self.groups[place(agent)]];
        let Some(pauses) = &group.pauses else { return };
        let seat = &mut self.seats[place(agent)];
        seat.breaks += 1;
        let mut stream = Stream::of(self.seed, Purpose::Break, u64::from(agent.0), seat.breaks);
        let (lasts, next) = (stream.span(&pauses.lasts), stream.span(&pauses.every));
        self.queue.push(self.now + lasts + next, Happening::Turn(agent, Turn::Pauses, self.nth));
        self.does(agent, |seat, now, day| seat.breaks(lasts, now, day));
    }

    /// The work after a conversation is done, unless another call has come in between.
    pub(super) fn work_done(&mut self, agent: AgentId, talk: u64) {
        if let Some(back_at) = self.back_at {
            return self.queue.push(back_at, Happening::WorkDone(agent, talk));
        }
        if self.seats[place(agent)].talks == talk {
            self.does(agent, Seat::is_done);
        }
    }

    /// An agent is shown a lead, and will have it dialled.
    pub(super) fn looks_at_lead(&mut self, agent: AgentId) {
        let group = &self.world.crew[self.groups[place(agent)]];
        let seat = &mut self.seats[place(agent)];
        seat.previews += 1;
        seat.previewing = true;
        let nth = seat.previews;
        let looks = Stream::of(self.seed, Purpose::Preview, u64::from(agent.0), nth).span(&group.preview);
        self.queue.push(self.now + looks, Happening::Accepts(agent, nth));
    }

    pub(super) fn looks_at_none(&mut self, agent: AgentId) {
        self.seats[place(agent)].previewing = false;
    }

    /// They have looked at it, unless they look at none or another one by now, and no process could hear them. Where it
    /// cannot be dialled now, such as above a carrier's rate, they ask again.
    pub(super) fn accepts(&mut self, agent: AgentId, preview: u64) {
        let seat = &self.seats[place(agent)];
        if seat.previewing && seat.previews == preview && self.back_at.is_none() {
            self.ask(Wish::AcceptLead(agent));
            self.queue.push(self.now + ASKS_AGAIN, Happening::Accepts(agent, preview));
        }
    }

    /// An agent's phone is dead although they are at work: they log in again, and go on with what they did.
    pub(super) fn looks_at_phone(&mut self, agent: AgentId) {
        let seat = &self.seats[place(agent)];
        if seat.is_leaving() || self.now >= self.closing {
            return;
        }
        if let Some(back_at) = self.back_at {
            return self.queue.push(back_at, Happening::LooksAtPhone(agent));
        }
        let rests = seat.rests();
        self.ask(Wish::LogIn(agent));
        if rests {
            self.ask(Wish::PauseAgent { agent, code: pause_code() });
        }
    }

    /// An agent does something, and asks for what it takes.
    pub(super) fn does(
        &mut self,
        agent: AgentId,
        what: impl FnOnce(&mut Seat, Micros, &mut Day) -> Option<Ask>,
    ) {
        let ask = what(&mut self.seats[place(agent)], self.now, &mut self.day);
        match ask {
            None => {}
            Some(Ask::LogIn) => {
                self.ask(Wish::LogIn(agent));
                // Whoever went home in the middle of their work has done it since.
                if self.own_time {
                    self.ask(Wish::ReadyAgent(agent));
                }
            }
            Some(Ask::LogOut) => self.ask(Wish::LogOut(agent)),
            Some(Ask::Pause(until)) => {
                self.ask(Wish::PauseAgent { agent, code: pause_code() });
                if let Some(until) = until {
                    self.queue.push(until, Happening::Turn(agent, Turn::Returns, self.nth));
                }
            }
            Some(Ask::Return) => self.ask(Wish::ReadyAgent(agent)),
            // A time that is the same for everybody is ended by the engine.
            Some(Ask::Finish) if self.own_time => self.ask(Wish::ReadyAgent(agent)),
            Some(Ask::Finish) => {}
        }
    }
}

fn pause_code() -> PauseCode {
    PauseCode::try_from("break".to_owned()).expect("a pause code")
}
