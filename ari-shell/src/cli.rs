//! The commands.
//!
//! What a command found goes to standard output, what went wrong to standard error. The exit code is 0 where all
//! went well, 1 where something failed or was denied, or what was asked
//! has a no for its answer, and 2 where the command or the configuration was wrong.

mod agent;
mod call;
mod callback;
mod callflow;
mod campaign;
mod check;
mod country;
mod database;
mod demo;
mod do_not_call;
mod dtmf;
mod explain;
mod export;
mod failure;
mod hang_up;
mod import;
mod list;
mod migrate;
mod node;
mod outbox;
mod print;
mod recording;
mod report;
mod run;
mod scenario;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Purpose};
use crate::names::unknown;
use crate::operator::{Closed, Running, Standing};
use failure::Failure;
use print::Out;

/// Ringmaster: an outbound dialer for Asterisk.
#[derive(Debug, Parser)]
#[command(name = "ari-shell", version, arg_required_else_help = true)]
struct Args {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        env = "RINGMASTER_CONFIG",
        default_value = "ringmaster.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Dial a whole campaign through a simulated PBX in about a minute, and show the figures.
    Demo(demo::Args),
    /// Open the floor and dial until it is closed.
    Run(run::Args),
    /// Bring the database's tables up to date.
    Migrate,
    /// Bring leads from a CSV file into a list, or take them back.
    Import(import::Args),
    /// Write leads to a CSV file, with what came of them.
    Export(export::Args),
    /// Show the lists of leads, and let campaigns dial them.
    #[command(subcommand)]
    List(list::Command),
    /// Look whether everything is in place for dialling.
    Check(check::Args),
    /// Show campaigns, and start or end their dialling on the configured `node`: each that shares the database is steered on its own.
    #[command(subcommand)]
    Campaign(campaign::Command),
    /// Show agents, and log them in or out.
    #[command(subcommand)]
    Agent(agent::Command),
    /// Show whom nobody may call, and change it.
    #[command(subcommand)]
    Dnc(do_not_call::Command),
    /// Look whether a call flow can be gone through, and draw it.
    #[command(subcommand)]
    Callflow(callflow::Command),
    /// Agree on calls to leads, take that back, and show those agreed on.
    #[command(subcommand)]
    Callback(callback::Command),
    /// Show what other programs are told of calls, and send it again.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Record conversations while they go on, pause that, or end it.
    #[command(subcommand)]
    Recording(recording::Command),
    /// Show the dialers that share the database, and bring one to its end that has gone for good.
    #[command(subcommand)]
    Node(node::Command),
    /// End a call. One that rings is ended once it has rung for the 15 s that the law gives a callee.
    Hangup(hang_up::Args),
    /// Send keys to whom an agent talks with.
    Dtmf(dtmf::Args),
    /// Say why something was, or was not, dialled.
    Explain(explain::Args),
    /// Show figures, each with its formula.
    Report(report::Args),
    /// Write a day of a campaign, as it is on record, as a scenario for `simulator`: what would another pacing have made of it?
    Scenario(scenario::Args),
}

/// Reads the command line, does what it says and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = Out::stdout();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime cannot be started: {error}")))
        .and_then(|runtime| runtime.block_on(execute(args, &mut out)));
    match done.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn execute(args: Args, out: &mut Out<'_>) -> Result<(), Failure> {
    // A command that stops something must not fail for what it has no use for: each asks for more where it needs that.
    let config = |purpose| Config::load_for(purpose, &args.config, std::env::vars_os());
    match args.command {
        Command::Demo(args) => demo::run(args, out).await,
        Command::Run(args) => run::run(args, &config(Purpose::Dial)?, out).await,
        Command::Migrate => migrate::run(&config(Purpose::Database)?, out).await,
        Command::Import(args) => import::run(args, &config(Purpose::Rules)?, out).await,
        Command::Export(args) => export::run(args, &config(Purpose::Rules)?, out).await,
        Command::List(command) => list::run(command, &config(Purpose::Reach)?, out).await,
        Command::Check(args) => check::run(args, config(Purpose::Dial), out).await,
        Command::Campaign(command) => campaign::run(command, &config(Purpose::Reach)?, out).await,
        Command::Agent(command) => agent::run(command, &config(Purpose::Reach)?, out).await,
        Command::Dnc(command) => do_not_call::run(command, &config(Purpose::Reach)?, out).await,
        Command::Callflow(command) => callflow::run(command, || config(Purpose::Reach), out).await,
        Command::Callback(command) => callback::run(command, &config(Purpose::Reach)?, out).await,
        Command::Outbox(command) => outbox::run(command, &config(Purpose::Reach)?, out).await,
        Command::Recording(command) => recording::run(command, &config(Purpose::Reach)?, out).await,
        Command::Node(command) => node::run(command, &config(Purpose::Reach)?, out).await,
        Command::Hangup(args) => hang_up::run(args, &config(Purpose::Reach)?, out).await,
        Command::Dtmf(args) => dtmf::run(args, &config(Purpose::Reach)?, out).await,
        Command::Explain(args) => explain::run(args, &config(Purpose::Reach)?, out).await,
        Command::Report(args) => report::run(args, &config(Purpose::Rules)?, out).await,
        Command::Scenario(args) => scenario::run(args, &config(Purpose::Rules)?, out).await,
    }
}

/// The one of that name among those that are configured.
fn named<'c, T>(kind: &str, name: &str, all: &'c [T], name_of: fn(&T) -> &str) -> Result<&'c T, Failure> {
    let found = all.iter().find(|one| name_of(one) == name);
    found.ok_or_else(|| Failure::failed(unknown(kind, name, all.iter().map(name_of))))
}

/// The running shell, where a command is nothing without one.
async fn running(config: &Config) -> Result<Running, Failure> {
    let listen = config.http.listen;
    match Running::standing(config).await? {
        Standing::Runs(shell) => Ok(shell),
        Standing::Closed(Closed::Waits) => {
            Err(Failure::failed(format!("the shell at {listen} waits for Asterisk, and has no floor yet")))
        }
        Standing::Closed(Closed::Gone) => {
            Err(Failure::failed(format!("no shell runs at {listen}; start it with `ari-shell run`")))
        }
    }
}

#[cfg(test)]
mod tests;
