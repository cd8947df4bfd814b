//! The bare side: an originate loop that decides nothing and keeps nothing.
//!
//! One task owns the calls. What it wants of Asterisk it asks on tasks of their own, and it goes by the events alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ari_shell::ari::SocketConfig;
use futures_util::StreamExt as _;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tests::lab::asterisk::{PASSWORD, USER};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Kind, Placed};

/// Its Stasis application.
const APP: &str = "bare";
/// The bridge in which agents wait.
const HOLD: &str = "bare-hold";
/// Requests under way at most, as in the shell.
const REQUESTS: usize = 16;
/// How long Asterisk may say nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Dials all numbers of the kind. Gives when each originate was begun.
pub(super) async fn dial(url: &str, kind: Kind) -> Placed {
    let mut bare = Bare::open(url, kind).await;
    bare.seat_agents().await;
    bare.run().await;
    bare.close().await;
    bare.placed
}

/// What an event says, as far as it matters here.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    channel: Option<Id>,
    bridge: Option<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

struct Bare {
    ari: Ari,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    kind: Kind,
    numbers: Box<dyn Iterator<Item = String> + Send>,
    /// Agents in the holding bridge who are in no call.
    idle: Vec<u16>,
    /// The calls in flight, each with the agent reserved for it.
    calls: HashMap<String, Option<u16>>,
    placed: Placed,
}

impl Bare {
    async fn open(url: &str, kind: Kind) -> Self {
        let ari = Ari::new(format!("{url}/ari"));
        let socket = ari.socket().await;
        // What is not heard, as in the shell.
        let disallowed = SocketConfig::default().disallowed;
        let types: Vec<Value> = disallowed.iter().map(|kind| json!({ "type": kind })).collect();
        let filter = json!({ "disallowed": types });
        ari.ask(Method::PUT, format!("applications/{APP}/eventFilter"), Some(filter)).await;
        let numbers = Box::new(kind.numbers());
        Self { ari, socket, kind, numbers, idle: Vec::new(), calls: HashMap::new(), placed: Vec::new() }
    }

    /// Every agent into the holding bridge, as the shell has them.
    async fn seat_agents(&mut self) {
        self.ari.ask(Method::POST, format!("bridges/{HOLD}?type=holding&name={HOLD}"), None).await;
        self.ari.ask(Method::POST, format!("bridges/{HOLD}/moh"), None).await;
        for agent in 1..=self.kind.agents {
            let query =
                format!("endpoint=PJSIP/agent-{agent}&app={APP}&channelId={}&timeout=20", seat(agent));
            self.ari.ask(Method::POST, format!("channels?{query}"), None).await;
        }
        while self.idle.len() < usize::from(self.kind.agents) {
            self.hear().await;
        }
    }

    async fn run(&mut self) {
        loop {
            while self.has_room() {
                let Some(number) = self.numbers.next() else { break };
                self.place(number);
            }
            if self.calls.is_empty() {
                return;
            }
            self.hear().await;
        }
    }

    fn has_room(&self) -> bool {
        match self.kind.level {
            1 => !self.idle.is_empty(),
            _ => self.calls.len() < usize::from(self.kind.lines()),
        }
    }

    fn place(&mut self, number: String) {
        let agent = if self.kind.level == 1 { self.idle.pop() } else { None };
        let call = format!("bare-call-{number}");
        let query = format!(
            "endpoint=PJSIP/{number}@trunk-a&app={APP}&appArgs=&channelId={call}&callerId=&timeout=50"
        );
        self.ari.send(Method::POST, format!("channels?{query}"), Some(variables(&number)));
        self.calls.insert(call, agent);
        self.placed.push((number, Instant::now()));
    }

    async fn hear(&mut self) {
        let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        let message = message.expect("Asterisk is not silent").expect("the socket stands");
        let Message::Text(text) = message.expect("the socket stands") else { return };
        let event: Event = serde_json::from_str(&text).expect("an event");
        let Some(channel) = event.channel.map(|channel| channel.id) else { return };
        match (event.kind.as_str(), event.bridge) {
            ("StasisStart", _) => self.entered(&channel),
            ("ChannelEnteredBridge", Some(bridge)) if bridge.id == HOLD => {
                self.idle.extend(agent_of(&channel))
            }
            ("ChannelDestroyed", _) => self.ended(&channel),
            _ => {}
        }
    }

