//! What can be asked of a campaign or an agent, in the words of addresses and commands. Server and client share them.

use std::collections::BTreeMap;
use std::fmt;

use engine::agent::PauseCode;
use engine::lead::Callback;
use engine::pacing::PacingChange;
use engine::words::{AgentId, AttemptId, CampaignId, Micros, Milli};
use engine::{TransferWish, Wish};
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::Moment;
use crate::config::{one_to_ten, percent};
use crate::moment::{micros, timestamp};
use crate::note::Note;

/// What can be asked of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignVerb {
    /// Start or resume it.
    Start,
    /// No new calls; can be resumed.
    Pause,
    /// No new calls; stopped when the live ones have finished.
    Drain,
    /// No new calls; ringing ones are given up.
    Stop,
    /// To pause by itself at that moment, or not any more.
    Close(Closing),
    /// To dial with that change of its pacing, or as configured again.
    Pace(Option<PacingChange>),
    /// New or changed leads may be there.
    LeadsAdded,
}

/// When a campaign is to pause by itself; in an address' body a moment of RFC 3339, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Closing(pub Option<Micros>);

/// What is said of a closing time that has passed: what runs would be paused at once.
pub(crate) fn has_passed(at: impl fmt::Display, campaign: &str) -> String {
    format!("{at} has passed; give a time to come, or pause {campaign} now by `campaign pause {campaign}`")
}

impl TryFrom<String> for Closing {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "never" {
            return Ok(Self(None));
        }
        let at = text.parse().ok().and_then(micros);
        at.map(|at| Self(Some(at))).ok_or("write a moment such as 2026-11-26T17:30:00Z, or never")
    }
}

impl From<Closing> for String {
    fn from(closing: Closing) -> Self {
        closing.0.map_or_else(|| "never".to_owned(), |at| timestamp(at).to_string())
    }
}

/// The body that goes with [`CampaignVerb::Close`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseBody {
    pub(crate) at: Closing,
}

/// The body that goes with [`CampaignVerb::Pace`]: one of its keys, with a value as in the configuration.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaceBody {
    /// Lines for each ready agent, such as 2.5.
    Level(Number),
    /// Dials a minute, such as 90.
    PerMinute(Number),
    /// Percent of the answers, such as 2.5.
    DropLimit(Number),
    /// `true`: nothing is to be changed any more.
    AsConfigured(bool),
}

impl PaceBody {
    fn change(self) -> Result<Option<PacingChange>, serde_json::Error> {
        let bad = |key: &str, problem: String| serde_json::Error::custom(format!("{key}: {problem}"));
        let change = match self {
            Self::Level(level) => {
                let level = one_to_ten(&level.to_string()).map_err(|problem| bad("level", problem))?;
                PacingChange::Level(level)
            }
            Self::PerMinute(dials) => {
                let outside =
                    || bad("per_minute", format!("{dials} is no whole number of dials, such as 90"));
                PacingChange::PerMinute(dials.to_string().parse().map_err(|_| outside())?)
            }
            Self::DropLimit(limit) => {
                let limit = percent(&limit.to_string()).map_err(|problem| bad("drop_limit", problem))?;
                PacingChange::DropLimit(limit)
            }
            Self::AsConfigured(true) => return Ok(None),
            Self::AsConfigured(false) => {
                return Err(bad("as_configured", String::from("it can only be true; give a value instead")));
            }
        };
        Ok(Some(change))
    }
}

impl From<Option<PacingChange>> for PaceBody {
    fn from(change: Option<PacingChange>) -> Self {
        let decimal = |value: u32, one: f64| {
            Number::from_f64(f64::from(value) / one).expect("a whole number divided by another")
        };
        match change {
            Some(PacingChange::Level(Milli(level))) => Self::Level(decimal(level, 1_000.0)),
            Some(PacingChange::PerMinute(dials)) => Self::PerMinute(dials.into()),
            Some(PacingChange::DropLimit(Milli(limit))) => Self::DropLimit(decimal(limit, 10.0)),
            None => Self::AsConfigured(true),
        }
    }
}

