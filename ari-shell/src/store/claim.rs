//! Claiming queue items for a hopper, and giving them back.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::Outcome;
use engine::lead::{Callback, QueueItem};
use engine::words::{AgentId, CampaignId, LeadId, Micros, Number, QueueId, Span};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::dialect::Dialect;
use super::logged::read_past;
use super::many::Many;
use super::row::{Named, int};
use super::work::Desk;
use super::{BadRow, StoreError, drops, lease};

/// When to look again for items that are due but whose number is on a live call: nobody can say when it ends.
const LIVE_AGAIN: Span = Span::secs(1);

/// What kind of items a claim is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Calls that were agreed on, which go ahead of other leads; the cap does not count against them. What an agent of another
    /// node has agreed on is left to that node until the agent had their time, which is over where it began by `$7`.
    Callbacks,
    /// Other leads that were dialled already, and have attempts left. They go ahead of new ones, or the delay of a retry would
    /// be as long as the list.
    Again,
    /// Any other leads that have attempts left: where those have been claimed, new ones.
    Others,
}

/// What makes a lead that nobody has agreed to be called one that may be.
const HAS_ATTEMPTS_LEFT: &str = "callback_at IS NULL AND attempts - technical - recycled < $4";

impl Which {
    /// What is claimed behind the calls that were agreed on, in this order.
    pub(super) const IN_TURN: [Self; 2] = [Self::Again, Self::Others];

    const fn condition(self) -> &'static str {
        match self {
            Self::Callbacks => {
                "callback_at IS NOT NULL AND $4 > 0 AND (callback_at <= $7 OR NOT {promised_elsewhere})"
            }
            Self::Again => "attempts > recycled AND {has_attempts_left}",
            Self::Others => "{has_attempts_left}",
        }
    }
}

/// Whether an agent of another node than `$1` has agreed on the call of a queue item.
const PROMISED_ELSEWHERE: &str =
    "EXISTS (SELECT 1 FROM agents WHERE agents.id = queue.callback_agent AND agents.node <> $1)";

/// What is read of an item that was claimed.
pub(super) const COLUMNS: &str = "id, lead_id, number, next_number, attempts, technical, recycled, bad_numbers, caller_id, due_at, \
     callback_at, callback_agent, callback_note, \
     (SELECT attributes FROM leads WHERE leads.id = queue.lead_id) AS attributes, \
     (SELECT zone FROM leads WHERE leads.id = queue.lead_id) AS zone";

/// Items that are due and whose number is on no live call. They are chosen apart from being claimed, so that this is done
/// once whatever the database plans; that they still wait is what makes it a claim where two nodes choose at a time.
/// `{which}` is what makes them of one kind, `{lock}` the dialect's, `{columns}` [`COLUMNS`].
const CLAIM: &str = "WITH due AS MATERIALIZED ( \
         SELECT id FROM queue \
         WHERE campaign_id = $2 AND state = 'waiting' AND due_at <= $3 AND {which} \
           AND NOT EXISTS ( \
               SELECT 1 FROM attempts \
               WHERE attempts.number = COALESCE(queue.next_number, queue.number) AND attempts.closed = 0) \
         ORDER BY due_at, id LIMIT $5 {lock}) \
     UPDATE queue SET state = 'claimed', claimed_by = $1, claimed_until = $6, put_off_until = NULL \
     WHERE state = 'waiting' AND id IN (SELECT id FROM due) \
     RETURNING {columns}";

static RELEASE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET state = 'waiting', claimed_by = NULL, \
             due_at = CASE WHEN due_at < $2 THEN $2 ELSE due_at END, \
             put_off_until = CASE WHEN due_at < $2 AND $3 = 1 THEN $2 END \
         WHERE id IN (VALUES {rows}) AND state = 'claimed' AND claimed_by = $1",
        3,
        1,
    )
});

/// Which items a claim may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) campaign: CampaignId,
    pub(crate) count: u32,
    /// Only items that have had fewer attempts, technical failures aside.
    pub(crate) cap: u32,
}

