//! What an earlier process left open.

use std::collections::BTreeMap;
use std::fmt;

use engine::agent::{AgentState, Missed};
use engine::call::{CallSoFar, Debt, Disposed};
use engine::carrier::CallerIdPool;
use engine::lead::Fate;
use engine::words::{AgentId, AttemptId, CampaignId, Micros, SessionId, Signature, Span};
use engine::{Event, OpenAttempt, OpenCampaign, OpenSession};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::claim::set_aside;
use super::dispositions::{self, SAID};
use super::nodes::{self, SignedIn};
use super::row::{Named, int};
use super::staff::note_agents;
use super::work::AgentNote;
use super::{BadRow, Store, StoreError};

/// Attempt ids of one node: the node with id 0 counts from 1, the next from here.
const ATTEMPTS_OF_A_NODE: u64 = 1 << 40;

/// Session ids of one process, set aside when it starts: an agent's phone is called before its session is noted, so what
/// was noted does not tell which ids have been used.
pub(super) const SESSIONS_OF_A_PROCESS: u64 = 1_000_000;

/// What an earlier process of this node left open, and the ids it never used.
#[derive(Debug, Clone, PartialEq)]
pub struct Reopened {
    /// Attempts that were saved and have no record yet.
    pub attempts: Vec<OpenAttempt>,
    /// Agents' sessions that have not ended.
    pub sessions: Vec<OpenSession>,
    /// How campaigns stood; none until they are asked for: see [`Store::recount`].
    pub campaigns: Vec<OpenCampaign>,
    /// Which caller ids were shown when; none until they are asked for: see [`Store::shown`].
    pub shown: Vec<(String, Micros)>,
    /// What agents still have to say of calls that are over.
    pub debts: Vec<Debt>,
    /// How this node signs what it makes on its PBX: otherwise than with any other database, whatever that has counted.
    pub signature: Signature,
    /// The first attempt id that was never saved.
    pub next_attempt: AttemptId,
    /// The first session id that was never used.
    pub next_session: SessionId,
    /// Queue items that the earlier process held and that wait again.
    pub released: u64,
    /// Rows that cannot be read back. Their attempts are closed without a record, which `report` counts as unaccounted, and
    /// their queue items are set aside. Of a call that was over already nothing is owed any more: `bad_row` stands for what
    /// would have been said of it.
    pub bad: Vec<BadRow>,
}

impl Reopened {
    /// What the engine is told first.
    #[must_use]
    pub fn event(&self) -> Event {
        Event::Reopened {
            attempts: self.attempts.clone(),
            sessions: self.sessions.clone(),
            campaigns: self.campaigns.clone(),
            shown: self.shown.clone(),
            debts: self.debts.clone(),
        }
    }
}

impl Store {
    /// Takes up where the earlier process of this node ended: gives back what it had claimed, and tells what it left
    /// open. To be called once, before a writer is started.
    ///
    /// # Errors
    /// [`StoreError::AtWork`] where the node is at work in another installation; [`StoreError`] where the database fails. A row that cannot be read is no error: see [`Reopened::bad`].
    pub async fn reopen(&self) -> Result<Reopened, StoreError> {
        self.write_alone(async |tx| {
            let node = self.desk.node.to_string();
            let SignedIn { index, last_session, signature } = nodes::sign_in(&self.desk, tx).await?;
            let mut bad = Vec::new();
            let reopened = Reopened {
                released: release_all(tx, &node).await?,
                attempts: attempts(tx, &node, &mut bad).await?,
                sessions: sessions(tx, &node, &mut bad).await?,
                campaigns: Vec::new(),
                shown: Vec::new(),
                debts: dispositions::owed(&self.desk, tx, &mut bad).await?,
                signature,
                next_attempt: next_attempt(tx, index).await?,
                next_session: SessionId(last_session + 1),
                bad,
            };
            Ok(reopened)
        })
        .await
    }
}

/// A carrier or a campaign that calls are open of and that is configured no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which of the two.
    kind: &'static str,
    /// Its name.
    name: String,
    /// How many calls are open.
    calls: usize,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, calls } = self;
        let are = if *calls == 1 { "is" } else { "are" };
        write!(f, "{kind} {name:?} is configured no longer, and {calls} of its calls {are} still open")
    }
}

