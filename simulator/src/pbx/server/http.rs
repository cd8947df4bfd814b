//! Requests: authentication, translation, and the order of replies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Json, Query, Request as HttpRequest, State, WebSocketUpgrade};
use axum::http::{HeaderMap, Method as HttpMethod, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use super::super::{Fault, Method, Reply, Request};
use super::owner::{Answer, Ask};
use super::socket;

/// What handlers share.
pub(super) struct Gate {
    pub(super) asks: mpsc::UnboundedSender<Ask>,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) write_timeout: Duration,
    pub(super) silent: watch::Receiver<bool>,
    pub(super) stop: watch::Receiver<bool>,
}

type Shared = State<Arc<Gate>>;

pub(super) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/ari/events", get(events))
        .route("/ari/{*path}", any(ari))
        .route("/far-end/log", get(far_end_log))
        .route("/far-end/faults", post(far_end_faults))
        .layer(from_fn_with_state(Arc::clone(&gate), authenticate))
        .with_state(gate)
}

impl Gate {
    /// Asks the owner; if it never answers, neither do we, until the server stops.
    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, StatusCode> {
        let (answer, answered) = oneshot::channel();
        let _ = self.asks.send(ask(answer));
        if let Ok(answer) = answered.await {
            return Ok(answer);
        }
        super::stopped(self.stop.clone()).await;
        Err(StatusCode::SERVICE_UNAVAILABLE)
    }

    fn knows(&self, credentials: &str) -> bool {
        credentials.split_once(':') == Some((&self.user, &self.password))
    }
}

async fn authenticate(State(gate): Shared, request: HttpRequest, next: Next) -> Response {
    let credentials = basic_credentials(request.headers()).or_else(|| api_key(request.uri()));
    if credentials.is_some_and(|credentials| gate.knows(&credentials)) {
        return next.run(request).await;
    }
    let challenge = [(
        header::WWW_AUTHENTICATE,
        "Basic realm=\"Asterisk REST Interface\"",
    )];
    (
        StatusCode::UNAUTHORIZED,
        challenge,
        Json(json!({ "message": "Authentication required" })),
    )
        .into_response()
}

fn basic_credentials(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ")?).ok()?).ok()
}

fn api_key(uri: &Uri) -> Option<String> {
    let Query(mut query) = Query::<BTreeMap<String, String>>::try_from_uri(uri).ok()?;
    query.remove("api_key")
}

async fn ari(
    State(gate): Shared,
    method: HttpMethod,
    uri: Uri,
    body: Bytes,
) -> Result<Response, StatusCode> {
    let method = match method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        _ => return Err(StatusCode::METHOD_NOT_ALLOWED),
    };
    let body = match body.as_ref() {
        [] => Value::Null,
        json => serde_json::from_slice(json).map_err(|_| StatusCode::BAD_REQUEST)?,
    };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let request = Request::new(method, target.strip_prefix("/ari").unwrap_or(target), body);
    let Answer {
        reply,
        events_before,
    } = gate.ask(|answer| Ask::Http { request, answer }).await?;
    for sent in events_before {
        // An event whose socket is gone holds up nothing, one that is stuck no longer than its socket lives.
        let _ = sent.await;
    }
    Ok(response(reply))
}

fn response(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if reply.body.is_null() {
        status.into_response()
    } else {
        (status, Json(reply.body)).into_response()
    }
}

/// The application is registered before the upgrade is answered: who has seen the answer may rely on it.
async fn events(
    State(gate): Shared,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, StatusCode> {
    let apps = query
        .get("app")
        .filter(|apps| !apps.is_empty())
        .ok_or(StatusCode::BAD_REQUEST)?;
    let apps = apps.split(',').map(str::to_owned).collect();
    let subscribe_all = query
        .get("subscribeAll")
        .is_some_and(|all| matches!(all.as_str(), "true" | "yes" | "1"));
    let connection = gate
        .ask(|answer| Ask::Connect {
            apps,
            subscribe_all,
            answer,
        })
        .await?;
    let (silent, write_timeout) = (gate.silent.clone(), gate.write_timeout);
    Ok(upgrade.on_upgrade(move |socket| socket::serve(socket, connection, silent, write_timeout)))
}

async fn far_end_log(State(gate): Shared) -> Result<Response, StatusCode> {
    let log = gate.ask(|answer| Ask::Log { answer }).await?;
    Ok(Json(log).into_response())
}

async fn far_end_faults(
    State(gate): Shared,
    Json(fault): Json<Fault>,
) -> Result<StatusCode, StatusCode> {
    gate.ask(|done| Ask::Inject { fault, done }).await?;
    Ok(StatusCode::NO_CONTENT)
}
