use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::agent::{AgentState, PauseCode};
use engine::call::{CallResult, Phase, Record, Try};
use engine::flow::{FlowEnd, FlowLog, Step, StepOutcome};
use engine::lead::Fate;
use engine::words::{AgentId, CampaignId, CarrierId, Micros, Span};
use engine::{Command, Failure};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config as ProptestConfig, TestRunner};
use serde_json::{Value as Json, json};
use simulator::scenario::Draft;
use simulator::study;

use super::{By, Sheet};
use crate::config::Config;
use crate::report::Period;
use crate::store::testing::{
    ANN, AUTUMN, BOB, Floor, How, SPRING, at, item, machine, note, on_each_database, record, request,
};

on_each_database! {
    a_sheet_equals_a_recount_from_the_records_of_a_day,
    a_sheet_equals_a_recount_of_a_simulated_day,
    a_state_that_ended_before_it_began_has_lasted_no_time,
    by_the_laws_a_call_flow_counts_for_nothing_unless_it_had_its_callee_wait_for_an_agent,
    the_table_has_the_formula_beside_each_figure,
    csv_has_the_formula_at_the_head_of_each_column,
    one_campaign_may_be_counted_alone,
}

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// Leads of spring; the records of the first attempts are theirs.
const LEADS: u64 = 20;

/// How long greetings are taken to last in spring; in autumn not at all.
const GREETING: u64 = 1_000_000;

/// The day that is counted; it does not begin with an hour.
fn day() -> Period {
    Period { from: at(0), to: at(DAY) }
}

/// Who stood how from when on, in milliseconds, and with which pause code; in the order of each agent's time.
type Stand = (AgentId, u64, AgentState, Option<&'static str>);

/// All that happened in a day, a little before it and a little after.
#[derive(Debug, Clone)]
struct Traffic {
    records: Vec<Record>,
    stands: Vec<Stand>,
    /// Who missed a ring when, in milliseconds.
    misses: Vec<(AgentId, u64)>,
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        3 => Just(How::Busy),
        1 => Just(How::Unplaced),
        4 => (0..4_000_u64, 0..600_000_u64).prop_map(|(wait, talk)| How::Talked(wait, talk)),
        2 => (0..4_000_u64).prop_map(How::Dropped),
        2 => (0..6_000_u64).prop_map(How::HungUp),
    ]
}

fn call() -> impl Strategy<Value = Record> {
    let first_try = prop_oneof![
        2 => Just(None),
        1 => select(vec![Failure::Unavailable, Failure::Silence]).prop_map(Some),
    ];
    // Who hung up while waiting, or in a call flow, or after it had come to its aim.
    let phase = select(vec![Phase::Answered, Phase::Machine, Phase::Fax, Phase::InFlow, Phase::FlowComplete]);
    // What the last node came to, of those who left in a call flow.
    let outcomes = [StepOutcome::Said, StepOutcome::Cut, StepOutcome::Nobody, StepOutcome::HungUpWaiting];
    let outcome = select(outcomes.to_vec());
    let who = (select(vec![SPRING, AUTUMN]), select(vec![1, 2]).prop_map(CarrierId), select(vec![ANN, BOB]));
    (0..DAY + 120 * MINUTE, how(), who, first_try, (phase, outcome)).prop_map(
        |(ms, how, (campaign, carrier, agent), before, (phase, outcome))| {
            let mut call = request(campaign, &item(1, "15550000001"), 1);
            call.carrier = carrier;
            // From an hour before the day to an hour after it.
            call.created = Micros((at(0).0 + ms * 1_000) - 60 * MINUTE * 1_000);
            let mut record = record(&call, how);
            record.agent = record.agent.map(|_| agent);
            // One in three callees who talk is put on hold for some time.
            record.held = Span(if record.agent.is_some() && ms % 3 == 0 { ms * 7 } else { 0 });
            if record.result == CallResult::HungUpWaiting {
                record.ending.phase = phase;
                record.result = record.ending.result();
                record.amd = (phase == Phase::Machine).then(|| Box::new(machine()));
                record.flow = record.result.reached().then(|| Box::new(way(outcome, call.created)));
            }
            // One in four who talk had asked a call flow for it, some time after their answer.
            if record.result == CallResult::Connected && ms % 4 == 0 {
                let came = call.created + Span::millis(ms % 5_000);
                record.flow = Some(Box::new(way(StepOutcome::Agent, came)));
            }
            if let Some(unplaced) = before {
                let (other, last) = (CarrierId(3 - carrier.0), record.tries[0]);
                record.tries.insert(0, Try { carrier: other, unplaced: Some(unplaced), ..last });
            }
            record
        },
    )
}

