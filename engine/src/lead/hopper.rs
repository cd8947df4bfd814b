//! What is ready to be dialled? The hopper: queue items that are claimed for this engine, in dialling order.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::lead::QueueItem;
use crate::words::{Micros, Number, QueueId};

/// One campaign's hopper.
#[derive(Debug, Clone)]
pub(crate) struct Hopper {
    size: u32,
    items: VecDeque<QueueItem>,
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
        Self { size, items: VecDeque::new(), fetching: false, supply: Supply::Open, unseen: None }
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX)
    }

    /// How many items to fetch now, if any: below half it is filled up.
    pub(crate) fn wants(&self, now: Micros) -> Option<u32> {
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
        self.items.extend(items);
        if let Some(at) = self.unseen.take() {
            self.supplied(at);
        }
    }

    /// Items of a fetch that had been given up came after all.
    pub(crate) fn came_late(&mut self, items: Vec<QueueItem>) {
        self.items.extend(items);
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
        self.items.is_empty() && !self.fetching && self.supply == Supply::Dry
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
        self.items.drain(..).map(|item| item.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::LeadId;

    fn item(id: u64) -> QueueItem {
        let number = Number::parse(&alloc::format!("555{id:04}")).expect("a number");
        QueueItem {
            id: QueueId(id),
            lead: LeadId(id),
            number,
            attempts: 0,
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
