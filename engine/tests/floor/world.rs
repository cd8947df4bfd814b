//! A random world: every draw comes from one list of numbers, so that a failure shrinks to a short story.
//!
//! Commands are carried out in any order, late, or never; answers and news come late, twice or not at all; the link is
//! cut, the exchange and the process restart. After each event the laws that hold at every moment are checked.

mod truth;
mod watch;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::agent::AgentState;
use engine::amd::VerdictCause;
use engine::lead::Fate;
use engine::recording::TakeId;
use engine::view::{AgentView, ConsultView};
use engine::words::{
    AgentId, AskId, AttemptId, CarrierId, Key, Leg, Micros, Number, QueueId, RequestId, Span,
};
use engine::{
    Command, Config, Engine, Event, Failure, LegNews, Outcome, RecordingWish, SaveRefusal, TransferWish, Wish,
};

use crate::chance::{
    Dice, any_failure, any_key, any_keys, any_recording_wish, any_talk, any_wish, any_wish_of_an_agent,
    any_wish_of_transfer, anybody,
};
use crate::database::Database;
use crate::house::{OPENING, SPRING};
use crate::pbx::Pbx;
use crate::render;

/// A way in which a command went wrong, or another thing that a world is to have seen.
pub(crate) type Arm = (&'static str, &'static str);

/// How often commands go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Odds {
    /// What is seldom asked goes wrong more often, or hardly any world would see it.
    Weighted,
    /// All of them as often, and not very often, so that what takes many of them comes to pass.
    Even,
}

/// Something that happens in a world.
type Step = fn(&mut World);

/// The world.
pub(crate) struct World {
    dice: Dice,
    /// Of so many commands eight go wrong.
    calm: usize,
    odds: Odds,
    config: Config,
    engine: Engine,
    /// Hears what the engine hears, and must do what it does: another process, or a clone.
    twin: Engine,
    pbx: Pbx,
    database: Database,
    now: Micros,
    link: bool,
    /// Whether what nobody can read is about a leg.
    misreads: bool,
    faults: bool,
    asks: u64,
    given: Vec<Command>,
    unanswered: BTreeMap<RequestId, (&'static str, Micros)>,
    answers: Vec<Event>,
    stream: VecDeque<Event>,
    told: Vec<Event>,
    intents: BTreeMap<RequestId, (AttemptId, u8, Number)>,
    saved: BTreeSet<(AttemptId, u8)>,
    live: BTreeMap<Number, AttemptId>,
    /// Callees' legs that ring, since when the engine knows of it.
    ringing: BTreeMap<Leg, Micros>,
    pub(crate) reached: BTreeSet<Arm>,
    /// Takes that the process has asked for, or was told of when it began.
    begun: BTreeSet<TakeId>,
    /// Takes that a survey has shown to the process.
    found: BTreeSet<TakeId>,
    /// To whom keys were sent.
    keyed: BTreeSet<AttemptId>,
    /// Leads that the engine cannot know to be claimed for it.
    lost: BTreeSet<QueueId>,
    /// The last hold or mute of each leg that was carried out, and the last that one of its takes is to be silent or not.
    set_aside: BTreeMap<(Leg, Option<u16>), RequestId>,
    /// What was asked for of whose recordings and is not replied to yet.
    recorded: BTreeMap<AskId, (AttemptId, RecordingWish)>,
    /// The calls of which whoever asked last was told that what is recorded of them is silent.
    silenced: BTreeSet<AttemptId>,
    /// Whether the last survey has brought a list.
    surveyed: bool,
    /// The last note of each attempt that was written down.
    noted: BTreeMap<AttemptId, RequestId>,
    /// Whom the process has called for a callee.
    called_in: BTreeSet<(AttemptId, u16)>,
    story: Vec<String>,
}

thread_local! {
    /// The story of the world that broke a law last.
    static LAST_STORY: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The story of the world that broke a law last.
pub(crate) fn last_story() -> String {
    LAST_STORY.take()
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            LAST_STORY.replace(self.story.join("\n"));
        }
    }
}

