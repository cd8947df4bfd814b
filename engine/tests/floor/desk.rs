//! Agents who hand their callees over, or bring somebody in.

use std::sync::Arc;

use engine::agent::AgentState;
use engine::call::{CallResult, TransferWay};
use engine::flow::{Meanwhile, TransferRules};
use engine::lead::Dispositions;
use engine::recording::{Format, Recorded, RecordingRules};
use engine::words::{AttemptId, Cause, Leg, QueueId, Span};
use engine::{Config, Failure, LegNews, Outcome, RecordingWish, TransferWish, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, id_of};

/// A house whose agents may call the desk in, which takes whoever comes.
fn office(agents: &[&str], change: impl FnOnce(&mut TransferRules)) -> Config {
    let mut config = house::progressive(agents);
    let mut rules = TransferRules { accept: None, ..house::desk() };
    change(&mut rules);
    config.campaigns[0].transfers.insert("desk".to_owned(), Arc::new(rules));
    config
}

/// The agent talks with the first callee.
fn talking(config: Config) -> Floor {
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.anew()
}

fn other(ordinal: u16) -> Leg {
    Leg::Transfer { attempt: AttemptId(1), ordinal }
}

fn ann(wish: TransferWish) -> Wish {
    Wish::Transfer { agent: id_of("ann"), wish }
}

fn transfer() -> Wish {
    ann(TransferWish::Transfer("desk".to_owned()))
}

fn consult() -> Wish {
    ann(TransferWish::Consult("desk".to_owned()))
}

/// Agent and other talk, and the callee is on hold.
fn consulting(config: Config) -> Floor {
    let mut floor = talking(config);
    floor.asks(consult());
    floor.leg(other(1)).answers();
    floor.anew()
}

/// Whether the callee hears music on hold, and who else is in the conversation.
fn together(floor: &Floor) -> (bool, usize) {
    let callee = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    let bridge = floor.pbx.legs[&callee].bridge;
    let others = floor.pbx.legs.iter().filter(|(leg, channel)| **leg != callee && channel.bridge == bridge);
    (floor.pbx.legs[&callee].aside, others.count())
}

