//! When something keeps failing, stop asking it for a while: longer each time, and never all at the same moment.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::words::{Micros, Span};

const FIRST_REST: Span = Span::secs(1);
const DOUBLINGS: u32 = 5;

/// A circuit breaker over one thing that can fail as a whole: the PBX, the database.
#[derive(Debug, Clone)]
pub(crate) struct Breaker {
    threshold: u32,
    failures: u32,
    openings: u32,
    open_until: Option<Micros>,
    /// Until when it is left alone since it was away, whatever answers meanwhile.
    away_until: Option<Micros>,
}

impl Breaker {
    /// Opens after `threshold` failures in a row.
    pub(crate) const fn new(threshold: u32) -> Self {
        Self { threshold, failures: 0, openings: 0, open_until: None, away_until: None }
    }

    /// Until when nothing may be tried.
    pub(crate) fn open_until(&self, now: Micros) -> Option<Micros> {
        self.open_until.max(self.away_until).filter(|&until| now < until)
    }

    /// It worked.
    pub(crate) fn succeeded(&mut self) {
        *self = Self { away_until: self.away_until, ..Self::new(self.threshold) };
    }

    /// It failed. Says until when to leave it alone, if this opened the breaker.
    ///
    /// After a rest one failure is enough to open it again, for twice as long, up to 32 s; a random quarter either way
    /// keeps many dialers from coming back together.
    pub(crate) fn failed(&mut self, now: Micros, rng: &mut ChaCha8Rng) -> Option<Micros> {
        if self.open_until(now).is_some() {
            return None;
        }
        self.failures += 1;
        if self.failures < self.threshold && self.openings == 0 {
            return None;
        }
        let rest = FIRST_REST.0 << core::cmp::Ord::min(self.openings, DOUBLINGS);
        self.openings += 1;
        self.open_until = Some(now + about(Span(rest), rng));
        self.open_until
    }

    /// It is back after it was known to be away: many dialers must not begin with it at the same moment.
    pub(crate) fn comes_back(&mut self, now: Micros, rng: &mut ChaCha8Rng) {
        self.away_until = Some(now + about(FIRST_REST, rng));
    }
}

/// So long, or up to a quarter less or more.
fn about(rest: Span, rng: &mut ChaCha8Rng) -> Span {
    let jitter = u64::from(rng.next_u32()) % (rest.0 / 2);
    Span(rest.0 * 3 / 4 + jitter)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn it_opens_at_the_threshold_rests_longer_each_time_and_closes_with_the_first_success() {
        let mut rng = ChaCha8Rng::from_seed([1; 32]);
        let mut breaker = Breaker::new(3);
        let mut now = Micros(0);
        assert_eq!(breaker.failed(now, &mut rng), None);
        assert_eq!(breaker.failed(now, &mut rng), None);
        for doubling in 0..8_u32 {
            let until = breaker.failed(now, &mut rng).expect("it opens");
            let rest = FIRST_REST.0 << doubling.clamp(0, DOUBLINGS);
            assert!((rest * 3 / 4..rest * 5 / 4).contains(&until.since(now).0), "{doubling}");
            assert_eq!(breaker.open_until(now), Some(until));
            assert_eq!(breaker.open_until(until), None);
            now = until;
        }
        breaker.succeeded();
        assert_eq!(breaker.failed(now, &mut rng), None);
    }

    #[test]
    fn what_comes_back_is_left_alone_for_a_while_though_calls_in_the_air_go_on() {
        let mut rng = ChaCha8Rng::from_seed([1; 32]);
        let mut breaker = Breaker::new(3);
        breaker.comes_back(Micros(0), &mut rng);
        let until = breaker.open_until(Micros(0)).expect("it is left alone");
        breaker.succeeded();
        assert_eq!(breaker.open_until(Micros(0)), Some(until));
        assert_eq!(breaker.open_until(until), None);
    }
}
