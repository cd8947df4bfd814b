//! The modules that Asterisk has to run for what is configured. Without one of them a request, or a call, fails when it needs it.

use std::collections::BTreeSet;

use engine::amd::{AmdRules, Detection};
use engine::carrier::Route;
use engine::flow::{Destination, NodeKind, TransferRules};
use engine::recording::Format;

use super::{Finding, recordings};
use crate::ari::wire::Module;
use crate::ari::{Client, Error, Kind, module_of};
use crate::config::{Campaign, Config};

/// What our requests are carried out by, whatever is configured.
const REQUESTS: [&str; 23] = [
    "app_stasis.so",
    "bridge_holding.so",
    "bridge_simple.so",
    "bridge_softmix.so",
    "chan_bridge_media.so",
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

/// What is mixed, recorded or played goes by the ticks of one of these.
const TIMING: [&str; 3] = ["res_timing_timerfd.so", "res_timing_pthread.so", "res_timing_dahdi.so"];

/// What is mixed, recorded or listened to is read by one of the two codecs of the telephone network.
const TELEPHONY: [&str; 2] = ["codec_ulaw.so", "codec_alaw.so"];

/// What a leg of PJSIP is made of.
const PJSIP: [&str; 4] =
    ["chan_pjsip.so", "res_pjsip_sdp_rtp.so", "res_pjsip_session.so", "res_rtp_asterisk.so"];

/// The context for carriers of the dialplan that comes with the program, and all that it and `dial-trunk` use.
const OUR_CONTEXT: &str = "from-campaign";
const OUR_DIALPLAN: [&str; 8] = [
    "app_dial.so",
    "app_stack.so",
    "app_userevent.so",
    "func_dialplan.so",
    "func_hangupcause.so",
    "func_logic.so",
    "func_strings.so",
    "pbx_config.so",
];

/// What the dialplan's context `amd` is made of.
const DETECTS: [&str; 3] = ["app_amd.so", "func_logic.so", "pbx_config.so"];

/// What tells whether a callee talks.
const HEARS_TALK: &str = "func_talkdetect.so";

/// What notes for whom a call is billed.
const BILLS: &str = "func_channel.so";

/// Whether all that are needed run.
pub(super) async fn look(config: &Config, client: &Client) -> Finding {
    let needed = needed(config);
    let mut lacking = Vec::new();
    for any_of in &needed {
        lacking.extend(lacks(client, any_of).await);
    }
    if lacking.is_empty() {
        return Finding::ok("modules", format!("all {} that are needed are running", needed.len()));
    }
    let advice = "load them in modules.conf, as our dialplan/modules.conf does, and restart Asterisk";
    Finding::fail("modules", lacking.join(", "), advice)
}

/// How the first of them stands where none runs.
async fn lacks(client: &Client, any_of: &[&'static str]) -> Option<String> {
    let mut lacking = None;
    for name in any_of {
        let why = not_running(client, name).await?;
        lacking.get_or_insert(format!("{name} ({why})"));
    }
    lacking
}

/// Why a module does not run; `None` where it does.
pub(super) async fn not_running(client: &Client, name: &str) -> Option<String> {
    match client.module(name).await {
        Ok(Module { status, .. }) if status == "Running" => None,
        Ok(Module { status, .. }) => Some(status),
        Err(Error::Http { kind: Kind::Gone, .. }) => Some(String::from("not loaded")),
        Err(error) => Some(error.to_string()),
    }
}

/// All that are needed for what is configured; of each set one.
fn needed(config: &Config) -> BTreeSet<Vec<&'static str>> {
    let mut all = BTreeSet::from(REQUESTS);
    all.extend(calls(config));
    all.extend(dialplans(config));
    all.extend(detections(config));
    all.extend(files(config));
    all.extend(config.campaigns.iter().any(|campaign| campaign.account.is_some()).then_some(BILLS));
    let any = [TIMING.to_vec(), TELEPHONY.to_vec()];
    all.into_iter().map(|name| vec![name]).chain(any).collect()
}

fn calls(config: &Config) -> impl Iterator<Item = &'static str> {
    let by_trunk = config.carriers.iter().any(|carrier| matches!(carrier.route, Route::Trunk { .. }));
    let is_called = |endpoint: &str| endpoint.starts_with("PJSIP/");
    let by_phone = config.agents.iter().any(|agent| is_called(&agent.endpoint));
    let by_transfer = config
        .campaigns
        .iter()
        .flat_map(transfers)
        .any(|rules| matches!(&rules.to, Destination::Endpoint(endpoint) if is_called(endpoint)));
    PJSIP.into_iter().filter(move |_| by_trunk || by_phone || by_transfer)
}

/// By whom callees of a campaign are taken over: from its agents, and from its call flow.
fn transfers(campaign: &Campaign) -> impl Iterator<Item = &TransferRules> {
    let nodes = campaign.flow.iter().flat_map(|flow| &flow.nodes);
    let by_flow = nodes.filter_map(|node| {
        if let NodeKind::Transfer { rules, .. } = &node.kind { Some(&**rules) } else { None }
    });
    campaign.transfers.values().map(|rules| &**rules).chain(by_flow)
}

