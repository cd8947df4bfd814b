//! The operators' API: a small HTTP server by which commands and other programs reach the running floor.
//!
//! It decides nothing: every request becomes a wish of the engine or a view of it. Whoever calls shows the bearer
//! token that the shell writes at its start ([`Token`]); only the two probes are open, since what probes has no
//! token and learns one word. Errors are `application/problem+json` with a sentence in `detail`.
//!
//! | request | what |
//! |---|---|
//! | `GET /healthz` | the process is up, or `waiting` for an Asterisk before its floor can open, or `opening` that |
//! | `GET /readyz` | the floor answers, its PBX is connected and compared, and the database answers; else 503, and what does not |
//! | `GET /metrics` | the floor's figures, as Prometheus scrapes them: also to whoever shows `[http] metrics_token`, which opens nothing else |
//! | `GET /v1/view` | the floor as it is, a [`Board`] |
//! | `POST /v1/campaigns/{name}/start`, `pause`, `drain`, `stop`, `close`, `leads-added` | a [`CampaignVerb`] for this node; others that share its database are asked by themselves |
//! | `POST /v1/campaigns/{name}/pace` | likewise: dial with another `{"level": 2.5}`, `{"per_minute": 90}` or `{"drop_limit": 2}` (percent, at most the configured one), whichever the campaign's mode has, or again with `{"as_configured": true}` |
//! | `POST /v1/agents/{name}/login`, `logout`, `pause`, `ready` | an [`AgentVerb`]; `pause` takes `{"code": "lunch"}`; whoever is at work on another node that is there is not let in |
//! | `POST /v1/agents/{name}/accept`, `skip` | likewise, of the lead that is shown to them |
//! | `POST /v1/agents/{name}/hold`, `resume`, `mute`, `unmute` | likewise, of the call that they are on |
//! | `POST /v1/agents/{name}/transfer`, `consult` | hand the callee over, or call somebody first: `{"to": "reception"}` |
//! | `POST /v1/agents/{name}/complete`, `join`, `back` | of whom they consult: leave the callee to them, let all three talk, or go back |
//! | `POST /v1/agents/{name}/dispose` | what an agent says of a call: `{"code": "later", "at": "2026-11-26T17:30:00Z", "mine": true, "note": "ask for Eve", "attempt": 17}`, all but `code` where wanted, `mine` and `note` with `at` alone |
//! | `GET /v1/agents/{name}` | how one agent stands, the lead that they look at, what was agreed on with it or with the callee of their call (`agreed`), and of which calls they have still to say what came of them |
//! | `POST /v1/attempts/{id}/hangup` | end a live attempt |
//! | `POST /v1/attempts/{id}/digits` | send `{"digits": "1234#"}` to whom an agent talks with |
//! | `POST /v1/attempts/{id}/recording/start`, `stop`, `pause`, `resume` | a [`RecordingVerb`] for its conversation; answered once the PBX has done it |
//! | `GET /v1/recordings/{name}` | a recording by its name, such as `rm1.3fa9c2.t.42.1.1`: a stereo take as one file, or one side of it as `rm1.3fa9c2.t.42.1.1.agent` |
//! | `POST /v1/do-not-call/{list}` | put `{"numbers": "+15551234567"}`, or an area such as `+1900*`, on that list; `"country": "NL"` reads a number as one of that country, `"wide": true` takes an area that is a whole country, or much of one, such as `+1*` |
//! | `GET /v1/callbacks` | the calls that are agreed on |
//! | `POST /v1/callbacks` | agree on one: `{"item": 17, "at": "2026-11-26T17:30:00Z", "agent": "ann", "note": "ask for Eve"}`, the last two if wanted |
//! | `POST /v1/callbacks/{item}/cancel` | take one back that is not being made |
//! | `POST /v1/close` | close the floor: live calls finish, then the shell ends |
//!
//! Requests without a body here take none, or `{}`; whatever else stands in one is answered with 400.
//!
//! A wish that is granted is answered with 204, one that is denied with 409 and the engine's reason, a name that
//! nobody has with 404, a body that takes too long with 408, and everything with 503 before the floor is open and once it is gone.
//! A connection on which nothing is asked for half a minute is closed.

mod access;
mod api;
mod board;
mod callbacks;
mod connections;
mod digits;
mod metrics;
mod problem;
mod recordings;
mod token;
mod verbs;

