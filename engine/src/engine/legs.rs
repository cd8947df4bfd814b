//! What the callee's leg does, and what follows for the attempt and the agent.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an attempt or answer that a fact does not concern stays as it is, whatever states are added"
)]

use alloc::boxed::Box;

use super::{Engine, Link};
use crate::Command;
use crate::call::{Act, Answered, Attempt, CallRequest, CallSoFar, Dossier, Due, Talking, Waiting};
use crate::deadline::Wake;
use crate::event::{LegNews, Outcome};
use crate::flow::{Input, Meanwhile};
use crate::pending::Purpose;
use crate::words::{AgentId, AttemptId, Bridge, CampaignId, CarrierId, Cause, Leg, Micros, TechCause};

impl Engine {
    /// A leg did something.
    pub(super) fn leg_news(&mut self, leg: Leg, news: LegNews) {
        // Whatever it does, it is there, or its end is told now.
        self.deadlines.set(Wake::Missing(leg), None);
        match leg {
            Leg::Customer { attempt, ordinal } => self.customer_news(attempt, ordinal, news),
            Leg::Agent { agent, session } => self.agent_news(agent, session, news),
            Leg::Transfer { attempt, ordinal } => self.other_news((attempt, ordinal), news),
        }
    }

    pub(super) fn customer_news(&mut self, id: AttemptId, ordinal: u8, news: LegNews) {
        let current = |attempt: &Attempt| attempt.call().is_some_and(|call| call.request.ordinal == ordinal);
        if !self.calls.get(id).is_some_and(current) {
            return self.stray_news(Leg::Customer { attempt: id, ordinal }, news);
        }
        let leg = Leg::Customer { attempt: id, ordinal };
        match news {
            LegNews::Joined(bridge @ Bridge::Transfer { attempt, ordinal }) => {
                return self.moved_in_transfer((attempt, ordinal), leg, bridge, true);
            }
            LegNews::Parted(bridge @ Bridge::Transfer { attempt, ordinal }) => {
                return self.moved_in_transfer((attempt, ordinal), leg, bridge, false);
            }
            LegNews::Joined(bridge @ Bridge::Conference { .. }) => return self.joined_room(id, leg, bridge),
            LegNews::Parted(bridge @ Bridge::Conference { .. }) => return self.parted_from_room(id, bridge),
            _ => {}
        }
        let attempt = self.take(id).expect("it was looked up just now");
        if let Attempt::Placing(placing) = &attempt
            && news.comes_through()
        {
            let CallRequest { carrier, created, .. } = *placing.call.request;
            self.went_through(carrier, created);
        }
        match news {
            LegNews::Progressed | LegNews::Rang => self.alerted(id, attempt),
            LegNews::Answered => self.answered(id, attempt),
            LegNews::Entered => self.entered(id, attempt),
            LegNews::Forwarded => self.forwarded(id, attempt),
            LegNews::Joined(bridge) => self.joined(id, attempt, leg, bridge),
            LegNews::Parted(bridge) => self.parted(id, attempt, leg, bridge),
            LegNews::Played { nth, whole } => self.played(id, attempt, nth, whole),
            LegNews::Pressed(key) => self.flow_hears(id, attempt, Input::Pressed(key)),
            LegNews::Judged { verdict, cause, silence } => self.judged(id, attempt, verdict, cause, silence),
            LegNews::TalkBegan => self.talk_began(id, attempt),
            LegNews::TalkEnded { lasted } => self.talk_ended(id, attempt, lasted),
            LegNews::Recorded { nth, whole, length } => {
                self.flow_hears(id, attempt, Input::Recorded { nth, whole, length: Some(length) });
            }
            LegNews::TakeBegan { nth } => {
                self.put(id, attempt);
                self.take_began(id, nth);
            }
            LegNews::TakeEnded { nth, track, whole } => {
                self.put(id, attempt);
                let now = self.now;
                self.known_takes(id, |takes| takes.ended(now, nth, track, whole));
                // Mostly the leg ends with it, and the record tells.
                self.unnoted.insert(id);
            }
            LegNews::Responded(response) => self.responded(id, attempt, response),
            LegNews::Ended { cause, tech } => self.ended(id, attempt, Some(cause), tech),
        }
    }

    /// News of a leg that is nobody's. One that lives is ended: nobody would talk to whoever is there.
    pub(super) fn stray_news(&mut self, leg: Leg, news: LegNews) {
        self.count_stray(alloc::format!("leg: {}", name_of(news)));
        if news.comes_through() || matches!(news, LegNews::Judged { .. }) {
            self.hang_up(leg);
        }
    }

