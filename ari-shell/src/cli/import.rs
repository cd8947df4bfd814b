//! `import`: leads from a CSV file into a campaign.

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Failure, Out, database};
use crate::config::Config;
use crate::import::{self, Pass, Plan, Preview, Progress};
use crate::operator::{OperatorError, Running};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file: a header row, one column `phone` or `number`, perhaps `external_id`; the others become variables.
    #[arg(value_name = "CSV")]
    file: PathBuf,
    /// The campaign that gets the leads.
    #[arg(long, value_name = "NAME")]
    campaign: String,
    /// Only tell what the file holds.
    #[arg(long)]
    dry_run: bool,
    /// Import the good rows although there are bad ones.
    #[arg(long)]
    skip_bad: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'a> {
    campaign: &'a str,
    dry_run: bool,
    preview: &'a Preview,
    imported: u64,
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let campaign = database::campaign(config, &store, &args.campaign).await?;
    let plan = Plan { file: &args.file, campaign, skip_bad: args.skip_bad };
    let preview = with_bar(async |progress| import::preview(&store, plan, progress).await).await?;
    if !args.json {
        out.line(&preview)?;
        out.flush()?;
    }
    let blocked = preview.bad_rows > 0 && !args.skip_bad;
    let (imported, preview) = if args.dry_run || blocked {
        (0, preview)
    } else {
        let done = with_bar(async |progress| import::insert(&store, plan, preview, progress).await).await?;
        (done.imported, done.preview)
    };
    if args.json {
        let Args { campaign, dry_run, .. } = &args;
        out.json(&Told { campaign, dry_run: *dry_run, preview: &preview, imported })?;
    }
    if blocked {
        return Err(refused(&preview, args.dry_run));
    }
    if args.dry_run {
        return said(&args, out, format!("Dry run: {} would be imported.", leads(preview.good)));
    }
    tell_shell(&args, config, imported, out).await
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

/// A running shell looks for new leads only when it is told of them. It is told also where there were none: then a
/// second try of the same import heals a first one that did not reach the shell.
async fn tell_shell(args: &Args, config: &Config, imported: u64, out: &mut Out<'_>) -> Result<(), Failure> {
    let name = &args.campaign;
    let told = match reach(config, name).await {
        Ok(true) => "The running shell knows of them.",
        Ok(false) => "No shell runs; they are stored for the next one.",
        Err(error) => {
            return Err(Failure::failed(format!(
                "imported {} into {name}, but the running shell could not be told ({error}); run the same import \
                 again once it can",
                leads(imported)
            )));
        }
    };
    said(args, out, format!("Imported {} into {name}. {told}", leads(imported)))
}

fn leads(count: u64) -> String {
    if count == 1 { "1 lead".to_owned() } else { format!("{count} leads") }
}

async fn reach(config: &Config, campaign: &str) -> Result<bool, OperatorError> {
    match Running::find(config).await? {
        Some(shell) => shell.leads_added(campaign).await.map(|()| true),
        None => Ok(false),
    }
}

/// A sentence for people, which has no place beside JSON.
fn said(args: &Args, out: &mut Out<'_>, sentence: String) -> Result<(), Failure> {
    if args.json { Ok(()) } else { Ok(out.line(sentence)?) }
}
