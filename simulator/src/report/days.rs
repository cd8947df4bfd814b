//! The drops of single windows, which mostly are days: how they lie, and how many are over the limit.

use maud::{Markup, html};

use super::chart::{Drawing, Form, LETTERS, bar, both, px, rule, surface, text};
use super::labels::{fitting, width};
use super::page::over;
use super::scale::{Scale, with_digits_of};
use super::{MOST_DRAWN, Report, Shown, is_answered, number, share};
use crate::study;

const OVER: &str = "#b42318";
const TOP: f64 = 30.0;
/// What drops more than so many times the limit stands in the last bar.
const MOST_REACH: f64 = 4.0;

/// The bars, which are as wide for all settings, and end at the limit.
struct Bars {
    x: Scale,
    /// The share of drops that a bar covers: more than those to its left, up to its right end.
    width: f64,
    count: usize,
    /// Whether the last one stands for all that dropped more than the others say.
    is_open: bool,
}

pub(super) fn plot(report: &Report) -> Markup {
    // None is left out: one that broke the limit might be among them.
    let shown: Vec<Shown> = report.all().collect();
    let window = report.experiment.window();
    let about = format!("How many {window}s have how many drops per answer");
    let all = || shown.iter().flat_map(|shown| shown.outcome.study.windows());
    let unanswered = all().filter(|window| !is_answered(window)).count();
    html! {
        (both(&about, |form| draw(form, report, &shown)))
        @if unanswered > 0 {
            p.note { "In " (unanswered) " of " (number(all().count() as f64, window)) " nobody answered: no bar counts them." }
        }
    }
}

fn draw(form: Form, report: &Report, shown: &[Shown]) -> Drawing {
    let bars = Bars::of(form, report, shown);
    let row = match shown.len() {
        1 => 180.0,
        2..=MOST_DRAWN => 96.0,
        _ => 68.0,
    };
    let (x, bottom) = (&bars.x, TOP + row * shown.len() as f64);
    let limit = report.experiment.drop_limit;
    let at = x.at(100.0 * limit);
    let ticks = x.ticks(form.choose(12, 6));
    let more = if bars.is_open { " (the last bar: or more)" } else { "" };
    let name = format!("drops per answer in a {}, %{more}", report.experiment.window());
    let marks = html! {
        (surface(&[(at, TOP - 12.0), (x.end, TOP - 12.0)], &[(at, bottom), (x.end, bottom)], "over", ""))
        @for (nth, shown) in shown.iter().enumerate() {
            (of_setting(form, report, shown, &bars, TOP + row * nth as f64, row))
        }
        (rule((at, TOP - 12.0), (at, bottom), "legal"))
        (text(at, TOP - 18.0, "middle", "legal-name", &format!("limit {}", share(limit))))
        @for tick in &ticks {
            (rule((x.at(*tick), bottom), (x.at(*tick), bottom + 4.0), "base"))
            (text(x.at(*tick), bottom + 19.0, "middle", "tick", &with_digits_of(&ticks, *tick)))
        }
        (text(x.end, bottom + 40.0, "end", "axis", &name))
    };
    Drawing { width: form.width(), height: bottom + 48.0, marks }
}

impl Bars {
    fn of(form: Form, report: &Report, shown: &[Shown]) -> Self {
        let limit = report.experiment.drop_limit;
        let width = limit / form.choose(30.0, 15.0);
        let windows = shown.iter().flat_map(|shown| shown.outcome.study.windows());
        let worst = windows.map(study::drop_rate).fold(1.3 * limit, f64::max);
        let (is_open, worst) = (worst > MOST_REACH * limit, worst.min(MOST_REACH * limit));
        let count = libm::ceil(worst / width - 1e-9) as usize;
        let (start, end) = (form.choose(52.0, 14.0), form.width() - 12.0);
        Self { x: Scale { from: 0.0, to: 100.0 * width * count as f64, start, end }, width, count, is_open }
    }

    /// How much the windows of a bar dropped.
    fn told(&self, nth: usize) -> String {
        let from = share(self.width * nth as f64);
        if self.is_open && nth + 1 == self.count {
            return format!("over {from}");
        }
        format!("{from} to {}", share(self.width * (nth + 1) as f64))
    }

    /// How many windows of a setting belong to each bar.
    fn counted(&self, shown: &Shown) -> Vec<u32> {
        let mut counts = vec![0; self.count];
        let answered = shown.outcome.study.windows().filter(|window| is_answered(window));
        for drops in answered.map(study::drop_rate) {
            let nth = (libm::ceil(drops / self.width - 1e-9) as usize).saturating_sub(1);
            counts[nth.min(self.count - 1)] += 1;
        }
        counts
    }
}

/// The windows of a setting, as bars over how much they dropped.
fn of_setting(form: Form, report: &Report, shown: &Shown, bars: &Bars, top: f64, row: f64) -> Markup {
    let counts = bars.counted(shown);
    let most = f64::from(counts.iter().copied().max().unwrap_or_default().max(1));
    let (window, bottom) = (report.experiment.window(), top + row);
    let height = |count: u32| f64::from(count) / most * (row - 52.0);
    let broken = super::shown(report.experiment, over(report), shown.outcome);
    html! {
        @for (nth, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let (from, to) = (bars.width * nth as f64, bars.width * (nth + 1) as f64);
            @let colour = if from > report.experiment.drop_limit - 1e-9 { OVER } else { &shown.colour };
            @let (left, right) = (bars.x.at(100.0 * from) + 1.0, bars.x.at(100.0 * to) - 1.0);
            @let about = format!("{} with {}", number(count, window), bars.told(nth));
            (bar(left, bottom - height(count), right, bottom, colour, &about))
            @if right - left > 14.0 {
                text class="knob" x=(px(f64::midpoint(left, right))) y=(px(bottom - height(count) - 4.0))
                    text-anchor="middle" { (count) }
            }
        }
        (rule((bars.x.start, bottom), (bars.x.end, bottom), "base"))
        (heading(form, bars.x.start + 4.0, top + LETTERS + 10.0, &shown.outcome.name, &format!("{broken} {window}s over")))
    }
}

/// The name of a setting and how many broke the limit: below it where the plot is narrow.
fn heading(form: Form, x: f64, baseline: f64, name: &str, broken: &str) -> Markup {
    let room = form.width() - x;
    match form {
        Form::Wide => {
            let broken = format!(": {broken}");
            let name = fitting(name, room - width(&broken, LETTERS), LETTERS);
            text(x, baseline, "start", "name", &(name + &broken))
        }
        Form::Narrow => html! {
            (text(x, baseline, "start", "name", &fitting(name, room, LETTERS)))
            (text(x, baseline + 15.0, "start", "knob", broken))
        },
    }
}
