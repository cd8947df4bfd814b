//! What agents say of their calls: owed from the record on, written once, and deciding what becomes of the lead.

use super::*;
use crate::config::Config;
use crate::store::{Agreement, HOUSE, Kind, ListRules, Store, Subscription};
use engine::call::{CallSoFar, Debt, Disposed, Said};
use engine::lead::{Barred, Callback, Past};
use engine::words::LeadId;

on_each_database! {
    who_waits_for_a_disposition_is_dialled_by_nobody_and_is_still_owed_for_in_the_next_process,
    what_is_said_of_a_call_that_goes_on_is_known_to_the_next_process_until_its_disposition_is_written,
    a_disposition_decides_once_what_becomes_of_the_lead,
    who_was_not_reached_by_what_the_agent_said_gets_another_round_and_nobody_else_does,
    a_number_that_an_agent_called_wrong_stays_so_for_another_round_and_another_one_is_dialled,
    a_call_that_was_agreed_on_is_made_whatever_the_disposition,
    a_callback_in_which_nobody_was_talked_to_waits_for_the_retry_with_its_agent_and_its_note,
    whoever_is_not_to_be_called_any_more_goes_on_the_list_and_waits_nowhere,
    a_disposition_is_told_after_the_record_and_once,
    what_an_agent_agrees_on_with_a_number_that_was_barred_is_written_down_and_its_call_is_not_made,
    what_is_owed_in_a_campaign_that_has_no_set_any_more_is_settled_and_its_lead_completed,
    what_is_owed_and_cannot_be_read_is_set_aside_and_owed_no_more,
}

/// The first lead was talked to, and Ann still has to say what came of it.
async fn owing(floor: &Floor) -> Pen {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    floor.sql("UPDATE queue SET due_at = id").await;
    owing_of(floor, 1).await
}

/// So was the next one that waits.
async fn owing_of(floor: &Floor, attempt: u64) -> Pen {
    let mut pen = Pen::new(&telling(floor));
    let call = pen.open(SPRING, attempt).await;
    pen.record(Record {
        fate: Fate::Awaits { until: at(600_000) },
        ..record(&call, How::Talked(400, 60_000))
    })
    .await;
    pen
}

fn telling(floor: &Floor) -> Store {
    let kinds = vec![Kind::CallEnded, Kind::CallDispositioned];
    floor.store.clone().telling(vec![Subscription { sink: "crm".to_owned(), kinds }])
}

async fn dispose(pen: &mut Pen, disposed: Disposed) -> Outcome {
    pen.ask(|request| Command::Dispose { request, disposed: Arc::new(disposed) }).await
}

async fn item(floor: &Floor) -> String {
    floor.rows("SELECT state, due_at, callback_at FROM queue WHERE id = 1").await.remove(0)
}

async fn who_waits_for_a_disposition_is_dialled_by_nobody_and_is_still_owed_for_in_the_next_process(
    floor: Floor,
) {
    let mut pen = owing(&floor).await;
    let (items, _) = pen.fetch(SPRING, 9).await;
    assert_eq!(items.iter().map(|item| item.id.0).collect::<Vec<_>>(), [2]);
    let next = floor.again("rm1").await.reopen().await.expect("reopened");
    let debt = Debt {
        attempt: AttemptId(1),
        campaign: SPRING,
        agent: ANN,
        queue: QueueId(1),
        lead: LeadId(1),
        number: number("15550000001"),
        alternates: vec![],
        nth: 1,
        past: Past::default(),
        agreed: false,
        talked: engine::words::Span::secs(60),
        ended: next.debts[0].ended,
        until: at(600_000),
        said: None,
    };
    assert_eq!((next.debts, next.bad), (vec![debt], vec![]));
    assert_eq!(dispose(&mut pen, said("sold", Fate::Completed)).await, Outcome::Done);
    let next = floor.again("rm1").await.reopen().await.expect("reopened");
    assert_eq!(next.debts, []);
}

