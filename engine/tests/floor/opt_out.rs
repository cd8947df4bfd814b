//! Who has opted out is not dialled any more, wherever their lead is by then.

use engine::Wish;
use engine::lead::Barred;

use crate::bench::{Floor, Instead, state};
use crate::house::{self, SPRING, id_of};

fn opt_out(numbers: &str) -> Wish {
    Wish::DoNotCall { barred: Barred::parse(numbers).expect("a number or an area"), campaigns: vec![SPRING] }
}

#[test]
fn an_intent_that_was_saved_before_does_not_leave_the_house() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).anew();
    floor.instead("Save", 1, Instead::Later);
    floor.adds_leads([1]);
    floor.asks(Wish::Start(SPRING));
    floor.asks(opt_out("15550000001"));
    floor.goes_on();
    assert!(!floor.story().contains("Originate callee"), "the database had it before");
    assert_eq!(floor.database.attempts.len(), 1);
}

#[test]
fn leads_that_are_held_ready_go_back() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).anew().dials(4);
    floor.asks(opt_out("+1555000000*"));
    let story = floor.story();
    assert!(story.contains("Release 2,3,4 as they were"), "{story}");
}

#[test]
fn a_campaign_goes_on_until_a_lead_that_was_given_back_has_come_to_its_end() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.database.barred.push(Barred::parse("15550000002").expect("a number"));
    floor.asks(opt_out("15550000002"));
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(state(&floor, SPRING), "completed", "{}", floor.story());
    assert!(floor.database.items.values().all(|item| item.ended.is_some()), "{}", floor.story());
}
