//! `scenario`: a day on record as a scenario for the simulator.

use std::path::PathBuf;

use jiff::civil::Date;
use output::Place;

use super::database::{configured_campaign, open};
use super::report::stored;
use super::{Failure, Out};
use crate::config::Config;
use crate::moment;
use crate::scenario::{Day, NoScenario};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file to write; one that is there is replaced once it is whole.
    #[arg(value_name = "TOML")]
    file: PathBuf,
    /// The campaign, with agents, and without a call flow.
    #[arg(long, value_name = "NAME")]
    campaign: String,
    /// The day, from midnight to midnight by the clocks of the campaign's zone, and 24 hours at most: 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = date)]
    on: Date,
}

fn date(text: &str) -> Result<Date, &'static str> {
    let date = moment::date(text).filter(|date| (2020..=2099).contains(&date.year()));
    date.ok_or("write a date from 2020 to 2099, such as 2026-11-23")
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let shown = args.file.display();
    let campaign = configured_campaign(config, &args.campaign)?;
    let store = open(config).await?;
    let standing = stored(&store, &args.campaign).await?;
    let failed = |error| Failure::failed(format!("{shown}: {error}"));
    let place = Place::of(&args.file).map_err(failed)?;
    let day = Day::read(&store, &standing, campaign, &config.carriers, args.on).await;
    let day = day.map_err(|problem| match problem {
        NoScenario::Store(error) => error.into(),
        NoScenario::Flow | NoScenario::TooLittle { .. } => {
            Failure::failed(format!("{} {problem}", args.campaign))
        }
    })?;
    place.write(day.to_string().as_bytes()).map_err(failed)?;
    let (dials, agents, lost) = day.counts();
    out.line(format_args!("{shown}: {dials} calls of {agents} agents"))?;
    if let Some(doubt) = day.doubt() {
        out.line(doubt)?;
    }
    if lost > 0 {
        out.line(format_args!("{lost} calls that failed on their way are left out"))?;
    }
    Ok(out.line(format_args!(
        "`simulator run {shown}` says how well it stands for the floor, and `simulator compare {shown} --pacing ...` what another \
         pacing would have made of it"
    ))?)
}