async fn what_is_said_of_a_call_that_goes_on_is_known_to_the_next_process_until_its_disposition_is_written(
    floor: Floor,
) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = Pen::new(&telling(&floor));
    let call = pen.open(SPRING, 1).await;
    let callback = Some(Callback { at: at(900_000), agent: Some(ANN) });
    let note = Some(String::from("ask for Eve"));
    let said =
        Some(Box::new(Said { code: String::from("later"), by_agent: true, at: at(9), callback, note }));
    let attempt = AttemptId(1);
    let so_far = Box::new(CallSoFar { agent: Some(ANN), said: said.clone(), ..CallSoFar::default() });
    pen.ask(|request| Command::Note { request, attempt, so_far }).await;
    let next = floor.again("rm1").await.reopen().await.expect("reopened");
    assert_eq!(
        next.attempts.into_iter().map(|open| open.so_far.said).collect::<Vec<_>>(),
        vec![said.clone()]
    );
    let fate = Fate::Awaits { until: at(600_000) };
    pen.record(Record { fate, ..record(&call, How::Talked(400, 60_000)) }).await;
    let next = floor.again("rm1").await.reopen().await.expect("reopened");
    assert_eq!(next.debts.into_iter().map(|debt| debt.said).collect::<Vec<_>>(), vec![said]);
}

async fn a_disposition_decides_once_what_becomes_of_the_lead(floor: Floor) {
    let mut pen = owing(&floor).await;
    assert_eq!(dispose(&mut pen, said("machine", Fate::Retry(at(7)))).await, Outcome::Done);
    let waits = format!("waiting {} -", at(7).0);
    assert_eq!(item(&floor).await, waits);
    assert_eq!(dispose(&mut pen, said("sold", Fate::Completed)).await, Outcome::Done);
    assert_eq!(item(&floor).await, waits);
    let row = floor.rows("SELECT code, said, given_at, fate, retry_at, why FROM dispositions").await;
    assert_eq!(row, [format!("machine 1 {} retry {} -", at(90_000).0, at(7).0)]);
    let record = floor.rows("SELECT fate, why FROM call_log").await;
    assert_eq!(record, ["retry disposition"], "a record never changes");
}

async fn who_was_not_reached_by_what_the_agent_said_gets_another_round_and_nobody_else_does(floor: Floor) {
    use engine::call::CallResult::{Busy, NoAnswer};
    use engine::lead::WhyExhausted::{BadNumber, Cap, DoNotCall, Rule};
    for (nth, (fate, results, recycled)) in (1..).zip([
        (Fate::Exhausted(Rule), &[][..], 1),
        (Fate::Exhausted(Cap), &[NoAnswer], 1),
        (Fate::Exhausted(Cap), &[Busy], 0),
        (Fate::Exhausted(DoNotCall), &[], 0),
        (Fate::Exhausted(BadNumber), &[], 0),
        (Fate::Completed, &[], 0),
    ]) {
        floor.leads(SPRING, &[&format!("1555000000{nth}")]).await;
        let mut pen = owing_of(&floor, nth).await;
        let disposed = Disposed { attempt: AttemptId(nth), queue: QueueId(nth), ..said("machine", fate) };
        assert_eq!(dispose(&mut pen, disposed).await, Outcome::Done);
        assert_eq!(floor.store.recycle(SPRING, results).await.expect("recycled"), recycled, "{fate:?}");
        floor.sql("UPDATE queue SET state = 'completed'").await;
    }
}

async fn a_number_that_an_agent_called_wrong_stays_so_for_another_round_and_another_one_is_dialled(
    floor: Floor,
) {
    let mut pen = owing(&floor).await;
    floor.sql("INSERT INTO lead_numbers (lead_id, ord, number) VALUES (1, 2, '15550000009')").await;
    let (wrong, other) = (number("15550000001"), number("15550000009"));
    let past = Past { bad: vec![(wrong, 2)], ..Past::default() };
    let cap = Fate::Exhausted(engine::lead::WhyExhausted::Cap);
    dispose(&mut pen, Disposed { next_number: Some(other), past, ..said("wrong", cap) }).await;
    assert_eq!(floor.store.recycle(SPRING, &[]).await.expect("recycled"), 1);
    let (items, _) = pen.fetch(SPRING, 9).await;
    let item = items.iter().find(|item| item.id == QueueId(1)).expect("it waits");
    assert_eq!((item.number, &item.alternates), (other, &vec![wrong]));
    assert_eq!(item.past.bad, [(wrong, 2)]);
}

