//! The best that any pacing can reach, computed exactly.
//!
//! A pool of agents has exponential handle times (conversation and wrap-up); every dialled call rings for an
//! exponential time and is then answered by a person, or fails. Ringing calls are never cancelled and dials cost
//! nothing. An answer that finds no idle agent is a drop, at once or when the caller's patience ends (Erlang-4). Three
//! callers may wait, or up to five where three cost too much; where five do as well, there is no answer. After every
//! event the dialer may start calls. Wanted is the policy with the most busy agents whose drops stay within a share of
//! the answers.
//!
//! With a price on each drop this is an average-reward decision process, solved by policy iteration. The means (drops,
//! busy agents) of all policies have a concave upper edge; a drop limit cuts it between two corners, each a dial-up-to
//! table, and the optimum of the constrained process runs one of them part of the time and the other for the rest. The
//! slope of that edge is the price of a drop.

mod process;
pub mod report;

use serde::Serialize;
use thiserror::Error;

use process::{Process, Rates};

/// A table that rings more calls than this is not searched for.
const MOST_LINES: usize = 20_000;
/// The search halves the first price at most so often.
const MOST_HALVINGS: u32 = 60;
/// A corner nearer to a known edge than this, in busy agents, is on it.
const ON_THE_EDGE: f64 = 1e-9;
/// Fewer drops than this are not searched for: the price of a drop without bounds is lost in rounding.
const FEWEST_DROPS: f64 = 1e-6;
/// So many callers may wait at least, and at most.
const ROOM: std::ops::RangeInclusive<usize> = 3..=5;
/// A room that costs more than this, in utilisation, is too small.
const ROOM_COSTS: f64 = 1e-3;
/// An edge that is to be drawn may lie so much below the true one, in utilisation: no eye sees it.
const DRAWN_WITHIN: f64 = 1e-4;

/// A pool, the calls it makes, and how many of the answered calls it may drop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Case {
    /// Agents logged in, 1 to 200.
    pub agents: u32,
    /// Probability that a dialled call is answered by a person, 0.001 to 1.
    pub answer_rate: f64,
    /// Mean handle time (conversation and wrap-up) in seconds, 1 to 36,000.
    pub talk_s: f64,
    /// Mean ringing time in seconds, answered or not, 0.1 to 600.
    pub ring_s: f64,
    /// Most drops per answered call, 0 to 0.5.
    pub drop: f64,
    /// Mean time in seconds that an answered caller waits before counting as dropped, 0.1 to 60; 0: nobody waits.
    pub patience_s: f64,
}

/// The best policy of a [`Case`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Optimum {
    /// Share of their time that agents handle calls, 0 to 1.
    pub utilisation: f64,
    /// Drops per answered call.
    pub drop_rate: f64,
    /// The utilisation with one ringing call per idle agent, which drops nobody.
    pub one_to_one: f64,
    /// Ringing calls to dial up to, by idle agents from 0 to all: the corner within the drop limit.
    pub dial_up_to: Vec<u32>,
    /// The same for the corner beyond the drop limit.
    pub eager_dial_up_to: Vec<u32>,
    /// Share of the time for which the optimum follows the eager table, 0 to 1.
    pub eager_share: f64,
    /// Agent-seconds of handling that one more drop buys.
    pub price_s: f64,
    /// Seconds an agent is idle between two calls.
    pub idle_per_call_s: f64,
    /// Bound on the utilisation that any policy has above this one: the residual of the optimality equations.
    pub uncertainty: f64,
    /// So many callers may wait, 3 to 5; 0 where nobody waits. The next one is dropped at once.
    pub waiting_room: u32,
    /// What that may cost in utilisation: those for whom there is no room, by the price of a drop.
    pub waiting_room_costs: f64,
}

/// The long-run means of a given table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evaluation {
    /// Share of their time that agents handle calls, 0 to 1.
    pub utilisation: f64,
    /// Drops per answered call.
    pub drop_rate: f64,
}