    /// A call has come through to somebody's phone: if its carrier was being probed, it works.
    pub(super) fn went_through(&mut self, carrier: CarrierId, taken: Micros) {
        self.dialable |= self.carriers.went_through(carrier, taken);
    }

    fn alerted(&mut self, id: AttemptId, attempt: Attempt) {
        match attempt {
            Attempt::Placing(placing) => {
                let ringing = placing.alerted(self.now);
                let given_up = self.gives_up(ringing.call.request.campaign);
                let ringing = if given_up { ringing.give_up_soon(self.now) } else { ringing };
                self.put(id, Attempt::Ringing(ringing));
                self.note(id);
            }
            other => self.put(id, other),
        }
    }

    pub(super) fn answered(&mut self, id: AttemptId, mut attempt: Attempt) {
        if let Some(call) = attempt.call_mut() {
            self.hear_answer(call);
        }
        let answered = match attempt {
            Attempt::Placing(placing) => placing.answered(self.now),
            Attempt::Ringing(ringing) => ringing.answered(self.now),
            Attempt::Ending(ending) => return self.put(id, Attempt::Ending(ending.answered(self.now))),
            other => return self.put(id, other),
        };
        self.put(id, Attempt::Answered(answered));
        self.note(id);
    }

    /// Pacing learns of each answer once, though not before it is known whether it is a machine's.
    pub(super) fn hear_answer(&mut self, call: &mut Dossier) {
        if call.times.answered.is_none() {
            call.is_untold = true;
            if !self.campaign(call.request.campaign).rules.is_gated() {
                self.tell_answer(call);
            }
        }
    }

    pub(super) fn tell_answer(&mut self, call: &mut Dossier) {
        if core::mem::take(&mut call.is_untold) {
            let (campaign, nth, created) = (call.request.campaign, call.request.nth, call.times.created);
            let answered = call.times.answered;
            self.tell_pacer(campaign, |pacer, now| {
                pacer.answered(created, nth, answered.unwrap_or(now), now);
            });
        }
    }

    /// The channel is under our command. With it comes the answer, if that was not heard before.
    pub(super) fn entered(&mut self, id: AttemptId, mut attempt: Attempt) {
        if let Some(call) = attempt.call_mut() {
            self.hear_answer(call);
        }
        let noted = matches!(attempt, Attempt::Answered(_));
        let answered = match attempt {
            Attempt::Placing(placing) => placing.answered(self.now),
            Attempt::Ringing(ringing) => ringing.answered(self.now),
            Attempt::Answered(answered) => answered,
            Attempt::Ending(ending) => return self.put(id, Attempt::Ending(ending.answered(self.now))),
            other => return self.put(id, other),
        };
        let joins = self.greet(id, answered);
        if joins || !noted {
            self.note(id);
        }
    }

    /// Keys first, where there are any to be sent. Says whether an agent was found.
    fn greet(&mut self, id: AttemptId, answered: Answered) -> bool {
        match answered.keys().cloned() {
            Some(digits) => {
                self.send_keys(id, answered, digits);
                false
            }
            None => self.receive(id, answered),
        }
    }

    /// Somebody is there and wants to be talked to: the call flow where there is one, else an agent. Says whether one was
    /// found.
    pub(super) fn serve(&mut self, id: AttemptId, answered: Answered) -> bool {
        match self.campaign(answered.call.request.campaign).rules.flow.clone() {
            // Whoever has talked with an agent is through with it.
            Some(flow) if !answered.call.has_talked() => {
                self.enter_flow(id, answered, flow);
                false
            }
            Some(_) | None => self.find_agent(id, answered.entered()),
        }
    }

    /// The reserved agent, else whoever is ready longest, else a wait under the deadline. Says whether one was found.
    pub(super) fn find_agent(&mut self, id: AttemptId, waiting: Waiting) -> bool {
        let (campaign, reserved) = (waiting.call.request.campaign, waiting.call.request.agent);
        let reserved = reserved.filter(|&agent| self.is_reserved_for(agent, id));
        let agent = reserved.or_else(|| self.longest_ready(campaign));
        match agent {
            Some(agent) => self.join(id, waiting, agent),
            None => {
                self.put(id, Attempt::Waiting(waiting));
                self.call_for_waiting(campaign);
            }
        }
        agent.is_some()
    }

