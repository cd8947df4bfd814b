//! The figures that people ask for, each with its formula.

use super::experiment::{Experiment, Outcome};
use super::interval::{Few, Interval};
use super::{Day, Detection, Judged, Study, interval};

/// One figure of a study.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Its name for programs.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// How it is made.
    pub formula: &'static str,
    made: Made,
}

/// What a figure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share, shown in percent.
    Share,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Minutes in an hour.
    Minutes,
    /// A number with a tenth.
    Tenths,
    /// A whole number.
    Whole,
    /// Some of all days.
    Days,
    /// Some of all windows.
    Windows,
}

#[derive(Debug, Clone, Copy)]
enum Made {
    /// A sum over all days, divided by another; where it is one of events, of which there may be few, that is said.
    Ratio { over: fn(&Day) -> f64, under: fn(&Day) -> f64, of_events: bool },
    /// From all days at once, where they say something.
    Whole(fn(&Study) -> Option<f64>),
    /// From all days and the most drops per answer that a day may have.
    Judged(fn(&Study, f64) -> f64),
}

/// A sum over all days, divided by another.
const fn ratio(
    key: &'static str,
    name: &'static str,
    unit: Unit,
    formula: &'static str,
    over: fn(&Day) -> f64,
    under: fn(&Day) -> f64,
) -> Figure {
    Figure { key, name, unit, formula, made: Made::Ratio { over, under, of_events: false } }
}

impl Figure {
    /// The same, where what is divided are events.
    const fn of_events(self) -> Self {
        match self.made {
            Made::Ratio { over, under, .. } => {
                Self { made: Made::Ratio { over, under, of_events: true }, ..self }
            }
            Made::Whole(_) | Made::Judged(_) => panic!("only a sum can be one of events"),
        }
    }
}

/// What agents do.
pub const UTILISATION: Figure = ratio(
    "utilisation",
    "utilisation",
    Unit::Share,
    "(conversation + after-work) / agents' time",
    |day| day.busy_s,
    |day| day.staffed_s,
);

/// What the law asks for.
pub const DROP_RATE: Figure = ratio(
    "drop_rate",
    "drops per answer",
    Unit::Share,
    "answers without an agent in time / answers; who hung up before is none",
    |day| day.drops as f64,
    |day| day.answers as f64,
)
.of_events();

/// Who has waited in vain, and is no drop by law.
pub const HUNG_UP: Figure = ratio(
    "hung_up_waiting",
    "hung up while waiting",
    Unit::Share,
    "answers that hung up before an agent came, in less than the time of a drop / answers",
    |day| day.hang_ups as f64,
    |day| day.answers as f64,
)
.of_events();

/// Drops on the worst day.
pub const WORST_DAY: Figure = Figure {
    key: "worst_day",
    name: "drops on the worst day",
    unit: Unit::Share,
    formula: "the most drops per answer of any day",
    made: Made::Whole(|study| of_answers(study, study.worst_day)),
};

/// Drops in the worst window.
pub const WORST_WINDOW: Figure = Figure {
    key: "worst_window",
    name: "drops in the worst window",
    unit: Unit::Share,
    formula: "the most drops per answer of any window, whose days count together",
    made: Made::Whole(|study| of_answers(study, study.worst_window)),
};

/// A share of the answers, where there are any.
fn of_answers(study: &Study, share: f64) -> Option<f64> {
    study.days.iter().any(|day| day.answers > 0).then_some(share)
}

/// Days that broke the limit.
pub const DAYS_OVER: Figure = Figure {
    key: "days_over_limit",
    name: "days over the limit",
    unit: Unit::Days,
    formula: "days whose drops exceed the limit × their answers",
    made: Made::Judged(|study, limit| study.days_over(limit) as f64),
};

/// Windows that broke the limit.
pub const WINDOWS_OVER: Figure = Figure {
    key: "windows_over_limit",
    name: "windows over the limit",
    unit: Unit::Windows,
    formula: "windows whose drops exceed the limit × their answers",
    made: Made::Judged(|study, limit| study.windows_over(limit) as f64),
};

/// How long an agent waits.
pub const WAIT_MEAN: Figure = ratio(
    "wait_mean_s",
    "wait for a call, mean",
    Unit::Seconds,
    "agents' idle time / their waits",
    |day| day.idle_s,
    |day| day.waits.len() as f64,
);

