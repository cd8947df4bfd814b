//! Calls that are agreed on: durable, ahead of other leads, and made once.

use super::*;
use crate::store::{AgreeError, Agreement, CallOffError, ListRules};
use engine::call::{CallRequest, Disposed};
use engine::lead::{Barred, Callback};
use engine::words::Span;

on_each_database! {
    a_callback_comes_before_leads_that_were_due_earlier_and_not_before_its_time,
    whoever_was_reached_or_given_up_is_called_again_if_that_was_agreed_on,
    what_is_agreed_on_during_a_call_is_due_after_it,
    a_callback_that_was_not_reached_waits_for_the_retry_with_its_agent_and_its_note,
    what_is_agreed_on_during_a_callback_that_is_not_reached_goes_before_it,
    a_callback_that_no_carrier_took_to_the_end_is_recycled_and_one_that_waits_is_left_alone,
    an_item_that_the_engine_holds_is_taken_back_when_a_call_is_agreed_on,
    a_call_that_an_agent_of_another_node_agreed_on_is_left_to_that_node_until_they_had_their_time,
    nothing_is_agreed_on_for_an_item_that_is_not_there_or_an_agent_who_works_elsewhere,
    nothing_is_agreed_on_for_a_number_that_its_campaign_may_not_call,
    a_lead_stands_as_its_other_calls_have_left_it_once_a_callback_is_called_off,
    whoever_is_to_be_called_again_by_an_agents_word_is_completed_once_that_is_called_off,
    a_callback_that_is_called_off_is_not_made_by_whoever_holds_it_ready,
    a_callback_that_is_being_made_is_not_called_off_and_one_that_is_agreed_on_during_a_call_is,
    nothing_is_called_off_where_nothing_is_agreed_on,
}

fn with(agent: Option<AgentId>, at: Micros) -> Agreement {
    Agreement { at, agent, note: Some("ask for Eve".to_owned()) }
}

/// At once.
const PAST: Micros = Micros(1);

async fn a_callback_comes_before_leads_that_were_due_earlier_and_not_before_its_time(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    let later = Micros(4_000_000_000_000_000);
    floor.store.agree(QueueId(2), &with(None, later)).await.expect("agreed");
    let (_, at) = floor.store.agree(QueueId(3), &with(Some(ANN), PAST)).await.expect("agreed");
    let mut pen = floor.writer();
    let fetch = |request| Command::Fetch { request, campaign: SPRING, count: 9, cap: 5 };
    let Outcome::Fetched { items, next_due, next_callback } = pen.ask(fetch).await else { panic!("nothing") };
    let order: Vec<u64> = items.iter().map(|item| item.id.0).collect();
    assert_eq!(order, [3, 1]);
    assert_eq!(items[0].callback, Some(Callback { at, agent: Some(ANN) }));
    assert_eq!(items[0].note.as_deref(), Some("ask for Eve"));
    assert_eq!((next_due, next_callback), (Some(later), Some(later)));
    let agreed = floor.store.agreed().await.expect("read");
    let shown: Vec<_> = agreed.iter().map(|one| (one.item.0, one.agent.as_deref())).collect();
    assert_eq!(shown, [(3, Some("ann")), (2, None)]);
}

async fn whoever_was_reached_or_given_up_is_called_again_if_that_was_agreed_on(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    for (attempt, how) in [(1, How::Talked(0, 5)), (2, How::Busy)] {
        let call = pen.open(SPRING, attempt).await;
        pen.record(record(&call, how)).await;
        assert!(pen.fetch(SPRING, 9).await.0.iter().all(|item| item.id != call.queue));
        floor.sql("UPDATE queue SET state = 'waiting' WHERE state = 'claimed'").await;
    }
    for id in [1, 2] {
        floor.store.agree(QueueId(id), &with(None, PAST)).await.expect("agreed");
    }
    // Neither has an attempt left, and that does not count here.
    let fetch = |request| Command::Fetch { request, campaign: SPRING, count: 9, cap: 1 };
    let Outcome::Fetched { items, .. } = pen.ask(fetch).await else { panic!("nothing") };
    assert_eq!(items.len(), 2);
}

