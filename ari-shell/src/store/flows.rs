//! Call flows in the database: a campaign that is under way on a node goes on with the edition that it was started with there.

use std::sync::Arc;

use engine::campaign::CampaignRules;
use engine::flow::CallFlow;
use engine::words::CampaignId;
use sqlx::{AnyConnection, Row as _};

use super::row::Named;
use super::work::Desk;
use super::{Store, StoreError};

impl Store {
    /// Seals the flows of all campaigns: what is under way on this node gets the edition that it was started with in place of the
    /// file's, whatever that says by now; for all others the file's is written down, whole and for good. Gives the names of those
    /// that go on with another than the file's.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or an edition that was written down cannot be read.
    pub async fn seal_flows(&self, campaigns: &mut [CampaignRules]) -> Result<Vec<String>, StoreError> {
        let desk = &self.desk;
        self.write_alone(async |tx| {
            let mut with_another = Vec::new();
            for campaign in campaigns {
                match under_way(desk, tx, campaign).await? {
                    Some(started_with) => {
                        if take_sealed(tx, campaign, started_with).await? {
                            with_another.push(campaign.name.clone());
                        }
                    }
                    None => seal(desk, tx, campaign.id, campaign.flow.as_deref()).await?,
                }
            }
            Ok(with_another)
        })
        .await
    }

    /// Seals the flow with which a campaign begins on this node that stood still. To be called where no shell runs: one that does
    /// goes on with what it has sealed.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn seal_flow(&self, campaign: CampaignId, flow: Option<&CallFlow>) -> Result<(), StoreError> {
        self.write_alone(async |tx| seal(&self.desk, tx, campaign, flow).await).await
    }
}

/// The edition that a campaign was started with, which may be none; nothing where it is not under way.
async fn under_way(
    desk: &Desk,
    tx: &mut AnyConnection,
    campaign: &CampaignRules,
) -> Result<Option<Option<String>>, StoreError> {
    let row = sqlx::query(
        "SELECT flow_edition FROM standings JOIN campaigns ON campaigns.id = standings.campaign_id \
         WHERE standings.node = $1 AND campaigns.id = $2 AND began_at IS NOT NULL \
           AND state IN ('starting', 'running', 'paused', 'draining')",
    )
    .bind(desk.node.to_string())
    .bind(i64::from(campaign.id.0))
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| row.try_get("flow_edition")).transpose()?)
}

/// Says whether that is another than the file's.
async fn take_sealed(
    tx: &mut AnyConnection,
    campaign: &mut CampaignRules,
    started_with: Option<String>,
) -> Result<bool, StoreError> {
    let of_file = campaign.flow.as_ref().map(|flow| flow.edition.clone());
    if of_file == started_with {
        return Ok(false);
    }
    tracing::warn!(
        campaign = campaign.name,
        "is under way and goes on with the call flow that it was started with; to take up the file's, end `run`, and stop and \
         start the campaign before the next"
    );
    campaign.flow = match started_with {
        Some(edition) => Some(Arc::new(read(tx, &edition).await?)),
        None => None,
    };
    Ok(true)
}

async fn read(tx: &mut AnyConnection, edition: &str) -> Result<CallFlow, StoreError> {
    let row = sqlx::query("SELECT edition, content FROM call_flows WHERE edition = $1")
        .bind(edition.to_owned())
        .fetch_one(tx)
        .await?;
    let mut flow: CallFlow =
        Named::new("call_flows", "edition", &row).json("content", "a call flow as JSON")?;
    edition.clone_into(&mut flow.edition);
    Ok(flow)
}

async fn seal(
    desk: &Desk,
    tx: &mut AnyConnection,
    campaign: CampaignId,
    flow: Option<&CallFlow>,
) -> Result<(), StoreError> {
    if let Some(flow) = flow {
        sqlx::query(
            "INSERT INTO call_flows (edition, name, content) VALUES ($1, $2, $3) ON CONFLICT (edition) DO NOTHING",
        )
        .bind(flow.edition.clone())
        .bind(flow.name.clone())
        .bind(serde_json::to_string(flow)?)
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query(
        "INSERT INTO standings (node, campaign_id, state, flow_edition) VALUES ($1, $2, 'ready', $3) \
         ON CONFLICT (node, campaign_id) DO UPDATE SET flow_edition = excluded.flow_edition",
    )
    .bind(desk.node.to_string())
    .bind(i64::from(campaign.0))
    .bind(flow.map(|flow| flow.edition.clone()))
    .execute(tx)
    .await?;
    Ok(())
}
