//! A database that is made anew, beside a PBX that still has what an earlier one's calls have left there.

use std::time::Duration;

use engine::recording::TakeState;
use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::Pbx;

use crate::waiting::RULES;

/// Longer than any part of it takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A house with a database of its own whose one agent talks to whoever is called by that code.
async fn opened(pbx: &Pbx, agent: &str, code: u16) -> House {
    let rules = RULES
        .replace("agent-1", agent)
        .replace("carriers", "recording = \"all\"\nwrap_up = \"0s\"\ncarriers");
    let mut house = House::furnish(&pbx.url(), &rules);
    house.import("spring", [number(code, 1)]);
    house.open().await;
    house.start().await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_with_another_database_is_in_nobody_s_way() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut house = opened(&pbx, "agent-1", 205).await;
        house.until_completed(LIMIT).await;
        let takes = house.logged().await.remove(0).takes;
        assert_eq!(
            takes.iter().map(|take| take.state).collect::<Vec<_>>(),
            [TakeState::Kept],
            "{}",
            house.log()
        );
        names.push(takes[0].name.clone());
        house.close().await;
    }
    assert_ne!(names[0], names[1]);
    for name in &names {
        assert!(name.starts_with("rm1.") && name.ends_with(".t.1.1.1"), "{name}");
        assert!(pbx.has_recording(name).await, "{name}");
    }
    assert_eq!(pbx.left().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_another_database_knows_goes_on_and_is_taken_for_none_of_ours() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let mut earlier = opened(&pbx, "agent-1", 201).await;
    earlier.until(LIMIT, "they talk", |board| board.agents[0].view.state.name() == "on_call").await;
    earlier.kill();
    let (channels, left) = (pbx.channels().await, pbx.left().await);

    let mut house = opened(&pbx, "agent-2", 205).await;
    house.until_completed(LIMIT).await;
    let results: Vec<String> = house.logged().await.into_iter().map(|call| call.result).collect();
    assert_eq!(results, ["connected"], "{}", house.log());
    house.close().await;
    assert_eq!((pbx.channels().await, pbx.left().await), (channels, left));
}
