mod amd;
mod callbacks;
mod dispositions;
mod flows;
mod frequency;
mod postgres_link;
mod postgres_side_by_side;
mod put_off;
mod recordings;
mod redis;
mod retries;
mod rules;
mod standings;

use std::sync::Arc;
use std::time::Duration;

use engine::agent::{AgentState, Missed, PauseCode};
use engine::call::{CallResult, CallSoFar, HoldSoFar, Record, TransferLog};
use engine::campaign::CampaignState;
use engine::flow::FlowLog;
use engine::lead::Fate;
use engine::pacing::{Paced, Pacing, PacingChange};
use engine::recording::Takes;
use engine::words::{
    AgentId, AttemptId, CampaignId, CarrierId, LeadId, Micros, Milli, QueueId, RequestId, SessionId, Span,
};
use engine::{Command, Failure, OpenCampaign, OpenSession, Outcome, Reason, SaveRefusal, Times};
use sqlx::migrate::Migrator;

use super::testing::{
    ANN, AUTUMN, BOB, BOTH, Dialect, Floor, How, Pen, SPRING, at, item, machine, number, on_each_database,
    record, request, said,
};
use super::{Claim, MIGRATIONS, MINUTE, Minute, Named, Names, Reopened, Store, StoreError, read_record};
use crate::config::Config;
use crate::instance::Instance;

on_each_database! {
    migrations_are_pending_until_they_are_run_and_run_only_once,
    two_who_migrate_at_a_time_both_come_to_the_end,
    a_database_with_calls_in_it_is_brought_up_to_date_and_keeps_them,
    minutes_are_kept_for_a_month_and_the_last_by_a_moment_is_found_on_each_node,
    leads_from_before_there_were_lists_are_in_a_list_called_like_their_campaign,
    a_migration_that_is_unknown_here_is_told_with_what_to_do,
    ids_stay_with_their_names_whatever_order_they_are_named_in_later,
    ids_are_looked_up_without_a_trace_and_who_is_new_has_one_that_nobody_has,
    claims_come_in_the_order_due_and_tell_when_the_next_one_will_be,
    a_lead_that_is_tried_again_goes_ahead_of_new_ones_when_it_is_due,
    a_campaign_has_leads_to_come_while_another_node_has_some_in_its_hands,
    released_items_come_again_and_foreign_ones_are_left_alone,
    two_stores_never_claim_the_same_item,
    an_item_whose_number_is_on_a_live_call_is_not_claimed_and_looked_for_again_soon,
    an_item_that_cannot_be_read_is_set_aside_and_another_comes_instead,
    an_intent_is_durable_before_it_is_answered,
    one_bad_command_of_a_batch_fails_alone,
    a_database_that_is_gone_fails_every_command_and_answers_each,
    readers_who_hold_every_connection_do_not_keep_a_command_from_being_written,
    a_command_that_is_not_for_the_database_comes_back,
    a_number_on_a_live_call_is_refused_to_every_campaign_and_node,
    an_item_that_is_not_claimed_by_this_node_is_refused,
    the_same_intent_twice_is_one_and_another_under_its_id_fails,
    the_next_carrier_is_shown_on_attempt_and_item_and_both_requests_are_kept,
    a_record_is_read_back_as_written_and_a_second_one_changes_nothing,
    every_way_to_end_is_read_back_as_written,
    a_retry_waits_until_it_is_due_and_counts_the_attempt,
    a_record_counts_also_where_the_attempt_is_missing,
    an_item_that_has_come_to_its_end_never_waits_again,
    a_late_record_leaves_an_item_alone_that_another_attempt_has_open,
    what_a_dropped_writer_left_open_is_taken_up_again,
    a_node_signs_otherwise_with_each_database_and_always_alike_with_one,
    a_node_of_a_database_from_before_there_were_marks_signs_by_its_name_as_ever,
    reopening_leaves_alone_what_another_node_has,
    an_open_attempt_that_cannot_be_read_is_told_and_does_not_block_its_number,
    open_calls_by_a_carrier_that_is_configured_no_longer_are_counted_and_left_as_they_are,
    whoever_is_configured_no_longer_is_off_duty_from_the_next_start_on,
    a_node_is_at_work_in_one_installation_at_a_time,
    nobody_was_at_work_after_their_node_was_last_heard_of,
    whoever_is_at_work_when_a_node_ends_in_order_is_so_until_then,
    a_node_that_is_back_within_its_lease_has_its_agents_where_they_were,
    whoever_is_at_work_on_one_node_stays_so_where_another_says_that_they_are_not_there,
    of_two_nodes_that_an_agent_works_on_the_first_says_how_they_stand_for_as_long_as_it_is_at_work,
    a_closed_writer_has_done_all_that_was_submitted,
    an_agents_history_grows_by_states_and_the_leg_is_kept_for_tearing_down,
    each_ring_that_was_missed_is_written_down_once_and_how_many_in_a_row_is_told_again,
    a_late_note_does_not_change_an_attempt_that_has_its_record,
}

const FAILED: Outcome = Outcome::Failed(Failure::Database);

fn note_campaign(request: RequestId, campaign: CampaignId, state: CampaignState) -> Command {
    Command::NoteCampaign { request, campaign, state, began: None, closes_at: None, paced: None }
}

async fn queue(floor: &Floor, id: u64) -> String {
    floor
        .one(&format!(
            "SELECT state || ' ' || attempts || ' ' || COALESCE(last_result, '-') || ' ' || \
             COALESCE(channel, '-') || ' ' || COALESCE(bridge, '-') FROM queue WHERE id = {id}"
        ))
        .await
}

async fn migrations_are_pending_until_they_are_run_and_run_only_once(floor: Floor) {
    let store = floor.elsewhere().await;
    assert_eq!(
        store.pending_migrations().await.expect("asked"),
        [
            "0001 floor",
            "0002 windows",
            "0003 lists",
            "0004 rules",
            "0005 carriers",
            "0006 leases",
            "0007 drops and skips",
            "0008 outbox",
            "0009 flows",
            "0010 due",
            "0011 amd",
            "0012 recordings",
            "0013 agents",
            "0014 transfers",
            "0017 pauses",
            "0018 takes",
            "0019 drafts",
            "0020 log outs",
            "0021 alive",
            "0022 by hand",
            "0023 arrivals",
            "0024 again",
            "0025 standings",
            "0026 marks and promises",
            "0027 minutes",
            "0028 paces",
            "0029 said",
            "0030 flow so far",
            "0031 transfers so far",
            "0032 put off",
            "0033 amd so far"
        ]
    );
    store.migrate().await.expect("run");
    store.migrate().await.expect("run again");
    assert_eq!(store.pending_migrations().await.expect("asked"), Vec::<String>::new());
}