    fn entered(&self, channel: &str) {
        if let Some(agent) = agent_of(channel) {
            return self.hold(agent);
        }
        if let Some(Some(agent)) = self.calls.get(channel) {
            let (ari, channel, agent) = (self.ari.clone(), channel.to_owned(), seat(*agent));
            tokio::spawn(async move {
                let bridge = format!("bridges/bridge-{channel}");
                let kind = "type=mixing,dtmf_events,proxy_media";
                ari.ask(Method::POST, format!("{bridge}?{kind}"), None).await;
                ari.ask(Method::POST, format!("{bridge}/addChannel?channel={channel},{agent}"), None).await;
            });
        }
    }

    fn ended(&mut self, channel: &str) {
        if let Some(Some(agent)) = self.calls.remove(channel) {
            self.ari.send(Method::DELETE, format!("bridges/bridge-{channel}"), None);
            self.hold(agent);
        }
    }

    fn hold(&self, agent: u16) {
        self.ari.send(Method::POST, format!("bridges/{HOLD}/addChannel?channel={}", seat(agent)), None);
    }

    /// Leaves nothing for the other side to stumble over.
    async fn close(&mut self) {
        for agent in 1..=self.kind.agents {
            self.ari.ask(Method::DELETE, format!("channels/{}", seat(agent)), None).await;
        }
        self.ari.ask(Method::DELETE, format!("bridges/{HOLD}"), None).await;
        self.socket.close(None).await.expect("the socket stood");
    }
}

fn seat(agent: u16) -> String {
    format!("bare-agent-{agent}")
}

fn agent_of(channel: &str) -> Option<u16> {
    channel.strip_prefix("bare-agent-")?.parse().ok()
}

/// The variables that the shell sets too: Asterisk's work for a call is the same.
fn variables(number: &str) -> Value {
    json!({ "variables": {
        "CAMPAIGN_ID": "1", "CALL_TYPE": "customer", "TIMEOUT(absolute)": "7305", "QUEUE_ID": number, "CARRIER_ID": "1",
        "CARRIER_NAME": "trunk-a", "ATTEMPT_ID": number, "LEAD_ID": number, "FORWARD_CONTEXT": "trunk-inbound",
    } })
}

/// Asterisk's HTTP side.
#[derive(Clone)]
struct Ari {
    http: reqwest::Client,
    base: String,
    slots: Arc<Semaphore>,
}

impl Ari {
    fn new(base: String) -> Self {
        let http = reqwest::Client::builder().http1_only().no_proxy().pool_max_idle_per_host(REQUESTS);
        let http = http.build().expect("an HTTP client");
        Self { http, base, slots: Arc::new(Semaphore::new(REQUESTS)) }
    }

    async fn socket(&self) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
        let address = self.base.replacen("http", "ws", 1);
        let keys = format!("{USER}:{PASSWORD}");
        let url = format!("{address}/events?app={APP}&subscribeAll=false&api_key={keys}");
        let request = url.into_client_request().expect("an address");
        connect_async(request).await.expect("Asterisk opens a socket").0
    }

    /// Asks on a task of its own.
    fn send(&self, method: Method, what: String, body: Option<Value>) {
        let ari = self.clone();
        tokio::spawn(async move { ari.ask(method, what, body).await });
    }

    async fn ask(&self, method: Method, what: String, body: Option<Value>) {
        let _slot = self.slots.acquire().await.expect("slots are never closed");
        let mut request = self.http.request(method, format!("{}/{what}", self.base));
        request = request.basic_auth(USER, Some(PASSWORD));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.expect("Asterisk answers");
        let status = reply.status();
        let body = reply.bytes().await.expect("Asterisk answers");
        assert!(status.is_success(), "{what}: {status} {}", String::from_utf8_lossy(&body));
    }
}
