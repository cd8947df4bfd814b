//! A person or a machine: before the agent, and beside them.

use std::sync::Arc;

use engine::amd::{AmdRules, Detection, JudgeRules, Policy, Verdict, VerdictCause};
use engine::call::CallResult;
use engine::campaign::CampaignRules;
use engine::flow::TransferRules;
use engine::pacing::Pacing;
use engine::words::{AttemptId, Leg, Milli, Span};
use engine::{Config, Failure, LegNews, Outcome, TransferWish, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, GATE, SPRING, id_of};

const PARALLEL: Detection = Detection::Parallel(JudgeRules {
    initial_silence: Span::millis(3_000),
    greeting: Span::millis(1_500),
    after_greeting_silence: Span::millis(800),
    total: Span::millis(5_000),
    talk_silence: Span::millis(250),
    talk_level: 256,
});

/// A progressive campaign that deals with machines so.
fn with(detection: Detection, machine: Policy) -> Config {
    let mut config = house::progressive(&["ann"]);
    config.campaigns[0].amd = house::amd(detection, machine);
    config
}

/// The first callee has answered.
fn answered(config: Config) -> Floor {
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).answers();
    floor
}

fn judged(verdict: Verdict, cause: VerdictCause, silence_ms: u64) -> LegNews {
    LegNews::Judged { verdict, cause, silence: Span::millis(silence_ms) }
}

#[test]
fn behind_the_gate_a_person_is_joined_with_the_agent_who_was_kept_for_them() {
    let mut floor = answered(with(GATE, Policy::HangUp));
    floor.after(Span::millis(1_000));
    floor.judges(1, judged(Verdict::Human, VerdictCause::ShortGreeting, 400));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Detect callee 1.1
    1.000 > callee 1.1 is judged: human, short_greeting
    1.000 Join attempt 1: callee 1.1 and ann.1
    1.000 Note attempt 1: placed 0.000, answered 0.000, ann; human by gate at 1000 ms: short_greeting
    1.000 NoteAgent ann: on_call on 1
    1.000 Note attempt 1: placed 0.000, answered 0.000, bridged 1.000, ann; human by gate at 1000 ms: short_greeting
    1.000 > callee 1.1 leaves conversation 1
    1.000 > callee 1.1 is gone (16)
    1.000 NoteAgent ann: wrap_up on 1
    1.000 Hold ann.1
    1.000 DropBridge conversation 1
    1.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 1.000, ended 1.000; human by gate at 1000 ms: short_greeting; completed
    1.000 NoteCampaign 1: completed
    ");
}

#[test]
fn behind_the_gate_a_machine_is_hung_up_on_and_the_agent_is_free() {
    let mut floor = answered(with(GATE, Policy::HangUp));
    floor.after(Span::millis(1_800));
    floor.judges(1, judged(Verdict::Machine, VerdictCause::LongGreeting, 0));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Detect callee 1.1
    1.800 > callee 1.1 is judged: machine, long_greeting
    1.800 HangUp callee 1.1
    1.800 Record attempt 1: machine (Machine, Screened) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 1.800; machine by gate at 1800 ms: long_greeting; exhausted by rule
    1.800 NoteCampaign 1: completed
    ");
}

#[test]
fn a_machine_is_left_a_message_when_it_has_been_silent_and_not_before() {
    let mut floor = answered(with(GATE, Policy::Message));
    floor.after(Span::millis(1_800));
    floor.judges(1, judged(Verdict::Machine, VerdictCause::LongGreeting, 0));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::millis(4_250));
    floor.callee(1).does(LegNews::TalkEnded { lasted: Span::millis(4_000) });
    floor.after(Span::millis(1_000));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::millis(650));
    floor.callee(1).does(LegNews::TalkEnded { lasted: Span::millis(400) });
    floor.after(Span::millis(1_750));
    floor.callee(1).has_heard_the_message();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Detect callee 1.1
    1.800 > callee 1.1 is judged: machine, long_greeting
    1.800 Note attempt 1: placed 0.000, answered 0.000; machine by gate at 1800 ms: long_greeting
    1.800 Listen callee 1.1
    1.800 > callee 1.1 talks
    6.050 > callee 1.1 is silent after 4000 ms
    7.050 > callee 1.1 talks
    7.700 > callee 1.1 is silent after 400 ms
    9.450 Play sound:sorry to callee 1.1
    9.450 > callee 1.1 has heard the message
    9.450 HangUp callee 1.1
    9.450 Record attempt 1: machine (Machine, MessageLeft) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 9.450; machine by gate at 1800 ms: long_greeting, message at 9450 ms; exhausted by rule
    9.450 NoteCampaign 1: completed
    ");
}

