//! The README's first command.

use serde_json::Value;
use tests::house::{program, replay};

#[test]
fn the_demo_comes_to_its_end_with_every_attempt_accounted_for_and_its_journal_replays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = ["demo", "--json", "--journal", "journal"];
    let ended = program("ari-shell").current_dir(folder.path()).args(demo).output().expect("ari-shell runs");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{told}");
    let figures: Value = serde_json::from_slice(&ended.stdout).expect("one JSON object");
    let attempts = &figures["total"]["attempts"];
    let count = |what: &str| attempts[what].as_u64().expect("a count");
    assert!(count("opened") >= 500, "each lead is dialled at least once: {attempts}");
    assert_eq!((count("closed"), count("open"), count("unaccounted")), (count("opened"), 0, 0), "{told}");
    let (code, replayed) = replay(&folder.path().join("journal"));
    assert_eq!(code, 0, "{replayed}");
}
