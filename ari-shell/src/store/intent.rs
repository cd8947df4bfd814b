//! Intents: what is written before a call is placed, and how far the call has come since.

use std::collections::BTreeSet;
use std::convert::identity;
use std::sync::LazyLock;

use engine::call::{CallRequest, CallSoFar};
use engine::words::{AttemptId, Bridge};
use engine::{Outcome, SaveRefusal};
use sqlx::AnyConnection;

use super::StoreError;
use super::dialect::Dialect;
use super::drops::dropped_lately;
use super::frequency::too_often;
use super::many::Many;
use super::row::{Named, Statement, bind_times, int};
use super::screen::screen;
use super::work::{AttemptNote, Desk};

/// Opens attempts, each if its queue item is claimed by this node and its number is on no live call: one statement, so
/// that a refusal leaves nothing behind. The conflict is that of `attempts_live`, or of the attempt's own id.
///
/// Who holds an item is asked by a CASE, for which no index will do: PostgreSQL takes the claimed items for few, until
/// it counts again, and would walk all of them for every row by their own index instead of taking the item by its id.
///
/// `{hold}` is the dialect's: until the transaction ends nobody else changes the items. Whoever calls off what was agreed on for one,
/// or bars its number, would be told that it is so while the call is placed.
const OPEN: &str = "WITH intent (id, queue_id, campaign_id, number, ordinal, carrier_id, channel, bridge, created_at) AS \
         (VALUES {rows}) \
     INSERT INTO attempts \
         (id, node, queue_id, campaign_id, number, ordinal, carrier_id, channel, bridge, created_at, closed) \
     SELECT intent.id, $1, queue.id, intent.campaign_id, intent.number, intent.ordinal, intent.carrier_id, \
         intent.channel, intent.bridge, intent.created_at, 0 \
     FROM intent CROSS JOIN queue \
     WHERE queue.id = intent.queue_id AND CASE WHEN queue.state = 'claimed' THEN queue.claimed_by END = $1 {hold} \
     ON CONFLICT DO NOTHING";

static OPEN_IN_A_FILE: LazyLock<Many> = LazyLock::new(|| opening(Dialect::Sqlite));
static OPEN_ON_A_SERVER: LazyLock<Many> = LazyLock::new(|| opening(Dialect::Postgres));

fn opening(dialect: Dialect) -> Many {
    Many::new(&OPEN.replace("{hold}", dialect.hold()), 1, 9)
}

/// Opened attempts that may not be placed after all are not open any more.
static UNDO: LazyLock<Many> =
    LazyLock::new(|| Many::new("DELETE FROM attempts WHERE id IN (VALUES {rows})", 0, 1));

/// Leads an open attempt on to its next carrier.
const GO_ON: &str = "UPDATE attempts SET ordinal = $3, carrier_id = $4, channel = $5 \
     WHERE id = $1 AND node = $2 AND closed = 0 AND ordinal < $3";

/// Which attempts were opened just now: those whose requests are still to be written.
static OPENED: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "SELECT id FROM attempts \
         WHERE id IN (VALUES {rows}) \
           AND NOT EXISTS (SELECT 1 FROM call_requests WHERE call_requests.attempt_id = attempts.id)",
        0,
        1,
    )
});

static KEEP: LazyLock<Many> = LazyLock::new(|| {
    let sql =
        "INSERT INTO call_requests (attempt_id, ordinal, created_at, carrier_id, request) VALUES {rows}";
    Many::new(sql, 0, 5)
});

/// Shows on the queue items what their attempts say.
static SHOW: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET state = 'open', carrier_id = attempts.carrier_id, attempt_id = attempts.id, \
             channel = attempts.channel, bridge = attempts.bridge \
         FROM attempts \
         WHERE attempts.id IN (VALUES {rows}) AND queue.id = attempts.queue_id \
           AND (queue.state = 'claimed' OR (queue.state = 'open' AND queue.attempt_id = attempts.id))",
        0,
        1,
    )
});

