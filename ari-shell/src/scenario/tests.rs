use std::cell::Cell;
use std::path::Path;

use engine::Command;
use engine::agent::AgentState;
use engine::call::{CallResult, Record};
use engine::pacing::{Paced, PacingChange};
use engine::words::{AgentId, Micros, Milli, Span};
use jiff::civil::{Date, date};
use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use simulator::scenario::{self, Draft, Scenario};
use simulator::study;

use super::read::{Call, Stand, Traffic};
use super::{Day, NoScenario, whole_day};
use crate::config::Config;
use crate::report::Period;
use crate::store::testing::{
    ANN, BOB, Dialect, Floor, How, SPRING, at, item, note, on_each_database, record, request,
};
use crate::store::{Names, Standing};

on_each_database! {
    a_day_as_it_is_on_record_is_written_as_a_scenario,
    a_scenario_tells_from_one_day_what_each_pacing_makes_of_the_floor,
    a_pace_that_was_changed_is_the_one_of_the_scenario,
    of_windows_of_the_calendar_those_are_written_that_rule,
    a_conversation_that_went_on_over_a_restart_is_one,
    a_day_with_too_little_on_record_makes_no_scenario,
}

/// The tests' day by the clocks of Honolulu, where it does not go on over midnight.
const DAY: Date = date(2023, 11, 14);

const MINUTE: u64 = 60_000;

fn config(floor: &Floor, pacing: &str) -> Config {
    let file = floor.path("ringmaster.toml");
    let text = format!(
        "[ari]\npassword = 'x'\n[[carrier]]\nname = 'north'\ntrunk = 'a'\nweight = 2\nchannels = 400\n\
         [[carrier]]\nname = 'south'\ntrunk = 'b'\n[[campaign]]\nname = 'spring'\ncarriers = ['north']\n\
         zone = 'Pacific/Honolulu'\nmessage = 'sound:sorry'\nmessage_within = '2s'\ngreeting = '1s200ms'\nwrap_up = '15s'\n{pacing}\n"
    );
    std::fs::write(&file, text).expect("written");
    Config::load(&file, []).unwrap_or_else(|problems| panic!("{problems}"))
}

async fn standing(floor: &Floor) -> Standing {
    let all = floor.store.standings().await.expect("campaigns");
    all.into_iter().find(|campaign| campaign.name == "spring").expect("it is registered")
}

/// What the command would write.
async fn written(floor: &Floor, config: &Config) -> Result<String, NoScenario> {
    let standing = standing(floor).await;
    let day = Day::read(&floor.store, &standing, &config.campaigns[0], &config.carriers, DAY).await?;
    Ok(day.to_string())
}

fn read(floor: &Floor, text: &str) -> Scenario {
    let file = floor.path("day.toml");
    std::fs::write(&file, text).expect("written");
    let draft = Draft::load(file.to_str().expect("a path")).unwrap_or_else(|bad| panic!("{bad}: {text}"));
    draft.scenario().clone()
}

/// All of them for spring.
async fn hire(floor: &Floor, names: &[&str]) {
    let agents: Vec<(&str, &str)> = names.iter().map(|name| (*name, "spring")).collect();
    let names = Names { campaigns: &["spring"], carriers: &["north"], agents: &agents };
    floor.sql("DELETE FROM agents").await;
    floor.store.register(names).await.expect("registered");
}

async fn write(floor: &Floor, records: Vec<Record>, stands: &[(AgentId, Micros, AgentState)]) {
    let mut pen = floor.writer();
    let count = records.len() + stands.len();
    for record in records {
        let record = std::sync::Arc::new(record);
        pen.submit(|request| Command::Record { request, record });
    }
    for &(agent, since, state) in stands {
        pen.submit(note(agent, since, state, None));
    }
    pen.carries_out(count).await;
}

/// Calls, one every twenty seconds from the tenth minute on: of ten, three are busy, one is dropped, one hangs up, and the
/// others talk.
fn calls(count: u64) -> Vec<Record> {
    let call = |nth: u64| {
        let how = match nth % 10 {
            0..3 => How::Busy,
            3 => How::Dropped(3_200),
            4 => How::HungUp(1_500),
            _ => How::Talked(400, 30_000 + nth * 100),
        };
        let mut call = request(SPRING, &item(nth + 1, &format!("1555{nth:07}")), nth + 1);
        call.created = at(10 * MINUTE + nth * 20_000);
        record(&call, how)
    };
    (0..count).map(call).collect()
}

