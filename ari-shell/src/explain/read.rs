//! Where everything stands that is told about an attempt or a lead.

use engine::call::{CallRequest, CallSoFar, Record, TransferRequest};
use engine::recording::{TakeId, Takes};
use engine::words::{AgentId, AttemptId, CampaignId, LeadId, QueueId, Signature};
use sqlx::any::AnyRow;

use super::{
    AttemptCard, CallbackCard, ExplainError, Explanation, ItemCard, Lead, LeadCard, Names, OpenCard,
    Question, SaidCard, Skip,
};
use crate::store::{BadRow, Named, Reading, Store, StoreError, int, read_record, read_so_far};

/// Answers a question.
///
/// # Errors
/// [`ExplainError::Nothing`] where nothing of the kind is stored; otherwise the database failed, or a row cannot be
/// read.
pub async fn explain(store: &Store, question: Question) -> Result<Explanation, ExplainError> {
    let reading = store.reading();
    match question {
        Question::Attempt(id) => {
            let card = attempt(reading, id).await?;
            card.map(Box::new).map(Explanation::Attempt).ok_or(ExplainError::Nothing(format!("attempt {id}")))
        }
        Question::Lead(id) => {
            let card = leads(reading, &BY_LEAD, &Key::Id(int(id.0)?)).await?;
            card.map(Explanation::Lead).ok_or(ExplainError::Nothing(format!("lead {id}")))
        }
        Question::Number(number) => {
            let card = leads(reading, &BY_NUMBER, &Key::Number(number.to_string())).await?;
            card.map(Explanation::Lead).ok_or(ExplainError::Nothing(format!("lead with the number {number}")))
        }
    }
}

/// What rows are found by.
enum Key {
    Id(i64),
    Number(String),
}

async fn rows(reading: &Reading, statement: &'static str, key: &Key) -> Result<Vec<AnyRow>, StoreError> {
    let query = sqlx::query(statement);
    let query = match key {
        Key::Id(id) => query.bind(*id),
        Key::Number(number) => query.bind(number.clone()),
    };
    reading.rows(query).await
}

/// The one row that a key leads to, if there is one, read.
async fn one<T>(
    reading: &Reading,
    statement: &'static str,
    id: i64,
    read: impl Fn(&AnyRow) -> Result<T, BadRow>,
) -> Result<Option<T>, StoreError> {
    let rows = rows(reading, statement, &Key::Id(id)).await?;
    Ok(rows.first().map(read).transpose()?)
}