/// Claims up to `wanted.count` items: calls that were agreed on, then those of `offered` that lie on the shelf, then leads
/// that are tried again, then new ones, each in the order in which they were due and by id. Items that cannot be read are set
/// aside for good and others claimed instead.
pub(super) async fn fetch(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
    offered: &[QueueId],
) -> Result<Outcome, StoreError> {
    let mut items = claim_all(desk, tx, wanted, Which::Callbacks).await?;
    items.extend(lease::take(desk, tx, wanted, offered).await?);
    let missing =
        |items: &[QueueItem]| wanted.count.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
    for which in Which::IN_TURN {
        let others = Claim { count: missing(&items), ..wanted };
        items.extend(claim_all(desk, tx, others, which).await?);
    }
    let next_callback = next_callback(desk, tx, wanted.campaign).await?;
    let next_due = if missing(&items) > 0 {
        match next_due(desk, tx, wanted).await?.into_iter().chain(next_callback).min() {
            None if has_any(desk, tx, wanted).await? => Some(desk.clock.now() + LIVE_AGAIN),
            next_due => next_due,
        }
    } else {
        None
    };
    Ok(Outcome::Fetched { items, next_due, next_callback })
}

/// Claims for this node until there are as many as wanted, or no more.
async fn claim_all(
    desk: &Desk,
    tx: &mut AnyConnection,
    wanted: Claim,
    which: Which,
) -> Result<Vec<QueueItem>, StoreError> {
    let (mut items, mut missing) = (Vec::new(), wanted.count as usize);
    while missing > 0 {
        let rows = claim(desk, tx, &desk.node.to_string(), wanted, which, missing as u64).await?;
        if rows.is_empty() {
            break;
        }
        items.extend(readable(tx, rows).await?);
        missing = wanted.count as usize - items.len();
    }
    Ok(items)
}

/// Claims for whoever is to hold them.
pub(super) async fn claim(
    desk: &Desk,
    tx: &mut AnyConnection,
    holder: &str,
    wanted: Claim,
    which: Which,
    count: u64,
) -> Result<Vec<AnyRow>, StoreError> {
    let now = desk.clock.now();
    let claim = sqlx::query(AssertSqlSafe(statement(desk.dialect, which)))
        .bind(holder.to_owned())
        .bind(i64::from(wanted.campaign.0))
        .bind(int(now.0)?)
        .bind(i64::from(wanted.cap))
        .bind(int(count)?)
        .bind(int((now + lease::LEASE).0)?);
    let claim = match which {
        Which::Callbacks => claim.bind(int((now - desk.patience.of(wanted.campaign)).0)?),
        Which::Again | Which::Others => claim,
    };
    Ok(claim.fetch_all(tx).await?)
}

fn statement(dialect: Dialect, which: Which) -> String {
    CLAIM
        .replace("{which}", which.condition())
        .replace("{promised_elsewhere}", PROMISED_ELSEWHERE)
        .replace("{has_attempts_left}", HAS_ATTEMPTS_LEFT)
        .replace("{lock}", dialect.lock())
        .replace("{columns}", COLUMNS)
}

/// The items of `rows` in dialling order; `RETURNING` promises none.
pub(super) async fn readable(
    tx: &mut AnyConnection,
    rows: Vec<AnyRow>,
) -> Result<Vec<QueueItem>, StoreError> {
    let mut due = Vec::with_capacity(rows.len());
    for row in &rows {
        let named = Named::new("queue", "id", row);
        match item(&named) {
            Ok(item) => due.push(item),
            Err(bad) => set_aside(tx, named.int("id")?, &bad).await?,
        }
    }
    due.sort_by_key(|(at, item)| (*at, item.id));
    let mut items: Vec<QueueItem> = due.into_iter().map(|(_, item)| item).collect();
    add_numbers(tx, &mut items).await?;
    drops::tell(tx, &mut items).await?;
    Ok(items)
}

static NUMBERS: LazyLock<Many> = LazyLock::new(|| {
    let sql =
        "SELECT lead_id, number FROM lead_numbers WHERE lead_id IN (VALUES {rows}) ORDER BY lead_id, ord";
    Many::new(sql, 0, 1)
});

/// Completes the items by the further numbers of their leads. Each has the number that is to be dialled, and its first
/// number among the others where that is another one; the others are put into the order of their turns.
async fn add_numbers(tx: &mut AnyConnection, items: &mut [QueueItem]) -> Result<(), StoreError> {
    let mut further: BTreeMap<LeadId, Vec<Number>> = BTreeMap::new();
    for (mut statement, _, items) in NUMBERS.filled(items) {
        for item in items {
            statement = statement.bind(int(item.lead.0)?);
        }
        for row in statement.fetch_all(&mut *tx).await? {
            let row = Named::new("lead_numbers", "lead_id", &row);
            further.entry(LeadId(row.int("lead_id")?)).or_default().push(row.number("number")?);
        }
    }
    for item in items {
        let first = item.alternates.pop().unwrap_or(item.number);
        let mut numbers = vec![first];
        numbers.extend(further.remove(&item.lead).into_iter().flatten().filter(|number| *number != first));
        // A number that the lead does not have any more is not dialled.
        let place = numbers.iter().position(|number| *number == item.number).unwrap_or(0);
        numbers.rotate_left(place);
        item.number = numbers.remove(0);
        item.alternates = numbers;
    }
    Ok(())
}

