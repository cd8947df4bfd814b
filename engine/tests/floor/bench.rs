//! A small floor to try one thing on: the engine, a database and an exchange that answer at once unless told otherwise,
//! agents who pick up, and callees who do what the test says.

use std::collections::{BTreeSet, VecDeque};

use engine::agent::{AgentState, PauseCode};
use engine::call::CallResult;
use engine::words::{AskId, AttemptId, CampaignId, Key, Leg, Micros, RequestId, Span};
use engine::{Command, Config, Engine, Event, Failure, LegNews, Outcome, Wish};

use crate::database::Database;
use crate::house::{OPENING, SPRING, id_of};
use crate::pbx::Pbx;
use crate::render;

/// What happens to a command instead of its being carried out.
#[derive(Debug, Clone)]
pub(crate) enum Instead {
    /// It is answered so, and not carried out.
    Answer(Outcome),
    /// Nothing ever comes back, and it is not carried out.
    Silence,
    /// It is carried out, and nobody can tell.
    Untold,
    /// It is carried out when [`Floor::goes_on`] is called.
    Later,
}

/// The floor.
pub(crate) struct Floor {
    pub(crate) engine: Engine,
    pub(crate) pbx: Pbx,
    pub(crate) database: Database,
    config: Config,
    now: Micros,
    asks: u64,
    instead: Vec<(&'static str, u32, Instead)>,
    held_up: VecDeque<Command>,
    absent: BTreeSet<&'static str>,
    link: bool,
    story: Vec<String>,
}

impl Floor {
    /// A floor whose exchange is connected, and on which nothing has happened yet.
    pub(crate) fn open(config: Config) -> Self {
        let mut floor = Self::before_the_link(config);
        floor.link_comes_up();
        floor.story.clear();
        floor
    }

    /// A floor whose exchange is not connected yet.
    pub(crate) fn before_the_link(config: Config) -> Self {
        Self {
            engine: Engine::new(config.clone(), [7; 32], OPENING).expect("the house's rules work"),
            pbx: Pbx::default(),
            database: Database::default(),
            config,
            now: OPENING,
            asks: 0,
            instead: vec![],
            held_up: VecDeque::new(),
            absent: BTreeSet::new(),
            link: false,
            story: vec![],
        }
    }

    /// With so many leads, whose numbers end in their ids, and the campaign started.
    pub(crate) fn dials(mut self, leads: u64) -> Self {
        self.adds_leads(1..=leads);
        self.asks(Wish::Start(SPRING));
        self
    }

    /// With agents at work and ready.
    pub(crate) fn staffed(mut self, names: &[&'static str]) -> Self {
        for name in names {
            self.agent_logs_in(name);
        }
        self
    }

    /// Forgets the story so far.
    pub(crate) fn anew(mut self) -> Self {
        self.story.clear();
        self
    }

    /// What has happened since the last look, one line each: what came to the engine after `>`, then what it did.
    pub(crate) fn story(&mut self) -> String {
        std::mem::take(&mut self.story).join("\n")
    }

    pub(crate) fn adds_leads(&mut self, ids: impl IntoIterator<Item = u64>) {
        for id in ids {
            self.database.add_lead(SPRING, id, &format!("1555000{id:04}"), self.now);
        }
    }

    /// The next `times` commands of this name are not carried out.
    pub(crate) fn instead(&mut self, verb: &'static str, times: u32, instead: Instead) {
        self.instead.push((verb, times, instead));
    }

    /// The id of the first command that is held up.
    pub(crate) fn held_up_request(&self) -> Option<RequestId> {
        self.held_up.front().and_then(Command::request)
    }

    /// What was held up is carried out.
    pub(crate) fn goes_on(&mut self) {
        let held_up = std::mem::take(&mut self.held_up);
        let events = held_up.iter().flat_map(|command| self.carry_out(command)).collect();
        self.hear_all(events);
    }

    /// Whoever this is does not pick up their phone from now on.
    pub(crate) fn does_not_pick_up(&mut self, name: &'static str) {
        self.absent.insert(name);
    }

    /// Whoever this is picks up again.
    pub(crate) fn picks_up(&mut self, name: &str) {
        self.absent.remove(name);
    }

    pub(crate) fn asks(&mut self, wish: Wish) {
        self.tell(format!("asked: {wish:?}"));
        self.asks += 1;
        self.hear(Event::Asked { ask: AskId(self.asks), wish });
    }

    pub(crate) fn agent_logs_in(&mut self, name: &'static str) {
        self.asks(Wish::LogIn(id_of(name)));
    }

    pub(crate) fn agent_pauses(&mut self, name: &str, code: &str) {
        let code = PauseCode::try_from(code.to_owned()).expect("a pause code");
        self.asks(Wish::PauseAgent { agent: id_of(name), code });
    }

    /// An agent picks up the phone that rings.
    pub(crate) fn agent_picks_up(&mut self, name: &str) {
        let leg = self.phone(name);
        let news = self.pbx.answer(leg);
        self.happens(news);
    }

    /// An agent puts the phone down.
    pub(crate) fn agent_hangs_up(&mut self, name: &str) {
        let leg = self.phone(name);
        let news = self.pbx.end(leg, 16, None);
        self.happens(news);
    }

    /// The agent's leg.
    pub(crate) fn phone(&self, name: &str) -> Leg {
        let theirs = |leg: &&Leg| matches!(leg, Leg::Agent { agent, .. } if *agent == id_of(name));
        *self.pbx.legs.keys().find(theirs).expect("the agent has a leg")
    }

    pub(crate) fn state_of(&self, name: &str) -> AgentState {
        let view = self.engine.view();
        view.agents.iter().find(|agent| agent.id == id_of(name)).expect("an agent").state
    }

    /// The far end of an attempt's last leg.
    pub(crate) fn callee(&mut self, attempt: u64) -> Callee<'_> {
        let last = |leg: &&Leg| matches!(leg, Leg::Customer { attempt: id, .. } if *id == AttemptId(attempt));
        let leg = self.pbx.legs.keys().filter(last).max().copied();
        let leg = leg.unwrap_or(Leg::Customer { attempt: AttemptId(attempt), ordinal: 1 });
        Callee { floor: self, leg }
    }

