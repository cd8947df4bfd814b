//! What the world keeps in mind, and the laws that a single command can break.

use engine::agent::AgentState;
use engine::amd::Policy;
use engine::call::{CallResult, Disposed, Record};
use engine::campaign::{CampaignState, RING_FLOOR};
use engine::lead::Barred;
use engine::pacing::Pacing;
use engine::recording::{TakeId, TakeState};
use engine::view::AgentView;
use engine::words::{AgentId, AskId, AttemptId, Leg, Micros, Number, SessionId};
use engine::{
    Command, Denial, Event, Failure, LegNews, OpenAttempt, Outcome, RecordingWish, SaveRefusal, SeenLeg, Wish,
};

use super::World;
use crate::house::DISPOSITIONS;

impl World {
    /// What the world knows once the engine has heard this.
    pub(super) fn learn(&mut self, event: &Event) {
        if let Event::Asked { wish: Wish::DoNotCall { barred, .. }, .. } = event {
            self.database.barred.push(barred.clone());
        }
        if let Event::Settled { outcome: Outcome::Surveyed { takes, .. }, .. } = event {
            self.found.extend(takes.iter().map(|seen| seen.take));
            self.surveyed = true;
        }
        self.learn_who_rings(event);
        self.see_what_meets_a_forecast(event);
        let Event::Settled { request, outcome } = event else { return };
        let Some((verb, _)) = self.unanswered.remove(request) else { return };
        match outcome {
            Outcome::Failed(failure) => self.reached.insert((verb, name(*failure))),
            Outcome::Refused(SaveRefusal::NumberLive) => self.reached.insert((verb, "NumberLive")),
            Outcome::Refused(SaveRefusal::NotClaimed) => self.reached.insert((verb, "NotClaimed")),
            Outcome::Refused(SaveRefusal::DoNotCall) => self.reached.insert((verb, "DoNotCall")),
            Outcome::Refused(SaveRefusal::RegistryTooOld) => self.reached.insert((verb, "RegistryTooOld")),
            Outcome::Refused(SaveRefusal::TooOften { .. }) => self.reached.insert((verb, "TooOften")),
            Outcome::Refused(SaveRefusal::Dropped { .. }) => self.reached.insert((verb, "Dropped")),
            Outcome::Done | Outcome::Fetched { .. } | Outcome::Surveyed { .. } | Outcome::Looked(_) => false,
        };
        let Some((attempt, ordinal, number)) = self.intents.remove(request) else { return };
        match outcome {
            Outcome::Done => {
                self.saved.insert((attempt, ordinal));
            }
            Outcome::Refused(_) | Outcome::Failed(Failure::Database) if ordinal == 1 => {
                self.live.remove(&number);
            }
            Outcome::Refused(_)
            | Outcome::Failed(_)
            | Outcome::Fetched { .. }
            | Outcome::Surveyed { .. }
            | Outcome::Looked(_) => {}
        }
    }

    /// Who rings, as far as the engine can know. Whoever has answered, or has gone, may be ended at any time; and when the
    /// link is lost, an answer might find nobody, so that all are let go.
    fn learn_who_rings(&mut self, event: &Event) {
        let up = |seen: &&SeenLeg| seen.up;
        match event {
            // What is told once more while the link is down is an old story.
            Event::Leg { .. } if !self.link => {}
            Event::Leg { leg, news: LegNews::Rang | LegNews::Progressed } => {
                self.ringing.entry(*leg).or_insert(self.now);
            }
            Event::Leg { leg, .. } => {
                self.ringing.insert(*leg, Micros(0));
            }
            Event::Settled { outcome: Outcome::Looked(Some(seen)), .. } if seen.up => {
                self.ringing.insert(seen.leg, Micros(0));
            }
            Event::Settled { outcome: Outcome::Surveyed { legs, .. }, .. } => {
                self.ringing.extend(legs.iter().filter(up).map(|seen| (seen.leg, Micros(0))));
            }
            // Ringing that is told of once more later is none that begins then.
            Event::LinkLost => self.ringing.values_mut().for_each(|since| *since = Micros(0)),
            // The next process knows of what was written down.
            Event::Reopened { attempts, .. } => {
                let rang = |open: &OpenAttempt| {
                    let since = open.so_far.times.rang.filter(|_| open.so_far.times.answered.is_none());
                    (open.request.leg(), since.unwrap_or(Micros(0)))
                };
                let known = attempts
                    .iter()
                    .filter(|open| open.so_far.times.rang.or(open.so_far.times.answered).is_some());
                self.ringing = known.map(rang).collect();
            }
            Event::Settled { .. }
            | Event::LinkUp
            | Event::Asked { .. }
            | Event::Carrier { .. }
            | Event::Manager { .. }
            | Event::Foreign { .. }
            | Event::Woke => {}
        }
    }

