//! Drops that no pacing spares: persons who were taken for machines.

use super::Day;
use super::design::Question;
use super::experiment::{Experiment, Outcome};
use super::report::{number, percent};
use crate::scenario::Pacing;

/// Where they are less than this of all drops, pacing decides about the others, and nothing is told.
const WORTH_TELLING: f64 = 0.1;
/// Of more settings of a sweep it is told once for all.
const MOST_TOLD: usize = 6;

/// The drops of a setting, all days together.
struct Drops<'a> {
    outcome: &'a Outcome,
    all: u64,
    /// Of these, persons who were taken for machines.
    mistaken: u64,
    answers: u64,
    /// Machines that were not connected.
    screened: u64,
}

/// What is told of them, in sentences; nothing where they are few.
#[must_use]
pub fn told(experiment: &Experiment) -> Vec<String> {
    let outcomes = &experiment.outcomes;
    let many: Vec<Drops> =
        outcomes.iter().map(Drops::of).filter(|drops| drops.share() >= WORTH_TELLING).collect();
    if many.len() > MOST_TOLD {
        let sum = |of: fn(&Drops) -> u64| many.iter().map(of).sum::<u64>();
        let spared = no_pacing_spares(sum(|drops| drops.mistaken), sum(|drops| drops.all), "");
        return vec![format!("With {} of {} values: {spared}", many.len(), outcomes.len())];
    }
    let name = |drops: &Drops| match &experiment.design.question {
        Question::Run => String::new(),
        Question::Sweep(field) => format!("{field}={}: ", drops.outcome.name),
        Question::Compare => format!("{}: ", drops.outcome.name),
    };
    many.iter().map(|drops| name(drops) + &drops.told()).collect()
}

fn no_pacing_spares(mistaken: u64, all: u64, share: &str) -> String {
    let all = number(all as f64, "drop");
    format!("{mistaken} of {all} are persons taken for machines{share}: no pacing spares them.")
}

impl<'a> Drops<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let days = &outcome.study.days;
        let sum = |of: fn(&Day) -> u64| days.iter().map(of).sum();
        let heard = || days.iter().filter_map(|day| day.detection.as_ref());
        Self {
            outcome,
            all: sum(|day| day.drops),
            mistaken: heard().map(|detection| detection.false_positives).sum(),
            answers: sum(|day| day.answers),
            screened: heard().map(|detection| detection.screened).sum(),
        }
    }

    /// How large a part of all drops they are.
    fn share(&self) -> f64 {
        if self.all == 0 { 0.0 } else { self.mistaken as f64 / self.all as f64 }
    }

    fn told(&self) -> String {
        let share = format!(", {:.2} % of the answers", 100.0 * self.mistaken as f64 / self.answers as f64);
        let spared = no_pacing_spares(self.mistaken, self.all, &share);
        match self.held() {
            Some(held) => format!("{spared} {held}"),
            None => spared,
        }
    }

    /// That predictive pacing has no room, where what it holds against itself for machines alone is more than its limit.
    ///
    /// It does not know which of them were persons: each counts as a part of a drop, and as no answer.
    fn held(&self) -> Option<String> {
        let Pacing::Predictive(rules) = &self.outcome.scenario.campaign.pacing else { return None };
        let (limit, amd) = (rules.drop_limit.0, self.outcome.scenario.world().house.amd?);
        let part = f64::from(amd.false_positives.0) / 1_000.0;
        let (taken, answers) = (self.screened + self.mistaken, self.answers.saturating_sub(self.mistaken));
        let counted = part * taken as f64 / answers as f64;
        (answers > 0 && counted > limit).then(|| {
            format!(
                "Predictive pacing counts {} of the {taken} who were taken for machines and not connected as drops, {:.2} % of the \
                 other answers and more than its limit of {}: it has room for hardly more than one line for each idle agent.",
                percent(part),
                100.0 * counted,
                percent(limit)
            )
        })
    }
}
