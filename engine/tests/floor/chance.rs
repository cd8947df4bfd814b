//! Chance: dice, and what they may bring.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::agent::PauseCode;
use engine::amd::{Detection, JudgeRules, Policy, Verdict, VerdictCause};
use engine::call::{CallRequest, CallResult, CallSoFar, Debt, Said, Variables};
use engine::campaign::CampaignRules;
use engine::digits::Digits;
use engine::flow::{
    FlowEnd, FlowLog, Meanwhile, Node as FlowNode, NodeKind, Step, StepOutcome, Target, Text, TransferRules,
};
use engine::lead::{Barred, Callback, Past, QueueItem, RetryRule};
use engine::pacing::{Pacing, PacingChange};
use engine::recording::{Format, Recorded, RecordingRules, Track};
use engine::words::{
    AgentId, AttemptId, Bridge, CarrierId, Cause, Key, LeadId, Leg, Micros, Milli, Number, QueueId,
    SessionId, Span, TechCause,
};
use engine::{Config, Failure, LegNews, OpenAttempt, RecordingWish, Times, TransferWish, Wish};

use crate::house::{self, OPENING, SPRING};

/// Where all chance comes from; when it has run dry every draw is 0.
#[derive(Debug, Clone)]
pub(crate) struct Dice(VecDeque<u16>);

impl Dice {
    pub(crate) fn new(draws: Vec<u16>) -> Self {
        Self(draws.into())
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        let draw = usize::from(self.0.pop_front().unwrap_or(0));
        draw % sides.max(1)
    }

