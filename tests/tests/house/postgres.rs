//! Every scene with PostgreSQL, and what becomes of a campaign when it crashes.

mod crash;

use crate::scene::{self, Arm};

crate::each_scene! { Arm::Postgres }
