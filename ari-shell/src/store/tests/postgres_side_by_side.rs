//! What two do to a lead at the same moment. A file has one writer at a time; on a server they are side by side.

use sqlx::{Any, Transaction};

use super::*;
use crate::store::{AgreeError, Agreement, CallOffError, HOUSE, ListRules};
use engine::call::CallRequest;
use engine::lead::Barred;

/// A floor on which the call that was agreed on with a lead is being saved, as long as `lock` lasts.
struct Scene {
    floor: Floor,
    pen: Pen,
    lock: Transaction<'static, Any>,
}

impl Scene {
    async fn set() -> Option<Self> {
        Self::of("").await
    }

    /// The lead is changed by these statements before.
    async fn of(changes: &'static str) -> Option<Self> {
        let floor = Floor::new(Dialect::Postgres).await?;
        floor.leads(SPRING, &["15550000001"]).await;
        floor.sql(changes).await;
        let house = ListRules { name: HOUSE, max_age: None, campaigns: vec![(SPRING, false)] };
        floor.store.add_lists(&[house]).await.expect("a list");
        let now = Agreement { at: at(0), agent: None, note: None };
        floor.store.agree(QueueId(1), &now).await.expect("agreed");
        let mut pen = floor.writer();
        let (items, _) = pen.fetch(SPRING, 1).await;
        let call = CallRequest { created: floor.store.clock().now(), ..request(SPRING, &items[0], 1) };
        // What comes last of a save but for its commit has to wait for this.
        let mut lock = floor.again("rm1").await.begin().await.expect("a transaction");
        let other = sqlx::query("INSERT INTO call_requests VALUES (1, 1, 0, 1, '')");
        other.execute(&mut *lock).await.expect("it is locked");
        pen.submit(|request| Command::Save { request, call: Arc::new(call) });
        let scene = Self { floor, pen, lock };
        until(&scene.floor, |waiting| waiting == 1).await;
        Some(scene)
    }

    /// Has something else done meanwhile, and then the save; gives what came of both.
    async fn beside<T: Send + 'static>(
        mut self,
        other: impl Future<Output = T> + Send + 'static,
    ) -> (Outcome, T, Floor) {
        let other = tokio::spawn(other);
        until(&self.floor, |waiting| waiting == 2 || other.is_finished()).await;
        self.lock.rollback().await.expect("rolled back");
        let (_, saved) = self.pen.answer().await;
        (saved, other.await.expect("no panic"), self.floor)
    }
}

/// Returns once so many connections wait for a lock.
async fn until(floor: &Floor, so_many: impl Fn(u32) -> bool) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while !so_many(floor.one(waiting).await.parse().expect("a number")) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_callback_is_not_called_off_while_its_call_is_saved() {
    let Some(scene) = Scene::set().await else { return };
    let store = scene.floor.store.clone();
    let (saved, off, _floor) = scene.beside(async move { store.call_off(QueueId(1)).await }).await;
    assert_eq!(saved, Outcome::Done);
    let being_made = CallOffError::BeingMade { item: QueueId(1), attempt: AttemptId(1) };
    assert_eq!(off.map_err(|error| error.to_string()), Err(being_made.to_string()));
}

#[tokio::test]
async fn whoever_is_barred_while_their_call_is_saved_is_on_it_and_no_lead_that_waited() {
    let Some(scene) = Scene::set().await else { return };
    let store = scene.floor.store.clone();
    let number = Barred::Number(number("15550000001"));
    let (saved, barred, floor) = scene.beside(async move { store.bar(HOUSE, &number).await }).await;
    assert_eq!(saved, Outcome::Done);
    let ended: Vec<u64> = barred.expect("barred").iter().map(|kept_off| kept_off.leads).collect();
    assert_eq!(ended, [0]);
    let stands = queue(&floor, 1).await;
    assert!(stands.starts_with("open 0"), "{stands}");
}

