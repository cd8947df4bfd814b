//! Whom a campaign may not call: looked up in the transaction that saves an intent, so that nobody comes in between.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::SaveRefusal;
use engine::call::CallRequest;
use engine::words::AttemptId;
use sqlx::AnyConnection;

use super::StoreError;
use super::many::Many;
use super::row::{Named, int};

/// What the lists of their campaigns say of numbers, where there are any: how many bar the number, how many allow at all,
/// how many of those allow this one, and how many are too old.
static SCREEN: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH intent (id, campaign_id, number, created_at) AS (VALUES {rows}), \
         kept AS ( \
             SELECT intent.id, campaign_dnc.allows, \
                 CASE WHEN dnc_lists.max_age IS NOT NULL AND (dnc_lists.dated_at IS NULL \
                           OR dnc_lists.dated_at + dnc_lists.max_age < intent.created_at) \
                      THEN 1 ELSE 0 END AS too_old, \
                 CASE WHEN EXISTS (SELECT 1 FROM dnc_numbers WHERE dnc_numbers.number = intent.number \
                           AND dnc_numbers.list_id = dnc_lists.id AND dnc_numbers.version = dnc_lists.version) \
                        OR EXISTS (SELECT 1 FROM dnc_areas WHERE dnc_areas.list_id = dnc_lists.id \
                           AND dnc_areas.version = dnc_lists.version AND intent.number LIKE dnc_areas.prefix || '%') \
                      THEN 1 ELSE 0 END AS has \
             FROM intent JOIN campaign_dnc ON campaign_dnc.campaign_id = intent.campaign_id \
                 JOIN dnc_lists ON dnc_lists.id = campaign_dnc.list_id) \
         SELECT id, COUNT(CASE WHEN allows = 0 AND has = 1 THEN 1 END) AS barred, \
             COUNT(CASE WHEN allows = 1 THEN 1 END) AS allowing, \
             COUNT(CASE WHEN allows = 1 AND has = 1 THEN 1 END) AS allowed, \
             COUNT(CASE WHEN too_old = 1 THEN 1 END) AS too_old \
         FROM kept GROUP BY id",
        0,
        4,
    )
});

/// Ends the queue items that may never be dialled.
static END: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET state = 'exhausted', last_result = 'do_not_call', claimed_by = NULL \
         WHERE id IN (VALUES {rows}) AND state = 'claimed'",
        0,
        1,
    )
});

/// Which calls the lists of their campaigns keep in the house, and why. The queue item of one that may never be made has come
/// to its end.
pub(super) async fn screen(
    tx: &mut AnyConnection,
    calls: &[&CallRequest],
) -> Result<BTreeMap<AttemptId, SaveRefusal>, StoreError> {
    let mut kept = BTreeMap::new();
    for (mut statement, calls) in SCREEN.over(calls) {
        for call in calls {
            statement = statement
                .bind(int(call.attempt.0)?)
                .bind(i64::from(call.campaign.0))
                .bind(call.number.to_string())
                .bind(int(call.created.0)?);
        }
        for row in statement.fetch_all(&mut *tx).await? {
            let row = Named::new("campaign_dnc", "id", &row);
            let count = |column| row.int::<u64>(column);
            let (allowing, allowed) = (count("allowing")?, count("allowed")?);
            let refusal = if count("barred")? > 0 || (allowing > 0 && allowed == 0) {
                SaveRefusal::DoNotCall
            } else if count("too_old")? > 0 {
                SaveRefusal::RegistryTooOld
            } else {
                continue;
            };
            kept.insert(AttemptId(row.int("id")?), refusal);
        }
    }
    let barred = |call: &&&CallRequest| kept.get(&call.attempt) == Some(&SaveRefusal::DoNotCall);
    let items: Vec<i64> =
        calls.iter().filter(barred).map(|call| int(call.queue.0)).collect::<Result<_, _>>()?;
    for (mut statement, items) in END.over(&items) {
        for item in items {
            statement = statement.bind(*item);
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(kept)
}
