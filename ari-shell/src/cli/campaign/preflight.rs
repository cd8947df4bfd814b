//! `campaign preflight`: what would become of a campaign that is started now.

use engine::Engine;
use engine::words::{AttemptId, Micros, SessionId};

use super::close;
use crate::cli::{Failure, Out, database};
use crate::config::{Config, Ids};
use crate::preflight::{Estimate, Preflight, Rules, Screens};

/// Tells it in a sentence, or as JSON.
pub(super) async fn run(name: &str, json: bool, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = database::open(config).await?;
    let ids = database::ids(config, &store, name).await?;
    let id = ids.campaigns[name];
    let campaign = config.campaigns.iter().find(|campaign| campaign.name == name);
    let campaign = campaign.expect("it has an id since it is configured");
    let agents = config.agents.iter().filter(|agent| agent.campaign == name).count();
    let rules = Rules {
        campaign: id,
        numbering: config.numbering,
        cap: campaign.retry.cap,
        agents: u32::try_from(agents).unwrap_or(u32::MAX),
        wrap_up: campaign.wrap_up,
        after_drop: campaign.kept_for_after_drop(),
    };
    let screens = Screens {
        lists: &config.lists_of(campaign, id),
        caps: &config.caps_of(campaign).collect::<Vec<_>>(),
    };
    let now = store.clock().now();
    let mut engine = engine(config, &ids, now)?;
    let open = |number, zone: Option<&str>| engine.hours(now, id, number, zone).is_ok();
    let told = Preflight::of(&store, rules, screens, open).await?;
    if json {
        return Ok(out.json(&told)?);
    }
    match told.estimate {
        Some(Estimate { lasts, .. }) => {
            let done = close::shown(store.clock().now() + lasts, campaign);
            out.line(format_args!("{told}; done {done}"))?;
            Ok(out.line(format_args!(
                "At the soonest: with all {agents} agents busy, by its calls of the last 7 days."
            ))?)
        }
        None => Ok(out.line(format_args!(
            "{told}. No estimate: it has too few calls of the last 7 days, or no agents."
        ))?),
    }
}

/// The engine that a start at that moment would have, to be asked for nothing but its hours.
pub(in crate::cli) fn engine(config: &Config, ids: &Ids, at: Micros) -> Result<Engine, Failure> {
    let rules = config.engine(ids, config.node.clone().into(), AttemptId(1), SessionId(1));
    Engine::new(rules, [0; 32], at).map_err(|bad| Failure::failed(bad.to_string()))
}