const fn wait(
    key: &'static str,
    name: &'static str,
    formula: &'static str,
    of: fn(&Study) -> Option<f64>,
) -> Figure {
    Figure { key, name, unit: Unit::Seconds, formula, made: Made::Whole(of) }
}

/// Half of the waits are shorter.
pub const WAIT_P50: Figure =
    wait("wait_p50_s", "wait for a call, median", "half of all waits are shorter", |study| study.wait_s(0.5));
/// A tenth is longer.
pub const WAIT_P90: Figure =
    wait("wait_p90_s", "wait for a call, p90", "nine of ten waits are shorter", |study| study.wait_s(0.9));
/// One in a hundred is longer.
pub const WAIT_P99: Figure =
    wait("wait_p99_s", "wait for a call, p99", "99 of 100 waits are shorter", |study| study.wait_s(0.99));
/// The longest.
pub const WAIT_MOST: Figure = wait(
    "wait_most_s",
    "wait for a call, longest",
    "the longest wait of any agent, rounded up by 1 % at most",
    |study| study.wait_s(1.0),
);

const fn whole(
    key: &'static str,
    name: &'static str,
    formula: &'static str,
    of: fn(&Study) -> Option<f64>,
) -> Figure {
    Figure { key, name, unit: Unit::Whole, formula, made: Made::Whole(of) }
}

/// Lines, half of the time.
pub const LINES_P50: Figure =
    whole("lines_p50", "lines in use, median", "not exceeded for half of the time", |study| {
        Some(study.course.lines.quantile(0.5) as f64)
    });
/// Lines, nearly always.
pub const LINES_P99: Figure =
    whole("lines_p99", "lines in use, p99", "not exceeded for 99 % of the time", |study| {
        Some(study.course.lines.quantile(0.99) as f64)
    });
/// Lines, always.
pub const LINES_MOST: Figure =
    whole("lines_most", "lines in use, most", "most calls at one moment", |study| {
        Some(study.course.lines.most() as f64)
    });
/// Calls a second, half of the time.
pub const CALLS_P50: Figure = whole(
    "calls_per_second_p50",
    "calls per second, median",
    "dials in a second of the clock, in half of them no more",
    |study| Some(study.course.calls_per_second.quantile(0.5) as f64),
);
/// Calls a second, nearly always.
pub const CALLS_P99: Figure = whole(
    "calls_per_second_p99",
    "calls per second, p99",
    "dials in a second of the clock, in 99 % of them no more",
    |study| Some(study.course.calls_per_second.quantile(0.99) as f64),
);
/// Calls a second, always.
pub const CALLS_MOST: Figure = whole(
    "calls_per_second_most",
    "calls per second, most",
    "most dials in a second of the clock",
    |study| Some(study.course.calls_per_second.most() as f64),
);

/// What an agent's hour yields in talk.
pub const TALK_MINUTES: Figure = ratio(
    "talk_minutes_per_agent_hour",
    "talk minutes per agent hour",
    Unit::Minutes,
    "60 × conversation / agents' time",
    |day| 60.0 * day.talk_s,
    |day| day.staffed_s,
);

/// What an agent's hour yields in people.
pub const CONTACTS: Figure = ratio(
    "contacts_per_agent_hour",
    "contacts per agent hour",
    Unit::Tenths,
    "answers joined with an agent / agents' hours",
    |day| day.connects as f64,
    |day| day.staffed_s / 3_600.0,
);

/// What a contact costs in dials.
pub const DIALS_PER_CONTACT: Figure = ratio(
    "dials_per_contact",
    "dials per contact",
    Unit::Tenths,
    "dials / answers joined with an agent",
    |day| day.dials as f64,
    |day| day.connects as f64,
);

const fn a_day(key: &'static str, name: &'static str, formula: &'static str, of: fn(&Day) -> f64) -> Figure {
    ratio(key, name, Unit::Tenths, formula, of, |_| 1.0)
}

/// Calls that were placed.
pub const DIALS: Figure =
    a_day("dials_per_day", "dials a day", "calls placed / days", |day| day.dials as f64);

/// Calls that somebody answered.
pub const ANSWERS: Figure =
    a_day("answers_per_day", "answers a day", "calls answered / days", |day| day.answers as f64);

