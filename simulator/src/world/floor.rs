//! The floor at work: the engine, and everything that answers it.
//!
//! What happens is in one queue, by time. A happening changes the world, which tells the engine; the engine's commands
//! change the world in turn, until nothing is left to be said at that moment. `calls` has what callees do, `turns` what
//! agents do, `commands` what the engine asks for, `ears` who tells persons from machines, `trouble` what goes wrong in
//! between.

mod calls;
mod commands;
mod ears;
mod trouble;
mod turns;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use engine::agent::AgentState;
use engine::call::Record;
use engine::words::{AgentId, AskId, AttemptId, CarrierId, Leg, Micros, RequestId, SessionId, Span};
use engine::{Command, Config, Engine, Event, LegNews, Wish};

use super::World;
use super::callees::Dial;
use super::crew::{Seat, Turn};
use super::database::Database;
use super::exchange::Exchange;
use super::house::CAMPAIGN;
use super::ledger::{Answered, Day, Detection};
use crate::baseline::Baseline;
use crate::kernel::Queue;

/// From one opening to the next.
const DAY: Span = Span::secs(24 * 3_600);
/// Everything has come to rest so long after closing time: no conversation may last longer than a day.
const REST: Span = Span::secs(26 * 3_600);

/// What is going to happen.
#[derive(Debug)]
enum Happening {
    /// A callee's line or an agent's phone does something.
    Leg(Leg, LegNews),
    /// A callee who waits has had enough.
    LosesPatience(Leg),
    /// A conversation has come to its end, unless the agent was taken from it before.
    HasTalked(Leg),
    /// An agent has finished the work after their so manieth conversation.
    WorkDone(AgentId, u64),
    /// An agent says once more that they have, since the dialer heard of that conversation's end only after it.
    SaysReady(AgentId, u64),
    /// An agent's turn, of the plan of such a day.
    Turn(AgentId, Turn, u32),
    /// An agent whose phone went dead sees to it.
    LooksAtPhone(AgentId),
    /// An agent has looked at the lead that was shown to them, the nth.
    Accepts(AgentId, u64),
    FireAlarm,
    /// The clock of the pacing that lives outside the engine.
    BaselineWakes,
    /// The process dies, to come back after this.
    Dies(Span),
    ComesBack,
    ClockJumps(Span),
    /// A message that was under way for some time: to the engine or from it, as of the process of that number.
    Hears(Box<Event>, u32),
    Does(Box<Order>),
}

/// What a process asks for.
#[derive(Debug)]
struct Order {
    command: Command,
    /// Whom an originate calls: by the time it is carried out the attempt may have been given up.
    callee: Option<Callee>,
    process: u32,
}

/// The id under which a command is answered.
fn request(command: &Command) -> RequestId {
    command.request().expect("a reply is an answer itself, and nobody's order")
}

/// A callee who is gone, whom no agent had.
#[derive(Debug, Clone, Copy)]
struct Unserved {
    answered: Micros,
    gone: Micros,
    machine: bool,
    /// Whether they hung up themselves, before their time for an agent was over.
    had_time: bool,
}

/// Whom a try of an attempt calls.
#[derive(Debug, Clone, Copy)]
struct Callee {
    lead: u64,
    nth: u32,
    carrier: CarrierId,
}

/// One campaign's floor, for as many days as its window has.
#[derive(Debug)]
pub(crate) struct Floor<'w> {
    world: &'w World,
    seed: u64,
    /// What the next process would be started with.
    config: Config,
    engine: Engine,
    /// The pacing that lives outside the engine, if one does.
    baseline: Option<Baseline>,
    /// How many processes there were before this one, and when the next one comes up while there is none.
    process: u32,
    back_at: Option<Micros>,
    now: Micros,
    /// By how much the engine's clock is ahead.
    ahead: Span,
    /// Which day it is, from 0, and when it opened and closes.
    nth: u32,
    opening: Micros,
    closing: Micros,
    /// Whether anything may go wrong, so that the engine is to be watched closely.
    troubled: bool,
    /// Whether agents end their work themselves.
    own_time: bool,
    queue: Queue<Happening>,
    at_once: VecDeque<Event>,
    /// Messages so far, each of which may meet with a mishap.
    messages: u64,
    exchange: Exchange,
    database: Database,
    seats: Vec<Seat>,
    /// Which group each of them is of.
    groups: Vec<usize>,
    day: Day,
    /// Whether it is a machine that has answered, of the attempts that have no record yet; only where callees are heard, or
    /// a pacing outside the engine hears what agents say of them.
    answered: BTreeMap<AttemptId, bool>,
    /// Callees who are gone, whom no agent had: their records say whether they were to have one. Only where persons are
    /// told from machines.
    unserved: BTreeMap<AttemptId, Unserved>,
    /// What has been written, where somebody wants to see it.
    traffic: Option<Traffic>,
}

