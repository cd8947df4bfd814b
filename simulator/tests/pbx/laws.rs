//! What holds for any client, however confused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use simulator::pbx::{Fault, Method};

use crate::driver::{A_WHILE, Driver};

/// What a confused client does next.
#[derive(Debug, Clone)]
enum Step {
    Request(Method, String),
    Call(u8, String),
    Pass(u64),
    Reconnect,
    Disconnect,
    Inject(Fault),
}

fn number() -> impl Strategy<Value = String> {
    let code = prop_oneof![
        Just(100),
        Just(180),
        Just(200),
        Just(201),
        Just(202),
        Just(203),
        Just(204),
        Just(211),
        Just(302),
        400u16..=699
    ];
    code.prop_map(|code| format!("1555{code}0001"))
}

fn endpoint() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => number().prop_map(|number| format!("PJSIP/{number}@trunk-a")),
        2 => number().prop_map(|number| format!("Local/{number}@from-campaign/n")),
        2 => Just("PJSIP/agent-anna".to_owned()),
        1 => ".{0,12}",
    ]
}

/// A target that mostly exists.
fn target() -> impl Strategy<Value = (Method, String)> {
    let channel = (0..4u8).prop_map(|id| format!("c{id}"));
    let bridge = (0..2u8).prop_map(|id| format!("b{id}"));
    (channel, bridge, 0..16usize, ".{0,12}").prop_map(|(c, b, which, noise)| match which {
        0 => (Method::Delete, format!("/channels/{c}")),
        1 => (Method::Delete, format!("/channels/{c}?reason_code={}", noise.len() * 10)),
        2 => (Method::Post, format!("/bridges/{b}?type=mixing")),
        3 => (Method::Post, format!("/bridges/{b}?type=holding")),
        4 | 5 => (Method::Post, format!("/bridges/{b}/addChannel?channel={c}")),
        6 => (Method::Post, format!("/bridges/{b}/removeChannel?channel={c}")),
        7 => (Method::Delete, format!("/bridges/{b}")),
        8 => (Method::Post, format!("/channels/{c}/play/p{b}?media=sound:beep")),
        9 => (Method::Post, format!("/channels/{c}/play/p{b}?media=sound:missing,sound:beep")),
        10 => (Method::Delete, format!("/playbacks/p{b}")),
        11 => (Method::Post, format!("/channels/{c}/continue?context=amd")),
        12 => (Method::Post, format!("/channels/{c}/continue?context=elsewhere")),
        13 => {
            (Method::Post, format!("/channels/{c}/variable?variable=TIMEOUT(absolute)&value={}", noise.len()))
        }
        14 => (Method::Get, format!("/{noise}")),
        _ => (Method::Post, format!("/applications/dialler/subscription?eventSource=bridge:{b}")),
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    let nth = 0..5u64;
    (nth, 0..8u8).prop_map(|(nth, which)| match which {
        0 => Fault::DropEvent { nth, of: None },
        1 => Fault::DuplicateEvent { nth, of: None },
        2 => Fault::DelayEvent { nth, of: None, by_ms: 700 },
        3 => Fault::ReorderEvent { nth, of: None },
        4 => Fault::FailRequest { nth, on: None, status: 500 },
        5 => Fault::LoseReply { nth, on: None },
        6 => Fault::Silence { for_ms: nth * 500 },
        _ => Fault::Restart { down_ms: nth * 500 },
    })
}

fn peaceful() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4u8, endpoint()).prop_map(|(id, endpoint)| Step::Call(id, endpoint)),
        8 => target().prop_map(|(method, target)| Step::Request(method, target)),
        6 => prop_oneof![0..2_000u64, 0..3_000_000u64].prop_map(Step::Pass),
        1 => Just(Step::Reconnect),
    ]
}

fn troubled() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => peaceful(),
        1 => Just(Step::Disconnect),
        1 => fault().prop_map(Step::Inject),
    ]
}

