//! The hopper that all nodes share: what is ready to be dialled by whoever asks first, kept in Redis.
//!
//! The database says who may dial what, always. Leads that go into the shared hopper are claimed for the shelf there, and
//! Redis holds no more than their ids, in dialling order; a node that takes ids from Redis becomes their holder by one
//! statement, which of two that were given the same id lets one have it. So Redis can be stopped, emptied, restored from
//! an old copy or filled twice: nothing is lost, because a claim that nobody renews ends, and nothing is dialled twice.
//!
//! Where Redis is not configured, or does not answer within a moment, the database stands in: a node then claims what is
//! due there by itself. Redis is tried again after a rest that grows from half a second to sixteen, less or more a quarter.
//!
//! One task does all this, and keeps the claims of this node and of the shelf alive.

pub(crate) mod shelf;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::words::{CampaignId, QueueId};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::config::Redis;
use crate::store::{Claim, SET_CLOCKS, Store};
use shelf::Shelf;

/// How long a fetch waits for what Redis has. Then the database alone is asked.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often claims are renewed: often enough that two renewals may fail before one ends.
pub(crate) const RENEWAL: Duration = Duration::from_secs(8);

/// The level of the shelf is what was asked for within this time, so that a campaign that dials faster has more ready.
const LEVEL_OVER: Duration = Duration::from_secs(60);

/// Most that is ever kept ready for one campaign.
const HIGHEST: u32 = 10_000;

/// A way to the hopper; cheap to clone.
#[derive(Debug, Clone)]
pub struct Hopper {
    asks: mpsc::UnboundedSender<Ask>,
    standing: watch::Receiver<Standing>,
}

/// Where leads are held ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "held_in")]
pub enum Standing {
    /// In the database only: no Redis is configured.
    Database,
    /// In Redis.
    Redis,
    /// In the database, which stands in for a Redis that does not answer or is too old.
    StandIn {
        /// What was wrong with Redis last.
        why: String,
    },
}

/// What the keeper is asked for.
#[derive(Debug)]
enum Ask {
    /// Something is wanted, by whoever waits for the answer.
    Offer { wanted: Claim, answer: oneshot::Sender<Vec<QueueId>> },
    /// It is to end.
    End,
}

impl Hopper {
    /// Opens the hopper of this node. Whether Redis is there, and new enough, is told in the log, at once and whenever that changes.
    ///
    /// # Errors
    /// Where the address of Redis is none.
    pub fn open(store: Store, redis: Option<&Redis>) -> Result<Self, redis::RedisError> {
        let shelf = redis.map(Shelf::new).transpose()?;
        let first = if shelf.is_some() { Standing::Redis } else { Standing::Database };
        let (tell, standing) = watch::channel(first);
        let (asks, inbox) = mpsc::unbounded_channel();
        tokio::spawn(Keeper { store, shelf, asked: BTreeMap::new(), tell, clocks_apart: false }.run(inbox));
        Ok(Self { asks, standing })
    }

