//! The commands' way to the database.

use engine::words::CampaignId;

use super::Failure;
use crate::clock::Clock;
use crate::config::{Config, Ids};
use crate::dialer::StartError;
use crate::names::unknown;
use crate::store::{Store, StoreError};

/// The database, its tables up to date. `None` where there is none yet.
pub(super) async fn find(config: &Config) -> Result<Option<Store>, Failure> {
    let Some(store) = config.store(Clock::start()).await? else {
        return Ok(None);
    };
    let pending = store.pending_migrations().await?;
    if pending.is_empty() { Ok(Some(store)) } else { Err(StartError::Unmigrated(pending).into()) }
}

/// The database, where a command is nothing without it.
pub(super) async fn open(config: &Config) -> Result<Store, Failure> {
    let none = || Failure::failed("there is no database yet: run `ari-shell migrate` first");
    find(config).await?.ok_or_else(none)
}

/// The id of a configured campaign. One that is new to the database gets its id now, as it would from the next `run`. What
/// a shell keeps to that runs with another configuration stays as it is.
pub(super) async fn campaign(config: &Config, store: &Store, name: &str) -> Result<CampaignId, Failure> {
    check_campaign(config, name)?;
    match store.campaign(name).await {
        Err(StoreError::Unregistered { .. }) => Ok(config.register(store).await?.campaigns[name]),
        known => Ok(known?),
    }
}

/// The ids of all that is configured, that campaign among it; what a shell keeps to stays as it is, as for [`campaign`].
pub(super) async fn ids(config: &Config, store: &Store, name: &str) -> Result<Ids, Failure> {
    campaign(config, store, name).await?;
    Ok(config.ids(store).await?)
}

fn check_campaign(config: &Config, name: &str) -> Result<(), Failure> {
    let configured = config.campaigns.iter().map(|campaign| campaign.name.as_str());
    if !configured.clone().any(|known| known == name) {
        return Err(Failure::failed(unknown("campaign", name, configured)));
    }
    Ok(())
}
