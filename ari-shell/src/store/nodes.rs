//! The dialers that have ever shared this database, and what each has in its hands.

use engine::words::{Micros, Node};
use serde::Serialize;
use sqlx::any::AnyRow;

use super::row::Named;
use super::{BadRow, Store, StoreError};

/// A node, and what keeps its campaigns from being completed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeCard {
    /// Its name.
    pub name: String,
    /// Attempts that it has begun and not recorded.
    pub calls: u64,
    /// Calls of which its agents have still to say what came.
    pub owed: u64,
    /// Leads that it holds ready to be dialled.
    pub leads: u64,
    /// Until when it holds the last of these, unless it renews its claims.
    pub until: Option<Micros>,
}

impl Store {
    /// All nodes, by name.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn nodes(&self) -> Result<Vec<NodeCard>, StoreError> {
        let nodes = sqlx::query(
            "SELECT name, \
                 (SELECT COUNT(*) FROM attempts WHERE attempts.node = nodes.name AND closed = 0) AS calls, \
                 (SELECT COUNT(*) FROM dispositions JOIN attempts ON attempts.id = dispositions.attempt_id \
                  WHERE dispositions.code IS NULL AND attempts.node = nodes.name) AS owed, \
                 (SELECT COUNT(*) FROM queue WHERE claimed_by = nodes.name AND state = 'claimed') AS leads, \
                 (SELECT MAX(claimed_until) FROM queue WHERE claimed_by = nodes.name AND state = 'claimed') AS until \
             FROM nodes ORDER BY name",
        );
        let rows = self.reading.rows(nodes).await?;
        Ok(rows.iter().map(card).collect::<Result<_, BadRow>>()?)
    }

    /// The same database, as the node of that name sees it.
    #[must_use]
    pub fn as_node(self, node: Node) -> Self {
        Self { node, ..self }
    }
}

fn card(row: &AnyRow) -> Result<NodeCard, BadRow> {
    let row = Named::new("nodes", "name", row);
    Ok(NodeCard {
        name: row.text("name")?,
        calls: row.int("calls")?,
        owed: row.int("owed")?,
        leads: row.int("leads")?,
        until: row.opt_moment("until")?,
    })
}
