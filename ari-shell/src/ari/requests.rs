//! The requests of a dialer, and the words they take.
//!
//! Every method is one request. All of them fail as [`Error`] says; their own documentation names the meanings a
//! caller will want to tell apart. [`http`](super::http) says which are repeated.

use std::collections::BTreeMap;

use engine::digits::{self, Digits};
use engine::words::Span;
use reqwest::Response;
use serde::{Deserialize, Serialize};

use super::http::{Client, Request};
#[cfg(doc)]
use super::reply::Kind;
use super::reply::{Asks, Doubt, Error};
use super::wire::{
    Application, AsteriskInfo, Bridge, BridgeId, Channel, ChannelId, Endpoint, LiveRecording, Module,
    PlaybackId, RecordingName, Sound, StoredRecording,
};

impl Client {
    /// Version, identity and start of the server.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn info(&self) -> Result<AsteriskInfo, Error> {
        self.ask(Request::get(["asterisk", "info"])).await
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ping(&self) -> Result<(), Error> {
        self.tell(Request::get(["asterisk", "ping"])).await
    }

    /// Whether a module is loaded and running.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it is not loaded, else see [`Error`].
    pub async fn module(&self, name: &str) -> Result<Module, Error> {
        self.ask(Request::get(["asterisk", "modules", name])).await
    }

