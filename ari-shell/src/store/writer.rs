//! Group commit: many commands, one transaction, and no answer before it is durable.

use std::iter;
use std::time::Duration;

use engine::{Command, Event, Failure, Outcome};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::work::{Desk, Job};
use super::{Store, StoreError, group};

/// Commands in one transaction at most. More would not be faster, only later.
const BATCH: usize = 512;

/// The time from the begin of one transaction to that of the next, at least. A command that comes alone is written at
/// once; many that come together wait for each other, because what a transaction costs besides its rows is more than
/// the rows cost.
const PACE: Duration = Duration::from_millis(5);

/// The one that writes. Commands are done in the order submitted.
///
/// Dropped without [`Writer::close`], it still does what was submitted, but nobody can wait for it.
#[derive(Debug)]
pub struct Writer {
    jobs: UnboundedSender<Job>,
    events: UnboundedSender<Event>,
    task: JoinHandle<()>,
}

impl Store {
    /// Starts a writer, which answers every command by an [`Event::Settled`] to `events`.
    #[must_use]
    pub fn writer(&self, events: UnboundedSender<Event>) -> Writer {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let desk = Desk { node: self.node.clone(), clock: self.clock };
        let clerk = Clerk { store: self.clone(), desk, events: events.clone() };
        Writer { jobs, events, task: tokio::spawn(clerk.run(inbox)) }
    }
}

impl Writer {
    /// Hands in a command: Fetch, Release, Save, Note, Record, NoteAgent or NoteCampaign.
    ///
    /// # Errors
    /// A command that is not for the database comes back as it was.
    pub fn submit(&self, command: Command) -> Result<(), Box<Command>> {
        let job = Job::try_from(command)?;
        if let Err(unsent) = self.jobs.send(job) {
            tracing::error!("the task that writes to the database has ended");
            answer(&self.events, &unsent.0, Outcome::Failed(Failure::Database));
        }
        Ok(())
    }

    /// Does what was submitted, answers it and ends.
    pub async fn close(self) {
        drop(self.jobs);
        if let Err(problem) = self.task.await {
            tracing::error!("the task that writes to the database has ended: {problem}");
        }
    }
}

/// Why a batch was not done.
enum Undone {
    /// The database itself: no connection, no transaction, no commit. Nobody's fault.
    Database(StoreError),
    /// One of the batch could not be done.
    Job(StoreError),
}

struct Clerk {
    store: Store,
    desk: Desk,
    events: UnboundedSender<Event>,
}

impl Clerk {
    async fn run(self, mut inbox: UnboundedReceiver<Job>) {
        let mut next = Instant::now();
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(first) = inbox.recv().await {
            sleep_until(next).await;
            next = Instant::now() + PACE;
            batch.push(first);
            batch.extend(iter::from_fn(|| inbox.try_recv().ok()).take(BATCH - 1));
            let outcomes = self.settle(&batch).await;
            for (job, outcome) in batch.drain(..).zip(outcomes) {
                answer(&self.events, &job, outcome);
            }
        }
    }

    /// One outcome for each job, all of them durable.
    async fn settle(&self, batch: &[Job]) -> Vec<Outcome> {
        match self.together(batch).await {
            Ok(outcomes) => outcomes,
            Err(Undone::Job(_)) if batch.len() > 1 => self.one_by_one(batch).await,
            Err(Undone::Job(problem) | Undone::Database(problem)) => failed(&problem, batch.len()),
        }
    }

    /// Every job in a transaction of its own, so that only those fail that cannot be done.
    async fn one_by_one(&self, batch: &[Job]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for (done, job) in batch.iter().enumerate() {
            match self.together(std::slice::from_ref(job)).await {
                Ok(outcome) => outcomes.extend(outcome),
                Err(Undone::Job(problem)) => outcomes.extend(failed(&problem, 1)),
                // Each further try would wait for the database's time-out again.
                Err(Undone::Database(problem)) => {
                    outcomes.extend(failed(&problem, batch.len() - done));
                    break;
                }
            }
        }
        outcomes
    }

    async fn together(&self, batch: &[Job]) -> Result<Vec<Outcome>, Undone> {
        let mut tx = self.store.begin().await.map_err(Undone::Database)?;
        match group::settle(&self.desk, &mut tx, batch).await {
            Ok(outcomes) => {
                tx.commit().await.map_err(|problem| Undone::Database(problem.into()))?;
                Ok(outcomes)
            }
            Err(problem) => {
                tx.rollback().await.map_err(|problem| Undone::Database(problem.into()))?;
                Err(Undone::Job(problem))
            }
        }
    }
}

fn failed(problem: &StoreError, count: usize) -> Vec<Outcome> {
    tracing::error!(count, "not written: {problem}");
    iter::repeat_n(Outcome::Failed(Failure::Database), count).collect()
}

/// A floor that has ended listens no more, and needs no answer.
fn answer(events: &UnboundedSender<Event>, job: &Job, outcome: Outcome) {
    let _ = events.send(Event::Settled { request: job.request, outcome });
}