async fn a_call_that_was_agreed_on_is_made_whatever_the_disposition(floor: Floor) {
    let later = Micros(4_000_000_000_000_000);
    let mut pen = owing(&floor).await;
    let agreement = Agreement { at: later, agent: None, note: None };
    floor.store.agree(QueueId(1), &agreement).await.expect("agreed");
    dispose(&mut pen, said("sold", Fate::Completed)).await;
    assert_eq!(item(&floor).await, format!("waiting {0} {0}", later.0));
    let mut sooner = said("later", Fate::Retry(at(5)));
    (sooner.attempt, sooner.queue) = (AttemptId(2), QueueId(2));
    (sooner.callback, sooner.note) = (Some(Callback { at: at(5), agent: Some(ANN) }), Some("Eve".to_owned()));
    let call = pen.open(SPRING, 2).await;
    pen.record(Record { fate: Fate::Awaits { until: at(9) }, ..record(&call, How::Talked(0, 5)) }).await;
    dispose(&mut pen, sooner).await;
    let agreed = floor.store.agreed().await.expect("read");
    let shown: Vec<_> = agreed.into_iter().map(|one| (one.item.0, one.at, one.agent, one.note)).collect();
    assert_eq!(shown, [(2, at(5), Some("ann".to_owned()), Some("Eve".to_owned())), (1, later, None, None)]);
}

async fn a_callback_in_which_nobody_was_talked_to_waits_for_the_retry_with_its_agent_and_its_note(
    floor: Floor,
) {
    floor.leads(SPRING, &["15550000001"]).await;
    let agreement = Agreement { at: Micros(1), agent: Some(ANN), note: Some("ask for Eve".to_owned()) };
    let (_, agreed) = floor.store.agree(QueueId(1), &agreement).await.expect("agreed");
    let mut pen = Pen::new(&telling(&floor));
    let mut call = pen.open(SPRING, 1).await;
    call.created = Micros(agreed.0 + 1);
    let fate = Fate::Awaits { until: at(600_000) };
    pen.record(Record { fate, ..record(&call, How::Talked(400, 60_000)) }).await;
    let owed = floor.again("rm1").await.reopen().await.expect("reopened").debts;
    assert!(owed[0].agreed, "whoever starts next knows it");
    dispose(&mut pen, Disposed { promised: true, ..said("machine", Fate::Retry(at(9))) }).await;
    let stands =
        floor.rows("SELECT state, due_at, callback_at, callback_agent, callback_note FROM queue").await;
    assert_eq!(stands, [format!("waiting {0} {0} 1 ask for Eve", at(9).0)]);
}

async fn whoever_is_not_to_be_called_any_more_goes_on_the_list_and_waits_nowhere(floor: Floor) {
    let campaigns = vec![(SPRING, false), (AUTUMN, false)];
    let list = ListRules { name: HOUSE, max_age: None, campaigns };
    floor.store.keep_lists(&BOTH, &[list]).await.expect("kept");
    let mut pen = owing(&floor).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let never = Fate::Exhausted(engine::lead::WhyExhausted::DoNotCall);
    dispose(&mut pen, Disposed { bars: true, ..said("never", never) }).await;
    assert_eq!(floor.store.lists_with(number("15550000001")).await.expect("read"), ["house"]);
    let states =
        floor.rows("SELECT campaign_id, state FROM queue WHERE number = '15550000001' ORDER BY id").await;
    assert_eq!(states, ["1 exhausted", "2 exhausted"]);
}

async fn a_disposition_is_told_after_the_record_and_once(floor: Floor) {
    let mut pen = owing(&floor).await;
    let never = Disposed { note: None, ..said("sold", Fate::Completed) };
    dispose(&mut pen, never.clone()).await;
    dispose(&mut pen, never).await;
    assert_eq!(
        floor.rows("SELECT seq, kind FROM outbox ORDER BY seq").await,
        ["1 call.ended", "2 call.dispositioned"]
    );
    let told: serde_json::Value =
        serde_json::from_str(&floor.one("SELECT payload FROM outbox WHERE seq = 2").await).expect("JSON");
    assert_eq!(
        told,
        serde_json::json!({
            "attempt": 1, "campaign": "spring", "queue_item": 1, "lead": 1, "external_id": null,
            "number": "15550000001", "agent": "ann", "disposition": "sold", "by": "agent",
            "at": "2023-11-14T22:14:50.000000Z", "fate": "completed", "retry_at": null, "why": null,
            "do_not_call": false, "callback_at": null, "note": null,
        })
    );
}