impl World {
    /// A world in which nothing has happened yet.
    pub(crate) fn new(draws: Vec<u16>, house: fn(&mut Dice) -> Config, odds: Odds) -> Self {
        let mut dice = Dice::new(draws);
        let calm = [24, 60, 200][dice.roll(3)] * if odds == Odds::Even { 3 } else { 1 };
        let config = house(&mut dice);
        let engine = Engine::new(config.clone(), [7; 32], OPENING).expect("the house's rules work");
        let twin = Engine::new(config.clone(), [7; 32], OPENING).expect("the house's rules work");
        let mut database = Database::default();
        for id in 1..=12 {
            // Twice two leads share a number.
            database.add_lead(SPRING, id, &format!("1555000{:04}", id % 10), OPENING);
        }
        let mut world = Self {
            dice,
            calm,
            odds,
            config,
            engine,
            twin,
            pbx: Pbx::default(),
            database,
            now: OPENING,
            link: false,
            misreads: false,
            faults: true,
            asks: 0,
            given: vec![],
            unanswered: BTreeMap::new(),
            answers: vec![],
            stream: VecDeque::new(),
            told: vec![],
            intents: BTreeMap::new(),
            saved: BTreeSet::new(),
            live: BTreeMap::new(),
            ringing: BTreeMap::new(),
            reached: BTreeSet::new(),
            begun: BTreeSet::new(),
            found: BTreeSet::new(),
            keyed: BTreeSet::new(),
            lost: BTreeSet::new(),
            set_aside: BTreeMap::new(),
            recorded: BTreeMap::new(),
            silenced: BTreeSet::new(),
            surveyed: false,
            noted: BTreeMap::new(),
            called_in: BTreeSet::new(),
            story: vec![],
        };
        world.goes_on_with_a_window();
        world.connect();
        for wish in [1, 2, 3].map(|id| Wish::LogIn(AgentId(id))).into_iter().chain([Wish::Start(SPRING)]) {
            world.ask(wish);
        }
        world
    }

    /// The same, where messages come that nobody can read and that are about a leg.
    pub(crate) fn misread(mut self) -> Self {
        self.misreads = true;
        self
    }

    /// A window that has only just begun allows no call ahead of the agents: most have had answers before.
    fn goes_on_with_a_window(&mut self) {
        if !self.looks_ahead() {
            return;
        }
        let answers = [0, 40, 400][self.dice.roll(3)];
        self.database.has_had(answers, SPRING, self.now);
        let reopened = self.database.reopen(&self.config, self.now);
        self.hear(reopened);
    }

    /// Lives until the draws are used up.
    pub(crate) fn live(&mut self) {
        while !self.dice.is_empty() {
            self.step();
        }
    }

    /// The faults are over and the floor is closed: everything must come to rest with nothing left.
    pub(crate) fn come_to_rest(&mut self) {
        self.faults = false;
        if !self.link {
            self.connect();
        }
        self.ask(Wish::CloseFloor);
        for _ in 0..2_000 {
            let is_quiet = self.given.is_empty() && self.stream.is_empty() && self.answers.is_empty();
            if is_quiet && self.engine.at_rest() {
                return self.check_the_end();
            }
            let goes_on = self.comes_to_pass(Micros(u64::MAX));
            assert!(goes_on, "a floor that is not at rest waits for something");
        }
        panic!("the floor does not come to rest: {:#?}\n{:#?}", self.engine.view(), self.pbx.legs);
    }

    /// What is under way comes to pass, or the next moment that is waited for, if it is before that one.
    fn comes_to_pass(&mut self, before: Micros) -> bool {
        if !self.given.is_empty() {
            let command = self.given.remove(0);
            self.carry_out(command);
        } else if let Some(event) = self.stream.pop_front() {
            self.hear(event);
        } else if !self.answers.is_empty() {
            let event = self.answers.remove(0);
            self.hear(event);
        } else {
            match self.engine.poll_timeout() {
                Some((at, _)) if at < before => self.pass_until(at),
                _ => return false,
            }
        }
        true
    }

