//! The shell executes the engine's commands: ARI, SQL, HTTP. It decides nothing about dialling.

pub mod cli;
pub mod clock;
pub mod config;
pub mod floor;
pub mod http;
pub mod operator;
