//! Commands and facts as one line each.

use engine::agent::AgentState;
use engine::call::Record;
use engine::flow::{FlowLog, Step};
use engine::lead::Fate;
use engine::words::{AgentId, Bridge, Leg, Micros, QueueId, RequestId, SessionId};
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
        Command::NoteAgent { .. } => "NoteAgent",
        Command::NoteCampaign { .. } => "NoteCampaign",
        Command::Originate { .. } => "Originate",
        Command::HangUp { .. } => "HangUp",
        Command::Join { .. } => "Join",
        Command::Hold { .. } => "Hold",
        Command::Play { .. } => "Play",
        Command::StopPlaying { .. } => "StopPlaying",
        Command::StartRecording { .. } => "StartRecording",
        Command::StopRecording { .. } => "StopRecording",
        Command::OptOut { .. } => "OptOut",
        Command::DropBridge { .. } => "DropBridge",
        Command::Survey { .. } => "Survey",
        Command::Look { .. } => "Look",
        Command::FindMedia { .. } => "FindMedia",
        Command::Reply { .. } => "Reply",
    }
}

/// The id that the answer must carry; a reply has none.
pub(crate) const fn request_of(command: &Command) -> Option<RequestId> {
    match command {
        Command::Fetch { request, .. }
        | Command::Release { request, .. }
        | Command::Save { request, .. }
        | Command::Note { request, .. }
        | Command::Record { request, .. }
        | Command::NoteAgent { request, .. }
        | Command::NoteCampaign { request, .. }
        | Command::Originate { request, .. }
        | Command::HangUp { request, .. }
        | Command::Join { request, .. }
        | Command::Hold { request, .. }
        | Command::Play { request, .. }
        | Command::StopPlaying { request, .. }
        | Command::StartRecording { request, .. }
        | Command::StopRecording { request, .. }
        | Command::OptOut { request, .. }
        | Command::DropBridge { request, .. }
        | Command::Survey { request }
        | Command::Look { request, .. }
        | Command::FindMedia { request, .. } => Some(*request),
        Command::Reply { .. } => None,
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
            format!("{verb} {} from {} on{by}", ids(items), time(*not_before))
        }
        Command::Save { call, .. } => format!(
            "{verb} {}: item {} attempt {} by carrier {}{}",
            leg(call.leg()),
            call.queue,
            call.nth,
            call.carrier,
            with(call.agent)
        ),
        Command::Note { attempt, times, agent, .. } => {
            format!("{verb} attempt {attempt}: {}{}", moments(times), with(*agent))
        }
        Command::Record { record, .. } => {
            format!("{verb} attempt {}: {}", record.attempt, record_line(record))
        }
        Command::NoteAgent { agent, session, state, paused, .. } => {
            let paused = paused.as_ref().map(|code| format!(", pause {code}")).unwrap_or_default();
            format!("{verb} {}: {}{paused}", name_of(*agent), standing(*state, *session))
        }
        Command::NoteCampaign { campaign, state, closes_at, .. } => {
            let closes = closes_at.map(|at| format!(", closes {}", time(at))).unwrap_or_default();
            format!("{verb} {campaign}: {state}{closes}")
        }
        Command::Originate { originate, .. } => {
            format!("{verb} {} to {}", leg(originate.leg), originate.endpoint)
        }
        Command::HangUp { leg: ended, .. } => format!("{verb} {}", leg(*ended)),
        Command::Join { attempt, customer, agent, .. } => {
            format!("{verb} attempt {attempt}: {} and {}", leg(*customer), leg(*agent))
        }
        Command::Hold { leg: held, .. } => format!("{verb} {}", leg(*held)),
        Command::Play { leg: told, media, .. } => format!("{verb} {media} to {}", leg(*told)),
        Command::StopPlaying { attempt, nth, .. } => format!("{verb} {nth} of attempt {attempt}"),
        Command::StartRecording { leg: recorded, nth, longest, .. } => {
            format!("{verb} {nth} of {}, {} s at most", leg(*recorded), longest.ceil_secs())
        }
        Command::StopRecording { attempt, nth, .. } => format!("{verb} {nth} of attempt {attempt}"),
        Command::OptOut { number, .. } => format!("{verb} {number}"),
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
        LegNews::Recorded { nth, whole, length } => {
            format!(
                "recording {nth}: {}",
                if whole { format!("{} s", length.ceil_secs()) } else { "none".to_owned() }
            )
        }
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
    let fate = match record.fate {
        Fate::Retry(at) => format!("retry at {}", time(at)),
        Fate::Completed => "completed".to_owned(),
        Fate::Exhausted(why) => format!("exhausted by {why}"),
    };
    let flow = record.flow.as_deref().map(way).unwrap_or_default();
    format!(
        "{} ({:?}, {act}) {}{}; {}; {flow}{fate}",
        record.result,
        record.ending.phase,
        tries.collect::<String>(),
        with(record.agent),
        moments(&record.times)
    )
}

fn way(flow: &FlowLog) -> String {
    let step = |step: &Step| format!("{} {} {}", step.node, step.outcome.name(), step.keys).trim().to_owned();
    let steps = flow.steps.iter().map(step).collect::<Vec<_>>().join(", ");
    let complete = if flow.complete { "" } else { ", incomplete" };
    format!("{} ({}{complete}): {steps}; ", flow.flow, flow.end.name())
}
