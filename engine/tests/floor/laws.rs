//! The laws, in random worlds.

use std::cell::RefCell;
use std::collections::BTreeSet;

use engine::call::CallResult;
use engine::campaign::CampaignState;
use engine::flow::TransferEnd;
use engine::recording::{TakeId, Track};
use engine::words::{
    AgentId, AttemptId, CampaignId, CarrierId, Cause, Leg, Micros, RequestId, SessionId, Span,
};
use engine::{Engine, Event, LegNews, OpenCampaign, OpenSession, Outcome, SaveRefusal, Wish};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::chance::{
    Dice, any_crossing, any_debt, any_desk, any_failure, any_forecast, any_house, any_items, any_leg,
    any_news, any_office, any_open_attempt, any_salon, any_sieve, any_studio, any_switchboard, any_wish,
    any_wish_of_an_agent, any_wish_of_transfer,
};
use crate::house::{OPENING, SPRING};
use crate::world::{Arm, Odds, World, last_story};

/// How many worlds, unless `WORLDS` says otherwise; `SEED` makes them other worlds.
const WORLDS: u32 = 10_000;

fn from_env(name: &str) -> Option<u32> {
    std::env::var(name).ok()?.parse().ok()
}

fn rng() -> TestRng {
    let seed = from_env("SEED").unwrap_or(42).to_le_bytes();
    TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 8].concat())
}

fn worlds() -> Config {
    Config {
        cases: from_env("WORLDS").unwrap_or(WORLDS),
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    }
}

fn draws() -> impl Strategy<Value = Vec<u16>> {
    vec(any::<u16>(), 200..4_000)
}

/// Laws 1, 4, 6, 8, 10 and 11 at every moment, 7 at the end, and 3 over all worlds together.
#[test]
fn in_every_world_the_laws_hold_and_every_failure_is_met() {
    meets_all(all_arms(), any_house, worlds());
}

/// The same where every callee is put through to somebody.
#[test]
fn in_every_world_with_a_desk_the_laws_hold_and_every_failure_is_met() {
    meets_all(arms_of_transfers(), any_desk, worlds());
}

/// The same where persons are told from machines.
#[test]
fn in_every_world_with_a_sieve_the_laws_hold_and_every_failure_is_met() {
    meets_all(arms_of_detection(), any_sieve, Config { cases: worlds().cases / 2, ..worlds() });
}

/// The same where conversations are recorded and callees are sent keys.
#[test]
fn in_every_world_with_a_studio_the_laws_hold_and_every_failure_is_met() {
    meets_all(arms_of_recordings(), any_studio, Config { cases: worlds().cases / 2, ..worlds() });
}

/// The same where callees meet in a room.
#[test]
fn in_every_world_with_a_salon_the_laws_hold_and_every_failure_is_met() {
    meets_all(arms_of_rooms(), any_salon, worlds());
}

/// The same where agents say what came of their calls, put callees on hold and go unheard.
#[test]
fn in_every_world_with_an_office_the_laws_hold_and_every_failure_is_met() {
    meets_all(arms_of_agents(), any_office, Config { cases: worlds().cases / 4, ..worlds() });
}

/// The same where agents hand callees over and call others in.
#[test]
fn in_every_world_with_a_switchboard_the_laws_hold_and_every_failure_is_met() {
    meets_all(arms_of_switchboards(), any_switchboard, worlds());
}

/// The same where all of that meets: flows and transfers, keys and the judge, dispositions and calls that were handed over.
#[test]
fn in_every_world_with_a_crossing_the_laws_hold_and_everything_meets() {
    let half = Config { cases: worlds().cases / 2, ..worlds() };
    meets_all_at(Odds::Even, arms_of_crossings(), any_crossing, half);
}

/// The same where calls are placed ahead of the agents.
#[test]
fn in_every_world_with_a_forecast_the_laws_hold_and_every_failure_is_met() {
    let quarter = Config { cases: worlds().cases / 4, ..worlds() };
    meets_all_at(Odds::Even, arms_of_forecasts(), any_forecast, quarter);
}

/// The same where messages come that nobody can read, about legs that are there or were.
#[test]
fn in_every_world_with_messages_that_nobody_can_read_the_laws_hold() {
    let quarter = Config { cases: worlds().cases / 4, ..worlds() };
    let reached =
        live(quarter, |draws| World::new(draws, any_crossing, Odds::Even).misread(), World::come_to_rest);
    for kind in ["a callee", "an agent", "another"] {
        assert!(reached.contains(&("nobody can read of", kind)), "{kind}");
    }
}