async fn two_who_migrate_at_a_time_both_come_to_the_end(floor: Floor) {
    let (one, other) = (floor.elsewhere().await, floor.elsewhere().await);
    let both = tokio::join!(one.migrate(), other.migrate());
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    assert_eq!(one.pending_migrations().await.expect("asked"), [""; 0]);
}

async fn minutes_are_kept_for_a_month_and_the_last_by_a_moment_is_found_on_each_node(floor: Floor) {
    let minute = |campaign, node: &str, nth: u64| Minute {
        campaign,
        began: Micros(nth * MINUTE.0),
        node: node.to_owned(),
        state: CampaignState::Running,
        reason: Some(Reason::NoAgents),
        refusals: [(Reason::NoAgents, nth), (Reason::CarriersFull, 1)].into(),
    };
    let month = 31 * 24 * 60;
    let (first, second, beside) =
        (minute(SPRING, "rm1", 10), minute(SPRING, "rm1", 11), minute(SPRING, "rm2", 9));
    let all = [first.clone(), second.clone(), beside.clone(), minute(AUTUMN, "rm1", 10)];
    floor.store.keep_minutes(&all).await.expect("kept");
    floor.store.keep_minutes(&all).await.expect("kept once more");
    let found = async |nth: u64| {
        let at = Micros(nth * MINUTE.0 + 59_999_999);
        floor.store.minutes_at(SPRING, at).await.expect("read")
    };
    assert_eq!(found(8).await, []);
    assert_eq!(found(10).await, [first, beside.clone()]);
    assert_eq!(found(11).await, [second.clone(), beside.clone()]);
    let late = minute(SPRING, "rm1", 11 + month);
    floor.store.keep_minutes(std::slice::from_ref(&late)).await.expect("kept");
    assert_eq!(found(10).await, [], "both nodes' are gone");
    assert_eq!(found(month).await, [second]);
    assert_eq!(found(11 + month).await, [late]);
    assert_eq!(floor.one("SELECT COUNT(*) FROM minutes WHERE campaign_id = 2").await, "1");
}

async fn a_database_with_calls_in_it_is_brought_up_to_date_and_keeps_them(floor: Floor) {
    let store = floor.elsewhere().await;
    let first = MIGRATIONS.iter().take(1).cloned().collect();
    Migrator::with_migrations(first).run(store.writing.for_migrations()).await.expect("the first version");
    let calls = "INSERT INTO campaigns VALUES (1, 'spring', 'running'), (2, 'autumn', 'ready'); \
                 INSERT INTO attempts (id, node, queue_id, campaign_id, number, ordinal, carrier_id, created_at, closed) \
                 VALUES (1, 'rm1', 1, 1, '15550000001', 1, 1, 70, 1), (2, 'rm1', 2, 1, '15550000002', 1, 1, 50, 0)";
    sqlx::raw_sql(calls).execute(store.pool()).await.expect("written");
    store.migrate().await.expect("run");
    let rows = sqlx::query("SELECT name, began_at FROM campaigns ORDER BY id").fetch_all(store.pool()).await;
    let began: Vec<_> = rows
        .expect("read")
        .iter()
        .map(|row| Named::new("campaigns", "name", row).opt_moment("began_at"))
        .collect();
    assert_eq!(began, vec![Ok(Some(Micros(50))), Ok(None)]);
    assert_eq!(store.pending_migrations().await.expect("asked"), Vec::<String>::new());
}

async fn leads_from_before_there_were_lists_are_in_a_list_called_like_their_campaign(floor: Floor) {
    let store = floor.elsewhere().await;
    let earlier = MIGRATIONS.iter().take(2).cloned().collect();
    Migrator::with_migrations(earlier)
        .run(store.writing.for_migrations())
        .await
        .expect("the version before lists");
    let leads = "INSERT INTO campaigns (id, name, state) VALUES (1, 'spring', 'running'), (2, 'autumn', 'ready'), (3, 'new', 'ready'); \
         INSERT INTO leads (id, number, attributes) VALUES (4, '101', '[]'), (5, '102', '[]'), (6, '101', '[]'); \
         INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts) \
         VALUES (1, 2, 4, '101', 'waiting', 0, 0), (2, 2, 5, '102', 'open', 0, 1), (3, 1, 6, '101', 'waiting', 0, 0)";
    sqlx::raw_sql(leads).execute(store.pool()).await.expect("written");
    store.migrate().await.expect("run");
    let listed = "SELECT string_agg(leads.id || ' ' || name, ', ' ORDER BY leads.id) AS told, COUNT(*) AS leads \
                  FROM leads JOIN lists ON lists.id = leads.list_id";
    let row = sqlx::query(listed).fetch_one(store.pool()).await.expect("read");
    assert_eq!(
        Named::new("leads", "leads", &row).text("told"),
        Ok(String::from("4 autumn, 5 autumn, 6 spring"))
    );
    let dialled = "SELECT string_agg(name || ' to ' || filled, ', ' ORDER BY campaign_id) AS told, COUNT(*) AS lists \
                   FROM campaign_lists JOIN lists ON lists.id = list_id";
    let row = sqlx::query(dialled).fetch_one(store.pool()).await.expect("read");
    assert_eq!(Named::new("lists", "lists", &row).text("told"), Ok(String::from("spring to 6, autumn to 5")));
}

async fn a_migration_that_is_unknown_here_is_told_with_what_to_do(floor: Floor) {
    floor
        .sql(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
              VALUES (9000, 'later', TRUE, '', 0)",
        )
        .await;
    let problem = floor.store.pending_migrations().await.expect_err("a newer database").to_string();
    assert!(problem.contains("migration 9000, which this ari-shell does not know"), "{problem}");
}

