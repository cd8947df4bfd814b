//! A law of times, as a scenario has it.

use std::fmt;

use engine::words::Span;

/// Times at most that one law is made of.
const MOST: usize = 100;

/// What was observed, each as likely as any other. Of very many, as many means take their place, each of equally many times in
/// their order: the mean stays, and hardly anything of the spread is lost.
pub(super) struct OneOf(Vec<f64>);

impl OneOf {
    /// In seconds, each cut to the range that the scenario's field has.
    pub(super) fn of(observed: &[Span], least: f64, most: f64) -> Self {
        let mut sorted = observed.to_vec();
        sorted.sort_unstable();
        let parts = sorted.len().min(MOST);
        let part = |nth: usize| &sorted[nth * sorted.len() / parts..(nth + 1) * sorted.len() / parts];
        let mean = |times: &[Span]| times.iter().map(|time| time.0 as f64).sum::<f64>() / times.len() as f64;
        Self((0..parts).map(|nth| (mean(part(nth)) / 1e6).clamp(least, most)).collect())
    }
}

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Hundredths are as much as anybody hears.
        let times: Vec<String> =
            self.0.iter().map(|time| ((time * 100.0).round() / 100.0).to_string()).collect();
        if times.iter().all(|time| *time == times[0]) {
            return write!(f, "{{ fixed = {} }}", times[0]);
        }
        write!(f, "{{ one_of = [{}] }}", times.join(", "))
    }
}
