//! When must somebody look again? One table of deadlines, each with its reason.

use alloc::collections::binary_heap::PeekMut;
use alloc::collections::{BTreeMap, BinaryHeap};
use core::cmp::Reverse;

use crate::roster::Roster;
use crate::window::Window;
use crate::words::{AgentId, AttemptId, CampaignId, Leg, Micros, RequestId, first_of};

/// Why the engine wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Wake {
    /// An attempt's own deadline: set-up, ringing, message, talk limit, or a second look at an end.
    Attempt(AttemptId),
    /// An agent's: phone ringing, wrap-up, a second look at a leg.
    Agent(AgentId),
    /// That of a leg to somebody whom a callee is put through to, by its attempt and its number there; 0 while it waits for a
    /// carrier with room.
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
/// Campaigns are few and theirs come and go with every look at the agents, so they are looked through. Any other that is
/// moved later or removed stays in the heap until its old time comes or the heap is mostly made of such: most deadlines are
/// far away and never come to pass, and so cost next to nothing.
#[derive(Debug, Clone)]
pub(crate) struct Deadlines {
    /// The first of them always stands, at its time.
    by_time: BinaryHeap<Reverse<(Micros, Wake)>>,
    standing: Standing,
    campaigns: Roster<CampaignId, Option<Micros>>,
    /// The first of the campaigns'.
    first_campaign: Option<(Micros, Wake)>,
}

/// The deadlines that stand, each where it is found soonest.
#[derive(Debug, Clone)]
struct Standing {
    attempts: Window<Due>,
    agents: Roster<AgentId, Option<Due>>,
    missing: BTreeMap<Leg, Due>,
    others: BTreeMap<Wake, Due>,
    count: usize,
}

/// A deadline that stands.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: Micros,
    /// Under which time it is in the heap: its own, or an earlier one from which it was moved.
    queued: Micros,
}

impl Standing {
    fn get_mut(&mut self, wake: Wake) -> Option<&mut Due> {
        match wake {
            Wake::Attempt(id) => self.attempts.get_mut(id.0),
            Wake::Agent(id) => self.agents.get_mut(id)?.as_mut(),
            Wake::Missing(leg) => self.missing.get_mut(&leg),
            other @ (Wake::Answer(_)
            | Wake::Transfer(..)
            | Wake::Debt(_)
            | Wake::Campaign(_)
            | Wake::Link
            | Wake::Survey
            | Wake::Breaker) => self.others.get_mut(&other),
        }
    }

    /// Puts one in place of another, either of which may be none. Says whether another stood.
    fn replace(&mut self, wake: Wake, due: Option<Due>) -> bool {
        let before = match (wake, due) {
            (Wake::Attempt(id), Some(due)) => self.attempts.insert(id.0, due),
            (Wake::Attempt(id), None) => self.attempts.remove(id.0),
            (Wake::Agent(id), due) => {
                core::mem::replace(self.agents.get_mut(id).expect("agents are configured once"), due)
            }
            (Wake::Missing(leg), Some(due)) => self.missing.insert(leg, due),
            (Wake::Missing(leg), None) => self.missing.remove(&leg),
            (other, Some(due)) => self.others.insert(other, due),
            (other, None) => self.others.remove(&other),
        };
        self.count = self.count + usize::from(due.is_some()) - usize::from(before.is_some());
        before.is_some()
    }
}

impl Deadlines {
    /// None so far, in a house with these agents and campaigns.
    pub(crate) fn new(
        agents: impl Iterator<Item = AgentId>,
        campaigns: impl Iterator<Item = CampaignId>,
    ) -> Self {
        let standing = Standing {
            attempts: Window::default(),
            agents: Roster::new(agents.map(|id| (id, None))),
            missing: BTreeMap::new(),
            others: BTreeMap::new(),
            count: 0,
        };
        let campaigns = Roster::new(campaigns.map(|id| (id, None)));
        Self { by_time: BinaryHeap::new(), standing, campaigns, first_campaign: None }
    }

    /// Sets, moves or removes the deadline of one reason.
    pub(crate) fn set(&mut self, wake: Wake, at: Option<Micros>) {
        if let Wake::Campaign(id) = wake {
            return self.set_campaign(id, at);
        }
        match at {
            Some(at) => self.arm(wake, at),
            None if self.standing.replace(wake, None) => self.clear_fallen(wake),
            None => {}
        }
    }

