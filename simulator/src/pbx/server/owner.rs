//! The task that owns the model: takes one thing in, drains what comes out, sleeps until something is due.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::super::{Content, Fault, Invite, Order, Pbx, Reply, Request, Served, SessionId, Ticket};

/// What the other tasks ask of the owner. An answer that never comes is a reply that never comes.
#[derive(Debug)]
pub(super) enum Ask {
    Http { request: Request, answer: oneshot::Sender<Answer> },
    Connect { apps: Vec<String>, subscribe_all: bool, answer: oneshot::Sender<Connection> },
    Disconnect { session: SessionId },
    Inject { fault: Fault, done: oneshot::Sender<()> },
    Log { answer: oneshot::Sender<Vec<Invite>> },
}

/// A reply, and the events that have to be on the wire before it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) events_before: Vec<oneshot::Receiver<()>>,
}

/// One event socket's end of the line. The line closes when the PBX breaks the socket.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) lines: mpsc::UnboundedReceiver<Line>,
    pub(super) farewell: Farewell,
}

/// Ends the session when it is dropped: with its socket, or when there never comes to be one.
#[derive(Debug)]
pub(super) struct Farewell {
    session: SessionId,
    asks: mpsc::UnboundedSender<Ask>,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        drop(self.asks.send(Ask::Disconnect { session: self.session }));
    }
}

/// One event as text.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    /// Told when the event is on the wire.
    pub(super) sent: Option<oneshot::Sender<()>>,
}

/// Beyond these, products of times leave the range of a duration.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

/// Real time as the model's microseconds.
#[derive(Debug)]
pub(super) struct Clock {
    started_at: Instant,
    speed: f64,
}

impl Clock {
    pub(super) fn new(speed: f64) -> io::Result<Self> {
        if SPEEDS.contains(&speed) {
            Ok(Self { started_at: Instant::now(), speed })
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "speed must be between 0.001 and 1000000"))
        }
    }

    fn now(&self) -> u64 {
        let elapsed = self.started_at.elapsed().mul_f64(self.speed);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }

    /// How long to sleep until the model's clock shows `at`.
    fn wait_for(&self, at: u64) -> Duration {
        let wait = Duration::from_micros(at.saturating_sub(self.now()));
        // Nobody waits longer than that without being woken, and it keeps the division in range.
        wait.min(Duration::from_secs(3_600)).div_f64(self.speed)
    }
}

pub(super) struct Owner {
    pbx: Pbx,
    clock: Clock,
    sockets: BTreeMap<SessionId, mpsc::UnboundedSender<Line>>,
    /// Who waits for replies that come later.
    put_off: BTreeMap<Ticket, oneshot::Sender<Answer>>,
    silence: watch::Sender<bool>,
    /// Its own address, for the farewells of sessions.
    asks: mpsc::UnboundedSender<Ask>,
}

impl Owner {
    pub(super) fn new(
        pbx: Pbx,
        clock: Clock,
        silence: watch::Sender<bool>,
        asks: mpsc::UnboundedSender<Ask>,
    ) -> Self {
        Self { pbx, clock, sockets: BTreeMap::new(), put_off: BTreeMap::new(), silence, asks }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Ask>, stop: watch::Receiver<bool>) {
        let stopped = super::stopped(stop);
        tokio::pin!(stopped);
        loop {
            let wait = self.pbx.poll_timeout().map(|at| self.clock.wait_for(at));
            tokio::select! {
                () = &mut stopped => return,
                Some(ask) = inbox.recv() => self.take(ask),
                () = sleep(wait) => self.catch_up(),
            }
            self.silence
                .send_if_modified(|silent| std::mem::replace(silent, self.pbx.is_silent()) != *silent);
        }
    }

    /// Brings the model to the present.
    fn catch_up(&mut self) {
        self.pbx.handle_timeout(self.clock.now());
        self.deliver();
    }

    fn take(&mut self, ask: Ask) {
        self.catch_up();
        let now = self.clock.now();
        match ask {
            Ask::Http { request, answer } => {
                let served = self.pbx.handle(now, &request);
                let events_before = self.deliver();
                match served {
                    Served::Now(reply) => drop(answer.send(Answer { reply, events_before })),
                    Served::Later(ticket) => drop(self.put_off.insert(ticket, answer)),
                    Served::Never => {}
                }
            }
            Ask::Connect { apps, subscribe_all, answer } => self.connect(now, &apps, subscribe_all, answer),
            Ask::Disconnect { session } => {
                self.pbx.disconnect(now, session);
                self.sockets.remove(&session);
            }
            Ask::Inject { fault, done } => {
                self.pbx.inject(now, fault);
                let _ = done.send(());
            }
            Ask::Log { answer } => {
                let _ = answer.send(self.pbx.log().to_vec());
            }
        }
        self.deliver();
    }

    fn connect(
        &mut self,
        now: u64,
        apps: &[String],
        subscribe_all: bool,
        answer: oneshot::Sender<Connection>,
    ) {
        let Some(session) = self.pbx.connect(now, apps, subscribe_all) else {
            return;
        };
        let (sender, lines) = mpsc::unbounded_channel();
        self.sockets.insert(session, sender);
        let farewell = Farewell { session, asks: self.asks.clone() };
        // If nobody takes it, the farewell comes back as a request.
        let _ = answer.send(Connection { lines, farewell });
    }

    /// Hands everything outgoing to its socket; returns word of those that a reply has to wait for.
    fn deliver(&mut self) -> Vec<oneshot::Receiver<()>> {
        let mut before_reply = Vec::new();
        while let Some(outgoing) = self.pbx.poll_event() {
            let event = match outgoing.content {
                Content::Event(event) => event,
                Content::Close => {
                    self.sockets.remove(&outgoing.session);
                    continue;
                }
            };
            let sent = (outgoing.order == Order::BeforeReply).then(|| {
                let (sent, is_sent) = oneshot::channel();
                before_reply.push(is_sent);
                sent
            });
            if let Some(socket) = self.sockets.get(&outgoing.session) {
                drop(socket.send(Line { text: event.to_string(), sent }));
            }
        }
        while let Some((ticket, reply)) = self.pbx.poll_reply() {
            if let Some(answer) = self.put_off.remove(&ticket) {
                drop(answer.send(Answer { reply, events_before: Vec::new() }));
            }
        }
        before_reply
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
