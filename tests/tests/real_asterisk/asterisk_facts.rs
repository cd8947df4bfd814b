//! What a real Asterisk 22 with our `dialplan/` does, measured: the ground that the table of outcomes stands on.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::lab::far_end::{Timings, number};
use tests::lab::phone::Manner;
use tests::lab::{CallLog, Side, Voice, safe_harbour_message};

use crate::probe::{Ari, Floor, Seen, VARIABLES, channel_id};

/// The two forms of a customer leg.
const STRAIGHT: Form = Form { name: "straight", endpoint: "PJSIP/#@trunk-a" };
const LOCAL: Form = Form { name: "local", endpoint: "Local/#@from-campaign/n" };

const CODES: [u16; 17] =
    [200, 201, 202, 203, 180, 100, 486, 600, 404, 410, 484, 480, 500, 503, 603, 607, 608];

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(10);

struct Form {
    name: &'static str,
    endpoint: &'static str,
}

impl Form {
    fn endpoint(&self, number: &str) -> String {
        self.endpoint.replace('#', number)
    }
}

#[tokio::test]
async fn every_answer_of_a_trunk_reaches_ari_through_both_leg_forms() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    let mut table = String::new();
    for (serial, form) in (1..).zip([STRAIGHT, LOCAL]) {
        let _ = writeln!(table, "{}", form.name);
        dial_every_code(&floor.ari, &form, serial).await;
        for code in CODES {
            let line = outcome(&floor.ari, &format!("{}-{code}", form.name)).await;
            let far = floor.far_end.call_to(&number(code, serial));
            let _ = writeln!(
                table,
                "{code} | {line} | {}",
                far.map_or_else(|| "never dialled".to_owned(), |call| far_side(&call))
            );
        }
    }
    insta::assert_snapshot!(table);
    assert!(floor.far_end.forwarded().is_empty(), "a 302 was followed");
    assert_eq!(floor.far_end.calls().len(), 2 * CODES.len(), "one INVITE for each leg");
    assert!(floor.is_empty().await);
}

#[tokio::test]
#[ignore = "takes the 32 seconds after which SIP gives up"]
async fn a_carrier_that_never_replies_reads_as_408_after_32_seconds() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    for (serial, form) in (1..).zip([STRAIGHT, LOCAL]) {
        let endpoint = form.endpoint(&number(100, serial));
        floor.ari.dial(form.name, &endpoint, 60).await;
    }
    for (form, tech_cause) in [(STRAIGHT, json!(408)), (LOCAL, Value::Null)] {
        let ended = floor.ari.wait(form.name, "ChannelDestroyed", 4 * LIMIT).await;
        let event = ended.expect("SIP gives up").event;
        assert_eq!((&event["cause"], &event["tech_cause"]), (&json!(18), &tech_cause));
    }
    assert!(floor.is_empty().await);
}

/// What the cause of a straight leg is depends on which of Asterisk's threads is first; that the number is not dialled does not.
#[tokio::test]
async fn a_302_is_never_followed_and_shows_by_its_forward_or_by_cause_23() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings { refuse_after: Duration::from_millis(20), ..Timings::default() }).await;
    let mut seen = BTreeSet::new();
    for (base, form) in (1..).zip([STRAIGHT, LOCAL]) {
        for round in 0..20 {
            let id = format!("{}-{round}", form.name);
            floor.ari.dial(&id, &form.endpoint(&number(302, base * 100 + round)), 10).await;
            let line = outcome(&floor.ari, &id).await;
            let forward =
                |seen: &Seen| seen.event["forward"].as_str().is_some_and(|number| !number.is_empty());
            let forwards = floor.ari.events_of(&id).into_iter().filter(forward).count();
            seen.insert(format!("{}: {line} | forwards: {forwards}", form.name));
        }
    }
    assert!(floor.is_empty().await);
    assert!(floor.far_end.forwarded().is_empty(), "a 302 was followed");
    note(&format!("302: {seen:#?}"));
    for line in &seen {
        let straight = line.starts_with("straight: dial:CANCEL") && line.ends_with("forwards: 1");
        let local = line.starts_with("local: dial:NOANSWER") && line.contains("destroyed: 23/null");
        assert!(straight || local, "{line}");
    }
}

