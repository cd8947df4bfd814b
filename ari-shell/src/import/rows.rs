//! The rows of the file, one at a time.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use csv::ByteRecord;
use engine::words::Number;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::columns::{Column, Columns};
use super::{FILE_BYTES, ImportError, Pass, Plan, Progress, RowError};
use crate::config::zone;
use crate::formula;
use crate::numbers::Numbering;
use crate::table::{SEPARATORS, Table, TableError};

/// Bytes of an attribute at most: all of them go out with every call.
const ATTRIBUTE_BYTES: usize = 1_000;

/// Bytes of an external id at most.
const EXTERNAL_ID_BYTES: usize = 128;

/// A row that can become a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewLead {
    /// The line of the file, from 1.
    pub line: u64,
    /// The number to dial first, canonical.
    pub number: Number,
    /// Further numbers, each with its place among the lead's numbers, from 2.
    pub further: Vec<(u8, Number)>,
    /// What the lead is called elsewhere.
    pub external_id: Option<String>,
    /// The zone where the callee lives.
    pub zone: Option<String>,
    /// What becomes channel variables, in the order of the file.
    pub attributes: Vec<(String, String)>,
}

/// One row.
#[derive(Debug)]
pub(super) enum Read {
    Good(NewLead),
    Bad(Vec<RowError>),
}

/// By what a file that was changed is told from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: SystemTime,
}

/// The file, past its header.
pub(super) struct Rows {
    file: PathBuf,
    table: Table<Digested>,
    columns: Columns,
    numbering: Numbering,
    total_bytes: u64,
    record: ByteRecord,
}

impl Rows {
    /// Columns are separated by the usual, or by another where only that makes a header of several columns.
    pub(super) fn open(plan: Plan<'_>) -> Result<Self, ImportError> {
        let [usual, others @ ..] = SEPARATORS;
        let opened = Self::separated_by(usual, plan);
        if let Err(ImportError::Header(_)) = opened {
            let mut by_other = others.into_iter().filter_map(|other| Self::separated_by(other, plan).ok());
            let has_several = |rows: &Self| rows.columns.order.len() > 1;
            return by_other.find(has_several).map_or(opened, Ok);
        }
        opened
    }

    fn separated_by(separator: u8, plan: Plan<'_>) -> Result<Self, ImportError> {
        let failed = |problem| ImportError::File { file: plan.file.to_owned(), problem };
        let file = File::open(plan.file).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        // Of a folder the system says what is wrong with it.
        if !metadata.is_file() && !metadata.is_dir() {
            let problem = "can be read only once, and leads are read twice: write them into a file first";
            return Err(failed(io::Error::other(problem)));
        }
        let total_bytes = metadata.len();
        if total_bytes > FILE_BYTES {
            return Err(ImportError::TooLarge(total_bytes));
        }
        let mut table = Table::new(Digested { file, digest: Sha256::new() }, separator);
        let mut record = ByteRecord::new();
        table.read(&mut record).map_err(|problem| unread(plan.file, problem))?;
        let columns = Columns::read(&record, plan.renamed)?;
        let (file, numbering) = (plan.file.to_owned(), plan.numbering);
        Ok(Self { file, table, columns, numbering, total_bytes, record })
    }

    pub(super) fn attributes(&self) -> Vec<String> {
        self.columns.attributes()
    }

    pub(super) fn progress(&self, pass: Pass, rows: u64) -> Progress {
        Progress { pass, rows, bytes: self.table.bytes(), total_bytes: self.total_bytes }
    }

    pub(super) fn next(&mut self) -> Result<Option<Read>, ImportError> {
        let line = self.table.read(&mut self.record).map_err(|problem| unread(&self.file, problem))?;
        Ok(line.map(|line| self.read(line)))
    }

    /// How the file stands now.
    pub(super) fn stamp(&self) -> Result<Stamp, ImportError> {
        let metadata = self.table.file().file.metadata();
        let stamp = metadata.and_then(|now| Ok(Stamp { bytes: now.len(), modified: now.modified()? }));
        stamp.map_err(|problem| ImportError::File { file: self.file.clone(), problem })
    }

