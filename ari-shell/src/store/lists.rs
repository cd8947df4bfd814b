//! Lists of leads, and the campaigns that dial them.
//!
//! A campaign has a queue item for each lead of its lists. Items are made by filling: the leads behind the greatest id
//! that the campaign has looked at, a few thousand in each transaction, and that id with them. So nothing is done twice
//! whoever does it and however often, and what was broken off is gone on with.

use engine::words::CampaignId;
use serde::Serialize;
use sqlx::AnyConnection;
use tokio::time::Instant;

use super::row::{Named, int};
use super::{MUCH, SILENCE, Store, StoreError, arrivals, skips};

/// Leads that a campaign takes up in one transaction: a dialer that runs on the same file waits no longer.
const FILL: u32 = 10_000;

/// A list of leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ListId(pub u32);

/// How a campaign took up leads of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Filled {
    /// Leads it looked at.
    pub seen: u64,
    /// Those it dials now; of the others it had the number already.
    pub added: u64,
}

/// A list as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListCard {
    /// Its id.
    pub id: ListId,
    /// Its name.
    pub name: String,
    /// Leads in it.
    pub leads: u64,
    /// The campaigns that dial it, or have dialled it.
    pub campaigns: Vec<Share>,
}

/// How far one campaign has come with the leads of one list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Share {
    /// The campaign's name.
    pub campaign: String,
    /// Leads that wait and were never dialled.
    pub fresh: u64,
    /// Leads that were dialled and wait to be dialled again.
    pub again: u64,
    /// Leads that a dialer holds, or has on a call.
    pub busy: u64,
    /// Leads that were reached.
    pub completed: u64,
    /// Leads that are not dialled any more although nobody was reached.
    pub exhausted: u64,
}

