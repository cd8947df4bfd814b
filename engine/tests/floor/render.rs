//! Commands and facts as one line each.

use engine::agent::AgentState;
use engine::amd::AmdLog;
use engine::call::{CallSoFar, HoldSoFar, Record, TransferLog, TransferTimes};
use engine::flow::{FlowLog, Step};
use engine::lead::Fate;
use engine::recording::TakeLog;
use engine::words::{AgentId, Bridge, Leg, Micros, QueueId, SessionId};
use engine::{Command, LegNews, Times};

use crate::house::{OPENING, name_of};

/// The command's name.
pub(crate) const fn verb(command: &Command) -> &'static str {
    match command {
        Command::Fetch { .. } => "Fetch",
        Command::Release { .. } => "Release",
        Command::Save { .. } => "Save",
        Command::Note { .. } => "Note",
        Command::Record { .. } => "Record",
        Command::Dispose { .. } => "Dispose",
        Command::NoteAgent { .. } => "NoteAgent",
        Command::NoteCampaign { .. } => "NoteCampaign",
        Command::Originate { .. } => "Originate",
        Command::HangUp { .. } => "HangUp",
        Command::Join { .. } => "Join",
        Command::Hold { .. } => "Hold",
        Command::SetAside { .. } => "SetAside",
        Command::Mute { .. } => "Mute",
        Command::Play { .. } => "Play",
        Command::Detect { .. } => "Detect",
        Command::Listen { .. } => "Listen",
        Command::StopListening { .. } => "StopListening",
        Command::StopPlaying { .. } => "StopPlaying",
        Command::FindPlayback { .. } => "FindPlayback",
        Command::StartRecording { .. } => "StartRecording",
        Command::StopRecording { .. } => "StopRecording",
        Command::FindRecording { .. } => "FindRecording",
        Command::SendDigits { .. } => "SendDigits",
        Command::BeginTake { .. } => "BeginTake",
        Command::PauseTake { .. } => "PauseTake",
        Command::EndTake { .. } => "EndTake",
        Command::OptOut { .. } => "OptOut",
        Command::SendText { .. } => "SendText",
        Command::SaveTransfer { .. } => "SaveTransfer",
        Command::Calm { .. } => "Calm",
        Command::Hush { .. } => "Hush",
        Command::PutThrough { .. } => "PutThrough",
        Command::Confer { .. } => "Confer",
        Command::TakeOut { .. } => "TakeOut",
        Command::Announce { .. } => "Announce",
        Command::DropBridge { .. } => "DropBridge",
        Command::Survey { .. } => "Survey",
        Command::Look { .. } => "Look",
        Command::FindMedia { .. } => "FindMedia",
        Command::Reply { .. } => "Reply",
    }
}

