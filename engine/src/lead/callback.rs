//! What was agreed with the callee?

use crate::words::{AgentId, Micros};

/// A call that was agreed on. It goes ahead of other leads, and the cap on attempts does not count against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Callback {
    /// For when.
    pub at: Micros,
    /// With whom; anybody may call where there is none.
    pub agent: Option<AgentId>,
}
