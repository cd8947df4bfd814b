//! `POST /channels`: from the request to the INVITE.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::callee::{Callee, Plan};
use super::channel::{Channel, Endpoint, Leg, Party, State, Variable};
use super::clock::SECOND;
use super::far_end::Invite;
use super::fault::TrunkConduct;
use super::model::{Pbx, Task};
use super::request::{Reply, Request};

/// Asterisk's own limit.
const CHANNEL_ID_LENGTH_MAX: usize = 149;
/// The variable by which the dialplan chooses a trunk.
const CARRIER: &str = "CARRIER_NAME";
/// What an absent, zero or unreadable `timeout` means.
const RING_SECONDS_DEFAULT: u64 = 30;

/// A request that passed all checks.
struct Originate {
    id: String,
    /// Of a Local channel: the id of the half that the dialplan gets.
    other_half: Option<String>,
    endpoint: Endpoint,
    plan: Plan,
    app: String,
    app_args: Vec<String>,
    caller: Party,
    /// `None`: rings until somebody acts.
    timeout: Option<u64>,
    variables: BTreeMap<String, Variable>,
}

impl Pbx {
    pub(super) fn originate(&mut self, request: &Request, id: Option<&str>) -> Reply {
        match self.check_originate(request, id) {
            Ok(originate) => self.place(originate),
            Err(refusal) => refusal,
        }
    }

    fn check_originate(&mut self, request: &Request, id: Option<&str>) -> Result<Originate, Reply> {
        let bad = |message| Reply::error(400, message);
        let endpoint = request.param("endpoint").filter(|text| !text.is_empty());
        let endpoint = endpoint.ok_or_else(|| bad("Endpoint must be specified"))?;
        let app = request.param("app").filter(|app| !app.is_empty());
        let app = app.ok_or_else(|| bad("Application must be specified"))?;
        let variables = read_variables(&request.body)?;
        let id = id.map(str::to_owned).or_else(|| request.param("channelId"));
        let id = id.unwrap_or_else(|| self.unchosen_id());
        if id.len() > CHANNEL_ID_LENGTH_MAX {
            return Err(bad("Uniqueid length exceeds maximum of 149"));
        }
        if self.channels.contains_key(&id) {
            return Err(Reply::error(409, "Channel with given unique ID already exists"));
        }
        let endpoint = Endpoint::parse(&self.config, &endpoint).ok_or_else(Reply::allocation_failed)?;
        let plan = self.reach(&endpoint, &variables).ok_or_else(Reply::allocation_failed)?;
        let args = request.param("appArgs").filter(|args| !args.is_empty());
        let other_half = (!endpoint.is_sip()).then(|| request.param("otherChannelId"));
        Ok(Originate {
            id,
            other_half: other_half.map(|chosen| chosen.unwrap_or_else(|| self.unchosen_id())),
            plan: plan.plan(),
            endpoint,
            app,
            app_args: args.map(|args| args.split(',').map(str::to_owned).collect()).unwrap_or_default(),
            caller: request.param("callerId").map(|text| Party::parse(&text)).unwrap_or_default(),
            timeout: ring_timeout(request.param("timeout").as_deref()),
            variables,
        })
    }

    /// The id of a channel that nobody has chosen one for.
    fn unchosen_id(&mut self) -> String {
        format!("{}.{}", self.wall_time(self.now) / SECOND, self.next_serial())
    }

    /// Who is behind an endpoint; `None` if it is not there.
    fn reach(&mut self, endpoint: &Endpoint, variables: &BTreeMap<String, Variable>) -> Option<Callee> {
        let conduct = |trunk: &str| self.trunks.get(trunk).copied().unwrap_or(TrunkConduct::Up);
        match endpoint {
            Endpoint::Agent { name } => self.agent_conduct(name).callee(),
            Endpoint::Trunk { trunk, number } => match conduct(trunk) {
                TrunkConduct::Up => Some(self.call_number(number)),
                TrunkConduct::Offline => None,
                TrunkConduct::Refuses(status) => Some(Callee::SipFailure(status)),
            },
            // The dialplan dials the trunk that the carrier is named after.
            Endpoint::Dialplan { number, .. } => {
                let carrier = variables.get(CARRIER).map(|name| conduct(&name.value));
                match carrier {
                    Some(TrunkConduct::Refuses(status)) => Some(Callee::SipFailure(status)),
                    None | Some(TrunkConduct::Up | TrunkConduct::Offline) => Some(self.call_number(number)),
                }
            }
        }
    }

