//! The page: what it says, in which order.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::limit::{ENDS_EARLY, waiting};
use super::{
    Report, capacity, course, days, frontier, minus, number, sensitivity, share, shown, sweep, tables, waits,
};
use crate::study::calendar::{self, Held};
use crate::study::confusion;
use crate::study::design::Question;
use crate::study::experiment::{Experiment, Outcome};
use crate::study::figure::{self, Figure};
use crate::study::mistaken;
use crate::study::report::{NOTHING, calibration, json, letters, sizes};

const STYLE: &str = include_str!("style.css");

/// The page of an experiment.
pub(super) fn whole(report: &Report) -> Markup {
    let title = title(report);
    let content = html! { (header(report, &title)) main { (body(report)) } };
    document(&title, content, &json(report.experiment))
}

/// A page of its own, with its figures for programs.
pub(super) fn document(title: &str, content: Markup, json: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Without this a browser asks the place it was opened from for a picture.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (content)
                footer {
                    p {
                        "Made by simulator " (env!("CARGO_PKG_VERSION"))
                        ". The same input gives this file again, byte for byte. Its figures stand in it as JSON, in the element "
                        code { "figures-json" } "."
                    }
                }
                // Without a sign that could end the element too early.
                script type="application/json" id="figures-json" { (PreEscaped(json.replace('<', "\\u003c"))) }
            }
        }
    }
}

/// What was asked, in a line.
fn title(report: &Report) -> String {
    let design = &report.experiment.design;
    let names: Vec<&str> = design.drafts.iter().map(|draft| draft.name()).collect();
    let outcomes: Vec<&str> =
        report.experiment.outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
    match &design.question {
        Question::Run => format!("{}, {}", names[0], outcomes[0]),
        Question::Sweep(field) => {
            format!("{}, {field} from {} to {}", names[0], outcomes[0], outcomes[outcomes.len() - 1])
        }
        Question::Compare => {
            let scenario = if names.len() == 1 { format!("{}, ", names[0]) } else { String::new() };
            format!("{scenario}{} against {}", outcomes[1..].join(" and "), outcomes[0])
        }
    }
}

fn header(report: &Report, title: &str) -> Markup {
    let [agents, days, hours] = sizes(report.experiment);
    html! {
        header {
            p.house { "Ringmaster simulator" }
            h1 { (title) }
            @for draft in &report.experiment.design.drafts { p.about { (draft.scenario().about) "." } }
            p.meta {
                span { (agents) }
                span { (days) " of " (hours) }
                span { "drop limit " (share(report.experiment.drop_limit)) " a " (report.experiment.window()) }
                span { "seed " (report.experiment.seed) }
                span { "version " (env!("CARGO_PKG_VERSION")) }
            }
            @if let Some(calibration) = calibration(report.experiment) { p.calibration { (calibration.told.join(" ")) } }
            (tiles(report, &report.surroundings.here))
            @if report.compares() { (verdicts(report)) }
        }
    }
}

/// One figure that is asked for first.
pub(super) fn tile(name: &str, value: &str, note: &str) -> Markup {
    html! { div.tile { p.name { (name) } p.value { (value) } p.note { (note) } } }
}

/// The figures that are asked for first, of where one stands.
fn tiles(report: &Report, here: &Outcome) -> Markup {
    let tile = |name, figure, note: String| tile(name, &shown(report.experiment, figure, here), &note);
    let of = |figure: &Figure| shown(report.experiment, figure, here);
    let days_over = format!("{}s over limit", capital(report.experiment.window()));
    let limit = format!("limit {}{}", share(report.experiment.drop_limit), calendar_over(here));
    html! {
        p.tiles-of { "You are here: " strong { (here.name) } }
        div.tiles {
            (tile("Utilisation", &figure::UTILISATION, format!("{} talk an hour", of(&figure::TALK_MINUTES))))
            (tile("Drops per answer", &figure::DROP_RATE, format!("worst day {}; {} hung up waiting", of(&figure::WORST_DAY), of(&figure::HUNG_UP))))
            (tile(&days_over, over(report), limit))
            (tile("Wait, median", &figure::WAIT_P50, format!("one in ten over {}", of(&figure::WAIT_P90))))
            (tile("Lines, most", &figure::LINES_MOST, format!("{} calls in one second", of(&figure::CALLS_MOST))))
        }
    }
}

/// How many days and months of the calendar broke limits of their own, where they have any.
fn calendar_over(here: &Outcome) -> String {
    let held = calendar::held(here);
    if held.is_empty() {
        return String::new();
    }
    let sum = |of: fn(&Held) -> usize| held.iter().map(of).sum::<usize>();
    format!("; {} of {} calendar windows over theirs", sum(|of| of.over_limit), sum(|of| of.complete))
}

/// What counts the windows that broke the limit.
pub(super) fn over(report: &Report) -> &'static Figure {
    if report.experiment.window() == "day" { &figure::DAYS_OVER } else { &figure::WINDOWS_OVER }
}

/// Whom all settings meet: who would answer one of them may not answer another that says otherwise of its callees.
fn whom_all_meet(experiment: &Experiment) -> &'static str {
    let callees = |outcome: &Outcome| outcome.scenario.callees == experiment.outcomes[0].scenario.callees;
    if experiment.outcomes.iter().all(callees) { "the same people" } else { "people who draw the same luck" }
}

/// Windows are numbered, and with other windows a day is of another number.
fn day_by_day(experiment: &Experiment, field: &str) -> String {
    if field == "shift.window_days" {
        String::new()
    } else {
        format!("All settings meet {}, day by day.", whom_all_meet(experiment))
    }
}

