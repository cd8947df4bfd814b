//! Channels as data: endpoints, states, and how ARI shows them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::callee::{Press, Stay, Voice};
use super::clock::timestamp;
use super::config::Config;
use super::model::Pbx;
use super::request::Reply;

/// One life of a channel id. Tasks hold it, so that a task of an old call cannot hit a new one with the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) id: String,
    pub(super) serial: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Down,
    Ringing,
    Up,
}

/// Why a channel is about to disappear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) cause: u16,
    pub(super) tech_cause: Option<u16>,
    /// The last `Dial` event of a leg that was never answered, if there is one.
    pub(super) dial_status: Option<&'static str>,
}

impl Ending {
    /// An end with nothing but a cause.
    pub(super) fn quiet(cause: u16) -> Self {
        Self { cause, tech_cause: None, dial_status: None }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Channel {
    pub(super) leg: Leg,
    /// The id of the half that the dialplan has, where there is one.
    pub(super) other_half: Option<String>,
    pub(super) endpoint: Endpoint,
    pub(super) name: String,
    pub(super) state: State,
    pub(super) caller: Party,
    pub(super) created_at: u64,
    /// The application that asked for the call, and what it wants to be told on `StasisStart`.
    pub(super) app: String,
    pub(super) app_args: Vec<String>,
    /// Whether the application controls the channel now.
    pub(super) in_stasis: bool,
    pub(super) variables: BTreeMap<String, Variable>,
    /// When `TIMEOUT(absolute)` ends the call.
    pub(super) absolute_deadline: Option<u64>,
    pub(super) bridge: Option<String>,
    /// The first one plays, the others wait.
    pub(super) playbacks: VecDeque<String>,
    /// The bridge that it comes into once these are over.
    pub(super) enters_next: Option<String>,
    pub(super) stay: Stay,
    /// Whether its far end ever says anything.
    pub(super) replies: bool,
    pub(super) press: Vec<Press>,
    pub(super) voice: Voice,
    pub(super) answered_at: Option<u64>,
    /// Which asking for its talk to be told holds, if any.
    pub(super) talk_detection: Option<u64>,
    /// Whether it was ever in a mixing bridge: from then on its party has somebody to talk to.
    pub(super) has_talked: bool,
    pub(super) ending: Option<Ending>,
    /// Its line in the far end's log.
    pub(super) invite: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) value: String,
    /// Rides as `channelvars` on every event of the channel.
    pub(super) reported: bool,
}

impl Variable {
    /// An empty variable that stays out of `channelvars`.
    pub(super) fn unreported() -> Self {
        Self { value: String::new(), reported: false }
    }
}

/// What an originate can call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Trunk { trunk: String, number: String },
    Dialplan { context: String, number: String },
    Agent { name: String },
}

impl Endpoint {
    /// Reads `PJSIP/…` and `Local/…`; `None` for everything that this PBX cannot call.
    pub(super) fn parse(config: &Config, text: &str) -> Option<Self> {
        let (tech, address) = text.split_once('/')?;
        match (tech, address.split_once('@')) {
            ("PJSIP", Some((number, trunk)))
                if !number.is_empty() && trunk.starts_with(&config.trunk_prefix) =>
            {
                Some(Self::Trunk { trunk: trunk.to_owned(), number: number.to_owned() })
            }
            ("PJSIP", None) if address.starts_with(&config.agent_prefix) => {
                Some(Self::Agent { name: address.to_owned() })
            }
            ("Local", Some((number, place))) if !number.is_empty() => {
                let context = place.strip_suffix("/n").unwrap_or(place);
                let exists = context.starts_with(&config.context_prefix);
                exists.then(|| Self::Dialplan { context: context.to_owned(), number: number.to_owned() })
            }
            _ => None,
        }
    }

    /// What is called: the number, or the agent's endpoint.
    pub(super) fn number(&self) -> &str {
        match self {
            Self::Trunk { number, .. } | Self::Dialplan { number, .. } => number,
            Self::Agent { name } => name,
        }
    }

    /// What it is called through.
    pub(super) fn via(&self) -> &str {
        match self {
            Self::Trunk { trunk, .. } => trunk,
            Self::Dialplan { context, .. } => context,
            Self::Agent { name } => name,
        }
    }

    /// Only SIP channels know a `tech_cause`; a Local channel passes on the cause alone.
    pub(super) fn is_sip(&self) -> bool {
        match self {
            Self::Trunk { .. } | Self::Agent { .. } => true,
            Self::Dialplan { .. } => false,
        }
    }

