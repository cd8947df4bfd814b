//! Legs to others whom callees are put through to: each is written down before it is dialled.

use engine::call::TransferRequest;
use engine::words::{CampaignId, Number};
use engine::{Outcome, SaveRefusal};
use sqlx::AnyConnection;

use super::StoreError;
use super::row::{Named, int};

/// The same leg twice is one leg.
const KEEP: &str = "INSERT INTO transfers (attempt_id, ordinal, carrier_id, number, created_at, request) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (attempt_id, ordinal) DO NOTHING";

/// How many of a campaign's lists bar a number.
const BARRED: &str = "SELECT COUNT(*) AS barred \
     FROM campaign_dnc JOIN dnc_lists ON dnc_lists.id = campaign_dnc.list_id \
     WHERE campaign_dnc.campaign_id = $1 AND campaign_dnc.allows = 0 \
       AND (EXISTS (SELECT 1 FROM dnc_numbers WHERE dnc_numbers.number = $2 \
                AND dnc_numbers.list_id = dnc_lists.id AND dnc_numbers.version = dnc_lists.version) \
         OR EXISTS (SELECT 1 FROM dnc_areas WHERE dnc_areas.list_id = dnc_lists.id \
                AND dnc_areas.version = dnc_lists.version AND $2 LIKE dnc_areas.prefix || '%'))";

/// Writes a leg down, unless a list of its campaign bars the number. Lists that allow say whom the campaign may call of its
/// own accord, which nobody is whom a callee is put through to.
pub(super) async fn save(tx: &mut AnyConnection, transfer: &TransferRequest) -> Result<Outcome, StoreError> {
    if let Some(number) = transfer.number
        && is_barred(tx, transfer.campaign, number).await?
    {
        return Ok(Outcome::Refused(SaveRefusal::DoNotCall));
    }
    sqlx::query(KEEP)
        .bind(int(transfer.attempt.0)?)
        .bind(i64::from(transfer.ordinal))
        .bind(transfer.carrier.map(|carrier| i64::from(carrier.0)))
        .bind(transfer.number.map(|number| number.to_string()))
        .bind(int(transfer.created.0)?)
        .bind(serde_json::to_string(transfer)?)
        .execute(tx)
        .await?;
    Ok(Outcome::Done)
}

async fn is_barred(tx: &mut AnyConnection, campaign: CampaignId, number: Number) -> Result<bool, StoreError> {
    let row = sqlx::query(BARRED).bind(i64::from(campaign.0)).bind(number.to_string()).fetch_one(tx).await?;
    Ok(Named::new("dnc_lists", "barred", &row).int::<u64>("barred")? > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::Command;
    use engine::call::Variables;
    use engine::lead::Barred;
    use engine::words::{AttemptId, CarrierId, LeadId};

    use super::*;
    use crate::store::ListRules;
    use crate::store::testing::{BOTH, Floor, SPRING, at, number, on_each_database};

    on_each_database! {
        a_leg_is_written_down_once_and_not_at_all_where_its_number_is_barred,
    }

    fn to(ordinal: u16, digits: &str) -> Arc<TransferRequest> {
        Arc::new(TransferRequest {
            attempt: AttemptId(1),
            ordinal,
            campaign: SPRING,
            lead: LeadId(1),
            number: Some(number(digits)),
            carrier: Some(CarrierId(1)),
            endpoint: format!("PJSIP/{digits}@trunk-a"),
            codec: None,
            caller_id: None,
            prefix: String::new(),
            ring_timeout_ms: 20_000,
            variables: Variables::default(),
            created: at(0),
        })
    }

    async fn a_leg_is_written_down_once_and_not_at_all_where_its_number_is_barred(floor: Floor) {
        let lists = [
            ListRules { name: "house", max_age: None, campaigns: vec![(SPRING, false)] },
            // Whom the campaign may call says nothing of whom its callees are put through to.
            ListRules { name: "members", max_age: None, campaigns: vec![(SPRING, true)] },
        ];
        floor.store.keep_lists(&BOTH, &lists).await.expect("lists");
        floor.store.bar("house", &Barred::parse("1555000*").expect("an area")).await.expect("barred");
        let mut pen = floor.writer();
        let mut save = async |ordinal, digits| {
            let transfer = to(ordinal, digits);
            pen.ask(|request| Command::SaveTransfer { request, transfer }).await
        };
        assert_eq!(save(1, "15559990001").await, Outcome::Done);
        assert_eq!(save(1, "15559990001").await, Outcome::Done);
        assert_eq!(save(2, "15550009999").await, Outcome::Refused(SaveRefusal::DoNotCall));
        let rows = floor.rows("SELECT attempt_id, ordinal, carrier_id, number FROM transfers").await;
        assert_eq!(rows, ["1 1 1 15559990001"]);
    }
}
