//! All that is decided outside, and whether it can work.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

use crate::agent::{AgentRules, PauseCode, Seat};
use crate::amd::{AmdRules, Detection, JudgeRules, Policy};
use crate::campaign::{CampaignRules, RING_FLOOR};
use crate::carrier::{CallerIdPool, CarrierRules, Route};
use crate::flow::TransferRules;
use crate::lead::{CompletionRule, Dispositions, Geography, Hours, RetryRule, RetryRules};
use crate::pacing::{DIALS_A_MINUTE, DROP_LIMITS, LEVELS, Pacing, PreviewRules, WindowSpan};
use crate::words::{AttemptId, PoolId, SessionId, Signature, Span};

/// How long a lead may rest until it is tried again.
const LONGEST_REST: Span = Span::secs(90 * 24 * 3_600);

/// All that is decided outside.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// What the id of everything that this dialer makes on its PBX begins with. Journals call it `node`: it has been no more than
    /// that.
    #[cfg_attr(feature = "serde", serde(rename = "node"))]
    pub signature: Signature,
    /// The campaigns, each id once.
    pub campaigns: Vec<CampaignRules>,
    /// The carriers, each id once.
    pub carriers: Vec<CarrierRules>,
    /// The pools of caller ids, each id once.
    #[cfg_attr(feature = "serde", serde(default))]
    pub caller_ids: Vec<CallerIdPool>,
    /// The agents, each id once.
    pub agents: Vec<AgentRules>,
    /// The codes that pauses may be given; any, where there are none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub pause_codes: Vec<PauseCode>,
    /// What is known of the places of numbers, for campaigns that keep to their callees' hours.
    #[cfg_attr(feature = "serde", serde(default))]
    pub geography: Geography,
    /// The first attempt id that has never been used.
    pub next_attempt: AttemptId,
    /// The first session id that has never been used.
    pub next_session: SessionId,
    /// How long a command to the PBX may go unanswered.
    pub pbx_patience: Span,
    /// How long a command to the database may go unanswered.
    pub database_patience: Span,
    /// How often to compare with what the PBX holds; 1 s to 1 h.
    pub survey_every: Span,
}

/// A configuration that cannot work, and what would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadConfig {
    /// Where, such as `campaign "spring": ring_timeout`.
    pub field: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl core::error::Error for BadConfig {}

impl Config {
    /// Whether it can work, by the ranges that each field's documentation gives.
    pub(super) fn check(&self) -> Result<(), BadConfig> {
        self.check_ids()?;
        let bad = |(place, problem)| BadConfig { field: format!("geography: {place}"), problem };
        self.geography.check().map_err(bad)?;
        self.campaigns.iter().try_for_each(|campaign| self.check_campaign(campaign))?;
        self.carriers.iter().try_for_each(|carrier| self.check_carrier(carrier))?;
        self.caller_ids.iter().try_for_each(check_pool)?;
        self.agents.iter().try_for_each(|agent| self.check_agent(agent))?;
        let own = Place("engine".to_string());
        own.span("pbx_patience", self.pbx_patience, Span::millis(1), Span::secs(600))?;
        own.span("database_patience", self.database_patience, Span::millis(1), Span::secs(600))?;
        own.span("survey_every", self.survey_every, Span::secs(1), Span::secs(3_600))
    }

    fn check_ids(&self) -> Result<(), BadConfig> {
        let campaigns = self.campaigns.iter().map(|campaign| u64::from(campaign.id.0));
        let carriers = self.carriers.iter().map(|carrier| u64::from(carrier.id.0));
        let agents = self.agents.iter().map(|agent| u64::from(agent.id.0));
        each_once("campaign", campaigns)?;
        each_once("carrier", carriers)?;
        each_once("agent", agents)?;
        each_once("caller_ids", self.caller_ids.iter().map(|pool| u64::from(pool.id.0)))
    }

    fn check_pool_of(&self, place: &Place, pool: Option<PoolId>) -> Result<(), BadConfig> {
        match pool.filter(|id| !self.caller_ids.iter().any(|pool| pool.id == *id)) {
            Some(id) => place.wrong("caller_ids", format!("there is no pool {id}")),
            None => Ok(()),
        }
    }