async fn what_is_owed_in_a_campaign_that_has_no_set_any_more_is_settled_and_its_lead_completed(floor: Floor) {
    owing(&floor).await;
    let store = telling(&floor);
    let start = async |campaign: &str| {
        let mut reopened = store.reopen().await.expect("reopened");
        let text = format!(
            "ari.password = 'x'\n[[carrier]]\nname = 'north'\ntrunk = 'a'\n\
             [[campaign]]\nname = 'spring'\ncarriers = ['north']\n{campaign}"
        );
        std::fs::write(floor.path("ringmaster.toml"), text).expect("written");
        let config = Config::load(&floor.path("ringmaster.toml"), []).expect("right");
        let ids = config.register(&store).await.expect("registered");
        let rules =
            config.engine(&ids, reopened.signature.clone(), reopened.next_attempt, reopened.next_session);
        store.settle_without_a_set(&mut reopened, &rules).await.expect("settled");
        reopened.debts.len()
    };
    let set = "dispositions = 'sales'\n[[dispositions]]\nname = 'sales'\ndefault = 'sold'\n\
               list = [{ code = 'sold', flags = ['human', 'completed'] }]\n";
    assert_eq!(start(set).await, 1, "there is a default, which the engine writes in time");
    assert_eq!(start("").await, 0);
    assert_eq!(floor.rows("SELECT code, said, fate FROM dispositions").await, ["completed 0 completed"]);
    assert!(item(&floor).await.starts_with("completed"));
    assert_eq!(
        floor.rows("SELECT seq, kind FROM outbox ORDER BY seq").await,
        ["1 call.ended", "2 call.dispositioned"]
    );
    assert_eq!(store.reopen().await.expect("reopened").debts, []);
}

async fn what_is_owed_and_cannot_be_read_is_set_aside_and_owed_no_more(floor: Floor) {
    owing(&floor).await;
    floor.sql("UPDATE call_requests SET request = '{'").await;
    let next = floor.again("rm1").await.reopen().await.expect("reopened");
    assert_eq!((next.debts, next.bad.len()), (vec![], 1));
    let row = floor.rows("SELECT code, said, fate, retry_at, why FROM dispositions").await;
    assert_eq!(row, ["bad_row 0 exhausted - -"]);
    let item = "SELECT state, last_result FROM queue WHERE id = 1";
    assert_eq!(floor.rows(item).await, ["exhausted bad_row"]);
    let owed: Vec<u64> = floor.store.nodes().await.expect("read").iter().map(|node| node.owed).collect();
    assert_eq!(owed, [0]);
    assert_eq!(floor.again("rm1").await.reopen().await.expect("reopened").bad, []);
}

async fn what_an_agent_agrees_on_with_a_number_that_was_barred_is_written_down_and_its_call_is_not_made(
    floor: Floor,
) {
    let mut pen = owing(&floor).await;
    let house = ListRules { name: "house", max_age: None, campaigns: vec![(SPRING, false)] };
    floor.store.keep_lists(&BOTH, &[house]).await.expect("kept");
    floor.store.bar("house", &Barred::Number(number("15550000001"))).await.expect("barred");
    let callback = Some(Callback { at: at(100_000), agent: None });
    let later = Disposed { callback, ..said("later", Fate::Retry(at(100_000))) };
    assert_eq!(dispose(&mut pen, later).await, Outcome::Done);
    assert_eq!(floor.one("SELECT code FROM dispositions").await, "later");
    let (items, _) = pen.fetch(SPRING, 1).await;
    let saved = pen.save(request(SPRING, &items[0], 2)).await;
    assert_eq!((items[0].id, saved), (QueueId(1), Outcome::Refused(SaveRefusal::DoNotCall)));
    assert!(queue(&floor, 1).await.starts_with("exhausted"), "it has come to its end");
}