async fn dial_every_code(ari: &Ari, form: &Form, serial: u16) {
    for code in CODES {
        let id = format!("{}-{code}", form.name);
        ari.dial(&id, &form.endpoint(&number(code, serial)), 4).await;
    }
    let held = format!("{}-201", form.name);
    ari.wait(&held, "StasisStart", LIMIT).await.expect("201 answers");
    ari.hang_up(&held).await;
}

/// One line of what ARI showed of the leg, in the order of each kind.
async fn outcome(ari: &Ari, id: &str) -> String {
    ari.wait(id, "ChannelDestroyed", LIMIT).await.expect("the leg ends");
    let events = ari.events_of(id);
    let mine = |kind: &str| -> Vec<Value> {
        let of = |seen: &Seen| seen.event["type"] == kind && channel_id(&seen.event) == Some(id);
        events.iter().filter(|seen| of(seen)).map(|seen| seen.event.clone()).collect()
    };
    let texts = |kind: &str, pointer: &str| {
        let all = mine(kind);
        all.iter()
            .filter_map(|event| event.pointer(pointer)?.as_str().map(str::to_owned))
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let causes = |kind: &str| {
        let all = mine(kind);
        all.iter()
            .map(|event| format!("{}/{}", event["cause"], event["tech_cause"]))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let told: Vec<&str> = events
        .iter()
        .filter(|seen| seen.event["eventname"] == "far-end")
        .filter_map(|seen| seen.event["userevent"]["sip"].as_str())
        .collect();
    format!(
        "dial:{} | states: {} | stasis: {} | request: {} | destroyed: {} | far-end: {}",
        texts("Dial", "/dialstatus"),
        texts("ChannelStateChange", "/channel/state"),
        mine("StasisStart").len(),
        causes("ChannelHangupRequest"),
        causes("ChannelDestroyed"),
        told.join(" "),
    )
}

fn far_side(call: &CallLog) -> String {
    let code = call.final_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    let end = match (call.cancelled_at, call.bye) {
        (Some(_), _) => "CANCEL",
        (None, Some((Side::Here, _))) => "BYE from it",
        (None, Some((Side::There, _))) => "BYE to it",
        (None, None) => "no BYE",
    };
    format!("wire: {code}, {end}")
}

#[tokio::test]
async fn the_variables_are_there_while_it_still_rings() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    let mut found = String::new();
    for (serial, form) in (1..).zip([STRAIGHT, LOCAL]) {
        let called = number(180, serial);
        floor.ari.dial(form.name, &form.endpoint(&called), 30).await;
        let rings = || floor.far_end.call_to(&called).is_some_and(|call| call.ringing_at.is_some());
        assert!(tests::lab::until(LIMIT, rings).await);
        for half in [form.name.to_owned(), format!("{}.far", form.name)] {
            let _ = write!(found, "{half}:");
            for name in VARIABLES {
                let value = floor.ari.variable(&half, name).await;
                let _ = write!(found, " {}", value.as_deref().unwrap_or("-"));
            }
            found.push('\n');
        }
        floor.ari.hang_up(form.name).await;
    }
    insta::assert_snapshot!(found);
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn hanging_up_a_ringing_leg_cancels_it_at_the_far_end() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    for (serial, form) in (1..).zip([STRAIGHT, LOCAL]) {
        let called = number(180, serial);
        floor.ari.dial(form.name, &form.endpoint(&called), 30).await;
        floor.ari.wait(form.name, "ChannelStateChange", LIMIT).await.expect("it rings");
        floor.ari.hang_up(form.name).await;
        let cancelled = || floor.far_end.call_to(&called).is_some_and(|call| call.cancelled_at.is_some());
        assert!(tests::lab::until(LIMIT, cancelled).await, "{}", form.name);
    }
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn one_request_connects_callee_and_agent_and_the_agent_is_heard_at_once() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings { ptime: Duration::from_millis(5), ..Timings::default() }).await;
    floor.ari.call_agent("agent", 1).await;
    for (base, form) in (1..).zip([STRAIGHT, LOCAL]) {
        let mut waits = Vec::new();
        for round in 0..10 {
            let id = format!("{}-{round}", form.name);
            waits.push(connect(&floor, &form, &id, base * 100 + round).await);
            floor.ari.hang_up(&id).await;
            floor.ari.wait(&id, "ChannelDestroyed", LIMIT).await.expect("it ends");
            floor.ari.must(Method::DELETE, &format!("bridges/b-{id}"), None).await;
        }
        waits.sort();
        note(&format!("{}: 200 OK to the agent's first packet: {waits:?}", form.name));
        assert!(waits[waits.len() / 2] < Duration::from_millis(200), "{}: {waits:?}", form.name);
    }
    floor.ari.hang_up("agent").await;
    assert!(floor.is_empty().await);
}

