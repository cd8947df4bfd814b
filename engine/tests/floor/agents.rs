//! What agents do, and that they always come to a state they can leave.

use engine::agent::PauseCode;
use engine::words::Span;
use engine::{Config, Failure, Outcome, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, OPENING, id_of};

fn talking() -> Floor {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.anew()
}

#[test]
fn an_agent_is_called_held_ready_and_sent_home() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.agent_logs_in("ann");
    floor.after(Span::secs(10));
    floor.asks(Wish::LogOut(id_of("ann")));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: LogIn(AgentId(1))
     0.000 NoteAgent ann: ringing
     0.000 NoteAgent ann: ringing on 1
     0.000 Originate ann.1 to PJSIP/ann
     0.000 Reply granted
     0.000 Hold ann.1
     0.000 NoteAgent ann: ready on 1
    10.000 > asked: LogOut(AgentId(1))
    10.000 NoteAgent ann: offline on 1
    10.000 HangUp ann.1
    10.000 Reply granted
    10.000 NoteAgent ann: offline
    ");
}

#[test]
fn a_pause_in_a_conversation_holds_after_the_wrap_up() {
    let mut floor = talking();
    floor.agent_pauses("ann", "lunch");
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(21));
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    insta::assert_snapshot!(floor.story(), @r#"
     0.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("lunch") }
     0.000 NoteAgent ann: on_call on 1, pause lunch
     0.000 Reply granted
     0.000 > callee 1.1 leaves conversation 1
     0.000 > callee 1.1 is gone (16)
     0.000 NoteAgent ann: wrap_up on 1, pause lunch
     0.000 Hold ann.1
     0.000 DropBridge conversation 1
     0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; completed
     0.000 NoteCampaign 1: completed
    20.000 NoteAgent ann: paused on 1, pause lunch
    21.000 > asked: ReadyAgent(AgentId(1))
    21.000 NoteAgent ann: ready on 1
    21.000 Reply granted
    "#);
}

#[test]
fn each_code_has_a_pause_of_its_own_and_where_codes_are_configured_no_other_is_taken() {
    let codes = ["lunch", "training"].map(|code| PauseCode::try_from(code.to_owned()).expect("a pause code"));
    let house = Config { pause_codes: codes.to_vec(), ..house::progressive(&["ann"]) };
    let mut floor = Floor::open(house).staffed(&["ann"]).anew();
    let since = |floor: &Floor| floor.engine.view().agents[0].since.since(OPENING);
    floor.agent_pauses("ann", "luch");
    floor.agent_pauses("ann", "lunch");
    floor.after(Span::secs(60));
    floor.agent_pauses("ann", "lunch");
    assert_eq!(since(&floor), Span::ZERO);
    floor.agent_pauses("ann", "training");
    assert_eq!(since(&floor), Span::secs(60));
    assert_eq!(floor.engine.view().agents[0].pause_code, Some(codes[1].clone()));
    insta::assert_snapshot!(floor.story(), @r#"
     0.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("luch") }
     0.000 Reply denied: there is no such pause code; there are lunch, training
     0.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("lunch") }
     0.000 NoteAgent ann: paused on 1, pause lunch
     0.000 Reply granted
    60.000 Survey
    60.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("lunch") }
    60.000 Reply granted
    60.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("training") }
    60.000 NoteAgent ann: paused on 1, pause training
    60.000 Reply granted
    "#);
}

#[test]
fn a_log_out_in_a_conversation_holds_after_it() {
    let mut floor = talking();
    floor.asks(Wish::LogOut(id_of("ann")));
    floor.after(Span::secs(5));
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(21));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: LogOut(AgentId(1))
     0.000 NoteAgent ann: on_call on 1, leaves
     0.000 Reply granted
     5.000 > callee 1.1 leaves conversation 1
     5.000 > callee 1.1 is gone (16)
     5.000 NoteAgent ann: wrap_up on 1, leaves
     5.000 HangUp ann.1
     5.000 DropBridge conversation 1
     5.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 5.000; completed
     5.000 NoteAgent ann: wrap_up, leaves
     5.000 NoteCampaign 1: completed
    25.000 NoteAgent ann: offline
    ");
}

#[test]
fn a_log_out_in_a_conversation_holds_after_it_over_a_restart() {
    let mut floor = talking();
    floor.asks(Wish::LogOut(id_of("ann")));
    floor.after(Span::secs(5));
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(5));
    assert_eq!(floor.state_of("ann").name(), "on_call");
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(21));
    assert_eq!(floor.state_of("ann").name(), "offline");
    insta::assert_snapshot!(floor.story(), @"
     5.000 > the process restarts
     5.000 NoteAgent ann: ringing on 1, leaves
     5.000 NoteAgent ann: on_call on 1, leaves
     5.000 Fetch 4 for campaign 1, below 5 attempts
     5.000 > the link comes up
     5.000 Survey
     5.000 SetAside callee 1.1: off
     5.000 Mute ann.1: off
    10.000 > callee 1.1 leaves conversation 1
    10.000 > callee 1.1 is gone (16)
    10.000 NoteAgent ann: wrap_up on 1, leaves
    10.000 HangUp ann.1
    10.000 DropBridge conversation 1
    10.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 10.000; completed
    10.000 NoteAgent ann: wrap_up, leaves
    10.000 NoteCampaign 1: completed
    30.000 NoteAgent ann: offline
    ");
}

