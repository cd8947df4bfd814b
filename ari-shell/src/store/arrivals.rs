//! How often leads were added to campaigns or made to wait again, by whomever.
//!
//! Whoever does so on the database tells the shell of its own configuration; those of other nodes find it here.

use std::collections::BTreeMap;

use engine::words::CampaignId;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tokio::time::Instant;

use super::row::{Named, Statement};
use super::{BadRow, Store, StoreError};

/// Leads that are made to wait again in one transaction: a dialer that runs on the same file waits no longer.
const AT_ONCE: u32 = 10_000;

/// How often that was so, by campaign. Of those that are not here it never was.
pub(crate) type Arrivals = BTreeMap<CampaignId, u64>;

impl Store {
    /// How often leads have come to each campaign so far.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn arrivals(&self) -> Result<Arrivals, StoreError> {
        let rows = self.reading.rows(sqlx::query("SELECT campaign_id, nth FROM arrivals")).await?;
        let read = |row: &AnyRow| {
            let row = Named::new("arrivals", "campaign_id", row);
            Ok((CampaignId(row.int("campaign_id")?), row.int("nth")?))
        };
        Ok(rows.iter().map(read).collect::<Result<_, BadRow>>()?)
    }

    /// Makes leads of a campaign wait again. `next` is a statement for the next of them, which returns their ids; its last two
    /// parameters are the item behind which these begin, and how many they are at most. Gives how many wait again.
    pub(super) async fn make_wait<'q>(
        &self,
        campaign: CampaignId,
        next: impl Fn() -> Statement<'q>,
    ) -> Result<u64, StoreError> {
        let (mut waiting, mut last) = (0, -1);
        loop {
            let next = next().bind(last).bind(i64::from(AT_ONCE));
            let more: Vec<i64> = self
                .write_alone(async |tx| {
                    let rows = next.fetch_all(&mut *tx).await?;
                    if !rows.is_empty() {
                        note(tx, campaign).await?;
                    }
                    rows.iter()
                        .map(|row| Ok(Named::new("queue", "id", row).int("id")?))
                        .collect::<Result<_, StoreError>>()
                })
                .await?;
            // What has been dialled again meanwhile lies behind, and is not made to wait once more.
            let Some(&greatest) = more.iter().max() else { return Ok(waiting) };
            (waiting, last) = (waiting + more.len() as u64, greatest);
            self.breathe(Instant::now()).await;
        }
    }
}

/// Leads of a campaign are new or wait again. To be written last in its transaction: whoever else writes so waits for its end.
pub(super) async fn note(tx: &mut AnyConnection, campaign: CampaignId) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO arrivals (campaign_id, nth) VALUES ($1, 1) \
         ON CONFLICT (campaign_id) DO UPDATE SET nth = arrivals.nth + 1",
    )
    .bind(i64::from(campaign.0))
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::store::do_not_call::WAIT_IN_AREA;
    use crate::store::recycle::RECYCLE;
    use crate::store::reprieve::REPRIEVE;
    use crate::store::testing::{Dialect, Floor};

    #[tokio::test]
    async fn each_batch_goes_on_behind_the_one_before_it() {
        let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
        for next in [&RECYCLE, &REPRIEVE, &WAIT_IN_AREA] {
            let steps = floor.plan(next).await;
            let search = "SEARCH queue USING INDEX sqlite_autoindex_queue_1 (id>?)";
            assert!(steps.iter().any(|step| step == search), "{steps:#?}");
            assert!(!steps.iter().any(|step| step.contains("ORDER BY")), "{steps:#?}");
        }
    }
}
