//! The report for people: the formula stands beside each figure.

use std::fmt;

use comfy_table::{Table, presets};
use engine::call::CallResult;
use engine::words::Span;

use super::{Calls, FORMULAS, Report, Section};
use crate::moment::{seconds, utc};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} to {}", utc(self.period.from), utc(self.period.to))?;
        // The total of one campaign is that campaign.
        let total = (self.campaign.is_none() && self.campaigns.len() != 1).then_some(&self.total);
        for section in self.campaigns.iter().chain(total) {
            write!(f, "\n{}\n{}\n", section.name, full(section))?;
        }
        if !self.carriers.is_empty() {
            write!(f, "\ncarriers (by the last try of an attempt)\n{}\n", carriers(&self.carriers))?;
        }
        if !self.agents.is_empty() {
            write!(f, "\nagents (by the calls they were joined with)\n{}\n", agents(&self.agents))?;
        }
        Ok(())
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header.iter().copied());
    table
}

/// One figure a row.
fn full(section: &Section) -> Table {
    let mut table = table(&["figure", "value", "formula"]);
    for (name, formula) in FORMULAS {
        if let Some(value) = value(section, name) {
            table.add_row([name.trim_end_matches("_ms").to_owned(), value, formula.to_owned()]);
        }
    }
    table
}

/// One carrier a row.
fn carriers(sections: &[Section]) -> Table {
    const FIGURES: [&str; 6] =
        ["dialled", "answered", "answer_rate", "drop_rate", "average_call_ms", "answer_to_agent_p50_ms"];
    rows("carrier", &FIGURES, sections)
}

/// One agent a row.
fn agents(sections: &[Section]) -> Table {
    rows("agent", &["answered", "average_call_ms", "talk", "wrap_up", "ready", "occupancy"], sections)
}

fn rows(kind: &str, figures: &[&str], sections: &[Section]) -> Table {
    let header: Vec<&str> =
        [kind].into_iter().chain(figures.iter().map(|name| name.trim_end_matches("_ms"))).collect();
    let mut table = table(&header);
    for section in sections {
        let values = figures.iter().map(|name| value(section, name).unwrap_or_else(none));
        table.add_row([section.name.clone()].into_iter().chain(values).collect::<Vec<_>>());
    }
    table
}

/// A figure by the name that [`FORMULAS`] gives it; nothing where it does not apply.
fn value(section: &Section, name: &str) -> Option<String> {
    let Section { calls, attempts, work, .. } = section;
    Some(match name {
        "results" => results(calls),
        "dialled" => calls.dialled.to_string(),
        "answered" => calls.answered.to_string(),
        "answer_rate" => per_cent(calls.answer_rate),
        "drop_rate" => per_cent(calls.drop_rate),
        "hung_up_waiting_rate" => per_cent(calls.hung_up_waiting_rate),
        "average_call_ms" => time(calls.average_call_ms),
        "answer_to_agent_p50_ms" => millis(calls.answer_to_agent_p50_ms),
        "answer_to_agent_p99_ms" => millis(calls.answer_to_agent_p99_ms),
        "occupancy" => per_cent((*work)?.occupancy),
        "talk" => time(Some((*work)?.talk_ms)),
        "wrap_up" => time(Some((*work)?.wrap_up_ms)),
        "ready" => time(Some((*work)?.ready_ms)),
        "opened" => (*attempts)?.opened.to_string(),
        "closed" => (*attempts)?.closed.to_string(),
        "open" => (*attempts)?.open.to_string(),
        "unaccounted" => (*attempts)?.unaccounted.to_string(),
        _ => return None,
    })
}

fn results(calls: &Calls) -> String {
    let counts = CallResult::ALL.iter().map(|result| (result, calls.results.get(result.name())));
    let lines: Vec<String> = counts
        .filter_map(|(result, count)| {
            count.filter(|count| **count > 0).map(|count| format!("{count} {result}"))
        })
        .collect();
    if lines.is_empty() { none() } else { lines.join("\n") }
}

fn per_cent(rate: Option<f64>) -> String {
    rate.map_or_else(none, |rate| format!("{:.1} %", rate * 100.0))
}

fn millis(ms: Option<u64>) -> String {
    ms.map_or_else(none, |ms| format!("{ms} ms"))
}

fn time(ms: Option<u64>) -> String {
    ms.map_or_else(none, |ms| seconds(Span::millis(ms)))
}

fn none() -> String {
    String::from("-")
}
