//! The engine on a floor: scenarios whose whole outputs are compared, and the laws as properties of random worlds.

mod agents;
mod bench;
mod campaigns;
mod database;
mod failover;
mod gaps;
mod house;
mod joining;
mod pbx;
mod per_call;
mod progressive;
mod ratio;
mod render;
mod ringing;
mod storage;
