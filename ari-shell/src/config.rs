//! The configuration: one TOML file, the environment over it, and every problem told at once that stands in the way of what
//! it is read for.
//!
//! Everything that can have a default has one. A key `k` of the section `[s]` is overridden by the variable
//! `RINGMASTER__S__K` (two underscores each time), a key outside all sections by `RINGMASTER__K`; carriers,
//! campaigns and agents stand in the file only. `ringmaster.example.toml` shows every key.
//!
//! Passwords and the database's address are [`SecretString`]s: they are in no `Debug` output and in no message.

pub(crate) mod duration;
mod floor;
pub(crate) mod flow;
mod geography;
mod hours;
mod ids;
mod problem;
mod section;
mod shell;
mod sinks;
mod texts;
mod tree;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::agent::{PauseCode, Seat};
use engine::amd::AmdRules;
use engine::carrier::{CallerIdPool, Route};
use engine::digits::QueuedDigits;
use engine::flow::{CallFlow, TransferRules};
use engine::lead::{Dispositions, Hours, RetryRules};
use engine::pacing::Pacing;
use engine::recording::RecordingRules;
use engine::words::{Node, PoolId, Prefix, Span};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

pub use hours::Jurisdiction;
pub use ids::Ids;
use problem::{Found, Report};
pub use problem::{Origin, Problem, Problems, Purpose};
use section::Section;
pub(crate) use texts::{one_to_ten, percent, zone};

use crate::numbers::Numbering;

use crate::store::{Cap, Kind, whereabouts};

/// All that the house decides.
#[derive(Debug)]
pub struct Config {
    /// The name of this dialer on its PBX; `rm1` unless given.
    pub node: Node,
    /// Where the shell keeps its files; `data` beside the configuration file unless given.
    pub data_dir: PathBuf,
    /// How numbers are read that come in without + or 00 in front: as those of `country`, or as they stand.
    pub numbering: Numbering,
    /// The database.
    pub database: Database,
    /// The hopper that several nodes share, where there is one.
    pub redis: Option<Redis>,
    /// The PBX.
    pub ari: Ari,
    /// The manager interface of the PBX, where it is to be watched.
    pub ami: Option<Ami>,
    /// The operators' API.
    pub http: Http,
    /// How long the outbox keeps what was delivered; 7 days unless given.
    pub outbox_keep: Span,
    /// The webhooks that are told of calls, each name once.
    pub webhooks: Vec<Webhook>,
    /// The stream in Redis that is told of calls, where there is one.
    pub stream: Option<Stream>,
    /// The carriers, each name once.
    pub carriers: Vec<Carrier>,
    /// The pools of caller ids, each name once; their ids are those of the configuration alone.
    pub caller_ids: Vec<CallerIdPool>,
    /// The campaigns, each name once.
    pub campaigns: Vec<Campaign>,
    /// The agents, each name once.
    pub agents: Vec<Agent>,
    /// What agents may say that they take no calls for, each code once; anything, where there is none.
    pub pause_codes: Vec<PauseRules>,
    /// Do-not-call and allow-lists, each name once; `house` is always among them and everybody keeps to it.
    pub number_lists: Vec<NumberList>,
    /// How often any number may be called.
    pub frequency: Vec<Cap>,
    /// The laws that come with the program, as changed and extended here.
    pub jurisdictions: Vec<Jurisdiction>,
    /// What is wrong, and not with what this was read for.
    found: Found,
}

/// `[database]`
#[derive(Debug)]
pub struct Database {
    /// Its address: `sqlite://` and a path, or `postgres://user:password@host/name`; the file `ringmaster.db` in the data
    /// directory unless given.
    pub url: SecretString,
}

impl Database {
    /// A digest by which databases are told apart; of what is secret nothing goes into it.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(whereabouts(self.url.expose_secret())))
    }
}

/// `[redis]`
#[derive(Debug)]
pub struct Redis {
    /// Its address: `redis://:password@host:port/database`.
    pub url: SecretString,
    /// What its keys begin with; `ringmaster` unless given.
    pub prefix: String,
    /// Whether there is a stream in it that is told of calls; not unless given.
    pub stream: bool,
}

/// `[ari]`
#[derive(Debug)]
pub struct Ari {
    /// Where Asterisk's HTTP server is; always `http://`.
    pub url: String,
    /// The user of `ari.conf`.
    pub user: String,
    /// Their password.
    pub password: SecretString,
    /// The Stasis application.
    pub app: String,
}

/// `[ami]`
#[derive(Debug, Clone)]
pub struct Ami {
    /// Where Asterisk's manager interface is, such as `127.0.0.1:5038`.
    pub address: String,
    /// The user of `manager.conf`.
    pub user: String,
    /// Their password.
    pub password: SecretString,
}

