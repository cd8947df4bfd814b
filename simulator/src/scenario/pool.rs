//! The exponential pool that is like a scenario's: the one whose limit can be computed.

use super::{Rate, Scenario, Time};
use crate::limit::Case;

/// Shorter patience is none: the solver knows 0, or a tenth of a second and more.
const NO_PATIENCE_S: f64 = 0.1;

impl Scenario {
    /// The pool with this scenario's means: handle time, time to an answer, share of answers over the day, and how
    /// long an answered caller waits. Its times are exponential and its answer rate is known and does not move.
    #[must_use]
    pub fn pool(&self, drop: f64) -> Case {
        let wrap_up_s = self.agents.wrap_up.map_or(0.0, Time::mean_s);
        let patience_s = self.campaign.greeting.0 + self.campaign.answer_within.0;
        Case {
            agents: self.agents.count.0,
            answer_rate: self.callees.answer_rate.mean(self.shift.hours.0),
            talk_s: self.agents.talk.mean_s() + wrap_up_s,
            ring_s: self.callees.answer.mean_s(),
            drop,
            patience_s: if patience_s < NO_PATIENCE_S { 0.0 } else { patience_s },
        }
    }
}

impl Time {
    fn mean_s(self) -> f64 {
        match self {
            Self::Fixed(seconds) => seconds.0,
            Self::Uniform { from, to } => f64::midpoint(from.0, to.0),
            Self::Exponential { mean, after }
            | Self::Gamma { mean, after, .. }
            | Self::Lognormal { mean, after, .. } => mean.0 + after.0,
        }
    }
}

impl Rate {
    /// Over a day of so many hours.
    fn mean(&self, hours: f64) -> f64 {
        match self {
            Self::Flat(share) => share.0,
            Self::Steps(steps) => {
                let ends = steps.iter().skip(1).map(|(hour, _)| *hour).chain([hours]);
                let parts = steps.iter().zip(ends).map(|((from, share), to)| {
                    let lasts = to.min(hours) - from.min(hours);
                    lasts * share.0
                });
                parts.sum::<f64>() / hours
            }
            Self::Sine { mean, swing, period } => {
                let turn = 2.0 * core::f64::consts::PI / period.0;
                mean.0 + swing.0 * (1.0 - libm::cos(turn * hours)) / (turn * hours)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario;

    #[test]
    fn the_pool_has_the_means_of_its_scenario() {
        let case = |name| {
            let case = scenario::load(name).expect("a preset").pool(0.03);
            let figures = [case.answer_rate, case.talk_s, case.ring_s, case.patience_s];
            (case.agents, figures.map(|figure| libm::round(figure * 1e4) / 1e4))
        };
        assert_eq!(case("exponential"), (10, [0.3, 120.0, 10.0, 0.0]));
        assert_eq!(case("realistic-flat"), (10, [0.22, 110.0, 10.0, 3.2]));
        // Four hours of 0.10 and four of 0.38.
        assert_eq!(case("realistic-step"), (10, [0.24, 110.0, 10.0, 3.2]));
        // Two and two thirds swings, of which the last goes up for an hour and a half and down for half of one.
        assert_eq!(case("realistic-sine"), (10, [0.2307, 110.0, 10.0, 3.2]));
    }
}
