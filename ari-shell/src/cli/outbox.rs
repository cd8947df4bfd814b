//! `outbox`: what other programs are told of calls.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use clap::Subcommand;
use engine::words::{AttemptId, Micros};

use super::report::{moment, stored};
use super::{Failure, Out, database};
use crate::config::Config;
use crate::moment::utc;
use crate::names::unknown;
use crate::store::{Dropped, Entry, RowState, Store, Which};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show how many events wait for each sink, and those that were given up.
    List {
        #[command(flatten)]
        meant: Meant,
        /// Show those in this state.
        #[arg(long, value_enum, default_value_t = RowState::Dead)]
        state: RowState,
        /// Show no more than so many, the latest first.
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show an event as it is told, and how far it has come with each sink.
    Show {
        /// The event, as `outbox list` names it: 17.1 is the first event of attempt 17.
        #[arg(value_name = "EVENT")]
        event: EventId,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send events again that were given up, under their old keys.
    Replay {
        #[command(flatten)]
        meant: Meant,
        /// Also those that were delivered: the receiver may have lost them.
        #[arg(long)]
        delivered: bool,
        /// Also those that were dropped before their call was over, and so are still there.
        #[arg(long)]
        dropped: bool,
    },
    /// Delete events that were given up, and with --waiting those that are still to be sent. Where their call is not over, or an
    /// agent has not said yet what came of it, they are sent no more and stay until then.
    Drop {
        #[command(flatten)]
        meant: Meant,
        /// Also those that are still to be sent.
        #[arg(long)]
        waiting: bool,
    },
}

/// Which events are meant: those for which all that is given holds.
#[derive(Debug, clap::Args)]
pub(super) struct Meant {
    /// For this sink: the name of a webhook, or @stream.
    #[arg(long, value_name = "NAME")]
    sink: Option<String>,
    /// This event, such as 17.1.
    #[arg(long, value_name = "EVENT")]
    event: Option<EventId>,
    /// Events of this campaign.
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// Events of this moment or later (UTC): 2026-11-23, or "2026-11-23 14:00".
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    since: Option<Micros>,
}

/// An attempt, and the place of an event among those of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventId {
    attempt: AttemptId,
    seq: u64,
}

impl FromStr for EventId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts =
            text.split_once('.').and_then(|(attempt, seq)| Some((attempt.parse().ok()?, seq.parse().ok()?)));
        let (attempt, seq) = parts.ok_or("write an attempt, a dot and the event's place, such as 17.1")?;
        Ok(Self { attempt: AttemptId(attempt), seq })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.attempt, self.seq)
    }
}

impl Meant {
    async fn which(self, config: &Config, store: &Store, state: Option<RowState>) -> Result<Which, Failure> {
        if let Some(sink) = &self.sink {
            known(sink, config, store).await?;
        }
        let campaign = match &self.campaign {
            Some(name) => Some(stored(store, name).await?.id),
            None => None,
        };
        Ok(Which {
            sink: self.sink,
            attempt: self.event.map(|event| event.attempt),
            seq: self.event.map(|event| event.seq),
            campaign,
            since: self.since,
            state,
        })
    }

    /// Refuses to mean everything, where nothing is given.
    fn says_which(&self, would: &str) -> Result<(), Failure> {
        let Self { sink, event, campaign, since } = self;
        if sink.is_some() || event.is_some() || campaign.is_some() || since.is_some() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "this would {would}: say which by --sink, --event, --campaign or --since"
        )))
    }
}

/// Whether a sink is configured, or has something in the outbox still.
async fn known(sink: &str, config: &Config, store: &Store) -> Result<(), Failure> {
    let mut known: BTreeSet<String> = config.sinks().iter().map(|sink| sink.name().to_owned()).collect();
    if !known.contains(sink) {
        known.extend(store.addressed().await?);
    }
    if known.contains(sink) {
        return Ok(());
    }
    Err(Failure::failed(unknown("sink", sink, known.iter().map(String::as_str))))
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    match command {
        Command::List { meant, state, limit, json } => {
            let entries = store.letters(&meant.which(config, &store, Some(state)).await?, limit).await?;
            if json { Ok(out.json(&entries)?) } else { list(&store, state, entries, out).await }
        }
        Command::Show { event, json } => show(&store, event, json, out).await,
        Command::Replay { meant, delivered, dropped } => {
            if delivered {
                meant.says_which("send everything again that was ever delivered")?;
            }
            let state = if delivered { None } else { Some(RowState::Dead) };
            let replayed = store.replay_letters(&meant.which(config, &store, state).await?, dropped).await?;
            Ok(out.line(format_args!("{replayed}"))?)
        }
        Command::Drop { meant, waiting } => {
            if waiting {
                meant.says_which("delete everything that was not delivered yet")?;
            }
            let mut which = meant.which(config, &store, Some(RowState::Dead)).await?;
            let mut dropped = store.drop_letters(&which).await?;
            if waiting {
                which.state = Some(RowState::Waiting);
                let Dropped { gone, kept } = store.drop_letters(&which).await?;
                dropped = Dropped { gone: dropped.gone + gone, kept: dropped.kept + kept };
            }
            Ok(out.line(format_args!("{dropped}"))?)
        }
    }
}

async fn list(store: &Store, state: RowState, entries: Vec<Entry>, out: &mut Out<'_>) -> Result<(), Failure> {
    let row = |left: crate::store::Backlog| {
        let oldest = left.oldest.map_or_else(dash, utc);
        [left.sink, left.waiting.to_string(), oldest, left.dead.to_string(), left.dropped.to_string()]
    };
    let backlog = store.backlog().await?.into_iter().map(row).collect();
    let headings = ["sink", "waiting", "oldest", "given up", "dropped"];
    out.table(headings, backlog, "nothing waits and nothing was given up")?;
    out.line("")?;
    let row = |entry: Entry| {
        let event = EventId { attempt: entry.attempt, seq: entry.seq }.to_string();
        let (campaign, trouble) = (entry.campaign.unwrap_or_else(dash), entry.trouble.unwrap_or_else(dash));
        [event, entry.sink, campaign, entry.kind, utc(entry.told_at), entry.tries.to_string(), trouble]
    };
    let headings = ["event", "sink", "campaign", "kind", "happened", "tries", "trouble"];
    let none = format!("no event is {}", state.name());
    Ok(out.table(headings, entries.into_iter().map(row).collect(), &none)?)
}

async fn show(store: &Store, event: EventId, json: bool, out: &mut Out<'_>) -> Result<(), Failure> {
    let which = Which { attempt: Some(event.attempt), seq: Some(event.seq), ..Which::default() };
    let entries = store.letters(&which, u32::from(u16::MAX)).await?;
    let Some(first) = entries.first() else {
        return Err(Failure::failed(format!("there is no event {event} in the outbox")));
    };
    if json {
        return Ok(out.json(&entries)?);
    }
    out.line(format_args!("{} {event} of {}, {}", first.kind, utc(first.told_at), first.key))?;
    let payload: serde_json::Value = serde_json::from_str(&first.payload)
        .map_err(|problem| Failure::failed(format!("its payload is no JSON: {problem}")))?;
    out.json(&payload)?;
    let row = |entry: &Entry| {
        let when = entry.ended_at.or(entry.due_at).map_or_else(dash, utc);
        let trouble = entry.trouble.clone().unwrap_or_else(dash);
        [entry.sink.clone(), entry.state.name().to_owned(), when, entry.tries.to_string(), trouble]
    };
    Ok(out.table(["sink", "state", "when", "tries", "trouble"], entries.iter().map(row).collect(), "")?)
}

fn dash() -> String {
    String::from("-")
}
