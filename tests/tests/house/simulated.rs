//! Every scene before the simulated PBX.

use crate::scene::{self, Arm};

crate::each_scene! { Arm::Simulated }

#[test]
fn every_skip_names_a_scene_and_a_reason() {
    scene::check_skips();
}
