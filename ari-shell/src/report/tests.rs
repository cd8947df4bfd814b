use std::collections::BTreeMap;

use engine::agent::AgentState;
use engine::call::{CallResult, Record};
use engine::words::{AgentId, CarrierId, Micros};

use super::{Period, Report};
use crate::store::testing::{
    ANN, AUTUMN, BOB, Floor, How, Pen, SPRING, at, item, note, on_each_database, record, request,
};

on_each_database! {
    every_figure_equals_a_recount_by_hand,
    a_call_counts_for_its_campaign_its_carrier_and_its_agent,
    who_is_chosen_for_a_call_waits_for_it_on_record_too,
    nobody_is_at_work_for_longer_than_their_node,
    an_empty_house_has_no_rates,
    the_json_form_names_every_formula_that_it_has_a_figure_for,
    the_text_has_the_formula_beside_each_figure,
    a_record_that_cannot_be_read_is_named,
}

/// The tests' own day, up to an hour after its begin.
fn period() -> Period {
    Period { from: at(0), to: at(3_600_000) }
}

async fn stand(pen: &mut Pen, agent: AgentId, states: &[(u64, AgentState)]) {
    for (ms, state) in states {
        pen.ask(note(agent, at(*ms), *state, None)).await;
    }
}

/// A busy hour in spring, a little in autumn, one attempt still open and one lost.
async fn furnish(floor: &Floor) -> Vec<Record> {
    let mut pen = floor.writer();
    let spring = [
        How::Talked(400, 60_000),
        How::Talked(100, 30_000),
        How::Talked(900, 90_000),
        How::Dropped(2_000),
        How::HungUp(1_500),
        How::Busy,
        How::Busy,
        How::Unplaced,
    ];
    let mut records = Vec::new();
    for (attempt, how) in (1..).zip(spring) {
        let call = request(SPRING, &item(attempt, "15550000001"), attempt);
        records.push(record(&call, how));
    }
    let mut call = request(AUTUMN, &item(9, "15550000009"), 9);
    call.carrier = CarrierId(2);
    records.push(Record { agent: Some(BOB), ..record(&call, How::Talked(0, 10_000)) });
    // Before the period: counted nowhere.
    let mut earlier = request(SPRING, &item(8, "15550000008"), 10);
    earlier.created = Micros(at(0).0 - 1);
    pen.record(record(&earlier, How::Busy)).await;
    for record in &records {
        pen.record(record.clone()).await;
    }
    floor.leads(SPRING, &["15550000021", "15550000022"]).await;
    pen.open(SPRING, 21).await;
    pen.open(SPRING, 22).await;
    floor.sql("UPDATE attempts SET closed = 1 WHERE id = 22").await;
    use AgentState::{Offline, OnCall, Paused, Ready, WrapUp};
    stand(
        &mut pen,
        ANN,
        &[(0, Ready), (10_000, OnCall), (70_000, WrapUp), (90_000, Paused), (95_000, Offline)],
    )
    .await;
    stand(&mut pen, BOB, &[(3_580_000, Ready), (3_595_000, OnCall)]).await;
    records
}

async fn every_figure_equals_a_recount_by_hand(floor: Floor) {
    let records = furnish(&floor).await;
    let report = Report::read(&floor.store, period()).await.expect("read");
    let of = |result: CallResult| records.iter().filter(|record| record.result == result).count() as u64;
    let by_hand: BTreeMap<&str, u64> =
        CallResult::ALL.into_iter().map(|result| (result.name(), of(result))).collect();
    let total = &report.total.calls;
    assert_eq!(total.results, by_hand);
    // 4 connected, 1 dropped, 1 hung up, 2 busy; the unplaced one never left the house.
    assert_eq!((total.dialled, total.answered), (8, 6));
    assert_eq!(total.answer_rate, Some(6.0 / 8.0));
    assert_eq!(total.drop_rate, Some(1.0 / 6.0));
    assert_eq!(total.hung_up_waiting_rate, Some(1.0 / 6.0));
    // From the answer on: wait and talk, then 5 s of message for the drop, then the wait of the one who hung up.
    let lasted = 60_400 + 30_100 + 90_900 + 10_000 + 5_000 + 1_500;
    assert_eq!(total.average_call_ms, Some(lasted / 6));
    // 0, 100, 400, 900: ranks 2 and 4.
    assert_eq!((total.answer_to_agent_p50_ms, total.answer_to_agent_p99_ms), (Some(100), Some(900)));
    let attempts = report.total.attempts.expect("counted");
    assert_eq!((attempts.opened, attempts.closed, attempts.open, attempts.unaccounted), (11, 9, 1, 1));
    let work = report.total.work.expect("counted");
    assert_eq!((work.talk_ms, work.wrap_up_ms, work.ready_ms), (65_000, 20_000, 25_000));
    assert_eq!(work.occupancy, Some(85.0 / 110.0));
}

