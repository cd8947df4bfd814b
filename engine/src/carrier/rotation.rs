//! Whose turn is it? Smooth weighted round robin, as nginx has it: over a cycle each carrier gets exactly its weight,
//! spread as evenly as it goes.

use alloc::vec::Vec;

use crate::words::CarrierId;

/// One campaign's turn-taking.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    turns: Vec<Turn>,
}

#[derive(Debug, Clone)]
struct Turn {
    carrier: CarrierId,
    weight: i64,
    credit: i64,
}

impl Rotation {
    /// A rotation over carriers and their weights.
    pub(crate) fn new(carriers: impl Iterator<Item = (CarrierId, u32)>) -> Self {
        let turns = carriers.map(|(carrier, weight)| Turn { carrier, weight: i64::from(weight), credit: 0 });
        Self { turns: turns.collect() }
    }

    /// The carriers, in the order configured.
    pub(crate) fn carriers(&self) -> impl Iterator<Item = CarrierId> + '_ {
        self.turns.iter().map(|turn| turn.carrier)
    }

    /// The next carrier among those that `may` be used, and one turn on. Those that may not earn nothing meanwhile.
    pub(crate) fn next(&mut self, may: impl Fn(CarrierId) -> bool) -> Option<CarrierId> {
        let mut total = 0;
        let mut best: Option<&mut Turn> = None;
        for turn in self.turns.iter_mut().filter(|turn| may(turn.carrier)) {
            total += turn.weight;
            turn.credit += turn.weight;
            if best.as_ref().is_none_or(|best| turn.credit > best.credit) {
                best = Some(turn);
            }
        }
        let best = best?;
        best.credit -= total;
        Some(best.carrier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialled(weights: &[u32], calls: usize, may: impl Fn(CarrierId) -> bool) -> Vec<u32> {
        let mut rotation = Rotation::new((0..).map(CarrierId).zip(weights.iter().copied()));
        (0..calls).filter_map(|_| rotation.next(&may)).map(|carrier| carrier.0).collect()
    }

    #[test]
    fn turns_are_spread_over_the_cycle() {
        assert_eq!(dialled(&[5, 1, 1], 7, |_| true), [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn a_carrier_that_may_not_be_used_is_passed_over() {
        assert_eq!(dialled(&[5, 1, 1], 4, |c| c.0 != 0), [1, 2, 1, 2]);
        assert_eq!(dialled(&[5], 4, |_| false), [0; 0]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(10_000))]

        #[test]
        fn each_carrier_gets_exactly_its_weight_over_a_cycle(weights in proptest::collection::vec(1..40_u32, 1..6)) {
            let cycle = weights.iter().sum::<u32>() as usize;
            let calls = dialled(&weights, cycle * 2, |_| true);
            for (carrier, weight) in (0..).zip(&weights) {
                let turns = |calls: &[u32]| calls.iter().filter(|&&c| c == carrier).count();
                proptest::prop_assert_eq!(turns(&calls[..cycle]), *weight as usize);
                proptest::prop_assert_eq!(turns(&calls[cycle..]), *weight as usize);
            }
        }
    }
}
