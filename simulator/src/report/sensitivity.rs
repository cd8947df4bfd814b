//! What matters: each condition a fifth less and a fifth more, all else the same.

use maud::{Markup, html};

use super::chart::{Drawing, Form, bar, both, rule, text};
use super::scale::Scale;
use super::{Report, in_percent};
use crate::scenario::Condition;
use crate::study::experiment::Outcome;
use crate::study::figure::{self, Figure};
use crate::study::interval::{Few, Interval};
use crate::study::surroundings::Swing;

const LESS: &str = "#e69f00";
const MORE: &str = "#0072b2";
const ROW: f64 = 44.0;
const BAR: f64 = 11.0;
const TOP: f64 = 52.0;
const NAMES: f64 = 92.0;
/// Room for figures at the ends of bars.
const FIGURES: f64 = 44.0;
/// Less than so many points, or than such a part of the drop limit, is not blown up to the width of the plot.
const LEAST_POINTS: f64 = 5.0;
const LEAST_OF_LIMIT: f64 = 0.5;

/// One figure at a condition's two sides, in percent, where there is anything that it could be of.
struct Reach {
    name: String,
    less: Option<Interval>,
    more: Option<Interval>,
}

pub(super) fn plot(report: &Report) -> Markup {
    if figure::UTILISATION.by_window(&report.surroundings.here.study).is_none() {
        return html! { p.note { "No agent was there, and so there is nothing that could depend on anything." } };
    }
    let mut swings: Vec<&Swing<Outcome>> = report.surroundings.sensitivity.iter().collect();
    let span = |swing: &&Swing<Outcome>| {
        let of = |outcome| {
            in_percent(&figure::UTILISATION, outcome).map_or(0.0, |share| Interval::of(&share).mean)
        };
        (of(&swing.more) - of(&swing.less)).abs()
    };
    swings.sort_by(|one, other| span(other).total_cmp(&span(one)));
    let least_drops = LEAST_OF_LIMIT * 100.0 * report.experiment.drop_limit;
    html! {
        p.legend {
            span { span.swatch style={ "background:" (LESS) } {} "a fifth less" }
            span { span.swatch style={ "background:" (MORE) } {} "a fifth more" }
        }
        div.pair {
            (both("utilisation", |form| draw(form, report, &swings, &figure::UTILISATION, LEAST_POINTS)))
            @if in_percent(&figure::DROP_RATE, &report.surroundings.here).is_some() {
                (both("drops per answer", |form| draw(form, report, &swings, &figure::DROP_RATE, least_drops)))
            } @else {
                p.note { "Nobody answered, of whom some could be dropped." }
            }
        }
    }
}

fn draw(form: Form, report: &Report, swings: &[&Swing<Outcome>], figure: &Figure, least: f64) -> Drawing {
    let stand = in_percent(figure, &report.surroundings.here).expect("only what is of something is drawn");
    let here = Interval::of(&stand).mean;
    let reaches: Vec<Reach> = swings.iter().map(|swing| reach(report, swing, figure, &stand)).collect();
    let sides = || reaches.iter().flat_map(|reach| [reach.less, reach.more]).flatten();
    let ends = || sides().map(|side| side.ends());
    let low = ends().map(|(low, _)| low).fold(here, f64::min);
    let high = ends().map(|(_, high)| high).fold(here, f64::max);
    let room = ((least - (high - low)) / 2.0).max(0.0);
    let x = Scale { from: low - room, to: high + room, start: NAMES + FIGURES, end: form.half() - FIGURES };
    let bottom = TOP + ROW * reaches.len() as f64;
    let marks = html! {
        (text(0.0, 16.0, "start", "axis", &format!("{}, %", figure.name)))
        (text(x.at(here), TOP - 12.0, "middle", "tick", &format!("here {here:.2}")))
        @for (nth, reach) in reaches.iter().enumerate() {
            @let middle = TOP + ROW * (nth as f64 + 0.5);
            (text(0.0, middle + 4.0, "start", "name", &reach.name))
            @for (side, top, colour) in [(&reach.less, middle - BAR - 1.0, LESS), (&reach.more, middle + 1.0, MORE)] {
                @if let Some(figure) = side { (of_side(&x, here, top, figure, colour)) }
            }
        }
        (rule((x.at(here), TOP - 6.0), (x.at(here), bottom), "base"))
    };
    Drawing { width: form.half(), height: bottom + 8.0, marks }
}

/// A figure at both sides of a condition, each day compared with the same day of where one stands.
fn reach(report: &Report, swing: &Swing<Outcome>, figure: &Figure, stand: &[f64]) -> Reach {
    let here = Interval::of(stand).mean;
    let few = |outcome: &Outcome| figure.few(&outcome.study).map(Few::in_percent);
    let side = |outcome: &Outcome| {
        let difference = Interval::of_differences(&in_percent(figure, outcome)?, stand);
        let difference = difference.no_surer(few(outcome), few(&report.surroundings.here));
        let ends = difference.ends.map(|(low, high)| (here + low, here + high));
        Some(Interval { mean: here + difference.mean, ends }.within(0.0, 100.0))
    };
    let agents = |outcome: &Outcome| outcome.scenario.headcount();
    let name = if swing.condition == Condition::Agents {
        format!("agents {}, {}", agents(&swing.less), agents(&swing.more))
    } else {
        swing.condition.name().to_owned()
    };
    Reach { name, less: side(&swing.less), more: side(&swing.more) }
}

/// A bar from where one stands to the figure at one side, with its interval and its value.
fn of_side(x: &Scale, here: f64, top: f64, figure: &Interval, colour: &str) -> Markup {
    let (at, stand, middle) = (x.at(figure.mean), x.at(here), top + BAR / 2.0);
    let (low, high) = figure.ends();
    let value = format!("{:.2}", figure.mean);
    let (place, anchor) =
        if figure.mean < here { (x.at(low) - 5.0, "end") } else { (x.at(high) + 5.0, "start") };
    html! {
        (bar(at.min(stand), top, at.max(stand), top + BAR, colour, &value))
        (rule((x.at(low), middle), (x.at(high), middle), "whisker"))
        (text(place, middle + 4.0, anchor, "knob", &value))
    }
}