/// A context of another name is the site's own, and so is what it uses.
fn dialplans(config: &Config) -> impl Iterator<Item = &'static str> {
    let ours = |route: &Route| matches!(route, Route::Local { context, .. } if context == OUR_CONTEXT);
    let is_ours = config.carriers.iter().any(|carrier| ours(&carrier.route));
    OUR_DIALPLAN.into_iter().filter(move |_| is_ours)
}

fn detections(config: &Config) -> impl Iterator<Item = &'static str> {
    let amd = || config.campaigns.iter().filter_map(|campaign| campaign.amd.as_deref());
    let is_gate = |rules: &AmdRules| matches!(rules.detection, Detection::Gate { .. });
    let gate = amd().any(is_gate);
    // A gate's machine is listened to for the end of its greeting, where it is left a message.
    let hears = amd().any(|rules| !is_gate(rules) || rules.message.is_some());
    DETECTS.into_iter().filter(move |_| gate).chain(hears.then_some(HEARS_TALK))
}

/// What writes the recordings: takes in the campaign's format, and what callees say in a call flow as `wav`.
fn files(config: &Config) -> impl Iterator<Item = &'static str> {
    let takes = config.campaigns.iter().filter_map(|campaign| campaign.recording.map(|rules| rules.format));
    let flows = config.campaigns.iter().filter_map(|campaign| campaign.flow.as_deref());
    let words = flows.flat_map(recordings::records);
    takes.chain(words.map(|_| Format::Wav)).map(module_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_modules_conf_loads_what_is_needed() {
        let shipped = include_str!("../../../dialplan/modules.conf");
        let files = Format::ALL.map(module_of);
        let first = [TIMING[0], TELEPHONY[0], HEARS_TALK, BILLS];
        let all = REQUESTS.into_iter().chain(PJSIP).chain(OUR_DIALPLAN).chain(DETECTS);
        for module in all.chain(files).chain(first) {
            assert!(shipped.lines().any(|line| line == format!("load = {module}")), "{module}");
        }
    }

    /// What a configuration needs beside what any does.
    fn more(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let load = |text: &str| {
            std::fs::write(file.path(), format!("ari.password = 'x'\n{text}")).expect("a file");
            needed(&Config::load(file.path(), []).expect("all right"))
        };
        let any = load("");
        load(text).difference(&any).map(|one| one.join("|")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_site_has_no_use_for_is_not_asked_for() {
        let carrier = |way: &str| format!("[[carrier]]\nname = 'a'\n{way}\n");
        let campaign = |more: &str| {
            format!("{}[[campaign]]\nname = 's'\ncarriers = ['a']\n{more}\n", carrier("dahdi = 'g1'"))
        };
        let agent = |endpoint: &str| {
            format!("{}[[agent]]\nname = 'a'\ncampaign = 's'\nendpoint = '{endpoint}'\n", campaign(""))
        };
        let folder = tempfile::tempdir().expect("a folder");
        let transfers = |endpoint: &str| {
            let flow = folder.path().join(endpoint.replace('/', "-"));
            let node = "[[node]]\nname = 'a'\ntype = 'transfer'\nanswered = 'hang_up'\notherwise = 'hang_up'\nsounds = []\n";
            let text = format!("version = 1\nname = 'f'\n{node}endpoint = '{endpoint}'\n");
            std::fs::write(&flow, text).expect("a file");
            format!("mode = 'broadcast'\nper_minute = 1\nflow = '{}'", flow.display())
        };
        let (pjsip, dialplan) = (PJSIP.join(" "), OUR_DIALPLAN.join(" "));
        for (text, wanted) in [
            (carrier("trunk = 'a'"), &*pjsip),
            (carrier("dahdi = 'g1'"), ""),
            (carrier("local = 'from-campaign'"), &dialplan),
            (carrier("local = 'own'"), ""),
            (agent("PJSIP/a"), &pjsip),
            (agent("IAX2/a"), ""),
            (campaign("[[campaign.transfers]]\nname = 't'\nendpoint = 'PJSIP/desk'"), &pjsip),
            (campaign("[[campaign.transfers]]\nname = 't'\nendpoint = 'DAHDI/g1/17'"), ""),
            (campaign(&transfers("PJSIP/desk")), &pjsip),
            (campaign(&transfers("Local/desk")), ""),
            (campaign("amd = 'gate'"), "app_amd.so func_logic.so pbx_config.so"),
            (campaign("amd = 'parallel'"), "func_talkdetect.so"),
            (campaign("account = 'x'"), "func_channel.so"),
            (campaign("recording = 'all'"), "format_wav.so"),
            (campaign("recording = 'all'\nrecording_format = 'alaw'"), "format_pcm.so"),
        ] {
            assert_eq!(more(&text), wanted, "{text}");
        }
    }
}
