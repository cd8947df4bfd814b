//! `demo`: a whole campaign in about a minute, without a trunk, a database server or root.
//!
//! Nothing in it is special: the simulated PBX is spoken to over HTTP and WebSocket like any Asterisk, the leads come
//! in by the import, the records go to SQLite, and the figures are those of `report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::Wish;
use engine::agent::AgentState;
use engine::campaign::CampaignState;
use engine::view::View;
use engine::words::CampaignId;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use simulator::pbx::{self, AgentConduct, Directory, Population, Span};

use super::run::start_log;
use super::{Failure, Out};
use crate::clock::Clock;
use crate::config::Config;
use crate::dialer::Dialer;
use crate::import::{self, Plan};
use crate::report::{Period, Report};
use crate::store::Store;
use crate::unique::make_folder;

/// How often the progress display looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What it writes into its folder.
const CONFIGURATION: &str = "ringmaster.toml";
const LEADS: &str = "leads.csv";

/// The campaign's name.
const CAMPAIGN: &str = "demo";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many leads to dial.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    leads: u32,
    /// How many agents talk to them.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=500))]
    agents: u32,
    /// Decides what the callees do.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the database, the configuration and the leads in this folder, to look at them with the other commands.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Write a journal, for `simulator replay`.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Print the figures as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Figures {
    #[serde(flatten)]
    report: Report,
    /// The digest of all commands, with `--journal`.
    digest: Option<String>,
}

pub(super) async fn run(args: Args, out: &mut Out<'_>) -> Result<(), Failure> {
    start_log("warn");
    let own = tempfile::tempdir()?;
    let folder = args.keep.as_deref().unwrap_or(own.path());
    make_folder(folder)?;
    for file in [CONFIGURATION, LEADS] {
        if folder.join(file).exists() {
            return Err(Failure::usage(format!(
                "--keep {}: there is a {file} in it, which would be lost; name a folder without one",
                folder.display()
            )));
        }
    }

    let pbx = pbx::server::Server::start(pbx_config(args.seed)).await?;
    let config = configure(folder, &format!("http://{}", pbx.addr()), &args)?;
    let from = Clock::start().now();
    seed_leads(folder, &config, args.leads).await?;

    let mut dialer = Dialer::start(&config, args.journal.as_deref()).await?;
    dial(&dialer, &args).await?;
    let finish = dialer.finished().await;
    let report = Report::read(&dialer.store, Period { from, to: Clock::start().now() }).await?;
    pbx.stop().await;

    let attempts = report.total.attempts.unwrap_or_default();
    if args.json {
        out.json(&Figures { report, digest: finish.digest })?;
    } else {
        out.line(&report)?;
        out.line(format_args!(
            "attempts: {} opened, {} closed, {} unaccounted",
            attempts.opened, attempts.closed, attempts.unaccounted
        ))?;
        if let Some(digest) = finish.digest {
            out.line(format_args!("digest of all commands: {digest}"))?;
        }
    }
    match attempts.opened == attempts.closed {
        true => Ok(()),
        false => Err(Failure::failed("attempts are unaccounted for: this is a fault of the dialer's")),
    }
}

/// Callees who answer, or do not, in a few seconds, so that a campaign fits into a minute.
fn pbx_config(seed: u64) -> pbx::server::ServerConfig {
    let crowd = Population {
        invalid_ppm: 40_000,
        person_ppm: 280_000,
        machine_ppm: 0,
        busy_ppm: 100_000,
        unavailable_ppm: 570_000,
        ring: Span { min_ms: 500, max_ms: 3_000 },
        talk: Span { min_ms: 800, max_ms: 2_500 },
        patience: Span { min_ms: 1_500, max_ms: 5_000 },
    };
    let pbx = pbx::Config {
        directory: Directory::Population(crowd),
        agent_default: AgentConduct::Answers { ring_ms: 300 },
        sounds: [(MESSAGE.trim_start_matches("sound:").to_owned(), 1_000)].into(),
        ..pbx::Config::default()
    };
    pbx::server::ServerConfig { seed, pbx, ..pbx::server::ServerConfig::default() }
}

/// What callees hear for whom no agent is free.
const MESSAGE: &str = "sound:ringmaster/safe-harbour";

