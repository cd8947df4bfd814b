//! What is found after a gap, and from time to time: what the PBX holds, compared with what it should hold.
//!
//! What talks is adopted, what rings goes on ringing under its old deadline, what is nobody's is ended, and what is
//! missing is looked for once more before it is given up: a list is always older than the events behind it.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::dialling::rules_of;
use super::{Engine, Link, Sweep};
use crate::Command;
use crate::agent::{Agent, Engagement, Intent, Phone, Seat};
use crate::call::{Act, Answered, Attempt, Debt, Dossier, Placing, Talking};
use crate::campaign::{Campaign, CampaignState};
use crate::command::Denial;
use crate::deadline::Wake;
use crate::event::{Failure, LegNews, OpenAttempt, OpenCampaign, OpenSession, Outcome, SeenLeg};
use crate::flow::Input;
use crate::gate::Reason;
use crate::pending::Purpose;
use crate::words::{AgentId, AttemptId, Bridge, CampaignId, Leg, Micros, SessionId, Span, WHISPERS};

/// How long the event stream may be gone before ringing calls are given up: an answer in that time would find nobody.
const GAP: Span = Span::millis(500);

/// How long the end of a leg that is gone may be on its way through the event stream.
const LAST_WORD: Span = Span::secs(1);

impl Engine {
    /// The database told what an earlier process left open.
    pub(super) fn reopen(
        &mut self,
        mut attempts: Vec<OpenAttempt>,
        sessions: Vec<OpenSession>,
        campaigns: Vec<OpenCampaign>,
        debts: Vec<Debt>,
    ) {
        // An agent of two conversations, or reserved for two callees, belongs to the later one.
        attempts.sort_by_key(|open| open.request.attempt);
        let going_home: Vec<AgentId> =
            sessions.iter().filter(|open| open.leaves).map(|open| open.agent).collect();
        for session in sessions {
            self.reopen_session(session);
        }
        for attempt in attempts {
            self.reopen_attempt(attempt);
        }
        // Only now is it known whom a call keeps.
        let now = self.now;
        for id in going_home {
            self.agent(id, |agent| agent.go(now));
        }
        for debt in debts {
            self.reopen_debt(debt);
        }
        for campaign in campaigns {
            self.reopen_campaign(campaign);
        }
    }

    /// A campaign that ran goes on, though not without its sounds: a file may be gone by now.
    fn reopen_campaign(&mut self, open: OpenCampaign) {
        let now = self.now;
        let Some(campaign) = self.campaigns.get_mut(open.id) else {
            return self.count_stray("reopened: no such campaign");
        };
        if let Some(began) = open.began {
            campaign.begins(began);
        }
        let ran = matches!(open.state, CampaignState::Running | CampaignState::Starting);
        match (ran, campaign.rules.sounds().is_empty()) {
            (true, false) => campaign.state = CampaignState::Starting,
            (true, true) => campaign.runs(now),
            (false, _) => campaign.state = open.state,
        }
        campaign.goes_on(open.closes_at, &open.counts);
        campaign.paces_on(open.paced.as_ref(), now);
        if campaign.began != open.began || campaign.paced() != open.paced {
            self.note_campaign(open.id);
        }
        if let Some(at) = open.closes_at {
            self.deadlines.no_later(Wake::Campaign(open.id), at);
        }
        self.dialable = true;
    }

    /// An agent at work: their leg, if it was there, is taken to be there until the survey says otherwise.
    fn reopen_session(&mut self, open: OpenSession) {
        let is_away = |agent: &Agent| agent.intent == Intent::Away && agent.session().is_none();
        if !self.agents.get(open.agent).is_some_and(is_away) {
            return self.count_stray("reopened: of no agent, or twice");
        }
        if let Some(SessionId(session)) = open.session {
            self.next_session = core::cmp::Ord::max(self.next_session, session.saturating_add(1));
        }
        let now = self.now;
        self.agent(open.agent, |agent| {
            agent.work();
            if let Some(code) = open.paused {
                agent.intent = Intent::Pause(code);
            }
            agent.leaving = open.leaves.then_some(Intent::Away);
            agent.missed = open.missed;
            match open.session {
                Some(session) => {
                    agent.adopt(session, now);
                    // If it still rings, they may miss that ring too.
                    agent.missed = open.missed;
                }
                None if open.leaves => {}
                None if agent.rules.seat == Seat::NailedUp && !agent.is_left_alone() => {
                    agent.phone = Phone::None { recall: Some(now) };
                }
                None => {}
            }
        });
    }

