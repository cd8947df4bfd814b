//! Writes down what each minute of a campaign was like: how it stood, what kept it from dialling, and how often.
//!
//! The engine counts its refusals, and no more: whoever asks later why nobody was dialled at a certain time finds it here. The
//! minute in which a floor ends, or its shell dies, is not written down.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::Reason;
use engine::campaign::CampaignState;
use engine::view::{CampaignView, View};
use engine::words::{CampaignId, Micros, Node};
use tokio::time::sleep;

use crate::floor::Floor;
use crate::store::{MINUTE, Minute, Store};

/// Writes until the floor has ended.
pub(crate) async fn keep(floor: Floor, store: Store, node: Node) {
    let mut last = Last::default();
    loop {
        let now = store.clock().now();
        let began = Minute::of(now);
        sleep(Duration::from_micros(((began + MINUTE).since(now)).0)).await;
        let Ok(view) = floor.view().await else { return };
        if let Err(problem) = store.keep_minutes(&last.minutes(began, &node, &view)).await {
            store.cannot(&problem, "what the last minute was like is not kept");
        }
    }
}

/// How each campaign stood at the last look, and what had kept it from dialling until then.
#[derive(Default)]
struct Last(BTreeMap<CampaignId, (CampaignState, BTreeMap<Reason, u64>)>);

impl Last {
    /// The minute that has ended, of each campaign that ran in it, or changed, or was asked in vain to dial.
    fn minutes(&mut self, began: Micros, node: &Node, view: &View) -> Vec<Minute> {
        let minutes = view.campaigns.iter().filter_map(|campaign| {
            let CampaignView { id, state, reason, .. } = *campaign;
            let seen = self.0.insert(id, (state, campaign.refusals.clone()));
            let (stood, counted) = seen.unzip();
            let counted = counted.unwrap_or_default();
            let refusals: BTreeMap<Reason, u64> = (campaign.refusals.iter())
                .map(|(reason, count)| (*reason, count - counted.get(reason).copied().unwrap_or(0)))
                .filter(|(_, count)| *count > 0)
                .collect();
            let tells = state == CampaignState::Running || stood != Some(state) || !refusals.is_empty();
            tells.then(|| Minute { campaign: id, began, node: node.to_string(), state, reason, refusals })
        });
        minutes.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::fake;

    #[test]
    fn a_minute_has_what_kept_its_campaign_from_dialling_within_it_and_is_kept_where_it_ran_or_changed() {
        let node = Node::try_from("rm1".to_owned()).expect("a node");
        let mut last = Last::default();
        let mut tell = |state: CampaignState, no_agents: u64| {
            let mut view = fake::view();
            view.campaigns.truncate(1);
            view.campaigns[0].state = state;
            view.campaigns[0].refusals = [(Reason::NoAgents, no_agents), (Reason::CarrierRate, 7)].into();
            let minutes = last.minutes(Micros(60_000_000), &node, &view);
            minutes.into_iter().map(|minute| (minute.state, minute.refusals)).collect::<Vec<_>>()
        };
        let (running, paused) = (CampaignState::Running, CampaignState::Paused);
        let both = [(Reason::NoAgents, 3), (Reason::CarrierRate, 7)].into();
        assert_eq!(tell(running, 3), [(running, both)]);
        assert_eq!(tell(running, 5), [(running, [(Reason::NoAgents, 2)].into())]);
        assert_eq!(tell(running, 5), [(running, BTreeMap::new())], "nothing kept it");
        assert_eq!(tell(paused, 5), [(paused, BTreeMap::new())], "it was paused");
        assert_eq!(tell(paused, 5), [], "and still is");
        assert_eq!(tell(paused, 6), [(paused, [(Reason::NoAgents, 1)].into())]);
    }
}
