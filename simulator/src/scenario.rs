//! A scenario: the world to simulate, as a TOML file says it.
//!
//! Every field has a range, and whatever does not fit is told with its line. The presets come with the program.

mod draft;
mod figure;
mod policy;
mod pool;
mod varied;
mod vicidial;

use engine::pacing::PredictiveRules;
use engine::words::{Milli, Span};
use serde::Deserialize;

pub use draft::Draft;
pub use figure::{CallsPerSecond, ClockTime, Count, DialLevel, Hours, Knob, PerMinute, Probability, Seconds};
pub use policy::{pacing, said};
pub use varied::Condition;
pub use vicidial::{Vicidial, VicidialMethod};

use crate::baseline;
use crate::draw::Law;
use crate::world::{AnswerRate, Callees, Crew, House, World};

/// The presets, by name.
const PRESETS: [(&str, &str); 4] = [
    ("exponential", include_str!("../scenarios/exponential.toml")),
    ("realistic-flat", include_str!("../scenarios/realistic-flat.toml")),
    ("realistic-sine", include_str!("../scenarios/realistic-sine.toml")),
    ("realistic-step", include_str!("../scenarios/realistic-step.toml")),
];

/// A whole scenario.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// A sentence that says what it is about.
    pub about: String,
    /// The shift.
    pub shift: Shift,
    /// Who talks.
    pub agents: Agents,
    /// Who is called.
    pub callees: CalleeFields,
    /// How the campaign is run.
    pub campaign: Campaign,
}

/// The days to simulate, each from an empty floor.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// How many days.
    pub days: Count,
    /// How long each is.
    pub hours: Hours,
}

/// The agents.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agents {
    /// How many.
    pub count: Count,
    /// How long a conversation lasts.
    pub talk: Time,
    /// How long its work lasts afterwards. With a fixed time the dialer ends it, and so knows when; otherwise the agent.
    pub wrap_up: Option<Time>,
}

/// The people who are called.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalleeFields {
    /// Share of dials that a person answers.
    pub answer_rate: Rate,
    /// After how long they answer.
    pub answer: Time,
    /// Share of dials that end at once: busy, or no such number.
    #[serde(default)]
    pub busy: Probability,
    /// After how long those end.
    pub busy_after: Option<Time>,
    /// Of what is left, the share that a machine takes: known as one by the carrier, no agent needed.
    #[serde(default)]
    pub machine: Probability,
    /// After how long it is known.
    pub machine_after: Option<Time>,
    /// After how long all others stop to ring.
    pub ring_out: Time,
}

/// How the share of answered dials goes over the day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rate {
    /// The same all day.
    Flat(Probability),
    /// From each hour on, the share beside it.
    Steps(Vec<(f64, Probability)>),
    /// `mean + swing * sin(2 pi t / period)`.
    Sine {
        /// The middle.
        mean: Probability,
        /// How far it goes to either side.
        swing: Probability,
        /// In hours.
        period: Hours,
    },
}

/// A law that a time is drawn from. All in seconds; `after` is added to each draw.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Time {
    /// Always the same.
    Fixed(Seconds),
    /// Even between two times.
    Uniform {
        /// The shortest.
        from: Seconds,
        /// The longest.
        to: Seconds,
    },
    /// Exponential.
    Exponential {
        /// Its mean.
        mean: Seconds,
        /// Added to it.
        #[serde(default)]
        after: Seconds,
    },
    /// Gamma with a whole shape.
    Gamma {
        /// Its shape.
        shape: Count,
        /// Its mean.
        mean: Seconds,
        /// Added to it.
        #[serde(default)]
        after: Seconds,
    },
    /// Lognormal.
    Lognormal {
        /// Its mean.
        mean: Seconds,
        /// Deviation divided by mean.
        cv: Seconds,
        /// Added to it.
        #[serde(default)]
        after: Seconds,
    },
}

/// The campaign.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// How many lines to keep, as in the dialer's own configuration.
    pub pacing: Pacing,
    /// How long a callee's greeting is taken to last; the time to an agent counts from its end.
    #[serde(default)]
    pub greeting: Seconds,
    /// How long a callee may then wait for an agent until they count as dropped; 1 ms to 2 s.
    pub answer_within: Seconds,
}

