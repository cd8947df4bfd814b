//! Three hundred leads of every kind, half of them in each form of a customer's leg.

use std::time::Duration;

use tests::house::{House, by_code};
use tests::lab::far_end::Timings;
use tests::pbx::Pbx;

use super::mix;

/// Agents, half for each campaign.
const AGENTS: u16 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_leads_end_as_the_table_says_and_as_the_far_end_saw() {
    if !tests::lab::ready() {
        return;
    }
    let pbx = Pbx::real(Timings::default(), AGENTS).await.expect("Asterisk starts");
    let mut house = House::furnish(&pbx.url(), &mix::rules(AGENTS, "10s"));
    house.import("straight", mix::numbers(0));
    house.import("local", mix::numbers(1_000));
    house.open().await;
    house.start().await;
    house.until_completed(Duration::from_secs(150)).await;
    let printed = house.close().await;

    let calls = house.logged().await;
    let dialled = pbx.dialled().await;
    assert_eq!(mix::faults(&calls), [""; 0], "results are as the table says: {:#?}", by_code(&calls));
    assert_eq!(mix::attempts(&calls), mix::invites(&dialled), "one INVITE for each attempt");
    let busy = calls.iter().filter(|call| call.nth == 2).count();
    assert_eq!(busy, 30, "the busy ones are tried again, once, and no others");
    assert_eq!(calls.len(), 330);
    assert!(
        dialled.iter().all(|call| call.over || call.number.contains("1555100")),
        "nothing is left at the far end"
    );
    assert_eq!(pbx.left().await, (0, 0), "no channel and no bridge is left");
    assert_eq!(house.count("SELECT COUNT(*) FROM attempts WHERE closed = 0").await, 0);

    let (code, replayed) = house.replay();
    assert_eq!(code, 0, "{replayed}");
    let digest = printed.lines().find_map(|line| line.strip_prefix("digest of all commands: "));
    let digest = digest.expect("the digest is printed at the end");
    assert!(replayed.contains(digest), "{digest} is not in {replayed}");
}