impl Store {
    /// The list of that name; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn find_list(&self, name: &str) -> Result<Option<ListId>, StoreError> {
        let row = self.reading.find(sqlx::query("SELECT id FROM lists WHERE name = $1").bind(name)).await?;
        Ok(row.map(|row| Named::new("lists", "id", &row).int("id").map(ListId)).transpose()?)
    }

    /// The names of all lists.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn list_names(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.reading.rows(sqlx::query("SELECT id, name FROM lists ORDER BY name")).await?;
        rows.iter().map(|row| Ok(Named::new("lists", "id", row).text("name")?)).collect()
    }

    /// The list of that name, made now where there is none.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn list(&self, name: &str) -> Result<ListId, StoreError> {
        self.write_alone(async |tx| {
            sqlx::query(
                "INSERT INTO lists (id, name) SELECT COALESCE(MAX(id), 0) + 1, $1 FROM lists WHERE true \
                 ON CONFLICT (name) DO NOTHING",
            )
            .bind(name)
            .execute(&mut *tx)
            .await?;
            let row = sqlx::query("SELECT id FROM lists WHERE name = $1").bind(name).fetch_one(tx).await?;
            Ok(ListId(Named::new("lists", "id", &row).int("id")?))
        })
        .await
    }

    /// The campaigns that dial a list, with their names, by id.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn campaigns_of(&self, list: ListId) -> Result<Vec<(CampaignId, String)>, StoreError> {
        let campaigns = sqlx::query(
            "SELECT campaigns.id, campaigns.name FROM campaign_lists \
             JOIN campaigns ON campaigns.id = campaign_lists.campaign_id WHERE list_id = $1 ORDER BY campaigns.id",
        )
        .bind(i64::from(list.0));
        let rows = self.reading.rows(campaigns).await?;
        let campaign = |row| {
            let row = Named::new("campaigns", "id", row);
            Ok((CampaignId(row.int("id")?), row.text("name")?))
        };
        rows.iter().map(campaign).collect()
    }

    /// Lets a campaign dial a list from now on, also the leads that come into it later. Where it does already, leads that
    /// it has not taken up yet are taken up.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; the campaign may have some of the leads then, and a second time goes on.
    pub async fn attach(&self, list: ListId, campaign: CampaignId) -> Result<Filled, StoreError> {
        let attach = sqlx::query(
            "INSERT INTO campaign_lists (campaign_id, list_id, filled) VALUES ($1, $2, 0) \
             ON CONFLICT (campaign_id, list_id) DO NOTHING",
        );
        let attach = attach.bind(i64::from(campaign.0)).bind(i64::from(list.0));
        self.write_alone(async |tx| Ok::<_, StoreError>(attach.execute(tx).await?)).await?;
        self.fill(list, campaign).await
    }

    /// Lets a campaign take up all leads of a list that it has not looked at yet.
    pub(crate) async fn fill(&self, list: ListId, campaign: CampaignId) -> Result<Filled, StoreError> {
        let mut filled = Filled::default();
        loop {
            let now = int(self.clock().now().0)?;
            let more = self.write_alone(async |tx| fill(tx, list, &[campaign], now).await).await?;
            if more.seen == 0 {
                return Ok(filled);
            }
            filled.seen += more.seen;
            filled.added += more.added;
            self.breathe(Instant::now()).await;
        }
    }

    /// Tells the database how large the tables of leads have grown, where it plans by that and would find out too late. Where
    /// it cannot look, such as while another has one of them locked, what is done next is slower, and done all the same.
    pub(crate) async fn survey_leads(&self) {
        let Some(survey) = self.desk.dialect.survey() else { return };
        let survey = async |connection: &mut AnyConnection| {
            Ok(sqlx::query(survey).execute(connection).await.map(drop)?)
        };
        if let Err(error) = self.writing.connection(MUCH, survey).await {
            tracing::warn!(%error, "the tables of leads could not be counted anew; it goes on by what was counted before");
        }
    }

    /// Prepares the connection that writes for very many rows.
    pub(crate) async fn brace(&self) -> Result<(), StoreError> {
        if let Some(brace) = self.desk.dialect.brace() {
            let brace = async |connection: &mut AnyConnection| {
                Ok(sqlx::raw_sql(brace).execute(connection).await.map(drop)?)
            };
            self.writing.connection(SILENCE, brace).await?;
        }
        Ok(())
    }

    /// Lets a dialer that runs on the same file write, after a transaction that ended at `written`.
    pub(crate) async fn breathe(&self, written: Instant) {
        tokio::time::sleep_until(written + self.desk.dialect.breath()).await;
    }

    /// Lets a campaign dial a list no longer. Leads that it never dialled leave its queue; those it has begun with keep to
    /// their rules. Gives how many have left, and how many stay.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails; then some have left already, and a second time goes on.
    pub async fn detach(&self, list: ListId, campaign: CampaignId) -> Result<(u64, u64), StoreError> {
        let detach = sqlx::query("DELETE FROM campaign_lists WHERE campaign_id = $1 AND list_id = $2");
        let detach = detach.bind(i64::from(campaign.0)).bind(i64::from(list.0));
        self.write_alone(async |tx| Ok::<_, StoreError>(detach.execute(tx).await?)).await?;
        let mut left = 0;
        loop {
            let gone = self.let_go(list, campaign).await?;
            if gone == 0 {
                break;
            }
            left += gone;
            self.breathe(Instant::now()).await;
        }
        self.look_again(Some(campaign)).await?;
        let staying = sqlx::query(
            "SELECT COUNT(*) AS staying FROM queue JOIN leads ON leads.id = queue.lead_id \
             WHERE campaign_id = $1 AND list_id = $2 AND state NOT IN ('completed', 'exhausted')",
        )
        .bind(i64::from(campaign.0))
        .bind(i64::from(list.0));
        let row = self.reading.row(staying).await?;
        Ok((left, Named::new("queue", "staying", &row).int("staying")?))
    }

    /// Lets campaigns look at all leads of their lists again: a number that has left with one list may be in another. All
    /// campaigns, or one.
    pub(crate) async fn look_again(&self, campaign: Option<CampaignId>) -> Result<(), StoreError> {
        let look = sqlx::query(
            "UPDATE campaign_lists SET filled = 0 WHERE campaign_id = COALESCE($1, campaign_id) \
             RETURNING campaign_id, list_id",
        );
        let look = look.bind(campaign.map(|campaign| i64::from(campaign.0)));
        let rows = self.write_alone(async |tx| Ok::<_, StoreError>(look.fetch_all(tx).await?)).await?;
        for row in &rows {
            let row = Named::new("campaign_lists", "list_id", row);
            self.fill(ListId(row.int("list_id")?), CampaignId(row.int("campaign_id")?)).await?;
        }
        Ok(())
    }

    async fn let_go(&self, list: ListId, campaign: CampaignId) -> Result<u64, StoreError> {
        let gone = sqlx::query(
            "DELETE FROM queue WHERE campaign_id = $1 AND state = 'waiting' AND attempts = 0 AND attempt_id IS NULL \
                 AND callback_at IS NULL \
             AND id IN (SELECT queue.id FROM queue JOIN leads ON leads.id = queue.lead_id \
                        WHERE campaign_id = $1 AND state = 'waiting' AND attempts = 0 AND attempt_id IS NULL \
                          AND callback_at IS NULL AND list_id = $2 LIMIT $3)",
        )
        .bind(i64::from(campaign.0))
        .bind(i64::from(list.0))
        .bind(i64::from(FILL));
        self.write_alone(async |tx| {
            let gone = gone.execute(&mut *tx).await?.rows_affected();
            skips::forget_gone(tx).await?;
            Ok(gone)
        })
        .await
    }

    /// All lists, by name, and how far campaigns have come with them.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn lists(&self) -> Result<Vec<ListCard>, StoreError> {
        let mut tx = self.begin_reading().await?;
        let rows = sqlx::query(
            "SELECT lists.id, lists.name, (SELECT COUNT(*) FROM leads WHERE leads.list_id = lists.id) AS leads \
             FROM lists ORDER BY lists.name",
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut cards = Vec::new();
        for row in &rows {
            let row = Named::new("lists", "id", row);
            let id = ListId(row.int("id")?);
            let campaigns = shares(&mut tx, id).await?;
            cards.push(ListCard { id, name: row.text("name")?, leads: row.int("leads")?, campaigns });
        }
        Ok(cards)
    }
}

