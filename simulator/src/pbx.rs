//! A simulated Asterisk: what a dialler sees of one over ARI, and the people behind it.
//!
//! [`Pbx`] is the model: a value without clock, socket or thread, that behaves as Asterisk 22.10 was measured to
//! behave, down to the order of its events and its odd status codes. [`server`] puts it behind HTTP and a WebSocket.
//! Nothing in here knows the engine.
//!
//! # Who answers
//!
//! With [`Directory::ByNumber`] a number says what its owner does, here and in the tests with a real Asterisk. A test
//! number has 11 digits: `1555`, a code, and any four digits. A dial prefix in front of it changes nothing.
//!
//! | number | what happens |
//! |---|---|
//! | `1555 100 xxxx` | never replies at all: silent until we give up |
//! | `1555 180 xxxx` | rings for ever |
//! | `1555 189 xxxx` | rings for half a second, then 503 |
//! | `1555 200 xxxx` | a person answers after 1 s of ringing, talks for 2 s, hangs up |
//! | `1555 201 xxxx` | a person answers at once, without a 180, and stays until hung up |
//! | `1555 202 xxxx` | early media (183), an answer 0.5 s later, talks for 2 s, hangs up |
//! | `1555 203 xxxx` | answers at once and hangs up at once |
//! | `1555 205 xxxx` | a person answers at once, talks for 1 s, hangs up |
//! | `1555 206 xxxx` | a person answers at once, says nothing, hangs up after 1 s |
//! | `1555 204 xxxx` | a machine answers after 1 s of ringing and records for 30 s |
//! | `1555 21d xxxx` | a person answers after 1 s of ringing, presses the key `d` 3 s later, stays until hung up |
//! | `1555 22x xxxx` | a person answers at once, presses the keys that [`Directory::ByNumber`] names, stays until hung up |
//! | `1555 302 xxxx` | 302 after 200 ms |
//! | `1555 4xx xxxx` to `1555 6xx xxxx` | that final SIP response after 200 ms, without ringing |
//! | anything else | 404 after 200 ms |
//!
//! With [`Directory::Population`] a crowd is drawn from the seed. Numbers are reached as `PJSIP/<number>@trunk…` or
//! `Local/<number>@from-campaign…` (with or without `/n`), agents as `PJSIP/agent-<name>`.
//!
//! # What it does not imitate
//!
//! - **Originate into the dialplan, `create` and `dial`, inbound calls**: the dialler uses none of them. Without an
//!   `app` it answers 400, to `create` 501.
//! - **Media**: no RTP and no external media. A channel that snoops hears nothing; a sound has a length, a recording of a
//!   channel has one and nothing in it, also of what is muted, an answering machine is known to be one, and music on hold is heard by nobody.
//! - **The dialplan**: it has one context, in which `continue` runs a fixed `AMD()`; in every other one it hangs up.
//!   Variables are stored, functions are not run, with the exception of `TIMEOUT(absolute)`.
//! - **The call that follows a 302**: the shipped dialplan hangs it up at once, so it is never made. Only the `Dial`
//!   event's `forward` tells of it.
//! - **The second half of Local channels**: it lives in the dialplan, which is not here. All that is heard of it is the
//!   `ChannelUserevent` by which the shipped dialplan tells how the far end refused.
//! - **A channel thread that is busy playing** delays all that is asked of it in Asterisk; here no more than that it is added to a bridge.
//! - **A playback's id that is used in a bridge twice** is played twice in Asterisk; here the second is refused, as a channel's is.
//! - **REST over the WebSocket**: the dialler sends requests over HTTP, where they run side by side.
//! - **`sessionlimit` and `session_keep_alive`**: HTTP connections are neither counted nor closed when idle.
//! - **Skewed snapshots**: the channel in an event is as it was when the event was published, never later.
//! - **Events of endpoints, devices and connected lines**: a subscription to them is kept and shown, and stays quiet.
//!
//! Guessed, not measured: the causes left by `TIMEOUT(absolute)` and by an answer for an inactive application (0
//! unbridged, 16 bridged), that `TIMEOUT(absolute)` sends no `ChannelHangupRequest`, and that a `reason_code` over 127
//! is shown as it was given.

mod application;
mod bridge;
mod call;
mod callee;
pub(crate) mod cause;
mod channel;
mod clock;
mod config;
mod dialplan;
mod ending;
mod far_end;
mod fault;
mod model;
mod originate;
mod playback;
mod recording;
mod request;
mod route;
mod schedule;
pub mod server;
mod snoop;
mod talk;

pub use application::SessionId;
pub use callee::{AgentConduct, Callee, Directory, Population, Press, Span, Stay};
pub use config::Config;
pub use far_end::{Invite, Side};
pub use fault::{Fault, TrunkConduct};
pub use model::{Content, Order, Outgoing, Pbx, Served, Ticket};
pub use request::{Method, Reply, Request};