/// What the engine has had written in the course of a day.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// The record of each attempt that is over, in the order of their ends.
    pub records: Vec<Arc<Record>>,
    /// Who stands how from when on, in the order of these moments.
    pub stands: Vec<(AgentId, Micros, AgentState)>,
}

impl<'w> Floor<'w> {
    /// Plays `days` in a row on one engine and tells `over` of each. A day is told of when the next one opens; after
    /// the last, everything comes to rest.
    ///
    /// # Panics
    /// Where the engine breaks one of its laws.
    // A profiler has to find it: `benches/shifts.rs` counts what is done in here.
    #[inline(never)]
    pub(crate) fn play(world: &'w World, seed: u64, days: u32, mut over: impl FnMut(Day)) {
        let mut floor = Self::new(world, seed);
        floor.hear(Event::LinkUp);
        floor.hear_all();
        for day in 1..=days {
            floor.open();
            floor.goes_on_until(floor.closing);
            floor.close();
            if day < days {
                floor.goes_on_until(floor.opening + DAY);
            } else {
                floor.come_to_rest();
            }
            let next = new_day(world, floor.day.and_before());
            over(core::mem::replace(&mut floor.day, next));
            floor.nth += 1;
        }
    }

    /// Plays one day until everything has come to rest, and keeps what is written.
    pub(crate) fn watch(world: &'w World, seed: u64) -> Traffic {
        let mut floor = Self::new(world, seed);
        floor.traffic = Some(Traffic::default());
        floor.hear(Event::LinkUp);
        floor.hear_all();
        floor.open();
        floor.goes_on_until(floor.closing);
        floor.close();
        floor.come_to_rest();
        floor.traffic.expect("it was put there above")
    }

    fn new(world: &'w World, seed: u64) -> Self {
        let (config, opening) = (world.config(), world.hours.opens);
        let groups = world.crew.iter().zip(0..);
        let groups: Vec<usize> =
            groups.flat_map(|(group, nth)| core::iter::repeat_n(nth, group.agents as usize)).collect();
        let mut queue = Queue::new();
        let baseline =
            world.house.baseline.map(|rules| Baseline::new(rules, world.house.detection(), opening));
        if baseline.is_some() {
            queue.push(opening, Happening::BaselineWakes);
        }
        Self {
            world,
            seed,
            engine: started(&config, seed, opening),
            config,
            baseline,
            process: 0,
            back_at: None,
            now: opening,
            ahead: Span::ZERO,
            nth: 0,
            opening,
            closing: opening,
            troubled: world.faults.any(),
            own_time: world.timed_wrap_up().is_none(),
            queue,
            at_once: VecDeque::new(),
            messages: 0,
            exchange: Exchange::default(),
            database: Database::new(world.callees.leads, !world.faults.restarts.is_empty()),
            seats: vec![Seat::new(opening); groups.len()],
            groups,
            day: new_day(world, Answered::default()),
            answered: BTreeMap::new(),
            unserved: BTreeMap::new(),
            traffic: None,
        }
    }

    /// The doors open: whoever is there from the beginning logs in, and what else is planned for the day is set.
    fn open(&mut self) {
        self.opening = self.now;
        self.closing = self.opening + self.world.hours.open;
        let (lines, ringing) = (self.exchange.customers(), self.exchange.ringing());
        self.day.opens(self.opening, self.closing, lines, ringing);
        for alarm in &self.world.hours.fire_alarms {
            self.queue.push(self.opening + *alarm, Happening::FireAlarm);
        }
        self.plan_trouble();
        self.plan_turns();
        self.ask(Wish::Start(CAMPAIGN));
        self.set_last_calls();
        self.hear_all();
    }

    /// The campaign is to pause by itself so long before closing time, which its clock may tell earlier than ours.
    fn set_last_calls(&mut self) {
        let at = Some(self.closing - self.world.hours.last_calls + self.ahead);
        self.ask(Wish::CloseAt { campaign: CAMPAIGN, at });
    }

    /// Agents go home, after their call if they have one.
    fn close(&mut self) {
        for id in self.agents() {
            self.does(id, Seat::closes);
        }
        self.day.closes();
        self.hear_all();
    }

    fn come_to_rest(&mut self) {
        self.ask(Wish::CloseFloor);
        self.hear_all();
        while !self.engine.at_rest() {
            self.step();
            assert!(self.now < self.closing + REST, "nothing comes to rest: {:#?}", self.engine.view());
        }
        let view = self.engine.view();
        assert!(self.process > 0 || view.opened == view.closed, "every attempt has its one record");
        assert!(self.database.is_closed(), "every attempt that was saved has its record");
        assert!(self.exchange.is_empty(), "nothing is left in the exchange");
    }

    /// Everything before that moment happens, and then it is that moment.
    fn goes_on_until(&mut self, moment: Micros) {
        while self.step_before(moment) {}
        self.now = moment;
    }

