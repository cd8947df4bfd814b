//! The PBX that a house dials through: the simulated one or a real Asterisk, behind the same few questions.

mod seen;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use simulator::pbx::server::{Handle, Server, ServerConfig};
use simulator::pbx::{AgentConduct, Config, Directory, Fault, Press, TrunkConduct};

use crate::lab::Recording;
use crate::lab::asterisk::{Asterisk, PASSWORD, Site, StartError, USER};
use crate::lab::far_end::{FarEnd, Keys, Timings};
use crate::lab::phone::{Manner, Phones};

pub use seen::Dialled;

/// The message that both have.
pub const MESSAGE: &str = "sound:ringmaster/safe-harbour";

/// A PBX with its callees and its agents' phones. Agents are `agent-1` and on, trunks `trunk-a` and `trunk-b`, the
/// dialplan's context `from-campaign`; callees do what their number says ([`crate::lab::far_end`]).
#[derive(Debug)]
pub enum Pbx {
    /// The model, on a loopback port.
    Simulated(Handle),
    /// Asterisk 22 with this project's dialplan.
    Real(Box<Lab>),
}

/// A real Asterisk and everything around it.
#[derive(Debug)]
pub struct Lab {
    /// Asterisk.
    pub asterisk: Asterisk,
    /// The callees.
    pub far_end: FarEnd,
    /// The agents' phones.
    pub phones: Phones,
    /// What `trunk-a` leads to instead, where it is out of order.
    broken: Option<FarEnd>,
    /// From where its moments are counted.
    opened: Instant,
}

