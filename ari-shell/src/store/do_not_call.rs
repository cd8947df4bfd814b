//! Do-not-call lists, and allow-lists, which are of the same kind: what is on them, and which campaigns keep to them.

use std::ops::Range;
use std::sync::LazyLock;

use engine::lead::Barred;
use engine::words::{CampaignId, Micros, Number, Span};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};
use tokio::time::Instant;

use super::many::Many;
use super::row::{Named, int, moment};
use super::work::Desk;
use super::{BadRow, Store, StoreError};

/// The list that every campaign keeps to, whether it is configured or not.
pub(crate) const HOUSE: &str = "house";

/// Rows that an import commits at a time: a dialler beside it must not wait long for its turn to write.
const CHUNK: usize = 8_192;

static PUT: LazyLock<Many> = LazyLock::new(|| {
    Many::new("INSERT INTO dnc_numbers (list_id, version, number) VALUES {rows} ON CONFLICT DO NOTHING", 0, 3)
});

/// A list as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRules<'a> {
    /// Its name.
    pub name: &'a str,
    /// How old the version in force may be.
    pub max_age: Option<Span>,
    /// Those of the campaigns that keep to it, and whether it allows rather than bars.
    pub campaigns: Vec<(CampaignId, bool)>,
}

/// A list as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberListCard {
    /// Its name.
    pub name: String,
    /// How many numbers are on it.
    pub numbers: u64,
    /// The beginnings of the numbers that are on it by areas.
    pub areas: Vec<String>,
    /// Since when its version is in force; `None` where nothing was ever put on it.
    pub dated: Option<Micros>,
    /// How old that may be.
    pub max_age: Option<Span>,
    /// The campaigns that keep to it, by name.
    pub campaigns: Vec<String>,
}

/// What a new version of a list came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// The entries that it was given, those that are there twice counted twice.
    pub entries: u64,
    /// How many had been put on the list one by one, and are on it still or no longer, as was asked for.
    pub by_hand: u64,
}

/// What becomes of those who were put on a list one by one when it gets a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByHand {
    /// They stay on it.
    Stay,
    /// They go with the old version.
    Go,
}

/// A campaign that keeps off numbers from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOff {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub name: String,
    /// How many leads waited in it that came to their end by that.
    pub leads: u64,
}

/// A list in the database, and the version of it that holds.
#[derive(Debug, Clone, Copy)]
struct List {
    id: i64,
    version: i64,
}

/// A version of a list that is being written.
#[derive(Debug)]
struct Draft<'l> {
    list: &'l str,
    id: i64,
    version: i64,
}

impl Store {
    /// Writes down which lists there are and which of these campaigns keep to them, as a configuration has it. What is on
    /// the lists stays, also where one is no longer configured, and so does what campaigns keep to that are not in this
    /// configuration: another process may be dialling for them.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn keep_lists(
        &self,
        campaigns: &[CampaignId],
        lists: &[ListRules<'_>],
    ) -> Result<(), StoreError> {
        self.write_alone(async |tx| {
            for campaign in campaigns {
                sqlx::query("DELETE FROM campaign_dnc WHERE campaign_id = $1")
                    .bind(i64::from(campaign.0))
                    .execute(&mut *tx)
                    .await?;
            }
            for list in lists {
                let row = sqlx::query(
                    "INSERT INTO dnc_lists (id, name, version, max_age) \
                     SELECT COALESCE(MAX(id), 0) + 1, $1, 0, $2 FROM dnc_lists WHERE true \
                     ON CONFLICT (name) DO UPDATE SET max_age = excluded.max_age RETURNING id",
                )
                .bind(list.name)
                .bind(list.max_age.map(|age| int(age.0)).transpose()?)
                .fetch_one(&mut *tx)
                .await?;
                let id: i64 = Named::new("dnc_lists", "id", &row).int("id")?;
                keep_to(tx, id, &list.campaigns).await?;
            }
            Ok(())
        })
        .await
    }

