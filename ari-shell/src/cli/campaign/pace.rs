//! `campaign pace`: how hard a campaign dials, changed without another configuration.

use std::fmt;

use clap::Args;
use engine::pacing::{Paced, Pacing, PacingChange};
use engine::view::CampaignView;
use engine::words::Milli;
use serde::Serialize;

use super::{others, tell_who_opened};
use crate::cli::{Failure, Out, database};
use crate::config::{Config, one_to_ten, percent};
use crate::http::CampaignVerb;
use crate::names::unknown;
use crate::operator::{Closed, Running, Standing as Shell};

/// What is to be changed.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct Wanted {
    /// Lines for each ready agent of mode = "ratio": 1 to 10, such as 2.5.
    #[arg(long, value_name = "LINES", value_parser = one_to_ten)]
    level: Option<Milli>,
    /// Dials a minute of mode = "broadcast": 1 to 6000.
    #[arg(long, value_name = "DIALS")]
    per_minute: Option<u32>,
    /// The percentage of the answers that no window of mode = "predictive" lets be dropped more of: 0.1 up to the highest limit in
    /// the file. A window whose own limit is lower keeps it.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    drop_limit: Option<Milli>,
    /// Dial as the file says again.
    #[arg(long)]
    as_configured: bool,
}

impl Wanted {
    fn change(&self) -> Option<PacingChange> {
        let level = self.level.map(PacingChange::Level);
        let dials = self.per_minute.map(PacingChange::PerMinute);
        level.or(dials).or(self.drop_limit.map(PacingChange::DropLimit))
    }
}

/// A pacing in force, and the one that is configured where that is another.
#[derive(Serialize)]
pub(in crate::cli) struct Paces {
    pacing: Pacing,
    #[serde(skip_serializing_if = "Option::is_none")]
    configured: Option<Pacing>,
}

impl Paces {
    /// What a change that is written down makes of what is configured now.
    pub(super) fn of(configured: &Pacing, paced: Option<&Paced>) -> Self {
        match paced.and_then(|paced| paced.of(configured)) {
            Some(pacing) => Self { pacing, configured: Some(configured.clone()) },
            None => Self { pacing: configured.clone(), configured: None },
        }
    }

    /// As a floor shows it.
    pub(in crate::cli) fn seen(view: &CampaignView) -> Self {
        Self { pacing: view.pacing.clone(), configured: view.configured.clone() }
    }
}

impl fmt::Display for Paces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pacing, configured } = self;
        match configured {
            Some(configured) => write!(f, "{pacing} (configured: {configured})"),
            None => pacing.fmt(f),
        }
    }
}

/// Tells the shell that runs, or writes down for the next one, how hard a campaign is to dial.
pub(super) async fn run(
    name: &str,
    wanted: &Wanted,
    config: &Config,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let change = wanted.change();
    match Running::standing(config).await? {
        Shell::Runs(shell) => {
            let was = paces(&shell, name).await?;
            shell.campaign(name, CampaignVerb::Pace(change)).await?;
            let told = told(&was, &paces(&shell, name).await?);
            Ok(out.line(format_args!("{name}: {told}"))?)
        }
        Shell::Closed(why) => write(name, change, why, config, out).await,
    }
}

async fn paces(shell: &Running, name: &str) -> Result<Paces, Failure> {
    let campaigns = shell.view().await?.campaigns;
    let sentence = unknown("campaign", name, campaigns.iter().map(|campaign| campaign.name.as_str()));
    let campaign = campaigns.into_iter().find(|campaign| campaign.name == name);
    let campaign = campaign.ok_or_else(|| Failure::failed(sentence))?;
    Ok(Paces::seen(&campaign.view))
}

/// Writes it down where no shell runs, if it goes with what is configured.
async fn write(
    name: &str,
    change: Option<PacingChange>,
    why: Closed,
    config: &Config,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let from = &database::configured_campaign(config, name)?.pacing;
    let paced = Paced::by(change, from).map_err(|unfit| Failure::failed(unfit.to_string()))?;
    let store = database::open(config).await?;
    let id = database::campaign(config, &store, name).await?;
    let standing = store.standings().await?.into_iter().find(|standing| standing.id == id);
    let was = Paces::of(from, standing.and_then(|standing| standing.paced).as_ref());
    store.set_paced(id, paced.as_ref()).await?;
    tell_who_opened(name, CampaignVerb::Pace(change), config).await?;
    let told = told(&was, &Paces::of(from, paced.as_ref()));
    let others = others(&store, config, name).await?;
    Ok(out.line(format_args!("{name}: {told}. {why}; {} will see to it.{others}", why.heir()))?)
}

/// What is now, and what was before or is configured.
fn told(was: &Paces, is: &Paces) -> String {
    let Paces { pacing, configured } = is;
    let before = format!("before: {}", was.pacing);
    match configured {
        None if was.pacing == *pacing => format!("{pacing}, as configured"),
        None => format!("{pacing} again, as configured ({before})"),
        Some(configured) if was.configured.is_none() => {
            format!("{pacing} from now on (configured: {configured})")
        }
        Some(configured) => format!("{pacing} from now on ({before}, configured: {configured})"),
    }
}
