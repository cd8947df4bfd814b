//! `[[caller_ids]]`: pools of caller ids, and how campaigns and carriers name them.

use std::collections::BTreeSet;

use engine::carrier::{CallerIdPool, Pick};
use engine::words::PoolId;

use super::Names;
use crate::config::section::Section;
use crate::config::texts;

/// The pools that could be read, and the names of all.
pub(super) struct Pools {
    pub(super) read: Vec<CallerIdPool>,
    names: Names,
}

pub(super) fn read(sections: Vec<(Option<String>, Section<'_>)>, names: Names) -> Pools {
    let ids = (1..).map(PoolId);
    let read = ids.zip(sections).filter_map(|(id, (name, section))| pool(id, name, section)).collect();
    Pools { read, names }
}

fn pool(id: PoolId, name: Option<String>, mut section: Section<'_>) -> Option<CallerIdPool> {
    let caller_ids = numbers(&mut section);
    let pick = section.text("pick", |text| match text {
        "turn" => Ok(Pick::InTurn),
        "nearest" => Ok(Pick::Nearest),
        other => Err(format!("{other:?} must be \"turn\" or \"nearest\"")),
    });
    let per_hour = section.whole("per_hour", 1..=10_000);
    let per_day = section.whole("per_day", 1..=10_000);
    let keep = section.flag("keep").unwrap_or(true);
    section.finish();
    let pick = pick.unwrap_or(Pick::InTurn);
    Some(CallerIdPool { id, name: name?, caller_ids: caller_ids?, pick, per_hour, per_day, keep })
}

/// At least one caller id, each once.
fn numbers(section: &mut Section<'_>) -> Option<Vec<String>> {
    if !section.has("numbers") {
        section.missing("numbers", "list the caller ids, such as [\"+12125550100\", \"+12125550101\"]");
    }
    let place = section.place("numbers");
    let listed = section.texts("numbers")?;
    if listed.is_empty() {
        section.problem(&place, "numbers", "is empty; list at least one caller id");
        return None;
    }
    let mut seen = BTreeSet::new();
    for (number, origin) in &listed {
        if let Err(problem) = texts::caller_id(number) {
            section.problem(origin, "numbers", problem);
        } else if !seen.insert(number) {
            section.problem(origin, "numbers", format!("{number:?} is listed twice"));
        }
    }
    Some(listed.into_iter().map(|(number, _)| number).collect())
}

/// `caller_id`, or by `caller_ids` a pool of them.
pub(super) fn shown(section: &mut Section<'_>, pools: &Pools) -> (Option<String>, Option<PoolId>) {
    let place = section.place("caller_ids");
    let caller_id = section.text("caller_id", texts::caller_id);
    let pool = section.text("caller_ids", |name| {
        pools.names.check(name)?;
        // One that could not be read is in the report.
        Ok(pools.read.iter().find(|pool| pool.name == name).map(|pool| pool.id))
    });
    if caller_id.is_some() && pool.is_some() {
        section.problem(&place, "caller_ids", "goes without caller_id; keep one of them");
    }
    (caller_id, pool.flatten())
}
