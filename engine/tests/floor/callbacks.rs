//! Calls that were agreed on: ahead of other leads, at their time, and with the agent they were agreed with.

use engine::agent::AgentState;
use engine::campaign::CampaignRules;
use engine::view::AgreedView;
use engine::words::{CampaignId, Micros, QueueId, Span};
use engine::{Outcome, SaveRefusal, Wish};

use crate::bench::{Floor, Instead, state};
use crate::hours::daily;
use crate::house::{self, OPENING, SPRING, id_of};

/// A callback in so many seconds from the opening, written down and told.
fn agrees(floor: &mut Floor, item: u64, seconds: u64, agent: Option<&str>) {
    let at = Micros(OPENING.0) + Span::secs(seconds);
    floor.database.agree(item, at, agent.map(id_of));
    floor.asks(Wish::CallBack { campaign: SPRING, item: QueueId(item), at });
}

/// What was agreed on is off, written down and told.
fn calls_off(floor: &mut Floor, item: u64) {
    floor.database.call_off(item, OPENING + floor.passed());
    floor.asks(Wish::CallOff { campaign: SPRING, item: QueueId(item) });
}

/// What ann is shown of the call that was agreed on.
fn agreed(floor: &Floor) -> Option<AgreedView> {
    let agents = floor.engine.view().agents;
    agents.into_iter().find(|agent| agent.id == id_of("ann")).expect("an agent").agreed
}

/// What was saved: whose number, and who was reserved.
fn saved(floor: &mut Floor) -> Vec<String> {
    let story = floor.story();
    story.lines().filter(|line| line.contains(" Save ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_callback_goes_ahead_of_other_leads_when_it_is_due_and_not_before() {
    let mut floor = Floor::open(house::progressive(&["ann"])).dials(9);
    agrees(&mut floor, 9, 20, None);
    floor.agent_logs_in("ann");
    floor.story();
    floor.callee(1).hangs_up(17, 486);
    assert_eq!(saved(&mut floor), ["0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann"]);
    floor.callee(2).rings();
    floor.after(Span::secs(20));
    floor.story();
    floor.callee(2).hangs_up(17, 486);
    let saved = saved(&mut floor);
    assert_eq!(saved, ["20.000 Save callee 3.1: item 9 attempt 1 by carrier 1, ann"]);
}

#[test]
fn a_callback_is_asked_for_in_time_though_the_campaign_has_waited_for_something_sooner() {
    let mut house = house::progressive(&["ann"]);
    house.carriers[0].calls_per_second = 1;
    let mut floor = Floor::open(house).dials(9);
    agrees(&mut floor, 9, 20, Some("ann"));
    floor.agent_logs_in("ann");
    floor.callee(1).hangs_up(17, 486);
    assert_eq!(state(&floor, SPRING), "running (carrier_rate)");
    floor.after(Span::secs(1));
    floor.callee(2).rings();
    floor.story();
    floor.after(Span::secs(19));
    assert_eq!(floor.story().trim(), "20.000 Fetch 8 for campaign 1, below 5 attempts");
}

#[test]
fn a_callback_is_asked_for_in_time_though_leads_that_are_due_find_no_room_before() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.campaigns[0].hopper_size = Some(20);
    let mut floor = Floor::open(house);
    floor.adds_leads(1..=17);
    floor.database.add_lead(SPRING, 16, "15550000016", OPENING + Span::secs(10));
    floor.database.agree(17, OPENING + Span::secs(45), Some(id_of("bob")));
    let mut floor = floor.dials(15).anew();
    floor.after(Span::secs(50));
    let story = floor.story();
    let fetches: Vec<&str> = story.lines().filter(|line| line.contains("Fetch")).map(str::trim).collect();
    assert_eq!(fetches, ["45.000 Fetch 8 for campaign 1, below 5 attempts"]);
}

#[test]
fn a_callback_that_is_agreed_on_during_a_call_is_not_forgotten_by_a_fetch_before_its_end() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(2);
    floor.callee(1).answers();
    agrees(&mut floor, 1, 3_600, None);
    // It is tried again, so that more is fetched, and then there is nothing else.
    floor.callee(2).hangs_up(17, 486);
    floor.after(Span::secs(600));
    floor.callee(3).hangs_up(21, 603);
    floor.callee(1).hangs_up(16, None);
    assert_ne!(state(&floor, SPRING), "completed");
    floor.story();
    floor.after(Span::secs(3_000));
    assert_eq!(saved(&mut floor), ["3600.000 Save callee 4.1: item 1 attempt 2 by carrier 1, bob"]);
}

