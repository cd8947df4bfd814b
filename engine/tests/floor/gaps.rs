//! Gaps: the event stream is lost, the exchange restarts, the process restarts.

use std::sync::Arc;

use engine::agent::AgentState;
use engine::call::CallResult;
use engine::flow::{Meanwhile, TransferRules};
use engine::pacing::{DropWindow, Pacing, PredictiveRules, WindowSpan};
use engine::words::{AttemptId, Bridge, Leg, Milli, RequestId, SessionId, Span};
use engine::{Command, Event, Failure, LegNews, Outcome, TransferWish, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, SPRING, id_of};

fn ringing() -> Floor {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).rings();
    floor.anew()
}

fn talking() -> Floor {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.anew()
}

#[test]
fn a_callee_whose_agent_was_taken_out_already_is_hung_up_on_by_the_next_process() {
    let mut floor = talking();
    floor.after(Span::secs(5));
    floor.instead("HangUp", 1, Instead::Silence);
    floor.asks(Wish::HangUp(AttemptId(1)));
    floor.process_restarts();
    floor.after(Span::secs(10));
    assert_eq!(floor.database.attempts[&AttemptId(1)].records.len(), 1, "{}", floor.story());
    assert_ne!(floor.state_of("ann"), AgentState::OnCall, "{}", floor.story());
}

#[test]
fn a_short_gap_changes_nothing_for_what_rings() {
    let mut floor = ringing();
    floor.link_goes_down();
    assert_eq!(state(&floor, SPRING), "running (pbx_away)");
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the link goes down
    0.400 > the link comes up
    0.400 Survey
    ");
}

#[test]
fn an_answer_in_a_short_gap_is_found_and_served() {
    let mut floor = ringing();
    floor.link_goes_down();
    floor.callee(1).answers();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the link goes down
    0.000 > callee 1.1 answers (unheard)
    0.000 > callee 1.1 is ours (unheard)
    0.400 > the link comes up
    0.400 Survey
    0.400 Join attempt 1: callee 1.1 and ann.1
    0.400 Note attempt 1: placed 0.000, rang 0.000, answered 0.400, ann
    0.400 NoteAgent ann: on_call on 1
    0.400 Note attempt 1: placed 0.000, rang 0.000, answered 0.400, bridged 0.400, ann
    ");
}

#[test]
fn of_a_message_that_nobody_can_read_its_leg_is_asked_for() {
    let mut floor = ringing();
    floor.callee(1).answers();
    let mut floor = floor.anew();
    let leg = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    let unread = |kind: &str, leg| Event::Foreign { kind: format!("malformed {kind}"), leg };
    floor.pbx.end(leg, 16, None);
    floor.hear(unread("ChannelDestroyed", Some(leg)));
    floor.after(Span::secs(5));
    floor.hear(unread("ChannelDestroyed", Some(leg)));
    floor.hear(unread("StasisStart", None));
    insta::assert_snapshot!(floor.story(), @"
    0.000 Look callee 1.1
    1.000 NoteAgent ann: wrap_up on 1
    1.000 Hold ann.1
    1.000 DropBridge conversation 1
    1.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 -], ann; placed 0.000, rang 0.000, answered 0.000, bridged 0.000, ended 1.000; completed
    1.000 NoteCampaign 1: completed
    ");
}

/// A leg has done something of which the exchange's message could not be read.
fn nobody_can_read(floor: &mut Floor, leg: Leg) {
    floor.hear(Event::Foreign { kind: "malformed message".to_owned(), leg: Some(leg) });
}

#[test]
fn of_a_callee_whose_message_nobody_can_read_it_is_found_that_they_ring_or_are_there() {
    let leg = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.pbx.ring(leg);
    nobody_can_read(&mut floor, leg);
    floor.after(Span::secs(5));
    floor.pbx.answer(leg);
    floor.hear(Event::Leg { leg, news: LegNews::Answered });
    nobody_can_read(&mut floor, leg);
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    0.000 Look callee 1.1
    0.000 Note attempt 1: placed 0.000, rang 0.000
    5.000 Note attempt 1: placed 0.000, rang 0.000, answered 5.000
    5.000 Look callee 1.1
    5.000 Join attempt 1: callee 1.1 and ann.1
    5.000 Note attempt 1: placed 0.000, rang 0.000, answered 5.000, ann
    5.000 NoteAgent ann: on_call on 1
    5.000 Note attempt 1: placed 0.000, rang 0.000, answered 5.000, bridged 5.000, ann
    ");
}

