//! Rows as the database gives them, turned into the engine's words by hand.

use engine::Times;
use engine::words::{Micros, Number};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Decode, Row, Type};

use super::{BadRow, StoreError};

/// One row under its name, so that whatever cannot be read says where it stands.
pub(crate) struct Named<'r> {
    table: &'static str,
    id: String,
    row: &'r AnyRow,
}

impl<'r> Named<'r> {
    /// The row of `table` whose key is in the column `key`.
    pub(crate) fn new(table: &'static str, key: &'static str, row: &'r AnyRow) -> Self {
        Self { table, id: shown(row, key), row }
    }

    /// A whole number.
    pub(crate) fn int<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, BadRow> {
        let value: i64 = self.get(column, "a whole number")?;
        T::try_from(value).map_err(|_| self.bad(column, "a whole number within its range"))
    }

    /// A whole number, or nothing.
    pub(crate) fn opt_int<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>, BadRow> {
        let value: Option<i64> = self.get(column, "a whole number or NULL")?;
        value
            .map(|value| {
                T::try_from(value).map_err(|_| self.bad(column, "a whole number within its range, or NULL"))
            })
            .transpose()
    }

    /// A text.
    pub(crate) fn text(&self, column: &'static str) -> Result<String, BadRow> {
        self.get(column, "a text")
    }

    /// A text, or nothing.
    pub(crate) fn opt_text(&self, column: &'static str) -> Result<Option<String>, BadRow> {
        self.get(column, "a text or NULL")
    }

    /// A telephone number.
    pub(crate) fn number(&self, column: &'static str) -> Result<Number, BadRow> {
        Number::parse(&self.text(column)?)
            .map_err(|problem| self.bad(column, &format!("a telephone number ({problem})")))
    }

    /// A telephone number, or nothing.
    pub(crate) fn opt_number(&self, column: &'static str) -> Result<Option<Number>, BadRow> {
        self.opt_text(column)?.map(|_| self.number(column)).transpose()
    }

    /// A moment.
    pub(crate) fn moment(&self, column: &'static str) -> Result<Micros, BadRow> {
        self.int(column).map(Micros)
    }

    /// A moment, or nothing.
    pub(crate) fn opt_moment(&self, column: &'static str) -> Result<Option<Micros>, BadRow> {
        Ok(self.opt_int(column)?.map(Micros))
    }

    /// The moments of an attempt, which stand in columns of the same names wherever they are kept.
    pub(crate) fn times(&self) -> Result<Times, BadRow> {
        Ok(Times {
            created: self.moment("created_at")?,
            placed: self.opt_moment("placed_at")?,
            rang: self.opt_moment("rang_at")?,
            answered: self.opt_moment("answered_at")?,
            bridged: self.opt_moment("bridged_at")?,
            message: self.opt_moment("message_at")?,
            ended: self.opt_moment("ended_at")?,
        })
    }

    /// A JSON text of the shape that `wanted` describes.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str, wanted: &str) -> Result<T, BadRow> {
        serde_json::from_str(&self.text(column)?)
            .map_err(|problem| self.bad(column, &format!("{wanted} ({problem})")))
    }

    /// The same, or nothing.
    pub(crate) fn opt_json<T: DeserializeOwned>(
        &self,
        column: &'static str,
        wanted: &str,
    ) -> Result<Option<T>, BadRow> {
        self.opt_text(column)?.map(|_| self.json(column, wanted)).transpose()
    }

    /// A word of an enumeration.
    pub(crate) fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, BadRow> {
        let text = self.text(column)?;
        self.worded(column, text)
    }

    /// A word of an enumeration, or nothing.
    pub(crate) fn opt_word<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, BadRow> {
        self.opt_text(column)?.map(|text| self.worded(column, text)).transpose()
    }

    /// The error for a column that holds something else than `wanted`.
    pub(crate) fn bad(&self, column: &'static str, wanted: &str) -> BadRow {
        BadRow {
            table: self.table,
            id: self.id.clone(),
            column,
            value: shown(self.row, column),
            wanted: wanted.to_owned(),
        }
    }

    fn worded<T: DeserializeOwned>(&self, column: &'static str, text: String) -> Result<T, BadRow> {
        serde_json::from_value(serde_json::Value::String(text))
            .map_err(|problem| self.bad(column, &format!("a word known here ({problem})")))
    }

    fn get<T>(&self, column: &'static str, wanted: &str) -> Result<T, BadRow>
    where
        T: Decode<'r, Any> + Type<Any>,
    {
        self.row.try_get(column).map_err(|_| self.bad(column, wanted))
    }
}

/// Whatever a column holds, for people to read.
fn shown(row: &AnyRow, column: &str) -> String {
    if let Ok(number) = row.try_get::<i64, _>(column) {
        return number.to_string();
    }
    if let Ok(text) = row.try_get::<String, _>(column) {
        let short: String = text.chars().take(80).collect();
        return format!("{short:?}");
    }
    match row.try_get::<Option<i64>, _>(column) {
        Ok(None) => String::from("NULL"),
        Ok(Some(_)) | Err(_) => String::from("of another type"),
    }
}

/// A number as a column holds it.
pub(crate) fn int(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::TooLarge(value))
}

/// A moment as a column holds it.
pub(crate) fn moment(at: Option<Micros>) -> Result<Option<i64>, StoreError> {
    at.map(|at| int(at.0)).transpose()
}

/// A word of an enumeration as a column holds it: the engine's own spelling.
pub(crate) fn word<T: Serialize>(word: &T) -> Result<String, StoreError> {
    match serde_json::to_value(word)?.as_str() {
        Some(word) => Ok(word.to_owned()),
        None => Err(StoreError::Json(serde::ser::Error::custom("not a plain word"))),
    }
}

/// A statement under way.
pub(crate) type Statement<'q> = Query<'q, Any, AnyArguments>;

/// Binds `placed`, `rang`, `answered`, `bridged`, `message` and `ended`, in this order.
pub(crate) fn bind_times<'q>(statement: Statement<'q>, times: &Times) -> Result<Statement<'q>, StoreError> {
    Ok(statement
        .bind(moment(times.placed)?)
        .bind(moment(times.rang)?)
        .bind(moment(times.answered)?)
        .bind(moment(times.bridged)?)
        .bind(moment(times.message)?)
        .bind(moment(times.ended)?))
}