#[test]
fn a_callback_with_one_agent_is_dialled_for_that_agent_only() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    assert_eq!(state(&floor, SPRING), "completed");
    floor.adds_leads([2]);
    floor.agent_pauses("bob", "lunch");
    floor.story();
    agrees(&mut floor, 2, 0, Some("bob"));
    assert_eq!(saved(&mut floor), [""; 0], "ann is ready, and it is not for her");
    floor.asks(Wish::ReadyAgent(id_of("bob")));
    assert_eq!(saved(&mut floor), ["0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, bob"]);
    assert_eq!((floor.state_of("ann"), floor.state_of("bob")), (AgentState::Ready, AgentState::Reserved));
}

#[test]
fn a_callback_that_is_called_off_is_any_lead_again_though_it_was_held_ready_for_its_agent() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    floor.agent_pauses("bob", "lunch");
    agrees(&mut floor, 2, 0, Some("bob"));
    floor.story();
    calls_off(&mut floor, 2);
    assert_eq!(saved(&mut floor), ["0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann"]);
    floor.callee(2).hangs_up(21, 603);
    assert_eq!(state(&floor, SPRING), "completed", "nothing is held for bob");
}

#[test]
fn a_callback_that_is_called_off_is_not_made_where_its_lead_had_come_to_its_end_before() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    agrees(&mut floor, 1, 20, None);
    assert_eq!(state(&floor, SPRING), "running (no_leads)");
    calls_off(&mut floor, 1);
    assert_eq!(state(&floor, SPRING), "completed");
    floor.story();
    floor.after(Span::secs(60));
    assert_eq!(saved(&mut floor), [""; 0]);
}

#[test]
fn what_was_agreed_on_is_shown_to_whoever_makes_the_call_until_it_is_over() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    assert_eq!(agreed(&floor), None);
    agrees(&mut floor, 2, 0, Some("ann"));
    let shown = AgreedView { at: OPENING, note: Some("ask for Eve".to_owned()) };
    assert_eq!((floor.state_of("ann"), agreed(&floor)), (AgentState::Reserved, Some(shown.clone())));
    floor.callee(2).answers();
    assert_eq!((floor.state_of("ann"), agreed(&floor)), (AgentState::OnCall, Some(shown)));
    floor.callee(2).hangs_up(16, None);
    assert_eq!(agreed(&floor), None);
}

#[test]
fn it_falls_to_anybody_when_its_agent_has_not_come_in_time() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    agrees(&mut floor, 2, 0, Some("bob"));
    floor.story();
    floor.after(Span::secs(599));
    assert_eq!(saved(&mut floor), [""; 0]);
    floor.after(Span::secs(1));
    assert_eq!(saved(&mut floor), ["600.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann"]);
}

#[test]
fn of_an_agent_who_works_elsewhere_it_is_anybodys_at_once() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    floor.story();
    agrees(&mut floor, 2, 0, Some("cid"));
    assert_eq!(saved(&mut floor), ["0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann"]);
}

#[test]
fn where_each_agent_has_one_line_nobody_is_reserved_whom_a_call_in_the_air_needs() {
    let mut floor = Floor::open(house::ratio(1_000, &["ann", "bob"])).staffed(&["ann"]).dials(1);
    floor.adds_leads([2]);
    floor.story();
    agrees(&mut floor, 2, 0, Some("ann"));
    assert_eq!(saved(&mut floor), [""; 0], "callee 1 is in the air, and ann is all there is");
    floor.callee(1).hangs_up(21, 603);
    let saved = saved(&mut floor);
    assert!(saved[0].ends_with("item 2 attempt 1 by carrier 1, ann"), "{saved:?}");
}