#[test]
fn of_an_agent_whose_message_nobody_can_read_it_is_found_that_they_have_picked_up() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.does_not_pick_up("ann");
    floor.agent_logs_in("ann");
    let phone = floor.phone("ann");
    floor.pbx.answer(phone);
    nobody_can_read(&mut floor, phone);
    assert_eq!(floor.state_of("ann"), AgentState::Ready);
    assert_eq!(floor.pbx.legs[&phone].bridge, Some(Bridge::Hold));
}

#[test]
fn of_callee_and_agent_whose_messages_nobody_can_read_it_is_found_that_they_are_together() {
    let mut floor = ringing();
    floor.instead("Join", 1, Instead::Silence);
    floor.callee(1).answers();
    let (customer, agent) = (Leg::Customer { attempt: AttemptId(1), ordinal: 1 }, floor.phone("ann"));
    let (request, attempt, meanwhile) = (RequestId(0), AttemptId(1), Meanwhile::Silence);
    floor.pbx.carry_out(&Command::Join { request, attempt, customer, agent, meanwhile });
    nobody_can_read(&mut floor, customer);
    assert_eq!(floor.state_of("ann"), AgentState::Reserved);
    nobody_can_read(&mut floor, agent);
    assert_eq!(floor.state_of("ann"), AgentState::OnCall);
}

#[test]
fn of_a_callee_in_a_call_flow_whose_message_nobody_can_read_nothing_is_said_twice() {
    let mut house = house::ahead(Pacing::Broadcast { per_minute: 12 }, &[]);
    house.campaigns[0].flow = Some(Arc::new(house::survey()));
    let mut floor = Floor::open(house).dials(1);
    floor.callee(1).answers();
    let mut floor = floor.anew();
    nobody_can_read(&mut floor, Leg::Customer { attempt: AttemptId(1), ordinal: 1 });
    assert_eq!(floor.story().trim(), "0.000 Look callee 1.1");
}

/// Placed, and rings 400 ms later without anybody here hearing of it.
fn rings_in_a_gap() -> Floor {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.link_goes_down();
    floor.callee(1).rings();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor
}

#[test]
fn who_begins_to_ring_in_a_short_gap_rings_for_their_time_from_its_end_on() {
    let mut floor = rings_in_a_gap();
    floor.after(Span::secs(26));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > the link goes down
     0.000 > callee 1.1 rings (unheard)
     0.400 > the link comes up
     0.400 Survey
     0.400 Note attempt 1: placed 0.000, rang 0.400
    25.400 HangUp callee 1.1
    25.400 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 0.400, ended 25.400; retry at 3625.400
    ");
}

#[test]
fn who_begins_to_ring_in_a_gap_is_let_ring_for_15_seconds_though_the_campaign_is_stopped() {
    let mut floor = rings_in_a_gap().anew();
    floor.asks(Wish::Stop(SPRING));
    floor.after(Span::secs(16));
    insta::assert_snapshot!(floor.story(), @"
     0.400 > asked: Stop(CampaignId(1))
     0.400 NoteCampaign 1: stopped
     0.400 Reply granted
    15.400 HangUp callee 1.1
    15.400 Record attempt 1: no_answer (Alerting, Operator) [1: carrier 1 16]; placed 0.000, rang 0.400, ended 15.400; retry at 3615.400
    ");
}

#[test]
fn who_begins_to_ring_unheard_and_over_a_restart_rings_for_their_time_from_then_on() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.instead("Note", 1, Instead::Silence);
    floor.callee(1).rings();
    floor.after(Span::secs(5));
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(26));
    insta::assert_snapshot!(floor.story(), @"
     5.000 > the process restarts
     5.000 NoteAgent ann: ringing on 1
     5.000 NoteAgent ann: ready on 1
     5.000 Fetch 4 for campaign 1, below 5 attempts
     5.000 > the link comes up
     5.000 Survey
     5.000 Note attempt 1: rang 5.000
     5.000 Mute ann.1: off
    30.000 HangUp callee 1.1
    30.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; rang 5.000, ended 30.000; retry at 3630.000
    ");
}

#[test]
fn whoever_is_called_in_and_begins_to_ring_in_a_gap_rings_for_their_time_from_its_end_on() {
    let mut config = house::progressive(&["ann"]);
    let rules = TransferRules { accept: None, ..house::desk() };
    config.campaigns[0].transfers.insert("desk".to_owned(), Arc::new(rules));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    let wish = TransferWish::Consult("desk".to_owned());
    floor.asks(Wish::Transfer { agent: id_of("ann"), wish });
    let mut floor = floor.anew();
    floor.link_goes_down();
    floor.leg(Leg::Transfer { attempt: AttemptId(1), ordinal: 1 }).rings();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.after(Span::secs(40));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > the link goes down
     0.000 > other 1.1 rings (unheard)
     0.400 > the link comes up
     0.400 Survey
    20.400 HangUp other 1.1
    20.400 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 0.000, held 0 ms; other 1 (consultation by ann) by carrier 1: no_answer, placed 0.000, rang 0.400, ended 20.400
    20.400 SetAside callee 1.1: off
    20.400 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, held 20400 ms; other 1 (consultation by ann) by carrier 1: no_answer, placed 0.000, rang 0.400, ended 20.400
    ");
}

