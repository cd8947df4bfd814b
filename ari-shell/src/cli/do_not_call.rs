//! `dnc`: whom nobody may call.

use std::cell::Cell;
use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::{fmt, io, iter};

use clap::Subcommand;
use csv::{ByteRecord, StringRecord};
use engine::lead::Barred;
use engine::words::{Micros, Number, Span};
use serde::Serialize;
use serde_json::json;

use super::country::Country;
use super::{Failure, Out, database, named};
use crate::clock::Clock;
use crate::config::{Config, duration};
use crate::moment::{self, utc};
use crate::numbers::{Listed, Numbering, too_wide};
use crate::operator::{OperatorError, Running, Standing, Told};
use crate::store::{ByHand, KeptOff, NumberListCard, Replaced, Reprieved, Store};
use crate::table::{SEPARATORS, Table};

const DAY: Span = Span::secs(86_400);

/// Bytes at the beginning of a file in which its heading is looked for.
const HEAD: u64 = 65_536;

/// Digits of a number within its area at least, and of one that is whole.
const LOCAL_DIGITS: usize = 5;
const SHORTEST_WHOLE: usize = 7;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Put a number, or an area such as +1900*, on a list. It holds from the next decision on: leads that wait come to their end
    /// by it, for good unless `remove --with-leads` lets them wait again.
    Add {
        /// The number or the area.
        numbers: String,
        /// Take an area that has less than two digits behind its country's code, too, such as +1*: a whole country, or much of
        /// one.
        #[arg(long)]
        wide: bool,
        /// The list.
        #[arg(long, default_value = "house")]
        list: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        country: Country,
    },
    /// Take a number or an area off a list. Leads that came to their end by it stay there unless told `--with-leads`.
    Remove {
        /// The number or the area.
        numbers: String,
        /// The list.
        #[arg(long, default_value = "house")]
        list: String,
        /// Let the leads wait again that came to their end by it, also where it was taken off before: all but those whom a list
        /// of their campaign still bars, such as those who have asked not to be called.
        #[arg(long)]
        with_leads: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        country: Country,
    },
    /// Put a file in the place of those before it on a list: one number or area in the first column of each row. Whoever was
    /// put there one by one, such as by an opt-out on the phone, stays on it.
    Import {
        /// A CSV file; a first row without any digit is a heading. Columns are separated by commas, or by semicolons or tabs
        /// where the heading has these alone.
        file: PathBuf,
        /// The list.
        #[arg(long)]
        list: String,
        /// When the file was as it is, such as 2026-11-20; now unless given. A list's `max_age` counts from then.
        #[arg(long, value_parser = date)]
        dated: Option<Micros>,
        /// Take a file without an entry, too.
        #[arg(long)]
        empty: bool,
        /// Put it in the place of whoever was put on the list one by one, too: those who opted out are called again unless the
        /// file has them.
        #[arg(long)]
        replace: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        country: Country,
    },
    /// Show all lists.
    Show {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say which lists a number is on.
    ///
    /// Exit code 0: it is on none. 1: it is on one at least, of whichever kind; or that cannot be found out, and nothing but an error
    /// is told. 2: it is no number.
    Check {
        /// The number.
        number: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        country: Country,
    },
}

fn date(text: &str) -> Result<Micros, String> {
    moment::parse(text).ok_or_else(|| "write a date such as 2026-11-20, or 2026-11-20T08:00:00Z".to_owned())
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    match command {
        Command::Add { numbers, wide, list, json, country } => {
            let numbers = listed(country.numbering(config), &numbers).map_err(Failure::usage)?;
            if let Some(why) = too_wide(&numbers.barred, &list, "--wide").filter(|_| !wide) {
                return Err(Failure::usage(why));
            }
            let list = known(config, &store, list).await?;
            let added = add(&numbers, list, config, &store).await?;
            if json { Ok(out.json(&added)?) } else { Ok(out.line(added)?) }
        }
        Command::Remove { numbers, list, with_leads, json, country } => {
            let numbers = listed(country.numbering(config), &numbers).map_err(Failure::usage)?.barred;
            let list = known(config, &store, list).await?;
            let removed = remove(&numbers, list, with_leads, config, &store).await?;
            if json { Ok(out.json(&removed)?) } else { Ok(out.line(removed)?) }
        }
        Command::Import { file, list, dated, empty, replace, json, country } => {
            let list = known(config, &store, list).await?;
            let by_hand = if replace { ByHand::Go } else { ByHand::Stay };
            let version = Version { file: &file, list, dated, may_be_empty: empty, by_hand };
            let imported = import(version, country.numbering(config), &store).await?;
            if json { Ok(out.json(&imported)?) } else { Ok(out.line(imported)?) }
        }
        Command::Show { json } => show(&store, json, out).await,
        Command::Check { number, json, country } => {
            let number = country.numbering(config).sought(&number).map_err(Failure::usage)?;
            check(number, json, &store, out).await
        }
    }
}