#[test]
fn whom_a_closing_floor_sends_home_is_at_work_when_the_next_one_opens_over_their_call() {
    let mut floor = talking();
    floor.asks(Wish::CloseFloor);
    floor.process_restarts();
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(21));
    assert_eq!(floor.state_of("ann").name(), "ready");
}

#[test]
fn who_logs_out_in_the_work_after_a_call_has_gone_over_a_restart() {
    let mut floor = talking();
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::LogOut(id_of("ann")));
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(60));
    assert_eq!(floor.state_of("ann").name(), "offline");
    insta::assert_snapshot!(floor.story(), @"
     0.000 > the process restarts
     0.000 NoteAgent ann: ringing, leaves
     0.000 NoteAgent ann: offline
     0.000 > the link comes up
     0.000 Survey
    60.000 Survey
    ");
}

#[test]
fn a_wrap_up_ends_by_itself_or_when_the_agent_says_so() {
    let mut floor = talking();
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.state_of("ann").name(), "wrap_up");
    floor.after(Span::millis(19_999));
    assert_eq!(floor.state_of("ann").name(), "wrap_up");
    floor.after(Span::millis(1));
    assert_eq!(floor.state_of("ann").name(), "ready");

    let mut floor = talking();
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(floor.state_of("ann").name(), "ready");
}

#[test]
fn who_does_not_pick_up_twice_is_paused_until_they_are_ready() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.does_not_pick_up("ann");
    floor.agent_logs_in("ann");
    floor.after(Span::secs(59));
    assert_eq!(floor.engine.view().agents[0].missed_rings, 2);
    floor.picks_up("ann");
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    assert_eq!(floor.engine.view().agents[0].missed_rings, 0);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: LogIn(AgentId(1))
     0.000 NoteAgent ann: ringing
     0.000 NoteAgent ann: ringing on 1
     0.000 Originate ann.1 to PJSIP/ann
     0.000 Reply granted
    20.000 NoteAgent ann: ringing on 1, missed 1
    20.000 HangUp ann.1
    20.000 NoteAgent ann: ringing, missed 1
    25.000 NoteAgent ann: ringing on 2, missed 1
    25.000 Originate ann.2 to PJSIP/ann
    45.000 NoteAgent ann: ringing on 2, pause missed-ring, missed 2
    45.000 NoteAgent ann: paused on 2, pause missed-ring, missed 2
    45.000 HangUp ann.2
    45.000 NoteAgent ann: paused, pause missed-ring, missed 2
    59.000 > asked: ReadyAgent(AgentId(1))
    59.000 NoteAgent ann: ringing
    59.000 NoteAgent ann: ringing on 3
    59.000 Originate ann.3 to PJSIP/ann
    59.000 Reply granted
    59.000 Hold ann.3
    59.000 NoteAgent ann: ready on 3
    ");
}

#[test]
fn an_answer_begins_the_count_of_missed_rings_anew() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    for _ in 0..3 {
        floor.does_not_pick_up("ann");
        floor.agent_logs_in("ann");
        floor.after(Span::secs(20));
        assert_eq!(floor.engine.view().agents[0].missed_rings, 1);
        floor.picks_up("ann");
        floor.after(Span::secs(5));
        assert_eq!(floor.state_of("ann").name(), "ready");
        floor.agent_hangs_up("ann");
        assert_eq!(floor.state_of("ann").name(), "offline");
    }
}

#[test]
fn who_was_left_alone_is_left_alone_after_a_restart() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.does_not_pick_up("ann");
    floor.agent_logs_in("ann");
    floor.after(Span::secs(50));
    floor.agent_pauses("ann", "lunch");
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(30));
    let ann = &floor.engine.view().agents[0];
    let code = ann.pause_code.as_ref().map(ToString::to_string);
    assert_eq!((ann.missed_rings, code.as_deref()), (2, Some("lunch")));
    insta::assert_snapshot!(floor.story(), @"
    50.000 > the process restarts
    50.000 NoteAgent ann: paused, pause lunch, missed 2
    50.000 > the link comes up
    50.000 Survey
    ");
}

#[test]
fn who_logs_out_during_a_call_is_seen_to_go_home_after_it() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    let seen = |floor: &Floor| {
        let ann = &floor.engine.view().agents[0];
        (ann.state.name(), ann.logs_out)
    };
    floor.callee(1).answers();
    assert_eq!(seen(&floor), ("on_call", false));
    floor.asks(Wish::LogOut(id_of("ann")));
    assert_eq!(seen(&floor), ("on_call", true));
    floor.callee(1).hangs_up(16, None);
    assert_eq!(seen(&floor), ("wrap_up", true));
    floor.after(Span::secs(60));
    assert_eq!(seen(&floor), ("offline", false), "{}", floor.story());
}

