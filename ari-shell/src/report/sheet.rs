//! Figures side by side: a line for each campaign, carrier, agent or hour, a column for each figure, and a formula for each
//! column.

mod columns;
mod line;
mod print;
mod read;
#[cfg(test)]
mod tests;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::Period;
use crate::config::Config;
use crate::store::{Standing, Store, StoreError};
use columns::columns;
pub use columns::{Column, Value};
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
    /// The columns that such a sheet has.
    columns: Vec<Column>,
}

impl Sheet {
    /// Counts a period, of the whole house or of one campaign. The configuration says how long callees' greetings are
    /// taken to last, and which pauses are paid.
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
        let lines = read::lines(store, config, period, by, campaign.map(|one| one.id)).await?;
        let columns = columns(by, config, &lines);
        Ok(Self { by, period, campaign: campaign.map(|one| one.name.clone()), lines, columns })
    }
}

/// Period, columns with their formulas, and a row for each line.
impl Serialize for Sheet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Head<'s> {
            name: &'s str,
            formula: &'s str,
        }
        let head: Vec<Head<'_>> =
            self.columns.iter().map(|column| Head { name: &column.name, formula: &column.formula }).collect();
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
        for column in &self.sheet.columns {
            map.serialize_entry(&column.name, &column.value(self.line))?;
        }
        map.end()
    }
}
