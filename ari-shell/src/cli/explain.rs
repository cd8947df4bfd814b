//! `explain`: why something was, or was not, dialled.

use std::collections::BTreeMap;

use engine::Reason;
use engine::campaign::CampaignState;
use engine::view::CampaignView;
use engine::words::{AttemptId, LeadId, Micros};

use super::campaign::pace::Paces;
use super::campaign::preflight;
use super::country::Country;
use super::report::moment;
use super::{Failure, Out, database, running};
use crate::config::{Config, Purpose};
use crate::explain::{self, Explanation, Judge, LeadCard, Question, explain};
use crate::http::Named;
use crate::moment::utc;
use crate::names::unknown;
use crate::store::{Minute, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    country: Country,
    /// What stood in the way at this moment (UTC), or will as things are: 2026-11-23, or "2026-11-23 14:03:07"; now unless
    /// given.
    #[arg(long, value_name = "MOMENT", value_parser = moment, conflicts_with = "attempt")]
    at: Option<Micros>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// One attempt: what it was placed with and what came of it.
    #[arg(long, value_name = "ID")]
    attempt: Option<u64>,
    /// One lead, in every campaign that has it, with all its attempts, and what stands in its way.
    #[arg(long, value_name = "ID")]
    lead: Option<u64>,
    /// Every lead with this number, and every attempt on it, and what stands in its way.
    #[arg(long)]
    number: Option<String>,
    /// Why this campaign does not dial just now, and what kept it from dialling since the shell was started, or in the minute of
    /// `--at`.
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let What { attempt, lead, number, campaign } = args.what;
    if let Some(name) = campaign {
        return match args.at {
            Some(at) => show_minute(&name, at, args.json, config, out).await,
            None => show_campaign(&name, args.json, config, out).await,
        };
    }
    let number = number.map(|text| args.country.numbering(config).sought(&text)).transpose();
    let number = number.map_err(|problem| Failure::usage(format!("--number {problem}")))?;
    let question = (attempt.map(AttemptId).map(Question::Attempt))
        .or(lead.map(LeadId).map(Question::Lead))
        .or(number.map(Question::Number))
        .expect("clap sees to it that one of the group is given");
    let store = database::open(config).await?;
    let mut told = explain(&store, question).await?;
    let judged = match &mut told {
        Explanation::Lead(card) => judge(card, args.at, config, &store).await?,
        Explanation::Attempt(_) => true,
    };
    if args.json {
        return Ok(out.json(&told)?);
    }
    out.line(told.to_string().trim_end())?;
    if judged { Ok(()) } else { Ok(out.line(UNJUDGED)?) }
}

const UNJUDGED: &str =
    "What stands in the way is not told, since the configuration has faults: `check` tells which.";

/// Adds what stands in the way of a card's leads, by this configuration; says whether it could. What is stored is told also
/// beside one that has faults.
async fn judge(
    card: &mut LeadCard,
    at: Option<Micros>,
    config: &Config,
    store: &Store,
) -> Result<bool, Failure> {
    match config.suits(Purpose::Rules) {
        Err(_) if at.is_none() => return Ok(false),
        suits => suits?,
    }
    let ids = config.known_ids(store).await?;
    card.at = at;
    if let Some(at) = at {
        for item in &mut card.items {
            item.minutes = store.minutes_at(item.campaign, at).await?;
        }
    }
    let at = at.unwrap_or_else(|| store.clock().now());
    let rules = config.campaigns.iter().map(|campaign| {
        let rules = explain::Rules { cap: campaign.retry.cap, after_drop: campaign.kept_for_after_drop() };
        (ids.campaigns[&campaign.name], rules)
    });
    let mut engine = preflight::engine(config, &ids, at)?;
    let judge = Judge {
        at,
        numbering: config.numbering,
        rules: rules.collect(),
        hours: |campaign, number, zone: Option<&str>| engine.hours(at, campaign, number, zone),
    };
    judge.judge(store, card).await?;
    Ok(true)
}

/// What a campaign was like in the minute of a moment, by what is kept of it.
async fn show_minute(
    name: &str,
    at: Micros,
    json: bool,
    config: &Config,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let minutes = store.minutes_at(store.campaign(name).await?, at).await?;
    if json {
        return Ok(out.json(&minutes)?);
    }
    if minutes.is_empty() {
        let kept = "one in which it ran or was changed is kept for 31 days";
        return Ok(out.line(format_args!("Nothing is known of {name} by {}: {kept}.", utc(at)))?);
    }
    for minute in minutes {
        let Minute { began, node, state, reason, refusals, .. } = &minute;
        out.line(format_args!(
            "On {node}, {name} was {state} at the end of the minute from {}.",
            utc(*began)
        ))?;
        if let Some(reason) = reason {
            out.line(format_args!("It did not dial then: {}.", sentence(*reason)))?;
        }
        if *began != Minute::of(at) {
            out.line(format_args!("Of the time between that and {} nothing is known there.", utc(at)))?;
        }
        tell_refusals("What kept it from dialling in that minute:", refusals, out)?;
    }
    Ok(())
}

