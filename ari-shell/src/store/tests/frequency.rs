//! How often a number is called, over random schedules of two nodes and campaigns that share the counts: never more often
//! than any cap allows, and never refused while all have room.

use std::collections::BTreeMap;

use engine::call::CallRequest;
use engine::words::{CampaignId, Micros, Span};
use engine::{Outcome, SaveRefusal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sqlx::AnyConnection;

use crate::store::testing::{
    AUTUMN, BOTH, Dialect, Floor, How, Pen, SPRING, at, item, node, on_each_database, record, request,
};
use crate::store::work::Desk;
use crate::store::{Cap, Counts, intent, record as records};

on_each_database! {
    two_nodes_that_want_the_same_numbers_at_a_time_keep_their_caps_together,
}

const CASES: usize = 10_000;

/// So many cases are played at a time, each with a number of its own, so that a statement serves many.
const AT_A_TIME: usize = 500;

const HOUR: Span = Span::secs(3_600);
const DAY: Span = Span(24 * HOUR.0);

/// Three calls in a day, seven in a week, and none for a week after a conversation.
fn caps() -> [Cap; 3] {
    let cap = |counts, most, within| Cap { counts, most, within };
    [
        cap(Counts::Calls, 3, DAY),
        cap(Counts::Calls, 7, Span(7 * DAY.0)),
        cap(Counts::Conversations, 1, Span(7 * DAY.0)),
    ]
}

/// One placement that somebody wants.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    /// How long after the one before.
    after: Span,
    /// Autumn, which is the second node's, or else spring, the first's.
    by_autumn: bool,
    how: How,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let after = prop_oneof![
        4 => (1..90_u64).prop_map(|minutes| Span::secs(minutes * 60)),
        3 => (1..30_u64).prop_map(|hours| Span(hours * HOUR.0)),
        2 => (1..4_u64).prop_map(|days| Span(days * DAY.0)),
        // To the microsecond where a window has room again.
        1 => (0..3_u64, prop::sample::select(vec![DAY, Span(7 * DAY.0)])).prop_map(|(less, span)| Span(span.0 - less)),
    ];
    let how = prop_oneof![
        7 => Just(How::Busy),
        1 => Just(How::Unplaced),
        1 => Just(How::Dropped(2_000)),
        1 => Just(How::Talked(100, 60_000)),
    ];
    (after, any::<bool>(), how).prop_map(|(after, by_autumn, how)| Wanted { after, by_autumn, how })
}

/// One number, what has been wanted of it, and what counts.
#[derive(Debug, Default)]
struct Case {
    schedule: Vec<Wanted>,
    now: Span,
    calls: Vec<Micros>,
    conversations: Vec<Micros>,
}

impl Case {
    /// When a call at that moment may be made, as a calendar would tell it.
    fn open_from(&self, moment: Micros) -> Option<Micros> {
        let full_until = |cap: &Cap| {
            let counted = if cap.counts == Counts::Calls { &self.calls } else { &self.conversations };
            let within = counted.iter().filter(|&&at| at + cap.within > moment).count();
            let last = counted.len().checked_sub(cap.most as usize).map(|place| counted[place]);
            last.filter(|_| within >= cap.most as usize).map(|at| at + cap.within)
        };
        caps().iter().filter_map(full_until).max()
    }

    fn count(&mut self, call: &CallRequest, how: How) {
        let times = record(call, how).times;
        self.calls.extend(Some(call.created).filter(|_| !matches!(how, How::Unplaced)));
        self.conversations.extend(times.bridged.and(times.ended));
    }

    /// At no moment was there a call too many.
    fn check(&self) {
        for cap in caps().iter().filter(|cap| cap.counts == Counts::Calls) {
            for at in &self.calls {
                let before = |other: &&Micros| *other <= at && **other + cap.within > *at;
                let count = self.calls.iter().filter(before).count();
                assert!(count <= cap.most as usize, "{count} calls within {:?}: {:#?}", cap.within, self);
            }
        }
        let after_talk = |talk: &Micros, at: &Micros| at >= talk && at.since(*talk) < Span(7 * DAY.0);
        let too_soon = self.calls.iter().any(|at| self.conversations.iter().any(|talk| after_talk(talk, at)));
        assert!(!too_soon, "called again after a conversation: {self:#?}");
    }
}

#[tokio::test]
async fn over_ten_thousand_schedules_no_number_is_called_too_often_nor_refused_without_need() {
    let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
    let caps = caps();
    let both = caps.iter().flat_map(|cap| BOTH.map(|campaign| (campaign, "", cap)));
    floor.store.keep_caps(&BOTH, both).await.expect("caps");
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]));
    let schedules = vec(wanted(), 2..12);
    let desk = floor.store.desk.clone();
    let desks = [desk.clone(), Desk { node: node("rm2"), ..desk }];
    for _ in 0..CASES / AT_A_TIME {
        let schedule = || schedules.new_tree(&mut runner).expect("a schedule").current();
        let case = |schedule| Case { schedule, ..Case::default() };
        let mut cases: Vec<Case> = std::iter::repeat_with(schedule).map(case).take(AT_A_TIME).collect();
        // It is not committed, so that the next ones find the database as these did.
        let mut tx = floor.store.begin().await.expect("begun");
        play(&desks, &mut tx, &mut cases).await;
        cases.iter().for_each(Case::check);
        tx.rollback().await.expect("rolled back");
    }
}

