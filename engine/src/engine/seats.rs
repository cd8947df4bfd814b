//! What the agents do: their phones, their places in the holding bridge, and whom they are engaged with.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an attempt or answer that a fact does not concern stays as it is, whatever states are added"
)]

use super::{Engine, Link};
use crate::Command;
use crate::agent::{Agent, AgentDue, AgentState, Before, Engagement, Intent, Loss, Phone, Reach, Seat};
use crate::call::{Act, Attempt, Dossier, agent_originate};
use crate::deadline::Wake;
use crate::event::{Failure, LegNews, Outcome};
use crate::flow::Meanwhile;
use crate::pending::Purpose;
use crate::words::{AgentId, AttemptId, Bridge, CampaignId, Leg, SessionId};

impl Engine {
    /// Changes an agent, and with them the pool, the deadline and what is written down.
    pub(super) fn agent(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        if let Some(before) = self.agents.change(id, change) {
            self.agent_changed(id, before);
        }
    }

    /// What follows from any change, and so is not compiled anew for each.
    fn agent_changed(&mut self, id: AgentId, before: Before) {
        let Some(changed) = self.agents.changed(id, before, self.now) else { return };
        let agent = self.agents.get(id).expect("it was changed just now");
        let (campaign, after) = (agent.rules.campaign, agent.shown());
        self.deadlines.set(Wake::Agent(id), agent.due().map(|(at, _)| at));
        self.dialable |= changed.part;
        if let Some(note) = changed.note {
            self.give(Purpose::NoteAgent(id), |request| Command::NoteAgent {
                request,
                agent: id,
                session: note.session,
                state: note.state,
                since: note.since,
                paused: note.paused,
                leaves: note.leaves,
                missed: note.missed,
            });
        }
        let (state, since) = before.shown;
        // The work of whoever has gone or paused ends when it will: it keeps nobody from the next call.
        let says_something = state != AgentState::WrapUp || before.returns();
        if before.shown != after && says_something {
            self.tell_pacer(campaign, |pacer, now| pacer.agent_was(state, now.since(since)));
        }
        self.serve_waiting(campaign);
    }

    /// Calls an agent's phone.
    pub(super) fn call_agent(&mut self, id: AgentId) {
        let session = SessionId(self.next_session);
        self.next_session += 1;
        let now = self.now;
        self.agent(id, |agent| agent.call(session, now));
        let rules = &self.agents.get(id).expect("the agent was looked up before").rules;
        let originate = agent_originate(rules, session);
        self.originate(originate);
    }

    /// Whoever waits in a call flow has the time that a phone takes to be picked up, where nobody is at hand.
    pub(super) fn call_for_waiting(&mut self, campaign: CampaignId) {
        let rules = &self.campaign(campaign).rules;
        if rules.flow.is_none() || !rules.pacing.reserves() || self.gate().lines_work().is_err() {
            return;
        }
        let waiting = self.calls.waiting_in_flow(campaign);
        while self.agents.summoned_count(campaign) < waiting {
            let next = self.agents.free(campaign).find(|turn| turn.reach == Reach::ByPhone);
            let Some(turn) = next else { return };
            self.call_agent(turn.agent);
        }
    }

