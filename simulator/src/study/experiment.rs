//! An experiment: settings that meet the same people, day by day.

use rayon::prelude::*;

use super::design::{Design, Setting};
use super::figure::Figure;
use super::interval::Interval;
use super::{Study, run};
use crate::scenario::{Pacing, Scenario};

/// The law's limit where no policy names one of its own.
const COMMON_LIMIT: f64 = 0.03;

/// A setting, and what its days have shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its name among the others.
    pub name: String,
    /// The policy alone, without its knobs.
    pub policy: String,
    /// What was played.
    pub scenario: Scenario,
    /// What came of it.
    pub study: Study,
}

/// A design that has been played.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// What was to be played.
    pub design: Design,
    /// Of everything random. The day of one setting and the same day of another meet the same people.
    pub seed: u64,
    /// Most drops per answer that a window may have.
    pub drop_limit: f64,
    /// One for each setting, in their order.
    pub outcomes: Vec<Outcome>,
}

impl Experiment {
    /// Plays a design. `done` hears of each day that is over.
    ///
    /// Days are judged by `drop_limit`; where there is none, by the one that all its predictive settings share, or
    /// else by 3 %.
    #[must_use]
    pub fn play(design: Design, seed: u64, drop_limit: Option<f64>, done: impl Fn() + Sync) -> Self {
        let drop_limit = drop_limit.or_else(|| shared_limit(&design.settings)).unwrap_or(COMMON_LIMIT);
        let settings: Vec<&Setting> = design.settings.iter().collect();
        let outcomes = play_all(&settings, seed, done);
        Self { design, seed, drop_limit, outcomes }
    }

    /// What its intervals are made of: a window, which mostly is a day.
    #[must_use]
    pub fn window(&self) -> &'static str {
        let are_days = self.outcomes.iter().all(|outcome| outcome.study.window_days == 1);
        if are_days { "day" } else { "window" }
    }

    /// A figure of an outcome, where there is anything that it could be of.
    #[must_use]
    pub fn figure(&self, figure: &Figure, outcome: &Outcome) -> Option<f64> {
        figure.of(&outcome.study, self.drop_limit)
    }

    /// How much more of a figure each window of an outcome has than the same window of the first one, if windows can be
    /// told apart by it.
    #[must_use]
    pub fn difference(&self, figure: &Figure, outcome: &Outcome) -> Option<Interval> {
        let (study, first) = (&outcome.study, &self.outcomes[0].study);
        let difference = Interval::of_differences(&figure.by_window(study)?, &figure.by_window(first)?);
        Some(difference.no_surer(figure.few(study), figure.few(first)))
    }
}

/// Plays settings, as many at once as there are cores: where a window has many days, a setting has few windows to share out.
pub(super) fn play_all(settings: &[&Setting], seed: u64, done: impl Fn() + Sync) -> Vec<Outcome> {
    let play = |setting: &&Setting| {
        let study = run(&setting.scenario, seed, &done);
        let Setting { name, policy, scenario } = (*setting).clone();
        Outcome { name, policy, scenario, study }
    };
    settings.par_iter().map(play).collect()
}

/// The limit that predictive settings are held to, where it is the same for all of them.
fn shared_limit(settings: &[Setting]) -> Option<f64> {
    let limit = |setting: &Setting| match setting.scenario.campaign.pacing {
        Pacing::Predictive(rules) => Some(rules.drop_limit.0),
        Pacing::Progressive
        | Pacing::Preview
        | Pacing::Ratio(_)
        | Pacing::Broadcast(_)
        | Pacing::Vicidial(_) => None,
    };
    let mut limits = settings.iter().filter_map(limit);
    let first = limits.next()?;
    limits.all(|limit| limit == first).then_some(first)
}
