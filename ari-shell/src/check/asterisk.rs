//! The PBX: whether it answers, takes us, is one that may be trusted, and has what our requests need.

use engine::amd::{AmdRules, Detection};

use super::{Finding, floor, recordings};
use crate::ari::wire::{AsteriskInfo, Module};
use crate::ari::{self, ChannelId, Client, Error, Hangup, HttpConfig, Kind, Reason, Server, ServerError};
use crate::config::Config;

/// What our requests are carried out by. Without one of them a request fails in the middle of a call.
const MODULES: [&str; 24] = [
    "app_stasis.so",
    "bridge_holding.so",
    "bridge_simple.so",
    "bridge_softmix.so",
    "chan_bridge_media.so",
    "chan_pjsip.so",
    "func_timeout.so",
    "res_ari.so",
    "res_ari_applications.so",
    "res_ari_asterisk.so",
    "res_ari_bridges.so",
    "res_ari_channels.so",
    "res_ari_endpoints.so",
    "res_ari_events.so",
    "res_ari_playbacks.so",
    "res_ari_recordings.so",
    "res_ari_sounds.so",
    "res_http_websocket.so",
    "res_musiconhold.so",
    "res_stasis.so",
    "res_stasis_answer.so",
    "res_stasis_playback.so",
    "res_stasis_recording.so",
    "res_stasis_snoop.so",
];

/// What the dialplan's context `amd` detects machines by.
const DETECTS: &str = "app_amd.so";

/// What tells whether a callee talks.
const HEARS_TALK: &str = "func_talkdetect.so";

/// A channel that nobody has: the names of ours begin with the node's and a dot.
const NOBODY: &str = "ringmaster-check";

/// All that can be seen of the PBX.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let client = match client(config) {
        Ok(client) => client,
        Err(error) => return vec![Finding::fail("Asterisk", error.to_string(), "correct [ari] url")],
    };
    let info = match client.info().await {
        Ok(info) => info,
        Err(error) => return vec![away(config, &error)],
    };
    let mut findings = vec![
        Finding::ok(
            "Asterisk",
            format!("answers at {} and takes user {:?}", config.ari.url, config.ari.user),
        ),
        version(&info),
        may_write(config, &client).await,
        modules(config, &client).await,
    ];
    findings.extend(recordings::look(config, &client).await);
    findings.extend(floor::look(config, &client).await);
    findings
}

pub(crate) fn client(config: &Config) -> Result<Client, ServerError> {
    let server = Server::new(&config.ari.url, config.ari.user.clone(), config.ari.password.clone())?;
    Client::new(server, &HttpConfig::default())
}

/// It did not say who it is, so that nothing more can be asked of it.
fn away(config: &Config, error: &Error) -> Finding {
    let (url, user) = (&config.ari.url, &config.ari.user);
    match error {
        Error::Http { kind: Kind::Unauthorized, .. } => Finding::fail(
            "Asterisk",
            format!("answers at {url}, but refuses user {user:?} or their password"),
            "compare [ari] `user` and `password` with ari.conf; nothing else of Asterisk was looked at",
        ),
        Error::Http { .. } => Finding::fail(
            "Asterisk",
            format!("what answers at {url} is no ARI: {error}"),
            "see to [ari] url, to `prefix` in http.conf and to res_ari.so; nothing else of Asterisk was looked at",
        ),
        Error::NotSent(_) | Error::Unknown(_) => Finding::fail(
            "Asterisk",
            format!("does not answer at {url}: {error}"),
            "start it, or correct [ari] url; http.conf says where it listens. Nothing else of it was looked at",
        ),
    }
}

fn version(info: &AsteriskInfo) -> Finding {
    let version = &info.system.version;
    match ari::floor(version) {
        ari::Floor::Fine => Finding::ok("version", version),
        ari::Floor::Warn(why) => Finding::warn("version", version, why),
        ari::Floor::Refuse(why) => Finding::fail("version", version, why),
    }
}

/// A user of `read_only` passes for right until the first call: so something harmless is asked that is no reading.
async fn may_write(config: &Config, client: &Client) -> Finding {
    let (what, user) = ("permission", &config.ari.user);
    match client.hangup(&ChannelId::new(NOBODY), Hangup::Reason(Reason::Normal)).await {
        Ok(()) | Err(Error::Http { kind: Kind::Gone, .. }) => {
            Finding::ok(what, format!("user {user:?} may place calls"))
        }
        Err(Error::Http { kind: Kind::Unauthorized, .. }) => {
            let advice = "take `read_only` away from them in ari.conf";
            Finding::fail(what, format!("user {user:?} may only read"), advice)
        }
        Err(error) => Finding::warn(what, format!("cannot be told: {error}"), "try again"),
    }
}

/// All modules that are needed for what is configured.
fn needed(config: &Config) -> Vec<&'static str> {
    let amd = || config.campaigns.iter().filter_map(|campaign| campaign.amd.as_deref());
    let is_gate = |rules: &AmdRules| matches!(rules.detection, Detection::Gate { .. });
    let mut needed = MODULES.to_vec();
    needed.extend(amd().any(is_gate).then_some(DETECTS));
    // A gate's machine is listened to for the end of its greeting, where it is left a message.
    needed.extend(amd().any(|rules| !is_gate(rules) || rules.message.is_some()).then_some(HEARS_TALK));
    needed
}

async fn modules(config: &Config, client: &Client) -> Finding {
    let needed = needed(config);
    let mut lacking = Vec::new();
    for &name in &needed {
        match client.module(name).await {
            Ok(Module { status, .. }) if status == "Running" => {}
            Ok(Module { status, .. }) => lacking.push(format!("{name} ({status})")),
            Err(Error::Http { kind: Kind::Gone, .. }) => lacking.push(format!("{name} (not loaded)")),
            Err(error) => lacking.push(format!("{name} ({error})")),
        }
    }
    if lacking.is_empty() {
        return Finding::ok("modules", format!("all {} that are needed are running", needed.len()));
    }
    let advice = "load them in modules.conf, as our dialplan/modules.conf does, and restart Asterisk";
    Finding::fail("modules", lacking.join(", "), advice)
}

#[cfg(test)]
mod tests {
    use super::{DETECTS, HEARS_TALK, MODULES};

    #[test]
    fn our_own_modules_conf_loads_what_is_needed() {
        let shipped = include_str!("../../../dialplan/modules.conf");
        for module in MODULES.into_iter().chain([DETECTS, HEARS_TALK]) {
            assert!(shipped.lines().any(|line| line == format!("load = {module}")), "{module}");
        }
    }
}
