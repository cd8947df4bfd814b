//! What the house has written down: its database, read from outside.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::amd::AmdLog;
use engine::call::{CallRequest, TransferLog, TransferRequest};
use engine::flow::{FlowLog, Step};
use engine::recording::TakeLog;
use engine::words::Signature;
use secrecy::ExposeSecret as _;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row as _};

use super::House;

/// One row of the call log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The attempt.
    pub attempt: i64,
    /// The canonical number.
    pub number: String,
    /// Which attempt on the queue item.
    pub nth: i64,
    /// The result.
    pub result: String,
    /// The carrier's name.
    pub carrier: String,
    /// The agent's name.
    pub agent: Option<String>,
    /// When the gate let it pass, microseconds.
    pub created_at: i64,
    /// When its originate was given out, after its intent was durable.
    pub placed_at: Option<i64>,
    /// When it was answered.
    pub answered_at: Option<i64>,
    /// When callee and agent were both in the bridge.
    pub bridged_at: Option<i64>,
    /// When it ended.
    pub ended_at: i64,
    /// How many carriers were tried.
    pub tries: usize,
    /// The names of those that were given the call, in the order tried.
    pub dialled: Vec<String>,
    /// The SIP responses that are on record of those calls; 0 where there is none.
    pub responses: Vec<u64>,
    /// The callee's way through the call flow: each node with what came of it, and how it ended. Empty where there was none.
    pub way: String,
    /// Everybody whom the callee was put through to.
    pub transfers: Vec<TransferLog>,
    /// How long the callee was on hold.
    pub held: Duration,
    /// Who was taken to have answered, where that was asked.
    pub amd: Option<AmdLog>,
    /// The names of the recordings that were made in its call flow.
    pub recordings: Vec<String>,
    /// What was recorded of the conversation.
    pub takes: Vec<TakeLog>,
}

impl Logged {
    /// The three digits of a test number that say what the callee does.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.number.get(4..7).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// From the answer until the agent was there.
    #[must_use]
    pub fn answer_to_agent(&self) -> Option<Duration> {
        let micros = self.bridged_at? - self.answered_at?;
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }
}

impl House {
    /// How its dialer signs what it makes on its PBX, once it has been at work.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn signature(&self) -> Signature {
        let database = self.database().await;
        let rows = sqlx::query_as("SELECT name, mark FROM nodes").fetch_all(&database).await;
        let nodes: Vec<(String, Option<String>)> = rows.expect("readable nodes");
        database.close().await;
        let [(name, mark)] = nodes.as_slice() else { panic!("one node has been at work, not {nodes:?}") };
        let text = mark.as_ref().map_or_else(|| name.clone(), |mark| format!("{name}.{mark}"));
        Signature::try_from(text).expect("a signature")
    }

    /// Makes the database one that its node has worked with since before there were marks: attempt 1 is `rm1.c.1.1`, and so on.
    ///
    /// # Panics
    /// Where it cannot be written, or the node has been at work already.
    pub async fn has_no_mark(&self) {
        self.write("INSERT INTO nodes (id, name, last_session) VALUES (0, 'rm1', 0)").await;
    }

    /// The call log, by attempt.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn logged(&self) -> Vec<Logged> {
        let database = self.database().await;
        let carriers = "SELECT id, name FROM carriers";
        let carriers: Vec<(i64, String)> =
            sqlx::query_as(carriers).fetch_all(&database).await.expect("the carriers are read");
        let carriers = carriers.into_iter().collect();
        let query = "SELECT call_log.*, carriers.name AS carrier, agents.name AS agent FROM call_log \
                     JOIN carriers ON carriers.id = call_log.carrier_id \
                     LEFT JOIN agents ON agents.id = call_log.agent_id ORDER BY attempt_id";
        let rows = sqlx::query(query).fetch_all(&database).await.expect("the call log is read");
        rows.iter().map(|row| logged(row, &carriers)).collect()
    }

    /// What was said of which number's calls, by attempt: `(code)` where nobody has said it, `-` where it is still owed.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn dispositions(&self) -> Vec<(String, String)> {
        let query = "SELECT number, CASE WHEN code IS NULL THEN '-' WHEN said = 1 THEN code ELSE '(' || code || ')' END \
                     FROM dispositions JOIN call_log ON call_log.attempt_id = dispositions.attempt_id \
                     ORDER BY dispositions.attempt_id";
        sqlx::query_as(query).fetch_all(&self.database().await).await.expect("the dispositions are read")
    }

    /// Each agent's pauses and their codes, in order; a pause that goes on in another process counts once.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn pauses(&self) -> Vec<(String, String)> {
        let query = "SELECT agents.name, COALESCE(pause_code, '-') FROM agent_states \
                     JOIN agents ON agents.id = agent_states.agent_id \
                     WHERE agent_states.state = 'paused' ORDER BY agent_states.agent_id, seq";
        let mut pauses: Vec<(String, String)> =
            sqlx::query_as(query).fetch_all(&self.database().await).await.expect("the pauses are read");
        pauses.dedup();
        pauses
    }

    /// What every try was placed with, by attempt and try.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn requests(&self) -> Vec<CallRequest> {
        let query = "SELECT request FROM call_requests ORDER BY attempt_id, ordinal";
        let texts: Vec<String> = sqlx::query_scalar(query)
            .fetch_all(&self.database().await)
            .await
            .expect("the call requests are read");
        texts.iter().map(|text| serde_json::from_str(text).expect("a request is JSON")).collect()
    }

    /// What every leg to somebody else was placed with, by attempt and number there.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn transfer_requests(&self) -> Vec<TransferRequest> {
        let query = "SELECT request FROM transfers ORDER BY attempt_id, ordinal";
        let texts: Vec<String> = sqlx::query_scalar(query)
            .fetch_all(&self.database().await)
            .await
            .expect("the requests of transfers are read");
        texts.iter().map(|text| serde_json::from_str(text).expect("a request is JSON")).collect()
    }

    /// Every row of an SQLite database, by table: two of these are equal where nothing was changed.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub async fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let database = self.database().await;
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&database).await.expect("tables");
        let mut contents = BTreeMap::new();
        for table in tables {
            let columns = "SELECT 'quote(' || name || ')' FROM pragma_table_info($1)";
            let columns: Vec<String> =
                sqlx::query_scalar(columns).bind(&table).fetch_all(&database).await.expect("columns");
            let rows = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ' ' || "));
            let rows = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&database).await.expect("rows");
            contents.insert(table, rows);
        }
        contents
    }

    /// One number out of the database.
    ///
    /// # Panics
    /// Where the query fails.
    pub async fn count(&self, query: &'static str) -> i64 {
        let database = self.database().await;
        sqlx::query_scalar(query).fetch_one(&database).await.expect("the query is answered")
    }

    /// Changes the database behind the shell's back.
    ///
    /// # Panics
    /// Where a statement fails.
    pub async fn write(&self, statements: &str) {
        let database = self.database().await;
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&database).await.expect("the database is changed");
    }

    async fn database(&self) -> AnyPool {
        sqlx::any::install_default_drivers();
        let url = self.config.database.url.expose_secret();
        AnyPool::connect(url).await.expect("the database is there")
    }
}

