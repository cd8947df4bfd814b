//! How many people will be dropped if nothing more is dialled, and how many more if one more call is?
//!
//! With `i` idle agents, the others getting free at rate `b(i)` together, and `r` calls in flight, each of which ends at
//! rate `1 / R` and is then answered by a person with probability `p`, the expected drops obey
//!
//! ```text
//! f(i, r) = [ r/R ( p (i > 0 ? f(i-1, r-1) : 1 + f(0, r-1)) + (1-p) f(i, r-1) ) + b(i) f(i+1, r) ] / (r/R + b(i))
//! ```
//! where `b(i)` tells those who are busy now, by how long they have been, from those who take one of these calls.
//! A call more costs `f(i, r+1) - f(i, r)`, and is dialled while that is below a price for each answer. Where few agents
//! wait for rare answers, one for the last idle agent is worth more than one for another, who has more calls in flight
//! already. Against the exact optimum at 3 %, from two to five agents and from 5 to 10 % of answers, that is worth up to 0.7
//! point of utilisation, and costs 0.3 at most, where agents are busy for no more than three ring times. The tables are built
//! as far as they are asked.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

/// Agents idle at once that a table tells apart. Beyond, each idle agent is worth `1 / p` calls more, where `p` is taken
/// to be higher by so many deviations: a crowd of idle agents would be called for at one stroke.
const WIDEST: usize = 40;
const DEVIATIONS: f64 = 3.0;
/// So many agents are few, answers are rare below this share, and where both is true an answer for the last idle agent is
/// worth so many answers for another.
const FEW: RangeInclusive<u32> = 2..=5;
const RARE: f64 = 0.15;
const LAST_IDLE: f64 = 1.3;
/// How many agents more than at the beginning a table tells apart.
const BEYOND: usize = 16;
/// Most calls in flight that a table goes up to.
const MOST: usize = 4_000;
/// Calls in flight that a table has room for from the beginning.
const USUAL: usize = 32;
/// Busy times that differ by less than this share have one table.
const STEP: f64 = 1.15;
/// An answer probability that has moved by no more than this share of itself has the same tables still, since what they
/// say is then carried over by how many answers the calls stand for.
const ANSWER_MOVES: f64 = 0.05;
/// Where each step begins, in seconds. Beyond the last, more than a day, no busy time is told apart.
const STEPS: [f64; 83] = {
    let mut begin = [1.0; 83];
    let mut step = 1;
    while step < begin.len() {
        begin[step] = begin[step - 1] * STEP;
        step += 1;
    }
    begin
};

/// A pool, as the tables need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outlook {
    pub(super) agents: u32,
    /// Answer probability.
    pub(super) answer: f64,
    /// Mean time from dial to answer, in seconds.
    pub(super) ring: f64,
    /// By what share of itself the answer probability may well be too low.
    pub(super) doubt: f64,
    /// Mean time until an agent is free again whose conversation begins now, as far as a ring shows it, in seconds.
    pub(super) fresh: f64,
}

/// The drops that one more call adds, by how soon agents get free, by idle agents and by calls in flight.
#[derive(Debug, Clone)]
pub(super) struct Drops {
    outlook: Outlook,
    tables: BTreeMap<(usize, usize), Table>,
    /// The step of the busy time that was asked for last: mostly the next is of the same.
    step: usize,
}

/// The same for one mean time until a busy agent is free.
#[derive(Debug, Clone)]
struct Table {
    outlook: Outlook,
    /// By idle agents, from the most that are told apart down to none: how many of the others get free in a second.
    frees: Vec<f64>,
    /// Expected drops with as many calls in flight as there are in `added`: by idle agents in the same order, and then after an
    /// answer that found nobody.
    last: Vec<f64>,
    /// By idle agents in the same order, of the last call in flight: the drops that come of its end where that is what happens
    /// first, and the chance that an agent gets free before.
    ends: Vec<f64>,
    goes_on: Vec<f64>,
    /// As many idle agents as at the beginning, and one more: the table is asked of what lies between.
    asked: [usize; 2],
    /// What each further call in flight adds with so many, for what an answer is worth. Both rise.
    added: Vec<[f64; 2]>,
}

impl Drops {
    pub(super) const fn expect(outlook: Outlook) -> Self {
        Self { outlook, tables: BTreeMap::new(), step: 0 }
    }

    /// Whether the tables still tell the truth about a pool.
    pub(super) fn fits(&self, outlook: &Outlook) -> bool {
        let near = |ours: f64, theirs: f64, by: f64| (ours - theirs).abs() <= by * ours;
        self.outlook.agents == outlook.agents
            && near(self.outlook.answer, outlook.answer, ANSWER_MOVES)
            && near(self.outlook.ring, outlook.ring, 0.05)
            && near(self.outlook.fresh, outlook.fresh, 0.2)
            && (self.outlook.doubt - outlook.doubt).abs() <= 0.02
    }

