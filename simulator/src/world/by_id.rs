//! What the world keeps by id.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose order means nothing: whoever shows what is in it sorts it. It has the same order in every run all the same.
pub(super) type ById<Id, T> = HashMap<Id, T, BuildHasherDefault<Spread>>;

/// Ids are given out one after the other and by nobody who means ill, so one multiplication keeps them apart: its lower
/// bits, which are a place, differ among ids in a row, and its upper ones, which tell ids at one place apart, are mixed.
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn write_u64(&mut self, part: u64) {
        self.0 = (self.0.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u32(&mut self, part: u32) {
        self.write_u64(u64::from(part));
    }

    fn write_u16(&mut self, part: u16) {
        self.write_u64(u64::from(part));
    }

    fn write_u8(&mut self, part: u8) {
        self.write_u64(u64::from(part));
    }

    fn write_usize(&mut self, part: usize) {
        self.write_u64(part as u64);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u8(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
