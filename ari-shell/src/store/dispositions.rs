//! What agents say of their calls: what they owe stands here from the call's record on, what they have said for good.

use std::sync::LazyLock;

use engine::call::{CallRequest, Debt, Disposed, Record};
use engine::lead::Fate;
use engine::words::{AgentId, Micros, Span};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::do_not_call::{self, HOUSE};
use super::logged::read_record;
use super::many::Many;
use super::outbox::tell_dispositioned;
use super::record::{bad_numbers, columns_of};
use super::row::{Named, int, moment};
use super::work::Desk;
use super::{BadRow, StoreError};

/// What a column is to have in which an agent's words are.
pub(super) const SAID: &str = "what an agent has said of a call as JSON";

/// Notes who owes one, of the records that have just been written.
static OWE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "INSERT INTO dispositions (attempt_id, campaign_id, agent_id, owed_until) \
         SELECT attempt_id, campaign_id, agent_id, retry_at FROM call_log \
         WHERE attempt_id IN (VALUES {rows}) AND why = 'disposition' AND agent_id IS NOT NULL \
         ON CONFLICT (attempt_id) DO NOTHING",
        0,
        1,
    )
});

/// Notes who has to say what came of these calls, where anybody has.
pub(super) async fn owe(tx: &mut AnyConnection, records: &[&Record]) -> Result<(), StoreError> {
    let awaits = |record: &&&Record| matches!(record.fate, Fate::Awaits { .. });
    let owed: Vec<_> = records.iter().filter(awaits).map(|record| record.attempt).collect();
    OWE.run(tx, owed.into_iter(), |own| own).await
}

/// Writes what came of a call, once: what is there already stays, and a second time changes nothing.
pub(super) async fn write(
    desk: &Desk,
    tx: &mut AnyConnection,
    disposed: &Disposed,
) -> Result<(), StoreError> {
    let (fate, retry_at, why) = columns_of(disposed.fate)?;
    let written = sqlx::query(
        "UPDATE dispositions SET code = $2, said = $3, given_at = $4, fate = $5, retry_at = $6, why = $7 \
         WHERE attempt_id = $1 AND code IS NULL",
    )
    .bind(int(disposed.attempt.0)?)
    .bind(disposed.code.clone())
    .bind(i64::from(disposed.said))
    .bind(int(disposed.at.0)?)
    .bind(fate)
    .bind(retry_at)
    .bind(why)
    .execute(&mut *tx)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(());
    }
    decide(tx, disposed).await?;
    if disposed.bars {
        let list = disposed.list.as_deref().unwrap_or(HOUSE);
        do_not_call::put(tx, list, disposed.number, desk.clock.now()).await?;
    }
    tell_dispositioned(desk, tx, disposed).await
}

/// The queue item's fate, which the record left open. A call that was agreed on meanwhile is made whatever the fate; one that
/// had been agreed on before, and in which nobody was talked to, waits for the retry with its agent and its note.
async fn decide(tx: &mut AnyConnection, disposed: &Disposed) -> Result<(), StoreError> {
    let (fate, retry_at, _) = columns_of(disposed.fate)?;
    let callback = disposed.callback;
    sqlx::query(
        "UPDATE queue SET \
             state = CASE WHEN COALESCE($2, callback_at) IS NOT NULL OR $3 = 'retry' THEN 'waiting' ELSE $3 END, \
             due_at = COALESCE($2, callback_at, $4, due_at), \
             callback_at = COALESCE($2, callback_at, CASE WHEN $10 = 1 THEN $4 END), \
             callback_agent = CASE WHEN $2 IS NULL THEN callback_agent ELSE $5 END, \
             callback_note = CASE WHEN $2 IS NULL THEN callback_note ELSE $6 END, \
             next_number = COALESCE($7, next_number), bad_numbers = $8 \
         WHERE id = $9 AND state = 'open' AND attempt_id = $1",
    )
    .bind(int(disposed.attempt.0)?)
    .bind(moment(callback.map(|callback| callback.at))?)
    .bind(fate)
    .bind(retry_at)
    .bind(callback.and_then(|callback| callback.agent).map(|agent| i64::from(agent.0)))
    .bind(disposed.note.clone())
    .bind(disposed.next_number.map(|number| number.to_string()))
    .bind(bad_numbers(&disposed.past)?)
    .bind(int(disposed.queue.0)?)
    .bind(i64::from(disposed.promised))
    .execute(tx)
    .await?;
    Ok(())
}

/// What agents still have to say of this node's calls, oldest first. What cannot be read is set aside, since nobody could ever
/// be asked for it.
pub(super) async fn owed(
    desk: &Desk,
    tx: &mut AnyConnection,
    bad: &mut Vec<BadRow>,
) -> Result<Vec<Debt>, StoreError> {
    let rows = sqlx::query(
        "SELECT call_log.*, dispositions.owed_until, call_requests.request, attempts.said \
         FROM dispositions JOIN call_log ON call_log.attempt_id = dispositions.attempt_id \
         JOIN attempts ON attempts.id = dispositions.attempt_id \
         LEFT JOIN call_requests ON call_requests.attempt_id = attempts.id \
              AND call_requests.ordinal = attempts.ordinal \
         WHERE dispositions.code IS NULL AND attempts.node = $1 ORDER BY call_log.attempt_id",
    )
    .bind(desk.node.to_string())
    .fetch_all(&mut *tx)
    .await?;
    let mut owed = Vec::with_capacity(rows.len());
    for row in &rows {
        match debt(row) {
            Ok(debt) => owed.push(debt),
            Err(problem) => {
                let attempt = Named::new("call_log", "attempt_id", row).int("attempt_id")?;
                set_aside(desk, tx, attempt, &problem).await?;
                bad.push(problem);
            }
        }
    }
    Ok(owed)
}

/// Owed for ever, it would keep its campaign from being completed by any other node, and its events from being deleted.
async fn set_aside(
    desk: &Desk,
    tx: &mut AnyConnection,
    attempt: i64,
    bad: &BadRow,
) -> Result<(), StoreError> {
    tracing::error!("set aside: {bad}");
    let settled = "UPDATE dispositions SET code = 'bad_row', said = 0, given_at = $2, fate = 'exhausted' WHERE attempt_id = $1";
    sqlx::query(settled).bind(attempt).bind(int(desk.clock.now().0)?).execute(&mut *tx).await?;
    sqlx::query(
        "UPDATE queue SET last_result = 'bad_row', \
             state = CASE WHEN callback_at IS NULL THEN 'exhausted' ELSE 'waiting' END \
         WHERE id = (SELECT queue_id FROM call_log WHERE attempt_id = $1) AND attempt_id = $1 AND state = 'open'",
    )
    .bind(attempt)
    .execute(tx)
    .await?;
    Ok(())
}

fn debt(row: &AnyRow) -> Result<Debt, BadRow> {
    let row = Named::new("call_log", "attempt_id", row);
    let record = read_record(&row)?;
    let request: CallRequest = row.json("request", "a call request as JSON")?;
    let ended: Micros = row.moment("ended_at")?;
    let began = if record.flow.is_some() { record.times.answered } else { record.times.bridged };
    Ok(Debt {
        attempt: record.attempt,
        campaign: record.campaign,
        agent: AgentId(row.int("agent_id")?),
        queue: record.queue,
        lead: record.lead,
        number: record.number,
        alternates: request.alternates,
        nth: record.nth,
        past: request.past,
        agreed: request.callback.is_some(),
        talked: began.map_or(Span::ZERO, |began| ended.since(began)),
        ended,
        until: row.moment("owed_until")?,
        said: row.opt_json("said", SAID)?,
    })
}
