//! Sounds played to channels and in bridges.

use std::collections::VecDeque;

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

/// Who hears a sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Channel(String),
    Bridge(String),
}

impl Target {
    pub(super) fn channel(id: &str) -> Self {
        Self::Channel(id.to_owned())
    }

    pub(super) fn bridge(id: &str) -> Self {
        Self::Bridge(id.to_owned())
    }

    fn uri(&self) -> String {
        match self {
            Self::Channel(id) => format!("channel:{id}"),
            Self::Bridge(id) => format!("bridge:{id}"),
        }
    }

    fn about(&self) -> About<'_> {
        match self {
            Self::Channel(id) => About::channel(id),
            Self::Bridge(id) => About::bridge(id),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Playback {
    key: PlaybackKey,
    target: Target,
    media: String,
    state: &'static str,
}

/// How long anything plays that is no `sound:`.
const OTHER_MEDIA_LENGTH: u64 = SECOND;

impl Pbx {
    /// `POST /channels/{id}/play`: to whom an application controls.
    pub(super) fn play_to_channel(
        &mut self,
        channel: &str,
        playback_id: Option<&str>,
        request: &Request,
    ) -> Reply {
        match self.controlled(channel) {
            Ok(_) => self.play(Target::channel(channel), playback_id, request),
            Err(refusal) => refusal,
        }
    }

    /// 201 even if there is nothing to play, which only `PlaybackFinished` tells.
    pub(super) fn play(&mut self, target: Target, playback_id: Option<&str>, request: &Request) -> Reply {
        let Some(media) = request.param("media").filter(|media| !media.is_empty()) else {
            return Reply::error(400, "Media must be specified");
        };
        let id = playback_id.map(str::to_owned).or_else(|| request.param("playbackId"));
        let id = id.unwrap_or_else(|| format!("playback-{}", self.next_serial()));
        if self.playbacks.contains_key(&id) {
            return Reply::error(409, "Playback with given unique ID already exists");
        }
        let key = PlaybackKey { id: id.clone(), serial: self.next_serial() };
        let playback = Playback { key, target: target.clone(), media, state: "queued" };
        self.playbacks.insert(id.clone(), playback);
        if let Some(queue) = self.queue(&target) {
            queue.push_back(id.clone());
            if queue.len() == 1 {
                self.start_next(&target);
            }
        }
        Reply::created(self.playback_json(&id))
    }

    /// What is played to somebody, and what waits for that.
    fn queue(&mut self, target: &Target) -> Option<&mut VecDeque<String>> {
        match target {
            Target::Channel(id) => self.channels.get_mut(id).map(|channel| &mut channel.playbacks),
            Target::Bridge(id) => self.bridges.get_mut(id).map(|bridge| &mut bridge.playbacks),
        }
    }

    fn start_next(&mut self, target: &Target) {
        let next = self.queue(target).and_then(|queue| queue.front().cloned());
        if let Some(playback) = next.and_then(|id| self.playbacks.get(&id)) {
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
        let heard_by = match &playback.target {
            Target::Channel(id) => self.channels.get(id).filter(|_| length.is_some()),
            Target::Bridge(_) => None,
        };
        if let Some(channel) = heard_by {
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
        let target = playback.target.clone();
        self.publish_playback(&key.id, "PlaybackFinished");
        self.playbacks.remove(&key.id);
        let Some(queue) = self.queue(&target) else {
            return;
        };
        let was_playing = queue.front() == Some(&key.id);
        queue.retain(|id| *id != key.id);
        if was_playing {
            self.start_next(&target);
        }
        if let Target::Channel(id) = &target {
            self.enter_next(id);
        }
    }

    /// A channel that has played all its sounds comes into the bridge that it was added to meanwhile.
    fn enter_next(&mut self, channel: &str) {
        let over = self.channels.get_mut(channel).filter(|channel| channel.playbacks.is_empty());
        let next = over.and_then(|channel| Some((channel.leg.clone(), channel.enters_next.take()?)));
        if let Some((leg, bridge)) = next {
            self.enter_bridge(&leg, &bridge);
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
        let target = playback.target.clone();
        let body = json!({ "playback": self.playback_json(id) });
        self.publish(target.about(), kind, body);
    }

    fn playback_json(&self, id: &str) -> Value {
        let Some(playback) = self.playbacks.get(id) else {
            return Value::Null;
        };
        json!({
            "id": id,
            "media_uri": playback.media,
            "target_uri": playback.target.uri(),
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
