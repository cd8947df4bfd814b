//! `list`: the lists of leads, who dials them, and what was imported into them.

use clap::Subcommand;

use super::{Failure, Out, database};
use crate::config::Config;
use crate::import::{ImportCard, ImportId, imports};
use crate::moment::utc;
use crate::names::unknown;
use crate::operator::Running;
use crate::store::{ListCard, ListId, Share, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all lists, and how far campaigns have come with them.
    Show {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what was imported, the latest first.
    Imports {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let a campaign dial a list, also the leads that come into it later.
    Attach {
        /// The list.
        list: String,
        /// The campaign.
        campaign: String,
    },
    /// Let a campaign dial a list no longer; leads that it has begun with keep to its rules.
    Detach {
        /// The list.
        list: String,
        /// The campaign.
        campaign: String,
    },
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    match command {
        Command::Show { json } => show(&store, json, out).await,
        Command::Imports { json } => show_imports(&store, json, out).await,
        Command::Attach { list, campaign } => attach(&store, config, &list, &campaign, out).await,
        Command::Detach { list, campaign } => detach(&store, config, &list, &campaign, out).await,
    }
}

async fn show(store: &Store, json: bool, out: &mut Out<'_>) -> Result<(), Failure> {
    let lists = store.lists().await?;
    if json {
        return Ok(out.json(&lists)?);
    }
    let headings = [
        "list",
        "leads",
        "campaign",
        "never dialled",
        "to be tried again",
        "in hand",
        "completed",
        "exhausted",
    ];
    Ok(out.table(
        headings,
        lists.iter().flat_map(rows).collect(),
        "there is no list yet; `import` makes one",
    )?)
}

/// A row for each campaign, the list itself only in the first.
fn rows(ListCard { name, leads, campaigns, .. }: &ListCard) -> Vec<[String; 8]> {
    let none = || {
        [name.clone(), leads.to_string(), "none".to_owned()].into_iter().chain((0..5).map(|_| String::new()))
    };
    if campaigns.is_empty() {
        return vec![none().collect::<Vec<_>>().try_into().expect("three and five are eight")];
    }
    let row = |(nth, share): (usize, &Share)| {
        let Share { campaign, fresh, again, busy, completed, exhausted } = share;
        let [list, leads] =
            if nth == 0 { [name.clone(), leads.to_string()] } else { [const { String::new() }; 2] };
        let [fresh, again, busy] = [fresh, again, busy].map(u64::to_string);
        [list, leads, campaign.clone(), fresh, again, busy, completed.to_string(), exhausted.to_string()]
    };
    campaigns.iter().enumerate().map(row).collect()
}

async fn show_imports(store: &Store, json: bool, out: &mut Out<'_>) -> Result<(), Failure> {
    let cards = imports(store).await?;
    if json {
        return Ok(out.json(&cards)?);
    }
    let row = |ImportCard { id: ImportId(id), list, file, state, began, leads }: ImportCard| {
        [id.to_string(), list, state, leads.to_string(), utc(began), file]
    };
    let headings = ["import", "list", "state", "leads there", "began", "file"];
    Ok(out.table(headings, cards.into_iter().map(row).collect(), "nothing was imported yet")?)
}

async fn attach(
    store: &Store,
    config: &Config,
    list: &str,
    campaign: &str,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let id = find(store, list).await?;
    let filled = store.attach(id, database::campaign(config, store, campaign).await?).await?;
    let told = Running::tell_of_leads(config, &[campaign]).await;
    let known = match filled.seen - filled.added {
        0 => String::new(),
        known => format!(" It has the numbers of {known} others by another list."),
    };
    Ok(out.line(format_args!("{campaign} dials {list}: {} more leads.{known} {told}", filled.added))?)
}

async fn detach(
    store: &Store,
    config: &Config,
    list: &str,
    campaign: &str,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let id = find(store, list).await?;
    let (left, staying) = store.detach(id, database::campaign(config, store, campaign).await?).await?;
    let begun = match staying {
        0 => String::new(),
        staying => format!(" {staying} that a dialer holds, or has begun with, stay."),
    };
    Ok(out.line(format_args!("{campaign} dials {list} no longer: {left} leads have left.{begun}"))?)
}

/// The list of that name.
pub(super) async fn find(store: &Store, name: &str) -> Result<ListId, Failure> {
    if let Some(id) = store.find_list(name).await? {
        return Ok(id);
    }
    let known = store.list_names().await?;
    Err(Failure::failed(unknown("list", name, known.iter().map(String::as_str))))
}
