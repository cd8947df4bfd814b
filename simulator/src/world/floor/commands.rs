//! What the engine asks for, carried out as a database and an exchange would.

use std::sync::Arc;

use engine::agent::AgentState;
use engine::campaign::CampaignState;
use engine::words::{Bridge, Leg, RequestId, Span};
use engine::{Command, Event, Failure, LegNews, Outcome};

use super::calls::CLEARED;
use super::{Callee, Floor, request};
use crate::world::database::{Course, Stands};

/// How long every sound is, the message for a call without an agent among them.
const SOUND: Span = Span::secs(6);

impl Floor<'_> {
    /// Does what a process asked for, and answers it if it still lives.
    pub(super) fn carry_out(&mut self, command: &Command, callee: Option<Callee>, process: u32) {
        let outcome = self.outcome(command, callee);
        self.settle(request(command), outcome, process);
    }

    pub(super) fn settle(&mut self, request: RequestId, outcome: Outcome, process: u32) {
        if process == self.process {
            self.hear(Event::Settled { request, outcome });
        }
    }

    fn outcome(&mut self, command: &Command, callee: Option<Callee>) -> Outcome {
        match *command {
            Command::Fetch { count, .. } => return self.database.fetch(count, self.now + self.ahead),
            Command::Save { ref call, .. } => return self.database.save(Arc::clone(call)),
            Command::Record { ref record, .. } => {
                self.database.record(record);
                self.is_recorded(record);
                self.traffic.iter_mut().for_each(|traffic| traffic.records.push(Arc::clone(record)));
            }
            Command::Release { ref items, not_before, .. } => self.database.release(items, not_before),
            Command::Note { attempt, ref so_far, .. } => self.database.note(attempt, so_far),
            Command::NoteAgent { agent, session, state, since, ref paused, leaves, missed, .. } => {
                self.traffic.iter_mut().for_each(|traffic| traffic.stands.push((agent, since, state)));
                if state == AgentState::Previewing {
                    self.looks_at_lead(agent);
                } else {
                    self.looks_at_none(agent);
                }
                let stands = Stands { session, state, paused: paused.clone(), leaves, missed };
                self.database.note_agent(agent, stands);
            }
            Command::NoteCampaign { campaign, state, began, closes_at, ref paced, .. } => {
                if state == CampaignState::Completed && self.now < self.closing {
                    self.day.list_ended(self.now.since(self.opening));
                }
                self.database
                    .note_campaign(campaign, Course { state, began, closes_at, paced: paced.clone() });
            }
            Command::Originate { ref originate, .. } => self.place(originate.leg, callee),
            Command::HangUp { leg, .. } => return self.hang_up(leg),
            Command::Join { attempt, customer, agent, .. } => {
                return done(self.join(attempt, customer, agent));
            }
            Command::Hold { leg, .. } => return done(self.hold(leg)),
            // Nobody of these callees is put on hold.
            Command::SetAside { .. } | Command::Mute { .. } => {}
            Command::Play { leg, nth, .. } => {
                return self.begin(leg, SOUND, LegNews::Played { nth, whole: true });
            }
            Command::Detect { leg, .. } => return self.detect(leg),
            Command::Listen { leg, silence, level, .. } => self.listen(leg, silence, level),
            Command::StopListening { leg, .. } => self.stop_listening(leg),
            Command::StartRecording { leg, nth, silence, .. } => {
                // Nobody says a word.
                return self.begin(leg, silence, LegNews::Recorded { nth, whole: true, length: silence });
            }
            Command::Confer { leg, bridge, .. } => return done(self.enter(leg, bridge)),
            Command::TakeOut { leg, bridge, last: false, .. } => return self.take_out(leg, bridge),
            Command::TakeOut { bridge, .. } | Command::DropBridge { bridge, .. } => {
                return self.drop_bridge(bridge);
            }
            Command::Survey { .. } => {
                let (legs, bridges) = self.exchange.survey();
                // Nothing is recorded in this world, see below.
                return Outcome::Surveyed { legs, bridges, takes: Vec::new() };
            }
            Command::Look { leg, .. } => return Outcome::Looked(self.exchange.look(leg)),
            Command::FindPlayback { attempt, nth, .. } => {
                return done(self.exchange.playback_ends(attempt, nth).is_some_and(|end| end > self.now));
            }
            Command::FindRecording { attempt, nth, .. } => {
                return match self.exchange.recording_ends(attempt, nth) {
                    Some(end) if end > self.now => Outcome::Failed(Failure::WrongState),
                    ended => done(ended.is_some()),
                };
            }
            // What was stopped tells its end later, which means nothing any more.
            Command::StopPlaying { .. } | Command::StopRecording { .. } => {}
            // Nobody listens to keys.
            Command::SendDigits { .. } => {}
            // It ends with the leg, of which the engine hears anyway.
            Command::BeginTake { .. } | Command::PauseTake { .. } | Command::EndTake { .. } => {}
            // Each lead has a number of its own here, and the record of the call ends it.
            Command::OptOut { .. } => {}
            Command::PutThrough { customer, other, bridge, .. } => {
                return done([customer, other].into_iter().all(|leg| self.enter(leg, bridge)));
            }
            // What a callee hears meanwhile changes nothing of what they do.
            Command::SaveTransfer { .. }
            | Command::SendText { .. }
            | Command::Calm { .. }
            | Command::Hush { .. }
            | Command::Announce { .. } => {}
            // Its campaigns have no dispositions.
            Command::Dispose { .. } | Command::FindMedia { .. } | Command::Reply { .. } => {}
        }
        Outcome::Done
    }

    fn hold(&mut self, leg: Leg) -> bool {
        if let Leg::Agent { agent, .. } = leg {
            self.agent_is_taken_back(agent);
        }
        self.enter(leg, Bridge::Hold)
    }

    fn hang_up(&mut self, leg: Leg) -> Outcome {
        let stands = self.exchange.call(leg).is_some();
        if stands {
            self.later(Span::ZERO, leg, CLEARED);
        }
        done(stands)
    }

    /// Something begins on a leg that is up, and tells its end when that comes.
    pub(super) fn begin(&mut self, leg: Leg, length: Span, end: LegNews) -> Outcome {
        let begins = self.exchange.begin(leg, end, self.now + length);
        if begins {
            self.later(length, leg, end);
        }
        done(begins)
    }

    fn take_out(&mut self, leg: Leg, bridge: Bridge) -> Outcome {
        let was_inside = self.exchange.leave(leg, bridge);
        if was_inside {
            self.tell(leg, LegNews::Parted(bridge));
        }
        done(was_inside)
    }

    fn drop_bridge(&mut self, bridge: Bridge) -> Outcome {
        let Some(inside) = self.exchange.drop_bridge(bridge) else { return done(false) };
        for leg in inside {
            self.tell(leg, LegNews::Parted(bridge));
        }
        done(true)
    }
}

/// Done, or not because what it is about is gone.
pub(super) const fn done(is_done: bool) -> Outcome {
    if is_done { Outcome::Done } else { Outcome::Failed(Failure::Gone) }
}