/// A policy by its name.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pacing {
    /// One line for each idle agent.
    Progressive,
    /// So many lines for each idle agent; 1 to 10. VICIdial's ratio, which counts agents on a call too, is another.
    Ratio(f64),
    /// As many as a drop limit allows.
    Predictive(Predictive),
    /// So many dials a minute, whoever is idle; 1 to 6,000.
    Broadcast(PerMinute),
    /// As VICIdial would, to compare with.
    Vicidial(Vicidial),
}

/// What predictive pacing is held to.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predictive {
    /// Most drops per answered call in the day, 0.001 to 0.1.
    pub drop_limit: Probability,
    /// The share of dials that a person answers, where it is known beforehand.
    pub answer_rate: Option<Probability>,
    /// Whether the limit is kept at every moment and not only at the end of the window.
    #[serde(default)]
    pub strict: bool,
}

/// A scenario that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadScenario {
    /// The file cannot be read.
    #[error("{name}: {error}; presets are {}", PRESETS.map(|(name, _)| name).join(", "))]
    Unreadable {
        /// As given.
        name: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// A key or a value is wrong; the message shows the line.
    #[error("{name}: {error}")]
    Wrong {
        /// As given.
        name: String,
        /// What is wrong, and where.
        error: toml::de::Error,
    },
    /// Fields that do not go together.
    #[error("{name}: {field}: {problem}")]
    Contrary {
        /// As given.
        name: String,
        /// Which field.
        field: &'static str,
        /// What would be right.
        problem: String,
    },
}

/// The presets, each with what it is about.
pub fn presets() -> impl Iterator<Item = (&'static str, String)> {
    PRESETS.into_iter().map(|(name, text)| {
        let preset = read(name, text).expect("the presets are tested");
        (name, preset.about)
    })
}

/// The scenario of that name: a preset, or else a file.
///
/// # Errors
/// [`BadScenario`] names the field, its line and what would be right.
pub fn load(name: &str) -> Result<Scenario, BadScenario> {
    Draft::load(name).map(|draft| draft.scenario().clone())
}

/// The scenario that a text says.
pub(crate) fn read(name: &str, text: &str) -> Result<Scenario, BadScenario> {
    let scenario: Scenario =
        toml::from_str(text).map_err(|error| BadScenario::Wrong { name: name.to_owned(), error })?;
    scenario.checked(name)
}

impl Scenario {
    fn checked(self, name: &str) -> Result<Self, BadScenario> {
        let contrary = |(field, problem)| BadScenario::Contrary { name: name.to_owned(), field, problem };
        self.check().map_err(contrary)?;
        Ok(self)
    }

    /// What no field can tell alone.
    fn check(&self) -> Result<(), (&'static str, String)> {
        if let Rate::Steps(steps) = &self.callees.answer_rate {
            let starts = steps.first().is_some_and(|(hour, _)| *hour == 0.0);
            if !starts || !steps.is_sorted_by(|(before, _), (after, _)| before < after) {
                let problem = "the first step is at hour 0, and each later than the one before";
                return Err(("callees.answer_rate.steps", problem.to_owned()));
            }
        }
        if let Rate::Sine { mean, swing, .. } = &self.callees.answer_rate
            && (mean.0 - swing.0 < 0.0 || mean.0 + swing.0 > 1.0)
        {
            let problem = format!("{} and {} go below 0 or above 1", mean.0, swing.0);
            return Err(("callees.answer_rate.sine", problem));
        }
        for (field, time) in self.times() {
            if let Time::Uniform { from, to } = time
                && from.0 > to.0
            {
                return Err((field, format!("ends at {} s, before it starts at {} s", to.0, from.0)));
            }
        }
        if let Pacing::Ratio(level) = self.campaign.pacing
            && !(1.0..=10.0).contains(&level)
        {
            return Err(("campaign.pacing.ratio", format!("{level} is not between 1 and 10")));
        }
        if let Pacing::Predictive(rules) = self.campaign.pacing
            && !(0.001..=0.1).contains(&rules.drop_limit.0)
        {
            let problem = format!("{} is not between 0.001 and 0.1", rules.drop_limit.0);
            return Err(("campaign.pacing.predictive.drop_limit", problem));
        }
        if let Pacing::Vicidial(fields) = self.campaign.pacing {
            fields.check()?;
        }
        if !(0.001..=2.0).contains(&self.campaign.answer_within.0) {
            let problem = format!("{} s is not between 0.001 and 2 s", self.campaign.answer_within.0);
            return Err(("campaign.answer_within", problem));
        }
        if self.campaign.greeting.0 > 5.0 {
            let problem = format!("{} s is longer than the 5 s allowed", self.campaign.greeting.0);
            return Err(("campaign.greeting", problem));
        }
        Ok(())
    }

