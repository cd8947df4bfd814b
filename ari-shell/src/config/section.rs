//! Reads the keys of one table, and reports what is wrong with each and which of them nobody knows.
//!
//! A key that is absent and one that is wrong both read as `None`, so that the reader goes on and finds the next
//! problem; what was wrong is in the report by then.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use engine::words::Span;
use secrecy::SecretString;

use super::duration;
use super::problem::{Origin, Purpose, Report};
use super::tree::{Item, Table, Value};

/// One table while it is read; ends with [`Section::finish`].
pub(super) struct Section<'r> {
    items: Table,
    /// What stands before a key in a message, such as `campaign "spring": retry.`.
    prefix: String,
    origin: Origin,
    asked: Vec<&'static str>,
    /// What all of its keys are read for; in the whole file each has its own.
    purpose: Option<Purpose>,
    report: &'r Report,
}

impl<'r> Section<'r> {
    /// The whole file.
    pub(super) fn root(items: Table, report: &'r Report) -> Self {
        Self { items, prefix: String::new(), origin: Origin::File, asked: Vec::new(), purpose: None, report }
    }

    /// Reports every key that was not asked for.
    pub(super) fn finish(self) {
        for (key, item) in &self.items {
            let near = nearest(key, self.asked.iter().copied());
            let help = near.map_or_else(
                || format!("known here: {}", self.asked.join(", ")),
                |near| format!("did you mean {near}?"),
            );
            let place = format!("{}{key}", self.prefix);
            let purpose = self.purpose_of(near.unwrap_or(key));
            self.report.add_to(purpose, &item.origin, place, format!("unknown key; {help}"));
        }
    }

    /// Where the section stands.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Reports a problem with a key.
    pub(super) fn problem(&self, origin: &Origin, key: &str, problem: impl Into<String>) {
        self.report.add_to(self.purpose_of(key), origin, format!("{}{key}", self.prefix), problem);
    }

    fn purpose_of(&self, key: &str) -> Purpose {
        self.purpose.unwrap_or_else(|| Purpose::of(key))
    }

    /// Reports a key that is not there and has no default.
    pub(super) fn missing(&self, key: &str, help: &str) {
        self.problem(&self.origin, key, format!("is missing; {help}"));
    }

    /// Reports those of these keys that are there, since without another one they mean nothing.
    pub(super) fn unused(&self, keys: &[&str], problem: &str) {
        for key in keys.iter().filter(|key| self.has(key)) {
            self.problem(&self.place(key), key, problem);
        }
    }

