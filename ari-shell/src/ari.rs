//! A thin typed client for the Asterisk REST Interface of Asterisk 22.

pub mod timestamp;
pub mod version;
pub mod wire;

pub use timestamp::Timestamp;
pub use version::{Floor, Version, floor};
pub use wire::{Body, BridgeId, ChannelId, Event, Malformed, PlaybackId, RecordingName, decode};
