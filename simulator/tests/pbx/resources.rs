//! Requests and their answers, one resource after the other.

use serde_json::{Value, json};
use simulator::pbx::{Config, Method};

use crate::driver::{A_WHILE, Driver, SECOND};

/// A driver with the channel `c1` up and in its application.
fn answered() -> Driver {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552010001@trunk-a");
    driver.pass(SECOND);
    driver.events();
    driver
}

#[test]
fn what_listens_to_a_channel_is_recorded_once_it_is_ours_and_ends_with_it() {
    let mut driver = answered();
    let listen = "/channels/c1/snoop/s1?app=dialler&spy=in&whisper=none";
    let record = "/channels/s1/record?name=take&format=wav";
    assert_eq!(driver.post(listen).status, 200);
    assert_eq!(driver.post(listen).status, 500, "an id is used once");
    assert_eq!(driver.post(record).status, 409, "it is not in its application yet");
    driver.pass(SECOND);
    assert_eq!(driver.post(record).status, 201);
    assert_eq!(driver.post(record).status, 409, "so is a name");
    assert_eq!(driver.post("/recordings/live/take/mute").status, 204);
    assert_eq!(driver.delete("/recordings/live/take/mute").status, 204);
    assert_eq!(driver.get("/recordings/stored").body, json!([]));
    driver.delete("/channels/c1");
    driver.pass(SECOND);
    assert_eq!(driver.get("/channels/s1").status, 404);
    assert_eq!(driver.get("/recordings/stored").body, json!([{ "name": "take", "format": "wav" }]));
    assert_eq!(driver.post("/recordings/live/take/mute").status, 404);
}

#[test]
fn without_the_folder_for_recordings_none_is_listed_and_none_is_made() {
    let mut driver = Driver::with(Config { has_recordings_folder: false, ..Config::default() }, 1);
    driver.call("PJSIP/15552010001@trunk-a");
    driver.pass(SECOND);
    let listed = driver.get("/recordings/stored");
    assert_eq!((listed.status, listed.body), (500, json!({ "error": "Allocation failed" })));
    let made = driver.post("/channels/c1/record?name=word&format=wav");
    assert_eq!((made.status, made.body), (500, json!({ "message": "Internal Server Error" })));
    let spool = driver.get("/asterisk/variable?variable=ASTSPOOLDIR");
    assert_eq!(spool.body, json!({ "value": "/var/spool/asterisk" }));
}

#[test]
fn a_channel_id_is_an_idempotency_key() {
    let mut driver = answered();
    let body = json!({ "endpoint": "PJSIP/15552010001@trunk-a", "app": "dialler", "channelId": "c1" });
    assert_eq!(driver.request(Method::Post, "/channels", body).status, 409);
    assert_eq!(driver.pbx.log().len(), 1, "and nobody was called twice");
}

#[test]
fn unusable_originates_are_refused_without_a_call() {
    let mut driver = Driver::new(1);
    let long = "x".repeat(150);
    for (status, body) in [
        (400, json!({ "app": "dialler" })),
        (400, json!({ "endpoint": "PJSIP/1@trunk-a" })),
        (400, json!({ "endpoint": "PJSIP/1@trunk-a", "app": "dialler", "variables": { "A": 1 } })),
        (
            400,
            json!({ "endpoint": "PJSIP/1@trunk-a", "app": "dialler", "variables": { "A": { "value": 1 } } }),
        ),
        (400, json!({ "endpoint": "PJSIP/1@trunk-a", "app": "dialler", "variables": "A=1" })),
        (400, json!({ "endpoint": "PJSIP/1@trunk-a", "app": "dialler", "channelId": long })),
        (500, json!({ "endpoint": "PJSIP/1@elsewhere", "app": "dialler" })),
        (500, json!({ "endpoint": "DAHDI/g1/1", "app": "dialler" })),
    ] {
        assert_eq!(driver.request(Method::Post, "/channels", body.clone()).status, status, "{body}");
    }
    assert_eq!(driver.pbx.log(), []);
}

