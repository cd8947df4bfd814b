//! The columns, each with its formula.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;

use super::By::{self, Agent, Campaign, Carrier, Hour};
use super::Line;
use crate::config::Config;

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// How many.
    Count(u64),
    /// A part of a whole; none where the whole is nothing.
    Rate(Option<f64>),
    /// Milliseconds; none where there is nothing to take the mean of.
    Millis(Option<u64>),
    /// So many an hour; none where there was no hour.
    PerHour(Option<f64>),
}

/// A column of a sheet.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in every form.
    pub name: Cow<'static, str>,
    /// How it comes about.
    pub formula: Cow<'static, str>,
    figure: Figure,
}

/// Where a figure is found in a line.
#[derive(Debug, Clone)]
enum Figure {
    Of(fn(&Line) -> Value),
    /// The time in pauses with that code.
    Pause(String),
    /// The calls with that disposition.
    Disposition(String),
}

impl Column {
    pub(super) fn value(&self, line: &Line) -> Value {
        match &self.figure {
            Figure::Of(value) => value(line),
            Figure::Pause(code) => Value::Millis(Some(line.pauses.get(code).copied().unwrap_or(0) / 1_000)),
            Figure::Disposition(code) => Value::Count(line.dispositions.get(code).copied().unwrap_or(0)),
        }
    }

    fn fixed((name, _, formula, value): Fixed) -> Self {
        Self { name: name.into(), formula: formula.into(), figure: Figure::Of(value) }
    }

    fn of_pause(code: String) -> Self {
        Self {
            name: format!("paused_{code}_ms").into(),
            formula: format!("agents' time in pauses with the code {code}").into(),
            figure: Figure::Pause(code),
        }
    }

    fn of_disposition(code: String) -> Self {
        Self {
            name: format!("disposition_{code}").into(),
            formula: format!("connected, and {code} was said of it, by an agent or by default").into(),
            figure: Figure::Disposition(code),
        }
    }
}

const ALL: &[By] = &[Campaign, Carrier, Agent, Hour];
const CALLS: &[By] = &[Campaign, Carrier, Hour];
const WORK: &[By] = &[Campaign, Agent, Hour];
const LEADS: &[By] = &[Campaign];