    /// `dialstring` of `Dial` events.
    pub(super) fn dial_string(&self) -> String {
        match self {
            Self::Trunk { trunk, number } => format!("{number}@{trunk}"),
            Self::Dialplan { context, number } => format!("{number}@{context}"),
            Self::Agent { name } => name.clone(),
        }
    }

    pub(super) fn channel_name(&self, serial: u64) -> String {
        match self {
            Self::Trunk { trunk: resource, .. } | Self::Agent { name: resource } => {
                format!("PJSIP/{resource}-{serial:08x}")
            }
            Self::Dialplan { context, number } => {
                format!("Local/{number}@{context}-{serial:08x};1")
            }
        }
    }
}

/// A caller id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Party {
    name: String,
    pub(super) number: String,
}

impl Party {
    /// Reads `"Name" <number>` or a bare number.
    pub(super) fn parse(text: &str) -> Self {
        match text.trim().trim_end_matches('>').rsplit_once('<') {
            Some((name, number)) => {
                let name = name.trim().trim_matches('"');
                Self { name: name.to_owned(), number: number.trim().to_owned() }
            }
            None => Self { name: String::new(), number: text.trim().to_owned() },
        }
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "number": self.number })
    }
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Down => "Down",
            Self::Ringing => "Ringing",
            Self::Up => "Up",
        }
    }
}

impl Pbx {
    /// The channel of a leg, unless it is gone or going.
    pub(super) fn live(&mut self, leg: &Leg) -> Option<&mut Channel> {
        self.channels.get_mut(&leg.id).filter(|channel| channel.leg == *leg && channel.ending.is_none())
    }

    /// The channel of a request that needs it answered and in its application: 404, 412 or 409 otherwise.
    pub(super) fn controlled(&mut self, id: &str) -> Result<&mut Channel, Reply> {
        let channel = self.channels.get_mut(id).ok_or_else(|| Reply::error(404, "Channel not found"))?;
        if channel.state != State::Up {
            return Err(Reply::error(412, "Channel in invalid state"));
        }
        if !channel.in_stasis || channel.ending.is_some() {
            return Err(Reply::error(409, "Channel not in Stasis application"));
        }
        Ok(channel)
    }

    /// A channel as ARI shows it; `Null` if there is none.
    pub(super) fn channel_json(&self, id: &str) -> Value {
        let Some(channel) = self.channels.get(id) else {
            return Value::Null;
        };
        let (app_name, app_data) = if channel.in_stasis {
            let mut data = vec![channel.app.clone()];
            data.extend(channel.app_args.iter().cloned());
            ("Stasis", data.join(","))
        } else {
            ("AppDial2", "(Outgoing Line)".to_owned())
        };
        let mut shown = json!({
            "id": id,
            "name": channel.name,
            "state": channel.state.name(),
            "protocol_id": if channel.endpoint.is_sip() { format!("{:08x}", channel.leg.serial) } else { String::new() },
            "caller": channel.caller.json(),
            "connected": channel.caller.json(),
            "accountcode": "",
            "dialplan": {
                "context": "default", "exten": "s", "priority": 1, "app_name": app_name, "app_data": app_data,
            },
            "creationtime": timestamp(self.wall_time(channel.created_at)),
            "language": "en",
        });
        let reported = channel.variables.iter().filter(|(_, variable)| variable.reported);
        let reported: BTreeMap<&str, &str> =
            reported.map(|(name, variable)| (name.as_str(), variable.value.as_str())).collect();
        if !reported.is_empty() {
            shown["channelvars"] = json!(reported);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_by_technology_and_prefix() {
        let config = Config::default();
        let parse = |text| Endpoint::parse(&config, text);
        let number = "15552000001".to_owned();
        let trunk = Endpoint::Trunk { trunk: "trunk-a".to_owned(), number: number.clone() };
        assert_eq!(parse("PJSIP/15552000001@trunk-a"), Some(trunk));
        let context = "from-campaign-2".to_owned();
        assert_eq!(
            parse("Local/15552000001@from-campaign-2/n"),
            Some(Endpoint::Dialplan { context, number })
        );
        assert_eq!(parse("PJSIP/agent-anna"), Some(Endpoint::Agent { name: "agent-anna".to_owned() }));
        for unknown in
            ["PJSIP/1@nowhere", "PJSIP/@trunk", "DAHDI/1", "SIP/1@trunk", "PJSIP/desk", "Local/1@x", "x"]
        {
            assert_eq!(parse(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn caller_ids_are_read_with_and_without_a_name() {
        let named = Party::parse("\"Ring Master\" <12025550100>");
        assert_eq!((named.name.as_str(), named.number.as_str()), ("Ring Master", "12025550100"));
        assert_eq!(Party::parse("12025550100").number, "12025550100");
    }
}
