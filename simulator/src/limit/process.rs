//! The decision process of one pool, and the exact evaluation and improvement of a dial-up-to table in it.
//!
//! After every event the dialer chooses how many calls ring, never fewer than ring already. A *level* is what the
//! agents and the waiting callers do; a state is a level and the number of ringing calls. Levels are ordered such that
//! every event other than the end of a ring leads to an earlier level, and the end of a ring lowers the ringing calls.
//! Following a dial-up-to table, a state above its level's target therefore depends only on states that come earlier
//! in (ringing, level), and on the *targets* of the levels: one pass in that order gives, for each state, where it
//! next meets a target and what is earned until then. What remains to be solved is a chain with one state a level.

use std::collections::BTreeSet;

use super::Case;

/// Stages of a waiting caller's patience: Erlang-4.
const STAGES: usize = 4;
/// Differences of value below this, in agent-seconds, are rounding.
const TOLERANCE: f64 = 1e-9;
/// Columns behind the levels in a row of [`Passage`]: agent-seconds served, drops, seconds, and how many of the drops found
/// the room full.
const EARNED: usize = 4;

#[derive(Debug)]
struct Level {
    /// Agents in conversation or wrap-up.
    busy: f64,
    /// Events that leave the ringing calls alone: rate per second and the level after it.
    ends: Vec<(f64, usize)>,
    /// The sum of the rates of `ends`.
    ends_rate: f64,
    /// The level after a ringing call is answered.
    answered: usize,
    /// Whether that answer is a drop.
    answer_drops: bool,
    /// Rate per second at which waiting callers lose patience.
    lost_patience: f64,
}

/// The pool as a controlled Markov process.
#[derive(Debug)]
pub(super) struct Process {
    agents: usize,
    answer_rate: f64,
    rings_end: f64,
    levels: Vec<Level>,
}

/// Long-run means of a policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// Busy agents.
    pub(super) busy: f64,
    /// Drops per second.
    pub(super) drops: f64,
    /// Of these, answers that found as many callers waiting as have room.
    pub(super) turned_away: f64,
}

impl Rates {
    /// What the policy is worth when a drop costs `price` agent-seconds.
    pub(super) fn worth(self, price: f64) -> f64 {
        self.busy - price * self.drops
    }
}

/// A policy that is the best at some price, and how far from the best it can be at most.
#[derive(Debug)]
pub(super) struct Best {
    pub(super) table: Vec<usize>,
    pub(super) rates: Rates,
    /// Bound on the busy agents that any other policy earns more, at this price.
    pub(super) excess: f64,
}

/// From the target of each level to the next target met: probabilities, and what is earned on the way.
struct Passage {
    rows: Vec<Vec<f64>>,
}

/// The outcome of looking one step beyond a policy.
struct Improvement {
    table: Vec<usize>,
    /// The largest gain in value that any change of target promises, times the fastest rate of events.
    excess: f64,
}

impl Process {
    /// Not more than `room` callers wait: the next one is dropped at once.
    pub(super) fn new(case: &Case, room: usize) -> Process {
        let agents = case.agents as usize;
        let handled = 1.0 / case.talk_s;
        let mut levels: Vec<Level> = (0..agents).map(|busy| Level::idle(busy, handled)).collect();
        if case.patience_s > 0.0 {
            levels.extend(waiting_levels(agents, handled, STAGES as f64 / case.patience_s, room));
        } else {
            levels.push(Level { answered: agents, answer_drops: true, ..Level::idle(agents, handled) });
        }
        Process { agents, answer_rate: case.answer_rate, rings_end: 1.0 / case.ring_s, levels }
    }

    /// One ringing call for each idle agent: nothing is ever dropped.
    pub(super) fn one_to_one(&self) -> Vec<usize> {
        self.table(|idle| idle)
    }

    /// The table by level that dials up to `target(idle)`; while callers wait, nothing is dialled.
    pub(super) fn table(&self, target: impl Fn(usize) -> usize) -> Vec<usize> {
        (0..self.levels.len())
            .map(|level| if level > self.agents { 0 } else { target(self.agents - level) })
            .collect()
    }

    /// The long-run means of a table, exactly.
    pub(super) fn rates(&self, table: &[usize]) -> Rates {
        self.passage(table).rates()
    }

    /// The best policy when a drop costs `price` agent-seconds, by policy iteration from `table`; nothing if it would
    /// ring more than `most_lines`.
    pub(super) fn best(&self, price: f64, mut table: Vec<usize>, most_lines: usize) -> Option<Best> {
        let mut tried = BTreeSet::new();
        loop {
            let passage = self.passage(&table);
            let rates = passage.rates();
            let values = passage.values(rates, price);
            let better = self.improve(&table, &values, rates.worth(price), price);
            // Where all that is left to gain is rounding, the steps may go round in circles.
            if better.table == table || !tried.insert(table.clone()) {
                return Some(Best { table, rates, excess: better.excess });
            }
            table = better.table;
            if table.iter().any(|&target| target > most_lines) {
                return None;
            }
        }
    }

