//! The floor at work: the engine, and everything that answers it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use engine::agent::{AgentRules, Seat};
use engine::call::{CallRequest, CallResult, Record};
use engine::campaign::{CampaignRules, CampaignState};
use engine::carrier::{CarrierRules, Route};
use engine::lead::{Fate, QueueItem, RetryRules};
use engine::words::{
    AgentId, AskId, AttemptId, Bridge, CampaignId, CarrierId, Cause, LeadId, Leg, Micros, Node, Number,
    Prefix, QueueId, RequestId, SessionId, Span,
};
use engine::{Command, Config, Engine, Event, LegNews, Outcome, SeenLeg, Wish};

use super::World;
use super::callees::Reaction;
use super::ledger::Day;
use crate::baseline::Baseline;
use crate::draw::{Law, Purpose, Stream};
use crate::kernel::Queue;

/// The day opens at this moment: 14 November 2023, 22:13:20 UTC, which matters to nobody.
const OPENING: Micros = Micros(1_700_000_000_000_000);
const CAMPAIGN: CampaignId = CampaignId(1);
const CARRIER: CarrierId = CarrierId(1);
/// Q.850: normal clearing, user busy, no answer from the user.
const CLEARED: Cause = Cause(16);
const BUSY: Cause = Cause(17);
const NO_ANSWER: Cause = Cause(19);
/// How long the message for a call without an agent is.
const MESSAGE: Span = Span::secs(6);
/// So long before closing time no new call is placed: whoever answers must still find somebody.
const LAST_CALLS: Span = Span::secs(40);
/// Where agents end their work themselves, the engine's own end of it must not come first.
const OWN_TIME: Span = Span::secs(3_600);

/// What is going to happen.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Leg(Leg, LegNews),
    /// An agent has finished the work after a conversation.
    WorkDone(AgentId),
    /// The clock of the pacing that lives outside the engine.
    BaselineWakes,
}

/// A call that has been placed.
#[derive(Debug, Clone, Copy)]
struct Placed {
    lead: u64,
    nth: u32,
    answered: bool,
}

/// One day.
#[derive(Debug)]
pub(crate) struct Floor<'w> {
    world: &'w World,
    seed: u64,
    engine: Engine,
    baseline: Option<Baseline>,
    now: Micros,
    closing: Micros,
    queue: Queue<Happening>,
    at_once: VecDeque<Event>,
    /// The legs that stand, each with the bridge it is in.
    legs: BTreeMap<Leg, Option<Bridge>>,
    placed: BTreeMap<AttemptId, Placed>,
    seats: BTreeMap<AgentId, At>,
    leads: Leads,
    day: Day,
}

/// How an agent is.
#[derive(Debug, Clone, Copy, Default)]
struct At {
    /// Since when they wait for a call.
    idle_since: Option<Micros>,
    talks: u64,
}

/// The list: fresh leads without end, and those to be tried again.
#[derive(Debug, Default)]
struct Leads {
    fresh: u64,
    again: BinaryHeap<Reverse<(Micros, u64, u32)>>,
}

impl<'w> Floor<'w> {
    /// Plays a day to its end: at closing time nothing new is dialled, calls finish, and everything comes to rest.
    ///
    /// # Panics
    /// Where the engine breaks one of its laws.
    pub(crate) fn play(world: &'w World, seed: u64) -> Day {
        let mut floor = Self::before_opening(world, seed);
        floor.open();
        floor.goes_on_until(floor.closing);
        floor.close();
        floor.day
    }

    fn before_opening(world: &'w World, seed: u64) -> Self {
        let mut engine_seed = [0; 32];
        engine_seed[..8].copy_from_slice(&seed.to_le_bytes());
        let mut queue = Queue::new();
        let baseline = world.house.baseline.map(|rules| Baseline::new(rules, OPENING));
        if baseline.is_some() {
            queue.push(OPENING, Happening::BaselineWakes);
        }
        Self {
            world,
            seed,
            engine: Engine::new(config(world), engine_seed, OPENING).expect("a scenario that was checked"),
            baseline,
            now: OPENING,
            closing: OPENING + world.length(),
            queue,
            at_once: VecDeque::new(),
            legs: BTreeMap::new(),
            placed: BTreeMap::new(),
            seats: BTreeMap::new(),
            leads: Leads::default(),
            day: Day::new(),
        }
    }

