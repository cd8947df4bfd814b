//! How fast the outbox drains: a hundred thousand events that wait, to a receiver on the same machine, from SQLite and from
//! PostgreSQL. Both databases are in a temporary folder, and both write to the disk before they answer.
//!
//! ```text
//! cargo bench -p tests --bench outbox
//! ```
//! The events are as long as those of real calls, each of a call of its own. The receiver is in this process and keeps every
//! request; at the end each event has come exactly once. Processor time is that of the whole process, the receiver's part
//! among it; a database server's is not.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use ari_shell::clock::Clock;
use ari_shell::config::Config;
use ari_shell::outbox::Couriers;
use ari_shell::store::Store;
use engine::words::Node;
use sqlx::{AnyPool, AssertSqlSafe};
use tests::figures::Bounds;
use tests::lab::postgres::Postgres;
use tests::lab::process;
use tests::receiver::Receiver;
use tokio::time::Instant;

/// Events that wait.
const EVENTS: usize = 100_000;
/// Events a second that the project claims to deliver.
const FROM: f64 = 2_000.0;
/// Events inserted by one statement.
const AT_ONCE: usize = 500;

/// What is told of a call, of the usual length.
const PAYLOAD: &str = include_str!("payload.json");

#[tokio::main]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut bounds = Bounds::default();
    let file = format!("sqlite://{}", folder.path().join("outbox.db").display());
    drain("SQLite", &file, folder.path(), &mut bounds).await;
    if let Some(server) = Postgres::start() {
        drain("PostgreSQL", &server.database("outbox"), folder.path(), &mut bounds).await;
    }
    bounds.end()
}

async fn drain(kind: &str, url: &str, folder: &std::path::Path, bounds: &mut Bounds) {
    let receiver = Receiver::start().await.expect("a port");
    let file = folder.join("ringmaster.toml");
    let text = format!(
        "[database]\nurl = \"{url}\"\n[ari]\npassword = \"none\"\n\
         [[webhook]]\nname = \"bench\"\nurl = \"{}\"\nsecret = \"a-secret-of-the-bench\"\n",
        receiver.url()
    );
    std::fs::write(&file, text).expect("the configuration is written");
    let config = Config::load(&file, []).unwrap_or_else(|problems| panic!("{problems}"));
    let node = Node::try_from("rm1".to_owned()).expect("a name");
    let store = Store::open(url, &node, Clock::start()).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    furnish(url).await;

    let cpu = || process::cpu(std::process::id()).expect("this process runs");
    let (began, before) = (Instant::now(), cpu());
    let couriers = Couriers::start(&store, &config).await.expect("the couriers start");
    let delivered = || couriers.outbox().standing()[0].delivered;
    while delivered() < EVENTS as u64 {
        assert!(began.elapsed() < Duration::from_secs(600), "only {} are delivered", delivered());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (took, used) = (began.elapsed(), cpu() - before);
    couriers.close(Duration::from_secs(10)).await;

    let per_second = EVENTS as f64 / took.as_secs_f64();
    let each = used.as_secs_f64() * 1_000_000.0 / EVENTS as f64;
    println!("{kind:10} {EVENTS} events: {took:.1?}, {per_second:.0} events/s, CPU {each:.0} us an event");
    bounds.hold(per_second >= FROM, format!("{kind}: {FROM} events a second are delivered"));
    let keys: BTreeSet<String> = receiver.got().iter().map(|got| got.key().to_owned()).collect();
    bounds.hold(keys.len() == EVENTS, format!("{kind}: every event is delivered"));
    bounds.hold(receiver.taken() == EVENTS, format!("{kind}: none is delivered twice"));
    let left = store.backlog().await.expect("counted");
    bounds.hold(left.is_empty(), format!("{kind}: nothing is left in the outbox: {left:?}"));
}

/// Events that wait, each of a call of its own.
async fn furnish(url: &str) {
    let database = AnyPool::connect(url).await.expect("the database is there");
    for first in (0..EVENTS).step_by(AT_ONCE) {
        let mut rows = String::new();
        for serial in first + 1..=first + AT_ONCE {
            let comma = if rows.is_empty() { "" } else { ", " };
            write!(
                rows,
                "{comma}({serial}, 1, 'bench', 1, 'call.ended', 1, 'evt_{serial:032x}', '{PAYLOAD}', {serial}, 'waiting', 0, {serial}, {serial})"
            )
            .expect("a string takes all that is written");
        }
        let sql = format!(
            "INSERT INTO outbox (attempt_id, seq, sink, campaign_id, kind, which, key, payload, told_at, state, tries, since, due_at) VALUES {rows}"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&database).await.expect("the events are inserted");
    }
    database.close().await;
}