    /// Up to how many calls may be in flight of which a share of `answer` is answered, where each answer may cost so many
    /// drops. `idle` agents are a mean where some are free only perhaps; the others are free after `busy` seconds in the
    /// mean.
    pub(super) fn dial_up_to(&mut self, answer: f64, idle: f64, busy: f64, price: f64) -> f64 {
        let (step, outlook) = (self.step_of(busy), self.outlook);
        self.step = step;
        // The middle of the step, in the mean that matters for rates.
        let begins = (idle as usize).min(WIDEST);
        let table = self
            .tables
            .entry((step, begins))
            .or_insert_with(|| Table::new(outlook, begins, STEPS[step] * 1.07));
        table.dial_up_to(idle, price) * (outlook.answer / answer)
    }

    fn step_of(&self, busy: f64) -> usize {
        let is_the_last = match STEPS.get(self.step..self.step + 2) {
            Some(&[begin, end]) => begin < busy && busy <= end,
            _ => false,
        };
        if is_the_last { self.step } else { STEPS[1..].partition_point(|&begin| begin < busy) }
    }
}

impl Table {
    /// `idle` agents at the beginning; the others are free after `busy` seconds in the mean.
    fn new(outlook: Outlook, idle: usize, busy: f64) -> Self {
        let widest = (outlook.agents as usize).min(idle + BEYOND).min(WIDEST);
        // Those who were busy from the beginning get free as their ages say, others have taken a call since.
        let frees = |left: usize| {
            let taken = idle.saturating_sub(left) as f64;
            let still_busy = f64::from(outlook.agents) - left as f64 - taken;
            still_busy / busy + taken / outlook.fresh
        };
        let mut frees: Vec<f64> = (0..=widest).rev().map(frees).collect();
        // Beyond the widest column nothing is told apart, so nobody gets free there.
        frees[0] = 0.0;
        let nothing = alloc::vec![0.0; widest + 1];
        Self {
            outlook,
            frees,
            last: nothing.iter().copied().chain([1.0]).collect(),
            ends: nothing.clone(),
            goes_on: nothing,
            asked: [idle, idle + 1].map(|idle| idle.min(widest)),
            added: Vec::with_capacity(USUAL),
        }
    }

    /// Where what one more call adds reaches its worth, between whole calls too: calls in flight are counted by what
    /// they still are of a fresh one.
    fn dial_up_to(&mut self, idle: f64, price: f64) -> f64 {
        let worth = price * self.outlook.answer;
        let fewer = self.asked[0] as f64;
        let share = (idle - fewer).min(1.0);
        let adds = |&[fewer, more]: &[f64; 2]| (1.0 - share) * fewer + share * more;
        while self.added.last().is_none_or(|last| adds(last) <= worth && self.added.len() < MOST) {
            self.extend();
        }
        let answer = self.outlook.answer * (1.0 + DEVIATIONS * self.outlook.doubt);
        let beyond = (idle - fewer - share) / answer;
        let calls = self.added[..self.added.len() - 1].partition_point(|added| adds(added) <= worth);
        let Some(last) = calls.checked_sub(1) else { return beyond };
        let (below, above) = (adds(&self.added[last]), adds(&self.added[calls]));
        calls as f64 + ((worth - below) / (above - below)).clamp(0.0, 1.0) + beyond
    }

