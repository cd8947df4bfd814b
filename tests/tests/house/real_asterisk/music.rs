//! What an agent hears who waits.

use std::time::Duration;

use tests::lab::far_end::Timings;
use tests::pbx::Pbx;

use crate::waiting::seat;

/// Longer than the pause between two tones.
const LIMIT: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread")]
async fn the_first_agent_is_ready_at_once_and_hears_music() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 1).await.expect("Asterisk starts");
    let mut house = seat(&pbx).await;
    let phones = &pbx.lab().phones;
    let heard = || phones.calls(1).iter().any(|call| call.sound_at.is_some());
    assert!(tests::lab::until(LIMIT, heard).await, "silence: {}", house.log());
    house.close().await;
}
