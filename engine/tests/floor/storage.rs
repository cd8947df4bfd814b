//! The database refuses, fails, or is silent.

use engine::agent::AgentState;
use engine::words::Span;
use engine::{Failure, Outcome, SaveRefusal, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, OPENING, SPRING};

fn fails() -> Instead {
    Instead::Answer(Outcome::Failed(Failure::Database))
}

fn staffed() -> Floor {
    Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).anew()
}

#[test]
fn an_intent_refused_because_the_number_is_live_comes_back_in_half_a_minute() {
    let mut floor = staffed();
    floor.instead("Save", 1, Instead::Answer(Outcome::Refused(SaveRefusal::NumberLive)));
    let mut floor = floor.dials(1);
    assert_eq!(state(&floor, SPRING), "running (no_leads)");
    floor.after(Span::secs(30));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
     0.000 Release 1 from 30.000 on
    30.000 Fetch 4 for campaign 1, below 5 attempts
    30.000 Save callee 2.1: item 1 attempt 1 by carrier 1, ann
    30.000 Originate callee 2.1 to PJSIP/15550000001@trunk-a
    ");
}

#[test]
fn an_intent_refused_because_the_item_is_not_ours_is_forgotten() {
    let mut floor = staffed();
    floor.instead("Save", 1, Instead::Answer(Outcome::Refused(SaveRefusal::NotClaimed)));
    let mut floor = floor.dials(2);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
}

#[test]
fn an_intent_that_was_not_written_is_written_again_when_the_breaker_lets_it() {
    let mut floor = staffed();
    floor.instead("Save", 1, fails());
    let mut floor = floor.dials(1);
    assert_eq!(state(&floor, SPRING), "running (breaker)");
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.780 Save callee 2.1: item 1 attempt 1 by carrier 1, ann
    0.780 Originate callee 2.1 to PJSIP/15550000001@trunk-a
    ");
}

#[test]
fn an_intent_that_was_not_written_for_a_paused_campaign_goes_back() {
    for wish in [Wish::Pause(SPRING), Wish::CloseFloor] {
        let mut floor = staffed();
        floor.instead("Save", 1, Instead::Later);
        let mut floor = floor.dials(1);
        floor.asks(wish);
        let request = floor.held_up_request().expect("the intent");
        floor.hear(engine::Event::Settled { request, outcome: Outcome::Failed(Failure::Database) });
        floor.after(Span::secs(10));
        let row = floor.database.items.values().next().expect("the item");
        assert!(!row.claimed, "{}", floor.story());
    }
}

#[test]
fn an_intent_that_may_have_been_written_is_closed_in_writing_and_never_dialled() {
    let mut floor = staffed();
    floor.instead("Save", 1, Instead::Silence);
    let mut floor = floor.dials(1);
    floor.after(Span::secs(8));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    5.000 Record attempt 1: technical (Placed, -) [1: carrier 1 - NotSent]; ended 5.000; retry at 305.000
    ");
}

#[test]
fn a_record_is_written_until_it_is_there() {
    let mut floor = staffed().dials(1).anew();
    floor.instead("Record", 3, fails());
    floor.instead("Record", 1, Instead::Silence);
    floor.callee(1).hangs_up(17, 486);
    floor.after(Span::secs(20));
    let story = floor.story();
    let records: Vec<&str> = story.lines().filter(|line| line.contains("Record")).collect();
    insta::assert_snapshot!(records.join("\n"), @"
     0.000 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
     0.780 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
     2.595 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
     7.500 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
    19.340 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
    ");
    assert_eq!(floor.results().len(), 1);
}

#[test]
fn notes_that_were_not_written_are_written_again() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.instead("NoteCampaign", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    let mut floor = floor.dials(0);
    floor.instead("NoteAgent", 2, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.agent_logs_in("ann");
    floor.after(Span::secs(2));
    let story = floor.story();
    let notes: Vec<&str> = story.lines().filter(|line| line.contains("Note")).collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    0.000 NoteCampaign 1: running
    0.000 NoteCampaign 1: completed
    0.000 NoteAgent ann: ringing
    0.000 NoteAgent ann: ringing on 1
    0.000 NoteAgent ann: ringing on 1
    0.000 NoteAgent ann: ready on 1
    ");
}

#[test]
fn an_exchange_that_fails_five_times_is_left_alone_for_a_while() {
    let mut house = house::progressive(&["ann"]);
    house.carriers[0].failures_to_rest = 100;
    let mut floor = Floor::open(house).staffed(&["ann"]);
    floor.instead("Originate", 5, Instead::Answer(Outcome::Failed(Failure::NotSent)));
    let mut floor = floor.dials(9).anew();
    assert_eq!(state(&floor, SPRING), "running (breaker)");
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.780 Save callee 6.1: item 6 attempt 1 by carrier 1, ann
    0.780 Fetch 2 for campaign 1, below 5 attempts
    0.780 Originate callee 6.1 to PJSIP/15550000006@trunk-a
    ");
}

#[test]
fn items_that_come_after_their_fetch_was_given_up_go_back() {
    let mut floor = staffed();
    floor.instead("Fetch", 1, Instead::Later);
    let mut floor = floor.dials(1);
    floor.after(Span::millis(5_001));
    floor.goes_on();
    floor.after(Span::secs(40));
    assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
}

#[test]
fn what_became_due_while_a_fetch_was_under_way_is_fetched_next() {
    let mut floor = staffed();
    floor.instead("Fetch", 1, Instead::Later);
    floor.asks(Wish::Start(SPRING));
    let request = floor.held_up_request().expect("the fetch");
    floor.adds_leads([1]);
    floor.asks(Wish::LeadsAdded(SPRING));
    let nothing = Outcome::Fetched { items: vec![], next_due: None, next_callback: None };
    floor.hear(engine::Event::Settled { request, outcome: nothing });
    assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
}

#[test]
fn a_database_that_promises_and_has_nothing_is_not_asked_in_a_rush() {
    let mut floor = staffed();
    let promise = Outcome::Fetched { items: vec![], next_due: Some(house::OPENING), next_callback: None };
    floor.instead("Fetch", 20, Instead::Answer(promise));
    let mut floor = floor.dials(0);
    floor.after(Span::secs(5));
    let fetches = floor.story().lines().filter(|line| line.contains("Fetch")).count();
    assert!((2..=7).contains(&fetches), "{fetches} fetches in 5 s");
}

#[test]
fn a_campaign_whose_claims_have_ended_asks_once_more_before_it_is_completed() {
    let mut floor = staffed();
    floor.instead("Save", 2, Instead::Answer(Outcome::Refused(SaveRefusal::NotClaimed)));
    let mut floor = floor.dials(2);
    assert_eq!(state(&floor, SPRING), "running (no_leads)");
    floor.story();
    floor.after(Span::secs(1));
    let story = floor.story();
    assert!(story.contains("1.000 Fetch 4 for campaign 1"), "{story}");
}

#[test]
fn an_answer_that_shows_that_the_database_is_back_lets_campaigns_dial_at_once() {
    let mut floor = staffed();
    floor.instead("Save", 1, fails());
    let mut floor = floor.dials(1);
    assert_eq!(state(&floor, SPRING), "running (breaker)");
    floor.asks(Wish::CloseAt { campaign: SPRING, at: Some(OPENING + Span::secs(3_600)) });
    assert_eq!(floor.state_of("ann"), AgentState::Reserved);
}
