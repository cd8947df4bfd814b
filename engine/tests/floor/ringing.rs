//! How long a callee is let ring, and what the network says instead.

use engine::words::{AttemptId, Leg, Span};
use engine::{LegNews, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, SPRING};

fn ringing_since_4_s() -> Floor {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    floor.after(Span::secs(4));
    floor.callee(1).rings();
    floor.anew()
}

#[test]
fn the_ring_time_out_counts_from_ringing() {
    let mut floor = ringing_since_4_s();
    floor.after(Span::secs(60));
    insta::assert_snapshot!(floor.story(), @"
    29.000 HangUp callee 1.1
    29.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 4.000, ended 29.000; retry at 3629.000
    60.000 Survey
    ");
}

#[test]
fn a_call_that_never_rings_is_given_up_after_the_set_up_time_out() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.after(Span::secs(11));
    insta::assert_snapshot!(floor.story(), @"
    10.000 HangUp callee 1.1
    10.000 Record attempt 1: no_answer (Placed, SetupTimeout) [1: carrier 1 16]; placed 0.000, ended 10.000; retry at 3610.000
    ");
}

#[test]
fn a_stopped_campaign_lets_ring_for_15_seconds_and_no_longer() {
    let mut floor = ringing_since_4_s();
    floor.after(Span::secs(1));
    floor.asks(Wish::Stop(SPRING));
    floor.after(Span::secs(30));
    insta::assert_snapshot!(floor.story(), @"
     5.000 > asked: Stop(CampaignId(1))
     5.000 NoteCampaign 1: stopped
     5.000 Reply granted
    19.000 HangUp callee 1.1
    19.000 Record attempt 1: no_answer (Alerting, Operator) [1: carrier 1 16]; placed 0.000, rang 4.000, ended 19.000; retry at 3619.000
    ");
}

#[test]
fn what_begins_to_ring_after_the_stop_rings_for_15_seconds_too() {
    for wish in [Wish::Stop(SPRING), Wish::CloseFloor] {
        let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
        floor.asks(wish);
        floor.callee(1).rings();
        let mut floor = floor.anew();
        floor.after(Span::millis(14_999));
        assert_eq!(floor.story(), "");
        floor.after(Span::millis(1));
        assert!(floor.story().contains("HangUp callee 1.1"));
    }
}

#[test]
fn an_operator_can_end_a_ringing_call_but_not_before_its_15_seconds() {
    let mut floor = ringing_since_4_s();
    floor.after(Span::secs(5));
    floor.asks(Wish::HangUp(AttemptId(1)));
    floor.after(Span::secs(9));
    insta::assert_snapshot!(floor.story(), @"
    9.000 > asked: HangUp(AttemptId(1))
    9.000 Reply granted
    ");
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @"
    19.000 HangUp callee 1.1
    19.000 Record attempt 1: no_answer (Alerting, Operator) [1: carrier 1 16]; placed 0.000, rang 4.000, ended 19.000; retry at 3619.000
    ");
    floor.asks(Wish::HangUp(AttemptId(1)));
    insta::assert_snapshot!(floor.story(), @"
    23.000 > asked: HangUp(AttemptId(1))
    23.000 Reply denied: no such live attempt; it has ended or never was
    ");
}

#[test]
fn an_operator_ends_at_once_what_does_not_ring_yet_and_what_talks() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(2).anew();
    floor.asks(Wish::HangUp(AttemptId(1)));
    floor.callee(2).answers();
    floor.asks(Wish::HangUp(AttemptId(2)));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: HangUp(AttemptId(1))
    0.000 HangUp callee 1.1
    0.000 Reply granted
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
    0.000 Record attempt 1: no_answer (Placed, Operator) [1: carrier 1 16]; placed 0.000, ended 0.000; retry at 3600.000
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    0.000 > callee 2.1 answers
    0.000 > callee 2.1 is ours
    0.000 Note attempt 2: placed 0.000, answered 0.000
    0.000 Join attempt 2: callee 2.1 and ann.1
    0.000 Note attempt 2: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 2: placed 0.000, answered 0.000, bridged 0.000, ann
    0.000 > asked: HangUp(AttemptId(2))
    0.000 NoteAgent ann: wrap_up on 1
    0.000 Hold ann.1
    0.000 HangUp callee 2.1
    0.000 Reply granted
    0.000 DropBridge conversation 2
    0.000 Record attempt 2: connected (Bridged, Operator) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; completed
    ");
}

#[test]
fn each_refusal_has_its_result_and_its_own_retry() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(6).anew();
    for (attempt, (cause, tech)) in
        (1..).zip([(17, 486), (21, 603), (1, 404), (19, 480), (127, 487), (127, 607)])
    {
        floor.callee(attempt).rings();
        floor.callee(attempt).hangs_up(cause, tech);
    }
    let story = floor.story();
    let records: Vec<&str> = story.lines().filter(|line| line.contains("Record")).collect();
    insta::assert_snapshot!(records.join("\n"), @"
    0.000 Record attempt 1: busy (Alerting, -) [1: carrier 1 17/486]; placed 0.000, rang 0.000, ended 0.000; retry at 600.000
    0.000 Record attempt 2: rejected (Alerting, -) [1: carrier 1 21/603]; placed 0.000, rang 0.000, ended 0.000; exhausted by rule
    0.000 Record attempt 3: bad_number (Alerting, -) [1: carrier 1 1/404]; placed 0.000, rang 0.000, ended 0.000; retry at 3600.000
    0.000 Record attempt 4: no_answer (Alerting, -) [1: carrier 1 19/480]; placed 0.000, rang 0.000, ended 0.000; retry at 3600.000
    0.000 Record attempt 5: no_answer (Alerting, -) [1: carrier 1 127/487]; placed 0.000, rang 0.000, ended 0.000; retry at 3600.000
    0.000 Record attempt 6: rejected (Alerting, -) [1: carrier 1 127/607]; placed 0.000, rang 0.000, ended 0.000; exhausted by rule
    ");
}

#[test]
fn a_silent_lead_is_dialled_again_when_its_hour_has_passed_and_given_up_at_its_rule() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1);
    for attempt in 1..=4 {
        floor.callee(attempt).rings();
        floor.callee(attempt).hangs_up(19, 480);
        floor.after(Span::secs(3_600));
    }
    let story = floor.story();
    let records: Vec<&str> =
        story.lines().filter(|l| l.contains("Record") || l.contains("Campaign")).collect();
    insta::assert_snapshot!(records.join("\n"), @"
        0.000 > asked: Start(CampaignId(1))
        0.000 NoteCampaign 1: running
        0.000 Record attempt 1: no_answer (Alerting, -) [1: carrier 1 19/480]; placed 0.000, rang 0.000, ended 0.000; retry at 3600.000
     3600.000 Record attempt 2: no_answer (Alerting, -) [1: carrier 1 19/480]; placed 3600.000, rang 3600.000, ended 3600.000; retry at 7200.000
     7200.000 Record attempt 3: no_answer (Alerting, -) [1: carrier 1 19/480]; placed 7200.000, rang 7200.000, ended 7200.000; retry at 10800.000
    10800.000 Record attempt 4: no_answer (Alerting, -) [1: carrier 1 19/480]; placed 10800.000, rang 10800.000, ended 10800.000; exhausted by rule
    10800.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_call_that_is_answered_while_we_end_it_is_a_drop() {
    let mut floor = ringing_since_4_s();
    floor.instead("HangUp", 1, crate::bench::Instead::Later);
    floor.after(Span::secs(25));
    floor.callee(1).answers();
    floor.goes_on();
    insta::assert_snapshot!(floor.story(), @"
    29.000 HangUp callee 1.1
    29.000 > callee 1.1 answers
    29.000 > callee 1.1 is ours
    29.000 Record attempt 1: dropped (Answered, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 4.000, answered 29.000, ended 29.000; exhausted by rule
    29.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_redirection_is_not_followed() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).does(LegNews::Forwarded);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 is forwarded
    0.000 HangUp callee 1.1
    0.000 Record attempt 1: rejected (Placed, Forwarded) [1: carrier 1 16]; placed 0.000, ended 0.000; exhausted by rule
    0.000 NoteCampaign 1: completed
    ");
}

#[test]
fn an_end_that_is_not_told_is_looked_for_and_asked_for_again() {
    let mut floor = ringing_since_4_s();
    floor.instead("HangUp", 1, crate::bench::Instead::Silence);
    floor.after(Span::secs(40));
    insta::assert_snapshot!(floor.story(), @"
    29.000 HangUp callee 1.1
    31.000 Look callee 1.1
    31.000 HangUp callee 1.1
    31.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 4.000, ended 31.000; retry at 3631.000
    ");
}

#[test]
fn whoever_is_found_to_ring_when_their_leg_is_looked_at_rings_for_their_time_though_nobody_told_of_it() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]);
    floor.instead("Originate", 1, Instead::Untold);
    floor.instead("Look", 1, Instead::Later);
    let mut floor = floor.dials(1).anew();
    floor.after(Span::secs(1));
    floor.pbx.ring(Leg::Customer { attempt: AttemptId(1), ordinal: 1 });
    floor.goes_on();
    floor.after(Span::secs(60));
    insta::assert_snapshot!(floor.story(), @"
     1.000 Note attempt 1: placed 0.000, rang 1.000
    26.000 HangUp callee 1.1
    26.000 Record attempt 1: no_answer (Alerting, RingTimeout) [1: carrier 1 16]; placed 0.000, rang 1.000, ended 26.000; retry at 3626.000
    60.000 Survey
    ");
}