    fn reopen_attempt(&mut self, mut open: OpenAttempt) {
        let (id, times, agent) = (open.request.attempt, open.so_far.times, open.so_far.agent);
        let request = &open.request;
        let known = self.campaigns.get(request.campaign).filter(|_| self.carriers.contains(request.carrier));
        let Some(campaign) = known else {
            return self.count_stray("reopened: of no campaign or carrier");
        };
        if self.calls.get(id).is_some() || self.calls.is_live(request.number) {
            return self.count_stray("reopened: twice");
        }
        self.next_attempt = core::cmp::Ord::max(self.next_attempt, id.0.saturating_add(1));
        let rules = rules_of(&campaign.rules);
        self.carriers.adopt(request.carrier);
        open.so_far.said = self.said_before(request.campaign, open.so_far.said.take());
        self.opened += 1;
        let is_seated = |agent: &AgentId| self.agents.get(*agent).is_some_and(Agent::is_seated);
        let mut call = Box::new(Dossier::adopted(open, rules, self.now));
        if call.takes.is_some() {
            // What was noted of their silence last may not be so.
            self.unnoted.insert(id);
        }
        // Nor is an agent kept for whoever is not to be connected, and one who talks was taken from whom they were reserved for.
        let talks = |agent: &Agent| matches!(agent.engagement, Engagement::OnCall(_));
        let is_kept =
            |id: &AgentId| self.agents.get(*id).is_some_and(|agent| agent.is_seated() && !talks(agent));
        call.reserved = call.reserved.filter(is_kept).filter(|_| !call.is_screened());
        let reserved = call.reserved;
        let is_alone = call.may_be_alone && !agent.as_ref().is_some_and(is_seated);
        let attempt = match (times.bridged, times.answered, times.rang, agent) {
            (Some(bridged), _, _, Some(agent)) if !is_alone => {
                Attempt::Talking(Talking::adopted(call, agent, bridged, self.now))
            }
            (Some(_), _, _, Some(_)) | (_, Some(_), _, _) => {
                Attempt::Answered(Answered::adopted(call, self.now))
            }
            (_, None, Some(_), _) => Attempt::Ringing(Placing::adopted(call, self.now).alerted(self.now)),
            (_, None, None, _) => Attempt::Placing(Placing::adopted(call, self.now)),
        };
        // Whom a callee who does not talk was to be joined with is free again; who was reserved beforehand is not.
        let talking = matches!(attempt, Attempt::Talking(_));
        if let Attempt::Placing(_) | Attempt::Ringing(_) = &attempt {
            self.adopt_flight(&attempt);
        }
        let (engaged, engagement) =
            if talking { (agent, Engagement::OnCall(id)) } else { (reserved, Engagement::Reserved(id)) };
        self.put(id, attempt);
        match engaged.filter(|agent| self.agents.get(*agent).is_some_and(Agent::is_seated)) {
            Some(agent) => self.agent(agent, |agent| agent.engagement = engagement),
            // Nothing is known of a leg to talk to.
            None if talking => {
                if let Some(attempt) = self.take(id) {
                    self.end(id, attempt, Act::AgentEnded);
                }
            }
            None => {}
        }
    }

    /// What rings already is in the air for pacing as well; but for what a clock that was set back has put into a time to come, so
    /// that it has no age.
    fn adopt_flight(&mut self, attempt: &Attempt) {
        let Some(call) = attempt.call() else { return };
        let (campaign, nth, created) = (call.request.campaign, call.request.nth, call.times.created);
        if created <= self.now {
            self.tell_pacer(campaign, |pacer, _| pacer.dialled(created, nth));
        }
    }

