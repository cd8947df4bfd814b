//! Broadcast: so many dials a minute, evenly spaced, whoever is ready.

use crate::words::{Micros, Span};

/// When the next dial of a broadcast is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Broadcast {
    every: Span,
    next: Micros,
    /// When the last one was, by the spacing.
    last: Option<Micros>,
}

impl Broadcast {
    /// `per_minute` is at least 1. The first dial is due at once.
    pub(super) const fn new(per_minute: u32, now: Micros) -> Self {
        Self { every: spacing(per_minute), next: now, last: None }
    }

    /// So many a minute from the last dial on. What would have been due before now is due now.
    pub(super) fn turns_to(&mut self, per_minute: u32, now: Micros) {
        self.every = spacing(per_minute);
        if let Some(last) = self.last {
            self.next = Ord::max(last + self.every, now);
        }
    }

    /// How many dials are due: never more than one, since they are spaced.
    pub(super) fn dials(&self, now: Micros) -> u32 {
        u32::from(self.next <= now)
    }

    /// When the next one is due.
    pub(super) const fn next(&self) -> Micros {
        self.next
    }

    /// One has left. What came late by less than the spacing does not shift those after it; what could not leave for
    /// longer is not made up for, or a pause would end in a burst.
    pub(super) fn dialled(&mut self, now: Micros) {
        let is_on_time = self.next + self.every > now;
        let last = if is_on_time { self.next } else { now };
        (self.last, self.next) = (Some(last), last + self.every);
    }
}

/// The time between two dials of `per_minute`, which is at least 1.
const fn spacing(per_minute: u32) -> Span {
    Span(60_000_000 / per_minute as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_dial_does_not_shift_the_next_and_a_pause_is_not_made_up_for() {
        let mut broadcast = Broadcast::new(60, Micros(0));
        let ms = |ms: u64| Micros(ms * 1_000);
        for (dialled, next) in [(0, 1_000), (1_000, 2_000), (2_300, 3_000), (3_000, 4_000), (9_500, 10_500)] {
            assert_eq!(broadcast.dials(ms(dialled)), 1, "at {dialled} ms");
            broadcast.dialled(ms(dialled));
            assert_eq!(broadcast.next(), ms(next), "after the dial at {dialled} ms");
            assert_eq!(broadcast.dials(ms(next - 1)), 0, "before {next} ms");
        }
    }
}
