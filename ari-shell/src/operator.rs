//! The other end of the operators' API: how a command reaches the shell that runs, if one does.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use engine::digits::Digits;
use engine::lead::Barred;
use engine::view::AgentView;
use engine::words::{AttemptId, QueueId};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::clock::Clock;
use crate::config::Config;
use crate::http::{
    AgentVerb, BarBody, Board, CallbackBody, CampaignVerb, CloseBody, DigitsBody, Left, Named, OPENING,
    PaceBody, PauseBody, RecordingVerb, Token, TransferBody, WAITING,
};
use crate::numbers::is_wide;

/// Longer than the engine lets any wish go unanswered.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a shell whose floor is about to open is left alone.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// How long a recording may take to come.
const LONGEST_FETCH: Duration = Duration::from_secs(3_600);

/// The shell that runs with this configuration.
#[derive(Debug)]
pub struct Running {
    client: Client,
    base: Url,
    token: Token,
}

/// What there is of a shell.
#[derive(Debug)]
pub enum Standing {
    /// There is no floor to be asked.
    Closed(Closed),
    /// It runs.
    Runs(Running),
}

/// Why there is no floor to be asked: its database is all that there is of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// No shell was ever started in the data directory, or nobody listens.
    Gone,
    /// The shell waits for Asterisk, and has no floor yet.
    Waits,
}

impl Closed {
    /// Who goes by what is written down now.
    #[must_use]
    pub const fn heir(self) -> &'static str {
        match self {
            Self::Gone => "the next one",
            Self::Waits => "its floor",
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gone => "No shell runs",
            Self::Waits => "The shell waits for Asterisk",
        })
    }
}

/// Why a running shell did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The token is there, and not for us.
    #[error("{file} cannot be read ({error}); run as the user that the shell runs as")]
    Token {
        /// The token's file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// Somebody listens there who does not know the token.
    #[error("who listens at {0} is not the shell of this data directory, or was started anew just now")]
    Stranger(Url),
    /// It was refused; the sentence is the shell's own.
    #[error("{0}")]
    Refused(String),
    /// It knows nothing of that name, likewise.
    #[error("{0}")]
    Unknown(String),
    /// Its floor is about to open.
    #[error("the shell at {0} is about to open its floor; ask again once it has")]
    Opens(Url),
    /// No answer, or none that can be read.
    #[error("the shell at {base} did not answer ({error})")]
    Silent {
        /// Where.
        base: Url,
        /// Why.
        error: reqwest::Error,
    },
}

/// Who was told of new leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Nobody, and why.
    Nobody(Closed),
    /// Nobody: the shell is about to open its floor, which begins with what is stored.
    Opening,
    /// Nobody, since the shell that runs could not be told, and why not.
    Untold(String),
    /// The shell that runs.
    Shell {
        /// Campaigns that are configured now and were not when it was started.
        unknown: Vec<String>,
    },
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody(why) => write!(f, "{why}; they are stored for {}.", why.heir()),
            Self::Opening => f.write_str("The shell is about to open its floor, which will find them."),
            Self::Untold(why) => write!(
                f,
                "The running shell could not be told ({why}); they are stored, and it finds them by itself within seconds."
            ),
            Self::Shell { unknown } if unknown.is_empty() => f.write_str("The running shell knows of them."),
            Self::Shell { unknown } => {
                let names = unknown.join(", ");
                write!(
                    f,
                    "The running shell does not know {names} yet: they are stored for when it is started anew."
                )
            }
        }
    }
}

