//! What `simulator run` prints.

use std::fmt::Write as _;

use super::Study;
use crate::scenario::Scenario;

/// The study as one JSON object.
///
/// # Panics
/// Never: every figure of it can be written.
#[must_use]
pub fn json(study: &Study) -> String {
    serde_json::to_string_pretty(study).expect("figures can be written")
}

/// The same for people.
#[must_use]
pub fn text(scenario: &Scenario, study: &Study) -> String {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let per_day = |of: fn(&super::Day) -> u64| {
        let sum: u64 = study.days.iter().map(of).sum();
        format!("{:.1}", sum as f64 / study.days.len() as f64)
    };
    let lines = study.days.iter().map(|day| day.most_lines).max().unwrap_or_default();
    let mut text = format!(
        "{}\n{} agents, {} days of {} hours\n\n",
        scenario.about,
        scenario.agents.count.0,
        study.days.len(),
        scenario.shift.hours.0
    );
    for (what, figure) in [
        ("utilisation", percent(study.utilisation)),
        ("drops per answer", percent(study.drop_rate)),
        ("on the worst day", percent(study.worst_day)),
        ("in the worst window", percent(study.worst_window)),
        ("days over 3 %", format!("{} of {}", study.days_over_3_percent, study.days.len())),
        ("an agent waits, median", format!("{:.1} s", study.wait_p50_s)),
        ("longest tenth, from", format!("{:.1} s", study.wait_p90_s)),
        ("dials a day", per_day(|day| day.dials)),
        ("answers a day", per_day(|day| day.answers)),
        ("drops a day", per_day(|day| day.drops)),
        ("lines, most at once", lines.to_string()),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{what:<26}{figure:>14}");
    }
    text
}
