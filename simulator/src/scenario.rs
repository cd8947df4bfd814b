//! A scenario: the world to simulate, as a TOML file says it.
//!
//! Every field has a range, and whatever does not fit is told with its line. The presets come with the program. `[recorded]` is no
//! part of the world: it is what a real floor had on such a day, and stands beside what comes of the simulated one.

mod agents;
mod bare;
mod calendar;
mod callees;
mod carriers;
mod draft;
mod faults;
mod figure;
mod greetings;
mod machines;
mod plain;
mod policy;
mod pool;
mod recorded;
mod retry;
mod shift;
mod time;
mod varied;
mod vicidial;

use engine::pacing::{PredictiveRules, PreviewEnd, PreviewRules, WindowSpan};
use engine::words::{Milli, Span};
use serde::{Deserialize, Deserializer};
use toml::Table;
use toml::de::DeTable;

pub use agents::{Agents, Break, OwnShift, Pauses};
pub use calendar::{CalendarSpan, DropWindow, Opening, ZoneName};
pub use callees::CalleeFields;
pub use carriers::{Carrier, Storm};
pub use draft::Draft;
pub use faults::{ClockJump, Delay, Faults, Mishaps, Restart};
pub use figure::{
    Attempts, Calls, CallsPerSecond, Channels, ClockTime, Count, DialLevel, Factor, Failures, Held, Hour,
    Hours, Knob, Leads, Level, ListDay, Millis, PerMinute, Persons, Probability, Retries, Reviewed, Seconds,
    SipResponse, Wait, Weight, WindowDays, Words,
};
pub use greetings::{Greetings, Loudness, Noise, Tone, Voice};
pub use machines::{Amd, AmdConf, Fate, Machines};
pub use policy::{pacing, said};
pub use recorded::Recorded;
pub use retry::{Retry, RetryRule};
pub use shift::Shift;
pub use time::{Part, Rate, Scale, Time};
pub use varied::Condition;
pub use vicidial::{Vicidial, VicidialMethod};

use bare::named;

use crate::baseline;
use crate::world::{House, World};

macro_rules! presets {
    ($($name:literal,)*) => { &[$(($name, include_str!(concat!("../scenarios/", $name, ".toml"))),)*] };
}

/// The presets, by name.
const PRESETS: &[(&str, &str)] = presets![
    "exponential",
    "realistic-flat",
    "realistic-step",
    "realistic-sine",
    "step-down",
    "slow-ramp",
    "dead-list",
    "callback-list",
    "latency-shift",
    "impatient",
    "machines",
    "amd-off",
    "amd-gate",
    "amd-parallel",
    "retries",
    "preview",
    "month",
    "talk-shock",
    "fire-alarm",
    "bimodal-talk",
    "heavy-tail",
    "one-agent",
    "two-agents",
    "three-agents",
    "log-in-at-once",
    "log-in-waves",
    "lunch",
    "pool-collapse",
    "flapping",
    "overload",
    "carrier-storm",
    "carrier-480",
    "carrier-rests",
    "trunk-cap",
    "lost-events",
    "slow-exchange",
    "slow-database",
    "restart",
    "clock-jump",
    "clocks-back",
    "clocks-forward",
    "everything",
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
    /// Further groups of them, each with all its own.
    #[serde(default)]
    pub more_agents: Vec<Agents>,
    /// Who is called.
    pub callees: CalleeFields,
    /// Through whom.
    #[serde(default)]
    pub carriers: Vec<Carrier>,
    /// How the campaign is run.
    pub campaign: Campaign,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Faults,
    /// What the real floor had on such a day, to hold the simulated one against; it changes nothing of what is played.
    pub recorded: Option<Recorded>,
}

/// Whether fields go together, or else which does not and why. One of several is named by its number from 1, as where a
/// field is exchanged.
type Checked = Result<(), (String, String)>;

