//! What the tests of the whole need: a [`lab`] with a real Asterisk, a far end and agents' phones.
//!
//! It never decides whether a dial is right: it only shows, from outside, what was dialled and what was heard.

pub mod lab;
