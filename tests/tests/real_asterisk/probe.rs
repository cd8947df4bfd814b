//! A bare ARI client: every event of the socket in order, and one call per request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::lab::asterisk::{APP, Asterisk, PASSWORD, USER};
use tests::lab::far_end::{FarEnd, Timings};
use tests::lab::phone::Phones;
use tokio_tungstenite::tungstenite::Message;

/// The variables that every customer leg carries.
pub(crate) const VARIABLES: [&str; 5] =
    ["CAMPAIGN_ID", "QUEUE_ID", "CALL_TYPE", "CARRIER_ID", "CARRIER_NAME"];

/// A whole floor: Asterisk, its far end, its phones and a client.
pub(crate) struct Floor {
    pub(crate) far_end: FarEnd,
    pub(crate) phones: Phones,
    pub(crate) asterisk: Asterisk,
    pub(crate) ari: Ari,
}

impl Floor {
    pub(crate) async fn open(timings: Timings) -> Self {
        let ptime = timings.ptime;
        let far_end = FarEnd::start(timings).expect("the far end starts");
        let phones = Phones::start(ptime).expect("the phones start");
        let site = tests::lab::asterisk::Site {
            trunk_a: far_end.address(),
            trunk_b: far_end.address(),
            phones: phones.address(),
            agents: 2,
        };
        let asterisk = Asterisk::start(&site).await.expect("Asterisk starts");
        let ari = Ari::connect(&asterisk.ari_url()).await;
        Self { far_end, phones, asterisk, ari }
    }

    /// Waits until Asterisk has no channel left, and says whether it came to that.
    pub(crate) async fn is_empty(&self) -> bool {
        let quiet = || {
            self.asterisk.rx("core show channels count").is_ok_and(|text| text.contains("0 active channels"))
        };
        tests::lab::until(Duration::from_secs(5), quiet).await
    }
}

/// An event as it came.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) event: Value,
}

/// The client.
pub(crate) struct Ari {
    url: String,
    http: reqwest::Client,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Ari {
    pub(crate) async fn connect(url: &str) -> Self {
        Self::connect_as(APP, url).await
    }

    /// A client that hears what is said to another application.
    pub(crate) async fn connect_as(app: &str, url: &str) -> Self {
        let socket = format!("{}/events?app={app}&api_key={USER}:{PASSWORD}", url.replacen("http", "ws", 1));
        let (mut stream, _) = tokio_tungstenite::connect_async(socket).await.expect("the socket opens");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    let event = serde_json::from_str(&text).expect("an event is JSON");
                    sink.lock().unwrap_or_else(PoisonError::into_inner).push(Seen { event });
                }
            }
        });
        Self { url: url.to_owned(), http: reqwest::Client::new(), seen }
    }

    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request =
            self.http.request(method, format!("{}/{path}", self.url)).basic_auth(USER, Some(PASSWORD));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.expect("ARI answers");
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// The same, for a request that must succeed.
    pub(crate) async fn must(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.request(method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// The value of a channel's variable; None when it has none.
    pub(crate) async fn variable(&self, id: &str, name: &str) -> Option<String> {
        let (_, answer) =
            self.request(Method::GET, &format!("channels/{id}/variable?variable={name}"), None).await;
        answer["value"].as_str().map(str::to_owned)
    }

    /// Calls an agent's phone.
    pub(crate) async fn ring_agent(&self, id: &str, agent: u16) {
        let body = json!({ "endpoint": format!("PJSIP/agent-{agent}"), "app": APP, "appArgs": "agent", "channelId": id });
        self.must(Method::POST, "channels", Some(body)).await;
    }

    /// Calls an agent's phone and waits until it is in Stasis.
    pub(crate) async fn call_agent(&self, id: &str, agent: u16) {
        self.ring_agent(id, agent).await;
        self.wait(id, "StasisStart", Duration::from_secs(5)).await.expect("the phone answers");
    }

    pub(crate) async fn hang_up(&self, id: &str) {
        self.must(Method::DELETE, &format!("channels/{id}"), None).await;
    }

    /// Dials `endpoint` as a customer leg. `formats` keeps a Local leg from being transcoded.
    pub(crate) async fn dial(&self, id: &str, endpoint: &str, timeout: u32) {
        let values = ["c-7", "q-3", "customer", "5", "trunk-a"];
        let variables: serde_json::Map<String, Value> =
            VARIABLES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let body = json!({
            "endpoint": endpoint, "app": APP, "appArgs": "customer", "callerId": "18005550100", "timeout": timeout, "formats": "ulaw",
            "channelId": id, "otherChannelId": format!("{id}.far"), "variables": variables,
        });
        self.must(Method::POST, "channels", Some(body)).await;
    }

    /// What was seen of this channel and of its other half, in order.
    pub(crate) fn events_of(&self, id: &str) -> Vec<Seen> {
        let far = format!("{id}.far");
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter()
            .filter(|seen| channel_id(&seen.event).is_some_and(|channel| channel == id || channel == far))
            .cloned()
            .collect()
    }

    /// The first event of that type on exactly that channel, waited for.
    pub(crate) async fn wait(&self, id: &str, kind: &str, limit: Duration) -> Option<Seen> {
        let find = || {
            let events = self.events_of(id);
            events.into_iter().find(|seen| seen.event["type"] == kind && channel_id(&seen.event) == Some(id))
        };
        tests::lab::until(limit, || find().is_some()).await;
        find()
    }
}

/// The channel that an event is about; for Dial, the called one.
pub(crate) fn channel_id(event: &Value) -> Option<&str> {
    ["peer", "channel"].iter().find_map(|key| event[key]["id"].as_str()).or_else(|| {
        let target = event["playback"]["target_uri"].as_str()?;
        target.strip_prefix("channel:")
    })
}
