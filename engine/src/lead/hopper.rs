//! What is ready to be dialled? The hopper: queue items that are claimed for this engine, in dialling order.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::lead::QueueItem;
use crate::words::{AgentId, Micros, Number, QueueId, Span, first_of};

/// How many callbacks are asked for at a time, even where the hopper is full.
const CALLBACKS: u32 = 8;

/// The least and the most that an automatic level holds ready.
const LEAST: u32 = 20;
const MOST: u32 = 10_000;

/// The time over which dials are counted for it.
const LEVEL_OVER: Span = Span::secs(60);

/// One campaign's hopper.
#[derive(Debug, Clone)]
pub(crate) struct Hopper {
    level: Level,
    items: VecDeque<QueueItem>,
    /// Items that are dialled only with an agent reserved for them: callbacks by the time that they were agreed for, then
    /// numbers that were dropped of late, in dialling order.
    for_agents: Vec<QueueItem>,
    /// When the next of these need not wait for its agent any more; at once where some have come that were not looked at.
    settles_at: Option<Micros>,
    /// How long after a drop a number waits for an agent to be reserved; no time where every dial reserves one.
    after_drop: Span,
    /// When the next callback behind it will be due, and the same as heard of while a fetch was under way.
    callback: Option<Micros>,
    unseen_callback: Option<Micros>,
    fetching: bool,
    supply: Supply,
    /// What became due while a fetch was under way, which that fetch may not have seen.
    unseen: Option<Micros>,
}

/// How many items are held ready.
#[derive(Debug, Clone, Copy)]
enum Level {
    Fixed(u32),
    /// As many as were dialled within a minute: in the one that began then, or in the one before.
    Automatic {
        since: Micros,
        dialled: u32,
        before: u32,
    },
}

impl Level {
    fn at(self, now: Micros) -> u32 {
        match self {
            Self::Fixed(size) => size,
            Self::Automatic { since, dialled, before } => {
                let lately = match now.since(since) {
                    age if age < LEVEL_OVER => core::cmp::Ord::max(dialled, before),
                    age if age < LEVEL_OVER + LEVEL_OVER => dialled,
                    _ => 0,
                };
                lately.clamp(LEAST, MOST)
            }
        }
    }

    /// One more is dialled.
    fn counts(&mut self, now: Micros) {
        let Self::Automatic { since, dialled, before } = self else { return };
        let age = now.since(*since);
        if age >= LEVEL_OVER {
            *before = if age < LEVEL_OVER + LEVEL_OVER { *dialled } else { 0 };
            (*since, *dialled) = (now, 0);
        }
        *dialled += 1;
    }
}

/// What the database has behind the hopper, as last heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Supply {
    /// More, or not known.
    Open,
    /// Nothing before that moment.
    Due(Micros),
    /// Nothing at all, unless leads are added or a retry is decided.
    Dry,
}

impl Hopper {
    /// `size` items are to be held ready, or as many as the campaign dials.
    pub(crate) fn new(size: Option<u32>, after_drop: Span) -> Self {
        let automatic = Level::Automatic { since: Micros(0), dialled: 0, before: 0 };
        Self {
            level: size.map_or(automatic, Level::Fixed),
            items: VecDeque::new(),
            for_agents: Vec::new(),
            settles_at: None,
            after_drop,
            callback: None,
            unseen_callback: None,
            fetching: false,
            supply: Supply::Open,
            unseen: None,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX)
    }

    /// How many are to be held ready.
    pub(crate) fn level(&self, now: Micros) -> u32 {
        self.level.at(now)
    }

    /// How many items to fetch now, if any: below half it is filled up, and a callback that is due comes in though it is
    /// full. In place of one that cannot be claimed, since its number is on a call, other leads come, so there is an end
    /// to that. Other leads and callbacks take no room from each other: those that came with the first callbacks must not keep
    /// out those that become due after them.
    pub(crate) fn wants(&self, now: Micros) -> Option<u32> {
        let level = self.level(now);
        let missing = level.saturating_sub(self.len());
        if self.callback.is_some_and(|at| at <= now) && !self.fetching {
            let callbacks = self.items.iter().filter(|held| held.callback.is_some()).count();
            let held = core::cmp::Ord::max(callbacks, self.items.len() - callbacks);
            let held = u32::try_from(held).unwrap_or(u32::MAX);
            let room = core::cmp::Ord::min((level + CALLBACKS).saturating_sub(held), CALLBACKS);
            if room > 0 {
                return Some(core::cmp::Ord::max(missing, room));
            }
        }
        let low = missing > 0 && self.len() <= missing;
        (low && self.may_have_others(now)).then_some(missing)
    }

