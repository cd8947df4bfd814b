//! What each minute of a campaign was like, for whoever asks later why it did not dial.

use std::collections::BTreeMap;

use engine::Reason;
use engine::campaign::CampaignState;
use engine::words::{CampaignId, Micros, Span};
use serde::Serialize;
use sqlx::any::AnyRow;

use super::row::{Named, int, word};
use super::{BadRow, Store, StoreError};

/// How long a minute is.
pub(crate) const MINUTE: Span = Span::secs(60);

/// How long minutes are kept.
const KEPT: Span = Span::secs(31 * 86_400);

/// One minute of a campaign on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Minute {
    /// The campaign.
    pub campaign: CampaignId,
    /// When it began: a whole minute of UTC.
    pub began: Micros,
    /// The node.
    pub node: String,
    /// How the campaign stood at its end.
    pub state: CampaignState,
    /// What kept it from dialling at its end, if anything did.
    pub reason: Option<Reason>,
    /// How often each reason kept it from dialling within the minute.
    pub refusals: BTreeMap<Reason, u64>,
}

impl Minute {
    /// When the minute of a moment began.
    pub(crate) const fn of(at: Micros) -> Micros {
        Micros(at.0 - at.0 % MINUTE.0)
    }
}

impl Store {
    /// Writes minutes down, and forgets those of their campaigns that are older than 31 days.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn keep_minutes(&self, minutes: &[Minute]) -> Result<(), StoreError> {
        if minutes.is_empty() {
            return Ok(());
        }
        self.write(async |tx| {
            for Minute { campaign, began, node, state, reason, refusals } in minutes {
                sqlx::query(
                    "INSERT INTO minutes (campaign_id, began_at, node, state, reason, refusals) \
                     VALUES ($1, $2, $3, $4, $5, $6) \
                     ON CONFLICT (campaign_id, began_at, node) DO UPDATE \
                         SET state = excluded.state, reason = excluded.reason, refusals = excluded.refusals",
                )
                .bind(i64::from(campaign.0))
                .bind(int(began.0)?)
                .bind(node.clone())
                .bind(state.name())
                .bind(reason.as_ref().map(word).transpose()?)
                .bind(serde_json::to_string(refusals)?)
                .execute(&mut *tx)
                .await?;
                sqlx::query("DELETE FROM minutes WHERE campaign_id = $1 AND began_at < $2")
                    .bind(i64::from(campaign.0))
                    .bind(int(began.0.saturating_sub(KEPT.0))?)
                    .execute(&mut *tx)
                    .await?;
            }
            Ok(())
        })
        .await
    }

    /// The last minutes of a campaign that began by a moment, one of each node that has any.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub(crate) async fn minutes_at(
        &self,
        campaign: CampaignId,
        at: Micros,
    ) -> Result<Vec<Minute>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM minutes WHERE campaign_id = $1 AND began_at = ( \
                 SELECT MAX(began_at) FROM minutes AS others \
                 WHERE others.campaign_id = $1 AND others.node = minutes.node AND others.began_at <= $2) \
             ORDER BY node",
        );
        let rows = self.reading.rows(rows.bind(i64::from(campaign.0)).bind(int(at.0)?)).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }
}

fn read(row: &AnyRow) -> Result<Minute, BadRow> {
    let row = Named::new("minutes", "campaign_id", row);
    Ok(Minute {
        campaign: CampaignId(row.int("campaign_id")?),
        began: row.moment("began_at")?,
        node: row.text("node")?,
        state: row.word("state")?,
        reason: row.opt_word("reason")?,
        refusals: row.json("refusals", "JSON of reasons and how often each was given")?,
    })
}
