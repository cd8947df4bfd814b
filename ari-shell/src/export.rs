//! Leads as a CSV file, with what came of them: a row for each lead of a list and each campaign that has it, or for each
//! lead of a campaign.
//!
//! The columns are those of the import, so that the file can be imported elsewhere; what begins with `ringmaster_` says how
//! the lead stands, and an import passes over it. All of it is as it was at one moment.

use std::collections::BTreeMap;
use std::io::{self, Write};

use engine::words::{CampaignId, Micros};
use futures_util::TryStreamExt as _;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::formula::guarded;
use crate::import::PASSED_OVER;
use crate::moment::timestamp;
use crate::numbers::Numbering;
use crate::store::{BadRow, ListId, Named, Store, StoreError};

/// Rows between two looks at the progress.
const LOOK: u64 = 1_000;

/// How a lead stands, in the columns that come last.
const STANDING: [&str; 9] = [
    "list",
    "campaign",
    "state",
    "attempts",
    "last_result",
    "last_dialled",
    "due",
    "last_disposition",
    "last_agent",
];

/// Whose leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// All of a list, dialled or not.
    List(ListId),
    /// All that a campaign has to dial, or had.
    Campaign(CampaignId),
}

/// The leads could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database did not give them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file did not take them.
    #[error("the file cannot be written: {0}")]
    File(#[from] io::Error),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<sqlx::Error> for ExportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<BadRow> for ExportError {
    fn from(bad: BadRow) -> Self {
        Self::Store(bad.into())
    }
}

impl Source {
    fn id(self) -> i64 {
        match self {
            Self::List(list) => i64::from(list.0),
            Self::Campaign(campaign) => i64::from(campaign.0),
        }
    }

    /// Leads and their queue items.
    const fn tables(self) -> &'static str {
        match self {
            Self::List(_) => "leads LEFT JOIN queue ON queue.lead_id = leads.id WHERE leads.list_id = $1",
            Self::Campaign(_) => "queue JOIN leads ON leads.id = queue.lead_id WHERE queue.campaign_id = $1",
        }
    }
}

