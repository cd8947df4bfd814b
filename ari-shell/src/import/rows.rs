//! The rows of the file, one at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};
use engine::words::Number;

use super::columns::{Column, Columns};
use super::{FILE_BYTES, ImportError, Pass, Progress, RowError};

/// Bytes of an attribute at most: all of them go out with every call.
const ATTRIBUTE_BYTES: usize = 1_000;

/// Bytes of an external id at most.
const EXTERNAL_ID_BYTES: usize = 128;

/// A row that can become a lead.
#[derive(Debug)]
pub(super) struct NewLead {
    pub(super) line: u64,
    pub(super) number: Number,
    pub(super) external_id: Option<String>,
    pub(super) attributes: Vec<(String, String)>,
}

/// One row.
#[derive(Debug)]
pub(super) enum Read {
    Good(NewLead),
    Bad(Vec<RowError>),
}

/// The file, past its header.
pub(super) struct Rows {
    file: PathBuf,
    reader: Reader<File>,
    columns: Columns,
    total_bytes: u64,
    record: ByteRecord,
}

impl Rows {
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        let failed = |problem| ImportError::File { file: path.to_owned(), problem };
        let file = File::open(path).map_err(failed)?;
        let total_bytes = file.metadata().map_err(failed)?.len();
        if total_bytes > FILE_BYTES {
            return Err(ImportError::TooLarge(total_bytes));
        }
        // A row with too few or too many fields is a bad row, not the end of the file.
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader.byte_headers().map_err(|problem| failed(problem.into()))?;
        let columns = Columns::read(header)?;
        Ok(Self { file: path.to_owned(), reader, columns, total_bytes, record: ByteRecord::new() })
    }

    pub(super) fn attributes(&self) -> &[String] {
        &self.columns.attributes
    }

    pub(super) fn progress(&self, pass: Pass, rows: u64) -> Progress {
        Progress { pass, rows, bytes: self.reader.position().byte(), total_bytes: self.total_bytes }
    }

    pub(super) fn next(&mut self) -> Result<Option<Read>, ImportError> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Ok(Some(self.read())),
            Ok(false) => Ok(None),
            Err(problem) => Err(ImportError::File { file: self.file.clone(), problem: problem.into() }),
        }
    }

    fn read(&self) -> Read {
        let line = self.record.position().map_or(0, csv::Position::line);
        let (found, wanted) = (self.record.len(), self.columns.order.len());
        if found != wanted {
            let problem = format!("{found} fields where the header has {wanted}");
            return Read::Bad(vec![RowError::new(line, "(row)", "", problem)]);
        }
        let mut lead = Draft { line, ..Draft::default() };
        let columns = self.columns.order.iter().zip(&self.columns.names);
        for ((column, name), raw) in columns.zip(&self.record) {
            lead.set(*column, name, raw);
        }
        lead.finish()
    }
}

/// A lead whose fields are being read; all that is wrong with a row is told at once.
#[derive(Default)]
struct Draft {
    line: u64,
    number: Option<Number>,
    external_id: Option<String>,
    attributes: Vec<(String, String)>,
    errors: Vec<RowError>,
}

impl Draft {
    fn set(&mut self, column: Column, name: &str, raw: &[u8]) {
        let Ok(text) = std::str::from_utf8(raw) else {
            let shown = String::from_utf8_lossy(raw);
            return self.errors.push(RowError::new(self.line, name, &shown, String::from("not UTF-8 text")));
        };
        let text = text.trim();
        let read = match column {
            Column::Number => canonical(text).map(|number| self.number = Some(number)),
            Column::ExternalId => plain(text, EXTERNAL_ID_BYTES)
                .map(|id| self.external_id = Some(id.to_owned()).filter(|id| !id.is_empty())),
            Column::Attribute => plain(text, ATTRIBUTE_BYTES)
                .map(|value| self.attributes.push((name.to_owned(), value.to_owned()))),
        };
        if let Err(problem) = read {
            self.errors.push(RowError::new(self.line, name, text, problem));
        }
    }

    fn finish(self) -> Read {
        match self.number {
            Some(number) if self.errors.is_empty() => Read::Good(NewLead {
                line: self.line,
                number,
                external_id: self.external_id,
                attributes: self.attributes,
            }),
            Some(_) | None => Read::Bad(self.errors),
        }
    }
}

/// The canonical number of a text as people write it: `+1 (555) 123-4567`.
pub(crate) fn canonical(text: &str) -> Result<Number, String> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    Number::parse(&bare).map_err(|problem| problem.to_string())
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
