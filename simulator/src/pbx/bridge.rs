//! Bridges: making them, moving channels in and out, taking them down.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::application::About;
use super::callee::Stay;
use super::channel::Leg;
use super::clock::{micros, timestamp};
use super::model::{Pbx, Task};
use super::playback::Target;
use super::request::{Method, Reply, Request};

#[derive(Debug, Clone)]
pub(super) struct Bridge {
    name: String,
    is_holding: bool,
    created_at: u64,
    /// In order of arrival.
    channels: Vec<String>,
    has_music: bool,
    /// The first one plays, the others wait.
    pub(super) playbacks: VecDeque<String>,
}

impl Bridge {
    fn technology(&self) -> &'static str {
        match self.channels.len() {
            _ if self.is_holding => "holding_bridge",
            0..=2 => "simple_bridge",
            _ => "softmix",
        }
    }
}

impl Pbx {
    pub(super) fn route_bridges(&mut self, request: &Request, path: &[&str]) -> Reply {
        match (request.method, path) {
            (Method::Get, []) => Reply::ok(self.bridges.keys().map(|id| self.bridge_json(id)).collect()),
            (Method::Post, []) => {
                let id =
                    request.param("bridgeId").unwrap_or_else(|| format!("bridge-{}", self.next_serial()));
                self.make_bridge(&id, request)
            }
            (Method::Post, [id]) => self.make_bridge(id, request),
            (_, [id, ..]) if !self.bridges.contains_key(*id) => Reply::error(404, "Bridge not found"),
            (Method::Get, [id]) => Reply::ok(self.bridge_json(id)),
            (Method::Delete, [id]) => self.destroy_bridge(id),
            (Method::Post, [id, "addChannel"]) => self.add_channels(id, request),
            (Method::Post, [id, "removeChannel"]) => self.remove_channels(id, request),
            (Method::Post, [id, "moh"]) => self.change_music(id, true),
            (Method::Delete, [id, "moh"]) => self.change_music(id, false),
            (Method::Post, [id, "play"]) => self.play(Target::bridge(id), None, request),
            (Method::Post, [id, "play", playback]) => self.play(Target::bridge(id), Some(playback), request),
            _ => Reply::error(404, "Resource not found"),
        }
    }

    /// A known id is an update, which may change nothing.
    fn make_bridge(&mut self, id: &str, request: &Request) -> Reply {
        let given = |field| request.param(field).filter(|text| !text.is_empty());
        let (name, kinds) = (given("name"), given("type"));
        if let Some(bridge) = self.bridges.get(id) {
            let refused = if name.is_some_and(|name| name != bridge.name) {
                "Changing bridge name is not implemented"
            } else if kinds.is_some() {
                "Supplying a bridge type when updating a bridge is not allowed."
            } else {
                return Reply::ok(self.bridge_json(id));
            };
            return Reply::error(500, refused);
        }
        let (name, kinds) = (name.unwrap_or_default(), kinds.unwrap_or_else(|| "mixing".to_owned()));
        let is_holding = kinds.split(',').any(|kind| kind == "holding");
        let bridge = Bridge {
            name,
            is_holding,
            created_at: self.now,
            channels: Vec::new(),
            has_music: false,
            playbacks: VecDeque::new(),
        };
        self.bridges.insert(id.to_owned(), bridge);
        self.publish_bridge(id, "BridgeCreated");
        Reply::ok(self.bridge_json(id))
    }

    /// Music that plays can be begun again, but what does not play cannot be ended.
    fn change_music(&mut self, id: &str, is_on: bool) -> Reply {
        let Some(bridge) = self.bridges.get_mut(id) else {
            return Reply::error(404, "Bridge not found");
        };
        let was_on = std::mem::replace(&mut bridge.has_music, is_on);
        if was_on || is_on { Reply::no_content() } else { Reply::error(409, "Bridge isn't playing music") }
    }

    /// All or nothing when it is checked; afterwards each channel on its own, and 204 whatever comes of it, which comes no sooner than
    /// the last of them has played its sounds.
    fn add_channels(&mut self, bridge: &str, request: &Request) -> Reply {
        let legs = match self.bridgeable(request) {
            Ok(legs) => legs,
            Err(refusal) => return refusal,
        };
        let plays =
            |leg: &&Leg| self.channels.get(&leg.id).is_some_and(|channel| !channel.playbacks.is_empty());
        let busy: Vec<Leg> = legs.iter().filter(plays).cloned().collect();
        if !busy.is_empty() {
            self.put_off(busy);
        }
        for leg in legs {
            // The channel's own thread does it: mostly before the reply, else soon after.
            if self.chance(700_000) {
                self.enter_bridge(&leg, bridge);
            } else {
                let wake_up = self.jitter(200, 900);
                self.later(wake_up, Task::EnterBridge(leg, bridge.to_owned()));
            }
        }
        Reply::no_content()
    }

    /// The channels that a request names: 400 for one that is gone, 422 for one that no application controls.
    fn bridgeable(&self, request: &Request) -> Result<Vec<Leg>, Reply> {
        let named = request.param("channel").filter(|named| !named.is_empty());
        let named = named.ok_or_else(|| Reply::error(400, "Missing parameter channel"))?;
        let find = |id: &str| {
            let channel = self.channels.get(id).ok_or_else(|| Reply::error(400, "Channel not found"))?;
            if self.is_recorded(id) {
                return Err(Reply::error(409, "Channel currently recording"));
            }
            let controlled = channel.in_stasis && channel.ending.is_none();
            controlled
                .then(|| channel.leg.clone())
                .ok_or_else(|| Reply::error(422, "Channel not in Stasis application"))
        };
        named.split(',').map(find).collect()
    }