impl Running {
    /// Looks for the running shell. `None` where there is none, or none whose floor is open: then a command may work on the
    /// database alone, from which a floor begins.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub async fn find(config: &Config) -> Result<Option<Self>, OperatorError> {
        Ok(match Self::standing(config).await? {
            Standing::Runs(running) => Some(running),
            Standing::Closed(_) => None,
        })
    }

    /// The same, which tells apart why there is none.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub async fn standing(config: &Config) -> Result<Standing, OperatorError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match Self::at_once(config).await {
                // It has read what is written down, or is about to: whatever is written now it may not know of.
                Err(OperatorError::Opens(_)) if Instant::now() < until => sleep(ASK_AGAIN).await,
                standing => return standing,
            }
        }
    }

    /// The same, for whoever need not wait for a floor that is about to open.
    ///
    /// # Errors
    /// [`OperatorError::Opens`] where it is; else where it cannot be told.
    pub async fn at_once(config: &Config) -> Result<Standing, OperatorError> {
        let token = Token::read(&config.data_dir).map_err(|error| OperatorError::Token {
            file: Token::path(&config.data_dir).display().to_string(),
            error,
        })?;
        let Some(Left { token, listen, .. }) = token else {
            return Ok(Standing::Closed(Closed::Gone));
        };
        let base = base(listen.unwrap_or(config.http.listen));
        // A proxy of the environment is for the world outside, and must not see the token.
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        let client = client.map_err(|error| OperatorError::Silent { base: base.clone(), error })?;
        Ok(match health(&client, &base).await?.as_deref() {
            Some(OPENING) => return Err(OperatorError::Opens(base)),
            Some(WAITING) => Standing::Closed(Closed::Waits),
            Some(_) => Standing::Runs(Self { client, base, token }),
            None => Standing::Closed(Closed::Gone),
        })
    }

    /// Whether there is a shell that keeps another database than that of this configuration. What it has left is looked at first:
    /// mostly its address is the same, and where there is another way to it the database itself says which it is. Whoever may not
    /// look is not kept from a database that they can open.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub async fn keeps_another_database(config: &Config) -> Result<bool, OperatorError> {
        let Ok(Some(Left { database: Some(database), identity, .. })) = Token::read(&config.data_dir) else {
            return Ok(false);
        };
        if database == config.database.digest() {
            return Ok(false);
        }
        match Self::at_once(config).await {
            Ok(Standing::Closed(Closed::Gone)) => Ok(false),
            Ok(Standing::Closed(Closed::Waits) | Standing::Runs(_)) | Err(OperatorError::Opens(_)) => {
                Ok(identity.is_none() || identity != identity_of(config).await)
            }
            Err(error) => Err(error),
        }
    }

    /// The floor as it is.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn view(&self) -> Result<Board, OperatorError> {
        let reply = self.send(self.request(Method::GET, &["view"])).await?;
        reply.json().await.map_err(|error| self.silent(error))
    }

    /// Whether the shell could dial: its floor answers, Asterisk is connected and compared, and the database answers.
    ///
    /// # Errors
    /// [`OperatorError::Refused`] says in the shell's words why it could not; else see [`OperatorError`].
    pub async fn ready(&self) -> Result<(), OperatorError> {
        self.send(self.client.get(join(&self.base, &["readyz"]))).await.map(drop)
    }

    /// Tells that a campaign may have new leads.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn leads_added(&self, campaign: &str) -> Result<(), OperatorError> {
        self.campaign(campaign, CampaignVerb::LeadsAdded).await
    }

    /// Tells the shell that runs, if one does, that campaigns may have new leads. Those that are not configured are none of its
    /// own. One that it does not know yet finds its leads when it is known: there is nothing to be told. Nor is it any harm where
    /// it cannot be told: it looks into the database every few seconds.
    pub async fn tell_of_leads(config: &Config, campaigns: &[&str]) -> Told {
        let shell = match Self::at_once(config).await {
            Ok(Standing::Runs(shell)) => shell,
            Ok(Standing::Closed(why)) => return Told::Nobody(why),
            Err(OperatorError::Opens(_)) => return Told::Opening,
            Err(error) => return Told::Untold(error.to_string()),
        };
        let configured = |name: &&&str| config.campaigns.iter().any(|campaign| campaign.name == **name);
        let mut unknown = Vec::new();
        for &campaign in campaigns.iter().filter(configured) {
            match shell.leads_added(campaign).await {
                Ok(()) => {}
                Err(OperatorError::Unknown(_)) => unknown.push(campaign.to_owned()),
                Err(error) => return Told::Untold(error.to_string()),
            }
        }
        Told::Shell { unknown }
    }

    /// Asks something of a campaign.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn campaign(&self, name: &str, verb: CampaignVerb) -> Result<(), OperatorError> {
        let request = self.request(Method::POST, &["campaigns", name, verb.name()]);
        let request = match verb {
            CampaignVerb::Close(at) => request.json(&CloseBody { at }),
            CampaignVerb::Pace(change) => request.json(&PaceBody::from(change)),
            CampaignVerb::Start
            | CampaignVerb::Pause
            | CampaignVerb::Drain
            | CampaignVerb::Stop
            | CampaignVerb::LeadsAdded => request,
        };
        self.send(request).await.map(drop)
    }

    /// How an agent stands.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn agent_view(&self, name: &str) -> Result<AgentView, OperatorError> {
        let reply = self.send(self.request(Method::GET, &["agents", name])).await?;
        let named: Named<AgentView> = reply.json().await.map_err(|error| self.silent(error))?;
        Ok(named.view)
    }

    /// Asks something of an agent.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn agent(&self, name: &str, verb: AgentVerb) -> Result<(), OperatorError> {
        let request = self.request(Method::POST, &["agents", name, verb.name()]);
        let request = match verb {
            AgentVerb::Pause(code) => request.json(&PauseBody { code }),
            AgentVerb::Dispose(said) => request.json(&said),
            AgentVerb::Transfer(to) | AgentVerb::Consult(to) => request.json(&TransferBody { to }),
            AgentVerb::LogIn
            | AgentVerb::LogOut
            | AgentVerb::Ready
            | AgentVerb::Accept
            | AgentVerb::Skip
            | AgentVerb::Hold
            | AgentVerb::Resume
            | AgentVerb::Mute
            | AgentVerb::Unmute
            | AgentVerb::Complete
            | AgentVerb::Join
            | AgentVerb::Back => request,
        };
        self.send(request).await.map(drop)
    }

    /// Puts numbers on a do-not-call list.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn bar(&self, list: &str, barred: &Barred) -> Result<(), OperatorError> {
        let request = self.request(Method::POST, &["do-not-call", list]);
        // It was put there already by somebody who meant it.
        let wide = matches!(barred, Barred::Area(area) if is_wide(area));
        let body = BarBody { numbers: format!("+{barred}"), country: None, wide };
        self.send(request.json(&body)).await.map(drop)
    }

    /// Agrees on a call.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub(crate) async fn call_back(&self, body: &CallbackBody) -> Result<(), OperatorError> {
        self.send(self.request(Method::POST, &["callbacks"]).json(body)).await.map(drop)
    }

    /// Takes back what was agreed on for a queue item.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub(crate) async fn call_off(&self, item: QueueId) -> Result<(), OperatorError> {
        self.post(&["callbacks", &item.to_string(), "cancel"]).await
    }

    /// Ends a live attempt.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn hang_up(&self, attempt: AttemptId) -> Result<(), OperatorError> {
        self.post(&["attempts", &attempt.to_string(), "hangup"]).await
    }

    /// Sends keys to whom an agent talks with.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn send_digits(&self, attempt: AttemptId, digits: Digits) -> Result<(), OperatorError> {
        let request = self.request(Method::POST, &["attempts", &attempt.to_string(), "digits"]);
        self.send(request.json(&DigitsBody { digits })).await.map(drop)
    }

    /// Asks something of the recording of a conversation; done when the PBX has done it.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn recording(&self, attempt: AttemptId, verb: RecordingVerb) -> Result<(), OperatorError> {
        self.post(&["attempts", &attempt.to_string(), "recording", verb.name()]).await
    }

    /// A recording by its name, to be read piece by piece.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn fetch(&self, name: &str) -> Result<Response, OperatorError> {
        self.send(self.request(Method::GET, &["recordings", name]).timeout(LONGEST_FETCH)).await
    }

    /// Closes the floor; the shell ends when its live calls have.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub async fn close(&self) -> Result<(), OperatorError> {
        self.post(&["close"]).await
    }

    async fn post(&self, path: &[&str]) -> Result<(), OperatorError> {
        self.send(self.request(Method::POST, path)).await.map(drop)
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let path = [&["v1"], path].concat();
        self.client.request(method, join(&self.base, &path)).bearer_auth(self.token.expose())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, OperatorError> {
        /// The part of a problem that is for people.
        #[derive(Deserialize)]
        struct Problem {
            detail: String,
        }
        let reply = request.send().await.map_err(|error| self.silent(error))?;
        if reply.status().is_success() {
            return Ok(reply);
        }
        if reply.status() == StatusCode::UNAUTHORIZED {
            return Err(OperatorError::Stranger(self.base.clone()));
        }
        let is_unknown = reply.status() == StatusCode::NOT_FOUND;
        let Problem { detail } = reply.json().await.map_err(|error| self.silent(error))?;
        Err(if is_unknown { OperatorError::Unknown(detail) } else { OperatorError::Refused(detail) })
    }

    fn silent(&self, error: reqwest::Error) -> OperatorError {
        OperatorError::Silent { base: self.base.clone(), error }
    }
}

/// By what the database of this configuration is told from any other; `None` where it cannot be asked or does not say.
async fn identity_of(config: &Config) -> Option<String> {
    let store = config.store(Clock::start()).await.ok()??;
    let identity = store.identity().await;
    store.close().await;
    identity
}

/// What it says of itself; `None` where nobody listens.
async fn health(client: &Client, base: &Url) -> Result<Option<String>, OperatorError> {
    let silent = |error| OperatorError::Silent { base: base.clone(), error };
    match client.get(join(base, &["healthz"])).send().await {
        Ok(reply) => reply.text().await.map(Some).map_err(silent),
        Err(error) if error.is_connect() => Ok(None),
        Err(error) => Err(silent(error)),
    }
}

/// Where to knock for a shell that listens at `listen`: one that listens everywhere listens on the loopback too.
fn base(listen: SocketAddr) -> Url {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    let address = SocketAddr::new(ip, listen.port());
    Url::parse(&format!("http://{address}")).expect("a socket address makes an address")
}

/// The segments below the base, with whatever stands in a name escaped.
fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    url.path_segments_mut().expect("http has segments").clear().extend(path);
    url
}

#[cfg(test)]
mod tests;
