//! A scenario of which single fields can be exchanged before it is played.

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{BadScenario, PRESETS, Scenario, bare_policy, read, said};

/// A scenario together with the TOML that says it.
///
/// A field is named by its dotted path, such as `agents.count` or `callees.answer_rate.flat`. Whatever is exchanged is
/// checked as if it had stood in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    name: String,
    table: Table,
    scenario: Scenario,
    /// The paths at which something else stands than in the file.
    exchanged: Vec<String>,
}

impl Draft {
    /// The scenario of that name: a preset, or else a file.
    ///
    /// # Errors
    /// [`BadScenario`] names the field, its line and what would be right.
    pub fn load(name: &str) -> Result<Self, BadScenario> {
        let preset = PRESETS.iter().find(|(preset, _)| *preset == name);
        let text = match preset {
            Some((_, text)) => (*text).to_owned(),
            None => text_of(name)?,
        };
        // First as a scenario, whose errors show the line.
        let scenario = read(name, &text)?;
        let table = text.parse().map_err(|error| BadScenario::Wrong { name: name.to_owned(), error })?;
        Ok(Self { name: name.to_owned(), table, scenario, exchanged: Vec::new() })
    }

    /// The preset or the file that it comes from.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that it comes from; none is that of a preset.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        PRESETS.iter().all(|(preset, _)| *preset != self.name).then_some(self.name.as_str())
    }

    /// The scenario as it stands.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The TOML that says it.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Whether something else stands at a path than in the file.
    #[must_use]
    pub fn exchanges(&self, path: &str) -> bool {
        self.exchanged.iter().any(|exchanged| exchanged == path)
    }

    /// What stands at a path.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&Value> {
        let mut steps = path.split('.');
        let first = self.table.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    }

    /// The same scenario with another value at a path, on which one of several is named by its number from 1:
    /// `carriers.2.channels`. A law or a policy of another name takes the place of the one
    /// that stands there. `how` tells an error's reader where the value comes from.
    ///
    /// # Errors
    /// [`BadScenario`] where there is no such field, or the value does not fit.
    pub fn with(&self, path: &str, value: Value, how: &str) -> Result<Self, BadScenario> {
        let name = format!("{} with {how}", self.name);
        let exchanged = |alone| {
            let mut table = self.table.clone();
            put(&mut table, path, value.clone(), alone).map_err(|(rest, problem)| {
                let field = path.strip_suffix(rest.as_str()).unwrap_or(path).trim_end_matches('.').to_owned();
                BadScenario::Contrary { name: name.clone(), field, problem }
            })?;
            let scenario = check(&name, &table)?;
            let mut exchanged = self.exchanged.clone();
            if scenario != self.scenario {
                exchanged.push(path.to_owned());
            }
            Ok(Self { name: self.name.clone(), table, scenario, exchanged })
        };
        // What is a scenario's field and does not go with the others is an error of its own.
        match exchanged(false) {
            Err(BadScenario::Wrong { .. }) => exchanged(true),
            other => other,
        }
    }

    /// The same scenario with another pacing.
    ///
    /// # Errors
    /// [`BadScenario`] where there is no such policy.
    pub fn paced(&self, pacing: &Value) -> Result<Self, BadScenario> {
        self.with("campaign.pacing", pacing.clone(), &format!("--pacing {}", said(pacing)))
    }
}

/// What stands in a file.
fn text_of(name: &str) -> Result<String, BadScenario> {
    let bytes =
        std::fs::read(name).map_err(|error| BadScenario::Unreadable { name: name.to_owned(), error })?;
    // The parser would show a line of signs that no terminal shows.
    let is_no_text = |sign: char| sign.is_control() && !['\t', '\n', '\r'].contains(&sign);
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    match valid.find(is_no_text) {
        None if valid.len() == bytes.len() => Ok(valid.to_owned()),
        astray => {
            let before = &valid[..astray.unwrap_or(valid.len())];
            let line = before.matches('\n').count() + 1;
            Err(BadScenario::NoText { name: name.to_owned(), line })
        }
    }
}

/// The first step of a path, and what follows it.
fn step(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)))
}

/// Why a value cannot be put at a path, with what follows on the path behind the step that is to blame.
type Astray = (String, String);

/// Puts a value at a path. With `alone`, a table on the way that says one of several in one key is emptied first.
fn put(table: &mut Table, path: &str, value: Value, alone: bool) -> Result<(), Astray> {
    let (key, rest) = step(path);
    if alone && table.len() == 1 && !table.contains_key(key) {
        table.clear();
    }
    let Some(rest) = rest else {
        table.insert(key.to_owned(), value);
        return Ok(());
    };
    let below = table.entry(key).or_insert_with(|| Value::Table(Table::new()));
    put_below(below, rest, value, alone)
}

/// Puts a value into what stands at the path's next step: into one of several, by its number from 1, or into a table,
/// which takes the place of whatever else is there.
fn put_below(below: &mut Value, path: &str, value: Value, alone: bool) -> Result<(), Astray> {
    let (nth, rest) = step(path);
    if let Value::Array(several) = below {
        let count = several.len();
        let Some(one) = nth.parse().ok().and_then(|nth: usize| several.get_mut(nth.checked_sub(1)?)) else {
            return Err((rest.unwrap_or_default().to_owned(), how_many(count)));
        };
        let Some(rest) = rest else {
            *one = value;
            return Ok(());
        };
        return put_below(one, rest, value, alone);
    }
    // No field's name is a number.
    if nth.parse::<usize>().is_ok() {
        return Err((rest.unwrap_or_default().to_owned(), how_many(0)));
    }
    if !below.is_table() {
        *below = Value::Table(Table::new());
    }
    put(below.as_table_mut().expect("it was made one"), path, value, alone)
}

fn how_many(count: usize) -> String {
    match count {
        0 => "there are none of them".to_owned(),
        1 => "there is 1 of them, named by 1".to_owned(),
        count => format!("there are {count} of them, named by 1 to {count}"),
    }
}

fn check(name: &str, table: &Table) -> Result<Scenario, BadScenario> {
    let wrong = |error| {
        let bare = bare_policy(table, |_| name.to_owned());
        bare.unwrap_or_else(|| BadScenario::Wrong { name: name.to_owned(), error })
    };
    let scenario = Scenario::deserialize(Value::Table(table.clone())).map_err(wrong)?;
    scenario.checked(|_| name.to_owned())
}
