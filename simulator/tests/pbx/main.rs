//! The simulated PBX, seen from outside: as a model and as a server.

mod causes;
mod driver;
mod laws;
mod resources;
mod sequences;
mod server;
mod trouble;
