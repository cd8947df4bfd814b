//! What is remembered between two attempts on a lead: its numbers in their turns, and what they came to.

use super::*;
use engine::carrier::{CallerIdPool, Pick};
use engine::lead::{Past, QueueItem, WhyExhausted};
use engine::words::PoolId;

on_each_database! {
    a_lead_comes_with_all_its_numbers_in_the_order_of_their_turns,
    what_an_attempt_means_for_the_next_comes_back_with_the_item,
    technical_failures_do_not_use_up_the_cap,
    a_number_that_the_lead_has_no_more_is_not_dialled,
    the_caller_ids_of_the_last_day_are_told_to_a_new_process,
    a_caller_id_that_nobody_saw_is_not_used_up_over_a_restart,
    who_was_not_reached_gets_another_round_and_who_was_reached_never,
    a_number_that_was_found_bad_stays_so_for_another_round,
    whoever_has_only_bad_numbers_gets_another_round_where_that_is_asked_for,
    of_very_many_each_gets_one_more_round,
    leads_of_a_list_that_was_detached_get_no_other_round,
}

const AT_ONCE: Fate = Fate::Retry(Micros(1));

/// The number to be dialled, then the others.
fn numbers(item: &QueueItem) -> Vec<String> {
    [item.number].iter().chain(&item.alternates).map(ToString::to_string).collect()
}

async fn with_three_numbers(floor: &Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.sql("INSERT INTO lead_numbers (lead_id, ord, number) VALUES (1, 3, '15550000003')").await;
    floor.sql("INSERT INTO lead_numbers (lead_id, ord, number) VALUES (1, 2, '15550000002')").await;
}

/// Dials the item and records that the number before which all others have had their turn is next.
async fn goes_on(pen: &mut Pen, attempt: u64) -> Vec<String> {
    let (items, _) = pen.fetch(SPRING, 1).await;
    let call = request(SPRING, &items[0], attempt);
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    let next_number = call.alternates.first().copied();
    pen.record(Record { fate: AT_ONCE, next_number, ..record(&call, How::Busy) }).await;
    numbers(&items[0])
}

async fn a_lead_comes_with_all_its_numbers_in_the_order_of_their_turns(floor: Floor) {
    with_three_numbers(&floor).await;
    let mut pen = floor.writer();
    assert_eq!(goes_on(&mut pen, 1).await, ["15550000001", "15550000002", "15550000003"]);
    assert_eq!(goes_on(&mut pen, 2).await, ["15550000002", "15550000003", "15550000001"]);
    assert_eq!(goes_on(&mut pen, 3).await, ["15550000003", "15550000001", "15550000002"]);
    assert_eq!(goes_on(&mut pen, 4).await, ["15550000001", "15550000002", "15550000003"]);
}

async fn what_an_attempt_means_for_the_next_comes_back_with_the_item(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let past = Past {
        technical: 1,
        recycled: 0,
        bad: vec![(number("15550000001"), 1)],
        caller_id: Some("15550009999".to_owned()),
    };
    let next_number = Some(number("15550000002"));
    let written = Record { fate: AT_ONCE, next_number, past: past.clone(), ..record(&call, How::Busy) };
    pen.record(written.clone()).await;
    assert_eq!(super::logged(&floor, 1).await, written);
    let (items, _) = pen.fetch(SPRING, 1).await;
    assert_eq!((items[0].attempts, &items[0].past), (1, &past));
}

async fn technical_failures_do_not_use_up_the_cap(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let fetch = |request| Command::Fetch { request, campaign: SPRING, count: 1, cap: 2 };
    for (attempt, technical, is_left) in [(1, 1, true), (2, 1, true), (3, 1, false)] {
        let Outcome::Fetched { items, .. } = pen.ask(fetch).await else { panic!("nothing fetched") };
        let call = request(SPRING, &items[0], attempt);
        pen.save(call.clone()).await;
        let past = Past { technical, ..Past::default() };
        pen.record(Record { fate: AT_ONCE, past, ..record(&call, How::Unplaced) }).await;
        let left = floor.one("SELECT COUNT(*) FROM queue WHERE attempts - technical < 2").await == "1";
        assert_eq!(left, is_left, "after attempt {attempt}");
    }
    let Outcome::Fetched { items, .. } = pen.ask(fetch).await else { panic!("nothing fetched") };
    assert_eq!(items, []);
}

async fn a_number_that_the_lead_has_no_more_is_not_dialled(floor: Floor) {
    with_three_numbers(&floor).await;
    let mut pen = floor.writer();
    goes_on(&mut pen, 1).await;
    floor.sql("DELETE FROM lead_numbers WHERE ord = 2").await;
    assert_eq!(goes_on(&mut pen, 2).await, ["15550000001", "15550000003"]);
}

