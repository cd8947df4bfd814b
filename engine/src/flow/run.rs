//! One callee's way through a flow: what happens goes in, what is to be done comes out. It performs nothing.
//!
//! ```text
//! Saying ──→ next node               Asking ⇄ Collecting ──→ next node           Queued ──→ agent, or next node
//!    ├─────→ Recording ──→ next node     └──────┴── retries used up ──→ invalid, timeout
//!    ├─────→ Transferring ──→ next node
//!    └─────→ Conferring ──→ next node
//! every one of them ──→ Over: came to its end, hung up, no sound, a cap
//! ```
//!
//! # It ends
//! Each node that is entered counts against `most_steps`. At a node nothing is asked more than retries + 1 times, and
//! between two things that happen at most the flow's own deadline passes, which `most_time` sets once. Whatever is played or
//! recorded is stopped before anything else begins there, and at the end.

mod room;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::log::{FlowEnd, FlowLog, Step, StepOutcome};
use super::text::Known;
use super::{
    Ask, CallFlow, ConferenceEnd, ConferenceRules, Meanwhile, Node, NodeKind, Target, TransferEnd,
    TransferRules,
};
use crate::words::{Key, Micros, Span};

/// How long the end of a leg may be on its way when a sound came to a sudden end: that is what a hang-up looks like, too.
const LAST_WORD: Span = Span::millis(500);

/// How much longer than it may be a recording is waited for.
const RECORDING_LATE: Span = Span::secs(5);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The callee is there.
    Started,
    /// A key was pressed.
    Pressed(Key),
    /// A sound has come to its end; `whole` is false where it could not be played.
    Played {
        /// Which playback of the call.
        nth: u16,
        /// Whether it was played.
        whole: bool,
    },
    /// A recording has come to its end; `whole` is false where there is none.
    Recorded {
        /// Which recording of the call.
        nth: u16,
        /// Whether there is one.
        whole: bool,
        /// How long it is, where that is known.
        length: Option<Span>,
    },
    /// Nobody can tell whether a recording has come to its end.
    RecordingLost {
        /// Which recording of the call.
        nth: u16,
    },
    /// What was waited for has not come; [`Run::due`] said when to look.
    Woke,
    /// No agent came in time.
    NobodyCame,
    /// Callee and agent talk.
    AgentJoined,
    /// The callee was put through, or not, and is with the flow again.
    TransferOver(TransferEnd),
    /// The callee is in the room.
    RoomEntered,
    /// The callee is in no room any more, or could not be, and is with the flow again.
    RoomLeft(ConferenceEnd),
    /// Nobody knows what has happened of late: the end of a sound or of a recording may have been missed.
    Gap,
    /// The call is over.
    HungUp,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Play sounds, separated by commas; the number names the playback in this call.
    Play {
        /// Which playback of the call, from 1.
        nth: u16,
        /// The sounds.
        media: String,
    },
    /// Stop a playback.
    StopPlaying {
        /// Which.
        nth: u16,
    },
    /// Record the callee; the number names the recording in this call.
    Record {
        /// Which recording of the call, from 1.
        nth: u16,
        /// The longest it may be.
        longest: Span,
        /// The silence that ends it.
        silence: Span,
        /// Whether a beep tells where it begins.
        beep: bool,
    },
    /// Stop a recording and keep it.
    StopRecording {
        /// Which.
        nth: u16,
    },
    /// Find out whether a recording has come to its end, and tell the flow.
    FindRecording {
        /// Which.
        nth: u16,
    },
    /// Bar the callee's number.
    OptOut,
    /// Send a text to the callee's number; the number names it in this call.
    Text {
        /// Which text of the call, from 1.
        nth: u16,
        /// The text.
        text: String,
    },
    /// Find an agent within that time.
    Queue {
        /// How long.
        wait: Span,
        /// What the callee hears until then.
        meanwhile: Meanwhile,
    },
    /// Call somebody and put the callee through to them. However that goes, it comes to an end of which the flow is told.
    Transfer(Arc<TransferRules>),
    /// Let the callee into a room. However that goes, it comes to an end of which the flow is told.
    EnterRoom(ConferenceRules),
    /// Take the callee out of the room; it is over for that reason, unless it was over before.
    LeaveRoom(ConferenceEnd),
    /// Hang up: the flow is over.
    End(FlowEnd),
}