    /// Who is found to ring has only just begun to, as far as the engine can know: not by a list from before a gap.
    pub(super) fn learn_who_is_found(&mut self, event: &Event) {
        let Event::Settled { outcome, .. } = event else { return };
        let found = match outcome {
            Outcome::Surveyed { legs, .. } if self.engine.view().pbx => legs.as_slice(),
            Outcome::Looked(Some(leg)) if self.link => std::slice::from_ref(leg),
            Outcome::Done
            | Outcome::Failed(_)
            | Outcome::Refused(_)
            | Outcome::Fetched { .. }
            | Outcome::Surveyed { .. }
            | Outcome::Looked(_) => return,
        };
        for seen in found.iter().filter(|seen| seen.rings) {
            self.ringing.entry(seen.leg).or_insert(self.now);
        }
    }

    /// The laws that a single command can break.
    pub(super) fn check(&mut self, command: &Command) {
        let campaign = || self.engine.view().campaigns[0].state;
        match command {
            Command::Save { request, call } => {
                let before = self.live.insert(call.number, call.attempt);
                assert!(before.is_none_or(|id| id == call.attempt), "{} is on two live calls", call.number);
                let retry = &self.config.campaigns[0].retry;
                let agreed = call.callback.is_some();
                assert!(agreed || call.past.charged(call.nth) <= retry.cap, "one attempt too many");
                assert!(call.past.technical < retry.technical_cap, "one technical failure too many");
                assert!(call.ordinal > 1 || campaign() == CampaignState::Running, "nothing is dialled now");
                self.reached.extend((call.ordinal > 1).then_some(("Save", "a second try")));
                self.reached.extend(self.dials_ahead().then_some(("a forecast", "dials ahead")));
                self.intents.insert(*request, (call.attempt, call.ordinal, call.number));
                self.config.next_attempt = self.config.next_attempt.max(AttemptId(call.attempt.0 + 1));
            }
            Command::Record { record, .. } => {
                self.reached.insert(("Record", record.result.name()));
                let ends = record.transfers.iter().map(|log| ("a transfer", log.outcome()));
                self.reached.extend(ends);
                let steps = record.flow.iter().flat_map(|flow| &flow.steps);
                let visits = steps.filter(|step| step.node == "room").map(|step| match step.stayed_ms {
                    Some(_) => ("a stay", step.outcome.name()),
                    None => ("no stay", step.outcome.name()),
                });
                self.reached.extend(visits);
                let by = record.transfers.iter().filter_map(|log| log.by.as_ref());
                self.reached.extend(by.map(|by| ("called in by an agent", by.way.name())));
                let has_talked = record.transfers.iter().any(|log| log.by.is_some());
                assert!(!has_talked || record.result != CallResult::Dropped, "who has talked is no drop");
                self.check_who_has_talked(record);
                if self.live.get(&record.number) == Some(&record.attempt) {
                    self.live.remove(&record.number);
                }
                self.check_recordings(record);
                self.see_what_meets(record);
            }
            Command::Dispose { disposed, .. } => {
                let by = if disposed.said {
                    DISPOSITIONS.iter().find(|code| **code == disposed.code)
                } else {
                    None
                };
                self.reached.insert(("Dispose", by.copied().unwrap_or("by default")));
                let saved = &self.database.attempts[&disposed.attempt];
                assert!(!saved.records.is_empty(), "a disposition is written before its record");
                let differs = |before: &Disposed| before != &**disposed;
                assert!(!saved.disposed.iter().any(differs), "what was said of a call has changed");
                let ways = ways(&saved.records[0]).into_iter();
                self.reached.extend(ways.map(|way| ("something is said of", way)));
            }
            Command::Originate { originate, .. } => match originate.leg {
                Leg::Customer { attempt, ordinal } => {
                    assert!(self.saved.contains(&(attempt, ordinal)), "dialled before it was saved");
                    assert!(campaign() != CampaignState::Stopped, "a stopped campaign dials");
                    assert!(self.engine.view().pbx, "dialled without the link");
                    let saved = &self.database.attempts[&attempt];
                    let request = saved.request.as_ref().expect("it is saved");
                    assert!(!self.database.is_barred(request.number), "who has opted out is dialled");
                    let (number, reserved) = (request.number, request.agent);
                    let queue = request.queue;
                    assert!(!self.database.items[&queue].awaits, "who waits for a disposition is dialled");
                    assert_eq!(
                        self.database.items[&queue].ended, None,
                        "what has come to its end is dialled"
                    );
                    self.check_repeat(attempt, number, reserved);
                }
                leg @ Leg::Transfer { attempt, ordinal } => {
                    self.called_in.insert((attempt, ordinal));
                    assert!(self.database.transfers.contains(&leg), "dialled before it was saved");
                    assert!(self.engine.view().pbx, "dialled without the link");
                }
                Leg::Agent { session, .. } => {
                    self.config.next_session = self.config.next_session.max(SessionId(session.0 + 1));
                }
            },
            // From this moment on, whenever the database hears of it.
            Command::OptOut { number, .. } => self.database.barred.push(Barred::Number(*number)),
            Command::HangUp { leg: leg @ Leg::Customer { attempt, .. }, .. } => {
                // One that was given up before it rang may be ended again when it rings after all.
                let rang = self.now.since(*self.ringing.entry(*leg).or_insert(Micros(0)));
                // A leg that turns up when its attempt is over has nobody who could talk to it.
                let is_over = !self.live.values().any(|live| live == attempt);
                assert!(is_over || rang >= RING_FLOOR, "{leg:?} was let ring for {rang:?} only");
            }
            // Until its process ends no take is begun twice, and none while another is under way.
            Command::BeginTake { take, .. } => {
                assert!(self.begun.insert(*take), "{take:?} is begun twice");
                let before = TakeId { nth: take.nth - 1, ..*take };
                let is_known = self.begun.contains(&before) || self.found.contains(&before);
                assert!(take.nth == 1 || is_known, "{take:?}: takes are numbered as they come");
            }
            Command::SendDigits { leg: Leg::Customer { attempt, .. }, .. } => {
                self.keyed.insert(*attempt);
            }
            Command::Reply { ask, answer } => self.learn_what_is_silent(*ask, answer.as_ref().err()),
            Command::Survey { .. } => self.surveyed = false,
            Command::HangUp { .. }
            | Command::Fetch { .. }
            | Command::Release { .. }
            | Command::Note { .. }
            | Command::NoteAgent { .. }
            | Command::NoteCampaign { .. }
            | Command::Join { .. }
            | Command::Hold { .. }
            | Command::SetAside { .. }
            | Command::Mute { .. }
            | Command::Play { .. }
            | Command::Detect { .. }
            | Command::Listen { .. }
            | Command::StopListening { .. }
            | Command::StopPlaying { .. }
            | Command::FindPlayback { .. }
            | Command::StartRecording { .. }
            | Command::StopRecording { .. }
            | Command::FindRecording { .. }
            | Command::SendDigits { .. }
            | Command::PauseTake { .. }
            | Command::EndTake { .. }
            | Command::SaveTransfer { .. }
            | Command::SendText { .. }
            | Command::Calm { .. }
            | Command::Hush { .. }
            | Command::PutThrough { .. }
            | Command::Confer { .. }
            | Command::TakeOut { .. }
            | Command::Announce { .. }
            | Command::DropBridge { .. }
            | Command::Look { .. }
            | Command::FindMedia { .. } => {}
        }
    }

