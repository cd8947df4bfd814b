//! How requests get to Asterisk and what becomes of them.
//!
//! Every request has one deadline, which covers the wait for a free slot, the connection and the whole reply. A
//! request is repeated at most once and within the same deadline, and only where repeating cannot do harm:
//!
//! | request | repeated when |
//! |---|---|
//! | `GET`, `DELETE`, the event filter | it was not sent, or the connection broke before the reply |
//! | a `POST` that carries the id of what it makes | it was not sent |
//! | any other `POST` | never |
//!
//! A `DELETE` whose first try worked is answered with [`Kind::Gone`] the second time. An originate is not repeated
//! after a broken connection although its id would turn a duplicate into [`Kind::Conflict`]: a call that was refused
//! within those milliseconds has freed its id, and the same person would be rung twice. A missed deadline is never a
//! reason to repeat, because a server that is late is not helped by more work; nor is a connection that was waited for in
//! vain, since the deadline could pass in the next wait, and nobody could tell any more that nothing was sent.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::reply::{Asks, Doubt, Error, Kind, refusal};

/// Where an ARI is and who we are there.
#[derive(Clone)]
pub struct Server {
    base: Url,
    user: String,
    /// What every request and the upgrade of the socket carry.
    authorization: HeaderValue,
}

/// Why a [`Server`] or a [`Client`] cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The client speaks no TLS.
    #[error(
        "https is not supported: let Asterisk listen on the loopback, or put a proxy that speaks TLS in front of it, and use http"
    )]
    Https,
    /// Some other scheme.
    #[error("the address of ARI must start with http://")]
    Scheme,
    /// User or password stand in the address, where logs would show them.
    #[error("user and password do not belong into the address of ARI")]
    Credentials,
    /// No address at all.
    #[error("the address of ARI is not valid: {0}")]
    Invalid(String),
    /// The HTTP client could not be set up.
    #[error("no HTTP client: {0}")]
    Client(String),
}

impl Server {
    /// Names a server: `http://127.0.0.1:8088`, with the `prefix` of `http.conf` if there is one. A final `/ari` may be
    /// written or left out.
    ///
    /// # Errors
    /// [`ServerError`] says what is wrong with the address.
    pub fn new(base: &str, user: impl Into<String>, password: SecretString) -> Result<Self, ServerError> {
        let mut base = Url::parse(base).map_err(|e| ServerError::Invalid(e.to_string()))?;
        match base.scheme() {
            "http" => {}
            "https" | "wss" => return Err(ServerError::Https),
            _ => return Err(ServerError::Scheme),
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(ServerError::Credentials);
        }
        base.set_query(None);
        base.set_fragment(None);
        let prefix = base.path().trim_end_matches('/');
        let prefix = prefix.strip_suffix("/ari").unwrap_or(prefix);
        base.set_path(&format!("{prefix}/ari"));
        let user = user.into();
        let authorization = basic(&user, &password);
        Ok(Self { base, user, authorization })
    }

    /// The header that every request and the upgrade of the socket carry.
    pub(crate) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    /// The address of a resource. Ids and values are escaped here and nowhere else.
    pub(crate) fn url(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Url, Error> {
        let mut url = self.base.as_str().to_owned();
        for segment in segments {
            // An empty segment or a dot would address another resource: `DELETE /channels/..`.
            if matches!(*segment, "" | "." | "..") {
                return Err(Error::NotSent(format!("{segment:?} cannot be an id")));
            }
            url.push('/');
            push_escaped(&mut url, segment);
        }
        for (at, (name, value)) in query.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            push_escaped(&mut url, value);
        }
        Url::parse(&url).map_err(|error| Error::NotSent(error.to_string()))
    }
}

