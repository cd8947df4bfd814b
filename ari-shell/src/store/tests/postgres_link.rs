//! The link to PostgreSQL breaks: just when a commit is done and its answer is on the way, or in silence.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use sqlx::{Any, Transaction};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::*;
use crate::clock::Clock;
use crate::hopper::Hopper;
use crate::store::door::READERS;
use crate::store::testing::node;
use crate::store::{ByHand, ListRules, Store, StoreError};
use engine::lead::Barred;

const UNKNOWN: Outcome = Outcome::Failed(Failure::OutcomeUnknown);

/// A floor, and a pen that writes through a link of its own.
struct Scene {
    floor: Floor,
    link: Link,
    store: Store,
    pen: Pen,
}

impl Scene {
    async fn set(numbers: &[&str]) -> Option<Self> {
        let floor = Floor::new(Dialect::Postgres).await?;
        floor.leads(SPRING, numbers).await;
        let (user, place) = floor.url.rsplit_once('@').expect("a URL with a user");
        let (address, database) = place.split_once('/').expect("a URL with a database");
        let link = Link::to(address.parse().expect("an address")).await;
        let url = format!("{user}@{}/{database}", link.address);
        let store = Store::open(&url, &node("rm1"), Clock::start()).await.expect("an open store");
        Some(Self { pen: Pen::new(&store), floor, link, store })
    }

    /// Somebody else has what this statement locks, until their transaction ends.
    async fn locks(&self, statement: &'static str) -> Transaction<'static, Any> {
        let mut lock = self.floor.store.begin().await.expect("a transaction");
        sqlx::query(statement).execute(&mut *lock).await.expect("it is locked");
        lock
    }

    /// Returns when so many connections wait for a lock: what they asked has reached the server.
    async fn waits_for_a_lock(&self, connections: u32) {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while self.floor.one(waiting).await != connections.to_string() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A way to a server, which can be cut.
struct Link {
    address: SocketAddr,
    /// Whether the answers to the next commits are swallowed, and their connections with them.
    cut: Arc<Mutex<VecDeque<bool>>>,
    /// Whether the connections that stand carry nothing any more; new ones do.
    dead: watch::Sender<()>,
    /// Lets new ones in.
    porter: JoinHandle<()>,
    server: SocketAddr,
}

impl Link {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (cut, dead) = (Arc::default(), watch::Sender::new(()));
        let porter = Self::opens(listener, server, Arc::clone(&cut), dead.clone());
        Self { address, cut, dead, porter, server }
    }

    fn opens(
        listener: TcpListener,
        server: SocketAddr,
        cut: Arc<Mutex<VecDeque<bool>>>,
        dead: watch::Sender<()>,
    ) -> JoinHandle<()> {
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (cut, mut dead) = (Arc::clone(&cut), dead.subscribe());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = carry(&mut client, server, cut) => {}
                        // Both ends are kept, and hear nothing.
                        _ = dead.changed() => std::future::pending().await,
                    }
                });
            }
        })
    }

    /// As when the server is stopped: nobody is let in any more, and what stands says nothing.
    async fn goes_away(&mut self) {
        self.porter.abort();
        let _aborted = (&mut self.porter).await;
        self.falls_silent();
    }

    async fn comes_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("its own port");
        self.porter = Self::opens(listener, self.server, Arc::clone(&self.cut), self.dead.clone());
    }

    fn cut_at_commit(&self) {
        self.cut_at_commits([true]);
    }

    fn cut_at_commits(&self, cut: impl Into<VecDeque<bool>>) {
        *self.cut.lock().expect("nobody panics") = cut.into();
    }

    fn falls_silent(&self) {
        self.dead.send_replace(());
    }
}

