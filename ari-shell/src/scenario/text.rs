//! The scenario as a file.

use std::fmt;

use engine::pacing::{Pacing, PredictiveRules, WindowSpan};
use engine::words::{Micros, Span};
use toml::Value;

use super::crew::{Shift, Stretch};
use super::law::OneOf;
use super::{Day, moment};
use crate::config::Carrier;

/// So many such days are played, unless the campaign's drop window is longer.
const DAYS: u64 = 20;

/// The longest day of a scenario that has a night behind it, in hours.
const WITH_A_NIGHT: f64 = 23.0;

/// No time of a scenario is longer, in seconds.
const LONGEST: f64 = 36_000.0;

/// What fields take, in seconds: conversations, what rings as long as the dialer lets it, answers, the work after a conversation,
/// and a look at a lead.
const TALK: (f64, f64) = (0.01, LONGEST);
const RINGS: (f64, f64) = (0.01, 120.0);
const ANSWER: (f64, f64) = (0.0, 120.0);
const WORK: (f64, f64) = (0.0, 3_600.0);
const LOOK: (f64, f64) = (0.0, 600.0);

impl fmt::Display for Day<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        self.write_shift(f)?;
        self.write_agents(f)?;
        self.write_callees(f)?;
        self.carriers.iter().try_for_each(|carrier| write_carrier(f, carrier))?;
        self.write_campaign(f)?;
        self.write_recorded(f)
    }
}

impl Day<'_> {
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { campaign, date, .. } = self;
        writeln!(
            f,
            "# Made from what is on record. Times are in seconds, moments in hours since the opening."
        )?;
        if let Some(doubt) = self.doubt() {
            writeln!(f, "# {doubt}")?;
        }
        if self.callees.failed > 0 {
            let failed = self.callees.failed;
            writeln!(f, "# Without {failed} calls that failed on their way or were lost from sight.")?;
        }
        if self.nodes > 1 {
            writeln!(f, "# {} nodes dialled, whose agents are one pool here.", self.nodes)?;
        }
        if campaign.amd.is_some() {
            writeln!(
                f,
                "# Machines that were told from persons are taken for such as the carrier knows, and nobody waits for"
            )?;
            writeln!(f, "# the verdict.")?;
        }
        writeln!(f, "about = {}", text(&format!("{} as it was on {date}", campaign.name)))
    }

    fn write_shift(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = self.window_days();
        let opens = self.zone.to_datetime(moment::timestamp(self.hours.from));
        writeln!(f, "\n[shift]\ndays = {}", DAYS.next_multiple_of(window))?;
        writeln!(f, "hours = {}", self.open_hours())?;
        writeln!(f, "opens = \"{}\"", opens.strftime("%Y-%m-%d %H:%M"))?;
        writeln!(f, "window_days = {window}")
    }

    fn write_agents(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let crew = &self.crew;
        writeln!(f, "\n[agents]\ncount = {}", crew.shifts.len())?;
        write_law(f, "talk", &crew.talk, TALK)?;
        if let Some(work) = self.timed_work() {
            writeln!(
                f,
                "# As configured, and ended by the dialer.\nwrap_up = {{ fixed = {} }}",
                seconds(work)
            )?;
        } else if crew.wrap_up.iter().any(|work| *work > Span::ZERO) {
            write_law(f, "wrap_up", &crew.wrap_up, WORK)?;
        }
        write_law(f, "preview", &crew.preview, LOOK)?;
        writeln!(f, "shifts = [")?;
        crew.shifts.iter().try_for_each(|shift| self.write_own_shift(f, shift))?;
        writeln!(f, "]")
    }

    fn write_own_shift(&self, f: &mut fmt::Formatter<'_>, shift: &Shift) -> fmt::Result {
        write!(f, "    {{ from = {}", self.hour(shift.from()))?;
        // Whoever stays until the end goes at closing time.
        if self.hour(shift.until()) < self.open_hours() {
            write!(f, ", until = {}", self.hour(shift.until()))?;
        }
        if shift.breaks().len() > 0 {
            let told = |Stretch { from, to }| {
                let (at, lasts) = (self.hour(from), seconds(to.since(from)));
                format!("{{ at = {at}, lasts = {{ fixed = {lasts} }} }}")
            };
            write!(f, ", breaks = [{}]", listed(shift.breaks().map(told)))?;
        }
        writeln!(f, " }},")
    }

    fn write_callees(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callees = &self.callees;
        let steps = callees.answer_rate(self.hours.from).into_iter();
        let steps = listed(steps.map(|step| format!("[{}, {}]", step.hour, share(step.rate()))));
        writeln!(f, "\n[callees]\nanswer_rate = {{ steps = [{steps}] }}")?;
        write_law(f, "answer", &callees.answer, ANSWER)?;
        if let Some(patience) = callees.patience() {
            let mean = seconds(patience).min(LONGEST);
            writeln!(f, "patience = {{ exponential = {{ mean = {mean} }} }}")?;
        }
        if !callees.busy.is_empty() {
            writeln!(f, "busy = {}", share(callees.busy_share()))?;
            write_law(f, "busy_after", &callees.busy, RINGS)?;
        }
        if !callees.machine.is_empty() {
            writeln!(f, "machine = {}", share(callees.machine_share()))?;
            write_law(f, "machine_after", &callees.machine, RINGS)?;
        }
        if callees.ring_out.is_empty() {
            return writeln!(f, "ring_out = {{ fixed = {} }}", seconds(self.campaign.ring_timeout));
        }
        write_law(f, "ring_out", &callees.ring_out, RINGS)
    }

    fn write_campaign(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let campaign = self.campaign;
        writeln!(f, "\n[campaign]\npacing = {}", self.pacing())?;
        writeln!(f, "zone = {}", text(&campaign.zone))?;
        if let Pacing::Predictive(rules) = &self.pacing {
            writeln!(f, "windows = [{}]", listed(calendar(rules).into_iter()))?;
        }
        writeln!(f, "greeting = {}", seconds(campaign.greeting))?;
        writeln!(f, "answer_within = {}", seconds(campaign.message_within).max(0.001))?;
        writeln!(f, "repeat_after_drop = {}", seconds(campaign.repeat_after_drop))
    }

    fn write_recorded(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callees = &self.callees;
        writeln!(f, "\n# What the floor had on that day, to hold what is simulated against.\n[recorded]")?;
        writeln!(f, "pacing = {}", self.pacing())?;
        writeln!(f, "agents = {}\nhours = {}", self.crew.shifts.len(), self.open_hours())?;
        writeln!(f, "utilisation = {}", share(self.crew.utilisation()))?;
        writeln!(f, "dials = {}\nanswers = {}", callees.dials(), callees.answers)?;
        writeln!(f, "drops = {}\nhung_up_waiting = {}", callees.drops, callees.hung_up)
    }

    /// As it is now.
    fn pacing(&self) -> String {
        match &self.pacing {
            Pacing::Progressive => "\"progressive\"".to_owned(),
            Pacing::Preview(_) => "\"preview\"".to_owned(),
            Pacing::Ratio { level } => format!("{{ ratio = {:?} }}", thousandths(level.0)),
            Pacing::Predictive(rules) => predictive(rules),
            Pacing::Broadcast { per_minute } => format!("{{ broadcast = {per_minute} }}"),
            Pacing::Allotted => unreachable!("no configuration has it"),
        }
    }

    /// How many days share their drops.
    fn window_days(&self) -> u64 {
        let Pacing::Predictive(rules) = &self.pacing else { return 1 };
        let block = rules.windows.iter().find_map(|window| match window.span {
            WindowSpan::Block(span) => Some(span.0 / Span::secs(86_400).0),
            WindowSpan::Day | WindowSpan::Month => None,
        });
        block.filter(|_| self.open_hours() <= WITH_A_NIGHT).unwrap_or(1).clamp(1, 31)
    }

    /// The work after conversations, where the dialer has ended it nearly always: a fifth of a second is the way there.
    fn timed_work(&self) -> Option<Span> {
        let (configured, all) = (self.campaign.wrap_up, &self.crew.wrap_up);
        let is_timed = |work: &&Span| work.0.abs_diff(configured.0) < Span::millis(200).0;
        let is_rule = all.iter().filter(is_timed).count() * 10 >= all.len() * 9;
        (configured > Span::ZERO && is_rule).then_some(configured)
    }

    /// From opening to closing time, up to a hundredth.
    fn open_hours(&self) -> f64 {
        ((self.hour(self.hours.to) * 100.0).ceil() / 100.0).clamp(0.25, 24.0)
    }

    /// Since the opening, to a hundred-thousandth of an hour, which is hardly noticed.
    fn hour(&self, at: Micros) -> f64 {
        (at.since(self.hours.from).0 as f64 / 36_000.0).round() / 1e5
    }
}