async fn who_was_not_reached_gets_another_round_and_who_was_reached_never(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003", "15550000004", "15550000005"]).await;
    let mut pen = floor.writer();
    for (attempt, how) in [(1, How::Talked(0, 5)), (2, How::Busy), (3, How::HungUp(3)), (4, How::Unplaced)] {
        let call = pen.open(SPRING, attempt).await;
        pen.record(record(&call, how)).await;
    }
    floor.sql("UPDATE queue SET last_result = 'bad_row' WHERE id = 4").await;
    assert_eq!(floor.store.recycle(SPRING, &[CallResult::Busy]).await.expect("recycled"), 1);
    assert_eq!(floor.rows("SELECT id FROM queue WHERE state = 'waiting' ORDER BY id").await, ["2", "5"]);
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 1, "busy has had none since");
    assert_eq!(floor.store.recycle(AUTUMN, &[]).await.expect("recycled"), 0);
    assert_eq!(floor.rows("SELECT id FROM queue WHERE state = 'waiting' ORDER BY id").await, ["2", "3", "5"]);
    let fetch = |request| Command::Fetch { request, campaign: SPRING, count: 9, cap: 1 };
    let Outcome::Fetched { items, .. } = pen.ask(fetch).await else { panic!("nothing") };
    let rounds: Vec<_> = items.iter().map(|item| (item.id.0, item.attempts, item.past.recycled)).collect();
    assert_eq!(rounds, [(5, 0, 0), (2, 1, 1), (3, 1, 1)], "each has its one attempt again");
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 0, "they are in the hopper");
    // Whom a call flow has reached may wait for another call, but not for another round of them.
    for reached in ["completed", "incomplete"] {
        floor
            .sql(&format!("UPDATE queue SET state = 'waiting', last_result = '{reached}' WHERE id = 1"))
            .await;
        assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 0, "{reached}");
    }
    // Nor whoever has asked on it not to be called any more.
    floor.sql("UPDATE queue SET state = 'exhausted', last_result = 'do_not_call' WHERE id = 1").await;
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 0);
}

/// The last attempt that the lead of three numbers had. It ended so, with these of them found bad and that one next.
async fn ended(pen: &mut Pen, attempt: u64, why: WhyExhausted, bad: &[&str], next: Option<&str>) {
    let call = pen.open(SPRING, attempt).await;
    let bad = bad.iter().map(|bad| (number(bad), 2)).collect();
    pen.record(Record {
        fate: Fate::Exhausted(why),
        next_number: next.map(number),
        past: Past { technical: 0, bad, ..call.past.clone() },
        ..record(&call, How::NoSuchNumber)
    })
    .await;
}

async fn a_number_that_was_found_bad_stays_so_for_another_round(floor: Floor) {
    with_three_numbers(&floor).await;
    let mut pen = floor.writer();
    for (attempt, results) in [(1, &[][..]), (2, &[CallResult::BadNumber])] {
        ended(&mut pen, attempt, WhyExhausted::Cap, &["15550000001"], Some("15550000002")).await;
        assert_eq!(floor.store.recycle(SPRING, results).await.expect("recycled"), 1, "{results:?}");
        let (items, _) = pen.fetch(SPRING, 1).await;
        assert_eq!(numbers(&items[0]), ["15550000002", "15550000003", "15550000001"], "{results:?}");
        assert_eq!(items[0].past.bad, [(number("15550000001"), 2)], "{results:?}");
        assert_eq!(items[0].past.charged(items[0].attempts), 0, "{results:?}");
        floor.sql("UPDATE queue SET state = 'waiting', claimed_by = NULL").await;
    }
}

async fn whoever_has_only_bad_numbers_gets_another_round_where_that_is_asked_for(floor: Floor) {
    with_three_numbers(&floor).await;
    let mut pen = floor.writer();
    let all = ["15550000001", "15550000002", "15550000003"];
    ended(&mut pen, 1, WhyExhausted::BadNumber, &all, None).await;
    for (results, recycled) in
        [(&[][..], 0), (&[CallResult::NoAnswer], 0), (&[CallResult::Busy, CallResult::BadNumber], 1)]
    {
        assert_eq!(floor.store.recycle(SPRING, results).await.expect("recycled"), recycled, "{results:?}");
    }
    let (items, _) = pen.fetch(SPRING, 1).await;
    assert_eq!((numbers(&items[0]), &items[0].past.bad), (all.map(String::from).to_vec(), &vec![]));
}

async fn of_very_many_each_gets_one_more_round(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor
        .sql(
            "WITH RECURSIVE more (id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM more WHERE id < 12000) \
             INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts, last_result) \
             SELECT id, 1, 1, 'n' || id, 'exhausted', 0, 3, 'busy' FROM more",
        )
        .await;
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 11_999);
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 0, "they have had none since");
}

