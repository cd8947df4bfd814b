//! What a real floor had on such a day, beside what was simulated: the `[recorded]` of the scenarios.

use serde::Serialize;

use super::design::Question;
use super::experiment::{Experiment, Outcome};
use super::figure::{self, Figure, Unit};
use super::report::{NOTHING, number};
use crate::scenario::{Recorded, said};

/// Of fewer simulated days nothing is made of a recorded one outside them.
const ENOUGH_DAYS: usize = 20;

/// So far outside is like inside, in parts of the way from the lowest day to the highest. Of a day like twenty others one of five
/// figures is outside all of these about once in four times, and so far outside once in ten.
const SLACK: f64 = 0.2;

/// And so little outside: simulated days may be nearly all the same, such as those that a drop limit or an agent for each call
/// has held. Of shares it is half a point, and of calls a part of them.
const NEAR: f64 = 0.005;

/// One day of a real floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    recorded: Recorded,
    /// Its pacing, as it is said on the command line.
    pacing: String,
}

/// A figure in which single days are held against each other.
#[derive(Debug)]
struct Common {
    figure: Figure,
    /// What it is of, in a sentence.
    of: &'static str,
    /// What begins a clause about the recorded one.
    is: &'static str,
    /// What was so on no day where there is no such figure.
    unless: &'static str,
}

const COMMON: [Common; 5] = [
    Common {
        figure: figure::UTILISATION,
        of: "utilisation",
        is: "the recorded utilisation is",
        unless: "was an agent there",
    },
    Common {
        figure: figure::DROP_RATE,
        of: "drops per answer",
        is: "the recorded drops per answer are",
        unless: "did anybody answer",
    },
    Common {
        figure: figure::HUNG_UP,
        of: "hang-ups while waiting",
        is: "the recorded hang-ups while waiting are",
        unless: "did anybody answer",
    },
    Common {
        figure: figure::DIALS,
        of: "dials a day",
        is: "the recorded dials a day are",
        unless: "was anybody dialled",
    },
    Common {
        figure: figure::ANSWERS,
        of: "answers a day",
        is: "the recorded answers a day are",
        unless: "did anybody answer",
    },
];

/// Whether simulated days are such as the recorded one.
#[derive(Debug, Clone, Serialize)]
pub struct Calibration {
    /// Whether the scenario stands for the real floor; `null` where that is not judged.
    pub stands: Option<bool>,
    /// What is held against each other; nothing where another floor was played.
    pub figures: Vec<Held>,
    /// The same in sentences.
    pub told: Vec<String>,
}

/// A figure of the recorded day beside those of simulated days.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// The figure's name for programs.
    pub key: &'static str,
    /// Of the recorded day.
    pub recorded: f64,
    /// Of all simulated days together; none where there is nothing that it could be of.
    pub simulated: Option<f64>,
    /// Of the simulated day with the least of it.
    pub lowest: Option<f64>,
    /// Of the one with the most.
    pub highest: Option<f64>,
    #[serde(skip)]
    common: &'static Common,
}

