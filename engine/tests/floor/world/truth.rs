//! What the floor shows, held against what the exchange has: once the faults are over, both must be one.

use std::collections::BTreeSet;

use engine::agent::AgentState;
use engine::campaign::CampaignRules;
use engine::flow::{CallFlow, Node as FlowNode, NodeKind};
use engine::recording::TakeId;
use engine::view::AgentView;
use engine::words::{AgentId, AttemptId, Bridge, Leg, Span};

use super::World;
use crate::pbx::Channel;

/// How long after a survey whatever it has not found is looked for.
const SECOND_LOOKS: Span = Span::secs(10);

impl World {
    /// The faults are over, and what went wrong has had the time of a survey to be found: whatever the floor shows must be so.
    pub(crate) fn settle(&mut self) {
        self.faults = false;
        if !self.link {
            self.connect();
        }
        // What somebody is to hear meanwhile is begun once more soon, as they may not wait for long, but where the survey for it was
        // in vain: the next one comes when it is time for it.
        let (soon, has_list) = (self.now + SECOND_LOOKS, self.surveyed);
        while self.comes_to_pass(soon) {}
        if has_list {
            self.check_who_waits();
        }
        let settled_at = self.now + self.config.survey_every + SECOND_LOOKS;
        while self.comes_to_pass(settled_at) {}
        for agent in self.engine.view().agents {
            self.check_agent(&agent);
            self.see_what_is_shown(&agent);
        }
        self.check_attempts();
        self.check_rooms();
        self.check_others();
        self.check_counts();
        self.check_silence();
        self.check_takes();
    }

    /// The process dies with everything in its memory, and the same goes for what the next one shows.
    pub(crate) fn settle_in_another_process(&mut self) {
        self.restart();
        self.settle();
    }

    /// Who talks is with their callee, or with whom they have called in; nobody else hears anybody.
    fn check_agent(&self, agent: &AgentView) {
        let mut phones = self.pbx.legs.iter().filter(|(leg, _)| is_phone_of(**leg, agent.id));
        let phone = phones.next().map(|(_, phone)| *phone);
        assert!(phones.next().is_none(), "agent {} has two phones", agent.id);
        let hears = phone.and_then(|phone| phone.bridge);
        match (agent.state, agent.attempt) {
            (AgentState::OnCall, Some(attempt)) => {
                self.check_conversation(agent, attempt, phone.expect("who talks has a phone"));
            }
            (AgentState::Ready, _) => assert!(
                phone.is_none() || hears == Some(Bridge::Hold),
                "who is ready is not on hold but hears {hears:?}: {agent:#?}"
            ),
            _ => assert!(matches!(hears, None | Some(Bridge::Hold)), "hears {hears:?}: {agent:#?}"),
        }
    }

    fn check_conversation(&self, agent: &AgentView, id: AttemptId, phone: Channel) {
        let callee = self.callee_of(id).expect("whoever is talked to is there");
        let conversation = Some(Bridge::Conversation(id));
        assert_eq!(callee.bridge, conversation, "the callee of {agent:#?}");
        let consults = matches!(phone.bridge, Some(Bridge::Transfer { attempt, .. }) if attempt == id);
        let is_there = phone.bridge == conversation || (agent.consults.is_some() && consults);
        assert!(is_there, "hears {:?}: {agent:#?}", phone.bridge);
        assert_eq!(callee.aside, agent.held.is_some(), "the callee is on hold: {agent:#?}");
        // Of whom nobody can tell, it is shown that they are not heard.
        assert!(agent.muted || !phone.aside, "the agent is muted: {agent:#?}");
        assert!(!callee.calm, "the callee hears music: {agent:#?}");
    }

    /// What a law was held against.
    fn see_what_is_shown(&mut self, agent: &AgentView) {
        let talks = agent.state == AgentState::OnCall;
        let seen = [
            ("talks", talks),
            ("consults", agent.consults.is_some()),
            ("has the callee on hold", agent.held.is_some()),
            ("is muted", talks && agent.muted),
            ("is ready", agent.state == AgentState::Ready),
        ];
        self.reached.extend(seen.into_iter().filter(|(_, is_so)| *is_so).map(|(what, _)| ("an agent", what)));
    }

    /// Each attempt that goes on has its callee's leg, and each leg its attempt.
    fn check_attempts(&self) {
        for (&id, saved) in &self.database.attempts {
            let is_open = saved.records.is_empty();
            assert_eq!(is_open, self.callee_of(id).is_some(), "attempt {id}, {:?}", saved.records);
        }
        for &leg in self.pbx.legs.keys() {
            if let Leg::Transfer { attempt, .. } = leg {
                assert!(self.callee_of(attempt).is_some(), "{leg:?} is called for nobody");
            }
        }
        for &bridge in &self.pbx.bridges {
            if let Bridge::Conversation(attempt) | Bridge::Transfer { attempt, .. } = bridge {
                assert!(self.callee_of(attempt).is_some(), "{bridge:?} is nobody's");
            }
        }
    }

    /// A room is there as long as somebody is in it.
    fn check_rooms(&mut self) {
        let is_inside = |room: Bridge| self.pbx.legs.values().any(|channel| channel.bridge == Some(room));
        let rooms = self.pbx.bridges.iter().filter(|bridge| matches!(bridge, Bridge::Conference { .. }));
        for &room in rooms {
            assert!(is_inside(room), "nobody is in {room:?}");
            self.reached.insert(("a room", "has guests"));
        }
    }

    /// Whoever was called for a callee and has answered hears the callee, or the agent who has called them in.
    fn check_others(&mut self) {
        for (&own, other) in &self.pbx.legs {
            if matches!(own, Leg::Transfer { .. }) && other.up {
                let hears_something = self.hears_somebody(own, other) || other.sound.is_some();
                assert!(hears_something, "{own:?} hears nobody: {other:?}");
                self.reached.insert(("somebody else", "is on the line"));
            }
        }
    }

