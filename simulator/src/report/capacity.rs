//! What must be bought: lines, and calls a second.

use maud::{Markup, html};

use super::chart::{Drawing, Form, LETTERS, both, mark, px, rule, text};
use super::labels::{fitting, width};
use super::scale::{Scale, with_digits_of};
use super::{Report, Shown};
use crate::study::Tally;

const ROW: f64 = 46.0;
const TOP: f64 = 34.0;

pub(super) fn plot(report: &Report) -> Markup {
    let shown = report.shown();
    let lines = |shown: &Shown| of_tally(&shown.outcome.study.course.lines);
    let calls = |shown: &Shown| of_tally(&shown.outcome.study.course.calls_per_second);
    html! {
        p.legend {
            span { (key(html! { (mark(0, (8.0, 8.0), "#1b2430", "median")) })) "median" }
            span { (key(html! { line class="stroke" x1="8" x2="8" y1="1" y2="15" {} })) "p99" }
            span { (key(html! { circle class="open" cx="8" cy="8" r="4.5" {} })) "most" }
        }
        div.pair {
            (both("lines in use", |form| draw(form, &shown, "lines in use", lines)))
            (both("calls placed in a second", |form| draw(form, &shown, "calls placed in a second", calls)))
        }
        (report.left_out(shown.len()))
    }
}

fn key(marks: Markup) -> Markup {
    html! { svg.key viewBox="0 0 16 16" { (marks) } }
}

/// Median, 99th percentile and most.
fn of_tally(tally: &Tally) -> [f64; 3] {
    [tally.quantile(0.5), tally.quantile(0.99), tally.most()].map(|number| number as f64)
}

fn draw(form: Form, shown: &[Shown], name: &str, figures: impl Fn(&Shown) -> [f64; 3]) -> Drawing {
    let most = shown.iter().map(|shown| figures(shown)[2]).fold(1.0, f64::max);
    let x = Scale { from: 0.0, to: most * 1.02, start: 8.0, end: form.half() - 40.0 };
    let bottom = TOP + ROW * shown.len() as f64;
    let ticks = x.ticks(6);
    let marks = html! {
        @for tick in &ticks {
            (rule((x.at(*tick), TOP - 6.0), (x.at(*tick), bottom), "grid"))
            (text(x.at(*tick), bottom + 18.0, "middle", "tick", &with_digits_of(&ticks, *tick)))
        }
        (text(0.0, 16.0, "start", "axis", name))
        @for (nth, shown) in shown.iter().enumerate() {
            (of_setting(&x, TOP + ROW * nth as f64, shown, figures(shown)))
        }
        (rule((x.start, bottom), (x.end + 32.0, bottom), "base"))
    };
    Drawing { width: form.half(), height: bottom + 26.0, marks }
}

fn of_setting(x: &Scale, top: f64, shown: &Shown, [median, p99, most]: [f64; 3]) -> Markup {
    let y = top + 30.0;
    let name = &shown.outcome.name;
    let about = format!("{name}: median {median}, 99 % at most {p99}, most {most}");
    let (figures, end) = (format!("{median} · {p99} · {most}"), x.end + 32.0);
    let room = end - x.start - width(&figures, LETTERS) - LETTERS;
    html! {
        (text(x.start, top + 14.0, "start", "name", &fitting(name, room, LETTERS)))
        (text(end, top + 14.0, "end", "name", &figures))
        g stroke=(shown.colour) fill=(shown.colour) {
            (rule((x.at(median), y), (x.at(most), y), "range"))
            (mark(0, (x.at(median), y), &shown.colour, &about))
            line class="stroke" x1=(px(x.at(p99))) x2=(px(x.at(p99))) y1=(px(y - 7.0)) y2=(px(y + 7.0)) {}
            circle class="open" cx=(px(x.at(most))) cy=(px(y)) r="4.5" { title { (about) } }
        }
    }
}
