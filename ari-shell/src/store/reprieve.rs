//! Leads that a do-not-call list has brought to their end, and that wait again.

use std::sync::LazyLock;

use engine::lead::Barred;
use sqlx::AssertSqlSafe;

use super::recycle::DIALS_ITS_LIST;
use super::{Store, StoreError, do_not_call, screen};

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
    /// them from; each is due when it was, and stands as it did. Whom a list of their campaign bars still is not among them, such as
    /// whoever has asked not to be called, and neither is whoever has come to their end by anything else, nor whoever was never dialled
    /// of a list that the campaign dials no longer.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails or has no such list; then some may wait already, and a second time goes on.
    pub async fn reprieve(&self, list: &str, barred: &Barred) -> Result<Vec<Reprieved>, StoreError> {
        // A number is a pattern that nothing else fits.
        let numbers = match barred {
            Barred::Number(number) => number.to_string(),
            Barred::Area(prefix) => format!("{prefix}%"),
        };
        let campaigns = do_not_call::kept_off_by(&mut *self.begin_reading().await?, list).await?;
        let mut reprieved = Vec::new();
        for (campaign, name) in campaigns {
            let next = || {
                let next = sqlx::query(AssertSqlSafe(REPRIEVE.as_str())).bind(i64::from(campaign.0));
                next.bind(numbers.clone()).bind(numbers.clone())
            };
            let leads = self.make_wait(campaign, next).await?;
            if leads > 0 {
                reprieved.push(Reprieved { campaign: name, leads });
            }
        }
        Ok(reprieved)
    }
}

/// The next leads of campaign `$1` behind item `$4`. No call has this result: whoever has it waited until a list ended that. The sign
/// before the campaign has databases go by id, as with those who are given another round.
pub(super) static REPRIEVE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE queue SET state = 'waiting', \
             last_result = (SELECT result FROM call_log WHERE call_log.attempt_id = queue.attempt_id) \
         WHERE state = 'exhausted' \
           AND id IN (SELECT id FROM queue \
                      WHERE +campaign_id = $1 AND id > $4 AND state = 'exhausted' AND last_result = 'do_not_call' \
                        AND (number LIKE $2 OR next_number LIKE $3) \
                        AND (attempts > 0 OR callback_at IS NOT NULL OR {DIALS_ITS_LIST}) \
                        AND NOT {} \
                      ORDER BY id LIMIT $5) \
         RETURNING id",
        screen::barred_in_queue()
    )
});
