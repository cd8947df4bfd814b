//! Records, agents' states and leads, counted into lines.

use std::collections::{BTreeMap, BTreeSet};

use engine::agent::AgentState;
use engine::call::Record;
use engine::words::{CampaignId, Micros, Span};
use futures_util::TryStreamExt as _;
use sqlx::AnyConnection;

use super::{By, Line};
use crate::config::Config;
use crate::moment::timestamp;
use crate::report::Period;
use crate::store::{BadRow, Named, Store, StoreError, int, read_record, was_dialled};

const RECORDS: &str = "SELECT * FROM call_log WHERE created_at >= $1 AND created_at < $2 \
     AND (CAST($3 AS BIGINT) IS NULL OR campaign_id = $3)";

const STATES: &str = concat!(
    "SELECT agent_id, campaign_id, state, pause_code, began, done FROM ",
    stood!(),
    " AND (CAST($3 AS BIGINT) IS NULL OR campaign_id = $3)"
);

const LEADS: &str = "SELECT campaign_id, COUNT(*) AS loaded, COUNT(CASE WHEN attempts > 0 THEN 1 END) AS tried, \
         COUNT(CASE WHEN state IN ('completed', 'exhausted') THEN 1 END) AS exhausted \
     FROM queue WHERE CAST($1 AS BIGINT) IS NULL OR campaign_id = $1 GROUP BY campaign_id";

const MISSES: &str = "SELECT agent_id, campaign_id, missed_at FROM missed_rings \
     WHERE missed_at >= $1 AND missed_at < $2 AND (CAST($3 AS BIGINT) IS NULL OR campaign_id = $3)";

/// As the records of their calls are counted.
const SAID: &str = "SELECT dispositions.attempt_id, dispositions.code, dispositions.campaign_id, dispositions.agent_id, \
         call_log.created_at \
     FROM dispositions JOIN call_log ON call_log.attempt_id = dispositions.attempt_id \
     WHERE call_log.created_at >= $1 AND call_log.created_at < $2 \
     AND (CAST($3 AS BIGINT) IS NULL OR dispositions.campaign_id = $3)";

const HOUR: u64 = 3_600_000_000;

/// The lines by what they stand for: an id, or the microsecond in which an hour begins.
struct Lines {
    by: By,
    greetings: BTreeMap<u64, Span>,
    /// Codes of pauses that are not paid.
    unpaid: BTreeSet<String>,
    lines: BTreeMap<u64, Line>,
}

/// The lines of a sheet, by name. All reads see the same moment of the database.
pub(super) async fn lines(
    store: &Store,
    config: &Config,
    period: Period,
    by: By,
    only: Option<CampaignId>,
) -> Result<Vec<(String, Line)>, StoreError> {
    let mut tx = store.begin_reading().await?;
    let campaigns = names(&mut tx, "SELECT id, name FROM campaigns").await?;
    let mut lines = Lines::new(by, config, &campaigns);
    let (from, to, only) = (int(period.from.0)?, int(period.to.0)?, only.map(|id| i64::from(id.0)));

    let mut records = sqlx::query(RECORDS).bind(from).bind(to).bind(only).fetch(&mut *tx);
    while let Some(row) = records.try_next().await? {
        lines.add_record(&read_record(&Named::new("call_log", "attempt_id", &row))?);
    }
    drop(records);
    if by != By::Carrier {
        let mut states = sqlx::query(STATES).bind(from).bind(to).bind(only).fetch(&mut *tx);
        while let Some(row) = states.try_next().await? {
            lines.add_state(&Named::new("agent_states", "agent_id", &row))?;
        }
        drop(states);
        for row in &sqlx::query(MISSES).bind(from).bind(to).bind(only).fetch_all(&mut *tx).await? {
            lines.add_miss(&Named::new("missed_rings", "agent_id", row))?;
        }
        let mut said = sqlx::query(SAID).bind(from).bind(to).bind(only).fetch(&mut *tx);
        while let Some(row) = said.try_next().await? {
            lines.add_disposition(&Named::new("dispositions", "attempt_id", &row))?;
        }
        drop(said);
    }
    if by == By::Campaign {
        for row in &sqlx::query(LEADS).bind(only).fetch_all(&mut *tx).await? {
            lines.add_leads(&Named::new("queue", "campaign_id", row))?;
        }
    }
    let names = match by {
        By::Campaign => campaigns,
        By::Carrier => names(&mut tx, "SELECT id, name FROM carriers").await?,
        By::Agent => names(&mut tx, "SELECT id, name FROM agents").await?,
        By::Hour => BTreeMap::new(),
    };
    tx.rollback().await?;
    Ok(lines.named(&names))
}

async fn names(tx: &mut AnyConnection, query: &'static str) -> Result<BTreeMap<u64, String>, StoreError> {
    let rows = sqlx::query(query).fetch_all(tx).await?;
    let mut names = BTreeMap::new();
    for row in &rows {
        let row = Named::new("names", "id", row);
        names.insert(row.int("id")?, row.text("name")?);
    }
    Ok(names)
}