fn write_carrier(f: &mut fmt::Formatter<'_>, carrier: &Carrier) -> fmt::Result {
    writeln!(f, "\n[[carriers]]\nname = {}\nweight = {}", text(&carrier.name), carrier.weight)?;
    writeln!(f, "channels = {}\ncalls_per_second = {}", carrier.channels, carrier.calls_per_second)?;
    writeln!(f, "failures_to_rest = {}\nrest = {}", carrier.failures_to_rest, seconds(carrier.rest))
}

/// A law of what was observed, where anything was.
fn write_law(
    f: &mut fmt::Formatter<'_>,
    field: &str,
    observed: &[Span],
    (least, most): (f64, f64),
) -> fmt::Result {
    if observed.is_empty() {
        return Ok(());
    }
    writeln!(f, "{field} = {}", OneOf::of(observed, least, most))
}

/// The limit of the first block of days; where there is none but days and months, the lowest limit.
fn predictive(rules: &PredictiveRules) -> String {
    let block = rules.windows.iter().find(|window| matches!(window.span, WindowSpan::Block(_)));
    let lowest = rules.windows.iter().min_by_key(|window| window.limit);
    let limit = block.or(lowest).expect("there is a window").limit;
    let rate = rules.answer_rate.map(|rate| format!(", answer_rate = {}", thousandths(rate.0)));
    let strict = if rules.strict { ", strict = true" } else { "" };
    format!(
        "{{ predictive = {{ drop_limit = {}{}{strict} }} }}",
        thousandths(limit.0),
        rate.unwrap_or_default()
    )
}

/// The windows of the calendar: of those of one span the one with the lowest limit, which rules.
fn calendar(rules: &PredictiveRules) -> Vec<String> {
    let lowest = |(span, name)| {
        let limits =
            rules.windows.iter().filter(move |window| window.span == span).map(|window| window.limit);
        limits.min().map(|limit| format!("{{ limit = {}, span = \"{name}\" }}", thousandths(limit.0)))
    };
    [(WindowSpan::Day, "day"), (WindowSpan::Month, "month")].into_iter().filter_map(lowest).collect()
}

/// What stands in a list.
fn listed(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(", ")
}

/// A text in its quotes.
fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// To a ten-thousandth, and never up: shares that had room beside each other keep it.
fn share(share: f64) -> f64 {
    (share * 1e4).floor() / 1e4
}

/// To a thousandth.
fn seconds(span: Span) -> f64 {
    (span.0 as f64 / 1e3).round() / 1e3
}

fn thousandths(figure: u32) -> f64 {
    f64::from(figure) / 1e3
}
