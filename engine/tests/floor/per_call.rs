//! Phones that are called for each conversation, ahead of the callee.

use std::sync::Arc;

use engine::campaign::CampaignRules;
use engine::lead::{Geography, Place};
use engine::words::{CampaignId, Span};
use engine::zone::Zone;
use engine::{Failure, Outcome, Wish};

use crate::bench::{Floor, Instead, state};
use crate::hours::daily;
use crate::house::{self, OPENING, SPRING, id_of};

#[test]
fn the_agents_phone_is_called_first_and_hung_up_after_the_conversation() {
    let mut floor = Floor::open(house::per_call(&["ann"])).staffed(&["ann"]).anew().dials(1);
    floor.callee(1).answers();
    floor.after(Span::secs(10));
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(21));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 NoteAgent ann: ringing on 1
     0.000 Originate ann.1 to PJSIP/ann
     0.000 Hold ann.1
     0.000 NoteAgent ann: ready on 1
     0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
     0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
     0.000 > callee 1.1 answers
     0.000 > callee 1.1 is ours
     0.000 Note attempt 1: placed 0.000, answered 0.000
     0.000 Join attempt 1: callee 1.1 and ann.1
     0.000 Note attempt 1: placed 0.000, answered 0.000, ann
     0.000 NoteAgent ann: on_call on 1
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
    10.000 > callee 1.1 leaves conversation 1
    10.000 > callee 1.1 is gone (16)
    10.000 NoteAgent ann: wrap_up on 1
    10.000 HangUp ann.1
    10.000 DropBridge conversation 1
    10.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 10.000; completed
    10.000 NoteAgent ann: wrap_up
    10.000 NoteCampaign 1: completed
    30.000 NoteAgent ann: ready
    ");
}

