//! Claiming queue items for a hopper, and giving them back.
//!
//! A claim is held by one node, or lies on the shelf (`@shelf`), which all nodes may take from. It ends by itself where
//! nobody renews it ([`Store::keep_leases`]): whatever becomes of a node, of the shared hopper or of what either
//! remembers, the row alone says who may dial the item, and one statement alone changes hands.

use std::sync::LazyLock;

use engine::Outcome;
use engine::lead::QueueItem;
use engine::words::{CampaignId, LeadId, Micros, QueueId, Span};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::many::Many;
use super::row::{Named, int};
use super::work::Desk;
use super::{BadRow, Store, StoreError};

/// When to look again for items that are due but whose number is on a live call: nobody can say when it ends.
const LIVE_AGAIN: Span = Span::secs(1);

/// Who holds what lies on the shelf; no node can be called so.
const SHELF: &str = "@shelf";

/// How long a claim lasts that nobody renews. Longer than a node may be busy with something else, shorter than leads may
/// be missed where one has gone for good.
const LEASE: Span = Span::secs(45);

/// Items that are due and whose number is on no live call. They are chosen apart from being claimed, so that this is done
/// once whatever the database plans; that they still wait is what makes it a claim where two nodes choose at a time.
/// `{lock}` is the dialect's.
const CLAIM: &str = "WITH due AS MATERIALIZED ( \
         SELECT id FROM queue \
         WHERE campaign_id = $2 AND state = 'waiting' AND due_at <= $3 AND attempts < $4 \
           AND NOT EXISTS ( \
               SELECT 1 FROM attempts WHERE attempts.number = queue.number AND attempts.closed = 0) \
         ORDER BY due_at, id LIMIT $5 {lock}) \
     UPDATE queue SET state = 'claimed', claimed_by = $1, claimed_until = $6 \
     WHERE state = 'waiting' AND id IN (SELECT id FROM due) \
     RETURNING id, lead_id, number, attempts, due_at, \
         (SELECT attributes FROM leads WHERE leads.id = queue.lead_id) AS attributes";

/// Items on the shelf become this node's. Of one that stands on the shelf twice, or whose claim has ended, nothing is
/// taken.
static TAKE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET claimed_by = $1, claimed_until = $2 \
         WHERE id IN (VALUES {rows}) AND campaign_id = $3 AND state = 'claimed' AND claimed_by = '@shelf' \
           AND attempts < $4 \
           AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.number = queue.number AND attempts.closed = 0) \
         RETURNING id, lead_id, number, attempts, due_at, \
             (SELECT attributes FROM leads WHERE leads.id = queue.lead_id) AS attributes",
        4,
        1,
    )
});

/// What is renewed of the shelf: only what lies there still.
static RENEW: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET claimed_until = $1 \
         WHERE id IN (VALUES {rows}) AND state = 'claimed' AND claimed_by = '@shelf'",
        1,
        1,
    )
});

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) campaign: CampaignId,
    pub(crate) count: u32,
    /// Only items that have had fewer attempts.
    pub(crate) cap: u32,
}

/// Takes those of `offered` that lie on the shelf, and claims as many more as `wanted.count` has room for, in the order in
/// which they were due, then by id. Items that cannot be read are set aside for good and others claimed instead.
pub(super) async fn fetch(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
    offered: &[QueueId],
) -> Result<Outcome, StoreError> {
    let now = desk.clock.now();
    let rows = take(desk, tx, wanted, now, offered).await?;
    let mut items = readable(tx, rows).await?;
    let mut missing = (wanted.count as usize).saturating_sub(items.len());
    while missing > 0 {
        let rows = claim(desk, tx, &desk.node.to_string(), wanted, now, missing as u64).await?;
        if rows.is_empty() {
            break;
        }
        items.extend(readable(tx, rows).await?);
        missing = (wanted.count as usize).saturating_sub(items.len());
    }
    let next_due = if missing > 0 { next_due(tx, wanted, now).await? } else { None };
    Ok(Outcome::Fetched { items, next_due })
}