    fn check_the_end(&self) {
        assert!(self.pbx.legs.is_empty(), "legs are left: {:?}", self.pbx.legs);
        assert!(self.pbx.bridges.is_empty(), "bridges are left: {:?}", self.pbx.bridges);
        for (id, saved) in &self.database.attempts {
            assert_eq!(saved.records.len(), 1, "attempt {id} has not one record: {:#?}", saved.records);
            // What is still owed is asked for by the next process.
            let owed = usize::from(matches!(saved.records[0].fate, Fate::Awaits { .. }));
            assert!(saved.disposed.len() <= owed, "attempt {id} has too many: {:#?}", saved.disposed);
        }
        for (id, row) in &self.database.items {
            let is_claimed = row.claimed && row.ended.is_none();
            assert!(!is_claimed || self.lost.contains(id), "lead {id} was not given back");
        }
        for window in &self.engine.view().campaigns[0].windows {
            assert_eq!(*window, self.database.count(window.since), "the drop window has counted otherwise");
        }
        assert_eq!(format!("{:?}", self.engine), format!("{:?}", self.twin), "the twins have drifted apart");
    }

    fn step(&mut self) {
        match self.dice.roll(40) {
            0..=11 if !self.given.is_empty() => {
                let place = if self.dice.one_in(4) { self.dice.roll(self.given.len()) } else { 0 };
                let command = self.given.remove(place);
                self.carry_out(command);
                self.an_answer_comes();
            }
            12..=14 => self.an_answer_comes(),
            15..=24 if !self.stream.is_empty() => {
                let place = if self.dice.one_in(12) { self.dice.roll(self.stream.len()) } else { 0 };
                let event = self.stream.remove(place).expect("within");
                self.tell(event);
            }
            28..=30 if !self.config.campaigns[0].transfers.is_empty() => self.somebody_calls_in(),
            25..=30 => self.somebody_acts(),
            31 => {
                let wish = any_wish(&mut self.dice);
                self.ask(wish);
            }
            32 => self.time_passes(),
            33 => self.something_rare(),
            34 => self.a_spurious_wake(),
            35 => self.something_stale(),
            36 => {
                let span = Span::millis(1 + self.dice.roll(400) as u64);
                self.pass_until(self.now + span);
            }
            37..=39 => self.somebody_at_work_acts(),
            _ => {}
        }
    }

    /// An agent, or whoever watches them, does one of the things that their campaign lets them do.
    fn somebody_at_work_acts(&mut self) {
        let rules = &self.config.campaigns[0];
        let may: [(bool, Step); 4] = [
            (rules.recording.is_some(), Self::somebody_records),
            (!rules.transfers.is_empty(), Self::somebody_calls_in),
            (rules.dispositions.is_some(), Self::somebody_says_something),
            (rules.digits.after_answer.is_some() && rules.amd.is_some(), Self::somebody_sends_keys),
        ];
        let acts: Vec<Step> = may.into_iter().filter_map(|(may, act)| may.then_some(act)).collect();
        match acts[..] {
            [] => self.somebody_acts(),
            [only] => only(self),
            _ => acts[self.dice.roll(acts.len())](self),
        }
    }

    fn somebody_says_something(&mut self) {
        let wish = any_wish_of_an_agent(&mut self.dice);
        self.ask(wish);
    }

    /// The last answer that was given is the likeliest to come.
    fn an_answer_comes(&mut self) {
        if self.answers.is_empty() || self.dice.one_in(6) {
            return;
        }
        let last = self.answers.len() - 1;
        let place = if self.dice.one_in(4) { self.dice.roll(self.answers.len()) } else { last };
        let event = self.answers.remove(place);
        self.tell(event);
    }

