//! A figure that changes with the time of day.

use engine::words::Span;

/// A figure by the hours since the opening.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Profile {
    /// From each hour on, the figure beside it; before the first, 1.
    Steps(Vec<(f64, f64)>),
    /// In a straight line from each hour's figure to the next, and level before the first and after the last.
    Ramp(Vec<(f64, f64)>),
    /// `mean + swing * sin(2 pi t / period)`.
    Sine { mean: f64, swing: f64, period: f64 },
}

impl Profile {
    /// The figure so long after the opening.
    pub(crate) fn at(&self, into_day: Span) -> f64 {
        let hour = into_day.0 as f64 / 3.6e9;
        match self {
            Self::Steps(steps) => {
                let step = steps.iter().rev().find(|(from, _)| *from <= hour);
                step.map_or(1.0, |(_, figure)| *figure)
            }
            Self::Ramp(points) => ramp(points, hour),
            Self::Sine { mean, swing, period } => {
                mean + swing * libm::sin(2.0 * core::f64::consts::PI * hour / period)
            }
        }
    }
}

fn ramp(points: &[(f64, f64)], hour: f64) -> f64 {
    let next = points.partition_point(|(at, _)| *at <= hour);
    match (next.checked_sub(1).map(|before| points[before]), points.get(next)) {
        (Some((from, low)), Some((to, high))) => low + (high - low) * (hour - from) / (to - from),
        (Some((_, figure)), None) | (None, Some(&(_, figure))) => figure,
        (None, None) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_goes_by_steps_by_a_ramp_or_by_a_sine() {
        let steps = Profile::Steps(vec![(1.0, 0.5), (2.0, 0.25)]);
        let ramp = Profile::Ramp(vec![(1.0, 0.2), (3.0, 0.6)]);
        let sine = Profile::Sine { mean: 0.5, swing: 0.25, period: 4.0 };
        for (hour, expected) in [
            (0.0, [1.0, 0.2, 0.5]),
            (1.0, [0.5, 0.2, 0.75]),
            (2.0, [0.25, 0.4, 0.5]),
            (3.0, [0.25, 0.6, 0.25]),
            (9.0, [0.25, 0.6, 0.75]),
        ] {
            let into_day = Span((hour * 3.6e9) as u64);
            let seen = [&steps, &ramp, &sine].map(|profile| (profile.at(into_day) * 1e9).round() / 1e9);
            assert_eq!(seen, expected, "hour {hour}");
        }
    }
}