/// The configuration of a small floor, read from a file like any other.
fn configure(folder: &Path, ari: &str, args: &Args) -> Result<Config, Failure> {
    let mut text = format!(
        r#"node = "demo"
data_dir = "."

[ari]
url = "{ari}"
password = "ringmaster"

[[carrier]]
name = "simulated"
trunk = "trunk-demo"
channels = 60
calls_per_second = 50

[[campaign]]
name = "{CAMPAIGN}"
mode = "ratio"
level = 3
carriers = ["simulated"]
message = "{MESSAGE}"
ring_timeout = "15s"
wrap_up = "300ms"

[campaign.retry]
cap = 2
busy = {{ up_to = 1, delay = "5s" }}
no_answer = {{ up_to = 0, delay = "5s" }}
# Tried again only in an hour, it would keep the demo from its end.
bad_number = {{ up_to = 0 }}
"#
    );
    for agent in 1..=args.agents {
        text.push_str(&format!("\n[[agent]]\nname = \"agent-{agent}\"\ncampaign = \"{CAMPAIGN}\"\n"));
    }
    let file = folder.join(CONFIGURATION);
    fs::write(&file, text)?;
    Ok(Config::load(&file, [])?)
}

/// Leads come in as they always do: by the import of a CSV file.
async fn seed_leads(folder: &Path, config: &Config, leads: u32) -> Result<(), Failure> {
    let store = Store::open(config.database.url.expose_secret(), &config.node, Clock::start()).await?;
    store.migrate().await?;
    let ids = config.register(&store).await?;
    let rows: String = (0..leads).map(|lead| format!("+1202{:07},Lead {lead}\n", 5_550_000 + lead)).collect();
    let file = folder.join(LEADS);
    fs::write(&file, format!("phone,name\n{rows}"))?;
    let plan = Plan {
        file: &file,
        list: CAMPAIGN,
        campaigns: &[ids.campaigns[CAMPAIGN]],
        numbering: config.numbering,
        renamed: &[],
        errors: None,
        skip_bad: false,
    };
    let imported = import::import(&store, plan, &mut |_| {}).await?;
    store.close().await;
    match imported.preview.bad_rows {
        0 => Ok(()),
        bad => Err(Failure::failed(format!("{bad} of the demo's own leads are bad"))),
    }
}

/// Agents log in, the campaign starts, and when it is completed the floor is closed.
async fn dial(dialer: &Dialer, args: &Args) -> Result<(), Failure> {
    let campaign = dialer.ids.campaigns[CAMPAIGN];
    while !dialer.floor.view().await?.pbx {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    for &agent in dialer.ids.agents.values() {
        granted(dialer, Wish::LogIn(agent)).await?;
    }
    granted(dialer, Wish::Start(campaign)).await?;
    let progress = progress(args);
    loop {
        let view = dialer.floor.view().await?;
        show(&progress, &view);
        if is_completed(&view, campaign) {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    progress.finish_and_clear();
    granted(dialer, Wish::CloseFloor).await
}

async fn granted(dialer: &Dialer, wish: Wish) -> Result<(), Failure> {
    dialer.floor.ask(wish).await?.map_err(|denial| Failure::failed(denial.to_string()))
}

fn progress(args: &Args) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} leads | {msg}");
    let bar = ProgressBar::new(u64::from(args.leads));
    bar.with_style(style.expect("the template is a constant"))
}

fn show(progress: &ProgressBar, view: &View) {
    let agents = |state| view.agents.iter().filter(|agent| agent.state == state).count();
    let calls = |count: fn(&engine::view::CampaignView) -> u32| view.campaigns.iter().map(count).sum::<u32>();
    progress.set_position(view.closed.min(progress.length().unwrap_or(u64::MAX)));
    progress.set_message(format!(
        "{} in the air, {} waiting, {} talking | agents: {} ready, {} on call, {} in wrap-up",
        calls(|campaign| campaign.in_flight),
        calls(|campaign| campaign.waiting),
        calls(|campaign| campaign.talking),
        agents(AgentState::Ready),
        agents(AgentState::OnCall),
        agents(AgentState::WrapUp),
    ));
}

fn is_completed(view: &View, campaign: CampaignId) -> bool {
    view.campaigns.iter().any(|seen| seen.id == campaign && seen.state == CampaignState::Completed)
}