    /// Carries a command out, or not, and answers it, or not.
    fn carry_out(&mut self, command: Command) {
        let verb = render::verb(&command);
        let Some(request) = command.request() else { return };
        let calls_in = !self.config.campaigns[0].transfers.is_empty();
        let sides = match verb {
            _ if self.odds == Odds::Even => self.calm,
            // Whom an agent calls in comes only where all of these have gone well.
            "SetAside" if calls_in => 20,
            "PutThrough" if calls_in => 11,
            "SaveTransfer" if calls_in => self.calm,
            "Calm" if calls_in => 8,
            // Asked for only after a gap in the right moment, and so seldom that silence has to follow often.
            "FindPlayback" | "FindRecording" if self.faults && !self.dice.one_in(4) => return,
            "StopPlaying" | "FindPlayback" | "StopRecording" | "FindRecording" | "OptOut" | "Hush"
            | "PutThrough" | "Listen" | "StopListening" | "SendDigits" | "PauseTake" | "EndTake"
            | "Dispose" | "SetAside" | "Mute" | "TakeOut" | "Announce" => 8,
            "Confer" => 16,
            "FindMedia" | "StartRecording" | "BeginTake" | "Calm" | "SendText" => 12,
            "Detect" => 16,
            "Play" | "SaveTransfer" => 24,
            _ => self.calm,
        };
        let fault = if self.faults { self.dice.roll(sides) } else { 0 };
        if fault == 7 {
            return; // Lost on the way there: silence.
        }
        let of_database = matches!(
            verb,
            "Fetch"
                | "Release"
                | "Save"
                | "Note"
                | "Record"
                | "NoteAgent"
                | "NoteCampaign"
                | "OptOut"
                | "SaveTransfer"
                | "SendText"
                | "Dispose"
        );
        if (1..=5).contains(&fault) {
            let failure = any_failure(&mut self.dice, of_database);
            if failure == Failure::OutcomeUnknown && self.dice.one_in(2) {
                let outcome = self.do_it(&command);
                self.is_lost(&outcome);
            }
            return self.answers.push(Event::Settled { request, outcome: Outcome::Failed(failure) });
        }
        let outcome = match self.dice.roll(if self.faults && verb == "Save" { 12 } else { 1 }) {
            11 => Outcome::Refused(SaveRefusal::NumberLive),
            10 => self.refuse_as_not_claimed(&command),
            9 if self.dice.one_in(2) => Outcome::Refused(SaveRefusal::RegistryTooOld),
            9 => Outcome::Refused(SaveRefusal::TooOften { until: self.now + Span::secs(5) }),
            8 if waits_after_a_drop(&command) => Outcome::Refused(SaveRefusal::Dropped { at: self.now }),
            _ => self.do_it(&command),
        };
        if fault == 6 {
            return self.is_lost(&outcome);
        }
        self.answers.push(Event::Settled { request, outcome });
    }

    /// Another node has the lead by now.
    fn refuse_as_not_claimed(&mut self, command: &Command) -> Outcome {
        if let Command::Save { call, .. } = command {
            self.lost.insert(call.queue);
        }
        Outcome::Refused(SaveRefusal::NotClaimed)
    }

    /// An answer is lost on the way back: what was claimed with it is nobody's until the process ends.
    fn is_lost(&mut self, outcome: &Outcome) {
        if let Outcome::Fetched { items, .. } = outcome {
            self.lost.extend(items.iter().map(|item| item.id));
        }
    }

    fn do_it(&mut self, command: &Command) -> Outcome {
        if let Command::Note { request, attempt, .. } = *command {
            // There is one writer, who has written a note of later already.
            let last = self.noted.entry(attempt).or_insert(request);
            *last = request.max(*last);
            if *last > request {
                return Outcome::Done;
            }
        }
        if let Some(outcome) = self.database.carry_out(command, self.now) {
            return outcome;
        }
        if self.is_overtaken(command) {
            return Outcome::Failed(Failure::OutcomeUnknown);
        }
        let (outcome, news) = self.pbx.carry_out(command).expect("a command is for one or the other");
        self.publish(news);
        outcome
    }

    /// Of a hold or a mute that came after one that was asked for later nobody could ever know: no survey shows it. Nor does one
    /// show whether a take is silent.
    fn is_overtaken(&mut self, command: &Command) -> bool {
        let (request, of) = if let Command::PauseTake { request, take, .. } = *command {
            (request, (take.leg(), Some(take.nth)))
        } else if let Command::SetAside { request, leg, .. } | Command::Mute { request, leg, .. } = *command {
            (request, (leg, None))
        } else {
            return false;
        };
        let last = self.set_aside.entry(of).or_insert(request);
        *last = request.max(*last);
        *last > request
    }

