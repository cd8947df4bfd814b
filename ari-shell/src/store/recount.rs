//! How campaigns stood, and what their drop windows have counted so far: derived from the attempts and their records, and kept
//! nowhere.

use engine::OpenCampaign;
use engine::campaign::CampaignRules;
use engine::pacing::WindowCount;
use engine::words::{CampaignId, Micros};
use sqlx::any::AnyRow;

use super::link::Reading;
use super::row::{Named, int};
use super::standing::paced;
use super::{BadRow, Store, StoreError};

impl Store {
    /// How campaigns stood on this node, and what its present windows have counted, for those that are held to a drop limit. Each
    /// node counts its own calls: windows that each keep a limit keep it together. To be asked for once all that is configured
    /// has its row.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn recount(&self, rules: &[CampaignRules]) -> Result<Vec<OpenCampaign>, StoreError> {
        let now = self.desk.clock.now();
        let node = self.desk.node.to_string();
        let stood = sqlx::query(
            "SELECT id, COALESCE(state, 'ready') AS state, began_at, closes_at, paced FROM campaigns \
             LEFT JOIN standings ON standings.campaign_id = campaigns.id AND standings.node = $1 ORDER BY id",
        );
        let rows = self.reading.rows(stood.bind(&node)).await?;
        let mut campaigns = rows.iter().map(open_campaign).collect::<Result<Vec<_>, BadRow>>()?;
        for campaign in &mut campaigns {
            let Some(rules) = rules.iter().find(|rules| rules.id == campaign.id) else { continue };
            for since in rules.windows(now, campaign.began) {
                campaign.counts.push(count(&self.reading, &node, campaign.id, since).await?);
            }
        }
        Ok(campaigns)
    }
}

fn open_campaign(row: &AnyRow) -> Result<OpenCampaign, BadRow> {
    let row = Named::new("campaigns", "id", row);
    Ok(OpenCampaign {
        id: CampaignId(row.int("id")?),
        state: row.word("state")?,
        began: row.opt_moment("began_at")?,
        closes_at: row.opt_moment("closes_at")?,
        paced: paced(&row)?,
        counts: Vec::new(),
    })
}

