//! Leads that agents looked at and did not want.

use std::sync::LazyLock;

use engine::words::{AgentId, QueueId};
use sqlx::AnyConnection;

use super::StoreError;
use super::many::Many;
use super::row::int;
use super::work::Desk;

/// Only what this node holds: a skip that is told again is written once.
static WRITE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "INSERT INTO skips (queue_id, agent_id, skipped_at) SELECT id, $2, $3 FROM queue \
         WHERE id IN (VALUES {rows}) AND state = 'claimed' AND claimed_by = $1",
        3,
        1,
    )
});

/// Notes that an agent skipped these items, which are given back afterwards.
pub(super) async fn write(
    desk: &Desk,
    tx: &mut AnyConnection,
    items: &[QueueId],
    agent: AgentId,
) -> Result<(), StoreError> {
    for (mut statement, items) in WRITE.over(items) {
        let now = int(desk.clock.now().0)?;
        statement = statement.bind(desk.node.to_string()).bind(i64::from(agent.0)).bind(now);
        for item in items {
            statement = statement.bind(int(item.0)?);
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Forgets who skipped items that are not there any more: their ids are given out again. To be done in the transaction that deletes
/// them.
pub(crate) async fn forget_gone(tx: &mut AnyConnection) -> Result<(), StoreError> {
    let gone = sqlx::query(
        "DELETE FROM skips WHERE NOT EXISTS (SELECT 1 FROM queue WHERE queue.id = skips.queue_id)",
    );
    Ok(gone.execute(tx).await.map(drop)?)
}