async fn what_is_agreed_on_during_a_call_is_due_after_it(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let tomorrow = Micros(4_000_000_000_000_000);
    floor.store.agree(QueueId(1), &with(Some(ANN), tomorrow)).await.expect("agreed");
    assert!(queue(&floor, 1).await.starts_with("open"), "the call goes on");
    assert_eq!(pen.fetch(SPRING, 1).await, (vec![], Some(tomorrow)), "whoever asks meanwhile is told of it");
    pen.record(record(&call, How::Talked(0, 60_000))).await;
    assert!(queue(&floor, 1).await.starts_with("waiting 1 connected"));
    assert_eq!(pen.fetch(SPRING, 1).await, (vec![], Some(tomorrow)));
}

/// What stands of the first item: its state, when it is due, and what was agreed on.
async fn promise(floor: &Floor) -> String {
    let sql = "SELECT state, due_at, callback_at, callback_agent, callback_note, last_result FROM queue WHERE id = 1";
    floor.rows(sql).await.remove(0)
}

async fn a_callback_that_was_not_reached_waits_for_the_retry_with_its_agent_and_its_note(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let (_, agreed) = floor.store.agree(QueueId(1), &with(Some(ANN), PAST)).await.expect("agreed");
    let mut call = pen.open(SPRING, 1).await;
    call.created = Micros(agreed.0 + 1);
    let later = Micros(4_000_000_000_000_000);
    let retry = |call, how, promised| Record { fate: Fate::Retry(later), promised, ..record(call, how) };
    pen.record(retry(&call, How::Busy, true)).await;
    assert_eq!(promise(&floor).await, format!("waiting {0} {0} 1 ask for Eve busy", later.0));
    let fetch = |request| Command::Fetch { request, campaign: SPRING, count: 9, cap: 1 };
    let told = Outcome::Fetched { items: vec![], next_due: Some(later), next_callback: Some(later) };
    assert_eq!(pen.ask(fetch).await, told, "the cap does not count against it");
    let shown = floor.store.agreed().await.expect("read");
    assert_eq!(
        shown.iter().map(|one| (one.at, one.agent.as_deref())).collect::<Vec<_>>(),
        [(later, Some("ann"))]
    );

    floor.sql("UPDATE queue SET due_at = 1, callback_at = 1").await;
    let call = pen.open(SPRING, 2).await;
    assert_eq!(call.callback, Some(Callback { at: Micros(1), agent: Some(ANN) }));
    pen.record(retry(&call, How::Talked(0, 5), false)).await;
    assert!(
        promise(&floor).await.starts_with(&format!("waiting {} - ", later.0)),
        "whoever was reached has had it"
    );
}

async fn what_is_agreed_on_during_a_callback_that_is_not_reached_goes_before_it(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    floor.store.agree(QueueId(1), &with(Some(ANN), PAST)).await.expect("agreed");
    let call = pen.open(SPRING, 1).await;
    let tomorrow = Micros(4_000_000_000_000_000);
    floor.store.agree(QueueId(1), &with(None, tomorrow)).await.expect("agreed");
    let fate = Fate::Retry(Micros(tomorrow.0 - 1));
    pen.record(Record { fate, promised: true, ..record(&call, How::Busy) }).await;
    assert_eq!(promise(&floor).await, format!("waiting {0} {0} - ask for Eve busy", tomorrow.0));
}

