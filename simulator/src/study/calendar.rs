//! Whether the further drop windows of a campaign held: its days and months, as the clocks of its zone tell them.

use std::collections::BTreeMap;

use comfy_table::Table;
use engine::pacing::WindowSpan;
use engine::words::{Micros, Span};
use serde::Serialize;

use super::experiment::{Experiment, Outcome};
use super::figure::Unit;
use super::report::{NOTHING, percent};
use super::{Answered, Day, is_over};
use crate::scenario::DropWindow;
use crate::table;
use crate::world::World;
use crate::world::ledger::QUARTER;

/// From one opening to the next.
const DAY: Span = Span::secs(24 * 3_600);

/// The columns beside the setting.
pub const HEADINGS: [&str; 5] = ["each calendar", "limit", "over the limit", "the worst", "incomplete"];

/// How one of `campaign.windows` held, over all that was played.
///
/// One that goes on after the last day that was played is incomplete and is not judged: the days that are missing may break
/// its limit, or mend it. One that has begun before the first is judged, since nobody was called before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Held {
    /// Each `day` or each `month`.
    pub span: &'static str,
    /// Most drops per answer in each.
    pub limit: f64,
    /// How many were over before the end of what was played.
    pub complete: usize,
    /// Of these, with more drops per answer than the limit allows.
    pub over_limit: usize,
    /// The most drops per answer of any of these, where anybody answered.
    pub worst: Option<f64>,
    /// How many were not over by then.
    pub incomplete: usize,
    /// The most drops per answer of any of those, as far as they were played.
    pub worst_so_far: Option<f64>,
}

/// What one of them has come to.
struct Counted {
    is_complete: bool,
    answered: Answered,
}

/// Each of the windows that an outcome's campaign has beside `shift.window_days`, whether or not its pacing goes by them.
#[must_use]
pub fn held(outcome: &Outcome) -> Vec<Held> {
    let world = outcome.scenario.world();
    let held = |window: &DropWindow| {
        let span = window.rules().span;
        let played = outcome.study.windows().flat_map(|days| spans(&world, span, days).into_values());
        let (complete, incomplete): (Vec<Counted>, Vec<Counted>) = played.partition(|of| of.is_complete);
        let limit = window.limit.0;
        Held {
            span: window.span.name(),
            limit,
            complete: complete.len(),
            over_limit: complete.iter().filter(|of| is_over(of.answered.drop_rate(), limit)).count(),
            worst: worst(&complete),
            incomplete: incomplete.len(),
            worst_so_far: worst(&incomplete),
        }
    };
    outcome.scenario.campaign.windows.iter().map(held).collect()
}

/// Those that days in a row meet while the house is open, or in which somebody answers later; by their first moments.
fn spans(world: &World, span: WindowSpan, days: &[Day]) -> BTreeMap<Micros, Counted> {
    let (opens, open) = (world.hours.opens, world.hours.open);
    let around = |at| span.around(at, opens, &world.house.zone);
    let openings = || (0..).map(|nth| opens + Span(nth * DAY.0)).take(days.len());
    let over = openings().last().map_or(opens, |last| last + DAY);
    let mut spans = BTreeMap::new();
    let mut add = |at: Micros, counted: Answered| {
        let (since, end) = around(at);
        let fresh = || Counted { is_complete: end <= over, answered: Answered::default() };
        let of: &mut Counted = spans.entry(since).or_insert_with(fresh);
        of.answered.answers += counted.answers;
        of.answered.drops += counted.drops;
        end
    };
    for opening in openings() {
        let mut at = opening;
        while at < opening + open {
            at = add(at, Answered::default());
        }
    }
    for (&quarter, &counted) in days.iter().flat_map(|day| &day.quarters) {
        add(Micros(quarter * QUARTER.0), counted);
    }
    spans
}

fn worst(spans: &[Counted]) -> Option<f64> {
    let answered = spans.iter().map(|of| of.answered).filter(|answered| answered.answers > 0);
    answered.map(Answered::drop_rate).max_by(f64::total_cmp)
}

/// A window of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The setting.
    pub setting: String,
    /// A cell for each of [`HEADINGS`].
    pub cells: [String; 5],
}

/// The rows of all settings whose campaigns have such windows.
#[must_use]
pub fn rows(experiment: &Experiment) -> Vec<Row> {
    let row = |outcome: &Outcome, held: &Held| Row { setting: outcome.name.clone(), cells: cells(held) };
    let of_outcome =
        |outcome: &Outcome| held(outcome).iter().map(|held| row(outcome, held)).collect::<Vec<_>>();
    experiment.outcomes.iter().flat_map(of_outcome).collect()
}

