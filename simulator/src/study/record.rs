//! What a real floor had on such a day, beside what was simulated: the `[recorded]` of the scenarios.

use super::Day;
use super::design::Question;
use super::experiment::{Experiment, Outcome};
use super::figure::{self, Figure};
use super::report::NOTHING;
use crate::scenario::{Recorded, said};

/// Of fewer simulated days nothing is made of a recorded one outside them: a day like twenty others is outside all of these about
/// once in ten times.
const ENOUGH_DAYS: usize = 20;

/// So little outside is like inside: simulated days may be nearly all the same, such as those that a drop limit or an agent for
/// each call has held.
const NEAR: f64 = 0.005;

/// One day of a real floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    recorded: Recorded,
    /// Its pacing, as it is said on the command line.
    pacing: String,
}

/// A figure in which single days are held against each other.
struct Common {
    figure: Figure,
    of_day: fn(&Day) -> f64,
    /// What begins a clause about the recorded one.
    is: &'static str,
    /// What was so on no day where there is no such figure.
    unless: &'static str,
}

const COMMON: [Common; 2] = [
    Common {
        figure: figure::UTILISATION,
        of_day: Day::utilisation,
        is: "the recorded utilisation is",
        unless: "was an agent there",
    },
    Common {
        figure: figure::DROP_RATE,
        of_day: Day::drop_rate,
        is: "the recorded drops per answer are",
        unless: "did anybody answer",
    },
];

/// Such a figure of the recorded day beside those of simulated days.
struct Held {
    common: &'static Common,
    recorded: f64,
    /// Of all days together; none where there is nothing that it could be of.
    simulated: Option<f64>,
    lowest: f64,
    highest: f64,
}

impl Record {
    /// The record that an experiment is held against: the one that all its scenarios have. A sweep has none.
    ///
    /// # Panics
    /// Never: a record says its pacing.
    #[must_use]
    pub fn of(experiment: &Experiment) -> Option<Self> {
        let drafts = match experiment.design.question {
            Question::Run | Question::Compare => &experiment.design.drafts,
            Question::Sweep(_) => return None,
        };
        let recorded = drafts[0].scenario().recorded?;
        let is_shared = drafts.iter().all(|draft| draft.scenario().recorded == Some(recorded));
        let pacing = drafts[0].field("recorded.pacing").expect("a record says its pacing");
        is_shared.then(|| Self { recorded, pacing: said(pacing) })
    }

    /// What heads its figures.
    #[must_use]
    pub fn heading(&self) -> String {
        format!("on record: {}", self.pacing)
    }

    /// A figure for people; no text where nothing is on record of it.
    #[must_use]
    pub fn shown(&self, figure: &Figure) -> String {
        let Some((over, under)) = self.ratio(figure) else { return String::new() };
        if under == 0.0 { NOTHING.to_owned() } else { figure.unit.shown(over / under) }
    }

    /// A figure that is on record, as a number and what it is divided by.
    fn ratio(&self, figure: &Figure) -> Option<(f64, f64)> {
        let Recorded { pacing: _, utilisation, dials, answers, drops, hung_up_waiting } = self.recorded;
        let [dials, answers, drops, hung_up] =
            [dials, answers, drops, hung_up_waiting].map(|calls| f64::from(calls.0));
        match figure.key {
            "utilisation" => utilisation.map(|share| (share.0, 1.0)),
            "drop_rate" => Some((drops, answers)),
            "hung_up_waiting" => Some((hung_up, answers)),
            "dials_per_day" => Some((dials, 1.0)),
            "answers_per_day" => Some((answers, 1.0)),
            "drops_per_day" => Some((drops, 1.0)),
            _ => None,
        }
    }

