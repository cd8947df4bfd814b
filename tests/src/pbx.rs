//! The PBX that a house dials through: the simulated one or a real Asterisk, behind the same few questions.

use std::time::Duration;

use simulator::pbx::server::{Handle, Server, ServerConfig};
use simulator::pbx::{AgentConduct, Config};

use crate::lab::asterisk::{Asterisk, PASSWORD, Site, StartError};
use crate::lab::far_end::{FarEnd, Timings};
use crate::lab::phone::Phones;

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
}

/// One call as the far end saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialled {
    /// The number as it came over the wire.
    pub number: String,
    /// The final response: 200, a refusal, 487 where it was cancelled; `None` where none was ever sent.
    pub response: Option<u16>,
    /// From the answer to the first sound of an agent, where one was heard. Only a real far end can hear.
    pub answer_to_agent: Option<Duration>,
    /// Whether it is over.
    pub over: bool,
}

impl Pbx {
    /// The simulated PBX.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn simulated() -> std::io::Result<Self> {
        let sounds = [(MESSAGE.trim_start_matches("sound:").to_owned(), 1_000)].into();
        let agent_default = AgentConduct::Answers { ring_ms: 50 };
        let pbx = Config { sounds, agent_default, ..Config::default() };
        let config = ServerConfig { password: PASSWORD.to_owned(), pbx, ..ServerConfig::default() };
        Ok(Self::Simulated(Server::start(config).await?))
    }

    /// A real Asterisk with so many agents' phones.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub async fn real(timings: Timings, agents: u16) -> Result<Self, StartError> {
        let phones = Phones::start(timings.ptime)?;
        let far_end = FarEnd::start(timings)?;
        let trunk = far_end.address();
        let site = Site { trunk_a: trunk, trunk_b: trunk, phones: phones.address(), agents };
        let asterisk = Asterisk::start(&site).await?;
        Ok(Self::Real(Box::new(Lab { asterisk, far_end, phones })))
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
                let log =
                    handle.log().await.into_iter().filter(|invite| !invite.number.starts_with("agent-"));
                log.map(|invite| Dialled {
                    number: invite.number,
                    response: invite.status,
                    answer_to_agent: None,
                    over: invite.ended_at.is_some(),
                })
                .collect()
            }
            Self::Real(lab) => {
                let log = lab.far_end.calls().into_iter();
                log.map(|call| Dialled {
                    over: call.is_over(),
                    answer_to_agent: call.answer_to_agent(),
                    response: call.final_code,
                    number: call.number,
                })
                .collect()
            }
        }
    }

    /// Channels and bridges that exist.
    pub async fn left(&self) -> (usize, usize) {
        let count = async |what: &str| {
            let request = reqwest::Client::new().get(format!("{}/ari/{what}", self.url()));
            let reply = request.basic_auth("ringmaster", Some(PASSWORD)).send().await.expect("ARI answers");
            let list: Vec<serde_json::Value> = reply.json().await.expect("ARI answers with a list");
            list.len()
        };
        (count("channels").await, count("bridges").await)
    }
}
