//! Whether Asterisk has the folder into which it records. It makes none, and without it nothing of any call is kept.

use engine::flow::{CallFlow, Node, NodeKind};

use super::{Finding, Verdict};
use crate::ari::{Client, Error};
use crate::config::{Campaign, Config};

/// None where nothing is recorded.
pub(super) async fn look(config: &Config, client: &Client) -> Option<Finding> {
    let takes: Vec<String> = config.campaigns.iter().filter_map(starts).collect();
    let words: Vec<String> = config.campaigns.iter().filter_map(keeps).collect();
    if takes.is_empty() && words.is_empty() {
        return None;
    }
    let what = "recordings";
    let place = place(client).await;
    Some(match client.recordings_folder().await {
        Ok(()) => Finding::ok(
            what,
            format!("{place} is there for Asterisk to read; whether it may write there, the first one shows"),
        ),
        Err(Error::Http { .. }) => Finding {
            // A call flow goes on without what it cannot keep.
            verdict: if takes.is_empty() { Verdict::Warn } else { Verdict::Fail },
            ..Finding::fail(
                what,
                format!(
                    "{place} is not there, or not for Asterisk to read: {}",
                    [takes, words].concat().join(", ")
                ),
                format!(
                    "make it for the user that Asterisk runs as, since Asterisk makes none: on Debian \
                     `install -d -o asterisk -g asterisk -m 750 {place}`"
                ),
            )
        },
        Err(error) => Finding::warn(what, format!("{place} cannot be told: {error}"), "try again"),
    })
}

/// Where Asterisk keeps them, as it says itself.
async fn place(client: &Client) -> String {
    match client.global_variable("ASTSPOOLDIR").await {
        Ok(spool) if !spool.is_empty() => format!("{spool}/recording"),
        Ok(_) | Err(_) => String::from("<astspooldir>/recording"),
    }
}

/// What a campaign that records conversations does without the folder.
fn starts(campaign: &Campaign) -> Option<String> {
    campaign.recording.as_ref().map(|_| format!("campaign {} cannot be started", campaign.name))
}

/// The nodes in which callees are recorded.
pub(super) fn records(flow: &CallFlow) -> impl Iterator<Item = &Node> {
    flow.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Record { .. }))
}

/// What a call flow that records callees does without it.
fn keeps(campaign: &Campaign) -> Option<String> {
    let flow = campaign.flow.as_ref()?;
    let nodes: Vec<&str> = records(flow).map(|node| node.name.as_str()).collect();
    let nodes = Some(nodes.join(", ")).filter(|nodes| !nodes.is_empty())?;
    Some(format!(
        "the call flow of campaign {} keeps nothing of what callees say (node {nodes})",
        campaign.name
    ))
}
