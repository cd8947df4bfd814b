//! What is recorded of conversations: begun when callee and agent are together or when somebody asks, and ended when
//! somebody asks or by the end of the callee's leg. Nothing that goes wrong here changes the call.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Engine;
use crate::Command;
use crate::call::Attempt;
use crate::command::Denial;
use crate::deadline::Wake;
use crate::event::{Failure, Outcome, RecordingWish, SeenTake};
use crate::pending::Purpose;
use crate::recording::{Format, Found, NotNow, Recorded, TakeId, Takes, Track};
use crate::words::{AskId, AttemptId, Micros};

impl Engine {
    /// Callee and agent are together, or are found so by a process that knows of no take of theirs.
    pub(super) fn record_conversation(&mut self, id: AttemptId) {
        let Some(Attempt::Talking(talking)) = self.calls.get(id) else { return };
        if talking.call.takes.is_some() {
            return;
        }
        let rules = self.campaign(talking.call.request.campaign).rules.recording;
        if rules.is_some_and(|rules| rules.which == Recorded::All) {
            let begun = self.begin_take(id, None);
            assert!(begun.is_ok(), "the first take of a call is not kept from beginning");
        }
    }

    /// Somebody wants a conversation to be recorded, or not to be. They are told when the PBX has answered.
    pub(super) fn wish_of_recording(
        &mut self,
        ask: AskId,
        id: AttemptId,
        wish: RecordingWish,
    ) -> Result<(), Denial> {
        let attempt = self.calls.get(id).ok_or(Denial::NoSuchAttempt)?;
        let rules = self.campaign(attempt.campaign()).rules.recording.ok_or(Denial::NotRecorded)?;
        // What is recorded of a call goes on while its agent hands the callee over, and so may be stopped meanwhile.
        let is_recorded = attempt.call().is_some_and(|call| call.takes.is_some());
        let may_be_asked =
            is_recorded && wish != RecordingWish::Start && !matches!(attempt, Attempt::Ending(_));
        if !matches!(attempt, Attempt::Talking(_)) && !may_be_asked {
            return Err(Denial::NotTalking);
        }
        let ask = Some(ask);
        match wish {
            RecordingWish::Start => self.begin_take(id, ask),
            RecordingWish::Stop if rules.which == Recorded::All => return Err(Denial::RecordsAll),
            RecordingWish::Stop => self.end_take(id, ask),
            RecordingWish::Pause => self.pause_take(id, ask, true),
            RecordingWish::Resume => self.pause_take(id, ask, false),
        }
        .map_err(Denial::from)
    }

    fn begin_take(&mut self, id: AttemptId, ask: Option<AskId>) -> Result<(), NotNow> {
        let (take, stereo, format) = self.with_takes(id, Takes::begin)?;
        self.give(Purpose::BeginTake(take, ask), |request| Command::BeginTake {
            request,
            take,
            stereo,
            format,
        });
        Ok(())
    }

    fn end_take(&mut self, id: AttemptId, ask: Option<AskId>) -> Result<(), NotNow> {
        let (take, stereo, _) = self.with_takes(id, Takes::end)?;
        self.give(Purpose::EndTake(take, ask), |request| Command::EndTake { request, take, stereo });
        Ok(())
    }

    fn pause_take(&mut self, id: AttemptId, ask: Option<AskId>, paused: bool) -> Result<(), NotNow> {
        let (take, stereo, _) = self.with_takes(id, |takes| takes.pause(paused))?;
        self.give(Purpose::PauseTake { take, paused, ask }, |request| Command::PauseTake {
            request,
            take,
            stereo,
            paused,
        });
        Ok(())
    }

    /// The PBX has answered that it records, or why it does not.
    pub(super) fn begin_take_answered(&mut self, take: TakeId, ask: Option<AskId>, outcome: &Outcome) {
        let (now, TakeId { attempt: id, nth, .. }) = (self.now, take);
        match outcome {
            Outcome::Done => self.take_answered(take, |takes| takes.began(now, nth)),
            // A channel that listens already was made by an earlier process, when the conversation began.
            Outcome::Failed(Failure::Exists) => {
                let bridged = self.calls.get(id).and_then(Attempt::call).and_then(|call| call.times.bridged);
                self.take_answered(take, |takes| {
                    takes.began(bridged.unwrap_or(now), nth);
                    takes.doubt(nth);
                });
            }
            // It may have begun: its own events will tell, or what is there.
            Outcome::Failed(failure) if failure.leaves_it_open() => {
                self.take_answered(take, |_| {});
                self.deadlines.no_later(Wake::Survey, self.soon());
            }
            Outcome::Failed(_)
            | Outcome::Refused(_)
            | Outcome::Fetched { .. }
            | Outcome::Surveyed { .. }
            | Outcome::Looked(_) => self.take_answered(take, |takes| takes.failed(now, nth)),
        }
        self.tell_of_take(ask, matches!(outcome, Outcome::Done | Outcome::Failed(Failure::Exists)));
    }

    /// The PBX has answered that it ends a take. One that is not there has ended, and nobody heard.
    pub(super) fn end_take_answered(&mut self, take: TakeId, ask: Option<AskId>, outcome: &Outcome) {
        let (now, nth) = (self.now, take.nth);
        let is_done = matches!(outcome, Outcome::Done | Outcome::Failed(Failure::Gone));
        self.take_answered(take, |takes| {
            if is_done {
                takes.is_gone(now, nth);
            } else {
                takes.not_ended(nth);
            }
        });
        self.tell_of_take(ask, is_done);
    }

