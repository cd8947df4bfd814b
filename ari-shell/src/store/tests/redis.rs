//! Two nodes, one database and one Redis, of which everything may go wrong: no lead is lost, and none is dialled twice.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::Outcome;
use engine::lead::QueueItem;
use engine::words::QueueId;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::AnyConnection;
use tokio::runtime::Builder;

use crate::hopper::shelf::{Away, Shelf};
use crate::hopper::tests::redis_of_the_lab;
use crate::store::claim::{self, Claim};
use crate::store::testing::{Dialect, Floor, How, SPRING, node, record, request};
use crate::store::work::Desk;
use crate::store::{intent, lease, record as records};

const LEADS: u64 = 4;

/// What happens next. Nodes are 0 and 1.
#[derive(Debug, Clone)]
enum Turn {
    /// A node fetches so many by way of Redis and fills it up then.
    Fetch { node: usize, count: u32 },
    /// A node fetches so many while Redis is away for it.
    FetchWithoutRedis { node: usize, count: u32 },
    /// Ids were taken from Redis, and whoever took them is gone.
    TakenInVain,
    /// A node dials the first that it has.
    Dial { node: usize },
    /// A node forgets what it had.
    Crash { node: usize },
    /// Nobody has renewed claims for so long that those of the shelf, or all, are over; a node looks at them.
    Lapse { node: usize, all: bool },
    /// A node renews what it and the shelf have.
    Renew { node: usize },
    /// Redis loses all it had.
    Emptied,
    /// Redis has an old copy of itself: ids of that kind once more.
    Restored { ids: Vec<u64> },
}

fn turn() -> impl Strategy<Value = Turn> {
    let (node, count) = (0..2_usize, 1..4_u32);
    prop_oneof![
        5 => (node.clone(), count.clone()).prop_map(|(node, count)| Turn::Fetch { node, count }),
        2 => (node.clone(), count).prop_map(|(node, count)| Turn::FetchWithoutRedis { node, count }),
        1 => Just(Turn::TakenInVain),
        6 => node.clone().prop_map(|node| Turn::Dial { node }),
        1 => node.clone().prop_map(|node| Turn::Crash { node }),
        2 => (node.clone(), any::<bool>()).prop_map(|(node, all)| Turn::Lapse { node, all }),
        1 => node.prop_map(|node| Turn::Renew { node }),
        1 => Just(Turn::Emptied),
        2 => proptest::collection::vec(1..=LEADS, 1..5).prop_map(|ids| Turn::Restored { ids }),
    ]
}

/// The shelf in Redis. On a busy machine it is now and then slower than one waits for it: then it is as where there is none.
struct Redis {
    shelf: Shelf,
    asked: u32,
    away: u32,
}

impl Redis {
    async fn take(&mut self, wanted: Claim) -> Vec<QueueId> {
        let taken = self.shelf.take(wanted).await;
        self.heard(taken).0
    }

    async fn put(&mut self, ids: &[QueueId]) {
        let put = self.shelf.put(SPRING, ids).await;
        self.heard(put);
    }

    async fn lying(&mut self) -> Vec<QueueId> {
        let lying = self.shelf.lying(SPRING).await;
        self.heard(lying)
    }

    fn heard<T: Default>(&mut self, answer: Result<T, Away>) -> T {
        self.asked += 1;
        self.away += u32::from(answer.is_err());
        answer.unwrap_or_default()
    }
}

/// Two nodes at one table. All that a case does is in one transaction, which is not committed.
struct Table<'t> {
    tx: &'t mut AnyConnection,
    redis: &'t mut Redis,
    desks: &'t [Desk; 2],
    /// What each node believes that it may dial.
    has: [Vec<QueueItem>; 2],
    dialled: BTreeMap<QueueId, u32>,
    attempts: u64,
}