    /// The SHA-256 of all that was read, in hexadecimal digits.
    pub(super) fn digest(self) -> String {
        hex::encode(self.table.into_file().digest.finalize())
    }

    fn read(&self, line: u64) -> Read {
        let (found, wanted) = (self.record.len(), self.columns.order.len());
        if found != wanted {
            let problem = format!("{found} fields where the header has {wanted}");
            return Read::Bad(vec![RowError::new(line, "(row)", "", problem)]);
        }
        let mut lead = Draft { line, ..Draft::default() };
        let columns = self.columns.order.iter().zip(&self.columns.names);
        for ((column, name), raw) in columns.zip(&self.record) {
            lead.set(*column, name, raw, self.numbering);
        }
        lead.finish()
    }
}

fn unread(file: &Path, problem: TableError) -> ImportError {
    let file = file.to_owned();
    match problem {
        TableError::File(problem) => ImportError::File { file, problem },
        TableError::Quote(quote) => ImportError::Quote { file, quote },
    }
}

/// A file, and the digest of what was read of it.
struct Digested {
    file: File,
    digest: Sha256,
}

impl io::Read for Digested {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }
}

/// A lead whose fields are being read; all that is wrong with a row is told at once.
#[derive(Default)]
struct Draft {
    line: u64,
    number: Option<Number>,
    further: Vec<(u8, Number)>,
    external_id: Option<String>,
    zone: Option<String>,
    attributes: Vec<(String, String)>,
    errors: Vec<RowError>,
}

impl Draft {
    fn set(&mut self, column: Column, name: &str, raw: &[u8], numbering: Numbering) {
        let Ok(text) = std::str::from_utf8(raw) else {
            let shown = String::from_utf8_lossy(raw);
            return self.errors.push(RowError::new(self.line, name, &shown, String::from("not UTF-8 text")));
        };
        let text = text.trim();
        if let Err(problem) = self.take(column, name, text, numbering) {
            self.errors.push(RowError::new(self.line, name, text, problem));
        }
    }

    fn take(&mut self, column: Column, name: &str, text: &str, numbering: Numbering) -> Result<(), String> {
        match column {
            Column::Number(1) => self.number = Some(numbering.canonical(text)?),
            Column::Number(_) | Column::Zone if text.is_empty() => {}
            Column::Passed => {}
            Column::Number(nth) => self.further.push((nth, numbering.canonical(text)?)),
            Column::Zone => self.zone = Some(zone(text)?),
            Column::ExternalId => {
                let id = plain(formula::plain(text), EXTERNAL_ID_BYTES)?;
                self.external_id = Some(id.to_owned()).filter(|id| !id.is_empty());
            }
            Column::Attribute => {
                self.attributes
                    .push((name.to_owned(), plain(formula::plain(text), ATTRIBUTE_BYTES)?.to_owned()));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Read {
        match self.number {
            Some(number) if self.errors.is_empty() => Read::Good(NewLead {
                line: self.line,
                number,
                further: further(number, &mut self.further),
                external_id: self.external_id,
                zone: self.zone,
                attributes: self.attributes,
            }),
            Some(_) | None => Read::Bad(self.errors),
        }
    }
}

/// The further numbers in their order, each once: the same number would only be dialled again.
fn further(first: Number, all: &mut [(u8, Number)]) -> Vec<(u8, Number)> {
    all.sort_unstable();
    let mut kept: Vec<(u8, Number)> = Vec::new();
    for (nth, number) in all {
        if *number != first && kept.iter().all(|(_, earlier)| earlier != number) {
            kept.push((*nth, *number));
        }
    }
    kept
}

fn plain(text: &str, bytes: usize) -> Result<&str, String> {
    if text.len() > bytes {
        return Err(format!("{} bytes long; at most {bytes} are taken", text.len()));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(format!("has the control character {c:?}; remove it")),
        None => Ok(text),
    }
}
