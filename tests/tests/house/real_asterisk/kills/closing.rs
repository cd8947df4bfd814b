//! The shell is told to end while people talk.

use std::time::Duration;

use tests::lab::far_end::Timings;
use tests::lab::{CallLog, Side};

use super::{Scene, assert_they_go_on, assert_whole, call_to, is_talking, journal};

#[tokio::test(flavor = "multi_thread")]
async fn a_floor_that_closes_lets_the_live_calls_come_to_their_own_end() {
    if !tests::lab::ready() {
        return;
    }
    let mut scene = Scene::set(Timings::default(), 2, "10s", &[201, 180, 404, 200]).await;
    scene.until_they_talk_and_ring(2, 2).await;
    let at_signal = scene.far_end();
    let talking: Vec<CallLog> = at_signal.iter().filter(|seen| is_talking(seen)).cloned().collect();

    scene.house.interrupt();
    assert_they_go_on(&mut scene, &talking).await;
    assert!(scene.house.is_running(), "it waits for the calls");
    let printed = scene.house.ended_well().await;

    let calls = scene.assert_closed().await;
    let far_end = scene.far_end();
    assert_eq!(far_end.len(), at_signal.len(), "nobody is dialled any more");
    assert_eq!(calls.len(), 4);
    for call in &calls {
        let seen = call_to(&far_end, &call.number);
        if call.code() == 180 {
            assert_eq!((call.result.as_str(), seen.final_code), ("no_answer", Some(487)), "{call:?}");
            continue;
        }
        assert_whole(call, seen);
        let talked = call.ended_at - call.bridged_at.expect("they talked");
        assert!(talked >= 10_000_000, "ended before its limit, after {talked} us");
    }
    let waiting = "SELECT COUNT(*) FROM queue WHERE state = 'waiting' AND claimed_by IS NULL";
    assert_eq!(scene.house.count(waiting).await, 4, "the others wait for the next start");
    journal::assert_replays(&scene.house, &["orderly"], &printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_leaves_live_calls_to_the_next_start() {
    if !tests::lab::ready() {
        return;
    }
    let mut scene = Scene::set(Timings::default(), 2, "15s", &[201, 180, 404, 200]).await;
    scene.until_they_talk_and_ring(2, 2).await;
    let talking: Vec<CallLog> = scene.far_end().into_iter().filter(is_talking).collect();

    scene.house.interrupt();
    assert_they_go_on(&mut scene, &talking).await;
    scene.house.interrupt();
    let printed = scene.house.ended_well().await;
    assert!(printed.contains("the next start takes them up"), "{printed}");
    assert!(!scene.far_end().iter().any(|seen| matches!(seen.bye, Some((Side::There, _)))));
    assert_they_go_on(&mut scene, &talking).await;

    scene.house.open().await;
    assert_they_go_on(&mut scene, &talking).await;
    scene.house.until_completed(Duration::from_secs(60)).await;
    let (calls, printed) = scene.close().await;
    assert_eq!(scene.phone_calls(), [1; 4], "no agent's phone is called again");
    let far_end = scene.far_end();
    assert_eq!((calls.len(), far_end.len()), (8, 8), "nobody is dialled twice, and everybody once");
    for call in &calls {
        let seen = call_to(&far_end, &call.number);
        match call.code() {
            180 => assert_eq!((call.result.as_str(), seen.final_code), ("no_answer", Some(487)), "{call:?}"),
            404 => assert_eq!(call.result, "bad_number", "{call:?}"),
            _ => assert_whole(call, seen),
        }
    }
    journal::assert_replays(&scene.house, &["orderly", "orderly"], &printed);
}