/// The command on one line, without its request id.
pub(crate) fn line(command: &Command) -> String {
    let verb = verb(command);
    match command {
        Command::Fetch { campaign, count, cap, .. } => {
            format!("{verb} {count} for campaign {campaign}, below {cap} attempts")
        }
        Command::Release { not_before, items, skipped_by, .. } => {
            let by = skipped_by.map(|agent| format!(", skipped by {}", name_of(agent))).unwrap_or_default();
            let when = match not_before {
                Micros(0) => "as they were".to_owned(),
                at => format!("from {} on", time(*at)),
            };
            format!("{verb} {} {when}{by}", ids(items))
        }
        Command::Save { call, .. } => format!(
            "{verb} {}: item {} attempt {} by carrier {}{}",
            leg(call.leg()),
            call.queue,
            call.nth,
            call.carrier,
            with(call.agent)
        ),
        Command::Note { attempt, so_far, .. } => {
            let CallSoFar { times, agent, takes, said, flow, transfers, hold, amd } = &**so_far;
            let takes = if takes.is_some() { ", and its takes" } else { "" };
            let said = said.as_ref().map(|said| format!(", said to be {}", said.code));
            let said = said.unwrap_or_default();
            let flow = flow.as_deref().map(|flow| format!("; {}", way(flow))).unwrap_or_default();
            let flow = flow.trim_end_matches("; ");
            let hold = hold.as_ref().map(on_hold).unwrap_or_default();
            let others: String = transfers.iter().map(|log| format!("; {}", other(log))).collect();
            let others = others.replace("; ; ", "; ");
            let others = others.trim_end_matches("; ");
            let amd = amd.as_deref().map(|amd| format!("; {}", heard(amd))).unwrap_or_default();
            let amd = amd.trim_end_matches("; ");
            let (moments, agent) = (moments(times), with(*agent));
            format!("{verb} attempt {attempt}: {moments}{agent}{hold}{takes}{said}{amd}{flow}{others}")
        }
        Command::Record { record, .. } => {
            format!("{verb} attempt {}: {}", record.attempt, record_line(record))
        }
        Command::Dispose { disposed, .. } => {
            let said = if disposed.said { "" } else { " by default" };
            let bars = if disposed.bars { ", barred" } else { "" };
            format!(
                "{verb} attempt {}: {}{said}, {}{bars}{}",
                disposed.attempt,
                disposed.code,
                fate(disposed.fate),
                with(Some(disposed.agent))
            )
        }
        Command::NoteAgent { agent, session, state, paused, leaves, missed, .. } => {
            let paused = paused.as_ref().map(|code| format!(", pause {code}")).unwrap_or_default();
            let leaves = if *leaves { ", leaves" } else { "" };
            let missed = missed.map(|missed| format!(", missed {}", missed.in_a_row)).unwrap_or_default();
            format!("{verb} {}: {}{paused}{leaves}{missed}", name_of(*agent), standing(*state, *session))
        }
        Command::NoteCampaign { campaign, state, closes_at, paced, .. } => {
            let closes = closes_at.map(|at| format!(", closes {}", time(at))).unwrap_or_default();
            let paced = paced.as_ref().map(|paced| format!(", {}", paced.change)).unwrap_or_default();
            format!("{verb} {campaign}: {state}{closes}{paced}")
        }
        Command::Originate { originate, .. } => {
            format!("{verb} {} to {}", leg(originate.leg), originate.endpoint)
        }
        Command::HangUp { leg: ended, .. } => format!("{verb} {}", leg(*ended)),
        Command::Join { attempt, customer, agent, meanwhile, .. } => {
            let ends = if meanwhile.is_silence() { String::new() } else { format!(", {meanwhile:?} ends") };
            format!("{verb} attempt {attempt}: {} and {}{ends}", leg(*customer), leg(*agent))
        }
        Command::SetAside { leg: set, on, .. } | Command::Mute { leg: set, on, .. } => {
            format!("{verb} {}: {}", leg(*set), if *on { "on" } else { "off" })
        }
        Command::Hold { leg: held, .. } => format!("{verb} {}", leg(*held)),
        Command::Play { leg: told, media, .. } => format!("{verb} {media} to {}", leg(*told)),
        Command::Detect { leg: heard, .. }
        | Command::Listen { leg: heard, .. }
        | Command::StopListening { leg: heard, .. } => format!("{verb} {}", leg(*heard)),
        Command::StopPlaying { attempt, nth, .. } | Command::FindPlayback { attempt, nth, .. } => {
            format!("{verb} {nth} of attempt {attempt}")
        }
        Command::StartRecording { leg: recorded, nth, longest, .. } => {
            format!("{verb} {nth} of {}, {} s at most", leg(*recorded), longest.ceil_secs())
        }
        Command::StopRecording { attempt, nth, .. } | Command::FindRecording { attempt, nth, .. } => {
            format!("{verb} {nth} of attempt {attempt}")
        }
        Command::SendDigits { leg: called, digits, .. } => format!("{verb} {digits} to {}", leg(*called)),
        Command::BeginTake { take, stereo, format, .. } => {
            format!(
                "{verb} {} of {}, {}{format}",
                take.nth,
                leg(take.leg()),
                if *stereo { "stereo " } else { "" }
            )
        }
        Command::PauseTake { take, paused, .. } => {
            format!("{verb} {} of {}: {}", take.nth, leg(take.leg()), if *paused { "silent" } else { "on" })
        }
        Command::EndTake { take, .. } => format!("{verb} {} of {}", take.nth, leg(take.leg())),
        Command::OptOut { number, list: None, .. } => format!("{verb} {number}"),
        Command::OptOut { number, list: Some(list), .. } => format!("{verb} {number} on {list}"),
        Command::SendText { text, .. } => format!("{verb} {} to {}: {}", text.nth, text.number, text.text),
        Command::SaveTransfer { transfer, .. } => {
            let carrier =
                transfer.carrier.map(|carrier| format!(" by carrier {carrier}")).unwrap_or_default();
            format!("{verb} {}{carrier}", leg(transfer.leg()))
        }
        Command::Calm { leg: calmed, meanwhile, .. } => format!("{verb} {} by {meanwhile:?}", leg(*calmed)),
        Command::Hush { leg: hushed, meanwhile, .. } => format!("{verb} {meanwhile:?} of {}", leg(*hushed)),
        Command::PutThrough { other, bridge: joined @ Bridge::Conversation(_), .. } => {
            format!("{verb} {} into {}", leg(*other), bridge(*joined))
        }
        Command::PutThrough { customer, other, .. } => {
            format!("{verb} {} to {}", leg(*customer), leg(*other))
        }
        Command::Confer { leg: guest, bridge: joined, room, .. } => {
            format!("{verb} {} in {room}, {}", leg(*guest), bridge(*joined))
        }
        Command::TakeOut { leg: guest, bridge: left, last, .. } => {
            let last = if *last { ", which closes" } else { "" };
            format!("{verb} {} of {}{last}", leg(*guest), bridge(*left))
        }
        Command::Announce { bridge: told, media, .. } => format!("{verb} {media} in {}", bridge(*told)),
        Command::DropBridge { bridge: dropped, .. } => format!("{verb} {}", bridge(*dropped)),
        Command::Survey { .. } => verb.to_owned(),
        Command::Look { leg: looked, .. } => format!("{verb} {}", leg(*looked)),
        Command::FindMedia { media, .. } => format!("{verb} {media}"),
        Command::Reply { answer: Ok(()), .. } => format!("{verb} granted"),
        Command::Reply { answer: Err(denial), .. } => format!("{verb} denied: {denial}"),
    }
}