async fn a_callback_that_no_carrier_took_to_the_end_is_recycled_and_one_that_waits_is_left_alone(
    floor: Floor,
) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let (_, agreed) = floor.store.agree(QueueId(1), &with(Some(ANN), PAST)).await.expect("agreed");
    for (attempt, fate, recycled) in
        [(1, Fate::Retry(Micros(1)), 0), (2, Fate::Exhausted(engine::lead::WhyExhausted::Technical), 1)]
    {
        let mut call = pen.open(SPRING, attempt).await;
        call.created = Micros(agreed.0 + attempt);
        let past =
            engine::lead::Past { technical: u32::try_from(attempt).expect("two"), ..Default::default() };
        pen.record(Record { fate, past, promised: true, ..record(&call, How::Unplaced) }).await;
        assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), recycled, "after {fate:?}");
    }
    let (items, _) = pen.fetch(SPRING, 9).await;
    let retried = Some(Callback { at: Micros(1), agent: Some(ANN) });
    assert_eq!(items[0].callback, retried, "it is still to be made");
}

async fn an_item_that_the_engine_holds_is_taken_back_when_a_call_is_agreed_on(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 1).await;
    floor.store.agree(QueueId(1), &with(None, Micros(4_000_000_000_000_000))).await.expect("agreed");
    let saved = pen.save(request(SPRING, &items[0], 1)).await;
    assert_eq!(saved, Outcome::Refused(SaveRefusal::NotClaimed));
}

async fn a_call_that_an_agent_of_another_node_agreed_on_is_left_to_that_node_until_they_had_their_time(
    floor: Floor,
) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    let names =
        Names { campaigns: &["spring"], carriers: &[], agents: &[("cid", "spring"), ("dan", "spring")] };
    let ids = floor.store.register(names).await.expect("registered").agents;
    let patience = Span::secs(1_800);
    let [one, other] = ["rm1", "rm2"].map(async |name| floor.again(name).await.patient([(SPRING, patience)]));
    let (one, other) = (one.await, other.await);
    one.employ(&[ANN]).await.expect("written");
    other.employ(&ids).await.expect("written");
    let promised = async |item: u64, agent: AgentId| {
        floor.store.agree(QueueId(item), &with(Some(agent), PAST)).await.expect("agreed").1
    };
    let (_, _, at) = (promised(1, ids[0]).await, promised(2, ANN).await, promised(3, ids[1]).await);
    floor.sql(&format!("UPDATE queue SET callback_at = {at}, due_at = {at}", at = at.0)).await;
    let fetched = async |store: &Store| {
        let fetch = |request| Command::Fetch { request, campaign: SPRING, count: 9, cap: 5 };
        let Outcome::Fetched { items, next_callback, .. } = Pen::new(store).ask(fetch).await else {
            panic!("nothing")
        };
        (items.iter().map(|item| item.id.0).collect::<Vec<_>>(), next_callback)
    };
    assert_eq!(fetched(&one).await, (vec![2], Some(at + patience)));

    // Dan leaves the house.
    other.employ(&ids[..1]).await.expect("written");
    assert_eq!(fetched(&one).await, (vec![3], Some(at + patience)));

    floor.sql("UPDATE queue SET claimed_by = NULL, state = 'waiting'").await;
    assert_eq!(fetched(&other).await, (vec![1, 3], Some(at + patience)), "its own, and who is nobody's");

    floor.sql("UPDATE queue SET claimed_by = NULL, state = 'waiting'").await;
    floor.sql(&format!("UPDATE queue SET callback_at = callback_at - {}", patience.0)).await;
    assert_eq!(fetched(&one).await, (vec![1, 2, 3], None), "they had their time");
}

async fn nothing_is_agreed_on_for_an_item_that_is_not_there_or_an_agent_who_works_elsewhere(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let refused = floor.store.agree(QueueId(9), &with(None, PAST)).await;
    assert!(matches!(refused, Err(AgreeError::NoSuchItem(QueueId(9)))), "{refused:?}");
    let refused = floor.store.agree(QueueId(1), &with(Some(BOB), PAST)).await;
    assert!(matches!(refused, Err(AgreeError::WorksElsewhere(QueueId(1)))), "{refused:?}");
    assert_eq!(floor.store.agreed().await.expect("read"), []);
}

