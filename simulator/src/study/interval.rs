//! How sure a mean is: 95 % intervals by Student's t, over windows (days, where the scenario says nothing else) that know
//! nothing of each other. Where a rate is of few events or none, windows look surer than they are: such an interval is at least
//! as wide as the number of events says.

use statrs::distribution::{ContinuousCDF as _, Gamma, StudentsT};

/// A mean, and how far from it the true one may well be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// The ends of its 95 % interval, which lie evenly around the mean unless it is of few events or meets a bound. Nothing
    /// can be said of a single window.
    pub ends: Option<(f64, f64)>,
}

/// A rate of few events, and where it may well lie by their number alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Few {
    /// Events, divided by what they are of.
    pub rate: f64,
    /// The low end of its 95 % interval.
    pub low: f64,
    /// The high end.
    pub high: f64,
}

/// From so many events on, windows tell alone how sure a rate is.
const MANY: f64 = 30.0;

impl Few {
    /// The exact interval of a Poisson law (Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28, 1936): no
    /// event at all may come of up to 3.69, as by the rule of three, which leaves out one side of 5 % where this leaves out two
    /// of 2.5 %. `None` where there are many, or none that they could be of.
    #[must_use]
    pub fn of(events: f64, under: f64) -> Option<Self> {
        if events >= MANY || under <= 0.0 {
            return None;
        }
        let law = |shape| Gamma::new(shape, 1.0).expect("a positive shape");
        let low = if events > 0.0 { law(events).inverse_cdf(0.025) } else { 0.0 };
        let high = law(events + 1.0).inverse_cdf(0.975);
        Some(Self { rate: events / under, low: low / under, high: high / under })
    }

    /// The same in percent.
    #[must_use]
    pub fn in_percent(self) -> Self {
        Self { rate: 100.0 * self.rate, low: 100.0 * self.low, high: 100.0 * self.high }
    }
}

impl Interval {
    /// The mean of independent values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        if values.len() < 2 {
            return Self { mean, ends: None };
        }
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
        let law = StudentsT::new(0.0, 1.0, n - 1.0).expect("the degrees of freedom are positive");
        Self::around(mean, law.inverse_cdf(0.975) * libm::sqrt(variance / n))
    }

    /// As far to both sides of a mean.
    #[must_use]
    pub fn around(mean: f64, half_width: f64) -> Self {
        Self { mean, ends: Some((mean - half_width, mean + half_width)) }
    }

    /// The mean of the differences of values that belong together, one pair a window.
    #[must_use]
    pub fn of_differences(values: &[f64], against: &[f64]) -> Self {
        assert_eq!(values.len(), against.len(), "each window has its pair");
        let differences: Vec<f64> = values.iter().zip(against).map(|(value, other)| value - other).collect();
        Self::of(&differences)
    }

    /// The same of a rate of events: where these are few, as wide as their number says at least.
    #[must_use]
    pub fn reaching(self, few: Option<Few>) -> Self {
        let Some(few) = few else { return self };
        Self { ends: self.ends.map(|(low, high)| (low.clamp(0.0, few.low), high.max(few.high))), ..self }
    }

    /// The same of a difference of two rates of events: where both are of few, no surer than these are together (Zou and
    /// Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27, 2008).
    #[must_use]
    pub fn no_surer(self, one: Option<Few>, other: Option<Few>) -> Self {
        let Some(((one, other), half_width)) = one.zip(other).zip(self.half_width()) else { return self };
        let down = libm::hypot(one.rate - one.low, other.high - other.rate);
        let up = libm::hypot(one.high - one.rate, other.rate - other.low);
        Self::around(self.mean, half_width.max(down).max(up))
    }

    /// Half its width, where something can be said of it.
    #[must_use]
    pub fn half_width(&self) -> Option<f64> {
        self.ends.map(|(low, high)| (high - low) / 2.0)
    }

    /// The low and the high end, which are the mean where nothing can be said of its width.
    #[must_use]
    pub fn ends(&self) -> (f64, f64) {
        self.ends.unwrap_or((self.mean, self.mean))
    }

    /// The same of a figure that lies between two bounds, however wide its interval.
    #[must_use]
    pub fn within(self, least: f64, most: f64) -> Self {
        let ends = self.ends.map(|(low, high)| (low.clamp(least, most), high.clamp(least, most)));
        Self { ends, ..self }
    }
}

