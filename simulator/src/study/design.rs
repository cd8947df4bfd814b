//! What is to be played: the settings of an experiment.

use std::str::FromStr;

use toml::{Table, Value};

use crate::scenario::{BadScenario, Draft, Scenario, said};

/// Most settings of one experiment.
const MOST_SETTINGS: usize = 200;

/// Beyond this whole numbers are not told apart.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Most of them side by side.
const MOST_COMPARED: usize = 6;

/// What an experiment is to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// How a scenario goes.
    Run,
    /// What one of its figures changes. The field is a dotted path.
    Sweep(String),
    /// What another policy, or another scenario, changes against the first.
    Compare,
}

/// A scenario to be played, with its name among the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Short: a policy, or the value of the field that is varied.
    pub name: String,
    /// The policy alone, without its knobs.
    pub policy: String,
    /// The scenario.
    pub scenario: Scenario,
}

impl Setting {
    /// A scenario as it stands, under a name or else under that of its policy.
    pub(super) fn of(draft: &Draft, name: Option<String>) -> Self {
        let said = draft.field("campaign.pacing").map(said).unwrap_or_default();
        let policy = said.split('=').next().unwrap_or_default().to_owned();
        Self { name: name.unwrap_or(said), policy, scenario: draft.scenario().clone() }
    }
}

/// The settings of an experiment, and what they are played for.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// What is asked.
    pub question: Question,
    /// Whose settings they are: the scenarios as they stand before anything is varied.
    pub drafts: Vec<Draft>,
    /// At least one, in the order in which they are shown.
    pub settings: Vec<Setting>,
}

/// A field to be varied, and its values: `agents.count=10..50:5`, or `campaign.pacing.ratio=1,1.5,2`.
#[derive(Debug, Clone, PartialEq)]
pub struct Over {
    field: String,
    values: Vec<Value>,
}

impl Design {
    /// One scenario as it stands.
    #[must_use]
    pub fn run(draft: Draft) -> Self {
        Self { question: Question::Run, settings: vec![Setting::of(&draft, None)], drafts: vec![draft] }
    }

    /// One scenario with one of its fields varied.
    ///
    /// # Errors
    /// Where the scenario has no such field, or a value does not fit.
    pub fn sweep(draft: &Draft, over: &Over) -> Result<Self, BadScenario> {
        let setting = |value: &Value| {
            let how = format!("--over {}={}", over.field, few_digits(value));
            Ok(Setting::of(&draft.with(&over.field, value.clone(), &how)?, Some(named(value))))
        };
        let settings = over.values.iter().map(setting).collect::<Result<_, _>>()?;
        let question = Question::Sweep(over.field.clone());
        Ok(Self { question, drafts: vec![draft.clone()], settings })
    }

    /// Each scenario with each policy, or with its own where there is none.
    ///
    /// # Errors
    /// Where a policy does not fit, or there is nothing to compare.
    pub fn compare(drafts: &[Draft], pacings: &[Value]) -> Result<Self, BadDesign> {
        let mut settings = Vec::new();
        for draft in drafts {
            let file = (drafts.len() > 1).then(|| draft.name().to_owned());
            if pacings.is_empty() {
                settings.push(Setting::of(draft, file.clone()));
            }
            for pacing in pacings {
                let name = file.as_ref().map(|file| format!("{file}, {}", said(pacing)));
                settings.push(Setting::of(&draft.paced(pacing)?, name));
            }
        }
        if !(2..=MOST_COMPARED).contains(&settings.len()) {
            return Err(BadDesign::Number(settings.len()));
        }
        let days = |setting: &Setting| (setting.scenario.shift.days.0, setting.scenario.shift.window_days.0);
        if let Some(other) = settings.iter().find(|setting| days(setting) != days(&settings[0])) {
            return Err(BadDesign::Unpaired(days(&settings[0]), days(other)));
        }
        Ok(Self { question: Question::Compare, drafts: drafts.to_vec(), settings })
    }
}

