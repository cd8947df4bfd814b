//! A lead is shown to an agent, who has it dialled or skips it.

use engine::agent::{AgentState, Seat};
use engine::lead::Barred;
use engine::pacing::{Pacing, PreviewEnd};
use engine::view::AgreedView;
use engine::words::{LeadId, QueueId, Span};
use engine::{Config, LegNews, Wish};

use crate::bench::{Floor, state};
use crate::house::{self, OPENING, SPRING, id_of};

fn rules(config: &mut Config) -> &mut engine::pacing::PreviewRules {
    let Pacing::Preview(rules) = &mut config.campaigns[0].pacing else { panic!("the campaign is a preview") };
    rules
}

/// Whose lead an agent sees.
fn sees(floor: &Floor, name: &str) -> Option<LeadId> {
    let view = floor.engine.view();
    let agent = view.agents.iter().find(|agent| agent.id == id_of(name)).expect("an agent");
    agent.preview.as_ref().map(|preview| preview.lead)
}

#[test]
fn a_lead_is_shown_first_and_dialled_for_the_agent_who_accepts_it() {
    let mut floor = Floor::open(house::preview(&["ann"])).staffed(&["ann"]).anew().dials(2);
    floor.after(Span::secs(4));
    assert_eq!((floor.state_of("ann"), sees(&floor, "ann")), (AgentState::Previewing, Some(LeadId(1))));
    floor.asks(Wish::AcceptLead(id_of("ann")));
    floor.callee(1).answers();
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(20));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 NoteAgent ann: previewing on 1
     4.000 > asked: AcceptLead(AgentId(1))
     4.000 NoteAgent ann: ready on 1
     4.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
     4.000 Reply granted
     4.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
     4.000 > callee 1.1 answers
     4.000 > callee 1.1 is ours
     4.000 Note attempt 1: placed 4.000, answered 4.000
     4.000 Join attempt 1: callee 1.1 and ann.1
     4.000 Note attempt 1: placed 4.000, answered 4.000, ann
     4.000 NoteAgent ann: on_call on 1
     4.000 Note attempt 1: placed 4.000, answered 4.000, bridged 4.000, ann
     4.000 > callee 1.1 leaves conversation 1
     4.000 > callee 1.1 is gone (16)
     4.000 NoteAgent ann: wrap_up on 1
     4.000 Hold ann.1
     4.000 DropBridge conversation 1
     4.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 4.000, answered 4.000, bridged 4.000, ended 4.000; completed
    24.000 NoteAgent ann: ready on 1
    24.000 NoteAgent ann: previewing on 1
    ");
    assert_eq!(sees(&floor, "ann"), Some(LeadId(2)));
}

#[test]
fn what_was_agreed_on_with_a_lead_is_shown_with_it() {
    let mut floor = Floor::open(house::preview(&["ann"])).staffed(&["ann"]).dials(1);
    let shown = |floor: &Floor| {
        let preview = floor.engine.view().agents[0].preview.clone().expect("she looks at a lead");
        (preview.lead, preview.agreed)
    };
    assert_eq!(shown(&floor), (LeadId(1), None));
    floor.adds_leads([2]);
    floor.database.agree(2, OPENING, None);
    floor.asks(Wish::CallBack { campaign: SPRING, item: QueueId(2), at: OPENING });
    floor.asks(Wish::SkipLead(id_of("ann")));
    let agreed = AgreedView { at: OPENING, note: Some("ask for Eve".to_owned()) };
    assert_eq!(shown(&floor), (LeadId(2), Some(agreed)));
}

#[test]
fn a_lead_is_shown_anew_without_what_was_agreed_on_once_that_is_called_off() {
    let mut floor = Floor::open(house::preview(&["ann"])).staffed(&["ann"]);
    floor.adds_leads([1]);
    floor.database.agree(1, OPENING, None);
    floor.asks(Wish::Start(SPRING));
    let shown = |floor: &Floor| {
        let preview = floor.engine.view().agents[0].preview.clone().expect("she looks at a lead");
        (preview.lead, preview.agreed.is_some())
    };
    assert_eq!(shown(&floor), (LeadId(1), true));
    floor.database.call_off(1, OPENING);
    floor.asks(Wish::CallOff { campaign: SPRING, item: QueueId(1) });
    assert_eq!(shown(&floor), (LeadId(1), false));
}