impl Store {
    /// The carriers and campaigns that calls are open of and that these rules do not have: the engine could not take such calls up.
    /// Their people may be talking, so nobody may take them for gone.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn missing(
        &self,
        reopened: &Reopened,
        rules: &engine::Config,
    ) -> Result<Vec<Missing>, StoreError> {
        let open = || reopened.attempts.iter().map(|open| &open.request);
        let carriers = open().map(|request| request.carrier.0);
        let carriers = carriers.filter(|id| !rules.carriers.iter().any(|known| known.id.0 == *id));
        let campaigns = open().map(|request| request.campaign.0);
        let campaigns = campaigns.filter(|id| !rules.campaigns.iter().any(|known| known.id.0 == *id));
        let mut missing = self.named("carrier", "SELECT id, name FROM carriers", counted(carriers)).await?;
        missing.extend(self.named("campaign", "SELECT id, name FROM campaigns", counted(campaigns)).await?);
        Ok(missing)
    }

    /// Those that are counted, by name.
    async fn named(
        &self,
        kind: &'static str,
        all: &'static str,
        mut counted: BTreeMap<u32, usize>,
    ) -> Result<Vec<Missing>, StoreError> {
        let mut missing = Vec::new();
        for row in &self.reading.rows(sqlx::query(all)).await? {
            let row = Named::new("names", "id", row);
            if let Some(calls) = counted.remove(&row.int("id")?) {
                missing.push(Missing { kind, name: row.text("name")?, calls });
            }
        }
        // One without a name is known by its id.
        missing.extend(counted.into_iter().map(|(id, calls)| Missing { kind, name: id.to_string(), calls }));
        Ok(missing)
    }
}

/// How often each is there.
fn counted(ids: impl Iterator<Item = u32>) -> BTreeMap<u32, usize> {
    let mut counted = BTreeMap::new();
    ids.for_each(|id| *counted.entry(id).or_default() += 1);
    counted
}

impl Store {
    /// Notes that those are off duty who are configured no longer: the engine does not know them, and nobody else would ever
    /// end their last state, which reports count until now.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then nothing is noted.
    pub async fn send_home_unknown(
        &self,
        reopened: &mut Reopened,
        rules: &engine::Config,
    ) -> Result<(), StoreError> {
        let is_unknown = |open: &mut OpenSession| !rules.agents.iter().any(|known| known.id == open.agent);
        let unknown = reopened.sessions.extract_if(.., is_unknown);
        let notes: Vec<AgentNote> = unknown.map(|open| off_duty(open.agent, self.desk.clock.now())).collect();
        for AgentNote { agent, .. } in &notes {
            tracing::warn!(%agent, "an agent who was at work is configured no longer and is noted as off duty");
        }
        self.write(async |tx| note_agents(&self.desk, tx, &notes.iter().collect::<Vec<_>>()).await).await
    }
}

impl Store {
    /// Settles what is owed for calls of campaigns in which nothing is said of calls any more: the engine has no default to
    /// write, and their leads would stay open for good. They are completed, as those of any conversation are where nobody
    /// says otherwise.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then nothing is settled.
    pub async fn settle_without_a_set(
        &self,
        reopened: &mut Reopened,
        rules: &engine::Config,
    ) -> Result<(), StoreError> {
        let has_a_set = |campaign: CampaignId| {
            rules.campaigns.iter().any(|known| known.id == campaign && known.dispositions.is_some())
        };
        let (desk, at) = (&self.desk, self.desk.clock.now());
        self.write_alone(async |tx| {
            for debt in reopened.debts.extract_if(.., |debt| !has_a_set(debt.campaign)) {
                let Debt { attempt, campaign, queue, number, agent, past, .. } = debt;
                tracing::warn!(
                    %attempt, %campaign,
                    "nothing is said any more of this campaign's calls; the lead of one that was to be is completed"
                );
                let disposed = Disposed {
                    attempt,
                    campaign,
                    queue,
                    number,
                    agent,
                    code: SETTLED.to_owned(),
                    said: false,
                    at,
                    fate: Fate::Completed,
                    next_number: None,
                    past,
                    callback: None,
                    promised: false,
                    note: None,
                    bars: false,
                    list: None,
                };
                dispositions::write(desk, tx, &disposed).await?;
            }
            Ok(())
        })
        .await
    }
}