#[test]
fn a_machine_that_is_never_silent_is_left_nothing() {
    let mut floor = answered(with(GATE, Policy::Message));
    floor.judges(1, judged(Verdict::Machine, VerdictCause::LongGreeting, 0));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::secs(30));
    assert_eq!(floor.results(), [CallResult::Machine]);
    assert!(!floor.story().contains("Play"));
}

#[test]
fn beside_the_agent_a_person_stays_with_them() {
    let mut floor = answered(with(PARALLEL, Policy::HangUp));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::millis(850));
    floor.callee(1).does(LegNews::TalkEnded { lasted: Span::millis(600) });
    floor.after(Span::millis(550));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::secs(60));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > callee 1.1 answers
     0.000 > callee 1.1 is ours
     0.000 Note attempt 1: placed 0.000, answered 0.000
     0.000 Join attempt 1: callee 1.1 and ann.1
     0.000 Note attempt 1: placed 0.000, answered 0.000, ann
     0.000 NoteAgent ann: on_call on 1
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
     0.000 > callee 1.1 talks
     0.850 > callee 1.1 is silent after 600 ms
     1.400 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; human by parallel at 1400 ms: short_greeting
     1.400 StopListening callee 1.1
     1.400 > callee 1.1 talks
    60.000 Survey
    61.400 > callee 1.1 leaves conversation 1
    61.400 > callee 1.1 is gone (16)
    61.400 NoteAgent ann: wrap_up on 1
    61.400 Hold ann.1
    61.400 DropBridge conversation 1
    61.400 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 61.400; human by parallel at 1400 ms: short_greeting; completed
    61.400 NoteCampaign 1: completed
    ");
}

#[test]
fn beside_the_agent_a_machine_loses_them_and_they_are_ready_at_once() {
    let mut floor = answered(with(PARALLEL, Policy::HangUp));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
    0.000 > callee 1.1 talks
    1.750 NoteAgent ann: ringing on 1
    1.750 Hold ann.1
    1.750 HangUp callee 1.1
    1.750 NoteAgent ann: ready on 1
    1.750 DropBridge conversation 1
    1.750 Record attempt 1: machine (Machine, Screened) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 1.750; machine by parallel at 1750 ms: long_greeting; exhausted by rule
    1.750 NoteCampaign 1: completed
    ");
}

