//! What can go wrong with the database, and with what is in it.

use std::fmt;

/// The store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database that is built in.
    #[error("the database URL has to begin with `sqlite:`, such as `sqlite://ringmaster.db`")]
    Scheme,
    /// The database answered with an error, or did not answer.
    #[error("the database could not do it: {0}")]
    Database(#[from] sqlx::Error),
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
    /// Something was named that is not registered.
    #[error("there is no {kind} {id}: `register` names those of the configuration")]
    Unregistered {
        /// What kind of thing.
        kind: &'static str,
        /// Its id or name.
        id: String,
    },
    /// An attempt id came a second time with a different request.
    #[error("attempt {0} was saved before with another request: an attempt id is never used twice")]
    AttemptUsed(u64),
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
