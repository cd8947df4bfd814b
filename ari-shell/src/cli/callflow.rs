//! `callflow`: look whether a call flow can be gone through, and draw it.

use std::path::PathBuf;

use clap::Subcommand;
use engine::flow::CallFlow;

use super::{Failure, Out};
use crate::callflow;
use crate::check::{client, missing_sounds};
use crate::config::{Config, Problems, flow};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tell everything that is wrong with a flow, and ask Asterisk for its sounds.
    Check {
        /// The flow's file, TOML or JSON.
        file: PathBuf,
        /// Do not ask Asterisk.
        #[arg(long)]
        offline: bool,
    },
    /// Draw a flow as a picture that any browser shows (SVG), to standard output.
    Draw {
        /// The flow's file, TOML or JSON.
        file: PathBuf,
    },
}

/// The configuration is needed only for where Asterisk is.
pub(super) async fn run(
    command: Command,
    config: impl Fn() -> Result<Config, Problems>,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    match command {
        Command::Check { file, offline } => {
            let flow = flow::read(&file)?;
            let told = format!("{}: {} nodes, edition {}", flow.name, flow.nodes.len(), flow.edition);
            if offline {
                return Ok(out.line(format_args!("{told}; its sounds were not asked for"))?);
            }
            let sounds = flow.sounds().len();
            let config = config()?;
            config.finds_asterisk()?;
            match missing(&flow, &config).await? {
                none if none.is_empty() => {
                    Ok(out.line(format_args!("{told}; Asterisk has all of its {sounds} sounds"))?)
                }
                missing => Err(Failure::failed(format!("Asterisk has no {}", missing.join(", no ")))),
            }
        }
        Command::Draw { file } => Ok(out.line(callflow::draw(&flow::read(&file)?))?),
    }
}

/// The sounds that Asterisk does not have, with the nodes that play them.
async fn missing(flow: &CallFlow, config: &Config) -> Result<Vec<String>, Failure> {
    let client = client(config).map_err(|error| Failure::failed(format!("ari.url: {error}")))?;
    missing_sounds(&client, flow).await.map_err(|error| {
        let url = &config.ari.url;
        Failure::failed(format!(
            "Asterisk at {url} could not be asked for sounds: {error}; --offline leaves that out"
        ))
    })
}
