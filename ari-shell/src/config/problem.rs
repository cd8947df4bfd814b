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

/// What a configuration is read for: each takes what those before it do, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To ask something of the shell that runs.
    Reach,
    /// To work on the database.
    Database,
    /// To know the rules of campaigns, carriers and agents.
    Rules,
    /// To dial: with the PBX, Redis and whoever is told of calls, and the secrets of these.
    Dial,
}

impl Purpose {
    /// The first that takes a key of the file, or a section.
    pub(super) fn of(key: &str) -> Self {
        match key {
            "data_dir" => Self::Reach,
            "country" | "database" | "do_not_call" | "node" => Self::Database,
            "ami" | "ari" | "http" | "outbox" | "redis" | "stream" | "webhook" => Self::Dial,
            _ => Self::Rules,
        }
    }
}

/// Collects problems while everything is read to its end, so that all are told at once.
#[derive(Default)]
pub(super) struct Report(RefCell<Vec<(Purpose, Problem)>>);

impl Report {
    /// What is wrong with the file as a whole.
    pub(super) fn add(&self, origin: &Origin, key: impl Into<String>, problem: impl Into<String>) {
        self.add_to(Purpose::Reach, origin, key, problem);
    }

    /// What is wrong for that purpose, and for those beyond it.
    pub(super) fn add_to(
        &self,
        purpose: Purpose,
        origin: &Origin,
        key: impl Into<String>,
        problem: impl Into<String>,
    ) {
        let problem = Problem { origin: origin.clone(), key: key.into(), problem: problem.into() };
        self.0.borrow_mut().push((purpose, problem));
    }

    /// `Ok` where nothing was found so far.
    pub(super) fn finish(self, file: &Path) -> Result<(), Problems> {
        self.found(file).suits(Purpose::Dial)
    }

    pub(super) fn found(self, file: &Path) -> Found {
        let mut list = self.0.into_inner();
        list.sort_by(|(_, a), (_, b)| a.origin.cmp(&b.origin));
        Found { file: file.to_owned(), list }
    }
}

/// What was found wrong with a file, and what it stands in the way of.
#[derive(Debug)]
pub(super) struct Found {
    file: PathBuf,
    list: Vec<(Purpose, Problem)>,
}

impl Found {
    /// Whether nothing stands in the way of that.
    pub(super) fn suits(&self, purpose: Purpose) -> Result<(), Problems> {
        self.without(|least, _| least <= purpose)
    }

    /// Whether nothing is wrong with that section.
    pub(super) fn suits_section(&self, name: &str) -> Result<(), Problems> {
        self.without(|_, Problem { key, .. }| key.split('.').next() == Some(name))
    }

    fn without(&self, is_in_the_way: impl Fn(Purpose, &Problem) -> bool) -> Result<(), Problems> {
        let in_the_way = self.list.iter().filter(|(least, problem)| is_in_the_way(*least, problem));
        let list: Vec<Problem> = in_the_way.map(|(_, problem)| problem.clone()).collect();
        if list.is_empty() { Ok(()) } else { Err(Problems { file: self.file.clone(), list }) }
    }
}
