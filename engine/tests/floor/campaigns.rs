//! Campaigns from start to end, and a floor that closes.

use engine::campaign::CampaignRules;
use engine::pacing::Pacing;
use engine::words::{CampaignId, CarrierId, Micros, Span};
use engine::{Failure, Outcome, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, OPENING, SPRING, id_of};

fn ringing() -> Floor {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(3);
    floor.callee(1).rings();
    floor.anew()
}

#[test]
fn when_every_lead_has_come_to_its_end_the_campaign_is_completed_and_goes_on_when_leads_are_added() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    assert_eq!(state(&floor, SPRING), "completed");
    let mut floor = floor.anew();
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(SPRING));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: LeadsAdded(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
}

#[test]
fn a_paused_campaign_lets_its_calls_finish_and_gives_its_leads_back() {
    let mut floor = ringing();
    floor.asks(Wish::Pause(SPRING));
    floor.callee(1).hangs_up(17, 486);
    floor.asks(Wish::Start(SPRING));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Pause(CampaignId(1))
    0.000 Release 2,3 as they were
    0.000 NoteCampaign 1: paused
    0.000 Reply granted
    0.000 > callee 1.1 is gone (17/486)
    0.000 Record attempt 1: busy (Alerting, -) [1: carrier 1 17/486]; placed 0.000, rang 0.000, ended 0.000; retry at 600.000
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
}

#[test]
fn a_draining_campaign_is_stopped_after_its_last_call() {
    let mut floor = ringing();
    floor.asks(Wish::Drain(SPRING));
    floor.callee(1).answers();
    floor.after(Span::secs(30));
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::Drain(SPRING));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Drain(CampaignId(1))
     0.000 Release 2,3 as they were
     0.000 NoteCampaign 1: draining
     0.000 Reply granted
     0.000 > callee 1.1 answers
     0.000 > callee 1.1 is ours
     0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000
     0.000 Join attempt 1: callee 1.1 and ann.1
     0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000, ann
     0.000 NoteAgent ann: on_call on 1
     0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000, bridged 0.000, ann
    30.000 > callee 1.1 leaves conversation 1
    30.000 > callee 1.1 is gone (16)
    30.000 NoteAgent ann: wrap_up on 1
    30.000 Hold ann.1
    30.000 DropBridge conversation 1
    30.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, rang 0.000, answered 0.000, bridged 0.000, ended 30.000; completed
    30.000 NoteCampaign 1: stopped
    30.000 > asked: Drain(CampaignId(1))
    30.000 Reply denied: the campaign is stopped
    ");
}

#[test]
fn a_stopped_campaign_does_not_dial_what_it_has_just_saved() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]);
    floor.instead("Save", 1, Instead::Later);
    let mut floor = floor.dials(1).anew();
    floor.asks(Wish::Stop(SPRING));
    floor.goes_on();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Stop(CampaignId(1))
    0.000 NoteCampaign 1: stopped
    0.000 Reply granted
    0.000 Record attempt 1: technical (Placed, -) [1: carrier 1 - NotSent]; ended 0.000; retry at 300.000
    ");
}

#[test]
fn a_paused_campaign_places_no_call_that_is_not_in_the_air() {
    let floor = Floor::open(house::two_carriers(&["ann", "bob"])).staffed(&["ann", "bob"]);
    let mut floor = floor.dials(1);
    floor.instead("Save", 1, Instead::Later);
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(SPRING));
    let mut floor = floor.anew();
    floor.asks(Wish::Pause(SPRING));
    floor.goes_on();
    floor.callee(1).hangs_up(34, 503);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Pause(CampaignId(1))
    0.000 NoteCampaign 1: paused
    0.000 Reply granted
    0.000 Record attempt 2: technical (Placed, -) [1: carrier 2 - NotSent]; ended 0.000; retry at 300.000
    0.000 > callee 1.1 is gone (34/503)
    0.000 Record attempt 1: congestion (Placed, -) [1: carrier 1 34/503]; placed 0.000, ended 0.000; retry at 300.000
    ");
}

