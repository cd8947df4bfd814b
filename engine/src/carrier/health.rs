//! Is this carrier fit? Out after a run of trunk failures, back by a single probe that goes through.

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
    Fit { failures: u32 },
    Resting { until: Micros },
    Probing,
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
}

impl Health {
    pub(crate) const fn new(failures_to_rest: u32, rest: Span) -> Self {
        Self { failures_to_rest, rest, reachable: true, state: State::Fit { failures: 0 } }
    }

    /// Whether a call may use it now.
    pub(crate) fn usable(&self, now: Micros) -> bool {
        self.reachable
            && match self.state {
                State::Fit { .. } => true,
                State::Resting { until } => until <= now,
                State::Probing => false,
            }
    }

    /// When it comes back for a probe, where nothing but its rest is in the way.
    pub(crate) const fn back_at(&self) -> Option<Micros> {
        match self.state {
            State::Resting { until } if self.reachable => Some(until),
            State::Fit { .. } | State::Resting { .. } | State::Probing => None,
        }
    }

    /// A call uses it; after a rest that call is the probe.
    pub(crate) fn used(&mut self) {
        if matches!(self.state, State::Resting { .. }) {
            self.state = State::Probing;
        }
    }

    /// A call on it has come through to the callee's phone, so that it cannot fail any more. Says whether that brings the
    /// carrier back.
    pub(crate) fn went_through(&mut self) -> bool {
        let comes_back = self.state == State::Probing;
        if comes_back {
            self.state = State::Fit { failures: 0 };
        }
        comes_back
    }

    /// A call on it is over.
    pub(crate) fn came_back(&mut self, verdict: Verdict, now: Micros) {
        self.state = match (self.state, verdict) {
            (State::Resting { until }, _) => State::Resting { until },
            (State::Fit { failures }, Verdict::Untried | Verdict::Unproven) => State::Fit { failures },
            (State::Probing, Verdict::Untried) => State::Resting { until: now },
            (State::Fit { .. } | State::Probing, Verdict::Worked) => State::Fit { failures: 0 },
            (State::Fit { failures }, Verdict::Failed) if failures + 1 < self.failures_to_rest => {
                State::Fit { failures: failures + 1 }
            }
            (State::Fit { .. } | State::Probing, Verdict::Failed) | (State::Probing, Verdict::Unproven) => {
                State::Resting { until: now + self.rest }
            }
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
            health.came_back(verdict, now);
        }
        assert!(health.usable(now), "a success in between ends the run");
        health.came_back(failed, now);
        assert!(!health.usable(now));
        let later = now + Span::secs(30);
        assert!(health.usable(later));
        health.used();
        assert!(!health.usable(later), "one probe at a time");
        health.came_back(Verdict::Untried, later);
        assert!(health.usable(later), "a probe that was not made is made by the next call");
        health.used();
        health.came_back(failed, later);
        assert!(!health.usable(later), "a failed probe means another rest");
        let latest = later + Span::secs(30);
        health.used();
        health.came_back(worked, latest);
        assert!(health.usable(latest));
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