/// Every figure, in the order in which people read them.
pub const FIGURES: [Figure; 24] = [
    UTILISATION,
    TALK_MINUTES,
    CONTACTS,
    DROP_RATE,
    HUNG_UP,
    WORST_DAY,
    DAYS_OVER,
    WORST_WINDOW,
    WINDOWS_OVER,
    WAIT_MEAN,
    WAIT_P50,
    WAIT_P90,
    WAIT_P99,
    WAIT_MOST,
    LINES_P50,
    LINES_P99,
    LINES_MOST,
    CALLS_P50,
    CALLS_P99,
    CALLS_MOST,
    DIALS_PER_CONTACT,
    DIALS,
    ANSWERS,
    a_day("drops_per_day", "drops a day", "answers without an agent in time / days", |day| day.drops as f64)
        .of_events(),
];

/// Whether lists end.
pub const LIST_ENDED: Figure = Figure {
    key: "days_at_end_of_list",
    name: "days with the list at its end",
    unit: Unit::Days,
    formula: "days on which all leads had come to their ends before closing time: nobody was dialled from then on",
    made: Made::Whole(
        |study| Some(study.days.iter().filter(|day| day.list_ended_s.is_some()).count() as f64),
    ),
};

/// When they do.
pub const HOURS_OF_LIST: Figure = Figure {
    key: "hours_to_end_of_list",
    name: "hours until the list ended",
    unit: Unit::Tenths,
    formula: "hours in which the house was open until then, on average of the windows that came to it; from then on agents wait",
    made: Made::Whole(|study| {
        until_lists_ended(study, |days| {
            let on_the_last = days.last().and_then(|day| day.list_ended_s).unwrap_or_default();
            ((days.len() - 1) as f64 * study.day_s + on_the_last) / 3_600.0
        })
    }),
};

/// What comes of a list that ends.
pub const LIST: [Figure; 3] = [
    LIST_ENDED,
    whole(
        "dials_to_end_of_list",
        "dials until the list ended",
        "calls placed in a window until then, on average of the windows that came to it",
        |study| until_lists_ended(study, |days| days.iter().map(|day| day.dials as f64).sum()),
    ),
    HOURS_OF_LIST,
];

