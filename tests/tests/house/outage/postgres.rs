//! PostgreSQL crashes twice: once it is back at once, once it stays away for a while.

use tests::house::House;
use tests::lab::postgres::Postgres;
use tests::pbx::Pbx;

use super::{crash, end, numbers, rules, until_thirds};

#[tokio::test(flavor = "multi_thread")]
async fn dialling_pauses_with_its_reason_and_goes_on_and_no_lead_is_lost_or_dialled_twice() {
    let Some(postgres) = Postgres::start() else { return };
    let pbx = Pbx::simulated().await.expect("a port is free");
    let stores = format!("[database]\nurl = \"{}\"", postgres.database("crash"));
    let mut house = House::furnish(&pbx.url(), &rules(&stores));
    house.import("spring", numbers());
    house.open().await;
    house.start().await;

    until_thirds(&house, 1).await;
    postgres.crash();
    postgres.again();
    until_thirds(&house, 2).await;
    crash(&postgres, &house, &pbx).await;
    end(&mut house, &pbx).await;
}
