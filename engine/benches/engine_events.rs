//! How many events a second does the engine decide on one core?
//!
//! A shift is played once against a world that answers at once, and what the engine heard is kept. Then a fresh engine
//! hears the same again with nothing else in the loop: that is the engine alone. Beside it stands the bare loop that no
//! simulation can do without: as many moments through a binary heap.
//!
//! Run it as `cargo bench -p engine --bench engine_events [-- <agents> <hours>]`. For instructions per event, run the
//! built bench under `valgrind --tool=callgrind --toggle-collect='*engine_alone*'` and divide what it collected by the
//! events it prints.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_types, reason = "a bench is what the clock is for")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::hint::black_box;
use std::time::{Duration, Instant};

use engine::agent::{AgentRules, Seat};
use engine::campaign::CampaignRules;
use engine::carrier::{CarrierRules, Route};
use engine::lead::{QueueItem, RetryRules};
use engine::pacing::Pacing;
use engine::words::{
    AgentId, AskId, AttemptId, Bridge, CampaignId, CarrierId, Cause, LeadId, Leg, Micros, Milli, Node,
    Number, Prefix, QueueId, RequestId, SessionId, Span,
};
use engine::{Command, Config, Engine, Event, LegNews, Outcome, Wish};

const OPENING: Micros = Micros(1_700_000_000_000_000);
const CAMPAIGN: CampaignId = CampaignId(1);

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    match (arguments.next(), arguments.next()) {
        (Some(agents), hours) => measure(agents, hours.unwrap_or(1)),
        (None, _) => [(50, 8), (500, 1)].into_iter().for_each(|(agents, hours)| measure(agents, hours)),
    }
}

fn measure(agents: u64, hours: u64) {
    let config = config(u32::try_from(agents).expect("a floor's worth of agents"));
    let whole = Instant::now();
    let shift = Shift::play(&config, Span::secs(hours * 3_600));
    let whole = whole.elapsed();
    let events = shift.heard.len();
    let (closed, fastest) = (0..3)
        .map(|_| {
            let (engine, heard) = (fresh(&config), shift.heard.clone());
            engine_alone(engine, heard)
        })
        .min_by_key(|(_, took)| *took)
        .expect("it ran");
    assert_eq!(closed, shift.engine.view().closed, "the second hearing went another way than the first");
    let bare = bare_heap(events, shift.deepest);
    println!("{agents} agents, {hours} h: {events} events, {closed} calls");
    println!("  engine alone  {}", figures(fastest, events));
    println!("  whole loop    {}", figures(whole, events));
    println!("  bare heap     {}", figures(bare, events));
    println!("  engine alone is {:.1} bare heaps", fastest.as_secs_f64() / bare.as_secs_f64());
}

fn figures(took: Duration, events: usize) -> String {
    let ns = took.as_secs_f64() * 1e9 / events as f64;
    let ms = took.as_secs_f64() * 1e3;
    format!("{ms:8.1} ms  {ns:6.0} ns an event  {:5.2} million events a second", 1e3 / ns)
}

fn fresh(config: &Config) -> Engine {
    Engine::new(config.clone(), [7; 32], OPENING).expect("the rules work")
}

/// The engine and nothing else: every event in, every command out and away.
#[inline(never)]
fn engine_alone(mut engine: Engine, heard: Vec<(Micros, Event)>) -> (u64, Duration) {
    let began = Instant::now();
    for (now, event) in heard {
        engine.handle(now, event);
        while let Some(command) = engine.poll_command() {
            black_box(command);
        }
        black_box(engine.poll_timeout());
    }
    let took = began.elapsed();
    (engine.view().closed, took)
}

/// As many moments through a heap of the same depth.
#[inline(never)]
fn bare_heap(events: usize, depth: usize) -> Duration {
    let mut chance = Chance(1);
    let mut key = |now: u128, serial: usize| {
        (((now >> 64) + u128::from(chance.below(60_000_000))) << 64) | serial as u128
    };
    let mut heap: BinaryHeap<Reverse<u128>> = (0..depth).map(|serial| Reverse(key(0, serial))).collect();
    let began = Instant::now();
    for serial in 0..events {
        let Reverse(now) = heap.pop().expect("one comes for each that goes");
        heap.push(Reverse(key(now, serial)));
    }
    black_box(&heap);
    began.elapsed()
}

/// A quick generator (xorshift64), since the world is no part of what is measured.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn between(&mut self, least: Span, most: Span) -> Span {
        Span(least.0 + self.below(most.0 - least.0))
    }
}

/// One shift: the engine, a database and an exchange that answer at once, and callees by chance.
struct Shift {
    engine: Engine,
    now: Micros,
    chance: Chance,
    heard: Vec<(Micros, Event)>,
    at_once: VecDeque<Event>,
    later: BinaryHeap<Reverse<(Micros, usize)>>,
    news: Vec<(Leg, LegNews)>,
    /// The legs that stand, each with the bridge it is in.
    legs: BTreeMap<Leg, Option<Bridge>>,
    leads: u64,
    deepest: usize,
}

