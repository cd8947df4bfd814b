//! When may a campaign dial whom? Its own windows and the callee's, together.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::campaign::CampaignRules;
use crate::lead::QueueItem;
use crate::lead::geography::{Atlas, Spot};
use crate::lead::hours::{Standing, Timetable};
use crate::words::{Micros, Number, Span};
use crate::zone::Zone;

/// How much longer than until its ringing has ended a call must fit into the hours.
const GUARD: Span = Span::secs(2);

/// How long after the gate a call should leave the house at the latest: until then its intent is being saved.
const SAVING: Span = Span::secs(1);

/// How long no end of a shift was in sight before it is looked for again.
const LOOK_AGAIN: Span = Span::secs(3_600);

/// The hours of a campaign at work.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    zone: Zone,
    own: Option<Timetable>,
    callees: Option<Timetable>,
    law: bool,
    atlas: Arc<Atlas>,
    /// How long a call takes at most until it has rung out, with the guard.
    length: Span,
    /// How the campaign's own hours stand.
    standing: Standing,
    /// When they end for the day, which is looked up anew from the moment on that stands before it.
    shift_ends: (Micros, Option<Micros>),
    /// How those stand together with the hours of the spots that leads were on.
    spots: BTreeMap<Spot, Standing>,
}

impl Calendar {
    /// The hours of a campaign whose calls ring for so long at most; `None` where it may dial at any hour.
    pub(crate) fn new(rules: &CampaignRules, ringing: Span, atlas: &Arc<Atlas>) -> Option<Self> {
        if rules.hours.is_none() && rules.callee_hours.is_none() && !rules.law {
            return None;
        }
        Some(Self {
            zone: rules.zone.clone(),
            own: rules.hours.as_ref().map(Timetable::from),
            callees: rules.callee_hours.as_ref().map(Timetable::from),
            law: rules.law,
            atlas: Arc::clone(atlas),
            length: rules.setup_timeout + ringing + GUARD,
            standing: Standing::UNKNOWN,
            shift_ends: (Micros(0), None),
            spots: BTreeMap::new(),
        })
    }

    /// Whether the campaign's own hours let a call begin, or when they will.
    pub(crate) fn open(&mut self, now: Micros) -> Result<(), Micros> {
        let Some(own) = &self.own else { return Ok(()) };
        let length = self.length + SAVING;
        renewed(&mut self.standing, now, length, || Standing::at(now, length, &[(&self.zone, own)]))
    }

    /// The last moment for a dial of this shift: a noon break does not end it, a night does. `None` where no end is in sight
    /// for a day. Only the campaign's own hours count.
    pub(crate) fn shift_ends(&mut self, now: Micros) -> Option<Micros> {
        let own = self.own.as_ref()?;
        if self.shift_ends.0 <= now {
            let closes = own.shift_ends(&self.zone, now);
            self.shift_ends =
                (closes.map_or(now + LOOK_AGAIN, |at| core::cmp::Ord::max(at, now + Span(1))), closes);
        }
        Some(Micros(self.shift_ends.1?.0.saturating_sub((self.length + SAVING).0)))
    }

    /// Whether a call to this lead may begin, or when it may: the campaign's hours and all of the lead's are open until it
    /// has rung out.
    pub(crate) fn open_to(&mut self, now: Micros, lead: &QueueItem) -> Result<(), Micros> {
        self.open_at(now, lead.number, lead.zone.as_deref())
    }

    /// The same of a number, and of the zone that its lead has given.
    pub(crate) fn open_at(&mut self, now: Micros, number: Number, zone: Option<&str>) -> Result<(), Micros> {
        if self.callees.is_none() && !self.law {
            return self.open(now);
        }
        let (spot, length) = (self.atlas.spot(number, zone), self.length + SAVING);
        let known = self.spots.get(&spot).copied();
        let mut standing = known.unwrap_or(Standing::UNKNOWN);
        let answer = renewed(&mut standing, now, length, || self.standing_at(spot, now, length));
        if known != Some(standing) {
            self.spots.insert(spot, standing);
        }
        answer
    }

    /// Whether a call whose intent has been saved may still leave the house.
    pub(crate) fn still_open_to(&self, now: Micros, number: Number, zone: Option<&str>) -> bool {
        let spot = self.atlas.spot(number, zone);
        let known =
            if self.callees.is_none() && !self.law { Some(&self.standing) } else { self.spots.get(&spot) };
        let may = |standing: Standing| standing.may_begin(now, self.length) == Some(Ok(()));
        // What was closed to a call that had yet to be saved may be open to one that has.
        known.copied().is_some_and(may) || may(self.standing_at(spot, now, self.length))
    }

    /// The first moment from that one on at which the hours let a call to this lead begin.
    pub(crate) fn opens_to(&self, at: Micros, lead: &QueueItem) -> Micros {
        let spot = self.atlas.spot(lead.number, lead.zone.as_deref());
        match self.standing_at(spot, at, self.length + SAVING) {
            Standing::Open(_) => at,
            Standing::Closed(until) => until,
        }
    }

    fn standing_at(&self, spot: Spot, now: Micros, length: Span) -> Standing {
        let law = if self.law { self.atlas.law(spot) } else { None };
        let theirs = self.callees.iter().chain(law);
        let theirs = theirs.flat_map(|hours| self.atlas.zones(spot).map(move |zone| (zone, hours)));
        let own = self.own.iter().map(|own| (&self.zone, own));
        let clocks: Vec<(&Zone, &Timetable)> = theirs.chain(own).collect();
        Standing::at(now, length, &clocks)
    }
}

fn renewed(
    standing: &mut Standing,
    now: Micros,
    length: Span,
    anew: impl FnOnce() -> Standing,
) -> Result<(), Micros> {
    if let Some(answer) = standing.may_begin(now, length) {
        return answer;
    }
    *standing = anew();
    // At the end of time alone nothing that was found out holds.
    standing.may_begin(now, length).unwrap_or(Err(Micros(u64::MAX)))
}