    pub(super) fn link_up(&mut self) {
        self.link = Link::Comparing { since: self.now };
        self.deadlines.set(Wake::Link, None);
        self.survey(true);
    }

    pub(super) fn link_lost(&mut self) {
        self.link = Link::Down;
        self.deadlines.set(Wake::Survey, None);
        self.deadlines.no_later(Wake::Link, self.now + GAP);
        self.dialable = true;
        self.hears_no_talk();
    }

    /// Whoever answers now would be hung up on by the PBX at once, since nobody listens there; so nothing may ring.
    pub(super) fn link_gone_too_long(&mut self) {
        let unanswered = |(id, attempt): (AttemptId, &Attempt)| {
            matches!(attempt, Attempt::Placing(_) | Attempt::Ringing(_)).then_some(id)
        };
        let ids: Vec<AttemptId> = self.calls.iter().filter_map(unanswered).collect();
        for id in ids {
            if let Some(attempt) = self.take(id) {
                self.end(id, attempt, Act::LinkLost);
            }
        }
        self.give_up_others();
    }

    /// Asks what the PBX holds.
    pub(super) fn survey(&mut self, after_gap: bool) {
        if self.link == Link::Down {
            return;
        }
        let purpose = Purpose::Survey { sent: self.now, after_gap };
        self.give(purpose, |request| Command::Survey { request });
    }

    /// The list has come.
    pub(super) fn surveyed(&mut self, sent: Micros, after_gap: bool, outcome: Outcome) {
        let comparing = match self.link {
            Link::Down => return,
            // A list from before the gap tells nothing of it; the one asked for since is on its way.
            Link::Comparing { since } if sent < since => return,
            Link::Comparing { .. } => true,
            Link::Ready => false,
        };
        let Outcome::Surveyed { legs, bridges, takes } = outcome else {
            // Without a list nothing may be dialled after a gap, and no floor closed; ask again.
            let urgent = comparing || self.sweep == Sweep::Asked;
            let again = if urgent { self.soon() } else { self.now + self.config.survey_every };
            return self.deadlines.set(Wake::Survey, Some(again));
        };
        let after_gap = after_gap || comparing;
        self.swept(legs.is_empty() && bridges.is_empty());
        let seen: BTreeMap<Leg, SeenLeg> = legs.into_iter().map(|seen| (seen.leg, seen)).collect();
        for leg in seen.keys() {
            self.deadlines.set(Wake::Missing(*leg), None);
        }
        self.link = Link::Ready;
        self.dialable = true;
        self.compare_attempts(&seen, sent, after_gap);
        self.compare_agents(&seen, sent, after_gap);
        self.compare_others(&seen, sent, after_gap);
        self.compare_rooms(&seen, sent, after_gap);
        self.compare_takes(&takes, sent);
        self.note_unnoted();
        self.unfound.retain(|leg| seen.contains_key(leg));
        self.end_strays(&seen, &bridges);
        self.find_messages();
    }

    /// Campaigns that are starting need their sounds before they dial.
    pub(super) fn find_messages(&mut self) {
        let is_starting =
            |campaign: &&Campaign| campaign.state == CampaignState::Starting && campaign.looking.is_none();
        let starting = self.campaigns.values().filter(is_starting);
        let ids: Vec<CampaignId> = starting.map(|campaign| campaign.rules.id).collect();
        for id in ids {
            self.find_sound(id, 0);
        }
    }

    /// Looks for one sound of a campaign after the other; says whether there was one more.
    fn find_sound(&mut self, id: CampaignId, nth: usize) -> bool {
        let campaign = self.campaign_mut(id);
        campaign.looking = campaign.rules.sounds().get(nth).map(|_| nth);
        let Some(media) = campaign.rules.sounds().get(nth).map(|&media| String::from(media)) else {
            return false;
        };
        self.give(Purpose::FindMedia(id), |request| Command::FindMedia { request, media });
        true
    }