#[test]
fn reported_variables_ride_on_every_event_and_all_reach_the_far_end() {
    let mut driver = Driver::new(1);
    let variables = json!({ "ATTEMPT": { "value": "a-1", "report_events": true }, "CAMPAIGN_ID": "7" });
    let body = json!({
        "endpoint": "PJSIP/15552000001@trunk-a", "app": "dialler", "callerId": "\"Ring\" <12025550100>",
        "variables": variables,
    });
    driver.request(Method::Post, "/channels/c1", body);
    driver.pass(A_WHILE);
    for event in driver.events() {
        let channel = event.get("channel").or_else(|| event.get("peer")).expect("all are about the channel");
        assert_eq!(channel["channelvars"], json!({ "ATTEMPT": "a-1" }), "{event}");
    }
    let invite = &driver.pbx.log()[0];
    assert_eq!(invite.caller, "12025550100");
    assert_eq!(invite.variables.get("CAMPAIGN_ID").map(String::as_str), Some("7"));
}

#[test]
fn an_answer_for_an_application_that_is_not_there_is_hung_up_at_once() {
    let mut driver = Driver::new(1);
    let body = json!({ "endpoint": "PJSIP/15552010001@trunk-a", "app": "nobody" });
    assert_eq!(driver.request(Method::Post, "/channels/c1", body).status, 200);
    driver.pass(SECOND);
    assert_eq!(driver.get("/channels/c1").status, 404);
    assert_eq!(driver.kinds(), Vec::<String>::new());
    let invite = &driver.pbx.log()[0];
    let held = invite.ended_at.expect("over") - invite.answered_at.expect("a person picked up");
    assert!(held < 1_000, "{held} microseconds");
}

#[test]
fn requests_on_channels_have_their_status() {
    let mut driver = answered();
    driver.call_as("ringing", "PJSIP/15551800001@trunk-a");
    driver.pass(SECOND);
    for (method, target, status) in [
        (Method::Get, "/channels/c1", 200),
        (Method::Get, "/channels/none", 404),
        (Method::Delete, "/channels/none", 404),
        (Method::Post, "/channels/c1/answer", 204),
        (Method::Post, "/channels/c1/mute?direction=in", 204),
        (Method::Post, "/channels/c1/moh", 204),
        (Method::Post, "/channels/ringing/answer", 412),
        (Method::Post, "/channels/ringing/continue?context=amd", 412),
        (Method::Post, "/channels/ringing/play?media=sound:beep", 412),
        (Method::Post, "/channels/ringing/variable?variable=A&value=1", 409),
        (Method::Post, "/channels/c1/play", 400),
        (Method::Post, "/channels/c1/play/p1?media=sound:tt-monkeys", 201),
        (Method::Post, "/channels/c1/play/p1?media=sound:beep", 409),
        (Method::Post, "/channels/c1/variable?variable=A&value=1", 204),
        (Method::Get, "/channels/c1/variable?variable=A", 200),
        (Method::Get, "/channels/c1/variable?variable=B", 404),
        (Method::Post, "/channels/c1/dtmf?dtmf=12", 204),
        (Method::Post, "/channels/c1/dtmf?dtmf=3", 204),
        (Method::Post, "/channels/create", 501),
        (Method::Post, "/channels/c1/sing", 404),
        (Method::Get, "/nothing", 404),
    ] {
        assert_eq!(driver.request(method, target, Value::Null).status, status, "{} {target}", method.name());
    }
    assert_eq!(driver.pbx.log()[0].digits, "123");
}

#[test]
fn adding_to_a_bridge_has_statuses_of_its_own() {
    let mut driver = answered();
    driver.call_as("ringing", "PJSIP/15551800001@trunk-a");
    driver.pass(SECOND);
    driver.events();
    driver.post("/bridges/b1");
    for (target, status) in [
        ("/bridges/none/addChannel?channel=c1", 404),
        ("/bridges/b1/addChannel", 400),
        ("/bridges/b1/addChannel?channel=c1,gone", 400),
        ("/bridges/b1/addChannel?channel=c1,ringing", 422),
        ("/bridges/b1/removeChannel?channel=c1", 422),
        ("/bridges/b1/addChannel?channel=c1", 204),
    ] {
        assert_eq!(driver.post(target).status, status, "{target}");
    }
    driver.pass(SECOND);
    assert_eq!(driver.post("/bridges/b1/moh").status, 204);
    assert_eq!(driver.kinds(), ["ChannelEnteredBridge"]);
    assert_eq!(driver.post("/bridges/b1/removeChannel?channel=c1").status, 204);
    assert_eq!(driver.kinds(), ["ChannelLeftBridge"]);
}

