//! A server of the tests' own, as a script of `tests/lab` starts it: gone soon after the process that asked for it.

use std::process::{Command, Stdio};

use super::{project, say};

/// What a script starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// As people call it.
    pub(super) name: &'static str,
    pub(super) script: &'static str,
    /// The names under which the script tells the address and the folder of what it has started.
    pub(super) tells: [&'static str; 2],
}

/// A server that runs, on a free port of the loopback.
#[derive(Debug, Clone)]
pub(super) struct Server {
    kind: Kind,
    pub(super) url: String,
    folder: String,
}

impl Server {
    /// The one that all tests of a run share. `None`, and loud, where there is none, which in CI is a failure.
    pub(super) fn shared(kind: Kind) -> Option<Self> {
        Self::found(kind, |name| std::env::var(name).ok())
    }

    /// One for this process alone. `None` as above.
    pub(super) fn start(kind: Kind) -> Option<Self> {
        let output = Command::new(project().join(kind.script))
            .arg("start")
            .env_remove("NEXTEST_ENV")
            .stderr(Stdio::inherit())
            .output()
            .expect("the script is run");
        assert!(output.status.success(), "{} does not start", kind.name);
        let told = String::from_utf8(output.stdout).expect("it is text");
        Self::found(kind, |name| {
            let mut lines = told.lines().filter_map(|line| line.split_once('='));
            lines.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
        })
    }

    fn found(kind: Kind, told: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let [url, folder] = kind.tells.map(told);
        let (Some(url), Some(folder)) = (url, folder) else {
            let name = kind.name;
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must run the tests with {name}");
            say(&format!("SKIPPED, no {name}: install it, and run the tests by cargo nextest"));
            return None;
        };
        Some(Self { kind, url, folder })
    }

    pub(super) fn control(&self, what: &str) {
        let done = Command::new(project().join(self.kind.script)).args([what, &self.folder]).status();
        assert!(done.is_ok_and(|status| status.success()), "{}: {what} has failed", self.kind.name);
    }
}