#[test]
fn a_long_gap_ends_what_rings_and_leaves_what_talks() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(2);
    floor.callee(1).rings();
    floor.callee(2).answers();
    let mut floor = floor.anew();
    floor.link_goes_down();
    floor.link_goes_down();
    floor.after(Span::millis(499));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the link goes down
    0.000 > the link goes down
    ");
    floor.after(Span::secs(3));
    floor.link_comes_up();
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    0.500 HangUp callee 1.1
    2.500 Look callee 1.1
    3.499 > the link comes up
    3.499 Survey
    3.499 Look callee 1.1
    4.499 Record attempt 1: technical (Alerting, LinkLost) [1: carrier 1 -]; placed 0.000, rang 0.000, ended 4.499; retry at 304.499
    ");
}

#[test]
fn a_second_loss_does_not_prolong_the_gap() {
    let mut floor = ringing();
    floor.link_goes_down();
    floor.after(Span::millis(400));
    floor.link_goes_down();
    floor.after(Span::millis(100));
    assert!(floor.story().contains("HangUp callee 1.1"));
}

#[test]
fn both_in_the_bridge_when_the_link_comes_back_are_in_conversation() {
    let mut floor = ringing();
    floor.instead("Join", 1, Instead::Later);
    floor.callee(1).answers();
    floor.link_goes_down();
    floor.goes_on();
    floor.link_comes_up();
    floor.after(Span::secs(5));
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
}

/// Two callees have answered, and there is an agent for one of them.
fn answered() -> Floor {
    let mut floor = Floor::open(house::ratio(2_000, &["ann"])).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.callee(2).answers();
    floor.anew()
}

/// The second of them has heard the message that no agent is free for half a second.
fn told() -> Floor {
    let mut floor = answered();
    floor.after(Span::secs(2));
    floor.anew()
}