    /// An agent's leg did something.
    pub(super) fn agent_news(&mut self, id: AgentId, session: SessionId, news: LegNews) {
        let leg = Leg::Agent { agent: id, session };
        if self.agents.get(id).and_then(Agent::session) != Some(session) {
            return self.stray_news(leg, news);
        }
        let now = self.now;
        match news {
            LegNews::Entered => self.seated(id, session),
            LegNews::Joined(Bridge::Hold) => {
                self.agent(id, |agent| agent.held(true, now));
                self.bring_back(id);
            }
            LegNews::Parted(Bridge::Hold) => self.agent(id, |agent| agent.held(false, now)),
            LegNews::Joined(bridge @ Bridge::Conversation(attempt)) => {
                if let Some(state) = self.take(attempt) {
                    self.joined(attempt, state, leg, bridge);
                }
                self.leave_unless_engaged(id, attempt);
            }
            LegNews::Parted(bridge @ Bridge::Conversation(attempt)) => {
                if let Some(state) = self.take(attempt) {
                    self.parted(attempt, state, leg, bridge);
                }
            }
            LegNews::Ended { .. } => self.agent_leg_lost(id, false),
            LegNews::Joined(Bridge::Transfer { .. } | Bridge::Conference { .. })
            | LegNews::Parted(Bridge::Transfer { .. } | Bridge::Conference { .. })
            | LegNews::Progressed
            | LegNews::Rang
            | LegNews::Answered
            | LegNews::Forwarded
            | LegNews::Pressed(_)
            | LegNews::Judged { .. }
            | LegNews::TalkBegan
            | LegNews::TalkEnded { .. }
            | LegNews::Recorded { .. }
            | LegNews::TakeBegan { .. }
            | LegNews::TakeEnded { .. }
            | LegNews::Responded(_)
            | LegNews::Played { .. } => {}
        }
    }

    /// The phone was picked up and is under our command: into the holding bridge with it.
    pub(super) fn seated(&mut self, id: AgentId, session: SessionId) {
        let now = self.now;
        match self.agents.get(id).map(|agent| (agent.phone, agent.mute.unsure)) {
            // What was taken up from an earlier process may have been ringing.
            Some((Phone::Calling { .. }, _) | (Phone::Seated { .. }, true)) => {
                self.agent(id, |agent| agent.seat(session, now));
                self.hold(Leg::Agent { agent: id, session });
            }
            _ => self.count_stray("leg: entered twice"),
        }
    }

    /// A join that was given up may come through after all: whoever is brought in by it would hear a callee who is another's.
    /// Who is being joined elsewhere is left to that.
    fn leave_unless_engaged(&mut self, id: AgentId, attempt: AttemptId) {
        let Some(agent) = self.agents.get(id) else { return };
        match agent.engagement {
            Engagement::OnCall(call) | Engagement::Reserved(call) if call == attempt => {}
            Engagement::OnCall(_) => self.bring_back(id),
            Engagement::Reserved(call) if matches!(self.calls.get(call), Some(Attempt::Joining(_))) => {}
            Engagement::Reserved(_)
            | Engagement::Free
            | Engagement::Previewing { .. }
            | Engagement::WrapUp { .. } => self.hold_again(id),
        }
    }

    /// A hold or a join that was given up has come through after all, and has taken an agent from their conversation: back
    /// into it. Where somebody else is on the line, they may be wanted elsewhere.
    pub(super) fn bring_back(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(id) else { return };
        let (Engagement::OnCall(attempt), Some(leg)) = (agent.engagement, agent.leg()) else { return };
        let Some(Attempt::Talking(talking)) = self.calls.get(attempt) else { return };
        if talking.agent == id && talking.call.handover.is_none() {
            let customer = talking.call.request.leg();
            self.put_together(attempt, (customer, leg), Meanwhile::Silence);
        }
    }

    /// An agent's leg is gone. `by_accident` where nobody hung it up.
    pub(super) fn agent_leg_lost(&mut self, id: AgentId, by_accident: bool) {
        let Some(agent) = self.agents.get(id) else { return };
        let engagement = agent.engagement;
        let loss = match (agent.phone, agent.rules.seat) {
            (Phone::Leaving { .. }, _) => Loss::Ours,
            _ if by_accident => Loss::Accident,
            (Phone::Seated { .. }, Seat::PerCall) => Loss::Ours,
            (Phone::Calling { .. }, _) => Loss::Missed,
            // Whoever hangs up a nailed-up phone has gone.
            (Phone::Seated { .. } | Phone::None { .. }, _) => Loss::Theirs,
        };
        let (mut lead, now, campaign) = (None, self.now, agent.rules.campaign);
        // In one step: whoever looks at no lead and still has a phone is given the callee who waits.
        self.agent(id, |agent| {
            lead = agent.end_preview(now);
            agent.lost(loss, now);
        });
        if let Some(lead) = lead {
            self.goes_back(campaign, lead);
        }
        match engagement {
            Engagement::OnCall(attempt) | Engagement::Reserved(attempt) => self.agent_failed(id, attempt),
            Engagement::Free | Engagement::Previewing { .. } | Engagement::WrapUp { .. } => {}
        }
    }