    fn check_campaign(&self, campaign: &CampaignRules) -> Result<(), BadConfig> {
        let place = Place(format!("campaign {:?}", campaign.name));
        place.span("setup_timeout", campaign.setup_timeout, Span::secs(1), Span::secs(120))?;
        place.span("ring_timeout", campaign.ring_timeout, RING_FLOOR, Span::secs(120))?;
        place.span("talk_limit", campaign.talk_limit, Span::secs(10), Span::secs(24 * 3_600))?;
        place.span("message_within", campaign.message_within, Span::millis(1), Span::secs(2))?;
        place.span("greeting", campaign.greeting, Span::ZERO, Span::secs(5))?;
        place.span("wrap_up", campaign.wrap_up, Span::ZERO, Span::secs(3_600))?;
        place.retry(&campaign.retry)?;
        place.span(
            "callback_patience",
            campaign.callback_patience,
            Span::ZERO,
            Span::secs(7 * 24 * 3_600),
        )?;
        place.span(
            "repeat_after_drop",
            campaign.repeat_after_drop,
            Span::ZERO,
            Span::secs(30 * 24 * 3_600),
        )?;
        place.number("hopper_size", campaign.hopper_size.unwrap_or(1), 1, 10_000)?;
        place.pacing(&campaign.pacing)?;
        place.flow(campaign)?;
        place.amd(campaign)?;
        self.check_digits(&place, campaign)?;
        place.dispositions(campaign.dispositions.as_deref())?;
        place.transfers(&campaign.transfers)?;
        self.check_pool_of(&place, campaign.caller_ids)?;
        place.hours("hours", campaign.hours.as_ref())?;
        place.hours("callee_hours", campaign.callee_hours.as_ref())?;
        let unknown =
            campaign.carriers.iter().find(|id| !self.carriers.iter().any(|carrier| carrier.id == **id));
        if let Some(id) = unknown {
            return place.wrong("carriers", format!("there is no carrier {id}"));
        }
        // A try's number is a byte, and each carrier gets at most one try.
        let carriers = u32::try_from(campaign.carriers.len()).unwrap_or(u32::MAX);
        place.number("carriers (how many)", carriers, 0, 200)?;
        each_once(&format!("{place}: carriers"), campaign.carriers.iter().map(|id| u64::from(id.0)))
    }

    /// Keys before the answer are sent by the dialplan, so each carrier has to go through it.
    fn check_digits(&self, place: &Place, campaign: &CampaignRules) -> Result<(), BadConfig> {
        let straight = self.carriers.iter().find(|carrier| {
            let sends = campaign.digits.or(&carrier.digits).before_answer.is_some();
            sends && campaign.carriers.contains(&carrier.id) && !matches!(carrier.route, Route::Local { .. })
        });
        let Some(carrier) = straight else { return Ok(()) };
        let problem = format!(
            "carrier {:?} goes straight to its trunk, and Asterisk sends keys before the answer only from the dialplan",
            carrier.name
        );
        place.wrong("digits_before_answer", problem)
    }

    fn check_carrier(&self, carrier: &CarrierRules) -> Result<(), BadConfig> {
        let place = Place(format!("carrier {:?}", carrier.name));
        self.check_pool_of(&place, carrier.caller_ids)?;
        place.number("weight", carrier.weight, 1, 1_000)?;
        place.number("channels", carrier.channels, 1, 100_000)?;
        place.number("calls_per_second", carrier.calls_per_second, 1, 10_000)?;
        place.number("failures_to_rest", carrier.failures_to_rest, 1, 1_000)?;
        place.span("rest", carrier.rest, Span::secs(1), Span::secs(3_600))?;
        match carrier.ring_timeout {
            Some(timeout) => place.span("ring_timeout", timeout, RING_FLOOR, Span::secs(120)),
            None => Ok(()),
        }
    }

    fn check_agent(&self, agent: &AgentRules) -> Result<(), BadConfig> {
        let place = Place(format!("agent {:?}", agent.name));
        place.span("ring_timeout", agent.ring_timeout, Span::secs(1), Span::secs(120))?;
        place.number("missed_rings", u32::from(agent.missed_rings), 1, 100)?;
        let Some(campaign) = self.campaigns.iter().find(|campaign| campaign.id == agent.campaign) else {
            return place.wrong("campaign", format!("there is no campaign {}", agent.campaign));
        };
        if agent.seat == Seat::PerCall && !campaign.pacing.reserves() {
            let problem = "a phone that is called for each conversation needs a campaign that reserves its agents, \
                           such as a progressive one";
            return place.wrong("seat", problem.to_string());
        }
        Ok(())
    }
}

