//! Leads that anybody has added, told to the floor.
//!
//! A command tells the shell of its own configuration at once. Where several nodes share a database each of the others
//! finds here what it was not told: without it, a campaign that had come to its end there would not go on, and one that
//! knows of its next lead by hours would wait so long.

use std::time::Duration;

use engine::Wish;
use engine::words::CampaignId;
use tokio::time::sleep;

use crate::floor::Floor;
use crate::store::{Arrivals, Store, StoreError};

/// How often the database is looked at.
const EVERY: Duration = Duration::from_secs(8);

/// What came to campaigns since the last look.
#[derive(Debug)]
pub(crate) struct Watch {
    store: Store,
    seen: Arrivals,
}

impl Watch {
    /// Whatever has come by now is no news: the floor is to look for leads later than this.
    pub(crate) async fn new(store: Store) -> Result<Self, StoreError> {
        Ok(Self { seen: store.arrivals().await?, store })
    }

    /// The campaigns that may have leads more than at the last look.
    async fn look(&mut self) -> Result<Vec<CampaignId>, StoreError> {
        let now = self.store.arrivals().await?;
        let news = now.iter().filter(|(campaign, nth)| self.seen.get(campaign) != Some(nth));
        let news = news.map(|(campaign, _)| *campaign).collect();
        self.seen = now;
        Ok(news)
    }

    /// Tells until the floor has ended.
    pub(crate) async fn tell(mut self, floor: Floor) {
        while !floor.has_ended() {
            sleep(EVERY).await;
            match self.look().await {
                // A campaign that the floor does not know is another node's, and a floor that has ended needs no word.
                Ok(campaigns) => {
                    for campaign in campaigns {
                        let _ = floor.ask(Wish::LeadsAdded(campaign)).await;
                    }
                }
                Err(problem) => self.store.cannot(&problem, "leads that were added elsewhere are not found"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::words::QueueId;

    use super::*;
    use crate::store::Agreement;
    use crate::store::testing::{AUTUMN, Floor, SPRING, at, on_each_database};

    on_each_database! {
        leads_that_anybody_adds_or_makes_wait_again_are_found_once,
    }

    async fn leads_that_anybody_adds_or_makes_wait_again_are_found_once(floor: Floor) {
        floor.leads(SPRING, &["15550000001", "15550000002"]).await;
        let list = floor.store.list("members").await.expect("a list");
        floor.sql(&format!("UPDATE leads SET list_id = {}", list.0)).await;
        let mut watch = Watch::new(floor.again("rm2").await).await.expect("read");
        assert_eq!(watch.look().await.expect("read"), []);

        floor.store.attach(list, SPRING).await.expect("attached");
        assert_eq!(watch.look().await.expect("read"), [], "it had their numbers already");
        floor.store.attach(list, AUTUMN).await.expect("attached");
        assert_eq!(watch.look().await.expect("read"), [AUTUMN]);
        assert_eq!(watch.look().await.expect("read"), [], "it is told once");

        floor
            .sql("UPDATE queue SET attempts = 1, last_result = 'busy', state = 'exhausted' WHERE id = 1")
            .await;
        floor.store.recycle(SPRING, &[]).await.expect("recycled");
        assert_eq!(watch.look().await.expect("read"), [SPRING]);
        floor.store.recycle(SPRING, &[]).await.expect("recycled");
        assert_eq!(watch.look().await.expect("read"), [], "none was left");

        let tomorrow = Agreement { at: at(86_400_000), agent: None, note: None };
        floor.store.agree(QueueId(1), &tomorrow).await.expect("agreed");
        floor.store.agree(QueueId(3), &tomorrow).await.expect("agreed");
        assert_eq!(watch.look().await.expect("read"), [SPRING, AUTUMN]);
    }
}