    /// The far end of a leg.
    pub(crate) fn leg(&mut self, leg: Leg) -> Callee<'_> {
        Callee { floor: self, leg }
    }

    /// The exchange comes to a verdict on who has answered, and gives the leg back.
    pub(crate) fn judges(&mut self, attempt: u64, judged: LegNews) {
        let leg = self.callee(attempt).leg;
        if let Some(channel) = self.pbx.legs.get_mut(&leg) {
            channel.detects = false;
            self.happens(vec![(leg, judged)]);
        }
    }

    /// How much time has passed since the beginning.
    pub(crate) fn passed(&self) -> Span {
        self.now.since(OPENING)
    }

    /// The results on record, in the order of the attempts.
    pub(crate) fn results(&self) -> Vec<CallResult> {
        let records = self.database.attempts.values().flat_map(|saved| &saved.records);
        records.map(|record| record.result).collect()
    }

    pub(crate) fn link_goes_down(&mut self) {
        self.link = false;
        self.tell("the link goes down".to_owned());
        self.hear(Event::LinkLost);
    }

    pub(crate) fn link_comes_up(&mut self) {
        self.link = true;
        self.tell("the link comes up".to_owned());
        self.hear(Event::LinkUp);
    }

    /// The process dies; another takes up what the database tells.
    pub(crate) fn process_restarts(&mut self) {
        self.process_is_gone_for(Span::ZERO);
    }

    /// The same with another configuration.
    pub(crate) fn process_restarts_with(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        self.process_restarts();
    }

    /// The same some time later.
    pub(crate) fn process_is_gone_for(&mut self, down: Span) {
        self.now = self.now + down;
        self.process_restarts_without_the_link();
        self.link_comes_up();
    }

    /// The process dies, and the clock is set back by so much before the next one begins.
    pub(crate) fn process_restarts_earlier(&mut self, by: Span) {
        self.now = self.now - by;
        self.process_restarts();
    }

    /// The process dies, and the next one does not find the exchange.
    pub(crate) fn process_restarts_without_the_link(&mut self) {
        self.link = false;
        let given = |leg: &Leg| match leg {
            Leg::Customer { attempt, .. } | Leg::Transfer { attempt, .. } => (attempt.0, 0),
            Leg::Agent { session, .. } => (0, session.0),
        };
        let saved = self.database.attempts.keys().map(|id| (id.0, 0));
        for (attempt, session) in self.pbx.legs.keys().map(given).chain(saved) {
            self.config.next_attempt.0 = self.config.next_attempt.0.max(attempt + 1);
            self.config.next_session.0 = self.config.next_session.0.max(session + 1);
        }
        self.held_up.clear();
        self.engine = Engine::new(self.config.clone(), [8; 32], self.now).expect("the house's rules work");
        self.tell("the process restarts".to_owned());
        let reopened = self.database.reopen(&self.config, self.now);
        self.hear(reopened);
    }

    /// Time passes, with every deadline in it.
    pub(crate) fn after(&mut self, span: Span) {
        let until = self.now + span;
        while let Some((at, _)) = self.engine.poll_timeout().filter(|(at, _)| *at <= until) {
            self.now = at;
            self.hear(Event::Woke);
        }
        self.now = until;
    }

    /// Legs do something, which is heard of as long as the link stands.
    pub(crate) fn happens(&mut self, news: Vec<(Leg, LegNews)>) {
        for (leg, news) in &news {
            let unheard = if self.link { "" } else { " (unheard)" };
            self.tell(format!("{} {}{unheard}", render::leg(*leg), render::news(*news)));
        }
        let events = self.heard(news);
        self.hear_all(events);
    }

