//! How long does a simulated shift take, and a sweep of many?
//!
//! Whole days as `simulator run` plays them: the shipping engine, callees, agents, database and exchange, and the ledger
//! of what came of it. Beside them stands the bare loop that no simulation can do without: as many moments through a
//! binary heap. Beside each figure it says whether it is as fast as it is meant to be.
//!
//! Run it as `cargo bench -p simulator --bench shifts`, or as `bash simulator/profiled.sh shifts` for the build that long
//! sweeps are meant to be played with. Instructions per event are what this prints divided by the events of that shift,
//! whatever else the machine does:
//!
//! ```text
//! cargo bench -p simulator --bench shifts --no-run
//! valgrind --tool=callgrind --toggle-collect='*Floor*play*' target/release/deps/shifts-<hash> ratio=2.0
//! ```
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use simulator::scenario::{self, Draft, Scenario};
use simulator::study;

/// What a shift is paced by, as it is said on the command line.
const PACINGS: [&str; 3] = ["progressive", "ratio=2.0", "predictive"];

/// How often a shift is played; the fastest counts.
const TIMES: usize = 5;

/// What a shift may take, and the sweep, and how many events are to be played in a second on one core.
const SHIFT: Duration = Duration::from_millis(50);
const SWEEP: Duration = Duration::from_secs(20);
const MILLIONS_A_SECOND: f64 = 3.0;

/// The sweep: so many settings, each for so many days, on so many threads.
const SETTINGS: u32 = 20;
const DAYS: u32 = 30;
const THREADS: usize = 2;

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let Some(only) = only else {
        PACINGS.into_iter().for_each(measure_shift);
        return measure_sweep();
    };
    let events = play(&shift(&only, 1));
    println!("{only}, 50 agents, 8 h: {events} events");
}

/// Fifty agents for eight hours with long-tailed talk, machines and busy lines.
fn shift(pacing: &str, days: u32) -> Scenario {
    let pacing = scenario::pacing(pacing).unwrap_or_else(|problem| panic!("{pacing}: {problem}"));
    let scenario = Draft::load("realistic-flat")
        .and_then(|draft| draft.paced(&pacing))
        .and_then(|draft| draft.with("agents.count", 50.into(), "fifty agents"))
        .and_then(|draft| draft.with("shift.days", i64::from(days).into(), "so many days"));
    scenario.unwrap_or_else(|bad| panic!("{bad}")).scenario().clone()
}

/// Plays the days; says how many events their engines heard.
fn play(scenario: &Scenario) -> u64 {
    study::run(scenario, 7, || ()).days.iter().map(|day| day.events).sum()
}

fn measure_shift(pacing: &str) {
    let shift = shift(pacing, 1);
    let timed = || {
        let began = Instant::now();
        (play(&shift), began.elapsed())
    };
    let (events, fastest) = (0..TIMES).map(|_| timed()).min_by_key(|(_, took)| *took).expect("it ran");
    let millions = tell(&format!("{pacing}, 50 agents, 8 h"), events, fastest);
    println!(
        "  {SHIFT:?}: {}; {MILLIONS_A_SECOND} million a second: {}",
        verdict(fastest <= SHIFT),
        verdict(millions >= MILLIONS_A_SECOND)
    );
}

fn measure_sweep() {
    let settings: Vec<Scenario> =
        (0..SETTINGS).map(|nth| shift(&format!("ratio={:.1}", 1.0 + f64::from(nth) * 0.2), DAYS)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("threads");
    let began = Instant::now();
    let events = pool.install(|| settings.par_iter().map(play).sum());
    let took = began.elapsed();
    tell(&format!("{SETTINGS} settings of {DAYS} such days on {THREADS} threads"), events, took);
    println!("  {SWEEP:?}: {}", verdict(took <= SWEEP));
}

const fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "MISSED" }
}

/// Prints what was measured; says how many million events that is in a second.
fn tell(what: &str, events: u64, took: Duration) -> f64 {
    let (seconds, bare) = (took.as_secs_f64(), bare_heap(events).as_secs_f64());
    let (ms, millions, ratio) = (seconds * 1e3, events as f64 / seconds / 1e6, seconds / bare);
    println!("{what}: {events} events in {ms:.1} ms, {millions:.2} million a second, {ratio:.1} bare heaps");
    millions
}

/// As many moments through a heap of about the depth that a floor of fifty has.
fn bare_heap(events: u64) -> Duration {
    let mut drawn = 1_u64;
    let mut key = |now: u128, serial: u64| {
        drawn ^= drawn << 13;
        drawn ^= drawn >> 7;
        drawn ^= drawn << 17;
        (((now >> 64) + u128::from(drawn % 60_000_000)) << 64) | u128::from(serial)
    };
    let mut heap: BinaryHeap<Reverse<u128>> = (0..200).map(|serial| Reverse(key(0, serial))).collect();
    let began = Instant::now();
    for serial in 0..events {
        let Reverse(now) = heap.pop().expect("one comes for each that goes");
        heap.push(Reverse(key(now, serial)));
    }
    black_box(&heap);
    began.elapsed()
}
