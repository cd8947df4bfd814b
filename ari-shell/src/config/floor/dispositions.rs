//! `[[dispositions]]`: what agents may say of a call, and how campaigns name such a set.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::lead::{Disposition, Dispositions, Meaning};
use engine::words::Span;

use super::{Names, retry};
use crate::config::problem::Origin;
use crate::config::section::{Section, nearest};
use crate::store::HOUSE;

/// What a disposition may say of itself.
const FLAGS: [&str; 5] = ["human", "completed", "callback", "do_not_call", "unworkable"];

/// How long an agent has at most, where a campaign demands a disposition and says nothing else.
const LIMIT: Span = Span::secs(1_800);

/// The sets that could be read, and the names of all.
pub(super) struct Sets {
    read: BTreeMap<String, Dispositions>,
    names: Names,
}

pub(super) fn read(sections: Vec<(Option<String>, Section<'_>)>, names: Names, number_lists: &Names) -> Sets {
    let read = sections.into_iter().filter_map(|(name, section)| Some((name?, set(section, number_lists)?)));
    Sets { read: read.collect(), names }
}

fn set(mut section: Section<'_>, number_lists: &Names) -> Option<Dispositions> {
    let mut places: BTreeMap<String, Origin> = BTreeMap::new();
    let mut list = Vec::new();
    for mut one in section.tables("list") {
        let place = one.place("code");
        let code = one.required("code", "write a word for it, such as \"sold\"", code);
        if let Some(code) = &code
            && let Some(Origin::Line(first)) = places.insert(code.clone(), place.clone())
        {
            one.problem(&place, "code", format!("{code:?} is used twice, first on line {first}"));
        }
        list.extend(disposition(code, one, number_lists));
    }
    if places.is_empty() {
        section.missing("list", "write [[dispositions.list]] with a `code` for each of them");
    }
    let help = "name the code that is written where an agent says nothing in time";
    let place = section.place("default");
    let default = section.required("default", help, |text| Ok(text.to_owned()));
    check_default(&section, &place, default.as_deref(), &list, &places);
    section.finish();
    Some(Dispositions { list, default: default?, demanded_within: None })
}

fn check_default(
    section: &Section<'_>,
    place: &Origin,
    default: Option<&str>,
    list: &[Disposition],
    places: &BTreeMap<String, Origin>,
) {
    let Some(default) = default else { return };
    let known = places.keys().map(String::as_str);
    if !places.contains_key(default) {
        let help = nearest(default, known.clone()).map_or_else(
            || format!("there is {}", known.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean {near:?}?"),
        );
        section.problem(place, "default", format!("there is no code {default:?}; {help}"));
    } else if list.iter().any(|one| one.code == default && one.meaning == Meaning::Callback) {
        section.problem(place, "default", format!("{default:?} needs a time to call back at; name another"));
    }
}

fn disposition(code: Option<String>, mut section: Section<'_>, number_lists: &Names) -> Option<Disposition> {
    let label = section.text("label", |text| Ok(text.to_owned()));
    let flags = flags(&mut section);
    let list_place = section.place("list");
    let list = section.text("list", |name| {
        if name == HOUSE { Ok(None) } else { number_lists.check(name).map(|()| Some(name.to_owned())) }
    });
    if list.is_some() && !flags.contains(&"do_not_call") {
        section.problem(&list_place, "list", "goes with the flag \"do_not_call\"");
    }
    let retry_place = section.place("retry");
    let retry = section.has("retry").then(|| {
        let mut own = section.table("retry");
        let rule = retry::rule(&mut own, None);
        own.finish();
        rule
    });
    let meaning = meaning(&flags, list.flatten());
    if retry.is_some() && meaning != Meaning::Open {
        let settled = flags.iter().find(|flag| **flag != "human").expect("a flag gave it its meaning");
        section.problem(&retry_place, "retry", format!("contradicts the flag {settled:?}; keep one of them"));
    }
    // Asked for, so that an unknown key's message lists it.
    section.take("retry");
    section.finish();
    let code = code?;
    let label = label.unwrap_or_else(|| code.clone());
    Some(Disposition { code, label, human: flags.contains(&"human"), meaning, retry: retry.flatten() })
}

/// The flags, each known and at most one of those that settle what becomes of the lead.
fn flags(section: &mut Section<'_>) -> Vec<&'static str> {
    let mut flags: Vec<&'static str> = Vec::new();
    for (text, origin) in section.texts("flags").unwrap_or_default() {
        let Some(flag) = FLAGS.into_iter().find(|flag| *flag == text) else {
            let help = nearest(&text, FLAGS).map_or_else(
                || format!("there is {}", FLAGS.join(", ")),
                |near| format!("did you mean {near:?}?"),
            );
            section.problem(&origin, "flags", format!("there is no flag {text:?}; {help}"));
            continue;
        };
        let other = flags.iter().find(|other| **other == flag || (**other != "human" && flag != "human"));
        match other {
            Some(other) if *other == flag => {
                section.problem(&origin, "flags", format!("{flag:?} is listed twice"));
            }
            Some(other) => {
                let problem = format!("{flag:?} contradicts {other:?}; keep one of them");
                section.problem(&origin, "flags", problem);
            }
            None => flags.push(flag),
        }
    }
    flags
}

fn meaning(flags: &[&str], list: Option<String>) -> Meaning {
    match flags.iter().find(|flag| **flag != "human") {
        Some(&"completed") => Meaning::Completed,
        Some(&"callback") => Meaning::Callback,
        Some(&"do_not_call") => Meaning::DoNotCall { list },
        Some(&"unworkable") => Meaning::Unworkable,
        Some(_) | None => Meaning::Open,
    }
}

fn code(text: &str) -> Result<String, String> {
    let fits = (1..=32).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(format!("{text:?} must have 1 to 32 printable characters")) }
}

/// How a campaign's wrap-ups end: after how long, and with which dispositions.
pub(super) fn of_campaign(
    section: &mut Section<'_>,
    sets: &Sets,
) -> (Option<Span>, Option<Arc<Dispositions>>) {
    let place = section.place("wrap_up");
    let demanded = section.is("wrap_up", "disposition");
    let wrap_up = if demanded {
        section.take("wrap_up");
        None
    } else {
        section.span("wrap_up", Span::ZERO..=Span::secs(3_600))
    };
    let limit_place = section.place("wrap_up_limit");
    let limit = section.span("wrap_up_limit", Span::secs(1)..=Span::secs(86_400));
    if limit.is_some() && !demanded {
        section.problem(&limit_place, "wrap_up_limit", "goes with wrap_up = \"disposition\"");
    }
    if demanded && !section.has("dispositions") {
        section.problem(
            &place,
            "wrap_up",
            "\"disposition\" needs dispositions = the name of a [[dispositions]]",
        );
    }
    let set = section.text("dispositions", |name| {
        sets.names.check(name)?;
        // One that could not be read is in the report.
        Ok(sets.read.get(name).cloned())
    });
    let demanded_within = demanded.then(|| limit.unwrap_or(LIMIT));
    (wrap_up, set.flatten().map(|set| Arc::new(Dispositions { demanded_within, ..set })))
}
