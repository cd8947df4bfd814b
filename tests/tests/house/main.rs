//! The whole house from outside: the program, a PBX, callees and agents.

mod asterisk_away;
mod bad_input;
mod callbacks;
mod demo;
mod hours;
mod marks;
mod outage;
mod postgres;
mod real_asterisk;
mod results;
mod scene;
mod simulated;
mod texts;
mod trunk;
mod unrecorded;
mod waiting;
