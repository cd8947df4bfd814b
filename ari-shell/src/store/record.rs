//! The one record of an attempt, and with it the fate of the queue item.

use engine::call::{Record, Try};
use engine::lead::Fate;
use engine::words::{Bridge, Micros};
use engine::{Failure, Outcome};
use sqlx::AnyConnection;

use super::StoreError;
use super::row::{Statement, bind_times, int, moment, word};
use super::work::Desk;

const LOG: &str = "INSERT INTO call_log \
         (attempt_id, campaign_id, queue_id, lead_id, number, nth, carrier_id, agent_id, result, dialled, phase, \
          act, cause, tech, unplaced, tries, fate, retry_at, why, created_at, placed_at, rang_at, answered_at, \
          bridged_at, message_at, ended_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
             $23, $24, $25, $26) \
     ON CONFLICT (attempt_id) DO NOTHING";

/// Closes the attempt; where its row is missing, a closed one takes its place, so that the figures add up.
const CLOSE: &str = "INSERT INTO attempts \
         (id, node, queue_id, campaign_id, number, ordinal, carrier_id, agent_id, created_at, closed, placed_at, \
          rang_at, answered_at, bridged_at, message_at, ended_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12, $13, $14, $15) \
     ON CONFLICT (id) DO UPDATE SET closed = 1, agent_id = excluded.agent_id, placed_at = excluded.placed_at, \
         rang_at = excluded.rang_at, answered_at = excluded.answered_at, bridged_at = excluded.bridged_at, \
         message_at = excluded.message_at, ended_at = excluded.ended_at";

/// Gives the queue item its fate. What has come to its end stays there, except that a lead may still turn out to have
/// been reached; a late record does not touch an item that another attempt has open by now, unless it ends it.
const DECIDE: &str = "UPDATE queue SET state = $2, due_at = COALESCE($3, due_at), \
         attempts = CASE WHEN attempts < $4 THEN $4 ELSE attempts END, last_result = $5, carrier_id = $6, \
         attempt_id = $7, channel = NULL, bridge = NULL, claimed_by = NULL \
     WHERE id = $1 AND state <> 'completed' \
       AND ($2 = 'completed' OR (state <> 'exhausted' AND (state <> 'open' OR attempt_id = $7)))";

/// Writes the record once. The same attempt a second time changes nothing and is done.
pub(super) async fn write(
    desk: &Desk,
    tx: &mut AnyConnection,
    record: &Record,
) -> Result<Outcome, StoreError> {
    let logged = log(record)?.execute(&mut *tx).await?;
    if logged.rows_affected() == 1 {
        close(desk, record)?.execute(&mut *tx).await?;
        decide(record)?.execute(&mut *tx).await?;
        leave_conversation(desk, tx, record).await?;
    }
    Ok(Outcome::Done)
}

fn log(record: &Record) -> Result<Statement<'static>, StoreError> {
    let ending = &record.ending;
    let (fate, retry_at, why) = columns_of(record.fate)?;
    let statement = sqlx::query(LOG)
        .bind(int(record.attempt.0)?)
        .bind(i64::from(record.campaign.0))
        .bind(int(record.queue.0)?)
        .bind(int(record.lead.0)?)
        .bind(record.number.to_string())
        .bind(i64::from(record.nth))
        .bind(i64::from(record.carrier.0))
        .bind(record.agent.map(|agent| i64::from(agent.0)))
        .bind(record.result.name())
        .bind(i64::from(record.tries.iter().any(was_dialled)))
        .bind(word(&ending.phase)?)
        .bind(ending.act.map(|act| word(&act)).transpose()?)
        .bind(ending.cause.map(|cause| i64::from(cause.0)))
        .bind(ending.tech.map(|tech| i64::from(tech.0)))
        .bind(ending.unplaced.map(|failure| word(&failure)).transpose()?)
        .bind(serde_json::to_string(&record.tries)?)
        .bind(fate)
        .bind(retry_at)
        .bind(why)
        .bind(int(record.times.created.0)?);
    bind_times(statement, &record.times)
}

fn close(desk: &Desk, record: &Record) -> Result<Statement<'static>, StoreError> {
    let ordinal = record.tries.last().map_or(1, |last| last.ordinal);
    let statement = sqlx::query(CLOSE)
        .bind(int(record.attempt.0)?)
        .bind(desk.node.to_string())
        .bind(int(record.queue.0)?)
        .bind(i64::from(record.campaign.0))
        .bind(record.number.to_string())
        .bind(i64::from(ordinal))
        .bind(i64::from(record.carrier.0))
        .bind(record.agent.map(|agent| i64::from(agent.0)))
        .bind(int(record.times.created.0)?);
    bind_times(statement, &record.times)
}

fn decide(record: &Record) -> Result<Statement<'static>, StoreError> {
    let (state, due_at): (&str, Option<Micros>) = match record.fate {
        Fate::Retry(at) => ("waiting", Some(at)),
        Fate::Completed => ("completed", None),
        Fate::Exhausted(_) => ("exhausted", None),
    };
    Ok(sqlx::query(DECIDE)
        .bind(int(record.queue.0)?)
        .bind(state)
        .bind(moment(due_at)?)
        .bind(i64::from(record.nth))
        .bind(record.result.name())
        .bind(i64::from(record.carrier.0))
        .bind(int(record.attempt.0)?))
}

async fn leave_conversation(desk: &Desk, tx: &mut AnyConnection, record: &Record) -> Result<(), StoreError> {
    if let Some(agent) = record.agent {
        sqlx::query("UPDATE agents SET bridge = NULL WHERE id = $1 AND bridge = $2")
            .bind(i64::from(agent.0))
            .bind(desk.node.bridge(Bridge::Conversation(record.attempt)))
            .execute(tx)
            .await?;
    }
    Ok(())
}

type FateColumns = (&'static str, Option<i64>, Option<String>);

fn columns_of(fate: Fate) -> Result<FateColumns, StoreError> {
    Ok(match fate {
        Fate::Retry(at) => ("retry", Some(int(at.0)?), None),
        Fate::Completed => ("completed", None, None),
        Fate::Exhausted(why) => ("exhausted", None, Some(word(&why)?)),
    })
}

/// Whether a carrier had the call, or may have had it.
fn was_dialled(one: &Try) -> bool {
    match one.unplaced {
        None | Some(Failure::OutcomeUnknown | Failure::Silence) => true,
        Some(
            Failure::Gone
            | Failure::NotOurs
            | Failure::WrongState
            | Failure::Exists
            | Failure::Unavailable
            | Failure::NotSent
            | Failure::Database
            | Failure::Rejected,
        ) => false,
    }
}
