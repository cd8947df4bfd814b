//! Recordings of channels, as far as one can tell them from outside: a name, a length, an end. Nobody says anything, so
//! that silence ends each of them unless something else does so before.

use serde_json::{Value, json};

use super::application::About;
use super::clock::SECOND;
use super::model::{Pbx, Task};
use super::request::{Method, Reply, Request};

/// One life of a recording's name, for the same reason as with legs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordingKey {
    name: String,
    serial: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Recording {
    key: RecordingKey,
    channel: String,
    format: String,
    begun_at: u64,
    /// Its length in seconds, once it is stored.
    stored: Option<u64>,
}

impl Pbx {
    /// `POST /channels/{id}/record`. A file of that name is never written over.
    pub(super) fn record(&mut self, channel: &str, request: &Request) -> Reply {
        if let Some(refusal) = self.cannot_be_recorded(channel) {
            return refusal;
        }
        let (Some(name), Some(format)) = (request.param("name"), request.param("format")) else {
            return Reply::error(400, "Missing parameters name and format");
        };
        if !self.config.has_recordings_folder {
            return Reply::error(500, "Internal Server Error");
        }
        if self.recordings.contains_key(&name) {
            return Reply::error(409, "Recording already exists on the system, or is in progress");
        }
        let key = RecordingKey { name: name.clone(), serial: self.next_serial() };
        let (channel, begun_at) = (channel.to_owned(), self.now);
        let recording = Recording { key: key.clone(), channel, format, begun_at, stored: None };
        self.recordings.insert(name.clone(), recording);
        self.publish_recording(&name, "RecordingStarted");
        let limit =
            |field| request.param(field).and_then(|text| text.parse().ok()).filter(|&secs: &u64| secs > 0);
        if let Some(secs) = limit("maxDurationSeconds").into_iter().chain(limit("maxSilenceSeconds")).min() {
            self.later(secs.saturating_mul(SECOND), Task::FinishRecording(key));
        }
        Reply::created(self.recording_json(&name))
    }

    fn cannot_be_recorded(&mut self, channel: &str) -> Option<Reply> {
        match self.snoop_is_ours(channel) {
            Some(true) => return None,
            Some(false) => return Some(Reply::error(409, "Channel not in Stasis application")),
            None => {}
        }
        match self.controlled(channel).map(|channel| channel.bridge.is_some()) {
            Ok(false) => None,
            Ok(true) => Some(Reply::error(409, "Cannot record channel while in bridge")),
            Err(refusal) => Some(refusal),
        }
    }

    /// Silence, or the longest time that it may take.
    pub(super) fn finish_recording(&mut self, key: &RecordingKey) {
        let lives = |recording: &&mut Recording| recording.key == *key && recording.stored.is_none();
        let Some(recording) = self.recordings.get_mut(&key.name).filter(lives) else {
            return;
        };
        recording.stored = Some((self.now - recording.begun_at) / SECOND);
        self.publish_recording(&key.name, "RecordingFinished");
    }

    /// What is recorded of a channel ends with it, and is kept.
    pub(super) fn finish_recordings(&mut self, channel: &str) {
        let theirs = self.recordings.values().filter(|recording| recording.channel == channel);
        let keys: Vec<RecordingKey> = theirs.map(|recording| recording.key.clone()).collect();
        for key in keys {
            self.finish_recording(&key);
        }
    }

    /// What goes on when the PBX dies is a file with what it has by then. Nobody is told.
    pub(super) fn cut_off_recordings(&mut self) {
        let now = self.now;
        for recording in self.recordings.values_mut() {
            recording.stored.get_or_insert((now - recording.begun_at) / SECOND);
        }
    }

    /// Whether a channel is being recorded.
    pub(super) fn is_recorded(&self, channel: &str) -> bool {
        let mut recordings = self.recordings.values();
        recordings.any(|recording| recording.channel == channel && recording.stored.is_none())
    }

    pub(super) fn route_recordings(&mut self, request: &Request, path: &[&str]) -> Reply {
        let [place, name, rest @ ..] = path else {
            return match (request.method, path) {
                (Method::Get, ["stored"]) if self.config.has_recordings_folder => {
                    Reply::ok(self.stored_recordings())
                }
                (Method::Get, ["stored"]) => Reply::allocation_failed(),
                _ => Reply::error(404, "Resource not found"),
            };
        };
        let wants_stored = *place == "stored";
        let found = self.recordings.get(*name).filter(|recording| recording.stored.is_some() == wants_stored);
        match (request.method, rest, found.map(|recording| recording.key.clone())) {
            (_, _, None) => Reply::error(404, "Recording not found"),
            (Method::Get, [], Some(_)) => Reply::ok(self.recording_json(name)),
            (Method::Post, ["stop"], Some(key)) if !wants_stored => {
                self.finish_recording(&key);
                Reply::no_content()
            }
            (Method::Post | Method::Delete, ["mute" | "pause"], Some(_)) if !wants_stored => {
                Reply::no_content()
            }
            _ => Reply::error(404, "Resource not found"),
        }
    }

    fn stored_recordings(&self) -> Value {
        let stored = self.recordings.iter().filter(|(_, recording)| recording.stored.is_some());
        stored.map(|(name, recording)| json!({ "name": name, "format": recording.format })).collect()
    }

    fn publish_recording(&mut self, name: &str, kind: &str) {
        let Some(channel) = self.recordings.get(name).map(|recording| recording.channel.clone()) else {
            return;
        };
        let body = json!({ "recording": self.recording_json(name) });
        self.publish(About::channel(&channel), kind, body);
    }

    fn recording_json(&self, name: &str) -> Value {
        let Some(recording) = self.recordings.get(name) else {
            return Value::Null;
        };
        let mut shown = json!({
            "name": name,
            "format": recording.format,
            "target_uri": format!("channel:{}", recording.channel),
            "state": if recording.stored.is_some() { "done" } else { "recording" },
        });
        if let Some(secs) = recording.stored {
            shown["duration"] = json!(secs);
        }
        shown
    }
}