async fn take(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
    now: Micros,
    offered: &[QueueId],
) -> Result<Vec<AnyRow>, StoreError> {
    let mut rows = Vec::with_capacity(offered.len());
    for (mut statement, offered) in TAKE.over(offered) {
        statement = statement
            .bind(desk.node.to_string())
            .bind(int((now + LEASE).0)?)
            .bind(i64::from(wanted.campaign.0))
            .bind(i64::from(wanted.cap));
        for id in offered {
            statement = statement.bind(int(id.0)?);
        }
        rows.extend(statement.fetch_all(&mut *tx).await?);
    }
    Ok(rows)
}

async fn claim(
    desk: &Desk,
    tx: &mut AnyConnection,
    holder: &str,
    wanted: Claim,
    now: Micros,
    count: u64,
) -> Result<Vec<AnyRow>, StoreError> {
    Ok(sqlx::query(AssertSqlSafe(CLAIM.replace("{lock}", desk.dialect.lock())))
        .bind(holder.to_owned())
        .bind(i64::from(wanted.campaign.0))
        .bind(int(now.0)?)
        .bind(i64::from(wanted.cap))
        .bind(int(count)?)
        .bind(int((now + LEASE).0)?)
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
    .fetch_optional(&mut *tx)
    .await?;
    let due =
        row.map(|row| Named::new("queue of campaign", "campaign_id", &row).moment("due_at")).transpose()?;
    match due {
        Some(due) if due > now && !shelved(tx, wanted.campaign).await? => Ok(Some(due)),
        None if !shelved(tx, wanted.campaign).await? => Ok(None),
        Some(_) | None => Ok(Some(now + LIVE_AGAIN)),
    }
}

/// Whether anything of a campaign lies on the shelf, from where it may come at any moment.
async fn shelved(tx: &mut AnyConnection, campaign: CampaignId) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 AS there FROM queue WHERE claimed_by = '@shelf' AND state = 'claimed' AND campaign_id = $1 LIMIT 1",
    )
    .bind(i64::from(campaign.0))
    .fetch_optional(tx)
    .await?;
    Ok(row.is_some())
}

impl Store {
    /// Puts items of a campaign on the shelf, as many as are due and not more than `wanted.count`.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then nothing lies there that did not before, or its lease ends.
    pub(crate) async fn shelve(&self, wanted: Claim) -> Result<Vec<QueueId>, StoreError> {
        let mut tx = self.begin().await?;
        let items = shelve(&self.desk(), &mut tx, wanted).await?;
        tx.commit().await?;
        Ok(items)
    }

    /// Renews this node's claims and those of the shelf that the shared hopper still has, and lets everybody's claims end
    /// whose time is over. Says how many ended.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then nothing is renewed and nothing ends.
    pub(crate) async fn keep_leases(&self, on_the_shelf: &[QueueId]) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let ended = keep_leases(&self.desk(), &mut tx, on_the_shelf).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

pub(super) async fn shelve(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
) -> Result<Vec<QueueId>, StoreError> {
    let rows = claim(desk, tx, SHELF, wanted, desk.clock.now(), u64::from(wanted.count)).await?;
    Ok(readable(tx, rows).await?.into_iter().map(|item| item.id).collect())
}

pub(super) async fn keep_leases(
    desk: &Desk,
    tx: &mut AnyConnection,
    on_the_shelf: &[QueueId],
) -> Result<u64, StoreError> {
    let now = desk.clock.now();
    let until = int((now + LEASE).0)?;
    sqlx::query("UPDATE queue SET claimed_until = $2 WHERE claimed_by = $1 AND state = 'claimed'")
        .bind(desk.node.to_string())
        .bind(until)
        .execute(&mut *tx)
        .await?;
    for (mut statement, ids) in RENEW.over(on_the_shelf) {
        statement = statement.bind(until);
        for id in ids {
            statement = statement.bind(int(id.0)?);
        }
        statement.execute(&mut *tx).await?;
    }
    let ended = sqlx::query(
        "UPDATE queue SET state = 'waiting', claimed_by = NULL WHERE state = 'claimed' AND claimed_until < $1",
    )
    .bind(int(now.0)?)
    .execute(tx)
    .await?;
    Ok(ended.rows_affected())
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