impl CampaignVerb {
    /// As in an address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Drain => "drain",
            Self::Stop => "stop",
            Self::Close(_) => "close",
            Self::Pace(_) => "pace",
            Self::LeadsAdded => "leads-added",
        }
    }

    /// The verb of that name, with its body, or with none where none belongs to it. `None` where there is no such verb.
    pub(super) fn parse(name: &str, body: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        let alone = |verb| Some(nothing(body).map(|()| verb));
        match name {
            "start" => alone(Self::Start),
            "pause" => alone(Self::Pause),
            "drain" => alone(Self::Drain),
            "stop" => alone(Self::Stop),
            "close" => {
                let body = serde_json::from_slice::<CloseBody>(body);
                Some(body.map(|body| Self::Close(body.at)))
            }
            "pace" => {
                let body = serde_json::from_slice::<PaceBody>(body);
                Some(body.and_then(PaceBody::change).map(Self::Pace))
            }
            "leads-added" => alone(Self::LeadsAdded),
            _ => None,
        }
    }

    pub(super) const fn wish(self, campaign: CampaignId) -> Wish {
        match self {
            Self::Start => Wish::Start(campaign),
            Self::Pause => Wish::Pause(campaign),
            Self::Drain => Wish::Drain(campaign),
            Self::Stop => Wish::Stop(campaign),
            Self::Close(Closing(at)) => Wish::CloseAt { campaign, at },
            Self::Pace(change) => Wish::Pace { campaign, change },
            Self::LeadsAdded => Wish::LeadsAdded(campaign),
        }
    }
}

/// The body of what takes none: whoever puts something there means something by it, which would be passed over.
pub(super) fn nothing(body: &[u8]) -> Result<(), serde_json::Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let fields: BTreeMap<String, IgnoredAny> = serde_json::from_slice(body)?;
    match fields.into_keys().next() {
        None => Ok(()),
        Some(field) => Err(serde_json::Error::custom(format!("unknown field `{field}`"))),
    }
}

/// The body that goes with a list of numbers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BarBody {
    pub(crate) numbers: String,
    /// The country of numbers that have no + or 00 in front; that of the configuration where none is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<String>,
    /// Whether an area may be a whole country, or much of one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) wide: bool,
}

/// What can be asked of, or for, an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentVerb {
    /// Comes to work.
    LogIn,
    /// Leaves, after the call if there is one.
    LogOut,
    /// Takes no calls from the next one on, and why.
    Pause(PauseCode),
    /// Takes calls again, or ends the wrap-up.
    Ready,
    /// Has the lead dialled that they look at.
    Accept,
    /// Does not want the lead that they look at.
    Skip,
    /// Puts the callee of their call on hold.
    Hold,
    /// Takes the callee off hold.
    Resume,
    /// Is not to be heard in their call.
    Mute,
    /// Is to be heard again.
    Unmute,
    /// Hands the callee over to whoever goes by that name, and is done with the call.
    Transfer(String),
    /// Talks with whoever goes by that name, while the callee is on hold.
    Consult(String),
    /// Leaves the callee to whom they talk with.
    Complete,
    /// Has all three talk with each other.
    Join,
    /// Goes on with the callee alone.
    Back,
    /// Says what came of a call.
    Dispose(Disposition),
}

/// The body that goes with [`AgentVerb::Transfer`] and [`AgentVerb::Consult`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferBody {
    /// The name that the campaign has for whoever is called.
    pub(crate) to: String,
}

/// The body that goes with [`AgentVerb::Pause`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseBody {
    pub(crate) code: PauseCode,
}

/// What an agent says of a call, and the body that goes with [`AgentVerb::Dispose`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposition {
    /// The code of the disposition.
    pub code: String,
    /// The attempt; the call that they are on, or else the first that they owe it for, where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// When to call again, where the disposition means that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Whether they are to make that call themselves; anybody may where not.
    #[serde(default)]
    pub mine: bool,
    /// What to know before that call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

