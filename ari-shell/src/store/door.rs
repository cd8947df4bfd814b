//! The way in: the database that a URL names, whether it is there, and what it is.

use std::str::FromStr as _;
use std::time::Duration;

use engine::words::Node;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateDatabase as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _};
use tokio::time::timeout;

use super::callback::Patience;
use super::dialect::{Dialect, Use};
use super::link::{Reading, Writing};
use super::outbox::Subscriptions;
use super::presence::Presence;
use super::row::Named;
use super::work::Desk;
use super::{Denied, Store, StoreError};
use crate::clock::Clock;
use crate::instance::Instance;

/// Connections that write: one at a time, and another where a server does not answer the first any more.
const WRITERS: u32 = 2;

/// Connections at most that read, for screens and reports.
pub(super) const READERS: u32 = 4;

/// How long to wait for a connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait for one that has only to say why there is none: whoever asked has waited before.
const LAST_TRY: Duration = Duration::from_secs(1);

/// PostgreSQL's code for a database that is not there.
const NO_SUCH_DATABASE: &str = "3D000";

impl Store {
    /// Opens the database at `url` for the dialer `node`; it is made if it is missing, where that is allowed.
    ///
    /// # Errors
    /// [`StoreError`] where the URL names no database that is built in, or it cannot be opened.
    pub async fn open(url: &str, node: &Node, clock: Clock) -> Result<Self, StoreError> {
        let door = Door::find(url)?;
        if !door.exists().await? {
            Any::create_database(url).await?;
        }
        door.open(node, clock).await
    }

    /// Opens the database at `url` as [`Store::open`] does, but makes none: `None` where there is none yet.
    ///
    /// # Errors
    /// See [`Store::open`].
    pub async fn open_existing(url: &str, node: &Node, clock: Clock) -> Result<Option<Self>, StoreError> {
        let door = Door::find(url)?;
        if !door.exists().await? {
            return Ok(None);
        }
        door.open(node, clock).await.map(Some)
    }

    /// What the database is, such as `SQLite` or `PostgreSQL 15.8`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be asked.
    pub async fn product(&self) -> Result<String, StoreError> {
        let version = self.version().await?.map_or_else(String::new, |version| format!(" {version}"));
        Ok(format!("{}{version}", self.desk.dialect.name()))
    }

    /// What the user of this database may not read and write of the shell's tables; `None` where nothing is kept from them. What
    /// migrations are noted in only needs to be read.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be asked.
    pub async fn denied(&self) -> Result<Option<Denied>, StoreError> {
        let Some(query) = self.desk.dialect.denied() else { return Ok(None) };
        let rows = self.reading.rows(sqlx::query(query)).await?;
        let mut denied: Option<Denied> = None;
        for row in &rows {
            let row = Named::new("the server", "name", row);
            let table = row.text("name")?;
            if !super::tables().any(|ours| ours == table) {
                continue;
            }
            let (role, schema) = (row.text("role")?, row.text("schema")?);
            denied.get_or_insert(Denied { role, schema, tables: Vec::new() }).tables.push(table);
        }
        Ok(denied)
    }

    /// By what this database is told from any other, as its server says itself; `None` where there is no server, or it does not say.
    pub(crate) async fn identity(&self) -> Option<String> {
        let row = self.reading.row(sqlx::query(self.desk.dialect.identity()?)).await.ok()?;
        Named::new("the server", "identity", &row).text("identity").ok()
    }

    async fn version(&self) -> Result<Option<String>, StoreError> {
        let Some(query) = self.desk.dialect.version() else { return Ok(None) };
        let row = self.reading.row(sqlx::query(query)).await?;
        Ok(Some(Named::new("the server", "version", &row).text("version")?))
    }
}

/// Which database a URL names, whoever asks there: the same for all that lead to one, as far as can be seen without asking.
pub(crate) fn whereabouts(url: &str) -> String {
    if matches!(Dialect::of(url), Ok(Dialect::Postgres)) {
        return PgConnectOptions::from_str(url).map_or_else(|_| String::new(), |server| of_server(&server));
    }
    let file = SqliteConnectOptions::from_str(url).map(|file| file.get_filename().to_owned());
    let file = file.unwrap_or_default();
    format!("sqlite {}", file.canonicalize().unwrap_or(file).display())
}

/// Users may differ, and ways to the same machine.
fn of_server(server: &PgConnectOptions) -> String {
    let host = match (server.get_socket(), server.get_host()) {
        (Some(socket), _) => socket.display().to_string(),
        (None, "localhost" | "127.0.0.1" | "[::1]") => "here".to_owned(),
        (None, host) => host.to_ascii_lowercase(),
    };
    let name = server.get_database().unwrap_or_else(|| server.get_username());
    format!("postgres {host} {} {name}", server.get_port())
}

/// Where a URL leads.
struct Door<'u> {
    url: &'u str,
    dialect: Dialect,
    options: AnyConnectOptions,
}

impl<'u> Door<'u> {
    fn find(url: &'u str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(url)?;
        Ok(Self { url, dialect, options: dialect.options(url)? })
    }

