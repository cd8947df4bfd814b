//! The messages of ARI as plain data, without any I/O.
//!
//! Only what a dialer reads is decoded; unknown fields are ignored, unknown words are kept ([`ChannelState::Other`]
//! and its like), unknown events become [`Body::Other`]. A message that cannot be decoded is a [`Malformed`], which
//! keeps its text, and never vanishes: a lost `ChannelDestroyed` is an agent who never gets free again.

mod tagged;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::timestamp::Timestamp;
use tagged::Tagged;

/// Decodes one text message of the event socket.
///
/// # Errors
/// [`Malformed`] when the text is not JSON, has no type, or lacks an id or a word that its type needs.
pub fn decode(text: &str) -> Result<Event, Malformed> {
    let malformed = |kind: Option<String>, why: serde_json::Error| Malformed {
        channel: salvage_channel(text),
        kind,
        why: why.to_string(),
        raw: text.to_owned(),
    };
    let Head { kind } = serde_json::from_str(text).map_err(|why| malformed(None, why))?;
    match Body::deserialize(Tagged::new(&kind, text)) {
        Ok(body) => Ok(Event { kind, body }),
        Err(why) => Err(malformed(Some(kind), why)),
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The type as Asterisk wrote it, also for [`Body::Other`].
    pub kind: String,
    /// What the event says.
    pub body: Body,
}

/// What an event says.
///
/// The channel in an event is a snapshot of the moment of publishing: it may already be ahead of the event, so
/// transitions are read from the events and never inferred from the snapshots.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub enum Body {
    /// A channel entered the application. It need not be answered: see the channel's state.
    StasisStart {
        /// Arguments of the application.
        #[serde(default)]
        args: Vec<String>,
        /// The channel.
        channel: Channel,
        /// The channel whose place this one takes, after a masquerade.
        replace_channel: Option<Box<Channel>>,
    },
    /// A channel left the application. The call may well go on in the dialplan.
    StasisEnd {
        /// The channel.
        channel: Channel,
    },
    /// A channel changed state, for instance to ringing or up.
    ChannelStateChange {
        /// The channel in its new state.
        channel: Channel,
    },
    /// Dialling made progress.
    Dial {
        /// The dialled channel.
        peer: Channel,
        /// How far dialling got.
        dialstatus: DialStatus,
        /// Where the callee's side wants the call to go instead. Not empty means that a number may be dialled
        /// which nobody screened.
        #[serde(default)]
        forward: String,
        /// The channel made for the forwarding.
        forwarded: Option<Box<Channel>>,
    },
    /// Somebody asked for the end of a channel.
    ChannelHangupRequest {
        /// The channel.
        channel: Channel,
        /// Q.850 cause.
        cause: Option<i64>,
        /// SIP status, where one is known.
        tech_cause: Option<i64>,
        /// Whether Asterisk asked itself, as `DELETE` does, and not the far end.
        #[serde(default)]
        soft: bool,
    },
    /// A channel is gone. The last word about a leg.
    ChannelDestroyed {
        /// The channel.
        channel: Channel,
        /// Q.850 cause; 0 after an answered call is normal clearing.
        cause: Option<i64>,
        /// The cause in words.
        cause_txt: Option<String>,
        /// SIP status. Not proof of a SIP response: Asterisk fills it from its own cause if there was none.
        tech_cause: Option<i64>,
    },
    /// A channel is in a bridge. The only proof that an `addChannel` worked.
    ChannelEnteredBridge {
        /// The bridge with its channels.
        bridge: Bridge,
        /// The channel, which the schema does not promise.
        channel: Option<Channel>,
    },
    /// A channel left a bridge.
    ChannelLeftBridge {
        /// The bridge with the channels that remain.
        bridge: Bridge,
        /// The channel.
        channel: Channel,
    },
    /// A bridge is gone; its channels are not.
    BridgeDestroyed {
        /// The bridge.
        bridge: Bridge,
    },
    /// A playback is audible.
    PlaybackStarted {
        /// The playback.
        playback: Playback,
    },
    /// A playback ended; its state says whether it was heard.
    PlaybackFinished {
        /// The playback.
        playback: Playback,
    },
    /// A recording runs.
    RecordingStarted {
        /// The recording.
        recording: LiveRecording,
    },
    /// A recording is complete.
    RecordingFinished {
        /// The recording.
        recording: LiveRecording,
    },
    /// A recording came to nothing.
    RecordingFailed {
        /// The recording.
        recording: LiveRecording,
    },
    /// A key was pressed and released.
    ChannelDtmfReceived {
        /// The channel.
        channel: Channel,
        /// `0` to `9`, `A` to `D`, `*` or `#`.
        digit: String,
        /// How long the key was held, milliseconds.
        duration_ms: Option<i64>,
    },
    /// Talk detection hears speech.
    ChannelTalkingStarted {
        /// The channel.
        channel: Channel,
    },
    /// Talk detection hears silence.
    ChannelTalkingFinished {
        /// The channel.
        channel: Channel,
        /// How long the talking lasted, milliseconds.
        duration: Option<i64>,
    },
    /// The dialplan tells something of its own (`UserEvent`).
    ChannelUserevent {
        /// The channel that the dialplan had; `None` where it had none.
        channel: Option<Channel>,
        /// Its name.
        #[serde(default)]
        eventname: String,
        /// What it tells.
        #[serde(default)]
        userevent: UserEvent,
    },
    /// A variable was set.
    ChannelVarset {
        /// Name, with function syntax where a function was set.
        variable: String,
        /// New value.
        #[serde(default)]
        value: String,
        /// The channel; `None` for a global variable.
        channel: Option<Channel>,
    },
    /// Another socket took over the application. This one will hear nothing more.
    ApplicationReplaced,
    /// A device changed state.
    DeviceStateChanged {
        /// The device.
        device_state: DeviceState,
    },
    /// An endpoint went on or off line.
    EndpointStateChange {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// An event that a dialer has no use for. [`Event::kind`] names it.
    #[serde(other)]
    Other,
}

/// A message that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed {}: {why}", kind.as_deref().unwrap_or("message"))]
pub struct Malformed {
    /// The type, when it could be read.
    pub kind: Option<String>,
    /// The channel that the message seems to be about: the one to ask Asterisk for.
    pub channel: Option<ChannelId>,
    /// What is wrong with it.
    pub why: String,
    /// The message.
    pub raw: String,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
}

fn salvage_channel(text: &str) -> Option<ChannelId> {
    let message: serde_json::Value = serde_json::from_str(text).ok()?;
    let channel = message.get("channel").or_else(|| message.get("peer"))?;
    Some(ChannelId::new(channel.get("id")?.as_str()?))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            #[must_use]
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// Names a channel. Chosen by whoever makes the channel, at most 149 characters, never used twice.
    ChannelId
    /// Names a bridge. Never recycled: a new bridge under a recent id has a history of trouble.
    BridgeId
    /// Names a playback.
    PlaybackId
    /// Names a recording, and its file without the extension.
    RecordingName
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(from = "String")]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
            /// A word this client does not know; empty where Asterisk said nothing.
            Other(String),
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$word,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }
    )+};
}

