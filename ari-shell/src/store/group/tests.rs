use std::sync::Arc;

use engine::agent::AgentState;
use engine::call::{CallRequest, CallSoFar};
use engine::lead::Fate;
use engine::words::{AttemptId, Micros, RequestId, SessionId};
use engine::{Command, Outcome, Times};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

use super::super::testing::{ANN, AUTUMN, BOB, Dialect, Floor, How, SPRING, at, item, record, request};
use super::*;

/// Two of the numbers are in both campaigns, so that one may be live when the other is wanted.
const NUMBERS: [&str; 3] = ["15550000001", "15550000002", "15550000003"];

/// One thing after another in the life of an attempt, or of an agent.
type Life = Vec<Command>;

/// Whatever lives are mixed: an attempt's commands keep their order, everything else may come at any time.
fn a_batch_comes_out_as_if_each_had_been_done_alone(dialect: Dialect, cases: u32) {
    let life = (0..2 * NUMBERS.len(), any::<bool>(), 0..4_usize, vec(state(), 0..4));
    let mixes = (vec(life, 1..6), vec(any::<Index>(), 60));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let two = runtime.block_on(async { (furnished(dialect).await, furnished(dialect).await) });
    let (Some(together), Some(alone)) = two else { return };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&mixes, |(lives, turns)| {
        let lives = (1..).zip(&lives).flat_map(|(attempt, (lead, first, how, states))| {
            [attempt_life(attempt, *lead, *first, *how), agent_life(*first, states)]
        });
        let batch = mixed(lives.collect(), &turns);
        runtime.block_on(async {
            let each = one_by_one(&alone, &batch).await;
            let all = match settled(&together, &batch).await {
                Ok(outcomes) => outcomes.into_iter().map(Some).collect(),
                Err(_) => one_by_one(&together, &batch).await,
            };
            prop_assert_eq!(all, each);
            prop_assert_eq!(emptied(&together).await, emptied(&alone).await);
            Ok(())
        })
    });
    checked.unwrap_or_else(|why| panic!("{why}"));
}

mod sqlite {
    #[test]
    fn a_batch_comes_out_as_if_each_had_been_done_alone() {
        super::a_batch_comes_out_as_if_each_had_been_done_alone(super::Dialect::Sqlite, 64);
    }
}

mod postgres {
    #[test]
    fn a_batch_comes_out_as_if_each_had_been_done_alone() {
        super::a_batch_comes_out_as_if_each_had_been_done_alone(super::Dialect::Postgres, 64);
    }
}

/// Leads in both campaigns, all of them claimed.
async fn furnished(dialect: Dialect) -> Option<Floor> {
    let floor = Floor::new(dialect).await?;
    floor.leads(SPRING, &NUMBERS).await;
    floor.leads(AUTUMN, &NUMBERS).await;
    emptied(&floor).await;
    Some(floor)
}

/// All that a batch may have written, which is taken back.
async fn emptied(floor: &Floor) -> Vec<String> {
    let queries = [
        "SELECT id, state, due_at, attempts, last_result, carrier_id, attempt_id, channel, bridge, claimed_by \
         FROM queue ORDER BY id",
        "SELECT id, queue_id, ordinal, carrier_id, agent_id, channel, bridge, placed_at, answered_at, bridged_at, \
         ended_at, closed FROM attempts ORDER BY id",
        "SELECT attempt_id, ordinal, request FROM call_requests ORDER BY attempt_id, ordinal",
        "SELECT attempt_id, agent_id, result, fate, ended_at FROM call_log ORDER BY attempt_id",
        "SELECT id, state, session, channel, bridge, since FROM agents ORDER BY id",
        "SELECT agent_id, state, since FROM agent_states ORDER BY agent_id, seq",
    ];
    let mut tables = Vec::new();
    for query in queries {
        tables.extend(floor.rows(query).await);
    }
    floor
        .sql(
            "BEGIN; DELETE FROM attempts; DELETE FROM call_requests; DELETE FROM call_log; DELETE FROM agent_states; \
             UPDATE agents SET state = 'offline', session = NULL, channel = NULL, bridge = NULL, since = 0; \
             UPDATE queue SET state = 'claimed', claimed_by = 'rm1', due_at = 0, attempts = 0, last_result = NULL, \
                 carrier_id = NULL, attempt_id = NULL, channel = NULL, bridge = NULL; COMMIT",
        )
        .await;
    tables
}

