//! The figures of a bench: spreads, medians, and bounds that are held or missed.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

/// How a number of times are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// Half of them are no longer.
    pub p50: Duration,
    /// 95 of 100 are no longer.
    pub p95: Duration,
    /// 99 of 100 are no longer.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Spread {
    /// The spread of these times.
    ///
    /// # Panics
    /// Where there are none: the bench has measured nothing.
    #[must_use]
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        let max = *times.last().expect("something was measured");
        let rank = |percent: usize| times[(times.len() * percent).div_ceil(100).max(1) - 1];
        Self { count: times.len(), p50: rank(50), p95: rank(95), p99: rank(99), max }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p95, p99, max] = [self.p50, self.p95, self.p99, self.max].map(millis);
        write!(f, "p50 {p50:6.2} ms  p95 {p95:6.2} ms  p99 {p99:6.2} ms  max {max:6.2} ms")
    }
}

/// A time in milliseconds.
#[must_use]
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The one in the middle, or half way between the two in the middle.
///
/// # Panics
/// Where there are none.
#[must_use]
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

/// Events a second at their steady rate: over the middle four fifths of them, so that neither the start nor the last
/// stragglers count.
///
/// # Panics
/// Where there are fewer than ten.
#[must_use]
pub fn steady_rate(mut moments: Vec<Duration>) -> f64 {
    moments.sort_unstable();
    let (from, to) = (moments.len() / 10, moments.len() - moments.len() / 10 - 1);
    let count = u32::try_from(to - from).expect("fewer than four thousand million events");
    f64::from(count) / (moments[to] - moments[from]).as_secs_f64()
}

/// The bounds that a bench holds the project to.
#[derive(Debug, Default)]
pub struct Bounds {
    missed: Vec<String>,
}

impl Bounds {
    /// Notes a bound; a missed one makes the bench fail.
    pub fn hold(&mut self, held: bool, what: impl Into<String>) {
        if !held {
            self.missed.push(what.into());
        }
    }

    /// How the bench ends; says which bounds were missed.
    #[must_use]
    #[expect(clippy::print_stdout, reason = "a bench prints its figures")]
    pub fn end(self) -> ExitCode {
        for missed in &self.missed {
            println!("MISSED: {missed}");
        }
        if self.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_times_that_were_measured() {
        let spread = Spread::of((1..=200).rev().map(Duration::from_millis));
        let named = [spread.p50, spread.p95, spread.p99, spread.max].map(|time| time.as_millis());
        assert_eq!(named, [100, 190, 198, 200]);
        assert_eq!(Spread::of([Duration::from_millis(7)]).p50, Duration::from_millis(7));
    }

    #[test]
    fn a_median_lies_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_slow_start_does_not_count() {
        let moments = (0..100).map(|n| if n < 10 { n } else { 1_000 + n * 10 });
        let rate = steady_rate(moments.map(Duration::from_millis).collect());
        assert!((rate - 100.0).abs() < 0.01, "{rate}");
    }
}
