use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::call::{Disposed, Record};
use engine::lead::Fate;
use engine::words::{AttemptId, Micros, Span};
use engine::{Command, Failure, Outcome, TextMessage};

use super::{
    Backlog, Came, Dropped, Entry, Kind, Letter, Replayed, RowState, Sent, Subscription, Told, Which, put,
};
use crate::store::Store;
use crate::store::testing::{Floor, How, Pen, SPRING, at, item, on_each_database, record, request, said};

on_each_database! {
    a_record_is_told_to_every_sink_that_wants_it_in_words_that_need_no_look_into_the_tables,
    every_kind_is_named_in_the_example_and_its_fields_are_told_beside_the_receiver,
    without_a_sink_nothing_is_told,
    the_same_record_twice_is_one_event,
    what_is_not_written_is_not_told,
    a_later_event_of_a_call_waits_until_the_earlier_is_delivered_or_given_up,
    what_a_node_has_in_hand_nobody_else_takes_until_its_time_is_over,
    what_a_gone_process_had_in_hand_is_given_back_to_the_next_of_its_name,
    two_nodes_never_take_the_same_event_at_a_time,
    a_failure_waits_for_its_moment_and_what_is_given_up_is_sent_again_when_asked,
    what_another_node_has_taken_since_is_not_marked_by_the_first,
    the_rows_meant_are_those_for_which_everything_given_holds,
    what_was_delivered_is_deleted_after_its_time_and_nothing_else_is,
    what_waits_behind_an_event_that_failed_is_not_looked_for_before_its_turn,
    what_was_delivered_of_a_call_that_may_have_more_to_tell_is_kept_so_that_its_events_count_on,
    the_number_of_an_event_that_is_dropped_is_given_to_no_later_one_of_its_call,
    what_is_dropped_before_its_call_is_over_goes_when_it_is_and_is_not_replayed_unasked,
}

const WEB: &str = "crm";
const BUS: &str = "@stream";

/// The floor's database, as a node sees it that tells two sinks.
async fn telling(floor: &Floor, node: &str) -> Store {
    let wants = |sink: &str| Subscription { sink: sink.to_owned(), kinds: vec![Kind::CallEnded] };
    floor.again(node).await.telling(vec![wants(WEB), wants(BUS)])
}

/// Puts so many events of each of these attempts.
async fn happen(store: &Store, attempts: &[u64], events: u32) {
    let mut tx = store.begin().await.expect("begun");
    for which in 1..=events {
        let told = attempts.iter().map(|attempt| Told {
            attempt: AttemptId(*attempt),
            campaign: SPRING,
            kind: Kind::CallEnded,
            which,
            payload: format!("{{\"event\":{which}}}"),
        });
        put(&store.desk, &mut tx, &told.collect::<Vec<_>>()).await.expect("put");
    }
    tx.commit().await.expect("durable");
}

async fn take(store: &Store, count: usize, lasts: Span) -> Vec<Letter> {
    store.take_letters(WEB, count, store.clock().now() + lasts).await.expect("taken")
}

fn names(letters: &[Letter]) -> Vec<(u64, u64)> {
    letters.iter().map(|letter| (letter.attempt.0, letter.seq)).collect()
}

async fn settle(store: &Store, letters: &[Letter], came: &Came) {
    let sent =
        letters.iter().map(|letter| Sent { attempt: letter.attempt, seq: letter.seq, came: came.clone() });
    store.settle_letters(WEB, &sent.collect::<Vec<_>>()).await.expect("settled");
}

fn failed(again: Micros) -> Came {
    Came::Failed { again, trouble: String::from("answered 500") }
}

fn dead() -> Came {
    Came::Dead { trouble: String::from("answered 500") }
}

const LONG: Span = Span::secs(60);

