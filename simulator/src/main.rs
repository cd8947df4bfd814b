//! The `simulator` program: picks the subcommand and reports its failure.

mod cli;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use indicatif::{ProgressBar, ProgressStyle};
use output::{Out, Place};
use simulator::limit::{self, Case};
use simulator::pbx::server::{Server, ServerConfig};
use simulator::pbx::{Config, Directory, Population};
use simulator::replay;
use simulator::report;
use simulator::scenario::{self, Draft};
use simulator::study;
use simulator::study::design::{Design, Setting};
use simulator::study::experiment::Experiment;
use simulator::study::surroundings::Surroundings;

use crate::cli::{Cli, Command, CompareArgs, LimitArgs, PbxArgs, PlayArgs, ReplayArgs, RunArgs, SweepArgs};

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(100);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Pbx(args) => run_pbx(args).await.map(|()| ExitCode::SUCCESS),
        Command::Replay(args) => run_replay(&args),
        Command::Run(args) => run(&args).map(|()| ExitCode::SUCCESS),
        Command::Sweep(args) => sweep(&args).map(|()| ExitCode::SUCCESS),
        Command::Compare(args) => compare(&args).map(|()| ExitCode::SUCCESS),
        Command::Scenarios => list_scenarios().map(|()| ExitCode::SUCCESS),
        Command::Limit(args) => run_limit(&args).map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            // If even stderr is gone, the exit code has to do.
            let _ = writeln!(io::stderr(), "simulator: {}", failure.to_string().trim_end());
            // 1 is a finding, such as a replay that diverged.
            ExitCode::from(2)
        }
    }
}

async fn run_pbx(args: PbxArgs) -> Result<(), Failure> {
    let directory = match args.callees {
        Some(file) => population(&file)?,
        None => Directory::ByNumber { keys: BTreeMap::new() },
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
    .await
    .map_err(|error| {
        // What cannot be listened at is told with its address, and a figure by its name.
        let is_figure = error.kind() == io::ErrorKind::InvalidInput;
        if is_figure { error.to_string() } else { format!("--listen {}: {error}", args.listen) }
    })?;
    writeln!(Out::stdout(), "ARI on http://{}/ari", server.addr())?;
    tokio::signal::ctrl_c().await?;
    server.stop().await;
    Ok(())
}

fn population(file: &Path) -> Result<Directory, Failure> {
    let told = |error: &dyn std::error::Error| format!("--callees {}: {error}", file.display());
    let text = std::fs::read(file).map_err(|error| told(&error))?;
    let population: Population = serde_json::from_slice(&text).map_err(|error| told(&error))?;
    population.check().map_err(|problem| format!("--callees {}: {problem}", file.display()))?;
    Ok(Directory::Population(population))
}

fn run_replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    Ok(replay::report::run(&args.file, args.json, &mut Out::stdout())?)
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
    // A file that cannot be written is told of before the pool is solved.
    let file = args.report.as_deref().map(|path| Sheet::open(path, &[])).transpose()?;
    let progress = ProgressBar::new_spinner().with_message("solving");
    progress.enable_steady_tick(TICK);
    let optimum = limit::solve(&case)?;
    if let Some(file) = file {
        file.write(&report::limit_html(&case, &optimum))?;
    }
    progress.finish_and_clear();
    let shown =
        if args.json { limit::report::json(&case, &optimum) } else { limit::report::text(&case, &optimum) };
    writeln!(Out::stdout(), "{}", shown.trim_end())?;
    Ok(())
}

fn run(args: &RunArgs) -> Result<(), Failure> {
    let draft = load(&args.scenario, args.pacing.as_ref(), &args.play)?;
    play(Design::run(draft), &args.play)
}

fn sweep(args: &SweepArgs) -> Result<(), Failure> {
    let given = exchanged(&args.play).map(|(field, option, number)| (field, option, number.is_some()));
    let pacing = ("campaign.pacing", "--pacing", args.pacing.is_some());
    for (field, option, is_given) in given.into_iter().chain([pacing]) {
        if is_given && args.over.replaces(field) {
            return Err(format!("{option}: --over says {field} already: leave out one of them").into());
        }
    }
    let draft = load(&args.scenario, args.pacing.as_ref(), &args.play)?;
    play(Design::sweep(&draft, &args.over)?, &args.play)
}

