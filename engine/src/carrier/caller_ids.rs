//! Which number is shown? Pools of caller ids, used in turn or by the callee's area, each within its limits.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use crate::roster::Roster;
use crate::words::{Micros, Number, PoolId, Span};

const HOUR: Span = Span::secs(3_600);
const DAY: Span = Span::secs(86_400);

/// What the house decides about a pool of caller ids.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CallerIdPool {
    /// Its id.
    pub id: PoolId,
    /// The name that operators use.
    pub name: String,
    /// The caller ids: a number each, or a name and a number; 1 to 10,000.
    pub caller_ids: Vec<String>,
    /// Which of them is shown.
    pub pick: Pick,
    /// How often each may be shown in any hour; 1 to 10,000.
    pub per_hour: Option<u32>,
    /// And in any day; 1 to 10,000.
    pub per_day: Option<u32>,
    /// Whether a lead that is tried again sees the one that it saw before, as long as the limits let it.
    pub keep: bool,
}

impl CallerIdPool {
    /// The digits of the number that each of them shows: by these the limits count, however a caller id is written.
    pub fn numbers(&self) -> impl Iterator<Item = String> {
        self.caller_ids.iter().map(|caller_id| digits(caller_id).collect())
    }
}

/// Which caller id of a pool is shown, of those within their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Pick {
    /// Each in its turn.
    InTurn,
    /// The one that shares the most leading digits with the callee's number; several that do, in turn.
    Nearest,
}

/// All pools at work.
#[derive(Debug, Clone)]
pub(crate) struct CallerIds {
    pools: Roster<PoolId, Pool>,
    /// Of each number, whichever pools it is in and however it is written: the limits are of how often it is seen.
    uses: Vec<Uses>,
    /// Where the uses of each are, by its digits.
    places: BTreeMap<String, usize>,
}

#[derive(Debug, Clone)]
struct Pool {
    rules: CallerIdPool,
    /// Where the uses of each caller id are, in the order configured.
    uses: Vec<usize>,
    /// Whose turn it is.
    turn: usize,
}

/// When one caller id was shown, as far back as any limit on it looks.
#[derive(Debug, Clone, Default)]
struct Uses {
    shown: VecDeque<Micros>,
    /// How far back that is; no time where nothing limits it.
    kept: Span,
}

impl Uses {
    /// When it may be shown again: `now`, or later.
    fn free_at(&self, rules: &CallerIdPool, now: Micros) -> Micros {
        let limits = [(rules.per_hour, HOUR), (rules.per_day, DAY)];
        let free_at = |(limit, window): (Option<u32>, Span)| {
            let oldest_that_counts = self.shown.len().checked_sub(limit? as usize)?;
            self.shown.get(oldest_that_counts).map(|&shown| shown + window)
        };
        limits.into_iter().filter_map(free_at).fold(now, core::cmp::Ord::max)
    }

    /// It is in a pool with these limits, too.
    fn keep_for(&mut self, rules: &CallerIdPool) {
        let longest = match (rules.per_hour, rules.per_day) {
            (_, Some(_)) => DAY,
            (Some(_), None) => HOUR,
            (None, None) => Span::ZERO,
        };
        self.kept = core::cmp::Ord::max(self.kept, longest);
    }

    fn show(&mut self, now: Micros) {
        while self.shown.front().is_some_and(|&shown| shown + self.kept <= now) {
            self.shown.pop_front();
        }
        if self.kept > Span::ZERO {
            self.shown.push_back(now);
        }
    }
}

impl CallerIds {
    pub(crate) fn new(pools: impl Iterator<Item = CallerIdPool>) -> Self {
        let (mut places, mut uses) = (BTreeMap::new(), Vec::<Uses>::new());
        let pool = |rules: CallerIdPool| {
            let mut place = |caller_id: &String| {
                let place = *places.entry(digits(caller_id).collect()).or_insert_with(|| {
                    uses.push(Uses::default());
                    uses.len() - 1
                });
                uses[place].keep_for(&rules);
                place
            };
            let uses = rules.caller_ids.iter().map(&mut place).collect();
            (rules.id, Pool { uses, turn: 0, rules })
        };
        let pools = Roster::new(pools.map(pool));
        Self { pools, uses, places }
    }

    /// When a pool has a caller id to show: `now`, or later.
    pub(crate) fn free_at(&self, pool: PoolId, now: Micros) -> Micros {
        let pool = self.pools.get(pool).expect("pools are checked when the engine is made");
        let free = pool.uses.iter().map(|&place| self.uses[place].free_at(&pool.rules, now));
        free.min().expect("a pool has a caller id, as checked")
    }

