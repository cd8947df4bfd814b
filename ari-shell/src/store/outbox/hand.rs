//! Rows in hand: taken by whoever sends them, and what came of it.
//!
//! A row that is taken belongs to one node until a moment, which anybody may take it after: a node that has gone, or did not
//! write down in time what came of it, keeps nothing from being sent, and what it may have sent is sent again under the
//! same key. A row is only taken when all that the sink is to be told of the same call before has been delivered or given up.

use std::sync::LazyLock;

use engine::words::{AttemptId, Micros};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::store::many::Many;
use crate::store::row::{Named, Statement, int};
use crate::store::{BadRow, Store, StoreError};

/// Rows that may be taken: due, and with nothing of their call to be sent before. What else there is of the call is counted by
/// itself, and by a condition that no partial index answers: PostgreSQL, which plans by what it counted minutes ago, would
/// otherwise look through all that waits.
const FREE: &str = "sink = $1 AND state = 'waiting' AND due_at <= $2 \
     AND (SELECT COUNT(*) FROM outbox AS earlier \
         WHERE earlier.attempt_id = outbox.attempt_id AND earlier.sink = outbox.sink \
           AND earlier.seq < outbox.seq AND earlier.state NOT IN ('delivered', 'dead')) = 0";

/// `{free}` is [`FREE`].
const DUE: &str = "SELECT 1 AS due FROM outbox WHERE {free} LIMIT 1";

/// `{free}` is [`FREE`], `{lock}` the dialect's. Chosen apart from being taken, so that this is done once whatever the database
/// plans.
const TAKE: &str = "WITH due AS MATERIALIZED ( \
         SELECT attempt_id, seq, sink FROM outbox WHERE {free} ORDER BY due_at, told_at LIMIT $3 {lock}) \
     UPDATE outbox SET held_by = $4, due_at = $5 \
     WHERE state = 'waiting' AND (attempt_id, seq, sink) IN (SELECT attempt_id, seq, sink FROM due) \
     RETURNING attempt_id, seq, kind, key, payload, told_at, tries, since";

/// By a condition that no partial index answers, for the same reason. What was given up meanwhile has been delivered all the
/// same.
static DELIVERED: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH done (attempt_id, seq) AS (VALUES {rows}) \
         UPDATE outbox SET state = 'delivered', tries = tries + 1, held_by = NULL, ended_at = $2, trouble = NULL \
         FROM done \
         WHERE outbox.attempt_id = done.attempt_id AND outbox.seq = done.seq AND outbox.sink = $1 \
           AND outbox.state <> 'delivered'",
        2,
        2,
    )
});

/// Of rows that somebody else has in hand by now nothing is written: what they find out is newer.
static FAILED: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH failed (attempt_id, seq, due_at, ended_at, trouble) AS (VALUES {rows}) \
         UPDATE outbox SET tries = tries + 1, held_by = NULL, due_at = failed.due_at, trouble = failed.trouble, \
             ended_at = CAST(failed.ended_at AS BIGINT), \
             state = CASE WHEN failed.ended_at IS NULL THEN 'waiting' ELSE 'dead' END \
         FROM failed \
         WHERE outbox.attempt_id = failed.attempt_id AND outbox.seq = failed.seq AND outbox.sink = $1 \
           AND outbox.held_by = $2",
        2,
        5,
    )
});

/// An event that is to be sent to a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) attempt: AttemptId,
    /// Its place among the events of the attempt.
    pub(crate) seq: u64,
    pub(crate) kind: String,
    /// The same in every delivery.
    pub(crate) key: String,
    /// JSON.
    pub(crate) payload: String,
    /// When it happened.
    pub(crate) told_at: Micros,
    /// How often it was tried before.
    pub(crate) tries: u32,
    /// From when its age counts.
    pub(crate) since: Micros,
}

/// What came of sending it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) attempt: AttemptId,
    pub(crate) seq: u64,
    pub(crate) came: Came,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// The receiver has it.
    Delivered,
    /// It is to be sent again at a moment.
    Failed { again: Micros, trouble: String },
    /// It is given up.
    Dead { trouble: String },
}

