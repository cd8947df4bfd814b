//! The cards for people.

use std::fmt;

use engine::Times;
use engine::amd::AmdLog;
use engine::call::{
    CallRequest, Ending, HoldSoFar, Record, TransferLog, TransferRequest, TransferTimes, Try,
};
use engine::flow::{FlowEnd, FlowLog, Step, StepOutcome};
use engine::lead::Fate;
use engine::recording::{TakeLog, TakeState};
use engine::words::{Micros, Span};

use super::{
    AttemptCard, CallbackCard, Explanation, ItemCard, Lead, LeadCard, Names, Obstacle, OpenCard, SaidCard,
    Skip,
};
use crate::moment::{seconds, utc};
use crate::store::Minute;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt(card) => card.fmt(f),
            Self::Lead(card) => card.fmt(f),
        }
    }
}

impl fmt::Display for AttemptCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (&self.record, &self.open) {
            (Some(record), _) => record.result.name(),
            (None, Some(open)) if open.given_up => "given up without a record",
            (None, _) => "open",
        };
        writeln!(f, "attempt {}: {state}", self.attempt)?;
        line(f, "campaign", or_dash(self.campaign.as_deref()))?;
        line(f, "carrier", or_dash(self.carrier.as_deref()))?;
        line(f, "agent", or_dash(self.agent.as_deref()))?;
        if let Some(item) = &self.item {
            line(f, "queue item", item)?;
        }
        if let Some(open) = &self.open {
            held(f, open, &self.names)?;
        }
        if let Some(record) = &self.record {
            ended(f, record, &self.names)?;
        }
        if let Some(said) = &self.disposition {
            disposition(f, said)?;
        }
        line(f, "recording", or_dash(self.recording.as_deref()))?;
        for request in &self.requests {
            placed(f, request, self.record.as_ref(), &self.names)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "  {label:<11} {value}")
}

fn or_dash(text: Option<&str>) -> &str {
    text.unwrap_or("-")
}

fn held(f: &mut fmt::Formatter<'_>, open: &OpenCard, names: &Names) -> fmt::Result {
    let created = open.times.created;
    line(f, "node", &open.node)?;
    line(f, "channel", or_dash(open.channel.as_deref()))?;
    line(f, "bridge", or_dash(open.bridge.as_deref()))?;
    moments(f, &open.times)?;
    open.hold.map_or(Ok(()), |hold| on_hold(f, hold, created))?;
    open.flow.as_deref().map_or(Ok(()), |flow| way_so_far(f, flow, created))?;
    for take in &open.recordings {
        let state = so_far(take, open.silent_since, created);
        recorded(f, take, &state, created)?;
    }
    for request in &open.transfers {
        match open.came_of_transfers.iter().find(|log| log.ordinal == request.ordinal) {
            Some(log) if log.end.is_none() && log.times.ended.is_none() => {
                put_through(f, log, "goes on", created, names)?;
            }
            Some(log) => put_through(f, log, log.outcome(), created, names)?,
            None => decided_on(f, request, created, names)?,
        }
    }
    Ok(())
}

/// How the callee of an open call stands on hold.
fn on_hold(f: &mut fmt::Formatter<'_>, hold: HoldSoFar, created: Micros) -> fmt::Result {
    let HoldSoFar { since, total } = hold;
    match since.map(|since| seconds(since.since(created))) {
        Some(since) if total > Span::ZERO => {
            line(f, "on hold", format_args!("since +{since}, and {} before", seconds(total)))
        }
        Some(since) => line(f, "on hold", format_args!("since +{since}")),
        None => line(f, "on hold", format_args!("{} so far", seconds(total))),
    }
}

/// The way of an open call's callee through the call flow, as it was last noted. Where they were then is on record as cut, if
/// nobody hears any more of the call.
fn way_so_far(f: &mut fmt::Formatter<'_>, flow: &FlowLog, created: Micros) -> fmt::Result {
    if flow.end != FlowEnd::HungUp {
        return way(f, flow, created);
    }
    line(f, "call flow", format_args!("{}, edition {}: goes on", flow.flow, flow.edition))?;
    let Some((last, passed)) = flow.steps.split_last() else { return Ok(()) };
    passed.iter().try_for_each(|passed| step(f, passed, passed.outcome.name(), created))?;
    let goes_on = matches!(last.outcome, StepOutcome::Cut | StepOutcome::HungUpWaiting);
    step(f, last, if goes_on { "goes on" } else { last.outcome.name() }, created)
}

