//! The exchange: the legs that stand, and the bridges that they are in.

use engine::words::{AgentId, AttemptId, Bridge, Leg, Micros, Span};
use engine::{LegNews, SeenLeg};

use super::ById;

/// Everything that stands.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    legs: ById<Leg, Line>,
    /// The bridges that stand, and how many legs are in each.
    bridges: ById<Bridge, u32>,
    /// Legs to callees.
    customers: u32,
}

/// One leg.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Line {
    bridge: Option<Bridge>,
    up: bool,
    rings: bool,
    /// The end of what it hears, or of what is recorded of it, and when that comes; of the last one of either.
    begun: Option<(LegNews, Micros)>,
    /// What is known of the callee at its end; of an agent's leg nothing.
    pub(crate) call: Call,
}

/// A call to a callee.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Call {
    pub(crate) lead: u64,
    pub(crate) nth: u32,
    pub(crate) answered: Option<Micros>,
    pub(crate) machine: bool,
    /// With whom they talk, and which of the agent's conversations it is.
    pub(crate) talks_with: Option<(AgentId, u64)>,
    /// When they were joined with whoever they talked with last, and whether that was too late.
    pub(crate) joined: Option<Micros>,
    pub(crate) is_late: bool,
    /// When their greeting was over, after the answer, where that is known.
    pub(crate) greeting: Option<Span>,
    /// Whether it is told when they talk.
    pub(crate) is_listened_to: bool,
    /// Whether an agent was taken from them, since they were taken for a machine.
    pub(crate) is_screened: bool,
}

/// A leg's way into a bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It is not there, or not up.
    Nowhere,
    /// It was there already.
    Stayed,
    Entered {
        /// The bridge that it left.
        from: Option<Bridge>,
    },
}

impl Exchange {
    /// A leg begins.
    pub(crate) fn place(&mut self, leg: Leg, call: Call) {
        let before = self.legs.insert(leg, Line { call, ..Line::default() });
        assert!(before.is_none(), "{leg:?} is placed twice");
        self.customers += u32::from(matches!(leg, Leg::Customer { .. }));
    }

    /// A leg rings, if it stands; says whether it does.
    pub(crate) fn ring(&mut self, leg: Leg) -> bool {
        self.legs.get_mut(&leg).map(|line| line.rings = true).is_some()
    }

    /// A leg is up, if it stands.
    pub(crate) fn answer(&mut self, leg: Leg) -> Option<&mut Call> {
        let line = self.legs.get_mut(&leg)?;
        (line.up, line.rings) = (true, false);
        Some(&mut line.call)
    }

    /// Whether all of these stand and are up.
    pub(crate) fn are_up(&self, legs: &[Leg]) -> bool {
        legs.iter().all(|leg| self.legs.get(leg).is_some_and(|line| line.up))
    }

    /// Something begins on a leg that is up, of which that will be the end; says whether it is.
    pub(crate) fn begin(&mut self, leg: Leg, end: LegNews, at: Micros) -> bool {
        let line = self.legs.get_mut(&leg).filter(|line| line.up);
        line.map(|line| line.begun = Some((end, at))).is_some()
    }

    /// When the playback of a call ends that was begun last, if it was that one.
    pub(crate) fn playback_ends(&self, id: AttemptId, nth: u16) -> Option<Micros> {
        let is_it = |end: LegNews| matches!(end, LegNews::Played { nth: played, .. } if played == nth);
        self.begun_of(id).find_map(|(end, at)| is_it(end).then_some(at))
    }

    /// When the recording of a call ends, or has ended, that was begun last, if it was that one.
    pub(crate) fn recording_ends(&self, id: AttemptId, nth: u16) -> Option<Micros> {
        let is_it = |end: LegNews| matches!(end, LegNews::Recorded { nth: recorded, .. } if recorded == nth);
        self.begun_of(id).find_map(|(end, at)| is_it(end).then_some(at))
    }

    fn begun_of(&self, id: AttemptId) -> impl Iterator<Item = (LegNews, Micros)> {
        let is_its = move |leg: &Leg| match *leg {
            Leg::Customer { attempt, .. } | Leg::Transfer { attempt, .. } => attempt == id,
            Leg::Agent { .. } => false,
        };
        self.legs.iter().filter(move |(leg, _)| is_its(leg)).filter_map(|(_, line)| line.begun)
    }

