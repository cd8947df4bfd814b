use engine::agent::AgentState;
use engine::pacing::WindowCount;

use super::*;
use crate::scenario;

#[test]
fn a_baseline_sees_at_every_moment_what_the_engine_counts() {
    for (preset, own) in [
        (include_str!("../../../scenarios/realistic-step.toml"), "\"progressive\""),
        // Under AMD a call is sent, and not answered yet.
        (include_str!("../../../scenarios/amd-gate.toml"), "{ predictive = { drop_limit = 0.03 } }"),
    ] {
        let pacing = "{ vicidial = { method = \"ratio\", level = 4, ghost_lines = false } }";
        sees_what_the_engine_counts(&preset.replace(own, pacing));
    }
}

fn sees_what_the_engine_counts(text: &str) {
    let world = scenario::read("a test", text).expect("right").world();
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
fn whoever_may_not_dial_a_lead_just_now_asks_again_and_does_not_look_at_it_for_ten_minutes() {
    let preset = include_str!("../../../scenarios/preview.toml");
    let slow = preset.to_owned() + "\n[[carriers]]\nname = \"slow\"\ncalls_per_second = 1\n";
    let looked = |text: &str| {
        let world = scenario::read("a test", text).expect("right").world();
        let stands = Floor::watch(&world, 3).stands;
        let mut since: BTreeMap<AgentId, Micros> = BTreeMap::new();
        let mut longest = Span::ZERO;
        for (agent, at, state) in stands {
            if state == AgentState::Previewing {
                since.insert(agent, at);
            } else if let Some(since) = since.remove(&agent) {
                longest = longest.max(at.since(since));
            }
        }
        longest
    };
    let (any, rarely) = (looked(preset), looked(&slow));
    assert!(rarely < any + Span::secs(10), "{rarely:?} where others wait no longer than {any:?}");
}

#[test]
fn whoever_has_done_their_work_before_the_dialer_knows_of_it_says_so_again_and_is_not_parked_for_an_hour() {
    for preset in [
        include_str!("../../../scenarios/slow-exchange.toml"),
        include_str!("../../../scenarios/lost-events.toml"),
        include_str!("../../../scenarios/restart.toml"),
    ] {
        let world = scenario::read("a test", preset).expect("right").world();
        let mut since: BTreeMap<AgentId, Micros> = BTreeMap::new();
        let mut longest = Span::ZERO;
        for (agent, at, state) in Floor::watch(&world, 3).stands {
            if state == AgentState::WrapUp {
                since.entry(agent).or_insert(at);
            } else if let Some(since) = since.remove(&agent) {
                longest = longest.max(at.since(since));
            }
        }
        assert!(longest < Span::secs(300), "{longest:?} at work of 20 s in the mean");
    }
}

#[test]
fn what_windows_have_counted_is_the_same_after_a_restart_in_the_middle_of_them() {
    let preset = include_str!("../../../scenarios/clocks-back.toml");
    let pacing = "{ predictive = { drop_limit = 0.05 } }";
    let restarts =
        "\n[faults]\nrestarts = [{ at = 4, down = 3 }, { at = 6.5, down = 30 }, { at = 9, down = 0.5 }]\n";
    let carried = carried_over_restarts(&(preset.replace("\"progressive\"", pacing) + restarts));
    assert!(carried.iter().all(|(before, after)| before == after), "{carried:?}");
    let seen = |window: &WindowCount| (window.answers > 100, window.drops > 3);
    let carried: Vec<Vec<_>> = carried.iter().map(|(_, after)| after.iter().map(seen).collect()).collect();
    let both = (true, true);
    // The second falls into the first half hour of Sunday, whose window has hardly begun.
    assert_eq!(carried, [[both, both], [both, (true, false)], [both, both]]);
}

#[test]
fn machines_are_no_answers_and_those_who_may_have_been_persons_are_drops_after_a_restart_too() {
    let preset = include_str!("../../../scenarios/amd-gate.toml");
    let carried =
        carried_over_restarts(&(preset.to_owned() + "\n[faults]\nrestarts = [{ at = 6, down = 3 }]\n"));
    let [(before, after)] = &carried[..] else { panic!("one restart: {carried:?}") };
    let (before, after) = (before[0], after[0]);
    assert!(after.answers > 1_000 && after.drops > 20, "{after:?}");
    assert_eq!(after.drops, before.drops);
    // Whoever has answered and is not told from a machine yet is an answer on record until they are.
    assert!((0..=5).contains(&(after.answers - before.answers)), "{after:?} after {before:?}");
}

/// What the windows of a campaign have counted before and after each restart of a day.
fn carried_over_restarts(text: &str) -> Vec<(Vec<WindowCount>, Vec<WindowCount>)> {
    let world = scenario::read("a test", text).expect("right").world();
    let mut floor = Floor::new(&world, 5);
    floor.hear(Event::LinkUp);
    floor.hear_all();
    floor.open();
    let mut carried = Vec::new();
    while floor.now < floor.opening + Span::secs(10 * 3_600) {
        let (before, was_up) = (floor.engine.view().campaigns[0].clone(), floor.back_at.is_none());
        floor.step();
        if !was_up && floor.back_at.is_none() {
            carried.push((before.windows, floor.engine.view().campaigns[0].windows.clone()));
        }
    }
    carried
}

/// A controller that is known to fail: so many lines for each idle agent, but one where the budget has no token. How many
/// goes up and down with each answer by how far the tokens are from a reserve, behind the gate as well, and down with each
/// drop.
struct IntegratingGate {
    lines: f64,
    answers: u64,
    drops: u64,
}

impl IntegratingGate {
    const LIMIT: f64 = 0.03;
    const RESERVE: f64 = 5.0;

    /// How many dials it allots where so many agents are idle and so many calls are in the air.
    fn dials(&mut self, day: &Day, idle: u32, in_flight: u32) -> u32 {
        let tokens = Self::LIMIT * day.answers as f64 - day.drops as f64;
        let off = (tokens / Self::RESERVE - 1.0).clamp(-1.0, 1.0);
        let (answers, drops) = (day.answers - self.answers, day.drops - self.drops);
        let moves = 0.6 * Self::LIMIT * off * answers as f64 - 0.05 * drops as f64;
        self.lines = (self.lines * libm::exp(moves)).clamp(1.0, 10.0);
        (self.answers, self.drops) = (day.answers, day.drops);
        let lines = if tokens < 1.0 { 1.0 } else { self.lines };
        ((lines * f64::from(idle)) as u32).saturating_sub(in_flight)
    }
}

/// Plays a day with it.
fn gated_day(world: &World, seed: u64) -> Day {
    let mut floor = Floor::new(world, seed);
    let mut gate = IntegratingGate { lines: 3.0, answers: 0, drops: 0 };
    floor.hear(Event::LinkUp);
    floor.hear_all();
    floor.open();
    while floor.step_before(floor.closing) {
        let view = floor.engine.view();
        let ready = view.agents.iter().filter(|agent| agent.state == AgentState::Ready).count() as u32;
        let idle = ready.saturating_sub(view.campaigns[0].waiting);
        let dials = gate.dials(&floor.day, idle, view.campaigns[0].in_flight);
        if dials > 0 {
            floor.ask(Wish::Allot { campaign: CAMPAIGN, dials });
            floor.hear_all();
        }
    }
    floor.close();
    floor.day
}

#[test]
fn a_gate_whose_price_goes_on_moving_gains_less_than_the_families_ask_for() {
    for text in [
        include_str!("../../../scenarios/realistic-flat.toml"),
        include_str!("../../../scenarios/realistic-step.toml"),
    ] {
        let one_line_each = scenario::read("a test", text).expect("right");
        let one_line_each = crate::study::run(&one_line_each, 5, || ()).utilisation;
        let allotted = text.replace("\"progressive\"", "{ vicidial = { method = \"ratio\" } }");
        let mut world = scenario::read("a test", &allotted).expect("right").world();
        world.house.baseline = None;
        let gated = (0..5).map(|seed| gated_day(&world, seed).utilisation()).sum::<f64>() / 5.0;
        let gain = gated - one_line_each;
        assert!((0.05..0.15).contains(&gain), "{gated} beside {one_line_each}");
    }
}
