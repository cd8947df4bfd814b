//! The `simulator` program: picks the subcommand.

mod cli;

use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use simulator::replay;

use crate::cli::{Cli, Command};

fn main() -> io::Result<ExitCode> {
    match Cli::parse().command {
        Command::Replay(args) => replay::report::run(&args.file, args.json, &mut io::stdout().lock()),
    }
}
