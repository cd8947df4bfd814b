//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A world for the Ringmaster engine to decide in.
#[derive(Debug, Parser)]
#[command(name = "simulator", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a simulated Asterisk that speaks ARI, until interrupted.
    Pbx(PbxArgs),
    /// Run a journal through the engine again and compare every command.
    ///
    /// Exit code 0: the engine gives every command as it is written. 1: it does not, or the journal was changed; the
    /// first such place is printed. 2: the file cannot be read as a journal.
    Replay(ReplayArgs),
    /// Play the days of a scenario, and tell how busy agents were and how many answers were dropped.
    Run(RunArgs),
    /// List the scenarios that come with the program.
    Scenarios,
    /// Compute the best that any pacing can reach with a pool, and the table that reaches it.
    ///
    /// Exact for exponential conversations and rings, an answer rate known beforehand, and dials that cost nothing.
    Limit(LimitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PbxArgs {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8088")]
    pub(crate) listen: SocketAddr,
    /// The ARI user.
    #[arg(long, default_value = "ringmaster")]
    pub(crate) user: String,
    /// The ARI user's password.
    #[arg(long, env = "ARI_PASSWORD", hide_env_values = true, default_value = "ringmaster")]
    pub(crate) password: String,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Simulated seconds per real second, 0.001 to 1000000.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) speed: f64,
    /// A JSON file with the shares and times of a random crowd (`{}` for the default one). Without it the dialled
    /// number says what happens.
    #[arg(long, value_name = "FILE")]
    pub(crate) callees: Option<PathBuf>,
    /// The Asterisk version to claim.
    #[arg(long, default_value = "22.10.1")]
    pub(crate) asterisk_version: String,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The journal, as `ari-shell` wrote it.
    pub(crate) file: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Agents in the pool, 1 to 200.
    #[arg(long, value_name = "N")]
    pub(crate) agents: u32,
    /// Probability that a dialled call is answered by a person, 0.001 to 1.
    #[arg(long, value_name = "P")]
    pub(crate) answer_rate: f64,
    /// Mean conversation and wrap-up, in seconds, 1 to 36000.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) talk: f64,
    /// Mean time a call rings, in seconds, 0.1 to 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub(crate) ring: f64,
    /// Most drops allowed per answered call, 0 to 0.5.
    #[arg(long, value_name = "SHARE", default_value_t = 0.03)]
    pub(crate) drop: f64,
    /// Mean time an answered caller waits for an agent before it counts as a drop, in seconds, 0 to 60.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    pub(crate) patience: f64,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A preset's name, or a TOML file.
    pub(crate) scenario: String,
    /// Days, instead of the scenario's; 1 to 10,000.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) days: Option<u32>,
    /// Agents, instead of the scenario's; 1 to 10,000.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) agents: Option<u32>,
    /// A pacing, instead of the scenario's: progressive, ratio=2.0, predictive (3 %), predictive=0.01, or any value of
    /// `campaign.pacing` as a scenario has it.
    #[arg(long)]
    pub(crate) pacing: Option<String>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
