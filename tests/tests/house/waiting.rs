//! Agents who wait for a call.

use std::time::Duration;

use simulator::pbx::Fault;
use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::Pbx;

/// Sooner than the engine looks again at a leg that has not come to its place.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How long a call may take to come about.
const SOON: Duration = Duration::from_secs(20);

pub(crate) const RULES: &str = r#"
[[carrier]]
name = "trunk-a"
trunk = "trunk-a"

[[campaign]]
name = "spring"
carriers = ["trunk-a"]

[[agent]]
name = "agent-1"
campaign = "spring"
"#;

/// Opens the house, and sees its one agent ready at once.
pub(crate) async fn seat(pbx: &Pbx) -> House {
    let mut house = House::furnish(&pbx.url(), RULES);
    house.has_no_mark().await;
    house.open().await;
    house.start().await;
    house.until(AT_ONCE, "ready", |board| board.agents[0].view.state.name() == "ready").await;
    house
}

/// The same, and sees its agent talk with the only callee.
pub(crate) async fn talk(pbx: &Pbx) -> House {
    let house = seat(pbx).await;
    house.import("spring", [number(201, 1)]);
    house.until(SOON, "talking", |board| board.campaigns[0].view.talking == 1).await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_seated_although_there_is_no_music() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let Pbx::Simulated(handle) = &pbx else { unreachable!("it is simulated") };
    let no_music =
        Fault::FailRequest { nth: 1, on: Some("POST /bridges/rm1.hold/moh".to_owned()), status: 500 };
    handle.inject(no_music).await;
    let mut house = seat(&pbx).await;
    assert!(house.log().contains("no music"), "{}", house.log());
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
