//! Flows walked through, one line a step, and any flow with anything that may happen in it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::log::FlowEnd;
use super::run::{Action, Input, Run};
use super::{Ask, CallFlow, Node, NodeKind, Target};
use crate::words::{Key, Micros, Span};

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
        nodes,
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
