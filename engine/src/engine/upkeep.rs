//! Answers, silence and deadlines: everything that must be seen to, whoever it concerns.

use alloc::vec::Vec;

use super::{Engine, RETRY_AFTER, Sweep, Unreleased};
use crate::Command;
use crate::call::Attempt;
use crate::campaign::Campaign;
use crate::deadline::Wake;
use crate::event::{Failure, Outcome};
use crate::gate::Reason;
use crate::pending::Purpose;
use crate::words::{AttemptId, Bridge, CampaignId, CarrierId, Leg, Micros, Number, QueueId, RequestId, Span};

/// How long after a database failure writes are tried again even if the breaker has nothing to say.
const WRITE_AGAIN: Span = Span::secs(1);

impl Engine {
    /// A command was answered.
    pub(super) fn settled(&mut self, request: RequestId, outcome: Outcome) {
        let Some(purpose) = self.pending.close(request) else {
            return self.settled_late(request, outcome);
        };
        self.judge_health(&purpose, &outcome);
        match purpose {
            Purpose::Fetch { campaign, count } => self.fetched(campaign, count, outcome),
            Purpose::Release { items, not_before, skipped_by, again } => {
                self.released((items, not_before, skipped_by), again, &outcome);
            }
            Purpose::Save(attempt) => self.saved(attempt, &outcome),
            Purpose::Record(attempt) => self.recorded(attempt, &outcome),
            Purpose::Dispose(attempt) => self.disposed(attempt, &outcome),
            // A conversation may have no further step for an hour.
            Purpose::Note(attempt) | Purpose::Said(attempt) if !outcome.is_done() => {
                self.unnoted.insert(attempt);
                self.deadlines.no_later(Wake::Breaker, self.write_again_at());
            }
            Purpose::Said(attempt) => self.said_for_good(attempt),
            Purpose::NoteAgent(agent) if !outcome.is_done() => {
                self.agents.forget_note(agent);
                self.deadlines.no_later(Wake::Breaker, self.write_again_at());
            }
            Purpose::NoteCampaign(campaign) if !outcome.is_done() => {
                self.campaign_mut(campaign).unnoted = true;
                self.deadlines.no_later(Wake::Breaker, self.write_again_at());
            }
            Purpose::Originate(Leg::Customer { attempt, ordinal }) => self.placed(attempt, ordinal, &outcome),
            Purpose::Originate(Leg::Agent { agent, session }) => self.agent_placed(agent, session, &outcome),
            Purpose::Originate(Leg::Transfer { attempt, ordinal }) => {
                self.other_placed((attempt, ordinal), &outcome);
            }
            Purpose::SaveTransfer(other) => self.transfer_saved(other, &outcome),
            Purpose::Calm(attempt) => {
                self.calmed(attempt, &outcome);
                self.music_answered(attempt, true, &outcome);
                self.soothed(attempt, &outcome);
            }
            Purpose::Hush(attempt) => {
                self.hushed(attempt, &outcome);
                self.music_answered(attempt, false, &outcome);
                self.roused(attempt, &outcome);
            }
            Purpose::Confer(attempt, bridge) => self.conferred(attempt, bridge, &outcome),
            Purpose::TakeOut(attempt, bridge) => self.taken_out(attempt, bridge, &outcome),
            Purpose::DropBridge(Bridge::Transfer { attempt, ordinal })
                if self.has_use_for((attempt, ordinal)) =>
            {
                self.released_from(attempt);
            }
            Purpose::Whisper(other) => self.whisper_answered(other, &outcome),
            Purpose::PutThrough(other) => self.put_through_answered(other, &outcome),
            Purpose::Join(attempt) => self.join_answered(attempt, &outcome),
            Purpose::Hold(leg) => self.hold_answered(leg, &outcome),
            Purpose::SetAside { attempt, on, ask } => self.set_aside(attempt, on, ask, &outcome),
            Purpose::Mute { agent, session, on, ask } => self.muted((agent, session), on, ask, &outcome),
            Purpose::Play(attempt, nth) => self.play_answered(attempt, nth, &outcome),
            Purpose::FindPlayback { leg, nth, begun } => self.playback_found(leg, nth, begun, &outcome),
            Purpose::Detect(attempt) => self.detect_answered(attempt, &outcome),
            Purpose::StartRecording(attempt, nth) => self.recording_answered(attempt, nth, &outcome),
            Purpose::FindRecording(attempt, nth) => self.recording_found(attempt, nth, &outcome),
            Purpose::SendDigits(attempt, ask) => self.digits_answered(attempt, ask, &outcome),
            Purpose::BeginTake(take, ask) => self.begin_take_answered(take, ask, &outcome),
            Purpose::PauseTake { take, paused, ask } => self.pause_take_answered(take, paused, ask, &outcome),
            Purpose::EndTake(take, ask) => self.end_take_answered(take, ask, &outcome),
            Purpose::OptOut((number, _)) if outcome.is_done() => {
                self.calls.is_written(number);
                self.dialable = true;
            }
            Purpose::OptOut(opt_out) => {
                self.opt_outs.push(opt_out);
                self.deadlines.no_later(Wake::Breaker, self.write_again_at());
            }
            Purpose::SendText(text) if !outcome.is_done() => {
                self.texts.push(text);
                self.deadlines.no_later(Wake::Breaker, self.write_again_at());
            }
            Purpose::Survey { sent, after_gap } => self.surveyed(sent, after_gap, outcome),
            Purpose::Look { leg, missed } => self.looked(leg, missed, &outcome),
            Purpose::HangUp(leg) if outcome == Outcome::Failed(Failure::Gone) => self.look(leg),
            Purpose::FindMedia(campaign) => self.media_found(campaign, &outcome),
            // The holding bridge is dropped as the last thing; now it can be seen whether anything is left.
            Purpose::DropBridge(Bridge::Hold) if self.sweep == Sweep::Asked => self.survey(false),
            // Ends are seen by their events, and looked for in time.
            Purpose::Note(_)
            | Purpose::NoteAgent(_)
            | Purpose::NoteCampaign(_)
            | Purpose::SendText(_)
            | Purpose::StopPlaying
            | Purpose::Announce
            | Purpose::Listen
            | Purpose::StopRecording
            | Purpose::HangUp(_)
            | Purpose::DropBridge(_) => {}
        }
    }