/// Puts the leg that answers at once into a bridge with the agent; from 200 OK to the agent's first packet.
async fn connect(floor: &Floor, form: &Form, id: &str, serial: u16) -> Duration {
    let called = number(201, serial);
    let bridge = format!("b-{id}");
    let kind = json!({ "bridgeId": bridge, "type": "mixing,dtmf_events,proxy_media" });
    floor.ari.must(Method::POST, "bridges", Some(kind)).await;
    floor.ari.dial(id, &form.endpoint(&called), 30).await;
    floor.ari.wait(id, "StasisStart", LIMIT).await.expect("it answers");
    let both = format!("bridges/{bridge}/addChannel?channel=agent,{id}");
    floor.ari.must(Method::POST, &both, None).await;
    let wait = || floor.far_end.call_to(&called).and_then(|call| call.answer_to_agent());
    assert!(tests::lab::until(LIMIT, || wait().is_some()).await, "{id}: the agent is never heard");
    wait().unwrap_or(LIMIT)
}

#[tokio::test]
async fn a_leg_that_is_added_to_a_bridge_while_it_plays_comes_in_after_the_sound_and_is_answered_for_then() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    floor.ari.call_agent("agent", 1).await;
    floor.ari.must(Method::POST, "bridges", Some(json!({ "bridgeId": "b", "type": "mixing" }))).await;
    floor.ari.must(Method::POST, "channels/agent/play/p?media=sound:ringmaster/safe-harbour", None).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    floor.ari.must(Method::POST, "bridges/b/addChannel?channel=agent", None).await;
    let kinds: Vec<Value> =
        floor.ari.events_of("agent").into_iter().map(|seen| seen.event["type"].clone()).collect();
    assert!(kinds.contains(&json!("PlaybackFinished")), "{kinds:?}");
    floor.ari.wait("agent", "ChannelEnteredBridge", LIMIT).await.expect("it comes in");
    floor.ari.hang_up("agent").await;
    floor.ari.must(Method::DELETE, "bridges/b", None).await;
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn a_local_leg_in_a_bridge_keeps_its_name_and_its_place() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    floor.ari.call_agent("agent", 1).await;
    connect(&floor, &LOCAL, "c", 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let moves = ["StasisEnd", "ChannelLeftBridge", "ChannelDestroyed"];
    let moved = |seen: &Seen| moves.iter().any(|kind| seen.event["type"] == *kind);
    assert!(!floor.ari.events_of("c").iter().any(moved));
    let (_, bridge) = floor.ari.request(Method::GET, "bridges/b-c", None).await;
    let mut members: Vec<&str> =
        bridge["channels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["agent", "c"]);
    floor.ari.hang_up("c").await;
    floor.ari.hang_up("agent").await;
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn a_phone_hangs_up_refuses_or_goes_dead_when_told() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    floor.ari.call_agent("hangs-up", 1).await;
    floor.phones.hang_up(1);
    floor.ari.wait("hangs-up", "ChannelDestroyed", LIMIT).await.expect("the phone has hung up");

    floor.phones.set(1, Manner::Refuses);
    floor.ari.ring_agent("refused", 1).await;
    let ended = floor.ari.wait("refused", "ChannelDestroyed", LIMIT).await.expect("the phone refuses");
    assert_eq!(ended.event["tech_cause"], 486);

    floor.ari.call_agent("stays", 2).await;
    floor.phones.unplug(2);
    floor.ari.ring_agent("never", 2).await;
    let repeats =
        || floor.phones.calls(2).iter().any(|call| call.retransmissions > 0 && call.final_code.is_none());
    assert!(tests::lab::until(LIMIT, repeats).await, "a dead phone is called again and again");
    floor.ari.hang_up("never").await;
    floor.ari.hang_up("stays").await;
    let farewell =
        || floor.phones.calls(2).iter().any(|call| call.bye.is_some_and(|(side, _)| side == Side::There));
    assert!(tests::lab::until(LIMIT, farewell).await);
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn the_safe_harbour_message_is_heard_byte_for_byte() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings { keep_audio: true, ..Timings::default() }).await;
    let sound = floor.ari.must(Method::GET, "sounds/ringmaster%2Fsafe-harbour", None).await;
    assert_eq!(sound["formats"], json!([{ "language": "en", "format": "ulaw" }]));
    for (serial, form) in (1..).zip([STRAIGHT, LOCAL]) {
        let called = number(201, serial);
        floor.ari.dial(form.name, &form.endpoint(&called), 30).await;
        floor.ari.wait(form.name, "StasisStart", LIMIT).await.expect("it answers");
        let play = format!("channels/{}/play/sh-{serial}?media=sound:ringmaster/safe-harbour", form.name);
        floor.ari.must(Method::POST, &play, None).await;
        let finished = floor.ari.wait(form.name, "PlaybackFinished", LIMIT).await.expect("it ends");
        assert_eq!(finished.event["playback"]["state"], "done");
        floor.ari.hang_up(form.name).await;
        let heard = floor.far_end.call_to(&called).expect("it was dialled").heard;
        let message = safe_harbour_message();
        assert!(
            heard.windows(message.len()).any(|part| part == message),
            "{}: {} bytes heard",
            form.name,
            heard.len()
        );
    }
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn a_leg_sent_to_amd_comes_back_with_the_verdict() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    floor.ari.dial("c", &STRAIGHT.endpoint(&number(201, 1)), 30).await;
    floor.ari.wait("c", "StasisStart", LIMIT).await.expect("it answers");
    floor.ari.must(Method::POST, "channels/c/continue?context=amd&extension=s&priority=1", None).await;
    let back = |seen: &Seen| seen.event["type"] == "StasisStart" && seen.event["args"][0] == "amd";
    let verdict = || floor.ari.events_of("c").into_iter().find(back).map(|seen| seen.event["args"].clone());
    assert!(tests::lab::until(LIMIT, || verdict().is_some()).await);
    assert_eq!(verdict().unwrap_or_default()[1], "HUMAN");
    floor.ari.hang_up("c").await;
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn a_leg_sent_to_amd_comes_back_to_the_application_that_it_names() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    let other = Ari::connect_as("other", &floor.asterisk.ari_url()).await;
    floor.ari.dial("c", &STRAIGHT.endpoint(&number(201, 1)), 30).await;
    floor.ari.wait("c", "StasisStart", LIMIT).await.expect("it answers");
    floor.ari.must(Method::POST, "channels/c/variable?variable=STASIS_APP&value=other", None).await;
    floor.ari.must(Method::POST, "channels/c/continue?context=amd&extension=s&priority=1", None).await;
    let back = other.wait("c", "StasisStart", LIMIT).await.expect("it comes back");
    assert_eq!((&back.event["application"], &back.event["args"][0]), (&json!("other"), &json!("amd")));
    floor.ari.hang_up("c").await;
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn what_is_not_a_number_or_has_no_carrier_is_never_dialled() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    let wrong = json!({
        "endpoint": "Local/15552010001@from-campaign/n", "app": tests::lab::asterisk::APP,
        "channelId": "stray", "variables": { "CARRIER_NAME": "nobody" },
    });
    floor.ari.must(Method::POST, "channels", Some(wrong)).await;
    floor.ari.dial("letters", "Local/1555abc@from-campaign/n", 30).await;
    for (id, cause) in [("stray", 3), ("letters", 28)] {
        let ended = floor.ari.wait(id, "ChannelDestroyed", LIMIT).await.expect("it ends");
        assert_eq!(ended.event["cause"], cause, "{id}");
    }
    assert!(floor.far_end.calls().is_empty());
    assert!(floor.is_empty().await);
}

