//! Utilisation against drops: where one stands, where others stand, and what nobody can pass.

use maud::{Markup, html};

use super::chart::{Drawing, Form, Frame, LETTERS, both, label, line, mark, px, rule, surface, text};
use super::colour;
use super::labels::{Area, Labels, Place};
use super::scale::{Scale, round_step};
use super::{Report, share, sweep, unanswered};
use crate::scenario::Pacing;
use crate::study::design::Question;
use crate::study::experiment::Outcome;
use crate::study::figure;
use crate::study::interval::Interval;

/// Drops beyond so many times the limit are not drawn, unless one stands there.
const MOST_REACH: f64 = 2.5;
const HEIGHT: f64 = 470.0;

/// Points of one policy, joined or not.
struct Row {
    name: String,
    colour: String,
    joined: bool,
    points: Vec<Point>,
}

struct Point {
    name: String,
    /// Its value of what is varied along its row.
    knob: String,
    drops: Interval,
    utilisation: Interval,
}

impl Point {
    /// `None` where no agent was there, of whose time there could be a share, or nobody answered, of whom there could be one.
    fn of(outcome: &Outcome) -> Option<Self> {
        Some(Self {
            name: outcome.name.clone(),
            knob: knob(outcome),
            drops: figure::DROP_RATE.interval(&outcome.study)?,
            utilisation: figure::UTILISATION.interval(&outcome.study)?,
        })
    }
}

impl Row {
    fn alone(outcome: &Outcome, colour: String) -> Self {
        Self {
            name: outcome.name.clone(),
            colour,
            joined: false,
            points: Point::of(outcome).into_iter().collect(),
        }
    }

    fn joined<'a>(name: &str, outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let points = outcomes.into_iter().filter_map(Point::of).collect();
        Self { name: name.to_owned(), colour: colour::of_policy(name), joined: true, points }
    }

    /// Its points within the field, each with its place.
    fn seen<'a>(&'a self, frame: &'a Frame) -> impl DoubleEndedIterator<Item = (&'a Point, (f64, f64))> {
        let within = |point: &&Point| frame.x.holds(100.0 * point.drops.mean);
        let place =
            |point: &'a Point| (point, frame.at(100.0 * point.drops.mean, 100.0 * point.utilisation.mean));
        self.points.iter().filter(within).map(place)
    }
}

pub(super) fn plot(report: &Report) -> Markup {
    let rows = rows(report);
    let here = Point::of(&report.surroundings.here);
    let reach = reach(report);
    let points = || rows.iter().flat_map(|row| &row.points).chain(&here);
    let beyond = points().filter(|point| point.drops.mean > reach).count();
    let about = "Utilisation against drops per answer, a point for each setting";
    html! {
        (both(about, |form| draw(form, report, &rows, here.as_ref(), reach)))
        (unanswered(report.experiment.outcomes.iter().chain([&report.surroundings.here])))
        @if beyond > 0 {
            p.note { (beyond) " of " (points().count()) " points drop more than " (share(reach)) " and lie beyond the plot." }
        }
    }
}

/// What is drawn besides the point where one stands.
fn rows(report: &Report) -> Vec<Row> {
    let around = &report.surroundings;
    let outcomes = &report.experiment.outcomes;
    let mut rows = match &report.experiment.design.question {
        Question::Run => around.curves.iter().map(|curve| Row::joined(curve.policy, &curve.points)).collect(),
        // Values of one policy are steps of a way; policies, when they are what is varied, are not.
        Question::Sweep(field) if outcomes.iter().all(|outcome| outcome.policy == outcomes[0].policy) => {
            vec![of_sweep(field, outcomes)]
        }
        Question::Sweep(_) | Question::Compare => outcomes
            .iter()
            .zip(&report.colours)
            .map(|(outcome, colour)| Row::alone(outcome, colour.clone()))
            .collect(),
    };
    let progressive = &around.progressive;
    let drawn = |row: &Row| row.points.iter().any(|point| point.name == progressive.name);
    if !rows.iter().any(drawn) {
        rows.insert(0, Row::alone(progressive, colour::of_policy("progressive")));
    }
    rows
}

/// The values of a field, by their size where they have one, in the colour of the policy that is played with each.
fn of_sweep(field: &str, outcomes: &[Outcome]) -> Row {
    let policy = &outcomes[0].policy;
    let name = if field.starts_with("campaign.pacing") { policy } else { field };
    let rising = sweep::by_value(outcomes).map(|points| points.into_iter().map(|(_, outcome)| outcome));
    let row = match rising {
        Some(rising) => Row::joined(name, rising),
        None => Row::joined(name, outcomes),
    };
    Row { colour: colour::of_policy(policy), ..row }
}

