//! What callees hear who are in a room, alone and together.

use std::path::Path;
use std::time::Duration;

use tests::house::House;
use tests::lab::audio::{hears, tone};
use tests::lab::far_end::{FarEnd, Timings, number};
use tests::pbx::Pbx;

const LIMIT: Duration = Duration::from_secs(20);

/// Longer than the pause between two tones of the music.
const LISTEN: Duration = Duration::from_secs(5);

/// The pitches of the two callees' voices, and of the music, in hertz.
const FIRST: u32 = 700;
const SECOND: u32 = 1_100;
const MUSIC: u32 = 220;

const FLOW: &str = r#"
version = 1

[[node]]
name = "room"
type = "conference"
room = "lounge"
beep = true
left = "hang_up"
over = "hang_up"
full = "hang_up"
failed = "sorry"

[[node]]
name = "sorry"
type = "play"
sounds = "sound:ringmaster/safe-harbour"
next = "hang_up"
"#;

/// A house whose one campaign lets its callees into the room, by a flow in that folder.
async fn lets_into_the_room(pbx: &Pbx, folder: &Path) -> House {
    let file = folder.join("flow.toml");
    std::fs::write(&file, FLOW).expect("the flow is written");
    let rules = "[[carrier]]\nname = \"trunk-a\"\ntrunk = \"trunk-a\"\n\
                 [[campaign]]\nname = \"spring\"\ncarriers = [\"trunk-a\"]\nmode = \"broadcast\"\nper_minute = 600\n";
    let mut house = House::furnish(&pbx.url(), &format!("{rules}flow = {:?}\n", file.display().to_string()));
    house.open().await;
    house
}

/// What a callee has heard from that place on.
fn heard(far_end: &FarEnd, callee: &str, from: usize) -> Vec<u8> {
    far_end.call_to(callee).map_or_else(Vec::new, |call| call.heard[from..].to_vec())
}

/// Waits until a callee hears that pitch; tells how much they have heard by then.
async fn until_hears(pbx: &mut Pbx, callee: &str, pitch: u32, from: usize) -> usize {
    let far_end = &pbx.lab().far_end;
    let hears_it = || hears(&heard(far_end, callee, from), pitch);
    assert!(tests::lab::until(LIMIT, hears_it).await, "{callee} does not hear {pitch} Hz");
    heard(far_end, callee, 0).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_alone_in_a_room_hears_music_and_two_hear_each_other_and_no_music() {
    if !tests::lab::ready() {
        return;
    }
    let (first, second) = (number(201, 1), number(201, 2));
    let says = |pitch| tone(pitch, Duration::from_secs(120));
    let said = [(first.clone(), says(FIRST)), (second.clone(), says(SECOND))].into();
    let timings = Timings { keep_audio: true, said, ..Timings::default() };
    let mut pbx = Pbx::real(timings, 0).await.expect("Asterisk starts");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut house = lets_into_the_room(&pbx, folder.path()).await;
    house.import("spring", [first.clone()]);
    house.start().await;
    until_hears(&mut pbx, &first, MUSIC, 0).await;

    house.import("spring", [second.clone()]);
    let together = until_hears(&mut pbx, &first, SECOND, 0).await;
    until_hears(&mut pbx, &second, FIRST, 0).await;
    tokio::time::sleep(LISTEN).await;
    let far_end = &pbx.lab().far_end;
    assert!(!hears(&heard(far_end, &first, together), MUSIC), "music goes on beside the other");
    assert!(!hears(&heard(far_end, &second, 0), MUSIC), "there is music for whoever is not alone");

    far_end.hang_up(&second);
    let gone = heard(far_end, &first, 0).len();
    until_hears(&mut pbx, &first, MUSIC, gone).await;
    // A stranger takes the room down: the flow goes on.
    let before = heard(&pbx.lab().far_end, &first, 0).len();
    pbx.take_down(&format!("{}.bc.1.1", house.signature().await)).await;
    until_hears(&mut pbx, &first, 550, before).await;
    house.until_completed(LIMIT).await;
    let ways: Vec<String> = house.logged().await.into_iter().map(|call| call.way).collect();
    assert_eq!(ways, ["room failed, sorry said: done", "room cut: hung_up"]);
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