/// Ann comes early, waits until something is dialled, talks twice, has lunch and talks again; Bob comes late and stays.
fn stands() -> Vec<(AgentId, Micros, AgentState)> {
    use AgentState::{Offline, OnCall, Paused, Ready, WrapUp};
    let of = |agent, stands: &[(u64, AgentState)]| {
        stands.iter().map(|&(second, state)| (agent, at(second * 1_000), state)).collect::<Vec<_>>()
    };
    let ann = [
        (0, Ready),
        (620, OnCall),
        (680, WrapUp),
        (700, Ready),
        (750, OnCall),
        (840, WrapUp),
        (855, Paused),
        (1_155, Ready),
        (1_200, OnCall),
        (1_320, WrapUp),
        (1_350, Offline),
    ];
    let bob = [
        (900, Ready),
        (1_000, OnCall),
        (1_045, Ready),
        (1_500, OnCall),
        (1_560, WrapUp),
        (1_572, Ready),
        (1_700, Offline),
    ];
    [of(ANN, &ann), of(BOB, &bob)].concat()
}

async fn a_day_as_it_is_on_record_is_written_as_a_scenario(floor: Floor) {
    hire(&floor, &["ann", "bob"]).await;
    write(&floor, calls(50), &stands()).await;
    let config = config(
        &floor,
        "mode = 'predictive'\nwindows = [{ limit = 3, span = '7d' }, { limit = 5, span = 'month' }]",
    );
    let text = written(&floor, &config).await.expect("enough");
    insta::assert_snapshot!("scenario", text);
    read(&floor, &text);
}

async fn a_pace_that_was_changed_is_the_one_of_the_scenario(floor: Floor) {
    hire(&floor, &["ann", "bob"]).await;
    write(&floor, calls(50), &stands()).await;
    let config = config(&floor, "mode = 'ratio'\nlevel = 2");
    let change = Some(PacingChange::Level(Milli(3_000)));
    let paced = Paced::by(change, &config.campaigns[0].pacing).expect("it fits");
    floor.store.set_paced(standing(&floor).await.id, paced.as_ref()).await.expect("written");
    let text = written(&floor, &config).await.expect("enough");
    let told = "# It is paced as `campaign pace` has it: level 3. Where that was said after this day, put what was in force then into \
        [campaign] and [recorded].";
    assert_eq!(text.lines().nth(1), Some(told));
    let played = read(&floor, &text);
    assert_eq!(played.campaign.pacing, scenario::Pacing::Ratio(3.0));
    assert_eq!(played.recorded.expect("it says so").pacing, scenario::Pacing::Ratio(3.0));
}

async fn of_windows_of_the_calendar_those_are_written_that_rule(floor: Floor) {
    hire(&floor, &["ann", "bob"]).await;
    write(&floor, calls(50), &stands()).await;
    let of = |span, limits: [u32; 4]| {
        limits.map(|limit| format!("{{ limit = {limit}, span = '{span}' }}")).join(", ")
    };
    let windows = [of("day", [5, 4, 6, 5]), of("month", [3, 2, 4, 9])].join(", ");
    let config = config(&floor, &format!("mode = 'predictive'\nwindows = [{windows}]"));
    let text = written(&floor, &config).await.expect("enough");
    let line = text.lines().find(|line| line.starts_with("windows")).expect("it has some");
    assert_eq!(line, "windows = [{ limit = 0.04, span = \"day\" }, { limit = 0.02, span = \"month\" }]");
    read(&floor, &text);
}

async fn a_conversation_that_went_on_over_a_restart_is_one(floor: Floor) {
    use AgentState::{Offline, OnCall, Ready, Ringing, WrapUp};
    hire(&floor, &["ann", "bob"]).await;
    let ann = [
        (600, Ready),
        (620, OnCall),
        // The next process is there within the time for which this one is taken to be at work.
        (640, Ringing),
        (640, OnCall),
        (680, WrapUp),
        (700, Ready),
        (720, OnCall),
        // And one that is there later.
        (735, Offline),
        (780, Ringing),
        (780, OnCall),
        (810, WrapUp),
        (825, Ready),
        // Somebody waits as they get free, twice.
        (900, OnCall),
        (930, Ready),
        (930, OnCall),
        (1_000, Offline),
    ];
    let ann: Vec<_> = ann.iter().map(|&(second, state)| (ANN, at(second * 1_000), state)).collect();
    write(&floor, calls(50), &ann).await;
    let text = written(&floor, &config(&floor, "mode = 'progressive'")).await.expect("enough");
    let line = |field| text.lines().find(|line| line.starts_with(field)).expect("it is there").to_owned();
    assert_eq!(
        [line("talk"), line("wrap_up")],
        ["talk = { one_of = [30, 60, 70, 90] }", "wrap_up = { one_of = [0, 0, 15, 20] }"]
    );
}