/// Why a case has no answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LimitError {
    /// A figure lies outside its range.
    #[error("{field} {value}: must be {right}")]
    Range {
        /// The figure's name.
        field: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
    /// The best policy rings more calls than are searched.
    #[error(
        "the best policy rings more than {MOST_LINES} calls at once: lower the drop limit, or raise the answer rate"
    )]
    Lines,
    /// More callers would wait than are computed.
    #[error(
        "patience {patience_s}: of {agents} agents with {talk_s} s of talk more than {} callers would wait at once, for \
         which no limit is computed: lower the patience, the agents or the drop limit, or raise the talk",
        ROOM.end()
    )]
    Room {
        /// Agents in the pool.
        agents: u32,
        /// Mean handle time in seconds.
        talk_s: f64,
        /// Mean patience in seconds.
        patience_s: f64,
    },
    /// A table that cannot be evaluated.
    #[error("dial-up-to table: {0}")]
    Table(String),
}

/// The best utilisation within the case's drop limit.
///
/// # Errors
/// A figure outside its range, a best policy of more than 20,000 lines, or more callers who wait than are computed.
pub fn solve(case: &Case) -> Result<Optimum, LimitError> {
    Edge::with_room(case, ON_THE_EDGE).map(|(_, optimum)| optimum)
}

/// The best utilisation at each of several rising drop limits, each exact to 0.01 point, to be drawn: up to the first at which
/// more callers would wait than there is room for at the case's own. Cheaper by far than one by one: neighbouring limits share
/// corners, and few are needed.
///
/// # Errors
/// As [`solve`], for the case's own limit and any of the others.
pub fn frontier(case: &Case, drops: &[f64]) -> Result<Vec<Optimum>, LimitError> {
    let (mut edge, _) = Edge::with_room(case, DRAWN_WITHIN * f64::from(case.agents))?;
    let mut line = Vec::new();
    for &drop in drops {
        Case { drop, ..*case }.check()?;
        let optimum = edge.cut(drop)?;
        if optimum.waiting_room_costs > ROOM_COSTS {
            break;
        }
        line.push(optimum);
    }
    Ok(line)
}

/// The exact utilisation and drops of a table by idle agents from 0 to all, where five callers may wait. The case's drop limit
/// is not used.
///
/// # Errors
/// A figure outside its range; a table that does not have an entry for 0 to all agents idle, never dials into an empty
/// pool, or rings more than 20,000 calls.
pub fn evaluate(case: &Case, dial_up_to: &[u32]) -> Result<Evaluation, LimitError> {
    case.check()?;
    let entries = case.agents as usize + 1;
    let wrong = |what: String| Err(LimitError::Table(what));
    if dial_up_to.len() != entries {
        return wrong(format!(
            "{} entries; {entries} are needed, for 0 to {} idle",
            dial_up_to.len(),
            case.agents
        ));
    }
    if dial_up_to[entries - 1] == 0 {
        return wrong("dials nobody when all agents are idle; it must dial at least one".to_owned());
    }
    if let Some(target) = dial_up_to.iter().find(|&&target| target as usize > MOST_LINES) {
        return wrong(format!("{target} calls; at most {MOST_LINES}"));
    }
    let process = Process::new(case, *ROOM.end());
    let rates = process.rates(&process.table(|idle| dial_up_to[idle] as usize));
    Ok(Evaluation { utilisation: rates.busy / f64::from(case.agents), drop_rate: case.drop_rate(rates) })
}

impl Case {
    fn check(&self) -> Result<(), LimitError> {
        let agents = f64::from(self.agents);
        within("agents", agents, 1.0..=200.0, "1 to 200")?;
        within("answer-rate", self.answer_rate, 0.001..=1.0, "a probability, 0.001 to 1")?;
        within("talk", self.talk_s, 1.0..=36_000.0, "1 to 36000 seconds")?;
        within("ring", self.ring_s, 0.1..=600.0, "0.1 to 600 seconds")?;
        within("drop", self.drop, 0.0..=0.5, "a share of the answered calls, 0 to 0.5 (3 % is 0.03)")?;
        if self.patience_s != 0.0 {
            within("patience", self.patience_s, 0.1..=60.0, "0, or 0.1 to 60 seconds")?;
        }
        Ok(())
    }