    /// Whether the database may have items that are due, and is not being asked for them.
    pub(crate) fn may_have_others(&self, now: Micros) -> bool {
        let supplied = match self.supply {
            Supply::Open => true,
            Supply::Due(at) => at <= now,
            Supply::Dry => false,
        };
        supplied && !self.fetching
    }

    pub(crate) const fn fetching(&mut self) {
        self.fetching = true;
    }

    /// Items came; fewer than asked means that the database has no more until `next_due`.
    pub(crate) fn fetched(
        &mut self,
        now: Micros,
        items: Vec<QueueItem>,
        asked: u32,
        next_due: Option<Micros>,
    ) {
        self.fetching = false;
        self.supply = match next_due {
            _ if items.len() >= asked as usize => Supply::Open,
            Some(at) => Supply::Due(at),
            None => Supply::Dry,
        };
        self.admit(now, items);
        if let Some(at) = self.unseen.take() {
            self.supplied(at);
        }
    }

    /// The database told when its next callback will be due.
    pub(crate) fn next_callback(&mut self, at: Option<Micros>) {
        self.callback = first_of(at, self.unseen_callback.take());
    }

    /// A callback is due at a moment of which the database may not have told.
    pub(crate) fn calls_back(&mut self, at: Micros) {
        self.supplied(at);
        self.callback = first_of(self.callback, Some(at));
        if self.fetching {
            self.unseen_callback = first_of(self.unseen_callback, Some(at));
        }
    }

    /// Callbacks go ahead of other leads; those that one agent has agreed on wait for that agent, and numbers that were
    /// dropped of late for any.
    fn admit(&mut self, now: Micros, items: Vec<QueueItem>) {
        for item in items {
            if is_promise(&item) || self.held_until(now, &item).is_some() {
                self.wait_for_agents(item);
            } else if item.callback.is_some() {
                self.go_ahead(item);
            } else {
                self.items.push_back(item);
            }
        }
    }

    /// Until when an item is dialled only with an agent reserved for it since its number was dropped of late.
    fn held_until(&self, now: Micros, item: &QueueItem) -> Option<Micros> {
        item.dropped.map(|at| at + self.after_drop).filter(|&until| until > now)
    }

    fn wait_for_agents(&mut self, item: QueueItem) {
        let agreed_for = |item: &QueueItem| item.callback.map_or(Micros(u64::MAX), |callback| callback.at);
        let at = agreed_for(&item);
        let place = self.for_agents.partition_point(|held| agreed_for(held) <= at);
        self.for_agents.insert(place, item);
        self.settles_at = Some(Micros(0));
    }

    /// Into the line of items behind the callbacks that stand there already.
    fn go_ahead(&mut self, item: QueueItem) {
        let callbacks = self.items.iter().take_while(|held| held.callback.is_some()).count();
        self.items.insert(callbacks, item);
    }

    /// Whether there are items that wait for an agent to be reserved.
    pub(crate) const fn has_some_for_agents(&self) -> bool {
        !self.for_agents.is_empty()
    }

    /// Whether there are numbers that were dropped of late and wait for any agent.
    pub(crate) fn holds_dropped(&self) -> bool {
        self.for_agents.iter().any(|held| !is_promise(held))
    }

    /// Items that wait for an agent to be reserved, and which one, where it is one alone.
    pub(crate) fn for_agents(&self) -> impl Iterator<Item = (&QueueItem, Option<AgentId>)> + Clone {
        let agent = |item: &QueueItem| item.callback.and_then(|callback| callback.agent);
        self.for_agents.iter().map(move |held| (held, agent(held)))
    }

    /// Takes out an item that an agent is ready for.
    pub(crate) fn take_for_agent(&mut self, id: QueueId) -> Option<QueueItem> {
        let place = self.for_agents.iter().position(|held| held.id == id)?;
        Some(self.for_agents.remove(place))
    }

    /// When the next of these has to be looked at, if one has to.
    pub(crate) const fn settles_at(&self) -> Option<Micros> {
        self.settles_at
    }

    /// Calls whose agent was not to be had until the moment that `waits_until` gives, or for whom it gives none, are anybody's
    /// from now on, and numbers whose drop was long enough ago wait for no agent any more.
    pub(crate) fn settle(&mut self, now: Micros, waits_until: impl Fn(&QueueItem) -> Option<Micros>) {
        let mut next = None;
        for mut item in core::mem::take(&mut self.for_agents) {
            let promised = waits_until(&item).filter(|&until| until > now);
            if let (None, Some(callback)) = (promised, &mut item.callback) {
                callback.agent = None;
            }
            match promised.or_else(|| self.held_until(now, &item)) {
                Some(until) => {
                    next = first_of(next, Some(until));
                    self.for_agents.push(item);
                }
                None => self.go_ahead(item),
            }
        }
        self.settles_at = next;
    }

