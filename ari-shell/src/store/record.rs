//! The one record of an attempt, and with it the fate of the queue item.

use std::convert::identity;
use std::sync::LazyLock;

use engine::Failure;
use engine::call::{Record, TransferLog, Try};
use engine::lead::{Fate, Past};
use engine::recording::TakeState;
use sqlx::AnyConnection;

use super::StoreError;
use super::dispositions;
use super::many::Many;
use super::outbox::tell_ended;
use super::row::{Statement, bind_times, int, word};
use super::work::Desk;

static LOG: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "INSERT INTO call_log \
             (attempt_id, campaign_id, queue_id, lead_id, number, nth, carrier_id, agent_id, result, dialled, phase, \
              act, cause, tech, unplaced, tries, fate, retry_at, why, next_number, promised, technical, recycled, bad_numbers, caller_id, flow, recording, recordings, \
              transfers, amd, drop_share, held, created_at, \
              placed_at, rang_at, answered_at, bridged_at, message_at, ended_at) \
         VALUES {rows} \
         ON CONFLICT (attempt_id) DO NOTHING",
        0,
        39,
    )
});

/// Gives the queue items the fates of their records, unless the attempts are closed: then that was done before. What has
/// come to its end stays there, except that a lead may still turn out to have been reached; a late record does not touch
/// an item that another attempt has open by now, unless it ends it. Whoever waits for their agent's word stays open. A call that was
/// agreed on meanwhile is made whatever the fate; one that this attempt was to be waits for the retry, with its agent and its note,
/// where the record says that it is still to be made.
static DECIDE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET \
             state = CASE WHEN log.why = 'disposition' THEN 'open' \
                 WHEN queue.callback_at > log.created_at OR log.fate = 'retry' THEN 'waiting' ELSE log.fate END, \
             due_at = CASE WHEN queue.callback_at > log.created_at THEN queue.callback_at \
                 ELSE COALESCE(log.retry_at, queue.due_at) END, \
             callback_at = CASE WHEN queue.callback_at > log.created_at THEN queue.callback_at \
                 WHEN log.promised = 1 AND queue.callback_at IS NOT NULL \
                     THEN COALESCE(log.retry_at, queue.callback_at) END, \
             attempts = CASE WHEN queue.attempts < log.nth THEN log.nth ELSE queue.attempts END, \
             technical = CASE WHEN queue.technical < log.technical THEN log.technical ELSE queue.technical END, \
             next_number = COALESCE(log.next_number, queue.next_number), bad_numbers = log.bad_numbers, \
             caller_id = log.caller_id, \
             last_result = log.result, carrier_id = log.carrier_id, attempt_id = log.attempt_id, channel = NULL, \
             bridge = NULL, claimed_by = NULL \
         FROM call_log AS log \
         WHERE log.attempt_id IN (VALUES {rows}) AND queue.id = log.queue_id AND queue.state <> 'completed' \
           AND (log.fate = 'completed' OR (queue.state <> 'exhausted' \
                AND (queue.state <> 'open' OR queue.attempt_id = log.attempt_id))) \
           AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.id = log.attempt_id AND attempts.closed = 1)",
        0,
        1,
    )
});

/// Takes the agents out of conversations that have ended.
static LEAVE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE agents SET bridge = NULL \
         FROM attempts \
         WHERE attempts.id IN (VALUES {rows}) AND agents.id = attempts.agent_id \
           AND agents.bridge = attempts.bridge",
        0,
        1,
    )
});

/// Closes the attempts; where the row of one is missing, a closed one takes its place, so that the figures add up.
static CLOSE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "INSERT INTO attempts \
             (id, node, queue_id, campaign_id, number, ordinal, carrier_id, agent_id, created_at, closed, \
              placed_at, rang_at, answered_at, bridged_at, message_at, ended_at) \
         SELECT log.attempt_id, $1, log.queue_id, log.campaign_id, log.number, \
             COALESCE((SELECT MAX(ordinal) FROM call_requests WHERE attempt_id = log.attempt_id), 1), \
             log.carrier_id, log.agent_id, log.created_at, 1, log.placed_at, log.rang_at, log.answered_at, \
             log.bridged_at, log.message_at, log.ended_at \
         FROM call_log AS log \
         WHERE log.attempt_id IN (VALUES {rows}) \
         ON CONFLICT (id) DO UPDATE SET closed = 1, agent_id = excluded.agent_id, placed_at = excluded.placed_at, \
             rang_at = excluded.rang_at, answered_at = excluded.answered_at, bridged_at = excluded.bridged_at, \
             message_at = excluded.message_at, ended_at = excluded.ended_at",
        1,
        1,
    )
});

