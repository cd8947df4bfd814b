//! The README's first command, and what is made of its day.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use simulator::scenario::Draft;
use tests::house::{program, replay};

/// Runs it in a folder, and gives what it prints.
fn says(folder: &Path, line: &[&str]) -> String {
    let ended = program("ari-shell").current_dir(folder).args(line).output().expect("ari-shell runs");
    assert!(ended.status.success(), "{line:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).expect("text")
}

#[test]
fn the_demo_comes_to_its_end_with_every_attempt_accounted_for_and_its_journal_and_its_day_can_be_played_again()
 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = says(folder.path(), &["demo", "--json", "--journal", "journal", "--keep", "kept"]);
    let figures: Value = serde_json::from_str(&demo).expect("one JSON object");
    let attempts = &figures["total"]["attempts"];
    let count = |what: &str| attempts[what].as_u64().expect("a count");
    assert!(count("opened") >= 500, "each lead is dialled at least once: {attempts}");
    assert_eq!((count("closed"), count("open"), count("unaccounted")), (count("opened"), 0, 0), "{figures}");
    let (code, replayed) = replay(&folder.path().join("journal"));
    assert_eq!(code, 0, "{replayed}");
    assert_eq!(recorded(folder.path(), &figures), counted(&figures));
}

/// What the scenario has on record that is made of the demo's day: calls, answers and drops.
fn recorded(folder: &Path, figures: &Value) -> [u64; 3] {
    let began = figures["period"]["from"].as_i64().expect("a moment");
    let date = Timestamp::from_microsecond(began).expect("of the calendar").strftime("%F").to_string();
    let made =
        ["--config", "kept/ringmaster.toml", "scenario", "day.toml", "--campaign", "demo", "--on", &date];
    says(folder, &made);
    let day = Draft::load(folder.join("day.toml").to_str().expect("a path")).expect("it can be played");
    let recorded = day.scenario().recorded.expect("it says so");
    [recorded.dials, recorded.answers, recorded.drops].map(|calls| calls.0.into())
}

/// The same as the report has it. No call fails on its way in there.
fn counted(figures: &Value) -> [u64; 3] {
    let calls = &figures["total"]["calls"];
    [&calls["dialled"], &calls["answered"], &calls["results"]["dropped"]]
        .map(|count| count.as_u64().expect("a count"))
}
