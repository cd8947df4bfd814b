//! What `simulator run`, `sweep` and `compare` print.

use core::slice::from_ref;
use std::fmt::Write as _;

use comfy_table::Table;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::calendar::{self, Held};
use super::confusion;
use super::design::Question;
use super::experiment::{Experiment, Outcome};
use super::figure::{self, Figure, Unit};
use super::interval::Interval;
use super::mistaken;
use super::record::{Calibration, Record};
use super::{Day, Study};
use crate::scenario::{Draft, Scenario};
use crate::table;

/// A terminal has so many columns, or can be made to.
const TERMINAL: usize = 120;

/// The columns of a sweep.
const SWEPT: [(&str, Figure); 3] =
    [("utilisation", figure::UTILISATION), ("drops", figure::DROP_RATE), ("hung up", figure::HUNG_UP)];

/// What is over the limit: days, or windows where one has more than a day.
const SWEPT_BY_DAY: [(&str, Figure); 2] =
    [("worst day", figure::WORST_DAY), ("days over", figure::DAYS_OVER)];
const SWEPT_BY_WINDOW: [(&str, Figure); 2] =
    [("worst window", figure::WORST_WINDOW), ("windows over", figure::WINDOWS_OVER)];

/// Whom agents wait for, and the most that was needed at once.
const SWEPT_WAITS: [(&str, Figure); 5] = [
    ("wait p50", figure::WAIT_P50),
    ("p90", figure::WAIT_P90),
    ("p99", figure::WAIT_P99),
    ("lines", figure::LINES_MOST),
    ("calls/s", figure::CALLS_MOST),
];

/// Further columns, where callees are heard.
const SWEPT_HEARD: [(&str, Figure); 6] = [
    ("with persons", figure::WITH_PERSONS),
    ("persons/h", figure::PERSONS),
    ("persons as machines", figure::PERSONS_AS_MACHINES),
    ("machines as persons", figure::MACHINES_AS_PERSONS),
    ("verdict p50", figure::PERSON_VERDICT_P50),
    ("p99", figure::PERSON_VERDICT_P99),
];

/// Further columns, where a list comes to its end.
const SWEPT_LIST: [(&str, Figure); 2] =
    [("list ended", figure::LIST_ENDED), ("hours until then", figure::HOURS_OF_LIST)];

/// The rows of a comparison.
const COMPARED: [Figure; 14] = [
    figure::UTILISATION,
    figure::TALK_MINUTES,
    figure::CONTACTS,
    figure::DROP_RATE,
    figure::HUNG_UP,
    figure::WORST_DAY,
    figure::DAYS_OVER,
    figure::WORST_WINDOW,
    figure::WINDOWS_OVER,
    figure::WAIT_MEAN,
    figure::WAIT_P90,
    figure::DIALS_PER_CONTACT,
    figure::LINES_MOST,
    figure::CALLS_MOST,
];

/// The rows of a comparison of such outcomes.
pub(crate) fn compared(experiment: &Experiment) -> impl Iterator<Item = &'static Figure> {
    let list: &[Figure] =
        if figure::is_any(&experiment.outcomes, Study::has_lists_that_ended) { &figure::LIST } else { &[] };
    let heard: &[Figure] = if experiment.outcomes.iter().all(|outcome| outcome.study.is_heard()) {
        &figure::DETECTION
    } else {
        &[]
    };
    COMPARED.iter().filter(|figure| figure.tells(experiment)).chain(list).chain(heard)
}

/// The experiment as one JSON object.
///
/// # Panics
/// Never: every figure of it can be written.
#[must_use]
pub fn json(experiment: &Experiment) -> String {
    serde_json::to_string_pretty(&Written::of(experiment)).expect("figures can be written")
}

/// The same for people.
#[must_use]
pub fn text(experiment: &Experiment) -> String {
    let (heading, tables) = match &experiment.design.question {
        Question::Run => (String::new(), vec![of_run(experiment)]),
        Question::Sweep(field) => (format!(", {field} varied"), of_sweep(experiment, field)),
        Question::Compare => {
            let window = experiment.window();
            (format!(", each {window} against the same {window} of the first"), of_comparison(experiment))
        }
    };
    let mut text = String::new();
    for draft in &experiment.design.drafts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", draft.scenario().about);
    }
    let [agents, days, hours] = sizes(experiment);
    let _ = writeln!(
        text,
        "{agents}, {days} of {hours}, seed {}, drop limit {}{heading}",
        experiment.seed,
        percent(experiment.drop_limit),
    );
    for line in calibration(experiment).iter().flat_map(|calibration| &calibration.told) {
        let _ = writeln!(text, "{line}");
    }
    for line in mistaken::told(experiment) {
        let _ = writeln!(text, "{line}");
    }
    for table in tables.into_iter().chain(calendar::table(experiment)).chain(confusion::table(experiment)) {
        let _ = write!(text, "\n{}\n", table.trim_fmt());
    }
    text
}

/// Whether the scenario stands for a floor that is on record, where it is paced like that.
pub(crate) fn calibration(experiment: &Experiment) -> Option<Calibration> {
    Record::of(experiment)?.calibration(experiment)
}