    /// Puts a leg into a bridge.
    pub(crate) fn enter(&mut self, leg: Leg, bridge: Bridge) -> Moved {
        let Some(line) = self.legs.get_mut(&leg).filter(|line| line.up) else { return Moved::Nowhere };
        if line.bridge == Some(bridge) {
            return Moved::Stayed;
        }
        let from = line.bridge.replace(bridge);
        self.left(from);
        *self.bridges.entry(bridge).or_default() += 1;
        Moved::Entered { from }
    }

    /// A leg is out of the bridge that it was in.
    fn left(&mut self, bridge: Option<Bridge>) {
        let inside = bridge.and_then(|bridge| self.bridges.get_mut(&bridge));
        inside.into_iter().for_each(|inside| *inside -= 1);
    }

    /// A leg ends.
    pub(crate) fn end(&mut self, leg: Leg) -> Option<Line> {
        let line = self.legs.remove(&leg)?;
        self.left(line.bridge);
        self.customers -= u32::from(matches!(leg, Leg::Customer { .. }));
        Some(line)
    }

    /// Takes a leg out of a bridge, if it is in it.
    pub(crate) fn leave(&mut self, leg: Leg, bridge: Bridge) -> bool {
        let Some(line) = self.legs.get_mut(&leg).filter(|line| line.bridge == Some(bridge)) else {
            return false;
        };
        let from = line.bridge.take();
        self.left(from);
        true
    }

    /// Takes a bridge down, if it is there, and says who was still in it.
    pub(crate) fn drop_bridge(&mut self, bridge: Bridge) -> Option<Vec<Leg>> {
        let inside = self.bridges.remove(&bridge)? as usize;
        // Mostly it is empty by now, and then nobody is looked for.
        let legs = self.legs.iter_mut().filter(|(_, line)| line.bridge == Some(bridge)).take(inside);
        let parted = legs.map(|(&leg, line)| {
            line.bridge = None;
            leg
        });
        Some(in_order(parted))
    }

    pub(crate) fn call(&mut self, leg: Leg) -> Option<&mut Call> {
        self.legs.get_mut(&leg).map(|line| &mut line.call)
    }

    /// Whom an agent talks with, in the conversation of that number.
    pub(crate) fn talks_with(&mut self, agent: AgentId, talk: u64) -> Option<&mut Call> {
        let mut calls = self.legs.values_mut().map(|line| &mut line.call);
        calls.find(|call| call.talks_with == Some((agent, talk)))
    }

    /// The callees who talk.
    pub(crate) fn talking(&self) -> Vec<Leg> {
        let talking = self.legs.iter().filter(|(_, line)| line.call.talks_with.is_some());
        in_order(talking.map(|(&leg, _)| leg))
    }

    /// The callees who have not answered yet.
    pub(crate) fn ringing(&self) -> u32 {
        let rings =
            |(leg, line): &(&Leg, &Line)| matches!(leg, Leg::Customer { .. }) && line.call.answered.is_none();
        self.legs.iter().filter(rings).count() as u32
    }

    pub(crate) const fn customers(&self) -> u32 {
        self.customers
    }

    pub(crate) fn look(&self, leg: Leg) -> Option<SeenLeg> {
        self.legs.get(&leg).map(|line| line.seen(leg))
    }

    pub(crate) fn survey(&self) -> (Vec<SeenLeg>, Vec<Bridge>) {
        let mut legs: Vec<SeenLeg> = self.legs.iter().map(|(&leg, line)| line.seen(leg)).collect();
        legs.sort_unstable_by_key(|seen| seen.leg);
        (legs, in_order(self.bridges.keys().copied()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.legs.is_empty() && self.bridges.is_empty()
    }
}

impl Line {
    pub(crate) const fn bridge(&self) -> Option<Bridge> {
        self.bridge
    }

    const fn seen(&self, leg: Leg) -> SeenLeg {
        SeenLeg { leg, up: self.up, rings: self.rings, bridge: self.bridge }
    }
}

fn in_order<Id: Ord>(ids: impl Iterator<Item = Id>) -> Vec<Id> {
    let mut ids: Vec<Id> = ids.collect();
    ids.sort_unstable();
    ids
}
