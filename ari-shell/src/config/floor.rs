//! The sections that the engine obeys: carriers, campaigns and agents, with the names by which they refer to each other.

mod agent;
mod amd;
mod caller_ids;
mod campaign;
mod carrier;
mod digits;
mod dispositions;
mod do_not_call;
mod groups;
mod pause_codes;
mod recording;
mod retry;
mod transfers;

use std::collections::BTreeMap;
use std::path::Path;

use engine::carrier::CallerIdPool;

use super::problem::Origin;
use super::section::{Section, nearest};
use super::{Agent, Campaign, Carrier, NumberList, PauseRules, texts};

pub(super) struct Floor {
    pub(super) caller_ids: Vec<CallerIdPool>,
    pub(super) carriers: Vec<Carrier>,
    pub(super) campaigns: Vec<Campaign>,
    pub(super) agents: Vec<Agent>,
    pub(super) pause_codes: Vec<PauseRules>,
    pub(super) number_lists: Vec<NumberList>,
}

/// What could not be read is left out; the report says what it was. Paths are taken from `home`.
pub(super) fn read(root: &mut Section<'_>, home: &Path) -> Floor {
    let (carriers, carrier_names) = named(root, "carrier", texts::part);
    let (pools, pool_names) = named(root, "caller_ids", texts::name);
    let pools = caller_ids::read(pools, pool_names);
    let (groups, group_names) = named(root, "carrier_group", texts::part);
    let groups = groups::read(groups, &group_names, &carrier_names);
    let (campaigns, campaign_names) = named(root, "campaign", texts::name);
    let (agents, _) = named(root, "agent", texts::name);
    let (lists, list_names) = named(root, "do_not_call", texts::name);
    let carriers: Vec<Carrier> =
        carriers.into_iter().filter_map(|(name, section)| carrier::read(name, section, &pools)).collect();
    let (sets, set_names) = named(root, "dispositions", texts::name);
    let sets = dispositions::read(sets, set_names, &list_names);
    let number_lists = do_not_call::read(lists);
    let known = campaign::Known {
        ways: Ways { names: &carrier_names, groups: &groups, carriers: &carriers },
        pools: &pools,
        lists: do_not_call::Lists { names: &list_names, read: &number_lists },
        sets: &sets,
        home,
    };
    let campaigns: Vec<Campaign> =
        campaigns.into_iter().filter_map(|(name, section)| campaign::read(name, section, &known)).collect();
    Floor {
        carriers,
        agents: agents
            .into_iter()
            .filter_map(|(name, section)| agent::read(name, section, &campaign_names, &campaigns))
            .collect(),
        campaigns,
        pause_codes: pause_codes::read(root),
        number_lists,
        caller_ids: pools.read,
    }
}

/// The ways out of the house that campaigns choose from.
struct Ways<'a> {
    names: &'a Names,
    groups: &'a groups::Groups,
    carriers: &'a [Carrier],
}

/// The names of one kind of section.
struct Names {
    kind: &'static str,
    places: BTreeMap<String, Origin>,
}

impl Names {
    fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// What is wrong with a reference, if anything.
    fn check(&self, name: &str) -> Result<(), String> {
        if self.places.contains_key(name) {
            return Ok(());
        }
        let known = self.places.keys().map(String::as_str);
        let help = if self.places.is_empty() {
            format!("none is configured; add a [[{}]]", self.kind)
        } else if let Some(near) = nearest(name, known.clone()) {
            format!("did you mean {near:?}?")
        } else {
            format!("configured: {}", known.collect::<Vec<_>>().join(", "))
        };
        Err(format!("there is no {} {name:?}; {help}", self.kind))
    }
}

/// The sections of one kind, each with its name; one without a usable name is read all the same, to find what else
/// is wrong with it.
fn named<'r>(
    root: &mut Section<'r>,
    kind: &'static str,
    parse: fn(&str) -> Result<String, String>,
) -> (Vec<(Option<String>, Section<'r>)>, Names) {
    let mut places: BTreeMap<String, Origin> = BTreeMap::new();
    let mut sections = Vec::new();
    for mut section in root.tables(kind) {
        let name = section.required("name", "give each a name of its own", parse);
        if let Some(name) = &name {
            section.call(kind, name);
            let origin = section.origin().clone();
            match places.get(name) {
                Some(Origin::Line(first)) => section.problem(
                    &origin,
                    "name",
                    format!("is used twice, first on line {first}; give each {kind} a name of its own"),
                ),
                Some(Origin::File | Origin::Env(_)) | None => {
                    places.insert(name.clone(), origin);
                }
            }
        }
        sections.push((name, section));
    }
    (sections, Names { kind, places })
}
