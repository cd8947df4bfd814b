//! What a file holds, told before anything is done.

use std::fmt;

use engine::words::Number;
use serde::Serialize;

use super::ImportId;
use super::rows::{NewLead, Stamp};

/// Bad fields, and duplicates, that are listed; the rest is only counted.
const LISTED: usize = 1_000;

/// Of these, so many are shown to people.
const SHOWN: usize = 20;

/// Leads that are shown as an example.
const FIRST: usize = 3;

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
    /// Rows whose number the list has already; passed over.
    pub in_list: u64,
    /// Good rows whose number a campaign of the list has already, by another list: they become leads, and are not dialled
    /// there a second time.
    pub in_campaign: u64,
    /// The duplicates; the first 1,000.
    pub duplicates: Vec<Duplicate>,
    /// The attributes' names, in the order of the file.
    pub attributes: Vec<String>,
    /// The first rows that become leads, as they are read.
    pub first: Vec<NewLead>,
    /// The import of the very same content into this list, if there was one.
    pub earlier: Option<ImportId>,
    /// The SHA-256 of the file.
    pub digest: String,
    /// How the file stood before it was read.
    #[serde(skip)]
    pub(super) stamp: Option<Stamp>,
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
    #[serde(flatten)]
    pub place: Place,
}

/// Where a number is already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    /// In an earlier row.
    File {
        /// The line where that begins.
        earlier_line: u64,
    },
    /// In the list.
    List {
        /// The lead's id.
        lead: u64,
    },
    /// In a campaign that dials the list, by another list.
    Campaign {
        /// The lead's id.
        lead: u64,
        /// Its list, where it is in one.
        list: Option<String>,
    },
}

impl RowError {
    pub(super) fn new(line: u64, column: &str, value: &str, problem: String) -> Self {
        Self { line, column: column.to_owned(), value: value.chars().take(40).collect(), problem }
    }
}

impl Preview {
    pub(super) fn refuse(&mut self, errors: &[RowError]) {
        self.bad_rows += 1;
        let room = LISTED.saturating_sub(self.bad.len());
        self.bad.extend(errors.iter().take(room).cloned());
    }

    pub(super) fn accept(&mut self, lead: &NewLead) {
        self.good += 1;
        if self.first.len() < FIRST {
            self.first.push(lead.clone());
        }
    }

    pub(super) fn duplicate(&mut self, line: u64, number: Number, place: Place) {
        match place {
            Place::File { .. } => self.twice_in_file += 1,
            Place::List { .. } => self.in_list += 1,
            Place::Campaign { .. } => self.in_campaign += 1,
        }
        if self.duplicates.len() < LISTED {
            self.duplicates.push(Duplicate { line, number, place });
        }
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, good, bad_rows, twice_in_file, in_list, in_campaign, .. } = self;
        write!(
            f,
            "{rows} rows: {good} good, {bad_rows} bad, {twice_in_file} twice in the file, {in_list} in the list already"
        )?;
        if *in_campaign > 0 {
            write!(f, "\n{in_campaign} of the good ones are in a campaign already, by another list")?;
        }
        if let Some(ImportId(earlier)) = self.earlier {
            write!(f, "\nthe same file came before, as import {earlier}")?;
        }
        if !self.attributes.is_empty() {
            write!(f, "\nattributes: {}", self.attributes.join(", "))?;
        }
        self.show_first(f)?;
        if !self.bad.is_empty() {
            write!(f, "\nbad fields:")?;
        }
        for RowError { line, column, value, problem } in self.bad.iter().take(SHOWN) {
            write!(f, "\n  line {line}, {column} {value:?}: {problem}")?;
        }
        rest(f, self.bad.len(), "; --errors FILE lists all")?;
        if !self.duplicates.is_empty() {
            write!(f, "\nduplicates:")?;
        }
        for Duplicate { line, number, place } in self.duplicates.iter().take(SHOWN) {
            write!(f, "\n  line {line}, {number}: {place}")?;
        }
        rest(f, self.duplicates.len(), "")
    }
}

impl Preview {
    fn show_first(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.first.is_empty() {
            write!(f, "\nread as:")?;
        }
        for NewLead { line, number, further, external_id, zone, attributes } in &self.first {
            write!(f, "\n  line {line}: {number}")?;
            for (_, number) in further {
                write!(f, ", {number}")?;
            }
            for (name, value) in [("id", external_id), ("zone", zone)] {
                if let Some(value) = value {
                    write!(f, ", {name} {value}")?;
                }
            }
            for (name, value) in attributes {
                write!(f, ", {name} {value:?}")?;
            }
        }
        Ok(())
    }
}

fn rest(f: &mut fmt::Formatter<'_>, count: usize, advice: &str) -> fmt::Result {
    match count.saturating_sub(SHOWN) {
        0 => Ok(()),
        more if count < LISTED => write!(f, "\n  and {more} more{advice}"),
        more => write!(f, "\n  and {more} more at least{advice}"),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { earlier_line } => {
                write!(f, "in an earlier row, of line {earlier_line}; passed over")
            }
            Self::List { lead } => write!(f, "in the list already, as lead {lead}; passed over"),
            Self::Campaign { lead, list: Some(list) } => {
                write!(f, "in a campaign already, as lead {lead} of the list {list}")
            }
            Self::Campaign { lead, list: None } => {
                write!(f, "in a campaign already, as lead {lead} of no list")
            }
        }
    }
}
