//! From a request's path to what carries it out; and the resources that are too small for a room of their own.

use serde_json::{Value, json};

use super::callee::AgentConduct;
use super::channel::Leg;
use super::clock::timestamp;
use super::fault::TrunkConduct;
use super::model::Pbx;
use super::request::{Method, Reply, Request};

impl Pbx {
    pub(super) fn route(&mut self, request: &Request) -> Reply {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        match (request.method, path.as_slice()) {
            (_, ["channels", rest @ ..]) => self.route_channels(request, rest),
            (_, ["bridges", rest @ ..]) => self.route_bridges(request, rest),
            (_, ["playbacks", rest @ ..]) => self.route_playbacks(request, rest),
            (_, ["recordings", rest @ ..]) => self.route_recordings(request, rest),
            (_, ["applications", rest @ ..]) => self.route_applications(request, rest),
            (Method::Get, ["sounds"]) => {
                Reply::ok(self.config.sounds.keys().map(|id| sound_json(id)).collect())
            }
            (Method::Get, ["sounds", id @ ..]) => self.sound(&id.join("/")),
            (Method::Get, ["endpoints", tech, resource]) => self.endpoint(tech, resource),
            (Method::Get, ["asterisk", "info"]) => Reply::ok(self.info()),
            (Method::Get, ["asterisk", "modules", name]) => self.module(name),
            (Method::Get, ["asterisk", "variable"]) => global_variable(request),
            (Method::Get, ["asterisk", "ping"]) => Reply::ok(json!({
                "asterisk_id": self.config.entity_id,
                "ping": "pong",
                "timestamp": timestamp(self.wall_time(self.now)),
            })),
            _ => Reply::error(404, "Resource not found"),
        }
    }

    fn route_channels(&mut self, request: &Request, path: &[&str]) -> Reply {
        match (request.method, path) {
            (Method::Get, []) => {
                let legs = self.channels.keys().map(|id| self.channel_json(id));
                Reply::ok(legs.chain(self.snoops.keys().map(|id| self.snoop_json(id))).collect())
            }
            (Method::Post, []) => self.originate(request, None),
            (Method::Post, ["create" | "externalMedia"]) => Reply::error(501, "Not imitated"),
            (Method::Post, [id]) => self.originate(request, Some(id)),
            (_, [id, rest @ ..]) if self.snoops.contains_key(*id) => self.route_snoop(request, id, rest),
            (_, [id, ..]) if !self.channels.contains_key(*id) => Reply::error(404, "Channel not found"),
            (Method::Get, [id]) => Reply::ok(self.channel_json(id)),
            (Method::Delete, [id]) => self.hang_up(id, request),
            (Method::Post, [id, "continue"]) => self.continue_in_dialplan(id, request),
            (Method::Post, [id, "play"]) => self.play_to_channel(id, None, request),
            (Method::Post, [id, "play", playback]) => self.play_to_channel(id, Some(playback), request),
            (Method::Post, [id, "record"]) => self.record(id, request),
            (Method::Post, [id, "snoop", snoop]) => self.snoop(id, snoop, request),
            (Method::Post, [id, "dtmf"]) => self.send_digits(id, request),
            (Method::Get, [id, "variable"]) => self.read_variable(id, request),
            (Method::Post, [id, "variable"]) => self.write_variable(id, request),
            (Method::Post, [id, "answer"])
            | (Method::Post | Method::Delete, [id, "moh" | "mute" | "hold" | "ring"]) => {
                self.controlled(id).map_or_else(|refusal| refusal, |_| Reply::no_content())
            }
            _ => Reply::error(404, "Resource not found"),
        }
    }

    /// What can be asked of a channel that listens.
    fn route_snoop(&mut self, request: &Request, id: &str, path: &[&str]) -> Reply {
        match (request.method, path) {
            (Method::Get, []) => Reply::ok(self.snoop_json(id)),
            (Method::Delete, []) => {
                self.end_snoop(id);
                Reply::no_content()
            }
            (Method::Post, ["record"]) => self.record(id, request),
            _ => Reply::error(404, "Resource not found"),
        }
    }