fn basic(user: &str, password: &SecretString) -> HeaderValue {
    let pair = format!("{user}:{}", password.expose_secret());
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    let value = HeaderValue::try_from(format!("Basic {encoded}"));
    let mut value = value.expect("letters, digits, `+`, `/` and `=` fit into a header");
    value.set_sensitive(true);
    value
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} as {})", self.base, self.user)
    }
}

/// Escapes all but the unreserved characters. `+` must be among the escaped: Asterisk reads it as a space.
fn push_escaped(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02X}").expect("a string takes all that is written");
        }
    }
}

/// The limits of a [`Client`].
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// How long a request may take in all. 2 s: a request on a channel that plays a file waits for the end of the
    /// file, and a dialer cannot.
    pub deadline: Duration,
    /// Requests in flight, from 1. 16 saturate Asterisk; more only wait longer.
    pub in_flight_max: usize,
    /// How long an idle connection is kept. Less than the server's `session_keep_alive` (15 s by default), or a request
    /// meets a connection that is just being closed.
    pub idle_max: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(2), in_flight_max: 16, idle_max: Duration::from_secs(10) }
    }
}

/// Sends requests to one ARI. Clones share connections and limits.
#[derive(Debug, Clone)]
pub struct Client {
    server: Server,
    http: reqwest::Client,
    slots: Arc<Semaphore>,
    deadline: Duration,
    /// How long a connection may take.
    connect_max: Duration,
}

impl Client {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// [`ServerError::Client`] if the HTTP client cannot be set up.
    pub fn new(server: Server, config: &HttpConfig) -> Result<Self, ServerError> {
        // Shorter than the deadline, so that an address that swallows packets is told from a slow Asterisk.
        let connect_max = config.deadline / 2;
        let http = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            // The credentials are for this server only.
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(config.idle_max)
            .pool_max_idle_per_host(config.in_flight_max)
            .connect_timeout(connect_max)
            .build()
            .map_err(|e| ServerError::Client(explain(e)))?;
        let slots = Arc::new(Semaphore::new(config.in_flight_max.max(1)));
        Ok(Self { server, http, slots, deadline: config.deadline, connect_max })
    }

    /// Sends a request and reads its reply.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        let (status, body) = self.send(&request).await?;
        serde_json::from_slice(&body).map_err(|e| Error::Http {
            status,
            kind: Kind::Malformed,
            message: e.to_string(),
        })
    }

    /// Sends a request whose reply says no more than its status.
    pub(crate) async fn tell(&self, request: Request<'_>) -> Result<(), Error> {
        self.send(&request).await.map(|_| ())
    }

    /// Sends a request whose reply is long: the deadline is for its beginning, and it takes no slot from the others.
    pub(crate) async fn open(&self, request: Request<'_>) -> Result<Response, Error> {
        let url = self.server.url(&request.path, &request.query)?;
        let exchange = async {
            let reply = self.builder(&request, url).send().await.map_err(failure)?;
            let status = reply.status();
            if status.is_success() {
                return Ok(reply);
            }
            Err(refusal(request.asks, status, &reply.bytes().await.map_err(failure)?))
        };
        let until = Instant::now() + self.deadline;
        timeout_at(until, exchange).await.unwrap_or(Err(Error::Unknown(Doubt::Deadline)))
    }

    async fn send(&self, request: &Request<'_>) -> Result<(u16, Vec<u8>), Error> {
        let until = Instant::now() + self.deadline;
        let url = self.server.url(&request.path, &request.query)?;
        let late = |_| Error::NotSent("too many requests in flight".to_owned());
        let slot = timeout_at(until, self.slots.acquire()).await.map_err(late)?;
        let _slot = slot.map_err(|_| Error::NotSent("client closed".to_owned()))?;

        let mut outcome = self.try_once(request, url.clone(), until).await;
        let connects_in_time = || until.saturating_duration_since(Instant::now()) > self.connect_max;
        let may_go_again = |error: &Error| match error {
            Error::NotSent(_) => connects_in_time(),
            Error::Unknown(_) | Error::Http { .. } => true,
        };
        if outcome.as_ref().is_err_and(|error| request.again.allows(error) && may_go_again(error)) {
            outcome = self.try_once(request, url, until).await;
        }
        if let Err(error) = &outcome {
            tracing::debug!(method = %request.method, path = ?request.path, %error, "ARI request failed");
        }
        outcome
    }

    async fn try_once(
        &self,
        request: &Request<'_>,
        url: Url,
        until: Instant,
    ) -> Result<(u16, Vec<u8>), Error> {
        let exchange = async {
            let reply = self.builder(request, url).send().await.map_err(failure)?;
            let status = reply.status();
            let body = reply.bytes().await.map_err(failure)?;
            Ok((status, body))
        };
        let (status, body) =
            timeout_at(until, exchange).await.unwrap_or(Err(Error::Unknown(Doubt::Deadline)))?;
        if status.is_success() {
            Ok((status.as_u16(), body.into()))
        } else {
            Err(refusal(request.asks, status, &body))
        }
    }

    fn builder(&self, request: &Request<'_>, url: Url) -> RequestBuilder {
        let builder = self.http.request(request.method.clone(), url);
        let builder = builder.header(AUTHORIZATION, self.server.authorization());
        match &request.body {
            Some(body) => builder.header(CONTENT_TYPE, "application/json").body(body.clone()),
            None => builder,
        }
    }
}