    /// Takes out the dropped numbers for which there is no place: all but the first `places`. Each with the moment until which
    /// it is dialled only with an agent.
    pub(crate) fn take_surplus(&mut self, places: usize) -> Vec<(Micros, QueueItem)> {
        let after_drop = self.after_drop;
        let mut place = 0;
        let is_surplus = |held: &mut QueueItem| {
            let is_promise = is_promise(held);
            place += usize::from(!is_promise);
            !is_promise && place > places
        };
        let surplus = self.for_agents.extract_if(.., is_surplus);
        surplus.map(|item| (item.dropped.map_or(Micros(0), |at| at + after_drop), item)).collect()
    }

    /// Items of a fetch that had been given up came after all.
    pub(crate) fn came_late(&mut self, now: Micros, items: Vec<QueueItem>) {
        self.admit(now, items);
    }

    /// The fetch failed; it may be tried again.
    pub(crate) const fn not_fetched(&mut self) {
        self.fetching = false;
    }

    /// The database may have something sooner than was heard.
    pub(crate) fn supplied(&mut self, at: Micros) {
        if self.fetching {
            self.unseen = first_of(self.unseen, Some(at));
        }
        self.supply = match self.supply {
            Supply::Open => Supply::Open,
            Supply::Due(due) => Supply::Due(core::cmp::Ord::min(due, at)),
            Supply::Dry => Supply::Due(at),
        };
    }

    /// When it is worth asking the database again, if only time is in the way.
    pub(crate) const fn next_due(&self) -> Option<Micros> {
        match self.supply {
            Supply::Due(at) if !self.fetching => Some(at),
            Supply::Due(_) | Supply::Open | Supply::Dry => None,
        }
    }

    /// When the database is to be asked again for what it told of: what is due next, or the next callback. What has become due
    /// by now is asked for as soon as there is room for it.
    pub(crate) fn next_wake(&self, now: Micros) -> Option<Micros> {
        let is_to_come = |at: &Micros| *at > now;
        first_of(self.next_due().filter(is_to_come), self.callback.filter(is_to_come))
    }

    /// Whether neither here nor behind it anything is left to dial.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.items.is_empty() && self.for_agents.is_empty() && !self.fetching && self.supply == Supply::Dry
    }

    /// The first item whose number may be dialled, leaving those before it where they are.
    pub(crate) fn take(&mut self, may: impl Fn(Number) -> bool) -> Option<QueueItem> {
        let index = self.items.iter().position(|item| may(item.number))?;
        self.items.remove(index)
    }

    /// What was taken is dialled, and counts for how much is held ready.
    pub(crate) fn is_dialled(&mut self, now: Micros) {
        self.level.counts(now);
    }

    /// Takes out the items in the line that are not to be due before some moment, each with that.
    pub(crate) fn put_off(
        &mut self,
        mut until: impl FnMut(&QueueItem) -> Option<Micros>,
    ) -> Vec<(Micros, QueueItem)> {
        let mut later = Vec::new();
        for item in core::mem::take(&mut self.items) {
            match until(&item) {
                Some(at) => later.push((at, item)),
                None => self.items.push_back(item),
            }
        }
        later
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether more items than that are held whose number may be dialled.
    pub(crate) fn has_more_than(&self, count: u32, may: impl Fn(Number) -> bool) -> bool {
        self.items.iter().filter(|item| may(item.number)).nth(count as usize).is_some()
    }

    /// An item that could not be dialled after all goes back to the front.
    pub(crate) fn put_back(&mut self, now: Micros, item: QueueItem) {
        if is_promise(&item) || self.held_until(now, &item).is_some() {
            return self.wait_for_agents(item);
        }
        self.items.push_front(item);
    }

    /// Takes out all such items.
    pub(crate) fn take_out(&mut self, such: impl Fn(&QueueItem) -> bool) -> Vec<QueueId> {
        let held = self.items.iter().chain(&self.for_agents);
        let taken = held.filter(|item| such(item)).map(|item| item.id).collect();
        self.items.retain(|item| !such(item));
        self.for_agents.retain(|item| !such(item));
        taken
    }

    /// Everything, to be given back to the database.
    pub(crate) fn empty(&mut self) -> Vec<QueueId> {
        self.supply = Supply::Open;
        self.callback = None;
        self.items.drain(..).chain(self.for_agents.drain(..)).map(|item| item.id).collect()
    }
}