    /// What a global variable of the server holds; nothing where there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn global_variable(&self, name: &str) -> Result<String, Error> {
        let variable: Variable =
            self.ask(Request::get(["asterisk", "variable"]).query("variable", name)).await?;
        Ok(variable.value)
    }

    /// The application, and what it hears of. One that has lost its socket is kept for as long as anything of it is left.
    ///
    /// # Errors
    /// [`Kind::Gone`] if there is none, else see [`Error`].
    pub async fn application(&self, app: &str) -> Result<Application, Error> {
        self.ask(Request::get(["applications", app])).await
    }

    /// Tells Asterisk which types of events not to send. Replaces the former list; lost with the application.
    ///
    /// # Errors
    /// [`Kind::Gone`] without a socket for the application, else see [`Error`].
    pub async fn event_filter(&self, app: &str, disallowed: &[String]) -> Result<Application, Error> {
        let types: Vec<_> = disallowed.iter().map(|kind| serde_json::json!({ "type": kind })).collect();
        let filter = serde_json::json!({ "disallowed": types });
        self.ask(Request::put(["applications", app, "eventFilter"]).body(&filter)).await
    }

    /// Places a call that enters the application when it is answered.
    ///
    /// The application needs a connected socket *at the moment of the answer*: Asterisk accepts the request without
    /// one and hangs up on whoever answers.
    ///
    /// # Errors
    /// [`Kind::Conflict`] if the call was placed before, [`Kind::Unavailable`] if no call was attempted. After
    /// [`Error::Unknown`] the call may ring. See [`Error`].
    pub async fn originate(&self, call: &Originate) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            variables: &'a BTreeMap<String, String>,
        }
        let mut request = Request::post(["channels"])
            .creates()
            .query("endpoint", &call.endpoint)
            .query("app", &call.app)
            .query("appArgs", &call.app_args)
            .query("channelId", call.channel_id.as_str())
            .query("callerId", &call.caller_id)
            .query("timeout", call.timeout_s.to_string());
        if let Some(other_half) = &call.other_channel_id {
            request = request.query("otherChannelId", other_half.as_str());
        }
        if let Some(formats) = &call.formats {
            request = request.query("formats", formats);
        }
        self.tell(request.body(&Body { variables: &call.variables })).await
    }

    /// All channels of the server, also those of others.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn channels(&self) -> Result<Vec<Channel>, Error> {
        self.ask(Request::get(["channels"])).await
    }

    /// One channel.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it does not exist, else see [`Error`].
    pub async fn channel(&self, id: &ChannelId) -> Result<Channel, Error> {
        self.ask(Request::get(["channels", id.as_str()])).await
    }

    /// Ends a channel. Never waits for anything that the channel is doing.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it ended before, else see [`Error`].
    pub async fn hangup(&self, id: &ChannelId, why: Hangup) -> Result<(), Error> {
        let request = Request::delete(["channels", id.as_str()]);
        self.tell(match why {
            Hangup::Reason(reason) => request.query("reason", reason.as_str()),
            Hangup::Code(code) => request.query("reason_code", code.to_string()),
        })
        .await
    }

    /// Sends a channel back to the dialplan. A channel that is not yet answered cannot go: [`Kind::WrongState`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn continue_(&self, id: &ChannelId, place: &Place) -> Result<(), Error> {
        let request = Request::post(["channels", id.as_str(), "continue"])
            .query("context", &place.context)
            .query("extension", &place.extension)
            .query("priority", place.priority.to_string());
        self.tell(request).await
    }

    /// Plays media such as `sound:hello` to a channel. A missing file is not an error here but a
    /// [`Failed`](super::wire::PlaybackState::Failed) playback later: ask [`Client::sound`] beforehand.
    ///
    /// # Errors
    /// [`Kind::WrongState`] before the answer, else see [`Error`].
    pub async fn play(&self, id: &ChannelId, playback: &PlaybackId, media: &str) -> Result<(), Error> {
        let path = ["channels", id.as_str(), "play", playback.as_str()];
        self.tell(Request::post(path).creates().query("media", media)).await
    }

    /// Ends a playback. To be done before anything else is asked of the channel, since most requests wait for the end
    /// of what it plays.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it ended before, else see [`Error`].
    pub async fn stop_playback(&self, id: &PlaybackId) -> Result<(), Error> {
        self.tell(Request::delete(["playbacks", id.as_str()])).await
    }

    /// Whether a playback goes on, or is yet to begin.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it has ended, else see [`Error`].
    pub async fn playback(&self, id: &PlaybackId) -> Result<(), Error> {
        self.tell(Request::get(["playbacks", id.as_str()])).await
    }

    /// Plays music on hold to a channel until it is stopped, in place of whatever a bridge sends it; `None` is the default
    /// class.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn start_channel_moh(&self, id: &ChannelId, class: Option<&str>) -> Result<(), Error> {
        let request = Request::post(["channels", id.as_str(), "moh"]);
        self.tell(match class {
            Some(class) => request.query("mohClass", class),
            None => request,
        })
        .await
    }

    /// Ends a [`Client::start_channel_moh`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn stop_channel_moh(&self, id: &ChannelId) -> Result<(), Error> {
        self.tell(Request::delete(["channels", id.as_str(), "moh"])).await
    }

    /// Lets whoever is on a channel hear that it rings elsewhere, until it is stopped.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ring(&self, id: &ChannelId) -> Result<(), Error> {
        self.tell(Request::post(["channels", id.as_str(), "ring"])).await
    }

    /// Ends a [`Client::ring`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn stop_ringing(&self, id: &ChannelId) -> Result<(), Error> {
        self.tell(Request::delete(["channels", id.as_str(), "ring"])).await
    }

    /// Sets a variable of a channel, or calls a function such as `TIMEOUT(absolute)`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_variable(&self, id: &ChannelId, name: &str, value: &str) -> Result<(), Error> {
        let request = Request::post(["channels", id.as_str(), "variable"]);
        self.tell(request.query("variable", name).query("value", value)).await
    }

    /// Silences a channel in the given direction.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn mute(&self, id: &ChannelId, direction: Direction) -> Result<(), Error> {
        let request = Request::post(["channels", id.as_str(), "mute"]);
        self.tell(request.query("direction", direction.as_str())).await
    }

    /// Ends a [`Client::mute`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn unmute(&self, id: &ChannelId, direction: Direction) -> Result<(), Error> {
        let request = Request::delete(["channels", id.as_str(), "mute"]);
        self.tell(request.query("direction", direction.as_str())).await
    }

    /// Sends keys to a channel: `w` and `W` among them pause for half a second and for one. Answered before they are sent;
    /// until they are, most other requests of the channel wait.
    ///
    /// # Errors
    /// [`Kind::NotInStasis`] before the answer, else see [`Error`].
    pub async fn send_digits(&self, id: &ChannelId, digits: &Digits) -> Result<(), Error> {
        let request = Request::post(["channels", id.as_str(), "dtmf"])
            .query("dtmf", digits.as_str())
            .query("duration", millis(digits::TONE))
            .query("between", millis(digits::GAP));
        self.tell(request).await
    }

    /// Makes a channel that hears (`spy`) and speaks into (`whisper`) another one and enters the application.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn snoop(
        &self,
        id: &ChannelId,
        snoop: &ChannelId,
        app: &str,
        spy: Direction,
        whisper: Direction,
    ) -> Result<Channel, Error> {
        let path = ["channels", id.as_str(), "snoop", snoop.as_str()];
        let request = Request::post(path)
            .creates()
            .query("app", app)
            .query("spy", spy.as_str())
            .query("whisper", whisper.as_str());
        self.ask(request).await
    }

    /// Makes a bridge.
    ///
    /// # Errors
    /// [`Kind::Conflict`] if there is such a bridge, else see [`Error`].
    pub async fn create_bridge(&self, id: &BridgeId, flags: &[BridgeFlag], name: &str) -> Result<(), Error> {
        let flags: Vec<_> = flags.iter().map(|flag| flag.as_str()).collect();
        let request = Request::post(["bridges", id.as_str()]).creates();
        self.tell(request.query("type", flags.join(",")).query("name", name)).await
    }

    /// Puts channels into a bridge, all in one request. Success says only that the command ran: a channel is in the
    /// bridge when [`ChannelEnteredBridge`](super::Body::ChannelEnteredBridge) says so.
    ///
    /// # Errors
    /// [`Kind::Gone`] if the bridge or a channel is gone, [`Kind::NotInStasis`] if a channel left the application or
    /// is being recorded; else see [`Error`].
    pub async fn add_channel(&self, bridge: &BridgeId, channels: &[&ChannelId]) -> Result<(), Error> {
        let request = Request::post(["bridges", bridge.as_str(), "addChannel"]).asks(Asks::Join);
        self.tell(request.query("channel", comma_separated(channels))).await
    }

    /// Takes channels out of a bridge.
    ///
    /// # Errors
    /// [`Kind::Gone`] if the bridge or a channel is gone, [`Kind::WrongState`] if a channel is not in this bridge; else
    /// see [`Error`].
    pub async fn remove_channel(&self, bridge: &BridgeId, channels: &[&ChannelId]) -> Result<(), Error> {
        let request = Request::post(["bridges", bridge.as_str(), "removeChannel"]).asks(Asks::Leave);
        self.tell(request.query("channel", comma_separated(channels))).await
    }

    /// Plays media to everybody in a bridge.
    ///
    /// # Errors
    /// [`Kind::Gone`] if the bridge is gone, else see [`Error`].
    pub async fn play_in_bridge(&self, id: &BridgeId, media: &str) -> Result<(), Error> {
        self.tell(Request::post(["bridges", id.as_str(), "play"]).query("media", media)).await
    }

    /// Plays music on hold into a bridge; `None` is the default class.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn start_moh(&self, bridge: &BridgeId, class: Option<&str>) -> Result<(), Error> {
        let request = Request::post(["bridges", bridge.as_str(), "moh"]);
        self.tell(match class {
            Some(class) => request.query("mohClass", class),
            None => request,
        })
        .await
    }

    /// All bridges of the server, also those of others.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bridges(&self) -> Result<Vec<Bridge>, Error> {
        self.ask(Request::get(["bridges"])).await
    }

    /// One bridge.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it does not exist, else see [`Error`].
    pub async fn bridge(&self, id: &BridgeId) -> Result<Bridge, Error> {
        self.ask(Request::get(["bridges", id.as_str()])).await
    }

    /// Removes a bridge. Its channels are not hung up: they fall back into the application.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it does not exist, else see [`Error`].
    pub async fn destroy_bridge(&self, id: &BridgeId) -> Result<(), Error> {
        self.tell(Request::delete(["bridges", id.as_str()])).await
    }

    /// Records what is said on a channel. Until it has ended, the channel can be put into no bridge.
    ///
    /// # Errors
    /// [`Kind::Conflict`] if there is such a recording or the channel is in a bridge; else see [`Error`].
    pub async fn record_channel(
        &self,
        id: &ChannelId,
        recording: &Recording,
    ) -> Result<LiveRecording, Error> {
        let request = Request::post(["channels", id.as_str(), "record"])
            .creates()
            .query("name", recording.name.as_str())
            .query("format", &recording.format)
            .query("maxDurationSeconds", recording.duration_s_max.to_string())
            .query("maxSilenceSeconds", recording.silence_s_max.to_string())
            .query("beep", recording.beep.to_string())
            // An existing file is somebody's conversation.
            .query("ifExists", "fail");
        self.ask(request).await
    }

    /// Whether a recording goes on.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it has ended, or there was none, else see [`Error`].
    pub async fn live_recording(&self, name: &RecordingName) -> Result<(), Error> {
        self.tell(Request::get(["recordings", "live", name.as_str()])).await
    }

    /// Ends a recording and keeps it.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it is not running, else see [`Error`].
    pub async fn stop_recording(&self, name: &RecordingName) -> Result<(), Error> {
        self.tell(Request::post(["recordings", "live", name.as_str(), "stop"])).await
    }

    /// Writes silence into a recording in place of what is heard.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it is not running, else see [`Error`].
    pub async fn mute_recording(&self, name: &RecordingName) -> Result<(), Error> {
        self.tell(Request::post(["recordings", "live", name.as_str(), "mute"])).await
    }

    /// Ends a [`Client::mute_recording`].
    ///
    /// # Errors
    /// [`Kind::Gone`] if it is not running, else see [`Error`].
    pub async fn unmute_recording(&self, name: &RecordingName) -> Result<(), Error> {
        self.tell(Request::delete(["recordings", "live", name.as_str(), "mute"])).await
    }

    /// Whether the folder for recordings can be read. Of one that is not there Asterisk says so at once; what is in it takes its
    /// time, three seconds for 400,000 files (measured on 22.10). So a reply that is late is one that there is.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn recordings_folder(&self) -> Result<(), Error> {
        match self.open(Request::get(["recordings", "stored"])).await {
            Ok(_) | Err(Error::Unknown(Doubt::Deadline)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A recording that is kept.
    ///
    /// # Errors
    /// [`Kind::Gone`] if there is none, else see [`Error`].
    pub async fn stored_recording(&self, name: &RecordingName) -> Result<StoredRecording, Error> {
        self.ask(Request::get(["recordings", "stored", name.as_str()])).await
    }

    /// The file of a recording, to be read piece by piece.
    pub(crate) async fn stored_file(&self, name: &RecordingName) -> Result<Response, Error> {
        self.open(Request::get(["recordings", "stored", name.as_str(), "file"])).await
    }

    /// A sound by its id, the part after `sound:`.
    ///
    /// # Errors
    /// [`Kind::Gone`] if there is none: a playback of it would be silence. Else see [`Error`].
    pub async fn sound(&self, id: &str) -> Result<Sound, Error> {
        self.ask(Request::get(["sounds", id])).await
    }

    /// An endpoint: `PJSIP` and the name of a trunk or a phone.
    ///
    /// # Errors
    /// [`Kind::Gone`] if it is not configured, else see [`Error`].
    pub async fn endpoint(&self, tech: &str, resource: &str) -> Result<Endpoint, Error> {
        self.ask(Request::get(["endpoints", tech, resource])).await
    }
}

/// What a variable holds.
#[derive(Deserialize)]
struct Variable {
    value: String,
}

/// A call to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Originate {
    /// `PJSIP/number@trunk`.
    pub endpoint: String,
    /// The application that the channel enters when it is answered.
    pub app: String,
    /// Arguments of the application, separated by commas.
    pub app_args: String,
    /// The id of the channel, at most 149 characters, never used before.
    pub channel_id: ChannelId,
    /// The id of the half that the dialplan gets, where `endpoint` is `Local/number@context`.
    pub other_channel_id: Option<ChannelId>,
    /// `number` or `"name" <number>`.
    pub caller_id: String,
    /// Seconds from dialling (not from ringing) until Asterisk gives up; 0 means Asterisk's 30, -1 no limit.
    pub timeout_s: i32,
    /// Variables, also functions such as `PJSIP_HEADER(add,X-Attempt)`.
    pub variables: BTreeMap<String, String>,
    /// Codecs, separated by commas; `None` leaves the choice to the endpoint.
    pub formats: Option<String>,
}

