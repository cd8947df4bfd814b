//! Drives the model as a client would, and writes down what it hears.

use serde_json::{Value, json};
use simulator::pbx::{Config, Content, Fault, Method, Outgoing, Pbx, Reply, Request, Served, SessionId};

pub(crate) const SECOND: u64 = 1_000_000;
/// Longer than any call of these tests.
pub(crate) const A_WHILE: u64 = 600 * SECOND;

/// A model with the application `dialler` connected, and its clock.
pub(crate) struct Driver {
    pub(crate) pbx: Pbx,
    pub(crate) now: u64,
    pub(crate) session: SessionId,
    /// Everything that was sent and not yet taken.
    pub(crate) heard: Vec<Outgoing>,
    /// Replies that came later than at once, likewise.
    pub(crate) late: Vec<Reply>,
}

impl Driver {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(Config::default(), seed)
    }

    pub(crate) fn with(config: Config, seed: u64) -> Self {
        let mut pbx = Pbx::new(config, seed);
        let session = pbx.connect(0, &["dialler".to_owned()], false).expect("nothing is wrong yet");
        Self { pbx, now: 0, session, heard: Vec::new(), late: Vec::new() }
    }

    pub(crate) fn connect(&mut self) -> SessionId {
        let session = self.pbx.connect(self.now, &["dialler".to_owned()], false);
        self.drain();
        session.expect("the PBX answers")
    }

    /// The reply, where there is one at once.
    pub(crate) fn try_request(&mut self, method: Method, target: &str, body: Value) -> Option<Reply> {
        let served = self.pbx.handle(self.now, &Request::new(method, target, body));
        self.drain();
        match served {
            Served::Now(reply) => Some(reply),
            Served::Later(_) | Served::Never => None,
        }
    }

    /// How requests ended that were answered later.
    pub(crate) fn late_statuses(&mut self) -> Vec<u16> {
        self.late.drain(..).map(|reply| reply.status).collect()
    }

    pub(crate) fn request(&mut self, method: Method, target: &str, body: Value) -> Reply {
        self.try_request(method, target, body).expect("the PBX answers")
    }

    pub(crate) fn get(&mut self, target: &str) -> Reply {
        self.request(Method::Get, target, Value::Null)
    }

    pub(crate) fn post(&mut self, target: &str) -> Reply {
        self.request(Method::Post, target, Value::Null)
    }

    pub(crate) fn delete(&mut self, target: &str) -> Reply {
        self.request(Method::Delete, target, Value::Null)
    }

    /// Calls `endpoint` on the channel `c1`.
    pub(crate) fn call(&mut self, endpoint: &str) {
        self.call_as("c1", endpoint);
    }

    pub(crate) fn call_as(&mut self, id: &str, endpoint: &str) {
        let body = json!({ "endpoint": endpoint, "app": "dialler", "appArgs": "customer,7" });
        assert_eq!(self.request(Method::Post, &format!("/channels/{id}"), body).status, 200);
    }

    /// Lets simulated time pass, task by task.
    pub(crate) fn pass(&mut self, time: u64) {
        let until = self.now + time;
        while let Some(at) = self.pbx.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.pbx.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    pub(crate) fn inject(&mut self, fault: Fault) {
        self.pbx.inject(self.now, fault);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(outgoing) = self.pbx.poll_event() {
            self.heard.push(outgoing);
        }
        while let Some((_, reply)) = self.pbx.poll_reply() {
            self.late.push(reply);
        }
    }

    /// The events since the last time, for any session.
    pub(crate) fn events(&mut self) -> Vec<Value> {
        let events = self.heard.drain(..).filter_map(|outgoing| match outgoing.content {
            Content::Event(event) => Some(event),
            Content::Close => None,
        });
        events.collect()
    }

    /// The types of the events since the last time, without the noise of variables.
    pub(crate) fn kinds(&mut self) -> Vec<String> {
        let kinds = self.events().into_iter().map(|event| event["type"].as_str().unwrap_or("?").to_owned());
        kinds.filter(|kind| kind != "ChannelVarset").collect()
    }

    /// The events since the last time, one line each.
    pub(crate) fn transcript(&mut self) -> String {
        self.events().iter().map(|event| line(event) + "\n").collect()
    }
}

/// An event on one line: its type and what tells it from others of that type.
fn line(event: &Value) -> String {
    let mut line = event["type"].as_str().unwrap_or("?").to_owned();
    for (name, pointer) in [
        ("channel", "/channel/id"),
        ("peer", "/peer/id"),
        ("state", "/channel/state"),
        ("state", "/peer/state"),
        ("bridge", "/bridge/id"),
        ("in", "/bridge/channels"),
        ("playback", "/playback/id"),
        ("state", "/playback/state"),
        ("args", "/args"),
        ("dialstatus", "/dialstatus"),
        ("forward", "/forward"),
        ("variable", "/variable"),
        ("cause", "/cause"),
        ("cause_txt", "/cause_txt"),
        ("tech_cause", "/tech_cause"),
        ("soft", "/soft"),
        ("digit", "/digit"),
    ] {
        if let Some(value) = event.pointer(pointer) {
            line += &format!(" {name}={value}");
        }
    }
    line.replace('"', "'")
}
