//! A person or a machine? From the answer to the verdict, and what follows from it for callee and agent.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an attempt that a fact does not concern stays as it is, whatever states are added"
)]

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Engine;
use crate::Command;
use crate::amd::{AmdRules, Detection, Judge, JudgeRules, Policy, Verdict, VerdictCause};
use crate::call::{Act, Answered, Attempt, CallResult, Detecting, Dossier, Ending, Leaving};
use crate::event::{Failure, Outcome};
use crate::pending::Purpose;
use crate::words::{AttemptId, Bridge, CampaignId, Micros, Milli, Span};

impl Engine {
    /// Somebody has answered and is under our command. Where the PBX is to find out who it is, that comes first; where the
    /// engine is to, it begins to listen. Says whether an agent was found.
    pub(super) fn receive(&mut self, id: AttemptId, mut answered: Answered) -> bool {
        if answered.call.is_screened() {
            // An earlier process was leaving them a message, and nobody knows how far that has come.
            self.end(id, Attempt::Answered(answered), Act::Screened);
            return false;
        }
        let detection = self.campaign(answered.call.request.campaign).rules.amd.as_ref();
        let detection = detection.map(|amd| amd.detection);
        match detection.filter(|_| !answered.call.is_interrupted) {
            Some(Detection::Gate { patience }) => {
                let leg = answered.call.request.leg();
                self.put(id, Attempt::Detecting(answered.detects(self.now + patience)));
                self.give(Purpose::Detect(id), |request| Command::Detect { request, leg });
                false
            }
            Some(Detection::Parallel(rules)) => {
                // Whoever keys were sent to was not to be heard until now.
                let heard_from = answered.call.times.answered.filter(|_| answered.keys().is_none());
                let at = heard_from.unwrap_or(self.now);
                let call = &mut answered.call;
                let mut judge = Box::new(Judge::new(rules, at, call.talks));
                if call.is_unheard && heard_from.is_some() {
                    judge.misses(at);
                }
                call.judge = Some(judge);
                self.serve(id, answered)
            }
            None => self.serve(id, answered),
        }
    }

    /// The PBX has come to a verdict. Whoever waited for none is under our command all the same.
    pub(super) fn judged(
        &mut self,
        id: AttemptId,
        attempt: Attempt,
        verdict: Verdict,
        cause: VerdictCause,
        silence: Span,
    ) {
        match attempt {
            Attempt::Detecting(detecting) => self.pass_gate(id, detecting, verdict, cause, silence),
            other => self.entered(id, other),
        }
    }

    /// The PBX has answered that it listens. Where it cannot, whoever has answered is taken for a person; where nobody
    /// knows, its verdict may still come.
    pub(super) fn detect_answered(&mut self, id: AttemptId, outcome: &Outcome) {
        let Outcome::Failed(failure) = outcome else { return };
        let Some(attempt) = self.take(id) else { return };
        match (attempt, failure) {
            (Attempt::Detecting(detecting), Failure::Gone) => {
                let leg = detecting.call.request.leg();
                self.put(id, Attempt::Detecting(detecting));
                self.look(leg);
            }
            (attempt, failure) if failure.leaves_it_open() => self.put(id, attempt),
            (Attempt::Detecting(detecting), _) => {
                self.pass_gate(id, detecting, Verdict::Human, VerdictCause::NotDetected, Span::ZERO);
            }
            (other, _) => self.put(id, other),
        }
    }

    /// The PBX has not come to a verdict in time.
    pub(super) fn no_verdict(&mut self, id: AttemptId, attempt: Attempt) {
        match attempt {
            Attempt::Detecting(detecting) => {
                self.pass_gate(id, detecting, Verdict::NotSure, VerdictCause::NoVerdict, Span::ZERO);
            }
            other => self.put(id, other),
        }
    }