fn item(row: &Named<'_>) -> Result<(Micros, QueueItem), BadRow> {
    let first = row.number("number")?;
    let next = row.opt_number("next_number")?;
    let callback = callback(row)?;
    let item = QueueItem {
        id: QueueId(row.int("id")?),
        lead: LeadId(row.int("lead_id")?),
        number: next.unwrap_or(first),
        alternates: next.map(|_| first).into_iter().collect(),
        past: read_past(row)?,
        callback,
        note: row.opt_text("callback_note")?.filter(|_| callback.is_some()),
        attempts: row.int("attempts")?,
        attributes: row.json("attributes", "a JSON list of [name, value] pairs")?,
        zone: row.opt_text("zone")?,
        dropped: None,
    };
    Ok((row.moment("due_at")?, item))
}

fn callback(row: &Named<'_>) -> Result<Option<Callback>, BadRow> {
    let agent = row.opt_int("callback_agent")?.map(AgentId);
    Ok(row.opt_moment("callback_at")?.map(|at| Callback { at, agent }))
}

/// Takes an item out of dialling for good: it would come back with every claim and never be dialled.
pub(super) async fn set_aside(tx: &mut AnyConnection, id: i64, bad: &BadRow) -> Result<(), StoreError> {
    tracing::error!("set aside: {bad}");
    sqlx::query(
        "UPDATE queue SET state = 'exhausted', last_result = 'bad_row', claimed_by = NULL WHERE id = $1",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether another node has leads of a campaign in its hands: in its hopper, on a call, or until an agent has said what came
/// of one. Any of them may wait again. The sign before the campaign of queue items keeps databases from walking all leads of the
/// campaign by it: those that are held have an index of their own, and are few.
const ELSEWHERE: &str = "SELECT 1 AS there WHERE \
     EXISTS (SELECT 1 FROM queue WHERE state = 'claimed' AND claimed_by <> $2 AND +campaign_id = $1) \
     OR EXISTS (SELECT 1 FROM attempts WHERE closed = 0 AND node <> $2 AND campaign_id = $1) \
     OR EXISTS (SELECT 1 FROM dispositions JOIN attempts ON attempts.id = dispositions.attempt_id \
         WHERE dispositions.code IS NULL AND attempts.node <> $2 AND dispositions.campaign_id = $1)";

/// When the next of the other leads will be due; `None` where no node has any left.
async fn next_due(desk: &Desk, tx: &mut AnyConnection, wanted: Claim) -> Result<Option<Micros>, StoreError> {
    let now = desk.clock.now();
    let row = sqlx::query(
        "SELECT campaign_id, due_at FROM queue WHERE campaign_id = $1 AND state = 'waiting' \
           AND callback_at IS NULL AND attempts - technical - recycled < $2 \
         ORDER BY due_at LIMIT 1",
    )
    .bind(i64::from(wanted.campaign.0))
    .bind(i64::from(wanted.cap))
    .fetch_optional(&mut *tx)
    .await?;
    let due =
        row.map(|row| Named::new("queue of campaign", "campaign_id", &row).moment("due_at")).transpose()?;
    if due.is_some_and(|due| due <= now) || lease::shelved(tx, wanted.campaign).await? {
        return Ok(Some(now + LIVE_AGAIN));
    }
    let elsewhere = is_elsewhere(desk, tx, wanted.campaign).await?.then(|| now + lease::LEASE);
    Ok(due.into_iter().chain(elsewhere).min())
}

async fn is_elsewhere(desk: &Desk, tx: &mut AnyConnection, campaign: CampaignId) -> Result<bool, StoreError> {
    let there = sqlx::query(ELSEWHERE).bind(i64::from(campaign.0)).bind(desk.node.to_string());
    Ok(there.fetch_optional(tx).await?.is_some())
}

/// Whether a campaign has leads after all, as of one moment: each of the questions before had its own, and what another node had in
/// its hands when it was asked what waits may have come to wait by the next.
async fn has_any(desk: &Desk, tx: &mut AnyConnection, wanted: Claim) -> Result<bool, StoreError> {
    let any = format!(
        "{ELSEWHERE} \
         OR EXISTS (SELECT 1 FROM queue WHERE campaign_id = $1 AND state = 'waiting' \
             AND callback_at IS NULL AND attempts - technical - recycled < $3) \
         OR EXISTS (SELECT 1 FROM queue WHERE campaign_id = $1 AND state = 'waiting' AND callback_at IS NOT NULL)"
    );
    let any = sqlx::query(AssertSqlSafe(any)).bind(i64::from(wanted.campaign.0)).bind(desk.node.to_string());
    Ok(any.bind(i64::from(wanted.cap)).fetch_optional(tx).await?.is_some())
}

/// When the next call will be due that was agreed on and waits, or will wait once the present call of its item is over and
/// dispositioned.
async fn next_callback(
    desk: &Desk,
    tx: &mut AnyConnection,
    campaign: CampaignId,
) -> Result<Option<Micros>, StoreError> {
    let now = desk.clock.now();
    let later = sqlx::query(
        "SELECT MIN(due_at) AS due_at FROM queue \
         WHERE campaign_id = $1 AND callback_at IS NOT NULL AND state = 'waiting' AND due_at > $2",
    )
    .bind(i64::from(campaign.0))
    .bind(int(now.0)?)
    .fetch_one(&mut *tx)
    .await?;
    let on_a_call = sqlx::query(
        "SELECT MIN(callback_at) AS due_at FROM queue \
         WHERE campaign_id = $1 AND callback_at IS NOT NULL AND state = 'open' AND NOT EXISTS ( \
             SELECT 1 FROM attempts WHERE attempts.id = queue.attempt_id AND attempts.created_at >= queue.callback_at)",
    )
    .bind(i64::from(campaign.0))
    .fetch_one(&mut *tx)
    .await?;
    let left_alone = left_alone(desk, tx, campaign).await?;
    let due = |row| Named::new("queue", "due_at", row).opt_moment("due_at");
    let dues = [due(&later)?, due(&on_a_call)?, left_alone].into_iter().flatten();
    Ok(dues.min().map(|due| if due <= now { now + LIVE_AGAIN } else { due }))
}

/// When the next of the calls may be claimed that are due and were not: now, or once an agent of another node had their time.
async fn left_alone(
    desk: &Desk,
    tx: &mut AnyConnection,
    campaign: CampaignId,
) -> Result<Option<Micros>, StoreError> {
    let sql = "SELECT MIN(CASE WHEN callback_at + $4 > $3 AND {promised_elsewhere} THEN callback_at + $4 ELSE $3 END) \
             AS due_at \
         FROM queue WHERE campaign_id = $2 AND callback_at IS NOT NULL AND state = 'waiting' AND due_at <= $3";
    let sql = sql.replace("{promised_elsewhere}", PROMISED_ELSEWHERE);
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(desk.node.to_string())
        .bind(i64::from(campaign.0))
        .bind(int(desk.clock.now().0)?)
        .bind(int(desk.patience.of(campaign).0)?)
        .fetch_one(tx)
        .await?;
    Ok(Named::new("queue", "due_at", &row).opt_moment("due_at")?)
}

/// Why items that are given back are due no sooner than at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Rules put them off.
    Rules,
    /// An agent has skipped them.
    Skipped,
}

/// Gives items back as they were, to be due no sooner than `not_before`. An item that is no longer ours is left alone.
pub(super) async fn release(
    desk: &Desk,
    tx: &mut AnyConnection,
    items: &[QueueId],
    (not_before, why): (Micros, Why),
) -> Result<(), StoreError> {
    for (mut statement, items) in RELEASE.over(items) {
        let by_rules = i64::from(why == Why::Rules);
        statement = statement.bind(desk.node.to_string()).bind(int(not_before.0)?).bind(by_rules);
        for item in items {
            statement = statement.bind(int(item.0)?);
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::Floor;

    #[tokio::test]
    async fn each_kind_of_items_is_found_by_an_index_that_has_no_others() {
        let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
        for (which, index) in [
            (Which::Callbacks, "queue_callbacks"),
            (Which::Again, "queue_again"),
            (Which::Others, "queue_due"),
        ] {
            let steps = floor.plan(&statement(Dialect::Sqlite, which)).await;
            let search = format!("SEARCH queue USING INDEX {index} (campaign_id=? AND due_at<?)");
            assert!(steps.contains(&search), "{steps:#?}");
        }
    }

    #[tokio::test]
    async fn what_another_node_has_is_found_among_what_is_held_and_not_among_all_leads() {
        let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
        let steps = floor.plan(ELSEWHERE).await;
        for index in ["queue_claimed", "attempts_open", "dispositions_owed"] {
            let (table, _) = index.split_once('_').expect("an index is called by its table");
            assert!(steps.contains(&format!("SCAN {table} USING INDEX {index}")), "{steps:#?}");
        }
    }
}
