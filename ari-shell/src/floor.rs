//! The floor: the one loop that owns the engine, and the handle by which everything else talks to it.
//!
//! One fact in, [`Engine::handle`], all commands out, one timer armed. The loop decides nothing about dialling, and
//! nothing leaves it by `?`: a failure of one request comes back as a fact like any other.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;

use engine::view::View;
use engine::words::{AskId, Micros};
use engine::{Command, Denial, Engine, Event, Wish};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::ari::{Executor, Item, News, Stream, Translator};
use crate::clock::Clock;
use crate::hopper::{Hopper, Standing};
use crate::journal::Journal;
use crate::outbox::{Outbox, SinkStanding};
use crate::store::Writer;

/// A way to the floor; cheap to clone. All of them gone does not stop the floor.
#[derive(Debug, Clone)]
pub struct Floor {
    calls: mpsc::UnboundedSender<Call>,
    hopper: Option<Hopper>,
    outbox: Option<Outbox>,
}

/// What can be asked of the floor.
#[derive(Debug)]
pub(crate) enum Call {
    Ask { wish: Wish, answer: oneshot::Sender<Result<(), Denial>> },
    View { answer: oneshot::Sender<View> },
}

/// The floor has ended and answers nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the dialer is shutting down")]
pub struct FloorGone;

impl Floor {
    /// A way to a floor, and that floor's end of it.
    pub(crate) fn channel() -> (Self, mpsc::UnboundedReceiver<Call>) {
        let (calls, inbox) = mpsc::unbounded_channel();
        (Self { calls, hopper: None, outbox: None }, inbox)
    }

    /// The same, which also tells where leads are held ready.
    #[must_use]
    pub(crate) fn holding(self, hopper: Hopper) -> Self {
        Self { hopper: Some(hopper), ..self }
    }

    /// The same, which also tells how those stand who are told of calls.
    #[must_use]
    pub(crate) fn telling(self, outbox: Outbox) -> Self {
        Self { outbox: Some(outbox), ..self }
    }

    /// How those stand who are told of calls.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkStanding> {
        self.outbox.as_ref().map_or_else(Vec::new, Outbox::standing)
    }

    /// Where leads are held ready just now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.hopper.as_ref().map_or(Standing::Database, Hopper::standing)
    }

    /// Asks the engine for something and waits for its reply.
    ///
    /// # Errors
    /// [`FloorGone`] where the floor has ended before it replied.
    pub async fn ask(&self, wish: Wish) -> Result<Result<(), Denial>, FloorGone> {
        let (answer, reply) = oneshot::channel();
        self.calls.send(Call::Ask { wish, answer }).map_err(|_| FloorGone)?;
        reply.await.map_err(|_| FloorGone)
    }

    /// Whether the floor has ended and answers nothing any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.calls.is_closed()
    }

    /// The floor as it is now.
    ///
    /// # Errors
    /// [`FloorGone`] where the floor has ended.
    pub async fn view(&self) -> Result<View, FloorGone> {
        let (answer, view) = oneshot::channel();
        self.calls.send(Call::View { answer }).map_err(|_| FloorGone)?;
        view.await.map_err(|_| FloorGone)
    }
}

/// Everything that the loop drives.
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) clock: Clock,
    pub(crate) stream: Stream,
    pub(crate) translator: Translator,
    pub(crate) executor: Executor,
    pub(crate) writer: Writer,
    /// Answers of the executor and of the writer.
    pub(crate) answers: mpsc::UnboundedReceiver<Event>,
    pub(crate) calls: mpsc::UnboundedReceiver<Call>,
    pub(crate) journal: Option<Journal>,
}

/// How the floor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was closed and nothing is left.
    Closed,
    /// It was told to leave at once; what it left is taken up by the next one.
    Left,
    /// Another process took over the application; this one must not touch anything any more.
    Replaced,
}

/// What the loop heard.
enum Heard {
    Fact(Event),
    Call(Call),
    Stream(Option<Item>),
    Timer,
    Leave,
}