    /// Whether the simulated days of the first setting are such as the recorded one: the figures, and what they say. Nothing
    /// where it is paced in another way, or no figure of single days is on record.
    #[must_use]
    pub fn calibration(&self, experiment: &Experiment) -> Option<[String; 2]> {
        let outcome = &experiment.outcomes[0];
        if outcome.scenario.campaign.pacing != self.recorded.pacing {
            return None;
        }
        let held: Vec<Held> =
            COMMON.iter().filter_map(|common| self.held(common, experiment, outcome)).collect();
        if held.is_empty() {
            return None;
        }
        let all = |told: fn(&Held) -> String| held.iter().map(told).collect::<Vec<_>>().join(", ");
        let figures =
            format!("On record, paced alike: {}. Simulated: {}.", all(Held::recorded), all(Held::simulated));
        Some([figures, verdict(&held, outcome.study.days.len())])
    }

    fn held(&self, common: &'static Common, experiment: &Experiment, outcome: &Outcome) -> Option<Held> {
        let (over, under) = self.ratio(&common.figure).filter(|(_, under)| *under > 0.0)?;
        // Of a day on which no agent is there no share of their time is told.
        let days = || outcome.study.days.iter().map(common.of_day).filter(|share| share.is_finite());
        Some(Held {
            common,
            recorded: over / under,
            simulated: experiment.figure(&common.figure, outcome),
            lowest: days().fold(f64::INFINITY, f64::min),
            highest: days().fold(0.0, f64::max),
        })
    }
}

impl Held {
    fn recorded(&self) -> String {
        let Figure { name, unit, .. } = self.common.figure;
        format!("{name} {}", unit.shown(self.recorded))
    }

    fn simulated(&self) -> String {
        let shown = |value| self.common.figure.unit.shown(value);
        let Some(simulated) = self.simulated else { return NOTHING.to_owned() };
        format!("{} (single days {} to {})", shown(simulated), shown(self.lowest), shown(self.highest))
    }

    /// By how much the recorded day is beyond the simulated ones.
    fn beyond(&self) -> f64 {
        (self.lowest - self.recorded).max(self.recorded - self.highest)
    }

    fn is_alike(&self) -> bool {
        self.beyond() <= NEAR
    }

    /// Where the recorded day is among the simulated ones.
    fn place(&self) -> &'static str {
        match (self.beyond() > 0.0, self.recorded < self.lowest, self.is_alike()) {
            (false, ..) => "between the lowest and the highest",
            (true, true, true) => "less than half a point below the lowest",
            (true, true, false) => "below the lowest",
            (true, false, true) => "less than half a point above the highest",
            (true, false, false) => "above the highest",
        }
    }
}

/// What so many simulated days say of their scenario.
fn verdict(held: &[Held], days: usize) -> String {
    if let Some(Held { common, .. }) = held.iter().find(|held| held.simulated.is_none()) {
        return format!(
            "On no simulated day {}: this scenario does not stand for the real floor.",
            common.unless
        );
    }
    if days == 1 {
        return format!(
            "One simulated day does not say whether this scenario stands for the real floor: give --days {ENOUGH_DAYS} or more."
        );
    }
    let places = match held {
        [one, other] if one.place() == other.place() => format!("both recorded figures are {}", one.place()),
        _ => {
            let place = |held: &Held| format!("{} {}", held.common.is, held.place());
            held.iter().map(place).collect::<Vec<_>>().join(", ")
        }
    };
    let places = format!("Among {days} simulated days {places}");
    if days < ENOUGH_DAYS {
        return format!(
            "{places}. These are too few to say whether this scenario stands for the real floor: give --days {ENOUGH_DAYS} or more."
        );
    }
    let names = |those: Vec<&Held>| {
        those.iter().map(|held| held.common.figure.name).collect::<Vec<_>>().join(" and ")
    };
    let outside: Vec<&Held> = held.iter().filter(|held| !held.is_alike()).collect();
    if outside.is_empty() {
        return format!(
            "{places}: in {} this scenario stands for the real floor.",
            names(held.iter().collect())
        );
    }
    format!("{places}: in {} this scenario does not stand for the real floor.", names(outside))
}
