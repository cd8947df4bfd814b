//! Stasis applications: who listens, to what, through which socket.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::clock::timestamp;
use super::model::Pbx;
use super::request::{Reply, Request};

/// One event socket, open since [`Pbx::connect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId(pub(super) u64);

/// An application object. It outlives its socket while it is subscribed to something, but not if that is everything.
#[derive(Debug, Clone)]
pub(super) struct App {
    /// The socket that gets its events; without one the application is not active.
    session: Option<SessionId>,
    subscribes_all: bool,
    /// Channels by how many reasons there are to hear about them.
    channels: BTreeMap<String, u32>,
    bridges: BTreeMap<String, u32>,
    endpoints: BTreeSet<String>,
    devices: BTreeSet<String>,
    /// Event types that pass; all of them if there is no list.
    allowed: Option<BTreeSet<String>>,
    disallowed: BTreeSet<String>,
}

impl App {
    fn new(subscribes_all: bool) -> Self {
        Self {
            session: None,
            subscribes_all,
            channels: BTreeMap::new(),
            bridges: BTreeMap::new(),
            endpoints: BTreeSet::new(),
            devices: BTreeSet::new(),
            allowed: None,
            disallowed: BTreeSet::new(),
        }
    }

    fn outlives_its_socket(&self) -> bool {
        let hears_of_nothing = self.channels.is_empty()
            && self.bridges.is_empty()
            && self.endpoints.is_empty()
            && self.devices.is_empty();
        !self.subscribes_all && !hears_of_nothing
    }

    fn hears(&self, about: About<'_>, kind: &str) -> bool {
        let passes = self.allowed.as_ref().is_none_or(|types| types.contains(kind));
        let subscribed = self.subscribes_all
            || about.channel.is_some_and(|id| self.channels.contains_key(id))
            || about.bridge.is_some_and(|id| self.bridges.contains_key(id));
        subscribed && passes && !self.disallowed.contains(kind)
    }
}

/// The things that an event is about; whoever is subscribed to one of them hears it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    pub(super) channel: Option<&'a str>,
    pub(super) bridge: Option<&'a str>,
}

impl<'a> About<'a> {
    pub(super) fn channel(id: &'a str) -> Self {
        Self { channel: Some(id), bridge: None }
    }

    pub(super) fn bridge(id: &'a str) -> Self {
        Self { channel: None, bridge: Some(id) }
    }
}

impl Pbx {
    /// A socket opens for these applications. An application that had another socket loses it: that one hears
    /// `ApplicationReplaced`, stays open and hears nothing more. `None` while the PBX is silent or down.
    ///
    /// An application that survived a gap keeps its subscriptions, its filter and its old `subscribe_all`.
    pub fn connect(&mut self, now: u64, apps: &[String], subscribe_all: bool) -> Option<SessionId> {
        self.advance(now);
        if self.is_silent() {
            return None;
        }
        let session = SessionId(self.next_serial());
        self.sessions.insert(session);
        for name in apps {
            self.replace(name);
            let app = self.apps.entry(name.clone()).or_insert_with(|| App::new(subscribe_all));
            app.session = Some(session);
        }
        Some(session)
    }

    fn replace(&mut self, name: &str) {
        if let Some(former) = self.apps.get(name).and_then(|app| app.session) {
            let event = self.envelope(name, "ApplicationReplaced", json!({}));
            self.push(former, event);
        }
    }

    /// A socket is gone. Its applications are inactive from now on: a call that is answered for one of them is hung
    /// up at once, and its events are lost. Unknown sessions are ignored.
    pub fn disconnect(&mut self, now: u64, session: SessionId) {
        self.advance(now);
        self.drop_session(session);
    }

    pub(super) fn drop_session(&mut self, session: SessionId) {
        self.sessions.remove(&session);
        self.apps.retain(|_, app| app.session != Some(session) || app.outlives_its_socket());
        for app in self.apps.values_mut().filter(|app| app.session == Some(session)) {
            app.session = None;
        }
    }

    /// Whether a call that is answered for this application has somebody to talk to.
    pub(super) fn is_active(&self, app: &str) -> bool {
        self.apps.get(app).is_some_and(|app| app.session.is_some())
    }

    pub(super) fn subscribe_channel(&mut self, app: &str, channel: &str) {
        if let Some(app) = self.apps.get_mut(app) {
            *app.channels.entry(channel.to_owned()).or_default() += 1;
        }
    }

    pub(super) fn unsubscribe_channel(&mut self, app: &str, channel: &str) {
        if let Some(app) = self.apps.get_mut(app) {
            release(&mut app.channels, channel);
        }
    }

    pub(super) fn subscribe_bridge(&mut self, app: &str, bridge: &str) {
        if let Some(app) = self.apps.get_mut(app) {
            *app.bridges.entry(bridge.to_owned()).or_default() += 1;
        }
    }

    pub(super) fn unsubscribe_bridge(&mut self, app: &str, bridge: &str) {
        if let Some(app) = self.apps.get_mut(app) {
            release(&mut app.bridges, bridge);
        }
    }

    /// Ends every subscription to a channel that no longer exists.
    pub(super) fn forget_channel(&mut self, channel: &str) {
        for app in self.apps.values_mut() {
            app.channels.remove(channel);
        }
    }

    /// Ends every subscription to a bridge that no longer exists.
    pub(super) fn forget_bridge(&mut self, bridge: &str) {
        for app in self.apps.values_mut() {
            app.bridges.remove(bridge);
        }
    }

