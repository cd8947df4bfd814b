//! Which branches of which nodes the scenes take a callee through.

use std::collections::{BTreeMap, BTreeSet};

use super::file::Scene;
use super::{folder, names};

/// What came of nodes of each type in what the scenes expect. A scene that has come to its end has taken all of them, on each
/// arm.
pub(crate) fn taken() -> BTreeMap<String, BTreeSet<String>> {
    let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in names() {
        let scene = Scene::read(&folder().join(name).with_extension("toml"));
        let types = scene.node_types();
        // Of a code with several ways it is left open which of them a callee takes.
        let ways = scene.expect.ways.0.values().filter(|ways| ways.len() == 1).flatten();
        for step in ways.filter_map(|way| way.rsplit_once(':')).flat_map(|(steps, _)| steps.split(", ")) {
            let mut words = step.split(' ');
            if let (Some(node), Some(outcome)) = (words.next(), words.next()) {
                taken.entry(types[node].clone()).or_default().insert(outcome.to_owned());
            }
        }
    }
    taken
}