/// Says which lists a number is on, and fails where there is one.
async fn check(number: Number, json: bool, store: &Store, out: &mut Out<'_>) -> Result<(), Failure> {
    let lists = store.lists_with(number).await?;
    if json {
        out.json(&json!({"number": number, "lists": lists}))?;
    } else {
        let on = if lists.is_empty() { "no list".to_owned() } else { lists.join(", ") };
        out.line(format_args!("{number} is on {on}"))?;
    }
    if lists.is_empty() { Ok(()) } else { Err(Failure::told_already()) }
}

/// A file that is to take the place of those before it.
struct Version<'f> {
    file: &'f Path,
    list: String,
    dated: Option<Micros>,
    may_be_empty: bool,
    by_hand: ByHand,
}

/// What came of it, as `--json` prints it.
#[derive(Serialize)]
struct Imported {
    list: String,
    dated: Micros,
    entries: u64,
    /// Entries that are not in use, as far as is known here.
    unused: u64,
    /// Those who had been put there one by one and are on it still.
    kept: u64,
    /// The same who are off it, unless the file has them.
    gone: u64,
}

async fn import(version: Version<'_>, numbering: Numbering, store: &Store) -> Result<Imported, Failure> {
    let Version { file, list, dated, may_be_empty, by_hand } = version;
    let now = Clock::start().now();
    let dated = dated.unwrap_or(now);
    // A day of grace, since a date is taken for the beginning of that day in UTC.
    if dated > now + DAY {
        return Err(Failure::usage(format!(
            "--dated {}: that is yet to come, and would vouch for {list} until long after it",
            utc(dated)
        )));
    }
    let unused = Cell::new(0);
    let mut entries = entries(file, numbering, &unused)?.peekable();
    // What is left of a download that failed must not let everybody be called.
    if entries.peek().is_none() && !may_be_empty {
        let name = file.display();
        return Err(Failure::failed(format!(
            "{name} has no number and no area in it; {list} stays as it is. To take it all the same, say --empty"
        )));
    }
    let Replaced { entries, by_hand: count } = store.replace_list(&list, dated, by_hand, entries).await?;
    let (kept, gone) = match by_hand {
        ByHand::Stay => (count, 0),
        ByHand::Go => (0, count),
    };
    Ok(Imported { list, dated, entries, unused: unused.get(), kept, gone })
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list, dated, entries, unused, kept, gone } = self;
        write!(f, "{list}: {entries} entries hold from now on, as of {}", utc(*dated))?;
        for (count, which) in [
            (unused, "not in use, as far as is known here, and taken all the same"),
            (kept, "put there one by one and kept"),
            (gone, "put there one by one and off it, unless the file has them"),
        ] {
            if *count > 0 {
                write!(f, "; {which}: {count}")?;
            }
        }
        Ok(())
    }
}

fn listed(numbering: Numbering, text: &str) -> Result<Listed, String> {
    numbering.listed(text).map_err(|bad| format!("{text:?}: {bad}"))
}

/// A configured list, which is in the database from now on. What a shell keeps to that runs with another configuration stays as
/// it is.
async fn known(config: &Config, store: &Store, list: String) -> Result<String, Failure> {
    let configured = named("do-not-call list", &list, &config.number_lists, |list| &list.name)?;
    config.register_list(store, configured).await?;
    Ok(list)
}

