//! What a field changes: utilisation and drops over its values.

use maud::{Markup, html};
use rayon::prelude::*;

use super::chart::{Drawing, Form, Frame, both, line, mark, rule, text};
use super::scale::Scale;
use super::{Report, in_percent, share};
use crate::limit::{self, Case};
use crate::study::design::Question;
use crate::study::experiment::Outcome;
use crate::study::figure::{self, Figure};
use crate::study::interval::{Few, Interval};
use crate::study::surroundings::MOST_AGENTS;

const PANEL: f64 = 170.0;
const GAP: f64 = 46.0;
const TOP: f64 = 34.0;
const COLOUR: &str = "#0072b2";

/// Two panels, one above the other; nothing where the values are no numbers.
pub(super) fn plot(report: &Report, field: &str) -> Markup {
    let Some(points) = points(report) else { return html! {} };
    let limits = limits(report, &points);
    html! {
        (both("Utilisation and drops over the values of the field", |form| draw(form, report, field, &points, &limits)))
        @if !limits.is_empty() {
            p.note {
                "The dotted line is the best that any pacing reaches at " (share(report.experiment.drop_limit))
                " drops with a pool that has the means of each value's own and is exponential throughout."
                @if limits.len() < points.len() {
                    " It can be computed for " (limits.len()) " of " (points.len()) " values."
                }
            }
        }
    }
}

/// Whether there are values over which limits can be drawn.
pub(super) fn has_limits(report: &Report) -> bool {
    let can_be_solved = |(_, outcome): &(f64, &Outcome)| pool(report, outcome).is_some();
    points(report).is_some_and(|points| points.iter().any(can_be_solved))
}

/// What is drawn: more than one value with agents, all of them numbers.
fn points<'a>(report: &Report<'a>) -> Option<Vec<(f64, &'a Outcome)>> {
    let Question::Sweep(_) = report.experiment.design.question else { return None };
    let mut points = by_value(&report.experiment.outcomes)?;
    points.retain(|(_, outcome)| figure::UTILISATION.by_window(&outcome.study).is_some());
    (points.len() > 1).then_some(points)
}

/// The outcomes by rising values of the field, where these are numbers.
pub(super) fn by_value(outcomes: &[Outcome]) -> Option<Vec<(f64, &Outcome)>> {
    let values: Option<Vec<f64>> = outcomes.iter().map(|outcome| outcome.name.parse().ok()).collect();
    let mut points: Vec<(f64, &Outcome)> = values?.into_iter().zip(outcomes).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    Some(points)
}

fn draw(
    form: Form,
    report: &Report,
    field: &str,
    points: &[(f64, &Outcome)],
    limits: &[(f64, f64)],
) -> Drawing {
    let limit = 100.0 * report.experiment.drop_limit;
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    // Equal values have room too, as much as is told apart beside them.
    let room = (last - first).max(last.abs() * 1e-6).max(1e-9) * 0.02;
    let frame = |nth: f64, from: f64, to: f64| {
        let above = TOP + nth * (PANEL + GAP);
        let x = Scale {
            from: first - room,
            to: last + room,
            start: form.choose(52.0, 36.0),
            end: form.width() - form.choose(94.0, 84.0),
        };
        Frame { x, y: Scale { from, to, start: above + PANEL, end: above } }
    };
    let utilisation = intervals(points, &figure::UTILISATION);
    let drops = intervals(points, &figure::DROP_RATE);
    let low = utilisation.iter().map(|(_, point)| point.ends().0).fold(100.0, f64::min);
    let high = drops.iter().map(|(_, point)| point.ends().1).fold(1.3 * limit, f64::max);
    let upper = frame(0.0, (libm::floor(low / 5.0) * 5.0).min(95.0), 100.0);
    let lower = frame(1.0, 0.0, (high * 1.03).min(100.0));
    let y = lower.y.at(limit);
    let marks = html! {
        (upper.y_axis("utilisation, %", 5))
        (rule((upper.x.start, upper.y.start), (upper.x.end, upper.y.start), "base"))
        (of_limits(&upper, limits))
        (of_points(&upper, &utilisation))
        (lower.y_axis("drops per answer, %", 5))
        (rule((lower.x.start, y), (lower.x.end, y), "legal"))
        (text(lower.x.end + 8.0, y + 4.0, "start", "legal-name", &format!("limit {}", share(limit / 100.0))))
        (of_points(&lower, &drops))
        (lower.x_axis(field, form.choose(12, 6)))
    };
    Drawing { width: form.width(), height: TOP + 2.0 * (PANEL + GAP) + 4.0, marks }
}

/// The limit of each value's own exponential pool at the drop limit, in percent, where it can be computed.
fn limits(report: &Report, points: &[(f64, &Outcome)]) -> Vec<(f64, f64)> {
    let solved = |(value, outcome): &(f64, &Outcome)| {
        let optimum = limit::solve(&pool(report, outcome)?).ok()?;
        Some((*value, 100.0 * optimum.utilisation))
    };
    points.par_iter().filter_map(solved).collect()
}

/// The exponential pool of a value, unless it takes the solver too long.
fn pool(report: &Report, outcome: &Outcome) -> Option<Case> {
    outcome.scenario.pool(report.experiment.drop_limit).filter(|pool| pool.agents <= MOST_AGENTS)
}

fn of_limits(frame: &Frame, limits: &[(f64, f64)]) -> Markup {
    let places: Vec<(f64, f64)> = limits.iter().map(|(value, limit)| frame.at(*value, *limit)).collect();
    html! {
        @if let Some(last) = places.last() {
            (line(&places, "limit", ""))
            (text(frame.x.end + 8.0, last.1 + 4.0, "start", "limit-name", "limit"))
        }
    }
}

/// In percent, at the values of the field where there is anything that the figure could be of.
fn intervals(points: &[(f64, &Outcome)], figure: &Figure) -> Vec<(f64, Interval)> {
    let of = |(value, outcome): &(f64, &Outcome)| {
        let few = figure.few(&outcome.study).map(Few::in_percent);
        Some((*value, Interval::of(&in_percent(figure, outcome)?).reaching(few).within(0.0, 100.0)))
    };
    points.iter().filter_map(of).collect()
}

fn of_points(frame: &Frame, points: &[(f64, Interval)]) -> Markup {
    let places: Vec<(f64, f64)> = points.iter().map(|(value, point)| frame.at(*value, point.mean)).collect();
    html! {
        (line(&places, "joins", COLOUR))
        @for ((value, point), place) in points.iter().zip(&places) {
            @let (low, high) = point.ends();
            @let (low, high) = (low.max(frame.y.from), high.min(frame.y.to));
            g class="cross" stroke=(COLOUR) { (rule((place.0, frame.y.at(low)), (place.0, frame.y.at(high)), "")) }
            (mark(0, *place, COLOUR, &format!("{value}: {:.2} %", point.mean)))
        }
    }
}
