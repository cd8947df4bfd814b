use serde_json::{Value, json};

use super::*;

fn channel(id: &str, state: &str) -> Value {
    json!({
        "id": id, "name": "PJSIP/trunk-00000001", "state": state, "protocol_id": "f3a1@127.0.0.1",
        "caller": { "name": "", "number": "" }, "connected": { "name": "Ringmaster", "number": "+4930123" },
        "accountcode": "", "dialplan": { "context": "trunk", "exten": "s", "priority": 1, "app_name": "AppDial2",
        "app_data": "(Outgoing Line)" }, "creationtime": "2026-11-22T21:37:28.001+0000", "language": "en",
        "channelvars": { "ATTEMPT": "42.1" }
    })
}

fn bridge(channels: &[&str]) -> Value {
    json!({
        "id": "rm1.b7", "technology": "simple_bridge", "bridge_type": "mixing", "bridge_class": "stasis",
        "creator": "Stasis", "name": "call 42", "channels": channels,
        "creationtime": "2026-11-22T21:30:00.000+0000", "video_mode": "talker"
    })
}

fn playback(state: &str) -> Value {
    json!({ "id": "42.1.p", "media_uri": "sound:hello", "target_uri": "channel:rm1.42.1.c", "language": "en", "state": state })
}

fn recording(state: &str) -> Value {
    json!({ "name": "rm1.r42", "format": "wav", "target_uri": "bridge:rm1.b7", "state": state })
}

/// The event with these fields, in the envelope that all events have.
fn text(kind: &str, fields: &Value) -> String {
    let mut message = json!({
        "type": kind, "timestamp": "2026-11-22T21:37:29.752+0000", "asterisk_id": "02:42:ac:11:00:02", "application": "ringmaster"
    });
    let all = message.as_object_mut().expect("an object");
    all.extend(fields.as_object().expect("an object").clone());
    message.to_string()
}

fn body(kind: &str, fields: &Value) -> Body {
    decode(&text(kind, fields)).expect(kind).body
}

#[test]
fn a_channel_is_read_from_all_that_asterisk_tells_of_it() {
    let text = text("ChannelStateChange", &json!({ "channel": channel("rm1.42.1.c", "Ringing") }));
    let channel = Channel { id: ChannelId::new("rm1.42.1.c"), state: ChannelState::Ringing };
    let event = Event { kind: "ChannelStateChange".to_owned(), body: Body::ChannelStateChange { channel } };
    assert_eq!(decode(&text), Ok(event));
}

#[test]
fn a_channel_needs_nothing_but_its_id() {
    let channel = Channel { id: ChannelId::new("c"), state: ChannelState::default() };
    assert_eq!(body("StasisEnd", &json!({ "channel": { "id": "c" } })), Body::StasisEnd { channel });
}

#[test]
fn entering_the_application_tells_arguments_and_the_replaced_channel() {
    let Body::StasisStart { args, channel, replace_channel } = body(
        "StasisStart",
        &json!({ "args": ["amd", "HUMAN"], "channel": channel("a", "Up"), "replace_channel": channel("b", "Up") }),
    ) else {
        panic!("another event");
    };
    assert_eq!(args, ["amd", "HUMAN"]);
    assert_eq!(channel.state, ChannelState::Up);
    assert_eq!(replace_channel.expect("a channel").id, ChannelId::new("b"));
}

#[test]
fn every_dial_status_is_known_and_a_new_one_is_kept() {
    let table = [
        ("", DialStatus::Started),
        ("PROCEEDING", DialStatus::Proceeding),
        ("PROGRESS", DialStatus::Progress),
        ("RINGING", DialStatus::Ringing),
        ("ANSWER", DialStatus::Answer),
        ("BUSY", DialStatus::Busy),
        ("NOANSWER", DialStatus::NoAnswer),
        ("CONGESTION", DialStatus::Congestion),
        ("CHANUNAVAIL", DialStatus::ChanUnavail),
        ("CANCEL", DialStatus::Cancel),
        ("TELEPATHY", DialStatus::Other("TELEPATHY".to_owned())),
    ];
    for (word, status) in table {
        let fields = json!({ "peer": channel("c", "Down"), "dialstatus": word, "forward": "", "dialstring": "1@trunk" });
        let Body::Dial { dialstatus, forward, forwarded, .. } = body("Dial", &fields) else {
            panic!("another event");
        };
        assert_eq!((dialstatus, forward.as_str(), forwarded), (status, "", None));
    }
}

