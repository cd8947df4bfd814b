//! What is wrong with a configuration, where, and what would be right.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

/// Everything that is wrong with one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub file: PathBuf,
    /// At least one problem: the file's own by line, then those of the environment.
    pub list: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where the value came from.
    pub origin: Origin,
    /// The key, such as `campaign "spring": ring_timeout`; empty where it concerns the file as a whole.
    pub key: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The file, no line in particular.
    File,
    /// A line of the file, from 1.
    Line(usize),
    /// A variable of the environment.
    Env(String),
}

impl Problems {
    /// Each problem as a line of its own.
    pub(crate) fn each(&self) -> impl Iterator<Item = String> {
        let line = |Problem { origin, key, problem }: &Problem| {
            let place = match origin {
                Origin::File => self.file.display().to_string(),
                Origin::Line(line) => format!("{}:{line}", self.file.display()),
                Origin::Env(variable) => variable.clone(),
            };
            let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
            format!("{place}: {key}{problem}")
        };
        self.list.iter().map(line)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.each().collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for Problems {}

/// Collects problems while everything is read to its end, so that all are told at once.
#[derive(Default)]
pub(super) struct Report(RefCell<Vec<Problem>>);

impl Report {
    pub(super) fn add(&self, origin: &Origin, key: impl Into<String>, problem: impl Into<String>) {
        self.0.borrow_mut().push(Problem {
            origin: origin.clone(),
            key: key.into(),
            problem: problem.into(),
        });
    }

    /// `Ok` where nothing was found so far.
    pub(super) fn finish(self, file: &Path) -> Result<(), Problems> {
        let mut list = self.0.into_inner();
        if list.is_empty() {
            return Ok(());
        }
        list.sort_by(|a, b| a.origin.cmp(&b.origin));
        Err(Problems { file: file.to_owned(), list })
    }
}