#[tokio::test]
async fn an_opt_out_does_not_wait_until_the_leads_of_an_area_have_come_to_their_end() {
    let Some(scene) = Scene::set().await else { return };
    let store = scene.floor.store.clone();
    let opted_out = scene.floor.again("rm1").await;
    let area = tokio::spawn(async move { store.bar(HOUSE, &Barred::Area("1555".to_owned())).await });
    until(&scene.floor, |waiting| waiting == 2).await;
    let opt_out = Barred::Number(number("16660000001"));
    opted_out.bar(HOUSE, &opt_out).await.expect("nobody is in its way");
    let listed = scene.floor.store.lists_with(number("15550000001")).await.expect("asked");
    assert_eq!(listed, [HOUSE], "the area holds before its leads have come to their end");
    let Scene { floor: _floor, mut pen, lock } = scene;
    lock.rollback().await.expect("rolled back");
    assert_eq!(pen.answer().await.1, Outcome::Done);
    let ended: Vec<u64> =
        area.await.expect("no panic").expect("barred").iter().map(|kept_off| kept_off.leads).collect();
    assert_eq!(ended, [0], "its one lead is on a call");
}

#[tokio::test]
async fn a_further_number_is_not_said_to_be_barred_while_a_call_to_it_is_saved() {
    let further = "INSERT INTO lead_numbers (lead_id, ord, number) VALUES (1, 1, '15550000009'); \
         UPDATE queue SET next_number = '15550000009'";
    let Some(scene) = Scene::of(further).await else { return };
    let store = scene.floor.store.clone();
    let barred = async move {
        let kept_off = store.bar(HOUSE, &Barred::Number(number("15550000009"))).await.expect("barred");
        let live = sqlx::query("SELECT 1 FROM attempts WHERE number = '15550000009' AND closed = 0");
        (kept_off[0].leads, live.fetch_all(store.pool()).await.expect("read").len())
    };
    let (saved, told, _floor) = scene.beside(barred).await;
    assert_eq!((saved, told), (Outcome::Done, (0, 1)), "the call was there before the answer");
}

#[tokio::test]
async fn nothing_is_agreed_on_with_a_lead_that_is_being_taken_back() {
    let Some(floor) = Floor::new(Dialect::Postgres).await else { return };
    floor.leads(SPRING, &["15550000001"]).await;
    let mut lock = floor.again("rm1").await.begin().await.expect("a transaction");
    sqlx::query("DELETE FROM queue WHERE id = 1").execute(&mut *lock).await.expect("taken back");
    let store = floor.store.clone();
    let now = Agreement { at: at(0), agent: None, note: None };
    let agreed = tokio::spawn(async move { store.agree(QueueId(1), &now).await });
    until(&floor, |waiting| waiting == 1).await;
    lock.commit().await.expect("committed");
    let agreed = agreed.await.expect("no panic").map_err(|error| error.to_string());
    assert_eq!(agreed, Err(AgreeError::NoSuchItem(QueueId(1)).to_string()));
}

#[tokio::test]
async fn a_campaign_has_leads_to_come_also_where_another_node_s_last_one_comes_to_wait_just_now() {
    let Some(floor) = Floor::new(Dialect::Postgres).await else { return };
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    // By then nothing was found that waits, and what others have in their hands is still to be looked for.
    let mut lock = floor.again("rm1").await.begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE dispositions").execute(&mut *lock).await.expect("it is locked");
    let mut other = Pen::new(&floor.again("rm2").await);
    other.submit(|request| Command::Fetch { request, campaign: SPRING, count: 1, cap: 100 });
    until(&floor, |waiting| waiting == 1).await;
    let fate = Fate::Retry(Micros(4_000_000_000_000_000));
    assert_eq!(pen.record(Record { fate, ..record(&call, How::Busy) }).await, Outcome::Done);
    lock.rollback().await.expect("rolled back");
    let (_, fetched) = other.answer().await;
    let Outcome::Fetched { items, next_due, .. } = fetched else { panic!("fetched nothing but {fetched:?}") };
    assert_eq!(items, []);
    assert!(next_due.is_some(), "else the campaign is completed there");
}
