//! Keys that somebody wants to be sent to whom an agent talks with.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use engine::Wish;
use engine::digits::Digits;
use serde::{Deserialize, Serialize};

use super::api::{Done, attempt};
use super::{House, Problem};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DigitsBody {
    pub(crate) digits: Digits,
}

pub(super) async fn send(
    State(house): State<House>,
    path: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Done {
    let Path(id) = path?;
    let attempt = attempt(&id)?;
    let right = "{\"digits\": \"1234#\"}";
    let body = serde_json::from_slice::<DigitsBody>(&body?);
    let body = body.map_err(|error| Problem::bad(format!("the body must be {right}: {error}")))?;
    house.ask(Wish::SendDigits { attempt, digits: body.digits }).await
}
