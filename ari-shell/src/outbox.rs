//! The outbox's way out: events of calls go to other programs, over webhooks and over a stream in Redis.
//!
//! Events are rows, written with what they tell ([`crate::store`]); from there each sink has a courier of its own, a task
//! beside the floor that dialling never waits for. What a courier promises:
//!
//! - **At least once.** A row is marked as delivered after the receiver has answered. What is sent twice, since a process was
//!   killed in between or an answer was lost, carries the same key.
//! - **In order, by call.** A later event of a call is sent once the earlier is delivered or given up.
//! - **Sinks do not wait for each other**, nor calls for other calls.
//!
//! A failure is tried again after a wait that doubles from a second, less or more a quarter. After so many tries, or so long
//! a time, a row is given up: it is a dead letter, which stays until somebody replays or drops it. A receiver that does not
//! answer at all is left alone for a while that grows to sixteen seconds, and then asked with one event.

mod courier;
mod letter;
mod signature;
mod sink;
mod stream;
#[cfg(test)]
mod tests;
mod webhook;

use std::time::Duration;

use engine::words::{Micros, Span};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use crate::config::Config;
use crate::store::{Backlog, Store};
use courier::{Courier, Manner};
pub use sink::BadSink;
use sink::Sink;
pub(crate) use sink::reach;

/// How often what waits is counted, for people to see.
const COUNTED_EVERY: Duration = Duration::from_secs(2);

/// How often what was delivered long ago is deleted.
const PRUNED_EVERY: Duration = Duration::from_secs(60);

/// How the sinks stand; cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    sinks: Vec<(String, watch::Receiver<Manner>)>,
    backlog: watch::Receiver<Vec<Backlog>>,
}

/// How one sink stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkStanding {
    /// Its name.
    pub sink: String,
    /// Events that are to be sent, as counted within the last seconds.
    pub waiting: u64,
    /// When the oldest of these happened.
    pub oldest: Option<Micros>,
    /// Events that were given up and that nobody has seen to.
    pub dead: u64,
    /// Events delivered by this process.
    pub delivered: u64,
    /// Deliveries that failed in this process.
    pub failed: u64,
    /// What is wrong with its receiver, while it does not work.
    pub trouble: Option<String>,
}

impl Outbox {
    /// How the sinks stand, in the order of the configuration.
    #[must_use]
    pub fn standing(&self) -> Vec<SinkStanding> {
        let backlog = self.backlog.borrow();
        let stand = |(name, manner): &(String, watch::Receiver<Manner>)| {
            let counted = backlog.iter().find(|counted| counted.sink == *name);
            let Manner { delivered, failed, trouble } = manner.borrow().clone();
            SinkStanding {
                sink: name.clone(),
                waiting: counted.map_or(0, |counted| counted.waiting),
                oldest: counted.and_then(|counted| counted.oldest),
                dead: counted.map_or(0, |counted| counted.dead),
                delivered,
                failed,
                trouble,
            }
        };
        self.sinks.iter().map(stand).collect()
    }
}

/// The couriers at work. Dropped, they end where they are.
#[derive(Debug)]
pub struct Couriers {
    store: Store,
    leave: watch::Sender<Option<Instant>>,
    tasks: JoinSet<()>,
    outbox: Outbox,
}

impl Couriers {
    /// Starts a courier for each sink of the configuration. What an earlier process of this node had in hand is sent first.
    ///
    /// # Errors
    /// [`BadSink`] where one cannot be used; then nothing is sent.
    pub async fn start(store: &Store, config: &Config) -> Result<Self, BadSink> {
        let sinks = config.sinks();
        let sinks = sinks.iter().map(Sink::open).collect::<Result<Vec<_>, _>>()?;
        let (leave, left) = watch::channel(None);
        let (count, backlog) = watch::channel(Vec::new());
        let mut couriers = Self {
            store: store.clone(),
            leave,
            tasks: JoinSet::new(),
            outbox: Outbox { sinks: Vec::new(), backlog },
        };
        if sinks.is_empty() {
            return Ok(couriers);
        }
        couriers.give_back().await;
        for sink in sinks {
            let (tell, manner) = watch::channel(Manner::default());
            couriers.outbox.sinks.push((sink.name().to_owned(), manner));
            couriers.tasks.spawn(Courier::new(store.clone(), sink, tell).run(left.clone()));
        }
        couriers.tasks.spawn(keep_house(store.clone(), config.outbox_keep, count, left));
        Ok(couriers)
    }

    /// How the sinks stand.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Delivers what is due and ends, at the latest after `grace`. What is left is delivered by the next process, or by
    /// another node.
    pub async fn close(mut self, grace: Duration) {
        let end = Instant::now() + grace;
        if self.outbox.sinks.is_empty() {
            return;
        }
        // Whoever has ended by itself does not listen any more.
        let _ = self.leave.send(Some(end));
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // A database that does not answer may hold a courier up.
        if timeout_at(end + grace, all).await.is_err() {
            tracing::warn!("the couriers do not come to their end");
        }
        self.give_back().await;
    }

    async fn give_back(&self) {
        if let Err(problem) = self.store.give_back_letters().await {
            tracing::warn!(%problem, "events that this node has in hand are sent later, when their time is over");
        }
    }
}

/// Counts what waits, and deletes what was delivered long ago, until it is time to leave.
async fn keep_house(
    store: Store,
    keep: Span,
    count: watch::Sender<Vec<Backlog>>,
    mut left: watch::Receiver<Option<Instant>>,
) {
    let (mut counting, mut pruning) = (interval(COUNTED_EVERY), interval(PRUNED_EVERY));
    counting.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pruning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = left.changed() => return,
            _ = counting.tick() => match store.backlog().await {
                Ok(backlog) => drop(count.send(backlog)),
                Err(problem) => store.cannot(&problem, "what waits in the outbox is not counted"),
            },
            _ = pruning.tick() => match store.prune_letters(keep).await {
                Ok(0) => {}
                Ok(pruned) => tracing::info!(pruned, "events that were delivered or dropped long ago are deleted"),
                Err(problem) => store.cannot(&problem, "events that were delivered or dropped long ago are not deleted"),
            },
        }
    }
}