async fn show_campaign(name: &str, json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let campaigns = running(config).await?.view().await?.campaigns;
    let sentence = unknown("campaign", name, campaigns.iter().map(|campaign| campaign.name.as_str()));
    let campaign = campaigns
        .into_iter()
        .find(|campaign| campaign.name == name)
        .ok_or_else(|| Failure::failed(sentence))?;
    if json { Ok(out.json(&campaign)?) } else { tell(&campaign, out) }
}

fn tell(Named { name, view }: &Named<CampaignView>, out: &mut Out<'_>) -> Result<(), Failure> {
    out.line(format_args!("{name} is {}", view.state))?;
    match view.reason {
        Some(reason) => out.line(format_args!("It does not dial: {}.", sentence(reason)))?,
        None => out.line(standing(view.state))?,
    }
    if let Some(at) = view.opens_at {
        out.line(format_args!("It may dial again from {}.", utc(at)))?;
    }
    out.line(format_args!("Its pacing: {}.", Paces::seen(view)))?;
    if let Some(pace) = view.pace {
        out.line(format_args!("Its pace: {pace}."))?;
    }
    if view.skipped > 0 {
        out.line(format_args!("Leads skipped in preview since the shell was started: {}.", view.skipped))?;
    }
    tell_refusals("What kept it from dialling since the shell was started:", &view.refusals, out)
}

/// What is to be said of a campaign that no reason keeps from dialling, and what to do where it does not.
const fn standing(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Running => "Nothing keeps it from dialling.",
        CampaignState::Starting => "It does not dial yet: it does as soon as its sounds are found.",
        CampaignState::Ready => "It does not dial: it was not started; `campaign start` starts it.",
        CampaignState::Paused => "It does not dial: it is paused; `campaign start` lets it go on.",
        CampaignState::Draining => {
            "It does not dial: it is stopped once its live calls are over; `campaign start` lets it go on."
        }
        CampaignState::Stopped => "It does not dial: it was stopped; `campaign start` starts it.",
        CampaignState::Completed => {
            "It does not dial: all its leads are done. `import` brings more, `campaign recycle` has those dialled again who were \
             not reached; then `campaign start` starts it."
        }
    }
}

/// How often each reason kept a campaign from dialling, the most frequent first.
fn tell_refusals(what: &str, refusals: &BTreeMap<Reason, u64>, out: &mut Out<'_>) -> Result<(), Failure> {
    if refusals.is_empty() {
        return Ok(());
    }
    out.line(format_args!("\n{what}"))?;
    let mut refusals: Vec<_> = refusals.iter().collect();
    refusals.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let rows = refusals
        .into_iter()
        .map(|(reason, count)| [count.to_string(), reason.to_string(), sentence(*reason).into()])
        .collect();
    Ok(out.table(["times", "reason", "that is"], rows, "")?)
}

/// The reason for people, with what to do where that is not plain.
const fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::NotRunning => "it is not running; `campaign start` starts it",
        Reason::PbxAway => "Asterisk is not connected, or what it holds has not been compared yet",
        Reason::ManagerSilent => "Asterisk does not answer at its manager interface, which [ami] has watched",
        Reason::Breaker => "errors from Asterisk or the database paused all dialling for a while",
        Reason::NoAgents => "nobody is ready, or every ready agent has a line in the air already",
        Reason::NotDue => "its pacing has no dial due just now, whoever is ready",
        Reason::OutsideHours => {
            "its hours are over, or those of every callee who is due, or a call could not have rung out by then"
        }
        Reason::NoLeads => "no lead is due; all are done, or wait for their next attempt",
        Reason::RegistryTooOld => {
            "a do-not-call list that it keeps to is older than its `max_age`; `dnc import` brings a newer version"
        }
        Reason::DoNotCall => "the number is on a do-not-call list, or not on the campaign's allow-list",
        Reason::TooOften => "the number has been called as often as [[frequency]] allows for now",
        Reason::AfterDrop => {
            "the number was dropped within `repeat_after_drop`: it waits for an agent to be reserved, and none can be spared"
        }
        Reason::NumberLive => "the number is on a live call",
        Reason::CapReached => "the lead has had all its attempts",
        Reason::CarriersDown => {
            "every carrier of the campaign is out of service, or Asterisk refuses what it is asked for"
        }
        Reason::CallerIdsUsedUp => {
            "every caller id that could be shown has been shown as often as `per_hour` and `per_day` allow"
        }
        Reason::CarriersFull => "every carrier has all its channels in use",
        Reason::CarrierRate => "every carrier has had its calls for this second",
        Reason::NoMessage => {
            "it dials ahead of its agents and has no message for an answer that nobody can take"
        }
    }
}
