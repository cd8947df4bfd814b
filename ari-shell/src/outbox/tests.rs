//! Couriers against a receiver in this process. What a process that is killed does is shown by `tests/tests/house/results`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use engine::Command;
use engine::words::{Micros, Span};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::{Couriers, Outbox, SinkStanding};
use crate::clock::Clock;
use crate::config::Config;
use crate::hopper::tests::redis_of_the_lab;
use crate::store::testing::{
    Dialect, Floor, How, Pen, SPRING, at, item, node, on_each_database, record, request,
};
use crate::store::{RowState, Store, Which};

on_each_database! {
    an_event_is_posted_once_with_its_key_and_a_signature_that_the_receiver_can_check,
    a_receiver_that_refuses_is_asked_again_and_gets_the_same_text_under_the_same_key,
    what_is_sent_is_signed_with_the_systems_time_also_where_its_clock_was_set_back,
    what_is_refused_for_good_is_given_up_alone_and_is_sent_again_when_asked,
    a_receiver_that_refuses_one_event_after_the_other_is_in_trouble_until_it_takes_one,
    a_receiver_that_is_away_is_asked_with_one_event_until_it_is_back,
    a_receiver_of_few_events_that_is_away_is_in_trouble_after_a_few_failures_however_many_it_could_take,
    what_is_due_is_delivered_before_the_end_and_what_cannot_be_waits_for_the_next_process,
}

const SECRET: &str = "a-secret-of-the-house";

/// What came in: headers, body, and what was answered.
#[derive(Debug, Clone, PartialEq)]
struct Got {
    headers: BTreeMap<String, String>,
    body: String,
    answered: u16,
}

/// What it answers to an event, by how often it had it before.
type Answer = fn(attempt: u64, before: usize) -> u16;

/// A receiver on a port of its own.
#[derive(Clone)]
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
    answer: Answer,
}