async fn shares(tx: &mut AnyConnection, list: ListId) -> Result<Vec<Share>, StoreError> {
    let rows = sqlx::query(
        "SELECT campaigns.name AS campaign, counted.state, counted.dialled, COALESCE(counted.items, 0) AS items \
         FROM campaigns \
         LEFT JOIN (SELECT campaign_id, state, CASE WHEN attempts > 0 THEN 1 ELSE 0 END AS dialled, COUNT(*) AS items \
                    FROM leads JOIN queue ON queue.lead_id = leads.id WHERE list_id = $1 \
                    GROUP BY campaign_id, state, CASE WHEN attempts > 0 THEN 1 ELSE 0 END) AS counted \
             ON counted.campaign_id = campaigns.id \
         WHERE counted.items IS NOT NULL \
            OR EXISTS (SELECT 1 FROM campaign_lists WHERE campaign_id = campaigns.id AND list_id = $1) \
         ORDER BY campaigns.name",
    )
    .bind(i64::from(list.0))
    .fetch_all(tx)
    .await?;
    let mut shares: Vec<Share> = Vec::new();
    for row in &rows {
        let row = Named::new("campaigns", "campaign", row);
        let campaign = row.text("campaign")?;
        if shares.last().is_none_or(|last| last.campaign != campaign) {
            shares.push(Share { campaign, ..Share::default() });
        }
        let share = shares.last_mut().expect("one was pushed just now");
        let items: u64 = row.int("items")?;
        match (row.opt_text("state")?.as_deref(), row.opt_int::<u8>("dialled")?) {
            (Some("waiting"), Some(0)) => share.fresh += items,
            (Some("waiting"), _) => share.again += items,
            (Some("claimed" | "open"), _) => share.busy += items,
            (Some("completed"), _) => share.completed += items,
            (Some("exhausted"), _) => share.exhausted += items,
            (Some(_) | None, _) => {}
        }
    }
    Ok(shares)
}

/// Lets campaigns take up the next leads of a list that they dial; none where they do not dial it. To be done last within a
/// transaction that gives out ids.
pub(crate) async fn fill(
    tx: &mut AnyConnection,
    list: ListId,
    campaigns: &[CampaignId],
    now: i64,
) -> Result<Filled, StoreError> {
    let mut filled = Filled::default();
    let mut reached = Vec::new();
    for &campaign in campaigns {
        let Filled { seen, added } = fill_one(tx, list, campaign, now).await?;
        filled.seen += seen;
        filled.added += added;
        reached.extend((added > 0).then_some(campaign));
    }
    for campaign in reached {
        arrivals::note(tx, campaign).await?;
    }
    Ok(filled)
}

async fn fill_one(
    tx: &mut AnyConnection,
    list: ListId,
    campaign: CampaignId,
    now: i64,
) -> Result<Filled, StoreError> {
    let Some((from, upto, seen)) = next_leads(tx, list, campaign).await? else {
        return Ok(Filled::default());
    };
    let added = sqlx::query(
        "INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts) \
         SELECT ROW_NUMBER() OVER (ORDER BY leads.id) + (SELECT COALESCE(MAX(id), 0) FROM queue), \
             $1, leads.id, number, 'waiting', $5, 0 \
         FROM leads WHERE list_id = $2 AND leads.id > $3 AND leads.id <= $4 ORDER BY leads.id \
         ON CONFLICT (campaign_id, number) DO NOTHING",
    )
    .bind(i64::from(campaign.0))
    .bind(i64::from(list.0))
    .bind(from)
    .bind(upto)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE campaign_lists SET filled = $3 WHERE campaign_id = $1 AND list_id = $2")
        .bind(i64::from(campaign.0))
        .bind(i64::from(list.0))
        .bind(upto)
        .execute(&mut *tx)
        .await?;
    Ok(Filled { seen, added: added.rows_affected() })
}

/// Behind which id the campaign goes on, up to which, and how many leads that are.
async fn next_leads(
    tx: &mut AnyConnection,
    list: ListId,
    campaign: CampaignId,
) -> Result<Option<(i64, i64, u64)>, StoreError> {
    let filled =
        sqlx::query("SELECT filled, list_id FROM campaign_lists WHERE campaign_id = $1 AND list_id = $2")
            .bind(i64::from(campaign.0))
            .bind(i64::from(list.0))
            .fetch_optional(&mut *tx)
            .await?;
    let Some(filled) = filled else { return Ok(None) };
    let from: i64 = Named::new("campaign_lists", "list_id", &filled).int("filled")?;
    let row = sqlx::query(
        "SELECT MAX(id) AS upto, COUNT(*) AS leads \
         FROM (SELECT id FROM leads WHERE list_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS next",
    )
    .bind(i64::from(list.0))
    .bind(from)
    .bind(i64::from(FILL))
    .fetch_one(tx)
    .await?;
    let row = Named::new("leads", "leads", &row);
    let (upto, seen) = (row.opt_int("upto")?, row.int("leads")?);
    Ok(upto.map(|upto| (from, upto, seen)))
}
