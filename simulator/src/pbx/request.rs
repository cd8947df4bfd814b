//! What goes in and comes out of the model: requests and replies without HTTP.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The HTTP methods that ARI has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes, or acts.
    Post,
    /// Sets.
    Put,
    /// Ends.
    Delete,
}

impl Method {
    /// The method's name as HTTP writes it, which is also how faults name requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// One ARI request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path's segments after `/ari`, percent-decoded: `["channels", "c1"]`.
    pub path: Vec<String>,
    /// The query, percent-decoded.
    pub query: BTreeMap<String, String>,
    /// The JSON body; `Null` without one.
    pub body: Value,
}

impl Request {
    /// A request from its target, such as `/channels/c1?reason=busy` (without `/ari`, percent-encoded).
    pub fn new(method: Method, target: &str, body: Value) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.split('/').filter(|part| !part.is_empty());
        let query = query.split('&').filter(|pair| !pair.is_empty());
        Self {
            method,
            path: path.map(|part| decode(part, false)).collect(),
            query: query
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(key, value)| (decode(key, true), decode(value, true)))
                .collect(),
            body,
        }
    }

    /// A parameter of the query or, as ARI allows, of the JSON body; numbers and booleans of the body as text.
    pub(super) fn param(&self, name: &str) -> Option<String> {
        if let Some(value) = self.query.get(name) {
            return Some(value.clone());
        }
        match self.body.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(items) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                Some(items.join(","))
            }
            other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
            Value::Null | Value::Object(_) => None,
        }
    }

    /// `POST /channels/c1`: what faults match against.
    pub(super) fn line(&self) -> String {
        format!("{} /{}", self.method.name(), self.path.join("/"))
    }
}

/// Decodes `%41` and, in a query, `+`. What is no valid escape stays as it is.
fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| byte == b'%').and_then(hex_pair);
        bytes.push(match escaped {
            Some(decoded) => decoded,
            None if byte == b'+' && plus_is_space => b' ',
            None => byte,
        });
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?;
    u8::try_from(value).ok()
}

/// One reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body; `Null` means an empty one.
    pub body: Value,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { status: 201, body }
    }

    pub(super) fn no_content() -> Self {
        Self { status: 204, body: Value::Null }
    }

    /// An error as most of ARI words it: `{"message": …}`.
    pub(super) fn error(status: u16, message: &str) -> Self {
        Self { status, body: json!({ "message": message }) }
    }

    /// The one answer to every channel that could not be requested, and to whoever asks what is in a folder for recordings that is
    /// not there; its key is `error`, not `message`.
    pub(super) fn allocation_failed() -> Self {
        Self { status: 500, body: json!({ "error": "Allocation failed" }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_split_and_decoded() {
        let request = Request::new(Method::Get, "/endpoints/PJSIP/a%2Fb+?x=1%202+3&y&z=%zz", Value::Null);
        assert_eq!(request.path, ["endpoints", "PJSIP", "a/b+"]);
        assert_eq!(request.param("x").as_deref(), Some("1 2 3"));
        assert_eq!(request.param("y").as_deref(), Some(""));
        assert_eq!(request.param("z").as_deref(), Some("%zz"));
        assert_eq!(request.line(), "GET /endpoints/PJSIP/a/b+");
    }

    #[test]
    fn the_body_stands_in_for_the_query() {
        let request = Request::new(Method::Post, "/channels", json!({"timeout": 5, "channel": ["a", "b"]}));
        assert_eq!(request.param("timeout").as_deref(), Some("5"));
        assert_eq!(request.param("channel").as_deref(), Some("a,b"));
        assert_eq!(request.param("absent"), None);
    }
}