#[test]
fn whose_phone_rings_over_a_restart_can_pick_it_up_or_miss_it() {
    for picks_up in [true, false] {
        let mut floor = Floor::open(house::progressive(&["ann"]));
        floor.does_not_pick_up("ann");
        floor.agent_logs_in("ann");
        floor.after(Span::secs(22));
        floor.after(Span::secs(5));
        floor.process_restarts();
        floor.after(Span::secs(1));
        assert_eq!(floor.state_of("ann").name(), "ringing", "{}", floor.story());
        if picks_up {
            floor.agent_picks_up("ann");
        } else {
            floor.after(Span::secs(21));
        }
        let ann = &floor.engine.view().agents[0];
        let expected = if picks_up { ("ready", 0) } else { ("paused", 2) };
        assert_eq!((ann.state.name(), ann.missed_rings), expected, "{}", floor.story());
    }
}

#[test]
fn who_cannot_be_called_is_called_three_times_more_and_is_offline_then() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.instead("Originate", 4, Instead::Answer(Outcome::Failed(Failure::Unavailable)));
    floor.agent_logs_in("ann");
    floor.after(Span::secs(50));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: LogIn(AgentId(1))
     0.000 NoteAgent ann: ringing
     0.000 NoteAgent ann: ringing on 1
     0.000 Originate ann.1 to PJSIP/ann
     0.000 Reply granted
     0.000 NoteAgent ann: ringing
     5.000 NoteAgent ann: ringing on 2
     5.000 Originate ann.2 to PJSIP/ann
     5.000 NoteAgent ann: ringing
    10.000 NoteAgent ann: ringing on 3
    10.000 Originate ann.3 to PJSIP/ann
    10.000 NoteAgent ann: ringing
    15.000 NoteAgent ann: ringing on 4
    15.000 Originate ann.4 to PJSIP/ann
    15.000 NoteAgent ann: offline
    ");
}

#[test]
fn who_logs_in_again_while_their_phone_is_being_hung_up_is_called_again() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]);
    floor.instead("HangUp", 1, Instead::Later);
    floor.asks(Wish::LogOut(id_of("ann")));
    floor.agent_logs_in("ann");
    let mut floor = floor.anew();
    floor.goes_on();
    floor.after(Span::secs(6));
    assert_eq!(floor.state_of("ann").name(), "ready", "{}", floor.story());
}

#[test]
fn who_logs_in_before_the_exchange_is_connected_is_called_when_it_is() {
    let mut floor = Floor::before_the_link(house::progressive(&["ann"]));
    floor.agent_logs_in("ann");
    floor.after(Span::secs(2));
    floor.link_comes_up();
    floor.after(Span::secs(2));
    assert_eq!(floor.state_of("ann").name(), "ready");
}

#[test]
fn a_hold_that_fails_is_tried_again_but_not_in_a_rush() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.instead("Hold", 3, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.agent_logs_in("ann");
    floor.after(Span::secs(10));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: LogIn(AgentId(1))
    0.000 NoteAgent ann: ringing
    0.000 NoteAgent ann: ringing on 1
    0.000 Originate ann.1 to PJSIP/ann
    0.000 Reply granted
    0.000 Hold ann.1
    2.000 Look ann.1
    2.000 Hold ann.1
    4.000 Look ann.1
    4.000 Hold ann.1
    6.000 Look ann.1
    6.000 Hold ann.1
    6.000 NoteAgent ann: ready on 1
    ");
}

#[test]
fn wishes_of_nobody_and_of_those_not_at_work_are_denied() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.asks(Wish::LogIn(id_of("bob")));
    floor.asks(Wish::LogOut(id_of("bob")));
    floor.asks(Wish::ReadyAgent(id_of("bob")));
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    floor.agent_pauses("ann", "lunch");
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: LogIn(AgentId(2))
    0.000 Reply denied: no such agent; `agent list` shows those configured
    0.000 > asked: LogOut(AgentId(2))
    0.000 Reply denied: no such agent; `agent list` shows those configured
    0.000 > asked: ReadyAgent(AgentId(2))
    0.000 Reply denied: no such agent; `agent list` shows those configured
    0.000 > asked: ReadyAgent(AgentId(1))
    0.000 Reply denied: the agent is offline
    0.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("lunch") }
    0.000 Reply denied: the agent is offline
    "#);
}

#[test]
fn who_picks_up_unheard_in_a_gap_has_not_missed_the_ring_that_was_over_before_the_gap() {
    let mut floor = Floor::open(house::progressive(&["ann"]));
    floor.does_not_pick_up("ann");
    floor.agent_logs_in("ann");
    floor.after(Span::millis(19_900));
    floor.link_goes_down();
    floor.agent_picks_up("ann");
    floor.after(Span::millis(300));
    floor.link_comes_up();
    let ann = &floor.engine.view().agents[0];
    assert_eq!((ann.state.name(), ann.missed_rings), ("ready", 0), "{}", floor.story());
}
