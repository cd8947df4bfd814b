//! Who has answered, and whom they were taken for.

use comfy_table::Table;

use super::experiment::{Experiment, Outcome};
use super::{Detection, Judged};
use crate::table;

/// The columns beside the setting and who has answered.
pub const HEADINGS: [&str; 6] =
    ["taken for a person", "a machine", "not sure", "no verdict", "decided after: median", "p99"];

/// Persons, and machines.
type Kind = (&'static str, fn(&Detection) -> &Judged);
const KINDS: [Kind; 2] =
    [("persons", |detection| &detection.persons), ("machines", |detection| &detection.machines)];

/// Those of one kind, of all days of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The setting.
    pub setting: String,
    /// Who has answered.
    pub who: &'static str,
    /// A cell for each of [`HEADINGS`].
    pub cells: [String; 6],
}

/// The rows of all settings whose callees are heard.
#[must_use]
pub fn rows(experiment: &Experiment) -> Vec<Row> {
    let heard = experiment.outcomes.iter().filter(|outcome| outcome.study.is_heard());
    heard.flat_map(|outcome| KINDS.map(|kind| row(outcome, kind))).collect()
}

/// The same as a table; none where nobody is heard.
#[must_use]
pub fn table(experiment: &Experiment) -> Option<Table> {
    let rows = rows(experiment);
    if rows.is_empty() {
        return None;
    }
    let headings = ["setting", "who answered"].into_iter().chain(HEADINGS);
    let mut table = table::figures(headings.map(str::to_owned));
    for Row { setting, who, cells } in rows {
        table.add_row([setting, who.to_owned()].into_iter().chain(cells));
    }
    Some(table)
}

fn row(outcome: &Outcome, (who, kind): Kind) -> Row {
    let study = &outcome.study;
    let days = || study.days.iter().filter_map(|day| day.detection.as_ref()).map(kind);
    let count = |of: fn(&Judged) -> u64| days().map(of).sum::<u64>().to_string();
    let verdicts = study.verdicts(kind);
    let after = |share| {
        if verdicts.is_empty() { String::new() } else { format!("{} ms", verdicts.value_at_quantile(share)) }
    };
    let cells = [
        count(|judged| judged.human),
        count(|judged| judged.machine),
        count(|judged| judged.not_sure),
        count(|judged| judged.no_verdict),
        after(0.5),
        after(0.99),
    ];
    Row { setting: outcome.name.clone(), who, cells }
}
