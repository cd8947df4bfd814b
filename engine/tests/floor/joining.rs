//! Callee and agent on their way into one bridge, and what can come between.

use engine::words::{AttemptId, Bridge, Leg, Span};
use engine::{Event, Failure, LegNews, Outcome};

use crate::bench::{Floor, Instead};
use crate::house;

fn failed(failure: Failure) -> Instead {
    Instead::Answer(Outcome::Failed(failure))
}

/// Attempts 1 and 2 by ratio, with both agents ready.
fn two_agents() -> Floor {
    Floor::open(house::ratio(1_000, &["ann", "bob"])).staffed(&["ann", "bob"]).dials(1).anew()
}

/// A phone turns up in another bridge than it was in.
fn is_moved(floor: &mut Floor, leg: Leg, from: Bridge, to: Bridge) {
    floor.pbx.legs.get_mut(&leg).expect("it is there").bridge = Some(to);
    floor.hear(Event::Leg { leg, news: LegNews::Parted(from) });
    floor.hear(Event::Leg { leg, news: LegNews::Joined(to) });
}

#[test]
fn a_join_that_the_exchange_refuses_is_offered_to_the_next_agent() {
    let mut floor = two_agents();
    floor.instead("Join", 1, failed(Failure::Gone));
    floor.callee(1).answers();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: ringing on 1
    0.000 Hold ann.1
    0.000 Look callee 1.1
    0.000 Join attempt 1: callee 1.1 and bob.2
    0.000 NoteAgent bob: on_call on 2
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, bob
    ");
}

#[test]
fn a_join_of_which_nobody_can_tell_is_left_to_the_bridges_own_word() {
    let mut floor = two_agents();
    floor.instead("Join", 1, Instead::Untold);
    floor.callee(1).answers();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
    ");
}

#[test]
fn a_join_that_is_not_seen_to_happen_is_given_up_after_a_second() {
    let mut floor = two_agents();
    floor.instead("Join", 1, Instead::Answer(Outcome::Done));
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    1.000 NoteAgent ann: ringing on 1
    1.000 Hold ann.1
    1.000 Look callee 1.1
    1.000 Join attempt 1: callee 1.1 and bob.2
    1.000 NoteAgent bob: on_call on 2
    1.000 Note attempt 1: placed 0.000, answered 0.000, bridged 1.000, bob
    ");
}

#[test]
fn an_agent_who_is_lost_on_the_way_is_followed_by_the_next() {
    let mut floor = two_agents();
    floor.instead("Join", 1, Instead::Silence);
    floor.callee(1).answers();
    floor.agent_hangs_up("ann");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 > ann.1 leaves hold
    0.000 > ann.1 is gone (16)
    0.000 NoteAgent ann: ready, leaves
    0.000 NoteAgent ann: offline
    0.000 Look callee 1.1
    0.000 Join attempt 1: callee 1.1 and bob.2
    0.000 NoteAgent bob: on_call on 2
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, bob
    ");
}

#[test]
fn a_callee_who_is_lost_on_the_way_leaves_the_agent_ready() {
    let mut floor = two_agents();
    floor.instead("Join", 1, Instead::Silence);
    floor.callee(1).answers();
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(4));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 > callee 1.1 is gone (16)
    0.000 NoteAgent ann: ringing on 1
    0.000 Hold ann.1
    0.000 DropBridge conversation 1
    0.000 Record attempt 1: hung_up_waiting (Answered, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, ended 0.000; exhausted by rule
    0.000 NoteCampaign 1: completed
    2.000 Look ann.1
    2.000 NoteAgent ann: ready on 1
    ");
}

#[test]
fn a_callee_is_offered_three_times_and_then_told() {
    let mut floor = two_agents();
    floor.instead("Join", 3, failed(Failure::Rejected));
    floor.callee(1).answers();
    floor.after(Span::secs(3));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: ringing on 1
    0.000 Hold ann.1
    0.000 Look callee 1.1
    0.000 Join attempt 1: callee 1.1 and bob.2
    0.000 NoteAgent bob: ringing on 2
    0.000 Hold bob.2
    0.000 Look callee 1.1
    1.500 Note attempt 1: placed 0.000, answered 0.000, message 1.500, bob
    1.500 Play sound:sorry to callee 1.1
    2.000 Look ann.1
    2.000 Look bob.2
    2.000 NoteAgent ann: ready on 1
    2.000 NoteAgent bob: ready on 2
    ");
}

