//! A trunk that goes out of service and comes back.

use std::time::Duration;

use simulator::pbx::{Fault, TrunkConduct};
use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::Pbx;

use super::waiting::RULES;

/// Longer than the shell takes between two looks at a trunk.
const LOOKED: Duration = Duration::from_secs(8);

async fn set_trunk(pbx: &Pbx, conduct: TrunkConduct) {
    let Pbx::Simulated(handle) = pbx else { unreachable!("it is simulated") };
    handle.inject(Fault::Trunk { name: "trunk-a".to_owned(), conduct }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_out_of_service_is_tried_by_nobody_until_it_is_back() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let mut house = House::furnish(&pbx.url(), RULES);
    // They turn every call down, so that no conversation holds up the next one and nothing is tried again.
    house.import("spring", (0..2).map(|serial| number(603, serial)));
    house.open().await;
    assert!(house.board().await.carriers[0].view.healthy);

    set_trunk(&pbx, TrunkConduct::Offline).await;
    house.until(LOOKED, "out of the rotation", |board| !board.carriers[0].view.healthy).await;
    house.start().await;
    let kept_back = |board: &ari_shell::http::Board| {
        board.campaigns[0].view.reason.is_some_and(|reason| reason.name() == "carriers_down")
    };
    house.until(LOOKED, "kept from dialling", kept_back).await;
    let board = house.board().await;
    assert_eq!((board.opened, pbx.dialled().await.len()), (0, 0), "a dead trunk costs no attempt");

    set_trunk(&pbx, TrunkConduct::Up).await;
    house.until_completed(LOOKED).await;
    house.close().await;
    assert_eq!(pbx.dialled().await.len(), 2);
    let attempts = house.logged().await.len();
    assert_eq!(attempts, 2, "each lead was dialled once");
}
