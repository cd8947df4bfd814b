//! Redis stops, comes back empty, and is emptied: dialling goes on from the database.

use std::time::Duration;

use ari_shell::hopper::Standing;
use ari_shell::http::Board;
use tests::house::House;
use tests::lab::redis::Redis;
use tests::pbx::Pbx;
use tokio::time::{sleep, timeout};

use super::{end, numbers, rules, until_thirds};

/// How long it may take to be seen that Redis has gone, or has come back: its longest rest and more.
pub(crate) const SEEN: Duration = Duration::from_secs(30);

/// Until the next minute has begun, and what the last was like is written.
const A_MINUTE: Duration = Duration::from_secs(75);

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_dialling_goes_on_from_the_database_and_redis_comes_back_by_itself() {
    let Some(redis) = Redis::start() else { return };
    let pbx = Pbx::simulated().await.expect("a port is free");
    let stores = format!("[redis]\nurl = \"{}\"", redis.url());
    let mut house = House::furnish(&pbx.url(), &rules(&stores));
    house.import("spring", numbers());
    house.open().await;
    house.start().await;

    until_thirds(&house, 1).await;
    // Beside other work the first answer may take longer than anybody waits for it.
    house.until(SEEN, "held by Redis", |board| board.hopper == Standing::Redis).await;
    redis.stop();
    house.until(SEEN, "held by the database", stands_in).await;
    until_thirds(&house, 2).await;
    redis.again();
    house.until(SEEN, "held by Redis again", |board| board.hopper == Standing::Redis).await;
    redis.empty();
    a_minute_is_on_record(&house).await;
    end(&mut house, &pbx).await;
}

/// What each minute of the campaign was like is written while the floor is open: it was for most of one already.
async fn a_minute_is_on_record(house: &House) {
    let kept = async {
        while house.count("SELECT COUNT(*) FROM minutes WHERE node = 'rm1' AND campaign_id = 1").await == 0 {
            sleep(Duration::from_secs(1)).await;
        }
    };
    timeout(A_MINUTE, kept).await.expect("the minute that has passed is kept");
}

pub(crate) fn stands_in(board: &Board) -> bool {
    matches!(board.hopper, Standing::StandIn { .. })
}
