//! Callees who are in a room together. Whoever comes first has its bridge made, and with the last one to leave it goes.
//! Whatever comes of a visit, the callee goes on where they were; who hangs up leaves the others there.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Engine;
use crate::Command;
use crate::call::{Attempt, Music, Visit, VisitStage as Stage};
use crate::deadline::Wake;
use crate::event::{Failure, Outcome, SeenLeg};
use crate::flow::{BEEP, ConferenceEnd, ConferenceRules, Input, Meanwhile};
use crate::pending::Purpose;
use crate::words::{AttemptId, Bridge, Label, Leg, Micros};

impl Engine {
    /// A callee is to come into a room.
    pub(super) fn enter_room(&mut self, id: AttemptId, rules: ConferenceRules) {
        let there = self.rooms.guests(rules.room).count();
        let call = self.calls.dossier_mut(id).expect("a flow asks for nothing after its end");
        let own = call.visits.checked_add(1);
        let Some(ordinal) = own.filter(|_| u32::try_from(there).is_ok_and(|there| there < rules.most)) else {
            return self.flow_hears_of(id, ConferenceEnd::Full);
        };
        call.visits = ordinal;
        let leg = call.request.leg();
        let bridge = self.rooms.enter(rules.room, id, Bridge::Conference { attempt: id, ordinal });
        call.visit = Some(Box::new(Visit::new(rules, bridge)));
        self.give(Purpose::Confer(id, bridge), |request| Command::Confer {
            request,
            leg,
            bridge,
            room: rules.room,
        });
    }

    /// The PBX has answered that it put a callee into a room, or why not.
    pub(super) fn conferred(&mut self, id: AttemptId, bridge: Bridge, outcome: &Outcome) {
        let (now, is_done) = (self.now, outcome.is_done());
        let is_awaited =
            |visit: &Visit| visit.bridge == bridge && matches!(visit.stage, Stage::Entering { .. });
        if !self.visit(id).is_some_and(is_awaited) {
            return self.close_bridge(bridge);
        }
        self.change_visit(id, |visit| visit.was_let_in(is_done, now));
        if !is_done {
            self.look_at_callee(id);
        }
        self.settle_visit(id);
    }

    /// The callee is to leave the room, if it is not over already.
    pub(super) fn leave_room(&mut self, id: AttemptId, end: ConferenceEnd) {
        self.change_visit(id, |visit| visit.ends(end));
        self.settle_visit(id);
    }

    /// A callee has entered the bridge of a room. Whoever should not be there, since they were late, is taken out again.
    pub(super) fn joined_room(&mut self, id: AttemptId, leg: Leg, bridge: Bridge) {
        let now = self.now;
        let is_theirs =
            self.visit(id).is_some_and(|visit| visit.bridge == bridge && visit.stage != Stage::Leaving);
        if !is_theirs {
            return self.take_out(id, leg, bridge);
        }
        let mut is_news = false;
        self.change_visit(id, |visit| is_news = visit.entered(now));
        if !is_news {
            return;
        }
        if let Some(attempt) = self.take(id) {
            self.flow_hears(id, attempt, Input::RoomEntered);
        }
        self.announce(id);
        self.settle_visit(id);
        if let Some(room) = self.visit(id).map(|visit| visit.rules.room) {
            self.tune_all(room);
        }
    }

    /// A callee has left the bridge of a room.
    pub(super) fn parted_from_room(&mut self, id: AttemptId, bridge: Bridge) {
        let now = self.now;
        if self.visit(id).is_some_and(|visit| visit.bridge == bridge) {
            self.change_visit(id, |visit| visit.parted(now));
        }
    }

    /// Tells those who are in a room that somebody has come.
    fn announce(&mut self, id: AttemptId) {
        let Some(visit) = self.visit(id).filter(|visit| visit.rules.beep) else { return };
        let (bridge, room) = (visit.bridge, visit.rules.room);
        if self.is_alone(room, id) {
            return;
        }
        let media = BEEP.to_string();
        self.give(Purpose::Announce, |request| Command::Announce { request, bridge, media });
    }

