//! `[[campaign]]`

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use engine::campaign::RING_FLOOR;
use engine::flow::CallFlow;
use engine::pacing::{DropWindow, Pacing, PredictiveRules, PreviewEnd, PreviewRules, WindowSpan};
use engine::words::{Milli, Span};

use super::Ways;
use super::caller_ids::{Pools, shown};
use super::carrier::prefix;
use super::digits;
use super::dispositions::{self, Sets};
use super::do_not_call::{self, Lists};
use super::groups::listed;
use super::recording;
use crate::config::section::Section;
use crate::config::tree::{Item, Value};
use crate::config::{Campaign, Carrier, duration, flow, hours, texts};

const DAY: Span = Span::secs(86_400);

/// The law's three percent.
const COMMON_LIMIT: Milli = Milli(30);
const MOST_WINDOWS: usize = 8;
/// How long blocks may be.
const BLOCKS: RangeInclusive<Span> = Span::secs(3_600)..=Span(31 * DAY.0);

/// What a campaign may name.
pub(super) struct Known<'k> {
    pub(super) ways: Ways<'k>,
    pub(super) pools: &'k Pools,
    pub(super) lists: Lists<'k>,
    pub(super) sets: &'k Sets,
    /// Where its files are taken from.
    pub(super) home: &'k Path,
}

pub(super) fn read(name: Option<String>, mut section: Section<'_>, known: &Known<'_>) -> Option<Campaign> {
    let Known { ways, pools, lists, sets, home } = known;
    let pacing = pacing(&mut section);
    let flow = flow(&mut section, home, pacing.as_ref());
    let amd = super::amd::read(&mut section, flow.is_some());
    let zone = section.text("zone", texts::zone);
    let hours = hours::under(&mut section, "hours");
    let callee_hours = hours::under(&mut section, "callee_hours");
    let jurisdictions = section.flag("jurisdictions");
    let (do_not_call, call_only) = do_not_call::under(&mut section, *lists);
    let carriers = listed(&mut section, ways.names, ways.groups);
    let (digits, before_answer) = digits::read(&mut section);
    let chosen = |carrier: &&Carrier| carriers.iter().flatten().any(|name| *name == carrier.name);
    digits::check(&section, before_answer.as_ref(), ways.carriers.iter().filter(chosen));
    let (caller_id, caller_ids) = shown(&mut section, pools);
    let prefix = prefix(&mut section);
    let account = section.text("account", texts::plain);
    let setup_timeout = section.span("setup_timeout", Span::secs(1)..=Span::secs(120));
    let ring_timeout = section.span("ring_timeout", RING_FLOOR..=Span::secs(120));
    let talk_limit = section.span("talk_limit", Span::secs(10)..=DAY);
    let message_within = section.span("message_within", Span::millis(1)..=Span::secs(2));
    let greeting = section.span("greeting", Span::ZERO..=Span::secs(5));
    let message = section.text("message", texts::sound);
    let (wrap_up, dispositions) = dispositions::of_campaign(&mut section, sets);
    let retry = super::retry::read(section.table("retry"));
    let callback_patience = section.span("callback_patience", Span::ZERO..=Span(7 * DAY.0));
    let repeat_after_drop = section.span("repeat_after_drop", Span::ZERO..=Span(30 * DAY.0));
    let hopper_size = section.read("hopper_size", hopper_size);
    let recording = recording::under(&mut section);
    let transfers = super::transfers::under(&mut section);
    section.finish();
    Some(Campaign {
        name: name?,
        pacing: pacing?,
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        hours,
        callee_hours,
        jurisdictions: jurisdictions.unwrap_or(false),
        do_not_call,
        call_only,
        carriers: carriers?,
        caller_id,
        caller_ids,
        prefix,
        account,
        setup_timeout: setup_timeout.unwrap_or(Span::secs(20)),
        ring_timeout: ring_timeout.unwrap_or(Span::secs(25)),
        talk_limit: talk_limit.unwrap_or(Span::secs(2 * 3_600)),
        message_within: message_within.unwrap_or(Span::millis(1_500)),
        greeting: greeting.unwrap_or(Span::ZERO),
        message,
        wrap_up: wrap_up.unwrap_or(Span::secs(15)),
        retry,
        callback_patience: callback_patience.unwrap_or(Span::secs(1_800)),
        repeat_after_drop: repeat_after_drop.unwrap_or(Span(3 * DAY.0)),
        hopper_size: hopper_size.unwrap_or(Some(100)),
        flow,
        amd,
        digits,
        recording,
        dispositions,
        transfers,
    })
}