#[test]
fn a_machine_that_lost_its_agent_is_left_a_message() {
    let mut floor = answered(with(PARALLEL, Policy::Message));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::millis(5_250));
    floor.callee(1).does(LegNews::TalkEnded { lasted: Span::secs(5) });
    floor.after(Span::millis(1_750));
    floor.callee(1).has_heard_the_message();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.1 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
    0.000 > callee 1.1 talks
    1.750 NoteAgent ann: ringing on 1
    1.750 Hold ann.1
    1.750 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000; machine by parallel at 1750 ms: long_greeting
    1.750 DropBridge conversation 1
    1.750 NoteAgent ann: ready on 1
    5.250 > callee 1.1 is silent after 5000 ms
    7.000 Play sound:sorry to callee 1.1
    7.000 > callee 1.1 has heard the message
    7.000 HangUp callee 1.1
    7.000 DropBridge conversation 1
    7.000 Record attempt 1: machine (Machine, MessageLeft) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 7.000; machine by parallel at 1750 ms: long_greeting, message at 7000 ms; exhausted by rule
    7.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_machine_that_was_left_its_message_in_a_gap_is_hung_up_on_after_it() {
    let mut floor = answered(with(GATE, Policy::Message));
    floor.judges(1, judged(Verdict::Machine, VerdictCause::LongGreeting, 0));
    floor.after(Span::secs(3));
    let mut floor = floor.anew();
    floor.link_goes_down();
    floor.callee(1).hears_it_through();
    floor.link_comes_up();
    insta::assert_snapshot!(floor.story(), @"
    3.000 > the link goes down
    3.000 > callee 1.1 has heard the message (unheard)
    3.000 > the link comes up
    3.000 Survey
    3.000 FindPlayback 0 of attempt 1
    3.000 HangUp callee 1.1
    3.000 Record attempt 1: machine (Machine, MessageLeft) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 3.000; machine by gate at 0 ms: long_greeting, message at 2000 ms; exhausted by rule
    3.000 NoteCampaign 1: completed
    ");
}

/// A machine that talks when the process restarts, and what becomes of it.
fn over_a_restart(detection: Detection, before: Span) -> String {
    let mut floor = answered(with(detection, Policy::Message));
    floor.callee(1).does(LegNews::TalkBegan);
    if detection == GATE {
        floor.judges(1, judged(Verdict::Machine, VerdictCause::LongGreeting, 0));
    }
    floor.after(before);
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.story()
}

#[test]
fn a_machine_that_is_to_be_left_a_message_when_the_process_restarts_is_let_go_and_offered_to_nobody() {
    insta::assert_snapshot!(over_a_restart(GATE, Span::secs(3)), @"
    3.000 > the process restarts
    3.000 NoteAgent ann: ringing on 1
    3.000 > the link comes up
    3.000 Survey
    3.000 HangUp callee 1.1
    3.000 Mute ann.1: off
    3.000 FindMedia sound:sorry
    3.000 DropBridge conversation 1
    3.000 Record attempt 1: machine (Machine, Screened) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 3.000; machine by gate at 0 ms: long_greeting; exhausted by rule
    3.000 NoteAgent ann: ready on 1
    3.000 NoteCampaign 1: running
    3.000 Fetch 4 for campaign 1, below 5 attempts
    3.000 NoteCampaign 1: completed
    ");
    insta::assert_snapshot!(over_a_restart(PARALLEL, Span::secs(3)), @"
    3.000 > the process restarts
    3.000 NoteAgent ann: ringing on 1
    3.000 > the link comes up
    3.000 Survey
    3.000 HangUp callee 1.1
    3.000 Mute ann.1: off
    3.000 FindMedia sound:sorry
    3.000 DropBridge conversation 1
    3.000 Record attempt 1: machine (Machine, Screened) [1: carrier 1 16]; placed 0.000, answered 0.000, bridged 0.000, ended 3.000; machine by parallel at 1750 ms: long_greeting; exhausted by rule
    3.000 NoteAgent ann: ready on 1
    3.000 NoteCampaign 1: running
    3.000 Fetch 4 for campaign 1, below 5 attempts
    3.000 NoteCampaign 1: completed
    ");
}

#[test]
fn who_was_taken_for_a_person_is_on_record_so_though_the_process_restarts() {
    let mut floor = answered(with(PARALLEL, Policy::HangUp));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::millis(850));
    floor.callee(1).does(LegNews::TalkEnded { lasted: Span::millis(600) });
    floor.after(Span::secs(5));
    let mut floor = floor.anew();
    floor.process_restarts();
    floor.after(Span::secs(5));
    floor.callee(1).hangs_up(16, None);
    let story = floor.story();
    let record = story.lines().find(|line| line.contains(" Record ")).unwrap_or_default();
    insta::assert_snapshot!(record, @"   10.850 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 10.850; human by parallel at 1400 ms: short_greeting; completed");
}

#[test]
fn whoever_may_have_talked_in_a_gap_is_left_to_the_agent() {
    let mut floor = answered(with(PARALLEL, Policy::HangUp));
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::millis(500));
    floor.link_goes_down();
    floor.callee(1).does(LegNews::TalkEnded { lasted: Span::millis(300) });
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.after(Span::secs(30));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > callee 1.1 answers
     0.000 > callee 1.1 is ours
     0.000 Note attempt 1: placed 0.000, answered 0.000
     0.000 Join attempt 1: callee 1.1 and ann.1
     0.000 Note attempt 1: placed 0.000, answered 0.000, ann
     0.000 NoteAgent ann: on_call on 1
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
     0.000 > callee 1.1 talks
     0.500 > the link goes down
     0.500 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann; not_sure by parallel at 500 ms: no_verdict
     0.500 StopListening callee 1.1
     0.500 > callee 1.1 is silent after 300 ms (unheard)
     0.900 > the link comes up
     0.900 Survey
    30.900 > callee 1.1 leaves conversation 1
    30.900 > callee 1.1 is gone (16)
    30.900 NoteAgent ann: wrap_up on 1
    30.900 Hold ann.1
    30.900 DropBridge conversation 1
    30.900 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 30.900; not_sure by parallel at 500 ms: no_verdict; completed
    30.900 NoteCampaign 1: completed
    ");
}

#[test]
fn whoever_talked_when_the_link_went_and_answers_later_is_left_to_the_agent() {
    let mut floor = Floor::open(with(PARALLEL, Policy::HangUp)).staffed(&["ann"]).dials(1);
    floor.callee(1).rings();
    floor.callee(1).does(LegNews::TalkBegan);
    floor.link_goes_down();
    floor.after(Span::millis(400));
    floor.link_comes_up();
    let mut floor = floor.anew();
    floor.after(Span::secs(1));
    // The talk goes on, of which nobody tells again.
    floor.callee(1).answers();
    floor.after(Span::secs(4));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    1.400 > callee 1.1 answers
    1.400 > callee 1.1 is ours
    1.400 Note attempt 1: placed 0.000, rang 0.000, answered 1.400
    1.400 Join attempt 1: callee 1.1 and ann.1
    1.400 Note attempt 1: placed 0.000, rang 0.000, answered 1.400, ann
    1.400 Note attempt 1: placed 0.000, rang 0.000, answered 1.400, ann; not_sure by parallel at 0 ms: no_verdict
    1.400 StopListening callee 1.1
    1.400 NoteAgent ann: on_call on 1
    1.400 Note attempt 1: placed 0.000, rang 0.000, answered 1.400, bridged 1.400, ann; not_sure by parallel at 0 ms: no_verdict
    5.400 > callee 1.1 leaves conversation 1
    5.400 > callee 1.1 is gone (16)
    5.400 NoteAgent ann: wrap_up on 1
    5.400 Hold ann.1
    5.400 DropBridge conversation 1
    5.400 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, rang 0.000, answered 1.400, bridged 1.400, ended 5.400; not_sure by parallel at 0 ms: no_verdict; completed
    5.400 NoteCampaign 1: completed
    ");
}

#[test]
fn whoever_answered_in_a_gap_is_left_to_the_agent() {
    let mut floor = Floor::open(with(PARALLEL, Policy::HangUp)).staffed(&["ann"]).dials(1).anew();
    floor.link_goes_down();
    floor.callee(1).answers();
    floor.callee(1).does(LegNews::TalkBegan);
    floor.callee(1).does(LegNews::TalkEnded { lasted: Span::millis(300) });
    floor.after(Span::millis(400));
    floor.link_comes_up();
    floor.after(Span::secs(30));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > the link goes down
     0.000 > callee 1.1 answers (unheard)
     0.000 > callee 1.1 is ours (unheard)
     0.000 > callee 1.1 talks (unheard)
     0.000 > callee 1.1 is silent after 300 ms (unheard)
     0.400 > the link comes up
     0.400 Survey
     0.400 Join attempt 1: callee 1.1 and ann.1
     0.400 Note attempt 1: placed 0.000, answered 0.400, ann
     0.400 Note attempt 1: placed 0.000, answered 0.400, ann; not_sure by parallel at 0 ms: no_verdict
     0.400 StopListening callee 1.1
     0.400 NoteAgent ann: on_call on 1
     0.400 Note attempt 1: placed 0.000, answered 0.400, bridged 0.400, ann; not_sure by parallel at 0 ms: no_verdict
    30.400 > callee 1.1 leaves conversation 1
    30.400 > callee 1.1 is gone (16)
    30.400 NoteAgent ann: wrap_up on 1
    30.400 Hold ann.1
    30.400 DropBridge conversation 1
    30.400 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.400, bridged 0.400, ended 30.400; not_sure by parallel at 0 ms: no_verdict; completed
    30.400 NoteCampaign 1: completed
    ");
}

/// Asterisk never ends a sound that is asked for while the channel is leaving its bridge.
#[test]
fn no_message_begins_before_the_callee_has_left_the_bridge() {
    let mut floor = answered(with(PARALLEL, Policy::Message));
    floor.instead("DropBridge", 1, Instead::Later);
    // Nothing was said for three seconds, so there has been silence for long enough.
    floor.after(Span::secs(4));
    assert!(!floor.story().contains("Play"));
    floor.goes_on();
    let story = floor.story();
    assert!(story.contains("4.000 Play sound:sorry"), "{story}");
}

#[test]
fn whoever_hangs_up_at_any_moment_leaves_one_result_and_a_ready_agent() {
    for detection in [GATE, PARALLEL] {
        for policy in [Policy::Connect, Policy::HangUp, Policy::Message] {
            for ms in (0..9_000).step_by(150) {
                let mut floor = answered(with(detection, policy));
                floor.callee(1).does(LegNews::TalkBegan);
                for _ in 0..ms / 150 {
                    floor.after(Span::millis(150));
                    let passed = floor.passed();
                    if passed == Span::millis(1_500) && detection == GATE {
                        floor.judges(1, judged(Verdict::Machine, VerdictCause::LongGreeting, 0));
                    }
                    if passed == Span::millis(4_500) && floor.callee(1).stands() {
                        floor.callee(1).does(LegNews::TalkEnded { lasted: Span::millis(4_250) });
                    }
                }
                floor.callee(1).hangs_up(16, None);
                floor.after(Span::secs(60));
                let results = floor.results();
                assert_eq!(results.len(), 1, "{detection:?} {policy:?} at {ms}: {results:?}");
                assert_eq!(floor.state_of("ann").name(), "ready", "{detection:?} {policy:?} at {ms}");
                assert_eq!(floor.pbx.legs.len(), 1, "only the agent is there");
            }
        }
    }
}

#[test]
fn where_the_exchange_cannot_listen_whoever_answers_is_taken_for_a_person() {
    let mut floor = Floor::open(with(GATE, Policy::HangUp)).staffed(&["ann"]).dials(1).anew();
    floor.instead("Detect", 1, Instead::Answer(Outcome::Failed(Failure::NotOurs)));
    floor.callee(1).answers();
    let story = floor.story();
    assert!(story.contains("Join attempt 1"), "{story}");
}

#[test]
fn a_verdict_that_does_not_come_is_not_waited_for() {
    let mut floor = Floor::open(with(GATE, Policy::HangUp)).staffed(&["ann"]).dials(1).anew();
    floor.instead("Detect", 1, Instead::Silence);
    floor.callee(1).answers();
    floor.after(Span::secs(8));
    let story = floor.story();
    assert!(story.contains("8.000 Join attempt 1"), "{story}");
}

#[test]
fn a_person_whom_the_policy_does_not_connect_is_a_drop_and_a_machine_is_none() {
    for (verdict, result) in [
        (Verdict::Human, CallResult::Dropped),
        (Verdict::NotSure, CallResult::Dropped),
        (Verdict::Machine, CallResult::Machine),
        (Verdict::Fax, CallResult::Fax),
    ] {
        let mut config = with(GATE, Policy::HangUp);
        let mut amd = (*house::amd(GATE, Policy::HangUp).expect("rules")).clone();
        (amd.policies.human, amd.policies.not_sure) = (Policy::HangUp, Policy::HangUp);
        config.campaigns[0].amd = Some(amd.into());
        let mut floor = answered(config);
        floor.judges(1, judged(verdict, VerdictCause::Other, 0));
        assert_eq!(floor.results(), [result]);
    }
}

#[test]
fn the_message_for_whom_no_agent_came_counts_from_the_end_of_the_greeting() {
    let mut config = house::ahead(Pacing::Broadcast { per_minute: 12 }, &[]);
    config.campaigns[0].amd = house::amd(GATE, Policy::HangUp);
    let mut floor = Floor::open(config).dials(1).anew();
    floor.callee(1).answers();
    floor.after(Span::millis(2_000));
    floor.judges(1, judged(Verdict::Human, VerdictCause::ShortGreeting, 400));
    floor.after(Span::millis(1_500));
    let story = floor.story();
    // Greeted until 1.6 s, and 1.5 s from then.
    assert!(story.contains("3.100 Play sound:sorry"), "{story}");
}

#[test]
fn whoever_keys_were_sent_to_is_listened_to_from_the_end_of_the_keys() {
    let mut config = with(PARALLEL, Policy::HangUp);
    let keys = "WWWW1".to_owned().try_into().expect("digits");
    config.campaigns[0].digits.after_answer = Some(keys);
    let mut floor = answered(config);
    floor.after(Span::secs(6));
    assert_eq!(floor.state_of("ann").name(), "on_call", "{}", floor.story());
    floor.after(Span::millis(1_200));
    assert!(floor.story().contains("HangUp callee 1.1"), "nobody has said a word for three seconds since");
}

/// What the drop window has counted, with so many callees of whom the exchange says this.
fn counted(verdicts: &[Verdict]) -> (u64, u64) {
    let mut config = house::predictive(&["ann"]);
    config.campaigns[0].wrap_up = Span::ZERO;
    let mut amd = (*house::amd(GATE, Policy::HangUp).expect("rules")).clone();
    amd.false_positives = Milli(250);
    config.campaigns[0].amd = Some(amd.into());
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(verdicts.len() as u64);
    for (attempt, verdict) in (1..).zip(verdicts) {
        floor.after(Span::secs(1));
        floor.callee(attempt).answers();
        floor.judges(attempt, judged(*verdict, VerdictCause::Other, 0));
        floor.callee(attempt).hangs_up(16, None);
    }
    in_the_window(&floor)
}

/// Answers and drops that the drop window has counted, which another process would count too.
fn in_the_window(floor: &Floor) -> (u64, u64) {
    let window = floor.engine.view().campaigns[0].windows[0];
    assert_eq!(window, floor.database.count(window.since), "another process would count the same");
    (window.answers, window.drops)
}

#[test]
fn machines_are_no_answers_and_some_of_them_count_as_drops() {
    use Verdict::{Human, Machine};
    assert_eq!(counted(&[Human, Machine, Human, Machine, Machine]), (2, 0));
    assert_eq!(counted(&[Human, Machine, Human, Machine, Machine, Machine]), (2, 1));
}

#[test]
fn whoever_hangs_up_before_it_is_known_what_they_are_counts_as_an_answer_once() {
    let mut config = house::predictive(&["ann"]);
    config.campaigns[0].amd = house::amd(GATE, Policy::HangUp);
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::HungUpWaiting]);
    assert_eq!(in_the_window(&floor), (1, 0));
}