/// Two lines for ann: she has talked with callee 1, callee 2 is in the air, and a callback of hers is due.
fn ann_is_about_to_get_ready() -> Floor {
    let mut floor = Floor::open(house::ratio(2_000, &["ann"])).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.callee(1).hangs_up(16, None);
    floor.adds_leads([3]);
    agrees(&mut floor, 3, 0, Some("ann"));
    floor.callee(2).rings();
    floor.story();
    floor
}

#[test]
fn where_an_agent_has_several_lines_none_of_them_keeps_her_from_what_was_agreed_with_her() {
    let mut floor = ann_is_about_to_get_ready();
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(saved(&mut floor), ["0.000 Save callee 3.1: item 3 attempt 1 by carrier 1, ann"]);
}

#[test]
fn whoever_waits_for_her_has_her_first() {
    let mut floor = ann_is_about_to_get_ready();
    floor.callee(2).answers();
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!((saved(&mut floor), floor.state_of("ann")), (vec![], AgentState::OnCall));
}

#[test]
fn while_the_campaign_pauses_its_agents_lose_no_time() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    agrees(&mut floor, 2, 60, Some("bob"));
    floor.asks(Wish::Pause(SPRING));
    floor.after(Span::secs(3_600));
    floor.asks(Wish::Start(SPRING));
    floor.story();
    floor.after(Span::secs(599));
    assert_eq!(saved(&mut floor), [""; 0], "he has ten minutes from now on");
    floor.after(Span::secs(1));
    assert_eq!(saved(&mut floor), ["4200.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann"]);
}

/// A campaign that dials from 09:00 to 23:00, of which a callback is agreed on with bob, who does not come.
fn by_day(patience: Span, agreed: u64) -> Floor {
    let mut house = house::progressive(&["ann", "bob"]);
    house.campaigns[0].hours = Some(daily(9 * 60, 23 * 60));
    house.campaigns[0].callback_patience = patience;
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    agrees(&mut floor, 2, agreed, Some("bob"));
    floor.story();
    floor
}

#[test]
fn neither_nights_nor_restarts_make_its_agents_time_begin_anew() {
    let patience = Span::secs(16 * 3_600);
    let mut floor = by_day(patience, 0);
    floor.after(Span::secs(13 * 3_600));
    floor.process_restarts();
    floor.after(Span::secs(3 * 3_600 - 1));
    assert_eq!(saved(&mut floor), [""; 0]);
    floor.after(Span::secs(1));
    assert_eq!(saved(&mut floor), ["57600.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann"]);
}

#[test]
fn where_it_was_agreed_on_for_the_night_its_agents_time_begins_in_the_morning() {
    // It is 22:13:20 at first; the hours open 38,800 s later.
    let mut floor = by_day(Span::secs(600), 3 * 3_600);
    floor.after(Span::secs(38_800 + 599));
    assert_eq!(saved(&mut floor), [""; 0]);
    floor.after(Span::secs(1));
    assert_eq!(saved(&mut floor), ["39400.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann"]);
}

