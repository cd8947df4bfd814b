//! Leads that rules have put off, and the rules that did.
//!
//! The engine gives a lead back until a moment at which its hours open, or at which a cap or a drop keeps it no longer. Where
//! the rules are others by then that moment says nothing, so it is told apart from one that a lead is due at by itself.

use engine::words::CampaignId;

use super::row::int;
use super::{Store, StoreError};

/// The rules by which a node puts off the leads of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutOffBy {
    /// The campaign.
    pub campaign: CampaignId,
    /// A digest, which is another one for other rules.
    pub rules: String,
}

impl Store {
    /// Writes down by what rules this node puts leads off from now on. Where its last process did so by others, or nobody knows by
    /// which, all leads of the campaign that any node has put off are due at once, behind those that were due before: whether
    /// they may be dialled is asked of the gate anew. Gives those campaigns that had any, each with how many. To be called before
    /// the first of them is claimed by these rules.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then some may be due already, and a second time goes on.
    pub async fn put_off_by(&self, all: &[PutOffBy]) -> Result<Vec<(CampaignId, u64)>, StoreError> {
        let now = int(self.desk.clock.now().0)?;
        let mut due = Vec::new();
        for PutOffBy { campaign, rules } in all {
            if self.puts_off_by(*campaign, rules).await? {
                continue;
            }
            let next = || sqlx::query(DUE_AGAIN).bind(i64::from(campaign.0)).bind(now);
            let leads = self.make_wait(*campaign, next).await?;
            // Only now: what an earlier start was interrupted at is gone on with.
            let note = sqlx::query(
                "INSERT INTO standings (node, campaign_id, state, put_off_by) SELECT $1, id, 'ready', $3 FROM campaigns WHERE id = $2 \
                 ON CONFLICT (node, campaign_id) DO UPDATE SET put_off_by = excluded.put_off_by",
            );
            let note = note.bind(self.desk.node.to_string()).bind(i64::from(campaign.0)).bind(rules);
            self.write(async |tx| note.execute(tx).await.map(drop).map_err(StoreError::from)).await?;
            due.extend((leads > 0).then_some((*campaign, leads)));
        }
        Ok(due)
    }

    /// Whether the node's last process put leads of the campaign off by these rules.
    async fn puts_off_by(&self, campaign: CampaignId, rules: &str) -> Result<bool, StoreError> {
        let same = sqlx::query(
            "SELECT 1 AS same FROM standings WHERE node = $1 AND campaign_id = $2 AND put_off_by = $3",
        );
        let same = same.bind(self.desk.node.to_string()).bind(i64::from(campaign.0)).bind(rules.to_owned());
        Ok(self.reading.find(same).await?.is_some())
    }
}

/// The next leads of campaign `$1` behind item `$3` that have been put off beyond `$2`. What was agreed on or recycled since is due
/// by that.
const DUE_AGAIN: &str = "UPDATE queue SET due_at = $2, put_off_until = NULL \
         WHERE state = 'waiting' \
           AND id IN (SELECT id FROM queue \
                      WHERE campaign_id = $1 AND id > $3 AND state = 'waiting' AND put_off_until = due_at AND due_at > $2 \
                      ORDER BY id LIMIT $4) \
         RETURNING id";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{Dialect, Floor};

    #[tokio::test]
    async fn leads_that_were_put_off_are_found_by_an_index_that_has_no_others() {
        let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
        let steps = floor.plan(DUE_AGAIN).await;
        let search = "SEARCH queue USING INDEX queue_put_off (campaign_id=? AND id>?)";
        assert!(steps.iter().any(|step| step == search), "{steps:#?}");
    }
}