/// A way through a call flow of which the last node came to that.
fn way(outcome: StepOutcome, at: Micros) -> FlowLog {
    let step = Step {
        node: "last".to_owned(),
        at,
        outcome,
        keys: String::new(),
        recording: None,
        recorded_ms: None,
        stayed_ms: None,
    };
    let (flow, edition) = ("survey".to_owned(), "1".to_owned());
    FlowLog { flow, edition, end: FlowEnd::HungUp, complete: false, steps: vec![step] }
}

fn stands(agent: AgentId) -> impl Strategy<Value = Vec<Stand>> {
    use AgentState::{Offline, OnCall, Paused, Ready, Reserved, Ringing, WrapUp};
    let states = vec![Offline, OnCall, OnCall, Paused, Paused, Ready, Ready, Reserved, Ringing, WrapUp];
    let codes = select(vec![None, Some("lunch"), Some("training")]);
    prop::collection::vec((1..120 * MINUTE, select(states), codes), 0..40).prop_map(move |steps| {
        let mut now = 0;
        let mut stands: Vec<Stand> = Vec::new();
        for (wait, state, code) in steps {
            now += wait;
            let code = code.filter(|_| state == Paused);
            if stands.last().is_none_or(|last| (last.2, last.3) != (state, code)) {
                stands.push((agent, now, state, code));
            }
        }
        stands
    })
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let misses = prop::collection::btree_set((select(vec![ANN, BOB]), 0..DAY + 60 * MINUTE), 0..9);
    let days = (prop::collection::vec(call(), 0..250), stands(ANN), stands(BOB), misses);
    days.prop_map(|(mut records, ann, bob, misses)| {
        for (nth, record) in (1..).zip(&mut records) {
            (record.attempt.0, record.queue.0, record.lead.0) = (nth, nth, nth);
            record.number = crate::store::testing::number(&format!("1555{nth:07}"));
        }
        Traffic { records, stands: [ann, bob].concat(), misses: misses.into_iter().collect() }
    })
}

const PAUSE_CODES: &str =
    "[[pause_codes]]\ncode = 'lunch'\npaid = false\n[[pause_codes]]\ncode = 'training'\n";

/// What is said of one call in four each, and what is still to be said of another.
const SAID: [Option<Option<&str>>; 4] = [None, Some(Some("later")), Some(Some("sold")), Some(None)];

const DISPOSITIONS: &str = "[[dispositions]]\nname = 'calls'\ndefault = 'later'\n\
     list = [{ code = 'sold', flags = ['human', 'completed'] }, { code = 'later', flags = ['human'] }]\n";

/// Which disposition a record's call has, if agents of its campaign say any.
fn said(record: &Record) -> Option<Option<&'static str>> {
    let nth = usize::try_from(record.attempt.0 % 4).expect("it is below four");
    record.agent.and(SAID[nth])
}

