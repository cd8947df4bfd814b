//! What files of call flows say, and what is said of those that are wrong.

use super::*;

fn example() -> CallFlow {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows/survey.toml");
    read(&file).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(file: &str, text: &str) -> String {
    parse(Path::new(file), text, "survey".to_owned()).map(|_| ()).expect_err("it is wrong").to_string()
}

#[test]
fn the_example_has_a_node_of_each_type() {
    let flow = example();
    let mut types: Vec<&str> = flow.nodes.iter().map(|node| node.kind.name()).collect();
    types.sort_unstable();
    // What a play node would say, the others say before they do what they are for.
    let mut all: Vec<&str> = TYPES.into_iter().filter(|kind| *kind != "play").collect();
    all.sort_unstable();
    assert_eq!(types, all);
    assert_eq!(flow.edition.len(), EDITION_DIGITS);
}

#[test]
fn json_and_toml_that_say_the_same_are_the_same_edition() {
    let toml = r#"
version = 1
[[node]]
name = "hello"
type = "menu"
sounds = ["sound:a", "sound:b"]
keys = { 1 = "hang_up", "*" = "hello" }
invalid = "hang_up"
timeout = "hang_up"
"#;
    let json = r#"{"node": [{"name": "hello", "type": "menu", "keys": {"*": "hello", "1": "hang_up"},
        "sounds": ["sound:a", "sound:b"], "invalid": "hang_up", "timeout": "hang_up", "most_visits": null}], "version": 1}"#;
    let name = || "survey".to_owned();
    let toml = parse(Path::new("a.toml"), toml, name()).expect("right");
    let json = parse(Path::new("a.json"), json, name()).expect("right");
    assert_eq!(toml, json);
    let mut other = toml.clone();
    other.most_steps += 1;
    assert_ne!(edition(&CallFlow { edition: String::new(), ..other }), toml.edition);
}

#[test]
fn every_problem_is_told_with_its_place_its_node_and_its_field() {
    insta::assert_snapshot!(problems(
        "survey.toml",
        r#"
version = 2
[[node]]
name = "menu"
type = "menu"
sounds = "ringmaster/menu"
retries = 10
key = { 1 = "sales" }
invalid = "hang_up"
[[node]]
name = "hang_up"
type = "play"
sound = "sound:a"
next = "menu"
[[node]]
name = "b"
type = "transfer"
[[node]]
name = "c"
type = "plya"
"#
    ));
    insta::assert_snapshot!(problems(
        "survey.toml",
        r#"
version = 1
[[node]]
name = "a"
type = "play"
sounds = "sound:a"
next = "b"
[[node]]
name = "b"
type = "play"
sounds = "sound:b"
next = "a"
[[node]]
name = "c"
type = "hang_up"
"#
    ));
    insta::assert_snapshot!(problems(
        "survey.toml",
        r#"
version = 1
[[node]]
name = "desk"
type = "transfer"
to = "1000@evil"
endpoint = "PJSIP/a&PJSIP/b"
caller_id = "nobody"
ring_timeout = "1s"
meanwhile = "news"
whisper = "hello"
accept_within = "5s"
longest = "1d"
answered = "desk"
otherwise = "nowhere"
[[node]]
name = "door"
type = "transfer"
accept = "12"
answered = "hang_up"
"#
    ));
    insta::assert_snapshot!(problems("survey.json", "{\"version\": 1,\n \"node\": [}"));
    insta::assert_snapshot!(problems("survey.json", "[]"));
}
