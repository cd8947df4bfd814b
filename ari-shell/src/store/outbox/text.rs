//! `flow.sms`: a text that is to go out to a callee, while they are still in their call flow.

use engine::TextMessage;
use serde::Serialize;
use sqlx::AnyConnection;

use super::{Kind, Told, put};
use crate::store::StoreError;
use crate::store::row::{Named, int};
use crate::store::work::Desk;

/// What the receiver gets, who sends the text. Names are given where there are any; ids are those of our tables.
#[derive(Serialize)]
struct Sms<'t> {
    attempt: u64,
    campaign: Option<&'t str>,
    lead: u64,
    external_id: Option<&'t str>,
    number: String,
    text: &'t str,
}

const BESIDE: &str = "SELECT (SELECT name FROM campaigns WHERE id = $1) AS campaign, \
     (SELECT external_id FROM leads WHERE id = $2) AS external_id";

/// Tells that a text is to go out; the same one again is the same event, and changes nothing.
pub(in crate::store) async fn tell_text(
    desk: &Desk,
    tx: &mut AnyConnection,
    text: &TextMessage,
) -> Result<(), StoreError> {
    if !desk.sinks.want(Kind::Sms) {
        return Ok(());
    }
    let row = sqlx::query(BESIDE)
        .bind(i64::from(text.campaign.0))
        .bind(int(text.lead.0)?)
        .fetch_one(&mut *tx)
        .await?;
    let row = Named::new("campaigns", "campaign", &row);
    let (campaign, external_id) = (row.opt_text("campaign")?, row.opt_text("external_id")?);
    let sms = Sms {
        attempt: text.attempt.0,
        campaign: campaign.as_deref(),
        lead: text.lead.0,
        external_id: external_id.as_deref(),
        number: text.number.to_string(),
        text: &text.text,
    };
    let told = Told {
        attempt: text.attempt,
        campaign: text.campaign,
        kind: Kind::Sms,
        which: text.nth.into(),
        payload: serde_json::to_string(&sms)?,
    };
    put(desk, tx, &[told]).await
}