words! {
    /// The state of a channel.
    ChannelState {
        /// Exists, nothing more.
        Down = "Down",
        /// Taken, not yet in use.
        Reserved = "Rsrvd",
        /// Off hook.
        OffHook = "OffHook",
        /// Sends digits.
        Dialing = "Dialing",
        /// An inbound leg that waits for our answer.
        Ring = "Ring",
        /// An outbound leg whose far end rings.
        Ringing = "Ringing",
        /// Answered.
        Up = "Up",
        /// Busy.
        Busy = "Busy",
    }
    /// How far dialling got. Refusals other than busy and congestion all read [`DialStatus::NoAnswer`]; the hangup
    /// causes tell them apart.
    DialStatus {
        /// The request went out.
        Started = "",
        /// The far end has the request.
        Proceeding = "PROCEEDING",
        /// Early media.
        Progress = "PROGRESS",
        /// The far end rings.
        Ringing = "RINGING",
        /// Answered.
        Answer = "ANSWER",
        /// Busy.
        Busy = "BUSY",
        /// Not answered, and most kinds of refusal.
        NoAnswer = "NOANSWER",
        /// No capacity on the way.
        Congestion = "CONGESTION",
        /// No way there.
        ChanUnavail = "CHANUNAVAIL",
        /// We gave up, or the call was redirected.
        Cancel = "CANCEL",
    }
    /// The state of a playback.
    PlaybackState {
        /// Waits for the one before it.
        Queued = "queued",
        /// Audible.
        Playing = "playing",
        /// Between two media of a list.
        Continuing = "continuing",
        /// Heard to the end, or stopped by request.
        Done = "done",
        /// The file is missing, or the far end hung up.
        Failed = "failed",
    }
    /// The state of a recording.
    RecordingState {
        /// Waits.
        Queued = "queued",
        /// Runs.
        Recording = "recording",
        /// Paused.
        Paused = "paused",
        /// Complete.
        Done = "done",
        /// Came to nothing.
        Failed = "failed",
        /// Thrown away by request.
        Canceled = "canceled",
    }
    /// Whether an endpoint can be reached.
    EndpointState {
        /// Asterisk does not know.
        Unknown = "unknown",
        /// Not reachable.
        Offline = "offline",
        /// Reachable.
        Online = "online",
    }
    /// How a bridge joins its channels.
    BridgeType {
        /// Everybody hears everybody.
        Mixing = "mixing",
        /// Everybody waits alone.
        Holding = "holding",
    }
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// State when the snapshot was taken.
    #[serde(default)]
    pub state: ChannelState,
}

