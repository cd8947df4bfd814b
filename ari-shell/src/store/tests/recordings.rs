//! What recordings of conversations leave in the database.

use engine::Outcome;
use engine::call::Record;
use engine::recording::{Format, TakeLog, TakeState};
use engine::words::AttemptId;

use crate::explain::{Explanation, Question, explain};
use crate::store::testing::{Floor, How, SPRING, at, on_each_database, record};

on_each_database! {
    what_was_recorded_comes_back_as_it_was_told_and_is_explained,
}

fn take(nth: u16, state: TakeState) -> TakeLog {
    TakeLog {
        name: format!("rm1.t.1.1.{nth}"),
        state,
        stereo: nth == 2,
        format: Format::Wav,
        began: (state == TakeState::Kept).then(|| at(1_400)),
        took_ms: (state == TakeState::Kept).then_some(59_000),
        paused_ms: if nth == 2 { 4_500 } else { 0 },
    }
}

async fn what_was_recorded_comes_back_as_it_was_told_and_is_explained(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let recordings = vec![take(1, TakeState::Failed), take(2, TakeState::Kept), take(3, TakeState::Unknown)];
    let ended = Record { recordings, ..record(&call, How::Talked(400, 60_000)) };
    assert_eq!(pen.record(ended.clone()).await, Outcome::Done);
    assert_eq!(
        floor.rows("SELECT recording FROM call_log").await,
        ["rm1.t.1.1.2"],
        "the first that was kept"
    );
    let told = explain(&floor.store, Question::Attempt(AttemptId(1))).await.expect("explained");
    let Explanation::Attempt(card) = &told else { panic!("{told:?}") };
    assert_eq!(card.record, Some(ended));
    let text = told.to_string();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("  take") || line.contains("  recording")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    take        rm1.t.1.1.1: failed, wav, callee and agent in one
    take        +1.400 s rm1.t.1.1.2: kept of 59.000 s, 4.500 s of it silent, wav, callee and agent apart
    take        rm1.t.1.1.3: unknown, wav, callee and agent in one
    recording   rm1.t.1.1.2
    ");
}
