//! How sure a mean is: 95 % intervals by Student's t, over windows (days, where the scenario says nothing else) that know
//! nothing of each other.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// A mean, and how far from it the true one may well be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Half the width of its 95 % interval. Nothing can be said of a single window.
    pub half_width: Option<f64>,
}

impl Interval {
    /// The mean of independent values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let half_width = (values.len() > 1).then(|| {
            let variance =
                values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
            let law = StudentsT::new(0.0, 1.0, n - 1.0).expect("the degrees of freedom are positive");
            law.inverse_cdf(0.975) * libm::sqrt(variance / n)
        });
        Self { mean, half_width }
    }

    /// The mean of the differences of values that belong together, one pair a window.
    #[must_use]
    pub fn of_differences(values: &[f64], against: &[f64]) -> Self {
        assert_eq!(values.len(), against.len(), "each window has its pair");
        let differences: Vec<f64> = values.iter().zip(against).map(|(value, other)| value - other).collect();
        Self::of(&differences)
    }

    /// The low and the high end, which are the mean where nothing can be said of its width.
    #[must_use]
    pub fn ends(&self) -> (f64, f64) {
        let half_width = self.half_width.unwrap_or_default();
        (self.mean - half_width, self.mean + half_width)
    }

    /// The same of a figure that lies between two bounds, however wide its interval.
    #[must_use]
    pub fn ends_within(&self, least: f64, most: f64) -> (f64, f64) {
        let (low, high) = self.ends();
        (low.clamp(least, most), high.clamp(least, most))
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

    #[test]
    fn the_half_width_is_that_of_the_tables_of_students_t() {
        // Variance 2.5, five values: t(0.975; 4) = 2.776445 times sqrt(2.5 / 5).
        let interval = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(interval.mean, 3.0);
        let half_width = interval.half_width.expect("there are five");
        assert!((half_width - 2.776_445 * libm::sqrt(0.5)).abs() < 1e-5, "{half_width}");
        assert_eq!(Interval::of(&[7.0]), Interval { mean: 7.0, half_width: None });
    }

    #[test]
    fn what_windows_have_in_common_is_no_part_of_their_difference() {
        let days = [10.0, 30.0, 20.0, 60.0];
        let better = days.map(|day| day + 2.0);
        let difference = Interval::of_differences(&better, &days);
        assert_eq!((difference.mean, difference.half_width), (2.0, Some(0.0)));
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
