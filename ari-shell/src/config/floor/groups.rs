//! `[[carrier_group]]`: one name for several carriers, and how names and groups become a campaign's carriers.

use std::collections::{BTreeMap, BTreeSet};

use super::Names;
use crate::config::problem::Origin;
use crate::config::section::Section;

/// The carriers of each group, in the order listed.
pub(super) type Groups = BTreeMap<String, Vec<String>>;

pub(super) fn read(sections: Vec<(Option<String>, Section<'_>)>, names: &Names, carriers: &Names) -> Groups {
    let mut groups = Groups::new();
    for (name, mut section) in sections {
        if let Some(place) = name.as_ref().filter(|name| carriers.has(name)).map(|_| section.place("name")) {
            section.problem(&place, "name", "is a carrier's already; give the group a name of its own");
        }
        let members = listed(&mut section, carriers, &Groups::new());
        section.finish();
        groups.extend(name.filter(|name| names.has(name)).zip(members));
    }
    groups
}

/// `carriers`: at least one, each known and there once. The carriers of a group stand where the group is named.
pub(super) fn listed(section: &mut Section<'_>, known: &Names, groups: &Groups) -> Option<Vec<String>> {
    if !section.has("carriers") {
        section.missing("carriers", "list at least one, such as [\"main\"]");
    }
    let place = section.place("carriers");
    let listed = section.texts("carriers")?;
    if listed.is_empty() {
        section.problem(&place, "carriers", "is empty; list at least one carrier");
    }
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, origin) in listed {
        let members = groups.get(&name).cloned().unwrap_or_else(|| vec![name.clone()]);
        if !groups.contains_key(&name)
            && let Err(problem) = known.check(&name)
        {
            section.problem(&origin, "carriers", problem);
            continue;
        }
        for member in members {
            if seen.insert(member.clone()) {
                all.push(member);
            } else {
                twice(section, &origin, &name, &member);
            }
        }
    }
    Some(all)
}

fn twice(section: &Section<'_>, origin: &Origin, name: &str, member: &str) {
    let problem = if name == member {
        format!("{name:?} is listed twice; a carrier's share is its weight")
    } else {
        format!("{member:?} of the group {name:?} is listed twice; a carrier's share is its weight")
    };
    section.problem(origin, "carriers", problem);
}
