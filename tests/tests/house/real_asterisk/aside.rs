//! What a callee hears who is put on hold, and of an agent who is muted.

use std::time::Duration;

use ari_shell::http::AgentVerb;
use tests::lab::far_end::Timings;
use tests::pbx::Pbx;

use super::ears::{Heard, listens};
use crate::waiting::talk;

const LIMIT: Duration = Duration::from_secs(10);

/// So long a callee listens to one thing: longer than the pause between two tones of the music.
const LISTEN: Duration = Duration::from_secs(5);

const AGENT: Heard = Heard::Phone(1);

/// What a callee hears from now on, of each kind once.
async fn hears(pbx: &mut Pbx) -> Vec<Heard> {
    listens(pbx, LISTEN).await.into_keys().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_on_hold_hears_music_and_not_the_agent_and_a_muted_agent_is_not_heard() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings { keep_audio: true, ..Timings::default() };
    let mut pbx = Pbx::real(timings, 1).await.expect("Asterisk starts");
    let mut house = talk(&pbx).await;

    // Nobody knows after a crash who was muted, so that everybody is heard.
    house.asks("agent-1", AgentVerb::Mute).await;
    house.kill();
    house.open().await;
    house.until(LIMIT, "heard again", |board| !board.agents[0].view.muted).await;
    assert_eq!(house.board().await.campaigns[0].view.talking, 1);
    assert_eq!(hears(&mut pbx).await, [AGENT]);

    house.asks("agent-1", AgentVerb::Hold).await;
    assert_eq!(
        hears(&mut pbx).await,
        [Heard::Music, Heard::Silence],
        "the tone, and the pause before the next"
    );
    house.asks("agent-1", AgentVerb::Resume).await;
    assert_eq!(hears(&mut pbx).await, [AGENT]);
    house.asks("agent-1", AgentVerb::Mute).await;
    // Asterisk sends nothing at all then.
    let heard = hears(&mut pbx).await;
    assert!(heard.iter().all(|heard| *heard == Heard::Silence), "{heard:?} of a muted agent");
    house.asks("agent-1", AgentVerb::Unmute).await;
    assert_eq!(hears(&mut pbx).await, [AGENT]);

    // Whoever hangs up on hold ends the call for both, and the agent is free and heard in the next one.
    house.asks("agent-1", AgentVerb::Mute).await;
    house.asks("agent-1", AgentVerb::Hold).await;
    let attempt = house.board().await.agents[0].view.attempt.expect("they talk");
    house.operator().await.hang_up(attempt).await.expect("ended");
    house.asks("agent-1", AgentVerb::Ready).await;
    house
        .until(LIMIT, "ready and heard, and the call recorded", |board| {
            let agent = &board.agents[0].view;
            agent.state.name() == "ready" && !agent.muted && board.closed == 1
        })
        .await;
    let held = house.count("SELECT held FROM call_log").await;
    assert!((5_000_000..9_000_000).contains(&held), "{held} µs on hold");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
