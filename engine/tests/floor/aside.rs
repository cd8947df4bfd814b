//! Callees on hold, and agents who are not to be heard.

use engine::words::{AttemptId, Leg, Span};
use engine::{Failure, Outcome, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, id_of};

fn talking() -> Floor {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.anew()
}

fn hold(on: bool) -> Wish {
    Wish::HoldCallee { agent: id_of("ann"), on }
}

fn mute(on: bool) -> Wish {
    Wish::Mute { agent: id_of("ann"), on }
}

#[test]
fn a_callee_is_put_on_hold_and_taken_off_it_and_the_record_says_for_how_long() {
    let mut floor = talking();
    floor.asks(hold(true));
    floor.asks(hold(true));
    floor.after(Span::secs(7));
    floor.asks(hold(false));
    floor.after(Span::secs(5));
    floor.asks(hold(true));
    floor.after(Span::secs(3));
    floor.callee(1).hangs_up(16, None);
    floor.asks(hold(true));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: HoldCallee { agent: AgentId(1), on: true }
     0.000 SetAside callee 1.1: on
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 0.000, held 0 ms
     0.000 Reply granted
     0.000 > asked: HoldCallee { agent: AgentId(1), on: true }
     0.000 Reply granted
     7.000 > asked: HoldCallee { agent: AgentId(1), on: false }
     7.000 SetAside callee 1.1: off
     7.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, held 7000 ms
     7.000 Reply granted
    12.000 > asked: HoldCallee { agent: AgentId(1), on: true }
    12.000 SetAside callee 1.1: on
    12.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 12.000, held 7000 ms
    12.000 Reply granted
    15.000 > callee 1.1 leaves conversation 1
    15.000 > callee 1.1 is gone (16)
    15.000 NoteAgent ann: wrap_up on 1
    15.000 Hold ann.1
    15.000 DropBridge conversation 1
    15.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 15.000; held 10.000; completed
    15.000 NoteCampaign 1: completed
    15.000 > asked: HoldCallee { agent: AgentId(1), on: true }
    15.000 Reply denied: the agent is wrap_up
    ");
}

#[test]
fn whoever_could_not_be_muted_may_be_heard_and_is_muted_when_they_ask_again() {
    let mut floor = talking();
    floor.instead("Mute", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.asks(mute(true));
    floor.asks(mute(true));
    floor.asks(mute(true));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Mute { agent: AgentId(1), on: true }
    0.000 Mute ann.1: on
    0.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    0.000 > asked: Mute { agent: AgentId(1), on: true }
    0.000 Mute ann.1: on
    0.000 Reply granted
    0.000 > asked: Mute { agent: AgentId(1), on: true }
    0.000 Reply granted
    ");
}

#[test]
fn where_the_pbx_does_not_do_it_the_agent_is_told_and_may_ask_again() {
    let mut floor = talking();
    floor.instead("SetAside", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.asks(hold(true));
    floor.instead("SetAside", 1, Instead::Later);
    floor.asks(hold(false));
    floor.asks(hold(true));
    floor.goes_on();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: HoldCallee { agent: AgentId(1), on: true }
    0.000 SetAside callee 1.1: on
    0.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    0.000 > asked: HoldCallee { agent: AgentId(1), on: false }
    0.000 SetAside callee 1.1: off
    0.000 > asked: HoldCallee { agent: AgentId(1), on: true }
    0.000 Reply denied: the last wish of that kind is still being carried out; ask again
    0.000 Reply granted
    ");
}

#[test]
fn whoever_was_muted_is_heard_in_the_next_call_and_takes_none_before() {
    let mut floor = talking();
    floor.asks(mute(true));
    floor.instead("Mute", 1, Instead::Answer(Outcome::Failed(Failure::OutcomeUnknown)));
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(floor.state_of("ann").name(), "ringing");
    floor.after(Span::secs(3));
    assert_eq!(floor.state_of("ann").name(), "ready");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Mute { agent: AgentId(1), on: true }
    0.000 Mute ann.1: on
    0.000 Reply granted
    0.000 > callee 1.1 leaves conversation 1
    0.000 > callee 1.1 is gone (16)
    0.000 NoteAgent ann: wrap_up on 1
    0.000 Mute ann.1: off
    0.000 Hold ann.1
    0.000 DropBridge conversation 1
    0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; completed
    0.000 NoteCampaign 1: completed
    0.000 > asked: ReadyAgent(AgentId(1))
    0.000 NoteAgent ann: ringing on 1
    0.000 Reply granted
    2.000 Mute ann.1: off
    2.000 Look ann.1
    2.000 NoteAgent ann: ready on 1
    ");
}

#[test]
fn whoever_may_be_muted_any_moment_takes_no_call_before_they_are_heard_again() {
    let mut floor = talking();
    floor.instead("Mute", 1, Instead::Later);
    floor.asks(mute(true));
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(floor.state_of("ann").name(), "ringing");
    floor.goes_on();
    assert_eq!(floor.state_of("ann").name(), "ready");
    let story = floor.story();
    assert!(story.contains("Mute ann.1: off"), "{story}");
}

#[test]
fn after_a_restart_whoever_talks_is_off_hold_and_heard() {
    let mut floor = talking();
    floor.asks(hold(true));
    floor.asks(mute(true));
    let mut floor = floor.anew();
    floor.process_restarts();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the process restarts
    0.000 NoteAgent ann: ringing on 1
    0.000 NoteAgent ann: on_call on 1
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 > the link comes up
    0.000 Survey
    0.000 SetAside callee 1.1: off
    0.000 Mute ann.1: off
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
    ");
}

#[test]
fn whoever_is_found_to_talk_after_a_restart_though_that_was_never_written_is_taken_off_hold_too() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.instead("Note", 4, Instead::Silence);
    floor.callee(1).answers();
    floor.asks(hold(true));
    let mut floor = floor.anew();
    floor.process_restarts();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the process restarts
    0.000 NoteAgent ann: ringing on 1
    0.000 NoteAgent ann: ready on 1
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 > the link comes up
    0.000 Survey
    0.000 SetAside callee 1.1: off
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: answered 0.000, bridged 0.000, ann
    0.000 Mute ann.1: off
    ");
    assert_eq!(floor.state_of("ann").name(), "on_call");
    let callee = floor.pbx.legs[&Leg::Customer { attempt: AttemptId(1), ordinal: 1 }];
    assert!(!callee.aside, "they hear each other: {callee:?}");
}
