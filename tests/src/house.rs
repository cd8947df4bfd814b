//! The house: a dialer as its users run it. A configuration file, the `ari-shell` program as a process of its own, and
//! the operators' API; the database is read from outside.

mod records;
mod shell;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use ari_shell::config::Config;
use ari_shell::http::{AgentVerb, Board, CampaignVerb};
use ari_shell::operator::Running;
use engine::campaign::CampaignState;
use tempfile::TempDir;

pub use records::{Logged, by_code};
pub use shell::{Ended, program, replay};

use crate::lab::asterisk::PASSWORD;
use crate::lab::{port, project, say};

/// A house with its folder. Dropping it kills the shell and leaves nothing.
#[derive(Debug)]
pub struct House {
    folder: TempDir,
    config: Config,
    shell: Option<Child>,
}

impl House {
    /// A house whose configuration is `rules` (carriers, campaigns, agents) and this PBX, with an empty database.
    ///
    /// # Panics
    /// Where the configuration is wrong or the folder cannot be written: a fault of the test.
    #[must_use]
    pub fn furnish(pbx_url: &str, rules: &str) -> Self {
        let house = Self::unmigrated(pbx_url, rules);
        house.must(&["migrate"]);
        house
    }

    /// The same before anybody has made its tables.
    ///
    /// # Panics
    /// Where the configuration is wrong or the folder cannot be written: a fault of the test.
    #[must_use]
    pub fn unmigrated(pbx_url: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = port::free().expect("a port");
        let text = format!(
            "data_dir = \".\"\n[ari]\nurl = \"{pbx_url}\"\npassword = \"{PASSWORD}\"\n\
             [http]\nlisten = \"127.0.0.1:{port}\"\n{rules}"
        );
        let file = folder.path().join("ringmaster.toml");
        fs::write(&file, text).expect("the configuration is written");
        let config = Config::load(&file, []).unwrap_or_else(|problems| panic!("{problems}"));
        Self { folder, config, shell: None }
    }

    /// The house's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Changes the configuration file behind the tests' back, as an operator's editor would.
    ///
    /// # Panics
    /// Where `from` is not in it, or it cannot be written.
    pub fn amend(&self, from: &str, to: &str) {
        let file = self.folder.path().join("ringmaster.toml");
        let text = fs::read_to_string(&file).expect("the configuration is there");
        assert!(text.contains(from), "{from} is not in {text}");
        fs::write(&file, text.replacen(from, to, 1)).expect("the configuration is written");
    }

    /// A text with everything in it that differs from run to run replaced by its name.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let address = self.config.http.listen.to_string();
        text.replace(&self.folder.path().display().to_string(), "[folder]")
            .replace(&self.config.ari.url, "[pbx]")
            .replace(&address, "[operators' address]")
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
        shell::run(self.folder.path(), args)
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
        let running = Running::find(&self.config).await.expect("the shell can be asked");
        running.unwrap_or_else(|| panic!("no shell runs:\n{}", self.log()))
    }

    /// What the screen shows.
    ///
    /// # Panics
    /// Where the shell does not answer.
    pub async fn board(&self) -> Board {
        self.seen_by(&self.operator().await).await
    }

    async fn seen_by(&self, operator: &Running) -> Board {
        let board = operator.view().await;
        board.unwrap_or_else(|error| panic!("the shell does not show its floor: {error}\n{}", self.log()))
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

    /// An agent asks for something.
    ///
    /// # Panics
    /// Where it is denied.
    pub async fn asks(&self, agent: &str, verb: AgentVerb) {
        self.operator().await.agent(agent, verb).await.expect("it is granted");
    }

    /// Waits until every campaign is completed.
    ///
    /// # Panics
    /// Where that takes longer than `limit`.
    pub async fn until_completed(&self, limit: Duration) {
        let (operator, end) = (self.operator().await, Instant::now() + limit);
        loop {
            let board = self.seen_by(&operator).await;
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
        let (operator, end) = (self.operator().await, Instant::now() + limit);
        loop {
            let board = self.seen_by(&operator).await;
            if wanted(&board) {
                return;
            }
            assert!(Instant::now() < end, "not {what}: {board:#?}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The end of the shell's log.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(shell) = self.shell.take() {
            shell::reap(shell);
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
