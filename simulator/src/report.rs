//! A report for people: one HTML file with everything in it, to be read on a screen, a telephone or paper.
//!
//! Its plots are SVG, drawn here; it has no script and fetches nothing. The same experiment gives the same bytes.

mod capacity;
mod chart;
mod colour;
mod course;
mod days;
mod frontier;
mod labels;
mod limit;
mod page;
mod scale;
mod sensitivity;
mod sweep;
mod tables;
mod waits;

use maud::{Markup, html};

use crate::limit::{Case, Optimum};
use crate::scenario::Amd;
use crate::study::Day;
use crate::study::design::Question;
use crate::study::experiment::{Experiment, Outcome};
use crate::study::figure::Figure;
use crate::study::report::{number, percent as share, shown};
use crate::study::surroundings::{LimitLine, Surroundings};

/// So many settings of a sweep are drawn one beside the other; of more, some are left out.
const MOST_DRAWN: usize = 9;

/// What a report is made from.
struct Report<'a> {
    experiment: &'a Experiment,
    surroundings: &'a Surroundings<Outcome>,
    limit: Option<LimitLine>,
    /// One for each outcome.
    colours: Vec<String>,
}

/// A setting with the colour it has everywhere.
struct Shown<'a> {
    outcome: &'a Outcome,
    colour: String,
}

/// The whole file.
#[must_use]
pub fn html(experiment: &Experiment, surroundings: &Surroundings<Outcome>) -> String {
    let outcomes = &experiment.outcomes;
    let colours = match experiment.design.question {
        Question::Run | Question::Compare => {
            colour::of_policies(outcomes.iter().map(|outcome| outcome.policy.as_str()))
        }
        Question::Sweep(_) => colour::ramp(outcomes.len()),
    };
    let mut report = Report { experiment, surroundings, limit: None, colours };
    if let Some(pool) = report.pool().filter(|_| report.one_pool()) {
        report.limit = LimitLine::of(&pool, frontier::reach(&report));
    }
    page::whole(&report).into_string()
}

/// The whole file for the limit of a pool.
#[must_use]
pub fn limit_html(case: &Case, optimum: &Optimum) -> String {
    let line = LimitLine::of(case, limit::reach(case));
    limit::whole(case, optimum, line.as_ref()).into_string()
}

impl<'a> Report<'a> {
    /// The exponential pool that is like the one where one stands, where there is one.
    fn pool(&self) -> Option<Case> {
        self.surroundings.here.scenario.pool(self.experiment.drop_limit)
    }

    /// Whether all settings have the same pool, so that one limit holds for all.
    fn one_pool(&self) -> bool {
        let pool = |outcome: &Outcome| outcome.scenario.pool(self.experiment.drop_limit);
        self.experiment.outcomes.iter().all(|outcome| pool(outcome) == self.pool())
    }

    /// Why there is no limit line.
    fn no_limit(&self) -> &'static str {
        if self.surroundings.here.scenario.campaign.amd != Amd::Off {
            "No limit is drawn: persons are told from machines first. That takes its time, and whoever is mistaken is a drop; the limit of a pool knows neither."
        } else if self.pool().is_none() {
            "No limit is drawn: callees hang up before they are dropped. They have answered and are no drops, and so pay for more drops than the limit of any pool knows."
        } else if self.one_pool() {
            "The limit of this pool is not drawn: it has more than 200 agents, more callers would wait at once than are computed, or the solver finds none."
        } else if sweep::has_limits(self) {
            "No limit is drawn here: the settings have pools of their own, and the limit of each is in the next plot."
        } else {
            "No limit is drawn: the settings have pools of their own, each with another one."
        }
    }

    fn compares(&self) -> bool {
        self.experiment.design.question == Question::Compare
    }

    /// All settings.
    fn all(&self) -> impl ExactSizeIterator<Item = Shown<'a>> {
        let outcomes = self.experiment.outcomes.iter().zip(&self.colours);
        outcomes.map(|(outcome, colour)| Shown { outcome, colour: colour.clone() })
    }

    /// The settings that are drawn beside each other.
    fn shown(&self) -> Vec<Shown<'a>> {
        let (every, last) = (self.all().len().div_ceil(MOST_DRAWN), self.all().len() - 1);
        let drawn = self.all().enumerate().filter(|(nth, _)| nth % every == 0 || *nth == last);
        drawn.map(|(_, shown)| shown).collect()
    }

    /// That settings are left out, where they are.
    fn left_out(&self, drawn: usize) -> Markup {
        let all = self.all().len();
        html! {
            @if drawn < all {
                p.note { (drawn) " of " (all) " values are drawn; the figures of all are in the table below." }
            }
        }
    }

    /// Where one stands, in the colour of its policy.
    fn stand(&self) -> Shown<'a> {
        let outcome = &self.surroundings.here;
        Shown { outcome, colour: colour::of_policy(&outcome.policy) }
    }

    /// The names of the settings beside their colours; a single one needs none.
    fn legend(&self, shown: &[Shown]) -> Markup {
        html! {
            @if shown.len() > 1 {
                p.legend {
                    @if let Question::Sweep(field) = &self.experiment.design.question { span.of { (field) } }
                    @for shown in shown {
                        span { span.swatch style={ "background:" (shown.colour) } {} (shown.outcome.name) }
                    }
                }
            }
        }
    }
}

/// What each window says of a share that is plotted, in percent, where there is anything that it could be of.
fn in_percent(figure: &Figure, outcome: &Outcome) -> Option<Vec<f64>> {
    Some(figure.by_window(&outcome.study)?.into_iter().map(|share| 100.0 * share).collect())
}

/// Whether anybody answered on these days, of whom drops could be a share.
fn is_answered(days: &[Day]) -> bool {
    days.iter().any(|day| day.answers > 0)
}

/// That nobody answered, where that is so of some.
fn unanswered<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for outcome in outcomes.filter(|outcome| !is_answered(&outcome.study.days)) {
        if !names.contains(&outcome.name.as_str()) {
            names.push(&outcome.name);
        }
    }
    html! {
        @if !names.is_empty() {
            p.note { "Nobody answered, of whom some could be dropped: " (names.join(", ")) "." }
        }
    }
}

/// With the sign that is as wide as a plus.
fn minus(difference: &str) -> String {
    difference.replace('-', "−")
}