async fn a_record_is_told_to_every_sink_that_wants_it_in_words_that_need_no_look_into_the_tables(
    floor: Floor,
) {
    let store = telling(&floor, "rm1").await;
    floor.leads(SPRING, &["15550000001"]).await;
    floor.sql("UPDATE leads SET external_id = 'customer-7'").await;
    let mut pen = Pen::new(&store);
    let call = pen.open(SPRING, 1).await;
    assert_eq!(pen.record(record(&call, How::Talked(400, 60_000))).await, Outcome::Done);

    let told = store.letters(&Which::default(), 10).await.expect("read");
    let sinks: Vec<&str> = told.iter().map(|entry| entry.sink.as_str()).collect();
    assert_eq!(sinks, [BUS, WEB]);
    assert_eq!(told[0].key, told[1].key, "the key is the event's, whoever is told");
    let payload: serde_json::Value = serde_json::from_str(&told[0].payload).expect("JSON");
    insta::allow_duplicates! {
        insta::assert_snapshot!(serde_json::to_string_pretty(&payload).expect("JSON"));
    }
}

/// The fields of an event's data as the receiver's README tells them: those in the tables' first column, below its heading.
fn fields_told(kind: Kind) -> BTreeSet<&'static str> {
    let told = include_str!("../../../../examples/django/README.md");
    let heading = format!("### `{}`\n", kind.name());
    let (_, section) = told.split_once(&heading).unwrap_or_else(|| panic!("there is no {heading}"));
    let section = section.split_once("\n#").map_or(section, |(section, _)| section);
    let fields = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |"));
    fields.flat_map(|(fields, _)| fields.split(", ").map(|field| field.trim_matches('`'))).collect()
}

async fn every_kind_is_named_in_the_example_and_its_fields_are_told_beside_the_receiver(floor: Floor) {
    let crm = Subscription { sink: WEB.to_owned(), kinds: Kind::ALL.to_vec() };
    let store = floor.again("rm1").await.telling(vec![crm]);
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = Pen::new(&store);
    let call = pen.open(SPRING, 1).await;
    let (attempt, number) = (call.attempt, call.number);
    let text = TextMessage {
        attempt,
        nth: 1,
        campaign: SPRING,
        lead: call.lead,
        number,
        text: String::from("See you on Monday"),
    };
    pen.ask(|request| Command::SendText { request, text: Arc::new(text) }).await;
    let awaits = Fate::Awaits { until: at(600_000) };
    pen.record(Record { fate: awaits, ..record(&call, How::Talked(400, 60_000)) }).await;
    let disposed = Disposed { attempt, queue: call.queue, ..said("sold", Fate::Completed) };
    pen.ask(|request| Command::Dispose { request, disposed: Arc::new(disposed) }).await;

    let told = store.letters(&Which::default(), 10).await.expect("read");
    assert_eq!(told.len(), Kind::ALL.len());
    let example = include_str!("../../../../ringmaster.example.toml");
    for Entry { kind, payload, .. } in told {
        assert!(example.contains(&format!("# - \"{kind}\", ")), "the example says nothing of {kind}");
        let payload: BTreeMap<String, serde_json::Value> = serde_json::from_str(&payload).expect("an object");
        let known = Kind::parse(&kind).expect("it was written by that name");
        assert_eq!(payload.keys().map(String::as_str).collect::<BTreeSet<_>>(), fields_told(known), "{kind}");
    }
}

async fn without_a_sink_nothing_is_told(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    pen.record(record(&call, How::Busy)).await;
    assert_eq!(floor.one("SELECT COUNT(*) FROM outbox").await, "0");
}

async fn the_same_record_twice_is_one_event(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    let record = record(&request(SPRING, &item(1, "15550000001"), 1), How::Busy);
    let mut pen = Pen::new(&store);
    for _ in 0..2 {
        assert_eq!(pen.record(record.clone()).await, Outcome::Done);
    }
    assert_eq!(
        floor.rows("SELECT attempt_id, seq, sink FROM outbox ORDER BY sink").await,
        ["1 1 @stream", "1 1 crm"]
    );
}

