//! The database: what must survive the process.
//!
//! The engine's commands come in through a [`Writer`], which commits many of them at once and answers none before it
//! is durable. Everything else in here runs before the floor opens ([`Store::register`], [`Store::reopen`]) or reads.
//!
//! The statements are those of SQLite and PostgreSQL both; what differs is in `dialect`. Two laws hold by their
//! wording: a queue item that has come to its end waits again only where somebody asks for it ([`Store::agree`], and
//! [`Store::recycle`] for those who were not reached), and rows of `call_requests` and `call_log` are
//! inserted and never changed.

mod answers;
mod arrivals;
mod callback;
mod claim;
mod clocks;
mod dialect;
mod dispositions;
mod do_not_call;
mod door;
mod drops;
mod error;
mod flows;
mod frequency;
mod group;
mod intent;
mod lease;
mod link;
mod lists;
mod logged;
mod many;
mod minutes;
mod nodes;
mod outbox;
mod presence;
mod put_off;
mod record;
mod recount;
mod recycle;
mod reopen;
mod reprieve;
mod row;
mod screen;
mod skips;
mod staff;
mod standing;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod transfers;
mod work;
mod writer;

use std::collections::BTreeMap;
use std::fmt;

use engine::words::{AgentId, CampaignId, CarrierId};
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Any, AnyConnection, Transaction};

pub use answers::Answered;
pub use callback::{AgreeError, Agreed, Agreement, CallOffError};
pub use do_not_call::{ByHand, KeptOff, ListRules, NumberListCard, Replaced};
pub use error::{BadRow, StoreError};
pub use frequency::{Cap, Counts};
pub use lists::{Filled, ListCard, ListId, Share};
pub use minutes::Minute;
pub use nodes::NodeCard;
pub use outbox::{Backlog, Dropped, Entry, Kind, Replayed, RowState, Subscription, Which};
pub use put_off::PutOffBy;
pub use reopen::{Missing, Reopened};
pub use reprieve::Reprieved;
pub use standing::{Dialled, Standing};
pub use writer::Writer;

pub(crate) use arrivals::Arrivals;
pub(crate) use claim::Claim;
pub(crate) use clocks::{Apart, SET_CLOCKS};
pub(crate) use dialect::Dialect;
pub(crate) use do_not_call::HOUSE;
pub(crate) use door::{name, whereabouts};
pub(crate) use drops::{dropped_since, last_drop};
pub(crate) use frequency::{Caps, kept_until, reached};
pub(crate) use link::Reading;
pub(crate) use lists::fill;
pub(crate) use logged::read_record;
pub(crate) use minutes::MINUTE;
pub(crate) use outbox::{Came, Letter, Sent};
pub(crate) use record::was_dialled;
pub(crate) use reopen::read_so_far;
pub(crate) use row::{Named, int};
pub(crate) use screen::{Bar, Kept, bar_of, barred, is_too_old, too_old_at};
pub(crate) use skips::forget_gone;

use crate::clock::Clock;
use link::{MUCH, SILENCE, Undone, Writing};
use presence::Presence;
use work::Desk;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// The way to the database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    /// Never empty because of readers: a report must not keep a call from being saved.
    writing: Writing,
    reading: Reading,
    /// Whether it is there.
    presence: Presence,
    /// What every statement is done with.
    desk: Desk,
}

/// The tables that the migrations make.
fn tables() -> impl Iterator<Item = &'static str> {
    let lines = MIGRATIONS.iter().flat_map(|migration| migration.sql.as_str().lines());
    lines.filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split_whitespace().next())
}

/// What a user of a server may not read and write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Whom it is kept from, as written in a statement.
    pub role: String,
    /// Where the tables are, likewise.
    pub schema: String,
    /// The tables, by their names; never empty.
    pub tables: Vec<String>,
}

/// What the configuration names.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The campaigns' names.
    pub campaigns: &'a [&'a str],
    /// The carriers' names.
    pub carriers: &'a [&'a str],
    /// The agents' names, each with the name of the campaign they work for.
    pub agents: &'a [(&'a str, &'a str)],
}

/// The ids of what the configuration names, in the order named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The campaigns' ids.
    pub campaigns: Vec<CampaignId>,
    /// The carriers' ids.
    pub carriers: Vec<CarrierId>,
    /// The agents' ids.
    pub agents: Vec<AgentId>,
}

impl Store {
    /// Closes all connections, once those in use are given back. Whatever is asked later fails.
    pub async fn close(&self) {
        self.writing.close().await;
        self.reading.close().await;
    }

