//! `call.ended`: the record of an attempt, in words that need no look into our tables.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::amd::AmdLog;
use engine::call::{CallRequest, Ending, Record, TransferLog, TransferTimes, Try, Variables};
use engine::flow::FlowLog;
use engine::lead::{Fate, WhyExhausted};
use engine::recording::TakeLog;
use engine::words::{CarrierId, Cause, Micros, TechCause};
use engine::{Failure, Times};
use serde::{Serialize, Serializer};
use sqlx::AnyConnection;

use super::{Kind, Told, put};
use crate::moment::iso;
use crate::store::StoreError;
use crate::store::many::Many;
use crate::store::row::{Named, int};
use crate::store::work::Desk;

/// What stands beside each record; `request` is that of the last try.
static BESIDE: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "SELECT log.attempt_id, campaigns.name AS campaign, agents.name AS agent, leads.external_id, \
             (SELECT request FROM call_requests WHERE call_requests.attempt_id = log.attempt_id \
              ORDER BY ordinal DESC LIMIT 1) AS request \
         FROM call_log AS log \
         LEFT JOIN campaigns ON campaigns.id = log.campaign_id \
         LEFT JOIN agents ON agents.id = log.agent_id \
         LEFT JOIN leads ON leads.id = log.lead_id \
         WHERE log.attempt_id IN (VALUES {rows})",
        0,
        1,
    )
});

/// What the receiver gets. Names are given where there are any; ids are those of our tables.
#[derive(Serialize)]
struct Ended<'r> {
    attempt: u64,
    campaign: Option<&'r str>,
    queue_item: u64,
    lead: u64,
    external_id: Option<&'r str>,
    number: String,
    nth: u32,
    result: &'static str,
    carrier: Option<&'r str>,
    agent: Option<&'r str>,
    caller_id: Option<&'r str>,
    times: Moments,
    ending: Ending,
    tries: Vec<OneTry<'r>>,
    /// The callee's way through the call flow, with what they pressed.
    flow: Option<&'r FlowLog>,
    /// What was recorded of the conversation.
    recordings: &'r [TakeLog],
    /// Everybody whom the callee was, or was to be, put through to.
    transfers: Vec<OneTransfer<'r>>,
    /// Who was taken to have answered, where that was asked.
    amd: Option<&'r AmdLog>,
    fate: &'static str,
    retry_at: Option<String>,
    why: Option<WhyExhausted>,
    #[serde(serialize_with = "as_object")]
    variables: Option<&'r Variables>,
}

/// When what happened, such as `2026-11-26T17:30:00.123456Z`; null where it never did.
#[derive(Serialize)]
struct Moments {
    created: String,
    placed: Option<String>,
    ringing: Option<String>,
    answered: Option<String>,
    bridged: Option<String>,
    message: Option<String>,
    ended: Option<String>,
}

/// One carrier's part; they stand in their order.
#[derive(Serialize)]
struct OneTry<'r> {
    carrier: Option<&'r str>,
    cause: Option<Cause>,
    tech: Option<TechCause>,
    unplaced: Option<Failure>,
}

/// One leg to somebody whom the callee was put through to; they stand in their order.
#[derive(Serialize)]
struct OneTransfer<'r> {
    to: &'r str,
    /// How whom an agent has called took part, and the name by which they are known; none where a call flow put through.
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'r str>,
    /// The agent who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'r str>,
    carrier: Option<&'r str>,
    caller_id: Option<&'r str>,
    outcome: &'static str,
    cause: Option<Cause>,
    tech: Option<TechCause>,
    unplaced: Option<Failure>,
    barred: bool,
    times: TransferMoments,
}

/// The same of such a leg.
#[derive(Serialize)]
struct TransferMoments {
    created: String,
    placed: Option<String>,
    ringing: Option<String>,
    answered: Option<String>,
    joined: Option<String>,
    ended: Option<String>,
}

/// What stands beside one record.
struct Beside {
    campaign: Option<String>,
    agent: Option<String>,
    external_id: Option<String>,
    request: Option<CallRequest>,
}

/// Tells that these calls are over; their records are in the call log by now.
pub(in crate::store) async fn tell_ended(
    desk: &Desk,
    tx: &mut AnyConnection,
    records: &[&Record],
) -> Result<(), StoreError> {
    if records.is_empty() || !desk.sinks.want(Kind::CallEnded) {
        return Ok(());
    }
    let carriers = carriers(tx).await?;
    let beside = beside(tx, records).await?;
    let tell = |record: &&Record| {
        Ok(Told {
            attempt: record.attempt,
            campaign: record.campaign,
            kind: Kind::CallEnded,
            which: 1,
            payload: serde_json::to_string(&ended(record, &carriers, beside.get(&record.attempt.0)))?,
        })
    };
    let told = records.iter().map(tell).collect::<Result<Vec<Told>, StoreError>>()?;
    put(desk, tx, &told).await
}

