//! Whom a campaign may not call: looked up in the transaction that saves an intent, so that nobody comes in between.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::SaveRefusal;
use engine::call::CallRequest;
use engine::words::{AttemptId, CampaignId, Micros, Number};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::StoreError;
use super::dialect::Dialect;
use super::do_not_call::ListRules;
use super::many::Many;
use super::row::{Named, int};

/// Whether the list in the table `{list}` has a number, where `{number}` stands for it: 1 or 0.
const HAS: &str = "CASE WHEN EXISTS (SELECT 1 FROM dnc_numbers WHERE dnc_numbers.number = {number} \
             AND dnc_numbers.list_id = {list}.id AND dnc_numbers.version = {list}.version) \
          OR EXISTS (SELECT 1 FROM dnc_areas WHERE dnc_areas.list_id = {list}.id \
             AND dnc_areas.version = {list}.version AND {number} LIKE dnc_areas.prefix || '%') \
     THEN 1 ELSE 0 END";

/// Whether it is too old to be relied on at a moment, where `{now}` stands for it. One of those who alone may be called,
/// whatever its age may be, is so until something is on it: it would end everybody.
const TOO_OLD: &str = "({list}.dated_at IS NULL AND (allows = 1 OR {list}.max_age IS NOT NULL) \
     OR {list}.dated_at + {list}.max_age < {now})";

/// What the lists of their campaigns say of numbers, where there are any: how many bar the number, how many allow at all,
/// how many of those allow this one, and how many are too old.
static SCREEN: LazyLock<Many> = LazyLock::new(|| {
    let has = HAS.replace("{list}", "dnc_lists").replace("{number}", "intent.number");
    let too_old = TOO_OLD.replace("{list}", "dnc_lists").replace("{now}", "intent.created_at");
    let sql = format!(
        "WITH intent (id, campaign_id, number, created_at) AS (VALUES {{rows}}), \
         kept AS ( \
             SELECT intent.id, campaign_dnc.allows, {has} AS has, \
                 CASE WHEN {too_old} THEN 1 ELSE 0 END AS too_old \
             FROM intent JOIN campaign_dnc ON campaign_dnc.campaign_id = intent.campaign_id \
                 JOIN dnc_lists ON dnc_lists.id = campaign_dnc.list_id) \
         SELECT id, COUNT(CASE WHEN allows = 0 AND has = 1 THEN 1 END) AS barred, \
             COUNT(CASE WHEN allows = 1 THEN 1 END) AS allowing, \
             COUNT(CASE WHEN allows = 1 AND has = 1 THEN 1 END) AS allowed, \
             COUNT(CASE WHEN too_old = 1 THEN 1 END) AS too_old \
         FROM kept GROUP BY id"
    );
    Many::new(&sql, 0, 4)
});

/// Lists as one configuration has them, those that one campaign keeps to, whatever a shell that runs goes by.
#[derive(Debug, Clone)]
pub(crate) struct Kept(String);

impl Kept {
    /// Those of `lists` that the campaign keeps to.
    pub(crate) fn by(campaign: CampaignId, lists: &[ListRules<'_>]) -> Result<Self, StoreError> {
        let kept = lists.iter().flat_map(|list| {
            let by_it = list.campaigns.iter().filter(|(keeper, _)| *keeper == campaign);
            by_it.map(|(_, allows)| (list.name, list.max_age.map(|age| age.0), u8::from(*allows)))
        });
        Ok(Self(serde_json::to_string(&kept.collect::<Vec<_>>())?))
    }

    /// What a statement is given as `$1` that begins with [`Kept::table`].
    pub(crate) fn bound(&self) -> String {
        self.0.clone()
    }

    /// The beginning of a statement: the table `kept`, in which a list that was never stored has nothing on it.
    pub(crate) fn table(dialect: Dialect) -> String {
        format!(
            "WITH kept (id, version, dated_at, max_age, allows) AS MATERIALIZED ( \
                 SELECT dnc_lists.id, dnc_lists.version, dnc_lists.dated_at, CAST(value ->> 1 AS BIGINT), \
                     CAST(value ->> 2 AS BIGINT) \
                 FROM {} LEFT JOIN dnc_lists ON dnc_lists.name = value ->> 0) ",
            dialect.each("$1")
        )
    }
}

/// A SELECT's column that is 1 where the lists of the table `kept` bar a number, and 0 elsewhere. It says of what waits what
/// [`screen`] would say of an intent.
pub(crate) fn barred(number: &str) -> String {
    let has = HAS.replace("{list}", "kept").replace("{number}", number);
    format!("CASE WHEN {} THEN 1 ELSE 0 END", bars("kept", "true", &has))
}

/// A condition on the rows of `queue`: whether the lists that its campaign keeps to bar the number that is dialled next.
pub(super) fn barred_in_queue() -> String {
    let has =
        HAS.replace("{list}", "dnc_lists").replace("{number}", "COALESCE(queue.next_number, queue.number)");
    let lists = "campaign_dnc JOIN dnc_lists ON dnc_lists.id = campaign_dnc.list_id";
    bars(lists, "campaign_dnc.campaign_id = queue.campaign_id", &has)
}

/// Whether those of `lists` bar a number that are `kept` to, where `has` is 1 for a list that has it.
fn bars(lists: &str, kept: &str, has: &str) -> String {
    let any = |which: &str| format!("EXISTS (SELECT 1 FROM {lists} WHERE {kept} AND {which})");
    let (barring, allows) = (any(&format!("allows = 0 AND {has} = 1")), any("allows = 1"));
    let allowed = any(&format!("allows = 1 AND {has} = 1"));
    format!("({barring} OR ({allows} AND NOT {allowed}))")
}

/// Why a campaign may not call a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bar {
    /// It is on that list.
    On(String),
    /// It is on none of the lists of those who alone may be called; this is the first of them.
    NotOn(String),
}

