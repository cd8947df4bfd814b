//! Memory does not grow with simulated time: what a day leaves behind is its entry in the ledger, and nothing else.
//!
//! A binary of its own, since it counts what the whole process has allocated.

use std::alloc::System;
use std::sync::Mutex;

use cap::Cap;
use simulator::scenario::{self, Draft, Scenario};
use simulator::study;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Days that are played on one engine, and those between which nothing may have grown. In the first everything finds its
/// size.
const DAYS: usize = 20;
const EARLY: usize = 2;

/// What the ledger keeps of a day: its waits as a histogram, and its course. It is 12 to 13 kB.
const LEDGER: usize = 14 << 10;

/// By how much lists may differ between two days: how long one is, and how far ahead predictive pacing has looked in its
/// tables, goes up and down. Together with what the ledger does not use it is less than eight bytes for each call.
const SLACK: usize = 64 << 10;

/// Ten agents for an hour a day, all days in one window.
fn floor(pacing: &str) -> Scenario {
    let pacing = scenario::pacing(pacing).expect("a pacing");
    let days = i64::try_from(DAYS).expect("few days");
    let scenario = Draft::load("realistic-flat")
        .and_then(|draft| draft.paced(&pacing))
        .and_then(|draft| draft.with("shift.days", days.into(), "so many days"))
        .and_then(|draft| draft.with("shift.window_days", days.into(), "in one window"))
        .and_then(|draft| draft.with("shift.hours", 1.into(), "short ones"));
    scenario.unwrap_or_else(|bad| panic!("{bad}")).scenario().clone()
}

/// One test for both, since they share the memory that is counted.
#[test]
fn after_twenty_days_a_floor_holds_no_more_than_after_two_but_for_the_ledger() {
    for pacing in ["ratio=2.0", "predictive"] {
        let floor = floor(pacing);
        let held = Mutex::new(Vec::with_capacity(DAYS));
        let study = study::run(&floor, 7, || held.lock().expect("one thread").push(MEMORY.allocated()));
        let held = held.into_inner().expect("one thread");
        let grown = held[DAYS - 1].saturating_sub(held[EARLY - 1]);
        let allowed = (DAYS - EARLY) * LEDGER + SLACK;
        let calls: u64 = study.days[EARLY..].iter().map(|day| day.dials).sum();
        assert!(grown <= allowed, "{pacing}: {grown} bytes more over {calls} calls, not {allowed}: {held:?}");
    }
}
