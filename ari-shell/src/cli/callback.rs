//! `callback`: calls that are agreed on.

use clap::Subcommand;
use engine::words::QueueId;
use jiff::Timestamp;

use super::{Failure, Out, database};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{CallbackBody, Moment};
use crate::moment::{micros, utc};
use crate::note::Note;
use crate::operator::Running;
use crate::store::{Agreed, Agreement};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the calls that are agreed on and not made yet.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Agree on a call to a lead, in place of one that there may be.
    Set {
        /// The queue item, which `explain --number` shows.
        #[arg(long)]
        item: u64,
        /// When, such as 2026-11-26T17:30:00Z; a moment that has passed is now.
        #[arg(long, value_name = "TIME")]
        at: Timestamp,
        /// The agent who is to call; anybody may where none is given.
        #[arg(long)]
        agent: Option<String>,
        /// What to know before the call.
        #[arg(long)]
        note: Option<Note>,
    },
    /// Take back what was agreed on, unless the call is being made: its lead stands as its other calls have left it.
    Cancel {
        /// The queue item, which `callback list` shows.
        #[arg(long)]
        item: u64,
    },
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let (item, at, agent, note) = match command {
        Command::List { json } => return list(json, config, out).await,
        Command::Set { item, at, agent, note } => (item, at, agent, note),
        Command::Cancel { item } => return cancel(QueueId(item), config, out).await,
    };
    let at = micros(at).ok_or_else(|| Failure::usage("--at is before 1970".to_owned()))?;
    let shown = utc(at.max(Clock::start().now()));
    let with = agent.as_deref().unwrap_or("anybody").to_owned();
    let callback = CallbackBody { item, at: Moment(at), agent, note };
    match Running::find(config).await? {
        Some(shell) => shell.call_back(&callback).await?,
        None => {
            write_down(&callback, config).await?;
            // A shell that waited for Asterisk may have opened its floor meanwhile, and looked for callbacks before.
            if let Some(shell) = Running::find(config).await? {
                shell.call_back(&callback).await?;
            }
        }
    }
    Ok(out.line(format_args!("queue item {item}: to be called from {shown} by {with}"))?)
}

async fn write_down(callback: &CallbackBody, config: &Config) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let agent = match &callback.agent {
        Some(name) => Some(database::agent(config, &store, name).await?),
        None => None,
    };
    let agreement = Agreement { at: callback.at.0, agent, note: callback.note.clone().map(String::from) };
    let agreed = store.agree(QueueId(callback.item), &agreement).await;
    agreed.map(drop).map_err(|error| Failure::failed(error.to_string()))
}

async fn cancel(item: QueueId, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    match Running::find(config).await? {
        Some(shell) => shell.call_off(item).await?,
        // A floor that opens meanwhile and holds it ready is refused it: the row is not its own any more.
        None => {
            let off = database::open(config).await?.call_off(item).await;
            off.map(drop).map_err(|error| Failure::failed(error.to_string()))?;
        }
    }
    Ok(out.line(format_args!("queue item {item}: no call is agreed on any more"))?)
}

async fn list(json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let agreed = database::open(config).await?.agreed().await?;
    if json {
        return Ok(out.json(&agreed)?);
    }
    let row = |Agreed { item, campaign, lead, number, at, agent, note }| {
        let agent = agent.unwrap_or_else(|| "anybody".to_owned());
        [utc(at), agent, campaign, item.to_string(), lead.to_string(), number, note.unwrap_or_default()]
    };
    let headings = ["from", "by", "campaign", "item", "lead", "number", "note"];
    Ok(out.table(headings, agreed.into_iter().map(row).collect(), "no call is agreed on")?)
}
