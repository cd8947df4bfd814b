//! Lost sockets, second sockets and injected faults.

use serde_json::{Value, json};
use simulator::pbx::{AgentConduct, Content, Fault, Method, Side, TrunkConduct};

use crate::driver::{A_WHILE, Driver, SECOND};

#[test]
fn a_second_socket_replaces_the_first_which_stays_open_and_hears_nothing_more() {
    let mut driver = Driver::new(1);
    let first = driver.session;
    driver.call("PJSIP/15552000001@trunk-a");
    driver.heard.clear();
    let second = driver.connect();
    let replaced = std::mem::take(&mut driver.heard);
    assert_eq!(replaced.len(), 1);
    assert_eq!(replaced[0].session, first);
    assert!(matches!(&replaced[0].content, Content::Event(event) if event["type"] == "ApplicationReplaced"));
    driver.pass(A_WHILE);
    assert!(driver.heard.len() > 5);
    assert!(driver.heard.iter().all(|outgoing| outgoing.session == second));
    driver.pbx.disconnect(driver.now, first);
    assert_eq!(driver.get("/applications/dialler").status, 200, "the second one does not mind");
}

#[test]
fn subscriptions_survive_a_gap_and_nothing_is_replayed() {
    let mut driver = Driver::new(1);
    driver.call_as("up", "PJSIP/15552010001@trunk-a");
    driver.call_as("ringing", "PJSIP/15551800001@trunk-a");
    driver.pass(SECOND);
    driver.pbx.disconnect(driver.now, driver.session);
    driver.events();
    driver.call_as("unlucky", "PJSIP/15552000001@trunk-a");
    driver.pass(5 * SECOND);
    assert_eq!(driver.get("/channels/unlucky").status, 404, "a person answered, and nobody was there");
    assert_eq!(driver.pbx.log()[2].ended_by, Some(Side::Pbx));
    driver.connect();
    driver.pass(SECOND);
    assert_eq!(driver.kinds(), Vec::<String>::new());
    assert_eq!(driver.get("/applications/dialler").body["channel_ids"], json!(["ringing", "up"]));
    driver.delete("/channels/up");
    driver.pass(SECOND);
    assert_eq!(driver.kinds(), ["ChannelHangupRequest", "StasisEnd", "ChannelDestroyed"]);
}

#[test]
fn an_application_that_has_nothing_to_hear_of_goes_with_its_socket_and_its_filter_with_it() {
    let mut driver = Driver::new(1);
    let filter = json!({ "disallowed": [{ "type": "ChannelVarset" }] });
    assert_eq!(driver.request(Method::Put, "/applications/dialler/eventFilter", filter).status, 200);
    driver.pbx.disconnect(driver.now, driver.session);
    assert_eq!(driver.get("/applications/dialler").status, 404);
    driver.connect();
    assert_eq!(driver.get("/applications/dialler").body["events_disallowed"], json!([]));
}

#[test]
fn an_application_that_hears_everything_dies_with_its_socket() {
    let mut driver = Driver::new(1);
    let session = driver.pbx.connect(0, &["nosy".to_owned()], true).expect("the PBX answers");
    driver.call("PJSIP/15552000001@trunk-a");
    driver.pass(A_WHILE);
    let nosy = driver.events().into_iter().filter(|event| event["application"] == "nosy").count();
    assert!(nosy > 5, "{nosy}");
    driver.pbx.disconnect(driver.now, session);
    assert_eq!(driver.get("/applications/nosy").status, 404);
    assert_eq!(driver.get("/applications/dialler").status, 200);
}

#[test]
fn events_are_dropped_doubled_and_swapped_on_demand() {
    let plain = ["ChannelHangupRequest", "StasisEnd", "ChannelDestroyed"];
    let of = Some("StasisEnd".to_owned());
    for (fault, expected) in [
        (Fault::DropEvent { nth: 1, of: of.clone() }, vec![plain[0], plain[2]]),
        (Fault::DuplicateEvent { nth: 1, of: of.clone() }, vec![plain[0], plain[1], plain[1], plain[2]]),
        (Fault::DelayEvent { nth: 1, of: of.clone(), by_ms: 100 }, vec![plain[0], plain[2], plain[1]]),
        (Fault::ReorderEvent { nth: 1, of: Some(plain[0].to_owned()) }, vec![plain[1], plain[0], plain[2]]),
        (Fault::ReorderEvent { nth: 1, of: Some(plain[2].to_owned()) }, plain.to_vec()),
    ] {
        let mut driver = Driver::new(1);
        let quiet = json!({ "disallowed": [{ "type": "ChannelVarset" }] });
        driver.request(Method::Put, "/applications/dialler/eventFilter", quiet);
        driver.call("PJSIP/15552010001@trunk-a");
        driver.pass(SECOND);
        driver.events();
        driver.inject(fault.clone());
        driver.delete("/channels/c1");
        driver.pass(2 * SECOND);
        assert_eq!(driver.kinds(), expected, "{fault:?}");
    }
}

#[test]
fn requests_fail_or_lose_their_reply_on_demand() {
    let mut driver = Driver::new(1);
    let on = Some("POST /channels".to_owned());
    driver.inject(Fault::FailRequest { nth: 1, on: on.clone(), status: 503 });
    driver.inject(Fault::LoseReply { nth: 2, on });
    assert_eq!(driver.get("/channels").status, 200, "does not count");
    let body = json!({ "endpoint": "PJSIP/15552010001@trunk-a", "app": "dialler" });
    assert_eq!(driver.request(Method::Post, "/channels/c1", body.clone()).status, 503);
    assert_eq!(driver.pbx.log().len(), 0, "it was not carried out");
    assert_eq!(driver.try_request(Method::Post, "/channels/c1", body.clone()), None);
    assert_eq!(driver.request(Method::Post, "/channels/c1", body).status, 409, "it was carried out");
}