    fn compare_attempts(&mut self, seen: &BTreeMap<Leg, SeenLeg>, sent: Micros, after_gap: bool) {
        let too_new = |call: &Dossier| call.times.placed.is_some_and(|placed| placed >= sent);
        let placed: Vec<(AttemptId, Leg, bool)> = self
            .calls
            .iter()
            .filter_map(|(id, attempt)| Some((id, attempt.phase().and(attempt.call())?)))
            .map(|(id, call)| (id, call.request.leg(), too_new(call)))
            .collect();
        let partners = if after_gap { self.partners(seen) } else { BTreeMap::new() };
        for (id, leg, too_new) in placed {
            if after_gap {
                self.find_who_is_alone(id, seen, &partners);
            }
            match seen.get(&leg) {
                None if too_new => {}
                None => {
                    self.look(leg);
                    if after_gap {
                        self.waits_for_the_look(id);
                    }
                }
                Some(callee) => match partners.get(&id) {
                    Some(&agent) if callee.bridge == Some(Bridge::Conversation(id)) => {
                        self.found_together(id, *callee, agent);
                    }
                    Some(_) | None if after_gap && self.is_left_alone(id, seen, sent) => {
                        let attempt = self.take(id).expect("it was looked up just now");
                        self.end(id, attempt, Act::AgentEnded);
                    }
                    Some(_) | None => self.compare_attempt(id, *callee, after_gap),
                },
            }
        }
    }

    /// Whoever is taken to ring and is missing after a gap is not given up for ringing too long while they are looked for: nobody knows
    /// what has become of them meanwhile.
    fn waits_for_the_look(&mut self, id: AttemptId) {
        let Some(attempt @ (Attempt::Placing(_) | Attempt::Ringing(_))) = self.calls.get(id) else { return };
        let looked_for_until = self.now + self.config.pbx_patience + LAST_WORD;
        let due = attempt.due().map(|(at, _)| core::cmp::Ord::max(at, looked_for_until));
        self.deadlines.set(Wake::Attempt(id), due);
    }

    /// Whether the agent of a conversation is in another bridge, the holding one or that of their next call, while nobody takes the
    /// callee over: the process before was ending it, and went no further.
    fn is_left_alone(&self, id: AttemptId, seen: &BTreeMap<Leg, SeenLeg>, sent: Micros) -> bool {
        let Some(Attempt::Talking(talking)) = self.calls.get(id) else { return false };
        let leg = self.agents.get(talking.agent).and_then(Agent::leg);
        let bridge = leg.and_then(|leg| seen.get(&leg)?.bridge);
        let is_elsewhere = bridge.is_some_and(|bridge| bridge != Bridge::Conversation(id));
        is_elsewhere && talking.is_listed(sent) && talking.call.handover.is_none()
    }

    /// The agents who are in the bridge of a conversation, by its attempt.
    fn partners(&self, seen: &BTreeMap<Leg, SeenLeg>) -> BTreeMap<AttemptId, AgentId> {
        let partner = |seen: &SeenLeg| match (seen.leg, seen.bridge) {
            (Leg::Agent { agent, .. }, Some(Bridge::Conversation(attempt))) if self.knows(seen.leg) => {
                Some((attempt, agent))
            }
            _ => None,
        };
        // Of several in one bridge the first counts, which is put in last.
        seen.values().rev().filter_map(partner).collect()
    }

    /// They talk, but the process that joined them ended before it had written that down.
    fn found_together(&mut self, id: AttemptId, callee: SeenLeg, agent: AgentId) {
        let engagement = self.agents.get(agent).map(|agent| agent.engagement);
        let theirs = [Some(Engagement::Free), Some(Engagement::Reserved(id))].contains(&engagement);
        let answered = match self.take(id) {
            Some(Attempt::Placing(mut placing)) if theirs => {
                self.hear_answer(&mut placing.call);
                placing.answered(self.now)
            }
            Some(Attempt::Ringing(mut ringing)) if theirs => {
                self.hear_answer(&mut ringing.call);
                ringing.answered(self.now)
            }
            Some(Attempt::Answered(answered)) if theirs => answered,
            Some(other) => {
                self.put(id, other);
                return self.compare_attempt(id, callee, true);
            }
            None => return,
        };
        self.free_agent(answered.call.request.agent.filter(|&reserved| reserved != agent), id);
        self.reserve(agent, id);
        let joining = Attempt::Joining(answered.entered().join(agent, self.now));
        // The agent's side is found when the agents are compared.
        self.joined(id, joining, callee.leg, Bridge::Conversation(id));
        // Whoever joined them may have put the callee on hold as well.
        self.dossier(id).hold.unsure = true;
        self.take_off_hold(id);
    }

