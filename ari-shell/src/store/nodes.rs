//! The dialers that have ever shared this database, whether they are at work, and what each has in its hands.

use engine::words::{Micros, Node, Signature};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::lease::LEASE;
use super::reopen::SESSIONS_OF_A_PROCESS;
use super::row::{Named, int, moment};
use super::staff::remember_absence;
use super::work::Desk;
use super::{BadRow, Dialled, Store, StoreError};
use crate::instance::Instance;
use crate::unique;

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
    /// Until when it has said that it is at work, which it says again long before; nothing where it has ended in order.
    pub alive_until: Option<Micros>,
    /// The campaigns that it dials, by name; none where it is not at work.
    pub dials: Vec<String>,
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
                 (SELECT COUNT(*) FROM queue WHERE claimed_by = nodes.name AND state = 'claimed') AS leads, alive_until \
             FROM nodes ORDER BY name",
        );
        let rows = self.reading.rows(nodes).await?;
        let mut cards = rows.iter().map(card).collect::<Result<Vec<_>, BadRow>>()?;
        for Dialled { campaign, node } in self.dialled().await? {
            // One that has come since then is in the next list.
            if let Some(card) = cards.iter_mut().find(|card| card.name == node) {
                card.dials.push(campaign);
            }
        }
        Ok(cards)
    }

    /// The same database, as the node of that name sees it.
    #[must_use]
    pub fn as_node(self, node: Node) -> Self {
        let signature = node.clone().into();
        Self { desk: Desk { node, signature, ..self.desk }, ..self }
    }

    /// The same database, by a node that signs so what it makes on its PBX, as [`Store::reopen`] tells it.
    #[must_use]
    pub fn signing(self, signature: Signature) -> Self {
        Self { desk: Desk { signature, ..self.desk }, ..self }
    }

    /// The same database, as that installation works on it.
    #[must_use]
    pub fn of(self, instance: Instance) -> Self {
        Self { desk: Desk { instance, ..self.desk }, ..self }
    }

    /// Says that this node is at work still; `false` where another installation has taken its place.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn stays_at_work(&self) -> Result<bool, StoreError> {
        let until = self.desk.clock.now() + LEASE;
        self.write(async |tx| says_alive(&self.desk, tx, Some(until)).await).await
    }

    /// This node has ended in order: wherever it is started next, that is so at once.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn sign_off(&self) -> Result<(), StoreError> {
        let desk = &self.desk;
        self.write(async |tx| {
            if says_alive(desk, tx, None).await? {
                remember_absence(tx, &desk.node, desk.clock.now()).await?;
            }
            Ok(())
        })
        .await
    }
}

/// What a node goes by that has signed in.
pub(super) struct SignedIn {
    /// Its place among the nodes of this database.
    pub(super) index: u64,
    /// The last session id that it used.
    pub(super) last_session: u64,
    /// How it signs what it makes on its PBX.
    pub(super) signature: Signature,
}

/// From now on the node is at work here. One that has never been is given a mark, which it keeps for good.
pub(super) async fn sign_in(desk: &Desk, tx: &mut AnyConnection) -> Result<SignedIn, StoreError> {
    let node = desk.node.to_string();
    sqlx::query(
        "INSERT INTO nodes (id, name, last_session, mark) \
         SELECT COALESCE(MAX(id), -1) + 1, $1, 0, $2 FROM nodes WHERE true \
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(node.clone())
    .bind(unique::digits::<3>()?)
    .execute(&mut *tx)
    .await?;
    let now = desk.clock.now();
    let last_heard_of = last_heard_of(tx, &node, now).await?;
    let signed_in = sqlx::query(
        "UPDATE nodes SET last_session = last_session + $2, instance = $3, alive_until = $4 \
         WHERE name = $1 AND (alive_until IS NULL OR alive_until <= $5 OR instance = $3) RETURNING id, last_session, mark",
    )
    .bind(node.clone())
    .bind(int(SESSIONS_OF_A_PROCESS)?)
    .bind(desk.instance.name().to_owned())
    .bind(int((now + LEASE).0)?)
    .bind(int(now.0)?)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = signed_in else {
        let row = sqlx::query("SELECT id, alive_until FROM nodes WHERE name = $1")
            .bind(node.clone())
            .fetch_one(tx)
            .await?;
        return Err(StoreError::AtWork {
            node,
            until: Named::new("nodes", "id", &row).moment("alive_until")?,
        });
    };
    if let Some(since) = last_heard_of {
        remember_absence(tx, &desk.node, since).await?;
    }
    let row = Named::new("nodes", "id", &row);
    let last: u64 = row.int("last_session")?;
    Ok(SignedIn {
        index: row.int("id")?,
        last_session: last - SESSIONS_OF_A_PROCESS,
        signature: signature(&desk.node, &row)?,
    })
}

/// A node that has been at work here since before there were marks has none.
fn signature(node: &Node, row: &Named<'_>) -> Result<Signature, BadRow> {
    let Some(mark) = row.opt_text("mark")? else { return Ok(node.clone().into()) };
    Signature::marked(node, &mark).map_err(|_| row.bad("mark", "six of the digits 0-9 and a-f, or NULL"))
}

/// When a node was last heard of that died: it had said so by then, or had written down how an agent stood. `None` of one that has
/// ended in order, or is back so soon that its agents may have talked on meanwhile.
async fn last_heard_of(
    tx: &mut AnyConnection,
    node: &str,
    now: Micros,
) -> Result<Option<Micros>, StoreError> {
    let row = sqlx::query(
        "SELECT alive_until, (SELECT MAX(since) FROM agents WHERE agents.node = nodes.name) AS noted \
         FROM nodes WHERE name = $1",
    )
    .bind(node.to_owned())
    .fetch_one(tx)
    .await?;
    let row = Named::new("nodes", "alive_until", &row);
    let noted = row.opt_moment("noted")?.unwrap_or_default();
    let died = row.opt_moment("alive_until")?.filter(|&until| until <= now);
    Ok(died.map(|until| (until - LEASE).max(noted).min(until)))
}

/// Says until when this installation is at work as its node; nothing where another one has taken its place. Says whether this
/// one still has it.
pub(super) async fn says_alive(
    desk: &Desk,
    tx: &mut AnyConnection,
    until: Option<Micros>,
) -> Result<bool, StoreError> {
    let says = sqlx::query("UPDATE nodes SET alive_until = $2 WHERE name = $1 AND instance = $3");
    let says = says.bind(desk.node.to_string()).bind(moment(until)?).bind(desk.instance.name().to_owned());
    Ok(says.execute(tx).await?.rows_affected() > 0)
}

fn card(row: &AnyRow) -> Result<NodeCard, BadRow> {
    let row = Named::new("nodes", "name", row);
    Ok(NodeCard {
        name: row.text("name")?,
        calls: row.int("calls")?,
        owed: row.int("owed")?,
        leads: row.int("leads")?,
        alive_until: row.opt_moment("alive_until")?,
        dials: Vec::new(),
    })
}