    fn call_number(&mut self, number: &str) -> Callee {
        let attempts = self.attempts.entry(number.to_owned()).or_default();
        *attempts += 1;
        self.config.directory.callee(self.seed, number, *attempts - 1)
    }

    fn place(&mut self, originate: Originate) -> Reply {
        let leg = Leg { id: originate.id.clone(), serial: self.next_serial() };
        let signals = originate.plan.signals.clone();
        let timeout = originate.timeout;
        self.log_invite(&originate);
        for half in [Some(&leg.id), originate.other_half.as_ref()].into_iter().flatten() {
            self.subscribe_channel(&originate.app, half);
        }
        let channel = self.new_channel(leg.clone(), originate);
        self.channels.insert(leg.id.clone(), channel);
        self.arm_absolute_timeout(&leg, self.now);
        for (delay, signal) in signals {
            let network = self.jitter(500, 4_000);
            self.later(delay.saturating_add(network), Task::Signal(leg.clone(), signal));
        }
        if let Some(timeout) = timeout {
            self.later(timeout, Task::RingTimeout(leg.clone()));
        }
        if self.chance(self.config.early_event_ppm) {
            self.announce_dial(&leg);
        } else {
            let thread_start = self.jitter(200, 1_500);
            self.later(thread_start, Task::AnnounceDial(leg.clone()));
        }
        Reply::ok(self.channel_json(&leg.id))
    }

    fn log_invite(&mut self, originate: &Originate) {
        let variables = originate.variables.iter();
        self.invites.push(Invite {
            number: originate.endpoint.number().to_owned(),
            via: originate.endpoint.via().to_owned(),
            channel: originate.id.clone(),
            caller: originate.caller.number.clone(),
            variables: variables.map(|(name, variable)| (name.clone(), variable.value.clone())).collect(),
            placed_at: self.now,
            ringing_at: None,
            answered_at: None,
            sound_at: None,
            ended_at: None,
            status: None,
            ended_by: None,
            digits: String::new(),
        });
    }

    fn new_channel(&mut self, leg: Leg, originate: Originate) -> Channel {
        Channel {
            name: originate.endpoint.channel_name(leg.serial),
            leg,
            other_half: originate.other_half,
            endpoint: originate.endpoint,
            state: State::Down,
            caller: originate.caller,
            created_at: self.now,
            app: originate.app,
            app_args: originate.app_args,
            in_stasis: false,
            variables: originate.variables,
            absolute_deadline: None,
            bridge: None,
            playbacks: VecDeque::new(),
            enters_next: None,
            stay: originate.plan.stay,
            replies: !originate.plan.signals.is_empty(),
            press: originate.plan.press,
            voice: originate.plan.voice,
            answered_at: None,
            talk_detection: None,
            has_talked: false,
            ending: None,
            // `log_invite` has just written the line.
            invite: self.invites.len() - 1,
        }
    }
}

/// The ring timeout in microseconds. ARI takes any text, and 30 seconds for what it cannot read.
fn ring_timeout(text: Option<&str>) -> Option<u64> {
    match text.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0) {
        0 => Some(RING_SECONDS_DEFAULT * SECOND),
        seconds => u64::try_from(seconds).ok().map(|seconds| seconds.saturating_mul(SECOND)),
    }
}

/// `variables`: strings, or `{"value": …, "report_events": …}`.
fn read_variables(body: &Value) -> Result<BTreeMap<String, Variable>, Reply> {
    let refusal = || Reply::error(400, "Only string values in the 'variables' object allowed");
    let entries = match body.get("variables") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(entries) => entries.as_object().ok_or_else(refusal)?,
    };
    let read = |value: &Value| {
        let (text, reported) = match value {
            Value::Object(fields) => {
                (fields.get("value")?, fields.get("report_events") == Some(&Value::Bool(true)))
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                (value, false)
            }
        };
        Some(Variable { value: text.as_str()?.to_owned(), reported })
    };
    let variables = entries.iter().map(|(name, value)| Some((name.clone(), read(value)?)));
    variables.collect::<Option<_>>().ok_or_else(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_timeout_is_thirty_seconds_unless_it_is_a_number() {
        for text in [None, Some("0"), Some("abc"), Some("30")] {
            assert_eq!(ring_timeout(text), Some(30 * SECOND), "{text:?}");
        }
        assert_eq!(ring_timeout(Some("5")), Some(5 * SECOND));
        assert_eq!(ring_timeout(Some("-1")), None);
    }
}
