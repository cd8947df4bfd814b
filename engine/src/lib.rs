//! The engine decides what to dial and when. It performs no I/O.
//!
//! Facts come in as [`Event`]s, decisions go out as [`Command`]s, and time is an argument. There is no clock, file,
//! socket, thread, hash order or platform float in here: the same configuration, seed and events give the same
//! commands, byte for byte, in any process. What must survive the process is in the database, put there by commands;
//! the engine's own state is never written down.
//!
//! # How to drive it
//! ```text
//! let mut engine = Engine::new(config, seed, now)?;
//! loop {
//!     while let Some(command) = engine.poll_command() { start it; its answer comes back as Event::Settled }
//!     let wake = engine.poll_timeout();            // arm one timer
//!     let event = whatever comes first: an event, or Event::Woke at `wake`;
//!     engine.handle(now, event);
//! }
//! ```
//! One event in, then all commands out: `handle` asserts that nothing was left from the event before.
#![no_std]

extern crate alloc;

pub mod agent;
pub mod amd;
mod breaker;
pub mod call;
pub mod campaign;
pub mod carrier;
mod command;
mod deadline;
pub mod digits;
mod engine;
mod event;
pub mod flow;
mod gate;
#[cfg(feature = "journal")]
pub mod journal;
pub mod lead;
pub mod pacing;
mod pending;
pub mod recording;
mod roster;
pub mod view;
mod window;
pub mod words;
pub mod zone;

pub use command::{Command, Denial, Originate, TextMessage};
pub use deadline::Wake;
pub use engine::{BadConfig, Config, Engine};
pub use event::{
    Event, Failure, LegNews, OpenAttempt, OpenCampaign, OpenSession, Outcome, RecordingWish, SaveRefusal,
    SeenLeg, SeenTake, Times, TransferWish, Wish,
};
pub use gate::Reason;
