//! A world for the engine to decide in.

pub mod replay;
