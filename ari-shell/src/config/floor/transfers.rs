//! `[[campaign.transfers]]`: to whom a campaign's agents may hand their callees over, or whom they may bring in.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::flow::TransferRules;

use crate::config::section::Section;
use crate::config::{flow, texts};

/// Each under the name that agents use, with the keys of a call flow's node.
pub(super) fn under(campaign: &mut Section<'_>) -> BTreeMap<String, Arc<TransferRules>> {
    let mut named = BTreeMap::new();
    for mut section in campaign.tables("transfers") {
        let place = section.place("name");
        let name =
            section.required("name", "write the name that agents use, such as \"reception\"", texts::part);
        let rules = flow::transfer_rules(&mut section);
        if let (Some(name), Some(rules)) = (name, rules)
            && named.insert(name.clone(), Arc::new(rules)).is_some()
        {
            section.problem(&place, "name", format!("{name:?} is used twice; give each a name of its own"));
        }
        section.finish();
    }
    named
}
