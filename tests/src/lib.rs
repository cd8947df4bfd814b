//! What the tests of the whole need: a [`lab`] with a real Asterisk, a far end and agents' phones; a [`pbx`] that is
//! either that or the simulated one; a [`house`], the dialer as its users run it; a [`browser`] that opens reports; a
//! [`receiver`] of results; and [`figures`] for the benches.
//!
//! It never decides whether a dial is right: it only shows, from outside, what was dialled and what was heard.

pub mod browser;
pub mod figures;
pub mod house;
pub mod lab;
pub mod pbx;
pub mod receiver;