const fn off_duty(agent: AgentId, since: Micros) -> AgentNote {
    let state = AgentState::Offline;
    AgentNote { agent, session: None, state, since, paused: None, leaves: false, missed: None }
}

/// The code that is written where there is no set that has one.
const SETTLED: &str = "completed";

/// Which caller ids were shown from `$2` on whose number is in the list, however it is written, with legs of whatever kind.
/// A try that came to nothing before any phone rang has shown nothing, as the engine has it: whatever another carrier has
/// followed, and a last one that was not placed or whose trunk failed.
const SHOWN: &str = "WITH requests (created_at, request) AS ( \
         SELECT call_requests.created_at, request FROM attempts \
         JOIN call_requests ON call_requests.attempt_id = attempts.id AND call_requests.ordinal = attempts.ordinal \
         LEFT JOIN call_log ON call_log.attempt_id = attempts.id \
         WHERE attempts.created_at >= $2 AND attempts.node = $3 AND (call_log.attempt_id IS NULL OR ( \
             call_log.unplaced IS NULL AND NOT ( \
                 call_log.phase = 'placed' AND call_log.act IS NULL \
                 AND call_log.result IN ('congestion', 'technical')))) \
         UNION ALL SELECT transfers.created_at, request FROM transfers \
         JOIN attempts ON attempts.id = transfers.attempt_id \
         WHERE transfers.created_at >= $2 AND attempts.node = $3 AND transfers.carrier_id IS NOT NULL), \
     shown (caller_id, created_at) AS (SELECT {caller_id}, created_at FROM requests) \
     SELECT caller_id, created_at FROM shown \
     WHERE SUBSTR(RTRIM(caller_id, '>'), LENGTH(RTRIM(RTRIM(caller_id, '>'), '0123456789')) + 1) \
         IN (SELECT value ->> 0 FROM {each}) ORDER BY created_at";

/// How far back a limit on caller ids looks.
const LONGEST_LIMIT: Span = Span::secs(86_400);

impl Store {
    /// Which caller ids this node has shown and when whose number is in a pool that limits it, whatever they were taken
    /// from, in the order of time, as far back as any limit looks.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails. A request that cannot be read counts for nothing.
    pub async fn shown(&self, pools: &[CallerIdPool]) -> Result<Vec<(String, Micros)>, StoreError> {
        let limited = pools.iter().filter(|pool| pool.per_hour.is_some() || pool.per_day.is_some());
        let numbers: Vec<[String; 1]> =
            limited.flat_map(CallerIdPool::numbers).map(|number| [number]).collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let dialect = self.desk.dialect;
        let sql = SHOWN.replace("{caller_id}", dialect.caller_id()).replace("{each}", &dialect.each("$1"));
        let question = sqlx::query(AssertSqlSafe(sql))
            .bind(serde_json::to_string(&numbers)?)
            .bind(int((self.desk.clock.now() - LONGEST_LIMIT).0)?)
            .bind(self.desk.node.to_string());
        let mut shown = Vec::new();
        let read = |row: &AnyRow| {
            let row = Named::new("attempts", "created_at", row);
            Ok((row.text("caller_id")?, row.moment("created_at")?))
        };
        self.reading.pass(question, |row| shown.push(read(row))).await?;
        Ok(shown.into_iter().collect::<Result<_, BadRow>>()?)
    }
}

async fn release_all(tx: &mut AnyConnection, node: &str) -> Result<u64, StoreError> {
    let released = sqlx::query(
        "UPDATE queue SET state = 'waiting', claimed_by = NULL WHERE claimed_by = $1 AND state = 'claimed'",
    )
    .bind(node)
    .execute(tx)
    .await?;
    Ok(released.rows_affected())
}

async fn attempts(
    tx: &mut AnyConnection,
    node: &str,
    bad: &mut Vec<BadRow>,
) -> Result<Vec<OpenAttempt>, StoreError> {
    let rows = sqlx::query(
        "SELECT attempts.*, call_requests.request, \
             (SELECT COALESCE(MAX(ordinal), 0) FROM transfers WHERE transfers.attempt_id = attempts.id) AS others \
         FROM attempts \
         LEFT JOIN call_requests ON call_requests.attempt_id = attempts.id \
              AND call_requests.ordinal = attempts.ordinal \
         WHERE closed = 0 AND node = $1 ORDER BY id",
    )
    .bind(node)
    .fetch_all(&mut *tx)
    .await?;
    let mut open = Vec::with_capacity(rows.len());
    for row in &rows {
        match open_attempt(row) {
            Ok(attempt) => open.push(attempt),
            Err(problem) => {
                let named = Named::new("attempts", "id", row);
                give_up(tx, (named.int("id")?, named.int("queue_id")?), &problem).await?;
                bad.push(problem);
            }
        }
    }
    Ok(open)
}

