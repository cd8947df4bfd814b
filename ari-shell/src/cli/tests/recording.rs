use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::{Failure, run};
use crate::ari::fake::Act;
use crate::http::fake::Fake;

/// Fetches a recording, of which the PBX says so much, to `file`.
async fn fetch(sent: Act, file: &Path) -> Result<String, Failure> {
    let stored = Act::Reply(200, "{\"name\": \"any\", \"format\": \"wav\"}");
    let fake = Fake::with_recordings(vec![stored, sent]).await;
    let to = file.to_str().expect("UTF-8");
    run(&fake.config_file(), &["recording", "fetch", "rm1.3fa9c2.t.42.1.1", "--to", to]).await
}

/// What each file of a folder holds, by its name.
fn files(folder: &TempDir) -> Vec<(String, String)> {
    let files = fs::read_dir(folder.path()).expect("a folder").map(|file| {
        let path = file.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_owned();
        (name, fs::read_to_string(path).expect("words"))
    });
    files.collect()
}

#[tokio::test]
async fn a_recording_is_under_its_name_once_it_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("take.wav");
    let begun = async {
        while files(&folder).iter().all(|(_, held)| held != "half") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        files(&folder)
    };
    let half = tokio::select! {
        done = fetch(Act::Stall("half"), &file) => panic!("it never ends: {done:?}"),
        half = begun => half,
    };
    let [(name, _)] = &half[..] else { panic!("one file: {half:?}") };
    assert!(name.starts_with("take.wav.") && name.ends_with(".part"), "{name}");

    let told = fetch(Act::Reply(200, "the whole"), &file).await.expect("fetched");
    assert_eq!(told, format!("{}: 9 bytes\n", file.display()));
    assert_eq!(files(&folder), [("take.wav".to_owned(), "the whole".to_owned())]);
    let other = folder.path().join("other");
    fs::write(&other, "").expect("a file");
    let mode = |file| fs::metadata(file).expect("a file").permissions();
    assert_eq!(mode(&file), mode(&other), "whoever may read a new file may read it");
}

#[tokio::test]
async fn half_a_recording_is_not_kept_and_what_is_there_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("take.wav");
    let failure = fetch(Act::Break("half"), &file).await.expect_err("it broke off");
    assert_eq!(failure.told().0, 1);
    assert_eq!(files(&folder), []);

    fs::write(&file, "the only copy").expect("a file");
    let failure = fetch(Act::Reply(200, "another"), &file).await.expect_err("it is there already");
    assert_eq!(failure.told(), (1, &*format!("{}: File exists", file.display())));
    assert_eq!(files(&folder), [("take.wav".to_owned(), "the only copy".to_owned())]);
}
