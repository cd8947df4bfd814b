//! How many of a carrier's last calls were answered: its answer-seizure ratio (ITU-T E.411).

use engine::words::Span;

use super::row::{Named, int};
use super::{Store, StoreError};

/// How far back its last calls are looked for.
const LATELY: Span = Span::secs(86_400);

/// What became of the last calls by a carrier, failed ones among them, as far as they are of the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// How many calls there were.
    pub calls: u32,
    /// How many of these were answered, by people or machines.
    pub answered: u32,
}

impl Store {
    /// Looks at the last `most` calls that ended with this carrier.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn answered(&self, carrier: &str, most: u32) -> Result<Answered, StoreError> {
        let since = self.desk.clock.now() - LATELY;
        let lately = sqlx::query(
            "SELECT COUNT(*) AS calls, COUNT(answered_at) AS answered FROM ( \
                 SELECT call_log.answered_at FROM call_log JOIN carriers ON carriers.id = call_log.carrier_id \
                 WHERE carriers.name = $1 AND call_log.dialled = 1 AND call_log.created_at >= $2 \
                 ORDER BY call_log.created_at DESC LIMIT $3) AS lately",
        )
        .bind(carrier.to_owned())
        .bind(int(since.0)?)
        .bind(i64::from(most));
        let row = self.reading.row(lately).await?;
        let row = Named::new("call_log", "calls", &row);
        Ok(Answered { calls: row.int("calls")?, answered: row.int("answered")? })
    }
}

#[cfg(test)]
mod tests {
    use engine::Outcome;

    use super::*;
    use crate::clock::Clock;
    use crate::store::testing::{Floor, How, SPRING, on_each_database, record, request};

    on_each_database! {
        the_last_calls_of_a_carrier_are_counted_by_whether_they_were_answered,
    }

    async fn the_last_calls_of_a_carrier_are_counted_by_whether_they_were_answered(floor: Floor) {
        let numbers = ["15550000001", "15550000002", "15550000003", "15550000004", "15550000005"];
        floor.leads(SPRING, &numbers).await;
        let mut pen = floor.writer();
        let (items, _) = pen.fetch(SPRING, 5).await;
        let now = Clock::start().now();
        let ends = [
            (How::Talked(100, 1_000), 90_000),
            (How::Talked(100, 1_000), 40),
            (How::Busy, 30),
            (How::Dropped(2_000), 20),
            (How::Unplaced, 10),
        ];
        for ((item, attempt), (how, seconds_ago)) in items.iter().zip(1..).zip(ends) {
            let mut call = request(SPRING, item, attempt);
            call.created = now - Span::secs(seconds_ago);
            assert_eq!(pen.save(call.clone()).await, Outcome::Done);
            pen.record(record(&call, how)).await;
        }
        let counted = async |carrier, most| floor.store.answered(carrier, most).await.expect("counted");
        assert_eq!(
            counted("north", 10).await,
            Answered { calls: 3, answered: 2 },
            "of the last day, if dialled"
        );
        assert_eq!(counted("north", 2).await, Answered { calls: 2, answered: 1 }, "the last two");
        assert_eq!(counted("south", 10).await, Answered { calls: 0, answered: 0 });
    }
}
