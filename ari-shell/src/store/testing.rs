//! A floor's database for tests: a file in a temporary folder, or a database of its own on the server that
//! `tests/lab/postgres.sh` has started for this run.

use std::io::Write as _;
use std::sync::Arc;

use engine::agent::{AgentState, PauseCode};
use engine::amd::{AmdLog, Listener, Policy, Verdict, VerdictCause};
use engine::call::{Act, CallRequest, Disposed, Ending, Phase, Record, Try};
use engine::lead::{Fate, Past, QueueItem, WhyExhausted};
use engine::words::{
    AgentId, AttemptId, CampaignId, CarrierId, Cause, LeadId, Micros, Node, Number, QueueId, RequestId,
    SessionId, Span, TechCause,
};
use engine::{Command, Event, Outcome, Times};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyPool, AssertSqlSafe, Row, Transaction};
use tempfile::TempDir;
use tokio::sync::mpsc::{self, UnboundedReceiver};

pub(crate) use super::Dialect;
use super::{Names, Store, StoreError, Writer};
use crate::clock::Clock;

pub(crate) const SPRING: CampaignId = CampaignId(1);
pub(crate) const AUTUMN: CampaignId = CampaignId(2);
pub(crate) const BOTH: [CampaignId; 2] = [SPRING, AUTUMN];
pub(crate) const ANN: AgentId = AgentId(1);
pub(crate) const BOB: AgentId = AgentId(2);

/// A moment in the tests' own day, in milliseconds after 2023-11-14 22:13:20 UTC.
pub(crate) fn at(ms: u64) -> Micros {
    Micros(1_700_000_000_000_000 + ms * 1_000)
}

pub(crate) fn number(text: &str) -> Number {
    Number::parse(text).expect("a number")
}

/// What is heard of a machine that is hung up on, and counts as a twentieth of a drop.
pub(crate) fn machine() -> AmdLog {
    AmdLog {
        by: Listener::Gate,
        verdict: Verdict::Machine,
        cause: VerdictCause::LongGreeting,
        after_ms: 1_500,
        policy: Policy::HangUp,
        message_after_ms: None,
        drop_share: 50,
    }
}

pub(crate) fn node(name: &str) -> Node {
    Node::try_from(name.to_owned()).expect("a node name")
}

/// Makes each `async fn name(floor: Floor)` a test on each database.
macro_rules! on_each_database {
    ($($test:ident,)*) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    use $crate::store::testing::{Dialect, Floor};
                    super::$test(Floor::new(Dialect::Sqlite).await.expect("SQLite is built in")).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    use $crate::store::testing::{Dialect, Floor};
                    if let Some(floor) = Floor::new(Dialect::Postgres).await {
                        super::$test(floor).await;
                    }
                }
            )*
        }
    };
}

pub(crate) use on_each_database;

/// A database with two campaigns, two carriers and an agent in each campaign.
pub(crate) struct Floor {
    folder: TempDir,
    pub(crate) url: String,
    pub(crate) store: Store,
}

