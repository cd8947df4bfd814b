//! `campaign`: show campaigns, and start or end their dialling.

use clap::Subcommand;
use engine::campaign::CampaignState;
use engine::view::CampaignView;
use serde::Serialize;

use super::{Failure, Out, database};
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
    match Running::find(config).await? {
        Some(shell) => {
            shell.campaign(&name, verb).await?;
            Ok(out.line(format_args!("{name}: {} granted", verb.name()))?)
        }
        None => store(&name, verb, config, out).await,
    }
}

/// Writes down for the next shell what it shall find.
async fn store(name: &str, verb: CampaignVerb, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let id = database::campaign(config, &store, name).await?;
    let standing = store.standings().await?.into_iter().find(|standing| standing.id == id);
    let state = next(standing.map_or(CampaignState::Ready, |standing| standing.state), verb)?;
    store.set_standing(id, state).await?;
    let then = if state == CampaignState::Running {
        "it will dial as soon as one does"
    } else {
        "the next one will not dial it until it is started"
    };
    Ok(out.line(format_args!("{name}: {state}. No shell runs; {then}."))?)
}

/// The state that a verb leads to where no shell runs. What is not dialled anyway is not paused, as in the engine.
fn next(state: CampaignState, verb: CampaignVerb) -> Result<CampaignState, Failure> {
    use CampaignState::{Completed, Draining, Paused, Ready, Running, Starting, Stopped};
    match (verb, state) {
        (CampaignVerb::Start, _) => Ok(Running),
        (CampaignVerb::Stop, _) => Ok(Stopped),
        (CampaignVerb::LeadsAdded, state) => Ok(state),
        (CampaignVerb::Pause, Running | Starting | Paused) => Ok(Paused),
        // Live calls are taken up by the next shell whatever the state: there is nothing to wait for here.
        (CampaignVerb::Drain, Running | Starting | Paused | Draining) => Ok(Stopped),
        (CampaignVerb::Pause, Ready | Draining | Stopped | Completed)
        | (CampaignVerb::Drain, Ready | Stopped | Completed) => {
            Err(Failure::failed(format!("the campaign is {state}")))
        }
    }
}

/// A campaign as configured, and as it stands.
#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(flatten)]
    standing: Standing,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Standing {
    /// On the floor of the shell that runs.
    Live(CampaignView),
    /// In the database, where no shell runs.
    Stored { state: CampaignState },
}

async fn list(json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let shell = Running::find(config).await?;
    let rows = match &shell {
        Some(shell) => live(shell).await?,
        None => stored(config).await?,
    };
    if json {
        return Ok(out.json(&rows)?);
    }
    let headings = ["campaign", "state", "not dialling because", "hopper", "in flight", "waiting", "talking"];
    let rows = rows.into_iter().map(cells).collect();
    out.table(headings, rows, "no campaign is configured")?;
    if shell.is_none() {
        out.line("\nNo shell runs: these are the states that the next one finds.")?;
    }
    Ok(())
}

async fn live(shell: &Running) -> Result<Vec<Row>, Failure> {
    let shown = shell.view().await?.campaigns.into_iter();
    Ok(shown.map(|Named { name, view }| Row { name, standing: Standing::Live(view) }).collect())
}

/// Those configured; one that the database does not know yet was never started.
async fn stored(config: &Config) -> Result<Vec<Row>, Failure> {
    let standings = match database::find(config).await? {
        Some(store) => store.standings().await?,
        None => Vec::new(),
    };
    let state = |name: &str| {
        let standing = standings.iter().find(|standing| standing.name == name);
        standing.map_or(CampaignState::Ready, |standing| standing.state)
    };
    let named = config.campaigns.iter().map(|campaign| Row {
        name: campaign.name.clone(),
        standing: Standing::Stored { state: state(&campaign.name) },
    });
    Ok(named.collect())
}

fn cells(Row { name, standing }: Row) -> [String; 7] {
    let view = match standing {
        Standing::Live(view) => view,
        Standing::Stored { state } => {
            let mut cells = [const { String::new() }; 7];
            cells[0] = name;
            cells[1] = state.to_string();
            return cells;
        }
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