    /// The agent of a call is gone: the callee is hung up on if they talked and nobody else is on the line, and offered to
    /// another if they did not.
    fn agent_failed(&mut self, id: AgentId, attempt: AttemptId) {
        match self.take(attempt) {
            Some(Attempt::Talking(talking)) if talking.call.handover.is_some() => {
                self.agent_has_left(attempt, talking);
            }
            Some(talking @ Attempt::Talking(_)) => self.end(attempt, talking, Act::AgentEnded),
            Some(joining @ Attempt::Joining(_)) => {
                self.put(attempt, joining);
                self.join_answered(attempt, &Outcome::Failed(Failure::Gone));
            }
            Some(mut other) => {
                // Whoever answers is anybody's now, and is counted so.
                if let Some(call) = other.call_mut() {
                    call.reserved = None;
                }
                self.put(attempt, other);
                self.free_agent(Some(id), attempt);
            }
            None => {}
        }
    }

    /// The agent is chosen for a call.
    pub(super) fn reserve(&mut self, id: AgentId, attempt: AttemptId) {
        let now = self.now;
        self.agent(id, |agent| {
            agent.engagement = Engagement::Reserved(attempt);
            agent.lead = None;
            agent.go(now);
        });
    }

    /// The agent talks.
    pub(super) fn engage(&mut self, id: AgentId, attempt: AttemptId) {
        let now = self.now;
        self.agent(id, |agent| {
            agent.engagement = Engagement::OnCall(attempt);
            agent.go(now);
        });
    }

    pub(super) fn is_reserved_for(&self, id: AgentId, attempt: AttemptId) -> bool {
        let reserved = |agent: &Agent| agent.engagement == Engagement::Reserved(attempt) && agent.is_seated();
        self.agents.get(id).is_some_and(reserved)
    }

    /// Whose call an agent is on or chosen for.
    pub(super) fn engaged_with(&self, id: AgentId) -> Option<AttemptId> {
        match self.agents.get(id)?.engagement {
            Engagement::Reserved(attempt) | Engagement::OnCall(attempt) => Some(attempt),
            Engagement::Free | Engagement::Previewing { .. } | Engagement::WrapUp { .. } => None,
        }
    }

    /// The seated agent who has been ready longest.
    pub(super) fn longest_ready(&self, campaign: CampaignId) -> Option<AgentId> {
        self.agents.first_ready(campaign).filter(|turn| turn.reach == Reach::AtHand).map(|turn| turn.agent)
    }

    /// Callee and agent part, whoever ended it: a talk is followed by wrap-up, a mere reservation by nothing.
    pub(super) fn part(&mut self, attempt: &Attempt) {
        let Some(call) = attempt.call() else { return };
        let id = call.request.attempt;
        match attempt {
            Attempt::Talking(talking) if self.engaged_with(talking.agent) == Some(id) => {
                self.wrap_up(talking.agent, call);
            }
            Attempt::Joining(joining) if self.engaged_with(joining.agent) == Some(id) => {
                self.put_back_on_hold(joining.agent);
            }
            _ => self.free_agent(call.request.agent, id),
        }
    }

    /// The agent was reserved for an attempt that came to nothing.
    pub(super) fn free_agent(&mut self, id: Option<AgentId>, attempt: AttemptId) {
        let Some(id) = id else { return };
        if self.agents.get(id).is_some_and(|agent| agent.engagement == Engagement::Reserved(attempt)) {
            let now = self.now;
            self.agent(id, |agent| {
                agent.engagement = Engagement::Free;
                agent.look_later(now);
            });
            self.leave_if_away(id);
        }
    }

