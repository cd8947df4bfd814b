//! What is said of flows that cannot work.

use super::*;

fn faults(nodes: Vec<Node>) -> Vec<String> {
    flow(nodes).faults().iter().map(ToString::to_string).collect()
}

fn play(name: &str, next: &str) -> Node {
    node(name, NodeKind::Play { sounds: sounds(name), next: to(next) })
}

#[test]
fn each_fault_is_told_with_its_node_and_field() {
    let no_question = Ask { sounds: vec![], retries: 10, first_key: Span::ZERO, ..ask("x") };
    let menu =
        NodeKind::Menu { ask: ask("m"), keys: vec![(key('1'), to("hang_up")), (key('1'), to("gone"))] };
    for (nodes, expected) in [
        (vec![], &["node: there is none; the first one is where every call begins"][..]),
        (vec![play("a", "b")], &["node \"a\": next: there is no node \"b\"; there are a, and hang_up"]),
        (
            vec![play("a", "hang_up"), play("a", "hang_up")],
            &["node \"a\": name: is used twice; give each node a name of its own"],
        ),
        (
            vec![play("a", "hang_up"), play("b", "hang_up")],
            &["node \"b\": name: no way leads here; let one, or take the node out"],
        ),
        (
            vec![node("a", NodeKind::Play { sounds: vec![], next: to("hang_up") })],
            &["node \"a\": sounds: nothing is said; give a sound, such as sound:ringmaster/welcome"],
        ),
        (
            vec![node("m", menu)],
            &[
                "node \"m\": keys.1: there is no node \"gone\"; there are m, and hang_up",
                "node \"m\": keys.1: is there twice",
            ],
        ),
        (
            vec![node("d", NodeKind::Digits { ask: no_question, least: 4, most: 3, next: to("hang_up") })],
            &[
                "node \"d\": sounds: nothing is said; give a sound, such as sound:ringmaster/welcome",
                "node \"d\": retries: 10 is not between 0 and 9",
                "node \"d\": first_key: 0 ms is not between 500 and 60000 ms",
                "node \"d\": most: 3 is not between 4 and 20",
            ],
        ),
    ] {
        assert_eq!(faults(nodes), expected);
    }
}

#[test]
fn a_round_that_nobody_has_to_do_anything_in_is_refused() {
    assert_eq!(
        faults(vec![play("a", "b"), play("b", "a")]),
        [
            "node \"a\": next: leads round to \"a\" again without the callee doing anything; let one of these ways end",
            "node \"b\": next: leads round to \"b\" again without the callee doing anything; let one of these ways end",
        ]
    );
    let silent = Ask { timeout: to("q"), ..ask("q") };
    let asked = NodeKind::Digits { ask: silent, least: 1, most: 1, next: to("hang_up") };
    assert_eq!(
        faults(vec![node("q", asked)]),
        [
            "node \"q\": timeout: leads round to \"q\" again without the callee doing anything; let one of these ways end"
        ]
    );
    // A round that takes a key is the callee's own wish.
    let again = NodeKind::Menu { ask: ask("m"), keys: vec![(key('9'), to("m"))] };
    assert_eq!(faults(vec![node("m", again)]), [""; 0]);
}