impl Lines {
    /// What the configuration says of campaigns goes with their ids.
    fn new(by: By, config: &Config, campaigns: &BTreeMap<u64, String>) -> Self {
        let greeting = |(id, name): (&u64, &String)| {
            Some((*id, config.campaigns.iter().find(|campaign| campaign.name == *name)?.greeting))
        };
        let unpaid = config.pause_codes.iter().filter(|rules| !rules.paid);
        Self {
            by,
            greetings: campaigns.iter().filter_map(greeting).collect(),
            unpaid: unpaid.map(|rules| rules.code.to_string()).collect(),
            lines: BTreeMap::new(),
        }
    }

    fn line(&mut self, of: u64) -> &mut Line {
        self.lines.entry(of).or_default()
    }

    fn add_record(&mut self, record: &Record) {
        let greeting = self.greetings.get(&u64::from(record.campaign.0)).copied().unwrap_or_default();
        let of = match self.by {
            By::Campaign => Some(u64::from(record.campaign.0)),
            By::Carrier => Some(u64::from(record.carrier.0)),
            By::Agent => record.agent.map(|agent| u64::from(agent.0)),
            By::Hour => Some(hour(record.times.created)),
        };
        let dialled = record.tries.iter().any(was_dialled);
        if let Some(of) = of {
            self.line(of).add_attempt(record, dialled, greeting);
        }
        for one in record.tries.iter().filter(|one| was_dialled(one)) {
            let of = if self.by == By::Carrier { Some(u64::from(one.carrier.0)) } else { of };
            if let Some(of) = of {
                self.line(of).add_seizures(1);
            }
        }
    }

    fn add_state(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        // Earlier versions wrote down apart who was chosen for a call.
        let state = row.word::<AgentState>("state")?.on_record();
        let (began, done): (u64, u64) = (row.int("began")?, row.int("done")?);
        let code = row.opt_text("pause_code")?;
        let stood = (state, code.as_deref());
        match self.by {
            By::Campaign => self.add_time(row.int("campaign_id")?, stood, done - began),
            By::Agent => self.add_time(row.int("agent_id")?, stood, done - began),
            By::Hour if state == AgentState::Offline => {}
            By::Hour => {
                let mut from = began;
                while from < done {
                    let to = (hour(Micros(from)) + HOUR).min(done);
                    self.add_time(hour(Micros(from)), stood, to - from);
                    from = to;
                }
            }
            By::Carrier => {}
        }
        Ok(())
    }

    fn add_time(&mut self, of: u64, (state, code): (AgentState, Option<&str>), micros: u64) {
        let is_paid = code.is_none_or(|code| !self.unpaid.contains(code));
        match state {
            AgentState::Paused => self.line(of).add_pause(code, is_paid, micros),
            AgentState::Offline
            | AgentState::Ready
            | AgentState::Previewing
            | AgentState::Reserved
            | AgentState::Ringing
            | AgentState::OnCall
            | AgentState::WrapUp => self.line(of).add_time(state, micros),
        }
    }

    fn add_miss(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        let of = match self.by {
            By::Campaign => row.int("campaign_id")?,
            By::Agent => row.int("agent_id")?,
            By::Hour => hour(row.moment("missed_at")?),
            By::Carrier => return Ok(()),
        };
        self.line(of).missed_rings += 1;
        Ok(())
    }

    fn add_disposition(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        let of = match self.by {
            By::Campaign => row.int("campaign_id")?,
            By::Agent => row.int("agent_id")?,
            By::Hour => hour(row.moment("created_at")?),
            By::Carrier => return Ok(()),
        };
        let code = row.opt_text("code")?;
        self.line(of).add_disposition(code);
        Ok(())
    }

    fn add_leads(&mut self, row: &Named<'_>) -> Result<(), BadRow> {
        let line = self.line(row.int("campaign_id")?);
        line.loaded = row.int("loaded")?;
        line.tried = row.int("tried")?;
        line.exhausted = row.int("exhausted")?;
        Ok(())
    }

    /// Sorted by their names. The log outlives what it names.
    fn named(self, names: &BTreeMap<u64, String>) -> Vec<(String, Line)> {
        let by = self.by;
        let name = |of: u64| match by {
            By::Hour => timestamp(Micros(of)).strftime("%F %H:%M").to_string(),
            By::Campaign | By::Carrier | By::Agent => {
                names.get(&of).cloned().unwrap_or_else(|| format!("#{of}"))
            }
        };
        let mut lines: Vec<(String, Line)> =
            self.lines.into_iter().map(|(of, line)| (name(of), line)).collect();
        lines.sort_by(|one, other| one.0.cmp(&other.0));
        lines
    }
}

/// The microsecond in which its hour begins.
fn hour(at: Micros) -> u64 {
    at.0 - at.0 % HOUR
}
