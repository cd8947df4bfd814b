//! The configuration as a tree of values, each of which knows where it came from: the file with the environment laid
//! over it.
//!
//! Reading it through serde would be shorter, but serde stops at the first problem and forgets the line. Nothing in
//! here is `Debug`: a tree holds passwords.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Report};

/// What an environment variable that overrides a key begins with; two underscores part section and key.
const OVERRIDE: &str = "RINGMASTER__";

/// What the program's other variables begin with, such as `RINGMASTER_CONFIG`.
const PROGRAM: &str = "RINGMASTER_";

/// Sections of which there are several, so that a variable could not say which one it means.
const REPEATED: [&str; 11] = [
    "agent",
    "caller_ids",
    "campaign",
    "carrier",
    "carrier_group",
    "dispositions",
    "do_not_call",
    "frequency",
    "jurisdiction",
    "pause_codes",
    "webhook",
];

/// Keys and what stands under them.
pub(super) type Table = BTreeMap<String, Item>;

/// A value and where it came from.
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// A value as written; what it means is its reader's to say.
pub(super) enum Value {
    Text(String),
    Whole(i128),
    Decimal(String),
    Flag(bool),
    Moment(String),
    List(Vec<Item>),
    Table(Table),
}

impl Item {
    /// The value where it is a text.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The value where it is a text because the environment knows nothing else.
    pub(super) fn env_text(&self) -> Option<&str> {
        self.text().filter(|_| matches!(self.origin, Origin::Env(_)))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Whole(number) => number.fmt(f),
            Self::Decimal(text) | Self::Moment(text) => f.write_str(text),
            Self::Flag(flag) => flag.fmt(f),
            Self::List(_) => f.write_str("a list"),
            Self::Table(_) => f.write_str("a table"),
        }
    }
}

/// Reads the text of a file; where it is no TOML every error is reported and the tree is empty.
pub(super) fn parse(text: &str, report: &Report) -> Table {
    let (root, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::of(text);
    for error in &errors {
        let origin = error.span().map_or(Origin::File, |span| lines.origin(span.start));
        // Only the message: the error's own text quotes the line, and a password may stand there.
        report.add(&origin, "", format!("is not TOML: {}", error.message()));
    }
    if errors.is_empty() { table(root.into_inner(), &lines) } else { Table::new() }
}

/// Reads a JSON object, which knows of no lines; where it is none that is reported and the tree is empty.
pub(super) fn parse_json(text: &str, report: &Report) -> Table {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(object)) => table_of_json(object),
        Ok(_) => {
            report.add(&Origin::File, "", "is no JSON object: begin with { and end with }");
            Table::new()
        }
        Err(error) => {
            report.add(&Origin::Line(error.line()), "", format!("is not JSON: {error}"));
            Table::new()
        }
    }
}

fn table_of_json(object: serde_json::Map<String, serde_json::Value>) -> Table {
    object.into_iter().filter_map(|(key, value)| Some((key, item_of_json(value)?))).collect()
}

/// What is null is not there.
fn item_of_json(value: serde_json::Value) -> Option<Item> {
    let value = match value {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(flag) => Value::Flag(flag),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Whole(whole.into()),
            None => Value::Decimal(number.to_string()),
        },
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(list) => Value::List(list.into_iter().filter_map(item_of_json).collect()),
        serde_json::Value::Object(object) => Value::Table(table_of_json(object)),
    };
    Some(Item { value, origin: Origin::File })
}

/// Lays `RINGMASTER__<SECTION>__<KEY>` and `RINGMASTER__<KEY>` over the tree.
pub(super) fn overlay(tree: &mut Table, env: &BTreeMap<OsString, OsString>, report: &Report) {
    for (name, value) in env {
        let Some(name) = name.to_str() else { continue };
        let origin = Origin::Env(name.to_owned());
        let Some(path) = name.strip_prefix(OVERRIDE) else {
            // One underscore where there should be two, and two between section and key.
            if let Some(rest) = name.strip_prefix(PROGRAM).filter(|rest| rest.contains("__")) {
                report.add(&origin, "", format!("is not read: write {OVERRIDE}{rest}"));
            }
            continue;
        };
        let Some(value) = value.to_str().map(str::to_owned) else {
            report.add(&origin, "", "is not UTF-8");
            continue;
        };
        let item = Item { value: Value::Text(value), origin: origin.clone() };
        if let Err(problem) = put(tree, &path.to_ascii_lowercase(), item) {
            report.add(&origin, "", problem);
        }
    }
}

fn put(tree: &mut Table, path: &str, item: Item) -> Result<(), String> {
    let parts: Vec<&str> = path.split("__").collect();
    if REPEATED.contains(&parts[0]) {
        return Err(format!(
            "[[{}]] is set in the file only; the environment overrides the other sections",
            parts[0]
        ));
    }
    match parts[..] {
        [key] => {
            tree.insert(key.to_owned(), item);
        }
        [section, key] => {
            let parent = tree
                .entry(section.to_owned())
                .or_insert_with(|| Item { value: Value::Table(Table::new()), origin: item.origin.clone() });
            // Where the section is no table its reader says so.
            if let Value::Table(table) = &mut parent.value {
                table.insert(key.to_owned(), item);
            }
        }
        _ => {
            return Err(format!(
                "is no override: write {OVERRIDE}<SECTION>__<KEY>, such as {OVERRIDE}ARI__PASSWORD"
            ));
        }
    }
    Ok(())
}

fn table(table: DeTable<'_>, lines: &Lines) -> Table {
    table
        .into_iter()
        .map(|(key, value)| {
            let origin = lines.origin(key.span().start);
            let item = Item { value: convert(value.into_inner(), lines), origin };
            (key.into_inner().into_owned(), item)
        })
        .collect()
}

fn convert(value: DeValue<'_>, lines: &Lines) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(digits) => {
            Value::Whole(i128::from_str_radix(digits.as_str(), digits.radix()).unwrap_or(i128::MAX))
        }
        DeValue::Float(digits) => Value::Decimal(digits.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(moment) => Value::Moment(moment.to_string()),
        DeValue::Array(list) => Value::List(list.into_iter().map(|v| element(v, lines)).collect()),
        DeValue::Table(inner) => Value::Table(table(inner, lines)),
    }
}

fn element(value: Spanned<DeValue<'_>>, lines: &Lines) -> Item {
    Item { origin: lines.origin(value.span().start), value: convert(value.into_inner(), lines) }
}

/// Where each line of a text begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(after).collect())
    }

    fn origin(&self, offset: usize) -> Origin {
        Origin::Line(self.0.partition_point(|&start| start <= offset))
    }
}
