//! How often a number may be called: counted in the transaction that saves an intent, over all campaigns and nodes.
//!
//! What has been counted is nowhere but in the attempts themselves. Since a number is on one live call at most, whichever node
//! wants it, an intent that was opened is alone with its number until its transaction has ended.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::SaveRefusal;
use engine::call::CallRequest;
use engine::words::{AttemptId, CampaignId, Micros, Number, Span};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::dialect::Dialect;
use super::many::Many;
use super::row::{Named, int};
use super::{Store, StoreError};

/// What a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Attempts, but for those that no carrier ever had.
    Calls,
    /// Those in which callee and agent talked, by their end.
    Conversations,
}

impl Counts {
    const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Conversations => "conversations",
        }
    }
}

/// Less than so many of these in that time before a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// What is counted.
    pub counts: Counts,
    /// How many there may be, the call itself among them where calls are counted.
    pub most: u32,
    /// How long before the call.
    pub within: Span,
}

impl Store {
    /// Writes down the caps of these campaigns, as a configuration has them, each for numbers that begin so. Those of
    /// campaigns that are not in this configuration stay: another process may be dialling for them.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn keep_caps<'c>(
        &self,
        campaigns: &[CampaignId],
        caps: impl Iterator<Item = (CampaignId, &'c str, &'c Cap)>,
    ) -> Result<(), StoreError> {
        self.write_alone(async |tx| {
            for campaign in campaigns {
                sqlx::query("DELETE FROM frequency_caps WHERE campaign_id = $1")
                    .bind(i64::from(campaign.0))
                    .execute(&mut *tx)
                    .await?;
            }
            for (campaign, area, cap) in caps {
                sqlx::query(
                    "INSERT INTO frequency_caps (campaign_id, area, counts, most, within) VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(i64::from(campaign.0))
                .bind(area.to_owned())
                .bind(cap.counts.name())
                .bind(i64::from(cap.most))
                .bind(int(cap.within.0)?)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })
        .await
    }
}

/// How many calls to a number, that one of them aside, the window of a row of `caps` has at a moment that count for it, of `which`
/// calls.
fn made_by(number: &str, own: &str, now: &str, which: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM attempts AS before \
         WHERE before.number = {number} AND before.id <> {own} \
           AND CASE caps.counts WHEN 'calls' THEN before.created_at \
                   ELSE COALESCE(before.ended_at, before.bridged_at) END \
               > {now} - caps.within \
           AND NOT EXISTS (SELECT 1 FROM call_log WHERE call_log.attempt_id = before.id AND call_log.dialled = 0) \
           AND (caps.counts = 'calls' OR before.bridged_at IS NOT NULL) AND {which})"
    )
}

/// Of all calls: another node's clock may be ahead.
const ALL: &str = "1 = 1";

/// The caps that opened attempts have reached before they began.
static REACHED: LazyLock<Many> = LazyLock::new(|| {
    let made = made_by("attempts.number", "attempts.id", "attempts.created_at", ALL);
    let sql = format!(
        "SELECT attempts.id, attempts.number, caps.counts, caps.most, caps.within \
         FROM attempts JOIN frequency_caps AS caps ON caps.campaign_id = attempts.campaign_id \
         WHERE attempts.id IN (VALUES {{rows}}) AND attempts.number LIKE caps.area || '%' AND caps.most <= {made}"
    );
    Many::new(&sql, 0, 1)
});

/// Caps as one configuration has them, each for numbers that begin so, whatever a shell that runs goes by.
pub(crate) struct Caps(String);

impl Caps {
    pub(crate) fn of(caps: &[(&str, &Cap)]) -> Result<Self, StoreError> {
        let row = |(area, Cap { counts, most, within }): &(&str, &Cap)| {
            serde_json::json!([area, counts.name(), most, within.0])
        };
        Ok(Self(serde_json::to_string(&caps.iter().map(row).collect::<Vec<_>>())?))
    }

    /// What a statement is given as the parameter of [`Caps::table`].
    pub(crate) fn bound(self) -> String {
        self.0
    }

