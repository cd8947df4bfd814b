//! `campaign`: show campaigns, and start or end their dialling on the node that is configured.

mod close;
pub(super) mod pace;
pub(super) mod preflight;

use clap::Subcommand;
use close::When;
use engine::call::CallResult;
use engine::campaign::CampaignState;
use engine::view::CampaignView;
use engine::words::Micros;
use pace::Paces;
use serde::Serialize;

use super::{Failure, Out, database};
use crate::clock::Clock;
use crate::config::{Config, Purpose};
use crate::http::{CampaignVerb, Closing, Named, has_passed};
use crate::operator::{Closed, Running, Standing as Shell};
use crate::store::{Dialled, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all campaigns and how they stand.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what would become of a campaign that is started now: its leads, why some are not dialled, and how long the others
    /// last. All by the configuration that is given, which a shell that runs goes by once it is started anew.
    Preflight {
        /// The campaign.
        name: String,
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
    /// Give leads that were not reached another round of attempts. Numbers that were found bad are not dialled again: a lead that
    /// has no other is left alone, unless `--result bad_number` asks for it. So is one whose list was detached.
    Recycle {
        /// The campaign.
        name: String,
        /// Those whose last call ended like this, such as no_answer, among which is whom an agent has said not to have reached;
        /// may be given several times. All of them without it, but for leads whose numbers are all bad.
        #[arg(long, value_name = "RESULT", value_parser = result)]
        result: Vec<CallResult>,
    },
    /// Pause by itself at a time, by which predictive pacing spends its budget of drops.
    Close {
        /// The campaign.
        name: String,
        /// When, by the clocks of the campaign's zone: 17:30 (the next time they show it), "2026-11-26 17:30", a moment
        /// such as 2026-11-26T17:30:00Z, or never.
        #[arg(long, value_name = "TIME")]
        at: When,
    },
    /// Dial harder or less hard from now on, also after a new start of `run`, for as long as the file says the same of how the
    /// campaign is paced. To dial in another `mode` takes a change of the file and a new start.
    Pace {
        /// The campaign.
        name: String,
        #[command(flatten)]
        wanted: pace::Wanted,
    },
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let (name, verb) = match command {
        Command::List { json } => return list(json, config, out).await,
        Command::Preflight { name, json } => return preflight::run(&name, json, config, out).await,
        Command::Start { name } => (name, CampaignVerb::Start),
        Command::Pause { name } => (name, CampaignVerb::Pause),
        Command::Drain { name } => (name, CampaignVerb::Drain),
        Command::Stop { name } => (name, CampaignVerb::Stop),
        Command::Recycle { name, result } => return recycle(&name, &result, config, out).await,
        Command::Close { name, at } => return close(&name, at, config, out).await,
        Command::Pace { name, wanted } => return pace::run(&name, &wanted, config, out).await,
    };
    match Running::standing(config).await? {
        Shell::Runs(shell) => {
            shell.campaign(&name, verb).await?;
            Ok(out.line(format_args!("{name}: {} granted", verb.name()))?)
        }
        Shell::Closed(why) => {
            store(&name, verb, why, config, out).await?;
            tell_who_opened(&name, verb, config).await
        }
    }
}

/// A shell that waited for Asterisk may have opened its floor meanwhile, from what stood in the database before.
async fn tell_who_opened(name: &str, verb: CampaignVerb, config: &Config) -> Result<(), Failure> {
    let Some(shell) = Running::find(config).await? else { return Ok(()) };
    let Err(refusal) = shell.campaign(name, verb).await else { return Ok(()) };
    let board = shell.view().await?;
    let its = board.campaigns.iter().find(|campaign| campaign.name == name);
    match (verb, its.map(|campaign| campaign.view.state)) {
        // What was written down came in time: the floor began from it.
        (CampaignVerb::Start, Some(CampaignState::Running | CampaignState::Starting))
        | (CampaignVerb::Pause, Some(CampaignState::Paused))
        | (CampaignVerb::Drain | CampaignVerb::Stop, Some(CampaignState::Stopped)) => Ok(()),
        _ => Err(refusal.into()),
    }
}

fn result(text: &str) -> Result<CallResult, String> {
    let recyclable = || CallResult::ALL.into_iter().filter(|result| !result.reached());
    recyclable().find(|result| result.name() == text).ok_or_else(|| {
        let known: Vec<&str> = recyclable().map(CallResult::name).collect();
        format!("write one of {}", known.join(", "))
    })
}

/// Leads wait in the database, whether a shell runs or not; one that does is told to look.
async fn recycle(
    name: &str,
    results: &[CallResult],
    config: &Config,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let recycled = store.recycle(database::campaign(config, &store, name).await?, results).await?;
    let told = Running::tell_of_leads(config, &[name]).await;
    Ok(out.line(format_args!("{name}: {recycled} leads wait for another round of attempts. {told}"))?)
}

/// Tells the shell that runs, or writes down for the next one, when a campaign is to pause by itself.
async fn close(name: &str, at: When, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let campaign = database::configured_campaign(config, name)?;
    let now = Clock::start().now();
    let at = at
        .of(campaign, now)
        .ok_or_else(|| Failure::usage("--at is beyond the calendar; give a time after 1970"))?;
    if let Some(passed) = at.filter(|&at| at <= now) {
        let passed = close::shown(passed, campaign);
        return Err(Failure::usage(format!("--at: {}", has_passed(passed, name))));
    }
    let then = match at {
        Some(at) => format!("will pause by itself at {}", close::shown(at, campaign)),
        None => "will not pause by itself".to_owned(),
    };
    match Running::standing(config).await? {
        Shell::Runs(shell) => {
            shell.campaign(name, CampaignVerb::Close(Closing(at))).await?;
            Ok(out.line(format_args!("{name}: {then}"))?)
        }
        Shell::Closed(why) => {
            let store = database::open(config).await?;
            store.set_closing(database::campaign(config, &store, name).await?, at).await?;
            tell_who_opened(name, CampaignVerb::Close(Closing(at)), config).await?;
            let others = others(&store, config, name).await?;
            Ok(out.line(format_args!("{name}: {then}. {why}; {} will see to it.{others}", why.heir()))?)
        }
    }
}

/// Writes down for the next shell of this node what it shall find.
async fn store(
    name: &str,
    verb: CampaignVerb,
    why: Closed,
    config: &Config,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let id = database::campaign(config, &store, name).await?;
    let standing = store.standings().await?.into_iter().find(|standing| standing.id == id);
    let before = standing.map_or(CampaignState::Ready, |standing| standing.state);
    let state = next(before, verb)?;
    if state == CampaignState::Running && stands_still(before) {
        store.seal_flow(id, database::configured_campaign(config, name)?.flow.as_deref()).await?;
    }
    store.set_standing(id, state).await?;
    let then = match (state, why) {
        (CampaignState::Running, Closed::Gone) => "it will dial as soon as one does".to_owned(),
        (CampaignState::Running, Closed::Waits) => "it will dial as soon as that answers".to_owned(),
        _ => format!("{} will not dial it until it is started", why.heir()),
    };
    let others = others(&store, config, name).await?;
    Ok(out.line(format_args!("{name}: {state}. {why}; {then}.{others}"))?)
}

/// What is said of other nodes that dial a campaign: nothing that is written down here is told to them.
async fn others(store: &Store, config: &Config, name: &str) -> Result<String, Failure> {
    let nodes = elsewhere(&store.dialled().await?, config, name);
    if nodes.is_empty() {
        return Ok(String::new());
    }
    let nodes = nodes.join(", ");
    Ok(format!(" Each node is steered on its own: it goes on being dialled by {nodes}."))
}

/// The other nodes that dial a campaign.
fn elsewhere(dialled: &[Dialled], config: &Config, campaign: &str) -> Vec<String> {
    let here = config.node.to_string();
    let others = dialled.iter().filter(|dialled| dialled.campaign == campaign && dialled.node != here);
    others.map(|dialled| dialled.node.clone()).collect()
}

/// Whether a campaign that is started begins anew, with the call flow that it is configured with by now.
const fn stands_still(state: CampaignState) -> bool {
    matches!(state, CampaignState::Ready | CampaignState::Stopped | CampaignState::Completed)
}

/// The state that a verb leads to where no shell runs. What is not dialled anyway is not paused, as in the engine.
fn next(state: CampaignState, verb: CampaignVerb) -> Result<CampaignState, Failure> {
    use CampaignState::{Completed, Draining, Paused, Ready, Running, Starting, Stopped};
    match (verb, state) {
        (CampaignVerb::Start, _) => Ok(Running),
        (CampaignVerb::Stop, _) => Ok(Stopped),
        (CampaignVerb::LeadsAdded | CampaignVerb::Close(_) | CampaignVerb::Pace(_), state) => Ok(state),
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
    /// In the database, where no shell of this node runs; with the other nodes that dial it.
    Stored {
        state: CampaignState,
        closes_at: Option<Micros>,
        #[serde(flatten)]
        paces: Paces,
        elsewhere: Vec<String>,
    },
}

async fn list(json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let (rows, closed) = match Running::standing(config).await? {
        Shell::Runs(shell) => (live(&shell).await?, None),
        Shell::Closed(why) => (stored(config).await?, Some(why)),
    };
    if json {
        return Ok(out.json(&rows)?);
    }
    let headings = [
        "campaign",
        "state",
        "pacing",
        "pauses itself at",
        "not dialling because",
        "hopper",
        "in flight",
        "waiting",
        "talking",
    ];
    let cells = rows.iter().map(|row| cells(row, config)).collect();
    out.table(headings, cells, "no campaign is configured")?;
    if let Some(why) = closed {
        out.line(format_args!("\n{why}: these are the states that {} finds.", why.heir()))?;
    }
    for row in &rows {
        if let Standing::Stored { elsewhere, .. } = &row.standing
            && !elsewhere.is_empty()
        {
            out.line(format_args!("{} is dialled by {}.", row.name, elsewhere.join(", ")))?;
        }
    }
    Ok(())
}

async fn live(shell: &Running) -> Result<Vec<Row>, Failure> {
    let shown = shell.view().await?.campaigns.into_iter();
    Ok(shown.map(|Named { name, view }| Row { name, standing: Standing::Live(view) }).collect())
}

/// Those configured; one that the database does not know yet was never started.
async fn stored(config: &Config) -> Result<Vec<Row>, Failure> {
    config.suits(Purpose::Rules)?;
    let (standings, dialled) = match database::find(config).await? {
        Some(store) => (store.standings().await?, store.dialled().await?),
        None => (Vec::new(), Vec::new()),
    };
    let named = config.campaigns.iter().map(|campaign| {
        let name = campaign.name.clone();
        let standing = standings.iter().find(|standing| standing.name == name);
        let state = standing.map_or(CampaignState::Ready, |standing| standing.state);
        let closes_at = standing.and_then(|standing| standing.closes_at);
        let paced = standing.and_then(|standing| standing.paced.as_ref());
        let paces = Paces::of(&campaign.pacing, paced);
        let elsewhere = elsewhere(&dialled, config, &name);
        Row { name, standing: Standing::Stored { state, closes_at, paces, elsewhere } }
    });
    Ok(named.collect())
}

fn cells(Row { name, standing }: &Row, config: &Config) -> [String; 9] {
    let campaign = config.campaigns.iter().find(|campaign| campaign.name == *name);
    let closes = |at: Option<Micros>| {
        at.zip(campaign).map_or_else(String::new, |(at, campaign)| close::shown(at, campaign))
    };
    let view = match standing {
        Standing::Live(view) => view,
        Standing::Stored { state, closes_at, paces, elsewhere: _ } => {
            let mut cells = [const { String::new() }; 9];
            cells[0].clone_from(name);
            cells[1] = state.to_string();
            cells[2] = paces.to_string();
            cells[3] = closes(*closes_at);
            return cells;
        }
    };
    [
        name.clone(),
        view.state.to_string(),
        Paces::seen(view).to_string(),
        closes(view.closes_at),
        view.reason.as_ref().map_or_else(String::new, ToString::to_string),
        view.hopper.to_string(),
        view.in_flight.to_string(),
        view.waiting.to_string(),
        view.talking.to_string(),
    ]
}
