//! A scenario with one of its conditions somewhat more, or less.

use super::{Agents, Count, Hour, Part, Probability, Rate, Scenario, Seconds, Time};

/// A condition that nobody knows exactly beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The share of dials that a person answers.
    AnswerRate,
    /// How long it rings, until an answer or in vain.
    RingTime,
    /// How long a conversation lasts.
    TalkTime,
    /// How many agents there are.
    Agents,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AnswerRate, Self::RingTime, Self::TalkTime, Self::Agents];

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnswerRate => "answer rate",
            Self::RingTime => "ring time",
            Self::TalkTime => "talk time",
            Self::Agents => "agents",
        }
    }
}

impl Scenario {
    /// The same scenario with a condition so many times what it is; shares stop at 1, and agents are whole, one more or fewer at
    /// least where a group can have them.
    #[must_use]
    pub fn varied(&self, condition: Condition, factor: f64) -> Self {
        let mut varied = self.clone();
        match condition {
            Condition::AnswerRate => varied.callees.answer_rate = self.callees.answer_rate.times(factor),
            Condition::RingTime => {
                varied.callees.answer = self.callees.answer.times(factor);
                varied.callees.ring_out = self.callees.ring_out.times(factor);
                varied.callees.machine_after =
                    self.callees.machine_after.as_ref().map(|time| time.times(factor));
            }
            Condition::TalkTime => varied.each_group(|group| group.talk = group.talk.times(factor)),
            Condition::Agents => varied.each_group(|group| {
                let count = f64::from(group.count.0);
                let agents = libm::round(count * factor);
                let agents = if factor > 1.0 { agents.max(count + 1.0) } else { agents.min(count - 1.0) };
                group.count = Count::try_from(agents).unwrap_or(group.count);
            }),
        }
        varied
    }

    fn each_group(&mut self, change: impl Fn(&mut Agents)) {
        core::iter::once(&mut self.agents).chain(&mut self.more_agents).for_each(change);
    }
}

impl Rate {
    fn times(&self, factor: f64) -> Self {
        let times = |share: &Probability| Probability((share.0 * factor).min(1.0));
        let all = |points: &[(Hour, Probability)]| {
            points.iter().map(|(hour, share)| (*hour, times(share))).collect()
        };
        match self {
            Self::Flat(share) => Self::Flat(times(share)),
            Self::Steps(points) => Self::Steps(all(points)),
            Self::Ramp(points) => Self::Ramp(all(points)),
            Self::Sine { mean, swing, period } => {
                Self::Sine { mean: times(mean), swing: times(swing), period: *period }
            }
        }
    }
}

impl Time {
    fn times(&self, factor: f64) -> Self {
        let times = |seconds: &Seconds| Seconds(seconds.0 * factor);
        match self {
            Self::Fixed(seconds) => Self::Fixed(times(seconds)),
            Self::Uniform { from, to } => Self::Uniform { from: times(from), to: times(to) },
            Self::Exponential { mean, after } => Self::Exponential { mean: times(mean), after: times(after) },
            Self::Gamma { shape, mean, after } => {
                Self::Gamma { shape: *shape, mean: times(mean), after: times(after) }
            }
            Self::Lognormal { mean, cv, after } => {
                Self::Lognormal { mean: times(mean), cv: *cv, after: times(after) }
            }
            Self::Mixture(parts) => {
                let part = |part: &Part| Part { share: part.share, of: part.of.times(factor) };
                Self::Mixture(parts.iter().map(part).collect())
            }
            Self::OneOf(each) => Self::OneOf(each.iter().map(times).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn each_condition_moves_its_own_mean_and_nothing_else() {
        for preset in ["exponential", "realistic-flat", "realistic-step", "realistic-sine"] {
            let scenario = scenario::load(preset).expect("a preset");
            let figures = |scenario: &Scenario| {
                let pool = scenario.pool(0.03).expect("nobody hangs up");
                let wrap_up_s = scenario.agents.wrap_up.as_ref().map_or(0.0, |_| 20.0);
                [pool.answer_rate, pool.ring_s, pool.talk_s - wrap_up_s, f64::from(pool.agents)]
            };
            let before = figures(&scenario);
            for (nth, condition) in Condition::ALL.into_iter().enumerate() {
                let mut expected = before;
                expected[nth] *= 1.2;
                for (figure, expected) in figures(&scenario.varied(condition, 1.2)).iter().zip(expected) {
                    assert!(
                        (figure - expected).abs() < 1e-9,
                        "{preset}, {condition:?}: {figure}, {expected}"
                    );
                }
            }
        }
    }
}
