//! The command line.

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
    /// Run a journal through the engine again and compare every command.
    ///
    /// Exit code 0: the engine gives every command as it is written. 1: it does not, or the journal was changed; the
    /// first such place is printed. 2: the file cannot be read as a journal.
    Replay(ReplayArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The journal, as `ari-shell` wrote it.
    pub(crate) file: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
