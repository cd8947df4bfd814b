//! `call.dispositioned`: what came of a call, and what becomes of the lead by it.

use engine::call::Disposed;
use engine::lead::{Fate, WhyExhausted};
use serde::Serialize;
use sqlx::AnyConnection;

use super::{Kind, Told, put};
use crate::moment::iso;
use crate::store::StoreError;
use crate::store::row::{Named, int};
use crate::store::work::Desk;

/// What the receiver gets. Names are given where there are any; ids are those of our tables.
#[derive(Serialize)]
struct Dispositioned<'d> {
    attempt: u64,
    campaign: Option<String>,
    queue_item: u64,
    lead: u64,
    external_id: Option<String>,
    number: String,
    agent: Option<String>,
    disposition: &'d str,
    /// `agent`, or `default` where they have said nothing in time.
    by: &'static str,
    at: String,
    fate: &'static str,
    retry_at: Option<String>,
    why: Option<WhyExhausted>,
    do_not_call: bool,
    /// For when another call was agreed on.
    callback_at: Option<String>,
    note: Option<&'d str>,
}

/// What stands beside a disposition.
const BESIDE: &str = "SELECT log.attempt_id, log.lead_id, campaigns.name AS campaign, agents.name AS agent, \
         leads.external_id \
     FROM call_log AS log \
     LEFT JOIN campaigns ON campaigns.id = log.campaign_id \
     LEFT JOIN agents ON agents.id = log.agent_id \
     LEFT JOIN leads ON leads.id = log.lead_id \
     WHERE log.attempt_id = $1";

/// Tells what came of a call whose record is in the call log.
pub(in crate::store) async fn tell_dispositioned(
    desk: &Desk,
    tx: &mut AnyConnection,
    disposed: &Disposed,
) -> Result<(), StoreError> {
    if !desk.sinks.want(Kind::CallDispositioned) {
        return Ok(());
    }
    let row = sqlx::query(BESIDE).bind(int(disposed.attempt.0)?).fetch_one(&mut *tx).await?;
    let row = Named::new("call_log", "attempt_id", &row);
    let (fate, retry_at, why) = match disposed.fate {
        Fate::Retry(at) | Fate::Awaits { until: at } => ("retry", Some(iso(at)), None),
        Fate::Completed => ("completed", None, None),
        Fate::Exhausted(why) => ("exhausted", None, Some(why)),
    };
    let payload = Dispositioned {
        attempt: disposed.attempt.0,
        campaign: row.opt_text("campaign")?,
        queue_item: disposed.queue.0,
        lead: row.int("lead_id")?,
        external_id: row.opt_text("external_id")?,
        number: disposed.number.to_string(),
        agent: row.opt_text("agent")?,
        disposition: &disposed.code,
        by: if disposed.said { "agent" } else { "default" },
        at: iso(disposed.at),
        fate,
        retry_at,
        why,
        do_not_call: disposed.bars,
        callback_at: disposed.callback.map(|callback| iso(callback.at)),
        note: disposed.note.as_deref(),
    };
    let (attempt, campaign, kind) = (disposed.attempt, disposed.campaign, Kind::CallDispositioned);
    put(desk, tx, &[Told { attempt, campaign, kind, which: 1, payload: serde_json::to_string(&payload)? }])
        .await
}
