//! The house: a dialer as its users run it. A configuration file, the `ari-shell` program as a process of its own, and
//! the operators' API; the database is read from outside.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ari_shell::config::Config;
use ari_shell::http::{AgentVerb, Board, CampaignVerb};
use ari_shell::operator::Running;
use engine::campaign::CampaignState;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqliteRow};
use tempfile::TempDir;

use crate::lab::asterisk::PASSWORD;
use crate::lab::{project, say};

/// How long the shell may take to be ready, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A house with its folder. Dropping it kills the shell and leaves nothing.
#[derive(Debug)]
pub struct House {
    folder: TempDir,
    config: Config,
    shell: Option<Child>,
}

/// One row of the call log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The attempt.
    pub attempt: i64,
    /// The canonical number.
    pub number: String,
    /// Which attempt on the queue item.
    pub nth: i64,
    /// The result.
    pub result: String,
    /// The carrier's name.
    pub carrier: String,
    /// The agent's name.
    pub agent: Option<String>,
    /// When the gate let it pass, microseconds.
    pub created_at: i64,
    /// When its originate was given out, after its intent was durable.
    pub placed_at: Option<i64>,
    /// When it was answered, microseconds.
    pub answered_at: Option<i64>,
    /// When callee and agent were both in the bridge.
    pub bridged_at: Option<i64>,
    /// When it ended.
    pub ended_at: i64,
    /// How many carriers were tried.
    pub tries: usize,
}

impl Logged {
    /// The three digits of a test number that say what the callee does.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.number.get(4..7).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// From the answer until the agent was there.
    #[must_use]
    pub fn answer_to_agent(&self) -> Option<Duration> {
        let micros = self.bridged_at? - self.answered_at?;
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }
}

impl House {
    /// A house whose configuration is `rules` (carriers, campaigns, agents) and this PBX, with an empty database.
    ///
    /// # Panics
    /// Where the configuration is wrong or the folder cannot be written: a fault of the test.
    #[must_use]
    pub fn furnish(pbx_url: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let text = format!(
            "data_dir = \".\"\n[ari]\nurl = \"{pbx_url}\"\npassword = \"{PASSWORD}\"\n\
             [http]\nlisten = \"127.0.0.1:{port}\"\n{rules}"
        );
        let file = folder.path().join("ringmaster.toml");
        fs::write(&file, text).expect("the configuration is written");
        let config = Config::load(&file, []).unwrap_or_else(|problems| panic!("{problems}"));
        let house = Self { folder, config, shell: None };
        house.must(&["migrate"]);
        house
    }