/// Where a recorded figure is among those of simulated days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Among,
    ALittleBelow,
    Below,
    ALittleAbove,
    Above,
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
        let Recorded { utilisation, dials, answers, drops, hung_up_waiting, pacing: _, agents: _, hours: _ } =
            self.recorded;
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

    /// Whether the simulated days of the first setting are such as the recorded one. Nothing where it is paced in another way.
    #[must_use]
    pub fn calibration(&self, experiment: &Experiment) -> Option<Calibration> {
        let outcome = &experiment.outcomes[0];
        if outcome.scenario.campaign.pacing != self.recorded.pacing {
            return None;
        }
        if let Some(other) = self.other_floor(experiment) {
            let told = format!("{other}: whether this scenario stands for the real floor is not judged.");
            return Some(Calibration { stands: None, figures: Vec::new(), told: vec![told] });
        }
        let figures: Vec<Held> =
            COMMON.iter().filter_map(|common| self.held(common, experiment, outcome)).collect();
        let shown = figures.iter().map(Held::shown).collect::<Vec<_>>().join("; ");
        let shown = format!("On record, paced alike: {shown}.");
        let (stands, verdict) = verdict(&figures, outcome.study.days.len());
        Some(Calibration { stands, told: vec![shown, verdict], figures })
    }

    /// In what the first setting is another floor than the one on record, where it is.
    fn other_floor(&self, experiment: &Experiment) -> Option<String> {
        let scenario = &experiment.outcomes[0].scenario;
        let Recorded { agents, hours, .. } = self.recorded;
        let headcount = scenario.headcount();
        let played = number(headcount, "agent");
        if let Some(recorded) = agents.filter(|recorded| recorded.0 != headcount) {
            return Some(format!(
                "The floor on record had {}, and this has {headcount}",
                number(recorded.0, "agent")
            ));
        }
        if agents.is_none() && experiment.design.drafts[0].exchanges("agents.count") {
            return Some(format!("This has {played}, and not those of the floor on record"));
        }
        let open = scenario.shift.hours;
        let recorded = hours.filter(|recorded| *recorded != open)?;
        Some(format!(
            "The floor on record was open for {}, and this is for {open}",
            number(recorded.0, "hour")
        ))
    }

    fn held(&self, common: &'static Common, experiment: &Experiment, outcome: &Outcome) -> Option<Held> {
        let (over, under) = self.ratio(&common.figure).filter(|(_, under)| *under > 0.0)?;
        // Of a day on which no agent is there no share of their time is told.
        let days = || outcome.study.days.iter().filter_map(|day| common.figure.of_day(day));
        Some(Held {
            key: common.figure.key,
            recorded: over / under,
            simulated: experiment.figure(&common.figure, outcome),
            lowest: days().reduce(f64::min),
            highest: days().reduce(f64::max),
            common,
        })
    }
}

impl Held {
    fn shown(&self) -> String {
        let Figure { name, unit, .. } = self.common.figure;
        let shown = |value| unit.shown(value);
        let simulated = match (self.simulated, self.lowest.zip(self.highest)) {
            (Some(simulated), Some((lowest, highest))) => {
                format!("{} (single days {} to {})", shown(simulated), shown(lowest), shown(highest))
            }
            (None, _) | (_, None) => NOTHING.to_owned(),
        };
        format!("{name} {}, simulated {simulated}", shown(self.recorded))
    }

    /// Where it is among the simulated ones, of which there are any.
    fn place(&self) -> Option<Place> {
        let (lowest, highest) = self.lowest.zip(self.highest)?;
        let near = if self.common.figure.unit == Unit::Share { NEAR } else { NEAR * self.recorded };
        let slack = near.max(SLACK * (highest - lowest));
        Some(if (lowest..=highest).contains(&self.recorded) {
            Place::Among
        } else if self.recorded < lowest {
            if lowest - self.recorded <= slack { Place::ALittleBelow } else { Place::Below }
        } else if self.recorded - highest <= slack {
            Place::ALittleAbove
        } else {
            Place::Above
        })
    }
}

impl Place {
    const fn is_alike(self) -> bool {
        match self {
            Self::Among | Self::ALittleBelow | Self::ALittleAbove => true,
            Self::Below | Self::Above => false,
        }
    }

    const fn told(self) -> &'static str {
        match self {
            Self::Among => "between the lowest and the highest",
            Self::ALittleBelow => "a little below the lowest",
            Self::Below => "below the lowest",
            Self::ALittleAbove => "a little above the highest",
            Self::Above => "above the highest",
        }
    }
}