    /// A leg that is there. That it rings may have been missed at any time, its answer after a gap, and with either everything that
    /// should follow.
    fn compare_attempt(&mut self, id: AttemptId, seen: SeenLeg, after_gap: bool) {
        if self.calls.get(id).and_then(Attempt::call).is_some_and(|call| call.hold.ends) {
            self.take_off_hold(id);
        }
        self.calm_once_more(id);
        match self.calls.get(id) {
            Some(Attempt::Ending(_)) => self.end_again(id, seen),
            Some(Attempt::Waiting(waiting)) if waiting.may_hear_nothing() => self.soothe(id),
            Some(Attempt::Talking(_)) => {
                self.take_off_hold(id);
                if after_gap {
                    self.record_conversation(id);
                }
            }
            Some(Attempt::Joining(_)) if after_gap && seen.bridge == Some(Bridge::Conversation(id)) => {
                self.leg_news(seen.leg, LegNews::Joined(Bridge::Conversation(id)));
            }
            Some(Attempt::Placing(_) | Attempt::Ringing(_) | Attempt::Answered(_))
                if after_gap && seen.up =>
            {
                if let Some(call) = self.calls.dossier_mut(id) {
                    call.is_unheard = true;
                }
                self.leg_news(seen.leg, LegNews::Entered);
            }
            // Whenever it began: the callee has their time from here on, of which so much is theirs by law.
            Some(Attempt::Placing(_)) if seen.rings => self.leg_news(seen.leg, LegNews::Rang),
            // What has become due of it while nobody could tell is due now.
            Some(attempt @ (Attempt::Placing(_) | Attempt::Ringing(_) | Attempt::Answered(_)))
                if after_gap =>
            {
                let due = attempt.due().map(|(at, _)| at);
                self.deadlines.set(Wake::Attempt(id), due);
            }
            Some(Attempt::Telling(_)) if self.is_to_be_found(seen.leg, after_gap) => {
                self.find_playback(seen.leg);
            }
            Some(Attempt::Leaving(leaving))
                if leaving.plays() && self.is_to_be_found(seen.leg, after_gap) =>
            {
                self.find_playback(seen.leg);
            }
            Some(Attempt::Flowing(_)) if after_gap => {
                let attempt = self.take(id).expect("it was looked up just now");
                self.flow_hears(id, attempt, Input::Gap);
            }
            _ => {}
        }
    }

    /// Whether the end of what is said on a leg may have been missed: in the gap, or since it could not be looked for when
    /// the gap was over.
    pub(super) fn is_to_be_found(&self, leg: Leg, after_gap: bool) -> bool {
        after_gap || self.unfound.contains(&leg)
    }

    /// The end of the one thing that is said on a leg may have been missed. What may not have begun yet is looked for soon.
    pub(super) fn find_playback(&mut self, leg: Leg) {
        let (attempt, nth, begins) = match leg {
            Leg::Customer { attempt, .. } => (attempt, 0, Purpose::Play(attempt, 0)),
            Leg::Transfer { attempt, ordinal } => {
                (attempt, WHISPERS + ordinal, Purpose::Whisper((attempt, ordinal)))
            }
            Leg::Agent { .. } => return,
        };
        if self.pending.is_open(&begins) {
            return self.find_soon(leg);
        }
        self.unfound.remove(&leg);
        let purpose = Purpose::FindPlayback { leg, nth, begun: true };
        self.give(purpose, |request| Command::FindPlayback { request, attempt, nth });
    }