#[tokio::test]
async fn a_file_is_written_through_to_the_disk_and_keeps_its_references() {
    let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
    for (pragma, expected) in
        [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000")]
    {
        assert_eq!(floor.one(&format!("PRAGMA {pragma}")).await, expected, "{pragma}");
    }
}

#[tokio::test]
async fn a_url_of_an_unknown_database_is_refused_with_one_that_would_work() {
    let node = super::testing::node("rm1");
    let refused = super::Store::open("mysql://x", &node, crate::clock::Clock::start()).await;
    let problem = refused.expect_err("no such database").to_string();
    assert!(problem.contains("sqlite://ringmaster.db"), "{problem}");
}

async fn ids_stay_with_their_names_whatever_order_they_are_named_in_later(floor: Floor) {
    let names = Names {
        campaigns: &["winter", "autumn"],
        carriers: &["south"],
        agents: &[("cid", "winter"), ("bob", "winter")],
    };
    let ids = floor.store.register(names).await.expect("registered");
    assert_eq!(ids.campaigns, [CampaignId(3), CampaignId(2)]);
    assert_eq!(ids.carriers, [CarrierId(2)]);
    assert_eq!(ids.agents, [AgentId(3), AgentId(2)]);
    assert_eq!(floor.store.campaign("winter").await.expect("known"), CampaignId(3));
    let unknown = floor.store.campaign("summer").await.expect_err("unknown");
    assert_eq!(
        unknown.to_string(),
        "there is no campaign summer; those of the configuration are there once `run` was started with it"
    );
}

async fn ids_are_looked_up_without_a_trace_and_who_is_new_has_one_that_nobody_has(floor: Floor) {
    let names = Names {
        campaigns: &["winter", "autumn", "summer"],
        carriers: &["west", "south"],
        agents: &[("cid", "winter"), ("bob", "spring")],
    };
    let ids = floor.store.known(names).await.expect("looked up");
    assert_eq!(ids.campaigns, [CampaignId(3), CampaignId(2), CampaignId(4)]);
    assert_eq!(ids.carriers, [CarrierId(3), CarrierId(2)]);
    assert_eq!(ids.agents, [AgentId(3), AgentId(2)]);
    assert_eq!(floor.rows("SELECT name FROM campaigns ORDER BY id").await, ["spring", "autumn"]);
    assert_eq!(floor.one("SELECT campaign_id FROM agents WHERE name = 'bob'").await, "2");
}

async fn claims_come_in_the_order_due_and_tell_when_the_next_one_will_be(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003", "15550000004"]).await;
    floor.sql("UPDATE queue SET due_at = 7 WHERE id = 1").await;
    floor.sql("UPDATE queue SET due_at = 4000000000000000 WHERE id = 4").await;
    let mut pen = floor.writer();
    let (items, next_due) = pen.fetch(SPRING, 2).await;
    assert_eq!(items, [item(2, "15550000002"), item(3, "15550000003")]);
    assert_eq!(next_due, None, "as many came as were asked for");
    let (items, next_due) = pen.fetch(SPRING, 2).await;
    assert_eq!(items, [item(1, "15550000001")]);
    assert_eq!(next_due, Some(Micros(4_000_000_000_000_000)));
    assert_eq!(pen.fetch(AUTUMN, 2).await, (vec![], None));
}

async fn a_lead_that_is_tried_again_goes_ahead_of_new_ones_when_it_is_due(floor: Floor) {
    let numbers = ["15550000001", "15550000002", "15550000003", "15550000004", "15550000005"];
    floor.leads(SPRING, &numbers).await;
    let tried = "UPDATE queue SET attempts = 1, due_at = due_at +";
    floor.sql(&format!("{tried} 2 WHERE id = 4")).await;
    floor.sql(&format!("{tried} 1 WHERE id = 5")).await;
    floor.sql(&format!("{tried} 4000000000000000 WHERE id = 1")).await;
    // Given another round, it is as good as new.
    floor.sql("UPDATE queue SET attempts = 3, recycled = 3 WHERE id = 3").await;
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 3).await;
    let ids: Vec<QueueId> = items.iter().map(|item| item.id).collect();
    assert_eq!(ids, [5, 4, 2].map(QueueId));
    let items = ids;
    pen.ask(|request| Command::Release { request, not_before: Micros(0), items, skipped_by: None }).await;
    let shelved = floor.store.shelve(Claim { campaign: SPRING, count: 4, cap: 5 }).await.expect("shelved");
    assert_eq!(shelved, [5, 4, 2, 3].map(QueueId));
}

async fn a_campaign_has_leads_to_come_while_another_node_has_some_in_its_hands(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut other = Pen::new(&floor.again("rm2").await);
    let mut pen = floor.writer();
    let comes = async |other: &mut Pen| {
        let (items, next_due) = other.fetch(SPRING, 5).await;
        assert_eq!(items, []);
        next_due.is_some()
    };
    let (held, _) = pen.fetch(SPRING, 5).await;
    assert_eq!(held, [item(1, "15550000001")]);
    assert!(comes(&mut other).await, "it is in a hopper");
    assert_eq!(pen.fetch(SPRING, 5).await, (vec![], None), "in the very hopper that asks");
    let call = request(SPRING, &held[0], 1);
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    assert!(comes(&mut other).await, "it is on a call");
    pen.record(record(&call, How::Talked(100, 5_000))).await;
    assert!(!comes(&mut other).await, "it has come to its end");
}

async fn released_items_come_again_and_foreign_ones_are_left_alone(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    let mut other = Pen::new(&floor.again("rm2").await);
    pen.fetch(SPRING, 1).await;
    other.fetch(SPRING, 1).await;
    let items = vec![QueueId(1), QueueId(2), QueueId(99)];
    assert_eq!(
        pen.ask(|request| Command::Release { request, not_before: Micros(0), items, skipped_by: None }).await,
        Outcome::Done
    );
    assert_eq!(pen.fetch(SPRING, 9).await.0, [item(1, "15550000001")]);
}

async fn two_stores_never_claim_the_same_item(floor: Floor) {
    let numbers: Vec<String> = (0..200).map(|n| (15_550_000_000_u64 + n).to_string()).collect();
    floor.leads(SPRING, &numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut one = floor.writer();
    let mut two = Pen::new(&floor.again("rm2").await);
    let mut claimed = Vec::new();
    for _ in 0..15 {
        let (ours, theirs) = tokio::join!(one.fetch(SPRING, 7), two.fetch(SPRING, 7));
        claimed.extend(ours.0.into_iter().chain(theirs.0).map(|item| item.id));
    }
    let total = claimed.len();
    claimed.sort();
    claimed.dedup();
    assert_eq!((total, claimed.len()), (200, 200));
}

async fn an_item_whose_number_is_on_a_live_call_is_not_claimed_and_looked_for_again_soon(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let mut pen = floor.writer();
    let before = floor.store.clock().now();
    let call = pen.open(SPRING, 1).await;
    let (items, next_due) = pen.fetch(AUTUMN, 5).await;
    assert!(items.is_empty());
    assert!(next_due.expect("it still waits") > before);
    pen.record(record(&call, How::Busy)).await;
    assert_eq!(pen.fetch(AUTUMN, 5).await.0, [item(2, "15550000001")]);
}

async fn an_item_that_cannot_be_read_is_set_aside_and_another_comes_instead(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    floor.sql("UPDATE queue SET number = '1000@evil' WHERE id = 1").await;
    floor.sql("UPDATE leads SET attributes = '{broken' WHERE id = 2").await;
    let mut pen = floor.writer();
    assert_eq!(pen.fetch(SPRING, 1).await.0, [item(3, "15550000003")]);
    assert_eq!(queue(&floor, 1).await, "exhausted 0 bad_row - -");
    assert_eq!(queue(&floor, 2).await, "exhausted 0 bad_row - -");
}

async fn an_intent_is_durable_before_it_is_answered(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 1).await;
    let call = request(SPRING, &items[0], 1);
    let other = floor.again("rm2").await;
    let mut lock = other.begin().await.expect("a transaction");
    sqlx::query("UPDATE queue SET due_at = due_at").execute(&mut *lock).await.expect("the rows are locked");
    pen.submit(|request| Command::Save { request, call: Arc::new(call.clone()) });
    let early = tokio::time::timeout(Duration::from_millis(200), pen.answers.recv()).await;
    assert!(early.is_err(), "answered while nothing could be written: {early:?}");
    lock.rollback().await.expect("rolled back");
    assert_eq!(pen.answer().await.1, Outcome::Done);
    let stored = sqlx::query("SELECT attempt_id, request FROM call_requests")
        .fetch_one(other.pool())
        .await
        .expect("seen by another process");
    let stored = Named::new("call_requests", "attempt_id", &stored).json("request", "a call request");
    assert_eq!(stored, Ok(call));
    assert_eq!(queue(&floor, 1).await, "open 0 - rm1.c.1.1 rm1.b.1");
}