    /// Digits reach the far end, whose log is the only place that shows them.
    fn send_digits(&mut self, id: &str, request: &Request) -> Reply {
        let Some(digits) = request.param("dtmf").filter(|digits| !digits.is_empty()) else {
            return Reply::error(400, "DTMF is required");
        };
        match self.controlled(id).map(|channel| channel.invite) {
            Ok(line) => {
                // What is no key is a pause.
                self.invites[line].digits.extend(digits.chars().filter(|c| !matches!(c, 'w' | 'W')));
                Reply::no_content()
            }
            Err(refusal) => refusal,
        }
    }

    fn read_variable(&self, id: &str, request: &Request) -> Reply {
        let name = request.param("variable").unwrap_or_default();
        match self.channels.get(id).and_then(|channel| channel.variables.get(&name)) {
            Some(variable) => Reply::ok(json!({ "value": variable.value })),
            None => Reply::error(404, "Provided variable was not found"),
        }
    }

    fn write_variable(&mut self, id: &str, request: &Request) -> Reply {
        let Some(name) = request.param("variable").filter(|name| !name.is_empty()) else {
            return Reply::error(400, "Variable name is required");
        };
        let Some(channel) =
            self.channels.get(id).filter(|channel| channel.in_stasis && channel.ending.is_none())
        else {
            return Reply::error(409, "Channel not in Stasis application");
        };
        let leg: Leg = channel.leg.clone();
        self.set_variable(&leg, &name, &request.param("value").unwrap_or_default());
        Reply::no_content()
    }

    fn sound(&self, id: &str) -> Reply {
        if self.config.sounds.contains_key(id) {
            Reply::ok(sound_json(id))
        } else {
            Reply::error(404, "Sound not found")
        }
    }

    fn module(&self, name: &str) -> Reply {
        if !self.config.modules.contains(name) {
            return Reply::error(404, "Module could not be found in running modules");
        }
        Reply::ok(json!({
            "name": name,
            "description": "",
            "use_count": 0,
            "status": "Running",
            "support_level": "core",
        }))
    }

    fn endpoint(&self, tech: &str, resource: &str) -> Reply {
        if tech != "PJSIP" || !self.endpoint_is_known(&format!("{tech}/{resource}")) {
            return Reply::error(404, "Endpoint not found");
        }
        let offline = self.trunks.get(resource) == Some(&TrunkConduct::Offline)
            || self.is_agent(resource) && self.agent_conduct(resource) == AgentConduct::Offline;
        let channels = self.channels.iter().filter(|(_, channel)| channel.endpoint.via() == resource);
        Reply::ok(json!({
            "technology": tech,
            "resource": resource,
            "state": if offline { "offline" } else { "online" },
            "channel_ids": channels.map(|(id, _)| id).collect::<Vec<_>>(),
        }))
    }

    /// Whether `tech/resource` is an endpoint, registered or not.
    pub(super) fn endpoint_is_known(&self, endpoint: &str) -> bool {
        endpoint.strip_prefix("PJSIP/").is_some_and(|resource| {
            resource.starts_with(&self.config.trunk_prefix) || self.is_agent(resource)
        })
    }

    fn is_agent(&self, resource: &str) -> bool {
        resource.starts_with(&self.config.agent_prefix)
    }

    pub(super) fn agent_conduct(&self, name: &str) -> AgentConduct {
        self.config.agents.get(name).copied().unwrap_or(self.config.agent_default)
    }

    fn info(&self) -> Value {
        let started_at = timestamp(self.wall_time(self.started_at()));
        json!({
            "build": { "os": "Linux", "kernel": "", "machine": "", "options": "", "date": "", "user": "simulator" },
            "system": { "version": self.config.version, "entity_id": self.config.entity_id },
            "config": { "name": "simulated", "default_language": "en", "setid": { "user": "", "group": "" } },
            "status": { "startup_time": started_at, "last_reload_time": started_at },
        })
    }
}

/// Asterisk's own global variables, of which one is imitated; any other is as good as empty.
fn global_variable(request: &Request) -> Reply {
    let Some(name) = request.param("variable").filter(|name| !name.is_empty()) else {
        return Reply::error(400, "Variable name is required");
    };
    Reply::ok(json!({ "value": if name == "ASTSPOOLDIR" { "/var/spool/asterisk" } else { "" } }))
}

fn sound_json(id: &str) -> Value {
    json!({ "id": id, "text": id, "formats": [{ "language": "en", "format": "gsm" }] })
}