/// Runs the floor until it is closed and at rest, or until `leave` is over.
pub(crate) async fn run(
    parts: Parts,
    first: Event,
    leave: impl Future<Output = ()>,
) -> (Ended, Option<Journal>, Writer) {
    let mut leave = pin!(leave);
    let mut desk =
        Desk { parts, asked: BTreeMap::new(), next_ask: 0, connected: false, watches: JoinSet::new() };
    desk.handle(first);
    let ended = loop {
        if desk.parts.engine.at_rest() {
            break Ended::Closed;
        }
        let wake = desk.parts.engine.poll_timeout().map(|(at, _)| at);
        let heard = tokio::select! {
            biased;
            () = &mut leave => Heard::Leave,
            item = desk.parts.stream.next() => Heard::Stream(item),
            Some(fact) = desk.parts.answers.recv() => Heard::Fact(fact),
            // Before what is asked from outside: whoever asks without end must not hold a deadline up.
            () = until(&desk.parts.clock, wake) => Heard::Timer,
            Some(call) = desk.parts.calls.recv() => Heard::Call(call),
        };
        match heard {
            Heard::Fact(event) => desk.handle(event),
            Heard::Call(call) => desk.answer(call),
            Heard::Timer => desk.handle(Event::Woke),
            Heard::Leave => break Ended::Left,
            Heard::Stream(Some(item)) if !matches!(item.news, News::Replaced) => desk.hear(&item.news),
            Heard::Stream(_) => break Ended::Replaced,
        }
    };
    (ended, desk.parts.journal, desk.parts.writer)
}

async fn until(clock: &Clock, at: Option<Micros>) {
    match at {
        Some(at) => clock.reach(at).await,
        None => std::future::pending().await,
    }
}

struct Desk {
    parts: Parts,
    asked: BTreeMap<AskId, oneshot::Sender<Result<(), Denial>>>,
    next_ask: u64,
    connected: bool,
    /// The looks at the trunks, while there is a connection.
    watches: JoinSet<()>,
}

impl Desk {
    /// What the event stream tells, in its order.
    fn hear(&mut self, news: &News) {
        let event = match news {
            News::Connected { epoch } => {
                tracing::info!(epoch, "connected to Asterisk");
                self.connected = true;
                self.watches = self.parts.executor.watch_trunks();
                Some(Event::LinkUp)
            }
            News::Lost { why, .. } => {
                tracing::warn!(%why, "no connection to Asterisk");
                self.watches = JoinSet::new();
                // Only the first loss after a connection is news; the failed attempts to connect again are not.
                std::mem::take(&mut self.connected).then_some(Event::LinkLost)
            }
            News::Event(event) => self.parts.translator.event(event),
            News::Malformed(malformed) => {
                tracing::warn!(%malformed, raw = malformed.raw, "a message from Asterisk could not be read");
                Some(self.parts.translator.malformed(malformed))
            }
            News::Replaced => None,
        };
        if let Some(event) = event {
            self.handle(event);
        }
    }

    fn answer(&mut self, call: Call) {
        match call {
            // Whoever asked may have gone; then nobody misses the answer.
            Call::View { answer } => drop(answer.send(self.parts.engine.view())),
            Call::Ask { wish, answer } => {
                self.next_ask += 1;
                let ask = AskId(self.next_ask);
                self.asked.insert(ask, answer);
                self.handle(Event::Asked { ask, wish });
            }
        }
    }

    /// One fact in, all commands out.
    fn handle(&mut self, event: Event) {
        let now = self.parts.clock.now();
        if let Some(journal) = &mut self.parts.journal
            && let Err(error) = journal.event(now, &event)
        {
            tracing::error!(%error, "the journal cannot be written and is given up");
            self.parts.journal = None;
        }
        self.parts.engine.handle(now, event);
        while let Some(command) = self.parts.engine.poll_command() {
            if let Some(journal) = &mut self.parts.journal {
                journal.command(&command);
            }
            self.dispatch(command);
        }
    }

    fn dispatch(&mut self, command: Command) {
        if let Command::Reply { ask, answer } = command {
            let asker = self.asked.remove(&ask).expect("the engine replies only to what was asked");
            return drop(asker.send(answer));
        }
        if let Err(command) = self.parts.executor.start(command) {
            let done = self.parts.writer.submit(*command);
            assert!(done.is_ok(), "a command is for the PBX, the database or an asker: {done:?}");
        }
    }
}
