//! Rows of the call log, read back as records.

use engine::call::{Ending, Record};
use engine::lead::{Fate, Past};
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, Cause, LeadId, QueueId, Span, TechCause};

use super::BadRow;
use super::record::AWAITS;
use super::row::Named;

/// The record of a row of `call_log`.
pub(crate) fn read_record(row: &Named<'_>) -> Result<Record, BadRow> {
    Ok(Record {
        attempt: AttemptId(row.int("attempt_id")?),
        campaign: CampaignId(row.int("campaign_id")?),
        queue: QueueId(row.int("queue_id")?),
        lead: LeadId(row.int("lead_id")?),
        number: row.number("number")?,
        nth: row.int("nth")?,
        carrier: CarrierId(row.int("carrier_id")?),
        agent: row.opt_int("agent_id")?.map(AgentId),
        result: row.word("result")?,
        ending: read_ending(row)?,
        tries: row.json("tries", "a JSON list of tries")?,
        times: row.times()?,
        fate: read_fate(row)?,
        next_number: row.opt_number("next_number")?,
        past: read_past(row)?,
        promised: row.int::<u8>("promised")? == 1,
        flow: row.opt_json("flow", "a way through a call flow as JSON")?,
        recordings: row.opt_json("recordings", "a JSON list of takes")?.unwrap_or_default(),
        transfers: row.opt_json("transfers", "a JSON list of legs to others")?.unwrap_or_default(),
        amd: row.opt_json("amd", "what was heard of who answered as JSON")?,
        held: Span(row.int("held")?),
    })
}

/// What is remembered of a queue item, which stands in columns of the same names with the item and with each record.
pub(super) fn read_past(row: &Named<'_>) -> Result<Past, BadRow> {
    let bad = row.opt_json("bad_numbers", "a JSON list of [number, times] pairs")?;
    Ok(Past {
        technical: row.int("technical")?,
        recycled: row.int("recycled")?,
        bad: bad.unwrap_or_default(),
        caller_id: row.opt_text("caller_id")?,
    })
}

fn read_ending(row: &Named<'_>) -> Result<Ending, BadRow> {
    Ok(Ending {
        phase: row.word("phase")?,
        act: row.opt_word("act")?,
        cause: row.opt_int("cause")?.map(Cause),
        tech: row.opt_int("tech")?.map(TechCause),
        unplaced: row.opt_word("unplaced")?,
    })
}

fn read_fate(row: &Named<'_>) -> Result<Fate, BadRow> {
    match row.text("fate")?.as_str() {
        "retry" if row.opt_text("why")?.as_deref() == Some(AWAITS) => {
            Ok(Fate::Awaits { until: row.moment("retry_at")? })
        }
        "retry" => Ok(Fate::Retry(row.moment("retry_at")?)),
        "completed" => Ok(Fate::Completed),
        "exhausted" => Ok(Fate::Exhausted(row.word("why")?)),
        _ => Err(row.bad("fate", "retry, completed or exhausted")),
    }
}
