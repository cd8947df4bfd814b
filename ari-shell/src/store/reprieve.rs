//! Leads that a do-not-call list has brought to their end, and that wait again.

use std::sync::LazyLock;

use engine::lead::Barred;
use engine::words::CampaignId;
use sqlx::{AnyConnection, AssertSqlSafe};
use tokio::time::Instant;

use super::row::Named;
use super::{Store, StoreError, arrivals, do_not_call, screen};

/// Leads that wait again in one transaction: a dialer that runs on the same file waits no longer.
const AT_ONCE: u32 = 10_000;

/// A campaign some of whose leads wait again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reprieved {
    /// Its name.
    pub campaign: String,
    /// How many of them.
    pub leads: u64,
}

impl Store {
    /// Lets those leads wait again that came to their end by these numbers being on a list, in the campaigns that the list bars
    /// them from; each is due when it was, and stands as it did. Whom a list of their campaign bars by now is not among them, and
    /// neither is whoever has asked on the phone not to be called, or has come to their end by anything else.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails or has no such list; then some may wait already, and a second time goes on.
    pub async fn reprieve(&self, list: &str, barred: &Barred) -> Result<Vec<Reprieved>, StoreError> {
        let mut reprieved = Vec::new();
        for (campaign, name) in self.write(async |tx| do_not_call::kept_off_by(tx, list).await).await? {
            let (mut leads, mut last) = (0, -1);
            loop {
                let more = self.write_alone(async |tx| reprieve(tx, campaign, barred, last).await).await?;
                let Some(&greatest) = more.iter().max() else { break };
                (leads, last) = (leads + more.len() as u64, greatest);
                self.breathe(Instant::now()).await;
            }
            if leads > 0 {
                reprieved.push(Reprieved { campaign: name, leads });
            }
        }
        Ok(reprieved)
    }
}

/// The next leads behind that item. No call has this result: whoever has it waited until a list ended that.
static REPRIEVE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE queue SET state = 'waiting', \
             last_result = (SELECT result FROM call_log WHERE call_log.attempt_id = queue.attempt_id) \
         WHERE state = 'exhausted' \
           AND id IN (SELECT id FROM queue \
                      WHERE campaign_id = $1 AND id > $4 AND state = 'exhausted' AND last_result = 'do_not_call' \
                        AND (number LIKE $2 OR next_number LIKE $3) \
                        AND NOT {} \
                      ORDER BY id LIMIT $5) \
         RETURNING id",
        screen::barred_in_queue()
    )
});

async fn reprieve(
    tx: &mut AnyConnection,
    campaign: CampaignId,
    barred: &Barred,
    last: i64,
) -> Result<Vec<i64>, StoreError> {
    let numbers = match barred {
        Barred::Number(number) => number.to_string(),
        Barred::Area(prefix) => format!("{prefix}%"),
    };
    let reprieve = sqlx::query(AssertSqlSafe(REPRIEVE.as_str()))
        .bind(i64::from(campaign.0))
        .bind(numbers.clone())
        .bind(numbers)
        .bind(last)
        .bind(i64::from(AT_ONCE));
    let rows = reprieve.fetch_all(&mut *tx).await?;
    if !rows.is_empty() {
        arrivals::note(tx, campaign).await?;
    }
    rows.iter().map(|row| Ok(Named::new("queue", "id", row).int("id")?)).collect()
}
