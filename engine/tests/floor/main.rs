//! The engine on a floor: scenarios whose whole outputs are compared, and the laws as properties of random worlds.

mod agents;
mod allotted;
mod bench;
mod broadcast;
mod callbacks;
mod campaigns;
mod chance;
mod database;
mod failover;
mod gaps;
mod hours;
mod house;
mod joining;
mod laws;
mod opt_out;
mod pbx;
mod per_call;
mod progressive;
mod ratio;
mod render;
mod results;
mod ringing;
mod rules;
mod storage;
mod windows;
mod world;