impl Floor {
    /// `None`, and loud, where there is no such server here.
    pub(crate) async fn new(dialect: Dialect) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = url_of(dialect, &folder)?;
        let store = open(&url, "rm1").await;
        store.migrate().await.expect("migrations");
        let names = Names {
            campaigns: &["spring", "autumn"],
            carriers: &["north", "south"],
            agents: &[("ann", "spring"), ("bob", "autumn")],
        };
        store.register(names).await.expect("registered");
        store.reopen().await.expect("signed in");
        Some(Self { folder, url, store })
    }

    /// The same database, as another process would open it.
    pub(crate) async fn again(&self, node: &str) -> Store {
        open(&self.url, node).await
    }

    /// A database beside this one, of the same kind, with nothing in it.
    pub(crate) async fn elsewhere(&self) -> Store {
        open(&format!("{}_2", self.url), "rm1").await
    }

    /// A path in the same folder.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Puts leads into a campaign, due at once; ids go on from those there.
    pub(crate) async fn leads(&self, campaign: CampaignId, numbers: &[&str]) {
        for number in numbers {
            self.sql(&format!(
                "INSERT INTO leads (id, number, attributes) \
                 SELECT COALESCE(MAX(id), 0) + 1, '{number}', '[[\"FIRST_NAME\",\"Eve\"]]' FROM leads"
            ))
            .await;
            self.sql(&format!(
                "INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts) \
                 SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM queue), {campaign}, MAX(id), '{number}', \
                        'waiting', 0, 0 FROM leads"
            ))
            .await;
        }
    }

    /// Puts so many leads into a campaign: 15550000001 and on.
    pub(crate) async fn numbered_leads(&self, campaign: CampaignId, count: u64) {
        let numbers: Vec<String> = (1..=count).map(|nth| format!("1555{nth:07}")).collect();
        self.leads(campaign, &numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }

    /// Runs statements of the test's own.
    pub(crate) async fn sql(&self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(self.store.pool()).await.expect(statements);
    }

    /// The first column of the first row as text, `-` for NULL.
    pub(crate) async fn one(&self, query: &str) -> String {
        let row = sqlx::query(AssertSqlSafe(query)).fetch_one(self.store.pool()).await.expect(query);
        cell(&row, 0)
    }

    /// All rows, each as its columns in one text.
    pub(crate) async fn rows(&self, query: &str) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(self.store.pool()).await.expect(query);
        let line = |row: &AnyRow| (0..row.len()).map(|at| cell(row, at)).collect::<Vec<_>>().join(" ");
        rows.iter().map(line).collect()
    }

    /// How SQLite goes about a statement, a line for each step.
    pub(crate) async fn plan(&self, statement: &str) -> Vec<String> {
        let sql = format!("EXPLAIN QUERY PLAN {statement}");
        let steps = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(self.store.pool()).await.expect("a plan");
        steps.iter().map(|step| step.get("detail")).collect()
    }

    pub(crate) fn writer(&self) -> Pen {
        Pen::new(&self.store)
    }
}

/// Where that database is for whoever has `folder`; it is not made yet.
pub(crate) fn url_of(dialect: Dialect, folder: &TempDir) -> Option<String> {
    match dialect {
        Dialect::Sqlite => Some(format!("sqlite://{}", folder.path().join("floor.db").display())),
        Dialect::Postgres => {
            let Ok(server) = std::env::var("RINGMASTER_POSTGRES") else {
                assert!(
                    std::env::var("CI").as_deref() != Ok("true"),
                    "CI must run the tests with a PostgreSQL"
                );
                let told = "SKIPPED, no PostgreSQL: install one, and run the tests by cargo nextest";
                // A closed terminal is no reason to fail.
                let _ = writeln!(std::io::stderr(), "{told}");
                return None;
            };
            let (server, _) = server.rsplit_once('/').expect("the URL names a database");
            let name = folder.path().file_name().expect("it has a name").to_string_lossy();
            // With the process in it, by which the script knows when it may go.
            Some(format!("{server}/test_{}_{}", std::process::id(), name.trim_start_matches('.')))
        }
    }
}

fn cell(row: &AnyRow, at: usize) -> String {
    row.try_get::<Option<String>, _>(at)
        .map(|text| text.unwrap_or_else(|| String::from("-")))
        .or_else(|_| {
            row.try_get::<Option<i64>, _>(at).map(|number| number.map_or("-".to_owned(), |n| n.to_string()))
        })
        .expect("a text or a number")
}

async fn open(url: &str, name: &str) -> Store {
    Store::open(url, &node(name), Clock::start()).await.expect("an open store")
}

impl Store {
    /// A transaction that is held for as long as a test wants.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        self.writing.begin(self.desk.dialect.begin()).await
    }

    /// For statements of a test's own.
    pub(crate) const fn pool(&self) -> &AnyPool {
        self.reading.raw()
    }
}

/// A writer together with the ear for its answers.
pub(crate) struct Pen {
    pub(crate) writer: Writer,
    pub(crate) answers: UnboundedReceiver<Event>,
    last: u64,
}

