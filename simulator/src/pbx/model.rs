//! The PBX itself: one value that takes requests and time, and gives replies and events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value;

use super::application::{App, SessionId};
use super::bridge::Bridge;
use super::callee::Signal;
use super::channel::{Channel, Leg};
use super::clock::{SECOND, micros};
use super::config::Config;
use super::far_end::{Invite, Side};
use super::fault::{Armed, EventFate, Fault, RequestFate, TrunkConduct};
use super::playback::{Playback, PlaybackKey};
use super::recording::{Recording, RecordingKey};
use super::request::{Reply, Request};
use super::schedule::Schedule;
use super::snoop::{Snoop, SnoopKey};
use super::talk::Talk;

/// Something for an event socket.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The socket.
    pub session: SessionId,
    /// Whether it has to be on the wire before a reply.
    pub order: Order,
    /// What it is.
    pub content: Content,
}

/// Where something outgoing stands relative to the reply of the latest [`Pbx::handle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Caused by that request, and sent before its reply.
    BeforeReply,
    /// Bound to no request.
    Free,
}

/// What goes out on an event socket.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// An event, complete with `application` and `timestamp`.
    Event(Value),
    /// The socket breaks, without a closing handshake. The session is over.
    Close,
}

/// How a request is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Served {
    /// At once.
    Now(Reply),
    /// Once it is carried out, by [`Pbx::poll_reply`].
    Later(Ticket),
    /// No reply ever comes: the PBX is silent or down (and has not carried it out), or [`Fault::LoseReply`] hit (and it has, or will).
    Never,
}

/// A request that is answered later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// A request that is answered once all of these channels' threads have done their part.
#[derive(Debug, Clone)]
struct Wait {
    ticket: Ticket,
    legs: Vec<Leg>,
}

/// What the PBX will do later.
#[derive(Debug, Clone)]
pub(super) enum Task {
    AnnounceDial(Leg),
    Signal(Leg, Signal),
    RingTimeout(Leg),
    AbsoluteTimeout(Leg),
    EnterStasis(Leg, Vec<String>),
    LosePatience(Leg),
    Bye(Leg),
    Press(Leg, char),
    AmdVerdict(Leg),
    Talk(Leg, u64, Talk),
    EnterBridge(Leg, String),
    StartPlayback(PlaybackKey),
    FinishPlayback(PlaybackKey),
    FinishRecording(RecordingKey),
    EnterSnoop(SnoopKey),
    Teardown(Leg),
    Deliver(Outgoing),
    ReleaseHeld,
    Speak,
}

/// A simulated Asterisk, driven from outside: [`Pbx::handle`] and [`Pbx::connect`] put something in, then
/// [`Pbx::poll_event`] is drained, and [`Pbx::handle_timeout`] is due at [`Pbx::poll_timeout`].
///
/// All times are microseconds of one clock that starts where the caller likes and never runs back. Equal
/// configuration, seed and input give equal output, byte for byte.
#[derive(Debug, Clone)]
pub struct Pbx {
    pub(super) config: Config,
    pub(super) seed: u64,
    dice: ChaCha8Rng,
    pub(super) now: u64,
    started_at: u64,
    serial: u64,
    pub(super) in_request: bool,
    pub(super) tasks: Schedule<Task>,
    outbox: VecDeque<Outgoing>,
    pub(super) sessions: BTreeSet<SessionId>,
    pub(super) apps: BTreeMap<String, App>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) bridges: BTreeMap<String, Bridge>,
    pub(super) playbacks: BTreeMap<String, Playback>,
    /// Those that are made, and those that are stored, which survive restarts.
    pub(super) recordings: BTreeMap<String, Recording>,
    /// Channels that listen to others.
    pub(super) snoops: BTreeMap<String, Snoop>,
    pub(super) invites: Vec<Invite>,
    /// How often each number was called: the people behind it may answer a retry otherwise.
    pub(super) attempts: BTreeMap<String, u64>,
    pub(super) trunks: BTreeMap<String, TrunkConduct>,
    armed: Armed,
    held: Option<Outgoing>,
    silent_until: Option<u64>,
    muffled: Vec<Outgoing>,
    /// Whether the request that is being carried out is answered later.
    is_put_off: Option<Ticket>,
    waits: Vec<Wait>,
    late: VecDeque<(Ticket, Reply)>,
}

