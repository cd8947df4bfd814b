//! How campaigns stand, on each node by itself: what one is told to do with a campaign is nothing to the others.

use std::sync::LazyLock;

use engine::campaign::CampaignState;
use engine::pacing::Paced;
use engine::words::{CampaignId, Micros};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::many::Many;
use super::row::{Named, int, moment};
use super::work::{CampaignNote, Desk};
use super::{BadRow, Store, StoreError};

/// A campaign as it stands on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// How the node's last shell, or the last command, left it; ready where neither ever had to do with it.
    pub state: CampaignState,
    /// When it is to pause by itself.
    pub closes_at: Option<Micros>,
    /// What was changed of its pacing.
    pub paced: Option<Paced>,
}

/// That a node at work dials a campaign, or is about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialled {
    /// The campaign's name.
    pub campaign: String,
    /// The node's.
    pub node: String,
}

/// What a campaign of the list has that this node did not have so far; the others keep what they have.
static SERVE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "INSERT INTO standings (node, campaign_id, state) \
         SELECT $1, id, 'ready' FROM campaigns WHERE id IN (VALUES {rows}) \
         ON CONFLICT (node, campaign_id) DO UPDATE SET served = 1",
        1,
        1,
    )
});

/// A campaign that has come to its end on this node and that another one dials by now.
const GO_ON: &str = "UPDATE standings SET state = 'running' \
     WHERE node = $1 AND served = 1 AND state = 'completed' AND EXISTS ( \
         SELECT 1 FROM standings AS other \
         WHERE other.campaign_id = standings.campaign_id AND other.node <> standings.node AND other.served = 1 \
           AND other.state IN ('starting', 'running'))";

impl Store {
    /// All campaigns that were ever registered, by name, as they stand on this node.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        let standings = sqlx::query(
            "SELECT id, name, COALESCE(state, 'ready') AS state, closes_at, paced FROM campaigns \
             LEFT JOIN standings ON standings.campaign_id = campaigns.id AND standings.node = $1 ORDER BY name",
        );
        let rows = self.reading.rows(standings.bind(self.desk.node.to_string())).await?;
        let standing = |row: &AnyRow| {
            let row = Named::new("campaigns", "id", row);
            Ok(Standing {
                id: CampaignId(row.int("id")?),
                name: row.text("name")?,
                state: row.word("state")?,
                closes_at: row.opt_moment("closes_at")?,
                paced: paced(&row)?,
            })
        };
        Ok(rows.iter().map(standing).collect::<Result<_, BadRow>>()?)
    }

    /// What the nodes dial that are at work, this one among them, by campaign and node.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn dialled(&self) -> Result<Vec<Dialled>, StoreError> {
        let dialled = sqlx::query(
            "SELECT campaigns.name AS campaign, standings.node AS node FROM standings \
             JOIN nodes ON nodes.name = standings.node JOIN campaigns ON campaigns.id = standings.campaign_id \
             WHERE nodes.alive_until > $1 AND standings.served = 1 AND standings.state IN ('starting', 'running') \
             ORDER BY campaigns.name, standings.node",
        );
        let rows = self.reading.rows(dialled.bind(int(self.desk.clock.now().0)?)).await?;
        let read = |row: &AnyRow| {
            let row = Named::new("standings", "node", row);
            Ok(Dialled { campaign: row.text("campaign")?, node: row.text("node")? })
        };
        Ok(rows.iter().map(read).collect::<Result<_, BadRow>>()?)
    }

    /// Writes down how a campaign stands on this node; a closing time that has passed holds no longer. To be called where no shell
    /// runs: one that does notes its own states.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or there is no such campaign.
    pub async fn set_standing(&self, id: CampaignId, state: CampaignState) -> Result<(), StoreError> {
        let note = sqlx::query(
            "INSERT INTO standings (node, campaign_id, state) SELECT $1, id, $3 FROM campaigns WHERE id = $2 \
             ON CONFLICT (node, campaign_id) DO UPDATE SET state = excluded.state, \
                 closes_at = CASE WHEN standings.closes_at > $4 THEN standings.closes_at ELSE NULL END",
        );
        let note = note
            .bind(self.desk.node.to_string())
            .bind(i64::from(id.0))
            .bind(state.name())
            .bind(int(self.desk.clock.now().0)?);
        self.write(async |tx| is_known(id, note.execute(tx).await?.rows_affected())).await
    }

    /// Writes down when a campaign is to pause by itself on this node. To be called where no shell runs.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or there is no such campaign.
    pub async fn set_closing(&self, id: CampaignId, at: Option<Micros>) -> Result<(), StoreError> {
        let note = sqlx::query(
            "INSERT INTO standings (node, campaign_id, state, closes_at) \
             SELECT $1, id, 'ready', $3 FROM campaigns WHERE id = $2 \
             ON CONFLICT (node, campaign_id) DO UPDATE SET closes_at = excluded.closes_at",
        );
        let note = note.bind(self.desk.node.to_string()).bind(i64::from(id.0)).bind(moment(at)?);
        self.write(async |tx| is_known(id, note.execute(tx).await?.rows_affected())).await
    }

    /// Writes down what is changed of a campaign's pacing on this node. To be called where no shell runs.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or there is no such campaign.
    pub async fn set_paced(&self, id: CampaignId, paced: Option<&Paced>) -> Result<(), StoreError> {
        let note = sqlx::query(
            "INSERT INTO standings (node, campaign_id, state, paced) \
             SELECT $1, id, 'ready', $3 FROM campaigns WHERE id = $2 \
             ON CONFLICT (node, campaign_id) DO UPDATE SET paced = excluded.paced",
        );
        let paced = paced.map(serde_json::to_string).transpose()?;
        let note = note.bind(self.desk.node.to_string()).bind(i64::from(id.0)).bind(paced);
        self.write(async |tx| is_known(id, note.execute(tx).await?.rows_affected())).await
    }

    /// Writes down which campaigns this node is configured with. One that has come to its end here goes on where another node
    /// dials it by now: leads have come to it since, of which whoever was at work has been told.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn serve(&self, campaigns: &[CampaignId]) -> Result<(), StoreError> {
        let node = self.desk.node.to_string();
        self.write(async |tx| {
            let none = sqlx::query("UPDATE standings SET served = 0 WHERE node = $1").bind(&node);
            none.execute(&mut *tx).await?;
            for (mut statement, campaigns) in SERVE.over(campaigns) {
                statement = statement.bind(node.clone());
                for campaign in campaigns {
                    statement = statement.bind(i64::from(campaign.0));
                }
                statement.execute(&mut *tx).await?;
            }
            sqlx::query(GO_ON).bind(&node).execute(tx).await?;
            Ok(())
        })
        .await
    }

    /// Forgets how campaigns stood on this node, which has gone for good: one that is given its name begins anew.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn forget_standings(&self) -> Result<(), StoreError> {
        let forget = sqlx::query("DELETE FROM standings WHERE node = $1").bind(self.desk.node.to_string());
        self.write(async |tx| forget.execute(tx).await.map(drop).map_err(StoreError::from)).await
    }
}