async fn one_bad_command_of_a_batch_fails_alone(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 2).await;
    // Submitted without a pause, they are one batch: the writer's task has no turn in between.
    for (n, item) in items.iter().enumerate() {
        let call = Arc::new(request(SPRING, item, n as u64 + 1));
        pen.submit(|request| Command::Save { request, call });
        let campaign = CampaignId(77);
        pen.submit(|request| note_campaign(request, campaign, CampaignState::Paused));
    }
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(pen.answer().await.1);
    }
    assert_eq!(outcomes, [Outcome::Done, FAILED, Outcome::Done, FAILED]);
    assert_eq!(floor.one("SELECT COUNT(*) FROM attempts").await, "2");
}

async fn a_database_that_is_gone_fails_every_command_and_answers_each(floor: Floor) {
    let mut pen = floor.writer();
    floor.store.close().await;
    for _ in 0..3 {
        pen.submit(|request| Command::Fetch { request, campaign: SPRING, count: 1, cap: 100 });
    }
    for _ in 0..3 {
        assert_eq!(pen.answer().await.1, FAILED);
    }
}

async fn readers_who_hold_every_connection_do_not_keep_a_command_from_being_written(floor: Floor) {
    let mut readers = Vec::new();
    while let Some(reader) = floor.store.pool().try_acquire() {
        readers.push(reader);
    }
    for _ in readers.len()..super::door::READERS as usize {
        readers.push(floor.store.pool().acquire().await.expect("a connection"));
    }
    let noted = floor.writer().ask(|request| note_campaign(request, SPRING, CampaignState::Paused)).await;
    assert_eq!(noted, Outcome::Done);
}

async fn a_command_that_is_not_for_the_database_comes_back(floor: Floor) {
    let pen = floor.writer();
    let command = Command::Survey { request: engine::words::RequestId(1) };
    assert_eq!(pen.writer.submit(command.clone()), Err(Box::new(command)));
}

async fn a_number_on_a_live_call_is_refused_to_every_campaign_and_node(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let other = floor.again("rm2").await;
    let mut pen = floor.writer();
    let mut elsewhere = Pen::new(&other);
    // Both claimed before either is live.
    let (ours, _) = pen.fetch(SPRING, 1).await;
    let (theirs, _) = elsewhere.fetch(AUTUMN, 1).await;
    let next = other.reopen().await.expect("signed in").next_attempt;
    let (items, _) = elsewhere.fetch(AUTUMN, 1).await;
    assert_eq!(items, theirs, "reopening gave them back");
    let call = request(SPRING, &ours[0], 1);
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    let refused = elsewhere.save(request(AUTUMN, &theirs[0], next.0)).await;
    assert_eq!(refused, Outcome::Refused(SaveRefusal::NumberLive));
    assert_eq!(floor.one("SELECT COUNT(*) FROM call_requests").await, "1");
    pen.record(record(&call, How::Busy)).await;
    assert_eq!(elsewhere.save(request(AUTUMN, &theirs[0], next.0)).await, Outcome::Done);
}

async fn an_item_that_is_not_claimed_by_this_node_is_refused(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    let mut other = Pen::new(&floor.again("rm2").await);
    other.fetch(SPRING, 1).await;
    for unclaimed in [item(1, "15550000001"), item(2, "15550000002"), item(99, "15550000099")] {
        let refused = pen.save(request(SPRING, &unclaimed, 1)).await;
        assert_eq!(refused, Outcome::Refused(SaveRefusal::NotClaimed), "{unclaimed:?}");
    }
    assert_eq!(floor.one("SELECT COUNT(*) FROM attempts").await, "0");
}

async fn the_same_intent_twice_is_one_and_another_under_its_id_fails(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    let (items, _) = pen.fetch(SPRING, 1).await;
    assert_eq!(pen.save(request(SPRING, &items[0], 1)).await, FAILED);
    pen.record(record(&call, How::Busy)).await;
    assert_eq!(pen.save(call).await, Outcome::Refused(SaveRefusal::NotClaimed), "never opened again");
}

async fn the_next_carrier_is_shown_on_attempt_and_item_and_both_requests_are_kept(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let mut call = pen.open(SPRING, 1).await;
    call.ordinal = 2;
    call.carrier = CarrierId(2);
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    assert_eq!(queue(&floor, 1).await, "open 0 - rm1.c.1.2 rm1.b.1");
    for table in ["attempts", "queue"] {
        assert_eq!(floor.one(&format!("SELECT carrier_id FROM {table}")).await, "2", "{table}");
    }
    assert_eq!(floor.one("SELECT COUNT(*) FROM call_requests").await, "2");
    pen.record(record(&call, How::Busy)).await;
    call.ordinal = 3;
    assert_eq!(pen.save(call).await, Outcome::Refused(SaveRefusal::NotClaimed), "it has ended");
}

async fn logged(floor: &Floor, attempt: u64) -> Record {
    let row = sqlx::query("SELECT * FROM call_log WHERE attempt_id = $1")
        .bind(i64::try_from(attempt).expect("small"))
        .fetch_one(floor.store.pool())
        .await
        .expect("a record");
    read_record(&Named::new("call_log", "attempt_id", &row)).expect("readable")
}

