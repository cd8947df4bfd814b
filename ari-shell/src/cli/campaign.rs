//! `campaign`: show campaigns, and start or end their dialling.

use clap::Subcommand;
use engine::view::CampaignView;
use serde::Serialize;

use super::{Failure, Out, running};
use crate::config::Config;
use crate::http::{CampaignVerb, Named};
use crate::operator::Running;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all campaigns and how they stand.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Start dialling, or go on after a pause.
    Start {
        /// The campaign.
        name: String,
    },
    /// No new calls; live ones finish; `start` goes on.
    Pause {
        /// The campaign.
        name: String,
    },
    /// No new calls; when the live ones have finished the campaign is stopped.
    Drain {
        /// The campaign.
        name: String,
    },
    /// No new calls; ringing ones are given up.
    Stop {
        /// The campaign.
        name: String,
    },
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let (name, verb) = match command {
        Command::List { json } => return list(json, config, out).await,
        Command::Start { name } => (name, CampaignVerb::Start),
        Command::Pause { name } => (name, CampaignVerb::Pause),
        Command::Drain { name } => (name, CampaignVerb::Drain),
        Command::Stop { name } => (name, CampaignVerb::Stop),
    };
    running(config).await?.campaign(&name, verb).await?;
    Ok(out.line(format_args!("{name}: {} granted", verb.name()))?)
}

/// A campaign as configured, and as it stands where a shell runs.
#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(flatten)]
    view: Option<CampaignView>,
}

async fn list(json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let rows = rows(config).await?;
    if json {
        return Ok(out.json(&rows)?);
    }
    let headings = ["campaign", "state", "not dialling because", "hopper", "in flight", "waiting", "talking"];
    let rows = rows.into_iter().map(cells).collect();
    Ok(out.table(headings, rows, "no campaign is configured")?)
}

async fn rows(config: &Config) -> Result<Vec<Row>, Failure> {
    let Some(shell) = Running::find(config).await? else {
        let named = config.campaigns.iter().map(|campaign| Row { name: campaign.name.clone(), view: None });
        return Ok(named.collect());
    };
    let shown = shell.view().await?.campaigns.into_iter();
    Ok(shown.map(|Named { name, view }| Row { name, view: Some(view) }).collect())
}

fn cells(Row { name, view }: Row) -> [String; 7] {
    let Some(view) = view else {
        let mut cells = [const { String::new() }; 7];
        cells[0] = name;
        cells[1] = "no shell runs".into();
        return cells;
    };
    [
        name,
        view.state.to_string(),
        view.reason.map_or_else(String::new, |reason| reason.to_string()),
        view.hopper.to_string(),
        view.in_flight.to_string(),
        view.waiting.to_string(),
        view.talking.to_string(),
    ]
}
