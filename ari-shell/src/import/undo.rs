//! Taking an import back.

use serde::Serialize;
use sqlx::{AnyConnection, AssertSqlSafe};
use tokio::time::Instant;

use super::{ImportError, ImportId, log};
use crate::store::{Named, Store, StoreError, forget_gone, int};

/// Leads that are looked at in one transaction.
const CHUNK: i64 = 10_000;

/// Leads of the import behind `$2` up to `$3`.
const LEADS: &str = "SELECT id FROM leads WHERE import_id = $1 AND id > $2 AND id <= $3";

/// A queue item that no dialer has touched.
const UNTOUCHED: &str = "state = 'waiting' AND attempts = 0 AND attempt_id IS NULL AND callback_at IS NULL";

/// A lead that was dialled for some campaign.
const DIALLED: &str = "EXISTS ( \
     SELECT 1 FROM queue WHERE queue.lead_id = leads.id AND (attempts > 0 OR attempt_id IS NOT NULL))";

/// A lead that a dialer holds for some campaign.
const HELD: &str = "EXISTS (SELECT 1 FROM queue WHERE queue.lead_id = leads.id AND state = 'claimed')";

/// What came of taking an import back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// The import.
    pub import: ImportId,
    /// Leads that are gone, and with them their places in all campaigns.
    pub taken_back: u64,
    /// Leads that stay since they were dialled: their records must have a lead.
    pub dialled: u64,
    /// Leads that stay since a dialer holds them, to dial them next.
    pub held: u64,
    /// Leads that stay since more is known of them than that they were imported: that they are never dialled, or that a call
    /// is agreed on.
    pub decided: u64,
}

/// Takes back the leads of an import that were never dialled; a second time takes back what no dialer holds any more.
///
/// # Errors
/// [`ImportError::NoImport`] where there is no such import, or the database's failure: then some are taken back already,
/// and a second time goes on.
pub async fn undo(store: &Store, import: ImportId) -> Result<Undone, ImportError> {
    let known = sqlx::query("SELECT id, state FROM imports WHERE id = $1").bind(int(import.0)?);
    if store.reading().find(known).await?.is_none() {
        return Err(ImportError::NoImport(import));
    }
    store.brace().await?;
    let hold = store.dialect().hold();
    let (mut after, mut taken_back) = (0, 0);
    while let Some(upto) = next(store, import, after).await? {
        let chunk = async |tx: &mut AnyConnection| chunk(tx, hold, import, after, upto).await;
        taken_back += store.write_alone(chunk).await?;
        after = upto;
        store.breathe(Instant::now()).await;
    }
    store.look_again(None).await?;
    Ok(store.write_alone(async |tx| finish(tx, import, taken_back).await).await?)
}

/// The last lead of the next chunk.
async fn next(store: &Store, import: ImportId, after: i64) -> Result<Option<i64>, StoreError> {
    let next = sqlx::query(
        "SELECT MAX(id) AS upto, COUNT(*) AS leads FROM (SELECT leads.id FROM leads \
             JOIN imports ON imports.id = $1 AND leads.list_id = imports.list_id AND leads.import_id = imports.id \
             WHERE leads.id > $2 ORDER BY leads.id LIMIT $3) AS next",
    )
    .bind(int(import.0)?)
    .bind(after)
    .bind(CHUNK);
    let row = store.reading().row(next).await?;
    Ok(Named::new("leads", "leads", &row).opt_int("upto")?)
}

/// Takes back a chunk; says how many leads have gone. `hold` is the dialect's.
async fn chunk(
    tx: &mut AnyConnection,
    hold: &str,
    import: ImportId,
    after: i64,
    upto: i64,
) -> Result<u64, StoreError> {
    // A dialer that is about to claim one of them waits, or has it already.
    let held = format!("SELECT id FROM queue WHERE lead_id IN ({LEADS}) {hold}");
    run(&mut *tx, held, import, after, upto).await?;
    let queue = format!(
        "DELETE FROM queue WHERE lead_id IN ({LEADS} AND NOT EXISTS ( \
             SELECT 1 FROM queue AS item WHERE item.lead_id = leads.id AND NOT ({UNTOUCHED})))"
    );
    run(&mut *tx, queue, import, after, upto).await?;
    forget_gone(tx).await?;
    let gone = format!("{LEADS} AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.lead_id = leads.id)");
    run(&mut *tx, format!("DELETE FROM lead_numbers WHERE lead_id IN ({gone})"), import, after, upto).await?;
    let leads = run(&mut *tx, format!("DELETE FROM leads WHERE id IN ({gone})"), import, after, upto).await?;
    // Ids of leads that are gone are given out again; a campaign must look at them again.
    sqlx::query(
        "UPDATE campaign_lists SET filled = (SELECT COALESCE(MAX(id), 0) FROM leads) \
         WHERE filled > (SELECT COALESCE(MAX(id), 0) FROM leads)",
    )
    .execute(&mut *tx)
    .await?;
    Ok(leads)
}

async fn run(
    tx: &mut AnyConnection,
    sql: String,
    import: ImportId,
    after: i64,
    upto: i64,
) -> Result<u64, StoreError> {
    let query = sqlx::query(AssertSqlSafe(sql)).bind(int(import.0)?).bind(after).bind(upto);
    Ok(query.execute(tx).await?.rows_affected())
}

async fn finish(tx: &mut AnyConnection, import: ImportId, taken_back: u64) -> Result<Undone, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) AS staying, COALESCE(SUM(CASE WHEN {DIALLED} THEN 1 ELSE 0 END), 0) AS dialled, \
             COALESCE(SUM(CASE WHEN {DIALLED} THEN 0 WHEN {HELD} THEN 1 ELSE 0 END), 0) AS held \
         FROM leads JOIN imports ON imports.id = $1 AND leads.list_id = imports.list_id AND leads.import_id = imports.id"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(int(import.0)?).fetch_one(&mut *tx).await?;
    let row = Named::new("leads", "staying", &row);
    let (staying, dialled, held): (u64, u64, u64) =
        (row.int("staying")?, row.int("dialled")?, row.int("held")?);
    log::note(tx, import, "undone").await?;
    Ok(Undone { import, taken_back, dialled, held, decided: staying - dialled - held })
}