    /// The first passage from each level's target to the next target.
    fn passage(&self, table: &[usize]) -> Passage {
        let count = self.levels.len();
        // What leads on from each level at the present number of ringing calls; below a target, the target itself.
        let mut ahead: Vec<Vec<f64>> = (0..count).map(|level| unit(level, count + EARNED)).collect();
        let mut rows = vec![Vec::new(); count];
        let mut row = vec![0.0; count + EARNED];
        for ringing in 0..=most(table) {
            for level in 0..count {
                if ringing < table[level] {
                    continue;
                }
                self.step_row(level, ringing, &ahead, &mut row);
                if ringing == table[level] {
                    rows[level].clone_from(&row);
                } else {
                    std::mem::swap(&mut ahead[level], &mut row);
                }
            }
        }
        Passage { rows }
    }

    /// One event on from a state, as a mixture of the rows `ahead`.
    fn step_row(&self, level: usize, ringing: usize, ahead: &[Vec<f64>], row: &mut [f64]) {
        let count = self.levels.len();
        let from = &self.levels[level];
        let rings = ringing as f64 * self.rings_end;
        let rate = from.ends_rate + rings;
        assert!(rate > 0.0, "an empty pool must dial");
        let answers = rings * self.answer_rate / rate;
        let failures = rings * (1.0 - self.answer_rate) / rate;
        for ((to, answered), failed) in row.iter_mut().zip(&ahead[from.answered]).zip(&ahead[level]) {
            *to = answers * answered + failures * failed;
        }
        for &(end, next) in &from.ends {
            let share = end / rate;
            for (to, ended) in row.iter_mut().zip(&ahead[next]) {
                *to += share * ended;
            }
        }
        row[count] += from.busy / rate;
        row[count + 1] += from.drop_rate(rings * self.answer_rate) / rate;
        row[count + 2] += 1.0 / rate;
        row[count + 3] += if from.answer_drops { rings * self.answer_rate / rate } else { 0.0 };
    }

    /// Howard's improvement: for each level the number of ringing calls from which it is best to go on, when the table
    /// rules afterwards. Candidates reach well beyond the targets of now.
    fn improve(&self, table: &[usize], values: &[f64], worth: f64, price: f64) -> Improvement {
        let count = self.levels.len();
        let edge = most(table) + most(table) / 4 + 8;
        let mut ahead = values.to_vec();
        let mut best: Vec<(f64, usize)> = values.iter().copied().zip(table.iter().copied()).collect();
        let mut rise = 0.0_f64;
        for ringing in 0..=edge {
            for level in 0..count {
                let value = self.step_value(level, ringing, &ahead, worth, price);
                if ringing > table[level] {
                    // Beyond its target a level must lose value with every further call.
                    rise = rise.max(value - ahead[level]);
                    ahead[level] = value;
                } else {
                    rise = rise.max(value - values[level]);
                }
                if value > best[level].0 + TOLERANCE {
                    best[level] = (value, ringing);
                }
            }
        }
        let fastest = self.levels.iter().map(|level| level.ends_rate).fold(0.0, f64::max)
            + edge as f64 * self.rings_end;
        Improvement {
            table: best.into_iter().map(|(_, target)| target).collect(),
            excess: 2.0 * rise * (edge + 1) as f64 * fastest,
        }
    }

    /// The value of a state, looking one event ahead.
    fn step_value(&self, level: usize, ringing: usize, ahead: &[f64], worth: f64, price: f64) -> f64 {
        let from = &self.levels[level];
        let rings = ringing as f64 * self.rings_end;
        let rate = from.ends_rate + rings;
        if rate == 0.0 {
            return f64::NEG_INFINITY;
        }
        let answers = rings * self.answer_rate;
        let mut value = from.busy - worth - price * from.drop_rate(answers);
        value += answers * ahead[from.answered] + (rings - answers) * ahead[level];
        for &(end, next) in &from.ends {
            value += end * ahead[next];
        }
        value / rate
    }
}

impl Level {
    /// `busy` agents, none or some idle, nobody waits.
    fn idle(busy: usize, handled: f64) -> Level {
        let ends_rate = busy as f64 * handled;
        Level {
            busy: busy as f64,
            ends: if busy == 0 { Vec::new() } else { vec![(ends_rate, busy - 1)] },
            ends_rate,
            answered: busy + 1,
            answer_drops: false,
            lost_patience: 0.0,
        }
    }

    /// Drops per second when answers come at the rate `answers`.
    fn drop_rate(&self, answers: f64) -> f64 {
        self.lost_patience + if self.answer_drops { answers } else { 0.0 }
    }
}

