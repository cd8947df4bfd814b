//! Agents' phones: they answer and stay, and each says a pattern by which a far end knows it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::audio::Voice;
use super::call_log::CallLog;
use super::desk::{Conduct, Step};
use super::station::Station;

/// What a phone does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// Answers after this long, and stays.
    Answers {
        /// From INVITE to 200.
        after: Duration,
    },
    /// Answers at once, and stays.
    #[default]
    AnswersAtOnce,
    /// Rings for ever.
    RingsOnly,
    /// Refuses: busy.
    Refuses,
    /// No reply at all, as with its plug pulled.
    Dead,
}

impl Manner {
    fn script(self) -> Vec<(Duration, Step)> {
        let at_once = Duration::ZERO;
        match self {
            Self::Answers { after } => vec![(at_once, Step::Ring), (after, Step::Answer)],
            Self::AnswersAtOnce => vec![(at_once, Step::Answer)],
            Self::RingsOnly => vec![(at_once, Step::Ring)],
            Self::Refuses => vec![(at_once, Step::Refuse(486))],
            Self::Dead => vec![],
        }
    }
}

/// The phones of all agents, on one port: `agent-1` and on.
#[derive(Debug)]
pub struct Phones {
    station: Station,
    manners: Arc<Mutex<BTreeMap<u16, Manner>>>,
}

impl Phones {
    /// Starts them on a free port. `ptime` is the length of their RTP packets.
    ///
    /// # Errors
    /// When no port or thread can be had.
    pub fn start(ptime: Duration) -> io::Result<Self> {
        let manners = Arc::new(Mutex::new(BTreeMap::new()));
        let known = Arc::clone(&manners);
        let station = Station::start(Box::new(move |user| conduct(&known, user, ptime)))?;
        Ok(Self { station, manners })
    }

    /// Where agents' contacts are to point at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.station.address()
    }

    /// Sets what this agent's phone does with its next calls.
    pub fn set(&self, agent: u16, manner: Manner) {
        self.manners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(agent, manner);
    }

    /// The agent hangs up.
    pub fn hang_up(&self, agent: u16) {
        self.station.hang_up(&user(agent));
    }

    /// Pulls the plug: no reply and no sound any more, in calls that stand or come, until [`Phones::set`] says otherwise.
    pub fn unplug(&self, agent: u16) {
        self.set(agent, Manner::Dead);
        self.station.unplug(&user(agent));
    }

    /// All calls to this agent's phone so far.
    #[must_use]
    pub fn calls(&self, agent: u16) -> Vec<CallLog> {
        let user = user(agent);
        self.station
            .calls()
            .into_iter()
            .filter(|call| call.number == user)
            .collect()
    }
}

fn user(agent: u16) -> String {
    format!("agent-{agent}")
}

fn conduct(manners: &Mutex<BTreeMap<u16, Manner>>, user: &str, ptime: Duration) -> Conduct {
    let agent = user
        .strip_prefix("agent-")
        .and_then(|number| number.parse::<u16>().ok());
    let Some(agent) = agent else {
        let script = vec![(Duration::ZERO, Step::Refuse(404))];
        return Conduct {
            replies: true,
            script,
            voice: Voice::Mute,
            ptime,
            keep_audio: false,
        };
    };
    let manner = manners
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&agent)
        .copied()
        .unwrap_or_default();
    Conduct {
        replies: manner != Manner::Dead,
        script: manner.script(),
        voice: Voice::Phone(agent),
        ptime,
        keep_audio: false,
    }
}
