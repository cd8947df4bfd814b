//! Asterisk is killed as a power cut would, and comes back.

use std::time::{Duration, Instant};

use ari_shell::http::Board;
use engine::Reason;
use engine::agent::AgentState;
use tests::lab::CallLog;
use tests::lab::far_end::Timings;

use super::{Scene, assert_whole, call_to, is_talking, journal, micros};

/// How long Asterisk is away.
const AWAY: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn while_asterisk_is_away_nothing_is_dialled_and_after_its_return_everything_goes_on() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings { answer_after: Duration::from_secs(8), ..Timings::default() };
    let codes = [180, 201, 200, 404, 200, 480, 202];
    let mut scene = Scene::set(timings, 3, "10s", &codes).await;
    scene.until_they_talk_and_ring(2, 4).await;
    let at_kill: Vec<CallLog> = scene.far_end();
    let killed = Instant::now();
    scene.lab().asterisk.kill();

    scene.house.until(Duration::from_secs(5), "seen that Asterisk is away", |board| !board.pbx).await;
    tokio::time::sleep(AWAY.saturating_sub(killed.elapsed())).await;
    let board = scene.house.board().await;
    assert!(is_held_back(&board), "{board:#?}");
    assert_eq!(scene.far_end().len(), at_kill.len(), "nothing is dialled while Asterisk is away");
    scene.lab().asterisk.restart().await.expect("Asterisk starts again");

    scene.house.until(Duration::from_secs(20), "seen that Asterisk is back", |board| board.pbx).await;
    scene.house.until(Duration::from_secs(30), "staffed again", is_staffed).await;
    scene.house.until_completed(Duration::from_secs(60)).await;

    let (calls, printed) = scene.close().await;
    assert_eq!(calls.len(), 2 * codes.len());
    let far_end = scene.far_end();
    assert_eq!(far_end.len(), calls.len(), "nobody is dialled twice, and everybody once");
    assert_eq!(scene.phone_calls(), [2; 6], "each agent's phone is called once more, by itself");
    for call in &calls {
        let seen = call_to(&far_end, &call.number);
        let before = at_kill.iter().find(|before| before.call_id == seen.call_id);
        match (before.map(is_talking), call.code()) {
            (Some(true), _) | (None, 200..=202) => assert_whole(call, seen),
            (Some(false), _) => assert_eq!((call.result.as_str(), seen.bye), ("technical", None), "{call:?}"),
            (None, 404) => assert_eq!(call.result, "bad_number", "{call:?}"),
            (None, _) => assert_eq!(call.result, "no_answer", "{call:?}"),
        }
        assert!(before.is_none() || call.ended_at >= micros(killed), "{call:?}");
    }
    journal::assert_replays(&scene.house, &["orderly"], &printed);
}

/// Whether every campaign says that it dials nothing for want of a PBX.
fn is_held_back(board: &Board) -> bool {
    let held_back = |reason| matches!(reason, Some(Reason::PbxAway | Reason::Breaker));
    !board.pbx && board.campaigns.iter().all(|campaign| held_back(campaign.view.reason))
}

/// Whether every agent is at work with their phone.
fn is_staffed(board: &Board) -> bool {
    let there = [AgentState::Ready, AgentState::Reserved, AgentState::OnCall];
    board.agents.iter().all(|agent| there.contains(&agent.view.state))
}