/// Whatever has gone wrong before: when it is over, the floor shows who hears whom.
#[test]
fn in_every_world_the_floor_comes_to_show_who_hears_whom() {
    let tenth = Config { cases: worlds().cases / 10, ..worlds() };
    let houses = [
        any_house,
        any_desk,
        any_sieve,
        any_studio,
        any_salon,
        any_office,
        any_switchboard,
        any_crossing,
        any_forecast,
    ];
    let reached =
        houses.map(|house| live(tenth.clone(), |draws| World::new(draws, house, Odds::Even), World::settle));
    let shown = ["talks", "consults", "has the callee on hold", "is muted", "is ready"];
    let others = [
        ("somebody else", "is on the line"),
        ("a room", "has guests"),
        ("a room", "has music"),
        ("a campaign", "has handed over"),
        ("a callee", "is calm"),
    ];
    for what in shown.map(|what| ("an agent", what)).into_iter().chain(others) {
        assert!(reached.iter().any(|reached| reached.contains(&what)), "no world had: {what:?}");
    }
}

/// The same of what is recorded, where much goes wrong with it.
#[test]
fn in_every_world_the_floor_comes_to_show_what_is_recorded() {
    let half = Config { cases: worlds().cases / 2, ..worlds() };
    for end in [World::settle, World::settle_in_another_process] {
        let reached = live(half.clone(), |draws| World::new(draws, any_studio, Odds::Weighted), end);
        assert!(reached.contains(&("a take", "is shown to go on")), "{reached:?}");
        assert!(reached.contains(&("a take", "is silent")), "{reached:?}");
    }
}

/// The same of those who wait, where what they are to hear can often not be begun.
#[test]
fn in_every_world_whoever_waits_comes_to_hear_something() {
    let half = Config { cases: worlds().cases / 2, ..worlds() };
    for (house, arm) in
        [(any_switchboard as House, ("a callee", "is calm")), (any_salon, ("a room", "has music"))]
    {
        let reached = live(half.clone(), |draws| World::new(draws, house, Odds::Weighted), World::settle);
        assert!(reached.contains(&arm), "no world had: {arm:?}");
    }
}

/// A house in which worlds are.
type House = fn(&mut Dice) -> engine::Config;

fn meets_all(arms: Vec<Arm>, house: fn(&mut Dice) -> engine::Config, worlds: Config) {
    meets_all_at(Odds::Weighted, arms, house, worlds);
}

fn meets_all_at(odds: Odds, arms: Vec<Arm>, house: fn(&mut Dice) -> engine::Config, worlds: Config) {
    let reached = live(worlds, |draws| World::new(draws, house, odds), World::come_to_rest);
    let missing: Vec<Arm> = arms.into_iter().filter(|arm| !reached.contains(arm)).collect();
    assert!(missing.is_empty(), "failures that no world met: {missing:?}");
}

/// What is met in worlds that begin and end so, in all of which the laws hold.
fn live(worlds: Config, begin: impl Fn(Vec<u16>) -> World, end: fn(&mut World)) -> BTreeSet<Arm> {
    let reached = RefCell::new(BTreeSet::new());
    let outcome = TestRunner::new_with_rng(worlds, rng()).run(&draws(), |draws| {
        let mut world = begin(draws);
        world.live();
        end(&mut world);
        reached.borrow_mut().extend(std::mem::take(&mut world.reached));
        Ok(())
    });
    if let Err(broken) = outcome {
        panic!("{broken}\n{}", last_story());
    }
    reached.into_inner()
}

const OF_EXCHANGE: [&str; 9] = [
    "Gone",
    "NotOurs",
    "WrongState",
    "Exists",
    "Unavailable",
    "NotSent",
    "OutcomeUnknown",
    "Rejected",
    "Silence",
];

const OF_DATABASE: [&str; 4] = ["Database", "NotSent", "OutcomeUnknown", "Silence"];

fn arms(verbs: &[&'static str], failures: &[&'static str]) -> Vec<Arm> {
    verbs.iter().flat_map(|&verb| failures.iter().map(move |&failure| (verb, failure))).collect()
}

