//! `migrate`: bring the database's tables up to date.

use secrecy::ExposeSecret as _;

use super::{Failure, Out, database};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{self, Store};
use crate::unique::make_folder;

pub(super) async fn run(config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    database::is_the_shells(config).await?;
    // The database is in there unless it was put elsewhere, and this is the first command that anybody runs.
    make_folder(&config.data_dir).map_err(|error| {
        Failure::failed(format!("data_dir: {} cannot be made: {error}", config.data_dir.display()))
    })?;
    let (url, node) = (config.database.url.expose_secret(), &config.node);
    let store = match Store::open_existing(url, node, Clock::start()).await? {
        Some(store) => store,
        None => {
            let store = Store::open(url, node, Clock::start()).await?;
            // Whoever has misspelt it would look for their leads in it.
            out.line(format_args!("made the database {}: there was none", store::name(url)))?;
            store
        }
    };
    let pending = store.pending_migrations().await?;
    store.migrate().await?;
    store.close().await;
    if pending.is_empty() {
        return Ok(out.line("Nothing to apply: the tables are up to date.")?);
    }
    for migration in pending {
        out.line(format_args!("applied {migration}"))?;
    }
    Ok(())
}