    pub(crate) fn hear(&mut self, event: Event) {
        self.hear_all(VecDeque::from([event]));
    }

    fn hear_all(&mut self, mut events: VecDeque<Event>) {
        let mut patience = 10_000;
        while let Some(event) = events.pop_front() {
            patience -= 1;
            assert!(patience > 0, "the floor does not come to rest:\n{}", self.story());
            self.engine.handle(self.now, event);
            self.engine.audit();
            while let Some(command) = self.engine.poll_command() {
                let line = render::line(&command);
                self.story.push(format!("{:>9} {line}", render::time(self.now)));
                events.extend(self.answer(command));
            }
            let next = self.engine.poll_timeout();
            assert!(next.is_none_or(|(at, _)| at > self.now), "it wants to be woken in the past: {next:?}");
        }
    }

    fn answer(&mut self, command: Command) -> VecDeque<Event> {
        let verb = render::verb(&command);
        let Some(place) = self.instead.iter().position(|(hooked, ..)| *hooked == verb) else {
            return self.carry_out(&command);
        };
        self.instead[place].1 -= 1;
        let instead = self.instead[place].2.clone();
        if self.instead[place].1 == 0 {
            self.instead.remove(place);
        }
        match instead {
            Instead::Answer(outcome) => settled(&command, outcome).into_iter().collect(),
            Instead::Silence => VecDeque::new(),
            Instead::Untold => {
                let mut events = self.carry_out(&command);
                for event in &mut events {
                    if let Event::Settled { outcome, .. } = event {
                        *outcome = Outcome::Failed(Failure::OutcomeUnknown);
                    }
                }
                events
            }
            Instead::Later => {
                self.held_up.push_back(command);
                VecDeque::new()
            }
        }
    }

    fn carry_out(&mut self, command: &Command) -> VecDeque<Event> {
        if let Some(outcome) = self.database.carry_out(command, self.now) {
            return settled(command, outcome).into_iter().collect();
        }
        let Some((outcome, mut news)) = self.pbx.carry_out(command) else { return VecDeque::new() };
        if let Command::Originate { originate, .. } = command
            && let Leg::Agent { agent, .. } = originate.leg
            && !self.absent.iter().any(|name| id_of(name) == agent)
        {
            news.extend(self.pbx.answer(originate.leg));
        }
        let mut events: VecDeque<Event> = settled(command, outcome).into_iter().collect();
        events.extend(self.heard(news));
        events
    }

    fn heard(&self, news: Vec<(Leg, LegNews)>) -> VecDeque<Event> {
        let heard = news.into_iter().filter(|_| self.link);
        heard.map(|(leg, news)| Event::Leg { leg, news }).collect()
    }

    fn tell(&mut self, what: String) {
        self.story.push(format!("{:>9} > {what}", render::time(self.now)));
    }
}

fn settled(command: &Command, outcome: Outcome) -> Option<Event> {
    command.request().map(|request| Event::Settled { request, outcome })
}

/// The far end of one leg.
pub(crate) struct Callee<'a> {
    floor: &'a mut Floor,
    leg: Leg,
}

impl Callee<'_> {
    pub(crate) fn rings(self) {
        let news = self.floor.pbx.ring(self.leg);
        self.floor.happens(news);
    }

    pub(crate) fn answers(self) {
        let news = self.floor.pbx.answer(self.leg);
        self.floor.happens(news);
    }

    /// Hangs up, or the network says why there is no way: Q.850 cause, and the SIP response where there was one.
    pub(crate) fn hangs_up(self, cause: u16, tech: impl Into<Option<u16>>) {
        let news = self.floor.pbx.end(self.leg, cause, tech.into());
        self.floor.happens(news);
    }

    pub(crate) fn has_heard_the_message(self) {
        let news = vec![(self.leg, LegNews::Played { nth: 0, whole: true })];
        self.floor.happens(news);
    }

    /// The sound that they hear, or the recording that they make, comes to its end.
    pub(crate) fn hears_it_through(self) {
        let news = self.floor.pbx.finish(self.leg, true);
        self.floor.happens(news);
    }

    pub(crate) fn stands(self) -> bool {
        self.floor.pbx.legs.contains_key(&self.leg)
    }

    pub(crate) fn presses(self, keys: &str) {
        let news = keys.chars().map(|key| (self.leg, LegNews::Pressed(Key::try_from(key).expect("a key"))));
        self.floor.happens(news.collect());
    }

    /// Something that the exchange would not do of itself.
    pub(crate) fn does(self, news: LegNews) {
        let news = vec![(self.leg, news)];
        self.floor.happens(news);
    }
}

/// A campaign's state as shown.
pub(crate) fn state(floor: &Floor, id: CampaignId) -> String {
    let view = floor.engine.view();
    let campaign = view.campaigns.iter().find(|campaign| campaign.id == id).expect("a campaign");
    let reason = campaign.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{reason}", campaign.state)
}
