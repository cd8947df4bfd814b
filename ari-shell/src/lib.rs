//! The shell executes the engine's commands: ARI, SQL, HTTP. It decides nothing about dialling.

pub mod clock;
pub mod explain;
pub mod floor;
pub mod import;
mod moment;
pub mod report;
pub mod store;
