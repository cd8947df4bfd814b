//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use simulator::scenario;
use simulator::study::design::Over;

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
    /// first such place is printed. 2: the file cannot be read as a journal, which is told on standard error, or in the JSON
    /// object.
    Replay(ReplayArgs),
    /// Play the days of a scenario, and tell how busy agents were and how many answers were dropped.
    Run(RunArgs),
    /// Play a scenario with one of its fields varied, and tell what that changes.
    Sweep(SweepArgs),
    /// Play a scenario with several policies, or several scenarios, and tell how much each day differs.
    ///
    /// The same day of each meets the same people. Intervals are 95 %, by Student's t over the days' differences.
    Compare(CompareArgs),
    /// List the scenarios that come with the program.
    Scenarios,
    /// Compute the best that any pacing can reach with a pool, and the table that reaches it.
    ///
    /// Exact for exponential conversations and rings, an answer rate known beforehand, and dials that cost nothing. The
    /// patience of callers who wait is Erlang-4. Three of them wait at most, or up to five where three cost more than a tenth
    /// of a point; the next one is a drop at once. Where five are not enough either, it is refused.
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
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: u64,
    /// Simulated seconds per real second, 0.001 to 1000000.
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub(crate) speed: f64,
    /// A JSON file with the shares and times of a random crowd (`{}` for the default one). Without it the dialled
    /// number says what happens.
    #[arg(long, value_name = "FILE")]
    pub(crate) callees: Option<PathBuf>,
    /// The Asterisk version to claim, such as 22.10.1, 22.11.0-rc1, certified-22.8-cert1 or GIT-22-69535d4837.
    #[arg(long, default_value = "22.10.1", value_parser = asterisk_version)]
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
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) agents: u32,
    /// Probability that a dialled call is answered by a person, 0.001 to 1.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(crate) answer_rate: f64,
    /// Mean conversation and wrap-up, in seconds, 1 to 36000.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) talk: f64,
    /// Mean time a call rings, in seconds, 0.1 to 600.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, default_value_t = 10.0)]
    pub(crate) ring: f64,
    /// Most drops allowed per answered call, 0 to 0.5.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, default_value_t = 0.03)]
    pub(crate) drop: f64,
    /// Mean time an answered caller waits for an agent before it counts as a drop, in seconds: 0, or 0.1 to 60.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, default_value_t = 0.0)]
    pub(crate) patience: f64,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report with plots, one HTML file that needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A preset's name, or a TOML file.
    pub(crate) scenario: String,
    /// A pacing, instead of the scenario's: progressive, ratio=2.0, predictive (3 %), predictive=0.01, broadcast=60 (dials
    /// a minute), or any value of `campaign.pacing` as a scenario has it.
    #[arg(long, value_name = "POLICY", value_parser = scenario::pacing)]
    pub(crate) pacing: Option<toml::Value>,
    #[command(flatten)]
    pub(crate) play: PlayArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// A preset's name, or a TOML file.
    pub(crate) scenario: String,
    /// The field to vary, by its path in the scenario, and its values: from..to:count, or a list with commas.
    /// For example agents.count=10..50:5, campaign.pacing.ratio=1,1.5,2 or agents.talk.lognormal.mean=60..120:4. One of
    /// several is named by its number: carriers.2.channels=5,10.
    #[arg(long, value_name = "FIELD=VALUES")]
    pub(crate) over: Over,
    /// A pacing, instead of the scenario's, as for `run`.
    #[arg(long, value_name = "POLICY", value_parser = scenario::pacing)]
    pub(crate) pacing: Option<toml::Value>,
    #[command(flatten)]
    pub(crate) play: PlayArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// One scenario or more: a preset's name, or a TOML file.
    #[arg(required = true, value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// A pacing, instead of the scenario's, as for `run`; once for each that is to be compared.
    #[arg(long = "pacing", value_name = "POLICY", value_parser = scenario::pacing)]
    pub(crate) pacings: Vec<toml::Value>,
    #[command(flatten)]
    pub(crate) play: PlayArgs,
}

/// How days are played, and where what they show goes.
#[derive(Debug, Args)]
pub(crate) struct PlayArgs {
    /// Days, instead of the scenario's; 1 to 10,000.
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) days: Option<u32>,
    /// Agents of the first group, instead of the scenario's; 1 to 10,000.
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) agents: Option<u32>,
    /// Seed of everything random. Settings with the same seed meet the same people, day by day.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: u64,
    /// Most drops per answer that a window, which mostly is a day, may have, 0.001 to 0.5. Without it the limit that all predictive policies here
    /// share, or else 0.03.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = drop_limit)]
    pub(crate) drop_limit: Option<f64>,
    /// Print one JSON object instead of text. A figure that is of nothing is null. Intervals and differences have a `mean`
    /// and the ends of its 95 % interval as the table shows them, `low` and `high`, which are null where there is but one
    /// window.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report with plots, one HTML file that needs nothing else. What it shows around the scenario is played
    /// as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// What Asterisk calls itself where it was built without knowing its version.
const UNKNOWN: &str = "UNKNOWN__and_probably_unsupported";

fn asterisk_version(text: &str) -> Result<String, String> {
    let release = text.strip_prefix("certified").map_or(text, |rest| rest.trim_start_matches(['-', '/']));
    let mut numbers = release.split('.').map(|part| part.starts_with(|sign: char| sign.is_ascii_digit()));
    let is_release = numbers.next() == Some(true) && numbers.next() == Some(true);
    let is_branch = text.strip_prefix("GIT-").is_some_and(|branch| !branch.is_empty());
    if is_release || is_branch || text == UNKNOWN {
        return Ok(text.to_owned());
    }
    Err(format!(
        "no Asterisk says this: must be such as 22.10.1, 22.11.0-rc1, certified-22.8-cert1, GIT-22-69535d4837 or {UNKNOWN}"
    ))
}

fn drop_limit(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.001..=0.5).contains(share));
    share.ok_or_else(|| "must be a share of the answers, 0.001 to 0.5 (3 % is 0.03)".to_owned())
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be a whole number from 0 to {}", u64::MAX))
}