impl Pen {
    pub(crate) fn new(store: &Store) -> Self {
        let (events, answers) = mpsc::unbounded_channel();
        Self { writer: store.writer(events), answers, last: 0 }
    }

    /// Submits without waiting.
    pub(crate) fn submit(&mut self, make: impl FnOnce(RequestId) -> Command) -> RequestId {
        self.last += 1;
        let request = RequestId(self.last);
        self.writer.submit(make(request)).expect("a command for the database");
        request
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> (RequestId, Outcome) {
        match self.answers.recv().await {
            Some(Event::Settled { request, outcome }) => (request, outcome),
            other => panic!("no answer but {other:?}"),
        }
    }

    /// Submits and waits.
    pub(crate) async fn ask(&mut self, make: impl FnOnce(RequestId) -> Command) -> Outcome {
        let asked = self.submit(make);
        let (answered, outcome) = self.answer().await;
        assert_eq!(answered, asked);
        outcome
    }

    /// Waits until so many commands are carried out.
    pub(crate) async fn carries_out(&mut self, count: usize) {
        for _ in 0..count {
            let (_, outcome) = self.answer().await;
            assert_eq!(outcome, Outcome::Done);
        }
    }

    pub(crate) async fn fetch(
        &mut self,
        campaign: CampaignId,
        count: u32,
    ) -> (Vec<QueueItem>, Option<Micros>) {
        let outcome = self.ask(|request| Command::Fetch { request, campaign, count, cap: 100 }).await;
        let Outcome::Fetched { items, next_due, .. } = outcome else {
            panic!("fetched nothing but {outcome:?}")
        };
        (items, next_due)
    }

    pub(crate) async fn save(&mut self, call: CallRequest) -> Outcome {
        self.ask(|request| Command::Save { request, call: Arc::new(call) }).await
    }

    pub(crate) async fn record(&mut self, record: Record) -> Outcome {
        self.ask(|request| Command::Record { request, record: Arc::new(record) }).await
    }

    /// Fetches one item of `campaign` and saves the intent to dial it as `attempt`.
    pub(crate) async fn open(&mut self, campaign: CampaignId, attempt: u64) -> CallRequest {
        let (items, _) = self.fetch(campaign, 1).await;
        let call = request(campaign, items.first().expect("an item"), attempt);
        assert_eq!(self.save(call.clone()).await, Outcome::Done);
        call
    }
}

/// A note of how an agent at work stands, who has not asked to leave and missed no ring.
pub(crate) fn note(
    agent: AgentId,
    since: Micros,
    state: AgentState,
    paused: Option<PauseCode>,
) -> impl FnOnce(RequestId) -> Command {
    let session = Some(SessionId(1));
    move |request| Command::NoteAgent {
        request,
        agent,
        session,
        state,
        since,
        paused,
        leaves: false,
        missed: None,
    }
}

/// The first try of an attempt on `item`.
pub(crate) fn request(campaign: CampaignId, item: &QueueItem, attempt: u64) -> CallRequest {
    CallRequest {
        attempt: AttemptId(attempt),
        ordinal: 1,
        campaign,
        queue: item.id,
        lead: item.lead,
        number: item.number,
        alternates: item.alternates.clone(),
        nth: item.attempts + 1,
        past: item.past.clone(),
        callback: item.callback,
        carrier: CarrierId(1),
        agent: None,
        codec: None,
        endpoint: format!("PJSIP/{}@north", item.number).into(),
        caller_id: Some(String::from("15550001111")),
        prefix: String::from("9"),
        account: Some(String::from("acme")),
        ring_timeout_ms: 25_000,
        digits: None,
        variables: [("CAMPAIGN_ID", campaign.to_string().as_str()), ("FIRST_NAME", "Eve")]
            .into_iter()
            .collect(),
        undropped_since: None,
        created: at(0),
    }
}

/// What Ann says of her call with the first lead.
pub(crate) fn said(code: &str, fate: Fate) -> Disposed {
    Disposed {
        attempt: AttemptId(1),
        campaign: SPRING,
        queue: QueueId(1),
        number: number("15550000001"),
        agent: ANN,
        code: code.to_owned(),
        said: true,
        at: at(90_000),
        fate,
        next_number: None,
        past: Past::default(),
        callback: None,
        promised: false,
        note: None,
        bars: false,
        list: None,
    }
}

/// An item as `Floor::leads` makes them.
pub(crate) fn item(id: u64, digits: &str) -> QueueItem {
    QueueItem {
        id: QueueId(id),
        lead: LeadId(id),
        number: number(digits),
        alternates: Vec::new(),
        attempts: 0,
        past: Past::default(),
        callback: None,
        note: None,
        attributes: vec![(String::from("FIRST_NAME"), String::from("Eve"))],
        zone: None,
        dropped: None,
    }
}

/// The record of a call that `how` describes.
pub(crate) fn record(call: &CallRequest, how: How) -> Record {
    let (ending, times) = how.told(call.created);
    let result = ending.result();
    Record {
        attempt: call.attempt,
        campaign: call.campaign,
        queue: call.queue,
        lead: call.lead,
        number: call.number,
        nth: call.nth,
        carrier: call.carrier,
        agent: times.bridged.map(|_| ANN),
        result,
        ending,
        tries: vec![Try {
            ordinal: call.ordinal,
            carrier: call.carrier,
            cause: ending.cause,
            tech: ending.tech,
            unplaced: ending.unplaced,
        }],
        times,
        fate: match result.reached() {
            true => Fate::Completed,
            false => Fate::Exhausted(WhyExhausted::Rule),
        },
        next_number: None,
        past: call.past.clone(),
        promised: false,
        flow: None,
        recordings: vec![],
        transfers: Vec::new(),
        amd: None,
        held: Span::ZERO,
    }
}

/// What a call came to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    Busy,
    /// The number was said not to exist.
    NoSuchNumber,
    /// The trunk had no room, and no phone rang.
    NoRoom,
    Unplaced,
    /// Waited so many milliseconds for the agent, then talked so long.
    Talked(u64, u64),
    /// Answered, waited so long, heard the message and was let go.
    Dropped(u64),
    /// Answered, and hung up after so long.
    HungUp(u64),
}

