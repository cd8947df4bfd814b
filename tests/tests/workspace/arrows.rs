//! Which crate may know which.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cargo;

/// Every arrow inside the workspace, tests' own needs included.
const ARROWS: [(&str, &str); 8] = [
    ("ari-shell", "engine"),
    ("ari-shell", "output"),
    // For `demo`, and for tests.
    ("ari-shell", "simulator"),
    ("simulator", "engine"),
    ("simulator", "output"),
    ("tests", "ari-shell"),
    ("tests", "engine"),
    ("tests", "simulator"),
];

#[test]
fn crates_know_each_other_only_as_drawn() {
    let drawn: BTreeSet<(String, String)> =
        ARROWS.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    assert_eq!(arrows(), drawn);
}

#[test]
fn nothing_but_the_tests_depends_on_the_shell() {
    for (from, to) in arrows() {
        assert!(to != "ari-shell" || from == "tests", "{from} depends on the shell");
    }
}

fn arrows() -> BTreeSet<(String, String)> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"])).expect("JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let name = |value: &Value| value["name"].as_str().expect("it has a name").to_owned();
    let names: BTreeSet<String> = packages.iter().map(name).collect();
    let below = |package: &Value| {
        let needs = package["dependencies"].as_array().cloned().unwrap_or_default();
        let from = name(package);
        needs.iter().map(|need| (from.clone(), name(need))).collect::<Vec<_>>()
    };
    packages.iter().flat_map(below).filter(|(_, to)| names.contains(to)).collect()
}