/// A callee on their way.
#[derive(Debug, Clone)]
pub struct Run {
    flow: Arc<CallFlow>,
    /// What its texts are filled with.
    known: Known,
    /// Which node it is at.
    at: usize,
    /// When it came there.
    since: Micros,
    stage: Stage,
    /// When what is waited for at this stage will not come any more.
    due: Option<Micros>,
    /// When the flow is over whatever happens.
    until: Micros,
    /// Sounds played, recordings made and texts sent so far; each number names one.
    sounds: u16,
    recordings: u16,
    texts: u16,
    /// Whether the last sound may still be heard, and whether the last recording may still run.
    is_playing: bool,
    is_recording: bool,
    /// The last sound.
    media: String,
    /// The keys of the answer that is being given, or was given last at this node.
    keys: String,
    visits: Vec<u32>,
    complete: bool,
    passed: Vec<Passed>,
}

/// A node that the call has passed, or ended in.
#[derive(Debug, Clone)]
struct Passed {
    node: usize,
    at: Micros,
    outcome: StepOutcome,
    keys: String,
    /// Which recording was made here.
    recording: Option<u16>,
    recorded: Option<Span>,
    /// How long they were in a room.
    stayed: Option<Span>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody is there yet.
    Ready,
    /// Something is said that is no question.
    Saying,
    /// The question is said, for the `tries`th time.
    Asking {
        tries: u32,
    },
    /// It was said or broken into; keys come.
    Collecting {
        tries: u32,
    },
    Recording,
    /// An agent is waited for.
    Queued {
        since: Micros,
    },
    /// Somebody else is called, or talks to the callee.
    Transferring {
        since: Micros,
    },
    /// In a room since they `entered` it, on the way into it before, and on the way out once they are to leave.
    Conferring {
        since: Micros,
        entered: Option<Micros>,
        leaves: bool,
    },
    /// The sound broke off. Either the call is over, as will be heard at once, or the sound cannot be played.
    Broken,
    Over(FlowEnd),
}

impl Run {
    /// Before the first node.
    #[must_use]
    pub fn new(flow: Arc<CallFlow>, known: Known, now: Micros) -> Self {
        Self {
            at: 0,
            since: now,
            stage: Stage::Ready,
            due: None,
            until: now + flow.most_time,
            sounds: 0,
            recordings: 0,
            texts: 0,
            is_playing: false,
            media: String::new(),
            is_recording: false,
            keys: String::new(),
            visits: alloc::vec![0; flow.nodes.len()],
            complete: false,
            passed: Vec::new(),
            known,
            flow,
        }
    }

    /// When to send [`Input::Woke`] at the latest; `None` while the callee is in the hands of others, but for how long they may
    /// stay in a room, and after the end.
    #[must_use]
    pub fn due(&self) -> Option<Micros> {
        match self.stage {
            Stage::Queued { .. } | Stage::Transferring { .. } | Stage::Over(_) => None,
            Stage::Conferring { .. } => self.due,
            Stage::Ready
            | Stage::Saying
            | Stage::Asking { .. }
            | Stage::Collecting { .. }
            | Stage::Recording
            | Stage::Broken => Some(self.due.map_or(self.until, |due| Ord::min(due, self.until))),
        }
    }

    /// The last answer that did at a node of that name.
    fn answer(&self, node: &str) -> Option<&str> {
        let is_it = |passed: &&Passed| {
            passed.outcome == StepOutcome::Answered && self.flow.nodes[passed.node].name == node
        };
        self.passed.iter().rev().find(is_it).map(|passed| passed.keys.as_str())
    }

