//! Whole calls, event by event.

use insta::assert_snapshot;
use serde_json::{Value, json};
use simulator::pbx::{AgentConduct, Config, Directory, Method, Order, Population, Span};

use crate::driver::{A_WHILE, Driver, SECOND};

#[test]
fn an_answered_call_that_the_callee_ends() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552000001@trunk-a");
    driver.pass(A_WHILE);
    assert_snapshot!(driver.transcript());
}

#[test]
fn a_busy_call() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15554860001@trunk-a");
    driver.pass(A_WHILE);
    assert_snapshot!(driver.transcript());
}

#[test]
fn a_call_that_rings_out() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15551800001@trunk-a");
    driver.pass(A_WHILE);
    assert_snapshot!(driver.transcript());
}

#[test]
fn early_media_shows_as_progress() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552020001@trunk-a");
    driver.pass(SECOND);
    assert_snapshot!(driver.transcript());
}

#[test]
fn an_agent_in_a_holding_bridge_is_moved_to_the_customer() {
    let mut driver = Driver::new(1);
    driver.post("/bridges/hold?type=holding");
    driver.post("/bridges/talk?type=mixing,dtmf_events,proxy_media");
    driver.call_as("agent", "PJSIP/agent-anna");
    driver.pass(SECOND);
    driver.post("/bridges/hold/addChannel?channel=agent&role=participant");
    driver.call_as("customer", "PJSIP/15552010001@trunk-a");
    driver.pass(SECOND);
    driver.events();
    driver.post("/bridges/talk/addChannel?channel=agent,customer");
    driver.pass(SECOND);
    driver.delete("/channels/customer");
    driver.pass(SECOND);
    assert_snapshot!(driver.transcript());
    assert_eq!(driver.get("/bridges/talk").body["channels"], json!(["agent"]));
}

#[test]
fn detection_in_the_dialplan_comes_back_with_a_verdict() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552040001@trunk-a");
    driver.pass(2 * SECOND);
    driver.post("/channels/c1/variable?variable=STASIS_APP&value=dialler");
    driver.events();
    assert_eq!(driver.post("/channels/c1/continue?context=amd&extension=s&priority=1").status, 204);
    driver.pass(2 * SECOND);
    assert_snapshot!(driver.transcript());
    assert_eq!(driver.get("/channels/c1/variable?variable=AMDSTATUS").body["value"], "MACHINE");
}

#[test]
fn detection_comes_back_to_the_application_that_the_channel_names_and_no_other() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552040001@trunk-a");
    driver.pass(2 * SECOND);
    driver.post("/channels/c1/continue?context=amd&extension=s&priority=1");
    driver.pass(2 * SECOND);
    assert_eq!(driver.get("/channels/c1").status, 404, "nobody listens for the application `autodialer`");
}

#[test]
fn talk_is_told_from_when_it_is_asked_for_until_it_is_not_any_more() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552040001@trunk-a");
    driver.pass(3 * SECOND);
    let talk = |driver: &mut Driver| -> Vec<(String, u64)> {
        let events = driver.events();
        let told = events.iter().filter_map(|event| {
            let kind = event["type"].as_str()?.strip_prefix("ChannelTalking")?;
            Some((kind.to_owned(), event["duration"].as_u64().unwrap_or(0) / 100))
        });
        told.collect()
    };
    assert_eq!(talk(&mut driver), [], "nobody has asked");
    driver.post("/channels/c1/variable?variable=TALK_DETECT(set)&value=250,256");
    driver.pass(SECOND / 2);
    assert_eq!(talk(&mut driver), [("Started".to_owned(), 0)]);
    driver.pass(12 * SECOND / 5);
    // Asked for in mid-talk: what was said before is not counted. Then the tone begins.
    let told = talk(&mut driver);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0 == "Finished" && (10..30).contains(&told[0].1), "{told:?}");
    driver.post("/channels/c1/variable?variable=TALK_DETECT(remove)&value=");
    driver.pass(5 * SECOND);
    assert_eq!(talk(&mut driver), []);
}

#[test]
fn a_key_pressed_is_heard() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552170001@trunk-a");
    driver.pass(5 * SECOND);
    let events = driver.events();
    let digit = events.iter().find(|event| event["type"] == "ChannelDtmfReceived").expect("a key");
    assert_eq!(digit["digit"], "7");
}