    /// Drops per answer: answers are the calls handled, at busy / talk a second, and the drops.
    fn drop_rate(&self, rates: Rates) -> f64 {
        rates.drops / (rates.busy / self.talk_s + rates.drops)
    }
}

fn within(
    field: &'static str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    right: &'static str,
) -> Result<(), LimitError> {
    if range.contains(&value) { Ok(()) } else { Err(LimitError::Range { field, value, right }) }
}

/// The upper edge of what policies reach, as far as it is known.
struct Edge {
    case: Case,
    /// So many callers may wait.
    room: usize,
    process: Process,
    /// What lies above the known edge by no more than this, in busy agents, is not searched for.
    within: f64,
    /// By rising drops; the first is one call per idle agent.
    corners: Vec<Corner>,
    /// The lowest price tried for a corner beyond all limits.
    lowest_price: f64,
    one_to_one: f64,
}

struct Corner {
    table: Vec<usize>,
    rates: Rates,
    /// What the search cannot exclude that another policy earns more at the price of this corner, in busy agents.
    excess: f64,
    /// Whether nothing that is searched for lies above the line from here to the next corner.
    joined: bool,
}

impl Edge {
    /// With the smallest room for waiting callers that does for the case's drop limit, and the optimum there.
    fn with_room(case: &Case, within: f64) -> Result<(Edge, Optimum), LimitError> {
        case.check()?;
        for room in ROOM {
            let mut edge = Edge::new(case, within, room);
            let optimum = edge.cut(case.drop)?;
            if optimum.waiting_room_costs <= ROOM_COSTS {
                return Ok((edge, optimum));
            }
            // The largest room is too small even for this table, which dials less than one that is made for it.
            if edge.room_costs(&optimum, *ROOM.end()) > ROOM_COSTS {
                break;
            }
        }
        let Case { agents, talk_s, patience_s, .. } = *case;
        Err(LimitError::Room { agents, talk_s, patience_s })
    }

    /// What another room would cost with the timid table of an optimum.
    fn room_costs(&self, optimum: &Optimum, room: usize) -> f64 {
        let process = Process::new(&self.case, room);
        let rates = process.rates(&process.table(|idle| optimum.dial_up_to[idle] as usize));
        optimum.price_s * rates.turned_away / f64::from(self.case.agents)
    }

    fn new(case: &Case, within: f64, room: usize) -> Edge {
        let process = Process::new(case, room);
        let table = process.one_to_one();
        let rates = process.rates(&table);
        Edge {
            case: *case,
            room,
            process,
            within,
            corners: vec![Corner { table, rates, excess: 0.0, joined: false }],
            lowest_price: case.talk_s,
            one_to_one: rates.busy / f64::from(case.agents),
        }
    }

    /// The point of the edge at a drop limit. No drop at all is one call per idle agent, and whatever lies between that and the
    /// fewest drops that are searched for, is a mixture of both.
    fn cut(&mut self, limit: f64) -> Result<Optimum, LimitError> {
        let searched = self.search(limit.max(FEWEST_DROPS))?;
        if limit >= FEWEST_DROPS {
            return Ok(searched);
        }
        let share = limit / FEWEST_DROPS;
        let utilisation = self.one_to_one + share * (searched.utilisation - self.one_to_one);
        Ok(Optimum {
            utilisation,
            drop_rate: limit,
            dial_up_to: self.by_idle(&self.corners[0].table),
            eager_share: share * searched.eager_share,
            idle_per_call_s: self.case.talk_s * (1.0 - utilisation) / utilisation,
            // Without a drop nothing is above it.
            uncertainty: if limit > 0.0 { searched.utilisation - utilisation } else { 0.0 },
            waiting_room_costs: share * searched.waiting_room_costs,
            ..searched
        })
    }