    /// An answer that nobody waits for any more.
    fn settled_late(&mut self, request: RequestId, outcome: Outcome) {
        self.count_stray("answer: late or unknown");
        if let Outcome::Fetched { items, .. } = outcome
            && let Some(campaign) = self.pending.close_overdue(request)
        {
            self.fetched_late(campaign, items);
        }
    }

    /// What an answer says about the health of whoever gave it.
    fn judge_health(&mut self, purpose: &Purpose, outcome: &Outcome) {
        let sick = match outcome {
            Outcome::Failed(failure) => match failure {
                Failure::NotSent | Failure::OutcomeUnknown | Failure::Database | Failure::Silence => true,
                Failure::Gone
                | Failure::NotOurs
                | Failure::WrongState
                | Failure::Exists
                | Failure::Unavailable
                | Failure::Rejected => false,
            },
            Outcome::Done
            | Outcome::Refused(_)
            | Outcome::Fetched { .. }
            | Outcome::Surveyed { .. }
            | Outcome::Looked(_) => false,
        };
        let breaker = if purpose.is_for_database() { &mut self.database } else { &mut self.pbx };
        if !sick {
            self.dialable |= breaker.open_until(self.now).is_some();
            breaker.succeeded();
        } else if let Some(until) = breaker.failed(self.now, &mut self.rng) {
            self.deadlines.no_later(Wake::Breaker, until);
        }
    }

    /// What is in the air goes on: a PBX that does not answer its managers may still carry calls.
    pub(super) fn manager_seen(&mut self, answers: bool) {
        if answers && !self.manager_answers {
            self.pbx.comes_back(self.now, &mut self.rng);
        }
        self.manager_answers = answers;
        self.dialable = true;
    }

    /// A record is durable, or has to be written again.
    fn recorded(&mut self, id: AttemptId, outcome: &Outcome) {
        let Some(Attempt::Closing(closing)) = self.take(id) else {
            unreachable!("only its own answer takes an attempt out of closing");
        };
        if !outcome.is_done() {
            let again_at = self.write_again_at();
            return self.put(id, Attempt::Closing(closing.not_written(again_at)));
        }
        self.calls.close(id);
        self.closed += 1;
        let campaign = closing.record.campaign;
        *self.campaign_mut(campaign).results.entry(closing.record.result).or_default() += 1;
        self.dialable |=
            self.calls.counts(campaign).open() == 0 || self.waits_for_number(closing.record.number);
        if let crate::lead::Fate::Retry(at) = closing.record.fate {
            self.waits_again(campaign, closing.record.queue, at, closing.record.promised);
        }
        self.recorded_debt(id);
    }

    /// Whether a campaign has no lead but those whose number is on a live call, or one for an agent whose callee was on this.
    fn waits_for_number(&self, number: Number) -> bool {
        self.campaigns.values().any(|campaign| {
            campaign.reason == Some(Reason::NumberLive)
                || campaign.hopper.for_agents().any(|(item, _)| item.number == number)
        })
    }

    pub(super) fn write_again_at(&self) -> Micros {
        self.database.open_until(self.now).unwrap_or(self.now + WRITE_AGAIN)
    }

    /// Gives queue items back to the database as they were: they keep their place in the line.
    pub(super) fn release(&mut self, items: Vec<QueueId>) {
        self.release_until(Micros(0), items);
    }

