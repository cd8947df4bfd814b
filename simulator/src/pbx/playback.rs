//! Sounds played to channels.

use serde_json::{Value, json};

use super::application::About;
use super::clock::{SECOND, micros};
use super::model::{Pbx, Task};
use super::request::{Method, Reply, Request};

/// One life of a playback id, for the same reason as with legs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlaybackKey {
    id: String,
    serial: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Playback {
    key: PlaybackKey,
    channel: String,
    media: String,
    state: &'static str,
}

/// How long anything plays that is no `sound:`.
const OTHER_MEDIA_LENGTH: u64 = SECOND;

impl Pbx {
    /// `POST /channels/{id}/play`: 201 even if there is nothing to play, which only `PlaybackFinished` tells.
    pub(super) fn play(&mut self, channel_id: &str, playback_id: Option<&str>, request: &Request) -> Reply {
        if let Err(refusal) = self.controlled(channel_id) {
            return refusal;
        }
        let Some(media) = request.param("media").filter(|media| !media.is_empty()) else {
            return Reply::error(400, "Media must be specified");
        };
        let id = playback_id.map(str::to_owned).or_else(|| request.param("playbackId"));
        let id = id.unwrap_or_else(|| format!("playback-{}", self.next_serial()));
        if self.playbacks.contains_key(&id) {
            return Reply::error(409, "Playback with given unique ID already exists");
        }
        let key = PlaybackKey { id: id.clone(), serial: self.next_serial() };
        let playback = Playback { key, channel: channel_id.to_owned(), media, state: "queued" };
        self.playbacks.insert(id.clone(), playback);
        if let Some(channel) = self.channels.get_mut(channel_id) {
            channel.playbacks.push_back(id.clone());
            if channel.playbacks.len() == 1 {
                self.start_next(channel_id);
            }
        }
        Reply::created(self.playback_json(&id))
    }

    /// `POST /bridges/{id}/play`: everybody in the bridge hears it. Nobody waits for the end of it here, so that none is told.
    pub(super) fn play_in_bridge(&mut self, bridge: &str, request: &Request) -> Reply {
        let Some(media) = request.param("media").filter(|media| !media.is_empty()) else {
            return Reply::error(400, "Media must be specified");
        };
        let id = format!("playback-{}", self.next_serial());
        Reply::created(json!({
            "id": id,
            "media_uri": media,
            "target_uri": format!("bridge:{bridge}"),
            "language": "en",
            "state": "queued",
        }))
    }

    fn start_next(&mut self, channel: &str) {
        let next = self.channels.get(channel).and_then(|channel| channel.playbacks.front());
        if let Some(playback) = next.and_then(|id| self.playbacks.get(id)) {
            let key = playback.key.clone();
            let wake_up = self.jitter(300, 1_300);
            self.later(wake_up, Task::StartPlayback(key));
        }
    }

    fn is_current(&self, key: &PlaybackKey) -> bool {
        self.playbacks.get(&key.id).is_some_and(|playback| playback.key == *key)
    }

    pub(super) fn start_playback(&mut self, key: &PlaybackKey) {
        if !self.is_current(key) {
            return;
        }
        let Some(playback) = self.playbacks.get_mut(&key.id) else {
            return;
        };
        playback.state = "playing";
        let length = media_length(&self.config.sounds, &playback.media);
        if let Some(channel) = self.channels.get(&playback.channel).filter(|_| length.is_some()) {
            self.invites[channel.invite].sound_at.get_or_insert(self.now);
        }
        self.publish_playback(&key.id, "PlaybackStarted");
        match length {
            Some(length) => self.later(length, Task::FinishPlayback(key.clone())),
            None => self.finish_playback(key, "failed"),
        }
    }

    pub(super) fn finish_playback(&mut self, key: &PlaybackKey, state: &'static str) {
        if !self.is_current(key) {
            return;
        }
        let Some(playback) = self.playbacks.get_mut(&key.id) else {
            return;
        };
        playback.state = state;
        let channel_id = playback.channel.clone();
        self.publish_playback(&key.id, "PlaybackFinished");
        self.playbacks.remove(&key.id);
        if let Some(channel) = self.channels.get_mut(&channel_id) {
            let was_playing = channel.playbacks.front() == Some(&key.id);
            channel.playbacks.retain(|id| *id != key.id);
            let over = channel.playbacks.is_empty().then(|| channel.leg.clone());
            let next = over.and_then(|leg| Some((leg, channel.enters_next.take()?)));
            if was_playing {
                self.start_next(&channel_id);
            }
            if let Some((leg, bridge)) = next {
                self.enter_bridge(&leg, &bridge);
            }
        }
    }

    /// What a channel leaves unplayed when it goes.
    pub(super) fn fail_playbacks(&mut self, channel: &str) {
        let Some(channel) = self.channels.get_mut(channel) else {
            return;
        };
        channel.enters_next = None;
        let (leg, unplayed) = (channel.leg.clone(), std::mem::take(&mut channel.playbacks));
        self.is_through(&leg);
        for id in unplayed {
            if let Some(playback) = self.playbacks.get_mut(&id) {
                playback.state = "failed";
                self.publish_playback(&id, "PlaybackFinished");
                self.playbacks.remove(&id);
            }
        }
    }

    pub(super) fn route_playbacks(&mut self, request: &Request, path: &[&str]) -> Reply {
        let key = path.first().and_then(|id| self.playbacks.get(*id)).map(|playback| playback.key.clone());
        match (request.method, path, key) {
            (_, [_], None) => Reply::error(404, "Playback not found"),
            (Method::Get, [id], Some(_)) => Reply::ok(self.playback_json(id)),
            (Method::Delete, [_], Some(key)) => {
                self.finish_playback(&key, "done");
                Reply::no_content()
            }
            _ => Reply::error(404, "Resource not found"),
        }
    }

    fn publish_playback(&mut self, id: &str, kind: &str) {
        let Some(playback) = self.playbacks.get(id) else {
            return;
        };
        let channel = playback.channel.clone();
        let body = json!({ "playback": self.playback_json(id) });
        self.publish(About::channel(&channel), kind, body);
    }

    fn playback_json(&self, id: &str) -> Value {
        let Some(playback) = self.playbacks.get(id) else {
            return Value::Null;
        };
        json!({
            "id": id,
            "media_uri": playback.media,
            "target_uri": format!("channel:{}", playback.channel),
            "language": "en",
            "state": playback.state,
        })
    }
}

/// How long a list of media takes, in microseconds; `None` if one of its sounds does not exist.
fn media_length(sounds: &std::collections::BTreeMap<String, u64>, media: &str) -> Option<u64> {
    let length = |uri: &str| match uri.strip_prefix("sound:") {
        Some(id) => sounds.get(id).map(|ms| micros(*ms)),
        None => Some(OTHER_MEDIA_LENGTH),
    };
    media.split(',').map(length).try_fold(0, |total: u64, length| Some(total.saturating_add(length?)))
}