async fn a_record_is_read_back_as_written_and_a_second_one_changes_nothing(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let first = record(&call, How::Talked(400, 60_000));
    assert_eq!(pen.record(first.clone()).await, Outcome::Done);
    let second = Record { fate: Fate::Retry(at(1)), ..record(&call, How::Busy) };
    assert_eq!(pen.record(second).await, Outcome::Done);
    assert_eq!(logged(&floor, 1).await, first);
    assert_eq!(queue(&floor, 1).await, "completed 1 connected - -");
}

async fn every_way_to_end_is_read_back_as_written(floor: Floor) {
    floor.leads(SPRING, &["15550000001"; 1]).await;
    let mut pen = floor.writer();
    let ways = [How::Busy, How::Unplaced, How::Talked(1, 2), How::Dropped(2_000), How::HungUp(3)];
    for (attempt, how) in (1..).zip(ways) {
        let written = record(&request(SPRING, &item(1, "15550000001"), attempt), how);
        assert_eq!(pen.record(written.clone()).await, Outcome::Done);
        assert_eq!(logged(&floor, attempt).await, written, "{how:?}");
    }
}

async fn a_retry_waits_until_it_is_due_and_counts_the_attempt(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let later = Micros(4_000_000_000_000_000);
    pen.record(Record { fate: Fate::Retry(later), ..record(&call, How::Busy) }).await;
    assert_eq!(queue(&floor, 1).await, "waiting 1 busy - -");
    assert_eq!(pen.fetch(SPRING, 1).await, (vec![], Some(later)));
    floor.sql("UPDATE queue SET due_at = 0").await;
    assert_eq!(pen.fetch(SPRING, 1).await.0[0].attempts, 1);
}

async fn a_record_counts_also_where_the_attempt_is_missing(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = request(SPRING, &item(1, "15550000001"), 7);
    assert_eq!(pen.record(record(&call, How::Talked(0, 5))).await, Outcome::Done);
    assert_eq!(queue(&floor, 1).await, "completed 1 connected - -");
    assert_eq!(floor.one("SELECT closed FROM attempts WHERE id = 7").await, "1");
    assert_eq!(floor.store.reopen().await.expect("reopened").next_attempt, AttemptId(8));
}

async fn an_item_that_has_come_to_its_end_never_waits_again(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    for (attempt, how, state) in [(1, How::Talked(0, 5), "completed"), (3, How::Busy, "exhausted")] {
        let call = pen.open(SPRING, attempt).await;
        pen.record(record(&call, how)).await;
        let late = engine::call::CallRequest { attempt: AttemptId(attempt + 1), ..call.clone() };
        pen.record(Record { fate: Fate::Retry(at(0)), ..record(&late, How::Busy) }).await;
        let query = format!("SELECT state FROM queue WHERE id = {}", call.queue);
        assert_eq!(floor.one(&query).await, state);
    }
    assert!(pen.fetch(SPRING, 9).await.0.is_empty());
}

async fn a_late_record_leaves_an_item_alone_that_another_attempt_has_open(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 2).await;
    let late = engine::call::CallRequest { attempt: AttemptId(1), ..call };
    pen.record(Record { fate: Fate::Retry(at(0)), ..record(&late, How::Busy) }).await;
    assert_eq!(queue(&floor, 1).await, "open 0 - rm1.c.2.1 rm1.b.2");
}

async fn what_a_dropped_writer_left_open_is_taken_up_again(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    pen.fetch(SPRING, 2).await;
    let times =
        Times { created: call.created, placed: Some(at(10)), answered: Some(at(20)), ..Times::default() };
    let takes: Takes = serde_json::from_str(
        r#"{"stereo":true,"format":"wav","all":[{"stage":"live","began":30,"ended":null,"ended_tracks":0,"paused_since":40,"paused":7}]}"#,
    )
    .expect("as the engine has it");
    let flow: FlowLog = serde_json::from_str(
        r#"{"flow":"survey","edition":"first","end":"hung_up","complete":false,"steps":[{"node":"mark","at":25,"outcome":"answered","keys":"5"},{"node":"word","at":28,"outcome":"cut","recording":"rm1.r.1.1"}]}"#,
    )
    .expect("as the engine has it");
    let transfer: TransferLog = serde_json::from_str(
        r#"{"ordinal":1,"by":{"agent":1,"name":"ann","to":"desk","way":"consultation"},"endpoint":"PJSIP/desk","end":null,"times":{"created":30,"placed":31}}"#,
    )
    .expect("as the engine has it");
    let so_far = CallSoFar {
        times,
        agent: Some(ANN),
        takes: Some(Box::new(takes)),
        said: None,
        flow: Some(Box::new(flow)),
        transfers: vec![transfer],
        hold: Some(HoldSoFar { since: Some(at(30)), total: Span::secs(7) }),
        amd: Some(Box::new(machine())),
    };
    let noted = Box::new(so_far.clone());
    pen.ask(|request| Command::Note { request, attempt: AttemptId(1), so_far: noted }).await;
    let state = CampaignState::Running;
    let (campaign, began, closes_at) = (SPRING, Some(at(3)), Some(at(9)));
    let from = Pacing::Ratio { level: Milli(1_500) };
    let paced = Some(Paced { from, change: PacingChange::Level(Milli(2_500)) });
    let noted = paced.clone();
    pen.ask(|request| Command::NoteCampaign { request, campaign, state, began, closes_at, paced: noted })
        .await;
    note_agent(&mut pen, ANN, Some(5), AgentState::OnCall, 1, None).await;
    note_agent(&mut pen, BOB, None, AgentState::Paused, 1, Some("lunch")).await;
    drop(pen);

    let reopened = floor.again("rm1").await.reopen().await.expect("reopened");
    let open = engine::OpenAttempt { request: call, so_far, others: 0 };
    assert_eq!(reopened.attempts, [open]);
    let lunch = PauseCode::try_from(String::from("lunch")).ok();
    assert_eq!(
        reopened.sessions,
        [
            OpenSession { agent: ANN, session: Some(SessionId(5)), paused: None, leaves: true, missed: None },
            OpenSession { agent: BOB, session: None, paused: lunch, leaves: false, missed: None },
        ]
    );
    let ran = OpenCampaign { id: SPRING, state, began, closes_at, paced, counts: vec![] };
    let campaigns = floor.store.recount(&[]).await.expect("read");
    assert!(campaigns.contains(&ran), "{campaigns:?}");
    assert_eq!((reopened.next_attempt, reopened.next_session), (AttemptId(2), SessionId(1_000_001)));
    assert_eq!((reopened.released, reopened.bad.len()), (2, 0));
    assert_eq!(queue(&floor, 1).await, "open 0 - rm1.c.1.1 rm1.b.1");
    assert_eq!(queue(&floor, 2).await, "waiting 0 - - -");
}