#[test]
fn a_redirected_call_shows_where_it_went() {
    let fields = json!({
        "peer": channel("c", "Down"), "dialstatus": "CANCEL", "forward": "0900@trunk", "forwarded": channel("Local/x", "Down")
    });
    let Body::Dial { forward, forwarded, .. } = body("Dial", &fields) else {
        panic!("another event");
    };
    assert_eq!(forward, "0900@trunk");
    assert_eq!(forwarded.expect("a channel").id, ChannelId::new("Local/x"));
}

#[test]
fn hangup_causes_are_kept_and_may_be_absent() {
    let fields =
        json!({ "channel": channel("c", "Up"), "cause": 17, "cause_txt": "User busy", "tech_cause": 486 });
    let Body::ChannelDestroyed { cause, cause_txt, tech_cause, .. } = body("ChannelDestroyed", &fields)
    else {
        panic!("another event");
    };
    assert_eq!((cause, cause_txt.as_deref(), tech_cause), (Some(17), Some("User busy"), Some(486)));

    let fields = json!({ "channel": channel("c", "Up"), "soft": true, "cause": 16, "tech_cause": 200 });
    let Body::ChannelHangupRequest { cause, tech_cause, soft, .. } = body("ChannelHangupRequest", &fields)
    else {
        panic!("another event");
    };
    assert_eq!((cause, tech_cause, soft), (Some(16), Some(200), true));

    let Body::ChannelHangupRequest { cause, tech_cause, soft, .. } =
        body("ChannelHangupRequest", &json!({ "channel": channel("c", "Up") }))
    else {
        panic!("another event");
    };
    assert_eq!((cause, tech_cause, soft), (None, None, false));
}

#[test]
fn bridges_tell_who_is_in_them() {
    let fields = json!({ "bridge": bridge(&["a", "b"]), "channel": channel("b", "Up") });
    let Body::ChannelEnteredBridge { bridge: entered, channel: Some(who) } =
        body("ChannelEnteredBridge", &fields)
    else {
        panic!("another event");
    };
    assert_eq!(entered.id, BridgeId::new("rm1.b7"));
    assert_eq!(entered.bridge_type, BridgeType::Mixing);
    assert_eq!(entered.bridge_class, "stasis");
    assert_eq!(entered.channels, [ChannelId::new("a"), ChannelId::new("b")]);
    assert_eq!(who.id, ChannelId::new("b"));
    assert!(matches!(body("ChannelLeftBridge", &fields), Body::ChannelLeftBridge { .. }));
    assert!(matches!(
        body("BridgeDestroyed", &json!({ "bridge": bridge(&[]) })),
        Body::BridgeDestroyed { .. }
    ));
}

#[test]
fn playbacks_and_recordings_tell_how_they_ended() {
    let started = body("PlaybackStarted", &json!({ "playback": playback("playing") }));
    assert!(
        matches!(started, Body::PlaybackStarted { playback } if playback.state == PlaybackState::Playing)
    );
    let finished = body("PlaybackFinished", &json!({ "playback": playback("failed") }));
    assert!(matches!(finished, Body::PlaybackFinished { playback }
        if playback.state == PlaybackState::Failed && playback.id == PlaybackId::new("42.1.p")));

    let started = body("RecordingStarted", &json!({ "recording": recording("recording") }));
    assert!(
        matches!(started, Body::RecordingStarted { recording } if recording.state == RecordingState::Recording)
    );
    let mut done = recording("done");
    done["duration"] = json!(63);
    let finished = body("RecordingFinished", &json!({ "recording": done }));
    assert!(matches!(finished, Body::RecordingFinished { recording } if recording.duration == Some(63)));
    let mut failed = recording("failed");
    failed["cause"] = json!("disk full");
    let failed = body("RecordingFailed", &json!({ "recording": failed }));
    assert!(matches!(failed, Body::RecordingFailed { recording }
        if recording.cause.as_deref() == Some("disk full") && recording.name == RecordingName::new("rm1.r42")));
}

#[test]
fn what_a_callee_does_is_heard() {
    let dtmf = body(
        "ChannelDtmfReceived",
        &json!({ "channel": channel("c", "Up"), "digit": "#", "duration_ms": 120 }),
    );
    assert!(matches!(dtmf, Body::ChannelDtmfReceived { digit, duration_ms: Some(120), .. } if digit == "#"));
    let talking = body("ChannelTalkingStarted", &json!({ "channel": channel("c", "Up") }));
    assert!(matches!(talking, Body::ChannelTalkingStarted { .. }));
    let silent = body("ChannelTalkingFinished", &json!({ "channel": channel("c", "Up"), "duration": 580 }));
    assert!(matches!(silent, Body::ChannelTalkingFinished { duration: Some(580), .. }));
}

