//! Every scene with PostgreSQL.

use crate::scene::{self, Arm};

crate::each_scene! { Arm::Postgres }
