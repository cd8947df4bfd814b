//! The shell is killed as a crash would; the next one takes up what it left.

use std::ops::Range;
use std::time::{Duration, Instant};

use tests::house::Logged;
use tests::lab::far_end::Timings;
use tests::lab::{CallLog, Side};

use super::{Scene, assert_they_go_on, assert_whole, call_to, is_talking, journal};

/// The rule of the campaigns.
const RING_TIMEOUT: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_shell_harms_no_conversation_and_the_next_one_goes_on_where_it_stopped() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings {
        answer_after: Duration::from_secs(6),
        talk_for: Duration::from_secs(8),
        ..Timings::default()
    };
    let codes = [180, 201, 200, 404, 480, 200, 603];
    let mut scene = Scene::set(timings, 3, "20s", &codes).await;
    scene.until_they_talk_and_ring(2, 4).await;
    let at_kill: Vec<CallLog> = scene.far_end();
    let talking: Vec<CallLog> = at_kill.iter().filter(|seen| is_talking(seen)).cloned().collect();
    assert_eq!(talking.len(), 2);

    scene.house.kill();
    let killed = Instant::now();
    assert_they_go_on(&mut scene, &talking).await;
    tokio::time::sleep(Duration::from_secs(1).saturating_sub(killed.elapsed())).await;
    scene.house.open().await;
    let gap = killed..Instant::now();
    assert_they_go_on(&mut scene, &talking).await;
    scene.house.until_completed(Duration::from_secs(60)).await;

    let (calls, printed) = scene.close().await;
    assert_eq!(calls.len(), 2 * codes.len());
    let far_end = scene.far_end();
    assert_eq!(far_end.len(), calls.len(), "nobody is dialled twice, and everybody once");
    assert!(far_end.iter().any(|seen| seen.invited_at > gap.end), "the campaigns dial on after the restart");
    assert_eq!(scene.phone_calls(), [1; 6], "no agent's phone is called again");
    for call in &calls {
        assert_as_it_should(call, call_to(&far_end, &call.number), &gap);
    }
    journal::assert_replays(&scene.house, &["torn", "orderly"], &printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_or_rang_too_long_while_no_shell_ran_is_closed_by_the_next() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings { talk_for: Duration::from_secs(5), ..Timings::default() };
    let mut scene = Scene::set(timings, 2, "20s", &[180, 202, 404]).await;
    scene.until_they_talk_and_ring(2, 2).await;

    scene.house.kill();
    let killed = Instant::now();
    let rings_too_long = killed + RING_TIMEOUT + Duration::from_secs(1);
    tokio::time::sleep_until(rings_too_long.into()).await;
    let seen = scene.far_end();
    let over = |code: &str| seen.iter().filter(|call| &call.number[4..7] == code).all(CallLog::is_over);
    assert!(over("202"), "the callees have hung up");
    assert!(!over("180"), "nobody has ended the ringing");
    scene.house.open().await;
    let gap = killed..Instant::now();
    scene.house.until_completed(Duration::from_secs(20)).await;

    let (calls, printed) = scene.close().await;
    assert_eq!(calls.len(), 6);
    let far_end = scene.far_end();
    assert_eq!(far_end.len(), calls.len());
    assert_eq!(scene.phone_calls(), [1; 4], "no agent's phone is called again");
    for call in &calls {
        assert_as_it_should(call, call_to(&far_end, &call.number), &gap);
    }
    journal::assert_replays(&scene.house, &["torn", "orderly"], &printed);
}

/// Holds that a call ended as the far end saw it, with no shell running during `gap`.
fn assert_as_it_should(call: &Logged, seen: &CallLog, gap: &Range<Instant>) {
    match (call.code(), seen.answered_at) {
        (180, _) => {
            assert_eq!((call.result.as_str(), seen.final_code), ("no_answer", Some(487)), "{call:?}");
            let rang = seen.ringing_at.zip(seen.cancelled_at).map(|(rang, ended)| ended - rang);
            assert!(rang >= Some(RING_TIMEOUT - Duration::from_millis(100)), "rang for {rang:?} only");
        }
        // Asterisk hangs up by itself on whoever answers while nobody listens.
        (200, Some(answered)) if gap.contains(&answered) && seen.phones_heard.is_empty() => {
            assert_eq!(call.result, "unknown", "{call:?}");
            assert!(matches!(seen.bye, Some((Side::There, _))), "{seen:?}");
        }
        (200 | 202, _) => {
            assert_whole(call, seen);
            assert!(matches!(seen.bye, Some((Side::Here, _))), "the callee hangs up: {seen:?}");
        }
        (201, _) => {
            assert_whole(call, seen);
            let talked = call.ended_at - call.bridged_at.expect("they talked");
            assert!(talked >= 20_000_000, "ended before its limit, after {talked} us");
            assert!(matches!(seen.bye, Some((Side::There, _))), "we hang up: {seen:?}");
        }
        (404, _) => assert_eq!(call.result, "bad_number", "{call:?}"),
        (480, _) => assert_eq!(call.result, "no_answer", "{call:?}"),
        (603, _) => assert_eq!(call.result, "rejected", "{call:?}"),
        (code, _) => panic!("nobody imported code {code}"),
    }
}
