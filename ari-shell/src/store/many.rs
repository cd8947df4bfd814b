//! Statements over many rows.
//!
//! Giving a statement to the database and waiting for it costs more than most of them do there: two changes of thread
//! with SQLite, a round trip with PostgreSQL. What a group of commands has to write is therefore written by as few
//! statements as will do.

use std::fmt::Write as _;
use std::iter;
use std::sync::Arc;

use engine::words::AttemptId;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::StoreError;
use super::row::{Statement, int};

/// How many rows a statement may take. A few lengths, so that each stays prepared.
const LENGTHS: [usize; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64];

/// Placeholders in a statement at most. SQLite looks each `$n` up by its name in a list, so that the cost of a
/// statement grows with the square of them.
const PLACEHOLDERS: usize = 256;

/// A statement with a list of rows in it.
pub(super) struct Many {
    /// By how many rows they take.
    texts: Vec<(usize, Arc<str>)>,
}

impl Many {
    /// The statement `sql`, in which `{rows}` stands for rows of so many columns. Their placeholders come after the
    /// `own` ones that the statement has besides.
    pub(super) fn new(sql: &str, own: usize, columns: usize) -> Self {
        let text = |length| {
            let mut rows = String::new();
            tuples(&mut rows, own + 1, length, columns);
            (length, sql.replace("{rows}", &rows).into())
        };
        let lengths = LENGTHS.into_iter().take_while(|length| own + length * columns <= PLACEHOLDERS);
        Self { texts: lengths.map(text).collect() }
    }

    /// The statements that take all of `rows`, in order, each with those that are to be bound to it.
    pub(super) fn over<'r, R>(
        &self,
        rows: &'r [R],
    ) -> impl Iterator<Item = (Statement<'static>, &'r [R])> + use<'r, '_, R> {
        let mut left = rows;
        iter::from_fn(move || {
            let (length, text) = self.texts.iter().rfind(|(length, _)| *length <= left.len())?;
            let (now, later) = left.split_at(*length);
            left = later;
            Some((statement(text), now))
        })
    }

    /// The same by fewer statements, for those in which it does not matter if a row stands twice: the last is filled up
    /// with one of its rows. Each comes with the rows that it is about, and with all that are to be bound to it.
    pub(super) fn filled<'r, R>(
        &self,
        rows: &'r [R],
    ) -> impl Iterator<Item = (Statement<'static>, &'r [R], impl Iterator<Item = &'r R> + use<'r, R>)>
    + use<'r, '_, R> {
        let (longest, _) = self.texts.last().expect("a single row is not too long");
        rows.chunks(*longest).map(|rows| {
            let fits = self.texts.iter().find(|(length, _)| *length >= rows.len());
            let (length, text) = fits.expect("no chunk is longer than the longest");
            (statement(text), rows, rows.iter().chain(iter::repeat(&rows[0])).take(*length))
        })
    }

    /// Does all of `attempts`, where the rows are nothing but their ids, in a list in which it does not matter if one
    /// stands twice. `own` binds what the statement has besides.
    pub(super) async fn run(
        &self,
        tx: &mut AnyConnection,
        attempts: impl Iterator<Item = AttemptId>,
        own: impl Fn(Statement<'static>) -> Statement<'static>,
    ) -> Result<(), StoreError> {
        let ids = attempts.map(|attempt| int(attempt.0)).collect::<Result<Vec<i64>, _>>()?;
        for (statement, _, ids) in self.filled(&ids) {
            ids.fold(own(statement), |statement, id| statement.bind(*id)).execute(&mut *tx).await?;
        }
        Ok(())
    }
}

fn statement(text: &Arc<str>) -> Statement<'static> {
    sqlx::query(AssertSqlSafe(Arc::clone(text)))
}

/// `($1, $2), ($3, $4)`, counted from `first`: placeholders are all that a statement is ever composed of.
fn tuples(sql: &mut String, first: usize, rows: usize, columns: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        list(sql, first + row * columns, columns);
        sql.push(')');
    }
}

/// `$2, $3, $4`.
fn list(sql: &mut String, first: usize, count: usize) {
    for n in first..first + count {
        let comma = if n == first { "" } else { ", " };
        write!(sql, "{comma}${n}").expect("a string takes all that is written");
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Execute as _;

    use super::*;

    #[test]
    fn the_last_statement_is_filled_up_with_one_of_its_rows() {
        let many = Many::new("SELECT 1 WHERE 1 IN (VALUES {rows})", 0, 1);
        let rows: Vec<usize> = (0..74).collect();
        let filled: Vec<(&[usize], Vec<&usize>)> =
            many.filled(&rows).map(|(_, rows, all)| (rows, all.collect())).collect();
        assert_eq!(
            filled.iter().map(|(rows, all)| (rows.len(), all.len())).collect::<Vec<_>>(),
            [(64, 64), (10, 16)]
        );
        assert_eq!(filled[1].1[9..], [&73, &64, &64, &64, &64, &64, &64]);
        assert_eq!(many.filled(&[0_u8; 0]).count(), 0);
    }

    #[test]
    fn rows_are_cut_into_the_lengths_that_there_are() {
        let narrow = Many::new("INSERT INTO t SELECT $1 FROM (VALUES {rows})", 1, 2);
        let wide = Many::new("INSERT INTO t VALUES {rows}", 0, 26);
        let cut = |many: &Many, count: usize| -> Vec<usize> {
            many.over(&vec![(); count]).map(|(_, rows)| rows.len()).collect()
        };
        assert_eq!((cut(&narrow, 0), cut(&narrow, 7), cut(&narrow, 73)), (vec![], vec![7], vec![64, 8, 1]));
        assert_eq!(cut(&wide, 27), [8, 8, 8, 3], "not more placeholders than are good");
        let rows: Vec<usize> = (0..10).collect();
        let (texts, rows): (Vec<String>, Vec<&[usize]>) =
            narrow.over(&rows).map(|(query, rows)| (query.sql().as_str().to_owned(), rows)).unzip();
        assert_eq!(texts[1], "INSERT INTO t SELECT $1 FROM (VALUES ($2, $3), ($4, $5))");
        assert_eq!(rows, [&[0, 1, 2, 3, 4, 5, 6, 7][..], &[8, 9]]);
    }
}
