//! The dial level: a multiplier that follows the surplus of agents over waiting calls.

use super::log::Figures;
use super::{Method, Rules};

/// What was seen, on average over the last samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Averages {
    /// Agents who were ready.
    pub(super) ready: f64,
    /// Answered calls that waited for one.
    pub(super) waiting: f64,
    /// All agents who were logged in, whatever they did.
    pub(super) agents: f64,
}

/// The level that follows on `level`, at that time of the server's clock (hours times 100 and minutes).
///
/// It has no memory but itself, and is never below 1: one line for each agent that counts.
pub(super) fn next(rules: &Rules, level: f64, seen: Averages, figures: &Figures, clock: u32) -> f64 {
    let surplus = seen.ready - seen.waiting + f64::from(rules.target);
    let percent = if seen.agents > 0.0 { 100.0 * surplus / seen.agents } else { 0.0 };
    let intensity = f64::from(rules.intensity) / 100.0;
    let felt = if percent < 0.0 { percent * (intensity - 1.0).abs() } else { percent * (intensity + 1.0) };
    let moved = thousandths(level * (1.0 + felt / 100.0)).min(rules.max_level).max(1.0);
    let halved = if figures.is_emergency() { moved / 2.0 } else { moved };
    let braked = if figures.is_above(rules.drop_limit) { brake(rules, halved, clock) } else { halved };
    stored(braked.max(1.0))
}

/// What is left of the level when there have been too many drops today.
fn brake(rules: &Rules, level: f64, clock: u32) -> f64 {
    match rules.method {
        Method::HardLimit => 1.0,
        Method::Average => level / 2.0,
        // The clock's figures are subtracted as they are written: from 11:30 to 21:00 it is 970.
        Method::Tapered => match rules.latest.checked_sub(clock) {
            Some(left) => level * (f64::from(left) / 1_000.0).min(1.0),
            None => 1.0,
        },
        Method::Ratio => unreachable!("what an administrator has fixed does not move"),
    }
}

fn thousandths(level: f64) -> f64 {
    format!("{level:.3}").parse().expect("it was a number before")
}

/// The level is kept as a text of six characters; the rest is cut off.
fn stored(level: f64) -> f64 {
    format!("{level:.14}")[..6].parse().expect("it was a number before")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::tests::rules;

    /// Nothing has been dropped yet.
    const QUIET: Figures =
        Figures { calls_today: 0, drops_today: 0.0, calls_last_minute: 0, drops_last_minute: 0.0 };
    /// 4 % of the day's answers were dropped.
    const MANY_DROPS: Figures = Figures { calls_today: 51, drops_today: 4.0, ..QUIET };

    fn adapted(rules: &Rules, level: f64, (ready, waiting, agents): (f64, f64, f64)) -> f64 {
        next(rules, level, Averages { ready, waiting, agents }, &QUIET, 1_000)
    }

    #[test]
    fn the_level_follows_the_surplus_of_agents_as_published() {
        for (level, seen, intensity, target, expected) in [
            (2.0, (3.0, 0.0, 20.0), 0, 0, 2.3),
            (2.0, (3.0, 0.0, 20.0), 0, -1, 2.2),
            (2.0, (0.0, 2.0, 20.0), 40, 0, 1.88),
            (2.0, (0.0, 2.0, 20.0), -40, 0, 1.72),
            (2.9, (6.0, 0.0, 20.0), 0, 0, 3.0),
            (1.0, (20.0, 0.0, 20.0), 0, 0, 2.0),
            (1.234, (2.6667, 0.1333, 17.0), -20, -1, 1.323),
            (1.0, (0.0, 2.0, 20.0), 0, 0, 1.0),
            (2.0, (0.0, 0.0, 0.0), 0, 0, 2.0),
        ] {
            let rules = Rules { intensity, target, ..rules(Method::HardLimit) };
            let level = adapted(&rules, level, seen);
            assert_eq!(level, expected, "{seen:?} at intensity {intensity} and target {target}");
        }
    }

    #[test]
    fn too_many_drops_brake_it_each_method_in_its_way() {
        let seen = Averages { ready: 3.0, waiting: 0.0, agents: 20.0 };
        for (method, clock, expected) in [
            (Method::HardLimit, 1_330, 1.0),
            (Method::Average, 1_330, 1.15),
            (Method::Tapered, 1_330, 1.771),
            (Method::Tapered, 1_000, 2.3),
            (Method::Tapered, 1_159, 2.1643),
            (Method::Tapered, 1_200, 2.07),
            (Method::Tapered, 2_101, 1.0),
        ] {
            let level = next(&rules(method), 2.0, seen, &MANY_DROPS, clock);
            assert_eq!(level, expected, "{method:?} at {clock}");
        }
    }

    #[test]
    fn it_is_braked_only_above_the_limit_and_after_fifty_calls() {
        let seen = Averages { ready: 3.0, waiting: 0.0, agents: 20.0 };
        let after = |figures: &Figures| next(&rules(Method::HardLimit), 2.0, seen, figures, 1_000);
        assert_eq!(after(&Figures { drops_today: 3.0, ..MANY_DROPS }), 2.3);
        assert_eq!(after(&Figures { drops_today: 3.01, ..MANY_DROPS }), 1.0);
        assert_eq!(after(&Figures { calls_today: 50, ..MANY_DROPS }), 2.3);
    }

    #[test]
    fn a_minute_in_which_most_calls_were_dropped_halves_it() {
        let seen = Averages { ready: 3.0, waiting: 0.0, agents: 20.0 };
        for (calls_last_minute, drops_last_minute, expected) in
            [(30, 60.0, 1.15), (20, 60.0, 2.3), (30, 50.0, 2.3)]
        {
            let figures = Figures { calls_last_minute, drops_last_minute, ..QUIET };
            let level = next(&rules(Method::HardLimit), 2.0, seen, &figures, 1_000);
            assert_eq!(level, expected, "{drops_last_minute} % of {calls_last_minute}");
        }
    }

    #[test]
    fn what_does_not_fit_into_six_characters_is_cut_off() {
        for (level, kept) in [(2.206_645, 2.2066), (1.1035, 1.1035), (1.0, 1.0), (10.123_46, 10.123)] {
            assert_eq!(stored(level), kept);
        }
    }
}