impl How {
    /// Placed after 10 ms, ringing after 1 s, answered after 5 s.
    fn told(self, created: Micros) -> (Ending, Times) {
        let after = |ms: u64| Some(Micros(created.0 + ms * 1_000));
        let ending = |phase, act, cause: u16| Ending {
            phase,
            act,
            cause: Some(Cause(cause)),
            tech: Some(TechCause(200)),
            unplaced: None,
        };
        let dialled = Times { created, placed: after(10), ..Times::default() };
        let answered = Times { rang: after(1_000), answered: after(5_000), ..dialled };
        match self {
            Self::Busy => (
                Ending { tech: Some(TechCause(486)), ..ending(Phase::Placed, None, 17) },
                Times { ended: after(2_000), ..dialled },
            ),
            Self::NoSuchNumber => (
                Ending { tech: Some(TechCause(404)), ..ending(Phase::Placed, None, 1) },
                Times { ended: after(500), ..dialled },
            ),
            Self::NoRoom => (
                Ending { tech: Some(TechCause(503)), ..ending(Phase::Placed, None, 34) },
                Times { ended: after(500), ..dialled },
            ),
            Self::Unplaced => (
                Ending {
                    cause: None,
                    tech: None,
                    unplaced: Some(engine::Failure::Unavailable),
                    ..ending(Phase::Placed, None, 0)
                },
                Times { ended: after(20), ..dialled },
            ),
            Self::Talked(wait, talk) => (
                ending(Phase::Bridged, None, 16),
                Times { bridged: after(5_000 + wait), ended: after(5_000 + wait + talk), ..answered },
            ),
            Self::Dropped(wait) => (
                ending(Phase::Answered, Some(Act::NoAgent), 16),
                Times { message: after(5_000 + wait), ended: after(8_000 + wait), ..answered },
            ),
            Self::HungUp(wait) => {
                (ending(Phase::Answered, None, 16), Times { ended: after(5_000 + wait), ..answered })
            }
        }
    }
}