/// `flow`: the file of a call flow. Each of its problems is told with its own place, beside that of the key.
fn flow(section: &mut Section<'_>, home: &Path, pacing: Option<&Pacing>) -> Option<Arc<CallFlow>> {
    let place = section.place("flow");
    let file = section.text("flow", |text| {
        if text.is_empty() {
            Err("must not be empty; name a file, such as flows/survey.toml".into())
        } else {
            Ok(home.join(text))
        }
    })?;
    let flow = match flow::read(&file) {
        Ok(flow) => flow,
        Err(problems) => {
            problems.each().for_each(|problem| section.problem(&place, "flow", problem));
            return None;
        }
    };
    if let Some(Err(problem)) = pacing.map(|pacing| flow.suits(pacing)) {
        section.problem(&place, "flow", problem);
    }
    Some(Arc::new(flow))
}

/// So many leads, or as many as are dialled.
fn hopper_size(item: &Item) -> Result<Option<u32>, String> {
    if item.text() == Some("auto") {
        return Ok(None);
    }
    let wrong = || format!("{} must be \"auto\" or a whole number from 1 to 10000", item.value);
    let Value::Whole(size) = item.value else { return Err(wrong()) };
    u32::try_from(size).ok().filter(|size| (1..=10_000).contains(size)).map(Some).ok_or_else(wrong)
}

/// How `mode` is written.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Progressive,
    Preview,
    Ratio,
    Predictive,
    Broadcast,
}

/// The keys that belong to one mode alone.
const KEYS_OF_MODES: [(&str, Mode, &str); 10] = [
    ("preview_time", Mode::Preview, "preview"),
    ("preview_end", Mode::Preview, "preview"),
    ("may_skip", Mode::Preview, "preview"),
    ("skip_rest", Mode::Preview, "preview"),
    ("level", Mode::Ratio, "ratio"),
    ("drop_limit", Mode::Predictive, "predictive"),
    ("window", Mode::Predictive, "predictive"),
    ("windows", Mode::Predictive, "predictive"),
    ("strict", Mode::Predictive, "predictive"),
    ("per_minute", Mode::Broadcast, "broadcast"),
];

/// `mode`, with the keys that belong to it.
fn pacing(section: &mut Section<'_>) -> Option<Pacing> {
    let mode = mode(section);
    let [leveled, timed] = ["level", "per_minute"].map(|key| section.has(key));
    let given = KEYS_OF_MODES.map(|(key, ..)| section.has(key).then(|| section.place(key)));
    let level = section.read("level", one_to_ten);
    let windows = windows(section);
    let strict = section.flag("strict");
    let per_minute = section.whole("per_minute", 1..=6_000);
    let preview = preview(section);
    let mode = mode?;
    for ((key, owner, name), place) in KEYS_OF_MODES.into_iter().zip(given) {
        if let Some(place) = place.filter(|_| owner != mode) {
            section.problem(&place, key, format!("belongs to mode = {name:?}"));
        }
    }
    let has_flow = mode == Mode::Broadcast && section.has("flow");
    if !matches!(mode, Mode::Progressive | Mode::Preview) && !has_flow && !section.has("message") {
        section.missing(
            "message",
            "this mode dials ahead of its agents, so a callee whom nobody can take must hear one, such as sound:ringmaster/safe-harbour",
        );
    }
    match mode {
        Mode::Progressive => Some(Pacing::Progressive),
        Mode::Preview => Some(Pacing::Preview(preview)),
        Mode::Ratio => {
            if !leveled {
                section.missing("level", "give the lines for each ready agent, such as 2.5");
            }
            Some(Pacing::Ratio { level: level? })
        }
        Mode::Predictive => Some(Pacing::Predictive(PredictiveRules {
            windows: windows?,
            answer_rate: None,
            strict: strict.unwrap_or(false),
        })),
        Mode::Broadcast => {
            if !timed {
                section.missing("per_minute", "give the dials a minute, such as 30");
            }
            Some(Pacing::Broadcast { per_minute: per_minute? })
        }
    }
}

