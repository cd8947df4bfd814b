//! The limit of a pool: what any pacing can reach, and the table that reaches it.

use maud::{Markup, html};

use super::chart::{Drawing, Form, Frame, LETTERS, both, label, line, mark, px, rule, surface, text};
use super::labels::{Area, Labels, Place};
use super::scale::{Scale, round_step};
use super::{number, page, share};
use crate::limit::{Case, Optimum, report};
use crate::study::surroundings::LimitLine;

/// The axis of drops goes to so many times the limit, or to so much.
const REACH: f64 = 2.5;
const LEAST_REACH: f64 = 0.02;
const COLOUR: &str = "#0072b2";
const EAGER: &str = "#e69f00";
const HEIGHT: f64 = 400.0;

/// The whole page.
pub(super) fn whole(case: &Case, optimum: &Optimum, line: Option<&LimitLine>) -> Markup {
    let percent = |figure: f64| format!("{:.2} %", 100.0 * figure);
    let title = format!("The limit of {}", number(case.agents, "agent"));
    let tiles = [
        ("Best utilisation", percent(optimum.utilisation), format!("at {} drops", share(case.drop))),
        ("One call per idle agent", percent(optimum.one_to_one), "drops nobody".to_owned()),
        ("Idle between calls", format!("{:.1} s", optimum.idle_per_call_s), "of each agent".to_owned()),
        ("One more drop buys", format!("{:.0} s", optimum.price_s), "of an agent's work".to_owned()),
    ];
    let body = html! {
        header {
            p.house { "Ringmaster simulator" }
            h1 { (title) }
            p.about { "The best that any pacing can reach, computed exactly for exponential conversations and rings, an answer rate known beforehand, and dials that cost nothing."
                @if case.patience_s > 0.0 { (waiting(optimum)) }
            }
            p.meta {
                span { (share(case.answer_rate)) " of dials answered" }
                span { (case.talk_s) " s talk and after-work" }
                span { (case.ring_s) " s ringing" }
                span { "patience " (case.patience_s) " s" }
                span { "drop limit " (share(case.drop)) }
                span { "version " (env!("CARGO_PKG_VERSION")) }
            }
            div.tiles.four { @for (name, value, note) in tiles { (page::tile(name, &value, &note)) } }
        }
        main {
            @if let Some(line) = line {
                (page::section("frontier", "Utilisation against drops", "No pacing reaches beyond the line.", html! {
                    (both("The best utilisation at each drop rate", |form| frontier(form, case, optimum, line)))
                    @if line.ends_early() { p.note { (ENDS_EARLY) } }
                }))
            }
            (page::section("table", "How far to dial",
                &format!("With so many agents idle, keep so many calls ringing; the eager table for {} of the time.", percent(optimum.eager_share)),
                both("Calls to keep ringing by idle agents", |form| table(form, optimum))))
        }
    };
    page::document(&title, body, &report::json(case, optimum))
}

/// What is taken of those who wait.
pub(super) fn waiting(optimum: &Optimum) -> String {
    format!(
        " The patience of those who wait is Erlang-4, and not more than {} of them wait: the next one is a drop at once, which costs less than 0.1 point.",
        optimum.waiting_room
    )
}

/// Why a line ends before its plot does.
pub(super) const ENDS_EARLY: &str =
    "The line ends where so many callers would wait at once that no limit is computed.";