    /// What follows from the PBX's verdict. The callee has been silent for so long.
    fn pass_gate(
        &mut self,
        id: AttemptId,
        mut detecting: Detecting,
        verdict: Verdict,
        cause: VerdictCause,
        silence: Span,
    ) {
        let campaign = detecting.call.request.campaign;
        let (amd, within) = (self.amd_of(campaign), self.campaign(campaign).rules.message_within);
        write_down(&mut detecting.call, &amd, verdict, cause, self.now);
        match amd.policies.of(verdict) {
            Policy::Connect => {
                self.tell_answer(&mut detecting.call);
                if self.serve(id, detecting.connects(silence, within, self.now)) {
                    self.note(id);
                }
            }
            Policy::HangUp => self.end(id, Attempt::Detecting(detecting), Act::Screened),
            Policy::Message => self.wait_for_silence(id, Attempt::Detecting(detecting), &amd),
        }
    }

    /// Talk is heard. Before the answer it is remembered, since nobody tells of it again.
    pub(super) fn talk_began(&mut self, id: AttemptId, mut attempt: Attempt) {
        match &mut attempt {
            Attempt::Leaving(leaving) => leaving.hears(None),
            other => {
                if let Some(call) = other.call_mut() {
                    call.talks = true;
                    if let Some(judge) = &mut call.judge {
                        judge.talk_began(self.now);
                    }
                }
            }
        }
        self.put(id, attempt);
    }

    /// Talk has given way to silence.
    pub(super) fn talk_ended(&mut self, id: AttemptId, mut attempt: Attempt, lasted: Span) {
        let quiet_since = self.quiet_since(&attempt);
        match &mut attempt {
            Attempt::Leaving(leaving) => leaving.hears(Some(quiet_since)),
            other => {
                if let Some(call) = other.call_mut() {
                    call.talks = false;
                    if let Some(judge) = &mut call.judge {
                        judge.talk_ended(self.now, lasted);
                    }
                }
            }
        }
        self.judge(id, attempt);
    }

    /// When the talk ended of whose end is told now.
    fn quiet_since(&self, attempt: &Attempt) -> Micros {
        let amd = self.campaign(attempt.campaign()).rules.amd.as_ref();
        self.now - amd.map_or(Span::ZERO, |amd| amd.ear().talk_silence)
    }

    /// What the judge has to say by now.
    pub(super) fn judge(&mut self, id: AttemptId, mut attempt: Attempt) {
        let now = self.now;
        let Some(call) = attempt.call_mut() else { return self.put(id, attempt) };
        let Some((verdict, cause)) = call.judge.as_ref().and_then(|judge| judge.verdict(now)) else {
            return self.put(id, attempt);
        };
        let (campaign, leg) = (call.request.campaign, call.request.leg());
        let amd = self.amd_of(campaign);
        write_down(call, &amd, verdict, cause, now);
        let policy = amd.policies.of(verdict);
        if let (true, Some(answered)) = (policy != Policy::Connect, call.times.answered) {
            self.tell_pacer(campaign, |pacer, _| pacer.was_a_machine(answered));
        }
        match policy {
            Policy::Connect => {
                call.judge = None;
                self.put(id, attempt);
                // They may talk for an hour before there is anything else to be noted.
                self.note(id);
                self.give(Purpose::Listen, |request| Command::StopListening { request, leg });
            }
            Policy::HangUp => {
                let call = self.take_agent_back(id, attempt);
                self.end(id, Attempt::Answered(Answered::alone(call, now)), Act::Screened);
            }
            Policy::Message => self.wait_for_silence(id, attempt, &amd),
        }
    }

    /// Nothing is told from now on, of talk neither: not that one ends of which the beginning was heard.
    pub(super) fn hears_no_talk(&mut self) {
        let is_heard = |(id, attempt): (AttemptId, &Attempt)| {
            attempt.call().is_some_and(|call| call.talks || call.judge.is_some()).then_some(id)
        };
        let ids: Vec<AttemptId> = self.calls.iter().filter_map(is_heard).collect();
        for id in ids {
            let mut attempt = self.take(id).expect("it was looked up just now");
            if let Some(call) = attempt.call_mut() {
                // Whoever talks before their answer may talk on beyond it, and nobody would tell.
                call.is_unheard |= core::mem::take(&mut call.talks);
                if let Some(judge) = &mut call.judge {
                    judge.misses(self.now);
                }
            }
            self.put(id, attempt);
        }
    }

