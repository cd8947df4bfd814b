//! Many leads by one statement.

use std::collections::HashMap;

use engine::words::{CampaignId, Number};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::ImportId;
use super::rows::NewLead;
use crate::store::{ListId, fill};
use crate::store::{Named, Store, StoreError, int};

/// Those of a chunk's numbers that are there already.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// In the list.
    pub(super) in_list: HashMap<Number, There>,
    /// In a campaign that dials the list, by whichever list.
    pub(super) in_campaign: HashMap<Number, There>,
}

/// The lead that has a number.
#[derive(Debug)]
pub(super) struct There {
    pub(super) lead: u64,
    /// The name of its list, where it is in one.
    pub(super) list: Option<String>,
}

impl Known {
    pub(super) async fn of(
        store: &Store,
        list: Option<ListId>,
        campaigns: &[CampaignId],
        leads: &[NewLead],
    ) -> Result<Self, StoreError> {
        let numbers: Vec<[Number; 1]> = leads.iter().map(|lead| [lead.number]).collect();
        let asked = serde_json::to_string(&numbers)?;
        let mut known = Self::default();
        if let Some(ListId(list)) = list {
            known.in_list = among(store, OF_A_LIST, list, &asked).await?;
        }
        for CampaignId(campaign) in campaigns {
            known.in_campaign.extend(among(store, OF_A_CAMPAIGN, *campaign, &asked).await?);
        }
        Ok(known)
    }
}

const OF_A_LIST: &str = "SELECT leads.id AS id, leads.number AS number, lists.name AS list \
    FROM leads JOIN lists ON lists.id = list_id WHERE list_id = $2 AND leads.number";

const OF_A_CAMPAIGN: &str = "SELECT leads.id AS id, queue.number AS number, lists.name AS list \
    FROM queue JOIN leads ON leads.id = lead_id LEFT JOIN lists ON lists.id = list_id \
    WHERE campaign_id = $2 AND queue.number";

async fn among(
    store: &Store,
    place: &'static str,
    id: u32,
    asked: &str,
) -> Result<HashMap<Number, There>, StoreError> {
    let each = store.dialect().each("$1");
    let sql = format!("{place} IN (SELECT value ->> 0 FROM {each})");
    let known = sqlx::query(AssertSqlSafe(sql)).bind(asked).bind(i64::from(id));
    let rows = store.reading().rows(known).await?;
    let there = |row: &AnyRow| {
        let row = Named::new("leads or queue", "id", row);
        let there = There { lead: row.int("id")?, list: row.opt_text("list")? };
        Ok((row.number("number")?, there))
    };
    rows.iter().map(there).collect()
}

/// Puts leads into a list, chunk by chunk, and into the queues of the campaigns that dial it.
pub(super) struct Inserter<'s> {
    store: &'s Store,
    import: ImportId,
    list: ListId,
    campaigns: Vec<CampaignId>,
    leads: String,
    numbers: String,
}

impl<'s> Inserter<'s> {
    pub(super) fn new(store: &'s Store, import: ImportId, list: ListId, campaigns: Vec<CampaignId>) -> Self {
        let each = store.dialect().each("$1");
        // What the list has already stays as it is: an import that goes on after a break passes over it.
        let leads = format!(
            "INSERT INTO leads (id, list_id, import_id, number, external_id, zone, attributes) \
             SELECT $2 + CAST(value ->> 0 AS BIGINT), $3, $4, value ->> 1, value ->> 2, value ->> 3, value ->> 4 \
             FROM {each} WHERE true ON CONFLICT (number, list_id) DO NOTHING"
        );
        let numbers = format!(
            "INSERT INTO lead_numbers (lead_id, ord, number) \
             SELECT $2 + CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), value ->> 2 FROM {each} \
             WHERE EXISTS (SELECT 1 FROM leads WHERE id = $2 + CAST(value ->> 0 AS BIGINT))"
        );
        Self { store, import, list, campaigns, leads, numbers }
    }

    /// One transaction; gives what is new. All that can be done before it is, so that it is short.
    pub(super) async fn insert(&self, leads: &[NewLead]) -> Result<Inserted, StoreError> {
        let (rows, numbers) = (rows(leads)?, numbers(leads)?);
        let now = int(self.store.clock().now().0)?;
        self.store
            .write_alone(async |tx| {
                let row =
                    sqlx::query("SELECT COALESCE(MAX(id), 0) AS last FROM leads").fetch_one(&mut *tx).await?;
                let last: i64 = Named::new("leads", "last", &row).int("last")?;
                let inserted = sqlx::query(AssertSqlSafe(self.leads.as_str()))
                    .bind(rows)
                    .bind(last)
                    .bind(i64::from(self.list.0))
                    .bind(int(self.import.0)?)
                    .execute(&mut *tx)
                    .await?;
                let mut inserted = Inserted { leads: inserted.rows_affected(), items: 0 };
                if let Some(numbers) = numbers {
                    let query = sqlx::query(AssertSqlSafe(self.numbers.as_str())).bind(numbers).bind(last);
                    query.execute(&mut *tx).await?;
                }
                inserted.items = fill(tx, self.list, &self.campaigns, now).await?.added;
                Ok(inserted)
            })
            .await
    }
}

/// The leads as JSON, each with its place among them.
fn rows(leads: &[NewLead]) -> Result<String, StoreError> {
    let mut rows = Vec::with_capacity(leads.len());
    for (nth, lead) in (1_u64..).zip(leads) {
        let attributes = serde_json::to_string(&lead.attributes)?;
        rows.push((nth, lead.number, &lead.external_id, &lead.zone, attributes));
    }
    Ok(serde_json::to_string(&rows)?)
}

/// Their further numbers as JSON, each with its lead's place; none where no lead has any.
fn numbers(leads: &[NewLead]) -> Result<Option<String>, StoreError> {
    let rows: Vec<(u64, u8, Number)> = (1_u64..)
        .zip(leads)
        .flat_map(|(nth, lead)| lead.further.iter().map(move |(ord, number)| (nth, *ord, *number)))
        .collect();
    Ok((!rows.is_empty()).then(|| serde_json::to_string(&rows)).transpose()?)
}

/// What one chunk has brought.
pub(super) struct Inserted {
    /// New leads of the list.
    pub(super) leads: u64,
    /// New queue items, of all campaigns together.
    pub(super) items: u64,
}