fn frontier(form: Form, case: &Case, optimum: &Optimum, limit: &LimitLine) -> Drawing {
    let last = &limit.points[limit.points.len() - 1];
    let x = Scale {
        from: 0.0,
        to: 100.0 * reach(case),
        start: form.choose(52.0, 36.0),
        end: form.width() - 12.0,
    };
    let y = Scale {
        from: (libm::floor(optimum.one_to_one * 20.0 - 0.2) * 5.0).max(0.0),
        to: (libm::ceil(last.utilisation * 20.0 + 0.1) * 5.0).min(100.0),
        start: HEIGHT - 52.0,
        end: 40.0,
    };
    let frame = Frame { x, y };
    let places: Vec<(f64, f64)> = limit
        .points
        .iter()
        .map(|point| frame.at(100.0 * point.drop_rate, 100.0 * point.utilisation))
        .collect();
    let mut labels =
        Labels::new(Area { left: x.start, top: y.end - 6.0, right: x.end, bottom: y.start - 2.0 });
    let (at, legal) = (frame.at(100.0 * case.drop, 100.0 * optimum.utilisation), x.at(100.0 * case.drop));
    let legal_words = format!("drop limit {}", share(case.drop));
    let legal_name = Place::beside_line(legal, x.end, y.start - 10.0, &legal_words, LETTERS);
    labels.avoid_text(legal_name, &legal_words, LETTERS);
    labels.avoid_line(&places);
    labels.avoid_line(&[(legal, y.start), (legal, y.end)]);
    labels.avoid(at.0, at.1, 7.0);
    let words = format!("{:.2} % at {}", 100.0 * optimum.utilisation, share(case.drop));
    let place = labels.place_anywhere(at.0, at.1, &words, 1.15 * (LETTERS + 1.0));
    let one_to_one = format!("one call per idle agent {:.2} %", 100.0 * optimum.one_to_one);
    let start = places[0];
    let below = labels.place_anywhere(start.0 + 4.0, start.1 + 2.0, &one_to_one, LETTERS);
    let marks = html! {
        (surface(&[(legal, y.end), (x.end, y.end)], &[(legal, y.start), (x.end, y.start)], "over", ""))
        (frame.y_axis("utilisation, %", 8))
        (frame.x_axis("drops per answer, %", form.choose(12, 6)))
        (rule((legal, y.start), (legal, y.end), "legal"))
        (text(legal_name.x, legal_name.baseline, legal_name.anchor, "legal-name", &legal_words))
        (line(&places, "curve", COLOUR))
        (mark(0, start, "#6b7280", &one_to_one))
        (mark(0, at, COLOUR, &words))
        @if let Some(place) = place { (label(at, place, "here-name", &words)) }
        @if let Some(place) = below { (label(start, place, "name", &one_to_one)) }
    };
    Drawing { width: form.width(), height: HEIGHT, marks }
}

/// How far the axis of drops goes.
pub(super) fn reach(case: &Case) -> f64 {
    let far = (REACH * case.drop).max(LEAST_REACH);
    let step = round_step(far / 10.0);
    (libm::ceil(far / step) * step).min(0.5)
}

/// The two tables as stairs.
fn table(form: Form, optimum: &Optimum) -> Drawing {
    let most = optimum.dial_up_to.iter().chain(&optimum.eager_dial_up_to).copied().max().unwrap_or_default();
    let frame = Frame {
        x: Scale {
            from: 0.0,
            to: optimum.dial_up_to.len() as f64 - 1.0,
            start: form.choose(52.0, 44.0),
            end: form.width() - form.choose(86.0, 62.0),
        },
        y: Scale { from: 0.0, to: f64::from(most.max(1)) * 1.05, start: 320.0 - 52.0, end: 40.0 },
    };
    let stairs = |table: &[u32]| -> Vec<(f64, f64)> {
        (0..).zip(table).map(|(idle, lines)| frame.at(f64::from(idle), f64::from(*lines))).collect()
    };
    let (timid, eager) = (stairs(&optimum.dial_up_to), stairs(&optimum.eager_dial_up_to));
    let (upper, lower) = (eager[eager.len() - 1].1, timid[timid.len() - 1].1);
    let apart = ((18.0 - (lower - upper)).max(0.0)) / 2.0;
    let end = frame.x.end + 10.0;
    let marks = html! {
        (frame.y_axis("calls to keep ringing", 6))
        (frame.x_axis("idle agents", form.choose(12, 6)))
        (line(&eager, "joins", EAGER))
        (line(&timid, "joins", COLOUR))
        @if timid.len() <= 31 {
            @for (table, colour) in [(&eager, EAGER), (&timid, COLOUR)] {
                @for (x, y) in table { circle class="mark" cx=(px(*x)) cy=(px(*y)) r="4" fill=(colour) {} }
            }
        }
        (text(end, upper - apart + 4.0, "start", "name", "eager"))
        (text(end, lower + apart + 4.0, "start", "name", "timid"))
    };
    Drawing { width: form.width(), height: 320.0, marks }
}
