//! What is wrong with a flow, found before anybody is called.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

use super::{
    ACCEPT_WITHIN, AGENT_WAIT, Ask, BEST_MARK, CallFlow, ConferenceRules, DIGITS, GUESTS, KEY_WAIT,
    MOST_STEPS, MOST_TIME, MOST_VISITS, Node, NodeKind, RECORDING, RETRIES, SILENCE, STAY, Spoken,
    TEXT_LENGTH, TRANSFER_RING, TRANSFER_TALK, Target, Text, TransferRules,
};
use crate::words::Span;

/// One thing that is wrong with a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The node; empty where it concerns the flow as a whole.
    pub node: String,
    /// The field, such as `keys.1`.
    pub field: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.node.is_empty() {
            write!(f, "node {:?}: ", self.node)?;
        }
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl CallFlow {
    /// Everything that is wrong with it, node by node; empty where calls may go through it.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let whole = |field: &str, problem| Fault { node: String::new(), field: field.into(), problem };
        if self.nodes.is_empty() {
            faults.push(whole("node", "there is none; the first one is where every call begins".to_string()));
            return faults;
        }
        faults.extend(outside(self.most_steps, &MOST_STEPS).map(|problem| whole("most_steps", problem)));
        faults.extend(beyond(self.most_time, &MOST_TIME).map(|problem| whole("most_time", problem)));
        for (index, node) in self.nodes.iter().enumerate() {
            self.check_node(index, node, &mut faults);
        }
        if faults.is_empty() {
            self.check_ways(&mut faults);
        }
        faults
    }

    fn check_node(&self, index: usize, node: &Node, faults: &mut Vec<Fault>) {
        let mut wrong = |field: &str, problem: Option<String>| {
            faults.extend(problem.map(|problem| Fault {
                node: node.name.clone(),
                field: field.into(),
                problem,
            }));
        };
        let twice = self.position(&node.name) != Some(index);
        wrong("name", twice.then(|| "is used twice; give each node a name of its own".to_string()));
        wrong("most_visits", outside(node.most_visits, &MOST_VISITS));
        for way in node.kind.ways() {
            let missing = match way.target {
                Target::Node(name) if self.position(name).is_none() => Some(self.no_such_node(name)),
                Target::Node(_) | Target::HangUp => None,
            };
            wrong(&way.field, missing);
        }
        node.kind.check(&mut wrong);
        for (field, text) in node.kind.texts() {
            wrong(&field, text.unknown_tag(self));
        }
    }

    fn no_such_node(&self, name: &str) -> String {
        let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        format!("there is no node {name:?}; there are {}, and hang_up", names.join(", "))
    }

    /// What only the whole graph shows, once every way leads somewhere.
    fn check_ways(&self, faults: &mut Vec<Fault>) {
        let reached = self.reachable_from(0, |_| true);
        for (index, node) in self.nodes.iter().enumerate() {
            let fault =
                |field: &str, problem| Fault { node: node.name.clone(), field: field.into(), problem };
            if index != 0 && !reached.contains(&index) {
                faults.push(fault("name", "no way leads here; let one, or take the node out".to_string()));
            }
            let silent = |needs_callee: bool| !needs_callee;
            for way in node.kind.ways().into_iter().filter(|way| silent(way.needs_callee)) {
                let Target::Node(name) = way.target else { continue };
                let Some(next) = self.position(name) else { continue };
                if next == index || self.reachable_from(next, silent).contains(&index) {
                    let problem = format!(
                        "leads round to {:?} again without the callee doing anything; let one of these ways end",
                        node.name
                    );
                    faults.push(fault(&way.field, problem));
                }
            }
        }
    }

    /// The nodes that some ways lead to from a node, that one itself only where they lead back.
    fn reachable_from(&self, start: usize, takes: impl Fn(bool) -> bool) -> BTreeSet<usize> {
        let (mut reached, mut open) = (BTreeSet::new(), alloc::vec![start]);
        while let Some(index) = open.pop() {
            for way in self.nodes[index].kind.ways().into_iter().filter(|way| takes(way.needs_callee)) {
                let Target::Node(name) = way.target else { continue };
                if let Some(next) = self.position(name).filter(|next| reached.insert(*next)) {
                    open.push(next);
                }
            }
        }
        reached
    }
}