/// A column that is always there: its name, the sheets that have it, its formula and its figure.
type Fixed = (&'static str, &'static [By], &'static str, fn(&Line) -> Value);

const fn column(
    name: &'static str,
    of: &'static [By],
    formula: &'static str,
    value: fn(&Line) -> Value,
) -> Fixed {
    (name, of, formula, value)
}

/// The columns of a sheet, in their order. Each pause code and each disposition has its own, whether it is configured or was
/// only ever used.
pub(super) fn columns(by: By, config: &Config, lines: &[(String, Line)]) -> Vec<Column> {
    let used = lines.iter().flat_map(|(_, line)| line.pauses.keys().cloned());
    let codes: BTreeSet<String> =
        config.pause_codes.iter().map(|rules| rules.code.to_string()).chain(used).collect();
    let pauses = codes.into_iter().map(Column::of_pause);
    let said = lines.iter().flat_map(|(_, line)| line.dispositions.keys().cloned());
    let sets = config.campaigns.iter().filter_map(|campaign| campaign.dispositions.as_ref());
    let known = sets.flat_map(|set| set.list.iter().map(|disposition| disposition.code.clone()));
    let dispositions =
        known.chain(said).collect::<BTreeSet<String>>().into_iter().map(Column::of_disposition);
    let own = pauses.chain(dispositions).filter(|_| WORK.contains(&by));
    let fixed = FIXED.into_iter().filter(|(_, of, ..)| of.contains(&by));
    fixed.map(Column::fixed).chain(own).collect()
}

/// The columns that are always there, in their order.
const FIXED: [Fixed; 37] = [
    column("attempts", CALLS, "records of attempts that began in the period", |line| {
        Value::Count(line.attempts)
    }),
    column("dials", CALLS, "attempts of which a carrier had a try, or may have had it", |line| {
        Value::Count(line.dials)
    }),
    column("seizures", CALLS, "tries that a carrier had, or may have had", |line| {
        Value::Count(line.seizures)
    }),
    column("answered", CALLS, "connected + completed + incomplete + dropped + hung up waiting", |line| {
        Value::Count(line.answered)
    }),
    column("connected", ALL, "answered and joined with an agent", |line| Value::Count(line.connected)),
    column("completed", CALLS, "led through a call flow to its aim", |line| Value::Count(line.completed)),
    column("incomplete", CALLS, "led through a call flow, and not to its aim", |line| {
        Value::Count(line.incomplete)
    }),
    column("machines", CALLS, "taken for a machine or a fax, and not connected", |line| {
        Value::Count(line.machines)
    }),
    column("answer_rate", CALLS, "answered / dials", |line| rate(line.answered, line.dials)),
    column("asr", CALLS, "answer-seizure ratio: answered / seizures", |line| {
        rate(line.answered, line.seizures)
    }),
    column("drop_rate", CALLS, "by result: dropped / answered", |line| rate(line.dropped, line.answered)),
    column(
        "drop_rate_us",
        CALLS,
        "FTC 16 CFR 310.4(b)(4)(i), FCC 47 CFR 64.1200(a)(7): answered and not joined within 2 s of the greeting's end, \
         or of when a call flow had them wait for an agent, but for callees who left before that / answered; neither has the \
         completed and incomplete who waited for no agent",
        |line| rate(line.abandoned_us, line.answered - line.led),
    ),
    column(
        "drop_rate_uk",
        CALLS,
        "Ofcom, A / (A + L): A answered and not joined within 2 s of the answer, or of when a call flow had them wait for an \
         agent, but for callees who left before that; L joined within them; neither has the completed and incomplete who waited for no agent",
        |line| rate(line.abandoned_uk, line.abandoned_uk + line.passed_uk),
    ),
    column(
        "drop_rate_amd",
        CALLS,
        "Ofcom's for detection of machines, on the safe side: (dropped + F) / answered, F so many of the machines as may \
         have been persons (`reviewed` and `persons`; without a review 5 %); at most 100 %",
        |line| {
            let answered = line.answered * 1_000;
            rate((line.dropped * 1_000 + line.doubtful).min(answered), answered)
        },
    ),
    column("drop_rate_dials", CALLS, "as some products have it: dropped / dials", |line| {
        rate(line.dropped, line.dials)
    }),
    column("customer_abandon_early", CALLS, "hung up waiting within 2 s of the answer / answered", |line| {
        rate(line.left_early, line.answered)
    }),
    column("customer_abandon_late", CALLS, "hung up waiting later than that / answered", |line| {
        rate(line.left_late, line.answered)
    }),
    column("average_call_ms", ALL, "mean of (ended - answered) over the answered", |line| {
        Value::Millis(mean(line.lasted, line.ended))
    }),
    column("talk_ms", WORK, "agents' time in conversations", |line| Value::Millis(Some(line.talk / 1_000))),
    column("wrap_up_ms", WORK, "agents' time in wrap-up", |line| Value::Millis(Some(line.wrap_up / 1_000))),
    column("ready_ms", WORK, "agents' time waiting for a call", |line| {
        Value::Millis(Some(line.ready / 1_000))
    }),
    column("paused_ms", WORK, "agents' time in pauses", |line| Value::Millis(Some(line.paused / 1_000))),
    column("missed_rings", WORK, "rings of agents' phones that they did not pick up", |line| {
        Value::Count(line.missed_rings)
    }),
    column("held_calls", WORK, "connected, and the callee was put on hold", |line| {
        Value::Count(line.held_calls)
    }),
    column("held_ms", WORK, "callees' time on hold", |line| Value::Millis(Some(line.held / 1_000))),
    column("average_hold_ms", WORK, "time on hold / calls that were held", |line| {
        Value::Millis(mean(line.held, line.held_calls))
    }),
    column("dispositions_owed", WORK, "connected, and what came of it is still to be said", |line| {
        Value::Count(line.owed)
    }),
    column("handling_ms", WORK, "(talk + wrap-up) / connected", |line| {
        Value::Millis(mean(line.talk + line.wrap_up, line.connected))
    }),
    column("occupancy", WORK, "(talk + wrap-up) / (talk + wrap-up + ready)", |line| {
        rate(line.talk + line.wrap_up, line.talk + line.wrap_up + line.ready)
    }),
    column("paid_ms", WORK, "agents' time logged in, without pauses whose code is not `paid`", |line| {
        Value::Millis(Some((line.working + line.paid_pauses) / 1_000))
    }),
    column("utilisation", WORK, "(talk + wrap-up) / time logged in, pauses among it", |line| {
        rate(line.talk + line.wrap_up, line.working + line.paused)
    }),
    column("contacts_per_agent_hour", WORK, "connected / hours logged in, pauses left out", |line| {
        Value::PerHour(
            (line.working > 0).then(|| line.connected as f64 * 3_600_000_000.0 / line.working as f64),
        )
    }),
    column("loaded", LEADS, "leads in the queue at the time of counting, whatever the period", |line| {
        Value::Count(line.loaded)
    }),
    column("tried", LEADS, "of these, leads with an attempt", |line| Value::Count(line.tried)),
    column("exhausted", LEADS, "of these, leads that are not tried any more, reached or not", |line| {
        Value::Count(line.exhausted)
    }),
    column("penetration", LEADS, "tried / loaded", |line| rate(line.tried, line.loaded)),
    column("exhaustion", LEADS, "exhausted / loaded", |line| rate(line.exhausted, line.loaded)),
];

fn rate(part: u64, whole: u64) -> Value {
    Value::Rate((whole > 0).then(|| part as f64 / whole as f64))
}

/// In milliseconds, from microseconds.
fn mean(sum: u64, count: u64) -> Option<u64> {
    sum.checked_div(count).map(|micros| micros / 1_000)
}