/// Whether one agent has agreed on the call.
fn is_promise(item: &QueueItem) -> bool {
    item.callback.is_some_and(|callback| callback.agent.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::Past;
    use crate::words::LeadId;

    fn item(id: u64) -> QueueItem {
        let number = Number::parse(&alloc::format!("555{id:04}")).expect("a number");
        QueueItem {
            id: QueueId(id),
            lead: LeadId(id),
            number,
            alternates: Vec::new(),
            attempts: 0,
            past: Past::default(),
            callback: None,
            note: None,
            attributes: Vec::new(),
            zone: None,
            dropped: None,
        }
    }

    fn items(ids: impl IntoIterator<Item = u64>) -> Vec<QueueItem> {
        ids.into_iter().map(item).collect()
    }

    #[test]
    fn below_half_it_is_filled_up_by_one_fetch_at_a_time() {
        let mut hopper = Hopper::new(Some(4), Span::ZERO);
        assert_eq!(hopper.wants(Micros(0)), Some(4));
        hopper.fetching();
        assert_eq!(hopper.wants(Micros(0)), None, "one is under way");
        hopper.fetched(Micros(0), items(1..=4), 4, None);
        assert_eq!(hopper.wants(Micros(0)), None, "full");
        assert_eq!(hopper.take(|_| true).map(|item| item.id), Some(QueueId(1)));
        assert_eq!(hopper.wants(Micros(0)), None, "more than half full");
        hopper.take(|_| true);
        assert_eq!(hopper.wants(Micros(0)), Some(2));
    }

    #[test]
    fn a_callback_that_cannot_be_claimed_lets_it_overflow_by_little() {
        let mut hopper = Hopper::new(Some(4), Span::ZERO);
        let mut next = 0;
        for second in 0..60 {
            let now = Micros(second * 1_000_000);
            let Some(count) = hopper.wants(now) else { continue };
            hopper.fetching();
            // The callback's number is on a call, so others are claimed in its place.
            hopper.fetched(now, items(next..next + u64::from(count)), count, None);
            next += u64::from(count);
            hopper.next_callback(Some(now + Span::secs(1)));
        }
        assert_eq!(hopper.len(), 12);
        // A dial makes room, and the callback may have become free by now.
        hopper.take(|_| true);
        assert_eq!(hopper.wants(Micros(60_000_000)), Some(1));
    }

    #[test]
    fn what_may_not_be_dialled_stays_in_its_place() {
        let mut hopper = Hopper::new(Some(4), Span::ZERO);
        hopper.fetched(Micros(0), items(1..=3), 4, None);
        let first = item(1).number;
        let second = hopper.take(|number| number != first).expect("the second");
        assert_eq!(second.id, QueueId(2));
        hopper.put_back(Micros(0), second);
        assert_eq!(hopper.empty(), [QueueId(2), QueueId(1), QueueId(3)]);
        assert!(hopper.is_empty());
    }

    #[test]
    fn fewer_than_asked_for_means_none_until_due_and_none_due_means_dry() {
        let mut hopper = Hopper::new(Some(4), Span::ZERO);
        hopper.fetched(Micros(0), Vec::new(), 4, Some(Micros(50)));
        assert_eq!((hopper.wants(Micros(49)), hopper.next_due()), (None, Some(Micros(50))));
        assert_eq!(hopper.wants(Micros(50)), Some(4));
        hopper.fetched(Micros(0), Vec::new(), 4, None);
        assert!(hopper.is_exhausted());
        hopper.supplied(Micros(70));
        assert!(!hopper.is_exhausted());
        hopper.supplied(Micros(90));
        assert_eq!(hopper.next_due(), Some(Micros(70)), "the sooner one");
    }

    #[test]
    fn what_is_heard_of_during_a_fetch_outlasts_the_fetch() {
        let mut hopper = Hopper::new(Some(4), Span::ZERO);
        hopper.fetching();
        hopper.supplied(Micros(70));
        hopper.fetched(Micros(0), Vec::new(), 4, None);
        assert!(!hopper.is_exhausted());
        assert_eq!(hopper.next_due(), Some(Micros(70)));
    }

    #[test]
    fn an_automatic_level_is_what_was_dialled_within_a_minute_of_late() {
        let mut hopper = Hopper::new(None, Span::ZERO);
        assert_eq!(hopper.wants(Micros(0)), Some(20), "at least");
        let second = |second: u64| Micros(0) + Span::secs(second);
        hopper.fetched(second(0), items(1..=300), 300, None);
        for nth in 0..90 {
            hopper.take(|_| true);
            hopper.is_dialled(second(nth / 2));
        }
        (0..90).for_each(|_| drop(hopper.take(|_| true)));
        assert_eq!(
            hopper.level(second(59)),
            90,
            "in the minute that is under way, whatever else was put off"
        );
        assert_eq!(hopper.level(second(119)), 90, "in the one before");
        assert_eq!(hopper.level(second(120)), 20, "long ago");
        hopper.is_dialled(second(70));
        assert_eq!((hopper.level(second(129)), hopper.level(second(130))), (90, 20));
    }
}