use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use board::{Board, Named};
pub(crate) use callbacks::CallbackBody;
pub use callbacks::Moment;
use connections::Limits;
pub(crate) use digits::DigitsBody;
pub(crate) use problem::Problem;
pub use recordings::RecordingVerb;
pub use token::{Left, Token, Tokens};
pub use verbs::{AgentVerb, CampaignVerb, Closing, Disposition};
pub(crate) use verbs::{BarBody, CloseBody, PaceBody, PauseBody, TransferBody, has_passed};

use crate::config::Ids;
use crate::floor::Floor;
use crate::numbers::Numbering;
use crate::recordings::Recordings;
use crate::store::Store;

/// The largest body that is read. The longest sensible one is a callback with its note, each of whose characters may be written
/// as two `\uXXXX`.
const BODY_MAX: usize = 32_768;

/// More connections than operators, programs and probes of a large house keep, and a quarter of the files that a process may
/// open where nobody has raised that.
const LIMITS: Limits = Limits {
    at_once: 256,
    head: Duration::from_secs(30),
    body: Duration::from_secs(10),
    answer: Duration::from_secs(30),
};

/// What every request needs.
#[derive(Clone)]
pub struct House {
    /// Who dials.
    pub floor: Floor,
    /// The database.
    pub store: Store,
    /// What was recorded.
    pub recordings: Recordings,
    /// The ids of all that is configured.
    pub ids: Arc<Ids>,
    /// How numbers are read.
    pub numbering: Numbering,
}

/// Serves until `shutdown` is done and the requests of that moment are answered. A client that is slow to take its answer
/// can hold that up; whoever cannot wait drops the future.
pub async fn serve(
    listener: TcpListener,
    house: House,
    tokens: Tokens,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let router = router(house, Arc::new(tokens));
    connections::serve(listener, router, LIMITS, shutdown).await;
}

/// Why a floor is not open yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// Asterisk does not answer. Nothing was read of what is written down.
    Waits,
    /// It is about to open.
    Opens,
}

/// What `/healthz` says of that.
pub(crate) const WAITING: &str = "waiting\n";
pub(crate) const OPENING: &str = "opening\n";

/// Answers, until it is dropped, that the floor is not open and why. Whoever is not heard by then is for [`serve`], or for whom
/// this is called with another reason.
pub async fn wait(listener: &TcpListener, shut: Shut) {
    let (word, why) = match shut {
        Shut::Waits => (WAITING, "Asterisk does not answer"),
        Shut::Opens => (OPENING, "what was left by the process before is being taken up"),
    };
    let not_open = move || ready(Problem::unavailable(format!("the floor is not open yet: {why}")));
    let router = Router::new().route("/healthz", get(move || ready(word))).fallback(not_open);
    connections::serve_some(listener, router, LIMITS, std::future::pending()).await;
}

fn router(house: House, tokens: Arc<Tokens>) -> Router {
    let closed = Router::new()
        .route("/v1/view", get(api::view))
        .route("/v1/campaigns/{name}/{verb}", post(api::campaign))
        .route("/v1/agents/{name}", get(api::agent_view))
        .route("/v1/agents/{name}/{verb}", post(api::agent))
        .route("/v1/attempts/{id}/hangup", post(api::hang_up))
        .route("/v1/attempts/{id}/digits", post(digits::send))
        .route("/v1/attempts/{id}/recording/{verb}", post(recordings::ask))
        .route("/v1/recordings/{name}", get(recordings::fetch))
        .route("/v1/do-not-call/{list}", post(api::bar))
        .route("/v1/callbacks", get(callbacks::list).post(callbacks::agree))
        .route("/v1/callbacks/{item}/cancel", post(callbacks::call_off))
        .route("/v1/close", post(api::close))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(LIMITS, connections::hear_out))
        .layer(from_fn_with_state(Arc::clone(&tokens), access::check));
    let scraped = Router::new()
        .route("/metrics", get(metrics::scrape))
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(tokens, access::check_scrape));
    let open = Router::new()
        .route("/healthz", get(api::healthz))
        .route("/readyz", get(api::readyz))
        .method_not_allowed_fallback(no_such_method);
    open.merge(scraped).merge(closed).layer(DefaultBodyLimit::max(BODY_MAX)).with_state(house)
}

async fn no_such_route(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
}

async fn no_such_method(method: Method, uri: Uri) -> Problem {
    Problem::not_allowed(format!("{} does not take {method}", uri.path()))
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