/// Why nothing was opened: whether the very same was saved before, whether the item is ours, whether the number is
/// on another live call.
const WHY_NOT: &str = "SELECT \
         (SELECT COUNT(*) FROM call_requests JOIN attempts ON attempts.id = call_requests.attempt_id \
          WHERE attempt_id = $1 AND call_requests.ordinal = $2 AND request = $3 AND closed = 0) AS same, \
         (SELECT COUNT(*) FROM queue WHERE id = $4 AND state = 'claimed' AND claimed_by = $5) AS ours, \
         (SELECT COUNT(*) FROM attempts WHERE number = $6 AND closed = 0 AND id <> $1) AS live";

/// An attempt that has its record already keeps what the record says.
static NOTE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH noted (id, agent_id, placed_at, rang_at, answered_at, bridged_at, message_at, ended_at, takes, said, \
                     flow, transfers, hold, amd) AS (VALUES {rows}) \
         UPDATE attempts SET agent_id = noted.agent_id, placed_at = noted.placed_at, rang_at = noted.rang_at, \
             answered_at = noted.answered_at, bridged_at = noted.bridged_at, message_at = noted.message_at, \
             ended_at = noted.ended_at, takes = noted.takes, said = noted.said, flow = noted.flow, \
             transfers = noted.transfers, hold = noted.hold, amd = noted.amd \
         FROM noted \
         WHERE attempts.id = noted.id AND attempts.closed = 0",
        0,
        14,
    )
});

/// Shows on the agents the bridges that their attempts say.
static SEAT: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE agents SET bridge = attempts.bridge \
         FROM attempts \
         WHERE attempts.id IN (VALUES {rows}) AND attempts.closed = 0 AND agents.id = attempts.agent_id",
        0,
        1,
    )
});

/// Writes intents: one outcome for each, refused where the number may not be called or is live, or the item is not ours. The same intent
/// twice is one intent.
pub(super) async fn save(
    desk: &Desk,
    tx: &mut AnyConnection,
    calls: &[&CallRequest],
) -> Result<Vec<Outcome>, StoreError> {
    let mut kept = screen(tx, calls).await?;
    let mut outcomes = vec![Outcome::Done; calls.len()];
    let free: Vec<&CallRequest> =
        calls.iter().copied().filter(|call| !kept.contains_key(&call.attempt)).collect();
    let mut opened = open(desk, tx, &free).await?;
    let begun: Vec<&CallRequest> =
        free.iter().copied().filter(|call| opened.contains(&call.attempt)).collect();
    let mut closed = too_often(tx, &begun).await?;
    closed.append(&mut dropped_lately(tx, &begun).await?);
    UNDO.run(tx, closed.keys().copied(), identity).await?;
    kept.append(&mut closed);
    let (mut written, mut refused) = (Vec::with_capacity(calls.len()), Vec::new());
    for (at, call) in calls.iter().enumerate() {
        if let Some(refusal) = kept.get(&call.attempt) {
            outcomes[at] = Outcome::Refused(*refusal);
            continue;
        }
        let request = serde_json::to_string(call)?;
        match opened.remove(&call.attempt) || (call.ordinal > 1 && go_on(desk, tx, call).await?) {
            true => written.push((*call, request)),
            false => refused.push((at, *call, request)),
        }
    }
    keep_requests(tx, &written).await?;
    SHOW.run(tx, written.iter().map(|(call, _)| call.attempt), identity).await?;
    for (at, call, request) in refused {
        outcomes[at] = why_not(desk, tx, call, &request).await?;
    }
    Ok(outcomes)
}