    /// Whether leads see again what they saw before.
    pub(crate) fn keeps(&self, pool: PoolId) -> bool {
        self.pools.get(pool).is_some_and(|pool| pool.rules.keep)
    }

    /// Shows one of a pool to a callee, who may have seen one before.
    pub(crate) fn show(&mut self, id: PoolId, callee: Number, seen: Option<&str>, now: Micros) -> String {
        let pool = self.pools.get_mut(id).expect("pools are checked when the engine is made");
        let place =
            pool.choose(&self.uses, callee, seen, now).expect("a call passed the gate without a caller id");
        self.uses[pool.uses[place]].show(now);
        if seen != Some(&pool.rules.caller_ids[place]) {
            pool.turn = (place + 1) % pool.uses.len();
        }
        pool.rules.caller_ids[place].clone()
    }

    /// Nobody saw what was to be shown at that moment: the try came to nothing before any phone rang.
    pub(crate) fn was_not_shown(&mut self, caller_id: &str, at: Micros) {
        let Some(Uses { shown, .. }) = self.uses_of(caller_id) else { return };
        if let Some(use_of_it) = shown.iter().rposition(|&shown| shown == at) {
            shown.remove(use_of_it);
        }
    }

    /// A caller id was shown that was taken from no pool, or by an earlier process; in the order of time.
    pub(crate) fn was_shown(&mut self, caller_id: &str, at: Micros) {
        if let Some(uses) = self.uses_of(caller_id) {
            uses.show(at);
        }
    }

    /// The uses of a caller id whose number is in a pool.
    fn uses_of(&mut self, caller_id: &str) -> Option<&mut Uses> {
        if self.places.is_empty() {
            return None;
        }
        let place = self.places.get(&digits(caller_id).collect::<String>())?;
        Some(&mut self.uses[*place])
    }
}

impl Pool {
    fn choose(&self, uses: &[Uses], callee: Number, seen: Option<&str>, now: Micros) -> Option<usize> {
        let is_free = |&place: &usize| uses[self.uses[place]].free_at(&self.rules, now) <= now;
        let kept = seen
            .filter(|_| self.rules.keep)
            .and_then(|seen| self.rules.caller_ids.iter().position(|ours| ours == seen).filter(is_free));
        let mut in_turn = (self.turn..self.uses.len()).chain(0..self.turn).filter(is_free);
        let chosen = |in_turn: &mut dyn Iterator<Item = usize>| match self.rules.pick {
            Pick::InTurn => in_turn.next(),
            Pick::Nearest => {
                // Of several at the same distance the first in turn: the last maximum of the reversed order.
                let mut best = None;
                for place in in_turn {
                    let shared = shared_digits(&self.rules.caller_ids[place], callee);
                    if best.is_none_or(|(most, _)| shared > most) {
                        best = Some((shared, place));
                    }
                }
                best.map(|(_, place)| place)
            }
        };
        kept.or_else(|| chosen(&mut in_turn))
    }
}

/// The digits of the number that a caller id shows.
fn digits(caller_id: &str) -> impl Iterator<Item = char> {
    let number = caller_id.rsplit('<').next().unwrap_or(caller_id);
    number.chars().filter(char::is_ascii_digit)
}

