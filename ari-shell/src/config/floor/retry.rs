//! `[campaign.retry]`

use std::ops::RangeInclusive;

use engine::call::CallResult;
use engine::lead::{CompletionRule, Growth, RetryRule, RetryRules};
use engine::words::Span;

use super::campaign::one_to_ten;
use crate::config::section::Section;

const DELAYS: RangeInclusive<Span> = Span::secs(1)..=Span::secs(90 * 86_400);

/// The engine's own rules, changed where the section says so.
pub(super) fn read(mut section: Section<'_>) -> RetryRules {
    let usual = RetryRules::default();
    let mut rules = RetryRules {
        cap: section.whole("cap", 1..=100).unwrap_or(usual.cap),
        technical_cap: section.whole("technical_cap", 1..=100).unwrap_or(usual.technical_cap),
        bad_after: section.whole("bad_after", 1..=9).unwrap_or(usual.bad_after),
        ..usual
    };
    for result in CallResult::ALL.into_iter().filter(|result| !result.reached()) {
        if !section.has(result.name()) {
            section.take(result.name());
            continue;
        }
        let usual = rules.by_result.get(&result).copied();
        let mut own = section.table(result.name());
        let rule = rule(&mut own, usual);
        own.finish();
        rules.by_result.extend(rule.map(|rule| (result, rule)));
    }
    rules.completion = completion(&mut section);
    section.finish();
    rules
}

fn completion(section: &mut Section<'_>) -> Option<CompletionRule> {
    if !section.has("completion") {
        section.take("completion");
        return None;
    }
    let mut own = section.table("completion");
    let least_talk = own.span("least_talk", Span::ZERO..=Span::secs(3_600)).unwrap_or(Span::ZERO);
    let rule = rule(&mut own, None);
    own.finish();
    Some(CompletionRule { least_talk, rule: rule? })
}

/// One result's rule; what is left out is as usual for the result, where something is.
pub(super) fn rule(section: &mut Section<'_>, usual: Option<RetryRule>) -> Option<RetryRule> {
    if usual.is_none() {
        for key in ["up_to", "delay"].into_iter().filter(|key| !section.has(key)) {
            section
                .missing(key, "this result is not retried by default; write { up_to = 2, delay = \"1h\" }");
        }
    }
    let up_to = section.whole("up_to", 0..=99).or(usual.map(|rule| rule.up_to));
    let delay = section.span("delay", DELAYS).or(usual.map(|rule| rule.delay));
    let growth = growth(section, delay, usual.and_then(|rule| rule.growth));
    let next_number = section.flag("next_number").or(usual.map(|rule| rule.next_number));
    Some(RetryRule { up_to: up_to?, delay: delay?, growth, next_number: next_number.unwrap_or(false) })
}

/// `factor` and its ceiling. A factor of one is a delay that does not grow.
fn growth(section: &mut Section<'_>, delay: Option<Span>, usual: Option<Growth>) -> Option<Growth> {
    let place = section.place("at_most");
    let factor = section.read("factor", one_to_ten).or(usual.map(|growth| growth.factor));
    let ceiling = section.span("at_most", DELAYS);
    if ceiling.is_some() && factor.is_none() {
        section.problem(&place, "at_most", "goes with `factor`, such as factor = 2");
    }
    if let (Some(ceiling), Some(delay)) = (ceiling, delay)
        && ceiling < delay
    {
        section.problem(&place, "at_most", "is shorter than the first delay");
    }
    let longest = ceiling.or(usual.map(|growth| growth.at_most)).unwrap_or(*DELAYS.end());
    let at_most = delay.map_or(longest, |delay| longest.max(delay));
    factor.map(|factor| Growth { factor, at_most })
}