    pub(crate) fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == sides - 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One of the houses.
pub(crate) fn any_house(dice: &mut Dice) -> Config {
    let names = ["ann", "bob", "cid"];
    let mut config = match dice.roll(9) {
        0 => house::progressive(&names),
        1 => house::per_call(&names),
        2..=4 => house::ratio(3_000, &names),
        5 => house::ahead(Pacing::Broadcast { per_minute: 60 }, &names),
        6 => house::ahead(Pacing::Allotted, &names),
        7 => house::preview(&names),
        _ => house::two_carriers(&names),
    };
    let campaign = &mut config.campaigns[0];
    campaign.message_within = Span::millis(300);
    campaign.repeat_after_drop = if dice.one_in(4) { Span::ZERO } else { Span::secs(30) };
    campaign.retry.cap = 3;
    if matches!(campaign.pacing, Pacing::Progressive | Pacing::Broadcast { .. }) && !dice.one_in(4) {
        // Looking for a sound fails so often here that a flow of many would hardly ever begin.
        let mut flow = house::survey_saying(|_| "sound:sorry".to_owned());
        if !dice.one_in(4) {
            house::begin_with(&mut flow, "word");
        }
        if dice.one_in(2) {
            house::with_music(&mut flow);
        }
        campaign.flow = Some(Arc::new(flow));
    }
    config.carriers[0].channels = 4;
    in_a_hurry(config)
}

/// Where talks are short, and calls are soon made again and often compared: much happens within few moments.
fn in_a_hurry(mut config: Config) -> Config {
    let campaign = &mut config.campaigns[0];
    (campaign.talk_limit, campaign.wrap_up) = (Span::secs(60), Span::secs(5));
    campaign.retry.by_result =
        CallResult::ALL.into_iter().map(|result| (result, RetryRule::fixed(9, Span::secs(1)))).collect();
    config.survey_every = Span::secs(20);
    config
}

/// One of the houses, where persons are told from machines.
pub(crate) fn any_sieve(dice: &mut Dice) -> Config {
    let mut config = any_house(dice);
    let parallel = Detection::Parallel(JudgeRules::default());
    let detection = if dice.one_in(2) && config.campaigns[0].flow.is_none() { parallel } else { house::GATE };
    let machine = [Policy::Message, Policy::HangUp, Policy::Connect][dice.roll(6).saturating_sub(3)];
    config.campaigns[0].amd = house::amd(detection, machine);
    config
}

/// A house that sends every callee a text and puts them through to its desk first.
pub(crate) fn any_desk(dice: &mut Dice) -> Config {
    let mut config = house::ahead(Pacing::Broadcast { per_minute: 60 }, &["ann", "bob", "cid"]);
    config.carriers.push(house::carrier(2, "trunk-b"));
    // Few calls at a time, so that something happens to each of them.
    config.carriers.iter_mut().for_each(|carrier| carrier.channels = 2);
    let campaign = &mut config.campaigns[0];
    campaign.carriers.push(CarrierId(2));
    let mut flow = house::survey_saying(|_| "sound:sorry".to_owned());
    house::begin_with(&mut flow, "desk");
    if let NodeKind::Transfer { rules, .. } = &mut flow.nodes[0].kind {
        let rules = Arc::make_mut(rules);
        rules.accept = rules.accept.filter(|_| dice.one_in(4));
        rules.whisper.truncate(usize::from(dice.one_in(4)));
        rules.meanwhile = [Meanwhile::Music, Meanwhile::Ringback, Meanwhile::Silence][dice.roll(3)];
    }
    let text = Text::parse("{number}").expect("a text");
    let kind = NodeKind::Sms { text, next: Target::Node("desk".to_owned()) };
    let sms = FlowNode { name: "sms".to_owned(), most_visits: 1, completes: false, kind };
    flow.nodes.insert(0, sms);
    campaign.flow = Some(Arc::new(flow));
    config.survey_every = Span::secs(20);
    config
}

/// A house that lets every callee into its room first.
pub(crate) fn any_salon(dice: &mut Dice) -> Config {
    let mut config = house::ahead(Pacing::Broadcast { per_minute: 600 }, &["ann", "bob", "cid"]);
    // Few calls at a time, so that something happens to each of them, and they meet.
    config.carriers[0].channels = 3;
    let mut flow = house::survey_saying(|_| "sound:sorry".to_owned());
    house::begin_with(&mut flow, "room");
    if let NodeKind::Conference { rules, .. } = &mut flow.nodes[0].kind {
        rules.most = [2, 2, 3][dice.roll(3)];
        rules.longest = Span::secs(if dice.one_in(3) { 1 + dice.roll(30) as u64 } else { 600 });
        (rules.music, rules.beep) = (!dice.one_in(3), !dice.one_in(3));
    }
    config.campaigns[0].flow = Some(Arc::new(flow));
    config.survey_every = Span::secs(20);
    config
}

/// A house whose agents say what came of their calls, put callees on hold and go unheard.
pub(crate) fn any_office(dice: &mut Dice) -> Config {
    let mut config = house::ratio(2_000, &["ann", "bob", "cid"]);
    let campaign = &mut config.campaigns[0];
    let mut set = house::dispositions();
    set.demanded_within = dice.one_in(2).then_some(Span::secs(20));
    campaign.dispositions = Some(Arc::new(set));
    in_a_hurry(config)
}

/// A house whose agents hand callees over and call others in.
pub(crate) fn any_switchboard(dice: &mut Dice) -> Config {
    let names = ["ann", "bob", "cid"];
    let mut config = if dice.one_in(4) { house::per_call(&names) } else { house::progressive(&names) };
    let campaign = &mut config.campaigns[0];
    let mut desk = TransferRules { accept: None, ..house::desk() };
    desk.meanwhile = [Meanwhile::Music, Meanwhile::Ringback, Meanwhile::Silence][dice.roll(3)];
    desk.whisper = vec!["sound:whisper".to_owned(); usize::from(dice.one_in(4))];
    campaign.transfers.insert("desk".to_owned(), Arc::new(desk));
    campaign.dispositions = dice.one_in(3).then(|| Arc::new(house::dispositions()));
    campaign.message = dice.one_in(2).then(|| "sound:sorry".to_owned());
    in_a_hurry(config)
}

/// A house that has all at once what the others have one by one, as far as it goes together.
pub(crate) fn any_crossing(dice: &mut Dice) -> Config {
    let names = ["ann", "bob", "cid"];
    let mut config = match dice.roll(8) {
        0 => house::per_call(&names),
        1 => house::preview(&names),
        2 => house::ratio(2_000, &names),
        3 => house::ahead(Pacing::Broadcast { per_minute: 120 }, &names),
        _ => house::progressive(&names),
    };
    let campaign = &mut config.campaigns[0];
    let may_flow = !matches!(campaign.pacing, Pacing::Ratio { .. });
    if may_flow && dice.one_in(2) {
        let mut flow = house::survey_saying(|_| "sound:sorry".to_owned());
        if !dice.one_in(4) {
            house::begin_with(&mut flow, "agent");
        }
        if dice.one_in(2) {
            house::with_music(&mut flow);
        }
        campaign.flow = Some(Arc::new(flow));
    }
    campaign.message = campaign.message.take().or_else(|| dice.one_in(2).then(|| "sound:sorry".to_owned()));
    with_whatever_goes_together(dice, campaign);
    in_a_hurry(config)
}

/// A house that dials ahead of its agents by what it has learnt, and has whatever else goes with that.
pub(crate) fn any_forecast(dice: &mut Dice) -> Config {
    let mut config = house::predictive(&["ann", "bob", "cid"]);
    config.carriers.push(house::carrier(2, "trunk-b"));
    let campaign = &mut config.campaigns[0];
    campaign.carriers.push(CarrierId(2));
    if let Pacing::Predictive(rules) = &mut campaign.pacing {
        rules.windows[0].limit = Milli(100);
        rules.answer_rate = dice.one_in(2).then_some(Milli(300));
        rules.strict = dice.one_in(3);
    }
    campaign.message_within = Span::millis(300);
    campaign.hopper_size = Some(12);
    campaign.repeat_after_drop = if dice.one_in(2) { Span::ZERO } else { Span::secs(30) };
    if !dice.one_in(4) {
        with_whatever_goes_together(dice, campaign);
    }
    in_a_hurry(config)
}

/// Transfers, and, each by chance, dispositions, keys, recordings and the telling of persons from machines.
fn with_whatever_goes_together(dice: &mut Dice, campaign: &mut CampaignRules) {
    let mut desk = TransferRules { accept: None, ..house::desk() };
    desk.meanwhile = [Meanwhile::Music, Meanwhile::Ringback, Meanwhile::Silence][dice.roll(3)];
    desk.whisper = vec!["sound:whisper".to_owned(); usize::from(dice.one_in(4))];
    campaign.transfers.insert("desk".to_owned(), Arc::new(desk));
    if !dice.one_in(3) {
        let mut set = house::dispositions();
        set.demanded_within = dice.one_in(2).then_some(Span::secs(20));
        campaign.dispositions = Some(Arc::new(set));
    }
    campaign.digits.after_answer = Digits::try_from("w12".to_owned()).ok().filter(|_| dice.one_in(2));
    if dice.one_in(3) {
        let which = if dice.one_in(2) { Recorded::All } else { Recorded::OnDemand };
        campaign.recording = Some(RecordingRules { which, stereo: dice.one_in(2), format: Format::Wav });
    }
    if !dice.one_in(3) {
        // Soon enough that persons are told from machines among all that goes on.
        let soon = Span::millis(100);
        let beside =
            Detection::Parallel(JudgeRules { after_greeting_silence: soon, ..JudgeRules::default() });
        let detection = if campaign.flow.is_some() || dice.one_in(4) { house::GATE } else { beside };
        let machine = [Policy::Connect, Policy::Message, Policy::HangUp][dice.roll(3)];
        campaign.amd = house::amd(detection, machine);
    }
}

/// A house whose conversations are recorded, and whose callees are sent keys.
pub(crate) fn any_studio(dice: &mut Dice) -> Config {
    let mut config = house::progressive(&["ann", "bob", "cid"]);
    let campaign = &mut config.campaigns[0];
    let which = if dice.one_in(3) { Recorded::All } else { Recorded::OnDemand };
    campaign.recording = Some(RecordingRules { which, stereo: dice.one_in(2), format: Format::Wav });
    campaign.digits.after_answer = Digits::try_from("w12".to_owned()).ok().filter(|_| dice.one_in(2));
    in_a_hurry(config)
}

/// What may be asked.
pub(crate) fn any_wish(dice: &mut Dice) -> Wish {
    let agent = AgentId(u32::try_from(dice.roll(4) + 1).expect("small"));
    let code = PauseCode::try_from("lunch".to_owned()).expect("a pause code");
    match dice.roll(22) {
        0..=3 => Wish::Start(SPRING),
        4 => Wish::Pause(SPRING),
        5 => Wish::Drain(SPRING),
        6 => Wish::Stop(SPRING),
        7 => Wish::LeadsAdded(SPRING),
        8..=10 => Wish::LogIn(agent),
        11 => Wish::LogOut(agent),
        12 => Wish::PauseAgent { agent, code },
        13 => Wish::ReadyAgent(agent),
        14 if dice.one_in(8) => Wish::CloseFloor,
        14 => {
            let (campaign, item) = (SPRING, QueueId(dice.roll(12) as u64 + 1));
            match dice.roll(60_000) as u64 {
                ms if ms % 4 == 0 => Wish::CallOff { campaign, item },
                ms => Wish::CallBack { campaign, item, at: Micros(OPENING.0 + ms * 1_000) },
            }
        }
        15 => Wish::Allot { campaign: SPRING, dials: u32::try_from(dice.roll(4)).expect("small") },
        16 => Wish::Pace { campaign: SPRING, change: any_change(dice) },
        17 => {
            let barred = match dice.roll(16) {
                12.. => "15559990001".to_owned(),
                nth => format!("1555000{:04}", nth + 1),
            };
            let barred = Barred::parse(&barred).expect("a number");
            Wish::DoNotCall { barred, campaigns: vec![SPRING] }
        }
        18 | 19 => Wish::AcceptLead(agent),
        20 => Wish::SkipLead(agent),
        _ => Wish::HangUp(AttemptId(dice.roll(20) as u64)),
    }
}

/// What may be changed of a campaign's pacing, of whichever mode it is, in its range or not.
fn any_change(dice: &mut Dice) -> Option<PacingChange> {
    match dice.roll(64) {
        0..=15 => None,
        level @ 16..=31 => Some(PacingChange::Level(Milli((level as u32 - 15) * 700))),
        dials @ 32..=47 => Some(PacingChange::PerMinute((dials as u32 - 32) * 40)),
        limit => Some(PacingChange::DropLimit(Milli((limit as u32 - 48) * 7))),
    }
}

/// What may be asked of a recording.
pub(crate) fn any_recording_wish(dice: &mut Dice) -> RecordingWish {
    let wishes = [RecordingWish::Start, RecordingWish::Stop, RecordingWish::Pause, RecordingWish::Resume];
    wishes[dice.roll(4)]
}

/// What an agent may ask for who is on a call, or has just been.
pub(crate) fn any_wish_of_an_agent(dice: &mut Dice) -> Wish {
    let agent = AgentId(u32::try_from(dice.roll(4) + 1).expect("small"));
    match dice.roll(3) {
        0 => any_disposition(dice, agent),
        1 => Wish::HoldCallee { agent, on: dice.one_in(2) },
        _ => Wish::Mute { agent, on: dice.one_in(2) },
    }
}

/// What keys may be sent to whoever an agent talks with.
pub(crate) fn any_keys(dice: &mut Dice) -> Digits {
    Digits::try_from(["1", "w12", "#"][dice.roll(3)].to_owned()).expect("keys")
}

/// What an agent may want of somebody else.
pub(crate) fn any_wish_of_transfer(dice: &mut Dice) -> TransferWish {
    match dice.roll(8) {
        0 | 1 => TransferWish::Transfer("desk".to_owned()),
        2 | 3 => TransferWish::Consult("desk".to_owned()),
        4 => TransferWish::Complete,
        5 | 6 => TransferWish::Join,
        _ => TransferWish::Back,
    }
}

/// What an agent may say of a call.
fn any_disposition(dice: &mut Dice, agent: AgentId) -> Wish {
    let code = house::DISPOSITIONS[dice.roll(house::DISPOSITIONS.len())];
    let at = Micros(OPENING.0 + dice.roll(60_000) as u64 * 1_000);
    let callback = (code == "later").then(|| Callback { at, agent: dice.one_in(2).then_some(agent) });
    let attempt = dice.one_in(8).then(|| AttemptId(dice.roll(20) as u64));
    Wish::Dispose { agent, attempt, code: code.to_owned(), callback, note: None }
}

/// What an agent of an earlier process may owe.
pub(crate) fn any_debt(dice: &mut Dice) -> Debt {
    let item = item(dice.roll(12) as u64);
    Debt {
        attempt: AttemptId(dice.roll(12) as u64),
        campaign: SPRING,
        agent: AgentId(u32::try_from(dice.roll(5)).expect("small")),
        queue: item.id,
        lead: item.lead,
        number: item.number,
        alternates: vec![],
        nth: 1,
        past: Past::default(),
        agreed: item.id.0 % 2 == 1,
        talked: Span::secs(1),
        ended: OPENING,
        until: Micros(OPENING.0 + dice.roll(60_000) as u64 * 1_000),
        said: said_before(dice),
    }
}

/// What an agent may have told an earlier process of a call; it may not be known any more.
fn said_before(dice: &mut Dice) -> Option<Box<Said>> {
    let agent = AgentId(u32::try_from(dice.roll(5)).expect("small"));
    let Wish::Dispose { code, callback, note, .. } = any_disposition(dice, agent) else { return None };
    let code = if dice.one_in(8) { "forgotten".to_owned() } else { code };
    let by_agent = true;
    dice.one_in(3).then(|| Box::new(Said { code, by_agent, at: OPENING, callback, note }))
}

/// What an earlier process may have noted of a callee's way through a call flow.
fn flow_before(dice: &mut Dice) -> Option<Box<FlowLog>> {
    let outcome = [StepOutcome::Cut, StepOutcome::HungUpWaiting, StepOutcome::Agent][dice.roll(3)];
    let end = if outcome == StepOutcome::Agent { FlowEnd::Agent } else { FlowEnd::HungUp };
    let step = |node: &str, outcome, keys: &str| Step {
        node: node.to_owned(),
        at: OPENING,
        outcome,
        keys: keys.to_owned(),
        recording: None,
        recorded_ms: None,
        stayed_ms: None,
    };
    let steps = vec![step("menu", StepOutcome::Answered, "2"), step("agent", outcome, "")];
    let (flow, edition, complete) = ("survey".to_owned(), "first".to_owned(), dice.one_in(2));
    dice.one_in(3).then(|| Box::new(FlowLog { flow, edition, end, complete, steps }))
}

/// What a leg may do.
pub(crate) fn any_news(dice: &mut Dice) -> LegNews {
    let bridge = match dice.roll(4) {
        0 => Bridge::Hold,
        3 => Bridge::Conference { attempt: AttemptId(dice.roll(12) as u64), ordinal: 1 },
        1 => Bridge::Transfer { attempt: AttemptId(dice.roll(12) as u64), ordinal: 1 },
        _ => Bridge::Conversation(AttemptId(dice.roll(12) as u64)),
    };
    match dice.roll(16) {
        0 => LegNews::Progressed,
        1 => LegNews::Rang,
        2 => LegNews::Answered,
        3 => LegNews::Entered,
        4 => LegNews::Forwarded,
        5 => LegNews::Joined(bridge),
        6 => LegNews::Parted(bridge),
        7 => LegNews::Played { nth: dice.roll(3) as u16, whole: dice.one_in(2) },
        8 => LegNews::Pressed(any_key(dice)),
        9 => LegNews::Recorded { nth: dice.roll(3) as u16, whole: dice.one_in(2), length: Span::secs(1) },
        10 => any_talk(dice),
        11 => any_verdict(dice),
        12 => LegNews::TakeBegan { nth: dice.roll(3) as u16 },
        13 => {
            let track = [Track::Both, Track::Callee, Track::Agent][dice.roll(3)];
            LegNews::TakeEnded { nth: dice.roll(3) as u16, track, whole: dice.one_in(2) }
        }
        14 => LegNews::Responded(TechCause(300 + dice.roll(400) as u16)),
        _ => LegNews::Ended {
            cause: Cause(dice.roll(128) as u16),
            tech: (!dice.one_in(3)).then(|| TechCause(200 + dice.roll(500) as u16)),
        },
    }
}

/// Talk or silence.
pub(crate) fn any_talk(dice: &mut Dice) -> LegNews {
    let lasted = Span::millis(dice.roll(3_000) as u64);
    if dice.one_in(2) { LegNews::TalkBegan } else { LegNews::TalkEnded { lasted } }
}

/// What the exchange may take whoever has answered for; machines most often.
pub(crate) fn anybody(dice: &mut Dice) -> Verdict {
    [Verdict::Human, Verdict::Machine, Verdict::Machine, Verdict::Machine, Verdict::NotSure, Verdict::Fax]
        [dice.roll(6)]
}

/// That the exchange has said so.
fn any_verdict(dice: &mut Dice) -> LegNews {
    let verdict = anybody(dice);
    LegNews::Judged { verdict, cause: VerdictCause::Other, silence: Span::millis(dice.roll(3_000) as u64) }
}

/// A key; those that lead somewhere most often.
pub(crate) fn any_key(dice: &mut Dice) -> Key {
    Key::try_from(['1', '1', '9', '2', '3', '4', '9', '#', '#'][dice.roll(9)]).expect("a key")
}

/// A leg that may or may not exist.
pub(crate) fn any_leg(dice: &mut Dice) -> Leg {
    if dice.one_in(2) {
        let ordinal = u8::try_from(dice.roll(4)).expect("small");
        Leg::Customer { attempt: AttemptId(dice.roll(12) as u64), ordinal }
    } else {
        let agent = AgentId(u32::try_from(dice.roll(5)).expect("small"));
        if dice.one_in(4) {
            return Leg::Transfer { attempt: AttemptId(dice.roll(12) as u64), ordinal: 1 };
        }
        Leg::Agent { agent, session: SessionId(dice.roll(8) as u64) }
    }
}

/// A failure, as the database or the exchange may report it.
pub(crate) fn any_failure(dice: &mut Dice, of_database: bool) -> Failure {
    let exchange = [
        Failure::Gone,
        Failure::NotOurs,
        Failure::WrongState,
        Failure::Exists,
        Failure::Unavailable,
        Failure::NotSent,
        Failure::OutcomeUnknown,
        Failure::Rejected,
    ];
    let database = [Failure::Database, Failure::NotSent, Failure::OutcomeUnknown];
    if of_database { database[dice.roll(database.len())] } else { exchange[dice.roll(exchange.len())] }
}

/// So many queue items.
pub(crate) fn any_items(count: usize) -> Vec<QueueItem> {
    (1..=count as u64).map(item).collect()
}

fn item(id: u64) -> QueueItem {
    let number = Number::parse(&format!("1555000{id:04}")).expect("a number");
    QueueItem {
        id: QueueId(id),
        lead: LeadId(id),
        number,
        alternates: vec![],
        attempts: 0,
        past: Past::default(),
        callback: None,
        note: None,
        attributes: vec![],
        zone: None,
        dropped: None,
    }
}

/// An attempt that an earlier process may have left.
pub(crate) fn any_open_attempt(dice: &mut Dice) -> OpenAttempt {
    let item = item(dice.roll(12) as u64);
    let mut moment = |at: u64| (!dice.one_in(2)).then_some(Micros(OPENING.0 + at));
    let times = Times {
        created: OPENING,
        placed: moment(1),
        rang: moment(2),
        answered: moment(3),
        bridged: moment(4),
        ..Times::default()
    };
    let agent = (!dice.one_in(3)).then(|| AgentId(u32::try_from(dice.roll(5)).expect("small")));
    let request = CallRequest {
        codec: None,
        attempt: AttemptId(dice.roll(12) as u64),
        ordinal: u8::try_from(dice.roll(3)).expect("small"),
        campaign: SPRING,
        queue: item.id,
        lead: item.lead,
        number: item.number,
        alternates: vec![],
        nth: 1,
        past: Past::default(),
        callback: None,
        carrier: CarrierId(1 + u32::try_from(dice.roll(3)).expect("small")),
        agent,
        endpoint: "PJSIP/1@trunk-a".to_owned().into(),
        caller_id: None,
        prefix: String::new(),
        account: None,
        ring_timeout_ms: 25_000,
        digits: None,
        variables: Variables::default(),
        undropped_since: None,
        created: OPENING,
    };
    let others = dice.roll(4).saturating_sub(2) as u16;
    let (said, flow) = (said_before(dice), flow_before(dice));
    OpenAttempt { request, so_far: CallSoFar { times, agent, said, flow, ..CallSoFar::default() }, others }
}