    /// Whether it has come to its aim so far.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Takes in what happened at `now`; gives what is to be done, in order. What comes late or twice changes nothing.
    pub fn step(&mut self, now: Micros, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        let flow = Arc::clone(&self.flow);
        let mut walk = Walk { run: self, flow: &flow, now, actions: &mut actions };
        walk.hear(input);
        actions
    }

    /// How much of it there is to be kept: it grows with each node that is passed and with each recording that begins.
    pub(crate) fn length(&self) -> usize {
        self.passed.len() + usize::from(self.recordings)
    }

    /// What is on record of it if nobody hears any more of the call; `recording` names the recordings of this call.
    pub(crate) fn log_so_far(&self, now: Micros, recording: impl Fn(u16) -> String) -> FlowLog {
        let mut cut = self.clone();
        cut.step(now, Input::HungUp);
        cut.log(recording)
    }

    /// What is on record of it, once it is over; `recording` names the recordings of this call.
    #[must_use]
    pub fn log(self, recording: impl Fn(u16) -> String) -> FlowLog {
        let end = if let Stage::Over(end) = self.stage { end } else { FlowEnd::HungUp };
        let CallFlow { name, edition, nodes, .. } = &*self.flow;
        let step = |passed: Passed| Step {
            node: nodes[passed.node].name.clone(),
            at: passed.at,
            outcome: passed.outcome,
            keys: passed.keys,
            recording: passed.recording.map(&recording),
            recorded_ms: passed.recorded.map(|length| length.0 / 1_000),
            stayed_ms: passed.stayed.map(|stay| stay.0 / 1_000),
        };
        FlowLog {
            flow: name.clone(),
            edition: edition.clone(),
            end,
            complete: self.complete,
            steps: self.passed.into_iter().map(step).collect(),
        }
    }
}

/// One step of a run.
struct Walk<'a> {
    run: &'a mut Run,
    flow: &'a CallFlow,
    now: Micros,
    actions: &'a mut Vec<Action>,
}