/// How a take of an open call stands.
fn so_far(take: &TakeLog, silent_since: Option<Micros>, created: Micros) -> String {
    match (take.state, take.began, silent_since) {
        (TakeState::Unknown, Some(_), Some(since)) => {
            format!("goes on, silent since +{}", seconds(since.since(created)))
        }
        (TakeState::Unknown, Some(_), None) => String::from("goes on"),
        (TakeState::Unknown | TakeState::Kept | TakeState::Failed, _, _) => take.state.name().to_owned(),
    }
}

/// One leg to somebody, of a call that goes on.
fn decided_on(
    f: &mut fmt::Formatter<'_>,
    request: &TransferRequest,
    created: Micros,
    names: &Names,
) -> fmt::Result {
    let mut parts = vec![format!("decided on +{}", seconds(request.created.since(created)))];
    parts.extend(request.carrier.map(|carrier| format!("carrier {}", names.carrier(carrier))));
    parts.extend(request.caller_id.as_ref().map(|shown| format!("shown {shown}")));
    line(f, "transfer", format_args!("to {}: {}", request.endpoint, parts.join(", ")))
}

fn ended(f: &mut fmt::Formatter<'_>, record: &Record, names: &Names) -> fmt::Result {
    line(f, "number", format_args!("{}, attempt {} on it", record.number, record.nth))?;
    line(f, "ended", ending(&record.ending))?;
    line(f, "then", fate(record.fate))?;
    moments(f, &record.times)?;
    if record.held > Span::ZERO {
        line(f, "on hold", format_args!("{} of the conversation", seconds(record.held)))?;
    }
    record.amd.as_deref().map_or(Ok(()), |amd| heard(f, amd))?;
    record.flow.as_deref().map_or(Ok(()), |flow| way(f, flow, record.times.created))?;
    for take in &record.recordings {
        recorded(f, take, take.state.name(), record.times.created)?;
    }
    let mut transfers = record.transfers.iter();
    transfers.try_for_each(|log| put_through(f, log, log.outcome(), record.times.created, names))
}

/// What an agent has said of the call, or has still to say.
fn disposition(f: &mut fmt::Formatter<'_>, card: &SaidCard) -> fmt::Result {
    let SaidCard { agent, code, said, given_at, owed_until } = card;
    let agent = or_dash(agent.as_deref());
    let at = given_at.map(|at| format!(" at {}", utc(at))).unwrap_or_default();
    match code {
        Some(code) if *said => line(f, "disposition", format_args!("{code}, said by {agent}{at}")),
        Some(code) => {
            line(f, "disposition", format_args!("{code}, by default{at}; {agent} had not said any"))
        }
        None => line(f, "disposition", format_args!("owed by {agent}, until {}", utc(*owed_until))),
    }
}

/// One leg to somebody whom the callee was put through to.
fn put_through(
    f: &mut fmt::Formatter<'_>,
    log: &TransferLog,
    outcome: &str,
    created: Micros,
    names: &Names,
) -> fmt::Result {
    let TransferTimes { placed, rang, answered, joined, ended, .. } = log.times;
    let moments =
        [("placed", placed), ("rang", rang), ("answered", answered), ("joined", joined), ("ended", ended)];
    let moments = moments.into_iter().filter_map(|(what, at)| Some((what, at?)));
    let mut parts = vec![outcome.to_owned()];
    parts.extend(log.by.as_ref().map(|by| format!("{} by {}", by.way.name(), by.name)));
    parts.extend(log.carrier.map(|carrier| format!("carrier {}", names.carrier(carrier))));
    parts.extend(log.caller_id.as_ref().map(|shown| format!("shown {shown}")));
    parts.extend(causes(log.cause.map(|cause| cause.0), log.tech.map(|tech| tech.0)));
    parts.extend(log.unplaced.map(|failure| format!("not placed: {failure:?}")));
    parts.extend(log.barred.then(|| "on a do-not-call list".to_owned()));
    parts.extend(moments.map(|(what, at)| format!("{what} +{}", seconds(at.since(created)))));
    let name = log.by.as_ref().map_or_else(String::new, |by| format!("{} at ", by.to));
    line(f, "transfer", format_args!("to {name}{}: {}", log.endpoint, parts.join(", ")))
}

/// Who was taken to have answered, and what came of it.
fn heard(f: &mut fmt::Formatter<'_>, amd: &AmdLog) -> fmt::Result {
    let AmdLog { by, verdict, cause, after_ms, policy, message_after_ms, drop_share } = amd;
    let (by, verdict, cause, policy) = (by.name(), verdict.name(), cause.name(), policy.name());
    let after = seconds(Span::millis(*after_ms));
    line(f, "detection", format_args!("{by}: {verdict}, by {cause}, {after} after the answer; {policy}"))?;
    if let Some(ms) = message_after_ms {
        let after = seconds(Span::millis(*ms));
        line(f, "voicemail", format_args!("the message was left from {after} after the answer on"))?;
    }
    if *drop_share > 0 {
        let share = f64::from(*drop_share) / 1_000.0;
        line(f, "counts as", format_args!("{share} of a drop: it may have been a person"))?;
    }
    Ok(())
}