#[test]
fn a_machine_that_was_to_be_connected_and_found_no_agent_is_no_answer() {
    let mut config = house::predictive(&["ann"]);
    config.campaigns[0].amd = house::amd(GATE, Policy::Connect);
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.agent_hangs_up("ann");
    floor.judges(1, judged(Verdict::Machine, VerdictCause::Other, 0));
    floor.after(Span::secs(2));
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Machine]);
    assert_eq!(in_the_window(&floor), (0, 0));
}

#[test]
fn a_message_of_which_nobody_can_tell_whether_it_began_is_left_to_its_end_or_was_not_left() {
    let left = |instead: Instead| {
        let mut floor = answered(with(GATE, Policy::Message));
        floor.instead("Play", 1, instead);
        floor.judges(1, judged(Verdict::Machine, VerdictCause::LongGreeting, 0));
        floor.after(Span::secs(9));
        if floor.callee(1).stands() {
            floor.callee(1).has_heard_the_message();
        }
        floor.story().lines().find(|line| line.contains(" Record ")).map(str::to_owned).unwrap_or_default()
    };
    insta::assert_snapshot!([Instead::Untold, Instead::Silence].map(left).join("\n"), @"
    9.000 Record attempt 1: machine (Machine, MessageLeft) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 9.000; machine by gate at 0 ms: long_greeting, message at 2000 ms; exhausted by rule
    5.000 Record attempt 1: machine (Machine, Screened) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 5.000; machine by gate at 0 ms: long_greeting; exhausted by rule
    ");
}

#[test]
fn a_machine_that_was_to_be_left_a_message_when_the_process_restarts_is_no_answer() {
    let mut config = house::predictive(&["ann"]);
    config.campaigns[0].amd = house::amd(GATE, Policy::Message);
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor.judges(1, judged(Verdict::Machine, VerdictCause::Other, 0));
    floor.process_restarts();
    assert_eq!(floor.results(), [CallResult::Machine]);
    assert_eq!(in_the_window(&floor), (0, 0));
}

#[test]
fn whoever_was_taken_for_a_machine_and_has_talked_with_an_agent_is_none_any_more() {
    let mut config = with(GATE, Policy::Connect);
    let rules = TransferRules { accept: None, ..house::desk() };
    config.campaigns[0].transfers.insert("desk".to_owned(), Arc::new(rules));
    let mut floor = answered(config);
    floor.judges(1, judged(Verdict::Machine, VerdictCause::Other, 0));
    let wish = TransferWish::Transfer("desk".to_owned());
    floor.asks(Wish::Transfer { agent: id_of("ann"), wish });
    floor.agent_pauses("ann", "lunch");
    floor.leg(Leg::Transfer { attempt: AttemptId(1), ordinal: 1 }).hangs_up(17, 486);
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Connected], "{}", floor.story());
}

