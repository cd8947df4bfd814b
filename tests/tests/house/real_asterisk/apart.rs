//! What a callee hears whose agent is taken out of their conversation.

use std::time::Duration;

use tests::lab::far_end::Timings;
use tests::pbx::Pbx;

use super::ears::{Heard, listens};
use crate::waiting::talk;

const LIMIT: Duration = Duration::from_secs(10);

/// Long enough for many packets, and much shorter than it takes until what Asterisk has is compared with what it should have.
const LISTEN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_is_moved_to_the_holding_bridge_in_mid_talk_is_back_with_their_callee_at_once() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings { keep_audio: true, ..Timings::default() };
    let mut pbx = Pbx::real(timings, 1).await.expect("Asterisk starts");
    let mut house = talk(&pbx).await;
    let phones: Vec<String> =
        pbx.channels().await.into_iter().filter(|channel| channel.starts_with("rm1.a.")).collect();
    assert_eq!(phones.len(), 1, "{phones:?}");

    pbx.moves(&phones[0], "rm1.hold").await;
    let heard = listens(&mut pbx, LISTEN).await;
    assert!(heard.keys().all(|heard| *heard == Heard::Phone(1)), "{heard:?}");
    assert_eq!(house.board().await.campaigns[0].view.talking, 1);

    pbx.hang_up_phone(1).await;
    house.until(LIMIT, "recorded", |board| board.closed == 1).await;
    assert_eq!(house.logged().await[0].result, "connected");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
