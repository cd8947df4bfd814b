//! The one seam between databases: what the shared statements cannot say.

use futures_util::future::BoxFuture;
use sqlx::AnyConnection;

use super::StoreError;

/// The databases the store speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A file, one writer at a time.
    Sqlite,
}

impl Dialect {
    /// The dialect of a URL.
    pub(crate) fn of(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            Some(_) | None => Err(StoreError::Scheme),
        }
    }

    /// How a transaction that writes begins.
    ///
    /// SQLite takes the write lock at once: a transaction that reads first and then wants to write cannot wait for
    /// another writer, it fails.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
        }
    }

    /// What a fresh connection is told. The time-out comes first, since the switch to WAL may have to wait.
    const fn greeting(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON;"
            }
        }
    }

    /// Prepares a fresh connection.
    pub(crate) fn greet(self, connection: &mut AnyConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move {
            sqlx::raw_sql(self.greeting()).execute(connection).await?;
            Ok(())
        })
    }
}
