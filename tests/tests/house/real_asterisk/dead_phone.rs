//! An agent's phone that goes dead in mid-talk: no sound, no farewell, no reply.

use std::time::Duration;

use ari_shell::http::AgentVerb;
use engine::agent::AgentState;
use tests::lab::far_end::{Timings, number};
use tests::lab::phone::Manner;
use tests::pbx::Pbx;

use crate::waiting::talk;

const LIMIT: Duration = Duration::from_secs(20);

/// Longer than `dialplan/pjsip.conf` has silence last (`rtp_timeout`, 30 s), which Asterisk counts in whole seconds, and the
/// campaign has wrap-up last after it (15 s).
const SILENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_goes_dead_frees_the_seat_and_the_callee_and_is_taken_back_when_it_lives() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 1).await.expect("Asterisk starts");
    let mut house = talk(&pbx).await;
    pbx.lab().phones.unplug(1);
    let is_free = |state: AgentState| matches!(state, AgentState::Offline | AgentState::Paused);
    house
        .until(SILENCE, "free, and the call over", |board| {
            board.closed == 1 && is_free(board.agents[0].view.state)
        })
        .await;
    let calls = house.logged().await;
    assert_eq!((calls[0].result.as_str(), calls[0].agent.as_deref()), ("connected", Some("agent-1")));
    assert!(pbx.dialled().await[0].over, "the callee is not kept");

    pbx.lab().phones.set(1, Manner::AnswersAtOnce);
    let operator = house.operator().await;
    operator.agent("agent-1", AgentVerb::LogIn).await.expect("the agent is let in again");
    house.import("spring", [number(200, 2)]);
    house.until(LIMIT, "taken back", |board| board.closed == 2).await;
    assert_eq!(house.logged().await[1].result, "connected");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
