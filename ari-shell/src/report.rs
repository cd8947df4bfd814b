//! Figures from the database, each with the formula it comes from.
//!
//! Everything is counted from the rows that are there; nothing is kept as a counter.

/// Who stood how from when to when in the period from `$1` to `$2`. Each state lasts until the agent's next one, or goes on
/// for as long as their node is at work; both ends are cut to the period. Where the clock was set back in between, one may
/// seem to end before it began: it lasts no time.
macro_rules! stood {
    () => {
        "(SELECT agent_id, campaign_id, state, pause_code, \
             CASE WHEN since < $1 THEN $1 ELSE since END AS began, \
             CASE WHEN until IS NULL OR until > $2 THEN $2 ELSE until END AS done \
         FROM (SELECT agent_id, campaign_id, state, pause_code, since, \
                   COALESCE(LEAD(since) OVER (PARTITION BY agent_id ORDER BY seq), \
                       (SELECT alive_until FROM nodes JOIN agents ON agents.node = nodes.name \
                        WHERE agents.id = agent_states.agent_id)) AS until \
               FROM agent_states) AS spans) AS cut \
         WHERE done > began"
    };
}
pub(crate) use stood;

mod read;
pub mod sheet;
mod tally;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use engine::words::Micros;
use serde::Serialize;

use crate::store::{Standing, Store, StoreError};

/// A stretch of time: an attempt counts if it was created in it, an agent's time as far as it lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Its first moment.
    pub from: Micros,
    /// The moment after its last.
    pub to: Micros,
}

/// All figures of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The period.
    pub period: Period,
    /// The one campaign that is counted, where it is not the whole house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The whole house, or the one campaign.
    pub total: Section,
    /// Each campaign.
    pub campaigns: Vec<Section>,
    /// Each carrier, by the last try of an attempt.
    pub carriers: Vec<Section>,
    /// Each agent, by the calls they were joined with.
    pub agents: Vec<Section>,
    /// The formula of each figure.
    pub formulas: BTreeMap<&'static str, &'static str>,
}

/// The figures of one name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// The campaign's, carrier's or agent's name.
    pub name: String,
    /// What came of the calls.
    pub calls: Calls,
    /// Whether every attempt has its record; not for carriers and agents.
    pub attempts: Option<Attempts>,
    /// What the agents' time went into; not for carriers.
    pub work: Option<Work>,
}

/// What came of the calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calls {
    /// Records, by result.
    pub results: BTreeMap<&'static str, u64>,
    /// See [`FORMULAS`].
    pub dialled: u64,
    /// See [`FORMULAS`].
    pub answered: u64,
    /// See [`FORMULAS`]; none where nothing was dialled.
    pub answer_rate: Option<f64>,
    /// See [`FORMULAS`]; none where nobody answered.
    pub drop_rate: Option<f64>,
    /// See [`FORMULAS`]; none where nobody answered.
    pub hung_up_waiting_rate: Option<f64>,
    /// See [`FORMULAS`]; none where nobody answered.
    pub average_call_ms: Option<u64>,
    /// See [`FORMULAS`]; none where nobody was connected.
    pub answer_to_agent_p50_ms: Option<u64>,
    /// See [`FORMULAS`]; none where nobody was connected.
    pub answer_to_agent_p99_ms: Option<u64>,
}

/// Whether every attempt has its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Attempts {
    /// See [`FORMULAS`].
    pub opened: u64,
    /// See [`FORMULAS`].
    pub closed: u64,
    /// See [`FORMULAS`].
    pub open: u64,
    /// See [`FORMULAS`]; should be 0.
    pub unaccounted: u64,
}

/// What the agents' time went into.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Work {
    /// In conversations.
    pub talk_ms: u64,
    /// After them.
    pub wrap_up_ms: u64,
    /// Waiting for a call.
    pub ready_ms: u64,
    /// See [`FORMULAS`]; none where nobody was at work.
    pub occupancy: Option<f64>,
}

/// The figures' names and formulas, in the order of the report. The names are those of the JSON form.
pub const FORMULAS: [(&str, &str); 14] = [
    ("results", "records, by result"),
    ("dialled", "records of which a try was given to the PBX and not turned away by it"),
    ("answered", "connected + completed + incomplete + dropped + hung_up_waiting"),
    ("answer_rate", "answered / dialled"),
    ("drop_rate", "dropped / answered"),
    ("hung_up_waiting_rate", "hung_up_waiting / answered; no drop: the callee left before an agent came"),
    ("average_call_ms", "mean of (ended - answered) over the answered, down to milliseconds"),
    ("answer_to_agent_p50_ms", "nearest rank ceil(0.50 n) of (bridged - answered) over the connected"),
    ("answer_to_agent_p99_ms", "nearest rank ceil(0.99 n) of (bridged - answered) over the connected"),
    ("occupancy", "(talk + wrap-up) / (talk + wrap-up + ready), from the agents' states"),
    ("opened", "attempts saved"),
    ("closed", "attempts with a record"),
    ("open", "attempts that have not ended"),
    ("unaccounted", "opened - closed - open; should be 0"),
];

impl Report {
    /// Counts a period.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn read(store: &Store, period: Period) -> Result<Self, StoreError> {
        Ok(Self::new(period, None, read::count(store, period, None).await?))
    }

    /// Counts a period of one campaign alone.
    ///
    /// # Errors
    /// As [`Report::read`].
    pub async fn read_campaign(
        store: &Store,
        period: Period,
        campaign: &Standing,
    ) -> Result<Self, StoreError> {
        let counted = read::count(store, period, Some(campaign.id)).await?;
        Ok(Self::new(period, Some(campaign.name.clone()), counted))
    }

    fn new(period: Period, campaign: Option<String>, counted: read::Counted) -> Self {
        Self {
            period,
            campaign,
            total: counted.total.section(String::from("total")),
            campaigns: counted.campaigns,
            carriers: counted.carriers,
            agents: counted.agents,
            formulas: BTreeMap::from(FORMULAS),
        }
    }
}
