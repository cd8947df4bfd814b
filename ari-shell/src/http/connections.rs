//! Who is heard out: so many connections at once, each of which says in time what it wants.
//!
//! A connection that says nothing would otherwise hold its place for good, and many of them every place there is.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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
        let connection = open.watch(protocol.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "a connection to the API has broken");
            }
            drop(place);
        });
    }
    open
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
    const PATIENT: Limits = Limits { at_once: 8, head: LONG, body: LONG };

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
