//! What callees do, from the first ring to the end of the conversation.

use engine::LegNews;
use engine::words::{AgentId, AttemptId, Bridge, Cause, Leg, Span, TechCause};

use super::{Callee, Floor, Happening, Unserved};
use crate::draw::{Purpose, Stream};
use crate::pbx::cause;
use crate::world::callees::{Reaction, scaled};
use crate::world::carriers::Carried;
use crate::world::exchange::{Call, Line, Moved};

/// Q.850: normal clearing, user busy, no answer from the user.
pub(super) const CLEARED: LegNews = LegNews::Ended { cause: Cause(16), tech: None };
const BUSY: LegNews = LegNews::Ended { cause: Cause(17), tech: None };
const NO_ANSWER: LegNews = LegNews::Ended { cause: Cause(19), tech: None };

/// How long after their phone went dead an agent notices.
const NOTICES: Span = Span::secs(10);

impl Floor<'_> {
    /// A leg begins: agents pick up at once, callees do as they do.
    pub(super) fn place(&mut self, leg: Leg, callee: Option<Callee>) {
        let (Leg::Customer { ordinal, .. }, Some(Callee { lead, nth, carrier })) = (leg, callee) else {
            self.exchange.place(leg, Call::default());
            return self.later(Span::ZERO, leg, LegNews::Entered);
        };
        self.exchange.place(leg, Call { lead, nth, ..Call::default() });
        self.day.placed(self.now);
        let carrier = &self.world.carriers[carrier.0 as usize - 1];
        match carrier.carry(self.seed, self.dial(lead, nth), ordinal) {
            Carried::Fails { response, after } => {
                self.day.failures += 1;
                let cause = Cause(cause::of_sip(response));
                self.later(after, leg, LegNews::Ended { cause, tech: Some(TechCause(response)) });
            }
            Carried::Rings { after } => self.rings(leg, lead, nth, after),
        }
    }

    fn rings(&mut self, leg: Leg, lead: u64, nth: u32, delay: Span) {
        self.later(delay, leg, LegNews::Rang);
        match self.world.callees.react(self.seed, self.dial(lead, nth)) {
            Reaction::Answers { after, patience } => {
                self.later(delay + after, leg, LegNews::Answered);
                if let Some(patience) = patience {
                    self.queue.push(self.now + delay + after + patience, Happening::LosesPatience(leg));
                }
            }
            Reaction::Voicemail { after } => {
                self.later(delay + after, leg, LegNews::Answered);
                self.exchange.call(leg).expect("it was placed just now").machine = true;
            }
            Reaction::IsBusy { after } => self.later(delay + after, leg, BUSY),
            Reaction::EndsUnanswered { after } => self.later(delay + after, leg, NO_ANSWER),
        }
    }

    /// A leg does something, if it still stands.
    pub(super) fn leg_does(&mut self, leg: Leg, news: LegNews) {
        match news {
            LegNews::Answered => self.answered(leg),
            LegNews::Entered => {
                if self.exchange.answer(leg).is_some() {
                    self.tell(leg, news);
                }
            }
            LegNews::Rang => {
                if self.exchange.ring(leg) {
                    self.tell(leg, news);
                }
            }
            LegNews::Ended { .. } => self.ended(leg, news, false),
            LegNews::Judged { .. } => self.is_judged(leg, news),
            LegNews::TalkBegan | LegNews::TalkEnded { .. } => self.is_heard(leg, news),
            LegNews::Progressed
            | LegNews::Forwarded
            | LegNews::Joined(_)
            | LegNews::Parted(_)
            | LegNews::Played { .. }
            | LegNews::Pressed(_)
            | LegNews::Recorded { .. }
            | LegNews::TakeBegan { .. }
            | LegNews::TakeEnded { .. }
            | LegNews::Responded(_) => {
                if self.exchange.call(leg).is_some() {
                    self.tell(leg, news);
                }
            }
        }
    }

    fn answered(&mut self, leg: Leg) {
        let now = self.now;
        let Some(call) = self.exchange.answer(leg) else { return };
        call.answered = Some(now);
        let machine = call.machine;
        self.day.answered(now, machine);
        self.has_answered(leg, machine);
        if self.back_at.is_some() {
            // The exchange hangs up on whoever answers while nobody listens to it.
            return self.ended(leg, CLEARED, false);
        }
        self.tell(leg, LegNews::Answered);
        self.tell(leg, LegNews::Entered);
        self.lends_an_ear(leg);
    }

    /// Nobody has come, and the callee hangs up.
    pub(super) fn loses_patience(&mut self, leg: Leg) {
        if self.exchange.call(leg).is_some_and(|call| call.talks_with.is_none()) {
            self.ended(leg, CLEARED, true);
        }
    }

    /// A leg is gone. `by_callee`: they did not want to wait any longer.
    fn ended(&mut self, leg: Leg, news: LegNews, by_callee: bool) {
        let Some(line) = self.exchange.end(leg) else { return };
        if let Some(bridge) = line.bridge() {
            self.tell(leg, LegNews::Parted(bridge));
        }
        match leg {
            Leg::Customer { attempt, .. } => {
                self.day.ended(self.now, line.call.answered.is_some());
                self.callee_is_gone(attempt, &line, by_callee);
            }
            Leg::Agent { agent, .. } if !self.seats[place(agent)].is_leaving() => {
                self.queue.push(self.now + NOTICES, Happening::LooksAtPhone(agent));
            }
            Leg::Agent { agent, .. } => self.agent_is_taken_back(agent),
            Leg::Transfer { .. } => {}
        }
        self.tell(leg, news);
    }

    /// Whoever talked with them does the work after it; if nobody did, it is told why.
    fn callee_is_gone(&mut self, attempt: AttemptId, line: &Line, by_callee: bool) {
        let call = &line.call;
        if let Some((agent, talk)) = call.talks_with {
            let seat = &mut self.seats[place(agent)];
            if seat.talks == talk {
                seat.wraps_up(self.now, &mut self.day);
            }
            let group = &self.world.crew[self.groups[place(agent)]];
            let work = Stream::of(self.seed, Purpose::WrapUp, u64::from(agent.0), talk).span(&group.wrap_up);
            self.has_talked_to(call, work);
            return self.queue.push(self.now + work, Happening::WorkDone(agent, talk));
        }
        let Some(answered) = call.answered.filter(|_| !call.is_late) else { return };
        let unserved = Unserved {
            answered,
            gone: self.now,
            machine: call.machine,
            had_time: by_callee && self.now <= answered + self.deadline(call),
        };
        if !call.is_screened && self.is_still_to_be_told(attempt) {
            self.unserved.insert(attempt, unserved);
        } else {
            self.had_nobody(unserved, call.is_screened);
        }
    }

    /// Nobody had a callee. `screened`: they were not to be connected.
    pub(super) fn had_nobody(&mut self, callee: Unserved, screened: bool) {
        let Unserved { answered, gone, machine, had_time } = callee;
        if screened {
            self.day.screened(answered, gone, machine);
        } else if had_time {
            self.day.hang_ups += 1;
        } else {
            self.day.dropped(answered, gone, machine);
        }
    }

    /// How long after the answer a callee may wait: their time counts from the end of their greeting, which is known where
    /// the exchange has listened to it.
    fn deadline(&self, call: &Call) -> Span {
        let house = &self.world.house;
        call.greeting.unwrap_or(house.greeting) + house.answer_within
    }

    /// Puts a callee and an agent together; says whether both are there.
    pub(super) fn join(&mut self, attempt: AttemptId, customer: Leg, agent: Leg) -> bool {
        if !self.exchange.are_up(&[customer, agent]) {
            return false;
        }
        self.enter(customer, Bridge::Conversation(attempt));
        self.enter(agent, Bridge::Conversation(attempt));
        let Leg::Agent { agent, .. } = agent else { unreachable!("a callee is joined with an agent") };
        let seat = &mut self.seats[place(agent)];
        seat.talks(self.now, &mut self.day);
        let talks_with = (agent, seat.talks);
        let call = self.exchange.call(customer).expect("it is up");
        call.joined = Some(self.now);
        call.is_screened = false;
        match call.talks_with.replace(talks_with) {
            None => self.talk(customer, agent),
            // Another agent had been asked first, and is free again.
            Some((before, talk)) => self.queue.push(self.now, Happening::WorkDone(before, talk)),
        }
        true
    }

    /// A conversation begins, in time or not. How long it lasts is the callee's.
    fn talk(&mut self, customer: Leg, agent: AgentId) {
        let call = *self.exchange.call(customer).expect("it is up");
        let answered = call.answered.expect("a conversation begins after the answer");
        if self.now <= answered + self.deadline(&call) {
            self.day.connected(call.machine);
        } else {
            self.day.dropped(answered, self.now, call.machine);
            self.exchange.call(customer).expect("it is up").is_late = true;
        }
        let lasts = self.conversation(agent, &call);
        self.queue.push(self.now + lasts, Happening::HasTalked(customer));
    }

    /// A conversation has come to its end, unless the agent was taken from it before.
    pub(super) fn has_talked(&mut self, leg: Leg) {
        if self.exchange.call(leg).is_some_and(|call| call.talks_with.is_some()) {
            self.leg_does(leg, CLEARED);
        }
    }

    fn conversation(&self, agent: AgentId, call: &Call) -> Span {
        let group = &self.world.crew[self.groups[place(agent)]];
        let mut stream = Stream::of(self.seed, Purpose::Talk, call.lead, u64::from(call.nth));
        if call.machine {
            return stream.span(&self.world.callees.voicemail_talk);
        }
        scaled(stream.span(&group.talk), group.talk_scale.at(self.now.since(self.opening)))
    }

    /// Puts a leg into a bridge, if it is up.
    pub(super) fn enter(&mut self, leg: Leg, bridge: Bridge) -> bool {
        match self.exchange.enter(leg, bridge) {
            Moved::Nowhere => return false,
            Moved::Stayed => {}
            Moved::Entered { from } => {
                if let Some(from) = from {
                    self.tell(leg, LegNews::Parted(from));
                }
                self.tell(leg, LegNews::Joined(bridge));
            }
        }
        true
    }

    /// Everybody who talks hangs up.
    pub(super) fn fire_alarm(&mut self) {
        for leg in self.exchange.talking() {
            self.ended(leg, CLEARED, false);
        }
    }
}

/// Where an agent's seat is.
pub(super) fn place(agent: AgentId) -> usize {
    agent.0 as usize - 1
}
