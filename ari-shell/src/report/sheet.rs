//! Figures side by side: a line for each campaign, carrier, agent or hour, a column for each figure, and a formula for each
//! column.

mod columns;
mod line;
mod print;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use engine::words::Span;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::Period;
use crate::config::Config;
use crate::store::{Standing, Store, StoreError};
pub use columns::{COLUMNS, Column, Value};
pub(crate) use line::Line;

/// What a sheet has a line for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Each campaign.
    Campaign,
    /// Each carrier: attempts by their last try, seizures by each.
    Carrier,
    /// Each agent, by the calls they were joined with.
    Agent,
    /// Each hour (UTC) in which anything was.
    Hour,
}

/// A sheet.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What it has lines for.
    pub by: By,
    /// The period.
    pub period: Period,
    /// The one campaign that is counted, where it is not the whole house.
    pub campaign: Option<String>,
    /// The lines by their names, in order.
    lines: Vec<(String, Line)>,
}

impl Sheet {
    /// Counts a period, of the whole house or of one campaign. The configuration says how long callees' greetings are
    /// taken to last.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn read(
        store: &Store,
        config: &Config,
        period: Period,
        by: By,
        campaign: Option<&Standing>,
    ) -> Result<Self, StoreError> {
        let greetings: BTreeMap<&str, Span> =
            config.campaigns.iter().map(|campaign| (campaign.name.as_str(), campaign.greeting)).collect();
        let lines = read::lines(store, &greetings, period, by, campaign.map(|one| one.id)).await?;
        Ok(Self { by, period, campaign: campaign.map(|one| one.name.clone()), lines })
    }

    /// The columns that such a sheet has.
    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        let by = self.by;
        COLUMNS.iter().filter(move |column| column.of.contains(&by))
    }
}

/// Period, columns with their formulas, and a row for each line.
impl Serialize for Sheet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Head {
            name: &'static str,
            formula: &'static str,
        }
        let head: Vec<Head> =
            self.columns().map(|column| Head { name: column.name, formula: column.formula }).collect();
        let rows: Vec<Row<'_>> =
            self.lines.iter().map(|(name, line)| Row { sheet: self, name, line }).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("by", &self.by)?;
        map.serialize_entry("period", &self.period)?;
        map.serialize_entry("campaign", &self.campaign)?;
        map.serialize_entry("columns", &head)?;
        map.serialize_entry("rows", &rows)?;
        map.end()
    }
}

/// One line with the names of its columns.
struct Row<'s> {
    sheet: &'s Sheet,
    name: &'s str,
    line: &'s Line,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        for column in self.sheet.columns() {
            map.serialize_entry(column.name, &(column.value)(self.line))?;
        }
        map.end()
    }
}