    /// What was waited for in a room has not come.
    pub(super) fn room_due(&mut self, id: AttemptId) {
        self.look_at_callee(id);
        self.leave_room(id, ConferenceEnd::Failed);
    }

    /// Lets a callee go whose visit is over, as soon as nothing is under way; else sees to their music.
    fn settle_visit(&mut self, id: AttemptId) {
        let Some(visit) = self.visit(id) else { return };
        match (visit.end, visit.stage, visit.music) {
            (None, ..) => self.tune(id),
            (Some(_), Stage::Entering { .. } | Stage::Leaving, _) | (Some(_), _, Music::Asked) => {}
            (Some(_), _, Music::On | Music::Doubted) => self.give_music(id, false),
            (Some(_), Stage::Awaited { .. } | Stage::Inside { .. } | Stage::Lost { .. }, Music::Off) => {
                let (room, bridge) = (visit.rules.room, visit.bridge);
                let leg = self.dossier(id).request.leg();
                self.rooms.leave(room, id);
                self.change_visit(id, |visit| visit.stage = Stage::Leaving);
                self.take_out(id, leg, bridge);
                self.tune_all(room);
            }
        }
    }

    /// Takes a leg out of the bridge of a room, which goes down where the room is closed.
    fn take_out(&mut self, id: AttemptId, leg: Leg, bridge: Bridge) {
        let last = !self.rooms.uses(bridge);
        self.give(Purpose::TakeOut(id, bridge), |request| Command::TakeOut { request, leg, bridge, last });
    }

    /// The PBX has answered that it took a callee out of a room. Whatever it says, there is nothing more to wait for: who is still
    /// there is found by the next survey.
    pub(super) fn taken_out(&mut self, id: AttemptId, bridge: Bridge, outcome: &Outcome) {
        let is_gone = matches!(outcome, Outcome::Done | Outcome::Failed(Failure::Gone));
        if !is_gone {
            self.close_bridge(bridge);
        }
        let leaves = |visit: &&Visit| visit.bridge == bridge && visit.stage == Stage::Leaving;
        let Some(visit) = self.visit(id).filter(leaves) else { return };
        let end = visit.end.unwrap_or(ConferenceEnd::Failed);
        self.dossier(id).visit = None;
        self.flow_hears_of(id, end);
    }

    fn flow_hears_of(&mut self, id: AttemptId, end: ConferenceEnd) {
        if let Some(attempt) = self.take(id) {
            self.flow_hears(id, attempt, Input::RoomLeft(end));
        }
    }

    /// Takes a bridge down that no open room has.
    fn close_bridge(&mut self, bridge: Bridge) {
        if !self.rooms.uses(bridge) {
            self.drop_bridge(bridge);
        }
    }

    /// The callee is gone or going.
    pub(super) fn leave_room_for_good(&mut self, attempt: &mut Attempt) {
        let Some(call) = attempt.call_mut() else { return };
        let (id, Some(visit)) = (call.request.attempt, call.visit.take()) else { return };
        if visit.stage != Stage::Leaving {
            self.rooms.leave(visit.rules.room, id);
            self.close_bridge(visit.bridge);
            self.tune_all(visit.rules.room);
        }
    }

    /// Music for whoever is alone in a room and is to hear it, and for nobody else.
    fn tune(&mut self, id: AttemptId) {
        let Some(visit) = self.visit(id).filter(|visit| visit.end.is_none()) else { return };
        let is_inside = visit.inside().is_some();
        let wanted = visit.rules.music && is_inside && self.is_alone(visit.rules.room, id);
        match (visit.music, wanted) {
            (Music::Off | Music::Doubted, true) => self.give_music(id, true),
            (Music::On | Music::Doubted, false) => self.give_music(id, false),
            (Music::Off, false) | (Music::On, true) | (Music::Asked, _) => {}
        }
    }

