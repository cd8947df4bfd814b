//! Those who are told of calls: whether they are there, and what they have not been told.

use super::Finding;
use crate::clock::Clock;
use crate::config::{Campaign, Config, SinkConfig};
use crate::outbox::reach;
use crate::store::Backlog;

/// One finding for each sink, and one for whatever was given up or is for nobody.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sinks = config.sinks();
    for sink in &sinks {
        findings.push(receiver(sink).await);
    }
    findings.extend(config.unsent_texts().map(|(campaign, nodes)| unsent(campaign, &nodes)));
    let backlog = backlog(config).await.unwrap_or_default();
    findings.extend(backlog.iter().filter(|left| left.dead > 0).map(dead));
    let is_known = |left: &Backlog| sinks.iter().any(|sink| sink.name() == left.sink);
    findings.extend(backlog.iter().filter(|left| left.waiting > 0 && !is_known(left)).map(nobodys));
    findings
}

/// Dialling works without it, and what it is to be told waits.
async fn receiver(sink: &SinkConfig<'_>) -> Finding {
    let what = match sink {
        SinkConfig::Webhook(webhook) => format!("webhook {}", webhook.name),
        SinkConfig::Stream(_) => String::from("stream"),
    };
    let (place, seen) = reach(sink).await;
    match seen {
        Ok(seen) => Finding::ok(what, format!("{place} {seen}")),
        Err(problem) => Finding::warn(
            what,
            format!("{place} does not answer ({problem})"),
            "what it is to be told waits in the outbox until it does",
        ),
    }
}

/// The callees are led on as if they had been sent one.
fn unsent(campaign: &Campaign, nodes: &[&str]) -> Finding {
    Finding::warn(
        format!("campaign {}, texts", campaign.name),
        format!("its call flow sends texts (node {}), and nobody is told to send them", nodes.join(", ")),
        "give a [[webhook]] or the [stream] the event \"flow.sms\", or take the nodes out of the call flow",
    )
}

/// `None` where the database cannot be asked, which is another finding.
async fn backlog(config: &Config) -> Option<Vec<Backlog>> {
    let store = config.store(Clock::start()).await.ok()??;
    let backlog = store.backlog().await.ok();
    store.close().await;
    backlog
}

fn dead(Backlog { sink, dead, .. }: &Backlog) -> Finding {
    Finding::warn(
        format!("outbox of {sink}"),
        format!("{dead} events were given up"),
        "look at them with `ari-shell outbox list`, then `outbox replay` or `outbox drop` them",
    )
}

fn nobodys(Backlog { sink, waiting, .. }: &Backlog) -> Finding {
    Finding::warn(
        format!("outbox of {sink}"),
        format!("{waiting} events wait for it, and it is not configured any more"),
        "configure it again, or `ari-shell outbox drop` them",
    )
}
