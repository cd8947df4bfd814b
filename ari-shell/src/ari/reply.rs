//! What can become of a request, in words that a dialer can act on.
//!
//! Asterisk's statuses depend on the request: a channel that is gone is 404 nearly everywhere and 400 for
//! `addChannel`; 409 is an id in use for one request and a channel outside the application for another. This is the
//! one place that knows.

use reqwest::StatusCode;
use serde::Deserialize;

/// Why a request has no good reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Asterisk never saw the request; nothing happened.
    #[error("request not sent: {0}")]
    NotSent(String),
    /// The request may have been carried out or not. Ask for the thing it names, or wait for its events.
    #[error("outcome unknown: {0}")]
    Unknown(Doubt),
    /// Asterisk answered.
    #[error("{kind:?} ({status}): {message}")]
    Http {
        /// HTTP status.
        status: u16,
        /// What it means for this request.
        kind: Kind,
        /// What Asterisk said.
        message: String,
    },
}

impl Error {
    /// The meaning of Asterisk's answer, if it answered.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Http { kind, .. } => Some(*kind),
            Self::NotSent(_) | Self::Unknown(_) => None,
        }
    }
}

/// Why it is not known whether a request was carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No complete reply within the deadline.
    #[error("no reply within the deadline")]
    Deadline,
    /// The connection broke before the reply was complete. Asterisk does this without a word to every connection
    /// above its `sessionlimit`.
    #[error("connection broke: {0}")]
    Broken(String),
}

/// What an answer of Asterisk means. [`Kind::Gone`] and [`Kind::NotInStasis`] are expected while a call is torn down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What the request is about does not exist (any more).
    Gone,
    /// It exists but is not in a Stasis application, or is being recorded.
    NotInStasis,
    /// It exists but is in no state for this: not yet answered, or not in the bridge it shall leave.
    WrongState,
    /// The id (or the name of the recording) is in use. For an id that is used once, this means that the request was
    /// carried out before.
    Conflict,
    /// The channel could not be requested: unknown or unreachable endpoint. No call was attempted.
    Unavailable,
    /// User or password are wrong, or the user may only read.
    Unauthorized,
    /// No requests are taken now, by Asterisk or by a proxy before it. Nothing was carried out.
    NotNow,
    /// A proxy has had no answer from Asterisk, which may have carried it out.
    Unanswered,
    /// Carried out, but the reply cannot be read.
    Malformed,
    /// Anything else: a bug of ours or of Asterisk.
    Other,
}

/// What a request asks for, as far as the meaning of its answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Something about a thing that exists.
    Use,
    /// A new thing under an id or a name that must be free.
    Create,
    /// To put channels into a bridge.
    Join,
    /// To take channels out of a bridge.
    Leave,
}

/// The error for an answer whose status is not a success.
pub(crate) fn refusal(asks: Asks, status: StatusCode, body: &[u8]) -> Error {
    let message = message_of(body);
    let kind = kind_of(asks, status.as_u16(), &message.to_ascii_lowercase());
    Error::Http { status: status.as_u16(), kind, message }
}

fn kind_of(asks: Asks, status: u16, message: &str) -> Kind {
    let bridging = matches!(asks, Asks::Join | Asks::Leave);
    match status {
        400 if bridging && message.contains("not found") => Kind::Gone,
        401 | 403 => Kind::Unauthorized,
        404 => Kind::Gone,
        409 if asks == Asks::Create && !message.contains("stasis") => Kind::Conflict,
        409 => Kind::NotInStasis,
        412 => Kind::WrongState,
        422 if asks == Asks::Join => Kind::NotInStasis,
        422 if asks == Asks::Leave => Kind::WrongState,
        500 if message.contains("allocation failed") => Kind::Unavailable,
        500 if asks == Asks::Create && changes_bridge(message) => Kind::Conflict,
        502 | 504 => Kind::Unanswered,
        429 | 503 => Kind::NotNow,
        _ => Kind::Other,
    }
}

/// A bridge that is to be made under an id in use is taken for a change of that bridge, which Asterisk cannot do.
fn changes_bridge(message: &str) -> bool {
    message.contains("updating a bridge") || message.contains("changing bridge name")
}