/// On average of the windows whose list came to its end, from the days until it did.
fn until_lists_ended(study: &Study, of: impl Fn(&[Day]) -> f64) -> Option<f64> {
    let each: Vec<f64> = study.until_lists_ended().map(of).collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

fn heard(day: &Day, of: fn(&Detection) -> u64) -> f64 {
    day.detection.as_ref().map_or(0.0, |detection| of(detection) as f64)
}

fn machine_s(day: &Day) -> f64 {
    day.detection.as_ref().map_or(0.0, |detection| detection.machine_s)
}

/// What agents do with persons.
pub const WITH_PERSONS: Figure = ratio(
    "utilisation_with_persons",
    "utilisation with persons",
    Unit::Share,
    "(conversation + after-work, both with persons) / agents' time",
    |day| day.busy_s - machine_s(day),
    |day| day.staffed_s,
);

/// What an agent's hour goes to machines.
pub const MACHINE_MINUTES: Figure = ratio(
    "machine_minutes_per_agent_hour",
    "minutes with machines per agent hour",
    Unit::Minutes,
    "60 × (conversation + after-work, both with machines) / agents' time",
    |day| machine_s(day) / 60.0,
    |day| day.staffed_s / 3_600.0,
);

/// What an agent's hour yields in persons.
pub const PERSONS: Figure = ratio(
    "persons_per_agent_hour",
    "persons per agent hour",
    Unit::Tenths,
    "persons joined with an agent / agents' hours",
    |day| heard(day, |detection| detection.connects),
    |day| day.staffed_s / 3_600.0,
);

/// Who is mistaken, of persons.
pub const PERSONS_AS_MACHINES: Figure = ratio(
    "persons_as_machines",
    "persons taken for machines",
    Unit::Share,
    "persons taken for machines / persons who answered",
    |day| heard(day, |detection| detection.persons.machine),
    |day| heard(day, |detection| detection.persons.all()),
)
.of_events();

/// Who is lost by it.
pub const FALSE_POSITIVES: Figure = ratio(
    "false_positives",
    "persons hung up on as machines",
    Unit::Share,
    "persons taken for machines and not connected / persons who answered; each is a drop",
    |day| heard(day, |detection| detection.false_positives),
    |day| heard(day, |detection| detection.persons.all()),
)
.of_events();

/// Who is mistaken, of machines.
pub const MACHINES_AS_PERSONS: Figure = ratio(
    "machines_as_persons",
    "machines taken for persons",
    Unit::Share,
    "machines taken for persons / machines that answered",
    |day| heard(day, |detection| detection.machines.human),
    |day| heard(day, |detection| detection.machines.all()),
)
.of_events();

/// Who may be either.
pub const NOT_SURE: Figure = ratio(
    "not_sure",
    "not sure",
    Unit::Share,
    "persons and machines of which nobody was sure / all of them",
    |day| heard(day, |detection| detection.persons.not_sure + detection.machines.not_sure),
    |day| heard(day, |detection| detection.persons.all() + detection.machines.all()),
)
.of_events();

const fn verdict(key: &'static str, name: &'static str, of: fn(&Study) -> Option<f64>) -> Figure {
    Figure { key, name, unit: Unit::Millis, formula: "from the answer to the verdict", made: Made::Whole(of) }
}

fn verdict_ms(study: &Study, kind: fn(&Detection) -> &Judged, share: f64) -> Option<f64> {
    let verdicts = study.verdicts(kind);
    (!verdicts.is_empty()).then(|| verdicts.value_at_quantile(share) as f64)
}

/// How long half of the persons wait to be known as such.
pub const PERSON_VERDICT_P50: Figure =
    verdict("person_verdict_p50_ms", "verdict on a person, median", |study| {
        verdict_ms(study, |detection| &detection.persons, 0.5)
    });
/// How long one in a hundred does.
pub const PERSON_VERDICT_P99: Figure =
    verdict("person_verdict_p99_ms", "verdict on a person, p99", |study| {
        verdict_ms(study, |detection| &detection.persons, 0.99)
    });
/// The same of machines.
pub const MACHINE_VERDICT_P50: Figure =
    verdict("machine_verdict_p50_ms", "verdict on a machine, median", |study| {
        verdict_ms(study, |detection| &detection.machines, 0.5)
    });
/// The same of machines.
pub const MACHINE_VERDICT_P99: Figure =
    verdict("machine_verdict_p99_ms", "verdict on a machine, p99", |study| {
        verdict_ms(study, |detection| &detection.machines, 0.99)
    });

/// What comes of telling persons from machines, where callees are heard.
pub const DETECTION: [Figure; 11] = [
    WITH_PERSONS,
    PERSONS,
    MACHINE_MINUTES,
    PERSONS_AS_MACHINES,
    FALSE_POSITIVES,
    MACHINES_AS_PERSONS,
    NOT_SURE,
    PERSON_VERDICT_P50,
    PERSON_VERDICT_P99,
    MACHINE_VERDICT_P50,
    MACHINE_VERDICT_P99,
];

/// Those of all figures that say something of one of these outcomes at least.
pub fn telling(outcomes: &[Outcome]) -> impl Iterator<Item = &'static Figure> + use<> {
    let list: &[Figure] = if is_any(outcomes, Study::has_lists_that_ended) { &LIST } else { &[] };
    let detection: &[Figure] = if is_any(outcomes, Study::is_heard) { &DETECTION } else { &[] };
    FIGURES.iter().chain(list).chain(detection)
}

/// Whether that is so of one of these outcomes at least.
pub(super) fn is_any(outcomes: &[Outcome], is_so: fn(&Study) -> bool) -> bool {
    outcomes.iter().any(|outcome| is_so(&outcome.study))
}

impl Figure {
    /// The figure of all days together; `None` where there is nothing that it could be of, such as drops per answer where
    /// nobody answered, or persons hung up on as machines where callees are not heard. `limit` is the most drops per answer
    /// that a day may have.
    #[must_use]
    pub fn of(&self, study: &Study, limit: f64) -> Option<f64> {
        if !self.can_tell(study) {
            return None;
        }
        match self.made {
            Made::Ratio { over, under, .. } => {
                let sum = |of: fn(&Day) -> f64| study.days.iter().map(of).sum::<f64>();
                let whole = sum(under);
                (whole != 0.0).then(|| sum(over) / whole)
            }
            Made::Whole(of) => of(study),
            Made::Judged(of) => Some(of(study, limit)),
        }
    }