#[test]
fn a_lead_that_is_skipped_rests_and_the_next_is_shown() {
    let mut floor = Floor::open(house::preview(&["ann"])).staffed(&["ann"]).dials(2).anew();
    floor.asks(Wish::SkipLead(id_of("ann")));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: SkipLead(AgentId(1))
    0.000 NoteAgent ann: ready on 1
    0.000 Release 1 from 600.000 on, skipped by ann
    0.000 Reply granted
    0.000 NoteAgent ann: previewing on 1
    ");
    assert_eq!((sees(&floor, "ann"), floor.engine.view().campaigns[0].skipped), (Some(LeadId(2)), 1));
    floor.asks(Wish::SkipLead(id_of("ann")));
    assert_eq!(
        (floor.state_of("ann"), state(&floor, SPRING).as_str()),
        (AgentState::Ready, "running (no_leads)")
    );
    floor.after(Span::secs(602));
    assert_eq!(sees(&floor, "ann"), Some(LeadId(1)), "it has rested");
}

#[test]
fn where_skipping_is_not_allowed_a_lead_can_only_be_accepted() {
    let mut house = house::preview(&["ann", "bob"]);
    rules(&mut house).may_skip = false;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(1).anew();
    for wish in [Wish::SkipLead(id_of("ann")), Wish::SkipLead(id_of("bob")), Wish::AcceptLead(id_of("bob"))] {
        floor.asks(wish);
    }
    assert_eq!(sees(&floor, "ann"), Some(LeadId(1)));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: SkipLead(AgentId(1))
    0.000 Reply denied: the campaign does not let its agents skip leads
    0.000 > asked: SkipLead(AgentId(2))
    0.000 Reply denied: the agent looks at no lead just now
    0.000 > asked: AcceptLead(AgentId(2))
    0.000 Reply denied: the agent looks at no lead just now
    ");
}

#[test]
fn whoever_looks_too_long_has_it_dialled_or_skipped_as_the_campaign_says() {
    for (then, expected) in [(PreviewEnd::Dial, "Originate callee 1.1"), (PreviewEnd::Skip, "skipped by ann")]
    {
        let mut house = house::preview(&["ann"]);
        (rules(&mut house).then, rules(&mut house).may_skip) = (then, false);
        let mut floor = Floor::open(house).staffed(&["ann"]).dials(1).anew();
        floor.after(Span::millis(9_999));
        assert_eq!(floor.story(), "", "{then:?}");
        floor.after(Span::millis(1));
        let story = floor.story();
        assert!(story.contains(expected), "{then:?}: {story}");
    }
}

#[test]
fn whose_time_is_over_while_the_carrier_takes_no_more_this_second_has_it_dialled_in_the_next() {
    let mut house = house::preview(&["ann", "bob"]);
    house.carriers[0].calls_per_second = 1;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(2).anew();
    floor.after(Span::secs(12));
    let story = floor.story();
    let dialled: Vec<&str> = story.lines().filter(|line| line.contains("Save")).map(str::trim).collect();
    let [anns, bobs] = [
        "10.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann",
        "11.000 Save callee 2.1: item 2 attempt 1 by carrier 1, bob",
    ];
    assert_eq!(dialled, [anns, bobs], "{story}");
}

