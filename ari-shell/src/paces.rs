//! What each campaign's pacing goes by, told in the log whenever that has changed and lasts.
//!
//! Its figures change with every call, and `explain --campaign` tells them when somebody asks. Here it is told when they
//! follow from something else than before: the first agent is at work, nobody answers any more, the budget is used up or has
//! room again, another window rules, or something else keeps the calls in the air to so many.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::campaign::CampaignState;
use engine::pacing::Pace;
use engine::view::View;
use engine::words::CampaignId;
use tokio::time::sleep;

use crate::config::Ids;
use crate::floor::Floor;

/// How often the floor is looked at. What does not last from one look to the next is not told.
const EVERY: Duration = Duration::from_secs(5);

/// Tells until the floor has ended.
pub(crate) async fn watch(floor: Floor, ids: Ids) {
    let names: BTreeMap<CampaignId, String> =
        ids.campaigns.into_iter().map(|(name, id)| (id, name)).collect();
    let mut told = Told::default();
    while let Ok(view) = floor.view().await {
        for (campaign, pace) in told.changes(&view) {
            tracing::info!(campaign = names[&campaign], "its pace: {pace}");
        }
        sleep(EVERY).await;
    }
}

/// The pace of each campaign that was told last, and the one that was seen at the last look, if it dialled then.
#[derive(Default)]
struct Told(BTreeMap<CampaignId, (Option<Pace>, Option<Pace>)>);

impl Told {
    /// What is to be told now: what campaigns that dial go by for the second look in a row, and did not before.
    fn changes(&mut self, view: &View) -> Vec<(CampaignId, Pace)> {
        let mut changes = Vec::new();
        for campaign in &view.campaigns {
            let (told, seen) = self.0.entry(campaign.id).or_default();
            let pace = campaign.pace.filter(|_| campaign.state == CampaignState::Running);
            let (Some(pace), Some(before)) = (pace, std::mem::replace(seen, pace)) else { continue };
            if !pace.differs(&before) && told.is_none_or(|told| pace.differs(&told)) {
                *told = Some(pace);
                changes.push((campaign.id, pace));
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use engine::pacing::Target;

    use super::*;
    use crate::http::fake;

    #[test]
    fn a_pace_is_told_when_it_has_come_to_go_by_something_else_and_not_when_its_figures_change() {
        let mut told = Told::default();
        let mut tells = |state: CampaignState, set: fn(&mut Pace)| {
            let mut view = fake::view();
            view.campaigns[0].state = state;
            set(view.campaigns[0].pace.as_mut().expect("a pace"));
            told.changes(&view).len()
        };
        let saves: fn(&mut Pace) = |pace| pace.target = Target::Save;
        for (state, set, expected, why) in [
            (CampaignState::Paused, (|_| ()) as fn(&mut Pace), 0, "it does not dial"),
            (CampaignState::Running, |_| (), 0, "it may pass"),
            (CampaignState::Running, |pace| pace.up_to += 1, 1, "it lasts"),
            (CampaignState::Running, |pace| pace.up_to += 2, 0, "only a figure is another"),
            (CampaignState::Running, saves, 0, "it may pass"),
            (CampaignState::Running, |_| (), 0, "and has"),
            (CampaignState::Running, saves, 0, "once more"),
            (CampaignState::Paused, saves, 0, "it does not dial"),
            (CampaignState::Running, saves, 0, "it may pass"),
            (CampaignState::Running, saves, 1, "it lasts"),
        ] {
            assert_eq!(tells(state, set), expected, "{why}");
        }
    }
}