/// Why the lists that a campaign keeps to bar a number, where they do: what [`screen`] would say of its intent now.
pub(crate) async fn bar_of(
    tx: &mut AnyConnection,
    campaign: CampaignId,
    number: Number,
) -> Result<Option<Bar>, StoreError> {
    let has = HAS.replace("{list}", "dnc_lists").replace("{number}", "$2");
    let sql = format!(
        "SELECT dnc_lists.name, campaign_dnc.allows, {has} AS has \
         FROM campaign_dnc JOIN dnc_lists ON dnc_lists.id = campaign_dnc.list_id \
         WHERE campaign_dnc.campaign_id = $1 ORDER BY dnc_lists.name"
    );
    let lists = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(campaign.0)).bind(number.to_string());
    let (mut allowing, mut allowed) = (None, false);
    for row in lists.fetch_all(tx).await? {
        let row = Named::new("dnc_lists", "name", &row);
        let (name, has) = (row.text("name")?, row.int::<u64>("has")? > 0);
        match (row.int::<u64>("allows")? > 0, has) {
            (false, true) => return Ok(Some(Bar::On(name))),
            (true, true) => allowed = true,
            (true, false) => allowing = allowing.or(Some(name)),
            (false, false) => {}
        }
    }
    Ok(allowing.filter(|_| !allowed).map(Bar::NotOn))
}

/// The list that a campaign keeps to and that was too old to be relied on at a moment, where there was one: then it dials nobody.
pub(crate) async fn too_old_at(
    tx: &mut AnyConnection,
    campaign: CampaignId,
    at: Micros,
) -> Result<Option<String>, StoreError> {
    let too_old = TOO_OLD.replace("{list}", "dnc_lists").replace("{now}", "$2");
    let sql = format!(
        "SELECT dnc_lists.name FROM campaign_dnc JOIN dnc_lists ON dnc_lists.id = campaign_dnc.list_id \
         WHERE campaign_dnc.campaign_id = $1 AND {too_old} ORDER BY dnc_lists.name LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(campaign.0)).bind(int(at.0)?);
    let row = row.fetch_optional(tx).await?;
    Ok(row.map(|row| Named::new("dnc_lists", "name", &row).text("name")).transpose()?)
}

/// Whether one of these lists is too old by now: then a campaign that keeps to it dials nobody.
pub(crate) async fn is_too_old(
    tx: &mut AnyConnection,
    dialect: Dialect,
    kept: &Kept,
    now: Micros,
) -> Result<bool, StoreError> {
    let too_old = TOO_OLD.replace("{list}", "kept").replace("{now}", "$2");
    let sql = format!("{}SELECT COUNT(*) AS old FROM kept WHERE {too_old}", Kept::table(dialect));
    let row = sqlx::query(AssertSqlSafe(sql)).bind(kept.bound()).bind(int(now.0)?).fetch_one(tx).await?;
    Ok(Named::new("dnc_lists", "old", &row).int::<u64>("old")? > 0)
}

/// Ends the queue items that may never be dialled.
static END: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "UPDATE queue SET state = 'exhausted', last_result = 'do_not_call', claimed_by = NULL \
         WHERE id IN (VALUES {rows}) AND state = 'claimed'",
        0,
        1,
    )
});

/// Which calls the lists of their campaigns keep in the house, and why. The queue item of one that may never be made has come
/// to its end.
pub(super) async fn screen(
    tx: &mut AnyConnection,
    calls: &[&CallRequest],
) -> Result<BTreeMap<AttemptId, SaveRefusal>, StoreError> {
    let mut kept = BTreeMap::new();
    // That a row counts twice which stands twice changes nothing: it is asked whether there is any.
    for (mut statement, _, calls) in SCREEN.filled(calls) {
        for call in calls {
            statement = statement
                .bind(int(call.attempt.0)?)
                .bind(i64::from(call.campaign.0))
                .bind(call.number.to_string())
                .bind(int(call.created.0)?);
        }
        for row in statement.fetch_all(&mut *tx).await? {
            let row = Named::new("campaign_dnc", "id", &row);
            let count = |column| row.int::<u64>(column);
            let (allowing, allowed) = (count("allowing")?, count("allowed")?);
            let refusal = if count("barred")? > 0 {
                SaveRefusal::DoNotCall
            } else if count("too_old")? > 0 {
                // Also before the first import of a list of those who may be called: nobody's lead comes to an end by it.
                SaveRefusal::RegistryTooOld
            } else if allowing > 0 && allowed == 0 {
                SaveRefusal::DoNotCall
            } else {
                continue;
            };
            kept.insert(AttemptId(row.int("id")?), refusal);
        }
    }
    let barred = |call: &&&CallRequest| kept.get(&call.attempt) == Some(&SaveRefusal::DoNotCall);
    let items: Vec<i64> =
        calls.iter().filter(barred).map(|call| int(call.queue.0)).collect::<Result<_, _>>()?;
    for (mut statement, items) in END.over(&items) {
        for item in items {
            statement = statement.bind(*item);
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(kept)
}
