//! What a callee hears who waits for an agent in a call flow.

use std::time::Duration;

use ari_shell::http::AgentVerb;
use tests::house::House;
use tests::lab::audio::hears;
use tests::lab::far_end::{Timings, number};
use tests::pbx::Pbx;

const LIMIT: Duration = Duration::from_secs(20);

/// Longer than the pause between two tones of the music.
const LISTEN: Duration = Duration::from_secs(5);

/// The pitches of the music and of the sound that is played where nobody came, in hertz.
const MUSIC: u32 = 220;
const SORRY: u32 = 550;

const FLOW: &str = r#"
version = 1

[[node]]
name = "soon"
type = "queue"
wait = "3s"
music = true
nobody = "sorry"

[[node]]
name = "sorry"
type = "play"
sounds = "sound:ringmaster/safe-harbour"
next = "later"

[[node]]
name = "later"
type = "queue"
wait = "60s"
music = "default"
nobody = "hang_up"
"#;

const RULES: &str = r#"
[[carrier]]
name = "trunk-a"
trunk = "trunk-a"

[[agent]]
name = "agent-1"
campaign = "spring"

[[campaign]]
name = "spring"
carriers = ["trunk-a"]
mode = "broadcast"
per_minute = 600
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_who_waits_hears_music_which_ends_where_nobody_came_and_when_an_agent_comes() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings { keep_audio: true, ..Timings::default() };
    let mut pbx = Pbx::real(timings, 1).await.expect("Asterisk starts");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.toml");
    std::fs::write(&file, FLOW).expect("the flow is written");
    let mut house = House::furnish(&pbx.url(), &format!("{RULES}flow = {:?}\n", file.display().to_string()));
    house.open().await;
    house.start().await;
    let operator = house.operator().await;
    operator.agent("agent-1", AgentVerb::LogOut).await.expect("granted");
    let callee = number(201, 1);
    house.import("spring", [callee.clone()]);

    let far_end = &pbx.lab().far_end;
    let heard =
        |from: usize| far_end.call_to(&callee).map_or_else(Vec::new, |call| call.heard[from..].to_vec());
    let until_hears = async |pitch: u32, from: usize| {
        let hears_it = || hears(&heard(from), pitch);
        assert!(tests::lab::until(LIMIT, hears_it).await, "no {pitch} Hz: {}", house.log());
        heard(0).len()
    };
    until_hears(MUSIC, 0).await;
    let told = until_hears(SORRY, 0).await;
    // The sound has come to its end, though music sounded before it, and the next wait has begun.
    until_hears(MUSIC, told).await;

    operator.agent("agent-1", AgentVerb::LogIn).await.expect("granted");
    let talks = || far_end.call_to(&callee).is_some_and(|call| call.phones_heard.contains_key(&1));
    assert!(tests::lab::until(LIMIT, talks).await, "no agent: {}", house.log());
    let talking = heard(0).len();
    tokio::time::sleep(LISTEN).await;
    assert!(!hears(&heard(talking), MUSIC), "music goes on beside the agent");
    let attempt = house.board().await.agents[0].view.attempt.expect("they talk");
    operator.hang_up(attempt).await.expect("ended");
    house.until_completed(LIMIT).await;
    assert_eq!(house.logged().await[0].way, "soon nobody, sorry said, later agent: agent");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