    /// Brings the tables up to date, together with whoever else does so at the same time.
    ///
    /// # Errors
    /// [`StoreError`] where a migration failed, or one that was applied is unknown here or was changed since.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        loop {
            let before = self.pending_migrations().await;
            let Err(problem) = MIGRATIONS.run(self.writing.for_migrations()).await else { return Ok(()) };
            // A file cannot be locked for all of them: what another process has applied meanwhile fails here, and is not to be
            // applied any more.
            match (before, self.pending_migrations().await) {
                (Ok(before), Ok(now)) if now.len() < before.len() => {}
                _ => return Err(problem.into()),
            }
        }
    }

    /// The migrations that the database has not had yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Newer`] where it has had one that is unknown here, and [`StoreError::Migrate`] where one has failed or is
    /// another than here: what [`Store::migrate`] would say. Else [`StoreError`] where it cannot be asked.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let table = &MIGRATIONS.table_name;
        // To make the table takes a right that only whoever migrates needs.
        let is_there = sqlx::query(self.desk.dialect.has_table()).bind(&**table);
        let applied =
            async |connection: &mut AnyConnection| match is_there.fetch_optional(&mut *connection).await? {
                Some(_) => match connection.dirty_version(table).await? {
                    Some(failed) => Err(MigrateError::Dirty(failed).into()),
                    None => Ok(connection.list_applied_migrations(table).await?),
                },
                None => Ok(Vec::new()),
            };
        let applied = self.writing.connection(SILENCE, applied).await?;
        for had in &applied {
            match MIGRATIONS.iter().find(|known| known.version == had.version) {
                None => return Err(StoreError::Newer(had.version)),
                Some(known) if known.checksum != had.checksum => {
                    return Err(MigrateError::VersionMismatch(had.version).into());
                }
                Some(_) => {}
            }
        }
        Ok(MIGRATIONS
            .iter()
            .filter(|known| applied.iter().all(|had| had.version != known.version))
            .map(|missing| format!("{:04} {}", missing.version, missing.description))
            .collect())
    }

    /// The ids of all that the configuration names. Who is new gets the next id; an id once given stays.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or an agent's campaign is not among those ever named.
    pub async fn register(&self, names: Names<'_>) -> Result<Registered, StoreError> {
        self.write_alone(async |tx| {
            let mut registered =
                Registered { campaigns: Vec::new(), carriers: Vec::new(), agents: Vec::new() };
            for name in names.campaigns {
                registered.campaigns.push(CampaignId(register_campaign(tx, name).await?));
            }
            for name in names.carriers {
                registered.carriers.push(CarrierId(register_carrier(tx, name).await?));
            }
            for (name, campaign) in names.agents {
                registered.agents.push(AgentId(register_agent(tx, name, campaign).await?));
            }
            Ok(registered)
        })
        .await
    }

    /// The ids of all that the configuration names, without writing any: who is new is told by an id that nobody has.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn known(&self, names: Names<'_>) -> Result<Registered, StoreError> {
        let mut tx = self.begin_reading().await?;
        let agents: Vec<&str> = names.agents.iter().map(|(name, _)| *name).collect();
        let campaigns = known(&mut tx, "SELECT id, name FROM campaigns", names.campaigns).await?;
        let carriers = known(&mut tx, "SELECT id, name FROM carriers", names.carriers).await?;
        let agents = known(&mut tx, "SELECT id, name FROM agents", &agents).await?;
        Ok(Registered {
            campaigns: campaigns.into_iter().map(CampaignId).collect(),
            carriers: carriers.into_iter().map(CarrierId).collect(),
            agents: agents.into_iter().map(AgentId).collect(),
        })
    }

    /// The campaign of that name.
    ///
    /// # Errors
    /// [`StoreError::Unregistered`] where there is none.
    pub async fn campaign(&self, name: &str) -> Result<CampaignId, StoreError> {
        let by_name = "SELECT id FROM campaigns WHERE name = $1";
        self.id_of("campaign", "campaigns", by_name, name).await.map(CampaignId)
    }

    /// The agent of that name.
    ///
    /// # Errors
    /// [`StoreError::Unregistered`] where there is none yet.
    pub async fn agent(&self, name: &str) -> Result<AgentId, StoreError> {
        let by_name = "SELECT id FROM agents WHERE name = $1";
        self.id_of("agent", "agents", by_name, name).await.map(AgentId)
    }

    async fn id_of(
        &self,
        kind: &'static str,
        table: &'static str,
        by_name: &'static str,
        name: &str,
    ) -> Result<u32, StoreError> {
        match self.reading.find(sqlx::query(by_name).bind(name)).await? {
            Some(row) => Ok(Named::new(table, "id", &row).int("id")?),
            None => Err(StoreError::Unregistered { kind, id: name.to_owned() }),
        }
    }

    /// Whether the database answers just now. Asked within two seconds, and once a second at most, however many want to know it.
    pub async fn answers(&self) -> bool {
        self.presence.answers().await
    }

    /// Tells the log what could not be done. While the database is away that has been told once, for all that fails by it.
    pub(crate) fn cannot(&self, problem: &StoreError, what: impl fmt::Display) {
        if self.is_told_of(problem) {
            tracing::debug!(%problem, "{what}");
        } else {
            tracing::warn!(%problem, "{what}");
        }
    }

    /// Whether a problem is that of a database that is said to be away.
    fn is_told_of(&self, problem: &StoreError) -> bool {
        self.presence.is_away() && problem.is_absence()
    }

    /// The connections that read.
    pub(crate) const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The clock that stamps what comes in.
    pub(crate) const fn clock(&self) -> &Clock {
        &self.desk.clock
    }

    /// What differs between databases.
    pub(crate) const fn dialect(&self) -> Dialect {
        self.desk.dialect
    }

    /// A transaction that writes a little: what a call or a person waits for.
    pub(crate) async fn write<T, E: From<StoreError>>(
        &self,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = self.writing.transaction(self.desk.dialect.begin(), SILENCE, work).await;
        done.map_err(Undone::problem)
    }

    /// A transaction that may write very many rows.
    pub(crate) async fn write_much<T, E: From<StoreError>>(
        &self,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = self.writing.transaction(self.desk.dialect.begin(), MUCH, work).await;
        done.map_err(Undone::problem)
    }

    /// A transaction that may give out the next free ids: no two of them at a time, whoever they are of.
    pub(crate) async fn write_alone<T, E: From<StoreError>>(
        &self,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = self.writing.transaction(self.desk.dialect.begin_alone(), MUCH, work).await;
        done.map_err(Undone::problem)
    }

    /// A transaction whose reads all see the same moment.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction<'static, Any>, StoreError> {
        self.reading.begin(self.desk.dialect.begin_reading()).await
    }
}

