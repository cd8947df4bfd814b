//! Recordings that cannot be made: nothing is dialled where that can be told beforehand, and no call is harmed where not. And
//! one that is fetched.

use std::fs;
use std::time::Duration;

use ari_shell::http::{AgentVerb, CampaignVerb};
use engine::recording::TakeState;
use tests::house::{House, Logged};
use tests::lab::far_end::{Timings, number};
use tests::lab::{Heard, Recording};
use tests::pbx::Pbx;

use crate::unrecorded::{asks_for_a_word, has_gone_on};

/// Longer than any part of it takes.
const LIMIT: Duration = Duration::from_secs(60);

const RULES: &str = "\
[[carrier]]
name = \"trunk-a\"
trunk = \"trunk-a\"
[[campaign]]
name = \"spring\"
carriers = [\"trunk-a\"]
recording = \"all\"
wrap_up = \"0s\"
[[agent]]
name = \"agent-1\"
campaign = \"spring\"
";

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_recorded_nothing_is_dialled_and_a_recording_that_fails_harms_no_call() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 1).await.expect("Asterisk starts");
    let folder = pbx.lab().asterisk.recordings();
    let mut house = House::furnish(&pbx.url(), RULES);
    house.import("spring", [number(205, 1)]);
    house.open().await;
    let operator = house.operator().await;
    operator.agent("agent-1", AgentVerb::LogIn).await.expect("the agent is let in");

    fs::remove_dir(&folder).expect("it is empty");
    let denied = operator.campaign("spring", CampaignVerb::Start).await.expect_err("nothing can be recorded");
    assert!(denied.to_string().starts_with("the PBX does not record wav: it needs"), "{denied}");
    fs::create_dir(&folder).expect("the folder again");

    // The first call's name is taken already, and for the second one there is no folder any more.
    let name = format!("{}.t.1.1.1", house.signature().await);
    fs::write(folder.join(format!("{name}.wav")), "another's").expect("a file");
    operator.campaign("spring", CampaignVerb::Start).await.expect("it starts");
    house.until_completed(LIMIT).await;
    fs::remove_dir_all(&folder).expect("the folder is there");
    house.import("spring", [number(205, 2)]);
    house.until(LIMIT, "twice", |board| board.closed == 2).await;

    let seen = |call: &Logged| {
        let states = call.takes.iter().map(|take| take.state).collect::<Vec<_>>();
        (call.result.clone(), states)
    };
    let logged = house.logged().await;
    let expected = ("connected".to_owned(), vec![TakeState::Failed]);
    assert_eq!(logged.iter().map(seen).collect::<Vec<_>>(), [expected.clone(), expected], "{}", house.log());
    let told = house.must(&["explain", "--attempt", "1"]);
    let failed = format!("take        {name}: failed, wav, callee and agent in one");
    assert!(told.contains(&failed), "{told}");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stereo_take_is_fetched_as_one_file_with_the_callee_on_the_left_and_the_agent_on_the_right() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 1).await.expect("Asterisk starts");
    let folder = pbx.lab().asterisk.recordings();
    let rules = RULES.replace("recording = \"all\"", "recording = \"all\"\nrecording_stereo = true");
    let mut house = House::furnish(&pbx.url(), &rules);
    house.import("spring", [number(200, 1)]);
    house.open().await;
    house.start().await;
    house.until_completed(LIMIT).await;

    let (name, file) = (house.logged().await.remove(0).takes.remove(0).name, folder.join("fetched"));
    let fetch = ["recording", "fetch", &name, "--to", file.to_str().expect("it is a word")];
    house.must(&fetch);
    let (code, _, refusal) = house.command(&fetch);
    assert!(code == 1 && refusal.contains("File exists"), "what is there is left as it is: {refusal}");
    let fetched = Recording::read(&file);
    let (callee, agent) = (Heard { callee: true, phone: false }, Heard { callee: false, phone: true });
    assert_eq!((fetched.heard(0), fetched.heard(1)), (callee, agent));
    let side = |side| Recording::read(&folder.join(format!("{name}.{side}.wav"))).length();
    assert_eq!(fetched.length(), side("callee").max(side("agent")));
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_is_found_after_a_kill_though_nobody_wrote_it_down_and_can_be_paused_and_ended() {
    if !tests::lab::ready() {
        return;
    }
    let pbx = Pbx::real(Timings::default(), 1).await.expect("Asterisk starts");
    let rules = RULES.replace("recording = \"all\"", "recording = \"on_demand\"\nrecording_stereo = true");
    let mut house = House::furnish(&pbx.url(), &rules);
    // Stays until we hang up.
    house.import("spring", [number(201, 1)]);
    house.open().await;
    house.start().await;
    house.until(LIMIT, "in conversation", |board| board.campaigns[0].view.talking == 1).await;
    house.must(&["recording", "start", "--agent", "agent-1"]);
    house.kill();
    house.write("UPDATE attempts SET takes = NULL").await;
    house.open().await;
    house.until(LIMIT, "compared", |board| board.pbx).await;

    house.must(&["recording", "pause", "--agent", "agent-1"]);
    house.must(&["recording", "stop", "--agent", "agent-1"]);
    house.must(&["hangup", "--agent", "agent-1"]);
    house.until_completed(LIMIT).await;
    let take = house.logged().await.remove(0).takes.remove(0);
    assert!(take.stereo && take.state == TakeState::Kept && take.paused_ms > 0, "{take:?}");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_asterisk_does_not_record_is_made_up_for() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 0).await.expect("Asterisk starts");
    let folder = pbx.lab().asterisk.recordings();
    // The word's name is taken already.
    fs::write(folder.join("rm1.r.1.1.wav"), "another's").expect("a file");
    has_gone_on(asks_for_a_word(&pbx).await, &pbx).await;
}
