//! Against a real Asterisk 22, with a far end that keeps its own log.

mod apart;
mod aside;
mod conference;
mod dead_phone;
mod desk;
mod ears;
mod kills;
mod manager;
mod mix;
mod music;
mod nobody_came;
mod outage;
mod queue;
mod recordings;
mod scenarios;
mod three_hundred;
mod transfers;
