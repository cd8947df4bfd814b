//! What is read and not seen: figures with their formulas, differences, and the scenario itself.

use maud::{Markup, html};
use toml::Value;

use super::{Report, minus, shown};
use crate::study::record::Record;
use crate::study::report::{compared, letters, range};
use crate::study::{calendar, confusion, figure};

/// Of a longer list its ends are shown, and how many values it has.
const MOST_LISTED: usize = 12;

/// Each figure of each setting, with its formula.
pub(super) fn figures(report: &Report) -> Markup {
    let outcomes = &report.experiment.outcomes;
    let record = Record::of(report.experiment);
    html! {
        div.scroll {
            table {
                thead { tr {
                    th { "figure" }
                    @if let Some(record) = &record { th.figure { (record.heading()) } }
                    @for outcome in outcomes { th.figure { (outcome.name) } }
                    @if outcomes.len() == 1 { th.figure { "95 % interval" } }
                    th { "formula" }
                } }
                tbody {
                    @for figure in figure::telling(outcomes).filter(|figure| figure.tells(report.experiment)) {
                        tr {
                            th { (figure.name) }
                            @if let Some(record) = &record { td.figure.record { (record.shown(figure)) } }
                            @for outcome in outcomes {
                                td.figure data-key=(figure.key) data-setting=(outcome.name) {
                                    (shown(report.experiment, figure, outcome))
                                }
                            }
                            @if let [outcome] = outcomes.as_slice() { td.figure.quiet { (range(figure, outcome)) } }
                            td.formula { (figure.formula) }
                        }
                    }
                }
            }
        }
    }
}

/// Who has answered, and whom they were taken for.
pub(super) fn detection(rows: &[confusion::Row]) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr {
                    th { "setting" }
                    th { "who answered" }
                    @for heading in confusion::HEADINGS { th.figure { (heading) } }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            th { (row.setting) }
                            td { (row.who) }
                            @for cell in &row.cells { td.figure { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

/// How the days and months of the calendar held that have limits of their own; nothing where none have.
pub(super) fn calendar(rows: &[calendar::Row]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    html! {
        p.note { "Each day and month of campaign.windows by its own limit and the clocks of the campaign's zone. One that goes on after the last day that was played is incomplete, and is not judged." }
        div.scroll {
            table {
                thead { tr {
                    th { "setting" }
                    @for heading in calendar::HEADINGS { th.figure { (heading) } }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            th { (row.setting) }
                            @for cell in &row.cells { td.figure { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

/// Each further setting against the first, window by window. Below each other, so that six settings fit on paper.
pub(super) fn differences(report: &Report) -> Markup {
    let experiment = report.experiment;
    let record = Record::of(experiment);
    html! {
        p.legend {
            @for ((letter, outcome), colour) in letters(experiment).zip(&report.colours) {
                span { span.swatch style={ "background:" (colour) } {} (letter) ": " (outcome.name) }
            }
        }
        div.scroll {
            table {
                thead { tr {
                    th { "figure" }
                    @if let Some(record) = &record { th.figure { (record.heading()) } }
                    @for (letter, _) in letters(experiment) {
                        th.figure { (letter) @if letter != 'A' { div.difference { (letter) " − A" } } }
                    }
                } }
                tbody {
                    @for figure in compared(experiment) {
                        tr {
                            th { (figure.name) }
                            @if let Some(record) = &record { td.figure.record { (record.shown(figure)) } }
                            @for (letter, outcome) in letters(experiment) {
                                td.figure {
                                    (shown(experiment, figure, outcome))
                                    @if letter != 'A' && let Some(difference) = experiment.difference(figure, outcome) {
                                        div.difference { (unbroken(&minus(&figure.unit.difference(&difference)))) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A line may end before its unit, and nowhere else.
fn unbroken(difference: &str) -> String {
    difference.replace(" ± ", "\u{a0}±\u{a0}")
}

/// Each field of the scenarios, by the path it has for `--over`.
pub(super) fn scenarios(report: &Report) -> Markup {
    html! {
        div class=(if report.experiment.design.drafts.len() == 1 { "one" } else { "columns" }) {
            @for draft in &report.experiment.design.drafts {
                div {
                    h3 { (draft.name()) }
                    dl.fields {
                        @for (path, value) in fields(&Value::Table(draft.table().clone())) {
                            @if path != "about" { div { dt { (path) } dd { (value) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The values of a table and of the tables in it, each with its dotted path. One of several tables is named by its number from 1.
fn fields(value: &Value) -> Vec<(String, String)> {
    let several = value.as_array().filter(|several| several.iter().any(Value::is_table));
    let below: Vec<(String, &Value)> = if let Some(table) = value.as_table() {
        table.iter().map(|(key, value)| (key.clone(), value)).collect()
    } else if let Some(several) = several {
        (1..).zip(several).map(|(nth, value): (u32, _)| (nth.to_string(), value)).collect()
    } else {
        return vec![(String::new(), plain(value))];
    };
    let named = |(step, value): (String, &Value)| {
        let path = |(rest, value): (String, String)| {
            (if rest.is_empty() { step.clone() } else { format!("{step}.{rest}") }, value)
        };
        fields(value).into_iter().map(path).collect::<Vec<_>>()
    };
    below.into_iter().flat_map(named).collect()
}

/// A text without its quotation marks, a long list by its ends, anything else as it is written.
fn plain(value: &Value) -> String {
    if let Some([first, second, rest @ .., last]) = value.as_array().map(Vec::as_slice)
        && rest.len() + 3 > MOST_LISTED
    {
        return format!("[{first}, {second}, …, {last}], {} of them", rest.len() + 3);
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
