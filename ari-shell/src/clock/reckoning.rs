//! What time it is, by two clocks: one that counts evenly and that nobody sets, and one that is set.

use engine::words::{Micros, Span};

/// By how much the two may differ before anything is made of it. What keeps a clock right, NTP, does so within
/// milliseconds and without a step; what steps it by less than this harms nobody's calling hours.
const STEP: Span = Span::secs(1);

/// Time that never runs backwards.
#[derive(Debug)]
pub(super) struct Reckoning {
    /// What time it would have been when counting began.
    began: Micros,
    /// Whether the clock that is set was set back, and time has not been right since.
    ahead: bool,
}

/// What the clock that is set has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It leapt forward, and time with it.
    Forward {
        /// What time it would have been.
        from: Micros,
    },
    /// It was set back, and time went on.
    Back,
}

impl From<Micros> for Reckoning {
    fn from(began: Micros) -> Self {
        Self { began, ahead: false }
    }
}

impl Reckoning {
    /// The time, where so much has been counted and the clock that is set says `wall`; with it what is news of that.
    pub(super) fn read(&mut self, counted: Span, wall: Micros) -> (Micros, Option<Step>) {
        let now = self.began + counted;
        if wall >= now + STEP {
            *self = Self::from(wall - counted);
            return (wall, Some(Step::Forward { from: now }));
        }
        let was_ahead = self.ahead;
        self.ahead = wall + STEP <= now || (was_ahead && wall < now);
        (now, (self.ahead && !was_ahead).then_some(Step::Back))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const NOON: Micros = Micros(1_800_000_000_000_000);

    /// What is told at each of these readings, in milliseconds after noon.
    fn told(readings: &[(u64, u64)]) -> Vec<(u64, Option<Step>)> {
        let mut reckoning = Reckoning::from(NOON);
        let ms = |at: Micros| (at.0 - NOON.0) / 1_000;
        let tell = |&(counted, wall): &(u64, u64)| {
            let (now, step) = reckoning.read(Span::millis(counted), NOON + Span::millis(wall));
            (ms(now), step)
        };
        readings.iter().map(tell).collect()
    }

    #[test]
    fn small_differences_are_left_alone() {
        assert_eq!(
            told(&[(0, 0), (5_000, 5_999), (9_000, 8_001), (9_500, 9_500)]),
            [(0, None), (5_000, None), (9_000, None), (9_500, None)]
        );
    }

    #[test]
    fn a_leap_forward_is_followed_and_told_once() {
        let from = NOON + Span::secs(5);
        assert_eq!(
            told(&[(5_000, 3_605_000), (6_000, 3_606_000), (7_000, 3_606_900)]),
            [(3_605_000, Some(Step::Forward { from })), (3_606_000, None), (3_607_000, None)]
        );
    }

    #[test]
    fn small_steps_forward_are_followed_once_they_have_become_a_large_one() {
        let from = NOON + Span::secs(2);
        assert_eq!(
            told(&[(1_000, 1_600), (2_000, 3_200), (3_000, 4_200)]),
            [(1_000, None), (3_200, Some(Step::Forward { from })), (4_200, None)]
        );
    }

    #[test]
    fn a_step_back_is_held_and_told_once_until_it_is_made_up_for() {
        assert_eq!(
            told(&[
                (60_000, 10_000),
                (61_000, 11_000),
                (62_000, 61_500),
                (63_000, 13_000),
                (64_000, 64_500),
                (65_000, 5_000),
            ]),
            [
                (60_000, Some(Step::Back)),
                (61_000, None),
                (62_000, None),
                (63_000, None),
                (64_000, None),
                (65_000, Some(Step::Back)),
            ]
        );
    }

    proptest! {
        #[test]
        fn time_never_runs_backwards_and_is_never_a_step_behind(
            readings in vec((0_u64..10_000_000, 0_u64..100_000_000), 1..50),
        ) {
            let mut reckoning = Reckoning::from(NOON);
            let (mut counted, mut last) = (Span::ZERO, NOON);
            for (more, wall) in readings {
                counted = counted + Span(more);
                let wall = NOON + Span(wall);
                let (now, _) = reckoning.read(counted, wall);
                prop_assert!(now >= last, "from {last:?} to {now:?}");
                prop_assert!(wall < now + STEP);
                last = now;
            }
        }
    }
}
