//! Leads that are given another round of attempts.

use engine::call::CallResult;
use engine::words::CampaignId;

use super::row::int;
use super::{Store, StoreError};

impl Store {
    /// Gives a campaign's leads that were not reached another round of attempts, due at once: those whose last result is one
    /// of these, or all of them where none is named. Whoever was reached is never among them, nor is a lead on a call or in
    /// a hopper, nor a row that was set aside. What was said of their numbers is forgotten; callbacks that wait stay as they
    /// are.
    /// Gives how many leads wait again.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn recycle(&self, campaign: CampaignId, results: &[CallResult]) -> Result<u64, StoreError> {
        let now = int(self.clock.now().0)?;
        let named: Vec<String> = results.iter().map(|result| format!(" {result} ")).collect();
        let recycle = sqlx::query(
            "UPDATE queue SET state = 'waiting', due_at = $2, recycled = attempts, technical = 0, bad_numbers = NULL \
             WHERE campaign_id = $1 AND state IN ('waiting', 'exhausted') AND attempts > recycled \
               AND (callback_at IS NULL OR state = 'exhausted') \
               AND last_result NOT IN ('bad_row', 'connected', 'completed', 'incomplete') \
               AND ($3 = '' OR $3 LIKE '% ' || last_result || ' %')",
        )
        .bind(i64::from(campaign.0))
        .bind(now)
        .bind(named.concat());
        self.write_much(async |tx| Ok(recycle.execute(tx).await?.rows_affected())).await
    }
}