async fn a_day_with_too_little_on_record_makes_no_scenario(floor: Floor) {
    let told =
        async |config: &Config| written(&floor, config).await.expect_err("nothing to go by").to_string();
    let plain = config(&floor, "mode = 'progressive'");
    let nothing = told(&plain).await;
    write(&floor, calls(40), &[]).await;
    let few = told(&plain).await;
    write(&floor, Vec::new(), &stands()).await;
    let still_few = told(&plain).await;
    insta::assert_snapshot!([nothing, few, still_few].join("\n"), @"
    has too little on record of 2023-11-14: 30 answers and a conversation are needed to know its callees by, and there are 0 and 0
    has too little on record of 2023-11-14: 30 answers and a conversation are needed to know its callees by, and there are 28 and 0
    has too little on record of 2023-11-14: 30 answers and a conversation are needed to know its callees by, and there are 28 and 3
    ");
}

/// Whatever may have happened within a day.
fn traffic(period: Period) -> impl Strategy<Value = Traffic> {
    let moment = move || {
        (0..period.to.since(period.from).0 / 1_000)
            .prop_map(move |ms| period.from + Span::millis(ms - ms % 250))
    };
    let span = || prop_oneof![0..5_000_u64, 0..400_000_u64, 0..40_000_000_u64].prop_map(Span::millis);
    let call = (select(CallResult::ALL.to_vec()), moment(), span(), span(), span()).prop_map(
        |(result, placed, answered, waited, lasted)| Call {
            result,
            placed,
            answered: result.answered().then_some(answered),
            waited: result.answered().then_some(waited),
            lasted: Some(lasted),
        },
    );
    let stand = (select(AgentState::ALL.to_vec()), span(), any::<bool>());
    let stands = (moment(), prop::collection::vec(stand, 0..40)).prop_map(move |(came, stands)| {
        let mut from = came;
        let stand = |(state, lasts, goes_on): (AgentState, Span, bool)| {
            let to = (from + lasts).min(period.to);
            let stand = Stand { state, from, to, goes_on: goes_on && state == AgentState::OnCall };
            from = to;
            stand
        };
        stands.into_iter().map(stand).filter(|stand| stand.from < stand.to).collect::<Vec<_>>()
    });
    let agents = prop::collection::btree_map(1..9_u64, stands, 1..6);
    (prop::collection::vec(call, 40..200), agents, 1..4_u64).prop_map(move |(mut calls, stands, nodes)| {
        calls.sort_by_key(|call| call.placed);
        Traffic { period, calls, stands, nodes }
    })
}

#[tokio::test]
async fn whatever_a_day_was_like_its_scenario_can_be_played() {
    let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
    let predictive =
        "mode = 'predictive'\nwindows = [{ limit = 3, span = '12h' }, { limit = 5, span = 'day' }]";
    let modes =
        [predictive, "mode = 'ratio'\nlevel = 1", "mode = 'preview'", "mode = 'broadcast'\nper_minute = 9"];
    let configs = modes.map(|mode| config(&floor, mode));
    let played = Cell::new(0);
    // An hour more than others has the day on which clocks are set back, and one less that on which they are set forward.
    let zone = TimeZoneDatabase::bundled().get("Australia/Sydney").expect("a zone");
    let days = [DAY, date(2024, 4, 7), date(2024, 10, 6)].map(|date| (date, whole_day(date, &zone)));
    let day = select(days.to_vec()).prop_flat_map(|(date, period)| (Just(date), traffic(period)));
    TestRunner::default()
        .run(&(day, select(vec![0, 1, 2, 3])), |((date, traffic), mode)| {
            let Config { campaigns, carriers, .. } = &configs[mode];
            let day = Day::of(&traffic, &campaigns[0], carriers, (date, zone.clone()));
            if let Ok(day) = day {
                read(&floor, &day.to_string());
                played.set(played.get() + 1);
            }
            Ok(())
        })
        .unwrap_or_else(|bad| panic!("{bad}"));
    let played = played.get();
    assert!(played > 100, "of 256 days {played} made a scenario");
}

/// A floor that comes and goes in waves, with breaks, and whose callees hang up. Answers get more at noon.
const WORLD: &str = r#"
about = "A real floor"
[shift]
days = 20
hours = 8
[agents]
count = 8
talk = { lognormal = { mean = 90, cv = 0.9 } }
wrap_up = { fixed = 15 }
log_in = { uniform = { from = 0, to = 900 } }
until = 6
log_out = { uniform = { from = 0, to = 900 } }
breaks = [{ at = 3, within = { uniform = { from = 0, to = 3600 } }, lasts = { fixed = 900 } }]
[[more_agents]]
count = 8
from = 2
log_in = { uniform = { from = 0, to = 900 } }
talk = { lognormal = { mean = 90, cv = 0.9 } }
wrap_up = { fixed = 15 }
pauses = { every = { exponential = { mean = 3600 } }, lasts = { exponential = { mean = 300 } } }
[callees]
answer_rate = { steps = [[0, 0.15], [4, 0.3]] }
answer = { gamma = { shape = 2, mean = 7, after = 3 } }
patience = { exponential = { mean = 8 } }
busy = 0.12
busy_after = { exponential = { mean = 1.5, after = 2 } }
ring_out = { fixed = 22 }
[campaign]
pacing = "progressive"
greeting = 1.2
answer_within = 2.0
"#;

/// Policies, and the dialer's configuration of each.
const POLICIES: [(&str, &str); 3] = [
    ("progressive", "mode = 'progressive'"),
    ("ratio=2.5", "mode = 'ratio'\nlevel = 2.5"),
    ("predictive", "mode = 'predictive'"),
];

/// Utilisation and drops per answer.
type Shares = (f64, f64);

/// How far they are apart, at most.
fn assert_alike((utilisation, drops): Shares, (same, few): Shares, within: Shares, told: &str) {
    let apart = ((utilisation - same).abs(), (drops - few).abs());
    assert!(apart.0 <= within.0 && apart.1 <= within.1, "{told}: {utilisation}, {drops}; {same}, {few}");
}

/// Ten days of the scenario in a file, paced so.
fn play(file: &Path, policy: &str) -> Shares {
    let draft = Draft::load(file.to_str().expect("a path")).and_then(|draft| draft.paced(&pacing(policy)));
    let draft = draft.and_then(|draft| draft.with("shift.days", 10.into(), "ten days"));
    let study = study::run(draft.unwrap_or_else(|bad| panic!("{bad}")).scenario(), 1, || ());
    (study.utilisation, study.drop_rate)
}

fn pacing(policy: &str) -> toml::Value {
    scenario::pacing(policy).expect("a policy")
}

/// Has a day of the world written down as if its floor were a real one.
async fn keep_on_record(floor: &Floor, world: &Path, policy: &str) {
    for table in ["call_log", "attempts", "agent_states"] {
        floor.sql(&format!("DELETE FROM {table}")).await;
    }
    let draft = Draft::load(world.to_str().expect("a path")).and_then(|draft| draft.paced(&pacing(policy)));
    let traffic = study::traffic(draft.unwrap_or_else(|bad| panic!("{bad}")).scenario(), 1);
    let records = traffic.records.iter().map(|record| (**record).clone()).collect();
    let closing = at(8 * 60 * MINUTE);
    let stands = traffic.stands.iter().copied().filter(|stand| stand.1 < closing);
    let home = (1..=16).map(|nth| (AgentId(nth), closing, AgentState::Offline));
    write(floor, records, &stands.chain(home).collect::<Vec<_>>()).await;
}

async fn a_scenario_tells_from_one_day_what_each_pacing_makes_of_the_floor(floor: Floor) {
    let names: Vec<String> = (1..=16).map(|nth| format!("agent {nth}")).collect();
    hire(&floor, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (world, day) = (floor.path("world.toml"), floor.path("day.toml"));
    std::fs::write(&world, WORLD).expect("written");
    let real = POLICIES.map(|(policy, _)| play(&world, policy));
    for (recorded, mode) in POLICIES {
        keep_on_record(&floor, &world, recorded).await;
        let had = read(&floor, &written(&floor, &config(&floor, mode)).await.expect("enough"));
        let had = had.recorded.expect("it says so");
        let drops = f64::from(had.drops.0) / f64::from(had.answers.0);
        let had = (had.utilisation.expect("it is known").0, drops);
        for ((policy, _), real) in POLICIES.into_iter().zip(real) {
            let told = format!("{policy}, from a day under {recorded}");
            let seen = play(&day, policy);
            assert_alike(seen, real, (0.025, 0.0125), &told);
            if policy == recorded {
                assert_alike(seen, had, (0.01, 0.005), &told);
            }
        }
    }
}