    /// After a join that failed the agent is free again as soon as the holding bridge has them back.
    pub(super) fn put_back_on_hold(&mut self, id: AgentId) {
        let now = self.now;
        self.agent(id, |agent| {
            agent.engagement = Engagement::Free;
            agent.held(false, now);
        });
        self.unmute(id);
        self.hold_again(id);
    }

    /// After a conversation: time for its work, unless the agent has said already what came of it, and the leg back on hold
    /// or hung up, as the seat is.
    pub(super) fn wrap_up(&mut self, id: AgentId, call: &Dossier) {
        let rules = &self.campaign(call.request.campaign).rules;
        let until = self.now + rules.longest_wrap_up();
        let of = rules.dispositions.as_ref().map(|_| call.request.attempt);
        let is_said = call.said.is_some();
        let now = self.now;
        self.agent(id, |agent| {
            agent.engagement = if is_said { Engagement::Free } else { Engagement::WrapUp { until, of } };
            agent.held(false, now);
        });
        self.unmute(id);
        self.collect(id);
        match self.agents.get(id).map(|agent| agent.rules.seat) {
            Some(Seat::PerCall) => self.hang_up_agent(id),
            Some(Seat::NailedUp) => self.hold_again(id),
            None => {}
        }
    }

    /// Puts a seated agent's leg back into the holding bridge; hangs it up where they have gone home.
    pub(super) fn hold_again(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(id) else { return };
        match (agent.leg(), &agent.intent) {
            (Some(_), Intent::Away) if agent.is_seated() => self.hang_up_agent(id),
            (Some(leg), _) if agent.is_seated() => self.hold(leg),
            (Some(_) | None, _) => {}
        }
    }

    fn hold(&mut self, leg: Leg) {
        self.give(Purpose::Hold(leg), |request| Command::Hold { request, leg });
    }

    /// Hangs up an agent's phone.
    pub(super) fn hang_up_agent(&mut self, id: AgentId) {
        let Some(leg) = self.agents.get(id).and_then(Agent::leg) else { return };
        let now = self.now;
        self.agent(id, |agent| agent.leave(now));
        self.hang_up(leg);
    }

    /// An agent wants to do something else. Who is ready and may yet be needed is kept until the calls in the air have
    /// found somebody, or until one of these calls finds them: whoever was called for an agent gets one.
    pub(super) fn excuse(&mut self, id: AgentId, intent: Intent) {
        self.withdraw(id);
        let needed = self.agents.get(id).is_some_and(|agent| {
            agent.state() == AgentState::Ready && !self.can_spare_one(agent.rules.campaign)
        });
        let now = self.now;
        self.agent(id, |agent| {
            agent.leaving = Some(intent);
            if !needed {
                agent.go(now);
            }
        });
    }

    /// Lets those go who have asked to and are not needed any more.
    pub(super) fn let_go(&mut self, campaign: CampaignId) {
        while self.agents.leaving_count(campaign) > 0 && self.can_spare_one(campaign) {
            let id = self.agents.first_leaving(campaign).expect("as many leave as are counted");
            let now = self.now;
            self.agent(id, |agent| agent.go(now));
            self.leave_if_away(id);
        }
    }

    /// Whether each call in the air, and everybody who waits, would find an agent with one agent less. Counted are calls
    /// for which no agent is reserved; none of a broadcast's, which are placed whoever is ready and never cease.
    pub(super) fn can_spare_one(&self, campaign: CampaignId) -> bool {
        let counts = self.calls.counts(campaign);
        let in_the_air = if self.campaign(campaign).pacer.is_broadcast() { 0 } else { counts.unreserved() };
        in_the_air + counts.waiting() < self.agents.ready_count(campaign)
    }

    /// Whoever has gone home has no leg, unless a call still needs it.
    pub(super) fn leave_if_away(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(id) else { return };
        let needed = matches!(agent.engagement, Engagement::Reserved(_) | Engagement::OnCall(_));
        let leaving = matches!(agent.phone, Phone::Leaving { .. });
        if agent.intent == Intent::Away && !needed && !leaving {
            self.hang_up_agent(id);
        }
    }