fn config(floor: &Floor) -> Config {
    let campaign = |name: &str, greeting| {
        format!(
            "[[campaign]]\nname = '{name}'\ncarriers = ['north']\ngreeting = '{greeting}'\ndispositions = 'calls'\n"
        )
    };
    let file = floor.path("ringmaster.toml");
    let text = format!(
        "[ari]\npassword = 'x'\n[[carrier]]\nname = 'north'\ntrunk = 'a'\n{PAUSE_CODES}{DISPOSITIONS}{}{}",
        campaign("spring", "1s"),
        campaign("autumn", "0s")
    );
    std::fs::write(&file, text).expect("written");
    Config::load(&file, []).unwrap_or_else(|problems| panic!("{problems}"))
}

async fn write(floor: &Floor, traffic: &Traffic) {
    floor.numbered_leads(SPRING, LEADS).await;
    let mut pen = floor.writer();
    for record in &traffic.records {
        pen.submit(|request| Command::Record { request, record: Arc::new(record.clone()) });
    }
    for (agent, ms, state, code) in traffic.stands.clone() {
        let paused = code.map(|code| PauseCode::try_from(code.to_owned()).expect("a code"));
        pen.submit(note(agent, at(ms), state, paused));
    }
    pen.carries_out(traffic.records.len() + traffic.stands.len()).await;
    for record in &traffic.records {
        let (Some(said), Some(agent)) = (said(record), record.agent) else { continue };
        let code = said.map_or("NULL".to_owned(), |code| format!("'{code}'"));
        let (attempt, campaign) = (record.attempt, record.campaign);
        let row = format!("({attempt}, {campaign}, {agent}, 0, {code})");
        let columns = "attempt_id, campaign_id, agent_id, owed_until, code";
        floor.sql(&format!("INSERT INTO dispositions ({columns}) VALUES {row}")).await;
    }
    for (agent, ms) in &traffic.misses {
        // An agent works for the campaign of the same number.
        floor.sql(&format!("INSERT INTO missed_rings VALUES ({agent}, {}, {agent})", at(*ms).0)).await;
    }
}

async fn a_state_that_ended_before_it_began_has_lasted_no_time(floor: Floor) {
    // The clock was set back between two processes.
    let stands = vec![
        (ANN, 60 * MINUTE, AgentState::Ready, None),
        (ANN, 2 * MINUTE, AgentState::Ready, None),
        (ANN, 5 * MINUTE, AgentState::Offline, None),
    ];
    write(&floor, &Traffic { records: Vec::new(), stands, misses: Vec::new() }).await;
    for by in [By::Agent, By::Campaign] {
        let sheet = Sheet::read(&floor.store, &config(&floor), day(), by, None).await.expect("a sheet");
        let rows = &serde_json::to_value(&sheet).expect("JSON")["rows"];
        assert_eq!(rows[0]["ready_ms"], json!(3 * MINUTE), "{rows}");
    }
}

async fn by_the_laws_a_call_flow_counts_for_nothing_unless_it_had_its_callee_wait_for_an_agent(floor: Floor) {
    let calls = [
        (How::Talked(400, 60_000), Phase::Bridged, None),
        (How::Dropped(2_000), Phase::Answered, None),
        (How::HungUp(30_000), Phase::FlowComplete, Some(StepOutcome::Said)),
        (How::HungUp(30_000), Phase::InFlow, Some(StepOutcome::Cut)),
        (How::HungUp(90_000), Phase::InFlow, Some(StepOutcome::Nobody)),
        (How::Talked(21_000, 60_000), Phase::Bridged, Some(StepOutcome::Agent)),
        (How::HungUp(20_500), Phase::Answered, Some(StepOutcome::HungUpWaiting)),
        (How::HungUp(20_500), Phase::FlowComplete, Some(StepOutcome::HungUpWaiting)),
        (How::HungUp(30_000), Phase::FlowComplete, Some(StepOutcome::HungUpWaiting)),
    ];
    let records = (1..).zip(calls).map(|(nth, (how, phase, outcome))| {
        let call = request(AUTUMN, &item(nth, &format!("1555{nth:07}")), nth);
        let mut record = record(&call, how);
        record.ending.phase = phase;
        record.result = record.ending.result();
        // They came to the last node after twenty seconds of a menu.
        let came = record.times.answered.expect("all of them answer") + Span::secs(20);
        record.flow = outcome.map(|outcome| Box::new(way(outcome, came)));
        record
    });
    write(&floor, &Traffic { records: records.collect(), stands: vec![], misses: vec![] }).await;
    let sheet = Sheet::read(&floor.store, &config(&floor), day(), By::Campaign, None).await.expect("read");
    let sheet = serde_json::to_value(&sheet).expect("JSON");
    let row = &sheet["rows"][0];
    assert_eq!((&row["answered"], &row["completed"], &row["incomplete"]), (&json!(9), &json!(3), &json!(2)));
    // Of those who talked one had asked for it after a menu; one was dropped, for one nobody came, two left soon after they had
    // asked, and one waited for too long, whatever they had done before.
    assert_eq!((&row["drop_rate_us"], &row["drop_rate_uk"]), (&json!(3.0 / 7.0), &json!(3.0 / 5.0)));
}