/// Carries bytes both ways until either side ends, or the link is cut.
async fn carry(
    client: &mut TcpStream,
    server: SocketAddr,
    cut: Arc<Mutex<VecDeque<bool>>>,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut asked, mut told) = ([0; 1 << 16], [0; 1 << 16]);
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let asked = &asked[..count?];
                server.write_all(asked).await?;
                let commits = asked.windows(6).any(|word| word == b"COMMIT");
                let is_cut = commits && cut.lock().expect("nobody panics").pop_front() == Some(true);
                if asked.is_empty() || is_cut {
                    // Whatever comes is the answer, and says that it is done.
                    let _answer = server.read(&mut told).await?;
                    return Ok(());
                }
            }
            count = server.read(&mut told) => match count? {
                0 => return Ok(()),
                count => client.write_all(&told[..count]).await?,
            },
        }
    }
}

#[tokio::test]
async fn items_of_a_claim_that_nobody_was_told_of_are_given_back_by_what_is_written_next() {
    let Some(mut scene) = Scene::set(&["15550000001", "15550000002"]).await else { return };
    scene.link.cut_at_commit();
    let fetch = |request| Command::Fetch { request, campaign: SPRING, count: 9, cap: 100 };
    assert_eq!(scene.pen.ask(fetch).await, UNKNOWN);
    assert_eq!(scene.floor.one("SELECT COUNT(*) FROM queue WHERE state = 'claimed'").await, "2");
    let (items, _) = scene.pen.fetch(SPRING, 9).await;
    assert_eq!(items, [item(1, "15550000001"), item(2, "15550000002")]);
}

#[tokio::test]
async fn an_intent_in_doubt_is_closed_by_its_record_whether_it_was_written_or_not() {
    let Some(mut scene) = Scene::set(&["15550000001"]).await else { return };
    let (items, _) = scene.pen.fetch(SPRING, 1).await;
    let call = request(SPRING, &items[0], 1);
    scene.link.cut_at_commit();
    assert_eq!(scene.pen.save(call.clone()).await, UNKNOWN);
    assert_eq!(queue(&scene.floor, 1).await, "open 0 - rm1.c.1.1 rm1.b.1");
    let closing = Record { fate: Fate::Retry(at(1)), ..record(&call, How::Unplaced) };
    assert_eq!(scene.pen.record(closing).await, Outcome::Done);
    assert_eq!(queue(&scene.floor, 1).await, "waiting 1 technical - -");
    assert_eq!(scene.floor.one("SELECT closed FROM attempts WHERE id = 1").await, "1");
}

#[tokio::test]
async fn a_record_that_is_sent_again_is_there_once() {
    let Some(mut scene) = Scene::set(&["15550000001"]).await else { return };
    let call = scene.pen.open(SPRING, 1).await;
    let ended = record(&call, How::Talked(400, 60_000));
    scene.link.cut_at_commit();
    assert_eq!(scene.pen.record(ended.clone()).await, UNKNOWN);
    assert_eq!(scene.pen.record(ended.clone()).await, Outcome::Done);
    assert_eq!(logged(&scene.floor, 1).await, ended);
    assert_eq!(scene.floor.one("SELECT COUNT(*) FROM call_log").await, "1");
    assert_eq!(queue(&scene.floor, 1).await, "completed 1 connected - -");
}