    /// Sets the deadline of one reason unless an earlier one stands.
    pub(crate) fn no_later(&mut self, wake: Wake, at: Micros) {
        if let Wake::Campaign(id) = wake {
            if self.campaign(id).is_none_or(|due| due > at) {
                self.set_campaign(id, Some(at));
            }
            return;
        }
        if self.standing.get_mut(wake).is_none_or(|due| due.at > at) {
            self.arm(wake, at);
        }
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<(Micros, Wake)> {
        let first = self.by_time.peek().map(|&Reverse(first)| first);
        first_of(first, self.first_campaign)
    }

    /// When it is.
    pub(crate) fn next_at(&self) -> Option<Micros> {
        let first = self.by_time.peek().map(|Reverse((at, _))| *at);
        first_of(first, self.first_campaign.map(|(at, _)| at))
    }

    fn campaign(&mut self, id: CampaignId) -> &mut Option<Micros> {
        self.campaigns.get_mut(id).expect("campaigns are configured once")
    }

    fn set_campaign(&mut self, id: CampaignId, at: Option<Micros>) {
        *self.campaign(id) = at;
        let standing = self.campaigns.iter().filter_map(|(id, at)| Some(((*at)?, Wake::Campaign(id))));
        self.first_campaign = standing.min();
    }

    fn arm(&mut self, wake: Wake, at: Micros) {
        match self.standing.get_mut(wake) {
            Some(due) if due.at == at => {}
            Some(due) if due.queued <= at => {
                due.at = at;
                self.clear_fallen(wake);
            }
            Some(due) => {
                *due = Due { at, queued: at };
                self.by_time.push(Reverse((at, wake)));
                self.clear_fallen(wake);
            }
            None => {
                self.standing.replace(wake, Some(Due { at, queued: at }));
                self.by_time.push(Reverse((at, wake)));
            }
        }
    }

    /// Drops what no longer stands, now that one has moved: from everywhere where there is much of it, and from the front.
    fn clear_fallen(&mut self, moved: Wake) {
        let Self { by_time, standing, .. } = self;
        let has_moved = by_time.peek().is_some_and(|&Reverse((_, first))| first == moved);
        if by_time.len() > standing.count * 2 + SLACK {
            by_time.retain(|&Reverse((at, wake))| standing.get_mut(wake).is_some_and(|due| due.queued == at));
        }
        // No other can have been the first that stands.
        if has_moved {
            self.settle_first();
        }
    }

    /// Puts whatever was moved later to its time, until the first of all is one that stands.
    fn settle_first(&mut self) {
        while let Some(mut first) = self.by_time.peek_mut() {
            let Reverse((at, wake)) = *first;
            match self.standing.get_mut(wake) {
                Some(due) if due.at == at => return,
                Some(due) if due.queued == at => {
                    due.queued = due.at;
                    *first = Reverse((due.at, wake));
                }
                _ => {
                    PeekMut::pop(first);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// A house with one agent and two campaigns.
    fn deadlines() -> Deadlines {
        Deadlines::new([AgentId(7)].into_iter(), [1, 2].map(CampaignId).into_iter())
    }

    #[test]
    fn a_moved_deadline_stands_once_and_at_its_new_time() {
        let mut deadlines = deadlines();
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

    fn wake(nth: u64) -> Wake {
        let leg = Leg::Customer { attempt: AttemptId(nth), ordinal: 1 };
        match nth % 6 {
            0 => Wake::Agent(AgentId(7)),
            1 => Wake::Campaign(CampaignId(1 + nth as u32 / 6 % 2)),
            2 => Wake::Missing(leg),
            3 => Wake::Debt(AttemptId(nth)),
            _ => Wake::Attempt(AttemptId(nth)),
        }
    }

    proptest::proptest! {
        /// Hundreds of deadlines that are set, moved either way and removed; one in eight of the times comes to pass.
        #[test]
        fn the_next_deadline_is_the_first_that_a_plain_table_would_name(
            steps in proptest::collection::vec((0..120_u64, 0..8_u8, 0..500_u64), 0..2_000)
        ) {
            let mut deadlines = deadlines();
            let mut table = BTreeMap::new();
            for (nth, step, at) in steps {
                let (wake, at) = (wake(nth), Micros(at));
                match step {
                    0 => {
                        if let Some((_, first)) = deadlines.next() {
                            deadlines.set(first, None);
                            table.remove(&first);
                        }
                    }
                    1 | 2 => {
                        deadlines.set(wake, None);
                        table.remove(&wake);
                    }
                    3 => {
                        deadlines.no_later(wake, at);
                        let stands = table.entry(wake).or_insert(at);
                        *stands = core::cmp::Ord::min(*stands, at);
                    }
                    _ => {
                        deadlines.set(wake, Some(at));
                        table.insert(wake, at);
                    }
                }
                let first = table.iter().map(|(&wake, &at)| (at, wake)).min();
                proptest::prop_assert_eq!(deadlines.next(), first);
                proptest::prop_assert!(deadlines.by_time.len() <= table.len() * 2 + SLACK + 1);
            }
        }
    }
}
