//! A world for the bench: a database and an exchange that answer at once, and callees by chance.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use engine::lead::QueueItem;
use engine::words::{AskId, Bridge, Cause, LeadId, Leg, Micros, Number, QueueId, RequestId, Span};
use engine::{Command, Config, Engine, Event, LegNews, Outcome, Wish};

use crate::house::CAMPAIGN;
use crate::{OPENING, fresh};

/// A quick generator (xorshift64), since the world is no part of what is measured.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn between(&mut self, least: Span, most: Span) -> Span {
        Span(least.0 + self.below(most.0 - least.0))
    }
}

/// One shift, and what is to be known of it afterwards.
pub(crate) struct Shift {
    pub(crate) engine: Engine,
    /// Everything that the engine heard.
    pub(crate) heard: Vec<(Micros, Event)>,
    /// How long it took over each.
    pub(crate) took: Vec<Duration>,
    /// Most news that were to come at one time.
    pub(crate) deepest: usize,
    now: Micros,
    chance: Chance,
    /// Of a thousand callees so many answer.
    answers: u64,
    at_once: VecDeque<Event>,
    later: BinaryHeap<Reverse<(Micros, usize)>>,
    news: Vec<(Leg, LegNews)>,
    /// The legs that stand, each with the bridge it is in.
    legs: BTreeMap<Leg, Option<Bridge>>,
    leads: u64,
}

impl Shift {
    /// Everybody comes to work and the campaign is started.
    pub(crate) fn open(config: &Config, answers: u64) -> Self {
        let mut shift = Self {
            engine: fresh(config),
            heard: Vec::new(),
            took: Vec::new(),
            deepest: 1,
            now: OPENING,
            chance: Chance(42),
            answers,
            at_once: VecDeque::new(),
            later: BinaryHeap::new(),
            news: Vec::new(),
            legs: BTreeMap::new(),
            leads: 0,
        };
        shift.hear(Event::LinkUp);
        for agent in &config.agents {
            shift.hear(Event::Asked { ask: AskId(1), wish: Wish::LogIn(agent.id) });
        }
        shift.hear(Event::Asked { ask: AskId(2), wish: Wish::Start(CAMPAIGN) });
        shift
    }

    /// Goes on for so long.
    pub(crate) fn play(&mut self, length: Span) {
        let until = self.now + length;
        while self.now < until {
            self.step();
        }
    }

    /// Forgets what was heard; says how long it took over each.
    pub(crate) fn forget(&mut self) -> Vec<Duration> {
        self.heard.clear();
        core::mem::take(&mut self.took)
    }

    /// Calls that are saved, placed or ringing.
    pub(crate) fn in_flight(&self) -> u32 {
        self.engine.view().campaigns.iter().map(|campaign| campaign.in_flight).sum()
    }

    /// The next thing that happens: a leg's news, or a deadline of the engine's.
    fn step(&mut self) {
        let due = self.engine.poll_timeout().map(|(at, _)| at);
        let news = self.later.peek().map(|&Reverse((at, serial))| (at, serial));
        match (due, news) {
            (due, Some((at, serial))) if due.is_none_or(|due| at <= due) => {
                self.later.pop();
                self.now = at;
                let (leg, news) = self.news[serial];
                if self.legs.contains_key(&leg) {
                    self.happens(leg, news);
                }
            }
            (Some(at), _) => {
                self.now = at;
                self.hear(Event::Woke);
            }
            (None, _) => unreachable!("surveys go on for ever"),
        }
    }

    fn happens(&mut self, leg: Leg, news: LegNews) {
        if matches!(news, LegNews::Ended { .. }) {
            self.leave(leg);
            self.legs.remove(&leg);
        }
        self.hear(Event::Leg { leg, news });
    }

