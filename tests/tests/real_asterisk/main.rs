//! Everything that needs a real Asterisk; each module is one subject.

mod asterisk_facts;
mod check;
mod probe;
mod recording_facts;
