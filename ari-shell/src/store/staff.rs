//! How agents stand.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::words::{AgentId, Leg, Micros, Node};
use sqlx::AnyConnection;

use super::many::Many;
use super::row::{Named, int, moment};
use super::work::{AgentNote, Desk};
use super::{Store, StoreError};

/// Who is not in a conversation any more is in no bridge of one. That they are not at work only their own node says: any other says so
/// of everybody whom it is configured with when it closes, and when the database was away. That they are, the node says that they
/// came to first, for as long as it is there; another one where they were off duty, or it has gone.
static STAND: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH stood (id, state, session, channel, paused, leaves, since, missed_rings, missed_at, stays) AS (VALUES {rows}) \
         UPDATE agents SET node = $1, state = stood.state, session = stood.session, channel = stood.channel, \
             paused = stood.paused, leaves = stood.leaves, since = stood.since, missed_rings = stood.missed_rings, \
             missed_at = stood.missed_at, \
             bridge = CASE WHEN stood.stays = 1 THEN agents.bridge ELSE NULL END \
         FROM stood \
         WHERE agents.id = stood.id \
           AND (COALESCE(agents.node, $1) = $1 OR (stood.state <> 'offline' \
               AND (agents.state = 'offline' OR NOT EXISTS ( \
                   SELECT 1 FROM nodes WHERE nodes.name = agents.node AND nodes.alive_until > $2))))",
        2,
        10,
    )
});

static KNOWN: LazyLock<Many> =
    LazyLock::new(|| Many::new("SELECT id FROM agents WHERE id IN (VALUES {rows})", 0, 1));

static EMPLOY: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE agents SET node = $1 WHERE id IN (VALUES {rows}) AND (node IS NULL OR state = 'offline')",
        1,
        1,
    )
});

/// Appends to the agents' histories, but for those who are at work on another node; `nth` numbers what one agent says in this
/// statement from 1. The first is left out where the last row says the same: only what they want after their call, say, has
/// changed, or they were away already.
static REMEMBER: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH told (agent_id, nth, state, since, pause_code) AS (VALUES {rows}) \
         INSERT INTO agent_states (agent_id, seq, campaign_id, state, since, pause_code) \
         SELECT agents.id, \
             told.nth + (SELECT COALESCE(MAX(seq), 0) FROM agent_states AS earlier WHERE earlier.agent_id = agents.id), \
             agents.campaign_id, told.state, told.since, told.pause_code \
         FROM told CROSS JOIN agents \
         WHERE agents.id = told.agent_id AND agents.node = $1 AND NOT (told.nth = 1 AND EXISTS ( \
             SELECT 1 FROM agent_states AS last \
             WHERE last.agent_id = agents.id AND last.state = told.state \
               AND (last.since = told.since OR told.state = 'offline') \
               AND last.seq = (SELECT MAX(seq) FROM agent_states AS every WHERE every.agent_id = agents.id)))",
        1,
        5,
    )
});

/// Counts rings that were not picked up, each once however often it is told.
static MISS: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH told (agent_id, missed_at) AS (VALUES {rows}) \
         INSERT INTO missed_rings (agent_id, missed_at, campaign_id) \
         SELECT agents.id, told.missed_at, agents.campaign_id FROM told CROSS JOIN agents \
         WHERE agents.id = told.agent_id ON CONFLICT (agent_id, missed_at) DO NOTHING",
        0,
        2,
    )
});

impl Store {
    /// Writes down which agents work here: what was agreed on with one of them is this node's to call. Whoever is at work on
    /// another node by now stays there, and who worked here and does no longer is nobody's.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn employ(&self, agents: &[AgentId]) -> Result<(), StoreError> {
        let node = self.desk.node.to_string();
        self.write(async |tx| {
            sqlx::query("UPDATE agents SET node = NULL WHERE node = $1")
                .bind(&node)
                .execute(&mut *tx)
                .await?;
            for (mut statement, agents) in EMPLOY.over(agents) {
                statement = statement.bind(node.clone());
                for agent in agents {
                    statement = statement.bind(i64::from(agent.0));
                }
                statement.execute(&mut *tx).await?;
            }
            Ok(())
        })
        .await
    }
}

impl Store {
    /// The node on which an agent is at work, where that is another than this one and is there, and until when it has said that it is.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub(crate) async fn at_work_elsewhere(
        &self,
        agent: AgentId,
    ) -> Result<Option<(String, Micros)>, StoreError> {
        let elsewhere = sqlx::query(
            "SELECT nodes.name, nodes.alive_until FROM agents JOIN nodes ON nodes.name = agents.node \
             WHERE agents.id = $1 AND agents.state <> 'offline' AND agents.node <> $2 AND nodes.alive_until > $3",
        )
        .bind(i64::from(agent.0))
        .bind(self.desk.node.to_string())
        .bind(int(self.desk.clock.now().0)?);
        let Some(row) = self.reading.find(elsewhere).await? else { return Ok(None) };
        let row = Named::new("nodes", "name", &row);
        Ok(Some((row.text("name")?, row.moment("alive_until")?)))
    }
}

