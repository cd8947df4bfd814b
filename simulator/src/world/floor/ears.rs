//! Who has answered? What is heard of callees goes to whoever tells persons from machines, and what comes of that is
//! counted beside what is true.
//!
//! With `gate` the exchange listens and tells what its `AMD()` makes of it. With `parallel` it tells when a callee talks
//! and when they are silent, and the engine judges.

use engine::amd::{Detection, JudgeRules, Policy};
use engine::call::Record;
use engine::words::{AgentId, AttemptId, Leg, Micros, Span};
use engine::{LegNews, Outcome};

use super::Floor;
use super::calls::place;
use super::commands::done;
use crate::amd::FRAME;
use crate::world::crew::Seat;
use crate::world::exchange::Call;
use crate::world::sound::Sound;

impl Floor<'_> {
    /// Somebody has answered, and it is known what they are. Where the attempt was given up before, its record is there, and
    /// nobody judges any more.
    pub(super) fn has_answered(&mut self, leg: Leg, machine: bool) {
        let Leg::Customer { attempt, .. } = leg else { return };
        let detection = self.day.detection.as_mut();
        if detection.is_none() && self.baseline.is_none() {
            return;
        }
        if self.database.request(attempt).is_some() {
            self.answered.insert(attempt, machine);
        } else if let Some(detection) = detection {
            detection.judged(machine, None);
        }
    }

    /// Where the engine judges, it is told of the callee's talk from the answer on.
    pub(super) fn lends_an_ear(&mut self, leg: Leg) {
        if let Some(Detection::Parallel(JudgeRules { talk_silence, talk_level, .. })) =
            self.world.house.detection()
        {
            self.listen(leg, talk_silence, talk_level);
        }
    }

    fn sound(&mut self, leg: Leg) -> Option<(Sound, Micros)> {
        let call = self.exchange.call(leg)?;
        let (lead, nth, machine, answered) = (call.lead, call.nth, call.machine, call.answered?);
        Some((self.world.callees.sound(self.seed, lead, nth, machine), answered))
    }

    /// From now on it is told when a leg talks, which takes a frame to notice, and when it is silent.
    pub(super) fn listen(&mut self, leg: Leg, silence: Span, level: u32) {
        let Some((sound, answered)) = self.sound(leg) else { return };
        let now = self.now;
        self.exchange.call(leg).expect("it was heard just now").is_listened_to = true;
        for stretch in sound.louder_than(level, silence) {
            let (from, until) = ((answered + stretch.from).max(now), answered + stretch.until);
            if until > from {
                self.later(from.since(now) + FRAME, leg, LegNews::TalkBegan);
                let lasted = until.since(from);
                self.later(until.since(now) + silence, leg, LegNews::TalkEnded { lasted });
            }
        }
    }

    pub(super) fn stop_listening(&mut self, leg: Leg) {
        if let Some(call) = self.exchange.call(leg) {
            call.is_listened_to = false;
        }
    }

    /// A leg talks or is silent, and that is told where somebody asked for it.
    pub(super) fn is_heard(&mut self, leg: Leg, news: LegNews) {
        if self.exchange.call(leg).is_some_and(|call| call.is_listened_to) {
            self.tell(leg, news);
        }
    }

    /// The exchange listens to whoever has answered, and will tell for whom it takes them.
    pub(super) fn detect(&mut self, leg: Leg) -> Outcome {
        let Some((sound, _)) = self.sound(leg) else { return done(false) };
        let found = self.world.house.amd_conf.listen(sound.frames());
        self.exchange.call(leg).expect("it was heard just now").greeting = Some(sound.ends());
        let (verdict, cause, silence) = (found.verdict, found.cause, found.silence);
        self.begin(leg, found.after, LegNews::Judged { verdict, cause, silence })
    }

    /// The exchange has come to a verdict. What follows from it is the engine's to decide, and a baseline goes by it as well.
    pub(super) fn is_judged(&mut self, leg: Leg, news: LegNews) {
        if self.exchange.call(leg).is_none() {
            return;
        }
        if let (LegNews::Judged { verdict, .. }, Leg::Customer { attempt, .. }) = (&news, leg)
            && let (Some(baseline), Some(amd)) = (&mut self.baseline, &self.world.house.amd)
        {
            baseline.is_told(attempt, amd.policies.of(*verdict));
        }
        self.tell(leg, news);
    }

    /// An agent is put back on hold, or let go home. Whoever they still talk with was taken for a machine: nobody is with
    /// the callee any more, and there is no work to be done after it.
    pub(super) fn agent_is_taken_back(&mut self, agent: AgentId) {
        if !matches!(self.world.house.detection(), Some(Detection::Parallel(_))) {
            return;
        }
        let talk = self.seats[place(agent)].talks;
        let Some(call) = self.exchange.talks_with(agent, talk) else { return };
        call.talks_with = None;
        call.is_screened = true;
        let call = *call;
        if !call.is_late {
            self.day.parted(call.machine);
        }
        self.has_talked_to(&call, Span::ZERO);
        self.does(agent, Seat::is_done);
    }

    /// An agent has talked to a callee until now, and has so much work after it. After closing time it is nobody's time any more.
    pub(super) fn has_talked_to(&mut self, call: &Call, work: Span) {
        let until = (self.now + work).min(self.closing);
        if let Some(detection) = self.day.detection.as_mut().filter(|_| call.machine) {
            detection.wasted(call.joined.map_or(Span::ZERO, |joined| until.since(joined)));
        }
    }

    /// Whether an attempt's record, which is still to come, will say for whom its callee was taken: what becomes of them is the
    /// engine's to decide, which may not wait for the exchange's verdict.
    pub(super) fn is_still_to_be_told(&self, attempt: AttemptId) -> bool {
        self.world.house.amd.is_some() && self.answered.contains_key(&attempt)
    }

    /// An attempt has its record, which says for whom its callee was taken, and whether they were to be connected.
    pub(super) fn is_recorded(&mut self, record: &Record) {
        if let Some(callee) = self.unserved.remove(&record.attempt) {
            let screened = record.amd.as_ref().is_some_and(|amd| amd.policy != Policy::Connect);
            self.had_nobody(callee, screened);
        }
        if let Some(machine) = self.answered.remove(&record.attempt)
            && let Some(detection) = &mut self.day.detection
        {
            detection.judged(machine, record.amd.as_deref());
        }
    }
}