fn open_attempt(row: &AnyRow) -> Result<OpenAttempt, BadRow> {
    let row = Named::new("attempts", "id", row);
    Ok(OpenAttempt {
        request: row.json("request", "a call request as JSON")?,
        so_far: read_so_far(&row)?,
        others: row.int("others")?,
    })
}

/// How far an attempt had come when that was last noted, from its row.
pub(crate) fn read_so_far(row: &Named) -> Result<CallSoFar, BadRow> {
    Ok(CallSoFar {
        times: row.times()?,
        agent: row.opt_int("agent_id")?.map(AgentId),
        takes: row.opt_json("takes", "what was recorded of a call as JSON")?,
        said: row.opt_json("said", SAID)?,
        flow: row.opt_json("flow", "a callee's way through a call flow as JSON")?,
        transfers: row.opt_json("transfers", "legs to others as JSON")?.unwrap_or_default(),
        hold: row.opt_json("hold", "a time on hold as JSON")?,
        amd: row.opt_json("amd", "who was taken to have answered as JSON")?,
    })
}

/// Nobody can take this attempt up; left open, it would keep its number from ever being dialled.
async fn give_up(
    tx: &mut AnyConnection,
    (id, queue): (i64, i64),
    problem: &BadRow,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE attempts SET closed = 1 WHERE id = $1").bind(id).execute(&mut *tx).await?;
    set_aside(tx, queue, problem).await
}

async fn sessions(
    tx: &mut AnyConnection,
    node: &str,
    bad: &mut Vec<BadRow>,
) -> Result<Vec<OpenSession>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, session, paused, leaves, missed_rings, missed_at FROM agents \
         WHERE node = $1 AND state <> 'offline' ORDER BY id",
    )
    .bind(node)
    .fetch_all(tx)
    .await?;
    let mut open = Vec::with_capacity(rows.len());
    for row in &rows {
        match open_session(row) {
            Ok(session) => open.push(session),
            Err(problem) => {
                tracing::error!("{problem}");
                bad.push(problem);
            }
        }
    }
    Ok(open)
}

fn open_session(row: &AnyRow) -> Result<OpenSession, BadRow> {
    let row = Named::new("agents", "id", row);
    let in_a_row = row.int("missed_rings")?;
    Ok(OpenSession {
        agent: AgentId(row.int("id")?),
        session: row.opt_int("session")?.map(SessionId),
        paused: row.opt_word("paused")?,
        leaves: row.int::<u8>("leaves")? == 1,
        missed: row.opt_moment("missed_at")?.map(|last| Missed { in_a_row, last }),
    })
}

/// The request is the first trace of an attempt and the record may be the only one: both are asked.
async fn next_attempt(tx: &mut AnyConnection, node: u64) -> Result<AttemptId, StoreError> {
    let first = node * ATTEMPTS_OF_A_NODE;
    let row = sqlx::query(
        "SELECT (SELECT COALESCE(MAX(id), 0) FROM attempts WHERE id > $1 AND id < $2) AS opened, \
                (SELECT COALESCE(MAX(attempt_id), 0) FROM call_log WHERE attempt_id > $1 AND attempt_id < $2) \
                    AS logged, \
                (SELECT COALESCE(MAX(attempt_id), 0) FROM call_requests \
                 WHERE attempt_id > $1 AND attempt_id < $2) AS requested",
    )
    .bind(int(first)?)
    .bind(int(first + ATTEMPTS_OF_A_NODE)?)
    .fetch_one(tx)
    .await?;
    let row = Named::new("attempts", "opened", &row);
    let used: [u64; 3] = [row.int("opened")?, row.int("logged")?, row.int("requested")?];
    Ok(AttemptId(used.into_iter().fold(first, u64::max) + 1))
}