async fn nothing_is_agreed_on_for_a_number_that_its_campaign_may_not_call(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "19000000003", "15550000004"]).await;
    floor.sql("UPDATE queue SET next_number = '15550000001' WHERE id = 4").await;
    let list = |name, allows| ListRules { name, max_age: None, campaigns: vec![(SPRING, allows)] };
    floor.store.keep_lists(&BOTH, &[list("house", false), list("fees", false)]).await.expect("kept");
    floor.store.bar("house", &Barred::Number(number("15550000001"))).await.expect("barred");
    floor.store.bar("fees", &Barred::Area("1900".to_owned())).await.expect("barred");
    let refused = async |item| match floor.store.agree(QueueId(item), &with(None, PAST)).await {
        Ok(_) => String::from("agreed"),
        Err(refused) => refused.to_string(),
    };
    let barred = |number: &str, list: &str| {
        format!(
            "{number} is barred by the list {list:?}, so the call would not be made: where they may be called again, take it off \
             with `dnc remove` first"
        )
    };
    assert_eq!(refused(1).await, barred("15550000001", "house"));
    assert_eq!(refused(2).await, "agreed");
    assert_eq!(refused(3).await, barred("19000000003", "fees"));
    assert_eq!(refused(4).await, barred("15550000001", "house"), "that number is to be dialled next");

    floor.store.keep_lists(&BOTH, &[list("house", false), list("members", true)]).await.expect("kept");
    assert_eq!(
        refused(2).await,
        "15550000002 is not on the list \"members\" of those who alone may be called, so the call would not be made: put it there \
         with `dnc add` first"
    );
    floor.store.bar("members", &Barred::Area("1555".to_owned())).await.expect("put there");
    assert_eq!(refused(2).await, "agreed");
    let agreed = floor.store.agreed().await.expect("read");
    assert_eq!(agreed.iter().map(|one| one.item.0).collect::<Vec<_>>(), [2]);
}

/// What stands of the first item once what was agreed on for it is called off: its state and when it is due, and that nothing is
/// agreed on.
async fn called_off(floor: &Floor) -> String {
    assert_eq!(floor.store.call_off(QueueId(1)).await.expect("called off"), SPRING);
    assert_eq!(floor.store.agreed().await.expect("read"), []);
    let sql = "SELECT state, due_at, callback_at, callback_agent, callback_note FROM queue WHERE id = 1";
    floor.rows(sql).await.remove(0)
}

async fn a_lead_stands_as_its_other_calls_have_left_it_once_a_callback_is_called_off(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let (tomorrow, later) = (Micros(4_000_000_000_000_000), Micros(4_000_000_000_000_007));
    let agree = async || floor.store.agree(QueueId(1), &with(Some(ANN), tomorrow)).await.expect("agreed");
    let waits = |at: Micros| format!("waiting {} - - -", at.0);
    let mut attempt = 0;
    let mut calls = async |fate, how, promised| {
        attempt += 1;
        floor.sql("UPDATE queue SET state = 'waiting', due_at = 1 WHERE id = 1").await;
        let mut call = pen.open(SPRING, attempt).await;
        call.created = at(attempt);
        floor.sql("UPDATE queue SET callback_at = 1 WHERE callback_at IS NOT NULL").await;
        pen.record(Record { fate, promised, ..record(&call, how) }).await;
    };

    calls(Fate::Retry(later), How::Busy, false).await;
    agree().await;
    assert_eq!(called_off(&floor).await, waits(later), "as the rules say of a busy line");

    agree().await;
    calls(Fate::Retry(later), How::Busy, true).await;
    assert_eq!(called_off(&floor).await, waits(later), "which was left to be tried again before");

    calls(Fate::Completed, How::Talked(0, 5), false).await;
    agree().await;
    assert!(called_off(&floor).await.starts_with("completed "));

    agree().await;
    calls(Fate::Retry(later), How::Busy, true).await;
    assert!(called_off(&floor).await.starts_with("completed "), "it was that before the busy line");

    calls(Fate::Exhausted(engine::lead::WhyExhausted::Cap), How::Busy, false).await;
    agree().await;
    assert!(called_off(&floor).await.starts_with("exhausted "));

    floor.sql("UPDATE queue SET recycled = attempts").await;
    agree().await;
    assert!(called_off(&floor).await.starts_with("waiting "), "it was given another round");

    floor.sql("UPDATE queue SET last_result = 'do_not_call'").await;
    agree().await;
    assert!(called_off(&floor).await.starts_with("exhausted "), "a list had ended it");
}

