//! Chance: one seed tree, so that two policies meet the same people.
//!
//! Every draw comes from a stream of its own, named by what it is for and whom it concerns. A policy that dials in
//! another order, or dials more, still meets each lead in the same mood. The transforms use `libm` and nothing of the
//! platform's own mathematics, so a seed gives the same world everywhere.

use engine::words::Span;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// What a callee does with a call.
    Callee,
    /// How long a conversation lasts.
    Talk,
    /// How long an agent's work after it lasts.
    WrapUp,
    /// When an agent comes to work and goes home.
    Shift,
    /// When an agent takes a break, and how long it lasts.
    Break,
    /// What a carrier does with a call.
    Carrier,
    /// What goes wrong.
    Fault,
    /// How long an agent looks at a lead before it is dialled.
    Preview,
    /// What is heard of whoever answers.
    Sound,
}

/// A stream of random figures.
#[derive(Debug, Clone)]
pub(crate) struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream for a purpose and whom it concerns: a lead and the number of the attempt, or an agent and the number
    /// of the conversation.
    pub(crate) fn of(seed: u64, purpose: Purpose, whom: u64, nth: u64) -> Self {
        let keys = [seed, purpose as u64, whom, nth];
        Self(Xoshiro256PlusPlus::seed_from_u64(keys.into_iter().fold(0, stir)))
    }

    /// From 0 up to, not including, 1, in steps of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }

    /// Exponential with mean 1.
    fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller, 1958).
    fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        radius * libm::cos(2.0 * core::f64::consts::PI * self.unit())
    }

    /// One draw of a law.
    pub(crate) fn span(&mut self, law: &Law) -> Span {
        // Rounded once, here: from now on time is whole microseconds.
        Span((self.seconds(law) * 1e6) as u64)
    }

    fn seconds(&mut self, law: &Law) -> f64 {
        match *law {
            Law::Fixed { seconds } => seconds,
            Law::Uniform { from, to } => from + (to - from) * self.unit(),
            Law::Exponential { mean, after } => after + mean * self.exponential(),
            Law::Gamma { shape, mean, after } => {
                let sum: f64 = (0..shape).map(|_| self.exponential()).sum();
                after + mean * sum / f64::from(shape)
            }
            Law::Lognormal { mean, cv, after } => {
                let variance = libm::log(1.0 + cv * cv);
                after + mean * libm::exp(libm::sqrt(variance) * self.normal() - variance / 2.0)
            }
            Law::Mixture { ref parts } => {
                let lot = self.unit();
                let mut up_to = 0.0;
                let drawn = parts.iter().find(|(share, _)| {
                    up_to += share;
                    lot < up_to
                });
                // The shares sum to 1, give or take what rounding leaves over for the last.
                let (_, law) = drawn.or(parts.last()).expect("a mixture has parts");
                self.seconds(law)
            }
            // Less than 1 times the length is less than the length, however it is rounded.
            Law::OneOf { ref seconds } => seconds[(self.unit() * seconds.len() as f64) as usize],
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014) over a key and what was stirred before.
fn stir(before: u64, key: u64) -> u64 {
    let mut z = before.wrapping_add(key).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A law that a time is drawn from, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Law {
    Fixed {
        seconds: f64,
    },
    Uniform {
        from: f64,
        to: f64,
    },
    Exponential {
        mean: f64,
        after: f64,
    },
    Gamma {
        shape: u32,
        mean: f64,
        after: f64,
    },
    Lognormal {
        mean: f64,
        cv: f64,
        after: f64,
    },
    /// One of several, each with its share; the shares sum to 1.
    Mixture {
        parts: Vec<(f64, Law)>,
    },
    /// One of several times, each equally likely; there is at least one.
    OneOf {
        seconds: Vec<f64>,
    },
}

impl Law {
    /// Always no time at all.
    pub(crate) const AT_ONCE: Self = Self::Fixed { seconds: 0.0 };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Laws, each with its mean and its variance.
    fn laws() -> [(Law, f64, f64); 7] {
        let refusals = (0.6, Law::Fixed { seconds: 5.0 });
        let sales = (0.4, Law::Exponential { mean: 300.0, after: 0.0 });
        [
            (Law::Fixed { seconds: 20.0 }, 20.0, 0.0),
            (Law::Uniform { from: 14.0, to: 20.0 }, 17.0, 3.0),
            (Law::Exponential { mean: 10.0, after: 2.0 }, 12.0, 100.0),
            (Law::Gamma { shape: 2, mean: 7.0, after: 3.0 }, 10.0, 24.5),
            (Law::Lognormal { mean: 90.0, cv: 0.9, after: 0.0 }, 90.0, 6_561.0),
            // 0.6 * 25 + 0.4 * 180,000 - 123^2.
            (Law::Mixture { parts: vec![refusals, sales] }, 123.0, 56_886.0),
            // 4,100 / 3 - 30^2.
            (Law::OneOf { seconds: vec![10.0, 20.0, 60.0] }, 30.0, 1_400.0 / 3.0),
        ]
    }

    #[test]
    fn each_law_has_the_mean_and_the_variance_it_is_named_for() {
        for (law, mean, variance) in laws() {
            let draws: Vec<f64> = (0..100_000)
                .map(|lead| Stream::of(7, Purpose::Talk, lead, 1).span(&law).0 as f64 / 1e6)
                .collect();
            let n = draws.len() as f64;
            let seen = draws.iter().sum::<f64>() / n;
            let spread = draws.iter().map(|draw| (draw - seen) * (draw - seen)).sum::<f64>() / n;
            assert!((seen - mean).abs() <= 0.02 * mean, "{law:?}: mean {seen}");
            assert!((spread - variance).abs() <= 0.1 * variance + 1e-6, "{law:?}: variance {spread}");
        }
    }

    #[test]
    fn the_same_lead_is_met_in_the_same_mood_and_each_purpose_has_its_own() {
        let first = |purpose, lead, nth| Stream::of(1, purpose, lead, nth).0.next_u64();
        assert_eq!(first(Purpose::Callee, 5, 1), first(Purpose::Callee, 5, 1));
        let others = [
            (Purpose::Callee, 5, 2),
            (Purpose::Callee, 6, 1),
            (Purpose::Talk, 5, 1),
            (Purpose::Callee, 1, 5),
        ];
        for (purpose, lead, nth) in others {
            assert_ne!(first(Purpose::Callee, 5, 1), first(purpose, lead, nth), "{purpose:?} {lead} {nth}");
        }
    }

    #[test]
    fn draws_are_the_same_on_every_machine() {
        let drawn: Vec<u64> =
            laws().iter().map(|(law, ..)| Stream::of(7, Purpose::Callee, 3, 2).span(law).0).collect();
        insta::assert_debug_snapshot!(drawn, @"
        [
            20000000,
            18911106,
            19065971,
            10714636,
            22094345,
            149275440,
            60000000,
        ]
        ");
    }
}