/// What each window says of a ratio of sums, such as drops per answer: values whose mean is the ratio itself, and whose
/// spread is its own, to first order (the linearised ratio estimator; Cochran, "Sampling Techniques", 1977, 6.4). `None`
/// where it would be a ratio to nothing.
#[must_use]
pub fn of_ratio(windows: &[(f64, f64)]) -> Option<Vec<f64>> {
    let over: f64 = windows.iter().map(|(over, _)| over).sum();
    let under: f64 = windows.iter().map(|(_, under)| under).sum();
    if under == 0.0 {
        return None;
    }
    let (ratio, mean) = (over / under, under / windows.len() as f64);
    Some(windows.iter().map(|(over, under)| ratio + (over - ratio * under) / mean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Purpose, Stream};

    #[test]
    fn the_half_width_is_that_of_the_tables_of_students_t() {
        // Variance 2.5, five values: t(0.975; 4) = 2.776445 times sqrt(2.5 / 5).
        let interval = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(interval.mean, 3.0);
        let half_width = interval.half_width().expect("there are five");
        assert!((half_width - 2.776_445 * libm::sqrt(0.5)).abs() < 1e-5, "{half_width}");
        assert_eq!(Interval::of(&[7.0]), Interval { mean: 7.0, ends: None });
    }

    #[test]
    fn few_events_may_come_of_such_rates_as_the_tables_of_the_poisson_law_say() {
        for (events, low, high) in [(0.0, 0.0, 3.6889), (1.0, 0.0253, 5.5716), (5.0, 1.6235, 11.6683)] {
            let few = Few::of(events, 100.0).expect("they are few");
            assert_eq!(few.rate, events / 100.0);
            assert!(
                (100.0 * few.low - low).abs() < 1e-4 && (100.0 * few.high - high).abs() < 1e-4,
                "{few:?}"
            );
        }
        assert_eq!(Few::of(30.0, 100.0), None);
        assert_eq!(Few::of(0.0, 0.0), None, "it would be a rate of nothing");
    }

    #[test]
    fn a_rate_of_few_events_lies_within_its_interval_as_often_as_it_should() {
        const WINDOWS: usize = 5;
        const ANSWERS: f64 = 400.0;
        const PLAYED: u64 = 2_000;
        let events = |stream: &mut Stream, mean: f64| {
            // How many go into a unit of time, of which each takes an exponential one.
            let mut drawn = stream.unit();
            let mut count = 0.0;
            while drawn > libm::exp(-mean) {
                drawn *= stream.unit();
                count += 1.0;
            }
            count
        };
        // So many events in all: how often windows alone say where the rate is, and how often the number of events does too.
        let mut told = Vec::new();
        for (nth, mean) in (0..).zip([0.7, 2.0, 5.0, 10.0, 20.0]) {
            let rate = mean / (WINDOWS as f64 * ANSWERS);
            let (mut by_windows, mut by_both) = (0, 0);
            for play in 0..PLAYED {
                let mut stream = Stream::of(20_261_128, Purpose::Fault, nth, play);
                let windows = [(); WINDOWS].map(|()| (events(&mut stream, rate * ANSWERS), ANSWERS));
                let interval = Interval::of(&of_ratio(&windows).expect("a ratio"));
                let seen = windows.iter().map(|(events, _)| events).sum();
                let holds = |interval: Interval| {
                    let (low, high) = interval.ends();
                    u32::from((low..=high).contains(&rate))
                };
                by_windows += holds(interval);
                by_both += holds(interval.reaching(Few::of(seen, WINDOWS as f64 * ANSWERS)));
            }
            told.push(format!("{mean}: {by_windows} and {by_both} of {PLAYED}"));
            assert!(by_both >= 1_900, "{told:?}");
        }
        insta::assert_snapshot!(told.join("\n"), @"
        0.7: 980 and 1999 of 2000
        2: 1739 and 1991 of 2000
        5: 1890 and 1979 of 2000
        10: 1881 and 1976 of 2000
        20: 1870 and 1956 of 2000
        ");
    }

    #[test]
    fn a_difference_of_two_rates_of_few_events_is_no_surer_than_they_are() {
        let of = |events| Few::of(events, 1_000.0);
        let same = Interval::of_differences(&[0.0, 0.0], &[0.0, 0.0]);
        let half_width = same.no_surer(of(0.0), of(0.0)).half_width().expect("there are two");
        assert!((half_width - 0.003_688_9).abs() < 1e-6, "{half_width}");
        assert_eq!(same.no_surer(of(0.0), of(30.0)), same, "the other has many");
        let alone = Interval::of_differences(&[0.0], &[0.0]);
        assert_eq!(alone.no_surer(of(0.0), of(0.0)), alone);
    }

    #[test]
    fn what_windows_have_in_common_is_no_part_of_their_difference() {
        let days = [10.0, 30.0, 20.0, 60.0];
        let better = days.map(|day| day + 2.0);
        let difference = Interval::of_differences(&better, &days);
        assert_eq!((difference.mean, difference.ends), (2.0, Some((2.0, 2.0))));
    }

    #[test]
    fn the_windows_of_a_ratio_have_the_ratio_as_their_mean() {
        let days = [(3.0, 100.0), (5.0, 300.0), (0.0, 0.0), (1.0, 50.0)];
        let said = of_ratio(&days).expect("a ratio");
        let mean = said.iter().sum::<f64>() / 4.0;
        assert!((mean - 9.0 / 450.0).abs() < 1e-12, "{said:?}");
        assert_eq!(of_ratio(&[(0.0, 0.0), (0.0, 0.0)]), None);
    }
}
