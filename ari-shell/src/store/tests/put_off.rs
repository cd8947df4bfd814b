//! Leads that rules have put off: due at once where a node begins to go by other rules.

use super::*;
use crate::store::{Agreement, PutOffBy};

on_each_database! {
    leads_that_rules_have_put_off_are_asked_about_anew_at_a_start_that_goes_by_others,
    a_lead_is_due_as_it_is_agreed_on_or_tried_again_whatever_put_it_off_before,
    whoever_goes_by_other_rules_last_has_the_leads_of_all_nodes_asked_about_anew,
}

/// Monday at nine, long after every test.
const MONDAY: Micros = Micros(4_000_000_000_000_000);

async fn goes_by(store: &Store, rules: &str) -> Vec<(CampaignId, u64)> {
    let all = BOTH.map(|campaign| {
        let rules = if campaign == SPRING { rules } else { "daily" };
        PutOffBy { campaign, rules: rules.to_owned() }
    });
    store.put_off_by(&all).await.expect("written")
}

async fn puts_off(pen: &mut Pen, items: &[u64], skipped_by: Option<AgentId>) {
    let items = items.iter().copied().map(QueueId).collect();
    let release = |request| Command::Release { request, not_before: MONDAY, items, skipped_by };
    assert_eq!(pen.ask(release).await, Outcome::Done);
}

async fn fetched(pen: &mut Pen) -> Vec<u64> {
    pen.fetch(SPRING, 9).await.0.iter().map(|item| item.id.0).collect()
}

async fn leads_that_rules_have_put_off_are_asked_about_anew_at_a_start_that_goes_by_others(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    floor.leads(AUTUMN, &["15550000004"]).await;
    assert_eq!(goes_by(&floor.store, "weekdays").await, []);
    let mut pen = floor.writer();
    assert_eq!(fetched(&mut pen).await, [1, 2, 3]);
    pen.fetch(AUTUMN, 9).await;
    puts_off(&mut pen, &[1, 3, 4], None).await;
    puts_off(&mut pen, &[2], Some(ANN)).await;
    assert_eq!(fetched(&mut pen).await, [0; 0]);

    assert_eq!(goes_by(&floor.store, "weekdays").await, []);
    assert_eq!(fetched(&mut pen).await, [0; 0], "another start changes nothing");

    assert_eq!(goes_by(&floor.store, "saturdays too").await, [(SPRING, 2)]);
    assert_eq!(pen.fetch(SPRING, 9).await.1, Some(MONDAY), "the one that was skipped rests");
    let held = "SELECT id, put_off_until FROM queue WHERE state = 'claimed' ORDER BY id";
    assert_eq!(floor.rows(held).await, ["1 -", "3 -"]);
    let autumn = "SELECT due_at, put_off_until FROM queue WHERE id = 4";
    assert_eq!(floor.rows(autumn).await, [format!("{0} {0}", MONDAY.0)], "whose rules are the same");
}

async fn a_lead_is_due_as_it_is_agreed_on_or_tried_again_whatever_put_it_off_before(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    fetched(&mut pen).await;
    puts_off(&mut pen, &[1, 2], None).await;
    floor.store.agree(QueueId(1), &Agreement { at: MONDAY, agent: None, note: None }).await.expect("agreed");
    // The moment has come to which the other was put off.
    floor.sql("UPDATE queue SET due_at = 1, put_off_until = 1 WHERE id = 2").await;
    let call = pen.open(SPRING, 1).await;
    pen.record(Record { fate: Fate::Retry(MONDAY), ..record(&call, How::Busy) }).await;

    assert_eq!(goes_by(&floor.store, "saturdays too").await, []);
    let due = format!("waiting {} -", MONDAY.0);
    assert_eq!(floor.rows("SELECT state, due_at, put_off_until FROM queue").await, [due.clone(), due]);
}

async fn whoever_goes_by_other_rules_last_has_the_leads_of_all_nodes_asked_about_anew(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let (one, other) = (&floor.store, &floor.again("rm2").await);
    for node in [one, other] {
        goes_by(node, "weekdays").await;
    }
    let (mut here, mut there) = (Pen::new(one), Pen::new(other));
    fetched(&mut here).await;
    puts_off(&mut here, &[1, 2], None).await;

    assert_eq!(goes_by(one, "saturdays too").await, [(SPRING, 2)]);
    assert_eq!(fetched(&mut there).await, [1, 2]);
    puts_off(&mut there, &[1, 2], None).await;
    assert_eq!(goes_by(other, "saturdays too").await, [(SPRING, 2)], "by which it put them off");
    assert_eq!(fetched(&mut here).await, [1, 2]);
}
