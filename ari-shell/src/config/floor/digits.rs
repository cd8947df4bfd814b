//! `digits_before_answer` and `digits_after_answer` of a campaign or a carrier.

use engine::carrier::Route;
use engine::digits::{Digits, QueuedDigits};

use crate::config::Carrier;
use crate::config::problem::Origin;
use crate::config::section::Section;

/// Keys that only the dialplan can send.
const BEFORE: &str = "digits_before_answer";

/// The digits, and where those before the answer stand.
pub(super) fn read(section: &mut Section<'_>) -> (QueuedDigits, Option<Origin>) {
    let place = section.has(BEFORE).then(|| section.place(BEFORE));
    let before_answer = section.text(BEFORE, digits);
    let after_answer = section.text("digits_after_answer", digits);
    (QueuedDigits { before_answer, after_answer }, place)
}

/// Digits before the answer go with carriers that are reached through the dialplan.
pub(super) fn check<'c>(
    section: &Section<'_>,
    place: Option<&Origin>,
    carriers: impl Iterator<Item = &'c Carrier>,
) {
    let Some(place) = place else { return };
    for carrier in carriers.filter(|carrier| !matches!(carrier.route, Route::Local { .. })) {
        let name = &carrier.name;
        let problem = format!(
            "the carrier {name:?} goes straight to its trunk, and before an answer Asterisk sends keys only from the dialplan: give the carrier `local` instead, or leave these out"
        );
        section.problem(place, BEFORE, problem);
    }
}

fn digits(text: &str) -> Result<Digits, String> {
    Digits::try_from(text.to_owned()).map_err(|bad| format!("{text:?}: {bad}"))
}
