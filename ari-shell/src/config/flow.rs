//! A call flow's file, TOML or JSON: read key by key like the configuration, so that every problem is told with its place.

mod conference;
mod transfer;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use engine::flow::{
    AGENT_WAIT, Ask, BEST_MARK, CallFlow, DIGITS, Fault, KEY_WAIT, MOST_STEPS, MOST_TIME, MOST_VISITS,
    Meanwhile, Node, NodeKind, Piece, RECORDING, RETRIES, SILENCE, Spoken, SpokenAs, Target, Text,
};
use engine::words::{Key, Label, Span};
use sha2::{Digest as _, Sha256};

use super::problem::{Origin, Problem, Problems, Report};
use super::section::{Section, nearest};
use super::texts;
use super::tree::{self, Item, Value};

pub(super) use transfer::rules as transfer_rules;

/// The version of the file's format that is written here.
const VERSION: u32 = 1;

/// The types that a node can be of.
const TYPES: [&str; 12] = [
    "play",
    "say",
    "menu",
    "rating",
    "digits",
    "record",
    "do_not_call",
    "sms",
    "queue",
    "transfer",
    "conference",
    "hang_up",
];

/// The target that is no node.
const HANG_UP: &str = "hang_up";

/// How many digits of the digest tell editions apart.
const EDITION_DIGITS: usize = 16;

/// Reads a flow; a file whose name ends in `.json` is JSON, every other is TOML.
///
/// # Errors
/// [`Problems`] holds everything that is wrong, each with its node, its field and, in TOML, its line.
pub(crate) fn read(file: &Path) -> Result<CallFlow, Problems> {
    let text = std::fs::read_to_string(file).map_err(|error| Problems {
        file: file.to_owned(),
        list: vec![Problem {
            origin: Origin::File,
            key: String::new(),
            problem: format!("cannot be read ({error})"),
        }],
    })?;
    let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    parse(file, &text, stem)
}

fn parse(file: &Path, text: &str, stem: String) -> Result<CallFlow, Problems> {
    let syntax = Report::default();
    let is_json = file.extension().is_some_and(|extension| extension == "json");
    let tree = if is_json { tree::parse_json(text, &syntax) } else { tree::parse(text, &syntax) };
    syntax.finish(file)?;
    let report = Report::default();
    let (flow, places) = draft(Section::root(tree, &report), stem);
    report.finish(file)?;
    let mut flow = flow.expect("a flow that could not be read has a problem in the report");
    let report = Report::default();
    for Fault { node, field, problem } in flow.faults() {
        let origin = places.get(&node).unwrap_or(&Origin::File);
        let key = if node.is_empty() { field } else { format!("node {node:?}: {field}") };
        report.add(origin, key, problem);
    }
    report.finish(file)?;
    flow.edition = edition(&flow);
    Ok(flow)
}

/// A digest of what the flow says, whatever its file looks like.
fn edition(flow: &CallFlow) -> String {
    let content = serde_json::to_string(flow).expect("a flow can be written as JSON");
    hex::encode(Sha256::digest(content))[..EDITION_DIGITS].to_owned()
}

/// The flow as far as it can be read, and where its nodes stand.
fn draft(mut root: Section<'_>, stem: String) -> (Option<CallFlow>, BTreeMap<String, Origin>) {
    if !root.has("version") {
        root.missing("version", "write version = 1, the format that this program reads");
    }
    root.whole("version", VERSION..=VERSION);
    let name = root.text("name", texts::name).unwrap_or(stem);
    let most_steps = root.whole("most_steps", MOST_STEPS).unwrap_or(100);
    let most_time = root.span("most_time", MOST_TIME).unwrap_or(Span::secs(300));
    let attributes = attributes(&mut root);
    let (sections, mut nodes, mut places) = (root.tables("node"), Vec::new(), BTreeMap::new());
    for section in sections {
        let origin = section.origin().clone();
        if let Some(node) = node(section) {
            places.entry(node.name.clone()).or_insert(origin);
            nodes.push(node);
        }
    }
    root.finish();
    (Some(CallFlow { name, edition: String::new(), most_steps, most_time, attributes, nodes }), places)
}

/// The attributes of leads that texts take, each of which a lead's column may have.
fn attributes(root: &mut Section<'_>) -> Vec<String> {
    let mut names = Vec::new();
    if !root.has("attributes") {
        root.take("attributes");
        return names;
    }
    for (name, place) in root.texts("attributes").unwrap_or_default() {
        match texts::part(&name) {
            Ok(name) => names.push(name),
            Err(problem) => root.problem(&place, "attributes", problem),
        }
    }
    names
}

