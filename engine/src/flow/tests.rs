//! Flows walked through, one line a step, and any flow with anything that may happen in it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::log::FlowEnd;
use super::run::{Action, Input, Run};
use super::{
    Accept, Ask, CallFlow, ConferenceEnd, ConferenceRules, ConferenceWays, Destination, Known, Meanwhile,
    Node, NodeKind, ShownCaller, Spoken, SpokenAs, Target, Text, TransferEnd, TransferRules, TransferWays,
};
use crate::words::{Key, Label, Micros, Number, Span};

mod any;
mod checks;
mod walks;

fn key(key: char) -> Key {
    Key::try_from(key).expect("a key")
}

fn to(name: &str) -> Target {
    if name == "hang_up" { Target::HangUp } else { Target::Node(name.to_string()) }
}

fn sounds(name: &str) -> Vec<String> {
    if name.is_empty() { Vec::new() } else { vec![format!("sound:{name}")] }
}

fn node(name: &str, kind: NodeKind) -> Node {
    Node { name: name.to_string(), most_visits: 10, completes: false, kind }
}

fn flow(nodes: Vec<Node>) -> CallFlow {
    CallFlow {
        name: "survey".to_string(),
        edition: "e1".to_string(),
        most_steps: 50,
        most_time: Span::secs(300),
        attributes: vec!["first_name".to_string()],
        nodes,
    }
}

/// What is known of every callee.
fn known() -> Known {
    let attributes = vec![("FIRST_NAME".to_string(), "Ann".to_string())];
    Known { number: Number::parse("15550001234").ok(), attributes }
}

/// To a number, with a whisper and a key to accept by.
fn transfer() -> TransferRules {
    TransferRules {
        to: Destination::Number(Number::parse("15550008888").expect("a number")),
        to_attribute: None,
        caller_id: ShownCaller::Callee,
        ring_timeout: Span::secs(20),
        meanwhile: Meanwhile::Music,
        whisper: sounds("whisper"),
        accept: Some(Accept { key: key('1'), within: Span::secs(5) }),
        longest: Span::secs(600),
        screen_pop: false,
    }
}

/// For two, who leave by `#` or after a minute.
fn room() -> ConferenceRules {
    ConferenceRules {
        room: Label::parse("lounge").expect("a name"),
        most: 2,
        longest: Span::secs(60),
        leave: Key::POUND,
        music: true,
        beep: true,
    }
}

/// Asked twice at most; five seconds for the first key, two for each further one.
fn ask(sound: &str) -> Ask {
    Ask {
        sounds: sounds(sound),
        again: sounds("again"),
        retries: 1,
        first_key: Span::secs(5),
        next_key: Span::secs(2),
        barge_in: true,
        invalid: to("hang_up"),
        timeout: to("hang_up"),
    }
}
