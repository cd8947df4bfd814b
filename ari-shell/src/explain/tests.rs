use std::sync::Arc;

use engine::call::{
    CallRequest, CallSoFar, HoldSoFar, Record, TransferLog, TransferRequest, TransferTimes, Try, Variables,
};
use engine::flow::{FlowEnd, FlowLog, Step, StepOutcome, TransferEnd};
use engine::lead::Fate;
use engine::words::{AgentId, AttemptId, CarrierId, Cause, LeadId, Micros, QueueId, Span, TechCause};
use engine::{Command, Outcome, Times};

use super::{ExplainError, Explanation, Judge, Question, Rules, explain};
use crate::numbers::Numbering;
use crate::store::testing::{ANN, AUTUMN, Floor, How, SPRING, at, number, on_each_database, record};
use crate::store::{Agreement, Cap, Counts, ListRules};

on_each_database! {
    the_dial_card_of_an_attempt_holds_everything_that_was_stored,
    the_json_form_has_the_call_request_as_it_was_stored,
    what_was_said_of_a_call_and_how_long_it_was_on_hold_is_shown,
    the_card_of_an_open_attempt_says_what_to_tear_down,
    the_card_of_an_open_attempt_has_its_takes_and_its_transfers,
    the_card_of_an_open_attempt_tells_how_far_it_has_come,
    a_lead_is_shown_with_its_places_and_all_its_attempts,
    by_any_of_its_numbers_a_lead_is_shown_with_its_places_and_whoever_skipped_it,
    a_row_that_was_set_aside_is_shown_with_what_is_wrong_in_it,
    a_lead_whose_number_was_dropped_says_when_and_what_follows,
    what_is_not_stored_is_said_to_be_missing,
    everything_that_stands_in_the_way_of_a_lead_is_told_each_by_itself,
    what_stood_in_the_way_at_a_moment_is_told_by_the_calls_until_then,
    what_stood_in_the_way_between_two_calls_of_a_further_number_is_told_of_that_number,
}

/// Who works for the second campaign.
const BOB: AgentId = AgentId(2);

/// A carrier that has left nothing but its id.
const GONE: CarrierId = CarrierId(9);

/// A leg to a desk of the house, as stored before it is dialled.
fn decided_on(call: &CallRequest, ordinal: u16, created: Micros) -> TransferRequest {
    TransferRequest {
        attempt: call.attempt,
        ordinal,
        campaign: call.campaign,
        lead: call.lead,
        number: None,
        carrier: None,
        endpoint: String::from("PJSIP/desk"),
        codec: None,
        caller_id: None,
        prefix: String::new(),
        ring_timeout_ms: 20_000,
        variables: Variables::default(),
        created,
    }
}

fn handed_over((carrier, ordinal): (CarrierId, u16)) -> TransferLog {
    TransferLog {
        ordinal,
        by: None,
        endpoint: String::from("PJSIP/15550000099"),
        carrier: Some(carrier),
        caller_id: None,
        end: None,
        cause: None,
        tech: None,
        unplaced: None,
        barred: false,
        times: TransferTimes::default(),
    }
}

/// An attempt that was led on from its first carrier, and talked.
async fn furnish(floor: &Floor) -> (Vec<CallRequest>, Record) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let first = pen.open(SPRING, 1).await;
    let second = CallRequest {
        ordinal: 2,
        carrier: CarrierId(2),
        agent: Some(ANN),
        endpoint: String::from("PJSIP/15550000001@south").into(),
        created: at(800),
        ..first.clone()
    };
    assert_eq!(pen.save(second.clone()).await, Outcome::Done);
    let mut ended = record(&second, How::Talked(400, 60_000));
    ended.times.created = first.created;
    let busy = Try {
        ordinal: 1,
        carrier: CarrierId(1),
        cause: Some(Cause(38)),
        tech: Some(TechCause(503)),
        unplaced: None,
    };
    ended.tries.insert(0, busy);
    ended.transfers = [CarrierId(2), GONE].into_iter().zip(1..).map(handed_over).collect();
    assert_eq!(pen.record(ended.clone()).await, Outcome::Done);
    (vec![first, second], ended)
}

