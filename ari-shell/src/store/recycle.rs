//! Leads that are given another round of attempts.

use engine::call::CallResult;
use engine::words::CampaignId;
use sqlx::AnyConnection;
use tokio::time::Instant;

use super::row::{Named, int};
use super::{Store, StoreError, arrivals};

/// Leads that are given one in one transaction: a dialer that runs on the same file waits no longer.
const AT_ONCE: u32 = 10_000;

impl Store {
    /// Gives a campaign's leads that were not reached another round of attempts, due at once: those whose last result is one
    /// of these, or all of them where none is named. Of whom an agent has said that nobody was reached is among those whom
    /// nobody answered. Whoever was reached or may not be called is never among them, nor is a lead on a call or in a hopper,
    /// nor a row that was set aside. Numbers that were found bad stay so, and are not dialled. Whoever has no other is among them
    /// only where `BadNumber` is named; then all their numbers are tried anew. Callbacks that wait stay as they are.
    /// Gives how many leads wait again.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then some may wait already, and a second time goes on.
    pub async fn recycle(&self, campaign: CampaignId, results: &[CallResult]) -> Result<u64, StoreError> {
        let now = int(self.desk.clock.now().0)?;
        let named: String = results.iter().map(|result| format!(" {result} ")).collect();
        let (mut recycled, mut last) = (0, -1);
        loop {
            let more = self.write_alone(async |tx| recycle(tx, campaign, &named, now, last).await).await?;
            // What has been dialled again meanwhile lies behind, and is not given yet another round.
            let Some(&greatest) = more.iter().max() else { return Ok(recycled) };
            (recycled, last) = (recycled + more.len() as u64, greatest);
            self.breathe(Instant::now()).await;
        }
    }
}

/// The next leads behind that item; gives their items. A lead that an agent has disposed of has come to its end by the cap or a
/// rule only where no person was talked to: one who was talked to has completed it.
async fn recycle(
    tx: &mut AnyConnection,
    campaign: CampaignId,
    named: &str,
    now: i64,
    last: i64,
) -> Result<Vec<i64>, StoreError> {
    let recycle = sqlx::query(
        "UPDATE queue SET state = 'waiting', due_at = $2, recycled = attempts, technical = 0, \
             bad_numbers = CASE WHEN last_result = 'bad_number' \
                     AND EXISTS (SELECT 1 FROM call_log WHERE call_log.attempt_id = queue.attempt_id AND why = 'bad_number') \
                 THEN NULL ELSE bad_numbers END \
         WHERE state IN ('waiting', 'exhausted') \
           AND id IN (SELECT id FROM queue \
                      WHERE campaign_id = $1 AND id > $4 AND state IN ('waiting', 'exhausted') AND attempts > recycled \
                        AND (callback_at IS NULL OR state = 'exhausted') \
                        AND (last_result NOT IN ('bad_row', 'do_not_call', 'connected', 'completed', 'incomplete') \
                             AND ($3 LIKE '% ' || last_result || ' %' \
                               OR $3 = '' AND NOT EXISTS (SELECT 1 FROM call_log \
                                    WHERE call_log.attempt_id = queue.attempt_id AND why = 'bad_number')) \
                          OR last_result = 'connected' AND state = 'exhausted' \
                             AND ($3 = '' OR $3 LIKE '% no_answer %') \
                             AND EXISTS (SELECT 1 FROM dispositions WHERE dispositions.attempt_id = queue.attempt_id \
                                           AND fate = 'exhausted' AND why IN ('cap', 'rule'))) \
                      ORDER BY id LIMIT $5) \
         RETURNING id",
    )
    .bind(i64::from(campaign.0))
    .bind(now)
    .bind(named)
    .bind(last)
    .bind(i64::from(AT_ONCE));
    let rows = recycle.fetch_all(&mut *tx).await?;
    if !rows.is_empty() {
        arrivals::note(tx, campaign).await?;
    }
    rows.iter().map(|row| Ok(Named::new("queue", "id", row).int("id")?)).collect()
}
