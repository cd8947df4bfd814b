//! Hours as they are written: windows of weekdays and of holidays, and the laws that allow no others.

use std::collections::BTreeSet;
use std::ops::Range;

use engine::lead::{Hours, OpenWindow};
use engine::words::Span;
use jiff::civil::Date;

use super::section::Section;
use super::texts;
use crate::moment;
use crate::store::{Cap, Counts};

/// Keys for the weekdays; what stands for fewer days goes before what stands for more.
const DAYS: [(&str, Range<usize>); 10] = [
    ("daily", 0..7),
    ("weekdays", 0..5),
    ("weekend", 5..7),
    ("mon", 0..1),
    ("tue", 1..2),
    ("wed", 2..3),
    ("thu", 3..4),
    ("fri", 4..5),
    ("sat", 5..6),
    ("sun", 6..7),
];

/// The hours under a key, where there are any.
pub(super) fn under(section: &mut Section<'_>, key: &'static str) -> Option<Hours> {
    if section.has(key) {
        return Some(hours(section.table(key)));
    }
    section.take(key);
    None
}

/// Hours by the clocks of a place. Days that are not named are closed.
fn hours(mut section: Section<'_>) -> Hours {
    let mut hours = Hours::default();
    let mut named = false;
    for (key, days) in DAYS {
        named |= section.has(key);
        let place = section.place(key);
        let Some(texts) = section.texts(key) else { continue };
        let mut windows = Vec::new();
        for (text, _) in texts {
            match window(&text) {
                Ok(window) => windows.push(window),
                Err(problem) => section.problem(&place, key, problem),
            }
        }
        hours.week[days].fill(windows);
    }
    if !named {
        let origin = section.origin().clone();
        section.problem(
            &origin,
            "daily",
            "no day has hours; write daily = [\"09:00-20:00\"], or weekdays, mon, sat",
        );
    }
    hours.holidays = holidays(&mut section);
    section.finish();
    hours
}

/// Days that have windows of their own, or none.
fn holidays(section: &mut Section<'_>) -> Vec<(i32, Vec<OpenWindow>)> {
    let mut seen = BTreeSet::new();
    let mut holidays = Vec::new();
    for (text, origin) in section.texts("holidays").unwrap_or_default() {
        match holiday(&text) {
            Ok((day, windows)) if seen.insert(day) => holidays.push((day, windows)),
            Ok(_) => {
                section.problem(&origin, "holidays", format!("{text:?} is a day that is listed already"))
            }
            Err(problem) => section.problem(&origin, "holidays", problem),
        }
    }
    holidays
}

/// `2026-12-25`, or `2026-12-24 09:00-13:00` with the windows of that day.
fn holiday(text: &str) -> Result<(i32, Vec<OpenWindow>), String> {
    let (date, windows) = text.split_once(' ').unwrap_or((text, ""));
    let date = moment::date(date).ok_or_else(|| {
        format!("{text:?} is no date; write \"2026-12-25\" for a closed day, or \"2026-12-24 09:00-13:00\"")
    })?;
    let windows: Vec<OpenWindow> = windows.split_whitespace().map(window).collect::<Result<_, _>>()?;
    match windows.iter().find(|window| window.to < window.from) {
        Some(late) => {
            Err(format!("{late} ends on the next day; end it at 24:00, and give that day its own windows"))
        }
        None => {
            Ok((date.since(Date::constant(1970, 1, 1)).expect("dates have a distance").get_days(), windows))
        }
    }
}

/// `09:00-20:00`, or `22:00-02:00` over midnight.
fn window(text: &str) -> Result<OpenWindow, String> {
    let parsed =
        text.split_once('-').and_then(|(from, to)| Some(OpenWindow { from: minute(from)?, to: minute(to)? }));
    let window = parsed.filter(|window| window.from < 24 * 60);
    let window = window.ok_or_else(|| {
        format!("{text:?} is no window; write two times from 00:00 to 24:00, such as \"09:00-20:00\"")
    })?;
    if window.from == window.to {
        return Err(format!("{text:?} ends where it begins; for the whole day write \"00:00-24:00\""));
    }
    Ok(window)
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (hour, minute): (u16, u16) =
        (digits(hour).then(|| hour.parse().ok())??, digits(minute).then(|| minute.parse().ok())??);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

/// `[[jurisdiction]]`: a law about calls, and the numbers that are under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jurisdiction {
    /// As people call it.
    pub name: String,
    /// The first digits of its numbers; empty for all numbers.
    pub prefixes: Vec<String>,
    /// When its people may be called, by their own clocks.
    pub hours: Option<Hours>,
    /// How often each of its numbers may be called.
    pub caps: Vec<Cap>,
}

