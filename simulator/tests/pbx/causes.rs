//! How calls end: every row of the table of causes, and everything that has none.

use serde_json::{Value, json};
use simulator::pbx::{Method, Side};

use crate::driver::{A_WHILE, Driver, SECOND};

/// The last event of a type, and `Null` if there was none.
fn last(events: &[Value], kind: &str) -> Value {
    events.iter().rfind(|event| event["type"] == kind).cloned().unwrap_or(Value::Null)
}

/// `(cause, tech_cause, last dialstatus, whether there was a ChannelHangupRequest)` of what `c1` left behind.
fn outcome(events: &[Value]) -> (u64, Option<u64>, String, bool) {
    let destroyed = last(events, "ChannelDestroyed");
    (
        destroyed["cause"].as_u64().expect("the channel is gone"),
        destroyed["tech_cause"].as_u64(),
        last(events, "Dial")["dialstatus"].as_str().unwrap_or("none").to_owned(),
        last(events, "ChannelHangupRequest") != Value::Null,
    )
}

fn outcome_of_calling(endpoint: &str) -> (u64, Option<u64>, String, bool) {
    let mut driver = Driver::new(1);
    driver.call(endpoint);
    driver.pass(A_WHILE);
    outcome(&driver.events())
}

#[test]
fn every_final_response_leaves_its_cause() {
    for (cause, responses, dialstatus) in [
        (1, vec![404, 604], "NOANSWER"),
        (17, vec![486, 600], "BUSY"),
        (18, vec![408], "NOANSWER"),
        (19, vec![480], "NOANSWER"),
        (21, vec![401, 403, 407, 603], "NOANSWER"),
        (22, vec![410], "NOANSWER"),
        (27, vec![502], "NOANSWER"),
        (28, vec![484], "NOANSWER"),
        (34, vec![503], "CONGESTION"),
        (38, vec![500], "NOANSWER"),
        (58, vec![488], "NOANSWER"),
        (102, vec![504], "NOANSWER"),
        (127, vec![400, 487, 607, 608], "NOANSWER"),
    ] {
        for response in responses {
            let expected = (cause, Some(response), dialstatus.to_owned(), true);
            assert_eq!(
                outcome_of_calling(&format!("PJSIP/1555{response}0001@trunk-a")),
                expected,
                "{response}"
            );
        }
    }
}

#[test]
fn a_local_leg_leaves_the_cause_alone_and_the_dialplan_tells_the_response_of_its_own_half() {
    for (response, cause, told) in [(486, 17, "486"), (607, 21, "607"), (302, 23, "100")] {
        let mut driver = Driver::new(1);
        let endpoint = format!("Local/1555{response}0001@from-campaign/n");
        let body = json!({ "endpoint": endpoint, "app": "dialler", "otherChannelId": "c1.far" });
        assert_eq!(driver.request(Method::Post, "/channels/c1", body).status, 200);
        driver.pass(A_WHILE);
        let events = driver.events();
        let event = last(&events, "ChannelUserevent");
        assert_eq!((&event["channel"]["id"], &event["eventname"]), (&json!("c1.far"), &json!("far-end")));
        assert_eq!(event["userevent"]["sip"], told, "{response}");
        let destroyed = last(&events, "ChannelDestroyed");
        assert_eq!((&destroyed["cause"], &destroyed["tech_cause"]), (&json!(cause), &Value::Null));
        assert_eq!(destroyed["channel"]["id"], "c1");
    }
}

#[test]
fn a_redirect_ends_with_no_cause_and_says_where_it_went() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15553020001@trunk-a");
    driver.pass(A_WHILE);
    let events = driver.events();
    assert_eq!(outcome(&events), (0, None, "CANCEL".to_owned(), false));
    assert_eq!(last(&events, "Dial")["forward"], "Local/15553020001@hang-up");
}

#[test]
fn our_own_ring_timeout_looks_like_a_480_that_nobody_sent() {
    assert_eq!(outcome_of_calling("PJSIP/15551800001@trunk-a"), (19, Some(480), "RINGING".to_owned(), false));
    assert_eq!(outcome_of_calling("PJSIP/15551000001@trunk-a"), (19, Some(480), String::new(), false));
}

#[test]
fn a_local_channel_has_the_cause_but_no_sip_code() {
    assert_eq!(outcome_of_calling("Local/15554860001@from-campaign"), (17, None, "BUSY".to_owned(), true));
    assert_eq!(
        outcome_of_calling("Local/15551800001@from-campaign/n"),
        (19, None, "RINGING".to_owned(), false)
    );
}

#[test]
fn the_dialplan_passes_on_what_sip_says_best() {
    for (response, cause) in [(607, 21), (608, 21), (302, 23), (500, 38)] {
        let expected = (cause, None, "NOANSWER".to_owned(), true);
        let endpoint = format!("Local/1555{response}0001@from-campaign/n");
        assert_eq!(outcome_of_calling(&endpoint), expected, "{response}");
    }
}

