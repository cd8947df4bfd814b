//! The `simulator` program: picks the subcommand and reports its failure.

mod cli;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use indicatif::ProgressBar;
use simulator::limit::{self, Case};
use simulator::pbx::server::{Server, ServerConfig};
use simulator::pbx::{Config, Directory};
use simulator::replay;
use simulator::scenario::{self, Count, Draft};
use simulator::study;

use crate::cli::{Cli, Command, LimitArgs, PbxArgs, ReplayArgs, RunArgs};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Pbx(args) => run_pbx(args).await.map(|()| ExitCode::SUCCESS),
        Command::Replay(args) => run_replay(&args),
        Command::Run(args) => run_scenario(&args).map(|()| ExitCode::SUCCESS),
        Command::Scenarios => list_scenarios().map(|()| ExitCode::SUCCESS),
        Command::Limit(args) => run_limit(&args).map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            // If even stderr is gone, the exit code has to do.
            let _ = writeln!(std::io::stderr(), "simulator: {}", failure.to_string().trim_end());
            // 1 is a finding, such as a replay that diverged.
            ExitCode::from(2)
        }
    }
}

async fn run_pbx(args: PbxArgs) -> Result<(), Failure> {
    let directory = match args.callees {
        Some(file) => Directory::Population(serde_json::from_slice(&std::fs::read(file)?)?),
        None => Directory::ByNumber,
    };
    let server = Server::start(ServerConfig {
        listen: args.listen,
        user: args.user,
        password: args.password,
        seed: args.seed,
        speed: args.speed,
        pbx: Config { version: args.asterisk_version, directory, ..Config::default() },
        ..ServerConfig::default()
    })
    .await?;
    writeln!(std::io::stdout(), "ARI on http://{}/ari", server.addr())?;
    tokio::signal::ctrl_c().await?;
    server.stop().await;
    Ok(())
}

fn run_replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    Ok(replay::report::run(&args.file, args.json, &mut std::io::stdout().lock())?)
}

fn run_limit(args: &LimitArgs) -> Result<(), Failure> {
    let case = Case {
        agents: args.agents,
        answer_rate: args.answer_rate,
        talk_s: args.talk,
        ring_s: args.ring,
        drop: args.drop,
        patience_s: args.patience,
    };
    let optimum = limit::solve(&case)?;
    let shown =
        if args.json { limit::report::json(&case, &optimum) } else { limit::report::text(&case, &optimum) };
    writeln!(std::io::stdout(), "{}", shown.trim_end())?;
    Ok(())
}

fn run_scenario(args: &RunArgs) -> Result<(), Failure> {
    let mut draft = Draft::load(&args.scenario)?;
    if let Some(pacing) = &args.pacing {
        let how = format!("--pacing {pacing}");
        let value = scenario::pacing(pacing).map_err(|problem| format!("{how}: {problem}"))?;
        draft = draft.with("campaign.pacing", value, &how)?;
    }
    let mut scenario = draft.scenario().clone();
    scenario.shift.days = args.days.map_or(scenario.shift.days, Count);
    scenario.agents.count = args.agents.map_or(scenario.agents.count, Count);
    // Drawn on the terminal's standard error, and nowhere where there is none.
    let progress = ProgressBar::new(u64::from(scenario.shift.days.0));
    let study = study::run(&scenario, args.seed, || progress.inc(1));
    progress.finish_and_clear();
    let shown = if args.json { study::report::json(&study) } else { study::report::text(&scenario, &study) };
    writeln!(std::io::stdout(), "{}", shown.trim_end())?;
    Ok(())
}

fn list_scenarios() -> Result<(), Failure> {
    for (name, about) in scenario::presets() {
        writeln!(std::io::stdout(), "{name:<18}{about}")?;
    }
    Ok(())
}