    /// A phone that rings for a conversation is hung up where its agent has paused: another's is called instead.
    pub(super) fn ring_no_longer(&mut self, id: AgentId) {
        let in_vain = |agent: &Agent| {
            let pauses = matches!(agent.intent, Intent::Pause(_));
            pauses && agent.rules.seat == Seat::PerCall && matches!(agent.phone, Phone::Calling { .. })
        };
        if self.agents.get(id).is_some_and(in_vain) {
            self.hang_up_agent(id);
        }
    }

    /// The PBX has answered an originate of an agent's leg.
    pub(super) fn agent_placed(&mut self, id: AgentId, session: SessionId, outcome: &Outcome) {
        let current = self.agents.get(id).and_then(Agent::session) == Some(session);
        match outcome {
            Outcome::Failed(failure) if current && failure.has_placed_nothing() => {
                self.agent_leg_lost(id, true);
            }
            Outcome::Failed(failure) if current && failure.leaves_it_open() => {
                self.look(Leg::Agent { agent: id, session });
            }
            _ => {}
        }
    }

    /// The PBX has answered a hold. Whether it came about, the bridge's own event tells; where it did not, the second
    /// look tries again.
    pub(super) fn hold_answered(&mut self, leg: Leg, outcome: &Outcome) {
        if *outcome == Outcome::Failed(Failure::Gone) {
            self.look(leg);
        }
    }

    /// An agent's own deadline has passed.
    pub(super) fn agent_due(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(id) else { return };
        let (due, leg, now) = (agent.due().filter(|(at, _)| *at <= self.now), agent.leg(), self.now);
        match (due.map(|(_, due)| due), leg) {
            // They may have picked up, and nobody heard of it: what the PBX holds will tell.
            (Some(AgentDue::RingTimeout), _) if self.link != Link::Ready => {
                self.deadlines.set(Wake::Agent(id), Some(self.soon()));
            }
            (Some(AgentDue::RingTimeout | AgentDue::IdleOver), _) => {
                if let Some(Phone::Calling { .. }) = self.agents.get(id).map(|agent| agent.phone) {
                    self.agent(id, |agent| agent.misses(now));
                }
                self.hang_up_agent(id);
            }
            (Some(AgentDue::Recall), _) => self.recall(id),
            (Some(AgentDue::WrapUpOver), _) => {
                self.end_work(id);
                self.leave_if_away(id);
            }
            (Some(AgentDue::PreviewOver), _) => self.preview_over(id),
            (Some(AgentDue::SecondLook), Some(leg)) => {
                self.agent(id, |agent| agent.look_later(now));
                self.unmute(id);
                self.look(leg);
            }
            (Some(AgentDue::SecondLook) | None, _) => self.agent(id, |_| {}),
        }
    }

    /// Calls the phone of an agent who is to have a leg and has none, as soon as that can be done.
    pub(super) fn call_in(&mut self, id: AgentId) {
        let lacks =
            |agent: &Agent| agent.rules.seat == Seat::NailedUp && matches!(agent.phone, Phone::None { .. });
        if !self.agents.get(id).is_some_and(lacks) {
            return;
        }
        if self.gate().lines_work().is_ok() {
            return self.call_agent(id);
        }
        let soon = self.soon();
        self.agent(id, |agent| agent.phone = Phone::None { recall: Some(soon) });
    }

    /// Whoever could not be called has rested. A phone that is called for each conversation waits for the next one.
    fn recall(&mut self, id: AgentId) {
        if self.agents.get(id).is_some_and(|agent| agent.rules.seat == Seat::PerCall) {
            return self.agent(id, |agent| agent.phone = Phone::None { recall: None });
        }
        if self.gate().lines_work().is_ok() {
            return self.call_agent(id);
        }
        let later = self.now + super::RETRY_AFTER;
        self.agent(id, |agent| agent.phone = Phone::None { recall: Some(later) });
    }
}