    /// The table `caps`, for the beginning of a statement.
    pub(crate) fn table(dialect: Dialect, parameter: &str) -> String {
        format!(
            "caps (area, counts, most, within) AS MATERIALIZED ( \
                 SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT) FROM {}) ",
            dialect.each(parameter)
        )
    }
}

/// A SELECT's column that is 1 where a number has reached one of the table `caps` by a moment, and 0 elsewhere. It says of what
/// waits what [`too_often`] would say of an intent.
pub(crate) fn reached(number: &str, now: &str) -> String {
    let made = made_by(number, "-1", now, ALL);
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM caps WHERE {number} LIKE caps.area || '%' AND caps.most <= {made}) \
         THEN 1 ELSE 0 END"
    )
}

/// The call that has to be over the window's edge before another may be made: the last but so many.
const LAST: &str = "SELECT id, CASE $3 WHEN 'calls' THEN created_at ELSE COALESCE(ended_at, bridged_at) END AS counted_at \
     FROM attempts AS before \
     WHERE number = $1 AND id <> $2 AND created_at <= $5 \
       AND NOT EXISTS (SELECT 1 FROM call_log WHERE call_log.attempt_id = before.id AND call_log.dialled = 0) \
       AND ($3 = 'calls' OR bridged_at IS NOT NULL) \
     ORDER BY counted_at DESC LIMIT $4";

/// Which of the attempts that were opened just now come too often for their numbers, and until when.
pub(super) async fn too_often(
    tx: &mut AnyConnection,
    opened: &[&CallRequest],
) -> Result<BTreeMap<AttemptId, SaveRefusal>, StoreError> {
    let mut refused: BTreeMap<AttemptId, Micros> = BTreeMap::new();
    for (mut statement, _, calls) in REACHED.filled(opened) {
        for call in calls {
            statement = statement.bind(int(call.attempt.0)?);
        }
        for row in statement.fetch_all(&mut *tx).await? {
            let row = Named::new("frequency_caps", "id", &row);
            let attempt = AttemptId(row.int("id")?);
            let until = has_room(tx, &row, int(attempt.0)?, i64::MAX).await?;
            let latest = refused.entry(attempt).or_insert(until);
            *latest = core::cmp::Ord::max(*latest, until);
        }
    }
    Ok(refused.into_iter().map(|(id, until)| (id, SaveRefusal::TooOften { until })).collect())
}

/// Until when the caps that a campaign keeps to keep a number in the house at a moment, by the calls before it: what
/// [`too_often`] would say of an intent then. `None` where none of them does.
pub(crate) async fn kept_until(
    tx: &mut AnyConnection,
    campaign: CampaignId,
    number: Number,
    at: Micros,
) -> Result<Option<Micros>, StoreError> {
    let made = made_by("$2", "-1", "$3", "before.created_at <= $3");
    let sql = format!(
        "SELECT $2 AS number, counts, most, within FROM frequency_caps AS caps \
         WHERE campaign_id = $1 AND $2 LIKE area || '%' AND most <= {made}"
    );
    let caps = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(campaign.0)).bind(number.to_string());
    let mut latest = None;
    for cap in caps.bind(int(at.0)?).fetch_all(&mut *tx).await? {
        let cap = Named::new("frequency_caps", "counts", &cap);
        latest = latest.max(Some(has_room(tx, &cap, -1, int(at.0)?).await?));
    }
    Ok(latest)
}

/// When the window of a cap that is reached has room again, by the calls but `own` that were made up to `latest`.
async fn has_room(
    tx: &mut AnyConnection,
    cap: &Named<'_>,
    own: i64,
    latest: i64,
) -> Result<Micros, StoreError> {
    let rows = sqlx::query(LAST)
        .bind(cap.text("number")?)
        .bind(own)
        .bind(cap.text("counts")?)
        .bind(cap.int::<i64>("most")?)
        .bind(latest)
        .fetch_all(tx)
        .await?;
    let first = rows.last().expect("a cap that is reached has counted something");
    Ok(Named::new("attempts", "id", first).moment("counted_at")? + Span(cap.int("within")?))
}