impl Disposition {
    /// Without a moment there is no call that the rest could be of.
    fn whole(self) -> Result<Self, serde_json::Error> {
        if self.at.is_none() && (self.mine || self.note.is_some()) {
            let stray = "`note` and `mine` belong to a callback: give `at`, the moment that it is agreed for";
            return Err(serde_json::Error::custom(stray));
        }
        Ok(self)
    }

    fn wish(self, agent: AgentId) -> Wish {
        let Self { code, attempt, at, mine, note } = self;
        let callback = at.map(|Moment(at)| Callback { at, agent: mine.then_some(agent) });
        Wish::Dispose { agent, attempt: attempt.map(AttemptId), code, callback, note: note.map(String::from) }
    }
}

impl AgentVerb {
    /// As in an address.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LogIn => "login",
            Self::LogOut => "logout",
            Self::Pause(_) => "pause",
            Self::Ready => "ready",
            Self::Accept => "accept",
            Self::Skip => "skip",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Mute => "mute",
            Self::Unmute => "unmute",
            Self::Transfer(_) => "transfer",
            Self::Consult(_) => "consult",
            Self::Complete => "complete",
            Self::Join => "join",
            Self::Back => "back",
            Self::Dispose(_) => "dispose",
        }
    }

    /// The verb of that name, with its body, or with none where none belongs to it. `None` where there is no such verb.
    pub(super) fn parse(name: &str, body: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        let alone = |verb| Some(nothing(body).map(|()| verb));
        match name {
            "login" => alone(Self::LogIn),
            "logout" => alone(Self::LogOut),
            "pause" => {
                let body = serde_json::from_slice::<PauseBody>(body);
                Some(body.map(|body| Self::Pause(body.code)))
            }
            "ready" => alone(Self::Ready),
            "accept" => alone(Self::Accept),
            "skip" => alone(Self::Skip),
            "hold" => alone(Self::Hold),
            "resume" => alone(Self::Resume),
            "mute" => alone(Self::Mute),
            "unmute" => alone(Self::Unmute),
            "transfer" => {
                Some(serde_json::from_slice::<TransferBody>(body).map(|body| Self::Transfer(body.to)))
            }
            "consult" => {
                Some(serde_json::from_slice::<TransferBody>(body).map(|body| Self::Consult(body.to)))
            }
            "complete" => alone(Self::Complete),
            "join" => alone(Self::Join),
            "back" => alone(Self::Back),
            "dispose" => Some(serde_json::from_slice(body).and_then(Disposition::whole).map(Self::Dispose)),
            _ => None,
        }
    }

    pub(super) fn wish(self, agent: AgentId) -> Wish {
        match self {
            Self::LogIn => Wish::LogIn(agent),
            Self::LogOut => Wish::LogOut(agent),
            Self::Pause(code) => Wish::PauseAgent { agent, code },
            Self::Ready => Wish::ReadyAgent(agent),
            Self::Accept => Wish::AcceptLead(agent),
            Self::Skip => Wish::SkipLead(agent),
            Self::Hold => Wish::HoldCallee { agent, on: true },
            Self::Resume => Wish::HoldCallee { agent, on: false },
            Self::Mute => Wish::Mute { agent, on: true },
            Self::Unmute => Wish::Mute { agent, on: false },
            Self::Transfer(to) => Wish::Transfer { agent, wish: TransferWish::Transfer(to) },
            Self::Consult(to) => Wish::Transfer { agent, wish: TransferWish::Consult(to) },
            Self::Complete => Wish::Transfer { agent, wish: TransferWish::Complete },
            Self::Join => Wish::Transfer { agent, wish: TransferWish::Join },
            Self::Back => Wish::Transfer { agent, wish: TransferWish::Back },
            Self::Dispose(said) => said.wish(agent),
        }
    }
}