    /// The next thing that happens.
    fn step(&mut self) {
        self.step_before(Micros(u64::MAX));
    }

    /// The next thing that happens, if it does before that moment: the world's or a deadline of the engine's.
    fn step_before(&mut self, moment: Micros) -> bool {
        let (planned, due) = (self.queue.next_at(), self.engine_due());
        let next = planned.into_iter().chain(due).min();
        self.now = match next.expect("surveys go on for ever, and a process comes back") {
            at if at < moment => at,
            _ => return false,
        };
        if planned == Some(self.now) {
            let (_, happening) = self.queue.pop().expect("it was looked at just now");
            self.happens(happening);
        } else {
            self.hear(Event::Woke);
        }
        self.hear_all();
        true
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Leg(leg, news) => self.leg_does(leg, news),
            Happening::LosesPatience(leg) => self.loses_patience(leg),
            Happening::HasTalked(leg) => self.has_talked(leg),
            Happening::WorkDone(agent, talk) => self.work_done(agent, talk),
            Happening::SaysReady(agent, talk) => self.says_ready(agent, talk),
            Happening::Turn(agent, turn, day) => self.turn(agent, turn, day),
            Happening::LooksAtPhone(agent) => self.looks_at_phone(agent),
            Happening::Accepts(agent, preview) => self.accepts(agent, preview),
            Happening::FireAlarm => self.fire_alarm(),
            Happening::BaselineWakes => self.baseline_wakes(),
            Happening::Dies(down) => self.dies(down),
            Happening::ComesBack => self.comes_back(),
            Happening::ClockJumps(by) => self.ahead = self.ahead + by,
            Happening::Hears(event, process) if process == self.process => self.hear(*event),
            Happening::Hears(..) => {}
            Happening::Does(order) => self.arrives(*order),
        }
    }

    /// A pacing that lives outside the engine looks at the floor, may allot a dial, and will look again.
    fn baseline_wakes(&mut self) {
        let baseline = self.baseline.as_mut().expect("only a baseline is woken");
        let places_a_call = baseline.wakes(self.now);
        self.queue.push(baseline.next(), Happening::BaselineWakes);
        // While no process is there, nobody places the call.
        if places_a_call && self.back_at.is_none() {
            self.ask(Wish::Allot { campaign: CAMPAIGN, dials: 1 });
        }
    }

    /// The engine hears of something as soon as it has heard what was said before.
    fn hear(&mut self, event: Event) {
        self.at_once.push_back(event);
    }

    fn ask(&mut self, wish: Wish) {
        self.hear(Event::Asked { ask: AskId(0), wish });
    }

    fn hear_all(&mut self) {
        let clock = self.now + self.ahead;
        while let Some(event) = self.at_once.pop_front() {
            self.day.events += 1;
            self.engine.handle(clock, event);
            while let Some(command) = &self.engine.poll_command() {
                if let Some(baseline) = &mut self.baseline {
                    baseline.hears(self.now, command, is_of_machine(command, &self.answered));
                }
                if let Command::NoteAgent { agent, state, .. } = *command {
                    self.stands(agent, state);
                }
                self.obey(command);
            }
        }
        // It begins at its first place again: what has few places in use stays near.
        self.at_once.clear();
        if self.troubled {
            self.engine.audit();
        }
    }

    fn later(&mut self, after: Span, leg: Leg, news: LegNews) {
        self.queue.push(self.now + after, Happening::Leg(leg, news));
    }

    fn agents(&self) -> impl Iterator<Item = AgentId> + use<> {
        (1..).map(AgentId).take(self.seats.len())
    }

    fn dial(&self, lead: u64, nth: u32) -> Dial {
        Dial { lead, nth, day: self.nth, into_day: self.now.since(self.opening) }
    }
}

/// Whether a machine has answered the call whose record that is.
fn is_of_machine(command: &Command, answered: &BTreeMap<AttemptId, bool>) -> bool {
    matches!(command, Command::Record { record, .. } if answered.get(&record.attempt) == Some(&true))
}

/// A day of which nothing is known yet, in a window that has come to so much.
fn new_day(world: &World, before: Answered) -> Day {
    Day { detection: world.callees.greetings.as_ref().map(|_| Detection::new()), ..Day::new(before) }
}

/// A new process's engine.
fn started(config: &Config, seed: u64, now: Micros) -> Engine {
    let mut engine_seed = [0; 32];
    engine_seed[..8].copy_from_slice(&seed.to_le_bytes());
    Engine::new(config.clone(), engine_seed, now).expect("a scenario that was checked")
}

/// Session ids that a process sets aside when it starts, since a phone is called before its session is noted.
const SESSIONS_OF_A_PROCESS: u64 = 1_000_000;

/// The first session id of the process after this one.
fn next_session(config: &Config) -> SessionId {
    SessionId(config.next_session.0 + SESSIONS_OF_A_PROCESS)
}

#[cfg(test)]
mod tests;
