//! Predictive pacing at work: what it takes from the floor around it.

use engine::lead::{Hours, OpenWindow};
use engine::words::Span;
use engine::{Config, Wish};

use crate::bench::Floor;
use crate::house::{self, OPENING, SPRING, id_of};

/// Ann, bob and cid at work, with leads in plenty and answers enough to dial ahead of them.
fn at_work(mut house: Config) -> Floor {
    (house.carriers[0].channels, house.carriers[0].calls_per_second) = (100, 100);
    let mut floor = Floor::open(house);
    floor.database.has_had(120, SPRING, OPENING);
    floor.process_restarts();
    floor.staffed(&["ann", "bob", "cid"]).dials(90)
}

fn house() -> Config {
    house::predictive(&["ann", "bob", "cid"])
}

fn pace(floor: &Floor) -> String {
    floor.engine.view().campaigns[0].pace.expect("it looks ahead").to_string()
}

/// Open from nine until that minute of every day. The floor opens at 22:13.
fn hours(until: u16) -> Hours {
    Hours {
        week: std::array::from_fn(|_| vec![OpenWindow { from: 9 * 60, to: until }]),
        holidays: Vec::new(),
    }
}

#[test]
fn the_end_of_its_hours_is_the_end_of_its_shift_as_a_time_to_close_is() {
    let closing = |until: u16| {
        let mut house = house();
        house.campaigns[0].hours = Some(hours(until));
        at_work(house)
    };
    // The last dial rings out before 22:20: it is saved within a second, and over within 37 at most.
    let told = {
        let mut floor = at_work(house());
        let at = Some(OPENING + Span::secs(400 - 38));
        floor.asks(Wish::CloseAt { campaign: SPRING, at });
        floor.after(Span::secs(1));
        floor
    };
    let mut soon = closing(22 * 60 + 20);
    soon.after(Span::secs(1));
    assert_eq!(pace(&soon), pace(&told));
    let mut later = closing(24 * 60);
    later.after(Span::secs(1));
    assert_ne!(pace(&later), pace(&told));
}

#[test]
fn the_work_of_whoever_has_gone_or_paused_is_no_time_that_a_call_takes() {
    let paused_in_their_work = |wrap_up| {
        let mut house = house();
        house.campaigns[0].wrap_up = wrap_up;
        let mut floor = at_work(house);
        floor.callee(1).answers();
        floor.callee(1).hangs_up(16, None);
        floor.agent_pauses("ann", "lunch");
        floor.after(Span::secs(3_600));
        floor.asks(Wish::ReadyAgent(id_of("ann")));
        floor.after(Span::secs(1));
        pace(&floor)
    };
    assert_eq!(paused_in_their_work(Span::secs(3_600)), paused_in_their_work(Span::secs(1)));
}
