//! What is ours: configuration, files, database and the shell itself.

use super::{Finding, Verdict};
use crate::ami;
use crate::clock::Clock;
use crate::config::{Campaign, Config, Problems};
use crate::hopper;
use crate::operator::{Closed, OperatorError, Running, Standing};
use crate::store::{Apart, Denied, SET_CLOCKS, StoreError};

/// One finding for each problem, which says itself what would be right.
pub(super) fn misconfigured(problems: &Problems) -> Vec<Finding> {
    let Problems { file, list } = problems;
    let alone = |problem| Problems { file: file.clone(), list: vec![problem] }.to_string();
    let fail = |problem| Finding { verdict: Verdict::Fail, ..Finding::ok("configuration", alone(problem)) };
    list.iter().cloned().map(fail).collect()
}

pub(super) fn configured(config: &Config) -> Finding {
    let Config { carriers, campaigns, agents, .. } = config;
    let (carriers, campaigns, agents) = (carriers.len(), campaigns.len(), agents.len());
    let what = "configuration";
    let found = format!("loads; carriers: {carriers}, campaigns: {campaigns}, agents: {agents}");
    if carriers == 0 || campaigns == 0 || agents == 0 {
        return Finding::warn(what, found, "nothing is dialled without at least one of each");
    }
    Finding::ok(what, found)
}

/// Which edition of the zones' rules counts the days: it comes with the program, so a change of law needs a new one.
pub(super) fn zones(config: &Config) -> Finding {
    let zone = |campaign: &Campaign| format!("{} is in {}", campaign.name, campaign.zone);
    let named: Vec<String> = config.campaigns.iter().map(zone).collect();
    let known = format!("the IANA database {} comes with the program", engine::zone::edition());
    Finding::ok("zones", [vec![known], named].concat().join("; "))
}

pub(super) fn data_dir(config: &Config) -> Finding {
    let (what, shown) = ("data directory", config.data_dir.display());
    if !config.data_dir.exists() {
        return Finding::fail(
            what,
            format!("{shown} is not there"),
            "run `ari-shell migrate`, which makes it",
        );
    }
    match tempfile::NamedTempFile::new_in(&config.data_dir) {
        Ok(_) => Finding::ok(what, format!("{shown} can be written")),
        Err(error) => Finding::fail(
            what,
            format!("{shown} cannot be written ({})", error.kind()),
            "give it to the user that the shell runs as",
        ),
    }
}

pub(super) async fn database(config: &Config) -> Finding {
    let what = "database";
    // Where that cannot be told, it is told of the shell.
    if let Ok(true) = Running::keeps_another_database(config).await {
        let advice = "see to [database] url, such as by RINGMASTER__DATABASE__URL; else commands and the shell know nothing of each other";
        return Finding::fail(what, "is another than that of the shell that runs", advice);
    }
    match look_into(config).await {
        Ok(None) => Finding::fail(what, "there is none yet", "run `ari-shell migrate`"),
        Ok(Some(Seen { product, denied: Some(denied), .. })) => {
            let Denied { role, schema, tables } = denied;
            let first = &tables[0];
            let denied = format!(
                "{product} can be reached, but {role} may not read and write all of its tables, such as {first}"
            );
            let grant =
                format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}");
            Finding::fail(what, denied, format!("as the tables' owner: {grant}"))
        }
        Ok(Some(Seen { product, pending, apart, .. })) if pending.is_empty() => {
            let reached = format!("{product} can be reached, the tables are up to date");
            match apart {
                None => Finding::ok(what, reached),
                Some(apart) => Finding::warn(what, format!("{reached}, and {apart}"), SET_CLOCKS),
            }
        }
        Ok(Some(Seen { product, pending, .. })) => {
            let lacks = format!("{product} can be reached, the tables lack {}", pending.join(", "));
            Finding::fail(what, lacks, "run `ari-shell migrate`")
        }
        Err(error @ StoreError::Newer(version)) => {
            let found = format!("has had migration {version:04}, which this ari-shell does not know");
            Finding::fail(what, found, error.advice())
        }
        Err(error) => Finding::fail(what, error.to_string(), error.advice()),
    }
}

/// What is seen of a database.
struct Seen {
    product: String,
    /// The migrations that it has not had.
    pending: Vec<String>,
    denied: Option<Denied>,
    apart: Option<Apart>,
}

/// `None` where there is no database.
async fn look_into(config: &Config) -> Result<Option<Seen>, StoreError> {
    let Some(store) = config.store(Clock::start()).await? else {
        return Ok(None);
    };
    let product = store.product().await;
    let pending = store.pending_migrations().await;
    let denied = store.denied().await;
    let apart = store.clocks_apart().await;
    store.close().await;
    Ok(Some(Seen { product: product?, pending: pending?, denied: denied?, apart: apart? }))
}

/// Where a Redis is configured: dialling works without it.
pub(super) async fn redis(config: &Config) -> Option<Finding> {
    let what = "redis";
    Some(match hopper::ask(config.redis.as_ref()?).await {
        Ok(version) => Finding::ok(what, format!("{version} answers; it holds the shared hopper")),
        Err(problem) => Finding::warn(
            what,
            format!("does not hold the shared hopper ({problem})"),
            "the database stands in until it does; see to [redis] url, and to its version, which has to be 6.2 or newer",
        ),
    })
}

pub(super) async fn ami(config: &Config) -> Option<Finding> {
    let what = "ami";
    Some(match ami::ask(config.ami.as_ref()?).await {
        Ok(greeting) => Finding::ok(what, format!("{greeting} answers and is watched")),
        Err(silence) => Finding::fail(
            what,
            format!("does not answer ({silence})"),
            "nothing is dialled until it does; see to [ami] and to manager.conf, or leave all of [ami] and RINGMASTER__AMI__PASSWORD out",
        ),
    })
}

pub(super) async fn shell(config: &Config) -> Finding {
    let (what, listen) = ("shell", config.http.listen);
    let shell = match Running::at_once(config).await {
        Ok(Standing::Runs(shell)) => shell,
        Ok(Standing::Closed(Closed::Waits)) => {
            let advice = "see to Asterisk; the shell opens its floor by itself once it answers";
            return Finding::warn(what, format!("waits at {listen} for Asterisk"), advice);
        }
        Ok(Standing::Closed(Closed::Gone)) => {
            return Finding::warn(what, "none runs", "start it with `ari-shell run`");
        }
        Err(OperatorError::Opens(_)) => {
            return Finding::warn(
                what,
                format!("is about to open its floor at {listen}"),
                "ask again once it has",
            );
        }
        Err(error) => {
            let advice = "see to [http] listen and data_dir: they are those of the shell that runs";
            return Finding::fail(what, error.to_string(), advice);
        }
    };
    match shell.ready().await {
        Ok(()) => Finding::ok(what, format!("runs at {listen} and is ready")),
        Err(error) => Finding::fail(
            what,
            format!("runs at {listen} and is not ready: {error}"),
            "see what the shell logs; it goes on by itself once Asterisk and the database are there",
        ),
    }
}