async fn a_node_signs_otherwise_with_each_database_and_always_alike_with_one(floor: Floor) {
    let signature = async |store: &Store| store.reopen().await.expect("reopened").signature;
    let ours = signature(&floor.store).await;
    assert_eq!(signature(&floor.again("rm1").await).await, ours);
    let other = floor.elsewhere().await;
    other.migrate().await.expect("migrations");
    let (theirs, second) = (signature(&other).await, signature(&floor.again("rm2").await).await);
    assert_eq!([&ours, &theirs, &second].map(|by| by.node().to_string()), ["rm1", "rm1", "rm2"]);
    assert_ne!(ours, theirs);

    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = Pen::new(&floor.store.clone().signing(ours.clone()));
    pen.open(SPRING, 1).await;
    note_agent(&mut pen, ANN, Some(5), AgentState::OnCall, 1, None).await;
    assert_eq!(queue(&floor, 1).await, format!("open 0 - {ours}.c.1.1 {ours}.b.1"));
    assert_eq!(floor.one("SELECT channel FROM agents WHERE id = 1").await, format!("{ours}.a.1.5"));
}

async fn a_node_of_a_database_from_before_there_were_marks_signs_by_its_name_as_ever(floor: Floor) {
    floor.sql("UPDATE nodes SET mark = NULL").await;
    let reopened = floor.store.reopen().await.expect("reopened");
    assert_eq!(reopened.signature.to_string(), "rm1");
    floor.sql("UPDATE nodes SET mark = 'c.1.1'").await;
    let told = floor.store.reopen().await.expect_err("nobody wrote that").to_string();
    assert_eq!(told, "nodes 0: mark is \"c.1.1\"; it should be six of the digits 0-9 and a-f, or NULL");
}

async fn reopening_leaves_alone_what_another_node_has(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    pen.open(SPRING, 1).await;
    pen.fetch(SPRING, 1).await;
    note_agent(&mut pen, ANN, Some(5), AgentState::Ready, 1, None).await;
    let reopened = floor.again("rm2").await.reopen().await.expect("reopened");
    assert_eq!((reopened.attempts, reopened.sessions, reopened.released), (vec![], vec![], 0));
    assert_eq!(reopened.next_attempt, AttemptId((1 << 40) + 1), "no two nodes share an attempt id");
}

async fn an_open_attempt_that_cannot_be_read_is_told_and_does_not_block_its_number(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.writer().open(SPRING, 1).await;
    floor.sql("UPDATE call_requests SET request = '{\"attempt\":1}'").await;
    let reopened = floor.again("rm1").await.reopen().await.expect("reopened");
    assert!(reopened.attempts.is_empty());
    let told: Vec<String> = reopened.bad.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["attempts 1: request is \"{\\\"attempt\\\":1}\"; it should be a call request as JSON \
          (missing field `ordinal` at line 1 column 13)"]
    );
    assert_eq!(floor.one("SELECT COUNT(*) FROM attempts WHERE closed = 0").await, "0");
    assert_eq!(queue(&floor, 1).await.split(' ').next(), Some("exhausted"));
}

async fn open_calls_by_a_carrier_that_is_configured_no_longer_are_counted_and_left_as_they_are(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    pen.open(SPRING, 1).await;
    pen.open(SPRING, 2).await;
    floor
        .sql(
            "UPDATE call_requests SET request = REPLACE(request, '\"carrier\":1', '\"carrier\":2') \
             WHERE attempt_id = 2",
        )
        .await;
    let store = floor.again("rm1").await;
    let reopened = store.reopen().await.expect("reopened");
    assert_eq!(reopened.attempts.len(), 2);
    let rules = later_rules(&floor, &store, &reopened).await;
    let missing = store.missing(&reopened, &rules).await.expect("counted");
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(missing, ["carrier \"south\" is configured no longer, and 1 of its calls is still open"]);
    assert_eq!(floor.rows("SELECT id FROM attempts WHERE closed = 0 ORDER BY id").await, ["1", "2"]);
    assert_eq!(queue(&floor, 2).await.split(' ').next(), Some("open"));
}

/// What a start goes by after the carrier `south`, the campaign `autumn` and the agent Bob have left the configuration.
async fn later_rules(floor: &Floor, store: &Store, reopened: &Reopened) -> engine::Config {
    let text = "ari.password = 'x'\n[[carrier]]\nname = 'north'\ntrunk = 'a'\n\
                [[campaign]]\nname = 'spring'\ncarriers = ['north']\n\
                [[agent]]\nname = 'ann'\ncampaign = 'spring'\n";
    std::fs::write(floor.path("ringmaster.toml"), text).expect("written");
    let config = Config::load(&floor.path("ringmaster.toml"), []).expect("right");
    let ids = config.register(store).await.expect("registered");
    config.engine(&ids, reopened.signature.clone(), reopened.next_attempt, reopened.next_session)
}

async fn whoever_is_configured_no_longer_is_off_duty_from_the_next_start_on(floor: Floor) {
    let mut pen = floor.writer();
    note_agent(&mut pen, ANN, None, AgentState::Paused, 0, Some("lunch")).await;
    note_agent(&mut pen, BOB, Some(3), AgentState::Ready, 1, None).await;
    let store = floor.again("rm1").await;
    let mut reopened = store.reopen().await.expect("reopened");
    let rules = later_rules(&floor, &store, &reopened).await;
    store.send_home_unknown(&mut reopened, &rules).await.expect("sent home");
    assert_eq!(reopened.sessions.iter().map(|open| open.agent).collect::<Vec<_>>(), [ANN]);
    assert_eq!(
        floor.rows("SELECT name, state, session, channel FROM agents ORDER BY id").await,
        ["ann paused - -", "bob offline - -"]
    );
    let since = format!("CASE WHEN since > {} THEN 'now' ELSE 'then' END", at(1).0);
    assert_eq!(
        floor
            .rows(&format!("SELECT agent_id, state, {since} FROM agent_states ORDER BY agent_id, seq"))
            .await,
        ["1 paused then", "2 ready then", "2 offline now"]
    );
}

/// The database as another installation sees it that has been given the same node.
async fn elsewhere(floor: &Floor, data_dir: &str) -> Store {
    let instance = Instance::of(&floor.path(data_dir)).expect("a name");
    floor.again("rm1").await.of(instance)
}