fn node(mut section: Section<'_>) -> Option<Node> {
    let name = section.required("name", "give each node a name of its own", node_name);
    if let Some(name) = &name {
        section.call("node", name);
    }
    let most_visits = section.whole("most_visits", MOST_VISITS).unwrap_or(10);
    let completes = section.flag("completes").unwrap_or(false);
    let kind = section.required("type", &format!("one of {}", TYPES.join(", ")), kind_name);
    // Of a node of no known type nobody can say which keys belong to it.
    let kind = kind_of(&kind?, &mut section);
    section.finish();
    Some(Node { name: name?, most_visits, completes, kind: kind? })
}

fn kind_of(kind: &str, section: &mut Section<'_>) -> Option<NodeKind> {
    Some(match kind {
        "play" => {
            let (sounds, next) = (sounds(section, "sounds"), target(section, "next"));
            NodeKind::Play { sounds: sounds?, next: next? }
        }
        "menu" => {
            let (ask, keys) = (ask(section), keys(section));
            NodeKind::Menu { ask: ask?, keys: keys? }
        }
        "rating" => {
            let (ask, next) = (ask(section), target(section, "next"));
            let best = number(section, "best", BEST_MARK, "give the best mark, such as 5");
            NodeKind::Rating { ask: ask?, best: best?, next: next? }
        }
        "digits" => {
            let (ask, next) = (ask(section), target(section, "next"));
            let least = section.whole("least", DIGITS).unwrap_or(1);
            let most = number(section, "most", DIGITS, "give how many digits an answer may have, such as 4");
            NodeKind::Digits { ask: ask?, least, most: most?, next: next? }
        }
        "record" => record(section)?,
        "do_not_call" => {
            let (sounds, next) = (sounds(section, "sounds"), target(section, "next"));
            NodeKind::DoNotCall { sounds: sounds?, next: next? }
        }
        "queue" => {
            let (sounds, nobody) = (sounds(section, "sounds"), target(section, "nobody"));
            let wait = section.span("wait", AGENT_WAIT).unwrap_or(Span::secs(30));
            let meanwhile = music(section);
            NodeKind::Queue { sounds: sounds?, wait, meanwhile: meanwhile?, nobody: nobody? }
        }
        "say" => say(section)?,
        "sms" => sms(section)?,
        "transfer" => transfer::read(section)?,
        "conference" => conference::read(section)?,
        _ => NodeKind::HangUp { sounds: sounds(section, "sounds")? },
    })
}

/// `true`, `false`, or the name of a class of the PBX's music.
fn music(section: &mut Section<'_>) -> Option<Meanwhile> {
    if !section.has("music") {
        section.take("music");
        return Some(Meanwhile::Silence);
    }
    section.read("music", |item| match &item.value {
        Value::Flag(true) => Ok(Meanwhile::Music),
        Value::Flag(false) => Ok(Meanwhile::Silence),
        Value::Text(class) => Label::parse(class).map(Meanwhile::Class).map_err(|bad| bad.to_string()),
        Value::Whole(_) | Value::Decimal(_) | Value::Moment(_) | Value::List(_) | Value::Table(_) => {
            Err(format!("{} must be true, false or the name of a class of music", item.value))
        }
    })
}

fn say(section: &mut Section<'_>) -> Option<NodeKind> {
    if !section.has("says") {
        section.missing(
            "says",
            "write what is said, such as [\"sound:ringmaster/your-number\", \"digits:{number}\"]",
        );
    }
    let mut parts = Some(Vec::new());
    for (text, place) in section.texts("says").unwrap_or_default() {
        match spoken(&text) {
            Ok(part) => parts.iter_mut().for_each(|parts| parts.push(part.clone())),
            Err(problem) => {
                section.problem(&place, "says", problem);
                parts = None;
            }
        }
    }
    let (next, missing) = (target(section, "next"), target(section, "missing"));
    Some(NodeKind::Say { parts: parts?, next: next?, missing: missing? })
}

/// A sound, or a kind of what the PBX says by itself and what is said so.
fn spoken(text: &str) -> Result<Spoken, String> {
    let kind = |how: &SpokenAs| text.strip_prefix(how.name()).is_some_and(|rest| rest.starts_with(':'));
    let wrong = || {
        format!("{text:?} cannot be said: write sound:, digits:, number: or characters: and what is said so")
    };
    let how = SpokenAs::ALL.into_iter().find(kind).ok_or_else(wrong)?;
    if how == SpokenAs::Sound {
        let sound = texts::sound(text)?;
        return Ok(Spoken { how, text: Text(vec![Piece::Plain(sound)]) });
    }
    let said = text.split_once(':').map_or("", |(_, said)| said);
    Ok(Spoken { how, text: text_with_tags(said)? })
}