/// `[http]`
#[derive(Debug)]
pub struct Http {
    /// Where the operators' API listens; on the loopback unless remote access is allowed.
    pub listen: SocketAddr,
    /// Whether other machines may reach it.
    pub allow_remote: bool,
    /// By which the floor's figures are shown and nothing else.
    pub metrics_token: Option<SecretString>,
}

/// `[[webhook]]`
#[derive(Debug)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where it is told; it may hold a token. Always `http://`.
    pub url: SecretString,
    /// What it is signed with.
    pub secret: SecretString,
    /// How it is to be treated.
    pub delivery: Delivery,
}

/// `[stream]`
#[derive(Debug)]
pub struct Stream {
    /// The Redis of `[redis]`.
    pub url: SecretString,
    /// What its key begins with, as in `[redis]`.
    pub prefix: String,
    /// Entries that are kept, more or less; a hundred thousand unless given.
    pub length: u32,
    /// How it is to be treated.
    pub delivery: Delivery,
}

/// What is told to a sink, and how often it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What is told; everything unless given.
    pub events: Vec<Kind>,
    /// How long the receiver has to answer, 1 s to 60 s; 10 s unless given.
    pub timeout: Span,
    /// Events on their way at a time, 1 to 256; 8 unless given, 64 to a stream.
    pub connections: u32,
    /// After so many tries an event is given up; 100 unless given.
    pub attempts: u32,
    /// What fails when it is so old is given up; 3 days unless given.
    pub give_up_after: Span,
    /// The longest wait between two tries; an hour unless given.
    pub longest_wait: Span,
}

/// Any sink.
#[derive(Debug, Clone, Copy)]
pub enum SinkConfig<'c> {
    /// A webhook.
    Webhook(&'c Webhook),
    /// The stream.
    Stream(&'c Stream),
}

/// `[[carrier]]`; what each field means stands at [`engine::carrier::CarrierRules`].
#[derive(Debug)]
#[expect(missing_docs, reason = "documented once, at CarrierRules")]
pub struct Carrier {
    pub name: String,
    pub route: Route,
    pub weight: u32,
    pub channels: u32,
    pub calls_per_second: u32,
    pub prefix: Prefix,
    pub caller_id: Option<String>,
    pub caller_ids: Option<PoolId>,
    pub ring_timeout: Option<Span>,
    pub digits: QueuedDigits,
    pub variables: BTreeMap<String, String>,
    pub failures_to_rest: u32,
    pub rest: Span,
    /// How many percent of its last calls have to be answered, or else `check` warns; none where it does not.
    pub least_answered: Option<u32>,
    /// How many calls that is told by.
    pub answered_over: u32,
}

/// `[[campaign]]`; what each field means stands at [`engine::campaign::CampaignRules`].
#[derive(Debug)]
#[expect(missing_docs, reason = "documented once, at CampaignRules")]
pub struct Campaign {
    pub name: String,
    pub pacing: Pacing,
    /// Its zone's name in the IANA database, which has it.
    pub zone: String,
    pub hours: Option<Hours>,
    pub callee_hours: Option<Hours>,
    /// Whether it keeps to the hours of its callees' jurisdictions.
    pub jurisdictions: bool,
    /// Names of lists whose numbers it does not call, beside those that everybody keeps to.
    pub do_not_call: Vec<String>,
    /// Names of lists: where there are any, it calls only their numbers.
    pub call_only: Vec<String>,
    /// Names of carriers, all configured.
    pub carriers: Vec<String>,
    pub caller_id: Option<String>,
    pub caller_ids: Option<PoolId>,
    pub prefix: Prefix,
    pub account: Option<String>,
    pub setup_timeout: Span,
    pub ring_timeout: Span,
    pub talk_limit: Span,
    pub message_within: Span,
    pub greeting: Span,
    pub message: Option<String>,
    pub wrap_up: Span,
    pub retry: RetryRules,
    /// How long a callback waits for the agent it was agreed with.
    pub callback_patience: Span,
    pub repeat_after_drop: Span,
    pub hopper_size: Option<u32>,
    /// The call flow, read and checked.
    pub flow: Option<Arc<CallFlow>>,
    pub amd: Option<Arc<AmdRules>>,
    pub digits: QueuedDigits,
    pub recording: Option<RecordingRules>,
    pub dispositions: Option<Arc<Dispositions>>,
    pub transfers: BTreeMap<String, Arc<TransferRules>>,
}

impl Campaign {
    /// How long a number that was dropped is not dialled as others are; not at all where each call has its agent beforehand.
    pub(crate) const fn kept_for_after_drop(&self) -> Span {
        if self.pacing.reserves() { Span::ZERO } else { self.repeat_after_drop }
    }

    /// Its zone's clocks.
    pub(crate) fn clocks(&self) -> TimeZone {
        TimeZoneDatabase::bundled().get(&self.zone).expect("it was found when the configuration was read")
    }
}

/// `[[do_not_call]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberList {
    /// Its name.
    pub name: String,
    /// How old the version in force may be; a campaign that keeps to an older one dials nothing.
    pub max_age: Option<Span>,
    /// Whether every campaign keeps to it.
    pub everyone: bool,
}

