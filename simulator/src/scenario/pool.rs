//! The exponential pool that is like a scenario's: the one whose limit can be computed.

use super::{Agents, Hour, Probability, Rate, Scenario, Time};
use crate::limit::Case;

/// Shorter patience is none: the solver knows 0, or a tenth of a second and more.
const NO_PATIENCE_S: f64 = 0.1;

impl Scenario {
    /// The pool with this scenario's means: agents of all groups, handle time, time to an answer, share of answers over
    /// the day, and how long an answered caller waits. Its times are exponential and its answer rate is known and does not
    /// move. It knows nothing of shifts and breaks, of the factors by hour, attempt and list age, nor of voicemail.
    ///
    /// `None` where callees may hang up before they are dropped: they have answered and are no drops, and so pay for drops
    /// that no pool without them could have. What is the limit there is no limit here.
    #[must_use]
    pub fn pool(&self, drop: f64) -> Option<Case> {
        let patience_s = self.campaign.greeting.0 + self.campaign.answer_within.0;
        // Where persons must first be told from machines, it may take longer until one is dropped.
        let is_heard = self.callees.greetings.is_some();
        if self.callees.patience.as_ref().is_some_and(|time| is_heard || time.least() < patience_s) {
            return None;
        }
        Some(Case {
            agents: self.headcount(),
            answer_rate: self.callees.answer_rate.mean(self.shift.hours.0),
            talk_s: self.handle_s(),
            ring_s: self.callees.answer.mean_s(),
            drop,
            patience_s: if patience_s < NO_PATIENCE_S { 0.0 } else { patience_s },
        })
    }

    /// Talk and wrap-up of an agent, over all groups.
    fn handle_s(&self) -> f64 {
        let handle_s =
            |group: &Agents| group.talk.mean_s() + group.wrap_up.as_ref().map_or(0.0, Time::mean_s);
        let sum: f64 = self.groups().map(|group| f64::from(group.count.0) * handle_s(group)).sum();
        sum / f64::from(self.headcount())
    }
}

impl Time {
    fn mean_s(&self) -> f64 {
        match self {
            Self::Fixed(seconds) => seconds.0,
            Self::Uniform { from, to } => f64::midpoint(from.0, to.0),
            Self::Exponential { mean, after }
            | Self::Gamma { mean, after, .. }
            | Self::Lognormal { mean, after, .. } => mean.0 + after.0,
            Self::Mixture(parts) => parts.iter().map(|part| part.share.0 * part.of.mean_s()).sum(),
            Self::OneOf(times) => times.iter().map(|time| time.0).sum::<f64>() / times.len() as f64,
        }
    }
}

impl Rate {
    /// Over a day of so many hours.
    fn mean(&self, hours: f64) -> f64 {
        match self {
            Self::Flat(share) => share.0,
            Self::Steps(steps) => {
                let ends = steps.iter().skip(1).map(|(hour, _)| hour.0).chain([hours]);
                let parts = steps.iter().zip(ends).map(|((from, share), to)| {
                    let lasts = to.min(hours) - from.0.min(hours);
                    lasts * share.0
                });
                parts.sum::<f64>() / hours
            }
            Self::Ramp(points) => mean_of_ramp(points, hours),
            Self::Sine { mean, swing, period } => {
                let turn = 2.0 * core::f64::consts::PI / period.0;
                mean.0 + swing.0 * (1.0 - libm::cos(turn * hours)) / (turn * hours)
            }
        }
    }
}

/// Of a figure that goes in straight lines from point to point, the first at hour 0, and then stays.
fn mean_of_ramp(points: &[(Hour, Probability)], hours: f64) -> f64 {
    let lines = points.windows(2).map(|ends| {
        let [(from, low), (to, high)] = [0, 1].map(|end: usize| (ends[end].0.0, ends[end].1.0));
        let until = to.min(hours);
        let reached = low + (high - low) * (until - from) / (to - from);
        (until - from).max(0.0) * f64::midpoint(low, reached)
    });
    let (last, level) = points.last().map_or((0.0, 0.0), |(hour, share)| (hour.0, share.0));
    (lines.sum::<f64>() + (hours - last).max(0.0) * level) / hours
}

#[cfg(test)]
mod tests {
    use crate::scenario::{self, Hours};

    #[test]
    fn the_pool_has_the_means_of_its_scenario() {
        let case = |name| {
            let mut scenario = scenario::load(name).expect("a preset");
            scenario.callees.patience = None;
            let case = scenario.pool(0.03).expect("nobody hangs up");
            let figures = [case.answer_rate, case.talk_s, case.ring_s, case.patience_s];
            (case.agents, figures.map(|figure| libm::round(figure * 1e4) / 1e4))
        };
        assert_eq!(case("exponential"), (10, [0.3, 120.0, 10.0, 0.0]));
        assert_eq!(case("realistic-flat"), (10, [0.22, 110.0, 10.0, 3.2]));
        // Four hours of 0.10 and four of 0.38.
        assert_eq!(case("realistic-step"), (10, [0.24, 110.0, 10.0, 3.2]));
        // Two and two thirds swings, of which the last goes up for an hour and a half and down for half of one.
        assert_eq!(case("realistic-sine"), (10, [0.2307, 110.0, 10.0, 3.2]));
        // Eight agents with 90 + 20 s, and four with 0.7 x 7 s, 0.3 x 300 s and 15 s.
        assert_eq!(case("everything"), (12, [0.225, 109.9667, 10.0, 3.2]));
    }

    #[test]
    fn talks_that_were_observed_have_their_mean() {
        let mut scenario = scenario::load("exponential").expect("a preset");
        scenario.agents.talk = toml::from_str("one_of = [12.5, 40, 75]").expect("a time");
        assert_eq!(scenario.pool(0.03).expect("nobody hangs up").talk_s, 42.5);
    }

    #[test]
    fn a_scenario_whose_callees_may_hang_up_before_they_are_dropped_has_no_such_pool() {
        // Its callees are dropped after 3.2 s.
        let mut scenario = scenario::load("realistic-flat").expect("a preset");
        for (patience, has_pool) in
            [("fixed = 3.1", false), ("fixed = 3.2", true), ("exponential = { mean = 60 }", false)]
        {
            let time = toml::from_str(patience).expect("a time");
            scenario.callees.patience = Some(time);
            assert_eq!(scenario.pool(0.03).is_some(), has_pool, "{patience}");
        }
    }

    #[test]
    fn a_ramp_is_averaged_up_to_closing_time_and_stays_where_it_ends() {
        let mut scenario = scenario::load("everything").expect("a preset");
        scenario.callees.patience = None;
        // From 0.15 at the opening to 0.30 after two hours.
        for (hours, mean) in [(1.0, 0.1875), (2.0, 0.225), (4.0, 0.2625)] {
            scenario.shift.hours = Hours(hours);
            let seen = scenario.pool(0.03).expect("nobody hangs up").answer_rate;
            assert!((seen - mean).abs() < 1e-12, "{hours} hours: {seen}, and not {mean}");
        }
    }
}