/// The same as a table; none where no campaign has any.
#[must_use]
pub fn table(experiment: &Experiment) -> Option<Table> {
    let rows = rows(experiment);
    if rows.is_empty() {
        return None;
    }
    let mut table = table::figures(["setting"].into_iter().chain(HEADINGS).map(str::to_owned));
    for Row { setting, cells } in rows {
        table.add_row(core::iter::once(setting).chain(cells));
    }
    Some(table)
}

fn cells(held: &Held) -> [String; 5] {
    let share =
        |share: Option<f64>| share.map_or_else(|| NOTHING.to_owned(), |share| Unit::Share.shown(share));
    let so_far =
        if held.incomplete == 0 { String::new() } else { format!(", {} so far", share(held.worst_so_far)) };
    [
        held.span.to_owned(),
        percent(held.limit),
        format!("{} of {}", held.over_limit, held.complete),
        share(held.worst),
        format!("{}{so_far}", held.incomplete),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;
    use crate::scenario::{self, Draft, Scenario};
    use crate::study::design::Design;

    /// Evening shifts of two hours in Sydney, the first of which meets the last days of March.
    fn evenings(days: u32, window_days: u32) -> Scenario {
        let text = format!(
            "about = \"Evenings\"
             shift = {{ days = {days}, hours = 2, window_days = {window_days}, opens = \"2026-03-30 23:00\" }}
             agents = {{ count = 3, talk = {{ exponential = {{ mean = 30 }} }} }}
             [callees]
             answer_rate = {{ flat = 0.4 }}
             answer = {{ exponential = {{ mean = 8 }} }}
             ring_out = {{ fixed = 20 }}
             [campaign]
             pacing = {{ ratio = 2.0 }}
             zone = \"Australia/Sydney\"
             windows = [{{ limit = 0.001, span = \"day\" }}, {{ limit = 0.1, span = \"month\" }}]
             answer_within = 2"
        );
        scenario::read("evenings", &text).expect("it is right")
    }

    fn outcome(scenario: Scenario) -> Outcome {
        let study = super::super::run(&scenario, 3, || {});
        Outcome { name: String::new(), policy: String::new(), scenario, study }
    }

    #[test]
    fn days_and_months_of_the_zone_are_judged_by_their_own_limits_once_they_are_over() {
        let outcome = outcome(evenings(4, 2));
        let [days, months] = held(&outcome)[..] else { panic!("two windows") };
        // Of each two evenings: the 30th and 31st are over, and the hour after midnight on the 1st is not all of it.
        assert_eq!((days.complete, days.incomplete), (4, 2));
        assert_eq!((months.complete, months.incomplete), (2, 2));

        let sydney = TimeZoneDatabase::bundled().get("Australia/Sydney").expect("a zone");
        let dates = outcome.study.dates(&sydney);
        let rate = |answered: Answered| answered.drops as f64 / answered.answers as f64;
        let of_day = |on: i8| dates.iter().flatten().filter(move |(date, _)| date.day() == on);
        let most = |days: &[i8]| {
            let rates = days.iter().flat_map(|on| of_day(*on)).map(|(_, answered)| rate(*answered));
            rates.fold(0.0, f64::max)
        };
        assert_eq!((days.worst, days.worst_so_far), (Some(most(&[30, 31])), Some(most(&[1]))));
        assert_eq!(days.over_limit, 4, "a fixed ratio keeps to no tenth of a percent");
        let march = |window: &BTreeMap<_, Answered>| {
            let both = window.iter().filter(|(date, _): &(&jiff::civil::Date, _)| date.month() == 3);
            both.fold(Answered::default(), |sum, (_, on)| Answered {
                answers: sum.answers + on.answers,
                drops: sum.drops + on.drops,
            })
        };
        let marches: Vec<f64> = dates.iter().map(march).map(rate).collect();
        assert_eq!(months.worst, marches.iter().copied().max_by(f64::total_cmp));
        assert_eq!(months.over_limit, marches.iter().filter(|rate| **rate > 0.1).count());
    }

    #[test]
    fn a_month_of_which_some_days_were_played_is_incomplete_and_not_judged() {
        let mut scenario = evenings(1, 1);
        scenario.callees.answer_rate = scenario::Rate::Flat(scenario::Probability(0.0));
        let [days, months] = held(&outcome(scenario))[..] else { panic!("two windows") };
        let seen = |of: Held| (of.complete, of.over_limit, of.worst, of.incomplete, of.worst_so_far);
        assert_eq!(seen(days), (1, 0, None, 1, None), "nobody answered");
        assert_eq!(seen(months), (0, 0, None, 1, None));
    }

    #[test]
    fn a_scenario_without_further_windows_has_nothing_to_tell_of_them() {
        let draft = Draft::load("one-agent").expect("a preset").with("shift.days", 1.into(), "a day");
        let design = Design::run(draft.expect("it fits"));
        assert!(table(&Experiment::play(design, 1, None, || {})).is_none());
    }
}