#[test]
fn who_has_heard_the_message_to_its_end_in_a_gap_is_hung_up_on_after_it() {
    let mut floor = told();
    floor.link_goes_down();
    floor.callee(2).hears_it_through();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    insta::assert_snapshot!(floor.story(), @"
    2.000 > the link goes down
    2.000 > callee 2.1 has heard the message (unheard)
    2.400 > the link comes up
    2.400 Survey
    2.400 FindPlayback 0 of attempt 2
    2.400 HangUp callee 2.1
    2.400 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 2.400; exhausted by rule
    ");
}

#[test]
fn what_the_pbx_could_not_tell_of_a_message_after_a_gap_it_is_asked_again_soon() {
    let mut floor = told();
    floor.link_goes_down();
    floor.callee(2).hears_it_through();
    floor.instead("FindPlayback", 1, Instead::Silence);
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.after(Span::secs(30));
    insta::assert_snapshot!(floor.story(), @"
    2.000 > the link goes down
    2.000 > callee 2.1 has heard the message (unheard)
    2.400 > the link comes up
    2.400 Survey
    2.400 FindPlayback 0 of attempt 2
    6.400 Survey
    6.400 FindPlayback 0 of attempt 2
    6.400 HangUp callee 2.1
    6.400 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 6.400; exhausted by rule
    ");
}

#[test]
fn a_message_that_was_asked_for_just_before_a_gap_is_looked_for_once_it_is_known_to_have_begun() {
    let mut floor = answered();
    floor.instead("Play", 1, Instead::Later);
    floor.after(Span::millis(1_500));
    floor.link_goes_down();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    // It was told through in the gap, and only the answer comes now.
    floor.goes_on();
    floor.pbx.finish(Leg::Customer { attempt: AttemptId(2), ordinal: 1 }, true);
    floor.after(Span::secs(10));
    insta::assert_snapshot!(floor.story(), @"
    1.500 Note attempt 2: placed 0.000, answered 0.000, message 1.500
    1.500 Play sound:sorry to callee 2.1
    1.500 > the link goes down
    1.900 > the link comes up
    1.900 Survey
    2.900 Survey
    2.900 FindPlayback 0 of attempt 2
    2.900 HangUp callee 2.1
    2.900 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 2.900; exhausted by rule
    ");
}

#[test]
fn who_hears_the_message_beyond_a_gap_hears_it_to_its_end() {
    let mut floor = told();
    floor.link_goes_down();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.after(Span::secs(5));
    floor.callee(2).hears_it_through();
    insta::assert_snapshot!(floor.story(), @"
    2.000 > the link goes down
    2.400 > the link comes up
    2.400 Survey
    2.400 FindPlayback 0 of attempt 2
    7.400 > callee 2.1 has heard the message
    7.400 HangUp callee 2.1
    7.400 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 7.400; exhausted by rule
    ");
}

#[test]
fn who_hears_the_message_of_which_nobody_could_tell_whether_it_began_hears_it_to_its_end() {
    let mut floor = answered();
    floor.instead("Play", 1, Instead::Untold);
    floor.after(Span::secs(6));
    floor.callee(2).hears_it_through();
    insta::assert_snapshot!(floor.story(), @"
    1.500 Note attempt 2: placed 0.000, answered 0.000, message 1.500
    1.500 Play sound:sorry to callee 2.1
    1.500 FindPlayback 0 of attempt 2
    6.000 > callee 2.1 has heard the message
    6.000 HangUp callee 2.1
    6.000 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 6.000; exhausted by rule
    ");
}

#[test]
fn a_message_that_is_still_to_begin_when_the_link_comes_back_is_not_taken_for_over() {
    let mut floor = answered();
    floor.instead("Play", 1, Instead::Later);
    floor.link_goes_down();
    floor.after(Span::secs(2));
    floor.link_comes_up();
    floor.goes_on();
    floor.callee(2).hears_it_through();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the link goes down
    1.500 Note attempt 2: placed 0.000, answered 0.000, message 1.500
    1.500 Play sound:sorry to callee 2.1
    2.000 > the link comes up
    2.000 Survey
    2.000 > callee 2.1 has heard the message
    2.000 HangUp callee 2.1
    2.000 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 2.000; exhausted by rule
    ");
}

#[test]
fn a_comparison_that_fails_is_tried_again_every_second() {
    let mut floor = Floor::before_the_link(house::progressive(&["ann"])).dials(1);
    floor.instead("Survey", 3, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.link_comes_up();
    floor.after(Span::secs(4));
    assert!(floor.engine.view().pbx, "{}", floor.story());
}

#[test]
fn a_list_from_before_the_gap_does_not_end_it() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.instead("Survey", 1, Instead::Later);
    floor.after(Span::secs(60));
    floor.link_goes_down();
    floor.after(Span::millis(100));
    floor.instead("Survey", 1, Instead::Silence);
    floor.link_comes_up();
    floor.goes_on();
    assert!(!floor.engine.view().pbx);
    floor.after(Span::secs(5));
    assert!(floor.engine.view().pbx, "{}", floor.story());
}

#[test]
fn after_the_exchange_restarts_nothing_is_left_and_the_agents_are_called_again() {
    let mut floor = talking();
    floor.pbx.restart();
    floor.link_goes_down();
    floor.after(Span::secs(2));
    floor.link_comes_up();
    floor.after(Span::secs(26));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > the link goes down
     2.000 > the link comes up
     2.000 Survey
     2.000 Look callee 1.1
     2.000 Look ann.1
     3.000 NoteAgent ann: wrap_up on 1
     3.000 Hold ann.1
     3.000 DropBridge conversation 1
     3.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 -], ann; placed 0.000, answered 0.000, bridged 0.000, ended 3.000; completed
     3.000 NoteAgent ann: wrap_up
     3.000 Look ann.1
     3.000 NoteCampaign 1: completed
     8.000 NoteAgent ann: wrap_up on 2
     8.000 Originate ann.2 to PJSIP/ann
     8.000 Hold ann.2
    23.000 NoteAgent ann: ready on 2
    ");
}

#[test]
fn nobody_is_dialled_for_an_agent_whose_leg_is_missing() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]);
    floor.link_goes_down();
    floor.pbx.restart();
    let mut floor = floor.dials(1).anew();
    floor.link_comes_up();
    floor.after(Span::secs(6));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the link comes up
    0.000 Survey
    0.000 NoteAgent ann: ringing on 1
    0.000 Look ann.1
    1.000 NoteAgent ann: ringing
    6.000 NoteAgent ann: ringing on 2
    6.000 Originate ann.2 to PJSIP/ann
    6.000 Hold ann.2
    6.000 NoteAgent ann: ready on 2
    6.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    6.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    ");
}

#[test]
fn after_a_restart_what_talks_goes_on_under_its_old_limit() {
    let mut floor = talking();
    floor.process_restarts();
    floor.after(Span::secs(1_790));
    floor.story();
    floor.after(Span::secs(11));
    insta::assert_snapshot!(floor.story(), @"
    1800.000 NoteAgent ann: wrap_up on 1
    1800.000 Hold ann.1
    1800.000 HangUp callee 1.1
    1800.000 Survey
    1800.000 DropBridge conversation 1
    1800.000 Record attempt 1: connected (Bridged, TalkLimit) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 1800.000; completed
    1800.000 NoteCampaign 1: completed
    ");
}

#[test]
fn after_a_restart_what_rings_goes_on_ringing_under_its_old_deadline() {
    let mut floor = ringing();
    floor.after(Span::secs(5));
    floor.process_restarts();
    floor.after(Span::secs(21));
    insta::assert_snapshot!(floor.story(), @"
     5.000 > the process restarts
     5.000 NoteAgent ann: ringing on 1
     5.000 NoteAgent ann: ready on 1
     5.000 Fetch 4 for campaign 1, below 5 attempts
     5.000 > the link comes up
     5.000 Survey
     5.000 Mute ann.1: off
    25.000 HangUp callee 1.1
    25.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 0.000, ended 25.000; retry at 3625.000
    ");
}

#[test]
fn after_a_restart_what_is_missing_is_looked_for_and_closed_as_unknown() {
    let mut floor = ringing();
    floor.after(Span::secs(5));
    floor.pbx.restart();
    floor.process_restarts();
    floor.after(Span::secs(6));
    insta::assert_snapshot!(floor.story(), @"
     5.000 > the process restarts
     5.000 NoteAgent ann: ringing on 1
     5.000 NoteAgent ann: ready on 1
     5.000 Fetch 4 for campaign 1, below 5 attempts
     5.000 > the link comes up
     5.000 Survey
     5.000 Look callee 1.1
     5.000 Look ann.1
     6.000 NoteAgent ann: ringing on 1
     6.000 Record attempt 1: unknown (Alerting, -) [1: carrier 1 -]; placed 0.000, rang 0.000, ended 6.000; exhausted by rule
     6.000 NoteAgent ann: ringing
     6.000 NoteCampaign 1: completed
    11.000 NoteAgent ann: ringing on 2
    11.000 Originate ann.2 to PJSIP/ann
    11.000 Hold ann.2
    11.000 NoteAgent ann: ready on 2
    ");
}

#[test]
fn who_talked_before_a_restart_goes_on_talking_though_it_was_never_written_down() {
    let mut floor = ringing();
    floor.callee(1).does(LegNews::Answered);
    floor.instead("Note", 2, Instead::Silence);
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    2.000 > the process restarts
    2.000 NoteAgent ann: ringing on 1
    2.000 NoteAgent ann: ready on 1
    2.000 Fetch 4 for campaign 1, below 5 attempts
    2.000 > the link comes up
    2.000 Survey
    2.000 SetAside callee 1.1: off
    2.000 NoteAgent ann: on_call on 1
    2.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000, bridged 2.000, ann
    2.000 Mute ann.1: off
    ");
}

#[test]
fn who_talked_before_a_restart_goes_on_talking_though_not_even_the_answer_was_written_down() {
    let mut floor = ringing();
    floor.instead("Note", 3, Instead::Silence);
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    floor.process_restarts();
    floor.after(Span::secs(5));
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
}

#[test]
fn who_talked_before_a_restart_is_not_given_up_for_the_ringing_that_is_all_that_was_written_down() {
    let mut floor = ringing();
    floor.instead("Note", 3, Instead::Silence);
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    let mut floor = floor.anew();
    // By then they would have rung for too long.
    floor.process_is_gone_for(Span::secs(40));
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    42.000 > the process restarts
    42.000 NoteAgent ann: ringing on 1
    42.000 NoteAgent ann: ready on 1
    42.000 Fetch 4 for campaign 1, below 5 attempts
    42.000 > the link comes up
    42.000 Survey
    42.000 SetAside callee 1.1: off
    42.000 NoteAgent ann: on_call on 1
    42.000 Note attempt 1: placed 0.000, rang 0.000, answered 42.000, bridged 42.000, ann
    42.000 Mute ann.1: off
    ");
}

#[test]
fn who_talked_before_a_restart_is_not_given_up_while_the_exchange_cannot_be_asked_either() {
    for answer_is_written in [true, false] {
        let mut floor = ringing();
        if answer_is_written {
            floor.callee(1).does(LegNews::Answered);
        }
        floor.instead("Note", 3, Instead::Silence);
        floor.callee(1).answers();
        floor.process_restarts_without_the_link();
        floor.after(Span::secs(60));
        floor.link_comes_up();
        floor.after(Span::secs(5));
        assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
    }
}

#[test]
fn what_has_rung_for_long_enough_when_the_exchange_can_be_asked_again_is_ended_then() {
    let mut floor = ringing();
    floor.process_is_gone_for(Span::secs(40));
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    40.000 > the process restarts
    40.000 NoteAgent ann: ringing on 1
    40.000 NoteAgent ann: ready on 1
    40.000 Fetch 4 for campaign 1, below 5 attempts
    40.000 > the link comes up
    40.000 Survey
    40.000 Mute ann.1: off
    40.000 NoteAgent ann: ringing on 1
    40.000 HangUp callee 1.1
    40.000 NoteAgent ann: ready on 1
    40.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 0.000, ended 40.000; retry at 3640.000
    ");
}

#[test]
fn after_a_restart_what_is_missing_that_would_have_rung_for_too_long_is_closed_as_unknown_too() {
    let mut floor = ringing();
    floor.pbx.restart();
    floor.process_is_gone_for(Span::secs(40));
    floor.after(Span::secs(5));
    assert_eq!(floor.results(), [CallResult::Unknown], "{}", floor.story());
}

#[test]
fn an_answer_in_a_gap_is_found_though_the_time_to_ring_is_over_before_the_gap_is() {
    let mut floor = ringing();
    floor.after(Span::millis(24_900));
    floor.link_goes_down();
    floor.callee(1).answers();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
}

#[test]
fn what_the_database_did_not_take_of_a_call_is_written_down_as_soon_as_it_takes_something() {
    let mut floor = ringing();
    floor.instead("Note", 4, Instead::Answer(Outcome::Failed(Failure::Database)));
    floor.callee(1).answers();
    floor.after(Span::secs(120));
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(5));
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
}

#[test]
fn a_callee_who_waited_before_a_restart_is_joined_after_it_or_hears_the_message() {
    let mut floor = Floor::open(house::ratio(2_000, &["ann"])).staffed(&["ann"]).dials(2);
    floor.instead("Join", 1, Instead::Silence);
    floor.callee(1).answers();
    floor.callee(2).answers();
    floor.after(Span::millis(900));
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.900 > the process restarts
    0.900 NoteAgent ann: ringing on 1
    0.900 > the link comes up
    0.900 Survey
    0.900 Mute ann.1: off
    0.900 FindMedia sound:sorry
    0.900 NoteAgent ann: ready on 1
    0.900 Join attempt 1: callee 1.1 and ann.1
    0.900 NoteCampaign 1: running
    0.900 Fetch 4 for campaign 1, below 5 attempts
    0.900 NoteAgent ann: on_call on 1
    0.900 Note attempt 1: placed 0.000, answered 0.000, bridged 0.900, ann
    1.900 Note attempt 2: placed 0.000, answered 0.000, message 1.900
    1.900 Play sound:sorry to callee 2.1
    ");
}

#[test]
fn whom_a_callee_was_to_be_joined_with_before_a_restart_is_free_after_it() {
    let mut floor = Floor::open(house::ratio(1_000, &["ann"])).staffed(&["ann"]).dials(1);
    floor.instead("Join", 1, Instead::Silence);
    floor.callee(1).answers();
    floor.after(Span::millis(900));
    floor.link_goes_down();
    floor.callee(1).hangs_up(16, None);
    floor.process_restarts();
    floor.after(Span::secs(5));
    assert_eq!(floor.state_of("ann").name(), "ready", "{}", floor.story());
    assert_eq!(floor.results(), [engine::call::CallResult::Dropped]);
}

#[test]
fn what_is_nobodys_is_ended_and_its_bridge_dropped_after_its_legs() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    let stray = Leg::Customer { attempt: AttemptId(77), ordinal: 1 };
    let bridge = Bridge::Conversation(AttemptId(77));
    floor.pbx.legs.insert(
        stray,
        crate::pbx::Channel { up: true, rings: true, bridge: Some(bridge), ..Default::default() },
    );
    floor.pbx.bridges.insert(bridge);
    floor.after(Span::secs(62));
    insta::assert_snapshot!(floor.story(), @"
    60.000 Survey
    60.000 HangUp callee 77.1
    61.000 Survey
    61.000 DropBridge conversation 77
    ");
    assert!(floor.pbx.bridges.is_empty());
}

#[test]
fn a_leg_of_nobody_that_makes_itself_heard_is_ended_at_once() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    let callee = Leg::Customer { attempt: AttemptId(77), ordinal: 1 };
    let phone = Leg::Agent { agent: id_of("ann"), session: SessionId(77) };
    for leg in [callee, phone] {
        floor.pbx.legs.insert(leg, crate::pbx::Channel::default());
        let news = floor.pbx.answer(leg);
        floor.happens(news);
    }
    assert!(floor.pbx.legs.is_empty(), "{}", floor.story());
    assert_eq!(floor.engine.view().stray["leg: entered"], 2);
}

#[test]
fn an_originate_that_may_have_happened_is_looked_for() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).anew();
    floor.instead("Originate", 1, Instead::Answer(Outcome::Failed(Failure::OutcomeUnknown)));
    let mut floor = floor.dials(1);
    floor.after(Span::secs(1));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    0.000 Look callee 1.1
    1.000 Record attempt 1: unknown (Placed, -) [1: carrier 1 -]; placed 0.000, ended 1.000; exhausted by rule
    1.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_phone_that_was_called_after_the_list_was_asked_for_is_not_missing() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.instead("Survey", 1, Instead::Later);
    floor.after(Span::secs(60));
    floor.instead("Originate", 1, Instead::Later);
    floor.agent_logs_in("ann");
    floor.goes_on();
    floor.after(Span::secs(1));
    assert!(!floor.story().contains("Look"), "the list is older than the call");
}

