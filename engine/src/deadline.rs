//! When must somebody look again? One table of deadlines, each with its reason.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::words::{AgentId, AttemptId, CampaignId, Leg, Micros, RequestId};

/// Why the engine wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Wake {
    /// An attempt's own deadline: set-up, ringing, message, talk limit, or a second look at an end.
    Attempt(AttemptId),
    /// An agent's: phone ringing, wrap-up, a second look at a leg.
    Agent(AgentId),
    /// A leg is gone and its end has not been heard.
    Missing(Leg),
    /// A command's answer is overdue.
    Answer(RequestId),
    /// A campaign may fetch or dial again.
    Campaign(CampaignId),
    /// The event stream has been gone too long for ringing calls to go on.
    Link,
    /// It is time to compare with what the PBX holds.
    Survey,
    /// A breaker may be tried, and what could not be written may be written again.
    Breaker,
}

/// At most one deadline for each reason.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deadlines {
    by_time: BTreeSet<(Micros, Wake)>,
    by_wake: BTreeMap<Wake, Micros>,
}

impl Deadlines {
    /// Sets, moves or removes the deadline of one reason.
    pub(crate) fn set(&mut self, wake: Wake, at: Option<Micros>) {
        let before = match at {
            Some(at) => self.by_wake.insert(wake, at),
            None => self.by_wake.remove(&wake),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, wake));
        }
        if let Some(at) = at {
            self.by_time.insert((at, wake));
        }
    }

    /// Sets the deadline of one reason unless an earlier one stands.
    pub(crate) fn no_later(&mut self, wake: Wake, at: Micros) {
        let earlier = self.by_wake.get(&wake).map_or(at, |&stands| core::cmp::Ord::min(stands, at));
        self.set(wake, Some(earlier));
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<(Micros, Wake)> {
        self.by_time.first().copied()
    }

    /// Takes out one deadline that is due.
    pub(crate) fn due(&mut self, now: Micros) -> Option<Wake> {
        let (at, wake) = self.next()?;
        if at > now {
            return None;
        }
        self.set(wake, None);
        Some(wake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_deadline_is_due_once_and_at_its_new_time() {
        let mut deadlines = Deadlines::default();
        deadlines.set(Wake::Survey, Some(Micros(10)));
        deadlines.set(Wake::Link, Some(Micros(20)));
        deadlines.set(Wake::Survey, Some(Micros(30)));
        deadlines.no_later(Wake::Link, Micros(40));
        assert_eq!(deadlines.next(), Some((Micros(20), Wake::Link)));
        assert_eq!(deadlines.due(Micros(19)), None);
        assert_eq!(deadlines.due(Micros(30)), Some(Wake::Link));
        assert_eq!(deadlines.due(Micros(30)), Some(Wake::Survey));
        assert_eq!(deadlines.due(Micros(99)), None);
    }
}
