//! The one way to standard output.

use std::fmt::Display;
use std::io::{self, Write};

use comfy_table::{LineStyle, Table, TableStyle};
use serde::Serialize;

/// One line below the headings and no others, so that rows are easily cut and searched.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Where a command's findings go.
pub(super) struct Out<'w>(output::Out<Box<dyn Write + 'w>>);

impl Out<'static> {
    pub(super) fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl<'w> Out<'w> {
    pub(super) fn new(writer: impl Write + 'w) -> Self {
        Self(output::Out(Box::new(writer)))
    }

    /// A line for people.
    pub(super) fn line(&mut self, line: impl Display) -> io::Result<()> {
        writeln!(self.0, "{line}")
    }

    /// A value for programs.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.0, value)?;
        writeln!(self.0)
    }

    /// Rows for people, under headings; `none` where there are no rows.
    pub(super) fn table<const N: usize>(
        &mut self,
        headings: [&str; N],
        rows: Vec<[String; N]>,
        none: &str,
    ) -> io::Result<()> {
        if rows.is_empty() {
            return self.line(none);
        }
        let mut table = Table::new();
        table.load_style(STYLE).set_header(headings).add_rows(rows);
        self.line(table.trim_fmt())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