/// What was put on a list, as `--json` prints it.
#[derive(Serialize)]
struct Added {
    numbers: String,
    list: String,
    /// The leads that waited and are never dialled now.
    ended: Vec<Leads>,
    /// Why the shell that runs could not be told, which does not matter to what holds.
    untold: Option<String>,
    #[serde(skip)]
    is_area: bool,
    #[serde(skip)]
    is_unused: bool,
}

/// Leads of one campaign.
#[derive(Serialize)]
struct Leads {
    campaign: String,
    leads: u64,
}

/// They are written down before anything is asked of a shell: it looks at the list before each call, whatever it has been told. One
/// that runs ends at once what it has ready of them.
async fn add(numbers: &Listed, list: String, config: &Config, store: &Store) -> Result<Added, Failure> {
    let Listed { barred: numbers, unused } = numbers;
    let kept_off = store.bar(&list, numbers).await?;
    let told = match Running::at_once(config).await {
        Ok(Standing::Runs(shell)) => shell.bar(&list, numbers).await,
        Ok(Standing::Closed(_)) | Err(OperatorError::Opens(_)) => Ok(()),
        Err(error) => Err(error),
    };
    let untold = told.err().map(|error| error.to_string());
    let ended = kept_off.into_iter().filter(|of| of.leads > 0);
    let ended = ended.map(|KeptOff { name, leads, .. }| Leads { campaign: name, leads }).collect();
    let is_area = matches!(numbers, Barred::Area(_));
    Ok(Added { numbers: numbers.to_string(), list, ended, untold, is_area, is_unused: unused.is_some() })
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { numbers, list, ended, untold, is_area, is_unused } = self;
        write!(f, "{numbers} is on the list {list}")?;
        if let Some(why) = untold {
            write!(
                f,
                ", which is looked at before each call; the shell that runs could not be told ({why})"
            )?;
        }
        if *is_unused {
            f.write_str("; it is not in use, as far as is known here")?;
        }
        // An area is easily a larger one than was meant.
        if !is_area {
            return Ok(());
        }
        if ended.is_empty() {
            return f.write_str("; no lead that waits is in it");
        }
        write!(
            f,
            "; leads that waited and are never dialled now: {}. `dnc remove {numbers} --list {list} --with-leads` would take that back",
            by_campaign(ended)
        )
    }
}

/// What was taken off a list, as `--json` prints it.
#[derive(Serialize)]
struct Removed {
    numbers: String,
    list: String,
    was_on: bool,
    /// The leads that had come to their end by it and wait again, where that was asked for.
    wait_again: Option<Vec<Leads>>,
    /// What the shell that runs was told of them.
    #[serde(skip)]
    told: Option<Told>,
}

async fn remove(
    numbers: &Barred,
    list: String,
    with_leads: bool,
    config: &Config,
    store: &Store,
) -> Result<Removed, Failure> {
    let was_on = store.unbar(&list, numbers).await?;
    let mut removed = Removed { numbers: numbers.to_string(), list, was_on, wait_again: None, told: None };
    if with_leads {
        let reprieved = store.reprieve(&removed.list, numbers).await?;
        if !reprieved.is_empty() {
            let campaigns: Vec<&str> = reprieved.iter().map(|of| of.campaign.as_str()).collect();
            removed.told = Some(Running::tell_of_leads(config, &campaigns).await);
        }
        let again = reprieved.into_iter();
        removed.wait_again =
            Some(again.map(|Reprieved { campaign, leads }| Leads { campaign, leads }).collect());
    }
    Ok(removed)
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { numbers, list, was_on, wait_again, told } = self;
        let was = if *was_on { "is off" } else { "was not on" };
        write!(f, "{numbers} {was} the list {list}")?;
        let Some(again) = wait_again else { return Ok(()) };
        let Some(told) = told else { return f.write_str("; no lead waits again by that") };
        write!(f, "; leads that wait again: {}. {told}", by_campaign(again))
    }
}

