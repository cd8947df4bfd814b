//! What does predictive pacing make of days that are like real ones, with nothing known beforehand?
//!
//! World R (`realistic-flat`, `-step`, `-sine`): long-tailed talk, machines and busy lines, 3, 10 and 30 agents, days of
//! eight hours that each begin with an empty budget. Every single day has to keep to 3 % of its answers, and agents have to
//! be as busy as those of the controller that was published with this world. Fails where either is missed.
//!
//! `cargo bench -p simulator --bench realistic [-- <days>]`; by default the fewest days that say something.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::process::ExitCode;

use simulator::scenario::{self, Draft};
use simulator::study::{self, Study};

const DROP_LIMIT: f64 = 0.03;
/// Days that no test and no other bench plays.
const SEED: u64 = 20_261_129;
const DAYS: u32 = 20;
const POOLS: [u32; 3] = [3, 10, 30];
/// By world: the share of their time that the published controller kept those pools busy.
const PUBLISHED: [(&str, [f64; 3]); 3] = [
    ("realistic-flat", [0.695, 0.803, 0.902]),
    ("realistic-step", [0.655, 0.789, 0.894]),
    ("realistic-sine", [0.685, 0.774, 0.889]),
];

fn main() -> ExitCode {
    let days = std::env::args().filter_map(|said| said.parse().ok()).next().unwrap_or(DAYS);
    println!("{days} days a cell\nworld           agents    busy  published   drops  worst day");
    let mut held = true;
    for (world, published) in PUBLISHED {
        for (agents, published) in POOLS.into_iter().zip(published) {
            held &= cell(world, agents, days, published);
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One pool in one world: printed, and held to its bounds.
fn cell(world: &str, agents: u32, days: u32, published: f64) -> bool {
    let study = play(world, agents, days);
    let held = study.utilisation >= published && study.worst_day <= DROP_LIMIT;
    println!(
        "{world:<14}  {agents:>6}  {:>4.1} %     {:>4.1} %  {:.2} %     {:.2} %{}",
        100.0 * study.utilisation,
        100.0 * published,
        100.0 * study.drop_rate,
        100.0 * study.worst_day,
        if held { "" } else { "  MISSED" },
    );
    held
}

fn play(world: &str, agents: u32, days: u32) -> Study {
    let pacing = scenario::pacing("predictive").unwrap_or_else(|problem| panic!("predictive: {problem}"));
    let draft = Draft::load(world)
        .and_then(|draft| draft.paced(&pacing))
        .and_then(|draft| draft.with("agents.count", i64::from(agents).into(), "the pool"))
        .and_then(|draft| draft.with("shift.days", i64::from(days).into(), "the days"));
    study::run(draft.unwrap_or_else(|bad| panic!("{bad}")).scenario(), SEED, || ())
}