fn compare(args: &CompareArgs) -> Result<(), Failure> {
    let drafts: Vec<Draft> =
        args.scenarios.iter().map(|name| load(name, None, &args.play)).collect::<Result<_, _>>()?;
    play(Design::compare(&drafts, &args.pacings)?, &args.play)
}

/// The fields that have options of their own, and what these say.
fn exchanged(args: &PlayArgs) -> [(&'static str, &'static str, Option<u32>); 2] {
    [("shift.days", "--days", args.days), ("agents.count", "--agents", args.agents)]
}

/// A scenario with what the command line exchanges in it.
fn load(name: &str, pacing: Option<&toml::Value>, args: &PlayArgs) -> Result<Draft, Failure> {
    let mut draft = Draft::load(name)?;
    for (field, option, number) in exchanged(args) {
        if let Some(number) = number {
            draft = draft.with(field, number.into(), option)?;
        }
    }
    if let Some(pacing) = pacing {
        draft = draft.paced(pacing)?;
    }
    Ok(draft)
}

fn play(design: Design, args: &PlayArgs) -> Result<(), Failure> {
    // A file that cannot be written is told of before the days are played.
    let sources: Vec<&str> = design.drafts.iter().filter_map(Draft::file).collect();
    let file = args.report.as_deref().map(|path| Sheet::open(path, &sources)).transpose()?;
    let around = file.is_some().then(|| Surroundings::of(&design));
    let progress = days_to_play(&design, around.as_ref());
    let done = || progress.inc(1);
    let experiment = Experiment::play(design, args.seed, args.drop_limit, done);
    if let (Some(file), Some(around)) = (file, around) {
        let around = around.play(&experiment, done);
        // All days are played, but the limit line of a large pool takes a while yet.
        progress.set_style(
            ProgressStyle::with_template("{spinner} drawing the report").expect("a right template"),
        );
        progress.enable_steady_tick(TICK);
        file.write(&report::html(&experiment, &around))?;
    }
    progress.finish_and_clear();
    let shown = if args.json { study::report::json(&experiment) } else { study::report::text(&experiment) };
    writeln!(Out::stdout(), "{}", shown.trim_end())?;
    Ok(())
}

/// The file of a report, and what it is called.
struct Sheet<'a>(&'a Path, Place);

impl<'a> Sheet<'a> {
    /// Not in the place of one of the files that it is made from.
    fn open(path: &'a Path, sources: &[&str]) -> Result<Self, String> {
        if path == Path::new("-") {
            return Err(
                "--report -: give /dev/stdout for standard output, or ./- for a file of that name".to_owned()
            );
        }
        let end = |path: &Path| path.canonicalize().ok();
        if let Some(source) =
            sources.iter().find(|source| end(path).is_some() && end(path) == end(Path::new(source)))
        {
            let report = path.display();
            return Err(format!(
                "--report {report}: is the scenario {source}, which the report would replace"
            ));
        }
        Ok(Self(path, named(path, Place::of(path))?))
    }

    fn write(self, report: &str) -> Result<(), String> {
        let Self(path, place) = self;
        named(path, place.write(report.as_bytes()))
    }
}

fn named<T>(report: &Path, done: io::Result<T>) -> Result<T, String> {
    done.map_err(|error| format!("--report {}: {error}", report.display()))
}

/// A bar on the terminal's standard error, and nowhere where there is none.
fn days_to_play(design: &Design, around: Option<&Surroundings<Setting>>) -> ProgressBar {
    let unplayed = around.map(|around| around.unplayed(&design.settings)).unwrap_or_default();
    let settings = design.settings.iter().chain(unplayed);
    let days = settings.map(|setting| u64::from(setting.scenario.shift.days.0)).sum();
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} days, {eta} left");
    ProgressBar::new(days).with_style(style.expect("a right template"))
}

fn list_scenarios() -> Result<(), Failure> {
    for (name, about) in scenario::presets() {
        writeln!(Out::stdout(), "{name:<18}{about}")?;
    }
    Ok(())
}
