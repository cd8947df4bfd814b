//! How many, now? One seam: a policy looks at the pool and says how many further dials may start.

mod answers;
mod broadcast;
mod budget;
mod change;
mod drops;
mod handling;
mod pace;
mod predictive;
mod window;

use alloc::boxed::Box;
use alloc::vec::Vec;

use broadcast::Broadcast;
pub(crate) use change::{DIALS_A_MINUTE, DROP_LIMITS, LEVELS};
pub use change::{Paced, PacingChange, UnfitChange};
pub(crate) use handling::{Busy, Work};
pub use pace::{Bound, Pace, Target};
pub(crate) use predictive::Predictive;
pub use window::{DropWindow, WindowCount, WindowSpan};

use crate::words::{Micros, Milli, Span};
use crate::zone::Zone;

/// How a campaign keeps its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Pacing {
    /// One line for each ready agent, who is reserved for it from the dial on. Never drops for want of an agent.
    Progressive,
    /// A lead for each ready agent, who sees it before it is dialled, and then has it dialled or skips it.
    Preview(PreviewRules),
    /// So many lines in the air for each ready agent (power dialling); answers go to whoever waits longest. An agent on a
    /// call has no lines: ratios that count them too, as VICIdial's does, keep more at the same level.
    Ratio {
        /// Lines for each ready agent in thousandths; 1,000 to 10,000.
        level: Milli,
    },
    /// As many lines as the drop budgets of all windows allow, from what has been learnt about callees and agents; answers go
    /// to whoever waits longest.
    Predictive(PredictiveRules),
    /// So many dials a minute, evenly spaced, whether or not anybody is ready; answers go to whoever waits longest, or else to the
    /// message. It dials without any agents too.
    Broadcast {
        /// Dials a minute; 1 to 6,000. The carriers' own limits hold besides.
        per_minute: u32,
    },
    /// As many dials as [`Wish::Allot`] allots: pacing that lives outside the engine. Answers go to whoever waits
    /// longest, or else to the message.
    ///
    /// [`Wish::Allot`]: crate::Wish::Allot
    Allotted,
}

/// How leads are shown before they are dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PreviewRules {
    /// How long an agent may look at a lead; 1 s to 1 h.
    pub time_limit: Span,
    /// What becomes of it then.
    pub then: PreviewEnd,
    /// Whether an agent may skip it.
    pub may_skip: bool,
    /// How long a lead rests that was skipped; 1 s to 90 days.
    pub rest: Span,
}

/// What becomes of a lead at which its agent has looked as long as they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PreviewEnd {
    /// It is dialled.
    Dial,
    /// It is skipped, whether or not the agent may do so.
    Skip,
}

/// What predictive pacing is held to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PredictiveRules {
    /// The windows, all of which are kept at once; at least one, at most eight. Each begins with one line for each ready
    /// agent.
    pub windows: Vec<DropWindow>,
    /// The share of dials that a person answers, in thousandths, where it is known; 1 to 1,000. Otherwise it is learnt.
    pub answer_rate: Option<Milli>,
    /// Whether the limit is kept at every moment of a window and not only at its end: nothing is dialled ahead that could
    /// break it though every call were answered at once. It costs conversations.
    #[cfg_attr(feature = "serde", serde(default))]
    pub strict: bool,
}

/// What a policy may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pool {
    /// Agents who are ready and chosen for nothing.
    pub ready: u32,
    /// Agents on a call or in its work who will be ready again.
    pub busy: u32,
    /// Attempts without a reserved agent that are saved, placed or ringing.
    pub in_flight: u32,
    /// Callees who have answered and wait for an agent.
    pub waiting: u32,
}

impl Pool {
    /// Ready agents on whom nobody who waits has a claim.
    const fn unclaimed(self) -> u32 {
        self.ready.saturating_sub(self.waiting)
    }
}