    fn hear(&mut self, event: Event) {
        self.at_once.push_back(event);
        while let Some(event) = self.at_once.pop_front() {
            self.heard.push((self.now, event.clone()));
            let began = Instant::now();
            self.engine.handle(self.now, event);
            self.took.push(began.elapsed());
            while let Some(command) = self.engine.poll_command() {
                self.carry_out(command);
            }
        }
        self.deepest = self.deepest.max(self.later.len());
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Fetch { request, count, .. } => {
                let items = (0..count).map(|_| self.lead()).collect();
                self.settle(request, Outcome::Fetched { items, next_due: None, next_callback: None });
            }
            Command::Save { request, .. }
            | Command::Release { request, .. }
            | Command::Note { request, .. }
            | Command::Record { request, .. }
            | Command::Dispose { request, .. }
            | Command::NoteAgent { request, .. }
            | Command::NoteCampaign { request, .. }
            | Command::OptOut { request, .. }
            | Command::Detect { request, .. }
            | Command::Listen { request, .. }
            | Command::StopListening { request, .. }
            | Command::SetAside { request, .. }
            | Command::Mute { request, .. }
            | Command::StopPlaying { request, .. }
            | Command::FindPlayback { request, .. }
            | Command::StartRecording { request, .. }
            | Command::StopRecording { request, .. }
            | Command::FindRecording { request, .. }
            | Command::SendDigits { request, .. }
            | Command::BeginTake { request, .. }
            | Command::PauseTake { request, .. }
            | Command::EndTake { request, .. }
            | Command::DropBridge { request, .. }
            | Command::SaveTransfer { request, .. }
            | Command::Calm { request, .. }
            | Command::Hush { request, .. }
            | Command::PutThrough { request, .. }
            | Command::Confer { request, .. }
            | Command::TakeOut { request, .. }
            | Command::Announce { request, .. }
            | Command::SendText { request, .. }
            | Command::FindMedia { request, .. } => self.settle(request, Outcome::Done),
            Command::Originate { request, originate } => {
                self.settle(request, Outcome::Done);
                self.legs.insert(originate.leg, None);
                self.answer_or_not(originate.leg);
            }
            Command::HangUp { request, leg } => {
                self.settle(request, Outcome::Done);
                if self.legs.contains_key(&leg) {
                    self.later(leg, Span::millis(20), LegNews::Ended { cause: Cause(16), tech: None });
                }
            }
            Command::Join { request, attempt, customer, agent, .. } => {
                self.settle(request, Outcome::Done);
                self.enter(customer, Bridge::Conversation(attempt));
                self.enter(agent, Bridge::Conversation(attempt));
                let talk = self.chance.between(Span::secs(20), Span::secs(160));
                self.later(customer, talk, LegNews::Ended { cause: Cause(16), tech: None });
            }
            Command::Hold { request, leg } => {
                self.settle(request, Outcome::Done);
                self.enter(leg, Bridge::Hold);
            }
            Command::Play { request, leg, .. } => {
                self.settle(request, Outcome::Done);
                self.later(leg, Span::secs(6), LegNews::Played { nth: 0, whole: true });
            }
            Command::Survey { request } => {
                let legs = self.legs.iter().map(|(&leg, &bridge)| engine::SeenLeg {
                    leg,
                    up: bridge.is_some(),
                    rings: false,
                    bridge,
                });
                let outcome =
                    Outcome::Surveyed { legs: legs.collect(), bridges: Vec::new(), takes: Vec::new() };
                self.settle(request, outcome);
            }
            Command::Look { request, leg } => {
                let seen = |&bridge: &Option<Bridge>| engine::SeenLeg {
                    leg,
                    up: bridge.is_some(),
                    rings: false,
                    bridge,
                };
                let seen = self.legs.get(&leg).map(seen);
                self.settle(request, Outcome::Looked(seen));
            }
            Command::Reply { .. } => {}
        }
    }

    fn settle(&mut self, request: RequestId, outcome: Outcome) {
        self.at_once.push_back(Event::Settled { request, outcome });
    }

    /// Of ten callees one is busy, some answer and the others let it ring; agents always answer.
    fn answer_or_not(&mut self, leg: Leg) {
        let after = self.chance.between(Span::secs(4), Span::secs(20));
        match (leg, self.chance.below(1_000)) {
            (Leg::Agent { .. } | Leg::Transfer { .. }, _) => {
                self.later(leg, Span::secs(2), LegNews::Entered);
            }
            (Leg::Customer { .. }, ..100) => {
                self.later(leg, Span::secs(2), LegNews::Ended { cause: Cause(17), tech: None });
            }
            (Leg::Customer { .. }, chance) if chance < 100 + self.answers => {
                self.later(leg, Span::secs(2), LegNews::Rang);
                self.later(leg, after, LegNews::Answered);
                self.later(leg, after + Span::millis(5), LegNews::Entered);
            }
            (Leg::Customer { .. }, _) => self.later(leg, Span::secs(2), LegNews::Rang),
        }
    }

    fn enter(&mut self, leg: Leg, bridge: Bridge) {
        if self.legs.contains_key(&leg) {
            self.leave(leg);
            self.legs.insert(leg, Some(bridge));
            self.at_once.push_back(Event::Leg { leg, news: LegNews::Joined(bridge) });
        }
    }

    fn leave(&mut self, leg: Leg) {
        if let Some(bridge) = self.legs.get_mut(&leg).and_then(Option::take) {
            self.at_once.push_back(Event::Leg { leg, news: LegNews::Parted(bridge) });
        }
    }

    fn later(&mut self, leg: Leg, after: Span, news: LegNews) {
        self.later.push(Reverse((self.now + after, self.news.len())));
        self.news.push((leg, news));
    }

    fn lead(&mut self) -> QueueItem {
        self.leads += 1;
        QueueItem {
            id: QueueId(self.leads),
            lead: LeadId(self.leads),
            number: Number::parse(&format!("1555{:07}", self.leads)).expect("a number"),
            alternates: Vec::new(),
            attempts: 0,
            past: engine::lead::Past::default(),
            callback: None,
            note: None,
            attributes: vec![("FIRST_NAME".to_owned(), "Ann".to_owned())],
            zone: None,
            dropped: None,
        }
    }
}
