//! `import`: leads from a CSV file into a list, and an import taken back.

use std::path::PathBuf;

use engine::words::CampaignId;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::country::Country;
use super::{Failure, Out, database};
use crate::config::Config;
use crate::import::{self, Import, ImportId, Pass, Plan, Preview, Progress, Renamed, Undone};
use crate::operator::Running;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file: a header row, one column `phone` or `number`, perhaps `phone2` to `phone9`, `external_id` and `zone`; the
    /// others become variables. Columns are separated by commas, or by semicolons or tabs where only so the header names one.
    #[arg(value_name = "CSV", required_unless_present = "undo")]
    file: Option<PathBuf>,
    /// The list that gets the leads; it is made if it is missing. Called like the campaign unless given.
    #[arg(long, value_name = "NAME", required_unless_present_any = ["campaign", "undo"])]
    list: Option<String>,
    /// A campaign that is to dial the list.
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    #[command(flatten)]
    country: Country,
    /// What columns are called in the file, such as phone=Telefoon,external_id=ID.
    #[arg(long, value_name = "NAME=COLUMN", value_delimiter = ',')]
    map: Vec<Renamed>,
    /// Only tell what the file holds and what would become of it.
    #[arg(long, visible_alias = "dry-run")]
    preview: bool,
    /// Import the good rows although there are bad ones.
    #[arg(long)]
    skip_bad: bool,
    /// Write all that is wrong with rows to this file: line, field, value, and what would be right.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Take an import back: its leads that were never dialled go.
    #[arg(long, value_name = "ID", conflicts_with_all = ["file", "list", "campaign", "preview", "errors"])]
    undo: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'a> {
    list: &'a str,
    dry_run: bool,
    preview: &'a Preview,
    import: Option<ImportId>,
    imported: u64,
    queued: u64,
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    if let Some(id) = args.undo {
        let undone = import::undo(&store, ImportId(id)).await?;
        return if args.json { Ok(out.json(&undone)?) } else { Ok(out.line(sentence(&undone))?) };
    }
    let named = match &args.campaign {
        Some(name) if args.preview => vec![database::ids(config, &store, name).await?.campaigns[name]],
        Some(name) => vec![database::campaign(config, &store, name).await?],
        None => Vec::new(),
    };
    let plan = plan(&args, config, &named);
    let preview = with_bar(async |progress| import::preview(&store, plan, progress).await).await?;
    if !args.json {
        out.line(&preview)?;
        out.flush()?;
    }
    let blocked = preview.bad_rows > 0 && !args.skip_bad;
    let done = if args.preview || blocked {
        Import { id: None, preview, imported: 0, queued: 0 }
    } else {
        with_bar(async |progress| import::insert(&store, plan, preview, progress).await).await?
    };
    let Import { id: import, preview, imported, queued } = &done;
    if args.json {
        let (list, dry_run, imported, queued) = (plan.list, args.preview, *imported, *queued);
        out.json(&Told { list, dry_run, preview, import: *import, imported, queued })?;
    }
    if blocked {
        return Err(refused(preview, args.preview));
    }
    if args.preview {
        return said(&args, out, format!("Dry run: {} would be imported.", leads(preview.good)));
    }
    tell(&args, config, &store, (plan.list, &done), out).await
}

fn plan<'a>(args: &'a Args, config: &Config, campaigns: &'a [CampaignId]) -> Plan<'a> {
    let list = args.list.as_ref().or(args.campaign.as_ref());
    Plan {
        file: args.file.as_ref().expect("clap sees to it that one is given"),
        list: list.expect("clap sees to it that one of them is given"),
        campaigns,
        numbering: args.country.numbering(config),
        renamed: &args.map,
        errors: args.errors.as_deref(),
        skip_bad: args.skip_bad,
    }
}

/// Works with a progress bar on standard error, where that is a terminal.
async fn with_bar<T>(work: impl AsyncFnOnce(&mut dyn FnMut(Progress)) -> T) -> T {
    let style = ProgressStyle::with_template("{msg:9} {bar:30} {bytes}/{total_bytes}, {eta} left");
    let bar = ProgressBar::new(0).with_style(style.expect("the template is a constant"));
    let done = work(&mut |progress| {
        bar.set_message(match progress.pass {
            Pass::Check => "checking",
            Pass::Insert => "importing",
        });
        bar.set_length(progress.total_bytes);
        bar.set_position(progress.bytes);
    })
    .await;
    bar.finish_and_clear();
    done
}

fn refused(preview: &Preview, dry_run: bool) -> Failure {
    let Preview { rows, bad_rows, .. } = preview;
    let nothing = if dry_run { "nothing would be imported" } else { "nothing was imported" };
    Failure::failed(format!(
        "{nothing}: {bad_rows} of {rows} rows are bad; correct them, or leave them out with --skip-bad"
    ))
}

/// Says what was done, after a running shell was told, so that it looks for new leads at once.
async fn tell(
    args: &Args,
    config: &Config,
    store: &Store,
    (list, done): (&str, &Import),
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let Some(there) = store.find_list(list).await? else {
        return said(args, out, format!("There is no lead to import, and no list {list} is made of none."));
    };
    let id = done.id.map_or_else(String::new, |ImportId(id)| format!(" as import {id}"));
    let imported = format!("Imported {} into the list {list}{id}", leads(done.imported));
    let campaigns = store.campaigns_of(there).await?;
    let names: Vec<&str> = campaigns.iter().map(|(_, name)| name.as_str()).collect();
    let then = match names.as_slice() {
        [] => "No campaign dials it yet: `list attach` lets one.".to_owned(),
        names => {
            let told = Running::tell_of_leads(config, names).await;
            format!("{} more to dial for {}. {told}", done.queued, names.join(", "))
        }
    };
    said(args, out, format!("{imported}. {then}"))?;
    match args.country.elsewhere(config) {
        Some(elsewhere) => said(args, out, elsewhere),
        None => Ok(()),
    }
}

fn leads(count: u64) -> String {
    if count == 1 { "1 lead".to_owned() } else { format!("{count} leads") }
}

fn sentence(undone: &Undone) -> String {
    let Undone { import: ImportId(id), taken_back, dialled, held, decided } = undone;
    let mut told = format!("Import {id}: {} taken back.", leads(*taken_back));
    if *dialled > 0 {
        told.push_str(&format!(" {} stay, since they were dialled.", leads(*dialled)));
    }
    if *held > 0 {
        told.push_str(&format!(
            " {} stay, since a dialer holds them to dial next; once it has given them back, the same command takes them.",
            leads(*held)
        ));
    }
    if *decided > 0 {
        told.push_str(&format!(
            " {} stay, since they have come to their end without a call, or a call is agreed on.",
            leads(*decided)
        ));
    }
    told
}

/// A sentence for people, which has no place beside JSON.
fn said(args: &Args, out: &mut Out<'_>, sentence: String) -> Result<(), Failure> {
    if args.json { Ok(()) } else { Ok(out.line(sentence)?) }
}
