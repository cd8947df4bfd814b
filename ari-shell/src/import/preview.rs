//! What a file holds, told before anything is done.

use std::fmt;

use engine::words::Number;
use serde::Serialize;

/// Bad fields, and duplicates, that are listed; the rest is only counted.
const LISTED: usize = 1_000;

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Preview {
    /// Rows without the header.
    pub rows: u64,
    /// Rows that become leads.
    pub good: u64,
    /// Rows with something wrong.
    pub bad_rows: u64,
    /// What is wrong, field by field; the first 1,000.
    pub bad: Vec<RowError>,
    /// Rows whose number came in an earlier row; passed over.
    pub twice_in_file: u64,
    /// Rows whose number the campaign has already; passed over.
    pub in_campaign: u64,
    /// The duplicates; the first 1,000.
    pub duplicates: Vec<Duplicate>,
    /// The attributes' names, in the order of the file.
    pub attributes: Vec<String>,
}

/// Something wrong with one field of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// The line of the file, from 1; the header is the first.
    pub line: u64,
    /// The column's name as it is used.
    pub column: String,
    /// What stands there, shortened.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A row that is passed over since its number is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// The line of the file, from 1.
    pub line: u64,
    /// The canonical number.
    pub number: Number,
    /// Where it is already.
    pub place: Place,
}

/// Where a number is already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In an earlier row.
    File,
    /// In the campaign.
    Campaign,
}

impl RowError {
    pub(super) fn new(line: u64, column: &str, value: &str, problem: String) -> Self {
        Self { line, column: column.to_owned(), value: value.chars().take(40).collect(), problem }
    }
}

impl Preview {
    pub(super) fn refuse(&mut self, errors: Vec<RowError>) {
        self.bad_rows += 1;
        let room = LISTED.saturating_sub(self.bad.len());
        self.bad.extend(errors.into_iter().take(room));
    }

    pub(super) fn pass_over(&mut self, line: u64, number: Number, place: Place) {
        match place {
            Place::File => self.twice_in_file += 1,
            Place::Campaign => self.in_campaign += 1,
        }
        if self.duplicates.len() < LISTED {
            self.duplicates.push(Duplicate { line, number, place });
        }
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, good, bad_rows, twice_in_file, in_campaign, .. } = self;
        write!(
            f,
            "{rows} rows: {good} good, {bad_rows} bad, {twice_in_file} twice in the file, \
             {in_campaign} in the campaign already"
        )?;
        if !self.attributes.is_empty() {
            write!(f, "\nattributes: {}", self.attributes.join(", "))?;
        }
        if !self.bad.is_empty() {
            write!(f, "\nbad fields:")?;
        }
        for RowError { line, column, value, problem } in &self.bad {
            write!(f, "\n  line {line}, {column} {value:?}: {problem}")?;
        }
        if !self.duplicates.is_empty() {
            write!(f, "\npassed over:")?;
        }
        for Duplicate { line, number, place } in &self.duplicates {
            let place = match place {
                Place::File => "in an earlier row",
                Place::Campaign => "in the campaign already",
            };
            write!(f, "\n  line {line}, {number}: {place}")?;
        }
        Ok(())
    }
}
