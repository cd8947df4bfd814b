//! Against a real Asterisk 22, with a far end that keeps its own log.

mod kills;
mod manager;
mod mix;
mod music;
mod outage;
mod scenarios;
mod three_hundred;