/// What so many simulated days say of their scenario, if anything, and how it is told.
fn verdict(figures: &[Held], days: usize) -> (Option<bool>, String) {
    let places: Option<Vec<(&Held, Place)>> =
        figures.iter().map(|held| Some((held, held.place()?))).collect();
    let Some(places) = places else {
        let of_nothing = figures.iter().find(|held| held.place().is_none()).expect("one has no place");
        let unless = of_nothing.common.unless;
        let told = format!("On no simulated day {unless}: this scenario does not stand for the real floor.");
        return (Some(false), told);
    };
    if days == 1 {
        let told = format!(
            "One simulated day does not say whether this scenario stands for the real floor: give --days {ENOUGH_DAYS} or more."
        );
        return (None, told);
    }
    let among = format!("Among {days} simulated days {}", placed(&places));
    if days < ENOUGH_DAYS {
        let told = format!(
            "{among}. These are too few to say whether this scenario stands for the real floor: give --days {ENOUGH_DAYS} or more."
        );
        return (None, told);
    }
    let unlike: Vec<&str> =
        places.iter().filter(|(_, place)| !place.is_alike()).map(|(held, _)| held.common.of).collect();
    if unlike.is_empty() {
        let all: Vec<&str> = figures.iter().map(|held| held.common.of).collect();
        return (
            Some(true),
            format!("{among}: in {} this scenario stands for the real floor.", listed(&all)),
        );
    }
    (Some(false), format!("{among}: in {} this scenario does not stand for the real floor.", listed(&unlike)))
}

/// Where all figures are: those that are not among the simulated ones by name, and then the others.
fn placed(places: &[(&Held, Place)]) -> String {
    let is_among = |place: &Place| *place == Place::Among;
    let outside = places.iter().filter(|(_, place)| !is_among(place));
    let mut clauses: Vec<String> =
        outside.map(|(held, place)| format!("{} {}", held.common.is, place.told())).collect();
    let among: Vec<&Held> =
        places.iter().filter(|(_, place)| is_among(place)).map(|(held, _)| *held).collect();
    let others = match among.as_slice() {
        [] => None,
        [one] => Some(one.common.is.to_owned()),
        [_, _, ..] if clauses.is_empty() => Some("all recorded figures are".to_owned()),
        [_, _, ..] => Some("the other recorded figures are".to_owned()),
    };
    clauses.extend(others.map(|others| format!("{others} {}", Place::Among.told())));
    clauses.join(", ")
}

/// `one`, `one and another`, `one, another and a third`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::*;
    use crate::scenario::{Draft, pacing};
    use crate::study::design::Design;
    use crate::study::{self, Day};

    /// Three agents for half an hour, paced by a ratio, whose callees hang up at times.
    fn short() -> Draft {
        let draft = Draft::load("three-agents").expect("a preset");
        let draft = draft.paced(&pacing("ratio=2").expect("a policy")).expect("it fits");
        let fields = [
            ("shift.hours", Value::from(0.5)),
            ("shift.days", Value::from(ENOUGH_DAYS as i64)),
            ("callees.patience.exponential.mean", Value::from(10)),
        ];
        fields
            .into_iter()
            .fold(draft, |draft, (field, value)| draft.with(field, value, "--over").expect("it fits"))
    }

    /// The scenario with what this day had on record.
    fn with_record(draft: &Draft, day: &Day) -> Draft {
        let calls = |calls: u64| Value::from(i64::try_from(calls).expect("few"));
        let recorded = Table::from_iter([
            ("pacing".to_owned(), pacing("ratio=2").expect("a policy")),
            ("utilisation".to_owned(), Value::from(day.utilisation())),
            ("dials".to_owned(), calls(day.dials)),
            ("answers".to_owned(), calls(day.answers)),
            ("drops".to_owned(), calls(day.drops)),
            ("hung_up_waiting".to_owned(), calls(day.hang_ups)),
        ]);
        draft.with("recorded", Value::Table(recorded), "--over").expect("it fits")
    }

    #[test]
    fn a_scenario_stands_for_nearly_all_of_its_own_days() {
        const DAYS: u64 = 100;
        let draft = short();
        let mut denied = 0;
        for nth in 0..DAYS {
            let day = study::run(draft.scenario(), 1_000 + nth, || ()).days.remove(0);
            let experiment = Experiment::play(Design::run(with_record(&draft, &day)), nth, None, || ());
            let record = Record::of(&experiment).expect("it has one");
            let stands = record.calibration(&experiment).expect("paced alike").stands;
            denied += u64::from(!stands.expect("days enough"));
        }
        insta::assert_snapshot!(format!("{denied} of {DAYS} are taken for another floor's"), @"9 of 100 are taken for another floor's");
    }
}
