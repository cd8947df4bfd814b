//! More lines than agents: an answer that nobody can take is told so in time.

use engine::agent::AgentState;
use engine::words::Span;
use engine::{Failure, Outcome, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, SPRING, id_of};

#[test]
fn whom_nobody_can_talk_to_hears_the_message_in_time_and_is_a_drop() {
    let mut floor = Floor::open(house::ratio(2_000, &["ann"])).staffed(&["ann"]).anew().dials(4);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: starting
    0.000 FindMedia sound:sorry
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1
    0.000 Fetch 2 for campaign 1, below 5 attempts
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
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
    floor.callee(2).answers();
    floor.after(Span::secs(3));
    floor.callee(2).has_heard_the_message();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 2.1 answers
    0.000 > callee 2.1 is ours
    0.000 Note attempt 2: placed 0.000, answered 0.000
    1.500 Note attempt 2: placed 0.000, answered 0.000, message 1.500
    1.500 Play sound:sorry to callee 2.1
    3.000 > callee 2.1 has heard the message
    3.000 HangUp callee 2.1
    3.000 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 3.000; exhausted by rule
    ");
}

#[test]
fn who_hangs_up_while_they_wait_is_no_drop_but_who_hangs_up_on_the_message_is() {
    let mut floor = Floor::open(house::ratio(3_000, &["ann"])).staffed(&["ann"]).dials(3);
    floor.callee(1).answers();
    let mut floor = floor.anew();
    floor.callee(2).answers();
    floor.callee(3).answers();
    floor.after(Span::secs(1));
    floor.callee(2).hangs_up(16, None);
    floor.after(Span::secs(1));
    floor.callee(3).hangs_up(0, None);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 2.1 answers
    0.000 > callee 2.1 is ours
    0.000 Note attempt 2: placed 0.000, answered 0.000
    0.000 > callee 3.1 answers
    0.000 > callee 3.1 is ours
    0.000 Note attempt 3: placed 0.000, answered 0.000
    1.000 > callee 2.1 is gone (16)
    1.000 Record attempt 2: hung_up_waiting (Answered, -) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 1.000; exhausted by rule
    1.500 Note attempt 3: placed 0.000, answered 0.000, message 1.500
    1.500 Play sound:sorry to callee 3.1
    2.000 > callee 3.1 is gone (0)
    2.000 Record attempt 3: dropped (Answered, NoAgent) [1: carrier 1 0]; placed 0.000, answered 0.000, message 1.500, ended 2.000; exhausted by rule
    ");
}