    /// Callee and agent into one bridge, by one request.
    pub(super) fn join(&mut self, id: AttemptId, waiting: Waiting, agent: AgentId) {
        let (customer, meanwhile) = (waiting.call.request.leg(), waiting.hears());
        self.reserve(agent, id);
        let agent_leg = self.agents.get(agent).and_then(crate::agent::Agent::leg);
        let agent_leg = agent_leg.expect("only a seated agent is chosen");
        self.put(id, Attempt::Joining(waiting.join(agent, self.now)));
        self.put_together(id, (customer, agent_leg), meanwhile);
    }

    /// The one request by which callee and agent come into their bridge, whichever of them is there already.
    pub(super) fn put_together(
        &mut self,
        id: AttemptId,
        (customer, agent): (Leg, Leg),
        meanwhile: Meanwhile,
    ) {
        self.give(Purpose::Join(id), |request| Command::Join {
            request,
            attempt: id,
            customer,
            agent,
            meanwhile,
        });
    }

    /// A leg entered a conversation's bridge.
    pub(super) fn joined(&mut self, id: AttemptId, mut attempt: Attempt, leg: Leg, bridge: Bridge) {
        if bridge == Bridge::Conversation(id) {
            attempt.moved(leg, true);
        }
        match attempt {
            Attempt::Joining(joining) if joining.is_whole() => {
                let before = joining.call.agent;
                self.talk(id, joining.whole(self.now), before);
            }
            other => self.put(id, other),
        }
    }

    fn talk(&mut self, id: AttemptId, mut talking: Talking, before: Option<AgentId>) {
        let agent = talking.agent;
        let before = before.filter(|before| *before != agent);
        if before.is_some() {
            self.take_back_what_was_said(&mut talking.call);
        }
        self.put(id, Attempt::Talking(talking));
        self.engage(agent, id);
        if let Some(before) = before {
            self.end_wrap_up_of(before, id);
        }
        self.note(id);
        self.record_conversation(id);
    }

    /// A leg left a conversation's bridge.
    pub(super) fn parted(&mut self, id: AttemptId, mut attempt: Attempt, leg: Leg, bridge: Bridge) {
        if bridge == Bridge::Conversation(id) {
            attempt.moved(leg, false);
        }
        self.put(id, attempt);
    }

    /// The PBX has answered a join. That it was done proves nothing, nor that nobody can tell: the bridge's own events do.
    pub(super) fn join_answered(&mut self, id: AttemptId, outcome: &Outcome) {
        if !outcome.is_undone() {
            return;
        }
        match self.take(id) {
            Some(attempt @ Attempt::Joining(_)) => self.not_joined(id, attempt),
            Some(other) => self.put(id, other),
            None => {}
        }
    }

    /// Callee and agent did not find together. The agent goes back to hold, which shows whether they are still there;
    /// the callee is offered to the next.
    fn not_joined(&mut self, id: AttemptId, attempt: Attempt) {
        let Attempt::Joining(joining) = attempt else { return self.put(id, attempt) };
        let (agent, customer) = (joining.agent, joining.call.request.leg());
        let waiting = joining.failed(self.now);
        self.put_back_on_hold(agent);
        self.look(customer);
        let next = self.longest_ready(waiting.call.request.campaign).filter(|_| waiting.may_join());
        match next {
            Some(next) => self.join(id, waiting, next),
            None => {
                self.put(id, Attempt::Waiting(waiting));
                self.soothe(id);
            }
        }
    }

    /// An agent got ready: the callee who has waited longest is theirs.
    pub(super) fn serve_waiting(&mut self, campaign: CampaignId) {
        while let Some(id) = self.calls.first_waiting(campaign) {
            let Some(agent) = self.longest_ready(campaign) else { return self.call_for_waiting(campaign) };
            let Some(Attempt::Waiting(waiting)) = self.take(id) else {
                unreachable!("only callees who wait are in the line");
            };
            self.join(id, waiting, agent);
        }
    }

    fn played(&mut self, id: AttemptId, attempt: Attempt, nth: u16, whole: bool) {
        match attempt {
            telling @ Attempt::Telling(_) => self.end(id, telling, Act::NoAgent),
            Attempt::Leaving(leaving) => self.message_left(id, leaving, whole),
            other => self.flow_hears(id, other, Input::Played { nth, whole }),
        }
    }

