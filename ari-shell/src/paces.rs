//! What each campaign's pacing goes by, told in the log whenever it changes.
//!
//! Its figures change with every call, and `explain --campaign` tells them when somebody asks. Here it is told when they
//! follow from something else than before: the first agent is at work, nobody answers any more, the budget is used up or has
//! room again, another window rules, or something else keeps the calls in the air to so many.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::pacing::Pace;
use engine::view::View;
use engine::words::CampaignId;
use tokio::time::sleep;

use crate::config::Ids;
use crate::floor::Floor;

/// How often the floor is looked at: a pace that comes and goes in between is not told.
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

/// The pace of each campaign that was told last.
#[derive(Default)]
struct Told(BTreeMap<CampaignId, Pace>);

impl Told {
    /// What is to be told now.
    fn changes(&mut self, view: &View) -> Vec<(CampaignId, Pace)> {
        let paces = view.campaigns.iter().filter_map(|campaign| Some((campaign.id, campaign.pace?)));
        let changed: Vec<_> = paces
            .filter(|(campaign, pace)| self.0.get(campaign).is_none_or(|before| pace.differs(before)))
            .collect();
        self.0.extend(changed.iter().copied());
        changed
    }
}

#[cfg(test)]
mod tests {
    use engine::pacing::Target;

    use super::*;
    use crate::http::fake;

    #[test]
    fn a_pace_is_told_when_it_goes_by_something_else_and_not_when_its_figures_change() {
        let mut told = Told::default();
        let mut tells = |set: fn(&mut Pace)| {
            let mut view = fake::view();
            set(view.campaigns[0].pace.as_mut().expect("a pace"));
            told.changes(&view).len()
        };
        let tells = [
            tells(|_| ()),
            tells(|pace| pace.up_to += 1),
            tells(|pace| pace.target = Target::Save),
            tells(|pace| (pace.target, pace.drops_left) = (Target::Save, 90)),
            tells(|_| ()),
        ];
        assert_eq!(tells, [1, 0, 1, 0, 1]);
    }
}