/// What is on record of the first call.
fn on_record(floor: &Floor) -> (CallResult, Vec<(&'static str, TransferWay)>) {
    let record = &floor.database.attempts[&AttemptId(1)].records[0];
    let by = |log: &engine::call::TransferLog| (log.outcome(), log.by.as_ref().expect("an agent asked").way);
    (record.result, record.transfers.iter().map(by).collect())
}

fn nothing_is_left(floor: &Floor) {
    let left = floor.pbx.legs.keys().filter(|leg| !matches!(leg, Leg::Agent { .. }));
    assert_eq!(left.count(), 0, "{:?}", floor.pbx.legs);
    assert!(floor.pbx.bridges.iter().all(|bridge| *bridge == engine::words::Bridge::Hold));
}

#[test]
fn a_callee_is_handed_over_and_the_agent_is_done_at_once() {
    let mut floor = talking(office(&["ann"], |_| {}));
    floor.asks(transfer());
    floor.leg(other(1)).answers();
    floor.after(Span::secs(10));
    floor.leg(other(1)).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @r#"
     0.000 > asked: Transfer { agent: AgentId(1), wish: Transfer("desk") }
     0.000 NoteAgent ann: wrap_up on 1
     0.000 Hold ann.1
     0.000 SaveTransfer other 1.1 by carrier 1
     0.000 Reply granted
     0.000 Originate other 1.1 to PJSIP/15559990001@trunk-a
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: cancelled, placed 0.000
     0.000 Calm callee 1.1 by Music
     0.000 > other 1.1 answers
     0.000 > other 1.1 is ours
     0.000 PutThrough other 1.1 into conversation 1
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    10.000 > other 1.1 leaves conversation 1
    10.000 > other 1.1 is gone (16)
    10.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: answered 16, placed 0.000, answered 0.000, bridged 0.000, ended 10.000
    10.000 HangUp callee 1.1
    10.000 DropBridge conversation 1
    10.000 Record attempt 1: connected (Bridged, TransferOver) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 10.000; other 1 (transfer by ann) by carrier 1: answered 16, placed 0.000, answered 0.000, bridged 0.000, ended 10.000; completed
    10.000 NoteCampaign 1: completed
    "#);
    assert_eq!(on_record(&floor), (CallResult::Connected, vec![("answered", TransferWay::Transfer)]));
}

#[test]
fn whoever_is_taken_off_hold_after_they_were_handed_over_hears_something_else_until_somebody_answers() {
    let mut floor = talking(office(&["ann"], |_| {}));
    floor.asks(Wish::HoldCallee { agent: id_of("ann"), on: true });
    floor.instead("SetAside", 1, Instead::Later);
    floor.asks(Wish::HoldCallee { agent: id_of("ann"), on: false });
    floor.asks(transfer());
    let mut floor = floor.anew();
    floor.goes_on();
    floor.leg(other(1)).answers();
    insta::assert_snapshot!(floor.story(), @"
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: cancelled, placed 0.000
    0.000 Calm callee 1.1 by Music
    0.000 Reply granted
    0.000 > other 1.1 answers
    0.000 > other 1.1 is ours
    0.000 PutThrough other 1.1 into conversation 1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    ");
    assert_eq!(together(&floor), (false, 1));
}

#[test]
fn what_is_recorded_of_a_callee_who_is_handed_over_can_be_stopped_and_nothing_more_begun() {
    let mut config = office(&["ann"], |_| {});
    let rules = RecordingRules { which: Recorded::OnDemand, stereo: false, format: Format::Wav };
    config.campaigns[0].recording = Some(rules);
    let mut floor = talking(config);
    let asks = |floor: &mut Floor, wish| floor.asks(Wish::Record { attempt: AttemptId(1), wish });
    asks(&mut floor, RecordingWish::Start);
    floor.asks(transfer());
    floor.leg(other(1)).answers();
    let mut floor = floor.anew();
    for wish in [RecordingWish::Pause, RecordingWish::Resume, RecordingWish::Stop, RecordingWish::Start] {
        asks(&mut floor, wish);
    }
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
    0.000 PauseTake 1 of callee 1.1: silent
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes; other 1 (transfer by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    0.000 Reply granted
    0.000 > asked: Record { attempt: AttemptId(1), wish: Resume }
    0.000 PauseTake 1 of callee 1.1: on
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes; other 1 (transfer by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    0.000 Reply granted
    0.000 > asked: Record { attempt: AttemptId(1), wish: Stop }
    0.000 EndTake 1 of callee 1.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes; other 1 (transfer by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    0.000 Reply granted
    0.000 > asked: Record { attempt: AttemptId(1), wish: Start }
    0.000 Reply denied: callee and agent do not talk with each other just now
    ");
}

#[test]
fn what_a_callee_heard_who_comes_back_is_ended_by_their_join_where_it_could_not_be_before() {
    let mut floor = talking(office(&["ann", "bob"], |rules| rules.meanwhile = Meanwhile::Ringback));
    floor.agent_logs_in("bob");
    floor.asks(transfer());
    let mut floor = floor.anew();
    floor.instead("Hush", 1, Instead::Answer(Outcome::Failed(Failure::NotSent)));
    floor.leg(other(1)).hangs_up(17, Some(486));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > other 1.1 is gone (17/486)
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: busy 17/486, placed 0.000, ended 0.000
    0.000 Hush Ringback of callee 1.1
    0.000 Join attempt 1: callee 1.1 and bob.2, Ringback ends
    0.000 NoteAgent bob: on_call on 2
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, bob; other 1 (transfer by ann) by carrier 1: busy 17/486, placed 0.000, ended 0.000
    ");
    let callee = floor.pbx.legs[&Leg::Customer { attempt: AttemptId(1), ordinal: 1 }];
    assert!(!callee.calm, "they talk: {callee:?}");
}

#[test]
fn a_callee_who_is_handed_over_in_vain_comes_back_to_whoever_is_ready() {
    let mut floor = talking(office(&["ann", "bob"], |rules| rules.meanwhile = Meanwhile::Ringback));
    floor.asks(transfer());
    floor.agent_logs_in("bob");
    let mut floor = floor.anew();
    floor.leg(other(1)).hangs_up(17, 486);
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > other 1.1 is gone (17/486)
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: busy 17/486, placed 0.000, ended 0.000
    0.000 Hush Ringback of callee 1.1
    0.000 Join attempt 1: callee 1.1 and bob.2
    0.000 NoteAgent bob: on_call on 2
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, bob; other 1 (transfer by ann) by carrier 1: busy 17/486, placed 0.000, ended 0.000
    "#);
    assert_eq!(floor.state_of("bob"), AgentState::OnCall);
    floor.callee(1).hangs_up(16, None);
    let record = &floor.database.attempts[&AttemptId(1)].records[0];
    assert_eq!(record.agent, Some(id_of("bob")), "whoever talked last");
    assert_eq!(on_record(&floor), (CallResult::Connected, vec![("busy", TransferWay::Transfer)]));
    nothing_is_left(&floor);
}

fn says(floor: &mut Floor, agent: &str, code: &str) {
    let code = code.to_owned();
    floor.asks(Wish::Dispose { agent: id_of(agent), attempt: None, code, callback: None, note: None });
}

/// The callee whom ann has handed over, and said that of, has come back to bob, who says something else.
fn comes_back_and_is_said_more_of(first: &str, second: &str) -> String {
    let mut config = office(&["ann", "bob"], |_| {});
    config.campaigns[0].dispositions = Some(Arc::new(house::dispositions()));
    let mut floor = talking(config);
    floor.asks(transfer());
    says(&mut floor, "ann", first);
    floor.agent_pauses("ann", "lunch");
    floor.agent_logs_in("bob");
    floor.leg(other(1)).hangs_up(17, 486);
    assert_eq!(floor.state_of("bob"), AgentState::OnCall);
    let mut floor = floor.anew();
    says(&mut floor, "bob", second);
    floor.callee(1).hangs_up(16, None);
    let story = floor.story();
    let told = |line: &&str| line.contains("Reply") || line.contains("Dispose attempt");
    story.lines().filter(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn whoever_talks_with_a_callee_last_says_what_came_of_it_unless_nobody_is_to_call_them_any_more() {
    insta::assert_snapshot!(comes_back_and_is_said_more_of("open", "sold"), @"
    0.000 Reply granted
    0.000 Dispose attempt 1: sold, completed, bob
    ");
    insta::assert_snapshot!(comes_back_and_is_said_more_of("never", "sold"), @"
    0.000 Reply denied: it was said already what came of that call
    0.000 Dispose attempt 1: never, exhausted by do_not_call, barred, bob
    ");
}

#[test]
fn the_end_of_a_leg_of_the_same_name_before_it_is_dialled_ends_nothing() {
    let mut floor = talking(office(&["ann"], |_| {}));
    floor.instead("SaveTransfer", 1, Instead::Later);
    floor.asks(transfer());
    floor.leg(other(1)).does(LegNews::Ended { cause: Cause(16), tech: None });
    floor.goes_on();
    floor.leg(other(1)).answers();
    floor.callee(1).hangs_up(16, None);
    assert_eq!(on_record(&floor), (CallResult::Connected, vec![("answered", TransferWay::Transfer)]));
}

#[test]
fn where_nobody_is_ready_they_hear_the_message_and_are_no_drop() {
    let mut config = office(&["ann"], |_| {});
    config.campaigns[0].message = Some("sound:sorry".to_owned());
    let mut floor = talking(config);
    floor.asks(transfer());
    floor.agent_pauses("ann", "lunch");
    floor.leg(other(1)).rings();
    let mut floor = floor.anew();
    floor.after(Span::secs(23));
    floor.callee(1).has_heard_the_message();
    insta::assert_snapshot!(floor.story(), @r#"
    20.000 NoteAgent ann: paused on 1, pause lunch
    20.000 HangUp other 1.1
    20.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: no_answer, placed 0.000, rang 0.000, ended 20.000
    20.000 Hush Music of callee 1.1
    21.500 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (transfer by ann) by carrier 1: no_answer, placed 0.000, rang 0.000, ended 20.000
    21.500 Play sound:sorry to callee 1.1
    23.000 > callee 1.1 has heard the message
    23.000 HangUp callee 1.1
    23.000 DropBridge conversation 1
    23.000 Record attempt 1: connected (Bridged, NoAgent) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 23.000; other 1 (transfer by ann) by carrier 1: no_answer, placed 0.000, rang 0.000, ended 20.000; completed
    23.000 NoteCampaign 1: completed
    "#);
    let record = &floor.database.attempts[&AttemptId(1)].records[0];
    assert_eq!(record.times.message, None, "that is when somebody is dropped");
    assert_eq!(on_record(&floor), (CallResult::Connected, vec![("no_answer", TransferWay::Transfer)]));
    nothing_is_left(&floor);
}

#[test]
fn an_agent_consults_somebody_while_the_callee_is_on_hold_and_leaves_them_together() {
    let mut floor = talking(office(&["ann"], |rules| rules.whisper = vec!["sound:whisper".to_owned()]));
    floor.asks(consult());
    floor.leg(other(1)).answers();
    assert_eq!(
        floor.engine.view().agents[0].consults.as_ref().map(|view| view.way),
        Some(TransferWay::Consultation)
    );
    floor.leg(other(1)).hears_it_through();
    assert_eq!(together(&floor), (true, 2));
    floor.after(Span::secs(10));
    floor.asks(ann(TransferWish::Complete));
    assert_eq!(together(&floor), (false, 1));
    assert_eq!((floor.state_of("ann"), floor.engine.view().campaigns[0].handed), (AgentState::WrapUp, 1));
    floor.after(Span::secs(10));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @r#"
     0.000 > asked: Transfer { agent: AgentId(1), wish: Consult("desk") }
     0.000 SetAside callee 1.1: on
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 0.000, held 0 ms
     0.000 SaveTransfer other 1.1 by carrier 1
     0.000 Reply granted
     0.000 Originate other 1.1 to PJSIP/15559990001@trunk-a
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 0.000, held 0 ms; other 1 (consultation by ann) by carrier 1: cancelled, placed 0.000
     0.000 > other 1.1 answers
     0.000 > other 1.1 is ours
     0.000 Play sound:whisper to other 1.1
     0.000 > other 1.1 has heard sound 32769
     0.000 PutThrough other 1.1 into conversation 1
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 0.000, held 0 ms; other 1 (consultation by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    10.000 > asked: Transfer { agent: AgentId(1), wish: Complete }
    10.000 NoteAgent ann: wrap_up on 1
    10.000 Hold ann.1
    10.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 0.000, held 0 ms; other 1 (completed by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    10.000 SetAside callee 1.1: off
    10.000 Reply granted
    10.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, held 10000 ms; other 1 (completed by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000
    20.000 > callee 1.1 leaves conversation 1
    20.000 > callee 1.1 is gone (16)
    20.000 HangUp other 1.1
    20.000 DropBridge conversation 1
    20.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 20.000; held 10.000; other 1 (completed by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000, ended 20.000; completed
    20.000 NoteCampaign 1: completed
    "#);
    nothing_is_left(&floor);
}

#[test]
fn all_three_may_talk_and_each_may_leave_the_others() {
    let conference = || {
        let mut floor = consulting(office(&["ann"], |_| {}));
        floor.asks(ann(TransferWish::Join));
        assert_eq!(together(&floor), (false, 2));
        floor
    };
    let mut callee_leaves = conference();
    callee_leaves.callee(1).hangs_up(16, None);
    let mut other_leaves = conference();
    other_leaves.leg(other(1)).hangs_up(16, None);
    assert_eq!((together(&other_leaves), other_leaves.state_of("ann")), ((false, 1), AgentState::OnCall));
    other_leaves.callee(1).hangs_up(16, None);
    let mut agent_leaves = conference();
    agent_leaves.agent_hangs_up("ann");
    assert_eq!(together(&agent_leaves), (false, 1));
    agent_leaves.leg(other(1)).hangs_up(16, None);
    let mut agent_goes_on = conference();
    agent_goes_on.asks(ann(TransferWish::Complete));
    assert_eq!((together(&agent_goes_on), agent_goes_on.state_of("ann")), ((false, 1), AgentState::WrapUp));
    agent_goes_on.callee(1).hangs_up(16, None);
    let mut agent_goes_back = conference();
    agent_goes_back.asks(ann(TransferWish::Back));
    assert_eq!(
        (together(&agent_goes_back), agent_goes_back.state_of("ann")),
        ((false, 1), AgentState::OnCall)
    );
    agent_goes_back.callee(1).hangs_up(16, None);
    let (conference, completed) = (TransferWay::Conference, TransferWay::Completed);
    for (floor, way) in [
        (callee_leaves, conference),
        (other_leaves, conference),
        (agent_leaves, completed),
        (agent_goes_on, completed),
        (agent_goes_back, conference),
    ] {
        assert_eq!(on_record(&floor), (CallResult::Connected, vec![("answered", way)]));
        nothing_is_left(&floor);
    }
}

#[test]
fn whoever_hangs_up_in_a_consultation_leaves_the_others_with_what_they_have() {
    let house = || office(&["ann"], |_| {});
    // The callee: the call is over.
    let mut floor = consulting(house());
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.state_of("ann"), AgentState::WrapUp);
    assert_eq!(on_record(&floor), (CallResult::Connected, vec![("answered", TransferWay::Consultation)]));
    nothing_is_left(&floor);
    // The other: agent and callee are together again.
    let mut floor = consulting(house());
    floor.leg(other(1)).hangs_up(16, None);
    assert_eq!((together(&floor), floor.state_of("ann")), ((false, 1), AgentState::OnCall));
    // The agent, with the other on the line: as if they had completed it.
    let mut floor = consulting(house());
    floor.agent_hangs_up("ann");
    assert_eq!(together(&floor), (false, 1));
    floor.leg(other(1)).hangs_up(16, None);
    nothing_is_left(&floor);
    // The agent, while it still rings: the callee comes back, and nobody is there.
    let mut floor = talking(house());
    floor.asks(consult());
    floor.leg(other(1)).rings();
    floor.agent_hangs_up("ann");
    assert!(!floor.leg(other(1)).stands());
    assert_eq!(together(&floor), (false, 0));
    floor.after(Span::secs(3));
    assert_eq!(on_record(&floor), (CallResult::Connected, vec![("cancelled", TransferWay::Completed)]));
    nothing_is_left(&floor);
}

#[test]
fn an_agent_goes_back_to_the_callee_at_any_moment() {
    let mut floor = consulting(office(&["ann"], |_| {}));
    floor.asks(ann(TransferWish::Back));
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Transfer { agent: AgentId(1), wish: Back }
    0.000 HangUp other 1.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 0.000, held 0 ms; other 1 (consultation by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000, ended 0.000
    0.000 SetAside callee 1.1: off
    0.000 Reply granted
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; other 1 (consultation by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000, ended 0.000
    "#);
    assert_eq!(together(&floor), (false, 1));
    let mut floor = talking(office(&["ann"], |_| {}));
    floor.instead("SetAside", 1, Instead::Later);
    floor.asks(consult());
    floor.asks(ann(TransferWish::Back));
    floor.goes_on();
    assert_eq!(together(&floor), (false, 1), "what was asked of the PBX before is taken back");
    let mut floor = talking(office(&["ann"], |_| {}));
    floor.instead("SaveTransfer", 1, Instead::Later);
    floor.asks(consult());
    floor.asks(ann(TransferWish::Back));
    floor.goes_on();
    assert!(!floor.leg(other(1)).stands(), "nobody is called any more");
    assert_eq!(together(&floor), (false, 1));
}

#[test]
fn what_does_not_fit_the_moment_is_refused_in_words() {
    let mut floor = Floor::open(office(&["ann"], |_| {})).staffed(&["ann"]).dials(1).anew();
    floor.asks(transfer());
    floor.callee(1).answers();
    floor.asks(ann(TransferWish::Transfer("15551234567".to_owned())));
    floor.asks(ann(TransferWish::Complete));
    floor.asks(ann(TransferWish::Back));
    floor.asks(consult());
    floor.asks(consult());
    floor.asks(transfer());
    floor.asks(ann(TransferWish::Join));
    floor.asks(Wish::HoldCallee { agent: id_of("ann"), on: false });
    let story = floor.story();
    let replies: Vec<&str> =
        story.lines().filter_map(|line| line.split_once("Reply ")).map(|it| it.1).collect();
    assert_eq!(
        replies,
        [
            "denied: the agent is reserved",
            "denied: the campaign has nobody of that name to hand a callee over to; it has desk",
            "denied: nobody else is being called; `consult` somebody first",
            "denied: nobody else is being called; `consult` somebody first",
            "granted",
            "denied: somebody else is being called or talks with the agent already; complete, join or go back first",
            "denied: somebody else is being called or talks with the agent already; complete, join or go back first",
            "denied: whoever is being called does not talk with the agent yet",
            "denied: somebody else is being called or talks with the agent already; complete, join or go back first",
        ]
    );
}

/// What an agent is told who wants the desk in either way; they talk with the callee, who is not on hold, as before.
fn refused(config: Config, desk_number: &str) -> [String; 2] {
    [transfer(), consult()].map(|wish| {
        let mut floor = talking_of(config.clone(), desk_number);
        floor.asks(wish);
        assert_eq!((together(&floor), floor.state_of("ann")), ((false, 1), AgentState::OnCall));
        let story = floor.story();
        let (_, reply) = story.split_once("Reply ").expect("they are told something");
        reply.trim_end().to_owned()
    })
}

/// The agent talks with a callee whose lead has a number of its own for the desk.
fn talking_of(config: Config, desk_number: &str) -> Floor {
    let mut floor = Floor::open(config).staffed(&["ann"]);
    floor.adds_leads([1]);
    let item = &mut floor.database.items.get_mut(&QueueId(1)).expect("the lead").item;
    item.attributes = vec![("DESK_NUMBER".to_owned(), desk_number.to_owned())];
    floor.asks(Wish::Start(house::SPRING));
    floor.callee(1).answers();
    floor.anew()
}

#[test]
fn nobody_gives_a_callee_away_whom_there_is_no_way_to_put_through() {
    let own = |rules: &mut TransferRules| rules.to_attribute = Some("desk_number".to_owned());
    let mut full = office(&["ann"], own);
    full.carriers.iter_mut().for_each(|carrier| carrier.channels = 1);
    let no_number = "denied: what the lead has in \"desk_number\" is no number that can be called";
    assert_eq!(refused(office(&["ann"], own), "1000@evil"), [no_number; 2]);
    let carriers_full = "denied: it may not be dialled just now: carriers_full";
    assert_eq!(refused(full, "15550008888"), [carriers_full; 2]);
}

#[test]
fn a_lead_has_its_own_number_for_the_desk_after_a_restart_as_well() {
    let own = |rules: &mut TransferRules| rules.to_attribute = Some("desk_number".to_owned());
    let mut floor = talking_of(office(&["ann"], own), "15550008888");
    floor.process_restarts();
    floor.asks(transfer());
    let story = floor.story();
    assert!(story.contains("Originate other 1.1 to PJSIP/15550008888@"), "{story}");
}

/// An office in which callees talk with agents for so long at most, and longer with others.
fn brief(longest: Span) -> Config {
    let mut config = office(&["ann", "bob"], |rules| rules.longest = Span::secs(600));
    config.campaigns[0].talk_limit = longest;
    config
}

#[test]
fn while_somebody_else_has_the_callee_their_time_with_agents_stands_still() {
    let mut floor = talking(brief(Span::secs(100)));
    floor.after(Span::secs(90));
    floor.asks(transfer());
    floor.leg(other(1)).rings();
    floor.agent_logs_in("bob");
    floor.after(Span::secs(15));
    floor.leg(other(1)).hangs_up(17, 486);
    floor.after(Span::secs(9));
    assert_eq!(floor.state_of("bob"), AgentState::OnCall);
    floor.after(Span::secs(1));
    assert_eq!(floor.state_of("bob"), AgentState::WrapUp);
}

#[test]
fn whoever_was_handed_over_when_the_process_died_has_all_their_time_with_the_next_agent() {
    let mut floor = talking(brief(Span::secs(100)));
    floor.asks(transfer());
    floor.leg(other(1)).answers();
    floor.agent_logs_in("bob");
    floor.after(Span::secs(150));
    floor.process_restarts();
    assert_eq!((floor.state_of("bob"), together(&floor)), (AgentState::OnCall, (false, 1)));
    floor.after(Span::secs(99));
    assert_eq!(floor.state_of("bob"), AgentState::OnCall);
}

#[test]
fn a_hold_that_is_not_given_keeps_the_other_from_being_called() {
    let mut floor = talking(office(&["ann"], |_| {}));
    floor.instead("SetAside", 1, Instead::Answer(Outcome::Failed(Failure::OutcomeUnknown)));
    floor.asks(consult());
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Transfer { agent: AgentId(1), wish: Consult("desk") }
    0.000 SetAside callee 1.1: on
    0.000 SetAside callee 1.1: off
    0.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    "#);
}

#[test]
fn a_callee_who_is_not_taken_off_hold_is_asked_for_again() {
    let mut floor = consulting(office(&["ann"], |_| {}));
    floor.instead("SetAside", 1, Instead::Answer(Outcome::Failed(Failure::NotSent)));
    floor.asks(ann(TransferWish::Join));
    assert_eq!(together(&floor), (true, 2));
    floor.after(Span::secs(2));
    assert_eq!(together(&floor), (false, 2));
}

#[test]
fn a_process_that_dies_leaves_the_callee_with_the_agent_or_brings_them_back() {
    // In a consultation: the agent is still there.
    let mut floor = consulting(office(&["ann"], |_| {}));
    floor.process_restarts();
    assert_eq!((together(&floor), floor.state_of("ann")), ((false, 1), AgentState::OnCall));
    floor.asks(consult());
    floor.leg(other(2)).answers();
    assert_eq!(together(&floor), (true, 2), "a further leg has a name of its own");
    floor.callee(1).hangs_up(16, None);
    nothing_is_left(&floor);
    // Handed over, and the agent in wrap-up: they come back to somebody who is ready.
    let mut floor = talking(office(&["ann", "bob"], |_| {}));
    floor.asks(transfer());
    floor.leg(other(1)).answers();
    floor.agent_logs_in("bob");
    let mut floor = floor.anew();
    floor.process_restarts();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the process restarts
    0.000 NoteAgent ann: ringing on 1
    0.000 NoteAgent bob: ringing on 2
    0.000 NoteAgent ann: on_call on 1
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 > the link comes up
    0.000 Survey
    0.000 NoteAgent ann: wrap_up on 1
    0.000 Mute ann.1: off
    0.000 Hold ann.1
    0.000 Hush Ringback of callee 1.1
    0.000 SetAside callee 1.1: off
    0.000 Mute bob.2: off
    0.000 HangUp other 1.1
    0.000 NoteAgent bob: ready on 2
    0.000 Join attempt 1: callee 1.1 and bob.2
    0.000 NoteAgent bob: on_call on 2
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, bob; other 1 (transfer by ann) by carrier 1: answered, placed 0.000, answered 0.000, bridged 0.000, ended 0.000
    ");
    assert_eq!((floor.state_of("ann"), floor.state_of("bob")), (AgentState::WrapUp, AgentState::OnCall));
    assert_eq!(together(&floor), (false, 1));
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Connected]);
    nothing_is_left(&floor);
}

#[test]
fn an_agent_whose_phone_is_called_for_each_call_hands_over_as_well_and_a_process_may_die_then() {
    let mut config = house::per_call(&["ann"]);
    config.campaigns[0].transfers = office(&["ann"], |_| {}).campaigns[0].transfers.clone();
    let mut floor = talking(config);
    floor.asks(transfer());
    floor.leg(other(1)).answers();
    assert_eq!(together(&floor), (false, 1));
    floor.process_restarts();
    floor.after(Span::secs(5));
    assert_eq!(floor.results(), [CallResult::Connected]);
    nothing_is_left(&floor);
}

#[test]
fn a_callee_on_hold_hears_music_until_they_are_taken_off_it_though_the_end_of_a_whisper_is_not_heard() {
    let config = office(&["ann"], |rules| {
        rules.accept = house::desk().accept;
        rules.whisper = vec!["sound:who".to_owned()];
    });
    let mut floor = talking(config);
    floor.asks(consult());
    floor.leg(other(1)).answers();
    floor.instead("StopPlaying", 1, Instead::Answer(Outcome::Failed(Failure::Gone)));
    floor.leg(other(1)).presses("1");
    floor.after(Span::secs(2));
    assert_eq!(together(&floor), (true, 2), "{}", floor.story());
}

#[test]
fn whoever_owes_a_word_of_an_earlier_call_too_is_not_ready_in_between() {
    let mut config = office(&["ann"], |_| {});
    let set = Dispositions { demanded_within: Some(Span::secs(20)), ..house::dispositions() };
    config.campaigns[0].dispositions = Some(Arc::new(set));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.asks(transfer());
    floor.leg(other(1)).answers();
    floor.after(Span::secs(21));
    floor.callee(2).answers();
    floor.callee(1).hangs_up(16, None);
    floor.callee(2).hangs_up(16, None);
    let mut floor = floor.anew();
    says(&mut floor, "ann", "sold");
    insta::assert_snapshot!(floor.story(), @r#"
    21.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: None, note: None }
    21.000 Dispose attempt 2: sold, completed, ann
    21.000 Reply granted
    "#);
    assert_eq!(floor.state_of("ann"), AgentState::WrapUp, "she has said nothing of the other call yet");
}

#[test]
fn a_callee_who_is_handed_over_and_whose_music_could_not_be_begun_hears_it_soon() {
    for failure in [Failure::Rejected, Failure::OutcomeUnknown] {
        let mut floor = talking(office(&["ann"], |_| {}));
        floor.instead("Calm", 2, Instead::Answer(Outcome::Failed(failure)));
        floor.asks(transfer());
        floor.after(Span::secs(1));
        let callee = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
        assert!(!floor.pbx.legs[&callee].calm, "it fails twice");
        floor.after(Span::secs(1));
        assert!(floor.pbx.legs[&callee].calm, "{}", floor.story());
        floor.after(Span::secs(5));
        assert_eq!(floor.story().matches("Calm").count(), 3, "then it is not begun again");
    }
}
