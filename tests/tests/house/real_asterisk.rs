//! Against a real Asterisk 22, with a far end that keeps its own log.

mod kills;
mod mix;
mod three_hundred;
