//! `agent`: show agents, and log them in or out.

use std::time::Duration;

use clap::Subcommand;
use engine::agent::{AgentState, PauseCode};
use engine::view::{AgentView, AgreedView, ConsultView, DebtView, PreviewView};
use engine::words::Micros;
use jiff::Timestamp;
use serde::Serialize;

use super::{Failure, Out, running};
use crate::clock::Clock;
use crate::config::{Agent, Config, Purpose};
use crate::http::{AgentVerb, Disposition, Moment, Named};
use crate::moment::{micros, utc};
use crate::names::unknown;
use crate::note::Note;
use crate::operator::{Closed, Running, Standing};

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
        /// Why, such as lunch: one of the configured codes, where there are any.
        #[arg(long, value_parser = pause_code)]
        code: PauseCode,
    },
    /// An agent takes calls again, or ends the wrap-up.
    Ready {
        /// The agent.
        name: String,
    },
    /// Show how an agent stands, and of which calls they have still to say what came of them.
    Show {
        /// The agent.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put the callee of an agent's call on hold: they hear music.
    Hold {
        /// The agent.
        name: String,
    },
    /// Take the callee of an agent's call off hold.
    Resume {
        /// The agent.
        name: String,
    },
    /// Let an agent not be heard in their call.
    Mute {
        /// The agent.
        name: String,
    },
    /// Let an agent be heard again.
    Unmute {
        /// The agent.
        name: String,
    },
    /// Hand the callee of an agent's call over to somebody whom the campaign knows by a name: the agent is done with the call
    /// at once.
    Transfer {
        /// The agent.
        name: String,
        /// To whom, such as reception.
        to: String,
    },
    /// Call somebody whom the campaign knows by a name, to talk with the agent while the callee is on hold.
    Consult {
        /// The agent.
        name: String,
        /// Whom, such as reception.
        to: String,
    },
    /// Leave the callee to whom the agent talks with.
    Complete {
        /// The agent.
        name: String,
    },
    /// Have callee, agent and whom they called talk with each other.
    Join {
        /// The agent.
        name: String,
    },
    /// Hang up on whom the agent called, and go on with the callee.
    Back {
        /// The agent.
        name: String,
    },
    /// An agent says what came of a call: of the one that they are on, or else of the first that they owe it for.
    Dispose {
        /// The agent.
        name: String,
        /// The code of the disposition.
        #[arg(long)]
        code: String,
        /// Of this attempt.
        #[arg(long)]
        attempt: Option<u64>,
        /// When to call again, such as 2026-11-26T17:30:00Z, where the disposition means that; a moment that has passed is now.
        #[arg(long, value_name = "TIME")]
        callback: Option<Timestamp>,
        /// They make that call themselves; anybody may where not.
        #[arg(long, requires = "callback")]
        mine: bool,
        /// What to know before that call.
        #[arg(long, requires = "callback")]
        note: Option<Note>,
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
        Command::Show { name, json } => return show_agent(&name, json, config, out).await,
        Command::Dispose { name, code, attempt, callback, mine, note } => {
            let early = || Failure::usage("--callback is before 1970".to_owned());
            let at = callback.map(|at| micros(at).map(Moment).ok_or_else(early)).transpose()?;
            (name, AgentVerb::Dispose(Disposition { code, attempt, at, mine, note }))
        }
        Command::Hold { name } => (name, AgentVerb::Hold),
        Command::Resume { name } => (name, AgentVerb::Resume),
        Command::Mute { name } => (name, AgentVerb::Mute),
        Command::Unmute { name } => (name, AgentVerb::Unmute),
        Command::Transfer { name, to } => (name, AgentVerb::Transfer(to)),
        Command::Consult { name, to } => (name, AgentVerb::Consult(to)),
        Command::Complete { name } => (name, AgentVerb::Complete),
        Command::Join { name } => (name, AgentVerb::Join),
        Command::Back { name } => (name, AgentVerb::Back),
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
    let (rows, absent) = match Running::standing(config).await? {
        Standing::Runs(shell) => (live(&shell, config).await?, ""),
        Standing::Closed(Closed::Gone) => (configured(config)?, "no shell runs"),
        Standing::Closed(Closed::Waits) => (configured(config)?, "the shell waits for Asterisk"),
    };
    if json {
        return Ok(out.json(&rows)?);
    }
    let now = Clock::start().now();
    let rows = rows.into_iter().map(|row| cells(row, absent, config, now)).collect();
    let headings = ["agent", "campaign", "state", "for", "attempt"];
    Ok(out.table(headings, rows, "no agent is configured")?)
}

/// Shows how an agent stands, and what they owe.
async fn show_agent(name: &str, json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let agent = running(config).await?.agent_view(name).await?;
    if json {
        return Ok(out.json(&agent)?);
    }
    let now = Clock::start().now();
    out.line(format_args!("{name}: {} for {}", stands(&agent, config, now), minutes(now, agent.since)))?;
    if let Some(attempt) = agent.attempt {
        out.line(format_args!("on attempt {attempt}"))?;
    }
    if let Some(agreed) = &agent.agreed {
        out.line(agreed_on(agreed))?;
    }
    if let Some(since) = agent.held {
        out.line(format_args!("the callee is on hold for {}", minutes(now, since)))?;
    }
    if agent.missed_rings > 0 {
        out.line(format_args!("has not picked up the last {} rings", agent.missed_rings))?;
    }
    if agent.muted {
        out.line("they are muted")?;
    }
    if let Some(consults) = &agent.consults {
        out.line(format_args!("{}", consulted(consults, now)))?;
    }
    for log in &agent.transfers {
        let to = log.by.as_ref().map_or(log.endpoint.as_str(), |by| by.to.as_str());
        out.line(format_args!("{to}: {}", log.outcome()))?;
    }
    for DebtView { attempt, item, number, until, codes, .. } in &agent.owes {
        let left = minutes(*until, now);
        let codes = codes.join(", ");
        out.line(format_args!(
            "owes a disposition of attempt {attempt} (item {item}, {number}) within {left}: {codes}"
        ))?;
    }
    Ok(())
}

/// Whom an agent has called, and how that one stands.
fn consulted(ConsultView { to, way, times }: &ConsultView, now: Micros) -> String {
    let way = way.name();
    let times = times.unwrap_or_default();
    match (times.joined, times.answered, times.rang) {
        (Some(joined), _, _) => format!("{way} with {to} for {}", minutes(now, joined)),
        (None, Some(_), _) => format!("{way} with {to}: they have answered"),
        (None, None, Some(rang)) => format!("{way} with {to}: it rings for {}", minutes(now, rang)),
        (None, None, None) => format!("{way} with {to}: they are being called"),
    }
}

/// Shows the lead that an agent looks at.
async fn lead(name: &str, json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let agents = running(config).await?.view().await?.agents;
    let sentence = unknown("agent", name, agents.iter().map(|agent| agent.name.as_str()));
    let agent = agents.into_iter().find(|agent| agent.name == name);
    let AgentView { preview, agreed, .. } = agent.ok_or_else(|| Failure::failed(sentence))?.view;
    if json {
        return Ok(out.json(&preview)?);
    }
    if let Some(preview) = preview {
        return show(&preview, Clock::start().now(), out);
    }
    out.line(format_args!("{name} looks at no lead just now"))?;
    match agreed {
        Some(agreed) => Ok(out.line(format_args!("their call was {}", agreed_on(&agreed)))?),
        None => Ok(()),
    }
}

/// For when a call was agreed on, and what to know before it.
fn agreed_on(AgreedView { at, note }: &AgreedView) -> String {
    let note = note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
    format!("agreed on for {}{note}", utc(*at))
}

fn show(lead: &PreviewView, now: Micros, out: &mut Out<'_>) -> Result<(), Failure> {
    let PreviewView { item, lead, number, attempts, attributes, agreed, until } = lead;
    out.line(format_args!("lead {lead}, queue item {item}: {number}, {attempts} attempts so far"))?;
    for (name, value) in attributes {
        out.line(format_args!("  {name} = {value}"))?;
    }
    if let Some(agreed) = agreed {
        out.line(agreed_on(agreed))?;
    }
    let left = minutes(*until, now);
    Ok(out.line(format_args!("{left} left to `agent accept` or `agent skip`"))?)
}

fn configured(config: &Config) -> Result<Vec<Row>, Failure> {
    config.suits(Purpose::Rules)?;
    let row =
        |agent: &Agent| Row { name: agent.name.clone(), campaign: Some(agent.campaign.clone()), view: None };
    Ok(config.agents.iter().map(row).collect())
}

async fn live(shell: &Running, config: &Config) -> Result<Vec<Row>, Failure> {
    let campaign = |name: &str| {
        let agent = config.agents.iter().find(|agent| agent.name == name);
        agent.map(|agent| agent.campaign.clone())
    };
    let shown = shell.view().await?.agents.into_iter();
    Ok(shown.map(|Named { name, view }| Row { campaign: campaign(&name), name, view: Some(view) }).collect())
}

/// `absent` is how those stand of whom no floor tells.
fn cells(row: Row, absent: &str, config: &Config, now: Micros) -> [String; 5] {
    let campaign = row.campaign.unwrap_or_default();
    let Some(view) = row.view else {
        return [row.name, campaign, absent.to_owned(), String::new(), String::new()];
    };
    let consults =
        view.consults.as_ref().map(|ConsultView { to, way, .. }| format!(", {} with {to}", way.name()));
    [
        row.name,
        campaign,
        format!("{}{}", stands(&view, config, now), consults.unwrap_or_default()),
        minutes(now, view.since),
        view.attempt.map_or_else(String::new, |attempt| attempt.to_string()),
    ]
}

/// How they stand and what comes next, with the label of their pause and whether it takes too long.
fn stands(agent: &AgentView, config: &Config, now: Micros) -> String {
    if agent.logs_out {
        return format!("{}, then logged out", agent.state);
    }
    let Some(code) = &agent.pause_code else { return agent.state.to_string() };
    let rules = config.pause_codes.iter().find(|rules| rules.code == *code);
    let label = rules.map_or_else(|| code.to_string(), |rules| rules.label.clone());
    if agent.state != AgentState::Paused {
        return format!("{}, then paused ({label})", agent.state);
    }
    let over = rules.and_then(|rules| rules.longest).filter(|longest| now.since(agent.since) > *longest);
    let over = over.map(|longest| format!(", over its {}", minutes(Micros(longest.0), Micros(0))));
    format!("{} ({label}{})", agent.state, over.unwrap_or_default())
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
    use crate::http::fake::view;

    #[test]
    fn how_an_agent_stands_is_told_with_what_comes_next() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let codes = "[[pause_codes]]\ncode = 'lunch'\nlabel = 'Lunch'\nlongest = '30m'";
        std::fs::write(file.path(), codes).expect("it is written");
        let config = Config::load_for(Purpose::Rules, file.path(), []).expect("it is right");
        let now = Micros(10_000_000_000);
        let ann = &view().agents[0];
        let lunch = PauseCode::try_from("lunch".to_owned()).ok();
        for (state, pause_code, logs_out, ago, told) in [
            (AgentState::OnCall, None, false, 1, "on_call"),
            (AgentState::OnCall, None, true, 1, "on_call, then logged out"),
            (AgentState::OnCall, lunch.clone(), false, 1, "on_call, then paused (Lunch)"),
            (AgentState::Paused, lunch.clone(), false, 1, "paused (Lunch)"),
            (AgentState::Paused, lunch, false, 31, "paused (Lunch, over its 30:00)"),
        ] {
            let agent =
                AgentView { state, pause_code, logs_out, since: now - Span::secs(60 * ago), ..ann.clone() };
            assert_eq!(stands(&agent, &config, now), told);
        }
    }

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
