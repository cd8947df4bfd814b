//! Is this carrier fit? Out after a run of trunk failures, back by a single probe that goes through.
//!
//! What a call says is true of the time when it asked for the carrier: a conversation that began an hour ago ends whether the
//! carrier takes new calls or not. So a run is broken only by a call that began in it, a probe decided only by itself, and a
//! failure counts only where no later call has come through.

use crate::call::{Act, Ending, Phase};
use crate::words::{Micros, Span};

/// One carrier's health.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    failures_to_rest: u32,
    rest: Span,
    reachable: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// After so many failures in a row, the first of which was told at `since`. Of all calls that have come through the last took
    /// it at `proven`.
    Fit {
        failures: u32,
        since: Micros,
        proven: Micros,
    },
    Resting {
        until: Micros,
    },
    /// By the call that took it at that moment.
    Probing {
        since: Micros,
    },
}

impl State {
    const fn proven(at: Micros) -> Self {
        Self::Fit { failures: 0, since: Micros(0), proven: at }
    }
}

/// What a call that is over says about its carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The carrier did its part.
    Worked,
    /// It did not.
    Failed,
    /// It was asked, and had shown nothing either way when the call was let go or lost from sight.
    Unproven,
    /// It was never asked.
    Untried,
}

impl Verdict {
    /// By how the call ended. Whatever the far end says has come through the carrier, a redirection among it; what we do
    /// ourselves proves nothing of it.
    pub(crate) fn of(ending: &Ending) -> Self {
        let is_silent = ending.phase == Phase::Placed
            && match ending.act {
                Some(act) => act != Act::Forwarded,
                None => ending.cause.is_none(),
            };
        if ending.is_trunk_failure() {
            Self::Failed
        } else if ending.unplaced.is_some() {
            Self::Untried
        } else if is_silent {
            Self::Unproven
        } else {
            Self::Worked
        }
    }

    /// Whether nobody has seen what the call was to show: it came to nothing before any phone rang.
    pub(crate) const fn was_unseen(self) -> bool {
        matches!(self, Self::Failed | Self::Untried)
    }
}

impl Health {
    pub(crate) const fn new(failures_to_rest: u32, rest: Span) -> Self {
        Self { failures_to_rest, rest, reachable: true, state: State::proven(Micros(0)) }
    }

    /// Whether a call may use it now.
    pub(crate) fn usable(&self, now: Micros) -> bool {
        self.reachable
            && match self.state {
                State::Fit { .. } => true,
                State::Resting { until } => until <= now,
                State::Probing { .. } => false,
            }
    }

    /// When it comes back for a probe, where nothing but its rest is in the way.
    pub(crate) const fn back_at(&self) -> Option<Micros> {
        match self.state {
            State::Resting { until } if self.reachable => Some(until),
            State::Fit { .. } | State::Resting { .. } | State::Probing { .. } => None,
        }
    }

    /// A call uses it; after a rest that call is the probe.
    pub(crate) fn used(&mut self, now: Micros) {
        if matches!(self.state, State::Resting { .. }) {
            self.state = State::Probing { since: now };
        }
    }

    /// A call that took it at that moment has come through to the callee's phone, so that it cannot fail any more. Says
    /// whether that brings the carrier back.
    pub(crate) fn went_through(&mut self, taken: Micros) -> bool {
        match self.state {
            State::Probing { since } if since <= taken => {
                self.state = State::proven(taken);
                true
            }
            State::Fit { since, proven, .. } if since <= taken => {
                self.state = State::proven(Ord::max(proven, taken));
                false
            }
            State::Fit { .. } | State::Resting { .. } | State::Probing { .. } => false,
        }
    }

    /// A call that took it at that moment is over.
    pub(crate) fn came_back(&mut self, verdict: Verdict, taken: Micros, now: Micros) {
        if verdict == Verdict::Worked {
            self.went_through(taken);
            return;
        }
        let rest = State::Resting { until: now + self.rest };
        self.state = match (self.state, verdict) {
            (State::Probing { since }, Verdict::Untried) if since <= taken => State::Resting { until: now },
            (State::Probing { since }, _) if since <= taken => rest,
            (State::Fit { failures, since, proven }, Verdict::Failed) if proven <= taken => {
                let since = if failures == 0 { now } else { since };
                let failures = failures + 1;
                if failures < self.failures_to_rest { State::Fit { failures, since, proven } } else { rest }
            }
            (state, _) => state,
        };
    }

    /// Its endpoint went out of or came back into service.
    pub(crate) const fn set_reachable(&mut self, reachable: bool) {
        self.reachable = reachable;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_failures_takes_it_out_and_one_good_probe_brings_it_back() {
        let mut health = Health::new(3, Span::secs(30));
        let now = Micros(0);
        let (worked, failed) = (Verdict::Worked, Verdict::Failed);
        for verdict in [failed, failed, worked, failed, Verdict::Untried, failed] {
            health.came_back(verdict, now, now);
        }
        assert!(health.usable(now), "a success in between ends the run");
        health.came_back(failed, now, now);
        assert!(!health.usable(now));
        let later = now + Span::secs(30);
        assert!(health.usable(later));
        health.used(later);
        assert!(!health.usable(later), "one probe at a time");
        health.came_back(Verdict::Untried, later, later);
        assert!(health.usable(later), "a probe that was not made is made by the next call");
        health.used(later);
        health.came_back(failed, later, later);
        assert!(!health.usable(later), "a failed probe means another rest");
        let latest = later + Span::secs(30);
        health.used(latest);
        health.came_back(worked, latest, latest);
        assert!(health.usable(latest));
    }

    #[test]
    fn a_conversation_from_before_says_nothing_of_the_carrier_as_it_is_now() {
        let mut health = Health::new(2, Span::secs(30));
        let [hour_ago, first, second] = [0, 3_600, 3_601].map(|seconds| Micros(seconds * 1_000_000));
        health.came_back(Verdict::Failed, first, first);
        health.came_back(Verdict::Worked, hour_ago, first);
        health.came_back(Verdict::Failed, second, second);
        assert!(!health.usable(second), "the run goes on");
        let probed = second + Span::secs(30);
        health.used(probed);
        for verdict in [Verdict::Worked, Verdict::Failed, Verdict::Untried, Verdict::Unproven] {
            health.came_back(verdict, hour_ago, probed);
            assert!(!health.usable(probed + Span::secs(60)), "the probe is still out: {verdict:?}");
        }
        assert!(!health.went_through(second), "what rang from before the rest");
        assert!(health.went_through(probed));
        assert!(health.usable(probed));
    }

    #[test]
    fn a_call_from_before_the_probe_that_fails_late_says_nothing_of_the_carrier_that_is_back() {
        let mut health = Health::new(2, Span::secs(30));
        let [before, probed, after] = [0, 40, 41].map(|seconds| Micros(seconds * 1_000_000));
        (0..2).for_each(|_| health.came_back(Verdict::Failed, before, before));
        health.used(probed);
        assert!(health.went_through(probed));
        (0..9).for_each(|_| health.came_back(Verdict::Failed, before, after));
        assert!(health.usable(after), "they asked for it while it was out");
        (0..2).for_each(|_| health.came_back(Verdict::Failed, after, after));
        assert!(!health.usable(after));
    }

    #[test]
    fn an_unreachable_endpoint_is_out_until_it_is_seen_again() {
        let mut health = Health::new(3, Span::secs(30));
        health.set_reachable(false);
        assert!(!health.usable(Micros(0)));
        health.set_reachable(true);
        assert!(health.usable(Micros(0)));
    }
}
