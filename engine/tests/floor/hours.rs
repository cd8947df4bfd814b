//! Hours: of a campaign, of its callees, and what becomes of leads outside them.

use engine::lead::{Area, Geography, Hours, Jurisdiction, OpenWindow, Place};
use engine::words::Span;
use engine::zone::{Offset, Zone};
use engine::{Config, Reason, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, OPENING, SPRING};

/// Every test begins on a Tuesday at 22:13:20 UTC.
const MINUTE: Span = Span::secs(60);

fn daily(from: u16, to: u16) -> Hours {
    Hours { week: std::array::from_fn(|_| vec![OpenWindow { from, to }]), holidays: Vec::new() }
}

/// Clocks that are ahead of UTC by so many hours.
fn ahead(hours: i32) -> Zone {
    Zone::try_from(vec![Offset { from: engine::words::Micros(0), ahead: hours * 3_600 }]).expect("a zone")
}

/// Calls that take 37 seconds at most until they have rung out, with the guard; one more is kept for saving.
fn open_until(hour: u16, minute: u16) -> Config {
    let mut config = house::progressive(&["ann"]);
    config.campaigns[0].hours = Some(daily(9 * 60, hour * 60 + minute));
    config
}

/// Numbers that end in an odd digit are five hours ahead of UTC, the others seven behind; those that end in 9 may be in
/// either zone. It is 22:13 in UTC: the ones sleep, the others do not.
fn by_callees() -> Config {
    let mut config = house::progressive(&["ann"]);
    config.campaigns[0].callee_hours = Some(daily(9 * 60, 20 * 60));
    let place = |prefix: &str, zones: &[u16]| Place { prefix: prefix.to_owned(), zones: zones.to_vec() };
    config.geography = Geography {
        zones: vec![ahead(5), ahead(-7)],
        names: vec![("East".to_owned(), 0), ("West".to_owned(), 1)],
        places: vec![place("1555", &[1]), place("15550000001", &[0]), place("15550000009", &[0, 1])],
        jurisdictions: vec![Jurisdiction { name: "late".to_owned(), hours: Some(daily(16 * 60, 18 * 60)) }],
        areas: vec![Area { prefix: "15550000008".to_owned(), jurisdiction: 0 }],
    };
    config
}

#[test]
fn outside_its_hours_a_campaign_fetches_nothing_and_goes_on_when_they_open() {
    let mut floor = Floor::open(open_until(20, 0)).staffed(&["ann"]).anew().dials(1);
    assert_eq!(state(&floor, SPRING), "running (outside_hours)");
    let view = floor.engine.view();
    assert_eq!(view.campaigns[0].opens_at.map(|at| at.since(OPENING)), Some(Span::secs(38_800)), "09:00 UTC");
    floor.after(Span::secs(38_800));
    insta::assert_snapshot!(floor.story(), @"");
}

#[test]
fn nothing_is_dialled_that_could_still_ring_when_the_hours_end_and_what_is_ready_goes_back() {
    // Calls may ring out until 22:15; it is 22:13:20.
    let mut floor = Floor::open(open_until(22, 15)).staffed(&["ann"]).anew().dials(3);
    floor.callee(1).hangs_up(17, 486);
    floor.after(Span::secs(61));
    floor.callee(2).hangs_up(17, 486);
    floor.after(MINUTE);
    insta::assert_snapshot!(floor.story(), @"");
    assert_eq!(state(&floor, SPRING), "running (outside_hours)");
}

#[test]
fn a_lead_outside_its_hours_goes_back_until_they_open_and_those_behind_it_are_dialled() {
    let mut floor = Floor::open(by_callees()).staffed(&["ann"]).anew();
    floor.adds_leads([1, 2, 8, 9]);
    floor.asks(Wish::Start(SPRING));
    insta::assert_snapshot!(floor.story(), @"");
}

#[test]
fn the_zone_of_the_lead_itself_goes_before_what_its_number_says() {
    let mut floor = Floor::open(by_callees()).staffed(&["ann"]).anew();
    floor.adds_leads([1, 2]);
    floor.database.lives_in(1, "West");
    floor.database.lives_in(2, "East");
    floor.asks(Wish::Start(SPRING));
    assert_eq!(floor.database.attempts.len(), 1);
    let saved = floor.database.attempts.values().next().and_then(|saved| saved.request.as_ref());
    assert_eq!(saved.map(|request| request.lead.0), Some(1));
}

#[test]
fn a_campaign_whose_leads_all_sleep_says_so_and_wakes_with_the_first_of_them() {
    let mut floor = Floor::open(by_callees()).staffed(&["ann"]).anew();
    floor.adds_leads([1]);
    floor.asks(Wish::Start(SPRING));
    assert_eq!(state(&floor, SPRING), "running (outside_hours)");
    let view = floor.engine.view();
    // 09:00 five hours ahead of UTC is 04:00.
    assert_eq!(view.campaigns[0].opens_at.map(|at| at.since(OPENING)), Some(Span::secs(20_800)));
    assert_eq!(view.campaigns[0].refusals.get(&Reason::OutsideHours), Some(&1));
    floor.after(Span::secs(20_799));
    assert!(floor.database.attempts.is_empty());
    floor.after(Span::secs(1));
    assert_eq!(floor.database.attempts.len(), 1);
}

#[test]
fn a_call_whose_intent_took_too_long_to_be_saved_does_not_leave_the_house() {
    // 22:14 and 37 s are 22:14:37: the last call may leave then for 22:15:14.
    let mut floor = Floor::open(open_until(22, 15)).staffed(&["ann"]).anew();
    floor.instead("Save", 1, Instead::Later);
    floor.adds_leads([1]);
    floor.asks(Wish::Start(SPRING));
    floor.after(Span::secs(4));
    floor.after(Span::secs(60));
    floor.goes_on();
    insta::assert_snapshot!(floor.story(), @"");
}
