//! The shell executes the engine's commands: ARI, SQL, HTTP. It decides nothing about dialling.

mod ami;
pub mod ari;
pub mod callflow;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dialer;
pub mod explain;
pub mod export;
pub mod floor;
pub mod hopper;
pub mod http;
pub mod import;
pub mod journal;
mod moment;
mod names;
pub mod note;
pub mod numbers;
pub mod operator;
pub mod outbox;
mod paces;
pub mod preflight;
pub mod recordings;
pub mod report;
mod rest;
pub mod store;
