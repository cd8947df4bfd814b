//! `export`: leads to a CSV file, with what came of them.

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use output::Place;

use super::{Failure, Out, database, list};
use crate::config::Config;
use crate::export::{Source, export};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file to write; one that is there is replaced once it is whole.
    #[arg(value_name = "CSV")]
    file: PathBuf,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// All leads of a list, once for each campaign that has them.
    #[arg(long, value_name = "NAME")]
    list: Option<String>,
    /// All leads that a campaign dials, or has dialled.
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let source = match (&args.whose.list, &args.whose.campaign) {
        (Some(name), _) => Source::List(list::find(&store, name).await?),
        (None, Some(name)) => Source::Campaign(database::ids(config, &store, name).await?.campaigns[name]),
        (None, None) => unreachable!("clap sees to it that one of the group is given"),
    };
    let shown = args.file.display();
    let failed = |error| Failure::failed(format!("{shown}: {error}"));
    let mut file = Place::of(&args.file).and_then(Place::begin).map_err(failed)?;
    let style = ProgressStyle::with_template("exporting {pos} leads, {elapsed}");
    let bar = ProgressBar::new_spinner().with_style(style.expect("the template is a constant"));
    let count =
        export(&store, source, config.numbering, &mut file, &mut |rows| bar.set_position(rows)).await?;
    file.keep().map_err(failed)?;
    bar.finish_and_clear();
    Ok(out.line(format_args!("{shown}: {count} rows"))?)
}