/// The levels with every agent busy, by the stages of patience that the waiting callers have left.
fn waiting_levels(agents: usize, handled: f64, stage_ends: f64, most_waiting: usize) -> Vec<Level> {
    let rooms = waiting_rooms(most_waiting);
    let index = |room: &[usize]| {
        agents + rooms.iter().position(|other| other == room).expect("every room that can follow is listed")
    };
    let level = |room: &Vec<usize>| {
        let busy = agents as f64;
        // The agent who becomes free takes the caller with the least patience left.
        let mut ends = vec![(busy * handled, if room.is_empty() { agents - 1 } else { index(&room[1..]) })];
        for caller in 0..room.len() {
            let mut next = room.clone();
            if next[caller] > 1 {
                next[caller] -= 1;
                next.sort_unstable();
            } else {
                next.remove(caller);
            }
            ends.push((stage_ends, index(&next)));
        }
        let full = room.len() == most_waiting;
        let mut joined = room.clone();
        if !full {
            joined.push(STAGES);
        }
        Level {
            busy,
            ends_rate: busy * handled + room.len() as f64 * stage_ends,
            ends,
            answered: index(&joined),
            answer_drops: full,
            lost_patience: room.iter().filter(|&&left| left == 1).count() as f64 * stage_ends,
        }
    };
    rooms.iter().map(level).collect()
}

/// Every ascending list of stages left, of not more than so many callers, by their sum: losing a stage or a caller leads to an earlier one.
fn waiting_rooms(most_waiting: usize) -> Vec<Vec<usize>> {
    let mut rooms = vec![Vec::new()];
    let mut first_of_size = 0;
    for _ in 0..most_waiting {
        let size = rooms.len();
        for room in first_of_size..size {
            let shortest: usize = rooms[room].last().copied().unwrap_or(1);
            for left in shortest..=STAGES {
                let mut longer: Vec<usize> = rooms[room].clone();
                longer.push(left);
                rooms.push(longer);
            }
        }
        first_of_size = size;
    }
    rooms.sort_by_key(|room| room.iter().sum::<usize>());
    rooms
}

impl Passage {
    /// Long-run means: each row's earnings weighed by how often its target is met.
    fn rates(&self) -> Rates {
        let count = self.rows.len();
        let visits = self.visits();
        let mean = |column: usize| -> f64 {
            self.rows.iter().zip(&visits).map(|(row, visit)| visit * row[count + column]).sum()
        };
        let seconds = mean(2);
        Rates { busy: mean(0) / seconds, drops: mean(1) / seconds, turned_away: mean(3) / seconds }
    }

    /// The stationary law of the targets met, by the elimination of Grassmann, Taksar and Heyman (1985), which
    /// subtracts nothing.
    fn visits(&self) -> Vec<f64> {
        let count = self.rows.len();
        let mut chain: Vec<Vec<f64>> = self.rows.iter().map(|row| row[..count].to_vec()).collect();
        for last in (1..count).rev() {
            let (above, below) = chain.split_at_mut(last);
            let pivot = &below[0][..last];
            let leaves: f64 = pivot.iter().sum();
            for row in above {
                let share = row[last] / leaves;
                row[last] = share;
                for (to, via) in row[..last].iter_mut().zip(pivot) {
                    *to += share * via;
                }
            }
        }
        let mut visits = vec![1.0; count];
        for level in 1..count {
            visits[level] = (0..level).map(|from| visits[from] * chain[from][level]).sum();
            // An empty pool may be rarer than a float can count.
            if visits[level] > 1e100 {
                let scale = visits[level];
                visits[..=level].iter_mut().for_each(|visit| *visit /= scale);
            }
        }
        visits
    }

    /// The value of being at each target, relative to the target met most: any rarer one would magnify rounding.
    fn values(&self, rates: Rates, price: f64) -> Vec<f64> {
        let count = self.rows.len();
        let worth = rates.worth(price);
        let visits = self.visits();
        let origin = (0..count).max_by(|&a, &b| visits[a].total_cmp(&visits[b])).expect("a pool has levels");
        let mut system: Vec<Vec<f64>> = Vec::with_capacity(count);
        for (level, row) in self.rows.iter().enumerate() {
            if level == origin {
                system.push(unit(origin, count + 1));
                continue;
            }
            let mut equation: Vec<f64> = row[..count].iter().map(|share| -share).collect();
            equation[level] += 1.0;
            equation.push(row[count] - price * row[count + 1] - worth * row[count + 2]);
            system.push(equation);
        }
        solve(system)
    }
}

/// Solves a square system, right-hand side as the last column, by Gaussian elimination with partial pivoting.
fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let size = system.len();
    for column in 0..size {
        let pivot = (column..size)
            .max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()))
            .expect("a column has a pivot");
        system.swap(column, pivot);
        let (above, below) = system.split_at_mut(column + 1);
        let pivot = &above[column];
        for row in below {
            let factor = row[column] / pivot[column];
            if factor != 0.0 {
                for (to, by) in row[column..].iter_mut().zip(&pivot[column..]) {
                    *to -= factor * by;
                }
            }
        }
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| system[row][column] * solution[column]).sum();
        solution[row] = (system[row][size] - known) / system[row][row];
    }
    solution
}

fn unit(level: usize, width: usize) -> Vec<f64> {
    let mut row = vec![0.0; width];
    row[level] = 1.0;
    row
}

fn most(table: &[usize]) -> usize {
    table.iter().copied().max().unwrap_or(0)
}