impl Pbx {
    /// A PBX without a call, at time 0.
    pub fn new(config: Config, seed: u64) -> Self {
        Self {
            config,
            seed,
            dice: ChaCha8Rng::seed_from_u64(seed),
            now: 0,
            started_at: 0,
            serial: 0,
            in_request: false,
            tasks: Schedule::new(),
            outbox: VecDeque::new(),
            sessions: BTreeSet::new(),
            apps: BTreeMap::new(),
            channels: BTreeMap::new(),
            bridges: BTreeMap::new(),
            playbacks: BTreeMap::new(),
            recordings: BTreeMap::new(),
            snoops: BTreeMap::new(),
            invites: Vec::new(),
            attempts: BTreeMap::new(),
            trunks: BTreeMap::new(),
            armed: Armed::default(),
            held: None,
            silent_until: None,
            muffled: Vec::new(),
            is_put_off: None,
            waits: Vec::new(),
            late: VecDeque::new(),
        }
    }

    /// Carries a request out, or begins to.
    pub fn handle(&mut self, now: u64, request: &Request) -> Served {
        self.advance(now);
        if self.is_silent() {
            return Served::Never;
        }
        match self.armed.judge_request(request) {
            RequestFate::Refuse(status) => Served::Now(Reply::error(status, "Injected fault")),
            RequestFate::ServeMutely => {
                self.serve(request);
                Served::Never
            }
            RequestFate::Serve => self.serve(request),
        }
    }

    fn serve(&mut self, request: &Request) -> Served {
        self.in_request = true;
        let reply = self.route(request);
        self.in_request = false;
        self.is_put_off.take().map_or(Served::Now(reply), Served::Later)
    }

    /// The request that is being carried out is answered once these legs are [through](Self::is_through).
    pub(super) fn put_off(&mut self, legs: Vec<Leg>) {
        let ticket = Ticket(self.next_serial());
        self.is_put_off = Some(ticket);
        self.waits.push(Wait { ticket, legs });
    }

    /// A leg's thread has done what was asked of it, or is gone and never will.
    pub(super) fn is_through(&mut self, leg: &Leg) {
        for wait in &mut self.waits {
            wait.legs.retain(|other| other != leg);
        }
        let answered = self.waits.extract_if(.., |wait| wait.legs.is_empty());
        self.late.extend(answered.map(|wait| (wait.ticket, Reply::no_content())));
    }

    /// The next reply to a request that was put off.
    pub fn poll_reply(&mut self) -> Option<(Ticket, Reply)> {
        if self.is_silent() { None } else { self.late.pop_front() }
    }

    /// The next thing for a socket, in sending order.
    pub fn poll_event(&mut self) -> Option<Outgoing> {
        self.outbox.pop_front()
    }

    /// When [`Pbx::handle_timeout`] is due; earlier or later calls do no harm.
    pub fn poll_timeout(&self) -> Option<u64> {
        self.tasks.next_at()
    }

    /// Does everything that is due at `now`.
    pub fn handle_timeout(&mut self, now: u64) {
        while let Some((at, task)) = self.tasks.pop_due(now) {
            self.advance(at);
            self.run(task);
        }
        self.advance(now);
    }

    fn run(&mut self, task: Task) {
        match task {
            Task::AnnounceDial(leg) => self.announce_dial(&leg),
            Task::Signal(leg, signal) => self.hear_signal(&leg, signal),
            Task::RingTimeout(leg) => self.ring_timeout(&leg),
            Task::AbsoluteTimeout(leg) => self.absolute_timeout(&leg),
            Task::EnterStasis(leg, args) => self.enter_stasis(&leg, args),
            Task::LosePatience(leg) => self.lose_patience(&leg),
            Task::Bye(leg) => self.far_end_bye(&leg),
            Task::Press(leg, digit) => self.far_end_press(&leg, digit),
            Task::AmdVerdict(leg) => self.amd_verdict(&leg),
            Task::Talk(leg, serial, talk) => self.tell_talk(&leg, serial, talk),
            Task::EnterBridge(leg, bridge) => self.enter_bridge(&leg, &bridge),
            Task::StartPlayback(key) => self.start_playback(&key),
            Task::FinishPlayback(key) => self.finish_playback(&key, "done"),
            Task::FinishRecording(key) => self.finish_recording(&key),
            Task::EnterSnoop(key) => self.enter_snoop(&key),
            Task::Teardown(leg) => self.tear_down(&leg),
            Task::Deliver(outgoing) => self.send(outgoing),
            Task::ReleaseHeld => self.release_held(),
            Task::Speak => self.speak(),
        }
    }