#[test]
fn whoever_talks_with_nobody_after_a_restart_is_hung_up_on() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    let Event::Reopened { attempts, campaigns, .. } =
        floor.database.reopen(&house::progressive(&["ann"]), house::OPENING)
    else {
        unreachable!()
    };
    let mut next = Floor::before_the_link(house::progressive(&["ann"]));
    next.pbx = floor.pbx.clone();
    next.database = floor.database.clone();
    next.hear(Event::Reopened { attempts, sessions: vec![], campaigns, shown: vec![], debts: vec![] });
    next.link_comes_up();
    next.after(Span::secs(5));
    assert_eq!(next.results(), [engine::call::CallResult::Connected], "{}", next.story());
}

#[test]
fn what_the_database_tells_twice_is_taken_up_once() {
    let mut floor = ringing();
    let reopened = floor.database.reopen(&house::progressive(&["ann"]), house::OPENING);
    floor.hear(reopened.clone());
    floor.hear(reopened);
    floor.callee(1).does(LegNews::Rang);
    floor.callee(1).hangs_up(17, 486);
    assert_eq!(floor.results().len(), 1);
}

#[test]
fn while_the_manager_interface_is_silent_nothing_is_dialled_and_what_rings_goes_on() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1).anew();
    floor.hear(Event::Manager { answers: false });
    floor.callee(1).rings();
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(SPRING));
    floor.after(Span::secs(10));
    assert_eq!(state(&floor, SPRING), "running (manager_silent)");
    floor.hear(Event::Manager { answers: true });
    assert_eq!(
        state(&floor, SPRING),
        "running (breaker)",
        "with jitter, so that many dialers do not begin at once"
    );
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > callee 1.1 rings
     0.000 Note attempt 1: placed 0.000, rang 0.000
     0.000 > asked: LeadsAdded(CampaignId(1))
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
    10.780 Save callee 2.1: item 2 attempt 1 by carrier 1, bob
    10.780 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
}

