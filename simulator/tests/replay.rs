//! `simulator replay` as it is called: what it prints, and its exit code.

use std::path::Path;
use std::process::{Command, Output};

use engine::journal::{Chain, Recorder};
use engine::words::{AttemptId, Micros, SessionId, Signature, Span};
use engine::{Config, Engine, Event};

const NOON: Micros = Micros(1_800_000_000_000_000);

#[test]
fn a_journal_that_replays_exits_with_0_and_shows_the_digest() {
    let (journal, digest) = recorded();
    let output = replay(&journal, &[]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.starts_with("segment at line 1: 2 events, "), "{text}");
    assert!(text.contains(&format!("digest {digest}, orderly\n1 segment, 2 events, ")), "{text}");

    let json = json(&replay(&journal, &["--json"]));
    assert_eq!(json["segments"][0]["digest"], digest);
    assert_eq!(json["segments"][0]["ended"], "orderly");
    assert_eq!(json["events"], 2);
}

#[test]
fn only_commands_that_stand_in_a_journal_are_said_to_be_as_written() {
    let whole = recorded().0;
    // The process was killed after an event, before it had written a command for it.
    let killed: String = whole.lines().take(2).map(|line| format!("{line}\n")).collect();
    let output = replay(&killed, &[]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("1 segment, 1 event, 0 commands: all as written"), "{text}");
    let json = json(&replay(&killed, &["--json"]));
    assert_eq!(json["commands"], 0);
}

#[test]
fn a_journal_that_diverges_exits_with_1_and_shows_the_place() {
    let journal = recorded().0.replace("\"LinkUp\"", "\"LinkLost\"");
    let line = 1 + journal.lines().position(|line| line.contains("LinkLost")).expect("the event's line");
    let output = replay(&journal, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("text");
    let place =
        format!("diverged at line {line}, event 1 at 1800000000000005 (0.000005 s after the begin): ");
    assert!(text.contains(&place), "{text}");

    let output = replay(&journal, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let diverged = &json(&output)["diverged"];
    assert_eq!((&diverged["line"], &diverged["event"]), (&line.into(), &1.into()));
    assert_eq!((&diverged["at"], &diverged["what"]), (&1_800_000_000_000_005_u64.into(), &"event".into()));
}

#[test]
fn what_is_no_journal_exits_with_2() {
    let output = replay("name,number\n", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 1: not a line of a journal"));
    for (file, told) in [
        ("no/such/file", "no/such/file: No such file or directory"),
        (".", ".: Is a directory"),
        ("/dev/null", "/dev/null: the journal holds no whole line"),
        ("/dev/zero", "/dev/zero: line 1: longer than 64 MiB, which no line of a journal is"),
    ] {
        let output = call(Path::new(file), &[]);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()), "{file}");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(said.starts_with(&format!("simulator: {told}")), "{said}");
        let object = json(&call(Path::new(file), &["--json"]));
        assert!(
            object["unreadable"].as_str().expect("a reason").starts_with(&told[file.len() + 2..]),
            "{object}"
        );
    }
}

fn replay(journal: &str, options: &[&str]) -> Output {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), journal).expect("written");
    call(file.path(), options)
}

fn call(file: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simulator"))
        .arg("replay")
        .arg(file)
        .args(options)
        .output()
        .expect("the simulator runs")
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// A recording of the engine with two events, and its digest.
fn recorded() -> (String, String) {
    let config = Config {
        signature: Signature::try_from("rm1".to_owned()).expect("a signature"),
        campaigns: vec![],
        carriers: vec![],
        caller_ids: vec![],
        agents: vec![],
        pause_codes: vec![],
        geography: engine::lead::Geography::default(),
        next_attempt: AttemptId(1),
        next_session: SessionId(1),
        pbx_patience: Span::secs(5),
        database_patience: Span::secs(10),
        survey_every: Span::secs(60),
    };
    let (mut recorder, mut journal) = Recorder::begin(Chain::START, &config, [0; 32], NOON);
    let mut engine = Engine::new(config, [0; 32], NOON).expect("a configuration");
    for (at, event) in [(NOON + Span(5), Event::LinkUp), (NOON + Span(9), Event::Woke)] {
        while let Some(command) = engine.poll_command() {
            journal += &recorder.command(&command);
        }
        journal += &recorder.event(at, &event);
        engine.handle(at, event);
    }
    while let Some(command) = engine.poll_command() {
        journal += &recorder.command(&command);
    }
    let (digest, end) = recorder.end();
    (journal + &end, digest.to_string())
}
