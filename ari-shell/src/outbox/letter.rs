//! What a receiver reads: the same text in every delivery of an event.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::moment::iso;
use crate::store::Letter;

/// The whole body.
#[derive(Serialize)]
struct Body<'l> {
    id: &'l str,
    r#type: &'l str,
    attempt: u64,
    sequence: u64,
    created_at: String,
    data: &'l RawValue,
}

/// The event as JSON: its key as `id`, what it is, its place among the events of its attempt, when it happened, and `data`,
/// which is what there is to tell.
///
/// # Errors
/// Where the payload is no JSON, which nobody here could have written.
pub(super) fn body(letter: &Letter) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Body {
        id: &letter.key,
        r#type: &letter.kind,
        attempt: letter.attempt.0,
        sequence: letter.seq,
        created_at: iso(letter.told_at),
        data: serde_json::from_str(&letter.payload)?,
    })
}
