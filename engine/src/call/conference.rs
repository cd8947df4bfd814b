//! Who is in which room? A callee's visit to one, and the rooms that are open.
//!
//! ```text
//! Entering → Awaited → Inside → Leaving → (gone)
//!     └─────────────────↑  └→ Lost ─↑
//! ```
//! A room is open while somebody is in it or on the way into it, and its bridge has a name of its own each time that it is
//! opened: what is on its way to the last one cannot meet the next.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::flow::{ConferenceEnd, ConferenceRules};
use crate::words::{AttemptId, Bridge, Label, Micros, Span};

/// How long the news may take that a callee is in a bridge, once the PBX has said that it put them there.
const ENTRY_PATIENCE: Span = Span::secs(1);

/// How long the end of a leg may be on its way that has left a bridge unasked.
const LAST_WORD: Span = Span::millis(500);

/// A callee in a room, or on the way into it or out of it.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) rules: ConferenceRules,
    pub(crate) bridge: Bridge,
    pub(crate) stage: VisitStage,
    pub(crate) music: Music,
    /// What has come of it, as soon as that is known. The callee goes on when nothing holds them any more.
    pub(crate) end: Option<ConferenceEnd>,
}

/// What a visit is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VisitStage {
    /// The PBX has not answered yet that it put the callee into the bridge; the bridge's own news may come first.
    Entering { inside: Option<Micros> },
    /// It has, and they have not come.
    Awaited { until: Micros },
    /// They are there.
    Inside { since: Micros },
    /// They have left unasked. Either the call is over, as will be heard at once, or somebody has taken the bridge from them.
    Lost { until: Micros },
    /// The PBX is to take them out.
    Leaving,
}

/// The music of a callee who is in a room alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Music {
    Off,
    /// Its beginning or its end has been asked for.
    Asked,
    /// It sounds, or may.
    On,
    /// It was to begin, and may not have.
    Doubted,
}

impl Visit {
    pub(crate) const fn new(rules: ConferenceRules, bridge: Bridge) -> Self {
        let stage = VisitStage::Entering { inside: None };
        Self { rules, bridge, stage, music: Music::Off, end: None }
    }

    /// When what is waited for will not come any more; nothing is, once it is known what has come of the visit.
    pub(crate) const fn due(&self) -> Option<Micros> {
        match (self.stage, self.end) {
            (VisitStage::Awaited { until } | VisitStage::Lost { until }, None) => Some(until),
            _ => None,
        }
    }

    /// Since when the callee is in the bridge, if they are, and are not on the way out.
    pub(crate) const fn inside(&self) -> Option<Micros> {
        match self.stage {
            VisitStage::Entering { inside } => inside,
            VisitStage::Inside { since } => Some(since),
            VisitStage::Awaited { .. } | VisitStage::Lost { .. } | VisitStage::Leaving => None,
        }
    }

    /// The callee has entered the bridge; says whether that was waited for.
    pub(crate) fn entered(&mut self, now: Micros) -> bool {
        match self.stage {
            VisitStage::Entering { inside: None } => {
                self.stage = VisitStage::Entering { inside: Some(now) };
                true
            }
            VisitStage::Awaited { .. } | VisitStage::Lost { .. } => {
                self.stage = VisitStage::Inside { since: now };
                true
            }
            VisitStage::Entering { .. } | VisitStage::Inside { .. } | VisitStage::Leaving => false,
        }
    }

    /// The callee has left the bridge.
    pub(crate) fn parted(&mut self, now: Micros) {
        match self.stage {
            VisitStage::Entering { .. } => self.stage = VisitStage::Entering { inside: None },
            VisitStage::Inside { .. } => self.stage = VisitStage::Lost { until: now + LAST_WORD },
            VisitStage::Awaited { .. } | VisitStage::Lost { .. } | VisitStage::Leaving => {}
        }
    }

    /// The PBX has answered that it put the callee into the bridge, or not: only the bridge's own news prove it.
    pub(crate) fn was_let_in(&mut self, is_done: bool, now: Micros) {
        let VisitStage::Entering { inside } = self.stage else { return };
        self.stage = match inside {
            Some(since) => VisitStage::Inside { since },
            None => VisitStage::Awaited { until: now + ENTRY_PATIENCE },
        };
        if inside.is_none() && !is_done {
            self.ends(ConferenceEnd::Failed);
        }
    }

    /// What has come of it; the first word counts.
    pub(crate) const fn ends(&mut self, end: ConferenceEnd) {
        if self.end.is_none() {
            self.end = Some(end);
        }
    }
}

/// The rooms that are open, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rooms(BTreeMap<Label, Room>);

/// One open room.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Room {
    bridge: Bridge,
    /// Those who are in it or on the way into it.
    guests: BTreeSet<AttemptId>,
}

impl Rooms {
    /// Those who are in a room or on the way into it.
    pub(crate) fn guests(&self, room: Label) -> impl Iterator<Item = AttemptId> {
        self.0.get(&room).into_iter().flat_map(|room| &room.guests).copied()
    }

    /// Everybody who is in a room or on the way into it, with the room.
    pub(crate) fn all_guests(&self) -> impl Iterator<Item = (Label, AttemptId)> {
        self.0.iter().flat_map(|(name, room)| room.guests.iter().map(|guest| (*name, *guest)))
    }

    /// One more is on the way into a room, which is opened with that bridge where it is not open; tells its bridge.
    pub(crate) fn enter(&mut self, room: Label, guest: AttemptId, bridge: Bridge) -> Bridge {
        let room = self.0.entry(room).or_insert_with(|| Room { bridge, guests: BTreeSet::new() });
        assert!(room.guests.insert(guest), "a callee is in a room once");
        room.bridge
    }

    /// One is on the way out, or gone. With the last one the room is closed.
    pub(crate) fn leave(&mut self, name: Label, guest: AttemptId) {
        let room = self.0.get_mut(&name).expect("a room with somebody in it is open");
        assert!(room.guests.remove(&guest), "a callee leaves a room once");
        if room.guests.is_empty() {
            self.0.remove(&name);
        }
    }

    /// Whether it is the bridge of a room that is open.
    pub(crate) fn uses(&self, bridge: Bridge) -> bool {
        self.0.values().any(|room| room.bridge == bridge)
    }

    /// Holds it against a recount: all visits of calls that are not on the way out of their room, with their attempts.
    ///
    /// # Panics
    /// If it has drifted.
    pub(crate) fn audit<'a>(&self, visits: impl Iterator<Item = (AttemptId, &'a Visit)>) {
        let mut counted = Self::default();
        for (id, visit) in visits.filter(|(_, visit)| visit.stage != VisitStage::Leaving) {
            counted.enter(visit.rules.room, id, visit.bridge);
        }
        assert_eq!(*self, counted, "who is in which room has drifted");
    }
}