    /// Whoever is told that a recording is silent goes by that, until it is asked for otherwise.
    fn learn_what_is_silent(&mut self, ask: AskId, denial: Option<&Denial>) {
        let Some((attempt, wish)) = self.recorded.remove(&ask) else { return };
        if wish == RecordingWish::Pause && matches!(denial, None | Some(Denial::RecordedAlready)) {
            self.silenced.insert(attempt);
        }
    }

    /// Nothing is recorded of what is said where whoever asked last counts on that.
    pub(super) fn check_silent_takes(&mut self) {
        for (take, tape) in &self.pbx.takes {
            assert!(tape.silent || !self.silenced.contains(&take.attempt), "{take:?} is to be silent");
            self.reached.extend(tape.silent.then_some(("a take", "is silent")));
        }
    }

    /// Whoever has talked with an agent was reached, unless they were found to be a machine meanwhile; and everybody is on
    /// record who was called for them.
    fn check_who_has_talked(&self, record: &Record) {
        let was_put_off = record.amd.as_ref().is_some_and(|amd| amd.policy != Policy::Connect);
        if record.agent.is_some() && record.times.bridged.is_some() && !was_put_off {
            assert_eq!(record.result, CallResult::Connected, "who has talked was reached: {record:#?}");
        }
        let theirs = self.called_in.iter().filter(|(attempt, _)| *attempt == record.attempt);
        let mut missing = theirs.filter(|(_, nth)| !record.transfers.iter().any(|log| log.ordinal == *nth));
        assert_eq!(missing.next(), None, "whoever was called is on record: {record:#?}");
    }

    /// What a call was that is over, where more than one thing could get into the way of another.
    fn see_what_meets(&mut self, record: &Record) {
        let rules = &self.config.campaigns[0];
        let is_beside = rules.amd.as_ref().is_some_and(|amd| !amd.is_gate());
        let taken_for = record.amd.as_ref().map(|amd| amd.verdict.name());
        let keyed = taken_for.filter(|_| is_beside && self.keyed.contains(&record.attempt));
        self.reached.extend(keyed.map(|verdict| ("keys are sent to", verdict)));
        for way in ways(record) {
            self.reached.extend(record.flow.is_some().then_some(("out of a call flow into", way)));
            self.reached.extend(is_beside.then_some(("beside a judge into", way)));
        }
        if self.looks_ahead() {
            self.reached.insert(("a forecast", record.result.name()));
            self.reached.extend(ways(record).into_iter().map(|way| ("a forecast", way)));
        }
    }