/// `[[agent]]`; what each field means stands at [`engine::agent::AgentRules`].
#[derive(Debug)]
#[expect(missing_docs, reason = "documented once, at AgentRules")]
pub struct Agent {
    pub name: String,
    /// Name of a campaign, configured.
    pub campaign: String,
    pub endpoint: String,
    pub seat: Seat,
    pub ring_timeout: Span,
    pub missed_rings: u8,
}

/// `[[pause_codes]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseRules {
    /// What the agent says.
    pub code: PauseCode,
    /// What people read; the code unless given.
    pub label: String,
    /// Whether the time is paid like work; it is unless given.
    pub paid: bool,
    /// After how long `agent list` says that it takes too long; never unless given.
    pub longest: Option<Span>,
}

impl Config {
    /// Reads the file and lays the environment over it; `env` is [`std::env::vars_os`] or a stand-in.
    ///
    /// # Errors
    /// [`Problems`] holds everything that is wrong, each with its place and with what would be right.
    pub fn load(path: &Path, env: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, Problems> {
        Self::load_for(Purpose::Dial, path, env)
    }

    /// The same for less than dialling: what is wrong beyond that is left out, or as if it were not given.
    ///
    /// # Errors
    /// [`Problems`] holds everything that is wrong for that purpose.
    pub fn load_for(
        purpose: Purpose,
        path: &Path,
        env: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Problems> {
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Self::parse(purpose, path, &text, env)
    }

    /// Whether it is right for more than what it was read for.
    ///
    /// # Errors
    /// [`Problems`] holds everything that is wrong for that purpose.
    pub fn suits(&self, purpose: Purpose) -> Result<(), Problems> {
        self.found.suits(purpose)
    }

    /// Whether it says where Asterisk is and who asks there, whatever else is wrong with it.
    ///
    /// # Errors
    /// [`Problems`] holds all that is wrong with that.
    pub fn finds_asterisk(&self) -> Result<(), Problems> {
        self.found.suits_section("ari")
    }

    fn parse(
        purpose: Purpose,
        path: &Path,
        text: &str,
        env: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Problems> {
        let syntax = Report::default();
        let mut tree = tree::parse(text, &syntax);
        // Of what is no TOML nothing else can be said.
        syntax.finish(path)?;
        let env = env.into_iter().collect();
        let report = Report::default();
        tree::overlay(&mut tree, &env, &report);
        let config = read(tree, report, path, &env);
        config.suits(purpose)?;
        Ok(config)
    }
}

/// What could not be read is left out, or has its default; the report says what it was.
fn read(tree: tree::Table, report: Report, path: &Path, env: &sinks::Env) -> Config {
    let mut root = Section::root(tree, &report);
    let home = path.parent().unwrap_or(Path::new(""));
    let shell = shell::read(&mut root, home);
    let floor = floor::read(&mut root, home);
    let jurisdictions = hours::jurisdictions(&mut root, &geography::BUNDLED);
    let frequency = hours::caps(&mut root);
    let sinks = sinks::read(&mut root, &shell, env);
    root.finish();
    Config {
        node: shell.node,
        data_dir: shell.data_dir,
        numbering: shell.numbering,
        database: shell.database,
        redis: shell.redis,
        ari: shell.ari,
        ami: shell.ami,
        http: shell.http,
        outbox_keep: sinks.keep,
        webhooks: sinks.webhooks,
        stream: sinks.stream,
        carriers: floor.carriers,
        caller_ids: floor.caller_ids,
        campaigns: floor.campaigns,
        agents: floor.agents,
        pause_codes: floor.pause_codes,
        number_lists: floor.number_lists,
        frequency,
        jurisdictions,
        found: report.found(path),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problems {
    Problems {
        file: path.to_owned(),
        list: vec![Problem {
            origin: Origin::File,
            key: String::new(),
            problem: format!(
                "cannot be read ({error}); copy ringmaster.example.toml there, or name another file with --config"
            ),
        }],
    }
}

#[cfg(test)]
mod tests;