#[test]
fn a_silent_pbx_answers_nothing_and_sends_its_events_later() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552000001@trunk-a");
    driver.inject(Fault::Silence { for_ms: 10_000 });
    driver.heard.clear();
    assert_eq!(driver.try_request(Method::Get, "/asterisk/ping", Value::Null), None);
    assert_eq!(driver.pbx.connect(driver.now, &["other".to_owned()], false), None);
    driver.pass(9 * SECOND);
    assert_eq!(driver.kinds(), Vec::<String>::new());
    driver.pass(2 * SECOND);
    assert_eq!(driver.kinds().last().map(String::as_str), Some("ChannelDestroyed"));
    assert_eq!(driver.get("/asterisk/ping").status, 200);
}

#[test]
fn a_restart_leaves_nothing_but_the_far_ends_memory() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552010001@trunk-a");
    driver.pass(SECOND);
    driver.post("/bridges/b1");
    let before = driver.get("/asterisk/info").body["status"]["startup_time"].clone();
    driver.heard.clear();
    driver.inject(Fault::Restart { down_ms: 3_000 });
    assert!(matches!(driver.heard[..], [ref only] if only.content == Content::Close));
    assert_eq!(driver.try_request(Method::Get, "/asterisk/info", Value::Null), None, "it is down");
    driver.pass(4 * SECOND);
    assert_ne!(driver.get("/asterisk/info").body["status"]["startup_time"], before);
    assert_eq!(driver.get("/channels").body, json!([]));
    assert_eq!(driver.get("/bridges").body, json!([]));
    assert_eq!(driver.get("/applications").body, json!([]));
    assert_eq!(driver.pbx.log()[0].ended_at, Some(SECOND));
}

#[test]
fn what_is_recorded_when_it_restarts_goes_on_no_longer() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552010001@trunk-a");
    driver.pass(SECOND);
    assert_eq!(driver.post("/channels/c1/record?name=word&format=wav").status, 201);
    driver.inject(Fault::Restart { down_ms: 3_000 });
    driver.pass(4 * SECOND);
    assert_eq!(driver.get("/recordings/live/word").status, 404);
    assert_eq!(driver.get("/recordings/stored/word").status, 200, "its file is there");
}

#[test]
fn a_trunk_goes_down_refuses_and_recovers() {
    let mut driver = Driver::new(1);
    let trunk = |conduct| Fault::Trunk { name: "trunk-a".to_owned(), conduct };
    let body = json!({ "endpoint": "PJSIP/15552010001@trunk-a", "app": "dialler" });
    driver.inject(trunk(TrunkConduct::Offline));
    assert_eq!(driver.request(Method::Post, "/channels/c1", body.clone()).status, 500);
    assert_eq!(driver.get("/endpoints/PJSIP/trunk-a").body["state"], "offline");
    driver.inject(trunk(TrunkConduct::Refuses(503)));
    driver.request(Method::Post, "/channels/c1", body.clone());
    driver.pass(SECOND);
    assert_eq!(driver.pbx.log()[0].status, Some(503));
    driver.inject(trunk(TrunkConduct::Up));
    driver.request(Method::Post, "/channels/c1", body);
    driver.pass(SECOND);
    assert_eq!(driver.get("/channels/c1").body["state"], "Up");
}

#[test]
fn a_refusing_trunk_is_met_through_the_dialplan_too_by_the_carriers_name() {
    let mut driver = Driver::new(1);
    driver.inject(Fault::Trunk { name: "trunk-a".to_owned(), conduct: TrunkConduct::Refuses(503) });
    for carrier in ["trunk-a", "trunk-b"] {
        let body = json!({
            "endpoint": "Local/15552010001@from-campaign/n", "app": "dialler",
            "variables": { "CARRIER_NAME": carrier },
        });
        assert_eq!(driver.request(Method::Post, &format!("/channels/{carrier}"), body).status, 200);
    }
    driver.pass(2 * SECOND);
    let statuses: Vec<_> = driver.pbx.log().iter().map(|invite| invite.status).collect();
    assert_eq!(statuses, [Some(503), Some(200)]);
}

#[test]
fn a_phone_changes_its_ways_and_whoever_has_answered_can_be_made_to_hang_up() {
    let mut driver = Driver::new(1);
    driver.call_as("seated", "PJSIP/agent-anna");
    driver.pass(SECOND);
    let conduct = AgentConduct::NeverAnswers;
    driver.inject(Fault::Phone { name: "agent-anna".to_owned(), conduct });
    driver.call_as("ringing", "PJSIP/agent-anna");
    driver.pass(SECOND);
    driver.inject(Fault::FarEndHangsUp { number: "agent-anna".to_owned() });
    driver.pass(SECOND);
    let ended: Vec<_> = driver.pbx.log().iter().map(|invite| invite.ended_by).collect();
    assert_eq!(ended, [Some(Side::Callee), None]);
}

#[test]
fn who_never_replies_does_not_confirm_a_cancellation() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15551000001@trunk-a");
    driver.call_as("c2", "PJSIP/15551800001@trunk-a");
    driver.pass(SECOND);
    driver.delete("/channels/c1");
    driver.delete("/channels/c2");
    driver.pass(SECOND);
    let statuses: Vec<_> = driver.pbx.log().iter().map(|invite| invite.status).collect();
    assert_eq!(statuses, [None, Some(487)]);
}