#[test]
fn a_leg_that_turns_up_after_a_look_has_missed_it_is_not_given_up() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]);
    floor.instead("Originate", 1, Instead::Later);
    let mut floor = floor.dials(1);
    // Nothing is heard of the originate for so long that it is looked for.
    floor.after(Span::secs(3));
    assert!(floor.story().contains("Look callee 1.1"));
    floor.goes_on();
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Connected]);
}

#[test]
fn an_answer_that_is_found_on_a_call_that_we_end_counts_as_one_and_as_a_drop() {
    let mut floor = Floor::open(house::predictive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).rings();
    floor.instead("HangUp", 1, Instead::Answer(Outcome::Failed(Failure::NotSent)));
    floor.link_goes_down();
    floor.after(Span::millis(500));
    floor.callee(1).answers();
    floor.link_comes_up();
    floor.after(Span::secs(1));
    assert_eq!(floor.results(), [CallResult::Dropped]);
    let window = floor.engine.view().campaigns[0].windows[0];
    assert_eq!((window.answers, window.drops), (1, 1));
}

#[test]
fn whom_a_long_gap_hides_in_their_bridge_talk_on() {
    let mut floor = ringing();
    floor.instead("Join", 1, Instead::Later);
    floor.callee(1).answers();
    floor.link_goes_down();
    floor.goes_on();
    floor.after(Span::secs(3));
    floor.link_comes_up();
    floor.after(Span::secs(5));
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Connected]);
}

