//! Claiming queue items for a hopper, and giving them back.

use std::sync::LazyLock;

use engine::Outcome;
use engine::lead::QueueItem;
use engine::words::{CampaignId, LeadId, Micros, QueueId, Span};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::many::Many;
use super::row::{Named, int};
use super::work::Desk;
use super::{BadRow, StoreError};

/// When to look again for items that are due but whose number is on a live call: nobody can say when it ends.
const LIVE_AGAIN: Span = Span::secs(1);

/// Items that are due and whose number is on no live call. They are chosen apart from being claimed, so that this is done
/// once whatever the database plans; that they still wait is what makes it a claim where two nodes choose at a time.
/// `{lock}` is the dialect's.
const CLAIM: &str = "WITH due AS MATERIALIZED ( \
         SELECT id FROM queue \
         WHERE campaign_id = $2 AND state = 'waiting' AND due_at <= $3 AND attempts < $4 \
           AND NOT EXISTS ( \
               SELECT 1 FROM attempts WHERE attempts.number = queue.number AND attempts.closed = 0) \
         ORDER BY due_at, id LIMIT $5 {lock}) \
     UPDATE queue SET state = 'claimed', claimed_by = $1 \
     WHERE state = 'waiting' AND id IN (SELECT id FROM due) \
     RETURNING id, lead_id, number, attempts, due_at, \
         (SELECT attributes FROM leads WHERE leads.id = queue.lead_id) AS attributes, \
         (SELECT zone FROM leads WHERE leads.id = queue.lead_id) AS zone";

static RELEASE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET state = 'waiting', claimed_by = NULL, \
             due_at = CASE WHEN due_at < $2 THEN $2 ELSE due_at END \
         WHERE id IN (VALUES {rows}) AND state = 'claimed' AND claimed_by = $1",
        2,
        1,
    )
});

/// Which items a claim may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) campaign: CampaignId,
    pub(super) count: u32,
    /// Only items that have had fewer attempts.
    pub(super) cap: u32,
}

/// Claims up to `count` items in the order in which they were due, then by id. Items that cannot be read are set
/// aside for good and others claimed instead.
pub(super) async fn fetch(desk: &Desk, tx: &mut AnyConnection, wanted: Claim) -> Result<Outcome, StoreError> {
    let now = desk.clock.now();
    let mut items = Vec::new();
    let mut missing = wanted.count as usize;
    while missing > 0 {
        let rows = claim(desk, tx, wanted, now, missing as u64).await?;
        if rows.is_empty() {
            break;
        }
        items.extend(readable(tx, rows).await?);
        missing = wanted.count as usize - items.len();
    }
    let next_due = if missing > 0 { next_due(tx, wanted, now).await? } else { None };
    Ok(Outcome::Fetched { items, next_due })
}

async fn claim(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
    now: Micros,
    count: u64,
) -> Result<Vec<AnyRow>, StoreError> {
    Ok(sqlx::query(AssertSqlSafe(CLAIM.replace("{lock}", desk.dialect.lock())))
        .bind(desk.node.to_string())
        .bind(i64::from(wanted.campaign.0))
        .bind(int(now.0)?)
        .bind(i64::from(wanted.cap))
        .bind(int(count)?)
        .fetch_all(tx)
        .await?)
}

/// The items of `rows` in dialling order; `RETURNING` promises none.
async fn readable(tx: &mut AnyConnection, rows: Vec<AnyRow>) -> Result<Vec<QueueItem>, StoreError> {
    let mut due = Vec::with_capacity(rows.len());
    for row in &rows {
        let named = Named::new("queue", "id", row);
        match item(&named) {
            Ok(item) => due.push(item),
            Err(bad) => set_aside(tx, named.int("id")?, &bad).await?,
        }
    }
    due.sort_by_key(|(at, item)| (*at, item.id));
    Ok(due.into_iter().map(|(_, item)| item).collect())
}

fn item(row: &Named<'_>) -> Result<(Micros, QueueItem), BadRow> {
    let item = QueueItem {
        id: QueueId(row.int("id")?),
        lead: LeadId(row.int("lead_id")?),
        number: row.number("number")?,
        attempts: row.int("attempts")?,
        attributes: row.json("attributes", "a JSON list of [name, value] pairs")?,
        zone: row.opt_text("zone")?,
    };
    Ok((row.moment("due_at")?, item))
}

/// Takes an item out of dialling for good: it would come back with every claim and never be dialled.
pub(super) async fn set_aside(tx: &mut AnyConnection, id: i64, bad: &BadRow) -> Result<(), StoreError> {
    tracing::error!("set aside: {bad}");
    sqlx::query(
        "UPDATE queue SET state = 'exhausted', last_result = 'bad_row', claimed_by = NULL WHERE id = $1",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

async fn next_due(tx: &mut AnyConnection, wanted: Claim, now: Micros) -> Result<Option<Micros>, StoreError> {
    let row = sqlx::query(
        "SELECT campaign_id, due_at FROM queue WHERE campaign_id = $1 AND state = 'waiting' AND attempts < $2 \
         ORDER BY due_at LIMIT 1",
    )
    .bind(i64::from(wanted.campaign.0))
    .bind(i64::from(wanted.cap))
    .fetch_optional(tx)
    .await?;
    let due = row.map(|row| Named::new("queue of campaign", "campaign_id", &row).moment("due_at"));
    Ok(due.transpose()?.map(|due| if due <= now { now + LIVE_AGAIN } else { due }))
}

/// Gives items back as they were, to be due no sooner than `not_before`. An item that is no longer ours is left alone.
pub(super) async fn release(
    desk: &Desk,
    tx: &mut AnyConnection,
    items: &[QueueId],
    not_before: Micros,
) -> Result<(), StoreError> {
    for (mut statement, items) in RELEASE.over(items) {
        statement = statement.bind(desk.node.to_string()).bind(int(not_before.0)?);
        for item in items {
            statement = statement.bind(int(item.0)?);
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}