/// The campaign.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with `pacing` and `answer_within`")]
pub struct Campaign {
    /// How many lines to keep, as in the dialer's own configuration.
    pub pacing: Pacing,
    /// Whose days and months are counted; UTC's, if left out.
    #[serde(default)]
    pub zone: ZoneName,
    /// Further drop windows that predictive pacing keeps beside the one of `shift.window_days`; at most seven.
    #[serde(default)]
    pub windows: Vec<DropWindow>,
    /// How long a callee's greeting is taken to last; the time to an agent counts from its end.
    #[serde(default)]
    pub greeting: Seconds,
    /// How long a callee may then wait for an agent until they count as dropped; 1 ms to 2 s.
    pub answer_within: Seconds,
    /// How long after a drop a number is dialled only with an agent reserved for it, in seconds; 72 hours, if left out.
    #[serde(default = "three_days")]
    pub repeat_after_drop: Held,
    /// When leads are tried again; never, if left out.
    #[serde(default)]
    pub retry: Retry,
    /// Whether persons are told from machines when somebody answers; needs `callees.greetings`.
    #[serde(default)]
    pub amd: Amd,
    /// How, and what becomes of whom.
    #[serde(default)]
    pub machines: Machines,
    /// What Asterisk's `AMD()` goes by, with `gate`.
    #[serde(default)]
    pub amd_conf: AmdConf,
}

/// The engine takes no more.
const MOST_CARRIERS: usize = 200;

/// How long an agent may look at a lead: it is dialled then.
const PREVIEW_LIMIT: Span = Span::secs(600);

const fn three_days() -> Held {
    Held(72.0 * 3_600.0)
}

/// A policy by its name.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pacing {
    /// One line for each idle agent.
    Progressive,
    /// A lead for each idle agent, who looks at it and then has it dialled: see `agents.preview`.
    Preview,
    /// So many lines for each idle agent; 1 to 10. VICIdial's ratio, which counts agents on a call too, is another.
    Ratio(#[serde(deserialize_with = "lines_each")] f64),
    /// As many as a drop limit allows.
    Predictive(Predictive),
    /// So many dials a minute, whoever is idle; 1 to 6,000.
    Broadcast(PerMinute),
    /// As VICIdial would, to compare with.
    Vicidial(Vicidial),
}

named!(Pacing, "a policy such as \"progressive\", { ratio = 2.0 } or { predictive = { drop_limit = 0.03 } }");

/// What predictive pacing is held to.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { drop_limit = 0.03 }")]
pub struct Predictive {
    /// Most drops per answered call in each window, 0.001 to 0.1.
    #[serde(deserialize_with = "any_share")]
    pub drop_limit: Probability,
    /// The share of dials that a person answers, where it is known beforehand.
    pub answer_rate: Option<Probability>,
    /// Whether the limit is kept at every moment and not only at the end of the window.
    #[serde(default)]
    pub strict: bool,
}

/// A share that is checked where all rules are, since its range is not that of all shares.
fn any_share<'de, D: Deserializer<'de>>(of: D) -> Result<Probability, D::Error> {
    figure::number(of, "a share of the answers from 0.001 to 0.1").map(Probability)
}

fn lines_each<'de, D: Deserializer<'de>>(of: D) -> Result<f64, D::Error> {
    figure::number(of, "a number of lines for each idle agent from 1 to 10")
}

/// A scenario that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadScenario {
    /// The file cannot be read.
    #[error("{name}: {error}{}", instead_of(error))]
    Unreadable {
        /// As given.
        name: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is no text.
    #[error("{name}, line {line}: this is no text in UTF-8, which a scenario is")]
    NoText {
        /// As given.
        name: String,
        /// The line with the first sign that no text has.
        line: usize,
    },
    /// A key or a value is wrong; the message shows the line.
    #[error("{name}: {}", plain::told(error))]
    Wrong {
        /// As given.
        name: String,
        /// What is wrong, and where.
        error: toml::de::Error,
    },
    /// Fields that do not go together.
    #[error("{name}: {field}: {problem}")]
    Contrary {
        /// As given, with the line where there is one.
        name: String,
        /// Which field.
        field: String,
        /// What would be right.
        problem: String,
    },
}

/// The presets, each with what it is about.
pub fn presets() -> impl Iterator<Item = (&'static str, String)> {
    PRESETS.iter().map(|&(name, text)| {
        let preset = read(name, text).expect("the presets are tested");
        (name, preset.about)
    })
}