async fn a_sheet_equals_a_recount_from_the_records_of_a_day(floor: Floor) {
    let mut runner = TestRunner::new(ProptestConfig::default());
    for _ in 0..6 {
        compare(&floor, &traffic().new_tree(&mut runner).expect("drawn").current()).await;
    }
}

/// Eight hours of two agents, with machines, busy lines, callees who lose patience and leads that are tried again.
async fn a_sheet_equals_a_recount_of_a_simulated_day(floor: Floor) {
    for (seed, pacing) in [(1, "ratio=3.0"), (2, "predictive"), (3, "progressive")] {
        let pacing = simulator::scenario::pacing(pacing).expect("a pacing");
        let draft = Draft::load("retries").and_then(|draft| draft.paced(&pacing));
        let draft = draft.and_then(|draft| draft.with("agents.count", 2.into(), "two agents"));
        let scenario = draft.unwrap_or_else(|bad| panic!("{bad}"));
        let traffic = simulated(study::traffic(scenario.scenario(), seed));
        assert!(traffic.records.len() > 300, "{} records", traffic.records.len());
        compare(&floor, &traffic).await;
    }
}

/// As it is written here: agents' times to the millisecond, agent by agent, each a moment after the one before.
fn simulated(day: study::Traffic) -> Traffic {
    let mut stands: Vec<Stand> = Vec::new();
    for agent in [ANN, BOB] {
        for &(_, since, state) in day.stands.iter().filter(|stand| stand.0 == agent) {
            let last = stands.last().filter(|last| last.0 == agent).copied();
            if last.is_none_or(|last| last.2 != state) {
                let earliest = last.map_or(0, |last| last.1 + 1);
                stands.push((agent, ((since.0 - at(0).0) / 1_000).max(earliest), state, None));
            }
        }
    }
    let records = day.records.iter().map(|record| (**record).clone()).collect();
    Traffic { records, stands, misses: vec![] }
}

async fn compare(floor: &Floor, traffic: &Traffic) {
    let config = config(floor);
    write(floor, traffic).await;
    for by in [By::Campaign, By::Carrier, By::Agent, By::Hour] {
        let sheet = Sheet::read(&floor.store, &config, day(), by, None).await.expect("read");
        let counted = rows(&serde_json::to_value(&sheet).expect("JSON"));
        assert_eq!(counted, rows(&recount(traffic, by)), "by {by:?}; the traffic: {traffic:#?}");
    }
    for table in ["call_log", "attempts", "queue", "leads", "agent_states", "missed_rings", "dispositions"] {
        floor.sql(&format!("DELETE FROM {table}")).await;
    }
}

