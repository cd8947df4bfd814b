//! Hours that an operator changes while leads wait for them to open.

use std::time::Duration;

use engine::Reason;
use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::Pbx;

use crate::waiting::RULES;

/// Longer than any part of it takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Nowhere are they open everywhere at a time, and nobody knows where the callees are.
const CLOSED: &str = "callee_hours = { daily = [\"09:00-09:01\"] }";
const OPEN: &str = "callee_hours = { daily = [\"00:00-24:00\"] }";

#[tokio::test(flavor = "multi_thread")]
async fn whom_their_hours_put_off_is_called_by_the_next_start_where_they_are_wider_by_then() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let spring = "name = \"spring\"\n";
    let mut house = House::furnish(&pbx.url(), &RULES.replacen(spring, &[spring, CLOSED, "\n"].concat(), 1));
    house.import("spring", (0..3).map(|serial| number(603, serial)));
    let put_off = "SELECT COUNT(*) FROM queue WHERE state = 'waiting' \
                   AND due_at > (SELECT MAX(since) FROM agent_states)";
    house.open().await;
    house.start().await;
    house.until(LIMIT, "closed", |board| board.campaigns[0].view.reason == Some(Reason::OutsideHours)).await;
    house.close().await;
    assert_eq!(house.count(put_off).await, 3);

    house.open().await;
    house.start().await;
    house
        .until(LIMIT, "without leads", |board| board.campaigns[0].view.reason == Some(Reason::NoLeads))
        .await;
    house.close().await;
    assert_eq!((house.count(put_off).await, pbx.dialled().await.len()), (3, 0), "by the same hours");

    house.amend(CLOSED, OPEN);
    house.open().await;
    house.start().await;
    house.until_completed(LIMIT).await;
    house.close().await;
    assert_eq!(house.logged().await.len(), 3, "{}", house.log());
    assert_eq!(pbx.left().await, (0, 0));
}