#[test]
fn a_floor_that_closes_comes_to_rest_with_nothing_left() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(3);
    floor.callee(1).rings();
    floor.callee(2).answers();
    let mut floor = floor.anew();
    floor.asks(Wish::CloseFloor);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: CloseFloor
    0.000 Release 3 as they were
    0.000 Reply granted
    ");
    assert!(!floor.engine.at_rest());
    floor.after(Span::secs(20));
    floor.callee(2).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    15.000 NoteAgent ann: offline on 1
    15.000 HangUp ann.1
    15.000 HangUp callee 1.1
    15.000 NoteAgent ann: offline
    15.000 Record attempt 1: no_answer (Alerting, Operator) [1: carrier 1 16]; placed 0.000, rang 0.000, ended 15.000; retry at 3615.000
    20.000 > callee 2.1 leaves conversation 2
    20.000 > callee 2.1 is gone (16)
    20.000 NoteAgent bob: wrap_up on 2
    20.000 HangUp bob.2
    20.000 DropBridge conversation 2
    20.000 Record attempt 2: connected (Bridged, -) [1: carrier 1 16], bob; placed 0.000, answered 0.000, bridged 0.000, ended 20.000; completed
    20.000 NoteAgent bob: wrap_up
    20.000 DropBridge hold
    20.000 Survey
    ");
    assert!(floor.engine.at_rest());
    assert!(floor.pbx.legs.is_empty() && floor.pbx.bridges.is_empty());
    assert!(floor.database.items.values().all(|row| !row.claimed));
}

#[test]
fn a_closed_floor_grants_nothing_that_would_dial() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(0);
    floor.asks(Wish::CloseFloor);
    let mut floor = floor.anew();
    floor.adds_leads([1]);
    for wish in [
        Wish::LogIn(id_of("ann")),
        Wish::ReadyAgent(id_of("ann")),
        Wish::Start(SPRING),
        Wish::LeadsAdded(SPRING),
        Wish::CloseFloor,
    ] {
        floor.asks(wish);
    }
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: LogIn(AgentId(1))
    0.000 Reply denied: the floor is closing
    0.000 > asked: ReadyAgent(AgentId(1))
    0.000 Reply denied: the floor is closing
    0.000 > asked: Start(CampaignId(1))
    0.000 Reply denied: the floor is closing
    0.000 > asked: LeadsAdded(CampaignId(1))
    0.000 Reply granted
    0.000 > asked: CloseFloor
    0.000 Reply granted
    ");
    assert!(floor.engine.at_rest());
}

#[test]
fn a_floor_is_not_at_rest_before_its_bridges_are_gone_and_its_leads_given_back() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(3);
    floor.callee(1).answers();
    floor.instead("DropBridge", 2, Instead::Answer(Outcome::Failed(Failure::NotSent)));
    floor.instead("Release", 2, Instead::Answer(Outcome::Failed(Failure::Database)));
    floor.instead("NoteAgent", 3, Instead::Answer(Outcome::Failed(Failure::Database)));
    floor.asks(Wish::CloseFloor);
    floor.callee(1).hangs_up(16, None);
    assert!(!floor.engine.at_rest());
    floor.after(Span::secs(120));
    assert!(floor.engine.at_rest(), "{}", floor.story());
    assert!(floor.pbx.bridges.is_empty(), "{}", floor.story());
    assert!(floor.database.items.values().all(|row| !row.claimed), "{}", floor.story());
}

#[test]
fn a_campaign_whose_leads_could_not_be_given_back_yet_is_not_completed_without_them() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(2);
    floor.instead("Release", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    floor.asks(Wish::Pause(SPRING));
    floor.callee(1).hangs_up(17, None);
    floor.asks(Wish::Start(SPRING));
    floor.after(Span::secs(30));
    assert_eq!(floor.database.attempts.len(), 2, "{}", floor.story());
}

#[test]
fn wishes_for_no_campaign_are_denied() {
    let nowhere = engine::words::CampaignId(9);
    let mut floor = Floor::open(house::progressive(&["ann"]));
    for wish in [Wish::Start(nowhere), Wish::Pause(nowhere), Wish::LeadsAdded(nowhere), Wish::Pause(SPRING)] {
        floor.asks(wish);
    }
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(9))
    0.000 Reply denied: no such campaign; `campaign list` shows those configured
    0.000 > asked: Pause(CampaignId(9))
    0.000 Reply denied: no such campaign; `campaign list` shows those configured
    0.000 > asked: LeadsAdded(CampaignId(9))
    0.000 Reply denied: no such campaign; `campaign list` shows those configured
    0.000 > asked: Pause(CampaignId(1))
    0.000 Reply denied: the campaign is ready
    ");
}