impl Shift {
    fn play(config: &Config, length: Span) -> Self {
        let mut shift = Self {
            engine: fresh(config),
            now: OPENING,
            chance: Chance(42),
            heard: Vec::new(),
            at_once: VecDeque::new(),
            later: BinaryHeap::new(),
            news: Vec::new(),
            legs: BTreeMap::new(),
            leads: 0,
            deepest: 1,
        };
        shift.hear(Event::LinkUp);
        for agent in &config.agents {
            shift.hear(Event::Asked { ask: AskId(1), wish: Wish::LogIn(agent.id) });
        }
        shift.hear(Event::Asked { ask: AskId(2), wish: Wish::Start(CAMPAIGN) });
        while shift.now < OPENING + length {
            shift.step();
        }
        shift
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
            self.engine.handle(self.now, event);
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
                self.settle(request, Outcome::Fetched { items, next_due: None });
            }
            Command::Save { request, .. }
            | Command::Release { request, .. }
            | Command::Note { request, .. }
            | Command::Record { request, .. }
            | Command::NoteAgent { request, .. }
            | Command::NoteCampaign { request, .. }
            | Command::DropBridge { request, .. }
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
            Command::Join { request, attempt, customer, agent } => {
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
                self.later(leg, Span::secs(6), LegNews::Played { whole: true });
            }
            Command::Survey { request } => {
                let legs = self.legs.iter().map(|(&leg, &bridge)| engine::SeenLeg {
                    leg,
                    up: bridge.is_some(),
                    bridge,
                });
                let outcome = Outcome::Surveyed { legs: legs.collect(), bridges: Vec::new() };
                self.settle(request, outcome);
            }
            Command::Look { request, leg } => {
                let seen =
                    self.legs.get(&leg).map(|&bridge| engine::SeenLeg { leg, up: bridge.is_some(), bridge });
                self.settle(request, Outcome::Looked(seen));
            }
            Command::Reply { .. } => {}
        }
    }

    fn settle(&mut self, request: RequestId, outcome: Outcome) {
        self.at_once.push_back(Event::Settled { request, outcome });
    }

    /// Of ten callees one is busy, three answer and the others let it ring; agents always answer.
    fn answer_or_not(&mut self, leg: Leg) {
        let after = self.chance.between(Span::secs(4), Span::secs(20));
        match (leg, self.chance.below(10)) {
            (Leg::Agent { .. }, _) => self.later(leg, Span::secs(2), LegNews::Entered),
            (Leg::Customer { .. }, 0) => {
                self.later(leg, Span::secs(2), LegNews::Ended { cause: Cause(17), tech: None });
            }
            (Leg::Customer { .. }, 1..=3) => {
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
            attempts: 0,
            attributes: vec![("FIRST_NAME".to_owned(), "Ann".to_owned())],
        }
    }
}

fn config(agents: u32) -> Config {
    let campaign = CampaignRules {
        id: CAMPAIGN,
        name: "spring".to_owned(),
        pacing: Pacing::Ratio { level: Milli(2_000) },
        carriers: vec![CarrierId(1), CarrierId(2)],
        caller_id: Some("15550009999".to_owned()),
        prefix: Prefix::default(),
        account: None,
        setup_timeout: Span::secs(10),
        ring_timeout: Span::secs(25),
        talk_limit: Span::secs(1_800),
        message_within: Span::millis(1_500),
        greeting: Span::ZERO,
        message: Some("sound:sorry".to_owned()),
        wrap_up: Span::secs(20),
        retry: RetryRules::default(),
        hopper_size: 1_000,
    };
    Config {
        node: Node::try_from("rm1".to_owned()).expect("a node name"),
        campaigns: vec![campaign],
        carriers: [1, 2].map(carrier).to_vec(),
        agents: (1..=agents).map(agent).collect(),
        next_attempt: AttemptId(1),
        next_session: SessionId(1),
        pbx_patience: Span::secs(3),
        database_patience: Span::secs(5),
        survey_every: Span::secs(60),
    }
}

fn carrier(id: u32) -> CarrierRules {
    CarrierRules {
        id: CarrierId(id),
        name: format!("trunk-{id}"),
        route: Route::Trunk { endpoint: format!("trunk-{id}") },
        weight: 1,
        channels: 10_000,
        calls_per_second: 1_000,
        prefix: Prefix::default(),
        caller_id: None,
        ring_timeout: None,
        variables: Vec::new(),
        failures_to_rest: 100,
        rest: Span::secs(30),
    }
}

fn agent(id: u32) -> AgentRules {
    AgentRules {
        id: AgentId(id),
        name: format!("agent-{id}"),
        campaign: CAMPAIGN,
        endpoint: format!("PJSIP/agent-{id}"),
        seat: Seat::NailedUp,
        ring_timeout: Span::secs(20),
    }
}