    /// The PBX has answered that it keeps a take silent, or that it does not any more.
    pub(super) fn pause_take_answered(
        &mut self,
        take: TakeId,
        paused: bool,
        ask: Option<AskId>,
        outcome: &Outcome,
    ) {
        let (now, nth, is_done) = (self.now, take.nth, outcome.is_done());
        self.take_answered(take, |takes| {
            if is_done {
                takes.paused(now, nth, paused);
            } else {
                takes.doubt(nth);
            }
        });
        self.tell_of_take(ask, is_done);
    }

    /// A take, or one of its tracks, has begun. The answer tells the same, but where nobody could tell.
    pub(super) fn take_began(&mut self, id: AttemptId, nth: u16) {
        let (now, mut is_news) = (self.now, false);
        self.known_takes(id, |takes| {
            is_news = takes.may_have_begun();
            takes.began(now, nth);
        });
        if is_news {
            self.note(id);
        }
    }

    fn take_answered(&mut self, take: TakeId, change: impl FnOnce(&mut Takes)) {
        let now = self.now;
        self.known_takes(take.attempt, |takes| {
            takes.answered(now, take.nth);
            change(takes);
        });
        self.note(take.attempt);
    }

    /// Compares what is recorded with what the PBX holds. A take that it has no channel for is over, and one that should be over
    /// is ended. What an earlier process has begun and not written down goes on.
    pub(super) fn compare_takes(&mut self, seen: &[SeenTake], sent: Micros) {
        let there: BTreeMap<TakeId, bool> =
            seen.iter().map(|seen| (seen.take, seen.track != Track::Both)).collect();
        let (now, soon, mut may_have_begun) = (self.now, self.soon(), false);
        let mut missing = Vec::new();
        for (attempt, call) in self.calls.iter().filter_map(|(id, attempt)| Some((id, attempt.call()?))) {
            let Some(takes) = &call.takes else { continue };
            match takes.listed(sent) {
                Some(nth) => {
                    let take = TakeId { attempt, ordinal: call.request.ordinal, nth };
                    missing.extend((!there.contains_key(&take)).then_some(take));
                }
                None => may_have_begun |= takes.may_have_begun(),
            }
        }
        for TakeId { attempt, nth, .. } in missing {
            self.known_takes(attempt, |takes| takes.is_gone(now, nth));
            self.note(attempt);
        }
        for (take, stereo) in there {
            self.take_found(take, stereo);
        }
        if may_have_begun {
            self.deadlines.no_later(Wake::Survey, soon);
        }
    }

    /// The PBX makes a take. Of a leg that is nobody's it ends with that.
    fn take_found(&mut self, take: TakeId, stereo: bool) {
        let now = self.now;
        let call = self.calls.get(take.attempt).and_then(Attempt::call);
        let Some(call) = call.filter(|call| call.request.ordinal == take.ordinal) else { return };
        let rules = self.campaign(call.request.campaign).rules.recording;
        let call = self.dossier(take.attempt);
        let takes = match (&mut call.takes, rules) {
            (Some(takes), _) => takes,
            (takes @ None, Some(rules)) => takes.insert(Box::new(Takes::new(stereo, rules.format))),
            (None, None) => return self.end_found_take(take, stereo),
        };
        match takes.found(now, take.nth) {
            Found::Known => {}
            Found::News => self.note(take.attempt),
            Found::Over => self.end_found_take(take, stereo),
        }
    }

    fn end_found_take(&mut self, take: TakeId, stereo: bool) {
        self.give(Purpose::EndTake(take, None), |request| Command::EndTake { request, take, stereo });
    }

    fn tell_of_take(&mut self, ask: Option<AskId>, is_done: bool) {
        if let Some(ask) = ask {
            self.reply(ask, (!is_done).then_some(Denial::NotDone));
        }
    }

    fn with_takes(
        &mut self,
        id: AttemptId,
        change: impl FnOnce(&mut Takes) -> Result<u16, NotNow>,
    ) -> Result<(TakeId, bool, Format), NotNow> {
        let mut attempt = self.take(id).expect("the attempt was looked up just now");
        let rules =
            self.campaign(attempt.campaign()).rules.recording.expect("its rules were looked up just now");
        let call = attempt.call_mut().expect("who talks has a dossier");
        let ordinal = call.request.ordinal;
        let takes = call.takes.get_or_insert_with(|| Box::new(Takes::new(rules.stereo, rules.format)));
        // All takes of a call are as its first one was, whatever this process is told of others.
        let (stereo, format) = (takes.are_stereo(), takes.format());
        let changed = change(takes).map(|nth| (TakeId { attempt: id, ordinal, nth }, stereo, format));
        self.put(id, attempt);
        changed
    }

    /// What is told of a call that is over, or was never recorded, is old news.
    pub(super) fn known_takes(&mut self, id: AttemptId, change: impl FnOnce(&mut Takes)) {
        let Some(mut attempt) = self.take(id) else { return };
        if let Some(takes) = attempt.call_mut().and_then(|call| call.takes.as_mut()) {
            change(takes);
        }
        self.put(id, attempt);
    }
}
