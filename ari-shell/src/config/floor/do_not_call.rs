//! `[[do_not_call]]`, and the keys of a campaign that name such lists.

use engine::words::Span;

use super::Names;
use crate::config::NumberList;
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

/// Names of lists, each configured.
pub(super) fn named_in(section: &mut Section<'_>, key: &'static str, lists: &Names) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, origin) in section.texts(key).unwrap_or_default() {
        match lists.check(&name) {
            Ok(()) if names.contains(&name) => {
                section.problem(&origin, key, format!("{name:?} is listed twice"));
            }
            Ok(()) => names.push(name),
            Err(problem) => section.problem(&origin, key, problem),
        }
    }
    names
}