#[test]
fn whoever_is_seen_again_after_they_were_missing_is_not_given_up() {
    let mut floor = talking();
    let nobody = Outcome::Surveyed { legs: vec![], bridges: vec![], takes: vec![] };
    floor.instead("Survey", 1, Instead::Answer(nobody));
    floor.instead("Look", 2, Instead::Answer(Outcome::Looked(None)));
    floor.after(Span::secs(60));
    assert_eq!(floor.story().matches(" Look ").count(), 2, "callee and agent are missing");
    floor.link_goes_down();
    floor.link_comes_up();
    floor.after(Span::secs(2));
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
}

#[test]
fn who_was_dropped_and_found_an_agent_after_a_restart_stays_a_drop_on_record_whatever_comes_of_it() {
    let mut config = house::ratio(2_000, &["ann"]);
    config.campaigns[0].wrap_up = Span::ZERO;
    let rules = TransferRules { accept: None, ..house::desk() };
    config.campaigns[0].transfers.insert("desk".to_owned(), Arc::new(rules));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.callee(2).answers();
    floor.after(Span::secs(2));
    floor.callee(1).hangs_up(16, None);
    floor.process_restarts();
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
    let wish = TransferWish::Transfer("desk".to_owned());
    floor.asks(Wish::Transfer { agent: id_of("ann"), wish });
    floor.agent_pauses("ann", "lunch");
    floor.leg(Leg::Transfer { attempt: AttemptId(2), ordinal: 1 }).hangs_up(17, 486);
    floor.after(Span::secs(2));
    floor.callee(2).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Connected, CallResult::Connected]);
    let record = &floor.database.attempts[&AttemptId(2)].records[0];
    assert_eq!(record.times.message, Some(house::OPENING + Span::millis(1_500)));
}

