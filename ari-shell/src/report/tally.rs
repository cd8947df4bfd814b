//! Counting for one name, and the figures that come of it.

use std::collections::BTreeMap;

use engine::agent::AgentState;
use engine::call::CallResult;

use super::{Attempts, Calls, Section, Work};

/// Records of one result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) result: CallResult,
    pub(super) records: u64,
    pub(super) dialled: u64,
    /// Records with an answer and an end.
    pub(super) ended: u64,
    /// Their microseconds from answer to end.
    pub(super) lasted: u64,
}

/// What one campaign, carrier or agent, or the house, has had.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    results: BTreeMap<CallResult, u64>,
    dialled: u64,
    ended: u64,
    lasted: u64,
    waits: Vec<u64>,
    attempts: Option<(u64, u64)>,
    work: Option<BTreeMap<AgentState, u64>>,
}

impl Tally {
    pub(super) fn add_group(&mut self, group: Group) {
        *self.results.entry(group.result).or_default() += group.records;
        self.dialled += group.dialled;
        // A call that was lost from sight after its answer has an end that was only found out later.
        if group.result.answered() {
            self.ended += group.ended;
            self.lasted += group.lasted;
        }
    }

    /// One callee was connected after so many microseconds.
    pub(super) fn add_wait(&mut self, micros: u64) {
        self.waits.push(micros);
    }

    pub(super) fn add_attempts(&mut self, opened: u64, open: u64) {
        let (had_opened, had_open) = self.attempts.unwrap_or_default();
        self.attempts = Some((had_opened + opened, had_open + open));
    }

    pub(super) fn add_work(&mut self, state: AgentState, micros: u64) {
        *self.work.get_or_insert_default().entry(state).or_default() += micros;
    }

    /// The figures, in the end.
    pub(super) fn section(mut self, name: String) -> Section {
        self.waits.sort_unstable();
        let closed = self.results.values().sum();
        Section {
            name,
            calls: self.calls(),
            attempts: self.attempts.map(|(opened, open)| accounts(opened, closed, open)),
            work: self.work.as_ref().map(work),
        }
    }

    fn calls(&self) -> Calls {
        let of = |result| self.results.get(&result).copied().unwrap_or_default();
        let answered = CallResult::ALL.into_iter().filter(|result| result.answered()).map(of).sum();
        Calls {
            results: CallResult::ALL.into_iter().map(|result| (result.name(), of(result))).collect(),
            dialled: self.dialled,
            answered,
            answer_rate: rate(answered, self.dialled),
            drop_rate: rate(of(CallResult::Dropped), answered),
            hung_up_waiting_rate: rate(of(CallResult::HungUpWaiting), answered),
            average_call_ms: self.lasted.checked_div(self.ended).map(|micros| micros / 1_000),
            answer_to_agent_p50_ms: nearest_rank(&self.waits, 50).map(|micros| micros / 1_000),
            answer_to_agent_p99_ms: nearest_rank(&self.waits, 99).map(|micros| micros / 1_000),
        }
    }
}

fn accounts(opened: u64, closed: u64, open: u64) -> Attempts {
    Attempts { opened, closed, open, unaccounted: opened.saturating_sub(closed).saturating_sub(open) }
}

fn work(states: &BTreeMap<AgentState, u64>) -> Work {
    let of = |state| states.get(&state).copied().unwrap_or_default();
    let (talk, wrap_up, ready) = (of(AgentState::OnCall), of(AgentState::WrapUp), of(AgentState::Ready));
    Work {
        talk_ms: talk / 1_000,
        wrap_up_ms: wrap_up / 1_000,
        ready_ms: ready / 1_000,
        occupancy: rate(talk + wrap_up, talk + wrap_up + ready),
    }
}

fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The smallest value that at least `percent` of all values do not exceed.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_always_one_of_the_values() {
        for (sorted, percent, expected) in [
            (vec![], 50, None),
            (vec![7], 50, Some(7)),
            (vec![7], 99, Some(7)),
            (vec![1, 2], 50, Some(1)),
            (vec![1, 2, 3], 50, Some(2)),
            (vec![1, 2, 3], 99, Some(3)),
            ((1..=100).collect(), 99, Some(99)),
            ((1..=101).collect(), 99, Some(100)),
        ] {
            assert_eq!(nearest_rank(&sorted, percent), expected, "{percent} of {sorted:?}");
        }
    }
}