fn attempt_life(attempt: u64, lead: usize, joined: bool, how: usize) -> Life {
    let campaign = if lead < NUMBERS.len() { SPRING } else { AUTUMN };
    let call = request(campaign, &item(lead as u64 + 1, NUMBERS[lead % NUMBERS.len()]), attempt);
    let how = [How::Busy, How::Unplaced, How::Dropped(2_000), How::Talked(1, 9)][how];
    let mut last = record(&call, how);
    last.agent = joined.then_some(ANN);
    last.fate = if joined { Fate::Completed } else { Fate::Retry(at(1)) };
    let (attempt, times) = (call.attempt, Times { answered: Some(at(5)), ..last.times });
    let again = CallRequest { ordinal: 2, ..call.clone() };
    let note = |so_far| Command::Note { request: RequestId(1), attempt, so_far: Box::new(so_far) };
    vec![
        Command::Save { request: RequestId(1), call: Arc::new(call) },
        Command::Save { request: RequestId(1), call: Arc::new(again) },
        note(CallSoFar { times: last.times, ..CallSoFar::default() }),
        note(CallSoFar { times, agent: joined.then_some(ANN), ..CallSoFar::default() }),
        Command::Record { request: RequestId(1), record: Arc::new(last) },
    ]
}

fn agent_life(first: bool, states: &[AgentState]) -> Life {
    let note = |(since, state): (u64, &AgentState)| Command::NoteAgent {
        request: RequestId(1),
        agent: if first { ANN } else { BOB },
        session: (*state != AgentState::Offline).then_some(SessionId(7)),
        state: *state,
        // Some stand as they stood before, but for their pause code.
        since: Micros(since / 2),
        paused: None,
        leaves: false,
        missed: None,
    };
    (0..).zip(states).map(note).collect()
}

fn state() -> impl Strategy<Value = AgentState> {
    select(vec![AgentState::Ready, AgentState::OnCall, AgentState::WrapUp, AgentState::Offline])
}

/// Takes from the front of one life after the other, as the turns fall, until the turns or the lives are over.
fn mixed(mut lives: Vec<Life>, turns: &[Index]) -> Vec<Job> {
    let mut batch = Vec::new();
    for turn in turns {
        lives.retain(|life| !life.is_empty());
        if lives.is_empty() {
            break;
        }
        let life = turn.index(lives.len());
        batch.push(Job::try_from(lives[life].remove(0)).expect("a command for the database"));
    }
    batch
}

/// `None` for what cannot be done.
async fn one_by_one(floor: &Floor, batch: &[Job]) -> Vec<Option<Outcome>> {
    let mut outcomes = Vec::new();
    for job in batch {
        let outcome = settled(floor, std::slice::from_ref(job)).await;
        outcomes.push(outcome.ok().and_then(|mut outcome| outcome.pop()));
    }
    outcomes
}

/// In one transaction, which leaves nothing where one job cannot be done.
async fn settled(floor: &Floor, batch: &[Job]) -> Result<Vec<Outcome>, StoreError> {
    let desk = floor.store.desk.clone();
    let mut tx = floor.store.begin().await?;
    let outcomes = settle(&desk, &mut tx, batch).await?;
    tx.commit().await?;
    Ok(outcomes)
}

#[test]
fn a_note_is_written_where_nothing_after_it_says_more() {
    let note = |attempt: u64| {
        Job::try_from(Command::Note {
            request: RequestId(1),
            attempt: AttemptId(attempt),
            so_far: Box::default(),
        })
        .expect("a command for the database")
    };
    let call = request(SPRING, &item(1, NUMBERS[0]), 3);
    let record = Command::Record { request: RequestId(1), record: Arc::new(record(&call, How::Busy)) };
    let record = Job::try_from(record).expect("a command for the database");
    let batch = [note(1), note(2), note(1), note(3), record, note(3)];
    let words = LastWords::of(&batch);
    let written = |(at, job): (usize, &Job)| {
        let Work::Note(note) = &job.work else { return None };
        words.are(at, note).then_some(at)
    };
    assert_eq!(batch.iter().enumerate().filter_map(written).collect::<Vec<_>>(), [1, 2]);
}
