//! A world for the engine to decide in: callees, agents, carriers, and a PBX that speaks ARI.
//!
//! It never touches a telephone network. [`pbx`] is the simulated Asterisk, as a pure model and as a server;
//! [`replay`] runs a journal through the engine again. [`study`] plays the days of a [`scenario`] around the engine that
//! ships, and [`limit`] computes the best that any pacing can reach; [`report`] draws both. [`amd`] is what Asterisk makes of a
//! sound when it tells persons from machines.

pub mod amd;
mod baseline;
mod draw;
mod kernel;
pub mod limit;
pub mod pbx;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod study;
mod table;
mod world;