#[test]
fn an_agent_who_gets_free_in_time_takes_who_waits_longest() {
    let mut floor = Floor::open(house::ratio(3_000, &["ann", "bob"])).staffed(&["ann"]).dials(3);
    for attempt in 1..=3 {
        floor.callee(attempt).answers();
        floor.after(Span::millis(100));
    }
    let mut floor = floor.anew();
    floor.agent_logs_in("bob");
    insta::assert_snapshot!(floor.story(), @"
    0.300 > asked: LogIn(AgentId(2))
    0.300 NoteAgent bob: ringing
    0.300 NoteAgent bob: ringing on 2
    0.300 Originate bob.2 to PJSIP/bob
    0.300 Reply granted
    0.300 Hold bob.2
    0.300 NoteAgent bob: ready on 2
    0.300 Join attempt 2: callee 2.1 and bob.2
    0.300 NoteAgent bob: on_call on 2
    0.300 Note attempt 2: placed 0.000, answered 0.100, bridged 0.300, bob
    ");
}

#[test]
fn a_message_that_cannot_be_played_or_never_ends_is_not_waited_for() {
    let mut floor = Floor::open(house::ratio(3_000, &["ann"])).staffed(&["ann"]).dials(3);
    floor.callee(1).answers();
    floor.instead("Play", 1, Instead::Answer(Outcome::Failed(Failure::WrongState)));
    let mut floor = floor.anew();
    floor.callee(2).answers();
    floor.after(Span::millis(100));
    floor.callee(3).answers();
    floor.after(Span::secs(70));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > callee 2.1 answers
     0.000 > callee 2.1 is ours
     0.000 Note attempt 2: placed 0.000, answered 0.000
     0.100 > callee 3.1 answers
     0.100 > callee 3.1 is ours
     0.100 Note attempt 3: placed 0.000, answered 0.100
     1.500 Note attempt 2: placed 0.000, answered 0.000, message 1.500
     1.500 Play sound:sorry to callee 2.1
     1.500 HangUp callee 2.1
     1.500 Record attempt 2: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.000, message 1.500, ended 1.500; exhausted by rule
     1.600 Note attempt 3: placed 0.000, answered 0.100, message 1.600
     1.600 Play sound:sorry to callee 3.1
    60.000 Survey
    61.600 HangUp callee 3.1
    61.600 Record attempt 3: dropped (Answered, NoAgent) [1: carrier 1 16]; placed 0.000, answered 0.100, message 1.600, ended 61.600; exhausted by rule
    ");
}

#[test]
fn without_a_message_a_campaign_that_dials_ahead_does_not_dial() {
    let mut house = house::ratio(2_000, &["ann"]);
    house.campaigns[0].message = None;
    let floor = Floor::open(house).staffed(&["ann"]).dials(2);
    assert_eq!(state(&floor, SPRING), "running (no_message)");
    assert!(floor.database.attempts.is_empty());
}

#[test]
fn a_message_that_the_exchange_does_not_have_denies_the_start() {
    let mut floor = Floor::open(house::ratio(2_000, &["ann"])).staffed(&["ann"]).anew();
    floor.pbx.no_media = true;
    floor.asks(Wish::Start(SPRING));
    floor.instead("FindMedia", 1, Instead::Answer(Outcome::Failed(Failure::OutcomeUnknown)));
    floor.asks(Wish::Start(SPRING));
    floor.instead("FindMedia", 1, Instead::Silence);
    floor.asks(Wish::Start(SPRING));
    floor.asks(Wish::Start(SPRING));
    floor.after(Span::secs(4));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: starting
    0.000 FindMedia sound:sorry
    0.000 NoteCampaign 1: ready
    0.000 Reply denied: the PBX has no sound:sorry: put the sound file there, or change the campaign's `message` or call flow; nothing was dialled
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: starting
    0.000 FindMedia sound:sorry
    0.000 NoteCampaign 1: ready
    0.000 Reply denied: the PBX could not be asked whether it has the campaign's sounds; try again once it is connected
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: starting
    0.000 FindMedia sound:sorry
    0.000 > asked: Start(CampaignId(1))
    0.000 Reply denied: the campaign is starting
    3.000 NoteCampaign 1: ready
    3.000 Reply denied: the PBX could not be asked whether it has the campaign's sounds; try again once it is connected
    ");
}

#[test]
fn who_wants_a_break_is_kept_while_a_call_in_the_air_might_need_them_and_no_call_more_is_placed_for_them() {
    let mut floor =
        Floor::open(house::ratio(1_000, &["ann", "bob"])).staffed(&["ann", "bob"]).dials(4).anew();
    floor.agent_pauses("ann", "lunch");
    assert_eq!(floor.state_of("ann"), AgentState::Ready);
    floor.callee(1).rings();
    floor.callee(1).hangs_up(17, 486);
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: PauseAgent { agent: AgentId(1), code: PauseCode("lunch") }
    0.000 NoteAgent ann: ready on 1, pause lunch
    0.000 Reply granted
    0.000 > callee 1.1 rings
    0.000 Note attempt 1: placed 0.000, rang 0.000
    0.000 > callee 1.1 is gone (17/486)
    0.000 Record attempt 1: busy (Alerting, -) [1: carrier 1 17/486]; placed 0.000, rang 0.000, ended 0.000; retry at 600.000
    0.000 NoteAgent ann: paused on 1, pause lunch
    "#);
}

#[test]
fn who_was_kept_for_a_call_in_the_air_has_their_break_or_has_gone_after_a_restart() {
    let mut floor =
        Floor::open(house::ratio(1_000, &["ann", "bob"])).staffed(&["ann", "bob"]).dials(4).anew();
    floor.agent_pauses("ann", "lunch");
    floor.asks(Wish::LogOut(house::id_of("bob")));
    assert_eq!(["ann", "bob"].map(|name| floor.state_of(name)), [AgentState::Ready; 2]);
    let mut floor = floor.anew();
    floor.process_restarts();
    assert_eq!(["ann", "bob"].map(|name| floor.state_of(name)), [AgentState::Paused, AgentState::Offline]);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the process restarts
    0.000 NoteAgent ann: paused on 1, pause lunch
    0.000 NoteAgent bob: ringing on 2, leaves
    0.000 NoteAgent bob: offline on 2
    0.000 > the link comes up
    0.000 Survey
    0.000 Mute ann.1: off
    0.000 Mute bob.2: off
    0.000 HangUp bob.2
    0.000 FindMedia sound:sorry
    0.000 NoteAgent bob: offline
    0.000 NoteCampaign 1: running
    0.000 Fetch 4 for campaign 1, below 5 attempts
    ");
}

#[test]
fn who_goes_home_takes_the_call_first_that_was_placed_for_them() {
    let mut floor = Floor::open(house::ratio(1_000, &["ann"])).staffed(&["ann"]).dials(4).anew();
    floor.asks(Wish::LogOut(house::id_of("ann")));
    floor.callee(1).answers();
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(21));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: LogOut(AgentId(1))
     0.000 NoteAgent ann: ready on 1, leaves
     0.000 Reply granted
     0.000 > callee 1.1 answers
     0.000 > callee 1.1 is ours
     0.000 Note attempt 1: placed 0.000, answered 0.000
     0.000 Join attempt 1: callee 1.1 and ann.1
     0.000 Note attempt 1: placed 0.000, answered 0.000, ann
     0.000 NoteAgent ann: on_call on 1, leaves
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
     0.000 > callee 1.1 leaves conversation 1
     0.000 > callee 1.1 is gone (16)
     0.000 NoteAgent ann: wrap_up on 1, leaves
     0.000 HangUp ann.1
     0.000 DropBridge conversation 1
     0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; completed
     0.000 NoteAgent ann: wrap_up, leaves
    20.000 NoteAgent ann: offline
    ");
    assert_eq!(floor.state_of("ann"), AgentState::Offline);
}