#[test]
fn it_is_dialled_through_the_gate_as_it_is_at_that_moment() {
    let mut floor = Floor::open(house::preview(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.link_goes_down();
    floor.asks(Wish::AcceptLead(id_of("ann")));
    assert!(floor.story().contains("denied: it may not be dialled just now: pbx_away"));
    assert_eq!(sees(&floor, "ann"), Some(LeadId(1)), "it can be accepted again");
    floor.after(Span::secs(10));
    assert_eq!((sees(&floor, "ann"), floor.database.attempts.len()), (None, 0), "and not for ever");
    floor.link_comes_up();
    assert_eq!(sees(&floor, "ann"), Some(LeadId(1)), "it was put back");
}

#[test]
fn a_lead_that_nobody_may_dial_any_more_is_taken_from_whoever_looks_at_it() {
    let barred = Barred::parse("15550000001").expect("a number");
    for (wish, left) in [
        (Wish::DoNotCall { barred, campaigns: vec![SPRING] }, Some(LeadId(2))),
        (Wish::Pause(SPRING), None),
        (Wish::CloseFloor, None),
    ] {
        let mut floor = Floor::open(house::preview(&["ann"])).staffed(&["ann"]).dials(2).anew();
        floor.asks(wish.clone());
        assert_eq!(sees(&floor, "ann"), left, "{wish:?}");
        assert!(floor.story().contains("Release 1 as they were"), "{wish:?}");
    }
}

#[test]
fn a_campaign_goes_on_until_a_lead_that_was_taken_from_a_screen_has_come_to_its_end() {
    let mut floor = Floor::open(house::preview(&["ann"])).staffed(&["ann"]).dials(1);
    let barred = Barred::parse("15550000001").expect("a number");
    floor.database.barred.push(barred.clone());
    floor.asks(Wish::DoNotCall { barred, campaigns: vec![SPRING] });
    floor.asks(Wish::AcceptLead(id_of("ann")));
    assert_eq!(state(&floor, SPRING), "completed", "{}", floor.story());
    assert!(floor.database.items.values().all(|item| item.ended.is_some()), "{}", floor.story());
}

#[test]
fn who_takes_a_break_or_hangs_up_leaves_the_lead_to_others() {
    let mut floor = Floor::open(house::preview(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(1);
    assert_eq!((sees(&floor, "ann"), sees(&floor, "bob")), (Some(LeadId(1)), None));
    floor.agent_pauses("ann", "lunch");
    assert_eq!((floor.state_of("ann"), sees(&floor, "bob")), (AgentState::Paused, Some(LeadId(1))));
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    floor.agent_hangs_up("bob");
    assert_eq!((floor.state_of("bob"), sees(&floor, "ann")), (AgentState::Offline, Some(LeadId(1))));
}

#[test]
fn a_callback_of_one_agent_is_shown_to_that_agent() {
    let mut floor = Floor::open(house::preview(&["ann", "bob"])).staffed(&["ann"]);
    floor.adds_leads([1]);
    floor.database.agree(1, house::OPENING, Some(id_of("bob")));
    floor.asks(Wish::Start(SPRING));
    assert_eq!(floor.state_of("ann"), AgentState::Ready);
    floor.agent_logs_in("bob");
    assert_eq!(sees(&floor, "bob"), Some(LeadId(1)));
}

#[test]
fn a_phone_that_is_called_for_each_conversation_is_called_before_the_lead_is_shown() {
    let mut house = house::preview(&["ann"]);
    house.agents[0].seat = Seat::PerCall;
    let mut floor = Floor::open(house).staffed(&["ann"]).anew().dials(1);
    assert!(floor.story().contains("Originate ann."));
    assert_eq!(sees(&floor, "ann"), Some(LeadId(1)));
    floor.asks(Wish::AcceptLead(id_of("ann")));
    assert!(floor.story().contains("Originate callee 1.1"));
}

#[test]
fn the_phone_of_whoever_skips_a_lead_stays_for_the_next_one() {
    let mut house = house::preview(&["ann"]);
    house.agents[0].seat = Seat::PerCall;
    rules(&mut house).time_limit = Span::secs(60);
    let mut floor = Floor::open(house).staffed(&["ann"]).anew().dials(2);
    floor.after(Span::secs(30));
    floor.asks(Wish::SkipLead(id_of("ann")));
    assert_eq!(sees(&floor, "ann"), Some(LeadId(2)));
    let story = floor.story();
    assert!(!story.contains("HangUp ann"), "{story}");
}

#[test]
fn whose_phone_dies_while_they_look_at_a_lead_is_not_joined_with_a_callee_who_waits() {
    let mut floor = Floor::open(house::preview(&["ann", "bob"])).staffed(&["ann", "bob"]).dials(2);
    floor.asks(Wish::AcceptLead(id_of("ann")));
    floor.agent_hangs_up("ann");
    floor.callee(1).answers();
    let mut floor = floor.anew();
    // That it has left the bridge is not told before.
    let phone = floor.phone("bob");
    let mut news = floor.pbx.end(phone, 16, None);
    news.retain(|(_, news)| matches!(news, LegNews::Ended { .. }));
    floor.happens(news);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > bob.2 is gone (16)
    0.000 NoteAgent bob: offline
    ");
}

#[test]
fn an_agreed_call_that_was_skipped_comes_again_in_time_though_the_hopper_is_full() {
    let mut house = house::preview(&["ann"]);
    house.campaigns[0].hopper_size = Some(20);
    (rules(&mut house).may_skip, rules(&mut house).rest) = (true, Span::secs(60));
    let mut floor = Floor::open(house).staffed(&["ann"]);
    floor.adds_leads(1..=40);
    floor.database.agree(40, OPENING, None);
    floor.asks(Wish::Start(SPRING));
    floor.asks(Wish::SkipLead(id_of("ann")));
    floor.asks(Wish::AcceptLead(id_of("ann")));
    floor.callee(1).answers();
    floor.story();
    floor.after(Span::secs(60));
    let story = floor.story();
    assert!(story.contains("60.000 Fetch 8 for campaign 1"), "{story}");
}
