//! Many leads by one statement.

use std::collections::HashSet;

use engine::words::{CampaignId, Micros};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::rows::NewLead;
use crate::store::{Named, StoreError, int, list, tuples};

/// Those of the leads' numbers that the campaign has already.
pub(super) async fn known(
    connection: &mut AnyConnection,
    campaign: CampaignId,
    leads: &[NewLead],
) -> Result<HashSet<String>, StoreError> {
    if leads.is_empty() {
        return Ok(HashSet::new());
    }
    let mut sql = String::from("SELECT id, number FROM queue WHERE campaign_id = $1 AND number IN (");
    list(&mut sql, 2, leads.len());
    sql.push(')');
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(campaign.0));
    for lead in leads {
        query = query.bind(lead.number.to_string());
    }
    let rows = query.fetch_all(connection).await?;
    let numbers = rows.iter().map(|row| Named::new("queue", "id", row).text("number"));
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// Puts leads and their queue items under the next free ids, due at once in the order of the file.
pub(super) struct Inserter {
    campaign: CampaignId,
    due: Micros,
    lead: i64,
    item: i64,
}

impl Inserter {
    /// To be made within the transaction that inserts, so that nobody else takes the ids.
    pub(super) async fn new(
        tx: &mut AnyConnection,
        campaign: CampaignId,
        due: Micros,
    ) -> Result<Self, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM leads) AS lead, \
                    (SELECT COALESCE(MAX(id), 0) + 1 FROM queue) AS item",
        )
        .fetch_one(tx)
        .await?;
        let row = Named::new("leads", "lead", &row);
        Ok(Self { campaign, due, lead: row.int("lead")?, item: row.int("item")? })
    }

    pub(super) async fn insert(
        &mut self,
        tx: &mut AnyConnection,
        leads: &[NewLead],
    ) -> Result<(), StoreError> {
        if leads.is_empty() {
            return Ok(());
        }
        self.insert_leads(tx, leads).await?;
        self.insert_items(tx, leads).await?;
        let count = int(leads.len() as u64)?;
        self.lead += count;
        self.item += count;
        Ok(())
    }

    async fn insert_leads(&self, tx: &mut AnyConnection, leads: &[NewLead]) -> Result<(), StoreError> {
        let mut sql = String::from("INSERT INTO leads (id, number, external_id, attributes) VALUES ");
        tuples(&mut sql, 1, leads.len(), 4);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (id, lead) in (self.lead..).zip(leads) {
            query = query
                .bind(id)
                .bind(lead.number.to_string())
                .bind(lead.external_id.clone())
                .bind(serde_json::to_string(&lead.attributes)?);
        }
        query.execute(tx).await?;
        Ok(())
    }

    async fn insert_items(&self, tx: &mut AnyConnection, leads: &[NewLead]) -> Result<(), StoreError> {
        let mut sql = String::from(
            "INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts) VALUES ",
        );
        tuples(&mut sql, 1, leads.len(), 7);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for ((id, lead_id), lead) in (self.item..).zip(self.lead..).zip(leads) {
            query = query
                .bind(id)
                .bind(i64::from(self.campaign.0))
                .bind(lead_id)
                .bind(lead.number.to_string())
                .bind("waiting")
                .bind(int(self.due.0)?)
                .bind(0_i64);
        }
        query.execute(tx).await?;
        Ok(())
    }
}
