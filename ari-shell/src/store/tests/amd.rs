//! What is on record of who was taken to have answered.

use engine::Outcome;
use engine::amd::{AmdLog, Listener, Policy, Verdict, VerdictCause};
use engine::call::{CallResult, Phase, Record};
use engine::words::AttemptId;

use crate::explain::{Explanation, Question, explain};
use crate::store::testing::{Floor, How, SPRING, on_each_database, record};

on_each_database! {
    what_was_heard_of_who_answered_comes_back_as_it_was_recorded_and_is_explained,
}

async fn what_was_heard_of_who_answered_comes_back_as_it_was_recorded_and_is_explained(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let amd = AmdLog {
        by: Listener::Gate,
        verdict: Verdict::Machine,
        cause: VerdictCause::LongGreeting,
        after_ms: 1_640,
        policy: Policy::Message,
        message_after_ms: Some(9_120),
        drop_share: 50,
    };
    let mut ended = Record {
        amd: Some(Box::new(amd)),
        result: CallResult::Machine,
        ..record(&call, How::HungUp(12_000))
    };
    ended.ending.phase = Phase::Machine;
    assert_eq!(pen.record(ended.clone()).await, Outcome::Done);
    let told = explain(&floor.store, Question::Attempt(AttemptId(1))).await.expect("explained");
    let Explanation::Attempt(card) = &told else { panic!("{told:?}") };
    assert_eq!(card.record, Some(ended));
    let text = told.to_string();
    let told = ["detection", "voicemail", "counts as"];
    let lines: Vec<&str> =
        text.lines().filter(|line| told.iter().any(|label| line.trim_start().starts_with(label))).collect();
    assert_eq!(
        lines.join("\n"),
        "  detection   gate: machine, by long_greeting, 1.640 s after the answer; message\n  \
           voicemail   the message was left from 9.120 s after the answer on\n  \
           counts as   0.05 of a drop: it may have been a person"
    );
}
