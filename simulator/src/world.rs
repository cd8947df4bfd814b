//! A world to decide in: one campaign's floor, day after day, around the engine that ships.
//!
//! The engine's commands are answered here as a database and an exchange would: intents are durable at once, an
//! originate is followed by what the callee does, a join by the conversation. Nothing about dialling is decided here;
//! gate, hopper, retries and pacing are the engine's own.

mod callees;
mod floor;
pub(crate) mod ledger;

use engine::pacing::Pacing;
use engine::words::Span;

use crate::draw::Law;

pub(crate) use callees::{AnswerRate, Callees};
pub(crate) use floor::Floor;

/// Everything that makes a day, but the seed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct World {
    pub(crate) hours: Hours,
    pub(crate) crew: Crew,
    pub(crate) callees: Callees,
    pub(crate) house: House,
}

/// When the house is open. Days open every 24 hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hours {
    pub(crate) open: Span,
    /// So long before closing time no new call is placed: whoever answers must still find somebody.
    pub(crate) last_calls: Span,
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
    pub(crate) greeting: Span,
    pub(crate) answer_within: Span,
}
