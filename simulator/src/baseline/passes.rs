//! The loop that places calls: up to so many lines, one after the other, then a sleep.

use engine::words::{Micros, Span};

use super::Rules;
use super::seen::{Counts, Seen};

/// How long it sleeps after a pass.
const SLEEP: Span = Span::millis(2_500);

/// The loop at work.
#[derive(Debug, Clone)]
pub(super) struct Passes {
    /// How long it sleeps after each call that it places.
    gap: Span,
    /// Calls of this pass that are still to be placed.
    left: u32,
    next: Micros,
}

impl Passes {
    pub(super) const fn new(rules: &Rules, now: Micros) -> Self {
        Self { gap: Span(1_000_000 / rules.calls_per_second as u64), left: 0, next: now }
    }

    /// When it goes on.
    pub(super) const fn next(&self) -> Micros {
        self.next
    }

    /// The next call of the pass, or a new pass. Between the calls of one pass it looks at nothing: what has changed
    /// since it began is seen by the next. Says whether a call is placed now.
    pub(super) fn goes_on(
        &mut self,
        now: Micros,
        day: u64,
        level: f64,
        rules: &Rules,
        seen: &mut Seen,
    ) -> bool {
        if self.left == 0 {
            seen.sweep(now, day);
            let wanted = calls_to_place(level, rules.available_only, seen.counts());
            self.left = if seen.running() { wanted } else { 0 };
        }
        let places = self.left > 0;
        let work = if places { self.gap } else { Span::ZERO };
        self.left = self.left.saturating_sub(1);
        self.next = now + if self.left > 0 { work } else { work + SLEEP };
        places
    }
}

/// How many calls a pass places: the level times the agents that count, less the lines that are held.
///
/// Agents on a call count, but not those whose call is gone, nor those in wrap-up. With the available-only tally only
/// ready agents do, and the calls that are with an agent come on top.
fn calls_to_place(level: f64, available_only: bool, seen: Counts) -> u32 {
    let (agents, besides) =
        if available_only { (seen.ready, seen.with_agent) } else { (seen.ready + seen.with_agent, 0) };
    let goal = (level * f64::from(agents) + f64::from(besides)).round_ties_even();
    let held = seen.sent + seen.live + seen.with_agent;
    // A goal below what is held is no negative number of calls, but none.
    ((goal - f64::from(held)).max(0.0)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ready: u32, with_agent: u32, sent: u32, live: u32) -> Counts {
        Counts { ready, logged_in: 30, sent, live, with_agent }
    }

    #[test]
    fn it_fills_up_to_the_level_as_published() {
        // Of 18 agents three are ready, 14 on a call, and one's call is gone.
        let busy = seen(3, 14, 20, 0);
        assert_eq!(calls_to_place(2.3, false, busy), 5, "39 lines, 34 of them held");
        assert_eq!(calls_to_place(2.3, true, busy), 0, "21 lines, 34 of them held");
    }

    #[test]
    fn a_pass_keeps_its_identities() {
        for level in [1.0, 1.23, 2.3, 3.0] {
            for (ready, with_agent) in [(0, 0), (0, 7), (3, 0), (3, 14), (10, 20)] {
                for (sent, live) in [(0, 0), (4, 0), (4, 2), (90, 1)] {
                    let lines = |agents: u32| (level * f64::from(agents)).round_ties_even() as i64;
                    let held = i64::from(sent + live);
                    let calls = |available_only| {
                        calls_to_place(level, available_only, seen(ready, with_agent, sent, live))
                    };
                    let tally = (lines(ready + with_agent) - i64::from(with_agent) - held).max(0);
                    let available = (lines(ready) - held).max(0);
                    assert_eq!(
                        i64::from(calls(false)),
                        tally,
                        "level {level}, {ready} ready, {with_agent} on a call"
                    );
                    assert_eq!(
                        i64::from(calls(true)),
                        available,
                        "level {level}, {ready} ready, {with_agent} on a call"
                    );
                }
            }
        }
    }

    #[test]
    fn at_level_one_there_is_a_line_for_each_ready_agent() {
        for (ready, with_agent, sent) in [(5, 0, 0), (5, 25, 2), (0, 30, 0)] {
            let calls = calls_to_place(1.0, false, seen(ready, with_agent, sent, 0));
            assert_eq!(calls, ready.saturating_sub(sent));
        }
    }
}