async fn a_node_is_at_work_in_one_installation_at_a_time(floor: Floor) {
    let (here, there) = (elsewhere(&floor, "here").await, elsewhere(&floor, "there").await);
    floor.store.sign_off().await.expect("signed off");
    here.reopen().await.expect("nobody else is");
    here.reopen().await.expect("its process has died and is started again");
    let refused = there.reopen().await.expect_err("the other is at work");
    assert!(matches!(refused, StoreError::AtWork { .. }), "{refused}");
    let told = "rm1 is at work elsewhere, where it was heard of less than half a minute ago: ";
    assert!(refused.to_string().starts_with(told), "{refused}");

    // It says so again and again, and no longer once it has died or ended.
    floor.sql("UPDATE nodes SET alive_until = 1").await;
    here.keep_leases(&[]).await.expect("kept");
    there.reopen().await.expect_err("it is still at work");
    floor.sql("UPDATE nodes SET alive_until = 1").await;
    there.reopen().await.expect("the other has died");
    here.keep_leases(&[]).await.expect("kept");
    here.sign_off().await.expect("nothing");
    here.reopen().await.expect_err("the other is at work");
    there.sign_off().await.expect("signed off");
    here.reopen().await.expect("the other has ended");
}

/// How the agents stood, each moment in seconds after the begin of the tests' own day, or `now`.
async fn histories(floor: &Floor) -> Vec<String> {
    let from = at(0).0;
    let since = format!(
        "CASE WHEN since > {from} + 3600000000 THEN 'now' ELSE CAST((since - {from}) / 1000000 AS TEXT) END"
    );
    let all = format!("SELECT agent_id, state, {since} FROM agent_states ORDER BY agent_id, seq");
    floor.rows(&all).await
}

async fn nobody_was_at_work_after_their_node_was_last_heard_of(floor: Floor) {
    let mut pen = floor.writer();
    note_agent(&mut pen, ANN, Some(3), AgentState::OnCall, 10_000, None).await;
    note_agent(&mut pen, BOB, None, AgentState::Paused, 20_000, Some("lunch")).await;
    floor.sql(&format!("UPDATE nodes SET alive_until = {}", at(90_000).0)).await;
    let elsewhere = floor.again("rm2").await.reopen().await.expect("another node");
    assert_eq!(
        (elsewhere.sessions, histories(&floor).await),
        (vec![], vec!["1 on_call 10".into(), "2 paused 20".into()])
    );

    let store = floor.again("rm1").await;
    let reopened = store.reopen().await.expect("half a minute after it said so last");
    assert_eq!(reopened.sessions.len(), 2, "they are at work still");
    let gone = ["1 on_call 10", "1 offline 60", "2 paused 20", "2 offline 60"];
    assert_eq!(histories(&floor).await, gone);
    store.reopen().await.expect("again");
    assert_eq!(histories(&floor).await, gone);
    note_agent(&mut Pen::new(&store), ANN, Some(3), AgentState::Ready, 70_000, None).await;
    note_agent(&mut Pen::new(&store), BOB, None, AgentState::Paused, 85_000, Some("lunch")).await;

    // Whoever wrote a state down was there by then.
    floor.sql(&format!("UPDATE nodes SET alive_until = {}", at(100_000).0)).await;
    store.reopen().await.expect("another time");
    assert_eq!(histories(&floor).await[2..4], ["1 ready 70", "1 offline 85"]);
    assert_eq!(histories(&floor).await[6..], ["2 paused 85", "2 offline 85"]);
}

async fn whoever_is_at_work_when_a_node_ends_in_order_is_so_until_then(floor: Floor) {
    let mut pen = floor.writer();
    note_agent(&mut pen, ANN, Some(3), AgentState::Ready, 10_000, None).await;
    note_agent(&mut pen, BOB, None, AgentState::Offline, 20_000, None).await;
    elsewhere(&floor, "there").await.sign_off().await.expect("nothing");
    assert_eq!(histories(&floor).await, ["1 ready 10", "2 offline 20"]);
    floor.store.sign_off().await.expect("signed off");
    assert_eq!(histories(&floor).await, ["1 ready 10", "1 offline now", "2 offline 20"]);
    let reopened = floor.again("rm1").await.reopen().await.expect("taken up");
    assert_eq!(reopened.sessions.iter().map(|open| open.agent).collect::<Vec<_>>(), [ANN]);
    assert_eq!(histories(&floor).await.len(), 3);
}

async fn a_node_that_is_back_within_its_lease_has_its_agents_where_they_were(floor: Floor) {
    note_agent(&mut floor.writer(), ANN, Some(3), AgentState::OnCall, 10_000, None).await;
    floor.again("rm1").await.reopen().await.expect("its process has died and is started again");
    assert_eq!(histories(&floor).await, ["1 on_call 10"]);
}

async fn whoever_is_at_work_on_one_node_stays_so_where_another_says_that_they_are_not_there(floor: Floor) {
    let (mut here, other) = (floor.writer(), floor.again("rm2").await);
    let mut there = Pen::new(&other);
    note_agent(&mut here, ANN, Some(3), AgentState::Ready, 10_000, None).await;
    note_agent(&mut here, BOB, None, AgentState::Offline, 10_000, None).await;
    // It closes, say, or writes down anew how all stand whom it is configured with, since the database was away.
    for agent in [ANN, BOB] {
        note_agent(&mut there, agent, None, AgentState::Offline, 20_000, None).await;
    }
    let agents = "SELECT name, node, state, session, channel FROM agents ORDER BY id";
    assert_eq!(floor.rows(agents).await, ["ann rm1 ready 3 rm1.a.1.3", "bob rm1 offline - -"]);
    assert_eq!(histories(&floor).await, ["1 ready 10", "2 offline 10"]);
    let reopened = floor.again("rm1").await.reopen().await.expect("taken up");
    assert_eq!(reopened.sessions.iter().map(|open| open.agent).collect::<Vec<_>>(), [ANN]);

    // Whoever has come to work there is not told of as gone by the one that they have left, since it had died.
    floor.sql("UPDATE nodes SET alive_until = 1 WHERE name = 'rm1'").await;
    note_agent(&mut there, ANN, Some(1), AgentState::Ready, 30_000, None).await;
    note_agent(&mut here, ANN, None, AgentState::Offline, 40_000, None).await;
    note_agent(&mut there, ANN, None, AgentState::Offline, 50_000, None).await;
    assert_eq!(
        histories(&floor).await,
        ["1 ready 10", "1 ready 30", "1 offline 50", "2 offline 10"],
        "but by the one where they were"
    );
}