    /// The PBX has answered a play. Where it cannot play, silence is the worst that can be offered: hang up. Where nobody can tell, it
    /// is asked what it plays.
    pub(super) fn play_answered(&mut self, id: AttemptId, nth: u16, outcome: &Outcome) {
        let Outcome::Failed(failure) = outcome else { return };
        let Some(attempt) = self.take(id) else { return };
        let may_hear = match &attempt {
            Attempt::Telling(_) | Attempt::Leaving(_) | Attempt::Flowing(_) => attempt.call(),
            _ => None,
        };
        let Some(leg) = may_hear.filter(|_| failure.leaves_it_open()).map(|call| call.request.leg()) else {
            return self.played(id, attempt, nth, false);
        };
        self.put(id, attempt);
        let purpose = Purpose::FindPlayback { leg, nth, begun: false };
        self.give(purpose, |request| Command::FindPlayback { request, attempt: id, nth });
    }

    fn forwarded(&mut self, id: AttemptId, attempt: Attempt) {
        match attempt {
            attempt @ (Attempt::Placing(_) | Attempt::Ringing(_)) => self.end(id, attempt, Act::Forwarded),
            other => self.put(id, other),
        }
    }

    /// Kept until the end is told, which tells no more than the cause of a leg that the dialplan has dialled.
    fn responded(&mut self, id: AttemptId, mut attempt: Attempt, response: TechCause) {
        if let Some(call) = attempt.call_mut() {
            call.response = Some(response);
        }
        self.put(id, attempt);
    }

    /// The leg is gone, as told or as found.
    pub(super) fn ended(
        &mut self,
        id: AttemptId,
        attempt: Attempt,
        cause: Option<Cause>,
        tech: Option<TechCause>,
    ) {
        match attempt {
            attempt @ (Attempt::Saving(_) | Attempt::Closing(_)) => self.put(id, attempt),
            mut attempt => {
                // The next try has another far end.
                let response = attempt.call_mut().and_then(|call| call.response.take());
                let ending = attempt.ending(cause, tech.or(response), None);
                self.over(id, attempt, ending);
            }
        }
    }

    /// An attempt's own deadline has passed.
    pub(super) fn attempt_due(&mut self, id: AttemptId) {
        let Some(attempt) = self.take(id) else { return };
        let due = attempt.due().filter(|(at, _)| *at <= self.now).map(|(_, due)| due);
        match (due, attempt) {
            (None, attempt) => self.put(id, attempt),
            (Some(due), attempt) if self.waits_for_comparison(due, &attempt) => {
                self.put(id, attempt);
                self.deadlines.set(Wake::Attempt(id), Some(self.soon()));
            }
            (Some(Due::SetupTimeout), attempt) => self.end(id, attempt, Act::SetupTimeout),
            (Some(Due::RingOver(act)), attempt) => self.end(id, attempt, act),
            (Some(Due::NeverEntered | Due::MessageCut), attempt) => self.end(id, attempt, Act::NoAgent),
            (Some(Due::KeysSent), attempt) => self.keys_sent(id, attempt),
            (Some(Due::Flow), attempt) => self.flow_hears(id, attempt, Input::Woke),
            (Some(Due::Room), attempt) => {
                self.put(id, attempt);
                self.room_due(id);
            }
            (Some(Due::NoVerdict), attempt) => self.no_verdict(id, attempt),
            (Some(Due::Verdict), attempt) => self.judge(id, attempt),
            (Some(Due::MachineQuiet), Attempt::Leaving(leaving)) => self.leave_message(id, leaving),
            (Some(Due::MachineOver), attempt) => self.end(id, attempt, Act::Screened),
            (Some(Due::Message), Attempt::Waiting(waiting)) if waiting.call.wants_agent_in_flow() => {
                self.wakes_from_waiting(id, waiting);
            }
            (Some(Due::Message), Attempt::Waiting(waiting)) => self.tell(id, waiting),
            (Some(Due::Rested), Attempt::Waiting(waiting)) => {
                self.find_agent(id, waiting.rested());
            }
            // They may be together, and nobody hears of it: what the PBX holds will tell.
            (Some(Due::JoinTimeout), Attempt::Joining(joining)) if self.link != Link::Ready => {
                self.put(id, Attempt::Joining(joining.put_off(self.now)));
            }
            (Some(Due::JoinTimeout), attempt) => self.not_joined(id, attempt),
            (Some(Due::TalkLimit), attempt) => self.end(id, attempt, Act::TalkLimit),
            (Some(Due::SecondLook), Attempt::Ending(ending)) => {
                let (act, leg) = (ending.act, ending.call.request.leg());
                self.put(id, Attempt::Ending(ending).end(act, self.now));
                self.look(leg);
            }
            (Some(Due::RecordAgain), Attempt::Closing(closing)) => self.write_record(id, closing),
            (
                Some(Due::Message | Due::Rested | Due::SecondLook | Due::RecordAgain | Due::MachineQuiet),
                attempt,
            ) => {
                self.put(id, attempt);
            }
        }
    }