/// Half a minute after the opening.
fn half_past() -> Option<Micros> {
    Some(OPENING + Span::secs(30))
}

#[test]
fn at_its_closing_time_a_campaign_pauses_by_itself() {
    let mut floor = ringing();
    floor.asks(Wish::CloseAt { campaign: SPRING, at: Some(OPENING + Span::secs(60)) });
    floor.asks(Wish::CloseAt { campaign: SPRING, at: half_past() });
    floor.after(Span::secs(30));
    floor.asks(Wish::Start(SPRING));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: CloseAt { campaign: CampaignId(1), at: Some(Micros(1700000060000000)) }
     0.000 NoteCampaign 1: running, closes 60.000
     0.000 Reply granted
     0.000 > asked: CloseAt { campaign: CampaignId(1), at: Some(Micros(1700000030000000)) }
     0.000 NoteCampaign 1: running, closes 30.000
     0.000 Reply granted
    25.000 HangUp callee 1.1
    25.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
    25.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 0.000, ended 25.000; retry at 3625.000
    25.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    30.000 Release 3 as they were
    30.000 NoteCampaign 1: paused
    30.000 > asked: Start(CampaignId(1))
    30.000 NoteCampaign 1: running
    30.000 Reply granted
    30.000 Fetch 4 for campaign 1, below 5 attempts
    ");
}

#[test]
fn a_campaign_that_is_still_starting_at_its_closing_time_does_not_dial() {
    let mut floor = Floor::open(house::ratio(2_000, &["ann"])).staffed(&["ann"]);
    floor.adds_leads(1..=4);
    floor.instead("FindMedia", 1, Instead::Later);
    let mut floor = floor.anew();
    floor.asks(Wish::Start(SPRING));
    floor.asks(Wish::CloseAt { campaign: SPRING, at: Some(OPENING + Span::secs(1)) });
    floor.after(Span::secs(2));
    floor.goes_on();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: starting
    0.000 FindMedia sound:sorry
    0.000 > asked: CloseAt { campaign: CampaignId(1), at: Some(Micros(1700000001000000)) }
    0.000 NoteCampaign 1: starting, closes 1.000
    0.000 Reply granted
    1.000 NoteCampaign 1: paused
    1.000 Reply denied: the campaign is paused
    ");
}

