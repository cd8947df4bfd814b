//! When must somebody look again? One table of deadlines, each with its reason.

use alloc::collections::{BTreeMap, BinaryHeap};
use core::cmp::Reverse;

use crate::roster::Roster;
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
    /// That of a leg to somebody whom a callee is put through to, by its attempt and its number there.
    Transfer(AttemptId, u16),
    /// Nobody has said in time what came of a call, or it has to be written again.
    Debt(AttemptId),
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

/// At most one deadline for each reason, but for answers: those are awaited in the order of the questions (`pending`).
///
/// One that is moved or removed stays in the heap until its time comes or the heap is mostly made of such: most
/// deadlines are far away and never come to pass, and so cost next to nothing.
#[derive(Debug, Clone)]
pub(crate) struct Deadlines {
    /// The first of them always stands.
    by_time: BinaryHeap<Reverse<(Micros, Wake)>>,
    standing: Standing,
}

/// The deadlines that stand.
#[derive(Debug, Clone)]
struct Standing {
    attempts: Window<Micros>,
    agents: Roster<AgentId, Option<Micros>>,
    others: BTreeMap<Wake, Micros>,
    count: usize,
}

impl Standing {
    fn get(&self, wake: Wake) -> Option<Micros> {
        match wake {
            Wake::Attempt(id) => self.attempts.get(id.0).copied(),
            Wake::Agent(id) => self.agents.get(id).copied().flatten(),
            Wake::Answer(_)
            | Wake::Transfer(..)
            | Wake::Debt(_)
            | Wake::Missing(_)
            | Wake::Campaign(_)
            | Wake::Link
            | Wake::Survey
            | Wake::Breaker => self.others.get(&wake).copied(),
        }
    }

    /// Puts one in place of another, either of which may be none. Gives back the other.
    fn replace(&mut self, wake: Wake, at: Option<Micros>) -> Option<Micros> {
        let before = match (wake, at) {
            (Wake::Attempt(id), Some(at)) => self.attempts.insert(id.0, at),
            (Wake::Attempt(id), None) => self.attempts.remove(id.0),
            (Wake::Agent(id), at) => {
                let agent = self.agents.get_mut(id).expect("agents are configured once");
                core::mem::replace(agent, at)
            }
            (other, Some(at)) => self.others.insert(other, at),
            (other, None) => self.others.remove(&other),
        };
        self.count = self.count + usize::from(at.is_some()) - usize::from(before.is_some());
        before
    }
}

impl Deadlines {
    /// None so far, in a house with these agents.
    pub(crate) fn new(agents: impl Iterator<Item = AgentId>) -> Self {
        let agents = Roster::new(agents.map(|id| (id, None)));
        let standing = Standing { attempts: Window::default(), agents, others: BTreeMap::new(), count: 0 };
        Self { by_time: BinaryHeap::new(), standing }
    }

    /// Sets, moves or removes the deadline of one reason.
    pub(crate) fn set(&mut self, wake: Wake, at: Option<Micros>) {
        let before = self.standing.replace(wake, at);
        if before == at {
            return;
        }
        if let Some(at) = at {
            self.by_time.push(Reverse((at, wake)));
        }
        if before.is_some() {
            self.clear_fallen(wake);
        }
    }

    /// Sets the deadline of one reason unless an earlier one stands.
    pub(crate) fn no_later(&mut self, wake: Wake, at: Micros) {
        let earlier = self.standing.get(wake).map_or(at, |stands| core::cmp::Ord::min(stands, at));
        self.set(wake, Some(earlier));
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<(Micros, Wake)> {
        self.by_time.peek().map(|&Reverse(first)| first)
    }

    /// Drops what no longer stands, now that one has moved: from the front, where only that one can have stood, and from
    /// everywhere where there is much of it.
    fn clear_fallen(&mut self, moved: Wake) {
        let Self { by_time, standing } = self;
        let stands = |&Reverse((at, wake)): &Reverse<(Micros, Wake)>| standing.get(wake) == Some(at);
        if by_time.len() > standing.count * 2 + SLACK {
            by_time.retain(stands);
        }
        if by_time.peek().is_some_and(|&Reverse((_, first))| first == moved) {
            while by_time.peek().is_some_and(|first| !stands(first)) {
                by_time.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn a_moved_deadline_stands_once_and_at_its_new_time() {
        let mut deadlines = Deadlines::new([AgentId(7)].into_iter());
        deadlines.set(Wake::Survey, Some(Micros(10)));
        deadlines.set(Wake::Agent(AgentId(7)), Some(Micros(20)));
        deadlines.set(Wake::Survey, Some(Micros(30)));
        deadlines.no_later(Wake::Agent(AgentId(7)), Micros(40));
        let mut order = Vec::new();
        while let Some((at, wake)) = deadlines.next() {
            order.push((at.0, wake));
            deadlines.set(wake, None);
        }
        assert_eq!(order, [(20, Wake::Agent(AgentId(7))), (30, Wake::Survey)]);
    }
}