/// How many leading digits a caller id and a number share.
fn shared_digits(caller_id: &str, callee: Number) -> usize {
    let mut buffer = itoa::Buffer::new();
    let theirs = callee.text(&mut buffer).chars();
    digits(caller_id).zip(theirs).take_while(|(ours, theirs)| ours == theirs).count()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    const POOL: PoolId = PoolId(1);

    fn pool(pick: Pick) -> CallerIdPool {
        CallerIdPool {
            id: POOL,
            name: "east".to_string(),
            caller_ids: ["12125550001", "Sale <+16175550002>", "12025550003"].map(str::to_string).to_vec(),
            pick,
            per_hour: None,
            per_day: None,
            keep: false,
        }
    }

    fn at(seconds: u64) -> Micros {
        Micros(seconds * 1_000_000)
    }

    fn number(digits: &str) -> Number {
        Number::parse(digits).expect("a number")
    }

    #[test]
    fn each_has_its_turn_or_the_nearest_is_shown() {
        let mut in_turn = CallerIds::new([pool(Pick::InTurn)].into_iter());
        let shown: Vec<String> =
            (0..4).map(|second| in_turn.show(POOL, number("16175551111"), None, at(second))).collect();
        assert_eq!(shown, ["12125550001", "Sale <+16175550002>", "12025550003", "12125550001"]);
        let mut nearest = CallerIds::new([pool(Pick::Nearest)].into_iter());
        for (callee, shown) in [
            ("16175551111", "Sale <+16175550002>"),
            ("12125551111", "12125550001"),
            // 12 is as near to two of them: they take turns.
            ("12225551111", "12025550003"),
            ("12225551111", "12125550001"),
            ("4420555111", "Sale <+16175550002>"),
        ] {
            assert_eq!(nearest.show(POOL, number(callee), None, at(0)), shown, "{callee}");
        }
    }

    #[test]
    fn none_is_shown_more_often_than_its_limits_allow_in_any_hour_or_day() {
        let rules = CallerIdPool {
            caller_ids: ["12125550001".to_string()].to_vec(),
            per_hour: Some(2),
            per_day: Some(3),
            ..pool(Pick::InTurn)
        };
        let mut ids = CallerIds::new([rules].into_iter());
        let callee = number("16175551111");
        for (from, shown) in [(0, 0), (10, 10), (10, 3_600), (3_600, 86_400), (86_400, 86_410)] {
            let free_at = ids.free_at(POOL, at(from));
            assert_eq!(free_at, at(shown), "asked at {from} s");
            ids.show(POOL, callee, None, free_at);
        }
    }

    #[test]
    fn a_lead_sees_again_what_it_saw_unless_the_limits_forbid_it() {
        let rules = CallerIdPool { keep: true, per_hour: Some(2), ..pool(Pick::InTurn) };
        let mut ids = CallerIds::new([rules].into_iter());
        let callee = number("16175551111");
        let first = ids.show(POOL, callee, None, at(0));
        assert_eq!(ids.show(POOL, callee, Some(&first), at(1)), first);
        assert_ne!(ids.show(POOL, callee, Some(&first), at(2)), first, "it was shown twice this hour");
        assert_eq!(ids.show(POOL, callee, Some(&first), at(3_600)), first);
        assert_eq!(ids.show(POOL, callee, Some("gone"), at(3_601)), "12025550003", "the next in turn");
    }

    #[test]
    fn a_caller_id_of_several_pools_keeps_its_limits_whichever_it_is_taken_from() {
        let other = PoolId(2);
        let caller_ids = ["12125550001".to_string()].to_vec();
        let hourly = CallerIdPool { caller_ids: caller_ids.clone(), per_hour: Some(2), ..pool(Pick::InTurn) };
        let daily = CallerIdPool { id: other, caller_ids, per_day: Some(3), ..pool(Pick::InTurn) };
        let mut ids = CallerIds::new([hourly, daily].into_iter());
        let callee = number("16175551111");
        ids.show(POOL, callee, None, at(0));
        ids.show(other, callee, None, at(10));
        assert_eq!([POOL, other].map(|pool| ids.free_at(pool, at(20))), [at(3_600), at(20)]);
        ids.show(other, callee, None, at(20));
        assert_eq!([POOL, other].map(|pool| ids.free_at(pool, at(30))), [at(3_610), at(86_400)]);
        ids.was_not_shown("12125550001", at(20));
        assert_eq!([POOL, other].map(|pool| ids.free_at(pool, at(30))), [at(3_600), at(30)]);
    }

    #[test]
    fn a_number_keeps_its_limits_however_it_is_written() {
        let other = PoolId(2);
        let pool = |id, caller_id: &str| CallerIdPool {
            id,
            caller_ids: [caller_id.to_string()].to_vec(),
            per_hour: Some(1),
            ..pool(Pick::InTurn)
        };
        let pools = [pool(POOL, "12125550001"), pool(other, "Sale <+12125550001>")];
        let mut ids = CallerIds::new(pools.into_iter());
        ids.show(POOL, number("16175551111"), None, at(0));
        assert_eq!([POOL, other].map(|pool| ids.free_at(pool, at(10))), [at(3_600); 2]);
    }

    #[test]
    fn what_an_earlier_process_showed_counts() {
        let rules = CallerIdPool { per_day: Some(1), ..pool(Pick::InTurn) };
        let mut ids = CallerIds::new([rules].into_iter());
        ids.was_shown("12125550001", at(0));
        ids.was_shown("nobody's", at(0));
        assert_eq!(ids.show(POOL, number("16175551111"), None, at(5)), "Sale <+16175550002>");
    }
}