impl Pbx {
    /// The simulated PBX.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn simulated() -> std::io::Result<Self> {
        Self::simulated_as(Config::default().version).await
    }

    /// The simulated PBX, with callees who press keys.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn simulated_with(keys: &Keys) -> std::io::Result<Self> {
        let press = |(after, digit): &(Duration, char)| Press {
            after_ms: u64::try_from(after.as_millis()).unwrap_or(0),
            digit: *digit,
        };
        let keys = keys.iter().map(|(code, keys)| (*code, keys.iter().map(press).collect())).collect();
        Self::model(Config { directory: Directory::ByNumber { keys }, ..Config::default() }).await
    }

    /// The simulated PBX, in a version of Asterisk's.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn simulated_as(version: String) -> std::io::Result<Self> {
        Self::model(Config { version, ..Config::default() }).await
    }

    async fn model(pbx: Config) -> std::io::Result<Self> {
        let message = MESSAGE.trim_start_matches("sound:");
        let own = ["beep", "digits/0", "digits/9", "digits/19", "digits/90", "letters/a", "letters/z"];
        let own = own.map(|id| (id.to_owned(), 200));
        let sounds = own.into_iter().chain([(message.to_owned(), 2_000)]).collect();
        let agent_default = AgentConduct::Answers { ring_ms: 50 };
        let pbx = Config { sounds, agent_default, ..pbx };
        let config = ServerConfig { password: PASSWORD.to_owned(), pbx, ..ServerConfig::default() };
        Ok(Self::Simulated(Server::start(config).await?))
    }

    /// A real Asterisk with so many agents' phones.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub async fn real(timings: Timings, agents: u16) -> Result<Self, StartError> {
        Self::real_with(timings, agents, None).await
    }

    /// The same; with `broken`, `trunk-a` refuses every call with that response.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub async fn real_with(timings: Timings, agents: u16, broken: Option<u16>) -> Result<Self, StartError> {
        let phones = Phones::start(timings.ptime)?;
        let broken = broken.map(|response| FarEnd::out_of_order(timings.clone(), response)).transpose()?;
        let far_end = FarEnd::start(timings)?;
        let trunk_b = far_end.address();
        let trunk_a = broken.as_ref().map_or(trunk_b, FarEnd::address);
        let site = Site { trunk_a, trunk_b, phones: phones.address(), agents };
        let asterisk = Asterisk::start(&site).await?;
        Ok(Self::Real(Box::new(Lab { asterisk, far_end, phones, broken, opened: Instant::now() })))
    }

    /// From now on `trunk-a` refuses every call. A real one has to be told when it is started.
    pub async fn break_trunk(&self, response: u16) {
        if let Self::Simulated(handle) = self {
            let conduct = TrunkConduct::Refuses(response);
            handle.inject(Fault::Trunk { name: "trunk-a".to_owned(), conduct }).await;
        }
    }

    /// Where its ARI is, without the `/ari`.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Simulated(handle) => format!("http://{}", handle.addr()),
            Self::Real(lab) => lab.asterisk.ari_url().trim_end_matches("/ari").to_owned(),
        }
    }

    /// The real one.
    ///
    /// # Panics
    /// Where it is simulated.
    #[must_use]
    pub fn lab(&mut self) -> &mut Lab {
        match self {
            Self::Real(lab) => lab,
            Self::Simulated(_) => panic!("a simulated PBX has no lab"),
        }
    }

    /// Every call to a callee, in the order dialled.
    pub async fn dialled(&self) -> Vec<Dialled> {
        match self {
            Self::Simulated(handle) => {
                let log = handle.log().await;
                log.iter().filter(|invite| !is_phone(&invite.number)).map(Dialled::in_the_model).collect()
            }
            Self::Real(lab) => {
                let mut calls = lab.far_end.calls();
                calls.extend(lab.broken.iter().flat_map(FarEnd::calls));
                calls.sort_by_key(|call| call.invited_at);
                calls.iter().map(|call| Dialled::on_the_wire(call, lab.opened)).collect()
            }
        }
    }

    /// Every call to this agent's phone.
    pub async fn phone_calls(&self, agent: u16) -> Vec<Dialled> {
        match self {
            Self::Simulated(handle) => {
                let log = handle.log().await;
                let theirs = log.iter().filter(|invite| invite.number == phone(agent));
                theirs.map(Dialled::in_the_model).collect()
            }
            Self::Real(lab) => {
                let calls = lab.phones.calls(agent);
                calls.iter().map(|call| Dialled::on_the_wire(call, lab.opened)).collect()
            }
        }
    }

    /// The agent hangs up.
    pub async fn hang_up_phone(&self, agent: u16) {
        match self {
            Self::Simulated(handle) => handle.inject(Fault::FarEndHangsUp { number: phone(agent) }).await,
            Self::Real(lab) => lab.phones.hang_up(agent),
        }
    }

    /// Nobody picks this agent's phone up any more.
    pub async fn let_phone_ring(&self, agent: u16) {
        match self {
            Self::Simulated(handle) => {
                let conduct = AgentConduct::NeverAnswers;
                handle.inject(Fault::Phone { name: phone(agent), conduct }).await;
            }
            Self::Real(lab) => lab.phones.set(agent, Manner::RingsOnly),
        }
    }

    /// An agent's phone is picked up from now on when it rings.
    pub async fn let_phone_be_picked_up(&self, agent: u16) {
        match self {
            Self::Simulated(handle) => {
                let conduct = AgentConduct::Answers { ring_ms: 0 };
                handle.inject(Fault::Phone { name: phone(agent), conduct }).await;
            }
            Self::Real(lab) => lab.phones.set(agent, Manner::default()),
        }
    }

    /// Channels and bridges that exist.
    pub async fn left(&self) -> (usize, usize) {
        let count = async |what: &str| {
            self.ask(what, &[]).await.and_then(|list| Some(list.as_array()?.len())).expect("ARI answers")
        };
        (count("channels").await, count("bridges").await)
    }

    /// The ids of all channels that exist.
    ///
    /// # Panics
    /// Where ARI does not answer.
    pub async fn channels(&self) -> Vec<String> {
        let list = self.ask("channels", &[]).await.expect("ARI answers");
        let ids = list.as_array().into_iter().flatten().filter_map(|channel| channel["id"].as_str());
        ids.map(str::to_owned).collect()
    }

    /// A channel's variable; `None` where there is no such channel or variable.
    pub async fn variable(&self, channel: &str, name: &str) -> Option<String> {
        let reply = self.ask(&format!("channels/{channel}/variable"), &[("variable", name)]).await?;
        reply["value"].as_str().map(str::to_owned)
    }

    /// What each call to a callee was placed with; only the model keeps it.
    pub async fn variables(&self) -> Option<Vec<BTreeMap<String, String>>> {
        let Self::Simulated(handle) = self else { return None };
        let log = handle.log().await.into_iter().filter(|invite| !is_phone(&invite.number));
        Some(log.map(|invite| invite.variables).collect())
    }

    /// Whether it has a recording of that name, all of it.
    pub async fn has_recording(&self, name: &str) -> bool {
        self.ask(&format!("recordings/stored/{name}"), &[]).await.is_some()
    }

    /// What is in a recording; only a real one has sound in it.
    #[must_use]
    pub fn recording(&self, name: &str) -> Option<Recording> {
        match self {
            Self::Simulated(_) => None,
            Self::Real(lab) => Some(Recording::read(&lab.asterisk.recordings().join(format!("{name}.wav")))),
        }
    }

    /// Takes a bridge down, as a stranger might.
    ///
    /// # Panics
    /// Where there is no such bridge.
    pub async fn take_down(&self, bridge: &str) {
        let request = reqwest::Client::new().delete(format!("{}/ari/bridges/{bridge}", self.url()));
        let reply = request.basic_auth(USER, Some(PASSWORD)).send().await.expect("ARI answers");
        assert!(reply.status().is_success(), "{bridge}: {}", reply.status());
    }

    /// Moves a channel into a bridge, out of the one that it is in, as a stranger might.
    ///
    /// # Panics
    /// Where there is no such channel or bridge.
    pub async fn moves(&self, channel: &str, bridge: &str) {
        let url = format!("{}/ari/bridges/{bridge}/addChannel", self.url());
        let request = reqwest::Client::new().post(url).query(&[("channel", channel)]);
        let reply = request.basic_auth(USER, Some(PASSWORD)).send().await.expect("ARI answers");
        assert!(reply.status().is_success(), "{channel} into {bridge}: {}", reply.status());
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let request = reqwest::Client::new().get(format!("{}/ari/{path}", self.url())).query(query);
        let reply = request.basic_auth(USER, Some(PASSWORD)).send().await.ok()?;
        if reply.status().is_success() { reply.json().await.ok() } else { None }
    }
}

fn phone(agent: u16) -> String {
    format!("agent-{agent}")
}

fn is_phone(number: &str) -> bool {
    number.starts_with("agent-")
}
