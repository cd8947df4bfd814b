//! Statements over many rows.
//!
//! Giving a statement to the database and waiting for it costs more than most of them do there: two changes of thread
//! with SQLite, a round trip with PostgreSQL. What a group of commands has to write is therefore written by as few
//! statements as will do.

use std::array;
use std::fmt::Write as _;
use std::sync::Arc;

use engine::words::AttemptId;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::StoreError;
use super::row::{Statement, int};

/// Rows in one statement at most. Every length up to it has its own text and stays prepared. Not more: SQLite looks each
/// `$n` up by its name in a list, so that the cost of a statement grows with the square of its placeholders.
const ROWS: usize = 8;

/// A statement with a list of rows in it.
pub(super) struct Many {
    /// For one row, for two, and so on.
    texts: [Arc<str>; ROWS],
}

impl Many {
    /// The statement `sql`, in which `{rows}` stands for rows of so many columns. Their placeholders come after the
    /// `own` ones that the statement has besides.
    pub(super) fn new(sql: &str, own: usize, columns: usize) -> Self {
        let text = |at| {
            let mut rows = String::new();
            tuples(&mut rows, own + 1, at + 1, columns);
            sql.replace("{rows}", &rows).into()
        };
        Self { texts: array::from_fn(text) }
    }

    /// The statements that take all of `rows`, in order, each with those that are to be bound to it.
    pub(super) fn over<'r, R>(
        &self,
        rows: &'r [R],
    ) -> impl Iterator<Item = (Statement<'static>, &'r [R])> + use<'r, '_, R> {
        let statement = |rows: &[R]| sqlx::query(AssertSqlSafe(Arc::clone(&self.texts[rows.len() - 1])));
        rows.chunks(ROWS).map(move |rows| (statement(rows), rows))
    }

    /// Does all of `attempts`, where the statement has to be told nothing but which they are.
    pub(super) async fn run(
        &self,
        tx: &mut AnyConnection,
        attempts: impl Iterator<Item = AttemptId>,
    ) -> Result<(), StoreError> {
        let ids = attempts.map(|attempt| int(attempt.0)).collect::<Result<Vec<i64>, _>>()?;
        for (statement, ids) in self.over(&ids) {
            ids.iter().fold(statement, |statement, id| statement.bind(*id)).execute(&mut *tx).await?;
        }
        Ok(())
    }
}

/// `($1, $2), ($3, $4)`, counted from `first`: placeholders are all that a statement is ever composed of.
pub(crate) fn tuples(sql: &mut String, first: usize, rows: usize, columns: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        list(sql, first + row * columns, columns);
        sql.push(')');
    }
}

/// `$2, $3, $4`.
pub(crate) fn list(sql: &mut String, first: usize, count: usize) {
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
    fn rows_are_cut_into_lists_that_each_have_their_statement() {
        let many = Many::new("INSERT INTO t SELECT $1 FROM (VALUES {rows})", 1, 2);
        let cut = |count: usize| -> Vec<usize> {
            many.over(&vec![(); count]).map(|(_, rows)| rows.len()).collect()
        };
        assert_eq!((cut(0), cut(8), cut(27)), (vec![], vec![8], vec![8, 8, 8, 3]));
        let rows: Vec<usize> = (0..10).collect();
        let (texts, rows): (Vec<String>, Vec<&[usize]>) =
            many.over(&rows).map(|(query, rows)| (query.sql().as_str().to_owned(), rows)).unzip();
        assert_eq!(texts[1], "INSERT INTO t SELECT $1 FROM (VALUES ($2, $3), ($4, $5))");
        assert_eq!(rows, [&[0, 1, 2, 3, 4, 5, 6, 7][..], &[8, 9]]);
    }
}
