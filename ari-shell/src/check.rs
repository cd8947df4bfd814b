//! Whether everything is in place for dialling.
//!
//! Looked at from outside, so that it can be asked before the first `run` as well as beside a shell that runs. Nothing
//! is changed and nothing is dialled, and no secret is in any finding.

mod answers;
mod application;
mod asterisk;
mod do_not_call;
mod floor;
mod house;
mod modules;
mod recordings;
mod sinks;

pub(crate) use asterisk::client;
pub(crate) use floor::missing_sounds;
use serde::Serialize;

use crate::config::{Config, Problems};

/// How a thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In place.
    Ok,
    /// Dialling works, but not as it might.
    Warn,
    /// Dialling does not work, or not all of it.
    Fail,
}

impl Verdict {
    /// As shown; what fails catches the eye.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The thing.
    pub what: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen.
    pub found: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    fn warn(what: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, advice: Some(advice.into()), ..Self::ok(what, found) }
    }

    fn fail(what: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, ..Self::warn(what, found, advice) }
    }
}

/// Looks at everything, in the order in which it is needed. What cannot be seen because something before it failed is
/// left out.
pub async fn check(config: Result<&Config, &Problems>) -> Vec<Finding> {
    let config = match config {
        Ok(config) => config,
        Err(problems) => return house::misconfigured(problems),
    };
    let mut findings = vec![
        house::configured(config),
        house::zones(config),
        house::data_dir(config),
        house::database(config).await,
    ];
    findings.extend(do_not_call::look(config).await);
    findings.extend(answers::look(config).await);
    findings.extend(house::redis(config).await);
    findings.extend(sinks::look(config).await);
    findings.extend(asterisk::look(config).await);
    findings.extend(house::ami(config).await);
    findings.push(house::shell(config).await);
    findings
}
