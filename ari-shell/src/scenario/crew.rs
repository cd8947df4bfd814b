//! Who was there, and what they did.

use engine::agent::AgentState;
use engine::words::{Micros, Span};

use super::read::{Stand, Traffic};
use crate::report::Period;

/// So long without any dial, the campaign stood still: whoever was ready meanwhile was not there for it.
const STANDS_STILL: Span = Span::secs(600);

/// Within this time of closing no scenario dials: so its house closes so long after the last call of the day.
const LAST_CALLS: Span = Span::secs(40);

/// What is shorter is neither a shift nor a break.
const LEAST: Span = Span::secs(1);

/// After so long, somebody who comes back begins another shift: no break of a scenario is longer.
const LONGEST_BREAK: Span = Span::secs(10 * 3_600);

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: Micros,
    pub(super) to: Micros,
}

/// The stretches in which an agent was there, one after the other; between them they rested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shift(Vec<Stretch>);

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Crew {
    /// In the order of their beginnings.
    pub(super) shifts: Vec<Shift>,
    /// How long conversations lasted.
    pub(super) talk: Vec<Span>,
    /// How long the work after each.
    pub(super) wrap_up: Vec<Span>,
    /// How long they looked at leads.
    pub(super) preview: Vec<Span>,
    /// When the day ends for the campaign. Conversations that go on count no longer than that.
    pub(super) closes: Micros,
    /// Time in conversations and the work after them, and all time that they were there.
    busy: Span,
    there: Span,
}

impl Stretch {
    const fn lasts(self) -> Span {
        self.to.since(self.from)
    }
}

impl Shift {
    pub(super) fn from(&self) -> Micros {
        self.0[0].from
    }

    pub(super) fn until(&self) -> Micros {
        self.0[self.0.len() - 1].to
    }

    /// What lies between the stretches.
    pub(super) fn breaks(&self) -> impl ExactSizeIterator<Item = Stretch> {
        self.0.windows(2).map(|ends| Stretch { from: ends[0].to, to: ends[1].from })
    }
}

impl Crew {
    pub(super) fn of(traffic: &Traffic) -> Self {
        let mut crew = Self::default();
        let still = stands_still(traffic);
        let last = traffic.dials().next_back().unwrap_or_default();
        crew.closes = last + LAST_CALLS;
        for stands in traffic.stands.values() {
            crew.add_work(stands, traffic.period);
            crew.shifts.extend(shifts(&there(stands, &still, crew.closes)));
        }
        crew.shifts.sort_by_key(|shift| (shift.from(), shift.until()));
        let stretches = crew.shifts.iter().flat_map(|shift| &shift.0);
        crew.there = Span(stretches.map(|stretch| stretch.lasts().0).sum());
        crew
    }

    /// When the first came.
    pub(super) fn came(&self) -> Option<Micros> {
        self.shifts.first().map(Shift::from)
    }

    /// Share of their time that was conversation or the work after it.
    pub(super) fn utilisation(&self) -> f64 {
        (self.busy.0 as f64 / self.there.0.max(1) as f64).min(1.0)
    }

    /// What an agent did. How long it took is known where neither end lies outside the day.
    fn add_work(&mut self, stands: &[Stand], day: Period) {
        let mut talks_since = None;
        for (stand, later) in stands.iter().zip((1..).map(|nth| &stands[nth..])) {
            let lasted = stand.to.since(stand.from);
            let is_whole = stand.from > day.from && stand.to < day.to;
            if matches!(stand.state, AgentState::OnCall | AgentState::WrapUp) {
                self.busy.0 += stand.to.min(self.closes).since(stand.from).0;
            }
            match stand.state {
                AgentState::OnCall if goes_on(later) => {
                    talks_since.get_or_insert(stand.from);
                }
                AgentState::OnCall => {
                    let since = talks_since.take().unwrap_or(stand.from);
                    let work = later.first();
                    let work = work.filter(|next| next.state == AgentState::WrapUp && next.from == stand.to);
                    let work = work.map_or(Span::ZERO, |work| work.to.since(work.from));
                    if since > day.from && stand.to < day.to && stand.to > since {
                        self.talk.push(stand.to.since(since));
                        self.wrap_up.push(work);
                    }
                }
                AgentState::Previewing if is_whole => self.preview.push(lasted),
                AgentState::Previewing
                | AgentState::WrapUp
                | AgentState::Offline
                | AgentState::Paused
                | AgentState::Ready
                | AgentState::Reserved
                | AgentState::Ringing => {}
            }
        }
    }
}

/// Whether a conversation goes on over a restart in what comes after it: at once, or after the time in which nobody was heard of.
fn goes_on(later: &[Stand]) -> bool {
    match later {
        [next, ..] if next.state == AgentState::OnCall => next.goes_on,
        [gap, next, ..] if gap.state == AgentState::Offline => next.goes_on,
        _ => false,
    }
}

/// When nothing was dialled for long, from midnight to midnight.
fn stands_still(traffic: &Traffic) -> Vec<Stretch> {
    let ends = [traffic.period.from].into_iter().chain(traffic.dials());
    let begins = traffic.dials().chain([traffic.period.to]);
    let between = ends.zip(begins).map(|(from, to)| Stretch { from, to });
    between.filter(|stretch| stretch.lasts() > STANDS_STILL).collect()
}

/// When an agent was there for the campaign until it closed, in order.
fn there(stands: &[Stand], still: &[Stretch], closes: Micros) -> Vec<Stretch> {
    let mut there = Vec::new();
    for &Stand { state, from, to, goes_on: _ } in stands.iter().filter(|stand| stand.from < closes) {
        let to = to.min(closes);
        match state {
            AgentState::Offline | AgentState::Paused => {}
            AgentState::Previewing | AgentState::Ringing | AgentState::OnCall | AgentState::WrapUp => {
                there.push(Stretch { from, to });
            }
            AgentState::Ready | AgentState::Reserved => there.extend(without(Stretch { from, to }, still)),
        }
    }
    there
}

/// What is left of a stretch.
fn without(whole: Stretch, still: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    let mut from = whole.from;
    for gone in still.iter().filter(|gone| gone.to > whole.from && gone.from < whole.to) {
        if gone.from > from {
            left.push(Stretch { from, to: gone.from });
        }
        from = gone.to;
    }
    if from < whole.to {
        left.push(Stretch { from, to: whole.to });
    }
    left
}

/// An agent's shifts: what is hardly apart is one stretch, what is very far apart are two shifts.
fn shifts(there: &[Stretch]) -> Vec<Shift> {
    let mut shifts: Vec<Shift> = Vec::new();
    for &stretch in there {
        let last = shifts.last_mut().and_then(|shift| shift.0.last_mut());
        match last.map(|last| (stretch.from.since(last.to), last)) {
            Some((apart, last)) if apart < LEAST => last.to = last.to.max(stretch.to),
            Some((apart, _)) if apart <= LONGEST_BREAK => {
                shifts.last_mut().expect("it has the last stretch").0.push(stretch);
            }
            Some(_) | None => shifts.push(Shift(vec![stretch])),
        }
    }
    shifts.retain(|shift| shift.until().since(shift.from()) >= LEAST);
    shifts
}
