//! How near does predictive pacing come to the best that any pacing can reach?
//!
//! World E: everything exponential, nobody waits, one drop window of thirty days of eight hours, the last calls a mean ring
//! before closing. Beside each pool stands the limit that the simulator computes exactly for it, of a floor that is always
//! open, while a day of the window begins with idle agents. Small pools are played in several windows, since the chance of
//! one alone would drown the difference. Fails where a bound is missed.
//!
//! `cargo bench -p simulator --bench optimum [-- known|learnt [<agents> ...]]`; by default both, and pools of 1, 2, 5, 10,
//! 20 and 50 agents. Without an answer rate given, pacing learns everything.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::process::ExitCode;

use simulator::limit::{self, Case};
use simulator::scenario::{
    self, Count, Pacing, Predictive, Probability, Rate, Scenario, Seconds, Time, WindowDays,
};
use simulator::study;

const DROP_LIMIT: f64 = 0.03;
/// A window that no test and no other bench plays.
const SEED: u64 = 20_261_128;
const WINDOW_DAYS: u32 = 30;
const RING_S: f64 = 10.0;
/// So many windows of each pool: where the answer rate is known, whose bound is narrow, and where it is learnt.
const WINDOWS: [(u32, [u32; 2]); 6] =
    [(1, [240, 40]), (2, [60, 24]), (5, [24, 16]), (10, [16, 8]), (20, [8, 4]), (50, [4, 2])];
const ANSWER_RATES: [f64; 3] = [0.1, 0.3, 0.6];
const TALKS: [f64; 3] = [60.0, 120.0, 180.0];

fn main() -> ExitCode {
    let said: Vec<String> = std::env::args().skip(1).filter(|said| !said.starts_with("--")).collect();
    let pools: Vec<u32> = said.iter().filter_map(|said| said.parse().ok()).collect();
    let mut held = true;
    for known in [true, false] {
        let name = if known { "known" } else { "learnt" };
        if said.iter().any(|said| said == if known { "learnt" } else { "known" }) {
            continue;
        }
        println!(
            "answer rate {name}\nagents  rate  talk    limit  pacing  short of it   drops  worst window"
        );
        for (agents, [where_known, where_learnt]) in WINDOWS {
            if pools.is_empty() || pools.contains(&agents) {
                held &= pool(agents, if known { where_known } else { where_learnt }, known);
            }
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn pool(agents: u32, windows: u32, known: bool) -> bool {
    let mut held = true;
    for answer_rate in ANSWER_RATES {
        for talk in TALKS {
            held &= cell(agents, windows, answer_rate, talk, known);
        }
    }
    held
}

/// One pool: printed, and held to its bounds.
fn cell(agents: u32, windows: u32, answer_rate: f64, talk: f64, known: bool) -> bool {
    let case = Case { agents, answer_rate, talk_s: talk, ring_s: RING_S, drop: DROP_LIMIT, patience_s: 0.0 };
    let best = limit::solve(&case).expect("a pool that can be solved").utilisation;
    let study = study::run(&world(agents, windows, answer_rate, talk, known), SEED, || {});
    let short = 100.0 * (best - study.utilisation);
    let bound = match (known, agents) {
        (true, _) => 0.3,
        (false, 5..) => 1.0,
        (false, _) => 2.0,
    };
    let held = short <= bound && study.worst_window <= DROP_LIMIT;
    println!(
        "{agents:>6}  {answer_rate:.1}   {talk:>4} {:>7.2} % {:>5.2} %  {short:>6.2} of {bound:.1}  {:.2} %       {:.2} %{}",
        100.0 * best,
        100.0 * study.utilisation,
        100.0 * study.drop_rate,
        100.0 * study.worst_window,
        if held { "" } else { "  MISSED" },
    );
    held
}

fn world(agents: u32, windows: u32, answer_rate: f64, talk: f64, known: bool) -> Scenario {
    let mut world = scenario::load("exponential").expect("a preset");
    world.shift.days = Count(windows * WINDOW_DAYS);
    world.shift.window_days = WindowDays(WINDOW_DAYS);
    world.shift.last_calls = Seconds(RING_S);
    world.agents.count = Count(agents);
    world.agents.talk = Time::Exponential { mean: Seconds(talk), after: Seconds(0.0) };
    world.callees.answer_rate = Rate::Flat(Probability(answer_rate));
    world.campaign.pacing = Pacing::Predictive(Predictive {
        drop_limit: Probability(DROP_LIMIT),
        answer_rate: known.then_some(Probability(answer_rate)),
        strict: false,
    });
    world
}