fn sms(section: &mut Section<'_>) -> Option<NodeKind> {
    let help = "write the text, such as \"Hello {first_name}\"";
    let text = section.required("text", help, text_with_tags);
    let next = target(section, "next");
    Some(NodeKind::Sms { text: text?, next: next? })
}

fn text_with_tags(text: &str) -> Result<Text, String> {
    Text::parse(text).map_err(|bad| format!("{text:?} {bad}"))
}

fn record(section: &mut Section<'_>) -> Option<NodeKind> {
    let sounds = sounds(section, "sounds");
    let longest = section.span("longest", RECORDING).unwrap_or(Span::secs(120));
    let silence = section.span("silence", SILENCE).unwrap_or(Span::secs(5));
    let beep = section.flag("beep").unwrap_or(true);
    let (next, failed) = (target(section, "next"), target(section, "failed"));
    Some(NodeKind::Record { sounds: sounds?, longest, silence, beep, next: next?, failed: failed? })
}

fn ask(section: &mut Section<'_>) -> Option<Ask> {
    let (sounds, again) = (sounds(section, "sounds"), sounds(section, "again"));
    let retries = section.whole("retries", RETRIES).unwrap_or(2);
    let first_key = section.span("first_key", KEY_WAIT).unwrap_or(Span::secs(5));
    let next_key = section.span("next_key", KEY_WAIT).unwrap_or(Span::secs(3));
    let barge_in = section.flag("barge_in").unwrap_or(true);
    let (invalid, timeout) = (target(section, "invalid"), target(section, "timeout"));
    Some(Ask {
        sounds: sounds?,
        again: again?,
        retries,
        first_key,
        next_key,
        barge_in,
        invalid: invalid?,
        timeout: timeout?,
    })
}

/// One sound, or several that are played one after the other; none where the key is not there.
fn sounds(section: &mut Section<'_>, key: &'static str) -> Option<Vec<String>> {
    if !section.has(key) {
        section.take(key);
        return Some(Vec::new());
    }
    let sound =
        |item: &Item| texts::sound(item.text().ok_or_else(|| format!("{} must be a text", item.value))?);
    section.read(key, |item| {
        if let Value::List(list) = &item.value {
            list.iter().map(sound).collect()
        } else {
            Ok(vec![sound(item)?])
        }
    })
}

fn keys(section: &mut Section<'_>) -> Option<Vec<(Key, Target)>> {
    if !section.has("keys") {
        section.missing(
            "keys",
            "write [node.keys] and in it each key with the node that it leads to, such as 1 = \"sales\"",
        );
    }
    let pairs = section.table("keys").pairs(|text| key(text).map(drop), texts::part);
    let pairs = pairs.into_iter();
    pairs.map(|(text, name)| Some((key(&text).ok()?, to(&name)))).collect()
}

fn key(text: &str) -> Result<Key, String> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => Key::try_from(one).map_err(|bad| bad.to_string()),
        _ => Err(format!("{text:?} is no key: use one of 0-9, *, # or A-D")),
    }
}

fn target(section: &mut Section<'_>, key: &'static str) -> Option<Target> {
    let help = "name the node that it leads to, or write hang_up";
    section.required(key, help, |text| texts::part(text).map(|name| to(&name)))
}

fn number(
    section: &mut Section<'_>,
    key: &'static str,
    range: RangeInclusive<u32>,
    help: &str,
) -> Option<u32> {
    if !section.has(key) {
        section.missing(key, help);
    }
    section.whole(key, range)
}

fn to(name: &str) -> Target {
    if name == HANG_UP { Target::HangUp } else { Target::Node(name.to_owned()) }
}

fn node_name(text: &str) -> Result<String, String> {
    if text == HANG_UP {
        Err("hang_up is where a call ends; choose another name".into())
    } else {
        texts::part(text)
    }
}

fn kind_name(text: &str) -> Result<String, String> {
    if TYPES.contains(&text) {
        return Ok(text.to_owned());
    }
    let help =
        nearest(text, TYPES).map_or_else(|| TYPES.join(", "), |near| format!("did you mean {near:?}?"));
    Err(format!("{text:?} is no type of node: {help}"))
}

#[cfg(test)]
mod tests;