impl Pacing {
    /// Whether a dial reserves an agent beforehand. Without that a call can be answered with nobody free, so the
    /// campaign must have a message for it.
    pub const fn reserves(&self) -> bool {
        matches!(self, Self::Progressive | Self::Preview(_))
    }
}

/// One campaign's pacing at work.
#[derive(Debug, Clone)]
pub(crate) enum Pacer {
    Progressive,
    Ratio { level: Milli },
    Predictive(Box<Predictive>),
    Broadcast(Broadcast),
    Allotted { left: u32 },
}

impl Pacer {
    /// `patience` is how long somebody who has answered may wait for an agent.
    pub(crate) fn new(rules: &Pacing, patience: Span, zone: &Zone, now: Micros) -> Self {
        match *rules {
            Pacing::Progressive | Pacing::Preview(_) => Self::Progressive,
            Pacing::Ratio { level } => Self::Ratio { level },
            Pacing::Predictive(ref rules) => {
                Self::Predictive(Box::new(Predictive::new(rules, patience, zone.clone(), now)))
            }
            Pacing::Broadcast { per_minute } => Self::Broadcast(Broadcast::new(per_minute, now)),
            Pacing::Allotted => Self::Allotted { left: 0 },
        }
    }

    /// Goes by these rules from now on, which are of its own mode and have the same windows. What it has learnt and counted stays.
    pub(crate) fn goes_by(&mut self, rules: &Pacing, now: Micros) {
        match (self, rules) {
            (Self::Progressive, Pacing::Progressive | Pacing::Preview(_))
            | (Self::Allotted { .. }, Pacing::Allotted) => {}
            (Self::Ratio { level }, Pacing::Ratio { level: to }) => *level = *to,
            (Self::Predictive(predictive), Pacing::Predictive(rules)) => {
                predictive.is_held_to(&rules.windows)
            }
            (Self::Broadcast(broadcast), Pacing::Broadcast { per_minute }) => {
                broadcast.turns_to(*per_minute, now);
            }
            _ => unreachable!("a campaign keeps its mode for as long as the process lives"),
        }
    }

    /// How many further dials may start now.
    pub(crate) fn dials(&self, now: Micros, pool: Pool) -> u32 {
        match self {
            // Whoever is in the air or waits without an agent of their own has lost the one they had, and is to find another.
            Self::Progressive => pool.ready.saturating_sub(pool.in_flight + pool.waiting),
            Self::Ratio { level } => {
                let wanted = (u64::from(pool.ready) * u64::from(level.0) + 500) / 1_000;
                let taken = u64::from(pool.in_flight) + u64::from(pool.waiting);
                u32::try_from(wanted.saturating_sub(taken)).unwrap_or(u32::MAX)
            }
            Self::Predictive(predictive) => predictive.dials(now, pool),
            Self::Broadcast(broadcast) => broadcast.dials(now),
            Self::Allotted { left } => *left,
        }
    }

    /// Whether one of its ready agents can be taken for a call of their own, so that a call in the air may find nobody. Where
    /// each call has been dialled for an agent it must find one; where calls are dialled ahead nobody was promised to any of
    /// them, but to whoever waits already; a budget must have the drop that one agent fewer comes to at most. `taken` agents
    /// have calls of their own in the air already.
    ///
    /// One agent fewer comes to one drop at most until they are back: from the first caller on who would have been theirs, as
    /// many agents are busy as would be with that caller.
    pub(crate) fn spares_one(&self, now: Micros, pool: Pool, taken: u32) -> bool {
        let finds_all = pool.in_flight + pool.waiting < pool.ready;
        let nobody_waits = pool.waiting < pool.ready;
        match self {
            Self::Progressive | Self::Allotted { .. } => finds_all,
            Self::Ratio { level } => finds_all || (level.0 > 1_000 && nobody_waits),
            Self::Predictive(predictive) => {
                finds_all || (nobody_waits && predictive.spares_one(now, pool, taken))
            }
            Self::Broadcast(_) => nobody_waits,
        }
    }

