//! `explain`: why something was, or was not, dialled.

use engine::Reason;
use engine::view::CampaignView;

use super::{Failure, Out, running};
use crate::config::Config;
use crate::http::Named;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Why this campaign does not dial just now, and what kept it from dialling since the shell was started.
    #[arg(long, value_name = "NAME")]
    campaign: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let board = running(config).await?.view().await?;
    let campaign =
        board.campaigns.into_iter().find(|campaign| campaign.name == args.campaign).ok_or_else(|| {
            Failure::failed(format!(
                "there is no campaign {:?}; `campaign list` shows those configured",
                args.campaign
            ))
        })?;
    if args.json { Ok(out.json(&campaign)?) } else { tell(&campaign, out) }
}

fn tell(Named { name, view }: &Named<CampaignView>, out: &mut Out<'_>) -> Result<(), Failure> {
    out.line(format_args!("{name} is {}", view.state))?;
    match view.reason {
        Some(reason) => out.line(format_args!("It does not dial: {}.", sentence(reason)))?,
        None => out.line("Nothing keeps it from dialling.")?,
    }
    if view.refusals.is_empty() {
        return Ok(());
    }
    out.line("\nWhat kept it from dialling since the shell was started:")?;
    let mut refusals: Vec<_> = view.refusals.iter().collect();
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
        Reason::Breaker => "errors from Asterisk or the database paused all dialling for a while",
        Reason::NoAgents => "nobody is ready, or every ready agent has a line in the air already",
        Reason::NoLeads => "no lead is due; all are done, or wait for their next attempt",
        Reason::NumberLive => "the number is on a live call",
        Reason::CapReached => "the lead has had all its attempts",
        Reason::CarriersDown => "every carrier of the campaign is out of service",
        Reason::CarriersFull => "every carrier has all its channels in use",
        Reason::CarrierRate => "every carrier has had its calls for this second",
        Reason::NoMessage => {
            "it dials ahead of its agents and has no message for an answer that nobody can take"
        }
    }
}