/// What may have been meant by a name that nothing has.
fn instead_of(error: &std::io::Error) -> String {
    if error.kind() != std::io::ErrorKind::NotFound {
        return String::new();
    }
    let names: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
    format!("; presets are {}", names.join(", "))
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
    let place =
        |field: &str| line_of(text, field).map_or(name.to_owned(), |line| format!("{name}, line {line}"));
    let scenario: Scenario = toml::from_str(text).map_err(|error| {
        let bare = text.parse().ok().and_then(|table| bare_policy(&table, place));
        bare.unwrap_or_else(|| BadScenario::Wrong { name: name.to_owned(), error })
    })?;
    scenario.checked(place)
}

/// What is wrong where a table names a policy alone that lacks a figure, of which the parser has no words for people.
fn bare_policy(table: &Table, place: impl Fn(&str) -> String) -> Option<BadScenario> {
    let bare = |section: &str, or_else: fn(&str) -> String| {
        let (problem, said) = policy::lacks(table.get(section)?.get("pacing")?.as_str()?)?;
        let field = format!("{section}.pacing");
        Some(BadScenario::Contrary { name: place(&field), field, problem: problem + &or_else(said) })
    };
    // The command line says what is played, and not what is on record.
    let played = bare("campaign", |said| format!(", or --pacing {said}"));
    played.or_else(|| bare("recorded", |_| String::new()))
}

/// The line of a field, or of the innermost table around it that stands in the file.
fn line_of(text: &str, field: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let (first, rest) = field.split_once('.')?;
    let mut place = root.get_ref().get(first)?;
    for step in rest.split('.') {
        // One of several is named by its number from 1.
        let value = place.get_ref();
        let nth = || step.parse::<usize>().ok()?.checked_sub(1);
        let Some(inner) = value.get(step).or_else(|| value.get(nth()?)) else { break };
        place = inner;
    }
    Some(text[..place.span().start].matches('\n').count() + 1)
}

impl Scenario {
    /// Agents of all groups.
    #[must_use]
    pub fn headcount(&self) -> u32 {
        self.groups().map(|group| group.count.0).sum()
    }

    fn groups(&self) -> impl Iterator<Item = &Agents> {
        core::iter::once(&self.agents).chain(&self.more_agents)
    }

    /// The scenario, if its fields go together. `place` says where one stands that does not.
    fn checked(self, place: impl Fn(&str) -> String) -> Result<Self, BadScenario> {
        match self.check() {
            Ok(()) => Ok(self),
            Err((field, problem)) => Err(BadScenario::Contrary { name: place(&field), field, problem }),
        }
    }

    /// What no field can tell alone.
    fn check(&self) -> Checked {
        self.shift.check(&self.campaign.zone)?;
        self.agents.check("agents", self.shift.hours.0)?;
        for (nth, group) in (1..).zip(&self.more_agents) {
            group.check(&format!("more_agents.{nth}"), self.shift.hours.0)?;
        }
        self.callees.check(&self.shift)?;
        for (nth, carrier) in (1..).zip(&self.carriers) {
            carrier.check(&format!("carriers.{nth}"), self.shift.hours.0)?;
        }
        if self.carriers.len() > MOST_CARRIERS {
            let problem = format!("{} are more than {MOST_CARRIERS}", self.carriers.len());
            return Err((format!("carriers.{}", MOST_CARRIERS + 1), problem));
        }
        carriers::check_names(&self.carriers)?;
        self.campaign.check()?;
        if self.campaign.amd != Amd::Off && self.callees.greetings.is_none() {
            let problem = "needs something to go by: give `callees.greetings`".to_owned();
            return Err(("campaign.amd".to_owned(), problem));
        }
        self.faults.check(&self.shift)?;
        self.recorded.as_ref().map_or(Ok(()), Recorded::check)
    }