    /// What goes wrong while a pacing looks ahead.
    fn see_what_meets_a_forecast(&mut self, event: &Event) {
        if !self.looks_ahead() {
            return;
        }
        let is_in_the_air = self.engine.view().campaigns[0].in_flight > 0;
        let met = match event {
            Event::Settled { request, outcome } if self.unanswered.contains_key(request) => match outcome {
                Outcome::Failed(failure) => Some(name(*failure)),
                Outcome::Refused(_) => Some("Refused"),
                Outcome::Surveyed { .. } if is_in_the_air => Some("a survey"),
                Outcome::Done | Outcome::Fetched { .. } | Outcome::Surveyed { .. } | Outcome::Looked(_) => {
                    None
                }
            },
            Event::Reopened { attempts, .. } if !attempts.is_empty() => Some("a restart"),
            Event::LinkLost if is_in_the_air => Some("a gap"),
            Event::Settled { .. }
            | Event::Reopened { .. }
            | Event::LinkLost
            | Event::LinkUp
            | Event::Leg { .. }
            | Event::Asked { .. }
            | Event::Carrier { .. }
            | Event::Manager { .. }
            | Event::Foreign { .. }
            | Event::Woke => None,
        };
        self.reached.extend(met.map(|met| ("a forecast", met)));
    }

    /// Whether more calls are in the air than there are agents for.
    fn dials_ahead(&self) -> bool {
        if !self.looks_ahead() {
            return false;
        }
        let view = self.engine.view();
        let is_ready = |agent: &&AgentView| agent.state == AgentState::Ready;
        view.campaigns[0].in_flight as usize > view.agents.iter().filter(is_ready).count()
    }

    /// Whether the pacing looks ahead.
    pub(super) fn looks_ahead(&self) -> bool {
        matches!(self.config.campaigns[0].pacing, Pacing::Predictive(_))
    }

    /// What was begun is on record, and is over with the call.
    fn check_recordings(&mut self, record: &Record) {
        let begun = self.begun.iter().filter(|take| take.attempt == record.attempt);
        let name = |take: &TakeId| self.config.signature.take(*take);
        let is_on_record = |take: &TakeId| record.recordings.iter().any(|log| log.name == name(take));
        let missing: Vec<&TakeId> = begun.filter(|take| !is_on_record(take)).collect();
        assert!(missing.is_empty(), "{missing:?} were begun: {:?}", record.recordings);
        // Those before one that an earlier process has begun were, too.
        let known = self.begun.iter().chain(&self.found).filter(|take| take.attempt == record.attempt);
        let last = known.map(|take| usize::from(take.nth)).max().unwrap_or_default();
        assert!(record.recordings.len() <= last, "more than were begun: {:?}", record.recordings);
        for take in &record.recordings {
            let known = take.state == TakeState::Unknown || take.took_ms.is_some() || take.began.is_none();
            assert!(known, "it has no end: {take:?}");
            self.reached.insert(("Take", take.state.name()));
        }
    }

    /// A number that was dropped of late is dialled only with an agent who is reserved for it at that moment.
    fn check_repeat(&mut self, attempt: AttemptId, number: Number, reserved: Option<AgentId>) {
        let span = self.config.campaigns[0].repeat_after_drop;
        if self.database.last_drop(number).is_none_or(|at| at + span <= self.now) {
            return;
        }
        let agents = self.engine.view().agents;
        let is_theirs = |agent: &AgentView| Some(agent.id) == reserved && agent.attempt == Some(attempt);
        assert!(
            agents.iter().any(is_theirs),
            "{number} was dropped of late, and no agent is reserved for it"
        );
        self.reached.insert(("Save", "after a drop"));
    }
}

/// How somebody whom an agent has called in took part in a call.
fn ways(record: &Record) -> Vec<&'static str> {
    record.transfers.iter().filter_map(|log| log.by.as_ref()).map(|by| by.way.name()).collect()
}

/// A failure's name.
pub(crate) const fn name(failure: Failure) -> &'static str {
    match failure {
        Failure::Gone => "Gone",
        Failure::NotOurs => "NotOurs",
        Failure::WrongState => "WrongState",
        Failure::Exists => "Exists",
        Failure::Unavailable => "Unavailable",
        Failure::NotSent => "NotSent",
        Failure::OutcomeUnknown => "OutcomeUnknown",
        Failure::Database => "Database",
        Failure::Rejected => "Rejected",
        Failure::Silence => "Silence",
    }
}