#[tokio::test]
async fn a_server_that_falls_silent_within_a_transaction_is_connected_anew() {
    let Some(mut scene) = Scene::set(&["15550000001"]).await else { return };
    let (items, _) = scene.pen.fetch(SPRING, 1).await;
    let _lock = scene.locks("UPDATE queue SET due_at = due_at").await;
    let call = Arc::new(request(SPRING, &items[0], 1));
    scene.pen.submit(|request| Command::Save { request, call });
    scene.waits_for_a_lock(1).await;
    scene.link.falls_silent();
    assert_eq!(scene.pen.answer().await.1, FAILED);
    // The transaction that nobody ends has its rows until the server misses its end of the link; all others are free.
    let mut asked = 0;
    let note = |request| note_campaign(request, SPRING, CampaignState::Paused);
    while scene.pen.ask(note).await != Outcome::Done {
        asked += 1;
        assert!(asked < 3, "each of the old connections is tried once");
    }
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_not_held_for_good_whoever_has_it() {
    let Some(mut scene) = Scene::set(&["15550000001", "15550000002"]).await else { return };
    let (items, _) = scene.pen.fetch(SPRING, 2).await;
    let _lock = scene.locks("UPDATE queue SET due_at = due_at").await;
    let keeper = scene.store.clone();
    let kept = tokio::spawn(async move { keeper.keep_leases(&[]).await });
    let call = Arc::new(request(SPRING, &items[0], 1));
    scene.pen.submit(|request| Command::Save { request, call });
    scene.waits_for_a_lock(2).await;
    scene.link.falls_silent();
    assert_eq!(scene.pen.answer().await.1, FAILED);
    let mut asked = 0;
    let note = |request| note_campaign(request, SPRING, CampaignState::Paused);
    while scene.pen.ask(note).await != Outcome::Done {
        asked += 1;
        assert!(asked < 3, "both of the old connections have ended");
    }
    let kept = tokio::time::timeout(Duration::from_secs(1), kept).await.expect("it has ended too");
    assert!(matches!(kept.expect("no panic"), Err(StoreError::Silent)));
}

#[tokio::test]
async fn a_question_that_is_not_answered_ends_and_so_does_its_connection() {
    let Some(scene) = Scene::set(&["15550000001"]).await else { return };
    let store =
        Store { reading: scene.store.reading.clone().within(Duration::from_secs(3)), ..scene.store.clone() };
    let mut open = Vec::new();
    for _ in 0..READERS {
        open.push(store.begin_reading().await.expect("a connection"));
    }
    drop(open);
    let lock = scene.locks("LOCK TABLE outbox").await;
    let ask = |_| {
        let store = store.clone();
        tokio::spawn(async move { store.has_letters("crm").await })
    };
    let asked: Vec<_> = (0..READERS).map(ask).collect();
    scene.waits_for_a_lock(READERS).await;
    scene.link.falls_silent();
    for asked in asked {
        let answer = tokio::time::timeout(Duration::from_secs(20), asked).await.expect("it has ended");
        assert!(matches!(answer.expect("no panic"), Err(StoreError::Silent)));
    }
    lock.rollback().await.expect("rolled back");
    assert!(!store.has_letters("crm").await.expect("answered by a new connection"));
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_once_and_once_more_when_it_is_back() {
    let Some(mut scene) = Scene::set(&["15550000001"]).await else { return };
    let (log, _listens) = Log::listen();
    let note = |request| note_campaign(request, SPRING, CampaignState::Paused);
    assert_eq!(scene.pen.ask(note).await, Outcome::Done);
    scene.link.goes_away().await;
    for _ in 0..2 {
        assert_eq!(scene.pen.ask(note).await, FAILED);
        assert!(!scene.store.answers().await);
    }
    scene.link.comes_back().await;
    while !scene.store.answers().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(scene.pen.ask(note).await, Outcome::Done);
    insta::assert_snapshot!(log.told(scene.link.address), @r#"
    ERROR the database does not answer, and is asked again every second. Until it does no call is placed; those that are under way go on, and while this shell runs, what comes of them is kept, to be written then database="DATABASE at HOST:PORT" why="error communicating with database: Connection refused (os error 111)"
     INFO the database answers again database="DATABASE at HOST:PORT"
    "#);
}

#[tokio::test]
async fn a_server_all_of_whose_connections_are_in_use_is_not_said_to_be_away() {
    let Some(mut scene) = Scene::set(&[]).await else { return };
    let (log, _listens) = Log::listen();
    let mut in_use = Vec::new();
    for _ in 0..2 {
        in_use.push(scene.store.begin().await.expect("a connection"));
    }
    let note = |request| note_campaign(request, SPRING, CampaignState::Paused);
    assert_eq!(scene.pen.ask(note).await, FAILED);
    assert!(scene.store.answers().await);
    drop(in_use);
    assert_eq!(scene.pen.ask(note).await, Outcome::Done);
    insta::assert_snapshot!(log.told(scene.link.address), @"ERROR not written: the database could not do it: no connection to it was to be had within 5 s count=1");
}

#[tokio::test]
async fn a_clock_that_is_far_ahead_of_the_servers_is_told() {
    let Some(floor) = Floor::new(Dialect::Postgres).await else { return };
    let ahead = || Clock::start().now() + Span::secs(3_600);
    let store = Store::open(&floor.url, &node("rm2"), Clock::by(ahead)).await.expect("an open store");
    let (log, _listens) = Log::listen();
    let hopper = Hopper::open(store, None).expect("no Redis");
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    while log.told(nowhere).is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    hopper.close().await;
    insta::assert_snapshot!(log.told(nowhere), @"ERROR the clock here is 3600 s ahead of the database's; have both set by NTP: calling hours go by the one here, and a node that is far ahead of others takes leads from them that they hold");
}

/// What is told to whoever reads the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Of this thread, on which all of a test is done, until the guard is dropped.
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let told = tracing_subscriber::fmt().with_writer(move || writer.clone());
        let told =
            told.without_time().with_target(false).with_ansi(false).with_max_level(tracing::Level::INFO);
        (log, tracing::subscriber::set_default(told.finish()))
    }

    /// Without what differs each time.
    fn told(&self, address: SocketAddr) -> String {
        let log = String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text");
        let log = log.replace(&address.to_string(), "HOST:PORT");
        let named =
            log.split('"').find(|word| word.starts_with("test_")).and_then(|word| word.split(' ').next());
        named.map_or_else(|| log.clone(), |name| log.replace(name, "DATABASE"))
    }
}

impl std::io::Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The floor's list of two numbers and an area, which is to get a new version of the same.
async fn replaced(scene: &Scene) -> Result<u64, StoreError> {
    let numbers = ["15550000001", "15550000002"].map(|digits| Barred::Number(number(digits)));
    let entries = numbers.into_iter().chain([Barred::Area(String::from("1900"))]).map(Ok);
    scene.store.replace_list("own", at(0), ByHand::Stay, entries).await.map(|replaced| replaced.entries)
}

async fn listed(floor: &Floor) -> Vec<String> {
    let held = "SELECT number FROM dnc_numbers JOIN dnc_lists ON id = list_id \
             AND dnc_lists.version = dnc_numbers.version \
         UNION SELECT prefix FROM dnc_areas JOIN dnc_lists ON id = list_id \
             AND dnc_lists.version = dnc_areas.version ORDER BY 1";
    floor.rows(held).await
}

const LISTED: [&str; 3] = ["15550000001", "15550000002", "1900"];

/// What comes before the version that was begun is in force: its number is set aside, and an area and numbers are put.
const BEFORE: [bool; 3] = [false; 3];

#[tokio::test]
async fn a_version_of_a_list_that_came_into_force_unheard_is_whole_and_known_to_hold() {
    let Some(scene) = Scene::set(&[]).await else { return };
    let list = ListRules { name: "own", max_age: None, campaigns: vec![] };
    scene.store.keep_lists(&BOTH, &[list]).await.expect("kept");
    assert_eq!(replaced(&scene).await.expect("replaced"), 3);
    scene.link.cut_at_commits([&BEFORE[..], &[true]].concat());
    assert_eq!(replaced(&scene).await.expect("replaced"), 3);
    assert_eq!(listed(&scene.floor).await, LISTED);
    assert_eq!(scene.floor.one("SELECT COUNT(*) FROM dnc_numbers").await, "2", "the old version is cleared");
}

#[tokio::test]
async fn a_version_of_a_list_that_may_be_in_force_is_not_cleared_where_nobody_can_say_so() {
    let Some(scene) = Scene::set(&[]).await else { return };
    let list = ListRules { name: "own", max_age: None, campaigns: vec![] };
    scene.store.keep_lists(&BOTH, &[list]).await.expect("kept");
    scene.link.cut_at_commits([&BEFORE[..], &[true, true]].concat());
    assert!(matches!(replaced(&scene).await, Err(StoreError::Database(_))));
    assert_eq!(listed(&scene.floor).await, LISTED);
    assert_eq!(replaced(&scene).await.expect("replaced"), 3);
    assert_eq!(listed(&scene.floor).await, LISTED);
    assert_eq!(scene.floor.one("SELECT COUNT(*) FROM dnc_numbers").await, "2", "the old version is cleared");
}