/// Asterisk says `message` in most of its errors and `error` in those it makes when memory or a channel is missing.
fn message_of(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Said {
        message: Option<String>,
        error: Option<String>,
    }
    let said: Option<Said> = serde_json::from_slice(body).ok();
    said.and_then(|said| said.message.or(said.error)).unwrap_or_else(|| excerpt(body))
}

/// Enough of a body that is no JSON to recognise it: an HTML page of the server or of a proxy.
fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body).trim().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measured_status_has_its_meaning() {
        let table = [
            (Asks::Use, 404, r#"{"message":"Channel not found"}"#, Kind::Gone),
            (Asks::Use, 409, r#"{"message":"Channel not in Stasis application"}"#, Kind::NotInStasis),
            (Asks::Use, 412, r#"{"message":"Channel in invalid state"}"#, Kind::WrongState),
            (Asks::Use, 400, r#"{"message":"Media required"}"#, Kind::Other),
            (Asks::Use, 422, r#"{"message":"Unprocessable"}"#, Kind::Other),
            (Asks::Use, 401, r#"{"message":"Authentication required"}"#, Kind::Unauthorized),
            (Asks::Use, 403, r#"{"message":"Write access denied"}"#, Kind::Unauthorized),
            (Asks::Use, 429, "", Kind::NotNow),
            (Asks::Use, 500, r#"{"message":"Internal Server Error"}"#, Kind::Other),
            (Asks::Use, 502, "<h1>Bad Gateway</h1>", Kind::Unanswered),
            (Asks::Use, 503, "", Kind::NotNow),
            (Asks::Use, 504, "", Kind::Unanswered),
            (
                Asks::Create,
                409,
                r#"{"message":"Channel with given unique ID already exists"}"#,
                Kind::Conflict,
            ),
            (Asks::Create, 409, r#"{"message":"Recording 'a' already exists"}"#, Kind::Conflict),
            (Asks::Create, 409, r#"{"message":"Bridge not in Stasis application"}"#, Kind::NotInStasis),
            (Asks::Create, 400, r#"{"message":"Invalid endpoint specified"}"#, Kind::Other),
            (Asks::Create, 422, r#"{"message":"Format unknown"}"#, Kind::Other),
            (Asks::Create, 500, r#"{"error":"Allocation failed"}"#, Kind::Unavailable),
            (
                Asks::Create,
                500,
                r#"{"message":"Supplying a bridge type when updating a bridge is not allowed."}"#,
                Kind::Conflict,
            ),
            (Asks::Create, 500, r#"{"message":"Changing bridge name is not implemented"}"#, Kind::Conflict),
            (Asks::Create, 500, r#"{"message":"Unable to create bridge"}"#, Kind::Other),
            (Asks::Join, 400, r#"{"message":"Channel not found"}"#, Kind::Gone),
            (Asks::Join, 400, r#"{"message":"No channels specified"}"#, Kind::Other),
            (Asks::Join, 404, r#"{"message":"Bridge not found"}"#, Kind::Gone),
            (Asks::Join, 409, r#"{"message":"Channel currently recording"}"#, Kind::NotInStasis),
            (Asks::Join, 422, r#"{"message":"Channel not in Stasis application"}"#, Kind::NotInStasis),
            (Asks::Leave, 400, r#"{"message":"Channel not found"}"#, Kind::Gone),
            (Asks::Leave, 422, r#"{"message":"Channel not in this bridge"}"#, Kind::WrongState),
        ];
        for (asks, status, body, kind) in table {
            let status = StatusCode::from_u16(status).expect("a status");
            let error = refusal(asks, status, body.as_bytes());
            assert_eq!(error.kind(), Some(kind), "{asks:?} {error}");
        }
    }

    #[test]
    fn the_message_is_read_from_both_keys_and_from_a_page() {
        assert_eq!(message_of(br#"{"message":"a"}"#), "a");
        assert_eq!(message_of(br#"{"error":"b"}"#), "b");
        assert_eq!(message_of(b" <html>no</html>\n"), "<html>no</html>");
        assert_eq!(message_of(b"{\"message\":7}"), "{\"message\":7}");
        assert_eq!(message_of(b""), "");
        assert_eq!(message_of(&[b'x'; 1000]).len(), 200);
    }
}