async fn a_call_counts_for_its_campaign_its_carrier_and_its_agent(floor: Floor) {
    furnish(&floor).await;
    let report = Report::read(&floor.store, period()).await.expect("read");
    let dialled = |sections: &[super::Section]| -> Vec<(String, u64)> {
        sections.iter().map(|section| (section.name.clone(), section.calls.dialled)).collect()
    };
    let pairs = |list: [(&str, u64); 2]| list.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(dialled(&report.campaigns), pairs([("autumn", 1), ("spring", 7)]));
    assert_eq!(dialled(&report.carriers), pairs([("north", 7), ("south", 1)]));
    assert_eq!(dialled(&report.agents), pairs([("ann", 3), ("bob", 1)]));
    let occupancy = report.campaigns[0].work.and_then(|work| work.occupancy);
    assert_eq!(occupancy, Some(5.0 / 20.0), "a state that lasts is cut where the period ends");
}

async fn who_is_chosen_for_a_call_waits_for_it_on_record_too(floor: Floor) {
    use AgentState::{Offline, OnCall, Ready, Reserved};
    // Earlier versions wrote it down apart.
    let states = [
        (0, Ready),
        (10_000, Reserved),
        (25_000, Ready),
        (30_000, Reserved),
        (45_000, OnCall),
        (60_000, Offline),
    ];
    stand(&mut floor.writer(), ANN, &states).await;
    let work = Report::read(&floor.store, period()).await.expect("read").total.work.expect("counted");
    assert_eq!((work.talk_ms, work.ready_ms, work.occupancy), (15_000, 45_000, Some(0.25)));
}

async fn nobody_is_at_work_for_longer_than_their_node(floor: Floor) {
    stand(&mut floor.writer(), ANN, &[(10_000, AgentState::Ready)]).await;
    floor.sql(&format!("UPDATE nodes SET alive_until = {}", at(70_000).0)).await;
    let report = Report::read(&floor.store, period()).await.expect("read");
    assert_eq!(
        report.total.work.expect("counted").ready_ms,
        60_000,
        "the node died, and is not started again yet"
    );
}

async fn an_empty_house_has_no_rates(floor: Floor) {
    let report = Report::read(&floor.store, period()).await.expect("read");
    let calls = &report.total.calls;
    assert_eq!((calls.dialled, calls.answer_rate, calls.drop_rate), (0, None, None));
    assert_eq!(report.campaigns, []);
}

async fn the_json_form_names_every_formula_that_it_has_a_figure_for(floor: Floor) {
    furnish(&floor).await;
    let report = Report::read(&floor.store, period()).await.expect("read");
    let json = serde_json::to_value(&report).expect("written");
    for (name, _) in super::FORMULAS {
        let total = &json["total"];
        let found = ["calls", "attempts", "work"].iter().any(|part| total[part].get(name).is_some());
        assert!(found && json["formulas"].get(name).is_some(), "{name}");
    }
}

async fn the_text_has_the_formula_beside_each_figure(floor: Floor) {
    furnish(&floor).await;
    let report = Report::read(&floor.store, period()).await.expect("read");
    insta::assert_snapshot!(report);
}

async fn a_record_that_cannot_be_read_is_named(floor: Floor) {
    furnish(&floor).await;
    floor.sql("UPDATE call_log SET result = 'maybe' WHERE attempt_id = 1").await;
    let problem = Report::read(&floor.store, period()).await.expect_err("a bad row").to_string();
    let told = "call_log of campaign 1: result is \"maybe\"; it should be a word known here (unknown variant `maybe`";
    assert!(problem.starts_with(told), "{problem}");
}
