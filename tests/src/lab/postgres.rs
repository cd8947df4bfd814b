//! A PostgreSQL of the tests' own.

use super::server::{Kind, Server};

const KIND: Kind = Kind {
    name: "PostgreSQL",
    script: "tests/lab/postgres.sh",
    tells: ["RINGMASTER_POSTGRES", "RINGMASTER_POSTGRES_FOLDER"],
};

/// A server on a free port of the loopback.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// Its address names a database that is not ours.
    server: Server,
}

impl Postgres {
    /// The one that all tests of a run share: each has to keep to a database of its own. `None`, and loud, where there
    /// is none, which in CI is a failure.
    ///
    /// # Panics
    /// In CI (`CI=true`) where there is none.
    #[must_use]
    pub fn shared() -> Option<Self> {
        Some(Self { server: Server::shared(KIND)? })
    }

    /// One for this process alone, which it may crash. `None` as above.
    ///
    /// # Panics
    /// Where it is installed and cannot be started; in CI also where it is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        Some(Self { server: Server::start(KIND)? })
    }

    /// The address of a database, which need not be there yet.
    ///
    /// # Panics
    /// Where the name is longer than PostgreSQL tells apart.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        assert!(name.len() < 64, "{name} is too long for a name");
        let (server, _) = self.server.url.rsplit_once('/').expect("the address names a database");
        format!("{server}/{name}")
    }

    /// Ends it as a crash would; nobody is told, and what was not committed is gone.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn crash(&self) {
        self.server.control("crash");
    }

    /// Starts it again after a crash, on its old port.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn again(&self) {
        self.server.control("again");
    }
}
