//! Where to is a call placed? What Asterisk dials, with the callee's number in it.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;

use crate::carrier::Route;
use crate::words::Number;

/// A dial string, such as `PJSIP/15551234567@trunk-a`.
///
/// That of a callee's call is made of a number and of what all calls of its campaign through its carrier have around theirs,
/// and is written out only where somebody reads it.
#[derive(Clone)]
pub struct DialString(Parts);

#[derive(Clone)]
enum Parts {
    Whole(String),
    Framed { frame: Arc<Frame>, number: Number },
}

/// What stands before a number and after it. The number is digits and the prefix is keys, by their types, so nothing in them
/// can reach another endpoint.
#[derive(Debug)]
pub(super) struct Frame {
    before: String,
    after: String,
}

impl Frame {
    pub(super) fn of(route: &Route, prefix: &str) -> Self {
        let (before, after) = match route {
            Route::Trunk { endpoint } => (["PJSIP/", prefix].concat(), ["@", endpoint].concat()),
            Route::Sip { peer } => (["SIP/", prefix].concat(), ["@", peer].concat()),
            Route::Dahdi { group } => (["DAHDI/", group, "/", prefix].concat(), String::new()),
            Route::Local { context, .. } => (["Local/", prefix].concat(), ["@", context, "/n"].concat()),
        };
        Self { before, after }
    }

    /// The dial string of a number.
    pub(super) fn around(self: &Arc<Self>, number: Number) -> DialString {
        DialString(Parts::Framed { frame: Arc::clone(self), number })
    }
}

impl From<String> for DialString {
    fn from(whole: String) -> Self {
        Self(Parts::Whole(whole))
    }
}

impl fmt::Display for DialString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Parts::Whole(whole) => f.write_str(whole),
            Parts::Framed { frame, number } => write!(f, "{}{number}{}", frame.before, frame.after),
        }
    }
}

impl fmt::Debug for DialString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

impl PartialEq for DialString {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for DialString {}

#[cfg(feature = "serde")]
impl serde::Serialize for DialString {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for DialString {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
    }
}
