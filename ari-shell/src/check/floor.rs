//! What the configuration names and Asterisk must have: trunks, phones, messages and the sounds of call flows.

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
    }
    findings
}

/// What to do about a carrier of the SIP driver that Asterisk has no more.
const WITHOUT_CHAN_SIP: &str = "Asterisk 22 comes without its driver, chan_sip, unless that was built from outside: name a PJSIP endpoint \
     by `trunk`, or load chan_sip.so and add it to sip.conf";

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
    let help = Help {
        missing: "add it to Asterisk's pjsip.conf, or correct `endpoint`",
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
    let missing = match missing_sounds(client, flow).await {
        Ok(missing) => missing,
        Err(error) => return Finding::warn(what, format!("its sounds cannot be told: {error}"), "try again"),
    };
    if missing.is_empty() {
        return Finding::ok(
            what,
            format!("edition {}, all of its {} sounds are there", flow.edition, flow.sounds().len()),
        );
    }
    Finding::fail(
        what,
        format!("{} are missing: the campaign cannot be started", missing.join(", ")),
        "put the files below Asterisk's sounds and reload them (`module reload sounds`)",
    )
}

/// The sounds of a flow that Asterisk does not have, each with the nodes that play it.
pub(crate) async fn missing_sounds(client: &Client, flow: &CallFlow) -> Result<Vec<String>, Error> {
    let mut missing = Vec::new();
    for sound in flow.sounds() {
        // Checked when the flow was read.
        match client.sound(sound.strip_prefix("sound:").unwrap_or(sound)).await {
            Ok(_) => {}
            Err(Error::Http { kind: Kind::Gone, .. }) => missing.push(played(flow, sound)),
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