    fn goes_on_until(&mut self, moment: Micros) {
        while self.now < moment {
            self.step();
        }
    }

    fn open(&mut self) {
        self.day.opens(OPENING, self.closing, self.world.crew.agents);
        self.hear(Event::LinkUp);
        for id in 1..=self.world.crew.agents {
            self.hear(asked(Wish::LogIn(AgentId(id))));
        }
        self.hear(asked(Wish::Start(CAMPAIGN)));
        let at = Some(self.closing - LAST_CALLS);
        self.hear(asked(Wish::CloseAt { campaign: CAMPAIGN, at }));
    }

    fn close(&mut self) {
        for seat in self.seats.values() {
            if let Some(since) = seat.idle_since.filter(|&since| since < self.closing) {
                self.day.waited(since, self.closing);
            }
        }
        self.day.closes();
        self.hear(asked(Wish::CloseFloor));
        while !self.engine.at_rest() {
            self.step();
        }
        let view = self.engine.view();
        assert_eq!(view.opened, view.closed, "every attempt has its one record");
        assert!(self.legs.is_empty(), "nothing is left in the exchange");
        assert_eq!(view.campaigns[0].state, CampaignState::Paused, "the list never ends");
    }

    /// The next thing that happens: the world's or a deadline of the engine's.
    fn step(&mut self) {
        let due = self.engine.poll_timeout().map(|(at, _)| at);
        match (due, self.queue.next_at()) {
            (due, Some(at)) if due.is_none_or(|due| at <= due) => {
                let (at, happening) = self.queue.pop().expect("it was looked at just now");
                self.now = at;
                match happening {
                    Happening::Leg(leg, news) => self.happens(leg, news),
                    Happening::WorkDone(agent) => self.work_done(agent),
                    Happening::BaselineWakes => self.baseline_wakes(),
                }
            }
            (Some(at), _) => {
                self.now = at;
                self.hear(Event::Woke);
            }
            (None, _) => unreachable!("surveys go on for ever"),
        }
    }

    /// A leg does something, if it still stands.
    fn happens(&mut self, leg: Leg, news: LegNews) {
        if !self.legs.contains_key(&leg) {
            return;
        }
        if let Leg::Customer { attempt, .. } = leg {
            self.note(attempt, &news);
        }
        if matches!(news, LegNews::Ended { .. }) {
            self.part(leg);
            self.legs.remove(&leg);
        }
        self.hear(Event::Leg { leg, news });
    }

    /// What the ledger is told of a call.
    fn note(&mut self, attempt: AttemptId, news: &LegNews) {
        let placed = self.placed.get_mut(&attempt).expect("a call that stands has no record yet");
        if *news == LegNews::Answered {
            placed.answered = true;
            self.day.answered(self.now);
        } else if matches!(news, LegNews::Ended { .. }) {
            self.day.ended(self.now, placed.answered);
        }
    }

    fn work_done(&mut self, agent: AgentId) {
        self.seats.entry(agent).or_default().idle_since = Some(self.now);
        // A fixed time is ended by the engine; after closing time they have gone home.
        if !matches!(self.world.crew.wrap_up, Law::Fixed { .. }) && self.now < self.closing {
            self.hear(asked(Wish::ReadyAgent(agent)));
        }
    }

    /// A pacing that lives outside the engine looks at the floor, may allot a dial, and will look again.
    fn baseline_wakes(&mut self) {
        let baseline = self.baseline.as_mut().expect("only a baseline is woken");
        let places_a_call = baseline.wakes(self.now);
        self.queue.push(baseline.next(), Happening::BaselineWakes);
        if places_a_call {
            self.hear(asked(Wish::Allot { campaign: CAMPAIGN, dials: 1 }));
        }
    }

