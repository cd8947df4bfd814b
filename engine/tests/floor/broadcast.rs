//! So many dials a minute, whoever is ready.

use engine::agent::AgentState;
use engine::pacing::Pacing;
use engine::words::Span;
use engine::{Config, Wish};

use crate::bench::{Floor, state};
use crate::house::{self, OPENING, SPRING};

/// A dial every five seconds.
fn every_five_seconds(agents: &[&str]) -> Config {
    house::ahead(Pacing::Broadcast { per_minute: 12 }, agents)
}

#[test]
fn it_dials_by_the_clock_and_answers_go_to_who_is_ready_or_to_the_message() {
    let mut floor = Floor::open(every_five_seconds(&["ann"])).staffed(&["ann"]).anew().dials(3);
    floor.after(Span::secs(6));
    floor.callee(2).answers();
    floor.callee(1).answers();
    floor.after(Span::secs(6));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: starting
     0.000 FindMedia sound:sorry
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 Save callee 1.1: item 1 attempt 1 by carrier 1
     0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
     5.000 Save callee 2.1: item 2 attempt 1 by carrier 1
     5.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
     6.000 > callee 2.1 answers
     6.000 > callee 2.1 is ours
     6.000 Note attempt 2: placed 5.000, answered 6.000
     6.000 Join attempt 2: callee 2.1 and ann.1
     6.000 Note attempt 2: placed 5.000, answered 6.000, ann
     6.000 NoteAgent ann: on_call on 1
     6.000 Note attempt 2: placed 5.000, answered 6.000, bridged 6.000, ann
     6.000 > callee 1.1 answers
     6.000 > callee 1.1 is ours
     6.000 Note attempt 1: placed 0.000, answered 6.000
     7.500 Note attempt 1: placed 0.000, answered 6.000, message 7.500
     7.500 Play sound:sorry to callee 1.1
    10.000 Save callee 3.1: item 3 attempt 1 by carrier 1
    10.000 Originate callee 3.1 to PJSIP/15550000003@trunk-a
    ");
}

#[test]
fn without_agents_it_dials_too() {
    let mut floor = Floor::open(every_five_seconds(&[])).dials(8);
    assert_eq!(state(&floor, SPRING), "running (not_due)");
    floor.after(Span::secs(31));
    let saved = floor.database.attempts.values().filter_map(|saved| saved.request.as_ref());
    let dialled: Vec<u64> = saved.map(|request| request.created.since(OPENING).0 / 1_000_000).collect();
    assert_eq!(dialled, [0, 5, 10, 15, 20, 25, 30]);
}

#[test]
fn whoever_wants_a_break_has_it_though_calls_are_in_the_air() {
    let mut floor = Floor::open(every_five_seconds(&["ann"])).staffed(&["ann"]).dials(8);
    floor.after(Span::secs(12));
    assert!(floor.engine.view().campaigns[0].in_flight > 1, "{}", floor.story());
    floor.agent_pauses("ann", "lunch");
    assert_eq!(floor.state_of("ann"), AgentState::Paused, "{}", floor.story());
}

#[test]
fn what_a_pause_kept_from_leaving_is_not_made_up_for() {
    let mut floor = Floor::open(every_five_seconds(&[])).dials(8);
    floor.after(Span::secs(1));
    floor.asks(Wish::Pause(SPRING));
    floor.after(Span::secs(60));
    let mut floor = floor.anew();
    floor.asks(Wish::Start(SPRING));
    floor.after(Span::secs(9));
    insta::assert_snapshot!(floor.story(), @"
    61.000 > asked: Start(CampaignId(1))
    61.000 NoteCampaign 1: starting
    61.000 FindMedia sound:sorry
    61.000 NoteCampaign 1: running
    61.000 Reply granted
    61.000 Fetch 4 for campaign 1, below 5 attempts
    61.000 Save callee 2.1: item 2 attempt 1 by carrier 1
    61.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    66.000 Save callee 3.1: item 3 attempt 1 by carrier 1
    66.000 Fetch 2 for campaign 1, below 5 attempts
    66.000 Originate callee 3.1 to PJSIP/15550000003@trunk-a
    ");
}
