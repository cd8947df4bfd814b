//! What happened, row by row.

use std::collections::BTreeMap;

use engine::agent::AgentState;
use engine::call::CallResult;
use engine::words::{CampaignId, Micros, Span};
use futures_util::TryStreamExt as _;

use crate::report::{Period, stood};
use crate::store::{Named, Store, StoreError, int};

const CALLS: &str = "SELECT attempt_id, result, placed_at, answered_at, bridged_at, ended_at, dialled FROM call_log \
     WHERE created_at >= $1 AND created_at < $2 AND campaign_id = $3 ORDER BY placed_at";

/// Whoever is in a conversation that an earlier process has left is on record as called to it, for no time, when it is taken up.
const STATES: &str = concat!(
    "SELECT agent_id, state, began, done, CASE WHEN EXISTS ( \
         SELECT 1 FROM agent_states AS called \
         WHERE called.agent_id = cut.agent_id AND called.since = cut.began AND called.state = 'ringing') \
     THEN 1 ELSE 0 END AS taken_up FROM ",
    stood!(),
    " AND campaign_id = $3 ORDER BY agent_id, began"
);

const NODES: &str = "SELECT COUNT(DISTINCT node) AS nodes FROM attempts \
     WHERE created_at >= $1 AND created_at < $2 AND campaign_id = $3";

/// All of a day.
#[derive(Debug)]
pub(super) struct Traffic {
    /// The day.
    pub(super) period: Period,
    /// Calls that were placed, in this order.
    pub(super) calls: Vec<Call>,
    /// How each agent stood, in order, cut to the day.
    pub(super) stands: BTreeMap<u64, Vec<Stand>>,
    pub(super) nodes: u64,
}

/// A call that was placed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) result: CallResult,
    pub(super) placed: Micros,
    /// From there to the answer.
    pub(super) answered: Option<Span>,
    /// From the answer until an agent was there, or the callee was gone.
    pub(super) waited: Option<Span>,
    /// From the placing to its end.
    pub(super) lasted: Option<Span>,
}

/// How an agent stood from when to when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stand {
    pub(super) state: AgentState,
    pub(super) from: Micros,
    pub(super) to: Micros,
    /// Whether it is a conversation that goes on from before a restart.
    pub(super) goes_on: bool,
}

impl Traffic {
    pub(super) async fn read(
        store: &Store,
        campaign: CampaignId,
        period: Period,
    ) -> Result<Self, StoreError> {
        let mut tx = store.begin_reading().await?;
        let (from, to, campaign) = (int(period.from.0)?, int(period.to.0)?, i64::from(campaign.0));
        let query = |statement| sqlx::query(statement).bind(from).bind(to).bind(campaign);
        let mut calls: Vec<Call> = Vec::new();
        let mut rows = query(CALLS).fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            calls.extend(call(&Named::new("call_log", "attempt_id", &row))?);
        }
        drop(rows);
        let mut stands: BTreeMap<u64, Vec<Stand>> = BTreeMap::new();
        let mut rows = query(STATES).fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            let row = Named::new("agent_states", "agent_id", &row);
            let state = row.word::<AgentState>("state")?.on_record();
            let goes_on = state == AgentState::OnCall && row.int::<u8>("taken_up")? == 1;
            let stand = Stand { state, from: row.moment("began")?, to: row.moment("done")?, goes_on };
            stands.entry(row.int("agent_id")?).or_default().push(stand);
        }
        drop(rows);
        let nodes = query(NODES).fetch_one(&mut *tx).await?;
        let nodes = Named::new("attempts", "nodes", &nodes).int("nodes")?;
        tx.rollback().await?;
        Ok(Self { period, calls, stands, nodes })
    }

    /// When the calls were placed, in order.
    pub(super) fn dials(&self) -> impl DoubleEndedIterator<Item = Micros> {
        self.calls.iter().map(|call| call.placed)
    }
}

/// The call of a record, if it was placed.
fn call(row: &Named<'_>) -> Result<Option<Call>, StoreError> {
    let dialled = row.int::<u8>("dialled")? == 1;
    let Some(placed) = row.opt_moment("placed_at")?.filter(|_| dialled) else { return Ok(None) };
    let [answered, bridged, ended] =
        [row.opt_moment("answered_at")?, row.opt_moment("bridged_at")?, row.opt_moment("ended_at")?];
    let served = bridged.or(ended);
    Ok(Some(Call {
        result: row.word("result")?,
        placed,
        answered: answered.map(|at| at.since(placed)),
        waited: answered.and_then(|at| Some(served?.since(at))),
        lasted: ended.map(|at| at.since(placed)),
    }))
}
