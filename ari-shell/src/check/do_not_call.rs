//! Whether the do-not-call lists are as young as they have to be: a campaign that keeps to an older one dials nobody.

use engine::words::{Micros, Span};

use super::Finding;
use crate::clock::Clock;
use crate::config::{Config, NumberList, duration};
use crate::moment::utc;
use crate::store::StoreError;

/// A finding for each list that has a `max_age`. None where the database cannot be asked, which is a finding already.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    if config.number_lists.iter().all(|list| list.max_age.is_none()) {
        return Vec::new();
    }
    date(config).await.unwrap_or_default()
}

async fn date(config: &Config) -> Result<Vec<Finding>, StoreError> {
    let Some(store) = config.store(Clock::start()).await? else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for NumberList { name, max_age, .. } in &config.number_lists {
        if let Some(max_age) = *max_age {
            findings.push(judge(name, max_age, store.dated(name).await?, store.clock().now()));
        }
    }
    store.close().await;
    Ok(findings)
}

fn judge(list: &str, max_age: Span, dated: Option<Micros>, now: Micros) -> Finding {
    let what = format!("do-not-call list {list}");
    let (age, nobody) = (duration::show(max_age), "and no campaign that keeps to it dials anybody");
    let Some(dated) = dated else {
        let found = format!("was never imported, {nobody}");
        return Finding::fail(what, found, "`dnc import` a version of it");
    };
    let dated_at = utc(dated);
    if dated + max_age < now {
        let found = format!("is as of {dated_at}, older than its `max_age` of {age}, {nobody}");
        return Finding::fail(what, found, "`dnc import` a newer version of it");
    }
    Finding::ok(what, format!("is as of {dated_at}, and may be {age} old"))
}