/// What the dialplan tells, as far as a dialer reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct UserEvent {
    /// SIP status, as text.
    #[serde(default)]
    pub sip: String,
}

/// A bridge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bridge {
    /// Its id.
    pub id: BridgeId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// How it joins its channels.
    #[serde(default)]
    pub bridge_type: BridgeType,
    /// Who made it: `stasis` for bridges of ARI, others are not ours to touch.
    #[serde(default)]
    pub bridge_class: String,
    /// The channels in it.
    #[serde(default)]
    pub channels: Vec<ChannelId>,
}

/// A playback.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Playback {
    /// Its id.
    pub id: PlaybackId,
    /// What is played.
    #[serde(default)]
    pub media_uri: String,
    /// To whom, `channel:` or `bridge:` and an id.
    #[serde(default)]
    pub target_uri: String,
    /// Its state.
    #[serde(default)]
    pub state: PlaybackState,
}

/// A recording in progress or just ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LiveRecording {
    /// Its name.
    pub name: RecordingName,
    /// File format.
    #[serde(default)]
    pub format: String,
    /// What is recorded, `channel:` or `bridge:` and an id.
    #[serde(default)]
    pub target_uri: String,
    /// Its state.
    #[serde(default)]
    pub state: RecordingState,
    /// Length in seconds, when finished.
    pub duration: Option<i64>,
    /// Why it failed.
    pub cause: Option<String>,
}

/// A recording that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StoredRecording {
    /// Its name.
    pub name: RecordingName,
    /// File format.
    pub format: String,
}

/// A device and its state, in the words of `DEVICE_STATE()`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeviceState {
    /// Name, such as `PJSIP/agent7`.
    pub name: String,
    /// `NOT_INUSE`, `INUSE`, `UNAVAILABLE` and so on.
    #[serde(default)]
    pub state: String,
}

/// An endpoint: a trunk or the phone of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Endpoint {
    /// `PJSIP` and the like.
    pub technology: String,
    /// Its name within the technology.
    pub resource: String,
    /// Whether it can be reached.
    #[serde(default)]
    pub state: EndpointState,
    /// Its channels.
    #[serde(default)]
    pub channel_ids: Vec<ChannelId>,
}

/// A Stasis application and what it is subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Channels whose events it gets. After a reconnect this is the list of legs that still live.
    #[serde(default)]
    pub channel_ids: Vec<ChannelId>,
    /// Bridges whose events it gets.
    #[serde(default)]
    pub bridge_ids: Vec<BridgeId>,
    /// Endpoints whose events it gets, as `PJSIP/trunk`.
    #[serde(default)]
    pub endpoint_ids: Vec<String>,
    /// Devices whose state it gets.
    #[serde(default)]
    pub device_names: Vec<String>,
}

/// The server about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AsteriskInfo {
    /// Version and identity.
    pub system: SystemInfo,
    /// Times.
    #[serde(default)]
    pub status: StatusInfo,
}

/// Version and identity of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SystemInfo {
    /// Version string, to be judged by [`floor`](super::floor).
    pub version: String,
    /// The server's entity id.
    pub entity_id: Option<String>,
}

/// Times of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct StatusInfo {
    /// Start of the process. A change means that all channels are gone.
    #[serde(default, deserialize_with = "lenient_timestamp")]
    pub startup_time: Option<Timestamp>,
    /// Last reload of the configuration.
    #[serde(default, deserialize_with = "lenient_timestamp")]
    pub last_reload_time: Option<Timestamp>,
}

/// A module of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Module {
    /// File name, such as `res_ari_channels.so`.
    pub name: String,
    /// `Running` or `Not Running`.
    #[serde(default)]
    pub status: String,
}

/// A sound file that can be played as `sound:` and its id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sound {
    /// Its id.
    pub id: String,
    /// What is said, if Asterisk knows.
    pub text: Option<String>,
    /// In which languages and formats it exists.
    #[serde(default)]
    pub formats: Vec<SoundFormat>,
}

/// A language and a format in which a sound exists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SoundFormat {
    /// Language.
    pub language: String,
    /// Format.
    pub format: String,
}

/// A strange clock must not cost us the reply: what is no timestamp is `None`.
fn lenient_timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(Timestamp::parse))
}

#[cfg(test)]
mod tests;
