//! Intents: what is written before a call is placed, and how far the call has come since.

use engine::call::CallRequest;
use engine::words::{AgentId, AttemptId, Bridge};
use engine::{Outcome, SaveRefusal, Times};
use sqlx::AnyConnection;

use super::StoreError;
use super::row::{Named, bind_times, int};
use super::work::Desk;

/// Opens an attempt, if its queue item is claimed by this node and its number is on no live call: one statement, so
/// that a refusal leaves nothing behind. The conflict is that of `attempts_live`, or of the attempt's own id.
const OPEN: &str = "INSERT INTO attempts \
         (id, node, queue_id, campaign_id, number, ordinal, carrier_id, channel, bridge, created_at, closed) \
     SELECT $1, $2, id, $3, $4, $5, $6, $7, $8, $9, 0 \
     FROM queue WHERE id = $10 AND state = 'claimed' AND claimed_by = $2 \
     ON CONFLICT DO NOTHING";

/// Leads an open attempt on to its next carrier.
const GO_ON: &str = "UPDATE attempts SET ordinal = $3, carrier_id = $4, channel = $5 \
     WHERE id = $1 AND node = $2 AND closed = 0 AND ordinal < $3";

/// Why nothing was opened: whether the very same was saved before, whether the item is ours, whether the number is
/// on another live call.
const WHY_NOT: &str = "SELECT \
         (SELECT COUNT(*) FROM call_requests JOIN attempts ON attempts.id = call_requests.attempt_id \
          WHERE attempt_id = $1 AND call_requests.ordinal = $2 AND request = $3 AND closed = 0) AS same, \
         (SELECT COUNT(*) FROM queue WHERE id = $4 AND state = 'claimed' AND claimed_by = $5) AS ours, \
         (SELECT COUNT(*) FROM attempts WHERE number = $6 AND closed = 0 AND id <> $1) AS live";

/// Writes an intent, unless the number is live or the item is not ours. The same intent twice is one intent.
pub(super) async fn save(
    desk: &Desk,
    tx: &mut AnyConnection,
    call: &CallRequest,
) -> Result<Outcome, StoreError> {
    let request = serde_json::to_string(call)?;
    let opened = if call.ordinal == 1 { open(desk, tx, call).await? } else { go_on(desk, tx, call).await? };
    if !opened {
        return why_not(desk, tx, call, &request).await;
    }
    keep_request(tx, call, &request).await?;
    show_on_queue(desk, tx, call).await?;
    Ok(Outcome::Done)
}

async fn open(desk: &Desk, tx: &mut AnyConnection, call: &CallRequest) -> Result<bool, StoreError> {
    let opened = sqlx::query(OPEN)
        .bind(int(call.attempt.0)?)
        .bind(desk.node.to_string())
        .bind(i64::from(call.campaign.0))
        .bind(call.number.to_string())
        .bind(i64::from(call.ordinal))
        .bind(i64::from(call.carrier.0))
        .bind(desk.node.channel(call.leg()))
        .bind(desk.node.bridge(Bridge::Conversation(call.attempt)))
        .bind(int(call.created.0)?)
        .bind(int(call.queue.0)?)
        .execute(tx)
        .await?;
    Ok(opened.rows_affected() == 1)
}

async fn go_on(desk: &Desk, tx: &mut AnyConnection, call: &CallRequest) -> Result<bool, StoreError> {
    let led = sqlx::query(GO_ON)
        .bind(int(call.attempt.0)?)
        .bind(desk.node.to_string())
        .bind(i64::from(call.ordinal))
        .bind(i64::from(call.carrier.0))
        .bind(desk.node.channel(call.leg()))
        .execute(tx)
        .await?;
    Ok(led.rows_affected() == 1)
}

async fn why_not(
    desk: &Desk,
    tx: &mut AnyConnection,
    call: &CallRequest,
    request: &str,
) -> Result<Outcome, StoreError> {
    let row = sqlx::query(WHY_NOT)
        .bind(int(call.attempt.0)?)
        .bind(i64::from(call.ordinal))
        .bind(request)
        .bind(int(call.queue.0)?)
        .bind(desk.node.to_string())
        .bind(call.number.to_string())
        .fetch_one(tx)
        .await?;
    let row = Named::new("queue", "ours", &row);
    let (same, ours, live): (u64, u64, u64) = (row.int("same")?, row.int("ours")?, row.int("live")?);
    if same > 0 {
        Ok(Outcome::Done)
    } else if ours == 0 {
        Ok(Outcome::Refused(SaveRefusal::NotClaimed))
    } else if live > 0 {
        Ok(Outcome::Refused(SaveRefusal::NumberLive))
    } else {
        Err(StoreError::AttemptUsed(call.attempt.0))
    }
}

async fn keep_request(tx: &mut AnyConnection, call: &CallRequest, request: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO call_requests (attempt_id, ordinal, created_at, carrier_id, request) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(int(call.attempt.0)?)
    .bind(i64::from(call.ordinal))
    .bind(int(call.created.0)?)
    .bind(i64::from(call.carrier.0))
    .bind(request)
    .execute(tx)
    .await?;
    Ok(())
}

async fn show_on_queue(desk: &Desk, tx: &mut AnyConnection, call: &CallRequest) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE queue SET state = 'open', carrier_id = $2, attempt_id = $3, channel = $4, bridge = $5 \
         WHERE id = $1 AND (state = 'claimed' OR (state = 'open' AND attempt_id = $3))",
    )
    .bind(int(call.queue.0)?)
    .bind(i64::from(call.carrier.0))
    .bind(int(call.attempt.0)?)
    .bind(desk.node.channel(call.leg()))
    .bind(desk.node.bridge(Bridge::Conversation(call.attempt)))
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down how far an attempt has come. An attempt that has its record already keeps what the record says.
pub(super) async fn note(
    tx: &mut AnyConnection,
    attempt: AttemptId,
    times: &Times,
    agent: Option<AgentId>,
) -> Result<Outcome, StoreError> {
    let statement = sqlx::query(
        "UPDATE attempts SET agent_id = $2, placed_at = $3, rang_at = $4, answered_at = $5, \
             bridged_at = $6, message_at = $7, ended_at = $8 \
         WHERE id = $1 AND closed = 0",
    )
    .bind(int(attempt.0)?)
    .bind(agent.map(|agent| i64::from(agent.0)));
    bind_times(statement, times)?.execute(&mut *tx).await?;
    if let Some(agent) = agent {
        seat_in_conversation(tx, attempt, agent).await?;
    }
    Ok(Outcome::Done)
}

async fn seat_in_conversation(
    tx: &mut AnyConnection,
    attempt: AttemptId,
    agent: AgentId,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE agents SET bridge = (SELECT bridge FROM attempts WHERE attempts.id = $2) \
         WHERE id = $1 AND EXISTS (SELECT 1 FROM attempts WHERE attempts.id = $2 AND closed = 0)",
    )
    .bind(i64::from(agent.0))
    .bind(int(attempt.0)?)
    .execute(tx)
    .await?;
    Ok(())
}
