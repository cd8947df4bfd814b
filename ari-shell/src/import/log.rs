//! Which files were imported, and how far.

use engine::words::Micros;
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::store::{ListId, Named, Store, StoreError, int};

/// The import of a content into a list that is not done yet; there is one at most.
const LEFT_OPEN: &str = "SELECT id, state FROM imports WHERE list_id = $1 AND digest = $2 AND state = 'open'";

/// One import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ImportId(pub u64);

/// An import as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportCard {
    /// Its id.
    pub id: ImportId,
    /// The list's name.
    pub list: String,
    /// The file, as it was named then.
    pub file: String,
    /// `open` until all is in, then `done`; `undone` once it was taken back.
    pub state: String,
    /// When it began.
    pub began: Micros,
    /// Its leads that are still there.
    pub leads: u64,
}

/// All imports, the latest first.
///
/// # Errors
/// [`StoreError`] where the database fails.
pub async fn imports(store: &Store) -> Result<Vec<ImportCard>, StoreError> {
    let imports = sqlx::query(
        "SELECT imports.*, lists.name AS list, COALESCE(counted.leads, 0) AS leads FROM imports \
         JOIN lists ON lists.id = imports.list_id \
         LEFT JOIN (SELECT import_id, COUNT(*) AS leads FROM leads GROUP BY import_id) AS counted \
             ON counted.import_id = imports.id \
         ORDER BY imports.id DESC",
    );
    let rows = store.reading().rows(imports).await?;
    rows.iter().map(card).collect()
}

fn card(row: &AnyRow) -> Result<ImportCard, StoreError> {
    let row = Named::new("imports", "id", row);
    Ok(ImportCard {
        id: ImportId(row.int("id")?),
        list: row.text("list")?,
        file: row.text("file")?,
        state: row.text("state")?,
        began: row.moment("began_at")?,
        leads: row.int("leads")?,
    })
}

/// The last import of a file with that content into a list, unless it was taken back.
pub(super) async fn earlier(
    store: &Store,
    list: Option<ListId>,
    digest: &str,
) -> Result<Option<ImportId>, StoreError> {
    let Some(list) = list else { return Ok(None) };
    let earlier = sqlx::query(
        "SELECT id, state FROM imports WHERE list_id = $1 AND digest = $2 AND state <> 'undone' \
         ORDER BY id DESC LIMIT 1",
    )
    .bind(i64::from(list.0))
    .bind(digest);
    let row = store.reading().find(earlier).await?;
    Ok(row.map(|row| Named::new("imports", "id", &row).int("id").map(ImportId)).transpose()?)
}

/// The import of a file with that content into a list that is not done yet.
pub(super) async fn left_open(
    store: &Store,
    list: ListId,
    digest: &str,
) -> Result<Option<ImportId>, StoreError> {
    let left = sqlx::query(LEFT_OPEN).bind(i64::from(list.0)).bind(digest);
    let row = store.reading().find(left).await?;
    Ok(row.map(|row| Named::new("imports", "id", &row).int("id").map(ImportId)).transpose()?)
}

/// Begins an import, or goes on with one of the same content that broke off.
pub(super) async fn begin(
    store: &Store,
    list: ListId,
    file: &str,
    digest: &str,
) -> Result<ImportId, StoreError> {
    let began = int(store.clock().now().0)?;
    store.write_alone(async |tx| open(tx, list, file, digest, began).await).await
}

async fn open(
    tx: &mut AnyConnection,
    list: ListId,
    file: &str,
    digest: &str,
    began: i64,
) -> Result<ImportId, StoreError> {
    let left = sqlx::query(LEFT_OPEN).bind(i64::from(list.0)).bind(digest);
    let row = match left.fetch_optional(&mut *tx).await? {
        Some(row) => row,
        None => {
            sqlx::query(
                "INSERT INTO imports (id, list_id, file, digest, state, began_at) \
             SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, 'open', $4 FROM imports RETURNING id, state",
            )
            .bind(i64::from(list.0))
            .bind(file)
            .bind(digest)
            .bind(began)
            .fetch_one(tx)
            .await?
        }
    };
    Ok(ImportId(Named::new("imports", "id", &row).int("id")?))
}

/// Notes what became of an import.
pub(super) async fn note(
    tx: &mut AnyConnection,
    import: ImportId,
    state: &'static str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE imports SET state = $2 WHERE id = $1")
        .bind(int(import.0)?)
        .bind(state)
        .execute(tx)
        .await?;
    Ok(())
}
