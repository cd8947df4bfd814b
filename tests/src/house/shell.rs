//! The shell of a house: a process of its own, started and ended as its users do.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::House;

/// How long the shell may take to be ready, and to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How a shell ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub printed: String,
}

impl House {
    /// Starts the shell, with its journal, and does not wait for it.
    ///
    /// # Panics
    /// Where the program is not there.
    pub fn spawn(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.folder().join("log"));
        let shell = program("ari-shell")
            .current_dir(self.folder())
            .args(["run", "--journal", "journal"])
            .env("RINGMASTER_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("the log is opened"))
            .spawn();
        self.shell = Some(shell.expect("ari-shell runs"));
    }

    /// Starts the shell, with its journal, and waits until what Asterisk holds has been compared.
    ///
    /// # Panics
    /// Where it is not ready in time.
    pub async fn open(&mut self) {
        self.spawn();
        let end = Instant::now() + PATIENCE;
        while !self.is_ready().await {
            let ended = self.shell.as_mut().and_then(|shell| shell.try_wait().ok().flatten());
            assert!(ended.is_none(), "the shell has ended: {}", self.log());
            assert!(Instant::now() < end, "the shell is not ready: {}", self.log());
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

    /// Asks the shell to end, as a service manager would, and waits until it has.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub async fn terminate(&mut self) -> Ended {
        self.interrupt();
        self.ended().await
    }

    /// Sends the signal that closes the floor, or leaves it where it was sent before, and does not wait.
    ///
    /// # Panics
    /// Where no shell runs.
    pub fn interrupt(&self) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).expect("a process id"));
        kill(pid, Signal::SIGTERM).expect("the shell takes signals");
    }

    /// Whether the shell has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.shell.as_mut().is_some_and(|shell| matches!(shell.try_wait(), Ok(None)))
    }

    /// Waits until the shell has ended.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub async fn ended(&mut self) -> Ended {
        let mut shell = self.shell.take().expect("a shell runs");
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = shell.try_wait().expect("the shell can be waited for") {
                break status;
            }
            if Instant::now() > end {
                shell.kill().expect("it can be killed");
                panic!("the shell does not end: {}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let mut printed = String::new();
        let mut stdout = shell.stdout.take().expect("it was piped");
        stdout.read_to_string(&mut printed).expect("it is text");
        Ended { code: status.code(), printed }
    }

    /// Closes the floor as an operator would, and gives what the shell printed.
    ///
    /// # Panics
    /// Where it does not end in time, or not well.
    pub async fn close(&mut self) -> String {
        self.interrupt();
        self.ended_well().await
    }

    /// Waits until the shell has ended, and gives what it printed.
    ///
    /// # Panics
    /// Where it does not end in time, or not well.
    pub async fn ended_well(&mut self) -> String {
        let ended = self.ended().await;
        assert_eq!(ended.code, Some(0), "the shell did not end well: {}{}", ended.printed, self.log());
        ended.printed
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

/// Runs `ari-shell` to its end in that folder: exit code, standard output, standard error.
pub(super) fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = program("ari-shell")
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("ari-shell runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Ends a shell that nobody closed.
pub(super) fn reap(mut shell: Child) {
    // It may have ended by itself.
    let _ = shell.kill();
    let _ = shell.wait();
}

/// A program of this workspace, as built beside the tests.
///
/// # Panics
/// Where it is not built.
#[must_use]
pub fn program(name: &str) -> Command {
    let tests = std::env::current_exe().expect("a test knows its own place");
    let folder = tests.ancestors().nth(2).expect("tests are two folders below the programs");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is not built: run `cargo build --workspace` first", program.display());
    Command::new(program)
}
