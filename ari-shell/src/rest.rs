//! How long something that failed is left alone: longer each time, and never all at the same moment.

use std::time::Duration;

use tokio::time::Instant;

const FIRST: Duration = Duration::from_millis(500);
const DOUBLINGS: u32 = 5;

/// The rest after failures.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    failures: u32,
    until: Option<Instant>,
}

impl Rest {
    /// Whether it failed when it was last tried.
    pub(crate) fn troubled(&self) -> bool {
        self.failures > 0
    }

    /// When it may be tried again.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Whether it is to be left alone at that moment.
    pub(crate) fn lasts(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    pub(crate) fn failed(&mut self, now: Instant) {
        let rest = FIRST * (1 << self.failures.min(DOUBLINGS));
        self.failures += 1;
        self.until = Some(now + jittered(rest));
    }

    pub(crate) fn worked(&mut self) {
        *self = Self::default();
    }
}

/// That long, less or more up to a quarter. Without a source of chance it is just that long: then all come at once, but they
/// come.
pub(crate) fn jittered(rest: Duration) -> Duration {
    let mut byte = [128];
    let _ = getrandom::fill(&mut byte);
    rest * 3 / 4 + rest / 2 * u32::from(byte[0]) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_from_half_a_second_to_sixteen_less_or_more_a_quarter_until_something_works() {
        let (mut rest, mut now) = (Rest::default(), Instant::now());
        assert!(!rest.lasts(now));
        for seconds in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0] {
            rest.failed(now);
            assert!(rest.lasts(now + Duration::from_secs_f64(seconds * 0.74)), "after {seconds} s");
            now += Duration::from_secs_f64(seconds * 1.26);
            assert!(!rest.lasts(now), "after {seconds} s");
        }
        rest.worked();
        rest.failed(now);
        assert!(!rest.lasts(now + Duration::from_secs(1)));
    }
}