    /// When to ask again although nothing has happened: calls in flight lose their promise with their age, and the next
    /// dial of a broadcast becomes due.
    pub(crate) fn again(&self, now: Micros, pool: Pool) -> Option<Micros> {
        match self {
            Self::Predictive(_) if pool.in_flight > 0 || pool.busy > 0 => Some(now + ASK_AGAIN),
            Self::Broadcast(broadcast) => Some(broadcast.next()),
            Self::Predictive(_) | Self::Progressive | Self::Ratio { .. } | Self::Allotted { .. } => None,
        }
    }

    /// Whether its dials depend on the agents, so that a lack of dials is a lack of agents.
    pub(crate) const fn looks_at_agents(&self) -> bool {
        match self {
            Self::Progressive | Self::Ratio { .. } | Self::Predictive(_) => true,
            Self::Broadcast(_) | Self::Allotted { .. } => false,
        }
    }

    /// Whether it dials by the clock, whoever is ready.
    pub(crate) const fn is_broadcast(&self) -> bool {
        matches!(self, Self::Broadcast(_))
    }

    /// A dial without a reserved agent has passed the gate: the `nth` on its lead.
    pub(crate) fn dialled(&mut self, now: Micros, nth: u32) {
        match self {
            Self::Predictive(predictive) => predictive.dialled(now, nth),
            Self::Broadcast(broadcast) => broadcast.dialled(now),
            Self::Allotted { left } => *left -= 1,
            Self::Progressive | Self::Ratio { .. } => {}
        }
    }

    /// So many dials may start from now on, whatever was left before. Says whether this pacing is one that is allotted.
    pub(crate) fn allot(&mut self, dials: u32) -> bool {
        let Self::Allotted { left } = self else { return false };
        *left = dials;
        true
    }

    /// What its drop windows have counted.
    pub(crate) fn counts(&self) -> Vec<WindowCount> {
        match self {
            Self::Predictive(predictive) => predictive.counts(),
            Self::Progressive | Self::Ratio { .. } | Self::Broadcast(_) | Self::Allotted { .. } => Vec::new(),
        }
    }

    /// How far ahead of its agents it dials, where it looks ahead at all.
    pub(crate) fn pace(&self, now: Micros) -> Option<Pace> {
        match self {
            Self::Predictive(predictive) => Some(predictive.pace(now)),
            Self::Progressive | Self::Ratio { .. } | Self::Broadcast(_) | Self::Allotted { .. } => None,
        }
    }

    /// Whoever wants to hear what happens.
    pub(crate) fn listener(&mut self) -> Option<&mut Predictive> {
        match self {
            Self::Predictive(predictive) => Some(predictive),
            Self::Progressive | Self::Ratio { .. } | Self::Broadcast(_) | Self::Allotted { .. } => None,
        }
    }
}

/// A figure in thousandths as a share of one.
fn share(milli: Milli) -> f64 {
    f64::from(milli.0) / 1_000.0
}

/// How often ready agents are looked at while calls are in flight.
const ASK_AGAIN: Span = Span::millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progressive_dials_once_for_each_ready_agent() {
        let pool = Pool { ready: 3, ..Pool::default() };
        assert_eq!(Pacer::Progressive.dials(Micros(0), pool), 3);
    }

    #[test]
    fn ratio_keeps_its_level_for_each_ready_agent_and_counts_what_is_in_the_air() {
        let level = Pacer::Ratio { level: Milli(2_500) };
        for (ready, in_flight, waiting, dials) in
            [(1, 0, 0, 3), (2, 0, 0, 5), (2, 4, 0, 1), (2, 4, 1, 0), (2, 9, 0, 0), (0, 0, 0, 0)]
        {
            assert_eq!(
                level.dials(Micros(0), Pool { ready, busy: 0, in_flight, waiting }),
                dials,
                "{ready} ready, {in_flight} in flight"
            );
        }
    }
}