    fn search(&mut self, limit: f64) -> Result<Optimum, LimitError> {
        self.reach_beyond(limit)?;
        loop {
            let beyond = self
                .corners
                .iter()
                .position(|corner| self.case.drop_rate(corner.rates) > limit)
                .expect("the edge reaches beyond the limit");
            assert!(beyond > 0, "one call per idle agent drops nobody");
            let (from, to) = (&self.corners[beyond - 1], &self.corners[beyond]);
            let price = (to.rates.busy - from.rates.busy) / (to.rates.drops - from.rates.drops);
            if from.joined {
                return Ok(self.between(from, to, price, limit));
            }
            let start = to.table.clone();
            let known = from.rates.worth(price);
            let best = self.process.best(price, start, MOST_LINES).ok_or(LimitError::Lines)?;
            let gain = best.rates.worth(price) - known;
            let new = Corner { table: best.table, rates: best.rates, excess: best.excess, joined: false };
            let inside = new.rates.drops > from.rates.drops && new.rates.drops < to.rates.drops;
            if gain > self.within && inside {
                self.corners.insert(beyond, new);
            } else {
                let from = &mut self.corners[beyond - 1];
                from.joined = true;
                from.excess = new.excess.max(0.0) + gain.max(0.0);
            }
        }
    }

    /// Lowers the price until a corner drops more than the limit.
    fn reach_beyond(&mut self, limit: f64) -> Result<(), LimitError> {
        for _ in 0..MOST_HALVINGS {
            let last = self.corners.last().expect("the edge has a first corner");
            if self.case.drop_rate(last.rates) > limit {
                return Ok(());
            }
            let best = self
                .process
                .best(self.lowest_price, last.table.clone(), MOST_LINES)
                .ok_or(LimitError::Lines)?;
            self.lowest_price /= 2.0;
            if best.rates.drops > last.rates.drops {
                let corner =
                    Corner { table: best.table, rates: best.rates, excess: best.excess, joined: false };
                self.corners.push(corner);
            }
        }
        Err(LimitError::Lines)
    }

    /// The mixture of two neighbouring corners that meets the limit exactly.
    fn between(&self, from: &Corner, to: &Corner, price: f64, limit: f64) -> Optimum {
        // Drops over the limit, per second: linear in the mixture.
        let over = |rates: Rates| rates.drops - limit * (rates.busy / self.case.talk_s + rates.drops);
        // Nothing has no sign.
        let eager_share = over(from.rates) / (over(from.rates) - over(to.rates)) + 0.0;
        let mix = |a: f64, b: f64| a + eager_share * (b - a);
        let rates = Rates {
            busy: mix(from.rates.busy, to.rates.busy),
            drops: mix(from.rates.drops, to.rates.drops),
            turned_away: mix(from.rates.turned_away, to.rates.turned_away),
        };
        let waits = self.case.patience_s > 0.0;
        let agents = f64::from(self.case.agents);
        let utilisation = rates.busy / agents;
        Optimum {
            utilisation,
            drop_rate: self.case.drop_rate(rates),
            one_to_one: self.one_to_one,
            dial_up_to: self.by_idle(&from.table),
            eager_dial_up_to: self.by_idle(&to.table),
            eager_share,
            price_s: price,
            idle_per_call_s: self.case.talk_s * (1.0 - utilisation) / utilisation,
            uncertainty: from.excess / agents,
            waiting_room: if waits { self.room as u32 } else { 0 },
            waiting_room_costs: if waits { price * rates.turned_away / agents } else { 0.0 },
        }
    }

    fn by_idle(&self, table: &[usize]) -> Vec<u32> {
        let agents = self.case.agents as usize;
        let lines = |target: usize| u32::try_from(target).expect("targets are bounded by the lines searched");
        (0..=agents).map(|idle| lines(table[agents - idle])).collect()
    }
}
