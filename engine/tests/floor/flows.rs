//! An answered callee in a call flow, before an agent or instead of one.

use std::sync::Arc;

use engine::agent::AgentState;
use engine::call::CallResult;
use engine::flow::{CallFlow, NodeKind, Target, Text, TransferRules};
use engine::lead::{CompletionRule, RetryRule};
use engine::pacing::Pacing;
use engine::words::{AttemptId, Leg, Span};
use engine::{Config, Failure, LegNews, Outcome, TransferWish, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, OPENING, SPRING, id_of};
use crate::render;

/// A dial every five seconds, and the survey for whoever answers.
fn survey(agents: &[&str]) -> Config {
    let mut config = house::ahead(Pacing::Broadcast { per_minute: 12 }, agents);
    config.campaigns[0].message = None;
    config.campaigns[0].flow = Some(Arc::new(house::survey()));
    config
}

/// The first callee has answered.
fn answered(config: Config, agents: &[&'static str]) -> Floor {
    let mut floor = Floor::open(config).staffed(agents).dials(1);
    floor.callee(1).answers();
    floor.anew()
}

#[test]
fn a_callee_is_taken_through_it_and_the_record_tells_the_way() {
    let mut floor = answered(survey(&[]), &[]);
    floor.after(Span::secs(1));
    floor.callee(1).presses("32");
    floor.callee(1).hears_it_through();
    floor.callee(1).presses("#");
    floor.callee(1).hears_it_through();
    insta::assert_snapshot!(floor.story(), @"
    1.000 > callee 1.1 presses 3
    1.000 > callee 1.1 presses 2
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 3, mark cut
    1.000 StopPlaying 1 of attempt 1
    1.000 Play sound:mark to callee 1.1
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 3, mark answered 2, word cut
    1.000 StopPlaying 2 of attempt 1
    1.000 Play sound:word to callee 1.1
    1.000 > callee 1.1 has heard sound 3
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 3, mark answered 2, word cut
    1.000 StartRecording 1 of callee 1.1, 10 s at most
    1.000 > callee 1.1 presses #
    1.000 StopRecording 1 of attempt 1
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 3, mark answered 2, word recorded, thanks cut
    1.000 Play sound:thanks to callee 1.1
    1.000 > callee 1.1 has heard sound 4
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (done): menu answered 3, mark answered 2, word recorded, thanks said, bye said
    1.000 HangUp callee 1.1
    1.000 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 1.000; survey (done): menu answered 3, mark answered 2, word recorded, thanks said, bye said; completed
    1.000 NoteCampaign 1: completed
    ");
}

#[test]
fn whoever_may_have_heard_a_sound_to_its_end_in_a_gap_hears_it_again() {
    let mut floor = answered(survey(&[]), &[]);
    floor.callee(1).presses("3");
    floor.link_goes_down();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.callee(1).presses("2");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 3
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 3, mark cut
    0.000 StopPlaying 1 of attempt 1
    0.000 Play sound:mark to callee 1.1
    0.000 > the link goes down
    0.400 > the link comes up
    0.400 Survey
    0.400 StopPlaying 2 of attempt 1
    0.400 Play sound:mark to callee 1.1
    0.400 > callee 1.1 presses 2
    0.400 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 3, mark answered 2, word cut
    0.400 StopPlaying 3 of attempt 1
    0.400 Play sound:word to callee 1.1
    ");
}

#[test]
fn a_sound_of_which_nobody_can_tell_whether_it_began_is_heard_to_its_end_or_ends_the_call() {
    let asked = |instead: Instead| {
        let mut floor = Floor::open(survey(&[])).dials(1).anew();
        floor.instead("Play", 1, instead);
        floor.callee(1).answers();
        floor.after(Span::secs(4));
        floor.callee(1).presses("3");
        floor.story()
    };
    insta::assert_snapshot!(asked(Instead::Untold), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Play sound:menu to callee 1.1
    0.000 FindPlayback 1 of attempt 1
    4.000 > callee 1.1 presses 3
    4.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 3, mark cut
    4.000 StopPlaying 1 of attempt 1
    4.000 Play sound:mark to callee 1.1
    ");
    insta::assert_snapshot!(asked(Instead::Silence), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Play sound:menu to callee 1.1
    3.000 FindPlayback 1 of attempt 1
    3.500 Note attempt 1: placed 0.000, answered 0.000; survey (no_sound, incomplete): menu cut
    3.500 HangUp callee 1.1
    3.500 Record attempt 1: technical (InFlow, NoSound) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 3.500; survey (no_sound, incomplete): menu cut; retry at 303.500
    4.000 > callee 1.1 presses 3
    ");
}

/// The first callee leaves a word, and has said half of it.
fn leaves_a_word() -> Floor {
    let mut floor = answered(survey(&[]), &[]);
    floor.callee(1).presses("1");
    floor.callee(1).hears_it_through();
    floor.after(Span::secs(1));
    floor.anew()
}

#[test]
fn a_word_that_was_left_in_a_gap_is_found_and_the_callee_goes_on() {
    let mut floor = leaves_a_word();
    floor.link_goes_down();
    floor.callee(1).hears_it_through();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.callee(1).hears_it_through();
    insta::assert_snapshot!(floor.story(), @"
    1.000 > the link goes down
    1.000 > callee 1.1 recording 1: 2 s (unheard)
    1.400 > the link comes up
    1.400 Survey
    1.400 FindRecording 1 of attempt 1
    1.400 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word recorded, thanks cut
    1.400 Play sound:thanks to callee 1.1
    1.400 > callee 1.1 has heard sound 3
    1.400 Note attempt 1: placed 0.000, answered 0.000; survey (done): menu answered 1, word recorded, thanks said, bye said
    1.400 HangUp callee 1.1
    1.400 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 1.400; survey (done): menu answered 1, word recorded, thanks said, bye said; completed
    1.400 NoteCampaign 1: completed
    ");
}

#[test]
fn a_word_that_is_being_left_beyond_a_gap_is_left_to_its_end() {
    let mut floor = leaves_a_word();
    floor.link_goes_down();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.after(Span::secs(3));
    floor.callee(1).presses("#");
    insta::assert_snapshot!(floor.story(), @"
    1.000 > the link goes down
    1.400 > the link comes up
    1.400 Survey
    1.400 FindRecording 1 of attempt 1
    4.400 > callee 1.1 presses #
    4.400 StopRecording 1 of attempt 1
    4.400 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word recorded, thanks cut
    4.400 Play sound:thanks to callee 1.1
    ");
}

#[test]
fn a_word_of_which_nothing_is_kept_in_a_gap_is_none() {
    let mut floor = leaves_a_word();
    floor.link_goes_down();
    floor.callee(1).hears_it_through();
    floor.pbx.kept.clear();
    floor.link_comes_up();
    insta::assert_snapshot!(floor.story(), @"
    1.000 > the link goes down
    1.000 > callee 1.1 recording 1: 2 s (unheard)
    1.000 > the link comes up
    1.000 Survey
    1.000 FindRecording 1 of attempt 1
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (done): menu answered 1, word not_recorded, bye said
    1.000 HangUp callee 1.1
    1.000 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 1.000; survey (done): menu answered 1, word not_recorded, bye said; completed
    1.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_word_that_cannot_be_looked_for_is_ended() {
    let mut floor = leaves_a_word();
    floor.instead("FindRecording", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.link_goes_down();
    floor.link_comes_up();
    insta::assert_snapshot!(floor.story(), @"
    1.000 > the link goes down
    1.000 > the link comes up
    1.000 Survey
    1.000 FindRecording 1 of attempt 1
    1.000 StopRecording 1 of attempt 1
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word recorded, thanks cut
    1.000 Play sound:thanks to callee 1.1
    ");
}

#[test]
fn a_word_of_which_nobody_can_tell_whether_it_is_being_left_is_looked_for_and_kept() {
    let mut floor = answered(survey(&[]), &[]);
    floor.instead("StartRecording", 1, Instead::Untold);
    floor.callee(1).presses("1");
    floor.callee(1).hears_it_through();
    floor.after(Span::secs(3));
    floor.callee(1).presses("#");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 1
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word cut
    0.000 StopPlaying 1 of attempt 1
    0.000 Play sound:word to callee 1.1
    0.000 > callee 1.1 has heard sound 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word cut
    0.000 StartRecording 1 of callee 1.1, 10 s at most
    0.000 FindRecording 1 of attempt 1
    3.000 > callee 1.1 presses #
    3.000 StopRecording 1 of attempt 1
    3.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word recorded, thanks cut
    3.000 Play sound:thanks to callee 1.1
    ");

    let mut floor = answered(survey(&[]), &[]);
    floor.instead("StartRecording", 1, Instead::Silence);
    floor.callee(1).presses("1");
    floor.callee(1).hears_it_through();
    floor.after(Span::secs(10));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 1
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word cut
    0.000 StopPlaying 1 of attempt 1
    0.000 Play sound:word to callee 1.1
    0.000 > callee 1.1 has heard sound 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 1, word cut
    0.000 StartRecording 1 of callee 1.1, 10 s at most
    3.000 FindRecording 1 of attempt 1
    3.000 Note attempt 1: placed 0.000, answered 0.000; survey (done): menu answered 1, word not_recorded, bye said
    3.000 HangUp callee 1.1
    3.000 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 3.000; survey (done): menu answered 1, word not_recorded, bye said; completed
    3.000 NoteCampaign 1: completed
    ");
}

#[test]
fn an_agent_is_found_for_whoever_asks_for_one() {
    let mut floor = answered(survey(&["ann"]), &["ann"]);
    floor.callee(1).presses("2");
    floor.agent_hangs_up("ann");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 StopPlaying 1 of attempt 1
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; survey (agent): menu answered 2, agent agent
    0.000 > ann.1 leaves conversation 1
    0.000 > ann.1 is gone (16)
    0.000 NoteAgent ann: on_call, leaves
    0.000 NoteAgent ann: wrap_up, leaves
    0.000 HangUp callee 1.1
    0.000 DropBridge conversation 1
    0.000 Record attempt 1: connected (Bridged, AgentEnded) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; survey (agent): menu answered 2, agent agent; completed
    0.000 NoteCampaign 1: completed
    ");
}

#[test]
fn where_no_agent_comes_the_flow_goes_on_and_nobody_was_dropped() {
    let mut floor = answered(survey(&["ann"]), &[]);
    floor.callee(1).presses("2");
    floor.after(Span::secs(5));
    floor.callee(1).hears_it_through();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 StopPlaying 1 of attempt 1
    5.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent nobody, thanks cut
    5.000 Play sound:thanks to callee 1.1
    5.000 > callee 1.1 has heard sound 2
    5.000 Note attempt 1: placed 0.000, answered 0.000; survey (done): menu answered 2, agent nobody, thanks said, bye said
    5.000 HangUp callee 1.1
    5.000 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 5.000; survey (done): menu answered 2, agent nobody, thanks said, bye said; completed
    5.000 NoteCampaign 1: completed
    ");
}

#[test]
fn who_hangs_up_waiting_has_completed_the_flow_where_it_had_come_to_its_aim_before() {
    let waits_after_mark = |completes: bool| {
        let mut flow = house::survey();
        for node in &mut flow.nodes {
            node.completes = completes && node.name == "mark";
            if let NodeKind::Rating { next, .. } = &mut node.kind {
                *next = Target::Node("agent".to_owned());
            }
        }
        let mut floor = answered(through(flow, &["ann"]), &[]);
        floor.callee(1).presses("32");
        floor.after(Span::secs(3));
        floor.callee(1).hangs_up(16, None);
        floor.story().lines().find(|line| line.contains(" Record ")).map(str::to_owned).unwrap_or_default()
    };
    insta::assert_snapshot!([true, false].map(waits_after_mark).join("\n"), @"
    3.000 Record attempt 1: completed (FlowComplete, -) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 3.000; survey (hung_up): menu answered 3, mark answered 2, agent hung_up_waiting; completed
    3.000 Record attempt 1: hung_up_waiting (Answered, -) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 3.000; survey (hung_up, incomplete): menu answered 3, mark answered 2, agent hung_up_waiting; exhausted by rule
    ");
}

#[test]
fn a_reserved_agent_waits_until_the_callee_asks_for_them() {
    let mut config = house::progressive(&["ann"]);
    config.campaigns[0].flow = Some(Arc::new(house::survey()));
    let mut floor = answered(config, &["ann"]);
    floor.callee(1).presses("2");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 StopPlaying 1 of attempt 1
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; survey (agent): menu answered 2, agent agent
    ");
}

#[test]
fn who_opts_out_is_not_dialled_again_whatever_the_database_says() {
    let mut config = survey(&[]);
    let again = CompletionRule { least_talk: Span::secs(600), rule: RetryRule::fixed(9, Span::secs(1)) };
    config.campaigns[0].retry.completion = Some(again);
    let mut floor = answered(config, &[]);
    floor.instead("OptOut", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    floor.callee(1).presses("9");
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(3));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 9
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 9, stop cut
    0.000 StopPlaying 1 of attempt 1
    0.000 OptOut 15550000001
    0.000 Play sound:stopped to callee 1.1
    0.000 > callee 1.1 is gone (16)
    0.000 Record attempt 1: incomplete (InFlow, -) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 0.000; survey (hung_up, incomplete): menu answered 9, stop cut; exhausted by do_not_call
    0.000 NoteCampaign 1: completed
    0.780 OptOut 15550000001
    ");
}

#[test]
fn a_number_that_has_opted_out_is_not_dialled_before_that_is_written_either() {
    let mut config = survey(&[]);
    config.campaigns[0].pacing = Pacing::Broadcast { per_minute: 60 };
    let mut floor = answered(config, &[]);
    floor.instead("OptOut", 1, Instead::Later);
    floor.callee(1).presses("9");
    floor.callee(1).hangs_up(16, None);
    // It is the number of another lead, too, of which the database knows nothing yet.
    floor.database.add_lead(SPRING, 2, "15550000001", OPENING);
    floor.asks(Wish::LeadsAdded(SPRING));
    floor.after(Span::secs(4));
    assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
    floor.goes_on();
    floor.after(Span::secs(8));
    assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
}

#[test]
fn a_call_that_did_not_come_to_its_aim_is_made_again_where_a_rule_says_so() {
    let mut config = survey(&[]);
    let again = CompletionRule { least_talk: Span::ZERO, rule: RetryRule::fixed(9, Span::secs(30)) };
    config.campaigns[0].retry.completion = Some(again);
    let mut floor = answered(config, &[]);
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 is gone (16)
    0.000 Record attempt 1: incomplete (InFlow, -) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 0.000; survey (hung_up, incomplete): menu cut; retry at 30.000
    ");
}

#[test]
fn what_cannot_be_played_or_recorded_ends_it_or_leads_elsewhere() {
    let mut floor = Floor::open(survey(&[])).dials(1);
    floor.instead("Play", 1, Instead::Answer(Outcome::Failed(Failure::Gone)));
    floor.callee(1).answers();
    floor.after(Span::secs(1));
    assert_eq!(floor.results(), [CallResult::Technical]);

    let mut floor = answered(survey(&[]), &[]);
    floor.instead("StartRecording", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.callee(1).presses("32");
    floor.callee(1).hears_it_through();
    assert_eq!(floor.results(), [CallResult::Completed]);
    assert!(floor.story().contains("word not_recorded, bye said"));
}

#[test]
fn each_sound_is_looked_for_before_anybody_is_dialled() {
    let mut floor = Floor::open(survey(&[]));
    floor.adds_leads([1]);
    floor.instead("FindMedia", 3, Instead::Answer(Outcome::Done));
    floor.pbx.no_media = true;
    floor.asks(Wish::Start(SPRING));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: starting
    0.000 FindMedia sound:menu
    0.000 FindMedia sound:mark
    0.000 FindMedia sound:digits
    0.000 FindMedia sound:word
    0.000 NoteCampaign 1: ready
    0.000 Reply denied: the PBX has no sound:word: put the sound file there, or change the campaign's `message` or call flow; nothing was dialled
    ");
    assert_eq!(state(&floor, SPRING), "ready");
}

#[test]
fn a_way_that_was_lost_with_the_process_is_incomplete_and_no_drop() {
    let mut floor = answered(survey(&[]), &[]);
    floor.process_restarts();
    floor.after(Span::secs(5));
    assert_eq!(floor.results(), [CallResult::Incomplete]);
    assert!(floor.pbx.legs.is_empty());
}

/// What is on record of the first callee's way, and what came of the call.
fn way_on_record(floor: &Floor) -> (String, CallResult) {
    let record = &floor.database.attempts[&AttemptId(1)].records[0];
    (render::way(record.flow.as_deref().expect("they were in a flow")), record.result)
}

#[test]
fn what_was_answered_before_the_process_died_is_on_record_with_when_it_was() {
    let mut floor = answered(survey(&[]), &[]);
    floor.after(Span::secs(2));
    floor.callee(1).presses("32");
    floor.callee(1).hears_it_through();
    floor.process_is_gone_for(Span::secs(3));
    floor.after(Span::secs(5));
    let way = "survey (hung_up, incomplete): menu answered 3, mark answered 2, word cut; ";
    assert_eq!(way_on_record(&floor), (way.to_owned(), CallResult::Incomplete), "{}", floor.story());
    let record = &floor.database.attempts[&AttemptId(1)].records[0];
    let steps = &record.flow.as_ref().expect("as above").steps;
    let at = |seconds| OPENING + Span::secs(seconds);
    assert_eq!(steps.iter().map(|step| step.at).collect::<Vec<_>>(), [at(0), at(2), at(2)]);
    let recordings: Vec<_> = steps.iter().filter_map(|step| step.recording.as_deref()).collect();
    assert_eq!(recordings, ["rm1.r.1.1"]);
}

#[test]
fn whoever_hangs_up_while_there_is_no_process_has_answered_what_they_have_answered() {
    let mut config = survey(&[]);
    let mut flow = house::survey();
    flow.nodes[2].completes = true;
    config.campaigns[0].flow = Some(Arc::new(flow));
    let mut floor = answered(config, &[]);
    floor.callee(1).presses("412");
    floor.link_goes_down();
    floor.callee(1).hangs_up(16, None);
    floor.process_restarts();
    floor.after(Span::secs(5));
    let way = "survey (hung_up): menu answered 4, digits answered 12, thanks cut; ";
    assert_eq!(way_on_record(&floor), (way.to_owned(), CallResult::Completed), "{}", floor.story());
}

#[test]
fn whoever_had_come_to_the_end_of_it_when_the_process_died_before_the_record_was_written_has_completed_it() {
    let mut floor = answered(survey(&[]), &[]);
    floor.instead("HangUp", 1, Instead::Silence);
    floor.callee(1).presses("41#");
    floor.callee(1).hears_it_through();
    floor.process_restarts();
    floor.after(Span::secs(5));
    let way = "survey (done): menu answered 4, digits answered 1, thanks said, bye said; ";
    assert_eq!(way_on_record(&floor), (way.to_owned(), CallResult::Completed), "{}", floor.story());
}

#[test]
fn whoever_was_asked_the_first_question_when_the_process_died_is_taken_to_have_been_so_since_the_answer() {
    let mut floor = answered(survey(&[]), &[]);
    floor.process_is_gone_for(Span::secs(3));
    floor.after(Span::secs(5));
    let way = "survey (hung_up, incomplete): menu cut; ";
    assert_eq!(way_on_record(&floor), (way.to_owned(), CallResult::Incomplete));
    let record = &floor.database.attempts[&AttemptId(1)].records[0];
    assert_eq!(record.flow.as_ref().expect("as above").steps[0].at, OPENING);
}

#[test]
fn what_was_answered_before_an_agent_came_is_on_record_of_a_conversation_that_outlives_the_process() {
    for (lost, way) in [
        (0, "survey (agent): menu answered 2, agent agent; "),
        // That the agent came was not noted, and is found.
        (2, "survey (agent, incomplete): menu answered 2, agent agent; "),
    ] {
        let mut floor = answered(survey(&["ann"]), &[]);
        floor.callee(1).presses("2");
        if lost > 0 {
            floor.instead("Note", lost, Instead::Silence);
        }
        floor.agent_logs_in("ann");
        floor.process_restarts();
        floor.process_restarts();
        floor.callee(1).hangs_up(16, None);
        assert_eq!(way_on_record(&floor), (way.to_owned(), CallResult::Connected), "{}", floor.story());
    }
}

#[test]
fn keys_and_sounds_of_who_is_in_no_flow_change_nothing() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    let mut floor = floor.anew();
    floor.callee(1).presses("1");
    floor.callee(1).does(LegNews::Played { nth: 3, whole: true });
    assert_eq!(floor.story().lines().filter(|line| !line.contains('>')).count(), 0);
    assert!(floor.database.attempts[&AttemptId(1)].records.is_empty());
}

#[test]
fn a_flow_goes_only_with_a_pacing_that_does_not_count_on_an_agent_for_each_answer() {
    let refused = |config: Config| engine::Engine::new(config, [7; 32], house::OPENING).map(drop);
    let mut ahead = house::ratio(2_000, &["ann"]);
    ahead.campaigns[0].flow = Some(Arc::new(house::survey()));
    let mut alone = house::progressive(&["ann"]);
    let mut flow = house::survey();
    flow.nodes.retain(|node| node.name == "bye");
    alone.campaigns[0].flow = Some(Arc::new(flow));
    let mut broken = survey(&[]);
    let mut flow = house::survey();
    flow.nodes.retain(|node| node.name != "stop");
    broken.campaigns[0].flow = Some(Arc::new(flow));
    let told = [ahead, alone, broken].map(|config| refused(config).map_err(|bad| bad.to_string()));
    insta::assert_debug_snapshot!(told, @r#"
    [
        Err(
            "campaign \"spring\": flow: goes with mode = \"progressive\", \"preview\" or \"broadcast\": this mode counts on an agent for each answer",
        ),
        Err(
            "campaign \"spring\": flow: asks for no agent, and this mode reserves one for each call: use mode = \"broadcast\", or a queue",
        ),
        Err(
            "campaign \"spring\": flow: node \"menu\": keys.9: there is no node \"stop\"; there are menu, mark, digits, word, agent, desk, room, thanks, bye, and hang_up",
        ),
    ]
    "#);
}

#[test]
fn a_text_that_cannot_be_written_down_is_handed_on_later_and_the_callee_does_not_wait_for_it() {
    let mut config = survey(&[]);
    let mut flow = house::survey();
    let text = Text::parse("Thank you, {number}").expect("a text");
    let kind = NodeKind::Sms { text, next: Target::HangUp };
    let node = &mut flow.nodes[0];
    (node.kind, node.most_visits) = (kind, 1);
    flow.nodes.truncate(1);
    config.campaigns[0].flow = Some(Arc::new(flow));
    let mut floor = Floor::open(config).dials(1);
    floor.instead("SendText", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    floor.callee(1).answers();
    assert_eq!((floor.results().as_slice(), floor.database.texts.len()), (&[CallResult::Completed][..], 0));
    floor.after(Span::secs(3));
    let texts: Vec<_> = floor.database.texts.values().collect();
    assert_eq!(texts, ["Thank you, 15550000001"]);
}

/// The survey, in which whoever waits for an agent hears music.
fn with_music(agents: &[&str]) -> Config {
    let mut flow = house::survey();
    house::with_music(&mut flow);
    through(flow, agents)
}

/// The house of the survey with that flow in its place.
fn through(flow: CallFlow, agents: &[&str]) -> Config {
    let mut config = survey(agents);
    config.campaigns[0].flow = Some(Arc::new(flow));
    config
}

#[test]
fn who_waits_and_could_not_be_joined_is_offered_to_agents_again_after_a_rest() {
    let mut flow = house::survey();
    for node in &mut flow.nodes {
        if let NodeKind::Queue { wait, .. } = &mut node.kind {
            *wait = Span::secs(60);
        }
    }
    let mut floor = answered(through(flow, &["ann"]), &["ann"]);
    floor.instead("Join", 3, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.callee(1).presses("2");
    floor.after(Span::secs(10));
    assert_eq!(floor.state_of("ann"), AgentState::OnCall, "{}", floor.story());
}

#[test]
fn who_waits_for_an_agent_hears_music_until_one_comes_and_none_where_one_is_there() {
    let mut floor = answered(with_music(&["ann"]), &[]);
    floor.callee(1).presses("2");
    floor.after(Span::secs(2));
    floor.agent_logs_in("ann");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 StopPlaying 1 of attempt 1
    0.000 Calm callee 1.1 by Music
    2.000 > asked: LogIn(AgentId(1))
    2.000 NoteAgent ann: ringing
    2.000 NoteAgent ann: ringing on 1
    2.000 Originate ann.1 to PJSIP/ann
    2.000 Reply granted
    2.000 Hold ann.1
    2.000 NoteAgent ann: ready on 1
    2.000 Join attempt 1: callee 1.1 and ann.1, Music ends
    2.000 NoteAgent ann: on_call on 1
    2.000 Note attempt 1: placed 0.000, answered 0.000, bridged 2.000, ann; survey (agent): menu answered 2, agent agent
    ");
    let mut floor = answered(with_music(&["ann"]), &["ann"]);
    floor.callee(1).presses("2");
    assert!(!floor.story().contains("Calm"), "an agent is there");
}

#[test]
fn who_waits_for_an_agent_and_whose_music_could_not_be_begun_hears_it_soon_and_is_in_the_line_again() {
    let mut floor = answered(with_music(&["ann"]), &[]);
    floor.instead("Calm", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.callee(1).presses("2");
    floor.after(Span::millis(1_500));
    let callee = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    assert!(floor.pbx.legs[&callee].calm, "{}", floor.story());
    floor.agent_logs_in("ann");
    assert_eq!(floor.state_of("ann"), AgentState::OnCall, "{}", floor.story());
    assert!(!floor.pbx.legs[&callee].calm);
}

#[test]
fn the_music_of_who_waits_in_vain_ends_before_the_flow_goes_on() {
    let mut floor = answered(with_music(&["ann"]), &[]);
    floor.callee(1).presses("2");
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 presses 2
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent hung_up_waiting
    0.000 StopPlaying 1 of attempt 1
    0.000 Calm callee 1.1 by Music
    5.000 Hush Music of callee 1.1
    5.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): menu answered 2, agent nobody, thanks cut
    5.000 Play sound:thanks to callee 1.1
    ");
}

#[test]
fn an_agent_who_comes_while_the_music_begins_waits_until_it_has_and_a_join_that_fails_brings_it_back() {
    let mut floor = answered(with_music(&["ann"]), &[]);
    floor.instead("Calm", 1, Instead::Later);
    floor.callee(1).presses("2");
    floor.agent_logs_in("ann");
    assert!(!floor.story().contains("Join"), "the music would begin with the agent");
    floor.instead("Join", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.goes_on();
    let story = floor.story();
    let verbs: Vec<&str> = story.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(verbs.iter().filter(|verb| **verb == "Calm").count(), 1, "{story}");
}

#[test]
fn who_has_been_through_it_and_is_handed_over_in_vain_does_not_go_on_with_it() {
    let mut config = survey(&["ann"]);
    let rules = TransferRules { accept: None, ..house::desk() };
    config.campaigns[0].transfers.insert("desk".to_owned(), Arc::new(rules));
    let mut floor = answered(config, &["ann"]);
    floor.callee(1).presses("2");
    let wish = TransferWish::Transfer("desk".to_owned());
    floor.asks(Wish::Transfer { agent: id_of("ann"), wish });
    floor.agent_pauses("ann", "lunch");
    let mut floor = floor.anew();
    floor.leg(Leg::Transfer { attempt: AttemptId(1), ordinal: 1 }).hangs_up(17, 486);
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > other 1.1 is gone (17/486)
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; survey (agent): menu answered 2, agent agent; other 1 (transfer by ann) by carrier 1: busy 17/486, placed 0.000, ended 0.000
    0.000 Hush Music of callee 1.1
    1.500 HangUp callee 1.1
    1.500 DropBridge conversation 1
    1.500 Record attempt 1: connected (Bridged, NoAgent) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 1.500; survey (agent): menu answered 2, agent agent; other 1 (transfer by ann) by carrier 1: busy 17/486, placed 0.000, ended 0.000; completed
    1.500 NoteCampaign 1: completed
    ");
}