    fn find_soon(&mut self, leg: Leg) {
        self.unfound.insert(leg);
        self.deadlines.no_later(Wake::Survey, self.soon());
    }

    /// The PBX has answered whether it plays something still. What it does not know was heard to its end, where it had begun: whoever
    /// has hung up meanwhile is heard of. Of what may not have begun nothing was heard unless it is found.
    pub(super) fn playback_found(&mut self, leg: Leg, nth: u16, begun: bool, outcome: &Outcome) {
        let Outcome::Failed(failure) = outcome else { return };
        if begun && *failure != Failure::Gone {
            return self.find_soon(leg);
        }
        let heard = LegNews::Played { nth, whole: begun };
        match leg {
            Leg::Customer { attempt, ordinal } => self.customer_news(attempt, ordinal, heard),
            Leg::Transfer { attempt, ordinal } => self.other_news((attempt, ordinal), heard),
            Leg::Agent { .. } => {}
        }
    }

    /// We are ending it and it is still there.
    fn end_again(&mut self, id: AttemptId, seen: SeenLeg) {
        if seen.up {
            let attempt = self.take(id).expect("it was looked up just now");
            self.answered(id, attempt);
        }
        self.hang_up(seen.leg);
    }

    fn compare_agents(&mut self, seen: &BTreeMap<Leg, SeenLeg>, sent: Micros, after_gap: bool) {
        let ids: Vec<_> = self.agents.ids().collect();
        for id in ids {
            let Some((agent, leg)) = self.agents.get(id).and_then(|agent| Some((agent, agent.leg()?))) else {
                continue;
            };
            let (phone, free) = (agent.phone, agent.engagement);
            let (now, too_new) = (self.now, agent.is_called_since(sent));
            match (seen.get(&leg), phone) {
                (None, _) if too_new => {}
                (None, _) => {
                    // Until it is found, or its end is heard or given up, nobody may be dialled for them.
                    self.agent(id, |agent| agent.held(false, now));
                    self.look(leg);
                }
                (Some(seen), Phone::Calling { session, .. }) if seen.up && after_gap => {
                    self.seated(id, session)
                }
                (Some(seen), Phone::Seated { session, .. }) if !seen.up && agent.mute.unsure => {
                    self.agent(id, |agent| agent.still_rings(session, now));
                }
                (Some(agent), Phone::Seated { .. }) if self.are_apart(free, *agent, seen, sent) => {
                    self.bring_back(id);
                }
                (Some(seen), Phone::Seated { held, .. }) if seen.bridge == Some(Bridge::Hold) => {
                    if !held && !matches!(free, Engagement::OnCall(_)) {
                        self.agent(id, |agent| agent.held(true, now));
                    }
                }
                (Some(SeenLeg { bridge: Some(bridge), .. }), Phone::Seated { .. })
                    if after_gap && matches!(free, Engagement::Reserved(_)) =>
                {
                    self.leg_news(leg, LegNews::Joined(*bridge));
                }
                (Some(_), Phone::Seated { .. })
                    if matches!(
                        free,
                        Engagement::Free | Engagement::Previewing { .. } | Engagement::WrapUp { .. }
                    ) =>
                {
                    self.hold_again(id);
                }
                (Some(_), _) => {}
            }
            if seen.contains_key(&leg) {
                self.unmute(id);
                self.leave_if_away(id);
            }
        }
    }

    /// Whether an agent or their callee is not where they are taken to talk.
    fn are_apart(
        &self,
        engagement: Engagement,
        agent: SeenLeg,
        seen: &BTreeMap<Leg, SeenLeg>,
        sent: Micros,
    ) -> bool {
        let Engagement::OnCall(id) = engagement else { return false };
        let Some(Attempt::Talking(talking)) = self.calls.get(id) else { return false };
        let Some(callee) = seen.get(&talking.call.request.leg()) else { return false };
        talking.is_listed(sent)
            && [agent, *callee].iter().any(|leg| leg.bridge != Some(Bridge::Conversation(id)))
    }

