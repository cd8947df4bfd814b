//! The stream in Redis: what was told while Redis was away, and while the shell was killed, is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use tests::house::House;
use tests::lab::redis::Redis;
use tests::pbx::Pbx;

use super::{LIMIT, leads, rest};
use crate::outage::rules;

type Entry = (String, BTreeMap<String, String>);

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_in_redis_has_every_result_also_those_from_while_it_was_away() {
    let Some(redis) = Redis::start() else { return };
    redis.stop();
    let pbx = Pbx::simulated().await.expect("a port is free");
    let stores =
        format!("[redis]\nurl = \"{}\"\nstream = true\n[stream]\nlongest_wait = \"1s\"\n", redis.url());
    let mut house = House::furnish(&pbx.url(), &rules(&stores));
    house.import("spring", leads());
    house.open().await;
    house.start().await;
    rest().await;
    redis.again();
    for _ in 0..3 {
        rest().await;
        house.kill();
        house.open().await;
    }
    house.until_completed(LIMIT).await;
    let calls = house.logged().await;
    let entries = until_told(&house, &redis, calls.len()).await;
    house.close().await;

    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, fields) in &entries {
        let first = bodies.entry(&fields["id"]).or_insert(&fields["body"]);
        assert_eq!(*first, fields["body"], "a duplicate is the same text under the same key");
    }
    let told: BTreeSet<i64> =
        entries.iter().map(|(_, fields)| fields["attempt"].parse().expect("a number")).collect();
    assert_eq!(told, calls.iter().map(|call| call.attempt).collect());
}

/// Waits until so many different events are in the stream.
async fn until_told(house: &House, redis: &Redis, wanted: usize) -> Vec<Entry> {
    let client = redis::Client::open(redis.url()).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let end = Instant::now() + LIMIT;
    loop {
        let entries: Vec<Entry> = redis::cmd("XRANGE")
            .arg(&["ringmaster:events", "-", "+"])
            .query_async(&mut connection)
            .await
            .expect("the stream is read");
        let keys: BTreeSet<&String> = entries.iter().map(|(_, fields)| &fields["id"]).collect();
        if keys.len() >= wanted {
            return entries;
        }
        assert!(Instant::now() < end, "{} of {wanted} are told:\n{}", keys.len(), house.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
