//! What the configuration names and Asterisk must have: trunks, phones, messages and the sounds of call flows.

use std::collections::BTreeSet;

use engine::carrier::Route;
use engine::flow::CallFlow;

use super::{Finding, modules};
use crate::ari::wire::EndpointState;
use crate::ari::{Client, Error, Kind};
use crate::config::{Agent, Campaign, Carrier, Config};

pub(super) async fn look(config: &Config, client: &Client) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in &config.carriers {
        findings.push(carrier(client, one).await);
    }
    for one in &config.agents {
        findings.push(agent(client, one).await);
    }
    for one in &config.campaigns {
        findings.push(message(client, one).await);
        if let Some(left) = one.amd.as_ref().and_then(|amd| amd.message.as_ref()) {
            findings.push(machine_message(client, one, &left.sound).await);
        }
        if let Some(flow) = &one.flow {
            findings.push(call_flow(client, one, flow).await);
        }
        findings.extend(transfers(client, one).await);
    }
    findings
}

/// What to do about a carrier of the SIP driver that Asterisk has no more.
const WITHOUT_CHAN_SIP: &str = "Asterisk 22 comes without its driver, chan_sip, unless that was built from outside: name a PJSIP endpoint \
     by `trunk`, or load chan_sip.so and add it to sip.conf";

/// And about a phone of it.
const PHONE_WITHOUT_CHAN_SIP: &str = "Asterisk 22 comes without its driver, chan_sip, unless that was built from outside: give the agent an \
     `endpoint` of PJSIP, or load chan_sip.so and add it to sip.conf";

async fn carrier(client: &Client, carrier: &Carrier) -> Finding {
    let what = format!("carrier {}", carrier.name);
    let offline = "calls by it will fail: see to its address and registration";
    match &carrier.route {
        Route::Dahdi { group } => driven(client, what, "DAHDI", &format!("DAHDI/{group}")).await,
        Route::Sip { peer } => {
            let help = Help { missing: WITHOUT_CHAN_SIP, offline };
            reachable(client, what, &format!("SIP/{peer}"), help).await
        }
        Route::Local { context, .. } => {
            Finding::ok(what, format!("goes by the dialplan context {context}, into which ARI cannot look"))
        }
        Route::Trunk { endpoint } => {
            let help = Help { missing: "add it to Asterisk's pjsip.conf, or correct `trunk`", offline };
            reachable(client, what, &format!("PJSIP/{endpoint}"), help).await
        }
    }
}

async fn agent(client: &Client, agent: &Agent) -> Finding {
    let is_old = agent.endpoint.starts_with("SIP/");
    let help = Help {
        missing: if is_old {
            PHONE_WITHOUT_CHAN_SIP
        } else {
            "add it to Asterisk's pjsip.conf, or correct `endpoint`"
        },
        offline: "the phone is off or not registered, and the agent cannot log in",
    };
    reachable(client, format!("agent {}", agent.name), &agent.endpoint, help).await
}

/// What to do about an endpoint.
struct Help {
    missing: &'static str,
    offline: &'static str,
}

async fn reachable(client: &Client, what: String, endpoint: &str, help: Help) -> Finding {
    let (technology, resource) = endpoint.split_once('/').unwrap_or((endpoint, ""));
    if !["PJSIP", "SIP"].contains(&technology) {
        return driven(client, what, technology, endpoint).await;
    }
    match client.endpoint(technology, resource).await {
        Ok(known) => match known.state {
            EndpointState::Online => Finding::ok(what, format!("{endpoint} is online")),
            EndpointState::Offline => Finding::warn(what, format!("{endpoint} is offline"), help.offline),
            EndpointState::Unknown | EndpointState::Other(_) => Finding::ok(
                what,
                format!("{endpoint} is there; Asterisk does not watch whether it can be reached"),
            ),
        },
        Err(Error::Http { kind: Kind::Gone, .. }) => {
            Finding::fail(what, format!("Asterisk has no endpoint {endpoint}"), help.missing)
        }
        Err(error) => Finding::warn(what, format!("{endpoint} cannot be told: {error}"), "try again"),
    }
}

