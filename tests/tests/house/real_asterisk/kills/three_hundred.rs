//! Three hundred leads of every kind, with both killed in the middle of it.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use tests::house::{Logged, by_code};
use tests::lab::far_end::Timings;
use tests::lab::say;

use super::{Scene, journal, micros, mix};

/// What may become of an attempt that was under way at a kill, besides what the table says: nobody saw how it ended
/// (`unknown`), we gave it up because we could not see it (`technical`), it was answered and no agent was there in time
/// (`dropped`, `hung_up_waiting`), or it rang when nobody saw and ran into our own deadline (`no_answer`).
const DISTURBED: [&str; 5] = ["unknown", "technical", "dropped", "hung_up_waiting", "no_answer"];

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_leads_are_all_accounted_for_though_shell_and_asterisk_are_killed() {
    if !tests::lab::ready() {
        return;
    }
    let mut scene = Scene::set_with(Timings::default(), 10, "10s", mix::numbers).await;
    let pause = Duration::from_secs(10);

    tokio::time::sleep(pause).await;
    let mut disturbances = vec![];
    let killed = Instant::now();
    scene.house.kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.house.open().await;
    disturbances.push(micros(killed)..=micros(Instant::now()));

    tokio::time::sleep(pause).await;
    let killed = Instant::now();
    scene.lab().asterisk.kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.lab().asterisk.restart().await.expect("Asterisk starts again");
    scene.house.until(Duration::from_secs(20), "seen that Asterisk is back", |board| board.pbx).await;
    disturbances.push(micros(killed)..=micros(Instant::now()));

    scene.house.until_completed(Duration::from_secs(120)).await;
    let (calls, printed) = scene.close().await;
    say(&format!("results by code: {:?}", by_code(&calls)));

    let (disturbed, calm): (Vec<&Logged>, Vec<&Logged>) =
        calls.iter().partition(|call| disturbances.iter().any(|disturbance| overlaps(call, disturbance)));
    say(&format!("{} attempts, {} of them under way at a kill", calls.len(), disturbed.len()));
    assert_eq!(mix::faults(calm), [""; 0], "what no kill touched ended as the table says");
    let excused = |call: &&&Logged| !DISTURBED.contains(&call.result.as_str());
    let strange = disturbed.iter().filter(excused).copied();
    assert_eq!(mix::faults(strange), [""; 0], "what a kill touched ended as the table says, or is excused");

    let ended = "SELECT COUNT(*) FROM queue WHERE state IN ('completed', 'exhausted')";
    assert_eq!(scene.house.count(ended).await, 300, "every lead has come to its end");
    let attempts = mix::attempts(&calls);
    assert_eq!(attempts.len(), 300, "every lead has had an attempt");
    let busy_first = |number: &str| {
        calls.iter().any(|call| call.number == number && call.nth == 1 && call.result == "busy")
    };
    for (number, count) in &attempts {
        assert_eq!(*count, if busy_first(number) { 2 } else { 1 }, "attempts on {number}");
    }
    let unplaced = scene.unplaced(&calls);
    say(&format!("{} attempts came to no INVITE", unplaced.len()));
    assert!(unplaced.iter().all(|call| disturbed.contains(call)), "only a kill keeps one from being dialled");

    journal::assert_replays(&scene.house, &["torn", "orderly"], &printed);
    journal::assert_shows_every_change(&scene.house);
}

/// Whether a call was under way at some time of a disturbance.
fn overlaps(call: &Logged, disturbance: &RangeInclusive<i64>) -> bool {
    call.created_at <= *disturbance.end() && call.ended_at >= *disturbance.start()
}
