//! Keys that are sent to callees: by themselves after the answer, or as somebody asks while they talk.

use engine::agent::AgentState;
use engine::carrier::Route;
use engine::digits::Digits;
use engine::words::{AttemptId, Span};
use engine::{Config, Engine, Failure, Outcome, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, SPRING};

fn keys(text: &str) -> Digits {
    Digits::try_from(text.to_owned()).expect("digits")
}

fn sends(text: &str) -> Config {
    let mut config = house::progressive(&["ann"]);
    config.campaigns[0].digits.after_answer = Some(keys(text));
    config
}

#[test]
fn keys_are_sent_before_the_agent_is_joined() {
    let mut floor = Floor::open(sends("ww12#")).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).answers();
    floor.after(Span::secs(3));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 SendDigits ww12# to callee 1.1
    1.600 Join attempt 1: callee 1.1 and ann.1
    1.600 Note attempt 1: placed 0.000, answered 0.000, ann
    1.600 NoteAgent ann: on_call on 1
    1.600 Note attempt 1: placed 0.000, answered 0.000, bridged 1.600, ann
    ");
}

#[test]
fn where_no_agent_comes_the_message_is_due_by_the_end_of_the_keys() {
    let mut config = house::ratio(2_000, &["ann"]);
    config.campaigns[0].digits.after_answer = Some(keys("W1"));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.callee(2).answers();
    let mut floor = floor.anew();
    floor.after(Span::secs(3));
    insta::assert_snapshot!(floor.story(), @"
    1.200 Join attempt 1: callee 1.1 and ann.1
    1.200 Note attempt 1: placed 0.000, answered 0.000, ann
    1.200 NoteAgent ann: on_call on 1
    1.200 Note attempt 1: placed 0.000, answered 0.000, bridged 1.200, ann
    2.700 Note attempt 2: placed 0.000, answered 0.000, message 2.700
    2.700 Play sound:sorry to callee 2.1
    ");
}

#[test]
fn keys_that_cannot_be_sent_are_not_waited_for_and_a_carrier_has_its_own() {
    let mut config = sends("12");
    config.carriers[0].digits.after_answer = Some(keys("9"));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.instead("SendDigits", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    let mut floor = floor.anew();
    floor.callee(1).answers();
    let story = floor.story();
    assert!(story.contains("0.000 SendDigits 9 to callee 1.1\n"), "{story}");
    assert!(story.contains("0.000 Join attempt 1: callee 1.1 and ann.1\n"), "{story}");
}

#[test]
fn keys_of_which_nobody_can_tell_whether_they_are_sent_have_their_time() {
    let mut floor = Floor::open(sends("ww12#")).staffed(&["ann"]).dials(1);
    floor.instead("SendDigits", 1, Instead::Untold);
    floor.callee(1).answers();
    floor.after(Span::secs(3));
    let story = floor.story();
    assert!(story.contains("1.600 Join attempt 1: callee 1.1 and ann.1\n"), "{story}");
}

#[test]
fn who_hangs_up_while_keys_are_sent_was_not_dropped_and_no_process_sends_them_twice() {
    let mut floor = Floor::open(sends("WW1")).staffed(&["ann"]).dials(2);
    floor.callee(1).answers();
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(1));
    floor.callee(2).answers();
    floor.process_restarts();
    floor.after(Span::secs(1));
    let story = floor.story();
    assert_eq!(story.matches("SendDigits").count(), 2, "{story}");
    assert!(story.contains("attempt 1: hung_up_waiting"), "{story}");
    assert!(story.contains("Join attempt 2"), "{story}");
}

#[test]
fn an_agent_sends_keys_while_they_talk_and_only_then() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]).dials(1).anew();
    let send = |floor: &mut Floor| {
        floor.asks(Wish::SendDigits { attempt: AttemptId(1), digits: keys("5#") });
    };
    send(&mut floor);
    floor.callee(1).answers();
    send(&mut floor);
    floor.instead("SendDigits", 1, Instead::Answer(Outcome::Failed(Failure::Gone)));
    send(&mut floor);
    floor.callee(1).hangs_up(16, None);
    send(&mut floor);
    let story = floor.story();
    let of_keys = |line: &&str| line.contains("SendDigits ") || line.contains("Reply");
    let lines: Vec<&str> = story.lines().filter(of_keys).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    0.000 > asked: SendDigits { attempt: AttemptId(1), digits: Digits("5#") }
    0.000 Reply denied: callee and agent do not talk with each other just now
    0.000 > asked: SendDigits { attempt: AttemptId(1), digits: Digits("5#") }
    0.000 SendDigits 5# to callee 1.1
    0.000 Reply granted
    0.000 > asked: SendDigits { attempt: AttemptId(1), digits: Digits("5#") }
    0.000 SendDigits 5# to callee 1.1
    0.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    0.000 > asked: SendDigits { attempt: AttemptId(1), digits: Digits("5#") }
    0.000 Reply denied: no such live attempt; it has ended or never was
    "#);
}

#[test]
fn keys_before_the_answer_go_only_through_the_dialplan() {
    let mut config = house::two_carriers(&["ann"]);
    config.campaigns[0].digits.before_answer = Some(keys("1"));
    config.carriers[0].route = Route::Local { context: "from-campaign".to_owned(), codec: "ulaw".to_owned() };
    let refused = Engine::new(config.clone(), [7; 32], house::OPENING).map(drop);
    insta::assert_snapshot!(refused.expect_err("trunk-b is straight"), @r#"
    campaign "spring": digits_before_answer: carrier "trunk-b" goes straight to its trunk, and Asterisk sends keys before the answer only from the dialplan
    "#);
    config.carriers[1].route = config.carriers[0].route.clone();
    config.carriers[1].digits.before_answer = Some(keys("2"));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    let requests = floor.database.attempts.values().filter_map(|saved| saved.request.as_ref());
    let sent = requests.flat_map(|request| request.variables.iter().collect::<Vec<_>>());
    let sent = sent.filter(|(name, _)| *name == "DIGITS_BEFORE_ANSWER");
    let sent: Vec<_> = sent.map(|(_, value)| value.into_owned()).collect();
    assert_eq!(sent, ["1"]);
}

#[test]
fn whoever_is_kept_for_a_callee_whose_agent_has_gone_is_reserved_for_nobody_else_while_keys_are_sent() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.campaigns[0].digits.after_answer = Some(keys("W1"));
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(1).staffed(&["bob"]);
    floor.agent_hangs_up("ann");
    floor.callee(1).answers();
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(SPRING));
    assert_eq!(floor.state_of("bob"), AgentState::Ready);
    floor.after(Span::secs(2));
    assert_eq!(floor.state_of("bob"), AgentState::OnCall);
}