#[test]
fn ringing_is_told_twice_in_either_order() {
    let first_of_ringing = |seed| {
        let mut driver = Driver::new(seed);
        driver.call("PJSIP/15551800001@trunk-a");
        driver.pass(SECOND);
        driver.kinds()[1].clone()
    };
    let firsts: Vec<String> = (0..50).map(first_of_ringing).collect();
    assert!(
        firsts.iter().any(|kind| kind == "Dial") && firsts.iter().any(|kind| kind == "ChannelStateChange")
    );
}

#[test]
fn about_a_sixth_of_originates_are_heard_of_before_their_reply() {
    let mut driver = Driver::new(1);
    let mut early = 0;
    for call in 0..2_000 {
        driver.call_as(&format!("c{call}"), "PJSIP/15554860001@trunk-a");
        early += driver.heard.iter().filter(|outgoing| outgoing.order == Order::BeforeReply).count();
        driver.heard.clear();
    }
    assert!((280..400).contains(&early), "{early} of 2000");
}

#[test]
fn stasis_starts_within_a_millisecond_of_the_answer() {
    for seed in 0..50 {
        let mut driver = Driver::new(seed);
        driver.call("PJSIP/15552010001@trunk-a");
        while !driver.kinds().iter().any(|kind| kind == "StasisStart") {
            driver.now = driver.pbx.poll_timeout().expect("something will happen");
            driver.pass(0);
        }
        let answered_at = driver.pbx.log()[0].answered_at.expect("it was answered");
        assert!((100..=600).contains(&(driver.now - answered_at)));
    }
}

#[test]
fn equal_seeds_give_equal_bytes_and_unequal_ones_do_not() {
    let bytes = |seed| {
        let population = Population { person_ppm: 900_000, ..Population::default() };
        let config = Config { directory: Directory::Population(population), ..Config::default() };
        let mut driver = Driver::with(config, seed);
        for call in 0..40 {
            driver.call_as(&format!("c{call}"), &format!("PJSIP/1202555{call:04}@trunk-a"));
            driver.pass(SECOND / 10);
        }
        driver.pass(A_WHILE);
        driver.events().iter().map(Value::to_string).collect::<String>()
    };
    assert_eq!(bytes(3), bytes(3));
    assert_ne!(bytes(3), bytes(4));
}

#[test]
fn a_person_waits_for_a_while_and_talks_once_bridged() {
    let fixed = |ms| Span { min_ms: ms, max_ms: ms };
    let population = Population {
        invalid_ppm: 0,
        person_ppm: 1_000_000,
        ring: fixed(1_000),
        talk: fixed(60_000),
        patience: fixed(3_000),
        ..Population::default()
    };
    let config = Config { directory: Directory::Population(population), ..Config::default() };
    let mut driver = Driver::with(config, 1);
    driver.post("/bridges/b1");
    driver.call_as("lonely", "PJSIP/12025550100@trunk-a");
    driver.call_as("bridged", "PJSIP/12025550101@trunk-a");
    driver.pass(2 * SECOND);
    driver.post("/bridges/b1/addChannel?channel=bridged");
    driver.pass(A_WHILE);
    let lengths: Vec<u64> = driver
        .pbx
        .log()
        .iter()
        .map(|invite| (invite.ended_at.expect("over") - invite.answered_at.expect("answered")) / SECOND)
        .collect();
    assert_eq!(lengths, [3, 60]);
}

#[test]
fn agents_answer_ring_out_die_or_are_not_there() {
    let conducts = [
        ("agent-ringing", AgentConduct::NeverAnswers),
        ("agent-gone", AgentConduct::Offline),
        ("agent-mortal", AgentConduct::LeavesAfter { ring_ms: 100, stay_ms: 2_000 }),
    ];
    let agents = conducts.map(|(name, conduct)| (name.to_owned(), conduct)).into();
    let mut driver = Driver::with(Config { agents, ..Config::default() }, 1);
    let gone = driver.request(
        Method::Post,
        "/channels",
        json!({ "endpoint": "PJSIP/agent-gone", "app": "dialler" }),
    );
    assert_eq!((gone.status, gone.body), (500, json!({ "error": "Allocation failed" })));
    assert_eq!(driver.get("/endpoints/PJSIP/agent-gone").body["state"], "offline");
    for name in ["agent-ringing", "agent-mortal", "agent-anna"] {
        driver.call_as(name, &format!("PJSIP/{name}"));
    }
    driver.pass(SECOND);
    let states = ["agent-ringing", "agent-mortal", "agent-anna"]
        .map(|name| driver.get(&format!("/channels/{name}")).body["state"].clone());
    assert_eq!(states, ["Ringing", "Up", "Up"]);
    driver.pass(A_WHILE);
    let left = driver.get("/channels").body;
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert_eq!(left[0]["id"], "agent-anna");
}
