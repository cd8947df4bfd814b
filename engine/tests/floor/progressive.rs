//! One line for each ready agent, who is reserved for it.

use engine::Wish;
use engine::agent::AgentState;
use engine::words::Span;

use crate::bench::Floor;
use crate::house::{self, OPENING, SPRING};

#[test]
fn a_lead_is_saved_dialled_joined_with_its_agent_and_recorded() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.after(Span::secs(2));
    floor.callee(1).rings();
    floor.after(Span::secs(8));
    floor.callee(1).answers();
    floor.after(Span::secs(50));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: LogIn(AgentId(1))
     0.000 NoteAgent ann: ringing
     0.000 NoteAgent ann: ringing on 1
     0.000 Originate ann.1 to PJSIP/ann
     0.000 Reply granted
     0.000 Hold ann.1
     0.000 NoteAgent ann: ready on 1
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
     0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
     2.000 > callee 1.1 rings
     2.000 Note attempt 1: placed 0.000, rang 2.000
    10.000 > callee 1.1 answers
    10.000 > callee 1.1 is ours
    10.000 Note attempt 1: placed 0.000, rang 2.000, answered 10.000
    10.000 Join attempt 1: callee 1.1 and ann.1
    10.000 Note attempt 1: placed 0.000, rang 2.000, answered 10.000, ann
    10.000 NoteAgent ann: on_call on 1
    10.000 Note attempt 1: placed 0.000, rang 2.000, answered 10.000, bridged 10.000, ann
    60.000 Survey
    60.000 > callee 1.1 leaves conversation 1
    60.000 > callee 1.1 is gone (16)
    60.000 NoteAgent ann: wrap_up on 1
    60.000 Hold ann.1
    60.000 DropBridge conversation 1
    60.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, rang 2.000, answered 10.000, bridged 10.000, ended 60.000; completed
    60.000 NoteCampaign 1: completed
    ");
}

#[test]
fn whoever_is_chosen_for_a_call_is_reserved_on_the_board_and_goes_on_being_ready_on_record() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).anew().dials(1);
    floor.callee(1).rings();
    assert_eq!(floor.state_of("ann"), AgentState::Reserved, "{}", floor.story());
    floor.callee(1).hangs_up(17, None);
    assert_eq!(floor.state_of("ann"), AgentState::Ready, "{}", floor.story());
    let story = floor.story();
    assert!(!story.contains("NoteAgent"), "{story}");
}

#[test]
fn a_call_whose_agent_has_gone_is_kept_another_one_for() {
    let house = || Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]);
    let mut floor = house().dials(1);
    floor.callee(1).rings();
    floor.agent_hangs_up("ann");
    floor.agent_pauses("bob", "lunch");
    floor.callee(1).answers();
    assert_eq!(floor.state_of("bob"), AgentState::OnCall, "{}", floor.story());

    let mut floor = house().dials(2);
    floor.callee(1).rings();
    floor.callee(2).hangs_up(17, None);
    floor.agent_hangs_up("ann");
    floor.adds_leads([3]);
    assert_eq!(floor.state_of("bob"), AgentState::Ready, "{}", floor.story());
    floor.callee(1).answers();
    assert_eq!(floor.state_of("bob"), AgentState::OnCall, "{}", floor.story());
}

#[test]
fn an_agent_has_one_line_at_a_time_and_the_second_agent_the_second() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).anew().dials(3);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, bob
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
    floor.callee(1).hangs_up(17, 486);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 is gone (17/486)
    0.000 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
    0.000 Save callee 3.1: item 3 attempt 1 by carrier 1, ann
    0.000 Originate callee 3.1 to PJSIP/15550000003@trunk-a
    ");
}

#[test]
fn who_answers_is_served_by_the_agent_reserved_for_them_and_not_by_one_who_is_free() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["bob", "ann"]).dials(1).anew();
    floor.callee(1).answers();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.2
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: on_call on 2
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
    ");
}

#[test]
fn nothing_is_dialled_without_an_agent() {
    let mut floor = Floor::open(house::progressive(&["ann"])).dials(1);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    ");
    floor.agent_logs_in("ann");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: LogIn(AgentId(1))
    0.000 NoteAgent ann: ringing
    0.000 NoteAgent ann: ringing on 1
    0.000 Originate ann.1 to PJSIP/ann
    0.000 Reply granted
    0.000 Hold ann.1
    0.000 NoteAgent ann: ready on 1
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    ");
}

#[test]
fn an_answer_without_ringing_is_an_answer_and_entering_means_answered() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).does(engine::LegNews::Progressed);
    let leg = *floor.pbx.legs.keys().next().expect("the callee's leg");
    floor.pbx.answer(leg);
    floor.callee(1).does(engine::LegNews::Entered);
    floor.callee(1).does(engine::LegNews::Answered);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 sends early media
    0.000 Note attempt 1: placed 0.000, rang 0.000
    0.000 > callee 1.1 is ours
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000, ann
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: placed 0.000, rang 0.000, answered 0.000, bridged 0.000, ann
    0.000 > callee 1.1 answers
    ");
}

#[test]
fn a_conversation_ends_at_its_limit() {
    let mut house = house::progressive(&["ann"]);
    house.campaigns[0].talk_limit = Span::secs(30);
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    let mut floor = floor.anew();
    floor.after(Span::secs(31));
    insta::assert_snapshot!(floor.story(), @"
    30.000 NoteAgent ann: wrap_up on 1
    30.000 Hold ann.1
    30.000 HangUp callee 1.1
    30.000 DropBridge conversation 1
    30.000 Record attempt 1: connected (Bridged, TalkLimit) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 30.000; completed
    30.000 NoteCampaign 1: completed
    ");
}

#[test]
fn leads_of_one_number_do_not_keep_agents_from_the_leads_behind_them() {
    let mut floor = Floor::open(house::progressive(&["ann", "bob"])).staffed(&["ann", "bob"]).anew();
    // A switchboard stands on the list four times in a row, as often as leads are held ready.
    for id in 1..=4 {
        floor.database.add_lead(SPRING, id, "15550000001", OPENING);
    }
    floor.adds_leads([5]);
    floor.asks(Wish::Start(SPRING));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Release 2,3,4 from 30.000 on
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    0.000 Save callee 2.1: item 5 attempt 1 by carrier 1, bob
    0.000 Originate callee 2.1 to PJSIP/15550000005@trunk-a
    ");
    // Nobody else is on the list by then, so they wait for their number.
    floor.callee(1).answers();
    floor.callee(2).answers();
    floor.after(Span::secs(35));
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(20));
    let story = floor.story();
    let last = story.lines().last().unwrap_or_default();
    assert_eq!(last.trim(), "55.000 Originate callee 3.1 to PJSIP/15550000001@trunk-a", "{story}");
}