/// With a large first letter.
fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// One sentence for each setting that is compared with the first.
fn verdicts(report: &Report) -> Markup {
    let experiment = report.experiment;
    let difference = |figure: &Figure, outcome| {
        let difference = experiment.difference(figure, outcome);
        let words = difference.map(|difference| minus(&figure.unit.difference(&difference)));
        html! { span.whole { (words.as_deref().unwrap_or(NOTHING)) } }
    };
    html! {
        ul.verdicts {
            @for (_, outcome) in letters(experiment).skip(1) {
                li {
                    strong { (outcome.name) } " against " (experiment.outcomes[0].name) ": utilisation "
                    (difference(&figure::UTILISATION, outcome)) ", drops " (difference(&figure::DROP_RATE, outcome))
                    ", hung up while waiting " (difference(&figure::HUNG_UP, outcome)) ", wait " (difference(&figure::WAIT_MEAN, outcome)) "; "
                    (shown(experiment, over(report), outcome)) " " (experiment.window()) "s over the limit of " (share(experiment.drop_limit)) (calendar_over(outcome)) "."
                }
            }
        }
    }
}

/// A part of the page.
pub(super) fn section(id: &str, heading: &str, about: &str, content: Markup) -> Markup {
    html! {
        section id=(id) {
            h2 { (heading) }
            p.lead { (about) }
            (content)
        }
    }
}

fn body(report: &Report) -> Markup {
    let question = &report.experiment.design.question;
    html! {
        (section("frontier", "Utilisation against drops",
            "Higher is better, and nothing counts that lies to the right of the limit. Crosses are 95 % intervals.",
            html! { (frontier::plot(report)) (mistaken_note(report)) (hung_up_note(report)) (limit_note(report)) }))
        @if let Question::Sweep(field) = question {
            (section("sweep", &format!("What {field} changes"), &day_by_day(report.experiment, field), sweep::plot(report, field)))
        }
        @if report.compares() {
            @let window = report.experiment.window();
            (section("differences", &format!("Each {window} against the same {window} of the first"),
                &format!("All settings meet {}, so their {window}s are compared in pairs: mean difference and half the width of its 95 % interval, by Student's t.", whom_all_meet(report.experiment)),
                tables::differences(report)))
        }
        (section("waits", "How long agents wait for a call", "From the end of the work after one conversation, of a break, or from log-in, to the next conversation or the end of their time there.", waits::plot(report)))
        (section("course", "The day as it goes", "Means of each five minutes over all days.", course::plot(report)))
        (section("sensitivity", "What it depends on",
            "Where you are, with one condition a fifth less or a fifth more, and all else the same.", sensitivity::plot(report)))
        (section("days", &format!("{}s and the limit", capital(report.experiment.window())),
            &format!("A mean hides bad {0}s: each bar counts {0}s.", report.experiment.window()),
            html! { (days::plot(report)) (tables::calendar(&calendar::rows(report.experiment))) }))
        (section("capacity", "Lines and calls per second needed",
            "Lines over all time, calls over all seconds of the clock: what a trunk must carry so that nothing waits for it.", capacity::plot(report)))
        @let heard = confusion::rows(report.experiment);
        @if !heard.is_empty() {
            (section("detection", "Persons and machines",
                "Who has answered, and whom they were taken for. A person who is hung up on as a machine is a drop; a machine that is kept from agents is no answer.", tables::detection(&heard)))
        }
        (section("figures", "Figures and formulas", "Of all days together. A machine counts as an answer only where nobody can tell it from a person.", tables::figures(report)))
        (section("scenario", "Scenario", "Each field can be varied with sweep --over, by the name it has here.", tables::scenarios(report)))
    }
}

/// Who was dropped whatever the pacing, where that is many of them.
fn mistaken_note(report: &Report) -> Markup {
    html! { @for told in mistaken::told(report.experiment) { p.note { (told) } } }
}

/// Who has answered in vain and is no drop, where anybody has.
fn hung_up_note(report: &Report) -> Markup {
    let here = &report.surroundings.here;
    if here.study.days.iter().all(|day| day.hang_ups == 0) {
        return html! {};
    }
    html! {
        p.note {
            "No drops are those who hung up while they waited, before their time for an agent was over: "
            (shown(report.experiment, &figure::HUNG_UP, here)) " of the answers where you are."
        }
    }
}

/// What the limit line is, and what it is not.
fn limit_note(report: &Report) -> Markup {
    let Some(limit) = &report.limit else {
        return html! { p.note { (report.no_limit()) } };
    };
    let (pool, digits) = (&limit.case, |figure: f64| libm::round(figure * 10.0) / 10.0);
    html! {
        p.note {
            "The exponential limit is the best that any pacing reaches with a pool that has this one's means and is exponential throughout: "
            (number(pool.agents, "agent"))
            @if pool.agents != report.surroundings.here.scenario.headcount() { " at work at a time" }
            ", " (digits(100.0 * pool.answer_rate))
            @if report.surroundings.here.scenario.callees.by_attempt.is_empty() { " % of dials answered, " }
            @else { " % of dials answered, which are first attempts all of them, " }
            (digits(pool.talk_s)) " s talk and after-work, " (digits(pool.ring_s)) " s to an answer, "
            @if pool.patience_s > 0.0 { (digits(pool.patience_s)) " s of patience" } @else { "no patience" }
            "." @if pool.patience_s > 0.0 { (waiting(&limit.best)) }
            " It is exact for that pool and a yardstick for this one. At " (share(report.experiment.drop_limit))
            " drops it is " span.whole { (format!("{:.1} %", 100.0 * limit.best.utilisation)) } "."
            @if limit.ends_early() { " " (ENDS_EARLY) }
        }
    }
}
