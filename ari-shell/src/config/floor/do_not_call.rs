//! `[[do_not_call]]`, and the keys of a campaign that name such lists.

use engine::words::Span;

use super::Names;
use crate::config::NumberList;
use crate::config::problem::Origin;
use crate::config::section::Section;
use crate::store::HOUSE;

const DAY: u64 = 86_400;

/// The lists configured, and the house's own.
pub(super) fn read(sections: Vec<(Option<String>, Section<'_>)>) -> Vec<NumberList> {
    let mut lists: Vec<NumberList> =
        sections.into_iter().filter_map(|(name, section)| list(name, section)).collect();
    if lists.iter().all(|list| list.name != HOUSE) {
        lists.push(NumberList { name: HOUSE.to_owned(), max_age: None, everyone: true });
    }
    lists
}

fn list(name: Option<String>, mut section: Section<'_>) -> Option<NumberList> {
    let max_age = section.span("max_age", Span::secs(DAY)..=Span::secs(366 * DAY));
    let place = section.place("everyone");
    let everyone = section.flag("everyone");
    if name.as_deref() == Some(HOUSE) && everyone == Some(false) {
        section.problem(&place, "everyone", "the list \"house\" is everybody's; give this one another name");
    }
    section.finish();
    let name = name?;
    Some(NumberList { everyone: everyone.unwrap_or(false) || name == HOUSE, name, max_age })
}

/// The lists that there are.
#[derive(Clone, Copy)]
pub(super) struct Lists<'l> {
    pub(super) names: &'l Names,
    pub(super) read: &'l [NumberList],
}

impl Lists<'_> {
    fn is_everyones(&self, name: &str) -> bool {
        self.read.iter().any(|list| list.name == name && list.everyone)
    }
}

/// `do_not_call` and `call_only`: the lists that bar the callees of a campaign, and those of which alone it calls.
///
/// None does both. What bars goes before what allows, so the campaign would call everybody but those on it.
pub(super) fn under(section: &mut Section<'_>, lists: Lists<'_>) -> (Vec<String>, Vec<String>) {
    let bars = named_in(section, "do_not_call", lists.names);
    let allows = named_in(section, "call_only", lists.names);
    for (name, origin) in &allows {
        if lists.is_everyones(name) {
            let problem = "bars its numbers to every campaign, so none can call them alone; name a list without `everyone`";
            section.problem(origin, "call_only", format!("{name:?} {problem}"));
        } else if bars.iter().any(|(barring, _)| barring == name) {
            let problem = "is under `do_not_call` too, which would go before; leave it out of one of them";
            section.problem(origin, "call_only", format!("{name:?} {problem}"));
        }
    }
    let names = |listed: Vec<(String, Origin)>| listed.into_iter().map(|(name, _)| name).collect();
    (names(bars), names(allows))
}

/// Names of lists, each configured, and where they stand.
fn named_in(section: &mut Section<'_>, key: &'static str, lists: &Names) -> Vec<(String, Origin)> {
    let mut names: Vec<(String, Origin)> = Vec::new();
    for (name, origin) in section.texts(key).unwrap_or_default() {
        match lists.check(&name) {
            Ok(()) if names.iter().any(|(listed, _)| *listed == name) => {
                section.problem(&origin, key, format!("{name:?} is listed twice"));
            }
            Ok(()) => names.push((name, origin)),
            Err(problem) => section.problem(&origin, key, problem),
        }
    }
    names
}