/// Each row by its name, each figure as it is compared: parts to nine digits.
fn rows(sheet: &Json) -> BTreeMap<String, BTreeMap<String, String>> {
    let text = |value: &Json| match value.as_f64() {
        Some(number) if value.is_f64() => format!("{number:.9}"),
        Some(_) | None => value.to_string(),
    };
    let row = |row: &Json| {
        let figures = row.as_object().expect("an object").iter();
        (row["name"].to_string(), figures.map(|(name, value)| (name.clone(), text(value))).collect())
    };
    sheet["rows"].as_array().expect("a list").iter().map(row).collect()
}

/// The same sheet from the traffic itself: each figure by a walk over everything, as its formula reads.
fn recount(traffic: &Traffic, by: By) -> Json {
    let names: Vec<(String, u64)> = match by {
        By::Campaign => vec![("spring".into(), 1), ("autumn".into(), 2)],
        By::Carrier => vec![("north".into(), 1), ("south".into(), 2)],
        By::Agent => vec![("ann".into(), 1), ("bob".into(), 2)],
        By::Hour => (0..=24).map(|nth| (hour_name(nth), nth)).collect(),
    };
    let rows = names.into_iter().filter_map(|(name, key)| recounted(traffic, by, name, key));
    json!({ "rows": rows.collect::<Vec<_>>() })
}

/// The tests' day begins at 22:13:20.
const FIRST_HOUR: u64 = 1_699_999_200;

fn hour_name(nth: u64) -> String {
    let of_day = (22 + nth) % 24;
    format!("2023-11-{} {of_day:02}:00", if nth < 2 { 14 } else { 15 })
}

fn recounted(traffic: &Traffic, by: By, name: String, key: u64) -> Option<Json> {
    let in_day = |record: &&Record| record.times.created >= at(0) && record.times.created < at(DAY);
    let hour_of = |at: Micros| (at.0 / 1_000_000 - FIRST_HOUR) / 3_600;
    let is_its = |record: &&Record| match by {
        By::Campaign => u64::from(record.campaign.0) == key,
        By::Carrier => u64::from(record.carrier.0) == key,
        By::Agent => record.agent.is_some_and(|agent| u64::from(agent.0) == key),
        By::Hour => hour_of(record.times.created) == key,
    };
    let all: Vec<&Record> = traffic.records.iter().filter(in_day).collect();
    let its: Vec<&Record> = all.iter().copied().filter(is_its).collect();
    let had = |one: &Try| matches!(one.unplaced, None | Some(Failure::Silence));
    let tries = || all.iter().flat_map(|record| record.tries.iter().map(move |one| (record, one)));
    let seizures = tries()
        .filter(
            |(record, one)| if by == By::Carrier { u64::from(one.carrier.0) == key } else { is_its(record) },
        )
        .filter(|(_, one)| had(one))
        .count();
    let times = agent_times(traffic, by, key);
    let leads = if by == By::Campaign && key == 1 { LEADS } else { 0 };
    let is_empty = its.is_empty() && seizures == 0 && leads == 0;
    let missed = missed_rings(traffic, by, key);
    if is_empty && times.is_empty() && missed == 0 {
        return None;
    }
    let mut row = calls(&its, seizures, by);
    row.insert("name", json!(name));
    if by != By::Carrier {
        row.insert("missed_rings", json!(missed));
        held_and_said(&mut row, &its);
        work(
            &mut row,
            &times,
            its.iter().filter(|record| record.result == CallResult::Connected).count() as u64,
        );
    }
    if by == By::Campaign {
        let its = || traffic.records.iter().filter(|record| record.queue.0 <= leads);
        let tried = its().map(|record| record.queue).collect::<BTreeSet<_>>().len() as u64;
        let again = |record: &&Record| matches!(record.fate, Fate::Retry(_));
        let last = its().map(|record| (record.queue, record)).collect::<BTreeMap<_, _>>();
        let exhausted = tried - last.into_values().filter(again).count() as u64;
        let part = |part: u64| if leads > 0 { json!(part as f64 / leads as f64) } else { Json::Null };
        row.extend([("loaded", json!(leads)), ("tried", json!(tried)), ("exhausted", json!(exhausted))]);
        row.extend([("penetration", part(tried)), ("exhaustion", part(exhausted))]);
    }
    Some(json!(row))
}