#[test]
fn whoever_an_agent_has_said_something_of_is_judged_no_more() {
    let mut config = with(PARALLEL, Policy::HangUp);
    config.campaigns[0].dispositions = Some(Arc::new(house::dispositions()));
    let mut floor = answered(config);
    floor.callee(1).does(LegNews::TalkBegan);
    let (agent, code) = (id_of("ann"), "never".to_owned());
    floor.asks(Wish::Dispose { agent, attempt: None, code, callback: None, note: None });
    floor.after(Span::secs(10));
    floor.callee(1).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Connected]);
    let story = floor.story();
    assert!(story.contains("Dispose attempt 1: never, "), "{story}");
}

#[test]
fn rules_that_cannot_work_are_refused_by_name() {
    let refused = |change: fn(&mut CampaignRules, &mut AmdRules)| {
        let mut config = with(PARALLEL, Policy::Message);
        let campaign = &mut config.campaigns[0];
        let mut amd = campaign.amd.as_deref().expect("rules").clone();
        change(campaign, &mut amd);
        campaign.amd = Some(amd.into());
        engine::Engine::new(config, [7; 32], house::OPENING).map(drop).map_err(|bad| bad.to_string())
    };
    let told = [
        refused(|campaign, _| campaign.flow = Some(house::survey().into())),
        refused(|_, amd| amd.policies.not_sure = Policy::HangUp),
        refused(|_, amd| amd.message = None),
        refused(|_, amd| amd.detection = Detection::Gate { patience: Span::secs(60) }),
        refused(|_, amd| {
            amd.detection = Detection::Parallel(JudgeRules { total: Span::ZERO, ..JudgeRules::default() })
        }),
    ];
    insta::assert_debug_snapshot!(told, @r#"
    [
        Err(
            "campaign \"spring\": amd: detection beside an agent does not go with a call flow: let it come first, as a gate",
        ),
        Err(
            "campaign \"spring\": amd.not_sure: an agent talks with them by then: only `connect` goes with detection beside an agent",
        ),
        Err(
            "campaign \"spring\": amd.machine: a message is to be left, and there is none",
        ),
        Err(
            "campaign \"spring\": amd.patience: 60000 ms is not between 1000 and 30000 ms",
        ),
        Err(
            "campaign \"spring\": amd.total: 0 ms is not between 1000 and 30000 ms",
        ),
    ]
    "#);
}

#[test]
fn the_sound_for_machines_is_looked_for_before_anybody_is_dialled() {
    let mut floor = Floor::open(with(GATE, Policy::Message));
    floor.adds_leads([1]);
    floor.pbx.no_media = true;
    floor.asks(Wish::Start(SPRING));
    assert!(floor.story().contains("FindMedia sound:sorry"));
    assert_eq!(crate::bench::state(&floor, SPRING), "ready");
}

#[test]
fn an_agent_who_had_muted_themselves_is_heard_and_ready_at_once_when_a_machine_loses_them() {
    let mut floor = answered(with(PARALLEL, Policy::HangUp));
    floor.asks(Wish::Mute { agent: id_of("ann"), on: true });
    floor.callee(1).does(LegNews::TalkBegan);
    floor.after(Span::secs(2));
    assert_eq!(floor.state_of("ann").name(), "ready", "{}", floor.story());
}

#[test]
fn whoever_an_agent_puts_on_hold_is_judged_no_more() {
    let mut floor = answered(with(PARALLEL, Policy::HangUp));
    floor.after(Span::secs(1));
    let mut floor = floor.anew();
    floor.asks(Wish::HoldCallee { agent: id_of("ann"), on: true });
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    1.000 > asked: HoldCallee { agent: AgentId(1), on: true }
    1.000 StopListening callee 1.1
    1.000 SetAside callee 1.1: on
    1.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, on hold since 1.000, held 0 ms
    1.000 Reply granted
    ");
}