/// All rows that a key leads to, read.
async fn all<T>(
    reading: &Reading,
    statement: &'static str,
    key: &Key,
    read: impl Fn(&AnyRow) -> Result<T, BadRow>,
) -> Result<Vec<T>, StoreError> {
    let rows = rows(reading, statement, key).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

async fn attempt(reading: &Reading, attempt: AttemptId) -> Result<Option<AttemptCard>, StoreError> {
    let id = int(attempt.0)?;
    let requests = "SELECT attempt_id, request FROM call_requests WHERE attempt_id = $1 ORDER BY ordinal";
    let requests = all(reading, requests, &Key::Id(id), request).await?;
    let logged = one(reading, "SELECT * FROM call_log WHERE attempt_id = $1", id, logged).await?;
    let row = one(reading, "SELECT * FROM attempts WHERE id = $1", id, Row::read).await?;
    let Some(ids) = row.as_ref().map(|row| row.ids).or(logged.as_ref().map(|(record, _)| Ids::of(record)))
    else {
        return Ok(None);
    };
    let (record, recording) = logged.unzip();
    let mut open = row.filter(|_| record.is_none()).map(|row| row.card);
    if let Some(card) = &mut open {
        card.transfers = all(reading, TRANSFERS, &Key::Id(id), transfer).await?;
    }
    let names = names(reading, &requests, record.as_ref(), open.as_ref()).await?;
    Ok(Some(AttemptCard {
        attempt,
        campaign: one(reading, "SELECT id, name FROM campaigns WHERE id = $1", ids.campaign, name).await?,
        carrier: one(reading, CARRIER, ids.carrier, name).await?,
        agent: match ids.agent {
            Some(agent) => one(reading, AGENT, agent, name).await?,
            None => None,
        },
        item: one(reading, ITEM, ids.queue, item).await?,
        open,
        requests,
        record,
        recording: recording.flatten(),
        disposition: one(reading, SAID, id, said).await?,
        names,
    }))
}

const TRANSFERS: &str = "SELECT attempt_id, request FROM transfers WHERE attempt_id = $1 ORDER BY ordinal";
const AGENT: &str = "SELECT id, name FROM agents WHERE id = $1";
const CARRIER: &str = "SELECT id, name FROM carriers WHERE id = $1";

/// What those are called by whom each try and each leg to others was placed, and who were reserved for them.
async fn names(
    reading: &Reading,
    requests: &[CallRequest],
    record: Option<&Record>,
    open: Option<&OpenCard>,
) -> Result<Names, StoreError> {
    let mut names = Names::default();
    let others = record.iter().flat_map(|record| &record.transfers).filter_map(|log| log.carrier);
    let decided = open.iter().flat_map(|open| &open.transfers).filter_map(|request| request.carrier);
    for id in requests.iter().map(|request| request.carrier).chain(others).chain(decided) {
        let name = one(reading, CARRIER, id.0.into(), name).await?;
        names.carriers.extend(name.map(|name| (id, name)));
    }
    for id in requests.iter().filter_map(|request| request.agent) {
        let name = one(reading, AGENT, id.0.into(), name).await?;
        names.agents.extend(name.map(|name| (id, name)));
    }
    Ok(names)
}

const SAID: &str = "SELECT dispositions.*, agents.name FROM dispositions \
     LEFT JOIN agents ON agents.id = dispositions.agent_id WHERE attempt_id = $1";

/// The statement for queue items.
macro_rules! items {
    ($($which:expr),*) => {
        concat!(
            "SELECT queue.*, campaigns.name AS campaign_name, agents.name AS agent_name FROM queue \
             LEFT JOIN campaigns ON campaigns.id = queue.campaign_id \
             LEFT JOIN agents ON agents.id = queue.callback_agent WHERE ",
            $($which,)*
            " ORDER BY queue.id"
        )
    };
}

const ITEM: &str = items!("queue.id = $1");

/// Whom and what an attempt names.
#[derive(Clone, Copy)]
struct Ids {
    campaign: i64,
    carrier: i64,
    agent: Option<i64>,
    queue: i64,
}

impl Ids {
    fn of(record: &Record) -> Self {
        Self {
            campaign: record.campaign.0.into(),
            carrier: record.carrier.0.into(),
            agent: record.agent.map(|agent| agent.0.into()),
            queue: record.queue.0.cast_signed(),
        }
    }
}

/// A row of `attempts`.
struct Row {
    ids: Ids,
    card: OpenCard,
}

impl Row {
    fn read(row: &AnyRow) -> Result<Self, BadRow> {
        let row = Named::new("attempts", "id", row);
        let ids = Ids {
            campaign: row.int("campaign_id")?,
            carrier: row.int("carrier_id")?,
            agent: row.opt_int("agent_id")?,
            queue: row.int("queue_id")?,
        };
        let channel = row.opt_text("channel")?;
        let CallSoFar { times, agent: _, takes, said: _, flow, transfers, hold, amd: _ } = read_so_far(&row)?;
        let signature = channel.as_deref().and_then(Signature::of);
        let (attempt, ordinal) = (AttemptId(row.int("id")?), row.int("ordinal")?);
        let name = |nth| {
            let take = TakeId { attempt, ordinal, nth };
            signature.as_ref().map_or_else(|| nth.to_string(), |signature| signature.take(take))
        };
        let card = OpenCard {
            node: row.text("node")?,
            bridge: row.opt_text("bridge")?,
            times,
            recordings: takes.as_ref().map(|takes| takes.log(name)).unwrap_or_default(),
            silent_since: takes.as_deref().and_then(Takes::silent_since),
            flow,
            hold,
            transfers: Vec::new(),
            came_of_transfers: transfers,
            channel,
            given_up: row.int::<u8>("closed")? == 1,
        };
        Ok(Self { ids, card })
    }
}

fn request(row: &AnyRow) -> Result<CallRequest, BadRow> {
    Named::new("call_requests", "attempt_id", row).json("request", "a call request as JSON")
}

fn transfer(row: &AnyRow) -> Result<TransferRequest, BadRow> {
    Named::new("transfers", "attempt_id", row).json("request", "a leg's request as JSON")
}

fn logged(row: &AnyRow) -> Result<(Record, Option<String>), BadRow> {
    let row = Named::new("call_log", "attempt_id", row);
    Ok((read_record(&row)?, row.opt_text("recording")?))
}

fn said(row: &AnyRow) -> Result<SaidCard, BadRow> {
    let row = Named::new("dispositions", "attempt_id", row);
    Ok(SaidCard {
        agent: row.opt_text("name")?,
        code: row.opt_text("code")?,
        said: row.opt_int::<u8>("said")? == Some(1),
        given_at: row.opt_moment("given_at")?,
        owed_until: row.moment("owed_until")?,
    })
}

fn record(row: &AnyRow) -> Result<Record, BadRow> {
    read_record(&Named::new("call_log", "attempt_id", row))
}

fn name(row: &AnyRow) -> Result<String, BadRow> {
    Named::new("names", "id", row).text("name")
}

/// The number stays a text: it is shown also where it is the very thing that is wrong with the row.
fn item(row: &AnyRow) -> Result<ItemCard, BadRow> {
    let row = Named::new("queue", "id", row);
    Ok(ItemCard {
        id: QueueId(row.int("id")?),
        campaign: CampaignId(row.int("campaign_id")?),
        campaign_name: row.opt_text("campaign_name")?,
        lead: LeadId(row.int("lead_id")?),
        number: row.text("number")?,
        state: row.text("state")?,
        due: row.moment("due_at")?,
        callback: match row.opt_moment("callback_at")? {
            Some(at) => Some(CallbackCard {
                at,
                agent: row.opt_int("callback_agent")?.map(AgentId),
                agent_name: row.opt_text("agent_name")?,
                note: row.opt_text("callback_note")?,
            }),
            None => None,
        },
        attempts: row.int("attempts")?,
        last_result: row.opt_text("last_result")?,
        claimed_by: row.opt_text("claimed_by")?,
        obstacles: None,
        not_in_use: None,
        minutes: Vec::new(),
    })
}

fn lead(row: &AnyRow) -> Result<Lead, BadRow> {
    let row = Named::new("leads", "id", row);
    Ok(Lead {
        id: LeadId(row.int("id")?),
        number: row.text("number")?,
        further: row.opt_text("further")?.iter().flat_map(|all| all.split(' ')).map(str::to_owned).collect(),
        list: row.opt_text("list")?,
        zone: row.opt_text("zone")?,
        external_id: row.opt_text("external_id")?,
        dropped: row.opt_moment("dropped_at")?,
        attributes: row.json("attributes", "a JSON list of [name, value] pairs")?,
    })
}

fn skip(row: &AnyRow) -> Result<Skip, BadRow> {
    let row = Named::new("skips", "queue_id", row);
    Ok(Skip { item: QueueId(row.int("queue_id")?), agent: row.text("name")?, at: row.moment("skipped_at")? })
}

fn attempt_id(row: &AnyRow) -> Result<AttemptId, BadRow> {
    Named::new("attempts", "id", row).int("id").map(AttemptId)
}

/// How leads, items, records and open attempts are found by one key.
struct Ways {
    leads: &'static str,
    items: &'static str,
    records: &'static str,
    open: &'static str,
    skips: &'static str,
}

/// The statement for leads with all that belongs to them.
macro_rules! leads {
    ($which:literal) => {
        concat!(
            "SELECT leads.*, (SELECT name FROM lists WHERE lists.id = leads.list_id) AS list, \
                 (SELECT string_agg(lead_numbers.number, ' ' ORDER BY ord) FROM lead_numbers \
                  WHERE lead_numbers.lead_id = leads.id) AS further, \
                 (SELECT MAX(ended_at) FROM call_log WHERE call_log.number = leads.number \
                  AND (result = 'dropped' OR message_at IS NOT NULL)) AS dropped_at \
             FROM leads WHERE ",
            $which,
            " ORDER BY leads.id"
        )
    };
}

const BY_LEAD: Ways = Ways {
    leads: leads!("leads.id = $1"),
    items: items!("lead_id = $1"),
    records: "SELECT * FROM call_log WHERE queue_id IN (SELECT id FROM queue WHERE lead_id = $1) \
              ORDER BY created_at, attempt_id",
    open: "SELECT attempts.id FROM queue JOIN attempts ON attempts.id = queue.attempt_id \
           WHERE lead_id = $1 AND closed = 0 ORDER BY attempts.id",
    skips: "SELECT skips.queue_id, skips.skipped_at, agents.name FROM queue JOIN skips ON skips.queue_id = queue.id \
            JOIN agents ON agents.id = skips.agent_id WHERE queue.lead_id = $1 ORDER BY skips.skipped_at",
};

/// The ids of the items in which a number is the lead's first, or one of its further ones: two looks, each by its own index.
macro_rules! items_of_number {
    () => {
        "(SELECT queue.id FROM campaigns \
              JOIN queue ON queue.campaign_id = campaigns.id AND queue.number = $1 \
          UNION SELECT queue.id FROM lead_numbers JOIN queue ON queue.lead_id = lead_numbers.lead_id \
              WHERE lead_numbers.number = $1)"
    };
}

const BY_NUMBER: Ways = Ways {
    leads: leads!("leads.number = $1 OR leads.id IN (SELECT lead_id FROM lead_numbers WHERE number = $1)"),
    items: items!("queue.id IN ", items_of_number!()),
    records: "SELECT * FROM call_log WHERE number = $1 ORDER BY created_at, attempt_id",
    open: "SELECT id FROM attempts WHERE number = $1 AND closed = 0 ORDER BY id",
    skips: concat!(
        "SELECT skips.queue_id, skips.skipped_at, agents.name FROM skips \
         JOIN agents ON agents.id = skips.agent_id WHERE skips.queue_id IN ",
        items_of_number!(),
        " ORDER BY skips.skipped_at"
    ),
};

async fn leads(reading: &Reading, ways: &Ways, key: &Key) -> Result<Option<LeadCard>, StoreError> {
    let card = LeadCard {
        leads: all(reading, ways.leads, key, lead).await?,
        items: all(reading, ways.items, key, item).await?,
        records: all(reading, ways.records, key, record).await?,
        open: all(reading, ways.open, key, attempt_id).await?,
        skips: all(reading, ways.skips, key, skip).await?,
        at: None,
    };
    let nothing = card.leads.is_empty() && card.items.is_empty() && card.records.is_empty();
    Ok((!nothing).then_some(card))
}
