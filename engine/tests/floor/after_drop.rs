//! Who was dropped is called again only by somebody who is there for them, until it is long enough ago.

use engine::call::CallResult;
use engine::lead::RetryRule;
use engine::pacing::Pacing;
use engine::words::Span;
use engine::{Config, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, SPRING};

/// A house that tries again a minute after a drop, and for an hour only with an agent.
fn careful(pacing: Pacing, agents: &[&str]) -> Config {
    let mut config = house::ahead(pacing, agents);
    config.campaigns[0].repeat_after_drop = Span::secs(3_600);
    config.campaigns[0].retry.by_result.insert(CallResult::Dropped, RetryRule::fixed(5, Span::secs(60)));
    config
}

const ONE_EACH: Pacing = Pacing::Ratio { level: engine::words::Milli(1_000) };

/// Callee 1 answers and nobody is there: the message, and the end of the call a minute from the next try.
fn drops_the_first(floor: &mut Floor) {
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    floor.callee(1).has_heard_the_message();
    floor.story();
}

/// What was saved: whose number, and who was reserved.
fn saved(floor: &mut Floor) -> Vec<String> {
    let story = floor.story();
    story.lines().filter(|line| line.contains(" Save ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_number_that_was_dropped_is_dialled_with_an_agent_reserved_for_it_though_others_are_dialled_without() {
    let mut floor = Floor::open(careful(ONE_EACH, &["ann"])).staffed(&["ann"]).dials(1);
    floor.agent_hangs_up("ann");
    drops_the_first(&mut floor);
    floor.after(Span::secs(60));
    assert_eq!(state(&floor, SPRING), "running (after_drop)");
    floor.agent_logs_in("ann");
    let first = saved(&mut floor);
    assert!(first[0].ends_with("Save callee 2.1: item 1 attempt 2 by carrier 1, ann"), "{first:?}");
    floor.adds_leads([2]);
    floor.callee(2).hangs_up(17, 486);
    floor.asks(Wish::LeadsAdded(SPRING));
    let other = saved(&mut floor);
    assert!(other[0].ends_with("item 2 attempt 1 by carrier 1"), "{other:?}");
}

#[test]
fn nobody_is_reserved_for_it_who_may_be_needed_for_a_call_in_the_air() {
    let mut floor = Floor::open(careful(ONE_EACH, &["ann"])).staffed(&["ann"]).dials(1);
    floor.agent_hangs_up("ann");
    drops_the_first(&mut floor);
    floor.after(Span::secs(57));
    floor.adds_leads([2]);
    floor.agent_logs_in("ann");
    floor.asks(Wish::LeadsAdded(SPRING));
    assert!(saved(&mut floor)[0].ends_with("item 2 attempt 1 by carrier 1"));
    floor.callee(2).rings();
    floor.after(Span::secs(10));
    assert_eq!(saved(&mut floor), [""; 0], "item 1 is due, and ann is all there is for callee 2");
    floor.callee(2).hangs_up(17, 486);
    let saved = saved(&mut floor);
    assert!(saved[0].ends_with("item 1 attempt 2 by carrier 1, ann"), "{saved:?}");
}

#[test]
fn when_the_drop_is_long_enough_ago_nobody_need_be_there() {
    let per_minute = Pacing::Broadcast { per_minute: 60 };
    let mut floor = Floor::open(careful(per_minute, &["ann"])).dials(1);
    drops_the_first(&mut floor);
    floor.after(Span::secs(3_598));
    assert_eq!(saved(&mut floor), [""; 0]);
    floor.after(Span::secs(4));
    let saved = saved(&mut floor);
    assert!(saved[0].ends_with("item 1 attempt 2 by carrier 1"), "{saved:?}");
}

#[test]
fn where_nobody_works_for_the_campaign_it_goes_back_until_then() {
    let per_minute = Pacing::Broadcast { per_minute: 60 };
    let mut floor = Floor::open(careful(per_minute, &[])).dials(1);
    drops_the_first(&mut floor);
    floor.after(Span::secs(61));
    insta::assert_snapshot!(floor.story(), @"
    60.000 Survey
    62.000 Fetch 4 for campaign 1, below 5 attempts
    62.000 Release 1 from 3602.000 on
    ");
    assert_eq!(floor.engine.view().campaigns[0].hopper, 0);
    floor.after(Span::secs(3_600));
    let saved = saved(&mut floor);
    assert!(saved[0].ends_with("item 1 attempt 2 by carrier 1"), "{saved:?}");
}

#[test]
fn a_claim_that_is_older_than_the_drop_is_found_out_when_it_is_saved_and_the_lead_waits_for_an_agent() {
    let mut floor = Floor::open(careful(ONE_EACH, &["ann", "bob"])).staffed(&["ann"]);
    // Both leads have one number: another campaign's could have it as well.
    floor.database.add_lead(SPRING, 1, "15550000001", house::OPENING);
    floor.database.add_lead(SPRING, 2, "15550000001", house::OPENING);
    floor.asks(Wish::Start(SPRING));
    floor.agent_hangs_up("ann");
    drops_the_first(&mut floor);
    floor.agent_logs_in("bob");
    insta::assert_snapshot!(saved(&mut floor).join("\n"), @"
    2.000 Save callee 2.1: item 2 attempt 1 by carrier 1
    2.000 Save callee 3.1: item 2 attempt 1 by carrier 1, bob
    ");
    assert_eq!(floor.engine.view().campaigns[0].refusals.get(&engine::Reason::AfterDrop), Some(&1));
}

#[test]
fn a_call_whose_reserved_agent_has_gone_meanwhile_is_not_placed() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).anew();
    floor.instead("Save", 1, Instead::Later);
    floor.adds_leads([1]);
    floor.asks(Wish::Start(SPRING));
    floor.agent_hangs_up("ann");
    floor.goes_on();
    let story = floor.story();
    assert!(!story.contains("Originate callee"), "{story}");
    assert!(story.contains("Record attempt 1: technical"), "{story}");
}

#[test]
fn where_it_is_turned_off_a_dropped_number_is_like_any_other() {
    let mut config = careful(ONE_EACH, &["ann"]);
    config.campaigns[0].repeat_after_drop = Span::ZERO;
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.agent_hangs_up("ann");
    drops_the_first(&mut floor);
    floor.after(Span::secs(60));
    floor.agent_logs_in("ann");
    let saved = saved(&mut floor);
    assert!(saved[0].ends_with("item 1 attempt 2 by carrier 1"), "{saved:?}");
}
