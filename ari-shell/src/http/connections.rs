//! Who is heard out: so many connections at once, each of which says in time what it wants.
//!
//! A connection that says nothing, or does not hear what it is told, would otherwise hold its place for good, and many of them every
//! place there is.

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tracing::{debug, warn};

use super::Problem;

/// How long nobody is let in after a connection could not be, which mostly is for want of file descriptors.
const AGAIN: Duration = Duration::from_secs(1);

/// How much is borne with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections at once; the next one waits until one of them ends.
    pub(super) at_once: usize,
    /// How long a connection may take to say the head of its next request, from when it could.
    pub(super) head: Duration,
    /// How long a request may take to say its body.
    pub(super) body: Duration,
    /// How long whoever is answered may take nothing of it.
    pub(super) answer: Duration,
}

/// Serves until `shutdown` is done and the requests of that moment are answered.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let open = serve_some(&listener, router, limits, shutdown).await;
    // Whoever still waits there finds it closed.
    drop(listener);
    open.shutdown().await;
}

/// Serves until `shutdown` is done; gives the connections that are open yet. Dropped, or where they are, each of them ends with
/// the request of that moment, and whoever waits is for the next one who serves.
pub(super) async fn serve_some(
    listener: &TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> GracefulShutdown {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut door = Door { listener, places: Arc::new(Semaphore::new(limits.at_once)), full: false };
    let open = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, place) = tokio::select! {
            next = door.next() => next,
            () = &mut shutdown => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection =
            open.watch(protocol.serve_connection(TokioIo::new(Heard::new(stream, limits.answer)), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "a connection to the API has broken");
            }
            drop(place);
        });
    }
    open
}

/// A connection that breaks where its other end takes nothing of what it is told for too long.
struct Heard {
    stream: TcpStream,
    patience: Duration,
    /// Since it last took nothing, until when it may.
    until: Option<Pin<Box<Sleep>>>,
}

impl Heard {
    const fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, patience, until: None }
    }

    /// What came of a try to tell something.
    fn tried(&mut self, context: &mut Context<'_>, told: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if told.is_ready() {
            self.until = None;
            return told;
        }
        let patience = self.patience;
        let until = self.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        until.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        words: &[u8],
    ) -> Poll<io::Result<usize>> {
        let told = Pin::new(&mut self.stream).poll_write(context, words);
        self.tried(context, told)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        words: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let told = Pin::new(&mut self.stream).poll_write_vectored(context, words);
        self.tried(context, told)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Where connections come in.
struct Door<'l> {
    listener: &'l TcpListener,
    places: Arc<Semaphore>,
    /// Whether the operator was told that all places are taken.
    full: bool,
}

impl Door<'_> {
    /// The next connection, as soon as there is a place for it.
    async fn next(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        let place = self.place().await;
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(error) if is_the_callers(&error) => {}
                Err(error) => {
                    warn!(%error, "no connection to the API can be let in");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn place(&mut self) -> OwnedSemaphorePermit {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            self.full = false;
            return place;
        }
        if !std::mem::replace(&mut self.full, true) {
            warn!("all connections to the API are taken; whoever comes waits until one of them ends");
        }
        Arc::clone(&self.places).acquire_owned().await.expect("nobody closes the places")
    }
}