/// How leads are shown before they are dialled.
fn preview(section: &mut Section<'_>) -> PreviewRules {
    let time_limit = section.span("preview_time", Span::secs(1)..=Span::secs(3_600));
    let then = section.text("preview_end", |text| match text {
        "dial" => Ok(PreviewEnd::Dial),
        "skip" => Ok(PreviewEnd::Skip),
        other => Err(format!("{other:?} must be \"dial\" or \"skip\"")),
    });
    let may_skip = section.flag("may_skip");
    let rest = section.span("skip_rest", Span::secs(1)..=Span(90 * DAY.0));
    PreviewRules {
        time_limit: time_limit.unwrap_or(Span::secs(60)),
        then: then.unwrap_or(PreviewEnd::Dial),
        may_skip: may_skip.unwrap_or(true),
        rest: rest.unwrap_or(Span::secs(3_600)),
    }
}

/// The windows, or the one of the short form: `drop_limit` in each `window`.
fn windows(section: &mut Section<'_>) -> Option<Vec<DropWindow>> {
    if !section.has("windows") {
        section.take("windows");
        return Some(vec![DropWindow {
            limit: section.read("drop_limit", drop_limit).unwrap_or(COMMON_LIMIT),
            span: section.read("window", window_span).unwrap_or(WindowSpan::Block(DAY)),
        }]);
    }
    for key in ["drop_limit", "window"] {
        let place = section.place(key);
        if section.take(key).is_some() {
            section.problem(&place, key, "goes without `windows`: put it into one of them");
        }
    }
    let (place, is_list) = (section.place("windows"), section.has_list("windows"));
    let sections = section.tables("windows");
    if is_list && !(1..=MOST_WINDOWS).contains(&sections.len()) {
        let problem = format!("{} are listed; list 1 to {MOST_WINDOWS}", sections.len());
        section.problem(&place, "windows", problem);
    }
    sections.into_iter().map(window).collect()
}

fn window(mut section: Section<'_>) -> Option<DropWindow> {
    for (key, help) in
        [("limit", "give the percent, such as 3"), ("span", "give \"30d\", \"day\" or \"month\"")]
    {
        if !section.has(key) {
            section.missing(key, help);
        }
    }
    let (limit, span) = (section.read("limit", drop_limit), section.read("span", window_span));
    section.finish();
    Some(DropWindow { limit: limit?, span: span? })
}

/// A day or month of the calendar, or a length of time from the campaign's start on.
fn window_span(item: &Item) -> Result<WindowSpan, String> {
    let wrong =
        || format!("{} is no window: write \"day\", \"month\", or 1h to 31d, such as \"30d\"", item.value);
    match item.text().ok_or_else(wrong)? {
        "day" => Ok(WindowSpan::Day),
        "month" => Ok(WindowSpan::Month),
        text => {
            let length = duration::parse(text).filter(|length| BLOCKS.contains(length));
            length.map(WindowSpan::Block).ok_or_else(wrong)
        }
    }
}

fn mode(section: &mut Section<'_>) -> Option<Mode> {
    if !section.has("mode") {
        section.take("mode");
        return Some(Mode::Progressive);
    }
    section.text("mode", |text| match text {
        "progressive" => Ok(Mode::Progressive),
        "preview" => Ok(Mode::Preview),
        "ratio" => Ok(Mode::Ratio),
        "predictive" => Ok(Mode::Predictive),
        "broadcast" => Ok(Mode::Broadcast),
        other => {
            let modes = "\"progressive\", \"preview\", \"ratio\", \"predictive\" or \"broadcast\"";
            Err(format!("{other:?} must be {modes}"))
        }
    })
}

/// Drops per answered call: 0.1 to 10 %, as a number of percent with at most one decimal.
fn drop_limit(item: &Item) -> Result<Milli, String> {
    if !matches!(item.value, Value::Whole(_) | Value::Decimal(_)) {
        return Err(format!("{} must be a number of percent, such as 3", item.value));
    }
    texts::percent(&item.value.to_string())
}

/// A number from 1 to 10 with up to three decimals, such as the lines for each agent.
pub(super) fn one_to_ten(item: &Item) -> Result<Milli, String> {
    if !matches!(item.value, Value::Whole(_) | Value::Decimal(_)) {
        return Err(format!("{} must be a number, such as 2.5", item.value));
    }
    texts::one_to_ten(&item.value.to_string())
}
