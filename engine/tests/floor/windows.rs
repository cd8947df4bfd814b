//! What the drop windows of a campaign count: each answer and each drop once, as the records tell them.

use std::sync::Arc;

use engine::amd::{Policy, Verdict, VerdictCause};
use engine::call::CallResult;
use engine::pacing::{DropWindow, Pacing, PredictiveRules, WindowCount, WindowSpan};
use engine::words::{Milli, Span};
use engine::{LegNews, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, OPENING, SPRING};

/// Blocks of thirty days, and days.
fn pacing() -> Pacing {
    let spans = [WindowSpan::Block(Span::secs(30 * 86_400)), WindowSpan::Day];
    let windows = spans.map(|span| DropWindow { limit: Milli(30), span }).to_vec();
    Pacing::Predictive(PredictiveRules { windows, answer_rate: None, strict: false })
}

/// Two lines in the air, and nobody any more who could talk.
fn deserted() -> Floor {
    let pacing = pacing();
    let mut floor = Floor::open(house::ahead(pacing, &["ann", "bob"])).staffed(&["ann", "bob"]).dials(4);
    floor.agent_hangs_up("ann");
    floor.agent_hangs_up("bob");
    floor
}

/// Answers and drops of the two windows, which are the same here.
fn counted(floor: &Floor) -> (u64, u64) {
    let view = floor.engine.view();
    let [block, day] = view.campaigns[0].windows[..] else { panic!("two windows: {view:?}") };
    assert_eq!(block, WindowCount { since: OPENING, ..day });
    (day.answers, day.drops)
}

#[test]
fn who_hears_the_message_is_a_drop_from_its_beginning_on_and_stays_one_over_a_restart() {
    let mut floor = deserted();
    floor.callee(1).answers();
    assert_eq!(counted(&floor), (1, 0));
    floor.after(Span::secs(2));
    assert_eq!(counted(&floor), (1, 1));
    floor.process_restarts();
    assert_eq!(counted(&floor), (1, 1));
    floor.after(Span::secs(2));
    floor.callee(1).has_heard_the_message();
    assert_eq!(floor.results(), [CallResult::Dropped]);
    assert_eq!(counted(&floor), (1, 1));
    floor.process_restarts();
    assert_eq!(counted(&floor), (1, 1));
}

#[test]
fn who_answers_while_the_call_is_given_up_is_a_drop() {
    let mut floor = deserted();
    floor.callee(1).rings();
    floor.callee(2).hangs_up(17, 486);
    floor.instead("HangUp", 1, Instead::Silence);
    floor.after(Span::secs(26));
    floor.callee(1).answers();
    floor.after(Span::secs(10));
    assert_eq!(floor.results(), [CallResult::Dropped, CallResult::Busy], "{}", floor.story());
    assert_eq!(counted(&floor), (1, 1));
}

#[test]
fn who_waits_and_is_ended_by_an_operator_is_a_drop_and_who_hangs_up_is_none() {
    let mut floor = deserted();
    floor.callee(1).answers();
    floor.callee(2).answers();
    floor.asks(Wish::HangUp(engine::words::AttemptId(1)));
    floor.callee(2).hangs_up(16, None);
    assert_eq!(floor.results(), [CallResult::Dropped, CallResult::HungUpWaiting]);
    assert_eq!(counted(&floor), (2, 1));
}

#[test]
fn windows_begin_with_the_campaigns_first_start_and_not_with_a_later_one() {
    let mut floor = deserted();
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    floor.asks(Wish::Stop(SPRING));
    floor.process_is_gone_for(Span::secs(3_600));
    floor.asks(Wish::Start(SPRING));
    assert_eq!(counted(&floor), (1, 1));
}

/// A machine answers, which is hung up on.
fn a_machine_answers(floor: &mut Floor, attempt: u64) {
    let (verdict, cause) = (Verdict::Machine, VerdictCause::LongGreeting);
    floor.callee(attempt).answers();
    floor.judges(attempt, LegNews::Judged { verdict, cause, silence: Span::ZERO });
}

#[test]
fn parts_of_a_drop_add_up_within_their_window_over_a_restart_too_and_to_none_of_another_window() {
    let mut config = house::ahead(pacing(), &["ann"]);
    let detection = house::amd(house::GATE, Policy::HangUp).expect("rules");
    // Of two machines one may have been a person.
    config.campaigns[0].amd =
        Some(Arc::new(engine::amd::AmdRules { false_positives: Milli(500), ..(*detection).clone() }));
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(9);
    let drops = |floor: &Floor| {
        floor.engine.view().campaigns[0].windows.iter().map(|it| it.drops).collect::<Vec<_>>()
    };
    a_machine_answers(&mut floor, 1);
    assert_eq!(drops(&floor), [0, 0], "{}", floor.story());
    floor.process_restarts();
    a_machine_answers(&mut floor, 2);
    assert_eq!(drops(&floor), [1, 1], "of the block and of the day");
    a_machine_answers(&mut floor, 3);
    // Every test begins in the evening.
    floor.asks(Wish::Pause(SPRING));
    floor.after(Span::secs(3 * 3_600));
    floor.asks(Wish::Start(SPRING));
    a_machine_answers(&mut floor, 5);
    assert_eq!(drops(&floor), [2, 0], "of the new day it is the first");
    a_machine_answers(&mut floor, 6);
    assert_eq!(drops(&floor), [2, 1]);
    floor.process_restarts();
    assert_eq!(drops(&floor), [2, 1]);
}
