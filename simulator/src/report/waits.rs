//! How long agents wait between calls.

use maud::{Markup, html};

use super::chart::{Drawing, Form, Frame, LETTERS, both, label, line, mark, rule};
use super::labels::{Area, Labels};
use super::scale::{Scale, round_step};
use super::{Report, Shown};

/// The shares that are pointed at.
const MARKED: [(f64, &str); 3] = [(0.5, "median"), (0.9, "p90"), (0.99, "p99")];
/// Points of a curve.
const POINTS: u32 = 160;
const HEIGHT: f64 = 340.0;

/// A share that is pointed at, at the wait that it is reached at.
struct Marked<'r> {
    at: (f64, f64),
    words: String,
    colour: &'r str,
}

pub(super) fn plot(report: &Report) -> Markup {
    let shown = report.shown();
    let (waited, idle): (Vec<Shown>, Vec<Shown>) =
        shown.into_iter().partition(|shown| !shown.outcome.study.waits.is_empty());
    let longest = waited.iter().filter_map(|shown| shown.outcome.study.wait_s(0.99)).fold(1.0, f64::max);
    let step = round_step(longest / 10.0);
    let reach = libm::ceil(longest * 1.04 / step) * step;
    html! {
        (report.legend(&waited))
        (both("Share of waits that are shorter than so many seconds", |form| draw(form, report, &waited, reach)))
        (report.left_out(waited.len() + idle.len()))
        @if !idle.is_empty() {
            @let names: Vec<&str> = idle.iter().map(|shown| shown.outcome.name.as_str()).collect();
            p.note { "Nobody waited: " (names.join(", ")) "." }
        }
    }
}

fn draw(form: Form, report: &Report, shown: &[Shown], reach: f64) -> Drawing {
    let frame = Frame {
        x: Scale { from: 0.0, to: reach, start: form.choose(52.0, 36.0), end: form.width() - 12.0 },
        y: Scale { from: 0.0, to: 100.0, start: HEIGHT - 52.0, end: 36.0 },
    };
    let stand = &report.surroundings.here;
    let here = shown.iter().find(|shown| shown.outcome.scenario == stand.scenario);
    let mut labels = Labels::new(Area {
        left: frame.x.start,
        top: frame.y.end - 8.0,
        right: frame.x.end,
        bottom: frame.y.start - 2.0,
    });
    let curves: Vec<Vec<(f64, f64)>> = shown.iter().map(|shown| curve(&frame, shown, reach)).collect();
    curves.iter().for_each(|curve| labels.avoid_line(curve));
    let marked: Vec<Marked> = here.iter().flat_map(|here| marked(&frame, here)).collect();
    for &Marked { at: (x, y), .. } in &marked {
        labels.avoid_line(&[(x, y), (x, frame.y.start)]);
    }
    let marks = html! {
        (frame.y_axis("waits that are shorter, %", 5))
        (frame.x_axis("seconds", form.choose(12, 6)))
        @for (shown, curve) in shown.iter().zip(&curves) { (line(curve, "curve", &shown.colour)) }
        @for marked in &marked { (point_at(&frame, marked, &mut labels)) }
    };
    Drawing { width: form.width(), height: HEIGHT, marks }
}

fn curve(frame: &Frame, shown: &Shown, reach: f64) -> Vec<(f64, f64)> {
    let point = |nth: u32| {
        let seconds = reach * f64::from(nth) / f64::from(POINTS);
        let waits = &shown.outcome.study.waits;
        let shorter = if nth == 0 { 0.0 } else { waits.quantile_below((seconds * 1_000.0) as u64) };
        frame.at(seconds, 100.0 * shorter)
    };
    (0..=POINTS).map(point).collect()
}

/// The shares of the setting one stands at that are pointed at, if anybody waited.
fn marked<'r>(frame: &Frame, here: &'r Shown) -> impl Iterator<Item = Marked<'r>> {
    MARKED.into_iter().filter_map(|(share, name)| {
        let seconds = here.outcome.study.wait_s(share)?;
        let at = frame.at(seconds, 100.0 * share);
        Some(Marked { at, words: format!("{name} {seconds:.0} s"), colour: &here.colour })
    })
}

fn point_at(frame: &Frame, &Marked { at, ref words, colour }: &Marked, labels: &mut Labels) -> Markup {
    labels.avoid(at.0, at.1, 6.0);
    let place = labels.place_anywhere(at.0, at.1 + 3.0, words, LETTERS);
    html! {
        (rule(at, (at.0, frame.y.start), "lead"))
        (mark(0, at, colour, words))
        @if let Some(place) = place { (label(at, place, "name", words)) }
    }
}