/// A value as it is written, but for a figure that has dozens of digits.
fn few_digits(value: &Value) -> String {
    match value.as_float() {
        Some(figure) if figure.abs() >= MOST_WHOLE => format!("{figure:e}"),
        _ => value.to_string(),
    }
}

/// How a value is called beside the others: a word or a policy as on the command line, and anything else as in a file.
fn named(value: &Value) -> String {
    let is_said = value.is_str() || value.as_table().is_some_and(|table| table.len() == 1);
    if is_said { said(value) } else { value.to_string() }
}

/// Settings that cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum BadDesign {
    /// A scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] BadScenario),
    /// There is only one, or there are too many for a table.
    #[error("compare: {0} given, 2 to {MOST_COMPARED} needed: give --pacing so often, or two scenarios")]
    Number(usize),
    /// Windows are compared in pairs; how many days there are, and how many are a window.
    #[error(
        "compare: {} days in windows of {} and {} days in windows of {} make no pairs; give {}",
        .0.0, .0.1, .1.0, .1.1, what_pairs(*.0, *.1)
    )]
    Unpaired((u32, u32), (u32, u32)),
}

/// What makes pairs of windows.
fn what_pairs(one: (u32, u32), other: (u32, u32)) -> &'static str {
    match (one.0 == other.0, one.1 == other.1) {
        (false, true) => "--days",
        (true, false) => "the same shift.window_days",
        (false, false) => "--days and the same shift.window_days",
        (true, true) => unreachable!("these are pairs"),
    }
}

impl Over {
    /// Whether it says anew what stands at this path.
    #[must_use]
    pub fn replaces(&self, path: &str) -> bool {
        path.strip_prefix(&self.field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl FromStr for Over {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "must be FIELD=FROM..TO:COUNT, such as agents.count=10..50:5, or FIELD=VALUE,VALUE".to_owned();
        let (field, values) = text.split_once('=').ok_or_else(wrong)?;
        let field = field.trim();
        if field.is_empty() || field.split('.').any(str::is_empty) {
            return Err(wrong());
        }
        let values = match values.split_once("..") {
            Some((from, rest)) => {
                let (to, count) = rest.split_once(':').ok_or_else(wrong)?;
                let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
                let ends = number(from).zip(number(to)).ok_or_else(wrong)?;
                evenly(ends, count.trim().parse().map_err(|_| wrong())?)?
            }
            None => listed(values).ok_or_else(wrong)?,
        };
        if !(1..=MOST_SETTINGS).contains(&values.len()) {
            return Err(format!("{} values; 1 to {MOST_SETTINGS} can be played", values.len()));
        }
        Ok(Self { field: field.to_owned(), values })
    }
}

/// Values from one end to the other, evenly.
fn evenly((from, to): (f64, f64), count: usize) -> Result<Vec<Value>, String> {
    if !(2..=MOST_SETTINGS).contains(&count) {
        return Err(format!("{count} is no COUNT from {from} to {to}: must be 2 to {MOST_SETTINGS}"));
    }
    let step = (to - from) / (count - 1) as f64;
    let value = |nth: usize| {
        let exact = from + step * nth as f64;
        if exact.abs() >= MOST_WHOLE {
            return Value::Float(exact);
        }
        // Without the dust of binary fractions: 0.3, and not 0.30000000000000004.
        let clean = libm::round(exact * 1e9) / 1e9;
        if clean == libm::round(clean) { Value::Integer(clean as i64) } else { Value::Float(clean) }
    };
    Ok((0..count).map(value).collect())
}

/// Values with commas between them.
fn listed(values: &str) -> Option<Vec<Value>> {
    let table: Table = format!("values = [{values}]").parse().ok()?;
    let values = table.get("values")?.as_array()?.clone();
    (!values.is_empty()).then_some(values)
}