async fn what_is_not_written_is_not_told(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    let good = record(&request(SPRING, &item(1, "15550000001"), 1), How::Busy);
    let bad = Record { attempt: AttemptId(u64::MAX), ..good.clone() };
    let mut pen = Pen::new(&store);
    assert_eq!(pen.record(bad).await, Outcome::Failed(Failure::Database));
    assert_eq!(floor.one("SELECT COUNT(*) FROM outbox").await, "0");
    assert_eq!(pen.record(good).await, Outcome::Done);
    assert_eq!(floor.one("SELECT COUNT(*) FROM outbox").await, "2");
}

async fn a_later_event_of_a_call_waits_until_the_earlier_is_delivered_or_given_up(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    happen(&store, &[1, 2], 3).await;
    let first = take(&store, 10, LONG).await;
    assert_eq!(names(&first), [(1, 1), (2, 1)]);
    assert_eq!(take(&store, 10, LONG).await, [], "they are in hand");

    settle(&store, &first[..1], &Came::Delivered).await;
    settle(&store, &first[1..], &dead()).await;
    let second = take(&store, 10, LONG).await;
    assert_eq!(names(&second), [(1, 2), (2, 2)]);
    settle(&store, &second[..1], &failed(Micros(0))).await;
    assert_eq!(names(&take(&store, 10, LONG).await), [(1, 2)], "again, and not the one after it");

    let bus = store.take_letters(BUS, 10, store.clock().now() + LONG).await.expect("taken");
    assert_eq!(names(&bus), [(1, 1), (2, 1)], "sinks do not wait for each other");
}

async fn what_a_node_has_in_hand_nobody_else_takes_until_its_time_is_over(floor: Floor) {
    let (one, other) = (telling(&floor, "rm1").await, telling(&floor, "rm2").await);
    happen(&one, &[1], 1).await;
    assert!(other.has_letters(WEB).await.expect("asked"));
    let taken = take(&one, 10, LONG).await;
    assert_eq!((taken.len(), take(&other, 10, LONG).await), (1, vec![]));
    assert!(!other.has_letters(WEB).await.expect("asked"));
    floor.sql("UPDATE outbox SET due_at = 0").await;
    let again = take(&other, 10, LONG).await;
    assert_eq!(taken, again, "the same event, under the same key");
}

async fn what_a_gone_process_had_in_hand_is_given_back_to_the_next_of_its_name(floor: Floor) {
    let (one, other) = (telling(&floor, "rm1").await, telling(&floor, "rm2").await);
    happen(&one, &[1, 2, 3], 1).await;
    assert_eq!((take(&one, 2, LONG).await.len(), take(&other, 1, LONG).await.len()), (2, 1));
    let next = telling(&floor, "rm1").await;
    assert_eq!(next.give_back_letters().await.expect("given back"), 2);
    assert_eq!(names(&take(&next, 10, LONG).await), [(1, 1), (2, 1)]);
}

async fn two_nodes_never_take_the_same_event_at_a_time(floor: Floor) {
    let (one, other) = (telling(&floor, "rm1").await, telling(&floor, "rm2").await);
    happen(&one, &(1..=200).collect::<Vec<_>>(), 1).await;
    let mut seen = BTreeSet::new();
    loop {
        let (mine, theirs) = tokio::join!(take(&one, 7, LONG), take(&other, 7, LONG));
        if mine.is_empty() && theirs.is_empty() {
            break;
        }
        for name in names(&mine).into_iter().chain(names(&theirs)) {
            assert!(seen.insert(name), "{name:?} was taken twice");
        }
    }
    assert_eq!(seen.len(), 200);
}