/// The callee's way through the call flow, one node a line.
fn way(f: &mut fmt::Formatter<'_>, flow: &FlowLog, created: Micros) -> fmt::Result {
    let complete = if flow.complete { "came to its aim" } else { "did not come to its aim" };
    let (name, edition, end) = (&flow.flow, &flow.edition, flow.end.name());
    line(f, "call flow", format_args!("{name}, edition {edition}: {end}, {complete}"))?;
    flow.steps.iter().try_for_each(|passed| step(f, passed, passed.outcome.name(), created))
}

/// One node that the callee came to.
fn step(f: &mut fmt::Formatter<'_>, step: &Step, outcome: &str, created: Micros) -> fmt::Result {
    let at = seconds(step.at.since(created));
    let keys = if step.keys.is_empty() { String::new() } else { format!(" {}", step.keys) };
    let recording = step.recording.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
    let length = step.recorded_ms.map(|ms| format!(" of {}", seconds(Span::millis(ms)))).unwrap_or_default();
    let stay = step.stayed_ms.map(|ms| format!(", stayed {}", seconds(Span::millis(ms)))).unwrap_or_default();
    line(f, "node", format_args!("+{at} {}: {outcome}{keys}{recording}{length}{stay}", step.node))
}

/// What was recorded of the conversation, one take a line.
fn recorded(f: &mut fmt::Formatter<'_>, take: &TakeLog, state: &str, created: Micros) -> fmt::Result {
    let TakeLog { name, state: _, stereo, format, began, took_ms, paused_ms } = take;
    let began = began.map(|at| format!("+{} ", seconds(at.since(created)))).unwrap_or_default();
    let took = took_ms.map(|ms| format!(" of {}", seconds(Span::millis(ms)))).unwrap_or_default();
    let silent = Span::millis(*paused_ms);
    let silent =
        if silent == Span::ZERO { String::new() } else { format!(", {} of it silent", seconds(silent)) };
    let sides = if *stereo { "callee and agent apart" } else { "callee and agent in one" };
    line(f, "take", format_args!("{began}{name}: {state}{took}{silent}, {format}, {sides}"))
}

fn moments(f: &mut fmt::Formatter<'_>, times: &Times) -> fmt::Result {
    line(f, "created", utc(times.created))?;
    for (label, at) in [
        ("placed", times.placed),
        ("rang", times.rang),
        ("answered", times.answered),
        ("bridged", times.bridged),
        ("message", times.message),
        ("ended", times.ended),
    ] {
        if let Some(at) = at {
            line(f, label, format_args!("+{}", seconds(at.since(times.created))))?;
        }
    }
    Ok(())
}

fn ending(ending: &Ending) -> String {
    let mut parts = vec![format!("phase {:?}", ending.phase)];
    parts.extend(ending.act.map(|act| format!("by us: {act:?}")));
    parts.extend(causes(ending.cause.map(|cause| cause.0), ending.tech.map(|tech| tech.0)));
    parts.extend(ending.unplaced.map(|failure| format!("not placed: {failure:?}")));
    parts.join(", ")
}

fn causes(cause: Option<u16>, tech: Option<u16>) -> Vec<String> {
    let cause = cause.map(|cause| format!("Q.850 {cause}"));
    cause.into_iter().chain(tech.map(|tech| format!("SIP {tech}"))).collect()
}

fn fate(fate: Fate) -> String {
    match fate {
        Fate::Retry(at) => format!("tried again from {}", utc(at)),
        Fate::Awaits { until } => format!("decided by its disposition, at the latest at {}", utc(until)),
        Fate::Completed => String::from("completed: never dialled again"),
        Fate::Exhausted(why) => format!("exhausted ({why}): never dialled again"),
    }
}

fn placed(
    f: &mut fmt::Formatter<'_>,
    request: &CallRequest,
    record: Option<&Record>,
    names: &Names,
) -> fmt::Result {
    let tries = record.map_or(&[][..], |record| &record.tries);
    let came_to = tries.iter().find(|one| one.ordinal == request.ordinal).map_or_else(String::new, outcome);
    writeln!(f, "try {}: carrier {}{came_to}", request.ordinal, names.carrier(request.carrier))?;
    line(f, "endpoint", &request.endpoint)?;
    line(f, "caller id", or_dash(request.caller_id.as_deref()))?;
    line(f, "prefix", &request.prefix)?;
    line(f, "account", or_dash(request.account.as_deref()))?;
    line(f, "rings for", seconds(Span::millis(request.ring_timeout_ms)))?;
    line(f, "reserved", request.agent.map_or_else(|| String::from("-"), |agent| names.agent(agent)))?;
    line(f, "created", utc(request.created))?;
    for (name, value) in request.variables.iter() {
        line(f, "variable", format_args!("{name}={value}"))?;
    }
    Ok(())
}

