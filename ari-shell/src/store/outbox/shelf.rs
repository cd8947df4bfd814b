//! The outbox for people: what waits, what was given up, and how it is sent again.

use std::fmt;

use engine::words::{AttemptId, CampaignId, Micros, Span};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::store::row::{Named, Statement, int, moment};
use crate::store::{BadRow, Store, StoreError};

/// How far a row has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// To be sent, or sent again.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// Given up: a dead letter.
    Dead,
}

impl RowState {
    /// As stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// Which rows are meant: those for which everything that is given holds.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// For this sink.
    pub sink: Option<String>,
    /// Of this attempt.
    pub attempt: Option<AttemptId>,
    /// At this place among the events of their attempt.
    pub seq: Option<u64>,
    /// Of this campaign.
    pub campaign: Option<CampaignId>,
    /// Of what happened at that moment or later.
    pub since: Option<Micros>,
    /// In this state.
    pub state: Option<RowState>,
}

/// A row as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its place among the events of the attempt.
    pub seq: u64,
    /// The sink's name.
    pub sink: String,
    /// The campaign's name, where it has one.
    pub campaign: Option<String>,
    /// What is told.
    pub kind: String,
    /// The same in every delivery.
    pub key: String,
    /// When it happened.
    pub told_at: Micros,
    /// How far it has come.
    pub state: RowState,
    /// How often it was sent, since it happened or was last replayed.
    pub tries: u32,
    /// When it is sent next, where it waits.
    pub due_at: Option<Micros>,
    /// When it was delivered or given up.
    pub ended_at: Option<Micros>,
    /// What was wrong when it was last sent.
    pub trouble: Option<String>,
    /// What is told, as JSON.
    pub payload: String,
}

/// What is not delivered of one sink's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// The sink's name.
    pub sink: String,
    /// Events that are to be sent.
    pub waiting: u64,
    /// When the oldest of these happened.
    pub oldest: Option<Micros>,
    /// Events that were given up.
    pub dead: u64,
    /// Events that were dropped and stay until their call has no more to tell.
    pub dropped: u64,
}

/// Rows that [`Which`] means; what is not given holds for every row.
const MEANT: &str = "(CAST($1 AS TEXT) IS NULL OR outbox.sink = $1) \
     AND (CAST($2 AS BIGINT) IS NULL OR outbox.attempt_id = $2) \
     AND (CAST($3 AS BIGINT) IS NULL OR outbox.seq = $3) \
     AND (CAST($4 AS BIGINT) IS NULL OR outbox.campaign_id = $4) \
     AND (CAST($5 AS BIGINT) IS NULL OR outbox.told_at >= $5) \
     AND (CAST($6 AS TEXT) IS NULL OR outbox.state = $6)";

/// Rows of calls that are not over, or of which an agent still owes what came of them.
const MORE_TO_TELL: &str = "(EXISTS (SELECT 1 FROM attempts \
         WHERE attempts.id = outbox.attempt_id AND attempts.closed = 0) \
     OR EXISTS (SELECT 1 FROM dispositions \
         WHERE dispositions.attempt_id = outbox.attempt_id AND dispositions.code IS NULL))";

/// What is wrong with an event that was dropped and stays.
const DROPPED_EARLY: &str = "dropped while its call could have more to tell";

/// What was dropped of the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Rows that are gone.
    pub gone: u64,
    /// Rows that are sent no more and stay, since their call may have more to tell.
    pub kept: u64,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gone, kept } = self;
        write!(f, "{gone} dropped")?;
        if *kept > 0 {
            write!(
                f,
                "; {kept} more are given up and stay until their calls have no more to tell, so that no later event takes \
                 their place"
            )?;
        }
        Ok(())
    }
}

/// What was sent anew of the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Rows that are to be sent again.
    pub again: u64,
    /// Rows that were dropped and stay so.
    pub dropped: u64,
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { again, dropped } = self;
        write!(f, "{again} to be sent again")?;
        if *dropped > 0 {
            write!(f, "; {dropped} more that were dropped stay so, unless --dropped is said")?;
        }
        Ok(())
    }
}

/// Rows of one transaction at most, so that nobody waits long for the database.
const AT_ONCE: u32 = 1_000;