/// How large what is played is: agents, days and hours.
pub(crate) fn sizes(experiment: &Experiment) -> [String; 3] {
    [
        of_all(experiment, "agent", |scenario| scenario.headcount().into()),
        of_all(experiment, "day", |scenario| scenario.shift.days.0.into()),
        of_all(experiment, "hour", |scenario| scenario.shift.hours.0),
    ]
}

/// A number that all settings have, or between which two it lies: `10 agents`, `4 to 50 agents`.
fn of_all(experiment: &Experiment, what: &str, of: fn(&Scenario) -> f64) -> String {
    let numbers = || experiment.outcomes.iter().map(|outcome| of(&outcome.scenario));
    let (least, most) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(0.0, f64::max));
    if least == most { number(most, what) } else { format!("{least} to {}", number(most, what)) }
}

/// Each figure of a single setting, with its interval.
fn of_run(experiment: &Experiment) -> Table {
    let outcome = &experiment.outcomes[0];
    let record = Record::of(experiment);
    let mut headings = vec!["figure".to_owned()];
    headings.extend(record.as_ref().map(Record::heading));
    headings.extend([outcome.name.clone(), "95 % interval".to_owned()]);
    let mut table = table::figures(headings);
    for figure in figure::telling(&experiment.outcomes).filter(|figure| figure.tells(experiment)) {
        let mut row = vec![figure.name.to_owned()];
        row.extend(record.as_ref().map(|record| record.shown(figure)));
        row.extend([shown(experiment, figure, outcome), range(figure, outcome)]);
        table.add_row(row);
    }
    table
}

/// A row for each value of the field.
fn of_sweep(experiment: &Experiment, field: &str) -> Vec<Table> {
    let list: &[_] =
        if figure::is_any(&experiment.outcomes, Study::has_lists_that_ended) { &SWEPT_LIST } else { &[] };
    let heard: &[_] = if figure::is_any(&experiment.outcomes, Study::is_heard) { &SWEPT_HEARD } else { &[] };
    let by_window = experiment.outcomes.iter().any(|outcome| outcome.study.window_days > 1);
    let judged = if by_window { &SWEPT_BY_WINDOW } else { &SWEPT_BY_DAY };
    let columns: Vec<_> = SWEPT.iter().chain(judged).chain(&SWEPT_WAITS).chain(list).chain(heard).collect();
    below_each_other(&columns, 1, |columns, _| of_columns(experiment, field, columns))
}

/// A row for each setting, under the last word of the field that is varied: the heading above the table has all of it.
fn of_columns(experiment: &Experiment, field: &str, columns: &[&(&str, Figure)]) -> Table {
    let varied = field.rsplit('.').next().unwrap_or(field);
    let headings = columns.iter().map(|(heading, _)| *heading);
    let mut table = table::figures([varied].into_iter().chain(headings).map(str::to_owned));
    for outcome in &experiment.outcomes {
        let figures = columns.iter().map(|(_, figure)| shown(experiment, figure, outcome));
        table.add_row([outcome.name.clone()].into_iter().chain(figures));
    }
    table
}

/// The settings side by side. The first is what all are held against, and no part of a table for itself.
fn of_comparison(experiment: &Experiment) -> Vec<Table> {
    let settings: Vec<(char, &Outcome)> = letters(experiment).collect();
    below_each_other(&settings, 2, |settings, is_first| of_settings(experiment, settings, is_first))
}

/// One table of all columns, or several below each other where that would be too wide. `table` makes one of some columns, and is
/// told whether it is the first, which has `least` at least.
fn below_each_other<C>(columns: &[C], least: usize, table: impl Fn(&[C], bool) -> Table) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut left = columns;
    while !left.is_empty() {
        let is_first = tables.is_empty();
        let fits = |many: &usize| width(&table(&left[..*many], is_first)) <= TERMINAL;
        let least = if is_first { least } else { 1 };
        let many = (least..=left.len()).rev().find(fits).unwrap_or(least);
        tables.push(table(&left[..many], is_first));
        left = &left[many..];
    }
    tables
}