    /// Writes down those of these lists that are not there yet, and who keeps to them beside those who do already. A list that is
    /// there stays as it is: another process may be dialling by it.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn add_lists(&self, lists: &[ListRules<'_>]) -> Result<(), StoreError> {
        self.write_alone(async |tx| {
            for list in lists {
                sqlx::query(
                    "INSERT INTO dnc_lists (id, name, version, max_age) \
                     SELECT COALESCE(MAX(id), 0) + 1, $1, 0, $2 FROM dnc_lists WHERE true \
                     ON CONFLICT (name) DO NOTHING",
                )
                .bind(list.name)
                .bind(list.max_age.map(|age| int(age.0)).transpose()?)
                .execute(&mut *tx)
                .await?;
                let List { id, .. } = find(tx, list.name).await?;
                keep_to(tx, id, &list.campaigns).await?;
            }
            Ok(())
        })
        .await
    }

    /// Puts numbers on a list. Leads that wait for a campaign that may no longer call them come to their end at once; says
    /// which campaigns that may be.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails or has no such list; an area may be on it then, and a second time goes on.
    pub async fn bar(&self, list: &str, barred: &Barred) -> Result<Vec<KeptOff>, StoreError> {
        let now = self.desk.clock.now();
        match barred {
            Barred::Number(number) => self.write(async |tx| put(tx, list, *number, now).await).await,
            Barred::Area(prefix) => {
                let entered = self.write(async |tx| {
                    let id = enter(tx, list, barred, now).await?;
                    Ok::<_, StoreError>((id, barred_from(tx, id).await?))
                });
                let (id, campaigns) = entered.await?;
                self.end_in_area(id, campaigns, prefix).await
            }
        }
    }

    /// Ends what waits for these campaigns of an area that is on a list by now. Its leads may be very many, and whoever saves a call
    /// waits for no more of them than one step has; a call to the area is refused meanwhile.
    async fn end_in_area(
        &self,
        list: i64,
        campaigns: Vec<(CampaignId, String)>,
        prefix: &str,
    ) -> Result<Vec<KeptOff>, StoreError> {
        let without_leads = |(campaign, name)| KeptOff { campaign, name, leads: 0 };
        let mut kept_off: Vec<KeptOff> = campaigns.into_iter().map(without_leads).collect();
        let (numbers, mut last) = (format!("{prefix}%"), -1);
        loop {
            let next =
                sqlx::query(AssertSqlSafe(WAIT_IN_AREA.as_str())).bind(last).bind(numbers.clone()).bind(list);
            let next = self.reading.rows(next.bind(int(CHUNK as u64)?)).await?;
            let ids = next.iter().map(|row| Named::new("queue", "id", row).int("id"));
            let ids = ids.collect::<Result<Vec<i64>, BadRow>>()?;
            let Some(&greatest) = ids.last() else { return Ok(kept_off) };
            for campaign in self.end_of_area(&ids, &numbers).await? {
                kept_off.iter_mut().filter(|of| of.campaign == campaign).for_each(|of| of.leads += 1);
            }
            last = greatest;
            self.breathe(Instant::now()).await;
        }
    }

    /// The campaigns in which these items have come to their end; those that do not wait any more, or for another number, have not.
    async fn end_of_area(&self, items: &[i64], numbers: &str) -> Result<Vec<CampaignId>, StoreError> {
        let items = serde_json::to_string(&items.iter().map(|item| [item]).collect::<Vec<_>>())?;
        let these = format!("SELECT CAST(value ->> 0 AS BIGINT) FROM {}", self.desk.dialect.each("$1"));
        let condition = format!("id IN ({these}) AND {IN_AREA}");
        let end = format!("{} RETURNING campaign_id", END.replace("{barred}", &condition));
        let end = sqlx::query(AssertSqlSafe(end)).bind(items).bind(numbers.to_owned());
        let rows = self.write_much(async |tx| Ok::<_, StoreError>(end.fetch_all(tx).await?)).await?;
        let campaign = |row| Named::new("queue", "campaign_id", row).int("campaign_id").map(CampaignId);
        Ok(rows.iter().map(campaign).collect::<Result<_, BadRow>>()?)
    }

    /// Takes numbers off a list; says whether they were on it, in just that form. Leads that came to their end by it stay
    /// there until [`Store::reprieve`] lets them wait again, and a version that is being written puts them on again where it has them.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails or has no such list.
    pub async fn unbar(&self, list: &str, barred: &Barred) -> Result<bool, StoreError> {
        let (take, text) = match barred {
            Barred::Number(number) => (
                "DELETE FROM dnc_numbers WHERE list_id = $1 AND version = $2 AND number = $3",
                number.to_string(),
            ),
            Barred::Area(prefix) => {
                ("DELETE FROM dnc_areas WHERE list_id = $1 AND version = $2 AND prefix = $3", prefix.clone())
            }
        };
        self.write(async |tx| {
            let List { id, version } = find(tx, list).await?;
            let taken = sqlx::query(take).bind(id).bind(version).bind(text).execute(tx).await?;
            Ok(taken.rows_affected() > 0)
        })
        .await
    }

    /// Puts a whole new version of a list in the place of the old one: until it is complete, the old one holds. Whoever is
    /// put on the list meanwhile is on both.
    ///
    /// # Errors
    /// The first error of `entries`, or [`StoreError`] as one; then the old version still holds.
    /// [`StoreError::Overtaken`] where a version that was begun later holds already.
    pub async fn replace_list<E: From<StoreError>>(
        &self,
        list: &str,
        dated: Micros,
        by_hand: ByHand,
        entries: impl Iterator<Item = Result<Barred, E>>,
    ) -> Result<Replaced, E> {
        let draft = self.begin_draft(list).await?;
        let written = self.write_draft(&draft, dated, by_hand, entries).await;
        let over = if written.is_ok() { 0..draft.version } else { draft.version..draft.version + 1 };
        let cleared = self.clear(&draft, over).await;
        let replaced = written?;
        cleared?;
        Ok(replaced)
    }

    /// Sets a version of its own aside for a list: others may be writing the next one too, or have broken off.
    async fn begin_draft<'l>(&self, list: &'l str) -> Result<Draft<'l>, StoreError> {
        self.write_alone(async |tx| {
            let List { id, .. } = find(tx, list).await?;
            // Whoever puts somebody on the list holds its row: they are through, or wait and see the draft.
            hold(tx, id).await?;
            let row = sqlx::query(
                "INSERT INTO dnc_drafts (list_id, version) SELECT $1, MAX(version) + 1 FROM \
                     (SELECT version FROM dnc_lists WHERE id = $1 \
                      UNION ALL SELECT version FROM dnc_drafts WHERE list_id = $1) AS begun WHERE true \
                 RETURNING version",
            )
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
            let version = Named::new("dnc_drafts", "version", &row).int("version")?;
            Ok(Draft { list, id, version })
        })
        .await
    }

    async fn write_draft<E: From<StoreError>>(
        &self,
        draft: &Draft<'_>,
        dated: Micros,
        by_hand: ByHand,
        entries: impl Iterator<Item = Result<Barred, E>>,
    ) -> Result<Replaced, E> {
        let were_by_hand = self.count_by_hand(draft).await?;
        if were_by_hand > 0 && by_hand == ByHand::Stay {
            self.carry_over(draft).await?;
        }
        let (mut numbers, mut count) = (Vec::with_capacity(CHUNK), 0);
        for entry in entries {
            count += 1;
            match entry? {
                Barred::Number(number) => numbers.push(number),
                Barred::Area(prefix) => self.put_area(draft, prefix).await?,
            }
            if numbers.len() == CHUNK {
                self.put_numbers(draft, &numbers).await?;
                numbers.clear();
            }
        }
        self.put_numbers(draft, &numbers).await?;
        self.put_in_force(draft, dated).await?;
        Ok(Replaced { entries: count, by_hand: were_by_hand })
    }

    /// Takes over what was put on the list one by one. What is put there from now on is on both versions.
    async fn carry_over(&self, draft: &Draft<'_>) -> Result<(), StoreError> {
        for carry in [
            "INSERT INTO dnc_areas (list_id, version, prefix, by_hand) SELECT list_id, $2, prefix, 1 FROM dnc_areas AS held \
             WHERE list_id = $1 AND by_hand = 1 AND version = (SELECT version FROM dnc_lists WHERE id = $1) \
               AND NOT EXISTS (SELECT 1 FROM dnc_areas WHERE list_id = $1 AND version = $2 AND prefix = held.prefix) \
             LIMIT $3",
            "INSERT INTO dnc_numbers (list_id, version, number, by_hand) SELECT list_id, $2, number, 1 FROM dnc_numbers AS held \
             WHERE list_id = $1 AND by_hand = 1 AND version = (SELECT version FROM dnc_lists WHERE id = $1) \
               AND NOT EXISTS (SELECT 1 FROM dnc_numbers WHERE list_id = $1 AND version = $2 AND number = held.number) \
             LIMIT $3",
        ] {
            loop {
                let carry = sqlx::query(carry).bind(draft.id).bind(draft.version).bind(int(CHUNK as u64)?);
                let carried = self.write_much(async |tx| {
                    // Whoever puts somebody on the list holds its row: they are through, or wait and find them there.
                    hold(tx, draft.id).await?;
                    Ok::<_, StoreError>(carry.execute(tx).await?)
                });
                if carried.await?.rows_affected() == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn count_by_hand(&self, draft: &Draft<'_>) -> Result<u64, StoreError> {
        let count = sqlx::query(
            "SELECT id, (SELECT COUNT(*) FROM dnc_numbers \
                 WHERE list_id = dnc_lists.id AND version = dnc_lists.version AND by_hand = 1) + \
                 (SELECT COUNT(*) FROM dnc_areas \
                  WHERE list_id = dnc_lists.id AND version = dnc_lists.version AND by_hand = 1) AS by_hand \
             FROM dnc_lists WHERE id = $1",
        );
        let row = self.reading.row(count.bind(draft.id)).await?;
        Ok(Named::new("dnc_lists", "id", &row).int("by_hand")?)
    }

    async fn put_area(&self, draft: &Draft<'_>, prefix: String) -> Result<(), StoreError> {
        let put = sqlx::query(
            "INSERT INTO dnc_areas (list_id, version, prefix) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        let put = put.bind(draft.id).bind(draft.version).bind(prefix);
        self.write(async |tx| Ok(put.execute(tx).await.map(drop)?)).await
    }

    async fn put_numbers(&self, draft: &Draft<'_>, numbers: &[Number]) -> Result<(), StoreError> {
        self.write_much(async |tx| {
            for (mut statement, numbers) in PUT.over(numbers) {
                for number in numbers {
                    statement = statement.bind(draft.id).bind(draft.version).bind(number.to_string());
                }
                statement.execute(&mut *tx).await?;
            }
            Ok(())
        })
        .await
    }

    /// What fails is tried once more: it may be done all the same where the answer to its commit was lost, and done again it
    /// changes nothing.
    async fn put_in_force(&self, draft: &Draft<'_>, dated: Micros) -> Result<(), StoreError> {
        let dated = moment(Some(dated))?;
        let put = async || {
            let put = sqlx::query(
                "UPDATE dnc_lists SET version = $2, dated_at = $3 WHERE id = $1 AND version <= $2",
            );
            let put = put.bind(draft.id).bind(draft.version).bind(dated);
            self.write(async |tx| Ok::<_, StoreError>(put.execute(tx).await?)).await
        };
        let put = match put().await {
            Ok(put) => put,
            Err(_) => put().await?,
        };
        if put.rows_affected() == 0 { Err(StoreError::Overtaken(draft.list.to_owned())) } else { Ok(()) }
    }

    /// Takes versions of a list away that will never hold, and then the note that they were being written. The one that
    /// holds stays, whatever is known of it here.
    async fn clear(&self, draft: &Draft<'_>, versions: Range<i64>) -> Result<(), StoreError> {
        // A commit that is still under way may bring the draft into force: from here on it has, or never will.
        self.write(async |tx| hold(tx, draft.id).await).await?;
        loop {
            let clear = sqlx::query(
                "DELETE FROM dnc_numbers WHERE list_id = $1 AND version >= $2 AND version < $3 \
                   AND version <> (SELECT version FROM dnc_lists WHERE id = $1) AND number IN \
                     (SELECT number FROM dnc_numbers WHERE list_id = $1 AND version >= $2 AND version < $3 \
                        AND version <> (SELECT version FROM dnc_lists WHERE id = $1) LIMIT $4)",
            )
            .bind(draft.id)
            .bind(versions.start)
            .bind(versions.end)
            .bind(int(CHUNK as u64)?);
            let cleared = self.write_much(async |tx| Ok::<_, StoreError>(clear.execute(tx).await?)).await?;
            if cleared.rows_affected() == 0 {
                break;
            }
        }
        self.write_much(async |tx| {
            for cleared in [
                "DELETE FROM dnc_areas WHERE list_id = $1 AND version >= $2 AND version < $3 \
                   AND version <> (SELECT version FROM dnc_lists WHERE id = $1)",
                "DELETE FROM dnc_drafts WHERE list_id = $1 AND (version >= $2 AND version < $3 \
                     OR version = (SELECT version FROM dnc_lists WHERE id = $1))",
            ] {
                sqlx::query(cleared)
                    .bind(draft.id)
                    .bind(versions.start)
                    .bind(versions.end)
                    .execute(&mut *tx)
                    .await?;
            }
            Ok(())
        })
        .await
    }

    /// All lists, by name.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn number_lists(&self) -> Result<Vec<NumberListCard>, StoreError> {
        let mut tx = self.begin_reading().await?;
        let rows = sqlx::query(
            "SELECT id, name, dated_at, max_age, (SELECT COUNT(*) FROM dnc_numbers \
                 WHERE list_id = dnc_lists.id AND version = dnc_lists.version) AS numbers \
             FROM dnc_lists ORDER BY name",
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut cards = Vec::new();
        for row in &rows {
            let row = Named::new("dnc_lists", "id", row);
            let id = row.int("id")?;
            cards.push(NumberListCard {
                name: row.text("name")?,
                numbers: row.int("numbers")?,
                areas: names(&mut tx, AREAS, id).await?,
                dated: row.opt_moment("dated_at")?,
                max_age: row.opt_int("max_age")?.map(Span),
                campaigns: names(&mut tx, KEEPERS, id).await?,
            });
        }
        Ok(cards)
    }

    /// Since when the version of a list is in force; `None` where nothing was ever put on it, or there is none.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn dated(&self, list: &str) -> Result<Option<Micros>, StoreError> {
        let dated = sqlx::query("SELECT name, dated_at FROM dnc_lists WHERE name = $1").bind(list);
        let row = self.reading.find(dated).await?;
        let dated = row.map(|row| Named::new("dnc_lists", "name", &row).opt_moment("dated_at"));
        Ok(dated.transpose()?.flatten())
    }

    /// The lists that a number is on, by name.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn lists_with(&self, number: Number) -> Result<Vec<String>, StoreError> {
        let lists = sqlx::query(
            "SELECT name FROM dnc_lists WHERE EXISTS (SELECT 1 FROM dnc_numbers \
                 WHERE number = $1 AND list_id = dnc_lists.id AND version = dnc_lists.version) \
             OR EXISTS (SELECT 1 FROM dnc_areas \
                 WHERE list_id = dnc_lists.id AND version = dnc_lists.version AND $2 LIKE prefix || '%') \
             ORDER BY name",
        )
        .bind(number.to_string())
        .bind(number.to_string());
        let rows = self.reading.rows(lists).await?;
        Ok(rows
            .iter()
            .map(|row| Named::new("dnc_lists", "name", row).text("name"))
            .collect::<Result<_, _>>()?)
    }
}

/// A callee has asked on the phone not to be called any more: they are on that list, or on the one that everybody keeps to.
pub(super) async fn opt_out(
    desk: &Desk,
    tx: &mut AnyConnection,
    number: Number,
    list: Option<&str>,
) -> Result<(), StoreError> {
    put(tx, list.unwrap_or(HOUSE), number, desk.clock.now()).await.map(drop)
}

/// Puts a number on a list, and ends the leads that wait for it; says which campaigns keep off it by that.
pub(super) async fn put(
    tx: &mut AnyConnection,
    list: &str,
    number: Number,
    now: Micros,
) -> Result<Vec<KeptOff>, StoreError> {
    let list = enter(tx, list, &Barred::Number(number), now).await?;
    let mut kept_off = Vec::new();
    for (campaign, name) in barred_from(tx, list).await? {
        let mut leads = 0;
        for condition in BY_NUMBER {
            let end = sqlx::query(AssertSqlSafe(END.replace("{barred}", condition)));
            let ended = end.bind(i64::from(campaign.0)).bind(number.to_string());
            leads += ended.execute(&mut *tx).await?.rows_affected();
        }
        kept_off.push(KeptOff { campaign, name, leads });
    }
    Ok(kept_off)
}

/// Puts numbers on a list, on what holds of it and on what is being written; gives the list's id.
async fn enter(tx: &mut AnyConnection, list: &str, barred: &Barred, now: Micros) -> Result<i64, StoreError> {
    let List { id, .. } = find(tx, list).await?;
    let (put, text) = match barred {
        Barred::Number(number) => (
            "INSERT INTO dnc_numbers (list_id, version, number, by_hand) SELECT $1, version, $2, 1 FROM \
                 (SELECT version FROM dnc_lists WHERE id = $1 \
                  UNION SELECT version FROM dnc_drafts WHERE list_id = $1) AS held WHERE true \
             ON CONFLICT (number, list_id, version) DO UPDATE SET by_hand = 1",
            number.to_string(),
        ),
        Barred::Area(prefix) => (
            "INSERT INTO dnc_areas (list_id, version, prefix, by_hand) SELECT $1, version, $2, 1 FROM \
                 (SELECT version FROM dnc_lists WHERE id = $1 \
                  UNION SELECT version FROM dnc_drafts WHERE list_id = $1) AS held WHERE true \
             ON CONFLICT (list_id, version, prefix) DO UPDATE SET by_hand = 1",
            prefix.clone(),
        ),
    };
    // The row first: from here on no version is begun and none comes into force until this is through. One number does not
    // vouch for a list that has to be of a certain age: only an import dates that.
    let dated = "UPDATE dnc_lists SET dated_at = COALESCE(dated_at, CASE WHEN max_age IS NULL THEN $2 END) WHERE id = $1";
    sqlx::query(dated).bind(id).bind(int(now.0)?).execute(&mut *tx).await?;
    sqlx::query(put).bind(id).bind(text).execute(&mut *tx).await?;
    Ok(id)
}

const AREAS: &str = "SELECT prefix AS name FROM dnc_areas JOIN dnc_lists \
     ON dnc_lists.id = dnc_areas.list_id AND dnc_lists.version = dnc_areas.version \
     WHERE dnc_lists.id = $1 ORDER BY prefix";

const KEEPERS: &str = "SELECT campaigns.name FROM campaign_dnc JOIN campaigns \
     ON campaigns.id = campaign_dnc.campaign_id WHERE list_id = $1 ORDER BY campaigns.name";

async fn names(tx: &mut AnyConnection, query: &'static str, id: i64) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(query).bind(id).fetch_all(tx).await?;
    Ok(rows.iter().map(|row| Named::new("names", "name", row).text("name")).collect::<Result<_, _>>()?)
}

/// Waits for whoever is writing to a list's row, and keeps others off it until the end of the transaction.
async fn hold(tx: &mut AnyConnection, list: i64) -> Result<(), StoreError> {
    let hold = sqlx::query("UPDATE dnc_lists SET version = version WHERE id = $1").bind(list);
    Ok(hold.execute(tx).await.map(drop)?)
}

/// From now on these campaigns keep to a list, as one that allows or as one that bars.
async fn keep_to(
    tx: &mut AnyConnection,
    list: i64,
    campaigns: &[(CampaignId, bool)],
) -> Result<(), StoreError> {
    for (campaign, allows) in campaigns {
        sqlx::query(
            "INSERT INTO campaign_dnc (campaign_id, list_id, allows) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(i64::from(campaign.0))
        .bind(list)
        .bind(i64::from(*allows))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn find(tx: &mut AnyConnection, list: &str) -> Result<List, StoreError> {
    let row = sqlx::query("SELECT id, version FROM dnc_lists WHERE name = $1")
        .bind(list)
        .fetch_optional(tx)
        .await?;
    let unknown = || StoreError::Unregistered { kind: "do-not-call list", id: list.to_owned() };
    let row = row.ok_or_else(unknown)?;
    let row = Named::new("dnc_lists", "id", &row);
    Ok(List { id: row.int("id")?, version: row.int("version")? })
}

/// Ends the leads that wait and are barred, as `{barred}` says.
const END: &str = "UPDATE queue SET state = 'exhausted', last_result = 'do_not_call', claimed_by = NULL \
     WHERE {barred} AND state IN ('waiting', 'claimed')";

/// A lead of campaign `$1` whose number is `$2`, and one that has it among its further ones and is called by it next: what a save
/// would find when that comes. Apart from each other, so that each is found by an index; the sign before the campaign keeps SQLite
/// from walking all its leads.
const BY_NUMBER: [&str; 2] = [
    "campaign_id = $1 AND number = $2",
    "+campaign_id = $1 AND next_number = $2 AND lead_id IN (SELECT lead_id FROM lead_numbers WHERE number = $2)",
];

/// Items whose number, or that which is called next, is like `$2`.
const IN_AREA: &str = "(number LIKE $2 OR next_number LIKE $2)";

/// The next items like that behind item `$1` which wait for campaigns that the list `$3` bars its numbers from. The sign before the
/// campaign has databases go by id.
pub(super) static WAIT_IN_AREA: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT id FROM queue \
         WHERE id > $1 AND state IN ('waiting', 'claimed') AND {IN_AREA} \
           AND +campaign_id IN (SELECT campaign_id FROM campaign_dnc WHERE list_id = $3 AND allows = 0) \
         ORDER BY id LIMIT $4"
    )
});

/// The campaigns that a list bars its numbers from, with their names.
pub(super) async fn kept_off_by(
    tx: &mut AnyConnection,
    list: &str,
) -> Result<Vec<(CampaignId, String)>, StoreError> {
    let List { id, .. } = find(tx, list).await?;
    barred_from(tx, id).await
}

async fn barred_from(tx: &mut AnyConnection, list: i64) -> Result<Vec<(CampaignId, String)>, StoreError> {
    let campaigns = "SELECT campaign_id, name FROM campaign_dnc JOIN campaigns ON campaigns.id = campaign_id \
         WHERE list_id = $1 AND allows = 0 ORDER BY campaign_id";
    let rows = sqlx::query(campaigns).bind(list).fetch_all(tx).await?;
    let read = |row: &AnyRow| {
        let row = Named::new("campaign_dnc", "campaign_id", row);
        Ok((CampaignId(row.int("campaign_id")?), row.text("name")?))
    };
    Ok(rows.iter().map(read).collect::<Result<_, BadRow>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{Dialect, Floor};

    #[tokio::test]
    async fn whoever_is_barred_by_a_further_number_is_found_by_it_and_not_among_all_leads() {
        let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
        for (condition, search) in BY_NUMBER.into_iter().zip([
            "SEARCH queue USING INDEX sqlite_autoindex_queue_2 (campaign_id=? AND number=?)",
            "SEARCH queue USING INDEX queue_lead (lead_id=?)",
        ]) {
            let steps = floor.plan(&END.replace("{barred}", condition)).await;
            assert!(steps.iter().any(|step| step == search), "{steps:#?}");
        }
    }
}
