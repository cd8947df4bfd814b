//! Through whom? Carriers: their turn in the rotation, their limits and their health.

mod health;
mod limits;
mod rotation;

use alloc::string::String;
use alloc::vec::Vec;

use crate::words::{CarrierId, Prefix, Span};

/// What the house decides about a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CarrierRules {
    /// The id that every row and variable carries.
    pub id: CarrierId,
    /// The name that operators use.
    pub name: String,
    /// How a number becomes a dial string.
    pub route: Route,
    /// Share of the calls against the campaign's other carriers; 1 to 1,000.
    pub weight: u32,
    /// Most calls at a time that have not ended; 1 to 100,000.
    pub channels: u32,
    /// Most new calls a second; 1 to 10,000.
    pub calls_per_second: u32,
    /// Put in front of the number and the campaign's prefix, outermost.
    pub prefix: Prefix,
    /// Overrides the campaign's caller id.
    pub caller_id: Option<String>,
    /// Overrides the campaign's ring time-out; not below 15 s.
    pub ring_timeout: Option<Span>,
    /// Channel variables of its own.
    pub variables: Vec<(String, String)>,
    /// So many trunk failures in a row take it out of the rotation; 1 to 1,000.
    pub failures_to_rest: u32,
    /// For so long; then one call probes it. 1 s to 1 h.
    pub rest: Span,
}

/// How a number becomes a dial string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Route {
    /// Straight to a PJSIP trunk: `PJSIP/<number>@<endpoint>`.
    Trunk {
        /// The PJSIP endpoint.
        endpoint: String,
    },
    /// Through the dialplan: `Local/<number>@<context>/n`, which dials the trunk itself.
    Local {
        /// The dialplan context, such as `from-campaign`.
        context: String,
    },
}
