//! What the carrier does with a call before the callee's line is reached.

use engine::carrier::{CarrierRules, Route};
use engine::digits::QueuedDigits;
use engine::words::{CarrierId, Prefix, Span};

use super::callees::Dial;
use crate::draw::{Law, Purpose, Stream};

/// One way out of the house.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Carrier {
    pub(crate) name: String,
    pub(crate) weight: u32,
    pub(crate) channels: u32,
    pub(crate) calls_per_second: u32,
    /// So many failures in a row make it rest for so long.
    pub(crate) failures_to_rest: u32,
    pub(crate) rest: Span,
    /// From the dial to the first ring.
    pub(crate) dial_delay: Law,
    pub(crate) storms: Vec<Storm>,
}

/// A time in which it fails.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Storm {
    pub(crate) from: Span,
    pub(crate) until: Span,
    /// Of the calls in that time, those that fail.
    pub(crate) share: f64,
    /// The SIP response that they get, and after how long.
    pub(crate) response: u16,
    pub(crate) after: Law,
}

/// What becomes of a call at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carried {
    Rings { after: Span },
    Fails { response: u16, after: Span },
}

impl Carrier {
    /// What it does with one try of a call.
    pub(crate) fn carry(&self, seed: u64, dial: Dial, ordinal: u8) -> Carried {
        let storm = self.storms.iter().find(|storm| (storm.from..storm.until).contains(&dial.into_day));
        if storm.is_none() && matches!(self.dial_delay, Law::AT_ONCE) {
            return Carried::Rings { after: Span::ZERO };
        }
        // A try number is a byte, so no two tries of a lead share a stream.
        let nth = u64::from(dial.nth) << 8 | u64::from(ordinal);
        let mut stream = Stream::of(seed, Purpose::Carrier, dial.lead, nth);
        let lot = stream.unit();
        match storm.filter(|storm| lot < storm.share) {
            Some(storm) => Carried::Fails { response: storm.response, after: stream.span(&storm.after) },
            None => Carried::Rings { after: stream.span(&self.dial_delay) },
        }
    }

    /// As the engine is told of it.
    pub(crate) fn rules(&self, id: CarrierId) -> CarrierRules {
        CarrierRules {
            id,
            name: self.name.clone(),
            route: Route::Trunk { endpoint: self.name.clone() },
            weight: self.weight,
            channels: self.channels,
            calls_per_second: self.calls_per_second,
            prefix: Prefix::default(),
            caller_id: None,
            caller_ids: None,
            ring_timeout: None,
            digits: QueuedDigits::default(),
            variables: Vec::new(),
            failures_to_rest: self.failures_to_rest,
            rest: self.rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_storm_its_share_of_the_calls_fails_and_before_and_after_it_none() {
        let hour = |hour: u64| Span::secs(hour * 3_600);
        let (from, until) = (hour(2), hour(3));
        let storm = Storm { from, until, share: 0.8, response: 503, after: Law::Fixed { seconds: 0.2 } };
        let carrier = Carrier {
            name: "trunk".to_owned(),
            weight: 1,
            channels: 10,
            calls_per_second: 10,
            failures_to_rest: 5,
            rest: Span::secs(30),
            dial_delay: Law::Fixed { seconds: 1.5 },
            storms: vec![storm],
        };
        for (into_day, expected) in [(hour(1), 0.0), (hour(2), 0.8), (hour(3), 0.0)] {
            let fails = |&lead: &u64| {
                let carried = carrier.carry(5, Dial { lead, nth: 1, day: 0, into_day }, 1);
                assert!(
                    [
                        Carried::Rings { after: Span::millis(1_500) },
                        Carried::Fails { response: 503, after: Span::millis(200) },
                    ]
                    .contains(&carried)
                );
                carried != Carried::Rings { after: Span::millis(1_500) }
            };
            let seen = (0..10_000).filter(fails).count() as f64 / 10_000.0;
            assert!((seen - expected).abs() < 0.02, "at {into_day:?} {seen} fail");
        }
    }
}