/// How many columns it takes.
fn width(table: &Table) -> usize {
    table.trim_fmt().lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

/// A row for each figure, and beside each further setting its differences from the first.
fn of_settings(experiment: &Experiment, settings: &[(char, &Outcome)], with_record: bool) -> Table {
    let record = Record::of(experiment).filter(|_| with_record);
    let mut headings = vec!["figure".to_owned()];
    headings.extend(record.as_ref().map(Record::heading));
    for (letter, outcome) in settings {
        headings.push(format!("{letter}: {}", outcome.name));
        if *letter != 'A' {
            headings.push(format!("{letter} - A"));
        }
    }
    let mut table = table::figures(headings);
    for figure in compared(experiment) {
        let mut row = vec![figure.name.to_owned()];
        row.extend(record.as_ref().map(|record| record.shown(figure)));
        for (letter, outcome) in settings {
            row.push(shown(experiment, figure, outcome));
            if *letter != 'A' {
                let difference = experiment.difference(figure, outcome);
                row.push(
                    difference.map_or_else(String::new, |difference| figure.unit.difference(&difference)),
                );
            }
        }
        table.add_row(row);
    }
    table
}

/// The settings, each with a letter.
pub(crate) fn letters(experiment: &Experiment) -> impl Iterator<Item = (char, &Outcome)> {
    ('A'..='Z').zip(&experiment.outcomes)
}

/// So many of them: `1 day`, `2 days`.
pub(crate) fn number(count: impl Into<f64>, what: &str) -> String {
    let count = count.into();
    let plural = if count == 1.0 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A share without idle zeros: `3 %`, `0.5 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", libm::round(share * 1e6) / 1e4)
}

/// What stands for a figure that is of nothing.
pub(crate) const NOTHING: &str = "-";

/// A figure for people.
pub(crate) fn shown(experiment: &Experiment, figure: &Figure, outcome: &Outcome) -> String {
    let Some(value) = experiment.figure(figure, outcome) else { return NOTHING.to_owned() };
    let value = figure.unit.shown(value);
    match figure.unit {
        Unit::Days => format!("{value} of {}", outcome.study.days.len()),
        Unit::Windows => {
            // Its missing days may break the limit, or mend it.
            let incomplete = if lacks_days(outcome) { " (the last incomplete)" } else { "" };
            format!("{value} of {}{incomplete}", outcome.study.windows().len())
        }
        Unit::Share | Unit::Seconds | Unit::Millis | Unit::Minutes | Unit::Tenths | Unit::Whole => value,
    }
}

/// Whether the last window has fewer days than the others.
fn lacks_days(outcome: &Outcome) -> bool {
    !outcome.study.days.len().is_multiple_of(outcome.scenario.shift.window_days.0 as usize)
}

/// Its interval, where it has one.
pub(crate) fn range(figure: &Figure, outcome: &Outcome) -> String {
    let interval = figure.interval(&outcome.study);
    interval.and_then(|interval| interval.ends).map_or_else(String::new, |(low, high)| {
        format!("{} to {}", figure.unit.shown(low), figure.unit.shown(high))
    })
}

/// The experiment as it is written for programs.
#[derive(Serialize)]
struct Written<'a> {
    version: &'static str,
    question: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    seed: u64,
    drop_limit: f64,
    scenarios: Vec<&'a toml::Table>,
    /// Whether the scenario stands for the floor that is on record, where it is paced like that.
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<Calibration>,
    settings: Vec<WrittenSetting<'a>>,
}

#[derive(Serialize)]
struct WrittenSetting<'a> {
    name: &'a str,
    /// `null` is a figure that is of nothing.
    figures: ByKey<Option<f64>>,
    /// Of those figures in which windows can be told apart.
    intervals: ByKey<WrittenInterval>,
    /// What each window has more than the same window of the first setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<ByKey<WrittenInterval>>,
    /// Whether the last window lacks days, which may break the limit or mend it: it is judged by those that it has.
    last_window_is_incomplete: bool,
    /// How `campaign.windows` held, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calendar_windows: Vec<Held>,
    days: &'a [Day],
}

/// A mean and the ends of its 95 % interval, as they are shown; these are `null` where there is a single window.
#[derive(Serialize)]
struct WrittenInterval {
    mean: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl From<Interval> for WrittenInterval {
    fn from(Interval { mean, ends }: Interval) -> Self {
        Self { mean, low: ends.map(|(low, _)| low), high: ends.map(|(_, high)| high) }
    }
}

/// Figures by their keys, in their order.
struct ByKey<T>(Vec<(&'static str, T)>);

impl<T: Serialize> Serialize for ByKey<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<T> ByKey<T> {
    fn of(outcome: &Outcome, made: impl Fn(&Figure) -> Option<T>) -> Self {
        Self(
            figure::telling(from_ref(outcome))
                .filter_map(|figure| Some((figure.key, made(figure)?)))
                .collect(),
        )
    }
}

impl<'a> Written<'a> {
    fn of(experiment: &'a Experiment) -> Self {
        let (question, field) = match &experiment.design.question {
            Question::Run => ("run", None),
            Question::Sweep(field) => ("sweep", Some(field.as_str())),
            Question::Compare => ("compare", None),
        };
        let compares = experiment.design.question == Question::Compare;
        let setting = |(nth, outcome): (usize, &'a Outcome)| WrittenSetting {
            name: &outcome.name,
            figures: ByKey::of(outcome, |figure| Some(experiment.figure(figure, outcome))),
            intervals: ByKey::of(outcome, |figure| Some(figure.interval(&outcome.study)?.into())),
            differences: (compares && nth > 0)
                .then(|| ByKey::of(outcome, |figure| Some(experiment.difference(figure, outcome)?.into()))),
            last_window_is_incomplete: lacks_days(outcome),
            calendar_windows: calendar::held(outcome),
            days: &outcome.study.days,
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            question,
            field,
            seed: experiment.seed,
            drop_limit: experiment.drop_limit,
            scenarios: experiment.design.drafts.iter().map(Draft::table).collect(),
            calibration: calibration(experiment),
            settings: experiment.outcomes.iter().enumerate().map(setting).collect(),
        }
    }
}
