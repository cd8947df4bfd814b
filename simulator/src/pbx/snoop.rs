//! Channels that listen to another one. They have no far end, can be recorded once they are in their application, and
//! end with the channel that they listen to.

use serde_json::{Value, json};

use super::application::About;
use super::clock::timestamp;
use super::model::{Pbx, Task};
use super::request::{Reply, Request};

/// One life of such a channel's id, for the same reason as with legs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SnoopKey {
    id: String,
    serial: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Snoop {
    key: SnoopKey,
    /// The channel it listens to.
    channel: String,
    app: String,
    in_stasis: bool,
    created_at: u64,
}

/// The directions that ARI knows, for listening and for speaking.
const DIRECTIONS: [&str; 4] = ["none", "both", "in", "out"];

impl Pbx {
    /// `POST /channels/{id}/snoop/{snoopId}`. The reply comes before the channel is in its application, as a rule: whoever
    /// asks something of it at once is told that it is not there.
    pub(super) fn snoop(&mut self, channel: &str, id: &str, request: &Request) -> Reply {
        let Some(app) = request.param("app").filter(|app| !app.is_empty()) else {
            return Reply::error(400, "Application name is required");
        };
        let [spy, whisper] =
            ["spy", "whisper"].map(|way| request.param(way).unwrap_or_else(|| "none".to_owned()));
        if [&spy, &whisper].iter().any(|way| !DIRECTIONS.contains(&way.as_str())) {
            return Reply::error(400, "Invalid direction specified");
        }
        if spy == "none" && whisper == "none" {
            return Reply::error(400, "Direction must be specified for at least spy or whisper");
        }
        if self.snoops.contains_key(id) || self.channels.contains_key(id) {
            return Reply::error(500, "Snoop channel could not be created");
        }
        let key = SnoopKey { id: id.to_owned(), serial: self.next_serial() };
        let (channel, created_at) = (channel.to_owned(), self.now);
        let snoop = Snoop { key: key.clone(), channel, app, in_stasis: false, created_at };
        self.snoops.insert(id.to_owned(), snoop);
        let thread_start = self.jitter(100, 1_200);
        self.later(thread_start, Task::EnterSnoop(key));
        Reply::ok(self.snoop_json(id))
    }

    pub(super) fn enter_snoop(&mut self, key: &SnoopKey) {
        let Some(snoop) = self.snoops.get_mut(&key.id).filter(|snoop| snoop.key == *key) else {
            return;
        };
        snoop.in_stasis = true;
        let app = snoop.app.clone();
        self.subscribe_channel(&app, &key.id);
        let body = json!({ "args": [], "channel": self.snoop_json(&key.id) });
        self.publish(About::channel(&key.id), "StasisStart", body);
    }

    /// Whether there is such a channel, and whether its application has it.
    pub(super) fn snoop_is_ours(&self, id: &str) -> Option<bool> {
        self.snoops.get(id).map(|snoop| snoop.in_stasis)
    }

    /// What listens to a channel ends with it.
    pub(super) fn end_snoops(&mut self, channel: &str) {
        let listening = self.snoops.values().filter(|snoop| snoop.channel == channel);
        let ids: Vec<String> = listening.map(|snoop| snoop.key.id.clone()).collect();
        for id in ids {
            self.end_snoop(&id);
        }
    }

    /// It ends, and what is recorded of it is kept.
    pub(super) fn end_snoop(&mut self, id: &str) {
        self.finish_recordings(id);
        let body = json!({ "channel": self.snoop_json(id) });
        let Some(snoop) = self.snoops.remove(id) else {
            return;
        };
        if snoop.in_stasis {
            self.publish(About::channel(id), "StasisEnd", body);
        }
        self.forget_channel(id);
    }

    /// Such a channel as ARI shows it; `Null` if there is none.
    pub(super) fn snoop_json(&self, id: &str) -> Value {
        let Some(snoop) = self.snoops.get(id) else {
            return Value::Null;
        };
        let (app_name, app_data) = if snoop.in_stasis { ("Stasis", snoop.app.as_str()) } else { ("", "") };
        let nobody = json!({ "name": "", "number": "" });
        json!({
            "id": id,
            "name": format!("Snoop/{}-{:08x}", snoop.channel, snoop.key.serial),
            "state": "Up",
            "protocol_id": "",
            "caller": nobody,
            "connected": nobody,
            "accountcode": "",
            "dialplan": {
                "context": "default", "exten": "s", "priority": 1, "app_name": app_name, "app_data": app_data,
            },
            "creationtime": timestamp(self.wall_time(snoop.created_at)),
            "language": "en",
        })
    }
}