#[test]
fn a_channel_that_is_added_to_its_bridge_again_leaves_it_first() {
    let mut driver = answered();
    driver.post("/bridges/b1");
    driver.post("/bridges/b1/addChannel?channel=c1");
    driver.pass(SECOND);
    driver.events();
    assert_eq!(driver.post("/bridges/b1/addChannel?channel=c1").status, 204);
    driver.pass(SECOND);
    assert_eq!(driver.kinds(), ["ChannelLeftBridge", "ChannelEnteredBridge"]);
    assert_eq!(driver.get("/bridges/b1").body["channels"], json!(["c1"]));
}

#[test]
fn a_channel_that_plays_comes_into_a_bridge_once_that_is_over() {
    let mut driver = answered();
    driver.post("/bridges/b1");
    driver.post("/channels/c1/play/p1?media=tone:ring");
    driver.pass(SECOND / 2);
    driver.events();
    let add = "/bridges/b1/addChannel?channel=c1";
    assert_eq!(driver.try_request(Method::Post, add, Value::Null), None, "it is answered once it is done");
    driver.pass(SECOND / 4);
    assert_eq!(driver.kinds(), Vec::<String>::new(), "it plays still");
    assert_eq!(driver.late_statuses(), [0_u16; 0]);
    assert_eq!(driver.delete("/playbacks/p1").status, 204);
    assert_eq!(driver.kinds(), ["PlaybackFinished", "ChannelEnteredBridge"]);
    assert_eq!(driver.late_statuses(), [204]);
}

#[test]
fn an_addition_that_waits_for_a_sound_is_answered_also_where_the_channel_or_the_bridge_goes_meanwhile() {
    for goes in ["/channels/c1", "/bridges/b1"] {
        let mut driver = answered();
        driver.post("/bridges/b1");
        driver.post("/channels/c1/play/p1?media=tone:ring");
        driver.pass(SECOND / 2);
        let add = "/bridges/b1/addChannel?channel=c1";
        assert_eq!(driver.try_request(Method::Post, add, Value::Null), None);
        driver.delete(goes);
        driver.events();
        driver.pass(A_WHILE);
        assert_eq!(driver.late_statuses(), [204], "{goes}");
        assert!(!driver.kinds().contains(&"ChannelEnteredBridge".to_owned()), "{goes}");
    }
}

#[test]
fn a_bridge_that_is_there_is_not_made_again_under_its_id() {
    let mut driver = Driver::new(1);
    assert_eq!(driver.post("/bridges/b1?type=mixing&name=One").status, 200);
    for (again, refused) in [
        ("type=mixing&name=One", "Supplying a bridge type when updating a bridge is not allowed."),
        ("type=holding", "Supplying a bridge type when updating a bridge is not allowed."),
        ("type=mixing&name=Two", "Changing bridge name is not implemented"),
    ] {
        let reply = driver.post(&format!("/bridges/b1?{again}"));
        assert_eq!((reply.status, &reply.body["message"]), (500, &json!(refused)), "{again}");
    }
    assert_eq!(driver.post("/bridges/b1?name=One").status, 200, "it changes nothing");
    assert_eq!(driver.get("/bridges/b1").body["name"], "One");
}

#[test]
fn a_destroyed_bridge_lets_its_channels_live() {
    let mut driver = answered();
    driver.post("/bridges/b1");
    driver.post("/bridges/b1/addChannel?channel=c1");
    driver.pass(SECOND);
    driver.events();
    assert_eq!(driver.delete("/bridges/b1").status, 204);
    assert_eq!(driver.kinds(), ["ChannelLeftBridge", "BridgeDestroyed"]);
    assert_eq!(driver.get("/bridges/b1").status, 404);
    assert_eq!(driver.get("/channels/c1").body["dialplan"]["app_name"], "Stasis");
}

