//! The one seam between databases: what the shared statements cannot say.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::AnyConnection;
use sqlx::any::AnyConnectOptions;

use super::StoreError;

/// The oldest PostgreSQL that is used: what is older gets no corrections any more.
const OLDEST_POSTGRES: u32 = 13;

/// Statements that stay prepared on a connection to PostgreSQL: more than there are, in all the lengths that those over
/// many rows come in.
const PREPARED: &str = "500";

/// The databases the store speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A file, one writer at a time.
    Sqlite,
    /// A server, which locks by rows.
    Postgres,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// The few rows of calls in the air, found by their ids.
    Writing,
    /// Reports, lists, whatever anybody asks.
    Reading,
}

impl Dialect {
    /// The dialect of a URL.
    pub(crate) fn of(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            Some(_) | None => Err(StoreError::Scheme),
        }
    }

    /// As people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// Asks a server for its version, as text. That of SQLite is built in and tells nobody anything.
    pub(crate) const fn version(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT current_setting('server_version') AS version"),
        }
    }

    /// Asks a server for what no other database is, of this server or another: by whichever way it is reached, it says the same.
    pub(crate) const fn identity(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(
                "SELECT CAST(system_identifier AS TEXT) || '.' || CAST(pg_database.oid AS TEXT) AS identity \
                 FROM pg_control_system(), pg_database WHERE datname = current_database()",
            ),
        }
    }

    /// Asks a server what time it is, in microseconds since 1970. A file has no clock.
    pub(crate) const fn clock(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => {
                Some("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now")
            }
        }
    }

    /// Gives a row where the table `$1` is there.
    pub(crate) const fn has_table(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
            Self::Postgres => "SELECT $1 AS name WHERE to_regclass($1) IS NOT NULL",
        }
    }

    /// Gives a row for each table that whoever asks may not read and write as the shell does, with their own name and the schema's,
    /// as they are written in a statement. A file is read and written by whoever can open it.
    pub(crate) const fn denied(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(
                "SELECT CAST(pg_class.relname AS TEXT) AS name, quote_ident(current_user) AS role, \
                     quote_ident(nspname) AS schema \
                 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace \
                 WHERE nspname = current_schema() AND relkind IN ('r', 'p') \
                   AND NOT (has_table_privilege(pg_class.oid, 'SELECT') AND has_table_privilege(pg_class.oid, 'INSERT') \
                     AND has_table_privilege(pg_class.oid, 'UPDATE') AND has_table_privilege(pg_class.oid, 'DELETE')) \
                 ORDER BY relname",
            ),
        }
    }

    /// Whether a server of that version is too old to be used.
    pub(crate) fn is_too_old(version: &str) -> bool {
        let major = version.split(|mark: char| !mark.is_ascii_digit()).next();
        major.and_then(|major| major.parse().ok()).is_none_or(|major: u32| major < OLDEST_POSTGRES)
    }

    /// How a transaction begins that writes.
    ///
    /// SQLite takes the write lock at once: a transaction that reads first and then wants to write cannot wait for
    /// another writer, it fails. PostgreSQL locks the rows that are written, so that two dialers write side by side.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// How a transaction begins that gives out the next free ids: one of them at a time. The number of PostgreSQL's lock
    /// means nothing; it is only the same in every dialer.
    pub(crate) const fn begin_alone(self) -> &'static str {
        match self {
            Self::Sqlite => self.begin(),
            Self::Postgres => "BEGIN; SELECT pg_advisory_xact_lock(7464356273)",
        }
    }

    /// How a transaction begins whose reads all see the same moment.
    pub(crate) const fn begin_reading(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// What ends a SELECT of rows that are about to be changed: those that another dialer is changing are passed over.
    pub(crate) const fn lock(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// What ends a SELECT of rows that are about to be changed, where those that another dialer is changing are waited for.
    pub(crate) const fn hold(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE OF queue",
        }
    }

    /// The elements of the JSON list that is this parameter, such as `$1`, one a row, each in the column `value`. Many rows go to
    /// the database that way by one parameter, and by one statement whatever their count; what stands in one is read with `->>`
    /// in both.
    pub(crate) fn each(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({parameter})"),
            Self::Postgres => format!("json_array_elements(CAST({parameter} AS json)) AS each (value)"),
        }
    }

    /// What a request kept as JSON in the column `request` says of its caller id; NULL where it is none.
    pub(crate) const fn caller_id(self) -> &'static str {
        match self {
            Self::Sqlite => "CASE WHEN json_valid(request) THEN request ->> 'caller_id' END",
            Self::Postgres => "CASE WHEN request LIKE '{%}' THEN CAST(request AS json) ->> 'caller_id' END",
        }
    }

    /// Counts the leads and how they spread. PostgreSQL plans by what it counted last, and looks a number up in a table
    /// that has grown since from nothing by reading it all; its own count comes minutes later. SQLite plans by the indexes
    /// that there are.
    pub(crate) const fn survey(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("ANALYZE leads, lead_numbers, queue"),
        }
    }

    /// What a connection is told before it writes very many rows. SQLite keeps 64 MiB of pages, so that none is written twice
    /// in one transaction, and carries them over from its log when that has 80 MiB.
    pub(crate) const fn brace(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 20000;"),
            Self::Postgres => None,
        }
    }

    /// How long to write nothing between two transactions of very many rows. Whoever waits for SQLite's lock asks for it
    /// again after 100 ms at the latest, and finds it free then; a server lets both write.
    pub(crate) const fn breath(self) -> Duration {
        match self {
            Self::Sqlite => Duration::from_millis(110),
            Self::Postgres => Duration::ZERO,
        }
    }

    /// What a fresh connection is told.
    ///
    /// SQLite's time-out comes first, since the switch to WAL may have to wait. PostgreSQL waits for locks as long as
    /// SQLite does, and gives up a dialer whose machine has gone within half a minute, so that its locks are free; a
    /// server that is set to answer before it has written is told to write first.
    const fn greeting(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON;"
            }
            Self::Postgres => {
                "SET lock_timeout = '5s'; \
                 SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4; \
                 SELECT set_config('synchronous_commit', 'on', false) \
                 WHERE current_setting('synchronous_commit') = 'off';"
            }
        }
    }

    /// What a connection that writes is told besides.
    ///
    /// All that it does it does to rows that it finds by an index. PostgreSQL plans by what it counted last: while its
    /// tables grow from nothing it takes them for small, and reads them from end to end for every few rows.
    const fn habit(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "SET enable_seqscan = off; SET jit = off;",
        }
    }

    /// Prepares a fresh connection for what it will do.
    pub(crate) fn greet(
        self,
        connection: &mut AnyConnection,
        use_of_it: Use,
    ) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move {
            sqlx::raw_sql(self.greeting()).execute(&mut *connection).await?;
            if use_of_it == Use::Writing {
                sqlx::raw_sql(self.habit()).execute(connection).await?;
            }
            Ok(())
        })
    }

    /// Whether a connection that was left idle is asked whether it lives before it is used: a server may have been
    /// restarted meanwhile.
    pub(crate) const fn has_a_server(self) -> bool {
        match self {
            Self::Sqlite => false,
            Self::Postgres => true,
        }
    }

    /// How to connect to `url`.
    pub(crate) fn options(self, url: &str) -> Result<AnyConnectOptions, StoreError> {
        let mut options: AnyConnectOptions = url.parse()?;
        if self.has_a_server() {
            options.database_url.query_pairs_mut().append_pair("statement-cache-capacity", PREPARED);
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_told_from_one_that_will_do() {
        for (version, too_old) in [
            ("9.6.24", true),
            ("12.22 (Debian 12.22-1)", true),
            ("13.0", false),
            ("15.8", false),
            ("18beta1", false),
        ] {
            assert_eq!(Dialect::is_too_old(version), too_old, "{version}");
        }
    }
}
