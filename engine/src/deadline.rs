//! When must somebody look again? One table of deadlines, each with its reason.

use alloc::collections::{BTreeMap, BinaryHeap};
use core::cmp::Reverse;

use crate::window::Window;
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

/// How many deadlines that no longer stand are kept beyond those that do.
const SLACK: usize = 64;

/// At most one deadline for each reason.
///
/// One that is moved or removed stays in the heap until its time comes or the heap is mostly made of such: most
/// deadlines are far away and never come to pass, and so cost next to nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deadlines {
    /// The first of them always stands.
    by_time: BinaryHeap<Reverse<(Micros, Wake)>>,
    by_wake: Standing,
}

/// The deadlines that stand.
#[derive(Debug, Clone, Default)]
struct Standing {
    attempts: Window<Micros>,
    answers: Window<Micros>,
    agents: BTreeMap<AgentId, Micros>,
    others: BTreeMap<Wake, Micros>,
}

impl Standing {
    fn get(&self, wake: Wake) -> Option<Micros> {
        match wake {
            Wake::Attempt(id) => self.attempts.get(id.0).copied(),
            Wake::Answer(id) => self.answers.get(id.0).copied(),
            Wake::Agent(id) => self.agents.get(&id).copied(),
            Wake::Missing(_) | Wake::Campaign(_) | Wake::Link | Wake::Survey | Wake::Breaker => {
                self.others.get(&wake).copied()
            }
        }
    }

    fn insert(&mut self, wake: Wake, at: Micros) -> Option<Micros> {
        match wake {
            Wake::Attempt(id) => self.attempts.insert(id.0, at),
            Wake::Answer(id) => self.answers.insert(id.0, at),
            Wake::Agent(id) => self.agents.insert(id, at),
            Wake::Missing(_) | Wake::Campaign(_) | Wake::Link | Wake::Survey | Wake::Breaker => {
                self.others.insert(wake, at)
            }
        }
    }

    fn remove(&mut self, wake: Wake) -> Option<Micros> {
        match wake {
            Wake::Attempt(id) => self.attempts.remove(id.0),
            Wake::Answer(id) => self.answers.remove(id.0),
            Wake::Agent(id) => self.agents.remove(&id),
            Wake::Missing(_) | Wake::Campaign(_) | Wake::Link | Wake::Survey | Wake::Breaker => {
                self.others.remove(&wake)
            }
        }
    }

    fn len(&self) -> usize {
        self.attempts.len() + self.answers.len() + self.agents.len() + self.others.len()
    }
}

impl Deadlines {
    /// Sets, moves or removes the deadline of one reason.
    pub(crate) fn set(&mut self, wake: Wake, at: Option<Micros>) {
        let before = match at {
            Some(at) => self.by_wake.insert(wake, at),
            None => self.by_wake.remove(wake),
        };
        if before == at {
            return;
        }
        if let Some(at) = at {
            self.by_time.push(Reverse((at, wake)));
        }
        if before.is_some() {
            self.clear_fallen();
        }
    }

    /// Sets the deadline of one reason unless an earlier one stands.
    pub(crate) fn no_later(&mut self, wake: Wake, at: Micros) {
        let earlier = self.by_wake.get(wake).map_or(at, |stands| core::cmp::Ord::min(stands, at));
        self.set(wake, Some(earlier));
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<(Micros, Wake)> {
        self.by_time.peek().map(|&Reverse(first)| first)
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

    /// Drops what no longer stands from the front, and from everywhere where there is much of it.
    fn clear_fallen(&mut self) {
        let Self { by_time, by_wake } = self;
        if by_time.len() > by_wake.len() * 2 + SLACK {
            by_time.retain(|&Reverse((at, wake))| by_wake.get(wake) == Some(at));
        }
        while by_time.peek().is_some_and(|&Reverse((at, wake))| by_wake.get(wake) != Some(at)) {
            by_time.pop();
        }
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
