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
