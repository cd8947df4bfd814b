//! What each campaign's pacing goes by, told in the log whenever that has changed and lasts.
//!
//! Its figures change with every call, and `explain --campaign` tells them when somebody asks. Here it is told when they
//! follow from something else than before: the first agent is at work, nobody answers any more, the budget is used up or has
//! room again, another window rules, or something else keeps the calls in the air to so many.
//!
//! And it is told at a start which changes made by hand are over, since the configuration says something else by now.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::OpenCampaign;
use engine::campaign::{CampaignRules, CampaignState};
use engine::pacing::{Pace, Paced, Pacing};
use engine::view::View;
use engine::words::CampaignId;
use tokio::time::sleep;

use crate::config::Ids;
use crate::floor::Floor;

/// How often the floor is looked at. What does not last from one look to the next is not told.
const EVERY: Duration = Duration::from_secs(5);

/// Tells which changes of the pacing no longer hold, now that a process starts with these rules.
pub(crate) fn tell_what_is_over(standing: &[OpenCampaign], rules: &[CampaignRules], ids: &Ids) {
    for (name, id) in &ids.campaigns {
        let Some(CampaignRules { pacing, .. }) = rules.iter().find(|rules| rules.id == *id) else { continue };
        if let Some(Paced { from, change }) = over(standing, *id, pacing) {
            tracing::warn!(
                campaign = name,
                "its pacing was changed to {change} where the configuration said {from}; it says {pacing} by now, which holds"
            );
        }
    }
}

/// The change of a campaign's pacing that is over, as it is configured by now.
fn over<'a>(standing: &'a [OpenCampaign], id: CampaignId, configured: &Pacing) -> Option<&'a Paced> {
    let paced = standing.iter().find(|campaign| campaign.id == id)?.paced.as_ref()?;
    paced.of(configured).is_none().then_some(paced)
}

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
    use engine::pacing::{PacingChange, Target};
    use engine::words::Milli;

    use super::*;
    use crate::http::fake;

    #[test]
    fn a_change_of_the_pacing_is_over_as_soon_as_the_configuration_says_something_else() {
        let ratio = |level| Pacing::Ratio { level: Milli(level) };
        let paced = Paced { from: ratio(1_500), change: PacingChange::Level(Milli(2_500)) };
        let standing = |paced| OpenCampaign {
            id: CampaignId(1),
            state: CampaignState::Running,
            began: None,
            closes_at: None,
            paced,
            counts: vec![],
        };
        for (changed, campaign, configured, expected) in [
            (Some(paced.clone()), 1, ratio(1_500), false),
            (Some(paced.clone()), 1, ratio(2_500), true),
            (Some(paced.clone()), 1, Pacing::Progressive, true),
            (Some(paced.clone()), 2, ratio(2_000), false),
            (None, 1, ratio(2_000), false),
        ] {
            let standing = [standing(changed)];
            let is_over = over(&standing, CampaignId(campaign), &configured).is_some();
            assert_eq!(is_over, expected, "{standing:?}, and {configured} is configured");
        }
    }

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
