//! How a command fails: with a sentence on standard error and an exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::config::Problems;
use crate::dialer::StartError;
use crate::explain::ExplainError;
use crate::export::ExportError;
use crate::floor::FloorGone;
use crate::import::ImportError;
use crate::operator::OperatorError;
use crate::store::StoreError;

/// Why a command did not do its work.
#[derive(Debug)]
pub(super) struct Failure {
    /// None where standard output has it all.
    sentence: Option<String>,
    code: u8,
}

impl Failure {
    /// Something did not work, or was denied.
    pub(super) fn failed(sentence: impl Into<String>) -> Self {
        Self { sentence: Some(sentence.into()), code: 1 }
    }

    /// The command or the configuration is wrong; the same code that clap gives for a wrong command line.
    pub(super) fn usage(sentence: impl Into<String>) -> Self {
        Self { sentence: Some(sentence.into()), code: 2 }
    }

    /// What was asked has been answered, by what a program is to take for a no.
    pub(super) fn told_already() -> Self {
        Self { sentence: None, code: 1 }
    }

    /// Tells it and gives the exit code.
    pub(super) fn report(&self) -> ExitCode {
        if let Some(sentence) = &self.sentence {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(io::stderr().lock(), "{sentence}");
        }
        ExitCode::from(self.code)
    }

    #[cfg(test)]
    pub(super) fn told(&self) -> (u8, &str) {
        (self.code, self.sentence.as_deref().unwrap_or_default())
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::usage(problems.to_string())
    }
}

macro_rules! fails_as_told {
    ($($error:ty,)*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::failed(error.to_string())
            }
        }
    )*};
}

fails_as_told! {
    ExplainError,
    ExportError,
    FloorGone,
    ImportError,
    OperatorError,
    StartError,
    StoreError,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(format!("the output cannot be written: {error}"))
    }
}