#[test]
fn a_bridge_knows_its_kind_and_technology() {
    let mut driver = Driver::new(1);
    driver.post("/bridges/hold?type=holding");
    driver.post("/bridges/talk?type=mixing,dtmf_events&name=Talk");
    for id in ["a", "b", "c"] {
        driver.call_as(id, "PJSIP/15552010001@trunk-a");
    }
    driver.pass(SECOND);
    driver.post("/bridges/talk/addChannel?channel=a,b");
    driver.pass(SECOND);
    let bridge = driver.get("/bridges/talk").body;
    assert_eq!((&bridge["technology"], &bridge["bridge_type"]), (&json!("simple_bridge"), &json!("mixing")));
    driver.post("/bridges/talk/addChannel?channel=c");
    driver.pass(SECOND);
    assert_eq!(driver.get("/bridges/talk").body["technology"], "softmix");
    assert_eq!(driver.get("/bridges").body[0]["technology"], "holding_bridge");
}

#[test]
fn sounds_play_in_turn_and_a_missing_one_fails_late() {
    let mut driver = answered();
    assert_eq!(driver.post("/channels/c1/play/p1?media=sound:beep").status, 201);
    assert_eq!(driver.post("/channels/c1/play/p2?media=sound:missing").status, 201);
    driver.pass(SECOND);
    insta::assert_snapshot!(driver.transcript(), @r"
    PlaybackStarted playback='p1' state='playing'
    PlaybackFinished playback='p1' state='done'
    PlaybackStarted playback='p2' state='playing'
    PlaybackFinished playback='p2' state='failed'
    ");
}

#[test]
fn a_playback_can_be_stopped_and_fails_with_its_channel() {
    let mut driver = answered();
    driver.post("/channels/c1/play/p1?media=sound:tt-monkeys");
    driver.pass(SECOND);
    assert_eq!(driver.get("/playbacks/p1").body["state"], "playing");
    assert_eq!(driver.delete("/playbacks/p1").status, 204);
    assert_eq!(driver.delete("/playbacks/p1").status, 404);
    driver.post("/channels/c1/play/p1?media=sound:tt-monkeys");
    driver.pass(SECOND);
    driver.delete("/channels/c1");
    driver.pass(SECOND);
    let finished = driver.events().into_iter().filter(|event| event["type"] == "PlaybackFinished");
    let states: Vec<Value> = finished.map(|event| event["playback"]["state"].clone()).collect();
    assert_eq!(states, ["done", "failed"]);
}

#[test]
fn music_in_a_bridge_can_be_ended_while_it_plays() {
    let mut driver = Driver::new(1);
    driver.post("/bridges/b1");
    let quiet = driver.delete("/bridges/b1/moh");
    assert_eq!((quiet.status, &quiet.body["message"]), (409, &json!("Bridge isn't playing music")));
    assert_eq!(driver.post("/bridges/b1/moh").status, 204);
    assert_eq!(driver.post("/bridges/b1/moh").status, 204);
    assert_eq!(driver.delete("/bridges/b1/moh").status, 204);
    assert_eq!(driver.delete("/bridges/b1/moh").status, 409);
}

#[test]
fn what_is_played_in_a_bridge_is_told_to_whoever_has_somebody_there() {
    let mut driver = answered();
    driver.post("/bridges/b1");
    let play = |id: &str, media: &str| format!("/bridges/b1/play/{id}?media={media}");
    assert_eq!(driver.post("/bridges/b1/play").status, 400);
    assert_eq!(driver.post(&play("p0", "sound:beep")).status, 201);
    driver.pass(SECOND);
    assert_eq!(driver.kinds(), Vec::<String>::new(), "nobody is there");
    driver.post("/bridges/b1/addChannel?channel=c1");
    driver.pass(SECOND);
    driver.events();
    for (id, media) in
        [("p1", "sound:beep"), ("p2", "sound:missing"), ("p3", "sound:tt-monkeys"), ("p4", "sound:beep")]
    {
        let reply = driver.post(&play(id, media));
        assert_eq!((reply.status, &reply.body["target_uri"]), (201, &json!("bridge:b1")), "{id}");
    }
    driver.pass(SECOND);
    assert_eq!(driver.get("/playbacks/p3").body["state"], "playing");
    insta::assert_snapshot!(driver.transcript(), @"
    PlaybackStarted playback='p1' state='playing'
    PlaybackFinished playback='p1' state='done'
    PlaybackStarted playback='p2' state='playing'
    PlaybackFinished playback='p2' state='failed'
    PlaybackStarted playback='p3' state='playing'
    ");
    assert_eq!(driver.delete("/playbacks/p3").status, 204);
    driver.pass(SECOND / 100);
    insta::assert_snapshot!(driver.transcript(), @"
    PlaybackFinished playback='p3' state='done'
    PlaybackStarted playback='p4' state='playing'
    ");
    driver.delete("/bridges/b1");
    assert_eq!(driver.kinds(), ["ChannelLeftBridge", "BridgeDestroyed"], "nobody is there any more");
    assert_eq!(driver.get("/playbacks/p4").status, 404);
}

#[test]
fn sounds_endpoints_and_the_server_describe_themselves() {
    let config = Config { version: "22.8.0".to_owned(), ..Config::default() };
    let mut driver = Driver::with(config, 1);
    assert_eq!(driver.get("/sounds/beep").body["id"], "beep");
    assert_eq!(driver.get("/sounds/campaign/safe").status, 404);
    assert_eq!(driver.get("/endpoints/PJSIP/trunk-a").body["state"], "online");
    assert_eq!(driver.get("/endpoints/PJSIP/nowhere").status, 404);
    assert_eq!(driver.get("/endpoints/SIP/trunk-a").status, 404);
    assert_eq!(driver.get("/asterisk/info").body["system"]["version"], "22.8.0");
    assert_eq!(driver.get("/asterisk/ping").body["ping"], "pong");
}

#[test]
fn applications_show_and_change_what_they_hear() {
    let mut driver = answered();
    assert_eq!(driver.get("/applications/nobody").status, 404);
    assert_eq!(driver.get("/applications/dialler").body["channel_ids"], json!(["c1"]));
    driver.post("/bridges/b1");
    for (source, status) in [
        ("bridge:b1", 200),
        ("endpoint:PJSIP/trunk-a", 200),
        ("deviceState:PJSIP/agent-anna", 200),
        ("bridge:none", 422),
        ("weather:today", 400),
        ("nonsense", 400),
    ] {
        assert_eq!(
            driver.post(&format!("/applications/dialler/subscription?eventSource={source}")).status,
            status
        );
    }
    let shown = driver.get("/applications/dialler").body;
    assert_eq!(shown["bridge_ids"], json!(["b1"]));
    assert_eq!(shown["endpoint_ids"], json!(["PJSIP/trunk-a"]));
    driver.events();
    driver.delete("/bridges/b1");
    assert_eq!(driver.kinds(), ["BridgeDestroyed"], "an empty bridge is heard by who subscribed");
}

#[test]
fn a_filter_keeps_events_away() {
    let mut driver = Driver::new(1);
    let filter = json!({ "disallowed": [{ "type": "ChannelVarset" }, { "type": "Dial" }] });
    let reply = driver.request(Method::Put, "/applications/dialler/eventFilter", filter.clone());
    assert_eq!(reply.body["events_disallowed"], json!([{ "type": "ChannelVarset" }, { "type": "Dial" }]));
    driver.call("PJSIP/15552000001@trunk-a");
    driver.pass(A_WHILE);
    let kinds: Vec<Value> = driver.events().into_iter().map(|event| event["type"].clone()).collect();
    let expected = ["ChannelStateChange", "ChannelStateChange", "StasisStart"];
    assert_eq!(kinds[..3], expected);
    assert!(!kinds.contains(&json!("ChannelVarset")));
    let allowed = json!({ "allowed": [{ "type": "ChannelDestroyed" }] });
    driver.request(Method::Put, "/applications/dialler/eventFilter", allowed);
    driver.call("PJSIP/15552000001@trunk-a");
    driver.pass(A_WHILE);
    assert_eq!(driver.kinds(), ["ChannelDestroyed"]);
    assert_eq!(
        driver.request(Method::Put, "/applications/dialler/eventFilter", json!({ "allowed": 1 })).status,
        400
    );
}
