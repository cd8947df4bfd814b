//! How long a claim lasts, and the shelf that all nodes take from.
//!
//! A claim is held by one node, or lies on the shelf (`@shelf`). It ends by itself where nobody renews it
//! ([`Store::keep_leases`]): whatever becomes of a node, of the shared hopper or of what either remembers, the row alone says
//! who may dial the item, and one statement alone changes hands.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::lead::QueueItem;
use engine::words::{CampaignId, QueueId, Span};
use sqlx::AnyConnection;

use super::claim::{self, COLUMNS, Claim};
use super::many::Many;
use super::nodes;
use super::row::int;
use super::work::Desk;
use super::{Store, StoreError};

/// Who holds what lies on the shelf; no node can be called so.
const SHELF: &str = "@shelf";

/// How long a claim lasts that nobody renews. Longer than a node may be busy with something else, shorter than leads may
/// be missed where one has gone for good.
pub(super) const LEASE: Span = Span::secs(30);

/// Items on the shelf become this node's. Of one that stands on the shelf twice, or whose claim has ended, nothing is
/// taken.
static TAKE: LazyLock<Many> = LazyLock::new(|| {
    let sql = "UPDATE queue SET claimed_by = $1, claimed_until = $2 \
         WHERE id IN (VALUES {rows}) AND campaign_id = $3 AND state = 'claimed' AND claimed_by = '@shelf' \
           AND attempts - technical - recycled < $4 \
           AND NOT EXISTS ( \
               SELECT 1 FROM attempts \
               WHERE attempts.number = COALESCE(queue.next_number, queue.number) AND attempts.closed = 0) \
         RETURNING {columns}";
    Many::new(&sql.replace("{columns}", COLUMNS), 4, 1)
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

impl Store {
    /// Puts items of a campaign on the shelf, as many as are due and not more than `wanted.count`. Calls that were agreed
    /// on are not among them: they go to whoever asks next.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then nothing lies there that did not before, or its lease ends.
    pub(crate) async fn shelve(&self, wanted: Claim) -> Result<Vec<QueueId>, StoreError> {
        self.write(async |tx| shelve(&self.desk, tx, wanted).await).await
    }

    /// Says that this node is at work, renews its claims and those of the shelf that the shared hopper still has, and lets
    /// everybody's claims end whose time is over. Says how many ended.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then nothing is renewed and nothing ends.
    pub(crate) async fn keep_leases(&self, on_the_shelf: &[QueueId]) -> Result<u64, StoreError> {
        self.write(async |tx| keep_leases(&self.desk, tx, on_the_shelf).await).await
    }
}

pub(super) async fn shelve(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
) -> Result<Vec<QueueId>, StoreError> {
    let mut items = Vec::new();
    for which in claim::Which::IN_TURN {
        let missing = u64::from(wanted.count).saturating_sub(items.len() as u64);
        let rows = claim::claim(desk, tx, SHELF, wanted, which, missing).await?;
        items.extend(claim::readable(tx, rows).await?);
    }
    Ok(items.into_iter().map(|item| item.id).collect())
}

/// Takes those of `offered` that lie on the shelf, in the order in which they are offered: they were put there in dialling order.
pub(super) async fn take(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
    offered: &[QueueId],
) -> Result<Vec<QueueItem>, StoreError> {
    let until = int((desk.clock.now() + LEASE).0)?;
    let mut rows = Vec::with_capacity(offered.len());
    for (mut statement, offered) in TAKE.over(offered) {
        statement = statement
            .bind(desk.node.to_string())
            .bind(until)
            .bind(i64::from(wanted.campaign.0))
            .bind(i64::from(wanted.cap));
        for id in offered {
            statement = statement.bind(int(id.0)?);
        }
        rows.extend(statement.fetch_all(&mut *tx).await?);
    }
    let mut items = claim::readable(tx, rows).await?;
    let places: BTreeMap<QueueId, usize> = offered.iter().copied().zip(0..).collect();
    items.sort_by_key(|item| places.get(&item.id).copied());
    Ok(items)
}

/// Whether anything of a campaign lies on the shelf, from where it may come at any moment.
pub(super) async fn shelved(tx: &mut AnyConnection, campaign: CampaignId) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 AS there FROM queue WHERE claimed_by = $2 AND state = 'claimed' AND campaign_id = $1 LIMIT 1",
    )
    .bind(i64::from(campaign.0))
    .bind(SHELF)
    .fetch_optional(tx)
    .await?;
    Ok(row.is_some())
}

pub(super) async fn keep_leases(
    desk: &Desk,
    tx: &mut AnyConnection,
    on_the_shelf: &[QueueId],
) -> Result<u64, StoreError> {
    let now = desk.clock.now();
    nodes::says_alive(desk, tx, Some(now + LEASE)).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{Floor, SPRING, on_each_database};

    on_each_database! {
        what_lies_on_the_shelf_is_taken_in_the_order_in_which_it_was_put_there,
    }

    async fn what_lies_on_the_shelf_is_taken_in_the_order_in_which_it_was_put_there(floor: Floor) {
        floor.numbered_leads(SPRING, 3).await;
        floor.sql("UPDATE queue SET attempts = 1, due_at = 1 WHERE id = 3").await;
        let wanted = Claim { campaign: SPRING, count: 3, cap: 100 };
        let shelved = floor.store.shelve(wanted).await.expect("shelved");
        assert_eq!(shelved, [3, 1, 2].map(QueueId), "what is tried again goes ahead of new leads");
        let (store, desk) = (&floor.store, &floor.store.desk);
        let taken = store.write(async |tx| take(desk, tx, wanted, &shelved).await).await.expect("taken");
        assert_eq!(taken.iter().map(|item| item.id).collect::<Vec<_>>(), shelved);
    }
}