impl Receiver {
    async fn open(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url =
            format!("http://{}/events?token=not-to-be-shown", listener.local_addr().expect("an address"));
        let receiver = Self { url, got: Arc::default(), answer };
        let router = Router::new().route("/events", post(take)).with_state(receiver.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        receiver
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().expect("nobody panics").clone()
    }

    /// Waits until so many have come in that were taken.
    async fn until_taken(&self, count: usize) -> Vec<Got> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let got = self.got();
            let taken = got.iter().filter(|got| got.answered == 200).count();
            if taken >= count {
                return got;
            }
            assert!(Instant::now() < end, "{taken} of {count}: {got:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = String::from_utf8(body.to_vec()).expect("text");
    let event: Value = serde_json::from_str(&body).expect("JSON");
    let mut got = receiver.got.lock().expect("nobody panics");
    let before = got.iter().filter(|got| got.body == body).count();
    let answered = (receiver.answer)(event["attempt"].as_u64().expect("a number"), before);
    let header = |name: &&str| Some(((*name).to_owned(), headers.get(*name)?.to_str().ok()?.to_owned()));
    let named = ["content-type", "idempotency-key", "ringmaster-event", "ringmaster-signature", "user-agent"];
    got.push(Got { headers: named.iter().filter_map(header).collect(), body, answered });
    StatusCode::from_u16(answered).expect("a status")
}

/// A configuration with that receiver as its only sink.
fn config(floor: &Floor, url: &str, more: &str) -> Config {
    let text = format!(
        "[ari]\npassword = 'x'\n[[webhook]]\nname = 'crm'\nurl = '{url}'\nsecret = '{SECRET}'\nlongest_wait = '1s'\n{more}"
    );
    load(floor, &text)
}

fn load(floor: &Floor, text: &str) -> Config {
    let file = floor.path("ringmaster.toml");
    std::fs::write(&file, text).expect("written");
    Config::load(&file, []).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Starts couriers, and has so many calls end.
async fn end_calls(floor: &Floor, config: &Config, calls: u64) -> (Store, Couriers) {
    end_calls_of(floor.again("rm1").await, config, calls).await
}

async fn end_calls_of(store: Store, config: &Config, calls: u64) -> (Store, Couriers) {
    let store = store.telling(config.subscriptions());
    let couriers = Couriers::start(&store, config).await.expect("started");
    let mut pen = Pen::new(&store);
    for attempt in 1..=calls {
        let record =
            record(&request(SPRING, &item(attempt, &format!("1555{attempt:07}")), attempt), How::Busy);
        pen.submit(|request| Command::Record { request, record: Arc::new(record) });
    }
    for _ in 0..calls {
        pen.answer().await;
    }
    (store, couriers)
}

/// Waits until the one sink stands as it should.
async fn until(outbox: &Outbox, what: &str, wanted: impl Fn(&SinkStanding) -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !wanted(&outbox.standing()[0]) {
        assert!(Instant::now() < end, "not {what}: {:?}", outbox.standing());
        sleep(Duration::from_millis(20)).await;
    }
}

async fn an_event_is_posted_once_with_its_key_and_a_signature_that_the_receiver_can_check(floor: Floor) {
    let receiver = Receiver::open(|_, _| 200).await;
    let config = config(&floor, &receiver.url, "");
    let (store, couriers) = end_calls(&floor, &config, 1).await;
    let got = receiver.until_taken(1).await;
    couriers.close(Duration::from_secs(5)).await;
    assert_eq!(receiver.got().len(), 1, "once");

    let Got { headers, body, .. } = &got[0];
    let event: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(Value::from(headers["idempotency-key"].as_str()), event["id"]);
    let (seconds, _) = headers["ringmaster-signature"][2..].split_once(',').expect("two parts");
    let signed = super::signature::sign(&SECRET.to_owned().into(), seconds.parse().expect("seconds"), body);
    assert_eq!(headers["ringmaster-signature"], signed);
    let names: Vec<String> = headers
        .iter()
        .map(|(name, value)| match name.as_str() {
            "idempotency-key" | "ringmaster-signature" | "user-agent" => name.clone(),
            _ => format!("{name}: {value}"),
        })
        .collect();
    insta::allow_duplicates! {
        insta::assert_debug_snapshot!(names, @r#"
        [
            "content-type: application/json",
            "idempotency-key",
            "ringmaster-event: call.ended",
            "ringmaster-signature",
            "user-agent",
        ]
        "#);
    }
    let keys: Vec<&String> = event.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["attempt", "created_at", "data", "id", "sequence", "type"]);
    assert_eq!(
        (&event["type"], &event["sequence"], &event["data"]["result"]),
        (&"call.ended".into(), &1.into(), &"busy".into())
    );
    let delivered = store.letters(&Which { state: Some(RowState::Delivered), ..Which::default() }, 10).await;
    assert_eq!(delivered.expect("read").len(), 1);
}

async fn a_receiver_that_refuses_is_asked_again_and_gets_the_same_text_under_the_same_key(floor: Floor) {
    let receiver = Receiver::open(|_, before| if before < 2 { 500 } else { 200 }).await;
    let config = config(&floor, &receiver.url, "");
    let (_, couriers) = end_calls(&floor, &config, 3).await;
    let got = receiver.until_taken(3).await;
    for attempt in 1..=3 {
        let same: Vec<&Got> =
            got.iter().filter(|got| got.body.contains(&format!("\"attempt\":{attempt},\"seq"))).collect();
        assert_eq!(same.iter().map(|got| got.answered).collect::<Vec<_>>(), [500, 500, 200]);
        assert!(same.iter().all(|got| got.body == same[0].body), "the same text");
    }
    couriers.close(Duration::from_secs(5)).await;
}

async fn what_is_sent_is_signed_with_the_systems_time_also_where_its_clock_was_set_back(floor: Floor) {
    thread_local! {
        /// What the system's clock says, on the one thread of a test.
        static WALL: Cell<Micros> = const { Cell::new(Micros(0)) };
    }
    WALL.set(at(0) + Span::secs(3_600));
    let clock = Clock::by(|| WALL.get());
    WALL.set(at(0));
    let receiver = Receiver::open(|_, _| 200).await;
    let config = config(&floor, &receiver.url, "");
    let store = Store::open(&floor.url, &node("rm1"), clock).await.expect("an open store");
    let (_, couriers) = end_calls_of(store, &config, 1).await;
    let got = receiver.until_taken(1).await;
    couriers.close(Duration::from_secs(5)).await;
    let signature = &got[0].headers["ringmaster-signature"];
    assert!(signature.starts_with("t=1700000000,"), "{signature}");
}

async fn what_is_refused_for_good_is_given_up_alone_and_is_sent_again_when_asked(floor: Floor) {
    let receiver = Receiver::open(|attempt, before| if attempt == 2 && before < 3 { 422 } else { 200 }).await;
    let config = config(&floor, &receiver.url, "attempts = 3");
    let (store, couriers) = end_calls(&floor, &config, 3).await;
    receiver.until_taken(2).await;
    until(&couriers.outbox(), "given up", |sink| sink.dead == 1).await;
    let standing = &couriers.outbox().standing()[0];
    assert_eq!(
        (standing.delivered, standing.failed, &standing.trouble),
        (2, 3, &None),
        "one refusal is no trouble"
    );
    let dead = Which { state: Some(RowState::Dead), ..Which::default() };
    let shown = store.letters(&dead, 10).await.expect("read");
    assert_eq!(
        (shown[0].attempt.0, shown[0].tries, shown[0].trouble.as_deref()),
        (2, 3, Some("answered 422"))
    );

    assert_eq!(store.replay_letters(&dead, false).await.expect("replayed").again, 1);
    receiver.until_taken(3).await;
    couriers.close(Duration::from_secs(5)).await;
}

async fn a_receiver_that_refuses_one_event_after_the_other_is_in_trouble_until_it_takes_one(floor: Floor) {
    let receiver = Receiver::open(|attempt, before| match (attempt, before) {
        (1, 0) => 500,
        (_, 0..3) => 422,
        (_, _) => 200,
    })
    .await;
    let config = config(&floor, &receiver.url, "connections = 1");
    let (_, couriers) = end_calls(&floor, &config, 20).await;
    let outbox = couriers.outbox();
    until(&outbox, "away", |sink| sink.trouble.as_deref() == Some("answered 500")).await;
    until(&outbox, "refusing", |sink| sink.trouble.as_deref() == Some("answered 422")).await;
    assert_eq!(outbox.standing()[0].delivered, 0, "it was in trouble all the time");
    until(&outbox, "works", |sink| sink.trouble.is_none()).await;
    assert!(outbox.standing()[0].delivered > 0, "only what is taken is a sign that it works");
    couriers.close(Duration::from_secs(1)).await;
}

async fn a_receiver_that_is_away_is_asked_with_one_event_until_it_is_back(floor: Floor) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address");
    drop(port);
    let config = config(&floor, &format!("http://{address}/events"), "connections = 4");
    let (_, couriers) = end_calls(&floor, &config, 100).await;
    let outbox = couriers.outbox();
    until(&outbox, "in trouble", |sink| sink.trouble.is_some() && sink.waiting == 100).await;
    let failed = outbox.standing()[0].failed;
    assert!(failed <= 12, "{failed} of a hundred were tried on a receiver that is away");

    let listener = TcpListener::bind(address).await.expect("the port");
    let receiver = Receiver { url: String::new(), got: Arc::default(), answer: |_, _| 200 };
    let router = Router::new().route("/events", post(take)).with_state(receiver.clone());
    tokio::spawn(async { axum::serve(listener, router).await });
    receiver.until_taken(100).await;
    until(&outbox, "works", |sink| sink.trouble.is_none() && sink.waiting == 0).await;
    assert_eq!(outbox.standing()[0].delivered, 100);
    couriers.close(Duration::from_secs(5)).await;
}

async fn a_receiver_of_few_events_that_is_away_is_in_trouble_after_a_few_failures_however_many_it_could_take(
    floor: Floor,
) {
    let config = config(&floor, "http://127.0.0.1:1/events", "connections = 64");
    let (_, couriers) = end_calls(&floor, &config, 1).await;
    let outbox = couriers.outbox();
    until(&outbox, "in trouble", |sink| sink.trouble.is_some()).await;
    let failed = outbox.standing()[0].failed;
    assert!(failed <= 8, "{failed} failures were nothing to speak of");
    couriers.close(Duration::from_secs(1)).await;
}

async fn what_is_due_is_delivered_before_the_end_and_what_cannot_be_waits_for_the_next_process(floor: Floor) {
    let receiver =
        Receiver::open(|attempt, before| if attempt > 90 && before == 0 { 400 } else { 200 }).await;
    let config = config(&floor, &receiver.url, "");
    let (store, couriers) = end_calls(&floor, &config, 100).await;
    couriers.close(Duration::from_secs(20)).await;
    let state = async |state| {
        store.letters(&Which { state: Some(state), ..Which::default() }, 1_000).await.expect("read").len()
    };
    assert_eq!((state(RowState::Delivered).await, state(RowState::Waiting).await), (90, 10));
    let couriers = Couriers::start(&store, &config).await.expect("started");
    receiver.until_taken(100).await;
    couriers.close(Duration::from_secs(20)).await;
    assert_eq!(state(RowState::Delivered).await, 100);
}

#[tokio::test]
async fn events_are_appended_to_a_stream_in_redis_that_does_not_grow_for_ever() {
    let Some(lab) = redis_of_the_lab("events") else { return };
    let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
    let url = secrecy::ExposeSecret::expose_secret(&lab.url).to_owned();
    let prefix = &lab.prefix;
    let config = load(
        &floor,
        &format!(
            "[ari]\npassword = 'x'\n[redis]\nurl = '{url}'\nprefix = '{prefix}'\nstream = true\n[stream]\nlength = 1000"
        ),
    );
    let (_, couriers) = end_calls(&floor, &config, 2_500).await;
    until(&couriers.outbox(), "all told", |sink| sink.delivered == 2_500).await;
    couriers.close(Duration::from_secs(5)).await;

    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let key = format!("{prefix}:events");
    let length: usize = redis::cmd("XLEN").arg(&key).query_async(&mut connection).await.expect("counted");
    assert!((1_000..1_400).contains(&length), "{length}");
    let last: Vec<(String, BTreeMap<String, String>)> = redis::cmd("XREVRANGE")
        .arg(&[key.as_str(), "+", "-", "COUNT", "1"])
        .query_async(&mut connection)
        .await
        .expect("read");
    let fields = &last[0].1;
    let event: Value = serde_json::from_str(&fields["body"]).expect("JSON");
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["attempt", "body", "id", "sequence", "type"]);
    assert_eq!(
        (&event["id"], &event["attempt"].to_string()),
        (&fields["id"].as_str().into(), &fields["attempt"])
    );
    let _: () = redis::cmd("DEL").arg(&key).query_async(&mut connection).await.expect("deleted");
}

#[tokio::test]
async fn a_redis_that_says_nothing_is_waited_for_by_all_events_at_a_time() {
    let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
    // Connections are taken by the system, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}/0", silent.local_addr().expect("an address"));
    let config = load(
        &floor,
        &format!(
            "[ari]\npassword = 'x'\n[redis]\nurl = '{url}'\nstream = true\n[stream]\ntimeout = '1s'\nconnections = 32"
        ),
    );
    let began = Instant::now();
    let (_, couriers) = end_calls(&floor, &config, 32).await;
    let outbox = couriers.outbox();
    until(&outbox, "all back", |sink| sink.failed >= 32).await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "they waited for each other, {took:?}");
    assert_eq!(outbox.standing()[0].trouble.as_deref(), Some("did not answer in time"));
    couriers.close(Duration::ZERO).await;
}