/// How many leads of which campaigns.
fn by_campaign(leads: &[Leads]) -> String {
    let leads = leads.iter().map(|Leads { campaign, leads }| format!("{leads} of {campaign}"));
    leads.collect::<Vec<_>>().join(", ")
}

/// What stands in the first column of each row but a heading; `unused` counts the numbers that are not in use.
fn entries<'c>(
    file: &Path,
    numbering: Numbering,
    unused: &'c Cell<u64>,
) -> Result<impl Iterator<Item = Result<Barred, Failure>> + use<'c>, Failure> {
    let name = file.display().to_string();
    let unread = |problem: io::Error| Failure::failed(format!("{name} cannot be read: {problem}"));
    let mut file = File::open(file).map_err(unread)?;
    // What comes through a pipe is there to be read once: nothing of it is looked at twice.
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head).map_err(unread)?;
    let separator = separator(&head);
    let mut table = Table::new(Cursor::new(head).chain(file), separator);
    let mut is_first = true;
    Ok(iter::from_fn(move || {
        loop {
            let mut row = ByteRecord::new();
            let line = match table.read(&mut row) {
                Ok(line) => line?,
                Err(problem) => {
                    return Some(Err(Failure::failed(format!(
                        "{name}: {problem}; nothing of the file holds"
                    ))));
                }
            };
            if !(std::mem::take(&mut is_first) && is_heading(&row)) {
                let bad = |bad| Failure::failed(format!("{name}:{line}: {bad}; nothing of the file holds"));
                return Some(entry(row, numbering, unused).map_err(bad));
            }
        }
    }))
}

/// What makes more columns than one of a heading: the usual, where nothing does or there is none.
fn separator(head: &[u8]) -> u8 {
    let [usual, ..] = SEPARATORS;
    let separates = |separator: &u8| {
        let mut heading = ByteRecord::new();
        // What cannot be read of it is told when it is taken.
        let _told_later = Table::new(head, *separator).read(&mut heading);
        heading.len() > 1 && is_heading(&heading)
    };
    SEPARATORS.into_iter().find(separates).unwrap_or(usual)
}

/// Whether a first row names the columns: no number is without a digit.
fn is_heading(row: &ByteRecord) -> bool {
    !row.get(0).is_some_and(|text| text.iter().any(u8::is_ascii_digit))
}

fn entry(row: ByteRecord, numbering: Numbering, unused: &Cell<u64>) -> Result<Barred, String> {
    let row = StringRecord::from_byte_record(row).map_err(|_| "is not UTF-8 text".to_owned())?;
    let text = row.get(0).unwrap_or_default().trim();
    whole(&row, text)?;
    let Listed { barred, unused: problem } = listed(numbering, text)?;
    unused.update(|count| count + u64::from(problem.is_some()));
    Ok(barred)
}

/// Whether the first field of a row has all of its number: there are registries that write the area into a field of its own.
fn whole(row: &StringRecord, first: &str) -> Result<(), String> {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let rest = row.get(1).map(str::trim).filter(|rest| all_digits(rest) && rest.len() >= LOCAL_DIGITS);
    match rest {
        Some(rest) if all_digits(first) && first.len() < SHORTEST_WHOLE => Err(format!(
            "{first:?} is followed by {rest:?}, as if they were one number; write it whole into the first column, such as {first}{rest}"
        )),
        Some(_) | None => Ok(()),
    }
}

async fn show(store: &Store, json: bool, out: &mut Out<'_>) -> Result<(), Failure> {
    let lists = store.number_lists().await?;
    if json {
        return Ok(out.json(&lists)?);
    }
    let cells = |list: NumberListCard| {
        let max_age = list.max_age.map_or_else(String::new, |age| duration::show(age).to_string());
        [
            list.name,
            list.numbers.to_string(),
            list.areas.iter().map(|area| format!("{area}*")).collect::<Vec<_>>().join(", "),
            list.dated.map_or_else(String::new, utc),
            max_age,
            list.campaigns.join(", "),
        ]
    };
    let rows = lists.into_iter().map(cells).collect();
    let headings = ["list", "numbers", "areas", "as of", "at most", "kept to by"];
    Ok(out.table(headings, rows, "there is no list")?)
}
