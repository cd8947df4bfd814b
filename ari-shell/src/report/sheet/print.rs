//! The sheet for people, and for programs that read tables.

use std::fmt;

use comfy_table::{Table, presets};
use engine::words::Span;

use super::{Line, Sheet, Value};
use crate::moment::{seconds, utc};

/// Names that stand side by side at most; more of them follow below.
const SIDE_BY_SIDE: usize = 6;

/// How wide a line of a formula is at most.
const FORMULA_WIDTH: usize = 64;

impl fmt::Display for Sheet {
    /// A row for each figure, with its formula.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = self.campaign.as_deref().map_or_else(String::new, |name| format!(", campaign {name}"));
        writeln!(f, "{} to {}{whose}\n", utc(self.period.from), utc(self.period.to))?;
        if self.lines.is_empty() {
            return writeln!(f, "nothing was dialled and nobody was at work");
        }
        for lines in self.lines.chunks(SIDE_BY_SIDE) {
            writeln!(f, "{}", self.block(lines))?;
        }
        Ok(())
    }
}

impl Sheet {
    /// A sheet is read downwards: there are more figures than fit side by side.
    fn block(&self, lines: &[(String, Line)]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        let names = lines.iter().map(|(name, _)| name.as_str());
        table.set_header(["figure"].into_iter().chain(names).chain(["formula"]));
        for column in &self.columns {
            let name = column.name.trim_end_matches("_ms").to_owned();
            let values = lines.iter().map(|(_, line)| shown(column.value(line)));
            let cells = [name].into_iter().chain(values).chain([folded(&column.formula)]);
            table.add_row(cells.collect::<Vec<_>>());
        }
        table
    }
}

/// The formula in lines of a width that can be read beside others.
fn folded(formula: &str) -> String {
    let mut folded = String::new();
    let mut width = 0;
    for word in formula.split(' ') {
        if width > 0 && width + 1 + word.len() > FORMULA_WIDTH {
            folded.push('\n');
            width = 0;
        } else if width > 0 {
            folded.push(' ');
            width += 1;
        }
        folded.push_str(word);
        width += word.len();
    }
    folded
}

fn shown(value: Value) -> String {
    let text = match value {
        Value::Count(count) => Some(count.to_string()),
        Value::Rate(rate) => rate.map(|rate| format!("{:.2} %", rate * 100.0)),
        Value::Millis(ms) => ms.map(|ms| seconds(Span::millis(ms))),
        Value::PerHour(count) => count.map(|count| format!("{count:.1}")),
    };
    text.unwrap_or_else(|| String::from("-"))
}

impl Sheet {
    /// The sheet as CSV: a line for each name, and at the head of each column its formula beside its name. Rates are parts of
    /// one; what there is none of is empty.
    ///
    /// # Errors
    /// Where a line cannot be written into memory.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let heads = self.columns.iter().map(|column| format!("{} = {}", column.name, column.formula));
        csv.write_record([String::from("name")].into_iter().chain(heads))?;
        for (name, line) in &self.lines {
            let values = self.columns.iter().map(|column| plain(column.value(line)));
            csv.write_record([name.clone()].into_iter().chain(values))?;
        }
        let written = csv.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8(written).expect("names and figures are text"))
    }
}

fn plain(value: Value) -> String {
    let text = match value {
        Value::Count(count) => Some(count.to_string()),
        Value::Rate(part) | Value::PerHour(part) => part.map(|part| part.to_string()),
        Value::Millis(ms) => ms.map(|ms| ms.to_string()),
    };
    text.unwrap_or_default()
}
