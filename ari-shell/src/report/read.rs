//! What is counted, and where it stands.

use std::collections::BTreeMap;

use engine::agent::AgentState;
use engine::words::CampaignId;
use futures_util::TryStreamExt;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::tally::{Group, Tally};
use super::{Period, Section};
use crate::store::{BadRow, Named, Store, StoreError, int};

/// Records by all that a figure may be asked for.
const GROUPS: &str = "SELECT campaign_id, carrier_id, agent_id, result, COUNT(*) AS records, \
         CAST(SUM(dialled) AS BIGINT) AS dialled, \
         COUNT(CASE WHEN ended_at >= answered_at THEN 1 END) AS ended, \
         CAST(SUM(CASE WHEN ended_at >= answered_at THEN ended_at - answered_at ELSE 0 END) AS BIGINT) AS lasted \
     FROM call_log WHERE created_at >= $1 AND created_at < $2 \
     GROUP BY campaign_id, carrier_id, agent_id, result";

const WAITS: &str = "SELECT campaign_id, carrier_id, agent_id, bridged_at - answered_at AS wait FROM call_log \
     WHERE created_at >= $1 AND created_at < $2 AND result = 'connected' AND bridged_at >= answered_at";

const ATTEMPTS: &str = "SELECT campaign_id, COUNT(*) AS opened, CAST(SUM(1 - closed) AS BIGINT) AS open \
     FROM attempts WHERE created_at >= $1 AND created_at < $2 GROUP BY campaign_id";

const WORK: &str = concat!(
    "SELECT agent_id, campaign_id, state, CAST(SUM(done - began) AS BIGINT) AS lasted FROM ",
    stood!(),
    " GROUP BY agent_id, campaign_id, state"
);

/// Everything counted, by name.
pub(super) struct Counted {
    pub(super) total: Tally,
    pub(super) campaigns: Vec<Section>,
    pub(super) carriers: Vec<Section>,
    pub(super) agents: Vec<Section>,
}

/// Everything counted, by id.
#[derive(Default)]
struct Tallies {
    total: Tally,
    campaigns: BTreeMap<i64, Tally>,
    carriers: BTreeMap<i64, Tally>,
    agents: BTreeMap<i64, Tally>,
}

/// Counts the period, of all campaigns or of `only` one. All reads see the same moment of the database.
pub(super) async fn count(
    store: &Store,
    period: Period,
    only: Option<CampaignId>,
) -> Result<Counted, StoreError> {
    let mut tx = store.begin_reading().await?;
    let range =
        Range { from: int(period.from.0)?, to: int(period.to.0)?, only: only.map(|id| i64::from(id.0)) };
    let mut tallies = Tallies::default();
    if let Some(only) = range.only {
        tallies.campaigns.insert(only, Tally::default());
    }
    each(&mut tx, GROUPS, range, "call_log of campaign", |row| tallies.add_group(row)).await?;
    each(&mut tx, WAITS, range, "call_log of campaign", |row| tallies.add_wait(row)).await?;
    each(&mut tx, ATTEMPTS, range, "attempts of campaign", |row| tallies.add_attempts(row)).await?;
    each(&mut tx, WORK, range, "agent_states of campaign", |row| tallies.add_work(row)).await?;
    let Tallies { total, campaigns, carriers, agents } = tallies;
    let counted = Counted {
        total,
        campaigns: sections(&mut tx, "SELECT id, name FROM campaigns ORDER BY name", campaigns).await?,
        carriers: sections(&mut tx, "SELECT id, name FROM carriers ORDER BY name", carriers).await?,
        agents: sections(&mut tx, "SELECT id, name FROM agents ORDER BY name", agents).await?,
    };
    tx.rollback().await?;
    Ok(counted)
}

/// What is counted.
#[derive(Clone, Copy)]
struct Range {
    from: i64,
    to: i64,
    only: Option<i64>,
}

async fn each(
    tx: &mut AnyConnection,
    statement: &'static str,
    range: Range,
    table: &'static str,
    mut add: impl FnMut(&Named<'_>) -> Result<(), BadRow>,
) -> Result<(), StoreError> {
    let mut rows = sqlx::query(statement).bind(range.from).bind(range.to).fetch(tx);
    while let Some(row) = rows.try_next().await? {
        let row = Named::new(table, "campaign_id", &row);
        // The rows are sums, a few for each campaign: leaving some out here is cheaper than further statements.
        if range.only.is_none_or(|only| row.int("campaign_id") == Ok(only)) {
            add(&row)?;
        }
    }
    Ok(())
}

/// Whoever has been counted, under their names.
async fn sections(
    tx: &mut AnyConnection,
    names: &'static str,
    mut tallies: BTreeMap<i64, Tally>,
) -> Result<Vec<Section>, StoreError> {
    let rows = sqlx::query(names).fetch_all(tx).await?;
    let mut sections = Vec::with_capacity(tallies.len());
    for row in &rows {
        let (id, name) = named(row)?;
        sections.extend(tallies.remove(&id).map(|tally| tally.section(name)));
    }
    // The log outlives what it names.
    sections.extend(tallies.into_iter().map(|(id, tally)| tally.section(format!("#{id}"))));
    Ok(sections)
}

fn named(row: &AnyRow) -> Result<(i64, String), BadRow> {
    let row = Named::new("names", "id", row);
    Ok((row.int("id")?, row.text("name")?))
}

impl Tallies {
    /// Does the same for the house and for each of those whom a row of the call log names.
    fn of_call(&mut self, row: &Named<'_>, mut add: impl FnMut(&mut Tally)) -> Result<(), BadRow> {
        add(&mut self.total);
        add(self.campaigns.entry(row.int("campaign_id")?).or_default());
        add(self.carriers.entry(row.int("carrier_id")?).or_default());
        if let Some(agent) = row.opt_int("agent_id")? {
            add(self.agents.entry(agent).or_default());
        }
        Ok(())
    }

    fn add_group(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        let group = Group {
            result: row.word("result")?,
            records: row.int("records")?,
            dialled: row.int("dialled")?,
            ended: row.int("ended")?,
            lasted: row.int("lasted")?,
        };
        self.of_call(row, |tally| tally.add_group(group))
    }

    fn add_wait(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        let wait = row.int("wait")?;
        self.of_call(row, |tally| tally.add_wait(wait))
    }

    fn add_attempts(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        let (opened, open) = (row.int("opened")?, row.int("open")?);
        self.total.add_attempts(opened, open);
        self.campaigns.entry(row.int("campaign_id")?).or_default().add_attempts(opened, open);
        Ok(())
    }

    fn add_work(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        // Earlier versions wrote down apart who was chosen for a call.
        let state = row.word::<AgentState>("state")?.on_record();
        let lasted = row.int("lasted")?;
        self.total.add_work(state, lasted);
        self.campaigns.entry(row.int("campaign_id")?).or_default().add_work(state, lasted);
        self.agents.entry(row.int("agent_id")?).or_default().add_work(state, lasted);
        Ok(())
    }
}