    /// What legs do is heard of only while the link stands.
    fn publish(&mut self, news: Vec<(Leg, LegNews)>) {
        if self.link {
            self.stream.extend(news.into_iter().map(|(leg, news)| Event::Leg { leg, news }));
        }
    }

    fn somebody_acts(&mut self) {
        let legs: Vec<Leg> = self.pbx.legs.keys().copied().collect();
        let Some(&leg) = legs.get(self.dice.roll(legs.len())) else { return };
        let is_agent = matches!(leg, Leg::Agent { .. });
        if matches!(leg, Leg::Transfer { .. }) && self.dice.one_in(2) {
            let is_busy = !self.pbx.legs[&leg].up && self.dice.one_in(6);
            let news = if is_busy { self.pbx.end(leg, 17, Some(486)) } else { self.pbx.answer(leg) };
            return self.publish(news);
        }
        let news = match self.dice.roll(if is_agent { 6 } else { 20 }) {
            0..=2 => self.pbx.answer(leg),
            3 | 4 => self.pbx.ring(leg),
            5 if is_agent && !self.dice.one_in(4) => vec![],
            5 | 6 => self.pbx.end(leg, 16, None),
            7 => {
                let (cause, tech) = [(17, 486), (21, 603), (1, 404), (19, 480)][self.dice.roll(4)];
                self.pbx.end(leg, cause, Some(tech))
            }
            8 => self.pbx.end(leg, 34, Some(503)),
            9 if self.dice.one_in(6) => vec![(leg, LegNews::Forwarded)],
            9 if let Some(&take) = self.pbx.takes_of(leg).first() => self.pbx.end_take(take, false),
            9..=13 if self.pbx.legs[&leg].detects => {
                let verdict = anybody(&mut self.dice);
                self.pbx.judge(leg, verdict, VerdictCause::Other)
            }
            14 | 15 if self.config.campaigns[0].amd.is_some() => vec![(leg, any_talk(&mut self.dice))],
            // Whoever is recorded comes to an end with it.
            10..=14 if self.pbx.legs[&leg].recording.is_some() => vec![(leg, LegNews::Pressed(Key::POUND))],
            10..=14 => vec![(leg, LegNews::Pressed(any_key(&mut self.dice)))],
            _ => {
                let whole = !self.dice.one_in(4);
                self.pbx.finish(leg, whole)
            }
        };
        self.publish(news);
    }

    fn something_rare(&mut self) {
        match self.dice.roll(8) {
            0 if self.link => self.disconnect(),
            0..=5 if !self.link => self.connect(),
            2 if !self.pbx.bridges.is_empty() => {
                let news = self.pbx.lose_rooms();
                self.publish(news);
            }
            6 if self.dice.one_in(3) => self.restart(),
            7 if self.dice.one_in(3) => {
                self.pbx.restart();
                self.disconnect();
            }
            _ => {
                let (carrier, reachable) = (CarrierId(1), self.dice.one_in(2));
                self.hear(Event::Carrier { carrier, reachable });
                self.hear(Event::Carrier { carrier, reachable: true });
            }
        }
    }

    fn something_stale(&mut self) {
        let place = self.dice.roll(self.told.len() + 1);
        let event = self.told.get(place).cloned().unwrap_or_else(|| {
            let leg = self.misreads.then(|| self.any_leg_that_was_heard_of()).flatten();
            Event::Foreign { kind: "moon".to_owned(), leg }
        });
        if let Event::Foreign { leg: Some(leg), .. } = event {
            self.reached.insert(("nobody can read of", kind_of(leg)));
        }
        self.hear(event);
    }

    /// One that is there, or was.
    fn any_leg_that_was_heard_of(&mut self) -> Option<Leg> {
        let told = self.told.iter().filter_map(|event| {
            let Event::Leg { leg, .. } = event else { return None };
            Some(*leg)
        });
        let legs: BTreeSet<Leg> = self.pbx.legs.keys().copied().chain(told).collect();
        legs.iter().nth(self.dice.roll(legs.len())).copied()
    }