fn held_and_said(row: &mut Figures, its: &[&Record]) {
    let held: Vec<u64> = its.iter().map(|record| record.held.0).filter(|held| *held > 0).collect();
    let all: u64 = held.iter().sum();
    let of = |code| its.iter().filter(|record| said(record) == Some(code)).count();
    row.extend([
        ("held_calls", json!(held.len())),
        ("held_ms", json!(all / 1_000)),
        (
            "average_hold_ms",
            all.checked_div(held.len() as u64).map_or(Json::Null, |mean| json!(mean / 1_000)),
        ),
        ("dispositions_owed", json!(of(None))),
        ("disposition_later", json!(of(Some("later")))),
        ("disposition_sold", json!(of(Some("sold")))),
    ]);
}

fn missed_rings(traffic: &Traffic, by: By, key: u64) -> usize {
    let is_its = |(agent, ms): &&(AgentId, u64)| match by {
        By::Campaign | By::Agent => u64::from(agent.0) == key,
        By::Hour => (at(*ms).0 / 1_000_000 - FIRST_HOUR) / 3_600 == key,
        By::Carrier => false,
    };
    traffic.misses.iter().filter(|miss| miss.1 < DAY).filter(is_its).count()
}

type Figures = BTreeMap<&'static str, Json>;

fn part(part: usize, whole: usize) -> Json {
    if whole > 0 { json!(part as f64 / whole as f64) } else { Json::Null }
}

fn calls(its: &[&Record], seizures: usize, by: By) -> Figures {
    let is = |record: &&&Record, result| record.result == result;
    let count = |result| its.iter().filter(|record| is(record, result)).count();
    let (connected, dropped) = (count(CallResult::Connected), count(CallResult::Dropped));
    let machines = count(CallResult::Machine);
    let answered: Vec<&&Record> = its.iter().filter(|record| record.result.answered()).collect();
    let since_answer = |record: &Record, then: Option<Micros>| {
        then.map(|then| then.0 - record.times.answered.expect("answered").0)
    };
    let lasted: Vec<u64> =
        answered.iter().map(|record| since_answer(record, record.times.ended).expect("an end")).collect();
    let left = |early: bool| {
        let hung_up = answered.iter().filter(|record| record.result == CallResult::HungUpWaiting);
        hung_up
            .filter(|record| (since_answer(record, record.times.ended) <= Some(2_000_000)) == early)
            .count()
    };
    let is_led = |record: &Record| {
        let in_vain = |step: &Step| [StepOutcome::Nobody, StepOutcome::HungUpWaiting].contains(&step.outcome);
        record.result.reached()
            && record.result != CallResult::Connected
            && !record.flow.as_deref().is_some_and(|flow| flow.steps.iter().any(in_vain))
    };
    let to_be_joined: Vec<&&Record> = answered.iter().copied().filter(|record| !is_led(record)).collect();
    // Joined in time, abandoned; who left in time is neither.
    let served = |greeting: fn(&Record) -> u64| {
        let (mut joined, mut abandoned) = (0, 0);
        for record in &to_be_joined {
            // From the step of a flow at which they waited, there is no greeting.
            let waited = record.flow.as_deref().and_then(|flow| {
                let waits = [StepOutcome::Agent, StepOutcome::Nobody, StepOutcome::HungUpWaiting];
                flow.steps.iter().find(|step| waits.contains(&step.outcome))
            });
            let has_left = record.result == CallResult::HungUpWaiting
                || waited.is_some_and(|step| step.outcome == StepOutcome::HungUpWaiting);
            let answered = record.times.answered.expect("answered").0;
            let limit = waited.map_or(answered + greeting(record), |step| step.at.0) + 2_000_000;
            match record.times.bridged {
                Some(bridged) if bridged.0 <= limit => joined += 1,
                None if has_left && record.times.ended.expect("an end").0 <= limit => {}
                Some(_) | None => abandoned += 1,
            }
        }
        (joined, abandoned)
    };
    let (_, us) = served(|record| if record.campaign == SPRING { GREETING } else { 0 });
    let (joined, uk) = served(|_| 0);
    let dials = its.iter().filter(|record| {
        record.tries.iter().any(|one| one.unplaced.is_none() || one.unplaced == Some(Failure::Silence))
    });
    let (dials, answered) = (dials.count(), answered.len());
    let mean = if lasted.is_empty() {
        Json::Null
    } else {
        json!(lasted.iter().sum::<u64>() / lasted.len() as u64 / 1_000)
    };
    let mut row = BTreeMap::from([("connected", json!(connected)), ("average_call_ms", mean)]);
    if by != By::Agent {
        row.extend([
            ("attempts", json!(its.len())),
            ("dials", json!(dials)),
            ("seizures", json!(seizures)),
            ("answered", json!(answered)),
            ("completed", json!(count(CallResult::Completed))),
            ("incomplete", json!(count(CallResult::Incomplete))),
            ("machines", json!(machines + count(CallResult::Fax))),
            ("answer_rate", part(answered, dials)),
            ("asr", part(answered, seizures)),
            ("drop_rate", part(dropped, answered)),
            ("drop_rate_us", part(us, to_be_joined.len())),
            ("drop_rate_uk", part(uk, uk + joined)),
            (
                "drop_rate_amd",
                part((dropped * 1_000 + machines * 50).min(answered * 1_000), answered * 1_000),
            ),
            ("drop_rate_dials", part(dropped, dials)),
            ("customer_abandon_early", part(left(true), answered)),
            ("customer_abandon_late", part(left(false), answered)),
        ]);
    }
    row
}

