//! How campaigns stand in the database, for commands that find no shell running.

use engine::campaign::CampaignState;
use engine::words::{CampaignId, Micros};

use super::row::{Named, int, moment};
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
    /// When it is to pause by itself.
    pub closes_at: Option<Micros>,
}

impl Store {
    /// All campaigns that were ever registered, by name.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        let rows = sqlx::query("SELECT id, name, state, closes_at FROM campaigns ORDER BY name");
        let rows = self.reading.rows(rows).await?;
        let standings = rows.iter().map(|row| {
            let row = Named::new("campaigns", "id", row);
            Ok(Standing {
                id: CampaignId(row.int("id")?),
                name: row.text("name")?,
                state: row.word("state")?,
                closes_at: row.opt_moment("closes_at")?,
            })
        });
        standings.collect()
    }

    /// Writes down how a campaign stands; a closing time that has passed holds no longer. To be called where no shell
    /// runs: one that does notes its own states.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or there is no such campaign.
    pub async fn set_standing(&self, id: CampaignId, state: CampaignState) -> Result<(), StoreError> {
        let note = sqlx::query(
            "UPDATE campaigns SET state = $2, \
                 closes_at = CASE WHEN closes_at > $3 THEN closes_at ELSE NULL END WHERE id = $1",
        );
        let note = note.bind(i64::from(id.0)).bind(state.name()).bind(int(self.desk.clock.now().0)?);
        self.write(async |tx| Ok(staff::is_known(id, note.execute(tx).await?.rows_affected())?)).await
    }

    /// Writes down when a campaign is to pause by itself. To be called where no shell runs.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or there is no such campaign.
    pub async fn set_closing(&self, id: CampaignId, at: Option<Micros>) -> Result<(), StoreError> {
        let note = sqlx::query("UPDATE campaigns SET closes_at = $2 WHERE id = $1");
        let note = note.bind(i64::from(id.0)).bind(moment(at)?);
        self.write(async |tx| Ok(staff::is_known(id, note.execute(tx).await?.rows_affected())?)).await
    }
}