    /// Sends an event to the socket of every active application that is subscribed and does not filter it.
    pub(super) fn publish(&mut self, about: About<'_>, kind: &str, body: Value) {
        let hearers: Vec<(String, SessionId)> = self
            .apps
            .iter()
            .filter(|(_, app)| app.hears(about, kind))
            .filter_map(|(name, app)| Some((name.clone(), app.session?)))
            .collect();
        for (name, session) in hearers {
            let event = self.envelope(&name, kind, body.clone());
            self.push(session, event);
        }
    }

    /// Adds to an event's own fields those that every event has.
    fn envelope(&self, app: &str, kind: &str, mut body: Value) -> Value {
        body["type"] = json!(kind);
        body["application"] = json!(app);
        body["asterisk_id"] = json!(self.config.entity_id);
        body["timestamp"] = json!(timestamp(self.wall_time(self.now)));
        body
    }

    pub(super) fn route_applications(&mut self, request: &Request, path: &[&str]) -> Reply {
        let Some(name) = path.first() else {
            return Reply::ok(self.apps.keys().map(|name| self.app_json(name)).collect());
        };
        if !self.apps.contains_key(*name) {
            return Reply::error(404, "Application not found");
        }
        match (request.method.name(), &path[1..]) {
            ("GET", []) => Reply::ok(self.app_json(name)),
            ("POST", ["subscription"]) => self.change_subscriptions(name, request, true),
            ("DELETE", ["subscription"]) => self.change_subscriptions(name, request, false),
            ("PUT", ["eventFilter"]) => self.set_filter(name, &request.body),
            _ => Reply::error(404, "Resource not found"),
        }
    }

    fn change_subscriptions(&mut self, name: &str, request: &Request, add: bool) -> Reply {
        let Some(sources) = request.param("eventSource") else {
            return Reply::error(400, "Missing parameter eventSource");
        };
        for source in sources.split(',') {
            if let Err(refusal) = self.change_subscription(name, source, add) {
                return refusal;
            }
        }
        Reply::ok(self.app_json(name))
    }

    fn change_subscription(&mut self, name: &str, source: &str, add: bool) -> Result<(), Reply> {
        let (scheme, id) = source.split_once(':').ok_or_else(|| Reply::error(400, "Invalid event source"))?;
        let exists = match scheme {
            "channel" => self.channels.contains_key(id),
            "bridge" => self.bridges.contains_key(id),
            "endpoint" => self.endpoint_is_known(id),
            "deviceState" => true,
            _ => return Err(Reply::error(400, "Invalid event source")),
        };
        if !exists {
            return Err(Reply::error(422, "Event source does not exist"));
        }
        match (scheme, add) {
            ("channel", true) => self.subscribe_channel(name, id),
            ("channel", false) => self.unsubscribe_channel(name, id),
            ("bridge", true) => self.subscribe_bridge(name, id),
            ("bridge", false) => self.unsubscribe_bridge(name, id),
            _ => self.note_source(name, scheme == "endpoint", id, add),
        }
        Ok(())
    }

    /// Endpoints and devices publish nothing here; the subscription is only remembered and shown.
    fn note_source(&mut self, name: &str, is_endpoint: bool, id: &str, add: bool) {
        if let Some(app) = self.apps.get_mut(name) {
            let sources = if is_endpoint { &mut app.endpoints } else { &mut app.devices };
            if add {
                sources.insert(id.to_owned());
            } else {
                sources.remove(id);
            }
        }
    }

    fn set_filter(&mut self, name: &str, body: &Value) -> Reply {
        let (Ok(allowed), Ok(disallowed)) = (event_types(body, "allowed"), event_types(body, "disallowed"))
        else {
            return Reply::error(400, "Invalid filter");
        };
        if let Some(app) = self.apps.get_mut(name) {
            app.allowed = allowed;
            app.disallowed = disallowed.unwrap_or_default();
        }
        Reply::ok(self.app_json(name))
    }

    fn app_json(&self, name: &str) -> Value {
        let Some(app) = self.apps.get(name) else {
            return Value::Null;
        };
        let typed = |types: &BTreeSet<String>| -> Vec<Value> {
            types.iter().map(|kind| json!({ "type": kind })).collect()
        };
        json!({
            "name": name,
            "channel_ids": app.channels.keys().collect::<Vec<_>>(),
            "bridge_ids": app.bridges.keys().collect::<Vec<_>>(),
            "endpoint_ids": app.endpoints,
            "device_names": app.devices,
            "events_allowed": app.allowed.as_ref().map(typed).unwrap_or_default(),
            "events_disallowed": typed(&app.disallowed),
        })
    }
}

fn release(interest: &mut BTreeMap<String, u32>, id: &str) {
    if let Some(count) = interest.get_mut(id) {
        *count -= 1;
        if *count == 0 {
            interest.remove(id);
        }
    }
}

/// The `type`s of a filter list; `None` if the list is absent or null.
fn event_types(body: &Value, list: &str) -> Result<Option<BTreeSet<String>>, ()> {
    let items = match body.get(list) {
        None | Some(Value::Null) => return Ok(None),
        Some(other) => other.as_array().ok_or(())?,
    };
    let types = items.iter().map(|item| item["type"].as_str().map(str::to_owned).ok_or(()));
    types.collect::<Result<_, _>>().map(Some)
}