#[test]
fn a_closing_time_survives_the_process() {
    let mut floor = ringing();
    floor.asks(Wish::CloseAt { campaign: SPRING, at: half_past() });
    floor.process_restarts();
    floor.after(Span::secs(29));
    assert_eq!(state(&floor, SPRING), "running (no_agents)");
    let mut floor = floor.anew();
    floor.after(Span::secs(1));
    insta::assert_snapshot!(floor.story(), @"
    30.000 Release 3 as they were
    30.000 NoteCampaign 1: paused
    ");
}

#[test]
fn a_closing_time_that_passed_while_no_process_ran_is_now() {
    let mut floor = ringing();
    floor.asks(Wish::CloseAt { campaign: SPRING, at: half_past() });
    let mut floor = floor.anew();
    floor.process_is_gone_for(Span::secs(60));
    insta::assert_snapshot!(floor.story(), @"
    60.000 > the process restarts
    60.000 NoteAgent ann: ringing on 1
    60.000 NoteAgent ann: ready on 1
    60.000 NoteCampaign 1: paused
    60.000 > the link comes up
    60.000 Survey
    60.000 Mute ann.1: off
    60.000 NoteAgent ann: ringing on 1
    60.000 HangUp callee 1.1
    60.000 NoteAgent ann: ready on 1
    60.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 0.000, ended 60.000; retry at 3660.000
    ");
    assert_eq!(state(&floor, SPRING), "paused");
}

#[test]
fn campaigns_that_share_a_carrier_take_turns_where_it_has_one_channel() {
    let [autumn, winter] = [2, 3].map(CampaignId);
    let mut house = house::two_carriers(&["ann", "bob", "cid"]);
    house.carriers[0].channels = 1;
    let spring = CampaignRules { carriers: vec![CarrierId(1)], ..house.campaigns[0].clone() };
    // The third one has a carrier of its own, and dials in between.
    house.campaigns = vec![
        spring.clone(),
        CampaignRules { id: autumn, name: "autumn".to_owned(), ..spring.clone() },
        CampaignRules {
            id: winter,
            name: "winter".to_owned(),
            carriers: vec![CarrierId(2)],
            pacing: Pacing::Broadcast { per_minute: 120 },
            message: Some("sound:sorry".to_owned()),
            ..spring
        },
    ];
    house.agents[2].campaign = autumn;
    let mut floor = Floor::open(house).staffed(&["ann", "bob", "cid"]);
    for (campaign, leads) in [(SPRING, 1..=10), (autumn, 11..=20), (winter, 21..=60)] {
        for id in leads {
            floor.database.add_lead(campaign, id, &format!("1555000{id:04}"), OPENING);
        }
        floor.asks(Wish::Start(campaign));
    }
    let shared = |floor: &Floor| -> Vec<(u64, u32)> {
        let calls = floor.database.attempts.values().filter_map(|saved| saved.request.as_ref());
        let shared = calls.filter(|call| call.carrier == CarrierId(1));
        shared.map(|call| (call.attempt.0, call.campaign.0)).collect()
    };
    for _ in 0..8 {
        let (last, _) = *shared(&floor).last().expect("a call");
        floor.callee(last).hangs_up(21, 603);
        floor.after(Span::secs(1));
    }
    let campaigns: Vec<u32> = shared(&floor).into_iter().map(|(_, campaign)| campaign).collect();
    assert_eq!(campaigns, [1, 2, 1, 2, 1, 2, 1, 2, 1]);
}

#[test]
fn a_campaign_that_was_completed_at_its_closing_time_does_not_dial_for_leads_that_come_later() {
    for restarts in [false, true] {
        let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
        floor.asks(Wish::CloseAt { campaign: SPRING, at: half_past() });
        floor.callee(1).hangs_up(21, 603);
        floor.after(Span::secs(30));
        assert_eq!(state(&floor, SPRING), "completed");
        if restarts {
            floor.process_restarts();
            assert_eq!(state(&floor, SPRING), "completed");
        }
        floor.adds_leads([2]);
        floor.asks(Wish::LeadsAdded(SPRING));
        assert_eq!(state(&floor, SPRING), "paused");
        floor.asks(Wish::Start(SPRING));
        assert!(
            floor.story().contains("Save callee 2.1: item 2"),
            "whoever starts it says that it dials again"
        );
        floor.after(Span::secs(1));
        assert_eq!(state(&floor, SPRING), "running (no_leads)");
    }
}

#[test]
fn a_campaign_is_completed_though_another_was_giving_leads_back_when_its_last_call_ended() {
    let autumn = CampaignId(2);
    let mut house = house::progressive(&["ann"]);
    house.campaigns.push(CampaignRules {
        id: autumn,
        name: "autumn".to_owned(),
        ..house.campaigns[0].clone()
    });
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(1);
    floor.database.add_lead(autumn, 2, "15550000002", OPENING);
    floor.asks(Wish::Start(autumn));
    floor.instead("Release", 1, Instead::Later);
    floor.asks(Wish::Pause(autumn));
    floor.callee(1).hangs_up(21, 603);
    assert_ne!(state(&floor, SPRING), "completed");
    floor.goes_on();
    assert_eq!(state(&floor, SPRING), "completed");
}

#[test]
fn a_start_that_is_refused_changes_nothing_of_when_the_campaign_closes() {
    let mut house = house::progressive(&["ann"]);
    house.campaigns[0].message = Some("sound:sorry".to_owned());
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(1);
    floor.asks(Wish::CloseAt { campaign: SPRING, at: half_past() });
    floor.callee(1).hangs_up(21, 603);
    floor.after(Span::secs(30));
    assert_eq!(state(&floor, SPRING), "completed");
    floor.link_goes_down();
    floor.asks(Wish::Start(SPRING));
    floor.link_comes_up();
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(SPRING));
    assert_eq!(state(&floor, SPRING), "paused");
}