/// Everybody who has answered since then, machines aside, and those of them who were dropped: who heard the message,
/// whatever came of it, whose record says so, and as many as machines may have been persons.
async fn count(
    reading: &Reading,
    node: &str,
    campaign: CampaignId,
    since: Micros,
) -> Result<WindowCount, StoreError> {
    let counted = sqlx::query(
        "SELECT COUNT(CASE WHEN call_log.result IN ('machine', 'fax') THEN NULL ELSE 1 END) AS answers, \
             COUNT(CASE WHEN attempts.message_at IS NOT NULL OR call_log.result = 'dropped' THEN 1 END) AS drops, \
             CAST(COALESCE(SUM(call_log.drop_share), 0) AS BIGINT) AS doubtful \
         FROM attempts LEFT JOIN call_log ON call_log.attempt_id = attempts.id \
         WHERE attempts.campaign_id = $1 AND attempts.answered_at >= $2 AND attempts.node = $3",
    )
    .bind(i64::from(campaign.0))
    .bind(int(since.0)?)
    .bind(node);
    let row = reading.row(counted).await?;
    let row = Named::new("attempts", "answers", &row);
    Ok(WindowCount::recounted(since, row.int("answers")?, row.int("drops")?, row.int("doubtful")?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use engine::call::{CallResult, CallSoFar, Record};
    use engine::words::{AttemptId, SessionId, Span};
    use engine::{Command, Outcome, Times};

    use super::*;
    use crate::clock::Clock;
    use crate::config::{Config, Ids};
    use crate::store::testing::{Floor, How, SPRING, at, machine, on_each_database, record};

    on_each_database! {
        windows_are_recounted_from_attempts_and_records_of_the_own_node,
    }

    /// Spring's rules, with windows of the last days, of the whole campaign, and of the days of a far-off zone.
    fn rules() -> Vec<CampaignRules> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = "ari.password = 'x'
[[carrier]]
name = 'north'
trunk = 'north'
[[campaign]]
name = 'spring'
carriers = ['north']
mode = 'predictive'
message = 'sound:sorry'
zone = 'Pacific/Kiritimati'
windows = [{ limit = 3, span = '31d' }, { limit = 3, span = 'day' }]
";
        std::fs::write(file.path(), text).expect("a file");
        let config = Config::load(Path::new(file.path()), []).expect("all right");
        let ids = Ids {
            campaigns: [("spring".to_owned(), SPRING)].into(),
            carriers: [("north".to_owned(), engine::words::CarrierId(1))].into(),
            ..Ids::default()
        };
        config.engine(&ids, config.node.clone().into(), AttemptId(1), SessionId(1)).campaigns
    }

    async fn counted(store: &Store) -> Vec<(u64, u64)> {
        let campaigns = store.recount(&rules()).await.expect("counted");
        let spring = campaigns.iter().find(|campaign| campaign.id == SPRING).expect("it has its row");
        spring.counts.iter().map(|count| (count.answers, count.drops)).collect()
    }

    async fn windows_are_recounted_from_attempts_and_records_of_the_own_node(floor: Floor) {
        let begin_at = async |moment: &str| {
            floor.sql(&format!("UPDATE campaigns SET began_at = {moment}")).await;
        };
        begin_at(&at(0).0.to_string()).await;
        let numbers: Vec<String> = (1..=29).map(|nth| format!("155500000{nth:02}")).collect();
        floor.leads(SPRING, &numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let mut pen = floor.writer();
        let now = Clock::start().now();
        for (attempt, how) in [How::Talked(100, 1_000), How::Dropped(2_000), How::HungUp(500), How::Busy]
            .into_iter()
            .enumerate()
        {
            let mut call = pen.open(SPRING, attempt as u64 + 1).await;
            call.created = now - Span::secs(60);
            assert_eq!(pen.record(record(&call, how)).await, Outcome::Done);
        }
        // Machines are no answers, and of twenty-four that may have been persons with 5 % one counts as a drop.
        for attempt in 6..=29 {
            let mut call = pen.open(SPRING, attempt).await;
            call.created = now - Span::secs(60);
            let machine = Record {
                amd: Some(Box::new(machine())),
                result: CallResult::Machine,
                ..record(&call, How::HungUp(1_500))
            };
            assert_eq!(pen.record(machine).await, Outcome::Done);
        }
        assert_eq!(counted(&floor.store).await, [(3, 2); 2]);
        floor.sql("DELETE FROM call_log WHERE attempt_id > 5").await;
        floor.sql("DELETE FROM attempts WHERE id > 5").await;
        // One has no record yet: they hear the message.
        let call = pen.open(SPRING, 5).await;
        let times =
            Times { created: call.created, answered: Some(now), message: Some(now), ..Times::default() };
        let so_far = Box::new(CallSoFar { times, ..CallSoFar::default() });
        pen.ask(|request| Command::Note { request, attempt: AttemptId(5), so_far }).await;

        assert_eq!(counted(&floor.store).await, [(4, 2); 2]);
        begin_at("NULL").await;
        assert_eq!(counted(&floor.store).await[0].0, 0, "a campaign that begins now has no answers yet");
        begin_at(&at(0).0.to_string()).await;
        assert_eq!(counted(&floor.again("rm2").await).await, [(0, 0); 2]);
        let long_ago = (at(0) + Span::secs(5)).0;
        floor.sql(&format!("UPDATE attempts SET answered_at = {long_ago} WHERE id = 2")).await;
        assert_eq!(counted(&floor.store).await, [(3, 1); 2]);
        // The clock was ahead, and has been set right since.
        let ahead = (now + Span::secs(40 * 86_400)).0;
        floor.sql(&format!("UPDATE attempts SET answered_at = {ahead} WHERE id = 1")).await;
        assert_eq!(counted(&floor.store).await, [(3, 1); 2], "what has been counted does not vanish");
    }
}
