//! The days' drops: how they lie, and how many are over the limit.

use maud::{Markup, html};

use super::chart::{Drawing, Form, LETTERS, bar, both, px, rule, surface, text};
use super::scale::{Scale, round_step, with_digits_of};
use super::{Report, Shown, share};
use crate::study::figure;

const OVER: &str = "#b42318";
const TOP: f64 = 30.0;

pub(super) fn plot(report: &Report) -> Markup {
    let shown = report.shown();
    both("How many days have how many drops per answer", |form| draw(form, report, &shown))
}

fn draw(form: Form, report: &Report, shown: &[Shown]) -> Drawing {
    let limit = report.experiment.drop_limit;
    let width = round_step(limit / form.choose(30.0, 15.0));
    let worst = shown.iter().map(|shown| shown.outcome.study.worst_day).fold(limit * 1.3, f64::max);
    let bars = libm::ceil(worst.min(4.0 * limit) / width + 1e-9) as usize;
    let row = if shown.len() == 1 { 180.0 } else { 96.0 };
    let x = Scale {
        from: 0.0,
        to: 100.0 * width * bars as f64,
        start: form.choose(52.0, 14.0),
        end: form.width() - 12.0,
    };
    let bottom = TOP + row * shown.len() as f64;
    let at = x.at(100.0 * limit);
    let ticks = x.ticks(form.choose(12, 6));
    let marks = html! {
        (surface(&[(at, TOP - 12.0), (x.end, TOP - 12.0)], &[(at, bottom), (x.end, bottom)], "over", ""))
        @for (nth, shown) in shown.iter().enumerate() {
            (of_setting(report, shown, &x, width, bars, (TOP + row * nth as f64, row)))
        }
        (rule((at, TOP - 12.0), (at, bottom), "legal"))
        (text(at, TOP - 18.0, "middle", "legal-name", &format!("limit {}", share(limit))))
        @for tick in &ticks {
            (rule((x.at(*tick), bottom), (x.at(*tick), bottom + 4.0), "base"))
            (text(x.at(*tick), bottom + 19.0, "middle", "tick", &with_digits_of(&ticks, *tick)))
        }
        (text(x.end, bottom + 40.0, "end", "axis", "drops per answer in a day, %"))
    };
    Drawing { width: form.width(), height: bottom + 48.0, marks }
}

/// The days of a setting, as bars over how much they dropped.
fn of_setting(
    report: &Report,
    shown: &Shown,
    x: &Scale,
    width: f64,
    bars: usize,
    (top, row): (f64, f64),
) -> Markup {
    let mut counts = vec![0_u32; bars];
    for day in &shown.outcome.study.days {
        let nth = (day.drop_rate() / width + 1e-9) as usize;
        counts[nth.min(bars - 1)] += 1;
    }
    let most = f64::from(counts.iter().copied().max().unwrap_or_default().max(1));
    let bottom = top + row;
    let height = |count: u32| f64::from(count) / most * (row - 52.0);
    let limit = report.experiment.drop_limit;
    let over = super::shown(report.experiment, &figure::DAYS_OVER, shown.outcome);
    let words = format!("{}: {over} days over", shown.outcome.name);
    html! {
        @for (nth, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let (from, to) = (width * nth as f64, width * (nth + 1) as f64);
            @let colour = if from >= limit - 1e-9 { OVER } else { &shown.colour };
            @let about = format!("{count} days with {} to {}", share(from), share(to));
            (bar(x.at(100.0 * from) + 1.0, bottom - height(count), x.at(100.0 * to) - 1.0, bottom, colour, &about))
            @if x.at(100.0 * to) - x.at(100.0 * from) > 16.0 {
                text class="knob" x=(px(x.at(100.0 * f64::midpoint(from, to)))) y=(px(bottom - height(count) - 4.0))
                    text-anchor="middle" { (count) }
            }
        }
        (rule((x.start, bottom), (x.end, bottom), "base"))
        (text(x.start + 4.0, top + LETTERS + 10.0, "start", "name", &words))
    }
}