    /// What the shared hopper offers of what is wanted; nothing where it has nothing or cannot be asked.
    pub(crate) async fn offer(&self, wanted: Claim) -> Vec<QueueId> {
        if *self.standing.borrow() == Standing::Database {
            return Vec::new();
        }
        let (answer, offered) = oneshot::channel();
        // A keeper that has gone offers nothing, as one that is busy does.
        let _ = self.asks.send(Ask::Offer { wanted, answer });
        timeout(PATIENCE, offered).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// Ends the keeper, whoever has a way to it still: no claim is renewed any more, and nobody says that this node is at work.
    pub(crate) async fn close(&self) {
        // One that has gone needs no word.
        let _ = self.asks.send(Ask::End);
        self.asks.closed().await;
    }

    /// Where leads are held ready just now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }
}

/// Asks a Redis for its version.
///
/// # Errors
/// What is wrong with it; no password is in there.
pub(crate) async fn ask(config: &Redis) -> Result<String, String> {
    let mut shelf = Shelf::new(config).map_err(|problem| problem.to_string())?;
    shelf.version().await.map_err(|_| shelf.trouble().unwrap_or_default().to_owned())
}

/// The one that fills the shelf and keeps the claims; it ends when it is told to, or nobody has a way to it any more.
struct Keeper {
    store: Store,
    shelf: Option<Shelf>,
    asked: BTreeMap<CampaignId, Asked>,
    tell: watch::Sender<Standing>,
    /// Whether the clock here was last found far from the database's.
    clocks_apart: bool,
}

/// How much of a campaign was asked for lately.
#[derive(Debug, Clone, Copy)]
struct Asked {
    since: Instant,
    last: Instant,
    now: u32,
    before: u32,
}

impl Keeper {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Ask>) {
        if let Some(shelf) = &mut self.shelf {
            // What is wrong with it is told by what is said of it.
            let _ = shelf.version().await;
            self.say();
        }
        let mut renewal = interval(RENEWAL);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ask = inbox.recv() => match ask {
                    Some(Ask::Offer { wanted, answer }) => self.serve(wanted, answer).await,
                    Some(Ask::End) | None => return,
                },
                _ = renewal.tick() => self.renew().await,
            }
        }
    }

    /// Hands out first, and fills up then.
    async fn serve(&mut self, wanted: Claim, answer: oneshot::Sender<Vec<QueueId>>) {
        let level = self.level(wanted);
        let Some(shelf) = &mut self.shelf else { return };
        // Whoever asked may have waited long enough, and has what the database gave them.
        if answer.is_closed() {
            return;
        }
        let Ok((offered, mut left)) = shelf.take(wanted).await else { return self.say() };
        if let Err(not_wanted) = answer.send(offered) {
            // Where Redis does not take them back their claims end, and they wait again.
            if shelf.put_back(wanted.campaign, &not_wanted).await.is_ok() {
                left += u32::try_from(not_wanted.len()).unwrap_or(u32::MAX);
            }
        }
        if left * 2 <= level {
            self.fill(Claim { count: level - left, ..wanted }).await;
        }
        self.say();
    }

    async fn fill(&mut self, wanted: Claim) {
        let Some(shelf) = &mut self.shelf else { return };
        match self.store.shelve(wanted).await {
            // Where Redis does not take them their claims end, and they wait again.
            Ok(items) => drop(shelf.put(wanted.campaign, &items).await),
            Err(problem) => self.store.cannot(&problem, "the shared hopper is not filled up"),
        }
    }

    async fn renew(&mut self) {
        let mut shelved = Vec::new();
        if let Some(shelf) = &mut self.shelf {
            self.asked.retain(|_, asked| asked.last.elapsed() < LEVEL_OVER * 2);
            for &campaign in self.asked.keys() {
                shelved.extend(shelf.lying(campaign).await.unwrap_or_default());
            }
        }
        match self.store.keep_leases(&shelved).await {
            Ok(0) => {}
            Ok(ended) => {
                tracing::info!(ended, "claims that nobody renewed have ended; their leads wait again")
            }
            Err(problem) => self.store.cannot(&problem, "claims are not renewed"),
        }
        self.compare_clocks().await;
        self.say();
    }

    /// Claims last by clocks: tells where the one here is another's no more, once until it is again.
    async fn compare_clocks(&mut self) {
        let apart = match self.store.clocks_apart().await {
            Ok(apart) => apart,
            Err(problem) => return self.store.cannot(&problem, "clocks are not compared"),
        };
        let were_apart = std::mem::replace(&mut self.clocks_apart, apart.is_some());
        match apart {
            Some(apart) if !were_apart => tracing::error!("{apart}; {SET_CLOCKS}"),
            None if were_apart => tracing::info!("the clock here shows what the database's does again"),
            Some(_) | None => {}
        }
    }

    /// As many as were asked for within a minute, and never fewer than now.
    fn level(&mut self, wanted: Claim) -> u32 {
        let now = Instant::now();
        let fresh = Asked { since: now, last: now, now: 0, before: 0 };
        let asked = self.asked.entry(wanted.campaign).or_insert(fresh);
        if asked.since.elapsed() >= LEVEL_OVER {
            *asked = Asked { before: asked.now, ..fresh };
        }
        asked.last = now;
        asked.now = asked.now.saturating_add(wanted.count);
        asked.now.max(asked.before).clamp(1, HIGHEST)
    }

    /// Tells where leads are held ready, once for each change.
    fn say(&self) {
        let Some(shelf) = &self.shelf else { return };
        let standing =
            shelf.trouble().map_or(Standing::Redis, |why| Standing::StandIn { why: why.to_owned() });
        self.tell.send_if_modified(|told| {
            let turned = std::mem::discriminant(told) != std::mem::discriminant(&standing);
            match &standing {
                Standing::StandIn { why } if turned => {
                    tracing::warn!(why, "Redis is of no use; the database stands in for the shared hopper");
                }
                Standing::Redis if turned => {
                    tracing::info!("Redis is of use again and holds the shared hopper")
                }
                Standing::StandIn { .. } | Standing::Redis | Standing::Database => {}
            }
            std::mem::replace(told, standing.clone()) != standing
        });
    }
}
