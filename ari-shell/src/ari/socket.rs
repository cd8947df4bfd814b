//! The event socket as one ordered stream.
//!
//! What happens to the connection travels in the same queue as the events: a reader that has seen
//! [`News::Connected`] knows that all events up to the next [`News::Lost`] belong to that connection, and that what
//! happened between a `Lost` and the next `Connected` was never sent.
//!
//! The task behind the stream reads, decodes and enqueues, nothing else: Asterisk cuts off a client that does not read
//! for a tenth of a second (`websocket_write_timeout`). The queue is therefore unbounded; [`Stream::waiting`] tells
//! how far behind its reader is.
//!
//! Asterisk never pings a socket, so the client does, and takes silence for a lost connection. It never sends a Pong
//! that nobody asked for: that crashes Asterisk 22.11.0-rc1.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use reqwest::StatusCode;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::http::{Client, Server};
use super::reply::Error;
use super::wire::{self, Body, Event, Malformed};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The times of a [`Stream`] and what it does not want to hear.
#[derive(Debug, Clone)]
pub struct SocketConfig {
    /// How long a connection attempt may take, the upgrade included.
    pub connect_max: Duration,
    /// How often to ping; more than zero.
    pub ping_every: Duration,
    /// How long the server may be silent before the connection counts as lost. At least two pings long.
    pub silence_max: Duration,
    /// The wait before the first attempt to reconnect. Short: while there is no socket, Asterisk hangs up on everybody
    /// who answers.
    pub backoff_min: Duration,
    /// Where doubling the wait ends.
    pub backoff_max: Duration,
    /// Types of events that Asterisk shall not send.
    pub disallowed: Vec<String>,
}

/// What says nothing that a dialer acts upon. To make an event, send it and read it costs Asterisk and us more than
/// anything that is done about it.
const DISALLOWED: [&str; 9] = [
    "ChannelVarset",
    "ChannelDialplan",
    "ChannelConnectedLine",
    "ChannelCallerId",
    "ChannelHangupRequest",
    "StasisEnd",
    "BridgeCreated",
    "BridgeDestroyed",
    "PlaybackStarted",
];

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            connect_max: Duration::from_secs(2),
            ping_every: Duration::from_secs(5),
            silence_max: Duration::from_secs(10),
            backoff_min: Duration::from_millis(50),
            backoff_max: Duration::from_secs(5),
            disallowed: DISALLOWED.map(str::to_owned).to_vec(),
        }
    }
}

/// One item of the stream.
#[derive(Debug, Clone)]
pub struct Item {
    /// When it arrived here.
    pub at: Instant,
    /// What it is.
    pub news: News,
}

/// What the stream has to tell.
///
/// Attempts to connect are numbered from 1. Each ends in one [`News::Lost`] with its number, unless the stream ends in
/// [`News::Replaced`]; an attempt that succeeds says [`News::Connected`] first.
#[derive(Debug, Clone)]
pub enum News {
    /// Events arrive, and the event filter is in force.
    Connected {
        /// Number of the attempt.
        epoch: u64,
    },
    /// An event. Never [`Body::ApplicationReplaced`].
    Event(Event),
    /// A message that cannot be decoded.
    Malformed(Malformed),
    /// There is no connection (any more); the next attempt follows by itself.
    Lost {
        /// Number of the attempt.
        epoch: u64,
        /// What happened.
        why: WhyLost,
    },
    /// Another process took over the application. The stream ends here and does not reconnect: two processes would
    /// take the application from each other for ever, and both would dial.
    Replaced,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyLost {
    /// User or password are wrong. Trying again will not help before somebody changes something.
    #[error("user or password refused")]
    Unauthorized,
    /// The server does not open a socket: no ARI at this address, or no such user.
    #[error("connection refused with status {status}")]
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// The server does not let itself be reached in time.
    #[error("no connection within the deadline")]
    ConnectDeadline,
    /// Connected, but the event filter could not be set.
    #[error("event filter: {0}")]
    Filter(Error),
    /// The server closed the connection.
    #[error("closed by the server")]
    Closed,
    /// The server said nothing for too long, not even in reply to pings.
    #[error("the server fell silent")]
    Silent,
    /// The network or the protocol failed.
    #[error("{0}")]
    Io(String),
}

/// The stream of events and of what happens to their connection. Dropping it closes the connection.
#[derive(Debug)]
pub struct Stream {
    items: mpsc::UnboundedReceiver<Item>,
    task: AbortHandle,
}

impl Stream {
    /// Starts to connect as the application `app`, without subscribing to all events of the server. The `client` sets the
    /// event filter after each connect. Must be called within a tokio runtime.
    #[must_use]
    pub fn open(server: Server, client: Client, app: impl Into<String>, config: SocketConfig) -> Self {
        let (sender, items) = mpsc::unbounded_channel();
        let app = app.into();
        let task = tokio::spawn(Reader { server, client, app, config, sender }.run()).abort_handle();
        Self { items, task }
    }

    /// The next item; `None` after [`News::Replaced`]. Cancel-safe.
    pub async fn next(&mut self) -> Option<Item> {
        self.items.recv().await
    }

