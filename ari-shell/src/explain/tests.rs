use engine::Outcome;
use engine::call::{CallRequest, Record, TransferLog, TransferTimes, Try};
use engine::lead::Fate;
use engine::words::{AgentId, AttemptId, CarrierId, Cause, LeadId, Micros, QueueId, TechCause};

use super::{ExplainError, Explanation, Question, explain};
use crate::store::Agreement;
use crate::store::testing::{ANN, AUTUMN, Floor, How, SPRING, at, number, on_each_database, record};

on_each_database! {
    the_dial_card_of_an_attempt_holds_everything_that_was_stored,
    the_json_form_has_the_call_request_as_it_was_stored,
    what_was_said_of_a_call_and_how_long_it_was_on_hold_is_shown,
    the_card_of_an_open_attempt_says_what_to_tear_down,
    a_lead_is_shown_with_its_places_and_all_its_attempts,
    by_any_of_its_numbers_a_lead_is_shown_with_its_places_and_whoever_skipped_it,
    a_row_that_was_set_aside_is_shown_with_what_is_wrong_in_it,
    a_lead_whose_number_was_dropped_says_when_and_what_follows,
    what_is_not_stored_is_said_to_be_missing,
}

/// Who works for the second campaign.
const BOB: AgentId = AgentId(2);

/// A carrier that has left nothing but its id.
const GONE: CarrierId = CarrierId(9);

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