#[tokio::test]
async fn asterisk_comes_back_after_a_kill_and_leaves_nothing_when_dropped() {
    if !tests::lab::ready() {
        return;
    }
    let mut floor = Floor::open(Timings::default()).await;
    let (url, home) = (floor.asterisk.ari_url(), floor.asterisk.home().to_owned());
    let name = home.file_name().and_then(|name| name.to_str()).expect("a home has a name").to_owned();
    floor.ari.dial("c", &STRAIGHT.endpoint(&number(201, 1)), 30).await;
    floor.ari.wait("c", "StasisStart", LIMIT).await.expect("it answers");

    floor.asterisk.kill();
    assert!(processes_naming(&name).is_empty());
    floor.asterisk.restart().await.expect("it starts again");
    assert_eq!(floor.asterisk.ari_url(), url);
    assert!(floor.is_empty().await);

    drop(floor);
    assert!(!home.exists());
    assert!(processes_naming(&name).is_empty());
    let mounts = std::fs::read_to_string("/proc/mounts").expect("mounts can be read");
    assert!(!mounts.contains("asterisk-root"));
}

/// The command lines of all processes that name this home.
fn processes_naming(home: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("processes can be listed");
    let command = |pid: &Path| {
        std::fs::read(pid.join("cmdline")).map(|line| String::from_utf8_lossy(&line).into_owned())
    };
    entries
        .flatten()
        .filter_map(|entry| command(&entry.path()).ok())
        .filter(|line| line.contains(home))
        .collect()
}

