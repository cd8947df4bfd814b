//! An answered callee in a call flow: what happens is told to their [`Run`](crate::flow::Run), and what that asks for is
//! done.

use alloc::sync::Arc;

use super::Engine;
use crate::call::{Act, Answered, Attempt};
use crate::event::{Failure, Outcome};
use crate::flow::{Action, CallFlow, FlowEnd, Input};
use crate::pending::{OptOut, Purpose};
use crate::words::{AttemptId, CampaignId};
use crate::{Command, TextMessage};

impl Engine {
    /// The callee is taken to the first node; one whose way was lost with an earlier process is let go.
    pub(super) fn enter_flow(&mut self, id: AttemptId, answered: Answered, flow: Arc<CallFlow>) {
        if answered.call.is_interrupted {
            return self.end(id, Attempt::Flowing(answered.was_led(flow, self.now)), Act::FlowLost);
        }
        self.flow_hears(id, Attempt::Flowing(answered.enters(flow, self.now)), Input::Started);
    }

    /// Something happened that a flow may wait for. A callee who is in none is not concerned. What a later process could not find
    /// out is noted: that they have passed a node, with what they have answered there, and that they are being recorded.
    pub(super) fn flow_hears(&mut self, id: AttemptId, attempt: Attempt, input: Input) {
        let Attempt::Flowing(mut flowing) = attempt else { return self.put(id, attempt) };
        let (actions, is_to_be_kept) = flowing.hears(self.now, input);
        self.put(id, Attempt::Flowing(flowing));
        if is_to_be_kept {
            self.note(id);
        }
        for action in actions {
            self.do_for_flow(id, action);
        }
    }

    fn do_for_flow(&mut self, id: AttemptId, action: Action) {
        let attempt = id;
        let call = self.calls.get(id).and_then(Attempt::call).expect("a flow asks for nothing after its end");
        let (leg, number, campaign) = (call.request.leg(), call.request.number, call.request.campaign);
        match action {
            Action::Play { nth, media } => {
                self.give(Purpose::Play(id, nth), |request| Command::Play {
                    request,
                    attempt,
                    nth,
                    leg,
                    media,
                });
            }
            Action::StopPlaying { nth } => {
                self.give(Purpose::StopPlaying, |request| Command::StopPlaying { request, attempt, nth });
            }
            Action::Record { nth, longest, silence, beep } => {
                self.give(Purpose::StartRecording(id, nth), |request| Command::StartRecording {
                    request,
                    attempt,
                    nth,
                    leg,
                    longest,
                    silence,
                    beep,
                });
            }
            Action::StopRecording { nth } => {
                self.give(Purpose::StopRecording, |request| Command::StopRecording { request, attempt, nth });
            }
            Action::FindRecording { nth } => self.find_recording(id, nth),
            Action::OptOut => self.opt_out(campaign, (number, None)),
            Action::Text { nth, text } => {
                let lead = call.request.lead;
                self.send_text(Arc::new(TextMessage { attempt, nth, campaign, lead, number, text }));
            }
            Action::Queue { wait, meanwhile } => self.queue_for_agent(id, wait, meanwhile),
            Action::Transfer(rules) => self.put_through(id, rules),
            Action::EnterRoom(rules) => self.enter_room(id, rules),
            Action::LeaveRoom(end) => self.leave_room(id, end),
            Action::End(end) => self.end_flow(id, end),
        }
    }

    /// The PBX has answered that it records, or why it does not. Where nobody can tell, it is asked what it has.
    pub(super) fn recording_answered(&mut self, id: AttemptId, nth: u16, outcome: &Outcome) {
        let Outcome::Failed(failure) = outcome else { return };
        let Some(attempt) = self.take(id) else { return };
        if failure.leaves_it_open() && matches!(attempt, Attempt::Flowing(_)) {
            self.put(id, attempt);
            return self.find_recording(id, nth);
        }
        self.flow_hears(id, attempt, Input::Recorded { nth, whole: false, length: None });
    }

    /// The end of a recording may have been missed. One that may not have begun yet is not looked for.
    fn find_recording(&mut self, attempt: AttemptId, nth: u16) {
        if !self.pending.is_open(&Purpose::StartRecording(attempt, nth)) {
            let purpose = Purpose::FindRecording(attempt, nth);
            self.give(purpose, |request| Command::FindRecording { request, attempt, nth });
        }
    }

    /// The PBX has answered whether a recording has come to its end. How long it is, is not told any more.
    pub(super) fn recording_found(&mut self, id: AttemptId, nth: u16, outcome: &Outcome) {
        let input = match outcome {
            Outcome::Done => Input::Recorded { nth, whole: true, length: None },
            Outcome::Failed(Failure::Gone) => Input::Recorded { nth, whole: false, length: None },
            // Its end will be told.
            Outcome::Failed(Failure::WrongState) => return,
            Outcome::Failed(_)
            | Outcome::Refused(_)
            | Outcome::Fetched { .. }
            | Outcome::Surveyed { .. }
            | Outcome::Looked(_) => Input::RecordingLost { nth },
        };
        if let Some(attempt) = self.take(id) {
            self.flow_hears(id, attempt, input);
        }
    }

    fn end_flow(&mut self, id: AttemptId, end: FlowEnd) {
        let act = if end == FlowEnd::NoSound { Act::NoSound } else { Act::FlowOver };
        if let Some(attempt) = self.take(id) {
            self.end(id, attempt, act);
        }
    }

    /// Nobody of the house, or of the campaign where it goes on a list of its own, dials this number any more, from this very moment
    /// on; the database is told, and again until it knows.
    pub(super) fn opt_out(&mut self, campaign: CampaignId, opt_out: OptOut) {
        let (number, list) = &opt_out;
        self.bar_on(list.as_deref(), campaign, *number);
        self.calls.bar(*number);
        self.write_opt_out(opt_out);
    }

    /// Whoever is told of such things is told, and again until that is written down.
    pub(super) fn send_text(&mut self, text: Arc<TextMessage>) {
        let purpose = Purpose::SendText(Arc::clone(&text));
        self.give(purpose, |request| Command::SendText { request, text });
    }

    pub(super) fn write_opt_out(&mut self, opt_out: OptOut) {
        let (number, list) = opt_out.clone();
        self.give(Purpose::OptOut(opt_out), |request| Command::OptOut { request, number, list });
    }
}