/// Writes down how a campaign stands on this node. When it first ran is told by whichever process ran it first.
pub(super) async fn note(desk: &Desk, tx: &mut AnyConnection, note: &CampaignNote) -> Result<(), StoreError> {
    let noted = sqlx::query(
        "INSERT INTO standings (node, campaign_id, state, closes_at, paced) \
         SELECT $1, id, $3, $4, $5 FROM campaigns WHERE id = $2 \
         ON CONFLICT (node, campaign_id) DO UPDATE \
         SET state = excluded.state, closes_at = excluded.closes_at, paced = excluded.paced",
    )
    .bind(desk.node.to_string())
    .bind(i64::from(note.campaign.0))
    .bind(note.state.name())
    .bind(moment(note.closes_at)?)
    .bind(note.paced.as_ref().map(serde_json::to_string).transpose()?)
    .execute(&mut *tx)
    .await?;
    is_known(note.campaign, noted.rows_affected())?;
    if let Some(began) = note.began {
        sqlx::query("UPDATE campaigns SET began_at = $2 WHERE id = $1 AND began_at IS NULL")
            .bind(i64::from(note.campaign.0))
            .bind(int(began.0)?)
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// What was changed of a campaign's pacing, as a row of `standings` has it.
pub(super) fn paced(row: &Named<'_>) -> Result<Option<Paced>, BadRow> {
    row.opt_json("paced", "a change of a campaign's pacing, or NULL")
}

/// A statement on one campaign has found it.
fn is_known(campaign: CampaignId, rows: u64) -> Result<(), StoreError> {
    match rows {
        0 => Err(StoreError::Unregistered { kind: "campaign", id: campaign.to_string() }),
        _ => Ok(()),
    }
}