/// How far the axis of drops goes.
pub(super) fn reach(report: &Report) -> f64 {
    let limit = report.experiment.drop_limit;
    let end = |point: &Point| point.drops.ends().1;
    let far = rows(report).iter().flat_map(|row| &row.points).map(end).fold(1.7 * limit, f64::max);
    let here = Point::of(&report.surroundings.here).as_ref().map_or(0.0, end);
    let far = far.min(MOST_REACH * limit).max(here) * 1.04;
    let step = round_step(far / 12.0);
    (libm::ceil(far / step) * step).min(1.0)
}

fn frame(form: Form, report: &Report, rows: &[Row], here: Option<&Point>, reach: f64) -> Frame {
    let shown = rows.iter().flat_map(|row| &row.points).chain(here).filter(|point| point.drops.mean <= reach);
    let (low, high) = shown
        .map(|point| point.utilisation.ends())
        .fold((1.0_f64, 0.0_f64), |(low, high), ends| (low.min(ends.0), high.max(ends.1)));
    let limit = report.limit.iter().flat_map(|line| &line.points).map(|point| point.utilisation);
    let high = limit.fold(high, f64::max);
    // Where nobody was ever there, nothing says how far the axis goes.
    let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
    let y = Scale {
        from: (libm::floor(low * 20.0 - 0.3) * 5.0).max(0.0),
        to: (libm::ceil(high * 20.0 + 0.1) * 5.0).min(100.0),
        start: HEIGHT - 52.0,
        end: 40.0,
    };
    // A little to the left of no drops at all, so that what drops nobody does not lie on the axis.
    let x = Scale {
        from: -0.025 * 100.0 * reach,
        to: 100.0 * reach,
        start: form.choose(52.0, 36.0),
        end: form.width() - 12.0,
    };
    Frame { x, y }
}

fn draw(form: Form, report: &Report, rows: &[Row], here: Option<&Point>, reach: f64) -> Drawing {
    let frame = frame(form, report, rows, here, reach);
    let mut labels = Labels::new(Area {
        left: frame.x.start,
        top: frame.y.end - 6.0,
        right: frame.x.end,
        bottom: frame.y.start - 2.0,
    });
    for row in rows {
        for cross in row.points.iter().filter_map(|point| cross(&frame, point)) {
            cross.iter().for_each(|line| labels.avoid_line(line));
        }
        let places: Vec<(f64, f64)> = row.seen(&frame).map(|(_, place)| place).collect();
        places.iter().for_each(|(x, y)| labels.avoid(*x, *y, 6.0));
        if row.joined {
            labels.avoid_line(&places);
        }
    }
    let legal = legal_line(&frame, report.experiment.drop_limit, &mut labels);
    let limit = limit_line(&frame, report, &mut labels);
    let stand = here.map(|here| here_mark(form, &frame, here, &mut labels, &report.surroundings.here));
    let marks = html! {
        (legal.0)
        (frame.y_axis("utilisation, %", 8))
        (frame.x_axis("drops per answer, %", form.choose(12, 6)))
        (legal.1)
        (limit)
        @for (nth, row) in rows.iter().enumerate() { (crosses(&frame, row)) (marks_of(&frame, nth, row)) }
        @if let Some(stand) = stand { (stand) }
        @for row in rows { (names(form, &frame, row, here, &mut labels)) }
    };
    Drawing { width: form.width(), height: HEIGHT, marks }
}

/// The limit that drops must keep, with what lies over it shaded; the shade goes below the grid.
fn legal_line(frame: &Frame, limit: f64, labels: &mut Labels) -> (Markup, Markup) {
    let x = frame.x.at(100.0 * limit);
    let (top, bottom) = (frame.y.end, frame.y.start);
    let words = format!("drop limit {}", share(limit));
    let place = Place::beside_line(x, frame.x.end, bottom - 10.0, &words, LETTERS);
    labels.avoid_line(&[(x, top), (x, bottom)]);
    labels.avoid_text(place, &words, LETTERS);
    let shade = surface(&[(x, top), (frame.x.end, top)], &[(x, bottom), (frame.x.end, bottom)], "over", "");
    let line = html! {
        (rule((x, top), (x, bottom), "legal"))
        (text(place.x, place.baseline, place.anchor, "legal-name", &words))
    };
    (shade, line)
}

/// The best that any pacing reaches with a pool like this one, if it could be computed.
fn limit_line(frame: &Frame, report: &Report, labels: &mut Labels) -> Markup {
    let Some(limit) = &report.limit else { return html! {} };
    // The last point is at the end of the axis, but for rounding.
    let drops = |drop_rate: f64| (100.0 * drop_rate).min(frame.x.to);
    let places: Vec<(f64, f64)> = limit
        .points
        .iter()
        .map(|point| frame.at(drops(point.drop_rate), 100.0 * point.utilisation))
        .collect();
    labels.avoid_line(&places);
    let words = "exponential limit";
    // Above it, where it is flat; the further to the right, the flatter.
    let above = [13, 16, 10, 18, 7].map(|twentieths| places[(places.len() - 1) * twentieths / 20]);
    let above = above.map(|(x, y)| Place { x, baseline: y - 12.0, anchor: "middle", led: false });
    let end = places[places.len() - 1];
    let place = labels.place_at(above, words, LETTERS);
    let place = place.or_else(|| labels.place_anywhere(end.0, end.1, words, LETTERS));
    html! {
        (line(&places, "limit", ""))
        @if let Some(place) = place { (text(place.x, place.baseline, place.anchor, "limit-name", words)) }
    }
}