/// Writes the leads of `source`, their numbers so that `numbering` reads them again; gives how many rows that were.
/// `progress` is told the rows so far.
///
/// # Errors
/// [`ExportError`]; then the file is not whole.
pub async fn export(
    store: &Store,
    source: Source,
    numbering: Numbering,
    file: impl Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, ExportError> {
    let mut tx = store.begin_reading().await?;
    let columns = Columns::of(&mut tx, source, numbering).await?;
    let mut file = csv::Writer::from_writer(file);
    file.write_record(columns.header())?;
    let sql = format!(
        "SELECT leads.*, queue.state, queue.attempts, queue.last_result, queue.due_at, \
             (SELECT name FROM lists WHERE lists.id = leads.list_id) AS list, \
             (SELECT name FROM campaigns WHERE campaigns.id = queue.campaign_id) AS campaign, \
             (SELECT MAX(created_at) FROM call_log \
              WHERE call_log.queue_id = queue.id AND call_log.dialled = 1) AS last_dialled, \
             (SELECT code FROM dispositions JOIN call_log ON call_log.attempt_id = dispositions.attempt_id \
              WHERE call_log.queue_id = queue.id AND code IS NOT NULL \
              ORDER BY created_at DESC, call_log.attempt_id DESC LIMIT 1) AS last_disposition, \
             (SELECT name FROM call_log JOIN agents ON agents.id = call_log.agent_id \
              WHERE call_log.queue_id = queue.id \
              ORDER BY created_at DESC, call_log.attempt_id DESC LIMIT 1) AS last_agent, \
             (SELECT string_agg(ord || ' ' || lead_numbers.number, ',') FROM lead_numbers \
              WHERE lead_numbers.lead_id = leads.id) AS further \
         FROM {} ORDER BY leads.id, queue.campaign_id",
        source.tables()
    );
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(source.id()).fetch(&mut *tx);
    let mut count = 0;
    while let Some(row) = rows.try_next().await? {
        file.write_record(columns.row(&row)?)?;
        count += 1;
        if count % LOOK == 0 {
            progress(count);
        }
    }
    file.flush()?;
    Ok(count)
}

/// Which columns the leads need.
struct Columns {
    /// The most numbers that a lead has.
    numbers: u8,
    /// All attributes, in the order in which the leads first have them, each with its place.
    attributes: Vec<String>,
    numbering: Numbering,
}

impl Columns {
    async fn of(tx: &mut AnyConnection, source: Source, numbering: Numbering) -> Result<Self, ExportError> {
        let sql = format!(
            "SELECT COALESCE(MAX(ord), 1) AS numbers, COUNT(*) AS leads FROM lead_numbers \
             WHERE lead_id IN (SELECT leads.id FROM {})",
            source.tables()
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(source.id()).fetch_one(&mut *tx).await?;
        let numbers = Named::new("lead_numbers", "leads", &row).int("numbers")?;
        let mut attributes = Vec::new();
        let sql = format!("SELECT leads.id, leads.attributes FROM {} ORDER BY leads.id", source.tables());
        let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(source.id()).fetch(tx);
        while let Some(row) = rows.try_next().await? {
            for (name, _) in pairs(&Named::new("leads", "id", &row))? {
                if !attributes.contains(&name) {
                    attributes.push(name);
                }
            }
        }
        Ok(Self { numbers, attributes, numbering })
    }

    fn header(&self) -> Vec<String> {
        let phones = (2..=self.numbers).map(|nth| format!("phone{nth}"));
        let fixed = ["external_id", "zone"].map(str::to_owned);
        let standing = STANDING.map(|name| format!("{}{name}", PASSED_OVER.to_ascii_lowercase()));
        let attributes = self.attributes.iter().cloned();
        ["phone".to_owned()]
            .into_iter()
            .chain(phones)
            .chain(fixed)
            .chain(attributes)
            .chain(standing)
            .collect()
    }

    fn row(&self, row: &AnyRow) -> Result<Vec<String>, BadRow> {
        let row = Named::new("leads", "id", row);
        let text = |column| Ok::<_, BadRow>(row.opt_text(column)?.unwrap_or_default());
        let moment = |column| Ok::<_, BadRow>(row.opt_moment(column)?.map_or_else(String::new, shown));
        let written = |number: &str| self.numbering.written(number);
        let mut cells = vec![written(&row.text("number")?)];
        let further = text("further")?;
        let further: BTreeMap<&str, &str> =
            further.split(',').filter_map(|one| one.split_once(' ')).collect();
        for nth in 2..=self.numbers {
            cells.push(
                further.get(nth.to_string().as_str()).map_or_else(String::new, |number| written(number)),
            );
        }
        cells.extend([guarded(&text("external_id")?).into_owned(), text("zone")?]);
        let attributes: BTreeMap<String, String> = pairs(&row)?.into_iter().collect();
        let attribute =
            |name| attributes.get(name).map_or_else(String::new, |text| guarded(text).into_owned());
        cells.extend(self.attributes.iter().map(attribute));
        cells.extend([text("list")?, text("campaign")?, text("state")?]);
        cells.push(row.opt_int::<u32>("attempts")?.map_or_else(String::new, |attempts| attempts.to_string()));
        let due = if text("state")? == "waiting" { moment("due_at")? } else { String::new() };
        cells.extend([text("last_result")?, moment("last_dialled")?, due]);
        cells.extend([text("last_disposition")?, text("last_agent")?]);
        Ok(cells)
    }
}

fn pairs(row: &Named<'_>) -> Result<Vec<(String, String)>, BadRow> {
    row.json("attributes", "a JSON list of [name, value] pairs")
}

/// A moment as `2026-11-26T16:40:00Z`.
fn shown(at: Micros) -> String {
    timestamp(at).strftime("%FT%TZ").to_string()
}

#[cfg(test)]
mod tests {
    use engine::call::Record;
    use engine::lead::Fate;

    use super::*;
    use crate::import::tests::plan;
    use crate::import::{self, Plan};
    use crate::store::testing::{AUTUMN, Floor, How, SPRING, on_each_database, record};

    on_each_database! {
        leads_are_written_with_what_came_of_them_and_can_be_imported_again,
        whom_no_carrier_took_was_not_dialled,
        a_name_that_is_a_formula_stays_a_name,
        numbers_of_a_house_in_a_country_are_the_same_when_they_are_imported_again,
    }

    async fn exported(floor: &Floor, source: Source, numbering: Numbering) -> String {
        let mut written = Vec::new();
        export(&floor.store, source, numbering, &mut written, &mut |_| ()).await.expect("exported");
        String::from_utf8(written).expect("UTF-8")
    }

    async fn leads_are_written_with_what_came_of_them_and_can_be_imported_again(floor: Floor) {
        let path = floor.path("leads.csv");
        let leads = "phone,phone3,external_id,zone,name\n101,301,x-1,Europe/Paris,\"A, nn\"\n102,,,,Bob\n";
        std::fs::write(&path, leads).expect("written");
        import::import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
        std::fs::write(&path, "phone,city\n103,Bonn\n").expect("written");
        import::import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
        floor.sql("UPDATE queue SET due_at = id * 1000000").await;
        let mut pen = floor.writer();
        let call = pen.open(SPRING, 1).await;
        pen.record(record(&call, How::Talked(0, 5))).await;
        let call = pen.open(SPRING, 2).await;
        pen.record(Record { fate: Fate::Retry(Micros(4_000_000_000_000_000)), ..record(&call, How::Busy) })
            .await;
        floor
            .sql("INSERT INTO dispositions VALUES (1, 1, 1, 0, 'sale', 1, 0, 'completed', NULL, NULL)")
            .await;
        let members = floor.store.find_list("members").await.expect("asked").expect("made by the import");
        let they_stand = Numbering::AS_THEY_STAND;
        let spring = exported(&floor, Source::Campaign(SPRING), they_stand).await;
        insta::assert_snapshot!(spring, @r#"
        phone,phone2,phone3,external_id,zone,NAME,CITY,ringmaster_list,ringmaster_campaign,ringmaster_state,ringmaster_attempts,ringmaster_last_result,ringmaster_last_dialled,ringmaster_due,ringmaster_last_disposition,ringmaster_last_agent
        101,,301,x-1,Europe/Paris,"A, nn",,members,spring,completed,1,connected,2023-11-14T22:13:20Z,,sale,ann
        102,,,,,Bob,,members,spring,waiting,1,busy,2023-11-14T22:13:20Z,2096-10-02T07:06:40Z,,
        103,,,,,,Bonn,members,spring,waiting,0,,,1970-01-01T00:00:03Z,,
        "#);
        assert_eq!(
            exported(&floor, Source::List(members), they_stand).await,
            spring,
            "nobody else dials the list"
        );
        assert_eq!(
            exported(&floor, Source::Campaign(AUTUMN), they_stand).await.lines().count(),
            1,
            "the header"
        );

        std::fs::write(&path, &spring).expect("written");
        let elsewhere = Plan { list: "again", campaigns: &[AUTUMN], ..plan(&path) };
        let done = import::import(&floor.store, elsewhere, &mut |_| ()).await.expect("imported");
        assert_eq!((done.imported, done.preview.attributes.join(" ").as_str()), (3, "NAME CITY"));
    }

    async fn whom_no_carrier_took_was_not_dialled(floor: Floor) {
        let path = floor.path("leads.csv");
        std::fs::write(&path, "phone\n101\n").expect("written");
        import::import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
        let mut pen = floor.writer();
        let call = pen.open(SPRING, 1).await;
        pen.record(record(&call, How::Unplaced)).await;
        let written = exported(&floor, Source::Campaign(SPRING), Numbering::AS_THEY_STAND).await;
        insta::assert_snapshot!(written, @"
        phone,external_id,zone,ringmaster_list,ringmaster_campaign,ringmaster_state,ringmaster_attempts,ringmaster_last_result,ringmaster_last_dialled,ringmaster_due,ringmaster_last_disposition,ringmaster_last_agent
        101,,,members,spring,exhausted,1,technical,,,,
        ");
    }

    async fn a_name_that_is_a_formula_stays_a_name(floor: Floor) {
        let path = floor.path("leads.csv");
        std::fs::write(&path, "phone,external_id,name\n101,@1,=1+1\n").expect("written");
        import::import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
        let written = exported(&floor, Source::Campaign(SPRING), Numbering::AS_THEY_STAND).await;
        assert!(written.contains("\n101,'@1,,'=1+1,"), "{written}");
        std::fs::write(&path, &written).expect("written");
        let elsewhere = Plan { list: "again", campaigns: &[AUTUMN], ..plan(&path) };
        import::import(&floor.store, elsewhere, &mut |_| ()).await.expect("imported");
        let names = floor.rows("SELECT external_id || ' ' || attributes FROM leads ORDER BY id").await;
        assert_eq!(names, [r#"@1 [["NAME","=1+1"]]"#; 2]);
    }

    async fn numbers_of_a_house_in_a_country_are_the_same_when_they_are_imported_again(floor: Floor) {
        let numbering = Numbering::of("DE").expect("a country");
        let path = floor.path("leads.csv");
        std::fs::write(&path, "phone,phone2\n0171 1234567,+44 20 7946 0958\n").expect("written");
        import::import(&floor.store, Plan { numbering, ..plan(&path) }, &mut |_| ()).await.expect("imported");
        let members = floor.store.find_list("members").await.expect("asked").expect("made by the import");
        let written = exported(&floor, Source::List(members), numbering).await;
        assert!(written.contains("\n+491711234567,+442079460958,"), "{written}");
        std::fs::write(&path, &written).expect("written");
        let elsewhere = Plan { list: "again", campaigns: &[AUTUMN], numbering, ..plan(&path) };
        import::import(&floor.store, elsewhere, &mut |_| ()).await.expect("imported");
        let numbers = floor.rows("SELECT number FROM leads ORDER BY id").await;
        assert_eq!(numbers, ["491711234567", "491711234567"]);
    }
}