    /// Arms a fault, or lets it happen if it is one that happens at once.
    pub fn inject(&mut self, now: u64, fault: Fault) {
        self.advance(now);
        match fault {
            Fault::Silence { for_ms } => self.fall_silent(for_ms),
            Fault::Cut => self.cut(),
            Fault::Restart { down_ms } => self.restart(down_ms),
            Fault::Trunk { name, conduct } => {
                self.trunks.insert(name, conduct);
            }
            Fault::Phone { name, conduct } => {
                self.config.agents.insert(name, conduct);
            }
            Fault::FarEndHangsUp { number } => self.far_end_hangs_up(&number),
            counting @ (Fault::DropEvent { .. }
            | Fault::DuplicateEvent { .. }
            | Fault::DelayEvent { .. }
            | Fault::ReorderEvent { .. }
            | Fault::FailRequest { .. }
            | Fault::LoseReply { .. }) => self.armed.arm(counting),
        }
    }

    /// Every INVITE that was ever sent, in order: the far end's view. It survives restarts.
    pub fn log(&self) -> &[Invite] {
        &self.invites
    }

    /// Whether the PBX neither answers requests nor pings at the moment.
    pub fn is_silent(&self) -> bool {
        self.silent_until.is_some()
    }

    fn fall_silent(&mut self, for_ms: u64) {
        let until = self.now.saturating_add(micros(for_ms));
        self.silent_until = Some(until);
        self.tasks.add(until, Task::Speak);
    }

    fn speak(&mut self) {
        // An older, shorter silence must not end a younger, longer one.
        if self.silent_until.is_some_and(|until| until <= self.now) {
            self.silent_until = None;
            for outgoing in std::mem::take(&mut self.muffled) {
                self.send(outgoing);
            }
        }
    }

    fn cut(&mut self) {
        for session in self.sessions.clone() {
            self.drop_session(session);
            self.outbox.push_back(Outgoing { session, order: Order::Free, content: Content::Close });
        }
    }

    fn restart(&mut self, down_ms: u64) {
        self.cut();
        self.tasks.clear();
        self.apps.clear();
        self.channels.clear();
        self.bridges.clear();
        self.playbacks.clear();
        self.snoops.clear();
        self.cut_off_recordings();
        self.held = None;
        self.muffled.clear();
        self.waits.clear();
        self.late.clear();
        for invite in self.invites.iter_mut().filter(|invite| invite.ended_at.is_none()) {
            invite.end(self.now, Some(487), Side::Pbx);
        }
        self.started_at = self.now.saturating_add(micros(down_ms));
        self.fall_silent(down_ms);
    }

    /// Gives an event to its socket, past the faults that are waiting for one.
    pub(super) fn push(&mut self, session: SessionId, event: Value) {
        let fate = self.armed.judge_event(event["type"].as_str().unwrap_or_default());
        let order = if self.in_request { Order::BeforeReply } else { Order::Free };
        let mut outgoing = Outgoing { session, order, content: Content::Event(event) };
        match fate {
            EventFate::Pass => self.send(outgoing),
            EventFate::Drop => {}
            EventFate::Twice => {
                self.send(outgoing.clone());
                self.send(outgoing);
            }
            EventFate::Late(by_ms) => {
                outgoing.order = Order::Free;
                self.later(micros(by_ms), Task::Deliver(outgoing));
            }
            EventFate::AfterNext => {
                self.release_held();
                outgoing.order = Order::Free;
                self.held = Some(outgoing);
                self.later(SECOND, Task::ReleaseHeld);
            }
        }
    }

    fn send(&mut self, outgoing: Outgoing) {
        if self.is_silent() {
            self.muffled.push(outgoing);
            return;
        }
        if self.sessions.contains(&outgoing.session) {
            self.outbox.push_back(outgoing);
        }
        self.release_held();
    }

    fn release_held(&mut self) {
        if let Some(held) = self.held.take() {
            self.send(held);
        }
    }

    /// Time never runs back, whatever the caller says.
    pub(super) fn advance(&mut self, now: u64) {
        self.now = self.now.max(now);
    }

    pub(super) fn wall_time(&self, at: u64) -> u64 {
        self.config.epoch.saturating_add(at)
    }

    pub(super) fn started_at(&self) -> u64 {
        self.started_at
    }

    /// Runs `task` after `delay` microseconds.
    pub(super) fn later(&mut self, delay: u64, task: Task) {
        self.tasks.add(self.now.saturating_add(delay), task);
    }

    /// A time between `least` and `most` microseconds: what a thread needs to get round to something.
    pub(super) fn jitter(&mut self, least: u64, most: u64) -> u64 {
        least + u64::from(self.dice.next_u32()) % (most - least + 1)
    }

    /// True in `ppm` of a million cases.
    pub(super) fn chance(&mut self, ppm: u32) -> bool {
        self.dice.next_u32() % 1_000_000 < ppm
    }

    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