/// With which cause a channel is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hangup {
    /// By name.
    Reason(Reason),
    /// By Q.850 cause, 1 to 127. Greater ones would reach the wire cut to seven bits.
    Code(u8),
}

/// A place in the dialplan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Context.
    pub context: String,
    /// Extension.
    pub extension: String,
    /// Priority, from 1.
    pub priority: u32,
}

/// A recording to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its name, not used before.
    pub name: RecordingName,
    /// File format, such as `wav`.
    pub format: String,
    /// Longest length in seconds; 0 for no limit.
    pub duration_s_max: u32,
    /// How many seconds of silence end it; 0 for no limit.
    pub silence_s_max: u32,
    /// Whether a beep tells where it begins.
    pub beep: bool,
}

macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
        }

        impl $name {
            /// The word that ARI uses.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }
        }
    )+};
}

parameters! {
    /// Why a channel is ended.
    Reason {
        /// Normal clearing.
        Normal = "normal",
        /// Busy.
        Busy = "busy",
        /// Congestion.
        Congestion = "congestion",
        /// No answer.
        NoAnswer = "no_answer",
        /// Timeout.
        Timeout = "timeout",
        /// Rejected.
        Rejected = "rejected",
        /// No such number.
        Unallocated = "unallocated",
        /// Normal, unspecified.
        NormalUnspecified = "normal_unspecified",
        /// The number is too short.
        NumberIncomplete = "number_incomplete",
        /// No codec in common.
        CodecMismatch = "codec_mismatch",
        /// Interworking.
        Interworking = "interworking",
        /// Failure.
        Failure = "failure",
        /// Somebody else took the call.
        AnsweredElsewhere = "answered_elsewhere",
    }
    /// Which way of the audio: `in` comes from the channel, `out` goes to it.
    Direction {
        /// Neither.
        None = "none",
        /// Both ways. The default of `mute`.
        Both = "both",
        /// From the channel.
        In = "in",
        /// To the channel.
        Out = "out",
    }
    /// A property of a new bridge.
    BridgeFlag {
        /// Everybody hears everybody.
        Mixing = "mixing",
        /// Everybody waits alone.
        Holding = "holding",
        /// Keys are reported.
        DtmfEvents = "dtmf_events",
        /// The audio goes through Asterisk, so that recording and keys do not depend on how the legs are joined.
        ProxyMedia = "proxy_media",
    }
}

fn millis(span: Span) -> String {
    (span.0 / 1_000).to_string()
}

fn comma_separated(channels: &[&ChannelId]) -> String {
    let ids: Vec<_> = channels.iter().map(|id| id.as_str()).collect();
    ids.join(",")
}