    /// Legs and bridges of ours that belong to nothing any more.
    fn end_strays(&mut self, seen: &BTreeMap<Leg, SeenLeg>, bridges: &[Bridge]) {
        for &leg in seen.keys() {
            if !self.knows(leg) {
                self.count_stray("leg: ended as nobody's");
                self.hang_up(leg);
            }
        }
        // A bridge with a leg in it waits for the next survey: channels go first, then bridges.
        let in_use: BTreeSet<Bridge> = seen.values().filter_map(|seen| seen.bridge).collect();
        for &bridge in bridges {
            match bridge {
                Bridge::Conversation(attempt)
                    if self.calls.get(attempt).is_none() && !in_use.contains(&bridge) =>
                {
                    self.drop_bridge(bridge);
                }
                Bridge::Transfer { attempt, ordinal }
                    if !self.has_use_for((attempt, ordinal)) && !in_use.contains(&bridge) =>
                {
                    self.drop_bridge(bridge);
                }
                Bridge::Conference { .. } if !self.rooms.uses(bridge) && !in_use.contains(&bridge) => {
                    self.drop_bridge(bridge);
                }
                Bridge::Conversation(attempt) if self.calls.get(attempt).is_none() => {
                    self.deadlines.no_later(Wake::Survey, self.soon());
                }
                Bridge::Transfer { attempt, ordinal } if !self.has_use_for((attempt, ordinal)) => {
                    self.deadlines.no_later(Wake::Survey, self.soon());
                }
                Bridge::Conference { .. } if !self.rooms.uses(bridge) => {
                    self.deadlines.no_later(Wake::Survey, self.soon());
                }
                Bridge::Hold if self.sweep == Sweep::Asked => self.drop_bridge(bridge),
                Bridge::Conversation(_)
                | Bridge::Transfer { .. }
                | Bridge::Conference { .. }
                | Bridge::Hold => {}
            }
        }
    }

    /// A closing floor is swept when a list shows nothing of ours any more; until then another one is asked for soon.
    fn swept(&mut self, clean: bool) {
        let again = match self.sweep {
            Sweep::Asked if clean => {
                self.sweep = Sweep::Done;
                self.now + self.config.survey_every
            }
            Sweep::Asked => self.soon(),
            Sweep::NotYet | Sweep::Done => self.now + self.config.survey_every,
        };
        self.deadlines.set(Wake::Survey, Some(again));
    }

    pub(super) fn knows(&self, leg: Leg) -> bool {
        match leg {
            Leg::Customer { attempt, ordinal } => {
                let current = |call: &Dossier| call.request.ordinal == ordinal;
                self.calls.get(attempt).and_then(Attempt::call).is_some_and(current)
            }
            Leg::Agent { agent, session } => self.agents.get(agent).and_then(Agent::session) == Some(session),
            Leg::Transfer { attempt, ordinal } => self.transfers.get((attempt, ordinal)).is_some(),
        }
    }

    /// One leg was looked at, perhaps since something of it may have been missed.
    pub(super) fn looked(&mut self, leg: Leg, missed: bool, outcome: &Outcome) {
        let Outcome::Looked(seen) = outcome else { return };
        if seen.is_some() {
            self.deadlines.set(Wake::Missing(leg), None);
        }
        match (leg, seen) {
            // Its end may be on the way still: a look is faster than the event stream, and only the end tells the cause.
            (_, None) if self.knows(leg) => {
                self.deadlines.set(Wake::Missing(leg), Some(self.now + LAST_WORD))
            }
            (Leg::Customer { attempt: id, .. }, Some(seen)) if self.knows(leg) => {
                // That a sound or a recording has ended is not told of the leg: nothing is to be said again in a call flow.
                let in_flow = matches!(self.calls.get(id), Some(Attempt::Flowing(_)));
                self.compare_attempt(id, *seen, missed && !in_flow);
                if let Some(bridge) = seen.bridge.filter(|_| missed && in_flow) {
                    self.leg_news(leg, LegNews::Joined(bridge));
                }
            }
            (Leg::Agent { agent, .. }, Some(seen)) if self.knows(leg) => {
                self.look_at_agent(agent, *seen, missed);
            }
            (Leg::Transfer { attempt, ordinal }, Some(seen)) => {
                self.compare_other((attempt, ordinal), *seen, missed);
            }
            _ => {}
        }
    }