    /// How many items wait to be read.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.items.len()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Reader {
    server: Server,
    client: Client,
    app: String,
    config: SocketConfig,
    sender: mpsc::UnboundedSender<Item>,
}

/// Why a connection ended.
enum End {
    Lost(WhyLost),
    Replaced,
    /// Nobody reads the stream any more.
    Unread,
}

impl From<WhyLost> for End {
    fn from(why: WhyLost) -> Self {
        Self::Lost(why)
    }
}

impl Reader {
    async fn run(self) {
        let mut failures = 0;
        for epoch in 1.. {
            let start = Instant::now();
            let Err(end) = self.attempt(epoch).await;
            match end {
                End::Unread => return,
                End::Replaced => {
                    // Nobody left to tell is as good as told.
                    let _ = self.tell(News::Replaced);
                    return;
                }
                End::Lost(why) => {
                    tracing::warn!(epoch, %why, "event socket lost");
                    if self.tell(News::Lost { epoch, why }).is_err() {
                        return;
                    }
                }
            }
            // A connection that lives for less than the longest wait has not shown that the server is well.
            let well = start.elapsed() > self.config.backoff_max;
            failures = if well { 1 } else { failures + 1 };
            sleep(backoff(&self.config, failures, random_ppm())).await;
        }
    }

    async fn attempt(&self, epoch: u64) -> Result<std::convert::Infallible, End> {
        let mut socket = self.connect().await?;
        let filter = self.client.event_filter(&self.app, &self.config.disallowed).await;
        filter.map_err(WhyLost::Filter)?;
        self.tell(News::Connected { epoch })?;
        self.read(&mut socket).await
    }

    async fn connect(&self) -> Result<Socket, WhyLost> {
        let request = self.upgrade().map_err(|e| WhyLost::Io(e.to_string()))?;
        let connected = timeout(self.config.connect_max, connect_async(request)).await;
        let (socket, _) = connected.map_err(|_| WhyLost::ConnectDeadline)?.map_err(why_lost)?;
        Ok(socket)
    }

    fn upgrade(&self) -> Result<Request, Box<dyn std::error::Error>> {
        let query = [("app", self.app.clone()), ("subscribeAll", "false".to_owned())];
        let mut url = self.server.url(&["events"], &query)?;
        url.set_scheme("ws").map_err(|()| "not an http address")?;
        let mut request = url.as_str().into_client_request()?;
        request.headers_mut().insert("Authorization", self.server.authorization());
        Ok(request)
    }

    /// Reads until the end. Any frame proves that the server lives, also the Pong to our Ping.
    async fn read(&self, socket: &mut Socket) -> Result<std::convert::Infallible, End> {
        let mut pings = interval(self.config.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent_at = tokio::time::Instant::now() + self.config.silence_max;
        loop {
            tokio::select! {
                frame = timeout_at(silent_at, socket.next()) => {
                    let frame = frame.map_err(|_| WhyLost::Silent)?;
                    self.take(frame.ok_or(WhyLost::Closed)?.map_err(why_lost)?)?;
                    silent_at = tokio::time::Instant::now() + self.config.silence_max;
                }
                _ = pings.tick() => {
                    let ping = timeout_at(silent_at, socket.send(Message::Ping(Vec::new().into()))).await;
                    ping.map_err(|_| WhyLost::Silent)?.map_err(why_lost)?;
                }
            }
        }
    }

    fn take(&self, message: Message) -> Result<(), End> {
        match message {
            Message::Text(text) => match wire::decode(&text) {
                Ok(event) if event.body == Body::ApplicationReplaced => Err(End::Replaced),
                Ok(event) => self.tell(News::Event(event)),
                Err(malformed) => self.tell(News::Malformed(malformed)),
            },
            Message::Binary(bytes) => self.tell(News::Malformed(Malformed {
                kind: None,
                channel: None,
                why: "a binary message".to_owned(),
                raw: String::from_utf8_lossy(&bytes).into_owned(),
            })),
            // The library answers a Ping by itself and reports the end of the stream after a Close.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(()),
        }
    }

    fn tell(&self, news: News) -> Result<(), End> {
        let item = Item { at: Instant::now(), news };
        self.sender.send(item).map_err(|_| End::Unread)
    }
}

fn why_lost(error: tungstenite::Error) -> WhyLost {
    use tungstenite::Error::{
        AlreadyClosed, AttackAttempt, Capacity, ConnectionClosed, Http, HttpFormat, Io, Protocol, Tls, Url,
        Utf8, WriteBufferFull,
    };
    match error {
        Http(reply) => match reply.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => WhyLost::Unauthorized,
            status => WhyLost::Refused { status: status.as_u16() },
        },
        ConnectionClosed | AlreadyClosed | Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            WhyLost::Closed
        }
        error @ (Io(_) | Tls(_) | Capacity(_) | Protocol(_) | WriteBufferFull(_) | Utf8(_)
        | AttackAttempt | Url(_) | HttpFormat(_)) => WhyLost::Io(error.to_string()),
    }
}

/// The wait before the next attempt: doubled with each failure (from 1), and up to a quarter longer at random, so that several
/// clients do not come back at the same moment.
fn backoff(config: &SocketConfig, failures: u32, random_ppm: u32) -> Duration {
    let doubled = config.backoff_min.saturating_mul(1 << (failures - 1).min(20));
    let wait = doubled.min(config.backoff_max);
    wait + wait / 4 * random_ppm / 1_000_000
}

/// Without randomness the clients still come back, only together.
fn random_ppm() -> u32 {
    getrandom::u32().unwrap_or(0) % 1_000_000
}

#[cfg(test)]
mod tests;