/// The same of transfers.
fn arms_of_transfers() -> Vec<Arm> {
    let mut all = arms(&["Calm", "Hush", "PutThrough"], &OF_EXCHANGE);
    all.extend(arms(&["SaveTransfer", "SendText"], &OF_DATABASE));
    all.push(("SaveTransfer", "DoNotCall"));
    let ends = TransferEnd::ALL.map(TransferEnd::name);
    all.extend(ends.into_iter().chain(["cancelled"]).map(|end| ("a transfer", end)));
    all
}

/// The same of rooms.
fn arms_of_rooms() -> Vec<Arm> {
    let mut all = arms(&["Confer", "TakeOut", "Calm", "Hush"], &OF_EXCHANGE);
    // Nothing follows from this, whatever comes of it.
    all.extend(arms(&["Announce"], &["Silence"]));
    all.extend(arms(&["a stay"], &["left", "stay_over", "failed", "cut"]));
    all.extend(arms(&["no stay"], &["left", "full", "failed", "cut"]));
    all
}

/// The same of recordings and keys.
fn arms_of_recordings() -> Vec<Arm> {
    let mut all = arms(&["SendDigits", "BeginTake", "PauseTake", "EndTake"], &OF_EXCHANGE);
    all.extend(arms(&["Take"], &["kept", "failed", "unknown"]));
    all
}

/// The same of telling persons from machines.
fn arms_of_detection() -> Vec<Arm> {
    let mut all = arms(&["Detect"], &OF_EXCHANGE);
    // Nothing follows from these, whatever comes of them.
    all.extend(arms(&["Listen", "StopListening"], &["Silence"]));
    all.extend(arms(&["Record"], &["machine", "fax"]));
    all
}

/// The same of what agents say and ask for.
fn arms_of_agents() -> Vec<Arm> {
    let mut all = arms(&["SetAside", "Mute"], &OF_EXCHANGE);
    all.extend(arms(&["Dispose"], &OF_DATABASE));
    all.extend(arms(&["Dispose"], &["open", "machine", "sold", "later", "never", "wrong", "by default"]));
    all
}

/// The same of whom agents call in.
fn arms_of_switchboards() -> Vec<Arm> {
    let mut all = arms(&["SetAside", "Calm", "Hush", "PutThrough"], &OF_EXCHANGE);
    all.extend(arms(&["SaveTransfer"], &OF_DATABASE));
    let ends = TransferEnd::ALL.map(TransferEnd::name).into_iter().filter(|end| *end != "declined");
    all.extend(ends.chain(["cancelled"]).map(|end| ("a transfer", end)));
    all.extend(arms(&["called in by an agent"], &WAYS));
    all
}

const WAYS: [&str; 4] = ["transfer", "consultation", "completed", "conference"];

/// What only meets where a campaign has more than one thing of its own.
fn arms_of_crossings() -> Vec<Arm> {
    let mut all = arms(&["something is said of", "out of a call flow into", "beside a judge into"], &WAYS);
    all.extend(arms(&["keys are sent to"], &["human", "machine"]));
    all
}

/// What meets a pacing that looks ahead.
fn arms_of_forecasts() -> Vec<Arm> {
    let mut all = arms(&["a forecast"], &["dials ahead", "Refused", "a survey", "a restart", "a gap"]);
    all.extend(arms(&["a forecast"], &OF_EXCHANGE));
    all.extend(arms(&["a forecast"], &["Database"]));
    all.extend(arms(&["a forecast"], &WAYS));
    let results = CallResult::ALL
        .into_iter()
        .filter(|result| !matches!(result, CallResult::Completed | CallResult::Incomplete | CallResult::Fax));
    all.extend(results.map(|result| ("a forecast", result.name())));
    all
}

