//! Every scene before the simulated PBX.

use crate::scene::{self, Arm};

crate::each_scene! { Arm::Simulated }

#[test]
fn every_skip_names_a_scene_and_a_reason() {
    scene::check_skips();
}

/// What is left out is left out on purpose: `not_recorded` takes a PBX that is broken, which `unrecorded.rs` has,
/// and `failed` of a room one that takes it from its guests, which `real_asterisk/conference.rs` has.
#[test]
fn the_scenes_take_callees_through_every_branch_of_every_kind_of_node() {
    let taken: Vec<String> = scene::branches_taken()
        .into_iter()
        .map(|(kind, outcomes)| format!("{kind}: {}", Vec::from_iter(outcomes).join(", ")))
        .collect();
    insta::assert_snapshot!(taken.join("\n"), @"
    conference: cut, full, left, stay_over
    digits: answered, invalid, timeout
    do_not_call: opted_out
    hang_up: said
    menu: answered, invalid, timeout
    play: said
    queue: agent, nobody
    rating: answered, invalid, timeout
    record: cut, recorded
    say: missing, said
    sms: texted
    transfer: busy, cut, declined, failed, no_answer, transferred
    ");
}
