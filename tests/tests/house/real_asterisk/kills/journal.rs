//! What the journal of a house with kills must be good for.

use std::fs;

use tests::house::{House, replay};

/// Holds that the journal replays to the digest that the last shell printed, with one segment for each process, which
/// ended like this.
pub(crate) fn assert_replays(house: &House, endings: &[&str], printed: &str) {
    let (code, replayed) = house.replay();
    assert_eq!(code, 0, "{replayed}");
    let segments: Vec<&str> = replayed.lines().filter(|line| line.starts_with("segment ")).collect();
    let ends_so = |(segment, ending): (&&str, &&str)| segment.contains(&format!(", {ending}"));
    assert_eq!(segments.len(), endings.len(), "{replayed}");
    assert!(segments.iter().zip(endings).all(ends_so), "{endings:?}: {replayed}");
    let digest = printed.lines().find_map(|line| line.strip_prefix("digest of all commands: "));
    let digest = digest.expect("the digest is printed at the end");
    assert!(segments.last().is_some_and(|last| last.contains(digest)), "{digest}: {replayed}");
}

/// A change to a journal: what is changed, a text that marks the lines with one of it, and the line that it makes of
/// such a line, if any.
type Change = (&'static str, &'static str, fn(&str) -> Option<String>);

/// Small changes of every kind, each to be made in the middle of the journal.
const CHANGES: [Change; 6] = [
    ("the cause of an end", r#""news":{"Ended":{"cause":"#, |line| {
        Some(with_digit_after(line, r#""cause":"#))
    }),
    ("the time of an event", r#"{"event":{"n":"#, |line| Some(with_digit_after(line, r#""at":"#))),
    ("who did it", r#""event":{"Leg":{"leg":{"Customer":"#, |line| {
        Some(with_digit_after(line, r#""attempt":"#))
    }),
    ("what came of a command", r#""outcome":"Done""#, |line| {
        Some(line.replacen(r#""Done""#, r#"{"Failed":"Silence"}"#, 1))
    }),
    ("a command", r#"{"HangUp":{"request":"#, |line| Some(with_digit_after(line, r#""request":"#))),
    ("an event taken out", r#"{"event":{"n":"#, |_| None),
];

/// Holds that a copy of the journal with one small change does not replay, and that the line is named.
pub(crate) fn assert_shows_every_change(house: &House) {
    let journal = fs::read_to_string(house.journal()).expect("the journal is read");
    let lines: Vec<&str> = journal.lines().collect();
    for (what, mark, change) in CHANGES {
        let at = (lines.len() / 2..lines.len()).find(|&at| lines[at].contains(mark));
        let at = at.unwrap_or_else(|| panic!("no line with {what}"));
        let changed = change(lines[at]);
        assert_ne!(changed.as_deref(), Some(lines[at]), "{what}");
        let mut copy = lines.clone();
        copy.splice(at..=at, changed.as_deref());
        let file = house.folder().join("changed");
        fs::write(&file, copy.join("\n") + "\n").expect("the copy is written");
        let (code, found) = replay(&file);
        assert_eq!(code, 1, "{what}: {found}");
        // Where a line was taken out, the one that stands in its place is the first that does not fit.
        let named = format!("diverged at line {},", at + 1);
        assert!(found.contains(&named), "{what}, not {named:?}: {found}");
    }
}

/// The line with the first digit after `mark` changed.
fn with_digit_after(line: &str, mark: &str) -> String {
    let at = line.find(mark).expect("the line was chosen by its mark") + mark.len();
    let digit = if line[at..].starts_with('1') { "2" } else { "1" };
    [&line[..at], digit, &line[at + 1..]].concat()
}
