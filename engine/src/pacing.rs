//! How many, now? One seam: a policy looks at the pool and says how many further dials may start.

use crate::words::Milli;

/// How a campaign keeps its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Pacing {
    /// One line for each ready agent, who is reserved for it from the dial on. Never drops for want of an agent.
    Progressive,
    /// So many lines in the air for each ready agent (power dialling); answers go to whoever waits longest.
    Ratio {
        /// Lines for each ready agent in thousandths; 1,000 to 10,000.
        level: Milli,
    },
}

/// What a policy may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Agents who are ready and chosen for nothing.
    pub ready: u32,
    /// Attempts without a reserved agent that are saved, placed or ringing.
    pub in_flight: u32,
    /// Callees who have answered and wait for an agent.
    pub waiting: u32,
}

impl Pacing {
    /// Whether a dial reserves an agent beforehand. Without that a call can be answered with nobody free, so the
    /// campaign must have a message for it.
    pub const fn reserves(self) -> bool {
        matches!(self, Self::Progressive)
    }

    /// How many further dials may start now.
    pub fn dials(self, pool: Pool) -> u32 {
        match self {
            Self::Progressive => pool.ready,
            Self::Ratio { level } => {
                let wanted = (u64::from(pool.ready) * u64::from(level.0) + 500) / 1_000;
                let taken = u64::from(pool.in_flight) + u64::from(pool.waiting);
                u32::try_from(wanted.saturating_sub(taken)).unwrap_or(u32::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progressive_dials_once_for_each_ready_agent() {
        assert_eq!(Pacing::Progressive.dials(Pool { ready: 3, in_flight: 0, waiting: 0 }), 3);
    }

    #[test]
    fn ratio_keeps_its_level_for_each_ready_agent_and_counts_what_is_in_the_air() {
        let level = Pacing::Ratio { level: Milli(2_500) };
        for (ready, in_flight, waiting, dials) in
            [(1, 0, 0, 3), (2, 0, 0, 5), (2, 4, 0, 1), (2, 4, 1, 0), (2, 9, 0, 0), (0, 0, 0, 0)]
        {
            assert_eq!(
                level.dials(Pool { ready, in_flight, waiting }),
                dials,
                "{ready} ready, {in_flight} in flight"
            );
        }
    }
}
