//! A Redis that is there, goes away and comes back, and the database that stands in.

use std::io::Write as _;
use std::time::Duration;

use engine::words::QueueId;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::{Ask, Hopper, Standing, ask};
use crate::config::Redis;
use crate::store::Claim;
use crate::store::testing::{Dialect, Floor, SPRING};

/// The Redis that `tests/lab/redis.sh` has started for this run, under keys of the test's own; `None`, and loud, where there
/// is none.
pub(crate) fn redis_of_the_lab(prefix: &str) -> Option<Redis> {
    let Ok(url) = std::env::var("RINGMASTER_REDIS") else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must run the tests with a Redis");
        let told = "SKIPPED, no Redis: install one, and run the tests by cargo nextest";
        // A closed terminal is no reason to fail.
        let _ = writeln!(std::io::stderr(), "{told}");
        return None;
    };
    let prefix = format!("{prefix}-{}", std::process::id());
    Some(Redis { url: SecretString::from(url), prefix, stream: false })
}

/// A floor with that many leads, and a hopper over it.
async fn floor(leads: u64, redis: &Redis) -> (Floor, Hopper) {
    let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
    floor.numbered_leads(SPRING, leads).await;
    let hopper = Hopper::open(floor.store.clone(), Some(redis)).expect("an address");
    (floor, hopper)
}

const fn five() -> Claim {
    Claim { campaign: SPRING, count: 5, cap: 100 }
}

fn ids(items: impl IntoIterator<Item = u64>) -> Vec<QueueId> {
    items.into_iter().map(QueueId).collect()
}

/// Waits until the floor's queue says so of who holds how many: the shelf is filled up behind the answer.
async fn until_held(floor: &Floor, expected: &[&str]) {
    let by = "SELECT COALESCE(claimed_by, '-') AS holder, COUNT(*) FROM queue GROUP BY 1 ORDER BY 1";
    for _ in 0..100 {
        if floor.rows(by).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(floor.rows(by).await, expected);
}

#[tokio::test]
async fn redis_hands_out_in_dialling_order_what_was_put_there_when_it_was_asked_before() {
    let Some(redis) = redis_of_the_lab("order") else { return };
    let (floor, hopper) = floor(12, &redis).await;
    assert_eq!(hopper.offer(five()).await, [], "it was empty");
    until_held(&floor, &["- 7", "@shelf 5"]).await;
    assert_eq!(hopper.offer(five()).await, ids(1..=5));
    assert_eq!(hopper.standing(), Standing::Redis);
    // What was asked for within the minute is the level.
    until_held(&floor, &["@shelf 12"]).await;
    assert_eq!(hopper.offer(five()).await, ids(6..=10));
    assert_eq!(hopper.offer(five()).await, ids([11, 12]));
}

#[tokio::test]
async fn whoever_does_not_wait_any_more_is_handed_out_nothing_by_redis() {
    let Some(redis) = redis_of_the_lab("impatience") else { return };
    let (floor, hopper) = floor(12, &redis).await;
    hopper.offer(five()).await;
    until_held(&floor, &["- 7", "@shelf 5"]).await;
    let asks = || {
        let (answer, offered) = oneshot::channel();
        hopper.asks.send(Ask::Offer { wanted: five(), answer }).expect("it is there");
        offered
    };
    // One has gone before they are served, another while Redis is asked.
    drop(asks());
    let impatient = asks();
    yield_now().await;
    drop(impatient);
    assert_eq!(hopper.offer(five()).await, ids(1..=5));
}

#[tokio::test]
async fn without_a_redis_that_answers_the_database_stands_in_and_why_is_told() {
    let (url, prefix) = (SecretString::from("redis://127.0.0.1:1/0"), String::from("x"));
    let nowhere = Redis { url, prefix, stream: false };
    let (_floor, hopper) = floor(1, &nowhere).await;
    assert_eq!(hopper.offer(five()).await, []);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let Standing::StandIn { why } = hopper.standing() else { panic!("{:?}", hopper.standing()) };
    assert!(why.contains("refused"), "{why}");
    assert!(ask(&nowhere).await.expect_err("nobody is there").contains("refused"));
}

#[tokio::test]
async fn a_redis_that_cannot_hold_the_hopper_is_told_as_too_old() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}/0", listener.local_addr().expect("an address"));
    // Whatever else it is asked, it says what it is.
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 1_024];
                while let Ok(count @ 1..) = client.read(&mut asked).await {
                    let asked = String::from_utf8_lossy(&asked[..count]);
                    let info =
                        "$30\r\n# Server\r\nredis_version:6.0.16\r\n".repeat(asked.matches("INFO").count());
                    let answer = "+OK\r\n".repeat(asked.matches("CLIENT").count()) + &info;
                    client.write_all(answer.as_bytes()).await.expect("written");
                }
            });
        }
    });
    let old = Redis { url: SecretString::from(url), prefix: String::from("x"), stream: false };
    let told = "Redis 6.0.16 is too old: 6.2 is the oldest that can hold the shared hopper";
    assert_eq!(ask(&old).await.expect_err("it is old"), told);
    let (_floor, hopper) = floor(1, &old).await;
    assert_eq!(hopper.offer(five()).await, []);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(hopper.standing(), Standing::StandIn { why: told.to_owned() });
}

#[tokio::test]
async fn redis_says_its_version_when_it_is_looked_for() {
    let Some(redis) = redis_of_the_lab("version") else { return };
    let version = ask(&redis).await.expect("it answers");
    assert!(version.starts_with("Redis ") && version.chars().any(|c| c.is_ascii_digit()), "{version}");
}