/// What ARI cannot look into, but for whether there is a driver for it.
async fn driven(client: &Client, what: String, technology: &str, endpoint: &str) -> Finding {
    let driver = format!("chan_{}.so", technology.to_ascii_lowercase());
    // Asterisk's core has that one itself.
    let why = if technology == "Local" { None } else { modules::not_running(client, &driver).await };
    match why {
        None => Finding::ok(what, format!("goes by {endpoint}, into which ARI cannot look")),
        Some(why) => Finding::fail(
            what,
            format!("goes by {endpoint}, and Asterisk does not run {driver} ({why})"),
            "load it in modules.conf, where Asterisk was built with it, and restart Asterisk; or name another way",
        ),
    }
}

async fn message(client: &Client, campaign: &Campaign) -> Finding {
    let what = format!("campaign {}", campaign.name);
    let Some(message) = &campaign.message else {
        return Finding::ok(what, "needs no message");
    };
    sound(client, what, "its message", message, "a callee whom no agent can take would hear silence").await
}

async fn machine_message(client: &Client, campaign: &Campaign, message: &str) -> Finding {
    let what = format!("campaign {}, machines", campaign.name);
    sound(client, what, "their message", message, "the campaign cannot be started").await
}

/// Whether a sound is there, and what follows where it is not.
async fn sound(client: &Client, what: String, role: &str, media: &str, without: &str) -> Finding {
    // Checked when the configuration was read.
    let sound = media.strip_prefix("sound:").unwrap_or(media);
    match client.sound(sound).await {
        Ok(_) => Finding::ok(what, format!("{role} {media} is there")),
        Err(Error::Http { kind: Kind::Gone, .. }) => Finding::fail(
            what,
            format!("{role} {media} is missing: {without}"),
            "put the file below Asterisk's sounds and reload them (`module reload sounds`)",
        ),
        Err(error) => Finding::warn(what, format!("{media} cannot be told: {error}"), "try again"),
    }
}

async fn call_flow(client: &Client, campaign: &Campaign, flow: &CallFlow) -> Finding {
    let what = format!("campaign {}, call flow {}", campaign.name, flow.name);
    let all = format!("edition {}, all of its {} sounds are there", flow.edition, flow.sounds().len());
    sounds(what, all, missing_sounds(client, flow).await)
}

/// What whoever callees are handed over to is told first.
async fn transfers(client: &Client, campaign: &Campaign) -> Option<Finding> {
    let told: BTreeSet<&str> =
        campaign.transfers.values().flat_map(|rules| rules.whisper.iter().map(String::as_str)).collect();
    if told.is_empty() {
        return None;
    }
    let plays = |sound: &str| {
        let names =
            campaign.transfers.iter().filter(|(_, rules)| rules.whisper.iter().any(|own| own == sound));
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        format!("{sound} (whisper of {})", names.join(", "))
    };
    let missing = lacking(client, told.iter().copied(), plays).await;
    let all = "every sound of their whispers is there".to_owned();
    Some(sounds(format!("campaign {}, transfers", campaign.name), all, missing))
}

/// Whether all sounds of something are there.
fn sounds(what: String, all: String, missing: Result<Vec<String>, Error>) -> Finding {
    match missing {
        Ok(missing) if missing.is_empty() => Finding::ok(what, all),
        Ok(missing) => Finding::fail(
            what,
            format!("{} are missing: the campaign cannot be started", missing.join(", ")),
            "put the files below Asterisk's sounds and reload them (`module reload sounds`)",
        ),
        Err(error) => Finding::warn(what, format!("its sounds cannot be told: {error}"), "try again"),
    }
}

/// The sounds of a flow that Asterisk does not have, each with the nodes that play it.
pub(crate) async fn missing_sounds(client: &Client, flow: &CallFlow) -> Result<Vec<String>, Error> {
    lacking(client, flow.sounds().into_iter(), |sound| played(flow, sound)).await
}

/// The sounds that Asterisk does not have, each as it is told.
async fn lacking<'s>(
    client: &Client,
    sounds: impl Iterator<Item = &'s str>,
    told: impl Fn(&str) -> String,
) -> Result<Vec<String>, Error> {
    let mut missing = Vec::new();
    for sound in sounds {
        // Checked when the configuration was read.
        match client.sound(sound.strip_prefix("sound:").unwrap_or(sound)).await {
            Ok(_) => {}
            Err(Error::Http { kind: Kind::Gone, .. }) => missing.push(told(sound)),
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}

fn played(flow: &CallFlow, sound: &str) -> String {
    let plays = flow.nodes.iter().filter(|node| node.kind.sounds().any(|own| own == sound));
    let nodes: Vec<&str> = plays.map(|node| node.name.as_str()).collect();
    format!("{sound} (node {})", nodes.join(", "))
}