impl Store {
    /// The rows meant, the latest first and no more than `most`.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn letters(&self, which: &Which, most: u32) -> Result<Vec<Entry>, StoreError> {
        let sql = format!(
            "SELECT outbox.*, campaigns.name AS campaign FROM outbox \
             LEFT JOIN campaigns ON campaigns.id = outbox.campaign_id \
             WHERE {MEANT} ORDER BY told_at DESC, attempt_id DESC, seq DESC, sink LIMIT $7"
        );
        let rows = self.reading.rows(bind(&sql, which)?.bind(i64::from(most))).await?;
        Ok(rows.iter().map(entry).collect::<Result<Vec<Entry>, BadRow>>()?)
    }

    /// Has the rows meant sent anew, under their old keys, as if they had just happened. Of a call's events those go first
    /// that happened first. What was dropped stays so, unless that is meant too. Says how many they are.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then some may be sent anew already, and a second time goes on.
    pub async fn replay_letters(&self, which: &Which, dropped_too: bool) -> Result<Replayed, StoreError> {
        let now = int(self.desk.clock.now().0)?;
        let is_dropped = is_dropped();
        // What is sent again meanwhile is not sent yet another time.
        let such = "state <> 'waiting' AND since <> $7";
        let such = if dropped_too { such.to_owned() } else { format!("{such} AND NOT {is_dropped}") };
        let sql = some(
            "UPDATE outbox SET state = 'waiting', tries = 0, since = $7, due_at = $7, held_by = NULL, ended_at = NULL",
            &such,
        );
        let again = self.bit_by_bit(|| Ok(bind(&sql, which)?.bind(now))).await?;
        let dropped = format!("SELECT COUNT(*) AS dropped FROM outbox WHERE {MEANT} AND {is_dropped}");
        let row = self.reading.row(bind(&dropped, which)?).await?;
        Ok(Replayed { again, dropped: Named::new("outbox", "dropped", &row).int("dropped")? })
    }

    /// Deletes the rows meant, whatever their state. Those of calls that may have more to tell are given up and stay instead:
    /// the place of a later event is found by those before.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then some may be dropped already, and a second time goes on.
    pub async fn drop_letters(&self, which: &Which) -> Result<Dropped, StoreError> {
        let now = int(self.desk.clock.now().0)?;
        let kept = format!("SELECT COUNT(*) AS kept FROM outbox WHERE {MEANT} AND {MORE_TO_TELL}");
        let kept = Named::new("outbox", "kept", &self.reading.row(bind(&kept, which)?).await?).int("kept")?;
        let give_up = some(
            "UPDATE outbox SET state = 'dead', held_by = NULL, ended_at = $7, trouble = $8",
            &format!("state <> 'delivered' AND NOT {} AND {MORE_TO_TELL}", is_dropped()),
        );
        self.bit_by_bit(|| Ok(bind(&give_up, which)?.bind(now).bind(DROPPED_EARLY))).await?;
        let remove = some("DELETE FROM outbox", &format!("NOT {MORE_TO_TELL}"));
        let gone = self.bit_by_bit(|| bind(&remove, which)).await?;
        Ok(Dropped { gone, kept })
    }

    /// Does a statement over [`some`] rows until it finds none. Says how many they were.
    async fn bit_by_bit(
        &self,
        statement: impl Fn() -> Result<Statement<'static>, StoreError>,
    ) -> Result<u64, StoreError> {
        let mut done = 0;
        loop {
            let statement = statement()?;
            let now = self
                .write(async |tx| Ok::<_, StoreError>(statement.execute(tx).await?.rows_affected()))
                .await?;
            done += now;
            if now == 0 {
                return Ok(done);
            }
            tokio::time::sleep(self.desk.dialect.breath()).await;
        }
    }

    /// What is not delivered, by sink; nothing of sinks that have all.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let is_dropped = is_dropped();
        let sql = format!(
            "SELECT sink, CAST(SUM(waiting) AS BIGINT) AS waiting, MIN(oldest) AS oldest, \
                 CAST(SUM(ended - dropped) AS BIGINT) AS dead, CAST(SUM(dropped) AS BIGINT) AS dropped \
             FROM (SELECT sink, COUNT(*) AS waiting, MIN(told_at) AS oldest, 0 AS ended, 0 AS dropped \
                   FROM outbox WHERE state = 'waiting' GROUP BY sink \
                   UNION ALL \
                   SELECT sink, 0 AS waiting, NULL AS oldest, COUNT(*) AS ended, \
                       SUM(CASE WHEN {is_dropped} THEN 1 ELSE 0 END) AS dropped \
                   FROM outbox WHERE state = 'dead' GROUP BY sink) AS counted \
             GROUP BY sink ORDER BY sink"
        );
        let rows = self.reading.rows(sqlx::query(AssertSqlSafe(sql))).await?;
        let backlog = |row: &AnyRow| {
            let row = Named::new("outbox", "sink", row);
            Ok(Backlog {
                sink: row.text("sink")?,
                waiting: row.int("waiting")?,
                oldest: row.opt_moment("oldest")?,
                dead: row.int("dead")?,
                dropped: row.int("dropped")?,
            })
        };
        Ok(rows.iter().map(backlog).collect::<Result<Vec<Backlog>, BadRow>>()?)
    }

    /// The sinks that the outbox has anything for, also what they have had.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn addressed(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.reading.rows(sqlx::query("SELECT DISTINCT sink FROM outbox ORDER BY sink")).await?;
        let sink = |row: &AnyRow| Named::new("outbox", "sink", row).text("sink");
        Ok(rows.iter().map(sink).collect::<Result<_, _>>()?)
    }

    /// Deletes what was delivered longer ago than that, and what was dropped, of calls that are over and of which nothing is to
    /// be said any more: the place of a later event is found by those before. Says how many rows that were.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn prune_letters(&self, keep: Span) -> Result<u64, StoreError> {
        let before = int(self.desk.clock.now().0.saturating_sub(keep.0))?;
        let mut pruned = 0;
        for such in ["state = 'delivered'", &is_dropped()] {
            let prune = format!(
                "DELETE FROM outbox WHERE (attempt_id, seq, sink) IN (SELECT attempt_id, seq, sink FROM outbox \
                     WHERE {such} AND ended_at < $1 AND NOT {MORE_TO_TELL} \
                     ORDER BY ended_at LIMIT {AT_ONCE})"
            );
            pruned += self.bit_by_bit(|| Ok(sqlx::query(AssertSqlSafe(prune.clone())).bind(before))).await?;
        }
        Ok(pruned)
    }
}

