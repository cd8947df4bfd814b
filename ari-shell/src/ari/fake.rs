//! A server for the tests of the client: it records what it is asked and answers as it is told.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::{Client, HttpConfig, Server};

/// The password of the fake; no output of the client may contain it, plain or encoded.
pub(crate) const PASSWORD: &str = "s3cret-pässword";

/// What the fake does with the next request, or with the next socket.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answer a request with this status and body.
    Reply(u16, &'static str),
    /// Answer after this time.
    Late(Duration),
    /// Begin an answer with this body and never go on.
    Stall(&'static str),
    /// Begin an answer with this body and break off.
    Break(&'static str),
    /// Send these messages over the socket, answer pings, then close.
    Send(Vec<&'static str>),
    /// Send these messages over the socket and keep it open.
    Hold(Vec<&'static str>),
    /// Open the socket and never read from it or write to it.
    Silent,
}

/// A request as the fake saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
struct Shared {
    seen: Arc<Mutex<Vec<Seen>>>,
    replies: Arc<Mutex<VecDeque<Act>>>,
    sockets: Arc<Mutex<VecDeque<Act>>>,
}

/// A running fake. Its tasks end with the runtime of the test.
pub(crate) struct Fake {
    address: String,
    shared: Shared,
}

impl Fake {
    /// Starts a fake that answers requests and sockets as listed, later requests with an empty application and later
    /// sockets with an open one.
    pub(crate) async fn start(replies: Vec<Act>, sockets: Vec<Act>) -> Self {
        let shared = Shared {
            replies: Arc::new(Mutex::new(replies.into())),
            sockets: Arc::new(Mutex::new(sockets.into())),
            ..Shared::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared }
    }

    pub(crate) fn server(&self) -> Server {
        server(&self.address)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.server(), &HttpConfig::default()).expect("a client")
    }

    pub(crate) fn client_with(&self, config: &HttpConfig) -> Client {
        Client::new(self.server(), config).expect("a client")
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Method and address of every request so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

/// A server at this address, with the user and password of the fake.
pub(crate) fn server(address: &str) -> Server {
    Server::new(address, "dialer", SecretString::from(PASSWORD)).expect("a server")
}

/// A listener that closes every connection after it has read a request, as Asterisk does above its session limit. It
/// reports each request.
pub(crate) async fn hangs_up() -> (Server, mpsc::UnboundedReceiver<()>) {
    use tokio::io::AsyncReadExt;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let server = server(&format!("http://{}", listener.local_addr().expect("an address")));
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut start = [0; 64];
            if connection.read(&mut start).await.is_ok_and(|read| read > 0) && sender.send(()).is_err() {
                return;
            }
        }
    });
    (server, requests)
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let header = |name: &str| {
        let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let body: Bytes = to_bytes(body, 65_536).await.expect("a body");
    let seen = Seen {
        line: format!("{} {}", parts.method, parts.uri),
        authorization: header("authorization"),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let is_socket = header("upgrade") == "websocket";
    lock(&shared.seen).push(seen);
    if !is_socket {
        let act = lock(&shared.replies).pop_front();
        return reply(act.unwrap_or(Act::Reply(200, r#"{"name":"ringmaster"}"#))).await;
    }
    let act = lock(&shared.sockets).pop_front().unwrap_or(Act::Hold(Vec::new()));
    if let Act::Reply(..) = act {
        return reply(act).await;
    }
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.expect("an upgrade");
    upgrade.on_upgrade(move |socket| serve(socket, act))
}

async fn reply(act: Act) -> Response {
    match act {
        Act::Reply(status, body) => (StatusCode::from_u16(status).expect("a status"), body).into_response(),
        Act::Late(wait) => {
            tokio::time::sleep(wait).await;
            "{}".into_response()
        }
        Act::Stall(body) => begun(body, stream::pending()),
        Act::Break(body) => begun(body, stream::once(async { Err(io::Error::other("it breaks off")) })),
        Act::Send(_) | Act::Hold(_) | Act::Silent => unreachable!("an act for sockets"),
    }
}

/// An answer of which there is so much before the rest.
fn begun(
    body: &'static str,
    rest: impl Stream<Item = io::Result<&'static str>> + Send + 'static,
) -> Response {
    Body::from_stream(stream::iter([Ok(body)]).chain(rest)).into_response()
}

async fn serve(mut socket: WebSocket, act: Act) {
    let (messages, hold) = match act {
        Act::Send(messages) => (messages, false),
        Act::Hold(messages) => (messages, true),
        Act::Silent => return std::future::pending().await,
        Act::Reply(..) | Act::Late(_) | Act::Stall(_) | Act::Break(_) => {
            unreachable!("an act for requests")
        }
    };
    for message in messages {
        if socket.send(Message::Text(message.into())).await.is_err() {
            return;
        }
    }
    // Reading answers the pings.
    while hold && socket.recv().await.is_some_and(|frame| frame.is_ok()) {}
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