async fn a_failure_waits_for_its_moment_and_what_is_given_up_is_sent_again_when_asked(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    happen(&store, &[1, 2], 1).await;
    let first = take(&store, 10, LONG).await;
    settle(&store, &first[..1], &failed(store.clock().now() + LONG)).await;
    settle(&store, &first[1..], &dead()).await;
    assert_eq!(take(&store, 10, LONG).await, []);
    let backlog = store.backlog().await.expect("counted");
    let waiting = |sink: &str, waiting, dead| Backlog {
        sink: sink.to_owned(),
        waiting,
        oldest: Some(first[0].told_at),
        dead,
        dropped: 0,
    };
    assert_eq!(backlog, [waiting(BUS, 2, 0), waiting(WEB, 1, 1)]);

    let which = Which { state: Some(RowState::Dead), ..Which::default() };
    let shown: Vec<Entry> = store.letters(&which, 10).await.expect("read");
    assert_eq!((shown[0].tries, shown[0].trouble.as_deref()), (1, Some("answered 500")));
    assert_eq!(store.replay_letters(&which, false).await.expect("replayed").again, 1);
    let again = take(&store, 10, LONG).await;
    assert_eq!((names(&again), again[0].tries), (vec![(2, 1)], 0));
    assert_eq!(again[0].key, first[1].key, "a replay carries the same key");
    assert!(again[0].since > first[1].since, "its age counts anew");
}

async fn what_another_node_has_taken_since_is_not_marked_by_the_first(floor: Floor) {
    let (one, other) = (telling(&floor, "rm1").await, telling(&floor, "rm2").await);
    happen(&one, &[1], 1).await;
    let slow = take(&one, 1, Span::ZERO).await;
    assert_eq!(take(&other, 1, LONG).await.len(), 1);
    settle(&one, &slow, &dead()).await;
    assert_eq!(floor.rows("SELECT state, held_by FROM outbox WHERE sink = 'crm'").await, ["waiting rm2"]);
    settle(&one, &slow, &Came::Delivered).await;
    assert_eq!(
        floor.rows("SELECT state, held_by FROM outbox WHERE sink = 'crm'").await,
        ["delivered -"],
        "delivered is delivered, whoever did it"
    );
}

async fn the_rows_meant_are_those_for_which_everything_given_holds(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    happen(&store, &[1, 2], 2).await;
    let count = async |which: Which| store.letters(&which, 100).await.expect("read").len();
    let all = Which::default();
    assert_eq!(count(all.clone()).await, 8);
    assert_eq!(count(Which { sink: Some(WEB.to_owned()), ..all.clone() }).await, 4);
    assert_eq!(count(Which { attempt: Some(AttemptId(2)), ..all.clone() }).await, 4);
    assert_eq!(count(Which { attempt: Some(AttemptId(2)), seq: Some(2), ..all.clone() }).await, 2);
    assert_eq!(count(Which { campaign: Some(crate::store::testing::AUTUMN), ..all.clone() }).await, 0);
    assert_eq!(count(Which { since: Some(store.clock().now()), ..all.clone() }).await, 0);
    assert_eq!(count(Which { since: Some(at(0)), state: Some(RowState::Waiting), ..all.clone() }).await, 8);
    assert_eq!(store.letters(&all, 3).await.expect("read").len(), 3, "no more than asked for");
    let gone = Which { attempt: Some(AttemptId(1)), ..all.clone() };
    assert_eq!(store.drop_letters(&gone).await.expect("dropped"), Dropped { gone: 4, kept: 0 });
    assert_eq!(count(all).await, 4);
}

async fn what_was_delivered_is_deleted_after_its_time_and_nothing_else_is(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    happen(&store, &[1, 2, 3], 1).await;
    let taken = take(&store, 2, LONG).await;
    settle(&store, &taken[..1], &Came::Delivered).await;
    settle(&store, &taken[1..], &dead()).await;
    assert_eq!(store.prune_letters(LONG).await.expect("pruned"), 0, "it is kept for a while");
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(store.prune_letters(Span::ZERO).await.expect("pruned"), 1);
    assert_eq!(
        floor.rows("SELECT attempt_id, state FROM outbox WHERE sink = 'crm' ORDER BY attempt_id").await,
        ["2 dead", "3 waiting"]
    );
}

