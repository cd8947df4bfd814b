//! Group commit: many commands, one transaction, and no answer before it is durable.

use std::iter;
use std::time::Duration;

use engine::words::{Micros, QueueId};
use engine::{Command, Event, Failure, Outcome};
use sqlx::AnyConnection;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::link::{SILENCE, Undone};
use super::work::{Job, Work};
use super::{Store, StoreError, claim, group};
use crate::hopper::Hopper;

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
    hopper: Option<Hopper>,
    jobs: UnboundedSender<Job>,
    events: UnboundedSender<Event>,
    task: JoinHandle<()>,
}

impl Store {
    /// Starts a writer, which answers every command by an [`Event::Settled`] to `events`.
    #[must_use]
    pub fn writer(&self, events: UnboundedSender<Event>) -> Writer {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let clerk = Clerk { store: self.clone(), events: events.clone(), in_doubt: Vec::new() };
        Writer { hopper: None, jobs, events, task: tokio::spawn(clerk.run(inbox)) }
    }
}

/// Where jobs wait to be written.
struct Inbox {
    jobs: UnboundedSender<Job>,
    events: UnboundedSender<Event>,
}

impl Inbox {
    fn put(&self, job: Job) {
        if let Err(unsent) = self.jobs.send(job) {
            tracing::error!("the task that writes to the database has ended");
            answer(&self.events, &unsent.0, Outcome::Failed(Failure::Database));
        }
    }
}

impl Writer {
    /// Items to be dialled are taken from that hopper first.
    #[must_use]
    pub fn sharing(self, hopper: Hopper) -> Self {
        Self { hopper: Some(hopper), ..self }
    }

    /// Hands in a command: one of those that are for the database.
    ///
    /// # Errors
    /// A command that is not for the database comes back as it was.
    pub fn submit(&self, command: Command) -> Result<(), Box<Command>> {
        let job = Job::try_from(command)?;
        let desk = Inbox { jobs: self.jobs.clone(), events: self.events.clone() };
        match (&self.hopper, job.work) {
            (Some(hopper), Work::Fetch(wanted, _)) => {
                let hopper = hopper.clone();
                tokio::spawn(async move {
                    let work = Work::Fetch(wanted, hopper.offer(wanted).await);
                    desk.put(Job { work, ..job });
                });
            }
            (_, work) => desk.put(Job { work, ..job }),
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

struct Clerk {
    store: Store,
    events: UnboundedSender<Event>,
    /// Items that a claim took whose commit was not answered. Nobody was told of them, so they are given back by the
    /// next transaction; those that were not claimed after all are left alone by that.
    in_doubt: Vec<QueueId>,
}

impl Clerk {
    async fn run(mut self, mut inbox: UnboundedReceiver<Job>) {
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
    async fn settle(&mut self, batch: &[Job]) -> Vec<Outcome> {
        match self.together(batch).await {
            Ok(outcomes) => outcomes,
            Err(Undone::Work(_)) if batch.len() > 1 => self.one_by_one(batch).await,
            Err(undone) => self.failed(&undone, batch.len()),
        }
    }

    /// Every job in a transaction of its own, so that only those fail that cannot be done.
    async fn one_by_one(&mut self, batch: &[Job]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for (done, job) in batch.iter().enumerate() {
            match self.together(std::slice::from_ref(job)).await {
                Ok(outcome) => outcomes.extend(outcome),
                Err(undone @ Undone::Work(_)) => outcomes.extend(self.failed(&undone, 1)),
                // Each further try would wait for the database's time-out again. They have written nothing.
                Err(undone @ (Undone::Commit(_) | Undone::Database(_))) => {
                    outcomes.extend(self.failed(&undone, 1));
                    let left = batch.len() - done - 1;
                    outcomes.extend(iter::repeat_n(Outcome::Failed(Failure::Database), left));
                    break;
                }
            }
        }
        outcomes
    }

    async fn together(&mut self, batch: &[Job]) -> Result<Vec<Outcome>, Undone<StoreError>> {
        // What a claim took is known before it is known whether the claim holds.
        let mut taken = Vec::new();
        let Self { store: Store { desk, writing, .. }, in_doubt, .. } = &*self;
        let write = async |tx: &mut AnyConnection| {
            claim::release(desk, tx, in_doubt, (Micros(0), claim::Why::Rules)).await?;
            let outcomes = group::settle(desk, tx, batch).await?;
            taken.extend(outcomes.iter().flat_map(claimed));
            Ok(outcomes)
        };
        let done = writing.transaction(desk.dialect.begin(), SILENCE, write).await;
        match &done {
            Ok(_) => self.in_doubt.clear(),
            Err(Undone::Commit(_)) => self.in_doubt.extend(taken),
            Err(Undone::Database(_) | Undone::Work(_)) => {}
        }
        done
    }

    fn failed(&self, undone: &Undone<StoreError>, count: usize) -> Vec<Outcome> {
        let (failure, problem) = match undone {
            Undone::Database(problem) | Undone::Work(problem) => (Failure::Database, problem),
            Undone::Commit(problem) => (Failure::OutcomeUnknown, problem),
        };
        if !self.store.is_told_of(problem) {
            tracing::error!(count, "not written: {problem}");
        }
        iter::repeat_n(Outcome::Failed(failure), count).collect()
    }
}

fn claimed(outcome: &Outcome) -> impl Iterator<Item = QueueId> {
    let items = if let Outcome::Fetched { items, .. } = outcome { items.as_slice() } else { &[] };
    items.iter().map(|item| item.id)
}

/// A floor that has ended listens no more, and needs no answer.
fn answer(events: &UnboundedSender<Event>, job: &Job, outcome: Outcome) {
    let _ = events.send(Event::Settled { request: job.request, outcome });
}
