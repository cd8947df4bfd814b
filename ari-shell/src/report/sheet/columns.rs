//! The columns, each with its formula.

use serde::Serialize;

use super::By::{self, Agent, Campaign, Carrier, Hour};
use super::Line;

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
#[derive(Debug)]
pub struct Column {
    /// Its name in every form.
    pub name: &'static str,
    /// How it comes about.
    pub formula: &'static str,
    /// Which sheets have it.
    pub of: &'static [By],
    pub(super) value: fn(&Line) -> Value,
}

const ALL: &[By] = &[Campaign, Carrier, Agent, Hour];
const CALLS: &[By] = &[Campaign, Carrier, Hour];
const WORK: &[By] = &[Campaign, Agent, Hour];
const LEADS: &[By] = &[Campaign];

const fn column(
    name: &'static str,
    of: &'static [By],
    formula: &'static str,
    value: fn(&Line) -> Value,
) -> Column {
    Column { name, formula, of, value }
}

/// All columns, in their order.
pub const COLUMNS: [Column; 29] = [
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
    column("answer_rate", CALLS, "answered / dials", |line| rate(line.answered, line.dials)),
    column("asr", CALLS, "answer-seizure ratio: answered / seizures", |line| {
        rate(line.answered, line.seizures)
    }),
    column("drop_rate", CALLS, "by result: dropped / answered", |line| rate(line.dropped, line.answered)),
    column(
        "drop_rate_us",
        CALLS,
        "FTC 16 CFR 310.4(b)(4)(i), FCC 47 CFR 64.1200(a)(7): answered and not joined within 2 s of the greeting's end, \
         but for callees who left before that or whom a call flow led / answered",
        |line| rate(line.abandoned_us, line.answered),
    ),
    column(
        "drop_rate_uk",
        CALLS,
        "Ofcom, A / (A + L): A answered and not joined within 2 s of the answer, but for callees who left before that; \
         L joined within them",
        |line| rate(line.abandoned_uk, line.abandoned_uk + line.passed_uk),
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
    column("handling_ms", WORK, "(talk + wrap-up) / connected", |line| {
        Value::Millis(mean(line.talk + line.wrap_up, line.connected))
    }),
    column("occupancy", WORK, "(talk + wrap-up) / (talk + wrap-up + ready)", |line| {
        rate(line.talk + line.wrap_up, line.talk + line.wrap_up + line.ready)
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