#[tokio::test]
async fn three_hundred_calls_a_second_reach_the_far_end_once_each() {
    const CALLS: u16 = 900;
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings { voice: Voice::Mute, ..Timings::default() }).await;
    let start = tokio::time::Instant::now();
    let dial = async |serial: u16| {
        tokio::time::sleep_until(start + Duration::from_secs(1) * u32::from(serial) / 300).await;
        let asked = Instant::now();
        floor.ari.dial(&format!("c-{serial}"), &STRAIGHT.endpoint(&number(203, serial)), 30).await;
        asked.elapsed()
    };
    let mut waits = futures_util::future::join_all((0..CALLS).map(dial)).await;
    waits.sort();
    let over = || floor.far_end.calls().iter().filter(|call| call.is_over()).count() == usize::from(CALLS);
    assert!(tests::lab::until(LIMIT, over).await);
    let calls = floor.far_end.calls();
    let repeats: u32 = calls.iter().map(|call| call.retransmissions).sum();
    let [median, late] = [50, 99].map(|percent| waits[usize::from(CALLS) * percent / 100]);
    note(&format!(
        "{CALLS} calls in {:?}, {repeats} INVITEs repeated; originate: median {median:?}, p99 {late:?}",
        start.elapsed()
    ));
    assert_eq!(calls.len(), usize::from(CALLS));
    assert!(floor.is_empty().await);
}

/// A measurement, for whoever runs the tests with `--no-capture`.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "measured: {text}");
}