async fn carriers(tx: &mut AnyConnection) -> Result<BTreeMap<CarrierId, String>, StoreError> {
    let rows = sqlx::query("SELECT id, name FROM carriers").fetch_all(tx).await?;
    let mut names = BTreeMap::new();
    for row in &rows {
        let row = Named::new("carriers", "id", row);
        names.insert(CarrierId(row.int("id")?), row.text("name")?);
    }
    Ok(names)
}

async fn beside(tx: &mut AnyConnection, records: &[&Record]) -> Result<BTreeMap<u64, Beside>, StoreError> {
    let mut all = BTreeMap::new();
    for (mut statement, records) in BESIDE.over(records) {
        for record in records {
            statement = statement.bind(int(record.attempt.0)?);
        }
        for row in statement.fetch_all(&mut *tx).await? {
            let row = Named::new("call_log", "attempt_id", &row);
            let beside = Beside {
                campaign: row.opt_text("campaign")?,
                agent: row.opt_text("agent")?,
                external_id: row.opt_text("external_id")?,
                // A request that cannot be read must not keep the record from being written.
                request: row.opt_json("request", "a call request as JSON").unwrap_or_default(),
            };
            all.insert(row.int("attempt_id")?, beside);
        }
    }
    Ok(all)
}

fn ended<'r>(
    record: &'r Record,
    carriers: &'r BTreeMap<CarrierId, String>,
    beside: Option<&'r Beside>,
) -> Ended<'r> {
    let carrier = |id: CarrierId| carriers.get(&id).map(String::as_str);
    let request = beside.and_then(|beside| beside.request.as_ref());
    let (fate, retry_at, why) = match record.fate {
        Fate::Retry(at) => ("retry", Some(iso(at)), None),
        Fate::Awaits { until } => ("awaits_disposition", Some(iso(until)), None),
        Fate::Completed => ("completed", None, None),
        Fate::Exhausted(why) => ("exhausted", None, Some(why)),
    };
    Ended {
        attempt: record.attempt.0,
        campaign: beside.and_then(|beside| beside.campaign.as_deref()),
        queue_item: record.queue.0,
        lead: record.lead.0,
        external_id: beside.and_then(|beside| beside.external_id.as_deref()),
        number: record.number.to_string(),
        nth: record.nth,
        result: record.result.name(),
        carrier: carrier(record.carrier),
        agent: beside.and_then(|beside| beside.agent.as_deref()),
        caller_id: request.and_then(|request| request.caller_id.as_deref()),
        times: moments(&record.times),
        ending: record.ending,
        tries: record.tries.iter().map(|one| one_try(one, carrier(one.carrier))).collect(),
        flow: record.flow.as_deref(),
        recordings: &record.recordings,
        transfers: record.transfers.iter().map(|one| transfer(one, one.carrier.and_then(carrier))).collect(),
        amd: record.amd.as_deref(),
        fate,
        retry_at,
        why,
        variables: request.map(|request| &request.variables),
    }
}

fn one_try<'r>(one: &Try, carrier: Option<&'r str>) -> OneTry<'r> {
    let Try { ordinal: _, carrier: _, cause, tech, unplaced } = *one;
    OneTry { carrier, cause, tech, unplaced }
}

fn transfer<'r>(log: &'r TransferLog, carrier: Option<&'r str>) -> OneTransfer<'r> {
    let at = |moment: Option<Micros>| moment.map(iso);
    let TransferTimes { created, placed, rang, answered, joined, ended } = log.times;
    OneTransfer {
        to: &log.endpoint,
        way: log.by.as_ref().map(|by| by.way.name()),
        name: log.by.as_ref().map(|by| by.to.as_str()),
        by: log.by.as_ref().map(|by| by.name.as_str()),
        carrier,
        caller_id: log.caller_id.as_deref(),
        outcome: log.outcome(),
        cause: log.cause,
        tech: log.tech,
        unplaced: log.unplaced,
        barred: log.barred,
        times: TransferMoments {
            created: iso(created),
            placed: at(placed),
            ringing: at(rang),
            answered: at(answered),
            joined: at(joined),
            ended: at(ended),
        },
    }
}

fn moments(times: &Times) -> Moments {
    let at = |moment: Option<Micros>| moment.map(iso);
    Moments {
        created: iso(times.created),
        placed: at(times.placed),
        ringing: at(times.rang),
        answered: at(times.answered),
        bridged: at(times.bridged),
        message: at(times.message),
        ended: at(times.ended),
    }
}

/// Channel variables by their names.
fn as_object<S: Serializer>(set: &Option<&Variables>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(set.iter().flat_map(|variables| variables.iter()))
}
