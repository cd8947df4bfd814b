//! `[[pause_codes]]`: what agents may say that they take no calls for.

use std::collections::BTreeMap;

use engine::agent::PauseCode;
use engine::words::Span;

use crate::config::PauseRules;
use crate::config::problem::Origin;
use crate::config::section::Section;

/// The codes in the order listed, each once.
pub(super) fn read(root: &mut Section<'_>) -> Vec<PauseRules> {
    let mut places: BTreeMap<PauseCode, Origin> = BTreeMap::new();
    let mut rules = Vec::new();
    for mut section in root.tables("pause_codes") {
        let place = section.place("code");
        let code = section.required("code", "write a word for it, such as \"lunch\"", |text| {
            PauseCode::try_from(text.to_owned()).map_err(|bad| bad.to_string())
        });
        if let Some(code) = &code
            && let Some(Origin::Line(first)) = places.insert(code.clone(), place.clone())
        {
            section.problem(&place, "code", format!("\"{code}\" is used twice, first on line {first}"));
        }
        rules.extend(one(code, section));
    }
    rules
}

fn one(code: Option<PauseCode>, mut section: Section<'_>) -> Option<PauseRules> {
    let label = section.text("label", |text| Ok(text.to_owned()));
    let paid = section.flag("paid").unwrap_or(true);
    let longest = section.span("longest", Span::secs(1)..=Span::secs(86_400));
    section.finish();
    let code = code?;
    Some(PauseRules { label: label.unwrap_or_else(|| code.to_string()), code, paid, longest })
}