#[test]
fn calls_that_ring_over_a_restart_are_in_the_air_for_predictive_pacing_too() {
    let window = DropWindow { limit: Milli(30), span: WindowSpan::Day };
    let rules = PredictiveRules { windows: vec![window], answer_rate: Some(Milli(100)), strict: false };
    let agents = ["ann", "bob", "cid"];
    let mut house = house::ahead(Pacing::Predictive(rules), &agents);
    (house.carriers[0].channels, house.carriers[0].calls_per_second) = (100, 100);
    let mut floor = Floor::open(house);
    // Answers enough for the pacing to dial ahead.
    floor.database.has_had(1_000, SPRING, house::OPENING);
    floor.process_restarts();
    let mut floor = floor.staffed(&agents).dials(90);
    let in_the_air = |floor: &Floor| floor.engine.view().campaigns[0].in_flight;
    let before = in_the_air(&floor);
    assert!(before > 5, "{before} are as good as one for each agent");
    floor.process_restarts();
    floor.after(Span::secs(1));
    assert!(in_the_air(&floor) <= before + 1, "{} after {before}", in_the_air(&floor));
}

#[test]
fn a_callee_whose_agent_talks_with_the_next_one_already_is_hung_up_on_by_the_next_process() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.after(Span::secs(5));
    floor.instead("HangUp", 1, Instead::Silence);
    floor.asks(Wish::HangUp(AttemptId(1)));
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    floor.callee(2).answers();
    floor.after(Span::millis(500));
    floor.process_restarts();
    floor.after(Span::secs(10));
    assert_eq!(floor.database.attempts[&AttemptId(1)].records.len(), 1, "{}", floor.story());
    assert_eq!(floor.state_of("ann"), AgentState::OnCall, "{}", floor.story());
}

#[test]
fn who_talks_after_they_were_reserved_for_a_later_call_that_was_given_up_talks_on_after_a_restart() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(2);
    floor.callee(1).rings();
    floor.callee(2).rings();
    floor.after(Span::secs(16));
    floor.instead("HangUp", 1, Instead::Silence);
    floor.asks(Wish::HangUp(AttemptId(2)));
    floor.agent_hangs_up("ann");
    floor.callee(1).answers();
    assert_eq!(floor.state_of("bob"), AgentState::OnCall, "{}", floor.story());
    floor.process_restarts();
    floor.after(Span::secs(2));
    assert_eq!(floor.state_of("bob"), AgentState::OnCall, "{}", floor.story());
    let bridge = floor.pbx.legs[&floor.phone("bob")].bridge;
    assert_eq!(bridge, Some(Bridge::Conversation(AttemptId(1))), "{}", floor.story());
}

#[test]
fn nobody_waits_rings_or_talks_for_longer_since_the_clock_was_set_back_before_the_next_process() {
    let mut floor = Floor::open(house::ratio(3_000, &["ann"])).staffed(&["ann"]).dials(3);
    floor.callee(1).answers();
    floor.callee(2).answers();
    floor.callee(3).rings();
    floor.process_restarts_earlier(Span::secs(3_600));
    floor.story();
    floor.after(Span::secs(26));
    let story = floor.story();
    assert!(story.contains("Play sound:sorry to callee 2.1"), "whoever has answered is told soon: {story}");
    assert!(story.contains("HangUp callee 3.1"), "nobody's phone rings for an hour: {story}");
    floor.after(Span::secs(1_800));
    assert!(floor.story().contains("HangUp callee 1.1"), "the limit of a talk is half an hour");
}
