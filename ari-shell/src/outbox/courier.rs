//! The courier of one sink: takes what is due, sends several events at a time, and writes down what came of them.
//!
//! Many rows are taken by one transaction and marked by one, and while some are on their way the next are taken. As long as
//! the receiver answers quickly more are taken each time; where it is slow, no more than it is asked at a time, so that
//! another node finds something to send.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine::words::{Micros, Span};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::sink::{Refused, Sink};
use crate::rest::{Rest, jittered};
use crate::store::{Came, Letter, Sent, Store, StoreError};

/// Rows taken, or marked, by one transaction at most. More would not be faster, and a call that is to be saved waits for it.
const BATCH: usize = 256;

/// How long a row is taken for, beside the time that the receiver has to answer.
const LEASE: Span = Span::secs(60);

/// How often an outbox that is empty is looked into.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long what came of an event may wait to be written down together with others.
const MARK_WITHIN: Duration = Duration::from_millis(50);

/// How long a database that has failed is left alone.
const DATABASE_REST: Duration = Duration::from_secs(1);

/// A batch that is sent within this time may be followed by a larger one.
const QUICKLY: Duration = Duration::from_secs(1);

/// A receiver that refuses so many events in a row, and takes none meanwhile, is in trouble.
const REFUSALS: u32 = 10;

/// A receiver that fails so often in a row is left alone, or one that fails as often as it may be asked at a time, where that is
/// less.
const FAILURES: u32 = 4;

/// The first wait of an event that failed.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// What a courier has done, and how its receiver is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) delivered: u64,
    pub(super) failed: u64,
    pub(super) trouble: Option<String>,
}

pub(super) struct Courier {
    store: Store,
    sink: Arc<Sink>,
    tell: watch::Sender<Manner>,
    /// Rows that are taken and not sent yet, and until when they are ours.
    hand: VecDeque<(Letter, Micros)>,
    flight: JoinSet<(Letter, Result<(), Refused>)>,
    done: Vec<Sent>,
    /// When what is done is to be written down.
    mark_at: Option<Instant>,
    /// When to look for more.
    look_at: Instant,
    /// How many were asked for when rows were last taken, whether there were as many, and when that was.
    batch: usize,
    had_all: bool,
    taken_at: Instant,
    rest: Rest,
    /// Failures of the receiver as a whole since it last answered otherwise.
    failures: u32,
    /// Events that it has refused since it last took one.
    refusals: u32,
}

impl Courier {
    pub(super) fn new(store: Store, sink: Sink, tell: watch::Sender<Manner>) -> Self {
        let now = Instant::now();
        Self {
            store,
            batch: sink.delivery().connections as usize,
            sink: Arc::new(sink),
            tell,
            hand: VecDeque::new(),
            flight: JoinSet::new(),
            done: Vec::new(),
            mark_at: None,
            look_at: now,
            had_all: false,
            taken_at: now,
            rest: Rest::default(),
            failures: 0,
            refusals: 0,
        }
    }

    /// Delivers until it is told by when to leave, and then what is due until then.
    pub(super) async fn run(mut self, mut left: watch::Receiver<Option<Instant>>) {
        let mut end: Option<Instant> = None;
        while end.is_none_or(|end| Instant::now() < end) {
            self.mark().await;
            self.take().await;
            self.launch();
            if end.is_some() && self.is_idle() {
                break;
            }
            let wake = end.map_or(self.next(), |end| end.min(self.next()));
            tokio::select! {
                _ = left.changed(), if end.is_none() => {
                    // Whoever is dropped without a word leaves at once.
                    end = left.borrow().or(Some(Instant::now()));
                    self.look_at = Instant::now();
                }
                Some(came) = self.flight.join_next() => {
                    let (letter, answer) = came.expect("no delivery panics, and none is cancelled");
                    self.back(&letter, answer);
                }
                () = sleep_until(wake) => {}
            }
        }
        // What is on its way may have arrived, or not: it is sent again, under its key.
        self.flight.abort_all();
        self.mark_at = Some(Instant::now());
        self.mark().await;
    }

    /// Whether there is nothing to be done just now.
    fn is_idle(&self) -> bool {
        let now = Instant::now();
        let nothing_there = self.hand.is_empty() && now < self.look_at;
        self.flight.is_empty() && self.done.is_empty() && (nothing_there || self.rest.lasts(now))
    }

    /// How many may be on their way: one alone while nobody knows whether the receiver works again.
    fn lines(&self) -> usize {
        if self.rest.troubled() { 1 } else { self.sink.delivery().connections as usize }
    }

    /// Whether one more may be sent, and what came of it kept until it is written down.
    fn has_room(&self) -> bool {
        self.flight.len() < self.lines() && self.done.len() < 2 * BATCH
    }

    /// Writes down what came of events, where that is due.
    async fn mark(&mut self) {
        if self.mark_at.is_none_or(|at| Instant::now() < at) {
            return;
        }
        let count = self.done.len().min(BATCH);
        match self.store.settle_letters(self.sink.name(), &self.done[..count]).await {
            Ok(()) => {
                self.done.drain(..count);
                self.mark_at = (!self.done.is_empty()).then(Instant::now);
            }
            Err(problem) => {
                let sink = self.sink.name();
                self.store.cannot(&problem, format_args!("what {sink} was told is not written down yet"));
                self.mark_at = Some(Instant::now() + DATABASE_REST);
            }
        }
    }

