//! How often leads were added to campaigns or made to wait again, by whomever.
//!
//! Whoever does so on the database tells the shell of its own configuration; those of other nodes find it here.

use std::collections::BTreeMap;

use engine::words::CampaignId;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::row::Named;
use super::{BadRow, Store, StoreError};

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