async fn whoever_is_to_be_called_again_by_an_agents_word_is_completed_once_that_is_called_off(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let tomorrow = Micros(4_000_000_000_000_000);
    let call = pen.open(SPRING, 1).await;
    let fate = Fate::Awaits { until: at(100_000) };
    pen.record(Record { fate, ..record(&call, How::Talked(0, 5)) }).await;
    let callback = Some(Callback { at: tomorrow, agent: Some(ANN) });
    let later = Arc::new(Disposed { callback, ..said("later", Fate::Retry(tomorrow)) });
    pen.ask(|request| Command::Dispose { request, disposed: later }).await;
    assert!(promise(&floor).await.starts_with(&format!("waiting {0} {0} 1 ", tomorrow.0)));
    assert!(called_off(&floor).await.starts_with("completed "));
}

async fn a_callback_that_is_called_off_is_not_made_by_whoever_holds_it_ready(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    floor.store.agree(QueueId(1), &with(Some(ANN), PAST)).await.expect("agreed");
    let (held, _) = pen.fetch(SPRING, 1).await;
    assert!(called_off(&floor).await.starts_with("waiting "), "it was never dialled");
    assert_eq!(pen.save(request(SPRING, &held[0], 1)).await, Outcome::Refused(SaveRefusal::NotClaimed));
    let (anew, _) = pen.fetch(SPRING, 1).await;
    assert_eq!((anew[0].callback, &anew[0].note), (None, &None), "it is due like any other");
}

async fn a_callback_that_is_being_made_is_not_called_off_and_one_that_is_agreed_on_during_a_call_is(
    floor: Floor,
) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let (_, agreed) = floor.store.agree(QueueId(1), &with(Some(ANN), PAST)).await.expect("agreed");
    let (held, _) = pen.fetch(SPRING, 1).await;
    let call = CallRequest { created: Micros(agreed.0 + 1), ..request(SPRING, &held[0], 7) };
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    let before = promise(&floor).await;
    let refused = floor.store.call_off(QueueId(1)).await.expect_err("it is on its way");
    assert_eq!(
        refused.to_string(),
        "the call that was agreed on for queue item 1 is being made, as attempt 7: hang up on that, or ask again once it is over"
    );
    assert_eq!(promise(&floor).await, before);

    let tomorrow = Micros(4_000_000_000_000_000);
    floor.store.agree(QueueId(1), &with(None, tomorrow)).await.expect("agreed");
    assert!(called_off(&floor).await.starts_with("open "), "the call goes on");
    let fate = Fate::Retry(tomorrow);
    pen.record(Record { fate, promised: true, ..record(&call, How::Busy) }).await;
    assert_eq!(promise(&floor).await, format!("waiting {} - - - busy", tomorrow.0), "as any other lead");
}

async fn nothing_is_called_off_where_nothing_is_agreed_on(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    for item in [1, 9] {
        let refused = floor.store.call_off(QueueId(item)).await;
        assert!(matches!(refused, Err(CallOffError::NotAgreed(QueueId(id))) if id == item), "{refused:?}");
    }
}