/// Sorts a failure of the transport by whether Asterisk can have seen the request.
fn failure(error: reqwest::Error) -> Error {
    if error.is_connect() || error.is_builder() {
        Error::NotSent(explain(error))
    } else if error.is_timeout() {
        Error::Unknown(Doubt::Deadline)
    } else {
        Error::Unknown(Doubt::Broken(explain(error)))
    }
}

/// The innermost cause, which is the one that says something. Without the address: it holds phone numbers.
fn explain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

pub(crate) struct Request<'a> {
    method: Method,
    path: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
    /// JSON.
    body: Option<String>,
    asks: Asks,
    again: Again,
}

/// When a request is repeated.
#[derive(Clone, Copy)]
enum Again {
    Never,
    IfNotSent,
    IfNoReply,
}

impl Again {
    fn allows(self, error: &Error) -> bool {
        match error {
            Error::NotSent(_) => !matches!(self, Self::Never),
            Error::Unknown(Doubt::Broken(_)) => matches!(self, Self::IfNoReply),
            Error::Unknown(Doubt::Deadline) | Error::Http { .. } => false,
        }
    }
}

impl<'a> Request<'a> {
    pub(crate) fn get<const N: usize>(path: [&'a str; N]) -> Self {
        Self::new(Method::GET, path, Again::IfNoReply)
    }

    pub(crate) fn put<const N: usize>(path: [&'a str; N]) -> Self {
        Self::new(Method::PUT, path, Again::IfNoReply)
    }

    pub(crate) fn delete<const N: usize>(path: [&'a str; N]) -> Self {
        Self::new(Method::DELETE, path, Again::IfNoReply)
    }

    pub(crate) fn post<const N: usize>(path: [&'a str; N]) -> Self {
        Self::new(Method::POST, path, Again::Never)
    }

    fn new<const N: usize>(method: Method, path: [&'a str; N], again: Again) -> Self {
        Self { method, path: path.to_vec(), query: Vec::new(), body: None, asks: Asks::Use, again }
    }

    /// The request carries the id of what it makes.
    pub(crate) fn creates(mut self) -> Self {
        self.asks = Asks::Create;
        self.again = Again::IfNotSent;
        self
    }

    pub(crate) fn asks(mut self, asks: Asks) -> Self {
        self.asks = asks;
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: &impl Serialize) -> Self {
        let json = serde_json::to_string(body).expect("a body has no map keys but words, and goes to memory");
        self.body = Some(json);
        self
    }
}

#[cfg(test)]
mod tests;
