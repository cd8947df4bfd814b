//! Leads from a CSV file into a list, and so into every campaign that dials the list.
//!
//! A header row comes first. One column is called `phone` or `number`, further ones `phone2` to `phone9`, another may be
//! called `external_id`, another `zone`; every other column is an attribute of the lead and later a channel variable, but
//! for those of an export that say how leads stand. A file whose columns are called otherwise is read with [`Renamed`].
//!
//! The file is read twice: once to tell what it holds, once to insert it. It is inserted in chunks, each a transaction of
//! its own, so that a dialer that runs on the same database goes on writing meanwhile. A chunk's leads are dialled from
//! its commit on. An import that breaks off is gone on with by the same import again, which passes over what is there;
//! [`undo()`] takes back what was not dialled.

mod columns;
mod insert;
mod log;
mod preview;
mod rows;
#[cfg(test)]
pub(crate) mod tests;
mod undo;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::path::{Path, PathBuf};

use engine::words::{CampaignId, Number};
use tokio::time::Instant;

pub(crate) use columns::PASSED_OVER;
pub use columns::{BadHeader, Renamed};
pub use log::{ImportCard, ImportId, imports};
pub use preview::{Duplicate, Place, Preview, RowError};
pub use rows::NewLead;
pub use undo::{Undone, undo};

use crate::formula::guarded;
use crate::numbers::Numbering;
use crate::store::{ListId, Store, StoreError};
pub use crate::table::OpenQuote;
use insert::{Inserter, Known, There};
use rows::{Read, Rows};

/// The largest file that is taken: 1 GiB.
pub const FILE_BYTES: u64 = 1 << 30;

/// Rows that are asked about, or inserted, at a time: those that a dialer on the same file waits for. Numbers come in no
/// order, so that a chunk changes a page of each index by number for nearly every row while it is small, and writes it
/// again with the next: five times as many rows at a time are written with a quarter of the bytes.
const CHUNK: usize = 10_000;

/// What to import.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The file.
    pub file: &'a Path,
    /// The name of the list that gets the leads; it is made where there is none.
    pub list: &'a str,
    /// Campaigns that are to dial the list, besides those that do already.
    pub campaigns: &'a [CampaignId],
    /// How its numbers are to be read.
    pub numbering: Numbering,
    /// Columns that are called otherwise than here.
    pub renamed: &'a [Renamed],
    /// Where to write all that is wrong with the rows, as CSV.
    pub errors: Option<&'a Path>,
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
    /// Its id, by which it can be taken back; none where nothing was inserted.
    pub id: Option<ImportId>,
    /// What the file held.
    pub preview: Preview,
    /// Leads that are new in the list.
    pub imported: u64,
    /// Leads that are new in campaigns, those of all campaigns together.
    pub queued: u64,
}