    fn times(&self) -> impl Iterator<Item = (&'static str, Time)> {
        [
            ("agents.talk", Some(self.agents.talk)),
            ("agents.wrap_up", self.agents.wrap_up),
            ("callees.answer", Some(self.callees.answer)),
            ("callees.busy_after", self.callees.busy_after),
            ("callees.machine_after", self.callees.machine_after),
            ("callees.ring_out", Some(self.callees.ring_out)),
        ]
        .into_iter()
        .filter_map(|(field, time)| Some((field, time?)))
    }

    /// The world of one day.
    pub(crate) fn world(&self) -> World {
        let at_once = Law::Fixed { seconds: 0.0 };
        let law = |time: Option<Time>| time.map_or(at_once, Time::law);
        World {
            hours: self.shift.hours.0,
            crew: Crew {
                agents: self.agents.count.0,
                talk: self.agents.talk.law(),
                wrap_up: law(self.agents.wrap_up),
            },
            callees: Callees {
                answer_rate: self.callees.answer_rate.rate(),
                answer: self.callees.answer.law(),
                busy: self.callees.busy.0,
                busy_after: law(self.callees.busy_after),
                machine: self.callees.machine.0,
                machine_after: law(self.callees.machine_after),
                ring_out: self.callees.ring_out.law(),
            },
            house: House {
                pacing: self.campaign.pacing.rules(),
                baseline: self.campaign.pacing.baseline(),
                greeting: self.campaign.greeting.span(),
                answer_within: self.campaign.answer_within.span(),
            },
        }
    }
}

impl Time {
    fn law(self) -> Law {
        match self {
            Self::Fixed(seconds) => Law::Fixed { seconds: seconds.0 },
            Self::Uniform { from, to } => Law::Uniform { from: from.0, to: to.0 },
            Self::Exponential { mean, after } => Law::Exponential { mean: mean.0, after: after.0 },
            Self::Gamma { shape, mean, after } => Law::Gamma { shape: shape.0, mean: mean.0, after: after.0 },
            Self::Lognormal { mean, cv, after } => Law::Lognormal { mean: mean.0, cv: cv.0, after: after.0 },
        }
    }
}

impl Rate {
    fn rate(&self) -> AnswerRate {
        match self {
            Self::Flat(share) => AnswerRate::Steps(vec![(0.0, share.0)]),
            Self::Steps(steps) => {
                AnswerRate::Steps(steps.iter().map(|(hour, share)| (*hour, share.0)).collect())
            }
            Self::Sine { mean, swing, period } => {
                AnswerRate::Sine { mean: mean.0, swing: swing.0, period: period.0 }
            }
        }
    }
}

impl Pacing {
    fn rules(self) -> engine::pacing::Pacing {
        let milli = |figure: f64| Milli((figure * 1_000.0 + 0.5) as u32);
        match self {
            Self::Progressive => engine::pacing::Pacing::Progressive,
            Self::Ratio(level) => engine::pacing::Pacing::Ratio { level: milli(level) },
            Self::Predictive(rules) => engine::pacing::Pacing::Predictive(PredictiveRules {
                drop_limit: milli(rules.drop_limit.0),
                window: Span::secs(24 * 3_600),
                answer_rate: rules.answer_rate.map(|rate| milli(rate.0)),
                strict: rules.strict,
            }),
            Self::Broadcast(per_minute) => engine::pacing::Pacing::Broadcast { per_minute: per_minute.0 },
            Self::Vicidial(_) => engine::pacing::Pacing::Allotted,
        }
    }

    /// What paces from outside the engine, where that is so.
    fn baseline(self) -> Option<baseline::Rules> {
        match self {
            Self::Vicidial(fields) => Some(fields.rules()),
            Self::Progressive | Self::Ratio(_) | Self::Predictive(_) | Self::Broadcast(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