/// Writes down how agents stand, in the order told.
pub(super) async fn note_agents(
    desk: &Desk,
    tx: &mut AnyConnection,
    notes: &[&AgentNote],
) -> Result<(), StoreError> {
    let mut told: BTreeMap<AgentId, Vec<&AgentNote>> = BTreeMap::new();
    for note in notes {
        told.entry(note.agent).or_default().push(note);
    }
    stand(desk, tx, &told.values().collect::<Vec<_>>()).await?;
    miss(tx, notes).await?;
    for notes in told.values_mut() {
        notes.dedup_by(|note, last| note.is_in_the_state_of(last));
    }
    remember(desk, tx, &told.into_values().flatten().collect::<Vec<_>>()).await
}

/// The last of what each agent says is how they stand, unless they stand otherwise on another node.
async fn stand(desk: &Desk, tx: &mut AnyConnection, told: &[&Vec<&AgentNote>]) -> Result<(), StoreError> {
    for (mut statement, told) in STAND.over(told) {
        statement = statement.bind(desk.node.to_string()).bind(int(desk.clock.now().0)?);
        for notes in told {
            let last = notes.last().expect("an agent is here because of a note");
            let session = last.session.map(|session| Leg::Agent { agent: last.agent, session });
            statement = statement
                .bind(i64::from(last.agent.0))
                .bind(last.state.name())
                .bind(last.session.map(|session| int(session.0)).transpose()?)
                .bind(session.map(|leg| desk.signature.channel(leg)))
                .bind(last.paused.as_ref().map(ToString::to_string))
                .bind(i64::from(last.leaves))
                .bind(int(last.since.0)?)
                .bind(i64::from(last.missed.map_or(0, |missed| missed.in_a_row)))
                .bind(moment(last.missed.map(|missed| missed.last))?)
                .bind(i64::from(notes.iter().all(|note| note.is_in_conversation())));
        }
        let stood = statement.execute(&mut *tx).await?;
        if stood.rows_affected() < told.len() as u64 {
            are_known(tx, told.iter().flat_map(|notes| notes.last()).map(|note| note.agent).collect())
                .await?;
        }
    }
    Ok(())
}

async fn are_known(tx: &mut AnyConnection, agents: Vec<AgentId>) -> Result<(), StoreError> {
    for (mut statement, agents) in KNOWN.over(&agents) {
        for agent in agents {
            statement = statement.bind(i64::from(agent.0));
        }
        if statement.fetch_all(&mut *tx).await?.len() < agents.len() {
            let ids: Vec<String> = agents.iter().map(ToString::to_string).collect();
            return Err(StoreError::Unregistered { kind: "agent", id: ids.join(" or ") });
        }
    }
    Ok(())
}

async fn miss(tx: &mut AnyConnection, notes: &[&AgentNote]) -> Result<(), StoreError> {
    let missed: Vec<_> = notes.iter().filter_map(|note| Some((note.agent, note.missed?.last))).collect();
    for (mut statement, missed) in MISS.over(&missed) {
        for (agent, at) in missed {
            statement = statement.bind(i64::from(agent.0)).bind(int(at.0)?);
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}

async fn remember(desk: &Desk, tx: &mut AnyConnection, told: &[&AgentNote]) -> Result<(), StoreError> {
    for (mut statement, told) in REMEMBER.over(told) {
        statement = statement.bind(desk.node.to_string());
        for (at, note) in told.iter().enumerate() {
            let nth = told[..=at].iter().filter(|other| other.agent == note.agent).count();
            statement = statement
                .bind(i64::from(note.agent.0))
                .bind(int(nth as u64)?)
                .bind(note.state.name())
                .bind(int(note.since.0)?)
                .bind(note.pause_code().map(ToString::to_string));
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Ends in the histories of a node's agents what lasts there, since nobody is at work without their node. How they stand is left as
/// it is: the next process takes them up so.
pub(super) async fn remember_absence(
    tx: &mut AnyConnection,
    node: &Node,
    since: Micros,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO agent_states (agent_id, seq, campaign_id, state, since) \
         SELECT last.agent_id, last.seq + 1, last.campaign_id, 'offline', \
             CASE WHEN last.since > $2 THEN last.since ELSE $2 END \
         FROM agents JOIN agent_states AS last ON last.agent_id = agents.id \
         WHERE agents.node = $1 AND last.state <> 'offline' \
           AND last.seq = (SELECT MAX(seq) FROM agent_states AS every WHERE every.agent_id = agents.id)",
    )
    .bind(node.to_string())
    .bind(int(since.0)?)
    .execute(tx)
    .await?;
    Ok(())
}