    /// The same, but they are not due before that moment.
    pub(super) fn release_until(&mut self, not_before: Micros, items: Vec<QueueId>) {
        if !items.is_empty() {
            self.give_back((items, not_before, None), false);
        }
    }

    /// The same, perhaps by an agent who has skipped them, and perhaps since it has failed before.
    pub(super) fn give_back(&mut self, (items, not_before, skipped_by): Unreleased, again: bool) {
        let purpose = Purpose::Release { items: items.clone(), not_before, skipped_by, again };
        self.give(purpose, |request| Command::Release { request, not_before, items, skipped_by });
    }

    /// What could not be given back is given back again at the next chance; until then it stays claimed.
    fn released(&mut self, items: Unreleased, again: bool, outcome: &Outcome) {
        if !outcome.is_done() {
            self.unreleased.push(items);
            return self.deadlines.no_later(Wake::Breaker, self.write_again_at());
        }
        // One that has nothing left is completed only once nothing is on its way back.
        self.dialable |= self.campaigns.values().any(Campaign::has_run_out);
        if again {
            // A campaign that has asked meanwhile did not find them among those that wait, and some may be agreed on.
            let (_, not_before, _) = items;
            let ids: Vec<CampaignId> = self.campaigns.keys().collect();
            for id in ids {
                self.due_again(id, core::cmp::Ord::max(not_before, self.now), true);
            }
            self.dialable = true;
        }
    }

    /// A carrier's endpoint was seen.
    pub(super) fn carrier_seen(&mut self, carrier: CarrierId, reachable: bool) {
        if self.carriers.contains(carrier) {
            self.carriers.set_reachable(carrier, reachable);
            self.dialable = true;
        } else {
            self.count_stray("carrier: unknown");
        }
    }

    /// A deadline has passed.
    pub(super) fn woke(&mut self, wake: Wake) {
        self.deadlines.set(wake, None);
        match wake {
            Wake::Attempt(attempt) => self.attempt_due(attempt),
            Wake::Agent(agent) => self.agent_due(agent),
            Wake::Transfer(attempt, ordinal) => self.other_due((attempt, ordinal)),
            Wake::Debt(attempt) => self.debt_due(attempt),
            Wake::Answer(request) => {
                self.pending.overdue(request);
                self.settled(request, Outcome::Failed(Failure::Silence));
            }
            Wake::Campaign(id) => self.campaign_due(id),
            Wake::Missing(leg) => self.vanished(leg),
            Wake::Link => self.link_gone_too_long(),
            Wake::Survey => self.survey(false),
            Wake::Breaker => self.write_again(),
        }
    }

    /// What could not be written is written again.
    fn write_again(&mut self) {
        self.dialable = true;
        for items in core::mem::take(&mut self.unreleased) {
            self.give_back(items, true);
        }
        for opt_out in core::mem::take(&mut self.opt_outs) {
            self.write_opt_out(opt_out);
        }
        for text in core::mem::take(&mut self.texts) {
            self.send_text(text);
        }
        self.note_unnoted();
        let unnoted: Vec<CampaignId> = self
            .campaigns
            .values()
            .filter(|campaign| campaign.unnoted)
            .map(|campaign| campaign.rules.id)
            .collect();
        for id in unnoted {
            self.note_campaign(id);
        }
        let agents: Vec<_> = self.agents.ids().collect();
        for id in agents {
            self.agent(id, |_| {});
        }
    }

    /// Writes down how far the attempts have come of which that could not be done, or was left for later.
    pub(super) fn note_unnoted(&mut self) {
        for id in core::mem::take(&mut self.unnoted) {
            self.note(id);
        }
    }

    /// Takes an attempt out for its next step. It must be put back, which moves its deadline, or be closed: only what is
    /// being saved or recorded can be closed, and that has none.
    pub(super) fn take(&mut self, id: AttemptId) -> Option<Attempt> {
        self.calls.take(id)
    }

    /// Puts an attempt in its place and arms its deadline.
    pub(super) fn put(&mut self, id: AttemptId, attempt: Attempt) {
        self.deadlines.set(Wake::Attempt(id), attempt.due().map(|(at, _)| at));
        self.calls.put(id, attempt);
    }

    /// A floor that closes: when the last call is over the agents go home, and when they are gone so is their bridge.
    pub(super) fn wind_up(&mut self) {
        let is_quiet = self.calls.is_empty() && self.transfers.is_empty();
        if !self.closing || !is_quiet || self.sweep != Sweep::NotYet {
            return;
        }
        if self.agents.all_gone() {
            self.sweep = Sweep::Asked;
            return self.drop_bridge(Bridge::Hold);
        }
        let ids: Vec<_> = self.agents.ids().collect();
        for id in ids {
            self.leave_if_away(id);
        }
    }

    /// When something that failed outright may be tried again.
    pub(super) fn soon(&self) -> Micros {
        self.now + RETRY_AFTER
    }
}
