//! When numbers were last dropped, by whichever campaign and node: told with each claim, and looked up again in the transaction
//! that saves an intent for which no agent is reserved, since a claim may be older than the drop.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::SaveRefusal;
use engine::call::CallRequest;
use engine::lead::QueueItem;
use engine::words::{AttemptId, Micros, Number};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::StoreError;
use super::many::Many;
use super::row::{Named, int};

/// What says that somebody was dropped: they heard the message, whatever came of it, or the record says so. As in the index
/// `call_log_dropped`.
const DROPPED: &str = "(call_log.result = 'dropped' OR call_log.message_at IS NOT NULL)";

static LAST: LazyLock<Many> = LazyLock::new(|| {
    let sql = format!(
        "SELECT number, MAX(ended_at) AS dropped_at FROM call_log \
         WHERE number IN (VALUES {{rows}}) AND {DROPPED} AND ended_at IS NOT NULL \
         GROUP BY number"
    );
    Many::new(&sql, 0, 1)
});

/// A SELECT's column that is 1 where a number was dropped after that moment, and 0 elsewhere.
pub(crate) fn dropped_since(number: &str, since: &str) -> String {
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM call_log \
             WHERE call_log.number = {number} AND {DROPPED} AND call_log.ended_at > {since}) \
         THEN 1 ELSE 0 END"
    )
}

/// When a number was last dropped by a moment, if it ever was.
pub(crate) async fn last_drop(
    tx: &mut AnyConnection,
    number: Number,
    by: Micros,
) -> Result<Option<Micros>, StoreError> {
    let sql = format!(
        "SELECT number, MAX(ended_at) AS dropped_at FROM call_log \
         WHERE number = $1 AND {DROPPED} AND ended_at <= $2 GROUP BY number"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(number.to_string()).bind(int(by.0)?);
    let row = row.fetch_optional(tx).await?;
    Ok(row.map(|row| Named::new("call_log", "number", &row).moment("dropped_at")).transpose()?)
}

/// When each of these numbers was last dropped that ever was.
async fn last_drops(
    tx: &mut AnyConnection,
    numbers: &[Number],
) -> Result<BTreeMap<Number, Micros>, StoreError> {
    let mut drops = BTreeMap::new();
    for (mut statement, _, numbers) in LAST.filled(numbers) {
        for number in numbers {
            statement = statement.bind(number.to_string());
        }
        for row in statement.fetch_all(&mut *tx).await? {
            let row = Named::new("call_log", "number", &row);
            drops.insert(row.number("number")?, row.moment("dropped_at")?);
        }
    }
    Ok(drops)
}

/// Tells of each item when its number was last dropped.
pub(super) async fn tell(tx: &mut AnyConnection, items: &mut [QueueItem]) -> Result<(), StoreError> {
    let numbers: Vec<Number> = items.iter().map(|item| item.number).collect();
    let drops = last_drops(tx, &numbers).await?;
    for item in items {
        item.dropped = drops.get(&item.number).copied();
    }
    Ok(())
}

/// Which of the attempts that were opened just now must not be placed without an agent. To be asked once they are open: from
/// then on nobody else calls their numbers, and whatever drops there were have their records.
pub(super) async fn dropped_lately(
    tx: &mut AnyConnection,
    opened: &[&CallRequest],
) -> Result<BTreeMap<AttemptId, SaveRefusal>, StoreError> {
    let since = |call: &&CallRequest| call.undropped_since.map(|since| (call.attempt, call.number, since));
    let unattended: Vec<(AttemptId, Number, Micros)> = opened.iter().filter_map(since).collect();
    let numbers: Vec<Number> = unattended.iter().map(|(_, number, _)| *number).collect();
    let drops = last_drops(tx, &numbers).await?;
    let refused = unattended.into_iter().filter_map(|(attempt, number, since)| {
        let at = drops.get(&number).copied().filter(|&at| at > since)?;
        Some((attempt, SaveRefusal::Dropped { at }))
    });
    Ok(refused.collect())
}
