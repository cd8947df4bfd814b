//! Connections on loan: each for one use, and no longer than that may take.
//!
//! A server whose machine has gone says nothing ever, and whoever waits for it would hold a connection for good, of which
//! there are few. So nobody outside this file has a connection without a limit. One that has run into its limit is ended
//! and not given back: nobody knows what its server made of the last statement, and whoever had it next would wait again.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Transaction};
use tokio::time::timeout;

use super::StoreError;
use super::presence::Presence;
use super::row::Statement;

/// How long the database may say nothing to what a call or a person waits for. Longer than anything waits for a lock, see
/// `Dialect::greeting`: what is merely busy has said so by then, and what has not is gone.
pub(super) const SILENCE: Duration = Duration::from_secs(6);

/// How long it may say nothing to what is about very many rows, for which nobody waits on a call.
pub(super) const MUCH: Duration = Duration::from_mins(10);

/// How long it may say nothing to a question: lists are long, and looked for in large tables.
const QUESTION: Duration = Duration::from_secs(30);

/// The connections that write.
#[derive(Debug, Clone)]
pub(super) struct Writing {
    pool: AnyPool,
    presence: Presence,
}

impl Writing {
    pub(super) const fn new(pool: AnyPool, presence: Presence) -> Self {
        Self { pool, presence }
    }

    /// A transaction that begins as `begin` says. Both what it does and its commit may take as long as `limit`.
    pub(super) async fn transaction<T, E: From<StoreError>>(
        &self,
        begin: &'static str,
        limit: Duration,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, Undone<E>> {
        let loan = Loan::of(&self.pool, &self.presence).await;
        let mut loan = loan.map_err(|problem| Undone::Database(problem.into()))?;
        let done = transact(&mut loan.connection, begin, limit, work).await;
        if let Err(Undone::Database(_) | Undone::Commit(_)) = &done {
            loan.end();
            self.presence.is_doubted().await;
        }
        done
    }

    /// A connection for statements that are no transaction.
    pub(super) async fn connection<T>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        Loan::of(&self.pool, &self.presence).await?.used(limit, work).await
    }

    /// For migrations, which take as long as they take, in a process that does nothing else: one that is broken off has to
    /// be done again from its beginning.
    pub(super) const fn for_migrations(&self) -> &AnyPool {
        &self.pool
    }

    /// A transaction without a limit, for tests that hold one.
    #[cfg(test)]
    pub(super) async fn begin(&self, begin: &'static str) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.pool.begin_with(begin).await?)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Why a transaction was not done.
pub(super) enum Undone<E> {
    /// The database itself: no connection, no transaction. Nothing is written.
    Database(E),
    /// The commit failed, or its answer was lost with the connection: all of it is written, or nothing.
    Commit(E),
    /// What was to be done could not be, and was rolled back.
    Work(E),
}

impl<E> Undone<E> {
    pub(super) fn problem(self) -> E {
        match self {
            Self::Database(problem) | Self::Commit(problem) | Self::Work(problem) => problem,
        }
    }
}

async fn transact<T, E: From<StoreError>>(
    connection: &mut AnyConnection,
    begin: &'static str,
    limit: Duration,
    work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, Undone<E>> {
    let begun = in_time(SILENCE, connection.begin_with(begin)).await;
    let mut tx = begun.map_err(|problem| Undone::Database(problem.into()))?;
    match timeout(limit, work(&mut tx)).await {
        Err(_) => Err(Undone::Database(StoreError::Silent.into())),
        // Where not even this is answered the connection is gone, and with it the transaction.
        Ok(Err(problem)) => match in_time(SILENCE, tx.rollback()).await {
            Ok(()) => Err(Undone::Work(problem)),
            Err(_) => Err(Undone::Database(problem)),
        },
        Ok(Ok(done)) => match in_time(limit, tx.commit()).await {
            Ok(()) => Ok(done),
            Err(problem) => Err(Undone::Commit(problem.into())),
        },
    }
}

/// The connections that read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pool: AnyPool,
    presence: Presence,
    limit: Duration,
}

impl Reading {
    pub(super) const fn new(pool: AnyPool, presence: Presence) -> Self {
        Self { pool, presence, limit: QUESTION }
    }

    /// The same, with another limit.
    #[cfg(test)]
    pub(super) fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// All rows that answer a question.
    pub(crate) async fn rows(&self, question: Statement<'_>) -> Result<Vec<AnyRow>, StoreError> {
        let answer = async |connection: &mut AnyConnection| Ok(question.fetch_all(connection).await?);
        Loan::of(&self.pool, &self.presence).await?.used(self.limit, answer).await
    }

    /// Hands over all rows that answer a question, one by one: for answers that may have very many.
    pub(super) async fn pass(
        &self,
        question: Statement<'_>,
        mut take: impl FnMut(&AnyRow),
    ) -> Result<(), StoreError> {
        let answer = async |connection: &mut AnyConnection| {
            let mut rows = question.fetch(connection);
            while let Some(row) = rows.try_next().await? {
                take(&row);
            }
            Ok(())
        };
        Loan::of(&self.pool, &self.presence).await?.used(MUCH, answer).await
    }

    /// The one row that answers a question, if there is one.
    pub(crate) async fn find(&self, question: Statement<'_>) -> Result<Option<AnyRow>, StoreError> {
        let answer = async |connection: &mut AnyConnection| Ok(question.fetch_optional(connection).await?);
        Loan::of(&self.pool, &self.presence).await?.used(self.limit, answer).await
    }

    /// The one row that answers a question that is never without one.
    pub(crate) async fn row(&self, question: Statement<'_>) -> Result<AnyRow, StoreError> {
        self.find(question).await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// A transaction for a report or an export, which may be long and has no limit: it is made by a command of its own, for
    /// somebody who can break it off.
    pub(super) async fn begin(&self, begin: &'static str) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.pool.begin_with(begin).await?)
    }

    /// For the tests' own statements.
    #[cfg(test)]
    pub(crate) const fn raw(&self) -> &AnyPool {
        &self.pool
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// A connection that goes back to its pool when it is dropped, unless it has ended.
struct Loan<'p> {
    connection: PoolConnection<Any>,
    presence: &'p Presence,
    ended: bool,
}

impl<'p> Loan<'p> {
    async fn of(pool: &AnyPool, presence: &'p Presence) -> Result<Self, StoreError> {
        match pool.acquire().await {
            Ok(connection) => Ok(Self { connection, presence, ended: false }),
            Err(problem) => {
                let problem = problem.into();
                presence.hears_of(&problem).await;
                Err(problem)
            }
        }
    }

    async fn used<T>(
        mut self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match timeout(limit, work(&mut self.connection)).await {
            Ok(Err(problem)) => {
                self.presence.hears_of(&problem).await;
                Err(problem)
            }
            Ok(done) => done,
            Err(_) => {
                self.end();
                self.presence.is_doubted().await;
                Err(StoreError::Silent)
            }
        }
    }

    fn end(&mut self) {
        self.connection.close_on_drop();
        self.ended = true;
    }
}

impl Drop for Loan<'_> {
    /// A pool asks what comes back whether it lives, and would wait for the answer without end.
    fn drop(&mut self) {
        if !self.ended {
            tokio::spawn(timeout(SILENCE, self.connection.return_to_pool()));
        }
    }
}

async fn in_time<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match timeout(limit, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::Silent),
    }
}
