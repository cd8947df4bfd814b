//! How long something that failed is left alone: longer each time, and never all at the same moment.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

const FIRST: Duration = Duration::from_millis(500);
const DOUBLINGS: u32 = 5;

/// The rest after failures.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    failures: u32,
    until: Option<Instant>,
}

impl Rest {
    /// Whether it is to be left alone at that moment.
    pub(crate) fn lasts(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Waits until it may be asked again.
    pub(crate) async fn over(&self) {
        if let Some(until) = self.until {
            sleep_until(until).await;
        }
    }

    pub(crate) fn failed(&mut self, now: Instant) {
        let rest = FIRST * (1 << self.failures.min(DOUBLINGS));
        self.failures += 1;
        self.until = Some(now + rest * 3 / 4 + rest / 2 * jitter() / 256);
    }

    pub(crate) fn worked(&mut self) {
        *self = Self::default();
    }
}

/// From 0 to 255. Without a source of chance it is the middle: then all come at once, but they come.
fn jitter() -> u32 {
    let mut byte = [128];
    let _ = getrandom::fill(&mut byte);
    u32::from(byte[0])
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