/// Writes each record once, and that it is to be told. That of the same attempt a second time changes nothing and is done.
pub(super) async fn write(
    desk: &Desk,
    tx: &mut AnyConnection,
    records: &[&Record],
) -> Result<(), StoreError> {
    for (mut statement, records) in LOG.over(records) {
        for record in records {
            statement = bind_record(statement, record)?;
        }
        statement.execute(&mut *tx).await?;
    }
    dispositions::owe(tx, records).await?;
    tell_ended(desk, tx, records).await?;
    let attempts = || records.iter().map(|record| record.attempt);
    let node = desk.node.to_string();
    DECIDE.run(tx, attempts(), identity).await?;
    CLOSE.run(tx, attempts(), |close| close.bind(node.clone())).await?;
    let talked = records.iter().filter(|record| record.agent.is_some());
    LEAVE.run(tx, talked.map(|record| record.attempt), identity).await
}

fn bind_record(statement: Statement<'static>, record: &Record) -> Result<Statement<'static>, StoreError> {
    let ending = &record.ending;
    let (fate, retry_at, why) = columns_of(record.fate)?;
    let statement = statement
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
        .bind(record.next_number.map(|number| number.to_string()))
        .bind(i64::from(record.promised))
        .bind(i64::from(record.past.technical))
        .bind(i64::from(record.past.recycled))
        .bind(bad_numbers(&record.past)?)
        .bind(record.past.caller_id.clone())
        .bind(record.flow.as_deref().map(serde_json::to_string).transpose()?)
        .bind(first_kept(record))
        .bind(recordings(record)?)
        .bind(transfers(&record.transfers)?)
        .bind(record.amd.as_deref().map(serde_json::to_string).transpose()?)
        .bind(i64::from(record.amd.as_deref().map_or(0, |amd| amd.drop_share)))
        .bind(int(record.held.0)?)
        .bind(int(record.times.created.0)?);
    bind_times(statement, &record.times)
}

/// Why a record has no fate of its own: its agent has still to say what came of the call.
pub(super) const AWAITS: &str = "disposition";

pub(super) type FateColumns = (&'static str, Option<i64>, Option<String>);

pub(super) fn columns_of(fate: Fate) -> Result<FateColumns, StoreError> {
    Ok(match fate {
        Fate::Retry(at) => ("retry", Some(int(at.0)?), None),
        Fate::Awaits { until } => ("retry", Some(int(until.0)?), Some(AWAITS.to_owned())),
        Fate::Completed => ("completed", None, None),
        Fate::Exhausted(why) => ("exhausted", None, Some(word(&why)?)),
    })
}

/// The name of the first take that was kept.
fn first_kept(record: &Record) -> Option<String> {
    let kept = record.recordings.iter().find(|take| take.state == TakeState::Kept);
    kept.map(|take| take.name.clone())
}

fn recordings(record: &Record) -> Result<Option<String>, StoreError> {
    if record.recordings.is_empty() { Ok(None) } else { Ok(Some(serde_json::to_string(&record.recordings)?)) }
}

fn transfers(transfers: &[TransferLog]) -> Result<Option<String>, StoreError> {
    if transfers.is_empty() { Ok(None) } else { Ok(Some(serde_json::to_string(transfers)?)) }
}

pub(super) fn bad_numbers(past: &Past) -> Result<Option<String>, StoreError> {
    if past.bad.is_empty() { Ok(None) } else { Ok(Some(serde_json::to_string(&past.bad)?)) }
}

/// Whether a carrier had the call, or may have had it.
pub(crate) fn was_dialled(one: &Try) -> bool {
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