#[test]
fn a_callee_who_hangs_up_leaves_0_alone_and_16_in_a_bridge_or_behind_the_dialplan() {
    assert_eq!(outcome_of_calling("PJSIP/15552000001@trunk-a"), (0, None, "ANSWER".to_owned(), true));
    let local = outcome_of_calling("Local/15552000001@from-campaign/n");
    assert_eq!(local, (16, None, "ANSWER".to_owned(), true));

    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552000001@trunk-a");
    driver.pass(2 * SECOND);
    driver.post("/bridges/b1?type=mixing");
    assert_eq!(driver.post("/bridges/b1/addChannel?channel=c1").status, 204);
    driver.pass(A_WHILE);
    assert_eq!(outcome(&driver.events()), (16, None, "ANSWER".to_owned(), true));
}

#[test]
fn a_reason_of_ours_becomes_the_cause_and_invents_a_sip_code() {
    for (query, cause, tech_cause) in [
        ("", 16, None),
        ("?reason=normal", 16, None),
        ("?reason=busy", 17, Some(486)),
        ("?reason=congestion", 34, Some(503)),
        ("?reason=no_answer", 19, Some(480)),
        ("?reason=timeout", 18, Some(408)),
        ("?reason=rejected", 21, Some(403)),
        ("?reason=unallocated", 1, Some(404)),
        ("?reason=normal_unspecified", 31, Some(480)),
        ("?reason=number_incomplete", 28, Some(484)),
        ("?reason=codec_mismatch", 58, Some(488)),
        ("?reason=interworking", 127, Some(500)),
        ("?reason=failure", 38, Some(500)),
        ("?reason=answered_elsewhere", 26, None),
        ("?reason_code=22", 22, Some(410)),
        ("?reason_code=999", 999, None),
    ] {
        let mut driver = Driver::new(1);
        driver.call("PJSIP/15552010001@trunk-a");
        driver.pass(SECOND);
        assert_eq!(driver.delete(&format!("/channels/c1{query}")).status, 204, "{query}");
        driver.pass(SECOND);
        assert_eq!(outcome(&driver.events()), (cause, tech_cause, "ANSWER".to_owned(), true), "{query}");
    }
}

#[test]
fn unreadable_reasons_are_refused() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552010001@trunk-a");
    for query in ["reason=bored", "reason_code=x", "reason_code=-1", "reason=busy&reason_code=17"] {
        assert_eq!(driver.delete(&format!("/channels/c1?{query}")).status, 400, "{query}");
    }
}

#[test]
fn hanging_up_a_ringing_channel_cancels_it() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15551800001@trunk-a");
    driver.pass(SECOND);
    driver.delete("/channels/c1");
    driver.pass(A_WHILE);
    let events = driver.events();
    assert_eq!(outcome(&events), (16, None, "NOANSWER".to_owned(), true));
    assert_eq!(last(&events, "StasisEnd"), Value::Null, "it never was in the application");
    let invite = &driver.pbx.log()[0];
    assert_eq!((invite.status, invite.ended_by), (Some(487), Some(Side::Pbx)));
}

#[test]
fn a_second_hangup_is_answered_but_changes_nothing() {
    let mut driver = Driver::new(1);
    driver.call("PJSIP/15552010001@trunk-a");
    driver.pass(SECOND);
    driver.delete("/channels/c1?reason=busy");
    assert_eq!(driver.delete("/channels/c1?reason=rejected").status, 204, "it is not quite gone yet");
    driver.pass(SECOND);
    assert_eq!(driver.delete("/channels/c1").status, 404);
    let events = driver.events();
    assert_eq!(outcome(&events).0, 17);
    assert_eq!(events.iter().filter(|event| event["type"] == "ChannelDestroyed").count(), 1);
}

#[test]
fn the_absolute_timeout_counts_from_the_creation_and_is_refreshed_by_setting_it() {
    let mut driver = Driver::new(1);
    let variables = json!({ "TIMEOUT(absolute)": "5" });
    let body = json!({ "endpoint": "PJSIP/15552010001@trunk-a", "app": "dialler", "variables": variables });
    driver.request(Method::Post, "/channels/c1", body);
    driver.pass(4 * SECOND);
    assert_eq!(driver.post("/channels/c1/variable?variable=TIMEOUT(absolute)&value=5").status, 204);
    driver.pass(4 * SECOND);
    assert_eq!(driver.get("/channels/c1").status, 200, "the first limit is void");
    driver.pass(2 * SECOND);
    assert_eq!(driver.get("/channels/c1").status, 404);
    assert_eq!(driver.pbx.log()[0].ended_by, Some(Side::Pbx));
}