/// Takes a step; a call that was placed is counted in `placed`.
fn take(driver: &mut Driver, step: Step, placed: &mut BTreeMap<String, usize>) {
    match step {
        Step::Request(method, target) => {
            driver.try_request(method, &target, Value::Null);
        }
        Step::Call(id, endpoint) => {
            let id = format!("c{id}");
            let body = json!({ "endpoint": endpoint, "app": "dialler", "timeout": 20 });
            let reply = driver.try_request(Method::Post, &format!("/channels/{id}"), body);
            if reply.is_some_and(|reply| reply.status == 200) {
                *placed.entry(id).or_default() += 1;
            }
        }
        Step::Pass(time) => driver.pass(time),
        Step::Reconnect => {
            if let Some(session) = driver.pbx.connect(driver.now, &["dialler".to_owned()], false) {
                driver.session = session;
            }
        }
        Step::Disconnect => driver.pbx.disconnect(driver.now, driver.session),
        Step::Inject(fault) => driver.inject(fault),
    }
}

/// Hangs everything up, waits, and checks that the model has come to rest.
fn come_to_rest(driver: &mut Driver) {
    driver.pass(A_WHILE);
    for id in 0..4 {
        driver.try_request(Method::Delete, &format!("/channels/c{id}"), Value::Null);
    }
    driver.pass(A_WHILE);
    // Faults that are still armed may have eaten the requests above.
    for id in 0..4 {
        driver.try_request(Method::Delete, &format!("/channels/c{id}"), Value::Null);
    }
    driver.pass(A_WHILE);
}

proptest! {
    #[test]
    fn every_channel_is_destroyed_exactly_once(steps in prop::collection::vec(peaceful(), 0..60), seed: u64) {
        let mut driver = Driver::new(seed);
        let mut placed = BTreeMap::new();
        for step in steps {
            take(&mut driver, step, &mut placed);
        }
        come_to_rest(&mut driver);
        let mut destroyed = BTreeMap::new();
        for event in driver.events().iter().filter(|event| event["type"] == "ChannelDestroyed") {
            let id = event["channel"]["id"].as_str().expect("every channel has an id");
            *destroyed.entry(id.to_owned()).or_default() += 1;
        }
        prop_assert_eq!(destroyed, placed);
        prop_assert_eq!(driver.get("/channels").body, json!([]));
    }

    #[test]
    fn every_entrance_has_its_exit(steps in prop::collection::vec(peaceful(), 0..60), seed: u64) {
        let mut driver = Driver::new(seed);
        for step in steps {
            take(&mut driver, step, &mut BTreeMap::new());
        }
        come_to_rest(&mut driver);
        let events = driver.events();
        let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
        prop_assert_eq!(count("StasisStart"), count("StasisEnd"));
        prop_assert_eq!(count("ChannelEnteredBridge"), count("ChannelLeftBridge"));
    }

    #[test]
    fn trouble_never_panics_and_ends_in_rest(steps in prop::collection::vec(troubled(), 0..80), seed: u64) {
        let mut driver = Driver::new(seed);
        for step in steps {
            take(&mut driver, step, &mut BTreeMap::new());
        }
        come_to_rest(&mut driver);
        prop_assert_eq!(driver.pbx.poll_timeout(), None);
        for invite in driver.pbx.log() {
            let told = invite.status.is_some() || invite.number.starts_with("1555100");
            prop_assert!(invite.ended_at.is_some() && told, "{:?}", invite);
        }
    }

    #[test]
    fn a_clone_goes_on_as_the_original(steps in prop::collection::vec(troubled(), 0..40), seed: u64) {
        let mut original = Driver::new(seed);
        let (before, after) = steps.split_at(steps.len() / 2);
        for step in before {
            take(&mut original, step.clone(), &mut BTreeMap::new());
        }
        let (pbx, now, session) = (original.pbx.clone(), original.now, original.session);
        let (heard, late) = (original.heard.clone(), original.late.clone());
        let mut copy = Driver { pbx, now, session, heard, late };
        for step in after {
            take(&mut original, step.clone(), &mut BTreeMap::new());
            take(&mut copy, step.clone(), &mut BTreeMap::new());
        }
        prop_assert_eq!((original.heard, original.late), (copy.heard, copy.late));
    }
}