fn logged(row: &AnyRow, carriers: &BTreeMap<i64, String>) -> Logged {
    let tries: Vec<serde_json::Value> =
        serde_json::from_str(&row.get::<String, _>("tries")).expect("tries are JSON");
    let flow =
        row.get::<Option<String>, _>("flow").map(|text| serde_json::from_str(&text).expect("a flow's log"));
    let flow: Option<FlowLog> = flow;
    let takes = row
        .get::<Option<String>, _>("recordings")
        .map(|text| serde_json::from_str(&text).expect("a list of takes"));
    let transfers = row.get::<Option<String>, _>("transfers");
    let placed = || tries.iter().filter(|one| one["unplaced"].is_null());
    let carrier = |one: &serde_json::Value| one["carrier"].as_i64().and_then(|id| carriers.get(&id)).cloned();
    Logged {
        attempt: row.get("attempt_id"),
        number: row.get("number"),
        nth: row.get("nth"),
        result: row.get("result"),
        carrier: row.get("carrier"),
        agent: row.get("agent"),
        created_at: row.get("created_at"),
        placed_at: row.get("placed_at"),
        answered_at: row.get("answered_at"),
        bridged_at: row.get("bridged_at"),
        ended_at: row.get("ended_at"),
        tries: tries.len(),
        held: Duration::from_micros(u64::try_from(row.get::<i64, _>("held")).unwrap_or(0)),
        way: flow.as_ref().map(way).unwrap_or_default(),
        amd: row
            .get::<Option<String>, _>("amd")
            .map(|text| serde_json::from_str(&text).expect("what was heard")),
        takes: takes.unwrap_or_default(),
        recordings: flow.into_iter().flat_map(|flow| flow.steps).filter_map(|step| step.recording).collect(),
        transfers: transfers
            .map_or_else(Vec::new, |text| serde_json::from_str(&text).expect("legs to others")),
        dialled: placed().filter_map(carrier).collect(),
        responses: placed().map(|one| one["tech"].as_u64().unwrap_or(0)).collect(),
    }
}

fn way(flow: &FlowLog) -> String {
    let step = |step: &Step| format!("{} {} {}", step.node, step.outcome.name(), step.keys).trim().to_owned();
    let steps: Vec<String> = flow.steps.iter().map(step).collect();
    format!("{}: {}", steps.join(", "), flow.end.name())
}

/// How often each result came, by the code of the number.
#[must_use]
pub fn by_code(calls: &[Logged]) -> BTreeMap<u16, BTreeMap<String, usize>> {
    let mut table: BTreeMap<u16, BTreeMap<String, usize>> = BTreeMap::new();
    for call in calls {
        *table.entry(call.code()).or_default().entry(call.result.clone()).or_default() += 1;
    }
    table
}
