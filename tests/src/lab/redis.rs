//! A Redis of the tests' own.

use super::server::{Kind, Server};

const KIND: Kind = Kind {
    name: "Redis",
    script: "tests/lab/redis.sh",
    tells: ["RINGMASTER_REDIS", "RINGMASTER_REDIS_FOLDER"],
};

/// A server on a free port of the loopback, for this process alone. It keeps nothing over its end.
#[derive(Debug, Clone)]
pub struct Redis {
    server: Server,
}

impl Redis {
    /// Starts one. `None`, and loud, where none is installed.
    ///
    /// # Panics
    /// Where it is installed and cannot be started; in CI (`CI=true`) also where it is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        Some(Self { server: Server::start(KIND)? })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// Ends it; what it held is gone.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn stop(&self) {
        self.server.control("stop");
    }

    /// Starts it again, empty, on its old port.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn again(&self) {
        self.server.control("again");
    }

    /// Takes everything from it that it holds.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn empty(&self) {
        self.server.control("empty");
    }
}