    /// Takes more where some may be sent at once.
    async fn take(&mut self) {
        let now = Instant::now();
        if !self.hand.is_empty() || !self.has_room() || now < self.look_at || self.rest.lasts(now) {
            return;
        }
        let quick = self.had_all && now.duration_since(self.taken_at) < QUICKLY;
        let most = self.sink.delivery().connections as usize;
        self.batch = if quick { (self.batch * 2).min(BATCH) } else { most };
        let count = if self.rest.troubled() { 1 } else { self.batch };
        match self.take_letters(count).await {
            Ok(taken) => {
                // As many as were asked for say that there are more.
                self.had_all = taken == count;
                self.look_at = if self.had_all { now } else { now + LOOK_EVERY };
                self.taken_at = Instant::now();
            }
            Err(problem) => {
                let sink = self.sink.name();
                self.store.cannot(&problem, format_args!("what waits for {sink} cannot be read"));
                self.look_at = now + DATABASE_REST;
            }
        }
    }

    async fn take_letters(&mut self, count: usize) -> Result<usize, StoreError> {
        if !self.store.has_letters(self.sink.name()).await? {
            return Ok(0);
        }
        let until = self.store.clock().now() + LEASE + self.sink.delivery().timeout;
        let letters = self.store.take_letters(self.sink.name(), count, until).await?;
        self.hand.extend(letters.into_iter().map(|letter| (letter, until)));
        Ok(self.hand.len())
    }

    /// Sends as many as may be on their way. Of those that would not be answered as long as they are ours none is sent.
    fn launch(&mut self) {
        while !self.rest.lasts(Instant::now()) && self.flight.len() < self.lines() {
            let Some((letter, until)) = self.hand.pop_front() else { return };
            let now = self.store.clock().now();
            if now + self.sink.delivery().timeout < until {
                let sink = Arc::clone(&self.sink);
                let seconds = self.store.clock().wall().0 / 1_000_000;
                self.flight.spawn(async move {
                    let answer = sink.deliver(&letter, seconds).await;
                    (letter, answer)
                });
            }
        }
    }

    /// When something is to be done without anything having come back.
    fn next(&self) -> Instant {
        let look = self.rest.until().map_or(self.look_at, |until| until.max(self.look_at));
        let look = if self.has_room() { look } else { Instant::now() + LOOK_EVERY };
        self.mark_at.map_or(look, |mark| mark.min(look))
    }

    /// Takes note of an answer.
    fn back(&mut self, letter: &Letter, answer: Result<(), Refused>) {
        let came = match answer {
            Ok(()) => {
                self.works();
                Came::Delivered
            }
            Err(refused) => {
                if refused.all {
                    self.fails(&refused.trouble)
                } else {
                    self.refuses(&refused.trouble)
                }
                self.again(letter, refused)
            }
        };
        self.tell.send_modify(|manner| match came {
            Came::Delivered => manner.delivered += 1,
            Came::Failed { .. } | Came::Dead { .. } => manner.failed += 1,
        });
        self.done.push(Sent { attempt: letter.attempt, seq: letter.seq, came });
        let now = Instant::now();
        if self.done.len() == BATCH {
            self.mark_at = Some(now);
        }
        self.mark_at.get_or_insert(now + MARK_WITHIN);
    }

    /// What becomes of an event that was not taken.
    fn again(&self, letter: &Letter, Refused { trouble, wait, .. }: Refused) -> Came {
        let delivery = self.sink.delivery();
        let now = self.store.clock().now();
        if letter.tries + 1 >= delivery.attempts || now >= letter.since + delivery.give_up_after {
            let Letter { attempt, seq, kind, tries, .. } = letter;
            let sink = self.sink.name();
            tracing::error!(sink, %attempt, seq, kind, tries = tries + 1, trouble, "an event is given up");
            return Came::Dead { trouble };
        }
        let longest = Duration::from_micros(delivery.longest_wait.0);
        let doubled = FIRST_WAIT.saturating_mul(1 << letter.tries.min(20)).min(longest);
        let rest = jittered(doubled).max(wait.unwrap_or_default().min(longest));
        Came::Failed { again: now + Span(u64::try_from(rest.as_micros()).unwrap_or(u64::MAX)), trouble }
    }

    fn works(&mut self) {
        self.refusals = 0;
        self.answers();
        let trouble = self.tell.send_if_modified(|manner| manner.trouble.take().is_some());
        if trouble {
            tracing::info!(sink = self.sink.name(), "the receiver works again");
        }
    }

    /// It need not be left alone any more.
    fn answers(&mut self) {
        self.failures = 0;
        self.rest.worked();
    }

    /// It may take the next event, and is sent as many as ever. Whether it works, only one that it takes can tell.
    fn refuses(&mut self, trouble: &str) {
        self.answers();
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals >= REFUSALS {
            self.is_in(trouble);
        }
    }

    /// Several failures in a row, or one of a receiver that is being tried out, say that it is better left alone.
    fn fails(&mut self, trouble: &str) {
        self.failures += 1;
        let now = Instant::now();
        let enough = FAILURES.min(self.sink.delivery().connections);
        if self.failures < enough && !self.rest.troubled() || self.rest.lasts(now) {
            return;
        }
        self.rest.failed(now);
        self.is_in(trouble);
    }

    fn is_in(&self, trouble: &str) {
        let first = self.tell.send_if_modified(|manner| manner.trouble.replace(trouble.to_owned()).is_none());
        if first {
            tracing::warn!(sink = self.sink.name(), trouble, "the receiver does not work; events wait");
        }
    }
}