/// Every way in which a command can go wrong, and every way in which an attempt can end.
fn all_arms() -> Vec<Arm> {
    let exchange = [
        "Originate",
        "HangUp",
        "Join",
        "Hold",
        "Play",
        "StopPlaying",
        "StartRecording",
        "StopRecording",
        "DropBridge",
        "Survey",
        "Look",
        "FindMedia",
    ];
    let database = ["Fetch", "Release", "Save", "Note", "Record", "NoteAgent", "NoteCampaign", "OptOut"];
    let mut all = arms(&exchange, &OF_EXCHANGE);
    // These are asked for only after a gap in the right moment.
    all.extend(arms(&["FindPlayback", "FindRecording"], &["Silence"]));
    all.extend(arms(&database, &OF_DATABASE));
    all.extend(arms(
        &["Save"],
        &[
            "NumberLive",
            "NotClaimed",
            "DoNotCall",
            "RegistryTooOld",
            "TooOften",
            "Dropped",
            "a second try",
            "after a drop",
        ],
    ));
    let results =
        CallResult::ALL.into_iter().filter(|result| !matches!(result, CallResult::Machine | CallResult::Fax));
    all.extend(results.map(|result| ("Record", result.name())));
    all
}

/// Law 2: whatever comes, in whatever order, it is taken; what concerns nobody is counted.
#[test]
fn no_event_in_any_order_brings_it_down() {
    let mut runner = TestRunner::new_with_rng(worlds(), rng());
    let outcome = runner.run(&draws(), |draws| {
        soup(Dice::new(draws));
        Ok(())
    });
    if let Err(broken) = outcome {
        panic!("{broken}");
    }
}

fn soup(mut dice: Dice) {
    let config = match dice.roll(4) {
        3 => any_office(&mut dice),
        2 => any_switchboard(&mut dice),
        _ => any_house(&mut dice),
    };
    let mut engine = Engine::new(config, [7; 32], OPENING).expect("the house's rules work");
    let (mut now, mut given) = (OPENING, 0);
    while !dice.is_empty() {
        if dice.one_in(3) {
            now = now + Span::millis(dice.roll(20_000) as u64);
        }
        let event = any_event(&mut dice, given);
        engine.handle(now, event);
        engine.audit();
        while let Some(command) = engine.poll_command() {
            given = given.max(command.request().map_or(0, |request| request.0));
        }
        assert!(engine.poll_timeout().is_none_or(|(at, _)| at > now), "{:?}", engine.poll_timeout());
    }
}

/// Law 5: calls leave the house through one door.
#[test]
fn originate_is_made_in_one_place_and_asked_for_in_three() {
    let sources = sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let with = |text: &str| -> Vec<(&str, usize)> {
        let counted = sources.iter().map(|(name, source)| (name.as_str(), source.matches(text).count()));
        counted.filter(|(_, count)| *count > 0).collect()
    };
    assert_eq!(with("Command::Originate {"), [("dialling.rs", 1)]);
    assert_eq!(with("fn originate("), [("dialling.rs", 1)]);
    assert_eq!(with(".originate("), [("dialling.rs", 1), ("seats.rs", 1), ("transfers.rs", 1)]);
    let transfers = [("originate.rs", 1), ("transfers.rs", 1)];
    assert_eq!(with("transfer_originate("), transfers, "only from a saved request");
    assert_eq!(
        with("customer_originate("),
        [("dialling.rs", 1), ("originate.rs", 1)],
        "only from a saved intent"
    );
    assert_eq!(with("Saving::new("), [("dialling.rs", 1)], "behind the gate");
    assert_eq!(with(".open_for("), [("dialling.rs", 1)]);
}

/// The crate's files by name, without their tests and comments.
fn sources(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).expect("the crate's sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            found.push((path.file_name().expect("a file").to_string_lossy().into_owned(), code.join("\n")));
        }
    }
    found.sort();
    found.retain(|(name, _)| !matches!(name.as_str(), "command.rs" | "journal.rs" | "samples.rs"));
    found
}

/// Law 2: what concerns nobody is counted, by its kind.
#[test]
fn what_concerns_nobody_is_counted() {
    let mut engine = Engine::new(crate::house::progressive(&["ann"]), [7; 32], OPENING).expect("a house");
    let nobody = Leg::Customer { attempt: AttemptId(9), ordinal: 1 };
    let no_phone = Leg::Agent { agent: AgentId(9), session: SessionId(9) };
    let ended = LegNews::Ended { cause: Cause(16), tech: None };
    let session = OpenSession { agent: AgentId(9), session: None, paused: None, leaves: false, missed: None };
    let events = [
        Event::Leg { leg: nobody, news: ended },
        Event::Leg { leg: no_phone, news: ended },
        Event::Settled { request: RequestId(9), outcome: Outcome::Done },
        Event::Carrier { carrier: CarrierId(9), reachable: true },
        Event::Foreign { kind: "moon".to_owned(), leg: None },
        Event::Reopened {
            attempts: vec![],
            sessions: vec![session],
            campaigns: vec![],
            shown: vec![],
            debts: vec![],
        },
        Event::Reopened {
            attempts: vec![],
            sessions: vec![],
            campaigns: vec![was_running(CampaignId(9))],
            shown: vec![],
            debts: vec![],
        },
    ];
    for (counted, event) in (1..).zip(events) {
        engine.handle(OPENING, event.clone());
        assert_eq!(engine.poll_command(), None);
        assert_eq!(engine.view().stray.values().sum::<u64>(), counted, "{event:?}");
    }
}

