//! Leads from a CSV file into a campaign.
//!
//! A header row comes first. One column is called `phone` or `number`, another may be called `external_id`; every
//! other column is an attribute of the lead and later a channel variable. The file is read twice: once to tell what
//! it holds, once to insert it, all of it in one transaction or nothing.

mod columns;
mod insert;
mod preview;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use engine::words::{CampaignId, Number};
use sqlx::AnyConnection;

pub use columns::BadHeader;
pub use preview::{Duplicate, Place, Preview, RowError};
pub(crate) use rows::canonical;

use crate::store::{Store, StoreError};
use insert::Inserter;
use rows::{NewLead, Read, Rows};

/// The largest file that is taken: 1 GiB.
pub const FILE_BYTES: u64 = 1 << 30;

/// Rows that are asked about, and inserted, by one statement. Not more: SQLite looks every `$n` up by its name in a
/// list, so the cost of a statement grows with the square of its placeholders.
const CHUNK: usize = 50;

/// What to import.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The file.
    pub file: &'a Path,
    /// The campaign that gets the leads.
    pub campaign: CampaignId,
    /// Whether the good rows are imported although there are bad ones.
    pub skip_bad: bool,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub pass: Pass,
    /// Rows read so far.
    pub rows: u64,
    /// Bytes read so far.
    pub bytes: u64,
    /// Bytes of the whole file.
    pub total_bytes: u64,
}

/// The two times a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// To tell what it holds.
    Check,
    /// To insert it.
    Insert,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Import {
    /// What the file held.
    pub preview: Preview,
    /// Leads that are in the campaign now: all good ones, or none.
    pub imported: u64,
}

/// The file could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be read.
    #[error("{file}: {problem}", file = .file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why not.
        problem: std::io::Error,
    },
    /// The file is larger than [`FILE_BYTES`].
    #[error("the file has {0} bytes; split it into files of at most {FILE_BYTES}")]
    TooLarge(u64),
    /// The first row is no header.
    #[error(transparent)]
    Header(#[from] BadHeader),
    /// The file, or the campaign, changed between the two passes.
    #[error("the file or the campaign's leads changed while they were read; nothing was imported: try again")]
    Changed,
    /// The database did not do it. Nothing was imported.
    #[error("nothing was imported: {0}")]
    Store(#[from] StoreError),
}

/// Reads the whole file and tells what an import of it would do.
///
/// # Errors
/// [`ImportError`] where the file cannot be read at all; a bad row is no error.
pub async fn preview(
    store: &Store,
    plan: Plan<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Preview, ImportError> {
    let mut connection = store.pool().acquire().await.map_err(StoreError::Database)?;
    scan(&mut connection, plan, None, Pass::Check, progress).await
}

/// Imports all good rows, or, where there are bad ones and they are not to be skipped, nothing.
///
/// # Errors
/// [`ImportError`], and then nothing was imported.
pub async fn import(
    store: &Store,
    plan: Plan<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Import, ImportError> {
    let preview = preview(store, plan, progress).await?;
    insert(store, plan, preview, progress).await
}

/// Imports what [`preview()`] told.
///
/// # Errors
/// [`ImportError`], and then nothing was imported; [`ImportError::Changed`] where the preview does not hold any more.
pub async fn insert(
    store: &Store,
    plan: Plan<'_>,
    preview: Preview,
    progress: &mut dyn FnMut(Progress),
) -> Result<Import, ImportError> {
    if preview.good == 0 || (preview.bad_rows > 0 && !plan.skip_bad) {
        return Ok(Import { preview, imported: 0 });
    }
    let mut tx = store.begin_alone().await?;
    let inserter = Inserter::new(&mut tx, plan.campaign, store.clock().now()).await?;
    let inserted = scan(&mut tx, plan, Some(inserter), Pass::Insert, progress).await?;
    if inserted != preview {
        return Err(ImportError::Changed);
    }
    tx.commit().await.map_err(StoreError::Database)?;
    Ok(Import { imported: preview.good, preview })
}

async fn scan(
    connection: &mut AnyConnection,
    plan: Plan<'_>,
    inserter: Option<Inserter>,
    pass: Pass,
    progress: &mut dyn FnMut(Progress),
) -> Result<Preview, ImportError> {
    let mut rows = Rows::open(plan.file)?;
    let preview = Preview { attributes: rows.attributes().to_vec(), ..Preview::default() };
    let mut scan =
        Scan { campaign: plan.campaign, inserter, preview, seen: HashSet::new(), chunk: Vec::new() };
    while let Some(read) = rows.next()? {
        scan.take(read);
        if scan.chunk.len() == CHUNK {
            scan.flush(connection).await?;
            progress(rows.progress(pass, scan.preview.rows));
        }
    }
    scan.flush(connection).await?;
    progress(rows.progress(pass, scan.preview.rows));
    Ok(scan.preview)
}

/// One pass over the file. Of the rows that are done with, only their numbers are kept.
struct Scan {
    campaign: CampaignId,
    inserter: Option<Inserter>,
    preview: Preview,
    seen: HashSet<Number>,
    chunk: Vec<NewLead>,
}

impl Scan {
    fn take(&mut self, read: Read) {
        self.preview.rows += 1;
        match read {
            Read::Bad(errors) => self.preview.refuse(errors),
            Read::Good(lead) if self.seen.insert(lead.number) => self.chunk.push(lead),
            Read::Good(lead) => self.preview.pass_over(lead.line, lead.number, Place::File),
        }
    }

    async fn flush(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let known = insert::known(connection, self.campaign, &self.chunk).await?;
        let mut fresh = Vec::with_capacity(self.chunk.len());
        for lead in self.chunk.drain(..) {
            if known.contains(&lead.number.to_string()) {
                self.preview.pass_over(lead.line, lead.number, Place::Campaign);
            } else {
                self.preview.good += 1;
                fresh.push(lead);
            }
        }
        match &mut self.inserter {
            Some(inserter) => inserter.insert(connection, &fresh).await,
            None => Ok(()),
        }
    }
}