    /// Whether what is due of an attempt waits until it is known what the PBX holds: of whoever is taken to ring, or an earlier process
    /// has left answered, it may be that they talk by now, and of whoever is awaited in a room that they are there.
    fn waits_for_comparison(&self, due: Due, attempt: &Attempt) -> bool {
        let is_told_by_the_pbx = match due {
            Due::SetupTimeout | Due::RingOver(_) | Due::Room => true,
            Due::NeverEntered => attempt.call().is_some_and(|call| call.is_interrupted),
            _ => false,
        };
        is_told_by_the_pbx && self.link != Link::Ready
    }

    /// Nobody is free in time: the message, or where there is none an end at once.
    fn tell(&mut self, id: AttemptId, waiting: Waiting) {
        let Some(media) = self.campaign(waiting.call.request.campaign).rules.message.clone() else {
            return self.end(id, Attempt::Waiting(waiting), Act::NoAgent);
        };
        let leg = waiting.call.request.leg();
        let mut telling = Attempt::Telling(waiting.told(self.now));
        self.nobody_came(&mut telling);
        self.put(id, telling);
        self.note(id);
        self.give(Purpose::Play(id, 0), |request| Command::Play { request, attempt: id, nth: 0, leg, media });
    }

    /// Writes down how far an attempt has come, for a later process.
    pub(super) fn note(&mut self, id: AttemptId) {
        let Some(call) = self.calls.get(id).and_then(Attempt::call) else { return };
        // Whoever talked with a machine is free again.
        let is_leaving = matches!(self.calls.get(id), Some(Attempt::Leaving(_)));
        let so_far = Box::new(CallSoFar {
            times: call.times,
            agent: call.agent.filter(|_| !is_leaving),
            takes: call.takes.clone(),
            said: call.said.clone(),
            flow: call.flow_so_far(self.now, &self.config.signature),
            transfers: self.transfers_so_far(call),
            hold: call.hold.so_far(),
            amd: call.amd.clone(),
        });
        let purpose = if call.asker.is_some() { Purpose::Said(id) } else { Purpose::Note(id) };
        self.give(purpose, |request| Command::Note { request, attempt: id, so_far });
    }

    pub(super) fn hang_up(&mut self, leg: Leg) {
        self.give(Purpose::HangUp(leg), |request| Command::HangUp { request, leg });
    }

    pub(super) fn look(&mut self, leg: Leg) {
        self.give(Purpose::Look { leg, missed: false }, |request| Command::Look { request, leg });
    }

    /// The same where something may have been missed of it, and of it alone.
    pub(super) fn look_for_what_was_missed(&mut self, leg: Leg) {
        self.give(Purpose::Look { leg, missed: true }, |request| Command::Look { request, leg });
    }

    pub(super) fn drop_bridge(&mut self, bridge: Bridge) {
        self.give(Purpose::DropBridge(bridge), |request| Command::DropBridge { request, bridge });
    }
}

/// The name under which late news are counted.
const fn name_of(news: LegNews) -> &'static str {
    match news {
        LegNews::Progressed => "progressed",
        LegNews::Rang => "rang",
        LegNews::Answered => "answered",
        LegNews::Entered => "entered",
        LegNews::Forwarded => "forwarded",
        LegNews::Joined(_) => "joined",
        LegNews::Parted(_) => "parted",
        LegNews::Played { .. } => "played",
        LegNews::Pressed(_) => "pressed",
        LegNews::Judged { .. } => "judged",
        LegNews::TalkBegan => "talk began",
        LegNews::TalkEnded { .. } => "talk ended",
        LegNews::Recorded { .. } => "recorded",
        LegNews::TakeBegan { .. } => "take began",
        LegNews::TakeEnded { .. } => "take ended",
        LegNews::Responded(_) => "responded",
        LegNews::Ended { .. } => "ended",
    }
}