    /// A wake before anything is due changes nothing.
    fn a_spurious_wake(&mut self) {
        if self.engine.poll_timeout().is_some_and(|(at, _)| at <= self.now) {
            return;
        }
        // What the view shows of breakers and carriers goes by the clock; all else must stand still.
        let standing = |engine: &Engine| {
            let view = engine.view();
            (view.campaigns, view.agents, view.opened, view.closed, view.stray, engine.poll_timeout())
        };
        let (before, given) = (standing(&self.engine), self.given.len());
        self.hear(Event::Woke);
        assert_eq!(self.given.len(), given, "a spurious wake gave a command");
        assert_eq!(standing(&self.engine), before, "a spurious wake did something");
    }

    fn connect(&mut self) {
        self.link = true;
        self.hear(Event::LinkUp);
    }

    fn disconnect(&mut self) {
        self.link = false;
        self.stream.clear();
        self.hear(Event::LinkLost);
    }

    /// The process dies with everything in its memory; what it had asked for may still be done.
    fn restart(&mut self) {
        for command in std::mem::take(&mut self.given) {
            if command.request().is_some() && self.dice.one_in(2) {
                self.do_it(&command);
            }
        }
        self.unanswered.clear();
        self.answers.clear();
        self.stream.clear();
        self.told.clear();
        self.intents.clear();
        self.saved.clear();
        // The next process knows of what was written down.
        self.begun = self.database.takes();
        self.found.clear();
        self.live.clear();
        self.lost.clear();
        self.called_in.clear();
        self.recorded.clear();
        self.noted.clear();
        self.set_aside.clear();
        self.link = false;
        self.engine = Engine::new(self.config.clone(), [8; 32], self.now).expect("the house's rules work");
        self.twin = self.engine.clone();
        let reopened = self.database.reopen(&self.config, self.now);
        self.hear(reopened);
        self.connect();
    }

    fn ask(&mut self, wish: Wish) {
        self.asks += 1;
        if let Wish::CallBack { item, at, .. } = wish {
            let agent = (!self.dice.one_in(2)).then(|| AgentId(1 + self.dice.roll(4) as u32));
            self.database.agree(item.0, at, agent);
        }
        if let Wish::CallOff { item, .. } = wish {
            self.database.call_off(item.0, self.now);
        }
        self.hear(Event::Asked { ask: AskId(self.asks), wish });
    }

    /// An agent who talks hands the callee over, or calls somebody in, or is through with that one.
    fn somebody_calls_in(&mut self) {
        let talks = |agent: &AgentView| agent.state == AgentState::OnCall;
        let talking: Vec<AgentView> = self.engine.view().agents.into_iter().filter(talks).collect();
        let Some(agent) = talking.get(self.dice.roll(talking.len())) else {
            let wish = any_wish_of_an_agent(&mut self.dice);
            return self.ask(wish);
        };
        let is_there = |consults: &ConsultView| consults.times.is_some_and(|times| times.joined.is_some());
        let wish = match (&agent.consults, self.dice.roll(8)) {
            (None, 1..=5) => TransferWish::Consult("desk".to_owned()),
            (_, 0) | (None, _) => any_wish_of_transfer(&mut self.dice),
            (Some(consults), 1..=5) if is_there(consults) => TransferWish::Join,
            (Some(consults), _) if is_there(consults) => TransferWish::Complete,
            (Some(_), _) => return self.whoever_is_called_answers(),
        };
        self.ask(Wish::Transfer { agent: agent.id, wish });
    }

    /// Seldom enough does anybody answer whom an agent calls; the others act otherwise.
    fn whoever_is_called_answers(&mut self) {
        let mut called = self.pbx.legs.keys().copied().filter(|leg| matches!(leg, Leg::Transfer { .. }));
        match called.next() {
            Some(leg) => {
                let news = self.pbx.answer(leg);
                self.publish(news);
            }
            None => self.somebody_acts(),
        }
    }