impl Store {
    /// Whether a sink has anything to be sent by now. Nothing is written for that, nor is a lock taken.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn has_letters(&self, sink: &str) -> Result<bool, StoreError> {
        let now = int(self.desk.clock.now().0)?;
        let due = sqlx::query(AssertSqlSafe(DUE.replace("{free}", FREE))).bind(sink.to_owned()).bind(now);
        Ok(self.reading.find(due).await?.is_some())
    }

    /// Takes up to `count` events for a sink, those first that are due longest; they are this node's until that moment.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read; then nothing is taken, or what is taken may be
    /// taken again once its time is over.
    pub(crate) async fn take_letters(
        &self,
        sink: &str,
        count: usize,
        until: Micros,
    ) -> Result<Vec<Letter>, StoreError> {
        let take = TAKE.replace("{free}", FREE).replace("{lock}", self.desk.dialect.lock());
        let take = sqlx::query(AssertSqlSafe(take))
            .bind(sink.to_owned())
            .bind(int(self.desk.clock.now().0)?)
            .bind(int(count as u64)?)
            .bind(self.desk.node.to_string())
            .bind(int(until.0)?);
        let rows = self.write(async |tx| Ok::<_, StoreError>(take.fetch_all(tx).await?)).await?;
        let mut letters = rows.iter().map(letter).collect::<Result<Vec<Letter>, BadRow>>()?;
        // A statement that changes rows gives them in no order.
        letters.sort_by_key(|letter| (letter.told_at, letter.attempt, letter.seq));
        Ok(letters)
    }

    /// Writes down what came of events that this node has in hand.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then nothing is written.
    pub(crate) async fn settle_letters(&self, sink: &str, sent: &[Sent]) -> Result<(), StoreError> {
        let now = int(self.desk.clock.now().0)?;
        let (delivered, failed): (Vec<&Sent>, Vec<&Sent>) =
            sent.iter().partition(|sent| sent.came == Came::Delivered);
        self.write(async |tx| {
            for (mut statement, sent) in DELIVERED.over(&delivered) {
                statement = statement.bind(sink.to_owned()).bind(now);
                for sent in sent {
                    statement = statement.bind(int(sent.attempt.0)?).bind(int(sent.seq)?);
                }
                statement.execute(&mut *tx).await?;
            }
            for (mut statement, sent) in FAILED.over(&failed) {
                statement = statement.bind(sink.to_owned()).bind(self.desk.node.to_string());
                for sent in sent {
                    statement = bind_failed(statement, sent, now)?;
                }
                statement.execute(&mut *tx).await?;
            }
            Ok(())
        })
        .await
    }

    /// Gives back what this node has in hand: what an earlier process of its name had when it ended, or what it does not
    /// come to itself. Says how much that was.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then it may be taken once its time is over.
    pub(crate) async fn give_back_letters(&self) -> Result<u64, StoreError> {
        let give = sqlx::query(
            "UPDATE outbox SET held_by = NULL, due_at = $2 WHERE held_by = $1 AND state = 'waiting'",
        );
        let give = give.bind(self.desk.node.to_string()).bind(int(self.desk.clock.now().0)?);
        self.write(async |tx| Ok(give.execute(tx).await?.rows_affected())).await
    }
}

fn letter(row: &AnyRow) -> Result<Letter, BadRow> {
    let row = Named::new("outbox", "key", row);
    Ok(Letter {
        attempt: AttemptId(row.int("attempt_id")?),
        seq: row.int("seq")?,
        kind: row.text("kind")?,
        key: row.text("key")?,
        payload: row.text("payload")?,
        told_at: row.moment("told_at")?,
        tries: row.int("tries")?,
        since: row.moment("since")?,
    })
}

fn bind_failed(
    statement: Statement<'static>,
    sent: &Sent,
    now: i64,
) -> Result<Statement<'static>, StoreError> {
    let (due_at, ended_at, trouble) = match &sent.came {
        Came::Failed { again, trouble } => (int(again.0)?, None, Some(trouble.clone())),
        Came::Dead { trouble } => (now, Some(now), Some(trouble.clone())),
        Came::Delivered => (now, Some(now), None),
    };
    Ok(statement.bind(int(sent.attempt.0)?).bind(int(sent.seq)?).bind(due_at).bind(ended_at).bind(trouble))
}