async fn of_two_nodes_that_an_agent_works_on_the_first_says_how_they_stand_for_as_long_as_it_is_at_work(
    floor: Floor,
) {
    let (mut here, other) = (floor.writer(), floor.again("rm2").await);
    let mut there = Pen::new(&other);
    let agents = "SELECT name, node, state, session FROM agents WHERE name = 'ann'";
    note_agent(&mut here, ANN, Some(3), AgentState::Ready, 10_000, None).await;
    assert_eq!(
        other.at_work_elsewhere(ANN).await.expect("read").map(|(node, _)| node),
        Some("rm1".to_owned())
    );
    assert_eq!(floor.store.at_work_elsewhere(ANN).await.expect("read"), None);
    // As where they log in on both at the same moment.
    note_agent(&mut there, ANN, Some(1), AgentState::Ready, 20_000, None).await;
    note_agent(&mut there, ANN, Some(1), AgentState::OnCall, 30_000, None).await;
    assert_eq!(floor.rows(agents).await, ["ann rm1 ready 3"]);
    assert_eq!(histories(&floor).await, ["1 ready 10"]);

    floor.sql("UPDATE nodes SET alive_until = 1 WHERE name = 'rm1'").await;
    assert_eq!(other.at_work_elsewhere(ANN).await.expect("read"), None);
    note_agent(&mut there, ANN, Some(1), AgentState::WrapUp, 40_000, None).await;
    assert_eq!(floor.rows(agents).await, ["ann rm2 wrap_up 1"]);
    assert_eq!(histories(&floor).await, ["1 ready 10", "1 wrap_up 40"]);
}

async fn a_closed_writer_has_done_all_that_was_submitted(floor: Floor) {
    let mut pen = floor.writer();
    for state in [CampaignState::Running, CampaignState::Draining, CampaignState::Stopped] {
        pen.submit(|request| note_campaign(request, SPRING, state));
    }
    pen.writer.close().await;
    assert_eq!(
        floor.one("SELECT state FROM standings WHERE node = 'rm1' AND campaign_id = 1").await,
        "stopped"
    );
    assert_eq!(pen.answers.len(), 3);
}

async fn note_agent(
    pen: &mut Pen,
    agent: AgentId,
    session: Option<u64>,
    state: AgentState,
    since: u64,
    paused: Option<&str>,
) {
    let session = session.map(SessionId);
    let paused = paused.map(|code| PauseCode::try_from(code.to_owned()).expect("a pause code"));
    let since = at(since);
    let noted = pen
        .ask(|request| Command::NoteAgent {
            request,
            agent,
            session,
            state,
            since,
            paused,
            leaves: state == AgentState::OnCall,
            missed: None,
        })
        .await;
    assert_eq!(noted, Outcome::Done);
}

async fn an_agents_history_grows_by_states_and_the_leg_is_kept_for_tearing_down(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let leg = "SELECT COALESCE(channel, '-') || ' ' || COALESCE(bridge, '-') FROM agents WHERE id = 1";
    note_agent(&mut pen, ANN, Some(3), AgentState::Ready, 0, None).await;
    note_agent(&mut pen, ANN, Some(3), AgentState::Ready, 0, Some("lunch")).await;
    let call = pen.open(SPRING, 1).await;
    let times = Times { created: call.created, ..Times::default() };
    let so_far = Box::new(CallSoFar { times, agent: Some(ANN), ..CallSoFar::default() });
    pen.ask(|request| Command::Note { request, attempt: AttemptId(1), so_far }).await;
    note_agent(&mut pen, ANN, Some(3), AgentState::OnCall, 5, None).await;
    assert_eq!(floor.one(leg).await, "rm1.a.1.3 rm1.b.1");
    pen.record(record(&call, How::Talked(0, 5))).await;
    assert_eq!(floor.one(leg).await, "rm1.a.1.3 -");
    note_agent(&mut pen, ANN, None, AgentState::WrapUp, 6, Some("lunch")).await;
    note_agent(&mut pen, ANN, None, AgentState::Paused, 7, Some("lunch")).await;
    note_agent(&mut pen, ANN, None, AgentState::Paused, 8, Some("training")).await;
    note_agent(&mut pen, ANN, None, AgentState::Offline, 9, None).await;
    assert_eq!(floor.one(leg).await, "- -");
    let history = "SELECT string_agg(seq || state || COALESCE(' ' || pause_code, ''), ', ' ORDER BY seq) \
                   FROM agent_states WHERE agent_id = 1";
    assert_eq!(
        floor.one(history).await,
        "1ready, 2on_call, 3wrap_up, 4paused lunch, 5paused training, 6offline"
    );
    assert_eq!(floor.store.reopen().await.expect("reopened").next_session, SessionId(1_000_001));
}

async fn each_ring_that_was_missed_is_written_down_once_and_how_many_in_a_row_is_told_again(floor: Floor) {
    let mut pen = floor.writer();
    let missed = [(1, 10, AgentState::Ringing), (1, 10, AgentState::Ready), (2, 30, AgentState::Paused)];
    for (in_a_row, last, state) in missed {
        let (agent, session, since) = (ANN, None, at(last));
        let missed = Some(Missed { in_a_row, last: at(last) });
        pen.ask(|request| Command::NoteAgent {
            request,
            agent,
            session,
            state,
            since,
            paused: None,
            leaves: false,
            missed,
        })
        .await;
    }
    assert_eq!(floor.one("SELECT COUNT(*) FROM missed_rings WHERE campaign_id = 1").await, "2");
    let sessions = floor.store.reopen().await.expect("reopened").sessions;
    assert_eq!(sessions[0].missed, Some(Missed { in_a_row: 2, last: at(30) }));
    note_agent(&mut pen, ANN, None, AgentState::Ready, 40, None).await;
    assert_eq!(floor.store.reopen().await.expect("reopened").sessions[0].missed, None);
}

async fn a_late_note_does_not_change_an_attempt_that_has_its_record(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    pen.record(record(&call, How::Dropped(1_000))).await;
    let so_far = Box::new(CallSoFar { agent: Some(ANN), ..CallSoFar::default() });
    pen.ask(|request| Command::Note { request, attempt: AttemptId(1), so_far }).await;
    assert_eq!(floor.one("SELECT agent_id FROM attempts").await, "-");
    assert_eq!(floor.one("SELECT bridge FROM agents WHERE id = 1").await, "-");
}

#[test]
fn the_tests_own_calls_come_to_what_their_names_say() {
    for (how, result) in [
        (How::Busy, CallResult::Busy),
        (How::Unplaced, CallResult::Technical),
        (How::Talked(1, 1), CallResult::Connected),
        (How::Dropped(1), CallResult::Dropped),
        (How::HungUp(1), CallResult::HungUpWaiting),
    ] {
        let call = request(SPRING, &item(1, "15550000001"), 1);
        assert_eq!(record(&call, how).result, result);
        assert_eq!((call.lead, call.number), (LeadId(1), number("15550000001")));
    }
}
