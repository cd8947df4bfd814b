//! What calls came to reaches other programs, whatever becomes of them and of us: the receiver is down, slow, answers 500,
//! hangs up or closes in the middle of its answer, and the shell is killed at any moment.

mod django;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tests::house::House;
use tests::lab::far_end::number;
use tests::lab::postgres::Postgres;
use tests::pbx::Pbx;
use tests::receiver::{Got, Manner, Receiver};

use crate::outage::rules;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(120);

/// So many calls have so many events each that wait before the shell is started for the first time.
const OLD_CALLS: u64 = 40;
const OLD_EVENTS: u64 = 4;

/// The first of their attempts; those that the shell makes have lower numbers.
const OLD: u64 = 900_000_000;

/// How often the shell is killed.
const KILLS: usize = 5;

pub(crate) const SECRET: &str = "a-secret-of-the-house";

#[tokio::test(flavor = "multi_thread")]
async fn every_result_arrives_in_order_whatever_becomes_of_receiver_and_shell() {
    everything_arrives("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_result_arrives_in_order_from_postgres_too() {
    let Some(postgres) = Postgres::shared() else { return };
    let name = format!("results_{}", std::process::id());
    everything_arrives(&format!("[database]\nurl = \"{}\"", postgres.database(&name))).await;
}

/// Leads of several kinds.
pub(crate) fn leads() -> Vec<String> {
    [200, 404, 486, 603].iter().flat_map(|code| (0..12).map(|serial| number(*code, serial))).collect()
}

/// A webhook to that receiver.
pub(crate) fn webhook(receiver: &Receiver) -> String {
    format!(
        "[[webhook]]\nname = \"crm\"\nurl = \"{}\"\nsecret = \"{SECRET}\"\ntimeout = \"2s\"\nlongest_wait = \"1s\"\n",
        receiver.url()
    )
}

async fn everything_arrives(database: &str) {
    let mut receiver = Receiver::start().await.expect("a port is free");
    let pbx = Pbx::simulated().await.expect("a port is free");
    let mut house = House::furnish(&pbx.url(), &rules(&format!("{database}\n{}", webhook(&receiver))));
    house.import("spring", leads());
    seed(&house).await;
    receiver.behave(badly);
    house.open().await;
    house.start().await;
    let mut moments = Vec::new();
    for kill in 0..KILLS {
        moments.push(rest().await);
        if kill == 2 {
            receiver.stop().await;
            moments.push(rest().await);
            receiver.again().await.expect("its port is free");
        }
        house.kill();
        house.open().await;
    }
    house.until_completed(LIMIT).await;
    receiver.behave(|_| Manner::Takes);
    let calls = house.logged().await;
    until_all_have_come(&house, &receiver, calls.len()).await;
    house.close().await;
    assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE state <> 'delivered'").await, 0);

    let got = receiver.got();
    let told = format!("killed after {moments:?}");
    let results: BTreeMap<i64, &str> =
        calls.iter().map(|call| (call.attempt, call.result.as_str())).collect();
    assert_eq!(
        results_of(&got),
        results.iter().map(|(id, result)| (*id, (*result).to_owned())).collect(),
        "{told}"
    );
    assert_eq!(faults(&got), [""; 0], "{told}");
}

/// Events of calls from before, several of each, that were told and never sent.
async fn seed(house: &House) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than that").as_micros();
    let mut rows = Vec::new();
    for attempt in OLD..OLD + OLD_CALLS {
        rows.extend((1..=OLD_EVENTS).map(|seq| {
            format!("({attempt}, {seq}, 'crm', 1, 'call.ended', {seq}, 'evt_{attempt}_{seq}', '{{}}', {now}, 'waiting', 0, {now}, {now})")
        }));
    }
    let columns =
        "attempt_id, seq, sink, campaign_id, kind, which, key, payload, told_at, state, tries, since, due_at";
    house.write(&format!("INSERT INTO outbox ({columns}) VALUES {}", rows.join(", "))).await;
}

/// Six of ten requests are served well.
fn badly(nth: usize) -> Manner {
    match nth * 7_919 % 10 {
        0 => Manner::Answers(500),
        1 => Manner::BreaksOff,
        2 => Manner::HangsUp,
        3 => Manner::Slow(Duration::from_millis(300)),
        _ => Manner::Takes,
    }
}

/// Waits for some part of a second or two, another each time, and says how long that was.
async fn rest() -> Duration {
    let chance = RandomState::new().hash_one(0) % 1_500;
    let rest = Duration::from_millis(100 + chance);
    tokio::time::sleep(rest).await;
    rest
}

async fn until_all_have_come(house: &House, receiver: &Receiver, calls: usize) {
    let wanted = calls as u64 + OLD_CALLS * OLD_EVENTS;
    let end = Instant::now() + LIMIT;
    loop {
        let got = receiver.got();
        let keys: BTreeSet<&str> = got.iter().filter(|got| got.was_taken()).map(Got::key).collect();
        if keys.len() as u64 >= wanted {
            return;
        }
        assert!(Instant::now() < end, "{} of {wanted} have come:\n{}", keys.len(), house.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The result that each attempt of the shell's was told to have come to.
fn results_of(got: &[Got]) -> BTreeMap<i64, String> {
    let told = got.iter().map(Got::json).filter(|event| event["attempt"].as_u64().is_some_and(|id| id < OLD));
    let result = |event: serde_json::Value| {
        let result = event["data"]["result"].as_str().unwrap_or_default().to_owned();
        (event["attempt"].as_i64().unwrap_or(-1), result)
    };
    told.map(result).collect()
}

/// What should not be, one line each.
fn faults(got: &[Got]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut keys: BTreeMap<(u64, u64), &Got> = BTreeMap::new();
    let mut taken: BTreeSet<(u64, u64)> = BTreeSet::new();
    for one in got {
        let event = one.json();
        let place = (event["attempt"].as_u64().unwrap_or(0), event["sequence"].as_u64().unwrap_or(0));
        let first = keys.entry(place).or_insert(one);
        if (first.key(), &first.body) != (one.key(), &one.body) {
            faults.push(format!("{place:?} came as {} and as {}", first.body, one.body));
        }
        if place.1 > 1 && !taken.contains(&(place.0, place.1 - 1)) {
            faults.push(format!("{place:?} came before the one before it was taken"));
        }
        if one.was_taken() {
            taken.insert(place);
        }
    }
    let names: BTreeSet<&str> = keys.values().map(|got| got.key()).collect();
    if names.len() != keys.len() {
        faults.push(String::from("two events have one key"));
    }
    faults
}
