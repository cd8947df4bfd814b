use super::*;
use crate::scenario::{self, Count, Hours, Pacing};

fn short(name: &str, agents: u32, pacing: Pacing) -> Scenario {
    let mut scenario = scenario::load(name).expect("a preset");
    scenario.agents.count = Count(agents);
    scenario.shift.days = Count(3);
    scenario.shift.hours = Hours(1.0);
    scenario.campaign.pacing = pacing;
    scenario
}

#[test]
fn one_line_for_each_idle_agent_drops_nobody_and_keeps_them_as_busy_as_the_formula_says() {
    let mut scenario = short("exponential", 10, Pacing::Progressive);
    scenario.shift.hours = Hours(8.0);
    let study = run(&scenario, 1, || {});
    assert_eq!(study.drop_rate, 0.0);
    // T / (T + R / p): talk 120 s, ringing 10 s, three of ten answer.
    let expected = 120.0 / (120.0 + 10.0 / 0.3);
    assert!((study.utilisation - expected).abs() < 0.01, "{} and not {expected}", study.utilisation);
}

#[test]
fn a_day_is_the_same_however_many_are_played_at_once() {
    let scenario = short("realistic-step", 5, Pacing::Ratio(2.0));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let alone = one.install(|| run(&scenario, 7, || {}));
    assert_eq!(alone, run(&scenario, 7, || {}));
    assert_ne!(alone, run(&scenario, 8, || {}), "another seed is another day");
}

#[test]
fn every_answer_is_a_connect_or_a_drop() {
    for pacing in [Pacing::Progressive, Pacing::Ratio(3.0)] {
        for day in run(&short("realistic-sine", 10, pacing), 3, || {}).days {
            assert!(day.answers > 50, "{day:?}");
            assert_eq!(day.answers, day.connects + day.drops, "{pacing:?}: {day:?}");
        }
    }
}

#[test]
fn more_lines_for_each_agent_keep_them_busier_and_drop_more() {
    let at = |level| run(&short("realistic-flat", 10, Pacing::Ratio(level)), 5, || {});
    let (calm, eager) = (at(1.0), at(4.0));
    assert!(eager.utilisation > calm.utilisation + 0.05, "{} {}", eager.utilisation, calm.utilisation);
    assert!(eager.drop_rate > calm.drop_rate + 0.02, "{} {}", eager.drop_rate, calm.drop_rate);
}