    /// A campaign shows as many as there are.
    fn check_counts(&mut self) {
        let view = self.engine.view();
        let talk = view.agents.iter().filter(|agent| agent.state == AgentState::OnCall);
        let is_left = |leg: &&Leg| {
            let has_agent = |id| view.agents.iter().any(|agent| agent.attempt == Some(id));
            matches!(leg, Leg::Transfer { attempt, .. } if !has_agent(*attempt))
        };
        let left = self.pbx.legs.keys().filter(is_left);
        let shown = &view.campaigns[0];
        assert_eq!(shown.talking as usize, talk.count(), "who talks");
        // A call flow puts callees through who were nobody's.
        if self.config.campaigns[0].flow.is_none() {
            assert_eq!(shown.handed as usize, left.count(), "who was handed over");
            self.reached.extend((shown.handed > 0).then_some(("a campaign", "has handed over")));
        }
    }

    /// Whoever has answered talks, hears something or is listened to. A call flow may wait for a key in silence, and a campaign
    /// may want callees to wait so for whom they are handed over to.
    fn check_silence(&mut self) {
        let rules = &self.config.campaigns[0];
        if let Some(flow) = rules.flow.clone() {
            return self.check_music_in_rooms(&flow);
        }
        let is_silent = wants_silence(rules);
        for (&leg, callee) in &self.pbx.legs {
            let Leg::Customer { attempt, .. } = leg else { continue };
            let may_be_silent = is_silent && self.is_somebody_called_for(attempt);
            if callee.up && !self.hears_somebody(leg, callee) && !may_be_silent {
                let is_served = callee.sound.is_some() || callee.detects || callee.calm || callee.aside;
                assert!(is_served, "{leg:?} hears nothing: {callee:?}");
            }
        }
    }

    /// Whoever is alone in a room that has music hears it, and nobody else in there.
    fn check_music_in_rooms(&mut self, flow: &CallFlow) {
        let has_music =
            |node: &FlowNode| matches!(&node.kind, NodeKind::Conference { rules, .. } if rules.music);
        let has_music = flow.nodes.iter().any(has_music);
        for (&leg, guest) in &self.pbx.legs {
            if matches!(guest.bridge, Some(Bridge::Conference { .. })) {
                let is_alone = !self.hears_somebody(leg, guest);
                assert_eq!(
                    guest.calm,
                    has_music && is_alone,
                    "{leg:?} alone in a room, {is_alone}: {guest:?}"
                );
                self.reached.extend(guest.calm.then_some(("a room", "has music")));
            }
        }
    }

    /// What is recorded is shown to be, and nothing else is; and what is said to be silent is.
    fn check_takes(&mut self) {
        let mut shown = BTreeSet::new();
        for (&id, saved) in self.database.attempts.iter().filter(|(_, saved)| saved.records.is_empty()) {
            let (going_on, silent) = saved.shown_takes(id);
            let is_silent = |take: &TakeId| self.pbx.takes.get(take).is_some_and(|tape| tape.silent);
            assert!(!silent || going_on.iter().all(is_silent), "{going_on:?} are heard");
            self.reached.extend((!going_on.is_empty()).then_some(("a take", "is shown to go on")));
            self.reached.extend(silent.then_some(("a take", "is shown to be silent")));
            shown.extend(going_on);
        }
        let there: BTreeSet<TakeId> = self.pbx.takes.keys().copied().collect();
        assert_eq!(there, shown, "what is recorded, and what is shown to be");
    }

    /// Whoever waits for somebody who is called for them hears something, unless their campaign wants none of that.
    fn check_who_waits(&mut self) {
        let rules = &self.config.campaigns[0];
        if rules.flow.is_some() {
            return;
        }
        let is_silent = wants_silence(rules);
        for (&leg, callee) in &self.pbx.legs {
            let Leg::Customer { attempt, .. } = leg else { continue };
            let waits = !self.hears_somebody(leg, callee) && self.is_somebody_called_for(attempt);
            assert!(!waits || is_silent || callee.calm || callee.aside, "{leg:?} hears nothing: {callee:?}");
            self.reached.extend((waits && callee.calm).then_some(("a callee", "is calm")));
        }
    }

    fn is_somebody_called_for(&self, callee: AttemptId) -> bool {
        let is_theirs = |leg: &Leg| matches!(leg, Leg::Transfer { attempt, .. } if *attempt == callee);
        self.pbx.legs.keys().any(is_theirs)
    }

    /// Whether anybody else is in the bridge that a leg is in.
    fn hears_somebody(&self, own: Leg, channel: &Channel) -> bool {
        let mut others = self.pbx.legs.iter().filter(|(leg, _)| **leg != own);
        channel.bridge.is_some() && others.any(|(_, other)| other.bridge == channel.bridge)
    }

    fn callee_of(&self, id: AttemptId) -> Option<Channel> {
        let mut legs = self.pbx.legs.iter();
        let is_callee = |leg: Leg| matches!(leg, Leg::Customer { attempt, .. } if attempt == id);
        legs.find(|(leg, _)| is_callee(**leg)).map(|(_, channel)| *channel)
    }
}

fn is_phone_of(leg: Leg, id: AgentId) -> bool {
    matches!(leg, Leg::Agent { agent, .. } if agent == id)
}

/// Whether a campaign wants callees to hear nothing while somebody is called for them.
fn wants_silence(rules: &CampaignRules) -> bool {
    rules.transfers.values().any(|to| to.meanwhile.is_silence())
}
