//! What a report shows around an experiment: where it stands among other policies, what it depends on, and the limit.

use super::design::{Design, Question, Setting};
use super::experiment::{Experiment, Outcome, play_all};
use crate::limit::{self, Case, Optimum};
use crate::scenario::{Condition, Draft, pacing};

/// The policies that are drawn as curves, each with its knob and the values that are tried.
const CURVES: [(&str, &str, &[f64]); 2] = [
    ("ratio", "campaign.pacing.ratio", &[1.5, 2.0, 2.5, 3.0, 4.0]),
    ("predictive", "campaign.pacing.predictive.drop_limit", &[0.01, 0.02, 0.03, 0.05]),
];
/// How far a condition is moved to either side.
const LESS: f64 = 0.8;
const MORE: f64 = 1.2;
/// The limit is drawn at so many drop rates.
const LIMIT_POINTS: u32 = 40;
/// A pool of more agents takes the solver too long.
pub(crate) const MOST_AGENTS: u32 = 200;

/// The surroundings, as settings to be played or as outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Surroundings<T> {
    /// Where one stands now: the scenario as it is, or the first of those that are compared.
    pub here: T,
    /// One line for each idle agent, in the same scenario.
    pub progressive: T,
    /// Other policies over their knobs.
    pub curves: Vec<Curve<T>>,
    /// Each condition, less and more of it.
    pub sensitivity: Vec<Swing<T>>,
}

/// A policy over its knob.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve<T> {
    /// The policy.
    pub policy: &'static str,
    /// From timid to eager.
    pub points: Vec<T>,
}

/// A condition that is moved to either side.
#[derive(Debug, Clone, PartialEq)]
pub struct Swing<T> {
    /// Which.
    pub condition: Condition,
    /// A fifth less of it.
    pub less: T,
    /// A fifth more of it.
    pub more: T,
}

impl Surroundings<Setting> {
    /// What a report on a design needs besides.
    #[must_use]
    pub fn of(design: &Design) -> Self {
        let draft = &design.drafts[0];
        let here = match design.question {
            Question::Run | Question::Compare => design.settings[0].clone(),
            Question::Sweep(_) => Setting::of(draft, None),
        };
        let progressive = pacing("progressive").expect("a word is a policy");
        let progressive = draft.paced(&progressive).expect("every scenario can be played one to one");
        let curves = if design.question == Question::Run { curves(draft) } else { Vec::new() };
        let varied =
            |condition, factor| Setting { scenario: here.scenario.varied(condition, factor), ..here.clone() };
        let swing =
            |condition| Swing { condition, less: varied(condition, LESS), more: varied(condition, MORE) };
        Self {
            sensitivity: Condition::ALL.into_iter().map(swing).collect(),
            progressive: Setting::of(&progressive, None),
            curves,
            here,
        }
    }

    /// Those that have not been played yet; each is played once.
    #[must_use]
    pub fn unplayed(&self, design: &[Setting]) -> Vec<&Setting> {
        let mut unplayed: Vec<&Setting> = Vec::new();
        for setting in self.all() {
            let known = |other: &Setting| other.scenario == setting.scenario;
            if !design.iter().any(known) && !unplayed.iter().any(|other| known(other)) {
                unplayed.push(setting);
            }
        }
        unplayed
    }

    /// Plays them with an experiment's seed; what the experiment has played already is taken from it.
    #[must_use]
    pub fn play(&self, experiment: &Experiment, done: impl Fn() + Sync) -> Surroundings<Outcome> {
        let unplayed = self.unplayed(&experiment.design.settings);
        let mut played = play_all(&unplayed, experiment.seed, done);
        played.extend_from_slice(&experiment.outcomes);
        self.map(|setting| {
            let Setting { name, policy, scenario } = setting.clone();
            let known = played.iter().find(|outcome| outcome.scenario == scenario);
            let study = known.expect("everything has been played").study.clone();
            Outcome { name, policy, scenario, study }
        })
    }

    fn all(&self) -> Vec<&Setting> {
        let mut all = vec![&self.here, &self.progressive];
        all.extend(self.curves.iter().flat_map(|curve| &curve.points));
        all.extend(self.sensitivity.iter().flat_map(|swing| [&swing.less, &swing.more]));
        all
    }

    fn map(&self, of: impl Fn(&Setting) -> Outcome) -> Surroundings<Outcome> {
        let curve =
            |curve: &Curve<_>| Curve { policy: curve.policy, points: curve.points.iter().map(&of).collect() };
        let swing = |swing: &Swing<_>| Swing {
            condition: swing.condition,
            less: of(&swing.less),
            more: of(&swing.more),
        };
        Surroundings {
            here: of(&self.here),
            progressive: of(&self.progressive),
            curves: self.curves.iter().map(curve).collect(),
            sensitivity: self.sensitivity.iter().map(swing).collect(),
        }
    }
}

fn curves(draft: &Draft) -> Vec<Curve<Setting>> {
    let curve = |(policy, knob, values): (&'static str, &str, &[f64])| {
        let point = |&value: &f64| {
            let varied = draft.with(knob, value.into(), policy).expect("these values are in range");
            Setting::of(&varied, None)
        };
        Curve { policy, points: values.iter().map(point).collect() }
    };
    CURVES.into_iter().map(curve).collect()
}

/// The limit of the exponential pool that is like a scenario's.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitLine {
    /// The pool.
    pub case: Case,
    /// At the drop rate of the case.
    pub best: Optimum,
    /// At rising drop rates, to be drawn: as far as there is room for those who wait.
    pub points: Vec<Optimum>,
}

impl LimitLine {
    /// Of a pool with at most 200 agents, from no drops at all up to `reach`; no line where the solver finds none.
    #[must_use]
    pub fn of(case: &Case, reach: f64) -> Option<Self> {
        if case.agents > MOST_AGENTS {
            return None;
        }
        // Closer to each other where the line is steep.
        let share = |nth| f64::from(nth) / f64::from(LIMIT_POINTS);
        let drops: Vec<f64> =
            (0..=LIMIT_POINTS).map(|nth| reach.min(0.5) * share(nth) * share(nth)).collect();
        let (best, points) = (limit::solve(case).ok()?, limit::frontier(case, &drops).ok()?);
        Some(Self { case: *case, best, points })
    }

    /// Whether it ends before the plot does: from there on more callers would wait than are computed.
    #[must_use]
    pub fn ends_early(&self) -> bool {
        self.points.len() <= LIMIT_POINTS as usize
    }
}