    /// A sum's figure of one day alone, where there is anything that it could be of.
    #[must_use]
    pub fn of_day(&self, day: &Day) -> Option<f64> {
        let Made::Ratio { over, under, .. } = self.made else { return None };
        let whole = under(day);
        (whole != 0.0).then(|| over(day) / whole)
    }

    /// What each window says of it, where windows can be told apart and the figure is of something: values whose mean is
    /// the figure.
    #[must_use]
    pub fn by_window(&self, study: &Study) -> Option<Vec<f64>> {
        if !self.can_tell(study) {
            return None;
        }
        match self.made {
            Made::Ratio { over, under, .. } => {
                let sum = |window: &[Day], of: fn(&Day) -> f64| window.iter().map(of).sum::<f64>();
                let windows = study.windows().map(|window| (sum(window, over), sum(window, under)));
                interval::of_ratio(&windows.collect::<Vec<_>>())
            }
            Made::Whole(_) | Made::Judged(_) => None,
        }
    }

    /// How sure it is, where windows can be told apart and the figure is of something.
    #[must_use]
    pub fn interval(&self, study: &Study) -> Option<Interval> {
        Some(Interval::of(&self.by_window(study)?).reaching(self.few(study)).within(0.0, self.most(study)))
    }

    /// What the number of events says of it, where it is of few.
    #[must_use]
    pub fn few(&self, study: &Study) -> Option<Few> {
        let Made::Ratio { over, under, of_events: true } = self.made else { return None };
        let sum = |of: fn(&Day) -> f64| study.days.iter().map(of).sum();
        Few::of(sum(over), sum(under))
    }

    /// No share is above all, no hour has more than its minutes, and nobody waits longer than the day is.
    fn most(&self, study: &Study) -> f64 {
        match self.unit {
            Unit::Share => 1.0,
            Unit::Minutes => 60.0,
            Unit::Seconds => study.day_s,
            Unit::Millis | Unit::Tenths | Unit::Whole | Unit::Days | Unit::Windows => f64::INFINITY,
        }
    }

    /// Whether a study has what it is made of: persons cannot be told from machines where nobody is heard.
    fn can_tell(&self, study: &Study) -> bool {
        study.is_heard() || DETECTION.iter().all(|of_heard| of_heard.key != self.key)
    }

    /// Whether it says something that no other figure does: windows of one day are days.
    #[must_use]
    pub fn tells(&self, experiment: &Experiment) -> bool {
        experiment.window() != "day" || ![WORST_WINDOW.key, WINDOWS_OVER.key].contains(&self.key)
    }
}

impl Unit {
    /// A value in this unit, for people.
    #[must_use]
    pub fn shown(self, value: f64) -> String {
        match self {
            Self::Share => format!("{:.2} %", 100.0 * value),
            Self::Seconds => format!("{value:.1} s"),
            Self::Millis => format!("{value:.0} ms"),
            Self::Minutes => format!("{value:.2} min"),
            // Of thousands nobody reads the tenths.
            Self::Tenths if value < 1_000.0 => format!("{value:.1}"),
            Self::Tenths | Self::Whole | Self::Days | Self::Windows => format!("{value:.0}"),
        }
    }

    /// A difference of two values with its half width, for people.
    #[must_use]
    pub fn difference(self, difference: &Interval) -> String {
        let (scale, digits) = match self {
            Self::Share => (100.0, 2),
            Self::Minutes => (1.0, 2),
            Self::Seconds | Self::Tenths => (1.0, 1),
            Self::Millis | Self::Whole | Self::Days | Self::Windows => (1.0, 0),
        };
        // A zero that was rounded from below has no sign of its own.
        let ten = libm::pow(10.0, digits as f64);
        let mean = format!("{:+.digits$}", libm::round(scale * difference.mean * ten) / ten + 0.0);
        let width = difference.half_width().map(|width| format!(" ± {:.digits$}", scale * width));
        let unit = match self {
            Self::Share => " points",
            Self::Seconds => " s",
            Self::Millis => " ms",
            Self::Minutes => " min",
            Self::Tenths | Self::Whole | Self::Days | Self::Windows => "",
        };
        mean + &width.unwrap_or_default() + unit
    }
}