/// Opens the attempts of those that are first tries; gives which were opened.
async fn open(
    desk: &Desk,
    tx: &mut AnyConnection,
    calls: &[&CallRequest],
) -> Result<BTreeSet<AttemptId>, StoreError> {
    let first: Vec<&CallRequest> = calls.iter().copied().filter(|call| call.ordinal == 1).collect();
    let mut opened = BTreeSet::new();
    let opening: &Many = match desk.dialect {
        Dialect::Sqlite => &OPEN_IN_A_FILE,
        Dialect::Postgres => &OPEN_ON_A_SERVER,
    };
    for (mut statement, calls, filled) in opening.filled(&first) {
        statement = statement.bind(desk.node.to_string());
        for call in filled {
            statement = bind_attempt(statement, desk, call)?;
        }
        // That all of them are opened is the rule, and to be told rows costs more than to be told how many.
        if statement.execute(&mut *tx).await?.rows_affected() == calls.len() as u64 {
            opened.extend(calls.iter().map(|call| call.attempt));
        } else {
            opened.extend(opened_among(tx, calls).await?);
        }
    }
    Ok(opened)
}

fn bind_attempt(
    statement: Statement<'static>,
    desk: &Desk,
    call: &CallRequest,
) -> Result<Statement<'static>, StoreError> {
    Ok(statement
        .bind(int(call.attempt.0)?)
        .bind(int(call.queue.0)?)
        .bind(i64::from(call.campaign.0))
        .bind(call.number.to_string())
        .bind(i64::from(call.ordinal))
        .bind(i64::from(call.carrier.0))
        .bind(desk.signature.channel(call.leg()))
        .bind(desk.signature.bridge(Bridge::Conversation(call.attempt)))
        .bind(int(call.created.0)?))
}

async fn opened_among(tx: &mut AnyConnection, calls: &[&CallRequest]) -> Result<Vec<AttemptId>, StoreError> {
    let mut opened = Vec::new();
    for (mut statement, calls) in OPENED.over(calls) {
        for call in calls {
            statement = statement.bind(int(call.attempt.0)?);
        }
        for row in statement.fetch_all(&mut *tx).await? {
            opened.push(AttemptId(Named::new("attempts", "id", &row).int("id")?));
        }
    }
    Ok(opened)
}

async fn go_on(desk: &Desk, tx: &mut AnyConnection, call: &CallRequest) -> Result<bool, StoreError> {
    let led = sqlx::query(GO_ON)
        .bind(int(call.attempt.0)?)
        .bind(desk.node.to_string())
        .bind(i64::from(call.ordinal))
        .bind(i64::from(call.carrier.0))
        .bind(desk.signature.channel(call.leg()))
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

async fn keep_requests(tx: &mut AnyConnection, written: &[(&CallRequest, String)]) -> Result<(), StoreError> {
    for (mut statement, written) in KEEP.over(written) {
        for (call, request) in written {
            statement = statement
                .bind(int(call.attempt.0)?)
                .bind(i64::from(call.ordinal))
                .bind(int(call.created.0)?)
                .bind(i64::from(call.carrier.0))
                .bind(request.clone());
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Writes down how far attempts have come, and on the agents in which conversations they are.
pub(super) async fn note(tx: &mut AnyConnection, notes: &[&AttemptNote]) -> Result<(), StoreError> {
    for (mut statement, _, notes) in NOTE.filled(notes) {
        for note in notes {
            let CallSoFar { times, agent, takes, said, flow, transfers, hold, amd } = &*note.so_far;
            let takes = takes.as_deref().map(serde_json::to_string).transpose()?;
            let said = said.as_deref().map(serde_json::to_string).transpose()?;
            let flow = flow.as_deref().map(serde_json::to_string).transpose()?;
            let transfers = Some(transfers).filter(|transfers| !transfers.is_empty());
            let transfers = transfers.map(serde_json::to_string).transpose()?;
            let hold = hold.as_ref().map(serde_json::to_string).transpose()?;
            let amd = amd.as_deref().map(serde_json::to_string).transpose()?;
            let noted = statement.bind(int(note.attempt.0)?).bind(agent.map(|agent| i64::from(agent.0)));
            let noted = bind_times(noted, times)?.bind(takes).bind(said);
            statement = noted.bind(flow).bind(transfers).bind(hold).bind(amd);
        }
        statement.execute(&mut *tx).await?;
    }
    let joined = notes.iter().filter(|note| note.so_far.agent.is_some());
    SEAT.run(tx, joined.map(|note| note.attempt), identity).await
}