/// The two intervals of a point, as lines.
fn cross(frame: &Frame, point: &Point) -> Option<[[(f64, f64); 2]; 2]> {
    if point.drops.ends.is_none() || !frame.x.holds(100.0 * point.drops.mean) {
        return None;
    }
    let (x, y) = frame.at(100.0 * point.drops.mean, 100.0 * point.utilisation.mean);
    let across = |end: f64| frame.x.at((100.0 * end).clamp(0.0, frame.x.to));
    let up = |end: f64| frame.y.at((100.0 * end).clamp(frame.y.from, frame.y.to));
    let ((left, right), (low, high)) = (point.drops.ends(), point.utilisation.ends());
    Some([[(across(left), y), (across(right), y)], [(x, up(low)), (x, up(high))]])
}

fn crosses(frame: &Frame, row: &Row) -> Markup {
    html! {
        g class="cross" stroke=(row.colour) {
            @for [from, to] in row.points.iter().filter_map(|point| cross(frame, point)).flatten() { (rule(from, to, "")) }
        }
    }
}

fn marks_of(frame: &Frame, nth: usize, row: &Row) -> Markup {
    let places: Vec<(f64, f64)> = row.seen(frame).map(|(_, place)| place).collect();
    html! {
        @if row.joined { (line(&places, "joins", &row.colour)) }
        @for (point, place) in row.seen(frame) { (mark(nth, place, &row.colour, &told(point))) }
    }
}

/// What is told of a point to whoever rests on it.
fn told(point: &Point) -> String {
    let interval = |interval: &Interval| match *interval {
        Interval { mean, ends: Some((low, high)) } => {
            format!("{:.2} % ({:.2} to {:.2} %)", 100.0 * mean, 100.0 * low, 100.0 * high)
        }
        Interval { mean, ends: None } => format!("{:.2} %", 100.0 * mean),
    };
    format!("{}: utilisation {}, drops {}", point.name, interval(&point.utilisation), interval(&point.drops))
}

fn here_mark(form: Form, frame: &Frame, here: &Point, labels: &mut Labels, outcome: &Outcome) -> Markup {
    let (x, y) = frame.at(100.0 * here.drops.mean, 100.0 * here.utilisation.mean);
    labels.avoid(x, y, 10.0);
    let words = form.choose(format!("you are here: {}", here.name), "you are here".to_owned());
    // Bold letters are wider.
    let place = labels.place_anywhere(x, y, &words, 1.15 * (LETTERS + 1.0));
    html! {
        (mark(0, (x, y), &colour::of_policy(&outcome.policy), &told(here)))
        circle class="here" cx=(px(x)) cy=(px(y)) r="9" {}
        @if let Some(place) = place { (label((x, y), place, "here-name", &words)) }
    }
}

/// The row's name at its far end, and the names of its points where there is room.
fn names(form: Form, frame: &Frame, row: &Row, here: Option<&Point>, labels: &mut Labels) -> Markup {
    let is_here = |point: &Point| here.is_some_and(|here| here.name == point.name);
    let mut named = Vec::new();
    if let Some((last, at)) = row.seen(frame).next_back()
        && (row.joined || !is_here(last))
        && let Some(place) = labels.place_anywhere(at.0, at.1, &row.name, LETTERS)
    {
        named.push(label(at, place, "name", &row.name));
    }
    if row.joined && form == Form::Wide {
        for (point, at) in row.seen(frame) {
            if !is_here(point)
                && let Some(place) = labels.place(at.0, at.1, &point.knob, LETTERS - 2.0)
                && !place.led
            {
                named.push(label(at, place, "knob", &point.knob));
            }
        }
    }
    html! { @for name in named { (name) } }
}

/// What a setting is called after beside others of its policy, or of its sweep.
fn knob(outcome: &Outcome) -> String {
    match &outcome.scenario.campaign.pacing {
        Pacing::Predictive(rules) if outcome.name.starts_with("predictive") => share(rules.drop_limit.0),
        Pacing::Progressive
        | Pacing::Preview
        | Pacing::Ratio(_)
        | Pacing::Predictive(_)
        | Pacing::Broadcast(_)
        | Pacing::Vicidial(_) => outcome.name.rsplit('=').next().unwrap_or_default().to_owned(),
    }
}
