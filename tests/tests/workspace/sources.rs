//! What no source may say.

use crate::files;

const FOLDERS: [&str; 7] = ["engine", "simulator", "ari-shell", "output", "tests", "migrations", "dialplan"];
const ENDINGS: [&str; 5] = ["rs", "toml", "sql", "sh", "conf"];

/// In two halves, so that this file does not say them.
const UNFINISHED: [(&str, &str); 4] = [("TO", "DO"), ("FIX", "ME"), ("unimplemen", "ted!"), ("to", "do!(")];

#[test]
fn nothing_is_left_for_later() {
    for (path, text) in FOLDERS.iter().flat_map(|folder| files(folder, &ENDINGS)) {
        for (first, second) in UNFINISHED {
            let word = format!("{first}{second}");
            let line = text.lines().position(|line| line.contains(&word));
            assert!(line.is_none(), "{}:{} says {word}", path.display(), line.unwrap_or(0) + 1);
        }
    }
}
