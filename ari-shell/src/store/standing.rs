//! How campaigns stand in the database, for commands that find no shell running.

use engine::campaign::CampaignState;
use engine::words::CampaignId;

use super::row::Named;
use super::{Store, StoreError, staff};

/// A campaign as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// How the last shell, or the last command, left it.
    pub state: CampaignState,
}

impl Store {
    /// All campaigns that were ever registered, by name.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        let rows =
            sqlx::query("SELECT id, name, state FROM campaigns ORDER BY name").fetch_all(self.pool()).await?;
        let standings = rows.iter().map(|row| {
            let row = Named::new("campaigns", "id", row);
            Ok(Standing {
                id: CampaignId(row.int("id")?),
                name: row.text("name")?,
                state: row.word("state")?,
            })
        });
        standings.collect()
    }

    /// Writes down how a campaign stands. To be called where no shell runs: one that does notes its own states.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or there is no such campaign.
    pub async fn set_standing(&self, id: CampaignId, state: CampaignState) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        staff::note_campaign(&mut tx, id, state).await?;
        Ok(tx.commit().await?)
    }
}