impl Table<'_> {
    async fn play(&mut self, turn: &Turn) {
        match turn {
            Turn::Fetch { node, count } => {
                let wanted = Claim { campaign: SPRING, count: *count, cap: 100 };
                let offered = self.redis.take(wanted).await;
                self.fetch(*node, wanted, &offered).await;
                let shelved = lease::shelve(&self.desks[*node], self.tx, wanted).await.expect("shelved");
                self.redis.put(&shelved).await;
            }
            Turn::FetchWithoutRedis { node, count } => {
                self.fetch(*node, Claim { campaign: SPRING, count: *count, cap: 100 }, &[]).await;
            }
            Turn::TakenInVain => {
                let wanted = Claim { campaign: SPRING, count: 2, cap: 100 };
                self.redis.take(wanted).await;
            }
            Turn::Dial { node } => self.dial(*node).await,
            Turn::Crash { node } => self.has[*node].clear(),
            Turn::Lapse { node, all } => self.lapse(*node, *all).await,
            Turn::Renew { node } => {
                let lying = self.redis.lying().await;
                lease::keep_leases(&self.desks[*node], self.tx, &lying).await.expect("renewed");
            }
            Turn::Emptied => self.empty().await,
            Turn::Restored { ids } => {
                let ids: Vec<QueueId> = ids.iter().copied().map(QueueId).collect();
                self.redis.put(&ids).await;
            }
        }
    }

    async fn fetch(&mut self, node: usize, wanted: Claim, offered: &[QueueId]) {
        let fetched = claim::fetch(&self.desks[node], self.tx, wanted, offered).await.expect("fetched");
        let Outcome::Fetched { items, .. } = fetched else { panic!("fetched nothing but {fetched:?}") };
        self.has[node].extend(items);
    }

    /// Saves the intent; only where that is done is it dialled, and the call is over at once.
    async fn dial(&mut self, node: usize) {
        if self.has[node].is_empty() {
            return;
        }
        let item = self.has[node].remove(0);
        self.attempts += 1;
        let call = request(SPRING, &item, self.attempts);
        let saved = intent::save(&self.desks[node], self.tx, &[&call]).await.expect("saved");
        if saved == [Outcome::Done] {
            *self.dialled.entry(item.id).or_default() += 1;
            let reached = record(&call, How::Talked(100, 1_000));
            records::write(&self.desks[node], self.tx, &[&reached]).await.expect("recorded");
        }
    }

    async fn lapse(&mut self, node: usize, all: bool) {
        let over = if all {
            "UPDATE queue SET claimed_until = 1 WHERE state = 'claimed'"
        } else {
            "UPDATE queue SET claimed_until = 1 WHERE state = 'claimed' AND claimed_by = '@shelf'"
        };
        sqlx::query(over).execute(&mut *self.tx).await.expect("time passes");
        lease::keep_leases(&self.desks[node], self.tx, &[]).await.expect("looked at");
    }

    async fn empty(&mut self) {
        let all = Claim { campaign: SPRING, count: 10_000, cap: 100 };
        self.redis.take(all).await;
    }

    /// Everybody is gone but one node, and so is Redis: what is left is dialled.
    async fn come_to_rest(&mut self) {
        self.has = [Vec::new(), Vec::new()];
        sqlx::query("UPDATE queue SET claimed_until = 1, claimed_by = 'gone' WHERE state = 'claimed'")
            .execute(&mut *self.tx)
            .await
            .expect("time passes");
        lease::keep_leases(&self.desks[0], self.tx, &[]).await.expect("looked at");
        let wanted = Claim { campaign: SPRING, count: u32::try_from(LEADS).expect("few"), cap: 100 };
        self.fetch(0, wanted, &[]).await;
        while !self.has[0].is_empty() {
            self.dial(0).await;
        }
    }
}

/// A case: what each lead was dialled.
async fn dialled(floor: &Floor, redis: &mut Redis, turns: &[Turn]) -> BTreeMap<QueueId, u32> {
    let mut tx = floor.store.begin().await.expect("a transaction");
    let desks = ["rm1", "rm2"].map(|name| Desk { node: node(name), ..floor.store.desk.clone() });
    let has = [Vec::new(), Vec::new()];
    let mut table = Table { tx: &mut tx, redis, desks: &desks, has, dialled: BTreeMap::new(), attempts: 0 };
    table.empty().await;
    for turn in turns {
        table.play(turn).await;
    }
    table.come_to_rest().await;
    let dialled = table.dialled;
    tx.rollback().await.expect("rolled back");
    dialled
}

#[test]
fn whatever_becomes_of_redis_and_of_two_nodes_each_lead_is_dialled_once() {
    let Some(lab) = redis_of_the_lab("law") else { return };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let redis = RefCell::new(Redis { shelf: Shelf::new(&lab).expect("an address"), asked: 0, away: 0 });
    let floor = runtime.block_on(async {
        let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
        floor.numbered_leads(SPRING, LEADS).await;
        floor
    });
    let once: BTreeMap<QueueId, u32> = (1..=LEADS).map(|id| (QueueId(id), 1)).collect();
    let mut runner =
        TestRunner::new(Config { cases: 10_000, failure_persistence: None, ..Config::default() });
    let law = runner.run(&proptest::collection::vec(turn(), 1..10), |turns| {
        let dialled = runtime.block_on(dialled(&floor, &mut redis.borrow_mut(), &turns));
        prop_assert_eq!(&dialled, &once);
        Ok(())
    });
    assert!(law.is_ok(), "{law:?}");
    let Redis { asked, away, .. } = redis.into_inner();
    assert!(away < asked / 10, "Redis was away {away} of {asked} times, which says little of what it is for");
}
