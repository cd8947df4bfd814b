//! What a real Asterisk 22 does with channels that listen to a leg, and with keys before an answer: what recording and
//! queued digits are built on.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use tests::lab::far_end::{Timings, number};

use crate::probe::Floor;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_channel_that_listens_is_made_once_and_ends_with_its_leg_and_what_was_recorded_is_kept() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    let ari = &floor.ari;
    ari.dial("callee", &format!("PJSIP/{}@trunk-a", number(201, 1)), 10).await;
    ari.wait("callee", "StasisStart", LIMIT).await.expect("the callee answers");
    let listen = "channels/callee/snoop/listener?app=autodialer&spy=both&whisper=none";
    ari.must(Method::POST, listen, None).await;
    ari.wait("listener", "StasisStart", LIMIT).await.expect("it comes under our command");
    let (status, told) = ari.request(Method::POST, listen, None).await;
    assert_eq!(
        (status, &told["message"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &"Snoop channel could not be created".into())
    );

    let record = "channels/listener/record?name=take&format=wav&ifExists=fail";
    ari.must(Method::POST, record, None).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    ari.must(Method::POST, "recordings/live/take/mute", None).await;
    ari.must(Method::DELETE, "recordings/live/take/mute", None).await;
    ari.hang_up("callee").await;
    ari.wait("listener", "StasisEnd", LIMIT).await.expect("it ends with the leg");
    ari.must(Method::GET, "recordings/stored/take", None).await;
    assert!(floor.is_empty().await, "a channel is left");
}

#[tokio::test]
async fn keys_are_refused_on_a_leg_that_nobody_has_answered() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    // One rings, the other sends early media.
    for (id, code) in [("rings", 180), ("sounds", 202)] {
        floor.ari.dial(id, &format!("PJSIP/{}@trunk-a", number(code, 1)), 10).await;
        let alerts = || floor.ari.events_of(id).iter().any(|seen| seen.event["dialstatus"] != "");
        assert!(tests::lab::until(LIMIT, alerts).await, "{id}");
        let (status, told) =
            floor.ari.request(Method::POST, &format!("channels/{id}/dtmf?dtmf=1"), None).await;
        assert_eq!(
            (status, &told["message"]),
            (StatusCode::CONFLICT, &"Channel not in Stasis application".into()),
            "{id}"
        );
        floor.ari.hang_up(id).await;
    }
    assert!(floor.is_empty().await, "a channel is left");
    assert!(floor.far_end.calls().iter().all(|call| call.keys.is_empty()), "a key came through");
}
