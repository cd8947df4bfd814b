//! Who hears it? (core to come)
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::agent::AgentRules;
use crate::campaign::CampaignRules;
use crate::carrier::CarrierRules;
use crate::deadline::Wake;
use crate::view::View;
use crate::words::{AttemptId, Micros, Node, SessionId, Span};
use crate::{Command, Event};

/// All that is decided outside.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// The name of this dialer on its PBX.
    pub node: Node,
    /// The campaigns, each id once.
    pub campaigns: Vec<CampaignRules>,
    /// The carriers, each id once.
    pub carriers: Vec<CarrierRules>,
    /// The agents, each id once.
    pub agents: Vec<AgentRules>,
    /// The first attempt id that has never been used.
    pub next_attempt: AttemptId,
    /// The first session id that has never been used.
    pub next_session: SessionId,
    /// How long a command to the PBX may go unanswered.
    pub pbx_patience: Span,
    /// How long a command to the database may go unanswered.
    pub database_patience: Span,
    /// How often to compare with what the PBX holds.
    pub survey_every: Span,
}

/// A configuration that cannot work, and what would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadConfig {
    /// Where, such as `campaign "spring": ring_timeout`.
    pub field: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl core::error::Error for BadConfig {}

/// The dialer.
#[derive(Debug, Clone)]
pub struct Engine {
    config: Config,
}

impl Engine {
    /// A new engine at `now`.
    ///
    /// # Errors
    /// [`BadConfig`] names the first field that cannot work.
    pub fn new(config: Config, _seed: [u8; 32], _now: Micros) -> Result<Self, BadConfig> {
        Ok(Self { config })
    }
    /// Takes in one fact at `now`; commands are then to be polled until there are none.
    pub fn handle(&mut self, _now: Micros, _event: Event) {}
    /// The next command.
    #[must_use]
    pub fn poll_command(&mut self) -> Option<Command> {
        None
    }
    /// When to send [`Event::Woke`] at the latest, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Micros, Wake)> {
        None
    }
    /// The floor as it is.
    #[must_use]
    pub fn view(&self) -> View {
        unreachable!("to come: {}", self.config.node)
    }
    /// Whether a closed floor has nothing left to do.
    #[must_use]
    pub fn at_rest(&self) -> bool {
        true
    }
}