    fn hear(&mut self, event: Event) {
        self.at_once.push_back(event);
        while let Some(event) = self.at_once.pop_front() {
            self.day.events += 1;
            self.engine.handle(self.now, event);
            while let Some(command) = self.engine.poll_command() {
                if let Some(baseline) = &mut self.baseline {
                    baseline.hears(self.now, &command);
                }
                self.carry_out(command);
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Fetch { request, count, .. } => {
                let items = (0..count).map(|_| self.leads.next(self.now)).collect();
                self.settle(request, Outcome::Fetched { items, next_due: None });
            }
            Command::Save { request, call } => {
                self.save(&call);
                self.settle(request, Outcome::Done);
            }
            Command::Record { request, record } => {
                self.record(&record);
                self.settle(request, Outcome::Done);
            }
            Command::Release { request, .. }
            | Command::Note { request, .. }
            | Command::NoteAgent { request, .. }
            | Command::NoteCampaign { request, .. }
            | Command::DropBridge { request, .. }
            | Command::FindMedia { request, .. } => self.settle(request, Outcome::Done),
            Command::Originate { request, originate } => {
                self.settle(request, Outcome::Done);
                self.place(originate.leg);
            }
            Command::HangUp { request, leg } => {
                self.settle(request, Outcome::Done);
                if self.legs.contains_key(&leg) {
                    self.later(Span::ZERO, leg, LegNews::Ended { cause: CLEARED, tech: None });
                }
            }
            Command::Join { request, attempt, customer, agent } => {
                self.settle(request, Outcome::Done);
                self.join(attempt, customer, agent);
            }
            Command::Hold { request, leg } => {
                self.settle(request, Outcome::Done);
                self.enter(leg, Bridge::Hold);
            }
            Command::Play { request, leg, .. } => {
                self.settle(request, Outcome::Done);
                self.later(MESSAGE, leg, LegNews::Played { whole: true });
            }
            Command::Survey { request } => {
                let legs = self.legs.iter().map(|(&leg, &bridge)| seen(leg, bridge)).collect();
                self.settle(request, Outcome::Surveyed { legs, bridges: Vec::new() });
            }
            Command::Look { request, leg } => {
                let looked = self.legs.get(&leg).map(|&bridge| seen(leg, bridge));
                self.settle(request, Outcome::Looked(looked));
            }
            Command::Reply { answer, .. } => {
                assert_eq!(answer, Ok(()), "the world asks only for what can be")
            }
        }
    }

    fn settle(&mut self, request: RequestId, outcome: Outcome) {
        self.at_once.push_back(Event::Settled { request, outcome });
    }

    fn later(&mut self, after: Span, leg: Leg, news: LegNews) {
        self.queue.push(self.now + after, Happening::Leg(leg, news));
    }

    fn save(&mut self, call: &CallRequest) {
        self.placed.insert(call.attempt, Placed { lead: call.lead.0, nth: call.nth, answered: false });
    }

    fn record(&mut self, record: &Record) {
        self.placed.remove(&record.attempt);
        match record.result {
            CallResult::Connected => self.day.connects += 1,
            // The callees of these worlds stay as long as the law gives us, so nobody has hung up before.
            CallResult::Dropped | CallResult::HungUpWaiting => self.day.dropped(self.now),
            CallResult::NoAnswer
            | CallResult::Busy
            | CallResult::Rejected
            | CallResult::Congestion
            | CallResult::BadNumber
            | CallResult::Technical
            | CallResult::Unknown => {}
        }
        if let Fate::Retry(at) = record.fate {
            self.leads.again.push(Reverse((at, record.lead.0, record.nth)));
        }
    }

    /// A leg begins: agents pick up at once, callees do as they do.
    fn place(&mut self, leg: Leg) {
        self.legs.insert(leg, None);
        let Leg::Customer { attempt, .. } = leg else {
            return self.later(Span::ZERO, leg, LegNews::Entered);
        };
        self.day.placed(self.now);
        let Placed { lead, nth, .. } = self.placed[&attempt];
        self.later(Span::ZERO, leg, LegNews::Rang);
        match self.world.callees.react(self.seed, lead, nth, OPENING, self.now) {
            Reaction::Answers(after) => {
                self.later(after, leg, LegNews::Answered);
                self.later(after, leg, LegNews::Entered);
            }
            Reaction::IsBusy(after) => self.later(after, leg, LegNews::Ended { cause: BUSY, tech: None }),
            Reaction::EndsUnanswered(after) => {
                self.later(after, leg, LegNews::Ended { cause: NO_ANSWER, tech: None });
            }
        }
    }

    /// A conversation: how long it lasts is the callee's, how long its work lasts is the agent's.
    fn join(&mut self, attempt: AttemptId, customer: Leg, agent: Leg) {
        self.enter(customer, Bridge::Conversation(attempt));
        self.enter(agent, Bridge::Conversation(attempt));
        let Leg::Agent { agent, .. } = agent else { unreachable!("a callee is joined with an agent") };
        let Placed { lead, nth, .. } = self.placed[&attempt];
        let crew = &self.world.crew;
        let talk = Stream::of(self.seed, Purpose::Talk, lead, u64::from(nth)).span(&crew.talk);
        let seat = self.seats.entry(agent).or_default();
        seat.talks += 1;
        let idle_since = seat.idle_since.take();
        let wrap_up = Stream::of(self.seed, Purpose::WrapUp, u64::from(agent.0), seat.talks);
        let work = wrap_up.clone().span(&crew.wrap_up);
        if let Some(since) = idle_since {
            self.day.waited(since, self.now);
        }
        self.day.busy(self.now, talk, work, self.closing);
        self.later(talk, customer, LegNews::Ended { cause: CLEARED, tech: None });
        self.queue.push(self.now + talk + work, Happening::WorkDone(agent));
    }

    fn enter(&mut self, leg: Leg, bridge: Bridge) {
        if !self.legs.contains_key(&leg) {
            return;
        }
        self.part(leg);
        self.legs.insert(leg, Some(bridge));
        if let (Leg::Agent { agent, .. }, Bridge::Hold) = (leg, bridge) {
            let seat = self.seats.entry(agent).or_default();
            if seat.talks == 0 {
                seat.idle_since = Some(self.now);
            }
        }
        self.at_once.push_back(Event::Leg { leg, news: LegNews::Joined(bridge) });
    }

    fn part(&mut self, leg: Leg) {
        if let Some(bridge) = self.legs.get_mut(&leg).and_then(Option::take) {
            self.at_once.push_back(Event::Leg { leg, news: LegNews::Parted(bridge) });
        }
    }
}

impl Leads {
    /// Whoever is to be tried again by now, or else somebody new.
    fn next(&mut self, now: Micros) -> QueueItem {
        if let Some(Reverse((at, lead, attempts))) = self.again.peek().copied()
            && at <= now
        {
            self.again.pop();
            return item(lead, attempts);
        }
        self.fresh += 1;
        item(self.fresh, 0)
    }
}

fn item(lead: u64, attempts: u32) -> QueueItem {
    QueueItem {
        id: QueueId(lead),
        lead: LeadId(lead),
        number: Number::parse(&format!("1{lead:010}")).expect("eleven digits"),
        attempts,
        attributes: Vec::new(),
    }
}

const fn asked(wish: Wish) -> Event {
    Event::Asked { ask: AskId(0), wish }
}

const fn seen(leg: Leg, bridge: Option<Bridge>) -> SeenLeg {
    SeenLeg { leg, up: bridge.is_some(), bridge }
}

fn config(world: &World) -> Config {
    let timed = match world.crew.wrap_up {
        Law::Fixed { seconds } => Span((seconds * 1e6) as u64),
        Law::Uniform { .. } | Law::Exponential { .. } | Law::Gamma { .. } | Law::Lognormal { .. } => OWN_TIME,
    };
    let campaign = CampaignRules {
        id: CAMPAIGN,
        name: "simulated".to_owned(),
        pacing: world.house.pacing,
        carriers: vec![CARRIER],
        caller_id: None,
        prefix: Prefix::default(),
        account: None,
        setup_timeout: Span::secs(30),
        ring_timeout: Span::secs(120),
        talk_limit: Span::secs(24 * 3_600),
        message_within: world.house.answer_within,
        greeting: world.house.greeting,
        message: Some("sound:message".to_owned()),
        wrap_up: timed,
        retry: RetryRules { cap: 1, by_result: BTreeMap::new() },
        hopper_size: 200,
    };
    Config {
        node: Node::try_from("sim".to_owned()).expect("a node name"),
        campaigns: vec![campaign],
        carriers: vec![carrier()],
        agents: (1..=world.crew.agents).map(agent).collect(),
        next_attempt: AttemptId(1),
        next_session: SessionId(1),
        pbx_patience: Span::secs(3),
        database_patience: Span::secs(5),
        survey_every: Span::secs(3_600),
    }
}

fn carrier() -> CarrierRules {
    CarrierRules {
        id: CARRIER,
        name: "trunk".to_owned(),
        route: Route::Trunk { endpoint: "trunk".to_owned() },
        weight: 1,
        channels: 100_000,
        calls_per_second: 10_000,
        prefix: Prefix::default(),
        caller_id: None,
        ring_timeout: None,
        variables: Vec::new(),
        failures_to_rest: 1_000,
        rest: Span::secs(1),
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

#[cfg(test)]
mod tests;