impl Walk<'_> {
    fn hear(&mut self, input: Input) {
        match (input, self.run.stage) {
            (_, Stage::Over(_)) => {}
            (Input::HungUp, _) => self.end(FlowEnd::HungUp),
            (Input::Started, Stage::Ready) => self.enter(0),
            (Input::Played { nth, whole }, Stage::Saying | Stage::Asking { .. })
                if nth == self.run.sounds =>
            {
                self.run.is_playing = false;
                self.played(whole);
            }
            (Input::Gap, Stage::Saying | Stage::Asking { .. }) if self.run.is_playing => self.play_again(),
            (Input::Gap, Stage::Recording) => {
                self.actions.push(Action::FindRecording { nth: self.run.recordings });
            }
            (Input::RecordingLost { nth }, Stage::Recording) if nth == self.run.recordings => {
                self.stop_recording();
            }
            (Input::Pressed(key), Stage::Asking { tries }) => self.barge_in(tries, key),
            (Input::Pressed(key), Stage::Collecting { tries }) => self.take(tries, key),
            (Input::Pressed(Key::POUND), Stage::Recording) => self.stop_recording(),
            (Input::Recorded { nth, whole, length }, Stage::Recording) if nth == self.run.recordings => {
                self.recorded(whole, length);
            }
            (Input::Woke, Stage::Queued { .. } | Stage::Transferring { .. }) => {}
            (_, Stage::Conferring { .. }) => self.hear_in_room(input),
            (Input::Woke, stage) if self.now >= self.run.until => self.too_long(stage),
            (Input::Woke, stage) if self.run.due.is_some_and(|due| due <= self.now) => self.waited(stage),
            (Input::NobodyCame, Stage::Queued { since }) => self.nobody_came(since),
            (Input::TransferOver(end), Stage::Transferring { since }) => self.transferred(since, end),
            (Input::AgentJoined, Stage::Queued { .. }) => {
                self.leave(StepOutcome::Agent);
                self.reach(FlowEnd::Agent);
            }
            (
                Input::Started
                | Input::Played { .. }
                | Input::Pressed(_)
                | Input::Recorded { .. }
                | Input::RecordingLost { .. }
                | Input::Woke
                | Input::NobodyCame
                | Input::AgentJoined
                | Input::TransferOver(_)
                | Input::RoomEntered
                | Input::RoomLeft(_)
                | Input::Gap,
                _,
            ) => {}
        }
    }

    fn node(&self) -> &Node {
        &self.flow.nodes[self.run.at]
    }

    fn enter(&mut self, index: usize) {
        let run = &mut *self.run;
        (run.at, run.since, run.due) = (index, self.now, None);
        run.keys.clear();
        run.visits[index] += 1;
        let passed = u32::try_from(run.passed.len()).unwrap_or(u32::MAX);
        if passed >= self.flow.most_steps {
            return self.end(FlowEnd::TooManySteps);
        }
        if self.run.visits[index] > self.node().most_visits {
            return self.end(FlowEnd::TooManyVisits);
        }
        self.run.stage = Stage::Saying;
        match &self.flow.nodes[index].kind {
            NodeKind::Menu { ask, .. } | NodeKind::Rating { ask, .. } | NodeKind::Digits { ask, .. } => {
                self.ask(ask, 1);
            }
            NodeKind::Say { .. } => self.speak(),
            NodeKind::Sms { .. } => self.text(),
            NodeKind::DoNotCall { sounds, .. } => {
                self.actions.push(Action::OptOut);
                self.say(sounds);
            }
            NodeKind::Play { sounds, .. }
            | NodeKind::Record { sounds, .. }
            | NodeKind::Queue { sounds, .. }
            | NodeKind::Transfer { sounds, .. }
            | NodeKind::Conference { sounds, .. }
            | NodeKind::HangUp { sounds } => self.say(sounds),
        }
    }

    /// Says with the PBX's own sounds what is known by now, all of it or nothing.
    fn speak(&mut self) {
        let flow = self.flow;
        let NodeKind::Say { parts, missing, .. } = &flow.nodes[self.run.at].kind else {
            unreachable!("only a node that says something says it");
        };
        match self.run.known.speak(parts, |node| self.run.answer(node)) {
            Some(media) => self.play(&media),
            None => self.go(StepOutcome::Missing, missing),
        }
    }

    fn text(&mut self) {
        let flow = self.flow;
        let NodeKind::Sms { text, next } = &flow.nodes[self.run.at].kind else {
            unreachable!("only a node that sends a text has one");
        };
        let text = self.run.known.fill(text, |node| self.run.answer(node));
        self.run.texts += 1;
        self.actions.push(Action::Text { nth: self.run.texts, text });
        self.go(StepOutcome::Texted, next);
    }

    /// Says what there is to say; where there is nothing, it has been said.
    fn say(&mut self, sounds: &[String]) {
        if sounds.is_empty() { self.said() } else { self.play(sounds) }
    }

    fn play(&mut self, sounds: &[String]) {
        assert!(
            !self.run.is_playing && !self.run.is_recording,
            "nothing else goes on where something is said"
        );
        self.run.sounds += 1;
        (self.run.is_playing, self.run.due) = (true, None);
        self.run.media = sounds.join(",");
        self.actions.push(Action::Play { nth: self.run.sounds, media: self.run.media.clone() });
    }

    /// Nobody knows whether it goes on still or has been heard to its end: better twice than not.
    fn play_again(&mut self) {
        self.stop();
        let media = core::mem::take(&mut self.run.media);
        self.play(&[media]);
    }

    fn ask(&mut self, ask: &Ask, tries: u32) {
        self.run.stage = Stage::Asking { tries };
        self.run.keys.clear();
        if tries == 1 {
            return self.play(&ask.sounds);
        }
        let again: Vec<String> = ask.again.iter().chain(&ask.sounds).cloned().collect();
        self.play(&again);
    }

    fn played(&mut self, whole: bool) {
        match self.run.stage {
            _ if !whole => {
                self.run.stage = Stage::Broken;
                self.run.due = Some(self.now + LAST_WORD);
            }
            Stage::Asking { tries } => {
                let first_key = self.question().map(|ask| ask.first_key);
                self.run.stage = Stage::Collecting { tries };
                self.run.due = first_key.map(|wait| self.now + wait);
            }
            Stage::Ready
            | Stage::Saying
            | Stage::Collecting { .. }
            | Stage::Recording
            | Stage::Queued { .. }
            | Stage::Transferring { .. }
            | Stage::Conferring { .. }
            | Stage::Broken
            | Stage::Over(_) => self.said(),
        }
    }

    /// What comes after the sounds of a node that asks nothing.
    fn said(&mut self) {
        match &self.flow.nodes[self.run.at].kind {
            NodeKind::Play { next, .. } | NodeKind::Say { next, .. } => self.go(StepOutcome::Said, next),
            NodeKind::DoNotCall { next, .. } => self.go(StepOutcome::OptedOut, next),
            NodeKind::HangUp { .. } => self.go(StepOutcome::Said, &Target::HangUp),
            NodeKind::Record { longest, silence, beep, .. } => {
                self.run.recordings += 1;
                (self.run.stage, self.run.is_recording) = (Stage::Recording, true);
                self.run.due = Some(self.now + *longest + RECORDING_LATE);
                let (nth, longest, silence, beep) = (self.run.recordings, *longest, *silence, *beep);
                self.actions.push(Action::Record { nth, longest, silence, beep });
            }
            NodeKind::Queue { wait, meanwhile, .. } => {
                self.run.stage = Stage::Queued { since: self.now };
                self.actions.push(Action::Queue { wait: *wait, meanwhile: *meanwhile });
            }
            NodeKind::Transfer { rules, .. } => {
                self.run.stage = Stage::Transferring { since: self.now };
                self.actions.push(Action::Transfer(Arc::clone(rules)));
            }
            NodeKind::Conference { rules, .. } => {
                self.run.stage = Stage::Conferring { since: self.now, entered: None, leaves: false };
                self.actions.push(Action::EnterRoom(*rules));
            }
            NodeKind::Menu { .. } | NodeKind::Rating { .. } | NodeKind::Digits { .. } => {
                unreachable!("a question is asked, not said")
            }
            NodeKind::Sms { .. } => unreachable!("a text is sent, not said"),
        }
    }

    fn question(&self) -> Option<&Ask> {
        match &self.node().kind {
            NodeKind::Menu { ask, .. } | NodeKind::Rating { ask, .. } | NodeKind::Digits { ask, .. } => {
                Some(ask)
            }
            NodeKind::Play { .. }
            | NodeKind::Say { .. }
            | NodeKind::Sms { .. }
            | NodeKind::Record { .. }
            | NodeKind::DoNotCall { .. }
            | NodeKind::Queue { .. }
            | NodeKind::Transfer { .. }
            | NodeKind::Conference { .. }
            | NodeKind::HangUp { .. } => None,
        }
    }

    /// A key while the question is said.
    fn barge_in(&mut self, tries: u32, key: Key) {
        if self.question().is_some_and(|ask| ask.barge_in) {
            self.stop();
            self.run.stage = Stage::Collecting { tries };
            self.take(tries, key);
        }
    }

    /// One more key of an answer.
    fn take(&mut self, tries: u32, key: Key) {
        let flow = self.flow;
        match &flow.nodes[self.run.at].kind {
            NodeKind::Menu { keys, .. } => {
                self.run.keys.push(key.into());
                match keys.iter().find(|(wanted, _)| *wanted == key) {
                    Some((_, target)) => self.go(StepOutcome::Answered, target),
                    None => self.not_answered(tries, StepOutcome::Invalid),
                }
            }
            NodeKind::Rating { best, .. } => self.take_digit(tries, key, best.ilog10() + 1),
            NodeKind::Digits { most, .. } => self.take_digit(tries, key, *most),
            NodeKind::Play { .. }
            | NodeKind::Say { .. }
            | NodeKind::Sms { .. }
            | NodeKind::Record { .. }
            | NodeKind::DoNotCall { .. }
            | NodeKind::Queue { .. }
            | NodeKind::Transfer { .. }
            | NodeKind::Conference { .. }
            | NodeKind::HangUp { .. } => unreachable!("only questions collect keys"),
        }
    }

    /// One more digit of an answer of at most so many; `#` ends it, and no other key belongs in it.
    fn take_digit(&mut self, tries: u32, key: Key, most: u32) {
        if key == Key::POUND {
            return self.given(tries);
        }
        self.run.keys.push(key.into());
        if key.digit().is_none() {
            return self.not_answered(tries, StepOutcome::Invalid);
        }
        if self.digits() >= most {
            return self.given(tries);
        }
        let next_key = self.question().map(|ask| ask.next_key);
        self.run.due = next_key.map(|wait| self.now + wait);
    }

    fn digits(&self) -> u32 {
        u32::try_from(self.run.keys.len()).unwrap_or(u32::MAX)
    }

    /// An answer is complete: does it do?
    fn given(&mut self, tries: u32) {
        let flow = self.flow;
        let (does, next) = match &flow.nodes[self.run.at].kind {
            NodeKind::Rating { best, next, .. } => {
                let mark: Option<u32> = self.run.keys.parse().ok();
                (mark.is_some_and(|mark| (1..=*best).contains(&mark)), next)
            }
            NodeKind::Digits { least, next, .. } => (self.digits() >= *least, next),
            NodeKind::Menu { .. }
            | NodeKind::Play { .. }
            | NodeKind::Say { .. }
            | NodeKind::Sms { .. }
            | NodeKind::Record { .. }
            | NodeKind::DoNotCall { .. }
            | NodeKind::Queue { .. }
            | NodeKind::Transfer { .. }
            | NodeKind::Conference { .. }
            | NodeKind::HangUp { .. } => unreachable!("only ratings and digits have answers of several keys"),
        };
        if does {
            self.go(StepOutcome::Answered, next)
        } else {
            self.not_answered(tries, StepOutcome::Invalid)
        }
    }

    /// Asks again, or takes the way that is meant for this.
    fn not_answered(&mut self, tries: u32, why: StepOutcome) {
        let flow = self.flow;
        let (NodeKind::Menu { ask, .. } | NodeKind::Rating { ask, .. } | NodeKind::Digits { ask, .. }) =
            &flow.nodes[self.run.at].kind
        else {
            unreachable!("only questions go unanswered");
        };
        if tries <= ask.retries {
            return self.ask(ask, tries + 1);
        }
        let target = if why == StepOutcome::Timeout { &ask.timeout } else { &ask.invalid };
        self.go(why, target);
    }

    /// What a stage waited for has not come.
    fn waited(&mut self, stage: Stage) {
        match stage {
            Stage::Collecting { tries } if self.run.keys.is_empty() => {
                self.not_answered(tries, StepOutcome::Timeout);
            }
            Stage::Collecting { tries } => self.given(tries),
            Stage::Recording => {
                self.stop();
                self.recorded(false, None);
            }
            Stage::Broken => self.end(FlowEnd::NoSound),
            Stage::Ready | Stage::Saying | Stage::Asking { .. } => {}
            Stage::Queued { .. } | Stage::Transferring { .. } => {}
            Stage::Conferring { .. } | Stage::Over(_) => {}
        }
    }

    /// The flow's own time is up. A sound that broke off is still what ended it.
    fn too_long(&mut self, stage: Stage) {
        self.end(if stage == Stage::Broken { FlowEnd::NoSound } else { FlowEnd::TooLong });
    }

    /// The recording is to end; that it has ended is told, or not in time.
    fn stop_recording(&mut self) {
        self.actions.push(Action::StopRecording { nth: self.run.recordings });
        self.run.due = Some(self.now + RECORDING_LATE);
    }

    fn recorded(&mut self, whole: bool, length: Option<Span>) {
        self.run.is_recording = false;
        let flow = self.flow;
        let NodeKind::Record { next, failed, .. } = &flow.nodes[self.run.at].kind else {
            unreachable!("only a node that records waits for a recording");
        };
        if !whole {
            return self.go(StepOutcome::NotRecorded, failed);
        }
        self.leave(StepOutcome::Recorded);
        let left = self.run.passed.last_mut().expect("it was left just now");
        (left.recording, left.recorded) = (Some(self.run.recordings), length);
        self.follow(next);
    }

    /// The time that the callee was in the hands of others is none of the flow's.
    fn comes_back(&mut self, since: Micros) {
        self.run.until = self.run.until + self.now.since(since);
    }

    fn transferred(&mut self, since: Micros, end: TransferEnd) {
        self.comes_back(since);
        let flow = self.flow;
        let NodeKind::Transfer { ways, .. } = &flow.nodes[self.run.at].kind else {
            unreachable!("only a transfer puts anybody through");
        };
        self.go(end.into(), ways.of(end));
    }

    fn nobody_came(&mut self, since: Micros) {
        self.comes_back(since);
        let flow = self.flow;
        let NodeKind::Queue { nobody, .. } = &flow.nodes[self.run.at].kind else {
            unreachable!("only a queue waits for an agent");
        };
        self.go(StepOutcome::Nobody, nobody);
    }

    /// Leaves the node and goes where that leads.
    fn go(&mut self, outcome: StepOutcome, target: &Target) {
        self.leave(outcome);
        self.follow(target);
    }

    fn follow(&mut self, target: &Target) {
        match target {
            Target::HangUp => self.end(FlowEnd::Done),
            Target::Node(name) => {
                let next = self.flow.position(name).expect("a flow with faults goes into no engine");
                self.enter(next);
            }
        }
    }

    fn leave(&mut self, outcome: StepOutcome) {
        let node = &self.flow.nodes[self.run.at];
        let entered = if let Stage::Conferring { entered, .. } = self.run.stage { entered } else { None };
        self.run.complete |= node.completes && outcome.is_as_hoped();
        self.run.passed.push(Passed {
            node: self.run.at,
            at: self.run.since,
            outcome,
            keys: core::mem::take(&mut self.run.keys),
            recording: None,
            recorded: None,
            stayed: entered.map(|entered| self.now.since(entered)),
        });
    }

    /// Stops what sounds and what records.
    fn stop(&mut self) {
        if core::mem::take(&mut self.run.is_playing) {
            self.actions.push(Action::StopPlaying { nth: self.run.sounds });
        }
        if core::mem::take(&mut self.run.is_recording) {
            self.actions.push(Action::StopRecording { nth: self.run.recordings });
        }
    }

    /// An end that was reached and not only suffered: where no node is the aim, this is.
    fn reach(&mut self, end: FlowEnd) {
        let has_aim = self.flow.nodes.iter().any(|node| node.completes);
        self.run.complete |= !has_aim;
        self.run.stage = Stage::Over(end);
    }

    /// The end: where the call ended in a node, that is a step, too.
    fn end(&mut self, end: FlowEnd) {
        // What was recorded until then is kept.
        let cut = self.run.is_recording.then_some(self.run.recordings);
        self.stop();
        match end {
            FlowEnd::Done | FlowEnd::Agent => self.reach(end),
            FlowEnd::HungUp | FlowEnd::NoSound | FlowEnd::TooLong => {
                let waits = matches!(self.run.stage, Stage::Queued { .. });
                self.leave(if waits { StepOutcome::HungUpWaiting } else { StepOutcome::Cut });
                self.run.passed.last_mut().expect("it was left just now").recording = cut;
            }
            FlowEnd::TooManySteps | FlowEnd::TooManyVisits => {}
        }
        (self.run.stage, self.run.due) = (Stage::Over(end), None);
        self.actions.push(Action::End(end));
    }
}