/// The jurisdictions that come with the program, changed and extended by those configured.
pub(super) fn jurisdictions(root: &mut Section<'_>, bundled: &[Jurisdiction]) -> Vec<Jurisdiction> {
    let mut all = bundled.to_vec();
    let mut seen = BTreeSet::new();
    for mut section in root.tables("jurisdiction") {
        let Some(name) = section.required("name", "give each a name of its own", texts::name) else {
            continue;
        };
        section.call("jurisdiction", &name);
        let known = all.iter().position(|one| one.name == name);
        if !seen.insert(name.clone()) {
            let origin = section.origin().clone();
            section.problem(&origin, "name", "is used twice; give each jurisdiction a name of its own");
        }
        if known.is_none() && !section.has("prefixes") {
            section.missing("prefixes", "list how its numbers begin, such as [\"+1405\", \"+44\"]");
        }
        let prefixes = prefixes(&mut section);
        let hours = under(&mut section, "hours");
        let caps = section.has("frequency").then(|| caps(&mut section));
        section.take("frequency");
        section.finish();
        let one = match known {
            Some(known) => &mut all[known],
            None => all.push_mut(Jurisdiction { name, prefixes: Vec::new(), hours: None, caps: Vec::new() }),
        };
        one.hours = hours.or(one.hours.take());
        if let Some(caps) = caps {
            one.caps = caps;
        }
        if let Some(prefixes) = prefixes {
            one.prefixes.clone_from(&prefixes);
            let name = one.name.clone();
            for other in all.iter_mut().filter(|other| other.name != name) {
                other.prefixes.retain(|prefix| !prefixes.contains(prefix));
            }
        }
    }
    all
}

/// `[[frequency]]`: how often a number may be called.
pub(super) fn caps(section: &mut Section<'_>) -> Vec<Cap> {
    let mut caps = Vec::new();
    for mut section in section.tables("frequency") {
        let after = section.text("after", |text| match text {
            "conversation" => Ok(()),
            other => Err(format!("{other:?} must be \"conversation\"")),
        });
        let place = section.place("max");
        let most = section.whole("max", 1..=1_000);
        if !section.has("within") {
            section.missing("within", "give the time before a call, such as \"24h\"");
        }
        let within = section.span("within", Span::secs(60)..=Span::secs(366 * 86_400));
        match (after, most) {
            (Some(()), Some(_)) => section.problem(&place, "max", "goes without `after`"),
            (None, None) if section.origin() == &place => {
                section.missing("max", "give the most calls, such as 3, or after = \"conversation\"");
            }
            (Some(()), None) | (None, Some(_) | None) => {}
        }
        section.finish();
        let (counts, most) = match (after, most) {
            (Some(()), _) => (Counts::Conversations, 1),
            (None, Some(most)) => (Counts::Calls, most),
            (None, None) => continue,
        };
        caps.extend(within.map(|within| Cap { counts, most, within }));
    }
    caps
}

/// The beginnings of numbers, in canonical form.
fn prefixes(section: &mut Section<'_>) -> Option<Vec<String>> {
    let mut prefixes = Vec::new();
    for (text, origin) in section.texts("prefixes")? {
        let digits = text.strip_prefix('+').unwrap_or(&text);
        if digits.len() > 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let problem =
                format!("{text:?} is no beginning of a number; write + and digits, such as \"+1405\"");
            section.problem(&origin, "prefixes", problem);
        } else if !prefixes.iter().any(|prefix| prefix == digits) {
            prefixes.push(digits.to_owned());
        }
    }
    Some(prefixes)
}
