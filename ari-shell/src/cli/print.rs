//! The one way to standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use comfy_table::{LineStyle, Table, TableStyle};
use serde::Serialize;

/// One line below the headings and no others, so that rows are easily cut and searched.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Where a command's findings go. Once the reader has gone (`| head`) the rest is dropped: that is no failure.
pub(super) struct Out<'w> {
    writer: Box<dyn Write + 'w>,
    gone: bool,
}

impl Out<'static> {
    /// Locked for each write only: a lock held for a whole command would stop every other thread that prints.
    pub(super) fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl<'w> Out<'w> {
    pub(super) fn new(writer: impl Write + 'w) -> Self {
        Self { writer: Box::new(writer), gone: false }
    }

    /// A line for people.
    pub(super) fn line(&mut self, line: impl Display) -> io::Result<()> {
        self.attempt(|writer| writeln!(writer, "{line}"))
    }

    /// A value for programs.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.attempt(|writer| {
            serde_json::to_writer_pretty(&mut *writer, value)?;
            writeln!(writer)
        })
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
        self.attempt(|writer| writer.flush())
    }

    fn attempt(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        match write(self.writer.as_mut()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose reader has gone, or a disk that is full.
    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_who_has_gone_is_no_failure_and_a_full_disk_is_one() {
        let mut out = Out::new(Broken(ErrorKind::BrokenPipe));
        out.line("x").expect("no failure");
        out.json(&["x"]).expect("no failure");
        out.flush().expect("no failure");

        let mut out = Out::new(Broken(ErrorKind::BrokenPipe));
        out.json(&["x"]).expect("no failure");

        let mut out = Out::new(Broken(ErrorKind::StorageFull));
        let error = out.line("x").expect_err("a full disk");
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        let error = out.json(&["x"]).expect_err("a full disk");
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