    /// The agent is free again, without any work after the call; the callee is alone.
    fn take_agent_back(&mut self, id: AttemptId, attempt: Attempt) -> Box<Dossier> {
        match &attempt {
            Attempt::Talking(talking) if self.engaged_with(talking.agent) == Some(id) => {
                self.put_back_on_hold(talking.agent);
            }
            _ => self.part(&attempt),
        }
        attempt.into_call()
    }

    /// A message is to be left as soon as the machine is silent. Beside an agent its talk is told of already; after the
    /// gate that has to be asked for, and it is taken to be silent until it is heard.
    fn wait_for_silence(&mut self, id: AttemptId, attempt: Attempt, amd: &AmdRules) {
        let call = self.take_agent_back(id, attempt);
        let (leg, had_bridge) = (call.request.leg(), call.bridge);
        let quiet_since = match &call.judge {
            Some(judge) => judge.quiet_since(),
            None => Some(self.now),
        };
        let (is_listening, message) = (call.judge.is_some(), amd.message.as_ref());
        let message = message.expect("a policy that leaves a message has one, as checked");
        self.put(id, Attempt::Leaving(Leaving::new(call, quiet_since, message, self.now)));
        self.note(id);
        if had_bridge {
            self.drop_bridge(Bridge::Conversation(id));
        }
        if !is_listening {
            let JudgeRules { talk_silence: silence, talk_level: level, .. } = amd.ear();
            self.give(Purpose::Listen, |request| Command::Listen { request, leg, silence, level });
        }
    }

    /// The machine has been silent for long enough: the message.
    pub(super) fn leave_message(&mut self, id: AttemptId, mut leaving: Leaving) {
        let amd = self.amd_of(leaving.call.request.campaign);
        let leg = leaving.call.request.leg();
        leaving.begins(self.now);
        self.put(id, Attempt::Leaving(leaving));
        if let Some(media) = amd.message.as_ref().map(|message| message.sound.clone()) {
            self.give(Purpose::Play(id, 0), |request| Command::Play {
                request,
                attempt: id,
                nth: 0,
                leg,
                media,
            });
        }
    }

    /// The message has come to its end, or could not be played.
    pub(super) fn message_left(&mut self, id: AttemptId, mut leaving: Leaving, whole: bool) {
        if !leaving.plays() {
            return self.put(id, Attempt::Leaving(leaving));
        }
        if let Some(amd) = leaving.call.amd.as_mut().filter(|_| !whole) {
            amd.message_after_ms = None;
        }
        let act = if whole { Act::MessageLeft } else { Act::Screened };
        self.end(id, Attempt::Leaving(leaving), act);
    }

    /// Whoever was taken for a machine, and was not connected, may have been a person: a part of a drop.
    pub(super) fn doubt(&mut self, attempt: &mut Attempt, ending: &Ending) {
        if ending.result() != CallResult::Machine {
            return;
        }
        let Some(call) = attempt.call_mut() else { return };
        let campaign = call.request.campaign;
        let part = self.campaign(campaign).rules.amd.as_ref().map_or(Milli(0), |amd| amd.false_positives);
        if let Some(amd) = &mut call.amd {
            amd.drop_share = part.0;
        }
        let answered = call.times.answered.unwrap_or(self.now);
        self.tell_pacer(campaign, |pacer, now| pacer.doubted(answered, part, now));
    }

    fn amd_of(&self, campaign: CampaignId) -> Arc<AmdRules> {
        let amd = self.campaign(campaign).rules.amd.clone();
        amd.expect("only a campaign with rules for it detects machines")
    }
}

fn write_down(call: &mut Dossier, amd: &AmdRules, verdict: Verdict, cause: VerdictCause, now: Micros) {
    call.amd = Some(Box::new(amd.log(verdict, cause, call.times.answered, now)));
}