#[test]
fn a_floor_that_closes_keeps_its_agents_for_what_still_rings() {
    let mut floor =
        Floor::open(house::ratio(1_000, &["ann", "bob"])).staffed(&["ann", "bob"]).dials(4).anew();
    floor.callee(1).rings();
    floor.asks(Wish::CloseFloor);
    floor.callee(2).hangs_up(17, 486);
    floor.callee(1).answers();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 rings
    0.000 Note attempt 1: placed 0.000, rang 0.000
    0.000 > asked: CloseFloor
    0.000 Release 3,4 as they were
    0.000 Reply granted
    0.000 > callee 2.1 is gone (17/486)
    0.000 Record attempt 2: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
    0.000 NoteAgent ann: offline on 1
    0.000 HangUp ann.1
    0.000 NoteAgent ann: offline
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and bob.2
    0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000, bob
    0.000 NoteAgent bob: on_call on 2
    0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000, bridged 0.000, bob
    ");
}

/// Ann is the only agent, and a call is in the air that may need her.
fn needed() -> Floor {
    let mut floor = Floor::open(house::ratio(1_000, &["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).rings();
    floor
}

#[test]
fn a_floor_closes_though_an_agent_who_is_kept_asks_for_something_else() {
    for wish in [
        Wish::ReadyAgent(id_of("ann")),
        Wish::PauseAgent { agent: id_of("ann"), code: "lunch".to_owned().try_into().expect("a code") },
    ] {
        let mut floor = needed();
        floor.asks(Wish::CloseFloor);
        floor.asks(wish);
        floor.callee(1).hangs_up(17, 486);
        floor.after(Span::secs(60));
        assert!(floor.engine.at_rest(), "{}", floor.story());
    }
}

#[test]
fn whoever_logs_in_again_while_they_are_kept_stays() {
    let mut floor = needed();
    floor.asks(Wish::LogOut(id_of("ann")));
    floor.asks(Wish::LogIn(id_of("ann")));
    floor.callee(1).hangs_up(17, 486);
    floor.after(Span::secs(60));
    assert_eq!(floor.state_of("ann"), AgentState::Ready, "{}", floor.story());
}