impl NodeKind {
    /// Its texts, each with its field.
    fn texts(&self) -> Vec<(String, &Text)> {
        match self {
            Self::Say { parts, .. } => {
                let named = |(nth, part)| -> (String, &Text) {
                    let Spoken { text, .. }: &Spoken = part;
                    (format!("says.{}", nth + 1), text)
                };
                parts.iter().enumerate().map(named).collect()
            }
            Self::Sms { text, .. } => alloc::vec![("text".to_string(), text)],
            Self::Play { .. }
            | Self::Menu { .. }
            | Self::Rating { .. }
            | Self::Digits { .. }
            | Self::Record { .. }
            | Self::DoNotCall { .. }
            | Self::Queue { .. }
            | Self::Transfer { .. }
            | Self::Conference { .. }
            | Self::HangUp { .. } => Vec::new(),
        }
    }

    fn check(&self, wrong: &mut impl FnMut(&str, Option<String>)) {
        match self {
            Self::Play { sounds, .. } => wrong("sounds", nothing_in(sounds)),
            Self::Say { parts, .. } => {
                let none = "nothing is said; give something, such as \"digits:{number}\"";
                wrong("says", parts.is_empty().then(|| none.to_string()));
            }
            Self::Sms { text, .. } => wrong("text", outside(text.letters(), &TEXT_LENGTH)),
            Self::Menu { ask, keys } => {
                ask.check(wrong);
                let none = "leads nowhere: give at least one key, such as 1 = \"sales\"";
                wrong("keys", keys.is_empty().then(|| none.to_string()));
                for (index, (key, _)) in keys.iter().enumerate() {
                    let twice = keys[..index].iter().any(|(other, _)| other == key);
                    wrong(&format!("keys.{key}"), twice.then(|| "is there twice".to_string()));
                }
            }
            Self::Rating { ask, best, .. } => {
                ask.check(wrong);
                wrong("best", outside(*best, &BEST_MARK));
            }
            Self::Digits { ask, least, most, .. } => {
                ask.check(wrong);
                wrong("least", outside(*least, &DIGITS));
                wrong("most", outside(*most, &(*least..=*DIGITS.end())));
            }
            Self::Record { longest, silence, .. } => {
                wrong("longest", beyond(*longest, &RECORDING));
                wrong("silence", beyond(*silence, &SILENCE));
            }
            Self::Queue { wait, .. } => wrong("wait", beyond(*wait, &AGENT_WAIT)),
            Self::Transfer { rules, .. } => rules.check(wrong),
            Self::Conference { rules, .. } => rules.check(wrong),
            Self::DoNotCall { .. } | Self::HangUp { .. } => {}
        }
    }
}

impl TransferRules {
    /// The first thing that is wrong with them: the field, and what would be right.
    pub(crate) fn fault(&self) -> Option<(String, String)> {
        let mut first = None;
        self.check(&mut |field, problem| {
            if let Some(problem) = problem {
                first.get_or_insert((field.to_string(), problem));
            }
        });
        first
    }

    fn check(&self, wrong: &mut impl FnMut(&str, Option<String>)) {
        wrong("ring_timeout", beyond(self.ring_timeout, &TRANSFER_RING));
        wrong("longest", beyond(self.longest, &TRANSFER_TALK));
        if let Some(accept) = self.accept {
            wrong("accept_within", beyond(accept.within, &ACCEPT_WITHIN));
        }
    }
}

impl ConferenceRules {
    fn check(&self, wrong: &mut impl FnMut(&str, Option<String>)) {
        wrong("most", outside(self.most, &GUESTS));
        wrong("longest", beyond(self.longest, &STAY));
    }
}

impl Ask {
    fn check(&self, wrong: &mut impl FnMut(&str, Option<String>)) {
        wrong("sounds", nothing_in(&self.sounds));
        wrong("retries", outside(self.retries, &RETRIES));
        wrong("first_key", beyond(self.first_key, &KEY_WAIT));
        wrong("next_key", beyond(self.next_key, &KEY_WAIT));
    }
}

fn nothing_in(sounds: &[String]) -> Option<String> {
    sounds.is_empty().then(|| "nothing is said; give a sound, such as sound:ringmaster/welcome".to_string())
}

fn outside(value: u32, range: &RangeInclusive<u32>) -> Option<String> {
    let (least, most) = (range.start(), range.end());
    (!range.contains(&value)).then(|| format!("{value} is not between {least} and {most}"))
}

fn beyond(value: Span, range: &RangeInclusive<Span>) -> Option<String> {
    let ms = |span: &Span| span.0 / 1_000;
    let (least, most) = (ms(range.start()), ms(range.end()));
    (!range.contains(&value)).then(|| format!("{} ms is not between {least} and {most} ms", ms(&value)))
}
