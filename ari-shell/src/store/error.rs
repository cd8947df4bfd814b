//! What can go wrong with the database, and with what is in it.

use std::fmt;

use engine::words::Micros;

use super::door::PATIENCE;
use crate::moment::utc;

/// How the codes begin by which PostgreSQL says that it ends, or has only begun.
const SHUTTING_DOWN: &str = "57P";

/// The store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database that is built in.
    #[error(
        "the database URL has to begin with `sqlite:` or `postgres:`, such as `sqlite://ringmaster.db` or \
         `postgres://ringmaster@localhost/ringmaster`"
    )]
    Scheme,
    /// The server is of a version that is not used.
    #[error("PostgreSQL {0} is too old: 13 is the oldest that is used")]
    TooOld(String),
    /// The database answered with an error, or did not answer.
    #[error("the database could not do it: {}", told(.0))]
    Database(#[from] sqlx::Error),
    /// There is no way to the database.
    #[error("the database {place} cannot be opened: {}", told(.problem))]
    Closed {
        /// Its server's host and port, or its file.
        place: String,
        /// What the last try came to.
        problem: sqlx::Error,
    },
    /// The database said nothing for so long that it is taken for gone.
    #[error("the database does not answer")]
    Silent,
    /// The tables could not be brought up to date.
    #[error("the tables could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The tables are those of a later version of this program.
    #[error(
        "the database has had migration {0:04}, which this ari-shell does not know: use the newer ari-shell that made \
         it, or a copy of the database from before"
    )]
    Newer(i64),
    /// A row holds what nobody here could have written.
    #[error(transparent)]
    BadRow(#[from] BadRow),
    /// A value that no column can hold.
    #[error("{0} does not fit into the database: use at most {max}", max = i64::MAX)]
    TooLarge(u64),
    /// A value that could not be turned into text.
    #[error("a value could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// There is no randomness to be had, which the names of events are made from.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// Something was named that is not registered.
    #[error("there is no {kind} {id}; those of the configuration are there once `run` was started with it")]
    Unregistered {
        /// What kind of thing.
        kind: &'static str,
        /// Its id or name.
        id: String,
    },
    /// A version of a list that was begun later was whole first.
    #[error("an import of the list {0} that began later holds already: nothing of this one does")]
    Overtaken(String),
    /// The node is at work in another installation.
    #[error(
        "{node} is at work elsewhere, where it was heard of less than half a minute ago: give each dialer of a database a `node` \
         of its own; where the other has died, this one may start from {} on",
        utc(*.until)
    )]
    AtWork {
        /// The node.
        node: String,
        /// Until when the other may be silent.
        until: Micros,
    },
    /// An attempt id came a second time with a different request.
    #[error("attempt {0} was saved before with another request: an attempt id is never used twice")]
    AttemptUsed(u64),
}

impl StoreError {
    /// Whether it is what comes of a database that is not there, and so may be told of that one.
    pub(super) fn is_absence(&self) -> bool {
        let ends = |error: &sqlx::Error| {
            let code = error.as_database_error().and_then(|error| error.code());
            code.is_some_and(|code| code.starts_with(SHUTTING_DOWN))
        };
        match self {
            Self::Silent | Self::Closed { .. } => true,
            Self::Database(error) => {
                matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) || ends(error)
            }
            Self::Scheme
            | Self::TooOld(_)
            | Self::Migrate(_)
            | Self::Newer(_)
            | Self::BadRow(_)
            | Self::TooLarge(_)
            | Self::Json(_)
            | Self::Random(_)
            | Self::Unregistered { .. }
            | Self::Overtaken(_)
            | Self::AtWork { .. }
            | Self::AttemptUsed(_) => false,
        }
    }

    /// What to do about it, for whoever set the database up.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Newer(_) => "use the newer ari-shell that made it, or a copy of the database from before",
            Self::TooOld(_) => "move the database to a newer server",
            Self::Overtaken(_) => "see which of the two files is the newer one",
            Self::Database(error) | Self::Closed { problem: error, .. } => advice(error),
            Self::AtWork { .. } => "give each dialer of a database a `node` of its own",
            Self::Silent => "see whether the server runs and listens where [database] url says",
            Self::Migrate(_) => {
                "go back to a copy of the database from before, or bring the tables by hand to where that migration leads"
            }
            Self::Scheme
            | Self::BadRow(_)
            | Self::TooLarge(_)
            | Self::Json(_)
            | Self::Random(_)
            | Self::Unregistered { .. }
            | Self::AttemptUsed(_) => "see to [database] url and to who may write there",
        }
    }
}

/// The database's own words, without the line of its source code that they come from.
pub(super) fn told(error: &sqlx::Error) -> String {
    if let sqlx::Error::PoolTimedOut = error {
        return format!("no connection to it was to be had within {} s", PATIENCE.as_secs());
    }
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn advice(error: &sqlx::Error) -> &'static str {
    if let sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut = error {
        return "see whether the server runs and listens where [database] url says";
    }
    if let sqlx::Error::Configuration(_) = error {
        return "see to [database] url; what is neither a letter nor a digit in a password is written as %XX";
    }
    if let sqlx::Error::Tls(_) = error {
        return "leave `sslmode` out of [database] url: this ari-shell speaks no TLS to a database";
    }
    // PostgreSQL's own codes.
    match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("28P01") => "compare user and password in [database] url with those of the server",
        Some("28000") => "make that user on the server, and let them in from here in its pg_hba.conf",
        Some("42501") => {
            "give that right to the user of [database] url, or let somebody who has it do this once"
        }
        Some("53300") => "raise max_connections on the server: each dialer takes up to six",
        Some(_) | None => "see to [database] url and to who may write there",
    }
}

/// A row that cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BadRow {
    /// The table.
    pub table: &'static str,
    /// The row's id.
    pub id: String,
    /// The column.
    pub column: &'static str,
    /// What it holds.
    pub value: String,
    /// What would be right.
    pub wanted: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, id, column, value, wanted } = self;
        write!(f, "{table} {id}: {column} is {value}; it should be {wanted}")
    }
}