/// A statement about as many of the rows meant as one transaction may have.
fn some(statement: &str, such: &str) -> String {
    format!(
        "{statement} WHERE (attempt_id, seq, sink) IN (SELECT attempt_id, seq, sink FROM outbox \
             WHERE {MEANT} AND {such} LIMIT {AT_ONCE})"
    )
}

/// Whether a row was dropped and stays.
fn is_dropped() -> String {
    format!("(state = 'dead' AND COALESCE(trouble, '') = '{DROPPED_EARLY}')")
}

/// The statement with what [`MEANT`] takes.
fn bind(sql: &str, which: &Which) -> Result<Statement<'static>, StoreError> {
    let Which { sink, attempt, seq, campaign, since, state } = which;
    Ok(sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(sink.clone())
        .bind(attempt.map(|attempt| int(attempt.0)).transpose()?)
        .bind(seq.map(int).transpose()?)
        .bind(campaign.map(|campaign| i64::from(campaign.0)))
        .bind(moment(*since)?)
        .bind(state.map(RowState::name)))
}

fn entry(row: &AnyRow) -> Result<Entry, BadRow> {
    let row = Named::new("outbox", "key", row);
    let state = row.word("state")?;
    Ok(Entry {
        attempt: AttemptId(row.int("attempt_id")?),
        seq: row.int("seq")?,
        sink: row.text("sink")?,
        campaign: row.opt_text("campaign")?,
        kind: row.text("kind")?,
        key: row.text("key")?,
        told_at: row.moment("told_at")?,
        state,
        tries: row.int("tries")?,
        due_at: (state == RowState::Waiting).then(|| row.moment("due_at")).transpose()?,
        ended_at: row.opt_moment("ended_at")?,
        trouble: row.opt_text("trouble")?,
        payload: row.text("payload")?,
    })
}