#[test]
fn a_phone_that_is_called_for_each_conversation_is_called_first() {
    let mut floor = Floor::open(house::per_call(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.after(Span::secs(60));
    floor.adds_leads([2]);
    floor.story();
    agrees(&mut floor, 2, 60, Some("bob"));
    let story = floor.story();
    assert!(story.contains("Originate bob."), "{story}");
    assert!(story.contains("item 2 attempt 1 by carrier 1, bob"), "{story}");
}

#[test]
fn the_cap_does_not_count_against_what_was_agreed_and_gives_no_further_attempt() {
    let mut house = house::progressive(&["ann"]);
    house.campaigns[0].retry.cap = 1;
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(17, 486);
    assert_eq!(state(&floor, SPRING), "completed");
    agrees(&mut floor, 1, 0, None);
    let saved = saved(&mut floor);
    assert!(saved.last().expect("dialled").contains("item 1 attempt 2"), "{saved:?}");
    floor.callee(2).hangs_up(17, 486);
    assert!(floor.story().contains("exhausted by cap"));
    assert_eq!(state(&floor, SPRING), "completed");
}

#[test]
fn a_callback_that_a_carrier_failed_is_still_one_when_it_is_tried_again() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    agrees(&mut floor, 2, 0, Some("bob"));
    floor.callee(2).hangs_up(34, 503);
    floor.story();
    floor.agent_pauses("bob", "lunch");
    floor.after(Span::secs(301));
    assert_eq!(saved(&mut floor), [""; 0], "it is bob's as before");
    floor.asks(Wish::ReadyAgent(id_of("bob")));
    let saved = saved(&mut floor);
    assert!(saved[0].ends_with("item 2 attempt 2 by carrier 1, bob"), "{saved:?}");
}

#[test]
fn a_callback_that_was_not_reached_is_its_agents_still_when_it_is_tried_again() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    agrees(&mut floor, 2, 0, Some("ann"));
    floor.callee(2).hangs_up(17, 486);
    floor.agent_pauses("ann", "lunch");
    floor.story();
    floor.after(Span::secs(601));
    assert_eq!(saved(&mut floor), [""; 0], "bob is ready, and it is not for him");
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(saved(&mut floor), ["601.000 Save callee 3.1: item 2 attempt 2 by carrier 1, ann"]);
    let shown = AgreedView { at: OPENING + Span::secs(600), note: Some("ask for Eve".to_owned()) };
    assert_eq!(agreed(&floor), Some(shown));
    floor.callee(3).answers();
    floor.callee(3).hangs_up(16, None);
    assert_eq!(state(&floor, SPRING), "completed");
}

#[test]
fn it_is_asked_for_again_when_its_retry_is_due_though_the_hopper_is_full() {
    let mut floor = Floor::open(house::progressive(&["ann"])).dials(9);
    agrees(&mut floor, 9, 0, None);
    floor.agent_logs_in("ann");
    assert_eq!(saved(&mut floor), ["0.000 Save callee 1.1: item 9 attempt 1 by carrier 1, ann"]);
    floor.callee(1).hangs_up(17, 486);
    floor.callee(2).answers();
    floor.story();
    floor.after(Span::secs(600));
    let story = floor.story();
    assert!(story.contains("600.000 Fetch 5 for campaign 1"), "{story}");
    floor.callee(2).hangs_up(16, None);
    floor.after(Span::secs(20));
    assert!(
        saved(&mut floor)[0].contains("item 9 attempt 2"),
        "ahead of the leads that were there before it"
    );
}

#[test]
fn it_falls_to_anybody_at_its_retry_too_when_its_agent_does_not_come_in_time() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    agrees(&mut floor, 2, 0, Some("ann"));
    floor.callee(2).hangs_up(17, 486);
    floor.asks(Wish::LogOut(id_of("ann")));
    floor.story();
    floor.after(Span::secs(1_199));
    assert_eq!(saved(&mut floor), [""; 0], "ann has ten minutes from the retry on");
    floor.after(Span::secs(1));
    assert_eq!(saved(&mut floor), ["1200.000 Save callee 3.1: item 2 attempt 2 by carrier 1, bob"]);
}

#[test]
fn what_the_hopper_holds_of_a_lead_is_out_of_date_once_a_call_is_agreed_on() {
    let mut floor = Floor::open(house::progressive(&["ann"])).dials(2);
    agrees(&mut floor, 1, 3_600, None);
    floor.story();
    floor.agent_logs_in("ann");
    assert_eq!(saved(&mut floor), ["0.000 Save callee 1.1: item 2 attempt 1 by carrier 1, ann"]);
}

#[test]
fn a_paused_campaign_gives_its_promises_back_with_its_other_leads() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann"]).dials(1);
    floor.callee(1).hangs_up(21, 603);
    floor.adds_leads([2]);
    agrees(&mut floor, 2, 0, Some("bob"));
    floor.story();
    floor.asks(Wish::Pause(SPRING));
    assert!(floor.story().contains("Release 2 as they were"));
}

