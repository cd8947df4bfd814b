//! A world to decide in: one campaign's floor for one day, around the engine that ships.
//!
//! The engine's commands are answered here as a database and an exchange would: intents are durable at once, an
//! originate is followed by what the callee does, a join by the conversation. Nothing about dialling is decided here;
//! gate, hopper, retries and pacing are the engine's own.

mod callees;
mod floor;
pub(crate) mod ledger;

use engine::pacing::Pacing;
use engine::words::Span;

use crate::baseline;
use crate::draw::Law;

pub(crate) use callees::{AnswerRate, Callees};
pub(crate) use floor::Floor;

/// Everything that makes a day, but the seed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct World {
    /// How long the day is.
    pub(crate) hours: f64,
    pub(crate) crew: Crew,
    pub(crate) callees: Callees,
    pub(crate) house: House,
}

/// The agents.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Crew {
    pub(crate) agents: u32,
    pub(crate) talk: Law,
    /// Fixed: the engine ends it and so knows its end. Otherwise the agent does.
    pub(crate) wrap_up: Law,
}

/// What the house has decided.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct House {
    pub(crate) pacing: Pacing,
    /// Who allots the dials, where the engine is not to pace itself.
    pub(crate) baseline: Option<baseline::Rules>,
    pub(crate) greeting: Span,
    pub(crate) answer_within: Span,
}

impl World {
    /// The day's length.
    pub(crate) fn length(&self) -> Span {
        Span((self.hours * 3.6e9) as u64)
    }
}
