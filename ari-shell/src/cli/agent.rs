//! `agent`: show agents, and log them in or out.

use std::time::Duration;

use clap::Subcommand;
use engine::agent::PauseCode;
use engine::view::{AgentView, PreviewView};
use engine::words::Micros;
use serde::Serialize;

use super::{Failure, Out, running};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{AgentVerb, Named};
use crate::names::unknown;
use crate::operator::Running;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all agents and what they do.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// An agent comes to work.
    Login {
        /// The agent.
        name: String,
    },
    /// An agent leaves, after the call if there is one.
    Logout {
        /// The agent.
        name: String,
    },
    /// No calls for an agent from the next one on.
    Pause {
        /// The agent.
        name: String,
        /// Why, such as lunch.
        #[arg(long, value_parser = pause_code)]
        code: PauseCode,
    },
    /// An agent takes calls again, or ends the wrap-up.
    Ready {
        /// The agent.
        name: String,
    },
    /// Show the lead that an agent looks at before it is dialled.
    Lead {
        /// The agent.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Have the lead dialled that an agent looks at.
    Accept {
        /// The agent.
        name: String,
    },
    /// Skip the lead that an agent looks at: it rests, and another one is shown.
    Skip {
        /// The agent.
        name: String,
    },
}

fn pause_code(text: &str) -> Result<PauseCode, engine::agent::BadPauseCode> {
    text.to_owned().try_into()
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let (name, verb) = match command {
        Command::List { json } => return list(json, config, out).await,
        Command::Lead { name, json } => return lead(&name, json, config, out).await,
        Command::Login { name } => (name, AgentVerb::LogIn),
        Command::Logout { name } => (name, AgentVerb::LogOut),
        Command::Pause { name, code } => (name, AgentVerb::Pause(code)),
        Command::Ready { name } => (name, AgentVerb::Ready),
        Command::Accept { name } => (name, AgentVerb::Accept),
        Command::Skip { name } => (name, AgentVerb::Skip),
    };
    let asked = verb.name();
    running(config).await?.agent(&name, verb).await?;
    Ok(out.line(format_args!("{name}: {asked} granted"))?)
}

/// An agent as configured, and as they stand where a shell runs.
#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    #[serde(flatten)]
    view: Option<AgentView>,
}

async fn list(json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let rows = rows(config).await?;
    if json {
        return Ok(out.json(&rows)?);
    }
    let now = Clock::start().now();
    let rows = rows.into_iter().map(|row| cells(row, now)).collect();
    let headings = ["agent", "campaign", "state", "for", "attempt"];
    Ok(out.table(headings, rows, "no agent is configured")?)
}

/// Shows the lead that an agent looks at.
async fn lead(name: &str, json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let agents = running(config).await?.view().await?.agents;
    let sentence = unknown("agent", name, agents.iter().map(|agent| agent.name.as_str()));
    let agent = agents.into_iter().find(|agent| agent.name == name);
    let preview = agent.ok_or_else(|| Failure::failed(sentence))?.view.preview;
    if json {
        return Ok(out.json(&preview)?);
    }
    match preview {
        Some(preview) => show(&preview, Clock::start().now(), out),
        None => Ok(out.line(format_args!("{name} looks at no lead just now"))?),
    }
}

fn show(lead: &PreviewView, now: Micros, out: &mut Out<'_>) -> Result<(), Failure> {
    let PreviewView { item, lead, number, attempts, attributes, until } = lead;
    out.line(format_args!("lead {lead}, queue item {item}: {number}, {attempts} attempts so far"))?;
    for (name, value) in attributes {
        out.line(format_args!("  {name} = {value}"))?;
    }
    let left = minutes(*until, now);
    Ok(out.line(format_args!("{left} left to `agent accept` or `agent skip`"))?)
}

async fn rows(config: &Config) -> Result<Vec<Row>, Failure> {
    let campaign = |name: &str| {
        let agent = config.agents.iter().find(|agent| agent.name == name);
        agent.map(|agent| agent.campaign.clone())
    };
    let Some(shell) = Running::find(config).await? else {
        let named = config.agents.iter().map(|agent| Row {
            name: agent.name.clone(),
            campaign: Some(agent.campaign.clone()),
            view: None,
        });
        return Ok(named.collect());
    };
    let shown = shell.view().await?.agents.into_iter();
    Ok(shown.map(|Named { name, view }| Row { campaign: campaign(&name), name, view: Some(view) }).collect())
}

fn cells(row: Row, now: Micros) -> [String; 5] {
    let campaign = row.campaign.unwrap_or_default();
    let Some(view) = row.view else {
        let state = "no shell runs".into();
        return [row.name, campaign, state, String::new(), String::new()];
    };
    [
        row.name,
        campaign,
        view.state.to_string(),
        minutes(now, view.since),
        view.attempt.map_or_else(String::new, |attempt| attempt.to_string()),
    ]
}

/// The time since then, as `m:ss`.
fn minutes(now: Micros, since: Micros) -> String {
    let seconds = Duration::from_micros(now.since(since).0).as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use engine::words::Span;

    use super::*;

    #[test]
    fn how_long_is_shown_in_minutes_and_seconds() {
        let now = Micros(10_000_000_000);
        for (span, expected) in [
            (Span::ZERO, "0:00"),
            (Span::millis(9_999), "0:09"),
            (Span::secs(75), "1:15"),
            (Span::secs(3_661), "61:01"),
        ] {
            assert_eq!(minutes(now, now - span), expected);
        }
        assert_eq!(minutes(now, now + Span::secs(1)), "0:00");
    }
}