#[test]
fn variables_are_of_a_channel_or_global() {
    let fields = json!({ "channel": channel("c", "Up"), "variable": "AMDSTATUS", "value": "HUMAN" });
    let of_channel = body("ChannelVarset", &fields);
    assert!(matches!(of_channel, Body::ChannelVarset { variable, value, channel: Some(_) }
        if variable == "AMDSTATUS" && value == "HUMAN"));
    let global = body("ChannelVarset", &json!({ "variable": "X", "value": "" }));
    assert!(matches!(global, Body::ChannelVarset { channel: None, .. }));
}

#[test]
fn states_of_applications_devices_and_endpoints_are_heard() {
    assert_eq!(body("ApplicationReplaced", &json!({})), Body::ApplicationReplaced);
    let device =
        body("DeviceStateChanged", &json!({ "device_state": { "name": "PJSIP/agent7", "state": "INUSE" } }));
    assert!(matches!(device, Body::DeviceStateChanged { device_state } if device_state.state == "INUSE"));
    let endpoint =
        json!({ "technology": "PJSIP", "resource": "trunk", "state": "online", "channel_ids": ["c"] });
    let changed = body("EndpointStateChange", &json!({ "endpoint": endpoint }));
    assert!(matches!(changed, Body::EndpointStateChange { endpoint }
        if endpoint.state == EndpointState::Online && endpoint.channel_ids == [ChannelId::new("c")]));
}

#[test]
fn an_event_without_use_is_named() {
    let event = decode(&text("ChannelHold", &json!({ "eventname": "x", "channel": 7 }))).expect("an event");
    assert_eq!((event.kind.as_str(), event.body), ("ChannelHold", Body::Other));
}

#[test]
fn what_cannot_be_decoded_is_reported_with_all_that_is_known() {
    let table = [
        ("{", None, None),
        ("", None, None),
        ("[]", None, None),
        (r#"{"error":"InvalidMessage"}"#, None, None),
        (r#"{"type":7,"channel":{"id":"c"}}"#, None, Some("c")),
        (r#"{"type":"StasisEnd"}"#, Some("StasisEnd"), None),
        (r#"{"type":"StasisEnd","channel":{"name":"n"}}"#, Some("StasisEnd"), None),
        (
            r#"{"type":"ChannelDestroyed","channel":{"id":"c"},"cause":"busy"}"#,
            Some("ChannelDestroyed"),
            Some("c"),
        ),
        (r#"{"type":"Dial","peer":{"id":"p"}}"#, Some("Dial"), Some("p")),
    ];
    for (text, kind, channel) in table {
        let malformed = decode(text).expect_err(text);
        assert_eq!(malformed.kind.as_deref(), kind, "{text}");
        assert_eq!(malformed.channel, channel.map(ChannelId::new), "{text}");
        assert_eq!(malformed.raw, text);
        assert!(!malformed.why.is_empty());
    }
}

#[test]
fn replies_are_decoded() {
    let info: AsteriskInfo = serde_json::from_value(json!({
        "build": { "os": "Linux" }, "system": { "version": "22.10.1", "entity_id": "02:42:ac:11:00:02" },
        "status": { "startup_time": "2026-11-22T21:37:29.752+0000", "last_reload_time": "2026-11-22T21:37:29.752+0000" }
    }))
    .expect("info");
    assert_eq!(info.system.version, "22.10.1");
    assert_eq!(info.status.startup_time, Some(Timestamp(1_795_383_449_752_000)));

    let application: Application = serde_json::from_value(json!({
        "name": "ringmaster", "channel_ids": ["c"], "bridge_ids": ["b"], "endpoint_ids": ["PJSIP/trunk"],
        "device_names": [], "events_allowed": [], "events_disallowed": [{ "type": "ChannelVarset" }]
    }))
    .expect("an application");
    assert_eq!(application.channel_ids, [ChannelId::new("c")]);

    let sound: Sound =
        serde_json::from_value(json!({ "id": "hello", "formats": [{ "language": "en", "format": "gsm" }] }))
            .expect("a sound");
    assert_eq!(sound.formats.len(), 1);
}

proptest::proptest! {
    #[test]
    fn any_text_is_an_event_or_malformed_and_never_a_panic(text in "\\PC{0,80}") {
        let _ = decode(&text);
    }
}