    /// The world of its days.
    pub(crate) fn world(&self) -> World {
        let unlimited = [Carrier::unlimited()];
        let carriers = if self.carriers.is_empty() { &unlimited[..] } else { &self.carriers };
        let Campaign { zone, pacing, .. } = &self.campaign;
        let hours = self.shift.hours(zone);
        World {
            crew: self.groups().flat_map(Agents::crew).collect(),
            callees: self.callees.people(),
            carriers: carriers.iter().map(Carrier::way).collect(),
            faults: self.faults.trouble(),
            house: House {
                pacing: pacing.rules(self.shift.window_days, &self.campaign.windows),
                zone: zone.rules(),
                baseline: pacing.baseline(self.shift.opens),
                greeting: self.campaign.greeting.span(),
                answer_within: self.campaign.answer_within.span(),
                retry: self.campaign.retry.rules(),
                repeat_after_drop: self.campaign.repeat_after_drop.span(),
                amd: self.campaign.machines.rules(self.campaign.amd),
                amd_conf: self.campaign.amd_conf.parameters(),
            },
            hours,
        }
    }
}

impl Campaign {
    fn check(&self) -> Checked {
        let wrong = |field: &str, problem| Err((format!("campaign.{field}"), problem));
        self.pacing.check("campaign.pacing")?;
        calendar::check(&self.windows)?;
        if !(0.001..=2.0).contains(&self.answer_within.0) {
            let problem = format!("{} s is not between 0.001 and 2 s", self.answer_within);
            return wrong("answer_within", problem);
        }
        if self.greeting.0 > 5.0 {
            return wrong("greeting", format!("{} s is longer than the 5 s allowed", self.greeting));
        }
        self.machines.check(self.amd)
    }
}

impl Pacing {
    /// What its figures cannot tell alone.
    fn check(&self, field: &str) -> Checked {
        let wrong = |of: &str, problem| Err((format!("{field}.{of}"), problem));
        match self {
            Self::Ratio(level) if !(1.0..=10.0).contains(level) => {
                wrong("ratio", format!("{} is not between 1 and 10", figure::plain(*level)))
            }
            Self::Predictive(rules) => {
                if let Err(problem) = rules.drop_limit.check_drop_limit() {
                    return wrong("predictive.drop_limit", problem);
                }
                if let Some(Err(problem)) = rules.answer_rate.map(|rate| rate.check_thousandths(1.0)) {
                    return wrong("predictive.answer_rate", problem);
                }
                Ok(())
            }
            Self::Vicidial(fields) => fields.check(&format!("{field}.vicidial")),
            Self::Progressive | Self::Preview | Self::Ratio(_) | Self::Broadcast(_) => Ok(()),
        }
    }

    fn rules(self, block: WindowDays, windows: &[DropWindow]) -> engine::pacing::Pacing {
        match self {
            Self::Progressive => engine::pacing::Pacing::Progressive,
            Self::Preview => engine::pacing::Pacing::Preview(PreviewRules {
                time_limit: PREVIEW_LIMIT,
                then: PreviewEnd::Dial,
                may_skip: false,
                rest: PREVIEW_LIMIT,
            }),
            Self::Ratio(level) => engine::pacing::Pacing::Ratio { level: milli(level) },
            Self::Predictive(rules) => engine::pacing::Pacing::Predictive(PredictiveRules {
                windows: core::iter::once(engine::pacing::DropWindow {
                    limit: milli(rules.drop_limit.0),
                    span: WindowSpan::Block(Span::secs(24 * 3_600 * u64::from(block.0))),
                })
                .chain(windows.iter().map(DropWindow::rules))
                .collect(),
                answer_rate: rules.answer_rate.map(|rate| milli(rate.0)),
                strict: rules.strict,
            }),
            Self::Broadcast(per_minute) => engine::pacing::Pacing::Broadcast { per_minute: per_minute.0 },
            Self::Vicidial(_) => engine::pacing::Pacing::Allotted,
        }
    }

    /// What paces from outside the engine, where that is so.
    fn baseline(self, opens: Option<Opening>) -> Option<baseline::Rules> {
        match self {
            Self::Vicidial(fields) => Some(fields.rules(opens)),
            Self::Progressive | Self::Preview | Self::Ratio(_) | Self::Predictive(_) | Self::Broadcast(_) => {
                None
            }
        }
    }
}

/// A figure in thousandths.
fn milli(figure: f64) -> Milli {
    Milli((figure * 1_000.0 + 0.5) as u32)
}

#[cfg(test)]
mod tests;