#[test]
fn a_callee_who_is_in_the_bridge_already_needs_only_the_next_agent() {
    let mut floor = two_agents();
    floor.instead("Join", 1, Instead::Answer(Outcome::Done));
    floor.callee(1).answers();
    let bridge = Bridge::Conversation(AttemptId(1));
    let callee = *floor.pbx.legs.keys().next().expect("the callee's leg is first");
    floor.pbx.bridges.insert(bridge);
    floor.pbx.legs.get_mut(&callee).expect("there").bridge = Some(bridge);
    floor.callee(1).does(LegNews::Joined(bridge));
    floor.agent_hangs_up("ann");
    assert_eq!(floor.state_of("bob").name(), "on_call");
}

#[test]
fn the_agent_before_is_not_taken_for_the_agent_who_is_being_joined() {
    let mut floor = two_agents();
    let ann = floor.phone("ann");
    floor.instead("Join", 1, Instead::Silence);
    floor.instead("Join", 1, Instead::Later);
    floor.instead("Hold", 1, Instead::Silence);
    floor.callee(1).answers();
    floor.after(Span::secs(1));
    let bridge = Bridge::Conversation(AttemptId(1));
    floor.callee(1).does(LegNews::Joined(bridge));
    floor.hear(Event::Leg { leg: ann, news: LegNews::Joined(bridge) });
    assert_eq!(floor.state_of("bob").name(), "reserved");
    floor.hear(Event::Leg { leg: ann, news: LegNews::Parted(bridge) });
    floor.goes_on();
    assert_eq!(floor.state_of("bob").name(), "on_call");
}

#[test]
fn an_agent_whom_a_join_that_was_given_up_brings_in_after_all_is_taken_out_at_once() {
    let mut floor = two_agents();
    let ann = floor.phone("ann");
    floor.instead("Join", 1, Instead::Silence);
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    floor.story();
    is_moved(&mut floor, ann, Bridge::Hold, Bridge::Conversation(AttemptId(1)));
    insta::assert_snapshot!(floor.story(), @"
    2.000 Hold ann.1
    2.000 NoteAgent ann: ready on 1
    ");
}

#[test]
fn an_agent_whom_a_hold_that_comes_late_takes_from_their_callee_is_brought_back_at_once() {
    let mut floor = two_agents();
    let ann = floor.phone("ann");
    floor.callee(1).answers();
    floor.story();
    is_moved(&mut floor, ann, Bridge::Conversation(AttemptId(1)), Bridge::Hold);
    insta::assert_snapshot!(floor.story(), @"    0.000 Join attempt 1: callee 1.1 and ann.1");
}

#[test]
fn an_agent_whom_a_join_that_comes_late_takes_from_their_callee_is_brought_back_at_once() {
    let mut floor = two_agents();
    let ann = floor.phone("ann");
    floor.callee(1).answers();
    floor.story();
    is_moved(&mut floor, ann, Bridge::Conversation(AttemptId(1)), Bridge::Conversation(AttemptId(2)));
    insta::assert_snapshot!(floor.story(), @"    0.000 Join attempt 1: callee 1.1 and ann.1");
}

#[test]
fn a_survey_that_finds_callee_and_agent_apart_puts_them_together_again() {
    let mut floor = two_agents();
    let callee = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    floor.callee(1).answers();
    floor.pbx.legs.get_mut(&callee).expect("there").bridge = None;
    floor.story();
    floor.after(Span::secs(61));
    insta::assert_snapshot!(floor.story(), @"
    60.000 Survey
    60.000 Join attempt 1: callee 1.1 and ann.1
    ");
}

#[test]
fn an_agent_who_hangs_up_in_the_conversation_ends_it_and_has_gone() {
    let mut floor = two_agents();
    floor.callee(1).answers();
    floor.after(Span::secs(30));
    floor.story();
    floor.agent_hangs_up("ann");
    floor.after(Span::secs(21));
    insta::assert_snapshot!(floor.story(), @"
    30.000 > ann.1 leaves conversation 1
    30.000 > ann.1 is gone (16)
    30.000 NoteAgent ann: on_call, leaves
    30.000 NoteAgent ann: wrap_up, leaves
    30.000 HangUp callee 1.1
    30.000 DropBridge conversation 1
    30.000 Record attempt 1: connected (Bridged, AgentEnded) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 30.000; completed
    30.000 NoteCampaign 1: completed
    50.000 NoteAgent ann: offline
    ");
}
