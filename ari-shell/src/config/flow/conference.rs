//! `type = "conference"`

use engine::flow::{ConferenceRules, ConferenceWays, GUESTS, NodeKind, STAY};
use engine::words::{Key, Label, Span};

use super::{key, sounds, target};
use crate::config::section::Section;

pub(super) fn read(section: &mut Section<'_>) -> Option<NodeKind> {
    let said = sounds(section, "sounds");
    let rules = rules(section);
    let ways = ways(section);
    Some(NodeKind::Conference { sounds: said?, rules: rules?, ways: ways? })
}

fn rules(section: &mut Section<'_>) -> Option<ConferenceRules> {
    let room = section.required("room", "name the room, such as \"lounge\"", label);
    let most = section.whole("most", GUESTS).unwrap_or(10);
    let longest = section.span("longest", STAY).unwrap_or(Span::secs(3_600));
    let leave = section.text("leave", key).unwrap_or(Key::POUND);
    let music = section.flag("music").unwrap_or(true);
    let beep = section.flag("beep").unwrap_or(false);
    Some(ConferenceRules { room: room?, most, longest, leave, music, beep })
}

fn label(text: &str) -> Result<Label, String> {
    Label::parse(text).map_err(|bad| bad.to_string())
}

fn ways(section: &mut Section<'_>) -> Option<ConferenceWays> {
    let (left, over) = (target(section, "left"), target(section, "over"));
    let (full, failed) = (target(section, "full"), target(section, "failed"));
    Some(ConferenceWays { left: left?, over: over?, full: full?, failed: failed? })
}