fn check_pool(pool: &CallerIdPool) -> Result<(), BadConfig> {
    let place = Place(format!("caller_ids {:?}", pool.name));
    let caller_ids = u32::try_from(pool.caller_ids.len()).unwrap_or(u32::MAX);
    place.number("caller_ids (how many)", caller_ids, 1, 10_000)?;
    place.number("per_hour", pool.per_hour.unwrap_or(1), 1, 10_000)?;
    place.number("per_day", pool.per_day.unwrap_or(1), 1, 10_000)
}

fn each_once(what: &str, ids: impl Iterator<Item = u64>) -> Result<(), BadConfig> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(BadConfig { field: what.to_string(), problem: format!("{id} is there twice") });
        }
    }
    Ok(())
}

/// Whose fields are being checked.
struct Place(String);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Place {
    fn pacing(&self, pacing: &Pacing) -> Result<(), BadConfig> {
        match *pacing {
            Pacing::Progressive | Pacing::Allotted => Ok(()),
            Pacing::Preview(PreviewRules { time_limit, rest, .. }) => {
                self.span("time_limit", time_limit, Span::secs(1), Span::secs(3_600))?;
                self.span("rest", rest, Span::secs(1), LONGEST_REST)
            }
            Pacing::Ratio { level } => self.within("level (thousandths)", level.0, &LEVELS),
            Pacing::Broadcast { per_minute } => self.within("per_minute", per_minute, &DIALS_A_MINUTE),
            Pacing::Predictive(ref rules) => {
                let windows = u32::try_from(rules.windows.len()).unwrap_or(u32::MAX);
                self.number("windows (how many)", windows, 1, 8)?;
                for window in &rules.windows {
                    self.within("window.limit (thousandths)", window.limit.0, &DROP_LIMITS)?;
                    if let WindowSpan::Block(length) = window.span {
                        self.span("window.span", length, Span::secs(3_600), Span::secs(31 * 24 * 3_600))?;
                    }
                }
                let rate = rules.answer_rate.map_or(1, |rate| rate.0);
                self.number("answer_rate (thousandths)", rate, 1, 1_000)
            }
        }
    }

    fn flow(&self, campaign: &CampaignRules) -> Result<(), BadConfig> {
        let Some(flow) = &campaign.flow else { return Ok(()) };
        flow.suits(&campaign.pacing).or_else(|problem| self.wrong("flow", problem.to_string()))?;
        flow.faults().first().map_or(Ok(()), |fault| self.wrong("flow", fault.to_string()))
    }

    fn amd(&self, campaign: &CampaignRules) -> Result<(), BadConfig> {
        let Some(amd) = campaign.amd.as_deref() else { return Ok(()) };
        match &amd.detection {
            Detection::Gate { patience } => {
                self.span("amd.patience", *patience, Span::secs(1), Span::secs(30))?;
            }
            Detection::Parallel(rules) => {
                self.judge(rules)?;
                self.beside_an_agent(campaign, amd)?;
            }
        }
        self.number("amd.false_positives (thousandths)", amd.false_positives.0, 0, 1_000)?;
        let leaves = amd.policies.named().into_iter().find(|(_, policy)| *policy == Policy::Message);
        match (&amd.message, leaves) {
            (None, Some((verdict, _))) => {
                let problem = "a message is to be left, and there is none";
                self.wrong(&format!("amd.{verdict}"), problem.to_string())
            }
            (Some(message), _) => {
                let (least, most) = (Span::millis(500), Span::secs(10));
                self.span("amd.message.after_silence", message.after_silence, least, most)?;
                self.span("amd.message.patience", message.patience, Span::secs(1), Span::secs(120))
            }
            (None, None) => Ok(()),
        }
    }

    fn judge(&self, rules: &JudgeRules) -> Result<(), BadConfig> {
        let span = |field, value, least: u64, most: u64| {
            self.span(&format!("amd.{field}"), value, Span::millis(least), Span::millis(most))
        };
        span("initial_silence", rules.initial_silence, 500, 10_000)?;
        span("greeting", rules.greeting, 200, 10_000)?;
        span("after_greeting_silence", rules.after_greeting_silence, 100, 5_000)?;
        span("total", rules.total, 1_000, 30_000)?;
        span("talk_silence", rules.talk_silence, 50, 1_000)?;
        self.number("amd.talk_level", rules.talk_level, 1, 10_000)
    }