    /// Somebody wants the conversation of an agent to be recorded, or not to be.
    fn somebody_records(&mut self) {
        if let Some(attempt) = self.a_conversation() {
            let wish = any_recording_wish(&mut self.dice);
            self.recorded.insert(AskId(self.asks + 1), (attempt, wish));
            // Whoever asks for one of these counts on silence no more.
            if matches!(wish, RecordingWish::Start | RecordingWish::Resume) {
                self.silenced.remove(&attempt);
            }
            self.ask(Wish::Record { attempt, wish });
            if wish == RecordingWish::Resume && self.dice.one_in(4) {
                // They have thought better of it.
                self.recorded.insert(AskId(self.asks + 1), (attempt, RecordingWish::Pause));
                self.ask(Wish::Record { attempt, wish: RecordingWish::Pause });
            }
        }
    }

    /// Somebody wants keys to be sent to whom an agent talks with.
    fn somebody_sends_keys(&mut self) {
        if let Some(attempt) = self.a_conversation() {
            let digits = any_keys(&mut self.dice);
            self.ask(Wish::SendDigits { attempt, digits });
        }
    }

    fn a_conversation(&mut self) -> Option<AttemptId> {
        let on_call = |agent: &AgentView| agent.attempt.filter(|_| agent.state == AgentState::OnCall);
        let talking: Vec<AttemptId> = self.engine.view().agents.iter().filter_map(on_call).collect();
        talking.get(self.dice.roll(talking.len())).copied()
    }

    fn time_passes(&mut self) {
        let span = Span::millis(self.dice.roll(30_000) as u64);
        match (self.dice.roll(8), self.engine.poll_timeout()) {
            (0, _) | (_, None) => self.pass_until(self.now + span),
            (_, Some((at, _))) => self.pass_until(at),
        }
    }

    /// Time passes, and the wake for it may come late.
    fn pass_until(&mut self, at: Micros) {
        self.now = self.now.max(at);
        let overdue = |(request, (verb, since)): (&RequestId, &(&'static str, Micros))| {
            (self.now.since(*since) >= Span::secs(5)).then_some((*request, *verb))
        };
        let overdue: Vec<_> = self.unanswered.iter().filter_map(overdue).collect();
        for (request, verb) in overdue {
            self.unanswered.remove(&request);
            self.reached.insert((verb, "Silence"));
            self.reached.extend(self.looks_ahead().then_some(("a forecast", "Silence")));
        }
        if self.engine.poll_timeout().is_some_and(|(at, _)| at <= self.now) {
            self.hear(Event::Woke);
        }
    }

    fn tell(&mut self, event: Event) {
        if self.dice.one_in(16) {
            self.told.push(event.clone());
        }
        self.hear(event);
    }

    fn hear(&mut self, event: Event) {
        self.story.push(format!("{:>9} > {event:?}", render::time(self.now)));
        self.learn(&event);
        if self.faults && self.dice.one_in(64) {
            self.twin = self.engine.clone();
        }
        let late = |engine: &Engine| engine.view().stray.get("answer: late or unknown").copied();
        let late_before = late(&self.engine);
        self.engine.handle(self.now, event.clone());
        // Nobody goes by an answer that was given up already.
        if late_before == late(&self.engine) {
            self.learn_who_is_found(&event);
        }
        self.twin.handle(self.now, event);
        self.engine.audit();
        loop {
            let command = self.engine.poll_command();
            assert_eq!(command, self.twin.poll_command(), "the twins disagree");
            let Some(command) = command else { break };
            self.story.push(format!("{:>9} {}", render::time(self.now), render::line(&command)));
            self.check(&command);
            if let Some(request) = command.request() {
                self.unanswered.insert(request, (render::verb(&command), self.now));
                self.given.push(command);
            }
        }
        self.check_silent_takes();
        let next = self.engine.poll_timeout();
        assert_eq!(next, self.twin.poll_timeout(), "the twins wait for different things");
        assert!(next.is_none_or(|(at, _)| at > self.now), "it wants to be woken in the past: {next:?}");
    }
}

/// Whether a call is not to be placed if another node has dropped its number meanwhile.
fn waits_after_a_drop(command: &Command) -> bool {
    matches!(command, Command::Save { call, .. } if call.ordinal == 1 && call.undropped_since.is_some())
}

/// Whose leg that is.
const fn kind_of(leg: Leg) -> &'static str {
    match leg {
        Leg::Customer { .. } => "a callee",
        Leg::Agent { .. } => "an agent",
        Leg::Transfer { .. } => "another",
    }
}
