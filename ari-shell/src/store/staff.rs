//! How agents and campaigns stand.

use engine::Outcome;
use engine::agent::AgentState;
use engine::campaign::CampaignState;
use engine::words::{CampaignId, Leg};
use sqlx::AnyConnection;

use super::StoreError;
use super::row::int;
use super::work::{AgentNote, Desk};

/// Appends to the agent's history, unless the last row says the same (only the pause code, say, has changed).
const REMEMBER: &str = "INSERT INTO agent_states (agent_id, seq, campaign_id, state, since) \
     SELECT id, (SELECT COALESCE(MAX(seq), 0) + 1 FROM agent_states WHERE agent_id = $1), campaign_id, $2, $3 \
     FROM agents WHERE id = $1 AND NOT EXISTS ( \
         SELECT 1 FROM agent_states AS last WHERE last.agent_id = $1 AND last.state = $2 AND last.since = $3 \
           AND last.seq = (SELECT MAX(seq) FROM agent_states WHERE agent_id = $1))";

/// Who is not in a conversation any more is in no bridge of one.
const STAND: &str = "UPDATE agents SET node = $2, state = $3, session = $4, channel = $5, paused = $6, since = $7, \
         bridge = CASE WHEN $3 = 'on_call' AND CAST($4 AS BIGINT) IS NOT NULL THEN bridge ELSE NULL END \
     WHERE id = $1";

pub(super) async fn note_agent(
    desk: &Desk,
    tx: &mut AnyConnection,
    note: &AgentNote,
) -> Result<Outcome, StoreError> {
    let agent = i64::from(note.agent.0);
    let session = note.session.map(|session| int(session.0)).transpose()?;
    let channel = note.session.map(|session| desk.node.channel(Leg::Agent { agent: note.agent, session }));
    let stood = sqlx::query(STAND)
        .bind(agent)
        .bind(desk.node.to_string())
        .bind(note.state.name())
        .bind(session)
        .bind(channel)
        .bind(note.paused.as_ref().map(ToString::to_string))
        .bind(int(note.since.0)?)
        .execute(&mut *tx)
        .await?;
    if stood.rows_affected() == 0 {
        return Err(StoreError::Unregistered { kind: "agent", id: note.agent.to_string() });
    }
    remember(tx, agent, note.state, int(note.since.0)?).await?;
    Ok(Outcome::Done)
}

async fn remember(
    tx: &mut AnyConnection,
    agent: i64,
    state: AgentState,
    since: i64,
) -> Result<(), StoreError> {
    sqlx::query(REMEMBER).bind(agent).bind(state.name()).bind(since).execute(tx).await?;
    Ok(())
}

pub(super) async fn note_campaign(
    tx: &mut AnyConnection,
    campaign: CampaignId,
    state: CampaignState,
) -> Result<Outcome, StoreError> {
    let noted = sqlx::query("UPDATE campaigns SET state = $2 WHERE id = $1")
        .bind(i64::from(campaign.0))
        .bind(state.name())
        .execute(tx)
        .await?;
    if noted.rows_affected() == 0 {
        return Err(StoreError::Unregistered { kind: "campaign", id: campaign.to_string() });
    }
    Ok(Outcome::Done)
}