    /// A leg was missing, and its end has not been heard since: nobody will ever tell.
    pub(super) fn vanished(&mut self, leg: Leg) {
        if !self.knows(leg) {
            return;
        }
        match leg {
            Leg::Customer { attempt: id, .. } => {
                if let Some(attempt) = self.take(id) {
                    self.ended(id, attempt, None, None);
                }
            }
            Leg::Agent { agent, .. } => {
                let leaving =
                    matches!(self.agents.get(agent).map(|agent| agent.phone), Some(Phone::Leaving { .. }));
                self.agent_leg_lost(agent, !leaving);
            }
            Leg::Transfer { attempt, ordinal } => self.other_ended((attempt, ordinal), None, None),
        }
    }

    /// An agent's leg is there: what was asked of it is asked again, and what may have been missed of it is made up for.
    fn look_at_agent(&mut self, id: AgentId, seen: SeenLeg, missed: bool) {
        let Some(agent) = self.agents.get(id) else { return };
        let idle = matches!(
            agent.engagement,
            Engagement::Free | Engagement::Previewing { .. } | Engagement::WrapUp { .. }
        );
        let now = self.now;
        match agent.phone {
            Phone::Leaving { .. } => self.hang_up(seen.leg),
            Phone::Calling { session, .. } if missed && seen.up => self.seated(id, session),
            Phone::Seated { .. } if missed && matches!(agent.engagement, Engagement::Reserved(_)) => {
                if let Some(bridge) = seen.bridge {
                    self.leg_news(seen.leg, LegNews::Joined(bridge));
                }
            }
            Phone::Seated { held: false, .. } if idle && seen.bridge == Some(Bridge::Hold) => {
                self.agent(id, |agent| agent.held(true, now));
            }
            Phone::Seated { held: false, .. } if idle => self.hold_again(id),
            Phone::Seated { .. } | Phone::Calling { .. } | Phone::None { .. } => {}
        }
    }

    /// The PBX has answered whether it has a sound of a campaign's.
    pub(super) fn media_found(&mut self, id: CampaignId, outcome: &Outcome) {
        let campaign = self.campaign_mut(id);
        let nth = campaign.looking.take().expect("an answer is to what was looked for");
        let is_starting = campaign.state == CampaignState::Starting;
        if is_starting && outcome.is_done() && self.find_sound(id, nth + 1) {
            return;
        }
        let campaign = self.campaign_mut(id);
        let ask = campaign.starting_for.take();
        if !is_starting {
            return;
        }
        let media = campaign.rules.sounds().get(nth).map(|&media| String::from(media)).unwrap_or_default();
        let denial = match outcome {
            Outcome::Done => None,
            Outcome::Failed(Failure::Gone) => Some(Denial::MessageMissing(media)),
            Outcome::Failed(_)
            | Outcome::Refused(_)
            | Outcome::Fetched { .. }
            | Outcome::Surveyed { .. }
            | Outcome::Looked(_) => Some(Denial::MessageUnchecked),
        };
        match (&denial, ask) {
            (None, _) => self.set_campaign(id, CampaignState::Running),
            (Some(_), Some(_)) => self.set_campaign(id, CampaignState::Ready),
            (Some(Denial::MessageMissing(_)), None) => {
                self.set_campaign(id, CampaignState::Paused);
                self.campaign_mut(id).refused(Reason::NoMessage);
            }
            // It ran before the restart, so nobody waits for an answer: ask again with the next survey.
            (Some(_), None) => self.deadlines.no_later(Wake::Survey, self.soon()),
        }
        if let Some(ask) = ask {
            self.reply(ask, denial);
        }
    }
}