/// The file could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be read, or that for the errors not written.
    #[error("{file}: {problem}", file = .file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why not.
        problem: std::io::Error,
    },
    /// A quote that is never closed would make many rows one, of which nobody could say which are bad.
    #[error("{file}: {quote}; nothing is imported, also with --skip-bad", file = .file.display())]
    Quote {
        /// The file.
        file: PathBuf,
        /// The quote.
        quote: OpenQuote,
    },
    /// The file is larger than [`FILE_BYTES`].
    #[error("the file has {0} bytes; split it into files of at most {FILE_BYTES}")]
    TooLarge(u64),
    /// The first row is no header.
    #[error(transparent)]
    Header(#[from] BadHeader),
    /// The file was another at the second pass.
    #[error("the file changed while it was read")]
    Changed,
    /// There is no such import.
    #[error("there is no import {}; `list imports` shows all", .0.0)]
    NoImport(ImportId),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An import broke off with some leads in.
    #[error(
        "import {} broke off after {imported} leads: {problem}; the same import again goes on with it, `import --undo {}` \
         takes it back", .id.0, .id.0
    )]
    Broken {
        /// Its id.
        id: ImportId,
        /// Leads that are in.
        imported: u64,
        /// Why.
        problem: Box<ImportError>,
    },
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
    let list = store.find_list(plan.list).await?;
    let mut campaigns = plan.campaigns.to_vec();
    if let Some(list) = list {
        campaigns.extend(store.campaigns_of(list).await?.into_iter().map(|(campaign, _)| campaign));
    }
    let mut rows = Rows::open(plan)?;
    let mut preview =
        Preview { attributes: rows.attributes(), stamp: Some(rows.stamp()?), ..Preview::default() };
    let mut errors = plan.errors.map(|errors| ErrorFile::create(errors, plan.file)).transpose()?;
    let mut seen = Seen::default();
    loop {
        let chunk = chunk(&mut rows, &mut seen, |told| match told {
            Told::Bad(bad) => {
                preview.refuse(&bad);
                errors.as_mut().map_or(Ok(()), |errors| errors.write(&bad))
            }
            Told::Twice { line, number, earlier_line } => {
                preview.duplicate(line, number, Place::File { earlier_line });
                Ok(())
            }
        })?;
        if chunk.is_empty() {
            break;
        }
        let mut known = Known::of(store, list, &campaigns, &chunk).await?;
        tell(&mut preview, &mut known, &chunk);
        progress(rows.progress(Pass::Check, seen.rows));
    }
    progress(rows.progress(Pass::Check, seen.rows));
    preview.rows = seen.rows;
    preview.digest = rows.digest();
    preview.earlier = log::earlier(store, list, &preview.digest).await?;
    errors.map_or(Ok(()), ErrorFile::finish)?;
    Ok(preview)
}

fn tell(preview: &mut Preview, known: &mut Known, chunk: &[NewLead]) {
    for lead in chunk {
        if let Some(There { lead: there, .. }) = known.in_list.get(&lead.number) {
            preview.duplicate(lead.line, lead.number, Place::List { lead: *there });
            continue;
        }
        preview.accept(lead);
        // A number comes once in a chunk.
        if let Some(There { lead: there, list }) = known.in_campaign.remove(&lead.number) {
            preview.duplicate(lead.line, lead.number, Place::Campaign { lead: there, list });
        }
    }
}

/// Imports all good rows, or, where there are bad ones and they are not to be skipped, nothing.
///
/// # Errors
/// [`ImportError`]; where it is not [`ImportError::Broken`], nothing was imported.
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
/// [`ImportError`]; where it is not [`ImportError::Broken`], nothing was imported.
pub async fn insert(
    store: &Store,
    plan: Plan<'_>,
    preview: Preview,
    progress: &mut dyn FnMut(Progress),
) -> Result<Import, ImportError> {
    let blocked = preview.bad_rows > 0 && !plan.skip_bad;
    if blocked || (preview.good == 0 && preview.in_list == 0) {
        return Ok(Import { id: None, preview, imported: 0, queued: 0 });
    }
    store.brace().await?;
    let list = store.list(plan.list).await?;
    let mut queued = 0;
    for campaign in plan.campaigns {
        queued += store.attach(list, *campaign).await?.added;
    }
    if preview.good == 0 {
        // One that broke off with all leads in has its last steps to do.
        if let Some(open) = log::left_open(store, list, &preview.digest).await? {
            queued += finish(store, list, open).await?;
        }
        return Ok(Import { id: preview.earlier, preview, imported: 0, queued });
    }
    let shown = plan.file.display().to_string();
    let id = log::begin(store, list, &shown, &preview.digest).await?;
    let mut done = Import { id: Some(id), imported: 0, queued, preview };
    match insert_all(store, plan, (list, id), &mut done, progress).await {
        Ok(()) => Ok(done),
        Err(problem) => Err(ImportError::Broken { id, imported: done.imported, problem: Box::new(problem) }),
    }
}

