//! A baseline: VICIdial's pacing with its literal clocks, to compare ours with what most call centres run today.
//!
//! Two loops share one number, the *dial level*. The one ([`adapt`]) looks at ready agents and waiting calls each second
//! and moves the level every 15 s by how many more there are of the one than of the other; drop percentages, refreshed
//! every 60 s, brake it. The other ([`passes`]) fills the campaign up to so many lines, one call after the other at so
//! many a second, and sleeps 2.5 s before it looks again. Neither estimates an answer rate, a talk time or a ring time.
//! Without the first loop, at a level that an administrator has chosen, the method is called RATIO.
//!
//! VICIdial's RATIO is not the engine's `ratio`: that one keeps so many lines for each *ready* agent, VICIdial keeps them
//! for each agent who is ready *or on a call*, and takes those calls off. With its available-only tally the two are alike.
//!
//! It is a machine of its own that sees what VICIdial would see: how many agents there are and how many of them are ready
//! ([`seen`]), its call records with their ghost lines, and its call log with what agents have dispositioned ([`log`]).
//! What it decides reaches the engine that ships as [`Wish::Allot`](engine::Wish::Allot), so that gate, hopper, retries
//! and joining are the same for every policy.
//!
//! Where the simulated house is kinder to it than VICIdial is to itself: an answer is joined with a ready agent at once,
//! not at the next turn of a polling loop, and none is lost before it is routed; the database takes no time; agents hang
//! up when the callee does and disposition every call at the end of its work; there is one server, one campaign and no
//! limit of trunks or concurrent transfers. Whoever asks for a break or to go home has no lines from then on, but is kept for
//! the calls in the air, which VICIdial would drop. How long somebody who answered waits for an agent is the world's for all
//! policies (3.2 s in the realistic worlds), where VICIdial drops after about 5.7 s by default.
//!
//! Left out: in-call tally, dial-level threshold, the difference target on placed calls, shared campaigns and drop-rate
//! groups. It was written from a description of the formulas (VICIdial as of 2024 and 2025), not from VICIdial's code.

mod adapt;
mod level;
mod log;
mod passes;
mod seen;

use engine::Command;
use engine::amd::{Detection, Policy};
use engine::words::{AttemptId, Micros, Span};

use adapt::Adapt;
use passes::Passes;
use seen::Seen;

/// What an administrator sets, in VICIdial's own terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rules {
    pub(crate) method: Method,
    /// The dial level: lines for each agent. It stays with [`Method::Ratio`], the others begin with it. At least 1.
    pub(crate) level: f64,
    /// The highest that the level may become; at least 1.
    pub(crate) max_level: f64,
    /// Whether agents on a call have no lines ("available only ratio tally").
    pub(crate) available_only: bool,
    /// By how many percent a surplus of agents counts for more, and one of calls for less; -40 to 40.
    pub(crate) intensity: i32,
    /// How many calls are to wait; below 0, how many agents ("difference target"); -40 to 40.
    pub(crate) target: i32,
    /// Drops per answer above which the level is braked, in percent.
    pub(crate) drop_limit: f64,
    /// The server's clock when the first day opens, in minutes from midnight.
    pub(crate) opens: u32,
    /// Until when TAPERED eases its brake: the server's clock as hours times 100 and minutes.
    pub(crate) latest: u32,
    /// How long VICIdial lets a call ring. The simulated callees end it themselves; here it only holds ghost lines.
    pub(crate) dial_timeout: Span,
    /// How long VICIdial lets somebody wait for an agent. The world decides that here; it only holds ghost lines.
    pub(crate) drop_call: Span,
    /// Calls placed a second; 1 to 200.
    pub(crate) calls_per_second: u32,
    /// Whether a call that nobody answered goes on to hold a line.
    pub(crate) ghost_lines: bool,
    /// Whether drops are counted by the British formula, which discounts those that were machines.
    pub(crate) british: bool,
}

/// How the dial level moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// It stays where the administrator has put it.
    Ratio,
    /// It adapts, and is 1 for as long as there are too many drops.
    HardLimit,
    /// It adapts, and is halved each time there are too many drops.
    Average,
    /// It adapts, and with too many drops is reduced the more the later in the day it is.
    Tapered,
}

/// VICIdial at work.
#[derive(Debug, Clone)]
pub(crate) struct Baseline {
    rules: Rules,
    opened: Micros,
    seen: Seen,
    /// Nobody adapts what an administrator has fixed.
    adapt: Option<Adapt>,
    passes: Passes,
}

impl Baseline {
    /// Both loops begin now, when the first day opens. `detection` is how the house tells machines from persons, if it does.
    pub(crate) fn new(rules: Rules, detection: Option<Detection>, now: Micros) -> Self {
        Self {
            rules,
            opened: now,
            seen: Seen::new(&rules, detection),
            adapt: (rules.method != Method::Ratio).then(|| Adapt::new(&rules, now)),
            passes: Passes::new(&rules, now),
        }
    }

    /// Hears what the dialer does. `machine` is whether a machine has answered the call that it is about, as an agent would
    /// say of it.
    pub(crate) fn hears(&mut self, now: Micros, command: &Command, machine: bool) {
        self.seen.hears(now, self.day(now), command, machine);
    }

    /// Asterisk's `AMD()` has told who has answered a call, and this becomes of them.
    pub(crate) fn is_told(&mut self, attempt: AttemptId, policy: Policy) {
        self.seen.told(attempt, policy);
    }

    /// Its clock has come. Says whether it places a call now.
    pub(crate) fn wakes(&mut self, now: Micros) -> bool {
        let (day, clock) = (self.day(now), self.clock(now));
        if let Some(adapt) = self.adapt.as_mut().filter(|adapt| adapt.next() <= now) {
            adapt.iterates(now, (day, clock), &self.rules, &mut self.seen);
        }
        let level = self.adapt.as_ref().map_or(self.rules.level, Adapt::level);
        self.passes.next() <= now && self.passes.goes_on(now, day, level, &self.rules, &mut self.seen)
    }

    /// When it wants to be woken next; always later than the last time.
    pub(crate) fn next(&self) -> Micros {
        self.adapt.iter().map(Adapt::next).fold(self.passes.next(), Micros::min)
    }

    /// How many it sees: ready agents, all agents, calls that ring, calls that wait, calls with an agent.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> [u32; 5] {
        let counts = self.seen.counts();
        [counts.ready, counts.logged_in, counts.sent, counts.live, counts.with_agent]
    }

    /// Minutes of the server's clock since the midnight before the first day.
    fn minutes(&self, now: Micros) -> u64 {
        u64::from(self.rules.opens) + now.since(self.opened).0 / 60_000_000
    }

    /// The server's day: its drop percentage begins anew at midnight.
    fn day(&self, now: Micros) -> u64 {
        self.minutes(now) / 1_440
    }

    /// The server's clock as hours times 100 and minutes.
    fn clock(&self, now: Micros) -> u32 {
        let minute = u32::try_from(self.minutes(now) % 1_440).expect("a minute of the day");
        minute / 60 * 100 + minute % 60
    }
}

#[cfg(test)]
mod tests;