    /// The house's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// Runs a command of `ari-shell` to its end: exit code, standard output, standard error.
    ///
    /// # Panics
    /// Where the program is not there.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> (i32, String, String) {
        let output = program("ari-shell")
            .current_dir(self.folder.path())
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("ari-shell runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// The same, for a command that must succeed.
    ///
    /// # Panics
    /// Where it fails.
    pub fn must(&self, args: &[&str]) -> String {
        let (code, out, err) = self.command(args);
        assert_eq!(code, 0, "ari-shell {args:?}: {out}{err}");
        out
    }

    /// Imports numbers as leads of a campaign, in this order.
    ///
    /// # Panics
    /// Where the import fails.
    pub fn import(&self, campaign: &str, numbers: impl IntoIterator<Item = String>) {
        let mut csv = "phone\n".to_owned();
        for number in numbers {
            writeln!(csv, "{number}").expect("a string takes everything");
        }
        fs::write(self.folder.path().join("leads.csv"), csv).expect("the leads are written");
        self.must(&["import", "leads.csv", "--campaign", campaign]);
    }

    /// Starts the shell, with its journal, and waits until what Asterisk holds has been compared.
    ///
    /// # Panics
    /// Where it is not ready in time.
    pub async fn open(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log"));
        let shell = program("ari-shell")
            .current_dir(self.folder.path())
            .args(["run", "--journal", "journal"])
            .env("RINGMASTER_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("the log is opened"))
            .spawn();
        self.shell = Some(shell.expect("ari-shell runs"));
        let end = Instant::now() + PATIENCE;
        while !self.is_ready().await {
            let ended = self.shell.as_mut().and_then(|shell| shell.try_wait().ok().flatten());
            assert!(ended.is_none(), "the shell has ended: {}", self.log());
            assert!(Instant::now() < end, "the shell is not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        match Running::find(&self.config).await {
            Ok(Some(running)) => running.view().await.is_ok_and(|board| board.pbx),
            Ok(None) | Err(_) => false,
        }
    }

    /// The operators' way to the running shell.
    ///
    /// # Panics
    /// Where none runs.
    pub async fn operator(&self) -> Running {
        Running::find(&self.config).await.expect("the shell can be asked").expect("the shell runs")
    }

    /// What the screen shows.
    ///
    /// # Panics
    /// Where the shell does not answer.
    pub async fn board(&self) -> Board {
        self.operator().await.view().await.expect("the shell shows its floor")
    }

    /// Logs in every agent of the configuration and starts every campaign.
    ///
    /// # Panics
    /// Where one is denied.
    pub async fn start(&self) {
        let operator = self.operator().await;
        for agent in &self.config.agents {
            operator.agent(&agent.name, AgentVerb::LogIn).await.expect("the agent is let in");
        }
        for campaign in &self.config.campaigns {
            operator.campaign(&campaign.name, CampaignVerb::Start).await.expect("the campaign starts");
        }
    }

    /// Waits until every campaign is completed.
    ///
    /// # Panics
    /// Where that takes longer than `limit`.
    pub async fn until_completed(&self, limit: Duration) {
        let end = Instant::now() + limit;
        loop {
            let board = self.board().await;
            if board.campaigns.iter().all(|campaign| campaign.view.state == CampaignState::Completed) {
                return;
            }
            assert!(Instant::now() < end, "not completed: {board:#?}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the screen shows what is wanted; it is asked every 20 ms.
    ///
    /// # Panics
    /// Where that takes longer than `limit`.
    pub async fn until(&self, limit: Duration, what: &str, wanted: impl Fn(&Board) -> bool) {
        let end = Instant::now() + limit;
        loop {
            let board = self.board().await;
            if wanted(&board) {
                return;
            }
            assert!(Instant::now() < end, "not {what}: {board:#?}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The process of the shell.
    ///
    /// # Panics
    /// Where none runs.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.shell.as_ref().expect("a shell runs").id()
    }

    /// Kills the shell as a crash would.
    ///
    /// # Panics
    /// Where none runs.
    pub fn kill(&mut self) {
        let mut shell = self.shell.take().expect("a shell runs");
        shell.kill().expect("it can be killed");
        shell.wait().expect("it has ended");
    }

    /// Closes the floor as an operator would, and gives what the shell printed.
    ///
    /// # Panics
    /// Where it does not end in time, or not well.
    pub async fn close(&mut self) -> String {
        self.terminate();
        self.ended().await
    }

    /// Sends the signal that closes the floor, or leaves it where it was sent before.
    ///
    /// # Panics
    /// Where no shell runs.
    pub fn terminate(&self) {
        let shell = self.shell.as_ref().expect("a shell runs");
        let pid = Pid::from_raw(i32::try_from(shell.id()).expect("a process id"));
        kill(pid, Signal::SIGTERM).expect("the shell takes signals");
    }

    /// Whether the shell has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.shell.as_mut().is_some_and(|shell| matches!(shell.try_wait(), Ok(None)))
    }

    /// Waits for the end of a shell that was told to end, and gives what it printed.
    ///
    /// # Panics
    /// Where it does not end in time, or not well.
    pub async fn ended(&mut self) -> String {
        let mut shell = self.shell.take().expect("a shell runs");
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = shell.try_wait().expect("the shell can be waited for") {
                break status;
            }
            if Instant::now() > end {
                shell.kill().expect("it can be killed");
                panic!("the floor does not close: {}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let mut printed = String::new();
        let mut stdout = shell.stdout.take().expect("it was piped");
        stdout.read_to_string(&mut printed).expect("it is text");
        assert!(status.success(), "the shell ended with {status}: {printed}{}", self.log());
        printed
    }

    /// The end of the shell's log.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// The call log, by attempt.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn logged(&self) -> Vec<Logged> {
        let query = "SELECT call_log.*, carriers.name AS carrier, agents.name AS agent FROM call_log \
                     JOIN carriers ON carriers.id = call_log.carrier_id \
                     LEFT JOIN agents ON agents.id = call_log.agent_id ORDER BY attempt_id";
        let rows = sqlx::query(query).fetch_all(&self.database().await).await.expect("the call log is read");
        rows.iter().map(logged).collect()
    }

    /// One number out of the database.
    ///
    /// # Panics
    /// Where the query fails.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.database().await).await.expect("the query is answered")
    }

    async fn database(&self) -> SqlitePool {
        let file = self.folder.path().join("ringmaster.db");
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(file))
            .await
            .expect("the database is there")
    }

    /// Replays the journal: exit code and what was printed.
    ///
    /// # Panics
    /// Where the program is not there.
    #[must_use]
    pub fn replay(&self) -> (i32, String) {
        replay(&self.journal())
    }
}

/// Replays a journal: exit code and what was printed.
///
/// # Panics
/// Where the program is not there.
#[must_use]
pub fn replay(journal: &Path) -> (i32, String) {
    let output = program("simulator").arg("replay").arg(journal).output().expect("simulator runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            // It may have ended by itself.
            let _ = shell.kill();
            let _ = shell.wait();
        }
        if std::thread::panicking() {
            keep(self.folder.path());
        }
    }
}

/// Keeps the log and the journal of a failed test beside Asterisk's log.
fn keep(folder: &Path) {
    let kept = project().join("target/lab/failed").join(folder.file_name().unwrap_or_default());
    let copied = fs::create_dir_all(&kept).and_then(|()| {
        ["log", "journal"].iter().try_for_each(|file| fs::copy(folder.join(file), kept.join(file)).map(drop))
    });
    match copied {
        Ok(()) => say(&format!("the shell's log and journal are kept in {}", kept.display())),
        Err(error) => say(&format!("the shell's log and journal could not be kept: {error}")),
    }
}

fn logged(row: &SqliteRow) -> Logged {
    let tries: Vec<serde_json::Value> = serde_json::from_str(row.get("tries")).expect("tries are JSON");
    Logged {
        attempt: row.get("attempt_id"),
        number: row.get("number"),
        nth: row.get("nth"),
        result: row.get("result"),
        carrier: row.get("carrier"),
        agent: row.get("agent"),
        created_at: row.get("created_at"),
        placed_at: row.get("placed_at"),
        answered_at: row.get("answered_at"),
        bridged_at: row.get("bridged_at"),
        ended_at: row.get("ended_at"),
        tries: tries.len(),
    }
}

/// How often each result came, by the code of the number.
#[must_use]
pub fn by_code(calls: &[Logged]) -> BTreeMap<u16, BTreeMap<String, usize>> {
    let mut table: BTreeMap<u16, BTreeMap<String, usize>> = BTreeMap::new();
    for call in calls {
        *table.entry(call.code()).or_default().entry(call.result.clone()).or_default() += 1;
    }
    table
}

/// A program of this workspace, as built beside the tests.
fn program(name: &str) -> Command {
    let tests = std::env::current_exe().expect("a test knows its own place");
    let folder = tests.ancestors().nth(2).expect("tests are two folders below the programs");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is not built: run `cargo build --workspace` first", program.display());
    Command::new(program)
}
