//! Leads that are given another round of attempts.

use std::sync::LazyLock;

use engine::call::CallResult;
use engine::words::CampaignId;
use sqlx::AssertSqlSafe;

use super::row::int;
use super::{Store, StoreError};

impl Store {
    /// Gives a campaign's leads that were not reached another round of attempts, due at once: those whose last result is one
    /// of these, or all of them where none is named. Of whom an agent has said that nobody was reached is among those whom
    /// nobody answered. Whoever was reached or may not be called is never among them, nor is a lead on a call or in a hopper,
    /// nor a row that was set aside, nor a lead whose number is in none of the lists that the campaign dials by now. Numbers
    /// that were found bad stay so, and are not dialled. Whoever has no other is among them only where `BadNumber` is named; then
    /// all their numbers are tried anew. Callbacks that wait stay as they are.
    /// Gives how many leads wait again.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then some may wait already, and a second time goes on.
    pub async fn recycle(&self, campaign: CampaignId, results: &[CallResult]) -> Result<u64, StoreError> {
        let now = int(self.desk.clock.now().0)?;
        let named: String = results.iter().map(|result| format!(" {result} ")).collect();
        let next = || {
            sqlx::query(AssertSqlSafe(RECYCLE.as_str()))
                .bind(i64::from(campaign.0))
                .bind(now)
                .bind(named.clone())
        };
        self.make_wait(campaign, next).await
    }
}

/// A condition on the rows of `queue`, which are of campaign `$1`: whether it dials a list by now that has their number, or their
/// lead is of no list.
pub(super) const DIALS_ITS_LIST: &str = "(EXISTS (SELECT 1 FROM leads WHERE leads.id = queue.lead_id \
         AND (list_id IS NULL OR list_id IN (SELECT list_id FROM campaign_lists WHERE campaign_id = $1))) \
     OR EXISTS (SELECT 1 FROM leads WHERE leads.number = queue.number \
         AND list_id IN (SELECT list_id FROM campaign_lists WHERE campaign_id = $1)))";

/// The next leads of campaign `$1` behind item `$4`. A lead that an agent has disposed of has come to its end by the cap or a
/// rule only where no person was talked to: one who was talked to has completed it. By the sign before the campaign no database walks
/// all its leads for each batch of them: it goes on by id.
pub(super) static RECYCLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE queue SET state = 'waiting', due_at = $2, recycled = attempts, technical = 0, \
             bad_numbers = CASE WHEN last_result = 'bad_number' \
                     AND EXISTS (SELECT 1 FROM call_log WHERE call_log.attempt_id = queue.attempt_id AND why = 'bad_number') \
                 THEN NULL ELSE bad_numbers END \
         WHERE state IN ('waiting', 'exhausted') \
           AND id IN (SELECT id FROM queue \
                      WHERE +campaign_id = $1 AND id > $4 AND state IN ('waiting', 'exhausted') AND attempts > recycled \
                        AND (callback_at IS NULL OR state = 'exhausted') \
                        AND (last_result NOT IN ('bad_row', 'do_not_call', 'connected', 'completed', 'incomplete') \
                             AND ($3 LIKE '% ' || last_result || ' %' \
                               OR $3 = '' AND NOT EXISTS (SELECT 1 FROM call_log \
                                    WHERE call_log.attempt_id = queue.attempt_id AND why = 'bad_number')) \
                          OR last_result = 'connected' AND state = 'exhausted' \
                             AND ($3 = '' OR $3 LIKE '% no_answer %') \
                             AND EXISTS (SELECT 1 FROM dispositions WHERE dispositions.attempt_id = queue.attempt_id \
                                           AND fate = 'exhausted' AND why IN ('cap', 'rule'))) \
                        AND {DIALS_ITS_LIST} \
                      ORDER BY id LIMIT $5) \
         RETURNING id"
    )
});
