//! Scenes that one arm cannot play, each with its reason.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Arm;

/// The list's name among the scenario files.
pub(super) const FILE: &str = "skip";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    simulated: BTreeMap<String, String>,
    postgres: BTreeMap<String, String>,
    real: BTreeMap<String, String>,
}

/// Why this arm does not play this scene, if it does not.
pub(super) fn reason(arm: Arm, name: &str) -> Option<String> {
    let list = read();
    match arm {
        Arm::Simulated => list.simulated.get(name).cloned(),
        Arm::Postgres => list.postgres.get(name).cloned(),
        Arm::Real => list.real.get(name).cloned(),
    }
}

/// A skip of nothing, or for no reason, is a mistake.
pub(crate) fn check() {
    let (list, names) = (read(), super::names());
    for (name, reason) in list.simulated.iter().chain(&list.postgres).chain(&list.real) {
        assert!(names.contains(name), "{FILE}.toml skips {name}, which is no scenario");
        assert!(!reason.trim().is_empty(), "{FILE}.toml skips {name} without a reason");
    }
}

fn read() -> List {
    let file = super::folder().join(FILE).with_extension("toml");
    let text = std::fs::read_to_string(file).expect("the list is there");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{FILE}.toml: {error}"))
}