async fn the_dial_card_of_an_attempt_holds_everything_that_was_stored(floor: Floor) {
    let (requests, record) = furnish(&floor).await;
    let told = explain(&floor.store, Question::Attempt(AttemptId(1))).await.expect("explained");
    let Explanation::Attempt(card) = &told else { panic!("{told:?}") };
    assert_eq!((&card.requests, &card.record), (&requests, &Some(record)));
    insta::assert_snapshot!(told);
}

async fn the_json_form_has_the_call_request_as_it_was_stored(floor: Floor) {
    let (requests, _) = furnish(&floor).await;
    let told = explain(&floor.store, Question::Attempt(AttemptId(1))).await.expect("explained");
    let json = serde_json::to_value(&told).expect("written");
    let stored = serde_json::to_value(&requests).expect("written");
    assert_eq!(json["attempt"]["requests"], stored);
    assert_eq!(json["attempt"]["carrier"], "south");
}

async fn what_was_said_of_a_call_and_how_long_it_was_on_hold_is_shown(floor: Floor) {
    let (calls, _) = furnish(&floor).await;
    let attempt = calls[0].attempt;
    floor.sql("UPDATE call_log SET held = 12300000").await;
    let owed = at(60_000).0;
    let row = format!("({attempt}, {SPRING}, {ANN}, {owed})");
    floor
        .sql(&format!(
            "INSERT INTO dispositions (attempt_id, campaign_id, agent_id, owed_until) VALUES {row}"
        ))
        .await;
    let told = async || explain(&floor.store, Question::Attempt(attempt)).await.expect("told").to_string();
    let owed = told().await;
    for part in [
        "on hold     12.300 s of the conversation\n",
        "disposition owed by ann, until 2023-11-14 22:14:20.000 UTC",
    ] {
        assert!(owed.contains(part), "{part} is not in {owed}");
    }
    for (said, part) in [
        (1, "disposition sold, said by ann at 2023-11-14 22:13:30.000 UTC"),
        (0, "disposition sold, by default at 2023-11-14 22:13:30.000 UTC"),
    ] {
        let given = at(10_000).0;
        floor.sql(&format!("UPDATE dispositions SET code = 'sold', said = {said}, given_at = {given}")).await;
        let told = told().await;
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

async fn the_card_of_an_open_attempt_says_what_to_tear_down(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.writer().open(SPRING, 1).await;
    let told = explain(&floor.store, Question::Attempt(AttemptId(1))).await.expect("explained");
    let text = told.to_string();
    for part in ["attempt 1: open\n", "channel     rm1.c.1.1\n", "bridge      rm1.b.1\n", "held by rm1\n"] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

async fn the_card_of_an_open_attempt_has_its_takes_and_its_transfers(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let since = |ms: u64| call.created.0 + ms * 1_000;
    let take = |stage: &str, began, ended, paused_since, paused_ms: u64| {
        serde_json::json!({
            "stage": stage, "began": began, "ended": ended, "ended_tracks": 0, "paused_since": paused_since,
            "paused": paused_ms * 1_000
        })
    };
    let mut kept = take("live", Some(since(5_000)), Some(since(9_000)), None, 0);
    kept["stage"] = serde_json::json!({ "over": "kept" });
    let runs = |silent| take("live", Some(since(10_000)), None, silent, 7_000);
    let transfer = TransferRequest {
        number: Some(number("15550000099")),
        carrier: Some(CarrierId(2)),
        endpoint: String::from("PJSIP/15550000099@south"),
        caller_id: Some(String::from("15551230000")),
        ..decided_on(&call, 1, Micros(since(30_000)))
    };
    let saved = pen.ask(|request| Command::SaveTransfer { request, transfer: Arc::new(transfer) }).await;
    assert_eq!(saved, Outcome::Done);
    let mut told = String::new();
    for silent in [None, Some(since(20_000))] {
        let takes = serde_json::json!({ "stereo": false, "format": "wav", "all": [kept, runs(silent)] });
        floor.sql(&format!("UPDATE attempts SET takes = '{takes}'")).await;
        let card =
            explain(&floor.store, Question::Attempt(AttemptId(1))).await.expect("explained").to_string();
        told.extend(
            card.lines()
                .filter(|line| line.contains("take ") || line.contains("transfer "))
                .map(|line| format!("{line}\n")),
        );
    }
    insta::assert_snapshot!(told, @"
      take        +5.000 s rm1.t.1.1.1: kept of 4.000 s, wav, callee and agent in one
      take        +10.000 s rm1.t.1.1.2: goes on, 7.000 s of it silent, wav, callee and agent in one
      transfer    to PJSIP/15550000099@south: decided on +30.000 s, carrier south, shown 15551230000
      take        +5.000 s rm1.t.1.1.1: kept of 4.000 s, wav, callee and agent in one
      take        +10.000 s rm1.t.1.1.2: goes on, silent since +20.000 s, 7.000 s of it silent, wav, callee and agent in one
      transfer    to PJSIP/15550000099@south: decided on +30.000 s, carrier south, shown 15551230000
    ");
}

async fn the_card_of_an_open_attempt_tells_how_far_it_has_come(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let since = |s: u64| call.created + Span::secs(s);
    let mut transfers = Vec::new();
    for (ordinal, end) in [(1, Some(TransferEnd::Busy)), (2, None)] {
        let mut log = TransferLog { end, carrier: None, ..handed_over((GONE, ordinal)) };
        (log.times.placed, log.times.ended) = (Some(since(31)), end.map(|_| since(40)));
        let decided =
            TransferRequest { endpoint: log.endpoint.clone(), ..decided_on(&call, ordinal, since(30)) };
        pen.ask(|request| Command::SaveTransfer { request, transfer: Arc::new(decided) }).await;
        transfers.push(log);
    }
    let step = |node: &str, s, outcome| Step {
        node: node.to_owned(),
        at: since(s),
        outcome,
        keys: String::new(),
        recording: None,
        recorded_ms: None,
        stayed_ms: None,
    };
    let way = |end, last| FlowLog {
        flow: String::from("survey"),
        edition: String::from("first"),
        end,
        complete: false,
        steps: vec![step("hello", 5, StepOutcome::Said), step("menu", 8, last)],
    };
    let times = Times { created: call.created, answered: Some(since(5)), ..Times::default() };
    let mut told = String::new();
    for (flow, since, total) in [
        (way(FlowEnd::HungUp, StepOutcome::Cut), None, 0),
        (way(FlowEnd::HungUp, StepOutcome::HungUpWaiting), Some(since(50)), 0),
        (way(FlowEnd::Agent, StepOutcome::Agent), Some(since(50)), 7),
        (way(FlowEnd::Agent, StepOutcome::Agent), None, 9),
    ] {
        let hold =
            Some(HoldSoFar { since, total: Span::secs(total) }).filter(|hold| *hold != HoldSoFar::default());
        let (flow, transfers) = (Some(Box::new(flow)), transfers.clone());
        let so_far = Box::new(CallSoFar { times, flow, transfers, hold, ..CallSoFar::default() });
        let noted = pen.ask(|request| Command::Note { request, attempt: call.attempt, so_far }).await;
        assert_eq!(noted, Outcome::Done);
        let card =
            explain(&floor.store, Question::Attempt(call.attempt)).await.expect("explained").to_string();
        let is_told = |line: &&str| {
            ["on hold ", "call flow ", "node  ", "transfer "]
                .iter()
                .any(|label| line.trim().starts_with(label))
        };
        told.extend(
            card.lines()
                .filter(is_told)
                .filter(|line| !line.ends_with("rm1"))
                .map(|line| format!("{line}\n")),
        );
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    call flow   survey, edition first: goes on
    node        +5.000 s hello: said
    node        +8.000 s menu: goes on
    transfer    to PJSIP/15550000099: busy, placed +31.000 s, ended +40.000 s
    transfer    to PJSIP/15550000099: goes on, placed +31.000 s
    
    on hold     since +50.000 s
    call flow   survey, edition first: goes on
    node        +5.000 s hello: said
    node        +8.000 s menu: goes on
    transfer    to PJSIP/15550000099: busy, placed +31.000 s, ended +40.000 s
    transfer    to PJSIP/15550000099: goes on, placed +31.000 s
    
    on hold     since +50.000 s, and 7.000 s before
    call flow   survey, edition first: agent, did not come to its aim
    node        +5.000 s hello: said
    node        +8.000 s menu: agent
    transfer    to PJSIP/15550000099: busy, placed +31.000 s, ended +40.000 s
    transfer    to PJSIP/15550000099: goes on, placed +31.000 s
    
    on hold     9.000 s so far
    call flow   survey, edition first: agent, did not come to its aim
    node        +5.000 s hello: said
    node        +8.000 s menu: agent
    transfer    to PJSIP/15550000099: busy, placed +31.000 s, ended +40.000 s
    transfer    to PJSIP/15550000099: goes on, placed +31.000 s
    ");
}

async fn a_lead_is_shown_with_its_places_and_all_its_attempts(floor: Floor) {
    furnish(&floor).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(AUTUMN, 2).await;
    let later = Micros(at(0).0 + 3_600_000_000);
    pen.record(Record { fate: Fate::Retry(later), ..record(&call, How::Busy) }).await;
    let agreement = Agreement { at: Micros(4_000_000_000_000_000), agent: Some(BOB), note: None };
    floor.store.agree(QueueId(2), &agreement).await.expect("agreed");
    let by_number = explain(&floor.store, Question::Number(number("15550000001"))).await.expect("explained");
    insta::assert_snapshot!(by_number);
    let by_lead = explain(&floor.store, Question::Lead(LeadId(1))).await.expect("explained");
    let Explanation::Lead(card) = &by_lead else { panic!("{by_lead:?}") };
    assert_eq!((card.leads.len(), card.items.len(), card.records.len()), (1, 1, 1));
}

async fn by_any_of_its_numbers_a_lead_is_shown_with_its_places_and_whoever_skipped_it(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    // The second lead has the first one's number and one of its own beside its first, and the third has neither.
    floor.sql("INSERT INTO lead_numbers VALUES (2, 2, '15550000001'), (2, 3, '15550000004')").await;
    floor.sql(&format!("INSERT INTO skips VALUES (1, {ANN}, 0), (2, {ANN}, 1), (3, {ANN}, 2)")).await;
    for (by, expected) in
        [("15550000001", &[1, 2][..]), ("15550000002", &[2]), ("15550000003", &[3]), ("15550000004", &[2])]
    {
        let told = explain(&floor.store, Question::Number(number(by))).await.expect("explained");
        let Explanation::Lead(card) = &told else { panic!("{told:?}") };
        let items: Vec<u64> = card.items.iter().map(|item| item.id.0).collect();
        let skipped: Vec<u64> = card.skips.iter().map(|skip| skip.item.0).collect();
        assert_eq!((&items[..], &skipped[..]), (expected, expected), "{by}: {told}");
    }
}

async fn a_row_that_was_set_aside_is_shown_with_what_is_wrong_in_it(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.sql("UPDATE queue SET number = '1000@evil'").await;
    floor.writer().fetch(SPRING, 1).await;
    let text = explain(&floor.store, Question::Lead(LeadId(1))).await.expect("explained").to_string();
    assert!(text.contains("1000@evil: exhausted, 0 attempts, last bad_row"), "{text}");
}

async fn a_lead_whose_number_was_dropped_says_when_and_what_follows(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    pen.record(record(&call, How::Dropped(2_000))).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let text = explain(&floor.store, Question::Lead(LeadId(2))).await.expect("explained").to_string();
    let told = "dropped     2023-11-14 22:13:30.000 UTC; called within `repeat_after_drop` of it only with an agent reserved";
    assert!(text.contains(told), "{text}");
}

async fn what_is_not_stored_is_said_to_be_missing(floor: Floor) {
    for (question, told) in [
        (Question::Attempt(AttemptId(9)), "no attempt 9 is stored"),
        (Question::Lead(LeadId(9)), "no lead 9 is stored"),
        (Question::Number(number("15550000009")), "no lead with the number 15550000009 is stored"),
    ] {
        let problem = explain(&floor.store, question).await.expect_err("nothing");
        assert!(matches!(problem, ExplainError::Nothing(_)));
        assert_eq!(problem.to_string(), told);
    }
}

const DAY: Span = Span::secs(86_400);

/// What stands in the way of the only place of a number at a moment, one a line; the hours of `spring` open at 09:00 of the next day.
async fn obstacles(floor: &Floor, by: &str, numbering: Numbering, then: Micros) -> String {
    let mut told = explain(&floor.store, Question::Number(number(by))).await.expect("explained");
    let Explanation::Lead(card) = &mut told else { panic!("{told:?}") };
    let judge = Judge {
        at: then,
        numbering,
        rules: [(SPRING, Rules { cap: 3, after_drop: Span(3 * DAY.0) })].into(),
        hours: |_, number: engine::words::Number, zone: Option<&str>| {
            assert_eq!(number.to_string(), by, "the number that is called next");
            if zone == Some("Pacific/Honolulu") { Err(at(86_400_000)) } else { Ok(()) }
        },
    };
    judge.judge(&floor.store, card).await.expect("judged");
    let obstacles = card.items[0].obstacles.as_ref().expect("it was asked for");
    obstacles.iter().map(|obstacle| format!("{obstacle}\n")).collect()
}

async fn everything_that_stands_in_the_way_of_a_lead_is_told_each_by_itself(floor: Floor) {
    floor.leads(SPRING, &["12025550101"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let dropped = Record { fate: Fate::Retry(at(90_000_000)), ..record(&call, How::Dropped(2_000)) };
    pen.record(dropped).await;
    floor.sql("UPDATE queue SET attempts = 3; UPDATE leads SET zone = 'Pacific/Honolulu'").await;
    // Of the same number, which another campaign dials.
    floor.leads(AUTUMN, &["12025550101"]).await;
    pen.open(AUTUMN, 2).await;
    let us = Numbering::of("US").expect("a country");
    let lists = [("house", None, false), ("registry", Some(DAY), false), ("members", None, true)]
        .map(|(name, max_age, allows)| ListRules { name, max_age, campaigns: vec![(SPRING, allows)] });
    floor.store.add_lists(&lists).await.expect("lists");
    floor
        .sql(
            "UPDATE dnc_lists SET dated_at = 0; \
             INSERT INTO dnc_numbers (number, list_id, version) \
                 SELECT '12025550101', id, version FROM dnc_lists WHERE name = 'house'; \
             INSERT INTO dnc_areas (prefix, list_id, version) \
                 SELECT '1202', id, version FROM dnc_lists WHERE name = 'members'",
        )
        .await;
    let cap = Cap { counts: Counts::Calls, most: 1, within: DAY };
    floor.store.keep_caps(&[SPRING], [(SPRING, "1202", &cap)].into_iter()).await.expect("caps");
    insta::assert_snapshot!(obstacles(&floor, "12025550101", us, at(60_000)).await, @r#"
    it has had all its 3 attempts
    it is due from 2023-11-15 23:13:20.000 UTC on
    its hours are closed, until 2023-11-15 22:13:20.000 UTC
    its number is on a live call: attempt 2, of queue item 2
    its number is on the do-not-call list "house"
    the do-not-call list "registry" is older than its `max_age`: nobody is dialled
    its number has been called as often as a cap allows, until 2023-11-15 22:13:20.000 UTC
    its number was dropped: until 2023-11-17 22:13:30.000 UTC it is dialled only with an agent reserved
    "#);

    floor.leads(SPRING, &["101"]).await;
    floor.leads(AUTUMN, &["102"]).await;
    insta::assert_snapshot!(obstacles(&floor, "101", us, at(60_000)).await, @r#"
    its number is not on the list "members" of those who alone may be called
    the do-not-call list "registry" is older than its `max_age`: nobody is dialled
    "#);
    insta::assert_snapshot!(obstacles(&floor, "102", us, at(60_000)).await, @"its campaign is not in the configuration");
}

async fn what_stood_in_the_way_at_a_moment_is_told_by_the_calls_until_then(floor: Floor) {
    let cap = Cap { counts: Counts::Calls, most: 2, within: DAY };
    floor.store.keep_caps(&[SPRING], [(SPRING, "", &cap)].into_iter()).await.expect("caps");
    floor.leads(SPRING, &["15550000001"]).await;
    let import = at(0) - Span::secs(3_600);
    floor
        .sql(&format!(
            "INSERT INTO lists (id, name) VALUES (7, 'members'); \
             INSERT INTO imports (id, list_id, file, digest, state, began_at) VALUES (7, 7, 'f', 'd', 'done', {}); \
             UPDATE leads SET import_id = 7",
            import.0
        ))
        .await;
    let mut pen = floor.writer();
    let mut call = pen.open(SPRING, 1).await;
    let retry = Fate::Retry(at(600_000));
    pen.record(Record { fate: retry, ..record(&call, How::Busy) }).await;
    call = CallRequest { attempt: AttemptId(2), created: at(700_000), nth: 2, ..call };
    floor.sql("UPDATE queue SET state = 'claimed', claimed_by = 'rm1'").await;
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    let mut ended = record(&call, How::Talked(400, 60_000));
    ended.times.ended = Some(at(800_000));
    pen.record(Record { fate: Fate::Completed, ..ended }).await;
    let told = async |ms: i64| {
        let then = Micros(at(0).0.saturating_add_signed(ms * 1_000));
        obstacles(&floor, "15550000001", Numbering::AS_THEY_STAND, then).await
    };
    for (ms, expected) in [
        (-7_200_000, "it was not there before 2023-11-14 21:13:20.000 UTC\n"),
        (-1, ""),
        (500, "its number is on a live call: attempt 1, of queue item 1\n"),
        (60_000, "it is due from 2023-11-14 22:23:20.000 UTC on\n"),
        (650_000, ""),
        (
            750_000,
            "its number is on a live call: attempt 2, of queue item 1\n\
             its number has been called as often as a cap allows, until 2023-11-15 22:13:20.000 UTC\n",
        ),
        (900_000, "it has come to its end: connected\n"),
    ] {
        assert_eq!(told(ms).await, expected, "{ms} ms after the first call");
    }
}

async fn what_stood_in_the_way_between_two_calls_of_a_further_number_is_told_of_that_number(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.sql("INSERT INTO lead_numbers VALUES (1, 2, '15550000002'); UPDATE queue SET next_number = '15550000002'").await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    assert_eq!(call.number, number("15550000002"));
    pen.record(Record { fate: Fate::Retry(at(60_000)), ..record(&call, How::Busy) }).await;
    let again = CallRequest { attempt: AttemptId(2), created: at(700_000), nth: 2, ..call };
    floor.sql("UPDATE queue SET state = 'claimed', claimed_by = 'rm1'").await;
    assert_eq!(pen.save(again).await, Outcome::Done);
    // The calendar is asked for the number that was called before and is called again.
    let told = obstacles(&floor, "15550000002", Numbering::AS_THEY_STAND, at(650_000)).await;
    assert_eq!(told, "");
}
