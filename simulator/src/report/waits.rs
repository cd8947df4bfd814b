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

pub(super) fn plot(report: &Report) -> Markup {
    let shown = report.shown();
    let longest = shown.iter().map(|shown| shown.outcome.study.wait_s(0.99)).fold(1.0, f64::max);
    let step = round_step(longest / 10.0);
    let reach = libm::ceil(longest * 1.04 / step) * step;
    html! {
        (report.legend(&shown))
        (both("Share of waits that are shorter than so many seconds", |form| draw(form, report, &shown, reach)))
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
    for (here, (share, _)) in here.iter().flat_map(|here| MARKED.map(|marked| (here, marked))) {
        let (x, y) = frame.at(here.outcome.study.wait_s(share), 100.0 * share);
        labels.avoid_line(&[(x, y), (x, frame.y.start)]);
    }
    let marks = html! {
        (frame.y_axis("waits that are shorter, %", 5))
        (frame.x_axis("seconds", form.choose(12, 6)))
        @for (shown, curve) in shown.iter().zip(&curves) { (line(curve, "curve", &shown.colour)) }
        @if let Some(here) = here {
            @for (share, name) in MARKED { (marked(&frame, here, share, name, &mut labels)) }
        }
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

/// A share of the setting one stands at, with the wait it is reached at.
fn marked(frame: &Frame, here: &Shown, share: f64, name: &str, labels: &mut Labels) -> Markup {
    let seconds = here.outcome.study.wait_s(share);
    let at = frame.at(seconds, 100.0 * share);
    labels.avoid(at.0, at.1, 6.0);
    let words = format!("{name} {seconds:.0} s");
    let place = labels.place(at.0, at.1 + 3.0, &words, LETTERS);
    html! {
        (rule(at, (at.0, frame.y.start), "lead"))
        (mark(0, at, &here.colour, &words))
        @if let Some(place) = place { (label(at, place, "name", &words)) }
    }
}