/// The ids of these names, and others above all that there are for those that have none.
async fn known(tx: &mut AnyConnection, all: &'static str, names: &[&str]) -> Result<Vec<u32>, StoreError> {
    let mut ids: BTreeMap<String, u32> = BTreeMap::new();
    for row in &sqlx::query(all).fetch_all(tx).await? {
        let row = Named::new("names", "id", row);
        ids.insert(row.text("name")?, row.int("id")?);
    }
    let mut free = ids.values().max().copied().unwrap_or(0);
    let mut next = || {
        free += 1;
        free
    };
    Ok(names.iter().map(|&name| ids.get(name).copied().unwrap_or_else(&mut next)).collect())
}

async fn register_campaign(tx: &mut AnyConnection, name: &str) -> Result<u32, StoreError> {
    sqlx::query(
        "INSERT INTO campaigns (id, name) \
         SELECT COALESCE(MAX(id), 0) + 1, $1 FROM campaigns WHERE true \
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(name)
    .execute(&mut *tx)
    .await?;
    let row = sqlx::query("SELECT id FROM campaigns WHERE name = $1").bind(name).fetch_one(&mut *tx).await?;
    Ok(Named::new("campaigns", "id", &row).int("id")?)
}

async fn register_carrier(tx: &mut AnyConnection, name: &str) -> Result<u32, StoreError> {
    sqlx::query(
        "INSERT INTO carriers (id, name) \
         SELECT COALESCE(MAX(id), 0) + 1, $1 FROM carriers WHERE true \
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(name)
    .execute(&mut *tx)
    .await?;
    let row = sqlx::query("SELECT id FROM carriers WHERE name = $1").bind(name).fetch_one(&mut *tx).await?;
    Ok(Named::new("carriers", "id", &row).int("id")?)
}

/// An agent who is known already moves to the campaign named.
async fn register_agent(tx: &mut AnyConnection, name: &str, campaign: &str) -> Result<u32, StoreError> {
    let row = sqlx::query(
        "INSERT INTO agents (id, name, campaign_id, state, since) \
         SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM agents), $1, id, 'offline', 0 \
         FROM campaigns WHERE name = $2 \
         ON CONFLICT (name) DO UPDATE SET campaign_id = excluded.campaign_id \
         RETURNING id",
    )
    .bind(name)
    .bind(campaign)
    .fetch_optional(tx)
    .await?;
    match row {
        Some(row) => Ok(Named::new("agents", "id", &row).int("id")?),
        None => Err(StoreError::Unregistered { kind: "campaign", id: campaign.to_owned() }),
    }
}