/// Whether only the connection that was to be let in is gone.
fn is_the_callers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// Hears the whole body before anybody acts on the request.
pub(super) async fn hear_out(
    State(limits): State<Limits>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &());
    let Ok(body) = tokio::time::timeout(limits.body, body).await else {
        let problem = format!("the body has not come whole within {} s", limits.body.as_secs());
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, problem));
    };
    Ok(next.run(Request::from_parts(parts, Body::from(body?))).await)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);
    const PATIENT: Limits = Limits { at_once: 8, head: LONG, body: LONG, answer: LONG };

    /// An API of one request that says what it heard, until it is told to end.
    async fn api(limits: Limits) -> (SocketAddr, oneshot::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let echo = Router::new().route("/", post(async |body: Bytes| body));
        let router = echo.layer(from_fn_with_state(limits, hear_out));
        let (end, ended) = oneshot::channel();
        let shutdown = async {
            let _ = ended.await;
        };
        tokio::spawn(serve(listener, router, limits, shutdown));
        (address, end)
    }

    async fn says(address: SocketAddr, words: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(words.as_bytes()).await.expect("written");
        stream
    }

    fn request(body: &str, length: usize) -> String {
        format!("POST / HTTP/1.1\r\nhost: api\r\ncontent-length: {length}\r\n\r\n{body}")
    }

    /// What comes until the connection ends.
    async fn all_from(mut stream: TcpStream) -> String {
        let mut all = String::new();
        stream.read_to_string(&mut all).await.expect("text, and an end");
        all
    }

    /// The first line of what comes.
    async fn answer_from(stream: &mut TcpStream) -> String {
        let mut some = [0; 1_024];
        let length = stream.read(&mut some).await.expect("an answer");
        String::from_utf8_lossy(&some[..length]).lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn whoever_says_nothing_is_not_kept_nor_whoever_says_half_a_head_or_no_further_request() {
        let (address, _end) = api(Limits { head: Duration::from_millis(200), ..PATIENT }).await;
        assert_eq!(all_from(says(address, "").await).await, "");
        assert_eq!(all_from(says(address, "POST / HTTP/1.1\r\nhost:").await).await, "");
        let all = all_from(says(address, &request("once", 4)).await).await;
        assert!(all.starts_with("HTTP/1.1 200 OK") && all.ends_with("\r\n\r\nonce"), "{all}");
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let (address, _end) = api(Limits { body: Duration::from_millis(200), ..PATIENT }).await;
        let mut stream = says(address, &request("ten letters, not", 100)).await;
        assert_eq!(answer_from(&mut stream).await, "HTTP/1.1 408 Request Timeout");
    }

    #[tokio::test]
    async fn whoever_reads_nothing_of_an_answer_is_not_kept_while_whoever_reads_slowly_is() {
        let limits = Limits { at_once: 1, answer: Duration::from_millis(500), ..PATIENT };
        let (address, _end) = api(limits).await;
        // More than the sockets between them hold.
        let long = "x".repeat(2_000_000);
        let all = request(&long, long.len()).repeat(8);
        let deaf = TcpStream::connect(address).await.expect("a connection");
        let (ear, mut mouth) = deaf.into_split();
        let saying = tokio::spawn(async move { mouth.write_all(all.as_bytes()).await });
        let mut next = says(address, &request("next", 4)).await;
        let answered = tokio::time::timeout(Duration::from_secs(10), answer_from(&mut next)).await;
        assert_eq!(answered.as_deref(), Ok("HTTP/1.1 200 OK"), "its place is free again");
        drop((ear, next));
        saying.abort();

        let slow = says(address, &request(&long, long.len())).await;
        let (mut ear, mut heard, mut some) = (slow, 0, vec![0; 400_000]);
        while heard < long.len() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let count = ear.read(&mut some).await.expect("it goes on");
            assert!(count > 0, "it ended after {heard}");
            heard += count;
        }
    }

    #[tokio::test]
    async fn one_too_many_waits_until_another_has_gone() {
        let (address, _end) = api(Limits { at_once: 2, ..PATIENT }).await;
        let (first, _second) = (says(address, "").await, says(address, "").await);
        let mut third = says(address, &request("third", 5)).await;
        let early = tokio::time::timeout(Duration::from_millis(200), answer_from(&mut third)).await;
        assert!(early.is_err(), "{early:?} though every place was taken");
        drop(first);
        assert_eq!(answer_from(&mut third).await, "HTTP/1.1 200 OK");
    }

    #[tokio::test]
    async fn whoever_is_heard_at_the_end_is_answered_and_nobody_after() {
        let (address, end) = api(PATIENT).await;
        let mut heard = says(address, &request("half", 8)).await;
        // It is let in before the end comes.
        let mut other = says(address, &request("other", 5)).await;
        assert_eq!(answer_from(&mut other).await, "HTTP/1.1 200 OK");
        end.send(()).expect("it serves");
        assert_eq!(all_from(other).await, "", "nothing more is asked here");
        heard.write_all(b"full").await.expect("written");
        let all = all_from(heard).await;
        assert!(all.ends_with("\r\n\r\nhalffull"), "{all}");
        assert!(TcpStream::connect(address).await.is_err(), "the door is closed");
    }
}