/// Seconds since the test began.
pub(crate) fn time(at: Micros) -> String {
    format!("{:.3}", at.since(OPENING).0 as f64 / 1e6)
}

/// A leg in words.
pub(crate) fn leg(leg: Leg) -> String {
    match leg {
        Leg::Customer { attempt, ordinal } => format!("callee {attempt}.{ordinal}"),
        Leg::Agent { agent, session } => format!("{}.{session}", name_of(agent)),
        Leg::Transfer { attempt, ordinal } => format!("other {attempt}.{ordinal}"),
    }
}

/// News of a leg in words.
pub(crate) fn news(news: LegNews) -> String {
    match news {
        LegNews::Progressed => "sends early media".to_owned(),
        LegNews::Rang => "rings".to_owned(),
        LegNews::Answered => "answers".to_owned(),
        LegNews::Entered => "is ours".to_owned(),
        LegNews::Forwarded => "is forwarded".to_owned(),
        LegNews::Joined(joined) => format!("joins {}", bridge(joined)),
        LegNews::Parted(parted) => format!("leaves {}", bridge(parted)),
        LegNews::Played { nth, whole } => {
            let sound = if nth == 0 { "the message".to_owned() } else { format!("sound {nth}") };
            format!("has heard {sound}{}", if whole { "" } else { " in part" })
        }
        LegNews::Pressed(key) => format!("presses {key}"),
        LegNews::Judged { verdict, cause, .. } => format!("is judged: {}, {}", verdict.name(), cause.name()),
        LegNews::TalkBegan => "talks".to_owned(),
        LegNews::TalkEnded { lasted } => format!("is silent after {} ms", lasted.0 / 1_000),
        LegNews::Recorded { nth, whole, length } => {
            format!(
                "recording {nth}: {}",
                if whole { format!("{} s", length.ceil_secs()) } else { "none".to_owned() }
            )
        }
        LegNews::TakeBegan { nth } => format!("take {nth} began"),
        LegNews::TakeEnded { nth, track, whole } => {
            format!("take {nth}, {track:?}: {}", if whole { "ended" } else { "failed" })
        }
        LegNews::Responded(tech) => format!("has refused by {}", tech.0),
        LegNews::Ended { cause, tech } => {
            let tech = tech.map(|tech| format!("/{}", tech.0)).unwrap_or_default();
            format!("is gone ({}{tech})", cause.0)
        }
    }
}

fn bridge(bridge: Bridge) -> String {
    match bridge {
        Bridge::Hold => "hold".to_owned(),
        Bridge::Conversation(attempt) => format!("conversation {attempt}"),
        Bridge::Transfer { attempt, ordinal } => format!("transfer {attempt}.{ordinal}"),
        Bridge::Conference { attempt, ordinal } => format!("conference {attempt}.{ordinal}"),
    }
}

fn standing(state: AgentState, session: Option<SessionId>) -> String {
    session.map_or_else(|| state.to_string(), |session| format!("{state} on {session}"))
}

fn with(agent: Option<AgentId>) -> String {
    agent.map(|agent| format!(", {}", name_of(agent))).unwrap_or_default()
}

