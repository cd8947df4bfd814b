//! Redis and PostgreSQL go away while a real Asterisk dials.

use ari_shell::hopper::Standing;
use tests::house::House;
use tests::lab::far_end::Timings;
use tests::lab::postgres::Postgres;
use tests::lab::redis::Redis;
use tests::pbx::Pbx;

use crate::outage::redis::{SEEN, stands_in};
use crate::outage::{AGENTS, crash, end, numbers, rules, until_thirds};

#[tokio::test(flavor = "multi_thread")]
async fn redis_and_postgres_go_away_and_come_back_and_no_lead_is_lost_or_dialled_twice() {
    let (Some(postgres), Some(redis)) = (Postgres::start(), Redis::start()) else { return };
    if !tests::lab::ready() {
        return;
    }
    let pbx = Pbx::real(Timings::default(), AGENTS).await.expect("Asterisk starts");
    let stores =
        format!("[database]\nurl = \"{}\"\n[redis]\nurl = \"{}\"", postgres.database("outage"), redis.url());
    let mut house = House::furnish(&pbx.url(), &rules(&stores));
    house.import("spring", numbers());
    house.open().await;
    house.start().await;

    until_thirds(&house, 1).await;
    redis.stop();
    house.until(SEEN, "held by the database", stands_in).await;
    crash(&postgres, &house, &pbx).await;
    redis.again();
    house.until(SEEN, "held by Redis again", |board| board.hopper == Standing::Redis).await;
    until_thirds(&house, 2).await;
    redis.empty();
    end(&mut house, &pbx).await;
}