async fn leads_of_a_list_that_was_detached_get_no_other_round(floor: Floor) {
    let all = ["15550000001", "15550000002", "15550000003", "15550000004"];
    floor.leads(SPRING, &all).await;
    let members = floor.store.list("members").await.expect("a list");
    let others = floor.store.list("others").await.expect("a list");
    // The second is in both lists, and has its place by the one that is detached; the last is of no list.
    floor
        .sql(&format!(
            "UPDATE leads SET list_id = {0} WHERE id <= 2; \
             UPDATE leads SET list_id = {1} WHERE id = 3; \
             INSERT INTO leads (id, number, attributes, list_id) VALUES (5, '15550000002', '[]', {1})",
            members.0, others.0
        ))
        .await;
    for list in [members, others] {
        floor.store.attach(list, SPRING).await.expect("attached");
    }
    let mut pen = floor.writer();
    for attempt in 1..=4 {
        let call = pen.open(SPRING, attempt).await;
        pen.record(record(&call, How::Busy)).await;
    }
    floor.store.detach(members, SPRING).await.expect("detached");
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 3);
    let stands = "SELECT number, state, recycled FROM queue ORDER BY id";
    let again = |number: &str| format!("{number} waiting 1");
    assert_eq!(
        floor.rows(stands).await,
        [format!("{} exhausted 0", all[0]), again(all[1]), again(all[2]), again(all[3])]
    );
    floor.store.attach(members, SPRING).await.expect("attached");
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 1, "it dials them once more");
}

async fn the_caller_ids_of_the_last_day_are_told_to_a_new_process(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    let now = crate::clock::Clock::start().now();
    for (attempt, hours) in [(1, 25), (2, 23)] {
        let (items, _) = pen.fetch(SPRING, 1).await;
        let created = now - engine::words::Span::secs(hours * 3_600);
        pen.save(engine::call::CallRequest { created, ..request(SPRING, &items[0], attempt) }).await;
    }
    // The second callee was put through to somebody.
    let put_through = format!(
        "INSERT INTO transfers (attempt_id, ordinal, carrier_id, created_at, request) \
         SELECT 2, 1, 1, {0}, '{{\"caller_id\":\"Desk 7 <+15550002222>\",\"created\":{0}}}'",
        now.0
    );
    floor.sql(&put_through).await;
    for (ordinal, carrier, request) in [(2, "carrier_id", "'{'"), (3, "NULL", "request")] {
        // One that cannot be read, and one to a telephone of the house.
        let another = format!(
            "INSERT INTO transfers (attempt_id, ordinal, carrier_id, created_at, request) \
             SELECT 2, {ordinal}, {carrier}, created_at, {request} FROM transfers WHERE ordinal = 1"
        );
        floor.sql(&another).await;
    }
    let pool = |caller_ids: &[&str], per_hour, per_day| CallerIdPool {
        id: PoolId(1),
        name: "east".to_owned(),
        caller_ids: caller_ids.iter().map(|&id| id.to_owned()).collect(),
        pick: Pick::InTurn,
        per_hour,
        per_day,
        keep: false,
    };
    let [first, second] = ["15550001111", "15550002222"];
    let then = now - engine::words::Span::secs(23 * 3_600);
    let (first_then, second_now) = ((first.to_owned(), then), ("Desk 7 <+15550002222>".to_owned(), now));
    let both = vec![pool(&[first, "Sale <15550003333>"], None, Some(2)), pool(&[second], Some(1), None)];
    for (pools, shown) in [
        (both, vec![first_then, second_now.clone()]),
        (vec![pool(&[first], None, None), pool(&[second], Some(1), None)], vec![second_now]),
        (vec![pool(&[first, second], None, None)], vec![]),
        (vec![], vec![]),
    ] {
        assert_eq!(floor.store.shown(&pools).await.expect("read"), shown, "{pools:?}");
        assert_eq!(floor.again("rm2").await.shown(&pools).await.expect("read"), [], "another node's");
    }
}

async fn a_caller_id_that_nobody_saw_is_not_used_up_over_a_restart(floor: Floor) {
    floor.numbered_leads(SPRING, 5).await;
    let mut pen = floor.writer();
    let now = crate::clock::Clock::start().now();
    for (attempt, how) in
        [(1, Some(How::NoRoom)), (2, Some(How::Unplaced)), (3, Some(How::Busy)), (4, None), (5, None)]
    {
        let (items, _) = pen.fetch(SPRING, 1).await;
        let created = now + engine::words::Span::secs(attempt);
        let call = engine::call::CallRequest { created, ..request(SPRING, &items[0], attempt) };
        assert_eq!(pen.save(call.clone()).await, Outcome::Done);
        match how {
            Some(how) => assert_eq!(pen.record(record(&call, how)).await, Outcome::Done),
            // The fifth goes on with the next carrier.
            None if attempt == 5 => {
                let created = created + engine::words::Span::secs(1);
                let call = engine::call::CallRequest { ordinal: 2, carrier: CarrierId(2), created, ..call };
                assert_eq!(pen.save(call).await, Outcome::Done);
            }
            None => {}
        }
    }
    let caller_id = "15550001111".to_owned();
    let pool = CallerIdPool {
        id: PoolId(1),
        name: "east".to_owned(),
        caller_ids: vec![caller_id.clone()],
        pick: Pick::InTurn,
        per_hour: Some(4),
        per_day: None,
        keep: false,
    };
    let seen = [3, 4, 6].map(|second| (caller_id.clone(), now + engine::words::Span::secs(second)));
    assert_eq!(floor.store.shown(&[pool]).await.expect("read"), seen);
}