    /// One call more in flight: what comes of it follows from what came of one less.
    fn extend(&mut self) {
        let Outlook { agents, answer, ring, .. } = self.outlook;
        let rate = (self.added.len() + 1) as f64 / ring;
        let asked = self.asked.map(|idle| self.frees.len() - 1 - idle);
        let without = asked.map(|place| self.last[place]);
        // In two passes, since only the second has to go from one number of idle agents to the next. Both go the same way, so
        // that the first of the next call need not wait for all of this one's second.
        let steps = self.ends.iter_mut().zip(&mut self.goes_on).zip(&self.frees);
        for (((ends, goes_on), frees), last) in steps.zip(self.last.windows(2)) {
            let once = 1.0 / (rate + frees);
            *ends = rate * once * (answer * last[1] + (1.0 - answer) * last[0]);
            *goes_on = frees * once;
        }
        let mut freed = 0.0;
        for ((last, ends), goes_on) in self.last.iter_mut().zip(&self.ends).zip(&self.goes_on) {
            freed = ends + goes_on * freed;
            *last = freed;
        }
        *self.last.last_mut().expect("it has a place for whoever is dropped") = 1.0 + freed;
        let are_rare = FEW.contains(&agents) && answer < RARE;
        let worth = |idle| if idle == 1 && are_rare { LAST_IDLE } else { 1.0 };
        let adds = |nth: usize| (self.last[asked[nth]] - without[nth]) / worth(self.asked[nth]);
        self.added.push([adds(0), adds(1)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: f64 = 120.0;

    fn drops(agents: u32, answer: f64) -> Drops {
        Drops::expect(Outlook { agents, answer, ring: 10.0, doubt: 0.0, fresh: BUSY })
    }

    #[test]
    fn one_call_with_one_idle_agent_drops_nobody_and_each_further_costs_more() {
        let outlook = Outlook { agents: 10, answer: 0.3, ring: 10.0, doubt: 0.0, fresh: BUSY };
        for idle in 0..=10 {
            let mut table = Table::new(outlook, idle, BUSY);
            (0..200).for_each(|_| table.extend());
            for nth in 0..2 {
                let added: Vec<f64> = table.added.iter().map(|added| added[nth]).collect();
                assert!(added.is_sorted(), "{added:?}");
                assert_eq!(added[0] > 0.0, table.asked[nth] == 0, "{added:?}");
            }
        }
    }

    #[test]
    fn the_tables_of_the_optimum_are_found_at_its_price() {
        // The optimum at 3 % for ten agents, three answers in ten dials and 120 s: 1, 3, 6, 11 with 1, 2, 3, 5 idle.
        let mut drops = drops(10, 0.3);
        let table = [1, 2, 3, 5].map(|idle| drops.dial_up_to(0.3, f64::from(idle), BUSY, 0.08));
        for (seen, optimum) in table.iter().zip([1.0, 3.0, 6.0, 11.0]) {
            assert!((seen.floor() - optimum).abs() <= 1.0, "{table:?}");
        }
    }

    #[test]
    fn the_last_idle_agent_of_a_few_gets_a_second_call_when_the_optimum_says() {
        // How many calls the optimum at 3 % dials for two idle agents where it begins to dial two for one.
        let optimum = [
            (2, 0.1, 120.0, 5),
            (2, 0.1, 180.0, 5),
            (2, 0.05, 120.0, 7),
            (3, 0.07, 120.0, 6),
            (3, 0.07, 180.0, 6),
            (4, 0.07, 180.0, 6),
        ];
        for (agents, answer, busy, for_two) in optimum {
            let outlook = Outlook { agents, answer, ring: 10.0, doubt: 0.0, fresh: busy };
            let mut drops = Drops::expect(outlook);
            let mut dialled = |idle, price| drops.dial_up_to(answer, idle, busy, price) as u32;
            let mut prices = (1..500).map(|price| f64::from(price) / 1_000.0);
            let price = prices.find(|&price| dialled(1.0, price) == 2).expect("some price");
            assert_eq!(dialled(2.0, price), for_two, "{agents} agents, {answer}, {busy} s");
        }
    }

    #[test]
    fn more_idle_agents_a_higher_price_and_shorter_talks_never_allow_fewer_calls() {
        for (agents, answer) in [(1, 0.1), (3, 0.1), (10, 0.3), (300, 0.1)] {
            let mut drops = drops(agents, answer);
            for price in [0.01, 0.1, 0.5] {
                let halves = 0..=agents * 2;
                let table: Vec<f64> = halves
                    .map(|halves| drops.dial_up_to(answer, f64::from(halves) / 2.0, BUSY, price))
                    .collect();
                assert!(table.is_sorted(), "{agents} agents at {price}: {table:?}");
                let all = f64::from(agents);
                assert!(
                    drops.dial_up_to(answer, all, BUSY, price)
                        <= drops.dial_up_to(answer, all, BUSY, price * 1.5)
                );
                assert!(
                    drops.dial_up_to(answer, 1.0, BUSY, price)
                        <= drops.dial_up_to(answer, 1.0, BUSY / 2.0, price)
                );
            }
        }
    }

    #[test]
    fn a_pool_that_changed_its_answers_or_its_agents_needs_new_tables() {
        let drops = drops(10, 0.3);
        let like =
            |agents, answer, ring| drops.fits(&Outlook { agents, answer, ring, doubt: 0.0, fresh: BUSY });
        assert!(like(10, 0.303, 10.2));
        assert!(!like(11, 0.3, 10.0) && !like(10, 0.32, 10.0) && !like(10, 0.3, 11.0));
    }

    #[test]
    fn tables_of_a_probability_that_has_moved_a_little_say_what_new_ones_would() {
        for (agents, answer) in [(10, 0.3), (50, 0.5), (300, 0.1)] {
            for (moved, idle) in [(0.96, 1.0), (0.96, 4.0), (1.04, 1.0), (1.04, 4.0)] {
                let moved = answer * moved;
                assert!(
                    drops(agents, answer).fits(&Outlook { answer: moved, ..drops(agents, answer).outlook })
                );
                let carried = drops(agents, answer).dial_up_to(moved, idle, BUSY, 0.1);
                let anew = drops(agents, moved).dial_up_to(moved, idle, BUSY, 0.1);
                assert!(
                    (carried - anew).abs() < 0.05 + 0.01 * anew,
                    "{agents} agents, {moved}: {carried}, anew {anew}"
                );
            }
        }
    }
}
