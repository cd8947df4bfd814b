//! Executes the engine's commands against Asterisk, the database and the operators.
pub mod ari;