/// Plays all schedules side by side, one placement of each at a time.
async fn play(desks: &[Desk; 2], tx: &mut AnyConnection, cases: &mut [Case]) {
    let sql = format!(
        "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {AT_A_TIME}) \
         INSERT INTO leads (id, number, attributes) SELECT id, CAST(15550000000 + id AS TEXT), '[]' FROM n"
    );
    run(tx, &sql).await;
    for campaign in [SPRING, AUTUMN] {
        let sql = format!(
            "INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts) \
             SELECT id * 2 + {campaign}, {campaign}, id, number, 'waiting', 0, 0 FROM leads"
        );
        run(tx, &sql).await;
    }
    let mut attempt = 0;
    for step in 0..cases.iter().map(|case| case.schedule.len()).max().unwrap_or(0) {
        run(
            tx,
            "UPDATE queue SET state = 'claimed', claimed_by = 'rm' || campaign_id WHERE state <> 'claimed'",
        )
        .await;
        let mut calls: [Vec<(usize, CallRequest)>; 2] = Default::default();
        for (place, case) in cases.iter_mut().enumerate() {
            let Some(wanted) = case.schedule.get(step) else { continue };
            case.now = case.now + wanted.after;
            attempt += 1;
            let call = call(place, wanted.by_autumn, attempt, at(0) + case.now);
            calls[usize::from(wanted.by_autumn)].push((place, call));
        }
        for (desk, calls) in desks.iter().zip(&calls) {
            place_all(desk, tx, cases, step, calls).await;
        }
    }
}

/// A node places calls for different numbers, each of which ends before the next one is wanted.
async fn place_all(
    desk: &Desk,
    tx: &mut AnyConnection,
    cases: &mut [Case],
    step: usize,
    calls: &[(usize, CallRequest)],
) {
    let intents: Vec<&CallRequest> = calls.iter().map(|(_, call)| call).collect();
    let outcomes = intent::save(desk, tx, &intents).await.expect("saved");
    let mut ended = Vec::new();
    for ((place, call), outcome) in calls.iter().zip(outcomes) {
        let case = &mut cases[*place];
        let full = case.open_from(call.created).map(|until| SaveRefusal::TooOften { until });
        assert_eq!(outcome, full.map_or(Outcome::Done, Outcome::Refused), "step {step} of {case:#?}");
        if outcome == Outcome::Done {
            let how = case.schedule[step].how;
            case.count(call, how);
            ended.push(record(call, how));
        }
    }
    let ended: Vec<_> = ended.iter().collect();
    records::write(desk, tx, &ended).await.expect("written");
}

fn call(place: usize, by_autumn: bool, attempt: u64, created: Micros) -> CallRequest {
    let campaign: CampaignId = if by_autumn { AUTUMN } else { SPRING };
    let lead = place as u64 + 1;
    let mut item = item(lead, &(15_550_000_000 + lead).to_string());
    item.id.0 = lead * 2 + u64::from(campaign.0);
    CallRequest { created, ..request(campaign, &item, attempt) }
}

async fn run(tx: &mut AnyConnection, sql: &str) {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(tx).await.expect(sql);
}

async fn two_nodes_that_want_the_same_numbers_at_a_time_keep_their_caps_together(floor: Floor) {
    const NUMBERS: u64 = 20;
    let numbers: Vec<String> = (1..=NUMBERS).map(|n| (15_550_000_000 + n).to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    floor.leads(SPRING, &numbers).await;
    floor.leads(AUTUMN, &numbers).await;
    let cap = Cap { counts: Counts::Calls, most: 3, within: DAY };
    floor.store.keep_caps(&BOTH, BOTH.map(|campaign| (campaign, "", &cap)).into_iter()).await.expect("a cap");
    let mut pens = [floor.writer(), Pen::new(&floor.again("rm2").await)];
    let mut placed: BTreeMap<u64, u32> = BTreeMap::new();
    for round in 0..6_u64 {
        floor.sql("UPDATE queue SET state = 'claimed', claimed_by = 'rm' || campaign_id").await;
        let wanted = |pen: usize| {
            (1..=NUMBERS).map(move |lead| {
                let campaign = [SPRING, AUTUMN][pen];
                let mut item = item(lead, &(15_550_000_000 + lead).to_string());
                item.id.0 = lead + pen as u64 * NUMBERS;
                let attempt = (round * 2 + pen as u64) * 100 + lead;
                CallRequest { created: at(round * 60_000), ..request(campaign, &item, attempt) }
            })
        };
        let [spring, autumn] = &mut pens;
        let (ours, theirs) =
            tokio::join!(save_all(spring, wanted(0).collect()), save_all(autumn, wanted(1).collect()));
        for (pen, call) in ours.iter().map(|call| (0, call)).chain(theirs.iter().map(|call| (1, call))) {
            *placed.entry(call.lead.0 % NUMBERS).or_default() += 1;
            assert_eq!(pens[pen].record(record(call, How::Busy)).await, Outcome::Done);
        }
    }
    assert!(placed.len() as u64 == NUMBERS && placed.values().all(|&count| count == 3), "{placed:?}");
}

/// Asks for all at once; gives those that were saved.
async fn save_all(pen: &mut Pen, calls: Vec<CallRequest>) -> Vec<CallRequest> {
    let mut asked: BTreeMap<_, CallRequest> = BTreeMap::new();
    for call in calls {
        let request = pen.submit(|request| engine::Command::Save { request, call: call.clone().into() });
        asked.insert(request, call);
    }
    let mut saved = Vec::new();
    while !asked.is_empty() {
        let (request, outcome) = pen.answer().await;
        let call = asked.remove(&request).expect("it was asked");
        if outcome == Outcome::Done {
            saved.push(call);
        } else {
            assert!(
                matches!(outcome, Outcome::Refused(SaveRefusal::NumberLive | SaveRefusal::TooOften { .. })),
                "{outcome:?}"
            );
        }
    }
    saved
}