fn outcome(one: &Try) -> String {
    let mut parts = causes(one.cause.map(|cause| cause.0), one.tech.map(|tech| tech.0));
    parts.extend(one.unplaced.map(|failure| format!("not placed: {failure:?}")));
    if parts.is_empty() { String::new() } else { format!(", {}", parts.join(", ")) }
}

impl fmt::Display for ItemCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, campaign, campaign_name, lead, number, state, due, attempts, .. } = self;
        let unnamed = format!("#{campaign}");
        let name = campaign_name.as_deref().unwrap_or(&unnamed);
        write!(f, "{id} in {name}, lead {lead}, {number}: {state}, {attempts} attempts")?;
        if let Some(result) = &self.last_result {
            write!(f, ", last {result}")?;
        }
        if state == "waiting" {
            write!(f, ", {}", due_text(*due))?;
        }
        if let Some(CallbackCard { at, agent, agent_name, note }) = &self.callback {
            let unnamed = agent.map_or_else(|| String::from("anybody"), |agent| format!("#{agent}"));
            let agent = agent_name.as_deref().unwrap_or(&unnamed);
            write!(f, ", agreed on for {} with {agent}", utc(*at))?;
            note.iter().try_for_each(|note| write!(f, " ({note})"))?;
        }
        match self.claimed_by.as_deref() {
            Some("@shelf") => write!(f, ", in the shared hopper")?,
            Some(node) => write!(f, ", held by {node}")?,
            None => {}
        }
        Ok(())
    }
}

fn due_text(due: Micros) -> String {
    format!("due from {}", utc(due))
}

/// What stands in the way of a place in a campaign, now or at a moment.
fn stands(f: &mut fmt::Formatter<'_>, at: Option<Micros>, obstacles: &[Obstacle]) -> fmt::Result {
    let (label, at) = at.map_or(("now", String::new()), |at| ("then", format!("{}: ", utc(at))));
    if obstacles.is_empty() {
        return line(f, label, format_args!("{at}nothing of its own keeps it from being dialled"));
    }
    obstacles.iter().try_for_each(|obstacle| line(f, label, format_args!("{at}{obstacle}")))
}

/// What a minute of a campaign was like.
fn went(f: &mut fmt::Formatter<'_>, minute: &Minute) -> fmt::Result {
    let Minute { began, node, state, refusals, .. } = minute;
    let kept: Vec<String> =
        refusals.iter().map(|(reason, times)| format!("{times} times {reason}")).collect();
    let kept = if kept.is_empty() { "nothing kept it from dialling".to_owned() } else { kept.join(", ") };
    line(f, "minute", format_args!("{} on {node}: {state}; {kept}", utc(*began)))
}

impl fmt::Display for LeadCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Lead { id, number, further, list, zone, external_id, dropped, attributes } in &self.leads {
            writeln!(f, "lead {id}: {number}")?;
            for number in further {
                line(f, "next number", number)?;
            }
            for (what, value) in [("list", list), ("zone", zone)] {
                if let Some(value) = value {
                    line(f, what, value)?;
                }
            }
            line(f, "external id", or_dash(external_id.as_deref()))?;
            if let Some(at) = dropped {
                let then = "within `repeat_after_drop` of it only with an agent reserved";
                line(f, "dropped", format_args!("{}; called {then}", utc(*at)))?;
            }
            for (name, value) in attributes {
                line(f, "attribute", format_args!("{name}={value}"))?;
            }
        }
        for item in &self.items {
            writeln!(f, "queue item {item}")?;
            if let Some(obstacles) = &item.obstacles {
                stands(f, self.at, obstacles)?;
            }
            if let Some(problem) = &item.not_in_use {
                line(f, "number", format_args!("{problem}; that does not keep it from being dialled"))?;
            }
            item.minutes.iter().try_for_each(|minute| went(f, minute))?;
        }
        for record in &self.records {
            let Record { attempt, result, nth, times, .. } = record;
            let created = utc(times.created);
            writeln!(f, "attempt {attempt} (no. {nth}) at {created}: {result}; {}", ending(&record.ending))?;
        }
        for attempt in &self.open {
            writeln!(f, "attempt {attempt}: open")?;
        }
        for Skip { item, agent, at } in &self.skips {
            writeln!(f, "queue item {item}: skipped by {agent} at {}", utc(*at))?;
        }
        Ok(())
    }
}