    /// Whether the key is there and not read yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.items.contains_key(key)
    }

    /// Whether just that text stands under the key.
    pub(super) fn is(&self, key: &str, text: &str) -> bool {
        self.items.get(key).is_some_and(|item| item.text() == Some(text))
    }

    /// Where the key stands, or the section where it does not.
    pub(super) fn place(&self, key: &str) -> Origin {
        self.items.get(key).map_or(&self.origin, |item| &item.origin).clone()
    }

    /// A key's value with the place it came from.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Item> {
        self.asked.push(key);
        self.items.remove(key)
    }

    /// A text that `parse` takes; `parse` says what is wrong and what would be right.
    pub(super) fn text<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read(key, |item| parse(text(item)?))
    }

    /// A text that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        help: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if !self.has(key) {
            self.missing(key, help);
        }
        self.text(key, parse)
    }

    /// A text that no message shows.
    pub(super) fn secret(
        &mut self,
        key: &'static str,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> Option<SecretString> {
        self.read(key, |item| {
            let text = item.text().ok_or("must be a text in quotes")?;
            check(text).map(|()| SecretString::from(text))
        })
    }

    /// A whole number within a range.
    pub(super) fn whole(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        self.read(key, |item| {
            let number = match (&item.value, item.env_text()) {
                (Value::Whole(number), _) => u32::try_from(*number).ok(),
                (_, Some(text)) => text.parse().ok(),
                (_, None) => return Err(format!("{} must be a whole number", item.value)),
            };
            number
                .filter(|n| range.contains(n))
                .ok_or_else(|| outside(&item.value, range.start(), range.end()))
        })
    }

    /// A duration within a range.
    pub(super) fn span(&mut self, key: &'static str, range: RangeInclusive<Span>) -> Option<Span> {
        self.read(key, |item| {
            let span = item.text().and_then(duration::parse).ok_or_else(|| {
                format!(
                    "{} must be a duration in quotes: whole numbers with ms, s, m, h or d, such as \"20s\"",
                    item.value
                )
            })?;
            if range.contains(&span) {
                Ok(span)
            } else {
                let (least, most) = (duration::show(*range.start()), duration::show(*range.end()));
                Err(outside(&item.value, least, most))
            }
        })
    }

    /// True or false.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.read(key, |item| {
            let flag = match (&item.value, item.env_text()) {
                (Value::Flag(flag), _) => Some(*flag),
                (_, Some(text)) => text.parse().ok(),
                (_, None) => None,
            };
            flag.ok_or_else(|| format!("{} must be true or false", item.value))
        })
    }

    /// The section under a key; an empty one where there is none.
    pub(super) fn table(&mut self, key: &'static str) -> Self {
        let (items, origin) = match self.take(key) {
            None => (Table::new(), self.origin.clone()),
            Some(item) => (self.as_table(key, item.value, &item.origin), item.origin),
        };
        self.under(key, format!("{}{key}.", self.prefix), items, origin)
    }

    /// Whether a list stands under the key.
    pub(super) fn has_list(&self, key: &str) -> bool {
        self.items.get(key).is_some_and(|item| matches!(item.value, Value::List(_)))
    }

    /// The sections under a key that may stand several times.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(item) = self.take(key) else {
            return Vec::new();
        };
        let Value::List(list) = item.value else {
            self.problem(&item.origin, key, format!("must be written [[{key}]]"));
            return Vec::new();
        };
        let numbered = list.into_iter().enumerate().map(|(n, item)| {
            let items = self.as_table(key, item.value, &item.origin);
            self.under(key, format!("{}{key} #{}: ", self.prefix, n + 1), items, item.origin)
        });
        numbered.collect()
    }

    /// A list of texts, each with the place it came from. The environment has them between commas.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<(String, Origin)>> {
        self.read(key, |item| {
            if let Some(text) = item.env_text() {
                let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
                return Ok(texts.map(|text| (text.to_owned(), item.origin.clone())).collect());
            }
            let Value::List(list) = &item.value else {
                return Err(format!("{} must be a list of texts", item.value));
            };
            list.iter().map(|item| Ok((text(item)?.to_owned(), item.origin.clone()))).collect()
        })
    }

    /// Every key of the section with its text, for a table whose keys are the user's own.
    pub(super) fn pairs(
        mut self,
        check_key: impl Fn(&str) -> Result<(), String>,
        parse: impl Fn(&str) -> Result<String, String>,
    ) -> BTreeMap<String, String> {
        let mut pairs = BTreeMap::new();
        for (key, item) in std::mem::take(&mut self.items) {
            match check_key(&key).and_then(|()| parse(text(&item)?)) {
                Ok(value) => drop(pairs.insert(key, value)),
                Err(problem) => self.problem(&item.origin, &key, problem),
            }
        }
        pairs
    }

    /// Says in messages which of several sections this is.
    pub(super) fn call(&mut self, kind: &str, name: &str) {
        self.prefix = format!("{kind} {name:?}: ");
    }

    /// A key's value by a reader of its own.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Item) -> Result<T, String>,
    ) -> Option<T> {
        let item = self.take(key)?;
        read(&item).map_err(|problem| self.problem(&item.origin, key, problem)).ok()
    }

    fn as_table(&self, key: &str, value: Value, origin: &Origin) -> Table {
        if let Value::Table(table) = value {
            table
        } else {
            // The value itself is not shown: it may be a password that was put one level too high.
            self.problem(origin, key, "must be a table");
            Table::new()
        }
    }

    fn under(&self, key: &str, prefix: String, items: Table, origin: Origin) -> Self {
        let purpose = Some(self.purpose_of(key));
        Self { items, prefix, origin, asked: Vec::new(), purpose, report: self.report }
    }
}

/// The known word that was most likely meant.
pub(super) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn text(item: &Item) -> Result<&str, String> {
    item.text().ok_or_else(|| format!("{} must be a text in quotes", item.value))
}

fn outside(value: &Value, least: impl Display, most: impl Display) -> String {
    format!("{value} is out of range; give {least} to {most}")
}