    /// What cannot be done to somebody whom an agent talks to by then.
    fn beside_an_agent(&self, campaign: &CampaignRules, amd: &AmdRules) -> Result<(), BadConfig> {
        if campaign.flow.is_some() {
            let problem =
                "detection beside an agent does not go with a call flow: let it come first, as a gate";
            return self.wrong("amd", problem.to_string());
        }
        for (verdict, policy) in [("human", amd.policies.human), ("not_sure", amd.policies.not_sure)] {
            if policy != Policy::Connect {
                let problem =
                    "an agent talks with them by then: only `connect` goes with detection beside an agent";
                return self.wrong(&format!("amd.{verdict}"), problem.to_string());
            }
        }
        Ok(())
    }

    fn dispositions(&self, set: Option<&Dispositions>) -> Result<(), BadConfig> {
        let Some(set) = set else { return Ok(()) };
        set.check().or_else(|problem| self.wrong("dispositions", problem))?;
        if let Some(limit) = set.demanded_within {
            self.span("dispositions.demanded_within", limit, Span::secs(1), Span::secs(24 * 3_600))?;
        }
        for disposition in &set.list {
            if let Some(rule) = &disposition.retry {
                self.retry_rule(&format!("dispositions.{}", disposition.code), rule)?;
            }
        }
        Ok(())
    }

    fn transfers(&self, destinations: &BTreeMap<String, Arc<TransferRules>>) -> Result<(), BadConfig> {
        for (name, rules) in destinations {
            if let Some((field, problem)) = rules.fault() {
                return self.wrong(&format!("transfers {name:?}: {field}"), problem);
            }
        }
        Ok(())
    }

    fn retry(&self, rules: &RetryRules) -> Result<(), BadConfig> {
        self.number("retry.cap", rules.cap, 1, 100)?;
        self.number("retry.technical_cap", rules.technical_cap, 1, 100)?;
        self.number("retry.bad_after", rules.bad_after, 1, 9)?;
        for (result, rule) in &rules.by_result {
            self.retry_rule(&format!("retry.{result}"), rule)?;
        }
        let Some(CompletionRule { least_talk, rule }) = &rules.completion else { return Ok(()) };
        self.span("retry.completion.least_talk", *least_talk, Span::ZERO, Span::secs(3_600))?;
        self.retry_rule("retry.completion", rule)
    }

    fn retry_rule(&self, field: &str, rule: &RetryRule) -> Result<(), BadConfig> {
        self.number(&format!("{field}.up_to"), rule.up_to, 0, 99)?;
        self.span(&format!("{field}.delay"), rule.delay, Span::secs(1), LONGEST_REST)?;
        let Some(growth) = rule.growth else { return Ok(()) };
        self.number(&format!("{field}.growth.factor (thousandths)"), growth.factor.0, 1_000, 10_000)?;
        self.span(&format!("{field}.growth.at_most"), growth.at_most, rule.delay, LONGEST_REST)
    }

    fn hours(&self, field: &str, hours: Option<&Hours>) -> Result<(), BadConfig> {
        hours.map_or(Ok(()), Hours::check).or_else(|problem| self.wrong(field, problem))
    }

    fn wrong(&self, field: &str, problem: String) -> Result<(), BadConfig> {
        Err(BadConfig { field: format!("{self}: {field}"), problem })
    }

    fn span(&self, field: &str, value: Span, least: Span, most: Span) -> Result<(), BadConfig> {
        if (least..=most).contains(&value) {
            return Ok(());
        }
        let ms = |span: Span| span.0 / 1_000;
        self.wrong(field, format!("{} ms is not between {} and {} ms", ms(value), ms(least), ms(most)))
    }

    fn within(&self, field: &str, value: u32, range: &RangeInclusive<u32>) -> Result<(), BadConfig> {
        self.number(field, value, *range.start(), *range.end())
    }

    fn number(&self, field: &str, value: u32, least: u32, most: u32) -> Result<(), BadConfig> {
        if (least..=most).contains(&value) {
            return Ok(());
        }
        self.wrong(field, format!("{value} is not between {least} and {most}"))
    }
}