/// Microseconds by state and pause code.
type Times = BTreeMap<(AgentState, Option<&'static str>), u64>;

/// How long its agents stood how, in microseconds, looked at second by second of the day.
fn agent_times(traffic: &Traffic, by: By, key: u64) -> Times {
    let mut times = Times::new();
    for (nth, (agent, since, state, code)) in traffic.stands.iter().enumerate() {
        let next = traffic.stands.get(nth + 1).filter(|next| next.0 == *agent);
        let until = next.map_or(DAY, |next| next.1).min(DAY);
        let its_hour = |from: u64, until: u64| {
            let begins = (FIRST_HOUR + key * 3_600).saturating_sub(1_700_000_000) * 1_000;
            let ends = ((FIRST_HOUR + (key + 1) * 3_600) - 1_700_000_000) * 1_000;
            until.min(ends).saturating_sub(from.max(begins))
        };
        let lasted = match by {
            By::Campaign | By::Agent if u64::from(agent.0) == key => until.saturating_sub(*since),
            By::Hour if *state != AgentState::Offline => its_hour(*since, until),
            By::Campaign | By::Agent | By::Hour | By::Carrier => 0,
        };
        if lasted > 0 {
            *times.entry((*state, *code)).or_default() += lasted * 1_000;
        }
    }
    times
}

fn work(row: &mut Figures, times: &Times, connected: u64) {
    let of =
        |state| times.iter().filter(|((own, _), _)| *own == state).map(|(_, micros)| *micros).sum::<u64>();
    let with = |code| times.get(&(AgentState::Paused, Some(code))).copied().unwrap_or(0);
    let busy = of(AgentState::OnCall) + of(AgentState::WrapUp);
    let ready = of(AgentState::Ready) + of(AgentState::Reserved);
    let paused = of(AgentState::Paused);
    let there = busy + ready + of(AgentState::Ringing);
    let ms = |micros: u64| json!(micros / 1_000);
    row.extend([
        ("talk_ms", ms(of(AgentState::OnCall))),
        ("wrap_up_ms", ms(of(AgentState::WrapUp))),
        ("ready_ms", ms(ready)),
        ("paused_ms", ms(paused)),
        ("paused_lunch_ms", ms(with("lunch"))),
        ("paused_training_ms", ms(with("training"))),
        ("paid_ms", ms(there + paused - with("lunch"))),
        ("handling_ms", busy.checked_div(connected).map_or(Json::Null, ms)),
        ("occupancy", part(busy as usize, (busy + ready) as usize)),
        ("utilisation", part(busy as usize, (there + paused) as usize)),
        (
            "contacts_per_agent_hour",
            if there > 0 { json!(connected as f64 / (there as f64 / 3_600_000_000.0)) } else { Json::Null },
        ),
    ]);
}

/// A busy hour in spring, a little in autumn.
async fn furnish(floor: &Floor) {
    use AgentState::{Offline, OnCall, Paused, Ready, WrapUp};
    let call = |nth: u64, campaign: CampaignId, how: How| {
        let mut record = record(&request(campaign, &item(nth, &format!("1555{nth:07}")), nth), how);
        if campaign == AUTUMN {
            (record.carrier, record.tries[0].carrier) = (CarrierId(2), CarrierId(2));
            record.agent = Some(BOB);
            record.held = Span::secs(4);
        }
        record
    };
    let hows = [
        How::Talked(400, 60_000),
        How::Talked(2_500, 30_000),
        How::Dropped(2_000),
        How::HungUp(1_500),
        How::HungUp(2_500),
        How::Busy,
        How::Unplaced,
    ];
    let mut records: Vec<Record> = (1..).zip(hows).map(|(nth, how)| call(nth, SPRING, how)).collect();
    records.push(call(30, AUTUMN, How::Talked(0, 10_000)));
    let ann = [
        (0, Ready, None),
        (10_000, OnCall, None),
        (70_000, WrapUp, None),
        (90_000, Paused, Some("lunch")),
        (93_000, Paused, Some("training")),
        (95_000, Offline, None),
    ];
    let stands = ann.map(|(ms, state, code)| (ANN, ms, state, code)).to_vec();
    write(floor, &Traffic { records, stands, misses: vec![(ANN, 96_000), (ANN, 99_000)] }).await;
}

async fn the_table_has_the_formula_beside_each_figure(floor: Floor) {
    furnish(&floor).await;
    let config = config(&floor);
    let [campaigns, agents] = [By::Campaign, By::Agent]
        .map(async |by| Sheet::read(&floor.store, &config, day(), by, None).await.expect("read").to_string());
    let (campaigns, agents) = (campaigns.await, agents.await);
    insta::allow_duplicates! {
        insta::assert_snapshot!("campaigns", campaigns);
        insta::assert_snapshot!("agents", agents);
    }
}

async fn csv_has_the_formula_at_the_head_of_each_column(floor: Floor) {
    furnish(&floor).await;
    let sheet = Sheet::read(&floor.store, &config(&floor), day(), By::Carrier, None).await.expect("read");
    insta::allow_duplicates! {
        insta::assert_snapshot!(sheet.csv().expect("written"));
    }
}

async fn one_campaign_may_be_counted_alone(floor: Floor) {
    furnish(&floor).await;
    let campaigns = floor.store.standings().await.expect("read");
    let autumn = campaigns.iter().find(|campaign| campaign.id == AUTUMN).expect("there");
    let sheet =
        Sheet::read(&floor.store, &config(&floor), day(), By::Hour, Some(autumn)).await.expect("read");
    let json = serde_json::to_value(&sheet).expect("JSON");
    assert_eq!((&json["campaign"], &json["by"]), (&json!("autumn"), &json!("hour")));
    let rows = json["rows"].as_array().expect("a list");
    assert_eq!(
        (rows.len(), &rows[0]["name"], &rows[0]["attempts"]),
        (1, &json!("2023-11-14 22:00"), &json!(1))
    );
}
