//! A PostgreSQL of the tests' own, as `tests/lab/postgres.sh` starts it: gone soon after the process that asked for it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{project, say};

/// The names under which the script tells what it has started.
const URL: &str = "RINGMASTER_POSTGRES";
const FOLDER: &str = "RINGMASTER_POSTGRES_FOLDER";

/// A server on a free port of the loopback.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// Its address, with a database that is not ours.
    url: String,
    folder: String,
}

impl Postgres {
    /// The one that all tests of a run share: each has to keep to a database of its own. `None`, and loud, where there
    /// is none, which in CI is a failure.
    ///
    /// # Panics
    /// In CI (`CI=true`) where there is none.
    #[must_use]
    pub fn shared() -> Option<Self> {
        let told = |name| std::env::var(name).ok();
        Self::found(told(URL).zip(told(FOLDER)))
    }

    /// One for this process alone, which it may crash. `None` as above.
    ///
    /// # Panics
    /// Where it is installed and cannot be started; in CI also where it is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        let output = Command::new(script())
            .arg("start")
            .env_remove("NEXTEST_ENV")
            .stderr(Stdio::inherit())
            .output()
            .expect("the script is run");
        assert!(output.status.success(), "PostgreSQL does not start");
        let told = String::from_utf8(output.stdout).expect("it is text");
        let value = |name: &str| {
            let mut lines = told.lines().filter_map(|line| line.split_once('='));
            lines.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
        };
        Self::found(value(URL).zip(value(FOLDER)))
    }

    fn found(told: Option<(String, String)>) -> Option<Self> {
        let Some((url, folder)) = told else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must run the tests with a PostgreSQL");
            say("SKIPPED, no PostgreSQL: install one, and run the tests by cargo nextest");
            return None;
        };
        Some(Self { url, folder })
    }

    /// The address of a database, which need not be there yet.
    ///
    /// # Panics
    /// Where the name is longer than PostgreSQL tells apart.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        assert!(name.len() < 64, "{name} is too long for a name");
        let (server, _) = self.url.rsplit_once('/').expect("the address names a database");
        format!("{server}/{name}")
    }

    /// Ends it as a crash would; nobody is told, and what was not committed is gone.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn crash(&self) {
        self.control("crash");
    }

    /// Starts it again after a crash, on its old port.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn again(&self) {
        self.control("again");
    }

    fn control(&self, what: &str) {
        let done = Command::new(script()).args([what, &self.folder]).status();
        assert!(done.is_ok_and(|status| status.success()), "PostgreSQL: {what} has failed");
    }
}

fn script() -> PathBuf {
    project().join("tests/lab/postgres.sh")
}
