//! Calls that are agreed on: written down for a queue item, and shown until they are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::words::{AgentId, CampaignId, LeadId, Micros, Number, QueueId, Span};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::row::{Named, int, moment};
use super::screen::{Bar, bar_of};
use super::work::Desk;
use super::{BadRow, Store, StoreError, arrivals};

/// For how long a call is left to the node of the agent who has agreed on it, by campaign.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience(Arc<BTreeMap<CampaignId, Span>>);

impl Patience {
    pub(super) fn of(&self, campaign: CampaignId) -> Span {
        self.0.get(&campaign).copied().unwrap_or(Span::ZERO)
    }
}

/// A call to be agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// For when; a moment that has passed is now.
    pub at: Micros,
    /// With whom; anybody may call where there is none.
    pub agent: Option<AgentId>,
    /// What to know before the call.
    pub note: Option<String>,
}

/// A call that was agreed on and not made yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agreed {
    /// The queue item.
    pub item: QueueId,
    /// The campaign's name.
    pub campaign: String,
    /// The lead.
    pub lead: LeadId,
    /// The lead's number.
    pub number: String,
    /// For when.
    pub at: Micros,
    /// The agent's name; anybody may call where there is none.
    pub agent: Option<String>,
    /// What to know before the call.
    pub note: Option<String>,
}

/// Why no call can be agreed on.
#[derive(Debug, thiserror::Error)]
pub enum AgreeError {
    /// There is no such queue item.
    #[error("there is no queue item {0}; `explain --number` shows those of a number")]
    NoSuchItem(QueueId),
    /// The agent works for another campaign than the item's.
    #[error("the agent does not work for the campaign of queue item {0}")]
    WorksElsewhere(QueueId),
    /// The number that would be dialled is on a do-not-call list.
    #[error(
        "{number} is barred by the list {list:?}, so the call would not be made: where they may be called again, take it off with \
         `dnc remove` first"
    )]
    Barred {
        /// The number.
        number: Number,
        /// The list's name.
        list: String,
    },
    /// It is not among those who alone may be called.
    #[error(
        "{number} is not on the list {list:?} of those who alone may be called, so the call would not be made: put it there with \
         `dnc add` first"
    )]
    NotAllowed {
        /// The number.
        number: Number,
        /// The list's name.
        list: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The same store, which leaves calls of these campaigns for so long to another node whose agent has agreed on them. Without
    /// it they are anybody's at once.
    #[must_use]
    pub fn patient(self, patience: impl IntoIterator<Item = (CampaignId, Span)>) -> Self {
        let patience = Patience(Arc::new(patience.into_iter().collect()));
        Self { desk: Desk { patience, ..self.desk }, ..self }
    }

    /// Writes a callback down, in place of one that there may be. The lead waits for it whatever has become of it before:
    /// also one that was reached, since whoever was talked to may ask for another call. An item that is on a call now waits
    /// once that call is over. Says whose item it is and when it is due.
    ///
    /// # Errors
    /// [`AgreeError`] says why not.
    pub async fn agree(
        &self,
        item: QueueId,
        agreement: &Agreement,
    ) -> Result<(CampaignId, Micros), AgreeError> {
        let at = agreement.at.max(self.desk.clock.now());
        self.write(async |tx| agree(tx, item, &Agreement { at, ..agreement.clone() }).await).await
    }

    /// All calls that are agreed on and not made yet, by their time.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn agreed(&self) -> Result<Vec<Agreed>, StoreError> {
        let agreed = sqlx::query(
            "SELECT queue.id, lead_id, number, callback_at, callback_note, campaigns.name AS campaign, \
                 agents.name AS agent \
             FROM queue JOIN campaigns ON campaigns.id = queue.campaign_id \
                 LEFT JOIN agents ON agents.id = queue.callback_agent \
             WHERE callback_at IS NOT NULL AND queue.state IN ('waiting', 'claimed', 'open') \
             ORDER BY callback_at, queue.id",
        );
        let rows = self.reading.rows(agreed).await?;
        Ok(rows.iter().map(read).collect::<Result<_, BadRow>>()?)
    }
}

async fn agree(
    tx: &mut AnyConnection,
    item: QueueId,
    agreement: &Agreement,
) -> Result<(CampaignId, Micros), AgreeError> {
    let found = sqlx::query(
        "SELECT queue.id, queue.campaign_id, COALESCE(queue.next_number, queue.number) AS number, \
             (SELECT COUNT(*) FROM agents WHERE agents.id = $2 AND agents.campaign_id = queue.campaign_id) AS ours \
         FROM queue WHERE queue.id = $1",
    )
    .bind(int(item.0)?)
    .bind(agreement.agent.map(|agent| i64::from(agent.0)))
    .fetch_optional(&mut *tx)
    .await
    .map_err(StoreError::from)?;
    let row = found.ok_or(AgreeError::NoSuchItem(item))?;
    let row = Named::new("queue", "id", &row);
    let campaign = CampaignId(row.int("campaign_id").map_err(StoreError::from)?);
    let ours: u64 = row.int("ours").map_err(StoreError::from)?;
    if agreement.agent.is_some() && ours == 0 {
        return Err(AgreeError::WorksElsewhere(item));
    }
    let number = row.number("number").map_err(StoreError::from)?;
    match bar_of(tx, campaign, number).await? {
        Some(Bar::On(list)) => return Err(AgreeError::Barred { number, list }),
        Some(Bar::NotOn(list)) => return Err(AgreeError::NotAllowed { number, list }),
        None => {}
    }
    sqlx::query(
        "UPDATE queue SET callback_at = $2, callback_agent = $3, callback_note = $4, due_at = $2, put_off_until = NULL, \
             claimed_by = CASE WHEN state = 'open' THEN claimed_by END, \
             state = CASE WHEN state = 'open' THEN 'open' ELSE 'waiting' END \
         WHERE id = $1",
    )
    .bind(int(item.0)?)
    .bind(moment(Some(agreement.at))?)
    .bind(agreement.agent.map(|agent| i64::from(agent.0)))
    .bind(agreement.note.clone())
    .execute(&mut *tx)
    .await
    .map_err(StoreError::from)?;
    arrivals::note(tx, campaign).await?;
    Ok((campaign, agreement.at))
}

fn read(row: &AnyRow) -> Result<Agreed, BadRow> {
    let row = Named::new("queue", "id", row);
    Ok(Agreed {
        item: QueueId(row.int("id")?),
        campaign: row.text("campaign")?,
        lead: LeadId(row.int("lead_id")?),
        number: row.text("number")?,
        at: row.moment("callback_at")?,
        agent: row.opt_text("agent")?,
        note: row.opt_text("callback_note")?,
    })
}
