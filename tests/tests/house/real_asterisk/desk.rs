//! What is heard of a consultation, of a conference and of what comes after them.

use std::time::Duration;

use ari_shell::http::AgentVerb;
use tests::house::House;
use tests::lab::far_end::{Timings, number};
use tests::pbx::Pbx;

use super::ears::{Heard, listens, mostly};

const LIMIT: Duration = Duration::from_secs(10);

/// So long a callee listens to voices, and to music: longer than the pause between two of its tones.
const VOICES: Duration = Duration::from_secs(2);
const MUSIC: Duration = Duration::from_secs(5);

/// Somebody who is called is a telephone of the house whose agent is at no work.
const RULES: &str = r#"
[[carrier]]
name = "trunk-a"
trunk = "trunk-a"

[[campaign]]
name = "spring"
carriers = ["trunk-a"]
recording = "all"

[[campaign.transfers]]
name = "colleague"
endpoint = "PJSIP/agent-2"

[[agent]]
name = "agent-1"
campaign = "spring"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_hears_music_then_both_then_whoever_is_left() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings { keep_audio: true, ..Timings::default() };
    let mut pbx = Pbx::real(timings, 2).await.expect("Asterisk starts");
    let mut house = House::furnish(&pbx.url(), RULES);
    house.open().await;
    house.start().await;
    house.import("spring", [number(201, 1)]);
    house.until(LIMIT, "talking", |board| board.campaigns[0].view.talking == 1).await;

    house.asks("agent-1", AgentVerb::Consult("colleague".to_owned())).await;
    let joined = |board: &ari_shell::http::Board| {
        let times = board.agents[0].view.consults.as_ref().and_then(|consults| consults.times);
        times.is_some_and(|times| times.joined.is_some())
    };
    house.until(LIMIT, "consulting", joined).await;
    let music = listens(&mut pbx, MUSIC).await;
    assert!(music.keys().all(|heard| matches!(heard, Heard::Music | Heard::Silence)), "{music:?}");
    assert!(music.contains_key(&Heard::Music), "{music:?}");
    let other = pbx.lab().phones.calls(2).remove(0);
    assert!(other.phones_heard.contains_key(&1), "the other hears {:?}", other.phones_heard);

    house.asks("agent-1", AgentVerb::Join).await;
    let both = listens(&mut pbx, VOICES).await;
    assert_eq!(mostly(&both), Some(Heard::Both), "{both:?}");
    house.asks("agent-1", AgentVerb::Complete).await;
    let left = listens(&mut pbx, VOICES).await;
    assert_eq!(mostly(&left), Some(Heard::Phone(2)), "{left:?}");
    assert!(!left.contains_key(&Heard::Phone(1)), "the agent is still there: {left:?}");
    pbx.lab().phones.hang_up(2);
    house.until(LIMIT, "over", |board| board.closed == 1).await;
    let log = house.logged().await.remove(0).transfers.remove(0);
    let by = log.by.as_ref().expect("an agent asked for it");
    let told = (log.outcome(), by.name.as_str(), by.to.as_str(), by.way.name());
    assert_eq!(told, ("answered", "agent-1", "colleague", "completed"));
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
