//! Where leads are kept goes away in the middle of a campaign: PostgreSQL crashes, Redis stops, comes back empty and is
//! emptied. Dialling pauses or goes on as is written, no lead is lost, and none is dialled twice.

mod postgres;
pub(crate) mod redis;

use std::collections::BTreeMap;
use std::time::Duration;

use ari_shell::http::Board;
use engine::Reason;
use tests::house::{House, Logged};
use tests::lab::far_end::number;
use tests::lab::postgres::Postgres;
use tests::pbx::Pbx;

/// How long the campaign may take.
const LIMIT: Duration = Duration::from_secs(120);

/// How long it takes to be seen that the database has gone: as long as a connection to it is waited for, and more.
const SEEN: Duration = Duration::from_secs(15);

/// So many leads of each kind. None of them is tried again but for a failure of our own.
const LEADS: [(u16, u16); 4] = [(200, 60), (404, 20), (486, 20), (603, 20)];

pub(crate) const AGENTS: u16 = 6;

/// A house that keeps its leads there.
pub(crate) fn rules(stores: &str) -> String {
    let mut rules = format!(
        r#"
{stores}
[[carrier]]
name = "trunk-a"
trunk = "trunk-a"
channels = 100
calls_per_second = 50

[[campaign]]
name = "spring"
carriers = ["trunk-a"]
wrap_up = "0s"
hopper_size = 10

[campaign.retry]
cap = 9
busy = {{ up_to = 0 }}
bad_number = {{ up_to = 0 }}
no_answer = {{ up_to = 0 }}
congestion = {{ up_to = 0 }}
technical = {{ up_to = 9, delay = "1s" }}
"#
    );
    for agent in 1..=AGENTS {
        rules += &format!("[[agent]]\nname = \"agent-{agent}\"\ncampaign = \"spring\"\n");
    }
    rules
}

/// Waits until so many thirds of the campaign's leads have come to their end.
pub(crate) async fn until_thirds(house: &House, thirds: u64) {
    let closed = thirds * numbers().len() as u64 / 3;
    house.until(LIMIT, &format!("{thirds} thirds through"), |board| board.closed >= closed).await;
}

/// The database crashes, is away until that is seen, and comes back; nothing is dialled meanwhile.
pub(crate) async fn crash(postgres: &Postgres, house: &House, pbx: &Pbx) {
    let told = || house.log().matches("the database does not answer, and is asked again").count();
    let before = told();
    postgres.crash();
    let held_back = |board: &Board| board.campaigns[0].view.reason == Some(Reason::Breaker);
    house.until(SEEN, "held back by the breaker", held_back).await;
    assert_eq!(told() - before, 1, "it is told once: {}", house.log());
    assert!(!house.log().contains("pool timed out"), "{}", house.log());
    let dialled = pbx.dialled().await.len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(pbx.dialled().await.len(), dialled, "nothing is dialled while nothing can be saved");
    postgres.again();
}

/// Lets the campaign come to its end, closes the floor, and holds that all is as it should be.
pub(crate) async fn end(house: &mut House, pbx: &Pbx) {
    house.until_completed(LIMIT).await;
    house.close().await;
    assert_eq!(faults(house, pbx, &numbers()).await, [""; 0], "{}", house.log());
    let (code, replayed) = house.replay();
    assert_eq!(code, 0, "{replayed}");
}

/// Numbers of all kinds, one kind after the other in turn.
pub(crate) fn numbers() -> Vec<String> {
    let longest = LEADS.map(|(_, count)| count).into_iter().max().unwrap_or(0);
    let mixed = (0..longest).flat_map(|serial| {
        let there = LEADS.into_iter().filter(move |(_, count)| serial < *count);
        there.map(move |(code, _)| number(code, serial))
    });
    mixed.collect()
}

/// What should not be, one line each.
async fn faults(house: &House, pbx: &Pbx, numbers: &[String]) -> Vec<String> {
    let mut dialled: BTreeMap<String, usize> = BTreeMap::new();
    for call in pbx.dialled().await {
        *dialled.entry(call.number).or_default() += 1;
    }
    let calls = house.logged().await;
    let mut faults = Vec::new();
    for number in numbers {
        let times = dialled.get(number).copied().unwrap_or(0);
        let recorded: Vec<&Logged> = calls.iter().filter(|call| call.number == *number).collect();
        let told = recorded.iter().filter(|call| !call.dialled.is_empty()).count();
        if (times, told) != (1, 1) {
            faults.push(format!(
                "{number} was dialled {times} times and has {told} records of that: {recorded:?}"
            ));
        }
    }
    for (what, query) in [
        ("attempts are open", "SELECT COUNT(*) FROM attempts WHERE closed = 0"),
        (
            "attempts have no record",
            "SELECT COUNT(*) FROM attempts WHERE id NOT IN (SELECT attempt_id FROM call_log)",
        ),
        ("leads are with nobody", "SELECT COUNT(*) FROM queue WHERE state NOT IN ('completed', 'exhausted')"),
    ] {
        let count = house.count(query).await;
        if count > 0 {
            faults.push(format!("{count} {what}"));
        }
    }
    let left = pbx.left().await;
    if left != (0, 0) {
        faults.push(format!("{left:?} channels and bridges are left"));
    }
    faults
}