async fn what_was_delivered_of_a_call_that_may_have_more_to_tell_is_kept_so_that_its_events_count_on(
    floor: Floor,
) {
    let store = telling(&floor, "rm1").await;
    floor.leads(SPRING, &["15550000001"]).await;
    Pen::new(&store).open(SPRING, 1).await;
    happen(&store, &[1], 1).await;
    floor.sql("UPDATE outbox SET state = 'delivered', ended_at = 1").await;
    assert_eq!(store.prune_letters(LONG).await.expect("pruned"), 0, "the call is not over");

    floor.sql("UPDATE attempts SET closed = 1").await;
    floor
        .sql("INSERT INTO dispositions (attempt_id, campaign_id, agent_id, owed_until) VALUES (1, 1, 1, 0)")
        .await;
    assert_eq!(store.prune_letters(LONG).await.expect("pruned"), 0, "nobody has said what came of it");
    happen(&store, &[1], 2).await;
    assert_eq!(names(&take(&store, 10, LONG).await), [(1, 2)]);

    floor.sql("UPDATE dispositions SET code = 'sold'").await;
    assert_eq!(store.prune_letters(LONG).await.expect("pruned"), 2);
}

async fn the_number_of_an_event_that_is_dropped_is_given_to_no_later_one_of_its_call(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    floor.leads(SPRING, &["15550000001"]).await;
    Pen::new(&store).open(SPRING, 1).await;
    happen(&store, &[1, 2], 1).await;
    take(&store, 1, LONG).await;
    let dropped = store.drop_letters(&Which::default()).await.expect("dropped");
    assert_eq!(dropped, Dropped { gone: 2, kept: 2 });
    assert_eq!(
        floor.rows("SELECT attempt_id, seq, state, held_by, trouble FROM outbox WHERE sink = 'crm'").await,
        ["1 1 dead - dropped while its call could have more to tell"]
    );
    happen(&store, &[1], 2).await;
    assert_eq!(names(&take(&store, 10, LONG).await), [(1, 2)]);

    floor.sql("UPDATE attempts SET closed = 1").await;
    let dropped = store.drop_letters(&Which::default()).await.expect("dropped");
    assert_eq!(dropped, Dropped { gone: 4, kept: 0 });
}

async fn what_is_dropped_before_its_call_is_over_goes_when_it_is_and_is_not_replayed_unasked(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    floor.leads(SPRING, &["15550000001"]).await;
    Pen::new(&store).open(SPRING, 1).await;
    happen(&store, &[1, 2], 1).await;
    settle(&store, &take(&store, 2, LONG).await, &dead()).await;
    let of_the_call = Which { attempt: Some(AttemptId(1)), sink: Some(WEB.to_owned()), ..Which::default() };
    let dropped = store.drop_letters(&of_the_call).await.expect("dropped");
    assert_eq!(dropped, Dropped { gone: 0, kept: 1 });

    let given_up = Which { state: Some(RowState::Dead), ..Which::default() };
    let replayed = store.replay_letters(&given_up, false).await.expect("replayed");
    assert_eq!(replayed, Replayed { again: 1, dropped: 1 }, "that of the other call");
    let replayed = store.replay_letters(&of_the_call, true).await.expect("replayed");
    assert_eq!(replayed, Replayed { again: 1, dropped: 0 });
    assert_eq!(store.drop_letters(&of_the_call).await.expect("dropped again").kept, 1);

    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(store.prune_letters(Span::ZERO).await.expect("pruned"), 0, "the call is not over");
    floor.sql("UPDATE attempts SET closed = 1").await;
    assert_eq!(store.prune_letters(LONG).await.expect("pruned"), 0, "it is kept for a while");
    assert_eq!(store.prune_letters(Span::ZERO).await.expect("pruned"), 1);
    assert_eq!(store.letters(&of_the_call, 10).await.expect("read"), []);
}

async fn what_waits_behind_an_event_that_failed_is_not_looked_for_before_its_turn(floor: Floor) {
    let store = telling(&floor, "rm1").await;
    happen(&store, &[1], 2).await;
    let first = take(&store, 10, LONG).await;
    settle(&store, &first, &failed(store.clock().now() + LONG)).await;
    assert!(!store.has_letters(WEB).await.expect("asked"));
    settle(&store, &first, &Came::Delivered).await;
    assert!(store.has_letters(WEB).await.expect("asked"));
}