    /// Does nothing if the channel or the bridge went away in the meantime: nobody is told. Whoever is in a bridge leaves it
    /// before, be it the same. A channel's own thread does that as it plays sounds, and does one after the other.
    pub(super) fn enter_bridge(&mut self, leg: &Leg, bridge: &str) {
        let plays = self.live(leg).filter(|channel| channel.in_stasis && !channel.playbacks.is_empty());
        if let Some(channel) = plays {
            channel.enters_next = Some(bridge.to_owned());
            return;
        }
        self.is_through(leg);
        let Some(is_holding) = self.bridges.get(bridge).map(|bridge| bridge.is_holding) else {
            return;
        };
        if self.live(leg).is_none_or(|channel| !channel.in_stasis) {
            return;
        }
        self.leave_bridge(&leg.id);
        let Some(channel) = self.live(leg) else {
            return;
        };
        channel.bridge = Some(bridge.to_owned());
        let app = channel.app.clone();
        self.subscribe_bridge(&app, bridge);
        if let Some(bridge) = self.bridges.get_mut(bridge) {
            bridge.channels.push(leg.id.clone());
        }
        self.publish_bridging(bridge, &leg.id, "ChannelEnteredBridge");
        if !is_holding {
            self.start_talk(leg);
        }
    }

    /// The callee has somebody to talk to, for the first time: the length of the talk runs from here.
    fn start_talk(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg).filter(|channel| !channel.has_talked) else {
            return;
        };
        channel.has_talked = true;
        if let Stay::Conversation { talk_ms, .. } = channel.stay {
            self.later(micros(talk_ms), Task::Bye(leg.clone()));
        }
    }

    /// Takes a channel out of its bridge, if it is in one; it falls back to its application.
    pub(super) fn leave_bridge(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id) else {
            return;
        };
        let app = channel.app.clone();
        let Some(bridge_id) = channel.bridge.take() else {
            return;
        };
        if let Some(bridge) = self.bridges.get_mut(&bridge_id) {
            bridge.channels.retain(|member| member != id);
        }
        self.publish_bridging(&bridge_id, id, "ChannelLeftBridge");
        self.unsubscribe_bridge(&app, &bridge_id);
    }

    /// The others in a mixing bridge hear the key that one of them presses.
    pub(super) fn pass_key_on(&mut self, leg: &Leg, digit: char) {
        let bridge =
            self.channels.get(&leg.id).and_then(|channel| self.bridges.get(channel.bridge.as_ref()?));
        let Some(bridge) = bridge.filter(|bridge| !bridge.is_holding) else { return };
        let others = bridge.channels.iter().filter(|member| **member != leg.id);
        let lines: Vec<usize> = others.filter_map(|other| Some(self.channels.get(other)?.invite)).collect();
        for line in lines {
            self.invites[line].digits.push(digit);
        }
    }

    fn remove_channels(&mut self, bridge: &str, request: &Request) -> Reply {
        let legs = match self.bridgeable(request) {
            Ok(legs) => legs,
            Err(refusal) => return refusal,
        };
        let is_member = |leg: &Leg| {
            self.channels.get(&leg.id).is_some_and(|channel| channel.bridge.as_deref() == Some(bridge))
        };
        if !legs.iter().all(is_member) {
            return Reply::error(422, "Channel not in this bridge");
        }
        for leg in legs {
            self.leave_bridge(&leg.id);
        }
        Reply::no_content()
    }

    /// The channels live on. Who heard the bridge when this began hears its end too.
    fn destroy_bridge(&mut self, id: &str) -> Reply {
        let members = self.bridges.get(id).map(|bridge| bridge.channels.clone()).unwrap_or_default();
        let apps = members.iter().filter_map(|member| Some(self.channels.get(member)?.app.clone()));
        for app in apps.collect::<Vec<_>>() {
            self.subscribe_bridge(&app, id);
        }
        for member in members {
            self.leave_bridge(&member);
        }
        self.publish_bridge(id, "BridgeDestroyed");
        self.forget_bridge(id);
        for playback in self.bridges.remove(id).into_iter().flat_map(|bridge| bridge.playbacks) {
            self.playbacks.remove(&playback);
        }
        Reply::no_content()
    }

    fn publish_bridge(&mut self, id: &str, kind: &str) {
        let body = json!({ "bridge": self.bridge_json(id) });
        self.publish(About::bridge(id), kind, body);
    }

    fn publish_bridging(&mut self, bridge: &str, channel: &str, kind: &str) {
        let body = json!({ "bridge": self.bridge_json(bridge), "channel": self.channel_json(channel) });
        self.publish(About { channel: Some(channel), bridge: Some(bridge) }, kind, body);
    }

    fn bridge_json(&self, id: &str) -> Value {
        let Some(bridge) = self.bridges.get(id) else {
            return Value::Null;
        };
        json!({
            "id": id,
            "name": bridge.name,
            "technology": bridge.technology(),
            "bridge_type": if bridge.is_holding { "holding" } else { "mixing" },
            "bridge_class": "stasis",
            "creator": "Stasis",
            "channels": bridge.channels,
            "creationtime": timestamp(self.wall_time(bridge.created_at)),
            "video_mode": "none",
        })
    }
}
