//! What is ready to be dialled? The hopper: queue items that are claimed for this engine, in dialling order.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::lead::QueueItem;
use crate::words::{AgentId, Micros, Number, QueueId, Span};

/// How many callbacks are asked for at a time, even where the hopper is full.
const CALLBACKS: u32 = 8;

/// One campaign's hopper.
#[derive(Debug, Clone)]
pub(crate) struct Hopper {
    size: u32,
    items: VecDeque<QueueItem>,
    /// Calls that one agent has agreed on, by the time that they were agreed for.
    promises: Vec<QueueItem>,
    /// When the next callback behind it will be due, and the same as heard of while a fetch was under way.
    callback: Option<Micros>,
    unseen_callback: Option<Micros>,
    fetching: bool,
    supply: Supply,
    /// What became due while a fetch was under way, which that fetch may not have seen.
    unseen: Option<Micros>,
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
    pub(crate) const fn new(size: u32) -> Self {
        Self {
            size,
            items: VecDeque::new(),
            promises: Vec::new(),
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

    /// How many items to fetch now, if any: below half it is filled up, and a callback that is due comes in at any time.
    pub(crate) fn wants(&self, now: Micros) -> Option<u32> {
        if self.callback.is_some_and(|at| at <= now) && !self.fetching {
            return Some(core::cmp::Ord::max(self.size.saturating_sub(self.len()), CALLBACKS));
        }
        let supplied = match self.supply {
            Supply::Open => true,
            Supply::Due(at) => at <= now,
            Supply::Dry => false,
        };
        let low = self.len() * 2 <= self.size;
        (low && supplied && !self.fetching).then(|| self.size - self.len())
    }

    pub(crate) const fn fetching(&mut self) {
        self.fetching = true;
    }

    /// Items came; fewer than asked means that the database has no more until `next_due`.
    pub(crate) fn fetched(&mut self, items: Vec<QueueItem>, asked: u32, next_due: Option<Micros>) {
        self.fetching = false;
        self.supply = match next_due {
            _ if items.len() >= asked as usize => Supply::Open,
            Some(at) => Supply::Due(at),
            None => Supply::Dry,
        };
        self.admit(items);
        if let Some(at) = self.unseen.take() {
            self.supplied(at);
        }
    }

    /// The database told when its next callback will be due.
    pub(crate) fn next_callback(&mut self, at: Option<Micros>) {
        self.callback = [at, self.unseen_callback.take()].into_iter().flatten().min();
    }

    /// A callback was written down for an item; what is held of it is out of date.
    pub(crate) fn agreed(&mut self, item: QueueId, at: Micros) {
        self.items.retain(|held| held.id != item);
        self.promises.retain(|held| held.id != item);
        self.supplied(at);
        self.callback = [self.callback, Some(at)].into_iter().flatten().min();
        if self.fetching {
            self.unseen_callback = [self.unseen_callback, Some(at)].into_iter().flatten().min();
        }
    }

    /// Callbacks go ahead of other leads; those that one agent has agreed on wait for that agent.
    fn admit(&mut self, items: Vec<QueueItem>) {
        for item in items {
            match item.callback {
                None => self.items.push_back(item),
                Some(callback) if callback.agent.is_none() => self.go_ahead(item),
                Some(callback) => {
                    let later = |held: &QueueItem| held.callback.is_some_and(|other| other.at > callback.at);
                    let place = self.promises.iter().position(later).unwrap_or(self.promises.len());
                    self.promises.insert(place, item);
                }
            }
        }
    }

    /// Into the line of items behind the callbacks that stand there already.
    fn go_ahead(&mut self, item: QueueItem) {
        let callbacks = self.items.iter().take_while(|held| held.callback.is_some()).count();
        self.items.insert(callbacks, item);
    }

    /// Whether there are calls that one agent has agreed on.
    pub(crate) const fn has_promises(&self) -> bool {
        !self.promises.is_empty()
    }

    /// Calls that one agent has agreed on, and who.
    pub(crate) fn promises(&self) -> impl Iterator<Item = (&QueueItem, AgentId)> + Clone {
        self.promises.iter().filter_map(|item| Some((item, item.callback?.agent?)))
    }

    /// Takes out a call that its agent is ready for.
    pub(crate) fn keep_promise(&mut self, id: QueueId) -> Option<QueueItem> {
        let place = self.promises.iter().position(|item| item.id == id)?;
        Some(self.promises.remove(place))
    }

    /// Calls whose agent did not get ready within `patience`, or is nobody who `works_here`, are anybody's from now on.
    /// Says when the next one will be.
    pub(crate) fn release_promises(
        &mut self,
        now: Micros,
        patience: Span,
        works_here: impl Fn(AgentId) -> bool,
    ) -> Option<Micros> {
        let until = |item: &QueueItem| {
            let callback = item.callback.filter(|callback| callback.agent.is_some_and(&works_here));
            callback.map_or(now, |callback| callback.at + patience)
        };
        let (over, kept): (Vec<_>, Vec<_>) =
            core::mem::take(&mut self.promises).into_iter().partition(|item| until(item) <= now);
        let next = kept.iter().map(until).min();
        self.promises = kept;
        for mut item in over {
            item.callback.iter_mut().for_each(|callback| callback.agent = None);
            self.go_ahead(item);
        }
        next
    }

    /// Items of a fetch that had been given up came after all.
    pub(crate) fn came_late(&mut self, items: Vec<QueueItem>) {
        self.admit(items);
    }

    /// The fetch failed; it may be tried again.
    pub(crate) const fn not_fetched(&mut self) {
        self.fetching = false;
    }

    /// The database may have something sooner than was heard.
    pub(crate) fn supplied(&mut self, at: Micros) {
        if self.fetching {
            self.unseen = Some(self.unseen.map_or(at, |unseen| core::cmp::Ord::min(unseen, at)));
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

    /// Whether neither here nor behind it anything is left to dial.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.items.is_empty() && self.promises.is_empty() && !self.fetching && self.supply == Supply::Dry
    }

    /// The first item whose number may be dialled, leaving those before it where they are.
    pub(crate) fn take(&mut self, may: impl Fn(Number) -> bool) -> Option<QueueItem> {
        let index = self.items.iter().position(|item| may(item.number))?;
        self.items.remove(index)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// An item that could not be dialled after all goes back to the front.
    pub(crate) fn put_back(&mut self, item: QueueItem) {
        if item.callback.is_some_and(|callback| callback.agent.is_some()) {
            return self.admit(alloc::vec![item]);
        }
        self.items.push_front(item);
    }

    /// Takes out all items with such a number.
    pub(crate) fn take_out(&mut self, such: impl Fn(Number) -> bool) -> Vec<QueueId> {
        let taken = self.items.iter().filter(|item| such(item.number)).map(|item| item.id).collect();
        self.items.retain(|item| !such(item.number));
        taken
    }

    /// Everything, to be given back to the database.
    pub(crate) fn empty(&mut self) -> Vec<QueueId> {
        self.supply = Supply::Open;
        self.callback = None;
        self.items.drain(..).chain(self.promises.drain(..)).map(|item| item.id).collect()
    }
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
            attributes: Vec::new(),
            zone: None,
        }
    }

    fn items(ids: impl IntoIterator<Item = u64>) -> Vec<QueueItem> {
        ids.into_iter().map(item).collect()
    }

    #[test]
    fn below_half_it_is_filled_up_by_one_fetch_at_a_time() {
        let mut hopper = Hopper::new(4);
        assert_eq!(hopper.wants(Micros(0)), Some(4));
        hopper.fetching();
        assert_eq!(hopper.wants(Micros(0)), None, "one is under way");
        hopper.fetched(items(1..=4), 4, None);
        assert_eq!(hopper.wants(Micros(0)), None, "full");
        assert_eq!(hopper.take(|_| true).map(|item| item.id), Some(QueueId(1)));
        assert_eq!(hopper.wants(Micros(0)), None, "more than half full");
        hopper.take(|_| true);
        assert_eq!(hopper.wants(Micros(0)), Some(2));
    }

    #[test]
    fn what_may_not_be_dialled_stays_in_its_place() {
        let mut hopper = Hopper::new(4);
        hopper.fetched(items(1..=3), 4, None);
        let first = item(1).number;
        let second = hopper.take(|number| number != first).expect("the second");
        assert_eq!(second.id, QueueId(2));
        hopper.put_back(second);
        assert_eq!(hopper.empty(), [QueueId(2), QueueId(1), QueueId(3)]);
        assert!(hopper.is_empty());
    }

    #[test]
    fn fewer_than_asked_for_means_none_until_due_and_none_due_means_dry() {
        let mut hopper = Hopper::new(4);
        hopper.fetched(Vec::new(), 4, Some(Micros(50)));
        assert_eq!((hopper.wants(Micros(49)), hopper.next_due()), (None, Some(Micros(50))));
        assert_eq!(hopper.wants(Micros(50)), Some(4));
        hopper.fetched(Vec::new(), 4, None);
        assert!(hopper.is_exhausted());
        hopper.supplied(Micros(70));
        assert!(!hopper.is_exhausted());
        hopper.supplied(Micros(90));
        assert_eq!(hopper.next_due(), Some(Micros(70)), "the sooner one");
    }

    #[test]
    fn what_is_heard_of_during_a_fetch_outlasts_the_fetch() {
        let mut hopper = Hopper::new(4);
        hopper.fetching();
        hopper.supplied(Micros(70));
        hopper.fetched(Vec::new(), 4, None);
        assert!(!hopper.is_exhausted());
        assert_eq!(hopper.next_due(), Some(Micros(70)));
    }
}
