//! Whether enough of the carriers' calls are answered, where the configuration says how many that are: a carrier may take all
//! calls and bring few of them to anybody.

use super::Finding;
use crate::clock::Clock;
use crate::config::{Carrier, Config};
use crate::store::{Answered, StoreError};

/// A finding for each carrier that has a `least_answered`. None where the database cannot be asked, which is a finding already.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let watched = |carrier: &&Carrier| carrier.least_answered.is_some();
    let carriers: Vec<&Carrier> = config.carriers.iter().filter(watched).collect();
    if carriers.is_empty() {
        return Vec::new();
    }
    count(config, &carriers).await.unwrap_or_default()
}

async fn count(config: &Config, carriers: &[&Carrier]) -> Result<Vec<Finding>, StoreError> {
    let Some(store) = config.store(Clock::start()).await? else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for carrier in carriers {
        findings.extend(judge(carrier, store.answered(&carrier.name, carrier.answered_over).await?));
    }
    store.close().await;
    Ok(findings)
}

fn judge(carrier: &Carrier, counted: Answered) -> Option<Finding> {
    let Answered { calls, answered } = counted;
    let (least, what) = (carrier.least_answered?, format!("answers by {}", carrier.name));
    if calls < carrier.answered_over {
        let found = format!("{calls} calls in the last day; it takes {} to tell", carrier.answered_over);
        return Some(Finding::ok(what, found));
    }
    let found = format!("{answered} of its last {calls} calls were answered");
    if u64::from(answered) * 100 >= u64::from(least) * u64::from(calls) {
        return Some(Finding::ok(what, found));
    }
    let advice = format!(
        "that is below its `least_answered` of {least} percent: ask the carrier, and see to the caller id and the list"
    );
    Some(Finding::warn(what, found, advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn too_few_answers_are_a_warning_once_there_are_calls_enough() {
        let text = "ari.password = 'x'\n[[carrier]]\nname = 'north'\ntrunk = 'north'\nleast_answered = 10\n";
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("a file");
        let config = Config::load(file.path(), []).expect("all right");
        for (calls, answered, verdict) in
            [(199, 0, Verdict::Ok), (200, 19, Verdict::Warn), (200, 20, Verdict::Ok), (200, 200, Verdict::Ok)]
        {
            let finding = judge(&config.carriers[0], Answered { calls, answered }).expect("it is watched");
            assert_eq!(finding.verdict, verdict, "{finding:?}");
        }
    }
}