    fn tune_all(&mut self, room: Label) {
        let guests: Vec<AttemptId> = self.rooms.guests(room).collect();
        for guest in guests {
            self.tune(guest);
        }
    }

    fn is_alone(&self, room: Label, id: AttemptId) -> bool {
        let is_inside = |guest| self.visit(guest).is_some_and(|visit| visit.inside().is_some());
        !self.rooms.guests(room).any(|guest| guest != id && is_inside(guest))
    }

    fn give_music(&mut self, id: AttemptId, on: bool) {
        let leg = self.dossier(id).request.leg();
        self.change_visit(id, |visit| visit.music = Music::Asked);
        let meanwhile = Meanwhile::Music;
        if on {
            self.give(Purpose::Calm(id), |request| Command::Calm { request, leg, meanwhile });
        } else {
            self.give(Purpose::Hush(id), |request| Command::Hush { request, leg, meanwhile });
        }
    }

    /// The PBX has answered for the music of whoever is in a room, if this one is. Music that may sound still is ended, and music that
    /// may not have begun is begun once more, with the next change in the room or the next survey, which comes soon; and neither is
    /// waited for by anybody who leaves.
    pub(super) fn music_answered(&mut self, id: AttemptId, on: bool, outcome: &Outcome) {
        let asked = |visit: &&Visit| visit.music == Music::Asked;
        let Some(leaves) = self.visit(id).filter(asked).map(|visit| visit.end.is_some()) else { return };
        let is_unsure = !outcome.is_done() && !leaves;
        let music = match on {
            true if !outcome.is_done() => Music::Doubted,
            false if !is_unsure => Music::Off,
            true | false => Music::On,
        };
        self.change_visit(id, |visit| visit.music = music);
        if is_unsure {
            self.deadlines.no_later(Wake::Survey, self.soon());
        } else {
            self.settle_visit(id);
        }
    }

    /// Compares the rooms with what the PBX holds.
    pub(super) fn compare_rooms(&mut self, seen: &BTreeMap<Leg, SeenLeg>, sent: Micros, after_gap: bool) {
        for leg in seen.values() {
            let (Leg::Customer { attempt, .. }, Some(bridge @ Bridge::Conference { .. })) =
                (leg.leg, leg.bridge)
            else {
                continue;
            };
            if self.visit(attempt).is_none_or(|visit| visit.bridge != bridge) {
                self.take_out(attempt, leg.leg, bridge);
            }
        }
        let guests: Vec<(Label, AttemptId)> = self.rooms.all_guests().collect();
        for (_, guest) in &guests {
            if after_gap {
                self.compare_guest(*guest, seen, sent);
            }
        }
        for (_, guest) in guests {
            self.tune(guest);
        }
    }

    /// After a gap a callee's coming or going may have been missed.
    fn compare_guest(&mut self, id: AttemptId, seen: &BTreeMap<Leg, SeenLeg>, sent: Micros) {
        let Some(visit) = self.visit(id) else { return };
        let (inside, bridge) = (visit.inside(), visit.bridge);
        let leg = self.dossier(id).request.leg();
        let Some(seen) = seen.get(&leg) else { return };
        match (inside, seen.bridge == Some(bridge)) {
            (None, true) => self.joined_room(id, leg, bridge),
            (Some(since), false) if since < sent => self.parted_from_room(id, bridge),
            (None, false) | (Some(_), _) => {}
        }
    }

    fn look_at_callee(&mut self, id: AttemptId) {
        let leg = self.dossier(id).request.leg();
        self.look(leg);
    }

    fn visit(&self, id: AttemptId) -> Option<&Visit> {
        self.calls.get(id)?.call()?.visit.as_deref()
    }

    /// Changes a visit, if there is one, and with it its deadline.
    fn change_visit(&mut self, id: AttemptId, change: impl FnOnce(&mut Visit)) {
        let Some(mut attempt) = self.take(id) else { return };
        if let Some(visit) = attempt.call_mut().and_then(|call| call.visit.as_deref_mut()) {
            change(visit);
        }
        self.put(id, attempt);
    }
}