fn any_event(dice: &mut Dice, given: u64) -> Event {
    match dice.roll(12) {
        0 => Event::LinkUp,
        1 if dice.one_in(4) => Event::LinkLost,
        2 | 3 => Event::Leg { leg: any_leg(dice), news: any_news(dice) },
        4 if dice.one_in(4) => any_reopening(dice),
        5 => Event::Carrier { carrier: CarrierId(1), reachable: dice.one_in(2) },
        6 if dice.one_in(4) => Event::Manager { answers: dice.one_in(2) },
        6 => Event::Woke,
        7 => Event::Asked {
            ask: engine::words::AskId(1),
            wish: match dice.roll(8) {
                7 => Wish::Transfer { agent: AgentId(1), wish: any_wish_of_transfer(dice) },
                5 | 6 => any_wish_of_an_agent(dice),
                _ => any_wish(dice),
            },
        },
        _ => {
            let back = dice.roll(8) as u64;
            Event::Settled { request: RequestId(given.saturating_sub(back)), outcome: any_outcome(dice) }
        }
    }
}

fn any_outcome(dice: &mut Dice) -> Outcome {
    match dice.roll(10) {
        0 => {
            let of_database = dice.one_in(2);
            Outcome::Failed(any_failure(dice, of_database))
        }
        1 => Outcome::Refused(SaveRefusal::NumberLive),
        2 => Outcome::Fetched {
            items: any_items(dice.roll(4)),
            next_due: (!dice.one_in(2)).then_some(Micros(OPENING.0 + dice.roll(60_000_000) as u64)),
            next_callback: dice.one_in(4).then_some(Micros(OPENING.0 + dice.roll(60_000_000) as u64)),
        },
        3 => Outcome::Surveyed {
            legs: (0..dice.roll(3)).map(|_| any_seen(dice)).collect(),
            bridges: vec![engine::words::Bridge::Hold],
            takes: (0..dice.roll(3)).map(|_| any_seen_take(dice)).collect(),
        },
        4 => Outcome::Looked((!dice.one_in(2)).then(|| any_seen(dice))),
        _ => Outcome::Done,
    }
}

fn any_seen(dice: &mut Dice) -> engine::SeenLeg {
    engine::SeenLeg { leg: any_leg(dice), up: dice.one_in(2), rings: false, bridge: None }
}

fn any_seen_take(dice: &mut Dice) -> engine::SeenTake {
    let (attempt, nth) = (AttemptId(dice.roll(9) as u64), dice.roll(4) as u16);
    let track = [Track::Both, Track::Callee, Track::Agent][dice.roll(3)];
    engine::SeenTake { take: TakeId { attempt, ordinal: 1, nth }, track }
}

fn any_reopening(dice: &mut Dice) -> Event {
    let sessions = (0..dice.roll(3)).map(|_| OpenSession {
        agent: AgentId(u32::try_from(dice.roll(5)).expect("small")),
        session: (!dice.one_in(2)).then(|| SessionId(dice.roll(9) as u64)),
        paused: None,
        leaves: dice.one_in(4),
        missed: None,
    });
    let sessions = sessions.collect();
    Event::Reopened {
        attempts: (0..dice.roll(3)).map(|_| any_open_attempt(dice)).collect(),
        sessions,
        campaigns: vec![was_running(SPRING), was_running(CampaignId(9))],
        shown: vec![],
        debts: (0..dice.roll(3)).map(|_| any_debt(dice)).collect(),
    }
}

fn was_running(id: CampaignId) -> OpenCampaign {
    OpenCampaign {
        id,
        state: CampaignState::Running,
        began: None,
        closes_at: None,
        paced: None,
        counts: vec![],
    }
}