fn ids(items: &[QueueId]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn moments(times: &Times) -> String {
    let named = [
        ("placed", times.placed),
        ("rang", times.rang),
        ("answered", times.answered),
        ("bridged", times.bridged),
        ("message", times.message),
        ("ended", times.ended),
    ];
    let shown = named.into_iter().filter_map(|(name, at)| Some(format!("{name} {}", time(at?))));
    shown.collect::<Vec<_>>().join(", ")
}

fn record_line(record: &Record) -> String {
    let tries = record.tries.iter().map(|tried| {
        let unplaced = tried.unplaced.map(|failure| format!(" {failure:?}")).unwrap_or_default();
        let cause = tried.cause.map_or_else(|| "-".to_owned(), |cause| cause.0.to_string());
        let tech = tried.tech.map(|tech| format!("/{}", tech.0)).unwrap_or_default();
        format!("[{}: carrier {} {cause}{tech}{unplaced}]", tried.ordinal, tried.carrier)
    });
    let act = record.ending.act.map_or_else(|| "-".to_owned(), |act| format!("{act:?}"));
    let fate = fate(record.fate);
    let flow = record.flow.as_deref().map(way).unwrap_or_default();
    let takes: String = record.recordings.iter().map(take).collect();
    let others: String = record.transfers.iter().map(other).collect();
    let amd = record.amd.as_deref().map(heard).unwrap_or_default();
    let held = match record.held.0 {
        0 => String::new(),
        micros => format!("held {:.3}; ", micros as f64 / 1e6),
    };
    format!(
        "{} ({:?}, {act}) {}{}; {}; {flow}{amd}{held}{takes}{others}{fate}",
        record.result,
        record.ending.phase,
        tries.collect::<String>(),
        with(record.agent),
        moments(&record.times)
    )
}

fn take(take: &TakeLog) -> String {
    let began = take.began.map_or_else(|| "-".to_owned(), time);
    let took = take.took_ms.map_or_else(|| "?".to_owned(), |ms| format!("{ms}"));
    let paused =
        if take.paused_ms == 0 { String::new() } else { format!(", {} of it silent", take.paused_ms) };
    format!("{} {} from {began}, {took} ms{paused}; ", take.name, take.state.name())
}

fn on_hold(hold: &HoldSoFar) -> String {
    let since = hold.since.map(|since| format!(", on hold since {}", time(since))).unwrap_or_default();
    format!("{since}, held {} ms", hold.total.0 / 1_000)
}

fn other(log: &TransferLog) -> String {
    let cause = log.cause.map(|cause| format!(" {}", cause.0)).unwrap_or_default();
    let tech = log.tech.map(|tech| format!("/{}", tech.0)).unwrap_or_default();
    let unplaced = log.unplaced.map(|failure| format!(" {failure:?}")).unwrap_or_default();
    let barred = if log.barred { " barred" } else { "" };
    let by = log.carrier.map(|carrier| format!(" by carrier {carrier}")).unwrap_or_default();
    let asked = log.by.as_ref().map(|by| format!(" ({} by {})", by.way.name(), by.name)).unwrap_or_default();
    let outcome = log.outcome();
    let TransferTimes { placed, rang, answered, joined, ended, .. } = log.times;
    let times = Times { placed, rang, answered, bridged: joined, ended, ..Times::default() };
    format!(
        "other {}{asked}{by}: {outcome}{cause}{tech}{unplaced}{barred}, {}; ",
        log.ordinal,
        moments(&times)
    )
}

fn heard(amd: &AmdLog) -> String {
    let AmdLog { by, verdict, cause, after_ms, .. } = amd;
    let left = amd.message_after_ms.map(|ms| format!(", message at {ms} ms")).unwrap_or_default();
    format!("{} by {} at {after_ms} ms: {}{left}; ", verdict.name(), by.name(), cause.name())
}

fn fate(fate: Fate) -> String {
    match fate {
        Fate::Retry(at) => format!("retry at {}", time(at)),
        Fate::Awaits { until } => format!("awaits a disposition until {}", time(until)),
        Fate::Completed => "completed".to_owned(),
        Fate::Exhausted(why) => format!("exhausted by {why}"),
    }
}

pub(crate) fn way(flow: &FlowLog) -> String {
    let step = |step: &Step| {
        let stay = step.stayed_ms.map(|ms| format!("after {ms} ms")).unwrap_or_default();
        format!("{} {} {}{stay}", step.node, step.outcome.name(), step.keys).trim().to_owned()
    };
    let steps = flow.steps.iter().map(step).collect::<Vec<_>>().join(", ");
    let complete = if flow.complete { "" } else { ", incomplete" };
    format!("{} ({}{complete}): {steps}; ", flow.flow, flow.end.name())
}