    /// A server is asked by trying: to look into its list of databases takes a right that a dialer need not have. This
    /// first connection also tells at once what is wrong, see [`refusal`].
    async fn exists(&self) -> Result<bool, StoreError> {
        if !self.dialect.has_a_server() && !Any::database_exists(self.url).await? {
            return Ok(false);
        }
        match timeout(PATIENCE, knock(&self.options)).await.map_err(|_| StoreError::Silent)? {
            Ok(()) => Ok(true),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_SUCH_DATABASE) => {
                Ok(false)
            }
            Err(problem) => Err(closed(&self.options, problem)),
        }
    }

    async fn open(self, node: &Node, clock: Clock) -> Result<Store, StoreError> {
        let writers = if self.dialect.has_a_server() { WRITERS } else { 1 };
        let presence = Presence::of(&self.options);
        let writing = Writing::new(self.pool(writers, Use::Writing).await?, presence.clone());
        let reading = Reading::new(self.pool(READERS, Use::Reading).await?, presence.clone());
        let store = Store {
            writing,
            reading,
            presence,
            desk: Desk {
                dialect: self.dialect,
                node: node.clone(),
                signature: node.clone().into(),
                clock,
                sinks: Subscriptions::default(),
                patience: Patience::default(),
                instance: Instance::default(),
            },
        };
        match store.version().await? {
            Some(version) if Dialect::is_too_old(&version) => Err(StoreError::TooOld(version)),
            Some(_) | None => Ok(store),
        }
    }

    async fn pool(&self, connections: u32, use_of_them: Use) -> Result<AnyPool, StoreError> {
        let dialect = self.dialect;
        let opened = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(dialect.has_a_server())
            .after_connect(move |connection, _| dialect.greet(connection, use_of_them))
            .connect_with(self.options.clone())
            .await;
        match opened {
            Ok(pool) => Ok(pool),
            Err(problem) => Err(refusal(&self.options, problem).await),
        }
    }
}

/// One connection by itself, greeted and closed again.
pub(super) async fn knock(options: &AnyConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect_with(options).await?;
    if let Ok(dialect) = Dialect::of(options.database_url.as_str()) {
        dialect.greet(&mut connection, Use::Reading).await?;
    }
    connection.close().await
}

/// Why a pool gives no connection. It tries again until its patience is over, and then says only that: one connection more
/// says what is wrong. Where it is let in, all others were in use.
async fn refusal(options: &AnyConnectOptions, problem: sqlx::Error) -> StoreError {
    if !matches!(problem, sqlx::Error::PoolTimedOut) {
        return problem.into();
    }
    match timeout(LAST_TRY, knock(options)).await {
        Ok(Ok(())) => problem.into(),
        Ok(Err(problem)) => closed(options, problem),
        Err(_) => StoreError::Silent,
    }
}

fn closed(options: &AnyConnectOptions, problem: sqlx::Error) -> StoreError {
    match place(options.database_url.as_str()) {
        Ok(place) => StoreError::Closed { place, problem },
        Err(_) => problem.into(),
    }
}

/// The server's host and port that a URL names, or its socket, or the file.
fn place(url: &str) -> Result<String, sqlx::Error> {
    if !matches!(Dialect::of(url), Ok(Dialect::Postgres)) {
        return Ok(SqliteConnectOptions::from_str(url)?.get_filename().display().to_string());
    }
    let server = PgConnectOptions::from_str(url)?;
    Ok(match server.get_socket() {
        Some(socket) => format!("at {}", socket.display()),
        None => format!("at {}:{}", server.get_host(), server.get_port()),
    })
}

/// The database that a URL names as people are told of it: without the user, and without what lets them in.
pub(crate) fn name(url: &str) -> String {
    let place = place(url).unwrap_or_default();
    match PgConnectOptions::from_str(url) {
        Ok(server) if matches!(Dialect::of(url), Ok(Dialect::Postgres)) => {
            let name = server.get_database().unwrap_or_else(|| server.get_username());
            format!("{name} {place}")
        }
        Ok(_) | Err(_) => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_database_are_told_from_those_of_another() {
        for (one, other, same) in [
            ("postgres://a:x@localhost/calls", "postgresql://b:y@127.0.0.1:5432/calls?sslmode=disable", true),
            ("postgres://a@DB/calls", "postgres://a@db/calls", true),
            ("postgres://a@db/calls", "postgres://a@db/others", false),
            ("postgres://a@db/calls", "postgres://a@db:5433/calls", false),
            ("postgres://a@db/calls", "postgres://a@%2Frun%2Fpostgresql/calls", false),
            ("postgres://a@db/calls", "sqlite://calls", false),
            ("sqlite://src/../Cargo.toml", "sqlite:Cargo.toml?mode=ro", true),
            ("sqlite://calls.db", "sqlite://other.db", false),
        ] {
            assert_eq!(whereabouts(one) == whereabouts(other), same, "{one} {other}");
        }
        assert!(!whereabouts("postgres://ann:hunter2@db/calls").contains("hunter2"));
        assert_eq!(name("postgres://ann:hunter2@db/calls?sslmode=disable"), "calls at db:5432");
        assert_eq!(name("postgres://ann:hunter2@%2Frun%2Fpostgresql"), "ann at /run/postgresql");
        assert_eq!(name("sqlite://calls.db?mode=rw"), "calls.db");
    }
}
