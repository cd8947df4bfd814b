//! `node`: the dialers that share the database, and the end of one that has gone for good.

use clap::Subcommand;
use engine::words::{Micros, Node};

use super::{Failure, Out, database};
use crate::clock::Clock;
use crate::config::{Config, Purpose};
use crate::moment::utc;
use crate::names::unknown;
use crate::store::{NodeCard, Store};
use crate::wind_up::{WoundUp, wind_up};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all nodes, what each dials, and what it has in its hands: while it has, no other completes the campaigns of those leads.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring to its end what a node left open whose process will never come back: its calls are recorded as lost from sight, what
    /// its agents owed is written by default, and its leads wait again. How campaigns stood there is forgotten. One that is only down
    /// does the rest itself when it starts.
    Gone {
        /// The node.
        name: String,
    },
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    match command {
        Command::List { json } => list(&store, json, out).await,
        Command::Gone { name } => gone(&name, config, store, out).await,
    }
}

async fn list(store: &Store, json: bool, out: &mut Out<'_>) -> Result<(), Failure> {
    let nodes = store.nodes().await?;
    if json {
        return Ok(out.json(&nodes)?);
    }
    let row = |NodeCard { name, calls, owed, leads, alive_until, dials }: NodeCard| {
        let until = alive_until.map_or_else(String::new, utc);
        [name, calls.to_string(), owed.to_string(), leads.to_string(), until, dials.join(", ")]
    };
    let headings = ["node", "open calls", "dispositions owed", "leads held", "at work until", "dials"];
    Ok(out.table(headings, nodes.into_iter().map(row).collect(), "no node has ever run here")?)
}

async fn gone(name: &str, config: &Config, store: Store, out: &mut Out<'_>) -> Result<(), Failure> {
    // Whoever is told of calls is told of these, too.
    config.suits(Purpose::Dial)?;
    let nodes = store.nodes().await?;
    let card = nodes.iter().find(|card| card.name == name);
    let card = card
        .ok_or_else(|| Failure::failed(unknown("node", name, nodes.iter().map(|card| card.name.as_str()))))?;
    let node = may_be_gone(card, config, Clock::start().now()).map_err(Failure::failed)?;
    let ids = config.known_ids(&store).await?;
    let WoundUp { calls, owed, leads, left } = wind_up(config, store, &ids, node).await?;
    out.line(format_args!(
        "{name} is at its end. Calls recorded: {calls}; dispositions written by default: {owed}; leads that wait again: {leads}."
    ))?;
    if left > 0 {
        out.line(format_args!(
            "Left as they are, of campaigns or carriers that this configuration does not name: {left}."
        ))?;
    }
    Ok(())
}

/// A node that is not at work, as far as the database tells: one that is says so every few seconds.
fn may_be_gone(card: &NodeCard, config: &Config, now: Micros) -> Result<Node, String> {
    let NodeCard { name, alive_until, .. } = card;
    if *name == config.node.to_string() {
        return Err(format!(
            "{name} is the node of this configuration: `ari-shell run` takes up what it left open"
        ));
    }
    if let Some(until) = alive_until.filter(|&until| until > now) {
        return Err(format!(
            "{name} was at work less than half a minute ago. Stop it first, or wait until {}",
            utc(until)
        ));
    }
    Node::try_from(name.clone()).map_err(|bad| bad.to_string())
}
