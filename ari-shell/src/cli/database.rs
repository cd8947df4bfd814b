//! The commands' way to the database.

use engine::words::{AgentId, CampaignId};

use super::{Failure, named};
use crate::clock::Clock;
use crate::config::{Campaign, Config, Ids, Purpose};
use crate::dialer::StartError;
use crate::operator::Running;
use crate::store::{Store, StoreError};

/// The database, its tables up to date. `None` where there is none yet.
pub(super) async fn find(config: &Config) -> Result<Option<Store>, Failure> {
    config.suits(Purpose::Database)?;
    is_the_shells(config).await?;
    let Some(store) = config.store(Clock::start()).await? else {
        return Ok(None);
    };
    let pending = store.pending_migrations().await?;
    if pending.is_empty() { Ok(Some(store)) } else { Err(StartError::Unmigrated(pending).into()) }
}

/// No command works on another database than that of the shell that runs.
pub(super) async fn is_the_shells(config: &Config) -> Result<(), Failure> {
    if Running::keeps_another_database(config).await? {
        return Err(Failure::usage(
            "the shell that runs has its leads and records in another database than this command would work on: give the command the \
             shell's, such as by RINGMASTER__DATABASE__URL",
        ));
    }
    Ok(())
}

/// The database, where a command is nothing without it.
pub(super) async fn open(config: &Config) -> Result<Store, Failure> {
    let none = || Failure::failed("there is no database yet: run `ari-shell migrate` first");
    find(config).await?.ok_or_else(none)
}

/// The id of a configured campaign, of which something is to be written down. One that is new to the database gets its id now,
/// as it would from the next `run`. What a shell keeps to that runs with another configuration stays as it is.
pub(super) async fn campaign(config: &Config, store: &Store, name: &str) -> Result<CampaignId, Failure> {
    let configured = configured_campaign(config, name)?;
    match store.campaign(name).await {
        Err(StoreError::Unregistered { .. }) => Ok(config.register_campaign(store, configured).await?),
        known => Ok(known?),
    }
}

/// The id of a configured agent, of whom something is to be written down. One who is new to the database gets it now; whoever is
/// there works for the campaign that they did.
pub(super) async fn agent(config: &Config, store: &Store, name: &str) -> Result<AgentId, Failure> {
    config.suits(Purpose::Rules)?;
    let agent = named("agent", name, &config.agents, |agent| &agent.name)?;
    match store.agent(name).await {
        Err(StoreError::Unregistered { .. }) => {
            campaign(config, store, &agent.campaign).await?;
            Ok(config.register_agent(store, agent).await?)
        }
        known => Ok(known?),
    }
}

/// The ids of all that is configured, that campaign among it, for whoever only looks: nothing is written, and one that is new
/// has an id of which nothing is stored.
pub(super) async fn ids(config: &Config, store: &Store, name: &str) -> Result<Ids, Failure> {
    configured_campaign(config, name)?;
    Ok(config.known_ids(store).await?)
}

/// The campaign of that name, as it is configured.
pub(super) fn configured_campaign<'c>(config: &'c Config, name: &str) -> Result<&'c Campaign, Failure> {
    config.suits(Purpose::Rules)?;
    named("campaign", name, &config.campaigns, |campaign| &campaign.name)
}
