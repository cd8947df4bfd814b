//! A thin typed client for the Asterisk REST Interface of Asterisk 22.
//!
//! Commands go over HTTP ([`Client`]), events come over one WebSocket ([`Stream`]): requests on the socket are
//! carried out strictly one after the other, so that a bridge request which waits for a long playback would hold
//! up every hangup behind it. The messages themselves are plain data ([`wire`]).
//!
//! What this module never does: it decides nothing about dialling, keeps no state about calls, drops no message
//! in silence, and puts the password in no URL, log line, error or `Debug` output.
//!
//! # Driving it
//! 1. Name the server: [`Server::new`]. Only plain `http://`; ARI belongs on the loopback or behind a proxy.
//! 2. Make the [`Client`], ask for [`Client::info`] and compare the version with [`floor`].
//! 3. Open the [`Stream`] and read [`Stream::next`] until it ends. It reconnects by itself and says so *in the
//!    same queue as the events*, so that a reader always knows on which side of a gap an event lies.
//! 4. After each [`News::Connected`] compare the world with what is believed of it ([`Client::channels`],
//!    [`Client::bridges`]): Asterisk replays nothing.
//!
//! Events overtake replies (they did so in four of ten requests at 16 in flight): whoever sends a request must know
//! the id it carries before sending, and must not build state from the reply.

mod amd;
pub mod execute;
#[cfg(test)]
pub(crate) mod fake;
pub mod http;
pub mod reply;
pub mod requests;
pub mod socket;
pub mod timestamp;
pub mod translate;
pub mod version;
pub mod wire;

pub use execute::Executor;
pub(crate) use execute::module_of;
pub use http::{Client, HttpConfig, Server, ServerError};
pub use reply::{Doubt, Error, Kind};
pub use requests::{BridgeFlag, Direction, Hangup, Originate, Place, Reason, Recording};
pub use socket::{Item, News, SocketConfig, Stream, WhyLost};
pub use timestamp::Timestamp;
pub use translate::{Translator, Trunks};
pub use version::{Floor, Version, floor};
pub use wire::{Body, BridgeId, ChannelId, Event, Malformed, PlaybackId, RecordingName, decode};