async fn insert_all(
    store: &Store,
    plan: Plan<'_>,
    (list, id): (ListId, ImportId),
    done: &mut Import,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ImportError> {
    let campaigns = store.campaigns_of(list).await?.into_iter().map(|(campaign, _)| campaign).collect();
    let inserter = Inserter::new(store, id, list, campaigns);
    let (mut rows, mut seen) = (Rows::open(plan)?, Seen::default());
    let (mut written, mut chunks) = (Instant::now(), 0_u32);
    loop {
        let chunk = chunk(&mut rows, &mut seen, |_| Ok(()))?;
        if chunk.is_empty() {
            break;
        }
        // What was read since may be anything.
        if Some(rows.stamp()?) != done.preview.stamp {
            return Err(ImportError::Changed);
        }
        store.breathe(written).await;
        let inserted = inserter.insert(&chunk).await?;
        written = Instant::now();
        chunks += 1;
        if chunks.is_power_of_two() {
            store.survey_leads().await;
        }
        done.imported += inserted.leads;
        done.queued += inserted.items;
        progress(rows.progress(Pass::Insert, seen.rows));
    }
    progress(rows.progress(Pass::Insert, seen.rows));
    if rows.digest() != done.preview.digest {
        return Err(ImportError::Changed);
    }
    done.queued += finish(store, list, id).await?;
    Ok(())
}

/// The last steps of an import, all of whose leads are in; gives how many queue items they made.
async fn finish(store: &Store, list: ListId, id: ImportId) -> Result<u64, ImportError> {
    store.survey_leads().await;
    let mut queued = 0;
    // A campaign that was let dial the list meanwhile, or was broken off at it, has the rest now.
    for (campaign, _) in store.campaigns_of(list).await? {
        queued += store.fill(list, campaign).await?.added;
    }
    store.write_alone(async |tx| log::note(tx, id, "done").await).await?;
    Ok(queued)
}

/// What was read so far; of the rows that are done with, only their numbers are kept, and on which lines they came.
#[derive(Default)]
struct Seen {
    rows: u64,
    numbers: HashMap<Number, u64>,
}

/// A row that becomes no lead.
enum Told {
    Bad(Vec<RowError>),
    /// Its number came in an earlier row.
    Twice {
        line: u64,
        number: Number,
        earlier_line: u64,
    },
}

/// The next leads of the file, none at its end.
fn chunk(
    rows: &mut Rows,
    seen: &mut Seen,
    mut passed: impl FnMut(Told) -> Result<(), ImportError>,
) -> Result<Vec<NewLead>, ImportError> {
    let mut chunk = Vec::with_capacity(CHUNK);
    while chunk.len() < CHUNK {
        let Some(read) = rows.next()? else { break };
        seen.rows += 1;
        match read {
            Read::Bad(errors) => passed(Told::Bad(errors))?,
            Read::Good(lead) => match seen.numbers.entry(lead.number) {
                Entry::Vacant(new) => {
                    new.insert(lead.line);
                    chunk.push(lead);
                }
                Entry::Occupied(earlier) => {
                    let NewLead { line, number, .. } = lead;
                    passed(Told::Twice { line, number, earlier_line: *earlier.get() })?;
                }
            },
        }
    }
    Ok(chunk)
}

/// All that is wrong with a file's rows, as a file of its own.
struct ErrorFile {
    path: PathBuf,
    writer: csv::Writer<File>,
}

impl ErrorFile {
    /// Makes the file anew, unless it is that of the `leads`.
    fn create(path: &Path, leads: &Path) -> Result<Self, ImportError> {
        let failed =
            |problem: csv::Error| ImportError::File { file: path.to_owned(), problem: problem.into() };
        if path.canonicalize().is_ok_and(|path| leads.canonicalize().is_ok_and(|leads| path == leads)) {
            let problem = "has the leads in it; name another file for the errors";
            return Err(failed(std::io::Error::other(problem).into()));
        }
        let mut writer = csv::Writer::from_path(path).map_err(failed)?;
        writer.write_record(["line", "field", "value", "problem"]).map_err(failed)?;
        Ok(Self { path: path.to_owned(), writer })
    }

    fn write(&mut self, errors: &[RowError]) -> Result<(), ImportError> {
        for RowError { line, column, value, problem } in errors {
            let written =
                self.writer.write_record([line.to_string().as_str(), column, &guarded(value), problem]);
            written
                .map_err(|problem| ImportError::File { file: self.path.clone(), problem: problem.into() })?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), ImportError> {
        self.writer.flush().map_err(|problem| ImportError::File { file: self.path, problem })
    }
}