#[test]
fn no_lead_no_call_to_the_agent() {
    let mut floor = Floor::open(house::per_call(&["ann"])).staffed(&["ann"]).anew().dials(0);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_phone_that_no_call_comes_about_for_is_hung_up() {
    let mut floor = Floor::open(house::per_call(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(1, 404);
    let mut floor = floor.anew();
    floor.after(Span::secs(15));
    insta::assert_snapshot!(floor.story(), @"
    12.000 NoteAgent ann: ringing on 1
    12.000 HangUp ann.1
    12.000 NoteAgent ann: ready
    ");
}

#[test]
fn who_does_not_pick_up_is_passed_over() {
    let mut floor = Floor::open(house::per_call(&["ann", "bob"])).staffed(&["ann", "bob"]).anew();
    floor.does_not_pick_up("ann");
    let mut floor = floor.dials(1);
    floor.after(Span::secs(25));
    assert_eq!(floor.state_of("ann").name(), "ready");
    assert_eq!(floor.state_of("bob").name(), "reserved");
}

#[test]
fn whose_phone_rings_in_vain_for_two_calls_is_paused() {
    let mut floor = Floor::open(house::per_call(&["ann"])).staffed(&["ann"]).anew();
    floor.does_not_pick_up("ann");
    let mut floor = floor.dials(1).anew();
    floor.after(Span::secs(50));
    insta::assert_snapshot!(floor.story(), @"
    20.000 NoteAgent ann: ringing on 1, missed 1
    20.000 HangUp ann.1
    20.000 NoteAgent ann: ready, missed 1
    20.000 NoteAgent ann: ringing on 2, missed 1
    20.000 Originate ann.2 to PJSIP/ann
    40.000 NoteAgent ann: ringing on 2, pause missed-ring, missed 2
    40.000 NoteAgent ann: paused on 2, pause missed-ring, missed 2
    40.000 HangUp ann.2
    40.000 NoteAgent ann: paused, pause missed-ring, missed 2
    ");
}

#[test]
fn whoever_pauses_while_their_phone_rings_is_rung_no_longer_and_another_is_called() {
    let mut floor = Floor::open(house::per_call(&["ann", "bob"])).staffed(&["ann", "bob"]);
    floor.does_not_pick_up("ann");
    let mut floor = floor.dials(1).anew();
    floor.after(Span::secs(5));
    floor.agent_pauses("ann", "lunch");
    insta::assert_snapshot!(floor.story(), @r#"
    5.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("lunch") }
    5.000 NoteAgent ann: ringing on 1, pause lunch
    5.000 NoteAgent ann: paused on 1, pause lunch
    5.000 HangUp ann.1
    5.000 Reply granted
    5.000 NoteAgent bob: ringing on 2
    5.000 Originate bob.2 to PJSIP/bob
    5.000 NoteAgent ann: paused, pause lunch
    5.000 Hold bob.2
    5.000 NoteAgent bob: ready on 2
    5.000 Save callee 1.1: item 1 attempt 1 by carrier 1, bob
    5.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    "#);
}

#[test]
fn a_phone_that_cannot_be_called_is_not_called_forever() {
    let mut floor = Floor::open(house::per_call(&["ann"])).staffed(&["ann"]).anew();
    floor.instead("Originate", 4, Instead::Answer(Outcome::Failed(Failure::Unavailable)));
    let mut floor = floor.dials(1);
    floor.after(Span::secs(20));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 NoteAgent ann: ringing on 1
     0.000 Originate ann.1 to PJSIP/ann
     0.000 NoteAgent ann: ringing
     5.000 NoteAgent ann: ready
     5.000 NoteAgent ann: ringing on 2
     5.000 Originate ann.2 to PJSIP/ann
     5.000 NoteAgent ann: ringing
    10.000 NoteAgent ann: ready
    10.000 NoteAgent ann: ringing on 3
    10.000 Originate ann.3 to PJSIP/ann
    10.000 NoteAgent ann: ringing
    15.000 NoteAgent ann: ready
    15.000 NoteAgent ann: ringing on 4
    15.000 Originate ann.4 to PJSIP/ann
    15.000 NoteAgent ann: offline
    ");
}

#[test]
fn no_phone_is_called_for_a_lead_whose_number_is_on_a_call() {
    let autumn = CampaignId(2);
    let mut house = house::per_call(&["ann", "bob"]);
    house.campaigns.push(CampaignRules {
        id: autumn,
        name: "autumn".to_owned(),
        ..house.campaigns[0].clone()
    });
    house.agents[1].campaign = autumn;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]);
    for (campaign, id) in [(autumn, 1), (SPRING, 2)] {
        floor.database.add_lead(campaign, id, "15550000001", OPENING);
    }
    floor.asks(Wish::Start(autumn));
    floor.callee(1).answers();
    floor.story();
    floor.asks(Wish::Start(SPRING));
    assert_eq!(state(&floor, SPRING), "running (number_live)");
    floor.after(Span::secs(60));
    assert!(!floor.story().contains("Originate ann"), "nobody is to be called whom ann could talk to");
    floor.callee(1).hangs_up(16, None);
    let story = floor.story();
    assert!(story.contains("Originate ann"), "{story}");
}

#[test]
fn no_phone_is_called_for_a_lead_who_may_not_be_called_at_this_hour() {
    let mut house = house::per_call(&["ann"]);
    house.campaigns[0].callee_hours = Some(daily(9 * 60, 20 * 60));
    let everywhere = Place { prefix: String::new(), zones: vec![0] };
    house.geography =
        Geography { zones: vec![Zone::default()], places: vec![everywhere], ..Geography::default() };
    let mut floor = Floor::open(house).staffed(&["ann"]).anew();
    floor.adds_leads(1..=9);
    // The third is ann's.
    floor.database.agree(3, OPENING, Some(id_of("ann")));
    floor.asks(Wish::Start(SPRING));
    floor.after(Span::secs(60));
    assert_eq!(state(&floor, SPRING), "running (outside_hours)");
    let story = floor.story();
    assert!(!story.contains("Originate ann"), "they all sleep: {story}");
    // It was 22:13:20, and is 09:00 after 38,800 s.
    floor.after(Span::secs(38_740));
    let story = floor.story();
    assert!(story.contains("38800.000 Originate ann"), "{story}");
    assert!(story.contains("38800.000 Save callee 1.1: item 3 attempt 1 by carrier 1, ann"), "{story}");
}

#[test]
fn a_phone_that_cannot_be_called_is_called_again_after_a_rest() {
    let mut floor = Floor::open(house::per_call(&["ann"])).staffed(&["ann"]);
    floor.instead("Originate", 3, Instead::Answer(Outcome::Failed(Failure::Unavailable)));
    let mut floor = floor.anew().dials(1);
    floor.after(Span::secs(20));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 NoteAgent ann: ringing on 1
     0.000 Originate ann.1 to PJSIP/ann
     0.000 NoteAgent ann: ringing
     5.000 NoteAgent ann: ready
     5.000 NoteAgent ann: ringing on 2
     5.000 Originate ann.2 to PJSIP/ann
     5.000 NoteAgent ann: ringing
    10.000 NoteAgent ann: ready
    10.000 NoteAgent ann: ringing on 3
    10.000 Originate ann.3 to PJSIP/ann
    10.000 NoteAgent ann: ringing
    15.000 NoteAgent ann: ready
    15.000 NoteAgent ann: ringing on 4
    15.000 Originate ann.4 to PJSIP/ann
    15.000 Hold ann.4
    15.000 NoteAgent ann: ready on 4
    15.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    15.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    ");
}

#[test]
fn the_phone_of_whoever_is_ready_is_called_for_a_callee_who_waits_in_a_call_flow() {
    let mut config = house::per_call(&["ann"]);
    config.campaigns[0].flow = Some(Arc::new(house::survey()));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.agent_hangs_up("ann");
    let mut floor = floor.anew();
    floor.callee(1).presses("2");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 StopPlaying 1 of attempt 1
    0.000 NoteAgent ann: ringing on 2
    0.000 Originate ann.2 to PJSIP/ann
    0.000 Hold ann.2
    0.000 NoteAgent ann: ready on 2
    0.000 Join attempt 1: callee 1.1 and ann.2
    0.000 NoteAgent ann: on_call on 2
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; survey (agent): menu answered 2, agent agent
    ");
}
