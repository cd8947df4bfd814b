//! A world to decide in: one campaign's floor, day after day, around the engine that ships.
//!
//! The engine's commands are answered here as a database and an exchange would: intents are durable at once, an
//! originate is followed by what the callee does, a join by the conversation. Nothing about dialling is decided here;
//! gate, hopper, retries and pacing are the engine's own.

mod callees;
mod carriers;
mod crew;
mod database;
mod exchange;
mod faults;
mod floor;
mod house;
pub(crate) mod ledger;
mod profile;
mod sound;

use engine::words::{Micros, Span};
use rustc_hash::FxHashMap;

pub(crate) use callees::Callees;
pub(crate) use carriers::{Carrier, Storm};
pub(crate) use crew::{Break, Group, Pauses};
pub(crate) use faults::{ClockJump, Delay, Faults, Mishaps, Restart};
pub(crate) use floor::Floor;
pub use floor::Traffic;
pub(crate) use house::{House, RING_LIMIT, SETUP_LIMIT};
pub(crate) use profile::Profile;
pub(crate) use sound::{Greetings, Tone, Voice};

/// What the world keeps by ids, which are given out in a row and by nobody who means ill. Its order means nothing: whoever
/// shows what is in it sorts it.
type ById<Id, T> = FxHashMap<Id, T>;

/// Everything that makes the days of a window, but the seed. Moments are counted from each day's opening.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct World {
    pub(crate) hours: Hours,
    pub(crate) crew: Vec<Group>,
    pub(crate) callees: Callees,
    pub(crate) carriers: Vec<Carrier>,
    pub(crate) faults: Faults,
    pub(crate) house: House,
}

/// When the house is open. Days open every 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hours {
    pub(crate) open: Span,
    /// When the first day of a window opens.
    pub(crate) opens: Micros,
    /// So long before closing time no new call is placed: whoever answers must still find somebody.
    pub(crate) last_calls: Span,
    /// When everybody who talks hangs up at once.
    pub(crate) fire_alarms: Vec<Span>,
}
