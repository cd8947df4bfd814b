use engine::agent::AgentState;

use super::*;
use crate::scenario;

#[test]
fn a_baseline_sees_at_every_moment_what_the_engine_counts() {
    let preset = include_str!("../../../scenarios/realistic-step.toml");
    let pacing = "{ vicidial = { method = \"ratio\", level = 4, ghost_lines = false } }";
    let world = scenario::read("a test", &preset.replace("\"progressive\"", pacing)).expect("right").world();
    let mut floor = Floor::new(&world, 5);
    floor.hear(Event::LinkUp);
    floor.hear_all();
    floor.open();
    let mut most = [0; 5];
    while floor.now < floor.opening + Span::secs(3_600) {
        floor.step();
        let view = floor.engine.view();
        let in_state = |wanted| view.agents.iter().filter(|agent| agent.state == wanted).count() as u32;
        let (ready, all) = (in_state(AgentState::Ready), floor.seats.len() as u32);
        let campaign = &view.campaigns[0];
        let counted = [ready, all, campaign.in_flight, campaign.waiting, campaign.talking];
        let seen = floor.baseline.as_ref().expect("a baseline").counts();
        assert_eq!(seen, counted);
        most = [0, 1, 2, 3, 4].map(|of| most[of].max(seen[of]));
    }
    assert!(most.iter().all(|most| *most > 1), "it has hardly seen anything: {most:?}");
}

#[test]
fn what_windows_have_counted_is_the_same_after_a_restart_in_the_middle_of_them() {
    let preset = include_str!("../../../scenarios/clocks-back.toml");
    let pacing = "{ predictive = { drop_limit = 0.05 } }";
    let restarts =
        "\n[faults]\nrestarts = [{ at = 4, down = 3 }, { at = 6.5, down = 30 }, { at = 9, down = 0.5 }]\n";
    let text = preset.replace("\"progressive\"", pacing) + restarts;
    let world = scenario::read("a test", &text).expect("right").world();
    let mut floor = Floor::new(&world, 5);
    floor.hear(Event::LinkUp);
    floor.hear_all();
    floor.open();
    let mut carried = Vec::new();
    while floor.now < floor.opening + Span::secs(10 * 3_600) {
        let (before, was_up) = (floor.engine.view().campaigns[0].clone(), floor.back_at.is_none());
        floor.step();
        if !was_up && floor.back_at.is_none() {
            let after = floor.engine.view().campaigns[0].windows.clone();
            assert_eq!(after, before.windows);
            carried.push(
                after.iter().map(|window| (window.answers > 100, window.drops > 3)).collect::<Vec<_>>(),
            );
        }
    }
    let both = (true, true);
    // The second falls into the first half hour of Sunday, whose window has hardly begun.
    assert_eq!(carried, [[both, both], [both, (true, false)], [both, both]]);
}
