//! Calls that are agreed on: written down for a queue item, and shown until they are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::call::CallResult;
use engine::words::{AgentId, AttemptId, CampaignId, LeadId, Micros, Number, QueueId, Span};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

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

/// Why no call can be called off.
#[derive(Debug, thiserror::Error)]
pub enum CallOffError {
    /// None is agreed on for such a queue item, if there is one.
    #[error("no call is agreed on for queue item {0}; `callback list` shows those that are")]
    NotAgreed(QueueId),
    /// It is being made.
    #[error(
        "the call that was agreed on for queue item {item} is being made, as attempt {attempt}: hang up on that, or ask again once it \
         is over"
    )]
    BeingMade {
        /// The queue item.
        item: QueueId,
        /// The attempt.
        attempt: AttemptId,
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
        self.write(async |tx| agree(&self.desk, tx, item, &Agreement { at, ..agreement.clone() }).await).await
    }

    /// Takes back what was agreed on for a queue item. The lead stands as its calls have left it that were no part of that: it has
    /// come to its end, is tried again when it would be, or waits like any that was never dialled. Whoever an agent has talked to
    /// and disposed of is completed, since to be called at some moment may be what was said of them. Where the item is on another
    /// call now, that decides. Says whose item it is.
    ///
    /// # Errors
    /// [`CallOffError`] says why not; then nothing is changed.
    pub async fn call_off(&self, item: QueueId) -> Result<CampaignId, CallOffError> {
        self.write(async |tx| call_off(&self.desk, tx, item).await).await
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
    desk: &Desk,
    tx: &mut AnyConnection,
    item: QueueId,
    agreement: &Agreement,
) -> Result<(CampaignId, Micros), AgreeError> {
    // An import that is being taken back may be about to delete it.
    let found = format!(
        "SELECT queue.id, queue.campaign_id, COALESCE(queue.next_number, queue.number) AS number, \
             (SELECT COUNT(*) FROM agents WHERE agents.id = $2 AND agents.campaign_id = queue.campaign_id) AS ours \
         FROM queue WHERE queue.id = $1 {}",
        desk.dialect.hold()
    );
    let found = sqlx::query(AssertSqlSafe(found))
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

async fn call_off(desk: &Desk, tx: &mut AnyConnection, item: QueueId) -> Result<CampaignId, CallOffError> {
    let agreed = format!(
        "SELECT id, campaign_id, state, callback_at, attempts - recycled AS dialled, \
             CASE WHEN last_result IN ('do_not_call', 'bad_row') THEN 1 ELSE 0 END AS ended_uncalled \
         FROM queue WHERE id = $1 AND callback_at IS NOT NULL AND state IN ('waiting', 'claimed', 'open') {}",
        desk.dialect.hold()
    );
    let agreed = sqlx::query(AssertSqlSafe(agreed)).bind(int(item.0)?);
    let agreed = agreed.fetch_optional(&mut *tx).await.map_err(StoreError::from)?;
    let row = agreed.ok_or(CallOffError::NotAgreed(item))?;
    let Promised { campaign, state, at, dialled, ended_uncalled } =
        Promised::read(&row).map_err(StoreError::from)?;
    if state == "open" {
        if let Some(attempt) = being_made(tx, item, at).await? {
            return Err(CallOffError::BeingMade { item, attempt });
        }
        write_off(tx, item, None).await?;
        return Ok(campaign);
    }
    let left = match (ended_uncalled, dialled) {
        (true, _) => Left::Over("exhausted"),
        (false, ..=0) => Left::Due(desk.clock.now()),
        (false, _) => left_by_calls(desk, tx, item).await?,
    };
    write_off(tx, item, Some(left)).await?;
    if let Left::Due(_) = left {
        arrivals::note(tx, campaign).await?;
    }
    Ok(campaign)
}

/// A queue item for which a call is agreed on.
struct Promised {
    campaign: CampaignId,
    state: String,
    at: Micros,
    /// How many attempts its round has had.
    dialled: i64,
    /// Whether something else than a call had ended it before.
    ended_uncalled: bool,
}

impl Promised {
    fn read(row: &AnyRow) -> Result<Self, BadRow> {
        let row = Named::new("queue", "id", row);
        Ok(Self {
            campaign: CampaignId(row.int("campaign_id")?),
            state: row.text("state")?,
            at: row.moment("callback_at")?,
            dialled: row.int("dialled")?,
            ended_uncalled: row.int::<u8>("ended_uncalled")? == 1,
        })
    }
}

/// The live attempt that is the call that was agreed on for then, and no other during which it was.
async fn being_made(
    tx: &mut AnyConnection,
    item: QueueId,
    at: Micros,
) -> Result<Option<AttemptId>, StoreError> {
    let live = sqlx::query(
        "SELECT attempts.id FROM queue JOIN attempts ON attempts.id = queue.attempt_id \
         WHERE queue.id = $1 AND closed = 0 AND attempts.created_at >= $2",
    );
    let live = live.bind(int(item.0)?).bind(int(at.0)?).fetch_optional(tx).await?;
    Ok(live.map(|row| Named::new("attempts", "id", &row).int("id")).transpose()?.map(AttemptId))
}

/// How a lead stands without what was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Waiting until then.
    Due(Micros),
    /// At its end, in such a state.
    Over(&'static str),
}

/// How its calls have left a lead, but for those that were to be what was agreed on and reached nobody.
async fn left_by_calls(desk: &Desk, tx: &mut AnyConnection, item: QueueId) -> Result<Left, StoreError> {
    let calls = sqlx::query(
        "SELECT call_log.attempt_id, result, promised, dispositions.attempt_id AS disposed, \
             COALESCE(dispositions.fate, call_log.fate) AS fate, \
             CASE WHEN dispositions.attempt_id IS NULL THEN call_log.retry_at ELSE dispositions.retry_at END AS retry_at \
         FROM call_log LEFT JOIN dispositions ON dispositions.attempt_id = call_log.attempt_id \
         WHERE queue_id = $1 ORDER BY created_at DESC, call_log.attempt_id DESC",
    );
    let mut due = None;
    for row in &calls.bind(int(item.0)?).fetch_all(tx).await? {
        let row = Named::new("call_log", "attempt_id", row);
        let retry_at = row.opt_moment("retry_at")?;
        // However it ends: a line that was busy a moment ago is left alone for as long as the rules say.
        let due = *due.get_or_insert(retry_at);
        if row.int::<u8>("promised")? == 1 {
            continue;
        }
        let result: CallResult = row.word("result")?;
        let is_disposed = row.opt_int::<u64>("disposed")?.is_some();
        return Ok(match row.text("fate")?.as_str() {
            "exhausted" => Left::Over("exhausted"),
            "retry" if !(is_disposed && result.reached()) => Left::Due(due.unwrap_or(desk.clock.now())),
            _ => Left::Over("completed"),
        });
    }
    Ok(Left::Due(due.flatten().unwrap_or(desk.clock.now())))
}

/// Nothing is agreed on any more, and the lead stands like that; one that is on a call goes on.
async fn write_off(tx: &mut AnyConnection, item: QueueId, left: Option<Left>) -> Result<(), StoreError> {
    let (state, due) = match left {
        Some(Left::Due(at)) => (Some("waiting"), Some(at)),
        Some(Left::Over(state)) => (Some(state), None),
        None => (None, None),
    };
    sqlx::query(
        "UPDATE queue SET callback_at = NULL, callback_agent = NULL, callback_note = NULL, put_off_until = NULL, \
             claimed_by = CASE WHEN state = 'open' THEN claimed_by END, \
             state = COALESCE($2, state), due_at = COALESCE($3, due_at) \
         WHERE id = $1",
    )
    .bind(int(item.0)?)
    .bind(state)
    .bind(moment(due)?)
    .execute(tx)
    .await?;
    Ok(())
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