#[test]
fn it_is_asked_for_again_in_time_when_the_database_has_refused_it_though_the_hopper_is_full() {
    let mut house = house::progressive(&["ann"]);
    house.campaigns[0].hopper_size = Some(20);
    let mut floor = Floor::open(house).staffed(&["ann"]);
    floor.adds_leads(1..=40);
    floor.database.agree(40, OPENING, None);
    floor.instead("Save", 1, Instead::Answer(Outcome::Refused(SaveRefusal::NumberLive)));
    floor.asks(Wish::Start(SPRING));
    floor.callee(2).answers();
    assert!(floor.story().contains("Release 40 from 30.000 on"));
    floor.after(Span::secs(30));
    let story = floor.story();
    assert!(story.contains("30.000 Fetch 8 for campaign 1"), "{story}");
}

#[test]
fn a_call_for_one_agent_is_made_as_soon_as_the_callee_is_on_no_other() {
    let autumn = CampaignId(2);
    let mut house = house::progressive(&["ann", "bob", "cid"]);
    house.campaigns.push(CampaignRules {
        id: autumn,
        name: "autumn".to_owned(),
        ..house.campaigns[0].clone()
    });
    (house.agents[1].campaign, house.agents[2].campaign) = (autumn, autumn);
    let mut floor = Floor::open(house).staffed(&["ann", "bob", "cid"]);
    for (campaign, id, number) in
        [(autumn, 1, "15550000001"), (SPRING, 2, "15550000001"), (autumn, 3, "15550000003")]
    {
        floor.database.add_lead(campaign, id, number, OPENING);
    }
    floor.database.agree(2, OPENING, Some(id_of("ann")));
    floor.asks(Wish::Start(autumn));
    floor.asks(Wish::Start(SPRING));
    floor.story();
    floor.callee(1).hangs_up(17, 486);
    assert_eq!(saved(&mut floor), ["0.000 Save callee 3.1: item 2 attempt 1 by carrier 1, ann"]);
}

#[test]
fn an_agreed_call_that_could_not_be_given_back_in_time_is_asked_for_once_it_is() {
    let mut house = house::progressive(&["ann"]);
    house.campaigns[0].hopper_size = Some(20);
    let mut floor = Floor::open(house).staffed(&["ann"]);
    floor.adds_leads(1..=40);
    floor.database.agree(40, OPENING, None);
    floor.instead("Save", 1, Instead::Answer(Outcome::Refused(SaveRefusal::TooOften { until: OPENING })));
    floor.instead("Release", 1, Instead::Silence);
    floor.asks(Wish::Start(SPRING));
    floor.callee(2).answers();
    floor.after(Span::secs(5));
    floor.story();
    floor.after(Span::secs(1));
    insta::assert_snapshot!(floor.story(), @"
    5.780 Release 40 from 1.000 on
    5.780 Fetch 2 for campaign 1, below 5 attempts
    ");
}

#[test]
fn a_lead_that_is_claimed_between_a_calling_off_and_the_word_of_it_is_not_lost() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.adds_leads([2]);
    agrees(&mut floor, 2, 3_600, None);
    floor.database.call_off(2, OPENING);
    floor.asks(Wish::LeadsAdded(SPRING));
    floor.asks(Wish::CallOff { campaign: SPRING, item: QueueId(2) });
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(floor.state_of("ann"), AgentState::Reserved, "{}", floor.story());
}

#[test]
fn callbacks_that_become_due_while_every_agent_talks_go_ahead_of_other_leads_however_many_they_are() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]);
    floor.adds_leads(1..=60);
    for (item, seconds) in [(51, 60), (52, 120), (53, 180), (54, 180)] {
        floor.database.agree(item, OPENING + Span::secs(seconds), None);
    }
    floor.asks(Wish::Start(SPRING));
    floor.callee(1).answers();
    floor.after(Span::secs(300));
    floor.story();
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    (2..=4).for_each(|attempt| floor.callee(attempt).hangs_up(21, 603));
    let items: Vec<String> = saved(&mut floor);
    let is_next = |(item, saved): (u64, &String)| saved.contains(&format!("item {item} "));
    assert!((51..=54).zip(&items).all(is_next), "{items:#?}");
}
