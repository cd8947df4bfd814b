//! Every scene before a real Asterisk.

use crate::scene::{self, Arm};

crate::each_scene! { Arm::Real }
