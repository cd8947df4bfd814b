//! The floor as other programs read it: the engine's view with names beside the ids.

use std::collections::BTreeMap;
use std::fmt::Display;

use engine::view::{AgentView, CampaignView, CarrierView, View};
use engine::words::Micros;
use serde::{Deserialize, Serialize};

use crate::config::Ids;
use crate::hopper::Standing;
use crate::outbox::SinkStanding;

/// The whole floor at one moment. Moments are microseconds since 1970 (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Whether the event stream stands and the PBX has been compared.
    pub pbx: bool,
    /// Whether the database answers.
    pub database: bool,
    /// Until when the breaker is open, if it is.
    pub breaker_until: Option<Micros>,
    /// Where leads are held ready.
    pub hopper: Standing,
    /// How those stand who are told of calls.
    #[serde(default)]
    pub sinks: Vec<SinkStanding>,
    /// All campaigns.
    pub campaigns: Vec<Named<CampaignView>>,
    /// All agents.
    pub agents: Vec<Named<AgentView>>,
    /// All carriers.
    pub carriers: Vec<Named<CarrierView>>,
    /// Attempts since the shell was started.
    pub opened: u64,
    /// Of these, attempts whose record is written.
    pub closed: u64,
    /// Events that came too late, twice or for nobody, by kind.
    pub stray: BTreeMap<String, u64>,
}

/// A thing's view with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named<V> {
    /// As in the configuration.
    pub name: String,
    /// The rest.
    #[serde(flatten)]
    pub view: V,
}

impl Board {
    pub(super) fn new(
        view: View,
        database: bool,
        hopper: Standing,
        sinks: Vec<SinkStanding>,
        ids: &Ids,
    ) -> Self {
        let View { pbx, breaker_until, campaigns, agents, carriers, opened, closed, stray } = view;
        Self {
            pbx,
            database,
            breaker_until,
            hopper,
            sinks,
            campaigns: named(campaigns, &ids.campaigns, |view| view.id),
            agents: named(agents, &ids.agents, |view| view.id),
            carriers: named(carriers, &ids.carriers, |view| view.id),
            opened,
            closed,
            stray,
        }
    }
}

fn named<V, Id: Ord + Display>(
    views: Vec<V>,
    ids: &BTreeMap<String, Id>,
    id: impl Fn(&V) -> Id,
) -> Vec<Named<V>> {
    let names: BTreeMap<&Id, &String> = ids.iter().map(|(name, id)| (id, name)).collect();
    let name = |view: &V| {
        let id = id(view);
        names.get(&id).map_or_else(|| format!("#{id}"), |name| (*name).clone())
    };
    views.into_iter().map(|view| Named { name: name(&view), view }).collect()
}
