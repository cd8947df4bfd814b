//! A sink that is a web address: each event is one signed POST.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};

use super::signature;
use super::sink::{BadSink, Refused};
use crate::config::Webhook;
use crate::store::Letter;

/// What is read of an answer at most. Nobody looks at it, but an answer that breaks off has not been given.
const ANSWER_MAX: usize = 64 * 1_024;

/// A web address and how it is asked.
pub(super) struct Post {
    http: Client,
    url: Url,
    secret: SecretString,
}

impl Post {
    pub(super) fn open(config: &Webhook) -> Result<Self, BadSink> {
        let bad = |problem: String| BadSink { sink: config.name.clone(), problem };
        let url = Url::parse(config.url.expose_secret()).map_err(|problem| bad(problem.to_string()))?;
        let http = Client::builder()
            .http1_only()
            .no_proxy()
            // What is signed is for this address only.
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(config.delivery.connections as usize)
            .timeout(Duration::from_micros(config.delivery.timeout.0))
            .user_agent(concat!("ringmaster/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|problem| bad(explain(problem)))?;
        Ok(Self { http, url, secret: config.secret.clone() })
    }

    /// Sends an event and waits for the whole answer; only a 2xx is a yes.
    pub(super) async fn deliver(&self, letter: &Letter, body: String, seconds: u64) -> Result<(), Refused> {
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", &letter.key)
            .header("ringmaster-event", &letter.kind)
            .header(signature::HEADER, signature::sign(&self.secret, seconds, &body))
            .body(body);
        let answer = request.send().await.map_err(|error| Refused::by_nobody(explain(error)))?;
        let (status, wait) = (answer.status(), retry_after(answer.headers()));
        read(answer).await?;
        if status.is_success() { Ok(()) } else { Err(refused(status, wait)) }
    }

    /// Whether anything answers there, whatever it says. Nothing is told to it.
    pub(super) async fn reach(&self) -> Result<String, String> {
        let answer = self.http.head(self.url.clone()).send().await.map_err(explain)?;
        Ok(format!("answers ({})", answer.status().as_u16()))
    }

    /// Host and port: the rest of the address may hold a secret.
    pub(super) fn place(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// Reads an answer to its end, or to the end of patience with long ones.
async fn read(mut answer: Response) -> Result<(), Refused> {
    let mut had = 0;
    loop {
        match answer.chunk().await {
            Ok(Some(part)) if had + part.len() <= ANSWER_MAX => had += part.len(),
            Ok(Some(_) | None) => return Ok(()),
            Err(error) => return Err(Refused::by_nobody(explain(error))),
        }
    }
}

/// A receiver that refuses this event may well take others; one that is overloaded or broken takes none.
fn refused(status: StatusCode, wait: Option<Duration>) -> Refused {
    let all = status.is_server_error()
        || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
    Refused { trouble: format!("answered {}", status.as_u16()), all, wait }
}

/// The wait that the receiver asks for, where it is told in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The innermost cause, without the address.
fn explain(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return String::from("did not answer in time");
    }
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
