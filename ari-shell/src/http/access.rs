//! Who may ask: whoever shows the token.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;

use super::{Problem, Tokens};

/// Whoever is to steer the floor, or to be told of it.
pub(super) async fn check(
    State(tokens): State<Arc<Tokens>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let told = "show the first line of the file `token` in the shell's data directory: Authorization: Bearer <that line>";
    let_in(request, next, |shown| tokens.own.is(shown), told).await
}

/// Whoever is to be shown its figures: they need not be able to steer it.
pub(super) async fn check_scrape(
    State(tokens): State<Arc<Tokens>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let told = "show the token that the configuration has as http.metrics_token, or the first line of the file `token` in the \
                shell's data directory: Authorization: Bearer <token>";
    let opens =
        |shown: &str| tokens.own.is(shown) || tokens.metrics.as_ref().is_some_and(|token| token.is(shown));
    let_in(request, next, opens, told).await
}

/// Answers a request whose bearer token opens, and tells all others what would.
async fn let_in(
    request: Request,
    next: Next,
    opens: impl Fn(&str) -> bool,
    told: &str,
) -> Result<Response, Problem> {
    if shown(&request).is_some_and(opens) {
        Ok(next.run(request).await)
    } else {
        Err(Problem::new(StatusCode::UNAUTHORIZED, told))
    }
}

/// The bearer token that comes with a request.
fn shown(request: &Request) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
